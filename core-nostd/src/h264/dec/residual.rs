//! `residual()`, 7.3.5.3: the coefficients of a macroblock.

use super::mb::{MbData, MbDecoder};
use super::syntax::{Syntax, category};
use crate::error::{Error, Result};
use crate::h264::mb_info::MbFlags;
use crate::h264::neighbours::{GRID_LEN, GRID_ORIGIN, GRID_STRIDE, MbContext, at};
use crate::h264::scan::BLOCK_RASTER;
use crate::h264::transform;
use crate::picture::ChromaFormat;
use transcode_simd::Sample;

/// The scale that leaves levels as they are: for `TransformBypassModeFlag` (8.5.12.1, 8.5.13.1), and for SP and SI slices, whose levels
/// are added to the transform of the prediction.
const UNSCALED_4X4: [i32; 16] = [16; 16];
const UNSCALED_8X8: [i32; 64] = [64; 64];

impl<P: Sample> MbDecoder<'_, P> {
    /// The macroblock has no coefficients.
    pub(super) fn clear_coeffs(&mut self) {
        self.scratch.mb.coeffs = [[0; GRID_LEN]; 3];
    }

    /// The residual from a data partition, or none if that is missing or broken.
    pub(super) fn partitioned_residual<S: Syntax>(&mut self, syntax: &mut S) -> Result<()> {
        let intra = self.scratch.mb.flags.has(MbFlags::INTRA);
        let read = match syntax.begin_residual(intra, self.is_beside_uncounted()) {
            true => self.residual(syntax),
            false => Err(Error::invalid("slice_data_partition")),
        };
        if let Err(e) = read {
            if !syntax.lose_residual() {
                return Err(e);
            }
            let mb = &mut self.scratch.mb;
            mb.levels.as_flattened_mut().fill(P::Coef::default());
            (mb.cbp, mb.dc_flags) = (0, 0);
            mb.flags |= MbFlags::UNCOUNTED;
            self.clear_coeffs();
        }
        Ok(())
    }

    /// Whether the number of coefficients of the neighbour on the left or above counts for the macroblock, and is not known.
    fn is_beside_uncounted(&self) -> bool {
        let hidden = self.scratch.mb.flags.has(MbFlags::INTRA) && self.s.pps.constrained_intra_pred_flag;
        let [left, above] =
            self.nb.map(|n| n.flags.has(MbFlags::UNCOUNTED) && (n.flags.has(MbFlags::INTRA) || !hidden));
        self.available.left && left || self.available.above && above
    }

    /// Marks an intra macroblock as lost that has no residual, or that may be predicted from one without.
    pub(super) fn mark_lost<S: Syntax>(&mut self, syntax: &S) {
        let flags = &mut self.scratch.mb.flags;
        if flags.has(MbFlags::INTRA) && syntax.is_intra_lost() {
            *flags |= MbFlags::LOST;
        }
    }

    /// The neighbour on the left, above as an intra macroblock in data partitions with constrained intra prediction sees it: inter macroblocks
    /// count as having no coefficients, for their partition may be missing (9.2.1). Only 4:2:0 streams have partitions.
    fn intra_neighbours(&self) -> [MbContext; 2] {
        let hide = |mut c: MbContext| {
            if !c.flags.has(MbFlags::INTRA) {
                c.coeffs = MbContext::UNAVAILABLE.coeffs;
            }
            c
        };
        let [left, above] = self.nb.map(hide);
        if self.s.mbaff {
            [self.pair_neighbours.left_context(&self.pairs[0].map(hide), false), above]
        } else {
            [left, above]
        }
    }

    /// `residual()`, 7.3.5.3.
    pub(super) fn residual<S: Syntax>(&mut self, syntax: &mut S) -> Result<()> {
        let intra = self.scratch.mb.flags.has(MbFlags::INTRA);
        let hidden;
        let nb = if S::PARTITIONED && intra && self.s.pps.constrained_intra_pred_flag {
            hidden = self.intra_neighbours();
            &hidden
        } else {
            &self.nb
        };
        let mb = &mut self.scratch.mb;
        let none = S::unavailable_coeffs(intra);
        for (plane, grid) in mb.coeffs.iter_mut().enumerate() {
            grid.fill(0);
            let above = if self.available.above { nb[1].coeffs[plane] } else { [none; 4] };
            grid[1..5].copy_from_slice(&above);
            let left = if self.available.left { nb[0].coeffs[plane] } else { [none; 4] };
            for y in 0..4 {
                grid[GRID_STRIDE * (y + 1)] = left[y];
            }
        }
        for plane in 0..self.s.format.luma_planes {
            self.residual_luma(syntax, plane)?;
        }
        if self.scratch.mb.cbp >> 4 != 0 && self.s.format.chroma {
            self.residual_chroma(syntax)?;
        }
        Ok(())
    }

    /// `ctxIdxInc` of the `coded_block_flag` of a DC block: `bit` is that of [`MbContext::dc_flags`].
    #[inline]
    fn dc_inc(&self, bit: usize) -> usize {
        let intra = self.scratch.mb.flags.has(MbFlags::INTRA);
        let flag = |exists: bool, n: &MbContext| {
            if exists { usize::from(n.dc_flags >> bit & 1) } else { usize::from(intra) }
        };
        flag(self.available.left, &self.nb[0]) + 2 * flag(self.available.above, &self.nb[1])
    }

    /// `residual_luma()`, 7.3.5.3.1, of plane `c`.
    fn residual_luma<S: Syntax>(&mut self, syntax: &mut S, c: usize) -> Result<()> {
        let dc_inc = self.dc_inc(c);
        let unscaled = self.scratch.mb.bypass || self.is_sp();
        let mb = &mut self.scratch.mb;
        let intra = mb.flags.has(MbFlags::INTRA);
        // Where the planes are coded apart, each has its own lists (8.5.9).
        let plane = self.s.format.first_plane + c;
        let list = plane + if intra { 0 } else { 3 };
        let qp = match c.checked_sub(1) {
            None => self.qp + self.s.format.luma_qp_offset(),
            Some(i) => self.qp_chroma[i & 1] + self.s.format.chroma_qp_offset() as i8,
        };
        let qp = qp.max(0) as usize;
        let scale = if unscaled { &UNSCALED_4X4 } else { &self.scratch.scale.scale_4x4[list][qp] };
        let (blocks, _) = mb.levels[c].as_chunks_mut::<16>();
        if mb.flags.has(MbFlags::INTRA_16X16) {
            let mut dc = [0i32; 16];
            if syntax.luma_dc(c, dc_inc, &mb.coeffs[c], &mut dc)? {
                mb.dc_flags |= 1 << c;
                if !mb.bypass {
                    transform::luma_dc(&mut dc, scale[0]);
                }
                for (blk, block) in blocks.iter_mut().enumerate() {
                    block[0] = P::coef(dc[usize::from(BLOCK_RASTER[blk])]);
                }
            }
            if mb.cbp & 15 != 0 {
                for (blk, block) in blocks.iter_mut().enumerate() {
                    let raster = usize::from(BLOCK_RASTER[blk]);
                    let here = at(raster & 3, raster >> 2);
                    syntax.block_4x4::<P, { category::LUMA_AC }>(c, &mut mb.coeffs[c], here, scale, block)?;
                }
            }
        } else if mb.flags.has(MbFlags::TRANSFORM_8X8) {
            let scale = if mb.bypass {
                &UNSCALED_8X8
            } else {
                &self.scratch.scale.scale_8x8[2 * plane + usize::from(!intra)][qp]
            };
            let has_flag = self.s.format.luma_planes == 3;
            if has_flag {
                let grid = &mut mb.coeffs[c];
                for i in (1..5).flat_map(|i| [i, GRID_STRIDE * i]) {
                    grid[i] = S::coeffs_beside_8x8(grid[i]);
                }
            }
            let (blocks, _) = mb.levels[c].as_chunks_mut::<64>();
            for (q, block) in blocks.iter_mut().enumerate() {
                if mb.cbp & 1 << q != 0 {
                    syntax.block_8x8::<P>(c, has_flag, &mut mb.coeffs[c], at(2 * (q & 1), q & 2), scale, block)?;
                }
            }
        } else {
            for (blk, block) in blocks.iter_mut().enumerate() {
                if mb.cbp & 1 << (blk >> 2) != 0 {
                    let raster = usize::from(BLOCK_RASTER[blk]);
                    let here = at(raster & 3, raster >> 2);
                    syntax.block_4x4::<P, { category::LUMA_4X4 }>(c, &mut mb.coeffs[c], here, scale, block)?;
                }
            }
        }
        Ok(())
    }

    /// The blocks of subsampled chroma.
    fn residual_chroma<S: Syntax>(&mut self, syntax: &mut S) -> Result<()> {
        let tall = self.s.format.array == ChromaFormat::Yuv422;
        let blocks = if tall { 8 } else { 4 };
        let unscaled = self.scratch.mb.bypass || self.is_sp();
        let list = if self.scratch.mb.flags.has(MbFlags::INTRA) { 1 } else { 4 };
        let offset = self.s.format.chroma_qp_offset() as i8;
        let qp = self.qp_chroma.map(|qp| (qp + offset).max(0) as usize);
        for i in 0..2 {
            let dc_inc = self.dc_inc(i + 1);
            let mut dc = [0i32; 8];
            if syntax.chroma_dc(dc_inc, tall, &mut dc)? {
                let mb = &mut self.scratch.mb;
                mb.dc_flags |= 2 << i;
                let scale = &self.scratch.scale.scale_4x4[list + i];
                if unscaled {
                    // Levels are wanted as they are.
                } else if tall {
                    transform::chroma_dc_422(&mut dc, scale[qp[i] + 3][0]);
                } else if let Some(dc) = dc.first_chunk_mut() {
                    transform::chroma_dc(dc, scale[qp[i]][0]);
                }
                for (block, dc) in mb.levels[1 + i].as_chunks_mut::<16>().0.iter_mut().zip(dc).take(blocks) {
                    block[0] = P::coef(dc);
                }
            }
        }
        let mb = &mut self.scratch.mb;
        if mb.cbp >> 4 == 2 {
            for i in 0..2 {
                let scale = if unscaled { &UNSCALED_4X4 } else { &self.scratch.scale.scale_4x4[list + i][qp[i]] };
                for (blk, block) in mb.levels[1 + i].as_chunks_mut::<16>().0.iter_mut().enumerate().take(blocks) {
                    let here = at(blk & 1, blk >> 1);
                    syntax.block_4x4::<P, { category::CHROMA_AC }>(0, &mut mb.coeffs[1 + i], here, scale, block)?;
                }
            }
        }
        Ok(())
    }
}

impl<P: Sample> MbData<P> {
    /// Which luma blocks have coefficients, as [`MbInfo::nonzero`] counts them.
    pub(super) fn nonzero(&self) -> u16 {
        let mut mask = 0;
        for y in 0..4 {
            let start = GRID_ORIGIN + GRID_STRIDE * y;
            let row = u32::from_le_bytes([0, 1, 2, 3].map(|x| self.coeffs[0][start + x]));
            // The top bit of each byte that is not 0, then the four bits side by side at bit 28.
            let bits = (((row & 0x7f7f_7f7f) + 0x7f7f_7f7f) | row) >> 7 & 0x0101_0101;
            mask |= (bits.wrapping_mul(0x1020_4080) >> 28) << (4 * y);
        }
        let mut mask = mask as u16;
        if self.flags.has(MbFlags::TRANSFORM_8X8) {
            mask |= (mask & 0x5555) << 1 | (mask & 0xaaaa) >> 1;
            mask |= (mask & 0x0f0f) << 4 | (mask & 0xf0f0) >> 4;
        }
        mask
    }
}
