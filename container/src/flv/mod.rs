//! Flash video (Adobe's file format specification 10.1, annex E; Enhanced RTMP for codecs by four-character code).
//!
//! | file | holds |
//! |---|---|
//! | `tag` | the bodies of audio and video tags |
//! | `amf` | `onMetaData` |
//! | `reader` | tags to packets |

mod amf;
mod reader;
mod tag;

/// Reads FLV files, forward. There is one video and one audio track at most.
///
/// Configuration that changes inside an H.264 track is given as parameter sets in front of the next picture.
pub type FlvDemuxer = crate::stream::StreamDemuxer<reader::FlvReader>;
