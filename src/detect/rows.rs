//! What stands in the same place of neighbouring lines: `86108156` in a list of phones that are mostly written so that
//! nobody doubts them is one of them.
//!
//! In: the spans of a text, in its order. Out: the same, with the doubtful ones weighed anew. Columns that have a header
//! are `population`'s and `nearby`'s: this needs none.

use crate::detect::span::Span;
use crate::detect::{Detectors, confidence};

/// From these odds on a value needs no help.
const SURE: f32 = 1.5;
/// So many sure values to either side are looked at.
const NEIGHBOURS: usize = 8;
/// So many of them in its place make a value one of them.
const ENOUGH: usize = 2;
/// Lines are read so far back.
const LINE: usize = 512;

/// A cell: what parts it from the one before, and its number in the line.
#[derive(PartialEq)]
struct Cell(u8, usize);

impl Detectors {
    /// Doubtful numbers in a row of sure ones.
    pub(super) fn beside_rows(&self, text: &str, spans: &mut [Span]) {
        let number = |detector: u16| self.get(detector).is_some_and(|d| matches!(&*d.category, "contact" | "account"));
        let sure: Vec<(usize, u16)> = spans
            .iter()
            .filter(|span| span.odds() > SURE)
            .filter_map(|span| Some((span.at.start, span.readings.first()?.detector)))
            .filter(|(_, detector)| number(*detector))
            .collect();
        if sure.len() < ENOUGH {
            return;
        }
        // In the order of the text: each looks at those around it.
        let mut next = 0;
        for span in spans.iter_mut().filter(|span| span.odds() <= SURE) {
            while sure.get(next).is_some_and(|(at, _)| *at < span.at.start) {
                next += 1;
            }
            let around = sure.get(next.saturating_sub(NEIGHBOURS)..(next + NEIGHBOURS).min(sure.len()));
            let around = around.unwrap_or_default();
            let may = |detector: u16| span.readings.iter().any(|r| r.detector == detector && r.said >= 0.0);
            if around.iter().filter(|(_, detector)| may(*detector)).take(ENOUGH).count() < ENOUGH {
                continue;
            }
            let Some(cell) = cell(text, span.at.start) else { continue };
            let mut same = around.iter().filter(|(at, _)| self::cell(text, *at).as_ref() == Some(&cell));
            let Some((_, first)) = same.next() else { continue };
            if !may(*first) || same.clone().count() + 1 < ENOUGH || same.any(|(_, detector)| detector != first) {
                continue;
            }
            for reading in span.readings.iter_mut().filter(|r| r.detector == *first) {
                reading.odds += confidence::NEAR;
                reading.note = "others stand above or below it";
            }
            span.readings.sort_by(|a, b| (b.odds + b.base).total_cmp(&(a.odds + a.base)));
        }
    }
}

/// The cell that a value begins, if it begins one.
fn cell(text: &str, at: usize) -> Option<Cell> {
    let before = text.get(text.floor_char_boundary(at.saturating_sub(LINE))..at)?;
    let line = before.rsplit('\n').next()?;
    let bare = line.trim_end_matches(['"', '(', '+']);
    let Some(last) = bare.bytes().next_back() else { return Some(Cell(b'\n', 0)) };
    let count = |byte: u8| memchr::memchr_iter(byte, line.as_bytes()).count();
    match last {
        b';' | b'\t' | b'|' | b',' => Some(Cell(last, count(last))),
        b' ' if bare.ends_with("  ") => {
            Some(Cell(b' ', line.trim_end().split("  ").filter(|part| !part.is_empty()).count()))
        }
        b' ' => match bare.trim_end_matches(' ').bytes().next_back()? {
            bar @ (b'|' | b';') => Some(Cell(bar, count(bar))),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::Detectors;

    #[test]
    fn a_number_among_sure_ones_is_one() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let phones = |text: &str| {
            let spans = detectors.spans(text).0;
            spans.iter().filter(|s| s.odds() > 0.0).map(|s| text[s.at.clone()].to_owned()).collect::<Vec<_>>()
        };
        let list = "a;41 11 80 21;7\nb;+45 48 89 41 66;7\nc;86108156;71985092\n";
        assert_eq!(phones(list), ["41 11 80 21", "+45 48 89 41 66", "86108156"]);
        assert_eq!(phones("a;41 11 80 21;7\nb;86108156;7\n"), ["41 11 80 21"]);
    }
}
