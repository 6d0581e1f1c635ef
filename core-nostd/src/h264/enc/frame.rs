//! A picture that waits to be coded, at half resolution: what each macroblock costs from itself and from pictures around it.

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

/// How a picture is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum FrameKind {
    /// IDR picture.
    Key,
    /// P picture.
    #[default]
    P,
    /// B picture that others refer to.
    BRef,
    /// B picture.
    B,
}

impl FrameKind {
    /// Key or P: pictures before it in output order are before it in decoding order, and later ones after it.
    pub(super) fn is_anchor(self) -> bool {
        matches!(self, Self::Key | Self::P)
    }
}

/// Motion of all macroblocks into one picture.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// Number of the picture, if the search has been made.
    to: Option<u64>,
    /// Half-size motion in half samples, that is, in whole samples of the picture.
    pub mv: Vec<Mv>,
    /// Transformed difference and what the vector costs.
    cost: Vec<u16>,
    /// Sum over the macroblocks of the least of that and the intra cost.
    total: u64,
}

/// A source picture and what is known of it before it is coded.
#[derive(Debug)]
pub(super) struct Frame {
    /// The samples in coded size.
    pub source: Picture<u8>,
    /// The caller's time.
    pub pts: i64,
    /// Counts pictures in output order.
    pub number: u64,
    /// Known once the lookahead has decided it; until then tells whether it must be an IDR picture.
    pub kind: FrameKind,
    /// Half-size luma with borders, and its half samples: right, below, between.
    low: [Plane<u8>; 4],
    /// Per macroblock: transformed difference of its half-size block to the best intra prediction.
    pub intra: Vec<u16>,
    /// By list and distance - 1.
    fields: [Vec<Field>; 2],
    /// Distances to the pictures that it refers to, 0 for none; set with the two below by [`settle`].
    pub distances: [usize; 2],
    /// Per macroblock: the least cost, and the lists that it comes from (bits 0 and 1; 0 is intra).
    pub inter: Vec<u16>,
    pub used: Vec<u8>,
    /// What later pictures take over of each macroblock, in units of `intra`.
    pub taken: Vec<f32>,
    /// QP offsets by variance.
    pub aq: Vec<f32>,
    /// QP offsets in force.
    pub offsets: Vec<f32>,
    /// Sums of `intra` and of the costs from the picture before.
    pub intra_cost: u64,
    pub inter_cost: u64,
}

impl Frame {
    /// An empty frame of the given size in macroblocks that is compared with pictures as far away as `reach` says.
    pub(super) fn new((w, h): (usize, usize), reach: [usize; 2]) -> Result<Self> {
        let n = w * h;
        let field = || Field { mv: vec![Mv::default(); n], cost: vec![0; n], ..Field::default() };
        let low = || Plane::new(8 * w, 8 * h, LOW_PAD);
        Ok(Self {
            source: Picture::new(PictureFormat::YUV420P8, 16 * w, 16 * h, 0)?,
            pts: 0,
            number: 0,
            kind: FrameKind::P,
            low: [low(), low(), low(), low()],
            intra: vec![0; n],
            fields: reach.map(|r| (0..r).map(|_| field()).collect()),
            distances: [0; 2],
            inter: vec![0; n],
            used: vec![0; n],
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
        for f in self.fields.iter_mut().flatten() {
            f.to = None;
        }
    }

    /// Makes the half-size picture and its intra costs.
    pub(super) fn scan(&mut self, k: Kernels) {
        self.halve(k);
        let (w, h) = (self.low[0].width() / 8, self.low[0].height() / 8);
        self.intra_cost = 0;
        for y in 0..h {
            for x in 0..w {
                let cost = self.intra_block(k, x, y).min(u16::MAX.into());
                self.intra[y * w + x] = cost as u16;
                self.intra_cost += u64::from(cost);
            }
        }
        self.inter_cost = self.intra_cost;
    }

    fn halve(&mut self, k: Kernels) {
        let full = self.source.plane(0);
        let [low, half @ ..] = &mut self.low;
        for y in 0..low.height() {
            let (a, b) = (full.row(2 * y), full.row(2 * y + 1));
            let row = low.row_mut(y);
            for ((d, a), b) in row.iter_mut().zip(a.chunks_exact(2)).zip(b.chunks_exact(2)) {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                *d = ((sum + 2) >> 2) as u8;
            }
        }
        low.extend_edges();
        let (w, h, stride) = (low.width() as isize, low.height() as isize, low.stride());
        for (plane, (dx, dy)) in half.iter_mut().zip([(2, 0), (0, 2), (2, 2)]) {
            for y in (-16..h + 16).step_by(8) {
                for x in (-16..w + 16).step_by(8) {
                    let at = low.index(x, y);
                    k.luma_mc(BlockSize::B8x8, &mut plane.data_mut()[at..], stride, low.data(), at, stride, dx, dy);
                }
            }
        }
    }

    /// Least transformed difference to horizontal, vertical and DC prediction from the source's own samples.
    fn intra_block(&self, k: Kernels, x: usize, y: usize) -> u32 {
        let p = &self.low[0];
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

    /// The half-size samples from (`hx`, `hy`) half samples off index `at` on.
    #[inline]
    fn moved(&self, at: usize, (hx, hy): (i32, i32)) -> &[u8] {
        let p = &self.low[((hx & 1) + 2 * (hy & 1)) as usize];
        let from = at as isize + (hy >> 1) as isize * p.stride() as isize + (hx >> 1) as isize;
        &p.data()[from as usize..]
    }

    /// Least transformed difference to `before` and the vector, found from the neighbours' vectors in `found` and from `guess`.
    fn inter_block(
        &self,
        k: Kernels,
        before: &Frame,
        found: &[Mv],
        guess: Mv,
        x: usize,
        y: usize,
        w: usize,
    ) -> (u32, Mv) {
        let low = &self.low[0];
        let (stride, at) = (low.stride(), low.index(8 * x as isize, 8 * y as isize));
        let src = &low.data()[at..];
        let (bw, bh) = (low.width() as i32, low.height() as i32);
        let (px, py) = (8 * x as i32, 8 * y as i32);
        let inside = |mx: i32, my: i32| {
            px + mx >= -REACH && py + my >= -REACH && px + mx + 8 <= bw + REACH && py + my + 8 <= bh + REACH
        };
        let near = |ok: bool, back: usize| if ok { found[y * w + x - back] } else { Mv::default() };
        let predicted = near(x > 0, 1);
        let rate =
            |hx: i32, hy: i32| LAMBDA * (mv_bits(hx - i32::from(predicted.x)) + mv_bits(hy - i32::from(predicted.y)));
        let mut best = (u32::MAX, 0, 0);
        let offer = |mx: i32, my: i32, best: &mut (u32, i32, i32)| {
            if !inside(mx, my) {
                return false;
            }
            let sad = k.sad(BlockSize::B8x8, src, stride, before.moved(at, (2 * mx, 2 * my)), stride);
            let cost = sad + rate(2 * mx, 2 * my);
            let better = cost < best.0;
            if better {
                *best = (cost, mx, my);
            }
            better
        };
        offer(0, 0, &mut best);
        let starts = [predicted, near(y > 0, w), near(y > 0 && x + 1 < w, w.wrapping_sub(1)), guess];
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
        let mut found = (u32::MAX, Mv::default());
        for (dx, dy) in [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
            let (hx, hy) = (2 * cx + dx, 2 * cy + dy);
            let cost =
                k.satd(BlockSize::B8x8, src, stride, before.moved(at, (hx, hy)), stride) + rate(hx, hy) + OVERHEAD;
            if cost < found.0 {
                found = (cost, Mv::new(hx as i16, hy as i16));
            }
        }
        found
    }

    /// Finds the motion into `other`, which is `distance` pictures before (list 0) or after (list 1), unless that is known. Returns the
    /// cost of coding the picture from that one alone.
    pub(super) fn search(&mut self, k: Kernels, other: &Frame, list: usize, distance: usize) -> u64 {
        let Some(place) = self.fields[list].get_mut(distance - 1) else { return self.intra_cost };
        if place.to == Some(other.number) {
            return place.total;
        }
        let mut field = core::mem::take(place);
        (field.to, field.total) = (Some(other.number), 0);
        let (w, h) = (self.low[0].width() / 8, self.low[0].height() / 8);
        // Motion over another time tells where to look.
        let known = |l: usize, d: usize| self.fields[l].get(d.wrapping_sub(1)).filter(|f| f.to.is_some());
        let guide = known(list, distance - 1).map(|f| (f, distance as i32, distance as i32 - 1));
        let guide = guide.or_else(|| known(1 - list, distance).map(|f| (f, -1, 1)));
        let guide =
            guide.or_else(|| known(0, 1).map(|f| (f, if list == 0 { distance as i32 } else { -(distance as i32) }, 1)));
        for y in 0..h {
            for x in 0..w {
                let i = y * w + x;
                let guess = guide.map_or(Mv::default(), |(f, num, den)| {
                    let s = |v: i16| (i32::from(v) * num / den).clamp(-4096, 4095) as i16;
                    Mv::new(s(f.mv[i].x), s(f.mv[i].y))
                });
                let (cost, mv) = self.inter_block(k, other, &field.mv, guess, x, y, w);
                field.mv[i] = mv;
                field.cost[i] = cost.min(u16::MAX.into()) as u16;
                field.total += u64::from(field.cost[i].min(self.intra[i]));
            }
        }
        let total = field.total;
        self.fields[list][distance - 1] = field;
        total
    }

    /// Cost of coding the picture from `before` and `after`, whose fields are searched; `keep` takes it down as the picture's own.
    pub(super) fn cost_of_two(&mut self, k: Kernels, others: [&Frame; 2], distances: [usize; 2], keep: bool) -> u64 {
        let (w, h) = (self.low[0].width() / 8, self.low[0].height() / 8);
        let (stride, mut total) = (self.low[0].stride(), 0);
        for y in 0..h {
            for x in 0..w {
                let i = y * w + x;
                let fields = [0, 1].map(|l| &self.fields[l][distances[l] - 1]);
                let [c0, c1] = fields.map(|f| f.cost[i]);
                let mut best = (self.intra[i], 0);
                if c0 < best.0 {
                    best = (c0, 1);
                }
                if c1 < best.0 {
                    best = (c1, 2);
                }
                let at = self.low[0].index(8 * x as isize, 8 * y as isize);
                let [a, b] = [0, 1].map(|l| {
                    let mv = fields[l].mv[i];
                    others[l].moved(at, (mv.x.into(), mv.y.into()))
                });
                let mut mean = [0; 64];
                for (d, s) in mean.chunks_exact_mut(8).zip(a.chunks(stride)) {
                    d.copy_from_slice(&s[..8]);
                }
                k.avg(8, 8, &mut mean, 8, b, stride);
                let both = k.satd(BlockSize::B8x8, &self.low[0].data()[at..], stride, &mean, 8) + OVERHEAD + LAMBDA;
                if both < u32::from(best.0) {
                    best = (both as u16, 3);
                }
                total += u64::from(best.0);
                if keep {
                    (self.inter[i], self.used[i]) = best;
                }
            }
        }
        if keep {
            self.distances = distances;
        }
        total
    }

    /// Takes down the costs from the picture `distance` before, 0 for none, as the picture's own.
    pub(super) fn keep_one(&mut self, distance: usize) {
        self.distances = [distance, 0];
        let field = self.fields[0].get(distance.wrapping_sub(1));
        for i in 0..self.intra.len() {
            let intra = self.intra[i];
            let cost = field.map_or(u16::MAX, |f| f.cost[i]);
            (self.inter[i], self.used[i]) = if cost < intra { (cost, 1) } else { (intra, 0) };
        }
    }

    /// The motion into the picture that it refers to through `list`.
    pub(super) fn field(&self, list: usize) -> Option<&Field> {
        self.fields[list].get(self.distances[list].wrapping_sub(1))
    }

    /// Whether inter prediction of macroblock `i` is so much better than intra prediction that the latter need not be tried.
    pub(super) fn prefers_inter(&self, i: usize) -> bool {
        16 * u32::from(self.inter[i]) < 10 * u32::from(self.intra[i])
    }

    /// A vector for motion search of macroblock `i`, in quarter samples.
    pub(super) fn motion_hint(&self, list: usize, i: usize) -> Mv {
        let m = self.field(list).map_or(Mv::default(), |f| f.mv[i]);
        Mv::new(m.x.saturating_mul(4), m.y.saturating_mul(4))
    }
}
