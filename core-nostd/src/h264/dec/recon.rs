//! Reconstruction of a parsed macroblock: prediction and residual, 8.3 to 8.5.

use super::mb::{MbDecoder, Prediction, Scratch, Shape, SliceContext};
use crate::error::{Error, Result};
use crate::h264::dec::picture::Structure;
use crate::h264::mb_info::{MbFlags, Mv, Place};
use crate::h264::neighbours::{Available, at};
use crate::h264::pred::inter::{self, RefPlane};
use crate::h264::pred::intra::{BlockEdge, MbEdges, dc};
use crate::h264::pred::weighted::{ImplicitWeights, Mode, is_plain};
use crate::h264::scan::BLOCK_RASTER;
use crate::picture::Picture;
use transcode_simd::{Availability, BlockSize, Kernels};

/// Raster positions of the 4x4 blocks whose neighbour above and right is in the macroblock, or right of it, and comes later.
const LATER_4X4: u16 = 1 << 5 | 1 << 7 | 1 << 11 | 1 << 13 | 1 << 15;

/// What one list contributes to the prediction of a partition.
#[derive(Clone, Copy)]
struct Reference<'a> {
    index: usize,
    mv: Mv,
    chroma_mv: Mv,
    picture: &'a Picture<u8>,
    structure: Structure,
}

/// Adds the residual of a 4x4 block with `count` coefficients besides its DC, and clears it.
#[inline]
fn add_4x4(k: Kernels, data: &mut [u8], offset: usize, stride: usize, c: &mut [i16; 16], only_dc: bool) {
    if only_dc {
        let dc = core::mem::take(&mut c[0]);
        if dc != 0 {
            k.idct4x4_dc_add(&mut data[offset..], stride, dc);
        }
    } else {
        k.idct4x4_add(&mut data[offset..], stride, c);
    }
}

impl MbDecoder<'_> {
    /// Reconstructs the macroblock.
    pub(crate) fn reconstruct(&mut self) -> Result<()> {
        if self.scratch.mb.flags.has(MbFlags::LOST) {
            return Ok(());
        }
        match self.scratch.mb.prediction {
            Prediction::Pcm => {
                self.copy_pcm();
                return Ok(());
            }
            Prediction::Inter => {
                self.predict_inter();
                match self.sp_block(0) {
                    Some(sp) => self.add_sp_luma(&sp),
                    None => self.add_luma(),
                }
            }
            intra => {
                // Of SI macroblocks only others may be predicted from (8.3.1.2, 8.3.3, 8.3.4).
                let barred = if self.scratch.mb.flags.has(MbFlags::SI) { MbFlags(0) } else { MbFlags::SI };
                let available = match (self.s.pps.constrained_intra_pred_flag, self.s.mbaff) {
                    (false, _) => self.available,
                    (true, false) => Available::of_intra(self.grid, self.mb_x, self.mb_y, self.s.slice, barred),
                    (true, true) => self.pair_neighbours.available_intra(self.grid, barred),
                };
                if !self.s.ordered {
                    self.scratch.lines.load(self.picture, self.place);
                }
                match intra {
                    Prediction::Intra4x4 => self.intra_4x4(available)?,
                    Prediction::Intra8x8 => self.intra_8x8(available)?,
                    Prediction::Intra16x16(mode) => {
                        self.intra_16x16(mode, available)?;
                        self.add_luma();
                    }
                    _ => {}
                }
                if self.s.chroma {
                    self.intra_chroma(available)?;
                }
            }
        }
        self.add_chroma();
        Ok(())
    }

    fn copy_pcm(&mut self) {
        let (luma, chroma) = self.scratch.mb.pcm.split_at(256);
        let (cb, cr) = chroma.split_at(64);
        for (plane, (samples, n)) in self.picture.planes_mut().iter_mut().zip([(luma, 16), (cb, 8), (cr, 8)]) {
            let (origin, stride) = self.place.in_plane(plane, n);
            for (y, from) in samples.chunks_exact(n).enumerate() {
                plane.data_mut()[origin + y * stride..][..n].copy_from_slice(from);
            }
        }
    }

    /// Adds the luma residual of a macroblock that is predicted as a whole.
    fn add_luma(&mut self) {
        let k = self.s.k;
        let mb = &mut self.scratch.mb;
        let intra16 = mb.flags.has(MbFlags::INTRA_16X16);
        if mb.cbp & 15 == 0 && !(intra16 && mb.dc_flags & 1 != 0) {
            return;
        }
        let plane = self.picture.plane_mut(0);
        let (origin, stride) = self.place.in_plane(plane, 16);
        let data = plane.data_mut();
        if mb.flags.has(MbFlags::TRANSFORM_8X8) {
            for (q, c) in mb.luma.as_chunks_mut::<64>().0.iter_mut().enumerate() {
                if mb.cbp & 1 << q != 0 {
                    let offset = origin + 8 * (q & 1) + 8 * (q >> 1) * stride;
                    k.idct8x8_add(&mut data[offset..], stride, c);
                }
            }
            return;
        }
        for (blk, c) in mb.luma.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let raster = usize::from(BLOCK_RASTER[blk]);
            let (x, y) = (raster & 3, raster >> 2);
            let count = mb.coeffs[0][at(x, y)];
            // Intra_16x16 counts AC coefficients alone.
            let only_dc = if intra16 { count == 0 } else { count == 1 && c[0] != 0 };
            if count != 0 || intra16 {
                add_4x4(k, data, origin + 4 * x + 4 * y * stride, stride, c, only_dc);
            }
        }
    }

    fn add_chroma(&mut self) {
        if self.is_sp() && self.s.chroma {
            for i in 1..3 {
                if let Some(sp) = self.sp_block(i) {
                    self.add_sp_chroma(i, &sp);
                }
            }
            return;
        }
        let k = self.s.k;
        let mb = &mut self.scratch.mb;
        if mb.cbp >> 4 == 0 || !self.s.chroma {
            return;
        }
        for (i, coeffs) in mb.chroma.iter_mut().enumerate() {
            let plane = self.picture.plane_mut(1 + i);
            let (origin, stride) = self.place.in_plane(plane, 8);
            for (blk, c) in coeffs.as_chunks_mut::<16>().0.iter_mut().enumerate() {
                let (x, y) = (blk & 1, blk >> 1);
                let only_dc = mb.coeffs[1 + i][at(x, y)] == 0;
                add_4x4(k, plane.data_mut(), origin + 4 * x + 4 * y * stride, stride, c, only_dc);
            }
        }
    }

    /// Intra_4x4, 8.3.1: each block is predicted from the reconstruction of those before it.
    fn intra_4x4(&mut self, available: Available) -> Result<()> {
        let (k, place) = (self.s.k, self.place);
        let sp = self.sp_block(0);
        let mb = &mut self.scratch.mb;
        let plane = self.picture.plane_mut(0);
        let (origin, stride) = place.in_plane(plane, 16);
        for (blk, c) in mb.luma.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let raster = usize::from(BLOCK_RASTER[blk]);
            let (x, y) = (raster & 3, raster >> 2);
            let later = LATER_4X4 >> raster & 1 != 0;
            let edge = BlockEdge::<13>::gather(plane, &self.scratch.lines, place, 4 * x, 4 * y, later, available);
            let mode = mb.modes[at(x, y)] as u8;
            if !edge.allows(mode) {
                return Err(Error::invalid("rem_intra4x4_pred_mode"));
            }
            let offset = origin + 4 * x + 4 * y * stride;
            let data = plane.data_mut();
            if mode == 2 && !(edge.left && edge.top) {
                let s = &edge.samples;
                let value = dc(edge.top.then_some(&s[5..9]), edge.left.then_some(&s[..4]), 2);
                k.fill(4, 4, &mut data[offset..], stride, value);
            } else {
                k.intra4x4(mode, &mut data[offset..], stride, &edge.samples);
            }
            let count = mb.coeffs[0][at(x, y)];
            if let Some(sp) = &sp {
                sp.add(k, plane, offset, stride, c);
            } else if count != 0 {
                let only_dc = count == 1 && c[0] != 0;
                add_4x4(k, data, offset, stride, c, only_dc);
            }
        }
        Ok(())
    }

    /// Intra_8x8, 8.3.2.
    fn intra_8x8(&mut self, available: Available) -> Result<()> {
        let (k, place) = (self.s.k, self.place);
        let mb = &mut self.scratch.mb;
        let plane = self.picture.plane_mut(0);
        let (origin, stride) = place.in_plane(plane, 16);
        for (q, c) in mb.luma.as_chunks_mut::<64>().0.iter_mut().enumerate() {
            let (x, y) = (q & 1, q >> 1);
            let edge = BlockEdge::<25>::gather(plane, &self.scratch.lines, place, 8 * x, 8 * y, q == 3, available);
            let mode = mb.modes[at(2 * x, 2 * y)] as u8;
            if !edge.allows(mode) {
                return Err(Error::invalid("rem_intra8x8_pred_mode"));
            }
            let have = Availability { left: edge.left, top: edge.top, top_left: edge.top_left };
            let samples = k.intra8x8_filter_edges(&edge.samples, have);
            let offset = origin + 8 * x + 8 * y * stride;
            let data = plane.data_mut();
            if mode == 2 && !(edge.left && edge.top) {
                let value = dc(edge.top.then_some(&samples[9..17]), edge.left.then_some(&samples[..8]), 3);
                k.fill(8, 8, &mut data[offset..], stride, value);
            } else {
                k.intra8x8(mode, &mut data[offset..], stride, &samples);
            }
            if mb.cbp & 1 << q != 0 {
                k.idct8x8_add(&mut data[offset..], stride, c);
            }
        }
        Ok(())
    }

    /// Intra_16x16, 8.3.3.
    fn intra_16x16(&mut self, mode: u8, available: Available) -> Result<()> {
        let available = available.with_whole_left();
        let (k, place) = (self.s.k, self.place);
        let plane = self.picture.plane_mut(0);
        let e = MbEdges::<16>::gather(plane, &self.scratch.lines, 0, place, available);
        let allowed = match mode {
            0 => available.above,
            1 => available.left,
            2 => true,
            _ => available.above && available.left && available.above_left,
        };
        if !allowed {
            return Err(Error::invalid("mb_type"));
        }
        let (origin, stride) = place.in_plane(plane, 16);
        let dst = &mut plane.data_mut()[origin..];
        if mode == 2 && !(available.above && available.left) {
            let value = dc(available.above.then_some(&e.top[..]), available.left.then_some(&e.left[..]), 4);
            k.fill(16, 16, dst, stride, value);
        } else {
            k.intra16x16(mode, dst, stride, &e.top, &e.left, e.top_left);
        }
        Ok(())
    }

    /// Intra prediction of chroma, 8.3.4.
    fn intra_chroma(&mut self, halves: Available) -> Result<()> {
        let (k, place) = (self.s.k, self.place);
        let mode = self.scratch.mb.chroma_mode;
        let available = halves.with_whole_left();
        let allowed = match mode {
            0 => true,
            1 => available.left,
            2 => available.above,
            _ => available.above && available.left && available.above_left,
        };
        if !allowed {
            return Err(Error::invalid("intra_chroma_pred_mode"));
        }
        let have = Availability { left: available.left, top: available.above, top_left: available.above_left };
        for i in 1..3 {
            let plane = self.picture.plane_mut(i);
            let e = MbEdges::<8>::gather(plane, &self.scratch.lines, i, place, available);
            let (origin, stride) = place.in_plane(plane, 8);
            let dst = &mut plane.data_mut()[origin..];
            k.intra_chroma8x8(mode, dst, stride, &e.top, &e.left, e.top_left, have);
            if mode == 0 && halves.left != halves.left_lower {
                // One half of the left edge exists, and the blocks beside it use it.
                let e = MbEdges::<8>::gather(plane, &self.scratch.lines, i, place, Available { left: true, ..halves });
                let row = if halves.left { 0 } else { 4 };
                let mut beside = [0; 64];
                k.intra_chroma8x8(0, &mut beside, 8, &e.top, &e.left, e.top_left, Availability { left: true, ..have });
                for (y, from) in beside.chunks_exact(8).enumerate().skip(row).take(4) {
                    plane.data_mut()[origin + y * stride..][..8].copy_from_slice(from);
                }
            }
        }
        Ok(())
    }

    fn predict_inter(&mut self) {
        if self.s.structure.is_field() || self.s.mbaff {
            self.predict_inter_as::<true>();
        } else {
            self.predict_inter_as::<false>();
        }
    }

    fn predict_inter_as<const INTERLACED: bool>(&mut self) {
        match self.scratch.mb.shape {
            Shape::P16x16 => self.predict_partition::<INTERLACED>(BlockSize::B16x16, 0, 0),
            Shape::P16x8 => {
                self.predict_partition::<INTERLACED>(BlockSize::B16x8, 0, 0);
                self.predict_partition::<INTERLACED>(BlockSize::B16x8, 0, 2);
            }
            Shape::P8x16 => {
                self.predict_partition::<INTERLACED>(BlockSize::B8x16, 0, 0);
                self.predict_partition::<INTERLACED>(BlockSize::B8x16, 2, 0);
            }
            Shape::P8x8 => {
                for q in 0..4 {
                    let (x, y) = (2 * (q & 1), q & 2);
                    let (w, h) = self.scratch.mb.sub_shapes[q].size();
                    let size = match (w, h) {
                        (2, 2) => BlockSize::B8x8,
                        (2, 1) => BlockSize::B8x4,
                        (1, 2) => BlockSize::B4x8,
                        _ => BlockSize::B4x4,
                    };
                    for dy in (0..2).step_by(h) {
                        for dx in (0..2).step_by(w) {
                            self.predict_partition::<INTERLACED>(size, x + dx, y + dy);
                        }
                    }
                }
            }
        }
    }

    /// Inter prediction of the partition at 4x4 block (`bx`, `by`), 8.4.2. Without `INTERLACED` all is of frames.
    fn predict_partition<const INTERLACED: bool>(&mut self, size: BlockSize, bx: usize, by: usize) {
        let k = self.s.k;
        let (place, field_mb, variant) = match INTERLACED {
            true => (self.place, self.field_mb, self.variant()),
            false => (Place::frame(self.mb_x, self.mb_y), None, 0),
        };
        let motion = &self.motion[self.addr()];
        let quarter = (by & 2) | bx >> 1;
        // Indices were checked against the list when they were read, so that there is a picture.
        let refs: [Option<Reference<'_>>; 2] = core::array::from_fn(|list| {
            let index = usize::try_from(motion.ref_idx[list][quarter]).ok()?;
            let (picture, structure) = self.s.reference(list, index, field_mb)?;
            let structure = if INTERLACED { structure } else { Structure::Frame };
            // Table 8-9: chroma of the two fields lies a quarter of a sample apart.
            let shift = if structure.is_field() { 2 * (self.parity() as i16 - structure.parity() as i16) } else { 0 };
            let mv = motion.mv[list][4 * by + bx];
            Some(Reference { index, mv, chroma_mv: mv + Mv::new(0, shift), picture, structure })
        });
        let indices = |a: &Reference<'_>, b: &Reference<'_>| [a.index, b.index];
        let mb_row = if field_mb.is_some() { self.mb_y >> 1 } else { self.mb_y };
        let (x, y) = (16 * self.mb_x + 4 * bx, 16 * mb_row + 4 * by);
        let Scratch { edges, second, implicit, .. } = &mut *self.scratch;
        let implicit = &implicit[variant];
        // Explicit weights are those of the frames (8.4.2.3): refIdxL0WP.
        let explicit_shift = usize::from(field_mb.is_some());
        for (i, plane) in self.picture.planes_mut().iter_mut().enumerate() {
            let shift = usize::from(i > 0);
            let n = 16 >> shift;
            let (w, h) = (size.width() >> shift, size.height() >> shift);
            let (origin, stride) = place.in_plane(plane, n);
            let offset = origin + ((4 * bx) >> shift) + ((4 * by) >> shift) * stride;
            let (x, y) = (x >> shift, y >> shift);
            let dst = &mut plane.data_mut()[offset..];
            let mut fetch = |dst: &mut [u8], stride: usize, r: Reference<'_>| {
                let from = RefPlane::new(r.picture.plane(i), r.structure);
                if i == 0 {
                    inter::luma(k, dst, stride, from, size, x, y, r.mv, edges);
                } else {
                    inter::chroma(k, dst, stride, from, (w, h), x, y, r.chroma_mv, edges);
                }
            };
            match refs {
                [Some(a), Some(b)] => {
                    fetch(dst, stride, a);
                    fetch(second, 16, b);
                    combine(&self.s, implicit, i, dst, stride, second, (w, h), indices(&a, &b), explicit_shift);
                }
                [Some(a), None] | [None, Some(a)] => {
                    let list = usize::from(refs[0].is_none());
                    fetch(dst, stride, a);
                    if let (Mode::Explicit, Some(t)) = (self.s.weighting, self.s.weights) {
                        let denom = if i == 0 { t.luma_log2_weight_denom } else { t.chroma_log2_weight_denom };
                        if let Some(e) =
                            t.entries[list].get(a.index >> explicit_shift).filter(|e| !is_plain(e, i, denom))
                        {
                            k.weight(w, h, dst, stride, denom, i32::from(e.weight[i]), i32::from(e.offset[i]));
                        }
                    }
                }
                [None, None] => {}
            }
        }
    }
}

/// Weighs the predictions of plane `i` from two references against each other, 8.4.2.3.
fn combine(
    s: &SliceContext<'_>,
    implicit: &ImplicitWeights,
    i: usize,
    dst: &mut [u8],
    stride: usize,
    second: &[u8; 256],
    (w, h): (usize, usize),
    [r0, r1]: [usize; 2],
    explicit_shift: usize,
) {
    let k = s.k;
    match (s.weighting, s.weights) {
        (Mode::Implicit, _) => {
            let w1 = implicit.get(r0, r1);
            if w1 == 32 {
                k.avg(w, h, dst, stride, second, 16);
            } else {
                k.biweight(w, h, dst, stride, second, 16, 5, 64 - w1, w1, 0);
            }
        }
        (Mode::Explicit, Some(t)) => {
            let denom = if i == 0 { t.luma_log2_weight_denom } else { t.chroma_log2_weight_denom };
            match (t.entries[0].get(r0 >> explicit_shift), t.entries[1].get(r1 >> explicit_shift)) {
                (Some(a), Some(b)) if !(is_plain(a, i, denom) && is_plain(b, i, denom)) => {
                    let offset = (i32::from(a.offset[i]) + i32::from(b.offset[i]) + 1) >> 1;
                    let (w0, w1) = (i32::from(a.weight[i]), i32::from(b.weight[i]));
                    k.biweight(w, h, dst, stride, second, 16, denom, w0, w1, offset);
                }
                _ => k.avg(w, h, dst, stride, second, 16),
            }
        }
        _ => k.avg(w, h, dst, stride, second, 16),
    }
}
