//! A document that is a ZIP of parts: Office Open XML (OPC) and OpenDocument.
//!
//! In: an open archive. Out: its XML parts, swept one by one, and the files embedded in it as children. Remembers what
//! was read, so that nothing is read twice and the rest can be found. Source: ECMA-376 part 2 (relationships).

use std::collections::BTreeMap;
use std::io::Read;

use zip::{CompressionMethod, ZipArchive};

use crate::budget::Metered;
use crate::extract::markup::{self, Known, Node};
use crate::extract::{Child, Content, Out, ReadSeek, zip as archive};
use crate::item::{Fault, Kind, Reason};

/// An open package.
pub struct Package<'a> {
    zip: ZipArchive<Box<dyn ReadSeek + 'a>>,
    /// By name in lower case: the name as written, its number, and whether it was read.
    parts: BTreeMap<String, Part>,
}

struct Part {
    name: String,
    index: usize,
    read: bool,
}

/// What one part says of another.
pub struct Relation {
    /// By which the part refers to it.
    pub id: String,
    /// The last word of its type: `slide`, `hyperlink`, …
    pub kind: String,
    /// The other part's name, or an address outside.
    pub target: String,
    /// It lies outside.
    pub external: bool,
}

impl<'a> Package<'a> {
    /// Opens one.
    pub fn open(reader: Box<dyn ReadSeek + 'a>) -> Result<Self, Fault> {
        let zip = ZipArchive::new(reader).map_err(|error| archive::fault(&error))?;
        let parts = zip.file_names_raw().map(archive::name).enumerate();
        let parts = parts.filter(|(_, name)| !name.ends_with('/')).map(|(index, name)| {
            let name = name.trim_start_matches('/').to_owned();
            (name.to_lowercase(), Part { name, index, read: false })
        });
        Ok(Self { parts: parts.collect(), zip })
    }

    /// There is such a part.
    pub fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&key(name))
    }

    /// There is such a part, and it was not read yet.
    pub fn is_unread(&self, name: &str) -> bool {
        self.parts.get(&key(name)).is_some_and(|part| !part.read)
    }

    /// The names of parts that were not read yet, sorted, with numbers in their order.
    pub fn unread(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.parts.values().filter(|part| !part.read).map(|part| part.name.clone()).collect();
        names.sort_by_cached_key(|name| natural(name));
        names
    }

    /// The names of all parts.
    pub fn names(&self) -> Vec<String> {
        self.parts.values().map(|part| part.name.clone()).collect()
    }

    /// Passes over a part.
    pub fn pass(&mut self, name: &str) {
        self.index(name);
    }

    fn index(&mut self, name: &str) -> Option<usize> {
        let part = self.parts.get_mut(&key(name))?;
        part.read = true;
        Some(part.index)
    }

    /// Reads a part as XML, if there is such a part. What cannot be read in it is damage.
    pub fn sweep(
        &mut self,
        name: &str,
        out: &mut Out<'_>,
        on: &mut dyn FnMut(Node<'_>, &mut Out<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.sweep_known(name, out, None, on)
    }

    /// The same, where much of it is written in one way.
    pub fn sweep_known(
        &mut self,
        name: &str,
        out: &mut Out<'_>,
        known: Option<Known<'_>>,
        on: &mut dyn FnMut(Node<'_>, &mut Out<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Some(index) = self.index(name) else {
            return Ok(());
        };
        match self.zip.by_index(index) {
            Ok(file) => markup::sweep(Metered::new(file, out.budget()), out, known, on),
            Err(error) => out.damage(archive::fault(&error)),
        }
    }

    /// A part as it is, empty if there is none. What cannot be unpacked of it is damage.
    pub fn bytes(&mut self, name: &str, out: &mut Out<'_>) -> Result<Vec<u8>, Fault> {
        let (mut bytes, limit) = (Vec::new(), out.budget().limits().whole);
        let Some(index) = self.index(name) else { return Ok(bytes) };
        match self.zip.by_index(index) {
            Ok(file) => {
                let read = Metered::new(file, out.budget()).take(limit).read_to_end(&mut bytes);
                read.map_err(Fault::io).map(drop).or_else(|fault| out.damage(fault))?;
            }
            Err(error) => out.damage(archive::fault(&error))?,
        }
        Ok(bytes)
    }

    /// Unpacks a part to nowhere, to know that a library may unpack it into memory.
    pub fn weigh(&mut self, name: &str, out: &mut Out<'_>) -> Result<(), Fault> {
        let limit = out.budget().limits().whole;
        if let Some(index) = self.index(name)
            && let Ok(file) = self.zip.by_index(index)
        {
            let mut read = Metered::new(file, out.budget()).take(limit.saturating_add(1));
            if std::io::copy(&mut read, &mut std::io::sink()).map_err(Fault::io)? > limit {
                return Err(Fault::new(Reason::TooLarge, "a part of it is larger than the limit"));
            }
        }
        Ok(())
    }

    /// What a part refers to; the empty name is the package.
    pub fn relations(&mut self, part: &str, out: &mut Out<'_>) -> Result<Vec<Relation>, Fault> {
        let (folder, file) = part.rsplit_once('/').map_or(("", part), |(folder, file)| (folder, file));
        let slash = if folder.is_empty() { "" } else { "/" };
        let mut relations = Vec::new();
        self.sweep(&format!("{folder}{slash}_rels/{file}.rels"), out, &mut |node, _| {
            if let Node::Open(tag) = node
                && tag.name() == "Relationship"
            {
                let get = |name| tag.get(name).unwrap_or_default().into_owned();
                let external = get("TargetMode").eq_ignore_ascii_case("external");
                let target = get("Target");
                relations.push(Relation {
                    id: get("Id"),
                    kind: get("Type").rsplit('/').next().unwrap_or_default().to_owned(),
                    target: if external { target } else { resolve(folder, &target) },
                    external,
                });
            }
            Ok(())
        })?;
        Ok(relations)
    }

    /// Hands over the parts that are files of their own.
    pub fn children(&mut self, names: &[String], out: &mut Out<'_>) -> Result<(), Fault> {
        for name in names {
            let Some(index) = self.index(name) else { continue };
            let stored = archive::is_picture(name)
                && self.zip.by_index(index).is_ok_and(|file| file.compression() == CompressionMethod::Stored);
            let content = match stored {
                true => self.zip.by_index_seek(index).map(Content::stretch),
                false => self.zip.by_index(index).map(Content::stream),
            };
            let content = content.map_err(|error| archive::fault(&error));
            out.child(Child { content, ..Child::new(name, Kind::Document, Content::bytes(&[][..])) })?;
        }
        Ok(())
    }
}

fn key(name: &str) -> String {
    name.trim_start_matches('/').to_lowercase()
}

/// `slide10` after `slide9`.
fn natural(name: &str) -> (String, u64, String) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let base = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = stem.get(base.len()..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (base.to_owned(), number, name.to_owned())
}

/// A target as seen from a folder.
fn resolve(folder: &str, target: &str) -> String {
    let from = if target.starts_with('/') { "" } else { folder };
    let mut path: Vec<&str> = Vec::new();
    for step in from.split('/').chain(target.split(['/', '\\'])) {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

/// A document whose parts are encrypted.
pub fn locked() -> Fault {
    Fault::new(Reason::Encrypted, "it asks for a password")
}
