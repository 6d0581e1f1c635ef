//! Family `cost`: how different two blocks are. All levels.

use super::{PerLevel, by_size, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::block::BlockSize;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, avx512, sse42};

/// Two blocks to one number, as `a, a_stride, b, b_stride`.
type Compare = unsafe fn(&[u8], usize, &[u8], usize) -> u32;
/// One block against four, as `src, src_stride, refs, ref_stride`.
type Compare4 = unsafe fn(&[u8], usize, [&[u8]; 4], usize) -> [u32; 4];

/// One block against three, as `src, src_stride, refs, ref_stride`.
type Compare3 = unsafe fn(&[u8], usize, [&[u8]; 3], usize) -> [u32; 3];
/// One block against the means of four pairs, as `src, src_stride, refs, ref_stride`.
type CompareMeans = unsafe fn(&[u8], usize, [[&[u8]; 2]; 4], usize) -> [u32; 4];
/// One 4x4 block against nine, as `src, src_stride, blocks`.
type CompareNine = unsafe fn(&[u8], usize, &[[u8; 16]; 9]) -> [u32; 9];
/// One block against the mean of two, as `src, src_stride, refs, ref_stride`.
type CompareMean = unsafe fn(&[u8], usize, [&[u8]; 2], usize) -> u32;

/// Each kernel by [`BlockSize`].
#[derive(Clone, Copy)]
struct Table {
    sad: [Compare; 7],
    sad_x3: [Compare3; 7],
    sad_x4: [Compare4; 7],
    ssd: [Compare; 7],
    satd: [Compare; 7],
    satd_mean: [CompareMean; 7],
    satd_mean_x4: [CompareMeans; 7],
    satd4x4_nine: CompareNine,
}

const SCALAR: Table = Table {
    sad: by_size!(scalar::cost::sad),
    sad_x3: by_size!(scalar::cost::sad_each, 3),
    sad_x4: by_size!(scalar::cost::sad_each, 4),
    ssd: by_size!(scalar::cost::ssd),
    satd: by_size!(scalar::cost::satd),
    satd_mean: by_size!(scalar::cost::satd_mean),
    satd_mean_x4: by_size!(scalar::cost::satd_mean_x4),
    satd4x4_nine: scalar::cost::satd4x4_nine,
};

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    sad: by_size!(neon::cost::sad),
    sad_x3: by_size!(neon::cost::sad_each, 3),
    sad_x4: by_size!(neon::cost::sad_each, 4),
    ssd: by_size!(neon::cost::ssd),
    satd: by_size!(neon::cost::satd),
    satd_mean: by_size!(neon::cost::satd_mean),
    satd_mean_x4: by_size!(neon::cost::satd_mean_x4),
    satd4x4_nine: neon::cost::satd4x4_nine,
};

#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    sad: by_size!(sse42::cost::sad),
    sad_x3: by_size!(sse42::cost::sad_each, 3),
    sad_x4: by_size!(sse42::cost::sad_each, 4),
    ssd: by_size!(sse42::cost::ssd),
    satd: by_size!(sse42::cost::satd),
    satd_mean: by_size!(sse42::cost::satd_mean),
    satd_mean_x4: by_size!(sse42::cost::satd_mean_x4),
    satd4x4_nine: sse42::cost::satd4x4_nine,
};

#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    sad: by_size!(avx2::cost::sad),
    sad_x3: by_size!(avx2::cost::sad_each, 3),
    sad_x4: by_size!(avx2::cost::sad_each, 4),
    ssd: by_size!(avx2::cost::ssd),
    satd: by_size!(avx2::cost::satd),
    satd_mean: by_size!(avx2::cost::satd_mean),
    satd_mean_x4: by_size!(avx2::cost::satd_mean_x4),
    satd4x4_nine: avx2::cost::satd4x4_nine,
};

#[cfg(target_arch = "x86_64")]
const AVX512: Table = Table {
    sad: by_size!(avx512::cost::sad),
    sad_x3: by_size!(avx512::cost::sad_each, 3),
    sad_x4: by_size!(avx512::cost::sad_each, 4),
    ssd: by_size!(avx512::cost::ssd),
    satd: by_size!(avx512::cost::satd),
    satd_mean: by_size!(avx512::cost::satd_mean),
    satd_mean_x4: by_size!(avx512::cost::satd_mean_x4),
    satd4x4_nine: avx512::cost::satd4x4_nine,
};

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Pixel cost
///
/// Slices start at the block's first sample and reach at least to its last; strides are in samples.
/// All panic if a slice is too short.
impl Kernels {
    /// Sum of absolute differences.
    #[inline]
    pub fn sad(self, bs: BlockSize, a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).sad[bs as usize](a, a_stride, b, b_stride) }
    }

    /// [`Kernels::sad`] of `src` with each of three blocks that have a stride in common.
    #[inline]
    pub fn sad_x3(self, bs: BlockSize, src: &[u8], src_stride: usize, refs: [&[u8]; 3], ref_stride: usize) -> [u32; 3] {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).sad_x3[bs as usize](src, src_stride, refs, ref_stride) }
    }

    /// [`Kernels::sad`] of `src` with each of four blocks that have a stride in common.
    #[inline]
    pub fn sad_x4(self, bs: BlockSize, src: &[u8], src_stride: usize, refs: [&[u8]; 4], ref_stride: usize) -> [u32; 4] {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).sad_x4[bs as usize](src, src_stride, refs, ref_stride) }
    }

    /// Sum of squared differences.
    #[inline]
    pub fn ssd(self, bs: BlockSize, a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).ssd[bs as usize](a, a_stride, b, b_stride) }
    }

    /// Sum of absolute transformed differences: each 4x4 block `D` of differences becomes `H D H`, where `H` is the
    /// 4x4 Hadamard matrix of 1 and -1 (no scaling); the result is half the sum of the absolute values of all
    /// coefficients. That sum is always even, so the half is exact.
    #[inline]
    pub fn satd(self, bs: BlockSize, a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).satd[bs as usize](a, a_stride, b, b_stride) }
    }

    /// [`Kernels::satd`] of `src` with the mean of two blocks that have a stride in common, rounded up as in 8.4.2.2.1:
    /// what a quarter sample position costs.
    #[inline]
    pub fn satd_mean(self, bs: BlockSize, src: &[u8], src_stride: usize, refs: [&[u8]; 2], ref_stride: usize) -> u32 {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).satd_mean[bs as usize](src, src_stride, refs, ref_stride) }
    }

    /// [`Kernels::satd_mean`] of `src` with each of four pairs of blocks that have a stride in common.
    #[inline]
    pub fn satd_mean_x4(
        self,
        bs: BlockSize,
        src: &[u8],
        src_stride: usize,
        refs: [[&[u8]; 2]; 4],
        ref_stride: usize,
    ) -> [u32; 4] {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).satd_mean_x4[bs as usize](src, src_stride, refs, ref_stride) }
    }

    /// [`Kernels::satd`] of a 4x4 block with each of nine, whose rows lie one behind the other: the nine intra predictions.
    #[inline]
    pub fn satd4x4_nine(self, src: &[u8], src_stride: usize, blocks: &[[u8; 16]; 9]) -> [u32; 9] {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).satd4x4_nine)(src, src_stride, blocks) }
    }
}
