//! Matroska and WebM (RFC 9559, on EBML, RFC 8794).
//!
//! | file | holds |
//! |---|---|
//! | `ebml` | element framing: identifiers, sizes, values |
//! | `ids` | the identifiers that are read |
//! | `header` | what stands before the clusters: `Info`, `Tracks`, `Tags` |
//! | `tracks` | from `TrackEntry` to [`crate::TrackInfo`] |
//! | `codec` | from `CodecID` and `CodecPrivate` to [`crate::CodecId`] |
//! | `block` | blocks and their lacing |
//! | `cluster` | clusters to packets |
//!
//! Cues are not needed: they tell times, not how many packets lie between them, which is what segments are counted
//! by. The headers of the blocks tell both, and passing over their payload is cheap.

mod block;
mod cluster;
mod codec;
mod ebml;
mod header;
mod ids;
mod tracks;

/// Reads Matroska and WebM files, forward, with elements of known and unknown size.
///
/// Presentation times are the file's; where pictures are reordered their decoding times, which the format does not
/// store, are made from them. A damaged element inside the clusters is passed over by looking for the next cluster.
pub type MatroskaDemuxer = crate::stream::StreamDemuxer<cluster::MatroskaReader>;
