//! Access units out of a byte stream that comes in pieces.

use transcode_core::h264::params::Sps;

use super::access_unit::{Detector, Role};
use crate::{Error, Limits, Result};

/// The bytes of an access unit, start codes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessUnit {
    /// Ordinal of its first byte in the stream.
    pub(crate) start: u64,
    /// IDR.
    pub(crate) key: bool,
    pub(crate) data: Vec<u8>,
}

/// Finds access units. Fed with a piece after the other, it keeps what no unit has taken yet.
#[derive(Default, Clone)]
pub(crate) struct Splitter {
    detector: Detector,
    /// Part of the stream from `base` on.
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
    finished: bool,
}

impl Splitter {
    /// The first sequence parameter set of the stream, once it has passed.
    pub(crate) fn first_sps(&self) -> Option<&Sps> {
        self.detector.first_sps.as_deref()
    }
    /// Bytes of the stream taken in.
    pub(crate) fn fed(&self) -> u64 {
        self.base + self.buf.len() as u64
    }
    /// No more bytes follow.
    pub(crate) fn end(&mut self) {
        self.at_end = true;
    }
    /// Whether the end was told and everything was given out.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }
    /// Takes in `n` bytes, which `fill` writes.
    ///
    /// # Errors
    /// `LimitExceeded` for an access unit that is too large; those of `fill`.
    pub(crate) fn feed(&mut self, n: usize, limits: &Limits, fill: impl FnOnce(&mut [u8]) -> Result<()>) -> Result<()> {
        // What has been given out can go; before the first start code, all but a `zero_byte` of one to come.
        let done = self.start.unwrap_or(self.scanned.saturating_sub(1));
        self.buf.drain(..done);
        self.base += done as u64;
        self.scanned -= done;
        self.start = self.start.map(|_| 0);
        self.lead = self.lead.map(|at| at - done);
        self.unit = self.unit.map(|(from, header)| (from - done, header - done));
        Error::check_limit("max_packet_bytes", self.buf.len() as u64, limits.max_packet_bytes)?;
        let old = self.buf.len();
        self.buf.resize(old + n, 0);
        fill(&mut self.buf[old..]).inspect_err(|_| self.buf.truncate(old))
    }
    /// The next access unit; `None` if more bytes are needed to tell where it ends, or all were given out.
    pub(crate) fn next(&mut self) -> Option<AccessUnit> {
        while !self.finished {
            let code = self.next_start_code();
            if code.is_none() && !self.at_end {
                return None;
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
                return Some(self.emit(cut, key));
            }
        }
        let start = self.start.take().filter(|_| self.has_slice)?;
        self.start = Some(start);
        let unit = self.emit(self.buf.len(), self.key);
        self.start = None;
        Some(unit)
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

    /// The bytes up to `cut` as an access unit.
    fn emit(&mut self, cut: usize, key: bool) -> AccessUnit {
        let start = self.start.unwrap_or(0);
        self.start = Some(cut);
        AccessUnit { start: self.base + start as u64, key, data: self.buf[start..cut].to_vec() }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &[u8]) -> Vec<(usize, bool)> {
        let limits = Limits::default();
        let piecewise = |size: usize| {
            let (mut splitter, mut out) = (Splitter::default(), Vec::new());
            for piece in bytes.chunks(size) {
                let fill = |buf: &mut [u8]| {
                    buf.copy_from_slice(piece);
                    Ok(())
                };
                splitter.feed(piece.len(), &limits, fill).unwrap();
                out.extend(std::iter::from_fn(|| splitter.next()).map(|u| (u.data.len(), u.key)));
            }
            splitter.end();
            out.extend(std::iter::from_fn(|| splitter.next()).map(|u| (u.data.len(), u.key)));
            out
        };
        let whole = piecewise(bytes.len().max(1));
        assert_eq!(whole, piecewise(1));
        whole
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
