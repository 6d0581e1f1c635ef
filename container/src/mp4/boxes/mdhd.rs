//! `mdhd`: a track's clock and language (ISO/IEC 14496-12 8.4.2).

use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::mp4::language;
use crate::{Language, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mdhd {
    pub(crate) creation_time: u64,
    pub(crate) timescale: u32,
    pub(crate) duration: Option<u64>,
    pub(crate) language: Language,
}

impl Mdhd {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        let (version, _) = b.version_flags()?;
        let (creation_time, timescale, duration) = super::times(b, version, |b| b.u32())?;
        let language = language::from_code(b.u16()?);
        Ok(Self { creation_time, timescale, duration, language })
    }
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        let version = super::version_for(&[self.creation_time, self.duration.unwrap_or(0)]);
        w.full(b"mdhd", version, 0, |w| {
            w.versioned(version, self.creation_time);
            w.versioned(version, self.creation_time);
            w.u32(self.timescale);
            w.versioned(version, self.duration.unwrap_or(u64::MAX));
            w.u16(language::packed(self.language));
            w.u16(0);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip_of_both_versions() {
        for duration in [Some(5), Some(1 << 40), None] {
            let language = Language::new("deu").unwrap();
            let mdhd = Mdhd { creation_time: 0, timescale: 48000, duration, language };
            let mut w = BoxWriter::default();
            mdhd.write(&mut w);
            assert_eq!(Mdhd::parse(&mut only_box(&w.into_bytes()).body).unwrap(), mdhd);
        }
    }
}
