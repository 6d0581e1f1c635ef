//! ADTS, the self-framing transport (ISO/IEC 14496-3 1.A.2.2).

use super::config::{AudioObjectType, AudioSpecificConfig};
use super::pce::ProgramConfig;
use super::tables::SAMPLING_FREQUENCIES;
use crate::bits::{BitReader, BitWriter};
use crate::error::{Error, Result};
use alloc::vec::Vec;

/// `adts_fixed_header()`, `adts_variable_header()` and what follows them before the first raw data block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdtsHeader {
    /// Object type: profile plus 1.
    pub object_type: AudioObjectType,
    /// `sampling_frequency_index`.
    pub sampling_frequency_index: u8,
    /// `channel_configuration`; 0 if a program configuration element says it.
    pub channel_configuration: u8,
    /// `aac_frame_length`: bytes of the frame with its header.
    pub frame_length: usize,
    /// `number_of_raw_data_blocks_in_frame` plus 1.
    pub blocks: u8,
    /// `protection_absent` is 0: checksums are present.
    pub has_crc: bool,
    /// Bytes before the first raw data block.
    pub header_length: usize,
}

impl AdtsHeader {
    /// The least bytes that tell a frame's length.
    pub const MIN_BYTES: usize = 7;

    /// Reads the header that `data` begins with.
    ///
    /// # Errors
    /// `UnexpectedEnd`; `Invalid` for a wrong syncword or layer, a reserved sampling frequency index, or a frame that is shorter than
    /// its header.
    pub fn parse(data: &[u8]) -> Result<Self> {
        let mut r = BitReader::new(data);
        if r.u(12)? != 0xfff {
            return Err(r.invalid("syncword"));
        }
        r.u(1)?; // ID
        if r.u(2)? != 0 {
            return Err(r.invalid("layer"));
        }
        let has_crc = !r.flag()?;
        let object_type = AudioObjectType(r.u(2)? as u8 + 1);
        let sampling_frequency_index = r.u(4)? as u8;
        if sampling_frequency_index > 12 {
            return Err(r.invalid("sampling_frequency_index"));
        }
        r.u(1)?; // private_bit
        let channel_configuration = r.u(3)? as u8;
        r.u(4)?; // original_copy, home, copyright_identification_bit, copyright_identification_start
        let frame_length = r.u(13)? as usize;
        r.u(11)?; // adts_buffer_fullness
        let blocks = r.u(2)? as u8 + 1;
        // One checksum, and with more than one block the place of each but the first.
        let header_length = 7 + if has_crc { 2 * usize::from(blocks) } else { 0 };
        if frame_length < header_length {
            return Err(r.invalid("aac_frame_length"));
        }
        Ok(Self {
            object_type,
            sampling_frequency_index,
            channel_configuration,
            frame_length,
            blocks,
            has_crc,
            header_length,
        })
    }
}

/// Appends to `out` the header of a frame of one raw data block of `payload` bytes, which the caller appends next.
///
/// The header says what `config` says of the core coder; a decoder finds SBR by itself. What its three bits cannot say of the
/// channels (7.1 as configuration 12), a `program_config_element()` after the header does: it belongs to the block.
///
/// # Errors
/// `Unsupported` for object types, frequencies, frame lengths and channel configurations that ADTS cannot name, and for a frame of more
/// than 8191 bytes.
pub fn write_header(config: &AudioSpecificConfig, payload: usize, out: &mut Vec<u8>) -> Result<()> {
    let frequency = SAMPLING_FREQUENCIES.iter().position(|&f| f == config.sampling_frequency);
    let (1..=4, Some(frequency), 1024) = (config.object_type.0, frequency, config.frame_length) else {
        return Err(Error::unsupported("this object type, frame length or sampling frequency in ADTS"));
    };
    let program = match config.channel_configuration {
        1..=7 => None,
        0 => config.program_config,
        other => ProgramConfig::for_configuration(other, config.object_type, frequency as u8),
    };
    if program.is_none() && !(1..=7).contains(&config.channel_configuration) {
        return Err(Error::unsupported("this channel configuration in ADTS"));
    }
    let (configuration, program) = match program {
        Some(program) => (0, program.as_element()),
        None => (config.channel_configuration, Vec::new()),
    };
    let length = payload.saturating_add(7 + program.len());
    if length > 8191 {
        return Err(Error::unsupported("an ADTS frame of more than 8191 bytes"));
    }
    let mut w = BitWriter::new();
    w.u(0xfff, 12);
    w.u(0b0001, 4); // MPEG-4, layer 0, protection_absent
    w.u(u32::from(config.object_type.0) - 1, 2);
    w.u(frequency as u32, 4);
    w.u(0, 1); // private_bit
    w.u(configuration.into(), 3);
    w.u(0, 4); // original_copy, home, copyright_identification_bit, copyright_identification_start
    w.u(length as u32, 13);
    w.u(0x7ff, 11); // adts_buffer_fullness: not said
    w.u(0, 2); // number_of_raw_data_blocks_in_frame
    out.extend_from_slice(&w.into_bytes());
    out.extend_from_slice(&program);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for configuration in 1..=7 {
            let config = AudioSpecificConfig::from_adts(AudioObjectType::LC, 3, configuration).unwrap();
            let mut out = Vec::new();
            write_header(&config, 500, &mut out).unwrap();
            let h = AdtsHeader::parse(&out).unwrap();
            assert_eq!((h.object_type, h.sampling_frequency_index), (AudioObjectType::LC, 3));
            assert_eq!((h.channel_configuration, h.frame_length, h.blocks), (configuration, 507, 1));
            assert_eq!((h.has_crc, h.header_length), (false, out.len()));
            assert!(write_header(&config, 8185, &mut out).is_err());
        }
        let config = AudioSpecificConfig::from_adts(AudioObjectType::LC, 3, 12).unwrap();
        let mut out = Vec::new();
        write_header(&config, 500, &mut out).unwrap();
        let h = AdtsHeader::parse(&out).unwrap();
        assert_eq!((h.channel_configuration, h.header_length, h.frame_length), (0, 7, 500 + out.len()));
        let mut r = BitReader::new(&out[7..]);
        assert_eq!(r.u(3).unwrap(), 5);
        let program = ProgramConfig::read(&mut r, 0).unwrap();
        assert_eq!((program.channels(), r.remaining()), (8, 0));
    }

    #[test]
    fn a_header_of_an_encoder() {
        let h = AdtsHeader::parse(&[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]).unwrap();
        assert_eq!(h.object_type, AudioObjectType::LC);
        assert_eq!((h.sampling_frequency_index, h.channel_configuration, h.frame_length), (4, 2, 371));
        assert_eq!((h.blocks, h.has_crc, h.header_length), (1, false, 7));
        let protected = AdtsHeader::parse(&[0xff, 0xf0, 0x50, 0x80, 0x2e, 0x7f, 0xfe]).unwrap();
        assert_eq!((protected.blocks, protected.header_length), (3, 13));
        assert!(AdtsHeader::parse(&[0xff, 0xe1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]).is_err());
        assert!(AdtsHeader::parse(&[0xff, 0xf1, 0x50]).is_err());
    }
}
