//! The module `transcode_py._native`.

use pyo3::prelude::*;

use crate::{asynchronous, cli, exit, options, progress, simd, stats, transcoder};

/// The native part of the package transcode_py.
#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<options::TranscodeOptions>()?;
    m.add_class::<stats::TranscodeStats>()?;
    m.add_class::<progress::Progress>()?;
    m.add_class::<transcoder::Transcoder>()?;
    m.add_class::<asynchronous::AsyncRun>()?;
    m.add_class::<simd::SimdCapabilities>()?;
    m.add_function(wrap_pyfunction!(simd::detect_simd, m)?)?;
    m.add_function(wrap_pyfunction!(version, m)?)?;
    m.add_function(wrap_pyfunction!(cli::run_cli, m)?)?;
    exit::register(m)
}

/// The version of the package and of the Rust crates in it.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
