//! Sums of differences between blocks, 16 samples at a time.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{gather_16, load_4, load_4_4, load_8};
use crate::mem::Rows;
use core::arch::aarch64::*;

#[target_feature(enable = "neon")]
pub(crate) fn sad<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    let mut sum = vdupq_n_u16(0);
    for i in 0..W * H / 16 {
        // At most 510 a lane and step, and 16 steps: 16 bits are enough.
        sum = vpadalq_u8(sum, vabdq_u8(gather_16::<W>(a, i), gather_16::<W>(b, i)));
    }
    vaddlvq_u16(sum)
}

#[target_feature(enable = "neon")]
pub(crate) fn sad_each<const W: usize, const H: usize, const N: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; N],
    ref_stride: usize,
) -> [u32; N] {
    let src = Rows::new(src, src_stride, W, H);
    let refs = refs.map(|r| Rows::new(r, ref_stride, W, H));
    let mut sums = [vdupq_n_u16(0); N];
    for i in 0..W * H / 16 {
        let s = gather_16::<W>(src, i);
        for j in 0..N {
            sums[j] = vpadalq_u8(sums[j], vabdq_u8(s, gather_16::<W>(refs[j], i)));
        }
    }
    let mut out = [0; N];
    for j in 0..N {
        out[j] = vaddlvq_u16(sums[j]);
    }
    out
}

#[target_feature(enable = "neon")]
pub(crate) fn ssd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    let mut sum = vdupq_n_u32(0);
    for i in 0..W * H / 16 {
        let d = vabdq_u8(gather_16::<W>(a, i), gather_16::<W>(b, i));
        sum = vpadalq_u16(sum, vmull_u8(vget_low_u8(d), vget_low_u8(d)));
        sum = vpadalq_u16(sum, vmull_high_u8(d, d));
    }
    vaddvq_u32(sum)
}

#[target_feature(enable = "neon")]
pub(crate) fn satd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    let b = Rows::new(b, b_stride, W, H);
    satd_of::<W, H, false>(Rows::new(a, a_stride, W, H), [b, b])
}

#[target_feature(enable = "neon")]
pub(crate) fn satd_mean<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; 2],
    ref_stride: usize,
) -> u32 {
    satd_of::<W, H, true>(Rows::new(src, src_stride, W, H), refs.map(|r| Rows::new(r, ref_stride, W, H)))
}

/// With `MEAN` against the mean of both `refs`, else against the first.
#[inline]
#[target_feature(enable = "neon")]
fn satd_of<const W: usize, const H: usize, const MEAN: bool>(src: Rows<'_, u8>, refs: [Rows<'_, u8>; 2]) -> u32 {
    let mut sum = vdupq_n_u16(0);
    for pair in 0..(W * H).div_ceil(32) {
        let mut d = [vdupq_n_s16(0); 4];
        for row in 0..4 {
            let mut other = block_pair_row::<W, H>(refs[0], pair, row);
            if MEAN {
                other = vrhadd_u8(other, block_pair_row::<W, H>(refs[1], pair, row));
            }
            d[row] = vreinterpretq_s16_u16(vsubl_u8(block_pair_row::<W, H>(src, pair, row), other));
        }
        // At most 4080 a lane and pair, and 8 pairs: 16 bits are enough.
        sum = vaddq_u16(sum, half_satd(d));
    }
    vaddlvq_u16(sum)
}

#[target_feature(enable = "neon")]
pub(crate) fn satd_mean_x4<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [[&[u8]; 2]; 4],
    ref_stride: usize,
) -> [u32; 4] {
    let src = Rows::new(src, src_stride, W, H);
    let mut out = [0; 4];
    for j in 0..4 {
        out[j] = satd_of::<W, H, true>(src, refs[j].map(|r| Rows::new(r, ref_stride, W, H)));
    }
    out
}

#[target_feature(enable = "neon")]
pub(crate) fn satd4x4_nine(src: &[u8], src_stride: usize, blocks: &[[u8; 16]; 9]) -> [u32; 9] {
    let src = Rows::new(src, src_stride, 4, 4);
    let mut out = [0; 9];
    for first in (0..9).step_by(2) {
        let second = (first + 1).min(8);
        let (a, b) = (Rows::new(&blocks[first], 4, 4, 4), Rows::new(&blocks[second], 4, 4, 4));
        let mut d = [vdupq_n_s16(0); 4];
        for row in 0..4 {
            let s = load_4_4(src.at(row, 0), src.at(row, 0));
            d[row] = vreinterpretq_s16_u16(vsubl_u8(s, load_4_4(a.at(row, 0), b.at(row, 0))));
        }
        // The halves of the lanes belong to a block each.
        let sums = half_satd(d);
        out[first] = vaddlv_u16(vget_low_u16(sums));
        out[second] = vaddlv_u16(vget_high_u16(sums));
    }
    out
}

/// Row `row` of the `pair`-th two 4x4 blocks. Pairs lie side by side where the block is wide enough, else one above
/// the other; a 4x4 block is paired with zeros.
#[inline]
#[target_feature(enable = "neon")]
fn block_pair_row<const W: usize, const H: usize>(rows: Rows<'_, u8>, pair: usize, row: usize) -> uint8x8_t {
    match (W, H) {
        (4, 4) => load_4(rows.at(row, 0)),
        (4, _) => load_4_4(rows.at(8 * pair + row, 0), rows.at(8 * pair + row + 4, 0)),
        _ => load_8(rows.at(pair / (W / 8) * 4 + row, pair % (W / 8) * 8)),
    }
}

/// Lanes that add up to half the sum of the absolute Hadamard coefficients of two 4x4 blocks, given by rows.
#[inline]
#[target_feature(enable = "neon")]
fn half_satd([r0, r1, r2, r3]: [int16x8_t; 4]) -> uint16x8_t {
    // Columns of both blocks at once.
    let (s0, d0) = (vaddq_s16(r0, r1), vsubq_s16(r0, r1));
    let (s1, d1) = (vaddq_s16(r2, r3), vsubq_s16(r2, r3));
    let (v0, v1) = (vaddq_s16(s0, s1), vsubq_s16(s0, s1));
    let (v2, v3) = (vaddq_s16(d0, d1), vsubq_s16(d0, d1));
    // Rows: neighbours first, which a 2x2 transpose brings under each other.
    let (h0, h1) = neighbours(v0, v1);
    let (h2, h3) = neighbours(v2, v3);
    vaddq_u16(last_stage(h0, h1), last_stage(h2, h3))
}

/// Sums and differences of the even and odd lanes of both registers.
#[inline]
#[target_feature(enable = "neon")]
fn neighbours(a: int16x8_t, b: int16x8_t) -> (int16x8_t, int16x8_t) {
    let (even, odd) = (vtrn1q_s16(a, b), vtrn2q_s16(a, b));
    (vaddq_s16(even, odd), vsubq_s16(even, odd))
}

/// The last butterfly, between pairs of lanes two apart, and the half of its absolute sum in one:
/// (|x + y| + |x - y|) / 2 = max(|x|, |y|).
#[inline]
#[target_feature(enable = "neon")]
fn last_stage(a: int16x8_t, b: int16x8_t) -> uint16x8_t {
    let (a, b) = (vreinterpretq_s32_s16(vabsq_s16(a)), vreinterpretq_s32_s16(vabsq_s16(b)));
    let (first, second) = (vtrn1q_s32(a, b), vtrn2q_s32(a, b));
    vreinterpretq_u16_s16(vmaxq_s16(vreinterpretq_s16_s32(first), vreinterpretq_s16_s32(second)))
}
