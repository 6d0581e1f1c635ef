//! Family `pcm`: samples to integers. All levels.

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, avx512, sse42};

/// `dst, src`
type To<T> = unsafe fn(&mut [T], &[f32]);

#[derive(Clone, Copy)]
struct Table {
    to_i16: To<i16>,
    to_i24: To<i32>,
    to_i32: To<i32>,
}

const SCALAR: Table = Table { to_i16: scalar::pcm::to_i16, to_i24: scalar::pcm::to_i24, to_i32: scalar::pcm::to_i32 };
#[cfg(target_arch = "aarch64")]
const NEON: Table = Table { to_i16: neon::pcm::to_i16, to_i24: neon::pcm::to_i24, to_i32: neon::pcm::to_i32 };
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table { to_i16: sse42::pcm::to_i16, to_i24: sse42::pcm::to_i24, to_i32: sse42::pcm::to_i32 };
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table { to_i16: avx2::pcm::to_i16, to_i24: avx2::pcm::to_i24, to_i32: avx2::pcm::to_i32 };
#[cfg(target_arch = "x86_64")]
const AVX512: Table = Table { to_i16: avx512::pcm::to_i16, to_i24: avx512::pcm::to_i24, to_i32: avx512::pcm::to_i32 };

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Samples to integers
///
/// Full scale, 1.0, is one more than the greatest integer. The integer nearest is taken, halves to the even one; what lies outside becomes
/// the nearest end, and what is no number 0.
impl Kernels {
    /// To integers of 16 bits.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn to_i16(self, dst: &mut [i16], src: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).to_i16)(dst, src) }
    }

    /// To integers of 24 bits, in the low bits.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn to_i24(self, dst: &mut [i32], src: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).to_i24)(dst, src) }
    }

    /// To integers of 32 bits.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn to_i32(self, dst: &mut [i32], src: &[f32]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).to_i32)(dst, src) }
    }
}
