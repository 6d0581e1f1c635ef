//! The syntax elements of the macroblock layer, 7.3.5, as the two entropy coders give them.

use crate::error::{Error, Result};
use crate::h264::neighbours::GRID_LEN;
use transcode_simd::Sample;

/// `TotalCoeff` of the blocks of a plane of the macroblock and its border.
pub(crate) type CoeffGrid = [u8; GRID_LEN];

/// Kinds of residual block, `ctxBlockCat`.
pub(crate) mod category {
    /// Intra16x16DCLevel.
    pub(crate) const LUMA_DC: usize = 0;
    /// Intra16x16ACLevel.
    pub(crate) const LUMA_AC: usize = 1;
    /// LumaLevel4x4.
    pub(crate) const LUMA_4X4: usize = 2;
    /// ChromaDCLevel.
    pub(crate) const CHROMA_DC: usize = 3;
    /// ChromaACLevel.
    pub(crate) const CHROMA_AC: usize = 4;
    /// LumaLevel8x8.
    pub(crate) const LUMA_8X8: usize = 5;
}

/// Reads syntax elements. Where a context depends on the neighbours, `inc` is the `ctxIdxInc` that they make; CAVLC ignores it.
pub(crate) trait Syntax {
    /// Whether the slice is in data partitions.
    const PARTITIONED: bool = false;
    /// Says that the residual of a macroblock follows. False if it cannot be read: its data partition is missing. `beside_uncounted` says
    /// that the coefficients of a neighbour, which could not be read, say how this one is coded.
    fn begin_residual(&mut self, _intra: bool, _beside_uncounted: bool) -> bool {
        true
    }
    /// Gives up the partition of the current residual, in which there was an error; the rest of the slice can be decoded. False if the
    /// slice is in one piece.
    fn lose_residual(&mut self) -> bool {
        false
    }
    /// Whether the residual of an intra macroblock of the slice could not be read.
    fn is_intra_lost(&self) -> bool {
        false
    }
    /// Says whether the macroblock is a field macroblock (of a field or of a frame): scans and contexts depend on it.
    fn set_field(&mut self, field: bool);
    /// `mb_field_decoding_flag`.
    fn mb_field_decoding_flag(&mut self, inc: usize) -> Result<bool>;
    /// What `TotalCoeff` of the blocks of `I_PCM` macroblocks counts as.
    const PCM_COEFFS: u8 = 16;
    /// What `TotalCoeff` of blocks that are not available counts as, in an intra or inter macroblock.
    fn unavailable_coeffs(intra: bool) -> u8;
    /// What `TotalCoeff` of the blocks of neighbours counts as where the `coded_block_flag` of 8x8 blocks is read: `coeffs` are those of a
    /// border, which of CABAC macroblocks of 4:4:4 say whether they are of 8x8 blocks.
    fn coeffs_beside_8x8(coeffs: u8) -> u8 {
        coeffs
    }
    /// `mb_skip_flag`, or whether `mb_skip_run` is not over.
    fn skip(&mut self, b_slice: bool, inc: usize) -> Result<bool>;
    /// Whether the macroblock that was read, skipped or not, is the slice's last.
    fn end_of_slice(&mut self) -> Result<bool>;
    /// Whether `mb_type` in an SI slice is SI; if not, that of an I slice follows.
    fn is_si(&mut self, inc: usize) -> Result<bool>;
    /// `mb_type` of an I slice.
    fn mb_type_i(&mut self, inc: usize) -> Result<u32>;
    /// `mb_type` of a P slice: 5 and up are intra.
    fn mb_type_p(&mut self) -> Result<u32>;
    /// `mb_type` of a B slice: 23 and up are intra.
    fn mb_type_b(&mut self, inc: usize) -> Result<u32>;
    /// `sub_mb_type` of a P macroblock.
    fn sub_mb_type_p(&mut self) -> Result<u32>;
    /// `sub_mb_type` of a B macroblock.
    fn sub_mb_type_b(&mut self) -> Result<u32>;
    /// `ref_idx_l0`, `ref_idx_l1`; `None` if it is more than `max`.
    fn ref_idx(&mut self, inc: usize, max: u32) -> Option<u32>;
    /// `mvd_l0`, `mvd_l1`, x and y; `sums` are those of the neighbours' absolute values. `None` if there is no such difference.
    fn mvd(&mut self, sums: [u32; 2]) -> Option<[i32; 2]>;
    /// `prev_intra4x4_pred_mode_flag` and `rem_intra4x4_pred_mode`: `None` takes the predicted mode.
    fn intra_pred_mode(&mut self) -> Result<Option<u8>>;
    /// `intra_chroma_pred_mode`.
    fn intra_chroma_pred_mode(&mut self, inc: usize) -> Result<u8>;
    /// `coded_block_pattern`, without its chroma part in monochrome; `left` and `above` are the neighbours'.
    fn coded_block_pattern(&mut self, intra_nxn: bool, chroma: bool, left: u8, above: u8) -> Result<u8>;
    /// `transform_size_8x8_flag`.
    fn transform_size_8x8_flag(&mut self, inc: usize) -> Result<bool>;
    /// `mb_qp_delta`. `inc` is 1 if the macroblock before changed the QP.
    fn mb_qp_delta(&mut self, inc: usize) -> Result<i32>;
    /// `pcm_alignment_zero_bit` and the `len` bytes that the samples of `I_PCM` take.
    fn pcm(&mut self, len: usize) -> Result<&[u8]>;
    /// The DC levels of Intra_16x16 of plane `plane` in raster order; whether there are any. `inc` is that of `coded_block_flag`.
    fn luma_dc(&mut self, plane: usize, inc: usize, coeffs: &CoeffGrid, out: &mut [i32; 16]) -> Result<bool>;
    /// A 4x4 block of category `CAT`, of plane `plane` if it is coded as luma is, at position `here` of `coeffs`: scaled coefficients to `out`, their number to `coeffs`.
    fn block_4x4<P: Sample, const CAT: usize>(
        &mut self,
        plane: usize,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 16],
        out: &mut [P::Coef; 16],
    ) -> Result<()>;
    /// An 8x8 block whose first 4x4 block is at position `here` of `coeffs`. In 4:4:4 (`has_flag`) CABAC sends its `coded_block_flag`.
    fn block_8x8<P: Sample>(
        &mut self,
        plane: usize,
        has_flag: bool,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 64],
        out: &mut [P::Coef; 64],
    ) -> Result<()>;
    /// The DC levels of a chroma plane in raster order, four in 4:2:0 or (`tall`) eight in 4:2:2; whether there are any. `inc` is
    /// that of `coded_block_flag`.
    fn chroma_dc(&mut self, inc: usize, tall: bool, out: &mut [i32; 8]) -> Result<bool>;
    /// What is wrong where `field` could not be read.
    fn error(&self, field: &'static str) -> Error;
    /// Bits of the RBSP read so far.
    fn position(&self) -> usize;
}

/// A scaled coefficient of a 4x4 block (8.5.12.1); wraps on levels that no conforming stream has.
#[inline(always)]
pub(crate) fn scale_4x4<P: Sample>(level: i32, scale: i32) -> P::Coef {
    P::coef(level.wrapping_mul(scale).wrapping_add(8) >> 4)
}

/// A scaled coefficient of an 8x8 block (8.5.13.1); wraps on levels that no conforming stream has.
#[inline(always)]
pub(crate) fn scale_8x8<P: Sample>(level: i32, scale: i32) -> P::Coef {
    P::coef(level.wrapping_mul(scale).wrapping_add(32) >> 6)
}
