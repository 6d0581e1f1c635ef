//! How the samples of uncompressed sound are stored.

use crate::FourCc;

/// What a stored sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PcmSample {
    /// 8 bits, unsigned, silence at 128.
    U8,
    /// 8 bits, signed.
    S8,
    /// 16 bits, signed.
    S16,
    /// 24 bits in three bytes, signed.
    S24,
    /// 32 bits, signed.
    S32,
    /// 32 bits, IEEE 754, full scale at 1.
    F32,
    /// 64 bits, IEEE 754, full scale at 1.
    F64,
    /// 8 bits, ITU-T G.711 A-law.
    ALaw,
    /// 8 bits, ITU-T G.711 µ-law.
    MuLaw,
}

impl PcmSample {
    /// Bytes that a sample takes.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::U8 | Self::S8 | Self::ALaw | Self::MuLaw => 1,
            Self::S16 => 2,
            Self::S24 => 3,
            Self::S32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
    /// Whether it is a floating-point number.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
    /// The signed integer of `bytes` bytes, or `None` if there is none.
    pub(crate) const fn signed(bytes: u32) -> Option<Self> {
        Some(match bytes {
            1 => Self::S8,
            2 => Self::S16,
            3 => Self::S24,
            4 => Self::S32,
            _ => return None,
        })
    }
    /// The floating-point number of `bytes` bytes, or `None` if there is none.
    pub(crate) const fn float(bytes: u32) -> Option<Self> {
        Some(match bytes {
            4 => Self::F32,
            8 => Self::F64,
            _ => return None,
        })
    }
}

/// How uncompressed sound is stored: channel by channel for each sampling instant (interleaved).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PcmFormat {
    /// What each sample is.
    pub sample: PcmSample,
    /// The most significant byte comes first; without meaning for samples of one byte.
    pub big_endian: bool,
}

impl PcmFormat {
    /// Little-endian samples.
    pub const fn little(sample: PcmSample) -> Self {
        Self { sample, big_endian: false }
    }
    /// Big-endian samples.
    pub const fn big(sample: PcmSample) -> Self {
        Self { sample, big_endian: true }
    }
    /// The QuickTime code of this format: one that says it all where there is one, `lpcm` otherwise.
    pub fn fourcc(self) -> FourCc {
        FourCc(match (self.sample, self.big_endian) {
            (PcmSample::U8, _) => *b"raw ",
            (PcmSample::S8, _) => *b"twos",
            (PcmSample::S16, true) => *b"twos",
            (PcmSample::S16, false) => *b"sowt",
            (PcmSample::ALaw, _) => *b"alaw",
            (PcmSample::MuLaw, _) => *b"ulaw",
            _ => *b"lpcm",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for n in 1..=4 {
            assert_eq!(PcmSample::signed(n).map(PcmSample::bytes), Some(n));
        }
        assert_eq!([4, 8].map(|n| PcmSample::float(n).map(PcmSample::bytes)), [Some(4), Some(8)]);
        assert_eq!((PcmSample::signed(5), PcmSample::float(2)), (None, None));
        assert_eq!(PcmFormat::little(PcmSample::S16).fourcc(), FourCc(*b"sowt"));
        assert_eq!(PcmFormat::big(PcmSample::S24).fourcc(), FourCc(*b"lpcm"));
    }
}
