//! MP3, Vorbis, FLAC and ALAC, by the crate `symphonia`: its decoders, and its readers for files that have no container of ours.

use super::decoder::{Decoded, SoundDecoder, Take};
use super::layout::ChannelLayout;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_OPUS, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};
use transcode_container::probe::Format;
use transcode_container::{
    AudioTrack, CodecId, Demuxer, Error as ContainerError, MediaInfo, Packet, Selection, SyncPoint, Timebase, TrackId,
    TrackInfo, TrackKind, TrackSpec,
};

/// Whether there is a decoder here for a codec.
pub(crate) fn decodes(codec: CodecId) -> bool {
    matches!(codec, CodecId::Mp3 | CodecId::Vorbis | CodecId::Flac | CodecId::Alac)
}

/// Whether files of a format are read here.
pub(crate) fn reads(format: Format) -> bool {
    matches!(format, Format::MpegAudio | Format::Flac | Format::Ogg)
}

fn invalid(path: &Path, e: &SymphoniaError) -> Error {
    let message = format!("{e}, in the sound");
    match e {
        SymphoniaError::Unsupported(feature) => Error::Unsupported { path: path.into(), feature: (*feature).into() },
        SymphoniaError::LimitError(_) => Error::Limit { path: path.into(), message },
        _ => Error::InvalidData { path: path.into(), message },
    }
}

/// One packet of a track, decoded.
pub(crate) struct Decoder {
    path: PathBuf,
    codec: CodecId,
    /// Made when the first packet tells which layer of MPEG audio it is of.
    decoder: Option<Box<dyn AudioDecoder>>,
    params: AudioCodecParameters,
    strict: bool,
    /// Bytes of MPEG audio that are no whole frame yet.
    rest: Vec<u8>,
    /// What was decoded last: rate and layout.
    last: Option<(u32, ChannelLayout)>,
    planes: Vec<Vec<f32>>,
    first_error: Option<Error>,
    decoded: bool,
}

impl Decoder {
    /// A decoder for a track of the file at `path`.
    ///
    /// # Errors
    /// What its configuration wants and cannot be done.
    pub(crate) fn new(path: &Path, track: &TrackInfo, strict: bool) -> Result<Self> {
        let mut params = AudioCodecParameters::new();
        let private = &track.codec_private;
        let (codec, extra) = match track.codec {
            CodecId::Vorbis => (CODEC_ID_VORBIS, vorbis_headers(private)),
            // The box of MP4 is a full one, and so is that of metadata blocks inside.
            CodecId::Flac => (CODEC_ID_FLAC, private.get(8..42).map(<[u8]>::to_vec)),
            CodecId::Alac => (CODEC_ID_ALAC, private.get(4..).map(<[u8]>::to_vec)),
            _ => (CODEC_ID_MP3, None),
        };
        params.for_codec(codec);
        if let Some(extra) = extra {
            params.with_extra_data(extra.into_boxed_slice());
        }
        if let Some(audio) = track.audio() {
            params.with_sample_rate(audio.sample_rate);
        }
        let mut new = Self {
            path: path.into(),
            codec: track.codec,
            decoder: None,
            params,
            strict,
            rest: Vec::new(),
            last: None,
            planes: Vec::new(),
            first_error: None,
            decoded: false,
        };
        if track.codec != CodecId::Mp3 {
            new.make()?;
        }
        Ok(new)
    }
    fn make(&mut self) -> Result<()> {
        // What of the ends is heard is decided elsewhere, the same for all codecs.
        let options = AudioDecoderOptions::default().gapless(false);
        let made = symphonia::default::get_codecs().make_audio_decoder(&self.params, &options);
        self.decoder = Some(made.map_err(|e| invalid(&self.path, &e))?);
        Ok(())
    }
    /// Decodes a frame; `samples` is what it is said to hold.
    fn frame(&mut self, data: &[u8], samples: i64, take: Take<'_>) -> Result<()> {
        if self.decoder.is_none() {
            self.make()?;
        }
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::new(samples.max(0) as u64), data);
        match decoder.decode_ref(&packet) {
            Ok(buffer) => {
                let spec = buffer.spec();
                let (rate, channels) = (spec.rate(), spec.channels().clone());
                buffer.copy_to_vecs_planar::<f32>(&mut self.planes);
                let layout = layout_of(&channels, self.planes.len());
                let Some(layout) = layout else { return Ok(()) };
                self.last = Some((rate, layout));
                self.decoded = true;
                let planes: Vec<&[f32]> = self.planes.iter().map(Vec::as_slice).collect();
                take(Decoded { rate, layout, planes: &planes, concealed: false })
            }
            Err(e @ (SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_))) if !self.strict => {
                let error = invalid(&self.path, &e);
                self.first_error.get_or_insert(error);
                // Silence, as long as it should have been.
                let Some((rate, layout)) = self.last.filter(|_| samples > 0) else { return Ok(()) };
                let silence = vec![0.0; samples as usize];
                let planes = vec![&silence[..]; layout.channels()];
                take(Decoded { rate, layout, planes: &planes, concealed: true })
            }
            Err(e) => Err(invalid(&self.path, &e)),
        }
    }
}

/// Positions as symphonia has them: the lower 18 are those of a WAVE channel mask.
fn layout_of(channels: &Channels, planes: usize) -> Option<ChannelLayout> {
    let mask = match channels {
        Channels::Positioned(positions) => u32::try_from(positions.bits()).ok().filter(|m| m >> 18 == 0).unwrap_or(0),
        _ => 0,
    };
    ChannelLayout::described(planes as u32, mask)
}

impl SoundDecoder for Decoder {
    fn decode(&mut self, packet: &Packet, take: Take<'_>) -> Result<()> {
        if self.codec != CodecId::Mp3 {
            return self.frame(&packet.data, packet.duration, take);
        }
        // Transport streams cut MPEG audio anywhere.
        let mut data = std::mem::take(&mut self.rest);
        data.extend_from_slice(&packet.data);
        let mut at = 0;
        while let Some(waiting) = data.get(at..).filter(|d| d.len() >= 4) {
            let Some(frame) = mpa::Frame::parse(waiting) else {
                at += 1;
                continue;
            };
            let Some(bytes) = waiting.get(..frame.length) else { break };
            if self.decoder.is_none() {
                self.params.for_codec([CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][usize::from(frame.layer) - 1]);
            }
            self.frame(bytes, frame.samples.into(), take)?;
            at += frame.length;
        }
        data.drain(..at.min(data.len()));
        self.rest = data;
        Ok(())
    }
    fn finish(&mut self, _take: Take<'_>) -> Result<()> {
        match self.first_error.take() {
            Some(e) if !self.decoded => Err(e),
            _ => Ok(()),
        }
    }
}

/// The identification and setup headers of Vorbis, one behind the other. Matroska laces them with the comment between them.
fn vorbis_headers(private: &[u8]) -> Option<Vec<u8>> {
    let Some((2, mut rest)) = private.split_first().map(|(&n, rest)| (n, rest)) else { return Some(private.to_vec()) };
    let mut sizes = [0usize; 2];
    for size in &mut sizes {
        loop {
            let (&byte, more) = rest.split_first()?;
            rest = more;
            *size = size.checked_add(byte.into())?;
            if byte != 255 {
                break;
            }
        }
    }
    let identification = rest.get(..sizes[0])?;
    let setup = rest.get(sizes[0].checked_add(sizes[1])?..)?;
    Some([identification, setup].concat())
}

/// MPEG audio frames (ISO/IEC 11172-3 2.4.1.3, 13818-3 2.4.1).
mod mpa {
    /// What a header tells.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Frame {
        /// 1 to 3.
        pub(super) layer: u8,
        /// Bytes of the frame.
        pub(super) length: usize,
        /// Samples of each channel.
        pub(super) samples: u32,
    }

    /// Kilobits a second by index: layers I, II and III of MPEG-1; layer I, and II and III of MPEG-2.
    const RATES: [[u32; 15]; 5] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];

    impl Frame {
        /// Reads the header that `d` begins with.
        pub(super) fn parse(d: &[u8]) -> Option<Self> {
            let h: &[u8; 4] = d.first_chunk()?;
            let (version, layer, rate) = (h[1] >> 3 & 3, 4 - (h[1] >> 1 & 3), usize::from(h[2] >> 4));
            let frequency = [44100u32, 48000, 32000].get(usize::from(h[2] >> 2 & 3))?;
            if h[0] != 0xff || h[1] & 0xe0 != 0xe0 || version == 1 || layer == 4 || rate == 0 || rate == 15 {
                return None;
            }
            let mpeg1 = version == 3;
            let row = match (mpeg1, layer) {
                (true, l) => usize::from(l) - 1,
                (false, 1) => 3,
                (false, _) => 4,
            };
            let frequency = frequency >> (3 - version).min(2);
            let bits = RATES[row][rate] * 1000;
            let padding = u32::from(h[2] >> 1 & 1);
            let (samples, length) = match (layer, mpeg1) {
                (1, _) => (384, (12 * bits / frequency + padding) * 4),
                (3, false) => (576, 72 * bits / frequency + padding),
                _ => (1152, 144 * bits / frequency + padding),
            };
            Some(Self { layer, length: length as usize, samples })
        }
    }

    #[cfg(test)]
    #[test]
    fn headers() {
        let frame = |h: [u8; 4]| Frame::parse(&h).map(|f| (f.layer, f.length, f.samples));
        assert_eq!(frame([0xff, 0xfb, 0x90, 0x64]), Some((3, 417, 1152)), "128 kbit/s at 44.1 kHz");
        assert_eq!(frame([0xff, 0xfd, 0xa4, 0x00]), Some((2, 576, 1152)), "layer II, 192 kbit/s at 48 kHz");
        assert_eq!(frame([0xff, 0xf3, 0x80, 0x64]), Some((3, 208, 576)), "MPEG-2, 64 kbit/s at 22.05 kHz");
        assert_eq!(frame([0xff, 0xff, 0xf0, 0x00]), None);
        assert_eq!(frame([0xff, 0xf1, 0x50, 0x80]), None, "ADTS");
    }
}

/// Reads MP3, FLAC and Ogg files: one track, forward.
pub(crate) struct SymphoniaDemuxer {
    path: PathBuf,
    reader: Box<dyn FormatReader>,
    /// The track in the reader's own numbers.
    number: u32,
    info: MediaInfo,
    tracks: [TrackInfo; 1],
    selected: bool,
    /// Something was read.
    moved: bool,
    given: u64,
}

fn open_reader(path: &Path) -> std::result::Result<Box<dyn FormatReader>, ContainerError> {
    let file = File::open(path).map_err(|e| ContainerError::from(e).with_path(path))?;
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(of_symphonia)
}

fn of_symphonia(e: SymphoniaError) -> ContainerError {
    match e {
        SymphoniaError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            ContainerError::unexpected_end("sound", 0)
        }
        SymphoniaError::IoError(e) => e.into(),
        SymphoniaError::Unsupported(feature) => ContainerError::unsupported(feature),
        SymphoniaError::DecodeError(what) => ContainerError::invalid(what, 0),
        _ => ContainerError::invalid("sound", 0),
    }
}

impl SymphoniaDemuxer {
    /// Opens a file, which is of `format`.
    ///
    /// # Errors
    /// What its reader finds wrong.
    pub(crate) fn open(path: &Path, format: Format) -> std::result::Result<Self, ContainerError> {
        let size = std::fs::metadata(path)?.len();
        let reader = open_reader(path)?;
        let track = reader
            .first_track(TrackType::Audio)
            .ok_or_else(|| ContainerError::unsupported(format!("{format} without a track of sound that is known")))?;
        let Some(CodecParameters::Audio(params)) = &track.codec_params else {
            return Err(ContainerError::unsupported(format!("{format} of an unknown codec")));
        };
        let extra = params.extra_data.as_deref().unwrap_or(&[]);
        let (codec, codec_private) = match params.codec {
            CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3 => (CodecId::Mp3, Vec::new()),
            CODEC_ID_VORBIS => (CodecId::Vorbis, extra.to_vec()),
            // As MP4 has it: a full box of one metadata block, the last.
            CODEC_ID_FLAC => (CodecId::Flac, [&[0, 0, 0, 0, 0x80, 0, 0, 34], extra].concat()),
            CODEC_ID_OPUS => (CodecId::Opus, Vec::new()),
            other => return Err(ContainerError::unsupported(format!("{format} of codec {other}"))),
        };
        let rate = params.sample_rate.unwrap_or(0);
        if rate == 0 {
            return Err(ContainerError::unsupported(format!("{format} of an unknown sampling frequency")));
        }
        let timebase =
            track.time_base.map_or(Timebase::per_second(rate), |t| Timebase::new(t.numer.get(), t.denom.get()));
        let channels = params.channels.as_ref().map_or(0, |c| c.count() as u32);
        let mask =
            params.channels.as_ref().and_then(|c| layout_of(c, channels as usize)).map_or(0, ChannelLayout::mask);
        let audio = AudioTrack {
            sample_rate: rate,
            channels,
            bits_per_sample: params.bits_per_sample.unwrap_or(16),
            channel_mask: mask,
            ..AudioTrack::default()
        };
        let template = TrackSpec::aac(Vec::new(), audio);
        let duration = track.num_frames.and_then(|n| i64::try_from(n).ok());
        let info = TrackInfo {
            id: TrackId(0),
            source_id: track.id,
            kind: TrackKind::Audio(audio),
            codec,
            codec_private,
            sample_entries: Vec::new(),
            timebase,
            duration,
            sample_count: None,
            language: template.language,
            extended_language: None,
            edit_list: transcode_container::EditList { timebase, edits: Vec::new() },
            handler: template.handler,
            handler_name: template.handler_name,
            media_header: Vec::new(),
            flags: template.flags,
            alternate_group: 0,
            unsupported: None,
        };
        let media = MediaInfo { format, duration, timebase, size, metadata: BTreeMap::new() };
        let number = track.id;
        Ok(Self {
            path: path.into(),
            reader,
            number,
            info: media,
            tracks: [info],
            selected: true,
            moved: false,
            given: 0,
        })
    }
    fn check(&self, track: TrackId) -> std::result::Result<(), ContainerError> {
        if track.0 == 0 { Ok(()) } else { Err(ContainerError::input("track", "no such track")) }
    }
    fn rewind(&mut self) -> std::result::Result<(), ContainerError> {
        if self.moved {
            self.reader = open_reader(&self.path)?;
        }
        (self.moved, self.given) = (false, 0);
        Ok(())
    }
}

impl Demuxer for SymphoniaDemuxer {
    fn info(&self) -> &MediaInfo {
        &self.info
    }
    fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }
    fn select(&mut self, track: TrackId, selection: Selection) -> std::result::Result<(), ContainerError> {
        self.check(track)?;
        self.selected = selection != Selection::Off;
        self.rewind()
    }
    fn next_packet(&mut self) -> std::result::Result<Option<Packet>, ContainerError> {
        while self.selected {
            self.moved = true;
            let Some(packet) = self.reader.next_packet().map_err(of_symphonia)? else { return Ok(None) };
            if packet.track_id != self.number {
                continue;
            }
            self.given += 1;
            let ticks = |d: Duration| i64::try_from(d.get()).unwrap_or(i64::MAX);
            let (trim_start, trim_end) = (ticks(packet.trim_start), ticks(packet.trim_end));
            // Theirs are what is left after trimming.
            let pts = packet.pts.get().saturating_sub(trim_start);
            let duration = ticks(packet.dur).saturating_add(trim_start).saturating_add(trim_end);
            let mut out = Packet::new(TrackId(0), pts, pts, duration, true, packet.data.into_vec());
            (out.trim_start, out.trim_end) = (trim_start, trim_end);
            return Ok(Some(out));
        }
        Ok(None)
    }
    fn packet_count(&self, _track: TrackId) -> Option<u64> {
        None
    }
    fn sync_points(&mut self, track: TrackId) -> std::result::Result<Vec<SyncPoint>, ContainerError> {
        self.check(track)?;
        Ok(vec![SyncPoint { position: 0, pts: Some(0), dts: 0, discard: false, place: [0; 2] }])
    }
    fn seek(&mut self, track: TrackId, position: u64) -> std::result::Result<(), ContainerError> {
        self.check(track)?;
        self.rewind()?;
        while self.given < position {
            if self.next_packet()?.is_none() {
                return Err(ContainerError::input("position", "past the end of the track"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laced_headers() {
        let mut private = vec![2, 3, 255, 1];
        private.extend(b"idt");
        private.extend(vec![0; 256]);
        private.extend(b"setup");
        assert_eq!(vorbis_headers(&private).unwrap(), b"idtsetup");
        assert_eq!(vorbis_headers(b"\x01vorbis").unwrap(), b"\x01vorbis", "not laced");
        assert_eq!(vorbis_headers(&[2, 255]), None);
    }
}
