//! Polyphase filters by multiply-add of word pairs, 16 words at a time.
#![forbid(unsafe_code)]

use crate::scalar::scale::{check_h, check_v, output_h};
use crate::x86::lanes::fold_256;
use crate::x86::mem::{load_4, load_8, load_8_i16, load_16, load_16_i16, store_8_i16, store_32};
use crate::x86::sse42;
use crate::x86::sse42::scale::{part, products, window, word_pair};
use core::arch::x86_64::*;

#[target_feature(enable = "avx2")]
pub(crate) fn scale_h(dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    check_h(dst, src, pos, coefs, taps);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (places, rest_places) = pos.as_chunks::<8>();
    let mut coefs = coefs;
    for (out, pos) in eights.iter_mut().zip(places) {
        let (now, later) = coefs.split_at(8 * taps);
        let sums = match taps {
            4 => eight_sums_of_4(src, pos, now),
            8 => eight_sums_of_8(src, pos, now),
            _ => eight_sums(src, pos, now, taps),
        };
        let sums = _mm256_srai_epi32::<8>(_mm256_add_epi32(sums, _mm256_set1_epi32(128)));
        let (low, high) = (_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        store_8_i16(out, _mm_packs_epi32(low, high));
        coefs = later;
    }
    for ((out, &first), coefs) in rest.iter_mut().zip(rest_places).zip(coefs.chunks_exact(taps)) {
        *out = output_h(&src[first as usize..], coefs);
    }
}

/// The sums of eight outputs of four taps: four share a register.
#[inline]
#[target_feature(enable = "avx2")]
fn eight_sums_of_4(src: &[u8], pos: &[u32; 8], coefs: &[i16]) -> __m256i {
    let four = |i: usize| {
        let low = _mm_unpacklo_epi32(load_4(window(src, pos[i], 0)), load_4(window(src, pos[i + 1], 0)));
        let high = _mm_unpacklo_epi32(load_4(window(src, pos[i + 2], 0)), load_4(window(src, pos[i + 3], 0)));
        let samples = _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(low, high));
        _mm256_madd_epi16(samples, load_16_i16(part(coefs, 4 * i)))
    };
    // 0 1 4 5, 2 3 6 7: the middle two pairs change places.
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_hadd_epi32(four(0), four(4)))
}

/// The sums of eight outputs of eight taps: two share a register.
#[inline]
#[target_feature(enable = "avx2")]
fn eight_sums_of_8(src: &[u8], pos: &[u32; 8], coefs: &[i16]) -> __m256i {
    let two = |i: usize, j: usize| {
        let samples = _mm_unpacklo_epi64(load_8(window(src, pos[i], 0)), load_8(window(src, pos[j], 0)));
        let coefs = _mm256_set_m128i(load_8_i16(part(coefs, 8 * j)), load_8_i16(part(coefs, 8 * i)));
        _mm256_madd_epi16(_mm256_cvtepu8_epi16(samples), coefs)
    };
    let first = _mm256_hadd_epi32(two(0, 4), two(1, 5));
    _mm256_hadd_epi32(first, _mm256_hadd_epi32(two(2, 6), two(3, 7)))
}

/// The sums of eight outputs.
#[inline]
#[target_feature(enable = "avx2")]
fn eight_sums(src: &[u8], pos: &[u32; 8], coefs: &[i16], taps: usize) -> __m256i {
    let one = |i: usize| products_16(&src[pos[i] as usize..][..taps], &coefs[i * taps..][..taps]);
    let low = _mm_hadd_epi32(_mm_hadd_epi32(one(0), one(1)), _mm_hadd_epi32(one(2), one(3)));
    let high = _mm_hadd_epi32(_mm_hadd_epi32(one(4), one(5)), _mm_hadd_epi32(one(6), one(7)));
    _mm256_set_m128i(high, low)
}

/// Lanes that add up to the sum of one output.
#[inline]
#[target_feature(enable = "avx2")]
fn products_16(window: &[u8], coefs: &[i16]) -> __m128i {
    let (samples, window) = window.as_chunks::<16>();
    let (factors, coefs) = coefs.as_chunks::<16>();
    let mut sum = _mm256_setzero_si256();
    for (s, c) in samples.iter().zip(factors) {
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepu8_epi16(load_16(s)), load_16_i16(c)));
    }
    _mm_add_epi32(fold_256(sum), products(window, coefs))
}

#[target_feature(enable = "avx2")]
pub(crate) fn scale_v(dst: &mut [u8], rows: &[&[i16]], coefs: &[i16]) {
    let Some(last) = dst.len().checked_sub(32) else {
        return sse42::scale::scale_v(dst, rows, coefs);
    };
    check_v(dst, rows, coefs);
    // The last block begins where it ends with the row and so may do some columns again.
    for x in (0..last).step_by(32).chain([last]) {
        let out = _mm256_packus_epi16(sixteen_columns(x, rows, coefs), sixteen_columns(x + 16, rows, coefs));
        if let Some(dst) = dst[x..].first_chunk_mut() {
            store_32(dst, _mm256_permute4x64_epi64::<0b11_01_10_00>(out));
        }
    }
}

/// Sixteen outputs from column `x`, as words that are not yet clipped.
#[inline]
#[target_feature(enable = "avx2")]
fn sixteen_columns(x: usize, rows: &[&[i16]], coefs: &[i16]) -> __m256i {
    let round = _mm256_set1_epi32(1 << 19);
    let (mut low, mut high) = (round, round);
    let (pairs, odd) = rows.as_chunks::<2>();
    let (factors, odd_factor) = coefs.as_chunks::<2>();
    for (r, c) in pairs.iter().zip(factors) {
        let (r0, r1) = (load_16_i16(part(r[0], x)), load_16_i16(part(r[1], x)));
        let c = _mm256_set1_epi32(word_pair(c[0], c[1]));
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(r0, r1), c));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(r0, r1), c));
    }
    for (r, &c) in odd.iter().zip(odd_factor) {
        let (r, none) = (load_16_i16(part(r, x)), _mm256_setzero_si256());
        let c = _mm256_set1_epi32(word_pair(c, 0));
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(r, none), c));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(r, none), c));
    }
    _mm256_packs_epi32(_mm256_srai_epi32::<20>(low), _mm256_srai_epi32::<20>(high))
}
