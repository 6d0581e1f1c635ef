//! Elements (RFC 8794): identifier, size, and what is in them.

use crate::{Error, Result};

/// The start of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u32,
    /// Bytes of the body; `None` is unknown.
    pub(super) size: Option<u64>,
    /// Bytes of identifier and size.
    pub(super) len: u64,
}

/// Bytes that an element's identifier and size take at most.
pub(super) const HEADER: usize = 12;

/// A number of variable length (RFC 8794 4) at the start of `data`: its value without marker, and its length; the
/// value with all bits set is unknown, `None`.
pub(super) fn vint(data: &[u8]) -> Option<(Option<u64>, usize)> {
    let &first = data.first()?;
    let len = first.leading_zeros() as usize + 1;
    if len > 8 {
        return None;
    }
    let bytes = data.get(..len)?;
    let value = bytes.iter().fold(0u64, |v, &b| v << 8 | u64::from(b)) & ((1 << (7 * len)) - 1);
    Some(((value != (1 << (7 * len)) - 1).then_some(value), len))
}

impl Header {
    /// Reads the start of the element at file offset `offset`, where `data` is all that the file has, or enough.
    ///
    /// # Errors
    /// `Invalid` if there is none; `UnexpectedEnd` where the file ends inside.
    pub(super) fn parse(data: &[u8], offset: u64) -> Result<Self> {
        let end = |n: usize| match data.len() < n {
            true => Error::unexpected_end("element", offset + data.len() as u64),
            false => Error::invalid("element", offset),
        };
        let &first = data.first().ok_or_else(|| end(1))?;
        let id_len = first.leading_zeros() as usize + 1;
        if id_len > 4 {
            return Err(Error::invalid("element identifier", offset));
        }
        let id_bytes = data.get(..id_len).ok_or_else(|| end(id_len))?;
        let id = id_bytes.iter().fold(0u32, |v, &b| v << 8 | u32::from(b));
        let rest = &data[id_len..];
        let size_len = rest.first().map_or(1, |b| b.leading_zeros() as usize + 1);
        if size_len > 8 {
            return Err(Error::invalid("element size", offset));
        }
        let (size, size_len) = vint(rest).ok_or_else(|| end(id_len + size_len))?;
        Ok(Self { id, size, len: (id_len + size_len) as u64 })
    }
}

/// An element inside a master element that is held in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) id: u32,
    pub(super) data: &'a [u8],
    /// File offset of `data`.
    pub(super) offset: u64,
}

/// The children of a master element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a> {
    data: &'a [u8],
    offset: u64,
}

impl<'a> Elements<'a> {
    pub(super) fn new(data: &'a [u8], offset: u64) -> Self {
        Self { data, offset }
    }
    /// The next child.
    ///
    /// # Errors
    /// `Invalid` where a child does not fit into its parent.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>> {
        if self.data.is_empty() {
            return Ok(None);
        }
        let at = self.offset;
        let invalid = || Error::invalid("element in a master element", at);
        let header = Header::parse(self.data, at).map_err(|_| invalid())?;
        let (len, size) = (header.len as usize, header.size.ok_or_else(invalid)?);
        let end = usize::try_from(size).ok().and_then(|s| s.checked_add(len)).ok_or_else(invalid)?;
        let data = self.data.get(len..end).ok_or_else(invalid)?;
        self.data = &self.data[end..];
        self.offset += end as u64;
        Ok(Some(Element { id: header.id, data, offset: at + header.len }))
    }
}

impl<'a> Element<'a> {
    pub(super) fn children(&self) -> Elements<'a> {
        Elements::new(self.data, self.offset)
    }
    fn invalid(&self, what: &'static str) -> Error {
        Error::invalid(what, self.offset)
    }
    /// An unsigned integer; no bytes are 0.
    pub(super) fn uint(&self) -> Result<u64> {
        match self.data.len() {
            0..=8 => Ok(self.data.iter().fold(0, |v, &b| v << 8 | u64::from(b))),
            _ => Err(self.invalid("unsigned integer element")),
        }
    }
    /// As [`Element::uint`], for what fits 32 bits; larger ones saturate.
    pub(super) fn uint32(&self) -> Result<u32> {
        Ok(u32::try_from(self.uint()?).unwrap_or(u32::MAX))
    }
    /// A floating-point number of 0, 4 or 8 bytes.
    pub(super) fn float(&self) -> Result<f64> {
        match *self.data {
            [] => Ok(0.0),
            [a, b, c, d] => Ok(f32::from_be_bytes([a, b, c, d]).into()),
            [a, b, c, d, e, f, g, h] => Ok(f64::from_be_bytes([a, b, c, d, e, f, g, h])),
            _ => Err(self.invalid("floating-point element")),
        }
    }
    /// Text; it ends at the first zero byte, if there is one.
    pub(super) fn text(&self) -> String {
        let text = self.data.split(|&b| b == 0).next().unwrap_or(&[]);
        String::from_utf8_lossy(text).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length() {
        assert_eq!(vint(&[0x81]), Some((Some(1), 1)));
        assert_eq!(vint(&[0x40, 0x02]), Some((Some(2), 2)));
        assert_eq!(vint(&[0xff]), Some((None, 1)));
        assert_eq!(vint(&[0x01, 0, 0, 0, 0, 0, 0, 3]), Some((Some(3), 8)));
        assert_eq!(vint(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some((None, 8)));
        assert_eq!(vint(&[0x40]), None);
        assert_eq!(vint(&[0x00, 0x80]), None);
    }

    #[test]
    fn headers() {
        let header = Header::parse(&[0x1a, 0x45, 0xdf, 0xa3, 0x93], 0).unwrap();
        assert_eq!(header, Header { id: 0x1a45_dfa3, size: Some(19), len: 5 });
        let unknown = Header::parse(&[0x1f, 0x43, 0xb6, 0x75, 0x01, 255, 255, 255, 255, 255, 255, 255], 0).unwrap();
        assert_eq!((unknown.size, unknown.len), (None, 12));
        assert!(matches!(Header::parse(&[0x1f, 0x43], 7), Err(Error::UnexpectedEnd { offset: 9, .. })));
        assert!(matches!(Header::parse(&[0xa3, 0x40], 7), Err(Error::UnexpectedEnd { offset: 9, .. })));
        assert!(matches!(Header::parse(&[0x08, 0x81], 7), Err(Error::Invalid { offset: 7, .. })));
        assert!(matches!(Header::parse(&[0xa3, 0x00], 7), Err(Error::Invalid { offset: 7, .. })));
    }

    #[test]
    fn values() {
        let element = |data| Element { id: 0, data, offset: 0 };
        assert_eq!(element(&[1, 0]).uint().unwrap(), 256);
        assert_eq!(element(&[]).uint().unwrap(), 0);
        assert_eq!(element(&[0x3f, 0x80, 0, 0]).float().unwrap(), 1.0);
        assert!(element(&[0; 9]).uint().is_err() && element(&[0; 5]).float().is_err());
        assert_eq!(element(b"ab\0c").text(), "ab");
    }
}
