//! Writes the page: head with its policy, the answer, the pictures, and the data of the tables.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::rows::{self, Rows, inline};
use super::{AGES, OF_ITEM, Place, Sums};
use crate::item::Status;
use crate::record::{Severity, Summary};
use crate::report::texts::Texts;
use crate::report::{Setting, harmless};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Rows of the picture of places; the inventory holds all.
const SHOWN: usize = 15;
/// Rows of the list of owners.
const OWNERS: usize = 15;
/// From the worst down.
const SEVERITIES: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
const STATUSES: [Status; 4] = [Status::Scanned, Status::Partial, Status::Skipped, Status::Failed];
/// Categories of GDPR art. 9 and 10.
const SPECIAL: [&str; 9] =
    ["health", "religion", "politics", "union", "ethnicity", "sexuality", "biometric", "genetic", "crime"];

type Output<'a> = &'a mut dyn Write;

/// Writes the whole page.
pub fn write(out: Output<'_>, setting: &Setting, sums: &Sums, rows: &Rows, summary: &Summary) -> io::Result<()> {
    let page = Page { texts: &setting.texts, sums, summary, about_one: setting.about_one };
    // A browser reads CR LF as LF before it hashes.
    let (style, script) = (STYLE.replace('\r', ""), SCRIPT.replace('\r', ""));
    let word = |key| escape(setting.texts.word(key));
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{style_hash}'; \
         script-src '{script_hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#all\">{skip}</a>\n\
         <header><h1>{title}</h1><p>{made}</p></header>\n<main>",
        lang = escape(&setting.texts.language),
        style_hash = hash(&style),
        script_hash = hash(&script),
        title = word(if setting.about_one { "title_one" } else { "title" }),
        skip = word("skip"),
        made = escape(
            &setting
                .texts
                .word("made")
                .replace("{date}", &setting.texts.date(setting.now.date()))
                .replace("{version}", env!("CARGO_PKG_VERSION"))
        ),
    )?;
    page.answer(out)?;
    page.todo(out)?;
    page.who(out)?;
    page.places(out)?;
    page.same(out)?;
    page.ages(out)?;
    page.coverage(out)?;
    page.tables(out, rows)?;
    writeln!(
        out,
        "</main>\n<footer><p class=\"sign\"><span>{}</span><span>{}</span></p></footer>",
        word("reviewed"),
        word("signed")
    )?;
    let inventory: BTreeMap<_, _> =
        sums.places.iter().map(|(name, place)| (harmless(name), inventory(place))).collect();
    writeln!(
        out,
        "<script type=\"application/json\" id=\"data\">{{\"texts\":{},\"inventory\":{},{}}}</script>\n\
         <script>{script}</script>\n</body>\n</html>",
        inline(&setting.texts),
        inline(&inventory),
        rows.members(),
    )
}

fn inventory(place: &Place) -> serde_json::Value {
    let (oldest, newest) = (place.oldest, place.newest);
    serde_json::json!([place.items, place.breaches, place.sensitivity as u8, place.findings, oldest, newest])
}

struct Page<'a> {
    texts: &'a Texts,
    sums: &'a Sums,
    summary: &'a Summary,
    about_one: bool,
}

impl Page<'_> {
    fn word(&self, key: &str) -> String {
        escape(self.texts.word(key))
    }

    fn of(&self, list: &str, word: &str) -> String {
        escape(self.texts.of(list, word))
    }

    fn number(&self, n: u64) -> String {
        escape(&self.texts.number(n))
    }

    fn date(&self, date: Option<Date>) -> String {
        date.map_or_else(|| "–".to_owned(), |date| escape(&self.texts.date(date)))
    }

    fn of_severity(&self, severity: Severity) -> u64 {
        self.sums.rules.values().filter(|rule| rule.severity == severity).map(|rule| rule.count).sum()
    }

    fn answer(&self, out: Output<'_>) -> io::Result<()> {
        let breaches: u64 = self.sums.rules.values().map(|rule| rule.count).sum();
        let unread: u64 =
            self.summary.items.iter().filter(|(status, _)| **status != Status::Scanned).map(|(_, n)| n).sum();
        let filled = |key: &str, with: &str, by: &str| escape(&self.texts.word(key).replace(with, by));
        writeln!(out, "<section class=\"answer\">")?;
        if !self.summary.complete {
            writeln!(out, "<p class=\"warn\">{}</p>", self.word("incomplete"))?;
        }
        if self.sums.shown {
            writeln!(out, "<p class=\"warn\">{}</p>", self.word("shown"))?;
        }
        if !self.summary.narrowed.is_empty() {
            let what = filled("narrowed", "{what}", &self.summary.narrowed.join(", "));
            writeln!(out, "<p class=\"warn\">{what}</p>")?;
        }
        let all = self.summary.items.values().sum();
        let headline = match (breaches, self.sums.holding) {
            _ if all == 0 => self.word("answer_nothing"),
            _ if self.about_one => filled("answer_mentions", "{n}", &self.texts.number(self.sums.mentions)),
            (0, 0) => self.word("answer_clean"),
            (0, _) => self.word("answer_none"),
            _ => filled("answer_breaches", "{n}", &self.texts.number(breaches)),
        };
        writeln!(out, "<h2>{headline}</h2>")?;
        if let Some(day) = self.summary.deadline {
            writeln!(out, "<p>{}</p>", filled("answer_deadline", "{date}", &self.texts.date(day)))?;
        }
        if let Some(oldest) = self.sums.rules.values().filter_map(|rule| rule.oldest).min() {
            writeln!(out, "<p>{}</p>", filled("answer_oldest", "{date}", &self.texts.date(oldest)))?;
        }
        let asleep = if self.about_one { 0 } else { self.summary.sleeping.len() as u64 };
        let allowed = self.summary.allowed.values().sum();
        // Where it was given, what is left cannot be read.
        let unseen = if self.summary.ocr.is_none() { self.summary.unseen } else { 0 };
        for (key, n) in [
            ("answer_unread", unread),
            ("answer_unseen", unseen),
            ("answer_known", self.summary.known),
            ("answer_allowed", allowed),
            ("answer_sleeping", asleep),
        ] {
            if n > 0 {
                writeln!(out, "<p>{}</p>", filled(key, "{n}", &self.texts.number(n)))?;
            }
        }
        writeln!(out, "<dl class=\"tiles\">")?;
        if breaches > 0 {
            for severity in SEVERITIES {
                let (word, n) = (severity.word(), self.of_severity(severity));
                let tile = if n > 0 { word } else { "zero" };
                writeln!(
                    out,
                    "<div class=\"{tile}\"><dt>{}</dt><dd>{}</dd></div>",
                    self.of("severity", word),
                    self.number(n)
                )?;
            }
        }
        let Sums { in_breach, holding, holding_special, .. } = *self.sums;
        let tiles: &[(&str, u64)] = if self.about_one {
            &[("mentioned_in", holding), ("looked_at", all)]
        } else {
            &[("in_breach", in_breach), ("holding", holding), ("holding_special", holding_special), ("looked_at", all)]
        };
        for (key, n) in tiles {
            writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", self.word(key), self.number(*n))?;
        }
        writeln!(out, "</dl>\n</section>")
    }

    fn todo(&self, out: Output<'_>) -> io::Result<()> {
        if self.sums.rules.is_empty() {
            return Ok(());
        }
        let columns = ["severity", "count", "rule", "todo", "oldest", "reference"];
        self.begin(out, "do", "h_do", &columns)?;
        let mut rules: Vec<_> = self.sums.rules.iter().collect();
        rules.sort_by_key(|(_, rule)| (Reverse(rule.severity), Reverse(rule.count)));
        for ((policy, id), rule) in rules {
            let (word, name) = (rule.severity.word(), escape(&format!("{policy}/{id}")));
            writeln!(
                out,
                "<tr><td><span class=\"tag {word}\">{}</span></td><td class=\"n\">{}</td><th scope=\"row\"><a href=\"#all\" \
                 data-filter=\"rule\" data-value=\"{name}\">{}</a><small>{name}</small></th><td>{}</td>\
                 <td class=\"d\">{}</td><td>{}</td></tr>",
                self.of("severity", word),
                self.number(rule.count),
                escape(self.texts.rule(id)),
                escape(self.texts.todo(id)),
                self.date(rule.oldest),
                escape(rule.reference.as_deref().unwrap_or("–")),
            )?;
        }
        end(out)
    }

    fn who(&self, out: Output<'_>) -> io::Result<()> {
        if self.sums.owners.is_empty() {
            return Ok(());
        }
        let severities = SEVERITIES.map(|severity| self.of("severity", severity.word()));
        self.begin_named(
            out,
            "who",
            "h_who",
            &[&[self.word("owner"), self.word("items")], &severities[..], &[self.word("oldest")]].concat(),
        )?;
        let mut owners: Vec<_> = self.sums.owners.iter().collect();
        owners.sort_by_key(|(_, list)| Reverse(list.breaches));
        for (owner, list) in owners.iter().take(OWNERS) {
            let shown = if owner.is_empty() { self.word("no_owner") } else { escape(owner) };
            let cells: String =
                list.breaches.iter().map(|n| format!("<td class=\"n\">{}</td>", self.number(*n))).collect();
            let link = if owner.is_empty() {
                shown
            } else {
                format!("<a href=\"#all\" data-filter=\"owner\" data-value=\"{shown}\">{shown}</a>")
            };
            writeln!(
                out,
                "<tr><th scope=\"row\">{link}</th><td class=\"n\">{}</td>{cells}<td class=\"d\">{}</td></tr>",
                self.number(list.items),
                self.date(list.oldest),
            )?;
        }
        if owners.len() > OWNERS {
            writeln!(
                out,
                "<tr><th scope=\"row\">+ {}</th><td colspan=\"6\"></td></tr>",
                self.number((owners.len() - OWNERS) as u64)
            )?;
        }
        end(out)
    }

    fn places(&self, out: Output<'_>) -> io::Result<()> {
        let categories: BTreeSet<&str> =
            self.sums.places.values().flat_map(|place| place.findings.keys().map(String::as_str)).collect();
        if categories.is_empty() {
            return Ok(());
        }
        let mut categories: Vec<_> = categories.into_iter().collect();
        categories.sort_by_key(|category| (!SPECIAL.contains(category), *category));
        let titles: Vec<_> = categories.iter().map(|category| self.of("category", category)).collect();
        let judged: Vec<_> = (!self.about_one).then(|| self.word("view_breaches")).into_iter().collect();
        self.begin_named(out, "where", "h_where", &[&[self.word("place")], &judged[..], &titles[..]].concat())?;
        let mut places: Vec<_> = self.sums.places.iter().collect();
        let findings = |place: &Place| place.findings.values().sum::<u64>();
        places
            .sort_by_key(|(_, place)| (Reverse(place.sensitivity), Reverse(findings(place)), Reverse(place.breaches)));
        let most = places.iter().flat_map(|(_, place)| place.findings.values()).max().copied().unwrap_or(1);
        for (name, place) in places.iter().take(SHOWN) {
            let name = escape(name);
            write!(
                out,
                "<tr><th scope=\"row\"><a href=\"#all\" data-filter=\"place\" data-value=\"{name}\">{name}</a></th>"
            )?;
            if !self.about_one {
                write!(out, "<td class=\"n\">{}</td>", self.number(place.breaches))?;
            }
            for category in &categories {
                let n = place.findings.get(*category).copied().unwrap_or_default();
                let special = if SPECIAL.contains(category) { " special" } else { "" };
                let number = if n > 0 { self.number(n) } else { String::new() };
                write!(out, "<td class=\"n heat{}{special}\">{number}</td>", heat(n, most))?;
            }
            writeln!(out, "</tr>")?;
        }
        if places.len() > SHOWN {
            let more = self.texts.word("elsewhere").replace("{n}", &self.texts.number((places.len() - SHOWN) as u64));
            let columns = categories.len() + judged.len();
            writeln!(
                out,
                "<tr><th scope=\"row\"><a href=\"#all\" data-filter=\"view\" data-value=\"places\">{}</a></th><td colspan=\"{columns}\"></td></tr>",
                escape(&more)
            )?;
        }
        writeln!(out, "</tbody></table></div><p class=\"note\">{}</p></section>", self.word("where_note"))
    }

    /// What lies in many places is one thing.
    fn same(&self, out: Output<'_>) -> io::Result<()> {
        let groups = self.sums.same.groups();
        if groups.is_empty() {
            return Ok(());
        }
        self.begin(out, "same", "h_same", &["place", "items", "view_findings"])?;
        for group in groups.iter().take(SHOWN) {
            let mut places: Vec<String> = group.places.iter().map(|place| escape(&harmless(place))).collect();
            let more = group.count - group.places.len() as u64;
            if more > 0 {
                places.push(format!("+ {}", self.number(more)));
            }
            writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                places.join("<br>"),
                self.number(group.count),
                self.number(group.findings),
            )?;
        }
        if groups.len() > SHOWN {
            let more = self.number((groups.len() - SHOWN) as u64);
            writeln!(out, "<tr><th scope=\"row\">+ {more}</th><td colspan=\"2\"></td></tr>")?;
        }
        writeln!(out, "</tbody></table></div><p class=\"note\">{}</p></section>", self.word("same_note"))
    }

    fn ages(&self, out: Output<'_>) -> io::Result<()> {
        if self.sums.holding == 0 {
            return Ok(());
        }
        self.begin(out, "age", "h_age", &["age", "items", "within", "past"])?;
        let most = self.sums.ages.iter().map(|(within, past)| within + past).max().unwrap_or(1).max(1) as f64;
        for (class, (within, past)) in self.sums.ages.iter().enumerate() {
            debug_assert!(class < AGES.len() + 2);
            let share = |n: u64| n as f64 * 100.0 / most;
            writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"bar\"><svg width=\"100%\" height=\"14\" aria-hidden=\"true\">\
                 <rect class=\"past\" width=\"{:.1}%\" height=\"14\"/><rect class=\"within\" x=\"{:.1}%\" width=\"{:.1}%\" height=\"14\"/>\
                 </svg></td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                self.word(&format!("age_{class}")),
                share(*past),
                share(*past),
                share(*within),
                self.number(*within),
                self.number(*past),
            )?;
        }
        writeln!(out, "</tbody></table></div><p class=\"note\">{}</p></section>", self.word("age_note"))
    }

    fn coverage(&self, out: Output<'_>) -> io::Result<()> {
        let statuses = STATUSES.map(|status| self.of("status", status.word()));
        self.begin_named(
            out,
            "cover",
            "h_cover",
            &[&[self.word("format")], &statuses[..], &[self.word("sum")]].concat(),
        )?;
        let mut formats: Vec<_> = self.summary.formats.iter().collect();
        formats.sort_by_key(|(_, of)| Reverse(of.values().sum::<u64>()));
        for (format, of) in formats {
            write!(out, "<tr><th scope=\"row\">{}</th>", escape(format))?;
            for status in STATUSES {
                write!(out, "<td class=\"n\">{}</td>", self.number(of.get(&status).copied().unwrap_or_default()))?;
            }
            writeln!(out, "<td class=\"n\">{}</td></tr>", self.number(of.values().sum()))?;
        }
        write!(out, "</tbody><tfoot><tr><th scope=\"row\">{}</th>", self.word("sum"))?;
        for status in STATUSES {
            write!(
                out,
                "<td class=\"n\">{}</td>",
                self.number(self.summary.items.get(&status).copied().unwrap_or_default())
            )?;
        }
        writeln!(
            out,
            "<td class=\"n\">{}</td></tr></tfoot></table></div>",
            self.number(self.summary.items.values().sum())
        )?;
        if !self.summary.reasons.is_empty() {
            self.table(out, "cover", &["reason", "count"])?;
            let mut reasons: Vec<_> = self.summary.reasons.iter().collect();
            reasons.sort_by_key(|(_, n)| Reverse(**n));
            for (reason, n) in reasons {
                let word = reason.word();
                writeln!(
                    out,
                    "<tr><th scope=\"row\"><a href=\"#all\" data-filter=\"view\" data-value=\"unread\">{}</a></th><td class=\"n\">{}</td></tr>",
                    self.of("reason", word),
                    self.number(*n)
                )?;
            }
            writeln!(out, "</tbody></table></div>")?;
        }
        self.counts(out, "omitted", "detector", self.summary.omitted.iter().map(|(detector, n)| (&**detector, *n)))?;
        let undecided = self.summary.undecided.iter().map(|(rule, n)| (self.texts.rule(rule), *n));
        self.counts(out, "undecided", "rule", undecided)?;
        self.counts(out, "allowed", "reason", self.summary.allowed.iter().map(|(why, n)| (&**why, *n)))?;
        if !self.summary.expired.is_empty() {
            writeln!(out, "<h3>{}</h3>", self.word("expired"))?;
            for entry in &self.summary.expired {
                writeln!(out, "<p class=\"note\">{}</p>", escape(entry))?;
            }
        }
        if !self.summary.sleeping.is_empty() && !self.about_one {
            writeln!(out, "<h3>{}</h3>", self.word("sleeping"))?;
            self.table(out, "facts", &["rule", "waits_for"])?;
            for (rule, why) in &self.summary.sleeping {
                let title = rule.split_once('/').map_or(rule.as_str(), |(_, id)| self.texts.rule(id));
                let (title, rule, why) = (escape(title), escape(rule), escape(why));
                writeln!(out, "<tr><th scope=\"row\">{title}<small>{rule}</small></th><td>{why}</td></tr>")?;
            }
            writeln!(out, "</tbody></table></div>")?;
        }
        writeln!(out, "</section>")
    }

    /// A heading, and how many of each; nothing if there are none.
    fn counts<'c>(
        &self,
        out: Output<'_>,
        heading: &str,
        column: &str,
        rows: impl Iterator<Item = (&'c str, u64)>,
    ) -> io::Result<()> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        writeln!(out, "<h3>{}</h3>", self.word(heading))?;
        self.table(out, "cover", &[column, "count"])?;
        for (what, n) in rows {
            let (what, n) = (escape(what), self.number(n));
            writeln!(out, "<tr><th scope=\"row\">{what}</th><td class=\"n\">{n}</td></tr>")?;
        }
        writeln!(out, "</tbody></table></div>")
    }

    fn tables(&self, out: Output<'_>, rows: &Rows) -> io::Result<()> {
        writeln!(
            out,
            "<section id=\"all\" aria-labelledby=\"all-h\" tabindex=\"-1\"><h2 id=\"all-h\">{}</h2>",
            self.word("h_all")
        )?;
        if rows.capped {
            let note = self.texts.word("capped").replace("{n}", &self.texts.number(rows::MOST as u64));
            let note = note.replace("{each}", &self.texts.number(OF_ITEM as u64));
            writeln!(out, "<p class=\"note\">{}</p>", escape(&note))?;
        }
        writeln!(out, "<noscript><p>{}</p></noscript><div id=\"app\"></div></section>", self.word("noscript"))
    }

    fn begin(&self, out: Output<'_>, id: &str, heading: &str, columns: &[&str]) -> io::Result<()> {
        self.begin_named(out, id, heading, &columns.iter().map(|column| self.word(column)).collect::<Vec<_>>())
    }

    /// A section with a heading and a table.
    fn begin_named(&self, out: Output<'_>, id: &str, heading: &str, columns: &[String]) -> io::Result<()> {
        let heading = self.word(heading);
        writeln!(out, "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{heading}</h2>")?;
        head(out, id, id, columns)
    }

    fn table(&self, out: Output<'_>, class: &str, columns: &[&str]) -> io::Result<()> {
        head(out, "cover", class, &columns.iter().map(|column| self.word(column)).collect::<Vec<_>>())
    }
}

/// A table that scrolls by itself where it is wider than its page.
fn head(out: Output<'_>, label: &str, class: &str, columns: &[String]) -> io::Result<()> {
    write!(
        out,
        "<div class=\"scroll\" role=\"group\" aria-labelledby=\"{label}\" tabindex=\"0\"><table class=\"{class}\"><thead><tr>"
    )?;
    columns.iter().try_for_each(|column| write!(out, "<th scope=\"col\">{column}</th>"))?;
    writeln!(out, "</tr></thead><tbody>")
}

fn end(out: Output<'_>) -> io::Result<()> {
    writeln!(out, "</tbody></table></div></section>")
}

/// How dark a cell is: by the logarithm, as places differ by orders of magnitude.
fn heat(n: u64, most: u64) -> u64 {
    let share = ((n + 1) as f64).ln() / ((most + 1) as f64).ln().max(1.0);
    (share * 5.0).ceil().min(5.0) as u64
}

/// Text in HTML, in an element or an attribute.
fn escape(text: &str) -> String {
    let text = harmless(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A source of a content security policy.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}
