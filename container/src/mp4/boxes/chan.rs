//! `chan`: where the channels of QuickTime sound are heard (QuickTime File Format, "Audio channel layout atom").

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// `kAudioChannelLayoutTag_UseChannelBitmap`.
const BITMAP: u32 = 1 << 16;

/// Layout tags whose channels come in the order of the bits of a WAVE channel mask, and that mask.
const TAGS: [(u32, u32); 8] = [
    (100 << 16 | 1, 0x4),   // Mono
    (101 << 16 | 2, 0x3),   // Stereo
    (108 << 16 | 4, 0x33),  // Quadraphonic
    (113 << 16 | 3, 0x7),   // MPEG_3_0_A: L R C
    (115 << 16 | 4, 0x107), // MPEG_4_0_A: L R C Cs
    (117 << 16 | 5, 0x37),  // MPEG_5_0_A: L R C Ls Rs
    (121 << 16 | 6, 0x3f),  // MPEG_5_1_A: L R C LFE Ls Rs
    (126 << 16 | 8, 0xff),  // MPEG_7_1_A: L R C LFE Ls Rs Lc Rc
];

/// The WAVE channel mask that the box says; `None` for layouts in another order.
pub(crate) fn parse(b: &mut Bytes) -> Result<Option<u32>> {
    b.version_flags()?;
    let (tag, bitmap) = (b.u32()?, b.u32()?);
    Ok(match tag {
        BITMAP => Some(bitmap),
        _ => TAGS.iter().find(|(t, _)| *t == tag).map(|&(_, mask)| mask),
    })
}

/// Writes the box for a WAVE channel mask, whose lower 18 bits `kAudioChannelBit...` shares.
pub(crate) fn write(mask: u32, w: &mut BoxWriter) {
    w.full(b"chan", 0, 0, |w| [BITMAP, mask, 0].iter().for_each(|&v| w.u32(v)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let mut w = BoxWriter::default();
        write(0x63f, &mut w);
        let bytes = w.into_bytes();
        let mut body = crate::mp4::bytes::only_box(&bytes).body;
        assert_eq!(parse(&mut body).unwrap(), Some(0x63f));
        let tagged = [&[0; 4][..], &(121u32 << 16 | 6).to_be_bytes(), &[0; 8]].concat();
        assert_eq!(parse(&mut Bytes::new(&tagged, 0, "chan")).unwrap(), Some(0x3f));
        assert!(TAGS.iter().all(|(tag, mask)| tag & 0xffff == mask.count_ones()));
    }
}
