//! Samples to integers, four at a time. Conversions saturate, and make 0 of what is no number.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{load_4_f32, store_4_i32, store_8_i16};
use crate::scalar::pcm::{self as scalar, check};
use core::arch::aarch64::*;

#[inline]
#[target_feature(enable = "neon")]
fn scaled(x: &[f32; 4], full: f32) -> float32x4_t {
    vmulq_f32(load_4_f32(x), vdupq_n_f32(full))
}

#[target_feature(enable = "neon")]
pub(crate) fn to_i16(dst: &mut [i16], src: &[f32]) {
    check(dst.len(), src);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (fours, _) = src.as_chunks::<4>();
    for (i, d) in eights.iter_mut().enumerate() {
        let low = vqmovn_s32(vcvtnq_s32_f32(scaled(&fours[2 * i], 32768.0)));
        let high = vqmovn_s32(vcvtnq_s32_f32(scaled(&fours[2 * i + 1], 32768.0)));
        store_8_i16(d, vcombine_s16(low, high));
    }
    scalar::to_i16(rest, &src[src.len() / 8 * 8..]);
}

#[target_feature(enable = "neon")]
pub(crate) fn to_i24(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (fours, rest) = dst.as_chunks_mut::<4>();
    let (from, from_rest) = src.as_chunks::<4>();
    let (low, high) = (vdupq_n_f32(-8_388_608.0), vdupq_n_f32(8_388_607.0));
    for (d, x) in fours.iter_mut().zip(from) {
        // Below 2^23 every half is a float: the product is exact.
        store_4_i32(d, vcvtnq_s32_f32(vminq_f32(vmaxq_f32(scaled(x, 8_388_608.0), low), high)));
    }
    scalar::to_i24(rest, from_rest);
}

#[target_feature(enable = "neon")]
pub(crate) fn to_i32(dst: &mut [i32], src: &[f32]) {
    check(dst.len(), src);
    let (fours, rest) = dst.as_chunks_mut::<4>();
    let (from, from_rest) = src.as_chunks::<4>();
    for (d, x) in fours.iter_mut().zip(from) {
        store_4_i32(d, vcvtnq_s32_f32(scaled(x, 2_147_483_648.0)));
    }
    scalar::to_i32(rest, from_rest);
}
