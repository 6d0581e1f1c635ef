//! Polyphase filters by multiply-add of word pairs, 16 words at a time.
#![forbid(unsafe_code)]

use crate::scalar::scale::{check_h, check_v, output_h};
use crate::x86::lanes::fold_256;
use crate::x86::mem::{load_4, load_8, load_8_i16, load_16, load_16_i16, store_8_i16, store_32};
use crate::x86::sse42;
use crate::x86::sse42::scale::{count, part, products, word_pair};
use core::arch::x86_64::*;

#[target_feature(enable = "avx2")]
pub(crate) fn scale_h(dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    check_h(dst, src, pos, coefs, taps);
    match taps {
        4 => filter::<4>(dst, src, pos, coefs, taps),
        8 => filter::<8>(dst, src, pos, coefs, taps),
        12 => filter::<12>(dst, src, pos, coefs, taps),
        16 => filter::<16>(dst, src, pos, coefs, taps),
        _ => filter::<0>(dst, src, pos, coefs, taps),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn filter<const TAPS: usize>(dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    let taps = count::<TAPS>(taps);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (places, rest_places) = pos.as_chunks::<8>();
    let mut coefs = coefs;
    for (out, pos) in eights.iter_mut().zip(places) {
        let (now, later) = coefs.split_at(8 * taps);
        let sums = match TAPS {
            4 => eight_sums_of_4(src, pos, now),
            8 => eight_sums_of_8(src, pos, now),
            _ => eight_sums::<TAPS>(src, pos, now, taps),
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
    let mut sums = [_mm256_setzero_si256(); 2];
    for i in 0..2 {
        let mut samples = [_mm_setzero_si128(); 4];
        for j in 0..4 {
            samples[j] = load_4(part(src, pos[4 * i + j] as usize));
        }
        let low = _mm_unpacklo_epi32(samples[0], samples[1]);
        let all = _mm_unpacklo_epi64(low, _mm_unpacklo_epi32(samples[2], samples[3]));
        sums[i] = _mm256_madd_epi16(_mm256_cvtepu8_epi16(all), load_16_i16(part(coefs, 16 * i)));
    }
    // 0 1 4 5, 2 3 6 7: the middle two pairs change places.
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_hadd_epi32(sums[0], sums[1]))
}

/// The sums of eight outputs of eight taps: two share a register.
#[inline]
#[target_feature(enable = "avx2")]
fn eight_sums_of_8(src: &[u8], pos: &[u32; 8], coefs: &[i16]) -> __m256i {
    let mut sums = [_mm256_setzero_si256(); 4];
    for i in 0..4 {
        // An output of the first four with one of the last four, so that the sums of both halves are in order.
        let j = i + 4;
        let (low, high) = (load_8(part(src, pos[i] as usize)), load_8(part(src, pos[j] as usize)));
        let samples = _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(low, high));
        let coefs = _mm256_set_m128i(load_8_i16(part(coefs, 8 * j)), load_8_i16(part(coefs, 8 * i)));
        sums[i] = _mm256_madd_epi16(samples, coefs);
    }
    _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]))
}

/// The sums of eight outputs.
#[inline]
#[target_feature(enable = "avx2")]
fn eight_sums<const TAPS: usize>(src: &[u8], pos: &[u32; 8], coefs: &[i16], taps: usize) -> __m256i {
    let taps = count::<TAPS>(taps);
    let mut sums = [_mm_setzero_si128(); 8];
    for i in 0..8 {
        sums[i] = products_16::<TAPS>(&src[pos[i] as usize..][..taps], &coefs[i * taps..][..taps]);
    }
    let low = _mm_hadd_epi32(_mm_hadd_epi32(sums[0], sums[1]), _mm_hadd_epi32(sums[2], sums[3]));
    let high = _mm_hadd_epi32(_mm_hadd_epi32(sums[4], sums[5]), _mm_hadd_epi32(sums[6], sums[7]));
    _mm256_set_m128i(high, low)
}

/// Lanes that add up to the sum of one output.
#[inline]
#[target_feature(enable = "avx2")]
fn products_16<const TAPS: usize>(window: &[u8], coefs: &[i16]) -> __m128i {
    let taps = count::<TAPS>(window.len());
    let (window, coefs) = (&window[..taps], &coefs[..taps]);
    let mut sum = _mm256_setzero_si256();
    let mut t = 0;
    while t + 16 <= taps {
        let samples = _mm256_cvtepu8_epi16(load_16(part(window, t)));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(samples, load_16_i16(part(coefs, t))));
        t += 16;
    }
    _mm_add_epi32(fold_256(sum), products::<TAPS>(t, window, coefs))
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
