//! Edit lists of written tracks, and the movie clock in which they can be said exactly.

use super::track::TrackWriter;
use crate::{Edit, EditList, Error, Result, Timebase, Timing};

/// What of a track on the presentation timeline is shown.
#[derive(Debug, Default)]
pub(super) struct Presented {
    range: Option<(i64, i64)>,
    /// Presentation times of the packets that are not shown.
    pub(super) discarded: Vec<i64>,
}

impl Presented {
    pub(super) fn add(&mut self, start: i64, end: i64) {
        let (s, e) = self.range.unwrap_or((start, end));
        self.range = Some((s.min(start), e.max(end)));
    }
}

/// An edit with its duration in a clock of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExactEdit {
    pub(super) duration: i64,
    pub(super) clock: Timebase,
    pub(super) media_time: i64,
    pub(super) rate: i32,
}

impl ExactEdit {
    fn play(duration: i64, clock: Timebase, media_time: i64) -> Self {
        Self { duration, clock, media_time, rate: 1 << 16 }
    }
    fn empty(duration: i64, clock: Timebase) -> Self {
        Self::play(duration, clock, -1)
    }
    pub(super) fn in_clock(&self, movie: Timebase) -> Edit {
        let duration = self.clock.rescale(self.duration, movie).max(0) as u64;
        Edit { duration, media_time: self.media_time, rate: self.rate }
    }
}

/// The edit list of a track whose samples take `media_duration` ticks; empty if it would change nothing.
pub(super) fn edits(track: &TrackWriter, media_duration: i64) -> Result<Vec<ExactEdit>> {
    let clock = track.clock();
    let media_duration = track.fine(media_duration);
    let shift = track.fine(track.composition_shift());
    // Media time in the file of presentation (or source media) time 0.
    let origin = shift - track.first_dts();
    if track.sample_count() == 0 {
        return Ok(Vec::new());
    }
    match &track.spec.timing {
        Timing::Presentation => {
            let Some((start, end)) = track.presented.range else {
                return Err(Error::input("track", "none of its packets is presented"));
            };
            let end = end.saturating_add(track.fine(track.implied_last_duration()));
            if track.presented.discarded.iter().any(|t| (start..end).contains(t)) {
                return Err(Error::input("packet", "discarded between presented ones: copy such a track by its media"));
            }
            let start = if end > 0 { start.max(0) } else { start };
            let start = track.edit_start().map_or(start, |t| t.min(start));
            let media_time = start + origin;
            if start == 0 && media_time == 0 && end == media_duration {
                return Ok(Vec::new());
            }
            let mut edits = Vec::new();
            if start > 0 {
                edits.push(ExactEdit::empty(start, clock));
            }
            edits.push(ExactEdit::play(end - start, clock, track.media(media_time)));
            Ok(edits)
        }
        Timing::Media(list) if list.edits.is_empty() => Ok(match origin {
            0 => Vec::new(),
            // It starts late: nothing is shown until then.
            _ if track.first_dts() > 0 => {
                vec![ExactEdit::empty(track.first_dts(), clock), ExactEdit::play(media_duration, clock, shift)]
            }
            _ => vec![ExactEdit::play(media_duration + track.first_dts(), clock, origin)],
        }),
        Timing::Media(list) => {
            // Pictures that are reordered end later than the sum of durations says.
            let end = track.presented.range.map_or(0, |r| r.1).saturating_add(track.implied_last_duration());
            let sound = track.spec.kind.audio().is_some();
            Ok(moved(list, origin, end.saturating_add(origin), clock, i64::from(track.spec.timebase.num), sound))
        }
    }
}

/// A source's edit list, its media times moved by `origin`. `media_end` is the end of the last sample's composition. An edit of
/// `sound` that ends there, but for the rounding of the list's clock, is made to end there: as it is read, too.
fn moved(list: &EditList, origin: i64, media_end: i64, clock: Timebase, scale: i64, sound: bool) -> Vec<ExactEdit> {
    let grain = list.timebase.rescale(1, clock);
    let mut out = Vec::new();
    for (i, edit) in list.edits.iter().enumerate() {
        let duration = i64::try_from(edit.duration).unwrap_or(i64::MAX);
        if edit.media_time < 0 {
            out.push(ExactEdit { duration, clock: list.timebase, media_time: -1, rate: edit.rate });
            continue;
        }
        let media_time = edit.media_time.saturating_mul(scale).saturating_add(origin);
        let to_the_end = duration == 0 && i + 1 == list.edits.len();
        if media_time >= 0 {
            let rest = media_end.saturating_sub(media_time);
            let rounded = list.timebase.rescale(duration, clock).abs_diff(rest) <= grain.unsigned_abs();
            let (duration, clock) = match to_the_end || (sound && grain > 1 && rest > 0 && rounded) {
                true => ((media_end - media_time).max(0), clock),
                false => (duration, list.timebase),
            };
            out.push(ExactEdit { duration, clock, media_time, rate: edit.rate });
        } else {
            // It starts before the first sample: nothing is there to show until that one.
            let lead = -media_time;
            out.push(ExactEdit::empty(lead, clock));
            let left = if to_the_end { media_end } else { list.timebase.rescale(duration, clock) - lead };
            out.push(ExactEdit { duration: left.max(0), clock, media_time: 0, rate: edit.rate });
        }
    }
    out
}

/// The movie's clock: one in which all edits are exact, and lengths fit 32 bits where that can be had.
pub(super) fn movie_clock(tracks: &[(Vec<ExactEdit>, i64, Timebase)]) -> Timebase {
    let edits = || tracks.iter().flat_map(|t| &t.0);
    let exact = |movie: Timebase| edits().all(|e| e.clock.rescale_exact(e.duration, movie).is_some());
    let fits = |movie: Timebase| {
        tracks.iter().all(|(edits, media, clock)| {
            let sum: i128 = edits.iter().map(|e| i128::from(e.clock.rescale(e.duration, movie))).sum();
            sum.max(clock.rescale(*media, movie).into()) < u32::MAX.into()
        })
    };
    let common = edits().try_fold(1u64, |all, e| {
        let next = all / gcd(all, e.clock.den.into()) * u64::from(e.clock.den);
        (next <= u32::MAX.into()).then_some(next)
    });
    let common = common.map(|n| Timebase::per_second(n as u32));
    let milliseconds = Timebase::per_second(1000);
    let clocks = || edits().map(|e| e.clock).chain(tracks.iter().map(|t| t.2));
    let mut candidates = std::iter::once(milliseconds).chain(clocks()).chain(common);
    candidates
        .find(|&c| c.num == 1 && exact(c) && fits(c))
        .or(common)
        .unwrap_or_else(|| clocks().filter(|c| c.num == 1).max_by_key(|c| c.den).unwrap_or(milliseconds))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(edits: &[(i64, u32)]) -> u32 {
        let list: Vec<_> = edits.iter().map(|&(d, den)| ExactEdit::play(d, Timebase::per_second(den), 0)).collect();
        movie_clock(&[(list, 0, Timebase::per_second(25))]).den
    }

    #[test]
    fn the_coarsest_exact_clock() {
        assert_eq!(clock(&[]), 1000);
        assert_eq!(clock(&[(2002 * 30, 30000), (48, 48000)]), 1000);
        assert_eq!(clock(&[(1001, 30000), (96000, 48000)]), 30000);
        assert_eq!(clock(&[(1001, 30000), (1, 48000)]), 240_000);
        assert_eq!(clock(&[(1, u32::MAX), (1, u32::MAX - 1)]), u32::MAX, "no common clock: the finest there is");
        assert_eq!(clock(&[(1, 48000), (48000 * 100_000 + 1, 48000)]), 48000, "too long for 32 bits, but exact");
    }

    #[test]
    fn moving_an_edit_before_the_media() {
        let timebase = Timebase::per_second(100);
        let edits = vec![Edit { duration: 50, media_time: 20, rate: 1 << 16 }];
        let list = EditList { timebase, edits };
        let got = moved(&list, -30, 1000, timebase, 1, false);
        assert_eq!(got, [ExactEdit::empty(10, timebase), ExactEdit::play(40, timebase, 0)]);
        let fine = Timebase::per_second(44100);
        for (sound, duration, of) in [(true, 22_060, fine), (false, 50, timebase)] {
            let edit = moved(&list, 0, 20 + 22_060, fine, 1, sound)[0];
            assert_eq!((edit.duration, edit.clock), (duration, of), "22,050 ticks is 22,060 but for rounding");
        }
    }
}
