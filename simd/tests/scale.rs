//! Scaling: every level equals scalar, and scalar equals the definitions.

use proptest::prelude::*;
use transcode_simd::Kernels;
use transcode_simd::testing::scale::ScaleCase;
use transcode_simd::testing::{assert_reaches_all, check};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<ScaleCase>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<ScaleCase>(2000);
}

/// A filter of one tap of 1.0 is the identity, both ways.
#[test]
fn identity() {
    let src: Vec<u8> = (0..=255).collect();
    let pos: Vec<u32> = (0..256).collect();
    for k in Kernels::available() {
        let (mut row, mut dst) = (vec![0; 256], vec![0; 256]);
        k.scale_h(&mut row, &src, &pos, &[Kernels::SCALE_ONE; 256], 1);
        assert!(row.iter().zip(&src).all(|(&r, &s)| r == 64 * i16::from(s)), "{k:?}");
        k.scale_v(&mut dst, &[&row], &[Kernels::SCALE_ONE]);
        assert_eq!(dst, src, "{k:?}");
    }
}

/// Whatever the filter, a flat area stays what it is: the coefficients add up to 1.
#[test]
fn flat_stays_flat() {
    let coefs = [-1000, 9192, 9192, -1000];
    for k in Kernels::available() {
        for level in 0..=255 {
            let mut row = [0; 37];
            k.scale_h(&mut row, &[level; 40], &core::array::from_fn::<_, 37, _>(|i| i as u32), &coefs.repeat(37), 4);
            let mut dst = [0; 37];
            k.scale_v(&mut dst, &[&row, &row, &row, &row], &coefs);
            assert_eq!(dst, [level; 37], "{k:?}");
        }
    }
}

/// Halves round up, overshoot clips.
#[test]
fn rounding_and_clipping() {
    for k in Kernels::available() {
        let mut row = [0; 3];
        // 1 * 128 / 256 is a half; -1 * 128 / 256 is minus a half; 255 * 4 * 32767 / 256 is over 16 bits.
        let coefs = [128, 0, 0, 0, -128, 0, 0, 0, 32767, 32767, 32767, 32767];
        k.scale_h(&mut row, &[1, 0, 0, 0, 255, 255, 255, 255], &[0, 0, 4], &coefs, 4);
        assert_eq!(row, [1, 0, i16::MAX], "{k:?}");
        let mut dst = [0; 4];
        k.scale_v(&mut dst, &[&[32, 31, -64, 32767]], &[Kernels::SCALE_ONE]);
        assert_eq!(dst, [1, 0, 0, 255], "{k:?}");
    }
}

#[test]
fn misfits_panic_before_storing() {
    for k in Kernels::available() {
        let misfits: [(usize, &[u32], usize, usize); 5] =
            [(10, &[0, 7], 8, 4), (10, &[0], 8, 4), (10, &[0, 1], 7, 4), (10, &[0, 1], 0, 0), (300, &[0, 1], 514, 257)];
        for (src, pos, coefs, taps) in misfits {
            let mut dst = [99; 2];
            let call = || k.scale_h(&mut dst, &vec![1; src], pos, &vec![1; coefs], taps);
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err(), "{k:?} {pos:?} {taps}");
            assert_eq!(dst, [99; 2]);
        }
        let misfits: [(&[&[i16]], &[i16]); 3] = [(&[], &[]), (&[&[1; 40], &[1; 39]], &[1, 1]), (&[&[1; 40]], &[1, 1])];
        for (rows, coefs) in misfits {
            let mut dst = [99; 40];
            let call = || k.scale_v(&mut dst, rows, coefs);
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err(), "{k:?} {}", rows.len());
            assert_eq!(dst, [99; 40]);
        }
    }
}
