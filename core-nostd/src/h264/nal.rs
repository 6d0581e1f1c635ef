//! NAL units: finding them in a byte stream (annex B) or in length-prefixed packets (ISO/IEC 14496-15),
//! their headers (7.3.1), and the emulation prevention of 7.4.1.

use crate::error::{Error, Result};
use alloc::vec::Vec;

/// `nal_unit_type` values of table 7-1 that this crate reads or writes.
pub mod nal_type {
    /// Coded slice of a non-IDR picture.
    pub const SLICE: u8 = 1;
    /// Coded slice data partition A.
    pub const PARTITION_A: u8 = 2;
    /// Coded slice data partition B.
    pub const PARTITION_B: u8 = 3;
    /// Coded slice data partition C.
    pub const PARTITION_C: u8 = 4;
    /// Coded slice of an IDR picture.
    pub const IDR: u8 = 5;
    /// Supplemental enhancement information.
    pub const SEI: u8 = 6;
    /// Sequence parameter set.
    pub const SPS: u8 = 7;
    /// Picture parameter set.
    pub const PPS: u8 = 8;
    /// Access unit delimiter.
    pub const AUD: u8 = 9;
    /// End of sequence.
    pub const END_OF_SEQUENCE: u8 = 10;
    /// End of stream.
    pub const END_OF_STREAM: u8 = 11;
    /// Filler data.
    pub const FILLER: u8 = 12;
    /// Sequence parameter set extension (auxiliary pictures).
    pub const SPS_EXTENSION: u8 = 13;
    /// Prefix NAL unit (scalable and multiview extensions).
    pub const PREFIX: u8 = 14;
    /// Subset sequence parameter set (scalable and multiview extensions).
    pub const SUBSET_SPS: u8 = 15;
    /// Coded slice of an auxiliary coded picture.
    pub const AUXILIARY_SLICE: u8 = 19;
    /// Coded slice extension (scalable and multiview extensions).
    pub const SLICE_EXTENSION: u8 = 20;
}

/// The first byte of a NAL unit, 7.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NalHeader {
    /// `nal_ref_idc`, 0 to 3.
    pub nal_ref_idc: u8,
    /// `nal_unit_type`, 0 to 31; see [`nal_type`].
    pub nal_unit_type: u8,
}

impl NalHeader {
    /// Reads the header byte.
    ///
    /// # Errors
    /// `Invalid` if `forbidden_zero_bit` is set.
    pub const fn parse(byte: u8) -> Result<Self> {
        if byte & 0x80 != 0 {
            return Err(Error::invalid("forbidden_zero_bit").at_bit(0));
        }
        Ok(Self { nal_ref_idc: byte >> 5, nal_unit_type: byte & 31 })
    }
    /// The header byte.
    pub const fn to_byte(self) -> u8 {
        (self.nal_ref_idc & 3) << 5 | self.nal_unit_type & 31
    }
    /// `IdrPicFlag`, 7-1.
    pub const fn is_idr(self) -> bool {
        self.nal_unit_type == nal_type::IDR
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 32;

/// Index of the first two zeros in `data` at or after `from` that `third`, not 0 itself, follows.
fn find_zeros_and(third: u8, data: &[u8], from: usize) -> Option<usize> {
    let mut i = from;
    loop {
        // Most blocks of a coded picture have no zero. Without an early end, the bytes are compared at once.
        while let Some(block) = data.get(i..).and_then(|d| d.first_chunk::<BLOCK>())
            && !block.iter().fold(false, |any, &b| any | (b == 0))
        {
            i += BLOCK;
        }
        let end = i + BLOCK;
        while i < end {
            // The third byte of a candidate decides how far the next one can be: only 0 keeps it close.
            match *data.get(i + 2)? {
                0 => i += 1,
                b if b == third && data[i] == 0 && data[i + 1] == 0 => return Some(i),
                _ => i += 3,
            }
        }
    }
}

/// Index of the first `00 00 01` in `data` at or after `from`.
fn find_start_code(data: &[u8], from: usize) -> Option<usize> {
    find_zeros_and(1, data, from)
}

/// A NAL unit at `offset` bytes into the packet it was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NalUnit<'a> {
    /// Offset of the header byte in the packet.
    pub offset: usize,
    /// The unit with its header byte, emulation prevention still in; never empty.
    pub data: &'a [u8],
}

/// The NAL units of a byte stream, annex B. Bytes before the first start code are ignored.
///
/// ```
/// use transcode_core::h264::nal::annexb;
/// let units: Vec<_> = annexb(&[0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x68, 7, 0, 0]).map(|n| n.data.to_vec()).collect();
/// assert_eq!(units, [vec![0x67, 9], vec![0x68, 7]]);
/// ```
pub fn annexb(data: &[u8]) -> AnnexB<'_> {
    AnnexB { data, start: find_start_code(data, 0).map(|i| i + 3) }
}

/// See [`annexb`].
#[derive(Debug, Clone)]
pub struct AnnexB<'a> {
    data: &'a [u8],
    /// Offset just after the next start code.
    start: Option<usize>,
}

impl<'a> Iterator for AnnexB<'a> {
    type Item = NalUnit<'a>;

    fn next(&mut self) -> Option<NalUnit<'a>> {
        loop {
            let start = self.start?;
            let next = find_start_code(self.data, start);
            self.start = next.map(|i| i + 3);
            // trailing_zero_8bits and the zero_byte of the next start code belong to no unit.
            let unit = self.data.get(start..next.unwrap_or(self.data.len()))?;
            let len = unit.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
            if len > 0 {
                return Some(NalUnit { offset: start, data: &unit[..len] });
            }
        }
    }
}

/// The NAL units of a packet in which each is preceded by its length in `length_size` bytes (1, 2, 3 or 4).
/// Units of no bytes are passed over.
pub fn length_prefixed(data: &[u8], length_size: u8) -> LengthPrefixed<'_> {
    LengthPrefixed { data, pos: 0, length_size: usize::from(length_size.clamp(1, 4)) }
}

/// See [`length_prefixed`].
#[derive(Debug, Clone)]
pub struct LengthPrefixed<'a> {
    data: &'a [u8],
    pos: usize,
    length_size: usize,
}

impl<'a> Iterator for LengthPrefixed<'a> {
    /// The error is `UnexpectedEnd`: a length reaches past the packet. What is left of the unit is not given out.
    type Item = Result<NalUnit<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.pos >= self.data.len() {
                return None;
            }
            let end = |p: usize| Error::unexpected_end(p as u64 * 8);
            let Some(prefix) = self.data.get(self.pos..self.pos + self.length_size) else {
                let e = end(self.pos);
                self.pos = self.data.len();
                return Some(Err(e));
            };
            let len = prefix.iter().fold(0usize, |n, &b| n << 8 | usize::from(b));
            let offset = self.pos + self.length_size;
            let Some(data) = self.data[offset..].get(..len) else {
                let e = end(self.pos);
                self.pos = self.data.len();
                return Some(Err(e));
            };
            self.pos = offset + len;
            if !data.is_empty() {
                return Some(Ok(NalUnit { offset, data }));
            }
        }
    }
}

/// Replaces `rbsp` by the payload `data` (a NAL unit without its header byte) with each
/// `emulation_prevention_three_byte` removed, 7.3.1. The vector's memory is used again.
pub fn unescape(data: &[u8], rbsp: &mut Vec<u8>) {
    rbsp.clear();
    rbsp.reserve(data.len());
    let mut copied = 0;
    while let Some(i) = find_zeros_and(3, data, copied) {
        rbsp.extend_from_slice(&data[copied..i + 2]);
        copied = i + 3;
    }
    rbsp.extend_from_slice(&data[copied..]);
}

/// Where byte `rbsp_byte` of the unescaped payload stood in the payload `data`: what makes the place in an error
/// message a place in the file.
pub fn escaped_offset(data: &[u8], rbsp_byte: u64) -> u64 {
    let (mut zeros, mut seen, mut at) = (0, 0u64, 0u64);
    for &b in data {
        if zeros >= 2 && b == 3 {
            zeros = 0;
        } else {
            if seen == rbsp_byte {
                return at;
            }
            seen += 1;
            zeros = if b == 0 { zeros + 1 } else { 0 };
        }
        at += 1;
    }
    at + (rbsp_byte - seen)
}

/// Appends the RBSP `rbsp` to `out` with emulation prevention, 7.4.1: no three bytes of the result are
/// `00 00 0x` with x of 2 or less, and the result does not end in 0.
pub fn escape(rbsp: &[u8], out: &mut Vec<u8>) {
    let mut zeros = 0;
    for &b in rbsp {
        if zeros >= 2 && b <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if b == 0 { zeros + 1 } else { 0 };
        out.push(b);
    }
    if rbsp.last() == Some(&0) {
        out.push(3);
    }
}

/// What `AVCDecoderConfigurationRecord` says, ISO/IEC 14496-15 5.3.3.1 (the payload of an `avcC` box).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvcConfig<'a> {
    /// `AVCProfileIndication`.
    pub profile_idc: u8,
    /// `profile_compatibility`.
    pub constraint_flags: u8,
    /// `AVCLevelIndication`.
    pub level_idc: u8,
    /// `lengthSizeMinusOne` + 1.
    pub length_size: u8,
    /// Sequence parameter sets, then picture parameter sets, each a whole NAL unit.
    pub parameter_sets: Vec<NalUnit<'a>>,
}

impl<'a> AvcConfig<'a> {
    /// Reads the record. What may follow the picture parameter sets (High profiles) repeats the sequence
    /// parameter set and is not read.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for another `configurationVersion` than 1.
    pub fn parse(data: &'a [u8]) -> Result<Self> {
        let byte = |i: usize| data.get(i).copied().ok_or(Error::unexpected_end(data.len() as u64 * 8));
        if byte(0)? != 1 {
            return Err(Error::invalid("configurationVersion").at_bit(0));
        }
        let mut config = Self {
            profile_idc: byte(1)?,
            constraint_flags: byte(2)?,
            level_idc: byte(3)?,
            length_size: (byte(4)? & 3) + 1,
            parameter_sets: Vec::new(),
        };
        let mut pos = 5;
        for mask in [31, 255] {
            let count = byte(pos)? & mask;
            pos += 1;
            for _ in 0..count {
                let len = usize::from(byte(pos)?) << 8 | usize::from(byte(pos + 1)?);
                let offset = pos + 2;
                let unit = data[offset..].get(..len).ok_or(Error::unexpected_end(data.len() as u64 * 8))?;
                if !unit.is_empty() {
                    config.parameter_sets.push(NalUnit { offset, data: unit });
                }
                pos = offset + len;
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;

    /// Bytes in which zeros and small values are common enough to need emulation prevention.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![3 => Just(0u8), 2 => 0u8..5, 1 => any::<u8>()], 0..200)
    }

    proptest! {
        #[test]
        fn escape_round_trip(rbsp in bytes()) {
            let mut nal = vec![0x65];
            escape(&rbsp, &mut nal);
            prop_assert!(nal.windows(3).skip(1).all(|w| w[0] != 0 || w[1] != 0 || w[2] > 2));
            let mut back = vec![1, 2, 3];
            unescape(&nal[1..], &mut back);
            // Only the final 00 03, which guards a trailing zero, is not undone: it ends in no third byte.
            prop_assert_eq!(&back[..rbsp.len()], &rbsp[..]);
            prop_assert!(back.len() <= rbsp.len() + 1);
            for i in 0..rbsp.len() {
                let at = escaped_offset(&nal[1..], i as u64) as usize;
                prop_assert_eq!(nal[1 + at], rbsp[i]);
            }
        }

        #[test]
        fn annexb_round_trip(units in prop::collection::vec(bytes(), 0..6), long in any::<bool>()) {
            let mut stream = vec![];
            let mut want = vec![];
            for u in &units {
                stream.extend_from_slice(if long { &[0, 0, 0, 1][..] } else { &[0, 0, 1] });
                let start = stream.len();
                stream.push(0x41);
                escape(u, &mut stream);
                want.push((start, stream[start..].to_vec()));
            }
            let got: Vec<_> = annexb(&stream).map(|n| (n.offset, n.data.to_vec())).collect();
            prop_assert_eq!(got, want);
        }

        #[test]
        fn any_bytes_are_split_without_panic(data in bytes(), size in 0u8..6) {
            for n in annexb(&data) {
                prop_assert_eq!(n.data, &data[n.offset..n.offset + n.data.len()]);
            }
            let mut last = None;
            for n in length_prefixed(&data, size) {
                prop_assert!(!matches!(last, Some(Err(_))));
                last = Some(n);
            }
            let _ = AvcConfig::parse(&data);
        }
    }

    #[test]
    fn headers() {
        assert_eq!(NalHeader::parse(0x67).unwrap(), NalHeader { nal_ref_idc: 3, nal_unit_type: 7 });
        assert_eq!(NalHeader::parse(0x67).unwrap().to_byte(), 0x67);
        assert!(NalHeader::parse(0x80).is_err());
    }

    #[test]
    fn a_length_past_the_packet_is_an_error_with_its_place() {
        let mut it = length_prefixed(&[0, 2, 9, 9, 0, 0, 0, 3, 1], 2);
        assert_eq!(it.next().unwrap().unwrap().data, [9, 9]);
        assert_eq!(it.next(), Some(Err(Error::unexpected_end(48))));
        assert_eq!(it.next(), None);
    }

    #[test]
    fn avc_configuration_record() {
        let record = [1, 66, 0xc0, 30, 0xff, 0xe1, 0, 2, 0x67, 5, 1, 0, 3, 0x68, 6, 7];
        let c = AvcConfig::parse(&record).unwrap();
        assert_eq!((c.profile_idc, c.level_idc, c.length_size), (66, 30, 4));
        assert_eq!(c.parameter_sets[0].data, [0x67, 5]);
        assert_eq!(c.parameter_sets[1].data, [0x68, 6, 7]);
        assert_eq!(AvcConfig::parse(&record[..15]).unwrap_err().kind, crate::ErrorKind::UnexpectedEnd);
    }
}
