//! A picture that waits to be coded, at half resolution: what each macroblock costs from itself and from pictures around it.

use super::low::Low;
use super::motion::cost::mv_bits;
use super::presets::Tools;
use super::weight::{PlaneStats, Weight};

use crate::error::Result;
use crate::h264::mb_info::Mv;
use crate::picture::{Picture, PictureFormat};
use alloc::vec;
use alloc::vec::Vec;
use transcode_simd::{Availability, BlockSize, Kernels};

/// What a bit of a vector costs in the lookahead.
const LAMBDA: u32 = 1;
/// Cost of the side information of an inter block.
const OVERHEAD: u32 = 4;
/// Cost of the side information of an intra block.
const OVERHEAD_INTRA: u32 = 9;

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
    /// Half-size motion in quarter samples, that is, in half samples of the picture.
    pub mv: Vec<Mv>,
    /// Transformed difference and what the vector costs.
    cost: Vec<u16>,
    /// Sum over the macroblocks of the least of that and the intra cost.
    total: u64,
    /// Weight of the picture's samples.
    weight: Option<Weight>,
}

/// What the bits of a vector cost.
#[inline]
fn rate(predicted: Mv, x: i32, y: i32) -> u32 {
    LAMBDA * (mv_bits(x - i32::from(predicted.x)) + mv_bits(y - i32::from(predicted.y)))
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
    /// Half-size luma.
    low: Low,
    /// Whether its search takes more time.
    fine: bool,
    /// Per macroblock: transformed difference of its half-size block to the best intra prediction.
    pub intra: Vec<u16>,
    /// By list and distance - 1.
    fields: [Vec<Field>; 2],
    /// Likewise for list 0 with weights, if there are some that help; empty without weighted prediction.
    faded: Vec<Field>,
    /// Costs of coding the picture from the pictures at two distances, if they are known.
    pairs: Vec<Option<u64>>,
    /// Of the planes: half-size luma, chroma.
    pub stats: [PlaneStats; 3],
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
    /// What it costs from the pictures that it refers to, weighted by `aq`: about in proportion to its bits. Set by [`Frame::weigh`].
    pub cost: f32,
    /// Sums of `intra` and of the costs from the picture before.
    pub intra_cost: u64,
    pub inter_cost: u64,
}

impl Frame {
    /// An empty frame of the given size in macroblocks.
    pub(super) fn new((w, h): (usize, usize), tools: &Tools) -> Result<Self> {
        let n = w * h;
        let most_b = usize::from(tools.b_frames);
        let field = || Field { mv: vec![Mv::default(); n], cost: vec![0; n], ..Field::default() };
        Ok(Self {
            source: Picture::new(PictureFormat::YUV420P8, 16 * w, 16 * h, 0)?,
            pts: 0,
            number: 0,
            kind: FrameKind::P,
            low: Low::new(w, h),
            fine: tools.fine_lookahead,
            intra: vec![0; n],
            fields: [most_b + 1, most_b].map(|r| (0..r).map(|_| field()).collect()),
            faded: (0..if tools.weight_p > 0 { most_b + 1 } else { 0 }).map(|_| field()).collect(),
            pairs: vec![None; (most_b + 1) * (most_b + 1)],
            stats: Default::default(),
            distances: [0; 2],
            inter: vec![0; n],
            used: vec![0; n],
            taken: vec![0.0; n],
            aq: vec![0.0; n],
            offsets: vec![0.0; n],
            cost: 0.0,
            intra_cost: 0,
            inter_cost: 0,
        })
    }

    /// Copies `picture` in and repeats its edges up to the coded size.
    pub(super) fn load(&mut self, picture: &Picture<u8>) {
        self.pairs.fill(None);
        for (to, from) in self.source.planes_mut().iter_mut().zip(picture.planes()) {
            let (w, h) = (from.width(), from.height());
            for y in 0..to.height() {
                let row = to.row_mut(y);
                row[..w].copy_from_slice(from.row(y.min(h - 1)));
                let last = row[w - 1];
                row[w..].fill(last);
            }
        }
        for f in self.fields.iter_mut().flatten().chain(&mut self.faded) {
            (f.to, f.weight) = (None, None);
        }
    }

    /// Makes the half-size picture and its intra costs.
    pub(super) fn scan(&mut self, k: Kernels) {
        self.low.fill(k, self.source.plane(0));
        if !self.faded.is_empty() {
            let chroma = [1, 2].map(|i| PlaneStats::of(self.source.plane(i)));
            self.stats = [self.low.stats(), chroma[0], chroma[1]];
        }
        let (w, h) = self.low.size();
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

    /// Least transformed difference to intra prediction from the source's own samples: vertical, horizontal, DC and, in a fine search,
    /// the other modes of 8x8 blocks.
    fn intra_block(&self, k: Kernels, x: usize, y: usize) -> u32 {
        let (data, stride, at) = (self.low.data(), self.low.stride(), self.low.index(x, y));
        let mut least = u32::MAX;
        let mut pred = [0; 64];
        let mut offer = |pred: &[u8; 64]| least = least.min(k.satd(BlockSize::B8x8, &data[at..], stride, pred, 8));
        // The border repeats the edge, so that every block has neighbours. Samples to the left from below, corner, above, above right.
        let mut edge = [0; 25];
        edge[8..].copy_from_slice(&data[at - stride - 1..][..17]);
        for (i, e) in edge[..8].iter_mut().rev().enumerate() {
            *e = data[at + i * stride - 1];
        }
        for mode in 0..3 {
            k.intra8x8(mode, &mut pred, 8, &edge);
            offer(&pred);
        }
        if self.fine {
            let all = Availability { left: true, top: true, top_left: true };
            let filtered = k.intra8x8_filter_edges(&edge, all);
            for mode in 3..9 {
                k.intra8x8(mode, &mut pred, 8, &filtered);
                offer(&pred);
            }
        }
        least + OVERHEAD_INTRA
    }

    /// Least transformed difference to `before` and the vector, found from the vectors in `found` and from `guess`.
    fn inter_block(&self, k: Kernels, before: &Low, found: &[Mv], guess: Mv, (x, y): (usize, usize)) -> (u32, Mv) {
        let w = self.low.size().0;
        let (stride, at) = (self.low.stride(), self.low.index(x, y));
        let src = &self.low.data()[at..];
        let [rx, ry] = self.low.range(x, y);
        let near = |ok: bool, back: usize| if ok { found[y * w + x - back] } else { Mv::default() };
        let starts = [near(x > 0, 1), near(y > 0, w), near(y > 0 && x + 1 < w, w.wrapping_sub(1)), guess];
        let predicted = starts[0];
        let mut best = (u32::MAX, 0, 0);
        let offer = |mx: i32, my: i32, best: &mut (u32, i32, i32)| {
            if mx < rx.0 || mx > rx.1 || my < ry.0 || my > ry.1 {
                return false;
            }
            let sad = k.sad(BlockSize::B8x8, src, stride, before.whole(at, mx, my), stride);
            let cost = sad + rate(predicted, 4 * mx, 4 * my);
            let better = cost < best.0;
            if better {
                *best = (cost, mx, my);
            }
            better
        };
        offer(0, 0, &mut best);
        for s in starts {
            let (mx, my) = ((i32::from(s.x) + 2) >> 2, (i32::from(s.y) + 2) >> 2);
            if (mx, my) != (0, 0) {
                offer(mx, my, &mut best);
            }
        }
        for _ in 0..16 {
            let (_, cx, cy) = best;
            let mut moved = false;
            let around = [(0, -1), (0, 1), (-1, 0), (1, 0)].map(|(dx, dy)| (cx + dx, cy + dy));
            if rx.0 < cx && cx < rx.1 && ry.0 < cy && cy < ry.1 {
                let refs = around.map(|(x, y)| before.whole(at, x, y));
                for (sad, (x, y)) in k.sad_x4(BlockSize::B8x8, src, stride, refs, stride).into_iter().zip(around) {
                    let cost = sad + rate(predicted, 4 * x, 4 * y);
                    if cost < best.0 {
                        best = (cost, x, y);
                        moved = true;
                    }
                }
            } else {
                around.iter().for_each(|&(x, y)| moved |= offer(x, y, &mut best));
            }
            if !moved {
                break;
            }
        }
        // Half and quarter samples around the best whole one, by transformed difference.
        let start = Mv::new(4 * best.1 as i16, 4 * best.2 as i16);
        let cost = self.cost_at(k, before, at, start, predicted);
        self.refine(k, before, at, predicted, (cost, start))
    }

    /// Transformed difference of the macroblock at index `at` moved by `mv`, and what the side information costs.
    #[inline]
    fn cost_at(&self, k: Kernels, other: &Low, at: usize, mv: Mv, predicted: Mv) -> u32 {
        self.low.difference(k, other, at, mv) + rate(predicted, mv.x.into(), mv.y.into()) + OVERHEAD
    }

    /// Refines a vector to half samples and, in a fine search, to quarter samples.
    fn refine(&self, k: Kernels, before: &Low, at: usize, predicted: Mv, start: (u32, Mv)) -> (u32, Mv) {
        let mut found = start;
        const RING: [(i32, i32); 8] = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)];
        for (step, points) in [(2, 8), (1, 4)] {
            if step == 1 && !self.fine {
                break;
            }
            let centre = found.1;
            for four in RING[..points].as_chunks::<4>().0 {
                let mvs = four.map(|(dx, dy)| Mv::new(centre.x + (step * dx) as i16, centre.y + (step * dy) as i16));
                for (difference, mv) in self.low.differences(k, before, at, mvs).into_iter().zip(mvs) {
                    let cost = difference + rate(predicted, mv.x.into(), mv.y.into()) + OVERHEAD;
                    if cost < found.0 {
                        found = (cost, mv);
                    }
                }
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
        // Motion over another time tells where to look.
        let known = |l: usize, d: usize| self.fields[l].get(d.wrapping_sub(1)).filter(|f| f.to.is_some());
        let guide = known(list, distance - 1).map(|f| (f, distance as i32, distance as i32 - 1));
        let guide = guide.or_else(|| known(1 - list, distance).map(|f| (f, -1, 1)));
        let guide =
            guide.or_else(|| known(0, 1).map(|f| (f, if list == 0 { distance as i32 } else { -(distance as i32) }, 1)));
        self.fill(k, &other.low, &mut field, |i| {
            guide.map_or(Mv::default(), |(f, num, den)| {
                let s = |v: i16| (i32::from(v) * num / den).clamp(-4096, 4095) as i16;
                Mv::new(s(f.mv[i].x), s(f.mv[i].y))
            })
        });
        let total = field.total;
        self.fields[list][distance - 1] = field;
        total
    }

    /// Finds motion and costs of all macroblocks, each from `guess` among others.
    fn fill(&self, k: Kernels, other: &Low, field: &mut Field, guess: impl Fn(usize) -> Mv) {
        let (w, h) = self.low.size();
        for y in 0..h {
            for x in 0..w {
                let i = y * w + x;
                let (cost, mv) = self.inter_block(k, other, &field.mv, guess(i), (x, y));
                field.mv[i] = mv;
                field.cost[i] = cost.min(u16::MAX.into()) as u16;
            }
        }
        if self.fine {
            self.spread_back(k, other, field);
        }
        field.total = field.cost.iter().zip(&self.intra).map(|(&c, &i)| u64::from(c.min(i))).sum();
    }

    /// [`Frame::search`] for a P picture, whose reference may be weighted; `scratch` is for its samples.
    pub(super) fn search_p(&mut self, k: Kernels, other: &Frame, distance: usize, scratch: &mut Low) -> u64 {
        let plain = self.search(k, other, 0, distance);
        let Some(place) = self.faded.get_mut(distance - 1) else { return plain };
        if place.to == Some(other.number) {
            return if place.weight.is_some() { place.total } else { plain };
        }
        let mut field = core::mem::take(place);
        (field.to, field.weight) = (Some(other.number), None);
        if let Some(weight) = self.useful_weight(k, other, distance) {
            scratch.weigh(k, &other.low, weight);
            let found = &self.fields[0][distance - 1].mv;
            self.fill(k, scratch, &mut field, |i| found[i]);
            field.weight = Some(weight).filter(|_| field.total < plain);
        }
        let total = if field.weight.is_some() { field.total } else { plain };
        self.faded[distance - 1] = field;
        total
    }

    /// The weight that makes `other` more like this picture, if that lowers the cost of the motion found without it.
    fn useful_weight(&self, k: Kernels, other: &Frame, distance: usize) -> Option<Weight> {
        let weight = Weight::between(self.stats[0], other.stats[0], 7)?;
        let field = &self.fields[0][distance - 1];
        let (w, h) = self.low.size();
        let mut total = 0u64;
        for y in 0..h {
            for x in 0..w {
                let i = y * w + x;
                let difference = self.low.weighted_difference(k, &other.low, self.low.index(x, y), field.mv[i], weight);
                total += u64::from((difference + OVERHEAD).min(self.intra[i].into()));
            }
        }
        (total < field.total - field.total / 64).then_some(weight)
    }

    /// The weight of luma, and the distance of the picture that it is for, if this is a P picture that needs one.
    pub(super) fn fade(&self) -> Option<(Weight, usize)> {
        let distance = self.distances[0];
        self.faded.get(distance.wrapping_sub(1)).and_then(|f| f.weight).map(|w| (w, distance))
    }

    /// Tries the vectors of the macroblocks to the right and below, from the last macroblock to the first.
    fn spread_back(&self, k: Kernels, other: &Low, field: &mut Field) {
        let (w, h) = self.low.size();
        for y in (0..h).rev() {
            for x in (0..w).rev() {
                let i = y * w + x;
                if u32::from(field.cost[i]) < 2 * OVERHEAD {
                    continue;
                }
                let near = |ok: bool, on: usize| if ok { field.mv[i + on] } else { field.mv[i] };
                let tries = [near(x + 1 < w, 1), near(y + 1 < h, w), near(y + 1 < h && x > 0, w.wrapping_sub(1))];
                let predicted = if x > 0 { field.mv[i - 1] } else { Mv::default() };
                let at = self.low.index(x, y);
                let [rx, ry] = self.low.range(x, y);
                let own = (u32::from(field.cost[i]), field.mv[i]);
                let mut best = own;
                for (n, &mv) in tries.iter().enumerate() {
                    let (mx, my) = (i32::from(mv.x) >> 2, i32::from(mv.y) >> 2);
                    if mv == own.1 || tries[..n].contains(&mv) || mx < rx.0 || mx >= rx.1 || my < ry.0 || my >= ry.1 {
                        continue;
                    }
                    let cost = self.cost_at(k, other, at, mv, predicted);
                    if cost < best.0 {
                        best = (cost, mv);
                    }
                }
                if best.1 != own.1 {
                    best = self.refine(k, other, at, predicted, best);
                    (field.cost[i], field.mv[i]) = (best.0.min(u16::MAX.into()) as u16, best.1);
                }
            }
        }
    }

    /// Cost of coding the picture from `before` and `after`, whose fields are searched; `keep` takes it down as the picture's own.
    pub(super) fn cost_of_two(&mut self, k: Kernels, others: [&Frame; 2], distances: [usize; 2], keep: bool) -> u64 {
        let (w, h) = self.low.size();
        let mut total = 0;
        let pair = distances[0] * self.fields[0].len() + distances[1];
        if let Some(Some(known)) = self.pairs.get(pair).filter(|_| !keep) {
            return *known;
        }
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
                let at = self.low.index(x, y);
                let lows = [&others[0].low, &others[1].low];
                let mvs = fields.map(|f| f.mv[i]);
                let both = self.low.difference_to_both(k, lows, at, mvs) + OVERHEAD + LAMBDA;
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
        if let Some(p) = self.pairs.get_mut(pair) {
            *p = Some(total);
        }
        total
    }

    /// Takes down the costs from the picture `distance` before, 0 for none, as the picture's own.
    pub(super) fn keep_one(&mut self, distance: usize) {
        self.distances = [distance, 0];
        let field = match self.faded.get(distance.wrapping_sub(1)) {
            Some(f) if f.weight.is_some() => Some(f),
            _ => self.fields[0].get(distance.wrapping_sub(1)),
        };
        for i in 0..self.intra.len() {
            let intra = self.intra[i];
            let cost = field.map_or(u16::MAX, |f| f.cost[i]);
            (self.inter[i], self.used[i]) = if cost < intra { (cost, 1) } else { (intra, 0) };
        }
    }

    /// Sums up what it costs as it is going to be coded.
    pub(super) fn weigh(&mut self) {
        let of = |(&c, &aq): (&u16, &f32)| {
            f32::from(c.saturating_sub(OVERHEAD as u16)) * if aq == 0.0 { 1.0 } else { libm::exp2f(-aq / 6.0) }
        };
        self.cost = self.inter.iter().zip(&self.aq).map(of).sum();
    }

    /// The motion into the picture that it refers to through `list`.
    pub(super) fn field(&self, list: usize) -> Option<&Field> {
        let place = self.distances[list].wrapping_sub(1);
        let faded = self.faded.get(place).filter(|f| list == 0 && self.kind == FrameKind::P && f.weight.is_some());
        faded.or_else(|| self.fields[list].get(place))
    }

    /// Whether inter prediction of macroblock `i` is so much better than intra prediction that the latter need not be tried.
    pub(super) fn prefers_inter(&self, i: usize) -> bool {
        16 * u32::from(self.inter[i]) < 10 * u32::from(self.intra[i])
    }

    /// A vector for motion search of macroblock `i`, in quarter samples.
    pub(super) fn motion_hint(&self, list: usize, i: usize) -> Mv {
        let m = self.field(list).map_or(Mv::default(), |f| f.mv[i]);
        Mv::new(m.x.saturating_mul(2), m.y.saturating_mul(2))
    }
}
