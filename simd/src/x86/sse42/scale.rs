//! Polyphase filters by multiply-add of word pairs.
#![forbid(unsafe_code)]

use crate::scalar::scale::{check_h, check_v, output_h, scale_v_from};
use crate::x86::mem::{load_4, load_4_i16, load_8, load_8_i16, store_8_i16, store_16};
use core::arch::x86_64::*;

#[target_feature(enable = "sse4.2")]
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

/// The number of taps: `TAPS`, or any where that is 0.
#[inline(always)]
pub(crate) fn count<const TAPS: usize>(taps: usize) -> usize {
    if TAPS == 0 { taps } else { TAPS }
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn filter<const TAPS: usize>(dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    let taps = count::<TAPS>(taps);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (places, rest_places) = pos.as_chunks::<8>();
    let mut coefs = coefs;
    for (out, pos) in eights.iter_mut().zip(places) {
        let (now, later) = coefs.split_at(8 * taps);
        let mut sums = [_mm_setzero_si128(); 8];
        if TAPS == 4 {
            // Two outputs share a register.
            for i in 0..4 {
                let (one, two) = (load_4(part(src, pos[2 * i] as usize)), load_4(part(src, pos[2 * i + 1] as usize)));
                let samples = _mm_cvtepu8_epi16(_mm_unpacklo_epi32(one, two));
                sums[i] = _mm_madd_epi16(samples, load_8_i16(part(now, 8 * i)));
            }
        } else {
            for i in 0..8 {
                sums[i] = products::<TAPS>(0, &src[pos[i] as usize..][..taps], &now[i * taps..][..taps]);
            }
            for i in 0..4 {
                sums[i] = _mm_hadd_epi32(sums[2 * i], sums[2 * i + 1]);
            }
        }
        let first = round_h(_mm_hadd_epi32(sums[0], sums[1]));
        store_8_i16(out, _mm_packs_epi32(first, round_h(_mm_hadd_epi32(sums[2], sums[3]))));
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

/// Lanes that add up to the sum of one output, from tap `first` on.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn products<const TAPS: usize>(first: usize, window: &[u8], coefs: &[i16]) -> __m128i {
    let taps = count::<TAPS>(window.len());
    let (window, coefs) = (&window[..taps], &coefs[..taps]);
    let mut sum = _mm_setzero_si128();
    let mut t = first;
    while t + 8 <= taps {
        let samples = _mm_cvtepu8_epi16(load_8(part(window, t)));
        sum = _mm_add_epi32(sum, _mm_madd_epi16(samples, load_8_i16(part(coefs, t))));
        t += 8;
    }
    if t + 4 <= taps {
        let samples = _mm_cvtepu8_epi16(load_4(part(window, t)));
        sum = _mm_add_epi32(sum, _mm_madd_epi16(samples, load_4_i16(part(coefs, t))));
        t += 4;
    }
    while t < taps {
        sum = _mm_add_epi32(sum, _mm_cvtsi32_si128(i32::from(window[t]) * i32::from(coefs[t])));
        t += 1;
    }
    sum
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
