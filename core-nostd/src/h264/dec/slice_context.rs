//! What stays the same during a slice: its type, its samples' format, its references.

use super::parts::Sharing;
use super::picture::{RefPic, Structure};
use super::sp::SpSlice;
use crate::h264::params::{Pps, PredWeightTable, Sps};
use crate::h264::pred::direct::ColMotion;
use crate::h264::pred::weighted::Mode;
use crate::h264::quant::qp_bd_offset;
use crate::picture::ChromaFormat;
use crate::unchecked::Finished;
use alloc::vec::Vec;
use transcode_simd::{Kernels, Sample};

/// Slice types that the macroblock layer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SliceKind {
    /// I.
    I,
    /// P.
    P,
    /// B.
    B,
}

/// The samples of a reference, and what of them it is.
pub(crate) type RefSamples<'a, P> = (Finished<'a, P>, Structure);

/// What the samples of a slice's macroblocks are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SliceFormat<P> {
    /// `ChromaArrayType`: monochrome too where the planes are coded apart.
    pub(crate) array: ChromaFormat,
    /// The plane of the picture that is luma here: `colour_plane_id`.
    pub(crate) first_plane: usize,
    /// Planes that are coded as luma is: one, or all three of 4:4:4.
    pub(crate) luma_planes: usize,
    /// Whether the macroblocks have chroma that is coded as such: 4:2:0 and 4:2:2.
    pub(crate) chroma: bool,
    /// Largest sample of each plane.
    pub(crate) max: [P; 3],
    /// Bit depths of luma and chroma.
    pub(crate) bit_depth: [u8; 2],
    /// `qpprime_y_zero_transform_bypass_flag`.
    pub(crate) may_bypass: bool,
    /// Binary logarithms of the luma samples that there are to one of chroma, horizontally and vertically.
    pub(crate) chroma_shifts: (u32, u32),
}

impl<P: Sample> SliceFormat<P> {
    /// What slices of the sequence have.
    pub(crate) fn new(sps: &Sps, colour_plane_id: u8) -> Self {
        let format = sps.decoded_format();
        let array = match sps.chroma_array_type() {
            0 => ChromaFormat::Monochrome,
            1 => ChromaFormat::Yuv420,
            2 => ChromaFormat::Yuv422,
            _ => ChromaFormat::Yuv444,
        };
        Self {
            array,
            first_plane: usize::from(colour_plane_id.min(2)),
            luma_planes: if array == ChromaFormat::Yuv444 { 3 } else { 1 },
            chroma: matches!(array, ChromaFormat::Yuv420 | ChromaFormat::Yuv422),
            max: core::array::from_fn(|plane| P::from_i32((1 << format.bit_depth(plane)) - 1)),
            bit_depth: [format.bit_depth_luma, format.bit_depth_chroma],
            may_bypass: sps.qpprime_y_zero_transform_bypass_flag,
            chroma_shifts: array.shifts(),
        }
    }
    /// `QpBdOffsetY`.
    #[inline(always)]
    pub(crate) fn luma_qp_offset(&self) -> i8 {
        if P::IS_8_BIT { 0 } else { qp_bd_offset(self.bit_depth[0]) as i8 }
    }
    /// `QpBdOffsetC`.
    #[inline(always)]
    pub(crate) fn chroma_qp_offset(&self) -> u8 {
        if P::IS_8_BIT { 0 } else { qp_bd_offset(self.bit_depth[1]) }
    }
    /// What offsets of explicit weights are shifted by, 8-297 and 8-298.
    #[inline(always)]
    pub(crate) fn depth_shift(&self, plane: usize) -> u32 {
        if P::IS_8_BIT { 0 } else { u32::from(self.bit_depth[plane.min(1)] - 8) }
    }
    /// Columns and rows of 4x4 blocks of plane `plane`, less 1.
    #[inline(always)]
    pub(crate) fn last_block(&self, plane: usize) -> (usize, usize) {
        let (sx, sy) = if plane == 0 { (0, 0) } else { self.chroma_shifts };
        ((4 >> sx) - 1, (4 >> sy) - 1)
    }
}

/// What stays the same during a slice.
pub(crate) struct SliceContext<'a, P> {
    /// Kernels.
    pub(crate) k: Kernels,
    /// Slice type.
    pub(crate) kind: SliceKind,
    /// Number of the slice in [`MbGrid::slices`](crate::h264::mb_info::MbGrid::slices).
    pub(crate) slice: u32,
    /// What the picture is.
    pub(crate) structure: Structure,
    /// Whether the macroblocks come in pairs, `MbaffFrameFlag`.
    pub(crate) mbaff: bool,
    /// Whether the macroblocks follow each other row by row, so that the lines above are those of [`Scratch::lines`](super::mb::Scratch::lines).
    pub(crate) ordered: bool,
    /// The address of the first macroblock.
    pub(crate) first: usize,
    /// What the macroblocks have.
    pub(crate) format: SliceFormat<P>,
    /// Picture parameter set.
    pub(crate) pps: &'a Pps,
    /// Reference picture lists.
    pub(crate) lists: &'a [Vec<RefPic>; 2],
    /// Their samples.
    pub(crate) samples: [[Option<RefSamples<'a, P>>; 32]; 2],
    /// Numbers of the references in the current picture's motion field: of the lists, and of the lists of fields that the top and
    /// the bottom field macroblocks of an MBAFF frame have.
    pub(crate) ref_pic: [[[i8; 32]; 2]; 3],
    /// What an SP or SI slice has besides a P or I slice.
    pub(crate) sp: Option<SpSlice>,
    /// Weighting mode.
    pub(crate) weighting: Mode,
    /// Explicit weights.
    pub(crate) weights: Option<&'a PredWeightTable>,
    /// The motion of RefPicList1\[0\].
    pub(crate) col: Option<ColMotion<'a>>,
    /// How others take part.
    pub(crate) sharing: Option<Sharing<'a>>,
    /// The references whose explicit weights change nothing, as [`PredWeightTable::plain`] tells.
    pub(crate) plain_weights: [u32; 2],
}
