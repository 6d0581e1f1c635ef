//! Residuals: every level equals scalar, and scalar equals the definitions.

use proptest::prelude::*;
use transcode_simd::testing::residual::ResidualCase;
use transcode_simd::testing::{assert_reaches_all, check};
use transcode_simd::{Kernels, LevelMasks};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<ResidualCase>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<ResidualCase>(200);
}

/// Each block of a quad is transformed as it is alone, and says alone whether anything is left of it.
#[test]
fn a_quad_is_four_blocks() {
    let src: [u8; 20 * 8] = core::array::from_fn(|i| (i * i % 251) as u8);
    let pred: [u8; 8 * 8] = core::array::from_fn(|i| (i * 37 % 253) as u8);
    for k in Kernels::available() {
        let mut quad = [[0; 16]; 4];
        k.fdct4x4_quad(&mut quad, &src, 20, &pred, 8);
        let mut alone = [[0; 16]; 4];
        for (b, c) in alone.iter_mut().enumerate() {
            let (x, y) = (4 * (b & 1), 4 * (b >> 1));
            k.fdct4x4(c, &src[20 * y + x..], 20, &pred[8 * y + x..], 8);
        }
        assert_eq!(quad, alone, "{k:?}");
        quad[1] = [3; 16];
        alone[1] = [3; 16];
        let (mf, bias) = ([13107; 16], [1; 16]);
        let mask = k.quant4x4_quad(&mut quad, &mf, &bias);
        let any = alone.each_mut().map(|c| k.quant4x4(c, &mf, &bias));
        assert_eq!(quad, alone, "{k:?}");
        assert_eq!((mask, any), (0b1101, [true, false, true, true]), "{k:?}");
    }
}

#[test]
fn levels_in_scan_order() {
    // Table 8-2: the frame scan of a block whose coefficient at (x, y) is 10 * y + x, less the one in the middle.
    let c: [i16; 16] = core::array::from_fn(|i| (10 * (i / 4) + i % 4) as i16 - 11);
    let order = [0, 1, 10, 20, 11, 2, 3, 12, 21, 30, 31, 22, 13, 23, 32, 33];
    for k in Kernels::available() {
        let mut levels = [0; 16];
        let masks = k.scan4x4(&mut levels, &c);
        assert_eq!(levels, order.map(|v| v - 11), "{k:?}");
        // 11 is at place 4; 10 and 12, one off, at 2 and 7.
        assert_eq!(masks, LevelMasks { coded: !(1 << 4), large: !(1 << 4 | 1 << 2 | 1 << 7) }, "{k:?}");
    }
}

#[test]
fn short_slices_panic() {
    for k in Kernels::available() {
        for (src, pred) in [(7 * 20 + 7, 64), (160, 63)] {
            let mut c = [[7; 16]; 4];
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                k.fdct4x4_quad(&mut c, &vec![0; src], 20, &vec![0; pred], 8);
            }));
            assert!(caught.is_err(), "{k:?}");
            assert_eq!(c, [[7; 16]; 4], "{k:?}: nothing is stored");
        }
    }
}
