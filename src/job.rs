//! A job: what to read, and what its records will be called. As a line of JSON it is what a worker is sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use borsh::{BorshDeserialize as Unpack, BorshSerialize as Pack};
use serde::{Deserialize, Serialize};

use crate::item::{Counts, Fault, FileFacts, Kind, Mail, Reason, Sensitivity, by_confidence};
use crate::source;

/// What a job reads.
#[derive(Debug, PartialEq)]
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Bytes that a source already has.
    Bytes(Vec<u8>),
    /// A message on a server: its bytes are taken by `source::fetch` when its turn comes.
    Imap(source::imap::Message),
    /// Standard input, read to its end.
    Stdin,
    /// Something that could not even be opened: an unreadable folder, a device. It ends as an `item` record all the same.
    Failed(Fault),
}

/// One unit of work.
#[derive(Debug, PartialEq)]
pub struct Job {
    /// The name of its item.
    pub location: String,
    /// What to read.
    pub input: Input,
    /// What the source knows of a mail before it is read: the folder and its role, and the date by the file's name.
    pub mail: Option<Mail>,
    /// What the file system says, where the source has asked already.
    pub file: FileFacts,
    /// Bytes, where the source knows.
    pub size: Option<u64>,
    /// A folder or mailbox that is itself an item: nothing is read.
    pub container: Option<Cow<'static, str>>,
    /// Of a large container, the items inside it that are asked for. Its own item comes from a last job, which is a
    /// `container` that was told of by the others.
    pub range: Option<Range>,
    /// It was begun by a worker that died: where to go on.
    pub resume: Option<Resume>,
}

/// Some of the items inside a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The number of the first one, from 0.
    pub first: u32,
    /// The number of the one behind the last.
    pub end: u32,
    /// Where in the file the first one begins, in a container without an index; else 0.
    pub offset: u64,
}

impl Range {
    /// The item of this number is one of them.
    pub fn contains(&self, number: u32) -> bool {
        (self.first..self.end).contains(&number)
    }
}

/// Where to go on in a job that was begun before.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resume {
    /// The numbers of the children, from 0, that lead to the item at which to go on. Those before it are closed.
    pub at: Vec<u32>,
    /// Why that item is not to be read; without a reason it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What was told before of the items that lead to it, the job's own first, and of itself.
    pub told: Vec<Told>,
}

/// What was told of an item that is still open.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, Pack, Unpack)]
#[serde(default)]
pub struct Told {
    /// Its findings.
    #[serde(with = "by_confidence", skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    /// Those of its attachments.
    #[serde(with = "by_confidence", skip_serializing_if = "Counts::is_empty")]
    pub attached: Counts,
    /// Those of its own that were counted and not told.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub omitted: BTreeMap<String, u64>,
    /// The highest sensitivity of its findings.
    pub sensitivity: Sensitivity,
    /// How many items inside it are encrypted.
    pub encrypted: u64,
    /// Anything was told at all.
    pub read: bool,
    /// How many of its records were told since its last child; they are not to be told again.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// How many items were met inside it, where others were asked for them.
    #[serde(skip_serializing_if = "is_zero")]
    pub met: u64,
    /// The first part of it that could not be read, where others were asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<Fault>,
    /// What ended it, where others were asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Fault>,
}

impl Told {
    /// Adds what is told of the same item by whoever reads its next part.
    pub fn merge(&mut self, next: Self) {
        self.counts.merge(&next.counts);
        self.attached.merge(&next.attached);
        for (detector, n) in next.omitted {
            *self.omitted.entry(detector).or_default() += n;
        }
        self.sensitivity = self.sensitivity.max(next.sensitivity);
        self.encrypted += next.encrypted;
        self.read |= next.read;
        self.met = self.met.max(next.met);
        self.damage = self.damage.take().or(next.damage);
        self.ended = self.ended.take().or(next.ended);
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A job as it is written: one input, the rest optional.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<Mail>,
    #[serde(skip_serializing_if = "is_default")]
    file: FileFacts,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<(u32, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<Resume>,
}

fn is_default(file: &FileFacts) -> bool {
    *file == FileFacts::default()
}

impl Job {
    /// A job of a given name.
    pub fn new(location: String, input: Input) -> Self {
        let (mail, size, container, range, resume) = (None, None, None, None, None);
        Self { location, input, mail, file: FileFacts::default(), size, container, range, resume }
    }

    /// What its item is, before it is looked at.
    pub fn kind(&self) -> Kind {
        if self.container.is_some() { Kind::Container } else { Kind::Document }
    }

    /// The job as a line of JSON, its end included. Standard input cannot be sent: it is read where it is.
    pub fn line(&self) -> Vec<u8> {
        let mut line = Line {
            location: Some(self.location.clone()),
            mail: self.mail.clone(),
            file: self.file.clone(),
            size: self.size,
            container: self.container.as_deref().map(str::to_owned),
            range: self.range.map(|range| (range.first, range.end)),
            offset: self.range.map(|range| range.offset).filter(|offset| *offset > 0),
            resume: self.resume.clone(),
            ..Line::default()
        };
        match &self.input {
            Input::Path(path) if path.to_str().is_some() => line.path = Some(path.clone()),
            Input::Path(path) => line.path_bytes = Some(STANDARD.encode(path.as_os_str().as_encoded_bytes())),
            Input::Bytes(bytes) => line.bytes = Some(STANDARD.encode(bytes)),
            // Who takes it from the server sends bytes.
            Input::Imap(_) | Input::Stdin => {}
            Input::Failed(fault) => line.failed = Some(fault.clone()),
        }
        let mut line = serde_json::to_vec(&line).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Reads such a line. One that is none is a job that cannot be read.
    pub fn parse(line: &[u8]) -> Self {
        let wrong = |location: Option<String>| {
            let fault = Fault::corrupt("this line is no job");
            Self::new(location.unwrap_or_else(|| "-".to_owned()), Input::Failed(fault))
        };
        let Ok(line) = serde_json::from_slice::<Line>(line) else { return wrong(None) };
        let decode = |text: String| STANDARD.decode(text).ok();
        let named = |path: &Path| crate::source::name(path.as_os_str());
        let (input, name) = match line {
            Line { failed: Some(fault), .. } => (Some(Input::Failed(fault)), None),
            Line { path: Some(path), .. } => {
                let name = named(&path);
                (Some(Input::Path(path)), Some(name))
            }
            Line { path_bytes: Some(text), .. } => {
                let path = decode(text).and_then(path);
                let name = path.as_deref().map(named);
                (path.map(Input::Path), name)
            }
            Line { bytes: Some(text), .. } => (decode(text).map(Input::Bytes), Some("-".to_owned())),
            Line { container: Some(_), .. } => (Some(Input::Bytes(Vec::new())), None),
            _ => (None, None),
        };
        let (input, location) = match (input, line.location.or(name)) {
            (Some(input), Some(location)) => (input, location),
            (_, location) => return wrong(location),
        };
        Self {
            location,
            input,
            mail: line.mail,
            file: line.file,
            size: line.size,
            container: line.container.map(Cow::Owned),
            range: line.range.map(|(first, end)| Range { first, end, offset: line.offset.unwrap_or(0) }),
            resume: line.resume,
        }
    }
}

#[cfg(unix)]
fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

/// Elsewhere a path that is no text has no portable bytes.
#[cfg(not(unix))]
fn path(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_job_again() {
        let mut counts = Counts::default();
        counts.add("dk.cpr", 0.87);
        let told = Told { counts, read: true, encrypted: 2, ..Told::default() };
        let mut job = Job::new("løn/a b".to_owned(), Input::Path("løn/a b".into()));
        job.mail = Some(Mail { folder: Some("Indbakke".to_owned()), ..Mail::default() });
        job.file.owner = Some("anna".to_owned());
        job.size = Some(7);
        job.range = Some(Range { first: 3, end: 5, offset: 1 << 40 });
        job.resume = Some(Resume { at: vec![1, 2], reason: Some(Reason::Timeout), told: vec![told] });
        for input in [Input::Path("x".into()), Input::Bytes(vec![0, 255]), Input::Failed(Fault::corrupt("so"))] {
            job.input = input;
            assert_eq!(Job::parse(&job.line()), job);
        }
        let mut folder = Job::new("m".to_owned(), Input::Bytes(Vec::new()));
        folder.container = Some("maildir".into());
        assert_eq!(Job::parse(&folder.line()), folder);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_may_be_any_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let job = Job::new("l\\xf8n".to_owned(), Input::Path(std::ffi::OsStr::from_bytes(b"l\xf8n").into()));
        assert_eq!(Job::parse(&job.line()), job);
        assert_eq!(Job::parse(br#"{"path_bytes":"bPhu"}"#), job);
    }

    #[test]
    fn a_path_is_a_name_and_nonsense_is_told() {
        assert_eq!(Job::parse(br#"{"path":"a/b.zip"}"#).location, "a/b.zip");
        assert_eq!(Job::parse(br#"{"bytes":"AP8="}"#), Job::new("-".to_owned(), Input::Bytes(vec![0, 255])));
        assert_eq!(Job::parse(br#"{"location":"x"}"#).location, "x");
        for line in [&b"nonsense"[..], b"{}", b"\xff", br#"{"location":"x"}"#, br#"{"bytes":"?","location":"x"}"#] {
            assert!(matches!(Job::parse(line).input, Input::Failed(_)));
        }
    }
}
