//! What a running job tells.

use crate::cancel::CancelToken;
use std::fmt;
use std::ops::ControlFlow;

/// A sample of a running job.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// How much of the media time is done, 0 to 100. It never falls, and only the last sample says 100: the
    /// output is whole then, and gets its name unless the callback breaks off even here.
    pub percent: f64,
    /// Pictures encoded (or, where video is copied, video packets written).
    pub frames: u64,
    /// Media time done over wall time.
    pub speed: f64,
    /// Seconds that are left, `None` until there is ground for an estimate.
    pub eta: Option<f64>,
    /// Bytes written to the output.
    pub size: u64,
    /// Bits per second of what has been written, 0 at the start.
    pub bitrate: u64,
}

/// Is given each [`Progress`] sample; [`ControlFlow::Break`] cancels the job.
pub type OnProgress<'a> = Box<dyn FnMut(&Progress) -> ControlFlow<()> + Send + 'a>;

/// How the caller watches and ends a job.
#[derive(Default)]
pub struct RunControl<'a> {
    /// Ends the job when cancelled.
    pub cancel: CancelToken,
    /// Called on the thread that called [`crate::Job::run`], at most 10 times a second and once at the very end.
    pub on_progress: Option<OnProgress<'a>>,
}

impl<'a> RunControl<'a> {
    /// A control with `token` and no callback.
    pub fn with_token(token: CancelToken) -> Self {
        Self { cancel: token, on_progress: None }
    }
    /// The same control with a callback.
    pub fn on_progress(mut self, callback: impl FnMut(&Progress) -> ControlFlow<()> + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(callback));
        self
    }
}

impl fmt::Debug for RunControl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunControl")
            .field("cancel", &self.cancel)
            .field("on_progress", &self.on_progress.as_ref().map(|_| ".."))
            .finish()
    }
}
