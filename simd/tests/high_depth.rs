//! Samples of 9 to 14 bits: the kernels equal the definitions, and where nothing is rounded or clipped, those for
//! 8 bits.

use transcode_simd::{Availability, BlockSize, Edge, Kernels, Sample};

const DEPTHS: [u32; 4] = [9, 10, 12, 14];

fn everywhere(test: impl Fn(Kernels, u16)) {
    for k in Kernels::available() {
        for depth in DEPTHS {
            test(k, (1 << depth) - 1);
        }
    }
}

/// The filters' taps sum up to their divisors, and black and white don't overflow.
#[test]
fn flat_areas_stay() {
    everywhere(|k, max| {
        for v in [0, 1, max / 2, max] {
            for (size, f) in BlockSize::ALL.into_iter().flat_map(|size| (0..16).map(move |f| (size, f))) {
                let mut dst = [0; 256];
                k.luma_mc_u16(size, &mut dst, 16, &[v; 24 * 24], 2 * 24 + 2, 24, f % 4, f / 4, max);
                for y in 0..size.height() {
                    assert_eq!(dst[16 * y..][..size.width()], [v; 16][..size.width()], "{k:?} {max} {size} {f}");
                }
            }
            for (dx, dy) in (0..64).map(|f| (f % 8, f / 8)) {
                let mut dst = [0; 64];
                k.chroma_mc_u16(8, 8, &mut dst, 8, &[v; 81], 0, 9, dx, dy);
                assert_eq!(dst, [v; 64], "{k:?} {max} {dx} {dy}");
            }
        }
    });
}

/// The half sample b next to an edge from black to white, by hand: taps 1, -5, 20 on the black side.
#[test]
fn half_samples_by_hand() {
    everywhere(|k, max| {
        let step: [u16; 9] = [0, 0, 0, 0, 0, max, max, max, max];
        let src = [step; 4].concat();
        let mut dst = [0; 16];
        k.luma_mc_u16(BlockSize::B4x4, &mut dst, 4, &src, 2, 9, 2, 0, max);
        // The sums of the taps on white samples: 1, 1 - 5, 1 - 5 + 20, 32 - (1 - 5).
        let b = |taps: i32| ((taps * i32::from(max) + 16) >> 5).clamp(0, i32::from(max)) as u16;
        assert_eq!(dst[..4], [b(1), b(-4), b(16), b(36)], "{k:?} {max}");
        assert_eq!(dst[3], max);
    });
}

/// Every weight with black, white and grey, against the equations in 64 bits.
#[test]
fn weights() {
    everywhere(|k, max| {
        let scale = (i32::from(max) + 1) / 256;
        for (log2_denom, w0) in (0..8).flat_map(|d| (-128..=128).map(move |w| (d, w))) {
            for (offset, w1) in [(-128, -128), (0, 64 - w0), (3, 127), (127, 128)] {
                let (offset, w1) = (offset * scale, i32::clamp(w1, -128, 128));
                let (p, q) = ([0, 1, 100, max, max, 0, 77, max - 1], [0, max, 100, max, 0, max, 3, 1]);
                let (mut one, mut two) = ([p, p].concat(), [p, p].concat());
                k.weight_u16(8, 2, &mut one, 8, log2_denom, w0, offset, max);
                k.biweight_u16(8, 2, &mut two, 8, &[q, q].concat(), 8, log2_denom, w0, w1, offset, max);
                for i in 0..8 {
                    let (p, q, w0, w1) = (i64::from(p[i]), i64::from(q[i]), i64::from(w0), i64::from(w1));
                    let round = if log2_denom == 0 { 0 } else { 1 << (log2_denom - 1) };
                    let expected = (((p * w0 + round) >> log2_denom) + i64::from(offset)).clamp(0, max.into());
                    assert_eq!(i64::from(one[8 + i]), expected, "{k:?} {max} weight {w0} 2^{log2_denom} {offset}");
                    let sum = (p * w0 + q * w1 + (1 << log2_denom)) >> (log2_denom + 1);
                    let expected = (sum + i64::from(offset)).clamp(0, max.into());
                    assert_eq!(i64::from(two[8 + i]), expected, "{k:?} {max} {w0} {w1} 2^{log2_denom} {offset}");
                }
            }
        }
    });
}

/// A lone DC coefficient: the short way equals the whole transform, and both clip at the bit depth.
#[test]
fn dc_equals_the_whole_transform() {
    everywhere(|k, max| {
        for dc in (-(1 << 21)..1 << 21).step_by(1013).chain([i32::MIN, i32::MIN + 1, i32::MAX - 32, i32::MAX]) {
            let prediction: [u16; 64] = core::array::from_fn(|i| (i * usize::from(max) / 63) as u16);
            let (mut whole, mut short) = (prediction, prediction);
            let mut c = [0; 64];
            c[0] = dc;
            k.idct8x8_add_u16(&mut whole, 8, &mut c, max);
            k.idct8x8_dc_add_u16(&mut short, 8, dc, max);
            assert_eq!(whole, short, "{k:?} {max} 8x8 {dc}");
            let residual = dc.wrapping_add(32) >> 6;
            let expected = prediction.map(|p| (i32::from(p) + residual).clamp(0, max.into()) as u16);
            assert_eq!(whole, expected, "{k:?} {max} 8x8 {dc}");
            let (mut whole, mut short) = (prediction, prediction);
            let mut c = [0; 16];
            c[0] = dc;
            k.idct4x4_add_u16(&mut whole, 8, &mut c, max);
            k.idct4x4_dc_add_u16(&mut short, 8, dc, max);
            assert_eq!(whole, short, "{k:?} {max} 4x4 {dc}");
        }
    });
}

/// Coefficients that stay within 16 bits give the residuals of the 8-bit transforms.
#[test]
fn transforms_equal_those_of_8_bits() {
    for k in Kernels::available() {
        for seed in 0..200u32 {
            let c: [i16; 64] = core::array::from_fn(|i| {
                let v = (seed * 64 + i as u32).wrapping_mul(2_654_435_761) >> 16;
                (v % 121) as i16 - 60
            });
            let (mut a, mut b) = ([128u8; 64], [128u16; 64]);
            k.idct8x8_add(&mut a, 8, &mut c.clone());
            k.idct8x8_add_u16(&mut b, 8, &mut c.map(i32::from), 1023);
            let clipped = b.map(|v| v.min(255) as u8);
            assert!(a.iter().zip(&clipped).all(|(a, b)| a == b || *a == 0), "{k:?}: {a:?} {b:?}");
            let (mut a, mut b) = ([128u8; 16], [128u16; 16]);
            let c: [i16; 16] = *c.first_chunk().expect("64 are more");
            k.idct4x4_add(&mut a, 4, &mut c.clone());
            k.idct4x4_add_u16(&mut b, 4, &mut c.map(i32::from), 1023);
            assert_eq!(a.map(u16::from), b.map(|v| v.min(255)), "{k:?}");
        }
    }
}

/// 8.7.2.2: thresholds and tC0 are those of the tables, scaled to the bit depth; the 1 that flat sides add to tC is
/// not.
#[test]
fn deblocking_scales_its_thresholds() {
    everywhere(|k, max| {
        let s = (max + 1) / 256;
        // A step of 8 in 8 bits.
        let (low, high) = (10 * s, 18 * s);
        for lines in [16, 8] {
            // Both directions from one window of 16x16 with the edge in its middle.
            for dir in [Edge::Vertical, Edge::Horizontal] {
                let at = |line: usize, i: usize| match dir {
                    Edge::Vertical => 16 * line + i,
                    Edge::Horizontal => 16 * i + line,
                };
                let mut data = [0; 256];
                for (line, i) in (0..256).map(|n| (n / 16, n % 16)) {
                    data[at(line, i)] = if i < 8 { low } else { high };
                }
                let off = at(0, 8);
                let mut strong = data;
                let far = [40 / 4 + 2, 40].map(|step| {
                    let mut far = data.map(|v| if v == high { low + step * s } else { v });
                    if lines == 16 {
                        k.deblock_luma_strong_u16(dir, &mut far, off, 16, 40, 10, max);
                    } else {
                        k.deblock_chroma_strong_u16(dir, &mut far, off, 16, 40, 10, max);
                    }
                    [6, 7, 8, 9].map(|i| far[at(0, i)])
                });
                let [a, b] = [low + 12 * s, low + 40 * s];
                // Short forms: (3 p + q + 2) >> 2; alpha filters nothing.
                let short = [low, (3 * low + a + 2) >> 2, (3 * a + low + 2) >> 2, a];
                if lines == 8 {
                    assert_eq!(far[0], short, "{k:?} {max} {dir:?}");
                }
                assert_eq!(far[1], [low, low, b, b], "{k:?} {max} {dir:?}");
                if lines == 16 {
                    k.deblock_luma_u16(dir, &mut data, off, 16, 40, 10, &[-1, 0, 1, 25], max);
                    k.deblock_luma_strong_u16(dir, &mut strong, off, 16, 40, 10, max);
                    // (8 s * 4 - 8 s + 4) >> 3
                    let full = (24 * s + 4) >> 3;
                    for (line, tc) in [(0, 0), (4, 2), (8, s + 2), (12, 25 * s + 2)] {
                        let delta = full.min(tc);
                        assert_eq!(data[at(line, 7)], low + delta, "{k:?} {max} {dir:?} line {line}");
                        assert_eq!(data[at(line, 8)], high - delta, "{k:?} {max} {dir:?} line {line}");
                    }
                    let side =
                        [low, (7 * low + high + 4) >> 3, (3 * low + high + 2) >> 2, (5 * low + 3 * high + 4) >> 3];
                    assert_eq!([4, 5, 6, 7].map(|i| strong[at(3, i)]), side, "{k:?} {max} {dir:?}");
                } else {
                    k.deblock_chroma_u16(dir, &mut data, off, 16, 40, 10, &[-1, 0, 1, 25], max);
                    for (line, tc) in [(0, 0), (2, 1), (4, s + 1), (6, 25 * s + 1)] {
                        let delta = ((24 * s + 4) >> 3).min(tc);
                        assert_eq!(data[at(line, 7)], low + delta, "{k:?} {max} {dir:?} line {line}");
                        assert_eq!(data[at(line + 1, 8)], high - delta, "{k:?} {max} {dir:?} line {line}");
                    }
                }
            }
        }
    });
}

/// 4:2:2 chroma has 16 lines at a vertical edge, four to a bS.
fn vertical_edges_of_422<S: Sample>(max: S) {
    for k in Kernels::available() {
        let line = [10, 10, 18, 18].map(S::from_i32);
        let mut data = [line; 16].concat();
        S::deblock_chroma_422(k, &mut data, 2, 4, 255, 10, &[-1, 0, 25, -1], max);
        for y in 0..16 {
            let changed = (4..12).contains(&y);
            assert_eq!(data[4 * y..][..4] != line, changed, "{k:?} line {y}");
        }
        let mut strong = [line; 16].concat();
        S::deblock_chroma_422_strong(k, &mut strong, 2, 4, 255, 10, max);
        assert_eq!(strong, [[10, 12, 16, 18].map(S::from_i32); 16].concat(), "{k:?}");
        let short = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            S::deblock_chroma_422_strong(k, &mut data[..63], 2, 4, 255, 10, max);
        }));
        assert!(short.is_err(), "{k:?}");
    }
}

#[test]
fn deblocking_of_422() {
    vertical_edges_of_422(255u8);
    vertical_edges_of_422(1023u16);
}

/// All modes predict a flat block from flat edges; the DC without edges is half of the range.
#[test]
fn flat_edges_predict_flat_blocks() {
    everywhere(|k, max| {
        let all = Availability { left: true, top: true, top_left: true };
        for v in [0, 1, max / 2, max] {
            for mode in 0..9 {
                let (mut small, mut large) = ([99; 16], [99; 64]);
                k.intra4x4_u16(mode, &mut small, 4, &[v; 13]);
                k.intra8x8_u16(mode, &mut large, 8, &k.intra8x8_filter_edges_u16(&[v; 25], all));
                assert_eq!((small, large), ([v; 16], [v; 64]), "{k:?} mode {mode}");
            }
            for mode in 0..4 {
                let (mut luma, mut chroma, mut tall) = ([99; 256], [99; 64], [99; 128]);
                k.intra16x16_u16(mode, &mut luma, 16, &[v; 16], &[v; 16], v, max);
                k.intra_chroma8x8_u16(mode, &mut chroma, 8, &[v; 8], &[v; 8], v, all, max);
                k.intra_chroma8x16_u16(mode, &mut tall, 8, &[v; 8], &[v; 16], v, all, max);
                assert_eq!((luma, chroma, tall), ([v; 256], [v; 64], [v; 128]), "{k:?} mode {mode}");
            }
        }
        let mut dst = [0; 128];
        k.intra_chroma8x16_u16(0, &mut dst, 8, &[0; 8], &[0; 16], 0, Availability::default(), max);
        assert_eq!(dst, [max / 2 + 1; 128]);
        k.fill_u16(3, 2, &mut dst, 8, 9);
        assert_eq!(
            dst[..12],
            [9, 9, 9, max / 2 + 1, max / 2 + 1, max / 2 + 1, max / 2 + 1, max / 2 + 1, 9, 9, 9, max / 2 + 1]
        );
    });
}

/// A plane stays a plane in a block 8 wide and 16 high, and is clipped at the bit depth (8.3.4.6).
#[test]
fn plane_of_422() {
    for k in Kernels::available() {
        let (top, left) = (core::array::from_fn(|x| 40 + 4 * x as u8), core::array::from_fn(|y| 38 + 2 * y as u8));
        let mut dst = [0; 128];
        k.intra_chroma8x16(3, &mut dst, 8, &top, &left, 36, Availability::default());
        for (i, s) in dst.into_iter().enumerate() {
            assert_eq!(usize::from(s), 42 + 4 * (i % 8) + 2 * (i / 8), "{k:?} at {i}");
        }
        let (top, left) = (top.map(|v| 4 * u16::from(v)), left.map(|v| 4 * u16::from(v)));
        let mut dst = [0; 128];
        k.intra_chroma8x16_u16(3, &mut dst, 8, &top, &left, 4 * 36, Availability::default(), 1023);
        for (i, s) in dst.into_iter().enumerate() {
            assert_eq!(usize::from(s), 4 * (42 + 4 * (i % 8) + 2 * (i / 8)), "{k:?} at {i}");
        }
        let (top, left) = (core::array::from_fn(|x| 1023 * (x as u16 / 4)), [1023; 16]);
        k.intra_chroma8x16_u16(3, &mut dst, 8, &top, &left, 0, Availability::default(), 1023);
        assert!(dst.iter().all(|&v| v <= 1023) && dst.contains(&1023), "{k:?}");
    }
}

/// Each 4x4 block of 4:2:2 chroma chooses its edges by what there is (8.3.4.1 to 8.3.4.3).
#[test]
fn chroma_dc_of_422() {
    let top = [10, 10, 10, 10, 50, 50, 50, 50];
    let left: [u8; 16] = core::array::from_fn(|y| [30, 90, 20, 70][y / 4]);
    let expected = [
        (false, false, [[128, 128], [128, 128], [128, 128], [128, 128]]),
        (true, false, [[30, 30], [90, 90], [20, 20], [70, 70]]),
        (false, true, [[10, 50], [10, 50], [10, 50], [10, 50]]),
        (true, true, [[20, 50], [90, 70], [20, 35], [70, 60]]),
    ];
    for k in Kernels::available() {
        for (has_left, has_top, blocks) in expected {
            let mut dst = [0; 128];
            let available = Availability { left: has_left, top: has_top, top_left: false };
            k.intra_chroma8x16(0, &mut dst, 8, &top, &left, 0, available);
            for (i, s) in dst.into_iter().enumerate() {
                assert_eq!(s, blocks[i / 32][i % 8 / 4], "{k:?} {available:?} at {i}");
            }
        }
    }
}

#[test]
fn bad_depths_and_short_slices_panic() {
    for k in Kernels::available() {
        let panics = |call: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err();
        for max in [0, 127, 254, 1000, 1024, 32767, 65535] {
            assert!(panics(&|| k.idct4x4_dc_add_u16(&mut [0; 16], 4, 0, max)), "{max}");
        }
        assert!(panics(&|| k.weight_u16(4, 4, &mut [0; 16], 4, 0, 1, 8192, 16383)));
        for (size, f) in BlockSize::ALL.into_iter().flat_map(|size| (0..16).map(move |f| (size, f))) {
            let (dx, dy, w, h) = (f % 4, f / 4, size.width(), size.height());
            let (src_w, src_h) = (w + if dx != 0 { 5 } else { 0 }, h + if dy != 0 { 5 } else { 0 });
            let off = if dx != 0 { 2 } else { 0 } + if dy != 0 { 48 } else { 0 };
            let src = vec![9; 24 * (src_h - 1) + src_w];
            let len = 16 * (h - 1) + w;
            let call = |dst: usize, src: &[u16]| {
                k.luma_mc_u16(size, &mut vec![0; dst], 16, src, off, 24, dx, dy, 1023);
            };
            call(len, &src);
            assert!(panics(&|| call(len - 1, &src)), "{k:?} {size} {dx} {dy}");
            assert!(panics(&|| call(len, &src[1..])), "{k:?} {size} {dx} {dy}");
        }
        assert!(panics(&|| k.idct4x4_add_u16(&mut [0; 15], 4, &mut [0; 16], 1023)));
        assert!(panics(&|| k.idct8x8_add_u16(&mut [0; 63], 8, &mut [0; 64], 1023)));
        assert!(panics(&|| k.deblock_luma_u16(Edge::Vertical, &mut [0; 127], 4, 8, 1, 1, &[0; 4], 1023)));
        assert!(panics(&|| k.deblock_chroma_u16(Edge::Horizontal, &mut [0; 31], 16, 8, 1, 1, &[0; 4], 1023)));
    }
}
