//! Family `qmf`: complex modulated filterbanks around their transforms. All levels.

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, avx512, sse42};

/// `dst, history, window`
type Fold = unsafe fn([&mut [f32]; 2], &[f32], &[f32]);
/// `block, cosines, sines`
type Unfold = unsafe fn(&mut [f32], &[f32], &[f32]);
/// `dst, blocks, window`
type Window = unsafe fn(&mut [f32], [&[f32]; 10], &[f32]);
/// `dst, src, factors`
type Rotate = unsafe fn([&mut [f32]; 2], [&[f32]; 2], [&[f32]; 4]);

#[derive(Clone, Copy)]
struct Table {
    qmf_fold: Fold,
    qmf_unfold: Unfold,
    qmf_window: Window,
    rotate: Rotate,
}

const SCALAR: Table = Table {
    qmf_fold: scalar::qmf::qmf_fold,
    qmf_unfold: scalar::qmf::qmf_unfold,
    qmf_window: scalar::qmf::qmf_window,
    rotate: scalar::qmf::rotate,
};
#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    qmf_fold: neon::qmf::qmf_fold,
    qmf_unfold: neon::qmf::qmf_unfold,
    qmf_window: neon::qmf::qmf_window,
    rotate: neon::qmf::rotate,
};
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    qmf_fold: sse42::qmf::qmf_fold,
    qmf_unfold: sse42::qmf::qmf_unfold,
    qmf_window: sse42::qmf::qmf_window,
    rotate: sse42::qmf::rotate,
};
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    qmf_fold: avx2::qmf::qmf_fold,
    qmf_unfold: avx2::qmf::qmf_unfold,
    qmf_window: avx2::qmf::qmf_window,
    rotate: avx2::qmf::rotate,
};
#[cfg(target_arch = "x86_64")]
const AVX512: Table = Table {
    qmf_fold: avx512::qmf::qmf_fold,
    qmf_unfold: avx512::qmf::qmf_unfold,
    qmf_window: avx512::qmf::qmf_window,
    rotate: avx512::qmf::rotate,
};

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Complex filterbanks
///
/// Analysis into `N` bands is [`Kernels::qmf_fold`], [`Kernels::dct4_pair32`] (or 64) and [`Kernels::rotate`]; synthesis from them the pair of
/// transforms, [`Kernels::qmf_unfold`] and [`Kernels::qmf_window`]. Windows have `10 N` values. Every level gives the same bits.
impl Kernels {
    /// Windows the last samples, the newest first, and folds them: with `u[n]` the sum over `t` from 0 to 4 of
    /// `history[2 N t + n] * window[2 N t + n]`, `dst[0][n] = u[n] - u[2 N - 1 - n]` and `dst[1][n] = u[n] + u[2 N - 1 - n]`.
    ///
    /// # Panics
    /// If both of `dst` have not one length `N`, a multiple of 16, or the others not ten times that.
    #[inline]
    pub fn qmf_fold(self, dst: [&mut [f32]; 2], history: &[f32], window: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).qmf_fold)(dst, history, window) }
    }

    /// Puts two transforms together: with `s[n]` being `sines[n]`, or its negative where `n` is odd, `block[n] = s[n] - cosines[n]` and
    /// `block[2 N - 1 - n] = s[n] + cosines[n]`.
    ///
    /// # Panics
    /// If both transforms have not one length, a multiple of 16, or `block` not twice that.
    #[inline]
    pub fn qmf_unfold(self, block: &mut [f32], cosines: &[f32], sines: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).qmf_unfold)(block, cosines, sines) }
    }

    /// Adds up the last ten blocks of `2 N` values, the newest first, under a window: `dst[n]` is the sum over `t` from 0 to 4 of
    /// `blocks[2 t][n] * window[2 N t + n] + blocks[2 t + 1][N + n] * window[2 N t + N + n]`.
    ///
    /// # Panics
    /// If the length `N` of `dst` is no multiple of 16, that of `window` not ten times that, or a block is shorter than `2 N`.
    #[inline]
    pub fn qmf_window(self, dst: &mut [f32], blocks: [&[f32]; 10], window: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).qmf_window)(dst, blocks, window) }
    }

    /// Turns complex numbers: of `a = src[0][n]` and `b = src[1][n]`, with factors `c`, `s`, `d` and `t`, `dst[0][n] = a c - b t` and
    /// `dst[1][n] = a s + b d`. Where `d = c` and `t = s`, that is a product of complex numbers; where they are the negatives, one with
    /// `a - i b`.
    ///
    /// # Panics
    /// If not all have one length, a multiple of 16.
    #[inline]
    pub fn rotate(self, dst: [&mut [f32]; 2], src: [&[f32]; 2], factors: [&[f32]; 4]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).rotate)(dst, src, factors) }
    }
}
