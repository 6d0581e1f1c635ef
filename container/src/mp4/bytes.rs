//! Reading boxes out of memory, and writing them into it.

use crate::{Error, FourCc, Result};

/// A cursor over part of a file held in memory; knows where in the file it is, for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a> {
    data: &'a [u8],
    /// File offset of `data[0]`.
    offset: u64,
    /// The box that `data` is the body of.
    what: &'static str,
}

/// A box inside its parent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChildBox<'a> {
    pub(crate) kind: FourCc,
    pub(crate) body: Bytes<'a>,
    /// Header and body.
    pub(crate) raw: &'a [u8],
}

macro_rules! read_int {
    ($($name:ident: $t:ty),*) => { $(
        pub(crate) fn $name(&mut self) -> Result<$t> {
            Ok(<$t>::from_be_bytes(self.array()?))
        }
    )* };
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(data: &'a [u8], offset: u64, what: &'static str) -> Self {
        Self { data, offset, what }
    }
    /// The same bytes under the name of the box that is about to be read.
    pub(crate) fn named(self, what: &'static str) -> Self {
        Self { what, ..self }
    }
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.data
    }
    pub(crate) fn remaining(&self) -> usize {
        self.data.len()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
    #[cold]
    pub(crate) fn invalid(&self) -> Error {
        Error::invalid(self.what, self.offset)
    }
    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let Some((head, tail)) = self.data.split_at_checked(n) else { return Err(self.invalid()) };
        self.data = tail;
        self.offset += n as u64;
        Ok(head)
    }
    /// The next `n` bytes as a cursor of their own.
    pub(crate) fn sub(&mut self, n: usize) -> Result<Self> {
        let offset = self.offset;
        Ok(Self { data: self.take(n)?, offset, what: self.what })
    }
    pub(crate) fn skip(&mut self, n: usize) -> Result<()> {
        self.take(n).map(drop)
    }
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| self.invalid())
    }
    read_int!(u8: u8, u16: u16, u32: u32, u64: u64, i16: i16, i32: i32, i64: i64);

    pub(crate) fn fourcc(&mut self) -> Result<FourCc> {
        Ok(FourCc(self.array()?))
    }
    /// `version` and `flags` of a full box.
    pub(crate) fn version_flags(&mut self) -> Result<(u8, u32)> {
        let v = self.u32()?;
        Ok(((v >> 24) as u8, v & 0x00ff_ffff))
    }
    /// Reads an entry count and checks that entries of `entry_bytes` fit in what is left, so that memory for them may
    /// be taken.
    pub(crate) fn count(&mut self, entry_bytes: usize) -> Result<usize> {
        let count = self.u32()? as usize;
        if count > self.remaining() / entry_bytes {
            return Err(self.invalid());
        }
        Ok(count)
    }
    /// The next child box; `None` at the end of the parent or at its terminator.
    ///
    /// Fewer than 8 bytes at the end, or a zero size with a zero type, end a QuickTime container.
    pub(crate) fn next_box(&mut self) -> Result<Option<ChildBox<'a>>> {
        if self.remaining() < 8 {
            return Ok(None);
        }
        let mut header = *self;
        let size32 = header.u32()?;
        let kind = header.fourcc()?;
        let size = match size32 {
            0 if kind == FourCc::default() => return Ok(None),
            0 => self.remaining() as u64,
            1 => header.u64()?,
            n => u64::from(n),
        };
        let header_len = self.remaining() - header.remaining();
        let size = usize::try_from(size).map_err(|_| self.invalid())?;
        if size < header_len || size > self.remaining() {
            return Err(self.invalid());
        }
        let start = self.offset;
        let raw = self.take(size)?;
        let body = Bytes { data: &raw[header_len..], offset: start + header_len as u64, what: self.what };
        Ok(Some(ChildBox { kind, body, raw }))
    }
}

/// Builds boxes in memory.
#[derive(Debug, Default)]
pub(crate) struct BoxWriter {
    buf: Vec<u8>,
}

impl BoxWriter {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.buf
    }
    /// A box of type `kind` with the body that `body` writes. Bodies stay below 4 GiB: the muxer checks the whole.
    pub(crate) fn boxed(&mut self, kind: &[u8; 4], body: impl FnOnce(&mut Self)) {
        let start = self.buf.len();
        self.u32(0);
        self.bytes(kind);
        body(self);
        let size = (self.buf.len() - start) as u32;
        self.buf[start..start + 4].copy_from_slice(&size.to_be_bytes());
    }
    /// A full box.
    pub(crate) fn full(&mut self, kind: &[u8; 4], version: u8, flags: u32, body: impl FnOnce(&mut Self)) {
        self.boxed(kind, |w| {
            w.u32(u32::from(version) << 24 | flags);
            body(w);
        });
    }
    pub(crate) fn bytes(&mut self, v: &[u8]) {
        self.buf.extend_from_slice(v);
    }
    pub(crate) fn zeros(&mut self, n: usize) {
        self.buf.resize(self.buf.len() + n, 0);
    }
    pub(crate) fn u8(&mut self, v: u8) {
        self.buf.push(v);
    }
    pub(crate) fn u16(&mut self, v: u16) {
        self.bytes(&v.to_be_bytes());
    }
    pub(crate) fn u32(&mut self, v: u32) {
        self.bytes(&v.to_be_bytes());
    }
    pub(crate) fn u64(&mut self, v: u64) {
        self.bytes(&v.to_be_bytes());
    }
    /// 64 bits in version 1, else the low 32.
    pub(crate) fn versioned(&mut self, version: u8, v: u64) {
        if version == 1 { self.u64(v) } else { self.u32(v as u32) }
    }
}

/// The single box in `data`, which a test has just written.
#[cfg(test)]
pub(crate) fn only_box(data: &[u8]) -> ChildBox<'_> {
    let mut bytes = Bytes::new(data, 0, "test");
    let child = bytes.next_box().unwrap().unwrap();
    assert!(bytes.is_empty());
    child
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let parse = |data: &[u8]| Bytes::new(data, 100, "parent").next_box().map(|b| b.map(|b| b.body.rest().to_vec()));
        assert_eq!(parse(b"\0\0\0\x09abcdX").unwrap(), Some(b"X".to_vec()));
        assert_eq!(parse(b"\0\0\0\0abcdXYZ").unwrap(), Some(b"XYZ".to_vec()), "size 0 goes to the end");
        assert_eq!(parse(b"\0\0\0\x01abcd\0\0\0\0\0\0\0\x11X").unwrap(), Some(b"X".to_vec()), "64-bit size");
        assert_eq!(parse(b"\0\0\0\0\0\0\0\0rest").unwrap(), None, "QuickTime terminator");
        assert_eq!(parse(b"\0\0\0").unwrap(), None);
        for bad in
            [&b"\0\0\0\x07abcd"[..], b"\0\0\0\x09abcd", b"\0\0\0\x01abcd\0\0\0\0\0\0\0\x0f", b"\xff\xff\xff\xffabcd"]
        {
            assert!(matches!(parse(bad), Err(Error::Invalid { offset: 100, .. })), "{bad:?}");
        }
    }
}
