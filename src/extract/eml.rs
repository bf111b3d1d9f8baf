//! A message as mail programs save it (RFC 5322 with MIME), MHTML pages too.
//!
//! In: the message. Out: its facts for rules, the subject and the body as text, attachments and messages within it as
//! children. Addresses in header fields are facts, not text. Deliberately elsewhere: the tree of parts (`mime.rs`),
//! dates and folders (`mailbox.rs`), and signed S/MIME messages (`smime.rs`).

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use jiff::Timestamp;
use mail_parser::{Header, HeaderName};

use crate::extract::bytes;
use crate::extract::mime::{self, Entity, Leaf, Node};
use crate::extract::uuencode::{self, File};
use crate::extract::{Child, Content, Format, Head, Marked, Match, Out, charset, html, mailbox};
use crate::item::{Fault, Importance, Kind, Mail, Protection, Reason, Role, category};
use crate::mask::Personal;
use crate::record::Position;

/// A message.
pub const FORMATS: &[Format] = &[Format { name: "eml", kind: Kind::Message, sniff, read }];

/// Above this, both versions of a text are read whole rather than compared.
const COMPARED: usize = 16 << 20;
const ARMOUR: (&str, &str) = ("-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----");
/// The object identifiers of PKCS #7 enveloped data and CMS authenticated enveloped data, in DER.
const ENVELOPED: [&[u8]; 2] = [
    &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03],
    &[0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17],
];

/// A message begins with header fields, two of which every mail has or only mail has: a text in which somebody wrote
/// `Subject:` is none, unless a mailbox has it.
fn sniff(head: &Head<'_>) -> Match {
    const MAIL: [&str; 7] = [
        "received",
        "return-path",
        "message-id",
        "mime-version",
        "delivered-to",
        "x-mozilla-status",
        "content-transfer-encoding",
    ];
    const ANY: [&str; 10] =
        ["from", "date", "to", "cc", "subject", "sender", "reply-to", "content-type", "dkim-signature", "in-reply-to"];
    let (mut sure, mut known, mut from, mut date) = (false, 0, false, false);
    for (n, line) in bytes::lines(start(head.bytes)).split(|b| *b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            break;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(name) = mime::field(line) else { if n == 0 { return Match::No } else { continue } };
        let is = |of: &str| name.eq_ignore_ascii_case(of.as_bytes());
        let mail = MAIL.into_iter().any(is);
        sure |= mail;
        from |= is("from");
        date |= is("date") || is("content-type");
        known += usize::from(mail || ANY.into_iter().any(is));
    }
    match known {
        1.. if head.message => Match::ByContent,
        2.. if sure || from && date => Match::ByContent,
        1.. if head.named(&["eml", "mht", "mhtml"]) => Match::ByName,
        _ => Match::No,
    }
}

/// Without a byte order mark and empty lines before the first field.
fn start(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw).trim_ascii_start()
}

/// Reads a message, or any other MIME entity.
pub(super) fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let known = out.known().cloned().unwrap_or_default();
    message(&content.whole()?, known, out)
}

/// Reads a message of which its mailbox knows this.
pub(super) fn message(raw: &[u8], known: Mail, out: &mut Out<'_>) -> Result<(), Fault> {
    let raw = bytes::lines(start(raw));
    let entity = Entity::new(&raw);
    let fields = entity.fields();
    if fields.is_empty() {
        return Err(Fault::corrupt("it has no mail header"));
    }
    let (root, fault) = mime::parts(&fields, entity.body);
    let mut parts = Parts::default();
    parts.sort(&root, "");
    let texts: Vec<Body> = parts.texts.iter().map(|leaf| Body::new(leaf.kind == "text/html", leaf.text())).collect();
    if texts.iter().any(|body| body.armoured) {
        parts.protect(Protection::Encrypted);
    }

    let mail = facts(&entity, &fields, &parts, known);
    let subject = mail.subject.as_ref().and_then(Personal::reveal).unwrap_or_default().to_owned();
    let inside = Mail { folder: mail.folder.clone(), role: mail.role, ..Mail::default() };
    out.mail(mail)?;
    write(&subject, &fields, &texts, &entity, &parts.loose).emit(out)?;

    if let Some(fault) = fault {
        out.damage(fault)?;
    }
    match parts.protection {
        Some(Protection::Encrypted) => out.damage(Fault::new(Reason::Encrypted, "its body is encrypted"))?,
        Some(Protection::Rights) => out.damage(Fault::new(Reason::Encrypted, "its body is protected by rights"))?,
        _ => {}
    }
    for leaf in &parts.files {
        out.child(child(leaf, &inside))?;
    }
    for file in texts.into_iter().flat_map(|body| body.files) {
        out.child(Child::new(file.name, Kind::Attachment, Content::bytes(file.bytes)))?;
    }
    Ok(())
}

/// A text that a person sees when the message is opened.
pub(super) struct Body {
    html: bool,
    text: String,
    /// Files in it: their lines are not text.
    pub(super) files: Vec<File>,
    /// It holds an encrypted block, which is not text either.
    pub(super) armoured: bool,
}

impl Body {
    /// A body in HTML or in plain text.
    pub(super) fn new(html: bool, text: String) -> Self {
        let armoured = text.lines().any(|line| line.trim_end() == ARMOUR.0);
        let files = if html { Vec::new() } else { uuencode::files(&text) };
        Self { html, text, files, armoured }
    }

    /// Writes what is text in it. Returns the number of the line after the last.
    fn write(&self, into: &mut Marked, first: u64) -> u64 {
        // Without its end a block is damaged, and what follows it may be text.
        let end = self.text.lines().enumerate().filter(|(_, line)| line.trim_end() == ARMOUR.1).last();
        let end = end.map_or(0, |(number, _)| number);
        let mut armoured = false;
        let mut files = self.files.iter().peekable();
        lines(into, None, first, &self.text, |number, line| {
            while files.next_if(|file| file.lines.end <= number).is_some() {}
            armoured |= number < end && line.trim_end() == ARMOUR.0;
            let clear = !armoured && !files.peek().is_some_and(|file| file.lines.contains(&number));
            armoured &= line.trim_end() != ARMOUR.1;
            clear
        })
    }
}

/// The leaves of a message by what becomes of them.
#[derive(Default)]
struct Parts<'n> {
    texts: Vec<&'n Leaf<'n>>,
    files: Vec<&'n Leaf<'n>>,
    loose: Vec<&'n [u8]>,
    protection: Option<Protection>,
    signed: bool,
}

impl<'n> Parts<'n> {
    fn sort(&mut self, node: &'n Node<'n>, within: &str) {
        match node {
            Node::Many { subtype, .. } if subtype == "encrypted" => self.protect(Protection::Encrypted),
            Node::Many { subtype, parts, loose } => {
                self.signed |= subtype == "signed";
                parts.iter().for_each(|part| self.sort(part, subtype));
                self.loose.extend(loose);
            }
            Node::Leaf(leaf) => self.leaf(leaf, within),
        }
    }

    fn leaf(&mut self, leaf: &'n Leaf<'n>, within: &str) {
        let body = !leaf.attached && (leaf.name.is_none() || matches!(within, "" | "alternative"));
        match leaf.kind.as_str() {
            "text/plain" | "text/html" if body => self.texts.push(leaf),
            // A seal is part of the message that it seals.
            kind if within == "signed" && kind.ends_with("-signature") => {}
            _ if leaf.is_empty() && leaf.name.is_none() => {}
            _ if enveloped(leaf) => self.protect(Protection::Encrypted),
            _ => {
                if rights(leaf) {
                    self.protect(Protection::Rights);
                }
                self.files.push(leaf);
            }
        }
    }

    /// The strongest protection is the one that is told.
    fn protect(&mut self, by: Protection) {
        self.protection = Some(self.protection.map_or(by, |before| before.min(by)));
    }
}

/// S/MIME that is encrypted, and not only signed. Some servers forget what type it was.
fn enveloped(leaf: &Leaf<'_>) -> bool {
    let named = || leaf.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("smime.p7m"));
    if !matches!(leaf.kind.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime") && !named() {
        return false;
    }
    match leaf.smime.as_deref() {
        Some(kind) => kind.ends_with("enveloped-data"),
        None => is_enveloped(&leaf.bytes()),
    }
}

/// A PKCS #7 or CMS structure whose content is encrypted.
pub(super) fn is_enveloped(bytes: &[u8]) -> bool {
    let head = bytes.get(..64).unwrap_or(bytes);
    ENVELOPED.iter().any(|id| memchr::memmem::find(head, id).is_some())
}

/// The body of a message that Microsoft's rights management protects.
fn rights(leaf: &Leaf<'_>) -> bool {
    leaf.kind == "application/x-microsoft-rpmsg-message" || leaf.name.as_deref().is_some_and(is_rights)
}

/// The name of a body that Microsoft's rights management protects.
pub(super) fn is_rights(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".rpmsg")
}

fn child<'n>(leaf: &'n Leaf<'n>, mail: &Mail) -> Child<'n> {
    let name = leaf.name.clone().unwrap_or_else(|| format!("part{}", leaf.number));
    let message = matches!(leaf.kind.as_str(), "message/rfc822" | "message/global");
    let kind = if message { Kind::Message } else { Kind::Attachment };
    let mut child = Child::new(name, kind, Content::bytes(leaf.bytes()));
    if rights(leaf) {
        child.content = Err(Fault::new(Reason::Encrypted, "it is protected by rights"));
    }
    // A message within another is in the same folder; the rest it says itself.
    child.mail = message.then(|| mail.clone());
    child
}

fn facts(entity: &Entity<'_>, fields: &[Header<'_>], parts: &Parts<'_>, mut known: Mail) -> Mail {
    let addresses = |names: &[HeaderName<'_>]| -> Vec<String> {
        let of = fields.iter().filter(|field| names.contains(&field.name)).filter_map(|field| field.value.as_address());
        of.flat_map(|list| list.iter()).filter_map(|one| one.address()).map(str::to_lowercase).collect()
    };
    let names = |names: &[HeaderName<'_>]| -> Vec<String> {
        let of = fields.iter().filter(|field| names.contains(&field.name)).filter_map(|field| field.value.as_address());
        of.flat_map(|list| list.iter()).filter_map(|one| one.name()).map(str::to_owned).collect()
    };
    let dated = |name: HeaderName<'_>| -> Option<Timestamp> {
        let mut values = fields.iter().filter(|field| field.name == name).map(|field| entity.written(field));
        // In a trace the date comes last, behind a semicolon; the numbers before it are none.
        values.find_map(|value| mailbox::date(&value).filter(|_| name != HeaderName::Received || value.contains(';')))
    };
    let sent = dated(HeaderName::Date);
    let subject = fields.iter().find(|field| field.name == HeaderName::Subject);
    let declared = fields.iter().filter_map(|field| declared(field.name(), &entity.written(field)));
    let labels = fields.iter().find(|field| field.name().eq_ignore_ascii_case("X-Gmail-Labels"));
    if let Some((folder, role)) = labels.and_then(|field| labelled(&entity.decoded(field))) {
        (known.folder, known.role) = (Some(folder), Some(role));
    }
    for field in fields {
        if ["Keywords", "X-Keywords"].iter().any(|name| field.name().eq_ignore_ascii_case(name)) {
            known.categories.extend(entity.decoded(field).split([',', ';']).map(category));
        }
        flag(field.name(), &entity.written(field), &mut known);
    }
    Mail {
        folder: known.folder,
        role: known.role,
        received: dated(HeaderName::Received).or(sent).or(known.received),
        sent,
        subject: subject.and_then(|field| field.value.as_text()).map(Personal::new),
        protection: parts.protection.into_iter().chain(declared.min()).min(),
        signed: parts.signed,
        read: known.read,
        draft: known.draft,
        importance: known.importance,
        categories: known.categories,
        size: None,
        from: addresses(&[HeaderName::From, HeaderName::Sender]),
        to: addresses(&[HeaderName::To, HeaderName::Cc, HeaderName::Bcc]),
        names: names(&[HeaderName::From, HeaderName::Sender, HeaderName::To, HeaderName::Cc, HeaderName::Bcc]),
    }
}

/// What a header field says of the message: how important it is (RFC 2156, and Outlook's own), and the flags that mail
/// programs keep in an mbox.
fn flag(name: &str, value: &str, mail: &mut Mail) {
    let value = value.trim();
    let begins =
        |with: &[&str]| with.iter().any(|word| value.get(..word.len()).is_some_and(|v| v.eq_ignore_ascii_case(word)));
    match name.to_ascii_lowercase().as_str() {
        "importance" | "x-msmail-priority" | "priority" | "x-priority" => {
            if begins(&["high", "urgent", "1", "2"]) {
                mail.importance = Some(Importance::High);
            } else if begins(&["low", "non-urgent", "4", "5"]) {
                mail.importance = mail.importance.or(Some(Importance::Low));
            }
        }
        "status" if value.bytes().all(|flag| b"ROND".contains(&flag)) => mail.read = Some(value.contains('R')),
        "x-status" => mail.draft |= value.contains('T'),
        "x-unsent" => mail.draft |= value == "1",
        "x-mozilla-status" => {
            if let Ok(flags) = u16::from_str_radix(value, 16) {
                mail.read = Some(flags & 1 != 0);
            }
        }
        _ => {}
    }
}

/// The folder that the labels of Gmail make of a message (Takeout), and its role: a bin before all, else the inbox.
/// Labels that stand for no folder (`Important`) count only where there is no other.
fn labelled(labels: &str) -> Option<(String, Role)> {
    const BEFORE: [Role; 7] =
        [Role::Trash, Role::Junk, Role::Inbox, Role::Drafts, Role::Sent, Role::Outbox, Role::Archive];
    let labels = labels.split(',').map(|label| label.trim().trim_matches('"')).filter(|label| !label.is_empty());
    let place = |role: Role| BEFORE.iter().position(|before| *before == role).unwrap_or(BEFORE.len());
    let roles = labels.map(|label| (label, mailbox::role(&label.split('/').collect::<Vec<_>>(), false)));
    roles.min_by_key(|(_, role)| place(*role)).map(|(label, role)| (label.to_owned(), role))
}

/// The protection that a header field speaks of: labels of Microsoft Purview, and `Sensitivity` (RFC 4021 2.1.55).
pub(super) fn declared(name: &str, value: &str) -> Option<Protection> {
    let name = name.to_ascii_lowercase();
    let value = value.to_ascii_lowercase();
    match name.as_str() {
        "msip_labels" => value.contains("_enabled=true").then_some(Protection::Label),
        "sensitivity" if matches!(value.as_str(), "private" | "personal") => Some(Protection::Private),
        "sensitivity" if value == "company-confidential" => Some(Protection::Confidential),
        _ if name.starts_with("msip_label_") && name.ends_with("_enabled") && value == "true" => {
            Some(Protection::Label)
        }
        _ => None,
    }
}

/// Fields without a hyphen or an underscore in their names that mail programs write (RFC 5322, RFC 5536, and what is in
/// use). Any other is what somebody wrote: a note that begins like a mail, say.
const FIELDS: &[&str] = &[
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "received",
    "references",
    "importance",
    "priority",
    "sensitivity",
    "precedence",
    "organization",
    "organisation",
    "lines",
    "path",
    "newsgroups",
    "xref",
    "expires",
    "approved",
    "supersedes",
    "distribution",
    "autocrypt",
    "face",
    "status",
    "encrypted",
    "language",
    "mailer",
    "control",
    "bytes",
    "uid",
    "flags",
    "author",
    "originator",
    "recipient",
    "openpgp",
];

/// What case systems and gateways of digital post call fields by that say of whom a mail is: `X-Borger-CPR`. What else
/// has a hyphen in its name is written by machines for machines.
const OF_SOMEBODY: &[&str] = &[
    "cpr",
    "cprnr",
    "cprnummer",
    "personnummer",
    "personnr",
    "pnr",
    "foedselsnummer",
    "fodselsnummer",
    "fnr",
    "henkilotunnus",
    "hetu",
    "kennitala",
    "ssn",
    "borger",
    "patient",
    "klient",
    "elev",
];

/// One of the words in a field's name is one of those.
fn is_of_somebody(name: &str) -> bool {
    name.split(['-', '_']).any(|word| OF_SOMEBODY.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// The text of a message: subject, fields of nobody's standard, bodies, then what stands outside the parts.
fn write(subject: &str, fields: &[Header<'_>], texts: &[Body], entity: &Entity<'_>, loose: &[&[u8]]) -> Marked {
    let mut text = Marked::new();
    part(&mut text, "subject", subject);
    for field in fields {
        let name = field.name();
        let value = || entity.decoded(field);
        if match name.eq_ignore_ascii_case("Thread-Topic") {
            true => is_own(&value(), subject),
            false if name.contains(['-', '_']) => is_of_somebody(name),
            false => !FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known)),
        } {
            part(&mut text, "header", &format!("{name}: {}", value().trim()));
        }
    }
    part(&mut text, "header", &entity.stray);
    bodies(texts, &mut text);
    for outside in loose {
        part(&mut text, "outside", &charset::decode(outside, None));
    }
    text
}

/// What the conversation was called at first ([MS-OXOMSG] 2.2.1.5), where the subject does not say it any more: Outlook
/// keeps it when somebody takes a number out of the subject before they answer.
pub(super) fn is_own(topic: &str, subject: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    !plain(subject).contains(&plain(topic))
}

/// Writes the plain text, then what only the HTML says: the same body twice would count every value twice.
pub(super) fn bodies(texts: &[Body], into: &mut Marked) {
    let plain = || texts.iter().filter(|body| !body.html);
    plain().fold(1, |line, body| body.write(into, line));

    if !texts.iter().any(|body| body.html) {
        return;
    }
    let mut shown = Marked::new();
    for body in texts.iter().filter(|body| body.html) {
        html::push(&body.text, &mut shown);
    }
    let size = plain().map(|body| body.text.len()).sum::<usize>() + shown.len();
    let said: HashSet<u64> = plain().filter(|_| size <= COMPARED).flat_map(|body| pairs(&body.text)).collect();
    let new = |_, line: &str| size > COMPARED || pairs(line).any(|pair| !said.contains(&pair));
    lines(into, Some("html"), 1, shown.text(), new);
}

/// Writes a part that has no lines of its own.
pub(super) fn part(into: &mut Marked, part: &str, text: &str) {
    if !text.is_empty() {
        into.at(Position { part: Some(part.into()), ..Position::default() });
        into.line(text);
    }
}

/// Writes the lines that are wanted, each at its own number; `wanted` counts from 0. Returns the number of the line
/// after the last.
fn lines(
    into: &mut Marked,
    part: Option<&str>,
    first: u64,
    text: &str,
    mut wanted: impl FnMut(usize, &str) -> bool,
) -> u64 {
    let mut next = first;
    let mut gap = true;
    for (at, line) in text.lines().enumerate() {
        let wanted = wanted(at, line);
        if wanted && gap {
            let part = part.map(Into::into);
            into.at(Position { line: Some(next), column: Some(1), part, ..Position::default() });
        }
        if wanted {
            into.push(line);
            into.push("\n");
        }
        gap = !wanted;
        next += 1;
    }
    next
}

/// The words of a text, and every two that follow each other, as hashes: text that has none but known ones says
/// nothing new, however its lines are broken.
fn pairs(text: &str) -> impl Iterator<Item = u64> {
    fn hash(words: (&str, &str)) -> u64 {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        hasher.finish()
    }
    let mut before = "";
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).flat_map(move |word| {
        let pair = hash((before, word));
        let first = before.is_empty();
        before = word;
        std::iter::once(hash(("", word))).chain((!first).then_some(pair))
    })
}

#[cfg(test)]
mod tests;
