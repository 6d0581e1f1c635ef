//! What the output's name says about its container.

use crate::error::{Error, Result};
use crate::output::OutputFile;
use std::path::Path;
use transcode_container::annexb::AnnexBMuxer;
use transcode_container::mp4::{Mp4Muxer, Mp4Options};
use transcode_container::{Error as ContainerError, Muxer, TrackInfo};

/// A container that jobs write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// ISO base media, as QuickTime reads it too.
    Mp4,
    /// H.264 byte stream, annex B: one video track and nothing else.
    AnnexB,
}

/// The endings that name each container, best known first.
const ENDINGS: &[(&str, OutputFormat)] = &[
    ("mp4", OutputFormat::Mp4),
    ("m4v", OutputFormat::Mp4),
    ("m4a", OutputFormat::Mp4),
    ("mov", OutputFormat::Mp4),
    ("264", OutputFormat::AnnexB),
    ("h264", OutputFormat::AnnexB),
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
    /// A writer of this container.
    pub(crate) fn muxer(self, file: OutputFile) -> Box<dyn Muxer> {
        match self {
            // The index in front: the film can be watched while it is still being fetched.
            Self::Mp4 => Box::new(Mp4Muxer::new(file, Mp4Options { faststart: true, ..Mp4Options::default() })),
            Self::AnnexB => Box::new(AnnexBMuxer::new(file)),
        }
    }
    /// Why this container cannot hold a copy of `track`, if that is known without asking a muxer.
    pub(crate) fn refuses(self, track: &TrackInfo) -> Option<ContainerError> {
        match self {
            Self::AnnexB if track.video().is_none() => {
                Some(ContainerError::unsupported("a track besides the video in an H.264 byte stream"))
            }
            Self::Mp4 if track.sample_entries.is_empty() => {
                Some(ContainerError::unsupported("copying a track without presentation times into MP4"))
            }
            _ => None,
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
