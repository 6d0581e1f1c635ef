//! [`WavMuxer`].

use std::io::{Seek, SeekFrom, Write};

use super::format;
use crate::{Error, MuxSummary, Muxer, Packet, Result, TrackId, TrackKind, TrackSpec};

/// How a WAVE file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WavOptions {
    /// Bytes of sound that are to come, if that is known. A file that may outgrow 4 GiB keeps room in front of its data for the
    /// `ds64` chunk that then makes it an RF64 file (EBU Tech 3306); one that will not does without.
    pub expected_bytes: Option<u64>,
}

/// Where the file goes.
enum Out<W> {
    /// Sizes are filled in at the end.
    Whole(W, fn(&mut W, SeekFrom) -> std::io::Result<u64>),
    /// To a pipe: sizes stay unknown.
    Stream(W),
}

impl<W: Write> Out<W> {
    fn writer(&mut self) -> &mut W {
        match self {
            Self::Whole(w, _) | Self::Stream(w) => w,
        }
    }
}

/// Writes one track of uncompressed little-endian sound as WAVE.
///
/// ```
/// use std::io::Cursor;
/// use transcode_container::wav::{WavMuxer, WavOptions};
/// use transcode_container::{AudioTrack, Muxer, Packet, PcmFormat, PcmSample, TrackSpec};
///
/// # fn main() -> Result<(), transcode_container::Error> {
/// let pcm = Some(PcmFormat::little(PcmSample::S16));
/// let audio = AudioTrack { sample_rate: 48000, channels: 1, pcm, ..AudioTrack::default() };
/// let mut muxer = WavMuxer::new(Cursor::new(Vec::new()), WavOptions { expected_bytes: Some(4) });
/// let track = muxer.add_track(TrackSpec::pcm(audio).unwrap())?;
/// muxer.write_packet(&Packet::new(track, 0, 0, 2, true, vec![1, 2, 3, 4]))?;
/// assert_eq!(muxer.finish()?.bytes, 48);
/// # Ok(())
/// # }
/// ```
pub struct WavMuxer<W> {
    out: Out<W>,
    options: WavOptions,
    track: Option<Track>,
    packets: u64,
    finished: bool,
}

struct Track {
    format: Vec<u8>,
    block: u64,
    /// Bytes before the data, once they are written.
    head: Option<u64>,
    data: u64,
}

/// Payload of a `ds64` chunk without a table.
const DS64: u32 = 28;

/// The longest data that 32-bit sizes can tell, with room for what stands around them.
const LARGEST: u64 = u32::MAX as u64 - 256;

impl<W: Write + Seek + Send> WavMuxer<W> {
    /// A muxer that writes to `out` from its start.
    pub fn new(out: W, options: WavOptions) -> Self {
        Self::of(Out::Whole(out, W::seek), options)
    }
}

impl<W: Write + Send> WavMuxer<W> {
    /// A muxer that writes to something that cannot be sought, like a pipe: all sizes say "unknown" (all ones), which
    /// readers take as "to the end".
    pub fn streaming(out: W) -> Self {
        Self::of(Out::Stream(out), WavOptions { expected_bytes: Some(0) })
    }
    fn of(out: Out<W>, options: WavOptions) -> Self {
        Self { out, options, track: None, packets: 0, finished: false }
    }
    /// The writer, once the file is finished.
    pub fn into_inner(self) -> W {
        match self.out {
            Out::Whole(w, _) | Out::Stream(w) => w,
        }
    }

    fn has_room(&self) -> bool {
        self.options.expected_bytes.is_none_or(|n| n > LARGEST)
    }
    /// Everything before the data; `size` is that of the data, `None` if it is unknown.
    fn head(&self, track: &Track, size: Option<u64>) -> Vec<u8> {
        let room = self.has_room();
        let long = size.is_some_and(|n| n > LARGEST);
        let head = 12 + if room { 8 + u64::from(DS64) } else { 0 } + 8 + track.format.len() as u64 + 8;
        let size32 = |n: Option<u64>| n.and_then(|n| u32::try_from(n).ok()).filter(|_| !long).unwrap_or(u32::MAX);
        let whole = size.map(|n| head - 8 + n + n % 2);
        let mut w = Vec::with_capacity(head as usize);
        w.extend_from_slice(if long { b"RF64" } else { b"RIFF" });
        w.extend(size32(whole).to_le_bytes());
        w.extend_from_slice(b"WAVE");
        if room {
            w.extend_from_slice(if long { b"ds64" } else { b"JUNK" });
            w.extend(DS64.to_le_bytes());
            let (riff, data) = if long { (whole.unwrap_or(0), size.unwrap_or(0)) } else { (0, 0) };
            w.extend(riff.to_le_bytes());
            w.extend(data.to_le_bytes());
            w.extend((data / track.block).to_le_bytes());
            w.extend(0u32.to_le_bytes());
        }
        w.extend_from_slice(b"fmt ");
        w.extend((track.format.len() as u32).to_le_bytes());
        w.extend_from_slice(&track.format);
        w.extend_from_slice(b"data");
        w.extend(size32(size).to_le_bytes());
        w
    }
    /// Writes everything before the data.
    fn start(&mut self) -> Result<()> {
        let Some(track) = &self.track else { return Err(Error::input("track", "no track was added")) };
        if track.head.is_none() {
            let head = self.head(track, None);
            self.out.writer().write_all(&head)?;
            if let Some(track) = &mut self.track {
                track.head = Some(head.len() as u64);
            }
        }
        Ok(())
    }
    fn check_open(&self) -> Result<()> {
        if self.finished { Err(Error::input("call", "the file is finished")) } else { Ok(()) }
    }
}

impl<W: Write + Send> Muxer for WavMuxer<W> {
    fn add_track(&mut self, track: TrackSpec) -> Result<TrackId> {
        self.check_open()?;
        if self.track.is_some() {
            return Err(Error::unsupported("more than one track in WAVE"));
        }
        let TrackKind::Audio(audio) = &track.kind else {
            return Err(Error::unsupported(format!("{} in WAVE", track.codec)));
        };
        let format = format::write(audio)?;
        let block = audio.pcm.map_or(1, |p| u64::from(p.sample.bytes()) * u64::from(audio.channels));
        self.track = Some(Track { format, block, head: None, data: 0 });
        Ok(TrackId(0))
    }
    fn write_packet(&mut self, packet: &Packet) -> Result<()> {
        self.check_open()?;
        self.start()?;
        let room = self.has_room();
        let Some(track) = self.track.as_mut().filter(|_| packet.track == TrackId(0)) else {
            return Err(Error::input("packet", "its track was not added"));
        };
        let size = packet.data.len() as u64;
        if !size.is_multiple_of(track.block) {
            return Err(Error::input("packet", "it ends inside a sampling instant"));
        }
        track.data += size;
        if !room && track.data > LARGEST && matches!(self.out, Out::Whole(..)) {
            return Err(Error::unsupported("more than 4 GiB in a WAVE file of which less was expected"));
        }
        self.out.writer().write_all(&packet.data)?;
        self.packets += 1;
        Ok(())
    }
    fn finish(&mut self) -> Result<MuxSummary> {
        self.check_open()?;
        self.start()?;
        let bytes = self.bytes_written();
        let Some(track) = &self.track else { return Err(Error::input("track", "no track was added")) };
        let (odd, data) = (track.data % 2 == 1, track.data);
        let head = self.head(track, Some(data));
        if odd {
            self.out.writer().write_all(&[0])?;
        }
        if let Out::Whole(w, seek) = &mut self.out {
            seek(w, SeekFrom::Start(0))?;
            w.write_all(&head)?;
            seek(w, SeekFrom::End(0))?;
        }
        self.out.writer().flush()?;
        self.finished = true;
        Ok(MuxSummary { bytes: bytes + u64::from(odd), packets: self.packets })
    }
    fn bytes_written(&self) -> u64 {
        self.track.as_ref().and_then(|t| Some(t.head? + t.data)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav::WavDemuxer;
    use crate::{AudioTrack, Demuxer, Limits, PcmFormat, PcmSample};
    use std::io::Cursor;

    fn track(sample: PcmSample, channels: u32, channel_mask: u32) -> AudioTrack {
        let pcm = Some(PcmFormat::little(sample));
        AudioTrack { sample_rate: 44100, channels, channel_mask, pcm, ..AudioTrack::default() }
    }

    #[test]
    fn what_is_written_is_read() {
        for (sample, channels, mask) in [(PcmSample::U8, 1, 0), (PcmSample::S24, 6, 0x3f), (PcmSample::F32, 2, 3)] {
            for expected_bytes in [None, Some(90)] {
                let mut m = WavMuxer::new(Cursor::new(Vec::new()), WavOptions { expected_bytes });
                let id = m.add_track(TrackSpec::pcm(track(sample, channels, mask)).unwrap()).unwrap();
                let data: Vec<u8> = (0..(5 * sample.bytes() * channels) as u8).collect();
                m.write_packet(&Packet::new(id, 0, 0, 5, true, data.clone())).unwrap();
                let bytes = m.finish().unwrap().bytes;
                let file = m.into_inner().into_inner();
                assert_eq!((file.len() as u64, file.len() % 2), (bytes, 0));
                assert_eq!(u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize, file.len() - 8);
                let mut w = WavDemuxer::new(Box::new(Cursor::new(file)), &Limits::default()).unwrap();
                let audio = *w.tracks()[0].audio().unwrap();
                assert_eq!((audio.channels, audio.pcm), (channels, Some(PcmFormat::little(sample))));
                assert_eq!(audio.channel_mask, if sample == PcmSample::S24 { mask } else { 0 });
                assert_eq!(w.next_packet().unwrap().unwrap().data, data);
                assert!(w.next_packet().unwrap().is_none());
            }
        }
    }

    #[test]
    fn a_pipe_gets_sizes_that_say_unknown() {
        let mut m = WavMuxer::streaming(Vec::new());
        let id = m.add_track(TrackSpec::pcm(track(PcmSample::S16, 1, 0)).unwrap()).unwrap();
        m.write_packet(&Packet::new(id, 0, 0, 1, true, vec![1, 2])).unwrap();
        m.finish().unwrap();
        let file = m.into_inner();
        assert_eq!((&file[4..8], &file[40..44], file.len()), (&[0xff; 4][..], &[0xff; 4][..], 46));
        let mut w = WavDemuxer::new(Box::new(Cursor::new(file)), &Limits::default()).unwrap();
        assert_eq!(w.next_packet().unwrap().unwrap().data, [1, 2]);
    }

    #[test]
    fn the_header_of_more_than_4_gib() {
        let m = WavMuxer::new(Cursor::new(Vec::new()), WavOptions::default());
        let audio = track(PcmSample::S16, 2, 0);
        let track = Track { format: format::write(&audio).unwrap(), block: 4, head: None, data: 0 };
        let size = 5u64 << 30;
        let head = m.head(&track, Some(size));
        assert_eq!((&head[..8], &head[12..16]), (&b"RF64\xff\xff\xff\xff"[..], &b"ds64"[..]));
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
        assert_eq!((number(20), number(28), number(36)), (head.len() as u64 - 8 + size, size, size / 4));
        assert_eq!(head[head.len() - 8..], *b"data\xff\xff\xff\xff");
    }

    #[test]
    fn refusals() {
        let mut m = WavMuxer::new(Cursor::new(Vec::new()), WavOptions { expected_bytes: Some(1) });
        assert!(m.finish().is_err(), "no track");
        let spec = || TrackSpec::pcm(track(PcmSample::S16, 2, 0)).unwrap();
        let id = m.add_track(spec()).unwrap();
        assert!(matches!(m.add_track(spec()), Err(Error::Unsupported { .. })));
        assert!(m.write_packet(&Packet::new(id, 0, 0, 1, true, vec![0; 3])).is_err());
        assert!(m.write_packet(&Packet::new(TrackId(1), 0, 0, 1, true, vec![0; 4])).is_err());
    }
}
