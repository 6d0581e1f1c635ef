//! `elst`: which parts of the media are presented, and when (ISO/IEC 14496-12 8.6.6).

use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::{Edit, Error, Limits, Result};

pub(crate) fn parse(b: &mut Bytes, limits: &Limits) -> Result<Vec<Edit>> {
    let (version, _) = b.version_flags()?;
    let long = version == 1;
    let count = b.count(if long { 20 } else { 12 })?;
    Error::check_limit("max_edits", count as u64, limits.max_edits)?;
    (0..count)
        .map(|_| {
            let at = *b;
            let (duration, media_time) =
                if long { (b.u64()?, b.i64()?) } else { (b.u32()?.into(), i64::from(b.i32()?)) };
            if media_time < -1 {
                return Err(at.invalid());
            }
            Ok(Edit { duration, media_time, rate: b.i32()? })
        })
        .collect()
}

pub(crate) fn write(edits: &[Edit], w: &mut BoxWriter) {
    let long = edits.iter().any(|e| e.duration > u32::MAX.into() || e.media_time > i32::MAX.into());
    let version = u8::from(long);
    w.full(b"elst", version, 0, |w| {
        w.u32(edits.len() as u32);
        for e in edits {
            w.versioned(version, e.duration);
            w.versioned(version, e.media_time as u64);
            w.u32(e.rate as u32);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip_of_both_versions() {
        for duration in [10, 1 << 33] {
            let edits = [
                Edit { duration, media_time: -1, rate: 1 << 16 },
                Edit { duration: 20, media_time: 1024, rate: 1 << 16 },
            ];
            let mut w = BoxWriter::default();
            write(&edits, &mut w);
            assert_eq!(parse(&mut only_box(&w.into_bytes()).body, &Limits::default()).unwrap(), edits);
        }
    }

    #[test]
    fn bad_lists_are_errors() {
        let one = |time: i32| {
            let mut w = BoxWriter::default();
            write(&[Edit { duration: 1, media_time: time.into(), rate: 0 }], &mut w);
            w.into_bytes()
        };
        assert!(parse(&mut only_box(&one(-2)).body, &Limits::default()).is_err());
        let tight = Limits { max_edits: 0, ..Limits::default() };
        let refused = parse(&mut only_box(&one(0)).body, &tight);
        assert!(matches!(refused, Err(Error::LimitExceeded { limit: "max_edits", requested: 1, allowed: 0 })));
        let huge = b"\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0";
        assert!(parse(&mut Bytes::new(huge, 0, "elst"), &Limits::default()).is_err());
    }
}
