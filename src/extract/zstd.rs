//! Zstandard (RFC 8878) as a stream: frame after frame, those to skip skipped.
//!
//! Where a frame breaks off or is damaged, what stands before that is handed over first: the decoder keeps a window of
//! it back, which an empty last block sets free.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::item::{Fault, Reason};

/// A last block with nothing in it, and room for a checksum.
const END: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

/// Unpacks the frames of a stream.
pub struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    open: bool,
    fault: Option<io::Error>,
}

impl<R: BufRead> Frames<R> {
    /// Frames that ask for more than `window` bytes of memory are refused.
    pub fn new(source: R, window: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(window);
        Self { source, decoder, open: false, fault: None }
    }

    /// Goes on to the next frame. False: there is none.
    fn begin(&mut self) -> io::Result<bool> {
        if self.source.fill_buf()?.is_empty() {
            return Ok(false);
        }
        self.open = false;
        match self.decoder.init(&mut self.source) {
            Ok(()) => self.open = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => {
                return Err(Fault::new(Reason::TooLarge, "unpacking it takes more memory than the limit").into());
            }
            Err(_) => return Err(io::ErrorKind::InvalidData.into()),
        }
        Ok(true)
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if buffer.is_empty() || self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if let Some(fault) = self.fault.take() {
                return Err(fault);
            }
            if !self.open || self.decoder.is_finished() {
                if !self.begin()? {
                    return Ok(0);
                }
            } else if self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)).is_err() {
                let ended = self.source.fill_buf().map_or_else(Some, |rest| {
                    Some(if rest.is_empty() {
                        io::ErrorKind::UnexpectedEof.into()
                    } else {
                        io::ErrorKind::InvalidData.into()
                    })
                });
                self.fault = ended;
                let _ = self.decoder.decode_blocks(END, BlockDecodingStrategy::UptoBlocks(1));
                if !self.decoder.is_finished() {
                    self.open = false;
                }
            }
        }
    }
}
