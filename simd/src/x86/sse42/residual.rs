//! Residuals of the encoder: two 4x4 blocks at a time.
#![forbid(unsafe_code)]

use crate::block::LevelMasks;
use crate::mem::Rows;
use crate::x86::mem::{load_8, load_8_i16, load_8_u16, store_8_i16};
use core::arch::x86_64::*;

/// One dimension of the forward transform.
#[inline]
#[target_feature(enable = "sse4.2")]
fn forward4(p: [__m128i; 4]) -> [__m128i; 4] {
    let (s03, s12) = (_mm_add_epi16(p[0], p[3]), _mm_add_epi16(p[1], p[2]));
    let (d03, d12) = (_mm_sub_epi16(p[0], p[3]), _mm_sub_epi16(p[1], p[2]));
    [
        _mm_add_epi16(s03, s12),
        _mm_add_epi16(_mm_add_epi16(d03, d03), d12),
        _mm_sub_epi16(s03, s12),
        _mm_sub_epi16(d03, _mm_add_epi16(d12, d12)),
    ]
}

/// Two matrices side by side in four rows, transposed: rows 0 and 1 of the left one, its rows 2 and 3, and those of the right one.
#[inline]
#[target_feature(enable = "sse4.2")]
fn transpose_pair(r: [__m128i; 4]) -> [__m128i; 4] {
    let (a, b) = (_mm_unpacklo_epi16(r[0], r[1]), _mm_unpacklo_epi16(r[2], r[3]));
    let (c, d) = (_mm_unpackhi_epi16(r[0], r[1]), _mm_unpackhi_epi16(r[2], r[3]));
    [_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b), _mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d)]
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn fdct4x4_quad(c: &mut [[i16; 16]; 4], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    let (src, pred) = (Rows::new(src, src_stride, 8, 8), Rows::new(pred, pred_stride, 8, 8));
    for half in 0..2 {
        let mut d = [_mm_setzero_si128(); 4];
        for i in 0..4 {
            let (s, p) = (load_8(src.at(4 * half + i, 0)), load_8(pred.at(4 * half + i, 0)));
            d[i] = _mm_sub_epi16(_mm_cvtepu8_epi16(s), _mm_cvtepu8_epi16(p));
        }
        let [l01, l23, r01, r23] = transpose_pair(forward4(d));
        let columns = [
            _mm_unpacklo_epi64(l01, r01),
            _mm_unpackhi_epi64(l01, r01),
            _mm_unpacklo_epi64(l23, r23),
            _mm_unpackhi_epi64(l23, r23),
        ];
        let [l01, l23, r01, r23] = transpose_pair(forward4(columns));
        put(&mut c[2 * half], l01, l23);
        put(&mut c[2 * half + 1], r01, r23);
    }
}

/// The words of a block, rows 0 and 1, and rows 2 and 3.
#[inline]
#[target_feature(enable = "sse4.2")]
fn put(c: &mut [i16; 16], r01: __m128i, r23: __m128i) {
    let [low, high] = halves_mut(c);
    store_8_i16(low, r01);
    store_8_i16(high, r23);
}

#[inline]
fn halves(c: &[i16; 16]) -> [&[i16; 8]; 2] {
    let (halves, _) = c.as_chunks::<8>();
    [&halves[0], &halves[1]]
}

#[inline]
fn halves_mut(c: &mut [i16; 16]) -> [&mut [i16; 8]; 2] {
    let (halves, _) = c.as_chunks_mut::<8>();
    let (low, high) = halves.split_at_mut(1);
    [&mut low[0], &mut high[0]]
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn quant4x4_quad(c: &mut [[i16; 16]; 4], mf: &[u16; 16], bias: &[u16; 16]) -> u8 {
    let words = |w: &[u16; 16]| {
        let (halves, _) = w.as_chunks::<8>();
        [load_8_u16(&halves[0]), load_8_u16(&halves[1])]
    };
    let (mf, bias) = (words(mf), words(bias));
    let mut mask = 0;
    for b in 0..4 {
        let [low, high] = halves(&c[b]).map(|h| load_8_i16(h));
        let low = level(low, mf[0], bias[0]);
        let high = level(high, mf[1], bias[1]);
        let any = _mm_or_si128(low, high);
        mask |= u8::from(_mm_testz_si128(any, any) == 0) << b;
        put(&mut c[b], low, high);
    }
    mask
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn level(v: __m128i, mf: __m128i, bias: __m128i) -> __m128i {
    _mm_sign_epi16(_mm_mulhi_epu16(_mm_adds_epu16(_mm_abs_epi16(v), bias), mf), v)
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn scan4x4(levels: &mut [i16; 16], c: &[i16; 16]) -> LevelMasks {
    let [low, high] = halves(c).map(|h| load_8_i16(h));
    // Levels 0 to 7: positions 0, 1, 4, 8, 5, 2, 3, 6; levels 8 to 15: 9, 12, 13, 10, 7, 11, 14, 15.
    let first = _mm_or_si128(
        _mm_shuffle_epi8(low, _mm_setr_epi8(0, 1, 2, 3, 8, 9, -1, -1, 10, 11, 4, 5, 6, 7, 12, 13)),
        _mm_shuffle_epi8(high, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, 0, 1, -1, -1, -1, -1, -1, -1, -1, -1)),
    );
    let second = _mm_or_si128(
        _mm_shuffle_epi8(low, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 14, 15, -1, -1, -1, -1, -1, -1)),
        _mm_shuffle_epi8(high, _mm_setr_epi8(2, 3, 8, 9, 10, 11, 4, 5, -1, -1, 6, 7, 12, 13, 14, 15)),
    );
    put(levels, first, second);
    // Saturated to bytes, what is zero stays so, and what is more than one does too.
    let bytes = _mm_packs_epi16(first, second);
    let zero = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
    // As unsigned bytes -1, 0 and 1 plus one are at most two.
    let shifted = _mm_add_epi8(bytes, _mm_set1_epi8(1));
    let small = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8(2)), shifted));
    LevelMasks { coded: !(zero as u16), large: !(small as u16) }
}
