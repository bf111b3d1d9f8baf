//! Mailboxes on a server, over IMAP.
//!
//! In: `imaps://user@host/` or `imap://user@host/`. Out: a job for each message, folder by folder, and last the mailbox
//! itself. Folders are opened to read only (EXAMINE) and messages taken with BODY.PEEK: nothing is marked as seen.
//! Jobs are made from what the server lists; the bytes are taken when their turn comes ([`fetch`]), some messages at a
//! time, by whoever is to read them: what has not changed (`--state`) is never taken. Two connections do it all.
//! Deliberately elsewhere: the protocol (`connection.rs`), roles (`folders.rs`), trust (`tls.rs`).

mod address;
mod connection;
mod folders;
mod tls;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use imap_proto::{AttributeValue, Response};
use jiff::Timestamp;
use rustls::ClientConfig;

use self::address::Address;
use self::connection::{Connection, Ended};
use self::folders::Folder;
use super::{Access, Jobs, Secret};
use crate::cli::UsageError;
use crate::extract::mailbox;
use crate::item::{Fault, INSIDE, Mail, Reason};
use crate::job::{Input, Job};

/// Messages that are listed at once.
const LISTED: u32 = 500;
/// How often something is tried that ends in a lost connection, and how long to wait at first; then twice as long.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// A message on a server: not read yet.
#[derive(Clone)]
pub struct Message {
    account: Arc<Account>,
    folder: Arc<Folder>,
    validity: u32,
    uid: u32,
}

impl Message {
    /// What it is on its server, for good: a folder that was made anew has another `UIDVALIDITY`.
    pub fn identity(&self) -> (&str, &str, u32, u32) {
        (&self.account.address.name, &self.folder.raw, self.validity, self.uid)
    }

    fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.folder, &other.folder) && self.validity == other.validity
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.identity())
    }
}

/// Somebody's mailbox, and how to get in.
struct Account {
    address: Address,
    password: Secret,
    trust: Arc<ClientConfig>,
    /// Bytes that a message may have.
    limit: u64,
    /// The connection that takes messages: one, because servers count them.
    line: Mutex<Option<Connection>>,
    /// The server was given up.
    dead: Mutex<Option<Fault>>,
}

/// The jobs of a mailbox on a server. `None`: the argument is no address of one. Whoever cannot get in is told so
/// before anything is read.
pub fn jobs(argument: &str, access: &Access) -> Option<Result<Jobs, UsageError>> {
    let address = match Address::parse(argument)? {
        Ok(address) => address,
        Err(told) => return Some(Err(UsageError(format!("this mailbox cannot be read: {told}")))),
    };
    let name = address.name.clone();
    Some(begin(address, access).map_err(|told| UsageError(format!("{name}: {told}"))))
}

fn begin(address: Address, access: &Access) -> Result<Jobs, String> {
    let password =
        access.password.clone().ok_or("its password is set as SPORHUND_PASSWORD, or given as --password-file FILE")?;
    let trust = tls::trust(access.ca.as_deref())?;
    let told = |ended: Ended| ended.fault(Fault::corrupt("the mail server lists no folders")).message;
    let mut connection = Connection::open(&address, &password, &trust).map_err(told)?;
    let listed = connection.list().map_err(told)?;
    let folders = folders::folders(&listed, address.folder.as_deref());
    if folders.is_empty() {
        return Err("there is no such folder on the mail server".to_owned());
    }
    let account =
        Account { address, password, trust, limit: access.limit, line: Mutex::default(), dead: Mutex::default() };
    Ok(Box::new(Walk {
        account: Arc::new(account),
        connection: Some(connection),
        folders: folders.into(),
        open: None,
        ready: VecDeque::new(),
        done: false,
    }))
}

/// Takes the messages of these jobs from their servers, those of a folder together. What cannot be had is a fault.
pub fn fetch(jobs: &mut [Job]) {
    let message = |job: &Job| if let Input::Imap(message) = &job.input { Some(message.clone()) } else { None };
    let together = |a: &Job, b: &Job| match (&a.input, &b.input) {
        (Input::Imap(a), Input::Imap(b)) => a.is_beside(b),
        _ => false,
    };
    for run in jobs.chunk_by_mut(together) {
        let Some(first) = run.first().and_then(message) else { continue };
        let uids: Vec<u32> = run.iter().filter_map(message).map(|message| message.uid).collect();
        let mut taken = first.account.take(&first, &uids);
        for job in run {
            let Input::Imap(message) = &job.input else { continue };
            job.input = match taken.remove(&message.uid) {
                Some(Ok(bytes)) => Input::Bytes(bytes),
                Some(Err(fault)) => Input::Failed(fault),
                None => Input::Failed(Fault::new(Reason::Missing, "the mail server has it no more")),
            };
        }
    }
}

impl Account {
    fn dead(&self) -> Option<Fault> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A new connection. Who cannot be reached several times is given up for good.
    fn connect(&self) -> Result<Connection, Fault> {
        let mut pause = PAUSE;
        let mut last = self.dead();
        for _ in 0..TRIES {
            if self.dead().is_some() {
                break;
            }
            match Connection::open(&self.address, &self.password, &self.trust) {
                Ok(connection) => return Ok(connection),
                Err(ended) => last = Some(ended.fault(Fault::new(Reason::Permission, "the mail server refuses"))),
            }
            thread::sleep(pause);
            pause *= 2;
        }
        let fault = last.unwrap_or_else(|| Fault::new(Reason::Unreadable, "the mail server takes no connection"));
        *self.dead.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault.clone());
        Err(fault)
    }

    /// Messages of one folder by their numbers.
    fn take(&self, of: &Message, uids: &[u32]) -> BTreeMap<u32, Result<Vec<u8>, Fault>> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = BTreeMap::new();
        let (mut tries, mut alone) = (0, false);
        loop {
            let mut missing: Vec<u32> = uids.iter().copied().filter(|uid| !taken.contains_key(uid)).collect();
            let Some(first) = missing.first().copied() else { break };
            if alone {
                missing.truncate(1);
            }
            let before = taken.len();
            let mut connection = match line.take().map_or_else(|| self.connect(), Ok) {
                Ok(connection) => connection,
                Err(fault) => {
                    taken.extend(missing.into_iter().map(|uid| (uid, Err(fault.clone()))));
                    continue;
                }
            };
            match self.ask(&mut connection, of, &missing, &mut taken) {
                Ok(()) => {
                    *line = Some(connection);
                    let gone = || Err(Fault::new(Reason::Missing, "the mail server has it no more"));
                    for uid in missing {
                        taken.entry(uid).or_insert_with(gone);
                    }
                }
                // One message that it cannot hand out must not cost the others.
                Err(Ended::Refused) if !alone => {
                    *line = Some(connection);
                    alone = true;
                }
                Err(Ended::Refused) => {
                    *line = Some(connection);
                    taken.insert(first, Err(Fault::new(Reason::Unreadable, "the mail server refuses to hand it out")));
                }
                Err(Ended::Lost(fault)) => {
                    // Nor must one over which it hangs up.
                    tries = if taken.len() > before || !alone { 0 } else { tries + 1 };
                    alone = true;
                    if tries == TRIES {
                        taken.insert(first, Err(fault));
                        tries = 0;
                    }
                }
            }
        }
        taken
    }

    fn ask(
        &self,
        connection: &mut Connection,
        of: &Message,
        uids: &[u32],
        taken: &mut BTreeMap<u32, Result<Vec<u8>, Fault>>,
    ) -> Result<(), Ended> {
        if connection.examine(&of.folder.raw)?.validity != of.validity {
            return Ok(());
        }
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let command = format!("UID FETCH {} (UID BODY.PEEK[])", set.join(","));
        connection.command(&command, self.limit, &mut |response, over| {
            let Response::Fetch(_, attributes) = response else { return };
            let uid = attributes.iter().find_map(uid).filter(|uid| uids.contains(uid));
            let body = attributes.into_iter().find_map(|attribute| match attribute {
                AttributeValue::BodySection { section: None, data, .. } => Some(data.unwrap_or_default()),
                _ => None,
            });
            if let (Some(uid), Some(body)) = (uid, body) {
                taken.insert(uid, if over { Err(too_large()) } else { Ok(body.into_owned()) });
            }
        })
    }
}

fn too_large() -> Fault {
    Fault::new(Reason::TooLarge, "it is larger than a message may be")
}

fn uid(attribute: &AttributeValue<'_>) -> Option<u32> {
    if let AttributeValue::Uid(uid) = attribute { Some(*uid) } else { None }
}

/// A folder that is being listed.
struct Open {
    folder: Arc<Folder>,
    validity: Option<u32>,
    /// The place of the next message, from 1.
    next: u32,
    /// The last message that was listed: after a lost connection the others are not listed again.
    last: u32,
    tries: u32,
}

struct Walk {
    account: Arc<Account>,
    connection: Option<Connection>,
    folders: VecDeque<Folder>,
    open: Option<Open>,
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
            if let Some(open) = self.open.take() {
                self.list(open);
            } else if let Some(folder) = self.folders.pop_front() {
                self.open = Some(Open { folder: Arc::new(folder), validity: None, next: 1, last: 0, tries: 0 });
            } else if mem::replace(&mut self.done, true) {
                return None;
            } else {
                self.connection = None;
                return Some(self.container("imap", self.account.address.name.clone(), Input::Bytes(Vec::new())));
            }
        }
    }
}

impl Walk {
    fn container(&self, format: &'static str, location: String, input: Input) -> Job {
        let mut job = Job::new(location, input);
        job.container = Some(format.into());
        job
    }

    /// Lists some more messages of a folder; after the last, it is open no more.
    fn list(&mut self, mut open: Open) {
        let before = open.last;
        let ended = self.window(&mut open);
        let fault = match ended {
            Ok(true) => {
                self.open = Some(open);
                return;
            }
            Ok(false) => return,
            Err(Ended::Lost(fault)) => {
                self.connection = None;
                open.tries = if open.last > before { 1 } else { open.tries + 1 };
                if open.tries < TRIES && self.account.dead().is_none() {
                    open.next = 1;
                    self.open = Some(open);
                    return;
                }
                fault
            }
            Err(Ended::Refused) => Fault::new(Reason::Permission, "the mail server does not let us open it"),
        };
        let location = format!("{}{INSIDE}{}", self.account.address.name, open.folder.path);
        let job = self.container("folder", location, Input::Failed(fault));
        self.ready.push_back(job);
    }

    /// The next messages of a folder, and whether there may be more.
    fn window(&mut self, open: &mut Open) -> Result<bool, Ended> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.account.connect().map_err(Ended::Lost)?,
        };
        let examined = connection.examine(&open.folder.raw)?;
        if *open.validity.get_or_insert(examined.validity) != examined.validity {
            return Err(Ended::Lost(Fault::new(Reason::Missing, "the folder was made anew while it was read")));
        }
        if open.next > examined.messages {
            self.connection = Some(connection);
            return Ok(false);
        }
        let end = open.next.saturating_add(LISTED - 1).min(examined.messages);
        let command = format!("FETCH {}:{end} (UID FLAGS INTERNALDATE RFC822.SIZE)", open.next);
        let (account, ready, validity) = (&self.account, &mut self.ready, examined.validity);
        connection.command(&command, 0, &mut |response, _| {
            let Response::Fetch(_, attributes) = response else { return };
            let Some(uid) = attributes.iter().find_map(uid).filter(|uid| *uid > open.last) else { return };
            open.last = uid;
            let message = Message { account: Arc::clone(account), folder: Arc::clone(&open.folder), validity, uid };
            ready.push_back(job(message, &attributes));
        })?;
        open.next = end.saturating_add(1);
        self.connection = Some(connection);
        Ok(true)
    }
}

/// The job of a message, by what the server lists of it.
fn job(message: Message, attributes: &[AttributeValue<'_>]) -> Job {
    let (name, folder) = (&message.account.address.name, &message.folder);
    let location = format!("{name}{INSIDE}{}/{}", folder.path, message.uid);
    let mut mail = Mail { folder: Some(folder.path.clone()), role: Some(folder.role), ..Mail::default() };
    let mut size = None;
    for attribute in attributes {
        match attribute {
            AttributeValue::Rfc822Size(bytes) => size = Some(u64::from(*bytes)),
            AttributeValue::InternalDate(date) => mail.received = internal_date(date),
            AttributeValue::Flags(flags) => {
                let has = |name: &str| flags.iter().any(|flag| flag.eq_ignore_ascii_case(name));
                (mail.read, mail.draft) = (Some(has("\\Seen")), has("\\Draft"));
            }
            _ => {}
        }
    }
    let owner = message.account.address.user.clone();
    let over = size.is_some_and(|size| size > message.account.limit);
    let input = if over { Input::Failed(too_large()) } else { Input::Imap(message) };
    let mut job = Job::new(location, input);
    (job.mail, job.size, job.file.owner) = (Some(mail), size, Some(owner));
    job
}

/// When a message was delivered: ` 7-Feb-2026 10:00:00 +0100`.
fn internal_date(date: &str) -> Option<Timestamp> {
    mailbox::date(&date.trim().replacen('-', " ", 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_delivery_is_read() {
        for (date, expected) in [
            ("17-Jul-1996 02:44:25 -0700", "1996-07-17T09:44:25Z"),
            (" 7-Feb-2026 00:30:00 +0100", "2026-02-06T23:30:00Z"),
        ] {
            assert_eq!(internal_date(date), Some(expected.parse().unwrap()));
        }
        assert_eq!(internal_date("yesterday"), None);
    }
}
