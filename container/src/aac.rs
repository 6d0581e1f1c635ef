//! As much of AAC as framing needs, over the parsers of the codec's crate (ISO/IEC 14496-3 1.6.2.1, 1.A.2.2).

use transcode_core::aac::{AdtsHeader, AudioSpecificConfig};

/// `samplingFrequencyIndex`, table 1.18.
const RATES: [u32; 13] = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/// What an `AudioSpecificConfig` says of time and channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AudioConfig {
    /// Rate of the core codec: that of the frames.
    pub(crate) sample_rate: u32,
    /// `channelConfiguration` as a number of channels; 0 where a program configuration says it.
    pub(crate) channels: u32,
    /// Samples of the core codec in a frame.
    pub(crate) frame_length: u32,
}

impl AudioConfig {
    /// Reads the record; `None` if it is cut short, reserved, of no rate, or of a codec that is no AAC.
    pub(crate) fn parse(asc: &[u8]) -> Option<Self> {
        let config = AudioSpecificConfig::parse(asc).ok().filter(|c| c.sampling_frequency != 0)?;
        Some(Self {
            sample_rate: config.sampling_frequency,
            channels: channels_of(config.channel_configuration),
            frame_length: config.frame_length.into(),
        })
    }
    /// What an ADTS header says of the same.
    pub(crate) fn of_adts(header: &AdtsHeader) -> Option<Self> {
        let sample_rate = *RATES.get(usize::from(header.sampling_frequency_index))?;
        Some(Self { sample_rate, channels: channels_of(header.channel_configuration), frame_length: 1024 })
    }
}

/// Table 1.19.
fn channels_of(configuration: u8) -> u32 {
    match configuration {
        7 | 12 | 14 => 8,
        11 => 7,
        13 => 24,
        n @ 1..=6 => n.into(),
        _ => 0,
    }
}

fn record(object_type: u8, rate_index: u8, channel_configuration: u8) -> [u8; 2] {
    let (rate, channels) = (u16::from(rate_index), u16::from(channel_configuration));
    (u16::from(object_type) << 11 | rate << 7 | channels << 3).to_be_bytes()
}

/// `AudioSpecificConfig` of a stream of `object_type` (1 to 4) at `rate` with `channels`, if there is one.
pub(crate) fn config_of(object_type: u8, rate: u32, channels: u8) -> Option<[u8; 2]> {
    let index = RATES.iter().position(|&r| r == rate)? as u8;
    Some(record(object_type, index, if channels == 8 { 7 } else { channels & 15 }))
}

/// `AudioSpecificConfig` of a stream with this ADTS header. (A channel configuration of 0 stays: the program configuration
/// is in the stream.)
pub(crate) fn config_of_adts(header: &AdtsHeader) -> [u8; 2] {
    record(header.object_type.0, header.sampling_frequency_index, header.channel_configuration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations() {
        let lc = AudioConfig { sample_rate: 44100, channels: 2, frame_length: 1024 };
        assert_eq!(AudioConfig::parse(&[0x12, 0x10]), Some(lc));
        assert_eq!(AudioConfig::parse(&[0x12, 0x14]), Some(AudioConfig { frame_length: 960, ..lc }));
        // HE-AAC, explicit: object type 5, 24 kHz, 2 channels, 48 kHz, object type 2.
        let he = AudioConfig { sample_rate: 24000, channels: 2, frame_length: 1024 };
        assert_eq!(AudioConfig::parse(&[0x2b, 0x11, 0x88, 0x00]), Some(he));
        // A rate written out: index 15, 24 bits.
        let odd = [0x17, 0x80, 0x1f, 0x40, 0x08];
        assert_eq!(AudioConfig::parse(&odd).map(|c| c.sample_rate), Some(16000));
        assert_eq!(AudioConfig::parse(&[0x12]), None);
        assert_eq!(AudioConfig::parse(&[0x16, 0x90]), None, "a reserved rate");
        assert_eq!(config_of(2, 44100, 2), Some([0x12, 0x10]));
        assert_eq!(config_of(2, 44000, 2), None);
    }

    #[test]
    fn adts() {
        let h = AdtsHeader::parse(&[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]).unwrap();
        assert_eq!(config_of_adts(&h), [0x12, 0x10]);
        assert_eq!(AudioConfig::of_adts(&h), AudioConfig::parse(&[0x12, 0x10]));
    }
}
