//! The H.264 deblocking filter, 16 luma lines at a time in 8-bit lanes.
//!
//! At a horizontal edge the samples p3 to q3 of all lines are rows already; at a vertical one they become rows by a
//! transpose, and columns again afterwards. Both then share the filters. Chroma uses the low half of the lanes.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{load_4, load_8, load_16, store_8, store_16, store_part};
use crate::block::Edge;
use crate::mem::{RowsMut, before_mut};
use core::arch::aarch64::*;

/// All ones in the lines whose samples are no edge of the picture itself (filterSamplesFlag without its bS part).
#[inline]
#[target_feature(enable = "neon")]
fn artefacts([p1, p0, q0, q1]: [uint8x16_t; 4], alpha: uint8x16_t, beta: uint8x16_t) -> uint8x16_t {
    let steps = vandq_u8(near(p1, p0, beta), near(q1, q0, beta));
    vandq_u8(near(p0, q0, alpha), steps)
}

/// All ones where `|a - b| < limit`.
#[inline]
#[target_feature(enable = "neon")]
fn near(a: uint8x16_t, b: uint8x16_t, limit: uint8x16_t) -> uint8x16_t {
    vcltq_u8(vabdq_u8(a, b), limit)
}

#[inline]
#[target_feature(enable = "neon")]
fn none(mask: uint8x16_t) -> bool {
    vmaxvq_u8(mask) == 0
}

/// p0 and q0 after their move towards each other by at most `tc` (8.7.2.3), which is below 128.
#[inline]
#[target_feature(enable = "neon")]
fn edge_samples([p1, p0, q0, q1]: [uint8x16_t; 4], tc: int8x16_t) -> (uint8x16_t, uint8x16_t) {
    // ((q0 - p0) * 4 + (p1 - q1) + 4) >> 3, saturated to bytes, where it is still beyond tc.
    let eighth = |p1, p0, q0, q1| {
        let step = vreinterpretq_s16_u16(vsubl_u8(q0, p0));
        let sum = vaddq_s16(vshlq_n_s16::<2>(step), vreinterpretq_s16_u16(vsubl_u8(p1, q1)));
        vqrshrn_n_s16::<3>(sum)
    };
    let low = eighth(vget_low_u8(p1), vget_low_u8(p0), vget_low_u8(q0), vget_low_u8(q1));
    let high = eighth(vget_high_u8(p1), vget_high_u8(p0), vget_high_u8(q0), vget_high_u8(q1));
    let delta = vmaxq_s8(vminq_s8(vcombine_s8(low, high), tc), vnegq_s8(tc));
    // Signed saturation around 128 is the clip to 0..=255.
    let middle = vdupq_n_u8(128);
    let signed = |v| vreinterpretq_s8_u8(veorq_u8(v, middle));
    let unsigned = |v| veorq_u8(vreinterpretq_u8_s8(v), middle);
    (unsigned(vqaddq_s8(signed(p0), delta)), unsigned(vqsubq_s8(signed(q0), delta)))
}

/// p1 (or q1, with q2) after its move by at most `tc0`: to the floor of `(p2 + ((p0 + q0 + 1) >> 1)) / 2`.
#[inline]
#[target_feature(enable = "neon")]
fn second_sample(p2: uint8x16_t, p1: uint8x16_t, mean: uint8x16_t, tc0: uint8x16_t) -> uint8x16_t {
    let target = vhaddq_u8(p2, mean);
    vminq_u8(vmaxq_u8(target, vqsubq_u8(p1, tc0)), vqaddq_u8(p1, tc0))
}

/// `tc0` with each of its four values repeated for `LINES` lines.
#[inline]
#[target_feature(enable = "neon")]
fn spread<const LINES: usize>(tc0: &[i8; 4]) -> int8x16_t {
    let v = load_4(&tc0.map(|t| t as u8));
    let pairs = vzip1_u8(v, v);
    let fours = vcombine_u8(vzip1_u8(pairs, pairs), vzip2_u8(pairs, pairs));
    vreinterpretq_s8_u8(if LINES == 4 { fours } else { vcombine_u8(pairs, pairs) })
}

/// bS 1 to 3: the new p3 to q3, or nothing where no line is filtered.
#[inline]
#[target_feature(enable = "neon")]
fn weak(samples: [uint8x16_t; 8], alpha: u8, beta: u8, tc0: &[i8; 4]) -> Option<[uint8x16_t; 8]> {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = samples;
    let (alpha, beta) = (vdupq_n_u8(alpha), vdupq_n_u8(beta));
    let tc0 = spread::<4>(tc0);
    // Where tC0 is -1 bS is 0.
    let on = vandq_u8(vcgezq_s8(tc0), artefacts([p1, p0, q0, q1], alpha, beta));
    if none(on) {
        return None;
    }
    let tc0 = vandq_u8(vreinterpretq_u8_s8(tc0), on);
    let (flat_p, flat_q) = (vandq_u8(near(p2, p0, beta), on), vandq_u8(near(q2, q0, beta), on));
    let mean = vrhaddq_u8(p0, q0);
    let new_p1 = second_sample(p2, p1, mean, vandq_u8(tc0, flat_p));
    let new_q1 = second_sample(q2, q1, mean, vandq_u8(tc0, flat_q));
    let tc = vsubq_u8(vsubq_u8(tc0, flat_p), flat_q);
    let (new_p0, new_q0) = edge_samples([p1, p0, q0, q1], vreinterpretq_s8_u8(tc));
    Some([p3, p2, new_p1, new_p0, new_q0, new_q1, q2, q3])
}

/// The long strong form for eight lines of one side: its three new samples, for p as for q.
#[inline]
#[target_feature(enable = "neon")]
fn long_half([p3, p2, p1, p0, q0, q1]: [uint8x8_t; 6]) -> [uint8x8_t; 3] {
    let inner = vaddw_u8(vaddl_u8(p0, q0), p1);
    let four = vaddw_u8(inner, p2);
    let new_p0 = vaddw_u8(vaddq_u16(four, inner), q1);
    let new_p2 = vaddq_u16(vshlq_n_u16::<1>(vaddl_u8(p3, p2)), four);
    [vrshrn_n_u16::<3>(new_p0), vrshrn_n_u16::<2>(four), vrshrn_n_u16::<3>(new_p2)]
}

/// [`long_half`] for 16 lines.
#[inline]
#[target_feature(enable = "neon")]
fn long(v: [uint8x16_t; 6]) -> [uint8x16_t; 3] {
    let low = |v| vget_low_u8(v);
    let high = |v| vget_high_u8(v);
    let a = long_half([low(v[0]), low(v[1]), low(v[2]), low(v[3]), low(v[4]), low(v[5])]);
    let b = long_half([high(v[0]), high(v[1]), high(v[2]), high(v[3]), high(v[4]), high(v[5])]);
    [vcombine_u8(a[0], b[0]), vcombine_u8(a[1], b[1]), vcombine_u8(a[2], b[2])]
}

/// The short strong form: `(2 p1 + p0 + q1 + 2) >> 2`. The half that the inner mean loses can not carry through the
/// outer one.
#[inline]
#[target_feature(enable = "neon")]
fn short(p1: uint8x16_t, p0: uint8x16_t, q1: uint8x16_t) -> uint8x16_t {
    vrhaddq_u8(p1, vhaddq_u8(p0, q1))
}

/// bS 4: the new p3 to q3, or nothing where no line is filtered.
#[inline]
#[target_feature(enable = "neon")]
fn strong(samples: [uint8x16_t; 8], alpha: u8, beta: u8) -> Option<[uint8x16_t; 8]> {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = samples;
    let gap = vdupq_n_u8((alpha >> 2) + 2);
    let (alpha, beta) = (vdupq_n_u8(alpha), vdupq_n_u8(beta));
    let on = artefacts([p1, p0, q0, q1], alpha, beta);
    if none(on) {
        return None;
    }
    let small = vandq_u8(near(p0, q0, gap), on);
    let (long_p, long_q) = (vandq_u8(near(p2, p0, beta), small), vandq_u8(near(q2, q0, beta), small));
    let mut new_p = [vbslq_u8(on, short(p1, p0, q1), p0), p1, p2];
    let mut new_q = [vbslq_u8(on, short(q1, q0, p1), q0), q1, q2];
    if !none(vorrq_u8(long_p, long_q)) {
        let (lp, lq) = (long([p3, p2, p1, p0, q0, q1]), long([q3, q2, q1, q0, p0, p1]));
        for i in 0..3 {
            new_p[i] = vbslq_u8(long_p, lp[i], new_p[i]);
            new_q[i] = vbslq_u8(long_q, lq[i], new_q[i]);
        }
    }
    Some([p3, new_p[2], new_p[1], new_p[0], new_q[0], new_q[1], new_q[2], q3])
}

/// p3 to q3 of a vertical edge: the columns of 16 lines of eight samples, as vectors of 16.
#[inline]
#[target_feature(enable = "neon")]
fn load_columns(window: &mut RowsMut<'_, u8>) -> [uint8x16_t; 8] {
    // Lines 8 apart share a vector; the exchanges of single samples, pairs and fours then work on both.
    let mut lines = [vdupq_n_u8(0); 8];
    for y in 0..8 {
        let first = load_8(window.at(y, 0));
        lines[y] = vcombine_u8(first, load_8(window.at(y + 8, 0)));
    }
    transpose(lines)
}

/// The columns of the 8x8 matrices in both halves of `r`.
#[inline]
#[target_feature(enable = "neon")]
fn transpose(r: [uint8x16_t; 8]) -> [uint8x16_t; 8] {
    let (mut a, mut b) = ([vdupq_n_u16(0); 8], [vdupq_n_u32(0); 8]);
    for i in [0, 2, 4, 6] {
        a[i] = vreinterpretq_u16_u8(vtrn1q_u8(r[i], r[i + 1]));
        a[i + 1] = vreinterpretq_u16_u8(vtrn2q_u8(r[i], r[i + 1]));
    }
    for i in [0, 1, 4, 5] {
        b[i] = vreinterpretq_u32_u16(vtrn1q_u16(a[i], a[i + 2]));
        b[i + 2] = vreinterpretq_u32_u16(vtrn2q_u16(a[i], a[i + 2]));
    }
    let mut c = r;
    for i in 0..4 {
        c[i] = vreinterpretq_u8_u32(vtrn1q_u32(b[i], b[i + 4]));
        c[i + 4] = vreinterpretq_u8_u32(vtrn2q_u32(b[i], b[i + 4]));
    }
    c
}

/// Filters one luma edge: `filter` gets p3 to q3 and returns the new ones, of which the `CHANGED` next to the edge on
/// each side differ, or nothing.
#[inline]
#[target_feature(enable = "neon")]
fn across<const CHANGED: usize>(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    filter: impl Fn([uint8x16_t; 8]) -> Option<[uint8x16_t; 8]>,
) {
    match dir {
        Edge::Vertical => {
            let window = &mut RowsMut::new(before_mut(data, off, 4), stride, 8, 16);
            let Some(new) = filter(load_columns(window)) else { return };
            let lines = transpose(new);
            for y in 0..8 {
                store_8(window.at(y, 0), vget_low_u8(lines[y]));
                store_8(window.at(y + 8, 0), vget_high_u8(lines[y]));
            }
        }
        Edge::Horizontal => {
            let window = &mut RowsMut::new(before_mut(data, off, 4 * stride), stride, 16, 8);
            let mut rows = [vdupq_n_u8(0); 8];
            for y in 0..8 {
                rows[y] = load_16(window.at(y, 0));
            }
            let Some(new) = filter(rows) else { return };
            for y in 4 - CHANGED..4 + CHANGED {
                store_16(window.at(y, 0), new[y]);
            }
        }
    }
}

#[target_feature(enable = "neon")]
pub(crate) fn deblock_luma(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8, tc0: &[i8; 4]) {
    across::<2>(dir, data, off, stride, |samples| weak(samples, alpha, beta, tc0));
}

#[target_feature(enable = "neon")]
pub(crate) fn deblock_luma_strong(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
    across::<3>(dir, data, off, stride, |samples| strong(samples, alpha, beta));
}

/// Filters one chroma edge, eight lines: bS 4 without `tc0`.
#[inline]
#[target_feature(enable = "neon")]
fn chroma(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8, tc0: Option<&[i8; 4]>) {
    let twice = |v| vcombine_u8(v, v);
    match dir {
        Edge::Vertical => {
            let window = &mut RowsMut::new(before_mut(data, off, 2), stride, 4, 8);
            // Lines of four samples, of which the matrices have eight: the rest is of no interest.
            let mut lines = [vdupq_n_u8(0); 8];
            for y in 0..8 {
                lines[y] = twice(load_4(window.at(y, 0)));
            }
            let columns = transpose(lines);
            let samples = [columns[0], columns[1], columns[2], columns[3]];
            let Some((p0, q0)) = chroma_samples(samples, alpha, beta, tc0) else { return };
            let zero = vdupq_n_u8(0);
            let lines = transpose([columns[0], p0, q0, columns[3], zero, zero, zero, zero]);
            for y in 0..8 {
                store_part::<4>(window.at(y, 0), vget_low_u8(lines[y]));
            }
        }
        Edge::Horizontal => {
            let window = &mut RowsMut::new(before_mut(data, off, 2 * stride), stride, 8, 4);
            let mut row = |y| twice(load_8(window.at(y, 0)));
            let samples = [row(0), row(1), row(2), row(3)];
            let Some((p0, q0)) = chroma_samples(samples, alpha, beta, tc0) else { return };
            store_8(window.at(1, 0), vget_low_u8(p0));
            store_8(window.at(2, 0), vget_low_u8(q0));
        }
    }
}

/// The new p0 and q0 of chroma from p1, p0, q0, q1: bS 4 without `tc0`.
#[inline]
#[target_feature(enable = "neon")]
fn chroma_samples(
    samples: [uint8x16_t; 4],
    alpha: u8,
    beta: u8,
    tc0: Option<&[i8; 4]>,
) -> Option<(uint8x16_t, uint8x16_t)> {
    let [p1, p0, q0, q1] = samples;
    let on = artefacts(samples, vdupq_n_u8(alpha), vdupq_n_u8(beta));
    if none(on) {
        return None;
    }
    Some(match tc0 {
        Some(tc0) => {
            // tC is tC0 + 1, which is 0 where bS is 0.
            let tc = vaddq_s8(spread::<2>(tc0), vdupq_n_s8(1));
            edge_samples(samples, vandq_s8(tc, vreinterpretq_s8_u8(on)))
        }
        None => (vbslq_u8(on, short(p1, p0, q1), p0), vbslq_u8(on, short(q1, q0, p1), q0)),
    })
}

#[target_feature(enable = "neon")]
pub(crate) fn deblock_chroma(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    alpha: u8,
    beta: u8,
    tc0: &[i8; 4],
) {
    chroma(dir, data, off, stride, alpha, beta, Some(tc0));
}

#[target_feature(enable = "neon")]
pub(crate) fn deblock_chroma_strong(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
    chroma(dir, data, off, stride, alpha, beta, None);
}
