//! Samples to integers, eight at a time.
#![forbid(unsafe_code)]

use crate::scalar::pcm::{self as scalar, check};
use crate::x86::mem::{load_8_f32, store_8_i32, store_16_i16};
use core::arch::x86_64::*;

/// Products with `full`, of which what is no number is 0.
#[inline]
#[target_feature(enable = "avx2")]
fn scaled(x: &[f32; 8], full: f32) -> __m256 {
    let v = _mm256_mul_ps(load_8_f32(x), _mm256_set1_ps(full));
    _mm256_and_ps(v, _mm256_cmp_ps::<_CMP_ORD_Q>(v, v))
}

#[inline]
#[target_feature(enable = "avx2")]
fn clamp(v: __m256, low: f32, high: f32) -> __m256 {
    _mm256_min_ps(_mm256_max_ps(v, _mm256_set1_ps(low)), _mm256_set1_ps(high))
}

#[target_feature(enable = "avx2")]
pub(crate) fn to_i16(dst: &mut [i16], src: &[f32]) {
    check(dst.len(), src);
    let (sixteens, rest) = dst.as_chunks_mut::<16>();
    let (eights, _) = src.as_chunks::<8>();
    for (i, d) in sixteens.iter_mut().enumerate() {
        let low = _mm256_cvtps_epi32(clamp(scaled(&eights[2 * i], 32768.0), -32768.0, 32767.0));
        let high = _mm256_cvtps_epi32(clamp(scaled(&eights[2 * i + 1], 32768.0), -32768.0, 32767.0));
        store_16_i16(d, _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high)));
    }
    scalar::to_i16(rest, &src[src.len() / 16 * 16..]);
}

#[target_feature(enable = "avx2")]
pub(crate) fn to_i24(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (from, from_rest) = src.as_chunks::<8>();
    for (d, x) in eights.iter_mut().zip(from) {
        // Below 2^23 every half is a float: the product is exact.
        store_8_i32(d, _mm256_cvtps_epi32(clamp(scaled(x, 8_388_608.0), -8_388_608.0, 8_388_607.0)));
    }
    scalar::to_i24(rest, from_rest);
}

#[target_feature(enable = "avx2")]
pub(crate) fn to_i32(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (from, from_rest) = src.as_chunks::<8>();
    for (d, x) in eights.iter_mut().zip(from) {
        let v = scaled(x, 2_147_483_648.0);
        // What does not fit becomes the least integer: right below, and all its bits turned round right above.
        let above = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_GE_OQ>(v, _mm256_set1_ps(2_147_483_648.0)));
        store_8_i32(d, _mm256_xor_si256(_mm256_cvtps_epi32(v), above));
    }
    scalar::to_i32(rest, from_rest);
}
