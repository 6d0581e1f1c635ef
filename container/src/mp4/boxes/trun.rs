//! `trun`: a run of samples of a fragment (ISO/IEC 14496-12 8.8.8).

use super::trex::Trex;
use crate::Result;
use crate::mp4::bytes::Bytes;

/// The run's header; its samples follow in `table`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trun<'a> {
    flags: u32,
    pub(crate) sample_count: u32,
    pub(crate) data_offset: Option<i32>,
    first_sample_flags: Option<u32>,
    table: Bytes<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TrunSample {
    pub(crate) duration: u32,
    pub(crate) size: u32,
    pub(crate) flags: u32,
    pub(crate) composition_offset: i32,
}

impl<'a> Trun<'a> {
    pub(crate) fn parse(b: &mut Bytes<'a>) -> Result<Self> {
        let (_, flags) = b.version_flags()?;
        let at = *b;
        let sample_count = b.u32()?;
        let data_offset = if flags & 1 != 0 { Some(b.i32()?) } else { None };
        let first_sample_flags = if flags & 4 != 0 { Some(b.u32()?) } else { None };
        let row = (flags >> 8 & 15).count_ones() as usize * 4;
        if (sample_count as usize).saturating_mul(row) > b.remaining() {
            return Err(at.invalid());
        }
        Ok(Self { flags, sample_count, data_offset, first_sample_flags, table: *b })
    }
    /// Whether samples take up bytes in the run's table: if not, `sample_count` is backed by nothing.
    pub(crate) fn has_table(&self) -> bool {
        self.flags >> 8 & 15 != 0
    }
    /// The samples, what the run leaves out filled from `defaults`.
    pub(crate) fn samples(self, defaults: Trex) -> impl Iterator<Item = Result<TrunSample>> + 'a {
        let mut b = self.table;
        (0..self.sample_count).map(move |i| {
            let mut field = |flag, default| if self.flags & flag != 0 { b.u32() } else { Ok(default) };
            let duration = field(0x100, defaults.default_sample_duration)?;
            let size = field(0x200, defaults.default_sample_size)?;
            let default_flags = match self.first_sample_flags {
                Some(first) if i == 0 => first,
                _ => defaults.default_sample_flags,
            };
            let mut flags = field(0x400, default_flags)?;
            if let (0, Some(first)) = (i, self.first_sample_flags) {
                flags = first;
            }
            Ok(TrunSample { duration, size, flags, composition_offset: field(0x800, 0)? as i32 })
        })
    }
}

impl TrunSample {
    /// A sync sample: `sample_is_non_sync_sample` is 0 and `sample_depends_on` does not say "on others" (8.8.3.1).
    pub(crate) fn is_sync(&self) -> bool {
        self.flags & 0x1_0000 == 0 && self.flags >> 24 & 3 != 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_by_flag() {
        // data offset, first sample flags, size and composition offset per sample
        let bytes = b"\x01\0\x0a\x05\0\0\0\x02\0\0\0\x10\x02\0\0\0\0\0\0\x03\xff\xff\xff\xff\0\0\0\x04\0\0\0\x01";
        let run = Trun::parse(&mut Bytes::new(bytes, 0, "trun")).unwrap();
        assert_eq!(run.data_offset, Some(16));
        let defaults = Trex { default_sample_duration: 9, default_sample_flags: 0x0101_0000, ..Trex::default() };
        let samples: Vec<_> = run.samples(defaults).collect::<Result<_>>().unwrap();
        assert_eq!(samples[0], TrunSample { duration: 9, size: 3, flags: 0x0200_0000, composition_offset: -1 });
        assert_eq!(samples[1], TrunSample { duration: 9, size: 4, flags: 0x0101_0000, composition_offset: 1 });
        assert_eq!([samples[0].is_sync(), samples[1].is_sync()], [true, false]);
        let huge = b"\0\0\x01\0\xff\xff\xff\xff\0\0\0\0";
        assert!(Trun::parse(&mut Bytes::new(huge, 0, "trun")).is_err());
    }
}
