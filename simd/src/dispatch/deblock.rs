//! Family `deblock`: the H.264 deblocking filter across one edge (8.7.2). Scalar, NEON, SSE4.2, AVX2.

use super::{PerLevel, check_max, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::block::Edge;
use crate::kernels::Kernels;
use crate::mem::{Rows, before};
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// bS 1 to 3: `dir, data, off, stride, alpha, beta, tc0`.
type Filter = unsafe fn(Edge, &mut [u8], usize, usize, u8, u8, &[i8; 4]);
/// bS 4: `dir, data, off, stride, alpha, beta`.
type StrongFilter = unsafe fn(Edge, &mut [u8], usize, usize, u8, u8);
/// bS 1 to 3: `dir, data, off, stride, alpha, beta, tc0, max`.
type Filter16 = unsafe fn(Edge, &mut [u16], usize, usize, u8, u8, &[i8; 4], u16);
/// bS 4: `dir, data, off, stride, alpha, beta, max`.
type StrongFilter16 = unsafe fn(Edge, &mut [u16], usize, usize, u8, u8, u16);

#[derive(Clone, Copy)]
struct Table {
    deblock_luma: Filter,
    deblock_luma_strong: StrongFilter,
    deblock_chroma: Filter,
    deblock_chroma_strong: StrongFilter,
    deblock_luma_u16: Filter16,
    deblock_luma_strong_u16: StrongFilter16,
    deblock_chroma_u16: Filter16,
    deblock_chroma_strong_u16: StrongFilter16,
}

const SCALAR: Table = Table {
    deblock_luma: scalar::deblock::deblock_luma,
    deblock_luma_strong: scalar::deblock::deblock_luma_strong,
    deblock_chroma: scalar::deblock::deblock_chroma,
    deblock_chroma_strong: scalar::deblock::deblock_chroma_strong,
    deblock_luma_u16: scalar::deblock::deblock_luma_u16,
    deblock_luma_strong_u16: scalar::deblock::deblock_luma_strong_u16,
    deblock_chroma_u16: scalar::deblock::deblock_chroma_u16,
    deblock_chroma_strong_u16: scalar::deblock::deblock_chroma_strong_u16,
};

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    deblock_luma: neon::deblock::deblock_luma,
    deblock_luma_strong: neon::deblock::deblock_luma_strong,
    deblock_chroma: neon::deblock::deblock_chroma,
    deblock_chroma_strong: neon::deblock::deblock_chroma_strong,
    ..SCALAR
};

#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    deblock_luma: sse42::deblock::deblock_luma,
    deblock_luma_strong: sse42::deblock::deblock_luma_strong,
    deblock_chroma: sse42::deblock::deblock_chroma,
    deblock_chroma_strong: sse42::deblock::deblock_chroma_strong,
    deblock_luma_u16: sse42::deblock_u16::deblock_luma_u16,
    deblock_luma_strong_u16: sse42::deblock_u16::deblock_luma_strong_u16,
    deblock_chroma_u16: sse42::deblock_u16::deblock_chroma_u16,
    deblock_chroma_strong_u16: sse42::deblock_u16::deblock_chroma_strong_u16,
};

#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    deblock_luma: avx2::deblock::deblock_luma,
    deblock_luma_strong: avx2::deblock::deblock_luma_strong,
    deblock_luma_u16: avx2::deblock_u16::deblock_luma_u16,
    deblock_luma_strong_u16: avx2::deblock_u16::deblock_luma_strong_u16,
    ..SSE42
};

#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// Table 8-17 ends at 25.
#[inline]
#[track_caller]
fn check_tc0(tc0: &[i8; 4]) {
    assert!(tc0.iter().all(|t| (-1..=25).contains(t)), "tC0 out of range");
}

/// Both halves of a 4:2:2 edge must be there before the first is filtered.
#[inline]
#[track_caller]
fn check_422<T>(data: &[T], off: usize, stride: usize) {
    let _ = Rows::new(before(data, off, 2), stride, 4, 16);
}

/// # Deblocking
///
/// `data[off]` is sample q0 of the edge's first line; the others are one `stride` apart at a vertical edge and
/// one sample apart at a horizontal one. `alpha` and `beta` are those of table 8-16 (0 filters nothing). The samples
/// next to the edge must be in `data`, four to either side for luma and two for chroma, whether they are filtered
/// or not; if they aren't, these panic before anything is stored.
impl Kernels {
    /// 16 lines of luma, bS 1 to 3 (8.7.2.3): `tc0` is tC0 (table 8-17, 0 to 25) of four lines each, or -1 where bS is 0.
    #[inline]
    pub fn deblock_luma(
        self,
        dir: Edge,
        data: &mut [u8],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        tc0: &[i8; 4],
    ) {
        check_tc0(tc0);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_luma)(dir, data, off, stride, alpha, beta, tc0) }
    }

    /// [`Kernels::deblock_luma`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The
    /// kernel scales the thresholds of the tables to the bit depth (8.7.2.2).
    #[inline]
    pub fn deblock_luma_u16(
        self,
        dir: Edge,
        data: &mut [u16],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        tc0: &[i8; 4],
        max: u16,
    ) {
        check_max(max);
        check_tc0(tc0);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_luma_u16)(dir, data, off, stride, alpha, beta, tc0, max) }
    }

    /// 16 lines of luma, bS 4 (8.7.2.4).
    #[inline]
    pub fn deblock_luma_strong(self, dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_luma_strong)(dir, data, off, stride, alpha, beta) }
    }

    /// [`Kernels::deblock_luma_strong`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The
    /// kernel scales the thresholds of the tables to the bit depth (8.7.2.2).
    #[inline]
    pub fn deblock_luma_strong_u16(
        self,
        dir: Edge,
        data: &mut [u16],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        max: u16,
    ) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_luma_strong_u16)(dir, data, off, stride, alpha, beta, max) }
    }

    /// 8 lines of chroma, bS 1 to 3 (8.7.2.3): `tc0` as in [`Kernels::deblock_luma`], of two lines each.
    #[inline]
    pub fn deblock_chroma(
        self,
        dir: Edge,
        data: &mut [u8],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        tc0: &[i8; 4],
    ) {
        check_tc0(tc0);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_chroma)(dir, data, off, stride, alpha, beta, tc0) }
    }

    /// [`Kernels::deblock_chroma`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The
    /// kernel scales the thresholds of the tables to the bit depth (8.7.2.2).
    #[inline]
    pub fn deblock_chroma_u16(
        self,
        dir: Edge,
        data: &mut [u16],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        tc0: &[i8; 4],
        max: u16,
    ) {
        check_max(max);
        check_tc0(tc0);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_chroma_u16)(dir, data, off, stride, alpha, beta, tc0, max) }
    }

    /// 8 lines of chroma, bS 4 (8.7.2.4).
    #[inline]
    pub fn deblock_chroma_strong(self, dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_chroma_strong)(dir, data, off, stride, alpha, beta) }
    }

    /// [`Kernels::deblock_chroma_strong`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The
    /// kernel scales the thresholds of the tables to the bit depth (8.7.2.2).
    #[inline]
    pub fn deblock_chroma_strong_u16(
        self,
        dir: Edge,
        data: &mut [u16],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        max: u16,
    ) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_chroma_strong_u16)(dir, data, off, stride, alpha, beta, max) }
    }
    /// The 16 lines of a vertical edge of 4:2:2 chroma, bS 1 to 3: [`Kernels::deblock_chroma`] with `tc0` of four
    /// lines each. (A horizontal edge has eight lines as in 4:2:0.)
    #[inline]
    pub fn deblock_chroma_422(self, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8, tc0: &[i8; 4]) {
        check_tc0(tc0);
        check_422(data, off, stride);
        let [a, b, c, d] = *tc0;
        self.deblock_chroma(Edge::Vertical, data, off, stride, alpha, beta, &[a, a, b, b]);
        self.deblock_chroma(Edge::Vertical, data, off + 8 * stride, stride, alpha, beta, &[c, c, d, d]);
    }

    /// [`Kernels::deblock_chroma_422`] with bS 4.
    #[inline]
    pub fn deblock_chroma_422_strong(self, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
        check_422(data, off, stride);
        self.deblock_chroma_strong(Edge::Vertical, data, off, stride, alpha, beta);
        self.deblock_chroma_strong(Edge::Vertical, data, off + 8 * stride, stride, alpha, beta);
    }

    /// The 16 lines of a vertical edge of 4:2:2 chroma, bS 1 to 3: [`Kernels::deblock_chroma_u16`] with `tc0` of four
    /// lines each. (A horizontal edge has eight lines as in 4:2:0.)
    #[inline]
    pub fn deblock_chroma_422_u16(
        self,
        data: &mut [u16],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        tc0: &[i8; 4],
        max: u16,
    ) {
        check_max(max);
        check_422(data, off, stride);
        let [a, b, c, d] = *tc0;
        self.deblock_chroma_u16(Edge::Vertical, data, off, stride, alpha, beta, &[a, a, b, b], max);
        self.deblock_chroma_u16(Edge::Vertical, data, off + 8 * stride, stride, alpha, beta, &[c, c, d, d], max);
    }

    /// [`Kernels::deblock_chroma_422_u16`] with bS 4.
    #[inline]
    pub fn deblock_chroma_422_strong_u16(
        self,
        data: &mut [u16],
        off: usize,
        stride: usize,
        alpha: u8,
        beta: u8,
        max: u16,
    ) {
        check_max(max);
        check_422(data, off, stride);
        self.deblock_chroma_strong_u16(Edge::Vertical, data, off, stride, alpha, beta, max);
        self.deblock_chroma_strong_u16(Edge::Vertical, data, off + 8 * stride, stride, alpha, beta, max);
    }
}
