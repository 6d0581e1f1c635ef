//! Inter prediction: motion of each way to partition a macroblock.

use super::lambda::Lambda;
use super::{Plan, Plans};
use crate::h264::enc::coder::Coder;
use crate::h264::enc::mb::{Mb, MbKind, MbState, Part, QUARTERS, WHOLE};
use crate::h264::enc::motion::cost::ref_bits;
use crate::h264::enc::motion::{Found, Target};
use crate::h264::enc::reference::mv_range;
use crate::h264::mb_info::Mv;
use transcode_simd::BlockSize;

pub(super) fn block_size((_, _, w, h): Part) -> BlockSize {
    match (w, h) {
        (4, 4) => BlockSize::B16x16,
        (4, _) => BlockSize::B16x8,
        (_, 4) => BlockSize::B8x16,
        _ => BlockSize::B8x8,
    }
}

/// Bits of `mb_type` (and `sub_mb_type`) of P macroblocks as CAVLC has them.
fn type_bits(kind: MbKind) -> u32 {
    match kind {
        MbKind::Inter16x16 => 1,
        MbKind::Inter16x8 | MbKind::Inter8x16 => 3,
        _ => 5 + 4,
    }
}

/// Motion of a partition in one list.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub ref_idx: i8,
    pub found: Found,
}

impl Side {
    /// None yet.
    pub(super) const NONE: Self = Self { ref_idx: 0, found: Found { mv: Mv { x: 0, y: 0 }, cost: u32::MAX, rate: 0 } };
}

impl Coder<'_> {
    /// Vectors that a partition may have, in quarter samples.
    fn range(&self, (x, y, w, h): Part) -> [(i32, i32); 2] {
        let horizontal = mv_range(16 * self.at.0 + 4 * x, 4 * w, 16 * self.size.0);
        let vertical = mv_range(16 * self.at.1 + 4 * y, 4 * h, 16 * self.size.1);
        // Table A-1 for the vertical part, -2048 to 2047.75 samples for the horizontal (A.3.1); a sample is left for refinement.
        let cap = |(lo, hi): (i32, i32), max: i32| (lo.max(4 - max), hi.min(max - 8));
        [cap(horizontal, 8192), cap(vertical, self.max_mv_y)]
    }
    /// Whether the partition may move by `mv`.
    pub(in crate::h264::enc) fn allows(&self, mv: Mv, part: Part) -> bool {
        let [x, y] = self.range(part);
        (x.0..=x.1).contains(&mv.x.into()) && (y.0..=y.1).contains(&mv.y.into())
    }

    /// Index of the partition's first sample in the planes of a reference.
    pub(super) fn place(&self, (x, y, _, _): Part) -> usize {
        // All references have one size.
        self.pool[0].index((16 * self.at.0 + 4 * x) as isize, (16 * self.at.1 + 4 * y) as isize)
    }

    /// What searches for the motion of a partition in one picture.
    pub(super) fn target(&self, cur: &MbState, part: Part, list: usize, ref_idx: usize, lambda: Lambda) -> Target<'_> {
        let (x, y) = (part.0 as i32, part.1 as i32);
        let beside = |x, y| self.nb.block(cur, x, y).map_or([0; 2], |(m, b)| m.mvd[list][b]);
        let (left, top) = (beside(x - 1, y), beside(x, y - 1));
        let (src, stride) = self.source(0, 4 * part.0, 4 * part.1);
        Target {
            k: self.k,
            size: block_size(part),
            src,
            stride,
            reference: self.searched(list, ref_idx),
            at: self.place(part),
            range: self.range(part),
            predicted: self.nb.predict_mv(cur, list, part, ref_idx as i8),
            lambda,
            prices: &self.mv_prices,
            first: self.mv_prices.beside([0, 1].map(|c| u32::from(left[c]) + u32::from(top[c]))),
        }
    }

    /// Best motion in one picture of a list.
    pub(super) fn find(
        &self,
        cur: &MbState,
        part: Part,
        (list, ref_idx): (usize, usize),
        candidates: &[Mv],
        lambda: Lambda,
        bound: &mut u32,
    ) -> Side {
        let target = self.target(cur, part, list, ref_idx, lambda);
        let Some(mut found) = target.search(&self.tools, candidates, bound) else { return Side::NONE };
        let bits = lambda.bits(ref_bits(ref_idx, self.lists.len(list)));
        found.cost += bits;
        found.rate += bits;
        Side { ref_idx: ref_idx as i8, found }
    }

    /// Vectors around the macroblock, in this picture and in one coded before, and the lookahead's; a picture of the list that is
    /// further away than the first has them longer.
    pub(super) fn nearby(&self, cur: &MbState, list: usize, ref_idx: usize) -> [Mv; 7] {
        let distance = |i: usize| (self.lists.pocs[list][i & 15] - self.lists.poc).unsigned_abs().max(1) as i32;
        let stretch = |mv: Mv, from: i32, to: i32| {
            if from == to || from == 0 {
                return mv;
            }
            let s = |v: i16| (i32::from(v) * to / from).clamp(-8192, 8191) as i16;
            Mv::new(s(mv.x), s(mv.y))
        };
        let here = distance(ref_idx);
        let at = |x, y| {
            let (r, mv) = self.nb.motion(cur, list, x, y);
            usize::try_from(r).map_or(Mv::default(), |r| stretch(mv, distance(r), here))
        };
        // The first picture of list 1 was coded with motion over the same time; of P pictures, the last one.
        let (pic, sign) =
            if self.slice.is_b() { (self.reference(1, 0), list == 1) } else { (self.reference(0, 0), false) };
        let before = |dx: usize, dy: usize| {
            let (x, y) = (self.at.0 + dx, self.at.1 + dy);
            if x >= self.size.0 || y >= self.size.1 {
                return Mv::default();
            }
            let m = &pic.motion[y * self.size.0 + x];
            let Ok(r) = usize::try_from(m.ref_idx[0][0]) else { return Mv::default() };
            let mv = stretch(m.mv[0][5], pic.poc.wrapping_sub(pic.list_pocs[0][r & 15]), here);
            if sign { Mv::new(mv.x.saturating_neg(), mv.y.saturating_neg()) } else { mv }
        };
        let hint = stretch(self.hint[list], distance(0), here);
        [at(-1, 0), at(0, -1), at(4, -1), before(0, 0), before(1, 0), before(0, 1), hint]
    }

    /// Finds the motion of the whole macroblock in all pictures of a list: the best, and in `costs` what each costs.
    pub(super) fn find_whole(&self, state: &MbState, list: usize, lambda: Lambda, costs: &mut [u32; 16]) -> Side {
        let mut best = Side::NONE;
        let mut bound = u32::MAX;
        // The vector found in one reference is a good guess for the next.
        let mut candidates = [Mv::default(); 8];
        for r in 0..self.lists.len(list) {
            candidates[..7].copy_from_slice(&self.nearby(state, list, r));
            let side = self.find(state, WHOLE, (list, r), &candidates, lambda, &mut bound);
            if side.found.cost != u32::MAX {
                candidates[7] = side.found.mv;
            }
            costs[r & 15] = side.found.cost;
            if side.found.cost < best.found.cost {
                best = side;
            }
        }
        best
    }

    /// Finds the motion of all partitionings that the tools allow and adds a plan for each that is worth a closer look. Given `skip`, the
    /// motion of `P_Skip`, tells whether no better is found and nothing is left to code: then that is in the reconstruction.
    pub(super) fn plan_inter(&mut self, qp: u8, lambda: Lambda, plans: &mut Plans, skip: Option<&MbState>) -> bool {
        let mut whole = MbState::new(MbKind::Inter16x16, qp);
        let mut costs = [u32::MAX; 16];
        let best = self.find_whole(&whole, 0, lambda, &mut costs);
        // References that did much worse for the whole seldom serve its parts.
        let limit = best.found.cost + best.found.cost / 8;
        let likely = costs.iter().enumerate().filter(|(_, c)| **c <= limit).fold(0, |m, (r, _)| m | 1 << r);
        let likely = if self.tools.mixed_references { likely } else { 1 | 1 << best.ref_idx };
        let best_cost = best.found.cost + lambda.bits(type_bits(MbKind::Inter16x16));
        whole.set_motion(0, WHOLE, best.ref_idx, best.found.mv);
        if let Some(skip) = skip {
            let mv = skip.mv[0][0];
            let near = best.found.mv.x.abs_diff(mv.x) + best.found.mv.y.abs_diff(mv.y) <= 1 && best.ref_idx == 0;
            if near && self.can_skip(skip, qp) {
                return true;
            }
        }
        plans.push(Plan { cost: best_cost, state: whole });
        if !self.tools.partitions || best_cost < lambda.bits(32) {
            return false;
        }
        let nearby = self.nearby(&whole, 0, 0);
        let mv = best.found.mv;
        let cost_8x8 = {
            let guesses = [mv, nearby[0], nearby[1], nearby[2], nearby[3], Mv::default()];
            let limit = if self.tools.rd < 2 { best_cost + best_cost / 16 } else { u32::MAX };
            self.plan_partitions(MbKind::Inter8x8, qp, likely, &[guesses; 4], lambda, limit, plans)
        };
        // Halves seldom help where quarters do not.
        if cost_8x8 > best_cost + best_cost / 16 {
            return false;
        }
        let quarter = plans.last().mv[0];
        let q = [quarter[0], quarter[2], quarter[8], quarter[10]];
        for (kind, pairs) in [(MbKind::Inter16x8, [[0, 1], [2, 3]]), (MbKind::Inter8x16, [[0, 2], [1, 3]])] {
            let guesses = pairs.map(|[a, b]| [q[a], q[b], mv, nearby[0], nearby[1], Mv::default()]);
            let limit = if self.tools.rd == 0 { plans.least(|_| true) } else { u32::MAX };
            self.plan_partitions(kind, qp, likely, &guesses, lambda, limit, plans);
        }
        false
    }

    /// Finds the motion of each partition of `kind` in the references of which `likely` has a bit, and adds a plan, unless the cost, which is
    /// returned, is over `limit`.
    #[allow(clippy::too_many_arguments)]
    fn plan_partitions(
        &self,
        kind: MbKind,
        qp: u8,
        likely: u32,
        guesses: &[[Mv; 6]],
        lambda: Lambda,
        limit: u32,
        plans: &mut Plans,
    ) -> u32 {
        let mut state = MbState::new(kind, qp);
        let mut cost = lambda.bits(type_bits(kind));
        for (&part, guesses) in kind.partitions().iter().zip(guesses) {
            let mut best = Side::NONE;
            let mut bound = u32::MAX;
            for r in 0..self.lists.len(0) {
                if likely >> r & 1 == 0 {
                    continue;
                }
                let side = self.find(&state, part, (0, r), guesses, lambda, &mut bound);
                if side.found.cost < best.found.cost {
                    best = side;
                }
            }
            state.set_motion(0, part, best.ref_idx, best.found.mv);
            cost += best.found.cost;
            if cost > limit {
                return cost;
            }
        }
        plans.push(Plan { cost, state });
        cost
    }

    /// Motion compensated prediction of all partitions into `pred`.
    pub(in crate::h264::enc) fn predict_inter(&mut self, mb: &Mb) {
        let parts = match mb.state.kind {
            MbKind::Skip | MbKind::Direct if mb.state.is_uniform() => &[WHOLE],
            MbKind::Skip | MbKind::Direct => &QUARTERS[..],
            kind => kind.partitions(),
        };
        for &part in parts {
            self.predict_luma(&mb.state, part);
            self.predict_chroma_inter(&mb.state, part);
        }
    }

    /// w1 (of 64) of the partition's second prediction, if the two do not count the same.
    fn second_weight(&self, state: &MbState, (x, y, _, _): Part) -> Option<i32> {
        let r = |list| state.motion_at(list, x, y).0.max(0) as usize;
        Some(self.lists.weight(r(0), r(1))).filter(|&w| w != 32)
    }

    /// Luma prediction of a partition into `pred`.
    pub(super) fn predict_luma(&mut self, state: &MbState, part: Part) {
        let (x, y, w, h) = part;
        let (bs, at) = (block_size(part), self.place(part));
        let weight = self.second_weight(state, part);
        let mut second = [0; 256];
        let mut put = false;
        for list in 0..2 {
            let (r, mv) = state.motion_at(list, x, y);
            let Ok(r) = usize::try_from(r) else { continue };
            let reference = self.reference(list, r);
            let to = &mut self.pred.luma[16 * 4 * y + 4 * x..];
            if !put {
                reference.luma_to(self.k, bs, at, mv, to, 16);
                if let Some(weight) = self.weights.get(r, 0).filter(|_| list == 0) {
                    weight.apply(self.k, (4 * w, 4 * h), to, 16);
                }
                put = true;
                continue;
            }
            reference.with_luma(self.k, bs, at, mv, &mut second, |p, stride| match weight {
                None => self.k.avg(4 * w, 4 * h, to, 16, p, stride),
                Some(w1) => self.k.biweight(4 * w, 4 * h, to, 16, p, stride, 5, 64 - w1, w1, 0),
            });
        }
    }

    /// Chroma prediction of a partition into `pred`.
    fn predict_chroma_inter(&mut self, state: &MbState, part: Part) {
        let (x, y, w, h) = part;
        let (px, py) = (8 * self.at.0 + 2 * x, 8 * self.at.1 + 2 * y);
        let weight = self.second_weight(state, part);
        let mut put = false;
        for list in 0..2 {
            let (r, mv) = state.motion_at(list, x, y);
            let Ok(r) = usize::try_from(r) else { continue };
            let reference = self.reference(list, r);
            for c in 0..2 {
                let to = &mut self.pred.chroma[c][8 * 2 * y + 2 * x..];
                if !put {
                    reference.chroma(self.k, c + 1, (2 * w, 2 * h), (px, py), mv, to);
                    if let Some(weight) = self.weights.get(r, c + 1).filter(|_| list == 0) {
                        weight.apply(self.k, (2 * w, 2 * h), to, 8);
                    }
                    continue;
                }
                let mut second = [0; 64];
                reference.chroma(self.k, c + 1, (2 * w, 2 * h), (px, py), mv, &mut second);
                match weight {
                    None => self.k.avg(2 * w, 2 * h, to, 8, &second, 8),
                    Some(w1) => self.k.biweight(2 * w, 2 * h, to, 8, &second, 8, 5, 64 - w1, w1, 0),
                }
            }
            put = true;
        }
    }
}
