//! Motion compensation: every level equals scalar, and scalar equals the definitions.

use proptest::prelude::*;
use transcode_simd::testing::mc::McCase;
use transcode_simd::testing::{assert_reaches_all, check};
use transcode_simd::{BlockSize, Kernels};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn levels_agree(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<McCase>(&bytes);
    }

    #[test]
    fn levels_agree_u16(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        check::<McCase<u16>>(&bytes);
    }
}

#[test]
fn generator_reaches_every_kernel() {
    assert_reaches_all::<McCase>(20_000);
    assert_reaches_all::<McCase<u16>>(20_000);
}

const STRIDE: usize = 24;
/// Sample G of the first sample in a source of `STRIDE * STRIDE`.
const OFF: usize = 2 * STRIDE + 2;
const TAPS: [i32; 6] = [1, -5, 20, 20, -5, 1];

/// All positions of all sizes, as `size, dx, dy`.
fn positions() -> impl Iterator<Item = (BlockSize, u8, u8)> {
    BlockSize::ALL.into_iter().flat_map(|size| (0..16).map(move |f| (size, f % 4, f / 4)))
}

fn luma(k: Kernels, size: BlockSize, src: &[u8], dx: u8, dy: u8) -> [u8; 256] {
    let mut dst = [0; 256];
    k.luma_mc(size, &mut dst, 16, src, OFF, STRIDE, dx, dy);
    dst
}

/// The filters' taps sum up to their divisors.
#[test]
fn flat_areas_stay() {
    for k in Kernels::available() {
        for (size, dx, dy) in positions() {
            for v in [0, 1, 128, 255] {
                let dst = luma(k, size, &[v; STRIDE * STRIDE], dx, dy);
                for y in 0..size.height() {
                    assert_eq!(dst[16 * y..][..size.width()], [v; 16][..size.width()], "{k:?} {size} {dx} {dy}");
                }
            }
        }
    }
}

/// A single sample of 255 shows the filters' taps, and only inside of the window.
#[test]
fn impulse_response() {
    for k in Kernels::available() {
        for at_y in 0..9 {
            for at_x in 0..9 {
                let mut src = [0; STRIDE * STRIDE];
                src[at_y * STRIDE + at_x] = 255;
                // The tap that the sample has for the first sample of the block.
                let (x, y) = (TAPS.get(at_x).copied().unwrap_or(0), TAPS.get(at_y).copied().unwrap_or(0));
                let on = |v: bool| if v { 255 } else { 0 };
                let clip = |v: i32| v.clamp(0, 255);
                let b = clip((x * on(at_y == 2) + 16) >> 5);
                let h = clip((y * on(at_x == 2) + 16) >> 5);
                let j = clip((x * y * 255 + 512) >> 10);
                let s = clip((x * on(at_y == 3) + 16) >> 5);
                let m = clip((y * on(at_x == 3) + 16) >> 5);
                let g = |dx: usize, dy: usize| on((at_x, at_y) == (2 + dx, 2 + dy));
                let mean = |p, q| (p + q + 1) >> 1;
                // Figure 8-4 by rows.
                let expected = [
                    [g(0, 0), mean(g(0, 0), b), b, mean(b, g(1, 0))],
                    [mean(g(0, 0), h), mean(b, h), mean(b, j), mean(b, m)],
                    [h, mean(h, j), j, mean(j, m)],
                    [mean(h, g(0, 1)), mean(h, s), mean(j, s), mean(s, m)],
                ];
                for (size, dx, dy) in positions() {
                    let first = i32::from(luma(k, size, &src, dx, dy)[0]);
                    assert_eq!(
                        first,
                        expected[usize::from(dy)][usize::from(dx)],
                        "{k:?} {size} {dx} {dy}: {at_x} {at_y}"
                    );
                }
            }
        }
    }
}

/// Rows that make the sums of the second pass as large and as small as they can be, at each place of the block.
#[test]
fn extremes_do_not_overflow() {
    for (row_phase, column_phase, flip) in (0..6).flat_map(|r| (0..6).flat_map(move |c| [(r, c, 0), (r, c, 255)])) {
        let src: [u8; STRIDE * STRIDE] = core::array::from_fn(|i| {
            let (x, y) = (i % STRIDE + column_phase, i / STRIDE + row_phase);
            let positive = (TAPS[x % 6] > 0) == (TAPS[y % 6] > 0);
            flip ^ if positive { 255 } else { 0 }
        });
        for (size, dx, dy) in positions() {
            let expected = luma(Kernels::scalar(), size, &src, dx, dy);
            for k in Kernels::available() {
                assert_eq!(luma(k, size, &src, dx, dy), expected, "{k:?} {size} {dx} {dy}");
            }
        }
    }
}

#[test]
fn chroma_is_bilinear() {
    let src: [u8; 81] = core::array::from_fn(|i| (i * 37 % 256) as u8);
    for k in Kernels::available() {
        for (w, h) in [(8, 8), (8, 4), (4, 8), (4, 4), (4, 2), (2, 4), (2, 2)] {
            for (dx, dy) in (0..64).map(|f| (f % 8, f / 8)) {
                let mut dst = [0; 64];
                k.chroma_mc(w, h, &mut dst, 8, &src, 0, 9, dx as u8, dy as u8);
                for (x, y) in (0..w * h).map(|i| (i % w, i / w)) {
                    let s = |x: usize, y: usize| src[9 * y + x] as usize;
                    let above = (8 - dx) * s(x, y) + dx * s(x + 1, y);
                    let below = (8 - dx) * s(x, y + 1) + dx * s(x + 1, y + 1);
                    let expected = ((8 - dy) * above + dy * below + 32) / 64;
                    assert_eq!(usize::from(dst[8 * y + x]), expected, "{k:?} {w}x{h} {dx} {dy}");
                }
            }
        }
    }
}

/// Every weight with black, white and grey, against the equations in 64 bits.
#[test]
fn weights() {
    for k in Kernels::available() {
        for (log2_denom, w0) in (0..8).flat_map(|d| (-128..=128).map(move |w| (d, w))) {
            for (offset, w1) in [(-128, -128), (-1, -64), (0, 64 - w0), (3, 127), (127, 128)] {
                let w1: i32 = i32::clamp(w1, -128, 128);
                let (p, q) = ([0, 1, 100, 255, 255, 0, 77, 254], [0, 255, 100, 255, 0, 255, 3, 1]);
                let (mut one, mut two) = ([p, p].concat(), [p, p].concat());
                k.weight(8, 2, &mut one, 8, log2_denom, w0, offset);
                k.biweight(8, 2, &mut two, 8, &[q, q].concat(), 8, log2_denom, w0, w1, offset);
                for i in 0..8 {
                    let (p, q, w0, w1) = (i64::from(p[i]), i64::from(q[i]), i64::from(w0), i64::from(w1));
                    let round = if log2_denom == 0 { 0 } else { 1 << (log2_denom - 1) };
                    let expected = (((p * w0 + round) >> log2_denom) + i64::from(offset)).clamp(0, 255);
                    assert_eq!(i64::from(one[8 + i]), expected, "{k:?} weight {w0} 2^{log2_denom} {offset}");
                    let sum = (p * w0 + q * w1 + (1 << log2_denom)) >> (log2_denom + 1);
                    let expected = (sum + i64::from(offset)).clamp(0, 255);
                    assert_eq!(i64::from(two[8 + i]), expected, "{k:?} weights {w0} {w1} 2^{log2_denom} {offset}");
                }
            }
        }
    }
}

fn panic_message(call: impl FnOnce()) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).expect_err("must panic");
    let text = caught.downcast_ref::<&str>().map(|s| s.to_string());
    text.unwrap_or_else(|| *caught.downcast::<String>().expect("a message"))
}

#[test]
fn short_slices_panic_before_anything_is_stored() {
    for k in Kernels::available() {
        for (size, dx, dy) in positions() {
            let (w, h) = (size.width() + if dx != 0 { 5 } else { 0 }, size.height() + if dy != 0 { 5 } else { 0 });
            let off = if dx != 0 { 2 } else { 0 } + if dy != 0 { 2 * STRIDE } else { 0 };
            let src = vec![9; STRIDE * (h - 1) + w];
            let mut dst = vec![0; 16 * (size.height() - 1) + size.width()];
            k.luma_mc(size, &mut dst, 16, &src, off, STRIDE, dx, dy);
            dst.fill(0);
            // One sample less at the end of the source, at its start, and at the end of the destination.
            let less = src.len() - 1;
            let mut messages = vec![panic_message(|| k.luma_mc(size, &mut dst, 16, &src[..less], off, STRIDE, dx, dy))];
            if off != 0 {
                messages.push(panic_message(|| k.luma_mc(size, &mut dst, 16, &src[1..], off - 1, STRIDE, dx, dy)));
            }
            let short = dst.len() - 1;
            messages.push(panic_message(|| k.luma_mc(size, &mut dst[..short], 16, &src, off, STRIDE, dx, dy)));
            for message in messages {
                assert!(message.contains("too short for a block"), "{message}");
            }
            assert!(dst.iter().all(|&d| d == 0), "{k:?} {size} {dx} {dy} stored before it panicked");
        }
    }
}

#[test]
fn arguments_out_of_range_panic() {
    let (mut dst, src) = ([0; 256], [0; 256]);
    for k in Kernels::available() {
        assert!(panic_message(|| k.luma_mc(BlockSize::B4x4, &mut dst, 16, &src, 0, 16, 4, 0)).contains("quarters"));
        assert!(panic_message(|| k.chroma_mc(4, 4, &mut dst, 16, &src, 0, 16, 0, 8)).contains("eighths"));
        assert!(panic_message(|| k.chroma_mc(16, 4, &mut dst, 16, &src, 0, 16, 0, 0)).contains("16 wide"));
        assert!(panic_message(|| k.avg(6, 4, &mut dst, 16, &src, 16)).contains("6 wide"));
        assert!(panic_message(|| k.avg(8, 3, &mut dst, 16, &src, 16)).contains("even"));
        assert!(panic_message(|| k.weight(8, 8, &mut dst, 16, 8, 1, 0)).contains("out of range"));
        assert!(panic_message(|| k.biweight(8, 8, &mut dst, 16, &src, 16, 5, 129, 1, 0)).contains("out of range"));
    }
}
