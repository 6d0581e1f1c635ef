//! Rotations, windows and inverse quantisation, eight floats at a time.
#![forbid(unsafe_code)]

use crate::floats::mdct;
use crate::scalar;
use crate::scalar::mdct::{POW_4_3, check_dct4, check_dequant, check_window};
use crate::x86::floats::f256 as w;
use crate::x86::mem::{gather_4_f32, gather_8_f32, load_4_i16, load_8_i16, store_4_f32, store_8_f32};
use core::arch::x86_64::*;

mdct!("avx2", crate::x86::sse42::mdct);

#[target_feature(enable = "avx2")]
pub(crate) fn dequantise(dst: &mut [f32], quantised: &[i16], gain: f32) {
    check_dequant(dst, quantised);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (quantised_eights, quantised_rest) = quantised.as_chunks::<8>();
    for (d, q) in eights.iter_mut().zip(quantised_eights) {
        let v = _mm256_cvtepi16_epi32(load_8_i16(q));
        let size = _mm256_abs_epi32(v);
        if _mm256_movemask_epi8(_mm256_cmpgt_epi32(size, _mm256_set1_epi32(1023))) != 0 {
            // Beyond the table: rare.
            scalar::mdct::dequantise(d, q, gain);
            continue;
        }
        let sign = _mm256_and_si256(v, _mm256_set1_epi32(i32::MIN));
        let power = _mm256_xor_ps(gather_8_f32(&POW_4_3, size), _mm256_castsi256_ps(sign));
        store_8_f32(d, _mm256_mul_ps(power, _mm256_set1_ps(gain)));
    }
    let (four, rest) = rest.as_chunks_mut::<4>();
    let (quantised_four, quantised_rest) = quantised_rest.as_chunks::<4>();
    for (d, q) in four.iter_mut().zip(quantised_four) {
        let v = _mm_cvtepi16_epi32(load_4_i16(q));
        let size = _mm_abs_epi32(v);
        if _mm_movemask_epi8(_mm_cmpgt_epi32(size, _mm_set1_epi32(1023))) != 0 {
            scalar::mdct::dequantise(d, q, gain);
            continue;
        }
        let sign = _mm_and_si128(v, _mm_set1_epi32(i32::MIN));
        let power = _mm_xor_ps(gather_4_f32(&POW_4_3, size), _mm_castsi128_ps(sign));
        store_4_f32(d, _mm_mul_ps(power, _mm_set1_ps(gain)));
    }
    scalar::mdct::dequantise(rest, quantised_rest, gain);
}
