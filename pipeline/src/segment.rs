//! Where a job is cut into segments that can be worked on apart from each other.
//!
//! A segment starts at a picture that nothing before it is needed for and that nothing shown before it follows: for
//! H.264 an IDR picture. (A sync sample of an MP4 may also be an I picture with leading pictures that refer across
//! it; those are never cut at.) So the pictures decoded from a segment's packets alone are exactly the pictures shown
//! in its time. The cuts depend on the input and the options, never on the number of threads.

use transcode_container::{Packet, SyncPoint, Timebase};
use transcode_core::h264::nal::{self, NalUnit, nal_type};

/// Least length of a segment in seconds: long enough that the extra IDR pictures cost less than 1% of the bits.
const MIN_SECONDS: i64 = 8;

/// A run of a track's packets, by their ordinals in the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Ordinal of its first packet.
    pub(crate) first: u64,
    /// That packet, if it is not the track's first.
    pub(crate) point: Option<SyncPoint>,
    /// Ordinal after its last packet; `None` is the end of the track.
    pub(crate) end: Option<u64>,
    /// Presentation time of its first picture in ticks of the track, where the container has times.
    pub(crate) start_pts: Option<i64>,
    /// Presentation time at which it ends, where that is known.
    pub(crate) end_pts: Option<i64>,
}

impl Segment {
    /// The whole track, of which `end_pts` is the end.
    pub(crate) const fn whole(end_pts: Option<i64>) -> Self {
        Self { first: 0, point: None, end: None, start_pts: None, end_pts }
    }
}

/// Cuts a track at its `points`, where `safe` agrees. `end_pts` is the end of the track's presentation.
pub(crate) fn cut<E>(
    points: &[SyncPoint],
    timebase: Timebase,
    end_pts: Option<i64>,
    mut safe: impl FnMut(&SyncPoint) -> Result<bool, E>,
) -> Result<Vec<Segment>, E> {
    let least = Timebase::per_second(1).rescale(MIN_SECONDS, timebase);
    let mut cuts: Vec<(SyncPoint, i64)> = Vec::new();
    let Some(start) = points.first().and_then(|p| p.pts) else { return Ok(vec![Segment::whole(end_pts)]) };
    let mut last = start;
    for point in points.iter().skip(1).filter(|p| !p.discard) {
        let Some(pts) = point.pts else { continue };
        // What is left over at the end must be a segment of full length too.
        let long_enough = pts.saturating_sub(last) >= least && end_pts.is_none_or(|e| e.saturating_sub(pts) >= least);
        if long_enough && safe(point)? {
            cuts.push((*point, pts));
            last = pts;
        }
    }
    let starts = std::iter::once((None, start)).chain(cuts.iter().map(|&(p, t)| (Some(p), t)));
    let ends = cuts.iter().map(|&(p, t)| (Some(p.position), Some(t))).chain(std::iter::once((None, end_pts)));
    Ok(starts
        .zip(ends)
        .map(|((point, start), (end, end_pts))| {
            let first = point.map_or(0, |p| p.position);
            Segment { first, point, end, start_pts: Some(start), end_pts }
        })
        .collect())
}

/// Every `n`th of the points, so that cuts of uncompressed video fall where the encoder puts a keyframe anyway.
pub(crate) fn every(points: &[SyncPoint], n: u32) -> Vec<SyncPoint> {
    points.iter().step_by(n.max(1) as usize).copied().collect()
}

/// What the NAL units of a packet say about cutting before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CutSigns {
    /// Its first slice is of an IDR picture (`nal_unit_type` 5).
    pub(crate) idr: bool,
    /// It carries a sequence or picture parameter set.
    pub(crate) parameter_sets: bool,
}

impl CutSigns {
    /// Looks at a packet of NAL units with length fields of `length_size` bytes (ISO/IEC 14496-15), or of a byte stream.
    pub(crate) fn of(packet: &Packet, length_size: Option<u8>) -> Self {
        match length_size {
            Some(n) => Self::of_units(nal::length_prefixed(&packet.data, n).map_while(Result::ok)),
            None => Self::of_units(nal::annexb(&packet.data)),
        }
    }
    fn of_units<'a>(units: impl Iterator<Item = NalUnit<'a>>) -> Self {
        let mut signs = Self::default();
        for unit in units {
            match unit.data[0] & 31 {
                nal_type::SPS | nal_type::PPS => signs.parameter_sets = true,
                t @ nal_type::SLICE..=nal_type::IDR => return Self { idr: t == nal_type::IDR, ..signs },
                _ => {}
            }
        }
        signs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use transcode_container::TrackId;

    fn point(position: u64, seconds: i64) -> SyncPoint {
        SyncPoint { position, pts: Some(seconds * 1000), dts: seconds * 1000, discard: false, place: [0; 2] }
    }

    fn starts(points: &[SyncPoint], end: i64, bad: &[u64]) -> Vec<u64> {
        let safe = |p: &SyncPoint| Ok::<_, Infallible>(!bad.contains(&p.position));
        let segments = cut(points, Timebase::per_second(1000), Some(end * 1000), safe).unwrap();
        for pair in segments.windows(2) {
            assert_eq!((pair[0].end, pair[0].end_pts), (Some(pair[1].first), pair[1].start_pts));
        }
        assert_eq!((segments[segments.len() - 1].end, segments[segments.len() - 1].end_pts), (None, Some(end * 1000)));
        segments.iter().map(|s| s.first).collect()
    }

    #[test]
    fn segments_last_eight_seconds() {
        let points: Vec<_> = (0..40).map(|i| point(i * 25, i as i64)).collect();
        assert_eq!(starts(&points, 40, &[]), [0, 200, 400, 600, 800]);
        assert_eq!(starts(&points, 39, &[]), [0, 200, 400, 600], "the rest would be 7 s");
        assert_eq!(starts(&points, 40, &[200, 225]), [0, 250, 450, 650]);
        assert_eq!(starts(&points[..8], 8, &[]), [0]);
    }

    #[test]
    fn no_cut_without_times_or_in_a_lead_in() {
        let mut points: Vec<_> = (0..40).map(|i| point(i * 25, i as i64)).collect();
        points[8].discard = true;
        assert_eq!(starts(&points, 40, &[]), [0, 225, 425, 625]);
        points[0].pts = None;
        assert_eq!(starts(&points, 40, &[]), [0]);
    }

    #[test]
    fn nal_units() {
        let signs = |data: &[u8]| CutSigns::of(&Packet::new(TrackId(0), 0, 0, 0, true, data.to_vec()), Some(2));
        assert_eq!(signs(&[0, 1, 0x67, 0, 2, 0x65, 0]), CutSigns { idr: true, parameter_sets: true });
        assert_eq!(signs(&[0, 1, 0x09, 0, 2, 0x41, 0, 0, 1, 0x67]), CutSigns::default());
        assert_eq!(signs(&[0, 9, 0x65]), CutSigns::default(), "a unit that is not whole");
        assert_eq!(signs(&[0, 0, 0]), CutSigns::default());
        let stream = Packet::new(TrackId(0), 0, 0, 0, true, vec![0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 1]);
        assert_eq!(CutSigns::of(&stream, None), CutSigns { idr: true, parameter_sets: true });
    }
}
