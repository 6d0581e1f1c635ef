//! [`MatroskaReader`]: clusters to packets.
//!
//! Cluster and block elements are read as one flat run: an element that only stands in a segment ends a cluster, of
//! known or unknown size. So a wrong size of a cluster does no harm.

use std::collections::VecDeque;
use std::sync::Arc;

use super::block::BlockHeader;
use super::ebml::{HEADER, Header};
use super::header;
use super::ids::*;
use super::tracks::{NANO, TrackSetup};
use crate::io::Source;
use crate::stream::clock::FrameClock;
use crate::stream::reorder::Reorder;
use crate::stream::{Input, Opened, StreamReader};
use crate::{Error, Limits, Packet, Result, SyncPoint, Timebase, TrackId};

/// What all readers of a file share.
#[derive(Debug)]
pub(super) struct Setup {
    /// Of the first cluster.
    pub(super) start: u64,
    /// Of the segment's body.
    pub(super) segment: u64,
    /// End of the segment, if its size is known.
    pub(super) end: Option<u64>,
    pub(super) tick: Timebase,
    pub(super) tracks: Vec<TrackSetup>,
}

/// What a track has come to.
#[derive(Debug, Clone)]
struct TrackState {
    clock: Option<FrameClock>,
    reorder: Option<Reorder>,
    last_dts: i64,
}

/// A frame of a block, before its data is read.
#[derive(Debug, Clone, Copy)]
struct Frame {
    track: usize,
    offset: u64,
    size: u64,
    pts: Option<i64>,
    duration: i64,
    key: bool,
    discard: bool,
    trim_start: i64,
    trim_end: i64,
    /// Of its cluster and its block.
    place: [u64; 2],
}

/// What a `BlockGroup` says of its block.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    block: Option<(u64, u64)>,
    duration: Option<u64>,
    references: bool,
    discard_padding: i64,
}

/// A place in the clusters.
#[derive(Debug, Clone)]
pub struct MatroskaReader {
    setup: Arc<Setup>,
    state: Vec<TrackState>,
    at: u64,
    /// Where the cluster begins, and its time.
    cluster: (u64, i64),
    /// Blocks before this one are passed over: the track was entered here.
    from: u64,
    queue: VecDeque<Frame>,
    place: [u64; 2],
    damaged: u64,
}

impl MatroskaReader {
    pub(super) fn new(setup: Arc<Setup>) -> Self {
        let state = |t: &TrackSetup| TrackState { clock: t.clock.clone(), reorder: None, last_dts: i64::MIN };
        Self {
            state: setup.tracks.iter().map(state).collect(),
            at: setup.start,
            cluster: (setup.start, 0),
            from: 0,
            queue: VecDeque::new(),
            place: [0; 2],
            damaged: 0,
            setup,
        }
    }
    pub(super) fn tracks(&self) -> &[TrackSetup] {
        &self.setup.tracks
    }
    /// How far the pictures of a track are reordered: what its stream says, else `depth`; pictures last `step` ticks.
    pub(super) fn set_reorder(&mut self, track: usize, depth: usize, step: i64) {
        let setup = &self.setup.tracks[track];
        let step = match setup.default_duration {
            0 => step,
            d => NANO.rescale(i64::try_from(d).unwrap_or(i64::MAX), setup.timebase),
        };
        self.state[track].reorder = Some(Reorder::new(setup.depth.unwrap_or(depth), step));
    }

    /// Reads the next element; whether there was one.
    fn step(&mut self, input: &mut Input<'_>) -> Result<bool> {
        let len = input.source.len();
        let limit = self.setup.end.unwrap_or(u64::MAX).min(len);
        if self.at >= limit {
            return match self.setup.end {
                Some(end) if end > len => Err(Error::unexpected_end("Segment", len)),
                _ => self.no_more_segments(input).map(|()| false),
            };
        }
        let at = self.at;
        let header = self.header(input, at)?;
        let body = at + header.len;
        let Some(size) = header.size else {
            return match header.id {
                CLUSTER => {
                    self.enter(at, body);
                    Ok(true)
                }
                EBML | SEGMENT => Err(Error::unsupported("several Matroska segments in a file")),
                _ => Err(Error::invalid("element of unknown size", at)),
            };
        };
        let end = body.checked_add(size).ok_or_else(|| Error::invalid("element size", at))?;
        if header.id == CLUSTER {
            self.enter(at, body);
            return Ok(true);
        }
        if self.setup.end.is_some_and(|limit| end > limit) {
            return Err(Error::invalid("element beyond its Segment", at));
        }
        match header.id {
            EBML | SEGMENT => return Err(Error::unsupported("several Matroska segments in a file")),
            _ if end > len => return Err(Error::unexpected_end("element", len)),
            TIMESTAMP if size <= 8 => self.cluster.1 = self.uint(input, body, size)?.try_into().unwrap_or(i64::MAX),
            SIMPLE_BLOCK => self.block(input, at, (body, size), None)?,
            BLOCK_GROUP => self.group(input, at, body, end)?,
            SEEK_HEAD | INFO | TRACKS | TAGS | CUES | CHAPTERS | ATTACHMENTS | VOID | CRC_32 | POSITION | PREV_SIZE
            | SILENT_TRACKS | ENCRYPTED_BLOCK => {}
            // An identifier that nobody knows, at a place that a wrong size led to, or of a later version.
            _ if header.id > 0xff_ffff => return Err(Error::invalid("element identifier", at)),
            _ => {}
        }
        self.at = end;
        Ok(true)
    }
    fn enter(&mut self, at: u64, body: u64) {
        self.cluster = (at, 0);
        self.at = body;
    }
    /// What follows the segment must not be another one: its packets would go missing without a word.
    fn no_more_segments(&self, input: &mut Input<'_>) -> Result<()> {
        let at = self.at;
        if input.source.len().saturating_sub(at) < 4 {
            return Ok(());
        }
        let data = input.window.peek(input.source, at, HEADER, "element")?;
        match data.first_chunk().map(|&id| u32::from_be_bytes(id)) {
            Some(EBML | SEGMENT) => Err(Error::unsupported("several Matroska segments in a file")),
            _ => Ok(()),
        }
    }
    /// Passes over what can't be read, to the next cluster; whether there is one.
    fn resync(&mut self, input: &mut Input<'_>) -> Result<bool> {
        let id = CLUSTER.to_be_bytes();
        let limit = self.setup.end.unwrap_or(u64::MAX).min(input.source.len());
        let mut at = self.at + 1;
        while at + 4 <= limit {
            let data = input.window.peek(input.source, at, id.len(), "element")?;
            if let Some(i) = data.windows(id.len()).position(|w| w == id) {
                self.at = at + i as u64;
                self.damaged += 1;
                return Ok(self.at < limit);
            }
            at += (data.len() - (id.len() - 1)) as u64;
        }
        Ok(false)
    }

    fn header(&self, input: &mut Input<'_>, at: u64) -> Result<Header> {
        let data = input.window.peek(input.source, at, HEADER, "element")?;
        Header::parse(data, at)
    }
    fn uint(&self, input: &mut Input<'_>, at: u64, size: u64) -> Result<u64> {
        let data = input.window.peek(input.source, at, size as usize, "element")?;
        let bytes = data.get(..size as usize).ok_or_else(|| Error::unexpected_end("element", at))?;
        Ok(bytes.iter().fold(0, |v, &b| v << 8 | u64::from(b)))
    }

    /// Reads a `BlockGroup`, whose children lie between `at` and `end`.
    fn group(&mut self, input: &mut Input<'_>, element: u64, mut at: u64, end: u64) -> Result<()> {
        let mut group = Group::default();
        while at < end {
            let header = self.header(input, at)?;
            let body = at + header.len;
            let next = header.size.and_then(|s| body.checked_add(s)).filter(|&next| next <= end);
            let (Some(next), Some(size)) = (next, header.size) else {
                return Err(Error::invalid("BlockGroup", at));
            };
            match header.id {
                BLOCK => group.block = Some((body, size)),
                BLOCK_DURATION if size <= 8 => group.duration = Some(self.uint(input, body, size)?),
                REFERENCE_BLOCK => group.references = true,
                DISCARD_PADDING if (1..=8).contains(&size) => {
                    let unused = 64 - 8 * size as u32;
                    group.discard_padding = (self.uint(input, body, size)? as i64) << unused >> unused;
                }
                _ => {}
            }
            at = next;
        }
        match group.block {
            Some(block) => self.block(input, element, block, Some(group)),
            None => Ok(()),
        }
    }

    /// Puts the frames of a block, of which the element starts at `element`, into the queue.
    fn block(
        &mut self,
        input: &mut Input<'_>,
        element: u64,
        (at, size): (u64, u64),
        group: Option<Group>,
    ) -> Result<()> {
        if element < self.from {
            return Ok(());
        }
        let invalid = || Error::invalid("Block", at);
        let least = size.min(BlockHeader::SIZE as u64) as usize;
        let data = input.window.peek(input.source, at, least, "Block")?;
        let header = BlockHeader::parse(&data[..least.min(data.len())]).ok_or_else(invalid)?;
        let setup = self.setup.clone();
        let Some(track) = setup.tracks.iter().position(|t| t.number == header.track) else { return Ok(()) };
        if !input.wanted[track] {
            return Ok(());
        }
        Error::check_limit("max_packet_bytes", size, input.limits.max_packet_bytes)?;
        let frames = if header.is_laced() {
            let mut start = Vec::new();
            input.window.read(input.source, at, size.min(MOST_LACE), &mut start, "Block")?;
            header.frames(&start, size)
        } else {
            header.frames(&[], size)
        };
        let frames = frames.ok_or_else(invalid)?;
        let key = group.map_or(header.key, |g| !g.references);
        self.queue_frames(track, &setup, header, key, group.unwrap_or_default(), at, &frames, element);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one block")]
    fn queue_frames(
        &mut self,
        track: usize,
        setup: &Setup,
        header: BlockHeader,
        key: bool,
        group: Group,
        at: u64,
        frames: &[(u64, u64)],
        element: u64,
    ) {
        let t = &setup.tracks[track];
        let nano = |ns: u64| NANO.rescale(i64::try_from(ns).unwrap_or(i64::MAX), t.timebase);
        let relative = match t.timestamp_scale {
            1.0 => i64::from(header.timestamp),
            // A cast from float saturates.
            scale => (f64::from(header.timestamp) * scale).round() as i64,
        };
        let ticks = self.cluster.1.saturating_add(relative);
        let start = setup.tick.rescale(ticks, t.timebase).saturating_sub(nano(t.codec_delay));
        let count = frames.len() as i64;
        let spread = group.duration.map(|d| setup.tick.rescale(i64::try_from(d).unwrap_or(i64::MAX), t.timebase));
        for (i, &(offset, size)) in (0..).zip(frames) {
            let after = |each: i64| start.saturating_add(each.saturating_mul(i));
            let (pts, duration) = match (&mut self.state[track].clock, t.default_duration, spread) {
                (Some(clock), ..) => (Some(clock.tick((i == 0).then_some(start))), clock.frame),
                (_, d @ 1.., _) if frames.len() > 1 => {
                    let time = |n: u64| start.saturating_add(nano(d.saturating_mul(n)));
                    (Some(time(i as u64)), time(i as u64 + 1).saturating_sub(time(i as u64)))
                }
                (_, _, Some(all)) => (Some(after(all / count)), all / count),
                (_, d, _) => ((i == 0).then_some(start), nano(d)),
            };
            let last = i + 1 == count;
            let padding = if last { NANO.rescale(group.discard_padding, t.timebase) } else { 0 };
            let early = if t.codec_delay > 0 { pts.map_or(0, |t| t.saturating_neg()) } else { 0 };
            let trim = |ticks: i64| ticks.clamp(0, duration.max(0));
            self.queue.push_back(Frame {
                track,
                offset: at.saturating_add(offset),
                size,
                pts,
                duration,
                key,
                discard: header.invisible,
                trim_start: trim(early.max(padding.saturating_neg())),
                trim_end: trim(padding),
                place: [self.cluster.0, element],
            });
        }
    }

    fn packet(&mut self, input: &mut Input<'_>, frame: Frame) -> Result<Packet> {
        let setup = &self.setup.tracks[frame.track];
        let state = &mut self.state[frame.track];
        let time = frame.pts.unwrap_or(state.last_dts.max(0));
        let dts = match (&mut state.reorder, frame.pts) {
            (Some(reorder), Some(pts)) => reorder.dts(pts),
            _ => time.max(state.last_dts),
        };
        state.last_dts = dts;
        self.place = frame.place;
        let mut data = Vec::new();
        if !input.skim {
            data.reserve_exact(setup.stripped.len() + frame.size as usize);
            data.extend_from_slice(&setup.stripped);
            input.window.read(input.source, frame.offset, frame.size, &mut data, "Block")?;
        }
        let track = TrackId(frame.track as u32);
        Ok(Packet {
            pts: frame.pts,
            discard: frame.discard,
            trim_start: frame.trim_start,
            trim_end: frame.trim_end,
            offset: Some(frame.offset),
            ..Packet::new(track, 0, dts, frame.duration, frame.key, data)
        })
    }
}

/// Bytes that the sizes of 256 frames in a lace are looked for in.
const MOST_LACE: u64 = 1 << 16;

impl StreamReader for MatroskaReader {
    fn open(source: &mut Source, limits: &Limits) -> Result<Opened<Self>> {
        header::open(source, limits)
    }
    fn next_packet(&mut self, input: &mut Input<'_>) -> Result<Option<Packet>> {
        loop {
            if let Some(frame) = self.queue.pop_front() {
                return self.packet(input, frame).map(Some);
            }
            match self.step(input) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(e @ Error::Invalid { .. }) => {
                    if !self.resync(input)? {
                        return Err(e);
                    }
                }
                Err(e) => return Err(e),
            }
        }
    }
    fn place(&self) -> [u64; 2] {
        self.place
    }
    fn go_to(&mut self, track: TrackId, point: &SyncPoint) {
        if let Some(clock) = self.state.get_mut(track.index()).and_then(|s| s.clock.as_mut()) {
            clock.enter(point.dts);
        }
        let [cluster, block] = point.place;
        self.at = cluster.max(self.setup.segment);
        self.cluster = (self.at, 0);
        self.from = block;
    }
    fn damaged_places(&self) -> u64 {
        self.damaged
    }
}
