//! The H.264 deblocking filter, 16 luma lines at a time in 8-bit lanes.
//!
//! At a horizontal edge the samples p3 to q3 of all lines are rows already; at a vertical one they become rows by a
//! transpose, and columns again afterwards. Both then share the filters.
#![forbid(unsafe_code)]

use crate::block::Edge;
use crate::mem::{RowsMut, before_mut};
use crate::x86::mem::{load_4, load_8, load_16, store_4, store_8, store_16};
use core::arch::x86_64::*;

/// `|a - b|` of bytes.
#[inline]
#[target_feature(enable = "sse4.2")]
fn abs_diff(a: __m128i, b: __m128i) -> __m128i {
    _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a))
}

/// All ones where `|a - b| >= limit`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn far(a: __m128i, b: __m128i, limit: __m128i) -> __m128i {
    let distance = abs_diff(a, b);
    _mm_cmpeq_epi8(_mm_max_epu8(distance, limit), distance)
}

/// All ones in the lines whose samples are no edge of the picture itself (filterSamplesFlag without its bS part).
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn artefacts(p1: __m128i, p0: __m128i, q0: __m128i, q1: __m128i, alpha: __m128i, beta: __m128i) -> __m128i {
    let far = _mm_or_si128(far(p0, q0, alpha), _mm_or_si128(far(p1, p0, beta), far(q1, q0, beta)));
    _mm_cmpeq_epi8(far, _mm_setzero_si128())
}

#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn none(mask: __m128i) -> bool {
    _mm_testz_si128(mask, mask) != 0
}

/// `mask ? a : b`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn select(mask: __m128i, a: __m128i, b: __m128i) -> __m128i {
    _mm_blendv_epi8(b, a, mask)
}

/// p0 and q0 after their move towards each other by at most `tc` (8.7.2.3), which is below 128.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn edge_samples(p1: __m128i, p0: __m128i, q0: __m128i, q1: __m128i, tc: __m128i) -> (__m128i, __m128i) {
    // ((q0 - p0) * 4 + (p1 - q1) + 4) >> 3, as the difference of 4 q0 + p1 and 4 p0 + q1.
    let factors = _mm_set1_epi16(i16::from_le_bytes([4, 1]));
    let sum = |pairs| _mm_maddubs_epi16(pairs, factors);
    let low = _mm_sub_epi16(sum(_mm_unpacklo_epi8(q0, p1)), sum(_mm_unpacklo_epi8(p0, q1)));
    let high = _mm_sub_epi16(sum(_mm_unpackhi_epi8(q0, p1)), sum(_mm_unpackhi_epi8(p0, q1)));
    // A mulhrs by 2^12 is a rounded shift by 3. Saturated to bytes the value is still beyond tc.
    let eighth = _mm_set1_epi16(1 << 12);
    let delta = _mm_packs_epi16(_mm_mulhrs_epi16(low, eighth), _mm_mulhrs_epi16(high, eighth));
    let delta = _mm_max_epi8(_mm_min_epi8(delta, tc), _mm_sub_epi8(_mm_setzero_si128(), tc));
    // Signed saturation around 128 is the clip to 0..=255.
    let middle = _mm_set1_epi8(-128);
    let p0 = _mm_xor_si128(_mm_adds_epi8(_mm_xor_si128(p0, middle), delta), middle);
    let q0 = _mm_xor_si128(_mm_subs_epi8(_mm_xor_si128(q0, middle), delta), middle);
    (p0, q0)
}

/// p1 (or q1, with q2) after its move by at most `tc0`: to the floor of `(p2 + ((p0 + q0 + 1) >> 1)) / 2`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn second_sample(p2: __m128i, p1: __m128i, mean: __m128i, tc0: __m128i) -> __m128i {
    // The mean rounds up: take one off where it did.
    let odd = _mm_and_si128(_mm_xor_si128(p2, mean), _mm_set1_epi8(1));
    let target = _mm_sub_epi8(_mm_avg_epu8(p2, mean), odd);
    _mm_min_epu8(_mm_max_epu8(target, _mm_subs_epu8(p1, tc0)), _mm_adds_epu8(p1, tc0))
}

/// `v`'s four bytes, each repeated for the lines of one bS.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn spread<const LINES: i32>(tc0: &[i8; 4]) -> __m128i {
    let v = _mm_cvtsi32_si128(i32::from_ne_bytes([tc0[0] as u8, tc0[1] as u8, tc0[2] as u8, tc0[3] as u8]));
    if LINES == 4 {
        _mm_shuffle_epi8(v, _mm_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3))
    } else {
        _mm_shuffle_epi8(v, _mm_setr_epi8(0, 0, 1, 1, 2, 2, 3, 3, -1, -1, -1, -1, -1, -1, -1, -1))
    }
}

/// bS 1 to 3, with tC0 of each line: the new p3 to q3, or nothing where no line is filtered.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn weak(samples: [__m128i; 8], alpha: u8, beta: u8, tc0: __m128i) -> Option<[__m128i; 8]> {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = samples;
    let (alpha, beta) = (_mm_set1_epi8(alpha as i8), _mm_set1_epi8(beta as i8));
    let zero = _mm_setzero_si128();
    // Where tC0 is -1 the sign bit says that bS is 0.
    let on = _mm_andnot_si128(_mm_cmpgt_epi8(zero, tc0), artefacts(p1, p0, q0, q1, alpha, beta));
    if none(on) {
        return None;
    }
    let tc0 = _mm_and_si128(tc0, on);
    let flat_p = _mm_andnot_si128(far(p2, p0, beta), on);
    let flat_q = _mm_andnot_si128(far(q2, q0, beta), on);
    let mean = _mm_avg_epu8(p0, q0);
    let new_p1 = second_sample(p2, p1, mean, _mm_and_si128(tc0, flat_p));
    let new_q1 = second_sample(q2, q1, mean, _mm_and_si128(tc0, flat_q));
    let tc = _mm_sub_epi8(_mm_sub_epi8(tc0, flat_p), flat_q);
    let (new_p0, new_q0) = edge_samples(p1, p0, q0, q1, tc);
    Some([p3, p2, new_p1, new_p0, new_q0, new_q1, q2, q3])
}

/// The long strong form for one side, in 16-bit lanes: its three new samples, for p as for q.
#[inline]
#[target_feature(enable = "sse4.2")]
fn long_side([p3, p2, p1, p0, q0, q1]: [__m128i; 6]) -> [__m128i; 3] {
    let twice = |v| _mm_add_epi16(v, v);
    let inner = _mm_add_epi16(p1, _mm_add_epi16(p0, q0));
    let four = _mm_add_epi16(p2, inner);
    let round = _mm_set1_epi16(4);
    // p0: p2 + 2 p1 + 2 p0 + 2 q0 + q1; p1: p2 + p1 + p0 + q0; p2: 2 p3 + 3 p2 + p1 + p0 + q0.
    let new_p0 = _mm_add_epi16(_mm_add_epi16(four, inner), _mm_add_epi16(q1, round));
    let new_p1 = _mm_add_epi16(four, _mm_set1_epi16(2));
    let new_p2 = _mm_add_epi16(_mm_add_epi16(twice(_mm_add_epi16(p3, p2)), four), round);
    [_mm_srli_epi16::<3>(new_p0), _mm_srli_epi16::<2>(new_p1), _mm_srli_epi16::<3>(new_p2)]
}

/// [`long_side`] for 16 lines in bytes.
#[inline]
#[target_feature(enable = "sse4.2")]
fn long(v: [__m128i; 6]) -> [__m128i; 3] {
    let zero = _mm_setzero_si128();
    let low = |v| _mm_unpacklo_epi8(v, zero);
    let high = |v| _mm_unpackhi_epi8(v, zero);
    let a = long_side([low(v[0]), low(v[1]), low(v[2]), low(v[3]), low(v[4]), low(v[5])]);
    let b = long_side([high(v[0]), high(v[1]), high(v[2]), high(v[3]), high(v[4]), high(v[5])]);
    [_mm_packus_epi16(a[0], b[0]), _mm_packus_epi16(a[1], b[1]), _mm_packus_epi16(a[2], b[2])]
}

/// The short strong form: `(2 p1 + p0 + q1 + 2) >> 2`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn short(p1: __m128i, p0: __m128i, q1: __m128i) -> __m128i {
    // The mean of p1 with the floor of the mean of p0 and q1: the lost half can not carry through the second +1.
    let odd = _mm_and_si128(_mm_xor_si128(p0, q1), _mm_set1_epi8(1));
    _mm_avg_epu8(p1, _mm_sub_epi8(_mm_avg_epu8(p0, q1), odd))
}

/// bS 4: the new p3 to q3, or nothing where no line is filtered.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn strong(samples: [__m128i; 8], alpha: u8, beta: u8) -> Option<[__m128i; 8]> {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = samples;
    let gap = _mm_set1_epi8((alpha >> 2) as i8 + 2);
    let (alpha, beta) = (_mm_set1_epi8(alpha as i8), _mm_set1_epi8(beta as i8));
    let on = artefacts(p1, p0, q0, q1, alpha, beta);
    if none(on) {
        return None;
    }
    let small = _mm_andnot_si128(far(p0, q0, gap), on);
    let (long_p, long_q) = (_mm_andnot_si128(far(p2, p0, beta), small), _mm_andnot_si128(far(q2, q0, beta), small));
    let (mut new_p, mut new_q) = ([p0, p1, p2], [q0, q1, q2]);
    new_p[0] = select(on, short(p1, p0, q1), p0);
    new_q[0] = select(on, short(q1, q0, p1), q0);
    if !none(_mm_or_si128(long_p, long_q)) {
        let (lp, lq) = (long([p3, p2, p1, p0, q0, q1]), long([q3, q2, q1, q0, p0, p1]));
        for i in 0..3 {
            new_p[i] = select(long_p, lp[i], new_p[i]);
            new_q[i] = select(long_q, lq[i], new_q[i]);
        }
    }
    Some([p3, new_p[2], new_p[1], new_p[0], new_q[0], new_q[1], new_q[2], q3])
}

/// p3 to q3 of a horizontal edge.
#[inline]
#[target_feature(enable = "sse4.2")]
fn load_rows(window: &mut RowsMut<'_, u8>) -> [__m128i; 8] {
    let mut rows = [_mm_setzero_si128(); 8];
    for y in 0..8 {
        rows[y] = load_16(window.at(y, 0));
    }
    rows
}

/// p3 to q3 of a vertical edge: the columns of 16 lines of eight samples, as vectors of 16.
///
/// `CHANGED` only gives each filter an instance of its own, which is then inlined: one that both called would pass its
/// registers through memory.
#[inline]
#[target_feature(enable = "sse4.2")]
fn load_columns<const CHANGED: usize>(window: &mut RowsMut<'_, u8>) -> [__m128i; 8] {
    let mut pairs = [_mm_setzero_si128(); 8];
    for i in 0..8 {
        let first = load_8(window.at(i, 0));
        pairs[i] = _mm_unpacklo_epi8(first, load_8(window.at(i + 8, 0)));
    }
    columns(pairs)
}

/// The columns of 16 lines of eight samples; `a[i]` has lines `i` and `i + 8`, sample by sample.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn columns(a: [__m128i; 8]) -> [__m128i; 8] {
    // Each step interleaves lines that are 8, 4, 2, and 1 apart, so that they end up in order.
    let mut b = a;
    for i in 0..4 {
        b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 4]);
        b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 4]);
    }
    // b: columns 0 to 3 and 4 to 7 of the lines i, i + 4, ...
    let mut c = b;
    for half in 0..2 {
        for i in 0..2 {
            c[4 * half + 2 * i] = _mm_unpacklo_epi8(b[2 * i + half], b[2 * i + half + 4]);
            c[4 * half + 2 * i + 1] = _mm_unpackhi_epi8(b[2 * i + half], b[2 * i + half + 4]);
        }
    }
    // c: two columns each of the even or odd lines.
    let mut d = c;
    for half in 0..2 {
        for pair in 0..2 {
            let (even, odd) = (c[4 * half + pair], c[4 * half + pair + 2]);
            d[4 * half + 2 * pair] = _mm_unpacklo_epi8(even, odd);
            d[4 * half + 2 * pair + 1] = _mm_unpackhi_epi8(even, odd);
        }
    }
    d
}

/// The four columns from `x` of all 16 lines.
#[inline]
#[target_feature(enable = "sse4.2")]
fn store_4_columns(window: &mut RowsMut<'_, u8>, x: usize, [a, b, c, d]: [__m128i; 4]) {
    let (ab, cd) = (_mm_unpacklo_epi8(a, b), _mm_unpacklo_epi8(c, d));
    store_4_lines(window, 0, x, _mm_unpacklo_epi16(ab, cd));
    store_4_lines(window, 4, x, _mm_unpackhi_epi16(ab, cd));
    let (ab, cd) = (_mm_unpackhi_epi8(a, b), _mm_unpackhi_epi8(c, d));
    store_4_lines(window, 8, x, _mm_unpacklo_epi16(ab, cd));
    store_4_lines(window, 12, x, _mm_unpackhi_epi16(ab, cd));
}

/// Four bytes each to four lines.
#[inline]
#[target_feature(enable = "sse4.2")]
fn store_4_lines(window: &mut RowsMut<'_, u8>, y: usize, x: usize, v: __m128i) {
    store_4(window.at(y, x), v);
    store_4(window.at(y + 1, x), _mm_srli_si128::<4>(v));
    store_4(window.at(y + 2, x), _mm_srli_si128::<8>(v));
    store_4(window.at(y + 3, x), _mm_srli_si128::<12>(v));
}

/// [`columns`] undone: lines 0 and 1, 2 and 3, ...
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn lines(c: [__m128i; 8]) -> [__m128i; 8] {
    let (low, high) = ([c[0], c[1], c[2], c[3]], [c[4], c[5], c[6], c[7]]);
    let quads = |[a, b, c, d]: [__m128i; 4]| {
        let (ab, cd) = (_mm_unpacklo_epi8(a, b), _mm_unpacklo_epi8(c, d));
        let (ef, gh) = (_mm_unpackhi_epi8(a, b), _mm_unpackhi_epi8(c, d));
        [_mm_unpacklo_epi16(ab, cd), _mm_unpackhi_epi16(ab, cd), _mm_unpacklo_epi16(ef, gh), _mm_unpackhi_epi16(ef, gh)]
    };
    let (low, high) = (quads(low), quads(high));
    let mut lines = c;
    for i in 0..4 {
        lines[2 * i] = _mm_unpacklo_epi32(low[i], high[i]);
        lines[2 * i + 1] = _mm_unpackhi_epi32(low[i], high[i]);
    }
    lines
}

/// All eight columns of all 16 lines.
#[inline]
#[target_feature(enable = "sse4.2")]
fn store_8_columns(window: &mut RowsMut<'_, u8>, c: [__m128i; 8]) {
    let pairs = lines(c);
    for i in 0..8 {
        store_8(window.at(2 * i, 0), pairs[i]);
        store_8(window.at(2 * i + 1, 0), _mm_unpackhi_epi64(pairs[i], pairs[i]));
    }
}

/// p3 to q3 of a vertical edge: 16 rows of eight samples.
#[inline]
#[track_caller]
pub(crate) fn columns_window(data: &mut [u8], off: usize, stride: usize) -> RowsMut<'_, u8> {
    RowsMut::new(before_mut(data, off, 4), stride, 8, 16)
}

/// p3 to q3 of a horizontal edge: eight rows of 16 samples.
#[inline]
#[track_caller]
pub(crate) fn rows_window(data: &mut [u8], off: usize, stride: usize) -> RowsMut<'_, u8> {
    RowsMut::new(before_mut(data, off, 4 * stride), stride, 16, 8)
}

/// Filters one luma edge: `filter` gets p3 to q3 and returns the new ones, of which the `CHANGED` next to the edge on
/// each side differ, or nothing.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn across<const CHANGED: usize>(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    filter: impl Fn([__m128i; 8]) -> Option<[__m128i; 8]>,
) {
    let window = &mut match dir {
        Edge::Vertical => columns_window(data, off, stride),
        Edge::Horizontal => rows_window(data, off, stride),
    };
    let samples = match dir {
        Edge::Vertical => load_columns::<CHANGED>(window),
        Edge::Horizontal => load_rows(window),
    };
    let Some(new) = filter(samples) else { return };
    match dir {
        Edge::Vertical if CHANGED == 2 => store_4_columns(window, 2, [new[2], new[3], new[4], new[5]]),
        Edge::Vertical => store_8_columns(window, new),
        Edge::Horizontal => {
            for y in 4 - CHANGED..4 + CHANGED {
                store_16(window.at(y, 0), new[y]);
            }
        }
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_luma(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8, tc0: &[i8; 4]) {
    across::<2>(dir, data, off, stride, |samples| weak(samples, alpha, beta, spread::<4>(tc0)));
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_luma_strong(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
    across::<3>(dir, data, off, stride, |samples| strong(samples, alpha, beta));
}

/// Filters one chroma edge, eight lines: bS 4 without `tc0`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn chroma(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    alpha: u8,
    beta: u8,
    tc0: Option<&[i8; 4]>,
) {
    match dir {
        Edge::Vertical => {
            let window = &mut RowsMut::new(before_mut(data, off, 2), stride, 4, 8);
            // Lines 0 and 4, 1 and 5, ...: as in `load_columns`.
            let mut pair = |i| {
                let first = load_4(window.at(i, 0));
                _mm_unpacklo_epi8(first, load_4(window.at(i + 4, 0)))
            };
            let (even, odd) = (_mm_unpacklo_epi8(pair(0), pair(2)), _mm_unpacklo_epi8(pair(1), pair(3)));
            let (p10, q01) = (_mm_unpacklo_epi8(even, odd), _mm_unpackhi_epi8(even, odd));
            let (p0, q1) = (_mm_unpackhi_epi64(p10, p10), _mm_unpackhi_epi64(q01, q01));
            if let Some((p0, q0)) = chroma_samples(p10, p0, q01, q1, alpha, beta, tc0) {
                let (p, q) = (_mm_unpacklo_epi8(p10, p0), _mm_unpacklo_epi8(q0, q1));
                store_4_lines(window, 0, 0, _mm_unpacklo_epi16(p, q));
                store_4_lines(window, 4, 0, _mm_unpackhi_epi16(p, q));
            }
        }
        Edge::Horizontal => {
            let window = &mut RowsMut::new(before_mut(data, off, 2 * stride), stride, 8, 4);
            let mut row = |y| load_8(window.at(y, 0));
            let (p1, p0, q0, q1) = (row(0), row(1), row(2), row(3));
            if let Some((p0, q0)) = chroma_samples(p1, p0, q0, q1, alpha, beta, tc0) {
                store_8(window.at(1, 0), p0);
                store_8(window.at(2, 0), q0);
            }
        }
    }
}

/// The new p0 and q0 of chroma: bS 4 without `tc0`. Only the low halves count.
#[inline]
#[target_feature(enable = "sse4.2")]
fn chroma_samples(
    p1: __m128i,
    p0: __m128i,
    q0: __m128i,
    q1: __m128i,
    alpha: u8,
    beta: u8,
    tc0: Option<&[i8; 4]>,
) -> Option<(__m128i, __m128i)> {
    let mut on = artefacts(p1, p0, q0, q1, _mm_set1_epi8(alpha as i8), _mm_set1_epi8(beta as i8));
    let (p, q) = match tc0 {
        Some(tc0) => {
            // tC is tC0 + 1, which is 0 where bS is 0.
            let tc = _mm_add_epi8(spread::<2>(tc0), _mm_set1_epi8(1));
            edge_samples(p1, p0, q0, q1, _mm_and_si128(tc, on))
        }
        None => (select(on, short(p1, p0, q1), p0), select(on, short(q1, q0, p1), q0)),
    };
    on = _mm_unpacklo_epi64(on, on);
    if none(on) { None } else { Some((p, q)) }
}

#[target_feature(enable = "sse4.2")]
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

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_chroma_strong(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
    chroma(dir, data, off, stride, alpha, beta, None);
}
