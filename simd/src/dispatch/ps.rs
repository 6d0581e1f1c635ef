//! Family `ps`: parametric stereo. All levels.

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, avx512, sse42};

/// `dst, filters, slots`
type Split = unsafe fn([&mut [f32]; 2], [&[f32]; 2], &[[f32; 2]; 13]);
/// `x, delayed, into, turn, decay`
type Link = unsafe fn(&mut [[f32; 64]; 2], &[[f32; 64]; 2], &mut [[f32; 64]; 2], &[[f32; 64]; 2], &[f32; 64]);
/// `direct, diffuse, now, step, turning`
type Mix = unsafe fn(&mut [[f32; 96]; 2], &mut [[f32; 96]; 2], &mut [[f32; 96]; 8], &[[f32; 96]; 8], bool);

#[derive(Clone, Copy)]
struct Table {
    ps_split: Split,
    ps_link: Link,
    ps_mix: Mix,
}

const SCALAR: Table =
    Table { ps_split: scalar::ps::ps_split, ps_link: scalar::ps::ps_link, ps_mix: scalar::ps::ps_mix };
#[cfg(target_arch = "aarch64")]
const NEON: Table = Table { ps_split: neon::ps::ps_split, ps_link: neon::ps::ps_link, ps_mix: neon::ps::ps_mix };
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table { ps_split: sse42::ps::ps_split, ps_link: sse42::ps::ps_link, ps_mix: sse42::ps::ps_mix };
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table { ps_split: avx2::ps::ps_split, ps_link: avx2::ps::ps_link, ps_mix: avx2::ps::ps_mix };
#[cfg(target_arch = "x86_64")]
const AVX512: Table =
    Table { ps_split: avx512::ps::ps_split, ps_link: avx512::ps::ps_link, ps_mix: avx512::ps::ps_mix };

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Parametric stereo
///
/// Bands have their real parts first, then the imaginary parts (ISO/IEC 14496-3 8.6.4). Every level gives the same bits.
impl Kernels {
    /// Splits a band by `n` complex filters (8.6.4.3): `dst[..][q]` is the sum over `t` of `slots[t]` times the factor of which the parts are
    /// `filters[..][n t + q]`.
    ///
    /// # Panics
    /// If `filters` have not 13 times the length of both of `dst`.
    #[inline]
    pub fn ps_split(self, dst: [&mut [f32]; 2], filters: [&[f32]; 2], slots: &[[f32; 2]; 13]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).ps_split)(dst, filters, slots) }
    }

    /// A link of an all-pass filter (8.6.4.5.2), in each band: with `v = delayed * turn - decay * x`, complex but for `decay`,
    /// `into = x + decay * v`, and `x` becomes `v`.
    #[inline]
    pub fn ps_link(
        self,
        x: &mut [[f32; 64]; 2],
        delayed: &[[f32; 64]; 2],
        into: &mut [[f32; 64]; 2],
        turn: &[[f32; 64]; 2],
        decay: &[f32; 64],
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).ps_link)(x, delayed, into, turn, decay) }
    }

    /// Mixes a slot (8.6.4.6.4): the coefficients go on by `step` and then, with the real parts of `h11`, `h12`, `h21`, `h22` and their imaginary
    /// parts, `direct` becomes `h11 direct + h21 diffuse` and `diffuse` becomes `h12 direct + h22 diffuse`. Unless `turning`, coefficients
    /// are real and the others stay as they are.
    #[inline]
    pub fn ps_mix(
        self,
        direct: &mut [[f32; 96]; 2],
        diffuse: &mut [[f32; 96]; 2],
        now: &mut [[f32; 96]; 8],
        step: &[[f32; 96]; 8],
        turning: bool,
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).ps_mix)(direct, diffuse, now, step, turning) }
    }
}
