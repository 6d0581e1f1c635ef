//! [`Mp4Muxer`].
//!
//! Packets go to `mdat` as they come, gathered into chunks of half a second a track; the index is written at the end,
//! behind the data or, with [`Mp4Options::faststart`], in front of it. `mdat` is preceded by an empty `free` box, into
//! which its header grows should the data pass 4 GiB.

mod moov;
mod timeline;
mod track;

use std::io::{Read, Seek, SeekFrom, Write};

use super::boxes::ftyp::Ftyp;
use super::bytes::BoxWriter;
use crate::{Error, FourCc, MuxSummary, Muxer, Packet, Result, TrackId, TrackSpec};
use track::TrackWriter;

/// Checks whether a track can be written into MP4.
///
/// # Errors
/// `Unsupported` if it comes without a sample entry and none can be built.
pub fn check_track(track: &TrackSpec) -> Result<()> {
    TrackWriter::new(track.clone()).map(drop)
}

/// How an MP4 file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mp4Options {
    /// Put `moov` in front of `mdat`, so that a player can start before it has the whole file. Costs one more pass
    /// over the data when the file is finished.
    pub faststart: bool,
    /// Creation time in seconds since the start of 1904, UTC; 0 leaves it out, so that equal input makes equal files.
    pub creation_time: u64,
}

/// Writes MP4 files: any number of H.264 tracks, and tracks of any kind copied from another MP4 or QuickTime file.
///
/// ```
/// use std::io::Cursor;
/// use transcode_container::mp4::{Mp4Muxer, Mp4Options};
/// use transcode_container::{Muxer, Packet, Timebase, TrackSpec, VideoTrack};
///
/// # fn main() -> Result<(), transcode_container::Error> {
/// let mut muxer = Mp4Muxer::new(Cursor::new(Vec::new()), Mp4Options::default());
/// let avcc = vec![1, 66, 0, 10, 0xff, 0xe0, 0];
/// let video = VideoTrack { width: 16, height: 16, ..Default::default() };
/// let track = muxer.add_track(TrackSpec::h264(avcc, video, Timebase::new(1, 25)))?;
/// muxer.write_packet(&Packet::new(track, 0, 0, 1, true, vec![0, 0, 0, 1, 0x65]))?;
/// let summary = muxer.finish()?;
/// assert_eq!(summary.bytes, muxer.into_inner().into_inner().len() as u64);
/// # Ok(())
/// # }
/// ```
pub struct Mp4Muxer<W> {
    out: W,
    options: Mp4Options,
    tracks: Vec<TrackWriter>,
    /// Offset of the `free` box before `mdat`; `None` before the first packet.
    data_start: Option<u64>,
    /// Where the next byte goes.
    at: u64,
    packets: u64,
    finished: bool,
}

/// `free` (empty) and the header of `mdat`.
const DATA_HEADER: u64 = 16;

impl<W: Read + Write + Seek + Send> Mp4Muxer<W> {
    /// A muxer that writes to `out` from its start. `out` must be readable for `faststart`.
    pub fn new(out: W, options: Mp4Options) -> Self {
        Self { out, options, tracks: Vec::new(), data_start: None, at: 0, packets: 0, finished: false }
    }
    /// The writer, once the file is finished.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
    /// Writes everything that stands before the data.
    fn start(&mut self) -> Result<()> {
        if self.data_start.is_some() {
            return Ok(());
        }
        let mut brands = vec![FourCc(*b"isom"), FourCc(*b"iso2")];
        if self.tracks.iter().any(TrackWriter::is_h264) {
            brands.push(FourCc(*b"avc1"));
        }
        brands.push(FourCc(*b"mp41"));
        let mut w = BoxWriter::default();
        Ftyp { major_brand: FourCc(*b"isom"), minor_version: 512, compatible_brands: brands }.write(&mut w);
        let ftyp = w.into_bytes();
        self.out.seek(SeekFrom::Start(0))?;
        self.write(&ftyp)?;
        self.data_start = Some(self.at);
        self.write(b"\0\0\0\x08free\0\0\0\0mdat")
    }
    fn flush_chunk(&mut self, track: usize) -> Result<()> {
        let chunk = self.tracks[track].take_chunk(self.at);
        self.write(&chunk)?;
        self.tracks[track].recycle(chunk);
        Ok(())
    }
    fn check_open(&self) -> Result<()> {
        if self.finished { Err(Error::input("call", "the file is finished")) } else { Ok(()) }
    }
    /// Fills in the size of `mdat`, which ends at `end`.
    fn write_data_size(&mut self, start: u64, end: u64) -> Result<()> {
        let size = end - start - 8;
        let mut header = [0; DATA_HEADER as usize];
        header[..8].copy_from_slice(b"\0\0\0\x08free");
        if let Ok(size) = u32::try_from(size) {
            header[8..12].copy_from_slice(&size.to_be_bytes());
            header[12..].copy_from_slice(b"mdat");
        } else {
            header[..8].copy_from_slice(b"\0\0\0\x01mdat");
            header[8..].copy_from_slice(&(size + 8).to_be_bytes());
        }
        self.out.seek(SeekFrom::Start(start))?;
        self.out.write_all(&header)?;
        Ok(())
    }
    /// Moves the bytes from `start` to `end` by `distance` towards the end of the file.
    fn make_room(&mut self, start: u64, end: u64, distance: u64) -> Result<()> {
        const BLOCK: u64 = 1 << 20;
        let mut block = vec![0; BLOCK.min(end - start) as usize];
        let mut left = end - start;
        while left > 0 {
            let n = left.min(BLOCK);
            left -= n;
            let bytes = &mut block[..n as usize];
            self.out.seek(SeekFrom::Start(start + left))?;
            self.out.read_exact(bytes)?;
            self.out.seek(SeekFrom::Start(start + left + distance))?;
            self.out.write_all(bytes)?;
        }
        Ok(())
    }
}

impl<W: Read + Write + Seek + Send> Muxer for Mp4Muxer<W> {
    fn add_track(&mut self, track: TrackSpec) -> Result<TrackId> {
        self.check_open()?;
        if self.data_start.is_some() {
            return Err(Error::input("track", "tracks are added before the first packet"));
        }
        let id = TrackId(self.tracks.len() as u32);
        self.tracks.push(TrackWriter::new(track)?);
        Ok(id)
    }
    fn write_packet(&mut self, packet: &Packet) -> Result<()> {
        self.check_open()?;
        let index = packet.track.index();
        let track = self.tracks.get_mut(index).ok_or_else(|| Error::input("packet", "its track was not added"))?;
        let flush = track.must_flush_before(packet);
        self.start()?;
        if flush {
            self.flush_chunk(index)?;
        }
        self.tracks[index].add(packet)?;
        self.packets += 1;
        Ok(())
    }
    fn finish(&mut self) -> Result<MuxSummary> {
        self.check_open()?;
        self.start()?;
        for track in 0..self.tracks.len() {
            self.flush_chunk(track)?;
        }
        let (start, end) = (self.data_start.unwrap_or(0), self.at);
        self.write_data_size(start, end)?;
        let moov = if self.options.faststart {
            // The offsets decide whether `co64` is needed, that decides the size, and that the offsets.
            let mut room = 0;
            let mut moov = moov::build(&self.tracks, &self.options, room)?;
            while moov.len() as u64 != room {
                room = moov.len() as u64;
                moov = moov::build(&self.tracks, &self.options, room)?;
            }
            self.make_room(start, end, room)?;
            self.out.seek(SeekFrom::Start(start))?;
            moov
        } else {
            self.out.seek(SeekFrom::Start(end))?;
            moov::build(&self.tracks, &self.options, 0)?
        };
        self.out.write_all(&moov)?;
        self.out.flush()?;
        self.at = end + moov.len() as u64;
        self.finished = true;
        Ok(MuxSummary { bytes: self.at, packets: self.packets })
    }
    fn bytes_written(&self) -> u64 {
        self.at
    }
}
