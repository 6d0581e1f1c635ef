//! Transcoding jobs: demux, decode, convert, encode, mux; and the `transcode` command.
//!
//! ```no_run
//! use transcode_pipeline::{Job, RunControl};
//!
//! let job = Job::builder().input("in.mp4").output("out.mp4").video_bitrate(2_000_000).build()?;
//! let stats = job.run(RunControl::default())?;
//! println!("{} pictures, {:.2} times smaller", stats.frames_encoded, stats.compression_ratio());
//! # Ok::<(), transcode_pipeline::Error>(())
//! ```
//!
//! # Where is what
//!
//! | module | holds |
//! |---|---|
//! | [`job`] | [`Job`], [`JobBuilder`]: what to do, and every check that needs no input |
//! | [`options`] | the choices an option has: codecs, presets, rates |
//! | [`cancel`] | [`CancelToken`]: ends a job from any thread |
//! | [`progress`] | [`Progress`], [`RunControl`]: what a running job tells |
//! | [`stats`] | [`Stats`]: what a finished job tells |
//! | [`error`] | [`Error`] and its [`ErrorKind`] |
//! | [`cli`] | the `transcode` command (feature `cli`) |

pub mod cancel;
#[cfg(feature = "cli")]
pub mod cli;
pub mod error;
mod exec;
pub mod job;
pub mod options;
pub mod progress;
pub mod stats;

pub use cancel::CancelToken;
pub use error::{Error, ErrorKind, Result};
pub use job::{Job, JobBuilder, JobOptions};
pub use options::{AudioCodec, Preset, Rate, Resolution, Tune, VideoCodec};
pub use progress::{Progress, RunControl};
pub use stats::{Stats, Warning};
pub use transcode_simd::SimdLevel;
