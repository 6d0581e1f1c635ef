//! Arithmetic across the lanes of a register.
#![forbid(unsafe_code)]
#![allow(dead_code, reason = "a toolbox for kernels: which of them are in use changes with every family")]

use core::arch::x86_64::*;

/// The sum of both 64-bit lanes, which must be less than 2^32.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn sum_u64(v: __m128i) -> u32 {
    _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_unpackhi_epi64(v, v))) as u32
}

/// The sum of the four 32-bit lanes.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn sum_i32(v: __m128i) -> i32 {
    let v = _mm_add_epi32(v, _mm_unpackhi_epi64(v, v));
    _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32::<0b01>(v)))
}

/// Lane-wise 32-bit sum of both halves.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn fold_256(v: __m256i) -> __m128i {
    _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v))
}

/// Lane-wise 32-bit sum of both halves.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn fold_512(v: __m512i) -> __m256i {
    _mm256_add_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64::<1>(v))
}
