//! [`TsReader`]: a place in the file, and how to get on from there.

use std::sync::Arc;

use super::clock::Timeline;
use super::packet::{Packets, TsPacket};
use super::pes::{Parsed, PesHeader};
use super::psi::{Elementary, ProgramMap, Sections, association, program_map};
use super::scout;
use super::stream::{EsReader, Mark};
use crate::io::Source;
use crate::stream::{Input, Opened, StreamReader};
use crate::{CodecId, Limits, Packet, Result, SyncPoint, TrackId};

/// What all readers of a file share of a track.
#[derive(Debug)]
pub(super) struct TrackSetup {
    pub(super) program: u16,
    pub(super) codec: CodecId,
    pub(super) pid: u16,
}

/// Where a PES packet is.
#[derive(Debug, Clone)]
enum Pes {
    /// Between packets, or inside one that is not read.
    Nothing,
    /// Its header is being collected.
    Header(Vec<u8>, u64, bool),
    /// Bytes left, if it is bounded.
    Payload(Option<usize>),
}

/// A track while it is read.
#[derive(Clone)]
pub(super) struct Stream {
    pid: u16,
    continuity: Option<u8>,
    pes: Pes,
    /// Bytes of the first payload to leave out: the track was entered there.
    skip: u32,
    pub(super) es: EsReader,
    pub(super) scrambled: bool,
}

impl Stream {
    pub(super) fn new(track: TrackId, e: &Elementary) -> Self {
        let es = EsReader::new(track, e.codec, e.video, e.video || e.audio);
        Self { pid: e.pid, continuity: None, pes: Pes::Nothing, skip: 0, es, scrambled: false }
    }
}

/// The maps of the file's programs.
#[derive(Clone, Default)]
pub(super) struct Psi {
    association: Sections,
    /// Program, PID and sections of each program's map, and the version that is known.
    maps: Vec<(u16, u16, Sections, Option<u8>)>,
}

/// Programs of a file, at most: the table has room for more, but 65536 of them are an attack.
const MOST_PROGRAMS: usize = 1024;

impl Psi {
    /// Takes in a packet; the maps that are new, and how many sections were damaged.
    pub(super) fn push(&mut self, packet: &TsPacket) -> (Vec<ProgramMap>, u64) {
        let (mut new, mut wrong) = (Vec::new(), 0);
        let (starts, payload) = (packet.starts_unit(), packet.payload());
        if packet.pid() == 0 {
            let mut programs = Vec::new();
            wrong += self.association.push(starts, payload, |section| programs.extend(association(section)));
            for (program, pid) in programs {
                match self.maps.iter().position(|m| m.0 == program) {
                    Some(i) => self.maps[i].1 = pid,
                    None if self.maps.len() < MOST_PROGRAMS => {
                        self.maps.push((program, pid, Sections::default(), None));
                    }
                    None => {}
                }
            }
        }
        for (program, _, sections, version) in self.maps.iter_mut().filter(|m| m.1 == packet.pid() && m.1 != 0) {
            wrong += sections.push(starts, payload, |section| {
                let map = program_map(section).filter(|m| m.program == *program && *version != Some(m.version));
                *version = map.as_ref().map_or(*version, |m| Some(m.version));
                new.extend(map);
            });
        }
        (new, wrong)
    }
    /// Whether the maps of all programs are known.
    pub(super) fn is_complete(&self) -> bool {
        !self.maps.is_empty() && self.maps.iter().all(|m| m.3.is_some())
    }
}

/// A place in a transport stream.
#[derive(Clone)]
pub struct TsReader {
    pub(super) tracks: Arc<Vec<TrackSetup>>,
    pub(super) packets: Packets,
    pub(super) psi: Psi,
    pub(super) streams: Vec<Stream>,
    pub(super) timeline: Timeline,
    ended: bool,
    place: [u64; 2],
    damaged: u64,
}

impl TsReader {
    pub(super) fn new(tracks: Arc<Vec<TrackSetup>>, packets: Packets, psi: Psi, streams: Vec<Stream>) -> Self {
        Self { tracks, packets, psi, streams, timeline: Timeline::default(), ended: false, place: [0; 2], damaged: 0 }
    }

    /// A program's map has changed: its tracks go on with the new streams of their codecs.
    fn remap(&mut self, map: &ProgramMap) {
        let tracks = self.tracks.clone();
        let mine = |i: &usize| tracks[*i].program == map.program;
        let mut free: Vec<&Elementary> = map.streams.iter().collect();
        let mut lost = Vec::new();
        for i in (0..tracks.len()).filter(mine) {
            match free.iter().position(|e| e.pid == self.streams[i].pid && e.codec == tracks[i].codec) {
                Some(k) => drop(free.remove(k)),
                None => lost.push(i),
            }
        }
        for i in lost {
            if let Some(k) = free.iter().position(|e| e.codec == tracks[i].codec) {
                let stream = &mut self.streams[i];
                stream.pid = free.remove(k).pid;
                (stream.continuity, stream.pes) = (None, Pes::Nothing);
                stream.es.close(&mut self.timeline);
            }
        }
    }

    fn packet(&mut self, packet: &TsPacket, limits: &Limits, wanted: &[bool]) -> Result<()> {
        if packet.is_damaged() {
            self.damaged += 1;
            return Ok(());
        }
        let (new, wrong) = self.psi.push(packet);
        self.damaged += wrong;
        for map in &new {
            self.remap(map);
        }
        let pid = packet.pid();
        let Some(index) = self.streams.iter().position(|s| s.pid == pid) else { return Ok(()) };
        if !wanted[index] || packet.payload().is_empty() {
            return Ok(());
        }
        let stream = &mut self.streams[index];
        if packet.is_scrambled() {
            stream.scrambled = true;
            self.damaged += 1;
            return Ok(());
        }
        let counter = packet.continuity_counter();
        match stream.continuity.replace(counter) {
            // Sent twice (2.4.3.3).
            Some(last) if last == counter && !packet.is_discontinuous() => return Ok(()),
            Some(last) if (last + 1) & 15 != counter && !packet.is_discontinuous() => self.damaged += 1,
            _ => {}
        }
        let mut payload = packet.payload();
        if packet.starts_unit() {
            if matches!(stream.pes, Pes::Payload(Some(1..))) {
                self.damaged += 1;
            }
            stream.pes = Pes::Header(Vec::new(), packet.offset, packet.is_random_access());
        }
        if let Pes::Header(start, offset, random_access) = &mut stream.pes {
            let before = start.len();
            start.extend_from_slice(payload);
            match PesHeader::parse(start) {
                Parsed::More => return Ok(()),
                Parsed::Wrong => {
                    stream.pes = Pes::Nothing;
                    self.damaged += 1;
                    return Ok(());
                }
                Parsed::Header(header) => {
                    payload = payload.get(header.len.saturating_sub(before)..).unwrap_or(&[]);
                    let mark = Mark::new(header.pts, header.dts, *offset, *random_access);
                    stream.es.begin(mark, &mut self.timeline);
                    stream.pes = Pes::Payload(header.payload);
                }
            }
        }
        let Pes::Payload(left) = &mut stream.pes else { return Ok(()) };
        if let Some(left) = left {
            payload = &payload[..payload.len().min(*left)];
            *left -= payload.len();
        }
        let complete = *left == Some(0);
        let skip = payload.len().min(stream.skip as usize);
        stream.skip -= skip as u32;
        if skip > 0 {
            stream.es.leave_out(skip as u64);
        }
        if payload.len() > skip {
            stream.es.feed(&payload[skip..], limits, &mut self.timeline)?;
        }
        if complete {
            stream.es.close(&mut self.timeline);
        }
        Ok(())
    }
}

impl StreamReader for TsReader {
    fn open(source: &mut Source, limits: &Limits) -> Result<Opened<Self>> {
        scout::open(source, limits)
    }
    fn next_packet(&mut self, input: &mut Input<'_>) -> Result<Option<Packet>> {
        loop {
            if let Some(ready) = self.streams.iter_mut().find_map(|s| s.es.ready.pop_front()) {
                let (offset, skip) = ready.place;
                let pid = self.streams[ready.packet.track.index()].pid;
                self.place = [offset, u64::from(pid) << 32 | u64::from(skip)];
                return Ok(Some(ready.packet));
            }
            if self.ended {
                return Ok(None);
            }
            match self.packets.next(input.source, input.window)? {
                Some(packet) => self.packet(&packet, input.limits, input.wanted)?,
                None => {
                    self.ended = true;
                    for stream in &mut self.streams {
                        self.damaged += u64::from(matches!(stream.pes, Pes::Payload(Some(1..))));
                        stream.es.end(&mut self.timeline);
                    }
                }
            }
        }
    }
    fn place(&self) -> [u64; 2] {
        self.place
    }
    fn go_to(&mut self, track: TrackId, point: &SyncPoint) {
        self.packets.at = point.place[0];
        let Some(stream) = self.streams.get_mut(track.index()) else { return };
        stream.pid = (point.place[1] >> 32) as u16;
        stream.skip = point.place[1] as u32;
        let time = stream.es.enter(point.dts);
        self.timeline.enter(time);
    }
    fn damaged_places(&self) -> u64 {
        self.damaged + self.packets.damaged + self.streams.iter().map(|s| s.es.damaged).sum::<u64>()
    }
}
