//! The H.264 8x8 inverse transform for samples of 8 to 14 bits, a row of eight 32-bit lanes at a time. The other
//! transforms fit 128-bit registers.
#![forbid(unsafe_code)]

use crate::mem::RowsMut;
use crate::x86::mem::load_8_i32;
use crate::x86::words::x8;
use crate::x86::words::x16 as w;
use core::arch::x86_64::*;

crate::x86::high::inverse8_u16!("avx2");

/// The columns of an 8x8 matrix from its rows.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose8(r: [__m256i; 8]) -> [__m256i; 8] {
    // 4x4 blocks within each half, then the halves.
    let (a0, a1) = (_mm256_unpacklo_epi32(r[0], r[1]), _mm256_unpackhi_epi32(r[0], r[1]));
    let (a2, a3) = (_mm256_unpacklo_epi32(r[2], r[3]), _mm256_unpackhi_epi32(r[2], r[3]));
    let (a4, a5) = (_mm256_unpacklo_epi32(r[4], r[5]), _mm256_unpackhi_epi32(r[4], r[5]));
    let (a6, a7) = (_mm256_unpacklo_epi32(r[6], r[7]), _mm256_unpackhi_epi32(r[6], r[7]));
    let (b0, b1) = (_mm256_unpacklo_epi64(a0, a2), _mm256_unpackhi_epi64(a0, a2));
    let (b2, b3) = (_mm256_unpacklo_epi64(a1, a3), _mm256_unpackhi_epi64(a1, a3));
    let (b4, b5) = (_mm256_unpacklo_epi64(a4, a6), _mm256_unpackhi_epi64(a4, a6));
    let (b6, b7) = (_mm256_unpacklo_epi64(a5, a7), _mm256_unpackhi_epi64(a5, a7));
    [
        _mm256_permute2x128_si256::<0x20>(b0, b4),
        _mm256_permute2x128_si256::<0x20>(b1, b5),
        _mm256_permute2x128_si256::<0x20>(b2, b6),
        _mm256_permute2x128_si256::<0x20>(b3, b7),
        _mm256_permute2x128_si256::<0x31>(b0, b4),
        _mm256_permute2x128_si256::<0x31>(b1, b5),
        _mm256_permute2x128_si256::<0x31>(b2, b6),
        _mm256_permute2x128_si256::<0x31>(b3, b7),
    ]
}

#[target_feature(enable = "avx2")]
pub(crate) fn idct8x8_add_u16(dst: &mut [u16], stride: usize, c: &mut [i32; 64], max: u16) {
    let mut dst = RowsMut::new(dst, stride, 8, 8);
    let mut m = [w::zero(); 8];
    for y in 0..8 {
        m[y] = load_8_i32(c[8 * y..].first_chunk().expect("eight rows of eight"));
    }
    // As in `sse42::transform`, what rounding adds goes into the DC coefficient.
    m[0] = _mm256_add_epi32(m[0], _mm256_setr_epi32(32, 0, 0, 0, 0, 0, 0, 0));
    *c = [0; 64];
    let m = inverse8(transpose8(inverse8(transpose8(m))));
    let max = x8::set(max as i16);
    for y in 0..8 {
        let d = dst.at(y, 0);
        let v = _mm256_add_epi32(_mm256_cvtepu16_epi32(x8::load::<8>(d)), _mm256_srai_epi32::<6>(m[y]));
        let v = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v));
        x8::store::<8>(d, x8::min_unsigned(v, max));
    }
}
