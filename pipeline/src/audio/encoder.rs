//! From samples to packets.

use super::layout::ChannelLayout;
use super::sample;
use super::source::SoundFormat;
use crate::error::{Error, Result};
use crate::options::AacProfile;
use std::path::Path;
use transcode_container::{AudioTrack, Packet, PcmFormat, TrackId, TrackSpec};
use transcode_core::aac::enc;
use transcode_core::{ErrorKind, Kernels, Step};

/// What sound is coded as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Coding {
    /// AAC.
    Aac {
        profile: AacProfile,
        rate: AacRate,
        /// Bits that the container adds to each frame and that count in a constant rate.
        overhead: u32,
    },
    /// Samples as they are.
    Pcm(PcmFormat),
}

/// How an AAC encoder spends bits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum AacRate {
    /// What suits the channels and the sampling frequency.
    #[default]
    Usual,
    /// Bits a second, of all channels together.
    Bits(u32),
    /// Constant quality, 1 to 5.
    Quality(u8),
}

/// Sampling frequencies that AAC has names for.
const AAC_RATES: [u32; 12] = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000];

/// Layouts that AAC has names for (ISO/IEC 14496-3 table 1.19).
const AAC_LAYOUTS: [u32; 7] = [0x4, 0x3, 0x7, 0x107, 0x37, 0x3f, 0x63f];

/// Whether AAC has a name for a sampling frequency.
pub(crate) fn aac_takes_rate(rate: u32) -> bool {
    AAC_RATES.contains(&rate)
}

/// Whether AAC has a name for a layout.
pub(crate) fn aac_takes_layout(layout: ChannelLayout) -> bool {
    AAC_LAYOUTS.contains(&layout.mask())
}

/// The sampling frequencies, for messages.
pub(crate) fn aac_rates() -> String {
    AAC_RATES.map(|r| r.to_string()).join(", ")
}

/// What AAC takes that is nearest to `format`, without loss if there is such a thing.
pub(crate) fn aac_format(format: SoundFormat) -> SoundFormat {
    let exact = AAC_RATES.iter().copied().find(|&r| r == format.rate);
    // High rates are divided by a whole number, odd ones go to the next above.
    let divided =
        (2..=8).filter(|d| format.rate.is_multiple_of(*d)).map(|d| format.rate / d).find(|r| AAC_RATES.contains(r));
    let above = AAC_RATES.iter().copied().find(|&r| r >= format.rate).unwrap_or(96000);
    let rate = exact.or(divided.filter(|_| format.rate > 96000)).unwrap_or(above);
    let mask = format.layout.mask();
    let named = |mask: u32| ChannelLayout::of_mask(mask).unwrap_or(ChannelLayout::STEREO);
    let layout = if aac_takes_layout(format.layout) {
        format.layout
    } else {
        match format.layout.channels() {
            1 => named(0x4),
            2 => named(0x3),
            // A low-frequency channel needs 5.1, which every other layout of so many channels fits in, too.
            3..=5 if mask & 8 == 0 => named(0x37),
            3..=6 => named(0x3f),
            _ => named(0x63f),
        }
    };
    SoundFormat { rate, layout }
}

/// Sampling instants in a packet of uncompressed sound, at most.
const PCM_PACKET: usize = 4096;

/// Turns samples into packets.
pub(crate) struct SoundEncoder {
    kind: Kind,
    format: SoundFormat,
    /// Time of the first sample.
    start: i64,
    /// Samples taken.
    taken: i64,
}

enum Kind {
    Aac(Box<enc::Encoder>),
    Pcm(PcmFormat),
}

impl SoundEncoder {
    /// An encoder of sound whose first sample is heard at `start`; `output` is named in errors.
    ///
    /// # Errors
    /// What the encoder refuses of its configuration.
    pub(crate) fn new(
        output: &Path,
        coding: Coding,
        format: SoundFormat,
        start: i64,
        kernels: Kernels,
    ) -> Result<Self> {
        let kind = match coding {
            Coding::Pcm(pcm) => Kind::Pcm(pcm),
            Coding::Aac { profile, rate, overhead } => {
                let channels = u8::try_from(format.layout.channels()).unwrap_or(u8::MAX);
                let mut config = enc::EncoderConfig::new(format.rate, channels);
                config.kernels = kernels;
                config.overhead = overhead;
                config.profile = match profile {
                    AacProfile::Lc => enc::Profile::Lc,
                    AacProfile::He => enc::Profile::HeV1,
                };
                match rate {
                    AacRate::Usual if profile == AacProfile::He => {
                        let bits_per_second = 24_000 * u32::from(channels);
                        config.rate = enc::RateControl::Cbr { bits_per_second };
                    }
                    AacRate::Usual => {}
                    AacRate::Bits(bits_per_second) => config.rate = enc::RateControl::Cbr { bits_per_second },
                    AacRate::Quality(quality) => config.rate = enc::RateControl::Vbr { quality },
                }
                let encoder = enc::Encoder::new(config).map_err(|e| Error::codec(output, "AAC encoder", e))?;
                Kind::Aac(Box::new(encoder))
            }
        };
        Ok(Self { kind, format, start, taken: 0 })
    }
    /// The track that its packets make, in ticks of one sample.
    pub(crate) fn spec(&self) -> TrackSpec {
        let SoundFormat { rate, layout } = self.format;
        let mut audio = AudioTrack {
            sample_rate: rate,
            channels: layout.channels() as u32,
            bits_per_sample: 16,
            channel_mask: layout.mask(),
            ..AudioTrack::default()
        };
        match &self.kind {
            Kind::Aac(encoder) => TrackSpec {
                media_divisor: encoder.frame_length() / 1024,
                ..TrackSpec::aac(encoder.audio_specific_config().to_vec(), audio)
            },
            Kind::Pcm(pcm) => {
                audio.bits_per_sample = 8 * pcm.sample.bytes();
                audio.pcm = Some(*pcm);
                // Uncompressed sound always has a track; this one stands for what cannot be.
                TrackSpec::pcm(audio).unwrap_or_else(|| TrackSpec::aac(Vec::new(), audio))
            }
        }
    }
    /// Takes samples, and gives the packets that they complete to `give`.
    ///
    /// # Errors
    /// What the encoder refuses of the samples, which come from `input`; those of `give`.
    pub(crate) fn push(
        &mut self,
        input: &Path,
        planes: &[Vec<f32>],
        give: &mut dyn FnMut(Packet) -> Result<()>,
    ) -> Result<()> {
        let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        let length = planes.first().map_or(0, |p| p.len());
        match &mut self.kind {
            Kind::Pcm(pcm) => {
                for from in (0..length).step_by(PCM_PACKET) {
                    let to = (from + PCM_PACKET).min(length);
                    let part: Vec<&[f32]> = planes.iter().map(|p| &p[from..to]).collect();
                    let mut data = Vec::new();
                    sample::interleave(&part, *pcm, &mut data);
                    let time = self.start.saturating_add(self.taken).saturating_add(from as i64);
                    let mut packet = Packet::new(TrackId(0), time, time, (to - from) as i64, true, data);
                    packet.samples = (to - from) as u32;
                    give(packet)?;
                }
                self.taken += length as i64;
                Ok(())
            }
            Kind::Aac(encoder) => {
                encoder.send(&planes).map_err(|e| match e.kind {
                    ErrorKind::InvalidConfig { reason, .. } => {
                        Error::InvalidData { path: input.into(), message: format!("the sound has {reason}") }
                    }
                    _ => Error::codec(input, "AAC encoder", e),
                })?;
                self.taken += length as i64;
                self.drain(input, give)
            }
        }
    }
    /// Gives the packets of what the encoder holds back.
    ///
    /// # Errors
    /// As [`SoundEncoder::push`].
    pub(crate) fn finish(&mut self, input: &Path, give: &mut dyn FnMut(Packet) -> Result<()>) -> Result<()> {
        if let Kind::Aac(encoder) = &mut self.kind {
            encoder.finish();
        }
        self.drain(input, give)
    }
    fn drain(&mut self, input: &Path, give: &mut dyn FnMut(Packet) -> Result<()>) -> Result<()> {
        let Kind::Aac(encoder) = &mut self.kind else { return Ok(()) };
        let whole = i64::from(encoder.frame_length());
        while let Step::Output(frame) = encoder.receive().map_err(|e| Error::codec(input, "AAC encoder", e))? {
            // What is heard of the frame begins with the input's first sample and ends with its last one so far: the encoder
            // gives nothing that reaches further before it is told that this was the last.
            let (from, to) = (frame.pts.max(0), frame.pts.saturating_add(whole).min(self.taken));
            let time = self.start.saturating_add(frame.pts);
            let mut packet = Packet::new(TrackId(0), time, time, whole, true, frame.data.to_vec());
            packet.discard = from >= to;
            if !packet.discard {
                packet.trim_start = from - frame.pts;
                packet.trim_end = frame.pts + whole - to;
            }
            give(packet)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(coding: Coding, length: usize, start: i64) -> (TrackSpec, Vec<Packet>) {
        let format = SoundFormat { rate: 44100, layout: ChannelLayout::STEREO };
        let path = Path::new("x");
        let mut encoder = SoundEncoder::new(path, coding, format, start, Kernels::detect()).unwrap();
        let mut packets = Vec::new();
        let mut give = |p| {
            packets.push(p);
            Ok(())
        };
        for piece in vec![0.1f32; length].chunks(5000) {
            encoder.push(path, &[piece.to_vec(), piece.to_vec()], &mut give).unwrap();
        }
        encoder.finish(path, &mut give).unwrap();
        (encoder.spec(), packets)
    }

    #[test]
    fn what_is_heard_is_what_went_in() {
        for profile in [AacProfile::Lc, AacProfile::He] {
            for length in [1, 1023, 1024, 1025, 30_000] {
                let (_, packets) =
                    encode(Coding::Aac { profile, rate: AacRate::Bits(96_000), overhead: 0 }, length, 500);
                let heard: Vec<_> = packets.iter().filter(|p| !p.discard).collect();
                let (first, last) = (heard[0], heard[heard.len() - 1]);
                assert_eq!(first.dts + first.trim_start, 500);
                assert_eq!(last.dts + last.duration - last.trim_end, 500 + length as i64, "{length}");
                assert!(packets.windows(2).all(|p| p[1].dts == p[0].dts + p[0].duration));
                let samples: i64 = heard.iter().map(|p| p.duration - p.trim_start - p.trim_end).sum();
                assert_eq!(samples, length as i64);
            }
        }
    }

    #[test]
    fn uncompressed() {
        let pcm = PcmFormat::little(transcode_container::PcmSample::S16);
        let (spec, packets) = encode(Coding::Pcm(pcm), 10_000, 7);
        assert_eq!(packets.iter().map(|p| p.dts).collect::<Vec<_>>(), [7, 4103, 5007, 9103]);
        assert_eq!(packets.iter().map(|p| p.data.len()).sum::<usize>(), 40_000);
        let transcode_container::TrackKind::Audio(audio) = spec.kind else { panic!() };
        assert_eq!(audio.pcm, Some(pcm));
    }

    #[test]
    fn what_aac_takes() {
        let of = |rate, name: &str| {
            let f = aac_format(SoundFormat { rate, layout: name.parse().unwrap() });
            (f.rate, f.layout.to_string())
        };
        assert_eq!(of(44100, "stereo"), (44100, "stereo".into()));
        assert_eq!(of(192_000, "5.1(side)"), (96000, "5.1".into()));
        assert_eq!(of(176_400, "quad"), (88200, "5.0".into()));
        assert_eq!(of(22255, "2.1"), (24000, "5.1".into()));
        assert_eq!(of(5000, "6.1"), (8000, "7.1".into()));
        assert_eq!(of(705_600, "7.1(wide)"), (88200, "7.1".into()));
    }
}
