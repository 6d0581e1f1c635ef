//! Average bitrate from what a first pass has found out.

use super::super::config::{EncoderConfig, RateControl};
use super::super::frame::FrameKind;
use super::super::stats::PictureStats;
use super::{Offsets, crf};
use crate::error::{Error, Result};
use alloc::vec::Vec;

/// By which power bits fall as the step grows.
const POWER: f32 = 1.1;
/// Bits of a picture that do not depend on the step.
const FIXED: f32 = 80.0;
/// Smoothing of complexity from picture to picture.
const BLUR: f32 = 0.85;
/// Seconds over which a deviation is paid back.
const PAY_BACK: f32 = 3.0;
/// Seconds after which what pictures took counts half.
const HALF_LIFE: f32 = 2.0;
/// Most that the QP of a picture differs from the plan to meet the target.
const MAX_CHANGE: f32 = 20.0;

/// What one picture shall get.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Planned {
    kind: FrameKind,
    qp: f32,
    bits: f32,
}

/// What each picture of a part of a film shall get, made by [`allocate`] for [`super::super::Encoder::second_pass`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Budget {
    pictures: Vec<Planned>,
    /// Whether the QPs are kept, whatever bits they take.
    fixed: bool,
}

impl Budget {
    /// How many pictures it is for.
    pub fn len(&self) -> usize {
        self.pictures.len()
    }
    /// Whether it is for none.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }
    /// The bits that the pictures shall get together.
    pub fn bits(&self) -> f64 {
        self.pictures.iter().map(|p| f64::from(p.bits)).sum()
    }
}

/// Shares the bits of a film out among its pictures. `parts` are the statistics of a first pass over each of the parts that the film is
/// coded in, each in decoding order, by an encoder of [`EncoderConfig::for_first_pass`]. With [`RateControl::Abr`] the film gets its bits
/// for as long as all parts last, and each part what its pictures need for the same quality as those of the others. With
/// [`RateControl::Crf`] the film keeps its constant quality, which follows complexity where no lookahead does that already.
///
/// The result depends on the statistics alone. It takes 12 bytes a picture, and the statistics 24.
///
/// # Errors
/// `InvalidConfig` if the configuration has a constant quantiser.
pub fn allocate(config: &EncoderConfig, parts: &[Vec<PictureStats>]) -> Result<Vec<Budget>> {
    let shared = config.resolved().tools().lookahead > 0;
    let count: usize = parts.iter().map(Vec::len).sum();
    let seconds = count as f64 * f64::from(config.frame_rate.1) / f64::from(config.frame_rate.0);
    let (target, quality) = match config.rate {
        RateControl::Abr { bits_per_second } => (bits_per_second as f64 * seconds, None),
        RateControl::Crf(q) => (0.0, Some((crf::base(q, shared) - 12.0) / 6.0)),
        RateControl::Cqp(_) => return Err(Error::config("two_pass", "has no effect with a constant quantiser")),
    };
    let offsets = Offsets::new(config, shared);
    // Per picture: log2 of the P step that the first pass had, the same for what the step follows, bits.
    let mut found: Vec<[f32; 3]> = Vec::with_capacity(count);
    for p in parts.iter().flatten() {
        let first = (p.rate_qp - offsets.of(p.kind.into()) - 12.0) / 6.0;
        found.push([first, libm::log2f((p.bits as f32).max(1.0)) + first, p.bits as f32]);
    }
    rate(&mut found, if shared { 0.0 } else { 1.0 - config.qcomp });
    let [least, most] = [config.qp_min, config.qp_max].map(|q| (f32::from(q) - 12.0) / 6.0);
    let bits = |base: f32, f: &[f32; 3]| {
        let fixed = f[2].min(FIXED);
        let now = (base + f[1]).clamp(least, most);
        fixed + (f[2] - fixed) * libm::exp2f(POWER * (f[0] - now))
    };
    // The more the step, the fewer the bits.
    let (mut low, mut high) = (-30.0f32, 30.0f32);
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        let total: f64 = found.iter().map(|f| f64::from(bits(middle, f))).sum();
        if total > target { low = middle } else { high = middle }
    }
    if let Some(base) = quality {
        high = base - found.iter().map(|f| f[1]).sum::<f32>() / count.max(1) as f32;
    }
    let mut found = found.iter();
    let plan = |p: &PictureStats, f: &[f32; 3]| {
        let kind = p.kind.into();
        let qp = 12.0 + 6.0 * (high + f[1]).clamp(least, most) + offsets.of(kind);
        Planned { kind, qp, bits: bits(high, f) }
    };
    let part = |p: &Vec<PictureStats>| {
        let pictures = p.iter().zip(&mut found).map(|(p, f)| plan(p, f)).collect();
        Budget { pictures, fixed: quality.is_some() }
    };
    Ok(parts.iter().map(part).collect())
}

/// Makes the second figure of each picture, the logarithm of its complexity, what the step shall follow.
fn rate(found: &mut [[f32; 3]], compress: f32) {
    if compress == 0.0 {
        found.iter_mut().for_each(|f| f[1] = 0.0);
        return;
    }
    // Both ways, so that a picture feels those before and after it alike.
    for backwards in [false, true] {
        let mut before: Option<f32> = None;
        for i in 0..found.len() {
            let f = if backwards { found.len() - 1 - i } else { i };
            let complexity = libm::exp2f(found[f][1]);
            let smooth = before.map_or(complexity, |b| BLUR * b + (1.0 - BLUR) * complexity);
            before = Some(smooth);
            found[f][1] = libm::log2f(smooth);
        }
    }
    found.iter_mut().for_each(|f| f[1] *= compress);
}

/// Keeps to a [`Budget`].
#[derive(Debug, Clone)]
pub(super) struct Follow {
    budget: Budget,
    /// Pictures coded.
    done: usize,
    /// Bits of the budget for pictures that are not coded.
    left: f64,
    /// Bits that there are for them.
    room: f64,
    /// Sums that forget: bits taken, bits of the budget, and these times how far the QP was from the budget's.
    taken: f64,
    planned: f64,
    moved: f64,
    /// What of them stays with each picture.
    keep: f64,
    /// Bits over which a deviation is paid back.
    soon: f64,
}

impl Follow {
    pub(super) fn new(config: &EncoderConfig, budget: Budget) -> Self {
        let all = budget.bits();
        let second = (f64::from(config.frame_rate.0) / f64::from(config.frame_rate.1)).max(1.0);
        let start = 0.5 * second * all / budget.len().max(1) as f64;
        let keep = f64::from(libm::exp2f(-1.0 / (HALF_LIFE * second as f32)));
        let soon = 2.0 * f64::from(PAY_BACK) * start;
        Self { budget, done: 0, left: all, room: all, taken: start, planned: start, moved: 0.0, keep, soon }
    }
    /// QP for a picture of this kind.
    pub(super) fn start(&mut self, kind: FrameKind) -> Result<f32> {
        let planned = self.budget.pictures.get(self.done).filter(|p| p.kind == kind);
        let planned = planned.ok_or(Error::config("two_pass", "the pictures are not those of the first pass"))?;
        if self.budget.fixed {
            return Ok(planned.qp);
        }
        // What the next seconds would take if the QPs went on as they were, over what there is for them.
        let soon = self.left.min(self.soon).max(1.0);
        let over = soon * self.taken / self.planned.max(1.0) / (soon + self.room - self.left).max(soon / 4.0);
        let moved = (self.moved / self.planned.max(1.0)) as f32;
        let change = moved + 6.0 / POWER * libm::log2f((over as f32).clamp(0.25, 4.0));
        Ok(planned.qp + change.clamp(-MAX_CHANGE, MAX_CHANGE))
    }
    /// Tells what it took at `qp`, itself and with all that goes with it.
    pub(super) fn end(&mut self, qp: f32, bits: u64, all: u64) {
        let Some(planned) = self.budget.pictures.get(self.done) else { return };
        let own = f64::from(planned.bits);
        self.left -= own;
        self.room -= all as f64;
        let add = |sum: &mut f64, n: f64| *sum = *sum * self.keep + n;
        add(&mut self.taken, bits as f64);
        add(&mut self.planned, own);
        add(&mut self.moved, own * f64::from(qp - planned.qp));
        self.done += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::stats::PictureKind;
    use super::*;

    #[test]
    fn the_bits_of_all_parts_are_the_target() {
        let mut config = EncoderConfig::new(640, 360, (25, 1));
        config.rate = RateControl::Abr { bits_per_second: 1_000_000 };
        let picture = |kind, bits| PictureStats { kind, rate_qp: 27.0, bits, ..PictureStats::default() };
        let busy: Vec<_> = (0..250).map(|i| picture(PictureKind::P, 60_000 + 100 * i)).collect();
        let calm: Vec<_> = (0..500).map(|_| picture(PictureKind::B, 5_000)).collect();
        for lookahead in [0, 40] {
            config.lookahead = Some(lookahead);
            let plan = allocate(&config, &[busy.clone(), calm.clone()]).expect("a plan");
            let total = plan[0].bits() + plan[1].bits();
            assert!((total / 30e6 - 1.0).abs() < 0.001, "{total}");
            assert!(plan[0].bits() > 2.0 * plan[1].bits());
            assert_eq!((plan[0].len(), plan[1].len()), (250, 500));
            // Without quality shared between macroblocks, calm pictures get a finer step.
            let finer = plan[0].pictures[100].qp - plan[1].pictures[400].qp;
            assert!(if lookahead == 0 { finer > 1.0 } else { finer.abs() < 2.1 }, "{finer}");
        }
        // Constant quality stays what it is where there is a lookahead.
        config.rate = RateControl::Crf(23.0);
        let plan = allocate(&config, &[busy.clone(), calm]).expect("a plan");
        assert!((plan[0].pictures[7].qp - plan[1].pictures[0].qp).abs() < 2.1 && plan[0].fixed);
        config.rate = RateControl::Cqp(23);
        assert!(allocate(&config, &[busy]).is_err());
    }
}
