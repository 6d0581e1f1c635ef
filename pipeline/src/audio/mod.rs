//! Sound: from the packets of a track to samples on the presentation timeline, and from samples to packets.
//!
//! | file | holds |
//! |---|---|
//! | `layout` | [`ChannelLayout`]: which loudspeakers, by name |
//! | `sample` | stored samples to floats and back |
//! | `decoder` | what takes packets of each codec apart; channels in the order of WAVE from there on |
//! | `source` | `SoundSource`: a track's samples without priming and padding, each at its time |
//! | `mix`, `resample` | other channels, another rate |
//! | `encoder` | samples to packets |
//! | `symphonia` | MP3, Vorbis, FLAC and ALAC, by the crate of that name (feature `symphonia`, on by default) |
//! | `stream` | all of it in a row: what a job's audio thread does |
//!
//! Samples are planar `f32` with full scale at 1.0, not clipped until they are stored as integers. Times are counted in samples, so
//! that the one that a click sits on is the same before and after.

pub(crate) mod decoder;
pub(crate) mod encoder;
pub mod layout;
pub(crate) mod mix;
pub(crate) mod resample;
pub(crate) mod sample;
pub(crate) mod source;
pub(crate) mod stream;
#[cfg(feature = "symphonia")]
pub(crate) mod symphonia;

pub use layout::ChannelLayout;
