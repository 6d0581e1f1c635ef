//! MP4 (ISO/IEC 14496-12, 14496-14, 14496-15) and QuickTime movies.
//!
//! | file | holds |
//! |---|---|
//! | `demux` | [`Mp4Demuxer`]: finds `moov` and `moof`, gives packets |
//! | `tracks` | from `trak` to [`crate::TrackInfo`] |
//! | `sample_table` | where each sample is and when |
//! | `edits` | edit lists: media timeline to presentation timeline |
//! | `fragment` | `moof` |
//! | `mux` | [`Mp4Muxer`]: `mdat` as packets come, `moov` at the end or in front |
//! | `boxes` | one file a box |
//! | `bytes`, `language` | box framing, language codes |

mod boxes;
mod bytes;
mod demux;
mod edits;
mod fragment;
mod gapless;
mod language;
mod mux;
mod sample_table;
mod tracks;

pub use demux::Mp4Demuxer;
pub use mux::{Mp4Muxer, Mp4Options, check_track};
