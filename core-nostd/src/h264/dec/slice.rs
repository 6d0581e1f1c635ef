//! `slice_data()`, 7.3.4: the loop over the macroblocks of a slice.

use super::picture::{CurrentPicture, RefPic};
use crate::error::{Error, Result};
use crate::h264::params::{Pps, SliceHeader, Sps};
use alloc::vec::Vec;
use transcode_simd::Kernels;

/// Working memory of slice decoding, used again from slice to slice.
#[derive(Debug)]
pub(crate) struct SliceDecoder {
    kernels: Kernels,
}

impl SliceDecoder {
    /// A decoder that computes with `kernels`.
    pub(crate) fn new(kernels: Kernels) -> Self {
        Self { kernels }
    }
}

/// Decodes the macroblocks of one slice into `cur`. `rbsp` is the NAL unit's payload after its header, emulation
/// prevention removed, and `bit_pos` the first bit of `slice_data()` in it. `lists` holds the reference picture lists with as many
/// entries as are active; an entry that no picture could be found for has been filled by the caller.
///
/// Rows of macroblocks that are complete may be deblocked on the way; [`crate::h264::deblock::finish`] does the rest.
///
/// # Errors
/// Anything wrong in the slice's data, with its bit position in `rbsp`. The macroblocks decoded before stay decoded.
pub(crate) fn decode(
    ctx: &mut SliceDecoder,
    cur: &mut CurrentPicture,
    sps: &Sps,
    pps: &Pps,
    header: &SliceHeader,
    lists: &[Vec<RefPic>; 2],
    rbsp: &[u8],
    bit_pos: usize,
) -> Result<()> {
    let _ = (ctx.kernels, cur, sps, pps, header, lists, rbsp);
    Err(Error::unsupported("slice data").at_bit(bit_pos as u64))
}
