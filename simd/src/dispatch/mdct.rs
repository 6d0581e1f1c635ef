//! Family `mdct`: inverse quantisation of spectra, the rotations of a DCT-IV, windows. All levels.

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, avx512, sse42};

/// `dst, quantised, gain`
type Dequantise = unsafe fn(&mut [f32], &[i16], f32);
/// `dst, src, factors, scale`
type Dct4Pre = unsafe fn([&mut [f32]; 2], &[f32], [&[f32]; 2], f32);
/// `dst, src, factors`
type Dct4Post = unsafe fn(&mut [f32], [&[f32]; 2], [&[f32]; 2]);
/// `acc, half, window`
type Window = unsafe fn(&mut [f32], &[f32], &[f32]);

#[derive(Clone, Copy)]
struct Table {
    dequantise: Dequantise,
    dct4_pre: Dct4Pre,
    dct4_post: Dct4Post,
    window_head: Window,
    window_tail: Window,
}

const SCALAR: Table = Table {
    dequantise: scalar::mdct::dequantise,
    dct4_pre: scalar::mdct::dct4_pre,
    dct4_post: scalar::mdct::dct4_post,
    window_head: scalar::mdct::window_head,
    window_tail: scalar::mdct::window_tail,
};
#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    dequantise: neon::mdct::dequantise,
    dct4_pre: neon::mdct::dct4_pre,
    dct4_post: neon::mdct::dct4_post,
    window_head: neon::mdct::window_head,
    window_tail: neon::mdct::window_tail,
};
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    dequantise: sse42::mdct::dequantise,
    dct4_pre: sse42::mdct::dct4_pre,
    dct4_post: sse42::mdct::dct4_post,
    window_head: sse42::mdct::window_head,
    window_tail: sse42::mdct::window_tail,
};
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    dequantise: avx2::mdct::dequantise,
    dct4_pre: avx2::mdct::dct4_pre,
    dct4_post: avx2::mdct::dct4_post,
    window_head: avx2::mdct::window_head,
    window_tail: avx2::mdct::window_tail,
};
#[cfg(target_arch = "x86_64")]
const AVX512: Table = Table {
    dct4_pre: avx512::mdct::dct4_pre,
    dct4_post: avx512::mdct::dct4_post,
    window_head: avx512::mdct::window_head,
    window_tail: avx512::mdct::window_tail,
    ..AVX2
};

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Modified cosine transforms
///
/// A DCT-IV of `M` values is [`Kernels::dct4_pre`], a Fourier transform of `M / 2` points, and [`Kernels::dct4_post`], both with the
/// factors `cos` and `sin` of `pi (8 k + 1) / (8 M)`. Its halves are what an MDCT's aliased halves are made of, so the windows
/// take them as they are. Every level gives the same bits.
impl Kernels {
    /// Inverse quantisation of AAC (ISO/IEC 14496-3 4.6.1.3): `dst[i] = sign(q) |q|^(4/3) * gain` for `q = quantised[i]`; the power is
    /// the float nearest to its value.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn dequantise(self, dst: &mut [f32], quantised: &[i16], gain: f32) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).dequantise)(dst, quantised, gain) }
    }

    /// `dst[k] = (scale * src[2 k] + i * scale * src[M - 1 - 2 k]) * (cos[k] - i * sin[k])` for `k` in `0..M / 2`, where `factors` are
    /// `cos` and `sin`.
    ///
    /// # Panics
    /// If the length of `src` is odd, or the other slices have not half that length.
    #[inline]
    pub fn dct4_pre(self, dst: [&mut [f32]; 2], src: &[f32], factors: [&[f32]; 2], scale: f32) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).dct4_pre)(dst, src, factors, scale) }
    }

    /// `dst[2 k]` and `-dst[M - 1 - 2 k]` become the real and imaginary part of `src[k] * (cos[k] - i * sin[k])`.
    ///
    /// # Panics
    /// If the length of `dst` is odd, or the other slices have not half that length.
    #[inline]
    pub fn dct4_post(self, dst: &mut [f32], src: [&[f32]; 2], factors: [&[f32]; 2]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).dct4_post)(dst, src, factors) }
    }

    /// Adds the first, odd half of an aliased block under a rising window: with `L = half.len()`,
    /// `acc[n] += half[n] * window[n]` and `acc[2 L - 1 - n] -= half[n] * window[2 L - 1 - n]`.
    ///
    /// # Panics
    /// If `acc` or `window` is not twice as long as `half`.
    #[inline]
    pub fn window_head(self, acc: &mut [f32], half: &[f32], window: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).window_head)(acc, half, window) }
    }

    /// Adds the second, even half of an aliased block under a falling window, given as the rising one: with `L = half.len()` and
    /// `v = half[L - 1 - n]`, `acc[n] -= v * window[2 L - 1 - n]` and `acc[2 L - 1 - n] -= v * window[n]`.
    ///
    /// # Panics
    /// If `acc` or `window` is not twice as long as `half`.
    #[inline]
    pub fn window_tail(self, acc: &mut [f32], half: &[f32], window: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).window_tail)(acc, half, window) }
    }
}
