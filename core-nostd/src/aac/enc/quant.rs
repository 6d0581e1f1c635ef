//! Quantisation of a band with a scalefactor: its error and its bits.

use super::bands::{Bands, LINES};
use super::coded::Coded;
use super::math::{exp2_quarter_steps, log2, sqrt};
use super::scalefactors::Scale;
use crate::aac::huffman::write::least_bits;
use crate::aac::syntax::ics::{INTENSITY_HCB, INTENSITY_HCB2, MAX_BANDS, NOISE_HCB, ZERO_HCB};
use transcode_simd::Kernels;

/// What is added before the fraction is cut: the decision point that is best for the distribution of spectra.
const ROUNDING: f32 = 0.4054;
/// The largest magnitude that can be written.
const LARGEST: f32 = 8191.0;

/// What a band costs with a scalefactor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    scalefactor: i16,
    pub(crate) bits: u16,
    /// Energy of the error.
    pub(crate) error: f32,
}

/// Scalefactors that are kept of each band.
const KEPT: usize = 32;

/// The spectrum of a channel, ready to be quantised, and what was tried of it.
#[derive(Debug)]
pub(crate) struct Quantiser {
    kernels: Kernels,
    pub(crate) spectrum: [f32; LINES],
    /// Magnitudes to the power of 3/4.
    powers: [f32; LINES],
    trials: [[Trial; KEPT]; MAX_BANDS],
    /// Where a trial is made.
    tried: [i16; LINES],
    values: [f32; LINES],
    pub(crate) energy: [f32; MAX_BANDS],
    /// Sum of the square roots of the magnitudes.
    pub(crate) form: [f32; MAX_BANDS],
    /// Largest magnitude to the power of 3/4.
    pub(crate) peak: [f32; MAX_BANDS],
}

const NONE: Trial = Trial { scalefactor: -1, bits: 0, error: 0.0 };

impl Quantiser {
    pub(crate) fn new(kernels: Kernels) -> Self {
        Self {
            kernels,
            spectrum: [0.0; LINES],
            powers: [0.0; LINES],
            trials: [[NONE; KEPT]; MAX_BANDS],
            tried: [0; LINES],
            values: [0.0; LINES],
            energy: [0.0; MAX_BANDS],
            form: [0.0; MAX_BANDS],
            peak: [0.0; MAX_BANDS],
        }
    }

    /// Takes the spectrum that was put into `self.spectrum`.
    pub(crate) fn prepare(&mut self, bands: &Bands) {
        for b in 0..bands.count() {
            self.trials[b].fill(NONE);
            let (mut energy, mut form, mut peak) = (0.0f32, 0.0f32, 0.0f32);
            for i in bands.lines(b) {
                let magnitude = self.spectrum[i].abs();
                let root = sqrt(magnitude);
                let power = sqrt(magnitude * root);
                self.powers[i] = power;
                energy += magnitude * magnitude;
                form += root;
                peak = peak.max(power);
            }
            (self.energy[b], self.form[b], self.peak[b]) = (energy, form, peak);
        }
    }

    /// Bits and error of band `b` with a scalefactor.
    pub(crate) fn trial(&mut self, bands: &Bands, b: usize, scalefactor: i16) -> Trial {
        let kept = self.trials[b][scalefactor as usize % KEPT];
        if kept.scalefactor == scalefactor {
            return kept;
        }
        let lines = bands.lines(b);
        let quantised = &mut self.tried[..lines.len()];
        let values = &mut self.values[..lines.len()];
        let largest = quantise(&self.powers[lines.clone()], &self.spectrum[lines.clone()], scalefactor, quantised);
        let gain = exp2_quarter_steps(i32::from(scalefactor) - 100);
        self.kernels.dequantise(values, quantised, gain);
        let mut error = 0.0;
        for (v, x) in values.iter().zip(&self.spectrum[lines]) {
            let d = v - x;
            error += d * d;
        }
        let bits = least_bits(quantised, largest).min(u32::from(u16::MAX)) as u16;
        let trial = Trial { scalefactor, bits, error };
        self.trials[b][scalefactor as usize % KEPT] = trial;
        trial
    }

    /// Quantises the whole spectrum with `scales`. Bands of lines that turn out as zeros lose their scalefactor.
    pub(crate) fn finish(&self, bands: &Bands, scales: &[Scale; MAX_BANDS], coded: &mut Coded) {
        let (mut max_sfb, mut noise_before) = (0, None);
        for b in 0..bands.count() {
            let lines = bands.lines(b);
            let out = &mut coded.quantised[lines.clone()];
            (coded.largest[b], coded.books[b]) = (0, ZERO_HCB);
            if let Scale::Lines(scalefactor) = scales[b] {
                coded.scalefactors[b] = scalefactor;
                coded.largest[b] = quantise(&self.powers[lines.clone()], &self.spectrum[lines], scalefactor, out);
            } else {
                out.fill(0);
            }
            match scales[b] {
                Scale::Noise => {
                    // The energy of the band is 2^(level / 2); 4.6.13.3. A step is 60 at most.
                    let level = libm::roundf(2.0 * log2(self.energy[b].max(1.0))) as i16;
                    let level = noise_before.map_or(level, |n: i16| level.clamp(n - 60, n + 60)).clamp(0, 155);
                    noise_before = Some(level);
                    (coded.books[b], coded.scalefactors[b]) = (NOISE_HCB, level);
                }
                Scale::Intensity { position, inverted } => {
                    coded.books[b] = if inverted { INTENSITY_HCB2 } else { INTENSITY_HCB };
                    coded.scalefactors[b] = position.into();
                }
                Scale::Zero | Scale::Lines(_) => {}
            }
            if coded.largest[b] > 0 || coded.books[b] != ZERO_HCB {
                max_sfb = max_sfb.max(b % bands.per_group + 1);
            }
        }
        coded.max_sfb = max_sfb;
    }
}

/// Quantises lines, given with their magnitudes to the power of 3/4; returns the largest magnitude.
fn quantise(powers: &[f32], spectrum: &[f32], scalefactor: i16, out: &mut [i16]) -> u16 {
    // 2^(-3/16 (sf - 100))
    let gain = exp2_sixteenths(-3 * (i32::from(scalefactor) - 100));
    let mut largest = 0;
    for ((q, &power), &x) in out.iter_mut().zip(powers).zip(spectrum) {
        let magnitude = (power * gain + ROUNDING).min(LARGEST) as i32 as i16;
        largest = largest.max(magnitude);
        *q = if x < 0.0 { -magnitude } else { magnitude };
    }
    largest as u16
}

/// `2^(n/16)`
fn exp2_sixteenths(n: i32) -> f32 {
    const FRACTIONS: [f32; 4] = [1.0, 1.044_273_8, 1.090_507_7, 1.138_788_6];
    exp2_quarter_steps(n >> 2) * FRACTIONS[(n & 3) as usize]
}
