//! As much of AAC as framing needs: `AudioSpecificConfig` and the ADTS header (ISO/IEC 14496-3 1.6.2.1, 1.A.2.2).

use transcode_core::bits::BitReader;

/// `samplingFrequencyIndex`, table 1.18.
const RATES: [u32; 13] = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/// `audioObjectType` of SBR and PS, which stand before the type that they extend.
const SBR: u32 = 5;
const PS: u32 = 29;

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

fn object_type(r: &mut BitReader<'_>) -> Option<u32> {
    match r.u(5).ok()? {
        31 => Some(32 + r.u(6).ok()?),
        n => Some(n),
    }
}

fn sampling_frequency(r: &mut BitReader<'_>) -> Option<u32> {
    match r.u(4).ok()? {
        15 => r.u(24).ok(),
        i => RATES.get(i as usize).copied(),
    }
}

impl AudioConfig {
    /// Reads the record; `None` if it is cut short, reserved, or of no rate.
    pub(crate) fn parse(asc: &[u8]) -> Option<Self> {
        let mut r = BitReader::new(asc);
        let mut kind = object_type(&mut r)?;
        let sample_rate = sampling_frequency(&mut r).filter(|&rate| rate != 0)?;
        let channels = channels_of(r.u(4).ok()?);
        if kind == SBR || kind == PS {
            let _extension_rate = sampling_frequency(&mut r)?;
            kind = object_type(&mut r)?;
        }
        // GASpecificConfig begins with frameLengthFlag: 960 samples instead of 1024; of AAC-LD half of that.
        let short = matches!(kind, 1..=4 | 6 | 7 | 17 | 19..=23) && r.flag().ok()?;
        let frame_length = match (kind, short) {
            (23 | 39, false) => 512,
            (23 | 39, true) => 480,
            (_, false) => 1024,
            (_, true) => 960,
        };
        Some(Self { sample_rate, channels, frame_length })
    }
}

/// Table 1.19.
fn channels_of(configuration: u32) -> u32 {
    match configuration {
        7 | 12 | 14 => 8,
        11 => 7,
        13 => 24,
        n @ 1..=6 => n,
        _ => 0,
    }
}

/// `AudioSpecificConfig` of a stream of `object_type` (1 to 4) at `rate` with `channels`, if there is one.
pub(crate) fn config_of(object_type: u8, rate: u32, channels: u8) -> Option<[u8; 2]> {
    let index = RATES.iter().position(|&r| r == rate)? as u16;
    let channels = if channels == 8 { 7 } else { u16::from(channels & 15) };
    Some((u16::from(object_type) << 11 | index << 7 | channels << 3).to_be_bytes())
}

/// An ADTS header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AdtsHeader {
    /// `profile_ObjectType` + 1: an `audioObjectType`.
    pub(crate) object_type: u8,
    /// `sampling_frequency_index`.
    rate_index: u8,
    /// `channel_configuration`.
    channel_configuration: u8,
    /// `aac_frame_length`, header included.
    pub(crate) frame_length: usize,
    /// Bytes of the header and its CRC.
    pub(crate) header_length: usize,
    /// `number_of_raw_data_blocks_in_frame`.
    pub(crate) blocks: u8,
}

impl AdtsHeader {
    /// Bytes that [`AdtsHeader::parse`] needs.
    pub(crate) const SIZE: usize = 7;

    /// Reads the header at the start of `d`.
    pub(crate) fn parse(d: &[u8]) -> Option<Self> {
        let h: &[u8; Self::SIZE] = d.first_chunk()?;
        // syncword, and layer 0.
        if h[0] != 0xff || h[1] & 0xf6 != 0xf0 {
            return None;
        }
        let header = Self {
            object_type: (h[2] >> 6) + 1,
            rate_index: h[2] >> 2 & 15,
            channel_configuration: (h[2] & 1) << 2 | h[3] >> 6,
            frame_length: usize::from(h[3] & 3) << 11 | usize::from(h[4]) << 3 | usize::from(h[5] >> 5),
            // protection_absent.
            header_length: if h[1] & 1 == 1 { 7 } else { 9 },
            blocks: (h[6] & 3) + 1,
        };
        let valid = usize::from(header.rate_index) < RATES.len() && header.frame_length > header.header_length;
        valid.then_some(header)
    }
    /// `AudioSpecificConfig` of the same stream. (A channel configuration of 0 stays: the program configuration is in
    /// the stream.)
    pub(crate) fn config(&self) -> [u8; 2] {
        let (rate, channels) = (u16::from(self.rate_index), u16::from(self.channel_configuration));
        (u16::from(self.object_type) << 11 | rate << 7 | channels << 3).to_be_bytes()
    }
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
        assert_eq!((h.frame_length, h.header_length, h.blocks, h.config()), (371, 7, 1, [0x12, 0x10]));
        assert_eq!(AdtsHeader::parse(&[0xff, 0xf1, 0x50, 0x80, 0x00, 0x1f, 0xfc]), None, "shorter than its header");
        assert_eq!(AdtsHeader::parse(&[0xff, 0xfb, 0x50, 0x80, 0x2e, 0x7f, 0xfc]), None, "layer III");
    }
}
