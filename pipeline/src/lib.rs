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
//! | [`video_options`] | what the encoder of video can be told beyond that |
//! | [`cancel`] | [`CancelToken`]: ends a job from any thread |
//! | [`progress`] | [`Progress`], [`RunControl`]: what a running job tells |
//! | [`stats`] | [`Stats`]: what a finished job tells |
//! | [`error`] | [`Error`] and its [`ErrorKind`] |
//! | [`audio`] | [`ChannelLayout`]; and inside, all of sound: decoding, mixing, resampling, encoding |
//! | [`cli`] | the `transcode` command (feature `cli`) |
//! | `plan`, `plan_sound`, `segment`, `look` | what becomes of each track; where it is cut; how shape and colour survive |
//! | `exec`, `queue`, `meter`, `output` | threads, what lies between them, counting, the file that appears when whole |
//! | `stage/` | what happens inside a segment: `decode`, `scale`, `encode`; and `mux`, which joins segments |
//!
//! # How a job runs
//!
//! The thread that calls [`Job::run`] writes; workers encode segments. A segment starts at an IDR picture of the source
//! and lasts 8 s or more; where the cuts are depends on input and options alone, so the output is the same to the byte
//! for any number of threads. With two passes all segments are
//! coded quickly once, and the bits are shared out over the film, before any is coded in earnest; 24 bytes a picture are kept meanwhile. In
//! one pass each segment meets an average bitrate on its own. A decoder's buffer (VBV) is kept over the joins: each segment starts it at a
//! level that the one before leaves. Where the stream tells of the buffer (HRD), or no lookahead sees a segment's end, there is one segment.
//! Each worker opens the input for itself. Parts wait for the writer in bounded queues.
//! Threads that are more than the segments let decoding and encoding of one segment run side by side.
//!
//! # How to add a stage
//!
//! A picture filter is a type with `apply(&mut self, picture, crop) -> &Picture` that `stage/encode.rs` calls before the
//! encoder. A coder of another kind of track is a new [`options`] choice, an `Action` in `plan.rs`, and a source of
//! packets for `stage/mux.rs`.

pub mod audio;
pub mod cancel;
#[cfg(feature = "cli")]
pub mod cli;
pub mod error;
mod exec;
mod format;
mod input;
pub mod job;
mod look;
mod meter;
pub mod options;
mod output;
mod plan;
mod plan_sound;
pub mod progress;
mod queue;
mod segment;
mod stage;
pub mod stats;
pub mod video_options;
mod workers;

pub use audio::ChannelLayout;
pub use cancel::CancelToken;
pub use error::{Error, ErrorKind, Result};
pub use job::{Job, JobBuilder, JobOptions};
pub use options::{AacProfile, AudioCodec, Preset, Rate, Resolution, SampleFormat, Tune, VideoCodec};
pub use progress::{Progress, RunControl};
pub use stats::{AudioStats, Stats, Warning};
pub use transcode_simd::SimdLevel;
pub use video_options::VideoOptions;
