//! Containers that are read forward, packet after packet, without an index: what their demuxers have in common.
//!
//! A format brings a [`StreamReader`]: where it is in the file, and how to get on from there. [`StreamDemuxer`] makes a
//! [`Demuxer`] of it: as long as all tracks are read from the start one reader serves them all; a track that is
//! started over or sought gets a reader of its own.

pub(crate) mod clock;
pub(crate) mod reorder;

use std::fs::File;
use std::path::Path;

use crate::damage::Damage;
use crate::io::{ReadSeek, Source, Window};
use crate::{Demuxer, Error, Limits, MediaInfo, Packet, Result, Selection, SyncPoint, TrackId, TrackInfo};

/// What a reader reads from, and what it is asked for.
pub struct Input<'a> {
    pub(crate) source: &'a mut Source,
    pub(crate) window: &'a mut Window,
    pub(crate) limits: &'a Limits,
    /// Tracks whose packets are given; what belongs to others is passed over.
    pub(crate) wanted: &'a [bool],
    /// Packets may come without their data, where passing over it is less work.
    pub(crate) skim: bool,
}

/// What stands in a file before its packets.
pub struct Opened<R> {
    pub(crate) info: MediaInfo,
    pub(crate) tracks: Vec<TrackInfo>,
    /// At the first packet.
    pub(crate) reader: R,
}

/// A place in a file, and how to read on from there.
pub trait StreamReader: Clone + Send {
    /// Reads what describes the tracks.
    fn open(source: &mut Source, limits: &Limits) -> Result<Opened<Self>>;
    /// The next packet of the wanted tracks; `None` at the end. After an error, the same error again.
    fn next_packet(&mut self, input: &mut Input<'_>) -> Result<Option<Packet>>;
    /// For [`SyncPoint::place`]: where the packet given last begins.
    fn place(&self) -> [u64; 2];
    /// From the start of the file goes to a point, of which the place is by this reader.
    fn go_to(&mut self, track: TrackId, point: &SyncPoint);
    /// Damaged places passed over.
    fn damaged_places(&self) -> u64 {
        0
    }
}

/// A reader and the tracks that it serves.
struct Cursor<R> {
    reader: R,
    window: Window,
    wanted: Vec<bool>,
    next: Option<Packet>,
    /// Nothing was read yet.
    fresh: bool,
    end: Option<Option<Damage>>,
}

impl<R: StreamReader> Cursor<R> {
    fn new(reader: R, wanted: Vec<bool>) -> Self {
        Self { reader, window: Window::default(), wanted, next: None, fresh: true, end: None }
    }
    fn of_one(reader: R, track: TrackId, tracks: usize) -> Self {
        Self::new(reader, (0..tracks).map(|i| i == track.index()).collect())
    }
    /// Reads ahead by a packet, unless the end was reached.
    fn fill(&mut self, source: &mut Source, limits: &Limits) -> Result<()> {
        if self.next.is_some() || self.end.is_some() {
            return Ok(());
        }
        match self.read(source, limits, false) {
            Ok(Some(packet)) => self.next = Some(packet),
            Ok(None) => self.end = Some(None),
            Err(e) => self.end = Some(Some(Damage::of(e)?)),
        }
        Ok(())
    }
    fn read(&mut self, source: &mut Source, limits: &Limits, skim: bool) -> Result<Option<Packet>> {
        self.fresh = false;
        let mut input = Input { source, window: &mut self.window, limits, wanted: &self.wanted, skim };
        self.reader.next_packet(&mut input)
    }
}

/// What a track comes to, packet by packet.
#[derive(Default)]
struct Measure {
    packets: u64,
    span: Option<(i64, i64)>,
    last_duration: i64,
}

impl Measure {
    fn add(&mut self, packet: &Packet) {
        self.packets += 1;
        if let Some(pts) = packet.pts {
            let (from, to) = self.span.unwrap_or((pts, pts));
            self.span = Some((from.min(pts), to.max(pts)));
            self.last_duration = packet.duration;
        }
    }
    /// From the first to the end of the last packet, which lasts as long as they do in the mean if it does not say.
    fn duration(&self) -> Option<i64> {
        let (from, to) = self.span?;
        let span = to.saturating_sub(from);
        let mean = span / i64::try_from(self.packets.saturating_sub(1).max(1)).unwrap_or(i64::MAX);
        Some(span.saturating_add(if self.last_duration > 0 { self.last_duration } else { mean }))
    }
}

/// Bytes read at once where most are passed over.
const SKIM: usize = 4 << 10;

/// Reads a file of one of the formats that have no index of packets.
pub struct StreamDemuxer<R> {
    source: Source,
    limits: Limits,
    info: MediaInfo,
    tracks: Vec<TrackInfo>,
    start: R,
    cursors: Vec<Cursor<R>>,
}

impl<R: StreamReader> StreamDemuxer<R> {
    /// Opens a file.
    ///
    /// # Errors
    /// `Io`, and what [`StreamDemuxer::new`] finds.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| Error::from(e).with_path(path))?;
        Self::new(Box::new(file), limits)
    }
    /// Reads what describes the tracks.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `LimitExceeded`, `UnexpectedEnd` where the file ends before its tracks are described.
    pub fn new(reader: Box<dyn ReadSeek>, limits: &Limits) -> Result<Self> {
        Self::from_source(Source::new(reader)?, limits)
    }

    pub(crate) fn from_source(mut source: Source, limits: &Limits) -> Result<Self> {
        let Opened { info, tracks, reader } = R::open(&mut source, limits)?;
        let wanted = tracks.iter().map(|t| t.unsupported.is_none()).collect();
        let cursors = vec![Cursor::new(reader.clone(), wanted)];
        Ok(Self { source, limits: *limits, info, tracks, start: reader, cursors })
    }

    fn check(&self, track: TrackId) -> Result<&TrackInfo> {
        self.tracks.get(track.index()).ok_or_else(|| Error::input("track", "no such track"))
    }
    fn serves(&self, track: TrackId) -> bool {
        self.cursors.iter().any(|c| c.wanted[track.index()])
    }
    /// Takes a track from the reader that serves it.
    fn release(&mut self, track: TrackId) {
        for cursor in &mut self.cursors {
            cursor.wanted[track.index()] = false;
            cursor.next.take_if(|p| p.track == track);
        }
        self.cursors.retain(|c| c.wanted.contains(&true));
    }
}

impl<R: StreamReader> Demuxer for StreamDemuxer<R> {
    fn info(&self) -> &MediaInfo {
        &self.info
    }
    fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }
    fn select(&mut self, track: TrackId, selection: Selection) -> Result<()> {
        let unsupported = self.check(track)?.unsupported.clone();
        if let (Some(feature), true) = (unsupported, selection != Selection::Off) {
            return Err(Error::unsupported(feature));
        }
        self.release(track);
        if selection != Selection::Off {
            match self.cursors.iter_mut().find(|c| c.fresh) {
                Some(cursor) => cursor.wanted[track.index()] = true,
                None => self.cursors.push(Cursor::of_one(self.start.clone(), track, self.tracks.len())),
            }
        }
        Ok(())
    }
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let mut best: Option<(usize, TrackId, i64)> = None;
        for (i, cursor) in self.cursors.iter_mut().enumerate() {
            cursor.fill(&mut self.source, &self.limits)?;
            let Some(packet) = &cursor.next else { continue };
            let timebase = |t: TrackId| self.tracks[t.index()].timebase;
            let earlier = |&(_, track, dts): &(usize, TrackId, i64)| {
                timebase(packet.track).compare(packet.dts, timebase(track), dts).is_lt()
            };
            if best.as_ref().is_none_or(earlier) {
                best = Some((i, packet.track, packet.dts));
            }
        }
        match best {
            Some((i, ..)) => Ok(self.cursors[i].next.take()),
            None => self.cursors.iter().find_map(|c| c.end.flatten()).map_or(Ok(None), |d| Err(d.error())),
        }
    }
    fn packet_count(&self, track: TrackId) -> Option<u64> {
        self.tracks.get(track.index())?.sample_count
    }
    fn sync_points(&mut self, track: TrackId) -> Result<Vec<SyncPoint>> {
        self.check(track)?;
        if !self.serves(track) {
            return Err(Error::input("track", "it is not selected"));
        }
        let mut cursor = Cursor::of_one(self.start.clone(), track, self.tracks.len());
        cursor.window = Window::with_size(SKIM);
        let mut points = Vec::new();
        let mut measure = Measure::default();
        for position in 0.. {
            Error::check_limit("max_samples", position, self.limits.max_samples)?;
            let packet = match cursor.read(&mut self.source, &self.limits, true) {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                Err(e) => {
                    // Told when it is reached.
                    Damage::of(e)?;
                    break;
                }
            };
            let place = cursor.reader.place();
            // Frames that share a block can be entered at the first alone.
            measure.add(&packet);
            if packet.key && points.last().is_none_or(|p: &SyncPoint| p.place != place) {
                let bytes = (points.len() as u64 + 1) * size_of::<SyncPoint>() as u64;
                Error::check_limit("max_index_bytes", bytes, self.limits.max_index_bytes)?;
                let Packet { pts, dts, discard, .. } = packet;
                points.push(SyncPoint { position, pts, dts, discard, place });
            }
        }
        // Now they are known.
        let info = &mut self.tracks[track.index()];
        (info.sample_count, info.duration) = (Some(measure.packets), measure.duration());
        Ok(points)
    }
    fn seek(&mut self, track: TrackId, position: u64) -> Result<()> {
        self.check(track)?;
        if !self.serves(track) {
            return Err(Error::input("track", "it is not selected"));
        }
        let mut cursor = Cursor::of_one(self.start.clone(), track, self.tracks.len());
        for passed in 0..=position {
            if passed == position {
                // Read here already, so that a position past the end is known as such.
                cursor.fill(&mut self.source, &self.limits)?;
                break;
            }
            match cursor.read(&mut self.source, &self.limits, true) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(e) => {
                    Damage::of(e)?;
                    break;
                }
            }
        }
        if cursor.next.is_none() {
            return Err(Error::input("position", "past the end of the track"));
        }
        self.release(track);
        self.cursors.push(cursor);
        Ok(())
    }
    fn seek_to(&mut self, track: TrackId, point: &SyncPoint) -> Result<()> {
        self.check(track)?;
        if !self.serves(track) {
            return Err(Error::input("track", "it is not selected"));
        }
        let mut cursor = Cursor::of_one(self.start.clone(), track, self.tracks.len());
        cursor.reader.go_to(track, point);
        cursor.fresh = false;
        self.release(track);
        self.cursors.push(cursor);
        Ok(())
    }
    fn damaged_places(&self) -> u64 {
        self.cursors.iter().map(|c| c.reader.damaged_places()).max().unwrap_or(0)
    }
}
