//! Bytes → text, mail facts, children: one file for each format, and the table that lists them.
//!
//! In: the [`Content`] of one item. Out: [`Part`]s, pushed through [`Out`] as they are met: **texts before children**,
//! because an item's findings come before what is inside it. Nothing here knows what is looked for.
//!
//! A new format is a file that exports `FORMATS`, its `mod` line and its row in [`FORMATS`], side by side below.

pub(crate) mod charset;
mod content;
mod marked;

mod access;
#[cfg(test)]
mod apart;
mod art;
mod blocks;
mod bytes;
mod cab;
mod cfb;
mod changes;
mod compressed;
mod contact;
mod csv;
mod dbase;
mod doc;
mod eml;
mod emlx;
mod epub;
#[cfg(debug_assertions)]
mod fault;
#[cfg(debug_assertions)]
pub use fault::start_late;
mod film;
mod flow;
mod headers;
mod html;
mod image;
mod json;
mod keyed;
mod known;
mod ldif;
mod lzfu;
mod macros;
pub mod mailbox; // roles, names and dates, for sources too
mod mapi;
mod markup;
mod mbox;
mod memo;
mod metafile;
mod mhtml;
pub(crate) mod mime;
mod msg;
mod odf;
mod ooxml;
mod package;
mod parquet;
mod pdf;
mod picture;
mod ppt;
pub(crate) mod pst;
mod quoted;
mod rar;
mod rtf;
mod sav;
mod sevenz;
mod sheet;
mod smime;
mod sql;
mod sqlite;
mod summary;
mod sweep;
mod tags;
mod tar;
#[cfg(test)]
mod testing;
mod text;
mod tnef;
mod uuencode;
mod xml;
mod zip;
mod zstd;

pub use content::{Content, HEAD, ReadSeek};
pub use marked::{CONTEXT, Marked, Place, Text};

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::budget::Budget;
use crate::item::{Fault, Kind, Mail, Reason};
use crate::job::Range;
use crate::ocr::{self, Grey, Lines};
use crate::record::Position;

/// Every format, in the order in which they are asked. Among equals the first wins, so the particular stands before
/// the general; text is last.
pub static FORMATS: &[&[Format]] = &[
    #[cfg(debug_assertions)]
    fault::FORMATS,
    zip::FORMATS,
    ooxml::FORMATS,
    sheet::FORMATS,
    odf::FORMATS,
    epub::FORMATS,
    cfb::FORMATS,
    image::FORMATS,
    metafile::FORMATS,
    doc::FORMATS,
    known::FORMATS,
    pdf::FORMATS,
    pst::FORMATS,
    sql::FORMATS,
    sqlite::FORMATS,
    access::FORMATS,
    dbase::FORMATS,
    memo::FORMATS,
    sav::FORMATS,
    parquet::FORMATS,
    msg::FORMATS,
    tnef::FORMATS,
    rtf::FORMATS,
    compressed::FORMATS,
    sevenz::FORMATS,
    rar::FORMATS,
    cab::FORMATS,
    tar::FORMATS,
    mbox::FORMATS,
    emlx::FORMATS,
    smime::FORMATS,
    mhtml::FORMATS,
    eml::FORMATS,
    contact::FORMATS,
    ldif::FORMATS,
    html::FORMATS,
    xml::FORMATS,
    json::FORMATS,
    csv::FORMATS,
    keyed::FORMATS,
    text::FORMATS,
];

/// A format: a value in the table.
pub struct Format {
    /// The contract's word.
    pub name: &'static str,
    /// What such an item is to a person, where it does not come with a mail.
    pub kind: Kind,
    /// Is this it?
    pub sniff: fn(&Head<'_>) -> Match,
    /// Takes it apart. `Err` ends the item; what was pushed before stands.
    pub read: fn(Content<'_>, &mut Out<'_>) -> Result<(), Fault>,
}

/// The containers that several workers can share, by the names of their formats: how they are cut into ranges of
/// children that follow each other and are together all there are, each of about so many bytes. No range: this one
/// cannot be cut.
pub static CUT: &[(&str, Cut)] = &[("mbox", mbox::split), ("pst", pst::split), ("zip", zip::split)];

/// Cuts a file into ranges of about so many bytes.
pub type Cut = fn(File, u64) -> Ranges;
/// Ranges that are made while the first ones are read already.
pub type Ranges = Box<dyn Iterator<Item = Range> + Send>;

/// How sure a format is that the bytes are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It isn't.
    No,
    /// The name says so, and nothing in the bytes speaks against it.
    ByName,
    /// The bytes say so.
    ByContent,
}

/// What a format is told by: the name and the first bytes.
pub struct Head<'a> {
    /// The last part of the item's name.
    pub name: &'a str,
    /// The first [`HEAD`] bytes, or all there are.
    pub bytes: &'a [u8],
    /// A mailbox has it among its messages.
    pub message: bool,
    /// Asked for by many formats, decoded once.
    text: OnceCell<Option<Cow<'a, str>>>,
}

impl<'a> Head<'a> {
    /// The beginning of an item of this name.
    pub fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, bytes, message: false, text: OnceCell::new() }
    }

    /// The text that the bytes are. `None`: they are none.
    pub fn text(&self) -> Option<&str> {
        let decode = || text::is_text(self.bytes).then(|| charset::decode(self.bytes, None));
        self.text.get_or_init(decode).as_deref()
    }

    /// The name's ending is one of these (lower case, without the dot).
    pub fn named(&self, endings: &[&str]) -> bool {
        self.name.rsplit_once('.').is_some_and(|(_, ending)| endings.iter().any(|e| ending.eq_ignore_ascii_case(e)))
    }

    /// The bytes begin with these.
    pub fn starts(&self, with: &[u8]) -> bool {
        self.bytes.starts_with(with)
    }

    /// These bytes stand somewhere in the head.
    pub fn holds(&self, needle: &[u8]) -> bool {
        memchr::memmem::find(self.bytes, needle).is_some()
    }
}

/// What an extractor hands over.
pub enum Part<'a> {
    /// The facts of a mail; before its texts.
    Mail(Mail),
    /// When the document says it was modified last.
    Modified(jiff::Timestamp),
    /// What the item turned out to be: told by a container's table of contents, where the head cannot tell.
    Format(&'static Format),
    /// A piece of text that will come: looking at it may begin.
    Soon(Arc<str>),
    /// A piece of text.
    Text(Text<'a>),
    /// A piece of text that was read in a picture; its misreadings were put right.
    Seen(Text<'a>, &'a Lines),
    /// A picture that may hold text, which was not read.
    Unseen(Fault),
    /// An item inside this one.
    Child(Child<'a>),
    /// So many items inside this one, which nobody asked for.
    Passed(u32),
    /// A part that could not be read; the rest goes on.
    Damage(Fault),
}

/// An item inside another.
pub struct Child<'a> {
    /// Its name, or its number from 1 in a mailbox.
    pub name: String,
    /// What it is to a person.
    pub kind: Kind,
    /// Its bytes; a fault if they cannot even be reached (an encrypted member).
    pub content: Result<Content<'a>, Fault>,
    /// When the container says it was modified last.
    pub modified: Option<jiff::Timestamp>,
    /// What the container knows of a mail: its folder, and when it was received if the mail does not say.
    pub mail: Option<Mail>,
    /// Whose mailbox it is in, where the container says so.
    pub owner: Option<String>,
}

impl<'a> Child<'a> {
    /// A child of which nothing more is known.
    pub fn new(name: impl Into<String>, kind: Kind, content: Content<'a>) -> Self {
        Self { name: name.into(), kind, content: Ok(content), modified: None, mail: None, owner: None }
    }
}

/// Draws pictures, and hands over each.
pub type Draw<'d> = &'d mut dyn FnMut(&mut dyn FnMut(Grey) -> Result<(), Fault>) -> Result<(), Fault>;

/// Where an extractor puts what it finds. `Err` from any of its functions means stop: return it.
pub struct Out<'o> {
    budget: &'o Budget,
    known: Option<&'o Mail>,
    name: &'o str,
    push: &'o mut dyn FnMut(Part<'_>) -> Result<(), Fault>,
}

impl<'o> Out<'o> {
    /// Parts go to `push`. `name` is the item's own (the last part of its location), `known` what its container says
    /// of it as a mail.
    pub fn new(
        budget: &'o Budget,
        name: &'o str,
        known: Option<&'o Mail>,
        push: &'o mut dyn FnMut(Part<'_>) -> Result<(), Fault>,
    ) -> Self {
        Self { budget, known, name, push }
    }

    /// The item's own name.
    pub fn name(&self) -> &'o str {
        self.name
    }

    /// What the source or the container says of this item as a mail, before it is read.
    pub fn known(&self) -> Option<&'o Mail> {
        self.known
    }

    /// The limits in force.
    pub fn budget(&self) -> &'o Budget {
        self.budget
    }

    /// Hands over the facts of a mail.
    pub fn mail(&mut self, mail: Mail) -> Result<(), Fault> {
        (self.push)(Part::Mail(mail))
    }

    /// The document's own date of modification.
    pub fn modified(&mut self, at: jiff::Timestamp) -> Result<(), Fault> {
        (self.push)(Part::Modified(at))
    }

    /// The item turned out to be of the format of this name, a row of [`FORMATS`].
    pub fn is(&mut self, name: &str) -> Result<(), Fault> {
        match FORMATS.iter().copied().flatten().find(|format| format.name == name) {
            Some(format) => (self.push)(Part::Format(format)),
            None => Ok(()),
        }
    }

    /// How many pieces of a large text are worth announcing before the first of them is handed over.
    pub fn ahead(&self) -> usize {
        match self.budget.limits().threads {
            ..2 => 0,
            threads => threads + 1,
        }
    }

    /// This piece will be handed over, after those announced before: other threads may look at it meanwhile.
    pub fn soon(&mut self, piece: &Arc<str>) -> Result<(), Fault> {
        (self.push)(Part::Soon(Arc::clone(piece)))
    }

    /// Hands over text.
    pub fn text(&mut self, text: Text<'_>) -> Result<(), Fault> {
        let told = self.budget.tell(text.own.len() as u64);
        (self.push)(Part::Text(text))?;
        told
    }

    /// Hands over the text in pictures that `draw` draws, if somebody is there who reads them. A place without a page is
    /// counted on by lines.
    pub fn pictures(&mut self, position: &Position, draw: Draw<'_>) -> Result<(), Fault> {
        let Some(ocr) = self.budget.ocr() else {
            return (self.push)(Part::Unseen(Fault::new(
                Reason::Unsupported,
                "text in pictures is read with --ocr only",
            )));
        };
        let drawn = draw(&mut |picture| match ocr.read(picture) {
            Ok(read) => {
                let lines = ocr::correct(&read);
                let place = |at: usize| {
                    let line = marked::advance(lines.text.get(..at).unwrap_or_default()).0 + 1;
                    let line = position.page.is_none().then_some(line);
                    Place { position: Position { line, ..position.clone() }, label: None }
                };
                let text = Text {
                    str: &lines.text,
                    own: 0..lines.text.len(),
                    place: &place,
                    cells: &|_, _, _| {},
                    rows: false,
                };
                (self.push)(Part::Seen(text, &lines))
            }
            Err(fault) => (self.push)(Part::Unseen(fault)),
        });
        match drawn {
            Err(fault) if self.budget.hit().is_none() => (self.push)(Part::Unseen(fault)),
            ended => ended,
        }
    }

    /// Hands over an item inside this one. All of this item's own text must have gone before.
    pub fn child(&mut self, child: Child<'_>) -> Result<(), Fault> {
        (self.push)(Part::Child(child))
    }

    /// So many children, from the first on, were passed over unread.
    pub fn passed(&mut self, children: u32) -> Result<(), Fault> {
        (self.push)(Part::Passed(children))
    }

    /// A part could not be read: the item is `partial`, and the rest goes on.
    pub fn damage(&mut self, fault: Fault) -> Result<(), Fault> {
        (self.push)(Part::Damage(fault))
    }

    /// Pays for bytes that the format unpacked by itself.
    pub fn charge(&self, bytes: u64) -> Result<(), Fault> {
        self.budget.charge(bytes)
    }
}

/// The format of these bytes. `None`: no reader knows it.
pub fn sniff(head: &Head<'_>) -> Option<&'static Format> {
    let mut best: Option<(Match, &'static Format)> = None;
    for format in FORMATS.iter().copied().flatten() {
        let sure = (format.sniff)(head);
        if sure > best.map_or(Match::No, |(sure, _)| sure) {
            best = Some((sure, format));
        }
        if sure == Match::ByContent {
            break;
        }
    }
    best.map(|(_, format)| format)
}

/// Tells the format and takes the content apart; a panic in a reader becomes a fault.
/// Returns the format's name (`unknown` if there is none) and how it ended.
pub fn extract(
    content: Content<'_>,
    name: &str,
    known: Option<&Mail>,
    budget: &Budget,
    told: &mut dyn FnMut(&'static Format),
    push: &mut dyn FnMut(Part<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut content = match content.maker() {
            Ok((name, make)) => {
                FORMATS.iter().copied().flatten().find(|format| format.name == name).into_iter().for_each(told);
                return make(&mut Out::new(budget, name, known, push));
            }
            Err(content) => content,
        };
        let head = content.head()?;
        // Mailboxes say when they received a message; what is attached to one has no such time.
        let message = known.is_some_and(|mail| mail.received.is_some());
        let Some(format) = sniff(&Head { message, ..Head::new(name, head) }) else {
            return Err(Fault::new(Reason::Unsupported, "no reader knows this format"));
        };
        told(format);
        (format.read)(content.under(budget), &mut Out::new(budget, name, known, push))?;
        budget.take_cut().map_or(Ok(()), |fault| push(Part::Damage(fault)))
    }))
    .unwrap_or_else(|_| Err(Fault::new(Reason::Crashed, "its reader crashed")));
    // A limit that was hit outranks what a library made of the error that told it.
    ended.map_err(|fault| budget.hit().unwrap_or(fault))
}
