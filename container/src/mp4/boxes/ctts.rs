//! `ctts`: composition offsets, run-length coded (ISO/IEC 14496-12 8.6.1.3).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// `sample_count` samples whose composition time is `sample_offset` after their decoding time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CttsRun {
    pub(crate) sample_count: u32,
    /// Signed in both versions: version 0 calls it unsigned, but QuickTime files hold negative values there, and no
    /// real offset reaches 2^31.
    pub(crate) sample_offset: i32,
}

pub(crate) fn parse(b: &mut Bytes) -> Result<Vec<CttsRun>> {
    b.version_flags()?;
    let count = b.count(8)?;
    (0..count).map(|_| Ok(CttsRun { sample_count: b.u32()?, sample_offset: b.i32()? })).collect()
}

/// Writes version 0, which every reader knows, unless an offset is negative.
pub(crate) fn write(runs: &[CttsRun], w: &mut BoxWriter) {
    let version = u8::from(runs.iter().any(|r| r.sample_offset < 0));
    w.full(b"ctts", version, 0, |w| {
        w.u32(runs.len() as u32);
        for r in runs {
            w.u32(r.sample_count);
            w.u32(r.sample_offset as u32);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip() {
        for (offset, version) in [(1024, 0), (-512, 1)] {
            let runs = [CttsRun { sample_count: 3, sample_offset: offset }];
            let mut w = BoxWriter::default();
            write(&runs, &mut w);
            let bytes = w.into_bytes();
            assert_eq!(only_box(&bytes).body.u8().unwrap(), version);
            assert_eq!(parse(&mut only_box(&bytes).body).unwrap(), runs);
        }
    }
}
