//! `pasp`: pixel aspect ratio (ISO/IEC 14496-12 12.1.4).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// (hSpacing, vSpacing); `None` if either is 0, which says nothing.
pub(crate) fn parse(b: &mut Bytes) -> Result<Option<(u32, u32)>> {
    let (h, v) = (b.u32()?, b.u32()?);
    Ok((h != 0 && v != 0).then_some((h, v)))
}

pub(crate) fn write((h, v): (u32, u32), w: &mut BoxWriter) {
    w.boxed(b"pasp", |w| {
        w.u32(h);
        w.u32(v);
    });
}
