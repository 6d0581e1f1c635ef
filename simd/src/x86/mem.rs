//! Vector loads and stores behind array references: the type carries the length, so they are safe.

#![allow(dead_code, reason = "a toolbox for kernels: which of them are in use changes with every family")]

use crate::block::Mv;
use crate::mem::Rows;
use core::arch::x86_64::*;

/// 4 samples into the low quarter; the rest is zero.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_4(p: &[u8; 4]) -> __m128i {
    _mm_cvtsi32_si128(i32::from_le_bytes(*p))
}

/// 8 samples into the low half; the rest is zero.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_8(p: &[u8; 8]) -> __m128i {
    _mm_cvtsi64_si128(i64::from_le_bytes(*p))
}

/// 16 samples.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_16(p: &[u8; 16]) -> __m128i {
    // SAFETY: the array has the 16 bytes that an unaligned load reads.
    unsafe { _mm_loadu_si128(p.as_ptr().cast()) }
}

/// 32 samples.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_32(p: &[u8; 32]) -> __m256i {
    // SAFETY: the array has the 32 bytes that an unaligned load reads.
    unsafe { _mm256_loadu_si256(p.as_ptr().cast()) }
}

/// 4 words into the low half; the rest is zero.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_4_i16(p: &[i16; 4]) -> __m128i {
    // SAFETY: the array has the 8 bytes that the load reads.
    unsafe { _mm_loadl_epi64(p.as_ptr().cast()) }
}

/// 8 words.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_8_i16(p: &[i16; 8]) -> __m128i {
    // SAFETY: the array has the 16 bytes that an unaligned load reads.
    unsafe { _mm_loadu_si128(p.as_ptr().cast()) }
}

/// 16 words.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_16_i16(p: &[i16; 16]) -> __m256i {
    // SAFETY: the array has the 32 bytes that an unaligned load reads.
    unsafe { _mm256_loadu_si256(p.as_ptr().cast()) }
}

/// 8 unsigned words.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_8_u16(p: &[u16; 8]) -> __m128i {
    // SAFETY: the array has the 16 bytes that an unaligned load reads.
    unsafe { _mm_loadu_si128(p.as_ptr().cast()) }
}

/// 16 unsigned words.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_16_u16(p: &[u16; 16]) -> __m256i {
    // SAFETY: the array has the 32 bytes that an unaligned load reads.
    unsafe { _mm256_loadu_si256(p.as_ptr().cast()) }
}

/// 4 motion vectors.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_4_mv(p: &[Mv; 4]) -> __m128i {
    // SAFETY: `Mv` is two words without padding (`repr(C)`), so the array has the 16 bytes that the load reads.
    unsafe { _mm_loadu_si128(p.as_ptr().cast()) }
}

/// 8 motion vectors.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_8_mv(p: &[Mv; 8]) -> __m256i {
    // SAFETY: as in `load_4_mv`, the array has the 32 bytes that the load reads.
    unsafe { _mm256_loadu_si256(p.as_ptr().cast()) }
}

/// 4 double words.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_4_i32(p: &[i32; 4]) -> __m128i {
    // SAFETY: the array has the 16 bytes that an unaligned load reads.
    unsafe { _mm_loadu_si128(p.as_ptr().cast()) }
}

/// 8 double words.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_8_i32(p: &[i32; 8]) -> __m256i {
    // SAFETY: the array has the 32 bytes that an unaligned load reads.
    unsafe { _mm256_loadu_si256(p.as_ptr().cast()) }
}

/// 4 floats.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_4_f32(p: &[f32; 4]) -> __m128 {
    // SAFETY: the array has the 16 bytes that an unaligned load reads.
    unsafe { _mm_loadu_ps(p.as_ptr()) }
}

/// 8 floats.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_8_f32(p: &[f32; 8]) -> __m256 {
    // SAFETY: the array has the 32 bytes that an unaligned load reads.
    unsafe { _mm256_loadu_ps(p.as_ptr()) }
}

/// 16 floats.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn load_16_f32(p: &[f32; 16]) -> __m512 {
    // SAFETY: the array has the 64 bytes that an unaligned load reads.
    unsafe { _mm512_loadu_ps(p.as_ptr()) }
}

/// The floats at eight places of a table, taken modulo its length.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn gather_8_f32(table: &[f32; 1024], places: __m256i) -> __m256 {
    let places = _mm256_and_si256(places, _mm256_set1_epi32(1023));
    // SAFETY: no place is outside of the table.
    unsafe { _mm256_i32gather_ps::<4>(table.as_ptr(), places) }
}

/// The floats at four places of a table, taken modulo its length.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn gather_4_f32(table: &[f32; 1024], places: __m128i) -> __m128 {
    let places = _mm_and_si128(places, _mm_set1_epi32(1023));
    // SAFETY: no place is outside of the table.
    unsafe { _mm_i32gather_ps::<4>(table.as_ptr(), places) }
}

/// The 4 floats of `v`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_4_f32(p: &mut [f32; 4], v: __m128) {
    // SAFETY: the array has the 16 bytes that an unaligned store writes.
    unsafe { _mm_storeu_ps(p.as_mut_ptr(), v) }
}

/// The 8 floats of `v`.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_8_f32(p: &mut [f32; 8], v: __m256) {
    // SAFETY: the array has the 32 bytes that an unaligned store writes.
    unsafe { _mm256_storeu_ps(p.as_mut_ptr(), v) }
}

/// The 16 floats of `v`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn store_16_f32(p: &mut [f32; 16], v: __m512) {
    // SAFETY: the array has the 64 bytes that an unaligned store writes.
    unsafe { _mm512_storeu_ps(p.as_mut_ptr(), v) }
}

/// The 4 double words of `v`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_4_i32(p: &mut [i32; 4], v: __m128i) {
    // SAFETY: the array has the 16 bytes that an unaligned store writes.
    unsafe { _mm_storeu_si128(p.as_mut_ptr().cast(), v) }
}

/// The 8 double words of `v`.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_8_i32(p: &mut [i32; 8], v: __m256i) {
    // SAFETY: the array has the 32 bytes that an unaligned store writes.
    unsafe { _mm256_storeu_si256(p.as_mut_ptr().cast(), v) }
}

/// The 16 double words of `v`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn store_16_i32(p: &mut [i32; 16], v: __m512i) {
    // SAFETY: the array has the 64 bytes that an unaligned store writes.
    unsafe { _mm512_storeu_si512(p.as_mut_ptr().cast(), v) }
}

/// The low 4 bytes of `v`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_4(p: &mut [u8; 4], v: __m128i) {
    *p = _mm_cvtsi128_si32(v).to_le_bytes();
}

/// The low 8 bytes of `v`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_8(p: &mut [u8; 8], v: __m128i) {
    *p = _mm_cvtsi128_si64(v).to_le_bytes();
}

/// The 16 bytes of `v`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_16(p: &mut [u8; 16], v: __m128i) {
    // SAFETY: the array has the 16 bytes that an unaligned store writes.
    unsafe { _mm_storeu_si128(p.as_mut_ptr().cast(), v) }
}

/// The 32 bytes of `v`.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_32(p: &mut [u8; 32], v: __m256i) {
    // SAFETY: the array has the 32 bytes that an unaligned store writes.
    unsafe { _mm256_storeu_si256(p.as_mut_ptr().cast(), v) }
}

/// The 8 words of `v`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_8_i16(p: &mut [i16; 8], v: __m128i) {
    // SAFETY: the array has the 16 bytes that an unaligned store writes.
    unsafe { _mm_storeu_si128(p.as_mut_ptr().cast(), v) }
}

/// The 16 words of `v`.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_16_i16(p: &mut [i16; 16], v: __m256i) {
    // SAFETY: the array has the 32 bytes that an unaligned store writes.
    unsafe { _mm256_storeu_si256(p.as_mut_ptr().cast(), v) }
}

/// The 8 unsigned words of `v`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_8_u16(p: &mut [u16; 8], v: __m128i) {
    // SAFETY: the array has the 16 bytes that an unaligned store writes.
    unsafe { _mm_storeu_si128(p.as_mut_ptr().cast(), v) }
}

/// The 16 unsigned words of `v`.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_16_u16(p: &mut [u16; 16], v: __m256i) {
    // SAFETY: the array has the 32 bytes that an unaligned store writes.
    unsafe { _mm256_storeu_si256(p.as_mut_ptr().cast(), v) }
}

/// `N` samples, 2, 4, 8 or 16, into the low part; the rest is zero.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_n<const N: usize>(p: &[u8; N]) -> __m128i {
    const { assert!(N == 16 || N == 8 || N == 4 || N == 2) };
    match (p.first_chunk(), p.first_chunk(), p.first_chunk()) {
        (Some(p), _, _) => load_16(p),
        (_, Some(p), _) => load_8(p),
        (_, _, Some(p)) => load_4(p),
        _ => _mm_cvtsi32_si128(i32::from(u16::from_le_bytes([p[0], p[1]]))),
    }
}

/// The low `N` bytes of `v`: 2, 4, 8 or 16.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_n<const N: usize>(p: &mut [u8; N], v: __m128i) {
    const { assert!(N == 16 || N == 8 || N == 4 || N == 2) };
    if let Some(p) = p.first_chunk_mut() {
        store_16(p, v);
    } else if let Some(p) = p.first_chunk_mut() {
        store_8(p, v);
    } else if let Some(p) = p.first_chunk_mut() {
        store_4(p, v);
    } else {
        p.copy_from_slice(&(_mm_cvtsi128_si32(v) as u16).to_le_bytes());
    }
}

/// The `i`-th 16 samples of a block `W` wide, in raster order: one row of 16, two of 8 or four of 4.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn gather_16<const W: usize>(rows: Rows<'_, u8>, i: usize) -> __m128i {
    const { assert!(W == 16 || W == 8 || W == 4) };
    match W {
        16 => load_16(rows.at(i, 0)),
        8 => _mm_unpacklo_epi64(load_8(rows.at(2 * i, 0)), load_8(rows.at(2 * i + 1, 0))),
        _ => {
            let pair = |y| _mm_unpacklo_epi32(load_4(rows.at(y, 0)), load_4(rows.at(y + 1, 0)));
            _mm_unpacklo_epi64(pair(4 * i), pair(4 * i + 2))
        }
    }
}

/// The `i`-th 32 samples of a block `W` wide, in raster order.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn gather_32<const W: usize>(rows: Rows<'_, u8>, i: usize) -> __m256i {
    _mm256_set_m128i(gather_16::<W>(rows, 2 * i + 1), gather_16::<W>(rows, 2 * i))
}

/// The `i`-th 64 samples of a block `W` wide, in raster order.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn gather_64<const W: usize>(rows: Rows<'_, u8>, i: usize) -> __m512i {
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(gather_32::<W>(rows, 2 * i)), gather_32::<W>(rows, 2 * i + 1))
}
