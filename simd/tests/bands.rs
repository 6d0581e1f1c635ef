//! Filterbanks, replication of bands, parametric stereo and conversion to integers: every level equals scalar, and scalar the definitions.

use proptest::prelude::*;
use std::f64::consts::PI;
use transcode_simd::Kernels;
use transcode_simd::testing::bands::BandsCase;
use transcode_simd::testing::{assert_reaches_all, check};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<BandsCase>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<BandsCase>(4000);
}

#[test]
fn every_bench_case_agrees() {
    use transcode_simd::testing::{Case, levels};
    for case in BandsCase::bench() {
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

fn noise(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 37 + 11) % 41) as f32 - 20.0).collect()
}

/// Factors of a pair of transforms: rotations, and those between the passes.
fn factors<const N: usize>(angle: impl Fn(usize) -> f64) -> [[f32; N]; 2] {
    [core::array::from_fn(|i| angle(i).cos() as f32), core::array::from_fn(|i| angle(i).sin() as f32)]
}

#[test]
fn pairs_are_two_transforms() {
    fn same(got: [&[f32]; 2], src: [&[f32]; 2], k: Kernels) {
        let len = src[0].len();
        for (i, got) in got.iter().enumerate() {
            for (n, got) in got.iter().enumerate() {
                let at = |k: usize| if i == 0 { src[0][k] } else { src[1][len - 1 - k] };
                let angle = |k: usize| PI / len as f64 * (n as f64 + 0.5) * (k as f64 + 0.5);
                let want: f64 = (0..len).map(|k| 2.0 * f64::from(at(k)) * angle(k).cos()).sum();
                assert!((f64::from(*got) - want).abs() < 1e-3, "{len} {i} {n}: {got} {want} {k:?}");
            }
        }
    }
    let values = noise(128);
    for k in Kernels::available() {
        let (a, b) = (values.first_chunk().unwrap(), values.last_chunk().unwrap());
        let (mut x, mut y) = ([0.0; 64], [0.0; 64]);
        let twiddles = factors(|i| 2.0 * PI * ((i / 4 + 1) * (i % 4)) as f64 / 32.0);
        k.dct4_pair64([&mut x, &mut y], [a, b], &factors(|i| PI * (8 * i + 1) as f64 / 512.0), &twiddles, 2.0);
        same([&x, &y], [a, b], k);
        let (a, b) = (values.first_chunk().unwrap(), values.last_chunk().unwrap());
        let (mut x, mut y) = ([0.0; 32], [0.0; 32]);
        let twiddles = factors(|i| 2.0 * PI * ((i / 4 + 1) * (i % 4)) as f64 / 16.0);
        k.dct4_pair32([&mut x, &mut y], [a, b], &factors(|i| PI * (8 * i + 1) as f64 / 256.0), &twiddles, 2.0);
        same([&x, &y], [a, b], k);
    }
}

#[test]
fn covariances_are_their_definition() {
    let values = noise(7 * 64);
    let low = values.as_chunks::<32>().0.as_chunks::<2>().0;
    for k in Kernels::available() {
        let mut sums = [[0.0; 32]; 8];
        k.sbr_covariance(&mut sums, low);
        for band in 0..32 {
            // All terms are whole numbers: sums are exact in any order.
            let phi = |i: usize, j: usize| {
                (2..7).fold((0.0, 0.0), |sum, n| {
                    let ([a, b], [c, d]) = (low[n - i].map(|x| x[band]), low[n - j].map(|x| x[band]));
                    (sum.0 + a * c + b * d, sum.1 + b * c - a * d)
                })
            };
            let got = sums.map(|s| s[band]);
            let want = [phi(1, 1), phi(2, 2), phi(0, 1), phi(0, 2), phi(1, 2)];
            assert_eq!(got[..2], [want[0].0, want[1].0]);
            assert_eq!(got[2..], [want[2].0, want[2].1, want[3].0, want[3].1, want[4].0, want[4].1]);
        }
    }
}

#[test]
fn integers_are_the_nearest() {
    let x = [0.0, 1.0, -1.0, 0.5 / 32768.0, 1.5 / 32768.0, -2.5 / 32768.0, f32::NAN, 7.0, f32::NEG_INFINITY, 0.25];
    for k in Kernels::available() {
        let mut words = [0; 40];
        k.to_i16(&mut words, &x.repeat(4));
        assert_eq!(words[..10], [0, 32767, -32768, 0, 2, -2, 0, 32767, -32768, 8192]);
        let mut wide = [0; 40];
        k.to_i24(&mut wide, &x.repeat(4));
        assert_eq!(wide[30..], [0, 8_388_607, -8_388_608, 128, 384, -640, 0, 8_388_607, -8_388_608, 1 << 21]);
        k.to_i32(&mut wide, &x.repeat(4));
        assert_eq!(wide[30..], [0, i32::MAX, i32::MIN, 32768, 98304, -163_840, 0, i32::MAX, i32::MIN, 1 << 29]);
    }
}

#[test]
fn misfits_panic() {
    for k in Kernels::available() {
        let fails = |call: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err();
        assert!(fails(&|| k.qmf_fold([&mut [0.0; 16], &mut [0.0; 16]], &[0.0; 160], &[0.0; 159])));
        assert!(fails(&|| k.qmf_unfold(&mut [0.0; 32], &[0.0; 16], &[0.0; 17])));
        assert!(fails(&|| k.qmf_window(&mut [0.0; 16], [&[0.0; 31]; 10], &[0.0; 160])));
        assert!(fails(&|| k.rotate([&mut [0.0; 8], &mut [0.0; 8]], [&[0.0; 8]; 2], [&[0.0; 8]; 4])));
        assert!(fails(&|| k.sbr_covariance(&mut [[0.0; 32]; 8], &[[[0.0; 32]; 2]; 2])));
        let low = [[[0.0; 32]; 2]; 3];
        let generate = |first, patches: &[(usize, usize)]| {
            fails(&|| k.sbr_generate(&mut [[[0.0; 64]; 2]], &low, first, patches, &[[0.0; 80]; 4]))
        };
        assert!(!generate(32, &[(0, 32)]));
        assert!(generate(33, &[(0, 32)]) && generate(0, &[(1, 32)]) && generate(usize::MAX, &[(0, 1)]));
        assert!(fails(&|| k.ps_split([&mut [0.0; 8], &mut [0.0; 8]], [&[0.0; 104], &[0.0; 96]], &[[0.0; 2]; 13])));
        assert!(fails(&|| k.to_i16(&mut [0; 3], &[0.0; 4])));
    }
}
