//! One file a box (or a pair of boxes that say the same in two ways): read and write side by side.

pub(super) mod chan;
pub(super) mod colr;
pub(super) mod ctts;
pub(super) mod dref;
pub(super) mod elst;
pub(super) mod esds;
pub(super) mod ftyp;
pub(super) mod hdlr;
pub(super) mod mdhd;
pub(super) mod meta;
pub(super) mod mvhd;
pub(super) mod pasp;
pub(super) mod sinf;
pub(super) mod stco;
pub(super) mod stsc;
pub(super) mod stsd;
pub(super) mod stss;
pub(super) mod stsz;
pub(super) mod stts;
pub(super) mod tfhd;
pub(super) mod tkhd;
pub(super) mod trak;
pub(super) mod trex;
pub(super) mod trun;

use super::bytes::Bytes;
use crate::Result;

/// The fields that `mvhd`, `tkhd` and `mdhd` start with: creation and modification time, what `middle` reads, duration.
fn times<T>(b: &mut Bytes, version: u8, middle: impl FnOnce(&mut Bytes) -> Result<T>) -> Result<(u64, T, Option<u64>)> {
    let word = |b: &mut Bytes| if version == 1 { b.u64() } else { Ok(b.u32()?.into()) };
    let creation = word(b)?;
    word(b)?;
    let middle = middle(b)?;
    let unknown = if version == 1 { u64::MAX } else { u32::MAX.into() };
    let duration = Some(word(b)?).filter(|&d| d != unknown);
    Ok((creation, middle, duration))
}

/// The lowest box version that holds `values` (all ones are taken: they mean "unknown").
fn version_for(values: &[u64]) -> u8 {
    u8::from(values.iter().any(|&v| v >= u32::MAX.into()))
}
