//! Intra prediction from edges that are held in registers.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{load_8, load_8_i16, load_16, store_8, store_16, store_n};
use crate::dispatch::Availability;
use crate::mem::RowsMut;
use crate::scalar;
use core::arch::aarch64::*;

#[target_feature(enable = "neon")]
pub(crate) fn fill(w: usize, h: usize, dst: &mut [u8], stride: usize, value: u8) {
    let v = vdupq_n_u8(value);
    match w {
        4 => fill_rows::<4>(h, dst, stride, v),
        8 => fill_rows::<8>(h, dst, stride, v),
        16 => fill_rows::<16>(h, dst, stride, v),
        _ => scalar::intra::fill(w, h, dst, stride, value),
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn fill_rows<const W: usize>(h: usize, dst: &mut [u8], stride: usize, v: uint8x16_t) {
    let mut dst = RowsMut::new(dst, stride, W, h);
    for y in 0..h {
        store_n(dst.at::<W>(y, 0), v);
    }
}

#[target_feature(enable = "neon")]
pub(crate) fn intra4x4<const MODE: u8>(dst: &mut [u8], stride: usize, edge: &[u8; 13]) {
    let both = vcombine_u8(load_8(part(edge, 0)), load_8(part(edge, 5)));
    // Sample i of the edge, or the last one behind its end.
    let from = |first: usize| {
        let lane = |i: usize| if first + i < 8 { first + i } else { (first + i).min(12) + 3 };
        vqtbl1q_u8(both, load_16(&core::array::from_fn(|i| lane(i) as u8)))
    };
    let edge = Edge { start: [from(0), from(1), from(2)], top: [from(4), from(5), from(6), from(7)] };
    directional::<4, MODE>(dst, stride, edge);
}

#[target_feature(enable = "neon")]
pub(crate) fn intra8x8<const MODE: u8>(dst: &mut [u8], stride: usize, edge: &[u8; 25]) {
    let end = load_16(part(edge, 9));
    let from = |first: usize| load_16(part(edge, first));
    let behind = |first: usize| vqtbl1q_u8(end, load_16(&core::array::from_fn(|i| (first - 9 + i).min(15) as u8)));
    let edge = Edge { start: [from(0), from(1), from(2)], top: [from(8), end, behind(10), behind(11)] };
    directional::<8, MODE>(dst, stride, edge);
}

/// `N` samples of an edge from sample `first`.
#[inline(always)]
fn part<const N: usize>(edge: &[u8], first: usize) -> &[u8; N] {
    edge[first..].first_chunk().expect("a part of the edge")
}

/// An edge of `3 N + 1` samples, bottom left to top right, as registers that begin at different samples. Behind its
/// end the last sample is repeated, as the filters at the end want it.
struct Edge {
    /// From samples 0, 1 and 2.
    start: [uint8x16_t; 3],
    /// From samples `N` (the corner), `N + 1` (the row above), `N + 2` and `N + 3`.
    top: [uint8x16_t; 4],
}

/// `(a + b + 1) >> 1`
#[inline]
#[target_feature(enable = "neon")]
fn two(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
    vrhaddq_u8(a, b)
}

/// `(a + 2 b + c + 2) >> 2`
#[inline]
#[target_feature(enable = "neon")]
fn three(a: uint8x16_t, b: uint8x16_t, c: uint8x16_t) -> uint8x16_t {
    vrhaddq_u8(vhaddq_u8(a, c), b)
}

/// `v` without its first `COUNT` lanes, zeros behind.
#[inline]
#[target_feature(enable = "neon")]
fn skip<const COUNT: i32>(v: uint8x16_t) -> uint8x16_t {
    vextq_u8::<COUNT>(v, vdupq_n_u8(0))
}

/// The nine modes. Along the edge every direction is a run of filtered samples, which moves by one or two samples
/// from row to row.
#[inline]
#[target_feature(enable = "neon")]
fn directional<const N: usize, const MODE: u8>(dst: &mut [u8], stride: usize, edge: Edge) {
    let mut dst = RowsMut::new(dst, stride, N, N);
    let Edge { start: [e0, e1, e2], top: [corner, top, top1, top2] } = edge;
    match MODE {
        0 => {
            for y in 0..N {
                store_n(dst.at::<N>(y, 0), top);
            }
        }
        1 => {
            // The last row is the first sample.
            let mut column = e0;
            for y in (0..N).rev() {
                store_n(dst.at::<N>(y, 0), vdupq_laneq_u8::<0>(column));
                column = skip::<1>(column);
            }
        }
        2 => {
            let (left, top) = (vget_low_u8(e0), vget_low_u8(top));
            let both = if N == 4 { vcombine_u8(low_words(left, top), vdup_n_u8(0)) } else { vcombine_u8(left, top) };
            let dc = vdupq_n_u8(((usize::from(vaddlvq_u8(both)) + N) / (2 * N)) as u8);
            for y in 0..N {
                store_n(dst.at::<N>(y, 0), dc);
            }
        }
        3 => {
            let mut run = three(top, top1, top2);
            for y in 0..N {
                store_n(dst.at::<N>(y, 0), run);
                run = skip::<1>(run);
            }
        }
        4 => {
            let mut run = three(e0, e1, e2);
            for y in (0..N).rev() {
                store_n(dst.at::<N>(y, 0), run);
                run = skip::<1>(run);
            }
        }
        5 => {
            // Even rows continue to the left with every second sample of the column, odd rows with the others.
            let around = three(e0, e1, e2);
            let above = two(corner, top);
            let none = vdupq_n_u8(0);
            let (left, odd, above) = if N == 4 {
                (every_second(2, 1), then_all(1, 2), vextq_u8::<15>(none, above))
            } else {
                (every_second(2, 3), then_all(1, 4), vextq_u8::<13>(none, above))
            };
            let mut even = vorrq_u8(vqtbl1q_u8(around, load_16(&left)), above);
            let mut odd = vqtbl1q_u8(around, load_16(&odd));
            for pair in (0..N / 2).rev() {
                store_n(dst.at::<N>(2 * pair, 0), even);
                store_n(dst.at::<N>(2 * pair + 1, 0), odd);
                (even, odd) = (skip::<1>(even), skip::<1>(odd));
            }
        }
        6 => {
            // Up the column both filters alternate; along the row above only the longer one is left.
            let around = three(e0, e1, e2);
            let column = vzip1q_u8(two(e0, e1), around);
            let (mut run, mut rest) = if N == 4 {
                (vcombine_u8(vget_low_u8(column), vget_low_u8(skip::<4>(around))), vdupq_n_u8(0))
            } else {
                (column, skip::<8>(around))
            };
            for y in (0..N).rev() {
                store_n(dst.at::<N>(y, 0), run);
                (run, rest) = (vextq_u8::<2>(run, rest), skip::<2>(rest));
            }
        }
        7 => {
            let (mut even, mut odd) = (two(top, top1), three(top, top1, top2));
            for pair in 0..N / 2 {
                store_n(dst.at::<N>(2 * pair, 0), even);
                store_n(dst.at::<N>(2 * pair + 1, 0), odd);
                (even, odd) = (skip::<1>(even), skip::<1>(odd));
            }
        }
        8 => {
            // Down the column, with its last sample repeated: there both filters yield that sample.
            let down = |first: usize| {
                vqtbl1q_u8(e0, load_16(&core::array::from_fn(|i| (N - 1).saturating_sub(first + i) as u8)))
            };
            let (d0, d1, d2) = (down(0), down(1), down(2));
            let (two, three) = (two(d0, d1), three(d0, d1, d2));
            let (mut run, rest) = (vzip1q_u8(two, three), vzip2q_u8(two, three));
            for y in 0..N {
                store_n(dst.at::<N>(y, 0), run);
                run = vextq_u8::<2>(run, rest);
            }
        }
        _ => unreachable!("the tables list modes 0 to 8"),
    }
}

/// The low four bytes of `a`, then those of `b`.
#[inline]
#[target_feature(enable = "neon")]
fn low_words(a: uint8x8_t, b: uint8x8_t) -> uint8x8_t {
    vreinterpret_u8_u32(vzip1_u32(vreinterpret_u32_u8(a), vreinterpret_u32_u8(b)))
}

/// Table indices `first`, `first + 2`, ... for `count` lanes, and none for the others.
const fn every_second(first: u8, count: usize) -> [u8; 16] {
    let mut indices = [0xff; 16];
    let mut i = 0;
    while i < count {
        indices[i] = first + 2 * i as u8;
        i += 1;
    }
    indices
}

/// Table indices `first`, `first + 2`, ... for `count` lanes, and all that follow.
const fn then_all(first: u8, count: usize) -> [u8; 16] {
    let mut indices = every_second(first, count);
    let mut i = count;
    while i < 16 {
        indices[i] = indices[i - 1] + 1;
        i += 1;
    }
    indices
}

#[target_feature(enable = "neon")]
pub(crate) fn intra8x8_filter_edges(edge: &[u8; 25], available: Availability) -> [u8; 25] {
    let (first, last) = (load_16(part(edge, 0)), load_16(part(edge, 9)));
    // Neighbours outside the edge are stood in for by its ends.
    let before_first = vextq_u8::<15>(vdupq_laneq_u8::<0>(first), first);
    let after_last = vextq_u8::<1>(last, vdupq_laneq_u8::<15>(last));
    let mut out = [0; 25];
    if let Some(out) = out.first_chunk_mut() {
        store_16(out, three(before_first, first, load_16(part(edge, 1))));
    }
    if let Some(out) = out.last_chunk_mut() {
        store_16(out, three(load_16(part(edge, 8)), last, after_last));
    }
    if !(available.left && available.top && available.top_left) {
        // Only where the parts meet does it matter that one is missing.
        for i in 7..=9 {
            out[i] = scalar::intra::filter_edge_sample(edge, i, available);
        }
    }
    out
}

#[target_feature(enable = "neon")]
pub(crate) fn intra16x16<const MODE: u8>(dst: &mut [u8], stride: usize, top: &[u8; 16], left: &[u8; 16], top_left: u8) {
    let (above, beside) = (load_16(top), load_16(left));
    match MODE {
        0 => fill_rows::<16>(16, dst, stride, above),
        1 => {
            let mut dst = RowsMut::new(dst, stride, 16, 16);
            for y in 0..16 {
                store_16(dst.at(y, 0), vdupq_n_u8(left[y]));
            }
        }
        2 => {
            let sum = vaddlvq_u8(above) + vaddlvq_u8(beside);
            fill_rows::<16>(16, dst, stride, vdupq_n_u8(((sum + 16) >> 5) as u8));
        }
        3 => {
            let mut dst = RowsMut::new(dst, stride, 16, 16);
            let gradient = |edge: uint8x16_t| {
                let low = weighted_sum(vget_low_u8(edge), &[-7, -6, -5, -4, -3, -2, -1, 0]);
                let high = weighted_sum(vget_high_u8(edge), &[1, 2, 3, 4, 5, 6, 7, 8]);
                low + high - 8 * i32::from(top_left)
            };
            let a = 16 * (i32::from(left[15]) + i32::from(top[15]));
            let (b, c) = ((5 * gradient(above) + 32) >> 6, (5 * gradient(beside) + 32) >> 6);
            // 16 bits are enough: |a| <= 8160, |b| and |c| <= 717.
            let first = vdupq_n_s16((a - 7 * b - 7 * c) as i16);
            let mut low = vmlaq_n_s16(first, load_8_i16(&RAMP), b as i16);
            let mut high = vaddq_s16(low, vdupq_n_s16((8 * b) as i16));
            let down = vdupq_n_s16(c as i16);
            for y in 0..16 {
                store_16(dst.at(y, 0), vcombine_u8(vqrshrun_n_s16::<5>(low), vqrshrun_n_s16::<5>(high)));
                (low, high) = (vaddq_s16(low, down), vaddq_s16(high, down));
            }
        }
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}

/// Column numbers.
const RAMP: [i16; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[inline]
#[target_feature(enable = "neon")]
fn weighted_sum(samples: uint8x8_t, weights: &[i16; 8]) -> i32 {
    vaddlvq_s16(vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(samples)), load_8_i16(weights)))
}

#[target_feature(enable = "neon")]
pub(crate) fn intra_chroma8x8<const MODE: u8>(
    dst: &mut [u8],
    stride: usize,
    top: &[u8; 8],
    left: &[u8; 8],
    top_left: u8,
    available: Availability,
) {
    let mut dst = RowsMut::new(dst, stride, 8, 8);
    match MODE {
        0 => {
            let half = |[a, b]: [u8; 2]| low_words(vdup_n_u8(a), vdup_n_u8(b));
            let [upper, lower] = scalar::intra::chroma_dc(top, left, available, 255);
            let (upper, lower) = (half(upper), half(lower));
            for y in 0..8 {
                store_8(dst.at(y, 0), if y < 4 { upper } else { lower });
            }
        }
        1 => {
            for y in 0..8 {
                store_8(dst.at(y, 0), vdup_n_u8(left[y]));
            }
        }
        2 => {
            for y in 0..8 {
                *dst.at(y, 0) = *top;
            }
        }
        3 => {
            let gradient = |edge| weighted_sum(load_8(edge), &[-3, -2, -1, 0, 1, 2, 3, 4]) - 4 * i32::from(top_left);
            let a = 16 * (i32::from(left[7]) + i32::from(top[7]));
            let (b, c) = ((34 * gradient(top) + 32) >> 6, (34 * gradient(left) + 32) >> 6);
            // 16 bits are enough: |a| <= 8160, |b| and |c| <= 1355.
            let mut row = vmlaq_n_s16(vdupq_n_s16((a - 3 * b - 3 * c) as i16), load_8_i16(&RAMP), b as i16);
            let down = vdupq_n_s16(c as i16);
            for y in 0..8 {
                store_8(dst.at(y, 0), vqrshrun_n_s16::<5>(row));
                row = vaddq_s16(row, down);
            }
        }
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}
