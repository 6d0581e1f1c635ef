//! Transforms: every level equals scalar, and scalar equals the definitions.

use proptest::prelude::*;
use transcode_simd::Kernels;
use transcode_simd::testing::transform::{HighDepthCase, TransformCase};
use transcode_simd::testing::{Entropy, assert_reaches_all, check};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<TransformCase>(&bytes);
    }

    #[test]
    fn levels_agree_u16(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<HighDepthCase>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<TransformCase>(2000);
    assert_reaches_all::<HighDepthCase>(2000);
}

/// The basis of the 4x4 inverse transform, doubled.
const BASIS_4: [[i32; 4]; 4] = [[2, 2, 2, 2], [2, 1, -1, -2], [2, -2, -2, 2], [1, -2, 2, -1]];
/// The basis of the 8x8 inverse transform, times eight.
const BASIS_8: [[i32; 8]; 8] = [
    [8, 8, 8, 8, 8, 8, 8, 8],
    [12, 10, 6, 3, -3, -6, -10, -12],
    [8, 4, -4, -8, -8, -4, 4, 8],
    [10, -3, -12, -6, 6, 12, 3, -10],
    [8, -8, -8, 8, 8, -8, -8, 8],
    [6, -12, 3, 10, -10, -3, 12, -6],
    [4, -8, 8, -4, -4, 8, -8, 4],
    [3, -6, 10, -12, 12, -10, 6, -3],
];

/// Each basis function, from a coefficient large enough that no shift loses anything.
#[test]
fn inverse_basis_functions() {
    for k in Kernels::available() {
        for (row, column, sign) in (0..64).flat_map(|i| [(i / 8, i % 8, 1), (i / 8, i % 8, -1)]) {
            let mut c = [0; 64];
            c[8 * row + column] = sign * 1024;
            let mut dst = [128; 64];
            k.idct8x8_add(&mut dst, 8, &mut c);
            assert_eq!(c, [0; 64], "{k:?}: coefficients are zero afterwards");
            for (x, y) in (0..64).map(|i| (i % 8, i / 8)) {
                let r = (i32::from(sign) * 1024 * BASIS_8[row][y] * BASIS_8[column][x] / 64 + 32) >> 6;
                assert_eq!(i32::from(dst[8 * y + x]), (128 + r).clamp(0, 255), "{k:?} 8x8 {row} {column}");
            }
            if row < 4 && column < 4 {
                let mut c = [0; 16];
                c[4 * row + column] = sign * 1024;
                let mut dst = [128; 16];
                k.idct4x4_add(&mut dst, 4, &mut c);
                assert_eq!(c, [0; 16], "{k:?}: coefficients are zero afterwards");
                for (x, y) in (0..16).map(|i| (i % 4, i / 4)) {
                    let r = (i32::from(sign) * 1024 * BASIS_4[row][y] * BASIS_4[column][x] / 4 + 32) >> 6;
                    assert_eq!(i32::from(dst[4 * y + x]), (128 + r).clamp(0, 255), "{k:?} 4x4 {row} {column}");
                }
            }
        }
    }
}

/// All 65536 values of a lone DC coefficient: the short way equals the whole transform.
#[test]
fn dc_equals_the_whole_transform() {
    let prediction: [u8; 64] = core::array::from_fn(|i| (i * 4) as u8);
    for k in Kernels::available() {
        for dc in i16::MIN..=i16::MAX {
            let (mut whole, mut short) = (prediction, prediction);
            let mut c = [0; 64];
            c[0] = dc;
            k.idct8x8_add(&mut whole, 8, &mut c);
            k.idct8x8_dc_add(&mut short, 8, dc);
            assert_eq!(whole, short, "{k:?} 8x8 {dc}");
            let (mut whole, mut short) = (prediction, prediction);
            let mut c = [0; 16];
            c[0] = dc;
            k.idct4x4_add(&mut whole, 8, &mut c);
            k.idct4x4_dc_add(&mut short, 8, dc);
            assert_eq!(whole, short, "{k:?} 4x4 {dc}");
        }
    }
}

/// The forward transforms are the products with their bases, those of 8x8 up to what the shifts round.
#[test]
fn forward_basis() {
    let e = &mut Entropy::new(b"forward");
    for round in 0..200 {
        let (mut src, mut pred) = ([0; 64], [0; 64]);
        e.texture(&mut src, 255);
        e.texture(&mut pred, 255);
        if round == 0 {
            (src, pred) = ([255; 64], [0; 64]);
        }
        let d: [i32; 64] = core::array::from_fn(|i| i32::from(src[i]) - i32::from(pred[i]));
        for k in Kernels::available() {
            let (mut c4, mut c8) = ([0; 16], [0; 64]);
            k.fdct4x4(&mut c4, &src, 8, &pred, 8);
            k.fdct8x8(&mut c8, &src, 8, &pred, 8);
            for (u, v) in (0..64).map(|i| (i % 8, i / 8)) {
                let sum: i32 = (0..64).map(|i| d[i] * BASIS_8[u][i % 8] * BASIS_8[v][i / 8]).sum();
                let error = f64::from(c8[8 * v + u]) - f64::from(sum) / 64.0;
                assert!(error.abs() < 14.0, "{k:?} 8x8 {u} {v}: off by {error}");
                if u < 4 && v < 4 {
                    // The odd basis functions are those of the inverse, doubled.
                    let row = |i: usize| BASIS_4[i].map(|b| if i.is_multiple_of(2) { b / 2 } else { b });
                    let sum: i32 = (0..16).map(|i| d[i / 4 * 8 + i % 4] * row(u)[i % 4] * row(v)[i / 4]).sum();
                    assert_eq!(i32::from(c4[4 * v + u]), sum, "{k:?} 4x4 {u} {v}");
                }
            }
        }
    }
}

#[test]
fn quantisation_by_hand() {
    for k in Kernels::available() {
        let mut c: [i16; 16] = [0, 1, -1, 9, -9, 10, -10, 100, -100, 1000, -1000, 32767, -32768, 2, -2, 3];
        // A tenth, rounded down after a bias of one: mf / 65536 is a bit more than 0.1.
        assert!(k.quant4x4(&mut c, &[6554; 16], &[1; 16]));
        assert_eq!(c, [0, 0, 0, 1, -1, 1, -1, 10, -10, 100, -100, 3277, -3277, 0, 0, 0]);
        assert!(
            !k.quant4x4(&mut [0; 16], &[u16::MAX; 16], &[u16::MAX; 16]),
            "{k:?}: zero stays zero whatever the bias"
        );
        assert!(!k.quant8x8(&mut [5; 64], &[1; 64], &[0; 64]));
        // Each place counts for the result.
        for i in 0..64 {
            let mut c = [0; 64];
            c[i] = -4;
            assert!(k.quant8x8(&mut c, &[1 << 15; 64], &[0; 64]), "{k:?} {i}");
            assert_eq!(c[i], -2);
        }
    }
}

#[test]
fn scaling_by_hand() {
    for k in Kernels::available() {
        let mut c = [3; 16];
        k.dequant4x4(&mut c, &[160; 16], 4);
        assert_eq!(c, [480; 16]);
        c = [-3; 16];
        k.dequant4x4(&mut c, &[160; 16], 6);
        assert_eq!(c, [-1920; 16]);
        // (3 * 10 + 8) >> 4 and (-3 * 10 + 8) >> 4
        (c, c[7]) = ([3; 16], -3);
        let expected = core::array::from_fn(|i| if i == 7 { -2 } else { 2 });
        k.dequant4x4(&mut c, &[10; 16], 0);
        assert_eq!(c, expected);
        let mut c = [5; 64];
        k.dequant8x8(&mut c, &[320; 64], 6);
        assert_eq!(c, [1600; 64]);
        // (1600 + 1) >> 1
        c = [5; 64];
        k.dequant8x8(&mut c, &[320; 64], 5);
        assert_eq!(c, [800; 64]);
    }
}

#[test]
fn short_slices_panic_before_anything_is_stored() {
    for k in Kernels::available() {
        type Call<'a> = &'a dyn Fn(&mut [u8]);
        let calls: [(usize, Call<'_>); 6] = [
            (4, &|d| k.idct4x4_add(d, 10, &mut [999; 16])),
            (8, &|d| k.idct8x8_add(d, 10, &mut [999; 64])),
            (4, &|d| k.idct4x4_dc_add(d, 10, 999)),
            (8, &|d| k.idct8x8_dc_add(d, 10, 999)),
            (4, &|d| k.fdct4x4(&mut [0; 16], d, 10, &[0; 64], 8)),
            (8, &|d| k.fdct8x8(&mut [0; 64], &[0; 64], 8, d, 10)),
        ];
        for (n, call) in calls {
            let mut dst = vec![7; 10 * (n - 1) + n];
            call(&mut dst);
            dst.fill(7);
            let short = dst.len() - 1;
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(&mut dst[..short])));
            let message = *caught.expect_err("must panic").downcast::<String>().expect("a message");
            assert!(message.contains("too short for a block"), "{message}");
            assert!(dst.iter().all(|&d| d == 7), "stored before it panicked");
        }
    }
}
