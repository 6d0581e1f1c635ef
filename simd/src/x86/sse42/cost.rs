//! Sums of differences between blocks, 16 samples at a time.
#![forbid(unsafe_code)]

use crate::mem::Rows;
use crate::x86::lanes::{sum_i32, sum_u64};
use crate::x86::mem::{gather_16, load_4, load_8, load_16};
use core::arch::x86_64::*;

#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn sad<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    let mut sum = _mm_setzero_si128();
    for i in 0..W * H / 16 {
        sum = _mm_add_epi32(sum, _mm_sad_epu8(gather_16::<W>(a, i), gather_16::<W>(b, i)));
    }
    sum_u64(sum)
}

#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn sad_each<const W: usize, const H: usize, const N: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; N],
    ref_stride: usize,
) -> [u32; N] {
    let src = Rows::new(src, src_stride, W, H);
    let refs = refs.map(|r| Rows::new(r, ref_stride, W, H));
    let mut sums = [_mm_setzero_si128(); N];
    for i in 0..W * H / 16 {
        let s = gather_16::<W>(src, i);
        for j in 0..N {
            sums[j] = _mm_add_epi32(sums[j], _mm_sad_epu8(s, gather_16::<W>(refs[j], i)));
        }
    }
    let mut out = [0; N];
    for j in 0..N {
        out[j] = sum_u64(sums[j]);
    }
    out
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn ssd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    let zero = _mm_setzero_si128();
    let mut sum = zero;
    for i in 0..W * H / 16 {
        let (a, b) = (gather_16::<W>(a, i), gather_16::<W>(b, i));
        // One of the two saturating differences is zero, the other is |a - b|.
        let d = _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a));
        let (lo, hi) = (_mm_unpacklo_epi8(d, zero), _mm_unpackhi_epi8(d, zero));
        sum = _mm_add_epi32(sum, _mm_add_epi32(_mm_madd_epi16(lo, lo), _mm_madd_epi16(hi, hi)));
    }
    sum_i32(sum) as u32
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn satd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    let b = Rows::new(b, b_stride, W, H);
    satd_of::<W, H, false>(Rows::new(a, a_stride, W, H), [b, b])
}

#[target_feature(enable = "sse4.2")]
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
#[target_feature(enable = "sse4.2")]
fn satd_of<const W: usize, const H: usize, const MEAN: bool>(src: Rows<'_, u8>, refs: [Rows<'_, u8>; 2]) -> u32 {
    let mut sum = _mm_setzero_si128();
    for pair in 0..(W * H).div_ceil(32) {
        let mut d = [_mm_setzero_si128(); 4];
        for row in 0..4 {
            let mut other = block_pair_row::<W, H>(refs[0], pair, row);
            if MEAN {
                other = _mm_avg_epu8(other, block_pair_row::<W, H>(refs[1], pair, row));
            }
            let src = _mm_cvtepu8_epi16(block_pair_row::<W, H>(src, pair, row));
            d[row] = _mm_sub_epi16(src, _mm_cvtepu8_epi16(other));
        }
        // At most 4080 a lane and pair, and 8 pairs: 15 bits are enough.
        sum = _mm_add_epi16(sum, half_satd(d));
    }
    sum_i32(_mm_madd_epi16(sum, _mm_set1_epi16(1))) as u32
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn satd_mean_x4<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [[&[u8]; 2]; 4],
    ref_stride: usize,
) -> [u32; 4] {
    let src = Rows::new(src, src_stride, W, H);
    let refs = refs.map(|pair| pair.map(|r| Rows::new(r, ref_stride, W, H)));
    let mut sums = [_mm_setzero_si128(); 4];
    for pair in 0..(W * H).div_ceil(32) {
        let mut s = [_mm_setzero_si128(); 4];
        for row in 0..4 {
            s[row] = _mm_cvtepu8_epi16(block_pair_row::<W, H>(src, pair, row));
        }
        for j in 0..4 {
            let mut d = s;
            for row in 0..4 {
                let [a, b] = refs[j];
                let mean = _mm_avg_epu8(block_pair_row::<W, H>(a, pair, row), block_pair_row::<W, H>(b, pair, row));
                d[row] = _mm_sub_epi16(s[row], _mm_cvtepu8_epi16(mean));
            }
            sums[j] = _mm_add_epi16(sums[j], half_satd(d));
        }
    }
    let mut out = [0; 4];
    for j in 0..4 {
        out[j] = sum_i32(_mm_madd_epi16(sums[j], _mm_set1_epi16(1))) as u32;
    }
    out
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn satd4x4_nine(src: &[u8], src_stride: usize, blocks: &[[u8; 16]; 9]) -> [u32; 9] {
    let src = Rows::new(src, src_stride, 4, 4);
    let mut s = [_mm_setzero_si128(); 4];
    for row in 0..4 {
        let four = load_4(src.at(row, 0));
        s[row] = _mm_cvtepu8_epi16(_mm_unpacklo_epi32(four, four));
    }
    let mut out = [0; 9];
    for first in (0..9).step_by(2) {
        let second = (first + 1).min(8);
        let (a, b) = (load_16(&blocks[first]), load_16(&blocks[second]));
        // Rows 0 and 1, and 2 and 3, of both.
        let (low, high) = (_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
        let rows = [low, _mm_unpackhi_epi64(low, low), high, _mm_unpackhi_epi64(high, high)];
        let mut d = s;
        for row in 0..4 {
            d[row] = _mm_sub_epi16(s[row], _mm_cvtepu8_epi16(rows[row]));
        }
        let [a, b] = half_satds(d);
        let one = _mm_set1_epi16(1);
        let sums = _mm_hadd_epi32(_mm_madd_epi16(a, one), _mm_madd_epi16(b, one));
        let sums = _mm_hadd_epi32(sums, sums);
        out[first] = _mm_cvtsi128_si32(sums) as u32;
        out[second] = if second == first { out[first] } else { _mm_extract_epi32::<1>(sums) as u32 };
    }
    out
}

/// Row `row` of the `pair`-th two 4x4 blocks, in the low half. Pairs lie side by side where the block is wide
/// enough, else one above the other; a 4x4 block is paired with zeros.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn block_pair_row<const W: usize, const H: usize>(rows: Rows<'_, u8>, pair: usize, row: usize) -> __m128i {
    match (W, H) {
        (4, 4) => load_4(rows.at(row, 0)),
        (4, _) => _mm_unpacklo_epi32(load_4(rows.at(8 * pair + row, 0)), load_4(rows.at(8 * pair + row + 4, 0))),
        _ => load_8(rows.at(pair / (W / 8) * 4 + row, pair % (W / 8) * 8)),
    }
}

/// Lanes that add up to half the sum of the absolute Hadamard coefficients of two 4x4 blocks, given by rows.
#[inline]
#[target_feature(enable = "sse4.2")]
fn half_satd(rows: [__m128i; 4]) -> __m128i {
    let [first, second] = half_satds(rows);
    _mm_add_epi16(first, second)
}

/// [`half_satd`] of each block.
#[inline]
#[target_feature(enable = "sse4.2")]
fn half_satds([r0, r1, r2, r3]: [__m128i; 4]) -> [__m128i; 2] {
    // Columns of both blocks at once.
    let (s0, d0) = (_mm_add_epi16(r0, r1), _mm_sub_epi16(r0, r1));
    let (s1, d1) = (_mm_add_epi16(r2, r3), _mm_sub_epi16(r2, r3));
    let (v0, v1) = (_mm_add_epi16(s0, s1), _mm_sub_epi16(s0, s1));
    let (v2, v3) = (_mm_add_epi16(d0, d1), _mm_sub_epi16(d0, d1));
    // Transposed, each register has two columns of one block: 0 and 1, or 2 and 3.
    let (a, b) = (_mm_unpacklo_epi16(v0, v1), _mm_unpacklo_epi16(v2, v3));
    let (c, d) = (_mm_unpackhi_epi16(v0, v1), _mm_unpackhi_epi16(v2, v3));
    let (first01, first23) = (_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    let (second01, second23) = (_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
    [last_two_stages(first01, first23), last_two_stages(second01, second23)]
}

/// The row transform of one block from its columns 0 and 1, and 2 and 3.
#[inline]
#[target_feature(enable = "sse4.2")]
fn last_two_stages(c01: __m128i, c23: __m128i) -> __m128i {
    let s = _mm_abs_epi16(_mm_add_epi16(c01, c23));
    let d = _mm_abs_epi16(_mm_sub_epi16(c01, c23));
    // The last butterfly and the half of its absolute sum in one: (|x + y| + |x - y|) / 2 = max(|x|, |y|).
    _mm_max_epi16(_mm_unpacklo_epi64(s, d), _mm_unpackhi_epi64(s, d))
}
