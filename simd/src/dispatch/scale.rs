//! Family `scale`: separable polyphase resampling of 8-bit planes. Scalar, NEON, SSE4.2, AVX2.

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// `dst, src, pos, coefs, taps`
type ScaleH = unsafe fn(&mut [i16], &[u8], &[u32], &[i16], usize);
/// `dst, rows, coefs`
type ScaleV = unsafe fn(&mut [u8], &[&[i16]], &[i16]);

#[derive(Clone, Copy)]
struct Table {
    scale_h: ScaleH,
    scale_v: ScaleV,
}

const SCALAR: Table = Table { scale_h: scalar::scale::scale_h, scale_v: scalar::scale::scale_v };

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table { scale_h: neon::scale::scale_h, scale_v: neon::scale::scale_v };
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table { scale_h: sse42::scale::scale_h, scale_v: sse42::scale::scale_v };
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table { scale_h: avx2::scale::scale_h, scale_v: avx2::scale::scale_v };
#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Scaling
///
/// First each row that is needed is resampled horizontally to words with 6 fractional bits, then columns of such rows
/// become samples. Coefficients have 14 fractional bits: those of one output add up to [`Kernels::SCALE_ONE`].
impl Kernels {
    /// 1.0 as a coefficient of [`Kernels::scale_h`] and [`Kernels::scale_v`].
    pub const SCALE_ONE: i16 = 1 << 14;

    /// The most taps that [`Kernels::scale_h`] and [`Kernels::scale_v`] take.
    pub const SCALE_TAPS_MAX: usize = 256;

    /// Resamples a row: `dst[i] = (sum + 128) >> 8`, saturated to 16 bits, where `sum` is that of
    /// `src[pos[i] + t] * coefs[i * taps + t]` for `t` in `0..taps`.
    ///
    /// So a sample `s` comes out as `64 s`. The sum cannot overflow; the result saturates only where the filter
    /// overshoots to twice the range of samples. Edges are the caller's: it pads the row, so that each window lies
    /// inside. The vector kernels are at their best with 4, 8, 12, ... taps.
    ///
    /// # Panics
    /// Before anything is stored: if `taps` is not in 1 to [`Kernels::SCALE_TAPS_MAX`], `pos` or `coefs` do not fit
    /// `dst` (one position and `taps` coefficients for each output), or a window ends behind `src`.
    #[inline]
    pub fn scale_h(self, dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).scale_h)(dst, src, pos, coefs, taps) }
    }

    /// Combines rows that [`Kernels::scale_h`] made: `dst[x] = (sum + (1 << 19)) >> 20`, clipped to 8 bits, where `sum`
    /// is that of `rows[t][x] * coefs[t]`. Rows may be longer than `dst`.
    ///
    /// The sum wraps at 32 bits. It cannot as long as the absolute values of the coefficients add up to 65500 at most,
    /// which is four times what a filter without negative lobes has.
    ///
    /// # Panics
    /// Before anything is stored: if the number of rows is not in 1 to [`Kernels::SCALE_TAPS_MAX`] or not the number of
    /// coefficients, or a row is shorter than `dst`.
    #[inline]
    pub fn scale_v(self, dst: &mut [u8], rows: &[&[i16]], coefs: &[i16]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).scale_v)(dst, rows, coefs) }
    }
}
