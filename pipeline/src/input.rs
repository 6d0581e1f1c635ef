//! Opening a job's input.

use crate::error::{Error, Result};
use std::path::Path;
use transcode_container::{Demuxer, probe};

/// Opens the file at `path` with the demuxer for what it contains.
///
/// # Errors
/// What the container says.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Demuxer>> {
    #[cfg(feature = "symphonia")]
    {
        use crate::audio::symphonia::{SymphoniaDemuxer, reads};
        let fail = |e| Error::container(path, e);
        if let Some(format) = probe::format_of(path).map_err(fail)?.filter(|&f| reads(f)) {
            return Ok(Box::new(SymphoniaDemuxer::open(path, format).map_err(fail)?));
        }
    }
    probe::open(path).map_err(|e| Error::container(path, e))
}
