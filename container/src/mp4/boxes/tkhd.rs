//! `tkhd`: a track's number, place and size on the screen (ISO/IEC 14496-12 8.3.2).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::track::Matrix;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tkhd {
    /// 1 enabled, 2 in movie, 4 in preview.
    pub(crate) flags: u32,
    pub(crate) creation_time: u64,
    pub(crate) track_id: u32,
    /// In the movie's timescale; `None` if unknown.
    pub(crate) duration: Option<u64>,
    pub(crate) layer: i16,
    pub(crate) alternate_group: i16,
    pub(crate) volume: i16,
    pub(crate) matrix: Matrix,
    /// 16.16 fixed point.
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Tkhd {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        let (version, flags) = b.version_flags()?;
        let (creation_time, track_id, duration) = super::times(b, version, |b| {
            let id = b.u32()?;
            b.skip(4)?;
            Ok(id)
        })?;
        b.skip(8)?;
        let (layer, alternate_group, volume) = (b.i16()?, b.i16()?, b.i16()?);
        b.skip(2)?;
        let mut matrix = [0; 9];
        for v in &mut matrix {
            *v = b.i32()?;
        }
        let (width, height) = (b.u32()?, b.u32()?);
        let matrix = Matrix(matrix);
        Ok(Self { flags, creation_time, track_id, duration, layer, alternate_group, volume, matrix, width, height })
    }
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        let version = super::version_for(&[self.creation_time, self.duration.unwrap_or(0)]);
        w.full(b"tkhd", version, self.flags, |w| {
            w.versioned(version, self.creation_time);
            w.versioned(version, self.creation_time);
            w.u32(self.track_id);
            w.zeros(4);
            w.versioned(version, self.duration.unwrap_or(u64::MAX));
            w.zeros(8);
            w.u16(self.layer as u16);
            w.u16(self.alternate_group as u16);
            w.u16(self.volume as u16);
            w.zeros(2);
            self.matrix.0.iter().for_each(|&v| w.u32(v as u32));
            w.u32(self.width);
            w.u32(self.height);
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
            let tkhd = Tkhd {
                flags: 3,
                creation_time: 1,
                track_id: 9,
                duration,
                layer: -1,
                alternate_group: 2,
                volume: 0x100,
                matrix: Matrix([0, 1 << 16, 0, -(1 << 16), 0, 0, 5, 0, 1 << 30]),
                width: 640 << 16,
                height: 360 << 16,
            };
            let mut w = BoxWriter::default();
            tkhd.write(&mut w);
            assert_eq!(Tkhd::parse(&mut only_box(&w.into_bytes()).body).unwrap(), tkhd);
        }
    }
}
