//! [`Y4mDemuxer`].

use std::collections::BTreeMap;

use super::header::{MAX_LINE, Y4mHeader};
use super::read::{checked_frame_bytes, is_frame_line};
use crate::io::{ReadSeek, Source};
use crate::probe::Format;

use crate::{
    CodecId, Demuxer, Error, Limits, MediaInfo, Packet, Result, Selection, SyncPoint, Timebase, TrackId, TrackInfo,
    TrackKind, VideoTrack,
};

/// Uncompressed video as a track: every frame is a key packet, and any can be sought.
pub struct Y4mDemuxer {
    source: Source,
    info: MediaInfo,
    header: Y4mHeader,
    tracks: [TrackInfo; 1],
    frame_bytes: usize,
    /// Offset of the first frame.
    start: u64,
    /// Offset and number of the next frame.
    at: u64,
    number: i64,
    selected: bool,
}

/// `FRAME` and its line feed.
const PLAIN_LINE: u64 = 6;

impl Y4mDemuxer {
    /// Reads the header line.
    ///
    /// # Errors
    /// `Io`, `Invalid`, `Unsupported`, `LimitExceeded`.
    pub fn new(reader: Box<dyn ReadSeek>, limits: &Limits) -> Result<Self> {
        Self::from_source(Source::new(reader)?, limits)
    }

    pub(crate) fn from_source(mut source: Source, limits: &Limits) -> Result<Self> {
        let line = line_at(&mut source, 0, "Y4M header")?;
        let header = Y4mHeader::parse(&line)?;
        let frame_bytes = checked_frame_bytes(&header, limits)?;
        let start = line.len() as u64 + 1;
        let size = source.len();
        let timebase = header.frame_rate.map_or(Timebase::new(1, 25), |(n, d)| Timebase::new(d, n));
        // `FRAME` lines may carry tags; then this is an estimate from above.
        let frames = (size - start) / (PLAIN_LINE + frame_bytes as u64);
        let video = VideoTrack {
            width: header.width,
            height: header.height,
            sample_aspect_ratio: header.sample_aspect_ratio,
            pixel_format: Some(header.format),
            ..VideoTrack::default()
        };
        let mut track = TrackInfo::new(TrackId(0), 0, TrackKind::Video(video), CodecId::RawVideo, timebase);
        track.duration = i64::try_from(frames).ok();
        track.sample_count = Some(frames);
        let duration = track.duration;
        let info = MediaInfo { format: Format::Y4m, duration, timebase, size, metadata: BTreeMap::new() };
        Ok(Self { source, info, header, tracks: [track], frame_bytes, start, at: start, number: 0, selected: true })
    }
    /// The header line.
    pub fn header(&self) -> &Y4mHeader {
        &self.header
    }

    fn check(&self, track: TrackId) -> Result<()> {
        if track.0 == 0 { Ok(()) } else { Err(Error::input("track", "no such track")) }
    }
    /// Offset of the samples of the frame at `self.at`; `None` at the end.
    fn frame(&mut self) -> Result<Option<u64>> {
        if self.at >= self.source.len() {
            return Ok(None);
        }
        let line = line_at(&mut self.source, self.at, "Y4M frame header")?;
        if !is_frame_line(&line) {
            return Err(Error::invalid("Y4M frame header", self.at));
        }
        Ok(Some(self.at + line.len() as u64 + 1))
    }
    fn rewind(&mut self) {
        (self.at, self.number) = (self.start, 0);
    }
}

impl Demuxer for Y4mDemuxer {
    fn info(&self) -> &MediaInfo {
        &self.info
    }
    fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }
    fn select(&mut self, track: TrackId, selection: Selection) -> Result<()> {
        self.check(track)?;
        self.selected = selection != Selection::Off;
        self.rewind();
        Ok(())
    }
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if !self.selected {
            return Ok(None);
        }
        let Some(data_at) = self.frame()? else { return Ok(None) };
        let data = self.source.read_vec(data_at, self.frame_bytes as u64, "Y4M frame")?;
        let packet =
            Packet { offset: Some(data_at), ..Packet::new(TrackId(0), self.number, self.number, 1, true, data) };
        self.at = data_at + self.frame_bytes as u64;
        self.number += 1;
        Ok(Some(packet))
    }
    fn packet_count(&self, _track: TrackId) -> Option<u64> {
        self.tracks[0].sample_count
    }
    fn sync_points(&mut self, track: TrackId) -> Result<Vec<SyncPoint>> {
        self.check(track)?;
        let count = self.tracks[0].duration.unwrap_or(0);
        let point = |n: i64| SyncPoint { position: n as u64, pts: Some(n), dts: n, discard: false, place: [0; 2] };
        Ok((0..count).map(point).collect())
    }
    fn seek(&mut self, track: TrackId, position: u64) -> Result<()> {
        self.check(track)?;
        let number = i64::try_from(position).map_err(|_| Error::input("position", "past the end of the track"))?;
        // Frames lie at equal distances unless one has tags: then they are walked.
        let stride = PLAIN_LINE + self.frame_bytes as u64;
        self.at = self.start.saturating_add(position.saturating_mul(stride));
        if self.at >= self.source.len() || self.frame().is_err() {
            self.rewind();
            while self.number < number {
                let Some(data_at) = self.frame()? else {
                    return Err(Error::input("position", "past the end of the track"));
                };
                self.at = data_at + self.frame_bytes as u64;
                self.number += 1;
            }
        }
        self.number = number;
        Ok(())
    }
}

/// The line that starts at `at`, without its line feed.
fn line_at(source: &mut Source, at: u64, what: &'static str) -> Result<Vec<u8>> {
    for len in [64, MAX_LINE as u64 + 1] {
        let len = len.min(source.len().saturating_sub(at));
        let mut head = source.read_vec(at, len, what)?;
        if let Some(end) = head.iter().position(|&b| b == b'\n') {
            head.truncate(end);
            return Ok(head);
        }
        if at + len >= source.len() {
            return Err(Error::unexpected_end(what, source.len()));
        }
    }
    Err(Error::invalid(what, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn demuxer(file: &[u8]) -> Y4mDemuxer {
        Y4mDemuxer::new(Box::new(Cursor::new(file.to_vec())), &Limits::default()).unwrap()
    }

    #[test]
    fn seeking_with_and_without_frame_tags() {
        for second in ["FRAME\n", "FRAME Xa\n"] {
            let file = format!("YUV4MPEG2 W2 H2 F30:1 Cmono\nFRAME\nabcd{second}efghFRAME\nijkl");
            let mut d = demuxer(file.as_bytes());
            for (position, expected) in [(2, "ijkl"), (0, "abcd"), (1, "efgh")] {
                d.seek(TrackId(0), position).unwrap();
                let p = d.next_packet().unwrap().unwrap();
                assert_eq!((p.pts, &p.data[..]), (Some(position as i64), expected.as_bytes()));
            }
            assert!(d.seek(TrackId(0), 4).is_err());
        }
    }

    #[test]
    fn a_cut_frame_is_an_error() {
        let mut d = demuxer(b"YUV4MPEG2 W2 H2 Cmono\nFRAME\nabcdFRAME\nef");
        assert!(d.next_packet().unwrap().is_some());
        assert!(matches!(d.next_packet(), Err(Error::UnexpectedEnd { .. })));
    }
}
