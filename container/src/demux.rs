//! The reading side: what every demuxer offers.

use std::collections::BTreeMap;

use crate::packet::Packet;
use crate::probe::Format;
use crate::{Result, Timebase, TrackId, TrackInfo};

/// What a demuxer gives of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Selection {
    /// Nothing; its data is not read.
    Off,
    /// Packets on the presentation timeline, edit list applied: for decoding.
    Presentation,
    /// Every stored sample once on the media timeline, edit list not applied: for copying.
    Media,
}

/// A place where decoding can start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncPoint {
    /// Ordinal of its packet in the track's sequence of packets, from 0: the argument of [`Demuxer::seek`].
    pub position: u64,
    /// Presentation time; `None` where the container has none.
    pub pts: Option<i64>,
    /// Decoding time.
    pub dts: i64,
    /// Whether the packet is marked [`Packet::discard`].
    pub discard: bool,
    /// Where the demuxer that made the point finds it again; means nothing to others.
    pub place: [u64; 2],
}

/// What a file says of itself as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaInfo {
    /// Which container.
    pub format: Format,
    /// Length of the presentation in ticks of `timebase`, where the file says it or it follows from the tracks.
    pub duration: Option<i64>,
    /// Clock of `duration`; in MP4 the movie timescale.
    pub timebase: Timebase,
    /// Bytes in the file.
    pub size: u64,
    /// Free-form metadata (iTunes keys such as `iTunSMPB`, QuickTime user data), in the file's spelling.
    pub metadata: BTreeMap<String, String>,
}

/// A file being read.
///
/// Tracks start out as [`Selection::Presentation`], or `Off` where [`TrackInfo::unsupported`] says why they can't be
/// read. A worker that reads one segment opens the file for itself, selects one track, calls [`Demuxer::seek`] with
/// the position of a [`SyncPoint`] and reads on from there.
pub trait Demuxer: Send {
    /// About the whole file.
    fn info(&self) -> &MediaInfo;
    /// All tracks; `tracks()[i].id == TrackId(i)`.
    fn tracks(&self) -> &[TrackInfo];
    /// Chooses what is given of a track, and starts that track over.
    ///
    /// # Errors
    /// `Unsupported` for a track that can't be read in this way; `InvalidInput` for an unknown track.
    fn select(&mut self, track: TrackId, selection: Selection) -> Result<()>;
    /// The next packet of the selected tracks, `None` at the end. Tracks are interleaved by decoding time, in containers
    /// that are read forward (all but MP4) as closely as the file has them.
    ///
    /// # Errors
    /// `Io`; `UnexpectedEnd` once everything that is wholly present has been given; `Invalid` and `LimitExceeded`.
    fn next_packet(&mut self) -> Result<Option<Packet>>;
    /// How many packets the track has as selected, where that is known without reading the file, or known since it was
    /// read through for [`Demuxer::sync_points`] (then [`TrackInfo::sample_count`] and [`TrackInfo::duration`] are too).
    fn packet_count(&self, track: TrackId) -> Option<u64>;
    /// The places where decoding of a track can start, as selected, in order of position.
    ///
    /// # Errors
    /// Containers without an index of packets are read through for this; of damaged ones, the points before the damage
    /// are told.
    ///
    /// # Errors
    /// `InvalidInput` for an unknown track or one that is off; `LimitExceeded`; `Io`.
    fn sync_points(&mut self, track: TrackId) -> Result<Vec<SyncPoint>>;
    /// Makes the packet at `position` the track's next one. Other tracks stay where they are.
    ///
    /// # Errors
    /// `InvalidInput` for a position past the end.
    fn seek(&mut self, track: TrackId, position: u64) -> Result<()>;
    /// As [`Demuxer::seek`] to a point that this demuxer, or another one of the same file, has told: without counting
    /// packets up to it.
    ///
    /// # Errors
    /// As [`Demuxer::seek`].
    fn seek_to(&mut self, track: TrackId, point: &SyncPoint) -> Result<()> {
        self.seek(track, point.position)
    }
    /// Places met so far at which the file was damaged and reading went on behind them: lost transport packets, units
    /// that could not be read.
    fn damaged_places(&self) -> u64 {
        0
    }

    /// Turns every track off except `track`.
    ///
    /// # Errors
    /// As [`Demuxer::select`].
    fn select_only(&mut self, track: TrackId, selection: Selection) -> Result<()> {
        let others: Vec<TrackId> = self.tracks().iter().map(|t| t.id).filter(|&t| t != track).collect();
        for other in others {
            self.select(other, Selection::Off)?;
        }
        self.select(track, selection)
    }
}
