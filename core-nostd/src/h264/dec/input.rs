//! Packets on their way into the decoder: a queue of NAL units.

use super::frame::PacketTime;
use crate::error::{Error, Result};
use crate::h264::nal;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// A NAL unit that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    /// First byte in [`Input::bytes`].
    start: usize,
    end: usize,
    /// Offset in its packet.
    pub(crate) offset: usize,
    /// The times of its packet, on the first unit of one.
    pub(crate) time: Option<PacketTime>,
    /// No unit of the packet follows.
    pub(crate) last_of_packet: bool,
}

/// The queue. Its memory is used again once it has run empty.
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    units: VecDeque<Unit>,
    /// Scratch of [`Input::push`].
    found: Vec<(usize, usize)>,
}

impl Input {
    /// Appends a packet: length-prefixed units, or a byte stream without `length_size`. Returns what is wrong with its
    /// framing; the units before that place are in the queue.
    ///
    /// # Errors
    /// `LimitExceeded`: the packet is not taken.
    pub(crate) fn push(
        &mut self,
        packet: &[u8],
        time: PacketTime,
        length_size: Option<u8>,
        max_bytes: u64,
    ) -> Result<Option<Error>> {
        let total = self.bytes.len() as u64 + packet.len() as u64;
        if total > max_bytes {
            return Err(Error::limit("max_packet_bytes", total, max_bytes));
        }
        let base = self.bytes.len();
        self.found.clear();
        let mut framing = None;
        match length_size {
            Some(n) => {
                for unit in nal::length_prefixed(packet, n) {
                    match unit {
                        Ok(u) => self.found.push((u.offset, u.data.len())),
                        Err(e) => framing = Some(e),
                    }
                }
            }
            None => self.found.extend(nal::annexb(packet).map(|u| (u.offset, u.data.len()))),
        }
        self.bytes.extend_from_slice(packet);
        let count = self.found.len();
        self.units.extend(self.found.iter().enumerate().map(|(i, &(offset, len))| Unit {
            start: base + offset,
            end: base + offset + len,
            offset,
            time: (i == 0).then_some(time),
            last_of_packet: i + 1 == count,
        }));
        Ok(framing)
    }
    /// The next unit, which stays in the queue.
    pub(crate) fn peek(&self) -> Option<(Unit, &[u8])> {
        let unit = *self.units.front()?;
        Some((unit, &self.bytes[unit.start..unit.end]))
    }
    /// Removes the next unit.
    pub(crate) fn pop(&mut self) {
        self.units.pop_front();
        if self.units.is_empty() {
            self.bytes.clear();
        }
    }
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.units.clear();
        self.bytes.clear();
    }
}
