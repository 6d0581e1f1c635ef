//! Rust errors to Python exceptions.

use std::io;
use std::path::Path;

use pyo3::exceptions::{PyFileExistsError, PyFileNotFoundError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;
use transcode_pipeline::Error;

use crate::run::Failure;

// The same on every platform that CPython runs on.
const ENOENT: i32 = 2;
const EEXIST: i32 = 17;
const ENOTDIR: i32 = 20;
const EISDIR: i32 = 21;

/// The exception for an error of the pipeline.
pub(crate) fn to_py(py: Python<'_>, error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::InvalidOption { .. } => PyValueError::new_err(message),
        Error::NotFound { path } => {
            PyFileNotFoundError::new_err((ENOENT, "No such file or directory", path_text(&path)))
        }
        Error::Exists { path } => PyFileExistsError::new_err((EEXIST, "File exists", path_text(&path))),
        Error::Io { path, source } => os_error(&path, source),
        Error::InvalidData { .. } => ours(py, "InvalidDataError", message),
        Error::Unsupported { .. } => ours(py, "UnsupportedError", message),
        Error::Limit { .. } => ours(py, "LimitError", message),
        Error::Cancelled => ours(py, "CancelledError", "the job was cancelled".to_owned()),
        _ => ours(py, "TranscodeError", message),
    }
}

/// The exception for a run that gave no statistics.
pub(crate) fn failure_to_py(py: Python<'_>, failure: Failure) -> PyErr {
    match failure {
        Failure::Job(error) => to_py(py, error),
        Failure::Panic(text) => ours(py, "TranscodeError", format!("internal error (please report it): {text}")),
    }
}

/// The exception for a run that is asked for when the interpreter is on its way out.
pub(crate) fn exiting(py: Python<'_>) -> PyErr {
    ours(py, "CancelledError", "the interpreter is exiting".to_owned())
}

/// `OSError(errno, strerror, filename)` picks its own subclass by the number.
fn os_error(path: &Path, source: io::Error) -> PyErr {
    let (errno, strerror) = match (source.raw_os_error(), source.kind()) {
        (Some(errno), _) => (errno, source.to_string().split(" (os error").next().unwrap_or_default().to_owned()),
        (None, io::ErrorKind::IsADirectory) => (EISDIR, "Is a directory".to_owned()),
        (None, io::ErrorKind::NotADirectory) => (ENOTDIR, "Not a directory".to_owned()),
        (None, kind) => return io::Error::new(kind, format!("{}: {source}", path.display())).into(),
    };
    PyOSError::new_err((errno, strerror, path_text(path)))
}

fn path_text(path: &Path) -> std::ffi::OsString {
    path.as_os_str().to_owned()
}

/// One of the classes of `transcode_py.errors`, which are written in Python because they have two bases.
fn ours(py: Python<'_>, name: &str, message: String) -> PyErr {
    let class = py.import("transcode_py.errors").and_then(|module| module.getattr(name));
    match class.and_then(|class| Ok(class.cast_into::<PyType>()?)) {
        Ok(class) => PyErr::from_type(class, message),
        Err(error) => error,
    }
}
