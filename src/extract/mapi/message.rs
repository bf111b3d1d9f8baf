//! A message of MAPI: its facts for rules, its text, what is attached to it.
//!
//! In: the properties of the message, its recipients and its attachments, from whichever file holds them. Out: parts.
//! Contacts, appointments, tasks and notes are messages too, with properties of their own (`labels.rs`). Ages follow
//! Exchange's retention tags: the end of an appointment, never for a contact, else the delivery.
//! Sources: MS-OXOMSG, MS-OXCMSG, MS-OXOCAL, MS-OXOCNTC; for ages "How retention age is calculated" of Exchange.

use std::sync::Arc;

use jiff::Timestamp;
use mail_parser::HeaderName;

use super::names::{APPOINTMENT, HEADERS, Name, Names, PUBLIC, Set};
use super::{Properties, Property, code_page, id, kind, labels};
use crate::extract::eml::{self, Body};
use crate::extract::mime::Entity;
use crate::extract::{Child, Content, Marked, Out, Place, charset, lzfu, rtf, smime};
use crate::item::{Fault, Importance, Kind, Mail, Protection, Reason, category};
use crate::mask::Personal;
use crate::record::Position;

const CLASS: u16 = 0x001A;
const IMPORTANCE: u16 = 0x0017;
const SENSITIVITY: u16 = 0x0036;
const SUBJECT: u16 = 0x0037;
const SUBMITTED: u16 = 0x0039;
const HEADER: u16 = 0x007D;
const RECIPIENT_TYPE: u16 = 0x0C15;
const TOPIC: u16 = 0x0070;
const DELIVERED: u16 = 0x0E06;
const FLAGS: u16 = 0x0E07;
const SIZE: u16 = 0x0E08;
const BODY: u16 = 0x1000;
const BODY_RTF: u16 = 0x1009;
const BODY_HTML: u16 = 0x1013;
const CREATED: u16 = 0x3007;
const MODIFIED: u16 = 0x3008;
const SMTP_ADDRESS: u16 = 0x39FE;

/// A message as it was read.
pub struct Message<'m> {
    /// Its own properties.
    pub properties: Properties,
    /// Those of each recipient.
    pub recipients: Vec<Properties>,
    /// What is attached, in order.
    pub attachments: Vec<Attachment<'m>>,
    /// What its named properties are called.
    pub names: &'m Names,
}

/// Something attached to a message.
pub struct Attachment<'a> {
    /// Its properties, without the data.
    pub properties: Properties,
    /// Its bytes, or the message that it is.
    pub content: Result<Content<'a>, Fault>,
    /// It is a message.
    pub embedded: bool,
}

impl<'m> Message<'m> {
    /// Hands over all of it.
    pub fn emit(mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        let texts = self.bodies(out)?;
        let mut protection = self.declared().min();
        protection = protection.into_iter().chain(self.sealed()).min();
        if texts.iter().any(|body| body.armoured) {
            protection = Some(Protection::Encrypted);
        }
        let mail = self.facts(protection, out.known());
        let subject = mail.subject.as_ref().and_then(Personal::reveal).unwrap_or_default().to_owned();
        // A message within another is in the same folder; the rest it says itself.
        let inside = Mail { folder: mail.folder.clone(), role: mail.role, ..Mail::default() };
        out.mail(mail)?;
        if let Some(at) = self.properties.time(MODIFIED) {
            out.modified(at)?;
        }

        let mut text = Marked::new();
        eml::part(&mut text, "subject", &subject);
        self.subjects(&subject, &mut text);
        self.fields(&mut text);
        eml::bodies(&texts, &mut text);
        text.emit(out)?;

        match protection {
            Some(Protection::Encrypted) => out.damage(Fault::new(Reason::Encrypted, "its body is encrypted"))?,
            Some(Protection::Rights) => out.damage(Fault::new(Reason::Encrypted, "its body is protected by rights"))?,
            _ => {}
        }
        for (at, attachment) in self.attachments.into_iter().enumerate() {
            out.child(attachment.child(at + 1, &inside))?;
        }
        for file in texts.into_iter().flat_map(|body| body.files) {
            out.child(Child::new(file.name, Kind::Attachment, Content::bytes(file.bytes)))?;
        }
        Ok(())
    }

    fn class(&self) -> String {
        self.properties.text(CLASS).unwrap_or_default().to_ascii_lowercase()
    }

    /// A named property of one of Microsoft's sets.
    fn named(&self, set: Set, number: u32) -> impl Iterator<Item = &Property> {
        let is = move |id| matches!(self.names.get(id), Some((s, Name::Number(n))) if s == set && *n == number);
        self.properties.iter().filter(move |property| property.id >= id::NAMED && is(property.id))
    }

    fn facts(&self, protection: Option<Protection>, known: Option<&Mail>) -> Mail {
        let known = known.cloned().unwrap_or_default();
        let properties = &self.properties;
        let sent = properties.time(SUBMITTED);
        let delivered = || properties.time(DELIVERED).or(known.received).or(sent).or(properties.time(CREATED));
        let class = self.class();
        let is = |of: &str| class == of || class.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
        let received = match () {
            _ if is("ipm.contact") || is("ipm.distlist") => None,
            // A series ends when its last one does, and one that has no last one never.
            _ if is("ipm.appointment") => {
                let end = || self.end(0x820E).filter(|_| !self.recurs());
                self.end(0x8236).or_else(end)
            }
            _ => delivered(),
        };
        let header = properties.text(HEADER).unwrap_or_default();
        let entity = Entity::new(header.as_bytes());
        let fields = entity.fields();
        let written = |names: &[HeaderName<'_>]| -> Vec<String> {
            let of = fields.iter().filter(|field| names.contains(&field.name)).filter_map(|f| f.value.as_address());
            of.flat_map(|list| list.iter()).filter_map(|one| one.address()).map(str::to_lowercase).collect()
        };
        let mut from: Vec<String> = [[0x5D02, 0x0065, 0x0042], [0x5D01, 0x0C1F, 0x0C1A]]
            .iter()
            .filter_map(|names| address(properties, names))
            .collect();
        from.dedup();
        if from.is_empty() {
            from = written(&[HeaderName::From, HeaderName::Sender]);
        }
        let addressed = |one: &&Properties| matches!(one.number(RECIPIENT_TYPE).map_or(1, |n| n & 0xF), 1..=3);
        let to: Vec<String> = self.recipients.iter().filter(addressed).filter_map(recipient).collect();
        let to = if to.is_empty() { written(&[HeaderName::To, HeaderName::Cc, HeaderName::Bcc]) } else { to };
        let named = [0x0042, 0x0C1A].into_iter().filter_map(|name| properties.text(name));
        let names = named.chain(self.recipients.iter().filter_map(|one| one.text(id::DISPLAY_NAME)));
        let names = names.chain(known.names).collect();
        let flags = properties.number(FLAGS);
        // Of `winmail.dat` the mail that it came with knows what it does not say itself.
        Mail {
            folder: known.folder,
            role: known.role,
            received,
            sent: sent.or(known.sent),
            subject: self.subject().map(|subject| Personal::new(&subject)).or(known.subject),
            protection: protection.into_iter().chain(known.protection).min(),
            signed: known.signed || class.starts_with("ipm.note.smime.multipartsigned"),
            read: flags.map(|flags| flags & 1 != 0).or(known.read),
            draft: known.draft || flags.is_some_and(|flags| flags & 8 != 0),
            importance: match properties.number(IMPORTANCE) {
                Some(0) => Some(Importance::Low),
                Some(2) => Some(Importance::High),
                _ => known.importance,
            },
            categories: known.categories.into_iter().chain(self.categories()).collect(),
            size: properties.number(SIZE).and_then(|size| u64::try_from(size).ok()),
            from: if from.is_empty() { known.from } else { from },
            to: if to.is_empty() { known.to } else { to },
            names,
        }
    }

    /// PidLidRecurring.
    fn recurs(&self) -> bool {
        self.named(APPOINTMENT, 0x8223).any(|property| property.bytes.first().is_some_and(|yes| *yes != 0))
    }

    /// PidNameKeywords: what Outlook calls categories.
    fn categories(&self) -> impl Iterator<Item = u64> {
        let is = |id| matches!(self.names.get(id), Some((PUBLIC, Name::Text(name))) if name == "Keywords");
        let named = self.properties.iter().filter(move |property| property.id >= id::NAMED && is(property.id));
        named.map(|property| category(&self.properties.decode(property)))
    }

    fn end(&self, number: u32) -> Option<Timestamp> {
        self.named(APPOINTMENT, number)
            .find(|property| property.kind == kind::TIME)
            .and_then(|property| super::filetime(&property.bytes))
    }

    /// The subject, without the mark and the length of its prefix (`Re: `) that Outlook puts before it.
    fn subject(&self) -> Option<String> {
        let subject = self.properties.text(SUBJECT).or_else(|| self.properties.text(0x0E1D))?;
        let mut rest = subject.chars();
        if rest.next() == Some('\u{1}') {
            rest.next();
            return Some(rest.as_str().to_owned());
        }
        Some(subject)
    }

    /// What the message was called before, where its subject does not say that any more: Outlook lets its reader change
    /// it, and keeps the header as it came.
    fn subjects(&self, subject: &str, into: &mut Marked) {
        let topic = self.properties.text(TOPIC).map(|topic| ("Thread-Topic", topic));
        let header = self.properties.text(HEADER).unwrap_or_default();
        let entity = Entity::new(header.as_bytes());
        let fields = entity.fields();
        let came = fields.iter().find(|field| field.name == HeaderName::Subject);
        let came = came.map(|field| ("Subject", entity.decoded(field)));
        let mut said = subject.to_owned();
        for (name, text) in came.into_iter().chain(topic) {
            if eml::is_own(&text, &said) {
                eml::part(into, "header", &format!("{name}: {}", text.trim()));
                said = text;
            }
        }
    }

    /// The protection that the message speaks of: `Sensitivity`, and labels in its header.
    fn declared(&self) -> impl Iterator<Item = Protection> {
        let sensitivity = match self.properties.number(SENSITIVITY) {
            Some(1 | 2) => Some(Protection::Private),
            Some(3) => Some(Protection::Confidential),
            _ => None,
        };
        let header = self.properties.text(HEADER).unwrap_or_default();
        let entity = Entity::new(header.as_bytes());
        let fields = entity.fields();
        let fields = fields.iter().filter_map(|field| eml::declared(field.name(), &entity.written(field)));
        let named = self.properties.iter().filter(|property| property.is_text()).filter_map(|property| {
            match self.names.get(property.id)? {
                (HEADERS, Name::Text(name)) => eml::declared(name, &self.properties.decode(property)),
                _ => None,
            }
        });
        fields.chain(named).chain(sensitivity).collect::<Vec<_>>().into_iter()
    }

    /// The protection that shows in what is attached: the body of a protected message is an attachment. A body that is
    /// only signed is opened.
    fn sealed(&mut self) -> Option<Protection> {
        let smime = self.class().starts_with("ipm.note.smime");
        let mut found = None;
        for attachment in &mut self.attachments {
            let name = attachment.name().unwrap_or_default();
            let Ok(content) = &mut attachment.content else { continue };
            let by = if eml::is_rights(&name) {
                Protection::Rights
            } else if !smime && !name.eq_ignore_ascii_case("smime.p7m") {
                continue;
            } else if content.head().is_ok_and(eml::is_enveloped) {
                Protection::Encrypted
            } else {
                let content = std::mem::replace(content, Content::bytes(Vec::new()));
                attachment.content = smime::entity(content);
                continue;
            };
            attachment.content = Err(Fault::new(Reason::Encrypted, "it is encrypted, or protected by rights"));
            found = found.into_iter().chain([by]).min();
        }
        found
    }

    /// What people wrote into fields, each under its label.
    fn fields(&self, into: &mut Marked) {
        let class = self.class();
        let person = ["ipm.contact", "ipm.distlist", "ipm.abchperson"].iter().any(|of| class.starts_with(of));
        for property in self.properties.iter() {
            let label = match property.id {
                id::DISPLAY_NAME if person => Some("Display name"),
                id::NAMED.. => self.names.get(property.id).and_then(|(set, name)| labels::named(set, name)),
                number => labels::standard(number),
            };
            let Some(label) = label else { continue };
            let value = match property.kind {
                kind::STRING8 | kind::UNICODE => self.properties.decode(property),
                kind::TIME => super::filetime(&property.bytes).map(day).unwrap_or_default(),
                // A member of a list: flags, the kind of entry, then name, type and address.
                kind::BINARY => super::utf16(property.bytes.get(24..).unwrap_or_default()).replace('\0', "\t"),
                _ => continue,
            };
            if !value.trim().is_empty() {
                let position = Position { part: Some("properties".into()), ..Position::default() };
                into.mark(Place { position, label: Some(Arc::from(label)) });
                into.line(&value);
            }
        }
    }

    /// The body in each form that says something of its own. One in RTF only counts where there is no other: Outlook
    /// makes the others from it.
    fn bodies(&self, out: &mut Out<'_>) -> Result<Vec<Body>, Fault> {
        let properties = &self.properties;
        let mut texts = Vec::new();
        if let Some(plain) = properties.text(BODY).filter(|text| !text.trim().is_empty()) {
            texts.push(Body::new(false, plain));
        }
        if let Some(html) = properties.all(BODY_HTML).next().filter(|html| !html.bytes.is_empty()) {
            let declared = || properties.number(0x3FDE).and_then(code_page);
            let html = match html.kind {
                kind::BINARY => charset::decode(&html.bytes, declared().as_deref()).into_owned(),
                _ => properties.decode(html),
            };
            texts.push(Body::new(true, html));
        }
        if let (Some(packed), true) = (properties.bytes(BODY_RTF).filter(|b| !b.is_empty()), texts.is_empty()) {
            match lzfu::unpack(packed, out) {
                Ok(document) => {
                    let body = rtf::body(&document);
                    texts.push(Body::new(body.html, body.text));
                }
                Err(fault) if fault.reason == Reason::Corrupt => out.damage(fault)?,
                Err(fault) => return Err(fault),
            }
        }
        Ok(texts)
    }
}

impl<'a> Attachment<'a> {
    /// What it is called: its long name, else its short one, else how it is shown. A message is called by its subject,
    /// which is no name to write into records.
    fn name(&self) -> Option<String> {
        let names = [0x3707, 0x3704, id::DISPLAY_NAME];
        names.iter().filter(|_| !self.embedded).find_map(|id| self.properties.text(*id))
    }

    fn child(self, number: usize, mail: &Mail) -> Child<'a> {
        Child {
            name: self.name().unwrap_or_else(|| format!("part{number}")),
            kind: if self.embedded { Kind::Message } else { Kind::Attachment },
            modified: self.properties.time(MODIFIED),
            mail: self.embedded.then(|| mail.clone()),
            owner: None,
            content: self.content,
        }
    }
}

/// A recipient's address. Those of one's own Exchange may have none that leads anywhere else.
fn recipient(one: &Properties) -> Option<String> {
    address(one, &[SMTP_ADDRESS, 0x3003, id::DISPLAY_NAME])
}

/// The first of these properties that is an internet address.
fn address(properties: &Properties, of: &[u16]) -> Option<String> {
    of.iter()
        .filter_map(|id| properties.text(*id))
        .map(|text| text.trim().trim_matches(['<', '>', '\'', '"']).to_lowercase())
        .find(|text| text.contains('@') && !text.contains(char::is_whitespace))
}

/// A day as people write it: times of birthdays are midnight in somebody's zone.
fn day(at: Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
