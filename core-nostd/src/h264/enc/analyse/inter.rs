//! Inter prediction: motion of each way to partition a macroblock.

use super::lambda::Lambda;
use super::{Plan, Plans};
use crate::h264::enc::coder::Coder;
use crate::h264::enc::mb::{Mb, MbKind, MbState};
use crate::h264::enc::motion::cost::ref_bits;
use crate::h264::enc::motion::{Found, Target};
use crate::h264::enc::reference::{copy, mv_range};
use crate::h264::mb_info::Mv;
use transcode_simd::BlockSize;

/// A partition: (x, y, width, height) in 4x4 blocks.
type Part = (usize, usize, usize, usize);

fn block_size((_, _, w, h): Part) -> BlockSize {
    match (w, h) {
        (4, 4) => BlockSize::B16x16,
        (4, _) => BlockSize::B16x8,
        (_, 4) => BlockSize::B8x16,
        _ => BlockSize::B8x8,
    }
}

/// Bits of `mb_type` (and `sub_mb_type`) as CAVLC has them.
fn type_bits(kind: MbKind) -> u32 {
    match kind {
        MbKind::P16x16 => 1,
        MbKind::P16x8 | MbKind::P8x16 => 3,
        _ => 5 + 4,
    }
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
    /// Whether the whole macroblock may move by `mv`.
    pub(super) fn allows(&self, mv: Mv) -> bool {
        let [x, y] = self.range((0, 0, 4, 4));
        (x.0..=x.1).contains(&mv.x.into()) && (y.0..=y.1).contains(&mv.y.into())
    }

    fn find(&self, cur: &MbState, part: Part, ref_idx: usize, candidates: &[Mv], lambda: Lambda) -> Found {
        let (x, y, _, _) = part;
        let (src, stride) = self.source(0, 4 * x, 4 * y);
        let reference = &self.refs[ref_idx];
        let target = Target {
            k: self.k,
            size: block_size(part),
            src,
            stride,
            reference,
            at: reference.index((16 * self.at.0 + 4 * x) as isize, (16 * self.at.1 + 4 * y) as isize),
            range: self.range(part),
            predicted: self.nb.predict_mv(cur, part, ref_idx as i8),
            lambda,
        };
        let mut found = target.search(&self.tools, candidates);
        found.cost += lambda.bits(ref_bits(ref_idx, self.refs.len()));
        found
    }

    /// Vectors around the macroblock, in this picture and the last one.
    fn nearby(&self, cur: &MbState) -> [Mv; 7] {
        let at = |x, y| self.nb.motion(cur, x, y).filter(|m| m.0 >= 0).map_or(Mv::default(), |m| m.1);
        let before = |dx: usize, dy: usize| {
            let (x, y) = (self.at.0 + dx, self.at.1 + dy);
            let inside = x < self.size.0 && y < self.size.1;
            inside.then(|| self.previous.get(y * self.size.0 + x)).flatten().map_or(Mv::default(), |m| m.mv[5])
        };
        [at(-1, 0), at(0, -1), at(4, -1), before(0, 0), before(1, 0), before(0, 1), self.hint]
    }

    /// Finds the motion of all partitionings that the tools allow and adds a plan for each that is worth a closer look.
    pub(super) fn plan_inter(&mut self, qp: u8, lambda: Lambda, plans: &mut Plans) {
        let mut whole = MbState::new(MbKind::P16x16, qp);
        let full = MbKind::P16x16.partitions()[0];
        let nearby = self.nearby(&whole);
        let mut best = (0, Found { mv: Mv::default(), cost: u32::MAX });
        // The vector found in one reference is a good guess for the next.
        let mut candidates = [Mv::default(); 8];
        candidates[..7].copy_from_slice(&nearby);
        for r in 0..self.refs.len() {
            let mut found = self.find(&whole, full, r, &candidates, lambda);
            candidates[7] = found.mv;
            found.cost += lambda.bits(type_bits(MbKind::P16x16));
            if found.cost < best.1.cost {
                best = (r, found);
            }
        }
        whole.set_motion(full, best.0 as i8, best.1.mv);
        plans.push(Plan { cost: best.1.cost, state: whole });
        if !self.tools.partitions || best.1.cost < lambda.bits(32) {
            return;
        }
        let cost_8x8 = {
            let guesses = [best.1.mv, nearby[0], nearby[1], nearby[2], nearby[3], Mv::default()];
            self.plan_partitions(MbKind::P8x8, qp, best.0, &[guesses; 4], lambda, plans)
        };
        // Halves seldom help where quarters do not.
        if cost_8x8 > best.1.cost + best.1.cost / 16 {
            return;
        }
        let quarter = plans.last().mv;
        let q = [quarter[0], quarter[2], quarter[8], quarter[10]];
        for (kind, pairs) in [(MbKind::P16x8, [[0, 1], [2, 3]]), (MbKind::P8x16, [[0, 2], [1, 3]])] {
            let guesses = pairs.map(|[a, b]| [q[a], q[b], best.1.mv, nearby[0], nearby[1], Mv::default()]);
            self.plan_partitions(kind, qp, best.0, &guesses, lambda, plans);
        }
    }

    /// Finds the motion of each partition of `kind`; returns the cost.
    fn plan_partitions(
        &self,
        kind: MbKind,
        qp: u8,
        likely_ref: usize,
        guesses: &[[Mv; 6]],
        lambda: Lambda,
        plans: &mut Plans,
    ) -> u32 {
        let mut state = MbState::new(kind, qp);
        let mut cost = lambda.bits(type_bits(kind));
        for (&part, guesses) in kind.partitions().iter().zip(guesses) {
            let mut best = (0, Found { mv: Mv::default(), cost: u32::MAX });
            for r in 0..self.refs.len() {
                // The best reference of the whole macroblock, the nearest, and all only where time does not matter.
                if r != likely_ref && r != 0 && self.tools.rd < 2 {
                    continue;
                }
                let found = self.find(&state, part, r, guesses, lambda);
                if found.cost < best.1.cost {
                    best = (r, found);
                }
            }
            state.set_motion(part, best.0 as i8, best.1.mv);
            cost += best.1.cost;
        }
        plans.push(Plan { cost, state });
        cost
    }

    /// Motion compensated prediction of all partitions into `pred`.
    pub(super) fn predict_inter(&mut self, mb: &Mb) {
        let mut buffer = [0; 256];
        for &part in mb.state.kind.partitions() {
            let (x, y, w, h) = part;
            let mv = mb.state.mv[4 * y + x];
            let reference = &self.refs[mb.state.ref_idx[y / 2 * 2 + x / 2] as usize];
            let (px, py) = (16 * self.at.0 + 4 * x, 16 * self.at.1 + 4 * y);
            let at = reference.index(px as isize, py as isize);
            let to = &mut self.pred.luma[16 * 4 * y + 4 * x..];
            reference.with_luma(self.k, block_size(part), at, mv, &mut buffer, |p, stride| {
                copy(4 * w, 4 * h, to, 16, p, stride);
            });
            for c in 0..2 {
                let to = &mut self.pred.chroma[c][8 * 2 * y + 2 * x..];
                reference.chroma(self.k, c + 1, (2 * w, 2 * h), (px / 2, py / 2), mv, to);
            }
        }
    }
}
