//! Rotations, windows and inverse quantisation, four floats at a time.
#![forbid(unsafe_code)]

use crate::aarch64::floats::f128 as w;
use crate::aarch64::mem::{load_4_f32, load_4_i16, store_4_f32};
use crate::floats::mdct;
use crate::scalar;
use crate::scalar::mdct::{POW_4_3, check_dct4, check_dequant, check_window};
use core::arch::aarch64::*;

mdct!("neon", crate::scalar::mdct);

#[target_feature(enable = "neon")]
pub(crate) fn dequantise(dst: &mut [f32], quantised: &[i16], gain: f32) {
    check_dequant(dst, quantised);
    let (fours, rest) = dst.as_chunks_mut::<4>();
    let (quantised_fours, quantised_rest) = quantised.as_chunks::<4>();
    for (d, q) in fours.iter_mut().zip(quantised_fours) {
        let v = vmovl_s16(load_4_i16(q));
        let size = vabsq_s32(v);
        if vmaxvq_s32(size) > 1023 {
            // Beyond the table: rare.
            scalar::mdct::dequantise(d, q, gain);
            continue;
        }
        let sign = vandq_u32(vreinterpretq_u32_s32(v), vdupq_n_u32(1 << 31));
        let at = |i: i32| POW_4_3[(i & 1023) as usize];
        let power = load_4_f32(&[
            at(vgetq_lane_s32::<0>(size)),
            at(vgetq_lane_s32::<1>(size)),
            at(vgetq_lane_s32::<2>(size)),
            at(vgetq_lane_s32::<3>(size)),
        ]);
        let power = vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(power), sign));
        store_4_f32(d, vmulq_f32(power, vdupq_n_f32(gain)));
    }
    scalar::mdct::dequantise(rest, quantised_rest, gain);
}
