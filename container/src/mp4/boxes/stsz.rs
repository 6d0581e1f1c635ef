//! `stsz` and `stz2`: sample sizes (ISO/IEC 14496-12 8.7.3).

use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::{Error, Limits, Result};

/// Sizes of a track's samples in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SampleSizes {
    /// All the same.
    Constant { size: u32, count: u32 },
    /// One each.
    Each(Vec<u32>),
}

impl SampleSizes {
    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::Constant { count, .. } => *count,
            Self::Each(sizes) => sizes.len() as u32,
        }
    }
    /// Size of sample `i`; 0 past the end.
    pub(crate) fn get(&self, i: u32) -> u32 {
        match self {
            Self::Constant { size, .. } => *size,
            Self::Each(sizes) => sizes.get(i as usize).copied().unwrap_or(0),
        }
    }
    /// Bytes of the samples in `range`.
    pub(crate) fn sum(&self, range: std::ops::Range<u32>) -> u64 {
        match self {
            Self::Constant { size, .. } => u64::from(*size) * range.len() as u64,
            Self::Each(sizes) => {
                let end = (range.end as usize).min(sizes.len());
                let start = (range.start as usize).min(end);
                sizes[start..end].iter().map(|&s| u64::from(s)).sum()
            }
        }
    }
    pub(crate) fn parse_stsz(b: &mut Bytes) -> Result<Self> {
        b.version_flags()?;
        let size = b.u32()?;
        if size != 0 {
            return Ok(Self::Constant { size, count: b.u32()? });
        }
        let count = b.count(4)?;
        Ok(Self::Each((0..count).map(|_| b.u32()).collect::<Result<_>>()?))
    }
    pub(crate) fn parse_stz2(b: &mut Bytes, limits: &Limits) -> Result<Self> {
        b.version_flags()?;
        b.skip(3)?;
        let at = *b;
        let field_size = b.u8()?;
        let count = b.u32()? as usize;
        let bits = match field_size {
            4 | 8 | 16 => usize::from(field_size),
            _ => return Err(at.invalid()),
        };
        if count.div_ceil(8 / bits.min(8)).saturating_mul(bits.div_ceil(8)) > b.remaining() {
            return Err(at.invalid());
        }
        Error::check_limit("max_index_bytes", count as u64 * 4, limits.max_index_bytes)?;
        let data = b.rest();
        let size = |i: usize| match bits {
            4 => u32::from(data[i / 2] >> (4 * (1 - i % 2)) & 15),
            8 => u32::from(data[i]),
            _ => u32::from(u16::from_be_bytes([data[2 * i], data[2 * i + 1]])),
        };
        Ok(Self::Each((0..count).map(size).collect()))
    }
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        w.full(b"stsz", 0, 0, |w| match self {
            Self::Constant { size, count } => {
                w.u32(*size);
                w.u32(*count);
            }
            Self::Each(sizes) => {
                w.u32(0);
                w.u32(sizes.len() as u32);
                sizes.iter().for_each(|&s| w.u32(s));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip() {
        for sizes in [SampleSizes::Constant { size: 4, count: u32::MAX }, SampleSizes::Each(vec![1, 0, u32::MAX])] {
            let mut w = BoxWriter::default();
            sizes.write(&mut w);
            assert_eq!(SampleSizes::parse_stsz(&mut only_box(&w.into_bytes()).body).unwrap(), sizes);
        }
    }

    #[test]
    fn compact_sizes() {
        let parse = |bits: u8, count: u8, data: &[u8]| {
            let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, bits, 0, 0, 0, count];
            bytes.extend_from_slice(data);
            SampleSizes::parse_stz2(&mut Bytes::new(&bytes, 0, "stz2"), &Limits::default())
        };
        assert_eq!(parse(4, 3, &[0x12, 0x30]).unwrap(), SampleSizes::Each(vec![1, 2, 3]));
        assert_eq!(parse(8, 2, &[0x12, 0x30]).unwrap(), SampleSizes::Each(vec![0x12, 0x30]));
        assert_eq!(parse(16, 1, &[0x12, 0x30]).unwrap(), SampleSizes::Each(vec![0x1230]));
        assert!(parse(4, 5, &[0x12, 0x30]).is_err());
        assert!(parse(16, 2, &[0x12, 0x30, 0]).is_err());
        assert!(parse(12, 1, &[0, 0]).is_err());
    }

    #[test]
    fn a_count_without_bytes_is_an_error() {
        let bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4];
        assert!(SampleSizes::parse_stsz(&mut Bytes::new(&bytes, 0, "stsz")).is_err());
    }
}
