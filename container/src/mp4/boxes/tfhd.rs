//! `tfhd` and `tfdt`: one track's part of a fragment (ISO/IEC 14496-12 8.8.7, 8.8.12).

use super::trex::Trex;
use crate::Result;
use crate::mp4::bytes::Bytes;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tfhd {
    pub(crate) base_data_offset: Option<u64>,
    pub(crate) default_base_is_moof: bool,
    /// The track's defaults, those of `tfhd` in place of those of `trex`.
    pub(crate) defaults: Trex,
}

impl Tfhd {
    /// The track's number alone.
    pub(crate) fn track_id(mut b: Bytes) -> Result<u32> {
        b.version_flags()?;
        b.u32()
    }
    pub(crate) fn parse(b: &mut Bytes, trex: Trex) -> Result<Self> {
        let (_, flags) = b.version_flags()?;
        let mut defaults = Trex { track_id: b.u32()?, ..trex };
        let base_data_offset = if flags & 1 != 0 { Some(b.u64()?) } else { None };
        for (flag, field) in [
            (2, &mut defaults.default_sample_description_index),
            (8, &mut defaults.default_sample_duration),
            (16, &mut defaults.default_sample_size),
            (32, &mut defaults.default_sample_flags),
        ] {
            if flags & flag != 0 {
                *field = b.u32()?;
            }
        }
        Ok(Self { base_data_offset, default_base_is_moof: flags & 0x2_0000 != 0, defaults })
    }
}

/// `baseMediaDecodeTime` of `tfdt`.
pub(crate) fn parse_tfdt(b: &mut Bytes) -> Result<u64> {
    let (version, _) = b.version_flags()?;
    if version == 1 { b.u64() } else { Ok(b.u32()?.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_by_flag() {
        let bytes = b"\0\x02\0\x29\0\0\0\x05\0\0\0\0\0\0\0\x40\0\0\x02\0\x01\x01\0\0";
        let trex = Trex { track_id: 5, default_sample_size: 7, default_sample_description_index: 1, ..Trex::default() };
        let tfhd = Tfhd::parse(&mut Bytes::new(bytes, 0, "tfhd"), trex).unwrap();
        assert_eq!(tfhd.base_data_offset, Some(64));
        assert!(tfhd.default_base_is_moof);
        let expected = Trex { default_sample_duration: 512, default_sample_flags: 0x0101_0000, ..trex };
        assert_eq!(tfhd.defaults, expected);
    }
}
