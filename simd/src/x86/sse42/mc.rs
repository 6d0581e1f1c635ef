//! H.264 motion compensation, eight samples (or four, or two) at a time.
//!
//! The 6-tap filter is three `maddubs` on pairs of neighbours: its sums are within -2550 and 10710, so 16 bits hold
//! them. For the middle sample j that is filtered twice see [`second_pass`].
#![forbid(unsafe_code)]

use crate::mem::{Rows, RowsMut, before};
use crate::scalar::mc::Window;
use crate::x86::mem::{load_4, load_8, load_16, load_n, store_n};
use core::arch::x86_64::*;

/// A pair of 8-bit factors for `maddubs`.
pub(crate) const fn pair(even: i8, odd: i8) -> i16 {
    i16::from_le_bytes([even as u8, odd as u8])
}
/// The taps of 8.4.2.2.1, two by two.
pub(crate) const TAPS: [i16; 3] = [pair(1, -5), pair(20, 20), pair(-5, 1)];
/// `mulhrs` by this is `(v + 16) >> 5`.
pub(crate) const ROUND_5: i16 = 1 << 10;
/// `mulhrs` by this is `(v + 32) >> 6`.
pub(crate) const ROUND_6: i16 = 1 << 9;

/// The shuffle that yields the pairs (i, i + 1) for eight neighbouring i from `first`; samples from number `gap` on
/// lie three bytes further up.
pub(crate) const fn neighbours(first: u8, gap: u8) -> [u8; 16] {
    let mut m = [0; 16];
    let mut i = 0;
    while i < 16 {
        let k = first + i as u8 / 2 + i as u8 % 2;
        m[i] = if k < gap { k } else { k + 3 };
        i += 1;
    }
    m
}

/// Where [`load_line`] puts samples.
pub(crate) const LINE: [[u8; 16]; 3] = [neighbours(0, 8), neighbours(2, 8), neighbours(4, 8)];

/// The `N + 5` samples from (x, y) on that `N` filtered ones need, without touching any other: number 8 and on lie
/// at byte 11.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_line<const N: usize>(src: Rows<'_, u8>, y: usize, x: usize) -> __m128i {
    let rest = if N == 8 { load_8(src.at(y, x + 5)) } else { load_4(src.at(y, x + 5)) };
    _mm_unpacklo_epi64(load_8(src.at(y, x)), rest)
}

/// The 6-tap sums of pairs 0 and 1, 2 and 3, 4 and 5.
#[inline]
#[target_feature(enable = "sse4.2")]
fn taps(p01: __m128i, p23: __m128i, p45: __m128i) -> __m128i {
    let outer =
        _mm_add_epi16(_mm_maddubs_epi16(p01, _mm_set1_epi16(TAPS[0])), _mm_maddubs_epi16(p45, _mm_set1_epi16(TAPS[2])));
    _mm_add_epi16(outer, _mm_maddubs_epi16(p23, _mm_set1_epi16(TAPS[1])))
}

/// b1 of the `N` samples two to the right of (x, y).
#[inline]
#[target_feature(enable = "sse4.2")]
fn b1<const N: usize>(src: Rows<'_, u8>, y: usize, x: usize) -> __m128i {
    let line = load_line::<N>(src, y, x);
    let p01 = _mm_shuffle_epi8(line, load_16(&LINE[0]));
    let p23 = _mm_shuffle_epi8(line, load_16(&LINE[1]));
    let p45 = _mm_shuffle_epi8(line, load_16(&LINE[2]));
    taps(p01, p23, p45)
}

/// b of b1, or h of h1.
#[inline]
#[target_feature(enable = "sse4.2")]
fn half(sum: __m128i) -> __m128i {
    let v = _mm_mulhrs_epi16(sum, _mm_set1_epi16(ROUND_5));
    _mm_packus_epi16(v, v)
}

/// j from the b1 of six rows: with a, b, c the sums of the outer, middle and inner two,
/// `(a - 5b + 20c + 512) >> 10` is `((((a - b) >> 2) - b + c >> 2) + c + 32) >> 6`, for what the shifts drop can not
/// carry. Only the sum before the second shift may leave 16 bits; it is then so far out that j is clipped
/// whether it saturates or not.
#[inline]
#[target_feature(enable = "sse4.2")]
fn second_pass(r: &[__m128i; 6]) -> __m128i {
    let (a, b, c) = (_mm_add_epi16(r[0], r[5]), _mm_add_epi16(r[1], r[4]), _mm_add_epi16(r[2], r[3]));
    let quarter = _mm_srai_epi16::<2>(_mm_sub_epi16(a, b));
    let v = _mm_add_epi16(_mm_srai_epi16::<2>(_mm_adds_epi16(quarter, _mm_sub_epi16(c, b))), c);
    let v = _mm_mulhrs_epi16(v, _mm_set1_epi16(ROUND_6));
    _mm_packus_epi16(v, v)
}

/// Samples to take the mean with: those of `rows` from row `y` and column `x` on.
#[derive(Clone, Copy)]
pub(crate) struct Other<'a> {
    pub(crate) rows: Rows<'a, u8>,
    pub(crate) x: usize,
    pub(crate) y: usize,
}

/// Puts the low `N` samples, or their mean with those that are there.
#[inline]
#[target_feature(enable = "sse4.2")]
fn put<const N: usize, const AVG: bool>(d: &mut [u8; N], v: __m128i) {
    store_n(d, if AVG { _mm_avg_epu8(v, load_n(d)) } else { v });
}

/// b of the rows of the window from `from`, alone or with the `other` samples.
#[inline]
#[target_feature(enable = "sse4.2")]
fn horizontal<const N: usize, const H: usize, const MIX: bool, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    x: usize,
    from: usize,
    other: Other<'_>,
) {
    for y in 0..H {
        let mut v = half(b1::<N>(src, from + y, x));
        if MIX {
            v = _mm_avg_epu8(v, load_n::<N>(other.rows.at(other.y + y, other.x + x)));
        }
        put::<N, AVG>(dst.at(y, x), v);
    }
}

/// h of the columns of the window from `from`, alone or with the `other` samples.
#[inline]
#[target_feature(enable = "sse4.2")]
fn vertical<const N: usize, const H: usize, const MIX: bool, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    x: usize,
    from: usize,
    other: Other<'_>,
) {
    let row = |y| load_n::<N>(src.at(y, from + x));
    let mut pairs = [_mm_setzero_si128(); 5];
    for i in 0..4 {
        pairs[i] = _mm_unpacklo_epi8(row(i), row(i + 1));
    }
    let mut last = row(4);
    for y in 0..H {
        let next = row(y + 5);
        pairs[4] = _mm_unpacklo_epi8(last, next);
        let mut v = half(taps(pairs[0], pairs[2], pairs[4]));
        if MIX {
            v = _mm_avg_epu8(v, load_n::<N>(other.rows.at(other.y + y, other.x + x)));
        }
        put::<N, AVG>(dst.at(y, x), v);
        pairs = [pairs[1], pairs[2], pairs[3], pairs[4], pairs[4]];
        last = next;
    }
}

/// j of the whole window, alone or with the `other` samples.
#[inline]
#[target_feature(enable = "sse4.2")]
fn both<const N: usize, const H: usize, const MIX: bool, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    x: usize,
    _: usize,
    other: Other<'_>,
) {
    let mut sums = [_mm_setzero_si128(); 6];
    for i in 0..5 {
        sums[i] = b1::<N>(src, i, x);
    }
    for y in 0..H {
        sums[5] = b1::<N>(src, y + 5, x);
        let mut v = second_pass(&sums);
        if MIX {
            v = _mm_avg_epu8(v, load_n::<N>(other.rows.at(other.y + y, other.x + x)));
        }
        put::<N, AVG>(dst.at(y, x), v);
        sums = [sums[1], sums[2], sums[3], sums[4], sums[5], sums[5]];
    }
}

/// j of the whole window with the b of the row that is `below` rows below it.
#[inline]
#[target_feature(enable = "sse4.2")]
fn both_with_b<const N: usize, const H: usize, const BELOW: bool, const AVG: bool>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    x: usize,
    _: usize,
    _: Other<'_>,
) {
    let mut sums = [_mm_setzero_si128(); 6];
    for i in 0..5 {
        sums[i] = b1::<N>(src, i, x);
    }
    for y in 0..H {
        sums[5] = b1::<N>(src, y + 5, x);
        let b = half(if BELOW { sums[3] } else { sums[2] });
        put::<N, AVG>(dst.at(y, x), _mm_avg_epu8(second_pass(&sums), b));
        sums = [sums[1], sums[2], sums[3], sums[4], sums[5], sums[5]];
    }
}

/// Calls `$kernel::<N, H, MIX, AVG>` for each strip of the block that is as wide as a vector takes.
macro_rules! strips {
    ($kernel:ident, $mix:expr, $avg:expr, $dst:expr, $src:expr, $from:expr, $other:expr) => {
        match W {
            16 => {
                for x in [0, 8] {
                    $kernel::<8, H, { $mix }, { $avg }>($dst, $src, x, $from, $other);
                }
            }
            8 => $kernel::<8, H, { $mix }, { $avg }>($dst, $src, 0, $from, $other),
            _ => $kernel::<4, H, { $mix }, { $avg }>($dst, $src, 0, $from, $other),
        }
    };
}

/// Puts the prediction, or with `AVG` its mean with the block that is there.
#[target_feature(enable = "sse4.2")]
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
        (2, 0) => strips!(horizontal, false, AVG, dst, src, 0, g),
        (_, 0) => strips!(horizontal, true, AVG, dst, src, 0, g),
        (0, 2) => strips!(vertical, false, AVG, dst, src, 0, g),
        (0, _) => strips!(vertical, true, AVG, dst, src, 0, g),
        (2, 2) => strips!(both, false, AVG, dst, src, 0, g),
        (2, 1) => strips!(both_with_b, false, AVG, dst, src, 0, g),
        (2, _) => strips!(both_with_b, true, AVG, dst, src, 0, g),
        (_, 2) => {
            let mut first = [0; 256];
            let h = &mut RowsMut::new(&mut first, W, W, H);
            strips!(vertical, false, false, h, src, g.x, g);
            let h = Other { rows: Rows::new(&first, W, W, H), x: 0, y: 0 };
            strips!(both, true, AVG, dst, src, 0, h);
        }
        _ => {
            let mut first = [0; 256];
            let b = &mut RowsMut::new(&mut first, W, W, H);
            strips!(horizontal, false, false, b, src, g.y, g);
            let b = Other { rows: Rows::new(&first, W, W, H), x: 0, y: 0 };
            strips!(vertical, true, AVG, dst, src, g.x, b);
        }
    }
}

/// The factors of 8.4.2.2.2 for A and B, and for C and D.
pub(crate) const fn bilinear(dx: u8, dy: u8) -> [i16; 2] {
    let (x, y) = (dx as i8, dy as i8);
    [pair((8 - x) * (8 - y), x * (8 - y)), pair((8 - x) * y, x * y)]
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn store_bilinear<const W: usize>(dst: &mut [u8; W], sum: __m128i) {
    let v = _mm_mulhrs_epi16(sum, _mm_set1_epi16(ROUND_6));
    store_n(dst, _mm_packus_epi16(v, v));
}

#[target_feature(enable = "sse4.2")]
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
    let (ab, cd) = (_mm_set1_epi16(factors[0]), _mm_set1_epi16(factors[1]));
    match (dx, dy) {
        (0, 0) => {
            for y in 0..h {
                *dst.at::<W>(y, 0) = *src.at(y, 0);
            }
        }
        (_, 0) => {
            for y in 0..h {
                let pairs = _mm_unpacklo_epi8(load_n::<W>(src.at(y, 0)), load_n::<W>(src.at(y, 1)));
                store_bilinear::<W>(dst.at(y, 0), _mm_maddubs_epi16(pairs, ab));
            }
        }
        (0, _) => {
            let factors = _mm_set1_epi16(pair(8 * (8 - dy as i8), 8 * dy as i8));
            let mut above = load_n::<W>(src.at(0, 0));
            for y in 0..h {
                let next = load_n::<W>(src.at(y + 1, 0));
                store_bilinear::<W>(dst.at(y, 0), _mm_maddubs_epi16(_mm_unpacklo_epi8(above, next), factors));
                above = next;
            }
        }
        _ => {
            let pairs = |y| _mm_unpacklo_epi8(load_n::<W>(src.at(y, 0)), load_n::<W>(src.at(y, 1)));
            let mut above = pairs(0);
            for y in 0..h {
                let next = pairs(y + 1);
                let sum = _mm_add_epi16(_mm_maddubs_epi16(above, ab), _mm_maddubs_epi16(next, cd));
                store_bilinear::<W>(dst.at(y, 0), sum);
                above = next;
            }
        }
    }
}

/// Cb and Cr at once: with `AVG`, the mean of the prediction and the blocks that are there.
#[target_feature(enable = "sse4.2")]
pub(crate) fn chroma_mc_pair<const W: usize, const AVG: bool>(
    h: usize,
    [cb, cr]: [&mut [u8]; 2],
    dst_stride: usize,
    [src_cb, src_cr]: [&[u8]; 2],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let (cb, cr) = (&mut RowsMut::new(cb, dst_stride, W, h), &mut RowsMut::new(cr, dst_stride, W, h));
    let (right, below) = (usize::from(dx != 0), usize::from(dy != 0));
    let src_cb = Rows::new(before(src_cb, src_off, 0), src_stride, W + right, h + below);
    let src_cr = Rows::new(before(src_cr, src_off, 0), src_stride, W + right, h + below);
    if dx == 0 && dy == 0 {
        for y in 0..h {
            put::<W, AVG>(cb.at(y, 0), load_n(src_cb.at::<W>(y, 0)));
            put::<W, AVG>(cr.at(y, 0), load_n(src_cr.at::<W>(y, 0)));
        }
        return;
    }
    // Rows of Cb and Cr up to four wide fill a vector together.
    let narrow = W <= 4;
    let factors = bilinear(dx, dy);
    let (ab, cd) = (_mm_set1_epi16(factors[0]), _mm_set1_epi16(factors[1]));
    let row = |y: usize, x: usize| {
        let (cb, cr) = (load_n::<W>(src_cb.at(y, x)), load_n::<W>(src_cr.at(y, x)));
        (if narrow { _mm_unpacklo_epi32(cb, cr) } else { cb }, cr)
    };
    // Pairs of neighbours in a row; where there is no second one its factor is zero.
    let pairs = |y: usize| {
        let ((cb, cr), (next_cb, next_cr)) = (row(y, 0), row(y, right));
        (_mm_unpacklo_epi8(cb, next_cb), _mm_unpacklo_epi8(cr, next_cr))
    };
    let mut above = pairs(0);
    for y in 0..h {
        let next = pairs(y + below);
        if below == 0 {
            above = next;
        }
        let round = _mm_set1_epi16(ROUND_6);
        let sum = |above, next| {
            let sum = _mm_add_epi16(_mm_maddubs_epi16(above, ab), _mm_maddubs_epi16(next, cd));
            _mm_mulhrs_epi16(sum, round)
        };
        let first = sum(above.0, next.0);
        let v = _mm_packus_epi16(first, if narrow { first } else { sum(above.1, next.1) });
        put::<W, AVG>(cb.at(y, 0), v);
        put::<W, AVG>(cr.at(y, 0), if narrow { _mm_srli_si128::<4>(v) } else { _mm_unpackhi_epi64(v, v) });
        above = next;
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn avg<const W: usize>(h: usize, dst: &mut [u8], dst_stride: usize, src: &[u8], src_stride: usize) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let src = Rows::new(src, src_stride, W, h);
    for y in 0..h {
        let d = dst.at(y, 0);
        store_n::<W>(d, _mm_avg_epu8(load_n::<W>(d), load_n::<W>(src.at(y, 0))));
    }
}

/// Half of what a shift by `bits` divides by.
pub(crate) const fn rounding(bits: u8) -> i16 {
    if bits == 0 { 0 } else { 1 << (bits - 1) }
}

/// `v * weight`, rounded, shifted and offset. The sum before the shift is within 16 bits for every weight from -128
/// to 128 and denominator to 2^7.
#[target_feature(enable = "sse4.2")]
pub(crate) fn weight<const W: usize>(
    h: usize,
    dst: &mut [u8],
    dst_stride: usize,
    log2_denom: u8,
    weight: i32,
    offset: i32,
) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let (factor, round) = (_mm_set1_epi16(weight as i16), _mm_set1_epi16(rounding(log2_denom)));
    let (shift, offset) = (_mm_cvtsi32_si128(i32::from(log2_denom)), _mm_set1_epi16(offset as i16));
    let weigh = |samples| {
        let v = _mm_add_epi16(_mm_mullo_epi16(samples, factor), round);
        _mm_adds_epi16(_mm_sra_epi16(v, shift), offset)
    };
    for y in 0..h {
        let d = dst.at(y, 0);
        let v = load_n::<W>(d);
        let low = weigh(_mm_cvtepu8_epi16(v));
        let high = if W == 16 { weigh(_mm_unpackhi_epi8(v, _mm_setzero_si128())) } else { low };
        store_n::<W>(d, _mm_packus_epi16(low, high));
    }
}

/// Whether the sums of 8.4.2.3.2 stay within 16 bits. They do for all weights that the standard allows except an
/// implicit one of 128.
pub(crate) fn narrow(log2_denom: u8, w0: i32, w1: i32) -> bool {
    let largest = 255 * (w0.max(0) + w1.max(0)) + (1 << log2_denom);
    let smallest = 255 * (w0.min(0) + w1.min(0));
    w0.max(w1) <= 127 && largest <= 32767 && smallest >= -32768
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn biweight<const W: usize>(
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
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let src = Rows::new(src, src_stride, W, h);
    let (shift, offset) = (_mm_cvtsi32_si128(i32::from(log2_denom) + 1), _mm_set1_epi16(offset as i16));
    if narrow(log2_denom, w0, w1) {
        let (factors, round) = (_mm_set1_epi16(pair(w0 as i8, w1 as i8)), _mm_set1_epi16(1 << log2_denom));
        let weigh = |pairs| {
            let v = _mm_add_epi16(_mm_maddubs_epi16(pairs, factors), round);
            _mm_adds_epi16(_mm_sra_epi16(v, shift), offset)
        };
        for y in 0..h {
            let d = dst.at(y, 0);
            let (p0, p1) = (load_n::<W>(d), load_n::<W>(src.at(y, 0)));
            let low = weigh(_mm_unpacklo_epi8(p0, p1));
            let high = if W == 16 { weigh(_mm_unpackhi_epi8(p0, p1)) } else { low };
            store_n::<W>(d, _mm_packus_epi16(low, high));
        }
    } else {
        let factors = _mm_set1_epi32((w1 << 16) | (w0 & 0xffff));
        let round = _mm_set1_epi32(1 << log2_denom);
        let weigh = |pairs| _mm_sra_epi32(_mm_add_epi32(_mm_madd_epi16(pairs, factors), round), shift);
        // Eight pairs of samples, of 8 bits, to eight results.
        let weigh_8 = |pairs| {
            let low = weigh(_mm_cvtepu8_epi16(pairs));
            let high = weigh(_mm_unpackhi_epi8(pairs, _mm_setzero_si128()));
            _mm_adds_epi16(_mm_packs_epi32(low, high), offset)
        };
        for y in 0..h {
            let d = dst.at(y, 0);
            let (p0, p1) = (load_n::<W>(d), load_n::<W>(src.at(y, 0)));
            let low = weigh_8(_mm_unpacklo_epi8(p0, p1));
            let high = if W == 16 { weigh_8(_mm_unpackhi_epi8(p0, p1)) } else { low };
            store_n::<W>(d, _mm_packus_epi16(low, high));
        }
    }
}
