//! What a file may ask for. Checked before any memory is taken.

/// Bounds on what a demuxer accepts.
///
/// ```
/// let small = transcode_container::Limits { max_index_bytes: 1 << 20, ..Default::default() };
/// assert!(small.max_packet_bytes > small.max_index_bytes);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most tracks in a file.
    pub max_tracks: u32,
    /// Most bytes of index (`moov`, and all `moof` of a fragmented file) held in memory.
    pub max_index_bytes: u64,
    /// Most packets a track may hold or an edit list may present.
    pub max_samples: u64,
    /// Most entries of an edit list.
    pub max_edits: u64,
    /// Largest packet in bytes.
    pub max_packet_bytes: u64,
    /// Most boxes or elements at the top of a file.
    pub max_top_level: u64,
}

impl Default for Limits {
    /// Room for days of video; an index of at most half a gigabyte.
    fn default() -> Self {
        Self {
            max_tracks: 256,
            max_index_bytes: 1 << 29,
            max_samples: 1 << 28,
            max_edits: 1 << 20,
            max_packet_bytes: 1 << 28,
            max_top_level: 1 << 22,
        }
    }
}
