//! One pass of a Fourier transform (Stockham's, decimation in frequency), from the definition at `Kernels::fft_pass`.

use super::mdct::{dct4_post, dct4_pre};
use crate::butterfly::butterflies;

#[inline(always)]
fn add(a: f32, b: f32) -> f32 {
    a + b
}
#[inline(always)]
fn sub(a: f32, b: f32) -> f32 {
    a - b
}
#[inline(always)]
fn mul(a: f32, b: f32) -> f32 {
    a * b
}
#[inline(always)]
fn splat(a: f32) -> f32 {
    a
}

butterflies!(f32, add, sub, mul, splat);

/// Panics unless the arguments of `fft_pass` fit each other; returns the number of butterflies with different factors.
#[track_caller]
pub(crate) fn check<const R: usize>(stride: usize, src: [&[f32]; 2], dst: [usize; 2], twiddles: [&[f32]; 2]) -> usize {
    let len = src[0].len();
    assert!(stride > 0 && len.is_multiple_of(R * stride), "{len} points in butterflies of {R} with stride {stride}");
    let m = len / (R * stride);
    assert!(src[1].len() == len && dst == [len; 2], "parts of different lengths");
    let factors = if m > 1 { (R - 1) * m } else { 0 };
    assert!(twiddles[0].len() >= factors && twiddles[1].len() >= factors, "too few factors for {m} butterflies of {R}");
    m
}

macro_rules! pass {
    ($name:ident, $radix:literal, $dft:ident) => {
        pub(crate) fn $name(stride: usize, src: [&[f32]; 2], dst: [&mut [f32]; 2], twiddles: [&[f32]; 2]) {
            const R: usize = $radix;
            let m = check::<R>(stride, src, [dst[0].len(), dst[1].len()], twiddles);
            let [dst_re, dst_im] = dst;
            for p in 0..m {
                for q in 0..stride {
                    let mut a = [(0.0, 0.0); R];
                    for r in 0..R {
                        let i = q + stride * (p + m * r);
                        a[r] = (src[0][i], src[1][i]);
                    }
                    let b = $dft(a);
                    for r in 0..R {
                        let out = if m > 1 && r > 0 {
                            let t = (r - 1) * m + p;
                            times_conjugate(b[r], (twiddles[0][t], twiddles[1][t]))
                        } else {
                            b[r]
                        };
                        let i = q + stride * (R * p + r);
                        (dst_re[i], dst_im[i]) = out;
                    }
                }
            }
        }
    };
}

pass!(pass2, 2, dft2);
pass!(pass3, 3, dft3);
pass!(pass4, 4, dft4);
pass!(pass5, 5, dft5);
pass!(pass8, 8, dft8);

/// Two transforms, the second one of what is reversed: of `$len` values, with a first pass of radix `$radix` and a second one of 4.
macro_rules! dct4_pair {
    ($name:ident, $len:literal, $half:literal, $twiddles:literal, $radix:literal, $pass:ident) => {
        pub(crate) fn $name(
            dst: [&mut [f32; $len]; 2],
            src: [&[f32; $len]; 2],
            factors: &[[f32; $half]; 2],
            twiddles: &[[f32; $twiddles]; 2],
            scale: f32,
        ) {
            let factors: [&[f32]; 2] = [&factors[0], &factors[1]];
            for (i, dst) in dst.into_iter().enumerate() {
                let mut values = *src[i];
                if i == 1 {
                    values.reverse();
                }
                let (mut a, mut b) = ([[0.0; $half]; 2], [[0.0; $half]; 2]);
                let [re, im] = &mut a;
                dct4_pre([re, im], &values, factors, scale);
                let [re, im] = &mut b;
                $pass(1, [&a[0], &a[1]], [re, im], [&twiddles[0], &twiddles[1]]);
                let [re, im] = &mut a;
                pass4($radix, [&b[0], &b[1]], [re, im], [&[], &[]]);
                dct4_post(dst, [&a[0], &a[1]], factors);
            }
        }
    };
}

dct4_pair!(dct4_pair64, 64, 32, 28, 8, pass8);
dct4_pair!(dct4_pair32, 32, 16, 12, 4, pass4);
