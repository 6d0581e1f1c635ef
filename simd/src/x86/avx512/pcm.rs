//! Samples to integers, sixteen at a time.
#![forbid(unsafe_code)]

use crate::scalar::pcm::{self as scalar, check};
use crate::x86::mem::{load_16_f32, store_16_i16, store_16_i32};
use core::arch::x86_64::*;

/// Products with `full`, of which what is no number is 0.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn scaled(x: &[f32; 16], full: f32) -> __m512 {
    let v = _mm512_mul_ps(load_16_f32(x), _mm512_set1_ps(full));
    _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_ORD_Q>(v, v), v)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn clamp(v: __m512, low: f32, high: f32) -> __m512 {
    _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps(low)), _mm512_set1_ps(high))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn to_i16(dst: &mut [i16], src: &[f32]) {
    check(dst.len(), src);
    let (sixteens, rest) = dst.as_chunks_mut::<16>();
    let (from, from_rest) = src.as_chunks::<16>();
    for (d, x) in sixteens.iter_mut().zip(from) {
        let v = _mm512_cvtps_epi32(clamp(scaled(x, 32768.0), -32768.0, 32767.0));
        store_16_i16(d, _mm512_cvtsepi32_epi16(v));
    }
    scalar::to_i16(rest, from_rest);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn to_i24(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (sixteens, rest) = dst.as_chunks_mut::<16>();
    let (from, from_rest) = src.as_chunks::<16>();
    for (d, x) in sixteens.iter_mut().zip(from) {
        // Below 2^23 every half is a float: the product is exact.
        store_16_i32(d, _mm512_cvtps_epi32(clamp(scaled(x, 8_388_608.0), -8_388_608.0, 8_388_607.0)));
    }
    scalar::to_i24(rest, from_rest);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn to_i32(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (sixteens, rest) = dst.as_chunks_mut::<16>();
    let (from, from_rest) = src.as_chunks::<16>();
    for (d, x) in sixteens.iter_mut().zip(from) {
        let v = scaled(x, 2_147_483_648.0);
        // What does not fit becomes the least integer, which is right below but not above.
        let above = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(v, _mm512_set1_ps(2_147_483_648.0));
        store_16_i32(d, _mm512_mask_mov_epi32(_mm512_cvtps_epi32(v), above, _mm512_set1_epi32(i32::MAX)));
    }
    scalar::to_i32(rest, from_rest);
}
