//! Opening a job's input.

use crate::error::{Error, Result};
use std::path::Path;
use transcode_container::{Demuxer, probe};

/// Opens the file at `path` with the demuxer for what it contains.
///
/// # Errors
/// What the container says.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Demuxer>> {
    probe::open(path).map_err(|e| Error::container(path, e))
}
