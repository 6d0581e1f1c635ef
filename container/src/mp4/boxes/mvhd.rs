//! `mvhd`: the movie's clock and length (ISO/IEC 14496-12 8.2.2).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::track::Matrix;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mvhd {
    pub(crate) creation_time: u64,
    pub(crate) timescale: u32,
    /// `None` if all ones: "cannot be determined".
    pub(crate) duration: Option<u64>,
    pub(crate) next_track_id: u32,
}

impl Mvhd {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        let (version, _) = b.version_flags()?;
        let (creation_time, timescale, duration) = super::times(b, version, |b| b.u32())?;
        b.skip(4 + 2 + 2 + 8 + 36 + 24)?; // rate, volume, reserved, matrix, pre_defined
        // Some writers leave the last field out.
        let next_track_id = if b.remaining() >= 4 { b.u32()? } else { 0 };
        Ok(Self { creation_time, timescale, duration, next_track_id })
    }
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        let duration = self.duration.unwrap_or(u64::MAX);
        let version = super::version_for(&[self.creation_time, self.duration.unwrap_or(0)]);
        w.full(b"mvhd", version, 0, |w| {
            w.versioned(version, self.creation_time);
            w.versioned(version, self.creation_time);
            w.u32(self.timescale);
            w.versioned(version, duration);
            w.u32(0x0001_0000); // rate 1.0
            w.u16(0x0100); // volume 1.0
            w.zeros(2 + 8);
            Matrix::IDENTITY.0.iter().for_each(|&v| w.u32(v as u32));
            w.zeros(24);
            w.u32(self.next_track_id);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip_of_both_versions() {
        for duration in [Some(5), Some(1 << 40), Some(u64::from(u32::MAX) - 1), None] {
            let mvhd = Mvhd { creation_time: 7, timescale: 1000, duration, next_track_id: 3 };
            let mut w = BoxWriter::default();
            mvhd.write(&mut w);
            assert_eq!(Mvhd::parse(&mut only_box(&w.into_bytes()).body).unwrap(), mvhd);
        }
    }
}
