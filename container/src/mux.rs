//! The writing side: what every muxer takes.

use crate::track::{EditList, FourCc, Language, SampleEntry, TrackInfo, TrackKind};
use crate::{AudioTrack, CodecId, Error, Packet, Result, Timebase, TrackId, VideoTrack};

/// Which timeline a track's packets are on when they reach a muxer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timing {
    /// Presentation times. Time 0 is the start of the film: the muxer derives the edit list. A later start becomes an
    /// empty edit; what lies before 0 (audio priming) or is marked [`Packet::discard`] is kept but cut off.
    Presentation,
    /// Media times as [`crate::Selection::Media`] gives them, with the edit list that goes with them.
    Media(EditList),
}

/// A track to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackSpec {
    /// Picture, sound or other, with what is known of it.
    pub kind: TrackKind,
    /// The codec.
    pub codec: CodecId,
    /// Sample entries to write verbatim; empty if the muxer shall build one from `codec` and `codec_private`.
    pub sample_entries: Vec<SampleEntry>,
    /// Codec configuration (H.264: the `AVCDecoderConfigurationRecord`) for a sample entry that the muxer builds.
    pub codec_private: Vec<u8>,
    /// Clock of the packets. MP4 needs `num` 1: others are carried as `den` with times multiplied by `num`.
    pub timebase: Timebase,
    /// Ticks of `timebase` in one of the media timeline that MP4 stores; at least 1. Where it is more, packets must be a multiple of
    /// it apart, while edits stay exact to the tick; only with [`Timing::Presentation`]. HE-AAC has 2: its media timeline counts samples of the core coder, which is what
    /// FFmpeg takes the samples to skip for.
    pub media_divisor: u32,
    /// Which timeline the packets are on.
    pub timing: Timing,
    /// With [`Timing::Presentation`]: presentation time in ticks at which the first edit starts, where that may be
    /// before the first packet that is not discarded: a film cut inside a picture. A discarded packet at or before it
    /// is then what the edit starts with; without one the time until the first packet is an empty edit.
    pub edit_start: Option<i64>,
    /// Language of the content.
    pub language: Language,
    /// BCP 47 language tag.
    pub extended_language: Option<String>,
    /// Four-character handler type (`vide`, `soun`, `text`, ...).
    pub handler: FourCc,
    /// Handler name, for people.
    pub handler_name: String,
    /// Media header box (`gmhd`, `nmhd`, ...) to write verbatim for kinds other than video and audio.
    pub media_header: Vec<u8>,
    /// `tkhd` flags: 1 enabled, 2 in movie, 4 in preview.
    pub flags: u32,
    /// `alternate_group`: tracks of the same nonzero group are alternatives.
    pub alternate_group: i16,
}

impl TrackSpec {
    /// A track that takes the packets of `source` unchanged, read with [`crate::Selection::Media`].
    ///
    /// # Errors
    /// `Unsupported` if the track can't be copied into another file.
    pub fn copy_of(source: &TrackInfo) -> Result<Self> {
        if let Some(feature) = &source.unsupported {
            return Err(Error::unsupported(feature.clone()));
        }
        Ok(Self {
            kind: source.kind.clone(),
            codec: source.codec,
            sample_entries: source.sample_entries.clone(),
            codec_private: source.codec_private.clone(),
            timebase: source.timebase,
            media_divisor: 1,
            // Containers without sample entries have one timeline, that of presentation.
            timing: match source.sample_entries.is_empty() {
                true => Timing::Presentation,
                false => Timing::Media(source.edit_list.clone()),
            },
            edit_start: None,
            language: source.language,
            extended_language: source.extended_language.clone(),
            handler: source.handler,
            handler_name: source.handler_name.clone(),
            media_header: source.media_header.clone(),
            flags: source.flags,
            alternate_group: source.alternate_group,
        })
    }
    /// A video track of encoded H.264 in length-prefixed NAL units, on the presentation timeline.
    /// `avcc` is the `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15 5.3.3.1).
    pub fn h264(avcc: Vec<u8>, video: VideoTrack, timebase: Timebase) -> Self {
        Self {
            kind: TrackKind::Video(video),
            codec: CodecId::H264,
            sample_entries: Vec::new(),
            codec_private: avcc,
            timebase,
            media_divisor: 1,
            timing: Timing::Presentation,
            edit_start: None,
            language: Language::UNDETERMINED,
            extended_language: None,
            handler: FourCc(*b"vide"),
            handler_name: "VideoHandler".into(),
            media_header: Vec::new(),
            flags: 3,
            alternate_group: 0,
        }
    }
    /// An audio track of AAC access units on the presentation timeline, in ticks of its sampling frequency (that of the output,
    /// where SBR doubles it). `asc` is the `AudioSpecificConfig` (ISO/IEC 14496-3 1.6.2.1).
    pub fn aac(asc: Vec<u8>, audio: AudioTrack) -> Self {
        Self { codec_private: asc, ..Self::sound(CodecId::Aac, audio) }
    }
    /// An audio track of uncompressed samples, as `audio` describes them, on the presentation timeline, in ticks of its sampling
    /// frequency. `None` if it does not.
    pub fn pcm(audio: AudioTrack) -> Option<Self> {
        Some(Self::sound(CodecId::Pcm(audio.pcm?.fourcc()), audio))
    }
    fn sound(codec: CodecId, audio: AudioTrack) -> Self {
        Self {
            kind: TrackKind::Audio(audio),
            codec,
            sample_entries: Vec::new(),
            codec_private: Vec::new(),
            timebase: Timebase::per_second(audio.sample_rate),
            media_divisor: 1,
            timing: Timing::Presentation,
            edit_start: None,
            language: Language::UNDETERMINED,
            extended_language: None,
            handler: FourCc(*b"soun"),
            handler_name: "SoundHandler".into(),
            media_header: Vec::new(),
            flags: 3,
            alternate_group: 0,
        }
    }
    /// Takes over what is not a matter of coding from the track that this one is made from: language, handler name,
    /// flags, alternate group, start of the first edit.
    #[must_use]
    pub fn described_like(mut self, source: &TrackInfo) -> Self {
        self.edit_start = source.edit_list.start(source.timebase);
        self.language = source.language;
        self.extended_language.clone_from(&source.extended_language);
        self.handler_name.clone_from(&source.handler_name);
        self.flags = source.flags;
        self.alternate_group = source.alternate_group;
        self
    }
}

/// What a muxer wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MuxSummary {
    /// Bytes in the file.
    pub bytes: u64,
    /// Packets over all tracks.
    pub packets: u64,
}

/// A file being written: tracks first, then packets, then [`Muxer::finish`].
pub trait Muxer: Send {
    /// Adds a track.
    ///
    /// # Errors
    /// `Unsupported` if the container can't hold it; `InvalidInput` after the first packet.
    fn add_track(&mut self, track: TrackSpec) -> Result<TrackId>;
    /// Writes a packet of the track `packet.track` (the id that [`Muxer::add_track`] returned). The packets of one
    /// track come in decoding order; tracks are interleaved in the order in which they arrive.
    ///
    /// # Errors
    /// `Io`; `InvalidInput` for packets that the container can't represent.
    fn write_packet(&mut self, packet: &Packet) -> Result<()>;
    /// Completes the file. Without it the file is not whole.
    ///
    /// # Errors
    /// `Io`; `InvalidInput`.
    fn finish(&mut self) -> Result<MuxSummary>;
    /// Bytes written so far.
    fn bytes_written(&self) -> u64;
}
