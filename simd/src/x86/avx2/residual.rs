//! Residuals of the encoder: four 4x4 blocks at a time.
#![forbid(unsafe_code)]

use crate::block::LevelMasks;
use crate::mem::Rows;
use crate::x86::mem::{load_8, load_16_i16, load_16_u16, store_16_i16};
use crate::x86::sse42;
use core::arch::x86_64::*;

/// One dimension of the forward transform.
#[inline]
#[target_feature(enable = "avx2")]
fn forward4(p: [__m256i; 4]) -> [__m256i; 4] {
    let (s03, s12) = (_mm256_add_epi16(p[0], p[3]), _mm256_add_epi16(p[1], p[2]));
    let (d03, d12) = (_mm256_sub_epi16(p[0], p[3]), _mm256_sub_epi16(p[1], p[2]));
    [
        _mm256_add_epi16(s03, s12),
        _mm256_add_epi16(_mm256_add_epi16(d03, d03), d12),
        _mm256_sub_epi16(s03, s12),
        _mm256_sub_epi16(d03, _mm256_add_epi16(d12, d12)),
    ]
}

/// In each half two matrices side by side in four rows, transposed: rows 0 and 1 of the left one, its rows 2 and 3, and those of the
/// right one.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_pairs(r: [__m256i; 4]) -> [__m256i; 4] {
    let (a, b) = (_mm256_unpacklo_epi16(r[0], r[1]), _mm256_unpacklo_epi16(r[2], r[3]));
    let (c, d) = (_mm256_unpackhi_epi16(r[0], r[1]), _mm256_unpackhi_epi16(r[2], r[3]));
    [_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b), _mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d)]
}

/// Row `y` of the upper two blocks in the low half, of the lower two in the high one.
#[inline]
#[target_feature(enable = "avx2")]
fn row(rows: Rows<'_, u8>, y: usize) -> __m256i {
    _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(load_8(rows.at(y, 0)), load_8(rows.at(y + 4, 0))))
}

#[target_feature(enable = "avx2")]
pub(crate) fn fdct4x4_quad(c: &mut [[i16; 16]; 4], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    let (src, pred) = (Rows::new(src, src_stride, 8, 8), Rows::new(pred, pred_stride, 8, 8));
    let mut d = [_mm256_setzero_si256(); 4];
    for i in 0..4 {
        d[i] = _mm256_sub_epi16(row(src, i), row(pred, i));
    }
    let [l01, l23, r01, r23] = transpose_pairs(forward4(d));
    let columns = [
        _mm256_unpacklo_epi64(l01, r01),
        _mm256_unpackhi_epi64(l01, r01),
        _mm256_unpacklo_epi64(l23, r23),
        _mm256_unpackhi_epi64(l23, r23),
    ];
    let [l01, l23, r01, r23] = transpose_pairs(forward4(columns));
    store_16_i16(&mut c[0], _mm256_permute2x128_si256::<0x20>(l01, l23));
    store_16_i16(&mut c[1], _mm256_permute2x128_si256::<0x20>(r01, r23));
    store_16_i16(&mut c[2], _mm256_permute2x128_si256::<0x31>(l01, l23));
    store_16_i16(&mut c[3], _mm256_permute2x128_si256::<0x31>(r01, r23));
}

#[target_feature(enable = "avx2")]
pub(crate) fn quant4x4_quad(c: &mut [[i16; 16]; 4], mf: &[u16; 16], bias: &[u16; 16]) -> u8 {
    let (mf, bias) = (load_16_u16(mf), load_16_u16(bias));
    let mut mask = 0;
    for b in 0..4 {
        let v = load_16_i16(&c[b]);
        let magnitude = _mm256_mulhi_epu16(_mm256_adds_epu16(_mm256_abs_epi16(v), bias), mf);
        let level = _mm256_sign_epi16(magnitude, v);
        store_16_i16(&mut c[b], level);
        mask |= u8::from(_mm256_testz_si256(level, level) == 0) << b;
    }
    mask
}

#[target_feature(enable = "avx2")]
pub(crate) fn scan4x4(levels: &mut [i16; 16], c: &[i16; 16]) -> LevelMasks {
    sse42::residual::scan4x4(levels, c)
}
