//! Windows and factors, built when the crate is compiled.
#![allow(long_running_const_eval, reason = "a few thousand sines")]

use super::trig::{bessel_i0, sin_cos, sqrt};
use transcode_simd::Kernels;

/// A discrete cosine transform of type IV: its factors, and the passes of its Fourier transform.
#[derive(Debug)]
pub(crate) struct Dct4Plan {
    /// Number of values.
    pub(crate) len: usize,
    /// `cos` and `sin` of `pi (8 k + 1) / (8 len)`.
    pub(crate) factors: [&'static [f32]; 2],
    /// Radices of the passes over `len / 2` points.
    pub(crate) radices: &'static [usize],
    /// Factors of all passes, one after the other.
    pub(crate) twiddles: [&'static [f32]; 2],
}

/// `cos` or `sin` of `pi (8 k + 1) / (8 len)` for `k` in `0..HALF`.
const fn rotation<const HALF: usize>(len: usize, sine: bool) -> [f32; HALF] {
    let mut table = [0.0; HALF];
    let mut k = 0;
    while k < HALF {
        let (s, c) = sin_cos(8 * k as u64 + 1, 16 * len as u64);
        table[k] = if sine { s } else { c } as f32;
        k += 1;
    }
    table
}

/// Factors that the passes need.
const fn twiddle_count(points: usize, radices: &[usize]) -> usize {
    let (mut total, mut left, mut i) = (0, points, 0);
    while i < radices.len() {
        let m = left / radices[i];
        if m > 1 {
            total += (radices[i] - 1) * m;
        }
        left = m;
        i += 1;
    }
    total
}

/// `cos` or `sin` of the factors of all passes.
const fn twiddles<const N: usize>(points: usize, radices: &[usize], sine: bool) -> [f32; N] {
    let mut table = [0.0; N];
    let (mut at, mut left, mut i) = (0, points, 0);
    while i < radices.len() {
        let m = left / radices[i];
        if m > 1 {
            let mut r = 1;
            while r < radices[i] {
                let mut p = 0;
                while p < m {
                    let (s, c) = sin_cos((p * r) as u64, left as u64);
                    table[at] = if sine { s } else { c } as f32;
                    at += 1;
                    p += 1;
                }
                r += 1;
            }
        }
        left = m;
        i += 1;
    }
    assert!(left == 1 && at == N);
    table
}

macro_rules! dct4 {
    ($name:ident, $len:literal, $radices:expr) => {
        #[allow(dead_code, reason = "some are for the decoder or the encoder alone")]
        pub(crate) static $name: Dct4Plan = {
            const RADICES: &[usize] = &$radices;
            const COUNT: usize = twiddle_count($len / 2, RADICES);
            static COS: [f32; $len / 2] = rotation($len, false);
            static SIN: [f32; $len / 2] = rotation($len, true);
            static TWIDDLE_COS: [f32; COUNT] = twiddles($len / 2, RADICES, false);
            static TWIDDLE_SIN: [f32; COUNT] = twiddles($len / 2, RADICES, true);
            Dct4Plan { len: $len, factors: [&COS, &SIN], radices: RADICES, twiddles: [&TWIDDLE_COS, &TWIDDLE_SIN] }
        };
    };
}

// Radix 8 first: its results leave in vectors of 8, and from then on all strides are multiples of 8.
dct4!(DCT4_1024, 1024, [8, 8, 8]);
dct4!(DCT4_960, 960, [8, 4, 3, 5]);
dct4!(DCT4_512, 512, [8, 8, 4]);
dct4!(DCT4_480, 480, [8, 2, 3, 5]);
dct4!(DCT4_128, 128, [8, 8]);
dct4!(DCT4_120, 120, [4, 3, 5]);
// That of the filterbank of SBR's encoder.
dct4!(DCT4_64, 64, [8, 4]);

/// Two transforms at once: [`Kernels::dct4_pair64`] or [`Kernels::dct4_pair32`] with its factors.
#[derive(Debug)]
pub(crate) struct Pair<const HALF: usize, const TWIDDLES: usize> {
    factors: [[f32; HALF]; 2],
    twiddles: [[f32; TWIDDLES]; 2],
}

/// Those of the filterbanks of SBR.
pub(crate) static PAIR_64: Pair<32, 28> = Pair {
    factors: [rotation(64, false), rotation(64, true)],
    twiddles: [twiddles(32, &[8, 4], false), twiddles(32, &[8, 4], true)],
};
pub(crate) static PAIR_32: Pair<16, 12> = Pair {
    factors: [rotation(32, false), rotation(32, true)],
    twiddles: [twiddles(16, &[4, 4], false), twiddles(16, &[4, 4], true)],
};

impl Pair<32, 28> {
    /// DCT-IV of `src[0]` and of `src[1]` reversed, times `scale`.
    pub(crate) fn run(&self, k: Kernels, dst: [&mut [f32; 64]; 2], src: [&[f32; 64]; 2], scale: f32) {
        k.dct4_pair64(dst, src, &self.factors, &self.twiddles, scale);
    }
}

impl Pair<16, 12> {
    /// DCT-IV of `src[0]` and of `src[1]` reversed, times `scale`.
    pub(crate) fn run(&self, k: Kernels, dst: [&mut [f32; 32]; 2], src: [&[f32; 32]; 2], scale: f32) {
        k.dct4_pair32(dst, src, &self.factors, &self.twiddles, scale);
    }
}

/// The rising half of a sine window of `2 M` samples.
const fn sine<const M: usize>() -> [f32; M] {
    let mut window = [0.0; M];
    let mut n = 0;
    while n < M {
        window[n] = sin_cos(2 * n as u64 + 1, 8 * M as u64).0 as f32;
        n += 1;
    }
    window
}

/// The rising half of a Kaiser-Bessel derived window of `2 M` samples (4.6.11.3.2).
const fn kbd<const M: usize>(alpha: f64) -> [f32; M] {
    let mut sums = [0.0f64; M];
    let quarter = core::f64::consts::PI * alpha / 2.0;
    let mut total = 0.0;
    let mut n = 0;
    while n <= M {
        let t = 2.0 * n as f64 / M as f64 - 1.0;
        total += bessel_i0(quarter * quarter * (1.0 - t * t));
        if n < M {
            sums[n] = total;
        }
        n += 1;
    }
    let mut window = [0.0; M];
    let mut n = 0;
    while n < M {
        window[n] = sqrt(sums[n] / total) as f32;
        n += 1;
    }
    window
}

/// Sine and Kaiser-Bessel derived window, by `window_shape`.
pub(crate) static LONG_1024: [[f32; 1024]; 2] = [sine(), kbd(4.0)];
pub(crate) static LONG_960: [[f32; 960]; 2] = [sine(), kbd(4.0)];
pub(crate) static SHORT_128: [[f32; 128]; 2] = [sine(), kbd(6.0)];
pub(crate) static SHORT_120: [[f32; 120]; 2] = [sine(), kbd(6.0)];
/// Sine windows of AAC LD.
pub(crate) static LONG_512: [f32; 512] = sine();
pub(crate) static LONG_480: [f32; 480] = sine();
