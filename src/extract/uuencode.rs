//! Files in plain text, as mail carried them before MIME and old mail programs still did: `begin 644 name`, lines of
//! encoded bytes, `end`.
//!
//! In: a body. Out: its files, and on which lines they stand. Source: POSIX.1-2017, `uuencode`, historical algorithm.

use std::ops::Range;

/// A file in a text.
pub struct File {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its lines in the text, counted from 0, with `begin` and `end`.
    pub lines: Range<usize>,
}

/// How many files are looked for in one text.
const MOST: usize = 10_000;

/// The files in a text. Without an `end` it is none: somebody wrote "begin 100 …".
pub fn files(text: &str) -> Vec<File> {
    let mut files = Vec::new();
    let mut open: Option<File> = None;
    for (number, line) in text.lines().enumerate() {
        if files.len() >= MOST {
            break;
        }
        if let Some(name) = begin(line) {
            open = Some(File { name: name.to_owned(), bytes: Vec::new(), lines: number..number });
        } else if let Some(mut file) = open.take() {
            if line.trim_end() == "end" {
                file.lines.end = number + 1;
                files.push(file);
            } else if decode_line(line.as_bytes(), &mut file.bytes) {
                open = Some(file);
            }
        }
    }
    files
}

/// Decodes a body that is such a file.
pub fn decode(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut lines = body.split(|b| *b == b'\n').skip_while(|line| !line.starts_with(b"begin "));
    lines.next();
    for line in lines.take_while(|line| line.trim_ascii_end() != b"end") {
        decode_line(line, &mut bytes);
    }
    bytes
}

fn begin(line: &str) -> Option<&str> {
    let (mode, name) = line.strip_prefix("begin ")?.split_once(' ')?;
    let octal = (3..=4).contains(&mode.len()) && mode.bytes().all(|b| matches!(b, b'0'..=b'7'));
    (octal && !name.trim().is_empty()).then(|| name.trim())
}

/// Decodes one line; false: it is none. The first character is the number of bytes, then four characters for each three.
fn decode_line(line: &[u8], bytes: &mut Vec<u8>) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Some((length, coded)) = line.split_first() else { return true };
    if !line.iter().all(|b| (32..=96).contains(b)) {
        return false;
    }
    let value = |b: u8| u32::from(b.wrapping_sub(32) & 63);
    let length = value(*length) as usize;
    // Spaces at the end of a line are zeros that some gateway may have cut off.
    let decoded = coded.chunks(4).flat_map(|four| {
        let word = (0..4).fold(0, |word, at| word << 6 | four.get(at).map_or(0, |b| value(*b)));
        let [_, three @ ..] = word.to_be_bytes();
        three
    });
    let before = bytes.len();
    bytes.extend(decoded.take(length));
    bytes.resize(before + length, 0);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAT: &str = "hej\nbegin 644 cat.txt\n#0V%T\n`\nend\nfarvel\n";

    #[test]
    fn a_file_in_a_text_is_found() {
        let files = files(CAT);
        let [file] = files.as_slice() else { panic!() };
        assert_eq!((file.name.as_str(), file.bytes.as_slice(), file.lines.clone()), ("cat.txt", &b"Cat"[..], 1..5));
        assert_eq!(decode(CAT.replace('\n', "\r\n").as_bytes()), b"Cat");
    }

    #[test]
    fn text_that_only_begins_like_one_is_text() {
        assert!(files("begin 100 gange\nog så videre\nend\n").is_empty());
        assert!(files("begin 644 cat.txt\n#0V%T\n").is_empty());
        assert!(files("begin forfra\nend\n").is_empty());
    }
}
