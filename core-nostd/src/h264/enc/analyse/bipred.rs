//! Inter prediction of B macroblocks: one list, the other, or both for each partition, or direct motion.

use super::inter::{Side, block_size};
use super::lambda::Lambda;
use super::{Plan, Plans};
use crate::h264::enc::coder::Coder;
use crate::h264::enc::mb::{MbKind, MbState, Part, QUARTERS, WHOLE, b_type};
use crate::h264::mb_info::Mv;

/// Bits of ue(v).
fn ue_bits(v: u32) -> u32 {
    2 * (v + 1).ilog2() + 1
}

/// Bits of `sub_mb_type` of one block by direction, table 7-18.
const SUB_BITS: [u32; 3] = [3, 3, 5];

/// Motion of a partition in both lists, which of them it uses, and the cost without the type's bits.
#[derive(Clone, Copy)]
struct Choice {
    sides: [Side; 2],
    direction: usize,
    cost: u32,
    /// What the type costs.
    extra: u32,
}

impl Choice {
    fn apply(&self, state: &mut MbState, part: Part) {
        for list in 0..2 {
            if self.direction == 1 - list {
                state.set_motion(list, part, -1, Mv::default());
            } else {
                state.set_motion(list, part, self.sides[list].ref_idx, self.sides[list].found.mv);
            }
        }
    }
}

impl Coder<'_> {
    /// Transformed difference of the partition as `state` predicts it.
    fn difference(&mut self, state: &MbState, part: Part) -> u32 {
        self.predict_luma(state, part);
        self.difference_to_predicted(part)
    }

    fn difference_to_predicted(&self, part: Part) -> u32 {
        let (src, stride) = self.source(0, 4 * part.0, 4 * part.1);
        self.k.satd(block_size(part), src, stride, &self.pred.luma[16 * 4 * part.1 + 4 * part.0..], 16)
    }

    /// The best use of the two sides; `bits` are those of the types by direction.
    fn choose(&mut self, cur: &MbState, part: Part, sides: [Side; 2], bits: [u32; 3], lambda: Lambda) -> Choice {
        let cost = [0, 1].map(|l| sides[l].found.cost.saturating_add(lambda.bits(bits[l])));
        let direction = usize::from(cost[1] < cost[0]);
        let mut best = Choice { sides, direction, cost: cost[direction], extra: 0 };
        let mut both = Choice { sides, direction: 2, cost: 0, extra: lambda.bits(bits[2]) };
        let mut state = MbState::new(MbKind::Inter16x16, 0);
        both.apply(&mut state, part);
        let rate = sides[0].found.rate + sides[1].found.rate + both.extra;
        both.cost = self.difference(&state, part) + rate;
        let reach = best.cost / if self.tools.rd < 2 { 32 } else { 8 };
        if self.tools.joint_steps > 0 && both.cost <= best.cost + reach {
            self.refine_both(cur, part, &mut both, lambda);
        }
        if both.cost < best.cost {
            best = both;
        }
        best
    }

    /// Moves the two vectors of `both` in turn by quarter samples, as long as that makes their mean a better prediction.
    fn refine_both(&mut self, cur: &MbState, part: Part, both: &mut Choice, lambda: Lambda) {
        const AROUND: [(i16, i16); 4] = [(0, -1), (0, 1), (-1, 0), (1, 0)];
        let mut state = *cur;
        both.apply(&mut state, part);
        for _ in 0..self.tools.joint_steps {
            let before = both.cost;
            for list in 0..2 {
                let Side { ref_idx, found } = both.sides[list];
                let target = self.target(cur, part, list, ref_idx as usize, lambda);
                let old = target.rate(found.mv.x.into(), found.mv.y.into());
                let moved = AROUND.map(|(dx, dy)| {
                    let mv = Mv::new(found.mv.x.saturating_add(dx), found.mv.y.saturating_add(dy));
                    (mv, target.rate(mv.x.into(), mv.y.into()))
                });
                let rest = both.sides[0].found.rate + both.sides[1].found.rate - old;
                let fixed = both.extra;
                for (mv, rate) in moved {
                    if !self.allows(mv, part) {
                        continue;
                    }
                    state.set_motion(list, part, ref_idx, mv);
                    let cost = self.difference(&state, part) + rest + rate + fixed;
                    if cost < both.cost {
                        both.cost = cost;
                        both.sides[list].found.mv = mv;
                        both.sides[list].found.rate = found.rate - old + rate;
                    }
                }
                let best = both.sides[list].found.mv;
                state.set_motion(list, part, ref_idx, best);
            }
            if both.cost == before {
                return;
            }
        }
    }

    /// Finds the motion of a B macroblock and adds a plan for each way that is worth a closer look. `direct` is its direct motion, if
    /// that is allowed; with `try_skip` tells whether no better is found and nothing is left to code: then that is in the reconstruction.
    pub(super) fn plan_inter_b(
        &mut self,
        qp: u8,
        lambda: Lambda,
        plans: &mut Plans,
        direct: Option<&MbState>,
        try_skip: bool,
    ) -> bool {
        let mut direct_cost = [u32::MAX; 4];
        let mut direct_total = u32::MAX;
        if let Some(d) = direct {
            // It has just been predicted.
            direct_cost = QUARTERS.map(|part| self.difference_to_predicted(part));
            direct_total = direct_cost.iter().sum::<u32>() + lambda.bits(1);
            let mut state = *d;
            state.kind = MbKind::Direct;
            plans.push(Plan { cost: direct_total, state });
        }
        let mut whole = MbState::new(MbKind::Inter16x16, qp);
        let sides = [0, 1].map(|list| self.find_whole(&whole, list, lambda, &mut [0; 16]));
        let best = self.choose(&whole, WHOLE, sides, [3, 3, 5], lambda);
        best.apply(&mut whole, WHOLE);
        plans.push(Plan { cost: best.cost, state: whole });
        if direct.is_some_and(|d| try_skip && direct_total <= best.cost && self.can_skip(d, qp)) {
            return true;
        }
        let least = best.cost.min(direct_total);
        if !self.tools.partitions || least < lambda.bits(32) {
            return false;
        }
        // How far from the best so far quarters may be, in parts of its cost: to go on, and for halves to be looked at.
        let (near, nearer) = if self.tools.rd < 2 { (16, 64) } else { (8, 16) };
        let mut quarters = MbState::new(MbKind::Inter8x8, qp);
        let mut cost = lambda.bits(ue_bits(22));
        let mut found = [best; 4];
        for (q, &part) in QUARTERS.iter().enumerate() {
            let choice = self.find_part(&quarters, part, &sides, &[], SUB_BITS, lambda);
            let direct_q = direct_cost[q].saturating_add(lambda.bits(1));
            found[q] = choice;
            match direct {
                Some(d) if direct_q <= choice.cost => {
                    quarters.copy_motion(d, part);
                    quarters.direct |= 1 << q;
                    cost += direct_q;
                }
                _ => {
                    choice.apply(&mut quarters, part);
                    cost += choice.cost;
                }
            }
            if cost > least + least / near {
                return false;
            }
        }
        if quarters.direct != 15 {
            plans.push(Plan { cost, state: quarters });
        }
        if cost > least + least / nearer {
            return false;
        }
        for (kind, pairs) in [(MbKind::Inter16x8, [[0, 1], [2, 3]]), (MbKind::Inter8x16, [[0, 2], [1, 3]])] {
            let mut state = MbState::new(kind, qp);
            let mut cost = 0;
            // Judged by difference alone, only the best plan is ever coded.
            let limit = if self.tools.rd == 0 { plans.least(|_| true) } else { u32::MAX };
            for (&part, pair) in kind.partitions().iter().zip(pairs) {
                let choice = self.find_part(&state, part, &sides, &pair.map(|q| found[q]), [1, 1, 3], lambda);
                choice.apply(&mut state, part);
                cost += choice.cost;
                if cost > limit {
                    break;
                }
            }
            cost += lambda.bits(ue_bits(b_type(&state)).saturating_sub(2));
            if cost <= limit {
                plans.push(Plan { cost, state });
            }
        }
        false
    }

    /// Motion of a partition in the pictures that `sides` found best for the whole macroblock. `near` are partitions in the same place.
    fn find_part(
        &mut self,
        state: &MbState,
        part: Part,
        sides: &[Side; 2],
        near: &[Choice],
        bits: [u32; 3],
        lambda: Lambda,
    ) -> Choice {
        let found = [0, 1].map(|list| {
            let side = &sides[list];
            let mut guesses = [side.found.mv; 3];
            for (g, n) in guesses[1..].iter_mut().zip(near) {
                *g = n.sides[list].found.mv;
            }
            self.find(state, part, (list, side.ref_idx as usize), &guesses, lambda, &mut { u32::MAX })
        });
        self.choose(state, part, found, bits, lambda)
    }
}
