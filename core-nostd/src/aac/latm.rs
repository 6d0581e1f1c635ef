//! LATM and LOAS, the transport of broadcast and streaming (ISO/IEC 14496-3 1.7).

use super::config::AudioSpecificConfig;
use crate::bits::BitReader;
use crate::error::{Error, Result};
use alloc::vec::Vec;
use core::ops::Range;

/// `StreamMuxConfig()`, of one program and one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamMuxConfig {
    /// The configuration of the stream.
    pub(crate) config: AudioSpecificConfig,
    /// `numSubFrames` plus 1.
    pub(crate) sub_frames: u8,
    /// `frameLengthType` 1: bytes of each payload. Otherwise each says its length.
    pub(crate) fixed_length: Option<usize>,
}

/// `LatmGetValue()`
fn value(r: &mut BitReader<'_>) -> Result<u64> {
    let bytes = r.u(2)? + 1;
    (0..bytes).try_fold(0, |v, _| Ok(v << 8 | u64::from(r.u(8)?)))
}

impl StreamMuxConfig {
    fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let version = r.u(1)?;
        if version == 1 && r.flag()? {
            return Err(Error::unsupported("LATM audioMuxVersionA 1").at_bit(r.position() as u64));
        }
        if version == 1 {
            value(r)?; // taraBufferFullness
        }
        let same_framing = r.flag()?;
        let sub_frames = r.u(6)? as u8 + 1;
        let (programs, layers) = (r.u(4)?, r.u(3)?);
        if programs > 0 || layers > 0 || !same_framing {
            return Err(Error::unsupported("LATM with several programs or layers").at_bit(r.position() as u64));
        }
        let config = if version == 0 {
            AudioSpecificConfig::read(r, false)?
        } else {
            let bits = value(r)?;
            let start = r.position();
            // The configuration alone, so that it knows its end.
            let mut own = *r;
            let config = AudioSpecificConfig::read(&mut own, false)?;
            let used = (own.position() - start) as u64;
            let config = if bits > used { Self::extended(r, bits)?.unwrap_or(config) } else { config };
            r.skip(usize::try_from(bits).unwrap_or(usize::MAX))?;
            config
        };
        let fixed_length = match r.u(3)? {
            0 => {
                r.u(8)?; // latmBufferFullness
                None
            }
            1 => Some(r.u(9)? as usize + 20),
            _ => return Err(Error::unsupported("LATM frameLengthType").at_bit(r.position() as u64)),
        };
        // otherDataLenBits: what follows the payloads is not read.
        if r.flag()? {
            if version == 1 {
                value(r)?;
            } else {
                while r.flag()? {
                    r.u(8)?;
                }
                r.u(8)?;
            }
        }
        if r.flag()? {
            r.u(8)?; // crcCheckSum: of the configuration alone, which then repeats; not verified
        }
        Ok(Self { config, sub_frames, fixed_length })
    }

    /// The configuration from bits that end with it, with its extension.
    fn extended(r: &BitReader<'_>, bits: u64) -> Result<Option<AudioSpecificConfig>> {
        let mut copy = [0u8; 64];
        let bits = bits as usize;
        if bits > 8 * copy.len() {
            return Ok(None);
        }
        let mut r = *r;
        let bytes = bits.div_ceil(8);
        for (i, byte) in copy[..bytes].iter_mut().enumerate() {
            let n = (bits - 8 * i).min(8) as u32;
            *byte = (r.u(n)? << (8 - n)) as u8;
        }
        AudioSpecificConfig::read(&mut BitReader::new(&copy[..bytes]), true).map(Some)
    }
}

/// Reads `AudioMuxElement(1)` from `data`. `mux` is the configuration before, replaced if the element has one. The payloads are copied
/// to `payloads`, each from a byte boundary, and their places go to `places`.
///
/// # Errors
/// `UnexpectedEnd`; `Invalid` if no configuration came yet; `Unsupported` for several programs or layers, and as for the
/// configuration.
pub(crate) fn read_element(
    data: &[u8],
    mux: &mut Option<StreamMuxConfig>,
    payloads: &mut Vec<u8>,
    mut place: impl FnMut(Range<usize>),
) -> Result<()> {
    let mut r = BitReader::new(data);
    if !r.flag()? {
        *mux = Some(StreamMuxConfig::read(&mut r)?);
    }
    let Some(mux) = mux else { return Err(r.invalid("useSameStreamMux")) };
    for _ in 0..mux.sub_frames {
        let bytes = match mux.fixed_length {
            Some(bytes) => bytes,
            None => {
                let mut bytes = 0;
                loop {
                    let step = r.u(8)? as usize;
                    bytes += step;
                    if step != 255 {
                        break bytes;
                    }
                }
            }
        };
        if 8 * bytes > r.remaining() {
            return Err(r.end());
        }
        let start = payloads.len();
        for _ in 0..bytes {
            payloads.push(r.u(8)? as u8);
        }
        place(start..start + bytes);
    }
    Ok(())
}

/// `AudioSyncStream()`: the length of the `AudioMuxElement` whose 3 bytes of header `data` begins with, or `None` if it is no header.
pub(crate) fn sync(data: &[u8]) -> Option<usize> {
    let word = u32::from_be_bytes([0, *data.first()?, *data.get(1)?, *data.get(2)?]);
    (word >> 13 == 0x2b7).then_some((word & 0x1fff) as usize)
}
