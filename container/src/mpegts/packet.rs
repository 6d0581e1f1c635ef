//! Transport packets (2.4.3.2, 2.4.3.4).

use crate::Result;
use crate::io::{Source, Window};

/// Bytes of a transport packet.
pub(super) const SIZE: usize = 188;

const SYNC: u8 = 0x47;

/// How packets lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Bytes before the sync byte: 4 of arrival time in M2TS.
    prefix: usize,
    /// Distance of packets: 188, 192, or 204 with parity.
    stride: usize,
}

impl Layout {
    /// The layout of a file that starts with `head`.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        let candidates = [(0, 188), (4, 192), (0, 204)];
        let found = candidates.into_iter().find(|&(prefix, stride)| {
            let count = head.len().saturating_sub(prefix) / stride;
            count >= 1 && (0..count.min(10)).all(|i| head[prefix + i * stride] == SYNC)
        });
        found.map(|(prefix, stride)| Self { prefix, stride })
    }
}

/// A transport packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct TsPacket {
    bytes: [u8; SIZE],
    /// Where it begins in the file, with what stands before it.
    pub(super) offset: u64,
    payload: usize,
    random_access: bool,
    discontinuity: bool,
}

impl TsPacket {
    /// `None` if the adaptation field does not fit.
    fn new(bytes: [u8; SIZE], offset: u64) -> Option<Self> {
        let (mut payload, mut random_access, mut discontinuity) = (4, false, false);
        if bytes[3] & 0x20 != 0 {
            let len = usize::from(bytes[4]);
            if len > SIZE - 5 {
                return None;
            }
            if len > 0 {
                discontinuity = bytes[5] & 0x80 != 0;
                random_access = bytes[5] & 0x40 != 0;
            }
            payload = 5 + len;
        }
        Some(Self { bytes, offset, payload, random_access, discontinuity })
    }
    pub(super) fn pid(&self) -> u16 {
        u16::from(self.bytes[1] & 0x1f) << 8 | u16::from(self.bytes[2])
    }
    /// `transport_error_indicator`.
    pub(super) fn is_damaged(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }
    /// `payload_unit_start_indicator`.
    pub(super) fn starts_unit(&self) -> bool {
        self.bytes[1] & 0x40 != 0
    }
    pub(super) fn is_scrambled(&self) -> bool {
        self.bytes[3] & 0xc0 != 0
    }
    pub(super) fn continuity_counter(&self) -> u8 {
        self.bytes[3] & 15
    }
    /// `discontinuity_indicator`.
    pub(super) fn is_discontinuous(&self) -> bool {
        self.discontinuity
    }
    /// `random_access_indicator`.
    pub(super) fn is_random_access(&self) -> bool {
        self.random_access
    }
    /// Empty without one.
    pub(super) fn payload(&self) -> &[u8] {
        if self.bytes[3] & 0x10 != 0 { &self.bytes[self.payload..] } else { &[] }
    }
}

/// Finds packets, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packets {
    pub(super) layout: Layout,
    /// Offset of the next one.
    pub(super) at: u64,
    /// Places at which there was none where there should have been.
    pub(super) damaged: u64,
}

impl Packets {
    /// The next packet; `None` at the end of the file.
    pub(super) fn next(&mut self, source: &mut Source, window: &mut Window) -> Result<Option<TsPacket>> {
        let Layout { prefix, stride } = self.layout;
        let mut lost = false;
        loop {
            let at = self.at.saturating_add(prefix as u64);
            if at >= source.len() {
                return Ok(None);
            }
            // Room to see whether another one follows.
            let data = window.peek(source, at, stride + SIZE, "transport packet")?;
            if data[0] == SYNC && (!lost || data.get(stride).is_none_or(|&b| b == SYNC)) {
                let Some(bytes) = data.first_chunk() else {
                    // The file was cut inside a packet.
                    self.damaged += 1;
                    self.at = source.len();
                    return Ok(None);
                };
                let packet = TsPacket::new(*bytes, self.at);
                self.at += stride as u64;
                match packet {
                    Some(packet) => return Ok(Some(packet)),
                    None => self.damaged += 1,
                }
                continue;
            }
            if !std::mem::replace(&mut lost, true) {
                self.damaged += 1;
            }
            let next = data.iter().skip(1).position(|&b| b == SYNC).map_or(data.len(), |i| i + 1);
            self.at += next as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn packet(n: u8) -> Vec<u8> {
        let mut p = vec![n; SIZE];
        p[..4].copy_from_slice(&[SYNC, 0x40, n, 0x10]);
        p
    }

    fn pids(file: &[u8]) -> (Vec<u16>, u64) {
        let layout = Layout::detect(file).unwrap();
        let mut packets = Packets { layout, at: 0, damaged: 0 };
        let mut source = Source::new(Box::new(Cursor::new(file.to_vec()))).unwrap();
        let mut window = Window::with_size(1024);
        let mut out = Vec::new();
        while let Some(p) = packets.next(&mut source, &mut window).unwrap() {
            assert_eq!(p.payload().len(), SIZE - 4);
            out.push(p.pid());
        }
        (out, packets.damaged)
    }

    #[test]
    fn layouts() {
        let plain: Vec<u8> = (1..9).flat_map(packet).collect();
        let timed: Vec<u8> = (1..9).flat_map(|n| [vec![n; 4], packet(n)].concat()).collect();
        let parity: Vec<u8> = (1..9).flat_map(|n| [packet(n), vec![n; 16]].concat()).collect();
        for file in [plain, timed, parity] {
            assert_eq!(pids(&file), ((1..9).collect(), 0));
            assert_eq!(pids(&file[..file.len() - 30]).0.last(), Some(&7), "cut inside the last one");
        }
    }

    #[test]
    fn found_again_after_garbage() {
        let garbage = vec![0x55; 100];
        let file: Vec<u8> = [(1..12).flat_map(packet).collect(), garbage, (12..20).flat_map(packet).collect()].concat();
        let (found, damaged) = pids(&file);
        assert!((1..20).all(|n| found.contains(&n)), "{found:?}");
        assert!(damaged > 0);
    }
}
