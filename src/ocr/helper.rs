//! A process that runs the program for a worker, which may not: pictures on its standard input, lines on its standard
//! output, each with its length. It is this program itself (`sporhund ocr`), may run programs and nothing else that a worker may
//! not, and ends when its worker does.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::budget::Limits;
use crate::item::{Fault, Reason};
use crate::ocr::grey::MOST;
use crate::ocr::{Grey, Tesseract};

/// The longest text of a picture, and of a list of languages.
const TEXT: u32 = 4 << 20;

/// What becomes of a picture.
const READ: u8 = 0;
const LATE: u8 = 1;
const FAILED: u8 = 2;

/// A helper, from its worker's side.
pub struct Helper {
    process: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Helper {
    /// Starts one. `None`: the program is not installed.
    pub fn start(limits: &Limits) -> Option<Self> {
        let mut command = Command::new(std::env::current_exe().ok()?);
        command.arg("ocr").arg(format!("--max-memory={}", limits.memory));
        command.arg(format!("--max-time={}", limits.silence.as_secs()));
        command.env_remove("SPORHUND_KEY").env_remove(crate::cli::PASSWORD);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().ok()?;
        let (input, output) = (process.stdin.take()?, process.stdout.take()?);
        let mut helper = Self { process, input: BufWriter::new(input), output: BufReader::new(output) };
        let languages = helper.answer().ok()?.ok()?;
        (!languages.is_empty()).then_some(helper)
    }

    /// The lines of a picture.
    pub fn read(&mut self, picture: &Grey) -> Result<String, Fault> {
        self.ask(picture)
            .and_then(|()| self.answer())
            .unwrap_or_else(|_| Err(Fault::new(Reason::Crashed, "the program that reads pictures failed")))
    }

    fn ask(&mut self, picture: &Grey) -> io::Result<()> {
        let (width, height) = picture.size();
        self.input.write_all(&width.to_le_bytes())?;
        self.input.write_all(&height.to_le_bytes())?;
        self.input.write_all(picture.pixels())?;
        self.input.flush()
    }

    fn answer(&mut self) -> io::Result<Result<String, Fault>> {
        let [mut how, mut length] = [[0; 1].to_vec(), [0; 4].to_vec()];
        self.output.read_exact(&mut how)?;
        self.output.read_exact(&mut length)?;
        let length = length.try_into().map(u32::from_le_bytes).unwrap_or_default();
        let mut text = vec![0; length.min(TEXT) as usize];
        self.output.read_exact(&mut text)?;
        Ok(match how.first() {
            Some(&READ) => Ok(String::from_utf8_lossy(&text).into_owned()),
            Some(&LATE) => Err(Fault::new(Reason::Timeout, "a picture took longer to read than the limit")),
            _ => Err(Fault::new(Reason::Crashed, "the program that reads pictures failed")),
        })
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is a helper: reads the pictures that come until there are no more. First it says which languages it reads.
pub fn serve(limits: &Limits, mut input: impl Read + Send + 'static, output: impl Write) -> io::Result<()> {
    let mut output = BufWriter::new(output);
    let program = Tesseract::find(limits);
    say(&mut output, READ, program.as_ref().map_or("", Tesseract::languages))?;
    let Some(program) = program else { return Ok(()) };
    let (send, pictures) = channel();
    thread::spawn(move || {
        while let Ok(picture) = next(&mut input) {
            if send.send(picture).is_err() {
                break;
            }
        }
        // The worker is gone, and whatever is being read is for nobody.
        std::process::exit(0);
    });
    for picture in pictures {
        match program.read(&picture) {
            Ok(text) => say(&mut output, READ, &text)?,
            Err(fault) if fault.reason == Reason::Timeout => say(&mut output, LATE, "")?,
            Err(_) => say(&mut output, FAILED, "")?,
        }
    }
    Ok(())
}

fn say(output: &mut impl Write, how: u8, text: &str) -> io::Result<()> {
    let length = u32::try_from(text.len()).unwrap_or_default();
    output.write_all(&[how])?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(text.as_bytes().get(..length as usize).unwrap_or_default())?;
    output.flush()
}

/// The next picture.
fn next(input: &mut impl Read) -> io::Result<Grey> {
    let mut size = [0; 8];
    input.read_exact(&mut size)?;
    let [a, b, c, d, e, f, g, h] = size;
    let (width, height) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    let length = u64::from(width) * u64::from(height);
    if length > MOST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut pixels = vec![0; length as usize];
    input.read_exact(&mut pixels)?;
    Grey::new(width, height, pixels).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
