//! Keywords of the special categories: do they say something about somebody, or do they only stand there?
//!
//! In: the dictionary's sights of one piece, and the people found in it. Out: keywords with log-odds. A term in a
//! handbook, a policy, a negation or an organisation's name means nobody.

mod declined;
mod lists;
mod names;
mod sentence;

use std::cell::{LazyCell, OnceCell};
use std::ops::Range;

use smallvec::SmallVec;

use crate::detect::cells;
use crate::detect::confidence::{NAMELIKE, logit};
use crate::detect::fields::Field;
use crate::detect::person::{Shapes, Sight};
use crate::detect::whose::{Notes, Whose};
use crate::detect::words::{Meaning, Words};

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

/// A piece of text, and what is known of it.
#[derive(Clone, Copy)]
pub struct Piece<'p> {
    /// The text.
    pub text: &'p str,
    /// The dictionary's terms in it, in the order of the text.
    pub sights: &'p [Sight],
    /// The places of ids, names and addresses, in the order of the text.
    pub people: &'p [Range<usize>],
    /// Values of fields that name a category.
    pub fields: &'p [Field],
    /// It is a message's: who wrote it is known.
    pub message: bool,
    /// Words that say whose a keyword is.
    pub whose: &'p Whose,
    /// Where given names are looked up, and how they are declined.
    pub words: &'p Words,
    pub shapes: &'p Shapes,
}

/// How near a person makes a keyword personal, in bytes.
const REACH: usize = 120;
/// The same for a word like `patienten`.
const WORD_REACH: usize = 60;
/// Between a given name and what it has, in bytes: ` har fortsat svær `.
const GIVEN_REACH: usize = 20;
/// A form names its person at the top, by name and number: for strong words they reach this far.
const FORM_REACH: usize = 320;
/// So far below its heading a file goes on about whom it names, in bytes. (Large texts are looked at in pieces: there only
/// as far as the pieces overlap, where one ends between the two.)
const FILE_REACH: usize = 3000;
/// What stands before a name in its heading has no more bytes.
const OWNER: usize = 40;
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
/// Bytes of `hennes`.
const PRONOUN: usize = 6;
/// Between what leads to a number and the number, in bytes: ` på tlf. `.
const BEFORE_NUMBER: usize = 12;
/// Between whom to turn to and their number, in bytes.
const THEIR_NUMBER: usize = 24;
/// A notice names somebody and their numbers: no more than these.
const NUMBERS: usize = 4;
/// Terms of this many categories around one are a list of what could be.
const MANY: usize = 4;

/// The keywords of a piece, judged.
pub fn keywords(piece: Piece<'_>) -> Vec<Keyword> {
    let is_one = |sight: &Sight| matches!(sight.meaning, Meaning::Keyword(..) | Meaning::Member(..));
    if piece.fields.is_empty() && !piece.sights.iter().any(is_one) {
        return Vec::new();
    }
    let sights = lists::telling(&piece);
    let mut judge = Judge::of(Piece { sights: &sights, ..piece });
    sights.iter().filter_map(|sight| judge.keyword(sight)).collect()
}

/// A keyword that is judged.
struct Term<'t> {
    at: &'t Range<usize>,
    detector: u16,
    strong: bool,
    sentence: Range<usize>,
    /// Its sentence as far as it goes before it.
    before: &'t str,
    /// It [is said of somebody](Judge::is_said_of_somebody), if that was asked for.
    said: OnceCell<bool>,
}

/// Whom it is about.
struct Whom {
    /// What that adds to the log-odds.
    odds: f32,
    why: &'static str,
    /// Somebody is named in its sentence.
    named: bool,
    /// Whoever writes says it of themselves: where that begins.
    own: Option<usize>,
}

/// What a piece holds that keywords are judged by.
struct Judge<'p> {
    piece: Piece<'p>,
    /// Phrases that hold a keyword and mean nobody.
    neutral: Vec<Range<usize>>,
    /// Words for somebody, and those of them that mean anybody behind a condition.
    persons: Vec<Range<usize>>,
    anybody: Vec<Range<usize>>,
    /// Words of general talk, and those that case files have too.
    general: Vec<Range<usize>>,
    ordinary: Vec<Range<usize>>,
    negation: Vec<Range<usize>>,
    /// Where those begin whom a notice says to turn to.
    turned_to: Vec<usize>,
    notes: OnceCell<Notes>,
    headings: OnceCell<Vec<Range<usize>>>,
    /// Where the last keyword ends that whoever writes says of themselves.
    told: usize,
}

impl<'p> Judge<'p> {
    fn of(piece: Piece<'p>) -> Self {
        let places = |wanted: &dyn Fn(&Sight) -> bool| -> Vec<Range<usize>> {
            piece.sights.iter().filter(|sight| wanted(sight)).map(|sight| sight.at.clone()).collect()
        };
        let of = |wanted: Meaning| places(&|sight| sight.meaning == wanted);
        // A given name alone is somebody too: `Peter är kurd`.
        let capital =
            |at: &Range<usize>| piece.text.get(at.clone()).is_some_and(|name| name.starts_with(char::is_uppercase));
        let persons = places(&|sight| match sight.meaning {
            Meaning::Person(_) => true,
            Meaning::Given(false) => capital(&sight.at),
            _ => false,
        });
        // `den ansatte` is somebody.
        let nobody = |talk: &Range<usize>| {
            !within(&persons, talk, 0).any(|person| person.start < talk.start && talk.end == person.end)
        };
        let (mut general, mut ordinary) = (of(Meaning::General(false)), of(Meaning::General(true)));
        general.retain(nobody);
        ordinary.retain(nobody);
        Self {
            neutral: of(Meaning::Neutral),
            anybody: of(Meaning::Person(true)),
            negation: of(Meaning::Negation),
            turned_to: addressees(piece.text, &of(Meaning::Addressee), piece.people),
            notes: OnceCell::new(),
            headings: OnceCell::new(),
            told: 0,
            persons,
            general,
            ordinary,
            piece,
        }
    }

    /// A sight as a keyword, with what speaks for and against its being about somebody.
    fn keyword(&mut self, sight: &Sight) -> Option<Keyword> {
        let Meaning::Keyword(detector, strong, tongues) = sight.meaning else { return None };
        let (Piece { text, people, .. }, at) = (self.piece, &sight.at);
        if self.is_named_otherwise(at) {
            return None;
        }
        let sentence = sentence::sentence(text, at);
        let before = text.get(sentence.start..at.start).unwrap_or_default();
        let term = Term { at, detector, strong, sentence, before, said: OnceCell::new() };
        let whom = self.whom(&term);
        let mut odds = logit(if strong { 0.3 } else { 0.07 }) + whom.odds;
        let mut why = whom.why;
        // A weak word in a sentence that says more of the kind, or of somebody; or among several of the kind.
        if !strong && !whom.named && whom.odds > 0.0 && (whom.own.is_some() || self.says_more(&term)) {
            odds += 1.3;
        }
        let talk = LazyCell::new(|| self.is_talk(&term));
        if !whom.named && *talk && !self.is_value(at) && !self.is_owned(at) && !self.is_of_given(&term) {
            (odds, why) = (odds - 1.6, "general talk");
        }
        let categories = self.categories(at);
        let negated = self.is_negated(&term, categories, whom.own);
        if negated {
            (odds, why) = (odds - if whom.named { 0.5 } else { 1.5 }, "a negation stands before it");
        }
        if !strong && names::namelike(text, at, people) {
            (odds, why) = (odds + NAMELIKE, "it may be a name");
        }
        // `We do not collect data on health, religion or trade unions`, whoever is named before it.
        if negated && categories > 1 && (categories + 1 >= MANY || *talk) {
            (odds, why) = (odds - 4.0, "one of many categories that it is not about");
        }
        if categories >= MANY && !whom.named && !self.is_of_somebody(at) {
            (odds, why) = (odds - 1.2, "one of many categories named together");
        }
        if odds > FAINT && !tongues.fit(text, at) {
            (odds, why) = (odds - FOREIGN, "the text is in another language");
        }
        // What nothing speaks against is right more often than its parts promise.
        if odds > 0.0 && why == whom.why && !whom.named {
            odds += UNDISPUTED;
        }
        if whom.own.is_some() && !negated {
            self.told = at.end;
        }
        Some(Keyword { at: at.clone(), detector, odds, near: why })
    }

    /// It is a part of what means nobody: of a phrase, an identifier, a link, the name of a firm, a street or a job.
    fn is_named_otherwise(&self, at: &Range<usize>) -> bool {
        let Piece { text, whose, .. } = self.piece;
        within(&self.neutral, at, 200).any(|n| n.start <= at.start && n.end >= at.end && n.len() > at.len())
            || names::in_code(text, at)
            || names::in_link(text, at)
            || names::in_firm(text, at)
            || names::is_place(text, at)
            || names::is_job(text, at, whose)
    }

    /// Whom a keyword is about, by who stands how near.
    fn whom(&self, term: &Term<'_>) -> Whom {
        let (Piece { text, sights, people, whose, .. }, at) = (self.piece, term.at);
        let (strong, near) = (term.strong, |reach| self.near(term, reach));
        let mut own = None;
        let named = near(REACH).any(|one| term.holds(one));
        let (odds, why) = if named {
            (4.9, "a person is named with it")
        } else if around(sights, at, TIE_REACH).any(|s| s.meaning == Meaning::Tie(term.detector))
            && lists::heads_list(text, at, people)
        {
            (4.0, "it heads a list of people")
        } else if near(REACH).next().is_some() {
            (if strong { 1.7 } else { 1.6 }, "a person is named near it")
        } else if self.is_said_of_somebody(term) {
            (1.5, "it is said of somebody")
        } else if let Some(begin) = self.by_writer(term) {
            own = Some(begin);
            (1.5, "whoever writes says it of themselves")
        } else if near(FORM_REACH).next().is_some() && whose.links(term.before) {
            (1.5, "it is said in a text about somebody")
        } else if strong && near(FORM_REACH).any(|one| one.end <= at.start) && sentence::is_addressed(term.before) {
            (1.5, "it is said to somebody")
        } else if strong && (near(FORM_REACH).nth(1).is_some() || self.is_filed(at)) {
            (1.2, "it stands in a form about somebody")
        } else {
            (0.0, "no person stands near it")
        };
        Whom { odds, why, named, own }
    }

    /// The people near it, but for whom a notice ends with: `Sygemelding sker til Mette Lund`.
    fn near(&self, term: &Term<'_>, reach: usize) -> impl Iterator<Item = &'p Range<usize>> {
        within(self.piece.people, term.at, reach).filter(|one| self.is_about(term, one))
    }

    fn is_about(&self, term: &Term<'_>, one: &Range<usize>) -> bool {
        one.end <= term.at.start || self.turned_to.binary_search(&one.start).is_err()
    }

    /// A word for somebody stands near it in its sentence. `den sygemeldte` does not say it of anybody, and in `Hvis barnet
    /// får feber` nobody is certain.
    fn is_said_of_somebody(&self, term: &Term<'_>) -> bool {
        *term.said.get_or_init(|| self.names_somebody(term))
    }

    fn names_somebody(&self, term: &Term<'_>) -> bool {
        let Piece { text, whose, .. } = self.piece;
        let apart = |person: &Range<usize>| person.start > term.at.start || person.end < term.at.end;
        let certain = |person: &Range<usize>| {
            let may_be_any = self.anybody.binary_search_by_key(&person.start, |one| one.start).is_ok();
            !may_be_any || !whose.is_conditional(text.get(term.sentence.start..person.start).unwrap_or_default())
        };
        let is_one = |one: &Range<usize>| term.holds(one) && apart(one) && self.is_about(term, one);
        within(&self.persons, term.at, WORD_REACH).any(|one| is_one(one) && certain(one)) || {
            let Piece { words, shapes, .. } = self.piece;
            let from = text.floor_char_boundary(term.at.start.saturating_sub(WORD_REACH)).max(term.sentence.start);
            let to = text.ceil_char_boundary((term.at.end + WORD_REACH).min(text.len())).min(term.sentence.end);
            declined::names(text, from..to, words, shapes).any(|one| is_one(&one))
        }
    }

    /// Where whoever writes a note begins to say it of themselves.
    fn by_writer(&self, term: &Term<'_>) -> Option<usize> {
        let Piece { text, sights, message, whose, .. } = self.piece;
        let is_given = |begin: usize| {
            let from = sights.partition_point(|sight| sight.at.start < begin);
            let mut there = sights.iter().skip(from).take_while(|sight| sight.at.start == begin);
            there.any(|sight| matches!(sight.meaning, Meaning::Given(_)))
        };
        let notes = || self.notes.get_or_init(|| whose.notes(text, message, is_given));
        whose.by_writer(text, &term.sentence, term.at, self.told).filter(|_| notes().reach(&term.sentence))
    }

    /// It stands in a file about somebody, who is named in its heading.
    fn is_filed(&self, at: &Range<usize>) -> bool {
        let Piece { text, people, whose, .. } = self.piece;
        let headings = self.headings.get_or_init(|| headings(text, people, whose));
        let before = headings.partition_point(|heading| heading.end <= at.start);
        let heading = before.checked_sub(1).and_then(|last| headings.get(last));
        heading.is_some_and(|heading| at.start - heading.end < FILE_REACH)
    }

    /// Its sentence says more of the kind or is about somebody, or others of the kind stand near.
    fn says_more(&self, term: &Term<'_>) -> bool {
        let others = || {
            let of_kind = |s: &&Sight| matches!(s.meaning, Meaning::Keyword(d, ..) if d == term.detector);
            around(self.piece.sights, term.at, REACH).filter(of_kind).filter(|s| term.is_beside(&s.at))
        };
        self.is_said_of_somebody(term)
            || others().nth(1).is_some()
            || others().any(|other| term.holds(&other.at))
            || self.piece.whose.links(term.before)
    }

    /// Its sentence has a word of general talk: not one of the term itself (`fingerprint template`).
    fn is_talk(&self, term: &Term<'_>) -> bool {
        let here = |places: &[Range<usize>]| {
            within(places, term.at, GENERAL_REACH).any(|place| term.is_beside(place) && term.holds(place))
        };
        here(&self.general) || here(&self.ordinary) && !self.is_case(term)
    }

    /// `Skolen oplyser, at han har ADHD`, below somebody's number.
    fn is_case(&self, term: &Term<'_>) -> bool {
        let text = self.piece.text;
        let above =
            |one: &Range<usize>| text.get(one.end..term.sentence.start).is_some_and(|gap| !gap.trim().contains('\n'));
        self.near(term, REACH).any(|one| above(one) && is_number(text, one))
            || self.is_said_of_somebody(term) && self.near(term, FORM_REACH).next().is_some()
    }

    /// It is a field's value, or stands in one.
    fn is_value(&self, at: &Range<usize>) -> bool {
        self.piece.fields.iter().any(|field| field.at.start <= at.start && at.end <= field.at.end)
    }

    /// `Skolen oplyser, at Emil har ADHD`: a given name alone stands right before it.
    fn is_of_given(&self, term: &Term<'_>) -> bool {
        let Piece { text, sights, .. } = self.piece;
        around(sights, term.at, GIVEN_REACH).any(|sight| {
            let between = || text.get(sight.at.end..term.at.start);
            sight.meaning == Meaning::Given(false)
                && term.holds(&sight.at)
                && text.get(sight.at.clone()).is_some_and(|name| name.starts_with(char::is_uppercase))
                && between().is_some_and(|between| !between.contains([',', ';', ':', '(', '/']))
        })
    }

    /// `my fingerprints`, in a letter to a company.
    fn is_owned(&self, at: &Range<usize>) -> bool {
        within(&self.persons, at, 2).any(|word| word.end + 1 == at.start && word.len() <= PRONOUN)
    }

    /// How many categories terms around it are of, its own included.
    fn categories(&self, at: &Range<usize>) -> usize {
        let mut categories: SmallVec<[u16; 16]> = SmallVec::new();
        for near in around(self.piece.sights, at, 300) {
            if let Meaning::Keyword(detector, ..) = near.meaning
                && !categories.contains(&detector)
            {
                categories.push(detector);
            }
        }
        categories.len()
    }

    /// A word that says no stands before it in its sentence: near it, or before a list of `categories`, or before all that
    /// somebody writes of their `own` (`Har ikke astma, diabetes, epilepsi`).
    fn is_negated(&self, term: &Term<'_>, categories: usize, own: Option<usize>) -> bool {
        let (Piece { text, whose, .. }, at) = (self.piece, term.at);
        let reach = if categories > 1 { LIST_REACH } else { NEGATION_REACH };
        let reach = if own.is_some() { reach.max(at.start - term.sentence.start) } else { reach };
        within(&self.negation, at, reach).any(|no| {
            // `… not heard about my operation`, `cannot come, she has broken her arm`, `does not say that he was ill`
            let somebody = within(&self.persons, at, reach).any(|person| {
                let clause = || text.get(no.end..person.start).is_some_and(sentence::begins_clause);
                person.start >= no.end && person.end <= at.start && (person.end + 1 == at.start || clause())
            });
            let turned = || text.get(no.end..at.start).is_some_and(|between| sentence::is_turned(between, whose));
            // `Kan ikke spise pølserne, er hindu`
            let before = || own.is_some_and(|said| no.end < said);
            no.start < at.start && no.start >= term.sentence.start && !somebody && !turned() && !before()
        })
    }

    /// Somebody stands near it by name or number, and by a word too, or as whose field it is.
    fn is_of_somebody(&self, at: &Range<usize>) -> bool {
        within(self.piece.people, at, FORM_REACH).next().is_some()
            && (within(&self.persons, at, 2 * WORD_REACH).next().is_some() || self.is_value(at))
    }
}

impl Term<'_> {
    /// A place is in its sentence.
    fn holds(&self, place: &Range<usize>) -> bool {
        place.end > self.sentence.start && place.start < self.sentence.end
    }

    /// A place has nothing of it.
    fn is_beside(&self, place: &Range<usize>) -> bool {
        place.end <= self.at.start || place.start >= self.at.end
    }
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
