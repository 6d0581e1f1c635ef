//! Which container is it? By content, never by file name.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use transcode_core::aac::AdtsHeader;

use crate::adts::{self, AacStreamDemuxer, AdtsDemuxer};
use crate::aiff::AiffDemuxer;
use crate::annexb::AnnexBDemuxer;
use crate::flv::FlvDemuxer;
use crate::io::{ReadSeek, Source};
use crate::mkv::MatroskaDemuxer;
use crate::mp4::Mp4Demuxer;
use crate::mpegts::MpegTsDemuxer;
use crate::wav::WavDemuxer;
use crate::y4m::Y4mDemuxer;
use crate::{Demuxer, Error, Limits, Result};

/// A container or elementary stream format that can be told from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// ISO base media (MP4, M4A, 3GP) or QuickTime.
    Mp4,
    /// H.264 byte stream, Annex B.
    AnnexB,
    /// YUV4MPEG2.
    Y4m,
    /// Matroska or WebM.
    Matroska,
    /// MPEG-2 transport stream.
    MpegTs,
    /// MPEG program stream.
    MpegPs,
    /// Flash video.
    Flv,
    /// AVI.
    Avi,
    /// WAVE.
    Wav,
    /// AIFF or AIFF-C.
    Aiff,
    /// Ogg.
    Ogg,
    /// AAC in ADTS frames.
    Adts,
    /// AAC behind an ADIF header.
    Adif,
    /// AAC in LOAS frames (LATM).
    Loas,
    /// MPEG audio frames (MP3).
    MpegAudio,
    /// FLAC.
    Flac,
    /// IVF.
    Ivf,
    /// Advanced Systems Format (WMV, WMA).
    Asf,
}

impl Format {
    /// Whether [`open`] has a demuxer for it.
    pub const fn is_supported(self) -> bool {
        !matches!(self, Self::MpegPs | Self::Avi | Self::Ogg | Self::MpegAudio | Self::Flac | Self::Ivf | Self::Asf)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mp4 => "MP4/MOV",
            Self::AnnexB => "H.264 byte stream (Annex B)",
            Self::Y4m => "YUV4MPEG2",
            Self::Matroska => "Matroska/WebM",
            Self::MpegTs => "MPEG transport stream",
            Self::MpegPs => "MPEG program stream",
            Self::Flv => "Flash Video",
            Self::Avi => "AVI",
            Self::Wav => "WAVE",
            Self::Aiff => "AIFF",
            Self::Ogg => "Ogg",
            Self::Adts => "ADTS (AAC)",
            Self::Adif => "ADIF (AAC)",
            Self::Loas => "LOAS (AAC)",
            Self::MpegAudio => "MPEG audio",
            Self::Flac => "FLAC",
            Self::Ivf => "IVF",
            Self::Asf => "ASF (WMV/WMA)",
        })
    }
}

/// Opens a file with the demuxer for what it contains, with the default [`Limits`].
///
/// # Errors
/// `Io` with kind `NotFound`, `IsADirectory`, ...; `NotMedia`; `Unsupported` naming a container that was recognised
/// but can't be read; and whatever the demuxer finds wrong.
pub fn open(path: impl AsRef<Path>) -> Result<Box<dyn Demuxer>> {
    open_with(path, &Limits::default())
}

/// As [`open`], with other limits.
///
/// # Errors
/// As [`open`].
pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Box<dyn Demuxer>> {
    let path = path.as_ref();
    open_file(path).and_then(|file| open_reader(Box::new(file), limits)).map_err(|e| e.with_path(path))
}

/// As [`open_with`], from anything that reads and seeks.
///
/// # Errors
/// As [`open`].
pub fn open_reader(reader: Box<dyn ReadSeek>, limits: &Limits) -> Result<Box<dyn Demuxer>> {
    let mut source = Source::new(reader)?;
    let head = head_of(&mut source)?;
    match detect(&head).ok_or(Error::NotMedia)? {
        Format::Mp4 => Ok(Box::new(Mp4Demuxer::from_source(source, limits)?)),
        Format::AnnexB => Ok(Box::new(AnnexBDemuxer::from_source(source, limits)?)),
        Format::Matroska => Ok(Box::new(MatroskaDemuxer::from_source(source, limits)?)),
        Format::MpegTs => Ok(Box::new(MpegTsDemuxer::from_source(source, limits)?)),
        Format::Flv => Ok(Box::new(FlvDemuxer::from_source(source, limits)?)),
        Format::Y4m => Ok(Box::new(Y4mDemuxer::from_source(source, limits)?)),
        Format::Wav => Ok(Box::new(WavDemuxer::from_source(source, limits)?)),
        Format::Aiff => Ok(Box::new(AiffDemuxer::from_source(source, limits)?)),
        Format::Adts => Ok(Box::new(AdtsDemuxer::from_source(source, limits)?)),
        Format::Adif | Format::Loas => Ok(Box::new(AacStreamDemuxer::from_source(source, limits)?)),
        format => Err(Error::unsupported(format!("{format} input"))),
    }
}

/// Which format a file is of; `None` if it is none that is known.
///
/// # Errors
/// `Io` with kind `NotFound`, `IsADirectory`, ...
pub fn format_of(path: impl AsRef<Path>) -> Result<Option<Format>> {
    let path = path.as_ref();
    let head = open_file(path).and_then(|file| head_of(&mut Source::new(Box::new(file))?));
    head.map(|h| detect(&h)).map_err(|e| e.with_path(path))
}

/// The bytes to look at.
fn head_of(source: &mut Source) -> Result<Vec<u8>> {
    // A tag with pictures in it may be longer than what is looked at.
    let start = adts::after_id3(source)?;
    source.read_vec(start, (source.len() - start).min(PROBE_BYTES), "start of file")
}

/// How many bytes [`detect`] likes to see.
pub const PROBE_BYTES: u64 = 64 << 10;

fn open_file(path: &Path) -> Result<File> {
    // Looked at before it is opened: opening a named pipe waits for a writer.
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
    }
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file").into());
    }
    Ok(File::open(path)?)
}

/// The most likely format of a file that starts with `head`, by score.
pub fn detect(head: &[u8]) -> Option<Format> {
    let best = SIGNATURES.iter().map(|&(format, score)| (score(head), format)).max_by_key(|&(score, _)| score)?;
    (best.0 > 0).then_some(best.1)
}

/// A score from 0 (is not) over 25 (may be) and 50 (a plausible structure) to 100 (a magic number and what follows).
type Score = fn(&[u8]) -> u32;

const SIGNATURES: &[(Format, Score)] = &[
    (Format::Mp4, mp4),
    (Format::Y4m, |h| if h.starts_with(b"YUV4MPEG2 ") { 100 } else { 0 }),
    (Format::Matroska, |h| if h.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) { 100 } else { 0 }),
    (Format::Flv, |h| if h.starts_with(b"FLV\x01") { 100 } else { 0 }),
    (Format::Avi, |h| riff(h, b"AVI ")),
    (Format::Wav, wave),
    (Format::Aiff, aiff),
    (Format::Ogg, |h| if h.starts_with(b"OggS\0") { 100 } else { 0 }),
    (Format::Flac, |h| if h.starts_with(b"fLaC") { 100 } else { 0 }),
    (Format::Ivf, |h| if h.starts_with(b"DKIF") { 100 } else { 0 }),
    (Format::Asf, |h| if h.starts_with(&[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) { 100 } else { 0 }),
    (Format::MpegTs, mpeg_ts),
    (Format::MpegPs, |h| if h.starts_with(&[0, 0, 1, 0xba]) { 90 } else { 0 }),
    (Format::AnnexB, annexb),
    (Format::Adts, |h| frames(after_id3(h), adts_frame)),
    (Format::Adif, |h| if after_id3(h).starts_with(b"ADIF") { 90 } else { 0 }),
    (Format::Loas, |h| frames(after_id3(h), loas_frame)),
    (Format::MpegAudio, mpeg_audio),
];

/// RF64 and BW64 are WAVE with sizes of 64 bits.
fn wave(head: &[u8]) -> u32 {
    let long = (head.starts_with(b"RF64") || head.starts_with(b"BW64")) && head.get(8..12) == Some(b"WAVE");
    if long { 100 } else { riff(head, b"WAVE") }
}

fn aiff(head: &[u8]) -> u32 {
    let form = matches!(head.get(8..12), Some(b"AIFF" | b"AIFC"));
    if head.starts_with(b"FORM") && form { 100 } else { 0 }
}

fn riff(head: &[u8], form: &[u8; 4]) -> u32 {
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(form) { 100 } else { 0 }
}

/// Walks the first boxes; a type that only this family has decides.
fn mp4(head: &[u8]) -> u32 {
    let (mut at, mut known) = (0usize, 0u32);
    while let Some([s0, s1, s2, s3, kind @ ..]) = head.get(at..at + 8) {
        let size = u32::from_be_bytes([*s0, *s1, *s2, *s3]) as usize;
        match kind {
            b"ftyp" | b"moov" | b"moof" | b"styp" | b"sidx" => return 100,
            b"mdat" | b"free" | b"skip" | b"wide" | b"pnot" | b"uuid" => known += 1,
            _ => break,
        }
        // A size of 0 or 1 means that the data is large: what comes after is out of sight.
        match size {
            0 | 1 => break,
            2..8 => return 0,
            _ => at = at.saturating_add(size),
        }
    }
    // `mdat` first: the index is at the end.
    if known > 0 { 75 } else { 0 }
}

/// Sync bytes at the packet distance of 188 bytes (192 with time stamps, 204 with parity).
fn mpeg_ts(head: &[u8]) -> u32 {
    let synced = |size: usize, first: usize| {
        let packets = head.len().saturating_sub(first) / size;
        packets >= 3 && (0..packets.min(10)).all(|i| head[first + i * size] == 0x47)
    };
    if synced(188, 0) || synced(192, 4) || synced(204, 0) { 95 } else { 0 }
}

/// What stands after an ID3v2 tag, or everything.
fn after_id3(head: &[u8]) -> &[u8] {
    match head {
        [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] => {
            let size = [a, b, c, d].iter().fold(0usize, |n, &&x| n << 7 | usize::from(x & 0x7f));
            head.get(size + 10..).unwrap_or(&[])
        }
        _ => head,
    }
}

/// Scores a chain of frames, each of which tells its length.
fn frames(data: &[u8], length: fn(&[u8]) -> Option<usize>) -> u32 {
    let (mut at, mut count) = (0usize, 0u32);
    while let Some(n) = data.get(at..).filter(|d| !d.is_empty()).and_then(length) {
        at += n;
        count += 1;
        if count == 4 {
            break;
        }
    }
    match (count, at >= data.len()) {
        (4.., _) => 80,
        (1.., true) => 60,
        (2.., _) => 45,
        _ => 0,
    }
}

/// Length of the ADTS frame at the start of `d`.
fn adts_frame(d: &[u8]) -> Option<usize> {
    AdtsHeader::parse(d).ok().map(|h| h.frame_length)
}

/// Length of the `AudioSyncStream()` at the start of `d` (ISO/IEC 14496-3 1.7.2).
fn loas_frame(d: &[u8]) -> Option<usize> {
    let h: &[u8; 3] = d.first_chunk()?;
    (h[0] == 0x56 && h[1] & 0xe0 == 0xe0).then(|| 3 + (usize::from(h[1] & 0x1f) << 8 | usize::from(h[2])))
}

fn mpeg_audio(head: &[u8]) -> u32 {
    let rest = after_id3(head);
    let score = frames(rest, mpeg_audio_frame);
    // A tag longer than what is looked at stands before an MP3 more often than before anything else.
    if score == 0 && rest.is_empty() && head.starts_with(b"ID3") { 30 } else { score }
}

/// Length of the layer III frame at the start of `d` (ISO/IEC 11172-3 2.4.1.3, 13818-3).
fn mpeg_audio_frame(d: &[u8]) -> Option<usize> {
    let h: &[u8; 4] = d.first_chunk()?;
    let (version, layer) = (h[1] >> 3 & 3, h[1] >> 1 & 3);
    let (rate, frequency) = (usize::from(h[2] >> 4), usize::from(h[2] >> 2 & 3));
    if h[0] != 0xff || h[1] & 0xe0 != 0xe0 || version == 1 || layer != 1 || frequency == 3 {
        return None;
    }
    let mpeg1 = version == 3;
    let kbits = if mpeg1 {
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0][rate]
    } else {
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0][rate]
    };
    let hertz = [44100, 48000, 32000][frequency] >> (3 - version).min(2);
    let padding = usize::from(h[2] >> 1 & 1);
    (kbits != 0).then(|| if mpeg1 { 144_000 } else { 72_000 } * kbits / hertz + padding)
}

/// Bytes that may stand before the first start code of a byte stream whose own first unit is damaged.
const DAMAGED_START: usize = 1024;

/// NAL units behind start codes: a sequence parameter set and something that it can be the start of.
fn annexb(head: &[u8]) -> u32 {
    let Some(first) = head.windows(3).position(|w| w == [0, 0, 1]).filter(|&at| at <= DAMAGED_START) else { return 0 };
    let whole = head[..first].iter().all(|&b| b == 0);
    let (mut parameter_sets, mut others, mut bad) = (0u32, 0u32, 0u32);
    for unit in head.windows(5).filter(|w| w.starts_with(&[0, 0, 1])) {
        let (forbidden, ref_idc, kind) = (unit[3] >> 7, unit[3] >> 5 & 3, unit[3] & 31);
        // Table 7-1: a parameter set and an IDR slice are referred to, SEI and delimiters never are.
        match (forbidden, kind, ref_idc) {
            (0, 7 | 8 | 13 | 15, 1..) | (0, 5, 1..) => parameter_sets += u32::from(kind == 7 || kind == 8),
            (0, 6 | 9..=12, 0) | (0, 1..=4 | 14 | 19 | 20, _) => others += 1,
            _ => bad += 1,
        }
    }
    match (parameter_sets, bad) {
        (0, _) => 0,
        // What comes before the first start code is damage, so what follows has to be the better.
        _ if !whole => 25 * u32::from(others >= 2 && bad * 8 < parameter_sets + others),
        (_, 0) => 70,
        (good, bad) if bad * 4 < good + others => 40,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures() {
        let check = |head: &[u8], format| assert_eq!(detect(head), format, "{head:x?}");
        check(b"\0\0\0\x14ftypisom\0\0\0\0isom", Some(Format::Mp4));
        check(b"\0\0\0\x08wide\0\0\x10\0mdat", Some(Format::Mp4));
        check(b"YUV4MPEG2 W16 H16\n", Some(Format::Y4m));
        check(b"RIFF....WAVEfmt ", Some(Format::Wav));
        check(b"RF64....WAVEds64", Some(Format::Wav));
        check(b"ADIF\x10", Some(Format::Adif));
        check(b"\x56\xe0\x02ab\x56\xe0\x01a", Some(Format::Loas));
        check(b"\0\0\0\x01\x67\x42\0\x0a\0\0\x01\x68\xce\0\0\x01\x65\x88", Some(Format::AnnexB));
        let damaged = b"\0\0\xd1\x01\x67\x42\0\x0a\0\0\x01\x68\xce\0\0\x01\x06\x05\0\0\x01\x65\x88\0\0\x01\x41\x9a\0\0\x01\x41\x9b";
        check(damaged, Some(Format::AnnexB));
        check(&[&[9; 2000], &damaged[..]].concat(), None);
        check(b"\0\0\x01\xba\x44\0\x04\0", Some(Format::MpegPs));
        check(b"", None);
        check(b"hello, world: a text file", None);
        check(&[0; 4096], None);
        check(&[0xff; 4096], None);
    }
}
