//! `--state`: what was scanned before, so that the next run reads only what is new or changed.
//!
//! In: jobs. Out: the records of those that were not changed, judged again by today's date and policy; the others are
//! read and remembered. The file is SQLite, owner-only, and holds no personal data: findings masked, fingerprints
//! keyed, of addresses the domains. Deliberately elsewhere: reading (`engine`), judging (`scan::judge`), what a job is
//! known again by (`stamp.rs`), and what many jobs tell at once (`whole.rs`).

mod stamp;
mod whole;

use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use borsh::{BorshDeserialize, BorshSerialize};
use jiff::Zoned;
use rusqlite::{Connection, OptionalExtension, Transaction, ffi};

use crate::budget::Limits;
use crate::cli::{Options, UsageError, plainly};
use crate::engine::Emit;
use crate::item::{Facts, Item, Mark, Reason};
use crate::job::{Input, Job, Told};
use crate::patterns::{self, Mistake};
use crate::record::{Found, Record, Sum};
use crate::report::Survey;
use crate::scan::{self, Context};
use crate::source::Met;
use crate::store::stamp::Stamp;
use crate::store::whole::{Terms, Whole};

/// Marks a database as ours ("SPOR").
const APPLICATION: i32 = 0x5350_4F52;
/// So much is written at once: more is lost to a power cut, less is slow.
const AT_ONCE: (usize, Duration) = (16 << 20, Duration::from_secs(1));
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

/// Rows lie in the order in which they were done, which is that of the walk: so they are read again from one page to
/// the next. All that a job is known by and told is in `job`; `whole` says the same again of several.
const JOBS: &str = "
    DROP TABLE IF EXISTS job;
    CREATE TABLE job (n INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, stamp BLOB NOT NULL, sum INTEGER NOT NULL, records BLOB NOT NULL);
    DROP TABLE IF EXISTS whole;
    CREATE TABLE whole (n INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, stamp BLOB NOT NULL, sum INTEGER NOT NULL, jobs BLOB NOT NULL, terms BLOB NOT NULL, lines BLOB NOT NULL);
    DELETE FROM made_with;";

/// What is remembered.
pub struct Store {
    name: String,
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    connection: Connection,
    /// What is not written yet, how much that is, and since when.
    waiting: Vec<Row>,
    bytes: usize,
    since: Instant,
    /// The ids of jobs, and of those that were told as a whole.
    met: HashSet<i64>,
    met_whole: HashSet<i64>,
    broken: bool,
}

/// A row that is to be written.
enum Row {
    Job { id: i64, stamp: Vec<u8>, records: Vec<u8> },
    Whole { stamp: blake3::Hash, jobs: Vec<u8>, terms: Vec<u8>, lines: Vec<u8> },
}

impl Store {
    /// Opens what is remembered, or begins. What was found otherwise than with these options is forgotten; `pictures`
    /// are the languages that pictures are read in, if they are.
    pub fn open(path: &Path, options: &Options, pictures: Option<&str>) -> Result<Self, UsageError> {
        let name = path.display().to_string();
        let wrong = |what: &str| UsageError(format!("{name}: {what}"));
        create(path).map_err(|error| wrong(&format!("the state cannot be written: {}", plainly(&error))))?;
        let options = made_with(options, pictures)?;
        let connection = prepare(path, &options).map_err(|error| match error.sqlite_error_code() {
            Some(ffi::ErrorCode::DatabaseBusy) => wrong("another run uses this state"),
            Some(ffi::ErrorCode::NotADatabase) => wrong("this is no state of a scan"),
            Some(ffi::ErrorCode::ApiMisuse) | None => wrong("this is no state of a scan"),
            _ => wrong("the state cannot be read"),
        })?;
        keep_private(path).map_err(|error| wrong(&format!("the state cannot be written: {}", plainly(&error))))?;
        let (waiting, met, met_whole) = Default::default();
        let inner = Inner { connection, waiting, bytes: 0, since: Instant::now(), met, met_whole, broken: false };
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
    /// With a survey, all that the jobs told may come as [`Record::Repeat`].
    pub fn run(
        &self,
        jobs: Vec<Met>,
        ctx: &Context,
        survey: Option<&Survey<'_>>,
        read: &dyn Fn(Vec<Job>, Emit<'_>),
        emit: Emit<'_>,
    ) {
        let survey = survey.and_then(|survey| Some((survey, stamp::together(&jobs, survey.hash()?)?)));
        if let Some((_, stamp)) = &survey
            && let Some(whole) = self.recall_whole(stamp, &ctx.now)
        {
            return emit(whole.into(), false);
        }
        let stamps: Vec<Option<Stamp>> = jobs.iter().map(Stamp::of).collect();
        let ids: Vec<u8> = stamps.iter().flatten().flat_map(|stamp| stamp.id.to_le_bytes()).collect();
        let remembered = self.inner().recall_all(&stamps);
        let mut telling = Telling { ctx, whole: survey.map(|(survey, _)| Whole::new(survey)), emit };
        let (mut unknown, mut unknown_stamps) = (Vec::new(), VecDeque::new());
        for ((met, stamp), records) in jobs.into_iter().zip(stamps).zip(remembered) {
            if let Some(records) = records.and_then(|records| parse(&records)) {
                self.learn(mem::take(&mut unknown), mem::take(&mut unknown_stamps), read, &mut telling);
                telling.again(records);
            } else {
                unknown.push(met.job);
                unknown_stamps.push_back(stamp);
            }
        }
        self.learn(unknown, unknown_stamps, read, &mut telling);
        let whole = telling.whole.and_then(|whole| whole.end(ids.len() / size_of::<i64>(), &ctx.now));
        if let (Some((terms, lines)), Some((_, stamp))) = (whole, survey)
            && let Ok(terms) = serde_json::to_vec(&terms)
        {
            self.inner().remember(Row::Whole { stamp, jobs: ids, terms, lines });
        }
    }

    /// What jobs told together, if they would be judged as they were.
    fn recall_whole(&self, stamp: &blake3::Hash, now: &Zoned) -> Option<(Terms, Vec<u8>)> {
        let mut inner = self.inner();
        let (terms, lines, jobs) = inner.recall_whole(stamp).filter(|(terms, ..)| terms.hold(now))?;
        inner.met.extend(jobs);
        Some((terms, lines))
    }

    /// Has jobs read, and remembers what came of it.
    fn learn(
        &self,
        jobs: Vec<Job>,
        mut stamps: VecDeque<Option<Stamp>>,
        read: &dyn Fn(Vec<Job>, Emit<'_>),
        telling: &mut Telling<'_>,
    ) {
        if jobs.is_empty() {
            return;
        }
        let (mut records, mut keep, mut facts, mut found) = (Vec::new(), true, Facts::default(), Found::default());
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
            let kept = kept(&record, &mut facts, &mut found);
            if let Ok(Some(Kept::Item(item))) = &kept {
                telling.judging(item);
            }
            if records.len() + found.lines.len() < RECORDS {
                keep &= kept.and_then(|kept| remember(kept, &mut found, &mut records)).is_ok();
            }
            if own {
                let records = mem::take(&mut records);
                let stamp = stamps.pop_front().flatten();
                let kept = mem::replace(&mut keep, true) && records.len() < RECORDS;
                match stamp.filter(|stamp| kept && stamp.holds()) {
                    Some(Stamp { id, state: stamp, .. }) => self.inner().remember(Row::Job { id, stamp, records }),
                    None => telling.spoil(),
                }
            }
            telling.tell(record, own);
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
                let whole = state == stamp.state && row.get_ref(2)?.as_i64()? == sum(&[state, records]);
                Ok(whole.then(|| records.to_vec()))
            });
            row.optional().ok()??
        };
        stamps.iter().map(|stamp| recall(stamp.as_ref()?)).collect()
    }

    /// What some jobs told together, its terms, and the ids of the jobs.
    fn recall_whole(&mut self, stamp: &blake3::Hash) -> Option<(Terms, Vec<u8>, Vec<i64>)> {
        let id = id(stamp);
        self.met_whole.insert(id);
        let mut query =
            self.connection.prepare_cached("SELECT stamp, jobs, terms, lines, sum FROM whole WHERE id = ?").ok()?;
        let row = query.query_row([id], |row| {
            let column = |number: usize| row.get_ref(number)?.as_blob().map_err(rusqlite::Error::from);
            let (known, jobs, terms, lines) = (column(0)?, column(1)?, column(2)?, column(3)?);
            let whole = known == stamp.as_bytes() && row.get_ref(4)?.as_i64()? == sum(&[known, jobs, terms, lines]);
            let terms = serde_json::from_slice(terms).ok().filter(|_| whole);
            let ids = jobs.as_chunks().0.iter().copied().map(i64::from_le_bytes);
            Ok(terms.map(|terms| (terms, lines.to_vec(), ids.collect())))
        });
        row.optional().ok()??
    }

    fn remember(&mut self, row: Row) {
        if self.waiting.is_empty() {
            (self.bytes, self.since) = (0, Instant::now());
        }
        self.bytes += match &row {
            Row::Job { records, .. } => records.len(),
            Row::Whole { terms, lines, .. } => terms.len() + lines.len(),
        };
        self.waiting.push(row);
        if self.bytes >= AT_ONCE.0 || self.since.elapsed() > AT_ONCE.1 {
            self.broken |= self.write().is_err();
        }
    }

    fn write(&mut self) -> rusqlite::Result<()> {
        const JOB: &str = "INSERT OR REPLACE INTO job (id, stamp, sum, records) VALUES (?, ?, ?, ?)";
        const WHOLE: &str =
            "INSERT OR REPLACE INTO whole (id, stamp, sum, jobs, terms, lines) VALUES (?, ?, ?, ?, ?, ?)";
        let waiting = mem::take(&mut self.waiting);
        let transaction = self.connection.transaction()?;
        for row in &waiting {
            match row {
                Row::Job { id, stamp, records } => {
                    transaction.prepare_cached(JOB)?.execute((id, stamp, sum(&[stamp, records]), records))?;
                }
                Row::Whole { stamp, jobs, terms, lines } => {
                    let bytes: &[u8] = stamp.as_bytes();
                    let sum = sum(&[bytes, jobs, terms, lines]);
                    transaction.prepare_cached(WHOLE)?.execute((id(stamp), bytes, sum, jobs, terms, lines))?;
                }
            }
        }
        transaction.commit()
    }

    fn finish(mut self, all: bool) -> rusqlite::Result<()> {
        self.write()?;
        if all && !self.met.is_empty() {
            let transaction = self.connection.transaction()?;
            forget(&transaction, "job", &self.met)?;
            forget(&transaction, "whole", &self.met_whole)?;
            transaction.commit()?;
        }
        if self.broken { Err(rusqlite::Error::InvalidQuery) } else { Ok(()) }
    }
}

/// Takes out of a table what was not met.
fn forget(transaction: &Transaction<'_>, table: &str, met: &HashSet<i64>) -> rusqlite::Result<()> {
    let mut gone = Vec::new();
    let mut all = transaction.prepare(&format!("SELECT id FROM {table}"))?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if !met.contains(&id) {
            gone.push(id);
        }
    }
    let mut delete = transaction.prepare(&format!("DELETE FROM {table} WHERE id = ?"))?;
    gone.into_iter().try_for_each(|id| delete.execute([id]).map(drop))
}

/// The number by which a row is found.
fn id(stamp: &blake3::Hash) -> i64 {
    stamp.as_bytes().first_chunk().copied().map_or(0, i64::from_le_bytes)
}

/// What power cuts and disks did to a row is seen by its sum: SQLite takes what it reads for what was written.
fn sum(columns: &[&[u8]]) -> i64 {
    let mut sum = crc32fast::Hasher::new();
    columns.iter().for_each(|column| sum.update(column));
    sum.finalize().into()
}

/// Records as they are remembered.
#[derive(BorshSerialize, BorshDeserialize)]
enum Kept {
    Found(Found),
    Item(Box<Item>),
    Part(String, Box<Told>),
}

/// A record as it is remembered; a finding goes to those that were told since the last record of another kind.
/// `facts`: what was told of the item before it; they hold no addresses, and take the place of those that it has.
fn kept(record: &Record, facts: &mut Facts, found: &mut Found) -> std::io::Result<Option<Kept>> {
    Ok(match record {
        Record::Finding(finding) => {
            found.add(finding)?;
            None
        }
        Record::Found(more) => {
            found.merge(more);
            None
        }
        Record::Item(item) => {
            let mut item = Box::new(item.clone());
            mem::take(facts).restore(&mut item);
            Some(Kept::Item(item))
        }
        Record::Part { location, told } => Some(Kept::Part(location.clone(), told.clone())),
        _ => None,
    })
}

/// Takes a record into those that are remembered, behind the findings that were told before it.
fn remember(kept: Option<Kept>, found: &mut Found, records: &mut Vec<u8>) -> std::io::Result<()> {
    let Some(kept) = kept else { return Ok(()) };
    let found = mem::take(found);
    if !found.is_empty() {
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

/// Jobs that are told one by one.
struct Telling<'t> {
    ctx: &'t Context,
    whole: Option<Whole<'t>>,
    emit: Emit<'t>,
}

impl Telling<'_> {
    fn tell(&mut self, record: Record, own: bool) {
        if let Some(whole) = &mut self.whole {
            whole.add(&record, own);
        }
        (self.emit)(record, own);
    }

    fn judging(&mut self, item: &Item) {
        if let Some(whole) = &mut self.whole {
            whole.judging(item, self.ctx);
        }
    }

    fn spoil(&mut self) {
        if let Some(whole) = &mut self.whole {
            whole.spoil();
        }
    }

    /// Tells what is remembered of a job, judged by today's date and policy.
    fn again(&mut self, records: Vec<Kept>) {
        let ctx = self.ctx;
        let last = records.len().saturating_sub(1);
        for (n, kept) in records.into_iter().enumerate() {
            match kept {
                Kept::Found(found) => {
                    let held = |sum: &Sum| ctx.sensitivity(&sum.detector) == sum.sensitivity;
                    if ctx.lines && found.sums.iter().all(held) {
                        self.tell(Record::Found(found), false);
                        continue;
                    }
                    for mut finding in found.findings().flatten() {
                        finding.sensitivity = ctx.sensitivity(&finding.detector);
                        self.tell(Record::Finding(finding), false);
                    }
                }
                Kept::Item(mut item) => {
                    restore(&mut item, ctx);
                    self.judging(&item);
                    let item = scan::judge(*item, ctx, &mut |record| self.tell(record, false));
                    self.tell(Record::Item(item), n == last);
                }
                Kept::Part(location, told) => self.tell(Record::Part { location, told }, n == last),
            }
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

fn folder_of(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// An empty file that only its owner reads, unless there is one: what SQLite puts beside it is as private.
fn create(path: &Path) -> std::io::Result<()> {
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path).map(drop)
}

/// A state that was copied may be one that others can read.
fn keep_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
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
    if application != APPLICATION {
        connection.pragma_update(None, "application_id", APPLICATION)?;
    }
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
fn made_with(options: &Options, pictures: Option<&str>) -> Result<[u8; 32], Mistake> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    let program = std::env::current_exe().and_then(fs::metadata).ok();
    let built = program.map(|meta| (meta.len(), meta.modified().ok()));
    // With as many threads as there are, the same is found.
    let limits = Limits { threads: 1, ..options.limits };
    add(format!("{built:?} {limits:?} {} {}", options.min_confidence, options.explain).as_bytes());
    add(format!("{pictures:?}").as_bytes());
    add(format!("{}", options.show_private).as_bytes());
    add(format!("{:?} {:?}", options.only, options.without).as_bytes());
    // Two runs have the same key if they give the same fingerprint.
    add(options.key.as_ref().map(|key| key.fingerprint("state", "")).unwrap_or_default().as_bytes());
    let user = options.patterns.as_deref();
    for (folder, ending) in [("detectors", "toml"), ("keywords", "toml"), ("names", "txt"), ("names", "toml")] {
        for source in patterns::files(folder, ending, user)? {
            add(source.text.as_bytes());
        }
    }
    for file in ["folders.toml", "streets.toml"] {
        add(&user.and_then(|user| fs::read(user.join(file)).ok()).unwrap_or_default());
    }
    Ok(*hasher.finalize().as_bytes())
}
