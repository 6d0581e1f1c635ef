//! The H.264 deblocking filter for a macroblock: luma edge by edge, without a call for each; chroma with the eight
//! lines of Cb and of Cr in one vector.
#![forbid(unsafe_code)]

use super::deblock::{across, artefacts, chroma, columns, edge_samples, lines, none, select, short, strong, weak};
use crate::block::{Edge, Motion, Mv, Thresholds};
use crate::mem::{RowsMut, before_mut};
use crate::x86::mem::{load_4_mv, load_8, load_16, store_8, store_16};
use core::arch::x86_64::*;

/// The four bytes for the edges 0 to 3, each repeated for its lines.
const LINES: [[u8; 16]; 4] = {
    let mut m = [[0; 16]; 4];
    let mut i = 0;
    while i < 64 {
        m[i / 16][i % 16] = (i / 4) as u8;
        i += 1;
    }
    m
};

/// tC0 by bS for all lines of the four edges: those of edge `e` are what [`of_edge`] picks.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn tc0_by_bs(t: &Thresholds, bs: &[[u8; 4]; 4]) -> __m128i {
    let table = _mm_cvtsi32_si128(i32::from_le_bytes(t.tc0.map(|t| t as u8)));
    _mm_shuffle_epi8(table, load_16(bs.as_flattened().first_chunk().expect("16 strengths")))
}

/// The four bytes of edge `e`, each repeated for its four lines.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn of_edge(v: __m128i, e: usize) -> __m128i {
    _mm_shuffle_epi8(v, load_16(&LINES[e]))
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_luma_mb(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    bs: &[[u8; 4]; 4],
    own: &Thresholds,
    inner: &Thresholds,
) {
    // One place calls each filter, so that it is inlined there.
    for e in 0..4 {
        let t = if e == 0 { own } else { inner };
        if bs[e] == [0; 4] || !t.filters() {
            continue;
        }
        let off = off + e * dir.across(stride, 4);
        if bs[e] == [4; 4] {
            across::<3>(dir, data, off, stride, |samples| strong(samples, t.alpha, t.beta));
        } else {
            let tc0 = of_edge(tc0_by_bs(t, bs), e);
            across::<2>(dir, data, off, stride, |samples| weak(samples, t.alpha, t.beta, tc0));
        }
    }
}

/// The thresholds for the lines of a chroma edge: eight of Cb and eight of Cr.
struct Limits {
    alpha: __m128i,
    beta: __m128i,
    /// tC, which is 0 where bS is; none for bS 4.
    tc: Option<__m128i>,
}

/// `cb` for the lines of Cb, `cr` for those of Cr.
#[inline]
#[target_feature(enable = "sse4.2")]
fn each(cb: u8, cr: u8) -> __m128i {
    _mm_unpacklo_epi64(_mm_set1_epi8(cb as i8), _mm_set1_epi8(cr as i8))
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn limits([cb, cr]: &[Thresholds; 2], bs: [u8; 4]) -> Limits {
    let tc = if bs == [4; 4] {
        None
    } else {
        let word = |bytes: [u8; 4]| _mm_cvtsi32_si128(i32::from_le_bytes(bytes));
        let table = _mm_unpacklo_epi32(word(cb.tc0.map(|t| t as u8)), word(cr.tc0.map(|t| t as u8)));
        // Two lines each; Cr's are the upper four of the table.
        let bs = _mm_shuffle_epi8(word(bs), _mm_setr_epi8(0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2, 3, 3));
        let tc0 = _mm_shuffle_epi8(table, _mm_add_epi8(bs, each(0, 4)));
        // 8.7.2.3: chroma takes tC0 + 1.
        Some(_mm_add_epi8(tc0, _mm_set1_epi8(1)))
    };
    Limits { alpha: each(cb.alpha, cr.alpha), beta: each(cb.beta, cr.beta), tc }
}

/// The new p0 and q0, or nothing where no line is filtered.
#[inline]
#[target_feature(enable = "sse4.2")]
fn filter([p1, p0, q0, q1]: [__m128i; 4], limits: &Limits) -> Option<(__m128i, __m128i)> {
    let on = artefacts(p1, p0, q0, q1, limits.alpha, limits.beta);
    match limits.tc {
        Some(tc) => {
            let tc = _mm_and_si128(tc, on);
            if none(tc) { None } else { Some(edge_samples(p1, p0, q0, q1, tc)) }
        }
        None if none(on) => None,
        None => Some((select(on, short(p1, p0, q1), p0), select(on, short(q1, q0, p1), q0))),
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_chroma_mb(
    dir: Edge,
    [cb, cr]: [&mut [u8]; 2],
    off: usize,
    stride: usize,
    bs: &[[u8; 4]; 4],
    own: &[Thresholds; 2],
    inner: &[Thresholds; 2],
) {
    let on = |bs: [u8; 4], t: &[Thresholds; 2]| bs != [0; 4] && (t[0].filters() || t[1].filters());
    let (own_on, inner_on) = (on(bs[0], own), on(bs[2], inner));
    if dir == Edge::Horizontal {
        for (on, t, bs, off) in [(own_on, own, bs[0], off), (inner_on, inner, bs[2], off + 4 * stride)] {
            if on {
                horizontal([&mut *cb, &mut *cr], off, stride, &limits(t, bs));
            }
        }
    } else if own_on || (inner_on && off >= 2) {
        let own_limits = limits(own, if own_on { bs[0] } else { [0; 4] });
        let inner_limits = limits(inner, if inner_on { bs[2] } else { [0; 4] });
        vertical([cb, cr], off, stride, &own_limits, &inner_limits);
    } else if inner_on {
        // At the very start of the planes.
        for (data, t) in [(cb, &inner[0]), (cr, &inner[1])] {
            let tc0 = bs[2].map(|bs| t.tc0[usize::from(bs & 3)]);
            chroma(dir, data, off + 4, stride, t.alpha, t.beta, Some(&tc0));
        }
    }
}

/// The horizontal edge above sample `off`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn horizontal([cb, cr]: [&mut [u8]; 2], off: usize, stride: usize, limits: &Limits) {
    let cb = &mut RowsMut::new(before_mut(cb, off, 2 * stride), stride, 8, 4);
    let cr = &mut RowsMut::new(before_mut(cr, off, 2 * stride), stride, 8, 4);
    let mut row = |y| _mm_unpacklo_epi64(load_8(cb.at(y, 0)), load_8(cr.at(y, 0)));
    if let Some((p0, q0)) = filter([row(0), row(1), row(2), row(3)], limits) {
        for (y, v) in [(1, p0), (2, q0)] {
            store_8(cb.at(y, 0), v);
            store_8(cr.at(y, 0), _mm_unpackhi_epi64(v, v));
        }
    }
}

/// The vertical edges before sample `off` and before the fourth one from there: they share no sample.
#[inline]
#[target_feature(enable = "sse4.2")]
fn vertical([cb, cr]: [&mut [u8]; 2], off: usize, stride: usize, own: &Limits, inner: &Limits) {
    let cb = &mut RowsMut::new(before_mut(cb, off, 2), stride, 8, 8);
    let cr = &mut RowsMut::new(before_mut(cr, off, 2), stride, 8, 8);
    let mut pairs = [_mm_setzero_si128(); 8];
    for y in 0..8 {
        pairs[y] = _mm_unpacklo_epi8(load_8(cb.at(y, 0)), load_8(cr.at(y, 0)));
    }
    let mut c = columns(pairs);
    let new_own = filter([c[0], c[1], c[2], c[3]], own);
    let new_inner = filter([c[4], c[5], c[6], c[7]], inner);
    if new_own.is_none() && new_inner.is_none() {
        return;
    }
    (c[1], c[2]) = new_own.unwrap_or((c[1], c[2]));
    (c[5], c[6]) = new_inner.unwrap_or((c[5], c[6]));
    let pairs = lines(c);
    for i in 0..4 {
        for (plane, v) in [(&mut *cb, pairs[i]), (&mut *cr, pairs[4 + i])] {
            store_8(plane.at(2 * i, 0), v);
            store_8(plane.at(2 * i + 1, 0), _mm_unpackhi_epi64(v, v));
        }
    }
}

/// All ones in the vectors of `a` and `b` that are less than four quarter samples apart: `bias` is the largest such
/// distance, in each direction.
#[inline]
#[target_feature(enable = "sse4.2")]
fn near(a: __m128i, b: __m128i, bias: __m128i) -> __m128i {
    // From -bias to bias, as unsigned words from 0 to twice that. A saturated difference is far, biased or not.
    let v = _mm_add_epi16(_mm_subs_epi16(a, b), bias);
    _mm_cmpeq_epi32(_mm_subs_epu16(v, _mm_add_epi16(bias, bias)), _mm_setzero_si128())
}

/// [`near`] of four rows of four vectors, as a byte a block.
#[inline]
#[target_feature(enable = "sse4.2")]
fn near_blocks(a: [__m128i; 4], b: [__m128i; 4], bias: __m128i) -> __m128i {
    let upper = _mm_packs_epi32(near(a[0], b[0], bias), near(a[1], b[1], bias));
    let lower = _mm_packs_epi32(near(a[2], b[2], bias), near(a[3], b[3], bias));
    _mm_packs_epi16(upper, lower)
}

/// The pictures of the quarters of `q` and of a neighbour, by list, and how blocks take them.
#[inline]
#[target_feature(enable = "sse4.2")]
fn pictures(q: [i8; 4], p: [i8; 4], blocks: [i8; 16]) -> __m128i {
    let word = |v: [i8; 4]| _mm_cvtsi32_si128(i32::from_le_bytes(v.map(|v| v as u8)));
    _mm_shuffle_epi8(_mm_unpacklo_epi32(word(q), word(p)), load_16(&blocks.map(|b| b as u8)))
}

/// The quarter of each block; of the block on its left; of the block above it. 4 to 7 are those of the neighbour.
pub(crate) const QUARTERS: [[i8; 16]; 3] = [
    [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3],
    [5, 0, 0, 1, 5, 0, 0, 1, 7, 2, 2, 3, 7, 2, 2, 3],
    [6, 6, 7, 7, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3],
];

/// The blocks that move as the one before them does: `near` tells it of vectors, given the list of the block and the
/// list of the other.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn moves_with(
    q: &Motion<'_>,
    p: &Motion<'_>,
    before: [i8; 16],
    two_lists: bool,
    near: impl Fn(usize, usize) -> __m128i,
) -> __m128i {
    let here = |list: usize| pictures(q.picture[list], p.picture[list], QUARTERS[0]);
    let there = |list: usize| pictures(q.picture[list], p.picture[list], before);
    let pair = |a, b| _mm_and_si128(_mm_cmpeq_epi8(here(a), there(b)), near(a, b));
    if two_lists {
        let (straight, crossed) = (_mm_and_si128(pair(0, 0), pair(1, 1)), _mm_and_si128(pair(0, 1), pair(1, 0)));
        _mm_or_si128(straight, crossed)
    } else {
        pair(0, 0)
    }
}

/// bS by block from the bits of those with coefficients on either side of the edge and the bytes of those that move
/// with the one before.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn strengths(nonzero: u16, moves_with: __m128i) -> __m128i {
    let bits = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    let halves = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    let nonzero = _mm_shuffle_epi8(_mm_cvtsi32_si128(i32::from(nonzero)), halves);
    let two = _mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(nonzero, bits), bits), _mm_set1_epi8(2));
    _mm_max_epu8(two, _mm_andnot_si128(moves_with, _mm_set1_epi8(1)))
}

/// The bits of blocks with coefficients on either side of the vertical and of the horizontal edges.
pub(crate) const fn nonzero_beside([q, left, above]: [u16; 3]) -> [u16; 2] {
    [q | (q << 1 & 0xeeee) | (left >> 3 & 0x1111), q | q << 4 | above >> 12]
}

/// Puts bS by block where they belong by edge.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_strengths(bs: &mut [[[u8; 4]; 4]; 2], vertical: __m128i, horizontal: __m128i) {
    let columns = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let [v, h] = bs.each_mut().map(|bs| bs.as_flattened_mut().first_chunk_mut().expect("16 strengths"));
    store_16(v, _mm_shuffle_epi8(vertical, columns));
    store_16(h, horizontal);
}

/// The largest distances that are not far.
pub(crate) const fn bias(far_y: u8) -> i32 {
    3 | (far_y as i32 - 1) << 16
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_strength(
    [q, left, above]: &[Motion<'_>; 3],
    nonzero: [u16; 3],
    far_y: u8,
    two_lists: bool,
    bs: &mut [[[u8; 4]; 4]; 2],
) {
    let bias = _mm_set1_epi32(bias(far_y));
    let row = |mv: &[Mv; 16], y: usize| load_4_mv(&mv.as_chunks().0[y]);
    let rows = |mv| [row(mv, 0), row(mv, 1), row(mv, 2), row(mv, 3)];
    let here = [rows(&q.mv[0]), rows(&q.mv[1])];
    let on_left = |list: usize| {
        let (mv, left) = (here[list], rows(&left.mv[list]));
        [
            _mm_alignr_epi8::<12>(mv[0], left[0]),
            _mm_alignr_epi8::<12>(mv[1], left[1]),
            _mm_alignr_epi8::<12>(mv[2], left[2]),
            _mm_alignr_epi8::<12>(mv[3], left[3]),
        ]
    };
    let vertical = moves_with(q, left, QUARTERS[1], two_lists, |a, b| near_blocks(here[a], on_left(b), bias));
    let on_top = |list: usize| [row(&above.mv[list], 3), here[list][0], here[list][1], here[list][2]];
    let horizontal = moves_with(q, above, QUARTERS[2], two_lists, |a, b| near_blocks(here[a], on_top(b), bias));
    let [beside, between] = nonzero_beside(nonzero);
    store_strengths(bs, strengths(beside, vertical), strengths(between, horizontal));
}
