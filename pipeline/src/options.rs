//! The choices that a job's options have.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;
use transcode_container::{PcmFormat, PcmSample};

pub use transcode_core::h264::enc::{BAdapt, Direct, NalHrd, PictureKind};
pub use transcode_core::h264::{Preset, Profile, Tune};

/// Names a set of choices once: the enum, its list, its printed names and the parser whose error lists them all.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident, $option:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All choices, in the order to show them in.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that [`FromStr`] takes.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(s: &str) -> Result<Self, Error> {
                named($option, s, Self::ALL, Self::as_str)
            }
        }
    };
}

choices! {
    /// What becomes of the first video track.
    VideoCodec, "video_codec" {
        /// Decode it and encode it as H.264.
        H264 = "h264",
        /// Copy its packets.
        Copy = "copy",
        /// Leave it out, and every other video track.
        None = "none",
    }
}

choices! {
    /// What becomes of the audio tracks.
    AudioCodec, "audio_codec" {
        /// Decode them and encode them as AAC.
        Aac = "aac",
        /// Decode them and write their samples as they are.
        Pcm = "pcm",
        /// Copy their packets.
        Copy = "copy",
        /// Leave them out.
        None = "none",
    }
}

choices! {
    /// Which kind of AAC is encoded.
    AacProfile, "audio_profile" {
        /// AAC LC: what every decoder plays.
        Lc = "lc",
        /// HE-AAC, for low bitrates.
        He = "he",
    }
}

choices! {
    /// How samples of uncompressed sound are stored; little-endian.
    SampleFormat, "sample_format" {
        /// Signed integers of 16 bits.
        S16 = "s16",
        /// Signed integers of 24 bits, in three bytes.
        S24 = "s24",
        /// Signed integers of 32 bits.
        S32 = "s32",
        /// IEEE 754 numbers of 32 bits, full scale at 1.
        F32 = "f32",
        /// IEEE 754 numbers of 64 bits, full scale at 1.
        F64 = "f64",
        /// Unsigned integers of 8 bits.
        U8 = "u8",
    }
}

impl SampleFormat {
    /// The container's name for it.
    pub(crate) fn pcm(self) -> PcmFormat {
        PcmFormat::little(match self {
            Self::U8 => PcmSample::U8,
            Self::S16 => PcmSample::S16,
            Self::S24 => PcmSample::S24,
            Self::S32 => PcmSample::S32,
            Self::F32 => PcmSample::F32,
            Self::F64 => PcmSample::F64,
        })
    }
    /// The format that holds samples stored as `sample` without loss.
    pub(crate) fn of(sample: PcmSample) -> Option<Self> {
        Some(match sample {
            PcmSample::U8 => Self::U8,
            PcmSample::S8 | PcmSample::S16 | PcmSample::ALaw | PcmSample::MuLaw => Self::S16,
            PcmSample::S24 => Self::S24,
            PcmSample::S32 => Self::S32,
            PcmSample::F32 => Self::F32,
            PcmSample::F64 => Self::F64,
        })
    }
}

choices! {
    /// Which kind of track a command is about.
    StreamKind, "stream" {
        /// Moving pictures.
        Video = "video",
        /// Sound.
        Audio = "audio",
    }
}

/// The choice of `all` that is called `s`.
fn named<T: Copy>(option: &'static str, s: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, Error> {
    all.iter().copied().find(|&c| name(c) == s).ok_or_else(|| {
        let good: Vec<_> = all.iter().map(|&c| name(c)).collect();
        Error::option(option, format!("{s:?} is not one of {}", good.join(", ")))
    })
}

/// Reads the name of a preset. (The encoder's own parser cannot say in its error what it was given.)
///
/// # Errors
/// [`Error::InvalidOption`] that lists the names there are.
pub fn parse_preset(s: &str) -> Result<Preset, Error> {
    named("preset", s, Preset::ALL, Preset::name)
}

/// Reads the name of a tune.
///
/// # Errors
/// [`Error::InvalidOption`] that lists the names there are.
pub fn parse_tune(s: &str) -> Result<Tune, Error> {
    named("tune", s, Tune::ALL, Tune::name)
}

/// Parsers of the encoder's other names, each with an error that lists them.
macro_rules! parsers {
    ($($(#[$doc:meta])* $parse:ident: $type:ident = $option:literal,)+) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Error::InvalidOption`] that lists the names there are.
        pub fn $parse(s: &str) -> Result<$type, Error> {
            named($option, s, $type::ALL, $type::name)
        }
    )+};
}

parsers! {
    /// Reads the name of a profile of H.264.
    parse_profile: Profile = "profile",
    /// Reads how the number of B pictures is chosen.
    parse_b_adapt: BAdapt = "b_adapt",
    /// Reads where direct motion comes from.
    parse_direct: Direct = "direct",
    /// Reads whether the stream tells of the decoder's buffer.
    parse_nal_hrd: NalHrd = "nal_hrd",
}

/// How the encoder spends bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Constant quality, 0 (best) to 51; 23 is the default.
    Crf(f32),
    /// Constant quantiser, 0 to 51.
    Qp(u8),
    /// Average bits per second.
    Bitrate(u64),
}

impl Default for Rate {
    fn default() -> Self {
        Self::Crf(23.0)
    }
}

/// Size of the encoded picture in luma samples, before the container's rotation is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resolution {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Resolution {
    type Err = Error;

    /// Reads `1280x720`. Whether the size can be encoded is checked by [`crate::JobBuilder::build`].
    fn from_str(s: &str) -> Result<Self, Error> {
        s.split_once('x')
            .and_then(|(w, h)| Some(Self { width: w.parse().ok()?, height: h.parse().ok()? }))
            .ok_or_else(|| Error::option("resolution", format!("{s:?} is not WIDTHxHEIGHT, like 1280x720")))
    }
}

/// Reads bits per second: a number, or one with `k` (1,000), `M` (1,000,000) or `G` after it, like `500k` or `2.5M`.
///
/// # Errors
/// [`Error::InvalidOption`] if `s` is not such a number, is below 1, or does not fit 64 bits.
pub fn parse_bitrate(s: &str) -> Result<u64, Error> {
    let bad = || Error::option("bitrate", format!("{s:?} is not a number of bits per second, like 500k or 2M"));
    let (digits, unit) = match s.char_indices().last() {
        Some((i, 'k' | 'K')) => (&s[..i], 1_000u64),
        Some((i, 'M' | 'm')) => (&s[..i], 1_000_000),
        Some((i, 'G' | 'g')) => (&s[..i], 1_000_000_000),
        _ => (s, 1),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) || fraction.len() > 9 {
        return Err(bad());
    }
    let number = |t: &str| if t.is_empty() { Ok(0) } else { t.parse::<u64>().map_err(|_| bad()) };
    let part = number(fraction)? * unit;
    let scale = 10u64.pow(fraction.len() as u32);
    if part % scale != 0 {
        return Err(bad());
    }
    let value = number(whole)?.checked_mul(unit).and_then(|v| v.checked_add(part / scale)).ok_or_else(bad)?;
    if value == 0 { Err(bad()) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitrates() {
        for (text, value) in [("1", 1), ("500k", 500_000), ("2M", 2_000_000), ("2.5M", 2_500_000), (".5k", 500)] {
            assert_eq!(parse_bitrate(text).unwrap(), value, "{text}");
        }
        for text in [
            "",
            "k",
            "0",
            "0.0M",
            "-1",
            "1.5",
            "2 M",
            "2Mb",
            "1e6",
            "99999999999999999999",
            "18446744073709552k",
            "1.2345k",
        ] {
            assert!(parse_bitrate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_round_trip_and_errors_list_them() {
        for c in VideoCodec::ALL {
            assert_eq!(c.to_string().parse::<VideoCodec>().unwrap(), *c);
        }
        let error = "vp9".parse::<VideoCodec>().unwrap_err().to_string();
        assert_eq!(error, "video_codec: \"vp9\" is not one of h264, copy, none");
        assert_eq!(parse_preset("fast").unwrap(), Preset::Fast);
        let error = parse_tune("movie").unwrap_err().to_string();
        assert_eq!(
            error,
            "tune: \"movie\" is not one of none, film, animation, grain, psnr, ssim, fastdecode, zerolatency"
        );
    }

    #[test]
    fn resolutions() {
        assert_eq!("1280x720".parse::<Resolution>().unwrap(), Resolution { width: 1280, height: 720 });
        for text in ["1280", "1280x", "x720", "1280X720", "-2x720", "1280x720x1"] {
            assert!(text.parse::<Resolution>().is_err(), "{text}");
        }
    }
}
