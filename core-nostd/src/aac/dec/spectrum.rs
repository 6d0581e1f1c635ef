//! From quantised numbers to spectra: inverse quantisation and scalefactors (4.6.1, 4.6.2), noise (4.6.13), and the stereo tools
//! (4.6.8).

use crate::aac::math::{exp2_quarters, sqrt};
use crate::aac::syntax::ics::{Format, INTENSITY_HCB, INTENSITY_HCB2, Ics, MAX_BANDS, NOISE_HCB, ZERO_HCB};
use crate::aac::syntax::stereo::Pair;
use transcode_simd::Kernels;

/// Numbers that sound like noise: a linear congruential generator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise(u32);

impl Noise {
    /// The state at the start of a stream. The standard leaves generator and state open: this is FFmpeg's, so that streams with noise can
    /// be compared sample by sample.
    pub(crate) const START: Self = Self(0x1f2e_3d4c);

    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The low bits repeat soon, but hardly count.
        self.0 as i32 as f32
    }

    /// Fills `out` with noise of the energy `level * level`.
    fn fill(&mut self, out: &mut [f32], level: f32) {
        let mut energy = 0.0;
        for v in out.iter_mut() {
            *v = self.next();
            energy += *v * *v;
        }
        let gain = if energy > 0.0 { level / sqrt(energy) } else { 0.0 };
        for v in out {
            *v *= gain;
        }
    }
}

/// The states of the generator at the bands of the first channel of a pair, for noise that both have in common.
pub(crate) type NoiseSeeds = [u32; MAX_BANDS];

/// Makes the spectrum of a channel. `pair`: it is the second channel of one.
pub(crate) fn rescale(
    kernels: Kernels,
    ics: &Ics,
    format: &Format,
    quantised: &[i16],
    spectrum: &mut [f32],
    noise: &mut Noise,
    seeds: &mut NoiseSeeds,
    pair: Option<&Pair>,
) {
    spectrum.fill(0.0);
    let short = format.short_length();
    ics.info.all_bands(format).for_each(|band| {
        let (book, scalefactor) = (ics.books[band.index], i32::from(ics.scalefactors[band.index]));
        let windows = (band.window..band.window + band.windows).map(|w| w * short + band.start);
        match book {
            ZERO_HCB | INTENSITY_HCB | INTENSITY_HCB2 => {}
            NOISE_HCB => {
                let level = exp2_quarters(scalefactor);
                let mut common;
                let source = match pair {
                    Some(pair) if pair.ms(band.index) => {
                        common = Noise(seeds[band.index]);
                        // Noise that comes later does not depend on what bands have in common.
                        (0..band.windows * band.width).for_each(|_| _ = noise.next());
                        &mut common
                    }
                    Some(_) => &mut *noise,
                    None => {
                        seeds[band.index] = noise.0;
                        &mut *noise
                    }
                };
                for start in windows {
                    source.fill(&mut spectrum[start..start + band.width], level);
                }
            }
            _ => {
                let gain = exp2_quarters(scalefactor - 100);
                for start in windows {
                    let place = start..start + band.width;
                    kernels.dequantise(&mut spectrum[place.clone()], &quantised[place], gain);
                }
            }
        }
    });
}

/// M/S stereo (4.6.8.1): middle and side become left and right.
pub(crate) fn mid_side(pair: &Pair, format: &Format, ics: [&Ics; 2], left: &mut [f32], right: &mut [f32]) {
    if !pair.has_mask {
        return;
    }
    let short = format.short_length();
    ics[0].info.all_bands(format).for_each(|band| {
        let coded = |i: &Ics| !matches!(i.books[band.index], NOISE_HCB | INTENSITY_HCB | INTENSITY_HCB2);
        if !pair.ms(band.index) || !coded(ics[0]) || !coded(ics[1]) {
            return;
        }
        for w in band.window..band.window + band.windows {
            let start = w * short + band.start;
            let place = start..start + band.width;
            for (l, r) in left[place.clone()].iter_mut().zip(&mut right[place]) {
                (*l, *r) = (*l + *r, *l - *r);
            }
        }
    });
}

/// Intensity stereo (4.6.8.2): bands of the right channel are the left ones, scaled.
pub(crate) fn intensity(pair: &Pair, format: &Format, right_ics: &Ics, left: &[f32], right: &mut [f32]) {
    let short = format.short_length();
    right_ics.info.all_bands(format).for_each(|band| {
        let sign = match right_ics.books[band.index] {
            INTENSITY_HCB => 1.0,
            INTENSITY_HCB2 => -1.0,
            _ => return,
        };
        // What means M/S elsewhere turns the phase, and "all bands" has bands of both kinds in real streams.
        let sign = if pair.ms(band.index) { -sign } else { sign };
        let gain = sign * exp2_quarters(-i32::from(right_ics.scalefactors[band.index]));
        for w in band.window..band.window + band.windows {
            let start = w * short + band.start;
            let place = start..start + band.width;
            for (r, l) in right[place.clone()].iter_mut().zip(&left[place]) {
                *r = l * gain;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_energy_that_is_asked_for() {
        let mut out = [0.0; 32];
        let mut noise = Noise(1);
        for level in [1.0, 500.0, 1e-3] {
            noise.fill(&mut out, level);
            let energy: f32 = out.iter().map(|v| v * v).sum();
            assert!((energy / (level * level) - 1.0).abs() < 1e-5);
        }
    }
}
