//! `stss`: the sync samples (ISO/IEC 14496-12 8.6.2).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// Sync samples, counted from 0, in increasing order.
///
/// A table whose first number is 0 is taken to count from 0: such files exist, and the standard has no sample 0.
pub(crate) fn parse(b: &mut Bytes) -> Result<Vec<u32>> {
    b.version_flags()?;
    let count = b.count(4)?;
    let mut samples = (0..count).map(|_| b.u32()).collect::<Result<Vec<_>>>()?;
    samples.sort_unstable();
    samples.dedup();
    if samples.first().is_some_and(|&s| s != 0) {
        samples.iter_mut().for_each(|s| *s -= 1);
    }
    Ok(samples)
}

pub(crate) fn write(samples: &[u32], w: &mut BoxWriter) {
    w.full(b"stss", 0, 0, |w| {
        w.u32(samples.len() as u32);
        samples.iter().for_each(|&s| w.u32(s + 1));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip_and_counting_from_zero() {
        let mut w = BoxWriter::default();
        write(&[0, 30, 47], &mut w);
        assert_eq!(parse(&mut only_box(&w.into_bytes()).body).unwrap(), [0, 30, 47]);
        let from_zero = b"\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x09\0\0\0\x05";
        assert_eq!(parse(&mut Bytes::new(from_zero, 0, "stss")).unwrap(), [0, 5, 9]);
    }
}
