//! Family `transform`: H.264 transforms, scaling and quantisation (8.5). Scalar, NEON, SSE4.2, AVX2.

use super::{PerLevel, check_max, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// `dst, stride, c`, for `NN` coefficients.
type IdctAdd<const NN: usize> = unsafe fn(&mut [u8], usize, &mut [i16; NN]);
/// `dst, stride, dc`.
type DcAdd = unsafe fn(&mut [u8], usize, i16);
/// `dst, stride, c, max`, for `NN` coefficients.
type IdctAdd16<const NN: usize> = unsafe fn(&mut [u16], usize, &mut [i32; NN], u16);
/// `dst, stride, dc, max`.
type DcAdd16 = unsafe fn(&mut [u16], usize, i32, u16);
/// `c, src, src_stride, pred, pred_stride`.
type Fdct<const NN: usize> = unsafe fn(&mut [i16; NN], &[u8], usize, &[u8], usize);
/// `c, mf, bias`.
type Quant<const NN: usize> = unsafe fn(&mut [i16; NN], &[u16; NN], &[u16; NN]) -> bool;
/// `c, scale, qp_per`.
type Dequant<const NN: usize> = unsafe fn(&mut [i16; NN], &[i32; NN], u8);

#[derive(Clone, Copy)]
struct Table {
    idct4x4_add: IdctAdd<16>,
    idct8x8_add: IdctAdd<64>,
    idct4x4_dc_add: DcAdd,
    idct8x8_dc_add: DcAdd,
    fdct4x4: Fdct<16>,
    fdct8x8: Fdct<64>,
    quant4x4: Quant<16>,
    quant8x8: Quant<64>,
    dequant4x4: Dequant<16>,
    dequant8x8: Dequant<64>,
    idct4x4_add_u16: IdctAdd16<16>,
    idct8x8_add_u16: IdctAdd16<64>,
    idct4x4_dc_add_u16: DcAdd16,
    idct8x8_dc_add_u16: DcAdd16,
}

const SCALAR: Table = Table {
    idct4x4_add: scalar::transform::idct4x4_add,
    idct8x8_add: scalar::transform::idct8x8_add,
    idct4x4_dc_add: scalar::transform::idct4x4_dc_add,
    idct8x8_dc_add: scalar::transform::idct8x8_dc_add,
    fdct4x4: scalar::transform::fdct4x4,
    fdct8x8: scalar::transform::fdct8x8,
    quant4x4: scalar::transform::quant4x4,
    quant8x8: scalar::transform::quant8x8,
    dequant4x4: scalar::transform::dequant4x4,
    dequant8x8: scalar::transform::dequant8x8,
    idct4x4_add_u16: scalar::transform::idct4x4_add_u16,
    idct8x8_add_u16: scalar::transform::idct8x8_add_u16,
    idct4x4_dc_add_u16: scalar::transform::idct4x4_dc_add_u16,
    idct8x8_dc_add_u16: scalar::transform::idct8x8_dc_add_u16,
};

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    idct4x4_add: neon::transform::idct4x4_add,
    idct8x8_add: neon::transform::idct8x8_add,
    idct4x4_dc_add: neon::transform::idct4x4_dc_add,
    idct8x8_dc_add: neon::transform::idct8x8_dc_add,
    fdct4x4: neon::transform::fdct4x4,
    fdct8x8: neon::transform::fdct8x8,
    quant4x4: neon::transform::quant4x4,
    quant8x8: neon::transform::quant8x8,
    dequant4x4: neon::transform::dequant4x4,
    dequant8x8: neon::transform::dequant8x8,
    ..SCALAR
};

#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    idct4x4_add: sse42::transform::idct4x4_add,
    idct8x8_add: sse42::transform::idct8x8_add,
    idct4x4_dc_add: sse42::transform::idct4x4_dc_add,
    idct8x8_dc_add: sse42::transform::idct8x8_dc_add,
    fdct4x4: sse42::transform::fdct4x4,
    fdct8x8: sse42::transform::fdct8x8,
    quant4x4: sse42::transform::quant4x4,
    quant8x8: sse42::transform::quant8x8,
    dequant4x4: sse42::transform::dequant4x4,
    dequant8x8: sse42::transform::dequant8x8,
    idct4x4_add_u16: sse42::transform_u16::idct4x4_add_u16,
    idct8x8_add_u16: sse42::transform_u16::idct8x8_add_u16,
    idct4x4_dc_add_u16: sse42::transform_u16::idct4x4_dc_add_u16,
    idct8x8_dc_add_u16: sse42::transform_u16::idct8x8_dc_add_u16,
};

#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    quant4x4: avx2::transform::quant4x4,
    quant8x8: avx2::transform::quant8x8,
    dequant4x4: avx2::transform::dequant4x4,
    dequant8x8: avx2::transform::dequant8x8,
    idct8x8_add_u16: avx2::transform_u16::idct8x8_add_u16,
    ..SSE42
};

#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Transforms
///
/// Coefficients are in raster order: `c[4 * row + column]` or `c[8 * row + column]`. Sums wrap at 16 bits: those of
/// a conforming 8-bit stream never get there (8.5.12), and for any other the result is at least the same at every
/// level. Slices of samples start at the block's first one; all panic, before anything is stored, if one is too short.
impl Kernels {
    /// The 4x4 inverse transform (8.5.12.2), added to the prediction in `dst` with clipping (8.5.14). `c` is zero
    /// afterwards.
    #[inline]
    pub fn idct4x4_add(self, dst: &mut [u8], stride: usize, c: &mut [i16; 16]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct4x4_add)(dst, stride, c) }
    }

    /// [`Kernels::idct4x4_add`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. Sums wrap
    /// at 32 bits.
    #[inline]
    pub fn idct4x4_add_u16(self, dst: &mut [u16], stride: usize, c: &mut [i32; 16], max: u16) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct4x4_add_u16)(dst, stride, c, max) }
    }

    /// The 8x8 inverse transform (8.5.13.2), added to the prediction in `dst` with clipping (8.5.14). `c` is zero
    /// afterwards.
    #[inline]
    pub fn idct8x8_add(self, dst: &mut [u8], stride: usize, c: &mut [i16; 64]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct8x8_add)(dst, stride, c) }
    }

    /// [`Kernels::idct8x8_add`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. Sums wrap
    /// at 32 bits.
    #[inline]
    pub fn idct8x8_add_u16(self, dst: &mut [u16], stride: usize, c: &mut [i32; 64], max: u16) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct8x8_add_u16)(dst, stride, c, max) }
    }

    /// [`Kernels::idct4x4_add`] of a block whose only coefficient is `dc`.
    #[inline]
    pub fn idct4x4_dc_add(self, dst: &mut [u8], stride: usize, dc: i16) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct4x4_dc_add)(dst, stride, dc) }
    }

    /// [`Kernels::idct4x4_dc_add`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. Sums wrap
    /// at 32 bits.
    #[inline]
    pub fn idct4x4_dc_add_u16(self, dst: &mut [u16], stride: usize, dc: i32, max: u16) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct4x4_dc_add_u16)(dst, stride, dc, max) }
    }

    /// [`Kernels::idct8x8_add`] of a block whose only coefficient is `dc`.
    #[inline]
    pub fn idct8x8_dc_add(self, dst: &mut [u8], stride: usize, dc: i16) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct8x8_dc_add)(dst, stride, dc) }
    }

    /// [`Kernels::idct8x8_dc_add`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. Sums wrap
    /// at 32 bits.
    #[inline]
    pub fn idct8x8_dc_add_u16(self, dst: &mut [u16], stride: usize, dc: i32, max: u16) {
        check_max(max);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).idct8x8_dc_add_u16)(dst, stride, dc, max) }
    }

    /// The 4x4 forward transform of `src - pred`: `T D T'` with the rows of `T` (1, 1, 1, 1), (2, 1, -1, -2),
    /// (1, -1, -1, 1), (1, -2, 2, -1). Exact; the norms of the rows are left to the quantiser.
    #[inline]
    pub fn fdct4x4(self, c: &mut [i16; 16], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).fdct4x4)(c, src, src_stride, pred, pred_stride) }
    }

    /// The 8x8 forward transform of `src - pred`: the flow graph of 8.5.13.2 transposed, rows before columns. Its
    /// rows are an eighth of (8, 8, 8, 8, 8, 8, 8, 8), (12, 10, 6, 3, -3, -6, -10, -12), (8, 4, -4, -8, ...),
    /// (10, -3, -12, -6, ...), ..., rounded where the graph shifts; their norms are left to the quantiser.
    #[inline]
    pub fn fdct8x8(self, c: &mut [i16; 64], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).fdct8x8)(c, src, src_stride, pred, pred_stride) }
    }

    /// Quantises 16 coefficients: each becomes `sign(c) * ((min(|c| + bias, 65535) * mf) >> 16)`, wrapped to 16 bits.
    /// Tells whether any is not zero.
    #[inline]
    pub fn quant4x4(self, c: &mut [i16; 16], mf: &[u16; 16], bias: &[u16; 16]) -> bool {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).quant4x4)(c, mf, bias) }
    }

    /// As [`Kernels::quant4x4`], for 64 coefficients.
    #[inline]
    pub fn quant8x8(self, c: &mut [i16; 64], mf: &[u16; 64], bias: &[u16; 64]) -> bool {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).quant8x8)(c, mf, bias) }
    }

    /// Scales 16 coefficients (8.5.12.1) by `scale`, which is LevelScale4x4, and `qp_per`, which is qP / 6 and at
    /// most 15: `(c * scale) << (qp_per - 4)`, or `(c * scale + 2^(3 - qp_per)) >> (4 - qp_per)` where `qp_per` is
    /// less than 4; in 32 bits, then cut to 16. A DC coefficient that has been scaled already is the caller's to keep.
    #[inline]
    pub fn dequant4x4(self, c: &mut [i16; 16], scale: &[i32; 16], qp_per: u8) {
        assert!(qp_per < 16, "qP / 6 is at most 15");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).dequant4x4)(c, scale, qp_per) }
    }

    /// Scales 64 coefficients (8.5.13.1) by `scale`, which is LevelScale8x8: as [`Kernels::dequant4x4`] with 6 in the
    /// place of 4.
    #[inline]
    pub fn dequant8x8(self, c: &mut [i16; 64], scale: &[i32; 64], qp_per: u8) {
        assert!(qp_per < 16, "qP / 6 is at most 15");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).dequant8x8)(c, scale, qp_per) }
    }
}
