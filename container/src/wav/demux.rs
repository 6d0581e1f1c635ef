//! [`WavDemuxer`].

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::format;
use crate::io::{ReadSeek, Source, Window};
use crate::probe::Format;
use crate::{
    AudioTrack, Demuxer, Error, Limits, MediaInfo, Packet, Result, Selection, SyncPoint, Timebase, TrackId, TrackInfo,
    TrackKind,
};

/// Sampling instants in a packet, at most.
const PACKET: u64 = 4096;

/// Reads WAVE files, RF64 and BW64 too: one track of packets of up to 4,096 sampling instants, any of which can be sought.
///
/// Data whose length was not known to the writer (0, or all ones, as written to a pipe) go to the end of the file.
pub struct WavDemuxer {
    source: Source,
    window: Window,
    info: MediaInfo,
    tracks: [TrackInfo; 1],
    /// Bytes of a sampling instant of all channels.
    block: u64,
    /// Offset of the first one.
    start: u64,
    /// Sampling instants that are wholly there.
    frames: u64,
    /// The file ends before the data that it announces.
    cut: bool,
    next: u64,
    selected: bool,
}

impl WavDemuxer {
    /// Opens a file.
    ///
    /// # Errors
    /// `Io`, and what [`WavDemuxer::new`] finds.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| Error::from(e).with_path(path))?;
        Self::new(Box::new(file), limits)
    }
    /// Reads the chunks before the data.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported` for sound that is not uncompressed, `LimitExceeded`, `UnexpectedEnd`.
    pub fn new(reader: Box<dyn ReadSeek>, limits: &Limits) -> Result<Self> {
        Self::from_source(Source::new(reader)?, limits)
    }

    pub(crate) fn from_source(mut source: Source, limits: &Limits) -> Result<Self> {
        let Chunks { track, start, size } = Chunks::read(&mut source, limits)?;
        let Some(pcm) = track.pcm else { return Err(Error::invalid("fmt chunk", 0)) };
        let block = u64::from(pcm.sample.bytes()) * u64::from(track.channels);
        let there = source.len() - start;
        let cut = size.is_some_and(|n| n > there);
        let frames = size.unwrap_or(there).min(there) / block;
        let timebase = Timebase::per_second(track.sample_rate);
        let mut info = TrackInfo::new(TrackId(0), 1, TrackKind::Audio(track), format::codec_of(pcm), timebase);
        info.duration = i64::try_from(frames).ok();
        info.sample_count = Some(frames.div_ceil(PACKET));
        let media = MediaInfo {
            format: Format::Wav,
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

/// What stands before the data.
struct Chunks {
    track: AudioTrack,
    /// Offset of the data.
    start: u64,
    /// Bytes of data, where that is said.
    size: Option<u64>,
}

impl Chunks {
    fn read(source: &mut Source, limits: &Limits) -> Result<Self> {
        let mut head = [0; 12];
        source.read_at(0, &mut head, "RIFF header")?;
        let long = match &head[..4] {
            b"RIFF" => false,
            b"RF64" | b"BW64" => true,
            _ => return Err(Error::invalid("RIFF header", 0)),
        };
        let (mut track, mut size64) = (None, None);
        let mut at = 12u64;
        for count in 1.. {
            Error::check_limit("max_top_level", count, limits.max_top_level)?;
            let mut header = [0; 8];
            source.read_at(at, &mut header, "WAVE chunk header")?;
            let [id @ .., s0, s1, s2, s3] = header;
            let size = u32::from_le_bytes([s0, s1, s2, s3]);
            let body = at + 8;
            match &id {
                b"fmt " if track.is_none() => {
                    let payload = source.read_vec(body, u64::from(size).min(64), "fmt chunk")?;
                    track = Some(format::parse(&payload, body)?);
                }
                b"ds64" if long => {
                    let mut sizes = [0; 16];
                    source.read_at(body, &mut sizes, "ds64 chunk")?;
                    let [.., d0, d1, d2, d3, d4, d5, d6, d7] = sizes;
                    size64 = Some(u64::from_le_bytes([d0, d1, d2, d3, d4, d5, d6, d7]));
                }
                b"data" => {
                    let track = track.ok_or_else(|| Error::invalid("data chunk (before fmt)", at))?;
                    let size = match size {
                        u32::MAX => size64.filter(|&n| n != u64::MAX && n != 0),
                        // Written to a pipe, by those who write 0.
                        0 if source.len() > body => None,
                        n => Some(n.into()),
                    };
                    return Ok(Self { track, start: body, size });
                }
                _ => {}
            }
            // Chunks begin at even offsets.
            at = body + u64::from(size) + u64::from(size & 1);
        }
        Err(Error::invalid("WAVE without data", at))
    }
}

impl Demuxer for WavDemuxer {
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
            return if self.cut { Err(Error::unexpected_end("data chunk", self.source.len())) } else { Ok(None) };
        }
        let offset = self.start + self.next * self.block;
        let mut data = Vec::new();
        self.window.read(&mut self.source, offset, frames * self.block, &mut data, "data chunk")?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn wav(head: &[u8], chunks: &[(&[u8; 4], u32, &[u8])]) -> Result<WavDemuxer> {
        let mut file = [head, b"\0\0\0\0WAVE"].concat();
        for (id, size, payload) in chunks {
            file.extend_from_slice(*id);
            file.extend(size.to_le_bytes());
            file.extend_from_slice(payload);
        }
        WavDemuxer::new(Box::new(Cursor::new(file)), &Limits::default())
    }

    const FMT: (&[u8; 4], u32, &[u8]) = (b"fmt ", 16, &[1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]);

    #[test]
    fn chunks_are_padded_to_even_sizes() {
        let mut w =
            wav(b"RIFF", &[(b"LIST", 3, b"abc\0"), FMT, (b"data", 4, &[1, 2, 3, 4]), (b"junk", 9, b"")]).unwrap();
        let p = w.next_packet().unwrap().unwrap();
        assert_eq!((&p.data[..], p.pts, p.duration, p.samples), (&[1, 2, 3, 4][..], Some(0), 2, 2));
        assert!(w.next_packet().unwrap().is_none());
        w.seek(TrackId(0), 0).unwrap();
        assert!(w.next_packet().unwrap().is_some());
        assert!(w.seek(TrackId(0), 1).is_err());
    }

    #[test]
    fn lengths() {
        let frames = |w: Result<WavDemuxer>| w.map(|w| (w.frames, w.cut)).unwrap();
        let data = &[0; 6][..];
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 6, data)])), (3, false));
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 0, data)])), (3, false), "a pipe");
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", u32::MAX, data)])), (3, false), "a pipe");
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 8, data)])), (3, true), "cut short");
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 5, data)])), (2, false), "half a sample");
        let mut ds64 = [0; 28];
        ds64[8] = 4;
        let ds64 = (b"ds64", 28, &ds64[..]);
        assert_eq!(frames(wav(b"RF64", &[ds64, FMT, (b"data", u32::MAX, data)])), (2, false));
    }

    #[test]
    fn damage() {
        let mut w = wav(b"RIFF", &[FMT, (b"data", 8, &[0; 6])]).unwrap();
        assert!(w.next_packet().unwrap().is_some());
        assert!(matches!(w.next_packet(), Err(Error::UnexpectedEnd { .. })));
        assert!(matches!(wav(b"RIFF", &[FMT]), Err(Error::UnexpectedEnd { .. })));
        assert!(matches!(wav(b"RIFF", &[(b"data", 2, &[0; 2])]), Err(Error::Invalid { .. })));
        assert!(matches!(wav(b"RIFX", &[FMT]), Err(Error::Invalid { .. })));
    }
}
