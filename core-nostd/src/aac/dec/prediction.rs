//! Backward-adaptive prediction of AAC Main (4.6.7): a lattice of order 2 for each coefficient, fed by what was decoded. Its states are
//! kept in 16 bits of a float, so that every decoder has the same.

use crate::aac::syntax::ics::{Format, IcsInfo, WindowSequence};
use crate::aac::tables::pred_sfb_max;

/// Coefficients that can be predicted.
pub(crate) const MAX_PREDICTORS: usize = 672;

/// The state of one coefficient's predictor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Predictor {
    r: [f32; 2],
    cor: [f32; 2],
    var: [f32; 2],
}

impl Predictor {
    pub(crate) const RESET: Self = Self { r: [0.0; 2], cor: [0.0; 2], var: [1.0; 2] };

    /// Predicts and learns; `add`: the prediction is part of the coefficient.
    #[inline]
    fn step(&mut self, coefficient: &mut f32, add: bool) {
        /// The attenuation of the lattice's states.
        const A: f32 = 61.0 / 64.0;
        /// How fast the estimates forget.
        const ALPHA: f32 = 29.0 / 32.0;
        let [r0, r1] = self.r;
        let gain = |m: usize| if self.var[m] > 1.0 { self.cor[m] * to_nearest_even(A / self.var[m]) } else { 0.0 };
        let (k0, k1) = (gain(0), gain(1));
        if add {
            *coefficient += to_nearest(k0 * r0 + k1 * r1);
        }
        let e0 = *coefficient;
        let e1 = e0 - k0 * r0;
        self.cor = [cut(ALPHA * self.cor[0] + r0 * e0), cut(ALPHA * self.cor[1] + r1 * e1)];
        self.var = [
            cut(ALPHA * self.var[0] + 0.5 * (r0 * r0 + e0 * e0)),
            cut(ALPHA * self.var[1] + 0.5 * (r1 * r1 + e1 * e1)),
        ];
        self.r = [cut(A * e0), cut(A * (r0 - k0 * e0))];
    }
}

/// A float's upper 16 bits.
fn cut(v: f32) -> f32 {
    f32::from_bits(v.to_bits() & 0xffff_0000)
}

/// The nearest float of 16 bits, away from zero between two.
fn to_nearest(v: f32) -> f32 {
    f32::from_bits(v.to_bits().wrapping_add(0x8000) & 0xffff_0000)
}

/// The nearest float of 16 bits, the even one between two.
fn to_nearest_even(v: f32) -> f32 {
    let bits = v.to_bits();
    f32::from_bits(bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
}

/// Predicts a channel's spectrum and lets its predictors learn.
pub(crate) fn predict(predictors: &mut [Predictor], info: &IcsInfo, format: &Format, spectrum: &mut [f32]) {
    if info.sequence == WindowSequence::EightShort {
        predictors.fill(Predictor::RESET);
        return;
    }
    let bands = info.bands(format);
    for sfb in 0..pred_sfb_max(format.frequency_index).min(bands.count()) {
        let add = info.prediction && info.prediction_used >> sfb & 1 != 0;
        let place = bands.start(sfb)..bands.start(sfb + 1);
        for (p, v) in predictors[place.clone()].iter_mut().zip(&mut spectrum[place]) {
            p.step(v, add);
        }
    }
    if info.reset_group > 0 {
        predictors.iter_mut().skip(usize::from(info.reset_group) - 1).step_by(30).for_each(|p| *p = Predictor::RESET);
    }
}
