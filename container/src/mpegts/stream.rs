//! From the bytes of an elementary stream to its packets.

use std::collections::VecDeque;

use transcode_core::aac::AdtsHeader;

use super::clock::{CLOCK, Timeline, TrackClock};
use crate::aac::{self, AudioConfig};
use crate::annexb::splitter::{AccessUnit, Splitter};
use crate::stream::clock::FrameClock;
use crate::{CodecId, Error, Limits, Packet, Result, TrackId, avc};

/// The start of a PES packet's payload in the elementary stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Ordinal of the payload's first byte in the stream.
    at: u64,
    pts: Option<u64>,
    dts: Option<u64>,
    /// Offset in the file.
    offset: u64,
    random_access: bool,
    /// An access unit has taken its times.
    used: bool,
}

impl Mark {
    pub(super) fn new(pts: Option<u64>, dts: Option<u64>, offset: u64, random_access: bool) -> Self {
        Self { at: 0, pts, dts, offset, random_access, used: false }
    }
}

/// How the bytes become packets.
#[derive(Clone)]
enum Framing {
    /// H.264: access units.
    AccessUnits(Box<Splitter>),
    /// AAC: frames, without their headers.
    Adts { buf: Vec<u8>, synced: bool },
    /// A PES packet is a packet.
    Whole { data: Vec<u8>, open: bool },
}

/// A packet and where reading would start for it: offset in the file, and bytes of the payload there to leave out.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) packet: Packet,
    pub(super) place: (u64, u32),
}

/// An elementary stream while it is read.
#[derive(Clone)]
pub(super) struct EsReader {
    track: TrackId,
    framing: Framing,
    /// Bytes of the stream so far.
    fed: u64,
    /// How many of them were left out at the start.
    left_out: u64,
    marks: VecDeque<Mark>,
    clock: TrackClock,
    frames: Option<FrameClock>,
    config: Option<[u8; 2]>,
    pictures: bool,
    continuous: bool,
    last_dts: Option<i64>,
    pub(super) ready: VecDeque<Ready>,
    pub(super) damaged: u64,
}

impl EsReader {
    pub(super) fn new(track: TrackId, codec: CodecId, pictures: bool, continuous: bool) -> Self {
        let framing = match codec {
            CodecId::H264 => Framing::AccessUnits(Box::default()),
            CodecId::Aac => Framing::Adts { buf: Vec::new(), synced: true },
            _ => Framing::Whole { data: Vec::new(), open: false },
        };
        Self {
            track,
            framing,
            fed: 0,
            left_out: 0,
            marks: VecDeque::new(),
            clock: TrackClock::default(),
            frames: None,
            config: None,
            pictures,
            continuous,
            last_dts: None,
            ready: VecDeque::new(),
            damaged: 0,
        }
    }
    /// `AudioSpecificConfig` of the stream's ADTS headers, and the clock of its frames; once one was seen.
    pub(super) fn audio_config(&self) -> Option<([u8; 2], &FrameClock)> {
        self.config.zip(self.frames.as_ref())
    }
    /// The access units' splitter.
    pub(super) fn splitter(&self) -> Option<&Splitter> {
        match &self.framing {
            Framing::AccessUnits(splitter) => Some(splitter),
            _ => None,
        }
    }
    /// What a reader that starts anew knows from one that has looked ahead.
    pub(super) fn learned(&self, anew: &mut Self) {
        anew.config = self.config;
        let fresh = |c: [u8; 2]| AudioConfig::parse(&c).map(|c| FrameClock::new(c.sample_rate, c.frame_length, CLOCK));
        anew.frames = self.config.and_then(fresh);
    }
    /// Reading goes on at a packet whose decoding time is `dts` ticks of the track; the same at 90 kHz.
    pub(super) fn enter(&mut self, dts: i64) -> i64 {
        let time = self.frames.as_mut().map_or(dts, |f| {
            f.enter(dts);
            f.timebase.rescale(dts, CLOCK)
        });
        self.clock.enter(time);
        time
    }
    /// A PES packet begins.
    pub(super) fn begin(&mut self, mut mark: Mark, timeline: &mut Timeline) {
        self.close(timeline);
        mark.at = self.fed;
        // Of the marks before only the last can still start something.
        while self.marks.len() > MOST_MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back(mark);
        if let Framing::Whole { open, .. } = &mut self.framing {
            *open = true;
        }
    }
    /// Passes over `n` bytes at the start of a payload, which are of a unit before the first that is read.
    pub(super) fn leave_out(&mut self, n: u64) {
        self.fed += n;
        self.left_out += n;
    }
    /// Takes in bytes of a PES packet's payload.
    pub(super) fn feed(&mut self, bytes: &[u8], limits: &Limits, timeline: &mut Timeline) -> Result<()> {
        self.fed += bytes.len() as u64;
        match &mut self.framing {
            Framing::AccessUnits(splitter) => {
                splitter.feed(bytes.len(), limits, |buf| {
                    buf.copy_from_slice(bytes);
                    Ok(())
                })?;
                while let Framing::AccessUnits(splitter) = &mut self.framing
                    && let Some(unit) = splitter.next()
                {
                    self.access_unit(unit, timeline);
                }
                Ok(())
            }
            Framing::Adts { buf, .. } => {
                buf.extend_from_slice(bytes);
                self.adts(timeline)
            }
            Framing::Whole { data, open } => {
                if *open {
                    data.extend_from_slice(bytes);
                }
                Error::check_limit("max_packet_bytes", data.len() as u64, limits.max_packet_bytes)
            }
        }
    }
    /// The PES packet that is being read is complete.
    pub(super) fn close(&mut self, timeline: &mut Timeline) {
        let Framing::Whole { data, open } = &mut self.framing else { return };
        if !std::mem::replace(open, false) || data.is_empty() {
            return;
        }
        let data = std::mem::take(data);
        let Some(mark) = self.marks.pop_back() else { return };
        self.marks.clear();
        let (pts, dts) = self.times(&mark, timeline);
        let key = !self.pictures || mark.random_access;
        self.emit(Packet { pts, ..Packet::new(self.track, 0, dts, 0, key, data) }, mark.offset, 0);
    }
    /// The file has ended.
    pub(super) fn end(&mut self, timeline: &mut Timeline) {
        self.close(timeline);
        if let Framing::Adts { buf, .. } = &self.framing {
            self.damaged += u64::from(!buf.is_empty());
        }
        while let Framing::AccessUnits(splitter) = &mut self.framing {
            splitter.end();
            let Some(unit) = splitter.next() else { break };
            self.access_unit(unit, timeline);
        }
    }

    /// The mark whose payload holds byte `at`, and whether the unit that starts there is the first in it.
    fn mark_of(&mut self, at: u64) -> Option<(Mark, bool)> {
        let index = self.marks.partition_point(|m| m.at <= at).checked_sub(1)?;
        self.marks.drain(..index);
        let mark = self.marks.front_mut()?;
        let first = !std::mem::replace(&mut mark.used, true);
        Some((*mark, first))
    }
    fn times(&mut self, mark: &Mark, timeline: &mut Timeline) -> (Option<i64>, i64) {
        match mark.pts {
            Some(pts) => {
                let (pts, dts) = timeline.place(&mut self.clock, pts, mark.dts, self.continuous);
                (Some(pts), dts)
            }
            None => (None, self.last_dts.unwrap_or(0)),
        }
    }
    fn access_unit(&mut self, unit: AccessUnit, timeline: &mut Timeline) {
        // A `zero_byte` may still lie in the payload before; the unit commences with its start code.
        let zero = u64::from(unit.data.starts_with(&[0, 0, 0]));
        let start = unit.start + self.left_out;
        let found = self.mark_of(start + zero);
        let frame_time = self.splitter().and_then(Splitter::first_sps).and_then(avc::frame_time);
        let duration = frame_time.map_or(0, |t| t.rescale(1, CLOCK));
        let (pts, dts) = match found {
            Some((mark, true)) => self.times(&mark, timeline),
            // Another picture of the same PES packet: it follows at the stream's rate; when it is shown is not said.
            _ => (None, self.last_dts.unwrap_or(0).saturating_add(duration)),
        };
        let (offset, skip) = found.map_or((0, 0), |(m, _)| (m.offset, start.saturating_sub(m.at)));
        let packet = Packet { pts, ..Packet::new(self.track, 0, dts, duration, unit.key, unit.data) };
        self.emit(packet, offset, u32::try_from(skip).unwrap_or(u32::MAX));
    }
    fn adts(&mut self, timeline: &mut Timeline) -> Result<()> {
        loop {
            let Framing::Adts { buf, synced } = &mut self.framing else { return Ok(()) };
            if buf.len() < AdtsHeader::MIN_BYTES {
                return Ok(());
            }
            let header = AdtsHeader::parse(buf).ok();
            let same = |h: &AdtsHeader| self.config.is_none_or(|c| c == aac::config_of_adts(h));
            let Some(header) = header.filter(|h| *synced || same(h)) else {
                // To the next byte that could start one.
                self.damaged += u64::from(std::mem::replace(synced, false));
                let next = buf.iter().skip(1).position(|&b| b == 0xff).map_or(buf.len(), |i| i + 1);
                buf.drain(..next);
                continue;
            };
            if buf.len() < header.frame_length {
                return Ok(());
            }
            *synced = true;
            let start = self.fed - buf.len() as u64;
            let frame = buf[header.header_length..header.frame_length].to_vec();
            buf.drain(..header.frame_length);
            if header.blocks != 1 {
                return Err(Error::unsupported("ADTS frames of several raw data blocks"));
            }
            if !same(&header) {
                return Err(Error::unsupported("AAC whose configuration changes in a transport stream"));
            }
            if self.frames.is_none() {
                let config = AudioConfig::of_adts(&header);
                let config = config.ok_or_else(|| Error::unsupported("AAC of an unknown rate"))?;
                self.config = Some(aac::config_of_adts(&header));
                self.frames = Some(FrameClock::new(config.sample_rate, config.frame_length, CLOCK));
            }
            self.adts_frame(start, frame, timeline);
        }
    }
    fn adts_frame(&mut self, start: u64, frame: Vec<u8>, timeline: &mut Timeline) {
        let found = self.mark_of(start);
        let time = match found {
            Some((Mark { pts: Some(pts), dts, .. }, true)) => {
                Some(timeline.place(&mut self.clock, pts, dts, self.continuous).0)
            }
            _ => None,
        };
        let Some(clock) = &mut self.frames else { return };
        let time = clock.tick(time.map(|t| CLOCK.rescale(t, clock.timebase)));
        let (offset, skip) = found.map_or((0, 0), |(m, _)| (m.offset, start.saturating_sub(m.at)));
        let packet = Packet::new(self.track, time, time, clock.frame, true, frame);
        self.emit(packet, offset, u32::try_from(skip).unwrap_or(u32::MAX));
    }
    fn emit(&mut self, mut packet: Packet, offset: u64, skip: u32) {
        packet.dts = packet.dts.max(self.last_dts.unwrap_or(i64::MIN));
        packet.offset = Some(offset);
        self.last_dts = Some(packet.dts);
        self.ready.push_back(Ready { packet, place: (offset, skip) });
    }
}

/// PES packets that an access unit may consist of before their times are forgotten.
const MOST_MARKS: usize = 1 << 12;
