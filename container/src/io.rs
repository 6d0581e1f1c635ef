//! Reading parts of a file.

use std::io::{self, Read, Seek, SeekFrom};

use crate::{Error, Result};

/// A file, or anything that can be read like one.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// A source of known length.
pub struct Source {
    inner: Box<dyn ReadSeek>,
    len: u64,
    /// Where `inner` stands, to leave out seeks that go nowhere.
    at: Option<u64>,
}

impl Source {
    pub(crate) fn new(mut inner: Box<dyn ReadSeek>) -> Result<Self> {
        let len = inner.seek(SeekFrom::End(0))?;
        Ok(Self { inner, len, at: Some(len) })
    }
    pub(crate) fn len(&self) -> u64 {
        self.len
    }
    /// Fills `buf` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEnd` in `what` if the file is shorter.
    pub(crate) fn read_at(&mut self, offset: u64, buf: &mut [u8], what: &'static str) -> Result<()> {
        if self.at != Some(offset) {
            self.at = None;
            self.inner.seek(SeekFrom::Start(offset))?;
        }
        self.at = None;
        match self.inner.read_exact(buf) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(Error::unexpected_end(what, self.len)),
            Err(e) => return Err(e.into()),
        }
        self.at = offset.checked_add(buf.len() as u64);
        Ok(())
    }
    /// `len` bytes from `offset`. The length is checked against the file's before memory is taken.
    ///
    /// # Errors
    /// As [`Source::read_at`].
    pub(crate) fn read_vec(&mut self, offset: u64, len: u64, what: &'static str) -> Result<Vec<u8>> {
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return Err(Error::unexpected_end(what, self.len));
        }
        let size = usize::try_from(len).map_err(|_| Error::unsupported("more data than the address space holds"))?;
        let mut buf = vec![0; size];
        self.read_at(offset, &mut buf, what)?;
        Ok(buf)
    }
}

/// A window of a file that follows one reader's forward movement, so that small neighbouring reads cost one system
/// call between them.
pub(crate) struct Window {
    start: u64,
    buf: Vec<u8>,
    size: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self::with_size(128 << 10)
    }
}

impl Window {
    /// A window that reads `size` bytes at once: few where a reader skips most of what it passes.
    pub(crate) const fn with_size(size: usize) -> Self {
        Self { start: 0, buf: Vec::new(), size }
    }
    /// Appends `len` bytes from `offset` to `out`.
    pub(crate) fn read(
        &mut self,
        source: &mut Source,
        offset: u64,
        len: u64,
        out: &mut Vec<u8>,
        what: &'static str,
    ) -> Result<()> {
        let end = offset.checked_add(len).filter(|&end| end <= source.len());
        let Some(_) = end else { return Err(Error::unexpected_end(what, source.len())) };
        if len >= self.size as u64 {
            let old = out.len();
            out.resize(old + len as usize, 0);
            return source.read_at(offset, &mut out[old..], what);
        }
        out.extend_from_slice(&self.peek(source, offset, len as usize, what)?[..len as usize]);
        Ok(())
    }
    /// The bytes at hand from `offset` on: at least `least`, which is at most the window's size, unless the file ends
    /// before.
    pub(crate) fn peek(&mut self, source: &mut Source, offset: u64, least: usize, what: &'static str) -> Result<&[u8]> {
        let rest = source.len().saturating_sub(offset);
        let end = self.start + self.buf.len() as u64;
        if offset < self.start || end.saturating_sub(offset) < rest.min(least as u64) {
            self.buf.resize(rest.min(self.size as u64) as usize, 0);
            self.start = offset;
            if let Err(e) = source.read_at(offset, &mut self.buf, what) {
                self.buf.clear();
                return Err(e);
            }
        }
        Ok(self.buf.get((offset - self.start) as usize..).unwrap_or(&[]))
    }
}
