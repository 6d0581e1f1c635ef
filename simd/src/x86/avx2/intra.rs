//! Plane prediction, two rows at a time. The other modes are stores of 16 samples or less: SSE4.2 has them.
#![forbid(unsafe_code)]

use crate::dispatch::Availability;
use crate::mem::RowsMut;
use crate::x86::mem::{load_8, load_16, store_8, store_16};
use crate::x86::sse42::intra::{gradient_8, gradient_16, plane_row_8, plane_start};
use core::arch::x86_64::*;

#[target_feature(enable = "avx2")]
pub(crate) fn intra16x16_plane(dst: &mut [u8], stride: usize, top: &[u8; 16], left: &[u8; 16], top_left: u8) {
    let mut dst = RowsMut::new(dst, stride, 16, 16);
    let (b, c) = (gradient_16(load_16(top), top_left), gradient_16(load_16(left), top_left));
    let (b, c) = (_mm256_broadcastsi128_si256(b), _mm256_broadcastsi128_si256(c));
    // 16 bits are enough: |a| <= 8160, |b| and |c| <= 717.
    let a = _mm256_set1_epi16(plane_start(top[15], left[15]));
    let columns = _mm256_setr_epi16(-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    let first = _mm256_sub_epi16(a, _mm256_mullo_epi16(c, _mm256_set1_epi16(7)));
    let mut row = _mm256_add_epi16(first, _mm256_mullo_epi16(b, columns));
    for y in (0..16).step_by(2) {
        let next = _mm256_add_epi16(row, c);
        let packed = _mm256_packus_epi16(_mm256_srai_epi16::<5>(row), _mm256_srai_epi16::<5>(next));
        let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(packed);
        store_16(dst.at(y, 0), _mm256_castsi256_si128(packed));
        store_16(dst.at(y + 1, 0), _mm256_extracti128_si256::<1>(packed));
        row = _mm256_add_epi16(next, c);
    }
}

#[target_feature(enable = "avx2")]
pub(crate) fn intra_chroma8x8_plane(
    dst: &mut [u8],
    stride: usize,
    top: &[u8; 8],
    left: &[u8; 8],
    top_left: u8,
    _available: Availability,
) {
    let mut dst = RowsMut::new(dst, stride, 8, 8);
    let (b, c) = (gradient_8(load_8(top), top_left), gradient_8(load_8(left), top_left));
    let row = plane_row_8(top, left, b, c);
    // Rows y and y + 1 in the halves.
    let mut rows = _mm256_set_m128i(_mm_add_epi16(row, c), row);
    let down = _mm256_slli_epi16::<1>(_mm256_broadcastsi128_si256(c));
    for y in (0..8).step_by(4) {
        let next = _mm256_add_epi16(rows, down);
        let packed = _mm256_packus_epi16(_mm256_srai_epi16::<5>(rows), _mm256_srai_epi16::<5>(next));
        let (even, odd) = (_mm256_castsi256_si128(packed), _mm256_extracti128_si256::<1>(packed));
        store_8(dst.at(y, 0), even);
        store_8(dst.at(y + 1, 0), odd);
        store_8(dst.at(y + 2, 0), _mm_unpackhi_epi64(even, even));
        store_8(dst.at(y + 3, 0), _mm_unpackhi_epi64(odd, odd));
        rows = _mm256_add_epi16(next, down);
    }
}
