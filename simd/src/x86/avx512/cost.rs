//! Sums of differences between blocks, 64 samples at a time.
#![forbid(unsafe_code)]

use crate::mem::Rows;
use crate::x86::avx2;
use crate::x86::avx2::cost::block_four_row;
use crate::x86::lanes::{fold_256, fold_512, sum_i32, sum_u64};
use crate::x86::mem::{gather_32, gather_64};
use core::arch::x86_64::*;

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn sad<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    // Narrower rows cost more to join than is gained.
    if W < 16 {
        return avx2::cost::sad::<W, H>(a, a_stride, b, b_stride);
    }
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    let mut sum = _mm512_setzero_si512();
    for i in 0..W * H / 64 {
        sum = _mm512_add_epi32(sum, _mm512_sad_epu8(gather_64::<W>(a, i), gather_64::<W>(b, i)));
    }
    sum_u64(fold_256(fold_512(sum)))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn sad_each<const W: usize, const H: usize, const N: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; N],
    ref_stride: usize,
) -> [u32; N] {
    if W < 16 {
        return avx2::cost::sad_each::<W, H, N>(src, src_stride, refs, ref_stride);
    }
    let src = Rows::new(src, src_stride, W, H);
    let refs = refs.map(|r| Rows::new(r, ref_stride, W, H));
    let mut sums = [_mm512_setzero_si512(); N];
    for i in 0..W * H / 64 {
        let s = gather_64::<W>(src, i);
        for j in 0..N {
            sums[j] = _mm512_add_epi32(sums[j], _mm512_sad_epu8(s, gather_64::<W>(refs[j], i)));
        }
    }
    let mut out = [0; N];
    for j in 0..N {
        out[j] = sum_u64(fold_256(fold_512(sums[j])));
    }
    out
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn ssd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    if W * H < 32 {
        return avx2::cost::ssd::<W, H>(a, a_stride, b, b_stride);
    }
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    let mut sum = _mm512_setzero_si512();
    for i in 0..W * H / 32 {
        let (a, b) = (_mm512_cvtepu8_epi16(gather_32::<W>(a, i)), _mm512_cvtepu8_epi16(gather_32::<W>(b, i)));
        let d = _mm512_sub_epi16(a, b);
        sum = _mm512_add_epi32(sum, _mm512_madd_epi16(d, d));
    }
    sum_i32(fold_256(fold_512(sum))) as u32
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn satd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    if W * H < 128 {
        return avx2::cost::satd::<W, H>(a, a_stride, b, b_stride);
    }
    let b = Rows::new(b, b_stride, W, H);
    satd_of::<W, H, false>(Rows::new(a, a_stride, W, H), [b, b])
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn satd_mean<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; 2],
    ref_stride: usize,
) -> u32 {
    if W * H < 128 {
        return avx2::cost::satd_mean::<W, H>(src, src_stride, refs, ref_stride);
    }
    satd_of::<W, H, true>(Rows::new(src, src_stride, W, H), refs.map(|r| Rows::new(r, ref_stride, W, H)))
}

/// With `MEAN` against the mean of both `refs`, else against the first.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn satd_of<const W: usize, const H: usize, const MEAN: bool>(src: Rows<'_, u8>, refs: [Rows<'_, u8>; 2]) -> u32 {
    let mut sum = _mm512_setzero_si512();
    for eight in 0..W * H / 128 {
        let mut d = [_mm512_setzero_si512(); 4];
        for row in 0..4 {
            let mut other = block_eight_row::<W, H>(refs[0], eight, row);
            if MEAN {
                other = _mm256_avg_epu8(other, block_eight_row::<W, H>(refs[1], eight, row));
            }
            let src = _mm512_cvtepu8_epi16(block_eight_row::<W, H>(src, eight, row));
            d[row] = _mm512_sub_epi16(src, _mm512_cvtepu8_epi16(other));
        }
        // At most 4080 a lane and eight blocks, and 2 of those: 15 bits are enough.
        sum = _mm512_add_epi16(sum, half_satd(d));
    }
    sum_i32(fold_256(fold_512(_mm512_madd_epi16(sum, _mm512_set1_epi16(1))))) as u32
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn satd_mean_x4<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [[&[u8]; 2]; 4],
    ref_stride: usize,
) -> [u32; 4] {
    if W * H < 128 {
        return avx2::cost::satd_mean_x4::<W, H>(src, src_stride, refs, ref_stride);
    }
    let src = Rows::new(src, src_stride, W, H);
    let refs = refs.map(|pair| pair.map(|r| Rows::new(r, ref_stride, W, H)));
    let mut sums = [_mm512_setzero_si512(); 4];
    for eight in 0..W * H / 128 {
        let mut s = [_mm512_setzero_si512(); 4];
        for row in 0..4 {
            s[row] = _mm512_cvtepu8_epi16(block_eight_row::<W, H>(src, eight, row));
        }
        for j in 0..4 {
            let mut d = s;
            for row in 0..4 {
                let [a, b] = refs[j];
                let mean =
                    _mm256_avg_epu8(block_eight_row::<W, H>(a, eight, row), block_eight_row::<W, H>(b, eight, row));
                d[row] = _mm512_sub_epi16(s[row], _mm512_cvtepu8_epi16(mean));
            }
            sums[j] = _mm512_add_epi16(sums[j], half_satd(d));
        }
    }
    let mut out = [0; 4];
    for j in 0..4 {
        out[j] = sum_i32(fold_256(fold_512(_mm512_madd_epi16(sums[j], _mm512_set1_epi16(1))))) as u32;
    }
    out
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn satd4x4_nine(src: &[u8], src_stride: usize, blocks: &[[u8; 16]; 9]) -> [u32; 9] {
    avx2::cost::satd4x4_nine(src, src_stride, blocks)
}

/// Row `row` of the `eight`-th eight 4x4 blocks: two of the AVX2 kernel's fours.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn block_eight_row<const W: usize, const H: usize>(rows: Rows<'_, u8>, eight: usize, row: usize) -> __m256i {
    let first = block_four_row::<W, H>(rows, 2 * eight, row);
    _mm256_set_m128i(block_four_row::<W, H>(rows, 2 * eight + 1, row), first)
}

/// Lanes that add up to half the sum of the absolute Hadamard coefficients of eight 4x4 blocks, given by rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn half_satd([r0, r1, r2, r3]: [__m512i; 4]) -> __m512i {
    // Columns of all blocks at once.
    let (s0, d0) = (_mm512_add_epi16(r0, r1), _mm512_sub_epi16(r0, r1));
    let (s1, d1) = (_mm512_add_epi16(r2, r3), _mm512_sub_epi16(r2, r3));
    let (v0, v1) = (_mm512_add_epi16(s0, s1), _mm512_sub_epi16(s0, s1));
    let (v2, v3) = (_mm512_add_epi16(d0, d1), _mm512_sub_epi16(d0, d1));
    // Transposed, each quarter of a register has two columns of one block: 0 and 1, or 2 and 3.
    let (a, b) = (_mm512_unpacklo_epi16(v0, v1), _mm512_unpacklo_epi16(v2, v3));
    let (c, d) = (_mm512_unpackhi_epi16(v0, v1), _mm512_unpackhi_epi16(v2, v3));
    let (first01, first23) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (second01, second23) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    _mm512_add_epi16(last_two_stages(first01, first23), last_two_stages(second01, second23))
}

/// The row transform of four blocks from their columns 0 and 1, and 2 and 3.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn last_two_stages(c01: __m512i, c23: __m512i) -> __m512i {
    let s = _mm512_abs_epi16(_mm512_add_epi16(c01, c23));
    let d = _mm512_abs_epi16(_mm512_sub_epi16(c01, c23));
    // The last butterfly and the half of its absolute sum in one: (|x + y| + |x - y|) / 2 = max(|x|, |y|).
    _mm512_max_epi16(_mm512_unpacklo_epi64(s, d), _mm512_unpackhi_epi64(s, d))
}
