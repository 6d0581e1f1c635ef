//! `extension_payload()` of fill elements (4.4.2.7): dynamic range control, and where SBR data lie.

use crate::bits::BitReader;
use crate::error::Result;

/// `dynamic_range_info()` (4.5.2.7): how to make the sound's range smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DynamicRange {
    /// `prog_ref_level`: the programme's level below full scale, in quarters of a decibel.
    pub program_reference_level: Option<u8>,
    /// `pce_instance_tag`, if it is about one programme.
    pub pce_tag: Option<u8>,
    /// `drc_interpolation_scheme`.
    pub interpolation: u8,
    /// Channels that take no part, a bit each in the order of the stream.
    pub excluded_channels: u64,
    gains: [i8; 16],
    tops: [u8; 16],
    bands: u8,
    bytes: u16,
}

impl DynamicRange {
    /// The gain of each frequency band in quarters of a decibel.
    pub fn gains(&self) -> &[i8] {
        &self.gains[..usize::from(self.bands)]
    }
    /// Where each band ends (`drc_band_top`), in units of 4 coefficients.
    pub fn band_tops(&self) -> &[u8] {
        &self.tops[..usize::from(self.bands)]
    }

    /// Bytes of the payload, with its `extension_type`.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.into()
    }

    fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let start = r.position();
        let mut drc = Self { bands: 1, tops: [255; 16], ..Self::default() };
        if r.flag()? {
            drc.pce_tag = Some(r.u(4)? as u8);
            r.u(4)?; // drc_tag_reserved_bits
        }
        if r.flag()? {
            let mut at = 0;
            loop {
                // exclude_mask: the first bit is the first channel's.
                let mask = u64::from((r.u(7)? as u8).reverse_bits() >> 1);
                if at < 63 {
                    drc.excluded_channels |= mask << at;
                }
                at += 7;
                if !r.flag()? {
                    break;
                }
            }
        }
        if r.flag()? {
            drc.bands += r.u(4)? as u8;
            drc.interpolation = r.u(4)? as u8;
            for top in &mut drc.tops[..usize::from(drc.bands.min(16))] {
                *top = r.u(8)? as u8;
            }
        }
        if r.flag()? {
            drc.program_reference_level = Some(r.u(7)? as u8);
            r.u(1)?;
        }
        for gain in &mut drc.gains[..usize::from(drc.bands.min(16))] {
            let negative = r.flag()?;
            let value = r.u(7)? as i8;
            *gain = if negative { -value } else { value };
        }
        drc.bytes = (4 + r.position() - start).div_ceil(8) as u16;
        Ok(drc)
    }
}

/// Where the SBR data of an element lie in the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SbrPayload {
    /// First bit after `extension_type`.
    pub(crate) start: usize,
    /// Behind the last bit.
    pub(crate) end: usize,
    /// A checksum comes first.
    pub(crate) crc: bool,
}

/// What a fill element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Nothing,
    DynamicRange(DynamicRange),
    Sbr(SbrPayload),
}

impl Fill {
    /// Reads `fill_element()` after its `id_syn_ele`. Of several payloads the first that means something counts.
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let mut bytes = r.u(4)? as usize;
        if bytes == 15 {
            bytes = 14 + r.u(8)? as usize;
        }
        let start = r.position();
        r.skip(8 * bytes)?;
        Self::payload(r.data(), start, start + 8 * bytes)
    }

    /// Reads the `extension_payload()` in bits `start..end`.
    pub(crate) fn payload(data: &[u8], start: usize, end: usize) -> Result<Self> {
        if end - start < 4 {
            return Ok(Self::Nothing);
        }
        // Nothing may be read behind the payload: the whole byte that it ends in is the limit.
        let mut r = BitReader::at(&data[..end.div_ceil(8).min(data.len())], start);
        Ok(match r.u(4)? {
            0b1011 => Self::DynamicRange(DynamicRange::read(&mut r)?),
            kind @ (0b1101 | 0b1110) => Self::Sbr(SbrPayload { start: start + 4, end, crc: kind == 0b1110 }),
            _ => Self::Nothing,
        })
    }
}
