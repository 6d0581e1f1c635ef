//! Pixel cost: every level equals scalar, and scalar equals the definitions.

use proptest::prelude::*;
use transcode_simd::testing::cost::CostCase;
use transcode_simd::testing::{assert_reaches_all, check};
use transcode_simd::{BlockSize, Kernels};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<CostCase>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<CostCase>(2000);
}

/// Black against white: the largest sums there are, which a lane too narrow would lose.
#[test]
fn extremes_do_not_overflow() {
    let (black, white) = ([0; 256], [255; 256]);
    for k in Kernels::available() {
        for size in BlockSize::ALL {
            let n = (size.width() * size.height()) as u32;
            assert_eq!(k.sad(size, &black, 16, &white, 16), 255 * n, "{k:?} {size}");
            assert_eq!(k.sad_x4(size, &black, 16, [&white, &black, &white, &black], 16), [255 * n, 0, 255 * n, 0]);
            assert_eq!(k.ssd(size, &black, 16, &white, 16), 255 * 255 * n, "{k:?} {size}");
            // Of a flat difference only the DC coefficient is left: 16 d in each 4x4 block.
            assert_eq!(k.satd(size, &black, 16, &white, 16), 255 * 8 * n / 16, "{k:?} {size}");
            assert_eq!(k.satd_mean(size, &black, 16, [&white, &white], 16), 255 * 8 * n / 16, "{k:?} {size}");
            let pairs = [[&white[..], &white]; 4];
            assert_eq!(k.satd_mean_x4(size, &black, 16, pairs, 16), [255 * 8 * n / 16; 4], "{k:?} {size}");
            // Half of 255, rounded up.
            assert_eq!(k.satd_mean(size, &black, 16, [&white, &black], 16), 128 * 8 * n / 16, "{k:?} {size}");
        }
    }
}

/// One sample that differs by `d` makes 16 coefficients of `d` or `-d`, wherever it is.
#[test]
fn satd_of_an_impulse() {
    for k in Kernels::available() {
        for size in BlockSize::ALL {
            for y in 0..size.height() {
                for x in 0..size.width() {
                    let mut b = [100; 256];
                    b[16 * y + x] = 93;
                    assert_eq!(k.satd(size, &[100; 256], 16, &b, 16), 8 * 7, "{k:?} {size} at {x}, {y}");
                }
            }
        }
    }
}

/// Each basis function of the transform lights up its one coefficient.
#[test]
fn satd_of_basis_functions() {
    let sign = |i: u32, n: u32| if (i & n).count_ones().is_multiple_of(2) { 1 } else { -1 };
    for k in Kernels::available() {
        for basis in 0..16 {
            let b: [u8; 16] = core::array::from_fn(|i| (100 + 9 * sign(i as u32, basis)) as u8);
            assert_eq!(k.satd(BlockSize::B4x4, &[100; 16], 4, &b, 4), 16 * 9 / 2, "{k:?} basis {basis}");
        }
    }
}

#[test]
fn nine_blocks_are_nine_times_one() {
    let src: [u8; 64] = core::array::from_fn(|i| (i * i * 7 % 256) as u8);
    let blocks: [[u8; 16]; 9] = core::array::from_fn(|b| core::array::from_fn(|i| (31 * b * b + i * (b + 3)) as u8));
    for k in Kernels::available() {
        let expected = blocks.each_ref().map(|b| k.satd(BlockSize::B4x4, &src, 16, b, 4));
        assert_eq!(k.satd4x4_nine(&src, 16, &blocks), expected, "{k:?}");
    }
}

#[test]
fn short_slices_panic() {
    for k in Kernels::available() {
        for size in BlockSize::ALL {
            let (stride, enough) = (20, 20 * (size.height() - 1) + size.width());
            let (long, short) = (vec![0; enough], vec![0; enough - 1]);
            type Call<'a> = &'a dyn Fn(&[u8], &[u8]);
            let calls: [Call<'_>; 9] = [
                &|a, b| _ = k.sad(size, a, stride, b, stride),
                &|a, b| _ = k.ssd(size, a, stride, b, stride),
                &|a, b| _ = k.satd(size, a, stride, b, stride),
                &|a, b| _ = k.sad_x4(size, a, stride, [b, b, b, b], stride),
                &|a, b| _ = k.sad_x3(size, a, stride, [&long, b, &long], stride),
                &|a, b| {
                    _ = k.satd_mean_x4(size, a, stride, [[&long, &long], [&long, &long], [&long, b], [b, b]], stride)
                },
                &|a, b| _ = k.satd_mean_x4(size, a, stride, [[b, &long], [&long, &long], [b, &long], [b, b]], stride),
                &|a, b| _ = k.satd_mean(size, a, stride, [b, &long], stride),
                &|a, b| _ = k.satd_mean(size, a, stride, [&long, b], stride),
            ];
            for call in calls {
                call(&long, &long);
                for (a, b) in [(&long, &short), (&short, &long)] {
                    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(a, b)));
                    let message = *caught.expect_err("must panic").downcast::<String>().expect("a message");
                    assert!(message.contains("too short for a block"), "{message}");
                }
            }
        }
    }
}
