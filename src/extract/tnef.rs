//! `winmail.dat`: what Outlook knows of a message beyond its mail, as an attachment of the mail (MS-OXTNEF).
//!
//! In: the whole stream, read leniently: checksums are not looked at, what is cut short ends it. Out: what
//! `mapi::message` makes of its properties, with the older attributes where there are no properties.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::extract::mapi::message::{Attachment, Message};
use crate::extract::mapi::names::{Name, Names};
use crate::extract::mapi::{Properties, id, kind, utf16};
use crate::extract::msg::missing;
use crate::extract::{Content, Format, Head, Match, Out};
use crate::item::{Fault, Kind};

/// Transport Neutral Encapsulation Format.
pub const FORMATS: &[Format] = &[Format { name: "tnef", kind: Kind::Message, sniff, read }];

const SIGNATURE: &[u8] = &0x223E_9F78u32.to_le_bytes();

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(SIGNATURE) { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    message(&content.whole()?, None, out)
}

/// Reads a stream: one message.
fn message(bytes: &[u8], page: Option<i64>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut input = Input(bytes);
    if input.take(6).is_none_or(|start| !start.starts_with(SIGNATURE)) {
        return Err(Fault::corrupt("it does not begin as it should"));
    }
    let mut found = Found { page, ..Found::default() };
    let mut whole = true;
    while let Some(level) = input.take(1) {
        // What follows the last attribute is garbage that some transport added.
        if !matches!(level, [1 | 2]) {
            break;
        }
        let attribute = (|| Some((input.u32()?, input.counted()?)))();
        let Some((attribute, value)) = attribute else {
            whole = false;
            break;
        };
        found.attribute(attribute & 0xFFFF, value);
        if input.take(2).is_none() {
            break;
        }
    }
    let Found { mut properties, older, recipients, attached, names, page, damaged } = found;
    // An attribute counts where no property says the same.
    for property in older.iter() {
        if properties.bytes(property.id).is_none() {
            properties.push(property.id, property.kind, property.bytes.clone());
        }
    }
    properties.page = page;
    let attachments = attached.into_iter().map(|one| one.attachment(page)).collect();
    Message { properties, recipients, attachments, names: &names }.emit(out)?;
    if damaged || !whole {
        out.damage(Fault::corrupt("it is damaged: what was left of it was read"))?;
    }
    Ok(())
}

/// What was met so far.
#[derive(Default)]
struct Found<'b> {
    properties: Properties,
    /// What the attributes of before MAPI say.
    older: Properties,
    recipients: Vec<Properties>,
    attached: Vec<Attached<'b>>,
    names: Names,
    page: Option<i64>,
    damaged: bool,
}

#[derive(Default)]
struct Attached<'b> {
    properties: Properties,
    data: Option<&'b [u8]>,
    object: Option<&'b [u8]>,
}

impl<'b> Found<'b> {
    fn attribute(&mut self, attribute: u32, value: &'b [u8]) {
        match attribute {
            0x9007 => self.page = Input(value).u32().map(i64::from), // attOemCodepage
            0x9003 => {
                let mut properties = std::mem::take(&mut self.properties);
                self.damaged |= self.properties(&mut Input(value), &mut properties).is_none();
                self.properties = properties;
            }
            0x9004 => self.damaged |= self.table(&mut Input(value)).is_none(),
            0x9002 => self.attached.push(Attached::default()), // attAttachRenddata: begins one
            0x800F | 0x8010 | 0x9005 => {
                let mut attached = self.attached.pop().unwrap_or_default();
                match attribute {
                    0x800F => attached.data = Some(value),
                    0x8010 => attached.properties.push(0x3704, kind::STRING8, value.to_vec()),
                    _ => {
                        let object = self.properties(&mut Input(value), &mut attached.properties);
                        self.damaged |= object.is_none();
                        attached.object = object.flatten();
                    }
                }
                self.attached.push(attached);
            }
            0x8004 => self.older.push(0x0037, kind::STRING8, value.to_vec()), // attSubject
            0x8008 => self.older.push(0x001A, kind::STRING8, class(value)),   // attMessageClass
            0x800C => self.older.push(0x1000, kind::STRING8, value.to_vec()), // attBody
            0x8005 => self.date(0x0039, value),                               // attDateSent
            0x8006 => self.date(0x0E06, value),                               // attDateRecd
            0x8020 => self.date(0x3008, value),                               // attDateModified
            _ => {}
        }
    }

    /// Year, month, day, hour, minute, second, in nobody's zone.
    fn date(&mut self, id: u16, value: &[u8]) {
        let (parts, _) = value.as_chunks::<2>();
        let number = |at: usize| parts.get(at).map_or(0, |part| i16::from_le_bytes(*part));
        let small = |at: usize| i8::try_from(number(at)).unwrap_or(-1);
        let date = DateTime::new(number(0), small(1), small(2), small(3), small(4), small(5), 0);
        let at = date.ok().and_then(|date| TimeZone::UTC.to_timestamp(date).ok());
        if let Some(at) = at.filter(|at| *at > Timestamp::UNIX_EPOCH) {
            let ticks = (at.as_second() + 11_644_473_600) * 10_000_000;
            self.older.push(id, kind::TIME, ticks.to_le_bytes().to_vec());
        }
    }

    /// A list of recipients: for each a list of properties.
    fn table(&mut self, input: &mut Input<'b>) -> Option<()> {
        for _ in 0..input.u32()? {
            let mut recipient = Properties::on(self.page);
            self.properties(input, &mut recipient)?;
            self.recipients.push(recipient);
        }
        Some(())
    }

    /// A list of properties. Returns the object among them that is the data of an attachment; `None` if it is damaged.
    fn properties(&mut self, input: &mut Input<'b>, into: &mut Properties) -> Option<Option<&'b [u8]>> {
        let mut object = None;
        for _ in 0..input.u32()? {
            let tag = input.u32()?;
            let (number, base) = ((tag >> 16) as u16, tag as u16 & !kind::MULTIPLE);
            if number >= id::NAMED {
                let set = u32::from_le_bytes(*input.take(16)?.first_chunk()?);
                let name = match input.u32()? {
                    0 => Name::Number(input.u32()?),
                    _ => Name::Text(utf16(input.padded()?).trim_end_matches('\0').to_owned()),
                };
                self.names.add(number, set, name);
            }
            let size = kind::size(base).filter(|size| *size > 0);
            let several = tag as u16 & kind::MULTIPLE != 0;
            for _ in 0..if several || size.is_none() { input.u32()? } else { 1 } {
                let value = match size {
                    Some(size) => input.take(size.next_multiple_of(4))?.get(..size)?,
                    None => input.padded()?,
                };
                match base {
                    kind::OBJECT if number == id::ATTACH_DATA => object = Some(value),
                    _ => into.push(number, base, value.to_vec()),
                }
            }
        }
        Some(object)
    }
}

impl<'b> Attached<'b> {
    fn attachment(self, page: Option<i64>) -> Attachment<'b> {
        let Self { mut properties, data, object } = self;
        properties.page = page;
        // An object begins with the interface it has; a message is a stream again, an OLE object a compound file.
        let object = object.and_then(|object| object.get(16..));
        let embedded = object.is_some_and(|object| object.starts_with(SIGNATURE));
        let content = match (object, data) {
            (Some(object), _) if embedded => Ok(Content::made("tnef", move |out| message(object, page, out))),
            (Some(object), _) => Ok(Content::bytes(object)),
            (None, Some(data)) => Ok(Content::bytes(data)),
            (None, None) => match properties.bytes(id::ATTACH_DATA) {
                Some(data) => Ok(Content::bytes(data.to_vec())),
                None => Err(missing(&properties)),
            },
        };
        Attachment { properties, content, embedded }
    }
}

/// The class of a message by its old name.
fn class(value: &[u8]) -> Vec<u8> {
    match value.strip_suffix(b"\0").unwrap_or(value) {
        b"IPM.Microsoft Mail.Note" => b"IPM.Note".to_vec(),
        other => other.to_vec(),
    }
}

/// Bytes that are read from the front.
struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn take(&mut self, size: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// A size, then as many bytes.
    fn counted(&mut self) -> Option<&'b [u8]> {
        let size = self.u32()? as usize;
        self.take(size)
    }

    /// The same, filled up to four bytes.
    fn padded(&mut self) -> Option<&'b [u8]> {
        let value = self.counted()?;
        // At the very end the filling may be missing.
        self.0 = self.0.get(value.len().next_multiple_of(4) - value.len()..).unwrap_or_default();
        Some(value)
    }
}

#[cfg(test)]
mod tests;
