//! One connection to a mail server: commands out, responses in (RFC 3501).
//!
//! In: an address and a password. Out: what `imap-proto` makes of each response. A server is not trusted with our
//! memory: lines, literals and the number of responses have limits, and a message above its limit is passed over as it
//! comes. Deliberately elsewhere: what is asked for (`mod.rs`), and whom to trust (`tls.rs`).

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imap_proto::{MailboxDatum, MailboxListData, Response, ResponseCode, Status};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::address::{Address, Security};
use crate::item::{Fault, Reason};
use crate::source::Secret;

/// How long to wait for a server.
const CONNECT: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(90);
/// The longest line, and what a response may hold besides a message.
const LINE: u64 = 256 << 10;
/// Responses to one command.
const RESPONSES: u32 = 1 << 20;
/// Lists within lists: what is asked for has few, and a parser goes as deep as they do.
const NESTED: usize = 64;

/// Why a command did not do what it should.
#[derive(Debug)]
pub enum Ended {
    /// The server says no.
    Refused,
    /// The connection is of no use any more.
    Lost(Fault),
}

impl Ended {
    /// What to tell; `refused` if the server said no.
    pub fn fault(self, refused: Fault) -> Fault {
        match self {
            Self::Refused => refused,
            Self::Lost(fault) => fault,
        }
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        let told = match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                Fault::new(Reason::Timeout, "the mail server did not answer in time")
            }
            _ => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(rustls::Error::InvalidCertificate(_)) => Fault::new(
                    Reason::Permission,
                    "the mail server's certificate is not trusted (give a private authority with --ca FILE)",
                ),
                Some(_) => Fault::new(Reason::Unreadable, "no TLS connection to the mail server could be made"),
                None => Fault::new(Reason::Unreadable, "the connection to the mail server was lost"),
            },
        };
        Self::Lost(told)
    }
}

fn nonsense() -> Ended {
    Ended::Lost(Fault::corrupt("the mail server answered what is no IMAP"))
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// A connection on which the user is logged in.
pub struct Connection {
    stream: BufReader<Stream>,
    commands: u64,
    capabilities: Vec<String>,
    /// The folder that is open, as the server calls it.
    open: Option<(String, Examined)>,
}

/// What a server says of a folder that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examined {
    /// Numbers of messages (UIDs) hold as long as this stays the same.
    pub validity: u32,
    /// How many messages there are.
    pub messages: u32,
}

impl Connection {
    /// Connects and logs in.
    pub fn open(address: &Address, password: &Secret, trust: &Arc<ClientConfig>) -> Result<Self, Ended> {
        let unknown =
            |_| Ended::Lost(Fault::new(Reason::Missing, "there is no such mail server: its name leads nowhere"));
        let mut tried = Err(ErrorKind::NotFound.into());
        for place in (address.host.as_str(), address.port).to_socket_addrs().map_err(unknown)? {
            tried = TcpStream::connect_timeout(&place, CONNECT);
            if tried.is_ok() {
                break;
            }
        }
        let stream = tried.map_err(|_: io::Error| {
            Ended::Lost(Fault::new(Reason::Unreadable, "the mail server takes no connection"))
        })?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        stream.set_nodelay(true)?;
        // What never leaves the machine cannot be overheard: a tunnel ends here.
        let near = stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
        let stream = match address.security {
            Security::Tls => tls(stream, address, trust)?,
            Security::StartTls => Stream::Plain(stream),
        };
        let (commands, capabilities, open) = Default::default();
        let mut connection = Self { stream: BufReader::new(stream), commands, capabilities, open };
        connection.greeting()?;
        if address.security == Security::StartTls {
            connection = connection.encrypt(address, trust, near)?;
        }
        connection.log_in(address, password)?;
        connection.ask_capabilities()?;
        Ok(connection)
    }

    /// The server speaks first.
    fn greeting(&mut self) -> Result<(), Ended> {
        let mut response = Vec::new();
        self.response(&mut response, LINE)?;
        match parse(&response) {
            Some(Response::Data { status: Status::Ok | Status::PreAuth, .. }) => Ok(()),
            Some(Response::Data { status: Status::Bye, .. }) => {
                Err(Ended::Lost(Fault::new(Reason::Unreadable, "the mail server takes nobody in now")))
            }
            _ => Err(nonsense()),
        }
    }

    fn encrypt(mut self, address: &Address, trust: &Arc<ClientConfig>, near: bool) -> Result<Self, Ended> {
        self.ask_capabilities()?;
        if !self.can("STARTTLS") {
            let told = "the mail server offers no encryption (STARTTLS), and a password is not sent without it";
            return if near { Ok(self) } else { Err(Ended::Lost(Fault::new(Reason::Permission, told))) };
        }
        self.command("STARTTLS", LINE, &mut |_, _| {})?;
        // What came before the encryption may be anybody's.
        if !self.stream.buffer().is_empty() {
            return Err(nonsense());
        }
        let Stream::Plain(stream) = self.stream.into_inner() else { return Err(nonsense()) };
        let stream = tls(stream, address, trust)?;
        let (capabilities, open) = Default::default();
        Ok(Self { stream: BufReader::new(stream), commands: self.commands, capabilities, open })
    }

    fn log_in(&mut self, address: &Address, password: &Secret) -> Result<(), Ended> {
        self.ask_capabilities()?;
        let ended = if self.can("AUTH=PLAIN") {
            let proof = STANDARD.encode(format!("\0{}\0{}", address.user, password.reveal()));
            self.exchange("AUTHENTICATE PLAIN", Some(&proof), LINE, &mut |_, _| {})
        } else {
            let login = quoted(&address.user).zip(quoted(password.reveal()));
            let (user, password) = login.ok_or(Ended::Refused)?;
            self.exchange(&format!("LOGIN {user} {password}"), None, LINE, &mut |_, _| {})
        };
        let refused = || Fault::new(Reason::Permission, "the mail server refuses the user or the password");
        ended.map_err(|ended| Ended::Lost(ended.fault(refused())))
    }

    fn ask_capabilities(&mut self) -> Result<(), Ended> {
        let mut all = Vec::new();
        self.command("CAPABILITY", LINE, &mut |response, _| {
            if let Response::Capabilities(told) = response {
                all.extend(told.into_iter().map(|one| match one {
                    imap_proto::Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
                    imap_proto::Capability::Auth(how) => format!("AUTH={}", how.to_ascii_uppercase()),
                    imap_proto::Capability::Atom(name) => name.to_ascii_uppercase(),
                }));
            }
        })?;
        self.capabilities = all;
        Ok(())
    }

    fn can(&self, what: &str) -> bool {
        self.capabilities.iter().any(|one| one == what)
    }

    /// All folders.
    pub fn list(&mut self) -> Result<Vec<MailboxListData<'static>>, Ended> {
        let extended = self.can("SPECIAL-USE") && self.can("LIST-EXTENDED");
        let command = if extended { "LIST \"\" \"*\" RETURN (SPECIAL-USE)" } else { "LIST \"\" \"*\"" };
        let mut folders = Vec::new();
        self.command(command, LINE, &mut |response, _| {
            if let Response::MailboxData(MailboxDatum::List(folder)) = response {
                folders.push(folder.into_owned());
            }
        })?;
        Ok(folders)
    }

    /// Opens a folder to read, and only to read.
    pub fn examine(&mut self, folder: &str) -> Result<Examined, Ended> {
        if let Some((open, examined)) = &self.open
            && open == folder
        {
            return Ok(*examined);
        }
        self.open = None;
        let name = quoted(folder).ok_or(Ended::Refused)?;
        let mut examined = Examined { validity: 0, messages: 0 };
        self.command(&format!("EXAMINE {name}"), LINE, &mut |response, _| match response {
            Response::MailboxData(MailboxDatum::Exists(n)) => examined.messages = n,
            Response::Data { outcome, .. } => {
                if let Some(ResponseCode::UidValidity(n)) = outcome.code {
                    examined.validity = n;
                }
            }
            _ => {}
        })?;
        self.open = Some((folder.to_owned(), examined));
        Ok(examined)
    }

    /// Sends a command and hands over each response to it; the flag says that what it holds was too large to take in.
    pub fn command(&mut self, command: &str, most: u64, each: &mut dyn FnMut(Response<'_>, bool)) -> Result<(), Ended> {
        self.exchange(command, None, most, each)
    }

    fn exchange(
        &mut self,
        command: &str,
        mut proof: Option<&str>,
        most: u64,
        each: &mut dyn FnMut(Response<'_>, bool),
    ) -> Result<(), Ended> {
        self.commands += 1;
        let tag = format!("S{}", self.commands);
        self.send(&format!("{tag} {command}\r\n"))?;
        let mut bytes = Vec::new();
        for _ in 0..RESPONSES {
            let over = self.response(&mut bytes, most)?;
            match parse(&bytes) {
                Some(Response::Done { tag: of, status, .. }) if of.0 == tag => {
                    return if status == Status::Ok { Ok(()) } else { Err(Ended::Refused) };
                }
                Some(Response::Data { status: Status::Bye, .. }) => {
                    return Err(Ended::Lost(Fault::new(Reason::Unreadable, "the mail server closed the connection")));
                }
                Some(Response::Continue(_)) => {
                    // Without a proof to give, an empty line ends what the server began.
                    let line = proof.take().unwrap_or_default().to_owned();
                    self.send(&format!("{line}\r\n"))?;
                }
                Some(response) => each(response, over),
                // What is not known was not asked for; but an end must be understood.
                None if bytes.starts_with(b"* ") => {}
                None => return Err(nonsense()),
            }
        }
        Err(nonsense())
    }

    fn send(&mut self, line: &str) -> Result<(), Ended> {
        let stream = self.stream.get_mut();
        stream.write_all(line.as_bytes())?;
        Ok(stream.flush()?)
    }

    /// Reads one response, its literals included. A literal above `most` is passed over and left empty; then this is
    /// true.
    fn response(&mut self, into: &mut Vec<u8>, most: u64) -> Result<bool, Ended> {
        into.clear();
        let (mut over, mut nested) = (false, 0);
        loop {
            let begin = into.len();
            (&mut self.stream).take(LINE).read_until(b'\n', into)?;
            let line = into.get(begin..).unwrap_or_default();
            if !line.ends_with(b"\n") {
                return Err(if line.len() as u64 == LINE { nonsense() } else { cut() });
            }
            nested += memchr::memchr_iter(b'(', line).count();
            if nested > NESTED {
                return Err(nonsense());
            }
            let Some((size, digits)) = literal(line) else { return Ok(over) };
            if (into.len() as u64).saturating_add(size) > most.saturating_add(LINE) {
                over = true;
                into.truncate(into.len() - digits - "}\r\n".len());
                into.extend_from_slice(b"0}\r\n");
                if io::copy(&mut (&mut self.stream).take(size), &mut io::sink())? < size {
                    return Err(cut());
                }
            } else if ((&mut self.stream).take(size).read_to_end(into)? as u64) < size {
                return Err(cut());
            }
        }
    }
}

/// The server ended in the middle of something.
fn cut() -> Ended {
    io::Error::from(ErrorKind::UnexpectedEof).into()
}

fn tls(stream: TcpStream, address: &Address, trust: &Arc<ClientConfig>) -> Result<Stream, Ended> {
    let wrong = || Ended::Lost(Fault::new(Reason::Missing, "this is no name of a mail server"));
    let name = ServerName::try_from(address.host.clone()).map_err(|_| wrong())?;
    let connection = ClientConnection::new(Arc::clone(trust), name).map_err(io::Error::other)?;
    Ok(Stream::Tls(Box::new(StreamOwned::new(connection, stream))))
}

fn parse(response: &[u8]) -> Option<Response<'_>> {
    Response::parse(response).ok().map(|(_, response)| response)
}

/// The size of a literal that follows a line, and how many digits it is written with: `… BODY[] {310}`.
fn literal(line: &[u8]) -> Option<(u64, usize)> {
    let line = line.strip_suffix(b"}\r\n")?;
    let digits = line.get(memchr::memrchr(b'{', line)? + 1..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((str::from_utf8(digits).ok()?.parse().ok()?, digits.len()))
}

/// A text as a quoted string. `None`: it would be more than one line.
fn quoted(text: &str) -> Option<String> {
    (!text.contains(['\r', '\n', '\0'])).then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_literals_are_read() {
        assert_eq!(literal(b"* 1 FETCH (UID 3 BODY[] {310}\r\n"), Some((310, 3)));
        for line in [&b"* OK {x}\r\n"[..], b"* OK {}\r\n", b"* OK\r\n", b"{99999999999999999999999}\r\n"] {
            assert_eq!(literal(line), None);
        }
    }

    #[test]
    fn a_command_is_one_line() {
        assert_eq!(quoted(r#"a "b" \c"#).as_deref(), Some(r#""a \"b\" \\c""#));
        assert_eq!(quoted("a\r\nS9 DELETE INBOX"), None);
    }
}
