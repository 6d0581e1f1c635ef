//! Half resolution: every level equals scalar, and scalar equals the definition.

use proptest::prelude::*;
use transcode_simd::Kernels;
use transcode_simd::testing::lowres::LowresCase;
use transcode_simd::testing::{assert_reaches_all, check};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<LowresCase>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<LowresCase>(10);
}

#[test]
fn means_of_four_rounded_up() {
    for k in Kernels::available() {
        for n in [1, 7, 8, 9, 16, 17, 40] {
            let a: Vec<u8> = (0..2 * n).map(|i| if i % 2 == 0 { 255 } else { 3 * i as u8 }).collect();
            let b: Vec<u8> = (0..2 * n).map(|i| 250 - i as u8).collect();
            let (mut even, mut odd) = (vec![0; n], vec![0; n]);
            k.halve(&mut even, &mut odd, &a, &b);
            for x in 0..n {
                let s = |i: usize| u32::from(a[i.min(2 * n - 1)]) + u32::from(b[i.min(2 * n - 1)]);
                assert_eq!(u32::from(even[x]), (s(2 * x) + s(2 * x + 1) + 2) / 4, "{k:?} {n} {x}");
                assert_eq!(u32::from(odd[x]), (s(2 * x + 1) + s(2 * x + 2) + 2) / 4, "{k:?} {n} {x}");
            }
        }
    }
}

#[test]
fn lengths_that_do_not_match_panic() {
    for k in Kernels::available() {
        for (even, odd, a, b) in [(8, 7, 16, 16), (8, 8, 15, 16), (8, 8, 16, 17)] {
            let caught = std::panic::catch_unwind(|| {
                k.halve(&mut vec![0; even], &mut vec![0; odd], &vec![0; a], &vec![0; b]);
            });
            assert!(caught.is_err(), "{k:?}");
        }
    }
}
