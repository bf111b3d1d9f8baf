//! Files and folders.
//!
//! In: a path. Out: a job for each file, names sorted in each folder. Hidden files count and `.gitignore` does not: a
//! file share is no source tree. Symbolic links are not followed (but for one given as a source), and whatever is
//! neither file nor folder is never opened.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read, Seek};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use jiff::Timestamp;

use crate::extract::mailbox;
use crate::item::{Fault, Item, Mail, Reason, Role};
use crate::job::{Input, Job};
use crate::source::patient::{self, Patient};
use crate::source::walk::{Step, Walk};
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
    let meta = fs::metadata(path).ok()?;
    let (mut walk, mut sum) = (Walk::default(), 0u64);
    if meta.is_dir() {
        walk.enter(path.to_owned());
    } else {
        sum = meta.len();
    }
    while let Some(step) = walk.next() {
        let Step::Met(path, _, kind) = step else { continue };
        if kind.is_dir() {
            walk.enter(path);
        } else if kind.is_file() {
            sum = sum.saturating_add(fs::symlink_metadata(path).map_or(0, |meta| meta.len()));
        }
    }
    Some(sum)
}

/// A folder's walk.
struct Folder {
    walk: Walk,
    /// The source as given.
    name: String,
    /// What was entered and not left, the innermost last: what it is called, and what it says of mail.
    entered: Vec<(String, Option<Mail>)>,
    /// A mailbox that the walk came by.
    mailbox: Option<Jobs>,
}

impl Folder {
    /// The iterator borrows nothing: jobs are made while others run.
    fn walk(root: &Path, name: String) -> impl Iterator<Item = Job> + Send + use<> {
        let location = name.trim_end_matches('/').to_owned();
        let mut folder = Self { walk: Walk::default(), name, entered: Vec::new(), mailbox: None };
        folder.enter(root.to_owned(), location);
        std::iter::from_fn(move || folder.step())
    }

    /// The job of the next file, or of what can be no job and is told.
    fn step(&mut self) -> Option<Job> {
        loop {
            if let Some(mailbox) = &mut self.mailbox {
                match mailbox.next() {
                    Some(job) => return Some(job),
                    None => self.mailbox = None,
                }
            }
            match self.walk.next()? {
                Step::Left => drop(self.entered.pop()),
                Step::Failed(error) => return self.unreadable(&error),
                Step::Met(path, file_name, kind) => {
                    let (folder, mail) = self.entered.last()?;
                    let location = match file_name.to_str() {
                        Some(name) => [folder, "/", name].concat(),
                        None => [folder, "/", &name(&file_name)].concat(),
                    };
                    if kind.is_file() {
                        let mail = if folder.ends_with(".sbd") { self::mail(&location) } else { mail.clone() };
                        return Some(Job { mail, ..Job::new(location, Input::Path(path)) });
                    } else if !kind.is_dir() {
                        if let Some(job) = file(path, location, kind) {
                            return Some(job);
                        }
                    } else if maildir::is_maildir(&path) {
                        self.mailbox = Some(Box::new(maildir::jobs(&path, &location)));
                    } else {
                        self.enter(path, location);
                    }
                }
            }
        }
    }

    fn enter(&mut self, path: PathBuf, location: String) {
        // What is said of all files in it, but for those of Thunderbird, whose own names matter.
        let mail = mail(&[&location, "/"].concat());
        self.walk.enter(path);
        self.entered.push((location, mail));
    }

    fn unreadable(&self, error: &io::Error) -> Option<Job> {
        let path = self.walk.folder()?;
        let location = match self.entered.as_slice() {
            [_] => &self.name,
            [.., (location, _)] => location,
            [] => return None,
        };
        let fault = Fault::io(io::Error::from(error.kind()));
        let mut job = Job::new(location.clone(), Input::Failed(fault));
        job.container = path.is_dir().then(|| "folder".into());
        Some(job)
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
