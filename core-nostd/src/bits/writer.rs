//! Writes bit strings, most significant bit first.

use alloc::vec::Vec;

/// Collects bits; the counterpart of [`crate::bits::BitReader`].
#[derive(Debug, Clone, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet in `bytes`, right-aligned.
    cache: u64,
    /// Number of bits in `cache`, below 32 between calls.
    cached: u32,
}

impl BitWriter {
    /// An empty writer.
    pub fn new() -> Self {
        Self::default()
    }
    /// An empty writer that appends to `bytes` (cleared first), so that its memory is used again.
    pub fn reuse(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes, cache: 0, cached: 0 }
    }
    /// Bits written so far.
    pub fn len_bits(&self) -> usize {
        self.bytes.len() * 8 + self.cached as usize
    }
    /// `u(n)`: the low `n` bits of `value`, n from 0 to 32.
    #[inline]
    pub fn u(&mut self, value: u32, n: u32) {
        debug_assert!(n <= 32 && (n == 32 || u64::from(value) < 1u64 << n));
        self.cache = self.cache << n | u64::from(value);
        self.cached += n;
        if self.cached >= 32 {
            self.cached -= 32;
            self.bytes.extend_from_slice(&((self.cache >> self.cached) as u32).to_be_bytes());
        }
    }
    /// One bit.
    #[inline]
    pub fn flag(&mut self, value: bool) {
        self.u(u32::from(value), 1);
    }
    /// `ue(v)`, H.264 9.1; `value` is at most 2^32-2.
    #[inline]
    pub fn ue(&mut self, value: u32) {
        let code = u64::from(value) + 1;
        let bits = 64 - code.leading_zeros();
        self.u(0, bits - 1);
        if bits > 32 {
            self.u(1, 1);
            self.u(code as u32, 32);
        } else {
            self.u(code as u32, bits);
        }
    }
    /// `se(v)`, H.264 9.1.1; `value` is over -2^31.
    #[inline]
    pub fn se(&mut self, value: i32) {
        let v = i64::from(value);
        self.ue((if v > 0 { 2 * v - 1 } else { -2 * v }) as u32);
    }
    /// `te(v)` with the given largest value, H.264 9.1.
    #[inline]
    pub fn te(&mut self, value: u32, max: u32) {
        if max > 1 { self.ue(value) } else { self.flag(value == 0) }
    }
    /// Whether the next bit starts a byte.
    pub fn is_aligned(&self) -> bool {
        self.cached.is_multiple_of(8)
    }
    /// Fills up the byte with `bit`.
    pub fn align_with(&mut self, bit: bool) {
        while !self.is_aligned() {
            self.flag(bit);
        }
    }
    /// `rbsp_trailing_bits()`, H.264 7.3.2.11.
    pub fn rbsp_trailing_bits(&mut self) {
        self.flag(true);
        self.align_with(false);
    }
    /// The bytes; an unfinished last byte is filled with zeros.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.align_with(false);
        while self.cached > 0 {
            self.cached -= 8;
            self.bytes.push((self.cache >> self.cached) as u8);
        }
        self.bytes
    }
}
