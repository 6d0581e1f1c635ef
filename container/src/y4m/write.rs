//! [`Y4mWriter`].

use std::io::Write;

use super::Y4mHeader;
use crate::{Result, yuv::YuvWriter};

/// Writes frames behind a header line.
pub struct Y4mWriter<W> {
    frames: YuvWriter<W>,
}

impl<W: Write> Y4mWriter<W> {
    /// Writes the header line.
    ///
    /// # Errors
    /// `Io`.
    pub fn new(mut out: W, header: &Y4mHeader) -> Result<Self> {
        let line = header.to_line();
        out.write_all(line.as_bytes())?;
        let mut frames = YuvWriter::new(out, header.frame_bytes());
        frames.bytes += line.len() as u64;
        Ok(Self { frames })
    }
    /// Writes a frame, given as rows (or larger pieces) of all its planes in order, as [`crate::PixelFormat`] says.
    ///
    /// # Errors
    /// `Io`; `InvalidInput` if the pieces are not one frame together.
    pub fn write_frame<'a>(&mut self, rows: impl IntoIterator<Item = &'a [u8]>) -> Result<()> {
        self.frames.out.write_all(b"FRAME\n")?;
        self.frames.bytes += 6;
        self.frames.write_frame(rows)
    }
    /// Flushes, and gives the writer back.
    ///
    /// # Errors
    /// `Io`.
    pub fn finish(self) -> Result<W> {
        self.frames.finish()
    }
    /// Bytes written so far.
    pub fn bytes_written(&self) -> u64 {
        self.frames.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Limits, y4m::Y4mReader};

    #[test]
    fn round_trip() {
        let header = Y4mHeader::parse(b"YUV4MPEG2 W3 H3 F25:1 C420jpeg").unwrap();
        let frame: Vec<u8> = (0..17).collect();
        let mut w = Y4mWriter::new(Vec::new(), &header).unwrap();
        w.write_frame(frame.chunks(3)).unwrap();
        w.write_frame([&frame[..]]).unwrap();
        let bytes = w.bytes_written();
        let file = w.finish().unwrap();
        assert_eq!(file.len() as u64, bytes);
        let mut r = Y4mReader::new(&file[..], &Limits::default()).unwrap();
        assert_eq!(r.header(), &header);
        let mut got = Vec::new();
        for _ in 0..2 {
            assert!(r.read_frame(&mut got).unwrap());
            assert_eq!(got, frame);
        }
        assert!(!r.read_frame(&mut got).unwrap());
    }

    #[test]
    fn a_frame_of_another_size_is_refused() {
        let header = Y4mHeader::parse(b"YUV4MPEG2 W2 H2 Cmono").unwrap();
        let mut w = Y4mWriter::new(Vec::new(), &header).unwrap();
        assert!(matches!(w.write_frame([&[0u8; 3][..]]), Err(Error::InvalidInput { .. })));
    }
}
