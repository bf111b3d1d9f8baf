//! `--state`: what was scanned before, so that the next run reads only what is new or changed.
//!
//! In: jobs. Out: the records of those that were not changed, judged again by today's date and policy; the others are
//! read and remembered. The file is SQLite, owner-only, and holds no personal data: findings masked, fingerprints
//! keyed, of addresses the domains. Deliberately elsewhere: reading (`engine`), and judging (`scan::judge`).

use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use borsh::{BorshDeserialize, BorshSerialize};
use rusqlite::{Connection, OptionalExtension, ffi};

use crate::cli::{Options, UsageError};
use crate::engine::Emit;
use crate::item::{Facts, Item, Mark, Reason};
use crate::job::{Input, Job, Told};
use crate::patterns::{self, Mistake};
use crate::record::{Again, Record};
use crate::scan::{self, Context};
use crate::source::{self, Met};

/// Marks a database as ours ("SPOR").
const APPLICATION: i32 = 0x5350_4F52;
/// So much is written at once: more is lost to a power cut, less is slow.
const AT_ONCE: (usize, Duration) = (1000, Duration::from_secs(1));
/// Records of one job beyond this are not kept: it is read again.
const RECORDS: usize = 64 << 20;

const SCHEMA: &str = "
    PRAGMA page_size = 16384;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA secure_delete = ON;
    PRAGMA cache_size = -65536;
    CREATE TABLE IF NOT EXISTS made_with (options BLOB NOT NULL);";

/// Jobs lie in the order in which they were done, which is that of the walk: so they are read again from one page to
/// the next.
const JOBS: &str = "
    DROP TABLE IF EXISTS job;
    CREATE TABLE job (n INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, stamp BLOB NOT NULL, sum INTEGER NOT NULL, records BLOB NOT NULL);
    DELETE FROM made_with;";

/// What is remembered.
pub struct Store {
    name: String,
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    connection: Connection,
    /// What is not written yet, and since when.
    waiting: Vec<(Stamp, Vec<u8>)>,
    since: Instant,
    met: HashSet<i64>,
    broken: bool,
}

impl Store {
    /// Opens what is remembered, or begins. What was found otherwise than with these options is forgotten.
    pub fn open(path: &Path, options: &Options) -> Result<Self, UsageError> {
        let name = path.display().to_string();
        let wrong = |what: &str| UsageError(format!("{name}: {what}"));
        create(path).map_err(|error| wrong(&format!("the state cannot be written: {}", error.kind())))?;
        let options = made_with(options)?;
        let connection = prepare(path, &options).map_err(|error| match error.sqlite_error_code() {
            Some(ffi::ErrorCode::DatabaseBusy) => wrong("another run uses this state"),
            Some(ffi::ErrorCode::NotADatabase) => wrong("this is no state of a scan"),
            Some(ffi::ErrorCode::ApiMisuse) | None => wrong("this is no state of a scan"),
            _ => wrong("the state cannot be read"),
        })?;
        let inner =
            Inner { connection, waiting: Vec::new(), since: Instant::now(), met: HashSet::new(), broken: false };
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self { name, path, inner: Mutex::new(inner) })
    }

    /// This job would read the state itself.
    pub fn is_read_by(&self, job: &Job) -> bool {
        let Input::Path(path) = &job.input else { return false };
        let own = self.path.file_name().unwrap_or_default().as_encoded_bytes();
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(own))
            && path.parent().and_then(|folder| folder_of(folder).canonicalize().ok()).as_deref() == self.path.parent()
            && ["", "-wal", "-shm", "-journal"].iter().any(|end| {
                let name = path.file_name().map(OsStr::as_encoded_bytes);
                name.and_then(|name| name.strip_prefix(own)) == Some(end.as_bytes())
            })
    }

    /// Does jobs: tells what is remembered of those that were not changed, and has `read` do the others.
    /// `whole`: findings that can be told as they were told before may come as [`Record::Again`].
    pub fn run(&self, jobs: Vec<Met>, ctx: &Context, whole: bool, read: &dyn Fn(Vec<Job>, Emit<'_>), emit: Emit<'_>) {
        let stamps: Vec<Option<Stamp>> = jobs.iter().map(Stamp::of).collect();
        let remembered = self.inner().recall_all(&stamps);
        let (mut unknown, mut unknown_stamps) = (Vec::new(), VecDeque::new());
        for ((met, stamp), records) in jobs.into_iter().zip(stamps).zip(remembered) {
            if let Some(records) = records.and_then(|records| parse(&records)) {
                self.learn(mem::take(&mut unknown), mem::take(&mut unknown_stamps), read, emit);
                tell(records, ctx, whole, emit);
            } else {
                unknown.push(met.job);
                unknown_stamps.push_back(stamp);
            }
        }
        self.learn(unknown, unknown_stamps, read, emit);
    }

    /// Has jobs read, and remembers what came of it.
    fn learn(
        &self,
        jobs: Vec<Job>,
        mut stamps: VecDeque<Option<Stamp>>,
        read: &dyn Fn(Vec<Job>, Emit<'_>),
        emit: Emit<'_>,
    ) {
        if jobs.is_empty() {
            return;
        }
        let (mut records, mut keep, mut facts, mut found) = (Vec::new(), true, Facts::default(), Again::default());
        read(jobs, &mut |record, own| {
            let record = match record {
                Record::Facts(told) => {
                    facts = told;
                    return;
                }
                record => record,
            };
            match &record {
                Record::Item(item) => keep &= item.reason.is_none_or(lasts),
                Record::Part { told, .. } => {
                    keep &= [&told.damage, &told.ended].into_iter().flatten().all(|fault| lasts(fault.reason));
                }
                _ => {}
            }
            if records.len() + found.lines.len() < RECORDS {
                keep &= remember(&record, &mut facts, &mut found, &mut records).is_ok();
            }
            if own {
                let records = mem::take(&mut records);
                let stamp = stamps.pop_front().flatten();
                let kept = mem::replace(&mut keep, true) && records.len() < RECORDS;
                if let Some(stamp) = stamp.filter(|stamp| kept && stamp.holds()) {
                    self.inner().remember(stamp, records);
                }
            }
            emit(record, own);
        });
    }

    /// Writes what waits. After a run that met all there is, what was not met is forgotten: it is there no more. Where nothing was met,
    /// nothing is: a share that is not mounted is an empty folder.
    pub fn finish(self, all: bool) -> Result<(), UsageError> {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner.finish(all).map_err(|_| {
            UsageError(format!(
                "{}: the state could not be written: the next run will read more than is new",
                self.name
            ))
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What is remembered of these jobs, if they are what they were.
    fn recall_all(&mut self, stamps: &[Option<Stamp>]) -> Vec<Option<Vec<u8>>> {
        self.met.extend(stamps.iter().flatten().map(|stamp| stamp.id));
        // One look into the file for all of them.
        let Ok(reading) = self.connection.transaction() else { return stamps.iter().map(|_| None).collect() };
        let query = reading.prepare_cached("SELECT stamp, records, sum FROM job WHERE id = ?");
        let Ok(mut query) = query else { return stamps.iter().map(|_| None).collect() };
        let mut recall = |stamp: &Stamp| {
            let row = query.query_row([stamp.id], |row| {
                let (state, records) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
                let whole = state == stamp.state && row.get_ref(2)?.as_i64()? == sum(state, records);
                Ok(whole.then(|| records.to_vec()))
            });
            row.optional().ok()??
        };
        stamps.iter().map(|stamp| recall(stamp.as_ref()?)).collect()
    }

    fn remember(&mut self, stamp: Stamp, records: Vec<u8>) {
        if self.waiting.is_empty() {
            self.since = Instant::now();
        }
        self.waiting.push((stamp, records));
        if self.waiting.len() >= AT_ONCE.0 || self.since.elapsed() > AT_ONCE.1 {
            self.broken |= self.write().is_err();
        }
    }

    fn write(&mut self) -> rusqlite::Result<()> {
        let waiting = mem::take(&mut self.waiting);
        let transaction = self.connection.transaction()?;
        for (stamp, records) in &waiting {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO job (id, stamp, sum, records) VALUES (?, ?, ?, ?)")?
                .execute((stamp.id, &stamp.state, sum(&stamp.state, records), records))?;
        }
        transaction.commit()
    }

    fn finish(mut self, all: bool) -> rusqlite::Result<()> {
        self.write()?;
        if all && !self.met.is_empty() {
            let transaction = self.connection.transaction()?;
            let mut gone = Vec::new();
            {
                let mut all = transaction.prepare("SELECT id FROM job")?;
                let mut rows = all.query([])?;
                while let Some(row) = rows.next()? {
                    let id: i64 = row.get(0)?;
                    if !self.met.contains(&id) {
                        gone.push(id);
                    }
                }
            }
            for id in gone {
                transaction.prepare_cached("DELETE FROM job WHERE id = ?")?.execute([id])?;
            }
            transaction.commit()?;
        }
        if self.broken { Err(rusqlite::Error::InvalidQuery) } else { Ok(()) }
    }
}

/// What power cuts and disks did to a row is seen by its sum: SQLite takes what it reads for what was written.
fn sum(state: &[u8], records: &[u8]) -> i64 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(state);
    sum.update(records);
    sum.finalize().into()
}

/// Records as they are remembered.
#[derive(BorshSerialize, BorshDeserialize)]
enum Kept {
    Found(Again),
    Item(Box<Item>),
    Part(String, Box<Told>),
}

/// Takes a record into those that are remembered. `facts`: what was told of the item before it; they hold no addresses,
/// and take the place of those that it has. `found`: the findings that were told since the last record of another kind.
fn remember(record: &Record, facts: &mut Facts, found: &mut Again, records: &mut Vec<u8>) -> std::io::Result<()> {
    let kept = match record {
        Record::Finding(finding) => return found.add(finding),
        Record::Item(item) => {
            let mut item = Box::new(item.clone());
            mem::take(facts).restore(&mut item);
            Kept::Item(item)
        }
        Record::Part { location, told } => Kept::Part(location.clone(), told.clone()),
        _ => return Ok(()),
    };
    let found = mem::take(found);
    if !found.found.is_empty() {
        Kept::Found(found).serialize(records)?;
    }
    kept.serialize(records)
}

fn parse(mut records: &[u8]) -> Option<Vec<Kept>> {
    let mut kept = Vec::new();
    while !records.is_empty() {
        kept.push(Kept::deserialize(&mut records).ok()?);
    }
    Some(kept)
}

/// Tells what is remembered of a job, judged by today's date and policy.
fn tell(records: Vec<Kept>, ctx: &Context, whole: bool, emit: Emit<'_>) {
    let last = records.len().saturating_sub(1);
    for (n, kept) in records.into_iter().enumerate() {
        match kept {
            Kept::Found(found) => {
                let held = |(detector, then, _): &(String, _, u64)| ctx.sensitivity(detector) == *then;
                if whole && found.found.iter().all(held) {
                    emit(Record::Again(found), false);
                    continue;
                }
                for mut finding in found.findings().flatten() {
                    finding.sensitivity = ctx.sensitivity(&finding.detector);
                    emit(Record::Finding(finding), false);
                }
            }
            Kept::Item(mut item) => {
                restore(&mut item, ctx);
                let item = scan::judge(*item, ctx, &mut |record| emit(record, false));
                emit(Record::Item(item), n == last);
            }
            Kept::Part(location, told) => emit(Record::Part { location, told }, n == last),
        }
    }
}

/// What policies say of an item before they judge it.
fn restore(item: &mut Item, ctx: &Context) {
    item.sensitivity = item.counts.totals().map(|(detector, _)| ctx.sensitivity(detector)).max().unwrap_or_default();
    item.marks.retain(|mark| *mark != Mark::Restricted);
    item.marks.extend(ctx.policies.restrict(&item.location).then_some(Mark::Restricted));
}

/// An item that ended for this reason would end so again. What the system, the network or a limit of time had to do
/// with may be otherwise the next time.
fn lasts(reason: Reason) -> bool {
    use Reason::{Bomb, Corrupt, Encrypted, Special, TooDeep, TooLarge, Unsupported};
    matches!(reason, Bomb | Corrupt | Encrypted | Special | TooDeep | TooLarge | Unsupported)
}

/// What a job was when it was read: as it was asked for, and as the file system had it.
struct Stamp {
    id: i64,
    state: Vec<u8>,
    /// Where the file is; none: it is no file.
    path: Option<PathBuf>,
    asked: [u8; 32],
}

impl Stamp {
    /// `None`: what cannot be remembered.
    fn of(met: &Met) -> Option<Self> {
        let Job { location, input, mail, file, size, container, range, resume: _ } = &met.job;
        let mut asked = borsh::to_vec(&(location, mail, file, size, container)).ok()?;
        let mut path = None;
        match input {
            Input::Path(of) => {
                asked.extend_from_slice(of.as_os_str().as_encoded_bytes());
                path = Some(of.clone());
            }
            // A message never changes, and what its flags say is part of what was asked.
            Input::Imap(message) => asked.extend(format!("{:?}", message.identity()).as_bytes()),
            _ => return None,
        }
        asked.extend(range.iter().flat_map(|range| format!("{range:?}").into_bytes()));
        let asked = *blake3::hash(&asked).as_bytes();
        let state = match &path {
            Some(path) => state(&asked, path, met.file.as_ref()?)?,
            None => asked.to_vec(),
        };
        Some(Self { id: asked.first_chunk().copied().map(i64::from_le_bytes)?, state, path, asked })
    }

    /// The file is still what it was when this was made, and was not written so shortly before that a second change
    /// could have the same time.
    fn holds(&self) -> bool {
        let Some(path) = &self.path else { return true };
        let Ok(file) = fs::symlink_metadata(path) else { return false };
        let age = latest(&file).and_then(|at| SystemTime::now().duration_since(at).ok());
        state(&self.asked, path, &file).as_ref() == Some(&self.state) && age.is_some_and(|age| age > TICK)
    }
}

/// How finely file systems tell the time.
const TICK: Duration = Duration::from_millis(20);

/// What was asked for, and the file as the file system has it.
fn state(asked: &[u8; 32], path: &Path, meta: &Metadata) -> Option<Vec<u8>> {
    if !meta.is_file() {
        return None;
    }
    let mut state = Vec::with_capacity(160);
    state.extend_from_slice(asked);
    identity(meta).iter().for_each(|number| state.extend_from_slice(&number.to_le_bytes()));
    // Accounts are renamed and folders opened without a trace on the file itself.
    let (owner, open) = source::access(path, meta);
    state.push(open.into());
    state.extend_from_slice(owner.unwrap_or_default().as_bytes());
    Some(state)
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> [i64; 8] {
    use std::os::unix::fs::MetadataExt;
    let numbers = [meta.size(), meta.ino(), meta.dev(), meta.mode().into()].map(|number| number as i64);
    let [size, inode, device, mode] = numbers;
    [size, inode, device, mode, meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()]
}

#[cfg(unix)]
fn latest(meta: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let changed = SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(
        u64::try_from(meta.ctime()).ok()?.checked_mul(1_000_000_000)?.checked_add(meta.ctime_nsec() as u64)?,
    ))?;
    meta.modified().ok().map(|modified| modified.max(changed))
}

#[cfg(not(unix))]
fn identity(meta: &Metadata) -> [i64; 2] {
    let written = meta.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    [meta.len() as i64, written.map_or(0, |at| at.as_nanos() as i64)]
}

#[cfg(not(unix))]
fn latest(meta: &Metadata) -> Option<SystemTime> {
    meta.modified().ok()
}

fn folder_of(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// An empty file that only its owner reads: what SQLite puts beside it is as private.
fn create(path: &Path) -> std::io::Result<()> {
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let file = open.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}

/// A database of ours, made with these options. An [`rusqlite::Error::InvalidQuery`] says that it is none of ours.
fn prepare(path: &Path, options: &[u8; 32]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::ZERO)?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (application, tables) != (0, 0) {
        return Err(rusqlite::Error::InvalidQuery);
    }
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    let known = connection.query_row("SELECT options FROM made_with", [], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    if known.as_deref() != Some(options) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(JOBS)?;
        transaction.execute("INSERT INTO made_with (options) VALUES (?)", [options])?;
        transaction.commit()?;
    }
    Ok(connection)
}

/// All that decides what is found: this program, its patterns and the user's, and the options. Policies and the date
/// decide what is judged, which is done anew.
fn made_with(options: &Options) -> Result<[u8; 32], Mistake> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    let program = std::env::current_exe().and_then(fs::metadata).ok();
    let built = program.map(|meta| (meta.len(), meta.modified().ok()));
    add(format!("{built:?} {:?} {} {}", options.limits, options.min_confidence, options.explain).as_bytes());
    add(format!("{}", options.show_private).as_bytes());
    add(format!("{:?} {:?}", options.only, options.without).as_bytes());
    // Two runs have the same key if they give the same fingerprint.
    add(options.key.as_ref().map(|key| key.fingerprint("state", "")).unwrap_or_default().as_bytes());
    let user = options.patterns.as_deref();
    for (folder, ending) in [("detectors", "toml"), ("keywords", "toml"), ("names", "txt")] {
        for source in patterns::files(folder, ending, user)? {
            add(source.text.as_bytes());
        }
    }
    if let Some(folders) = user.and_then(|user| fs::read(user.join("folders.toml")).ok()) {
        add(&folders);
    }
    Ok(*hasher.finalize().as_bytes())
}
