//! The `transcode` command for the wheel's console script.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the `transcode` command; the first argument is the program's name. Returns the exit status.
#[pyfunction]
pub(crate) fn run_cli(py: Python<'_>, arguments: Vec<OsString>) -> i32 {
    py.detach(|| transcode_pipeline::cli::run(arguments))
}
