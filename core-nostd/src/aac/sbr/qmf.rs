//! The complex filterbanks of 32 and 64 bands (4.6.18.4): sums of a DCT-IV and a DST-IV, which is a DCT-IV of what is reversed.

use super::low_delay::LOW_DELAY_PROTOTYPE;
use super::tables::PROTOTYPE;
use crate::aac::filterbank::trig::sin_cos;
use crate::aac::filterbank::{PAIR_32, PAIR_64};
use transcode_simd::Kernels;

/// Real and imaginary part.
pub(crate) type Complex = [f32; 2];
/// The bands of a slot: real parts, then imaginary parts.
pub(crate) type Bands = [[f32; 64]; 2];
/// The lower bands of a slot.
pub(crate) type LowBands = [[f32; 32]; 2];

/// Samples of full scale as the standard counts them.
const FULL_SCALE: f32 = 32768.0;

/// What turns band `k` by `-pi * numerator * (2 k + 1) / 256`: factors of [`Kernels::rotate`]. `alternate`: imaginary parts of odd bands come
/// negated.
const fn rotations<const N: usize>(numerator: u64, alternate: bool) -> [[f32; N]; 4] {
    let mut table = [[0.0; N]; 4];
    let mut k = 0;
    while k < N {
        let (s, c) = sin_cos(numerator * (2 * k as u64 + 1), 512);
        let sign = if alternate && k % 2 == 1 { -1.0 } else { 1.0 };
        (table[0][k], table[1][k]) = (c as f32, -s as f32);
        (table[2][k], table[3][k]) = (sign * c as f32, -sign * s as f32);
        k += 1;
    }
    table
}

/// What shifts the phase of an analysis by three quarters of a sample, and that of a down-sampled synthesis by one.
static ANALYSIS_ROTATION: [[f32; 32]; 4] = rotations(3, true);
static SYNTHESIS_ROTATION: [[f32; 32]; 4] = rotations(1, false);

/// The same of the low-delay filterbanks (4.6.19.4), whose phases count from elsewhere: `2 n - 95` for analysis, `2 n - 63` for synthesis
/// of 64 bands, and so `2 n - 31` for 32. The sign of a whole turn comes with the synthesis.
static LOW_DELAY_ANALYSIS_ROTATION: [[f32; 32]; 4] = rotations(192, true);
static LOW_DELAY_SYNTHESIS_ROTATION: [[f32; 64]; 4] = rotations(64 + 256, false);
static LOW_DELAY_DOWN_ROTATION: [[f32; 32]; 4] = rotations(64 + 256, false);

/// The window for 32 bands: of 64 every other value, or of the low-delay one the means of two.
static WINDOW_32: [f32; 320] = {
    let mut window = [0.0; 320];
    let mut n = 0;
    while n < 320 {
        window[n] = PROTOTYPE[2 * n];
        n += 1;
    }
    window
};
static LOW_DELAY_WINDOW_32: [f32; 320] = {
    let mut window = [0.0; 320];
    let mut n = 0;
    while n < 320 {
        window[n] = 0.5 * (LOW_DELAY_PROTOTYPE[2 * n] + LOW_DELAY_PROTOTYPE[2 * n + 1]);
        n += 1;
    }
    window
};

/// Slots for which an analysis takes samples before it moves those that it still needs.
const SLOTS: usize = 16;

/// Analysis into 32 bands.
#[derive(Debug)]
pub(crate) struct Analysis {
    /// The newest first: the last 320 begin at `at`.
    samples: [f32; 288 + 32 * SLOTS],
    at: usize,
    window: &'static [f32; 320],
    rotation: &'static [[f32; 32]; 4],
}

impl Analysis {
    pub(crate) fn new(low_delay: bool) -> Self {
        let (window, rotation) = if low_delay {
            (&LOW_DELAY_WINDOW_32, &LOW_DELAY_ANALYSIS_ROTATION)
        } else {
            (&WINDOW_32, &ANALYSIS_ROTATION)
        };
        Self { samples: [0.0; 288 + 32 * SLOTS], at: 32 * SLOTS, window, rotation }
    }

    /// Takes 32 samples, full scale as 1, and gives a slot of 32 bands, full scale as 32768.
    pub(crate) fn slot(&mut self, k: Kernels, input: &[f32], out: &mut LowBands) {
        if self.at == 0 {
            self.samples.copy_within(..288, 32 * SLOTS);
            self.at = 32 * SLOTS;
        }
        self.at -= 32;
        let samples = &mut self.samples[self.at..self.at + 320];
        for (s, v) in samples[..32].iter_mut().zip(input.iter().rev()) {
            *s = *v;
        }
        let (mut difference, mut sum) = ([0.0; 32], [0.0; 32]);
        k.qmf_fold([&mut difference, &mut sum], samples, self.window);
        let (mut re, mut im) = ([0.0; 32], [0.0; 32]);
        PAIR_32.run(k, [&mut re, &mut im], [&difference, &sum], 2.0 * FULL_SCALE);
        let ([out_re, out_im], [c, s, d, t]) = (out, self.rotation);
        k.rotate([out_re, out_im], [&re, &im], [c, s, d, t]);
    }
}

/// Synthesis from 64 bands, or from the lower 32 of them to half the rate.
#[derive(Debug, Clone)]
pub(crate) struct Synthesis {
    /// Ten blocks of 128 values (64 when down-sampled), the newest at `newest`.
    blocks: [[f32; 128]; 10],
    newest: usize,
    low_delay: bool,
}

impl Synthesis {
    pub(crate) fn new(low_delay: bool) -> Self {
        Self { blocks: [[0.0; 128]; 10], newest: 0, low_delay }
    }

    /// Takes a slot and gives 64 samples, or 32 where `out` has as many.
    pub(crate) fn slot(&mut self, k: Kernels, bands: &Bands, out: &mut [f32]) {
        let scale = 1.0 / (64.0 * FULL_SCALE);
        self.newest = (self.newest + 9) % 10;
        let block = &mut self.blocks[self.newest];
        let window: &[f32] = if out.len() == 32 {
            let rotation = if self.low_delay { &LOW_DELAY_DOWN_ROTATION } else { &SYNTHESIS_ROTATION };
            let (mut turned, [re, im]) = ([[0.0; 32]; 2], bands);
            let ([a, b], [c, s, d, t]) = (&mut turned, rotation);
            k.rotate([a, b], [&re[..32], &im[..32]], [c, s, d, t]);
            let (mut cosines, mut sines) = ([0.0; 32], [0.0; 32]);
            PAIR_32.run(k, [&mut cosines, &mut sines], [&turned[0], &turned[1]], scale);
            k.qmf_unfold(&mut block[..64], &cosines, &sines);
            if self.low_delay { &LOW_DELAY_WINDOW_32 } else { &WINDOW_32 }
        } else {
            let mut turned = [[0.0; 64]; 2];
            let mut source = bands;
            if self.low_delay {
                let ([a, b], [c, s, d, t]) = (&mut turned, &LOW_DELAY_SYNTHESIS_ROTATION);
                k.rotate([a, b], [&bands[0], &bands[1]], [c, s, d, t]);
                source = &turned;
            }
            let (mut cosines, mut sines) = ([0.0; 64], [0.0; 64]);
            PAIR_64.run(k, [&mut cosines, &mut sines], [&source[0], &source[1]], scale);
            k.qmf_unfold(block, &cosines, &sines);
            if self.low_delay { &LOW_DELAY_PROTOTYPE } else { &PROTOTYPE }
        };
        let (newer, older) = self.blocks.split_at(self.newest);
        let mut blocks: [&[f32]; 10] = [&[]; 10];
        for (b, block) in blocks.iter_mut().zip(older.iter().chain(newer)) {
            *b = block;
        }
        k.qmf_window(out, blocks, window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;
    use std::vec;
    use std::vec::Vec;

    fn noise(len: usize) -> Vec<f32> {
        let mut s = 9u32;
        (0..len)
            .map(|_| {
                s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                s as i32 as f32 / 2147483648.0
            })
            .collect()
    }

    #[test]
    fn analysis_is_its_definition() {
        let mut analysis = Analysis::new(false);
        let input = noise(320);
        let mut out = [[0.0; 32]; 2];
        for slot in input.chunks(32) {
            analysis.slot(Kernels::scalar(), slot, &mut out);
        }
        for k in 0..32 {
            let mut sum = [0f64; 2];
            for n in 0..64 {
                let u: f64 =
                    (0..5).map(|j| f64::from(input[319 - n - 64 * j]) * f64::from(PROTOTYPE[2 * (n + 64 * j)])).sum();
                let angle = PI / 64.0 * (k as f64 + 0.5) * (2.0 * n as f64 - 0.5);
                sum[0] += 2.0 * u * angle.cos();
                sum[1] += 2.0 * u * angle.sin();
            }
            for c in 0..2 {
                let got = f64::from(out[c][k]) / 32768.0;
                assert!((got - sum[c]).abs() < 1e-5, "{k} {c}: {got} {}", sum[c]);
            }
        }
    }

    #[test]
    fn synthesis_is_its_definition() {
        for n in [64usize, 32] {
            let mut synthesis = Synthesis::new(false);
            let values = noise(2 * 64);
            let mut bands = [[0.0f32; 64]; 2];
            for (b, v) in values.chunks(2).enumerate().take(n) {
                (bands[0][b], bands[1][b]) = (v[0] * 32768.0, v[1] * 32768.0);
            }
            let mut out = vec![0.0; n];
            synthesis.slot(Kernels::scalar(), &bands, &mut out);
            let offset = if n == 64 { 255.0 } else { 127.5 };
            for j in 0..n {
                let v: f64 = (0..n)
                    .map(|k| {
                        let angle = PI / (2 * n) as f64 * (k as f64 + 0.5) * (2.0 * j as f64 - offset);
                        let [a, b] = [f64::from(values[2 * k]), f64::from(values[2 * k + 1])];
                        (a * angle.cos() - b * angle.sin()) / 64.0
                    })
                    .sum();
                let want = v * f64::from(PROTOTYPE[64 / n * j]);
                assert!((f64::from(out[j]) - want).abs() < 1e-6, "{n} {j}: {} {want}", out[j]);
            }
        }
    }

    /// Analysis and synthesis together delay, and do not change, what lies in the lower half.
    #[test]
    fn the_banks_pass_the_signal() {
        for n in [64usize, 32] {
            let (mut analysis, mut synthesis) = (Analysis::new(false), Synthesis::new(false));
            let input: Vec<f32> = (0..2048).map(|i| (i as f32 * 0.3).sin() * 0.5).collect();
            let mut output = Vec::new();
            for slot in input.chunks(32) {
                let mut low = [[0.0; 32]; 2];
                analysis.slot(Kernels::scalar(), slot, &mut low);
                let mut bands = [[0.0; 64]; 2];
                bands[0][..32].copy_from_slice(&low[0]);
                bands[1][..32].copy_from_slice(&low[1]);
                let mut out = vec![0.0; n];
                synthesis.slot(Kernels::scalar(), &bands, &mut out);
                output.extend_from_slice(&out);
            }
            let energy: f32 = output[1024 * n / 32..].iter().map(|v| v * v).sum::<f32>() / (1024 * n / 32) as f32;
            assert!((energy / 0.125 - 1.0).abs() < 0.01, "{n}: {energy}");
        }
    }
}
