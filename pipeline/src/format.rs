//! What the output's name says about its container.

use crate::audio::encoder::Coding;
use crate::error::{Error, Result};
use crate::output::OutputFile;
use std::path::Path;
use transcode_container::adts::{self, AdtsMuxer};
use transcode_container::annexb::AnnexBMuxer;
use transcode_container::mp4::{Mp4Muxer, Mp4Options, check_track};
use transcode_container::probe::Format;
use transcode_container::wav::{self, WavMuxer, WavOptions};
use transcode_container::{CodecId, Error as ContainerError, Muxer, TrackInfo, TrackSpec};

/// A container that jobs write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// ISO base media, as QuickTime reads it too.
    Mp4,
    /// H.264 byte stream, annex B: one video track and nothing else.
    AnnexB,
    /// WAVE: one track of uncompressed sound and nothing else.
    Wav,
    /// ADTS: one track of AAC and nothing else.
    Adts,
}

/// The endings that name each container, best known first.
const ENDINGS: &[(&str, OutputFormat)] = &[
    ("mp4", OutputFormat::Mp4),
    ("m4v", OutputFormat::Mp4),
    ("m4a", OutputFormat::Mp4),
    ("mov", OutputFormat::Mp4),
    ("264", OutputFormat::AnnexB),
    ("h264", OutputFormat::AnnexB),
    ("wav", OutputFormat::Wav),
    ("aac", OutputFormat::Adts),
];

impl OutputFormat {
    /// The container that `path` is to be.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] that lists the endings there are.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        ENDINGS.iter().find(|(e, _)| *e == ending).map(|&(_, f)| f).ok_or_else(|| {
            let good: Vec<_> = ENDINGS.iter().map(|(e, _)| format!(".{e}")).collect();
            Error::option("output", format!("{} ends in none of {}", path.display(), good.join(", ")))
        })
    }
    /// A writer of this container, of a file that may get so many bytes of sound.
    pub(crate) fn muxer(self, file: OutputFile, expected_bytes: Option<u64>) -> Box<dyn Muxer> {
        match self {
            // The index in front: the film can be watched while it is still being fetched.
            Self::Mp4 => Box::new(Mp4Muxer::new(file, Mp4Options { faststart: true, ..Mp4Options::default() })),
            Self::AnnexB => Box::new(AnnexBMuxer::new(file)),
            Self::Wav => Box::new(WavMuxer::new(file, WavOptions { expected_bytes })),
            Self::Adts => Box::new(AdtsMuxer::new(file)),
        }
    }
    /// Bits that it puts before each frame of AAC, in the same stream: the headers of ADTS. Players tell its rate with them.
    pub(crate) fn frame_overhead(self) -> u32 {
        if self == Self::Adts { 56 } else { 0 }
    }
    /// Whether it holds one track of sound and nothing else.
    pub(crate) fn is_sound_alone(self) -> bool {
        matches!(self, Self::Wav | Self::Adts)
    }
    /// Checks whether it can hold sound that is coded so.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] that says which containers can.
    pub(crate) fn check_coding(self, coding: &Coding, output: &Path) -> Result<()> {
        let reason = match (self, coding) {
            (Self::Wav, Coding::Aac { .. }) => "aac cannot be written into WAVE; .m4a, .mp4 and .aac hold it",
            (Self::Adts, Coding::Pcm(_)) => "pcm cannot be written into ADTS; .wav, .mp4 and .mov hold it",
            (Self::AnnexB, _) => "an H.264 byte stream holds no sound",
            _ => return Ok(()),
        };
        Err(Error::option("audio_codec", format!("{}: {reason}", output.display())))
    }
    /// How a copy of `track`, of a file of format `from`, is told to this container's muxer.
    ///
    /// # Errors
    /// `Unsupported` if it cannot hold one.
    pub(crate) fn copy_of(self, track: &TrackInfo, from: Format) -> std::result::Result<TrackSpec, ContainerError> {
        let unsupported = |feature: String| Err(ContainerError::unsupported(feature));
        let spec = TrackSpec::copy_of(track)?;
        match (self, track.codec) {
            (Self::AnnexB, _) if track.video().is_none() => {
                unsupported("a track besides the video in an H.264 byte stream".into())
            }
            (Self::AnnexB, _) => Ok(spec),
            (Self::Wav, _) => wav::check_track(&spec).map(|()| spec),
            (Self::Adts, _) => adts::check_track(&spec).map(|()| spec),
            (Self::Mp4, _) if from == Format::AnnexB || from == Format::Y4m => {
                unsupported("copying a track without presentation times into MP4".into())
            }
            (Self::Mp4, CodecId::H264) if track.codec_private.is_empty() => {
                unsupported("copying H.264 with its parameter sets in the stream into MP4".into())
            }
            // Their packets are pieces of the stream, not frames.
            (Self::Mp4, codec) if from == Format::MpegTs && codec != CodecId::Aac => {
                unsupported(format!("copying {codec} out of a transport stream into MP4"))
            }
            (Self::Mp4, _) => check_track(&spec).map(|()| spec),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings() {
        assert_eq!(OutputFormat::of(Path::new("a/b.MP4")).unwrap(), OutputFormat::Mp4);
        assert_eq!(OutputFormat::of(Path::new("b.x.264")).unwrap(), OutputFormat::AnnexB);
        for bad in ["mp4", "a.mkv", "a.", ".mp4"] {
            let e = OutputFormat::of(Path::new(bad)).unwrap_err().to_string();
            assert!(e.contains(".mp4, .m4v"), "{e}");
        }
    }
}
