//! Family `sbr`: spectral band replication. All levels.

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, avx512, sse42};

/// `sums, low`
type Covariance = unsafe fn(&mut [[f32; 32]; 8], &[[[f32; 32]; 2]]);
/// `y, low, first, patches, filters`
type Generate = unsafe fn(&mut [[[f32; 64]; 2]], &[[[f32; 32]; 2]], usize, &[(usize, usize)], &[[f32; 80]; 4]);
/// `sums, y`
type Energy = unsafe fn(&mut [f32; 64], &[[[f32; 64]; 2]]);
/// `slot, gains, noises, random`
type Assemble = unsafe fn(&mut [[f32; 64]; 2], &[f32; 64], &[f32; 64], [&[f32; 64]; 2]);

#[derive(Clone, Copy)]
struct Table {
    sbr_covariance: Covariance,
    sbr_generate: Generate,
    sbr_energy: Energy,
    sbr_assemble: Assemble,
}

const SCALAR: Table = Table {
    sbr_covariance: scalar::sbr::sbr_covariance,
    sbr_generate: scalar::sbr::sbr_generate,
    sbr_energy: scalar::sbr::sbr_energy,
    sbr_assemble: scalar::sbr::sbr_assemble,
};
#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    sbr_covariance: neon::sbr::sbr_covariance,
    sbr_generate: neon::sbr::sbr_generate,
    sbr_energy: neon::sbr::sbr_energy,
    sbr_assemble: neon::sbr::sbr_assemble,
};
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    sbr_covariance: sse42::sbr::sbr_covariance,
    sbr_generate: sse42::sbr::sbr_generate,
    sbr_energy: sse42::sbr::sbr_energy,
    sbr_assemble: sse42::sbr::sbr_assemble,
};
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    sbr_covariance: avx2::sbr::sbr_covariance,
    sbr_generate: avx2::sbr::sbr_generate,
    sbr_energy: avx2::sbr::sbr_energy,
    sbr_assemble: avx2::sbr::sbr_assemble,
};
#[cfg(target_arch = "x86_64")]
const AVX512: Table = Table {
    sbr_covariance: avx512::sbr::sbr_covariance,
    sbr_generate: avx512::sbr::sbr_generate,
    sbr_energy: avx512::sbr::sbr_energy,
    sbr_assemble: avx512::sbr::sbr_assemble,
};

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Spectral band replication
///
/// A slot has the real parts of its bands, then the imaginary parts (ISO/IEC 14496-3 4.6.18). Every level gives the same bits.
impl Kernels {
    /// Covariances of each low band `x` over its slots (4.6.18.6.2): with `phi(i, j)` the sum over `n` from 2 of `x[n - i]` times the conjugate of
    /// `x[n - j]`, `sums` are `phi(1, 1)`, `phi(2, 2)`, and the real and imaginary parts of `phi(0, 1)`, `phi(0, 2)` and `phi(1, 2)`.
    ///
    /// # Panics
    /// If there are fewer than three slots.
    #[inline]
    pub fn sbr_covariance(self, sums: &mut [[f32; 32]; 8], low: &[[[f32; 32]; 2]]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).sbr_covariance)(sums, low) }
    }

    /// High bands from low ones (4.6.18.6.3): patches, each the first low band and the number of bands, fill the bands of `y` from `first` on. A
    /// band `q` of slot `i`, copied from a low band `x`, becomes `x[i + 2] + a x[i + 1] + b x[i]` with the complex factors `a` of
    /// `filters[0][q], filters[1][q]` and `b` of `filters[2][q], filters[3][q]`. Other bands of `y` stay.
    ///
    /// # Panics
    /// If `low` has not two slots more than `y`, or a patch reaches beyond the 32 low or the 64 bands.
    #[inline]
    pub fn sbr_generate(
        self,
        y: &mut [[[f32; 64]; 2]],
        low: &[[[f32; 32]; 2]],
        first: usize,
        patches: &[(usize, usize)],
        filters: &[[f32; 80]; 4],
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).sbr_generate)(y, low, first, patches, filters) }
    }

    /// The energy of each band over slots: the sum of its squares, from the first slot on.
    #[inline]
    pub fn sbr_energy(self, sums: &mut [f32; 64], y: &[[[f32; 64]; 2]]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).sbr_energy)(sums, y) }
    }

    /// Adjusts a slot (4.6.18.7.6): each band is multiplied by its gain, and `noises` times the complex number of `random` is added.
    #[inline]
    pub fn sbr_assemble(
        self,
        slot: &mut [[f32; 64]; 2],
        gains: &[f32; 64],
        noises: &[f32; 64],
        random: [&[f32; 64]; 2],
    ) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).sbr_assemble)(slot, gains, noises, random) }
    }
}
