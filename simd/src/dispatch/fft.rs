//! Family `fft`: passes of a Fourier transform of 32-bit floats, and small transforms in pairs. All levels.

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, avx512, sse42};

/// `stride, src, dst, twiddles`
type Pass = unsafe fn(usize, [&[f32]; 2], [&mut [f32]; 2], [&[f32]; 2]);

/// `dst, src, factors, twiddles, scale`
type Pair<const N: usize, const HALF: usize, const TWIDDLES: usize> =
    unsafe fn([&mut [f32; N]; 2], [&[f32; N]; 2], &[[f32; HALF]; 2], &[[f32; TWIDDLES]; 2], f32);

#[derive(Clone, Copy)]
struct Table {
    /// By the radices of [`Kernels::FFT_RADICES`].
    pass: [Pass; 5],
    pair64: Pair<64, 32, 28>,
    pair32: Pair<32, 16, 12>,
}

const SCALAR: Table = Table {
    pass: [scalar::fft::pass2, scalar::fft::pass3, scalar::fft::pass4, scalar::fft::pass5, scalar::fft::pass8],
    pair64: scalar::fft::dct4_pair64,
    pair32: scalar::fft::dct4_pair32,
};
#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    pass: [neon::fft::pass2, neon::fft::pass3, neon::fft::pass4, neon::fft::pass5, neon::fft::pass8],
    pair64: neon::fft::dct4_pair64,
    pair32: neon::fft::dct4_pair32,
};
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    pass: [sse42::fft::pass2, sse42::fft::pass3, sse42::fft::pass4, sse42::fft::pass5, sse42::fft::pass8],
    pair64: sse42::fft::dct4_pair64,
    pair32: sse42::fft::dct4_pair32,
};
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    pass: [avx2::fft::pass2, avx2::fft::pass3, avx2::fft::pass4, avx2::fft::pass5, avx2::fft::pass8],
    pair64: avx2::fft::dct4_pair64,
    pair32: avx2::fft::dct4_pair32,
};
// A register of 512 bits would hold four of the small transforms.
#[cfg(target_arch = "x86_64")]
const AVX512: Table = Table {
    pass: [avx512::fft::pass2, avx512::fft::pass3, avx512::fft::pass4, avx512::fft::pass5, avx512::fft::pass8],
    ..AVX2
};

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Fourier transform
///
/// Complex numbers come as two arrays, real and imaginary parts. Every level gives the same bits: sums and products are
/// taken in one order, and never contracted.
impl Kernels {
    /// The radices of [`Kernels::fft_pass`].
    pub const FFT_RADICES: [usize; 5] = [2, 3, 4, 5, 8];

    /// One pass of a Fourier transform of `N = src[0].len()` points (Stockham's, decimation in frequency).
    ///
    /// With `m = N / (radix * stride)`, for `p` in `0..m` and `q` in `0..stride`: the discrete Fourier transform (of negative
    /// exponent) of the `radix` numbers `src[q + stride * (p + m * r)]` gives, for `r` in `0..radix`,
    /// `dst[q + stride * (radix * p + r)]`, which for `r > 0` and `m > 1` are multiplied by the conjugate of the factor at
    /// `twiddles[(r - 1) * m + p]`.
    ///
    /// Passes whose strides are 1, then the product of the radices before, and with factors
    /// `exp(2 pi i * p * r / (radix * m))`, make up the whole transform, in natural order.
    ///
    /// # Panics
    /// If `radix` is none of [`Kernels::FFT_RADICES`], or, before anything is stored, if `N` is no multiple of `radix * stride`, the
    /// parts differ in length, or there are too few factors.
    #[inline]
    pub fn fft_pass(self, radix: usize, stride: usize, src: [&[f32]; 2], dst: [&mut [f32]; 2], twiddles: [&[f32]; 2]) {
        let Some(i) = Self::FFT_RADICES.iter().position(|&r| r == radix) else { panic!("radix {radix}") };
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).pass[i])(stride, src, dst, twiddles) }
    }

    /// Two DCT-IV of 64 values at once: for `i` in 0 and 1, `dst[i][n] = sum over k of scale * x[k] * cos(pi / 64 (n + 1/2) (k + 1/2))`, where
    /// `x` is `src[0]`, and `src[1]` reversed. With `factors` as [`Kernels::dct4_pre`] takes them, it does the same as that, a pass of radix 8 with
    /// `twiddles`, one of radix 4, and [`Kernels::dct4_post`].
    #[inline]
    pub fn dct4_pair64(
        self,
        dst: [&mut [f32; 64]; 2],
        src: [&[f32; 64]; 2],
        factors: &[[f32; 32]; 2],
        twiddles: &[[f32; 28]; 2],
        scale: f32,
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).pair64)(dst, src, factors, twiddles, scale) }
    }

    /// As [`Kernels::dct4_pair64`], of 32 values, by two passes of radix 4.
    #[inline]
    pub fn dct4_pair32(
        self,
        dst: [&mut [f32; 32]; 2],
        src: [&[f32; 32]; 2],
        factors: &[[f32; 16]; 2],
        twiddles: &[[f32; 12]; 2],
        scale: f32,
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).pair32)(dst, src, factors, twiddles, scale) }
    }
}
