//! What a tired administrator can read at two in the morning: breaches first, then the worst items, then what could
//! not be read and why, then totals.
//!
//! In: records. Out: one page, at the end. It keeps sums and a few examples, never the records: a share has millions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use console::Style;
use indicatif::HumanBytes;
use jiff::civil::Date;

use crate::item::{Item, Reason, Sensitivity, Status};
use crate::record::{Breach, Finding, Record, Severity, Summary};
use crate::report::page::{Page, number};
use crate::report::place::{folder, position};
use crate::report::same::Same;
use crate::report::{Reporter, Row, Screen, Setting};

/// Places that are counted for each rule; the rest are counted together.
const PLACES: usize = 1000;
/// Places that are shown for each rule.
const SHOWN: usize = 8;
/// Items that are shown.
const WORST: usize = 10;
/// Examples that are shown of an item's findings and of each reason.
const EXAMPLES: usize = 3;

struct Human {
    output: Box<dyn Write + Send>,
    screen: Screen,
    broken: BTreeMap<(String, String), Broken>,
    open: HashMap<String, Vec<Example>>,
    worst: Vec<Worst>,
    unread: BTreeMap<Reason, Unread>,
    rows: Vec<Row>,
    same: Same,
}

/// A rule that was broken.
struct Broken {
    severity: Severity,
    count: u64,
    example: String,
    reference: Option<String>,
    since: Option<Date>,
    places: BTreeMap<String, u64>,
    elsewhere: u64,
}

/// One of an item's findings, in words.
struct Example {
    rank: (Sensitivity, u32),
    text: String,
}

/// An item that is among the worst so far.
struct Worst {
    rank: (Sensitivity, u64),
    location: String,
    counts: String,
    examples: Vec<Example>,
}

/// Items that could not be read for the same reason.
struct Unread {
    count: u64,
    message: String,
    examples: Vec<String>,
}

/// A report for people.
pub fn make(output: Box<dyn Write + Send>, screen: Screen, _: &Setting) -> Box<dyn Reporter> {
    let (broken, open, worst, unread, rows, same) = Default::default();
    Box::new(Human { output, screen, broken, open, worst, unread, rows, same })
}

impl Reporter for Human {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Finding(finding) => self.finding(finding),
            Record::Breach(breach) => self.breach(breach),
            Record::Item(item) => self.item(item),
            Record::Inventory(row) => self.rows.push(row.clone()),
            Record::Summary(summary) => return self.write(summary),
            _ => {}
        }
        Ok(())
    }
}

impl Human {
    fn finding(&mut self, finding: &Finding) {
        let examples = self.open.entry(finding.location.clone()).or_default();
        let rank = (finding.sensitivity, (finding.confidence * 100.0) as u32);
        let at = examples.partition_point(|example| example.rank >= rank);
        if at < EXAMPLES {
            let value = finding.shown.as_deref().unwrap_or(finding.value.masked());
            let at_place = position(&finding.position);
            let at_place = if at_place.is_empty() { at_place } else { format!(" ({at_place})") };
            let why = finding.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let text = format!("{} {value}{at_place}{why}", finding.detector);
            examples.insert(at, Example { rank, text });
            examples.truncate(EXAMPLES);
        }
    }

    fn breach(&mut self, breach: &Breach) {
        let broken = self.broken.entry((breach.policy.clone(), breach.rule.clone())).or_insert_with(|| Broken {
            severity: breach.severity,
            count: 0,
            example: breach.message.clone(),
            reference: breach.reference.clone(),
            since: None,
            places: BTreeMap::new(),
            elsewhere: 0,
        });
        broken.count += 1;
        broken.since = [broken.since, breach.since].into_iter().flatten().min();
        let folder = folder(&breach.location);
        if let Some(count) = broken.places.get_mut(folder) {
            *count += 1;
        } else if broken.places.len() < PLACES {
            broken.places.insert(folder.to_owned(), 1);
        } else {
            broken.elsewhere += 1;
        }
    }

    fn item(&mut self, item: &Item) {
        self.same.add(item);
        let examples = self.open.remove(&item.location).unwrap_or_default();
        let rank = (item.sensitivity, item.counts.totals().map(|(_, n)| n).sum());
        let at = self.worst.partition_point(|worst| worst.rank >= rank);
        if at < WORST && rank.1 > 0 {
            let counts = list(item.counts.totals().map(|(detector, n)| (detector.to_owned(), n)));
            self.worst.insert(at, Worst { rank, location: item.location.clone(), counts, examples });
            self.worst.truncate(WORST);
        }
        if let (Some(reason), true) = (item.reason, item.status != Status::Scanned) {
            let message = item.message.as_deref().unwrap_or_default().to_owned();
            let unread =
                self.unread.entry(reason).or_insert_with(|| Unread { count: 0, message, examples: Vec::new() });
            unread.count += 1;
            if unread.examples.len() < EXAMPLES {
                unread.examples.push(item.location.clone());
            }
        }
    }

    fn write(&mut self, summary: &Summary) -> io::Result<()> {
        let mut page = Page::new(&mut self.output, self.screen);
        if !summary.complete {
            page.styled(0, "The scan was interrupted: this is a part of the truth.", Style::new().red().bold())?;
        }
        if !summary.narrowed.is_empty() {
            let what = summary.narrowed.join(", ");
            page.styled(0, &format!("Only a part is shown: {what}"), Style::new().yellow())?;
        }
        if summary.items.is_empty() {
            page.styled(0, "Nothing was looked at.", Style::new().red().bold())?;
        }
        breaches(&mut page, &self.broken)?;
        worst(&mut page, &self.worst, summary.findings.is_empty())?;
        same(&mut page, &self.same)?;
        inventory(&mut page, &mut self.rows)?;
        unread(&mut page, &self.unread)?;
        totals(&mut page, summary)?;
        page.end()
    }
}

fn breaches(page: &mut Page<'_>, broken: &BTreeMap<(String, String), Broken>) -> io::Result<()> {
    if broken.is_empty() {
        return page.heading("No breaches");
    }
    page.heading(&format!("Breaches: {}", number(broken.values().map(|b| b.count).sum())))?;
    let mut rules: Vec<_> = broken.iter().collect();
    rules.sort_by_key(|(_, broken)| (Reverse(broken.severity), Reverse(broken.count)));
    for ((policy, rule), broken) in rules {
        let style = match broken.severity {
            Severity::Critical | Severity::High => Style::new().red().bold(),
            Severity::Medium => Style::new().yellow(),
            Severity::Low => Style::new(),
        };
        page.styled(2, &format!("{} {rule}: {}", broken.severity.word(), number(broken.count)), style)?;
        let reference = broken.reference.as_ref().map(|r| format!(", {r}")).unwrap_or_default();
        let since = broken.since.map(|date| format!("; the oldest since {date}")).unwrap_or_default();
        page.line(4, &format!("{policy}{reference}{since}"))?;
        page.line(4, &format!("first: {}", broken.example))?;
        let mut places: Vec<_> = broken.places.iter().collect();
        places.sort_by_key(|(_, count)| Reverse(**count));
        for (place, count) in places.iter().take(SHOWN) {
            page.counted(2, **count, place)?;
        }
        let rest: u64 = places.iter().skip(SHOWN).map(|(_, count)| **count).sum();
        if rest + broken.elsewhere > 0 {
            page.counted(2, rest + broken.elsewhere, "in other places")?;
        }
    }
    Ok(())
}

fn worst(page: &mut Page<'_>, worst: &[Worst], none: bool) -> io::Result<()> {
    if worst.is_empty() {
        // Records of a run that was broken off have findings without items.
        return if none { page.heading("No personal data found") } else { Ok(()) };
    }
    page.heading("Worst items")?;
    for item in worst {
        page.name(2, &item.location)?;
        page.line(4, &format!("{}: {}", item.rank.0.word(), item.counts))?;
        for example in &item.examples {
            page.line(6, &example.text)?;
        }
    }
    Ok(())
}

/// What lies in many places is dealt with once.
fn same(page: &mut Page<'_>, same: &Same) -> io::Result<()> {
    let groups = same.groups();
    if groups.is_empty() {
        return Ok(());
    }
    page.heading("The same content in several places")?;
    for group in groups.iter().take(SHOWN) {
        let (first, others) = group.places.split_first().map_or(("", &[][..]), |(first, others)| (first, others));
        page.counted(0, group.count, first)?;
        others.iter().try_for_each(|place| page.name(9, place))?;
        let more = group.count - group.places.len() as u64;
        if more > 0 {
            page.line(
                9,
                &format!("and {} more, each with the same {} findings", number(more), number(group.findings)),
            )?;
        }
    }
    match groups.len().checked_sub(SHOWN) {
        Some(more @ 1..) => page.line(2, &format!("and {} more contents", number(more as u64))),
        _ => Ok(()),
    }
}

/// Where most of it is; the records have all rows.
fn inventory(page: &mut Page<'_>, rows: &mut [Row]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    page.heading("Inventory")?;
    rows.sort_by_key(|row| Reverse(row.count));
    for row in rows.iter().take(SHOWN) {
        let oldest = row.oldest.map(|day| format!(", the oldest of {day}"));
        let parts = [
            row.owner.as_ref().map(|owner| format!("owner {owner}")),
            row.purpose.clone(),
            row.basis.clone(),
            row.retention.clone(),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let register = if parts.is_empty() { String::new() } else { format!("; {}", parts.join(", ")) };
        page.counted(0, row.count, &row.place)?;
        page.line(
            9,
            &format!("{} in {} items{}{register}", row.category, number(row.items), oldest.unwrap_or_default()),
        )?;
    }
    match rows.len().checked_sub(SHOWN) {
        Some(more @ 1..) => {
            page.line(2, &format!("and {} more categories and places, in the records", number(more as u64)))
        }
        _ => Ok(()),
    }
}

fn unread(page: &mut Page<'_>, unread: &BTreeMap<Reason, Unread>) -> io::Result<()> {
    if unread.is_empty() {
        return Ok(());
    }
    page.heading(&format!("Not, or not wholly, read: {}", number(unread.values().map(|u| u.count).sum())))?;
    let mut reasons: Vec<_> = unread.iter().collect();
    reasons.sort_by_key(|(_, unread)| Reverse(unread.count));
    for (reason, unread) in reasons {
        page.line(2, &format!("{}: {} ({})", reason.word(), number(unread.count), unread.message))?;
        for example in &unread.examples {
            page.name(4, example)?;
        }
        let more = unread.count - unread.examples.len() as u64;
        if more > 0 {
            page.line(4, &format!("and {} more", number(more)))?;
        }
    }
    Ok(())
}

fn totals(page: &mut Page<'_>, summary: &Summary) -> io::Result<()> {
    page.heading("Totals")?;
    let statuses = [Status::Scanned, Status::Partial, Status::Skipped, Status::Failed];
    let items = statuses.iter().filter_map(|status| Some((status.word().to_owned(), *summary.items.get(status)?)));
    total(page, "items", list(items))?;
    total(page, "formats", list(summary.formats.iter().map(|(format, of)| (format.clone(), of.values().sum()))))?;
    let unread = summary
        .unread
        .iter()
        .flat_map(|(format, of)| of.iter().map(move |(reason, n)| (format!("{format} {}", reason.word()), *n)));
    total(page, "not, or not wholly, read", list(unread))?;
    if summary.unseen > 0 {
        let why = match summary.ocr.as_deref() {
            None => " (--ocr reads it)",
            Some("missing") => ": --ocr was given, and the program tesseract is not installed",
            Some(_) => "",
        };
        let pictures = number(summary.unseen);
        total(page, "text not read", format!("in {pictures} pictures and scanned pages{why}"))?;
    }
    total(page, "findings", list(summary.findings.iter().map(|(detector, n)| (detector.clone(), *n))))?;
    let omitted = list(summary.omitted.iter().map(|(detector, n)| (detector.clone(), *n)));
    total(page, "counted and not listed, where an item has too many", omitted)?;
    let rate = summary.bytes as f64 / summary.seconds.max(0.001);
    total(
        page,
        "read",
        format!("{} in {:.1} s, {}/s", HumanBytes(summary.bytes), summary.seconds, HumanBytes(rate as u64)),
    )?;
    let mut asleep: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (rule, why) in &summary.sleeping {
        asleep.entry(why).or_default().push(rule);
    }
    for (why, rules) in asleep {
        total(page, "asleep", format!("{}, for want of {why}", rules.join(", ")))?;
    }
    total(page, "registered, and nothing there", summary.uncovered.join("; "))?;
    total(page, "awake, and applied to nothing", summary.idle.join(", "))?;
    for (why, items) in &summary.exempt {
        total(page, "exempt", format!("{why}: {}", number(*items)))?;
    }
    if summary.known > 0 {
        total(page, "not told again, as the baseline holds them", number(summary.known))?;
    }
    for (why, records) in &summary.allowed {
        total(page, "allowed", format!("{why}: {}", number(*records)))?;
    }
    for entry in &summary.expired {
        total(page, "allowed no more", entry.clone())?;
    }
    total(page, "undecided for want of a date", list(summary.undecided.iter().map(|(rule, n)| (rule.clone(), *n))))
}

/// A line of totals, if there is anything to tell.
fn total(page: &mut Page<'_>, what: &str, told: String) -> io::Result<()> {
    if told.is_empty() { Ok(()) } else { page.line(2, &format!("{what}: {told}")) }
}

/// Names with numbers, the largest first.
fn list(of: impl Iterator<Item = (String, u64)>) -> String {
    let mut of: Vec<_> = of.collect();
    of.sort_by_key(|(_, n)| Reverse(*n));
    of.iter().map(|(name, n)| format!("{name} {}", number(*n))).collect::<Vec<_>>().join(", ")
}
