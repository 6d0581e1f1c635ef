//! ADTS, the self-framing transport (ISO/IEC 14496-3 1.A.2.2).

use super::config::AudioObjectType;
use crate::bits::BitReader;
use crate::error::Result;

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
    /// `protection_absent` is 0: checksums are present. They are passed over, not verified.
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

#[cfg(test)]
mod tests {
    use super::*;

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
