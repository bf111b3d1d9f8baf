//! The program itself: a picture on its standard input, lines on its standard output, and no longer than the limit.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::budget::Limits;
use crate::item::{Fault, Reason};
use crate::ocr::Grey;

/// The program's name, looked for where the system looks for programs.
const PROGRAM: &str = "tesseract";
/// The languages of ours, by its names for them.
const LANGUAGES: [&str; 5] = ["dan", "swe", "nor", "fin", "eng"];
/// The longest text of one picture.
const TEXT: u64 = 1 << 20;
/// The longest list of languages.
const LISTED: u64 = 64 << 10;

/// The program as it is installed.
#[derive(Debug, Clone)]
pub struct Tesseract {
    /// Those of our languages that it knows, joined by `+`.
    languages: String,
    /// It can tell which way up a page is.
    turns: bool,
    limit: Duration,
}

impl Tesseract {
    /// Looks for it. `None`: it is not installed, or knows none of the languages. A picture may take half of what an
    /// item may be silent.
    pub fn find(limits: &Limits) -> Option<Self> {
        let mut command = command();
        let mut child = command.arg("--list-langs").stdin(Stdio::null()).spawn().ok()?;
        let mut listed = String::new();
        let _ = child.stdout.take()?.take(LISTED).read_to_string(&mut listed);
        child.wait().ok()?;
        let knows = |language: &str| listed.lines().any(|line| line.trim() == language);
        let languages = LANGUAGES.into_iter().filter(|language| knows(language)).collect::<Vec<_>>().join("+");
        (!languages.is_empty()).then(|| Self { languages, turns: knows("osd"), limit: limits.silence / 2 })
    }

    /// The languages it reads, as it calls them.
    pub fn languages(&self) -> &str {
        &self.languages
    }

    /// The lines of a picture.
    pub fn read(&self, picture: &Grey) -> Result<String, Fault> {
        let mut command = command();
        // 1: text in blocks, whichever way up; 3: the same, upright.
        command.args(["stdin", "stdout", "--dpi", "300", "--psm", if self.turns { "1" } else { "3" }]);
        command.args(["-l", &self.languages]).stdin(Stdio::piped());
        let failed = || Fault::new(Reason::Crashed, "the program that reads pictures failed");
        let mut child = command.spawn().map_err(|_| failed())?;
        bound(&child, self.limit);
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Err(failed()) };
        let (send, receive) = channel();
        let text = thread::scope(|scope| {
            scope.spawn(move || {
                // Who does not want all of it says so by how it ends.
                let _ = picture.write(&mut input).and_then(|()| input.flush());
            });
            scope.spawn(move || {
                let mut text = Vec::new();
                let read = output.take(TEXT).read_to_end(&mut text);
                let _ = send.send(read.map(|_| text));
            });
            let text = receive.recv_timeout(self.limit);
            if text.is_err() {
                let _ = child.kill();
            }
            text
        });
        let status = child.wait();
        match text {
            Err(_) => Err(Fault::new(Reason::Timeout, "a picture took longer to read than the limit")),
            Ok(Ok(text)) if status.is_ok_and(|status| status.success()) => {
                Ok(String::from_utf8_lossy(&text).into_owned())
            }
            Ok(_) => Err(failed()),
        }
    }
}

/// The program, on one thread: others read other pictures meanwhile. What it must not know it is not told.
fn command() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("OMP_THREAD_LIMIT", "1").env_remove("SPORHUND_KEY").env_remove(crate::cli::PASSWORD);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Whoever waits for it may be killed: then nobody else would end it.
#[cfg(target_os = "linux")]
fn bound(child: &Child, limit: Duration) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let most = Some(limit.as_secs().max(1) + 1);
    let _ = prlimit(Some(Pid::from_child(child)), Resource::Cpu, Rlimit { current: most, maximum: most });
}

#[cfg(not(target_os = "linux"))]
fn bound(_: &Child, _: Duration) {}
