//! Edit lists: from the media timeline to the presentation timeline (ISO/IEC 14496-12 8.6.5, 8.6.6).
//!
//! Each edit that presents media becomes a [`Segment`]: a run of samples in decoding order, from the sync sample that
//! its first picture needs to the last sample that it presents. Presentation time is composition time, moved by a
//! constant for each edit, exactly. A picture is presented if its composition time lies in the edit; sound is presented
//! from the exact tick. Against ffmpeg, which presents the same pictures: it renumbers decoding times by counting
//! from the edit's start, moves the first picture to time 0 where the edit starts between two pictures, lets the lead-in
//! of later edits push what follows, and gives extra samples after the end of an edit, marked as discarded.

use super::sample_table::SampleTable;
use crate::{EditList, Error, Limits, Result, Timebase};

/// A run of samples on the presentation timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// First sample to decode.
    pub(crate) first: u64,
    /// Sample after the last one.
    pub(crate) end: u64,
    /// Samples in all segments before this one.
    pub(crate) before: u64,
    /// What to add to a media time to get the presentation time.
    pub(crate) shift: i64,
    /// Composition times that are presented, in media time.
    pub(crate) presented: (i64, i64),
}

impl Segment {
    pub(crate) fn whole(table: &SampleTable) -> Self {
        Self { first: 0, end: table.len(), before: 0, shift: 0, presented: (i64::MIN, i64::MAX) }
    }
}

/// How a kind of track relates to the edges of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granularity {
    /// A picture is presented or not.
    Picture,
    /// A packet of sound may be presented in part; the decoder starts up to a second early.
    Sound,
    /// A packet may be presented in part.
    Other,
}

/// How many samples are looked at one by one around an edge; reordering is never deeper.
const MAX_STEPS: usize = 4096;

/// The segments of a track, and the length of its presentation in its ticks.
///
/// # Errors
/// `Unsupported` for edits at another rate than 1, `LimitExceeded`.
pub(crate) fn segments(
    table: &SampleTable,
    list: &EditList,
    timebase: Timebase,
    granularity: Granularity,
    limits: &Limits,
) -> Result<(Vec<Segment>, i64)> {
    if list.edits.is_empty() {
        return Ok((vec![Segment::whole(table)], table.end_dts()));
    }
    let ticks = |movie: i128| list.timebase.rescale(i64::try_from(movie).unwrap_or(i64::MAX), timebase);
    let (mut segments, mut clock, mut before) = (Vec::new(), 0i128, 0u64);
    let mut end = 0;
    for (i, edit) in list.edits.iter().enumerate() {
        let start = ticks(clock);
        clock += i128::from(edit.duration);
        end = ticks(clock);
        if edit.media_time < 0 {
            continue;
        }
        if edit.rate != 1 << 16 {
            return Err(Error::unsupported("edit list with a media_rate other than 1"));
        }
        let from = edit.media_time;
        // ISO/IEC 14496-12 8.6.6.1: 0 stands for the rest of the media, of a length not known when it was written.
        let rest = composition_end(table).saturating_sub(from);
        // The movie's clock may be too coarse to say where sound ends: an end that is the media's but for rounding is it.
        let grain = ticks(1);
        let rounded = granularity == Granularity::Sound
            && grain > 1
            && ticks(edit.duration.into()).abs_diff(rest) <= grain.unsigned_abs();
        let to = if rounded {
            end = start.saturating_add(rest);
            from.saturating_add(rest)
        } else if edit.duration == 0 && i + 1 == list.edits.len() {
            end = start.saturating_add(composition_end(table).saturating_sub(from).max(0));
            i64::MAX
        } else {
            from.saturating_add(ticks(edit.duration.into()))
        };
        let first = lead_in(table, from, timebase, granularity);
        let last = end_of(table, to);
        if first < last && presents_any(table, first..last, from, granularity) {
            let shift = start.saturating_sub(from);
            segments.push(Segment { first, end: last, before, shift, presented: (from, to) });
            before = before.saturating_add(last - first);
            Error::check_limit("max_samples", before, limits.max_samples)?;
        }
    }
    Ok((segments, end))
}

/// End of the composition of what is shown last, which reordering puts after the end of decoding.
fn composition_end(table: &SampleTable) -> i64 {
    let last = table.len().saturating_sub(MAX_STEPS as u64)..table.len();
    last.map(|i| table.cts(i).saturating_add(table.duration(i).into())).max().unwrap_or(0)
}

/// The sample from which decoding must start so that what is composed at `time` is whole.
fn lead_in(table: &SampleTable, time: i64, timebase: Timebase, granularity: Granularity) -> u64 {
    // A second of sound is more than any decoder's delay, and what ffmpeg takes.
    let time = match granularity {
        Granularity::Sound => time.saturating_sub(i64::from(timebase.den)).max(0),
        _ => time,
    };
    let after = table.count_up_to(time.saturating_sub(table.min_composition_offset().into()));
    let mut sync = after.checked_sub(1).and_then(|i| table.sync_at_or_before(i));
    for _ in 0..MAX_STEPS {
        match sync {
            Some(s) if table.cts(s) > time => sync = s.checked_sub(1).and_then(|i| table.sync_at_or_before(i)),
            found => return found.unwrap_or(0),
        }
    }
    0
}

/// One past the last sample, in decoding order, that is composed before `time`.
fn end_of(table: &SampleTable, time: i64) -> u64 {
    let mut end = table.count_up_to(time.saturating_sub(1).saturating_sub(table.min_composition_offset().into()));
    for _ in 0..MAX_STEPS {
        if end == 0 || table.cts(end - 1) < time {
            break;
        }
        end -= 1;
    }
    end
}

/// Whether anything is left of the run once what lies before `from` is cut off.
fn presents_any(table: &SampleTable, run: std::ops::Range<u64>, from: i64, granularity: Granularity) -> bool {
    run.rev().take(MAX_STEPS).any(|i| match granularity {
        Granularity::Picture => table.cts(i) >= from,
        _ => table.cts(i) >= from || table.cts(i).saturating_add(table.duration(i).into()) > from,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Edit;
    use crate::mp4::boxes::trak::Stbl;
    use crate::mp4::boxes::{ctts::CttsRun, stsc::StscRun, stsz::SampleSizes, stts::SttsRun};

    /// I B P B I B P B with composition offsets 1 0 2 0 in ticks of 10, sync at 0 and 4.
    fn table() -> SampleTable {
        let ctts = |sample_offset| CttsRun { sample_count: 1, sample_offset };
        let stbl = Stbl {
            stts: vec![SttsRun { sample_count: 8, sample_delta: 10 }],
            // decode order I0 P2 B1 I... composed 10 30 20 40 | 50 70 60 80
            ctts: [10, 20, 0, 10, 10, 20, 0, 10].map(ctts).to_vec(),
            stsc: vec![StscRun { first_chunk: 1, samples_per_chunk: 8, sample_description_index: 1 }],
            sizes: Some(SampleSizes::Constant { size: 1, count: 8 }),
            chunks: Some(vec![0]),
            sync: Some(vec![0, 4]),
        };
        SampleTable::new(stbl, 1, &Limits::default()).unwrap()
    }

    fn run(edits: &[(u64, i64)]) -> (Vec<Segment>, i64) {
        let edits = edits.iter().map(|&(duration, media_time)| Edit { duration, media_time, rate: 1 << 16 }).collect();
        let list = EditList { timebase: Timebase::per_second(1000), edits };
        segments(&table(), &list, Timebase::per_second(1000), Granularity::Picture, &Limits::default()).unwrap()
    }

    #[test]
    fn reorder_delay() {
        let (s, end) = run(&[(80, 10)]);
        assert_eq!(s, [Segment { first: 0, end: 8, before: 0, shift: -10, presented: (10, 90) }]);
        assert_eq!(end, 80);
    }

    #[test]
    fn empty_edit_and_a_cut_into_a_group_of_pictures() {
        let (s, end) = run(&[(500, -1), (25, 55)]);
        assert_eq!(s, [Segment { first: 4, end: 7, before: 0, shift: 445, presented: (55, 80) }]);
        assert_eq!(end, 525);
    }

    #[test]
    fn several_edits_in_any_order() {
        let (s, end) = run(&[(30, 50), (20, 20), (0, 70)]);
        assert_eq!(
            s.iter().map(|s| (s.first, s.end, s.before, s.shift)).collect::<Vec<_>>(),
            [(4, 7, 0, -50), (0, 3, 3, 10), (4, 8, 6, -20)]
        );
        assert_eq!(end, 70, "the last one goes to the end of the picture composed at 80");
        assert_eq!(run(&[(10, 1000)]).0, []);
    }

    #[test]
    fn sound_ends_with_its_media_where_the_movie_clock_is_coarse() {
        // 80 ticks of media; the movie counts in tenths of a second, of 100 ticks each.
        let end = |duration, movie, granularity| {
            let edits = vec![Edit { duration, media_time: 0, rate: 1 << 16 }];
            let list = EditList { timebase: Timebase::per_second(movie), edits };
            segments(&table(), &list, Timebase::per_second(1000), granularity, &Limits::default()).unwrap().1
        };
        assert_eq!(end(1, 10, Granularity::Sound), 90, "the last is composed from 80 to 90");
        assert_eq!(end(1, 10, Granularity::Picture), 100);
        assert_eq!(end(5, 10, Granularity::Sound), 500, "more than rounding");
        assert_eq!(end(89, 1000, Granularity::Sound), 89, "a clock that could have said 90");
    }

    #[test]
    fn rates_are_refused() {
        let edits = vec![Edit { duration: 5, media_time: 0, rate: 0 }];
        let list = EditList { timebase: Timebase::per_second(1000), edits };
        let r = segments(&table(), &list, Timebase::per_second(1000), Granularity::Picture, &Limits::default());
        assert!(matches!(r, Err(Error::Unsupported { .. })));
    }
}
