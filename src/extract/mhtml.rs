//! Web pages as browsers and Word save them in one file (RFC 2557): MIME without a mail.
//!
//! In: the file. Out: what [`eml`] makes of it, but for the facts of a mail: nobody sent it. What belongs to the page are
//! documents.

use crate::extract::{Content, Format, Head, Match, Out, Part, eml, mime};
use crate::item::{Fault, Kind};

/// MHTML.
pub const FORMATS: &[Format] = &[Format { name: "mhtml", kind: Kind::Document, sniff, read }];

/// Many parts that belong together, without a receiver, and a sign of who wrote it.
fn sniff(head: &Head<'_>) -> Match {
    // MIME is ASCII: what stands below the header need not be decoded.
    let text = head.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head.bytes).trim_ascii_start();
    let mut lines = text.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty()).peekable();
    if lines.peek().is_none_or(|line| mime::field(line).is_none()) {
        return Match::No;
    }
    let header: Vec<String> = lines.map(|line| String::from_utf8_lossy(line).to_ascii_lowercase()).collect();
    let has = |begin: &str| header.iter().any(|line| line.starts_with(begin));
    let parts = has("mime-version:") && header.iter().any(|line| line.contains("multipart/related"));
    let saved = head.named(&["mht", "mhtml"])
        || has("snapshot-content-location:")
        || header.iter().any(|line| line.starts_with("from:") && line.contains("<saved by "));
    let sent = ["to:", "received:", "message-id:", "delivered-to:"].into_iter().any(has);
    if parts && saved && !sent { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let push = &mut *out.push;
    let mut pushed = |part: Part<'_>| match part {
        Part::Mail(_) => Ok(()),
        Part::Child(mut child) => {
            child.kind = Kind::Document;
            push(Part::Child(child))
        }
        part => push(part),
    };
    eml::read(content, &mut Out::new(out.budget, out.name, None, &mut pushed))
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;
    use crate::item::Kind;

    const PAGE: &str = "From: <Saved by Blink>\nSnapshot-Content-Location: https://x.dk/\nSubject: Personale\n\
        Date: Fri, 20 Nov 2026 10:00:00 -0000\nMIME-Version: 1.0\nContent-Type: multipart/related;\n\ttype=\"text/html\";\n\
        \tboundary=\"b\"\n\n\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\
        Content-Location: https://x.dk/\n\n<html><p>S=C3=B8ren 0101=\n90-1234</p></html>\n--b\nContent-Type: image/png\n\
        Content-Transfer-Encoding: base64\nContent-Location: https://x.dk/a.png\n\nAAAA\n--b--\n";

    #[test]
    fn a_saved_page_is_no_mail() {
        let seen = read("a", PAGE.as_bytes());
        assert_eq!((seen.format, seen.ended.clone()), ("mhtml", None));
        assert!(seen.text.contains("Personale\n") && seen.text.contains("Søren 010190-1234"), "{:?}", seen.text);
        assert_eq!((seen.children.len(), seen.children[0].1), (1, Kind::Document));
        let mail = PAGE.replace("Subject:", "To: bo@x.dk\nSubject:");
        assert_eq!(read("a.eml", mail.as_bytes()).format, "eml");
    }
}
