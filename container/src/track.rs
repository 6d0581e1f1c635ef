//! What is known of a track.

use std::borrow::Cow;
use std::fmt;

use transcode_core::ChromaFormat;

use crate::{PcmFormat, Timebase, TrackId};

/// A four-character code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FourCc(pub [u8; 4]);

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&b| match b {
            0x20..=0x7e => write!(f, "{}", char::from(b)),
            _ => write!(f, "\\x{b:02x}"),
        })
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{self}'")
    }
}

/// Which codec a track's packets are coded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodecId {
    /// ITU-T H.264 | ISO/IEC 14496-10.
    H264,
    /// ITU-T H.265 | ISO/IEC 23008-2.
    Hevc,
    /// AOMedia Video 1.
    Av1,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// ISO/IEC 14496-2.
    Mpeg4Visual,
    /// ITU-T H.263.
    H263,
    /// ISO/IEC 13818-2 or 11172-2.
    Mpeg2Video,
    /// JPEG pictures.
    Mjpeg,
    /// Uncompressed pictures.
    RawVideo,
    /// ISO/IEC 14496-3 (any audio object type) or 13818-7.
    Aac,
    /// The same in LATM/LOAS framing, with its configuration inside (ISO/IEC 14496-3 1.7).
    AacLatm,
    /// MPEG-1/2 audio layer III (layers I and II have the same object types in MP4).
    Mp3,
    /// Dolby AC-3.
    Ac3,
    /// Dolby E-AC-3.
    Eac3,
    /// Apple lossless.
    Alac,
    /// Opus.
    Opus,
    /// FLAC.
    Flac,
    /// Vorbis.
    Vorbis,
    /// Uncompressed sound; the four-character code says how.
    Pcm(FourCc),
    /// Anything else, by its four-character code.
    Other(FourCc),
}

impl fmt::Display for CodecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
            Self::Av1 => "av1",
            Self::Vp8 => "vp8",
            Self::Vp9 => "vp9",
            Self::Mpeg4Visual => "mpeg4",
            Self::H263 => "h263",
            Self::Mpeg2Video => "mpeg2video",
            Self::Mjpeg => "mjpeg",
            Self::RawVideo => "rawvideo",
            Self::Aac => "aac",
            Self::AacLatm => "aac_latm",
            Self::Mp3 => "mp3",
            Self::Ac3 => "ac3",
            Self::Eac3 => "eac3",
            Self::Alac => "alac",
            Self::Opus => "opus",
            Self::Flac => "flac",
            Self::Vorbis => "vorbis",
            Self::Pcm(code) => return write!(f, "pcm ({code})"),
            Self::Other(code) => return write!(f, "{code}"),
        })
    }
}

/// An ISO 639-2/T language: three lower-case letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(pub(crate) [u8; 3]);

impl Language {
    /// `und`.
    pub const UNDETERMINED: Self = Self(*b"und");
    /// The language `code`, if it is three letters a to z.
    pub fn new(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_lowercase).then_some(Self(code))
    }
    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("und")
    }
    /// The language of an ISO 639-2 code, bibliographic or terminological, as Matroska and transport streams have it;
    /// undetermined if it is none.
    pub(crate) fn of_iso639_2(code: &[u8]) -> Self {
        // The twenty languages whose bibliographic code differs.
        let code: &[u8] = match code {
            b"alb" => b"sqi",
            b"arm" => b"hye",
            b"baq" => b"eus",
            b"bur" => b"mya",
            b"chi" => b"zho",
            b"cze" => b"ces",
            b"dut" => b"nld",
            b"fre" => b"fra",
            b"geo" => b"kat",
            b"ger" => b"deu",
            b"gre" => b"ell",
            b"ice" => b"isl",
            b"mac" => b"mkd",
            b"mao" => b"mri",
            b"may" => b"msa",
            b"per" => b"fas",
            b"rum" => b"ron",
            b"slo" => b"slk",
            b"tib" => b"bod",
            b"wel" => b"cym",
            other => other,
        };
        std::str::from_utf8(code).ok().and_then(Self::new).unwrap_or(Self::UNDETERMINED)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A `tkhd` transformation: `[a b u; c d v; x y w]`, row by row; a b c d x y in 16.16 and u v w in 2.30 fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matrix(pub [i32; 9]);

impl Matrix {
    /// No change.
    pub const IDENTITY: Self = Self([1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30]);

    /// Clockwise rotation in degrees (0, 90, 180, 270) to apply for display, and whether the picture is mirrored left
    /// to right before it; `None` for a matrix that is neither (shear, odd angles, a zero determinant).
    pub fn orientation(&self) -> Option<(u16, bool)> {
        let [a, b, _, c, d, ..] = self.0;
        let signs = (a.signum(), b.signum(), c.signum(), d.signum());
        Some(match signs {
            (1, 0, 0, 1) => (0, false),
            (0, 1, -1, 0) => (90, false),
            (-1, 0, 0, -1) => (180, false),
            (0, -1, 1, 0) => (270, false),
            (-1, 0, 0, 1) => (0, true),
            (0, -1, -1, 0) => (90, true),
            (1, 0, 0, -1) => (180, true),
            (0, 1, 1, 0) => (270, true),
            _ => return None,
        })
    }
    /// Whether display swaps width and height.
    pub fn swaps_sides(&self) -> bool {
        matches!(self.orientation(), Some((90 | 270, _)))
    }
}

impl Default for Matrix {
    fn default() -> Self {
        Self::IDENTITY
    }
}

/// Colour description: the code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour {
    /// `colour_primaries`.
    pub primaries: u16,
    /// `transfer_characteristics`.
    pub transfer: u16,
    /// `matrix_coefficients`.
    pub matrix: u16,
    /// `full_range_flag`; `None` where the container does not say (QuickTime `nclc`).
    pub full_range: Option<bool>,
}

/// Where chroma samples lie between luma samples, for 4:2:0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChromaSiting {
    /// In the middle of four luma samples (JPEG, MPEG-1; H.264 `chroma_sample_loc_type` 1).
    Centre,
    /// Beside the left ones, between two rows (MPEG-2, H.264; `chroma_sample_loc_type` 0).
    Left,
    /// Cb on the row of the upper, Cr on that of the lower left sample (PAL DV).
    PalDv,
}

/// Planar samples: luma, then both chroma planes; 8 bits in a byte, more in two bytes, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelFormat {
    /// Chroma subsampling.
    pub chroma: ChromaFormat,
    /// Bits of a sample, 8 to 16.
    pub depth: u8,
    /// Where the chroma samples lie, if the file says.
    pub siting: Option<ChromaSiting>,
}

impl PixelFormat {
    /// Width and height of each plane of a picture.
    pub fn planes(&self, width: u32, height: u32) -> impl Iterator<Item = (u32, u32)> {
        let (x, y) = self.chroma.shifts();
        let chroma = (width.div_ceil(1 << x), height.div_ceil(1 << y));
        std::iter::once((width, height)).chain(std::iter::repeat_n(chroma, self.chroma.planes() - 1))
    }
    /// Bytes of a picture.
    pub fn frame_bytes(&self, width: u32, height: u32) -> u64 {
        let samples: u64 = self.planes(width, height).map(|(w, h)| u64::from(w) * u64::from(h)).sum();
        samples.saturating_mul(if self.depth > 8 { 2 } else { 1 })
    }
}

/// A video track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VideoTrack {
    /// Width of the coded picture in samples, after cropping.
    pub width: u32,
    /// Height of the coded picture in samples, after cropping.
    pub height: u32,
    /// How to turn the picture for display.
    pub matrix: Matrix,
    /// Pixel aspect ratio (width, height) of `pasp`.
    pub sample_aspect_ratio: Option<(u32, u32)>,
    /// Colour description of `colr`.
    pub colour: Option<Colour>,
    /// What the samples of uncompressed video are.
    pub pixel_format: Option<PixelFormat>,
    /// Width and height of the track header in 16.16, verbatim: the size before `matrix` at which it is shown.
    pub display_size: Option<(u32, u32)>,
    /// Pictures a second as a fraction, where the container says it as such (Matroska's `DefaultDuration`).
    pub frame_rate: Option<(u32, u32)>,
}

/// An audio track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioTrack {
    /// Samples a second, as the container says.
    pub sample_rate: u32,
    /// Channels, as the container says.
    pub channels: u32,
    /// Bits a sample, as the container says; 0 where unknown.
    pub bits_per_sample: u32,
    /// `volume` of the track header, 8.8 fixed point.
    pub volume: i16,
    /// Where the channels are heard, as the bits of a `WAVEFORMATEXTENSIBLE`'s `dwChannelMask`; channels come in the order
    /// of the bits. 0 where the container does not say, or says an order that is none of bits.
    pub channel_mask: u32,
    /// How samples are stored, of uncompressed sound; `None` of coded sound, and of a form that is not known here.
    pub pcm: Option<PcmFormat>,
}

impl Default for AudioTrack {
    fn default() -> Self {
        Self { sample_rate: 0, channels: 0, bits_per_sample: 0, volume: 0x100, channel_mask: 0, pcm: None }
    }
}

/// Picture, sound, or something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackKind {
    /// Moving pictures.
    Video(VideoTrack),
    /// Sound.
    Audio(AudioTrack),
    /// Text, time codes, metadata, ...
    Other,
}

impl TrackKind {
    /// The audio description, if it is sound.
    pub fn audio(&self) -> Option<&AudioTrack> {
        match self {
            Self::Audio(a) => Some(a),
            _ => None,
        }
    }
}

/// One description of a track's packets. A track may switch between several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleEntry {
    /// Its four-character code (`avc1`, `mp4a`, ...).
    pub format: FourCc,
    /// The codec that it means.
    pub codec: CodecId,
    /// The codec's configuration: payload of `avcC`, `hvcC`, ...; of `esds` the `DecoderSpecificInfo`.
    pub codec_private: Vec<u8>,
    /// The whole box, verbatim.
    pub raw: Vec<u8>,
}

/// One entry of an edit list (ISO/IEC 14496-12 8.6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// `segment_duration` in ticks of [`EditList::timebase`]; 0 in a last entry is "to the end" in fragmented files.
    pub duration: u64,
    /// `media_time` in ticks of the track; -1 is an empty edit.
    pub media_time: i64,
    /// `media_rate`, 16.16: 0x10000 plays, 0 holds one picture.
    pub rate: i32,
}

/// An edit list with the clock that its durations are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditList {
    /// Clock of the durations: in MP4 the movie timescale.
    pub timebase: Timebase,
    /// The entries; none means that the presentation is the whole media.
    pub edits: Vec<Edit>,
}

impl EditList {
    /// Presentation time, in ticks of `timebase`, at which the first edit that presents media starts: the length of the
    /// empty edits before it. `None` if there is no such edit.
    pub fn start(&self, timebase: Timebase) -> Option<i64> {
        let first = self.edits.iter().position(|e| e.media_time >= 0)?;
        let empty = self.edits[..first].iter().fold(0, |sum: u64, e| sum.saturating_add(e.duration));
        Some(self.timebase.rescale(i64::try_from(empty).unwrap_or(i64::MAX), timebase))
    }
}

/// Everything that is known of a track without decoding it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackInfo {
    /// Index in [`crate::Demuxer::tracks`].
    pub id: TrackId,
    /// The file's own number for it.
    pub source_id: u32,
    /// Picture, sound or other.
    pub kind: TrackKind,
    /// The codec of the first sample entry.
    pub codec: CodecId,
    /// The configuration of the first sample entry.
    pub codec_private: Vec<u8>,
    /// All sample entries; [`crate::Packet::entry`] says which one a packet belongs to.
    pub sample_entries: Vec<SampleEntry>,
    /// Clock of the packets' times.
    pub timebase: Timebase,
    /// Length of the track's presentation in its ticks, edit list applied.
    pub duration: Option<i64>,
    /// Number of stored samples, where the container counts them.
    pub sample_count: Option<u64>,
    /// Language of the content.
    pub language: Language,
    /// BCP 47 tag (`elng`).
    pub extended_language: Option<String>,
    /// Edit list as stored.
    pub edit_list: EditList,
    /// Handler type.
    pub handler: FourCc,
    /// Handler name.
    pub handler_name: String,
    /// Media header box, verbatim.
    pub media_header: Vec<u8>,
    /// `tkhd` flags.
    pub flags: u32,
    /// `alternate_group`.
    pub alternate_group: i16,
    /// Why the track can't be read, if so (encrypted, data in another file, ...): the text of the
    /// [`crate::Error::Unsupported`] that selecting it gives.
    pub unsupported: Option<Cow<'static, str>>,
}

impl TrackInfo {
    /// The video description, if it is a video track.
    pub fn video(&self) -> Option<&VideoTrack> {
        match &self.kind {
            TrackKind::Video(v) => Some(v),
            _ => None,
        }
    }
    /// The audio description, if it is an audio track.
    pub fn audio(&self) -> Option<&AudioTrack> {
        self.kind.audio()
    }
    /// A track of which nothing more is known: no media timeline of its own, enabled, of no language.
    pub(crate) fn new(id: TrackId, source_id: u32, kind: TrackKind, codec: CodecId, timebase: Timebase) -> Self {
        let (handler, name) = match kind {
            TrackKind::Video(_) => (*b"vide", "VideoHandler"),
            TrackKind::Audio(_) => (*b"soun", "SoundHandler"),
            TrackKind::Other => (*b"data", ""),
        };
        Self {
            id,
            source_id,
            kind,
            codec,
            codec_private: Vec::new(),
            sample_entries: Vec::new(),
            timebase,
            duration: None,
            sample_count: None,
            language: Language::UNDETERMINED,
            extended_language: None,
            edit_list: EditList { timebase, edits: Vec::new() },
            handler: FourCc(handler),
            handler_name: name.into(),
            media_header: Vec::new(),
            flags: 3,
            alternate_group: 0,
            unsupported: None,
        }
    }
    /// Mean packets a second: pictures a second for video. `None` where it can't be told.
    pub fn mean_rate(&self) -> Option<f64> {
        if let Some((num, den)) = self.video().and_then(|v| v.frame_rate) {
            return Some(f64::from(num) / f64::from(den));
        }
        let seconds = self.timebase.seconds(self.duration?);
        let count = self.sample_count? as f64;
        (seconds > 0.0 && count > 0.0).then(|| count / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_of_an_edit_list() {
        let start = |edits: &[(u64, i64)]| {
            let edits = edits.iter().map(|&(duration, media_time)| Edit { duration, media_time, rate: 1 << 16 });
            EditList { timebase: Timebase::per_second(1000), edits: edits.collect() }.start(Timebase::per_second(90000))
        };
        assert_eq!(start(&[]), None);
        assert_eq!(start(&[(5, -1)]), None, "nothing is presented");
        assert_eq!(start(&[(100, 7), (5, -1)]), Some(0));
        assert_eq!(start(&[(5, -1), (6, -1), (9, 3)]), Some(990));
        assert_eq!(start(&[(u64::MAX, -1), (u64::MAX, -1), (9, 3)]), Some(i64::MAX), "a hostile one");
    }

    #[test]
    fn orientation_of_the_eight_matrices() {
        let m = |a, b, c, d| Matrix([a << 16, b << 16, 0, c << 16, d << 16, 0, 7, 9, 1 << 30]).orientation();
        assert_eq!(m(1, 0, 0, 1), Some((0, false)));
        assert_eq!(m(0, 1, -1, 0), Some((90, false)));
        assert_eq!(m(0, -1, 1, 0), Some((270, false)));
        assert_eq!(m(1, 0, 0, -1), Some((180, true)), "upside down is a mirror and half a turn");
        assert_eq!(m(1, 1, 0, 1), None);
    }

    #[test]
    fn mirrored_quarter_turns_compose() {
        // Row vectors: (x y) * M. Mirroring left to right is diag(-1, 1); a clockwise quarter turn is [0 1; -1 0].
        let mul = |p: [i32; 4], q: [i32; 4]| {
            [p[0] * q[0] + p[1] * q[2], p[0] * q[1] + p[1] * q[3], p[2] * q[0] + p[3] * q[2], p[2] * q[1] + p[3] * q[3]]
        };
        let mut m = [-1, 0, 0, 1];
        for turn in 0..4u16 {
            let full = Matrix([m[0], m[1], 0, m[2], m[3], 0, 0, 0, 1]);
            assert_eq!(full.orientation(), Some((turn * 90, true)), "{m:?}");
            m = mul(m, [0, 1, -1, 0]);
        }
    }
}
