//! Residuals of the encoder: two 4x4 blocks at a time.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{load_8, load_8_i16, load_8_u16, load_16, store_4_i16, store_8_i16};
use crate::block::LevelMasks;
use crate::mem::Rows;
use core::arch::aarch64::*;

/// One dimension of the forward transform.
#[inline]
#[target_feature(enable = "neon")]
fn forward4(p: [int16x8_t; 4]) -> [int16x8_t; 4] {
    let (s03, s12) = (vaddq_s16(p[0], p[3]), vaddq_s16(p[1], p[2]));
    let (d03, d12) = (vsubq_s16(p[0], p[3]), vsubq_s16(p[1], p[2]));
    [vaddq_s16(s03, s12), vaddq_s16(vaddq_s16(d03, d03), d12), vsubq_s16(s03, s12), vsubq_s16(d03, vaddq_s16(d12, d12))]
}

/// Two matrices side by side in four rows, transposed.
#[inline]
#[target_feature(enable = "neon")]
fn transpose_pair(r: [int16x8_t; 4]) -> [int16x8_t; 4] {
    let wide = |v| vreinterpretq_s32_s16(v);
    let narrow = |v| vreinterpretq_s16_s32(v);
    let (a, b) = (wide(vtrn1q_s16(r[0], r[1])), wide(vtrn2q_s16(r[0], r[1])));
    let (c, d) = (wide(vtrn1q_s16(r[2], r[3])), wide(vtrn2q_s16(r[2], r[3])));
    [narrow(vtrn1q_s32(a, c)), narrow(vtrn1q_s32(b, d)), narrow(vtrn2q_s32(a, c)), narrow(vtrn2q_s32(b, d))]
}

#[target_feature(enable = "neon")]
pub(crate) fn fdct4x4_quad(c: &mut [[i16; 16]; 4], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    let (src, pred) = (Rows::new(src, src_stride, 8, 8), Rows::new(pred, pred_stride, 8, 8));
    for half in 0..2 {
        let mut d = [vdupq_n_s16(0); 4];
        for i in 0..4 {
            let (s, p) = (load_8(src.at(4 * half + i, 0)), load_8(pred.at(4 * half + i, 0)));
            d[i] = vreinterpretq_s16_u16(vsubl_u8(s, p));
        }
        let m = forward4(transpose_pair(forward4(transpose_pair(d))));
        for i in 0..4 {
            let at = |c: &mut [i16; 16], v| store_4_i16(c[4 * i..].first_chunk_mut().expect("i is less than 4"), v);
            at(&mut c[2 * half], vget_low_s16(m[i]));
            at(&mut c[2 * half + 1], vget_high_s16(m[i]));
        }
    }
}

#[target_feature(enable = "neon")]
pub(crate) fn quant4x4_quad(c: &mut [[i16; 16]; 4], mf: &[u16; 16], bias: &[u16; 16]) -> u8 {
    let mut mask = 0;
    for b in 0..4 {
        mask |= u8::from(super::transform::quant4x4(&mut c[b], mf, bias)) << b;
    }
    mask
}

/// Bytes of the levels in scan order: [`crate::scalar::residual::ZIGZAG`] by two.
const SCAN: [[u8; 16]; 2] = {
    let mut t = [[0; 16]; 2];
    let mut i = 0;
    while i < 16 {
        let at = 2 * crate::scalar::residual::ZIGZAG[i];
        t[i / 8][2 * (i % 8)] = at;
        t[i / 8][2 * (i % 8) + 1] = at + 1;
        i += 1;
    }
    t
};

#[target_feature(enable = "neon")]
pub(crate) fn scan4x4(levels: &mut [i16; 16], c: &[i16; 16]) -> LevelMasks {
    let (from, _) = c.as_chunks::<8>();
    let table = uint8x16x2_t(vreinterpretq_u8_s16(load_8_i16(&from[0])), vreinterpretq_u8_s16(load_8_i16(&from[1])));
    let (to, _) = levels.as_chunks_mut::<8>();
    let bits = load_8_u16(&[1, 2, 4, 8, 16, 32, 64, 128]);
    let mut masks = LevelMasks::default();
    for i in 0..2 {
        let v = vreinterpretq_s16_u8(vqtbl2q_u8(table, load_16(&SCAN[i])));
        store_8_i16(&mut to[i], v);
        // -32768 is its own absolute value, which as an unsigned number is large too.
        let large = vcgtq_u16(vreinterpretq_u16_s16(vabsq_s16(v)), vdupq_n_u16(1));
        masks.coded |= vaddvq_u16(vandq_u16(vtstq_s16(v, v), bits)) << (8 * i);
        masks.large |= vaddvq_u16(vandq_u16(large, bits)) << (8 * i);
    }
    masks
}
