//! Which container is it? By content, never by file name.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::io::{ReadSeek, Source};
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
    /// Ogg.
    Ogg,
    /// AAC in ADTS frames.
    Adts,
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
        matches!(self, Self::Mp4 | Self::AnnexB | Self::Y4m)
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
            Self::Ogg => "Ogg",
            Self::Adts => "ADTS (AAC)",
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
    let head = source.read_vec(0, source.len().min(PROBE_BYTES), "start of file")?;
    let format = detect(&head).ok_or(Error::NotMedia)?;
    let _ = limits;
    Err(Error::unsupported(format!("{format} input")))
}

/// How many bytes [`detect`] likes to see.
pub const PROBE_BYTES: u64 = 64 << 10;

fn open_file(path: &Path) -> Result<File> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
    }
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file").into());
    }
    Ok(file)
}

/// The most likely format of a file that starts with `head`, by score.
pub fn detect(_head: &[u8]) -> Option<Format> {
    None
}
