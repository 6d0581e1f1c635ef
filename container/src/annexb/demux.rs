//! [`AnnexBDemuxer`].

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use transcode_core::h264::params::Sps;

use super::access_unit::{Detector, Role};
use crate::io::{ReadSeek, Source};
use crate::probe::Format;
use crate::track::{Colour, EditList, TrackInfo};
use crate::{
    CodecId, Demuxer, Error, FourCc, Language, Limits, MediaInfo, Packet, Result, Selection, SyncPoint, Timebase,
    TrackId, TrackKind, VideoTrack,
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
        splitter.next(&mut source, limits)?.ok_or(Error::NotMedia)?;
        let sps = splitter.detector.first_sps.take();
        let (video, timebase) = sps.map_or((VideoTrack::default(), DEFAULT_RATE), |sps| describe(&sps));
        let track = TrackInfo {
            id: TrackId(0),
            source_id: 0,
            kind: TrackKind::Video(video),
            codec: CodecId::H264,
            codec_private: Vec::new(),
            sample_entries: Vec::new(),
            timebase,
            duration: None,
            sample_count: None,
            language: Language::UNDETERMINED,
            extended_language: None,
            edit_list: EditList { timebase, edits: Vec::new() },
            handler: FourCc(*b"vide"),
            handler_name: String::new(),
            media_header: Vec::new(),
            flags: 3,
            alternate_group: 0,
            unsupported: None,
        };
        let size = source.len();
        let info = MediaInfo { format: Format::AnnexB, duration: None, timebase, size, metadata: BTreeMap::new() };
        let splitter = Splitter::default();
        Ok(Self { source, limits: *limits, info, tracks: [track], selected: true, splitter })
    }

    fn check(&self, track: TrackId) -> Result<()> {
        if track.0 == 0 { Ok(()) } else { Err(Error::input("track", "no such track")) }
    }
}

const DEFAULT_RATE: Timebase = Timebase { num: 1, den: 25 };

/// What the first sequence parameter set says.
fn describe(sps: &Sps) -> (VideoTrack, Timebase) {
    let mut video = VideoTrack::default();
    if let Some(rect) = sps.crop_rect() {
        (video.width, video.height) = (rect.width, rect.height);
    }
    let mut timebase = DEFAULT_RATE;
    if let Some(vui) = &sps.vui {
        let ratio = vui.sample_aspect_ratio.filter(|&(w, h)| w != 0 && h != 0);
        video.sample_aspect_ratio = ratio.map(|(w, h)| (w.into(), h.into()));
        video.colour = vui.colour_description.map(|(primaries, transfer, matrix)| Colour {
            primaries: primaries.into(),
            transfer: transfer.into(),
            matrix: matrix.into(),
            full_range: Some(vui.video_full_range_flag),
        });
        // E.2.1: a tick is a field; a picture takes two.
        if let Some((units, scale, _)) = vui.timing.filter(|&(units, scale, _)| units != 0 && scale != 0) {
            timebase = match units.checked_mul(2) {
                Some(units) => Timebase::new(units, scale),
                None => Timebase::new(units, scale / 2),
            };
        }
    }
    (video, timebase)
}

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
        self.splitter = Splitter::default();
        Ok(())
    }
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if !self.selected {
            return Ok(None);
        }
        self.splitter.next(&mut self.source, &self.limits)
    }
    fn packet_count(&self, _track: TrackId) -> Option<u64> {
        None
    }
    /// The start alone: later parameter sets build on earlier ones, so a stream can't be entered in its middle
    /// without having read what comes before.
    fn sync_points(&self, track: TrackId) -> Result<Vec<SyncPoint>> {
        self.check(track)?;
        Ok(vec![SyncPoint { position: 0, pts: None, dts: 0, discard: false }])
    }
    fn seek(&mut self, track: TrackId, position: u64) -> Result<()> {
        self.check(track)?;
        self.splitter = Splitter::default();
        for _ in 0..position {
            if self.splitter.next(&mut self.source, &self.limits)?.is_none() {
                return Err(Error::input("position", "past the end of the track"));
            }
        }
        Ok(())
    }
}

/// Finds access units in a file.
#[derive(Default)]
struct Splitter {
    detector: Detector,
    /// Part of the file from `base` on.
    buf: Vec<u8>,
    base: u64,
    at_end: bool,
    /// In `buf`: the access unit begins here (its `zero_byte` or start code), or nothing was found yet.
    start: Option<usize>,
    /// NAL units from here on will go with the next picture, should it be another.
    lead: Option<usize>,
    /// The NAL unit whose end is looked for: start code, header byte.
    unit: Option<(usize, usize)>,
    /// How far has been searched for start codes.
    scanned: usize,
    has_slice: bool,
    key: bool,
    count: i64,
    finished: bool,
}

const READ: usize = 128 << 10;

impl Splitter {
    fn next(&mut self, source: &mut Source, limits: &Limits) -> Result<Option<Packet>> {
        while !self.finished {
            let code = self.next_start_code();
            if code.is_none() && !self.at_end {
                self.fill(source, limits)?;
                continue;
            }
            // The unit before this start code is complete; `zero_byte` belongs to what follows.
            let end = code.map_or(self.buf.len(), |i| if i > 0 && self.buf[i - 1] == 0 { i - 1 } else { i });
            let cut = self.unit.take().and_then(|(from, header)| self.classify(from, header, end));
            match code {
                Some(i) => {
                    self.start.get_or_insert(end);
                    self.unit = Some((end, i + 3));
                    self.scanned = i + 3;
                }
                None => self.finished = true,
            }
            if let Some((cut, key)) = cut {
                return Ok(Some(self.emit(cut, key)));
            }
        }
        let last = self.start.take().filter(|_| self.has_slice);
        Ok(last.map(|start| {
            self.start = Some(start);
            let key = self.key;
            let packet = self.emit(self.buf.len(), key);
            self.start = None;
            packet
        }))
    }

    /// Takes the unit from `header` to `end` in; where the access unit before it ends, if it does, and its key flag.
    fn classify(&mut self, from: usize, header: usize, end: usize) -> Option<(usize, bool)> {
        match self.detector.push(self.buf.get(header..end)?) {
            Role::Follows => None,
            Role::SamePicture => {
                // What came before it did not lead up to another picture after all.
                self.lead = None;
                None
            }
            Role::Leads => {
                if self.has_slice {
                    self.lead.get_or_insert(from);
                }
                None
            }
            Role::NewPicture { key } => {
                let before = std::mem::replace(&mut self.key, key);
                let cut = self.lead.take().unwrap_or(from);
                std::mem::replace(&mut self.has_slice, true).then_some((cut, before))
            }
        }
    }

    /// The bytes up to `cut` as a packet.
    fn emit(&mut self, cut: usize, key: bool) -> Packet {
        let start = self.start.unwrap_or(0);
        let offset = self.base + start as u64;
        let data = self.buf[start..cut].to_vec();
        self.start = Some(cut);
        let dts = self.count;
        self.count += 1;
        Packet { pts: None, offset: Some(offset), ..Packet::new(TrackId(0), 0, dts, 1, key, data) }
    }

    /// Index of the next `00 00 01` that has not been passed.
    fn next_start_code(&mut self) -> Option<usize> {
        let mut i = self.scanned;
        while let Some(&third) = self.buf.get(i + 2) {
            match third {
                1 if self.buf[i] == 0 && self.buf[i + 1] == 0 => return Some(i),
                0 => i += 1,
                _ => i += 3,
            }
        }
        self.scanned = i.min(self.buf.len());
        None
    }

    fn fill(&mut self, source: &mut Source, limits: &Limits) -> Result<()> {
        // What has been given out can go; before the first start code, all but a `zero_byte` of one to come.
        let done = self.start.unwrap_or(self.scanned.saturating_sub(1));
        self.buf.drain(..done);
        self.base += done as u64;
        self.scanned -= done;
        self.start = self.start.map(|_| 0);
        self.lead = self.lead.map(|at| at - done);
        self.unit = self.unit.map(|(from, header)| (from - done, header - done));
        Error::check_limit("max_packet_bytes", self.buf.len() as u64, limits.max_packet_bytes)?;
        let at = self.base + self.buf.len() as u64;
        let n = (source.len().saturating_sub(at)).min(READ as u64) as usize;
        let old = self.buf.len();
        self.buf.resize(old + n, 0);
        if let Err(e) = source.read_at(at, &mut self.buf[old..], "byte stream") {
            self.buf.truncate(old);
            return Err(e);
        }
        self.at_end = n == 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn split(bytes: &[u8]) -> Vec<(usize, bool)> {
        let mut splitter = Splitter::default();
        let mut source = Source::new(Box::new(Cursor::new(bytes.to_vec()))).unwrap();
        let mut out = Vec::new();
        while let Some(p) = splitter.next(&mut source, &Limits::default()).unwrap() {
            out.push((p.data.len(), p.key));
        }
        out
    }

    #[test]
    fn without_parameter_sets_the_first_macroblock_decides() {
        // Slices with first_mb_in_slice 0 (bit 1) and 1 (bits 010), behind 3- and 4-byte start codes.
        let idr = [0, 0, 0, 1, 0x65, 0x80, 0x11];
        let more = [0, 0, 1, 0x65, 0x40, 0x11];
        let sei = [0, 0, 0, 1, 0x06, 5, 0x80];
        let p = [0, 0, 1, 0x41, 0x80, 0x11];
        let stream = [&[9, 0][..], &idr, &more, &sei, &p].concat();
        assert_eq!(split(&stream), [(13, true), (13, false)]);
        assert_eq!(split(&stream[2..9]), [(7, true)]);
        assert_eq!(split(&[0, 0, 1, 0x06, 5, 0x80]), [], "no picture");
        assert_eq!(split(&[]), []);
    }
}
