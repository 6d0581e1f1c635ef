//! Uncompressed video without any framing.

use std::io::Write;

use crate::{Error, Result};

/// Writes planar frames one after another, in the layout of [`crate::PixelFormat`].
pub struct YuvWriter<W> {
    pub(crate) out: W,
    frame_bytes: u64,
    pub(crate) bytes: u64,
}

impl<W: Write> YuvWriter<W> {
    /// A writer of frames of `frame_bytes` bytes.
    pub fn new(out: W, frame_bytes: u64) -> Self {
        Self { out, frame_bytes, bytes: 0 }
    }
    /// Writes a frame, given as rows (or larger pieces) of all its planes in order.
    ///
    /// # Errors
    /// `Io`; `InvalidInput` if the pieces are not one frame together.
    pub fn write_frame<'a>(&mut self, rows: impl IntoIterator<Item = &'a [u8]>) -> Result<()> {
        let mut written = 0;
        for row in rows {
            self.out.write_all(row)?;
            written += row.len() as u64;
        }
        self.bytes += written;
        if written != self.frame_bytes {
            let (is, must) = (written, self.frame_bytes);
            return Err(Error::input("frame", format!("{is} bytes instead of {must}")));
        }
        Ok(())
    }
    /// Flushes, and gives the writer back.
    ///
    /// # Errors
    /// `Io`.
    pub fn finish(mut self) -> Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
    /// Bytes written so far.
    pub fn bytes_written(&self) -> u64 {
        self.bytes
    }
}
