//! What was sent and not yet decoded: access units of a container, or a stream of ADTS, LOAS or ADIF, cut into raw data blocks.

use super::PacketTime;
use crate::aac::adif::AdifHeader;
use crate::aac::adts::AdtsHeader;
use crate::aac::config::{AudioObjectType, AudioSpecificConfig};
use crate::aac::crc::Crc;
use crate::aac::latm::{self, StreamMuxConfig};
use crate::error::{Error, ErrorKind, Result};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::Range;

/// How raw data blocks are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Not known yet.
    Unknown,
    /// Each packet is one access unit.
    Raw,
    Adts,
    Loas,
    Adif,
}

/// A packet: where it begins among all bytes ever sent, and its times.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: u64,
    time: PacketTime,
}

/// Where a block's checksum is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// It has none.
    Absent,
    /// In front of it, made of the header too: what that has made of it, and what it has to become.
    Before(Crc, u32),
    /// In the two bytes behind it.
    Behind,
}

/// What [`Input::next`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A raw data block in [`Input::unit`], from this byte on.
    Block { start: usize, end: usize, time: Option<PacketTime>, check: Check },
    /// The stream says what it is.
    Config(AudioSpecificConfig),
    /// Nothing before more is sent.
    Nothing,
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) transport: Transport,
    /// Packets, one behind the other.
    bytes: Vec<u8>,
    /// Bytes of `bytes` that are done with.
    read: usize,
    /// Place of `bytes[0]` in the stream.
    base: u64,
    marks: VecDeque<Mark>,
    /// The frame that blocks are read from.
    pub(crate) unit: Vec<u8>,
    /// Where its blocks lie; `start` is `None` where a block follows the one before.
    blocks: VecDeque<(Option<usize>, usize)>,
    /// Where the last block ended.
    last_end: usize,
    /// Bytes between the blocks of an ADTS frame: their checksums.
    gap: usize,
    /// That of the blocks of the frame.
    check: Check,
    /// The checksum of the header of a frame of several blocks is another one.
    pub(crate) header_failed: bool,
    /// The time for the unit's first block.
    time: Option<PacketTime>,
    mux: Option<StreamMuxConfig>,
    /// What was last told as [`Found::Config`].
    told: Option<AudioSpecificConfig>,
    /// A header was found where the last frame ended.
    in_sync: bool,
    finished: bool,
    /// Bytes that belonged to no frame.
    pub(crate) skipped: u64,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self {
            transport: Transport::Unknown,
            bytes: Vec::new(),
            read: 0,
            base: 0,
            marks: VecDeque::new(),
            unit: Vec::new(),
            blocks: VecDeque::new(),
            last_end: 0,
            gap: 0,
            check: Check::Absent,
            header_failed: false,
            time: None,
            mux: None,
            told: None,
            in_sync: false,
            finished: false,
            skipped: 0,
        }
    }

    /// Forgets what waits.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.marks.clear();
        self.blocks.clear();
        (self.read, self.finished, self.in_sync, self.time) = (0, false, false, None);
    }

    /// No more is sent.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
    }

    /// Takes a packet.
    pub(crate) fn push(&mut self, packet: &[u8], time: PacketTime, limit: u64) -> Result<()> {
        if packet.is_empty() {
            return Ok(());
        }
        if self.read > 0 {
            // What is done with makes room: the rest is a part of a frame, as a rule.
            self.bytes.drain(..self.read);
            self.base += self.read as u64;
            self.read = 0;
        }
        let requested = self.bytes.len() as u64 + packet.len() as u64;
        if requested > limit {
            return Err(Error::limit("max_packet_bytes", requested, limit));
        }
        self.marks.push_back(Mark { at: self.base + self.bytes.len() as u64, time });
        self.bytes.extend_from_slice(packet);
        Ok(())
    }

    /// The time of the packet that byte `at` of the queue lies in, once.
    fn take_time(&mut self, at: usize) -> Option<PacketTime> {
        let place = self.base + at as u64;
        let mut time = None;
        while self.marks.front().is_some_and(|m| m.at <= place) {
            time = self.marks.pop_front().map(|m| m.time);
        }
        time
    }

    /// Says where in the unit the last block ended.
    pub(crate) fn block_ended(&mut self, end: usize) {
        self.last_end = end + self.gap;
        if self.transport == Transport::Adif {
            self.read += end;
        }
    }

    /// After damage the blocks that would follow in the frame cannot be found.
    pub(crate) fn drop_frame(&mut self) {
        self.blocks.retain(|b| b.0.is_some());
        if self.transport == Transport::Adif {
            // Nothing tells where the next one begins.
            self.read = self.bytes.len();
        }
    }

    /// The next block, or what is in its way.
    pub(crate) fn next(&mut self) -> Result<Found> {
        loop {
            if let Some((start, end)) = self.blocks.pop_front() {
                let start = start.unwrap_or(self.last_end).min(end);
                return Ok(Found::Block { start, end, time: self.time.take(), check: self.check });
            }
            let more = match self.transport {
                Transport::Unknown => self.detect(),
                Transport::Raw => self.next_packet(),
                Transport::Adts => self.next_adts()?,
                Transport::Loas => self.next_loas()?,
                Transport::Adif => self.next_adif(),
            };
            if let Some(found) = more {
                return Ok(found);
            }
        }
    }

    /// Tells the transports apart by how they begin. An ID3v2 tag in front is passed over.
    fn detect(&mut self) -> Option<Found> {
        let waiting = &self.bytes[self.read..];
        if waiting.is_empty() || (waiting.len() < 10 && !self.finished) {
            return Some(Found::Nothing);
        }
        if let Some(size) = id3_length(waiting) {
            if size > waiting.len() && !self.finished {
                return Some(Found::Nothing);
            }
            self.read += size.min(waiting.len());
            return None;
        }
        if waiting.starts_with(b"ADIF") {
            return match AdifHeader::parse(waiting) {
                Ok(header) => {
                    self.read += header.length;
                    self.transport = Transport::Adif;
                    let program = header.program;
                    let object_type = AudioObjectType(program.object_type + 1);
                    let config = AudioSpecificConfig::from_adts(object_type, program.sampling_frequency_index, 0);
                    config.ok().map(|c| Found::Config(AudioSpecificConfig { program_config: Some(program), ..c }))
                }
                Err(_) if !self.finished => Some(Found::Nothing),
                Err(_) => {
                    self.skip(waiting.len());
                    Some(Found::Nothing)
                }
            };
        }
        self.transport = if latm::sync(waiting).is_some() { Transport::Loas } else { Transport::Adts };
        None
    }

    fn skip(&mut self, bytes: usize) {
        self.skipped += bytes as u64;
        self.read += bytes;
    }

    /// Takes `range` of the queue as a unit with `blocks`.
    fn take_unit(&mut self, range: Range<usize>) {
        self.unit.clear();
        self.unit.extend_from_slice(&self.bytes[range.clone()]);
        self.time = self.take_time(range.start);
        self.read = range.end;
    }

    fn next_packet(&mut self) -> Option<Found> {
        if self.marks.is_empty() {
            return Some(Found::Nothing);
        }
        let end = match self.marks.get(1) {
            Some(next) => (next.at - self.base) as usize,
            None => self.bytes.len(),
        };
        self.take_unit(self.read..end);
        self.blocks.push_back((Some(0), self.unit.len()));
        None
    }

    /// Passes over what is no frame; `header` gives the length of a frame at the head of a slice, `Err(true)` if it needs more.
    fn synchronise(&mut self, header: impl Fn(&[u8]) -> core::result::Result<usize, bool>) -> Option<Range<usize>> {
        loop {
            let waiting = &self.bytes[self.read..];
            if waiting.is_empty() {
                return None;
            }
            match header(waiting) {
                Ok(length) => {
                    let rest = waiting.get(length..);
                    let Some(rest) = rest else {
                        if !self.finished {
                            return None;
                        }
                        // The end was cut off: what is there may still decode.
                        return Some(self.read..self.bytes.len());
                    };
                    // Out of step, a header alone is no proof: another one must follow, or nothing.
                    if self.in_sync || rest.is_empty() || header(rest) != Err(false) {
                        self.in_sync = true;
                        return Some(self.read..self.read + length);
                    }
                }
                Err(true) if !self.finished => return None,
                Err(_) => {}
            }
            self.in_sync = false;
            if let Some(size) = id3_length(waiting) {
                let size = size.min(waiting.len());
                self.read += size;
                continue;
            }
            self.skip(1);
        }
    }

    fn next_adts(&mut self) -> Result<Option<Found>> {
        let header = |data: &[u8]| match AdtsHeader::parse(data) {
            Ok(h) => Ok(h.frame_length),
            Err(e) => Err(e.kind == ErrorKind::UnexpectedEnd),
        };
        let Some(range) = self.synchronise(header) else { return Ok(Some(Found::Nothing)) };
        let header = AdtsHeader::parse(&self.bytes[range.clone()])?;
        let config = AudioSpecificConfig::from_adts(
            header.object_type,
            header.sampling_frequency_index,
            header.channel_configuration,
        )?;
        if self.told != Some(config) {
            self.told = Some(config);
            return Ok(Some(Found::Config(config)));
        }
        self.take_unit(range);
        let end = self.unit.len();
        // Each of several blocks has a checksum behind it.
        self.gap = if header.has_crc && header.blocks > 1 { 2 } else { 0 };
        self.check = Check::Absent;
        if let (true, Some(&[high, low])) = (header.has_crc, self.unit[..header.header_length.min(end)].last_chunk()) {
            let expected = u32::from(u16::from_be_bytes([high, low]));
            // Places of blocks are part of the header.
            let bits = 8 * (header.header_length - 2);
            let mut crc = Crc::ADTS;
            crc.take(&self.unit, 0, bits, bits);
            self.check = if header.blocks > 1 { Check::Behind } else { Check::Before(crc, expected) };
            self.header_failed = header.blocks > 1 && crc.value() != expected;
        }
        self.blocks.push_back((Some(header.header_length), end));
        for _ in 1..header.blocks {
            self.blocks.push_back((None, end));
        }
        Ok(None)
    }

    fn next_loas(&mut self) -> Result<Option<Found>> {
        let header = |data: &[u8]| match latm::sync(data) {
            Some(length) => Ok(length + 3),
            None => Err(data.len() < 3),
        };
        let Some(range) = self.synchronise(header) else { return Ok(Some(Found::Nothing)) };
        let mut unit = core::mem::take(&mut self.unit);
        unit.clear();
        let blocks = &mut self.blocks;
        let element = &self.bytes[range.start + 3..range.end];
        let result =
            latm::read_element(element, &mut self.mux, &mut unit, |r| blocks.push_back((Some(r.start), r.end)));
        self.unit = unit;
        self.time = self.take_time(range.start);
        self.read = range.end;
        if let Err(e) = result {
            self.blocks.clear();
            return Err(e.offset_by(3));
        }
        let config = self.mux.map(|m| m.config);
        if let Some(config) = config
            && self.told != Some(config)
        {
            self.told = Some(config);
            return Ok(Some(Found::Config(config)));
        }
        Ok(None)
    }

    fn next_adif(&mut self) -> Option<Found> {
        /// More than a block of 48 channels can have.
        const ENOUGH: usize = 48 * 768;
        let waiting = self.bytes.len() - self.read;
        if waiting == 0 || (waiting < ENOUGH && !self.finished) {
            return Some(Found::Nothing);
        }
        let end = self.bytes.len().min(self.read + ENOUGH);
        let start = self.read;
        self.take_unit(start..end);
        // How much of it is the block, `block_ended` tells.
        self.read = start;
        self.blocks.push_back((Some(0), end - start));
        None
    }
}

/// The length of the ID3v2 tag that `data` begins with.
fn id3_length(data: &[u8]) -> Option<usize> {
    let header = data.first_chunk::<10>()?;
    if !header.starts_with(b"ID3") || header[6..].iter().any(|b| b & 0x80 != 0) {
        return None;
    }
    let size = header[6..].iter().fold(0, |s, &b| s << 7 | usize::from(b));
    Some(10 + size + if header[5] & 0x10 != 0 { 10 } else { 0 })
}
