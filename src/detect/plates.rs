//! Number plates that no label stands right before: in lists of people (`Kari Moen – 3 plasser – VH 79883`), in sentences
//! of a text that speaks of cars, and beside other plates (`the cars EB 86641, AB 30204 and SU 69940`).
//!
//! In: a text, the names in it and the words of vehicles. Out: spans of the detector of plates. Only lines that name
//! somebody are looked at, and what stands near a word of vehicles.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::detect::Detectors;
use crate::detect::cells;
use crate::detect::confidence::NEAR;
use crate::detect::form::Form;
use crate::detect::nearby::Lines;
use crate::detect::person::{Name, line_of};
use crate::detect::reading::Reading;
use crate::detect::span::Span;

/// The detector of plates.
const PLATE: &str = "plate";
/// How far back a line is read, in bytes.
const LINE: usize = 160;
/// A word of vehicles counts so far from a plate, and in a sentence
const REACH: usize = 1000;
/// so far, and behind a comma or colon
const SENTENCE: usize = 320;
/// so far: `en grå varevogn, KV 71 282`.
const BESIDE: usize = 48;
/// In a list whose lines name nobody it counts so far: `20.30 – FN 42462 – Tesla Model 3`.
const CLOSE: usize = 96;
/// So many people with plates whose letters differ make a list of them: codes begin with the same letters.
const LIST: usize = 3;
/// What such a list adds.
const LISTED: f32 = 1.5;
/// Words of the detector that stand before plates, and say little of the rest of the text.
const WEAK: &[&str] = &[
    "reg",
    "rek",
    "kommer",
    "come",
    "comes",
    "coming",
    "tuun",
    "tulen",
    "tulee",
    "skilt",
    "plate",
    "license",
    "licence",
    "registration",
];
/// Words for keys.
const KEYS: &[&str] = &["keys", "nøgler", "nøglerne", "nøkler", "nøklene", "nycklar", "nycklarna"];
/// Words that a plate stands behind in a sentence.
const BEFORE: &[&str] = &[
    "är", "er", "is", "on", "med", "with", "i", "in", "for", "til", "till", "med", "på", "av", "och", "og", "and",
    "ja", "eller", "or", "tai", "tager", "tar", "tog", "take", "took", "taking", "otan", "otti", "ota", "bil", "bilen",
    "auton", "auto", "van",
];

/// What stands between two plates in a sentence.
const BETWEEN: &[&str] =
    &[", ", " og ", " och ", " and ", " ja ", " & ", " eller ", " or ", " tai ", " / ", "/", "; ", ", og ", ", and "];

/// What columns are called whose codes look like plates.
const OTHERS: &[&str] = &[
    "sample", "specimen", "prøve", "prov", "näyte", "sku", "vare", "artikel", "article", "order", "ordre", "tilaus",
    "batch", "lot", "model", "produ", "tuote", "case", "sag", "sak", "ärende", "ref", "kode", "code", "koodi", "kurs",
    "course", "kurssi", "lokale", "room",
];

/// What may be a plate.
struct Plate {
    at: Range<usize>,
    /// It fills a cell of its line.
    cell: bool,
    /// Its line names somebody.
    named: bool,
}

impl Detectors {
    /// Plates on lines that name somebody, in a list or beside words of vehicles.
    pub(super) fn plates(
        &self,
        text: &str,
        anchors: &[(Range<usize>, u16)],
        names: &[Name],
        spans: &[Span],
        found: &mut Vec<Span>,
    ) {
        let plates = self.list.iter().zip(0u16..).find(|(detector, _)| detector.id == PLATE && detector.on);
        let Some((detector, number)) = plates else { return };
        let vehicles: Vec<usize> = anchors
            .iter()
            .filter(|(_, of)| *of == number)
            .filter(|(at, _)| text.get(at.clone()).is_some_and(|word| !WEAK.contains(&word.to_lowercase().as_str())))
            .filter(|(at, _)| !is_key(text, at) || leads_to_lock(text, at.end))
            .map(|(at, _)| at.start)
            .collect();
        let candidates = candidates(text, names, &vehicles);
        if candidates.is_empty() {
            return;
        }
        let letters = |plate: &Plate| text.get(plate.at.start..plate.at.start + 2);
        let listed = candidates.iter().filter(|plate| plate.cell);
        let (count, kinds) = (listed.clone().count(), listed.filter_map(letters).collect::<BTreeSet<_>>().len());
        let list = count >= LIST && kinds >= LIST && 2 * kinds > count;
        let form = Form { detector: number, number: 0, odds: 0.0 };
        let lines = Lines::default();
        let taken = |at: &Range<usize>| {
            let next = spans.get(spans.partition_point(|span| span.at.end <= at.start));
            next.is_some_and(|span| span.at.start < at.end && span.odds() > 0.0)
        };
        let nobody = !names.iter().any(|name| name.odds > 0.0);
        let rows = beside_others(text, &candidates);
        let mut seen: Vec<(Plate, Reading, bool)> = Vec::new();
        for (plate, row) in candidates.into_iter().zip(rows) {
            let at = &plate.at;
            if taken(at) {
                continue;
            }
            // They stand in the order of the text.
            let near = |reach: usize| {
                let from = vehicles.partition_point(|word| word + reach <= at.start);
                vehicles.get(from).is_some_and(|word| word.abs_diff(at.start) < reach)
            };
            let hits = LazyCell::new(|| self.tables().nearby.around(text, at, &lines));
            let value = text.get(at.clone()).unwrap_or_default();
            let Some(mut reading) = self.reading(detector, form, value, || 0.0, &hits) else { continue };
            let shown = match (plate.cell, plate.named) {
                _ if row && near(SENTENCE) => true,
                _ if nobody => false,
                (true, true) => list || reading.said > 0.0 || near(REACH),
                (true, false) => near(CLOSE),
                (false, _) => {
                    let first = vehicles.partition_point(|word| word + BESIDE < at.start);
                    let mut words = vehicles.iter().skip(first).take_while(|word| **word < at.start);
                    behind(text, at.start) && (near(SENTENCE) || is_swedish(value))
                        || words.any(|word| leads(text.get(*word..at.start).unwrap_or_default()))
                }
            };
            let shown = shown && !(plate.cell && reading.said <= 0.0 && is_other_column(text, at));
            if shown && plate.cell && plate.named && list {
                reading.odds += LISTED;
            }
            seen.push((plate, reading, shown));
        }
        // What stands in a list with a plate is one.
        let is_plate = |span: &&Span| span.odds() > 0.0 && span.readings.first().is_some_and(|r| r.detector == number);
        let mut plates: Vec<(Range<usize>, bool)> =
            spans.iter().filter(is_plate).map(|span| (span.at.clone(), true)).collect();
        plates.extend(seen.iter().map(|(plate, _, shown)| (plate.at.clone(), *shown)));
        plates.sort_by_key(|(at, _)| at.start);
        for row in plates.chunk_by_mut(|(one, _), (other, _)| in_row(text, one, other)) {
            let shown = row.iter().any(|(_, shown)| *shown);
            row.iter_mut().for_each(|(_, plate)| *plate = shown);
        }
        for (plate, mut reading, _) in seen {
            let place = plates.partition_point(|(at, _)| at.start < plate.at.start);
            let shown = plates.get(place).is_some_and(|(_, shown)| *shown);
            if shown && (0.0..NEAR).contains(&reading.said) {
                reading.odds += NEAR - reading.said;
                reading.note = "somebody's, in a text about vehicles";
            }
            if shown && reading.said >= 0.0 {
                found.push(Span { at: plate.at, readings: vec![reading] });
            }
        }
    }
}

/// The table's first line calls the column something else: `sample`.
fn is_other_column(text: &str, at: &Range<usize>) -> bool {
    let behind = || text.as_bytes().get(at.end).copied().filter(|b| matches!(b, b';' | b'\t' | b'|'));
    let (delimiter, number) = match cells::cell(text, at.start) {
        Some(cell) if matches!(cell.delimiter, b';' | b'\t' | b'|') => (cell.delimiter, cell.number),
        Some(cell) if cell.number == 0 => match behind() {
            Some(delimiter) => (delimiter, 0),
            None => return false,
        },
        _ => return false,
    };
    let first = text.get(..text.floor_char_boundary(LINE * 2)).unwrap_or_default();
    let header = first.split('\n').next().and_then(|line| line.split(char::from(delimiter)).nth(number));
    let header = header.unwrap_or_default().trim().to_lowercase();
    OTHERS.iter().any(|other| header.starts_with(other))
}

/// What may be a plate, on lines that name somebody and near words of vehicles.
fn candidates(text: &str, names: &[Name], vehicles: &[usize]) -> Vec<Plate> {
    let lines: Vec<Range<usize>> =
        names.iter().filter(|name| name.odds > 0.0).map(|name| line_of(text, &name.at)).collect();
    let mut found = Vec::new();
    let near = vehicles.iter().map(|word| {
        let from = text.floor_char_boundary(word.saturating_sub(SENTENCE));
        from..text.ceil_char_boundary((word + SENTENCE).min(text.len()))
    });
    let mut parts: Vec<Range<usize>> = lines.iter().cloned().chain(near).collect();
    parts.sort_unstable_by_key(|part| part.start);
    let mut parts = parts.into_iter().peekable();
    while let Some(mut part) = parts.next() {
        while let Some(next) = parts.next_if(|next| next.start <= part.end) {
            part.end = part.end.max(next.end);
        }
        tokens(text, part, &lines, &mut found);
    }
    found
}

/// Two stand side by side in a row: `EB 86641, AB 30204 og SU 69940`.
fn in_row(text: &str, one: &Range<usize>, other: &Range<usize>) -> bool {
    text.get(one.end..other.start).is_some_and(|gap| BETWEEN.contains(&gap))
}

/// Which of these stand in a row with others that begin with other letters.
fn beside_others(text: &str, plates: &[Plate]) -> Vec<bool> {
    let mut rows = vec![false; plates.len()];
    for (number, pair) in plates.windows(2).enumerate() {
        let [one, other] = pair else { continue };
        let begin = |plate: &Plate| text.get(plate.at.start..plate.at.start + 2);
        if in_row(text, &one.at, &other.at) && begin(one) != begin(other) {
            for row in rows.iter_mut().skip(number).take(2) {
                *row = true;
            }
        }
    }
    rows
}

/// The tokens of a part that have a plate's form. `lines` are those that name somebody.
fn tokens(text: &str, part: Range<usize>, lines: &[Range<usize>], found: &mut Vec<Plate>) {
    let bytes = text.as_bytes();
    let is = |at: usize, class: fn(&u8) -> bool| bytes.get(at).is_some_and(class);
    let mut at = part.start;
    while at + 4 < part.end {
        if !is(at + 1, u8::is_ascii_uppercase) {
            at += 2;
            continue;
        }
        if !is(at, u8::is_ascii_uppercase)
            || (at > 0 && !is(at - 1, |b| b.is_ascii_whitespace() || b";,|(\"':".contains(b)))
        {
            at += 1;
            continue;
        }
        match plate(bytes.get(at..part.end).unwrap_or_default()) {
            Some(length) => {
                let line = lines.partition_point(|line| line.end <= at);
                let named = lines.get(line).is_some_and(|line| line.start <= at);
                found.push(Plate { at: at..at + length, cell: is_cell(text, at..at + length), named });
                at += length;
            }
            None => at += 2,
        }
    }
}

/// The length of the plate that begins here: `AB 12 345`, `AB12345`, `ABC 123`, `ABC 12A`, `ABC-12`.
fn plate(bytes: &[u8]) -> Option<usize> {
    let letters = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let joint = bytes.get(letters).copied().filter(|b| matches!(b, b' ' | b'-'));
    let begin = letters + usize::from(joint.is_some());
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let first = digits(begin);
    let length = match (letters, joint, first) {
        (2, None | Some(b' '), 5) => begin + 5,
        (2, None | Some(b' '), 2) if bytes.get(begin + 2) == Some(&b' ') && digits(begin + 3) == 3 => begin + 6,
        (3, None | Some(b' '), 3) => begin + 3,
        (3, None | Some(b' '), 2) if bytes.get(begin + 2).is_some_and(u8::is_ascii_uppercase) => begin + 3,
        // One digit alone is rather a version's: `GPL-2`.
        (2 | 3, Some(b'-'), 2..=3) => begin + first,
        _ => return None,
    };
    let after = bytes.get(length).copied().unwrap_or(b' ');
    let decimals = after == b'.' && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
    (!decimals && (after.is_ascii_whitespace() || b";,.|)\"':?!".contains(&after))).then_some(length)
}

/// It fills a cell: a time may stand before it.
fn is_cell(text: &str, at: Range<usize>) -> bool {
    let before = cells::line_before(text, at.start, LINE).trim_end_matches(' ');
    let timed = before.len() <= 8 && before.bytes().all(|b| b.is_ascii_digit() || b".:".contains(&b));
    (timed || cells::begins(text, at.start)) && cells::ends(text, at.end)
}

/// Three letters, two digits, a letter: nothing but plates is written so.
fn is_swedish(value: &str) -> bool {
    matches!(value.as_bytes(), [.., digit, last] if digit.is_ascii_digit() && last.is_ascii_uppercase())
}

/// From a word of vehicles a plate follows at once (`pakettiauton ZAR-782`), or behind a comma, a colon or a word for
/// registration.
fn leads(gap: &str) -> bool {
    let word = gap.trim_end();
    word.len() < gap.len() && word.chars().all(|c| c.is_alphabetic() || c == '-')
        || [", ", ": ", "rek. ", "reg. ", "registration "].iter().any(|end| gap.ends_with(end))
}

/// A word for keys, of which most are no car's.
fn is_key(text: &str, word: &Range<usize>) -> bool {
    text.get(word.clone()).is_some_and(|word| KEYS.contains(&word.to_lowercase().as_str()))
}

/// What the keys are for follows: `nøglerne til KN92308`.
fn leads_to_lock(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    [" til ", " till ", " for ", " to "].iter().any(|word| rest.starts_with(word))
}

/// A word that leads to a plate in a sentence stands before it.
fn behind(text: &str, at: usize) -> bool {
    let before = text.get(text.floor_char_boundary(at.saturating_sub(12))..at).unwrap_or_default().trim_end();
    BEFORE.contains(&before.rsplit(' ').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plates_of_people_in_lists_and_texts_about_cars() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let plates = |text: &str| {
            let found = detectors.spans_of(text, PLATE).into_iter().filter(|s| s.odds() > 0.0);
            found.map(|s| text[s.at].to_owned()).collect::<Vec<_>>()
        };
        let list = "Kari Holm – 3 – KH 75787\nOle Vik – 4 – DN85342\nAnna Moen – 2 – EK 54 802\n";
        assert_eq!(plates(list), ["KH 75787", "DN85342", "EK 54 802"]);
        let bookings =
            "18.05  BT13731  service  Kari Holm\n13:10  KH 21424  skift  Ole Vik\n16:30  EV71371  dekk  Anna Moen\n";
        assert_eq!(plates(bookings), ["BT13731", "KH 21424", "EV71371"]);
        let table = "tunnus;nimi\nSSU-963;Kari Eskola\nASX-33;Heikki Kallio\nTIS-94;Juhani Koski\n";
        assert_eq!(plates(table), ["SSU-963", "ASX-33", "TIS-94"]);
        let talk = "Anna Holm: en bil på vår plats\nEva Ek: nej, vår egen är BTM 911 och den är svart";
        assert_eq!(plates(talk), ["BTM 911"]);
        let lot = "De här bilarna står kvar på gästparkeringen: THM 18F, OBJ 761 och WYB 112. Ring Lina Ek.";
        assert_eq!(plates(lot), ["THM 18F", "OBJ 761", "WYB 112"]);
        assert_eq!(plates("Politiet standsede Ole Holm i en grå varevogn, KV 71 282."), ["KV 71 282"]);
        assert_eq!(plates("Rikke Holm får nøglerne til KN92308 i morgen."), ["KN92308"]);
        let cars = "Dagens biler\n16:30 – BT 33457 – Kia Ceed – service – Mona Aune\n20.30 – FN 42462 – Tesla Y – dekk – H. Z.\n";
        assert_eq!(plates(cars), ["BT 33457", "FN 42462"]);
        assert_eq!(
            plates("Disse bilene står fortsatt på gjesteplassen: EB 86641, AB30204 og SU69940."),
            ["EB 86641", "AB30204", "SU69940"]
        );
        let samples = "sample\tname\nLR18158\tKari Holm\nHM66895\tOle Vik\nFL73649\tAnna Moen\n";
        assert_eq!(plates(samples), Vec::<String>::new());
        // Codes of courses and goods.
        assert_eq!(plates("Kari Holm;MAT 101\nOle Vik;MAT 102\nAnna Moen;MAT 203\n"), Vec::<String>::new());
        assert_eq!(plates("Kari Holm har købt CR 2032 og MX 42035"), Vec::<String>::new());
    }

    #[test]
    fn the_forms_of_plates() {
        for (written, length) in
            [("AB 12 345", 9), ("AB12345", 7), ("ABC 123", 7), ("ABC12D", 6), ("AB-12", 5), ("ABC-123;", 7)]
        {
            assert_eq!(plate(written.as_bytes()), Some(length), "{written}");
        }
        for none in ["AB-1", "MPL-20.1", "AB 1234", "ABCD-12", "A-123", "ABC-1234", "AB 123456"] {
            assert_eq!(plate(none.as_bytes()), None, "{none}");
        }
    }
}
