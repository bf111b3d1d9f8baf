//! Two readings of one address, letter by letter. In: the address as it is read in English, which knows `@` and `_`; and
//! what stands in its place in the reading with all languages, which knows our names. Out: the address with the
//! letters of the one and the signs of the other.

use crate::ocr::address::letters;

/// Longer addresses are not compared letter by letter.
const LONGEST: usize = 100;
/// Two readings of one address differ in so many letters at most.
const EDITS: usize = 3;

/// A place in the first of two words, the letter there, and the one that the second word has for it.
type Pair = (usize, Option<char>, Option<char>);

/// The address with the letters and digits of the other reading, which knows our names better: `lindqvist`, not
/// `lindgvist`. Where they are too far from each other, or beside the `@`, they say nothing.
pub fn agreed(address: &str, read: &str) -> String {
    let sure: Vec<char> = address.chars().collect();
    let other: Vec<char> = read.chars().filter(|c| *c != ' ').collect();
    if sure.len().max(other.len()) > LONGEST {
        return address.to_owned();
    }
    let beside = |n: usize| sure.get(n.saturating_sub(1)..(n + 2).min(sure.len())).is_some_and(|c| c.contains(&'@'));
    let counts = |c: char| c.is_ascii_alphanumeric();
    let (mut put, mut edits) = (String::with_capacity(address.len()), 0);
    for (n, a, b) in aligned(&sure, &other) {
        match (a, b) {
            (Some(a), Some(b)) if a != b && counts(a) && counts(b) && !beside(n) => {
                edits += 1;
                put.push(b);
            }
            // A point at times looks like a letter, no letter like a point.
            (Some(a), Some('.')) if counts(a) && !beside(n) => put.push('.'),
            (Some(a), Some(_)) => put.push(a),
            // The edge of a table.
            (Some('1' | 'l' | 'I'), None) if n == 0 => edits += 1,
            (Some(a), None) if counts(a) && n > 0 && !beside(n) => edits += 1,
            (Some(a), None) => put.push(a),
            (None, Some(b)) if counts(b) && n > 0 && n < sure.len() && !beside(n) && !beside(n - 1) => {
                edits += 1;
                put.push(b);
            }
            (None, _) => {}
        }
    }
    match put.split_once('@') {
        Some((local, domain)) if edits <= EDITS => format!("{}@{domain}", letters(local)),
        _ => address.to_owned(),
    }
}

/// Which letters of two words are the same, or stand for each other, with the place in the first one.
fn aligned(a: &[char], b: &[char]) -> Vec<Pair> {
    // The least edits from each pair of places to the ends.
    let wide = b.len() + 1;
    let mut least = vec![0usize; (a.len() + 1) * wide];
    let at = |least: &[usize], i: usize, j: usize| least.get(i * wide + j).copied().unwrap_or(usize::MAX / 2);
    let differ = |i: usize, j: usize| usize::from(a.get(i) != b.get(j));
    for i in (0..=a.len()).rev() {
        for j in (0..=b.len()).rev() {
            let edits = match (a.len() - i, b.len() - j) {
                (0, rest) | (rest, 0) => rest,
                _ => (at(&least, i + 1, j + 1) + differ(i, j))
                    .min(at(&least, i + 1, j) + 1)
                    .min(at(&least, i, j + 1) + 1),
            };
            if let Some(cell) = least.get_mut(i * wide + j) {
                *cell = edits;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        let here = at(&least, i, j);
        let both = i < a.len() && j < b.len() && at(&least, i + 1, j + 1) + differ(i, j) == here;
        let first = both || (i < a.len() && at(&least, i + 1, j) + 1 == here);
        let second = both || !first;
        let of = |word: &[char], n: usize, taken: bool| word.get(n).copied().filter(|_| taken);
        pairs.push((i, of(a, i, first), of(b, j, second)));
        i += usize::from(first);
        j += usize::from(second);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_taken_from_the_reading_that_knows_names() {
        for (sure, read, agreed_on) in [
            ("ole-lindgvist!994@b.dk", "ole-lindqvist1994Qb.dk", "ole-lindqvist1994@b.dk"),
            ("joseflina.salo@b.fi", "josefiina.saloQb.fi", "josefiina.salo@b.fi"),
            ("mohamedec@b.dk", "mohamedcæb.dk", "mohamedc@b.dk"),
            ("jonas_sjolin@b.se", "jonassjolin&b.se", "jonas_sjolin@b.se"),
            ("erik.juhl@region.dk", "erik.juhlæØregion.dk", "erik.juhl@region.dk"),
            ("niels@tandiaegen.no", "niels(Qtandlaegen.no", "niels@tandlaegen.no"),
            ("annaxdahl@b.dk", "anna.dahlæb.dk", "anna.dahl@b.dk"),
            ("anna.dahl@b.dk", "xnnx.xxhlQb.dk", "anna.dahl@b.dk"),
        ] {
            assert_eq!(agreed(sure, read), agreed_on);
        }
    }
}
