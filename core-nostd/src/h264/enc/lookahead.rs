//! Pictures that wait to be coded, at half resolution: what each macroblock costs from itself and from the picture before, and how
//! much of it later pictures take over.

use super::config::Tools;
use super::motion::cost::mv_bits;
use crate::error::Result;
use crate::h264::mb_info::Mv;
use crate::picture::{Picture, PictureFormat, Plane};
use alloc::vec;
use alloc::vec::Vec;
use transcode_simd::{BlockSize, Kernels};

/// Border of the half-size luma.
const LOW_PAD: usize = 24;
/// How far outside the half-size picture a block may start.
const REACH: i32 = 12;
/// What a bit of a vector costs in the lookahead.
const LAMBDA: u32 = 2;
/// Cost of the side information of any block.
const OVERHEAD: u32 = 8;

/// A source picture and what is known of it before it is coded.
#[derive(Debug)]
pub(super) struct Frame {
    /// The samples in coded size.
    pub source: Picture<u8>,
    /// The caller's time.
    pub pts: i64,
    /// Whether it will be an IDR picture.
    pub key: bool,
    /// Luma at half size, with borders.
    low: Plane<u8>,
    /// Per macroblock: transformed difference of its half-size block to the best intra prediction, and the least of that and the
    /// difference to the picture before.
    intra: Vec<u16>,
    inter: Vec<u16>,
    /// Half-size motion in half samples, that is, in whole samples of the picture.
    motion: Vec<Mv>,
    /// What later pictures take over of each macroblock, in units of `intra`.
    taken: Vec<f32>,
    /// QP offsets by variance.
    pub aq: Vec<f32>,
    /// QP offsets in force.
    pub offsets: Vec<f32>,
    /// Sums of `intra` and `inter`.
    pub intra_cost: u64,
    pub inter_cost: u64,
}

impl Frame {
    /// An empty frame of the given size in macroblocks.
    pub(super) fn new((w, h): (usize, usize)) -> Result<Self> {
        let n = w * h;
        Ok(Self {
            source: Picture::new(PictureFormat::YUV420P8, 16 * w, 16 * h, 0)?,
            pts: 0,
            key: false,
            low: Plane::new(8 * w, 8 * h, LOW_PAD),
            intra: vec![0; n],
            inter: vec![0; n],
            motion: vec![Mv::default(); n],
            taken: vec![0.0; n],
            aq: vec![0.0; n],
            offsets: vec![0.0; n],
            intra_cost: 0,
            inter_cost: 0,
        })
    }

    /// Copies `picture` in and repeats its edges up to the coded size.
    pub(super) fn load(&mut self, picture: &Picture<u8>) {
        for (to, from) in self.source.planes_mut().iter_mut().zip(picture.planes()) {
            let (w, h) = (from.width(), from.height());
            for y in 0..to.height() {
                let row = to.row_mut(y);
                row[..w].copy_from_slice(from.row(y.min(h - 1)));
                let last = row[w - 1];
                row[w..].fill(last);
            }
        }
    }

    /// Makes the half-size picture and costs against `before`.
    pub(super) fn analyse(&mut self, k: Kernels, before: Option<&Frame>) {
        let full = self.source.plane(0);
        for y in 0..self.low.height() {
            let (a, b) = (full.row(2 * y), full.row(2 * y + 1));
            let row = self.low.row_mut(y);
            for ((d, a), b) in row.iter_mut().zip(a.chunks_exact(2)).zip(b.chunks_exact(2)) {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                *d = ((sum + 2) >> 2) as u8;
            }
        }
        self.low.extend_edges();
        let (w, h) = (self.low.width() / 8, self.low.height() / 8);
        (self.intra_cost, self.inter_cost) = (0, 0);
        for y in 0..h {
            for x in 0..w {
                let i = y * w + x;
                let intra = self.intra_block(k, x, y).min(u16::MAX.into());
                let mut inter = intra;
                if let Some(before) = before {
                    let (cost, mv) = self.inter_block(k, &before.low, x, y, w);
                    inter = inter.min(cost);
                    self.motion[i] = mv;
                }
                self.intra[i] = intra as u16;
                self.inter[i] = inter as u16;
                self.intra_cost += u64::from(intra);
                self.inter_cost += u64::from(inter);
            }
        }
    }

    /// Least transformed difference to horizontal, vertical and DC prediction from the source's own samples.
    fn intra_block(&self, k: Kernels, x: usize, y: usize) -> u32 {
        let p = &self.low;
        let (data, stride, at) = (p.data(), p.stride(), p.index(8 * x as isize, 8 * y as isize));
        // The border repeats the edge, so that every block has neighbours.
        let top: [u8; 8] = core::array::from_fn(|i| data[at - stride + i]);
        let left: [u8; 8] = core::array::from_fn(|i| data[at + i * stride - 1]);
        let sum: u32 = top.iter().chain(&left).map(|&v| u32::from(v)).sum();
        let mut least = u32::MAX;
        let mut pred = [((sum + 8) >> 4) as u8; 64];
        for mode in 0..3 {
            match mode {
                1 => pred.chunks_exact_mut(8).for_each(|r| r.copy_from_slice(&top)),
                2 => pred.chunks_exact_mut(8).zip(left).for_each(|(r, l)| r.fill(l)),
                _ => {}
            }
            least = least.min(k.satd(BlockSize::B8x8, &data[at..], stride, &pred, 8));
        }
        least + OVERHEAD
    }

    /// Least transformed difference to `before` and the vector, found from the neighbours' vectors.
    fn inter_block(&self, k: Kernels, before: &Plane<u8>, x: usize, y: usize, w: usize) -> (u32, Mv) {
        let (stride, at) = (self.low.stride(), self.low.index(8 * x as isize, 8 * y as isize));
        let src = &self.low.data()[at..];
        let (bw, bh) = (self.low.width() as i32, self.low.height() as i32);
        let (px, py) = (8 * x as i32, 8 * y as i32);
        let inside = |mx: i32, my: i32| {
            px + mx >= -REACH && py + my >= -REACH && px + mx + 8 <= bw + REACH && py + my + 8 <= bh + REACH
        };
        let offset = |mx: i32, my: i32| (at as isize + my as isize * stride as isize + mx as isize) as usize;
        let near = |ok: bool, back: usize| if ok { self.motion[y * w + x - back] } else { Mv::default() };
        let predicted = near(x > 0, 1);
        let rate =
            |hx: i32, hy: i32| LAMBDA * (mv_bits(hx - i32::from(predicted.x)) + mv_bits(hy - i32::from(predicted.y)));
        let mut best = (u32::MAX, 0, 0);
        let offer = |mx: i32, my: i32, best: &mut (u32, i32, i32)| {
            if !inside(mx, my) {
                return false;
            }
            let sad = k.sad(BlockSize::B8x8, src, stride, &before.data()[offset(mx, my)..], stride);
            let cost = sad + rate(2 * mx, 2 * my);
            let better = cost < best.0;
            if better {
                *best = (cost, mx, my);
            }
            better
        };
        offer(0, 0, &mut best);
        let starts = [predicted, near(y > 0, w), near(y > 0 && x + 1 < w, w.wrapping_sub(1))];
        for s in starts {
            let (mx, my) = (i32::from(s.x) >> 1, i32::from(s.y) >> 1);
            if (mx, my) != (0, 0) {
                offer(mx, my, &mut best);
            }
        }
        for _ in 0..16 {
            let (_, cx, cy) = best;
            let mut moved = false;
            for (dx, dy) in [(0, -1), (0, 1), (-1, 0), (1, 0)] {
                moved |= offer(cx + dx, cy + dy, &mut best);
            }
            if !moved {
                break;
            }
        }
        // Half samples around the best whole one, by transformed difference.
        let (_, cx, cy) = best;
        let mut buffer = [0u8; 64];
        let mut found = (u32::MAX, Mv::default());
        for (dx, dy) in [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
            let (hx, hy) = (2 * cx + dx, 2 * cy + dy);
            let from = offset(hx >> 1, hy >> 1);
            let (fx, fy) = ((2 * (hx & 1)) as u8, (2 * (hy & 1)) as u8);
            k.luma_mc(BlockSize::B8x8, &mut buffer, 8, before.data(), from, stride, fx, fy);
            let cost = k.satd(BlockSize::B8x8, src, stride, &buffer, 8) + rate(hx, hy) + OVERHEAD;
            if cost < found.0 {
                found = (cost, Mv::new(hx as i16, hy as i16));
            }
        }
        found
    }

    /// A vector for motion search of macroblock `i`, in quarter samples.
    pub(super) fn motion_hint(&self, i: usize) -> Mv {
        let m = self.motion[i];
        Mv::new(m.x.saturating_mul(4), m.y.saturating_mul(4))
    }
}

/// How strongly reuse lowers QP: offset per doubling of what depends on a macroblock.
const REUSE_STRENGTH: f32 = 1.5;

/// Sets the QP offsets of `frames[0]` from how much of each macroblock the pictures after it take over, up to the next IDR picture.
///
/// Going back from the last picture, each macroblock hands the information that it did not need itself (1 - inter / intra of its own
/// and of what is taken from it) to the macroblocks that its vector points at. What in the end depends on a macroblock of the first
/// picture, relative to its own cost, tells how much better it should be coded.
pub(super) fn share_quality(frames: &mut [Frame], size: (usize, usize), tools: &Tools) {
    let Some(first) = frames.first() else { return };
    let n = first.aq.len();
    if tools.lookahead == 0 {
        let f = &mut frames[0];
        f.offsets.copy_from_slice(&f.aq);
        return;
    }
    let end = 1 + frames[1..].iter().take_while(|f| !f.key).count();
    for f in frames[..end].iter_mut() {
        f.taken[..n].fill(0.0);
    }
    for i in (1..end).rev() {
        let (head, tail) = frames.split_at_mut(i);
        let (to, from) = (&mut head[i - 1], &tail[0]);
        hand_down(from, &mut to.taken, size);
    }
    let f = &mut frames[0];
    for i in 0..n {
        let own = f32::from(f.intra[i]).max(1.0) * inverse_scale(f.aq[i]);
        let gain = libm::log2f((own + f.taken[i]) / own);
        f.offsets[i] = f.aq[i] - REUSE_STRENGTH * gain;
    }
}

/// Weight of a macroblock whose QP is offset by `offset`: finer ones carry more information.
fn inverse_scale(offset: f32) -> f32 {
    libm::exp2f(-offset / 6.0)
}

fn hand_down(from: &Frame, taken: &mut [f32], (w, h): (usize, usize)) {
    for y in 0..h {
        for x in 0..w {
            let i = y * w + x;
            let (intra, inter) = (f32::from(from.intra[i]), f32::from(from.inter[i]));
            if inter >= intra {
                continue;
            }
            let amount = (intra * inverse_scale(from.aq[i]) + from.taken[i]) * (1.0 - inter / intra);
            // Half-size half samples; a macroblock is 16 of them.
            let (mx, my) = (i32::from(from.motion[i].x) + 16 * x as i32, i32::from(from.motion[i].y) + 16 * y as i32);
            let (bx, by, fx, fy) = (mx >> 4, my >> 4, (mx & 15) as f32, (my & 15) as f32);
            for (dx, dy, weight) in
                [(0, 0, (16.0 - fx) * (16.0 - fy)), (1, 0, fx * (16.0 - fy)), (0, 1, (16.0 - fx) * fy), (1, 1, fx * fy)]
            {
                let (tx, ty) = (bx + dx, by + dy);
                if weight > 0.0 && tx >= 0 && ty >= 0 && (tx as usize) < w && (ty as usize) < h {
                    taken[ty as usize * w + tx as usize] += amount * weight / 256.0;
                }
            }
        }
    }
}
