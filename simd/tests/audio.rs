//! Transforms of sound: every level equals scalar, and scalar equals the definitions.

use proptest::prelude::*;
use transcode_simd::Kernels;
use transcode_simd::testing::audio::AudioCase;
use transcode_simd::testing::{assert_reaches_all, check};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<AudioCase>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<AudioCase>(4000);
}

#[test]
fn every_bench_case_agrees() {
    use transcode_simd::testing::{Case, levels};
    for case in AudioCase::bench() {
        let mut expected = case.clone();
        expected.run(Kernels::scalar());
        for k in levels() {
            let mut actual = case.clone();
            actual.run(k);
            actual.assert_guards();
            assert!(actual == expected, "{} at {}", case.name(), k.level());
        }
    }
}

/// Passes of all radices make up the Fourier transform.
#[test]
fn passes_are_the_transform() {
    use std::f64::consts::TAU;
    for radices in [&[8usize, 8][..], &[4, 3, 5], &[2, 2, 3], &[8, 5, 3, 2]] {
        let n: usize = radices.iter().product();
        let input: [Vec<f32>; 2] = [0, 1].map(|c| (0..n).map(|i| ((i * 37 + c * 11) % 41) as f32 - 20.0).collect());
        for k in Kernels::available() {
            let [mut re, mut im] = input.clone();
            let (mut left, mut stride) = (n, 1);
            for &radix in radices {
                let m = left / radix;
                let factor = |f: fn(f64) -> f64| -> Vec<f32> {
                    (1..radix).flat_map(|r| (0..m).map(move |p| f(TAU * (p * r) as f64 / left as f64) as f32)).collect()
                };
                let (mut x, mut y) = (vec![0.0; n], vec![0.0; n]);
                k.fft_pass(radix, stride, [&re, &im], [&mut x, &mut y], [&factor(f64::cos), &factor(f64::sin)]);
                (re, im) = (x, y);
                (left, stride) = (m, stride * radix);
            }
            for f in 0..n {
                let (mut a, mut b) = (0f64, 0f64);
                for t in 0..n {
                    let (s, c) = (TAU * (f * t % n) as f64 / n as f64).sin_cos();
                    let (x, y) = (f64::from(input[0][t]), f64::from(input[1][t]));
                    a += x * c + y * s;
                    b += y * c - x * s;
                }
                assert!(
                    (f64::from(re[f]) - a).abs() < 1e-3 && (f64::from(im[f]) - b).abs() < 1e-3,
                    "{radices:?} {f} {k:?}"
                );
            }
        }
    }
}

/// The powers are the floats nearest to them.
#[test]
fn powers_are_right() {
    for k in Kernels::available() {
        let q: Vec<i16> = (0..=8191).collect();
        let mut out = vec![0.0; q.len()];
        k.dequantise(&mut out, &q, 1.0);
        for (&q, &v) in q.iter().zip(&out) {
            assert_eq!(v, f64::from(q).powf(4.0 / 3.0) as f32, "{q} {k:?}");
        }
        let mut out = [0.0; 3];
        k.dequantise(&mut out, &[-8, 0, i16::MIN], 0.5);
        assert_eq!(out, [-8.0, 0.0, -524_288.0]);
    }
}

#[test]
fn misfits_panic() {
    for k in Kernels::available() {
        let call =
            || k.fft_pass(8, 1, [&[0.0; 64], &[0.0; 64]], [&mut [0.0; 64], &mut [0.0; 64]], [&[0.0; 55], &[0.0; 56]]);
        assert!(std::panic::catch_unwind(call).is_err());
        let call = || k.fft_pass(7, 1, [&[0.0; 7], &[0.0; 7]], [&mut [0.0; 7], &mut [0.0; 7]], [&[], &[]]);
        assert!(std::panic::catch_unwind(call).is_err());
        let call = || k.window_head(&mut [0.0; 16], &[0.0; 8], &[0.0; 15]);
        assert!(std::panic::catch_unwind(call).is_err());
        let call = || k.dct4_pre([&mut [0.0; 8], &mut [0.0; 7]], &[0.0; 16], [&[0.0; 8], &[0.0; 8]], 1.0);
        assert!(std::panic::catch_unwind(call).is_err());
    }
}
