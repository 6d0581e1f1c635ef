//! Values from Python: one of the wrong type is a `TypeError`, one out of range a `ValueError`, and both name the option.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::exceptions::{PyAttributeError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::exit::Caller;

/// A file's name for `option`: a string, or anything that `os.fspath` makes a string of.
pub(crate) fn file_name(option: &str, value: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    let _caller = Caller::enter(value.py())?;
    // Without `__fspath__` only strings pass, and bytes not even with it: names are text everywhere in this package.
    let text = match value.call_method0("__fspath__") {
        Ok(text) => text,
        Err(error) if error.is_instance_of::<PyAttributeError>(value.py()) => value.clone(),
        Err(error) => return Err(error),
    };
    let name = text.extract::<OsString>().map_err(|_| {
        PyTypeError::new_err(format!("{option}: expected str or os.PathLike[str], got {}", type_name(value)))
    })?;
    Ok(name.into())
}

/// A whole number for `option`.
pub(crate) fn whole<T: TryFrom<i64>>(option: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    refuse_bool(option, value)?;
    let number = value.extract::<i64>().map_err(|error| {
        if error.is_instance_of::<PyOverflowError>(value.py()) {
            out_of_range(option, value)
        } else {
            PyTypeError::new_err(format!("{option}: expected int, got {}", type_name(value)))
        }
    })?;
    T::try_from(number).map_err(|_| out_of_range(option, value))
}

/// A number that may have a fraction, for `option`.
pub(crate) fn fraction(option: &str, value: &Bound<'_, PyAny>) -> PyResult<f32> {
    refuse_bool(option, value)?;
    let number = value
        .extract::<f64>()
        .map_err(|_| PyTypeError::new_err(format!("{option}: expected float, got {}", type_name(value))))?;
    Ok(number as f32)
}

/// `True` is an `int` to Python, but never a number that somebody meant here.
fn refuse_bool(option: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    if value.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(format!("{option}: expected a number, got bool")));
    }
    Ok(())
}

fn out_of_range(option: &str, value: &Bound<'_, PyAny>) -> PyErr {
    PyValueError::new_err(format!("{option}: {value} is out of range"))
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "another type".to_owned(), |name| name.to_string())
}
