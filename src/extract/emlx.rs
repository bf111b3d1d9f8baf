//! A message as Apple Mail keeps it: its size on a line of its own, the message, then a property list of flags.
//!
//! In: the whole file. Out: what `eml` makes of the message, with what the property list adds: when it arrived, and
//! whether it was read or is a draft. Source: the flags are those of Apple's MessageKit, known by their bits only.

use jiff::Timestamp;

use crate::extract::{Content, Format, Head, Match, Out, eml};
use crate::item::{Fault, Kind};

/// A message of Apple Mail.
pub const FORMATS: &[Format] = &[Format { name: "emlx", kind: Kind::Message, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    match split(head.bytes) {
        Some(_) if head.named(&["emlx", "emlxpart"]) => Match::ByContent,
        _ => Match::No,
    }
}

/// The size on the first line, and what follows.
fn split(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = memchr::memchr(b'\n', bytes.get(..32).unwrap_or(bytes))?;
    let (line, rest) = bytes.split_at_checked(end + 1)?;
    Some((str::from_utf8(line).ok()?.trim().parse().ok()?, rest))
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = content.whole()?;
    let (size, rest) = split(&bytes).ok_or(Fault::corrupt("it does not begin with its size"))?;
    let (message, list) = rest.split_at_checked(size).unwrap_or((rest, &[]));
    let mut mail = out.known().cloned().unwrap_or_default();
    let list = String::from_utf8_lossy(list);
    if let Some(flags) = value(&list, "flags") {
        (mail.read, mail.draft) = (Some(flags & 1 != 0), flags & 0x40 != 0);
    }
    mail.received = value(&list, "date-received").and_then(|at| Timestamp::from_second(at).ok()).or(mail.received);
    eml::message(message, mail, out)
}

/// A whole number of the property list.
fn value(list: &str, key: &str) -> Option<i64> {
    let rest = list.split(&format!("<key>{key}</key>")).nth(1)?.trim_start();
    let number = ["<integer>", "<real>"].iter().find_map(|open| rest.strip_prefix(open))?;
    number.split(['<', '.']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    #[test]
    fn the_message_is_read_and_its_list_is_no_text() {
        let message = "From: a@x.dk\nSubject: hej\n\nCPR 010190-1234\n";
        let plist =
            "<?xml version=\"1.0\"?>\n<plist><dict><key>flags</key><integer>8590195713</integer></dict></plist>";
        let file = format!("{}        \n{message}{plist}", message.len());
        let seen = read("17.emlx", file.as_bytes());
        assert_eq!((seen.format, seen.text.as_str()), ("emlx", "hej\nCPR 010190-1234\n"));
        assert_ne!(read("17.txt", file.as_bytes()).format, "emlx");
    }
}
