//! Mode decision: how each macroblock is coded.
//!
//! Every way to code a macroblock is first judged by the transformed difference of its prediction and an estimate of its bits
//! ([`intra`], [`inter`], [`bipred`]). Depending on the preset, the best of them are then coded for real and judged by squared error and the bits
//! that the entropy coder would spend.

mod bipred;
mod inter;
mod intra;
pub(super) mod lambda;

use super::coder::{Coder, Samples};
use super::mb::{Mb, MbKind, MbState, WHOLE};
use super::presets::Trellis;
use crate::h264::params::SliceType;
use lambda::Lambda;
use transcode_simd::BlockSize;

/// A macroblock whose skipped motion leaves a difference worth fewer bits than this (in P, B pictures), and no residual, is skipped
/// without a look at other motion; one that leaves fewer than the second if a search finds the same motion.
const SKIP_AT_ONCE: [u32; 2] = [40, 60];
const SKIP_IF_NEAR: u32 = 300;

/// One way to code a macroblock: type, modes and motion.
#[derive(Clone, Copy)]
struct Plan {
    /// Transformed difference and bits.
    cost: u32,
    state: MbState,
}

/// The ways that are looked at.
struct Plans {
    list: [Option<Plan>; 10],
    count: usize,
}

impl Plans {
    fn push(&mut self, p: Plan) {
        if let Some(slot) = self.list.get_mut(self.count) {
            *slot = Some(p);
            self.count += 1;
        }
    }
    /// The state of the plan added last.
    fn last(&self) -> MbState {
        self.count.checked_sub(1).and_then(|i| self.list[i]).map_or(MbState::new(MbKind::Skip, 0), |p| p.state)
    }
    fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.list[..self.count].iter().flatten()
    }
    fn least(&self, which: impl Fn(&MbState) -> bool) -> u32 {
        self.iter().filter(|p| which(&p.state)).map(|p| p.cost).min().unwrap_or(u32::MAX)
    }
}

/// The best way so far by rate and distortion, with its samples.
struct Best {
    cost: u64,
    mb: Mb,
    samples: Samples,
}

impl Coder<'_> {
    /// Decides how to code the current macroblock at `qp` and codes it: levels in the result, samples in the reconstruction.
    pub(super) fn decide(&mut self, qp: u8) -> Mb {
        let lambda = Lambda::of(qp);
        let mut plans = Plans { list: [None; 10], count: 0 };
        let mut skip = None;
        let mut try_skip = false;
        if self.slice.is_inter() {
            let mut mb = Mb::new(MbKind::Skip, qp);
            if self.set_skip_motion(&mut mb.state) {
                self.predict_inter(&mb);
                let (src, stride) = self.source(0, 0, 0);
                // Without rate and distortion nobody asks.
                let by_rd = self.tools.rd > 0;
                let satd =
                    if by_rd { self.k.satd(BlockSize::B16x16, src, stride, &self.pred.luma, 16) } else { u32::MAX };
                let gate = lambda.bits(SKIP_AT_ONCE[usize::from(self.slice.is_b())]);
                if (!by_rd || satd < gate) && self.residual_is_empty(qp) {
                    return mb;
                }
                skip = Some(mb.state);
                try_skip = by_rd && satd < lambda.bits(SKIP_IF_NEAR);
            }
            let skips = if self.slice.is_b() {
                self.plan_inter_b(qp, lambda, &mut plans, skip.as_ref(), try_skip)
            } else {
                self.plan_inter(qp, lambda, &mut plans, skip.filter(|_| try_skip).as_ref())
            };
            if let (true, Some(s)) = (skips, skip) {
                mb.state = s;
                return mb;
            }
        }
        let mut mb = if self.tools.rd == 0 {
            self.decide_by_difference(qp, lambda, &mut plans)
        } else {
            self.decide_by_rate(qp, lambda, &mut plans, skip.as_ref())
        };
        let st = &mut mb.state;
        let whole = matches!(st.kind, MbKind::Inter16x16 | MbKind::Direct);
        if let Some(skip) = skip.filter(|s| whole && st.cbp == 0 && st.mv == s.mv && st.ref_idx == s.ref_idx) {
            *st = MbState { qp: st.qp, ..skip };
        }
        mb
    }

    /// Whether the macroblock needs no residual if it is skipped: then it is predicted into the reconstruction.
    fn can_skip(&mut self, skip: &MbState, qp: u8) -> bool {
        let mut mb = Mb::new(MbKind::Skip, qp);
        mb.state = *skip;
        self.predict_inter(&mb);
        self.residual_is_empty(qp)
    }

    /// Sets the motion of `P_Skip` or `B_Skip`; tells whether it may be used.
    fn set_skip_motion(&self, state: &mut MbState) -> bool {
        if self.slice.is_b() {
            return self.set_direct(state);
        }
        let mv = self.nb.skip_mv(state);
        state.set_motion(0, WHOLE, 0, mv);
        self.allows(mv, WHOLE)
    }

    /// Adds the intra plans; `reach` (in 1/16) bounds their cost relative to the best inter plan's.
    fn plan_intra(&mut self, qp: u8, lambda: Lambda, plans: &mut Plans, reach: u32) {
        let inter = plans.least(|_| true);
        let intra_beside = [&self.nb.left, &self.nb.top].iter().any(|m| m.as_ref().is_some_and(|m| m.kind.is_intra()));
        if inter != u32::MAX && self.inter_is_better && !intra_beside && self.tools.rd < 2 {
            return;
        }
        let mut mb = Mb::new(MbKind::I16x16, qp);
        let mut limit = if inter == u32::MAX { u32::MAX } else { (u64::from(inter) * u64::from(reach) / 16) as u32 };
        // In P slices the type takes more bits.
        let extra = match self.slice.kind {
            SliceType::P => lambda.bits(4),
            SliceType::B => lambda.bits(8),
            _ => 0,
        };
        let cost = self.choose_intra_16x16(&mut mb, lambda) + extra;
        plans.push(Plan { cost, state: mb.state });
        // Smaller blocks do not help where the large one is this bad.
        if !self.tools.intra_nxn || (inter != u32::MAX && cost / 4 > inter) {
            return;
        }
        limit = limit.min(cost.saturating_mul(reach) / 16);
        if self.slice.transform_8x8 {
            let mut mb = Mb::new(MbKind::I8x8, qp);
            if let Some(cost) = self.choose_intra_8x8(&mut mb, lambda, limit) {
                plans.push(Plan { cost: cost + extra, state: mb.state });
                limit = limit.min(cost.saturating_mul(reach) / 16);
            }
        }
        let mut mb = Mb::new(MbKind::I4x4, qp);
        if let Some(cost) = self.choose_intra_4x4(&mut mb, lambda, limit) {
            plans.push(Plan { cost: cost + extra, state: mb.state });
        }
    }

    fn decide_by_difference(&mut self, qp: u8, lambda: Lambda, plans: &mut Plans) -> Mb {
        self.plan_intra(qp, lambda, plans, 16);
        let mut best = Plan { cost: u32::MAX, state: MbState::new(MbKind::I16x16, qp) };
        for p in plans.iter() {
            if p.cost < best.cost {
                best = *p;
            }
        }
        let mut mb = Mb::new(best.state.kind, qp);
        mb.state = best.state;
        if mb.state.kind.is_intra() {
            mb.state.chroma_mode = self.choose_chroma(lambda);
        }
        self.code(&mut mb, self.slice.transform_8x8, self.tools.trellis != Trellis::None);
        mb
    }

    fn decide_by_rate(&mut self, qp: u8, lambda: Lambda, plans: &mut Plans, skip: Option<&MbState>) -> Mb {
        // How far from the best by difference a plan may be to be coded, in 1/16.
        let (inter_reach, intra_reach) = if self.tools.rd >= 2 { (19, 22) } else { (17, 19) };
        self.plan_intra(qp, lambda, plans, intra_reach);
        let least_inter = plans.least(|s| !s.kind.is_intra());
        let least = plans.least(|_| true);
        let within = |cost: u32, of: u32, reach: u64| u64::from(cost) * 16 <= u64::from(of) * reach;
        let mut best = Best { cost: u64::MAX, mb: Mb::new(MbKind::I16x16, qp), samples: Samples::new() };
        if let Some(skip) = skip {
            let mut mb = Mb::new(MbKind::Skip, qp);
            mb.state = *skip;
            self.code(&mut mb, false, false);
            self.judge(mb, lambda, &mut best);
        }
        let choose = self.tools.trellis == Trellis::Always;
        let mut chroma_mode = None;
        let mut transform = None;
        for p in plans.iter() {
            let intra = p.state.kind.is_intra();
            let worth = if intra {
                within(p.cost, least, intra_reach.into())
            } else {
                within(p.cost, least_inter, inter_reach)
            };
            if !worth {
                continue;
            }
            let mut mb = Mb::new(p.state.kind, qp);
            mb.state = p.state;
            if intra {
                mb.state.chroma_mode = match chroma_mode {
                    Some(m) => m,
                    None => *chroma_mode.insert(self.choose_chroma(lambda)),
                };
            }
            self.code(&mut mb, transform.unwrap_or(false), choose);
            if !intra && self.slice.transform_8x8 && transform.is_none() {
                let mut other = mb.clone();
                let small = self.judge(mb, lambda, &mut best);
                // Prediction and chroma are the same.
                self.code_inter_luma(&mut other, true, choose);
                let large = self.judge(other, lambda, &mut best);
                // The transform that serves one motion best mostly serves the others.
                if self.tools.rd < 2 && p.state.kind != MbKind::Direct {
                    transform = Some(large < small);
                }
            } else {
                self.judge(mb, lambda, &mut best);
            }
        }
        let mut mb = best.mb;
        if self.tools.trellis == Trellis::Last && mb.state.kind != MbKind::Skip {
            let transform_8x8 = mb.state.transform_8x8;
            self.code(&mut mb, transform_8x8, true);
        } else {
            self.restore(&best.samples);
        }
        mb
    }

    /// Takes `mb`, whose samples are in the reconstruction, if it beats `best`; returns its cost.
    fn judge(&mut self, mut mb: Mb, lambda: Lambda, best: &mut Best) -> u64 {
        let cost = lambda.rd(self.distortion(), self.bits(&mut mb));
        if cost < best.cost {
            best.cost = cost;
            self.save(&mut best.samples);
            best.mb = mb;
        }
        cost
    }

    /// Codes a macroblock whose type, modes and motion are set: prediction, levels, reconstruction. `choose` picks levels by rate and
    /// distortion.
    fn code(&mut self, mb: &mut Mb, transform_8x8: bool, choose: bool) {
        match mb.state.kind {
            MbKind::I16x16 => {
                self.predict_16x16(mb.state.i16_mode);
                self.code_intra_16x16(mb, choose);
            }
            MbKind::I4x4 | MbKind::I8x8 => self.code_intra_nxn(mb, choose),
            MbKind::Skip => {
                self.predict_inter(mb);
                self.put_predicted_luma();
                self.put_predicted_chroma();
                return;
            }
            MbKind::IPcm => return,
            _ => {
                self.predict_inter(mb);
                self.code_inter_luma(mb, transform_8x8, choose);
            }
        }
        if mb.state.kind.is_intra() {
            self.predict_chroma(mb.state.chroma_mode);
        }
        self.code_chroma(mb, choose);
    }
}
