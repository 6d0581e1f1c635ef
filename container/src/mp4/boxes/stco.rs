//! `stco` and `co64`: where the chunks are in the file (ISO/IEC 14496-12 8.7.5).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

pub(crate) fn parse_stco(b: &mut Bytes) -> Result<Vec<u64>> {
    b.version_flags()?;
    let count = b.count(4)?;
    (0..count).map(|_| Ok(b.u32()?.into())).collect()
}

pub(crate) fn parse_co64(b: &mut Bytes) -> Result<Vec<u64>> {
    b.version_flags()?;
    let count = b.count(8)?;
    (0..count).map(|_| b.u64()).collect()
}

/// Writes `co64` if `long`, else `stco`.
pub(crate) fn write(offsets: impl ExactSizeIterator<Item = u64>, long: bool, w: &mut BoxWriter) {
    w.full(if long { b"co64" } else { b"stco" }, 0, 0, |w| {
        w.u32(offsets.len() as u32);
        offsets.for_each(|o| w.versioned(u8::from(long), o));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip() {
        let offsets = [40u64, 1 << 31];
        let mut w = BoxWriter::default();
        write(offsets.into_iter(), false, &mut w);
        assert_eq!(parse_stco(&mut only_box(&w.into_bytes()).body).unwrap(), offsets);
        let offsets = [40u64, 1 << 41];
        let mut w = BoxWriter::default();
        write(offsets.into_iter(), true, &mut w);
        assert_eq!(parse_co64(&mut only_box(&w.into_bytes()).body).unwrap(), offsets);
    }
}
