//! The program itself: a picture on its standard input, lines on its standard output, and no longer than the limit.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::budget::Limits;
use crate::item::{Fault, Reason};
use crate::ocr::{Grey, address};

/// The program's name, looked for where the system looks for programs.
const PROGRAM: &str = "tesseract";
/// The languages of ours, by its names for them.
const LANGUAGES: [&str; 5] = ["dan", "swe", "nor", "fin", ENGLISH];
/// The one that knows `@`.
const ENGLISH: &str = "eng";
/// Its ways to look for text: in blocks, whichever way up they are, and in upright ones.
const ANY_WAY_UP: &str = "1";
const UPRIGHT: &str = "3";
/// So much of a text is words, if it is the right way up.
const SENSIBLE: f32 = 0.85;
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
    /// Looks for it. `None`: it is not installed, or knows none of the languages. A picture may be read three
    /// times, in less than an item may be silent.
    pub fn find(limits: &Limits) -> Option<Self> {
        let mut command = command();
        let mut child = command.arg("--list-langs").stdin(Stdio::null()).spawn().ok()?;
        let mut listed = String::new();
        let _ = child.stdout.take()?.take(LISTED).read_to_string(&mut listed);
        child.wait().ok()?;
        let knows = |language: &str| listed.lines().any(|line| line.trim() == language);
        let languages = LANGUAGES.into_iter().filter(|language| knows(language)).collect::<Vec<_>>().join("+");
        (!languages.is_empty()).then(|| Self { languages, turns: knows("osd"), limit: limits.silence / 4 })
    }

    /// The languages it reads, as it calls them.
    pub fn languages(&self) -> &str {
        &self.languages
    }

    /// The lines of a picture, and once more for the addresses in them.
    pub fn read(&self, picture: &Grey) -> Result<String, Fault> {
        let (text, layout) = self.turned(picture)?;
        let others = self.languages.strip_suffix(ENGLISH).is_some_and(|others| !others.is_empty());
        if !others || !address::hinted(&text) {
            return Ok(text);
        }
        Ok(self.read_as(picture, layout, ENGLISH).map_or(text.clone(), |second| address::merge(&text, &second)))
    }

    /// The lines of a picture, and how they were looked for. A page with little text is at times taken to be upside
    /// down: what makes little sense is read once more as it stands.
    fn turned(&self, picture: &Grey) -> Result<(String, &'static str), Fault> {
        if !self.turns {
            return Ok((self.read_as(picture, UPRIGHT, &self.languages)?, UPRIGHT));
        }
        let text = self.read_as(picture, ANY_WAY_UP, &self.languages)?;
        if sense(&text) >= SENSIBLE {
            return Ok((text, ANY_WAY_UP));
        }
        let upright = self.read_as(picture, UPRIGHT, &self.languages)?;
        Ok(if sense(&upright) > sense(&text) { (upright, UPRIGHT) } else { (text, ANY_WAY_UP) })
    }

    fn read_as(&self, picture: &Grey, layout: &str, languages: &str) -> Result<String, Fault> {
        let mut command = command();
        command.args(["stdin", "stdout", "--dpi", "300", "--psm", layout]);
        command.args(["-l", languages]).stdin(Stdio::piped());
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

/// How much of a text is words as people write them: `Anna` and `anna`, not `aNUj` or `e)nn`. From 0 to 1; what is
/// written large and what holds digits says nothing.
fn sense(text: &str) -> f32 {
    let (mut words, mut others) = (0u16, 0u16);
    for token in text.split([' ', '\n', '-']).map(|token| token.trim_matches(|c: char| !c.is_alphanumeric())) {
        let letters = token.chars().count();
        if letters < 2
            || token.contains(|c: char| c.is_ascii_digit() || c == '@')
            || token.chars().all(char::is_uppercase)
        {
            continue;
        }
        let word = token.chars().skip(1).all(char::is_lowercase);
        let count = if word { &mut words } else { &mut others };
        *count = count.saturating_add(1);
    }
    f32::from(words) / f32::from(words.saturating_add(others).max(1))
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

#[cfg(test)]
mod tests {
    use super::sense;

    #[test]
    fn a_text_that_is_upside_down_makes_little_sense() {
        let right = "Kære Åse Sørensen\nDit CPR-nummer er 220295-3541.\nMed venlig hilsen, Københavns Kommune";
        let turned =
            "aUNUIWIOY suseyuaqøy UOSTIU SIJUDA PIN\n*[euss1ods rey np stay t'ewutproug)zonee\n*TPSE-S6707T YdO";
        assert!(sense(right) > 0.9 && sense(turned) < 0.8, "{} {}", sense(right), sense(turned));
        assert_eq!(sense(""), 0.0);
    }
}
