//! H.264 quantisation and scaling, 16 coefficients at a time.
//!
//! The transforms work on single blocks of at most eight columns: 128-bit registers hold them, so those of SSE4.2
//! serve this level too.
#![forbid(unsafe_code)]

use crate::x86::mem::{load_8_i16, load_8_i32, load_16_i16, load_16_u16, store_8_i16, store_16_i16};
use core::arch::x86_64::*;

#[inline]
#[target_feature(enable = "avx2")]
fn quant<const NN: usize>(c: &mut [i16; NN], mf: &[u16; NN], bias: &[u16; NN]) -> bool {
    let mut any = _mm256_setzero_si256();
    let words = |w: &[u16; NN], i: usize| load_16_u16(w[i..].first_chunk().expect("i is a multiple of 16"));
    for i in (0..NN).step_by(16) {
        let c = c[i..].first_chunk_mut().expect("i is a multiple of 16");
        let v = load_16_i16(c);
        let biased = _mm256_adds_epu16(_mm256_abs_epi16(v), words(bias, i));
        let level = _mm256_sign_epi16(_mm256_mulhi_epu16(biased, words(mf, i)), v);
        any = _mm256_or_si256(any, level);
        store_16_i16(c, level);
    }
    _mm256_testz_si256(any, any) == 0
}

#[target_feature(enable = "avx2")]
pub(crate) fn quant4x4(c: &mut [i16; 16], mf: &[u16; 16], bias: &[u16; 16]) -> bool {
    quant(c, mf, bias)
}

#[target_feature(enable = "avx2")]
pub(crate) fn quant8x8(c: &mut [i16; 64], mf: &[u16; 64], bias: &[u16; 64]) -> bool {
    quant(c, mf, bias)
}

/// `c * scale * 2^(qp_per - BITS)`, rounded.
#[inline]
#[target_feature(enable = "avx2")]
fn dequant<const NN: usize, const BITS: i32>(c: &mut [i16; NN], scale: &[i32; NN], qp_per: u8) {
    let shift = i32::from(qp_per) - BITS;
    let (left, right) = (_mm_cvtsi32_si128(shift.max(0)), _mm_cvtsi32_si128((-shift).max(0)));
    let round = _mm256_set1_epi32(if shift < 0 { 1 << (-shift - 1) } else { 0 });
    // The low words of the lanes, as a cut to 16 bits asks for, to each half's low part; then both parts together.
    let low_words =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1));
    for i in (0..NN).step_by(8) {
        let c = c[i..].first_chunk_mut().expect("i is a multiple of 8");
        let factors = load_8_i32(scale[i..].first_chunk().expect("i is a multiple of 8"));
        let v = _mm256_mullo_epi32(_mm256_cvtepi16_epi32(load_8_i16(c)), factors);
        let v = _mm256_sra_epi32(_mm256_add_epi32(_mm256_sll_epi32(v, left), round), right);
        let v = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_shuffle_epi8(v, low_words));
        store_8_i16(c, _mm256_castsi256_si128(v));
    }
}

#[target_feature(enable = "avx2")]
pub(crate) fn dequant4x4(c: &mut [i16; 16], scale: &[i32; 16], qp_per: u8) {
    dequant::<16, 4>(c, scale, qp_per);
}

#[target_feature(enable = "avx2")]
pub(crate) fn dequant8x8(c: &mut [i16; 64], scale: &[i32; 64], qp_per: u8) {
    dequant::<64, 6>(c, scale, qp_per);
}
