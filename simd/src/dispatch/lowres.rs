//! Family `lowres`: pictures at half resolution, for the encoder's lookahead. All levels (AVX-512 takes AVX2's).

use super::{PerLevel, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// `even, odd, a, b`.
type Halve = unsafe fn(&mut [u8], &mut [u8], &[u8], &[u8]);

#[derive(Clone, Copy)]
struct Table {
    halve: Halve,
}

const SCALAR: Table = Table { halve: scalar::lowres::halve };
#[cfg(target_arch = "aarch64")]
const NEON: Table = Table { halve: neon::lowres::halve };
#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table { halve: sse42::lowres::halve };
#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table { halve: avx2::lowres::halve };
#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// # Half resolution
impl Kernels {
    /// Makes a row of two half-size pictures, half a sample of theirs apart, from two rows of a picture: with
    /// `s(i) = a[i] + b[i]`, and the last sample repeated behind the rows,
    /// `even[x] = (s(2x) + s(2x + 1) + 2) >> 2` and `odd[x] = (s(2x + 1) + s(2x + 2) + 2) >> 2`.
    ///
    /// # Panics
    /// Before anything is stored, if the results differ in length or the rows are not twice as long.
    #[inline]
    pub fn halve(self, even: &mut [u8], odd: &mut [u8], a: &[u8], b: &[u8]) {
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).halve)(even, odd, a, b) }
    }
}
