//! One coded unit of a track.

/// Number of a track: the index in [`crate::Demuxer::tracks`], or what [`crate::Muxer::add_track`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u32);

impl TrackId {
    /// As an index into a slice of tracks.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A coded unit: an access unit of video, a frame of audio. Times are ticks of the track's [`crate::Timebase`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The track it belongs to.
    pub track: TrackId,
    /// Presentation time; `None` where the container has none (a raw byte stream knows decoding order alone).
    pub pts: Option<i64>,
    /// Decoding time. Increases along a track, except that the lead-in of a second or later edit starts over.
    pub dts: i64,
    /// Duration as stored; 0 where unknown.
    pub duration: i64,
    /// Whether decoding can start here.
    pub key: bool,
    /// To be decoded but not presented: it lies outside the edit that it leads up to.
    pub discard: bool,
    /// Ticks at the start of its decoded audio that the edit list cuts off.
    pub trim_start: i64,
    /// Ticks at the end of its decoded audio that the edit list cuts off.
    pub trim_end: i64,
    /// Which of [`crate::TrackInfo::sample_entries`] describes it.
    pub entry: u32,
    /// How many samples of the container it holds: above 1 only for uncompressed and other constant-size audio, where
    /// the container counts single audio frames. All have the same size and duration.
    pub samples: u32,
    /// Byte offset in the file, where it came from one.
    pub offset: Option<u64>,
    /// The coded bytes as stored (H.264 in MP4: length-prefixed NAL units).
    pub data: Vec<u8>,
}

impl Packet {
    /// A packet of one sample, presented whole.
    pub fn new(track: TrackId, pts: i64, dts: i64, duration: i64, key: bool, data: Vec<u8>) -> Self {
        Self {
            track,
            pts: Some(pts),
            dts,
            duration,
            key,
            discard: false,
            trim_start: 0,
            trim_end: 0,
            entry: 0,
            samples: 1,
            offset: None,
            data,
        }
    }
}
