//! [`PcmFileDemuxer`]: files of uncompressed sound.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use crate::io::{ReadSeek, Source, Window};
use crate::probe::Format;
use crate::{
    AudioTrack, CodecId, Demuxer, Error, Limits, MediaInfo, Packet, Result, Selection, SyncPoint, Timebase, TrackId,
    TrackInfo, TrackKind, aiff, wav,
};

/// Sampling instants in a packet, at most.
const PACKET: u64 = 4096;

/// Reads a file that has uncompressed sound in one piece, WAVE or (`AIFF`) AIFF and AIFF-C: one track of packets of up to 4,096 sampling
/// instants, any of which can be sought.
pub struct PcmFileDemuxer<const AIFF: bool> {
    source: Source,
    window: Window,
    info: MediaInfo,
    tracks: [TrackInfo; 1],
    /// Bytes of a sampling instant of all channels.
    block: u64,
    /// Offset of the first one.
    start: u64,
    /// Sampling instants that are wholly there.
    pub(crate) frames: u64,
    /// The file ends before the data that it announces.
    pub(crate) cut: bool,
    next: u64,
    selected: bool,
}

/// What stands around the data.
pub(crate) struct Layout {
    pub(crate) track: AudioTrack,
    /// Offset of the data.
    pub(crate) start: u64,
    /// Bytes of data, where that is said.
    pub(crate) size: Option<u64>,
}

impl<const AIFF: bool> PcmFileDemuxer<AIFF> {
    /// Opens a file.
    ///
    /// # Errors
    /// `Io`, and what [`PcmFileDemuxer::new`] finds.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| Error::from(e).with_path(path))?;
        Self::new(Box::new(file), limits)
    }
    /// Reads the chunks around the data.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported` for sound that is not uncompressed, `LimitExceeded`, `UnexpectedEnd`.
    pub fn new(reader: Box<dyn ReadSeek>, limits: &Limits) -> Result<Self> {
        Self::from_source(Source::new(reader)?, limits)
    }

    pub(crate) fn from_source(mut source: Source, limits: &Limits) -> Result<Self> {
        let read = if AIFF { aiff::layout } else { wav::layout };
        let Layout { track, start, size } = read(&mut source, limits)?;
        let Some(pcm) = track.pcm else { return Err(Error::invalid("description of the samples", 0)) };
        let block = u64::from(pcm.sample.bytes()) * u64::from(track.channels);
        let there = source.len() - start;
        let cut = size.is_some_and(|n| n > there);
        let frames = size.unwrap_or(there).min(there) / block;
        let timebase = Timebase::per_second(track.sample_rate);
        let codec = CodecId::Pcm(pcm.fourcc());
        let mut info = TrackInfo::new(TrackId(0), 1, TrackKind::Audio(track), codec, timebase);
        info.duration = i64::try_from(frames).ok();
        info.sample_count = Some(frames.div_ceil(PACKET));
        let media = MediaInfo {
            format: if AIFF { Format::Aiff } else { Format::Wav },
            duration: info.duration,
            timebase,
            size: source.len(),
            metadata: BTreeMap::new(),
        };
        let window = Window::default();
        Ok(Self { source, window, info: media, tracks: [info], block, start, frames, cut, next: 0, selected: true })
    }

    fn check(&self, track: TrackId) -> Result<()> {
        if track.0 == 0 { Ok(()) } else { Err(Error::input("track", "no such track")) }
    }
}

impl<const AIFF: bool> Demuxer for PcmFileDemuxer<AIFF> {
    fn info(&self) -> &MediaInfo {
        &self.info
    }
    fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }
    fn select(&mut self, track: TrackId, selection: Selection) -> Result<()> {
        self.check(track)?;
        self.selected = selection != Selection::Off;
        self.next = 0;
        Ok(())
    }
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if !self.selected {
            return Ok(None);
        }
        let frames = (self.frames - self.next).min(PACKET);
        if frames == 0 {
            return if self.cut { Err(Error::unexpected_end("sound data", self.source.len())) } else { Ok(None) };
        }
        let offset = self.start + self.next * self.block;
        let mut data = Vec::new();
        self.window.read(&mut self.source, offset, frames * self.block, &mut data, "sound data")?;
        let time = self.next as i64;
        let mut packet = Packet::new(TrackId(0), time, time, frames as i64, true, data);
        packet.samples = frames as u32;
        packet.offset = Some(offset);
        self.next += frames;
        Ok(Some(packet))
    }
    fn packet_count(&self, track: TrackId) -> Option<u64> {
        self.tracks.get(track.index())?.sample_count
    }
    fn sync_points(&mut self, track: TrackId) -> Result<Vec<SyncPoint>> {
        self.check(track)?;
        if !self.selected {
            return Err(Error::input("track", "it is not selected"));
        }
        let point = |position: u64| {
            let dts = (position * PACKET) as i64;
            SyncPoint { position, pts: Some(dts), dts, discard: false, place: [0; 2] }
        };
        Ok((0..self.frames.div_ceil(PACKET)).map(point).collect())
    }
    fn seek(&mut self, track: TrackId, position: u64) -> Result<()> {
        self.check(track)?;
        match position.checked_mul(PACKET).filter(|&n| n < self.frames) {
            Some(next) => self.next = next,
            None => return Err(Error::input("position", "past the end of the track")),
        }
        Ok(())
    }
}
