//! Reconstruction in SP and SI slices, 8.6: the levels that were sent are added to the prediction after its transform.

use super::mb::{MbDecoder, Prediction};
use crate::h264::mb_info::MbFlags;
use crate::h264::params::{SliceHeader, SliceType};
use crate::h264::quant::chroma_qp;
use crate::h264::scan::BLOCK_RASTER;
use crate::h264::sp::{SpQuantiser, forward};
use crate::h264::transform;
use crate::unchecked::PlaneMut;
use transcode_simd::{Kernels, Sample};

/// What an SP or SI slice has besides a P or I slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpSlice {
    /// `QSY`.
    qs: u8,
    /// The levels are those of a switching picture, 8.6.2.
    switching: bool,
}

impl SpSlice {
    /// Of the slice with this header, if it is one.
    pub(crate) fn of(header: &SliceHeader) -> Option<Self> {
        let si = header.slice_type == SliceType::SI;
        (si || header.slice_type == SliceType::SP)
            .then_some(Self { qs: header.slice_qs.clamp(0, 51) as u8, switching: si || header.sp_for_switch_flag })
    }
}

/// How the levels of a block become samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpBlock {
    quantiser: SpQuantiser,
    /// Scaling by `QSY` or `QSC`, as in [`crate::h264::quant::LevelScale`].
    scale: [i32; 16],
}

impl SpBlock {
    /// Adds the levels `c` to the prediction, which is in the plane, and clears them. `at` is the index of the block's first sample.
    pub(super) fn add<P: Sample>(
        &self,
        k: Kernels,
        plane: &mut PlaneMut<'_, P>,
        at: usize,
        stride: usize,
        c: &mut [P::Coef; 16],
        max: P,
    ) {
        let prediction = take_transformed(plane, at, stride);
        self.finish(k, plane, at, stride, c, (&prediction, None), max);
    }

    fn finish<P: Sample>(
        &self,
        k: Kernels,
        plane: &mut PlaneMut<'_, P>,
        at: usize,
        stride: usize,
        c: &mut [P::Coef; 16],
        (prediction, dc): (&[i32; 16], Option<i32>),
        max: P,
    ) {
        let levels = self.quantiser.block(prediction, &c.map(Into::into));
        for ((c, level), scale) in c.iter_mut().zip(levels).zip(&self.scale) {
            *c = P::coef(level.wrapping_mul(*scale).wrapping_add(8) >> 4);
        }
        if let Some(dc) = dc {
            c[0] = P::coef(dc);
        }
        P::idct4x4_add(k, &mut plane.data_mut()[at..], stride, c, max);
    }
}

/// The coefficients of the 4x4 block that begins at index `at`, whose samples are made 0: what the inverse transform then adds is the
/// sum of prediction and residual.
fn take_transformed<P: Sample>(plane: &mut PlaneMut<'_, P>, at: usize, stride: usize) -> [i32; 16] {
    let mut block = [0; 16];
    for (y, row) in block.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        for (to, sample) in row.iter_mut().zip(&mut plane.data_mut()[at + y * stride..][..4]) {
            *to = core::mem::take(sample).into();
        }
    }
    forward(block)
}

impl<P: Sample> MbDecoder<'_, P> {
    /// Whether the macroblock's levels are to be added to the transform of its prediction.
    pub(super) fn is_sp(&self) -> bool {
        let mb = &self.scratch.mb;
        self.s.sp.is_some() && (mb.prediction == Prediction::Inter || mb.flags.has(MbFlags::SI))
    }

    /// How that is done in plane `plane`, if it is.
    pub(super) fn sp_block(&self, plane: usize) -> Option<SpBlock> {
        let slice = self.s.sp.filter(|_| self.is_sp())?;
        // SP and SI slices are of 8 bits, so that no QP is below 0.
        let [qp, qs] = [self.qp, slice.qs as i8].map(|qp| match plane {
            0 => qp.max(0) as u8,
            i => chroma_qp(qp, self.s.pps.chroma_qp_index_offset[i - 1], 0).max(0) as u8,
        });
        let list = plane + if self.scratch.mb.flags.has(MbFlags::INTRA) { 0 } else { 3 };
        let scale = self.scratch.scale.scale_4x4[list][usize::from(qs)];
        Some(SpBlock { quantiser: SpQuantiser { qp, qs, switching: slice.switching }, scale })
    }

    /// Adds the levels of the luma blocks of a macroblock that is predicted as a whole.
    pub(super) fn add_sp_luma(&mut self, sp: &SpBlock) {
        let plane = self.picture.plane_mut(0);
        let max = self.s.format.max[0];
        let (origin, stride) = self.place.in_plane(plane, (16, 16));
        for (blk, c) in self.scratch.mb.levels[0].as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let raster = usize::from(BLOCK_RASTER[blk]);
            sp.add(self.s.k, plane, origin + 4 * (raster & 3) + 4 * (raster >> 2) * stride, stride, c, max);
        }
    }

    /// Adds the levels of the blocks of a chroma plane.
    pub(super) fn add_sp_chroma(&mut self, index: usize, sp: &SpBlock) {
        let plane = self.picture.plane_mut(index);
        let max = self.s.format.max[index];
        let (origin, stride) = self.place.in_plane(plane, (8, 8));
        let at = |blk: usize| origin + 4 * (blk & 1) + 4 * (blk >> 1) * stride;
        let prediction: [[i32; 16]; 4] = core::array::from_fn(|blk| take_transformed(plane, at(blk), stride));
        let (blocks, _) = self.scratch.mb.levels[index][..64].as_chunks_mut::<16>();
        let sent = core::array::from_fn(|blk| blocks[blk][0].into());
        let mut dc = sp.quantiser.chroma_dc(prediction.map(|p| p[0]), sent);
        transform::chroma_dc(&mut dc, sp.scale[0]);
        for (blk, (c, dc)) in blocks.iter_mut().zip(dc).enumerate() {
            sp.finish(self.s.k, plane, at(blk), stride, c, (&prediction[blk], Some(dc)), max);
        }
    }
}
