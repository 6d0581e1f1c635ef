//! The handle through which codecs call kernels.

use crate::level::{Avx2, Avx512, Neon, SimdLevel, Sse42};
use core::fmt;

/// The kernels of one SIMD level that this CPU has been proved to support.
///
/// A small `Copy` value that each codec context holds and passes on. There is no global: levels can run side by
/// side in one process. Its methods are the kernels, grouped by family; each is one indirect call through a table
/// entry, with no decision on the level. They are safe: a slice too short for its block panics before anything
/// is stored.
///
/// On a target without vector kernels the type is zero-sized and its methods call the scalar kernels directly.
///
/// ```
/// use transcode_simd::{BlockSize, Kernels, SimdLevel};
/// let (a, b) = ([10; 64], [7; 64]);
/// for k in Kernels::available() {
///     assert_eq!(k.sad(BlockSize::B8x8, &a, 8, &b, 8), 3 * 64);
/// }
/// assert_eq!(Kernels::at_most(SimdLevel::Scalar).level(), SimdLevel::Scalar);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kernels {
    proof: Proof,
}

/// A level with its token. Variants whose token has no value on this target take no space and no code: where
/// none is left but `Scalar`, the enum is zero-sized. The variants of x86 follow `Scalar`, so that their tags are the
/// numbers of [`Kernels::index`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    Scalar,
    Sse42(Sse42),
    Avx2(Avx2),
    Avx512(Avx512),
    Neon(Neon),
}

// One byte where there is a choice, none where there is not.
const _: () = assert!(size_of::<Kernels>() == cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) as usize);

impl Kernels {
    /// The kernels of the best level of this CPU.
    pub fn detect() -> Self {
        Self::at_most(SimdLevel::Avx512)
    }

    /// The scalar kernels.
    pub const fn scalar() -> Self {
        Self { proof: Proof::Scalar }
    }

    /// The kernels of exactly `level`, or `None` where this CPU lacks it.
    pub fn exactly(level: SimdLevel) -> Option<Self> {
        match level {
            SimdLevel::Scalar => Some(Self::scalar()),
            SimdLevel::Neon => Neon::detect().map(Self::from),
            SimdLevel::Sse42 => Sse42::detect().map(Self::from),
            SimdLevel::Avx2 => Avx2::detect().map(Self::from),
            SimdLevel::Avx512 => Avx512::detect().map(Self::from),
        }
    }

    /// The kernels of the best level that this CPU has and that is not above `level` in [`SimdLevel::ALL`].
    ///
    /// [`Kernels::level`] tells which one it became; a caller that must not fall back uses [`Kernels::exactly`].
    pub fn at_most(level: SimdLevel) -> Self {
        let capped = SimdLevel::ALL.into_iter().rev().filter(|l| *l <= level);
        capped.filter_map(Self::exactly).next().unwrap_or(Self::scalar())
    }

    /// The kernels of every level that this CPU has, scalar first.
    pub fn available() -> impl Iterator<Item = Self> {
        SimdLevel::ALL.into_iter().filter_map(Self::exactly)
    }

    /// The level of these kernels.
    #[inline]
    pub const fn level(self) -> SimdLevel {
        match self.proof {
            Proof::Scalar => SimdLevel::Scalar,
            Proof::Neon(_) => SimdLevel::Neon,
            Proof::Sse42(_) => SimdLevel::Sse42,
            Proof::Avx2(_) => SimdLevel::Avx2,
            Proof::Avx512(_) => SimdLevel::Avx512,
        }
    }
}

impl Kernels {
    /// The position of this level among those of the target: the index of its tables.
    #[inline(always)]
    pub(crate) const fn index(self) -> usize {
        match self.proof {
            Proof::Scalar => 0,
            Proof::Sse42(_) | Proof::Neon(_) => 1,
            Proof::Avx2(_) => 2,
            Proof::Avx512(_) => 3,
        }
    }
}

impl fmt::Debug for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernels({})", self.level())
    }
}

impl Default for Kernels {
    /// [`Kernels::detect`].
    fn default() -> Self {
        Self::detect()
    }
}

macro_rules! from_token {
    ($($token:ident),+) => {
        $(impl From<$token> for Kernels {
            fn from(token: $token) -> Self {
                Self { proof: Proof::$token(token) }
            }
        })+
    };
}

from_token!(Neon, Sse42, Avx2, Avx512);
