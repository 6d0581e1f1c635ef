//! H.264 inverse transforms for samples of 8 to 14 bits, in 32-bit lanes. As in `transform`, the 32 that rounding
//! adds goes into the DC coefficient beforehand.
#![forbid(unsafe_code)]

use crate::mem::RowsMut;
use crate::x86::mem::load_4_i32;
use crate::x86::words::x8 as w;
use core::arch::x86_64::*;

/// Four double words of `c` from `i`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn load<const NN: usize>(c: &[i32; NN], i: usize) -> __m128i {
    load_4_i32(c[i..].first_chunk().expect("callers stay inside"))
}

/// The columns of a 4x4 matrix from its rows.
#[inline]
#[target_feature(enable = "sse4.2")]
fn transpose4(r: [__m128i; 4]) -> [__m128i; 4] {
    let (a0, a1) = (_mm_unpacklo_epi32(r[0], r[1]), _mm_unpackhi_epi32(r[0], r[1]));
    let (a2, a3) = (_mm_unpacklo_epi32(r[2], r[3]), _mm_unpackhi_epi32(r[2], r[3]));
    [_mm_unpacklo_epi64(a0, a2), _mm_unpackhi_epi64(a0, a2), _mm_unpacklo_epi64(a1, a3), _mm_unpackhi_epi64(a1, a3)]
}

/// [`crate::scalar::transform`]'s `inverse4`, four lanes at once.
#[inline]
#[target_feature(enable = "sse4.2")]
fn inverse4(d: [__m128i; 4]) -> [__m128i; 4] {
    let (e0, e1) = (w::add_32(d[0], d[2]), w::sub_32(d[0], d[2]));
    let e2 = w::sub_32(w::sra_32::<1>(d[1]), d[3]);
    let e3 = w::add_32(d[1], w::sra_32::<1>(d[3]));
    [w::add_32(e0, e3), w::add_32(e1, e2), w::sub_32(e1, e2), w::sub_32(e0, e3)]
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct4x4_add_u16(dst: &mut [u16], stride: usize, c: &mut [i32; 16], max: u16) {
    let mut dst = RowsMut::new(dst, stride, 4, 4);
    let first = _mm_add_epi32(load(c, 0), _mm_cvtsi32_si128(32));
    let r = inverse4(transpose4(inverse4(transpose4([first, load(c, 4), load(c, 8), load(c, 12)]))));
    *c = [0; 16];
    let max = w::set(max as i16);
    for y in 0..4 {
        let d = dst.at(y, 0);
        let v = _mm_add_epi32(_mm_cvtepu16_epi32(w::load::<4>(d)), _mm_srai_epi32::<6>(r[y]));
        w::store::<4>(d, w::min_unsigned(_mm_packus_epi32(v, v), max));
    }
}

crate::x86::high::inverse8_u16!("sse4.2");

/// Both halves of an 8x8 matrix, columns 0 to 3 and 4 to 7 of its rows, transposed.
#[inline]
#[target_feature(enable = "sse4.2")]
fn transpose8(left: [__m128i; 8], right: [__m128i; 8]) -> ([__m128i; 8], [__m128i; 8]) {
    let [a0, a1, a2, a3] = transpose4([left[0], left[1], left[2], left[3]]);
    let [b0, b1, b2, b3] = transpose4([right[0], right[1], right[2], right[3]]);
    let [c0, c1, c2, c3] = transpose4([left[4], left[5], left[6], left[7]]);
    let [d0, d1, d2, d3] = transpose4([right[4], right[5], right[6], right[7]]);
    ([a0, a1, a2, a3, b0, b1, b2, b3], [c0, c1, c2, c3, d0, d1, d2, d3])
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct8x8_add_u16(dst: &mut [u16], stride: usize, c: &mut [i32; 64], max: u16) {
    let mut dst = RowsMut::new(dst, stride, 8, 8);
    let (mut left, mut right) = ([w::zero(); 8], [w::zero(); 8]);
    for y in 0..8 {
        (left[y], right[y]) = (load(c, 8 * y), load(c, 8 * y + 4));
    }
    left[0] = _mm_add_epi32(left[0], _mm_cvtsi32_si128(32));
    *c = [0; 64];
    let (top, bottom) = transpose8(left, right);
    let (left, right) = transpose8(inverse8(top), inverse8(bottom));
    let (left, right) = (inverse8(left), inverse8(right));
    let max = w::set(max as i16);
    for y in 0..8 {
        let d = dst.at(y, 0);
        let samples = w::load::<8>(d);
        let low = _mm_add_epi32(_mm_cvtepu16_epi32(samples), _mm_srai_epi32::<6>(left[y]));
        let high = _mm_add_epi32(w::high_pairs(samples, w::zero()), _mm_srai_epi32::<6>(right[y]));
        w::store::<8>(d, w::min_unsigned(_mm_packus_epi32(low, high), max));
    }
}

/// Adds the residual of a lone DC coefficient to `N`x`N` samples.
#[inline]
#[target_feature(enable = "sse4.2")]
fn dc_add<const N: usize>(dst: &mut [u16], stride: usize, dc: i32, max: u16) {
    let mut dst = RowsMut::new(dst, stride, N, N);
    // Beyond `max` in either direction it changes nothing more.
    let residual = (dc.wrapping_add(32) >> 6).clamp(-i32::from(max), i32::from(max));
    let (residual, max) = (w::set(residual as i16), w::set(max as i16));
    for y in 0..N {
        let d = dst.at(y, 0);
        w::store::<N>(d, w::clamp(w::add(w::load::<N>(d), residual), w::zero(), max));
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct4x4_dc_add_u16(dst: &mut [u16], stride: usize, dc: i32, max: u16) {
    dc_add::<4>(dst, stride, dc, max);
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn idct8x8_dc_add_u16(dst: &mut [u16], stride: usize, dc: i32, max: u16) {
    dc_add::<8>(dst, stride, dc, max);
}
