//! `colr`: colour description (ISO/IEC 14496-12 12.1.5; `nclc` from QuickTime).

use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::{Colour, Result};

/// `None` for ICC profiles and other kinds.
pub(crate) fn parse(b: &mut Bytes) -> Result<Option<Colour>> {
    let kind = b.fourcc()?;
    if !matches!(&kind.0, b"nclx" | b"nclc") {
        return Ok(None);
    }
    let (primaries, transfer, matrix) = (b.u16()?, b.u16()?, b.u16()?);
    let full_range = if kind.0 == *b"nclx" { Some(b.u8()? & 0x80 != 0) } else { None };
    Ok(Some(Colour { primaries, transfer, matrix, full_range }))
}

pub(crate) fn write(colour: &Colour, w: &mut BoxWriter) {
    w.boxed(b"colr", |w| {
        w.bytes(if colour.full_range.is_some() { b"nclx" } else { b"nclc" });
        w.u16(colour.primaries);
        w.u16(colour.transfer);
        w.u16(colour.matrix);
        if let Some(full) = colour.full_range {
            w.u8(u8::from(full) << 7);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip() {
        for full_range in [None, Some(false), Some(true)] {
            let colour = Colour { primaries: 9, transfer: 16, matrix: 9, full_range };
            let mut w = BoxWriter::default();
            write(&colour, &mut w);
            assert_eq!(parse(&mut only_box(&w.into_bytes()).body).unwrap(), Some(colour));
        }
        assert_eq!(parse(&mut Bytes::new(b"prof....", 0, "colr")).unwrap(), None);
    }
}
