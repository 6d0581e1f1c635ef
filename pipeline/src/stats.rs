//! What a finished job tells.

use std::fmt;
use std::time::Duration;
use transcode_core::h264::EncodeStats;

/// Something that a job did not carry into the output, though the job as a whole succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A track that the output's container cannot hold was left out.
    TrackDropped {
        /// The track's number in the input.
        track: u32,
        /// What kind of track it is and why it was left out.
        reason: String,
    },
    /// The video is damaged; the decoder has concealed what it could.
    Damaged {
        /// Pictures of which parts were missing and have been concealed.
        concealed: u64,
        /// NAL units that could not be read to their end.
        units: u64,
    },
    /// The source is interlaced: each pair of fields is coded as one progressive picture, and their order is not told.
    FieldsWoven {
        /// How many pictures are such pairs.
        pictures: u64,
    },
    /// The source has samples of more than 8 bits or finer chroma than 4:2:0, and was coded as 8-bit 4:2:0.
    SampleFormatReduced {
        /// How many pictures it was done to.
        pictures: u64,
    },
}

impl Warning {
    /// The warning about a damaged stream, if it is one.
    pub(crate) fn of_damage(concealed: u64, units: u64) -> Option<Self> {
        (concealed > 0 || units > 0).then_some(Self::Damaged { concealed, units })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TrackDropped { track, reason } => write!(f, "track {track} left out: {reason}"),
            Self::Damaged { concealed, units } => {
                write!(f, "the video is damaged: {units} NAL units not read, {concealed} pictures concealed")
            }
            Self::SampleFormatReduced { pictures } => {
                write!(f, "the samples of {pictures} pictures were reduced to 8-bit 4:2:0")
            }
            Self::FieldsWoven { pictures } => {
                write!(f, "the video is interlaced: the fields of {pictures} pictures are coded as progressive ones")
            }
        }
    }
}

/// What a job did with the audio tracks that it coded anew, all of them together. Tracks that are copied do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AudioStats {
    /// Packets decoded.
    pub packets_decoded: u64,
    /// Samples decoded, of each channel, without priming and padding.
    pub samples_decoded: u64,
    /// Damaged frames that the decoder concealed.
    pub concealed: u64,
    /// Bits per second of what was decoded.
    pub bitrate_decoded: u64,
    /// Packets encoded.
    pub packets_encoded: u64,
    /// Samples given to the encoder, of each channel.
    pub samples_encoded: u64,
    /// Bits per second of what was encoded.
    pub bitrate_encoded: u64,
}

impl AudioStats {
    /// Bits per second of `bytes` for `samples`, of which `rate` are a second.
    pub(crate) fn bitrate(bytes: u64, samples: u64, rate: u32) -> u64 {
        let bits = u128::from(bytes) * 8 * u128::from(rate);
        (bits / u128::from(samples.max(1))).try_into().unwrap_or(u64::MAX)
    }
    /// Takes in another track.
    pub(crate) fn add(&mut self, other: &Self) {
        self.packets_decoded += other.packets_decoded;
        self.samples_decoded += other.samples_decoded;
        self.concealed += other.concealed;
        self.bitrate_decoded += other.bitrate_decoded;
        self.packets_encoded += other.packets_encoded;
        self.samples_encoded += other.samples_encoded;
        self.bitrate_encoded += other.bitrate_encoded;
    }
}

/// What a finished job did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stats {
    /// Packets read from the input and processed: decoded or copied.
    pub packets_processed: u64,
    /// Pictures that the decoder gave out, including those that an edit list does not present.
    pub frames_decoded: u64,
    /// Pictures encoded.
    pub frames_encoded: u64,
    /// Damaged pictures that the decoder concealed.
    pub concealed: u64,
    /// The audio that was coded anew, if there was any.
    pub audio: Option<AudioStats>,
    /// Size of the input file in bytes.
    pub input_size: u64,
    /// Size of the output file in bytes.
    pub output_size: u64,
    /// Media time of the output.
    pub duration: Duration,
    /// Wall time of the job.
    pub elapsed: Duration,
    /// Media time over wall time.
    pub speed: f64,
    /// What the encoder tells of its pictures: kinds, quantisers, bits and, if it was asked for, their error.
    pub video: EncodeStats,
    /// Bits per second of the encoded video, 0 if none was encoded.
    pub video_bitrate: f64,
    /// What was not carried over.
    pub warnings: Vec<Warning>,
}

impl Stats {
    /// Input size over output size; 0 if nothing was written.
    pub fn compression_ratio(&self) -> f64 {
        if self.output_size == 0 { 0.0 } else { self.input_size as f64 / self.output_size as f64 }
    }
}
