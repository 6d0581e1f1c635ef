//! `SimdCapabilities` and `detect_simd`.

use pyo3::prelude::*;
use transcode_simd::{Kernels, SimdLevel};

/// The vector instructions that this machine has and the codecs use.
#[pyclass(frozen, get_all, eq, module = "transcode_py")]
#[derive(PartialEq, Eq)]
pub(crate) struct SimdCapabilities {
    /// SSE4.2 (with SSSE3, SSE4.1 and POPCNT).
    sse42: bool,
    /// AVX2 (with FMA, BMI1 and BMI2).
    avx2: bool,
    /// AVX-512 (F, CD, BW, DQ and VL).
    avx512: bool,
    /// NEON.
    neon: bool,
}

#[pymethods]
impl SimdCapabilities {
    /// Whether there is any.
    fn has_simd(&self) -> bool {
        self.sse42 || self.avx2 || self.avx512 || self.neon
    }

    /// The best level's name, as people write it.
    fn best_level(&self) -> &'static str {
        match () {
            () if self.avx512 => "AVX-512",
            () if self.avx2 => "AVX2",
            () if self.sse42 => "SSE4.2",
            () if self.neon => "NEON",
            () => "Scalar",
        }
    }

    fn __repr__(&self) -> String {
        let name = |has: bool| if has { "True" } else { "False" };
        format!(
            "SimdCapabilities(sse42={}, avx2={}, avx512={}, neon={})",
            name(self.sse42),
            name(self.avx2),
            name(self.avx512),
            name(self.neon)
        )
    }
}

/// What this machine has.
#[pyfunction]
pub(crate) fn detect_simd() -> SimdCapabilities {
    let has = |level: SimdLevel| Kernels::available().any(|kernels| kernels.level() == level);
    SimdCapabilities {
        sse42: has(SimdLevel::Sse42),
        avx2: has(SimdLevel::Avx2),
        avx512: has(SimdLevel::Avx512),
        neon: has(SimdLevel::Neon),
    }
}
