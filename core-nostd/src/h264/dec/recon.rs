//! Reconstruction of a parsed macroblock: prediction and residual, 8.3 to 8.5.

use super::bypass::{Direction, Residual};
use super::mb::{MbDecoder, Prediction};
use crate::error::{Error, Result};
use crate::h264::mb_info::MbFlags;
use crate::h264::neighbours::{Available, at};
use crate::h264::pred::intra::{BlockEdge, MbEdges, dc};
use crate::h264::scan::BLOCK_RASTER;
use crate::picture::ChromaFormat;
use transcode_simd::{Availability, Kernels, Sample};

/// Raster positions of the 4x4 blocks whose neighbour above and right is in the macroblock, or right of it, and comes later.
const LATER_4X4: u16 = 1 << 5 | 1 << 7 | 1 << 11 | 1 << 13 | 1 << 15;

/// Adds the residual of a 4x4 block with `count` coefficients besides its DC, and clears it.
#[inline]
fn add_4x4<P: Sample>(
    k: Kernels,
    data: &mut [P],
    offset: usize,
    stride: usize,
    c: &mut [P::Coef; 16],
    only_dc: bool,
    max: P,
) {
    if only_dc {
        let dc = core::mem::take(&mut c[0]);
        if dc != P::Coef::default() {
            P::idct4x4_dc_add(k, &mut data[offset..], stride, dc, max);
        }
    } else {
        P::idct4x4_add(k, &mut data[offset..], stride, c, max);
    }
}

/// Predicts a macroblock's block of chroma: the kernel for 4:2:0 or that for 4:2:2.
type PredictChroma<P, const H: usize> = fn(Kernels, u8, &mut [P], usize, &[P; 8], &[P; H], P, Availability, P);

impl<P: Sample> MbDecoder<'_, P> {
    /// Reconstructs the macroblock.
    pub(crate) fn reconstruct(&mut self) -> Result<()> {
        if self.scratch.mb.flags.has(MbFlags::LOST) {
            return Ok(());
        }
        let format = self.s.format;
        match self.scratch.mb.prediction {
            Prediction::Pcm => {
                self.copy_pcm();
                return Ok(());
            }
            Prediction::Inter => {
                self.predict_inter();
                match self.sp_block(0) {
                    Some(sp) => self.add_sp_luma(&sp),
                    None => (0..format.luma_planes).for_each(|c| self.add_luma(c)),
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
                    self.scratch.lines.load(&self.picture, self.place);
                }
                for c in 0..format.luma_planes {
                    match intra {
                        Prediction::Intra4x4 => self.intra_4x4(c, available)?,
                        Prediction::Intra8x8 => self.intra_8x8(c, available)?,
                        Prediction::Intra16x16(mode) => {
                            self.intra_16x16(c, mode, available)?;
                            self.add_luma(c);
                        }
                        _ => {}
                    }
                }
                if format.chroma {
                    match format.array {
                        ChromaFormat::Yuv422 => self.intra_chroma(P::intra_chroma8x16, available)?,
                        _ => self.intra_chroma(P::intra_chroma8x8, available)?,
                    }
                }
            }
        }
        self.add_chroma();
        Ok(())
    }

    fn copy_pcm(&mut self) {
        let format = &self.s.format;
        let mut samples = &self.scratch.mb.pcm[..];
        for (c, plane) in self.picture.planes_mut().iter_mut().skip(format.first_plane).enumerate() {
            if c == format.array.planes() {
                break;
            }
            let (w, h) = format.array.mb_size(c);
            let (origin, stride) = self.place.in_plane(plane, (w, h));
            let (own, rest) = samples.split_at(w * h);
            samples = rest;
            for (y, from) in own.chunks_exact(w).enumerate() {
                plane.data_mut()[origin + y * stride..][..w].copy_from_slice(from);
            }
        }
    }

    /// Adds the residual of plane `c`, coded as luma is, of a macroblock that is predicted as a whole.
    fn add_luma(&mut self, c: usize) {
        let k = self.s.k;
        let mb = &mut self.scratch.mb;
        let intra16 = mb.flags.has(MbFlags::INTRA_16X16);
        if mb.cbp & 15 == 0 && !(intra16 && mb.dc_flags >> c & 1 != 0) {
            return;
        }
        let index = self.s.format.first_plane + c;
        let max = self.s.format.max[index];
        let plane = self.picture.plane_mut(index);
        let (origin, stride) = self.place.in_plane(plane, (16, 16));
        let data = plane.data_mut();
        if mb.bypass {
            let mut residual = Residual::<16>::new();
            let n = if mb.flags.has(MbFlags::TRANSFORM_8X8) { 8 } else { 4 };
            for (i, block) in mb.levels[c].chunks_exact_mut(n * n).enumerate() {
                let (x, y) = match n {
                    8 => (8 * (i & 1), 8 * (i >> 1)),
                    _ => (4 * usize::from(BLOCK_RASTER[i] & 3), 4 * usize::from(BLOCK_RASTER[i] >> 2)),
                };
                residual.take_block::<P>(block, n, x, y);
            }
            let direction = match mb.prediction {
                Prediction::Intra16x16(mode) => Direction::of_luma_mode(mode),
                _ => None,
            };
            residual.add(&mut data[origin..], stride, 16, direction, max);
            return;
        }
        if mb.flags.has(MbFlags::TRANSFORM_8X8) {
            for (q, c) in mb.levels[c].as_chunks_mut::<64>().0.iter_mut().enumerate() {
                if mb.cbp & 1 << q != 0 {
                    let offset = origin + 8 * (q & 1) + 8 * (q >> 1) * stride;
                    P::idct8x8_add(k, &mut data[offset..], stride, c, max);
                }
            }
            return;
        }
        let counts = &mb.coeffs[c];
        for (blk, c) in mb.levels[c].as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let raster = usize::from(BLOCK_RASTER[blk]);
            let (x, y) = (raster & 3, raster >> 2);
            let count = counts[at(x, y)];
            // Intra_16x16 counts AC coefficients alone.
            let only_dc = if intra16 { count == 0 } else { count == 1 && c[0] != P::Coef::default() };
            if count != 0 || intra16 {
                add_4x4(k, data, origin + 4 * x + 4 * y * stride, stride, c, only_dc, max);
            }
        }
    }

    fn add_chroma(&mut self) {
        if self.is_sp() && self.s.format.chroma {
            for i in 1..3 {
                if let Some(sp) = self.sp_block(i) {
                    self.add_sp_chroma(i, &sp);
                }
            }
            return;
        }
        let k = self.s.k;
        let mb = &mut self.scratch.mb;
        if mb.cbp >> 4 == 0 || !self.s.format.chroma {
            return;
        }
        let (w, h) = self.s.format.array.mb_size(1);
        for i in 1..3 {
            let max = self.s.format.max[i];
            let plane = self.picture.plane_mut(i);
            let (origin, stride) = self.place.in_plane(plane, (w, h));
            let blocks = mb.levels[i].as_chunks_mut::<16>().0.iter_mut().enumerate().take(h / 2);
            if mb.bypass {
                let mut residual = Residual::<8>::new();
                for (blk, c) in blocks {
                    residual.take_block::<P>(c, 4, 4 * (blk & 1), 4 * (blk >> 1));
                }
                let intra = mb.flags.has(MbFlags::INTRA);
                let direction = if intra { Direction::of_chroma_mode(mb.chroma_mode) } else { None };
                residual.add(&mut plane.data_mut()[origin..], stride, h, direction, max);
                continue;
            }
            for (blk, c) in blocks {
                let (x, y) = (blk & 1, blk >> 1);
                let only_dc = mb.coeffs[i][at(x, y)] == 0;
                add_4x4(k, plane.data_mut(), origin + 4 * x + 4 * y * stride, stride, c, only_dc, max);
            }
        }
    }

    /// Intra_4x4 of plane `c`, 8.3.1: each block is predicted from the reconstruction of those before it.
    fn intra_4x4(&mut self, c: usize, available: Available) -> Result<()> {
        let (k, place) = (self.s.k, self.place);
        let sp = self.sp_block(0);
        let index = self.s.format.first_plane + c;
        let max = self.s.format.max[index];
        let mb = &mut self.scratch.mb;
        let plane = self.picture.plane_mut(index);
        let (origin, stride) = place.in_plane(plane, (16, 16));
        let counts = &mb.coeffs[c];
        for (blk, c) in mb.levels[c].as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let raster = usize::from(BLOCK_RASTER[blk]);
            let (x, y) = (raster & 3, raster >> 2);
            let later = LATER_4X4 >> raster & 1 != 0;
            let lines = &self.scratch.lines;
            let edge = BlockEdge::<P, 13>::gather(plane, lines, index, place, 4 * x, 4 * y, later, available);
            let mode = mb.modes[at(x, y)] as u8;
            if !edge.allows(mode) {
                return Err(Error::invalid("rem_intra4x4_pred_mode"));
            }
            let offset = origin + 4 * x + 4 * y * stride;
            let data = plane.data_mut();
            if mode == 2 && !(edge.left && edge.top) {
                let s = &edge.samples;
                let value = dc(edge.top.then_some(&s[5..9]), edge.left.then_some(&s[..4]), 2, max);
                P::fill(k, 4, 4, &mut data[offset..], stride, value, max);
            } else {
                P::intra4x4(k, mode, &mut data[offset..], stride, &edge.samples, max);
            }
            let count = counts[at(x, y)];
            if let Some(sp) = &sp {
                sp.add(k, plane, offset, stride, c, max);
            } else if count != 0 {
                if mb.bypass {
                    let mut residual = Residual::<4>::new();
                    residual.take_block::<P>(c, 4, 0, 0);
                    residual.add(&mut data[offset..], stride, 4, Direction::of_luma_mode(mode), max);
                    continue;
                }
                let only_dc = count == 1 && c[0] != P::Coef::default();
                add_4x4(k, data, offset, stride, c, only_dc, max);
            }
        }
        Ok(())
    }

    /// Intra_8x8 of plane `c`, 8.3.2.
    fn intra_8x8(&mut self, c: usize, available: Available) -> Result<()> {
        let (k, place) = (self.s.k, self.place);
        let index = self.s.format.first_plane + c;
        let max = self.s.format.max[index];
        let mb = &mut self.scratch.mb;
        let plane = self.picture.plane_mut(index);
        let (origin, stride) = place.in_plane(plane, (16, 16));
        for (q, c) in mb.levels[c].as_chunks_mut::<64>().0.iter_mut().enumerate() {
            let (x, y) = (q & 1, q >> 1);
            let lines = &self.scratch.lines;
            let edge = BlockEdge::<P, 25>::gather(plane, lines, index, place, 8 * x, 8 * y, q == 3, available);
            let mode = mb.modes[at(2 * x, 2 * y)] as u8;
            if !edge.allows(mode) {
                return Err(Error::invalid("rem_intra8x8_pred_mode"));
            }
            let have = Availability { left: edge.left, top: edge.top, top_left: edge.top_left };
            let samples = P::intra8x8_filter_edges(k, &edge.samples, have, max);
            let offset = origin + 8 * x + 8 * y * stride;
            let data = plane.data_mut();
            if mode == 2 && !(edge.left && edge.top) {
                let value = dc(edge.top.then_some(&samples[9..17]), edge.left.then_some(&samples[..8]), 3, max);
                P::fill(k, 8, 8, &mut data[offset..], stride, value, max);
            } else {
                P::intra8x8(k, mode, &mut data[offset..], stride, &samples, max);
            }
            if mb.cbp & 1 << q != 0 {
                if mb.bypass {
                    let mut residual = Residual::<8>::new();
                    residual.take_block::<P>(c, 8, 0, 0);
                    residual.add(&mut data[offset..], stride, 8, Direction::of_luma_mode(mode), max);
                    continue;
                }
                P::idct8x8_add(k, &mut data[offset..], stride, c, max);
            }
        }
        Ok(())
    }

    /// Intra_16x16 of plane `c`, 8.3.3.
    fn intra_16x16(&mut self, c: usize, mode: u8, available: Available) -> Result<()> {
        let available = available.with_whole_left();
        let (k, place) = (self.s.k, self.place);
        let index = self.s.format.first_plane + c;
        let max = self.s.format.max[index];
        let plane = self.picture.plane_mut(index);
        let e = MbEdges::<P, 16, 16>::gather(plane, &self.scratch.lines, index, place, available);
        let allowed = match mode {
            0 => available.above,
            1 => available.left,
            2 => true,
            _ => available.above && available.left && available.above_left,
        };
        if !allowed {
            return Err(Error::invalid("mb_type"));
        }
        let (origin, stride) = place.in_plane(plane, (16, 16));
        let dst = &mut plane.data_mut()[origin..];
        if mode == 2 && !(available.above && available.left) {
            let value = dc(available.above.then_some(&e.top[..]), available.left.then_some(&e.left[..]), 4, max);
            P::fill(k, 16, 16, dst, stride, value, max);
        } else {
            P::intra16x16(k, mode, dst, stride, &e.top, &e.left, e.top_left, max);
        }
        Ok(())
    }

    /// Intra prediction of subsampled chroma, 8.3.4, whose macroblocks are `H` rows high.
    fn intra_chroma<const H: usize>(&mut self, predict: PredictChroma<P, H>, halves: Available) -> Result<()> {
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
            let max = self.s.format.max[i];
            let plane = self.picture.plane_mut(i);
            let e = MbEdges::<P, 8, H>::gather(plane, &self.scratch.lines, i, place, available);
            let (origin, stride) = place.in_plane(plane, (8, H));
            let dst = &mut plane.data_mut()[origin..];
            predict(k, mode, dst, stride, &e.top, &e.left, e.top_left, have, max);
            if mode == 0 && halves.left != halves.left_lower {
                // One half of the left edge exists, and the blocks beside it use it.
                let available = Available { left: true, ..halves };
                let e = MbEdges::<P, 8, H>::gather(plane, &self.scratch.lines, i, place, available);
                let row = if halves.left { 0 } else { H / 2 };
                let mut beside = [P::default(); 8 * 16];
                let have = Availability { left: true, ..have };
                predict(k, 0, &mut beside[..8 * H], 8, &e.top, &e.left, e.top_left, have, max);
                for (y, from) in beside.chunks_exact(8).enumerate().skip(row).take(H / 2) {
                    plane.data_mut()[origin + y * stride..][..8].copy_from_slice(from);
                }
            }
        }
        Ok(())
    }
}
