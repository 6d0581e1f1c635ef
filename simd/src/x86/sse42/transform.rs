//! H.264 transforms, scaling and quantisation, eight 16-bit lanes at a time.
//!
//! A transform of rows takes the matrix's columns as vectors, so each two-dimensional one is: transpose, butterflies,
//! transpose, butterflies. The 32 that rounding adds goes into the DC coefficient beforehand: no shift touches it on
//! its way to each of the outputs, and sums wrap alike in any order.
#![forbid(unsafe_code)]

use crate::mem::{Rows, RowsMut};
use crate::x86::mem::{
    load_4, load_4_i32, load_8, load_8_i16, load_8_u16, load_n, store_4, store_8, store_8_i16, store_n,
};
use core::arch::x86_64::*;

/// Eight words of `c` from `i`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn load<const NN: usize>(c: &[i16; NN], i: usize) -> __m128i {
    load_8_i16(c[i..].first_chunk().expect("callers stay inside"))
}

/// Eight words to `c` from `i`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn store<const NN: usize>(c: &mut [i16; NN], i: usize, v: __m128i) {
    store_8_i16(c[i..].first_chunk_mut().expect("callers stay inside"), v);
}

/// The columns of a 4x4 matrix in two registers, of two rows each: 0 and 1, 2 and 3.
#[inline]
#[target_feature(enable = "sse4.2")]
fn transpose4(r01: __m128i, r23: __m128i) -> (__m128i, __m128i) {
    let (even, odd) = (_mm_unpacklo_epi16(r01, r23), _mm_unpackhi_epi16(r01, r23));
    (_mm_unpacklo_epi16(even, odd), _mm_unpackhi_epi16(even, odd))
}

/// Both 64-bit halves of `v`, swapped.
#[inline]
#[target_feature(enable = "sse4.2")]
fn swap(v: __m128i) -> __m128i {
    _mm_shuffle_epi32::<0b01_00_11_10>(v)
}

/// [`crate::scalar::transform`]'s `inverse4` on vectors 0 and 1, 2 and 3; all four lanes of each at once.
#[inline]
#[target_feature(enable = "sse4.2")]
fn inverse4(d01: __m128i, d23: __m128i) -> (__m128i, __m128i) {
    let half = _mm_srai_epi16::<1>(_mm_unpackhi_epi64(d01, d23));
    let (d02, d13) = (_mm_unpacklo_epi64(d01, d23), _mm_unpackhi_epi64(d01, d23));
    // e0 = d0 + d2 and e1 = d0 - d2; e3 = d1 + (d3 >> 1) and e2 = (d1 >> 1) - d3.
    let (e0, e1) = (_mm_add_epi16(d02, swap(d02)), _mm_sub_epi16(d02, swap(d02)));
    let (e3, e2) = (_mm_add_epi16(d13, swap(half)), _mm_sub_epi16(half, swap(d13)));
    let (e01, e32) = (_mm_unpacklo_epi64(e0, e1), _mm_unpacklo_epi64(e3, e2));
    (_mm_add_epi16(e01, e32), swap(_mm_sub_epi16(e01, e32)))
}

/// Adds the residuals of two rows, scaled by 64, to rows `y` and `y + 1`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn add_two_rows(dst: &mut RowsMut<'_, u8>, y: usize, residual: __m128i) {
    let first = load_4(dst.at(y, 0));
    let samples = _mm_cvtepu8_epi16(_mm_unpacklo_epi32(first, load_4(dst.at(y + 1, 0))));
    let v = _mm_add_epi16(samples, _mm_srai_epi16::<6>(residual));
    let v = _mm_packus_epi16(v, v);
    store_4(dst.at(y, 0), v);
    store_4(dst.at(y + 1, 0), _mm_srli_epi64::<32>(v));
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct4x4_add(dst: &mut [u8], stride: usize, c: &mut [i16; 16]) {
    let mut dst = RowsMut::new(dst, stride, 4, 4);
    let rounded = _mm_add_epi16(load(c, 0), _mm_cvtsi32_si128(32));
    let (c01, c23) = transpose4(rounded, load(c, 8));
    let (c01, c23) = inverse4(c01, c23);
    let (r01, r23) = transpose4(c01, c23);
    let (r01, r23) = inverse4(r01, r23);
    *c = [0; 16];
    add_two_rows(&mut dst, 0, r01);
    add_two_rows(&mut dst, 2, r23);
}

/// The columns of an 8x8 matrix from its rows.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn transpose8(r: [__m128i; 8]) -> [__m128i; 8] {
    let (a0, a1) = (_mm_unpacklo_epi16(r[0], r[1]), _mm_unpackhi_epi16(r[0], r[1]));
    let (a2, a3) = (_mm_unpacklo_epi16(r[2], r[3]), _mm_unpackhi_epi16(r[2], r[3]));
    let (a4, a5) = (_mm_unpacklo_epi16(r[4], r[5]), _mm_unpackhi_epi16(r[4], r[5]));
    let (a6, a7) = (_mm_unpacklo_epi16(r[6], r[7]), _mm_unpackhi_epi16(r[6], r[7]));
    let (b0, b1) = (_mm_unpacklo_epi32(a0, a2), _mm_unpackhi_epi32(a0, a2));
    let (b2, b3) = (_mm_unpacklo_epi32(a1, a3), _mm_unpackhi_epi32(a1, a3));
    let (b4, b5) = (_mm_unpacklo_epi32(a4, a6), _mm_unpackhi_epi32(a4, a6));
    let (b6, b7) = (_mm_unpacklo_epi32(a5, a7), _mm_unpackhi_epi32(a5, a7));
    [
        _mm_unpacklo_epi64(b0, b4),
        _mm_unpackhi_epi64(b0, b4),
        _mm_unpacklo_epi64(b1, b5),
        _mm_unpackhi_epi64(b1, b5),
        _mm_unpacklo_epi64(b2, b6),
        _mm_unpackhi_epi64(b2, b6),
        _mm_unpacklo_epi64(b3, b7),
        _mm_unpackhi_epi64(b3, b7),
    ]
}

/// `v + (v >> 1)`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn one_and_a_half(v: __m128i) -> __m128i {
    _mm_add_epi16(v, _mm_srai_epi16::<1>(v))
}

/// [`crate::scalar::transform`]'s `inverse8`, eight lanes at once.
#[inline]
#[target_feature(enable = "sse4.2")]
fn inverse8(d: [__m128i; 8]) -> [__m128i; 8] {
    let (a0, a2) = (_mm_add_epi16(d[0], d[4]), _mm_sub_epi16(d[0], d[4]));
    let a4 = _mm_sub_epi16(_mm_srai_epi16::<1>(d[2]), d[6]);
    let a6 = _mm_add_epi16(d[2], _mm_srai_epi16::<1>(d[6]));
    let a1 = _mm_sub_epi16(_mm_sub_epi16(d[5], d[3]), one_and_a_half(d[7]));
    let a3 = _mm_sub_epi16(_mm_add_epi16(d[1], d[7]), one_and_a_half(d[3]));
    let a5 = _mm_add_epi16(_mm_sub_epi16(d[7], d[1]), one_and_a_half(d[5]));
    let a7 = _mm_add_epi16(_mm_add_epi16(d[3], d[5]), one_and_a_half(d[1]));

    let (b0, b6) = (_mm_add_epi16(a0, a6), _mm_sub_epi16(a0, a6));
    let (b2, b4) = (_mm_add_epi16(a2, a4), _mm_sub_epi16(a2, a4));
    let b1 = _mm_add_epi16(a1, _mm_srai_epi16::<2>(a7));
    let b7 = _mm_sub_epi16(a7, _mm_srai_epi16::<2>(a1));
    let b3 = _mm_add_epi16(a3, _mm_srai_epi16::<2>(a5));
    let b5 = _mm_sub_epi16(_mm_srai_epi16::<2>(a3), a5);

    [
        _mm_add_epi16(b0, b7),
        _mm_add_epi16(b2, b5),
        _mm_add_epi16(b4, b3),
        _mm_add_epi16(b6, b1),
        _mm_sub_epi16(b6, b1),
        _mm_sub_epi16(b4, b3),
        _mm_sub_epi16(b2, b5),
        _mm_sub_epi16(b0, b7),
    ]
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct8x8_add(dst: &mut [u8], stride: usize, c: &mut [i16; 64]) {
    let mut dst = RowsMut::new(dst, stride, 8, 8);
    let mut m = [_mm_setzero_si128(); 8];
    for y in 0..8 {
        m[y] = load(c, 8 * y);
    }
    m[0] = _mm_add_epi16(m[0], _mm_cvtsi32_si128(32));
    let m = inverse8(transpose8(inverse8(transpose8(m))));
    *c = [0; 64];
    for y in 0..8 {
        let d = dst.at(y, 0);
        let v = _mm_add_epi16(_mm_cvtepu8_epi16(load_8(d)), _mm_srai_epi16::<6>(m[y]));
        store_8(d, _mm_packus_epi16(v, v));
    }
}

/// Adds the residual of a lone DC coefficient to `N`x`N` samples: what is above 0 and what is below, both as
/// saturated bytes.
#[inline]
#[target_feature(enable = "sse4.2")]
fn dc_add<const N: usize>(dst: &mut [u8], stride: usize, dc: i16) {
    let mut dst = RowsMut::new(dst, stride, N, N);
    let residual = _mm_set1_epi16(dc.wrapping_add(32) >> 6);
    let more = _mm_packus_epi16(residual, residual);
    let negative = _mm_sub_epi16(_mm_setzero_si128(), residual);
    let less = _mm_packus_epi16(negative, negative);
    for y in 0..N {
        let d = dst.at(y, 0);
        store_n::<N>(d, _mm_subs_epu8(_mm_adds_epu8(load_n::<N>(d), more), less));
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct4x4_dc_add(dst: &mut [u8], stride: usize, dc: i16) {
    dc_add::<4>(dst, stride, dc);
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct8x8_dc_add(dst: &mut [u8], stride: usize, dc: i16) {
    dc_add::<8>(dst, stride, dc);
}

/// [`crate::scalar::transform`]'s `forward4` on vectors 0 and 1, 2 and 3; all four lanes of each at once.
#[inline]
#[target_feature(enable = "sse4.2")]
fn forward4(p01: __m128i, p23: __m128i) -> (__m128i, __m128i) {
    let p32 = swap(p23);
    let (s, d) = (_mm_add_epi16(p01, p32), _mm_sub_epi16(p01, p32));
    // s03 + s12 and s03 - s12; 2 d03 + d12 and d03 - 2 d12.
    let (s12, d12) = (swap(s), swap(d));
    let even = _mm_unpacklo_epi64(_mm_add_epi16(s, s12), _mm_sub_epi16(s, s12));
    let odd = _mm_unpacklo_epi64(_mm_add_epi16(_mm_add_epi16(d, d), d12), _mm_sub_epi16(d, _mm_add_epi16(d12, d12)));
    (_mm_unpacklo_epi64(even, odd), _mm_unpackhi_epi64(even, odd))
}

/// The differences of rows `y` and `y + 1`, four samples each.
#[inline]
#[target_feature(enable = "sse4.2")]
fn two_rows_less(src: Rows<'_, u8>, pred: Rows<'_, u8>, y: usize) -> __m128i {
    let s = _mm_unpacklo_epi32(load_4(src.at(y, 0)), load_4(src.at(y + 1, 0)));
    let p = _mm_unpacklo_epi32(load_4(pred.at(y, 0)), load_4(pred.at(y + 1, 0)));
    _mm_sub_epi16(_mm_cvtepu8_epi16(s), _mm_cvtepu8_epi16(p))
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn fdct4x4(c: &mut [i16; 16], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    let (src, pred) = (Rows::new(src, src_stride, 4, 4), Rows::new(pred, pred_stride, 4, 4));
    let (c01, c23) = transpose4(two_rows_less(src, pred, 0), two_rows_less(src, pred, 2));
    let (c01, c23) = forward4(c01, c23);
    let (r01, r23) = transpose4(c01, c23);
    let (r01, r23) = forward4(r01, r23);
    store(c, 0, r01);
    store(c, 8, r23);
}

/// [`crate::scalar::transform`]'s `forward8`, eight lanes at once.
#[inline]
#[target_feature(enable = "sse4.2")]
fn forward8(p: [__m128i; 8]) -> [__m128i; 8] {
    let (s07, d07) = (_mm_add_epi16(p[0], p[7]), _mm_sub_epi16(p[0], p[7]));
    let (s16, d16) = (_mm_add_epi16(p[1], p[6]), _mm_sub_epi16(p[1], p[6]));
    let (s25, d25) = (_mm_add_epi16(p[2], p[5]), _mm_sub_epi16(p[2], p[5]));
    let (s34, d34) = (_mm_add_epi16(p[3], p[4]), _mm_sub_epi16(p[3], p[4]));
    let (a0, a2) = (_mm_add_epi16(s07, s34), _mm_sub_epi16(s07, s34));
    let (a1, a3) = (_mm_add_epi16(s16, s25), _mm_sub_epi16(s16, s25));
    let a4 = _mm_add_epi16(_mm_add_epi16(d16, d25), one_and_a_half(d07));
    let a5 = _mm_sub_epi16(_mm_sub_epi16(d07, d34), one_and_a_half(d25));
    let a6 = _mm_sub_epi16(_mm_add_epi16(d07, d34), one_and_a_half(d16));
    let a7 = _mm_add_epi16(_mm_sub_epi16(d16, d25), one_and_a_half(d34));
    [
        _mm_add_epi16(a0, a1),
        _mm_add_epi16(a4, _mm_srai_epi16::<2>(a7)),
        _mm_add_epi16(a2, _mm_srai_epi16::<1>(a3)),
        _mm_add_epi16(a5, _mm_srai_epi16::<2>(a6)),
        _mm_sub_epi16(a0, a1),
        _mm_sub_epi16(a6, _mm_srai_epi16::<2>(a5)),
        _mm_sub_epi16(_mm_srai_epi16::<1>(a2), a3),
        _mm_sub_epi16(_mm_srai_epi16::<2>(a4), a7),
    ]
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn fdct8x8(c: &mut [i16; 64], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    let (src, pred) = (Rows::new(src, src_stride, 8, 8), Rows::new(pred, pred_stride, 8, 8));
    let mut m = [_mm_setzero_si128(); 8];
    for y in 0..8 {
        let (s, p) = (_mm_cvtepu8_epi16(load_8(src.at(y, 0))), _mm_cvtepu8_epi16(load_8(pred.at(y, 0))));
        m[y] = _mm_sub_epi16(s, p);
    }
    let m = forward8(transpose8(forward8(transpose8(m))));
    for y in 0..8 {
        store(c, 8 * y, m[y]);
    }
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn quant<const NN: usize>(c: &mut [i16; NN], mf: &[u16; NN], bias: &[u16; NN]) -> bool {
    let mut any = _mm_setzero_si128();
    let words = |w: &[u16; NN], i: usize| load_8_u16(w[i..].first_chunk().expect("i is a multiple of 8"));
    for i in (0..NN).step_by(8) {
        let v = load(c, i);
        let magnitude = _mm_mulhi_epu16(_mm_adds_epu16(_mm_abs_epi16(v), words(bias, i)), words(mf, i));
        let level = _mm_sign_epi16(magnitude, v);
        any = _mm_or_si128(any, level);
        store(c, i, level);
    }
    _mm_testz_si128(any, any) == 0
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn quant4x4(c: &mut [i16; 16], mf: &[u16; 16], bias: &[u16; 16]) -> bool {
    quant(c, mf, bias)
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn quant8x8(c: &mut [i16; 64], mf: &[u16; 64], bias: &[u16; 64]) -> bool {
    quant(c, mf, bias)
}

/// `c * scale * 2^(qp_per - BITS)`, rounded.
#[inline]
#[target_feature(enable = "sse4.2")]
fn dequant<const NN: usize, const BITS: i32>(c: &mut [i16; NN], scale: &[i32; NN], qp_per: u8) {
    let shift = i32::from(qp_per) - BITS;
    let left = _mm_cvtsi32_si128(shift.max(0));
    let (right, round) =
        (_mm_cvtsi32_si128((-shift).max(0)), _mm_set1_epi32(if shift < 0 { 1 << (-shift - 1) } else { 0 }));
    // The low words of four lanes, as a cut to 16 bits asks for.
    let low_words = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
    let scaled = |v, i: usize| {
        let factors = load_4_i32(scale[i..].first_chunk().expect("i is a multiple of 4"));
        let v = _mm_mullo_epi32(_mm_cvtepi16_epi32(v), factors);
        _mm_shuffle_epi8(_mm_sra_epi32(_mm_add_epi32(_mm_sll_epi32(v, left), round), right), low_words)
    };
    for i in (0..NN).step_by(8) {
        let v = load(c, i);
        store(c, i, _mm_unpacklo_epi64(scaled(v, i), scaled(_mm_unpackhi_epi64(v, v), i + 4)));
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn dequant4x4(c: &mut [i16; 16], scale: &[i32; 16], qp_per: u8) {
    dequant::<16, 4>(c, scale, qp_per);
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn dequant8x8(c: &mut [i16; 64], scale: &[i32; 64], qp_per: u8) {
    dequant::<64, 6>(c, scale, qp_per);
}
