//! H.264 transforms, scaling and quantisation, in 16-bit lanes.
//!
//! A transform of rows takes the matrix's columns as vectors, so each two-dimensional one is: transpose, butterflies,
//! transpose, butterflies. Sums wrap, as the scalar kernels' do.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{
    load_4_i16, load_4_i32, load_8, load_8_i16, load_8_u16, load_part, store_4_i16, store_8, store_8_i16, store_part,
};
use crate::mem::{Rows, RowsMut};
use core::arch::aarch64::*;

/// The columns of a 4x4 matrix from its rows.
#[inline]
#[target_feature(enable = "neon")]
fn transpose4(r: [int16x4_t; 4]) -> [int16x4_t; 4] {
    let (a, b) = (vtrn1_s16(r[0], r[1]), vtrn2_s16(r[0], r[1]));
    let (c, d) = (vtrn1_s16(r[2], r[3]), vtrn2_s16(r[2], r[3]));
    let wide = |v| vreinterpret_s32_s16(v);
    let narrow = |v| vreinterpret_s16_s32(v);
    [
        narrow(vtrn1_s32(wide(a), wide(c))),
        narrow(vtrn1_s32(wide(b), wide(d))),
        narrow(vtrn2_s32(wide(a), wide(c))),
        narrow(vtrn2_s32(wide(b), wide(d))),
    ]
}

/// [`crate::scalar::transform`]'s `inverse4`, four lanes at once.
#[inline]
#[target_feature(enable = "neon")]
fn inverse4(d: [int16x4_t; 4]) -> [int16x4_t; 4] {
    let (e0, e1) = (vadd_s16(d[0], d[2]), vsub_s16(d[0], d[2]));
    let e2 = vsub_s16(vshr_n_s16::<1>(d[1]), d[3]);
    let e3 = vadd_s16(d[1], vshr_n_s16::<1>(d[3]));
    [vadd_s16(e0, e3), vadd_s16(e1, e2), vsub_s16(e1, e2), vsub_s16(e0, e3)]
}

/// Residuals scaled by 64, rounded.
#[inline]
#[target_feature(enable = "neon")]
fn descale(v: int16x8_t) -> int16x8_t {
    // Not a rounding shift: that would not wrap.
    vshrq_n_s16::<6>(vaddq_s16(v, vdupq_n_s16(32)))
}

/// The samples with the residuals added, clipped.
#[inline]
#[target_feature(enable = "neon")]
fn add(samples: uint8x8_t, residual: int16x8_t) -> uint8x8_t {
    vqmovun_s16(vaddq_s16(vreinterpretq_s16_u16(vmovl_u8(samples)), residual))
}

#[target_feature(enable = "neon")]
pub(crate) fn idct4x4_add(dst: &mut [u8], stride: usize, c: &mut [i16; 16]) {
    let mut dst = RowsMut::new(dst, stride, 4, 4);
    let mut m = [vdup_n_s16(0); 4];
    for y in 0..4 {
        m[y] = load_4_i16(c[4 * y..].first_chunk().expect("y is less than 4"));
    }
    let m = inverse4(transpose4(inverse4(transpose4(m))));
    *c = [0; 16];
    for y in 0..4 {
        let d = dst.at(y, 0);
        let residual = descale(vcombine_s16(m[y], m[y]));
        store_part::<4>(d, add(load_part::<4>(d), residual));
    }
}

/// The columns of an 8x8 matrix from its rows.
#[inline]
#[target_feature(enable = "neon")]
fn transpose8(r: [int16x8_t; 8]) -> [int16x8_t; 8] {
    let wide = |v| vreinterpretq_s32_s16(v);
    // Rows and columns: exchange odd single ones, then pairs, then fours.
    let (a0, a1) = (wide(vtrn1q_s16(r[0], r[1])), wide(vtrn2q_s16(r[0], r[1])));
    let (a2, a3) = (wide(vtrn1q_s16(r[2], r[3])), wide(vtrn2q_s16(r[2], r[3])));
    let (a4, a5) = (wide(vtrn1q_s16(r[4], r[5])), wide(vtrn2q_s16(r[4], r[5])));
    let (a6, a7) = (wide(vtrn1q_s16(r[6], r[7])), wide(vtrn2q_s16(r[6], r[7])));
    let wide = |v| vreinterpretq_s64_s32(v);
    let (b0, b2) = (wide(vtrn1q_s32(a0, a2)), wide(vtrn2q_s32(a0, a2)));
    let (b1, b3) = (wide(vtrn1q_s32(a1, a3)), wide(vtrn2q_s32(a1, a3)));
    let (b4, b6) = (wide(vtrn1q_s32(a4, a6)), wide(vtrn2q_s32(a4, a6)));
    let (b5, b7) = (wide(vtrn1q_s32(a5, a7)), wide(vtrn2q_s32(a5, a7)));
    let low = |a, b| vreinterpretq_s16_s64(vtrn1q_s64(a, b));
    let high = |a, b| vreinterpretq_s16_s64(vtrn2q_s64(a, b));
    [low(b0, b4), low(b1, b5), low(b2, b6), low(b3, b7), high(b0, b4), high(b1, b5), high(b2, b6), high(b3, b7)]
}

/// `v + (v >> 1)`.
#[inline]
#[target_feature(enable = "neon")]
fn one_and_a_half(v: int16x8_t) -> int16x8_t {
    vsraq_n_s16::<1>(v, v)
}

/// [`crate::scalar::transform`]'s `inverse8`, eight lanes at once.
#[inline]
#[target_feature(enable = "neon")]
fn inverse8(d: [int16x8_t; 8]) -> [int16x8_t; 8] {
    let (a0, a2) = (vaddq_s16(d[0], d[4]), vsubq_s16(d[0], d[4]));
    let a4 = vsubq_s16(vshrq_n_s16::<1>(d[2]), d[6]);
    let a6 = vsraq_n_s16::<1>(d[2], d[6]);
    let a1 = vsubq_s16(vsubq_s16(d[5], d[3]), one_and_a_half(d[7]));
    let a3 = vsubq_s16(vaddq_s16(d[1], d[7]), one_and_a_half(d[3]));
    let a5 = vaddq_s16(vsubq_s16(d[7], d[1]), one_and_a_half(d[5]));
    let a7 = vaddq_s16(vaddq_s16(d[3], d[5]), one_and_a_half(d[1]));

    let (b0, b6) = (vaddq_s16(a0, a6), vsubq_s16(a0, a6));
    let (b2, b4) = (vaddq_s16(a2, a4), vsubq_s16(a2, a4));
    let b1 = vsraq_n_s16::<2>(a1, a7);
    let b7 = vsubq_s16(a7, vshrq_n_s16::<2>(a1));
    let b3 = vsraq_n_s16::<2>(a3, a5);
    let b5 = vsubq_s16(vshrq_n_s16::<2>(a3), a5);

    [
        vaddq_s16(b0, b7),
        vaddq_s16(b2, b5),
        vaddq_s16(b4, b3),
        vaddq_s16(b6, b1),
        vsubq_s16(b6, b1),
        vsubq_s16(b4, b3),
        vsubq_s16(b2, b5),
        vsubq_s16(b0, b7),
    ]
}

#[target_feature(enable = "neon")]
pub(crate) fn idct8x8_add(dst: &mut [u8], stride: usize, c: &mut [i16; 64]) {
    let mut dst = RowsMut::new(dst, stride, 8, 8);
    let mut m = [vdupq_n_s16(0); 8];
    for y in 0..8 {
        m[y] = load_8_i16(c[8 * y..].first_chunk().expect("y is less than 8"));
    }
    let m = inverse8(transpose8(inverse8(transpose8(m))));
    *c = [0; 64];
    for y in 0..8 {
        let d = dst.at(y, 0);
        store_8(d, add(load_8(d), descale(m[y])));
    }
}

/// Adds the residual of a lone DC coefficient to `N`x`N` samples.
#[inline]
#[target_feature(enable = "neon")]
fn dc_add<const N: usize>(dst: &mut [u8], stride: usize, dc: i16) {
    let mut dst = RowsMut::new(dst, stride, N, N);
    let residual = descale(vdupq_n_s16(dc));
    for y in 0..N {
        let d = dst.at(y, 0);
        store_part::<N>(d, add(load_part::<N>(d), residual));
    }
}

#[target_feature(enable = "neon")]
pub(crate) fn idct4x4_dc_add(dst: &mut [u8], stride: usize, dc: i16) {
    dc_add::<4>(dst, stride, dc);
}

#[target_feature(enable = "neon")]
pub(crate) fn idct8x8_dc_add(dst: &mut [u8], stride: usize, dc: i16) {
    dc_add::<8>(dst, stride, dc);
}

/// [`crate::scalar::transform`]'s `forward4`, four lanes at once.
#[inline]
#[target_feature(enable = "neon")]
fn forward4(p: [int16x4_t; 4]) -> [int16x4_t; 4] {
    let (s03, s12) = (vadd_s16(p[0], p[3]), vadd_s16(p[1], p[2]));
    let (d03, d12) = (vsub_s16(p[0], p[3]), vsub_s16(p[1], p[2]));
    [vadd_s16(s03, s12), vadd_s16(vadd_s16(d03, d03), d12), vsub_s16(s03, s12), vsub_s16(d03, vadd_s16(d12, d12))]
}

/// `src - pred` of the `N` samples of row `y`.
#[inline]
#[target_feature(enable = "neon")]
fn difference<const N: usize>(src: Rows<'_, u8>, pred: Rows<'_, u8>, y: usize) -> int16x8_t {
    vreinterpretq_s16_u16(vsubl_u8(load_part::<N>(src.at(y, 0)), load_part::<N>(pred.at(y, 0))))
}

#[target_feature(enable = "neon")]
pub(crate) fn fdct4x4(c: &mut [i16; 16], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    let (src, pred) = (Rows::new(src, src_stride, 4, 4), Rows::new(pred, pred_stride, 4, 4));
    let mut m = [vdup_n_s16(0); 4];
    for y in 0..4 {
        m[y] = vget_low_s16(difference::<4>(src, pred, y));
    }
    let m = forward4(transpose4(forward4(transpose4(m))));
    for y in 0..4 {
        store_4_i16(c[4 * y..].first_chunk_mut().expect("y is less than 4"), m[y]);
    }
}

/// [`crate::scalar::transform`]'s `forward8`, eight lanes at once.
#[inline]
#[target_feature(enable = "neon")]
fn forward8(p: [int16x8_t; 8]) -> [int16x8_t; 8] {
    let (s07, d07) = (vaddq_s16(p[0], p[7]), vsubq_s16(p[0], p[7]));
    let (s16, d16) = (vaddq_s16(p[1], p[6]), vsubq_s16(p[1], p[6]));
    let (s25, d25) = (vaddq_s16(p[2], p[5]), vsubq_s16(p[2], p[5]));
    let (s34, d34) = (vaddq_s16(p[3], p[4]), vsubq_s16(p[3], p[4]));
    let (a0, a2) = (vaddq_s16(s07, s34), vsubq_s16(s07, s34));
    let (a1, a3) = (vaddq_s16(s16, s25), vsubq_s16(s16, s25));
    let a4 = vaddq_s16(vaddq_s16(d16, d25), one_and_a_half(d07));
    let a5 = vsubq_s16(vsubq_s16(d07, d34), one_and_a_half(d25));
    let a6 = vsubq_s16(vaddq_s16(d07, d34), one_and_a_half(d16));
    let a7 = vaddq_s16(vsubq_s16(d16, d25), one_and_a_half(d34));
    [
        vaddq_s16(a0, a1),
        vsraq_n_s16::<2>(a4, a7),
        vsraq_n_s16::<1>(a2, a3),
        vsraq_n_s16::<2>(a5, a6),
        vsubq_s16(a0, a1),
        vsubq_s16(a6, vshrq_n_s16::<2>(a5)),
        vsubq_s16(vshrq_n_s16::<1>(a2), a3),
        vsubq_s16(vshrq_n_s16::<2>(a4), a7),
    ]
}

#[target_feature(enable = "neon")]
pub(crate) fn fdct8x8(c: &mut [i16; 64], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    let (src, pred) = (Rows::new(src, src_stride, 8, 8), Rows::new(pred, pred_stride, 8, 8));
    let mut m = [vdupq_n_s16(0); 8];
    for y in 0..8 {
        m[y] = difference::<8>(src, pred, y);
    }
    let m = forward8(transpose8(forward8(transpose8(m))));
    for y in 0..8 {
        store_8_i16(c[8 * y..].first_chunk_mut().expect("y is less than 8"), m[y]);
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn quant<const NN: usize>(c: &mut [i16; NN], mf: &[u16; NN], bias: &[u16; NN]) -> bool {
    let mut any = vdupq_n_u16(0);
    let words = |w: &[u16; NN], i: usize| load_8_u16(w[i..].first_chunk().expect("i is a multiple of 8"));
    for i in (0..NN).step_by(8) {
        let c = c[i..].first_chunk_mut().expect("i is a multiple of 8");
        let v = load_8_i16(c);
        let biased = vqaddq_u16(vreinterpretq_u16_s16(vabsq_s16(v)), words(bias, i));
        let factors = words(mf, i);
        let low = vshrn_n_u32::<16>(vmull_u16(vget_low_u16(biased), vget_low_u16(factors)));
        let high = vshrn_n_u32::<16>(vmull_u16(vget_high_u16(biased), vget_high_u16(factors)));
        // Zero stays zero whatever the bias; then the sign of the coefficient: x ^ -1, + 1.
        let magnitude = vandq_u16(vcombine_u16(low, high), vtstq_s16(v, v));
        let sign = vshrq_n_s16::<15>(v);
        let level = vsubq_s16(veorq_s16(vreinterpretq_s16_u16(magnitude), sign), sign);
        any = vorrq_u16(any, magnitude);
        store_8_i16(c, level);
    }
    vmaxvq_u16(any) != 0
}

#[target_feature(enable = "neon")]
pub(crate) fn quant4x4(c: &mut [i16; 16], mf: &[u16; 16], bias: &[u16; 16]) -> bool {
    quant(c, mf, bias)
}

#[target_feature(enable = "neon")]
pub(crate) fn quant8x8(c: &mut [i16; 64], mf: &[u16; 64], bias: &[u16; 64]) -> bool {
    quant(c, mf, bias)
}

/// `c * scale * 2^(qp_per - BITS)`, rounded.
#[inline]
#[target_feature(enable = "neon")]
fn dequant<const NN: usize, const BITS: i32>(c: &mut [i16; NN], scale: &[i32; NN], qp_per: u8) {
    let shift = i32::from(qp_per) - BITS;
    let (round, shift) = (vdupq_n_s32(if shift < 0 { 1 << (-shift - 1) } else { 0 }), vdupq_n_s32(shift));
    for i in (0..NN).step_by(4) {
        let c = c[i..].first_chunk_mut().expect("i is a multiple of 4");
        let factors = load_4_i32(scale[i..].first_chunk().expect("i is a multiple of 4"));
        let v = vmulq_s32(vmovl_s16(load_4_i16(c)), factors);
        // A shift by a negative number is one to the right.
        store_4_i16(c, vmovn_s32(vshlq_s32(vaddq_s32(v, round), shift)));
    }
}

#[target_feature(enable = "neon")]
pub(crate) fn dequant4x4(c: &mut [i16; 16], scale: &[i32; 16], qp_per: u8) {
    dequant::<16, 4>(c, scale, qp_per);
}

#[target_feature(enable = "neon")]
pub(crate) fn dequant8x8(c: &mut [i16; 64], scale: &[i32; 64], qp_per: u8) {
    dequant::<64, 6>(c, scale, qp_per);
}
