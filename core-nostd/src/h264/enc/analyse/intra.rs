//! Intra prediction: edges from the reconstruction, and the choice of modes.

use super::lambda::Lambda;
use crate::h264::enc::coder::Coder;
use crate::h264::enc::mb::{BLOCK_RASTER, MODE_DC, Mb, MbKind};
use crate::h264::pred::intra::dc;
use transcode_simd::{Availability, BlockSize};

/// Which of the samples around a block are there.
#[derive(Clone, Copy)]
struct Around {
    left: bool,
    top: bool,
    top_left: bool,
    top_right: bool,
}

/// Raster positions of 4x4 blocks (bit 4 * y + x) whose upper right neighbour is coded later (6.4.11.4).
const NO_TOP_RIGHT: u16 = 1 << 5 | 1 << 7 | 1 << 11 | 1 << 13 | 1 << 15;

/// Whether 4x4 (or 8x8) prediction `mode` has the samples it needs (8.3.1.2).
fn possible(mode: u8, a: Around) -> bool {
    match mode {
        0 | 3 | 7 => a.top,
        1 | 8 => a.left,
        MODE_DC => true,
        _ => a.top && a.left && a.top_left,
    }
}

/// DC where an edge is missing (8.3.1.2.3 and its likes); `None` leaves it to the kernel.
fn partial_dc(top: &[u8], left: &[u8], a: Around) -> Option<u8> {
    let (top, left) = (a.top.then_some(top), a.left.then_some(left));
    let side = top.or(left).map_or(4, <[u8]>::len);
    (top.is_none() || left.is_none()).then(|| dc(top, left, side.ilog2(), 255))
}

impl Coder<'_> {
    fn around(&self, x: usize, y: usize) -> Around {
        let (l, t) = (self.nb.left.is_some(), self.nb.top.is_some());
        Around {
            left: x > 0 || l,
            top: y > 0 || t,
            top_left: match (x, y) {
                (0, 0) => self.nb.top_left.is_some(),
                (0, _) => l,
                (_, 0) => t,
                _ => true,
            },
            top_right: false,
        }
    }

    /// Edge samples around the `N` by `N` block at (`x`, `y`), in the order of [`transcode_simd::Kernels::intra4x4`].
    fn edge<const N: usize, const E: usize>(&self, x: usize, y: usize, a: Around) -> [u8; E] {
        let mut e = [128; E];
        let p = self.rec.plane(0);
        let (data, stride) = (p.data(), p.stride());
        let at = self.rec_at[0] + y * stride + x;
        if a.left {
            for (e, &s) in e[..N].iter_mut().rev().zip(data[at - 1..].iter().step_by(stride)) {
                *e = s;
            }
        }
        if a.top_left {
            e[N] = data[at - stride - 1];
        }
        if a.top {
            let n = if a.top_right { 2 * N } else { N };
            e[N + 1..N + 1 + n].copy_from_slice(&data[at - stride..at - stride + n]);
            let last = e[N + n];
            e[N + 1 + n..].fill(last);
        }
        e
    }

    /// Predicts a 4x4 block into `to`.
    fn predict_4x4(&self, mode: u8, edge: &[u8; 13], a: Around, to: &mut [u8; 16]) {
        match (mode == MODE_DC).then(|| partial_dc(&edge[5..9], &edge[..4], a)).flatten() {
            Some(v) => to.fill(v),
            None => self.k.intra4x4(mode, to, 4, edge),
        }
    }

    /// Predicts an 8x8 block into `to` from filtered edges.
    fn predict_8x8(&self, mode: u8, edge: &[u8; 25], a: Around, to: &mut [u8; 64]) {
        match (mode == MODE_DC).then(|| partial_dc(&edge[9..17], &edge[..8], a)).flatten() {
            Some(v) => to.fill(v),
            None => self.k.intra8x8(mode, to, 8, edge),
        }
    }

    fn edge_4x4(&self, r: usize) -> (Around, [u8; 13]) {
        let (x, y) = (4 * (r & 3), 4 * (r >> 2));
        let mut a = self.around(x, y);
        a.top_right =
            if y == 0 { if x == 12 { self.nb.top_right.is_some() } else { a.top } } else { NO_TOP_RIGHT >> r & 1 == 0 };
        (a, self.edge::<4, 13>(x, y, a))
    }

    fn edge_8x8(&self, b8: usize) -> (Around, [u8; 25]) {
        let (x, y) = (8 * (b8 & 1), 8 * (b8 >> 1));
        let mut a = self.around(x, y);
        a.top_right = match b8 {
            0 => a.top,
            1 => self.nb.top_right.is_some(),
            2 => true,
            _ => false,
        };
        let edge = self.edge::<8, 25>(x, y, a);
        let available = Availability { left: a.left, top: a.top, top_left: a.top_left };
        (a, self.k.intra8x8_filter_edges(&edge, available))
    }

    /// Chooses the modes of `I4x4` one by one, coding each block because the next is predicted from it. Returns the cost, or `None`
    /// as soon as it is over `limit`.
    pub(super) fn choose_intra_4x4(&mut self, mb: &mut Mb, lambda: Lambda, limit: u32) -> Option<u32> {
        mb.state.kind = MbKind::I4x4;
        mb.state.cbp = 0;
        mb.state.nnz[..16].fill(0);
        // 16 flags or modes, and a pattern that a 16x16 macroblock has in its type.
        let mut total = lambda.bits(8);
        for blk in 0..16 {
            let r = BLOCK_RASTER[blk];
            let (a, edge) = self.edge_4x4(r);
            let predicted = self.nb.predict_intra_mode(&mb.state, r & 3, r >> 2);
            let mut predictions = [[0; 16]; 9];
            for (mode, p) in (0..).zip(&mut predictions).filter(|&(m, _)| possible(m, a)) {
                self.predict_4x4(mode, &edge, a, p);
            }
            let (src, stride) = self.source(0, 4 * (r & 3), 4 * (r >> 2));
            let mut best = (u32::MAX, MODE_DC);
            for (mode, satd) in (0..).zip(self.k.satd4x4_nine(src, stride, &predictions)) {
                let cost = satd + lambda.bits(if mode == predicted { 1 } else { 4 });
                if cost < best.0 && possible(mode, a) {
                    best = (cost, mode);
                }
            }
            total += best.0;
            if total > limit {
                return None;
            }
            mb.state.intra_modes[r] = best.1;
            self.code_intra_4x4(mb, blk, &predictions[usize::from(best.1)], false);
        }
        Some(total)
    }

    /// The same for `I8x8`.
    pub(super) fn choose_intra_8x8(&mut self, mb: &mut Mb, lambda: Lambda, limit: u32) -> Option<u32> {
        mb.state.kind = MbKind::I8x8;
        mb.state.transform_8x8 = true;
        mb.state.cbp = 0;
        mb.state.nnz[..16].fill(0);
        let mut total = lambda.bits(4);
        for b8 in 0..4 {
            let (a, edge) = self.edge_8x8(b8);
            let (x, y) = (b8 & 1, b8 >> 1);
            let predicted = self.nb.predict_intra_mode(&mb.state, 2 * x, 2 * y);
            let mut best = (u32::MAX, MODE_DC, [0; 64]);
            for mode in (0..9).filter(|&m| possible(m, a)) {
                let mut p = [0; 64];
                self.predict_8x8(mode, &edge, a, &mut p);
                let (src, stride) = self.source(0, 8 * x, 8 * y);
                let cost = self.k.satd(BlockSize::B8x8, src, stride, &p, 8)
                    + lambda.bits(if mode == predicted { 1 } else { 4 });
                if cost < best.0 {
                    best = (cost, mode, p);
                }
            }
            total += best.0;
            if total > limit {
                return None;
            }
            self.set_mode_8x8(mb, b8, best.1);
            self.code_intra_8x8(mb, b8, &best.2, false);
        }
        Some(total)
    }

    fn set_mode_8x8(&self, mb: &mut Mb, b8: usize, mode: u8) {
        for i in 0..4 {
            mb.state.intra_modes[BLOCK_RASTER[4 * b8 + i]] = mode;
        }
    }

    /// Codes the luma of an `I_NxN` macroblock whose modes are chosen.
    pub(super) fn code_intra_nxn(&mut self, mb: &mut Mb, choose: bool) {
        mb.state.cbp &= !15;
        mb.state.nnz[..16].fill(0);
        if mb.state.kind == MbKind::I8x8 {
            for b8 in 0..4 {
                let (a, edge) = self.edge_8x8(b8);
                let mut p = [0; 64];
                self.predict_8x8(mb.state.intra_modes[BLOCK_RASTER[4 * b8]], &edge, a, &mut p);
                self.code_intra_8x8(mb, b8, &p, choose);
            }
        } else {
            for blk in 0..16 {
                let r = BLOCK_RASTER[blk];
                let (a, edge) = self.edge_4x4(r);
                let mut p = [0; 16];
                self.predict_4x4(mb.state.intra_modes[r], &edge, a, &mut p);
                self.code_intra_4x4(mb, blk, &p, choose);
            }
        }
    }

    /// Edges of the macroblock in plane `i`: above, left (downwards), corner. What is missing is 128.
    fn mb_edges<const N: usize>(&self, i: usize) -> ([u8; N], [u8; N], u8) {
        let p = self.rec.plane(i);
        let (data, stride, at) = (p.data(), p.stride(), self.rec_at[i]);
        let (mut top, mut left, mut corner) = ([128; N], [128; N], 128);
        if self.nb.top.is_some() {
            top.copy_from_slice(&data[at - stride..at - stride + N]);
        }
        if self.nb.left.is_some() {
            for (l, &s) in left.iter_mut().zip(data[at - 1..].iter().step_by(stride)) {
                *l = s;
            }
        }
        if self.nb.top_left.is_some() {
            corner = data[at - stride - 1];
        }
        (top, left, corner)
    }

    /// Whether 16x16 prediction `mode` (0 vertical, 1 horizontal, 2 DC, 3 plane) has its samples.
    fn possible_16x16(&self, mode: u8) -> bool {
        match mode {
            0 => self.nb.top.is_some(),
            1 => self.nb.left.is_some(),
            2 => true,
            _ => self.nb.top.is_some() && self.nb.left.is_some() && self.nb.top_left.is_some(),
        }
    }

    /// Predicts 16x16 luma into `pred`.
    pub(super) fn predict_16x16(&mut self, mode: u8) {
        let edges = self.mb_edges::<16>(0);
        self.predict_16x16_from(mode, &edges);
    }

    fn predict_16x16_from(&mut self, mode: u8, (top, left, corner): &([u8; 16], [u8; 16], u8)) {
        let a = self.around(0, 0);
        match (mode == 2).then(|| partial_dc(top, left, a)).flatten() {
            Some(v) => self.pred.luma.fill(v),
            None => self.k.intra16x16(mode, &mut self.pred.luma, 16, top, left, *corner),
        }
    }

    /// Chooses the mode of `I16x16`; returns its cost.
    pub(super) fn choose_intra_16x16(&mut self, mb: &mut Mb, lambda: Lambda) -> u32 {
        mb.state.kind = MbKind::I16x16;
        let edges = self.mb_edges::<16>(0);
        let mut best = u32::MAX;
        for mode in 0..4 {
            if !self.possible_16x16(mode) {
                continue;
            }
            self.predict_16x16_from(mode, &edges);
            let (src, stride) = self.source(0, 0, 0);
            let cost = self.k.satd(BlockSize::B16x16, src, stride, &self.pred.luma, 16)
                + lambda.bits(if mode == 2 { 3 } else { 4 });
            if cost < best {
                best = cost;
                mb.state.i16_mode = mode;
            }
        }
        best
    }

    /// Predicts chroma with `mode` (0 DC, 1 horizontal, 2 vertical, 3 plane) into `pred`.
    pub(super) fn predict_chroma(&mut self, mode: u8) {
        let available = Availability {
            left: self.nb.left.is_some(),
            top: self.nb.top.is_some(),
            top_left: self.nb.top_left.is_some(),
        };
        for c in 0..2 {
            let (top, left, corner) = self.mb_edges::<8>(c + 1);
            self.k.intra_chroma8x8(mode, &mut self.pred.chroma[c], 8, &top, &left, corner, available);
        }
    }

    /// Chooses `intra_chroma_pred_mode` for a macroblock.
    pub(super) fn choose_chroma(&mut self, lambda: Lambda) -> u8 {
        let mut best = (u32::MAX, 0);
        for mode in 0..4u8 {
            // The same needs as 16x16 prediction, in another order.
            if !self.possible_16x16([2, 1, 0, 3][usize::from(mode)]) {
                continue;
            }
            self.predict_chroma(mode);
            let mut cost = lambda.bits(1 + 2 * u32::from(mode != 0));
            for c in 0..2 {
                let (src, stride) = self.source(c + 1, 0, 0);
                cost += self.k.satd(BlockSize::B8x8, src, stride, &self.pred.chroma[c], 8);
            }
            if cost < best.0 {
                best = (cost, mode);
            }
        }
        best.1
    }
}
