//! 33-bit times at 90 kHz, continued over wraps and splices.

use crate::Timebase;

/// Clock of PTS and DTS (2.4.3.7).
pub(super) const CLOCK: Timebase = Timebase { num: 1, den: 90_000 };

/// Times further apart than this, between neighbours, are of another recording: 10 s.
const SPLICE: i64 = 10 * 90_000;

/// The times of all tracks of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline {
    /// The first time in the file.
    pub(super) origin: i64,
    /// The time that the next is close to; wraps not taken back.
    near: Option<i64>,
    /// What the last splice moved times by.
    shift: i64,
    /// The earliest presentation time met, not counted from the origin.
    pub(super) earliest: Option<i64>,
}

/// Where a track is on the timeline.
#[derive(Debug, Clone, Default)]
pub(super) struct TrackClock {
    last: Option<i64>,
    shift: i64,
}

impl Timeline {
    /// A timeline of a file of which the first time is `origin`.
    pub(super) fn starting_at(origin: i64) -> Self {
        Self { origin, near: Some(origin), shift: 0, earliest: None }
    }
    /// Reading goes on at `time`, counted from the origin.
    pub(super) fn enter(&mut self, time: i64) {
        self.near = Some(time.saturating_add(self.origin));
    }
    /// The time that `stamp` means: the nearest to the last one that its 33 bits fit.
    pub(super) fn unwrapped(&mut self, stamp: u64) -> i64 {
        let stamp = stamp as i64 & ((1 << 33) - 1);
        let near = self.near.unwrap_or(stamp);
        let time = near.saturating_add((stamp.wrapping_sub(near) << 31) >> 31);
        self.near = Some(time);
        time
    }
    /// Times of an access unit from the origin: of presentation and of decoding. `continuous` tracks have no gaps.
    pub(super) fn place(&mut self, track: &mut TrackClock, pts: u64, dts: Option<u64>, continuous: bool) -> (i64, i64) {
        let dts = self.unwrapped(dts.unwrap_or(pts));
        let composition = ((pts as i64).wrapping_sub(dts) << 31) >> 31;
        let shown = dts.saturating_add(composition);
        self.earliest = Some(self.earliest.map_or(shown, |e| e.min(shown)));
        let bare = dts.saturating_sub(self.origin);
        if !continuous {
            track.shift = self.shift;
        } else if let Some(last) = track.last {
            let far = |shift: i64| bare.saturating_add(shift).saturating_sub(last).saturating_abs() > SPLICE;
            if far(track.shift) {
                // The first track that meets a splice joins it up; the others follow, so that they stay together.
                if far(self.shift) {
                    self.shift = last.saturating_sub(bare);
                }
                track.shift = self.shift;
            }
        }
        let dts = bare.saturating_add(track.shift);
        track.last = Some(dts);
        (dts.saturating_add(composition), dts)
    }
}

impl TrackClock {
    /// Reading goes on where the track is at `time`.
    pub(super) fn enter(&mut self, time: i64) {
        self.last = Some(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_and_splices() {
        let mut line = Timeline::starting_at((1 << 33) - 90_000);
        let (mut video, mut audio) = (TrackClock::default(), TrackClock::default());
        let top = (1 << 33) - 90_000;
        assert_eq!(line.place(&mut video, top + 3000, Some(top), true), (3000, 0));
        assert_eq!(line.place(&mut video, 2000, Some((1 << 33) - 1000), true), (92_000, 89_000), "over the wrap");
        assert_eq!(line.place(&mut audio, 0, None, true), (90_000, 90_000));
        // A recording spliced on that starts an hour later.
        let hour = 3600 * 90_000;
        assert_eq!(line.place(&mut video, hour + 3000, Some(hour), true), (92_000, 89_000));
        assert_eq!(line.place(&mut audio, hour + 1000, None, true), (90_000, 90_000), "together with the pictures");
        assert_eq!(line.place(&mut video, hour + 6000, Some(hour + 3000), true), (95_000, 92_000));
    }

    #[test]
    fn any_stamp() {
        let mut line = Timeline::default();
        let mut track = TrackClock::default();
        for stamp in [0, u64::MAX, 1 << 32, 1, 1 << 33, i64::MAX as u64, 3] {
            let (pts, dts) = line.place(&mut track, stamp, Some(stamp ^ 5), true);
            assert!(pts.abs() < 1 << 40 && dts.abs() < 1 << 40);
        }
    }
}
