//! Whose a keyword is, by the words of its sentence: what ties it to somebody, what heads a file about somebody, and
//! sentences in which somebody writes of themselves.
//!
//! In: lists of words by language (`patterns/names/`), and a keyword in its text. Out: yes or no.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use foldhash::fast::FixedState;

use crate::detect::endings::Endings;
use crate::detect::person::folded;
use crate::patterns::{self, Mistake};

/// How far before a keyword what ties it to somebody may stand, in bytes.
const LINK_REACH: usize = 32;
/// Between what a clause begins with and a keyword stand no more words.
const BETWEEN: usize = 10;
/// How near another sentence of the writer's, or their signature, shows whose a note is, in bytes.
const NOTE: usize = 500;
/// A signature is no longer, in bytes.
const SIGNATURE: usize = 48;

/// Words by language.
type ByLanguage = BTreeMap<String, Vec<String>>;

/// Lists that say whose a keyword is.
#[derive(Debug, Default)]
pub struct Whose {
    /// What ties a keyword to somebody: looked for before weak keywords only.
    links: HashSet<String, FixedState>,
    /// The words of the longest of them.
    longest_link: usize,
    /// What headings of files about somebody begin with.
    headings: Vec<String>,
    /// What ends the clause in which somebody says that they do not come.
    absences: Vec<String>,
    /// What compounds end in that name a job or a department.
    jobs: Endings,
    /// What words do where somebody leaves out the `I`: bits, one for each of [`PARTS`].
    elided: HashMap<String, u16, FixedState>,
}

/// The lists of `elided.toml`.
const PARTS: [&str; 11] =
    ["opens", "notes", "between", "others", "greets", "subjects", "senders", "behind", "times", "signs", "ifs"];
const OPENS: u16 = 1;
const NOTES: u16 = 1 << 1;
const MAY_STAND: u16 = 1 << 2;
const OTHERS: u16 = 1 << 3;
const GREETS: u16 = 1 << 4;
const SUBJECTS: u16 = 1 << 5;
const SENDERS: u16 = 1 << 6;
const BEHIND: u16 = 1 << 7;
const TIMES: u16 = 1 << 8;
const SIGNS: u16 = 1 << 9;
const IFS: u16 = 1 << 10;

impl Whose {
    /// Loads the built-in lists and those of a user's folder.
    pub fn load(user: Option<&Path>) -> Result<Self, Mistake> {
        let mut all = Self::default();
        for source in patterns::files("names", "txt", user)?.iter().filter(|source| source.name() == "jobs.txt") {
            source.entries().for_each(|job| all.jobs.add(job));
        }
        for source in patterns::files("names", "toml", user)? {
            let list = match source.name() {
                "links.toml" => {
                    for link in source.parse::<ByLanguage>()?.into_values().flatten() {
                        all.longest_link = all.longest_link.max(link.split(' ').count());
                        all.links.insert(link.to_lowercase());
                    }
                    continue;
                }
                "elided.toml" => {
                    for (part, languages) in source.parse::<BTreeMap<String, ByLanguage>>()? {
                        let Some(bit) = PARTS.iter().position(|known| *known == part) else {
                            let message = format!("no list is called `{part}`: there are {}", PARTS.join(", "));
                            return Err(source.mistake(&part, message));
                        };
                        for word in languages.into_values().flatten() {
                            *all.elided.entry(word.to_lowercase()).or_default() |= 1 << bit;
                        }
                    }
                    continue;
                }
                "headings.toml" => &mut all.headings,
                "absences.toml" => &mut all.absences,
                _ => continue,
            };
            list.extend(source.parse::<ByLanguage>()?.into_values().flatten().map(|word| word.to_lowercase()));
        }
        Ok(all)
    }

    /// The last words of a text tie what follows to somebody: `har fået konstateret`.
    pub fn links(&self, before: &str) -> bool {
        let before =
            before.get(before.ceil_char_boundary(before.len().saturating_sub(LINK_REACH))..).unwrap_or_default();
        let before = before.to_lowercase();
        let words: Vec<&str> = before.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
        let joined = words.join(" ");
        let mut begins = [0].into_iter().chain(joined.match_indices(' ').map(|(space, _)| space + 1));
        begins.any(|begin| {
            let rest = joined.get(begin..).unwrap_or_default();
            let mut ends = rest.match_indices(' ').map(|(space, _)| space).chain([rest.len()]).take(self.longest_link);
            ends.any(|end| rest.get(..end).is_some_and(|link| self.links.contains(link)))
        })
    }

    /// A label is, or begins with, what heads a file about somebody.
    pub fn heads_file(&self, label: &str, whole: bool) -> bool {
        let lower = label.to_lowercase();
        let heads = |word: &String| {
            let rest = lower.strip_prefix(word.as_str());
            rest.is_some_and(|rest| if whole { rest.is_empty() } else { !rest.starts_with(char::is_alphabetic) })
        };
        self.headings.iter().any(heads)
    }

    /// A clause behind a negation ends as one in which somebody says that they do not come.
    pub fn tells_absence(&self, clause: &str) -> bool {
        let lower = clause.to_lowercase();
        let ends =
            |word: &String| lower.strip_suffix(word.as_str()).is_some_and(|rest| !rest.ends_with(char::is_alphabetic));
        self.absences.iter().any(ends)
    }

    /// A compound that names a job or a department: `kreftsykepleier`, `Ätstörningsenheten`.
    pub fn is_job(&self, word: &str) -> bool {
        let word = folded(word);
        self.jobs.of(&word).any(|end| word.len() > end.len())
    }

    /// Whoever writes says the keyword at `at` of themselves, and leaves out the `I`: where the clause begins in which they
    /// do. `Er desværre sygemeldt`. `told` is where the last keyword ends that is said so.
    pub fn by_writer(&self, text: &str, sentence: &Range<usize>, at: &Range<usize>, told: usize) -> Option<usize> {
        if text.get(sentence.end..).is_some_and(|rest| rest.starts_with('?')) || self.is_condition(text, sentence) {
            return None;
        }
        let goes_on = told > sentence.start;
        let said = match text.get(told.max(sentence.start)..at.start)? {
            rest if goes_on => rest,
            whole => self.without_greeting(whole),
        };
        let last = last_clause(said);
        let begin = at.start - last.len();
        if words(last).count() > BETWEEN || !words(last).all(|word| self.may_stand(word)) {
            return None;
        }
        let apart = [": ", " – ", " - "]
            .iter()
            .any(|sign| said.len() > last.len() && text.get(..begin).is_some_and(|t| t.ends_with(sign)));
        if goes_on || self.opens(said, OPENS) || apart && self.opens(last, OPENS) {
            return Some(begin);
        }
        // `Migræne i nat`
        let first = || {
            let only = said.len() == last.len() && words(last).all(|word| self.does(word, OPENS | NOTES));
            only && text.get(at.end..sentence.end).is_some_and(|behind| self.may_end(behind))
        };
        ((self.opens(said, NOTES) || first()) && self.is_note(text, sentence, at)).then_some(begin)
    }

    /// Somebody has it, in Finnish: `Eetulla on vesirokko`.
    pub fn has_in_finnish(&self, before: &str) -> bool {
        let mut words = words(last_clause(before));
        let who = words.next().is_some_and(|word| {
            word.starts_with(char::is_uppercase) && (word.ends_with("lla") || word.ends_with("llä"))
        });
        who && matches!(words.next(), Some("on" | "oli")) && words.all(|word| self.may_stand(word))
    }

    /// Whoever stands before this does or has something: `Hugo har fået`.
    pub fn does_something(&self, behind: &str) -> bool {
        let next = behind.strip_prefix(' ').and_then(|rest| words(rest).next());
        next.is_some_and(|word| self.does(word, OPENS))
    }

    /// A condition stands in what is before somebody: `Hvis`, `Har nogen feber, skal`.
    pub fn is_conditional(&self, before: &str) -> bool {
        let mut first = words(before);
        let turned = first.next().is_some_and(|word| self.does(word, OPENS))
            && first.next().is_some_and(|word| self.does(word, OTHERS));
        turned || words(before).any(|word| self.does(word, IFS))
    }

    /// It is one of a list, of what may be the matter with anybody: `Du kan søge, hvis du: - er sygemeldt - har …`.
    fn is_condition(&self, text: &str, sentence: &Range<usize>) -> bool {
        let own = text.get(sentence.clone()).unwrap_or_default().trim_start();
        if own.starts_with(['-', '–', '•', '*', '·', '▪', '\u{f0b7}']) {
            return true;
        }
        let before = text.get(text.floor_char_boundary(sentence.start.saturating_sub(NOTE))..sentence.start);
        let mut above = before.unwrap_or_default().lines().rev().map(str::trim_end);
        let other = |word: &str| word == "I" || self.does(word, OTHERS);
        let open = |line: &&str| line.ends_with(':') || words(line).last().is_some_and(other);
        let head = above.find(|line| line.ends_with('.') || open(line));
        head.is_some_and(|head| open(&head) && words(head).any(other))
    }

    /// The sentence begins as one that has no subject: whoever writes is.
    fn opens(&self, sentence: &str, as_in: u16) -> bool {
        let mut words = words(sentence);
        let first = words.next().is_some_and(|word| self.does(word, as_in));
        first && words.next().is_none_or(|word| word != "I" && (!self.does(word, OTHERS) || self.does(word, OPENS)))
    }

    /// It may stand between what a clause begins with and a keyword.
    fn may_stand(&self, word: &str) -> bool {
        word != "I" && self.does(word, OPENS | NOTES | MAY_STAND) || self.links.contains(&word.to_lowercase())
    }

    fn does(&self, word: &str, parts: u16) -> bool {
        self.elided.get(&word.to_lowercase()).is_some_and(|does| does & parts != 0)
    }

    /// A sentence behind `Hej Lars,` or `Emne:`.
    fn without_greeting<'s>(&self, sentence: &'s str) -> &'s str {
        let sentence = sentence.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '"' | '»' | '”'));
        let first = words(sentence).next().unwrap_or_default();
        let cut = |at: char| sentence.split_once(at).map(|(_, rest)| rest.trim_start());
        let rest = if self.does(first, SUBJECTS) {
            cut(':')
        } else if self.does(first, GREETS) {
            cut(',')
        } else {
            None
        };
        rest.unwrap_or(sentence)
    }

    /// What stands behind a keyword that a sentence begins with ends the thought, or says when and why.
    fn may_end(&self, behind: &str) -> bool {
        let rest = behind.trim_start();
        match rest.chars().next() {
            None => true,
            Some(',' | '.' | '!' | ';' | '–' | '-' | '(' | ':') => true,
            Some(c) if c.is_alphabetic() => {
                let mut words = words(rest);
                let first = words.next().unwrap_or_default();
                let time =
                    || rest.get(2..).is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()));
                let within = matches!(first, "i" | "in");
                self.does(first, BEHIND)
                    || within && (time() || words.next().is_some_and(|word| self.does(word, TIMES)))
            }
            Some(c) => !c.is_ascii(),
        }
    }

    /// Near a sentence another one shows that it is somebody's note, or a signature does, or the head of a mail. What
    /// fills its line is a heading, or one of a list of illnesses.
    fn is_note(&self, text: &str, sentence: &Range<usize>, at: &Range<usize>) -> bool {
        let line = text.get(sentence.start..).unwrap_or_default().trim_start().lines().next().unwrap_or_default();
        if line.len() <= at.len() + 2 {
            return false;
        }
        let from = text.floor_char_boundary(sentence.start.saturating_sub(NOTE));
        let to = text.ceil_char_boundary((sentence.end + NOTE).min(text.len()));
        let before = text.get(from..sentence.start).unwrap_or_default();
        let behind = text.get(sentence.end..to).unwrap_or_default();
        let ends = |c: char| matches!(c, '.' | '!' | '?' | '\n');
        let mut others = before.split(ends).chain(behind.split(ends));
        let head = |line: &str| line.contains(": ") && words(line).next().is_some_and(|word| self.does(word, SENDERS));
        let greets =
            |line: &str| words(line).count() < 5 && words(line).next().is_some_and(|word| self.does(word, GREETS));
        others.any(|sentence| self.opens(self.without_greeting(sentence), OPENS))
            || before.lines().any(greets)
            || behind.lines().skip(1).any(|line| self.signs(line.trim()))
            || to == text.len() && signed(behind)
            || before.lines().any(head)
    }

    /// A line is a signature: `/Mette`, `Mvh Anna`.
    fn signs(&self, line: &str) -> bool {
        let name = line.trim_start_matches('/');
        let closed = words(line).next().is_some_and(|word| self.does(word, SIGNS));
        line.len() <= SIGNATURE
            && (closed || name.len() < line.len() && name.trim_start().starts_with(char::is_uppercase))
    }
}

/// A text ends in a name or initials: `Ring på Teams. Pål`, `Hilsen\n- K.`
fn signed(end: &str) -> bool {
    let end = end.trim_end().trim_end_matches('.');
    let name = end.rsplit(['.', '!', '?', ')', '/', '–', '-', '\n']).next().unwrap_or_default().trim();
    name.len() < end.len() && name.starts_with(char::is_uppercase) && words(name).count() <= 2
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|word| !word.is_empty())
}

/// What stands behind the last word or sign that a clause begins behind.
fn last_clause(sentence: &str) -> &str {
    const BEGIN: &[&str] = &[
        ", ",
        "; ",
        ": ",
        " – ",
        " - ",
        "… ",
        "... ",
        " og ",
        " och ",
        " and ",
        " ja ",
        " men ",
        " but ",
        " mutta ",
        " så ",
        " so ",
        " fordi ",
        " for at ",
        " because ",
        " eftersom ",
        " koska ",
        "\n",
    ];
    let ends = BEGIN.iter().filter_map(|begin| sentence.rfind(begin).map(|at| at + begin.len()));
    sentence.get(ends.max().unwrap_or(0)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::detect::Detectors;

    /// Whether the keywords are whoever's who writes.
    fn by_writer(text: &str) -> Vec<bool> {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let mut found = detectors.look(text).spans;
        found.retain(|span| detectors.likeliest(span).is_some_and(|d| d.id.starts_with("keyword.")));
        assert!(!found.is_empty(), "{text}");
        found.iter().map(|span| span.odds() > 0.0).collect()
    }

    #[test]
    fn who_writes_of_themselves_leaves_out_the_pronoun() {
        for text in [
            "Hej Lars\nEr desværre sygemeldt resten af ugen.\n/Mette",
            "Har fået konstateret diabetes, så må aflyse fredag.",
            "Kan ikke spise pølserne, er hindu.",
            "Innan skrivs kontrakt: har suttit i fängelse.",
            "Är sjukskriven på halvtid.",
            "Kommer ikkje i dag, har fått influensa.",
            "Sairastan diabetesta.",
            "Woke up with a migraine.",
            "Migræne i nat, møder kl. 11.\nMvh Ida",
            "Hej chefen!\nInlagd med lunginflammation.",
            "Halsfluss igen. Jobbar hemifrån. Sara",
            "Eetulla on vesirokko",
            "Mor er indlagt med en blodprop.",
            "Barnet får feber om natten.",
        ] {
            assert!(by_writer(text).contains(&true), "{text}");
        }
    }

    #[test]
    fn others_questions_conditions_and_topics_are_nobodys() {
        for text in [
            "Er du sygemeldt, skal det meldes.",
            "Har nogen influenza, bliver de hjemme.",
            "Er influenza farlig?",
            "Hvis barnet får feber, ringer vi.",
            "Har någon feber ska barnet stanna hemma.",
            "Du kan søge, hvis du:\n- er sygemeldt\n- har diabetes",
            "Bidrag kan sökas av dig som:\när sjukskriven på halvtid\nhar diabetes.",
            "Har lavet slides om diabetes til torsdag.\n/Mette",
            "Diabetes\nMigræne\nInfluenza\n\nMvh Ida",
            "Influenza er gået rundt i kantinen.\nMvh Ida",
            "Diabetes i kommunerne, en artikel.\nMvh Ida",
        ] {
            assert!(!by_writer(text).contains(&true), "{text}");
        }
    }
}
