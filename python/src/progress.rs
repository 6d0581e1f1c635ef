//! `Progress`.

use pyo3::prelude::*;

/// How far a job has come.
#[pyclass(frozen, get_all, module = "transcode_py")]
pub(crate) struct Progress {
    /// The share of the input's duration that is done, 0 to 100.
    percent: f64,
    /// The pictures written.
    frames: u64,
    /// Media time done over wall time.
    speed: f64,
    /// The seconds that are left, or None while that isn't known.
    eta: Option<f64>,
    /// The bytes written.
    size: u64,
    /// The output's bits per second of media time so far.
    bitrate: u64,
}

impl From<&transcode_pipeline::Progress> for Progress {
    fn from(p: &transcode_pipeline::Progress) -> Self {
        Self { percent: p.percent, frames: p.frames, speed: p.speed, eta: p.eta, size: p.size, bitrate: p.bitrate }
    }
}

#[pymethods]
impl Progress {
    fn __repr__(&self) -> String {
        let eta = self.eta.map_or_else(|| "N/A".to_owned(), |seconds| format!("{seconds:.1}s"));
        format!(
            "Progress(percent={:.1}%, frames={}, speed={:.1}x, eta={eta}, size={}, bitrate={}kbps)",
            self.percent,
            self.frames,
            self.speed,
            self.size,
            self.bitrate / 1000
        )
    }
}
