//! Vector loads and stores behind array references: the type carries the length, so they are safe.

#![allow(dead_code, reason = "a toolbox for kernels: which of them are in use changes with every family")]

use crate::block::Mv;
use crate::mem::Rows;
use core::arch::aarch64::*;

/// 4 samples into the low half; the rest is zero.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_4(p: &[u8; 4]) -> uint8x8_t {
    vreinterpret_u8_u32(vset_lane_u32::<0>(u32::from_ne_bytes(*p), vdup_n_u32(0)))
}

/// 8 samples.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_8(p: &[u8; 8]) -> uint8x8_t {
    // SAFETY: the array has the 8 bytes that the load reads.
    unsafe { vld1_u8(p.as_ptr()) }
}

/// 16 samples.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_16(p: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the array has the 16 bytes that the load reads.
    unsafe { vld1q_u8(p.as_ptr()) }
}

/// 4 samples each from two places.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_4_4(p: &[u8; 4], q: &[u8; 4]) -> uint8x8_t {
    vreinterpret_u8_u32(vzip1_u32(vreinterpret_u32_u8(load_4(p)), vreinterpret_u32_u8(load_4(q))))
}

/// The `i`-th 16 samples of a block `W` wide, in raster order: one row of 16, two of 8 or four of 4.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn gather_16<const W: usize>(rows: Rows<'_, u8>, i: usize) -> uint8x16_t {
    const { assert!(W == 16 || W == 8 || W == 4) };
    match W {
        16 => load_16(rows.at(i, 0)),
        8 => vcombine_u8(load_8(rows.at(2 * i, 0)), load_8(rows.at(2 * i + 1, 0))),
        _ => {
            let first = load_4_4(rows.at(4 * i, 0), rows.at(4 * i + 1, 0));
            vcombine_u8(first, load_4_4(rows.at(4 * i + 2, 0), rows.at(4 * i + 3, 0)))
        }
    }
}

/// 4 motion vectors.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_4_mv(p: &[Mv; 4]) -> int16x8_t {
    // SAFETY: `Mv` is two words without padding (`repr(C)`), so the array has the 16 bytes that the load reads.
    unsafe { vld1q_s16(p.as_ptr().cast()) }
}

/// 8 words.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_8_i16(p: &[i16; 8]) -> int16x8_t {
    // SAFETY: the array has the 16 bytes that the load reads.
    unsafe { vld1q_s16(p.as_ptr()) }
}

/// 4 words.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_4_i16(p: &[i16; 4]) -> int16x4_t {
    // SAFETY: the array has the 8 bytes that the load reads.
    unsafe { vld1_s16(p.as_ptr()) }
}

/// 8 samples.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_8(p: &mut [u8; 8], v: uint8x8_t) {
    // SAFETY: the array has the 8 bytes that the store writes.
    unsafe { vst1_u8(p.as_mut_ptr(), v) }
}

/// 16 samples.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_16(p: &mut [u8; 16], v: uint8x16_t) {
    // SAFETY: the array has the 16 bytes that the store writes.
    unsafe { vst1q_u8(p.as_mut_ptr(), v) }
}

/// 8 words.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_8_i16(p: &mut [i16; 8], v: int16x8_t) {
    // SAFETY: the array has the 16 bytes that the store writes.
    unsafe { vst1q_s16(p.as_mut_ptr(), v) }
}

/// The low `N` bytes of `v`: 4, 8 or 16.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_n<const N: usize>(p: &mut [u8; N], v: uint8x16_t) {
    const { assert!(N == 16 || N == 8 || N == 4) };
    if let Some(p) = p.first_chunk_mut() {
        store_16(p, v);
    } else if let Some(p) = p.first_chunk_mut() {
        store_8(p, vget_low_u8(v));
    } else {
        p.copy_from_slice(&vgetq_lane_u32::<0>(vreinterpretq_u32_u8(v)).to_ne_bytes());
    }
}

/// `N` samples, 2, 4 or 8, into the low part; the rest is zero.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_part<const N: usize>(p: &[u8; N]) -> uint8x8_t {
    const { assert!(N == 8 || N == 4 || N == 2) };
    match (p.first_chunk(), p.first_chunk()) {
        (Some(p), _) => load_8(p),
        (_, Some(p)) => load_4(p),
        _ => vreinterpret_u8_u16(vset_lane_u16::<0>(u16::from_ne_bytes([p[0], p[1]]), vdup_n_u16(0))),
    }
}

/// The low `N` bytes of `v`: 2, 4 or 8.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_part<const N: usize>(p: &mut [u8; N], v: uint8x8_t) {
    const { assert!(N == 8 || N == 4 || N == 2) };
    if let Some(p) = p.first_chunk_mut() {
        store_8(p, v);
    } else if N == 4 {
        p.copy_from_slice(&vget_lane_u32::<0>(vreinterpret_u32_u8(v)).to_ne_bytes());
    } else {
        p.copy_from_slice(&vget_lane_u16::<0>(vreinterpret_u16_u8(v)).to_ne_bytes());
    }
}

/// 8 unsigned words.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_8_u16(p: &[u16; 8]) -> uint16x8_t {
    // SAFETY: the array has the 16 bytes that the load reads.
    unsafe { vld1q_u16(p.as_ptr()) }
}

/// 4 double words.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_4_i32(p: &[i32; 4]) -> int32x4_t {
    // SAFETY: the array has the 16 bytes that the load reads.
    unsafe { vld1q_s32(p.as_ptr()) }
}

/// 4 words.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_4_i16(p: &mut [i16; 4], v: int16x4_t) {
    // SAFETY: the array has the 8 bytes that the store writes.
    unsafe { vst1_s16(p.as_mut_ptr(), v) }
}

/// 4 floats.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn load_4_f32(p: &[f32; 4]) -> float32x4_t {
    // SAFETY: the array has the 16 bytes that the load reads.
    unsafe { vld1q_f32(p.as_ptr()) }
}

/// 4 floats.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_4_f32(p: &mut [f32; 4], v: float32x4_t) {
    // SAFETY: the array has the 16 bytes that the store writes.
    unsafe { vst1q_f32(p.as_mut_ptr(), v) }
}

/// 4 double words.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn store_4_i32(p: &mut [i32; 4], v: int32x4_t) {
    // SAFETY: the array has the 16 bytes that the store writes.
    unsafe { vst1q_s32(p.as_mut_ptr(), v) }
}
