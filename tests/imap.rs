//! Mailboxes on a server: a real Dovecot on loopback, started by the test. Needs Debian's `dovecot-imapd` and `openssl`;
//! where one is missing the test says so and passes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]
#![allow(clippy::print_stderr, reason = "a test that could not run says so")]

mod support;

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use support::{IN_BREACH, Run, command};
use tempfile::TempDir;

const PASSWORD: &str = "hemmelig \"ord\" 1";

/// A server that ends with its test.
struct Server {
    folder: TempDir,
    process: Child,
    tls: u16,
    plain: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn openssl(folder: &Path, arguments: &str) -> bool {
    let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
    done.is_ok_and(|done| done.status.success())
}

fn message(subject: &str, body: &str) -> String {
    format!(
        "From: anna@example.dk\r\nTo: bo@example.dk\r\nMessage-ID: <{subject}@x>\r\nSubject: {subject}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
}

impl Server {
    /// `None`: it cannot be had here.
    fn start(settings: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let dovecot = ["/usr/sbin/dovecot", "/usr/bin/dovecot"].map(PathBuf::from).into_iter().find(|p| p.exists());
        let made = openssl(
            at,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Test-CA",
        ) && openssl(at, "req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem -subj /CN=localhost")
            && fs::write(at.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1").is_ok()
            && openssl(
                at,
                "x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem",
            );
        let (Some(dovecot), true) = (dovecot, made) else {
            eprintln!("SKIPPED: no Dovecot or no openssl here (Debian: dovecot-imapd, openssl)");
            return None;
        };
        fs::set_permissions(at, Permissions::from_mode(0o755)).unwrap();
        let (tls, plain) = (port(), port());
        let root = rustix::process::geteuid().is_root();
        let whoami = Command::new("id").arg("-un").output().unwrap();
        let me = String::from_utf8(whoami.stdout).unwrap().trim().to_owned();
        let mine = me.as_str();
        let (internal, login, mail) = if root { ("dovecot", "dovenull", "nobody") } else { (mine, mine, mine) };
        let d = at.display();
        fs::write(at.join("users"), format!("anna:{{PLAIN}}{PASSWORD}\n")).unwrap();
        let config = format!(
            "base_dir = {d}/run\nstate_dir = {d}/state\nlog_path = {d}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
             ssl = yes\nssl_cert = <{d}/cert.pem\nssl_key = <{d}/key.pem\nauth_mechanisms = plain login\n\
             default_internal_user = {internal}\ndefault_login_user = {login}\nfirst_valid_uid = 1\n\
             mail_location = maildir:{d}/mail:LAYOUT=fs\nmail_uid = {mail}\nmail_gid = {group}\n\
             passdb {{\n driver = passwd-file\n args = {d}/users\n}}\n\
             userdb {{\n driver = static\n args = uid={mail} gid={group} home={d}/home\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {plain}\n }}\n \
             inet_listener imaps {{\n port = {tls}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n\
             namespace inbox {{\n inbox = yes\n separator = /\n\
             mailbox Odoslane {{\n special_use = \\Sent\n auto = create\n }}\n\
             mailbox Kurv {{\n special_use = \\Trash\n auto = create\n }}\n\
             mailbox \"Arkiv/Ansøgninger æøå\" {{\n auto = create\n }}\n}}\n{settings}\n",
            group = if root { "nogroup".to_owned() } else { group() },
        );
        fs::write(at.join("dovecot.conf"), config).unwrap();
        fs::create_dir(at.join("mail")).unwrap();
        fs::create_dir(at.join("home")).unwrap();
        if root {
            for name in ["mail", "home"] {
                assert!(Command::new("chown").args([mail, name]).current_dir(at).status().unwrap().success());
            }
        }
        let mut start = Command::new(dovecot);
        let process = start.arg("-F").arg("-c").arg(at.join("dovecot.conf"));
        let process = process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { folder, process, tls, plain };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", plain)).is_ok() {
                return Some(server);
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("Dovecot does not start: {}", fs::read_to_string(server.folder.path().join("log")).unwrap_or_default());
    }

    /// Says something to the server and returns what it answers to the last command.
    fn say(&self, commands: &[String]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.plain)).unwrap();
        let mut heard = String::new();
        let mut until = |stream: &mut TcpStream, end: &str| {
            let mut said = String::new();
            let mut buffer = [0; 4096];
            while !said.contains(end) {
                let n = stream.read(&mut buffer).unwrap();
                assert!(n > 0, "{said}");
                said.push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
            heard = said;
        };
        until(&mut stream, "\r\n");
        let login = format!("LOGIN anna \"{}\"", PASSWORD.replace('"', "\\\""));
        for command in std::iter::once(&login).chain(commands) {
            // A message follows its command when the server says go on.
            let (command, literal) = command.split_once('\0').map_or((command.as_str(), ""), |parts| parts);
            stream.write_all(format!("t {command}\r\n").as_bytes()).unwrap();
            if !literal.is_empty() {
                until(&mut stream, "+ ");
                stream.write_all(format!("{literal}\r\n").as_bytes()).unwrap();
            }
            until(&mut stream, "t OK");
        }
        heard
    }

    fn append(&self, folder: &str, date: &str, flags: &str, message: &str) {
        let size = message.len();
        self.say(&[format!("APPEND \"{folder}\" ({flags}) \"{date}\" {{{size}}}\0{message}")]);
    }

    fn scan(&self, source: &str, options: &[&str]) -> Run {
        let ca = self.folder.path().join("ca.pem");
        let mut command = command(self.folder.path());
        command.env("SPORHUND_PASSWORD", PASSWORD).args(["scan", "--now", "2026-11-21"]);
        if !options.contains(&"--ca") {
            command.arg("--ca").arg(ca);
        }
        Run::of(command.args(options).arg(source).output().unwrap())
    }

    fn address(&self) -> String {
        format!("imaps://anna@localhost:{}", self.tls)
    }
}

fn group() -> String {
    let id = Command::new("id").arg("-gn").output().unwrap();
    String::from_utf8(id.stdout).unwrap().trim().to_owned()
}

/// A mailbox with a message in each folder, and three in the inbox.
fn filled(settings: &str) -> Option<Server> {
    let server = Server::start(settings)?;
    let in_breach = message("en", IN_BREACH);
    server.append("INBOX", "20-May-2026 00:30:00 +0200", "", &in_breach);
    server.append("INBOX", "21-May-2026 00:30:00 +0200", "\\Seen", &in_breach);
    server.append("INBOX", "21-May-2026 00:30:00 +0200", "\\Draft", &message("tom", "intet"));
    server.append("Odoslane", "01-Jan-2026 12:00:00 +0100", "", &in_breach);
    server.append("Kurv", "01-Jan-2026 12:00:00 +0100", "", &in_breach);
    server.append("Arkiv/Ans&APg-gninger &AOYA+ADl-", "01-Jan-2026 12:00:00 +0100", "", &in_breach);
    Some(server)
}

#[test]
fn folders_are_read_and_nothing_is_marked_as_seen() {
    let Some(server) = filled("") else { return };
    let name = server.address();
    let run = server.scan(&format!("{name}/"), &[]);
    assert_eq!(run.err, "");
    let inside = |rest: &str| format!("{name}!/{rest}");
    let expected = [
        inside("Arkiv/Ansøgninger æøå/1"),
        inside("INBOX/1"),
        inside("INBOX/2"),
        inside("INBOX/3"),
        inside("Kurv/1"),
        inside("Odoslane/1"),
        name.clone(),
    ];
    assert_eq!(run.items(), expected);
    let first = run.item(&inside("INBOX/1"));
    assert_eq!((&first["kind"], &first["format"], &first["role"]), (&"message".into(), &"eml".into(), &"inbox".into()));
    assert_eq!(first["received"], "2026-05-19T22:30:00Z");
    assert_eq!(run.item(&inside("Kurv/1"))["role"], "trash");
    assert_eq!(run.item(&inside("Odoslane/1"))["role"], "sent");
    assert_eq!(run.item(&inside("Arkiv/Ansøgninger æøå/1"))["folder"], "Arkiv/Ansøgninger æøå");
    assert_eq!(run.found().len(), 5);
    // Six months, to the day, in the zone of the run.
    let aged: Vec<_> = run.all("breach").into_iter().filter(|b| b["rule"] == "mail-standard-folder-age").collect();
    let old: Vec<_> = aged.iter().map(|breach| breach["location"].as_str().unwrap()).collect();
    assert_eq!(old, [inside("INBOX/1"), inside("Kurv/1"), inside("Odoslane/1")]);
    assert_eq!(aged[0]["since"], "2026-11-21");

    let flags = server.say(&["EXAMINE INBOX".to_owned(), "FETCH 1:* (FLAGS)".to_owned()]);
    let seen: Vec<bool> = flags.lines().filter(|l| l.contains("FETCH (")).map(|l| l.contains("\\Seen")).collect();
    assert_eq!(seen, [false, true, false], "{flags}");

    let one = server.scan(&format!("{name}/Arkiv/Ans%C3%B8gninger%20%C3%A6%C3%B8%C3%A5"), &["--isolation", "none"]);
    assert_eq!(one.items(), [inside("Arkiv/Ansøgninger æøå/1"), name.clone()]);
    assert!(!run.out.contains("hemmelig"));
}

#[test]
fn starttls_is_used_and_strangers_are_not_trusted() {
    let Some(server) = filled("") else { return };
    let plain = format!("imap://anna@localhost:{}/", server.plain);
    assert_eq!(server.scan(&plain, &[]).items().len(), 7);
    let log = fs::read_to_string(server.folder.path().join("log")).unwrap();
    assert!(log.lines().any(|line| line.contains("Login: user=<anna>") && line.contains("TLS")), "{log}");

    let address = server.address();
    let with = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command = command(server.folder.path());
        Run::of(command.envs(environment.iter().copied()).arg("scan").args(arguments).output().unwrap())
    };
    let password = [("SPORHUND_PASSWORD", PASSWORD)];
    with(&password, &[&address]).refused("not trusted");
    let by_number = format!("imaps://anna@127.0.0.1:{}", server.tls);
    assert_eq!(with(&password, &["--ca", "ca.pem", &by_number]).items().len(), 7);
    assert_eq!(with(&password, &["--ca", "cert.pem", &address]).items().len(), 7, "the server's own");
    let elsewhere = format!("imaps://anna@127.0.0.2:{}", server.tls);
    assert_ne!(with(&password, &["--ca", "ca.pem", &elsewhere]).code, 0);
    with(&[("SPORHUND_PASSWORD", "forkert")], &["--ca", "ca.pem", &address])
        .refused("refuses the user or the password");
    with(&[], &["--ca", "ca.pem", &address]).refused("SPORHUND_PASSWORD");
    fs::write(server.folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    let by_file = with(&[], &["--ca", "ca.pem", "--password-file", "password", &address]);
    assert_eq!(by_file.items().len(), 7);
    let typed = with(&password, &["--ca", "ca.pem", &address.replace("anna@", "anna:hemmelig@")]);
    typed.refused("does not belong on the command line");
    assert!(!typed.err.contains("hemmelig"));
    with(&password, &["--ca", "ca.pem", &format!("{address}/Findes ikke")]).refused("no such folder");
}

#[test]
fn a_state_takes_only_what_is_new() {
    let Some(server) = filled("") else { return };
    let address = server.address();
    let lines =
        |run: &Run| run.out.lines().filter(|l| !l.contains("\"summary\"")).map(str::to_owned).collect::<Vec<_>>();
    let taken = || {
        let log = fs::read_to_string(server.folder.path().join("log")).unwrap();
        // Dovecot tells at the end how many bodies each session took.
        let count = |line: &str| line.split("body_count=").nth(1)?.split(' ').next()?.parse::<u32>().ok();
        log.lines().filter_map(count).sum::<u32>()
    };
    let settled = |expected: u32| {
        for _ in 0..100 {
            if taken() >= expected {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(taken(), expected);
    };
    let full = server.scan(&address, &["--state", "st"]);
    settled(6);
    let again = server.scan(&address, &["--state", "st"]);
    assert_eq!(lines(&again), lines(&full));
    thread::sleep(Duration::from_millis(300));
    settled(6);
    server.append("INBOX", "21-May-2026 00:30:00 +0200", "", &message("ny", IN_BREACH));
    let newer = server.scan(&address, &["--state", "st"]);
    assert_eq!((newer.items().len(), newer.found().len()), (8, 6));
    settled(7);
}

/// A server that speaks to a script: what it answers to the first word of each command.
fn scripted(answer: impl Fn(&str, &str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("imap://anna@127.0.0.1:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let _ = stream.write_all(b"* OK\r\n");
            let mut lines = std::io::BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while std::io::BufRead::read_line(&mut lines, &mut line).is_ok_and(|n| n > 0) {
                let (tag, command) = line.trim().split_once(' ').unwrap_or_default();
                let told = match command.split(' ').next().unwrap_or_default() {
                    "CAPABILITY" => "* CAPABILITY IMAP4rev1\r\n",
                    "LIST" => "* LIST () \"/\" INBOX\r\n",
                    "EXAMINE" => "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n",
                    _ => "",
                };
                let _ = stream.write_all(told.as_bytes());
                answer(tag, command, &mut stream);
                line.clear();
            }
        }
    });
    address
}

fn scan(address: &str) -> Run {
    let here = tempfile::tempdir().unwrap();
    let mut command = command(here.path());
    let ca = here.path().join("ca.pem");
    if !openssl(here.path(), "req -x509 -newkey rsa:2048 -nodes -keyout k -out ca.pem -days 2 -subj /CN=x") {
        eprintln!("SKIPPED: no openssl here");
    }
    command.env("SPORHUND_PASSWORD", "x").args(["scan", "--ca"]).arg(ca).arg(address);
    Run::of(command.output().unwrap())
}

const LISTED: &str = "* 1 FETCH (UID 4 RFC822.SIZE 90 FLAGS ())\r\n* 2 FETCH (UID 5 RFC822.SIZE 90)\r\n\
                      * 3 FETCH (UID 6 RFC822.SIZE 4000000000)\r\n";

#[test]
fn a_server_that_fails_and_lies_costs_what_it_withholds() {
    let address = scripted(|tag, command, stream| {
        if command.starts_with("UID FETCH") && command.contains('5') {
            // It hangs up over the second message, always.
            let _ = stream.shutdown(std::net::Shutdown::Both);
        } else if command.starts_with("UID FETCH") {
            let body = message("x", IN_BREACH);
            let told = format!("* 1 FETCH (UID 4 BODY[] {{{}}}\r\n{body})\r\n{tag} OK\r\n", body.len());
            let _ = stream.write_all(told.as_bytes());
        } else {
            let listed = if command.starts_with("FETCH") { LISTED } else { "" };
            let _ = stream.write_all(format!("{listed}* NONSENSE (\r\n{tag} OK done\r\n").as_bytes());
        }
    });
    let run = scan(&address);
    let told: Vec<_> = run.all("item").iter().map(|i| (i["status"].clone(), i["reason"].clone())).collect();
    let told: Vec<_> = told.iter().map(|(s, r)| (s.as_str().unwrap(), r.as_str())).collect();
    assert_eq!(
        told,
        [("scanned", None), ("failed", Some("unreadable")), ("skipped", Some("too_large")), ("scanned", None)],
        "{}",
        run.out
    );
    assert_eq!((run.found().len(), run.code), (1, 1));
}

#[test]
fn a_server_that_goes_away_is_given_up() {
    let address = scripted(|tag, command, stream| {
        if command.starts_with("EXAMINE") {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        let _ = stream.write_all(format!("{tag} OK done\r\n").as_bytes());
    });
    let run = scan(&address);
    assert_eq!(run.code, 3, "{}", run.err);
    let folder = run.item(&format!("{address}!/INBOX"));
    assert_eq!((&folder["status"], &folder["reason"]), (&"failed".into(), &"unreadable".into()));
    let endless = scripted(|tag, command, stream| {
        if command.starts_with("LIST") {
            let _ = stream.write_all(&b"* ".repeat(400_000));
        } else {
            let _ = stream.write_all(format!("{tag} OK done\r\n").as_bytes());
        }
    });
    scan(&endless).refused("what is no IMAP");
}
