//! The analysis filterbank of 64 bands (4.6.18.4), of the whole spectrum.

use crate::aac::filterbank::{DCT4_64, Transform};
use crate::aac::sbr::qmf::Complex;
use crate::aac::sbr::tables::PROTOTYPE;
use transcode_simd::Kernels;

/// Samples of full scale as the standard counts them.
const FULL_SCALE: f32 = 32768.0;

/// A slot of 64 bands from 640 samples of full scale 1, the oldest first. Bands have the levels that a decoder's 32 bands of a core coder
/// of half the rate have, and a phase that no decision depends on.
pub(crate) fn slot(k: Kernels, transform: &mut Transform, samples: &[f32; 640]) -> [Complex; 64] {
    let mut u = [0.0f32; 128];
    // The newest sample comes first in the sums: all is turned around.
    for (samples, window) in samples.as_chunks::<128>().0.iter().rev().zip(PROTOTYPE.as_chunks::<128>().0) {
        for n in 0..128 {
            u[n] += samples[127 - n] * window[n];
        }
    }
    let mut folded = [0.0; 64];
    let mut out = [[0.0; 2]; 64];
    for n in 0..64 {
        folded[n] = u[n] - u[127 - n];
    }
    for (o, v) in out.iter_mut().zip(transform.dct4(k, &DCT4_64, &folded, FULL_SCALE)) {
        o[0] = *v;
    }
    for n in 0..64 {
        folded[63 - n] = u[n] + u[127 - n];
    }
    for (i, (o, v)) in out.iter_mut().zip(transform.dct4(k, &DCT4_64, &folded, FULL_SCALE)).enumerate() {
        o[1] = if i % 2 == 1 { -v } else { *v };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;
    use std::vec::Vec;

    #[test]
    fn analysis_is_its_definition() {
        let mut s = 5u32;
        let samples: [f32; 640] = core::array::from_fn(|_| {
            s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            s as i32 as f32 / 2147483648.0
        });
        let got = slot(Kernels::scalar(), &mut Transform::new(), &samples);
        let u: Vec<f64> = (0..128)
            .map(|n| (0..5).map(|j| f64::from(samples[639 - n - 128 * j]) * f64::from(PROTOTYPE[n + 128 * j])).sum())
            .collect();
        for (k, got) in got.iter().enumerate() {
            let angle = |n: usize| PI / 128.0 * (k as f64 + 0.5) * (2 * n + 1) as f64;
            let want = [
                u.iter().enumerate().map(|(n, u)| u * angle(n).cos()).sum::<f64>(),
                u.iter().enumerate().map(|(n, u)| u * angle(n).sin()).sum::<f64>(),
            ];
            for c in 0..2 {
                assert!((f64::from(got[c]) / 32768.0 - want[c]).abs() < 1e-5, "{k}: {got:?} {want:?}");
            }
        }
    }
}
