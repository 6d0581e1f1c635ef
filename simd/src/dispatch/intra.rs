//! Family `intra`: H.264 intra prediction (8.3) from edge samples. Scalar, NEON, SSE4.2, AVX2.

use super::{PerLevel, check_max, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// Which neighbouring samples exist ("available for Intra prediction", 8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Availability {
    /// The column to the left.
    pub left: bool,
    /// The row above.
    pub top: bool,
    /// The sample above the left column.
    pub top_left: bool,
}

/// `w, h, dst, stride, value`
type Fill = unsafe fn(usize, usize, &mut [u8], usize, u8);
/// `dst, stride, edge`
type Predict4x4 = unsafe fn(&mut [u8], usize, &[u8; 13]);
/// `dst, stride, edge`
type Predict8x8 = unsafe fn(&mut [u8], usize, &[u8; 25]);
/// `edge, available`
type FilterEdges = unsafe fn(&[u8; 25], Availability) -> [u8; 25];
/// `dst, stride, top, left, top_left`
type Predict16x16 = unsafe fn(&mut [u8], usize, &[u8; 16], &[u8; 16], u8);
/// `dst, stride, top, left, top_left, available`
type PredictChroma = unsafe fn(&mut [u8], usize, &[u8; 8], &[u8; 8], u8, Availability);
/// `dst, stride, top, left, top_left, available`
type PredictChroma422 = unsafe fn(&mut [u8], usize, &[u8; 8], &[u8; 16], u8, Availability);
/// `w, h, dst, stride, value`
type Fill16 = unsafe fn(usize, usize, &mut [u16], usize, u16);
/// `dst, stride, edge`, of `N` samples
type Predict16<const N: usize> = unsafe fn(&mut [u16], usize, &[u16; N]);
/// `edge, available`
type FilterEdges16 = unsafe fn(&[u16; 25], Availability) -> [u16; 25];
/// `dst, stride, top, left, top_left, max`
type Predict16x16High = unsafe fn(&mut [u16], usize, &[u16; 16], &[u16; 16], u16, u16);
/// `dst, stride, top, left, top_left, available, max`, for `H` rows
type PredictChroma16<const H: usize> = unsafe fn(&mut [u16], usize, &[u16; 8], &[u16; H], u16, Availability, u16);

/// Predictors by mode number.
#[derive(Clone, Copy)]
struct Table {
    fill: Fill,
    intra4x4: [Predict4x4; 9],
    intra8x8: [Predict8x8; 9],
    intra8x8_filter_edges: FilterEdges,
    intra16x16: [Predict16x16; 4],
    intra_chroma8x8: [PredictChroma; 4],
    intra_chroma8x16: [PredictChroma422; 4],
    fill_u16: Fill16,
    intra4x4_u16: [Predict16<13>; 9],
    intra8x8_u16: [Predict16<25>; 9],
    intra8x8_filter_edges_u16: FilterEdges16,
    intra16x16_u16: [Predict16x16High; 4],
    intra_chroma8x8_u16: [PredictChroma16<8>; 4],
    intra_chroma8x16_u16: [PredictChroma16<16>; 4],
}

/// `by_mode!(4, path::kernel)`: `kernel::<MODE>` for each of 4 or 9 modes; `by_mode!(9, path::kernel, u8)`:
/// `kernel::<u8, MODE>`.
macro_rules! by_mode {
    (4, $($kernel:ident)::+) => {
        [$($kernel)::+::<0>, $($kernel)::+::<1>, $($kernel)::+::<2>, $($kernel)::+::<3>]
    };
    (9, $($kernel:ident)::+ $(, $t:ty)?) => {
        [
            $($kernel)::+::<$($t,)? 0>,
            $($kernel)::+::<$($t,)? 1>,
            $($kernel)::+::<$($t,)? 2>,
            $($kernel)::+::<$($t,)? 3>,
            $($kernel)::+::<$($t,)? 4>,
            $($kernel)::+::<$($t,)? 5>,
            $($kernel)::+::<$($t,)? 6>,
            $($kernel)::+::<$($t,)? 7>,
            $($kernel)::+::<$($t,)? 8>,
        ]
    };
}

const SCALAR: Table = Table {
    fill: scalar::intra::fill::<u8>,
    intra4x4: by_mode!(9, scalar::intra::intra4x4, u8),
    intra8x8: by_mode!(9, scalar::intra::intra8x8, u8),
    intra8x8_filter_edges: scalar::intra::intra8x8_filter_edges::<u8>,
    intra16x16: by_mode!(4, scalar::intra::intra16x16),
    intra_chroma8x8: by_mode!(4, scalar::intra::intra_chroma8x8),
    intra_chroma8x16: by_mode!(4, scalar::intra::intra_chroma8x16),
    fill_u16: scalar::intra::fill::<u16>,
    intra4x4_u16: by_mode!(9, scalar::intra::intra4x4, u16),
    intra8x8_u16: by_mode!(9, scalar::intra::intra8x8, u16),
    intra8x8_filter_edges_u16: scalar::intra::intra8x8_filter_edges::<u16>,
    intra16x16_u16: by_mode!(4, scalar::intra::intra16x16_u16),
    intra_chroma8x8_u16: by_mode!(4, scalar::intra::intra_chroma8x8_u16),
    intra_chroma8x16_u16: by_mode!(4, scalar::intra::intra_chroma8x16_u16),
};

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    fill: neon::intra::fill,
    intra4x4: by_mode!(9, neon::intra::intra4x4),
    intra8x8: by_mode!(9, neon::intra::intra8x8),
    intra8x8_filter_edges: neon::intra::intra8x8_filter_edges,
    intra16x16: by_mode!(4, neon::intra::intra16x16),
    intra_chroma8x8: by_mode!(4, neon::intra::intra_chroma8x8),
    ..SCALAR
};

#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    fill: sse42::intra::fill,
    intra4x4: by_mode!(9, sse42::intra::intra4x4),
    intra8x8: by_mode!(9, sse42::intra::intra8x8),
    intra8x8_filter_edges: sse42::intra::intra8x8_filter_edges,
    intra16x16: by_mode!(4, sse42::intra::intra16x16),
    intra_chroma8x8: by_mode!(4, sse42::intra::intra_chroma8x8),
    ..SCALAR
};

#[cfg(target_arch = "x86_64")]
const AVX2: Table = {
    let [v16, h16, dc16, _] = SSE42.intra16x16;
    let [dc8, h8, v8, _] = SSE42.intra_chroma8x8;
    Table {
        intra16x16: [v16, h16, dc16, avx2::intra::intra16x16_plane],
        intra_chroma8x8: [dc8, h8, v8, avx2::intra::intra_chroma8x8_plane],
        ..SSE42
    }
};

#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Intra prediction
///
/// `dst` starts at the block's first sample. The modes need their edges as the standard says; where an edge is
/// missing the caller substitutes it or fills the block with the value that the standard derives.
/// All panic if `dst` is too short or a mode number is out of range.
impl Kernels {
    /// Fills `h` rows of `w` samples with `value` (DC prediction where edges are missing).
    #[inline]
    pub fn fill(self, w: usize, h: usize, dst: &mut [u8], stride: usize, value: u8) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).fill)(w, h, dst, stride, value) }
    }

    /// [`Kernels::fill`] of samples of 8 to 14 bits.
    #[inline]
    pub fn fill_u16(self, w: usize, h: usize, dst: &mut [u16], stride: usize, value: u16) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).fill_u16)(w, h, dst, stride, value) }
    }

    /// `Intra_4x4` prediction with `Intra4x4PredMode` `mode`, 0 to 8 (8.3.1.2, table 8-2).
    ///
    /// `edge` runs from the bottom of the left column up, around the corner and to the right: 0 to 3 are
    /// `p[-1, 3]` to `p[-1, 0]`, 4 is `p[-1, -1]`, 5 to 12 are `p[0, -1]` to `p[7, -1]`. A mode ignores the samples that
    /// its clause does not name.
    #[inline]
    pub fn intra4x4(self, mode: u8, dst: &mut [u8], stride: usize, edge: &[u8; 13]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra4x4[usize::from(mode)](dst, stride, edge) }
    }

    /// [`Kernels::intra4x4`] of samples of 8 to 14 bits.
    #[inline]
    pub fn intra4x4_u16(self, mode: u8, dst: &mut [u16], stride: usize, edge: &[u16; 13]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra4x4_u16[usize::from(mode)](dst, stride, edge) }
    }

    /// `Intra_8x8` prediction with `Intra8x8PredMode` `mode`, 0 to 8 (8.3.2.2, table 8-3), from edges that
    /// [`Kernels::intra8x8_filter_edges`] has filtered.
    ///
    /// `edge` runs as in [`Kernels::intra4x4`]: 0 to 7 are `p'[-1, 7]` to `p'[-1, 0]`, 8 is `p'[-1, -1]`, 9 to 24 are
    /// `p'[0, -1]` to `p'[15, -1]`.
    #[inline]
    pub fn intra8x8(self, mode: u8, dst: &mut [u8], stride: usize, edge: &[u8; 25]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra8x8[usize::from(mode)](dst, stride, edge) }
    }

    /// [`Kernels::intra8x8`] of samples of 8 to 14 bits.
    #[inline]
    pub fn intra8x8_u16(self, mode: u8, dst: &mut [u16], stride: usize, edge: &[u16; 25]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra8x8_u16[usize::from(mode)](dst, stride, edge) }
    }

    /// The reference sample filter of `Intra_8x8` prediction (8.3.2.2.1). `edge` is laid out as in
    /// [`Kernels::intra8x8`].
    ///
    /// Samples that are not `available` may hold anything and come back as anything, but the same at every level.
    /// Where the row above is available and its right half is not, the caller has repeated `p[7, -1]` there (8.3.2.2).
    #[inline]
    pub fn intra8x8_filter_edges(self, edge: &[u8; 25], available: Availability) -> [u8; 25] {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).intra8x8_filter_edges)(edge, available) }
    }

    /// [`Kernels::intra8x8_filter_edges`] of samples of 8 to 14 bits.
    #[inline]
    pub fn intra8x8_filter_edges_u16(self, edge: &[u16; 25], available: Availability) -> [u16; 25] {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).intra8x8_filter_edges_u16)(edge, available) }
    }

    /// `Intra_16x16` prediction with `Intra16x16PredMode` `mode` (8.3.3): 0 vertical, 1 horizontal, 2 DC of both edges,
    /// 3 plane. `left` runs down; `top_left` matters to plane alone.
    #[inline]
    pub fn intra16x16(self, mode: u8, dst: &mut [u8], stride: usize, top: &[u8; 16], left: &[u8; 16], top_left: u8) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra16x16[usize::from(mode)](dst, stride, top, left, top_left) }
    }

    /// [`Kernels::intra16x16`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits.
    #[inline]
    pub fn intra16x16_u16(
        self,
        mode: u8,
        dst: &mut [u16],
        stride: usize,
        top: &[u16; 16],
        left: &[u16; 16],
        top_left: u16,
        max: u16,
    ) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra16x16_u16[usize::from(mode)](dst, stride, top, left, top_left, max) }
    }

    /// Intra prediction of an 8x8 chroma block (4:2:0) with `intra_chroma_pred_mode` `mode` (8.3.4): 0 DC, 1 horizontal,
    /// 2 vertical, 3 plane. `left` runs down. `available` matters to DC alone, which chooses the edge of each 4x4 block
    /// by it; `top_left` to plane alone.
    #[inline]
    pub fn intra_chroma8x8(
        self,
        mode: u8,
        dst: &mut [u8],
        stride: usize,
        top: &[u8; 8],
        left: &[u8; 8],
        top_left: u8,
        available: Availability,
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra_chroma8x8[usize::from(mode)](dst, stride, top, left, top_left, available) }
    }

    /// [`Kernels::intra_chroma8x8`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits.
    #[inline]
    pub fn intra_chroma8x8_u16(
        self,
        mode: u8,
        dst: &mut [u16],
        stride: usize,
        top: &[u16; 8],
        left: &[u16; 8],
        top_left: u16,
        available: Availability,
        max: u16,
    ) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe {
            TABLES.of(self).intra_chroma8x8_u16[usize::from(mode)](dst, stride, top, left, top_left, available, max)
        }
    }

    /// [`Kernels::intra_chroma8x8`] of a block 8 wide and 16 high (4:2:2).
    #[inline]
    pub fn intra_chroma8x16(
        self,
        mode: u8,
        dst: &mut [u8],
        stride: usize,
        top: &[u8; 8],
        left: &[u8; 16],
        top_left: u8,
        available: Availability,
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra_chroma8x16[usize::from(mode)](dst, stride, top, left, top_left, available) }
    }

    /// [`Kernels::intra_chroma8x16`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits.
    #[inline]
    pub fn intra_chroma8x16_u16(
        self,
        mode: u8,
        dst: &mut [u16],
        stride: usize,
        top: &[u16; 8],
        left: &[u16; 16],
        top_left: u16,
        available: Availability,
        max: u16,
    ) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe {
            TABLES.of(self).intra_chroma8x16_u16[usize::from(mode)](dst, stride, top, left, top_left, available, max)
        }
    }
}
