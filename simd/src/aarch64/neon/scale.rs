//! Polyphase filters by widening multiply-add.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{load_4, load_4_i16, load_8, load_8_i16, store_8, store_8_i16};
use crate::scalar::scale::{check_h, check_v, output_h, scale_v_from};
use core::arch::aarch64::*;

#[target_feature(enable = "neon")]
pub(crate) fn scale_h(dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    check_h(dst, src, pos, coefs, taps);
    let (eights, rest) = dst.as_chunks_mut::<8>();
    let (places, rest_places) = pos.as_chunks::<8>();
    let mut coefs = coefs;
    for (out, pos) in eights.iter_mut().zip(places) {
        let (now, later) = coefs.split_at(8 * taps);
        let mut sums = [vdupq_n_s32(0); 8];
        for i in 0..8 {
            sums[i] = products(&src[pos[i] as usize..][..taps], &now[i * taps..][..taps]);
        }
        let low = vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
        let high = vpaddq_s32(vpaddq_s32(sums[4], sums[5]), vpaddq_s32(sums[6], sums[7]));
        store_8_i16(out, vcombine_s16(vqrshrn_n_s32::<8>(low), vqrshrn_n_s32::<8>(high)));
        coefs = later;
    }
    for ((out, &first), coefs) in rest.iter_mut().zip(rest_places).zip(coefs.chunks_exact(taps)) {
        *out = output_h(&src[first as usize..], coefs);
    }
}

/// Lanes that add up to the sum of one output.
#[inline]
#[target_feature(enable = "neon")]
fn products(window: &[u8], coefs: &[i16]) -> int32x4_t {
    let (samples, mut window) = window.as_chunks::<8>();
    let (factors, mut coefs) = coefs.as_chunks::<8>();
    let mut sum = vdupq_n_s32(0);
    for (s, c) in samples.iter().zip(factors) {
        let (s, c) = (vreinterpretq_s16_u16(vmovl_u8(load_8(s))), load_8_i16(c));
        sum = vmlal_s16(sum, vget_low_s16(s), vget_low_s16(c));
        sum = vmlal_high_s16(sum, s, c);
    }
    if let (Some((s, window_rest)), Some((c, coefs_rest))) = (window.split_first_chunk(), coefs.split_first_chunk()) {
        let s = vreinterpretq_s16_u16(vmovl_u8(load_4(s)));
        sum = vmlal_s16(sum, vget_low_s16(s), load_4_i16(c));
        (window, coefs) = (window_rest, coefs_rest);
    }
    for (&s, &c) in window.iter().zip(coefs) {
        sum = vaddq_s32(sum, vsetq_lane_s32::<0>(i32::from(s) * i32::from(c), vdupq_n_s32(0)));
    }
    sum
}

#[target_feature(enable = "neon")]
pub(crate) fn scale_v(dst: &mut [u8], rows: &[&[i16]], coefs: &[i16]) {
    check_v(dst, rows, coefs);
    let Some(last) = dst.len().checked_sub(8) else {
        return scale_v_from(0, dst, rows, coefs);
    };
    // The last block begins where it ends with the row and so may do some columns again.
    for x in (0..last).step_by(8).chain([last]) {
        let round = vdupq_n_s32(1 << 19);
        let (mut low, mut high) = (round, round);
        for (row, &c) in rows.iter().zip(coefs) {
            let r = load_8_i16(row[x..].first_chunk().expect("lengths were checked"));
            low = vmlal_n_s16(low, vget_low_s16(r), c);
            high = vmlal_high_n_s16(high, r, c);
        }
        let words = vcombine_s16(vmovn_s32(vshrq_n_s32::<20>(low)), vmovn_s32(vshrq_n_s32::<20>(high)));
        if let Some(dst) = dst[x..].first_chunk_mut() {
            store_8(dst, vqmovun_s16(words));
        }
    }
}
