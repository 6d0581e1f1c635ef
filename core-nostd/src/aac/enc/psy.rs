//! What is heard: thresholds below which an error hides.

use super::bands::Bands;
use super::math::from_db;
use super::quant::Quantiser;
use crate::aac::syntax::ics::MAX_BANDS;

/// Zwicker's scale of critical bands.
pub(crate) fn bark(hz: f32) -> f32 {
    13.0 * libm::atanf(0.00076 * hz) + 3.5 * libm::atanf((hz / 7500.0) * (hz / 7500.0))
}

/// The threshold in quiet in dB of sound pressure (Terhardt).
fn quiet(hz: f32) -> f32 {
    let k = hz / 1000.0;
    3.64 * libm::powf(k, -0.8) - 6.5 * libm::expf(-0.6 * (k - 3.3) * (k - 3.3)) + 0.001 * k * k * k * k
}

/// What a frame of one kind (long or short windows) needs to know of the bands of one window.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// How much of a band's energy masks the band above and below.
    up: [f32; 64],
    down: [f32; 64],
    /// Threshold in quiet of a band, as energy.
    quiet: [f32; 64],
    /// By how much the weight of a band exceeds one over the threshold.
    importance: [f32; 64],
    /// Masker to masked within a band.
    ratio: [f32; 64],
}

impl Model {
    pub(crate) fn new(offsets: &[u16], lines: usize, sample_rate: u32) -> Self {
        let hz = |line: f32| line * sample_rate as f32 / (2 * lines) as f32;
        let centre = |b: usize| bark(hz(f32::from(offsets[b] + offsets[b + 1]) / 2.0));
        let mut model =
            Self { up: [0.0; 64], down: [0.0; 64], quiet: [0.0; 64], importance: [1.0; 64], ratio: [0.0; 64] };
        for b in 0..offsets.len() - 1 {
            if b > 0 {
                let distance = centre(b) - centre(b - 1);
                model.up[b] = from_db(-15.0 * distance);
                model.down[b - 1] = from_db(-27.0 * distance);
            }
            let width = f32::from(offsets[b + 1] - offsets[b]);
            let (low, high) = (hz(f32::from(offsets[b])), hz(f32::from(offsets[b + 1])));
            let least = quiet(low.max(20.0)).min(quiet(high)).min(quiet((low + high) / 2.0)).min(60.0);
            // A sine of full scale has a line of about 152 dB in a long window; let it be heard with 100 dB.
            let scale = 52.0 + 20.0 * libm::log10f(lines as f32 / 1024.0);
            model.quiet[b] = from_db(least + scale) * width;
            model.importance[b] = libm::sqrtf(width);
            model.ratio[b] = from_db(-16.0);
        }
        model
    }

    /// Thresholds of the bands of `quantiser`'s spectrum, and from them the weights of errors.
    pub(crate) fn thresholds(&self, bands: &Bands, quantiser: &Quantiser, thresholds: &mut [f32; MAX_BANDS]) {
        let n = bands.per_group;
        for g in 0..bands.groups {
            let t = &mut thresholds[g * n..(g + 1) * n];
            for sfb in 0..n {
                t[sfb] = quantiser.energy[g * n + sfb] * self.ratio[sfb];
            }
            for sfb in 1..n {
                t[sfb] = t[sfb].max(t[sfb - 1] * self.up[sfb]);
            }
            for sfb in (0..n - 1).rev() {
                t[sfb] = t[sfb].max(t[sfb + 1] * self.down[sfb]);
            }
            let windows = bands.windows(g * n) as f32;
            for sfb in 0..n {
                t[sfb] = t[sfb].max(self.quiet[sfb] * windows);
            }
        }
    }

    /// Weights of errors from thresholds.
    pub(crate) fn weights(&self, bands: &Bands, thresholds: &[f32; MAX_BANDS], weights: &mut [f32; MAX_BANDS]) {
        for b in 0..bands.count() {
            weights[b] = self.importance[b % bands.per_group] / thresholds[b];
        }
    }
}
