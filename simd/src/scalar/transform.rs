//! H.264 transforms, scaling and quantisation, from the equations of 8.5.12 and 8.5.13.
//!
//! All sums wrap, at 16 bits for 8-bit samples and at 32 for larger ones. Conforming 8-bit streams never get there
//! (8.5.12 says so), so the wrapping only makes the result for a hostile stream the same at every level.

use crate::mem::{Rows, RowsMut};
use crate::sample::Sample;
use core::num::Wrapping as W;
use core::ops::{Add, Neg, Shr, Sub};

/// A wrapping value: of 16 bits for 8-bit samples, of 32 for larger ones.
trait Value: Copy + Add<Output = Self> + Sub<Output = Self> + Neg<Output = Self> + Shr<usize, Output = Self> {}
impl Value for W<i16> {}
impl Value for W<i32> {}

/// The value of the transforms for samples `T`.
type Of<T> = W<<T as Sample>::Coef>;

/// The value of the forward transforms, which are for 8-bit samples alone.
type V = W<i16>;

/// One dimension of the 4x4 inverse transform (8.5.12.2).
fn inverse4<V: Value>(d: [V; 4]) -> [V; 4] {
    let e0 = d[0] + d[2];
    let e1 = d[0] - d[2];
    let e2 = (d[1] >> 1) - d[3];
    let e3 = d[1] + (d[3] >> 1);
    [e0 + e3, e1 + e2, e1 - e2, e0 - e3]
}

/// One dimension of the 8x8 inverse transform (8.5.13.2).
fn inverse8<V: Value>(d: [V; 8]) -> [V; 8] {
    let a0 = d[0] + d[4];
    let a1 = -d[3] + d[5] - d[7] - (d[7] >> 1);
    let a2 = d[0] - d[4];
    let a3 = d[1] + d[7] - d[3] - (d[3] >> 1);
    let a4 = (d[2] >> 1) - d[6];
    let a5 = -d[1] + d[7] + d[5] + (d[5] >> 1);
    let a6 = d[2] + (d[6] >> 1);
    let a7 = d[3] + d[5] + d[1] + (d[1] >> 1);

    let b0 = a0 + a6;
    let b1 = a1 + (a7 >> 2);
    let b2 = a2 + a4;
    let b3 = a3 + (a5 >> 2);
    let b4 = a2 - a4;
    let b5 = (a3 >> 2) - a5;
    let b6 = a0 - a6;
    let b7 = a7 - (a1 >> 2);

    [b0 + b7, b2 + b5, b4 + b3, b6 + b1, b6 - b1, b4 - b3, b2 - b5, b0 - b7]
}

/// One dimension of the 4x4 forward transform: the rows of the matrix are the basis of [`inverse4`], with
/// the halves doubled away.
fn forward4(p: [V; 4]) -> [V; 4] {
    let (s03, s12) = (p[0] + p[3], p[1] + p[2]);
    let (d03, d12) = (p[0] - p[3], p[1] - p[2]);
    [s03 + s12, d03 + d03 + d12, s03 - s12, d03 - d12 - d12]
}

/// One dimension of the 8x8 forward transform: the flow graph of [`inverse8`] transposed.
fn forward8(p: [V; 8]) -> [V; 8] {
    let (s07, s16, s25, s34) = (p[0] + p[7], p[1] + p[6], p[2] + p[5], p[3] + p[4]);
    let (d07, d16, d25, d34) = (p[0] - p[7], p[1] - p[6], p[2] - p[5], p[3] - p[4]);
    let (a0, a1, a2, a3) = (s07 + s34, s16 + s25, s07 - s34, s16 - s25);
    let a4 = d16 + d25 + d07 + (d07 >> 1);
    let a5 = d07 - d34 - d25 - (d25 >> 1);
    let a6 = d07 + d34 - d16 - (d16 >> 1);
    let a7 = d16 - d25 + d34 + (d34 >> 1);
    [a0 + a1, a4 + (a7 >> 2), a2 + (a3 >> 1), a5 + (a6 >> 2), a0 - a1, a6 - (a5 >> 2), (a2 >> 1) - a3, (a4 >> 2) - a7]
}

/// Applies `f` to the rows of an `N`x`N` matrix in raster order, then to its columns.
fn rows_then_columns<V: Value, const N: usize>(m: &mut [V], f: fn([V; N]) -> [V; N]) {
    for y in 0..N {
        let row = f(core::array::from_fn(|x| m[y * N + x]));
        m[y * N..][..N].copy_from_slice(&row);
    }
    for x in 0..N {
        let column = f(core::array::from_fn(|y| m[y * N + x]));
        for (y, v) in column.into_iter().enumerate() {
            m[y * N + x] = v;
        }
    }
}

/// Adds residuals scaled by 64 to the prediction, with rounding and clipping (end of 8.5.12.2 and 8.5.13.2, 8.5.14).
fn add_residual<T: Sample, const N: usize>(dst: &mut RowsMut<'_, T>, residual: impl Fn(usize, usize) -> Of<T>, max: T)
where
    Of<T>: Value,
{
    for y in 0..N {
        for (x, p) in dst.at::<N>(y, 0).iter_mut().enumerate() {
            let r = (residual(x, y) + W(T::coef(32))) >> 6;
            *p = p.reconstruct(r.0, max);
        }
    }
}

/// The inverse transform of the `N`x`N` block `c`, added to `dst`; `c` is zero afterwards.
fn inverse_add<T: Sample, const N: usize, const NN: usize>(
    dst: &mut [T],
    stride: usize,
    c: &mut [T::Coef; NN],
    f: fn([Of<T>; N]) -> [Of<T>; N],
    max: T,
) where
    Of<T>: Value,
{
    let mut dst = RowsMut::new(dst, stride, N, N);
    let mut m = c.map(W);
    *c = [T::coef(0); NN];
    rows_then_columns(&mut m, f);
    add_residual::<T, N>(&mut dst, |x, y| m[y * N + x], max);
}

pub(crate) fn idct4x4_add(dst: &mut [u8], stride: usize, c: &mut [i16; 16]) {
    inverse_add(dst, stride, c, inverse4, 255);
}

pub(crate) fn idct4x4_add_u16(dst: &mut [u16], stride: usize, c: &mut [i32; 16], max: u16) {
    inverse_add(dst, stride, c, inverse4, max);
}

pub(crate) fn idct8x8_add(dst: &mut [u8], stride: usize, c: &mut [i16; 64]) {
    inverse_add(dst, stride, c, inverse8, 255);
}

pub(crate) fn idct8x8_add_u16(dst: &mut [u16], stride: usize, c: &mut [i32; 64], max: u16) {
    inverse_add(dst, stride, c, inverse8, max);
}

pub(crate) fn idct4x4_dc_add(dst: &mut [u8], stride: usize, dc: i16) {
    add_residual::<u8, 4>(&mut RowsMut::new(dst, stride, 4, 4), |_, _| W(dc), 255);
}

pub(crate) fn idct4x4_dc_add_u16(dst: &mut [u16], stride: usize, dc: i32, max: u16) {
    add_residual::<u16, 4>(&mut RowsMut::new(dst, stride, 4, 4), |_, _| W(dc), max);
}

pub(crate) fn idct8x8_dc_add(dst: &mut [u8], stride: usize, dc: i16) {
    add_residual::<u8, 8>(&mut RowsMut::new(dst, stride, 8, 8), |_, _| W(dc), 255);
}

pub(crate) fn idct8x8_dc_add_u16(dst: &mut [u16], stride: usize, dc: i32, max: u16) {
    add_residual::<u16, 8>(&mut RowsMut::new(dst, stride, 8, 8), |_, _| W(dc), max);
}

/// The forward transform of `src - pred`.
fn forward<const N: usize, const NN: usize>(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    f: fn([V; N]) -> [V; N],
) -> [i16; NN] {
    let (src, pred) = (Rows::new(src, src_stride, N, N), Rows::new(pred, pred_stride, N, N));
    let mut m: [V; NN] = core::array::from_fn(|i| {
        let ([s], [p]) = (*src.at(i / N, i % N), *pred.at(i / N, i % N));
        W(i16::from(s) - i16::from(p))
    });
    rows_then_columns(&mut m, f);
    m.map(|v| v.0)
}

pub(crate) fn fdct4x4(c: &mut [i16; 16], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    *c = forward(src, src_stride, pred, pred_stride, forward4);
}

pub(crate) fn fdct8x8(c: &mut [i16; 64], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    *c = forward(src, src_stride, pred, pred_stride, forward8);
}

fn quant<const NN: usize>(c: &mut [i16; NN], mf: &[u16; NN], bias: &[u16; NN]) -> bool {
    let mut any = false;
    for i in 0..NN {
        let magnitude = (u32::from(c[i].unsigned_abs().saturating_add(bias[i])) * u32::from(mf[i])) >> 16;
        c[i] = (magnitude as i16).wrapping_mul(c[i].signum());
        any |= c[i] != 0;
    }
    any
}

pub(crate) fn quant4x4(c: &mut [i16; 16], mf: &[u16; 16], bias: &[u16; 16]) -> bool {
    quant(c, mf, bias)
}

pub(crate) fn quant8x8(c: &mut [i16; 64], mf: &[u16; 64], bias: &[u16; 64]) -> bool {
    quant(c, mf, bias)
}

/// Scaling of 8.5.12.1 (`bits` 4) and 8.5.13.1 (`bits` 6): by `scale * 2^(qp_per - bits)`, rounded.
fn dequant<const NN: usize>(c: &mut [i16; NN], scale: &[i32; NN], qp_per: u8, bits: u8) {
    for (c, &scale) in c.iter_mut().zip(scale) {
        let v = i32::from(*c).wrapping_mul(scale);
        let scaled = if qp_per >= bits {
            v << (qp_per - bits)
        } else {
            v.wrapping_add(1 << (bits - 1 - qp_per)) >> (bits - qp_per)
        };
        *c = scaled as i16;
    }
}

pub(crate) fn dequant4x4(c: &mut [i16; 16], scale: &[i32; 16], qp_per: u8) {
    dequant(c, scale, qp_per, 4);
}

pub(crate) fn dequant8x8(c: &mut [i16; 64], scale: &[i32; 64], qp_per: u8) {
    dequant(c, scale, qp_per, 6);
}
