//! Names of the SIMD levels, and the tokens that prove that this CPU has one.

use core::fmt;
use core::str::FromStr;

/// The name of a SIMD level: it can be parsed, printed and ordered, and proves nothing.
///
/// The order is the order of preference on one architecture; levels of different architectures compare by
/// position in [`SimdLevel::ALL`].
///
/// ```
/// use transcode_simd::SimdLevel;
/// assert_eq!("avx2".parse(), Ok(SimdLevel::Avx2));
/// assert_eq!(SimdLevel::Sse42.to_string(), "sse42");
/// assert!(SimdLevel::Scalar < SimdLevel::Neon && SimdLevel::Avx2 < SimdLevel::Avx512);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SimdLevel {
    /// Plain Rust, on every target: the reference of all others.
    Scalar,
    /// AArch64 Advanced SIMD.
    Neon,
    /// x86-64 with SSSE3, SSE4.1, SSE4.2 and POPCNT (x86-64-v2).
    Sse42,
    /// That, and AVX2, FMA, BMI1 and BMI2 (x86-64-v3).
    Avx2,
    /// That, and AVX-512 F, CD, BW, DQ and VL (x86-64-v4).
    Avx512,
}

impl SimdLevel {
    /// Every level, in order.
    pub const ALL: [Self; 5] = [Self::Scalar, Self::Neon, Self::Sse42, Self::Avx2, Self::Avx512];

    /// The name that [`FromStr`] parses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Neon => "neon",
            Self::Sse42 => "sse42",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for SimdLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A string that names no [`SimdLevel`]; its message lists those that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseSimdLevelError(());

impl fmt::Display for ParseSimdLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown SIMD level, expected one of: scalar, neon, sse42, avx2, avx512")
    }
}

impl core::error::Error for ParseSimdLevelError {}

impl FromStr for SimdLevel {
    type Err = ParseSimdLevelError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.name() == s).ok_or(ParseSimdLevelError(()))
    }
}

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(cpu_sse42, "ssse3", "sse4.1", "sse4.2", "popcnt");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(cpu_avx2, "ssse3", "sse4.1", "sse4.2", "popcnt", "avx2", "fma", "bmi1", "bmi2");
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
cpufeatures::new!(
    cpu_avx512, "ssse3", "sse4.1", "sse4.2", "popcnt", "avx2", "fma", "bmi1", "bmi2",
    "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"
);

/// Seals the tokens of this architecture: private, so only `detect` makes one.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seal;

/// Seals the tokens of all other architectures: it has no value, so neither has the token. The compiler knows
/// that and drops every branch that would need one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Never {}

/// A token: zero-sized, free to copy, impossible to forge.
macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $arch:literal, $detected:expr) => {
        $(#[$doc])*
        ///
        /// The only way to get one is to detect it, so a value of this type is the proof that the level's
        /// instructions can run. On a target of another architecture the type has no value at all.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(#[cfg(target_arch = $arch)] Seal, #[cfg(not(target_arch = $arch))] Never);

        impl $name {
            /// The token, if this CPU and operating system support the level. Detection is cached.
            #[inline]
            pub fn detect() -> Option<Self> {
                #[cfg(target_arch = $arch)]
                return if $detected { Some(Self(Seal)) } else { None };
                #[cfg(not(target_arch = $arch))]
                return None;
            }
        }
    };
}

token!(
    /// Proof of [`SimdLevel::Neon`].
    Neon, "aarch64", cfg!(target_feature = "neon")
);
token!(
    /// Proof of [`SimdLevel::Sse42`].
    Sse42, "x86_64", cpu_sse42::get()
);
token!(
    /// Proof of [`SimdLevel::Avx2`].
    Avx2, "x86_64", cpu_avx2::get()
);
token!(
    /// Proof of [`SimdLevel::Avx512`].
    Avx512, "x86_64", cpu_avx512::get()
);
