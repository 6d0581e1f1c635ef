//! The complex filterbanks of 32 and 64 bands (4.6.18.4): sums of a DCT-IV and a DST-IV, which is a DCT-IV of what is reversed.

use super::low_delay::LOW_DELAY_PROTOTYPE;
use super::tables::PROTOTYPE;
use crate::aac::filterbank::trig::sin_cos;
use crate::aac::filterbank::{DCT4_32, DCT4_64, Transform};
use transcode_simd::Kernels;

/// Real and imaginary part.
pub(crate) type Complex = [f32; 2];

/// Samples of full scale as the standard counts them.
const FULL_SCALE: f32 = 32768.0;

/// `exp(-i pi * numerator * (2 k + 1) / 256)`
const fn rotations<const N: usize>(numerator: u64) -> [Complex; N] {
    let mut table = [[0.0; 2]; N];
    let mut k = 0;
    while k < N {
        let (s, c) = sin_cos(numerator * (2 * k as u64 + 1), 512);
        table[k] = [c as f32, -s as f32];
        k += 1;
    }
    table
}

/// What shifts the phase of an analysis by three quarters of a sample, and that of a down-sampled synthesis by one.
static ANALYSIS_ROTATION: [Complex; 32] = rotations(3);
static SYNTHESIS_ROTATION: [Complex; 32] = rotations(1);

/// The same of the low-delay filterbanks (4.6.19.4), whose phases count from elsewhere: `2 n - 95` for analysis, `2 n - 63` for synthesis
/// of 64 bands, and so `2 n - 31` for 32. The sign of a whole turn comes with the synthesis.
static LOW_DELAY_ANALYSIS_ROTATION: [Complex; 32] = rotations(192);
static LOW_DELAY_SYNTHESIS_ROTATION: [Complex; 64] = rotations(64 + 256);
static LOW_DELAY_DOWN_ROTATION: [Complex; 32] = rotations(64 + 256);

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

/// Analysis into 32 bands.
#[derive(Debug)]
pub(crate) struct Analysis {
    /// The newest first.
    samples: [f32; 320],
    window: &'static [f32; 320],
    rotation: &'static [Complex; 32],
}

impl Analysis {
    pub(crate) fn new(low_delay: bool) -> Self {
        let (window, rotation) = if low_delay {
            (&LOW_DELAY_WINDOW_32, &LOW_DELAY_ANALYSIS_ROTATION)
        } else {
            (&WINDOW_32, &ANALYSIS_ROTATION)
        };
        Self { samples: [0.0; 320], window, rotation }
    }

    /// Takes 32 samples, full scale as 1, and gives a slot of 32 bands, full scale as 32768.
    pub(crate) fn slot(&mut self, k: Kernels, transform: &mut Transform, input: &[f32], out: &mut [Complex; 32]) {
        self.samples.copy_within(..288, 32);
        for (s, v) in self.samples[..32].iter_mut().zip(input.iter().rev()) {
            *s = *v;
        }
        let mut u = [0.0f32; 64];
        for j in 0..5 {
            for n in 0..64 {
                u[n] += self.samples[64 * j + n] * self.window[64 * j + n];
            }
        }
        let mut folded = [0.0; 32];
        for n in 0..32 {
            folded[n] = u[n] - u[63 - n];
        }
        for (o, v) in out.iter_mut().zip(transform.dct4(k, &DCT4_32, &folded, 2.0 * FULL_SCALE)) {
            o[0] = *v;
        }
        for n in 0..32 {
            folded[31 - n] = u[n] + u[63 - n];
        }
        for (o, v) in out.iter_mut().zip(transform.dct4(k, &DCT4_32, &folded, 2.0 * FULL_SCALE)) {
            o[1] = *v;
        }
        for (i, (o, r)) in out.iter_mut().zip(self.rotation).enumerate() {
            let [a, b] = [o[0], if i % 2 == 1 { -o[1] } else { o[1] }];
            *o = [a * r[0] - b * r[1], a * r[1] + b * r[0]];
        }
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

    /// The block that came `age` slots ago.
    fn block(&self, age: usize) -> &[f32; 128] {
        &self.blocks[(self.newest + age) % 10]
    }

    /// Takes a slot and gives 64 samples, or 32 where `out` has as many.
    pub(crate) fn slot(&mut self, k: Kernels, transform: &mut Transform, bands: &[Complex; 64], out: &mut [f32]) {
        let n = out.len();
        let scale = 1.0 / (64.0 * FULL_SCALE);
        let plan = if n == 32 { &DCT4_32 } else { &DCT4_64 };
        let (mut re, mut im) = ([0.0; 64], [0.0; 64]);
        let rotation: Option<&[Complex]> = match (n, self.low_delay) {
            (64, false) => None,
            (64, true) => Some(&LOW_DELAY_SYNTHESIS_ROTATION),
            (_, false) => Some(&SYNTHESIS_ROTATION),
            (_, true) => Some(&LOW_DELAY_DOWN_ROTATION),
        };
        for i in 0..n {
            let [mut a, mut b] = bands[i];
            if let Some(rotation) = rotation {
                let r = rotation[i];
                [a, b] = [a * r[0] - b * r[1], a * r[1] + b * r[0]];
            }
            (re[i], im[n - 1 - i]) = (a, b);
        }
        self.newest = (self.newest + 9) % 10;
        let block = &mut self.blocks[self.newest];
        for (m, c) in transform.dct4(k, plan, &re[..n], scale).iter().enumerate() {
            block[m] = -c;
            block[2 * n - 1 - m] = *c;
        }
        for (m, s) in transform.dct4(k, plan, &im[..n], scale).iter().enumerate() {
            let s = if m % 2 == 1 { -s } else { *s };
            block[m] += s;
            block[2 * n - 1 - m] += s;
        }
        out.fill(0.0);
        let window: &[f32] = match (n, self.low_delay) {
            (64, false) => &PROTOTYPE,
            (64, true) => &LOW_DELAY_PROTOTYPE,
            (_, false) => &WINDOW_32,
            (_, true) => &LOW_DELAY_WINDOW_32,
        };
        for i in 0..5 {
            let (even, odd) = (self.block(2 * i), self.block(2 * i + 1));
            let (first, second) = (2 * n * i, 2 * n * i + n);
            for j in 0..n {
                out[j] += even[j] * window[first + j] + odd[n + j] * window[second + j];
            }
        }
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
        let mut transform = Transform::new();
        let mut analysis = Analysis::new(false);
        let input = noise(320);
        let mut out = [[0.0; 2]; 32];
        for slot in input.chunks(32) {
            analysis.slot(Kernels::scalar(), &mut transform, slot, &mut out);
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
                let got = f64::from(out[k][c]) / 32768.0;
                assert!((got - sum[c]).abs() < 1e-5, "{k} {c}: {got} {}", sum[c]);
            }
        }
    }

    #[test]
    fn synthesis_is_its_definition() {
        for n in [64usize, 32] {
            let mut transform = Transform::new();
            let mut synthesis = Synthesis::new(false);
            let values = noise(2 * 64);
            let mut bands = [[0.0f32; 2]; 64];
            for (b, v) in bands.iter_mut().take(n).zip(values.chunks(2)) {
                *b = [v[0] * 32768.0, v[1] * 32768.0];
            }
            let mut out = vec![0.0; n];
            synthesis.slot(Kernels::scalar(), &mut transform, &bands, &mut out);
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
            let mut transform = Transform::new();
            let (mut analysis, mut synthesis) = (Analysis::new(false), Synthesis::new(false));
            let input: Vec<f32> = (0..2048).map(|i| (i as f32 * 0.3).sin() * 0.5).collect();
            let mut output = Vec::new();
            for slot in input.chunks(32) {
                let mut low = [[0.0; 2]; 32];
                analysis.slot(Kernels::scalar(), &mut transform, slot, &mut low);
                let mut bands = [[0.0; 2]; 64];
                bands[..32].copy_from_slice(&low);
                let mut out = vec![0.0; n];
                synthesis.slot(Kernels::scalar(), &mut transform, &bands, &mut out);
                output.extend_from_slice(&out);
            }
            let energy: f32 = output[1024 * n / 32..].iter().map(|v| v * v).sum::<f32>() / (1024 * n / 32) as f32;
            assert!((energy / 0.125 - 1.0).abs() < 0.01, "{n}: {energy}");
        }
    }
}
