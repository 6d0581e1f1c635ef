//! H.264 motion compensation, 16 sums at a time.
//!
//! The arithmetic is that of the SSE4.2 kernels. The two halves of a register take two rows, half a block apart, so
//! that a block only four or eight wide fills them too and the results need no permutation; only where a block 16
//! wide is filtered twice they take the halves of one row, for else the sums of two times six rows would be live.
#![forbid(unsafe_code)]

use crate::mem::{Rows, RowsMut, before};
use crate::scalar::mc::Window;
use crate::x86::mem::{load_8, load_16, load_32, load_n, store_8, store_16, store_n};
use crate::x86::sse42;
use crate::x86::sse42::mc::{
    LINE, Other, ROUND_5, ROUND_6, TAPS, bilinear, load_line, narrow, neighbours, pair, rounding,
};
use core::arch::x86_64::*;

const fn both_halves(low: [u8; 16], high: [u8; 16]) -> [u8; 32] {
    let mut m = [0; 32];
    let mut i = 0;
    while i < 16 {
        m[i] = low[i];
        m[16 + i] = high[i];
        i += 1;
    }
    m
}

/// The shuffles for lines as [`load_line`] puts them.
const SHORT: [[u8; 32]; 3] =
    [both_halves(LINE[0], LINE[0]), both_halves(LINE[1], LINE[1]), both_halves(LINE[2], LINE[2])];

/// A line of 21 samples is loaded as its first 16, for the first eight sums, and its last 16, that start five
/// samples later, for the other eight.
const fn first(i: u8) -> [u8; 16] {
    neighbours(i, 16)
}
const fn last(i: u8) -> [u8; 16] {
    neighbours(i, 0)
}
const FIRST: [[u8; 32]; 3] =
    [both_halves(first(0), first(0)), both_halves(first(2), first(2)), both_halves(first(4), first(4))];
const LAST: [[u8; 32]; 3] =
    [both_halves(last(0), last(0)), both_halves(last(2), last(2)), both_halves(last(4), last(4))];
const LONG: [[u8; 32]; 3] =
    [both_halves(first(0), last(0)), both_halves(first(2), last(2)), both_halves(first(4), last(4))];

/// `N` samples each of the rows `y` and `y + gap` into the two halves.
#[inline]
#[target_feature(enable = "avx2")]
fn load_rows<const N: usize>(src: Rows<'_, u8>, y: usize, gap: usize, x: usize) -> __m256i {
    _mm256_set_m128i(load_n::<N>(src.at(y + gap, x)), load_n::<N>(src.at(y, x)))
}

/// As [`load_rows`].
#[inline]
#[target_feature(enable = "avx2")]
fn load_rows_mut<const N: usize>(dst: &mut RowsMut<'_, u8>, y: usize, gap: usize) -> __m256i {
    let low = load_n::<N>(dst.at(y, 0));
    _mm256_set_m128i(load_n::<N>(dst.at(y + gap, 0)), low)
}

/// The samples that `other` has for the rows `y` and `y + gap` of the block.
#[inline]
#[target_feature(enable = "avx2")]
fn load_other<const N: usize>(other: Other<'_>, y: usize, gap: usize) -> __m256i {
    load_rows::<N>(other.rows, other.y + y, gap, other.x)
}

/// [`store_rows`] of `v`, or of its mean with the samples that are there.
#[inline]
#[target_feature(enable = "avx2")]
fn put_rows<const N: usize, const AVG: bool>(dst: &mut RowsMut<'_, u8>, y: usize, gap: usize, v: __m256i) {
    let v = if AVG { _mm256_avg_epu8(v, load_rows_mut::<N>(dst, y, gap)) } else { v };
    store_rows::<N>(dst, y, gap, v);
}

/// `N` samples of each half of `v` to the rows `y` and `y + gap`.
#[inline]
#[target_feature(enable = "avx2")]
fn store_rows<const N: usize>(dst: &mut RowsMut<'_, u8>, y: usize, gap: usize, v: __m256i) {
    store_n::<N>(dst.at(y, 0), _mm256_castsi256_si128(v));
    store_n::<N>(dst.at(y + gap, 0), _mm256_extracti128_si256::<1>(v));
}

/// The 6-tap sums of pairs 0 and 1, 2 and 3, 4 and 5.
#[inline]
#[target_feature(enable = "avx2")]
fn taps(p01: __m256i, p23: __m256i, p45: __m256i) -> __m256i {
    let outer = _mm256_add_epi16(
        _mm256_maddubs_epi16(p01, _mm256_set1_epi16(TAPS[0])),
        _mm256_maddubs_epi16(p45, _mm256_set1_epi16(TAPS[2])),
    );
    _mm256_add_epi16(outer, _mm256_maddubs_epi16(p23, _mm256_set1_epi16(TAPS[1])))
}

/// b1 of the samples that `shuffles` picks from `line`.
#[inline]
#[target_feature(enable = "avx2")]
fn b1(line: __m256i, shuffles: &[[u8; 32]; 3]) -> __m256i {
    let p01 = _mm256_shuffle_epi8(line, load_32(&shuffles[0]));
    let p23 = _mm256_shuffle_epi8(line, load_32(&shuffles[1]));
    let p45 = _mm256_shuffle_epi8(line, load_32(&shuffles[2]));
    taps(p01, p23, p45)
}

/// b1 of rows `y` and `y + gap` of a block four or eight wide.
#[inline]
#[target_feature(enable = "avx2")]
fn b1_short<const N: usize>(src: Rows<'_, u8>, y: usize, gap: usize) -> __m256i {
    b1(_mm256_set_m128i(load_line::<N>(src, y + gap, 0), load_line::<N>(src, y, 0)), &SHORT)
}

/// b1 of row `y` of a block 16 wide.
#[inline]
#[target_feature(enable = "avx2")]
fn b1_long(src: Rows<'_, u8>, y: usize) -> __m256i {
    b1(_mm256_set_m128i(load_16(src.at(y, 5)), load_16(src.at(y, 0))), &LONG)
}

/// b of b1, or h of h1, from two vectors to one.
#[inline]
#[target_feature(enable = "avx2")]
fn half(low: __m256i, high: __m256i) -> __m256i {
    let round = _mm256_set1_epi16(ROUND_5);
    _mm256_packus_epi16(_mm256_mulhrs_epi16(low, round), _mm256_mulhrs_epi16(high, round))
}

/// j from the b1 of six rows, before the clip; `sse42::mc::second_pass` says why this is exact.
#[inline]
#[target_feature(enable = "avx2")]
fn second_pass(r0: __m256i, r1: __m256i, r2: __m256i, r3: __m256i, r4: __m256i, r5: __m256i) -> __m256i {
    let (a, b, c) = (_mm256_add_epi16(r0, r5), _mm256_add_epi16(r1, r4), _mm256_add_epi16(r2, r3));
    let quarter = _mm256_srai_epi16::<2>(_mm256_sub_epi16(a, b));
    let v = _mm256_add_epi16(_mm256_srai_epi16::<2>(_mm256_adds_epi16(quarter, _mm256_sub_epi16(c, b))), c);
    _mm256_mulhrs_epi16(v, _mm256_set1_epi16(ROUND_6))
}

/// b of the rows of the window from `from`, alone or with the `other` samples.
#[inline]
#[target_feature(enable = "avx2")]
fn horizontal<const W: usize, const H: usize, const MIX: bool, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    from: usize,
    other: Other<'_>,
) {
    let gap = H / 2;
    for y in 0..gap {
        let mut v = if W == 16 {
            half(b1(load_rows::<16>(src, from + y, gap, 0), &FIRST), b1(load_rows::<16>(src, from + y, gap, 5), &LAST))
        } else {
            let sum = b1_short::<W>(src, from + y, gap);
            half(sum, sum)
        };
        if MIX {
            v = _mm256_avg_epu8(v, load_other::<W>(other, y, gap));
        }
        put_rows::<W, AVG>(dst, y, gap, v);
    }
}

/// h of the columns of the window from `from`, alone or with the `other` samples.
#[inline]
#[target_feature(enable = "avx2")]
fn vertical<const W: usize, const H: usize, const MIX: bool, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    from: usize,
    other: Other<'_>,
) {
    let gap = H / 2;
    let rows = |y| load_rows::<W>(src, y, gap, from);
    let mut low = [_mm256_setzero_si256(); 5];
    let mut high = low;
    let mut last = rows(0);
    for i in 0..4 {
        let next = rows(i + 1);
        (low[i], high[i]) = (_mm256_unpacklo_epi8(last, next), _mm256_unpackhi_epi8(last, next));
        last = next;
    }
    for y in 0..gap {
        let next = rows(y + 5);
        (low[4], high[4]) = (_mm256_unpacklo_epi8(last, next), _mm256_unpackhi_epi8(last, next));
        last = next;
        let sum = taps(low[0], low[2], low[4]);
        let mut v = half(sum, if W == 16 { taps(high[0], high[2], high[4]) } else { sum });
        if MIX {
            v = _mm256_avg_epu8(v, load_other::<W>(other, y, gap));
        }
        put_rows::<W, AVG>(dst, y, gap, v);
        low = [low[1], low[2], low[3], low[4], low[4]];
        high = [high[1], high[2], high[3], high[4], high[4]];
    }
}

/// What j is put with: nothing, ...
const ALONE: u8 = 0;
/// ... the b of its row, ...
const WITH_B: u8 = 1;
/// ... the b of the row below, ...
const WITH_B_BELOW: u8 = 2;
/// ... or the `other` samples.
const WITH_OTHER: u8 = 3;

/// j of the whole window, mixed as `MIX` says.
#[inline]
#[target_feature(enable = "avx2")]
fn both<const W: usize, const H: usize, const MIX: u8, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    other: Other<'_>,
) {
    if W == 16 { both_long::<H, MIX, AVG>(dst, src, other) } else { both_short::<W, H, MIX, AVG>(dst, src, other) }
}

/// [`both`] for blocks 16 wide, by single rows.
#[inline]
#[target_feature(enable = "avx2")]
fn both_long<const H: usize, const MIX: u8, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    other: Other<'_>,
) {
    // Packing two rows interleaves their halves.
    let rows = |v| _mm256_permute4x64_epi64::<0b11_01_10_00>(v);
    let mut s = [_mm256_setzero_si256(); 5];
    for i in 0..5 {
        s[i] = b1_long(src, i);
    }
    for y in (0..H).step_by(2) {
        let (s5, s6) = (b1_long(src, y + 5), b1_long(src, y + 6));
        let j0 = second_pass(s[0], s[1], s[2], s[3], s[4], s5);
        let j1 = second_pass(s[1], s[2], s[3], s[4], s5, s6);
        let mut v = _mm256_packus_epi16(j0, j1);
        match MIX {
            WITH_B => v = _mm256_avg_epu8(v, half(s[2], s[3])),
            WITH_B_BELOW => v = _mm256_avg_epu8(v, half(s[3], s[4])),
            _ => {}
        }
        v = rows(v);
        if MIX == WITH_OTHER {
            v = _mm256_avg_epu8(v, load_other::<16>(other, y, 1));
        }
        put_rows::<16, AVG>(dst, y, 1, v);
        s = [s[2], s[3], s[4], s5, s6];
    }
}

/// [`both`] for blocks four or eight wide, by two rows half the block apart.
#[inline]
#[target_feature(enable = "avx2")]
fn both_short<const W: usize, const H: usize, const MIX: u8, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    other: Other<'_>,
) {
    let gap = H / 2;
    let mut s = [_mm256_setzero_si256(); 5];
    for i in 0..5 {
        s[i] = b1_short::<W>(src, i, gap);
    }
    for y in 0..gap {
        let s5 = b1_short::<W>(src, y + 5, gap);
        let j = second_pass(s[0], s[1], s[2], s[3], s[4], s5);
        let mut v = _mm256_packus_epi16(j, j);
        match MIX {
            WITH_B => v = _mm256_avg_epu8(v, half(s[2], s[2])),
            WITH_B_BELOW => v = _mm256_avg_epu8(v, half(s[3], s[3])),
            WITH_OTHER => v = _mm256_avg_epu8(v, load_other::<W>(other, y, gap)),
            _ => {}
        }
        put_rows::<W, AVG>(dst, y, gap, v);
        s = [s[1], s[2], s[3], s[4], s5];
    }
}

/// Puts the prediction, or with `AVG` its mean with the block that is there.
#[target_feature(enable = "avx2")]
pub(crate) fn luma_mc<const W: usize, const H: usize, const AVG: bool>(
    dst: &mut [u8],
    dst_stride: usize,
    src: &[u8],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let dst = &mut RowsMut::new(dst, dst_stride, W, H);
    let Window { rows: src, x, y } = Window::new::<W, H>(src, src_off, src_stride, dx, dy);
    let (right, below) = (usize::from(dx == 3), usize::from(dy == 3));
    let g = Other { rows: src, x: x + right, y: y + below };
    match (dx, dy) {
        (0, 0) => {
            for y in 0..H {
                if AVG {
                    let d = dst.at::<W>(y, 0);
                    store_n(d, _mm_avg_epu8(load_n(d), load_n(src.at::<W>(y, 0))));
                } else {
                    *dst.at::<W>(y, 0) = *src.at(y, 0);
                }
            }
        }
        (2, 0) => horizontal::<W, H, false, AVG>(dst, src, 0, g),
        (_, 0) => horizontal::<W, H, true, AVG>(dst, src, 0, g),
        (0, 2) => vertical::<W, H, false, AVG>(dst, src, 0, g),
        (0, _) => vertical::<W, H, true, AVG>(dst, src, 0, g),
        (2, 2) => both::<W, H, ALONE, AVG>(dst, src, g),
        (2, 1) => both::<W, H, WITH_B, AVG>(dst, src, g),
        (2, _) => both::<W, H, WITH_B_BELOW, AVG>(dst, src, g),
        (_, 2) => {
            let mut first = [0; 256];
            vertical::<W, H, false, false>(&mut RowsMut::new(&mut first, W, W, H), src, g.x, g);
            let h = Other { rows: Rows::new(&first, W, W, H), x: 0, y: 0 };
            both::<W, H, WITH_OTHER, AVG>(dst, src, h);
        }
        _ => {
            let mut first = [0; 256];
            horizontal::<W, H, false, false>(&mut RowsMut::new(&mut first, W, W, H), src, g.y, g);
            let b = Other { rows: Rows::new(&first, W, W, H), x: 0, y: 0 };
            vertical::<W, H, true, AVG>(dst, src, g.x, b);
        }
    }
}

/// Chroma blocks eight or four wide; `h` is even.
#[target_feature(enable = "avx2")]
pub(crate) fn chroma_mc<const W: usize>(
    h: usize,
    dst: &mut [u8],
    dst_stride: usize,
    src: &[u8],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let dst = &mut RowsMut::new(dst, dst_stride, W, h);
    let (right, below) = (usize::from(dx != 0), usize::from(dy != 0));
    let src = Rows::new(before(src, src_off, 0), src_stride, W + right, h + below);
    let factors = bilinear(dx, dy);
    let (ab, cd) = (_mm256_set1_epi16(factors[0]), _mm256_set1_epi16(factors[1]));
    let gap = h / 2;
    let mut put = |y, sum| {
        let v = _mm256_mulhrs_epi16(sum, _mm256_set1_epi16(ROUND_6));
        store_rows::<W>(dst, y, gap, _mm256_packus_epi16(v, v));
    };
    let rows = |y, x| load_rows::<W>(src, y, gap, x);
    match (dx, dy) {
        (0, 0) => {
            for y in 0..h {
                *dst.at::<W>(y, 0) = *src.at(y, 0);
            }
        }
        (_, 0) => {
            for y in 0..gap {
                put(y, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(rows(y, 0), rows(y, 1)), ab));
            }
        }
        (0, _) => {
            let factors = _mm256_set1_epi16(pair(8 * (8 - dy as i8), 8 * dy as i8));
            let mut above = rows(0, 0);
            for y in 0..gap {
                let next = rows(y + 1, 0);
                put(y, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(above, next), factors));
                above = next;
            }
        }
        _ => {
            let mut above = _mm256_unpacklo_epi8(rows(0, 0), rows(0, 1));
            for y in 0..gap {
                let next = _mm256_unpacklo_epi8(rows(y + 1, 0), rows(y + 1, 1));
                put(y, _mm256_add_epi16(_mm256_maddubs_epi16(above, ab), _mm256_maddubs_epi16(next, cd)));
                above = next;
            }
        }
    }
}

/// Cb and Cr at once, eight wide, one in each half; with `AVG`, the mean of the prediction and the blocks that are
/// there.
#[target_feature(enable = "avx2")]
pub(crate) fn chroma_mc_pair<const AVG: bool>(
    h: usize,
    dst: [&mut [u8]; 2],
    dst_stride: usize,
    src: [&[u8]; 2],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    // With the heights that partitions have as constants, no row is checked for by itself.
    match h {
        4 => pair_of_height::<4, AVG>(dst, dst_stride, src, src_off, src_stride, dx, dy),
        8 => pair_of_height::<8, AVG>(dst, dst_stride, src, src_off, src_stride, dx, dy),
        16 => pair_of_height::<16, AVG>(dst, dst_stride, src, src_off, src_stride, dx, dy),
        _ => sse42::mc::chroma_mc_pair::<8, AVG>(h, dst, dst_stride, src, src_off, src_stride, dx, dy),
    }
}

/// [`chroma_mc_pair`] of blocks `H` high.
#[inline]
#[target_feature(enable = "avx2")]
fn pair_of_height<const H: usize, const AVG: bool>(
    [cb, cr]: [&mut [u8]; 2],
    dst_stride: usize,
    src: [&[u8]; 2],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let (mut cb, mut cr) = (RowsMut::new(cb, dst_stride, 8, H), RowsMut::new(cr, dst_stride, 8, H));
    let window = |w, h| src.map(|src| Rows::new(before(src, src_off, 0), src_stride, w, h));
    let row =
        |[cb, cr]: [Rows<'_, u8>; 2], y: usize, x: usize| _mm256_set_m128i(load_8(cr.at(y, x)), load_8(cb.at(y, x)));
    let mut put = |y: usize, sum: __m256i| {
        let v = _mm256_mulhrs_epi16(sum, _mm256_set1_epi16(ROUND_6));
        let v = _mm256_packus_epi16(v, v);
        let (cb, cr) = (cb.at(y, 0), cr.at(y, 0));
        let v = if AVG { _mm256_avg_epu8(v, _mm256_set_m128i(load_8(cr), load_8(cb))) } else { v };
        store_8(cb, _mm256_castsi256_si128(v));
        store_8(cr, _mm256_extracti128_si256::<1>(v));
    };
    let [ab, cd] = bilinear(dx, dy).map(|pair| _mm256_set1_epi16(pair));
    match (dx, dy) {
        (0, 0) => {
            for (dst, src) in [&mut cb, &mut cr].into_iter().zip(window(8, H)) {
                for y in 0..H {
                    let (to, from) = (dst.at(y, 0), src.at(y, 0));
                    let v = load_8(from);
                    store_8(to, if AVG { _mm_avg_epu8(v, load_8(to)) } else { v });
                }
            }
        }
        (_, 0) => {
            let src = window(9, H);
            for y in 0..H {
                put(y, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(row(src, y, 0), row(src, y, 1)), ab));
            }
        }
        (0, _) => {
            let src = window(8, H + 1);
            let factors = _mm256_set1_epi16(pair(8 * (8 - dy as i8), 8 * dy as i8));
            let mut above = row(src, 0, 0);
            for y in 0..H {
                let next = row(src, y + 1, 0);
                put(y, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(above, next), factors));
                above = next;
            }
        }
        _ => {
            let src = window(9, H + 1);
            let pairs = |y: usize| _mm256_unpacklo_epi8(row(src, y, 0), row(src, y, 1));
            let mut above = pairs(0);
            for y in 0..H {
                let next = pairs(y + 1);
                put(y, _mm256_add_epi16(_mm256_maddubs_epi16(above, ab), _mm256_maddubs_epi16(next, cd)));
                above = next;
            }
        }
    }
}

/// For blocks 16 wide.
#[target_feature(enable = "avx2")]
pub(crate) fn weight(h: usize, dst: &mut [u8], dst_stride: usize, log2_denom: u8, weight: i32, offset: i32) {
    let mut dst = RowsMut::new(dst, dst_stride, 16, h);
    let (factor, round) = (_mm256_set1_epi16(weight as i16), _mm256_set1_epi16(rounding(log2_denom)));
    let (shift, offset) = (_mm_cvtsi32_si128(i32::from(log2_denom)), _mm256_set1_epi16(offset as i16));
    for y in 0..h {
        let d = dst.at(y, 0);
        let v = _mm256_mullo_epi16(_mm256_cvtepu8_epi16(load_16(d)), factor);
        let v = _mm256_adds_epi16(_mm256_sra_epi16(_mm256_add_epi16(v, round), shift), offset);
        store_16(d, _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v)));
    }
}

/// For blocks 16 wide with `h` even.
#[target_feature(enable = "avx2")]
pub(crate) fn biweight(
    h: usize,
    dst: &mut [u8],
    dst_stride: usize,
    src: &[u8],
    src_stride: usize,
    log2_denom: u8,
    w0: i32,
    w1: i32,
    offset: i32,
) {
    if !narrow(log2_denom, w0, w1) {
        return sse42::mc::biweight::<16>(h, dst, dst_stride, src, src_stride, log2_denom, w0, w1, offset);
    }
    let mut dst = RowsMut::new(dst, dst_stride, 16, h);
    let src = Rows::new(src, src_stride, 16, h);
    let (factors, round) = (_mm256_set1_epi16(pair(w0 as i8, w1 as i8)), _mm256_set1_epi16(1 << log2_denom));
    let (shift, offset) = (_mm_cvtsi32_si128(i32::from(log2_denom) + 1), _mm256_set1_epi16(offset as i16));
    let weigh = |pairs| {
        let v = _mm256_add_epi16(_mm256_maddubs_epi16(pairs, factors), round);
        _mm256_adds_epi16(_mm256_sra_epi16(v, shift), offset)
    };
    let gap = h / 2;
    for y in 0..gap {
        let (p0, p1) = (load_rows_mut::<16>(&mut dst, y, gap), load_rows::<16>(src, y, gap, 0));
        let v = _mm256_packus_epi16(weigh(_mm256_unpacklo_epi8(p0, p1)), weigh(_mm256_unpackhi_epi8(p0, p1)));
        store_rows::<16>(&mut dst, y, gap, v);
    }
}
