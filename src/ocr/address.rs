//! The Nordic models hardly know `@` and `_`, the English one knows them well and our letters not at all. In: the same
//! picture as it was read with all languages, and in English. Out: the first, with the addresses of the second.

use std::sync::LazyLock;

use regex::{Captures, Match, Regex};
use strsim::normalized_levenshtein;

use crate::ocr::agree::agreed;

/// How alike the two readings of an address are at least.
const ALIKE: f64 = 0.65;
/// So many lines off may one reading be.
const NEAR: usize = 3;
/// An address falls apart into so many words at most.
const WORDS: usize = 6;
/// So many words of it stand before its `@`.
const BEFORE: usize = 3;

/// Something that could be the domain of an address, or its `@`, or that says that one follows.
static HINT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"[@©®]|[\w-]{2,}(?:[.,:_-] ?(?:dk|se|no|fi|is|eu|com|org|net|info)| (?:dk|com|net)",
        r"| [.,] (?:dk|se|no|fi|is|eu|com|net))\b|[\w-]\.[\w-]+ (?:se|no|fi|is)\b",
        r"|(?i:\b(?:e-?mail|mail|e-?post|sähköposti)\b)"
    ))
    .ok()
});

/// An address as it is read in English: with blanks, and commas for points.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<local>[\w+][\w|!+-]*(?:\.[\w|!+-]+)*) ?@[@©®]? ?(?:(?P<broken>[\w-]+ )??(?P<domain>[\w-]+(?:(?:[.,:_] ?|- )[\w-]+)*?(?: ?[.,:_-] ?| )",
        r"(?:dk|se|no|n0|fi|f1|fl|fI|is|eu|com|org|net|gl|fo|ax|de|io|info))",
        r"|(?P<name>[\w-]{3,})(?P<end>com|net|dk|se|no|fi|is|eu))\b"
    ))
    .ok()
});

/// Last parts of domains as they are misread, and as they are.
const LAST: [(&str, &str); 4] = [("f1", "fi"), ("fl", "fi"), ("fI", "fi"), ("n0", "no")];

/// The last word before an address, as far as it can belong to it.
static BEFORE_IT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|[\s<(:;])([\w|!+.-]+) $").ok());

/// What is between this and the `@` is an address as a whole.
static LABEL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)<$|\b(?:e-?mail|mail|e-?post|sähköposti|e) ?: ?$").ok());

/// Words that end a sentence before an address, or tell what it is.
const ENDS: [&str; 30] = [
    "os",
    "mig",
    "dig",
    "her",
    "jer",
    "oss",
    "meg",
    "deg",
    "dere",
    "mej",
    "er",
    "meille",
    "minulle",
    "tänne",
    "us",
    "me",
    "mail",
    "email",
    "e-mail",
    "epost",
    "e-post",
    "post",
    "sähköposti",
    "tlf",
    "mvh",
    "hilsen",
    "hälsningar",
    "f.eks",
    "t.ex",
    "bl.a",
];

/// It is worth reading once more.
pub fn hinted(read: &str) -> bool {
    HINT.as_ref().is_some_and(|hint| hint.is_match(read))
}

/// Puts the addresses of the second reading in the place where the first one has something like them, or behind the
/// line that they stand on.
pub fn merge(first: &str, second: &str) -> String {
    let mut lines: Vec<String> = first.lines().map(str::to_owned).collect();
    // Blank lines are where a reading pleases to have them.
    let written: Vec<usize> =
        (0..lines.len()).filter(|n| lines.get(*n).is_some_and(|l| !l.trim().is_empty())).collect();
    for (n, line) in second.lines().filter(|line| !line.trim().is_empty()).enumerate() {
        for found in ADDRESS.iter().flat_map(|address| address.captures_iter(line)) {
            let Some(address) = whole(&found, line) else { continue };
            let near = written.iter().skip(n.saturating_sub(NEAR)).take(2 * NEAR + 1).copied();
            let like = near.filter_map(|at| alike(lines.get(at)?, &address).map(|alike| (alike, at)));
            let best = like.max_by(|(a, _), (b, _)| a.0.total_cmp(&b.0));
            match best {
                Some(((_, from, to), at)) => {
                    if let Some(line) = lines.get_mut(at) {
                        let read = line.get(from..to).unwrap_or_default();
                        let address = longer(&agreed(&address, read), read);
                        line.replace_range(from..to, &address);
                    }
                }
                None => match written.get(n).or(written.last()).and_then(|at| lines.get_mut(*at)) {
                    Some(line) => *line = format!("{line}\t{address}"),
                    None => lines.push(address),
                },
            }
        }
    }
    lines.join("\n") + "\n"
}

/// A word before an address is its beginning, parted from it by a blank that is none: it ends in a stroke, or the rest
/// begins with one or is a number; or it ends in a point, which ends sentences as well.
fn belongs(word: &str, local: &str) -> bool {
    let large = |word: &str| word.starts_with(char::is_uppercase);
    let name = word.trim_end_matches('.').to_lowercase();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || ENDS.contains(&name.as_str()) {
        return false;
    }
    let number = local.len() <= 4 && local.bytes().all(|b| b.is_ascii_digit());
    if word.ends_with('.') {
        return name.contains('.') || large(word) == large(local) || number;
    }
    let digits = word.ends_with(|c: char| c.is_ascii_digit());
    word.ends_with(['_', '-']) || local.starts_with('_') || number && (digits || !large(word))
}

/// An address without what does not belong into it, and with what does of the line it stands on.
fn whole(found: &Captures<'_>, line: &str) -> Option<String> {
    let glued = |name: Match<'_>| Some(format!("{}.{}", name.as_str(), found.name("end")?.as_str()));
    let goes_on = line.get(found.get(0)?.end()..)?.starts_with(['.', '-']);
    let glued = found.name("name").filter(|_| !goes_on).and_then(glued);
    let domain = found.name("domain").map(|domain| domain.as_str()).or(glued.as_deref())?;
    // A point before the last part can look like a hyphen.
    let (domain, last) = domain.rsplit_once(['.', ',', ':', '_', ' ', '-'])?;
    let last = LAST.iter().find(|(wrong, _)| *wrong == last).map_or(last, |(_, right)| right);
    let domain = domain.replace([',', ':', '_', ' '], ".").replace("-.", "-") + "." + last;
    let mut parts = domain.split('.').filter(|part| !part.is_empty());
    let first = found.name("broken").map_or("", |part| part.as_str().trim_end()).to_owned() + parts.next()?;
    let mut local = found.name("local")?.as_str().to_owned();
    let mut before = line.get(..found.get(0)?.start())?;
    for _ in 1..BEFORE {
        let word = BEFORE_IT.as_ref()?.captures(before).and_then(|word| word.get(1));
        let told = |word: &Match<'_>| {
            LABEL.as_ref().is_some_and(|l| l.is_match(before.get(..word.start()).unwrap_or_default()))
        };
        let Some(word) = word.filter(|word| belongs(word.as_str(), &local) || told(word)) else { break };
        local.insert_str(0, word.as_str());
        before = before.get(..word.start())?;
    }
    Some(format!("{}@{}", letters(&local), parts.fold(first, |domain, part| domain + "." + part)))
}

/// Strokes as what they are: beside digits a one, among small letters an l. What looks like a year is one, and what was
/// read twice is there once.
pub fn letters(local: &str) -> String {
    let chars: Vec<char> = local.chars().collect();
    let near = |n: usize, is: fn(&char) -> bool| {
        n.checked_sub(1).and_then(|n| chars.get(n)).is_some_and(is) || chars.get(n + 1).is_some_and(is)
    };
    let stroke = |(n, c): (usize, &char)| {
        let before = n.checked_sub(1).and_then(|n| chars.get(n));
        match c {
            // Read twice.
            '|' if before == Some(&'l') => None,
            'S' if chars.get(n + 1) == Some(&'5') && near(n, char::is_ascii_lowercase) => None,
            '-' if before == Some(&'-') => None,
            '|' | '!' if near(n, char::is_ascii_digit) => Some('1'),
            'l' | 'I' if is_year(chars.get(n + 1..).unwrap_or_default()) => Some('1'),
            '|' | '!' => Some('l'),
            'I' if near(n, char::is_ascii_lowercase) && before.is_some() => Some('l'),
            // No name begins so.
            'l' if before.is_none_or(|c| *c == '.') && chars.get(n + 1).is_some_and(|c| "nrsdvktmbg".contains(*c)) => {
                Some('I')
            }
            c => Some(*c),
        }
    };
    chars.iter().enumerate().filter_map(stroke).collect()
}

/// The last three digits of a year, and nothing more.
fn is_year(rest: &[char]) -> bool {
    rest.first() == Some(&'9') && rest.len() == 3 && rest.iter().all(char::is_ascii_digit)
}

/// The words of a line that are most like an address: how much, and from where to where.
fn alike(line: &str, address: &str) -> Option<(f64, usize, usize)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in line.split(' ') {
        let from = at + word.len() - word.trim_start_matches(['(', '<', '[']).len();
        words.push((from, at + word.trim_end_matches(['.', ',', ';', ':', ')', '>', ']', '|']).len()));
        at += word.len() + 1;
    }
    let mut best: Option<(f64, usize, usize)> = None;
    for (n, (from, _)) in words.iter().enumerate() {
        for (_, to) in words.iter().skip(n).take(WORDS) {
            let read = line.get(*from..*to).unwrap_or_default().replace(' ', "");
            let like = normalized_levenshtein(&read.to_lowercase(), &address.to_lowercase());
            if like >= ALIKE && best.is_none_or(|(most, ..)| like > most) {
                best = Some((like, *from, *to));
            }
        }
    }
    best
}

/// The same address, with the beginning that only the other reading has.
fn longer(address: &str, read: &str) -> String {
    let told = || {
        let (local, domain) = address.split_once('@')?;
        let read = read.replace(' ', "");
        let before = read.get(..read.rfind(domain)?)?;
        let end = before.rfind(local)? + local.len();
        let longer = before.get(..end)?;
        let clean = longer.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'));
        (clean && longer.len() > local.len()).then(|| format!("{longer}@{domain}"))
    };
    told().unwrap_or_else(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_from_the_reading_that_knows_them() {
        let first = "Kære Åse\n\nSkriv til olav dahl&nordfirma.dk, hvis\nder er noget på mkjaerQgmail. dk.\nHilsen\n";
        let second = "Kzre Ase\nSkriv til olav_dah|@nordfirma.dk, hvis\n\nder er noget pa mkjaer@gmail dk.\nHilsen\n";
        let merged = "Kære Åse\n\nSkriv til olav_dahl@nordfirma.dk, hvis\nder er noget på mkjaer@gmail.dk.\nHilsen\n";
        assert_eq!(merge(first, second), merged);
        assert!(hinted("mail: aino.sfb.student . fi") && hinted("E-post: x"));
        assert!(hinted(first) && !hinted("Der er ikke noget her. Se side 2."));
    }

    #[test]
    fn what_only_one_reading_has_is_kept() {
        assert_eq!(
            merge("Til: timo-juhl19830firma.se", "Til: timo -juhl1983@firma.se"),
            "Til: timo-juhl1983@firma.se\n"
        );
        assert_eq!(merge("Kære Åse", "Kare Ase bo@firma.se"), "Kære Åse\tbo@firma.se\n");
        assert_eq!(merge("", "bo@firma.se"), "bo@firma.se\n");
        assert_eq!(merge("a@b.dk, Søren", "noget"), "a@b.dk, Søren\n");
    }

    #[test]
    fn strokes_and_blanks_are_put_right() {
        for (first, second, merged) in [
            ("til gitte.virtanenQhotmail.dk", "til gitte. virtanen@hotmail.dk", "til gitte.virtanen@hotmail.dk"),
            ("Skriv til os. anna@b.dk", "Skriv til os. anna@b.dk", "Skriv til os. anna@b.dk"),
            ("Hilsen Bo. anna@b.dk", "Hilsen Bo. anna@b.dk", "Hilsen Bo. anna@b.dk"),
            ("til Bo. Holm Gb.dk", "til Bo. Holm @b.dk", "til Bo.Holm@b.dk"),
            ("bo@mail.firma .net", "bo@mail.firma .net", "bo@mail.firma.net"),
            ("x pekkaomail.live.fi", "x pekka@mail.live.f1", "x pekka@mail.live.fi"),
            ("ole-holm1994@b.dk", "ole-holm!994@b.dk", "ole-holm1994@b.dk"),
            ("juh|@live.se", "juhI@live.se", "juhl@live.se"),
            ("lngrid.b@b.no", "lngrid.b@b.no", "Ingrid.b@b.no"),
            ("x aino_ salmi@b.fi", "x aino_ salmi@b.fi", "x aino_salmi@b.fi"),
            ("Mail: aino _salmi77Qb.fi", "Mail: aino _salmi77@b.fi", "Mail: aino_salmi77@b.fi"),
            ("a: aino.m. salmiGb. eu", "a: aino.m. salmi@b. eu", "a: aino.m.salmi@b.eu"),
            ("mail: aino salmi@b.fi", "mail: aino salmi@b.fi", "mail: ainosalmi@b.fi"),
            ("x aino@sal mi.fi og", "x aino@sal mi.fi og", "x aino@salmi.fi og"),
            ("|lino@b.fi", "|lino@b.fi", "lino@b.fi"),
            ("A B, lilja kovaGb.fi, x", "A B, 1lilja_kova@b.fi, x", "A B, lilja_kova@b.fi, x"),
            ("x ainoQsaunalahtieu", "x aino@saunalahtieu", "x aino@saunalahti.eu"),
            ("x aino@casino.x", "x aino@casino.x", "x aino@casino.x"),
            ("mail: aino.sfb.student . fi", "mail: aino.s@b. student .fi", "mail: aino.s@b.student.fi"),
            ("/ ainoGb.fi", "/ -aino@b.fi", "/ aino@b.fi"),
            ("x Isalo1 962@b.fi", "x Isalo1 962@b.fi", "x Isalo1962@b.fi"),
            ("E: ainosalmi 1977 @ b. eu", "E: ainosalmi 1977 @ b. eu", "E: ainosalmi1977@b.eu"),
            ("<ainosalmi1 986@b.fi>", "<ainosalmi1 986@b.fi>", "<ainosalmi1986@b.fi>"),
            ("Holm 1977@b.dk, mail 12@b.dk", "Holm 1977@b.dk, mail 12@b.dk", "Holm 1977@b.dk, mail 12@b.dk"),
            ("moel986@live.se", "moel986@live.se", "moe1986@live.se"),
        ] {
            assert_eq!(merge(first, second).trim_end(), merged);
        }
    }
}
