//! How many bits a picture will take, from what the lookahead knows of it.

use super::super::frame::FrameKind;
use super::{Ahead, step};

/// Bits of a slice that has nothing but skipped macroblocks.
const LEAST: f32 = 80.0;
/// What a new observation counts for.
const NEWS: f32 = 0.3;
/// Bits times step per unit of cost before anything has been coded, by kind: key, P, B that is a reference, B.
const START: [f32; 4] = [1.1, 0.8, 0.4, 0.25];
/// The same where quality is shared between macroblocks, which lowers the QP of what is reused.
const START_SHARED: [f32; 4] = [1.6, 1.0, 0.35, 0.15];

fn place(kind: FrameKind) -> usize {
    match kind {
        FrameKind::Key => 0,
        FrameKind::P => 1,
        FrameKind::BRef => 2,
        FrameKind::B => 3,
    }
}

/// Bits are about cost / step, up to a factor that is learnt for each kind of picture.
#[derive(Debug, Clone)]
pub(super) struct Predictor {
    factors: [f32; 4],
    learnt: [bool; 4],
}

impl Predictor {
    pub(super) fn new(shared: bool) -> Self {
        Self { factors: if shared { START_SHARED } else { START }, learnt: [false; 4] }
    }
    /// What [`Predictor::bits`] divides by the step.
    pub(super) fn weight(&self, picture: Ahead) -> f32 {
        self.factors[place(picture.kind)] * picture.cost
    }
    /// Bits at `qp`.
    pub(super) fn bits(&self, picture: Ahead, qp: f32) -> f32 {
        self.weight(picture) / step(qp) + LEAST
    }
    /// Takes the size of a picture into account.
    pub(super) fn learn(&mut self, picture: Ahead, qp: f32, bits: u64) {
        if picture.cost < 1.0 {
            return;
        }
        let i = place(picture.kind);
        let seen = (bits as f32 - LEAST).max(1.0) * step(qp) / picture.cost;
        // Pictures at which hardly anything changes say little of those at which much does.
        let seen = seen.clamp(self.factors[i] / 4.0, self.factors[i] * 4.0);
        let news = if self.learnt[i] { NEWS } else { 0.7 };
        // What one kind turns out to take tells of the kinds that have not come yet.
        if !self.learnt[i] {
            let ratio = libm::sqrtf(seen / self.factors[i]);
            for (f, l) in self.factors.iter_mut().zip(self.learnt) {
                *f *= if l { 1.0 } else { ratio };
            }
        }
        self.factors[i] += news * (seen - self.factors[i]);
        self.learnt[i] = true;
    }
}
