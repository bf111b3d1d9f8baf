//! Whose a keyword is, by the words of its sentence: what ties it to somebody, what heads a file about somebody, and
//! sentences in which somebody writes of themselves.
//!
//! In: lists of words by language (`patterns/names/`), and a keyword in its text. Out: yes or no.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use foldhash::fast::FixedState;

use crate::detect::endings::Endings;
use crate::detect::person::{Folded, folded};
use crate::patterns::{self, Mistake};

/// How far before a keyword what ties it to somebody may stand, in bytes.
const LINK_REACH: usize = 32;
/// Between what a clause begins with and a keyword stand no more words.
const BETWEEN: usize = 10;
/// So far from a greeting or a signature a note goes, in bytes.
const NOTE: usize = 500;
/// A greeting is no longer, in bytes.
const GREETING: usize = 32;
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
    /// What words do where somebody leaves out the `I`: the bits of [`PARTS`].
    elided: HashMap<Folded, u16, FixedState>,
}

/// Where greetings stand and signatures, in bytes.
#[derive(Debug, Default)]
pub struct Notes {
    message: bool,
    begins: Vec<usize>,
    ends: Vec<usize>,
}

const OPENS: u16 = 1;
const MAY_STAND: u16 = 1 << 1;
const JOINS: u16 = 1 << 2;
const OTHERS: u16 = 1 << 3;
const GREETS: u16 = 1 << 4;
const LEADS: u16 = 1 << 5;
const SUBJECTS: u16 = 1 << 6;
const SENDERS: u16 = 1 << 7;
const BEHIND: u16 = 1 << 8;
const TIMES: u16 = 1 << 9;
const SIGNS: u16 = 1 << 10;
const IFS: u16 = 1 << 11;

/// The lists of `elided.toml`.
const PARTS: [(&str, u16); 12] = [
    ("opens", OPENS),
    ("between", MAY_STAND),
    ("joins", JOINS),
    ("others", OTHERS),
    ("greets", GREETS),
    ("leads", LEADS),
    ("subjects", SUBJECTS),
    ("senders", SENDERS),
    ("behind", BEHIND),
    ("times", TIMES),
    ("signs", SIGNS),
    ("ifs", IFS),
];

/// Files of `names/` that are read here.
pub const FILES: [&str; 5] = ["links.toml", "headings.toml", "absences.toml", "elided.toml", "jobs.txt"];

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
                        let Some((_, bit)) = PARTS.iter().find(|(known, _)| *known == part) else {
                            let known = PARTS.map(|(known, _)| known).join(", ");
                            return Err(source.mistake(&part, format!("no list is called `{part}`: there are {known}")));
                        };
                        for word in languages.into_values().flatten() {
                            *all.elided.entry(folded(&word)).or_default() |= bit;
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

    /// Whoever writes a note says the keyword at `at` of themselves, and leaves out the `I` (`Er desværre sygemeldt`): where
    /// what is said begins, behind all that is denied before. `told` is where the last keyword ends that is said so. Whether
    /// it is a note, [`Notes`] say.
    pub fn by_writer(&self, text: &str, sentence: &Range<usize>, at: &Range<usize>, told: usize) -> Option<usize> {
        let goes_on = told > sentence.start;
        let said = match text.get(told.max(sentence.start)..at.start)? {
            rest if goes_on => rest,
            whole => self.without_greeting(whole),
        };
        let behind = text.get(at.end..sentence.end)?;
        // `Migræne i nat`
        let first = || {
            words(said).all(|word| self.does(word, OPENS))
                && self.may_end(behind, text.get(sentence.end..).unwrap_or_default())
        };
        // `Inden kontrakten skrives: har siddet inne`
        let apart = || said.rsplit_once([':', '–']).is_some_and(|(_, rest)| self.opens(rest));
        // Most keywords end here.
        if !goes_on && !self.opens(said) && !apart() && !first() {
            return None;
        }
        let last = self.last_clause(said);
        let bridged = words(last).count() <= BETWEEN && words(last).all(|word| self.may_stand(word));
        let asked = || text.get(sentence.end..).is_some_and(|rest| rest.starts_with('?'));
        let may_be = bridged && !asked() && !self.is_condition(text, sentence);
        may_be.then_some(if self.opens(last) { at.start - last.len() } else { sentence.start })
    }

    /// What shows that somebody wrote a text, or a part of it, to somebody: all of a message. `is_given` tells whether a
    /// given name begins at a place.
    pub fn notes(&self, text: &str, message: bool, is_given: impl Fn(usize) -> bool) -> Notes {
        let (mut notes, mut begin) = (Notes { message, ..Notes::default() }, 0);
        if message {
            return notes;
        }
        for line in text.split_inclusive('\n') {
            let first = words(line).next().unwrap_or_default();
            let head = || line.contains(": ") && self.does(first, SENDERS);
            let greeting =
                || line.split([',', '.', '!', ':']).next().is_some_and(|greeting| greeting.len() <= GREETING);
            if self.does(first, GREETS) && greeting() || head() {
                notes.begins.push(begin);
            } else if self.signs(line.trim()) {
                notes.ends.push(begin);
            }
            begin += line.len();
        }
        let (begin, last) = last_words(text);
        let initials = last.len() <= 2 && last.chars().all(char::is_uppercase) && !last.is_empty();
        notes.ends.extend((initials || self.signs(last) || is_given(begin)).then_some(text.len()));
        notes
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
        let greets = |line: &str| words(line).next().is_some_and(|word| self.does(word, GREETS));
        let ends = |line: &str| line.ends_with(char::is_alphabetic) && words(line).last().is_some_and(other);
        let open = |line: &&str| line.ends_with(':') || ends(line) && !greets(line);
        let head = above.find(|line| line.ends_with('.') || open(line));
        head.is_some_and(|head| open(&head) && words(head).any(other))
    }

    /// The sentence begins as one that has no subject: whoever writes is.
    fn opens(&self, sentence: &str) -> bool {
        let mut words = words(sentence);
        let first = words.next().is_some_and(|word| self.does(word, OPENS));
        first && words.next().is_none_or(|word| word != "I" && (!self.does(word, OTHERS) || self.does(word, OPENS)))
    }

    /// It may stand between what a clause begins with and a keyword.
    fn may_stand(&self, word: &str) -> bool {
        word != "I" && self.does(word, OPENS | MAY_STAND) || self.links.contains(&word.to_lowercase())
    }

    fn does(&self, word: &str, parts: u16) -> bool {
        self.elided.get(&*folded(word)).is_some_and(|does| does & parts != 0)
    }

    /// A sentence behind `Hej Lars,` or `Emne:`.
    fn without_greeting<'s>(&self, sentence: &'s str) -> &'s str {
        let sentence = sentence.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '"' | '»' | '”'));
        let first = words(sentence).next().unwrap_or_default();
        let cut = |at: char| sentence.split_once(at).map(|(_, rest)| rest.trim_start());
        let rest = if self.does(first, SUBJECTS) {
            cut(':')
        } else if self.does(first, GREETS | LEADS) {
            cut(',')
        } else {
            None
        };
        rest.unwrap_or(sentence)
    }

    /// What stands behind the last sign or word that a clause begins behind.
    fn last_clause<'s>(&self, sentence: &'s str) -> &'s str {
        let part = sentence.rsplit([',', ';', ':', '–', '…', '\n']).next().unwrap_or_default();
        let (mut begin, mut end) = (0, 0);
        for word in part.split_inclusive(' ') {
            end += word.len();
            begin = if self.does(word.trim_end(), JOINS) { end } else { begin };
        }
        part.get(begin..).unwrap_or_default()
    }

    /// What stands behind a keyword that a sentence begins with ends the thought, or says when and why. A heading or a list
    /// goes on otherwise.
    fn may_end(&self, behind: &str, next: &str) -> bool {
        let rest = behind.trim_start_matches(['!', ' ']);
        let mut words = words(rest);
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let number = || rest.get(2..).is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()));
        match rest.chars().next() {
            // `Syg. Kommer ikke i dag`, but not `Stress. Angst. Hvem kender det ikke?`
            None => self.opens(next),
            Some(',' | '–' | '-') => self.opens(rest),
            Some(c) if c.is_alphabetic() => {
                self.does(first, BEHIND) || matches!(first, "i" | "in") && (number() || self.does(second, TIMES))
            }
            Some(c) => !c.is_ascii(),
        }
    }

    /// A line is a signature: `/Mette`, `Mvh Anna`, `Med vänliga hälsningar`.
    fn signs(&self, line: &str) -> bool {
        let name = line.trim_start_matches('/');
        let slash = name.len() < line.len() && name.trim_start().starts_with(char::is_uppercase);
        let closes = || words(line).count() <= 4 && words(line).any(|word| self.does(word, SIGNS));
        line.len() <= SIGNATURE && (slash || closes())
    }
}

impl Notes {
    /// A greeting stands above a place, or a signature below.
    pub fn reach(&self, sentence: &Range<usize>) -> bool {
        let begin = self.begins.partition_point(|at| *at <= sentence.start).checked_sub(1);
        let end = self.ends.get(self.ends.partition_point(|at| *at < sentence.end));
        self.message
            || begin.and_then(|last| self.begins.get(last)).is_some_and(|at| sentence.start - at <= NOTE)
            || end.is_some_and(|at| at - sentence.end <= NOTE)
    }
}

/// What stands behind the last sentence of a text, and where it begins: `Ring på Teams. Pål`, `Vi ses. Hilsen Kari`
fn last_words(text: &str) -> (usize, &str) {
    let end = text.trim_end().trim_end_matches('.');
    let last = end.rsplit(['.', '!', '?', ')', '–', '\n']).next().unwrap_or_default();
    let last = last.rfind(" /").and_then(|slash| last.get(slash..)).unwrap_or(last).trim_start_matches([' ', '-']);
    (end.len() - last.len(), last)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|word| !word.is_empty())
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
            "Hej! Har fået konstateret diabetes, så må aflyse fredag.",
            "Kan ikke spise pølserne, er hindu.\nMvh Ida",
            "Skriver før kontrakten: har diabetes.\nMvh Ida",
            "Är sjukskriven på halvtid. Hälsningar Eva",
            "Kommer ikkje i dag, har fått influensa. Helsing Kari",
            "Sairastan diabetesta.\nTerveisin Mikko",
            "Hi all\nWoke up with a migraine.",
            "Migræne i nat, møder kl. 11.\nMvh Ida",
            "Syg. Kommer ikke i dag. /P",
            "Hej chefen!\nInlagd med lunginflammation.",
            "Halsfluss igen. Jobbar hemifrån. Sara",
            "Mor er indlagt med en blodprop.",
            "Barnet får feber om natten.",
        ] {
            assert!(by_writer(text).contains(&true), "{text}");
        }
    }

    #[test]
    fn others_questions_conditions_and_topics_are_nobodys() {
        for text in [
            "Er du sygemeldt, skal det meldes.\nMvh Ida",
            "Har nogen influenza, bliver de hjemme.\nMvh Ida",
            "Er influenza farlig?\nMvh Ida",
            "Hvis barnet får feber, ringer vi.\nMvh Ida",
            "Hvis mor er indlagt med en blodprop, ringer vi.",
            "Har någon feber ska barnet stanna hemma.",
            "Hej\nDu kan søge, hvis du:\n- er sygemeldt\n- har diabetes\nMvh Ida",
            "Hej\nBidrag kan sökas av dig som:\när sjukskriven på halvtid\nhar diabetes.",
            "Har lavet slides om diabetes til torsdag.\n/Mette",
            "Har ikke diabetes, astma, influenza eller migræne.\nMvh Ida",
            "Diabetes\nMigræne\nInfluenza\n\nMvh Ida",
            "Migræne. Angst. Vi kender det alle.\nMvh Ida",
            "Influenza er gået rundt i kantinen.\nMvh Ida",
            "Diabetes i kommunerne, en artikel.\nMvh Ida",
            // Nobody's note: a form, and criteria.
            "Har diabetes: ja/nej\nEr sygemeldt: ja/nej",
            "Målgruppe\nHar diabetes\nEr sygemeldt",
        ] {
            assert!(!by_writer(text).contains(&true), "{text}");
        }
    }
}
