//! The H.264 deblocking filter for a macroblock, edge by edge, and the strengths of the edges.
#![forbid(unsafe_code)]

use super::deblock::{deblock_chroma, deblock_chroma_strong, deblock_luma, deblock_luma_strong};
use crate::aarch64::mem::{load_4_mv, load_16, store_16};
use crate::block::{Edge, Motion, Mv, Thresholds};
use crate::scalar::deblock_mb::edges;
use core::arch::aarch64::*;

#[target_feature(enable = "neon")]
pub(crate) fn deblock_luma_mb(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    bs: &[[u8; 4]; 4],
    own: &Thresholds,
    inner: &Thresholds,
) {
    edges::<1>((off, dir.across(stride, 4)), bs, own, inner, |at, t, tc0| match tc0 {
        Some(tc0) => deblock_luma(dir, data, at, stride, t.alpha, t.beta, tc0),
        None => deblock_luma_strong(dir, data, at, stride, t.alpha, t.beta),
    });
}

#[target_feature(enable = "neon")]
pub(crate) fn deblock_chroma_mb(
    dir: Edge,
    planes: [&mut [u8]; 2],
    off: usize,
    stride: usize,
    bs: &[[u8; 4]; 4],
    own: &[Thresholds; 2],
    inner: &[Thresholds; 2],
) {
    for (i, data) in planes.into_iter().enumerate() {
        edges::<2>((off, dir.across(stride, 4)), bs, &own[i], &inner[i], |at, t, tc0| match tc0 {
            Some(tc0) => deblock_chroma(dir, data, at, stride, t.alpha, t.beta, tc0),
            None => deblock_chroma_strong(dir, data, at, stride, t.alpha, t.beta),
        });
    }
}

/// All ones in the vectors of `a` and `b` that are less than four quarter samples apart: `bias` is the largest such
/// distance, in each direction.
#[inline]
#[target_feature(enable = "neon")]
fn near(a: int16x8_t, b: int16x8_t, bias: int16x8_t) -> uint16x4_t {
    // From -bias to bias, as unsigned words from 0 to twice that. A saturated difference is far, biased or not.
    let v = vreinterpretq_u16_s16(vaddq_s16(vqsubq_s16(a, b), bias));
    let far = vqsubq_u16(v, vreinterpretq_u16_s16(vaddq_s16(bias, bias)));
    vmovn_u32(vceqzq_u32(vreinterpretq_u32_u16(far)))
}

/// [`near`] of four rows of four vectors, as a byte a block.
#[inline]
#[target_feature(enable = "neon")]
fn near_blocks(a: [int16x8_t; 4], b: [int16x8_t; 4], bias: int16x8_t) -> uint8x16_t {
    let upper = vcombine_u16(near(a[0], b[0], bias), near(a[1], b[1], bias));
    let lower = vcombine_u16(near(a[2], b[2], bias), near(a[3], b[3], bias));
    vcombine_u8(vmovn_u16(upper), vmovn_u16(lower))
}

/// The quarter of each block; of the block on its left; of the block above it. 4 to 7 are those of the neighbour.
const QUARTERS: [[u8; 16]; 3] = [
    [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3],
    [5, 0, 0, 1, 5, 0, 0, 1, 7, 2, 2, 3, 7, 2, 2, 3],
    [6, 6, 7, 7, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3],
];

/// The blocks that move as the one before them does: `near` tells it of vectors, given the list of the block and the
/// list of the other.
#[inline]
#[target_feature(enable = "neon")]
fn moves_with(
    q: &Motion<'_>,
    p: &Motion<'_>,
    before: &[u8; 16],
    two_lists: bool,
    near: impl Fn(usize, usize) -> uint8x16_t,
) -> uint8x16_t {
    let pictures = |list: usize, blocks: &[u8; 16]| {
        let word = |v: [i8; 4]| u32::from_le_bytes(v.map(|v| v as u8));
        let both = u64::from(word(q.picture[list])) | u64::from(word(p.picture[list])) << 32;
        vqtbl1q_u8(vreinterpretq_u8_u64(vdupq_n_u64(both)), load_16(blocks))
    };
    let pair = |a, b| vandq_u8(vceqq_u8(pictures(a, &QUARTERS[0]), pictures(b, before)), near(a, b));
    if two_lists { vorrq_u8(vandq_u8(pair(0, 0), pair(1, 1)), vandq_u8(pair(0, 1), pair(1, 0))) } else { pair(0, 0) }
}

/// bS by block from the bits of those with coefficients on either side of the edge and the bytes of those that move
/// with the one before.
#[inline]
#[target_feature(enable = "neon")]
fn strengths(nonzero: u16, moves_with: uint8x16_t) -> uint8x16_t {
    let bits = load_16(&[1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
    let [low, high] = nonzero.to_le_bytes().map(|v| vdup_n_u8(v));
    let two = vandq_u8(vtstq_u8(vcombine_u8(low, high), bits), vdupq_n_u8(2));
    vmaxq_u8(two, vbicq_u8(vdupq_n_u8(1), moves_with))
}

#[target_feature(enable = "neon")]
pub(crate) fn deblock_strength(
    [q, left, above]: &[Motion<'_>; 3],
    nonzero: [u16; 3],
    far_y: u8,
    two_lists: bool,
    bs: &mut [[[u8; 4]; 4]; 2],
) {
    let bias = vreinterpretq_s16_s32(vdupq_n_s32(3 | (i32::from(far_y) - 1) << 16));
    let row = |mv: &[Mv; 16], y: usize| load_4_mv(&mv.as_chunks().0[y]);
    let rows = |mv| [row(mv, 0), row(mv, 1), row(mv, 2), row(mv, 3)];
    let here = [rows(&q.mv[0]), rows(&q.mv[1])];
    let on_left = |list: usize| {
        let (mv, left) = (here[list], rows(&left.mv[list]));
        let shifted = |i: usize| vextq_s16::<6>(left[i], mv[i]);
        [shifted(0), shifted(1), shifted(2), shifted(3)]
    };
    let vertical = moves_with(q, left, &QUARTERS[1], two_lists, |a, b| near_blocks(here[a], on_left(b), bias));
    let on_top = |list: usize| [row(&above.mv[list], 3), here[list][0], here[list][1], here[list][2]];
    let horizontal = moves_with(q, above, &QUARTERS[2], two_lists, |a, b| near_blocks(here[a], on_top(b), bias));
    let [q, left, above] = nonzero;
    let vertical = strengths(q | (q << 1 & 0xeeee) | (left >> 3 & 0x1111), vertical);
    let columns = load_16(&[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
    let [v, h] = bs.each_mut().map(|bs| bs.as_flattened_mut().first_chunk_mut().expect("16 strengths"));
    store_16(v, vqtbl1q_u8(vertical, columns));
    store_16(h, strengths(q | q << 4 | above >> 12, horizontal));
}
