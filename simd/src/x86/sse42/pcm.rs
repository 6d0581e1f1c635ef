//! Samples to integers, four at a time.
#![forbid(unsafe_code)]

use crate::scalar::pcm::{self as scalar, check};
use crate::x86::mem::{load_4_f32, store_4_i32, store_8_i16};
use core::arch::x86_64::*;

/// Products with `full`, of which what is no number is 0.
#[inline]
#[target_feature(enable = "sse4.2")]
fn scaled(x: &[f32; 4], full: f32) -> __m128 {
    let v = _mm_mul_ps(load_4_f32(x), _mm_set1_ps(full));
    _mm_and_ps(v, _mm_cmpord_ps(v, v))
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn clamp(v: __m128, low: f32, high: f32) -> __m128 {
    _mm_min_ps(_mm_max_ps(v, _mm_set1_ps(low)), _mm_set1_ps(high))
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn to_i16(dst: &mut [i16], src: &[f32]) {
    check(dst.len(), src);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (fours, _) = src.as_chunks::<4>();
    for (i, d) in eights.iter_mut().enumerate() {
        let low = _mm_cvtps_epi32(clamp(scaled(&fours[2 * i], 32768.0), -32768.0, 32767.0));
        let high = _mm_cvtps_epi32(clamp(scaled(&fours[2 * i + 1], 32768.0), -32768.0, 32767.0));
        store_8_i16(d, _mm_packs_epi32(low, high));
    }
    scalar::to_i16(rest, &src[src.len() / 8 * 8..]);
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn to_i24(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (fours, rest) = dst.as_chunks_mut::<4>();
    let (from, from_rest) = src.as_chunks::<4>();
    for (d, x) in fours.iter_mut().zip(from) {
        // Below 2^23 every half is a float: the product is exact.
        store_4_i32(d, _mm_cvtps_epi32(clamp(scaled(x, 8_388_608.0), -8_388_608.0, 8_388_607.0)));
    }
    scalar::to_i24(rest, from_rest);
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn to_i32(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (fours, rest) = dst.as_chunks_mut::<4>();
    let (from, from_rest) = src.as_chunks::<4>();
    for (d, x) in fours.iter_mut().zip(from) {
        let v = scaled(x, 2_147_483_648.0);
        // What does not fit becomes the least integer: right below, and all its bits turned round right above.
        let above = _mm_castps_si128(_mm_cmpge_ps(v, _mm_set1_ps(2_147_483_648.0)));
        store_4_i32(d, _mm_xor_si128(_mm_cvtps_epi32(v), above));
    }
    scalar::to_i32(rest, from_rest);
}
