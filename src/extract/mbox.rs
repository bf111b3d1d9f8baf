//! A mailbox in one file: messages after each other, each under a `From ` line.
//!
//! In: a file of any size, read once from front to back, or some of its messages. Out: they, numbered from 1. One
//! message at a time is held in memory. Deliberately elsewhere: cutting a large one into ranges (`mbox/split.rs`). Sources: RFC 4155; for the quoting of `From ` in bodies, the mboxo and mboxrd variants
//! (<https://www.loc.gov/preservation/digital/formats/fdd/fdd000383.shtml>). `Content-Length` is not trusted.

mod split;

pub use split::split;

use std::io::{BufRead, Read};

use jiff::Timestamp;

use crate::extract::{Child, Content, Format, Head, Match, Out, mailbox};
use crate::item::{Fault, Kind, Mail, Reason};

/// A mailbox.
pub const FORMATS: &[Format] = &[Format { name: "mbox", kind: Kind::Container, sniff, read }];

/// Lines are read in pieces of this size: a `From ` line is shorter.
const LINE: u64 = 64 << 10;

fn sniff(head: &Head<'_>) -> Match {
    let first = head.bytes.trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or_default();
    if from_line(first).is_some() { Match::ByContent } else { Match::No }
}

/// The date of a line that begins a message: an address (or `-`) and a date follow `From `.
fn from_line(line: &[u8]) -> Option<Timestamp> {
    let rest = line.strip_prefix(b"From ")?;
    let text = str::from_utf8(rest.get(..1000).unwrap_or(rest)).ok()?.trim();
    let (_, date) = text.split_once(' ')?;
    mailbox::asctime(date).or_else(|| mailbox::date(date))
}

fn read(mut content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    // Lines of an old Macintosh end otherwise.
    let end_of_line = if content.head()?.contains(&b'\n') { b'\n' } else { b'\r' };
    let mut mail = out.known().cloned().unwrap_or_default();
    if mail.folder.is_none() {
        let name = out.name();
        let stem = [".mbox", ".mbx"].iter().find_map(|end| {
            let (stem, ending) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
            ending.eq_ignore_ascii_case(end).then_some(stem)
        });
        let folder = stem.unwrap_or(name);
        mail.role = Some(mailbox::role(&[folder], false));
        mail.folder = Some(folder.to_owned());
    }
    // Where it is known where the first one begins, reading begins there.
    let range = content.range().filter(|range| range.offset > 0);
    let first = range.map_or(0, |range| range.first);
    let end = content.range().map_or(u64::MAX, |range| range.end.into());
    out.passed(first)?;
    let mut messages = Messages { mail, number: first.into(), open: false, bytes: Vec::new(), over: false };
    let mut reader = content.reader();
    let mut line = Vec::new();
    // A `From ` line counts after an empty line, or at the beginning.
    let (mut begins, mut empty) = (true, true);
    let ended = loop {
        line.clear();
        match reader.by_ref().take(LINE).read_until(end_of_line, &mut line) {
            Ok(0) => break Ok(()),
            Ok(_) => {}
            Err(error) => break Err(Fault::io(error)),
        }
        if begins
            && empty
            && let Some(received) = from_line(&line)
        {
            messages.end(out)?;
            if messages.number >= end {
                return Ok(());
            }
            messages.begin(received);
        } else {
            messages.add(if begins { unquoted(&line) } else { &line }, out);
        }
        empty = begins && line.trim_ascii().is_empty();
        begins = line.ends_with(&[end_of_line]);
    };
    messages.end(out)?;
    ended
}

/// A body line that begins with `From ` has a `>` put before it (mboxo), or one more of them (mboxrd).
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    match line.get(quotes..) {
        Some(rest) if quotes > 0 && rest.starts_with(b"From ") => line.get(1..).unwrap_or_default(),
        _ => line,
    }
}

/// The message that is being read.
struct Messages {
    /// What all have in common, and the date of this one's `From ` line.
    mail: Mail,
    number: u64,
    /// One has begun.
    open: bool,
    bytes: Vec<u8>,
    /// It is larger than may be held.
    over: bool,
}

impl Messages {
    fn begin(&mut self, received: Timestamp) {
        self.mail.received = Some(received);
        self.number += 1;
        self.open = true;
        self.bytes.clear();
        self.over = false;
    }

    fn add(&mut self, line: &[u8], out: &Out<'_>) {
        if (self.bytes.len() + line.len()) as u64 > out.budget().limits().whole {
            self.over = true;
            self.bytes = Vec::new();
        }
        if !self.over {
            self.bytes.extend_from_slice(line);
        }
    }

    fn end(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        if !self.open {
            return Ok(());
        }
        self.open = false;
        // The empty line before the next `From ` is not the message's.
        let bytes = self.bytes.as_slice();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let mut child = Child::new(self.number.to_string(), Kind::Message, Content::bytes(bytes));
        if self.over {
            child.content = Err(Fault::new(Reason::TooLarge, "it is larger than a message may be"));
        }
        child.mail = Some(self.mail.clone());
        out.child(child)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Budget, Limits};
    use crate::extract::{Part, extract};
    use crate::item::Role;

    type Seen = Vec<(String, Result<String, Reason>, Mail)>;

    fn see(raw: &[u8], name: &str, limits: Limits) -> Seen {
        let budget = Budget::new(&limits, Default::default());
        let mut seen = Vec::new();
        extract(
            Content::stream(raw),
            name,
            None,
            &budget,
            &mut |format| assert_eq!(format.name, "mbox"),
            &mut |part| {
                if let Part::Child(child) = part {
                    let bytes = child.content.map_err(|fault| fault.reason);
                    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes.whole().unwrap()).into_owned());
                    seen.push((child.name, text, child.mail.unwrap()));
                }
                Ok(())
            },
        )
        .unwrap();
        seen
    }

    const BOX: &str = "From a@x.dk Sat Nov 20 10:00:00 2021\nSubject: 1\n\n>From here\n>>From there\n>Fromage\n\
                       From not after an empty line Sat Nov 20 10:00:00 2021\n\nFrom me to you\n\n\
                       From - Sun Nov 21 10:00:00 2021\r\nSubject: 2\r\n\r\nto\r\n\r\nFrom b@x.dk Mon Nov 22 10:00 2021\n";

    #[test]
    fn messages_begin_after_an_empty_line_and_quotes_are_undone() {
        let seen = see(BOX.as_bytes(), "Indbakke.mbox", Limits::default());
        let names: Vec<_> = seen.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["1", "2", "3"]);
        let first = "Subject: 1\n\nFrom here\n>From there\n>Fromage\n\
                     From not after an empty line Sat Nov 20 10:00:00 2021\n\nFrom me to you\n";
        assert_eq!(seen[0].1.as_deref(), Ok(first));
        assert_eq!(seen[1].1.as_deref(), Ok("Subject: 2\r\n\r\nto\r\n"));
        assert_eq!(seen[1].2.received, Some("2021-11-21T10:00:00Z".parse().unwrap()));
        assert_eq!((seen[2].2.folder.as_deref(), seen[2].2.role), (Some("Indbakke"), Some(Role::Inbox)));
    }

    #[test]
    fn lines_may_end_with_carriage_returns() {
        let old = BOX.replace("\r\n", "\n").replace('\n', "\r");
        let seen = see(old.as_bytes(), "Eudora", Limits::default());
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[1].1.as_deref(), Ok("Subject: 2\r\rto\r"));
    }

    #[test]
    fn a_message_that_is_too_large_is_one_fault_and_the_next_is_read() {
        let long = format!("From a Sat Nov 20 10:00:00 2021\n{}\n\n{BOX}", "x".repeat(200_000));
        let seen = see(long.as_bytes(), "a", Limits { whole: 100_000, ..Limits::default() });
        assert_eq!(seen[0].1, Err(Reason::TooLarge));
        assert!(seen[1].1.as_ref().unwrap().starts_with("Subject: 1"));
        assert_eq!(seen.len(), 4);
    }
}
