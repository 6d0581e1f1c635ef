//! The H.264 deblocking filter with both sides of a luma edge in one register: `s[i]` has p_i of 16 lines in its low
//! half and q_i in its high one, so that what the standard says of p and q alike is done once.
//!
//! A chroma edge of eight lines fits a 128-bit register; its kernels are those of SSE4.2.
#![forbid(unsafe_code)]

use crate::block::Edge;
use crate::mem::RowsMut;
use crate::x86::mem::{load_8, load_16, store_8, store_16};
use crate::x86::sse42::deblock::{columns_window, rows_window, spread};
use core::arch::x86_64::*;

/// Both halves of `v`, exchanged.
#[inline]
#[target_feature(enable = "avx2")]
fn swap(v: __m256i) -> __m256i {
    _mm256_permute4x64_epi64::<0b01_00_11_10>(v)
}

/// The low half of `a` and the high half of `b`.
#[inline]
#[target_feature(enable = "avx2")]
fn low_high(a: __m256i, b: __m256i) -> __m256i {
    _mm256_blend_epi32::<0b1111_0000>(a, b)
}

/// All ones where `|a - b| >= limit`.
#[inline]
#[target_feature(enable = "avx2")]
fn far(a: __m256i, b: __m256i, limit: __m256i) -> __m256i {
    let distance = _mm256_or_si256(_mm256_subs_epu8(a, b), _mm256_subs_epu8(b, a));
    _mm256_cmpeq_epi8(_mm256_max_epu8(distance, limit), distance)
}

/// All ones, in both halves, in the lines that are no artefact.
#[inline]
#[target_feature(enable = "avx2")]
fn untouched(s0: __m256i, s1: __m256i, alpha: __m256i, beta: __m256i) -> __m256i {
    let step = far(s1, s0, beta);
    _mm256_or_si256(far(s0, swap(s0), alpha), _mm256_or_si256(step, swap(step)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn none(mask: __m256i) -> bool {
    _mm256_testz_si256(mask, mask) != 0
}

/// The mean rounded down.
#[inline]
#[target_feature(enable = "avx2")]
fn mean_down(a: __m256i, b: __m256i) -> __m256i {
    let odd = _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_set1_epi8(1));
    _mm256_sub_epi8(_mm256_avg_epu8(a, b), odd)
}

/// The delta of 8.7.2.3, limited to `tc`, the same in both halves.
#[inline]
#[target_feature(enable = "avx2")]
fn delta(s0: __m256i, s1: __m256i, tc: __m256i) -> __m256i {
    // 4 q0 + p1 in the low half, 4 p0 + q1 in the high one; a vector of the first eight lines and one of the others.
    let factors = _mm256_set1_epi16(i16::from_le_bytes([4, 1]));
    let opposite = swap(s0);
    let first = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(opposite, s1), factors);
    let last = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(opposite, s1), factors);
    let q0_p1 = _mm256_permute2x128_si256::<0x20>(first, last);
    let p0_q1 = _mm256_permute2x128_si256::<0x31>(first, last);
    // A mulhrs by 2^12 is a rounded shift by 3. Saturated to bytes the value is still beyond tc.
    let v = _mm256_mulhrs_epi16(_mm256_sub_epi16(q0_p1, p0_q1), _mm256_set1_epi16(1 << 12));
    let v = _mm256_permute4x64_epi64::<0b10_00_10_00>(_mm256_packs_epi16(v, v));
    _mm256_max_epi8(_mm256_min_epi8(v, tc), _mm256_sub_epi8(_mm256_setzero_si256(), tc))
}

/// bS 1 to 3, with tC0 of each line: the new samples, of which 0 and 1 have changed, or nothing where no line is filtered.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn weak(s: [__m256i; 4], alpha: u8, beta: u8, tc0: __m128i) -> Option<[__m256i; 4]> {
    let (alpha, beta) = (_mm256_set1_epi8(alpha as i8), _mm256_set1_epi8(beta as i8));
    let tc0 = _mm256_broadcastsi128_si256(tc0);
    // Where tC0 is -1 the sign says that bS is 0.
    let off = _mm256_or_si256(untouched(s[0], s[1], alpha, beta), tc0);
    let on = _mm256_cmpgt_epi8(off, _mm256_set1_epi8(-1));
    if none(on) {
        return None;
    }
    let tc0 = _mm256_and_si256(tc0, on);
    let flat = _mm256_andnot_si256(far(s[2], s[0], beta), on);
    let target = mean_down(s[2], _mm256_avg_epu8(s[0], swap(s[0])));
    let reach = _mm256_and_si256(tc0, flat);
    let new_1 = _mm256_max_epu8(target, _mm256_subs_epu8(s[1], reach));
    let new_1 = _mm256_min_epu8(new_1, _mm256_adds_epu8(s[1], reach));

    let tc = _mm256_sub_epi8(_mm256_sub_epi8(tc0, flat), swap(flat));
    // q0 goes the other way.
    let ways = low_high(_mm256_set1_epi8(1), _mm256_set1_epi8(-1));
    let delta = _mm256_sign_epi8(delta(s[0], s[1], tc), ways);
    // Signed saturation around 128 is the clip to 0..=255.
    let middle = _mm256_set1_epi8(-128);
    let new_0 = _mm256_xor_si256(_mm256_adds_epi8(_mm256_xor_si256(s[0], middle), delta), middle);
    Some([new_0, new_1, s[2], s[3]])
}

/// The long strong form of eight lines in 16-bit lanes: the new samples 0, 1 and 2 of a side from its samples and the
/// first two of the other.
#[inline]
#[target_feature(enable = "avx2")]
fn long_side([s3, s2, s1, s0, o0, o1]: [__m256i; 6]) -> [__m256i; 3] {
    let inner = _mm256_add_epi16(s1, _mm256_add_epi16(s0, o0));
    let four = _mm256_add_epi16(s2, inner);
    let round = _mm256_set1_epi16(4);
    let outer = _mm256_add_epi16(s3, s2);
    let new_0 = _mm256_add_epi16(_mm256_add_epi16(four, inner), _mm256_add_epi16(o1, round));
    let new_1 = _mm256_add_epi16(four, _mm256_set1_epi16(2));
    let new_2 = _mm256_add_epi16(_mm256_add_epi16(_mm256_add_epi16(outer, outer), four), round);
    [_mm256_srli_epi16::<3>(new_0), _mm256_srli_epi16::<2>(new_1), _mm256_srli_epi16::<3>(new_2)]
}

/// bS 4: the new samples, of which all but 3 have changed, or nothing where no line is filtered.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn strong(s: [__m256i; 4], alpha: u8, beta: u8) -> Option<[__m256i; 4]> {
    let gap = _mm256_set1_epi8((alpha >> 2) as i8 + 2);
    let (alpha, beta) = (_mm256_set1_epi8(alpha as i8), _mm256_set1_epi8(beta as i8));
    let on = _mm256_cmpeq_epi8(untouched(s[0], s[1], alpha, beta), _mm256_setzero_si256());
    if none(on) {
        return None;
    }
    let (o0, o1) = (swap(s[0]), swap(s[1]));
    let long = _mm256_andnot_si256(_mm256_or_si256(far(s[0], o0, gap), far(s[2], s[0], beta)), on);
    // (2 p1 + p0 + q1 + 2) >> 2: the half that the inner mean loses can not carry through the outer one.
    let short = _mm256_avg_epu8(s[1], mean_down(s[0], o1));
    let mut new = [_mm256_blendv_epi8(s[0], short, on), s[1], s[2], s[3]];
    if !none(long) {
        let zero = _mm256_setzero_si256();
        let low = |v| _mm256_unpacklo_epi8(v, zero);
        let high = |v| _mm256_unpackhi_epi8(v, zero);
        let a = long_side([low(s[3]), low(s[2]), low(s[1]), low(s[0]), low(o0), low(o1)]);
        let b = long_side([high(s[3]), high(s[2]), high(s[1]), high(s[0]), high(o0), high(o1)]);
        for i in 0..3 {
            new[i] = _mm256_blendv_epi8(new[i], _mm256_packus_epi16(a[i], b[i]), long);
        }
    }
    Some(new)
}

/// `s` of a horizontal edge.
#[inline]
#[target_feature(enable = "avx2")]
fn load_rows(window: &mut RowsMut<'_, u8>) -> [__m256i; 4] {
    let mut s = [_mm256_setzero_si256(); 4];
    for i in 0..4 {
        let p = load_16(window.at(3 - i, 0));
        s[i] = _mm256_set_m128i(load_16(window.at(4 + i, 0)), p);
    }
    s
}

/// `s` of a vertical edge: a transpose of 16 lines of eight samples.
///
/// `CHANGED` only gives each filter an instance of its own, which is then inlined: one that both called would pass its
/// registers through memory.
#[inline]
#[target_feature(enable = "avx2")]
fn load_columns<const CHANGED: usize>(window: &mut RowsMut<'_, u8>) -> [__m256i; 4] {
    // Lines i and i + 4 in the low half, i + 8 and i + 12 in the high one.
    let mut lines = |i| {
        let (a, b) = (load_8(window.at(i, 0)), load_8(window.at(i + 4, 0)));
        let (c, d) = (load_8(window.at(i + 8, 0)), load_8(window.at(i + 12, 0)));
        _mm256_set_m128i(_mm_unpacklo_epi64(c, d), _mm_unpacklo_epi64(a, b))
    };
    let (l0, l1, l2, l3) = (lines(0), lines(1), lines(2), lines(3));
    // Each step interleaves lines that are 2, 1, and then 4 apart, so that they end up in order.
    let (even_a, even_b) = (_mm256_unpacklo_epi8(l0, l2), _mm256_unpackhi_epi8(l0, l2));
    let (odd_a, odd_b) = (_mm256_unpacklo_epi8(l1, l3), _mm256_unpackhi_epi8(l1, l3));
    let (p_a, q_a) = (_mm256_unpacklo_epi8(even_a, odd_a), _mm256_unpackhi_epi8(even_a, odd_a));
    let (p_b, q_b) = (_mm256_unpacklo_epi8(even_b, odd_b), _mm256_unpackhi_epi8(even_b, odd_b));
    // p: four columns each of four lines.
    let (p32, p10) = (_mm256_unpacklo_epi32(p_a, p_b), _mm256_unpackhi_epi32(p_a, p_b));
    let (q01, q23) = (_mm256_unpacklo_epi32(q_a, q_b), _mm256_unpackhi_epi32(q_a, q_b));
    // Two columns each of eight lines: quarters p1 p0 p1 p0 and q0 q1 q0 q1.
    let near =
        |p: __m256i, q: __m256i| _mm256_permute4x64_epi64::<0b10_00_11_01>(_mm256_blend_epi32::<0b1100_1100>(q, p));
    let away =
        |p: __m256i, q: __m256i| _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_blend_epi32::<0b1100_1100>(p, q));
    [near(p10, q01), away(p10, q01), near(p32, q23), away(p32, q23)]
}

/// The lines of a vertical edge: [`load_columns`] undone, in an instance for each filter as well.
#[inline]
#[target_feature(enable = "avx2")]
fn store_columns<const CHANGED: usize>(window: &mut RowsMut<'_, u8>, s: [__m256i; 4]) {
    // The columns in their order, p3 to p0 and q0 to q3.
    let (c0, c1) = (low_high(s[3], s[0]), low_high(s[2], s[1]));
    let (c2, c3) = (low_high(s[1], s[2]), low_high(s[0], s[3]));
    let (a, b) = (_mm256_unpacklo_epi8(c0, c1), _mm256_unpackhi_epi8(c0, c1));
    let (c, d) = (_mm256_unpacklo_epi8(c2, c3), _mm256_unpackhi_epi8(c2, c3));
    let quads = [
        _mm256_unpacklo_epi16(a, c),
        _mm256_unpackhi_epi16(a, c),
        _mm256_unpacklo_epi16(b, d),
        _mm256_unpackhi_epi16(b, d),
    ];
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for i in 0..4 {
        let lines = _mm256_permutevar8x32_epi32(quads[i], order);
        let (low, high) = (_mm256_castsi256_si128(lines), _mm256_extracti128_si256::<1>(lines));
        store_8(window.at(4 * i, 0), low);
        store_8(window.at(4 * i + 1, 0), _mm_unpackhi_epi64(low, low));
        store_8(window.at(4 * i + 2, 0), high);
        store_8(window.at(4 * i + 3, 0), _mm_unpackhi_epi64(high, high));
    }
}

/// Filters one edge: `filter` gets its samples and returns the new ones, of which the first `CHANGED` of each side
/// differ, or nothing.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn across<const CHANGED: usize>(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    filter: impl Fn([__m256i; 4]) -> Option<[__m256i; 4]>,
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
        Edge::Vertical => store_columns::<CHANGED>(window, new),
        Edge::Horizontal => {
            for i in 0..CHANGED {
                store_16(window.at(3 - i, 0), _mm256_castsi256_si128(new[i]));
                store_16(window.at(4 + i, 0), _mm256_extracti128_si256::<1>(new[i]));
            }
        }
    }
}

#[target_feature(enable = "avx2")]
pub(crate) fn deblock_luma(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8, tc0: &[i8; 4]) {
    across::<2>(dir, data, off, stride, |s| weak(s, alpha, beta, spread::<4>(tc0)));
}

#[target_feature(enable = "avx2")]
pub(crate) fn deblock_luma_strong(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
    across::<3>(dir, data, off, stride, |s| strong(s, alpha, beta));
}
