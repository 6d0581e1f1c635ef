//! What is heard: how much an error in a band weighs.
//!
//! Errors hide behind sound of about their frequency. How loud that sound is at a band is the energy of the bands around it, each
//! spread over its neighbours as the ear does. An error's weight is that energy to a power below one: constant
//! distance between sound and error would be a power of one, an error of one level everywhere a power of zero; in between, what is loud is
//! kept better than what is soft, which is what remains to be chosen where bits don't reach for all.

use super::bands::Bands;
use super::math::{exp2, from_db, log2};
use super::quant::Quantiser;
use crate::aac::syntax::ics::MAX_BANDS;

/// The power of loudness that errors may follow.
const SHAPE: f32 = 0.65;
/// The power of the number of lines in a critical band at which each of them matters.
const CROWDED: f32 = -0.45;
/// The energy of a line at which an error of that energy weighs 1.
const UNIT: f32 = 1e6;
/// A sound that begins may hide this much more than the block before, no more: what comes before it would be heard.
const ONSET: f32 = 4.0;

/// Zwicker's scale of critical bands.
fn bark(hz: f32) -> f32 {
    let high = hz / 7500.0;
    13.0 * libm::atanf(0.00076 * hz) + 3.5 * libm::atanf(high * high)
}

/// The threshold in quiet in dB of sound pressure (Terhardt).
fn quiet(hz: f32) -> f32 {
    let k = hz / 1000.0;
    3.64 * libm::powf(k, -0.8) - 6.5 * libm::expf(-0.6 * (k - 3.3) * (k - 3.3)) + 0.001 * k * k * k * k
}

/// What windows of one length need to know of their bands.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// How much of a band is heard in the band above, and of the band above in it.
    up: [f32; 64],
    down: [f32; 64],
    /// What a line in a band must exceed to be heard at all.
    quiet: [f32; 64],
    /// Weight of a band beside its loudness.
    importance: [f32; 64],
    widths: [f32; 64],
    /// Hz
    centres: [f32; 64],
}

impl Model {
    pub(crate) fn new(offsets: &[u16], lines: usize, sample_rate: u32) -> Self {
        let hz = |line: f32| line * sample_rate as f32 / (2 * lines) as f32;
        let centre = |b: usize| bark(hz(f32::from(offsets[b] + offsets[b + 1]) / 2.0));
        let mut model = Self {
            up: [0.0; 64],
            down: [0.0; 64],
            quiet: [0.0; 64],
            importance: [1.0; 64],
            widths: [1.0; 64],
            centres: [0.0; 64],
        };
        // A sine of full scale has a line of about 152 dB in a long window; let it be heard with 100 dB.
        let scale = 52.0 + 20.0 * libm::log10f(lines as f32 / 1024.0);
        for b in 0..offsets.len() - 1 {
            if b > 0 {
                let distance = centre(b) - centre(b - 1);
                model.up[b] = from_db(-15.0 * distance);
                model.down[b - 1] = from_db(-30.0 * distance);
            }
            let width = f32::from(offsets[b + 1] - offsets[b]);
            model.widths[b] = width;
            model.centres[b] = hz(f32::from(offsets[b] + offsets[b + 1]) / 2.0);
            let (low, high) = (hz(f32::from(offsets[b])), hz(f32::from(offsets[b + 1])));
            let least = quiet(low.max(20.0)).min(quiet(high)).min(quiet((low + high) / 2.0)).min(60.0);
            model.quiet[b] = from_db(least + scale - 15.0);
            // Lines that share a critical band with many others matter less each.
            let per_bark = width / (bark(high) - bark(low)).max(1e-3) * (1024 / lines) as f32;
            model.importance[b] = libm::powf(per_bark / 10.0, CROWDED);
        }
        model
    }

    /// The middle of a band of a window, in Hz.
    pub(crate) fn centre(&self, sfb: usize) -> f32 {
        self.centres[sfb]
    }

    /// How loud it is at each band: energy of a line. `before` holds that of the long block before, which bounds it, and takes that of
    /// this.
    pub(crate) fn loudness(
        &self,
        bands: &Bands,
        quantiser: &Quantiser,
        before: Option<&mut [f32; 64]>,
        loudness: &mut [f32; MAX_BANDS],
    ) {
        let n = bands.per_group;
        for g in 0..bands.groups {
            let windows = bands.windows(g * n) as f32;
            let l = &mut loudness[g * n..(g + 1) * n];
            for sfb in 0..n {
                l[sfb] = quantiser.energy[g * n + sfb] / (self.widths[sfb] * windows);
            }
            for sfb in 1..n {
                l[sfb] = l[sfb].max(l[sfb - 1] * self.up[sfb]);
            }
            for sfb in (0..n - 1).rev() {
                l[sfb] = l[sfb].max(l[sfb + 1] * self.down[sfb]);
            }
            for sfb in 0..n {
                l[sfb] = l[sfb].max(self.quiet[sfb]);
            }
        }
        if let Some(before) = before {
            for sfb in 0..n {
                let now = loudness[sfb];
                loudness[sfb] = now.min(ONSET * before[sfb]).max(0.01 * now).max(self.quiet[sfb]);
                before[sfb] = now;
            }
        }
    }

    /// Weights of errors.
    pub(crate) fn weights(&self, bands: &Bands, loudness: &[f32; MAX_BANDS], weights: &mut [f32; MAX_BANDS]) {
        for b in 0..bands.count() {
            let shape = exp2(-SHAPE * log2(loudness[b] / UNIT));
            weights[b] = self.importance[b % bands.per_group] * shape / UNIT;
        }
    }

    /// The loudness that makes a short block's successor free to be as loud as it is.
    pub(crate) const ANY: [f32; 64] = [f32::MAX; 64];
}
