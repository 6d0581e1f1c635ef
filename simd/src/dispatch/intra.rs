//! Family `intra`: H.264 intra prediction (8.3) from edge samples. Scalar, NEON, SSE4.2, AVX2.

use super::{PerLevel, per_level};
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

/// Predictors by mode number.
#[derive(Clone, Copy)]
struct Table {
    fill: Fill,
    intra4x4: [Predict4x4; 9],
    intra8x8: [Predict8x8; 9],
    intra8x8_filter_edges: FilterEdges,
    intra16x16: [Predict16x16; 4],
    intra_chroma8x8: [PredictChroma; 4],
}

/// `by_mode!(4, path::kernel)`: `kernel::<MODE>` for each of 4 or 9 modes.
macro_rules! by_mode {
    (4, $($kernel:ident)::+) => {
        [$($kernel)::+::<0>, $($kernel)::+::<1>, $($kernel)::+::<2>, $($kernel)::+::<3>]
    };
    (9, $($kernel:ident)::+) => {
        [
            $($kernel)::+::<0>,
            $($kernel)::+::<1>,
            $($kernel)::+::<2>,
            $($kernel)::+::<3>,
            $($kernel)::+::<4>,
            $($kernel)::+::<5>,
            $($kernel)::+::<6>,
            $($kernel)::+::<7>,
            $($kernel)::+::<8>,
        ]
    };
}

const SCALAR: Table = Table {
    fill: scalar::intra::fill,
    intra4x4: by_mode!(9, scalar::intra::intra4x4),
    intra8x8: by_mode!(9, scalar::intra::intra8x8),
    intra8x8_filter_edges: scalar::intra::intra8x8_filter_edges,
    intra16x16: by_mode!(4, scalar::intra::intra16x16),
    intra_chroma8x8: by_mode!(4, scalar::intra::intra_chroma8x8),
};

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    fill: neon::intra::fill,
    intra4x4: by_mode!(9, neon::intra::intra4x4),
    intra8x8: by_mode!(9, neon::intra::intra8x8),
    intra8x8_filter_edges: neon::intra::intra8x8_filter_edges,
    intra16x16: by_mode!(4, neon::intra::intra16x16),
    intra_chroma8x8: by_mode!(4, neon::intra::intra_chroma8x8),
};

#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    fill: sse42::intra::fill,
    intra4x4: by_mode!(9, sse42::intra::intra4x4),
    intra8x8: by_mode!(9, sse42::intra::intra8x8),
    intra8x8_filter_edges: sse42::intra::intra8x8_filter_edges,
    intra16x16: by_mode!(4, sse42::intra::intra16x16),
    intra_chroma8x8: by_mode!(4, sse42::intra::intra_chroma8x8),
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

    /// `Intra_16x16` prediction with `Intra16x16PredMode` `mode` (8.3.3): 0 vertical, 1 horizontal, 2 DC of both edges,
    /// 3 plane. `left` runs down; `top_left` matters to plane alone.
    #[inline]
    pub fn intra16x16(self, mode: u8, dst: &mut [u8], stride: usize, top: &[u8; 16], left: &[u8; 16], top_left: u8) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).intra16x16[usize::from(mode)](dst, stride, top, left, top_left) }
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
}
