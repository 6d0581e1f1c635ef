//! Rotations, windows and inverse quantisation, four floats at a time.
#![forbid(unsafe_code)]

use crate::floats::mdct;
use crate::scalar;
use crate::scalar::mdct::{POW_4_3, check_dct4, check_dequant, check_window};
use crate::x86::floats::f128 as w;
use crate::x86::mem::{load_4_i16, store_4_f32};
use core::arch::x86_64::*;

mdct!("sse4.2", crate::scalar::mdct);

#[target_feature(enable = "sse4.2")]
pub(crate) fn dequantise(dst: &mut [f32], quantised: &[i16], gain: f32) {
    check_dequant(dst, quantised);
    let (fours, rest) = dst.as_chunks_mut::<4>();
    let (quantised_fours, quantised_rest) = quantised.as_chunks::<4>();
    for (d, q) in fours.iter_mut().zip(quantised_fours) {
        let v = _mm_cvtepi16_epi32(load_4_i16(q));
        let size = _mm_abs_epi32(v);
        if _mm_movemask_epi8(_mm_cmpgt_epi32(size, _mm_set1_epi32(1023))) != 0 {
            // Beyond the table: rare.
            scalar::mdct::dequantise(d, q, gain);
            continue;
        }
        let sign = _mm_and_si128(v, _mm_set1_epi32(i32::MIN));
        let at = |i: i32| POW_4_3[(i & 1023) as usize];
        let power = _mm_setr_ps(
            at(_mm_cvtsi128_si32(size)),
            at(_mm_extract_epi32::<1>(size)),
            at(_mm_extract_epi32::<2>(size)),
            at(_mm_extract_epi32::<3>(size)),
        );
        let power = _mm_xor_ps(power, _mm_castsi128_ps(sign));
        store_4_f32(d, _mm_mul_ps(power, _mm_set1_ps(gain)));
    }
    scalar::mdct::dequantise(rest, quantised_rest, gain);
}
