//! `avcC`: `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15 5.3.3.1).

use crate::Result;
use crate::mp4::bytes::Bytes;

/// Parameter sets of an H.264 track, and how its NAL units are framed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvcDecoderConfiguration {
    /// `AVCProfileIndication`, `profile_compatibility`, `AVCLevelIndication`.
    pub profile: [u8; 3],
    /// Bytes of the length before each NAL unit: 1, 2 or 4.
    pub nal_length_size: u8,
    /// Sequence parameter set NAL units.
    pub sps: Vec<Vec<u8>>,
    /// Picture parameter set NAL units.
    pub pps: Vec<Vec<u8>>,
    /// Everything after the picture parameter sets (High profiles: chroma format, depths, SPS extensions), verbatim.
    pub extension: Vec<u8>,
}

impl AvcDecoderConfiguration {
    /// Reads the record, which is the payload of `avcC`.
    ///
    /// # Errors
    /// `Invalid`, with a byte offset in the record.
    pub fn parse(record: &[u8]) -> Result<Self> {
        let mut b = Bytes::new(record, 0, "avcC");
        if b.u8()? != 1 {
            return Err(b.invalid());
        }
        let profile = b.array()?;
        let nal_length_size = (b.u8()? & 3) + 1;
        if nal_length_size == 3 {
            return Err(b.invalid());
        }
        let sps_count = b.u8()? & 31;
        let sps = nal_units(&mut b, sps_count)?;
        let pps_count = b.u8()?;
        let pps = nal_units(&mut b, pps_count)?;
        Ok(Self { profile, nal_length_size, sps, pps, extension: b.rest().to_vec() })
    }
    /// The record as bytes. At most 31 SPS, 255 PPS and 65,535 bytes each are kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![1];
        out.extend_from_slice(&self.profile);
        out.push(0xfc | (self.nal_length_size - 1));
        for (sets, max, mark) in [(&self.sps, 31, 0xe0), (&self.pps, 255, 0)] {
            let kept = || sets.iter().filter(|s| s.len() <= 0xffff).take(max);
            out.push(mark | kept().count() as u8);
            for set in kept() {
                out.extend_from_slice(&(set.len() as u16).to_be_bytes());
                out.extend_from_slice(set);
            }
        }
        out.extend_from_slice(&self.extension);
        out
    }
}

fn nal_units(b: &mut Bytes, count: u8) -> Result<Vec<Vec<u8>>> {
    (0..count)
        .map(|_| {
            let n = b.u16()?;
            Ok(b.take(n.into())?.to_vec())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let avcc = AvcDecoderConfiguration {
            profile: [100, 0, 31],
            nal_length_size: 4,
            sps: vec![vec![0x67, 100, 0, 31]],
            pps: vec![vec![0x68, 1], vec![0x68, 2]],
            extension: vec![0xfd, 0xf8, 0xf8, 0],
        };
        let bytes = avcc.to_bytes();
        assert_eq!(AvcDecoderConfiguration::parse(&bytes).unwrap(), avcc);
        for cut in 0..bytes.len() - 4 {
            assert!(AvcDecoderConfiguration::parse(&bytes[..cut]).is_err(), "{cut}");
        }
    }
}
