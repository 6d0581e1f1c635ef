//! [`Y4mReader`].

use std::io::{BufReader, Read};

use super::header::{MAX_LINE, Y4mHeader};
use crate::{Error, Limits, Result};

/// Reads frames one after another, from a pipe as well as from a file.
pub struct Y4mReader<R> {
    input: BufReader<R>,
    header: Y4mHeader,
    frame_bytes: usize,
    offset: u64,
}

impl<R: Read> Y4mReader<R> {
    /// Reads the header line.
    ///
    /// # Errors
    /// `Io`, `Invalid`, `Unsupported`, `LimitExceeded` for frames larger than `max_packet_bytes`.
    pub fn new(input: R, limits: &Limits) -> Result<Self> {
        let mut input = BufReader::with_capacity(256 << 10, input);
        let mut offset = 0;
        let line = read_line(&mut input, &mut offset, "Y4M header")?.ok_or(Error::NotMedia)?;
        let header = Y4mHeader::parse(&line)?;
        let frame_bytes = checked_frame_bytes(&header, limits)?;
        Ok(Self { input, header, frame_bytes, offset })
    }
    /// The header.
    pub fn header(&self) -> &Y4mHeader {
        &self.header
    }
    /// Replaces `frame` by the samples of the next one, plane after plane; `false` at the end.
    ///
    /// # Errors
    /// `Io`, `Invalid`; `UnexpectedEnd` inside a frame.
    pub fn read_frame(&mut self, frame: &mut Vec<u8>) -> Result<bool> {
        let start = self.offset;
        let Some(line) = read_line(&mut self.input, &mut self.offset, "Y4M frame header")? else { return Ok(false) };
        if !is_frame_line(&line) {
            return Err(Error::invalid("Y4M frame header", start));
        }
        frame.clear();
        let read = self.input.by_ref().take(self.frame_bytes as u64).read_to_end(frame)?;
        self.offset += read as u64;
        if read < self.frame_bytes {
            return Err(Error::unexpected_end("Y4M frame", self.offset));
        }
        Ok(true)
    }
}

pub(super) fn is_frame_line(line: &[u8]) -> bool {
    line == b"FRAME" || line.starts_with(b"FRAME ")
}

pub(super) fn checked_frame_bytes(header: &Y4mHeader, limits: &Limits) -> Result<usize> {
    let bytes = header.frame_bytes();
    Error::check_limit("max_packet_bytes", bytes, limits.max_packet_bytes)?;
    usize::try_from(bytes).map_err(|_| Error::unsupported("frames larger than the address space"))
}

/// A line without its line feed; `None` at the end of the input.
fn read_line(input: &mut impl Read, offset: &mut u64, what: &'static str) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        if input.read(&mut byte)? == 0 {
            return if line.is_empty() { Ok(None) } else { Err(Error::unexpected_end(what, *offset)) };
        }
        *offset += 1;
        match byte[0] {
            b'\n' => return Ok(Some(line)),
            _ if line.len() >= MAX_LINE => return Err(Error::invalid(what, *offset)),
            b => line.push(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_a_cut() {
        let mut file = b"YUV4MPEG2 W2 H2 Cmono\nFRAME\nabcdFRAME Ip\nefghFRAME\nij".to_vec();
        let mut frame = Vec::new();
        let mut r = Y4mReader::new(&file[..], &Limits::default()).unwrap();
        for expected in [b"abcd", b"efgh"] {
            assert!(r.read_frame(&mut frame).unwrap());
            assert_eq!(frame, expected);
        }
        let end = file.len() as u64;
        assert!(matches!(r.read_frame(&mut frame), Err(Error::UnexpectedEnd { offset, .. }) if offset == end));
        file.truncate(file.len() - 8);
        let mut r = Y4mReader::new(&file[..], &Limits::default()).unwrap();
        assert!(r.read_frame(&mut frame).unwrap() && r.read_frame(&mut frame).unwrap());
        assert!(!r.read_frame(&mut frame).unwrap());
        let huge = b"YUV4MPEG2 W65535 H65535 C444\n";
        assert!(matches!(Y4mReader::new(&huge[..], &Limits::default()), Err(Error::LimitExceeded { .. })));
    }
}
