//! Intra prediction from edges that are held in registers.
#![forbid(unsafe_code)]

use crate::dispatch::Availability;
use crate::mem::RowsMut;
use crate::scalar;
use crate::x86::lanes::sum_u64;
use crate::x86::mem::{load_8, load_16, store_8, store_16, store_n};
use core::arch::x86_64::*;

#[target_feature(enable = "sse4.2")]
pub(crate) fn fill(w: usize, h: usize, dst: &mut [u8], stride: usize, value: u8) {
    let v = _mm_set1_epi8(value as i8);
    match w {
        4 => fill_rows::<4>(h, dst, stride, v),
        8 => fill_rows::<8>(h, dst, stride, v),
        16 => fill_rows::<16>(h, dst, stride, v),
        _ => scalar::intra::fill(w, h, dst, stride, value),
    }
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn fill_rows<const W: usize>(h: usize, dst: &mut [u8], stride: usize, v: __m128i) {
    let mut dst = RowsMut::new(dst, stride, W, h);
    for y in 0..h {
        store_n(dst.at::<W>(y, 0), v);
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn intra4x4<const MODE: u8>(dst: &mut [u8], stride: usize, edge: &[u8; 13]) {
    let both = _mm_unpacklo_epi64(load_8(part(edge, 0)), load_8(part(edge, 5)));
    macro_rules! from {
        ($first:literal) => {
            _mm_shuffle_epi8(both, load_16(const { &from_4x4($first) }))
        };
    }
    let edge = Edge { start: [from!(0), from!(1), from!(2)], top: [from!(4), from!(5), from!(6), from!(7)] };
    directional::<4, MODE>(dst, stride, edge);
}

/// Lanes of samples `first` on of an edge whose samples 0 to 7 and 5 to 12 are the halves of a register; behind its end the last one.
const fn from_4x4(first: usize) -> [u8; 16] {
    let mut lanes = [0; 16];
    let mut i = 0;
    while i < 16 {
        let sample = if first + i > 12 { 12 } else { first + i };
        lanes[i] = (if sample < 8 { sample } else { sample + 3 }) as u8;
        i += 1;
    }
    lanes
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn intra8x8<const MODE: u8>(dst: &mut [u8], stride: usize, edge: &[u8; 25]) {
    let end = load_16(part(edge, 9));
    let [e0, e1, e2, corner] =
        [load_16(part(edge, 0)), load_16(part(edge, 1)), load_16(part(edge, 2)), load_16(part(edge, 8))];
    let top1 = _mm_shuffle_epi8(end, load_16(const { &behind_8x8(1) }));
    let top2 = _mm_shuffle_epi8(end, load_16(const { &behind_8x8(2) }));
    directional::<8, MODE>(dst, stride, Edge { start: [e0, e1, e2], top: [corner, end, top1, top2] });
}

/// Lanes `by` on of a register; behind its end the last one.
const fn behind_8x8(by: usize) -> [u8; 16] {
    let mut lanes = [15; 16];
    let mut i = 0;
    while i + by < 16 {
        lanes[i] = (i + by) as u8;
        i += 1;
    }
    lanes
}

/// `N` samples of an edge from sample `first`.
#[inline(always)]
fn part<const N: usize>(edge: &[u8], first: usize) -> &[u8; N] {
    edge[first..].first_chunk().expect("a part of the edge")
}

/// Lanes of a column of `n` samples, stored upwards, from row `first` down; below its end the last one.
const fn down<const N: usize>(first: usize) -> [u8; 16] {
    let mut lanes = [0; 16];
    let mut i = 0;
    while i < 16 {
        lanes[i] = (N - 1).saturating_sub(first + i) as u8;
        i += 1;
    }
    lanes
}

/// An edge of `3 N + 1` samples, bottom left to top right, as registers that begin at different samples. Behind its
/// end the last sample is repeated, as the filters at the end want it.
struct Edge {
    /// From samples 0, 1 and 2.
    start: [__m128i; 3],
    /// From samples `N` (the corner), `N + 1` (the row above), `N + 2` and `N + 3`.
    top: [__m128i; 4],
}

/// `(a + 2 b + c + 2) >> 2`
#[inline]
#[target_feature(enable = "sse4.2")]
fn three(a: __m128i, b: __m128i, c: __m128i) -> __m128i {
    // The average rounds up; what it added comes off again before the second, whose rounding is the filter's.
    let odd = _mm_and_si128(_mm_xor_si128(a, c), _mm_set1_epi8(1));
    _mm_avg_epu8(_mm_sub_epi8(_mm_avg_epu8(a, c), odd), b)
}

/// The nine modes. Along the edge every direction is a run of filtered samples, which moves by one or two samples
/// from row to row.
#[inline]
#[target_feature(enable = "sse4.2")]
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
            // Sample N - 1 - y to all lanes: the last row is the first sample.
            let mut column = e0;
            for y in (0..N).rev() {
                store_n(dst.at::<N>(y, 0), _mm_shuffle_epi8(column, _mm_setzero_si128()));
                column = _mm_srli_si128::<1>(column);
            }
        }
        2 => {
            let both = if N == 4 { _mm_move_epi64(_mm_unpacklo_epi32(e0, top)) } else { _mm_unpacklo_epi64(e0, top) };
            let sum = sum_u64(_mm_sad_epu8(both, _mm_setzero_si128())) as usize;
            let dc = _mm_set1_epi8(((sum + N) / (2 * N)) as i8);
            for y in 0..N {
                store_n(dst.at::<N>(y, 0), dc);
            }
        }
        3 => {
            let mut run = three(top, top1, top2);
            for y in 0..N {
                store_n(dst.at::<N>(y, 0), run);
                run = _mm_srli_si128::<1>(run);
            }
        }
        4 => {
            let mut run = three(e0, e1, e2);
            for y in (0..N).rev() {
                store_n(dst.at::<N>(y, 0), run);
                run = _mm_srli_si128::<1>(run);
            }
        }
        5 => {
            // Even rows continue to the left with every second sample of the column, odd rows with the others.
            let around = three(e0, e1, e2);
            let two = _mm_avg_epu8(corner, top);
            let (mut even, mut odd) = if N == 4 {
                let left = _mm_and_si128(_mm_srli_si128::<2>(around), _mm_cvtsi32_si128(0xff));
                let odd =
                    _mm_shuffle_epi8(around, _mm_setr_epi8(1, 3, 4, 5, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
                (_mm_or_si128(left, _mm_slli_si128::<1>(two)), odd)
            } else {
                let every_second = _mm_setr_epi8(2, 4, 6, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
                let odd = _mm_setr_epi8(1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, -1, -1, -1, -1, -1);
                let left = _mm_shuffle_epi8(around, every_second);
                (_mm_or_si128(left, _mm_slli_si128::<3>(two)), _mm_shuffle_epi8(around, odd))
            };
            for pair in (0..N / 2).rev() {
                store_n(dst.at::<N>(2 * pair, 0), even);
                store_n(dst.at::<N>(2 * pair + 1, 0), odd);
                even = _mm_srli_si128::<1>(even);
                odd = _mm_srli_si128::<1>(odd);
            }
        }
        6 => {
            // Up the column both filters alternate; along the row above only the longer one is left.
            let around = three(e0, e1, e2);
            let column = _mm_unpacklo_epi8(_mm_avg_epu8(e0, e1), around);
            let (mut run, mut rest) = if N == 4 {
                (_mm_unpacklo_epi64(column, _mm_srli_si128::<4>(around)), _mm_setzero_si128())
            } else {
                (column, _mm_srli_si128::<8>(around))
            };
            for y in (0..N).rev() {
                store_n(dst.at::<N>(y, 0), run);
                run = _mm_alignr_epi8::<2>(rest, run);
                rest = _mm_srli_si128::<2>(rest);
            }
        }
        7 => {
            let (mut even, mut odd) = (_mm_avg_epu8(top, top1), three(top, top1, top2));
            for pair in 0..N / 2 {
                store_n(dst.at::<N>(2 * pair, 0), even);
                store_n(dst.at::<N>(2 * pair + 1, 0), odd);
                even = _mm_srli_si128::<1>(even);
                odd = _mm_srli_si128::<1>(odd);
            }
        }
        8 => {
            // Down the column, with its last sample repeated: there both filters yield that sample.
            let [d0, d1, d2] = const { [down::<N>(0), down::<N>(1), down::<N>(2)] };
            let [d0, d1, d2] = [load_16(&d0), load_16(&d1), load_16(&d2)];
            let (d0, d1, d2) = (_mm_shuffle_epi8(e0, d0), _mm_shuffle_epi8(e0, d1), _mm_shuffle_epi8(e0, d2));
            let (two, three) = (_mm_avg_epu8(d0, d1), three(d0, d1, d2));
            let (mut run, rest) = (_mm_unpacklo_epi8(two, three), _mm_unpackhi_epi8(two, three));
            for y in 0..N {
                store_n(dst.at::<N>(y, 0), run);
                run = _mm_alignr_epi8::<2>(rest, run);
            }
        }
        _ => unreachable!("the tables list modes 0 to 8"),
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn intra8x8_filter_edges(edge: &[u8; 25], available: Availability) -> [u8; 25] {
    let (first, last) = (load_16(part(edge, 0)), load_16(part(edge, 9)));
    // Neighbours outside the edge are stood in for by its ends.
    let before_first = _mm_alignr_epi8::<15>(first, _mm_slli_si128::<15>(first));
    let after_last = _mm_alignr_epi8::<1>(_mm_srli_si128::<15>(last), last);
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

#[target_feature(enable = "sse4.2")]
pub(crate) fn intra16x16<const MODE: u8>(dst: &mut [u8], stride: usize, top: &[u8; 16], left: &[u8; 16], top_left: u8) {
    let (above, beside) = (load_16(top), load_16(left));
    match MODE {
        0 => fill_rows::<16>(16, dst, stride, above),
        1 => {
            let mut dst = RowsMut::new(dst, stride, 16, 16);
            for y in 0..16 {
                store_16(dst.at(y, 0), _mm_set1_epi8(left[y] as i8));
            }
        }
        2 => {
            let zero = _mm_setzero_si128();
            let sum = sum_u64(_mm_add_epi32(_mm_sad_epu8(above, zero), _mm_sad_epu8(beside, zero)));
            fill_rows::<16>(16, dst, stride, _mm_set1_epi8(((sum + 16) >> 5) as i8));
        }
        3 => {
            let mut dst = RowsMut::new(dst, stride, 16, 16);
            let (b, c) = (gradient_16(above, top_left), gradient_16(beside, top_left));
            // 16 bits are enough: |a| <= 8160, |b| and |c| <= 717.
            let a = _mm_set1_epi16(plane_start(top[15], left[15]));
            let first = _mm_sub_epi16(a, _mm_mullo_epi16(c, _mm_set1_epi16(7)));
            let mut low = _mm_add_epi16(first, _mm_mullo_epi16(b, _mm_setr_epi16(-7, -6, -5, -4, -3, -2, -1, 0)));
            let mut high = _mm_add_epi16(first, _mm_mullo_epi16(b, _mm_setr_epi16(1, 2, 3, 4, 5, 6, 7, 8)));
            for y in 0..16 {
                store_16(dst.at(y, 0), _mm_packus_epi16(_mm_srai_epi16::<5>(low), _mm_srai_epi16::<5>(high)));
                low = _mm_add_epi16(low, c);
                high = _mm_add_epi16(high, c);
            }
        }
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}

/// `a` of plane prediction with the final rounding, from the last sample of each edge.
#[inline(always)]
pub(crate) fn plane_start(top: u8, left: u8) -> i16 {
    16 * (i16::from(left) + i16::from(top)) + 16
}

/// `b` or `c` of 8.3.3.4 in all lanes.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn gradient_16(edge: __m128i, top_left: u8) -> __m128i {
    let weights = _mm_setr_epi8(-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    gradient::<5>(_mm_maddubs_epi16(edge, weights), 8 * i16::from(top_left))
}

/// `b` or `c` of 8.3.4.4 for 4:2:0 in all lanes.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn gradient_8(edge: __m128i, top_left: u8) -> __m128i {
    let weights = _mm_setr_epi8(-3, -2, -1, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0);
    gradient::<34>(_mm_maddubs_epi16(edge, weights), 4 * i16::from(top_left))
}

/// `(SCALE * H + 32) >> 6` in all lanes, where `H` is the sum of the lanes less the corner's part. |H| <= 9180.
#[inline]
#[target_feature(enable = "sse4.2")]
fn gradient<const SCALE: i16>(parts: __m128i, corner: i16) -> __m128i {
    let sum = _mm_add_epi16(parts, _mm_alignr_epi8::<8>(parts, parts));
    let sum = _mm_add_epi16(sum, _mm_alignr_epi8::<4>(sum, sum));
    let sum = _mm_add_epi16(sum, _mm_alignr_epi8::<2>(sum, sum));
    // (x * (SCALE << 9) + (1 << 14)) >> 15, which is the same.
    _mm_mulhrs_epi16(_mm_sub_epi16(sum, _mm_set1_epi16(corner)), _mm_set1_epi16(SCALE << 9))
}

#[target_feature(enable = "sse4.2")]
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
            let half = |[a, b]: [u8; 2]| _mm_unpacklo_epi32(_mm_set1_epi8(a as i8), _mm_set1_epi8(b as i8));
            let [upper, lower] = scalar::intra::chroma_dc(top, left, available, 255);
            let (upper, lower) = (half(upper), half(lower));
            for y in 0..8 {
                store_8(dst.at(y, 0), if y < 4 { upper } else { lower });
            }
        }
        1 => {
            for y in 0..8 {
                store_8(dst.at(y, 0), _mm_set1_epi8(left[y] as i8));
            }
        }
        2 => {
            for y in 0..8 {
                *dst.at(y, 0) = *top;
            }
        }
        3 => {
            let (b, c) = (gradient_8(load_8(top), top_left), gradient_8(load_8(left), top_left));
            let mut row = plane_row_8(top, left, b, c);
            for y in 0..8 {
                let samples = _mm_srai_epi16::<5>(row);
                store_8(dst.at(y, 0), _mm_packus_epi16(samples, samples));
                row = _mm_add_epi16(row, c);
            }
        }
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}

/// The first row of 8.3.4.4, 5 bits too large.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn plane_row_8(top: &[u8; 8], left: &[u8; 8], b: __m128i, c: __m128i) -> __m128i {
    // 16 bits are enough: |a| <= 8160, |b| and |c| <= 1355.
    let a = _mm_set1_epi16(plane_start(top[7], left[7]));
    let first = _mm_sub_epi16(a, _mm_mullo_epi16(c, _mm_set1_epi16(3)));
    _mm_add_epi16(first, _mm_mullo_epi16(b, _mm_setr_epi16(-3, -2, -1, 0, 1, 2, 3, 4)))
}
