//! Files and folders.
//!
//! In: a path. Out: a job for each file, names sorted in each folder. Hidden files count and `.gitignore` does not: a
//! file share is no source tree. Symbolic links are not followed (but for one given as a source), and whatever is
//! neither file nor folder is never opened.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read, Seek};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use ignore::{DirEntry, WalkBuilder};
use jiff::Timestamp;

use crate::extract::mailbox;
use crate::item::{Fault, Item, Mail, Reason, Role};
use crate::job::{Input, Job};
use crate::source::patient::{self, Patient};
use crate::source::{Jobs, maildir};

/// The jobs of a path that is there: one for a file, one for each file of a folder. `name` is what it is called.
pub fn jobs(path: &Path, name: String) -> Jobs {
    if !path.is_dir() {
        // A link given as a source is meant: what it leads to is read.
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let kind = fs::symlink_metadata(&real).map(|meta| meta.file_type());
        return Box::new(kind.map(|kind| file(real, name, kind)).into_iter().flatten());
    }
    if maildir::is_maildir(path) {
        return Box::new(maildir::jobs(path, &name));
    }
    Box::new(Folder::walk(path, name))
}

/// How many bytes lie in a file or below a folder. `None`: nothing is there.
pub fn bytes(path: &Path) -> Option<u64> {
    fs::metadata(path).ok()?;
    let files = WalkBuilder::new(path).standard_filters(false).follow_links(false).build().flatten();
    Some(files.filter_map(|entry| entry.metadata().ok()).filter(Metadata::is_file).map(|meta| meta.len()).sum())
}

/// A folder's walk, and the mailboxes that it passes by.
struct Folder {
    walk: ignore::Walk,
    mailboxes: Receiver<PathBuf>,
    root: PathBuf,
    name: String,
    /// The folder of the file before: most files lie in the same one.
    last: Last,
}

/// A folder that files were met in.
#[derive(Default)]
struct Last {
    path: PathBuf,
    location: String,
    /// What it says of mail.
    mail: Option<Mail>,
}

impl Folder {
    /// The iterator borrows nothing: jobs are made while others run.
    fn walk(root: &Path, name: String) -> impl Iterator<Item = Job> + Send + use<> {
        let (found, mailboxes) = channel();
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .follow_links(false)
            // Of the names in one folder, which is all that is compared: the same order as by name.
            .sort_by_file_path(|a, b| a.as_os_str().cmp(b.as_os_str()))
            .filter_entry(move |entry| {
                let mailbox = entry.file_type().is_some_and(|t| t.is_dir()) && maildir::is_maildir(entry.path());
                // Sent before the walk goes on to the next name, and taken before that: the order holds.
                !mailbox || found.send(entry.path().to_owned()).is_err()
            })
            .build();
        let mut folder = Self { walk, mailboxes, root: root.to_owned(), name, last: Default::default() };
        std::iter::from_fn(move || folder.step()).flatten()
    }

    /// What the next step of the walk brings; `None` at its end.
    fn step(&mut self) -> Option<Vec<Job>> {
        let next = self.walk.next();
        let mut jobs = Vec::new();
        while let Ok(mailbox) = self.mailboxes.try_recv() {
            jobs.extend(maildir::jobs(&mailbox, &self.location(&mailbox)));
        }
        match next {
            None if jobs.is_empty() => return None,
            None => {}
            Some(Ok(entry)) => jobs.extend(self.entry(entry)),
            Some(Err(error)) => jobs.push(self.unreadable(&error)),
        }
        Some(jobs)
    }

    fn entry(&mut self, entry: DirEntry) -> Option<Job> {
        let kind = entry.file_type()?;
        if !kind.is_file() {
            let location = self.location(entry.path());
            return file(entry.into_path(), location, kind);
        }
        let folder = entry.path().parent()?;
        // Compared as they are written: part by part it takes several times as long.
        if self.last.path.as_os_str() != folder.as_os_str() {
            let location = self.location(folder).trim_end_matches('/').to_owned();
            let mail = mail(&[&location, "/"].concat());
            self.last = Last { path: folder.to_owned(), location, mail };
        }
        let location = match entry.file_name().to_str() {
            Some(name) => [&self.last.location, "/", name].concat(),
            None => [&self.last.location, "/", &name(entry.file_name())].concat(),
        };
        let thunderbird = self.last.location.ends_with(".sbd");
        let mail = if thunderbird { mail(&location) } else { self.last.mail.clone() };
        Some(Job { mail, ..Job::new(location, Input::Path(entry.into_path())) })
    }

    fn unreadable(&self, error: &ignore::Error) -> Job {
        let path = path(error).unwrap_or(&self.root);
        let fault = error.io_error().map_or_else(
            || Fault::new(Reason::Unreadable, "reading it gave an error"),
            |error| Fault::io(io::Error::from(error.kind())),
        );
        let mut job = Job::new(self.location(path), Input::Failed(fault));
        job.container = path.is_dir().then(|| "folder".into());
        job
    }

    /// The source as given, and the way below it.
    fn location(&self, path: &Path) -> String {
        match path.strip_prefix(&self.root) {
            Ok(below) if !below.as_os_str().is_empty() => {
                let folder = self.name.trim_end_matches('/');
                match below.to_str() {
                    Some(below) if MAIN_SEPARATOR == '/' => [folder, "/", below].concat(),
                    _ => [folder, "/", &name(below.as_os_str())].concat(),
                }
            }
            _ => self.name.clone(),
        }
    }
}

/// The job of something in a folder; none for a folder (it is walked) and for a link (it is not followed).
fn file(path: PathBuf, location: String, kind: FileType) -> Option<Job> {
    if kind.is_file() {
        let mail = mail(&location);
        Some(Job { mail, ..Job::new(location, Input::Path(path)) })
    } else if kind.is_dir() || kind.is_symlink() {
        None
    } else {
        Some(Job::new(location, Input::Failed(special())))
    }
}

fn special() -> Fault {
    Fault::new(Reason::Special, "it is a device, a pipe or a socket, and never opened")
}

/// What the folders above a file would say of it, if it is a mail: `export/Indbakke/1.eml` lies in the inbox, and so do
/// the messages of Thunderbird's `Inbox.sbd/Tenants`, in a folder of the user's. `None` if none of them is a standard
/// folder's name.
fn mail(location: &str) -> Option<Mail> {
    let parts: Vec<&str> = location.split('/').collect();
    let (file, above) = parts.split_last()?;
    let thunderbird = above.last().is_some_and(|folder| folder.ends_with(".sbd"));
    let named = |name: &&&str| mailbox::role(&[name.trim_end_matches(".sbd")], false) != Role::User;
    let folders = above.iter().skip_while(|name| !named(name)).map(|name| name.trim_end_matches(".sbd"));
    let path: Vec<&str> = folders.chain(thunderbird.then_some(*file)).collect();
    let role = mailbox::role(&path, false);
    (path.len() > usize::from(thunderbird)).then(|| Mail {
        folder: Some(path.join("/")),
        role: Some(role),
        ..Mail::default()
    })
}

fn path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => self::path(err),
        _ => None,
    }
}

/// A path as part of a location: parts joined by `/`, and bytes that are not UTF-8 as `\xNN`.
pub fn name(path: &OsStr) -> String {
    let mut name = String::new();
    for chunk in path.as_encoded_bytes().utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            name.push_str(&format!("\\x{byte:02x}"));
        }
    }
    if MAIN_SEPARATOR == '/' { name } else { name.replace(MAIN_SEPARATOR, "/") }
}

/// Opens a file to read, and nothing else: what was put in its place meanwhile (a link, a pipe) is refused unharmed.
/// What only stands for a file that lies elsewhere, and would be fetched by opening it, is opened only to `fetch` it.
pub fn open(path: &Path, fetch: bool) -> Result<(File, Metadata), Fault> {
    if !fetch && is_away(path) {
        return Err(Fault::new(Reason::Away, "it lies elsewhere, and was not fetched"));
    }
    let file = patient::open(|| open_as_is(path)).map_err(Fault::io)?;
    let meta = file.metadata().map_err(Fault::io)?;
    if meta.is_file() { Ok((file, meta)) } else { Err(special()) }
}

/// A file that was opened, to be read on where reading it fails for a moment.
pub fn patient(file: File, path: &Path) -> impl Read + Seek + use<> {
    let path = path.to_owned();
    Patient::new(file, move || open_as_is(&path))
}

/// A placeholder of OneDrive or of a hierarchical storage: its bytes are recalled when it is opened or read.
/// <https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants>
#[cfg(windows)]
fn is_away(path: &Path) -> bool {
    use std::os::windows::fs::MetadataExt;
    const OFFLINE: u32 = 0x1000;
    const RECALL_ON_OPEN: u32 = 0x0004_0000;
    const RECALL_ON_DATA_ACCESS: u32 = 0x0040_0000;
    let away = OFFLINE | RECALL_ON_OPEN | RECALL_ON_DATA_ACCESS;
    fs::symlink_metadata(path).is_ok_and(|meta| meta.file_attributes() & away != 0)
}

/// A dataless file of iCloud or of a file provider (`SF_DATALESS` in sys/stat.h).
#[cfg(target_os = "macos")]
fn is_away(path: &Path) -> bool {
    use std::os::macos::fs::MetadataExt;
    fs::symlink_metadata(path).is_ok_and(|meta| meta.st_flags() & 0x4000_0000 != 0)
}

/// Elsewhere no file says so of itself: one without blocks on the disk may as well be sparse, or small and kept in its
/// inode.
#[cfg(not(any(windows, target_os = "macos")))]
fn is_away(_: &Path) -> bool {
    false
}

/// Which folder stands at each of these places, if one does: the same before and after a scan, or a share went away
/// meanwhile (the folder that it was mounted on stays behind, empty).
pub fn standing(places: &[OsString]) -> Vec<Option<(u64, u64)>> {
    let number = |meta: Metadata| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            (meta.dev(), meta.ino())
        }
        #[cfg(not(unix))]
        {
            let _ = meta;
            (0, 0)
        }
    };
    let folder = |place: &OsString| fs::metadata(place).ok().filter(Metadata::is_dir).map(number);
    places.iter().map(folder).collect()
}

/// The file at this path is the one that was read, and was written meanwhile. One that was put in its place was not
/// read at all.
pub fn was_changed(path: &Path, read: &Metadata) -> bool {
    let same = |now: &Metadata| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            // A number that became free may be given to what came in its place.
            (now.dev(), now.ino(), now.created().ok()) == (read.dev(), read.ino(), read.created().ok())
        }
        #[cfg(not(unix))]
        {
            now.is_file()
        }
    };
    fs::symlink_metadata(path)
        .is_ok_and(|now| same(&now) && (now.len() != read.len() || now.modified().ok() != read.modified().ok()))
}

#[cfg(unix)]
fn open_as_is(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    // Reading leaves no trace, where the system allows that: only to the file's owner.
    #[cfg(target_os = "linux")]
    if let Ok(file) = rustix::fs::open(path, flags | OFlags::NOATIME, Mode::empty()) {
        return Ok(file.into());
    }
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open_as_is(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// What the file system says of an item.
pub fn facts(path: &Path, meta: &Metadata, item: &mut Item) {
    item.size = Some(meta.len());
    item.file.file_modified = meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    item.file.modified = item.file.modified.or(item.file.file_modified);
    item.file.created = meta.created().ok().and_then(|at| Timestamp::try_from(at).ok());
    (item.file.owner, item.file.world_readable) = access(path, meta);
}

/// Whose a file is, where the system says so, and whether everybody can read it.
#[cfg(unix)]
pub fn access(path: &Path, meta: &Metadata) -> (Option<String>, bool) {
    use std::os::unix::fs::MetadataExt;
    (Some(owner(meta.uid())), meta.mode() & 0o004 != 0 && open_to_all(path))
}

/// Elsewhere nobody says.
#[cfg(not(unix))]
pub fn access(_: &Path, _: &Metadata) -> (Option<String>, bool) {
    (None, false)
}

/// A giant of holes: no compression of a file system keeps text so small.
#[cfg(unix)]
pub fn is_hollow(meta: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    meta.len() > 1 << 30 && meta.blocks().saturating_mul(512).saturating_mul(1000) < meta.len()
}

/// Elsewhere nobody says how much of a file is on the disk.
#[cfg(not(unix))]
pub fn is_hollow(_: &Metadata) -> bool {
    false
}

/// Every folder on the way to the file lets everybody through.
#[cfg(unix)]
fn open_to_all(path: &Path) -> bool {
    use std::cell::RefCell;
    use std::os::unix::fs::MetadataExt;
    thread_local! {
        /// The folder asked about last: most files have the same one as the file before.
        static LAST: RefCell<(PathBuf, bool)> = RefCell::default();
    }
    let folder = path.parent().unwrap_or(path);
    LAST.with_borrow_mut(|(last, open)| {
        // As bytes: comparing part by part takes longer than all the rest.
        if last.as_os_str() != folder.as_os_str() {
            let real = fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
            let passes = |way: &Path| fs::metadata(way).is_ok_and(|meta| meta.mode() & 0o001 != 0);
            *open = real.is_ok_and(|real| real.ancestors().all(passes));
            folder.clone_into(last);
        }
        *open
    })
}

/// An account's name, or its number where it has none.
#[cfg(unix)]
fn owner(id: u32) -> String {
    use std::collections::HashMap;
    use std::sync::OnceLock;
    static NAMES: OnceLock<HashMap<u32, String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let accounts = fs::read("/etc/passwd").unwrap_or_default();
        let accounts = String::from_utf8_lossy(&accounts);
        let account = |line: &str| {
            let mut fields = line.split(':');
            Some((fields.nth(1).and(fields.next())?.parse().ok()?, line.split(':').next()?.to_owned()))
        };
        accounts.lines().filter_map(account).collect()
    });
    names.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_went_away_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let share = folder.path().join("share");
        fs::create_dir(&share).unwrap();
        let places = [share.clone().into_os_string(), "-".into(), "imaps://anna@localhost/".into()];
        let before = standing(&places);
        assert!(before[0].is_some() && before[1..] == [None, None]);
        assert_eq!(standing(&places), before);
        fs::rename(&share, folder.path().join("gone")).unwrap();
        assert_ne!(standing(&places), before);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_are_spelt_out() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(name(OsStr::from_bytes(b"l\xf8n/\xe6.txt")), "l\\xf8n/\\xe6.txt");
        assert_eq!(name(OsStr::new("løn/æ.txt")), "løn/æ.txt");
    }

    #[test]
    fn folders_speak_for_mail() {
        let said = |location| mail(location).map(|mail| (mail.folder.unwrap(), mail.role.unwrap()));
        assert_eq!(said("export/anna/Indbakke/1.eml"), Some(("Indbakke".to_owned(), Role::Inbox)));
        assert_eq!(said("export/Indbakke/Sager/1.eml"), Some(("Indbakke/Sager".to_owned(), Role::User)));
        assert_eq!(said("erik/Archives.sbd/2024"), Some(("Archives/2024".to_owned(), Role::Archive)));
        assert_eq!(said("erik/Inbox.sbd/Lejere"), Some(("Inbox/Lejere".to_owned(), Role::User)));
        assert_eq!(said("erik/Inbox"), None, "an mbox is named by itself");
        assert_eq!(said("share/hr/1.eml"), None);
    }

    #[cfg(unix)]
    #[test]
    fn accounts_have_names() {
        assert_eq!(owner(0), "root");
        assert_eq!(owner(4_000_000_123), "4000000123");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_device_put_in_a_files_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        assert!(open(&link, false).is_err());
        assert_eq!(open(Path::new("/dev/null"), false).err().unwrap().reason, Reason::Special);
    }
}
