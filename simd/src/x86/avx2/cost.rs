//! Sums of differences between blocks: 16 to 32 samples at a time.
#![forbid(unsafe_code)]

use crate::mem::Rows;
use crate::x86::lanes::{fold_256, sum_i32};
use crate::x86::mem::{gather_16, load_16};
use crate::x86::sse42;
use crate::x86::sse42::cost::block_pair_row;
use core::arch::x86_64::*;

#[target_feature(enable = "avx2")]
pub(crate) fn sad<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    // What limits these sums is one load a row, and joining rows to wider registers spares none: they are fastest as
    // the code of 128 bits, compiled with three operands.
    sse42::cost::sad::<W, H>(a, a_stride, b, b_stride)
}

#[target_feature(enable = "avx2")]
pub(crate) fn sad_each<const W: usize, const H: usize, const N: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; N],
    ref_stride: usize,
) -> [u32; N] {
    sse42::cost::sad_each::<W, H, N>(src, src_stride, refs, ref_stride)
}

#[target_feature(enable = "avx2")]
pub(crate) fn ssd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    let mut sum = _mm256_setzero_si256();
    for i in 0..W * H / 16 {
        let (a, b) = (_mm256_cvtepu8_epi16(gather_16::<W>(a, i)), _mm256_cvtepu8_epi16(gather_16::<W>(b, i)));
        let d = _mm256_sub_epi16(a, b);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(d, d));
    }
    sum_i32(fold_256(sum)) as u32
}

#[target_feature(enable = "avx2")]
pub(crate) fn satd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    if W * H < 64 {
        return sse42::cost::satd::<W, H>(a, a_stride, b, b_stride);
    }
    let b = Rows::new(b, b_stride, W, H);
    satd_of::<W, H, false>(Rows::new(a, a_stride, W, H), [b, b])
}

#[target_feature(enable = "avx2")]
pub(crate) fn satd_mean<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; 2],
    ref_stride: usize,
) -> u32 {
    if W * H < 64 {
        return sse42::cost::satd_mean::<W, H>(src, src_stride, refs, ref_stride);
    }
    satd_of::<W, H, true>(Rows::new(src, src_stride, W, H), refs.map(|r| Rows::new(r, ref_stride, W, H)))
}

/// With `MEAN` against the mean of both `refs`, else against the first.
#[inline]
#[target_feature(enable = "avx2")]
fn satd_of<const W: usize, const H: usize, const MEAN: bool>(src: Rows<'_, u8>, refs: [Rows<'_, u8>; 2]) -> u32 {
    let mut sum = _mm256_setzero_si256();
    for four in 0..W * H / 64 {
        let mut d = [_mm256_setzero_si256(); 4];
        for row in 0..4 {
            let mut other = block_four_row::<W, H>(refs[0], four, row);
            if MEAN {
                other = _mm_avg_epu8(other, block_four_row::<W, H>(refs[1], four, row));
            }
            let src = _mm256_cvtepu8_epi16(block_four_row::<W, H>(src, four, row));
            d[row] = _mm256_sub_epi16(src, _mm256_cvtepu8_epi16(other));
        }
        // At most 4080 a lane and four blocks, and 4 of those: 15 bits are enough.
        sum = _mm256_add_epi16(sum, half_satd(d));
    }
    sum_i32(fold_256(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)))) as u32
}

#[target_feature(enable = "avx2")]
pub(crate) fn satd_mean_x4<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [[&[u8]; 2]; 4],
    ref_stride: usize,
) -> [u32; 4] {
    if W * H < 64 {
        return sse42::cost::satd_mean_x4::<W, H>(src, src_stride, refs, ref_stride);
    }
    let src = Rows::new(src, src_stride, W, H);
    let refs = refs.map(|pair| pair.map(|r| Rows::new(r, ref_stride, W, H)));
    let mut sums = [_mm256_setzero_si256(); 4];
    for four in 0..W * H / 64 {
        let mut s = [_mm256_setzero_si256(); 4];
        for row in 0..4 {
            s[row] = _mm256_cvtepu8_epi16(block_four_row::<W, H>(src, four, row));
        }
        for j in 0..4 {
            let mut d = s;
            for row in 0..4 {
                let [a, b] = refs[j];
                let mean = _mm_avg_epu8(block_four_row::<W, H>(a, four, row), block_four_row::<W, H>(b, four, row));
                d[row] = _mm256_sub_epi16(s[row], _mm256_cvtepu8_epi16(mean));
            }
            sums[j] = _mm256_add_epi16(sums[j], half_satd(d));
        }
    }
    let mut out = [0; 4];
    for j in 0..4 {
        out[j] = sum_i32(fold_256(_mm256_madd_epi16(sums[j], _mm256_set1_epi16(1)))) as u32;
    }
    out
}

#[target_feature(enable = "avx2")]
pub(crate) fn satd4x4_nine(src: &[u8], src_stride: usize, blocks: &[[u8; 16]; 9]) -> [u32; 9] {
    let src = Rows::new(src, src_stride, 4, 4);
    let mut s = [_mm256_setzero_si256(); 4];
    for row in 0..4 {
        s[row] = _mm256_cvtepu8_epi16(_mm_set1_epi32(i32::from_le_bytes(*src.at(row, 0))));
    }
    let mut out = [0; 9];
    for first in [0, 4, 5] {
        // The last four overlap with those before.
        let (a, b) = (load_16(&blocks[first]), load_16(&blocks[first + 1]));
        let (c, d) = (load_16(&blocks[first + 2]), load_16(&blocks[first + 3]));
        let (ab, cd) = (_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
        let (ab_low, cd_low) = (_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d));
        let rows = [
            _mm_unpacklo_epi64(ab, cd),
            _mm_unpackhi_epi64(ab, cd),
            _mm_unpacklo_epi64(ab_low, cd_low),
            _mm_unpackhi_epi64(ab_low, cd_low),
        ];
        let mut d = s;
        for row in 0..4 {
            d[row] = _mm256_sub_epi16(s[row], _mm256_cvtepu8_epi16(rows[row]));
        }
        // Blocks 0 and 2, and 1 and 3.
        let [even, odd] = half_satds(d);
        let one = _mm256_set1_epi16(1);
        let sums = _mm256_hadd_epi32(_mm256_madd_epi16(even, one), _mm256_madd_epi16(odd, one));
        let sums = _mm256_hadd_epi32(sums, sums);
        let (low, high) = (_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        out[first] = _mm_cvtsi128_si32(low) as u32;
        out[first + 1] = _mm_extract_epi32::<1>(low) as u32;
        out[first + 2] = _mm_cvtsi128_si32(high) as u32;
        out[first + 3] = _mm_extract_epi32::<1>(high) as u32;
    }
    out
}

/// Row `row` of the `four`-th four 4x4 blocks: two of the SSE4.2 kernel's pairs.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn block_four_row<const W: usize, const H: usize>(rows: Rows<'_, u8>, four: usize, row: usize) -> __m128i {
    if W == 16 {
        return load_16(rows.at(4 * four + row, 0));
    }
    let first = block_pair_row::<W, H>(rows, 2 * four, row);
    _mm_unpacklo_epi64(first, block_pair_row::<W, H>(rows, 2 * four + 1, row))
}

/// Lanes that add up to half the sum of the absolute Hadamard coefficients of four 4x4 blocks, given by rows.
#[inline]
#[target_feature(enable = "avx2")]
fn half_satd(rows: [__m256i; 4]) -> __m256i {
    let [even, odd] = half_satds(rows);
    _mm256_add_epi16(even, odd)
}

/// [`half_satd`] of the even and of the odd blocks, a half each.
#[inline]
#[target_feature(enable = "avx2")]
fn half_satds([r0, r1, r2, r3]: [__m256i; 4]) -> [__m256i; 2] {
    // Columns of all blocks at once.
    let (s0, d0) = (_mm256_add_epi16(r0, r1), _mm256_sub_epi16(r0, r1));
    let (s1, d1) = (_mm256_add_epi16(r2, r3), _mm256_sub_epi16(r2, r3));
    let (v0, v1) = (_mm256_add_epi16(s0, s1), _mm256_sub_epi16(s0, s1));
    let (v2, v3) = (_mm256_add_epi16(d0, d1), _mm256_sub_epi16(d0, d1));
    // Transposed, each half of a register has two columns of one block: 0 and 1, or 2 and 3.
    let (a, b) = (_mm256_unpacklo_epi16(v0, v1), _mm256_unpacklo_epi16(v2, v3));
    let (c, d) = (_mm256_unpackhi_epi16(v0, v1), _mm256_unpackhi_epi16(v2, v3));
    let (first01, first23) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let (second01, second23) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    [last_two_stages(first01, first23), last_two_stages(second01, second23)]
}

/// The row transform of two blocks from their columns 0 and 1, and 2 and 3.
#[inline]
#[target_feature(enable = "avx2")]
fn last_two_stages(c01: __m256i, c23: __m256i) -> __m256i {
    let s = _mm256_abs_epi16(_mm256_add_epi16(c01, c23));
    let d = _mm256_abs_epi16(_mm256_sub_epi16(c01, c23));
    // The last butterfly and the half of its absolute sum in one: (|x + y| + |x - y|) / 2 = max(|x|, |y|).
    _mm256_max_epi16(_mm256_unpacklo_epi64(s, d), _mm256_unpackhi_epi64(s, d))
}
