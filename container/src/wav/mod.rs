//! WAVE: uncompressed sound (Microsoft/IBM RIFF; EBU Tech 3306, ITU-R BS.2088 for more than 4 GiB).
//!
//! | file | holds |
//! |---|---|
//! | `format` | the `fmt ` chunk, read and written |
//! | `demux` | [`WavDemuxer`] |
//! | `mux` | [`WavMuxer`] |

mod demux;
mod format;
mod mux;

pub use demux::WavDemuxer;
pub(crate) use demux::layout;
pub use format::check_track;
pub use mux::{WavMuxer, WavOptions};
