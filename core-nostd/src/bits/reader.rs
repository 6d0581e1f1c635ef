//! Reads an RBSP (emulation prevention already removed) bit by bit, most significant bit first.

use crate::error::{Error, Result};

/// A cursor over bytes, with the descriptors of H.264 7.2: `u(n)`, `ue(v)`, `se(v)`, `te(v)`.
///
/// ```
/// use transcode_core::bits::BitReader;
/// let mut r = BitReader::new(&[0b1_010_0011, 0b0_0000000]);
/// assert_eq!((r.ue()?, r.ue()?, r.ue()?), (0, 1, 5));
/// # Ok::<(), transcode_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct BitReader<'a> {
    data: &'a [u8],
    /// Next bit, counted from the start of `data`.
    pos: usize,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, pos: 0 }
    }
    /// A reader over the same data at bit `pos`.
    pub fn at(data: &'a [u8], pos: usize) -> Self {
        Self { data, pos }
    }
    /// All the bytes that this reader walks over.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }
    /// Bits read so far.
    pub fn position(&self) -> usize {
        self.pos
    }
    /// Bits left.
    pub fn remaining(&self) -> usize {
        (self.data.len() * 8).saturating_sub(self.pos)
    }
    /// Whether the next bit starts a byte.
    pub fn is_aligned(&self) -> bool {
        self.pos.is_multiple_of(8)
    }
    /// The next 57 bits, left-aligned, and up to seven more; zeros past the end. Does not move.
    #[inline]
    pub fn peek57(&self) -> u64 {
        let byte = self.pos >> 3;
        let word = match self.data.get(byte..byte + 8) {
            Some(b) => u64::from_be_bytes(b.try_into().unwrap_or([0; 8])),
            None => self.tail(byte),
        };
        word << (self.pos & 7)
    }
    /// The next 32 bits, left-aligned; zeros past the end. Does not move.
    #[inline]
    pub fn peek32(&self) -> u32 {
        (self.peek57() >> 32) as u32
    }
    #[cold]
    fn tail(&self, byte: usize) -> u64 {
        (0..8).fold(0, |w, i| w << 8 | u64::from(self.data.get(byte.saturating_add(i)).copied().unwrap_or(0)))
    }
    /// The next `n` bits (1 to 32); zeros past the end. Does not move.
    #[inline]
    pub fn peek(&self, n: u32) -> u32 {
        self.peek32() >> (32 - n)
    }
    /// Moves `n` bits on.
    ///
    /// # Errors
    /// `UnexpectedEnd` if fewer are left.
    #[inline]
    pub fn skip(&mut self, n: usize) -> Result<()> {
        if n > self.remaining() {
            return Err(self.end());
        }
        self.pos += n;
        Ok(())
    }
    /// Moves `n` bits on without asking whether there are as many: what lies past the end reads as zeros. For runs of short codes
    /// that end with one [`BitReader::check`].
    #[inline]
    pub fn advance(&mut self, n: usize) {
        self.pos += n;
    }
    /// Whether all bits that were passed exist.
    ///
    /// # Errors
    /// `UnexpectedEnd` if not.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.pos > self.data.len() * 8 { Err(self.end()) } else { Ok(()) }
    }
    /// `u(n)` for n from 0 to 32.
    ///
    /// # Errors
    /// `UnexpectedEnd`.
    #[inline]
    pub fn u(&mut self, n: u32) -> Result<u32> {
        if n == 0 {
            return Ok(0);
        }
        let v = self.peek(n);
        self.skip(n as usize)?;
        Ok(v)
    }
    /// `u(1)` as a truth value.
    ///
    /// # Errors
    /// `UnexpectedEnd`.
    #[inline]
    pub fn flag(&mut self) -> Result<bool> {
        Ok(self.u(1)? != 0)
    }
    /// `ue(v)`, H.264 9.1: 0 to 2^32-2.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for a code of more than 32 leading zeros.
    #[inline]
    pub fn ue(&mut self) -> Result<u32> {
        let window = self.peek32();
        let zeros = window.leading_zeros();
        if zeros <= 15 {
            let len = 2 * zeros + 1;
            self.skip(len as usize)?;
            return Ok((window >> (32 - len)) - 1);
        }
        self.ue_long()
    }
    #[cold]
    fn ue_long(&mut self) -> Result<u32> {
        let start = self.pos;
        let mut zeros = 0u32;
        while self.u(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return Err(Error::invalid("ue(v)").at_bit(start as u64));
            }
        }
        let rest = self.u(zeros)?;
        Ok(((1u64 << zeros) - 1) as u32 + rest)
    }
    /// `se(v)`, H.264 9.1.1.
    ///
    /// # Errors
    /// As [`BitReader::ue`].
    #[inline]
    pub fn se(&mut self) -> Result<i32> {
        let k = i64::from(self.ue()?);
        Ok((if k & 1 == 1 { (k + 1) >> 1 } else { -(k >> 1) }) as i32)
    }
    /// `te(v)` with the given largest value, H.264 9.1.
    ///
    /// # Errors
    /// As [`BitReader::ue`].
    #[inline]
    pub fn te(&mut self, max: u32) -> Result<u32> {
        if max > 1 { self.ue() } else { Ok(u32::from(!self.flag()?)) }
    }
    /// Moves to the next byte boundary.
    pub fn align(&mut self) {
        self.pos = self.pos.next_multiple_of(8);
    }
    /// `more_rbsp_data()`, H.264 7.2: whether anything but the trailing bits is left.
    pub fn more_rbsp_data(&self) -> bool {
        let Some(last) = self.data.iter().rposition(|&b| b != 0) else { return false };
        let stop = last * 8 + 7 - self.data[last].trailing_zeros() as usize;
        self.pos < stop
    }
    /// The error of having run out of bits here.
    #[cold]
    pub fn end(&self) -> Error {
        Error::unexpected_end(self.pos as u64)
    }
    /// The error of syntax element `field` being out of range here.
    #[cold]
    pub fn invalid(&self, field: &'static str) -> Error {
        Error::invalid(field).at_bit(self.pos as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn golomb_round_trip(values in prop::collection::vec((any::<u32>(), 0u32..32), 0..40)) {
            let mut w = BitWriter::new();
            for &(v, s) in &values {
                let v = v >> s;
                w.ue(v.min(u32::MAX - 1));
                w.se((v as i32).max(-i32::MAX));
                w.u(v & 0x1fff, 13);
            }
            w.rbsp_trailing_bits();
            let bytes = w.into_bytes();
            let mut r = BitReader::new(&bytes);
            for &(v, s) in &values {
                let v = v >> s;
                prop_assert!(r.more_rbsp_data());
                prop_assert_eq!(r.ue().unwrap(), v.min(u32::MAX - 1));
                prop_assert_eq!(r.se().unwrap(), (v as i32).max(-i32::MAX));
                prop_assert_eq!(r.u(13).unwrap(), v & 0x1fff);
            }
            prop_assert!(!r.more_rbsp_data());
        }
    }

    #[test]
    fn end_is_an_error_with_a_place() {
        let mut r = BitReader::new(&[0]);
        assert_eq!(r.u(9).unwrap_err(), Error::unexpected_end(0));
        assert!(r.ue().is_err());
    }
}
