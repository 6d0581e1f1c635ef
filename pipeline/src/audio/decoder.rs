//! What takes the packets of each codec apart.

use super::layout::ChannelLayout;
use super::sample;
use crate::error::{Error, Result};
use std::path::Path;
use transcode_container::{CodecId, Packet, PcmFormat, TrackInfo};
use transcode_core::aac::{self, PacketTime};
use transcode_core::{Kernels, Limits, Step};

/// Decoded samples: planes of one length, in the order of WAVE.
pub(crate) struct Decoded<'a> {
    pub(crate) rate: u32,
    pub(crate) layout: ChannelLayout,
    pub(crate) planes: &'a [&'a [f32]],
    /// They stand for something that could not be read.
    pub(crate) concealed: bool,
}

impl Decoded<'_> {
    pub(crate) fn len(&self) -> usize {
        self.planes.iter().map(|p| p.len()).min().unwrap_or(0)
    }
}

/// Takes what was decoded.
pub(crate) type Take<'a> = &'a mut dyn FnMut(Decoded<'_>) -> Result<()>;

/// A decoder of sound.
pub(crate) trait SoundDecoder: Send {
    /// Decodes a packet.
    ///
    /// # Errors
    /// What the packet wants and this decoder cannot do; what is wrong with it, if the decoder is strict; those of `take`.
    fn decode(&mut self, packet: &Packet, take: Take<'_>) -> Result<()>;
    /// Gives what is left at the end of the track.
    ///
    /// # Errors
    /// As [`SoundDecoder::decode`]; and the first thing wrong if nothing at all could be decoded.
    fn finish(&mut self, take: Take<'_>) -> Result<()>;
    /// Samples at the very start that the encoder put there, where the stream itself says so in `first`, its first packet.
    fn told_priming(&self, _first: &Packet) -> u32 {
        0
    }
}

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoundOptions {
    pub(crate) kernels: Kernels,
    /// Stop at the first error instead of concealing it.
    pub(crate) strict: bool,
}

/// Whether there is a decoder for a track's sound; if not, what it would be for.
///
/// # Errors
/// The name of the codec.
pub(crate) fn can_decode(track: &TrackInfo) -> std::result::Result<(), String> {
    match track.codec {
        CodecId::Aac | CodecId::AacLatm => Ok(()),
        CodecId::Pcm(_) if track.audio().is_some_and(|a| a.pcm.is_some()) => Ok(()),
        #[cfg(feature = "symphonia")]
        codec if super::symphonia::decodes(codec) => Ok(()),
        codec => Err(format!("decoding sound coded as {codec}")),
    }
}

/// A decoder for `track` of the file at `path`.
///
/// # Errors
/// What the track's configuration wants and cannot be done.
pub(crate) fn decoder(path: &Path, track: &TrackInfo, options: SoundOptions) -> Result<Box<dyn SoundDecoder>> {
    can_decode(track).map_err(|feature| Error::Unsupported { path: path.into(), feature })?;
    match (track.codec, track.audio()) {
        (CodecId::Pcm(_), Some(audio)) => {
            let bad = || Error::InvalidData { path: path.into(), message: "sound without channels".into() };
            let layout = ChannelLayout::described(audio.channels, audio.channel_mask).ok_or_else(bad)?;
            let Some(format) = audio.pcm else { return Err(bad()) };
            let planes = vec![Vec::new(); layout.channels()];
            Ok(Box::new(PcmDecoder { format, layout, rate: audio.sample_rate, planes }))
        }
        #[cfg(feature = "symphonia")]
        (codec, _) if super::symphonia::decodes(codec) => {
            Ok(Box::new(super::symphonia::Decoder::new(path, track, options.strict)?))
        }
        _ => Ok(Box::new(AacDecoder::new(path, track, options)?)),
    }
}

/// Uncompressed sound.
struct PcmDecoder {
    format: PcmFormat,
    layout: ChannelLayout,
    rate: u32,
    planes: Vec<Vec<f32>>,
}

impl SoundDecoder for PcmDecoder {
    fn decode(&mut self, packet: &Packet, take: Take<'_>) -> Result<()> {
        self.planes.iter_mut().for_each(Vec::clear);
        sample::deinterleave(&packet.data, self.format, &mut self.planes);
        let planes: Vec<&[f32]> = self.planes.iter().map(Vec::as_slice).collect();
        take(Decoded { rate: self.rate, layout: self.layout, planes: &planes, concealed: false })
    }
    fn finish(&mut self, _take: Take<'_>) -> Result<()> {
        Ok(())
    }
}

/// AAC.
struct AacDecoder {
    path: std::path::PathBuf,
    decoder: aac::Decoder,
    /// Offset in the file of the packet that was sent last.
    place: Option<u64>,
}

impl AacDecoder {
    fn new(path: &Path, track: &TrackInfo, options: SoundOptions) -> Result<Self> {
        let mut config = aac::DecoderConfig::new();
        config.kernels = options.kernels;
        config.strict = options.strict;
        config.limits = Limits::default();
        let mut decoder = aac::Decoder::new(config);
        // Without a configuration the stream says what it is: ADTS, LOAS or ADIF.
        if !track.codec_private.is_empty() && track.codec == CodecId::Aac {
            decoder
                .configure(&track.codec_private)
                .map_err(|e| Error::codec(path, "in the configuration of the sound", e))?;
        }
        Ok(Self { path: path.into(), decoder, place: None })
    }
    fn drain(&mut self, take: Take<'_>) -> Result<()> {
        loop {
            let step = self.decoder.receive().map_err(|e| {
                let place = self.place.map_or_else(|| "in the sound".into(), |at| format!("in the sound at byte {at}"));
                Error::codec(&self.path, &place, e)
            })?;
            let Step::Output(frame) = step else { return Ok(()) };
            let (layout, order) = ChannelLayout::of_positions(frame.positions());
            let planes: Vec<&[f32]> = order.iter().map(|&i| frame.channel(i)).collect();
            let (rate, concealed) = (frame.sample_rate(), frame.concealed());
            take(Decoded { rate, layout, planes: &planes, concealed })?;
        }
    }
}

impl SoundDecoder for AacDecoder {
    fn decode(&mut self, packet: &Packet, take: Take<'_>) -> Result<()> {
        self.place = packet.offset;
        let time = PacketTime { pts: packet.pts, duration: Some(packet.duration) };
        self.decoder.send(&packet.data, time).map_err(|e| Error::codec(&self.path, "in the sound", e))?;
        self.drain(take)
    }
    fn finish(&mut self, take: Take<'_>) -> Result<()> {
        self.decoder.finish();
        self.drain(take)
    }
    fn told_priming(&self, first: &Packet) -> u32 {
        // FAAC signs its first frame in a fill element, and puts one frame of nothing in front.
        if contains_at_any_bit(&first.data, b"libfaac ") { 1024 } else { 0 }
    }
}

/// Whether `data` holds `text`, starting at any bit.
fn contains_at_any_bit(data: &[u8], text: &[u8]) -> bool {
    (0..8).any(|shift| {
        let byte = |i: usize| {
            let pair = u16::from(data[i]) << 8 | u16::from(data.get(i + 1).copied().unwrap_or(0));
            (pair << shift >> 8) as u8
        };
        (0..data.len().saturating_sub(text.len() - 1)).any(|i| text.iter().enumerate().all(|(k, &c)| byte(i + k) == c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_at_any_bit() {
        for shift in 0..8u32 {
            let mut data = vec![0u8; 14];
            for (i, &c) in b"libfaac ".iter().enumerate() {
                let wide = u16::from(c) << (8 - shift);
                data[3 + i] |= (wide >> 8) as u8;
                data[4 + i] |= wide as u8;
            }
            assert!(contains_at_any_bit(&data, b"libfaac "), "{shift}");
            assert!(!contains_at_any_bit(&data[..10], b"libfaac "));
            assert!(!contains_at_any_bit(&data, b"libfdk__"));
        }
        assert!(!contains_at_any_bit(&[], b"libfaac "));
    }
}
