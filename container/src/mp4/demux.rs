//! [`Mp4Demuxer`].

use std::fs::File;
use std::path::Path;

use super::boxes::ftyp::Ftyp;
use super::boxes::trak::Moov;
use super::bytes::Bytes;
use super::edits::{Granularity, Segment};
use super::fragment::{FragmentTrack, read_moof};
use super::sample_table::{Cursor, Sample, SampleTable};
use super::tracks::{self, BuiltTrack};
use crate::damage::{Damage, postpone};
use crate::io::{ReadSeek, Source, Window};
use crate::probe::Format;
use crate::{
    Demuxer, Error, FourCc, Limits, MediaInfo, Packet, Result, Selection, SyncPoint, Timebase, TrackId, TrackInfo,
};

/// Reads MP4 and QuickTime files, progressive and fragmented, with the boxes in any order.
///
/// The index (`moov`, every `moof`) is read when the file is opened; sample data when a packet is asked for.
pub struct Mp4Demuxer {
    source: Source,
    limits: Limits,
    info: MediaInfo,
    brands: Vec<FourCc>,
    tracks: Vec<TrackInfo>,
    readers: Vec<TrackReader>,
    /// What the end of the file, or of what could be read of it, looks like.
    damage: Option<Damage>,
}

impl Mp4Demuxer {
    /// Opens a file.
    ///
    /// # Errors
    /// `Io`, and what [`Mp4Demuxer::new`] finds.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| Error::from(e).with_path(path))?;
        Self::new(Box::new(file), limits)
    }
    /// Reads the index.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported` (compressed `moov`), `LimitExceeded`, `UnexpectedEnd` where the file ends before its
    /// `moov` does.
    pub fn new(reader: Box<dyn ReadSeek>, limits: &Limits) -> Result<Self> {
        Self::from_source(Source::new(reader)?, limits)
    }

    pub(crate) fn from_source(mut source: Source, limits: &Limits) -> Result<Self> {
        let layout = Layout::scan(&mut source, limits)?;
        let Some((offset, size)) = layout.moov else {
            return Err(match layout.damage {
                Some(damage) => damage.error(),
                None => Error::unexpected_end("file without moov", source.len()),
            });
        };
        let mut damage = layout.damage;
        let mut index_bytes = size;
        Error::check_limit("max_index_bytes", index_bytes, limits.max_index_bytes)?;
        let data = source.read_vec(offset, size, "moov")?;
        let mut moov = Moov::parse(&mut Bytes::new(&data, offset, "moov"), limits)?;
        drop(data);
        let Some(mvhd) = moov.mvhd.filter(|m| m.timescale != 0) else {
            return Err(Error::invalid("moov (no mvhd, or one with timescale 0)", offset));
        };
        let mvex = moov.mvex.unwrap_or_default();
        let fragment_duration = mvex.duration.filter(|&d| d != 0);

        let mut targets: Vec<FragmentTrack> = moov
            .traks
            .iter_mut()
            .map(|t| FragmentTrack {
                track_id: t.tkhd.track_id,
                entries: t.entries.len() as u32,
                all_sync: t.hdlr.handler_type.0 == *b"soun",
                table: &mut t.table,
            })
            .collect();
        for &(moof, header, size) in &layout.moofs {
            index_bytes = index_bytes.saturating_add(size);
            Error::check_limit("max_index_bytes", index_bytes, limits.max_index_bytes)?;
            let data = source.read_vec(moof + header, size, "moof")?;
            let bytes = Bytes::new(&data, moof + header, "moof");
            let read = read_moof(bytes, moof, source.len(), &mvex.trex, &mut targets, limits);
            postpone(read, &mut damage)?;
            if damage.is_some() {
                break;
            }
        }

        let (mut infos, mut readers) = (Vec::new(), Vec::new());
        // The comment is about the file's sound; of several tracks nobody knows which.
        let sounds = moov.traks.iter().filter(|t| t.hdlr.handler_type.0 == *b"soun").count();
        let comment = (sounds == 1).then_some(&moov.metadata);
        for (id, trak) in (0..).map(TrackId).zip(moov.traks) {
            if trak.table.homeless() != 0 {
                damage.get_or_insert(Damage::Invalid { what: "stbl (samples without a chunk)", offset });
            }
            let BuiltTrack { info, table, segments, granularity } = tracks::build(id, trak, &mvhd, comment, limits)?;
            let mut reader = TrackReader::new(table, segments, granularity);
            if info.unsupported.is_none() {
                reader.select(Selection::Presentation);
            }
            infos.push(info);
            readers.push(reader);
        }
        let timebase = Timebase::per_second(mvhd.timescale);
        let said = mvhd.duration.filter(|&d| d != 0).or(fragment_duration).and_then(|d| i64::try_from(d).ok());
        let longest = || infos.iter().filter_map(|t| Some(t.timebase.rescale(t.duration?, timebase))).max();
        let info = MediaInfo {
            format: Format::Mp4,
            duration: said.or_else(longest),
            timebase,
            size: source.len(),
            metadata: std::mem::take(&mut moov.metadata),
        };
        Ok(Self { source, limits: *limits, info, brands: layout.brands, tracks: infos, readers, damage })
    }

    /// Major brand first, then the compatible brands; empty for QuickTime files without `ftyp`.
    pub fn brands(&self) -> &[FourCc] {
        &self.brands
    }

    fn reader(&self, track: TrackId) -> Result<&TrackReader> {
        self.readers.get(track.index()).ok_or_else(|| Error::input("track", "no such track"))
    }
}

impl Demuxer for Mp4Demuxer {
    fn info(&self) -> &MediaInfo {
        &self.info
    }
    fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }
    fn select(&mut self, track: TrackId, selection: Selection) -> Result<()> {
        self.reader(track)?;
        if let (Some(feature), true) = (&self.tracks[track.index()].unsupported, selection != Selection::Off) {
            return Err(Error::unsupported(feature.clone()));
        }
        self.readers[track.index()].select(selection);
        Ok(())
    }
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let file_len = self.source.len();
        let mut best: Option<(usize, i64, u64)> = None;
        for (i, reader) in self.readers.iter_mut().enumerate() {
            let Some(pending) = reader.peek(file_len) else { continue };
            let timebase = self.tracks[i].timebase;
            let earlier = best.is_none_or(|(b, time, offset)| {
                let order = timebase.compare(pending.order, self.tracks[b].timebase, time);
                order.then(pending.sample.offset.cmp(&offset)).is_lt()
            });
            if earlier {
                best = Some((i, pending.order, pending.sample.offset));
            }
        }
        let Some((i, ..)) = best else {
            if self.readers.iter().any(|r| r.missing) {
                return Err(Error::unexpected_end("sample data", file_len));
            }
            return self.damage.map_or(Ok(None), |d| Err(d.error()));
        };
        self.readers[i].read(TrackId(i as u32), &mut self.source, &self.limits)
    }
    fn packet_count(&self, track: TrackId) -> Option<u64> {
        self.readers.get(track.index()).map(|r| r.active().iter().map(|s| s.end - s.first).sum())
    }
    fn sync_points(&mut self, track: TrackId) -> Result<Vec<SyncPoint>> {
        let reader = self.reader(track)?;
        if reader.selection == Selection::Off {
            return Err(Error::input("track", "it is not selected"));
        }
        let point = |s: &Segment, i: u64| {
            let pts = reader.table.cts(i);
            let lead = match reader.selection {
                Selection::Media => 0,
                _ => i64::from(reader.table.min_composition_offset()),
            };
            let dts = reader.table.dts(i).saturating_add(lead);
            SyncPoint {
                position: s.before + (i - s.first),
                pts: Some(pts.saturating_add(s.shift)),
                dts: dts.saturating_add(s.shift),
                discard: pts < s.presented.0 || pts >= s.presented.1,
                place: [0; 2],
            }
        };
        // Of sound whose samples are single frames, the starts of packets.
        let step = if reader.table.unit().is_some() { PCM_FRAMES as usize } else { 1 };
        let points = reader
            .active()
            .iter()
            .flat_map(|s| reader.table.sync_samples(s.first..s.end).step_by(step).map(move |i| point(s, i)));
        Ok(points.collect())
    }
    fn seek(&mut self, track: TrackId, position: u64) -> Result<()> {
        self.reader(track)?;
        self.readers[track.index()].seek(position)
    }
}

/// Where the boxes that matter are.
struct Layout {
    brands: Vec<FourCc>,
    /// Offset and size of the body.
    moov: Option<(u64, u64)>,
    /// Offset, header size and body size of each.
    moofs: Vec<(u64, u64, u64)>,
    damage: Option<Damage>,
}

impl Layout {
    fn scan(source: &mut Source, limits: &Limits) -> Result<Self> {
        let mut layout = Self { brands: Vec::new(), moov: None, moofs: Vec::new(), damage: None };
        let (mut at, mut count) = (0u64, 0u64);
        while at < source.len() {
            count += 1;
            Error::check_limit("max_top_level", count, limits.max_top_level)?;
            let left = source.len() - at;
            let mut header = [0; 16];
            if left < 8 {
                // A few bytes of padding after the last box do no harm.
                if layout.moov.is_none() {
                    layout.damage = Some(Damage::End { what: "box header", offset: source.len() });
                }
                break;
            }
            let have = left.min(16) as usize;
            source.read_at(at, &mut header[..have], "box header")?;
            let [s0, s1, s2, s3, k0, k1, k2, k3, large @ ..] = header;
            let (size32, kind) = (u32::from_be_bytes([s0, s1, s2, s3]), [k0, k1, k2, k3]);
            let (header_len, size) = match size32 {
                0 => (8, left),
                1 if have == 16 => (16, u64::from_be_bytes(large)),
                n => (8, u64::from(n)),
            };
            if size < header_len {
                if layout.moov.is_none() || !layout.moofs.is_empty() {
                    layout.damage = Some(Damage::Invalid { what: "box size", offset: at });
                }
                break;
            }
            let body = size - header_len;
            match &kind {
                b"ftyp" if layout.brands.is_empty() => {
                    let data = source.read_vec(at + header_len, body.min(4096), "ftyp")?;
                    let ftyp = Ftyp::parse(&mut Bytes::new(&data, at + header_len, "ftyp"))?;
                    layout.brands.push(ftyp.major_brand);
                    layout.brands.extend(ftyp.compatible_brands);
                }
                b"moov" | b"moof" if size > left => {
                    let what = if kind == *b"moov" { "moov" } else { "moof" };
                    layout.damage = Some(Damage::End { what, offset: source.len() });
                }
                b"moov" if layout.moov.is_none() => layout.moov = Some((at + header_len, body)),
                b"moof" => layout.moofs.push((at, header_len, body)),
                // Samples that lie past the end are reported when they are reached; without an index that never is.
                _ if size > left && layout.moov.is_none() => {
                    layout.damage = Some(Damage::End { what: "file before its moov", offset: source.len() });
                }
                _ => {}
            }
            let Some(next) = at.checked_add(size) else { break };
            at = next;
        }
        Ok(layout)
    }
}

/// Frames of uncompressed sound in a packet, at most.
const PCM_FRAMES: u32 = 1024;

/// Reads one track.
struct TrackReader {
    table: SampleTable,
    /// On the presentation timeline.
    segments: Vec<Segment>,
    /// All samples, on the media timeline.
    whole: [Segment; 1],
    granularity: Granularity,
    selection: Selection,
    /// Index of the segment, and of the next sample.
    segment: usize,
    next: u64,
    pending: Option<Pending>,
    cursor: Cursor,
    window: Window,
    /// Samples were left out because the file ends before them.
    missing: bool,
}

/// The next packet, before its data is read.
#[derive(Debug, Clone, Copy)]
struct Pending {
    sample: Sample,
    segment: Segment,
    /// Samples in it, and their bytes.
    samples: u32,
    bytes: u64,
    /// Decoding time as given out.
    dts: i64,
    /// Decoding time on the presentation timeline, by which tracks are interleaved.
    order: i64,
}

impl TrackReader {
    fn new(table: SampleTable, segments: Vec<Segment>, granularity: Granularity) -> Self {
        Self {
            whole: [Segment::whole(&table)],
            table,
            segments,
            granularity,
            selection: Selection::Off,
            segment: 0,
            next: 0,
            pending: None,
            cursor: Cursor::default(),
            window: Window::default(),
            missing: false,
        }
    }
    fn active(&self) -> &[Segment] {
        match self.selection {
            Selection::Off => &[],
            Selection::Presentation => &self.segments,
            Selection::Media => &self.whole,
        }
    }
    fn select(&mut self, selection: Selection) {
        self.selection = selection;
        self.enter(0);
    }
    fn enter(&mut self, segment: usize) {
        self.segment = segment;
        self.next = self.active().get(segment).map_or(0, |s| s.first);
        self.pending = None;
        self.missing = false;
    }
    fn seek(&mut self, position: u64) -> Result<()> {
        let index = self.active().partition_point(|s| s.before <= position).wrapping_sub(1);
        let found = self.active().get(index).and_then(|s| s.first.checked_add(position - s.before));
        match found.filter(|&i| i < self.active()[index].end) {
            None => Err(Error::input("position", "past the end of the track")),
            Some(i) => {
                self.enter(index);
                self.next = i;
                Ok(())
            }
        }
    }
    /// The next packet that is wholly in the file.
    fn peek(&mut self, file_len: u64) -> Option<Pending> {
        while self.pending.is_none() {
            let segment = *self.active().get(self.segment)?;
            if self.next >= segment.end {
                let missing = self.missing;
                self.enter(self.segment + 1);
                self.missing = missing;
                continue;
            }
            let sample = self.table.get(self.next, &mut self.cursor);
            let (samples, bytes) = self.extent(&sample, segment.end, file_len);
            self.next += u64::from(samples.max(1));
            if samples == 0 {
                self.missing = true;
                continue;
            }
            // Where composition comes before decoding (QuickTime, `ctts` version 1), decoding is taken to be earlier.
            let lead = i64::from(self.table.min_composition_offset());
            let shift = match self.selection {
                Selection::Media => self.segments.first().map_or(0, |s| s.shift),
                _ => segment.shift,
            };
            let order = sample.dts.saturating_add(shift).saturating_add(lead);
            let dts = if self.selection == Selection::Media { sample.dts } else { order };
            self.pending = Some(Pending { sample, segment, samples, bytes, dts, order });
        }
        self.pending
    }
    /// How many samples from `sample` on make a packet, and their bytes; 0 if the file ends before.
    fn extent(&mut self, sample: &Sample, end: u64, file_len: u64) -> (u32, u64) {
        let room = file_len.saturating_sub(sample.offset);
        let Some(unit) = self.table.unit() else {
            let present = u64::from(sample.size) <= room && sample.offset <= file_len;
            return (u32::from(present), sample.size.into());
        };
        let left = self.table.left_in_chunk(self.next).min((end - self.next).min(u64::from(u32::MAX)) as u32);
        // A last unit may be cut short by the chunk; it takes all its bytes.
        let units = left.div_ceil(unit.frames).min((PCM_FRAMES / unit.frames).max(1));
        let present = if unit.bytes == 0 { units } else { units.min((room / u64::from(unit.bytes)) as u32) };
        let samples = (u64::from(present) * u64::from(unit.frames)).min(left.into()) as u32;
        (samples, u64::from(present) * u64::from(unit.bytes))
    }
    fn read(&mut self, track: TrackId, source: &mut Source, limits: &Limits) -> Result<Option<Packet>> {
        let Some(p) = self.pending.take() else { return Ok(None) };
        Error::check_limit("max_packet_bytes", p.bytes, limits.max_packet_bytes)?;
        let mut data = Vec::with_capacity(p.bytes as usize);
        self.window.read(source, p.sample.offset, p.bytes, &mut data, "sample data")?;
        let duration = i64::from(p.sample.duration).saturating_mul(p.samples.into());
        let cts = p.sample.cts();
        let (from, to) = p.segment.presented;
        let (discard, trim_start, trim_end) = match self.granularity {
            Granularity::Picture => (cts < from || cts >= to, 0, 0),
            _ => {
                let end = cts.saturating_add(duration);
                let outside = (end <= from && cts < from) || cts >= to;
                let trim = |outside_by: i64| if outside { 0 } else { outside_by.clamp(0, duration) };
                (outside, trim(from.saturating_sub(cts)), trim(end.saturating_sub(to)))
            }
        };
        Ok(Some(Packet {
            track,
            pts: Some(cts.saturating_add(p.segment.shift)),
            dts: p.dts,
            duration,
            key: p.sample.key,
            discard,
            trim_start,
            trim_end,
            entry: p.sample.entry,
            samples: p.samples,
            offset: Some(p.sample.offset),
            data,
        }))
    }
}
