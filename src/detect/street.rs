//! Street addresses: a street's name, a house number, and perhaps flat, postcode and town.
//!
//! In: a text and the places of numbers that a word stands before. Out: addresses with log-odds. No list of streets:
//! what streets are called ends in a few dozen syllables (`patterns/streets.toml`).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::detect::endings::Endings;
use crate::detect::person::folded;
use crate::detect::postal;

/// The words of addresses: the lists of the file, which says what each is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Streets {
    endings: Endings,
    common: Endings,
    kinds: Endings,
    capitals: Endings,
    definite: Endings,
    first: Endings,
    boxes: Endings,
    roads: Endings,
    no_houses: Endings,
    cargo: Endings,
    units: Endings,
}

/// House number, flat, postcode and town, from the number on. Digits and letters of Latin only: those of all the world
/// take a hundred times as long to compile.
static REST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^
        (?P<house> [1-9][0-9]{0,3} (?: \s?-\s?[0-9]{1,3} )? (?: \s?[A-Za-zÆØÅÄÖ]\b (?: \s[0-9]{1,3}\b )? )? )
        (?P<flat>
          (?: ,?\s* (?: (?: [0-9]{1,2}\.?\s?(?:sal|etg|vån|tr|krs) | [0-9]{1,2}\.?\s?(?:th|tv|mf)\b | [0-9]{1,2}\.\s[0-9]{1,2}\b | [0-9]{1,2}\. | (?:st|kl|kld)\b\.? )
                \.? (?: [,\s]\s?(?:th|tv|mf|dør\s[0-9]+|[0-9]{1,2})\b\.? )?
             | lgh\.?\s[0-9]{4} | [HKUL][0-9]{4} | leil(?:ighet|\.)?\s[0-9]+ | (?:as|bst|asunto)\.?\s[0-9]+ | [A-Z]\s?[0-9]{1,3}\b | nb\b ) )? )
        (?: (?: \s*,\s* (?: [0-9]{1,2}\.?,\s* )? | \s*\n\s* | [;\t|]\s* | \s{1,3} )
            (?P<post> (?: [A-Z]{1,3}- )? (?: [0-9]{4} | [0-9]{5} | [0-9]{3}\s[0-9]{2} | [1-9][0-9]{2} ) )
            [\ \u{A0}]{1,2}
            (?P<town> (?: (?: [A-ZØ] | Nr | Ndr | Nør | Sdr | Vr | Gl | St | Sct | Skt | Kbh | Hj | Gr | Kgs | Kr )\.\ ? )?
              [A-ZÀ-ÖØ-ÞĀ-ž][A-Za-zÀ-ÖØ-öø-ž]+ (?: [\ \u{A0}-](?: [A-ZÀ-ÖØ-ÞĀ-ž][A-Za-zÀ-ÖØ-öø-ž]+\b | i\b | på\b ) ){0,2} (?: [\ \u{A0}][A-ZÀ-ÖØ-ÞĀ-ž]{1,2}\b )? ) )?"#,
    )
    .ok()
});

/// An address.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    /// Its bytes.
    pub at: Range<usize>,
    /// Log-odds that it is one.
    pub odds: f32,
    /// Why.
    pub note: &'static str,
}

/// How far back a street's name may begin, in bytes.
const STREET: usize = 64;
/// Abbreviations in names of streets have no more bytes, but for those that are the whole word: `Storgt.`
const ABBREVIATED: usize = 6;
/// How far an address may reach behind its house number.
const REACH: usize = 120;

impl Streets {
    /// The addresses whose house numbers begin at these places.
    pub fn addresses(&self, text: &str, numbers: &[usize]) -> Vec<Address> {
        let mut found: Vec<Address> = Vec::new();
        for number in numbers {
            if found.last().is_some_and(|address| address.at.end > *number) {
                continue;
            }
            found.extend(self.address(text, *number));
        }
        found
    }

    fn address(&self, text: &str, number: usize) -> Option<Address> {
        let from = text.floor_char_boundary(number.saturating_sub(STREET));
        let before = text.get(from..number)?;
        // Most words before numbers have no capital: few of them make a street.
        let nearest = last_word(before);
        let lower = nearest.starts_with(|c: char| c.is_ascii_lowercase());
        if lower && !self.is_kind(nearest) && !self.is_street(nearest) && !self.boxes.holds(nearest) {
            return None;
        }
        let line = before.get(line_begins(before)..)?;
        let to = text.floor_char_boundary((number + REACH).min(text.len()));
        if let Some(begin) = postal::post_box(line, &self.boxes) {
            let end = number + postal::behind(text.get(number..to)?)?;
            let at = number - line.len() + begin..end;
            let known = postal::authority(text.get(at.clone())?);
            return (!known).then_some(Address { at, odds: 2.6, note: "box, postcode and town" });
        }
        let (begin, certain) = self.street(line)?;
        if certain == Certain::Unknown && !has_postcode(text.as_bytes().get(number..to)?) {
            return None;
        }
        let rest = REST.as_ref()?.captures(text.get(number..to)?)?;
        let house = rest.name("house")?;
        let end = rest.name("town").or_else(|| rest.name("flat")).map_or(house.end(), |m| m.end()).max(house.end());
        // `Granlia 17.01.2023`, `Seuranta 14.30`
        let (dot, digit) = (text.as_bytes().get(number + house.end()), text.as_bytes().get(number + house.end() + 1));
        if matches!(dot, Some(b'.' | b':')) && digit.is_some_and(u8::is_ascii_digit) {
            return None;
        }
        // `Roskilde Landevej 505`
        if rest.name("town").is_none() && word_before(line).is_some_and(|word| self.roads.holds(&folded(word))) {
            return None;
        }
        // `Skolegade 2024` and `Kursprogram 2024⏎6903 Islam` are years, `Tampereentie 2575⏎66470 Jukaja` in the country.
        let long = house.as_str().bytes().take_while(u8::is_ascii_digit).count() > 3;
        if long && (rest.name("town").is_none() || certain == Certain::Unknown) {
            return None;
        }
        // The house number must end where it is said to.
        if text.get(number + house.end()..)?.starts_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        if postal::authority(text.get(number - line.len() + begin..number + house.end())?) {
            return None;
        }
        // `Brf Tallbacken 15 augusti`: a day.
        let behind = text.get(number + house.end()..)?.trim_start_matches(['.', ' ']);
        let word = behind.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
        if rest.name("town").is_none() && word.len() > 2 && (self.no_houses.holds(&word) || is_finnish_month(&word)) {
            return None;
        }
        // `Palle 12, 4000 Stk`
        let unit = rest.name("town").and_then(|m| m.as_str().rsplit([' ', '\u{A0}']).next());
        let goods = unit.is_some_and(|unit| self.units.holds(&folded(unit))) || self.cargo.holds(&folded(nearest));
        if certain == Certain::Unknown && goods {
            return None;
        }
        // `42 183 SEK`: a currency is no town.
        let town = rest.name("town").filter(|town| town.len() > 3 || town.as_str().contains(char::is_lowercase));
        let (odds, note) = match (certain, town.is_some()) {
            (Certain::Street, true) => (4.0, "street, number, postcode and town"),
            (Certain::Street, false) => (2.6, "street and number"),
            (Certain::Maybe, true) => (3.5, "number, postcode and town"),
            (Certain::Maybe, false) => (0.3, "perhaps a street and a number"),
            (Certain::Unknown, true) => (1.4, "number, postcode and town"),
            (Certain::Unknown, false) => return None,
        };
        Some(Address { at: number - line.len() + begin..number + end, odds, note })
    }

    /// A word that names the kind of street by itself.
    fn is_kind(&self, word: &str) -> bool {
        let word = folded(word.trim_end_matches('.'));
        self.kinds.holds(&word) || self.definite.holds(&word)
    }

    /// A word that ends as streets do: behind another, as in `Vestre torggate`, it needs no capital.
    fn is_street(&self, word: &str) -> bool {
        self.endings.of(word).any(|ending| word.len() > ending.len() + 1)
    }

    /// Where a street's name begins in the line that ends before its house number.
    fn street(&self, line: &str) -> Option<(usize, Certain)> {
        let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
        let nearest = word_before(line)?;
        if !capital(nearest) && !self.is_kind(nearest) && !self.is_street(nearest) {
            return None;
        }
        let words: Vec<(usize, &str)> = {
            let mut at = 0;
            line.split([' ', '\u{A0}'])
                .map(|word| {
                    let begin = at;
                    at += word.len() + 1;
                    (begin, word)
                })
                .filter(|(_, word)| !word.is_empty())
                .collect()
        };
        let (last, before) = words.split_last()?;
        let lower = last.1.to_lowercase();
        let lower = lower.trim_end_matches('.');
        // A sentence ends in a full stop, unless it is an abbreviation's: `Elbillading. Plass 7`.
        let plain = |word: &str| {
            word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\'' | '’'))
                && (word.len() <= ABBREVIATED || !word.ends_with('.'))
        };
        // `P-plads 2`
        let lettered = last.1.chars().nth(1) == Some('-');
        let word = last.1.strip_suffix('.').unwrap_or(last.1);
        if lettered
            || self.no_houses.holds(lower)
            || !plain(word)
            || last.1.chars().count() < 3 && !self.kinds.holds(lower)
        {
            return None;
        }
        // `Storgt. 5`: such an abbreviation has its full stop.
        let short = |ending: &str| matches!(ending, "gt" | "vn") && !last.1.ends_with('.');
        let ending = self.endings.of(lower).filter(|e| !short(e) && lower.len() > e.len() + 1).max_by_key(|e| e.len());
        let known = || before.last().is_some_and(|(_, word)| self.first.holds(&folded(word)));
        let definite = self.definite.holds(lower) && known();
        let kind = definite
            || (self.kinds.holds(lower) || self.roads.holds(lower)) && (capital(last.1) || !self.capitals.holds(lower));
        let mut begin = last.0;
        let mut certain = match ending {
            // `Vestre torggate`
            Some(_) if !capital(last.1) && known() => Certain::Street,
            Some(ending) if capital(last.1) => {
                if self.common.holds(ending) {
                    Certain::Maybe
                } else {
                    Certain::Street
                }
            }
            None if capital(last.1) && !kind => Certain::Unknown,
            _ if kind => Certain::Maybe,
            _ => return None,
        };
        for (at, word) in before.iter().rev().take(3) {
            let first = self.first.holds(&folded(word));
            let own = capital(word) && plain(word) && (kind || begin != last.0);
            if !capital(word) || !(first || own) {
                break;
            }
            begin = *at;
            if kind {
                certain = Certain::Street;
            }
            if own && !kind && !first {
                break;
            }
        }
        if kind && ending.is_none() && begin == last.0 { None } else { Some((begin, certain)) }
    }
}

/// A number may begin here that belongs to a street: letters and a space stand before it.
pub fn may_begin(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|i| bytes.get(i)).copied().unwrap_or_default();
    matches!(before(1), b' ' | 0xA0) && (before(2).is_ascii_alphabetic() || before(2) >= 0x80 || before(2) == b'.')
}

/// `elokuuta`, `toukokuun`
fn is_finnish_month(word: &str) -> bool {
    ["kuuta", "kuun", "kuussa"].iter().any(|case| word.ends_with(case)) && word.len() > 7
}

/// Where the part of a line begins that a street's name may stand in.
fn line_begins(before: &str) -> usize {
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'\n' | b'\t' | b';' | b'|' | b',' | b':' | b'"' | b'(' | b'[' | b'>' | b'=' => Some(at + 1),
        // Two spaces part cells.
        b' ' if at > 0 && before.as_bytes().get(at - 1) == Some(&b' ') => {
            before.get(at + 1..).is_some_and(|rest| !rest.trim_start_matches(' ').is_empty()).then_some(at + 1)
        }
        // `'anna@example.se','Odengatan 81 A, 852 30 Sundsvall'`
        b'\'' => matches!(before.as_bytes().get(at.wrapping_sub(1)), None | Some(b',' | b'(' | b' ' | b'='))
            .then_some(at + 1),
        0x9C | 0x9D => before.get(..=at)?.ends_with(['“', '”']).then_some(at + 1),
        0xAB | 0xBB => before.get(..=at)?.ends_with(['«', '»']).then_some(at + 1),
        _ => None,
    };
    before.as_bytes().iter().enumerate().rev().find_map(ends).unwrap_or(0)
}

/// What stands right before a number, parted by spaces.
fn word_before(line: &str) -> Option<&str> {
    line.rsplit([' ', '\u{A0}']).find(|word| !word.is_empty())
}

/// The last word before a number, as far as its letters are ASCII; empty where something else than a space parts them.
fn last_word(before: &str) -> &str {
    let bare = before.trim_end_matches(' ');
    let letters = bare.bytes().rev().take_while(|b| b.is_ascii_alphabetic() || *b == b'.').count();
    let word = bare.get(bare.len() - letters..).unwrap_or_default();
    let parted = matches!(bare.as_bytes().get(..bare.len() - letters), Some([.., b' ' | b'\n']));
    if parted { word } else { "" }
}

/// Whether behind a house number there are digits enough for a postcode.
fn has_postcode(rest: &[u8]) -> bool {
    let house = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    rest.get(house..).unwrap_or_default().windows(3).any(|three| three.iter().all(u8::is_ascii_digit))
}

/// How much a name sounds like a street's.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Certain {
    Street,
    Maybe,
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, bool)> {
        let numbers: Vec<usize> = text
            .char_indices()
            .filter(|(i, c)| c.is_ascii_digit() && *i > 0 && !text[..*i].ends_with(|c: char| c.is_alphanumeric()))
            .map(|(i, _)| i)
            .collect();
        let streets: Streets = crate::patterns::lists("streets.toml", None).unwrap();
        streets.addresses(text, &numbers).into_iter().map(|a| (&text[a.at], a.odds > 0.0)).collect()
    }

    #[test]
    fn addresses_of_five_countries() {
        for (text, address) in [
            ("Hun bor Strandvejen 88, 2. tv, 2100 København Ø.", "Strandvejen 88, 2. tv, 2100 København Ø"),
            (
                "Adresse: H.C. Andersens Boulevard 12 B\n1553 København V",
                "H.C. Andersens Boulevard 12 B\n1553 København V",
            ),
            ("på Gl. Kongevej 1A, st. th., DK-1610 København", "Gl. Kongevej 1A, st. th., DK-1610 København"),
            ("Norra Kyrkogatan 14 lgh 1102, 222 22 Lund", "Norra Kyrkogatan 14 lgh 1102, 222 22 Lund"),
            ("Karl Johans gate 3 H0203, 0154 Oslo", "Karl Johans gate 3 H0203, 0154 Oslo"),
            ("Mannerheimintie 5 A 12, 00100 Helsinki", "Mannerheimintie 5 A 12, 00100 Helsinki"),
            ("Laugavegur 7, 101 Reykjavík", "Laugavegur 7, 101 Reykjavík"),
            ("Hyldehegnet 9, 8600 Silkeborg", "Hyldehegnet 9, 8600 Silkeborg"),
            ("Nørregade 5", "Nørregade 5"),
            ("Anna Holm, Amager Landevej 41, 2770 Kastrup", "Amager Landevej 41, 2770 Kastrup"),
            ("Vanha Maantie 6, 02650 Espoo", "Vanha Maantie 6, 02650 Espoo"),
            ("Lyngbyvej 12, 2800 Kgs. Lyngby", "Lyngbyvej 12, 2800 Kgs. Lyngby"),
            ("Haugen 12, 6783 Stryn", "Haugen 12, 6783 Stryn"),
            ("Norra vägen 43 B, 702 10 Örebro", "Norra vägen 43 B, 702 10 Örebro"),
            ("Postboks 1253 Sentrum, 0105 Oslo", "Postboks 1253 Sentrum, 0105 Oslo"),
            ("Skriv til P.O. Box 42, 2100 København Ø", "P.O. Box 42, 2100 København Ø"),
            ("PL 12\n00101 Helsinki", "PL 12\n00101 Helsinki"),
            ("Box 5, 111 22 Stockholm", "Box 5, 111 22 Stockholm"),
            ("[Grønnegade 10, 1, 1107 København K]", "Grønnegade 10, 1, 1107 København K"),
        ] {
            assert_eq!(found(text), [(address, true)], "{text}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "kapitel 12, 2. afsnit",
            "Rute 42 kører",
            "side 4, 2. linje",
            "uge 12",
            "Skolegade 2024",
            "Kursprogram 2024\n6903 Islam, jødedom og kristendom",
            "Windows 10",
            "postboks 12",
            "Datatilsynet, Postboks 458 Sentrum, 0105 Oslo",
            "Carl Jacobsens Vej 35, 2500 Valby",
            "Brf Tallbacken 15 augusti 2024",
            "I 2019 2020",
            "Palle 12, 4000 Stk",
            "Kolli 3, 2500 Kg",
            "Kasse 12, 5000 Poser",
            "Figur 3, 2019 Sverige",
            "Uge 12, 2026 Aarhus",
            "Roskilde Landevej 505",
            "Valtatie 4 suljettu",
            "Asfaltering af Søndergade 4 uger",
        ] {
            assert!(found(text).iter().all(|f| !f.1), "{text}: {:?}", found(text));
        }
    }
}
