//! Where things are, in the terms of people: the folder or mailbox of an item, the place of a value in it.

use crate::item::INSIDE;
use crate::record::Position;

/// The folder or mailbox that holds an item. What is inside an item of a mailbox or archive belongs to the outer one.
pub fn folder(location: &str) -> &str {
    let Some((above, _)) = location.rsplit_once('/') else { return "." };
    match above.strip_suffix('!') {
        Some(holder) if holder.contains(INSIDE) => folder(holder),
        Some(holder) => holder,
        None if above.is_empty() => "/",
        None => above,
    }
}

/// A position in an item, in words; empty if there is nothing to say.
pub fn position(position: &Position) -> String {
    let parts = [
        position.sheet.as_ref().map(|sheet| format!("sheet {sheet}")),
        position.cell.as_ref().map(|cell| format!("cell {cell}")),
        position.page.map(|page| format!("page {page}")),
        position.slide.map(|slide| format!("slide {slide}")),
        position.part.as_deref().map(str::to_owned),
        position.line.map(|line| format!("line {line}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_belongs_to_its_folder_or_mailbox() {
        for (location, expected) in [
            ("share/hr/løn.docx", "share/hr"),
            ("anna.mbox!/17", "anna.mbox"),
            ("anna.mbox!/17!/cv.pdf", "anna.mbox"),
            ("mail/anna!/Indbakke/1700.M1P1.host", "mail/anna!/Indbakke"),
            ("mail/anna!/Indbakke/1700.M1P1.host!/cv.pdf", "mail/anna!/Indbakke"),
            ("share/old.zip!/2019/inner.zip!/a.txt", "share/old.zip!/2019"),
            ("share/2019/a.txt", "share/2019"),
            ("share/old.zip!/a.txt", "share/old.zip"),
            ("løn.docx", "."),
            ("/løn.docx", "/"),
        ] {
            assert_eq!(folder(location), expected, "{location}");
        }
    }
}
