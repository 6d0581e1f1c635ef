//! Deblocking of macroblocks: every level equals scalar, and scalar equals the single edges and 8.7.2.1.

use proptest::prelude::*;
use transcode_simd::testing::deblock_mb::DeblockMbCase;
use transcode_simd::testing::{assert_reaches_all, check};
use transcode_simd::{Edge, Kernels, Motion, Mv, Thresholds};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<DeblockMbCase>(&bytes);
    }

    #[test]
    fn levels_agree_u16(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<DeblockMbCase<u16>>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<DeblockMbCase>(2_000);
    assert_reaches_all::<DeblockMbCase<u16>>(2_000);
}

const STRIDE: usize = 20;
/// Four rows and four columns before the macroblock.
const OFF: usize = 4 * STRIDE + 4;
const OWN: Thresholds = Thresholds { alpha: 30, beta: 10, tc0: [-1, 1, 2, 4] };
const INNER: Thresholds = Thresholds { alpha: 20, beta: 8, tc0: [-1, 0, 1, 2] };

/// Blocks with small steps between them.
fn blocky() -> [u8; STRIDE * STRIDE] {
    core::array::from_fn(|i| {
        let (x, y) = (i % STRIDE, i / STRIDE);
        (100 + (x / 4 * 7 + y / 4 * 5) % 16 + (x * y) % 3) as u8
    })
}

/// The edges of a macroblock are filtered in their order, each with its own tC0.
#[test]
fn a_macroblock_is_its_edges() {
    let bs = [[1, 2, 3, 0], [0, 0, 2, 1], [0; 4], [3; 4]];
    let tc0 = |t: &Thresholds, bs: [u8; 4]| bs.map(|bs| t.tc0[usize::from(bs)]);
    for k in Kernels::available() {
        for (dir, step) in [(Edge::Vertical, 1), (Edge::Horizontal, STRIDE)] {
            for first in [bs[0], [4; 4], [0; 4]] {
                let bs = [first, bs[1], bs[2], bs[3]];
                let (mut whole, mut by_edge) = (blocky(), blocky());
                k.deblock_luma_mb(dir, &mut whole, OFF, STRIDE, &bs, &OWN, &INNER);
                if first == [4; 4] {
                    k.deblock_luma_strong(dir, &mut by_edge, OFF, STRIDE, OWN.alpha, OWN.beta);
                } else {
                    k.deblock_luma(dir, &mut by_edge, OFF, STRIDE, OWN.alpha, OWN.beta, &tc0(&OWN, first));
                }
                for e in [1, 3] {
                    let off = OFF + 4 * e * step;
                    let tc0 = tc0(&INNER, bs[e]);
                    k.deblock_luma(dir, &mut by_edge, off, STRIDE, INNER.alpha, INNER.beta, &tc0);
                }
                assert_eq!(whole, by_edge, "{k:?} {dir:?} {first:?}");
                assert_ne!(whole, blocky(), "{k:?} {dir:?} {first:?}: nothing was filtered");

                // Chroma: edge 2 is four samples from edge 0, and nothing is filtered there by these strengths.
                let (mut cb, mut cr) = (blocky(), blocky());
                k.deblock_chroma_mb(dir, [&mut cb, &mut cr], OFF, STRIDE, &bs, &[OWN, INNER], &[INNER, OWN]);
                for (plane, t) in [(cb, OWN), (cr, INNER)] {
                    let mut one = blocky();
                    match first {
                        [4, ..] => k.deblock_chroma_strong(dir, &mut one, OFF, STRIDE, t.alpha, t.beta),
                        _ => k.deblock_chroma(dir, &mut one, OFF, STRIDE, t.alpha, t.beta, &tc0(&t, first)),
                    }
                    assert_eq!(plane, one, "{k:?} {dir:?} {first:?}");
                }
            }
        }
    }
}

/// A macroblock in the corner of a picture, with nothing before it.
#[test]
fn nothing_before_the_first_macroblock_is_needed() {
    let bs = [[0; 4], [2; 4], [2; 4], [2; 4]];
    for k in Kernels::available() {
        for dir in [Edge::Vertical, Edge::Horizontal] {
            let mut luma = blocky()[..15 * STRIDE + 16].to_vec();
            k.deblock_luma_mb(dir, &mut luma, 0, STRIDE, &bs, &OWN, &INNER);
            assert_ne!(luma, blocky()[..15 * STRIDE + 16], "{k:?} {dir:?}");
            let (mut cb, mut cr) = (blocky()[..7 * STRIDE + 8].to_vec(), blocky()[..7 * STRIDE + 8].to_vec());
            k.deblock_chroma_mb(dir, [&mut cb, &mut cr], 0, STRIDE, &bs, &[OWN; 2], &[INNER; 2]);
            assert_ne!(cb, blocky()[..7 * STRIDE + 8], "{k:?} {dir:?}");
            assert_eq!(cb, cr);
        }
    }
}

#[test]
fn bad_strengths_and_short_slices_panic_before_anything_is_stored() {
    let panics = |f: &mut dyn FnMut()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    let bs = [[3; 4]; 4];
    for k in Kernels::available() {
        for dir in [Edge::Vertical, Edge::Horizontal] {
            let mut short = blocky()[..OFF + 15 * STRIDE + 15].to_vec();
            assert!(panics(&mut || k.deblock_luma_mb(dir, &mut short, OFF, STRIDE, &bs, &OWN, &INNER)));
            assert_eq!(short, blocky()[..short.len()], "{k:?} {dir:?}");
            let mut data = blocky();
            assert!(panics(&mut || k.deblock_luma_mb(dir, &mut data, 3, STRIDE, &bs, &OWN, &INNER)));
            let mixed = [[4, 4, 3, 4], [0; 4], [0; 4], [0; 4]];
            assert!(panics(&mut || k.deblock_luma_mb(dir, &mut data, OFF, STRIDE, &mixed, &OWN, &INNER)));
            let inner = [[0; 4], [4; 4], [0; 4], [0; 4]];
            assert!(panics(&mut || k.deblock_luma_mb(dir, &mut data, OFF, STRIDE, &inner, &OWN, &INNER)));
            let (mut cb, mut cr) = (blocky(), blocky()[..OFF + 7 * STRIDE + 7].to_vec());
            assert!(panics(&mut || {
                k.deblock_chroma_mb(dir, [&mut cb, &mut cr], OFF, STRIDE, &bs, &[OWN; 2], &[INNER; 2]);
            }));
            assert_eq!((data, cb), (blocky(), blocky()), "{k:?} {dir:?}");
        }
    }
}

/// Vectors and pictures of a macroblock.
type Mb = ([[Mv; 16]; 2], [[i8; 4]; 2]);

/// A macroblock that moves as one.
fn moving(picture: [i8; 2], mv: [Mv; 2]) -> Mb {
    (mv.map(|mv| [mv; 16]), picture.map(|p| [p; 4]))
}

#[test]
fn strengths_follow_motion_and_coefficients() {
    let (a, b, zero) = (Mv::new(4, 0), Mv::new(0, 9), Mv::default());
    let one = |p: i8, mv| moving([p, -1], [mv, zero]);
    for k in Kernels::available() {
        let strength = |q: &Mb, left: &Mb, nonzero, far_y| {
            let motion = [q, left, q].map(|(mv, picture)| Motion { mv, picture });
            k.deblock_strength(&motion, nonzero, far_y, true)
        };
        let own = |q: &Mb, left: &Mb| strength(q, left, [0; 3], 4)[0][0];
        // The same picture through list 0 and through list 1; two pictures in either order; one picture twice.
        assert_eq!(own(&one(3, a), &moving([-1, 3], [zero, a])), [0; 4], "{k:?}");
        assert_eq!(own(&one(3, a), &moving([-1, 3], [zero, zero])), [1; 4], "{k:?}");
        assert_eq!(own(&moving([1, 2], [a, b]), &moving([2, 1], [b, a])), [0; 4], "{k:?}");
        assert_eq!(own(&moving([1, 2], [a, b]), &moving([2, 1], [a, b])), [1; 4], "{k:?}");
        assert_eq!(own(&moving([1, 1], [a, b]), &moving([1, 1], [b, a])), [0; 4], "{k:?}");
        assert_eq!(own(&moving([1, 1], [a, a]), &moving([1, 1], [b, a])), [1; 4], "{k:?}");
        assert_eq!(own(&one(1, a), &moving([1, 2], [a, zero])), [1; 4], "{k:?}");
        // Distances at the threshold, and those that leave 16 bits.
        for (mv, far_y, far) in [
            (Mv::new(3, -3), 4, false),
            (Mv::new(-4, 0), 4, true),
            (Mv::new(0, 4), 4, true),
            (Mv::new(0, 2), 2, true),
            (Mv::new(3, 1), 2, false),
        ] {
            assert_eq!(strength(&one(0, mv), &one(0, zero), [0; 3], far_y)[0][0], [u8::from(far); 4], "{k:?} {mv:?}");
        }
        let (low, high) = (Mv::new(i16::MIN, i16::MIN), Mv::new(i16::MAX, i16::MAX));
        assert_eq!(own(&one(0, low), &one(0, high)), [1; 4], "{k:?}");
        assert_eq!(own(&one(0, high), &one(0, low)), [1; 4], "{k:?}");
        // Coefficients of block (1, 1) count on all of its sides, those of the neighbours only at the own edges.
        let [v, h] = strength(&one(0, zero), &one(0, a), [1 << 5, 1 << 3, 1 << 13], 4);
        assert_eq!(v, [[2, 1, 1, 1], [0, 2, 0, 0], [0, 2, 0, 0], [0; 4]], "{k:?}");
        assert_eq!(h, [[0, 2, 0, 0], [0, 2, 0, 0], [0, 2, 0, 0], [0; 4]], "{k:?}");
        // One block that moves by itself.
        let mut q = one(0, zero);
        q.0[0][6] = a;
        let [v, h] = strength(&q, &one(0, zero), [0; 3], 4);
        assert_eq!(v, [[0; 4], [0; 4], [0, 1, 0, 0], [0, 1, 0, 0]], "{k:?}");
        assert_eq!(h, [[0; 4], [0, 0, 1, 0], [0, 0, 1, 0], [0; 4]], "{k:?}");
    }
}
