//! [`AnnexBDemuxer`].

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::splitter::{AccessUnit, Splitter};
use crate::io::{ReadSeek, Source};
use crate::probe::Format;
use crate::{
    CodecId, Demuxer, Error, Limits, MediaInfo, Packet, Result, Selection, SyncPoint, Timebase, TrackId, TrackInfo,
    TrackKind, avc,
};

/// Splits a byte stream into access units; the two fields of a frame make one packet.
///
/// The file is read once, forward, and never held whole. Packets hold the stream's bytes as they are, start codes
/// included, so that the packets put together are the file from its first start code on. A byte stream has no
/// presentation times: [`Packet::pts`] is `None`, and [`Packet::dts`] counts pictures at the rate that the first
/// sequence parameter set gives, or 25 a second where it gives none.
pub struct AnnexBDemuxer {
    source: Source,
    limits: Limits,
    info: MediaInfo,
    tracks: [TrackInfo; 1],
    selected: bool,
    splitter: Splitter,
    /// Packets given.
    count: i64,
}

impl AnnexBDemuxer {
    /// Opens a file.
    ///
    /// # Errors
    /// `Io`, and what [`AnnexBDemuxer::new`] finds.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| Error::from(e).with_path(path))?;
        Self::new(Box::new(file), limits)
    }
    /// Reads up to the first picture, to learn the size and rate of the pictures.
    ///
    /// # Errors
    /// `Io`, `LimitExceeded`; `NotMedia` for a stream without a picture.
    pub fn new(reader: Box<dyn ReadSeek>, limits: &Limits) -> Result<Self> {
        Self::from_source(Source::new(reader)?, limits)
    }

    pub(crate) fn from_source(mut source: Source, limits: &Limits) -> Result<Self> {
        let mut splitter = Splitter::default();
        next_unit(&mut splitter, &mut source, limits)?.ok_or(Error::NotMedia)?;
        let sps = splitter.first_sps();
        let video = sps.map(avc::video_of).unwrap_or_default();
        let timebase = sps.and_then(avc::frame_time).unwrap_or(DEFAULT_RATE);
        let track = TrackInfo::new(TrackId(0), 0, TrackKind::Video(video), CodecId::H264, timebase);
        let size = source.len();
        let info = MediaInfo { format: Format::AnnexB, duration: None, timebase, size, metadata: BTreeMap::new() };
        let splitter = Splitter::default();
        Ok(Self { source, limits: *limits, info, tracks: [track], selected: true, splitter, count: 0 })
    }

    fn check(&self, track: TrackId) -> Result<()> {
        if track.0 == 0 { Ok(()) } else { Err(Error::input("track", "no such track")) }
    }
    fn restart(&mut self) {
        self.splitter = Splitter::default();
        self.count = 0;
    }
}

/// The next access unit of a file that is nothing else.
fn next_unit(splitter: &mut Splitter, source: &mut Source, limits: &Limits) -> Result<Option<AccessUnit>> {
    loop {
        if let Some(unit) = splitter.next() {
            return Ok(Some(unit));
        }
        if splitter.is_finished() {
            return Ok(None);
        }
        let at = splitter.fed();
        match source.len().saturating_sub(at).min(READ) {
            0 => splitter.end(),
            n => splitter.feed(n as usize, limits, |buf| source.read_at(at, buf, "byte stream"))?,
        }
    }
}

/// Bytes read at once.
const READ: u64 = 128 << 10;

const DEFAULT_RATE: Timebase = Timebase { num: 1, den: 25 };

impl Demuxer for AnnexBDemuxer {
    fn info(&self) -> &MediaInfo {
        &self.info
    }
    fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }
    fn select(&mut self, track: TrackId, selection: Selection) -> Result<()> {
        self.check(track)?;
        self.selected = selection != Selection::Off;
        self.restart();
        Ok(())
    }
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if !self.selected {
            return Ok(None);
        }
        let Some(unit) = next_unit(&mut self.splitter, &mut self.source, &self.limits)? else { return Ok(None) };
        let dts = self.count;
        self.count += 1;
        let offset = Some(unit.start);
        Ok(Some(Packet { pts: None, offset, ..Packet::new(TrackId(0), 0, dts, 1, unit.key, unit.data) }))
    }
    fn packet_count(&self, _track: TrackId) -> Option<u64> {
        None
    }
    /// The start alone: later parameter sets build on earlier ones, so a stream can't be entered in its middle
    /// without having read what comes before.
    fn sync_points(&mut self, track: TrackId) -> Result<Vec<SyncPoint>> {
        self.check(track)?;
        Ok(vec![SyncPoint { position: 0, pts: None, dts: 0, discard: false, place: [0; 2] }])
    }
    fn seek(&mut self, track: TrackId, position: u64) -> Result<()> {
        self.check(track)?;
        self.restart();
        for _ in 0..position {
            self.count += 1;
            if next_unit(&mut self.splitter, &mut self.source, &self.limits)?.is_none() {
                return Err(Error::input("position", "past the end of the track"));
            }
        }
        Ok(())
    }
}
