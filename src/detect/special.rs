//! Keywords of the special categories: do they say something about somebody, or do they only stand there?
//!
//! In: the dictionary's sights of one piece, and the people found in it. Out: keywords with log-odds. A term in a
//! handbook, a policy, a negation or an organisation's name means nobody.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::ops::Range;

use crate::detect::beside::FIRMS;
use crate::detect::cells;
use crate::detect::confidence::{NAMELIKE, logit};
use crate::detect::fields::Field;
use crate::detect::language::Tongues;
use crate::detect::person::Sight;
use crate::detect::whose::Whose;
use crate::detect::words::Meaning;

/// A keyword that may be about somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyword {
    /// Its bytes.
    pub at: Range<usize>,
    /// Its detector.
    pub detector: u16,
    /// Log-odds that it says something about a person.
    pub odds: f32,
    /// Why: what stands near.
    pub near: &'static str,
}

/// How near a person makes a keyword personal, in bytes.
const REACH: usize = 120;
/// A form names its person at the top, by name and number: for strong words they reach this far.
const FORM_REACH: usize = 320;
/// So far below its heading a file goes on about whom it names, in bytes. (Large texts are looked at in pieces: there only
/// as far as the pieces overlap, where one ends between the two.)
const FILE_REACH: usize = 3000;
/// What stands before a name in its heading has no more bytes.
const OWNER: usize = 40;
/// The same for a word like `patienten`.
const WORD_REACH: usize = 60;
/// How near a word of general talk, or one that says no, takes it away.
const GENERAL_REACH: usize = 160;
/// See [`GENERAL_REACH`].
const NEGATION_REACH: usize = 40;
/// The same where several categories stand together: `no data on health, religion or …`.
const LIST_REACH: usize = 110;
/// How near what ties a member to somebody stands.
const TIE_REACH: usize = 60;
/// How near others make a member one of a list, in bytes.
const LIST_OF_MEMBERS: usize = 400;
/// A word of one language in a text of another (`same` is a people in Swedish) loses this much.
const FOREIGN: f32 = 4.0;
/// What is less likely than this already is not looked into further.
const FAINT: f32 = -2.0;
/// What nobody is named with, and nothing speaks against: on five labelled sets 98 in 100 of them were right.
const UNDISPUTED: f32 = 0.6;
/// Why a keyword is whoever's who writes.
const WRITERS: &str = "whoever writes says it of themselves";
/// Bytes of `hennes`.
const PRONOUN: usize = 6;
/// What the names of streets end in, and no other words do.
const ROADS: &[&str] =
    &["vej", "vejen", "gade", "gaden", "gatan", "gata", "vägen", "veien", "vegen", "stræde", "vangen", "katu", "kuja"];
/// Words for whom a letter is to.
const YOU: &[&str] = &[
    "you",
    "your",
    "du",
    "din",
    "dit",
    "ditt",
    "dine",
    "dina",
    "dig",
    "deg",
    "jer",
    "jeres",
    "dere",
    "sinä",
    "sinun",
    "sinulla",
    "sinulle",
    "teillä",
    "teidän",
    "teille",
    "olette",
    "poikanne",
    "tyttärenne",
    "lapsenne",
];
/// What leads to where somebody is or goes: `ligger på kreftavdelingen`.
const WHERE: &[&str] = &[
    "på", "hos", "i", "til", "till", "ved", "vid", "inom", "av", "af", "från", "fra", "from", "to", "at", "with",
    "med", "søgt", "sökt", "søkt", "besøgte", "besøger", "besökte", "besöker", "besøkte", "besøker", "visited",
    "visits",
];
/// Between what leads to a number and the number, in bytes: ` på tlf. `.
const BEFORE_NUMBER: usize = 12;
/// Between whom to turn to and their number, in bytes.
const THEIR_NUMBER: usize = 24;
/// A notice names somebody and their numbers: no more than these.
const NUMBERS: usize = 4;
/// Terms of this many categories around one are a list of what could be.
const MANY: usize = 4;

/// How far before a keyword in a link it may begin, in bytes.
const LINK: usize = 200;

/// Judges the keywords of a piece. `people` are the places of ids, names and addresses, in the order of the text.
/// `fields` are values of fields that name a category. Who wrote a `message` is known.
pub fn keywords(
    text: &str,
    sights: &[Sight],
    people: &[Range<usize>],
    fields: &[Field],
    message: bool,
    whose: &Whose,
) -> Vec<Keyword> {
    let places = |wanted: Meaning| -> Vec<Range<usize>> {
        sights.iter().filter(|s| s.meaning == wanted).map(|s| s.at.clone()).collect()
    };
    if !sights.iter().any(|s| matches!(s.meaning, Meaning::Keyword(..) | Meaning::Member(..))) && fields.is_empty() {
        return Vec::new();
    }
    let sights = &*telling(text, sights, people, fields);
    let neutral = places(Meaning::Neutral);
    // A given name alone is somebody too: `Peter är kurd`.
    let first = |at: &Range<usize>| text.get(at.clone()).is_some_and(|name| name.starts_with(char::is_uppercase));
    let persons: Vec<Range<usize>> = sights
        .iter()
        .filter(|s| match s.meaning {
            Meaning::Person(_) => true,
            Meaning::Given(false) => first(&s.at),
            _ => false,
        })
        .map(|s| s.at.clone())
        .collect();
    let anybody = places(Meaning::Person(true));
    let (mut general, mut ordinary) = (places(Meaning::General(false)), places(Meaning::General(true)));
    let negation = places(Meaning::Negation);
    // `den ansatte` is somebody.
    let nobody = |talk: &Range<usize>| {
        !within(&persons, talk, 0).any(|person| person.start < talk.start && talk.end == person.end)
    };
    general.retain(nobody);
    ordinary.retain(nobody);
    let turned_to = addressees(text, &places(Meaning::Addressee), people);
    let notes = LazyCell::new(|| {
        whose.notes(text, message, |begin| {
            let from = sights.partition_point(|sight| sight.at.start < begin);
            let mut there = sights.iter().skip(from).take_while(|sight| sight.at.start == begin);
            there.any(|sight| matches!(sight.meaning, Meaning::Given(_)))
        })
    });
    let headings = LazyCell::new(|| headings(text, people, whose));
    let (mut found, mut categories) = (Vec::new(), Vec::new());
    // Where the last keyword ends that whoever writes says of themselves.
    let mut told = 0;
    for sight in sights {
        let Meaning::Keyword(detector, strong, tongues) = sight.meaning else { continue };
        let at = &sight.at;
        if within(&neutral, at, 200).any(|n| n.start <= at.start && n.end >= at.end && n.len() > at.len()) {
            continue;
        }
        if in_code(text, at) || in_link(text, at) || in_firm(text, at) || is_place(text, at) || is_job(text, at, whose)
        {
            continue;
        }
        let sentence = sentence(text, at);
        let before = || text.get(sentence.start..at.start).unwrap_or_default();
        // Not whom a notice ends with: `Sygemelding sker til Mette Lund`.
        let about = |one: &Range<usize>| one.end <= at.start || turned_to.binary_search(&one.start).is_err();
        let near = |reach: usize| within(people, at, reach).filter(|one| about(one));
        // `den sygemeldte` does not say it of anybody.
        let apart = |person: &Range<usize>| person.start > at.start || person.end < at.end;
        let there = |person: &Range<usize>| person.end > sentence.start && person.start < sentence.end;
        // `Hvis barnet får feber`
        let certain = |person: &Range<usize>| {
            let may_be_any = anybody.binary_search_by_key(&person.start, |one| one.start).is_ok();
            !may_be_any || !whose.is_conditional(text.get(sentence.start..person.start).unwrap_or_default())
        };
        let somebody = |one: &Range<usize>| there(one) && apart(one) && about(one) && certain(one);
        let said = || within(&persons, at, WORD_REACH).any(somebody);
        let named = near(REACH).any(there);
        let filed = || {
            let before = headings.partition_point(|heading| heading.end <= at.start);
            let heading = before.checked_sub(1).and_then(|last| headings.get(last));
            heading.is_some_and(|heading| at.start - heading.end < FILE_REACH)
        };
        let mut own = None;
        let mut written = || {
            own = whose.by_writer(text, &notes, &sentence, at, told);
            own.is_some()
        };
        let base = logit(if strong { 0.3 } else { 0.07 });
        let (person, nearby) = if named {
            (4.9, "a person is named with it")
        } else if around(sights, at, TIE_REACH).any(|s| s.meaning == Meaning::Tie(detector))
            && heads_list(text, at, people)
        {
            (4.0, "it heads a list of people")
        } else if near(REACH).next().is_some() {
            (if strong { 1.7 } else { 1.6 }, "a person is named near it")
        } else if said() {
            (1.5, "it is said of somebody")
        } else if written() {
            (1.5, WRITERS)
        } else if near(FORM_REACH).next().is_some() && whose.links(before()) {
            (1.5, "it is said in a text about somebody")
        } else if strong && near(FORM_REACH).any(|one| one.end <= at.start) && is_addressed(before()) {
            (1.5, "it is said to somebody")
        } else if strong && (near(FORM_REACH).nth(1).is_some() || filed()) {
            (1.2, "it stands in a form about somebody")
        } else {
            (0.0, "no person stands near it")
        };
        // A weak word in a sentence that says more of the kind, or of somebody; or among several of the kind.
        let more = !named
            && person > 0.0
            && !strong
            && (said()
                || own.is_some()
                || others(sights, at, detector).nth(1).is_some()
                || others(sights, at, detector).any(|o| o.end > sentence.start && o.start < sentence.end)
                || whose.links(before()));
        let mut odds = base + person + if more { 1.3 } else { 0.0 };
        let mut why = nearby;
        // Not a word of the term itself: `fingerprint template`.
        let here = |places: &[Range<usize>]| {
            let apart = |place: &Range<usize>| place.end <= at.start || place.start >= at.end;
            within(places, at, GENERAL_REACH).any(|place| apart(place) && there(place))
        };
        // `Skolen oplyser, at han har ADHD`, below somebody's number.
        let case = || {
            let above =
                |one: &Range<usize>| text.get(one.end..sentence.start).is_some_and(|gap| !gap.trim().contains('\n'));
            let line_before = |one: &Range<usize>| above(one) && is_number(text, one);
            near(REACH).any(line_before) || said() && near(FORM_REACH).next().is_some()
        };
        let talk = here(&general) || here(&ordinary) && !case();
        let field = || fields.iter().any(|field| field.at.start <= at.start && at.end <= field.at.end);
        // `my fingerprints`, in a letter to a company.
        let owned = || within(&persons, at, 2).any(|word| word.end + 1 == at.start && word.len() <= PRONOUN);
        if talk && !named && !field() && !owned() {
            (odds, why) = (odds - 1.6, "general talk");
        }
        categories.clear();
        for near in around(sights, at, 300) {
            if let Meaning::Keyword(detector, ..) = near.meaning
                && !categories.contains(&detector)
            {
                categories.push(detector);
            }
        }
        let reach = if categories.len() > 1 { LIST_REACH } else { NEGATION_REACH };
        // Of what somebody writes of themselves all is denied that stands behind it: `Har ikke astma, diabetes, epilepsi`
        let reach = if own.is_some() { reach.max(at.start - sentence.start) } else { reach };
        let negated = within(&negation, at, reach).any(|no| {
            // `… not heard about my operation`, `cannot come, she has broken her arm`, `does not say that he was ill`
            let somebody = within(&persons, at, reach).any(|person| {
                let clause = || text.get(no.end..person.start).is_some_and(begins_clause);
                person.start >= no.end && person.end <= at.start && (person.end + 1 == at.start || clause())
            });
            let apart = || text.get(no.end..at.start).is_some_and(|between| is_turned(between, whose));
            // `Kan ikke spise pølserne, er hindu`
            let before = || own.is_some_and(|said| no.end < said);
            no.start < at.start && no.start >= sentence.start && !somebody && !apart() && !before()
        });
        if negated {
            (odds, why) = (odds - if named { 0.5 } else { 1.5 }, "a negation stands before it");
        }
        if !strong && namelike(text, at, people) {
            (odds, why) = (odds + NAMELIKE, "it may be a name");
        }
        // `We do not collect data on health, religion or trade unions`, whoever is named before it.
        if negated && categories.len() > 1 && (categories.len() + 1 >= MANY || talk) {
            (odds, why) = (odds - 4.0, "one of many categories that it is not about");
        }
        let somebody =
            || within(&persons, at, 2 * WORD_REACH).next().is_some() && within(people, at, FORM_REACH).next().is_some();
        let of_somebody = || field() && within(people, at, FORM_REACH).next().is_some();
        if categories.len() >= MANY && !named && !somebody() && !of_somebody() {
            (odds, why) = (odds - 1.2, "one of many categories named together");
        }
        if odds > FAINT && !tongues.fit(text, at) {
            (odds, why) = (odds - FOREIGN, "the text is in another language");
        }
        // What nothing speaks against is right more often than its parts promise.
        if odds > 0.0 && why == nearby && !named {
            odds += UNDISPUTED;
        }
        if own.is_some() && !negated {
            told = at.end;
        }
        found.push(Keyword { at: at.clone(), detector, odds, near: why });
    }
    found
}

/// Between a negation and a keyword it says something else: `not diabetes, but high blood pressure`.
fn is_turned(between: &str, whose: &Whose) -> bool {
    between.contains(';')
        || between.split_once(',').is_some_and(|(clause, _)| whose.tells_absence(clause))
        || [", men ", ", but ", ", mutta ", ", utan "].iter().any(|turn| between.contains(turn))
}

/// The sentence speaks to somebody.
fn is_addressed(sentence: &str) -> bool {
    sentence.split(|c: char| !c.is_alphabetic()).any(|word| word.len() <= 12 && YOU.contains(&&*word.to_lowercase()))
}

/// Between a negation and somebody another clause begins.
fn begins_clause(between: &str) -> bool {
    between.contains(',') || [" at ", " att ", " that ", " että "].iter().any(|word| between.contains(word))
}

/// The sights with what its surroundings make a keyword: a member near its tie, and the value of a field, of which those
/// that are keywords already are strong.
fn telling<'s>(text: &str, sights: &'s [Sight], people: &[Range<usize>], fields: &[Field]) -> Cow<'s, [Sight]> {
    if fields.is_empty() && !sights.iter().any(|s| matches!(s.meaning, Meaning::Member(..))) {
        return Cow::Borrowed(sights);
    }
    let field = |at: &Range<usize>, detector: u16| {
        let before = fields.partition_point(|field| field.at.start <= at.start);
        let nearest = fields.iter().take(before).rev().take(MANY).find(|field| field.detector == detector);
        nearest.is_some_and(|field| at.end <= field.at.end)
    };
    let tied = |at: &Range<usize>, detector: u16| {
        let mut ties = around(sights, at, TIE_REACH)
            .filter(|s| s.meaning == Meaning::Tie(detector) && (s.at.end <= at.start || s.at.start >= at.end))
            .peekable();
        let sentence = ties.peek().is_some().then(|| sentence(text, at));
        sentence.is_some_and(|sentence| ties.any(|tie| tie.at.end > sentence.start && tie.at.start < sentence.end))
    };
    // A list of members: each in a cell of its own on somebody's line, in a text about membership or with others.
    let listed = |at: &Range<usize>, detector: u16| {
        if !cells::fills(text, at) || !on_line(text, at, people) {
            return false;
        }
        let of = |meaning: Meaning| matches!(meaning, Meaning::Tie(d) | Meaning::Label(d) | Meaning::Keyword(d, true, _) if d == detector);
        let apart = |s: &&Sight| s.at.end <= at.start || s.at.start >= at.end;
        let others = || {
            around(sights, at, LIST_OF_MEMBERS)
                .filter(apart)
                .filter(|s| matches!(s.meaning, Meaning::Member(d, _) | Meaning::Keyword(d, ..) if d == detector))
                .filter(|s| cells::fills(text, &s.at))
        };
        let word = |at: &Range<usize>| text.get(at.clone()).unwrap_or_default();
        // `FI` in a column of countries is no party.
        let different = || at.len() > 2 && others().any(|s| word(&s.at) != word(at)) && others().nth(1).is_some();
        around(sights, at, LIST_OF_MEMBERS).filter(apart).any(|s| of(s.meaning)) || different()
    };
    let mut telling: Vec<Sight> = Vec::with_capacity(sights.len() + fields.len());
    for sight in sights {
        let meaning = match sight.meaning {
            // What stands in such a field is what its label says, in any language.
            Meaning::Keyword(detector, ..) | Meaning::Member(detector, _)
                if !fields.is_empty() && field(&sight.at, detector) =>
            {
                Meaning::Keyword(detector, true, Tongues::default())
            }
            Meaning::Member(detector, tongues) if tied(&sight.at, detector) => {
                Meaning::Keyword(detector, true, tongues)
            }
            Meaning::Member(detector, _) | Meaning::Keyword(detector, true, _) if listed(&sight.at, detector) => {
                Meaning::Keyword(detector, true, Tongues::default())
            }
            meaning => meaning,
        };
        telling.push(Sight { at: sight.at.clone(), meaning });
    }
    let keyword = |s: &Sight, wanted: u16| matches!(s.meaning, Meaning::Keyword(d, ..) if d == wanted);
    let new: Vec<Sight> = fields
        .iter()
        .filter(|field| !field.hint)
        .filter(|field| {
            let (start, end) = (field.at.start, field.at.end);
            !around(&telling, &field.at, 0).any(|s| keyword(s, field.detector) && s.at.start < end && s.at.end > start)
        })
        .map(|field| Sight {
            at: field.at.clone(),
            meaning: Meaning::Keyword(field.detector, true, Tongues::default()),
        })
        .collect();
    if !new.is_empty() {
        telling.extend(new);
        telling.sort_by_key(|s| (s.at.start, s.at.end));
    }
    Cow::Owned(telling)
}

/// It stands in a heading: each of the next two lines that say something names somebody.
fn heads_list(text: &str, at: &Range<usize>, people: &[Range<usize>]) -> bool {
    let near = text.as_bytes().get(at.end..text.len().min(at.end + REACH - 1)).unwrap_or_default();
    let Some(end) = memchr::memchr(b'\n', near) else { return false };
    let mut begin = at.end + end + 1;
    let lines = text.get(begin..).unwrap_or_default().split_inclusive('\n').map(|line| {
        begin += line.len();
        (begin - line.len()..begin, line)
    });
    let named = |line: Range<usize>| {
        let from = people.partition_point(|person| person.end <= line.start);
        people.get(from).is_some_and(|person| person.start < line.end)
    };
    let mut behind = lines.filter(|(_, line)| !line.trim().is_empty()).take(2).map(|(line, _)| named(line));
    behind.next() == Some(true) && behind.next() == Some(true)
}

/// Somebody stands on its line.
fn on_line(text: &str, at: &Range<usize>, people: &[Range<usize>]) -> bool {
    within(people, at, REACH).any(|person| {
        let gap = if person.end <= at.start { person.end..at.start } else { at.end..person.start };
        text.get(gap).is_some_and(|gap| !gap.contains('\n'))
    })
}

/// One word with a capital beside another on its line: `Ran Benita`, `Andy Gay`.
fn namelike(text: &str, at: &Range<usize>, people: &[Range<usize>]) -> bool {
    // `Epäilty Matti Virtanen`
    let label = people.binary_search_by_key(&(at.end + 1), |person| person.start).is_ok();
    let titled = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    };
    let before =
        text.get(..at.start).and_then(|t| t.strip_suffix(' ')).and_then(|t| t.rsplit(char::is_whitespace).next());
    let after = text.get(at.end..).and_then(|t| t.strip_prefix(' ')).and_then(|t| t.split(char::is_whitespace).next());
    let word = text.get(at.clone()).unwrap_or_default();
    let beside =
        |word: Option<&str>| word.is_some_and(|w| titled(w) && w.chars().all(|c| c.is_alphabetic() || c == '-'));
    !label
        && titled(word)
        && !word.contains(' ')
        && (beside(before) || beside(after.map(|w| w.trim_end_matches([',', '.']))))
}

/// A street has it: `Synagogevej`.
fn is_place(text: &str, at: &Range<usize>) -> bool {
    let word = text.get(at.clone()).unwrap_or_default();
    word.starts_with(char::is_uppercase) && !word.contains(' ') && ROADS.iter().any(|road| word.ends_with(road))
}

/// It stands in a firm's name: `Hemtjänst Eken AB`.
fn in_firm(text: &str, at: &Range<usize>) -> bool {
    let capital = |word: &str| word.starts_with(char::is_uppercase);
    if !text.get(at.clone()).is_some_and(capital) {
        return false;
    }
    let rest = text.get(at.end..text.floor_char_boundary((at.end + 48).min(text.len()))).unwrap_or_default();
    let line = rest.split(['\n', ',', ';', '.', '(']).next().unwrap_or_default();
    let Some(words) = line.strip_prefix(' ') else { return false };
    let mut words = words.split(' ').take_while(|word| capital(word) || matches!(*word, "og" | "och" | "ja" | "&"));
    words.any(|word| FIRMS.contains(&word))
}

/// The names that say whose file it is that stands below them: those behind or below a label (`Patient: Anna Larsen`).
/// In a list none says it for those below.
fn headings(text: &str, people: &[Range<usize>], whose: &Whose) -> Vec<Range<usize>> {
    let is_name = |one: &Range<usize>| {
        text.get(one.clone()).is_some_and(|name| name.starts_with(char::is_alphabetic) && !name.contains('@'))
    };
    let heads = |name: &Range<usize>| {
        let ends = |c: char| c.is_whitespace() || matches!(c, '#' | '*' | '-' | '•' | ':' | '.');
        // Of a longer line nothing that stands before a name is its label.
        let line = cells::line_before(text, name.start, LIST_OF_MEMBERS);
        let above = || cells::line_before(text, (name.start - line.len()).saturating_sub(1), LIST_OF_MEMBERS);
        match line.trim_matches(ends) {
            "" => whose.heads_file(above().trim_matches(ends), true),
            label => label.len() <= OWNER && whose.heads_file(label, false),
        }
    };
    let found: Vec<&Range<usize>> = people.iter().filter(|one| is_name(one) && heads(one)).collect();
    let listed = |a: &&Range<usize>, b: &&Range<usize>| {
        b.start.saturating_sub(a.end) <= LIST_OF_MEMBERS && text.get((*a).clone()) != text.get((*b).clone())
    };
    found.chunk_by(listed).filter(|list| list.len() == 1).flatten().map(|name| (*name).clone()).collect()
}

/// It is as long as a national number, and in one piece: what heads a file about somebody.
fn is_number(text: &str, one: &Range<usize>) -> bool {
    let value = text.get(one.clone()).unwrap_or_default();
    value.bytes().filter(u8::is_ascii_digit).count() > 8 && !value.contains([' ', '+', '@'])
}

/// It names whose job it is: `Kari Lie, kreftsykepleier`. Where somebody goes is another matter: `går hos …`.
fn is_job(text: &str, at: &Range<usize>, whose: &Whose) -> bool {
    let word = text.get(at.clone()).unwrap_or_default();
    let before = || {
        let before = text.get(..at.start)?.strip_suffix(' ')?;
        before.rsplit(|c: char| !c.is_alphabetic()).next()
    };
    !word.contains(' ') && whose.is_job(word) && before().is_none_or(|word| !WHERE.contains(&word))
}

/// Where those of `people` begin whom a notice says to turn to, and their numbers: `kontakta Anna Berg, 070-318 22 20`.
fn addressees(text: &str, leads: &[Range<usize>], people: &[Range<usize>]) -> Vec<usize> {
    let mut found = Vec::new();
    for lead in leads {
        let mut from = lead.end;
        let behind = people.partition_point(|one| one.start < from);
        for one in people.iter().skip(behind).take(NUMBERS) {
            let number = text.get(one.clone()).is_some_and(|one| !one.starts_with(char::is_alphabetic));
            let reach = if from > lead.end { THEIR_NUMBER } else { BEFORE_NUMBER };
            let gap = text.get(from..one.start).filter(|gap| gap.len() <= reach);
            if !gap.is_some_and(|gap| matches!(gap, " " | ": ") || number && !gap.contains('\n')) {
                break;
            }
            from = one.end;
            found.push(one.start);
        }
    }
    found.sort_unstable();
    found
}

/// A part of an identifier: `freeglut_stroke_mono`, `Splash::stroke(`.
fn in_code(text: &str, at: &Range<usize>) -> bool {
    let (before, after) = (text.get(..at.start).unwrap_or_default(), text.get(at.end..).unwrap_or_default());
    before.ends_with(['_', '&', '$'])
        || before.ends_with("::")
        || after.starts_with(['_', '('])
        || after.starts_with("::")
}

/// A part of a link: `https://www.sundhed.dk/borger/depression/`.
fn in_link(text: &str, at: &Range<usize>) -> bool {
    let before = text.get(text.floor_char_boundary(at.start.saturating_sub(LINK))..at.start).unwrap_or_default();
    let begin = before.rsplit(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')')).next();
    begin.is_some_and(|begin| begin.contains("://") || begin.starts_with("www."))
}

/// Other keywords of the same category near one.
fn others<'s>(sights: &'s [Sight], at: &'s Range<usize>, detector: u16) -> impl Iterator<Item = &'s Range<usize>> {
    around(sights, at, REACH)
        .filter(move |s| {
            matches!(s.meaning, Meaning::Keyword(d, ..) if d == detector)
                && (s.at.end <= at.start || s.at.start >= at.end)
        })
        .map(|s| &s.at)
}

/// The sentence that holds a place: to the next full stop before a space, or line end.
fn sentence(text: &str, at: &Range<usize>) -> Range<usize> {
    let from = text.floor_char_boundary(at.start.saturating_sub(2 * REACH));
    let to = text.ceil_char_boundary((at.end + 2 * REACH).min(text.len()));
    let before = text.get(from..at.start).unwrap_or_default();
    let after = text.get(at.end..to).unwrap_or_default();
    // What the place itself begins with is a word of its sentence; a label goes on with the one before it.
    let own = if after.starts_with(':') { at.start } else { to };
    let stops = |byte: &u8| matches!(byte, b'.' | b'!' | b'?' | b'\n' | b'\t');
    let begins = before.bytes().enumerate().rev().filter(|(_, byte)| stops(byte)).find(|(i, stop)| {
        let rest = text.get(from + i + 1..own).unwrap_or_default();
        let line = || before.get(..*i).unwrap_or_default();
        *stop == b'\t'
            || *stop == b'\n' && !wraps(line(), rest)
            || rest.starts_with(' ') && rest.trim_start().starts_with(char::is_uppercase) && ends_word(line())
    });
    let ends = after.bytes().enumerate().filter(|(_, byte)| stops(byte)).find(|(i, stop)| {
        let (line, rest) = (after.get(..*i).unwrap_or_default(), after.get(i + 1..).unwrap_or_default());
        match stop {
            b'.' => rest.starts_with(' '),
            b'\n' => !wraps(if line.is_empty() { before } else { line }, rest),
            _ => true,
        }
    });
    from + begins.map_or(0, |(i, _)| i + 1)..at.end + ends.map_or(after.len(), |(i, _)| i)
}

/// The line behind a line end goes on with the sentence: one of a program's code does not.
fn wraps(before: &str, line: &str) -> bool {
    let open = |c: char| c.is_alphanumeric() || matches!(c, ',' | '-' | '–' | ')' | '\r');
    line.trim_start_matches(' ').starts_with(char::is_lowercase) && before.ends_with(open)
}

/// The full stop behind this ends a sentence: behind an initial or a short abbreviation it does not.
fn ends_word(before: &str) -> bool {
    let token = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    // `2400 København NV`
    let compass = token.len() == 2 && token.bytes().all(|b| b.is_ascii_uppercase());
    compass || token.contains('@') || before.chars().rev().take_while(|c| c.is_alphanumeric()).count() > 2
}

/// The places within reach of `at`. They are in order, and short.
fn within<'p>(places: &'p [Range<usize>], at: &Range<usize>, reach: usize) -> impl Iterator<Item = &'p Range<usize>> {
    let (start, end) = (at.start, at.end);
    let from = places.partition_point(|place| place.start + reach + 128 < start);
    places
        .iter()
        .skip(from)
        .take_while(move |place| place.start <= end + reach)
        .filter(move |place| place.end + reach >= start)
}

fn around<'s>(sights: &'s [Sight], at: &Range<usize>, reach: usize) -> impl Iterator<Item = &'s Sight> {
    let (start, end) = (at.start, at.end);
    let from = sights.partition_point(|s| s.at.start + reach < start);
    sights.iter().skip(from).take_while(move |s| s.at.start <= end + reach)
}
