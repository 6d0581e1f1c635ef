//! Intra prediction: every level equals scalar, and scalar equals what the standard says.

use proptest::prelude::*;
use transcode_simd::testing::intra::IntraCase;
use transcode_simd::testing::{assert_reaches_all, check};
use transcode_simd::{Availability, Kernels};

proptest! {
    #![proptest_config(ProptestConfig { cases: 16 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<IntraCase>(&bytes);
    }

    #[test]
    fn levels_agree_u16(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<IntraCase<u16>>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<IntraCase>(4000);
    assert_reaches_all::<IntraCase<u16>>(4000);
}

#[test]
fn fill_fills_the_block_and_nothing_else() {
    const STRIDE: usize = 23;
    for k in Kernels::available() {
        for (w, h) in (1..=20).flat_map(|w| (1..=17).map(move |h| (w, h))) {
            let mut dst = [7; STRIDE * 18];
            k.fill(w, h, &mut dst, STRIDE, 200);
            for (i, s) in dst.into_iter().enumerate() {
                let inside = i % STRIDE < w && i / STRIDE < h;
                assert_eq!(s, if inside { 200 } else { 7 }, "{k:?} {w}x{h} at {i}");
            }
        }
    }
}

/// All modes predict a flat block from flat edges.
#[test]
fn flat_edges_predict_flat_blocks() {
    for k in Kernels::available() {
        for v in [0, 1, 127, 255] {
            for mode in 0..9 {
                let (mut small, mut large) = ([99; 16], [99; 64]);
                k.intra4x4(mode, &mut small, 4, &[v; 13]);
                k.intra8x8(mode, &mut large, 8, &[v; 25]);
                assert_eq!((small, large), ([v; 16], [v; 64]), "{k:?} mode {mode}");
            }
            for mode in 0..4 {
                let (mut luma, mut chroma) = ([99; 256], [99; 64]);
                k.intra16x16(mode, &mut luma, 16, &[v; 16], &[v; 16], v);
                let all = Availability { left: true, top: true, top_left: true };
                k.intra_chroma8x8(mode, &mut chroma, 8, &[v; 8], &[v; 8], v, all);
                assert_eq!((luma, chroma), ([v; 256], [v; 64]), "{k:?} mode {mode}");
            }
        }
    }
}

/// Where an edge is a straight ramp, the directional modes continue it (8.3.1.2.4 to 8.3.1.2.9): the filters of a
/// ramp are exact, or round up by half a step.
#[test]
fn ramps_run_in_the_mode_s_direction() {
    // 10 a sample along the edge: 40 for p[-1, 3] to 160 for p[7, -1]; p[-1, -1] is 80.
    let edge: [u8; 13] = core::array::from_fn(|i| 40 + 10 * i as u8);
    for k in Kernels::available() {
        let predict = |mode| {
            let mut dst = [0; 16];
            k.intra4x4(mode, &mut dst, 4, &edge);
            dst
        };
        assert_eq!(predict(0), [90, 100, 110, 120, 90, 100, 110, 120, 90, 100, 110, 120, 90, 100, 110, 120]);
        assert_eq!(predict(1), [70, 70, 70, 70, 60, 60, 60, 60, 50, 50, 50, 50, 40, 40, 40, 40]);
        // (70 + 60 + 50 + 40 + 90 + 100 + 110 + 120 + 4) >> 3
        assert_eq!(predict(2), [80; 16]);
        // The last sample is (p[6] + 3 p[7] + 2) >> 2 = (150 + 480 + 2) >> 2.
        assert_eq!(predict(3), [100, 110, 120, 130, 110, 120, 130, 140, 120, 130, 140, 150, 130, 140, 150, 158]);
        assert_eq!(predict(4), [80, 90, 100, 110, 70, 80, 90, 100, 60, 70, 80, 90, 50, 60, 70, 80]);
        assert_eq!(predict(5), [85, 95, 105, 115, 80, 90, 100, 110, 70, 85, 95, 105, 60, 80, 90, 100]);
        assert_eq!(predict(6), [75, 80, 90, 100, 65, 70, 75, 80, 55, 60, 65, 70, 45, 50, 55, 60]);
        assert_eq!(predict(7), [95, 105, 115, 125, 100, 110, 120, 130, 105, 115, 125, 135, 110, 120, 130, 140]);
        // (p[-1, 2] + 3 p[-1, 3] + 2) >> 2 = (50 + 120 + 2) >> 2, then p[-1, 3].
        assert_eq!(predict(8), [65, 60, 55, 50, 55, 50, 45, 43, 45, 43, 40, 40, 40, 40, 40, 40]);
    }
}

/// A plane stays a plane (8.3.3.4, 8.3.4.6).
#[test]
fn plane_continues_a_gradient() {
    for k in Kernels::available() {
        let (top, left) = (core::array::from_fn(|x| 40 + 4 * x as u8), core::array::from_fn(|y| 38 + 2 * y as u8));
        let mut dst = [0; 256];
        k.intra16x16(3, &mut dst, 16, &top, &left, 36);
        for (i, s) in dst.into_iter().enumerate() {
            assert_eq!(usize::from(s), 42 + 4 * (i % 16) + 2 * (i / 16), "{k:?} at {i}");
        }
        let (top, left) = (*top.first_chunk().unwrap(), *left.first_chunk().unwrap());
        let mut dst = [0; 64];
        k.intra_chroma8x8(3, &mut dst, 8, &top, &left, 36, Availability::default());
        for (i, s) in dst.into_iter().enumerate() {
            assert_eq!(usize::from(s), 42 + 4 * (i % 8) + 2 * (i / 8), "{k:?} at {i}");
        }
    }
}

/// Each 4x4 block of chroma chooses its edges by what there is (8.3.4.1 to 8.3.4.3).
#[test]
fn chroma_dc_follows_availability() {
    let (top, left) = ([10, 10, 10, 10, 50, 50, 50, 50], [30, 30, 30, 30, 90, 90, 90, 90]);
    let expected = [
        (false, false, [128, 128, 128, 128]),
        (true, false, [30, 30, 90, 90]),
        (false, true, [10, 50, 10, 50]),
        (true, true, [20, 50, 90, 70]),
    ];
    for k in Kernels::available() {
        for (has_left, has_top, blocks) in expected {
            let mut dst = [0; 64];
            let available = Availability { left: has_left, top: has_top, top_left: false };
            k.intra_chroma8x8(0, &mut dst, 8, &top, &left, 0, available);
            for (i, s) in dst.into_iter().enumerate() {
                assert_eq!(s, blocks[i / 32 * 2 + i % 8 / 4], "{k:?} {available:?} at {i}");
            }
        }
    }
}

/// 8.3.2.2.1, one by one.
#[test]
fn edge_filter_follows_availability() {
    let mut edge = [0; 25];
    (edge[7], edge[8], edge[9]) = (10, 50, 90);
    (edge[0], edge[1], edge[23], edge[24]) = (100, 60, 20, 80);
    for k in Kernels::available() {
        let filter =
            |left, top, top_left| k.intra8x8_filter_edges(&edge, Availability { left, top, top_left }).map(i32::from);
        let all = filter(true, true, true);
        assert_eq!((all[7], all[8], all[9]), (18, 50, 58), "{k:?}");
        // p'[-1, 7] = (p[-1, 6] + 3 p[-1, 7] + 2) >> 2, p'[15, -1] = (p[14, -1] + 3 p[15, -1] + 2) >> 2.
        assert_eq!((all[0], all[24]), ((60 + 300 + 2) >> 2, (20 + 240 + 2) >> 2), "{k:?}");
        assert_eq!((all[1], all[23]), ((100 + 120 + 2) >> 2, (40 + 80 + 2) >> 2), "{k:?}");
        let no_corner = filter(true, true, false);
        assert_eq!((no_corner[7], no_corner[9]), ((3 * 10 + 2) >> 2, (3 * 90 + 2) >> 2), "{k:?}");
        assert_eq!(filter(false, true, true)[8], (3 * 50 + 90 + 2) >> 2, "{k:?}");
        assert_eq!(filter(true, false, true)[8], (3 * 50 + 10 + 2) >> 2, "{k:?}");
        assert_eq!(filter(false, false, true)[8], 50, "{k:?}");
    }
}

#[test]
fn bad_modes_and_short_blocks_panic() {
    for k in Kernels::available() {
        let panics = |call: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err();
        assert!(panics(&|| k.intra4x4(9, &mut [0; 16], 4, &[0; 13])));
        assert!(panics(&|| k.intra8x8(9, &mut [0; 64], 8, &[0; 25])));
        assert!(panics(&|| k.intra16x16(4, &mut [0; 256], 16, &[0; 16], &[0; 16], 0)));
        for mode in 0..9 {
            assert!(panics(&|| k.intra4x4(mode, &mut [0; 15], 4, &[0; 13])), "{k:?} {mode}");
            assert!(panics(&|| k.intra8x8(mode, &mut [0; 63], 8, &[0; 25])), "{k:?} {mode}");
        }
        for mode in 0..4 {
            assert!(panics(&|| k.intra16x16(mode, &mut [0; 255], 16, &[0; 16], &[0; 16], 0)), "{k:?} {mode}");
            let none = Availability::default();
            assert!(panics(&|| k.intra_chroma8x8(mode, &mut [0; 63], 8, &[0; 8], &[0; 8], 0, none)), "{k:?} {mode}");
        }
        assert!(panics(&|| k.fill(16, 2, &mut [0; 31], 16, 0)));
    }
}
