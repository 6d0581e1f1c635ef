//! Tonality: how well what sounds could be told from what sounded before.
//!
//! The magnitude of a steady tone goes on as it was; that of noise is another in each block. A line of a cosine transform turns with the
//! tone's phase; together with its neighbours, which stand for the sine transform, it does not.

use super::bands::{Bands, LINES};
use super::math::sqrt;

/// Magnitudes of the two long blocks before.
#[derive(Debug, Clone)]
pub(crate) struct History {
    before: [[f32; LINES]; 2],
    /// Long blocks in a row, up to 2.
    blocks: u8,
}

impl History {
    pub(crate) fn new() -> Self {
        Self { before: [[0.0; LINES]; 2], blocks: 0 }
    }

    /// Forgets: short blocks say nothing of lines.
    pub(crate) fn clear(&mut self) {
        self.blocks = 0;
    }

    /// Takes the spectrum of a long block. Tells of each band from `first` on how predictable it is: 1 is a steady tone, noise is about at
    /// 0.5, and so is all as long as there were no two blocks before.
    pub(crate) fn measure(&mut self, bands: &Bands, first: usize, spectrum: &[f32; LINES], out: &mut [f32; 64]) {
        let [one, two] = &mut self.before;
        let at = |i: usize| spectrum.get(i).copied().unwrap_or(0.0);
        for b in first..bands.count() {
            let (mut sum, mut off) = (1e-9f32, 0.0f32);
            for i in bands.lines(b) {
                let sine = at(i + 1) - at(i.wrapping_sub(1));
                let now = sqrt(spectrum[i] * spectrum[i] + sine * sine);
                let foretold = 2.0 * one[i] - two[i];
                sum += now * now;
                off += now * now * (now - foretold).abs() / (now + foretold.abs() + 1e-9);
                (one[i], two[i]) = (now, one[i]);
            }
            out[b] = if self.blocks < 2 { 0.5 } else { 1.0 - off / sum };
        }
        self.blocks = (self.blocks + 1).min(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aac::filterbank::{FilterBank, Shape};
    use crate::aac::syntax::ics::WindowSequence;
    use alloc::vec::Vec;
    use transcode_simd::Kernels;

    #[test]
    fn tones_are_predictable_and_noise_is_not() {
        let bands = Bands::long(WindowSequence::OnlyLong, 4, 49);
        let mut bank = FilterBank::new(Kernels::scalar(), LINES as u16);
        let mut seed = 1u32;
        let mut noise = |_: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed as i32 as f32 / 2_147_483_648.0
        };
        let mut tone = |n: usize| (n as f32 * 0.9).sin();
        let mut predictability = |signal: &mut dyn FnMut(usize) -> f32| {
            let samples: Vec<f32> = (0..8 * LINES).map(&mut *signal).collect();
            let (mut history, mut out) = (History::new(), [0.0; 64]);
            let (mut spectrum, mut sums) = ([0.0; LINES], [0.0f32; 64]);
            for frame in 0..7 {
                let mut block: [f32; 2 * LINES] = core::array::from_fn(|i| samples[frame * LINES + i]);
                let shape = Shape { sequence: WindowSequence::OnlyLong, before: 1, now: 1 };
                bank.analyse(&mut block[..], shape, &mut spectrum);
                history.measure(&bands, 0, &spectrum, &mut out);
                if frame < 2 {
                    assert!(out[..49].iter().all(|&t| t == 0.5));
                } else {
                    sums.iter_mut().zip(&out).for_each(|(s, o)| *s += o / 5.0);
                }
            }
            sums
        };
        let of_noise = predictability(&mut noise);
        let mean = of_noise[20..49].iter().sum::<f32>() / 29.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
        // The band of the tone: line 293 of 1024.
        let b = (0..49).find(|&b| bands.lines(b).contains(&293)).unwrap();
        let of_tone = predictability(&mut tone);
        assert!(of_tone[b] > 0.75, "{}", of_tone[b]);
    }
}
