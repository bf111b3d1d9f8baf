//! Maildirs: a mailbox as a tree of folders, a file for each message.
//!
//! In: a directory. Out: whether it is one, and its jobs: messages folder by folder, whatever else lies there as
//! ordinary files, and last the mailbox itself. Two layouts are known: Maildir++ (`.Kunder.2024` beside the inbox's
//! own `cur` and `new`), and Dovecot's `LAYOUT=fs` (`Inbox/Kunder/cur`). Sources: <https://cr.yp.to/proto/maildir.html>,
//! the Maildir++ specification of the Courier mail server, Dovecot's manual.

use std::collections::VecDeque;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::extract::{self, Head, mailbox};
use crate::item::{Fault, FileFacts, INSIDE, Mail, Reason, Role};
use crate::job::{Input, Job};

/// Where a folder's messages lie: read, not yet looked at, and half delivered.
const BOXES: [&str; 3] = ["cur", "new", "tmp"];
/// How many names of a directory are looked at to tell whether they are messages.
const LOOKED_AT: usize = 20;

/// Is this directory a Maildir, or a tree of Maildir folders?
///
/// A tree without messages of its own is one if a folder directly in it has a standard name: a directory that holds
/// the mailboxes of many people is none.
pub fn is_maildir(dir: &Path) -> bool {
    is_folder(dir)
        || fs::read_dir(dir).is_ok_and(|entries| {
            entries.flatten().filter(is_dir).any(|entry| {
                let (folder, flat) = folder_of(&name_of(&entry));
                let role = mailbox::role(&folder.iter().map(String::as_str).collect::<Vec<_>>(), flat);
                !matches!(role, Role::User | Role::Archive) && is_folder(&entry.path())
            })
        })
}

/// Holds `cur`, `new` and `tmp`; or one of the first two with messages in it, because backups lose empty directories.
fn is_folder(dir: &Path) -> bool {
    BOXES.iter().all(|name| dir.join(name).is_dir()) || BOXES.iter().take(2).any(|name| holds_mail(&dir.join(name)))
}

fn holds_mail(dir: &Path) -> bool {
    let Ok(entries) = fs::read_dir(dir) else { return false };
    entries.flatten().take(LOOKED_AT).any(|entry| {
        let name = name_of(&entry);
        (mailbox::maildir_date(&name).is_some() || unflagged(&name).len() < name.len())
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && begins_as_mail(&entry.path())
    })
}

fn begins_as_mail(path: &Path) -> bool {
    let head = super::open(path, false).and_then(|(file, _)| {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, extract::HEAD as u64), &mut bytes).map_err(Fault::io)?;
        Ok(bytes)
    });
    head.is_ok_and(|bytes| {
        extract::sniff(&Head::new("", &bytes)).is_some_and(|format| matches!(format.name, "eml" | "mbox"))
    })
}

/// The jobs of a Maildir at `dir`, which is called `location`: the messages of its own folder (INBOX), then those of
/// the folders in it by name, then the mailbox itself. One folder at a time is listed.
pub fn jobs(dir: &Path, location: &str) -> impl Iterator<Item = Job> + use<> {
    let root = Folder { dir: dir.to_owned(), path: Vec::new(), rest: String::new(), flat: false };
    Walk { location: location.to_owned(), folders: vec![root], ready: VecDeque::new(), done: false }
}

/// A directory that is still to be visited.
struct Folder {
    dir: PathBuf,
    /// The names on the way to it, decoded.
    path: Vec<String>,
    /// The same as they are on the disk.
    rest: String,
    /// It is a Maildir++ folder: its place in the tree says nothing.
    flat: bool,
}

struct Walk {
    location: String,
    /// What is still to be visited, the next one last.
    folders: Vec<Folder>,
    ready: VecDeque<Job>,
    done: bool,
}

impl Iterator for Walk {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        loop {
            if let Some(job) = self.ready.pop_front() {
                return Some(job);
            }
            if let Some(folder) = self.folders.pop() {
                self.visit(&folder);
            } else if self.done {
                return None;
            } else {
                self.done = true;
                let mut job = Job::new(self.location.clone(), Input::Bytes(Vec::new()));
                job.container = Some("maildir".into());
                return Some(job);
            }
        }
    }
}

impl Walk {
    fn visit(&mut self, folder: &Folder) {
        let root = folder.path.is_empty();
        let name = if root { "INBOX".to_owned() } else { readable(&folder.path.join("/")) };
        let entries = match entries(&folder.dir) {
            Ok(entries) => entries,
            Err(error) => {
                let location = format!("{}{INSIDE}{name}", self.location);
                self.ready.push_back(Job::new(location, Input::Failed(Fault::io(error))));
                return;
            }
        };
        let parts: Vec<&str> = if root { vec!["INBOX"] } else { folder.path.iter().map(String::as_str).collect() };
        let role = mailbox::role(&parts, folder.flat);
        let mail = Mail { folder: Some(name), role: Some(role), ..Mail::default() };

        let (directories, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_dir);
        let (boxes, folders): (Vec<_>, Vec<_>) =
            directories.into_iter().partition(|entry| BOXES.contains(&name_of(entry).as_str()));
        self.messages(&boxes, &mail, &folder.rest);
        files.iter().for_each(|entry| self.file(&folder.rest, entry));
        let mut folders: Vec<Folder> = folders
            .iter()
            .map(|entry| {
                let on_disk = name_of(entry);
                let (below, flat) = folder_of(&on_disk);
                Folder {
                    dir: entry.path(),
                    path: folder.path.iter().cloned().chain(below).collect(),
                    rest: format!("{}{}/", folder.rest, readable(&on_disk)),
                    flat: flat || folder.flat,
                }
            })
            .collect();
        folders.sort_by(|a, b| b.path.cmp(&a.path).then_with(|| b.rest.cmp(&a.rest)));
        self.folders.append(&mut folders);
    }

    /// The messages of one folder, those of `cur`, `new` and `tmp` together, by name.
    fn messages(&mut self, boxes: &[DirEntry], mail: &Mail, rest: &str) {
        let folder = mail.folder.as_deref().unwrap_or_default();
        let (mut messages, mut others) = (Vec::new(), Vec::new());
        for dir in boxes {
            match entries(&dir.path()) {
                Ok(entries) => {
                    for entry in entries {
                        // A message's name does not begin with a dot (cr.yp.to).
                        match name_of(&entry) {
                            name if name.starts_with('.') => others.push((name_of(dir), entry)),
                            name => messages.push((readable(unflagged(&name)), entry)),
                        }
                    }
                }
                Err(error) => {
                    let location = format!("{}{INSIDE}{folder}/{}", self.location, name_of(dir));
                    self.ready.push_back(Job::new(location, Input::Failed(Fault::io(error))));
                }
            }
        }
        messages.sort_by(|a, b| (&a.0, a.1.path()).cmp(&(&b.0, b.1.path())));
        let mut before = (String::new(), 1);
        for (name, entry) in messages {
            let times = if before.0 == name { before.1 + 1 } else { 1 };
            let number = if times > 1 { format!("#{times}") } else { String::new() };
            let mut job = job(format!("{}{INSIDE}{folder}/{name}{number}", self.location), &entry);
            let received = mailbox::maildir_date(&name).or_else(|| modified(&entry));
            let on_disk = name_of(&entry);
            // What is in `new`, or was never given flags, nobody has opened.
            let flags = on_disk.get(unflagged(&on_disk).len()..).unwrap_or_default();
            let (read, draft) = (Some(flags.contains('S')), flags.contains('D'));
            job.mail = Some(Mail { received, read, draft, ..mail.clone() });
            self.ready.push_back(job);
            before = (name, times);
        }
        for (dir, entry) in others {
            self.file(&format!("{rest}{dir}/"), &entry);
        }
    }

    /// A file that is no message: an index, a list of subscriptions. Its location is its path.
    fn file(&mut self, rest: &str, entry: &DirEntry) {
        let mut job = job(format!("{}/{rest}{}", self.location, readable(&name_of(entry))), entry);
        job.file = FileFacts::default();
        self.ready.push_back(job);
    }
}

/// A file as a job; what is no file is not opened.
fn job(location: String, entry: &DirEntry) -> Job {
    let path = entry.path();
    let facts = FileFacts { path: Some(readable(&path.to_string_lossy())), ..FileFacts::default() };
    let input = match entry.file_type() {
        Ok(kind) if kind.is_file() => Input::Path(path),
        Ok(_) => Input::Failed(Fault::new(Reason::Special, "it is not a file")),
        Err(error) => Input::Failed(Fault::io(error)),
    };
    let mut job = Job::new(location, input);
    job.file = facts;
    job
}

fn modified(entry: &DirEntry) -> Option<jiff::Timestamp> {
    entry.metadata().ok()?.modified().ok()?.try_into().ok()
}

/// The names that a directory's name stands for, and whether it is a Maildir++ folder.
fn folder_of(directory: &str) -> (Vec<String>, bool) {
    match directory.strip_prefix('.') {
        Some(_) => (mailbox::maildir_folder(directory), true),
        None => (vec![mailbox::modified_utf7(directory)], false),
    }
}

/// A message's name without its flags. File systems of Windows do not allow the colon.
fn unflagged(name: &str) -> &str {
    [":2,", "!2,", ";2,"].iter().find_map(|info| name.rsplit_once(info)).map_or(name, |(name, _)| name)
}

/// A name as part of a location: one line, without what a terminal would obey.
fn readable(name: &str) -> String {
    name.replace(char::is_control, "\u{FFFD}")
}

fn name_of(entry: &DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

/// A directory, and not a link to one.
fn is_dir(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn entries(dir: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: a@x.dk\nDate: Sat, 20 Nov 2021 10:00:00 +0100\n\nhej\n";

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, MAIL).unwrap();
        }
        dir
    }

    fn told(dir: &Path) -> Vec<(String, Option<Role>)> {
        jobs(dir, "mail/anna").map(|job| (job.location, job.mail.and_then(|mail| mail.role))).collect()
    }

    fn expected(jobs: &[(&str, Option<Role>)]) -> Vec<(String, Option<Role>)> {
        jobs.iter().map(|(location, role)| ((*location).to_owned(), *role)).collect()
    }

    #[test]
    fn maildir_plus_plus_is_walked_folder_by_folder() {
        let dir = tree(&[
            "cur/1700000001.M2P1.host:2,S",
            "new/1700000000.M1P1.host",
            "cur/1700000000.M1P1.host!2,RS",
            "cur/.gitkeep",
            ".U&APg-nsket mail/cur/1700000002.x",
            ".Sent.2024/new/1700000003.x",
            ".INBOX.Sent/cur/1700000004.x;2,",
            "dovecot-uidlist",
            ".Kunder/maildirfolder",
        ]);
        assert!(is_maildir(dir.path()));
        assert_eq!(
            told(dir.path()),
            expected(&[
                ("mail/anna!/INBOX/1700000000.M1P1.host", Some(Role::Inbox)),
                ("mail/anna!/INBOX/1700000000.M1P1.host#2", Some(Role::Inbox)),
                ("mail/anna!/INBOX/1700000001.M2P1.host", Some(Role::Inbox)),
                ("mail/anna/cur/.gitkeep", None),
                ("mail/anna/dovecot-uidlist", None),
                ("mail/anna!/INBOX/Sent/1700000004.x", Some(Role::Sent)),
                ("mail/anna/.Kunder/maildirfolder", None),
                ("mail/anna!/Sent/2024/1700000003.x", Some(Role::User)),
                ("mail/anna!/Uønsket mail/1700000002.x", Some(Role::Junk)),
                ("mail/anna", None),
            ])
        );
    }

    #[test]
    fn a_tree_of_folders_is_one_mailbox() {
        let dir = tree(&[
            "cecilia/Inkorgen/cur/1700000000.a",
            "cecilia/Inkorgen/Hyresg&AOQ-ster/cur/1700000001.b",
            "cecilia/Utkorgen/new/1700000002.c",
            "bent/cur/1700000003.d",
        ]);
        assert!(!is_maildir(dir.path()), "a directory of mailboxes is none");
        assert!(is_maildir(&dir.path().join("bent")));
        let cecilia = dir.path().join("cecilia");
        assert!(is_maildir(&cecilia));
        assert_eq!(
            told(&cecilia),
            expected(&[
                ("mail/anna!/Inkorgen/1700000000.a", Some(Role::Inbox)),
                ("mail/anna!/Inkorgen/Hyresgäster/1700000001.b", Some(Role::User)),
                ("mail/anna!/Utkorgen/1700000002.c", Some(Role::Outbox)),
                ("mail/anna", None),
            ])
        );
    }

    #[test]
    fn a_message_brings_its_folder_its_date_and_its_file() {
        let dir = tree(&["cur/1700000000.M1P1.host:2,S", "new/nameless"]);
        let jobs: Vec<Job> = jobs(dir.path(), "m").collect();
        let [first, second, container] = jobs.as_slice() else { panic!("{jobs:?}") };
        let mail = first.mail.as_ref().unwrap();
        assert_eq!(mail.received, Some("2023-11-14T22:13:20Z".parse().unwrap()));
        assert_eq!(mail.folder.as_deref(), Some("INBOX"));
        assert!(first.file.path.as_ref().unwrap().ends_with("cur/1700000000.M1P1.host:2,S"));
        assert!(second.mail.as_ref().unwrap().received.is_some(), "the file's own time");
        assert_eq!((container.location.as_str(), container.container.as_deref()), ("m", Some("maildir")));
    }

    #[test]
    fn pictures_in_a_directory_called_new_are_no_mail() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("new")).unwrap();
        fs::write(dir.path().join("new/1588291200.jpg"), b"\xFF\xD8\xFF\xE0").unwrap();
        assert!(!is_maildir(dir.path()));
        assert!(!is_maildir(&dir.path().join("missing")));
    }
}
