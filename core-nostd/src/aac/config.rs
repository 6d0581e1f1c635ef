//! `AudioSpecificConfig()`, ISO/IEC 14496-3 1.6.2.1: what a stream of access units is, as MP4 and LATM carry it.

use super::pce::ProgramConfig;
#[cfg(feature = "aac-dec")]
use super::sbr::Header;
use super::tables;
use crate::bits::BitReader;
#[cfg(feature = "aac-enc")]
use crate::bits::BitWriter;
use crate::error::{Error, Result};
#[cfg(feature = "aac-enc")]
use alloc::vec::Vec;

/// An audio object type (table 1.17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AudioObjectType(pub u8);

impl AudioObjectType {
    /// AAC Main.
    pub const MAIN: Self = Self(1);
    /// AAC LC.
    pub const LC: Self = Self(2);
    /// AAC SSR.
    pub const SSR: Self = Self(3);
    /// AAC LTP.
    pub const LTP: Self = Self(4);
    /// Spectral band replication.
    pub const SBR: Self = Self(5);
    /// ER AAC LC.
    pub const ER_LC: Self = Self(17);
    /// ER AAC LTP.
    pub const ER_LTP: Self = Self(19);
    /// ER AAC LD.
    pub const ER_LD: Self = Self(23);
    /// Parametric stereo.
    pub const PS: Self = Self(29);
    /// ER AAC ELD.
    pub const ER_ELD: Self = Self(39);

    /// `GetAudioObjectType()`.
    fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let short = r.u(5)? as u8;
        Ok(Self(if short == 31 { 32 + r.u(6)? as u8 } else { short }))
    }

    /// Whether a `GASpecificConfig()` follows.
    fn is_general_audio(self) -> bool {
        matches!(self.0, 1..=4 | 6 | 7 | 17 | 19..=23)
    }

    /// Whether an `epConfig` follows.
    pub(crate) fn is_error_resilient(self) -> bool {
        matches!(self.0, 17 | 19..=27 | 39)
    }

    /// The name that users know it by.
    pub const fn name(self) -> &'static str {
        match self.0 {
            1 => "AAC Main",
            2 => "AAC LC",
            3 => "AAC SSR",
            4 => "AAC LTP",
            5 => "HE-AAC",
            6 => "AAC Scalable",
            17 => "ER AAC LC",
            19 => "ER AAC LTP",
            20 => "ER AAC Scalable",
            22 => "ER BSAC",
            23 => "AAC LD",
            29 => "HE-AAC v2",
            39 => "AAC ELD",
            42 => "xHE-AAC",
            _ => "an audio object type that is not AAC",
        }
    }
}

/// Whether a tool is in use: what the configuration says of SBR and PS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Signalling {
    /// Not said: the payload tells (implicit signalling).
    #[default]
    Implicit,
    /// Said to be absent.
    Absent,
    /// Said to be present (explicit signalling).
    Present,
}

/// `AudioSpecificConfig()` with its `GASpecificConfig()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// The object type of the core coder (AAC LC for HE-AAC).
    pub object_type: AudioObjectType,
    /// Sampling frequency of the core coder in Hz.
    pub sampling_frequency: u32,
    /// `samplingFrequencyIndex`: 0 to 12 even if the frequency was written out (then the index whose tables it takes).
    pub sampling_frequency_index: u8,
    /// `channelConfiguration`; 0 if `program_config` or the stream says it.
    pub channel_configuration: u8,
    /// The program configuration, if `channel_configuration` is 0.
    pub program_config: Option<ProgramConfig>,
    /// Samples a channel in a frame of the core coder: 1024, 960, 512 or 480.
    pub frame_length: u16,
    /// What is said of spectral band replication.
    pub sbr: Signalling,
    /// What is said of parametric stereo.
    pub ps: Signalling,
    /// `extensionSamplingFrequency` in Hz: that of the output, if SBR is signalled.
    pub extension_sampling_frequency: Option<u32>,
    /// `aacSectionDataResilienceFlag`.
    pub section_resilience: bool,
    /// `aacScalefactorDataResilienceFlag`.
    pub scalefactor_resilience: bool,
    /// `aacSpectralDataResilienceFlag`.
    pub spectral_resilience: bool,
    /// `ldSbrCrcFlag`: the SBR data of AAC ELD begin with a checksum.
    pub ld_sbr_crc: bool,
    /// `ld_sbr_header()`: the SBR headers of AAC ELD, for each element but that of low frequencies.
    #[cfg(feature = "aac-dec")]
    pub(crate) ld_sbr_headers: [Option<Header>; 4],
}

impl AudioSpecificConfig {
    /// What an ADTS header says: the stream itself tells of SBR and PS.
    pub(crate) fn from_adts(object_type: AudioObjectType, index: u8, channel_configuration: u8) -> Result<Self> {
        let Some(&sampling_frequency) = tables::SAMPLING_FREQUENCIES.get(usize::from(index)) else {
            return Err(Error::invalid("sampling_frequency_index"));
        };
        Ok(Self {
            object_type,
            sampling_frequency,
            sampling_frequency_index: index,
            channel_configuration,
            program_config: None,
            frame_length: 1024,
            sbr: Signalling::Implicit,
            ps: Signalling::Implicit,
            extension_sampling_frequency: None,
            section_resilience: false,
            scalefactor_resilience: false,
            spectral_resilience: false,
            ld_sbr_crc: false,
            #[cfg(feature = "aac-dec")]
            ld_sbr_headers: [None; 4],
        })
    }

    /// Reads the configuration from `data`, the content of an MP4 `DecoderSpecificInfo`.
    ///
    /// ```
    /// use transcode_core::aac::{AudioObjectType, AudioSpecificConfig};
    /// let config = AudioSpecificConfig::parse(&[0x12, 0x10])?;
    /// assert_eq!((config.object_type, config.sampling_frequency), (AudioObjectType::LC, 44100));
    /// assert_eq!(config.channel_configuration, 2);
    /// # Ok::<(), transcode_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `UnexpectedEnd`; `Invalid` for a reserved sampling frequency index; `Unsupported` for object types other than those of the
    /// general audio coder and ELD, and for error protection.
    pub fn parse(data: &[u8]) -> Result<Self> {
        Self::read(&mut BitReader::new(data), true)
    }

    /// Reads the configuration at the reader's place. `to_the_end`: the reader's data end with it, so that an extension may
    /// follow.
    pub(crate) fn read(r: &mut BitReader<'_>, to_the_end: bool) -> Result<Self> {
        let origin = r.position();
        let mut object_type = AudioObjectType::read(r)?;
        let (mut index, mut frequency) = sampling_frequency(r)?;
        let channel_configuration = r.u(4)? as u8;
        let (mut sbr, mut ps) = (Signalling::Implicit, Signalling::Implicit);
        let mut extension_frequency = None;
        if matches!(object_type, AudioObjectType::SBR | AudioObjectType::PS) {
            sbr = Signalling::Present;
            if object_type == AudioObjectType::PS {
                ps = Signalling::Present;
            }
            extension_frequency = Some(sampling_frequency(r)?.1);
            object_type = AudioObjectType::read(r)?;
            if object_type.0 == 22 {
                r.u(4)?; // extensionChannelConfiguration
            }
        }
        #[cfg(feature = "aac-dec")]
        if object_type == AudioObjectType::ER_ELD {
            let mut config = Self::from_adts(object_type, index, channel_configuration)?;
            config.sampling_frequency = frequency;
            config.read_eld(r)?;
            return Ok(config);
        }
        if !object_type.is_general_audio() {
            let feature = match object_type {
                AudioObjectType(42) => "xHE-AAC (USAC)",
                _ => "audio object type",
            };
            return Err(Error::unsupported(feature).at_bit(r.position() as u64));
        }
        let short = r.flag()?; // frameLengthFlag
        if r.flag()? {
            r.u(14)?; // coreCoderDelay
        }
        let extension = r.flag()?;
        let program_config = if channel_configuration == 0 { Some(ProgramConfig::read(r, origin)?) } else { None };
        if let Some(pce) = &program_config
            && sbr != Signalling::Present
            && let Some(&of_pce) = tables::SAMPLING_FREQUENCIES.get(usize::from(pce.sampling_frequency_index))
            && usize::from(index) >= tables::SAMPLING_FREQUENCIES.len()
        {
            (index, frequency) = (pce.sampling_frequency_index, of_pce);
        }
        if matches!(object_type.0, 6 | 20) {
            r.u(3)?; // layerNr
        }
        let mut resilience = [false; 3];
        if extension {
            if object_type.0 == 22 {
                r.u(16)?; // numOfSubFrame, layer_length
            }
            if matches!(object_type.0, 17 | 19 | 20 | 23) {
                resilience = [r.flag()?, r.flag()?, r.flag()?];
            }
            r.flag()?; // extensionFlag3
        }
        if object_type.is_error_resilient() {
            read_ep_config(r)?;
        }
        // Backward compatible extensions (1.6.5.2).
        if to_the_end && sbr != Signalling::Present && r.remaining() >= 16 && r.peek(11) == 0x2b7 {
            r.u(11)?;
            if AudioObjectType::read(r)? == AudioObjectType::SBR {
                if r.flag()? {
                    sbr = Signalling::Present;
                    extension_frequency = Some(sampling_frequency(r)?.1);
                    if r.remaining() >= 12 && r.peek(11) == 0x548 {
                        r.u(11)?;
                        ps = if r.flag()? { Signalling::Present } else { Signalling::Absent };
                    }
                } else {
                    sbr = Signalling::Absent;
                    ps = Signalling::Absent;
                }
            }
        }
        let frame_length = match (object_type, short) {
            (AudioObjectType::ER_LD, false) => 512,
            (AudioObjectType::ER_LD, true) => 480,
            (_, false) => 1024,
            (_, true) => 960,
        };
        Ok(Self {
            object_type,
            sampling_frequency: frequency,
            sampling_frequency_index: index,
            channel_configuration,
            program_config,
            frame_length,
            sbr,
            ps,
            extension_sampling_frequency: extension_frequency,
            section_resilience: resilience[0],
            scalefactor_resilience: resilience[1],
            spectral_resilience: resilience[2],
            ld_sbr_crc: false,
            #[cfg(feature = "aac-dec")]
            ld_sbr_headers: [None; 4],
        })
    }
}

#[cfg(feature = "aac-enc")]
impl AudioSpecificConfig {
    /// The configuration of AAC LC of `frequency` and a channel configuration other than 0; with SBR signalled explicitly if it brings the
    /// output to `extension_frequency`.
    pub(crate) fn lc(frequency: u32, channel_configuration: u8, extension_frequency: Option<u32>) -> Self {
        Self {
            object_type: AudioObjectType::LC,
            sampling_frequency: frequency,
            sampling_frequency_index: tables::index_for(frequency),
            channel_configuration,
            program_config: None,
            frame_length: 1024,
            sbr: if extension_frequency.is_some() { Signalling::Present } else { Signalling::Implicit },
            ps: if extension_frequency.is_some() && channel_configuration == 1 {
                Signalling::Absent
            } else {
                Signalling::Implicit
            },
            extension_sampling_frequency: extension_frequency,
            section_resilience: false,
            scalefactor_resilience: false,
            spectral_resilience: false,
            ld_sbr_crc: false,
            #[cfg(feature = "aac-dec")]
            ld_sbr_headers: [None; 4],
        }
    }

    /// The bytes of a configuration that [`Self::lc`] made. SBR is signalled explicitly, by hierarchy (1.6.2.1); but for mono in the way that
    /// is compatible with AAC LC (1.6.5.2), because only that can say that there is no parametric stereo, which decoders would
    /// otherwise give two channels for.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut w = BitWriter::new();
        let hierarchical = self.extension_sampling_frequency.filter(|_| self.ps == Signalling::Implicit);
        w.u(hierarchical.map_or(self.object_type, |_| AudioObjectType::SBR).0.into(), 5);
        write_frequency(&mut w, self.sampling_frequency);
        w.u(self.channel_configuration.into(), 4);
        if let Some(frequency) = hierarchical {
            write_frequency(&mut w, frequency);
            w.u(self.object_type.0.into(), 5);
        }
        w.u(0, 3); // frameLengthFlag, dependsOnCoreCoder, extensionFlag
        if let (None, Some(frequency)) = (hierarchical, self.extension_sampling_frequency) {
            w.u(0x2b7, 11);
            w.u(AudioObjectType::SBR.0.into(), 5);
            w.flag(true);
            write_frequency(&mut w, frequency);
            w.u(0x548, 11);
            w.flag(false); // psPresentFlag
        }
        w.into_bytes()
    }
}

/// Writes what [`sampling_frequency`] reads.
#[cfg(feature = "aac-enc")]
fn write_frequency(w: &mut BitWriter, frequency: u32) {
    match tables::SAMPLING_FREQUENCIES.iter().position(|&f| f == frequency) {
        Some(index) => w.u(index as u32, 4),
        None => {
            w.u(15, 4);
            w.u(frequency, 24);
        }
    }
}

#[cfg(feature = "aac-dec")]
impl AudioSpecificConfig {
    /// `ELDSpecificConfig()` (4.6.20.1) and `epConfig`.
    fn read_eld(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        self.frame_length = if r.flag()? { 480 } else { 512 };
        self.section_resilience = r.flag()?;
        self.scalefactor_resilience = r.flag()?;
        self.spectral_resilience = r.flag()?;
        (self.sbr, self.ps) = (Signalling::Absent, Signalling::Absent);
        if r.flag()? {
            self.sbr = Signalling::Present;
            // ldSbrSamplingRate: twice the core coder's rate, or the same.
            let rate = self.sampling_frequency;
            self.extension_sampling_frequency = Some(if r.flag()? { rate.saturating_mul(2) } else { rate });
            self.ld_sbr_crc = r.flag()?;
            // A header for each element but that of low frequencies.
            let headers = match self.channel_configuration {
                1 | 2 => 1,
                3 => 2,
                4..=6 => 3,
                7 => 4,
                _ => return Err(r.invalid("channelConfiguration")),
            };
            for header in &mut self.ld_sbr_headers[..headers] {
                *header = Some(Header::read(r)?);
            }
        }
        loop {
            let kind = r.u(4)?;
            if kind == 0 {
                break; // ELDEXT_TERM
            }
            let mut bytes = r.u(4)? as usize;
            if bytes == 15 {
                let more = r.u(8)? as usize;
                bytes += more;
                if more == 255 {
                    bytes += r.u(16)? as usize;
                }
            }
            if kind == 1 {
                return Err(Error::unsupported("AAC ELD with low-delay MPEG Surround").at_bit(r.position() as u64));
            }
            r.skip(8 * bytes)?;
        }
        read_ep_config(r)
    }
}

/// `epConfig`: anything but 0 cuts access units into parts.
fn read_ep_config(r: &mut BitReader<'_>) -> Result<()> {
    if r.u(2)? != 0 {
        return Err(Error::unsupported("AAC error protection (epConfig 1 to 3)").at_bit(r.position() as u64));
    }
    Ok(())
}

/// `samplingFrequencyIndex`, `samplingFrequency`: the index whose tables apply, and Hz.
fn sampling_frequency(r: &mut BitReader<'_>) -> Result<(u8, u32)> {
    let index = r.u(4)? as u8;
    if index == 15 {
        let frequency = r.u(24)?;
        if frequency == 0 {
            return Err(r.invalid("samplingFrequency"));
        }
        return Ok((tables::index_for(frequency), frequency));
    }
    match tables::SAMPLING_FREQUENCIES.get(usize::from(index)) {
        Some(&frequency) => Ok((index, frequency)),
        None => Err(r.invalid("samplingFrequencyIndex")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(feature = "aac-enc"))]
    use crate::bits::BitWriter;

    #[test]
    fn explicit_and_backward_compatible_signalling() {
        // AAC LC 24 kHz stereo; SBR to 48 kHz: hierarchical, then backward compatible, then with PS.
        let mut w = BitWriter::new();
        for (v, n) in [(5, 5), (6, 4), (2, 4), (3, 4), (2, 5), (0, 3)] {
            w.u(v, n);
        }
        let explicit = AudioSpecificConfig::parse(&w.into_bytes()).unwrap();
        assert_eq!((explicit.sbr, explicit.ps), (Signalling::Present, Signalling::Implicit));
        assert_eq!((explicit.sampling_frequency, explicit.extension_sampling_frequency), (24000, Some(48000)));
        let compatible = AudioSpecificConfig::parse(&[0x13, 0x10, 0x56, 0xe5, 0x98]).unwrap();
        assert_eq!(compatible.sbr, Signalling::Present);
        assert_eq!((compatible.sampling_frequency, compatible.extension_sampling_frequency), (24000, Some(48000)));
        let ps = AudioSpecificConfig::parse(&[0x13, 0x08, 0x56, 0xe5, 0x9d, 0x48, 0x80]).unwrap();
        assert_eq!((ps.sbr, ps.ps, ps.channel_configuration), (Signalling::Present, Signalling::Present, 1));
        let absent = AudioSpecificConfig::parse(&[0x13, 0x10, 0x56, 0xe5, 0x00]).unwrap();
        assert_eq!((absent.sbr, absent.extension_sampling_frequency), (Signalling::Absent, None));
    }

    #[test]
    fn written_out_frequencies_take_the_nearest_tables() {
        for (frequency, index) in
            [(96000, 0), (7350, 12), (8000, 11), (44099, 4), (100_000, 0), (1000, 12), (37566, 4), (37565, 5)]
        {
            let mut w = BitWriter::new();
            for (v, n) in [(2, 5), (15, 4), (frequency, 24), (2, 4), (1, 1), (0, 2)] {
                w.u(v, n);
            }
            let config = AudioSpecificConfig::parse(&w.into_bytes()).unwrap();
            assert_eq!((config.sampling_frequency, config.sampling_frequency_index), (frequency, index));
            assert_eq!(config.frame_length, 960);
        }
    }

    #[cfg(feature = "aac-enc")]
    #[test]
    fn what_is_written_is_read() {
        for (frequency, extension) in [(48000, None), (24000, Some(48000)), (22050, Some(44100)), (37000, None)] {
            for channels in [1, 2, 6, 12] {
                let config = AudioSpecificConfig::lc(frequency, channels, extension);
                assert_eq!(AudioSpecificConfig::parse(&config.to_bytes()).unwrap(), config);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert_eq!(AudioSpecificConfig::parse(&[0x12]).unwrap_err().kind, crate::ErrorKind::UnexpectedEnd);
        assert!(matches!(
            AudioSpecificConfig::parse(&[0x16, 0x90]).unwrap_err().kind,
            crate::ErrorKind::Invalid { field: "samplingFrequencyIndex" }
        ));
        assert!(matches!(
            AudioSpecificConfig::parse(&[0xf9, 0x46, 0x40, 0, 0]).unwrap_err().kind,
            crate::ErrorKind::Unsupported { .. }
        ));
    }
}
