//! The H.264 deblocking filter for a macroblock: luma edges, and their strengths. Chroma has no more lines than a
//! 128-bit register; its kernel is that of SSE4.2.
#![forbid(unsafe_code)]

use super::deblock::{across, strong, weak};
use crate::block::{Edge, Motion, Mv, Thresholds};
use crate::x86::mem::{load_4_mv, load_8_mv};
use crate::x86::sse42::deblock_mb::{
    QUARTERS, bias, moves_with, nonzero_beside, of_edge, store_strengths, strengths, tc0_by_bs,
};
use core::arch::x86_64::*;

#[target_feature(enable = "avx2")]
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

/// As in `sse42::deblock_mb`.
#[inline]
#[target_feature(enable = "avx2")]
fn near(a: __m256i, b: __m256i, bias: __m256i) -> __m256i {
    let v = _mm256_add_epi16(_mm256_subs_epi16(a, b), bias);
    _mm256_cmpeq_epi32(_mm256_subs_epu16(v, _mm256_add_epi16(bias, bias)), _mm256_setzero_si256())
}

/// [`near`] of two times two rows of four vectors, as a byte a block.
#[inline]
#[target_feature(enable = "avx2")]
fn near_blocks(a: [__m256i; 2], b: [__m256i; 2], bias: __m256i) -> __m128i {
    // Rows 0, 2, 1, 3 as words.
    let words = _mm256_packs_epi32(near(a[0], b[0], bias), near(a[1], b[1], bias));
    let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(words);
    _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words))
}

#[target_feature(enable = "avx2")]
pub(crate) fn deblock_strength(
    [q, left, above]: &[Motion<'_>; 3],
    nonzero: [u16; 3],
    far_y: u8,
    two_lists: bool,
    bs: &mut [[[u8; 4]; 4]; 2],
) {
    let bias = _mm256_set1_epi32(bias(far_y));
    let rows = |mv: &[Mv; 16]| {
        let halves = mv.as_chunks().0;
        [load_8_mv(&halves[0]), load_8_mv(&halves[1])]
    };
    let here = [rows(&q.mv[0]), rows(&q.mv[1])];
    let on_left = |list: usize| {
        let (mv, left) = (here[list], rows(&left.mv[list]));
        [_mm256_alignr_epi8::<12>(mv[0], left[0]), _mm256_alignr_epi8::<12>(mv[1], left[1])]
    };
    let vertical = moves_with(q, left, QUARTERS[1], two_lists, |a, b| near_blocks(here[a], on_left(b), bias));
    let on_top = |list: usize| {
        let mv = here[list];
        let above = _mm256_castsi128_si256(load_4_mv(&above.mv[list].as_chunks().0[3]));
        [_mm256_permute2x128_si256::<0x20>(above, mv[0]), _mm256_permute2x128_si256::<0x21>(mv[0], mv[1])]
    };
    let horizontal = moves_with(q, above, QUARTERS[2], two_lists, |a, b| near_blocks(here[a], on_top(b), bias));
    let [beside, between] = nonzero_beside(nonzero);
    store_strengths(bs, strengths(beside, vertical), strengths(between, horizontal));
}
