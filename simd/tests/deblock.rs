//! Deblocking: every level equals scalar, and scalar equals the definitions.

use proptest::prelude::*;
use std::collections::BTreeSet;
use transcode_simd::testing::deblock::DeblockCase;
use transcode_simd::testing::{Case, Entropy, assert_reaches_all, check};
use transcode_simd::{Edge, Kernels, Sample};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<DeblockCase>(&bytes);
    }

    #[test]
    fn levels_agree_u16(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<DeblockCase<u16>>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<DeblockCase>(2000);
    assert_reaches_all::<DeblockCase<u16>>(2000);
}

fn assert_reaches_every_branch<S: Sample>() {
    let mut missing = BTreeSet::from(DeblockCase::<S>::BRANCHES);
    for seed in 0..500 {
        for branch in DeblockCase::<S>::draw(&mut Entropy::seeded(seed)).branches() {
            missing.remove(branch);
        }
    }
    assert!(missing.is_empty(), "never drawn: {missing:?}");
}

#[test]
fn generator_reaches_every_branch() {
    assert_reaches_every_branch::<u8>();
    assert_reaches_every_branch::<u16>();
}

/// A window of 16 equal luma lines `p3 p2 p1 p0 q0 q1 q2 q3`, filtered; the line that comes out of all of them.
fn luma(k: Kernels, dir: Edge, line: [u8; 8], filter: impl Fn(Kernels, Edge, &mut [u8], usize, usize)) -> [u8; 8] {
    let (mut data, stride, off): (Vec<u8>, _, _) = match dir {
        Edge::Vertical => ((0..16).flat_map(|_| line).collect(), 8, 4),
        Edge::Horizontal => (line.iter().flat_map(|&v| [v; 16]).collect(), 16, 64),
    };
    filter(k, dir, &mut data, off, stride);
    let at = |k: usize, i: usize| match dir {
        Edge::Vertical => data[8 * k + i],
        Edge::Horizontal => data[16 * i + k],
    };
    let first = core::array::from_fn(|i| at(0, i));
    for k in 1..16 {
        assert_eq!(core::array::from_fn(|i| at(k, i)), first, "line {k} differs from line 0");
    }
    first
}

fn everywhere(test: impl Fn(Kernels, Edge)) {
    for k in Kernels::available() {
        for dir in [Edge::Vertical, Edge::Horizontal] {
            test(k, dir);
        }
    }
}

/// Worked by hand from 8.7.2.3.
#[test]
fn weak_filter_by_hand() {
    everywhere(|k, dir| {
        let weak = |tc0: i8| {
            move |k: Kernels, dir, data: &mut [u8], off, stride| {
                k.deblock_luma(dir, data, off, stride, 40, 10, &[tc0; 4]);
            }
        };
        // A step of 8: delta is (8 * 4 - 8 + 4) >> 3 = 3 at most; flat sides, so tC = tC0 + 2, and p1 and q1 move to
        // (10 + 14) / 2 = 12 at most.
        let step = [10, 10, 10, 10, 18, 18, 18, 18];
        assert_eq!(luma(k, dir, step, weak(0)), [10, 10, 10, 12, 16, 18, 18, 18]);
        assert_eq!(luma(k, dir, step, weak(1)), [10, 10, 11, 13, 15, 17, 18, 18]);
        assert_eq!(luma(k, dir, step, weak(25)), [10, 10, 12, 13, 15, 16, 18, 18]);
        assert_eq!(luma(k, dir, step, weak(-1)), step, "bS 0");
        // p2 and q2 too far: tC is tC0 alone and p1, q1 stay.
        let hills = [99, 20, 10, 10, 18, 18, 8, 99];
        assert_eq!(luma(k, dir, hills, weak(1)), [99, 20, 10, 11, 17, 18, 8, 99]);
        // |p0 - q0| and |p1 - p0| are compared with less-than.
        assert_eq!(luma(k, dir, [10, 10, 10, 10, 50, 50, 50, 50], weak(25)), [10, 10, 10, 10, 50, 50, 50, 50]);
        assert_eq!(luma(k, dir, [20, 20, 20, 10, 18, 18, 18, 18], weak(25)), [20, 20, 20, 10, 18, 18, 18, 18]);
    });
}

/// Worked by hand from 8.7.2.4.
#[test]
fn strong_filter_by_hand() {
    let strong = |k: Kernels, dir, data: &mut [u8], off, stride| k.deblock_luma_strong(dir, data, off, stride, 40, 10);
    everywhere(|k, dir| {
        // The long form, for 8 < 40 / 4 + 2.
        let step = [10, 10, 10, 10, 18, 18, 18, 18];
        assert_eq!(luma(k, dir, step, strong), [10, 11, 12, 13, 15, 16, 17, 18]);
        // A step of 12 is not: the short form.
        let higher = [10, 10, 10, 10, 22, 22, 22, 22];
        assert_eq!(luma(k, dir, higher, strong), [10, 10, 10, 13, 19, 22, 22, 22]);
        // Long on one side only.
        let hill = [10, 10, 10, 10, 18, 18, 40, 18];
        assert_eq!(luma(k, dir, hill, strong), [10, 11, 12, 13, 16, 18, 40, 18]);
        let black = [0, 0, 0, 0, 255, 255, 255, 255];
        assert_eq!(luma(k, dir, black, strong), black);
    });
}

/// Chroma moves p0 and q0 alone; two lines share a tC0.
#[test]
fn chroma_by_hand() {
    everywhere(|k, dir| {
        let (at, stride, off): (fn(usize, usize) -> usize, _, _) = match dir {
            Edge::Vertical => (|k, i| 4 * k + i, 4, 2),
            Edge::Horizontal => (|k, i| 8 * i + k, 8, 16),
        };
        let mut data = [0; 32];
        for line in 0..8 {
            for i in 0..4 {
                data[at(line, i)] = if i < 2 { 10 } else { 18 };
            }
        }
        let mut strong = data;
        k.deblock_chroma_strong(dir, &mut strong, off, stride, 40, 10);
        k.deblock_chroma(dir, &mut data, off, stride, 40, 10, &[-1, 0, 2, 25]);
        for line in 0..8 {
            let delta = [0, 1, 3, 3][line / 2];
            let expected = [10, 10 + delta, 18 - delta, 18];
            assert_eq!([0, 1, 2, 3].map(|i| data[at(line, i)]), expected, "{k:?} {dir:?} line {line}");
            assert_eq!([0, 1, 2, 3].map(|i| strong[at(line, i)]), [10, 12, 16, 18], "{k:?} {dir:?} line {line}");
        }
    });
}

#[test]
fn short_slices_panic_before_anything_is_stored() {
    everywhere(|k, dir| {
        type Call<'a> = &'a dyn Fn(&mut [u8], usize, usize);
        // Lines, reach, call.
        let calls: [(usize, usize, Call<'_>); 4] = [
            (16, 4, &|d, off, stride| k.deblock_luma(dir, d, off, stride, 255, 255, &[25; 4])),
            (16, 4, &|d, off, stride| k.deblock_luma_strong(dir, d, off, stride, 255, 255)),
            (8, 2, &|d, off, stride| k.deblock_chroma(dir, d, off, stride, 255, 255, &[25; 4])),
            (8, 2, &|d, off, stride| k.deblock_chroma_strong(dir, d, off, stride, 255, 255)),
        ];
        for (lines, reach, call) in calls {
            let (width, height, off) = match dir {
                Edge::Vertical => (2 * reach, lines, reach),
                Edge::Horizontal => (lines, 2 * reach, 20 * reach),
            };
            let before: Vec<u8> = (0..20 * (height - 1) + width).map(|i| (i % 7) as u8).collect();
            let mut data = before.clone();
            call(&mut data, off, 20);
            assert_ne!(data, before);
            let (mut data, last) = (before.clone(), before.len() - 1);
            for cut in 0..2 {
                let window = if cut == 0 { &mut data[..last] } else { &mut data[1..] };
                let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(window, off - cut, 20)));
                let message = *caught.expect_err("must panic").downcast::<String>().expect("a message");
                assert!(message.contains("too short for a block"), "{message}");
                assert_eq!(data, before, "stored before it panicked");
            }
        }
    });
}
