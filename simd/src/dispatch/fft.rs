//! Family `fft`: passes of a Fourier transform of 32-bit floats. Scalar, SSE4.2, AVX2.

use super::{PerLevel, per_level};
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// `stride, src, dst, twiddles`
type Pass = unsafe fn(usize, [&[f32]; 2], [&mut [f32]; 2], [&[f32]; 2]);

#[derive(Clone, Copy)]
struct Table {
    /// By the radices of [`Kernels::FFT_RADICES`].
    pass: [Pass; 5],
}

const SCALAR: Table = Table {
    pass: [scalar::fft::pass2, scalar::fft::pass3, scalar::fft::pass4, scalar::fft::pass5, scalar::fft::pass8],
};
#[cfg(target_arch = "aarch64")]
const NEON: Table = SCALAR;
#[cfg(target_arch = "x86_64")]
const SSE42: Table =
    Table { pass: [sse42::fft::pass2, sse42::fft::pass3, sse42::fft::pass4, sse42::fft::pass5, sse42::fft::pass8] };
#[cfg(target_arch = "x86_64")]
const AVX2: Table =
    Table { pass: [avx2::fft::pass2, avx2::fft::pass3, avx2::fft::pass4, avx2::fft::pass5, avx2::fft::pass8] };
#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

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
}
