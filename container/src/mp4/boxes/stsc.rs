//! `stsc`: samples to chunks, run-length coded (ISO/IEC 14496-12 8.7.4).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// Chunks from `first_chunk` (counted from 1) on hold `samples_per_chunk` samples each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StscRun {
    pub(crate) first_chunk: u32,
    pub(crate) samples_per_chunk: u32,
    /// Index into `stsd`, counted from 1.
    pub(crate) sample_description_index: u32,
}

pub(crate) fn parse(b: &mut Bytes) -> Result<Vec<StscRun>> {
    b.version_flags()?;
    let count = b.count(12)?;
    let mut previous = 0;
    (0..count)
        .map(|_| {
            let at = *b;
            let first_chunk = b.u32()?;
            if first_chunk <= previous || (previous == 0 && first_chunk != 1) {
                return Err(at.invalid());
            }
            previous = first_chunk;
            Ok(StscRun { first_chunk, samples_per_chunk: b.u32()?, sample_description_index: b.u32()? })
        })
        .collect()
}

pub(crate) fn write(runs: &[StscRun], w: &mut BoxWriter) {
    w.full(b"stsc", 0, 0, |w| {
        w.u32(runs.len() as u32);
        for r in runs {
            w.u32(r.first_chunk);
            w.u32(r.samples_per_chunk);
            w.u32(r.sample_description_index);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    fn bytes(firsts: &[u32]) -> Vec<u8> {
        let run = |&first_chunk| StscRun { first_chunk, samples_per_chunk: 4, sample_description_index: 1 };
        let mut w = BoxWriter::default();
        write(&firsts.iter().map(run).collect::<Vec<_>>(), &mut w);
        w.into_bytes()
    }

    #[test]
    fn round_trip_and_order() {
        let runs = parse(&mut only_box(&bytes(&[1, 5, 6])).body).unwrap();
        assert_eq!(runs.iter().map(|r| r.first_chunk).collect::<Vec<_>>(), [1, 5, 6]);
        for bad in [&[0][..], &[2], &[1, 1], &[1, 5, 4]] {
            assert!(parse(&mut only_box(&bytes(bad)).body).is_err(), "{bad:?}");
        }
    }
}
