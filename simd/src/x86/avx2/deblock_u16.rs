//! The H.264 deblocking filter for samples of 8 to 14 bits, 16 luma lines at a time.
//!
//! A chroma edge of eight lines fits a 128-bit register; its kernels are those of SSE4.2.
#![forbid(unsafe_code)]

use crate::block::Edge;
use crate::mem::{RowsMut, before_mut};
use crate::scalar::deblock::depth_shift;
use crate::x86::sse42;
use crate::x86::words::x16 as w;
use core::arch::x86_64::*;

crate::x86::high::deblock_u16!("avx2", 16);

/// p3 to q3 of 16 lines across a vertical edge.
#[inline]
#[target_feature(enable = "avx2")]
fn load_columns(window: &mut RowsMut<'_, u16>, first: usize) -> [w::V; 8] {
    let low = sse42::deblock_u16::load_columns(window, first);
    let high = sse42::deblock_u16::load_columns(window, first + 8);
    let mut columns = [w::zero(); 8];
    for i in 0..8 {
        columns[i] = _mm256_set_m128i(high[i], low[i]);
    }
    columns
}

/// [`load_columns`] undone.
#[inline]
#[target_feature(enable = "avx2")]
fn store_columns(window: &mut RowsMut<'_, u16>, first: usize, columns: [w::V; 8]) {
    let (mut low, mut high) = ([_mm_setzero_si128(); 8], [_mm_setzero_si128(); 8]);
    for i in 0..8 {
        (low[i], high[i]) = (_mm256_castsi256_si128(columns[i]), _mm256_extracti128_si256::<1>(columns[i]));
    }
    sse42::deblock_u16::store_columns(window, first, low);
    sse42::deblock_u16::store_columns(window, first + 8, high);
}
