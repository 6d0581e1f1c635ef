//! What a caller chooses, and what follows from it.

use super::he;
use crate::aac::config::AudioSpecificConfig;
use crate::aac::layout::{Kind, Layout};
use crate::aac::tables;
use crate::error::{Error, Result};
use transcode_simd::Kernels;

/// What is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// AAC LC: what every decoder plays.
    #[default]
    Lc,
    /// HE-AAC: the upper half of the spectrum is rebuilt from the lower (SBR), for low rates.
    HeV1,
}

/// How the size of the stream is governed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateControl {
    /// A constant rate, within what a decoder's bit reservoir evens out.
    Cbr {
        /// Of all channels together.
        bits_per_second: u32,
    },
    /// A constant quality.
    Vbr {
        /// 1 (smallest) to 5 (best). The rate follows the sound: a mean of twelve clips of stereo music at 44.1 and 48 kHz takes 77, 80, 89,
        /// 106 and 150 kbit/s, the densest of them 96, 100, 113, 137 and 193, speech from 56 on and lone notes from 35.
        quality: u8,
    },
}

/// How to encode.
#[derive(Debug, Clone, Copy)]
pub struct EncoderConfig {
    /// The kernels to compute with. The output does not depend on them.
    pub kernels: Kernels,
    /// Samples a second of the input, 7350 to 96000 (HE-AAC: 16000 to 96000).
    pub sample_rate: u32,
    /// 1 to 6 or 8: mono, stereo, 3.0, 4.0 (with a back centre), 5.0, 5.1, 7.1. Of the LFE channel of the last two a stream may hold only
    /// the lowest 12 of a frame's 1024 lines (ISO/IEC 14496-3, 4.5.2.1.3): what it has above 281 Hz at 48 kHz, in HE-AAC above half of
    /// that, is lost, and above as much less at lower rates.
    pub channels: u8,
    /// What is coded.
    pub profile: Profile,
    /// How the size of the stream is governed.
    pub rate: RateControl,
    /// The highest frequency to keep, in Hz; by default what the rate allows.
    pub bandwidth: Option<u32>,
    /// Bits that a transport adds to each frame and that a constant rate is to include: 56 for ADTS, 0 where the rate is that of the
    /// access units alone, as in MP4.
    pub overhead: u32,
}

impl EncoderConfig {
    /// AAC LC with 64 kbit/s a channel at 44.1 or 48 kHz, and fewer at less.
    pub fn new(sample_rate: u32, channels: u8) -> Self {
        let per_channel = (u64::from(sample_rate.min(96000)) * 64000 / 48000).clamp(12000, 64000) as u32;
        // An LFE channel takes next to nothing.
        let full = if channels >= 6 { channels.saturating_sub(1) } else { channels };
        let bits_per_second = per_channel * u32::from(full.max(1));
        Self {
            kernels: Kernels::detect(),
            sample_rate,
            channels,
            profile: Profile::Lc,
            rate: RateControl::Cbr { bits_per_second },
            bandwidth: None,
            overhead: 0,
        }
    }
}

/// What follows from a configuration that holds.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) asc: AudioSpecificConfig,
    pub(crate) layout: Layout,
    /// For each channel of the stream, which plane it is.
    pub(crate) planes: [usize; 8],
    /// Channels other than LFE.
    pub(crate) full_channels: usize,
    /// The upper half of the spectrum is replicated.
    pub(crate) replicates: bool,
    /// Hz.
    pub(crate) bandwidth: u32,
    pub(crate) rate: RateControl,
    pub(crate) overhead: u32,
    /// Bits a second of each full channel that the rate comes to, about.
    pub(crate) bits_per_channel: u32,
    /// Bits a second of each full channel at which the weight of bits begins.
    pub(crate) level: u32,
}

/// Bandwidth in Hz by bits a second of a channel. Where bits don't reach for all of the band, noise and intensity do: a band that is missing is
/// heard more than one that is coarse.
const BANDWIDTHS: [(u32, u32); 9] = [
    (8000, 5000),
    (12000, 7500),
    (16000, 10500),
    (20000, 12500),
    (24000, 14000),
    (32000, 15500),
    (48000, 17500),
    (64000, 19000),
    (96000, 20000),
];

/// Bits a second of a channel that music takes at the qualities of VBR: what tools and bandwidth they get follows from it.
const VBR_RATES: [u32; 5] = [40_000, 43_000, 48_000, 57_000, 80_000];
/// And where the weight of bits is as a constant rate's begins to be.
const VBR_LEVELS: [u32; 5] = [54_000, 58_000, 71_000, 102_000, 200_000];
/// Both, of HE-AAC, with its core coder's half rate.
const VBR_HE: [u32; 5] = [16_000, 20_000, 26_000, 34_000, 50_000];

/// The line between known points.
fn interpolate(points: &[(u32, u32)], x: u32) -> u32 {
    let Some(i) = points.iter().position(|p| x < p.0) else {
        return points.last().map_or(0, |p| p.1);
    };
    let (x1, y1) = points[i];
    let (x0, y0) = if i == 0 { (0, 2000) } else { points[i - 1] };
    y0 + ((u64::from(x - x0) * u64::from(y1 - y0)) / u64::from(x1 - x0)) as u32
}

impl Plan {
    pub(crate) fn new(config: &EncoderConfig) -> Result<Self> {
        let (lowest, half) = match config.profile {
            Profile::Lc => (7350, 1),
            Profile::HeV1 => (16000, 2),
        };
        if !(lowest..=96000).contains(&config.sample_rate) {
            return Err(Error::config("sample_rate", "expected 7350 to 96000 Hz, for HE-AAC from 16000"));
        }
        let replicates = config.profile == Profile::HeV1;
        if replicates && !tables::SAMPLING_FREQUENCIES.contains(&config.sample_rate) {
            return Err(Error::config("sample_rate", "expected a rate that AAC has a name for, 16000 to 96000 Hz"));
        }
        let configuration = match config.channels {
            n @ 1..=6 => n,
            8 => 12,
            _ => return Err(Error::config("channels", "expected 1 to 6, or 8")),
        };
        let asc =
            AudioSpecificConfig::lc(config.sample_rate / half, configuration, replicates.then_some(config.sample_rate));
        let layout = Layout::new(&asc)?.unwrap_or_default();
        let mut planes = [0; 8];
        for (plane, position) in planes.iter_mut().zip(&layout.positions) {
            // A plane's place in the order of WAV.
            *plane = layout.positions.iter().filter(|p| p.wav_bit() < position.wav_bit()).count();
        }
        let full_channels = layout.slots.iter().filter(|s| s.kind != Kind::Lfe).map(|s| s.channels()).sum::<usize>();
        let (bits_per_channel, level) = match config.rate {
            RateControl::Cbr { bits_per_second } => {
                let channels = u64::from(config.channels);
                let frame = u64::from(bits_per_second) * 1024 / u64::from(asc.sampling_frequency);
                if frame < 64 * channels + u64::from(config.overhead) {
                    return Err(Error::config("bits_per_second", "too low for the sampling rate and the channels"));
                }
                if frame > 6144 * full_channels as u64 {
                    return Err(Error::config("bits_per_second", "more than 6144 bits a frame of each channel"));
                }
                let each = bits_per_second / full_channels as u32;
                (each, each)
            }
            RateControl::Vbr { quality: quality @ 1..=5 } => {
                let i = usize::from(quality) - 1;
                if replicates { (VBR_HE[i], VBR_HE[i]) } else { (VBR_RATES[i], VBR_LEVELS[i]) }
            }
            RateControl::Vbr { .. } => return Err(Error::config("quality", "expected 1 to 5")),
        };
        let highest =
            if replicates { he::crossover(config.sample_rate, bits_per_channel)? } else { asc.sampling_frequency / 2 };
        let bandwidth = match config.bandwidth {
            Some(0) => return Err(Error::config("bandwidth", "expected more than 0 Hz")),
            Some(hz) => hz.min(highest),
            None if replicates => highest,
            // At low sampling rates a bit is worth more: the lines are closer.
            None => {
                let scaled =
                    u64::from(bits_per_channel) * 44100 / u64::from(asc.sampling_frequency.clamp(22050, 48000));
                interpolate(&BANDWIDTHS, scaled as u32).min(highest)
            }
        };
        Ok(Self {
            asc,
            layout,
            planes,
            full_channels,
            replicates,
            bandwidth,
            rate: config.rate,
            overhead: config.overhead,
            bits_per_channel,
            level,
        })
    }

    /// Bands of a long or short window that the bandwidth reaches.
    pub(crate) fn bands(&self, short: bool) -> usize {
        let index = self.asc.sampling_frequency_index;
        let (offsets, length) =
            if short { (tables::short_bands(index), 128) } else { (tables::long_bands(index, 1024), 1024) };
        let lines = (u64::from(self.bandwidth) * 2 * length / u64::from(self.asc.sampling_frequency)) as u16;
        offsets.iter().take_while(|&&o| o < lines).count().clamp(1, offsets.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_in_the_order_of_wav() {
        let plan = Plan::new(&EncoderConfig::new(48000, 6)).unwrap();
        // FC FL FR BL BR LFE of FL FR FC LFE BL BR.
        assert_eq!(plan.planes[..6], [2, 0, 1, 4, 5, 3]);
        let plan = Plan::new(&EncoderConfig::new(48000, 8)).unwrap();
        // FC FL FR SL SR BL BR LFE of FL FR FC LFE BL BR SL SR.
        assert_eq!(plan.planes, [2, 0, 1, 6, 7, 4, 5, 3]);
        assert_eq!(plan.full_channels, 7);
    }

    #[test]
    fn what_does_not_hold_is_refused() {
        let good = EncoderConfig::new(44100, 2);
        assert!(Plan::new(&good).is_ok());
        for bad in [
            EncoderConfig { sample_rate: 0, ..good },
            EncoderConfig { sample_rate: 192_000, ..good },
            EncoderConfig { channels: 0, ..good },
            EncoderConfig { channels: 7, ..good },
            EncoderConfig { rate: RateControl::Cbr { bits_per_second: 0 }, ..good },
            EncoderConfig { rate: RateControl::Cbr { bits_per_second: u32::MAX }, ..good },
            EncoderConfig { overhead: 3000, ..good },
            EncoderConfig { rate: RateControl::Vbr { quality: 0 }, ..good },
            EncoderConfig { rate: RateControl::Vbr { quality: 6 }, ..good },
            EncoderConfig { bandwidth: Some(0), ..good },
        ] {
            assert!(Plan::new(&bad).is_err(), "{bad:?}");
        }
        for rate in crate::aac::tables::SAMPLING_FREQUENCIES {
            for channels in [1, 2, 3, 4, 5, 6, 8] {
                assert!(Plan::new(&EncoderConfig::new(rate, channels)).is_ok(), "{rate} {channels}");
            }
        }
    }
}
