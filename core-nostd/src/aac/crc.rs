//! Checksums: `crc_check` of ADTS (1.A.2.2, by ISO/IEC 11172-3 2.4.3.1) and `bs_sbr_crc_bits` of SBR (4.5.2.8.1).

use crate::bits::BitReader;

/// A checksum in the making.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crc {
    value: u32,
    polynomial: u32,
    bits: u32,
}

impl Crc {
    /// That of ADTS: 16 bits, which start as ones.
    pub(crate) const ADTS: Self = Self { value: 0xffff, polynomial: 0x8005, bits: 16 };
    /// That of SBR: 10 bits, which start as zeros.
    pub(crate) const SBR: Self = Self { value: 0, polynomial: 0x233, bits: 10 };

    fn bit(&mut self, bit: u32) {
        let out = self.value >> (self.bits - 1) ^ bit;
        self.value = (self.value << 1 & ((1 << self.bits) - 1)) ^ if out & 1 == 1 { self.polynomial } else { 0 };
    }

    /// Takes `count` bits of `data` from bit `start` on; those from bit `end` on count as zeros.
    pub(crate) fn take(&mut self, data: &[u8], start: usize, end: usize, count: usize) {
        let mut r = BitReader::at(data, start);
        let there = count.min(end.saturating_sub(start));
        for i in 0..count {
            let bit = if i < there { r.u(1).unwrap_or(0) } else { 0 };
            self.bit(bit);
        }
    }

    /// The checksum.
    pub(crate) fn value(self) -> u32 {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checksums() {
        // CRC-16/CMS of "123456789" in the catalogue of parametrised algorithms: this polynomial and start, not reflected.
        let mut crc = Crc::ADTS;
        crc.take(b"123456789", 0, 72, 72);
        assert_eq!(crc.value(), 0xaee7);
        // CRC-10/ATM, likewise.
        let mut crc = Crc::SBR;
        crc.take(b"123456789", 0, 72, 72);
        assert_eq!(crc.value(), 0x199);
        // What is not there counts as zeros.
        let (mut short, mut long) = (Crc::ADTS, Crc::ADTS);
        short.take(&[0xab, 0xff], 0, 8, 24);
        long.take(&[0xab, 0, 0], 0, 24, 24);
        assert_eq!(short, long);
    }
}
