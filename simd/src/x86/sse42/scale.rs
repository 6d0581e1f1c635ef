//! Polyphase filters by multiply-add of word pairs.
#![forbid(unsafe_code)]

use crate::scalar::scale::{check_h, check_v, output_h, scale_v_from};
use crate::x86::mem::{load_4, load_8, load_8_i16, store_8_i16, store_16};
use core::arch::x86_64::*;

#[target_feature(enable = "sse4.2")]
pub(crate) fn scale_h(dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    check_h(dst, src, pos, coefs, taps);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (places, rest_places) = pos.as_chunks::<8>();
    let mut coefs = coefs;
    for (out, pos) in eights.iter_mut().zip(places) {
        let (now, later) = coefs.split_at(8 * taps);
        let sums = |i: usize| {
            let pos = [pos[i], pos[i + 1], pos[i + 2], pos[i + 3]];
            let now = &now[i * taps..][..4 * taps];
            if taps == 4 { four_sums_of_4(src, pos, now) } else { four_sums(src, pos, now, taps) }
        };
        store_8_i16(out, _mm_packs_epi32(round_h(sums(0)), round_h(sums(4))));
        coefs = later;
    }
    for ((out, &first), coefs) in rest.iter_mut().zip(rest_places).zip(coefs.chunks_exact(taps)) {
        *out = output_h(&src[first as usize..], coefs);
    }
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn round_h(sums: __m128i) -> __m128i {
    _mm_srai_epi32::<8>(_mm_add_epi32(sums, _mm_set1_epi32(128)))
}

/// The sums of four outputs of four taps: two share a register.
#[inline]
#[target_feature(enable = "sse4.2")]
fn four_sums_of_4(src: &[u8], pos: [u32; 4], coefs: &[i16]) -> __m128i {
    let two = |i: usize| {
        let samples = _mm_unpacklo_epi32(load_4(window(src, pos[i], 0)), load_4(window(src, pos[i + 1], 0)));
        _mm_madd_epi16(_mm_cvtepu8_epi16(samples), load_8_i16(part(coefs, 4 * i)))
    };
    _mm_hadd_epi32(two(0), two(2))
}

/// The sums of four outputs.
#[inline]
#[target_feature(enable = "sse4.2")]
fn four_sums(src: &[u8], pos: [u32; 4], coefs: &[i16], taps: usize) -> __m128i {
    let one = |i: usize| products(&src[pos[i] as usize..][..taps], &coefs[i * taps..][..taps]);
    _mm_hadd_epi32(_mm_hadd_epi32(one(0), one(1)), _mm_hadd_epi32(one(2), one(3)))
}

/// Lanes that add up to the sum of one output.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn products(window: &[u8], coefs: &[i16]) -> __m128i {
    let (samples, mut window) = window.as_chunks::<8>();
    let (factors, mut coefs) = coefs.as_chunks::<8>();
    let mut sum = _mm_setzero_si128();
    for (s, c) in samples.iter().zip(factors) {
        sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_cvtepu8_epi16(load_8(s)), load_8_i16(c)));
    }
    if let (Some((s, window_rest)), Some((c, coefs_rest))) = (window.split_first_chunk(), coefs.split_first_chunk()) {
        let c: [i16; 4] = *c;
        let c = _mm_setr_epi16(c[0], c[1], c[2], c[3], 0, 0, 0, 0);
        sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_cvtepu8_epi16(load_4(s)), c));
        (window, coefs) = (window_rest, coefs_rest);
    }
    for (&s, &c) in window.iter().zip(coefs) {
        sum = _mm_add_epi32(sum, _mm_cvtsi32_si128(i32::from(s) * i32::from(c)));
    }
    sum
}

/// `N` samples of the window at `pos` from its sample `first`.
#[inline(always)]
pub(crate) fn window<const N: usize>(src: &[u8], pos: u32, first: usize) -> &[u8; N] {
    part(src, pos as usize + first)
}

/// `N` elements from the `first`.
#[inline(always)]
pub(crate) fn part<T, const N: usize>(slice: &[T], first: usize) -> &[T; N] {
    slice[first..].first_chunk().expect("lengths were checked")
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn scale_v(dst: &mut [u8], rows: &[&[i16]], coefs: &[i16]) {
    check_v(dst, rows, coefs);
    let Some(last) = dst.len().checked_sub(16) else {
        return scale_v_from(0, dst, rows, coefs);
    };
    // The last block begins where it ends with the row and so may do some columns again.
    for x in (0..last).step_by(16).chain([last]) {
        let out = _mm_packus_epi16(eight_columns(x, rows, coefs), eight_columns(x + 8, rows, coefs));
        if let Some(dst) = dst[x..].first_chunk_mut() {
            store_16(dst, out);
        }
    }
}

/// Eight outputs from column `x`, as words that are not yet clipped.
#[inline]
#[target_feature(enable = "sse4.2")]
fn eight_columns(x: usize, rows: &[&[i16]], coefs: &[i16]) -> __m128i {
    let round = _mm_set1_epi32(1 << 19);
    let (mut low, mut high) = (round, round);
    let (pairs, odd) = rows.as_chunks::<2>();
    let (factors, odd_factor) = coefs.as_chunks::<2>();
    for (r, c) in pairs.iter().zip(factors) {
        let (r0, r1) = (load_8_i16(part(r[0], x)), load_8_i16(part(r[1], x)));
        let c = _mm_set1_epi32(word_pair(c[0], c[1]));
        low = _mm_add_epi32(low, _mm_madd_epi16(_mm_unpacklo_epi16(r0, r1), c));
        high = _mm_add_epi32(high, _mm_madd_epi16(_mm_unpackhi_epi16(r0, r1), c));
    }
    for (r, &c) in odd.iter().zip(odd_factor) {
        let (r, none) = (load_8_i16(part(r, x)), _mm_setzero_si128());
        let c = _mm_set1_epi32(word_pair(c, 0));
        low = _mm_add_epi32(low, _mm_madd_epi16(_mm_unpacklo_epi16(r, none), c));
        high = _mm_add_epi32(high, _mm_madd_epi16(_mm_unpackhi_epi16(r, none), c));
    }
    _mm_packs_epi32(_mm_srai_epi32::<20>(low), _mm_srai_epi32::<20>(high))
}

/// Two words, the first in the low half.
#[inline(always)]
pub(crate) fn word_pair(low: i16, high: i16) -> i32 {
    i32::from(low) & 0xffff | i32::from(high) << 16
}
