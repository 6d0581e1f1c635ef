//! `stts`: decoding times, run-length coded (ISO/IEC 14496-12 8.6.1.2).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// `sample_count` samples that are `sample_delta` ticks apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SttsRun {
    pub(crate) sample_count: u32,
    pub(crate) sample_delta: u32,
}

pub(crate) fn parse(b: &mut Bytes) -> Result<Vec<SttsRun>> {
    b.version_flags()?;
    let count = b.count(8)?;
    (0..count).map(|_| Ok(SttsRun { sample_count: b.u32()?, sample_delta: b.u32()? })).collect()
}

pub(crate) fn write(runs: &[SttsRun], w: &mut BoxWriter) {
    w.full(b"stts", 0, 0, |w| {
        w.u32(runs.len() as u32);
        for r in runs {
            w.u32(r.sample_count);
            w.u32(r.sample_delta);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip() {
        let runs =
            [SttsRun { sample_count: 3, sample_delta: 512 }, SttsRun { sample_count: 1, sample_delta: u32::MAX }];
        let mut w = BoxWriter::default();
        write(&runs, &mut w);
        assert_eq!(parse(&mut only_box(&w.into_bytes()).body).unwrap(), runs);
    }
}
