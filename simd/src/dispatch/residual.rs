//! Family `residual`: what the encoder does with residuals, a quarter of a macroblock at a time. All levels (AVX-512 takes AVX2's).

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::block::LevelMasks;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// `c, src, src_stride, pred, pred_stride`.
type FdctQuad = unsafe fn(&mut [[i16; 16]; 4], &[u8], usize, &[u8], usize);
/// `c, mf, bias`.
type QuantQuad = unsafe fn(&mut [[i16; 16]; 4], &[u16; 16], &[u16; 16]) -> u8;
/// `levels, c`.
type Scan = unsafe fn(&mut [i16; 16], &[i16; 16]) -> LevelMasks;

#[derive(Clone, Copy)]
struct Table {
    fdct4x4_quad: FdctQuad,
    quant4x4_quad: QuantQuad,
    scan4x4: Scan,
}

/// The table of a level that has them all.
macro_rules! table {
    ($($level:ident)::+) => {
        Table {
            fdct4x4_quad: $($level)::+::residual::fdct4x4_quad,
            quant4x4_quad: $($level)::+::residual::quant4x4_quad,
            scan4x4: $($level)::+::residual::scan4x4,
        }
    };
}

const SCALAR: Table = table!(scalar);
#[cfg(target_arch = "aarch64")]
const NEON: Table = table!(neon);
#[cfg(target_arch = "x86_64")]
const SSE42: Table = table!(sse42);
#[cfg(target_arch = "x86_64")]
const AVX2: Table = table!(avx2);
#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Residuals
///
/// A quad is the four 4x4 blocks of an 8x8 block: upper left, upper right, lower left, lower right.
impl Kernels {
    /// [`Kernels::fdct4x4`] of each block of a quad.
    ///
    /// # Panics
    /// Before anything is stored, if a slice does not hold eight rows of eight samples.
    #[inline]
    pub fn fdct4x4_quad(self, c: &mut [[i16; 16]; 4], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).fdct4x4_quad)(c, src, src_stride, pred, pred_stride) }
    }

    /// [`Kernels::quant4x4`] of each block of a quad; bit `i` of the result tells whether block `i` has a level that is not zero.
    #[inline]
    pub fn quant4x4_quad(self, c: &mut [[i16; 16]; 4], mf: &[u16; 16], bias: &[u16; 16]) -> u8 {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).quant4x4_quad)(c, mf, bias) }
    }

    /// Puts quantised coefficients into the zigzag order of frame macroblocks (8.5.6, table 8-2), and tells which of the levels are
    /// not 0 and which are larger than 1.
    #[inline]
    pub fn scan4x4(self, levels: &mut [i16; 16], c: &[i16; 16]) -> LevelMasks {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).scan4x4)(levels, c) }
    }
}
