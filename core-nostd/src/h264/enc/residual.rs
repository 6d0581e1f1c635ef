//! Transform, quantisation and reconstruction of a macroblock's residual.

use super::coder::{Coder, Entropy};
use super::mb::{BLOCK_RASTER, Levels, Mb};
use super::mb_cabac::BlockCat;
use super::quant::{choose_levels, quant_dc};
use crate::h264::cabac::encode::Contexts;
use crate::h264::quant::chroma_qp;
use crate::h264::scan::{ZIGZAG_4X4, ZIGZAG_8X8};
use crate::h264::transform;
use transcode_simd::{BlockSize, LevelMasks, copy_block};

/// `chroma_qp_index_offset` of the encoder's streams.
pub(super) const CHROMA_QP_OFFSET: i8 = 0;

/// What a few small levels are worth: the number of zeros before each tells how much it costs to code, and below a threshold the
/// block is better without. A level over 1 always counts as worth it.
fn weight(levels: LevelMasks) -> u32 {
    const BY_RUN: [u32; 6] = [3, 2, 2, 1, 1, 1];
    if levels.large != 0 {
        return 9;
    }
    let mut sum = 0;
    let mut left = levels.coded;
    let mut next = 0;
    while left != 0 {
        let at = left.trailing_zeros() as usize;
        sum += BY_RUN.get(at - next).copied().unwrap_or(0);
        next = at + 1;
        left &= left - 1;
    }
    sum
}

/// The levels without the first, which is coded elsewhere.
fn without_dc(levels: LevelMasks) -> LevelMasks {
    LevelMasks { coded: levels.coded >> 1, large: levels.large >> 1 }
}

/// The same for 64 levels, whose runs are four times as long.
fn weight_8x8(levels: &[i16]) -> u32 {
    let (mut sum, mut run) = (0, 0u32);
    for &l in levels {
        if l == 0 {
            run += 1;
            continue;
        }
        if l.unsigned_abs() > 1 {
            return 9;
        }
        sum += match run {
            0..=3 => 3,
            4..=11 => 2,
            12..=23 => 1,
            _ => 0,
        };
        run = 0;
    }
    sum
}

/// Least [`weight`] of an inter 8x8 quarter, of a whole macroblock's luma, and of a plane's chroma AC.
const MIN_WEIGHTS: [u32; 3] = [4, 6, 7];
/// The same where modes are decided by rate and distortion: what is worth the bits is known then.
const MIN_WEIGHTS_RD: [u32; 3] = [1; 3];

/// Forward transform of DC coefficients: the matrix of 8.5.10, which is its own inverse up to a factor of 16.
fn hadamard4x4(c: &mut [i32; 16]) {
    for pass in 0..2 {
        let (step, next) = if pass == 0 { (1, 4) } else { (4, 1) };
        for i in 0..4 {
            let at = |k: usize| i * next + k * step;
            let [a, b, d, e] = [c[at(0)], c[at(1)], c[at(2)], c[at(3)]];
            let (s0, s1, d0, d1) = (a + e, b + d, a - e, b - d);
            c[at(0)] = s0 + s1;
            c[at(1)] = d0 + d1;
            c[at(2)] = s0 - s1;
            c[at(3)] = d0 - d1;
        }
    }
}

impl Coder<'_> {
    /// Whether even small levels are weighed by rate and distortion. Nothing depends on most B pictures.
    fn exact(&self) -> bool {
        self.tools.rd > usize::from(self.slice.is_b()) as u8
    }

    fn min_weights(&self) -> [u32; 3] {
        if self.exact() { MIN_WEIGHTS_RD } else { MIN_WEIGHTS }
    }

    /// The contexts that tell what levels cost, if they are to be chosen by that.
    fn contexts(&self, choose: bool) -> Option<&Contexts> {
        match &self.entropy {
            Entropy::Cabac(e) if choose => Some(e.contexts()),
            _ => None,
        }
    }

    /// Quantises one 4x4 block by rate and distortion: coefficients in raster order become levels. Blocks whose DC is coded apart must
    /// have 0 in its place.
    fn choose4x4(&self, contexts: &Contexts, qp: u8, cat: BlockCat, intra: bool, flag: usize, c: &mut [i16; 16]) {
        let first = usize::from(matches!(cat, BlockCat::LumaAc | BlockCat::ChromaAc));
        let t = &self.quant[usize::from(qp)];
        let mut chosen = [0i16; 16];
        let value = |i: usize| {
            let pos = usize::from(ZIGZAG_4X4[i]);
            (i32::from(c[pos]) * i32::from(t.mf4[pos])) >> 8
        };
        choose_levels(contexts, cat, intra, Some(flag), &mut chosen, value, first);
        for (&l, &pos) in chosen.iter().zip(&ZIGZAG_4X4) {
            c[usize::from(pos)] = l;
        }
    }

    /// Quantises the blocks of a quad; bit `i` tells whether block `i` has a level.
    fn quantise(&self, qp: u8, intra: bool, c: &mut [[i16; 16]; 4]) -> u8 {
        let t = &self.quant[usize::from(qp)];
        self.k.quant4x4_quad(c, &t.mf4, &t.bias4[usize::from(intra)])
    }

    /// Puts the levels of a block into scan order; `any` is false if there are none.
    fn scan(&self, any: bool, levels: &mut [i16; 16], c: &[i16; 16]) -> LevelMasks {
        if any {
            return self.k.scan4x4(levels, c);
        }
        levels.fill(0);
        LevelMasks::default()
    }

    /// Adds the residual of raster levels `c` (with `dc` in place of the first coefficient, if given, already scaled) to the samples.
    fn add4x4(&mut self, plane: usize, x: usize, y: usize, qp: u8, c: &mut [i16; 16], n: u8, dc: Option<i16>) {
        let k = self.k;
        if n == 0 {
            if let Some(dc) = dc.filter(|&dc| dc != 0) {
                let (d, s) = self.coded_mut(plane, x, y);
                k.idct4x4_dc_add(d, s, dc);
            }
            return;
        }
        k.dequant4x4(c, &self.quant[usize::from(qp)].scale4, 0);
        if let Some(dc) = dc {
            c[0] = dc;
        }
        let (d, s) = self.coded_mut(plane, x, y);
        k.idct4x4_add(d, s, c);
    }

    /// Context of `coded_block_flag` of a luma block, as if neighbours that are not coded yet were empty.
    fn luma_flag(&self, mb: &Mb, cat: BlockCat, r: usize) -> usize {
        let (x, y) = ((r & 3) as i32, (r >> 2) as i32);
        let intra = mb.state.kind.is_intra();
        let flag = |x, y| self.nb.block(&mb.state, x, y).map_or(intra, |(m, b)| m.nnz[b] != 0);
        85 + 4 * cat as usize + usize::from(flag(x - 1, y)) + 2 * usize::from(flag(x, y - 1))
    }

    /// Context of the bin of `coded_block_pattern` of a quarter, 9.3.3.1.1.4.
    fn pattern_flag(&self, mb: &Mb, b8: usize) -> usize {
        let (x, y) = (2 * (b8 & 1) as i32, 2 * (b8 >> 1) as i32);
        let empty = |x, y| {
            let beside = self.nb.block(&mb.state, x, y);
            usize::from(beside.is_some_and(|(m, b)| m.cbp >> ((b >> 3) * 2 + (b & 3) / 2) & 1 == 0))
        };
        73 + empty(x - 1, y) + 2 * empty(x, y - 1)
    }

    /// Codes the luma residual of an inter macroblock against `pred`, with 8x8 or 4x4 transforms, and reconstructs it.
    pub(super) fn code_inter_luma(&mut self, mb: &mut Mb, transform_8x8: bool, choose: bool) {
        mb.state.transform_8x8 = transform_8x8;
        mb.state.cbp &= !15;
        mb.state.nnz[..16].fill(0);
        let qp = mb.state.qp;
        let mut c4 = [[[0i16; 16]; 4]; 4];
        let mut c8 = [[0i16; 64]; 4];
        let [min_8x8, min_mb, _] = self.min_weights();
        let mut total_weight = 0;
        for b8 in 0..4 {
            let (x8, y8) = (8 * (b8 & 1), 8 * (b8 >> 1));
            let quarter;
            if transform_8x8 {
                let n = self.block8x8(
                    qp,
                    false,
                    choose,
                    self.pattern_flag(mb, b8),
                    (x8, y8),
                    &mut c8[b8],
                    None,
                    &mut mb.levels.luma[64 * b8..64 * b8 + 64],
                );
                quarter = if n == 0 { 0 } else { weight_8x8(&mb.levels.luma[64 * b8..64 * b8 + 64]) };
                let fill = n.min(16);
                for i in 0..4 {
                    mb.state.nnz[BLOCK_RASTER[4 * b8 + i]] = fill;
                }
            } else {
                let mut sum = 0;
                let quad = &mut c4[b8];
                let (src, stride) = self.source(0, x8, y8);
                self.k.fdct4x4_quad(quad, src, stride, &self.pred.luma[16 * y8 + x8..], 16);
                let contexts = self.contexts(choose);
                let coded = if contexts.is_some() { 15 } else { self.quantise(qp, false, quad) };
                for (i, c) in quad.iter_mut().enumerate() {
                    let blk = 4 * b8 + i;
                    let r = BLOCK_RASTER[blk];
                    if let Some(contexts) = contexts {
                        let flag = self.luma_flag(mb, BlockCat::Luma4x4, r);
                        self.choose4x4(contexts, qp, BlockCat::Luma4x4, false, flag, c);
                    }
                    let masks = self.scan(coded >> i & 1 != 0, levels_4x4(&mut mb.levels, blk), c);
                    mb.state.nnz[r] = masks.coded.count_ones() as u8;
                    sum += weight(masks);
                }
                quarter = sum;
            }
            if quarter < min_8x8 {
                for i in 0..4 {
                    mb.state.nnz[BLOCK_RASTER[4 * b8 + i]] = 0;
                }
            } else {
                mb.state.cbp |= 1 << b8;
                total_weight += quarter;
            }
        }
        if total_weight < min_mb {
            mb.state.cbp &= !15;
            mb.state.nnz[..16].fill(0);
        }
        self.put_predicted_luma();
        for b8 in (0..4).filter(|b| mb.state.cbp >> b & 1 != 0) {
            if transform_8x8 {
                self.add8x8(qp, (8 * (b8 & 1), 8 * (b8 >> 1)), &mut c8[b8]);
                continue;
            }
            for blk in 4 * b8..4 * b8 + 4 {
                let r = BLOCK_RASTER[blk];
                let n = mb.state.nnz[r];
                self.add4x4(0, 4 * (r & 3), 4 * (r >> 2), qp, &mut c4[b8][blk & 3], n, None);
            }
        }
        if mb.state.cbp & 15 == 0 {
            mb.state.transform_8x8 = false;
        }
    }

    /// Transforms and quantises the 8x8 block at (`x`, `y`) against `pred` (64 samples of its own if given, else of the macroblock).
    #[allow(clippy::too_many_arguments)]
    fn block8x8(
        &self,
        qp: u8,
        intra: bool,
        choose: bool,
        flag: usize,
        (x, y): (usize, usize),
        c: &mut [i16; 64],
        pred: Option<&[u8; 64]>,
        levels: &mut [i16],
    ) -> u8 {
        let (src, stride) = self.source(0, x, y);
        match pred {
            Some(p) => self.k.fdct8x8(c, src, stride, p, 8),
            None => self.k.fdct8x8(c, src, stride, &self.pred.luma[16 * y + x..], 16),
        }
        let t = &self.quant[usize::from(qp)];
        if let (true, Entropy::Cabac(e)) = (choose, &self.entropy) {
            let mut chosen = [0i16; 64];
            let value = |i: usize| {
                let pos = usize::from(ZIGZAG_8X8[i]);
                (i32::from(c[pos]) * i32::from(t.mf8[pos])) >> 8
            };
            let n = choose_levels(e.contexts(), BlockCat::Luma8x8, intra, Some(flag), &mut chosen, value, 0);
            for (&l, &pos) in chosen.iter().zip(&ZIGZAG_8X8) {
                c[usize::from(pos)] = l;
            }
            levels.copy_from_slice(&chosen);
            return n as u8;
        }
        if !self.k.quant8x8(c, &t.mf8, &t.bias8[usize::from(intra)]) {
            levels.fill(0);
            return 0;
        }
        let mut n = 0;
        for (l, &pos) in levels.iter_mut().zip(&ZIGZAG_8X8) {
            *l = c[usize::from(pos)];
            n += u8::from(*l != 0);
        }
        n
    }

    fn add8x8(&mut self, qp: u8, (x, y): (usize, usize), c: &mut [i16; 64]) {
        let k = self.k;
        k.dequant8x8(c, &self.quant[usize::from(qp)].scale8, 0);
        let (d, s) = self.coded_mut(0, x, y);
        k.idct8x8_add(d, s, c);
    }

    /// Codes one block of `I4x4` against `pred` and reconstructs it.
    pub(super) fn code_intra_4x4(&mut self, mb: &mut Mb, blk: usize, pred: &[u8; 16], choose: bool) {
        let r = BLOCK_RASTER[blk];
        let (x, y) = (4 * (r & 3), 4 * (r >> 2));
        let qp = mb.state.qp;
        let mut c = [0; 16];
        let (src, stride) = self.source(0, x, y);
        self.k.fdct4x4(&mut c, src, stride, pred, 4);
        let any = match self.contexts(choose) {
            Some(contexts) => {
                let flag = self.luma_flag(mb, BlockCat::Luma4x4, r);
                self.choose4x4(contexts, qp, BlockCat::Luma4x4, true, flag, &mut c);
                true
            }
            None => {
                let t = &self.quant[usize::from(qp)];
                self.k.quant4x4(&mut c, &t.mf4, &t.bias4[1])
            }
        };
        let n = self.scan(any, levels_4x4(&mut mb.levels, blk), &c).coded.count_ones() as u8;
        mb.state.nnz[r] = n;
        if n > 0 {
            mb.state.cbp |= 1 << (blk >> 2);
        }
        let (d, s) = self.coded_mut(0, x, y);
        copy_block(BlockSize::B4x4, d, s, pred, 4);
        self.add4x4(0, x, y, qp, &mut c, n, None);
    }

    /// Codes one block of `I8x8` against `pred` and reconstructs it.
    pub(super) fn code_intra_8x8(&mut self, mb: &mut Mb, b8: usize, pred: &[u8; 64], choose: bool) {
        let at = (8 * (b8 & 1), 8 * (b8 >> 1));
        let qp = mb.state.qp;
        let mut c = [0; 64];
        let flag = self.pattern_flag(mb, b8);
        let n =
            self.block8x8(qp, true, choose, flag, at, &mut c, Some(pred), &mut mb.levels.luma[64 * b8..64 * b8 + 64]);
        for i in 0..4 {
            mb.state.nnz[BLOCK_RASTER[4 * b8 + i]] = n.min(16);
        }
        let (d, s) = self.coded_mut(0, at.0, at.1);
        copy_block(BlockSize::B8x8, d, s, pred, 8);
        if n > 0 {
            mb.state.cbp |= 1 << b8;
            self.add8x8(qp, at, &mut c);
        }
    }

    /// Codes the luma of `I16x16` against `pred` and reconstructs it.
    pub(super) fn code_intra_16x16(&mut self, mb: &mut Mb, choose: bool) {
        let qp = mb.state.qp;
        mb.state.cbp &= !15;
        mb.state.dc_coded &= !1;
        let mut c = [[[0i16; 16]; 4]; 4];
        let mut dc = [0i32; 16];
        for (b8, quad) in c.iter_mut().enumerate() {
            let (x8, y8) = (8 * (b8 & 1), 8 * (b8 >> 1));
            let (src, stride) = self.source(0, x8, y8);
            self.k.fdct4x4_quad(quad, src, stride, &self.pred.luma[16 * y8 + x8..], 16);
            for (i, c) in quad.iter_mut().enumerate() {
                dc[BLOCK_RASTER[4 * b8 + i]] = core::mem::take(&mut c[0]).into();
            }
            let contexts = self.contexts(choose);
            let coded = if contexts.is_some() { 15 } else { self.quantise(qp, true, quad) };
            for (i, c) in quad.iter_mut().enumerate() {
                let blk = 4 * b8 + i;
                let r = BLOCK_RASTER[blk];
                if let Some(contexts) = contexts {
                    let flag = self.luma_flag(mb, BlockCat::LumaAc, r);
                    self.choose4x4(contexts, qp, BlockCat::LumaAc, true, flag, c);
                }
                let masks = self.scan(coded >> i & 1 != 0, levels_4x4(&mut mb.levels, blk), c);
                mb.state.nnz[r] = masks.coded.count_ones() as u8;
                if masks.coded != 0 {
                    mb.state.cbp |= 15;
                }
            }
        }
        hadamard4x4(&mut dc);
        dc.iter_mut().for_each(|v| *v = (*v + 1) >> 1);
        let t = &self.quant[usize::from(qp)];
        quant_dc(&mut dc, t.mf4[0], true, 2047);
        for (l, &pos) in mb.levels.luma_dc.iter_mut().zip(&ZIGZAG_4X4) {
            *l = dc[usize::from(pos)] as i16;
        }
        if dc.iter().any(|&v| v != 0) {
            mb.state.dc_coded |= 1;
        }
        transform::luma_dc(&mut dc, t.scale4[0]);
        self.put_predicted_luma();
        for (blk, c) in c.as_flattened_mut().iter_mut().enumerate() {
            let r = BLOCK_RASTER[blk];
            self.add4x4(0, 4 * (r & 3), 4 * (r >> 2), qp, c, mb.state.nnz[r], Some(dc[r] as i16));
        }
    }

    /// Codes both chroma planes against `pred` and reconstructs them.
    pub(super) fn code_chroma(&mut self, mb: &mut Mb, choose: bool) {
        let intra = mb.state.kind.is_intra();
        let qp = chroma_qp(mb.state.qp as i8, CHROMA_QP_OFFSET, 0) as u8;
        let (mf, scale) = (self.quant[usize::from(qp)].mf4[0], self.quant[usize::from(qp)].scale4[0]);
        mb.state.cbp &= 15;
        mb.state.dc_coded &= 1;
        mb.state.nnz[16..].fill(0);
        let mut c = [[[0i16; 16]; 4]; 2];
        let mut dc = [[0i32; 4]; 2];
        let [_, _, min_chroma] = self.min_weights();
        for p in 0..2 {
            let mut sum = 0;
            let quad = &mut c[p];
            let (src, stride) = self.source(p + 1, 0, 0);
            self.k.fdct4x4_quad(quad, src, stride, &self.pred.chroma[p], 8);
            dc[p] = quad.each_mut().map(|c| core::mem::take(&mut c[0]).into());
            let contexts = self.contexts(choose);
            let coded = if contexts.is_some() { 15 } else { self.quantise(qp, intra, quad) };
            for (i, c) in quad.iter_mut().enumerate() {
                let at = 4 * p + i;
                if let Some(contexts) = contexts {
                    // The context without neighbours: chroma is rarely coded, and the flag's cost differs little.
                    self.choose4x4(contexts, qp, BlockCat::ChromaAc, intra, 85 + 16, c);
                }
                let masks = self.scan(coded >> i & 1 != 0, &mut mb.levels.chroma_ac[at], c);
                mb.state.nnz[16 + at] = masks.coded.count_ones() as u8;
                sum += weight(without_dc(masks));
            }
            if !intra && sum < min_chroma {
                mb.state.nnz[16 + 4 * p..20 + 4 * p].fill(0);
                mb.levels.chroma_ac[4 * p..4 * p + 4].iter_mut().for_each(|l| l.fill(0));
            }
            if mb.state.nnz[16 + 4 * p..20 + 4 * p].iter().any(|&n| n > 0) {
                mb.state.cbp = mb.state.cbp & 15 | 2 << 4;
            }
        }
        for p in 0..2 {
            hadamard2x2(&mut dc[p]);
            quant_dc(&mut dc[p], mf, intra, 2047);
            for (l, &v) in mb.levels.chroma_dc[p].iter_mut().zip(&dc[p]) {
                *l = v as i16;
            }
            if dc[p].iter().any(|&v| v != 0) {
                mb.state.dc_coded |= 2 << p;
                if mb.state.cbp >> 4 == 0 {
                    mb.state.cbp |= 1 << 4;
                }
            }
            transform::chroma_dc(&mut dc[p], scale);
        }
        self.put_predicted_chroma();
        for p in 0..2 {
            for b in 0..4 {
                let at = 4 * p + b;
                let n = mb.state.nnz[16 + at];
                self.add4x4(p + 1, 4 * (b & 1), 4 * (b >> 1), qp, &mut c[p][b], n, Some(dc[p][b] as i16));
            }
        }
    }

    /// Whether an inter macroblock with this prediction would have no residual at all, not even a small one if modes are decided by rate
    /// and distortion: then the prediction becomes the reconstruction.
    pub(super) fn residual_is_empty(&mut self, qp: u8) -> bool {
        let empty = self.luma_is_empty(qp) && (0..2).all(|c| self.chroma_is_empty(c, qp));
        if empty {
            self.put_predicted_luma();
            self.put_predicted_chroma();
        }
        empty
    }

    /// As [`Coder::code_inter_luma`] with 4x4 transforms would find it.
    fn luma_is_empty(&self, qp: u8) -> bool {
        let [min_8x8, min_mb, _] = self.min_weights();
        let mut total = 0;
        for b8 in 0..4 {
            let (x8, y8) = (8 * (b8 & 1), 8 * (b8 >> 1));
            let (src, stride) = self.source(0, x8, y8);
            let mut quad = [[0; 16]; 4];
            self.k.fdct4x4_quad(&mut quad, src, stride, &self.pred.luma[16 * y8 + x8..], 16);
            let coded = self.quantise(qp, false, &mut quad);
            let quarter = self.weight_of_quad(coded, &quad, |m| m);
            if (self.exact() && coded != 0) || (quarter >= min_8x8 && total + quarter >= min_mb) {
                return false;
            }
            if quarter >= min_8x8 {
                total += quarter;
            }
        }
        true
    }

    /// The sum of [`weight`] over the blocks of a quad of which `coded` says that they have levels.
    fn weight_of_quad(&self, coded: u8, quad: &[[i16; 16]; 4], of: impl Fn(LevelMasks) -> LevelMasks) -> u32 {
        let mut levels = [0; 16];
        let blocks = quad.iter().enumerate().filter(|(i, _)| coded >> i & 1 != 0);
        blocks.map(|(_, c)| weight(of(self.k.scan4x4(&mut levels, c)))).sum()
    }

    /// As [`Coder::code_chroma`] would find it.
    fn chroma_is_empty(&self, plane: usize, qp: u8) -> bool {
        let qp = chroma_qp(qp as i8, CHROMA_QP_OFFSET, 0) as u8;
        let (src, stride) = self.source(plane + 1, 0, 0);
        let mut quad = [[0; 16]; 4];
        self.k.fdct4x4_quad(&mut quad, src, stride, &self.pred.chroma[plane], 8);
        let mut dc = quad.each_mut().map(|c| i32::from(core::mem::take(&mut c[0])));
        let [_, _, min_chroma] = self.min_weights();
        let coded = self.quantise(qp, false, &mut quad);
        if (self.exact() && coded != 0) || self.weight_of_quad(coded, &quad, without_dc) >= min_chroma {
            return false;
        }
        hadamard2x2(&mut dc);
        quant_dc(&mut dc, self.quant[usize::from(qp)].mf4[0], false, 2047);
        dc == [0; 4]
    }
}

/// The levels of luma block `blk`.
fn levels_4x4(levels: &mut Levels, blk: usize) -> &mut [i16; 16] {
    let (blocks, _) = levels.luma.as_chunks_mut::<16>();
    &mut blocks[blk]
}

fn hadamard2x2(c: &mut [i32; 4]) {
    let [a, b, d, e] = *c;
    *c = [a + b + d + e, a - b + d - e, a + b - d - e, a - b - d + e];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hadamard_twice_is_sixteen_times() {
        let start: [i32; 16] = core::array::from_fn(|i| (i as i32 * 37) % 23 - 11);
        let mut c = start;
        hadamard4x4(&mut c);
        assert_eq!(c[0], start.iter().sum::<i32>());
        hadamard4x4(&mut c);
        assert_eq!(c, start.map(|v| v * 16));
    }

    #[test]
    fn weights_tell_noise_from_signal() {
        let of = |levels: &[(usize, i16)]| {
            let mut m = LevelMasks::default();
            for &(i, l) in levels {
                m.coded |= 1 << i;
                m.large |= u16::from(l.unsigned_abs() > 1) << i;
            }
            weight(m)
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[(9, -1)]), 0);
        assert_eq!(of(&[(9, -1), (0, 1)]), 3);
        assert_eq!(of(&[(5, 1), (4, 1), (1, -1)]), 3 + 2 + 2);
        assert_eq!(of(&[(9, -1), (0, 1), (3, 2)]), 9);
    }
}
