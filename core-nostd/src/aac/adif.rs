//! ADIF, a header before a whole file of raw data blocks (ISO/IEC 14496-3 1.A.2.1).

use super::pce::ProgramConfig;
use crate::bits::BitReader;
use crate::error::Result;

/// `adif_header()`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdifHeader {
    /// `bitrate`: the rate in bit/s, or the greatest one.
    pub bitrate: u32,
    /// The first program.
    pub program: ProgramConfig,
    /// Bytes of the header.
    pub length: usize,
}

impl AdifHeader {
    /// Reads the header that `data` begins with.
    ///
    /// # Errors
    /// `UnexpectedEnd`, `Invalid` for a wrong `adif_id`.
    pub fn parse(data: &[u8]) -> Result<Self> {
        let mut r = BitReader::new(data);
        if r.u(32)? != u32::from_be_bytes(*b"ADIF") {
            return Err(r.invalid("adif_id"));
        }
        if r.flag()? {
            r.skip(72)?; // copyright_id
        }
        r.u(2)?; // original_copy, home
        let variable = r.flag()?;
        let bitrate = r.u(23)?;
        let programs = r.u(4)? + 1;
        let mut first = None;
        for _ in 0..programs {
            if !variable {
                r.u(20)?; // adif_buffer_fullness
            }
            let program = ProgramConfig::read(&mut r, 0)?;
            first.get_or_insert(program);
        }
        r.align();
        let program = first.unwrap_or_default();
        Ok(Self { bitrate, program, length: r.position() / 8 })
    }
}
