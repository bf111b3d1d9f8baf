//! Files on systems that fail for a moment: a share that is busy, a network that drops, a lock that is about to go.
//!
//! In: how a file is opened. Out: a reader that tries again, a few times and with growing pauses, and opens the file anew
//! where the server has forgotten it. What fails for good fails at once; and a disk that goes on failing is told.

use std::io::{self, Read, Seek, SeekFrom};
use std::thread;
use std::time::Duration;

/// Pauses before each further try; so many tries has a file in all.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1)];

/// A file, and how it is opened again.
pub struct Patient<F, O> {
    file: F,
    open: O,
    at: u64,
    tried: usize,
}

impl<F: Read + Seek, O: FnMut() -> io::Result<F>> Patient<F, O> {
    /// A file that was opened, at its beginning.
    pub fn new(file: F, open: O) -> Self {
        Self { file, open, at: 0, tried: 0 }
    }

    fn again(&mut self, error: io::Error) -> io::Result<()> {
        wait(error, &mut self.tried)?;
        // Where it cannot be opened now, the old one is tried once more.
        if let Ok(mut file) = (self.open)()
            && file.seek(SeekFrom::Start(self.at)).is_ok()
        {
            self.file = file;
        }
        Ok(())
    }
}

impl<F: Read + Seek, O: FnMut() -> io::Result<F>> Read for Patient<F, O> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buffer) {
                Ok(read) => {
                    self.at = self.at.saturating_add(read as u64);
                    return Ok(read);
                }
                Err(error) => self.again(error)?,
            }
        }
    }
}

impl<F: Read + Seek, O: FnMut() -> io::Result<F>> Seek for Patient<F, O> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

/// Opens a file, with the same patience.
pub fn open<F>(mut open: impl FnMut() -> io::Result<F>) -> io::Result<F> {
    let mut tried = 0;
    loop {
        match open() {
            Ok(file) => return Ok(file),
            Err(error) => wait(error, &mut tried)?,
        }
    }
}

/// Waits, if it is worth waiting; else the error comes back.
fn wait(error: io::Error, tried: &mut usize) -> io::Result<()> {
    match PAUSES.get(*tried) {
        Some(pause) if passes(&error) => {
            *tried += 1;
            thread::sleep(*pause);
            Ok(())
        }
        _ => Err(error),
    }
}

/// An error that may be gone in a moment.
#[cfg(unix)]
fn passes(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [
        Errno::IO,
        Errno::STALE,
        Errno::TIMEDOUT,
        Errno::AGAIN,
        Errno::BUSY,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::HOSTUNREACH,
        Errno::NOTCONN,
        Errno::CONNRESET,
    ]
    .iter()
    .any(|passing| error.raw_os_error() == Some(passing.raw_os_error()))
}

/// Sharing and lock violations, and the network's.
/// <https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499->
#[cfg(windows)]
fn passes(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| matches!(code, 32 | 33 | 53 | 54 | 59 | 64 | 121))
}

#[cfg(not(any(unix, windows)))]
fn passes(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

#[cfg(all(test, unix))]
mod tests {
    use std::cell::Cell;
    use std::io::Cursor;

    use rustix::io::Errno;

    use super::*;

    /// Fails with this error whenever the dice say so.
    struct Shaky<'c>(Cursor<Vec<u8>>, &'c Cell<u32>, Errno);

    impl Read for Shaky<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let left = self.1.get();
            self.1.set(left.saturating_sub(1));
            if left % 2 == 1 {
                return Err(self.2.into());
            }
            self.0.by_ref().take(7).read(buffer)
        }
    }

    impl Seek for Shaky<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    fn read(failures: u32, error: Errno) -> io::Result<Vec<u8>> {
        let left = Cell::new(failures);
        let text: Vec<u8> = (0..100).collect();
        let open = || Ok(Shaky(Cursor::new(text.clone()), &left, error));
        let mut file = Patient::new(open()?, open);
        let mut read = Vec::new();
        file.read_to_end(&mut read).map(|_| read)
    }

    #[test]
    fn what_fails_for_a_moment_is_read_on() {
        let whole: Vec<u8> = (0..100).collect();
        for error in [Errno::IO, Errno::STALE, Errno::TIMEDOUT] {
            assert_eq!(read(4, error).unwrap(), whole);
        }
        assert_eq!(read(1, Errno::ACCESS).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(read(u32::MAX, Errno::IO).is_err(), "there is an end to patience");
    }

    #[test]
    fn opening_is_tried_again_too() {
        let tries = Cell::new(0);
        let shy = || {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { Err(Errno::TIMEDOUT.into()) } else { Ok(Cursor::new(b"hej".to_vec())) }
        };
        let mut text = String::new();
        open(shy).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), tries.get()), ("hej", 3));
    }
}
