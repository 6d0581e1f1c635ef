//! Where each sample is and when: the boxes of `stbl` taken together, and the samples of movie fragments after them.
//!
//! The tables stay as run-length coded as they are in the file, so an hour of sound costs what its `stsz` costs; a
//! sample is worked out when it is asked for, by binary search. Sample numbers count from 0.

use super::boxes::stsz::SampleSizes;
use super::boxes::trak::Stbl;
use crate::{Error, Limits, Result};

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// In the file.
    pub(crate) offset: u64,
    pub(crate) size: u32,
    pub(crate) dts: i64,
    pub(crate) duration: u32,
    pub(crate) composition_offset: i32,
    /// Index into the track's sample entries, from 0.
    pub(crate) entry: u32,
    pub(crate) key: bool,
}

impl Sample {
    /// Composition time.
    pub(crate) fn cts(&self) -> i64 {
        self.dts.saturating_add(self.composition_offset.into())
    }
}

#[derive(Debug, Clone, Copy)]
struct TimeRun {
    first: u32,
    dts: i64,
    delta: u32,
}

#[derive(Debug, Clone, Copy)]
struct OffsetRun {
    first: u32,
    offset: i32,
}

#[derive(Debug, Clone, Copy)]
struct ChunkRun {
    first_chunk: u32,
    first_sample: u32,
    per_chunk: u32,
    entry: u32,
}

/// Constant-rate sound whose `stsz` counts audio frames, not coded units: `frames` of them take `bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) frames: u32,
    pub(crate) bytes: u32,
}

/// All samples of a track.
#[derive(Debug)]
pub(crate) struct SampleTable {
    sizes: SampleSizes,
    times: Vec<TimeRun>,
    offsets: Vec<OffsetRun>,
    chunk_runs: Vec<ChunkRun>,
    chunks: Vec<u64>,
    /// `None`: all are sync samples.
    sync: Option<Vec<u32>>,
    /// Samples of `moov` that have a place in the file.
    count: u32,
    /// Samples that `stsz` counts but no chunk holds.
    homeless: u32,
    end_dts: i64,
    fragments: Vec<Sample>,
    min_composition_offset: i32,
    unit: Option<Unit>,
}

/// Remembers where the sample after the last one starts, so that walking through a chunk does not sum it up again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    next: u32,
    chunk: u32,
    offset: u64,
}

impl SampleTable {
    /// Checks the boxes against one another.
    ///
    /// # Errors
    /// `Invalid` naming the box (without a useful offset), `LimitExceeded`.
    pub(crate) fn new(stbl: Stbl, entries: u32, limits: &Limits) -> Result<Self> {
        let bad = |what| Error::invalid(what, 0);
        let sizes = stbl.sizes.unwrap_or(SampleSizes::Each(Vec::new()));
        let chunks = stbl.chunks.unwrap_or_default();
        let wanted = sizes.count();
        Error::check_limit("max_samples", wanted.into(), limits.max_samples)?;

        let (mut chunk_runs, mut located) = (Vec::new(), 0u64);
        for (i, run) in stbl.stsc.iter().enumerate() {
            let first_chunk = run.first_chunk - 1;
            let end = stbl.stsc.get(i + 1).map_or(u32::MAX, |next| next.first_chunk - 1).min(chunks.len() as u32);
            if located >= wanted.into() || first_chunk >= end {
                break;
            }
            if run.sample_description_index == 0 || run.sample_description_index > entries {
                return Err(bad("stsc"));
            }
            if run.samples_per_chunk == 0 {
                continue;
            }
            chunk_runs.push(ChunkRun {
                first_chunk,
                first_sample: located as u32,
                per_chunk: run.samples_per_chunk,
                entry: run.sample_description_index - 1,
            });
            located += u64::from(end - first_chunk) * u64::from(run.samples_per_chunk);
        }
        let count = located.min(wanted.into()) as u32;

        let (mut times, mut first, mut dts) = (Vec::new(), 0u32, 0i64);
        for run in &stbl.stts {
            if first >= count {
                break;
            }
            if run.sample_count == 0 {
                continue;
            }
            times.push(TimeRun { first, dts, delta: run.sample_delta });
            let n = run.sample_count.min(count - first);
            let span = i64::from(n).checked_mul(run.sample_delta.into()).ok_or(bad("stts"))?;
            dts = dts.checked_add(span).ok_or(bad("stts"))?;
            first += n;
        }
        // A table that is too short goes on as it ended.
        if let Some(last) = times.last() {
            let span = i64::from(count - first).checked_mul(last.delta.into()).ok_or(bad("stts"))?;
            dts = dts.checked_add(span).ok_or(bad("stts"))?;
        }

        let (mut offsets, mut first) = (Vec::new(), 0u32);
        for run in &stbl.ctts {
            if first >= count {
                break;
            }
            if run.sample_count != 0 {
                offsets.push(OffsetRun { first, offset: run.sample_offset });
                first = first.saturating_add(run.sample_count);
            }
        }
        if first < count && !offsets.is_empty() {
            offsets.push(OffsetRun { first, offset: 0 });
        }
        let min_composition_offset = offsets.iter().map(|o| o.offset).min().unwrap_or(0).min(0);
        let sync = stbl.sync.map(|mut s| {
            s.truncate(s.partition_point(|&i| i < count));
            s
        });
        Ok(Self {
            sizes,
            times,
            offsets,
            chunk_runs,
            chunks,
            sync,
            count,
            homeless: wanted - count,
            end_dts: dts,
            fragments: Vec::new(),
            min_composition_offset,
            unit: None,
        })
    }
    /// Number of samples.
    pub(crate) fn len(&self) -> u64 {
        u64::from(self.count) + self.fragments.len() as u64
    }
    /// Samples that `stsz` counts but no chunk holds.
    pub(crate) fn homeless(&self) -> u32 {
        self.homeless
    }
    /// Decoding time after the last sample.
    pub(crate) fn end_dts(&self) -> i64 {
        self.end_dts
    }
    /// The lowest composition offset, or 0 if none is negative.
    pub(crate) fn min_composition_offset(&self) -> i32 {
        self.min_composition_offset
    }
    pub(crate) fn constant_size(&self) -> Option<u32> {
        match self.sizes {
            SampleSizes::Constant { size, .. } => Some(size),
            SampleSizes::Each(_) => None,
        }
    }
    /// Declares that samples are audio frames of which `unit.frames` take `unit.bytes`.
    pub(crate) fn set_unit(&mut self, unit: Unit) {
        self.unit = Some(unit);
    }
    pub(crate) fn unit(&self) -> Option<Unit> {
        self.unit
    }
    /// Adds a sample of a fragment.
    pub(crate) fn push(&mut self, sample: Sample) {
        self.min_composition_offset = self.min_composition_offset.min(sample.composition_offset);
        self.end_dts = sample.dts.saturating_add(sample.duration.into());
        self.fragments.push(sample);
    }
    /// Moves the end without a sample (a fragment whose time went on without data).
    pub(crate) fn set_end_dts(&mut self, dts: i64) {
        self.end_dts = dts;
    }
    fn fragment(&self, i: u64) -> Option<&Sample> {
        let i = i.checked_sub(self.count.into())?;
        self.fragments.get(usize::try_from(i).ok()?)
    }
    /// Decoding time and duration of sample `i`.
    fn time(&self, i: u64) -> (i64, u32) {
        if let Some(s) = self.fragment(i) {
            return (s.dts, s.duration);
        }
        match self.times.partition_point(|r| u64::from(r.first) <= i).checked_sub(1).map(|r| self.times[r]) {
            // No overflow: `new` has computed the same product for the last sample.
            Some(r) => (r.dts + (i - u64::from(r.first)) as i64 * i64::from(r.delta), r.delta),
            None => (0, 0),
        }
    }
    pub(crate) fn dts(&self, i: u64) -> i64 {
        self.time(i).0
    }
    pub(crate) fn duration(&self, i: u64) -> u32 {
        self.time(i).1
    }
    fn composition_offset(&self, i: u64) -> i32 {
        if let Some(s) = self.fragment(i) {
            return s.composition_offset;
        }
        let run = self.offsets.partition_point(|r| u64::from(r.first) <= i).checked_sub(1);
        run.map_or(0, |r| self.offsets[r].offset)
    }
    pub(crate) fn cts(&self, i: u64) -> i64 {
        self.dts(i).saturating_add(self.composition_offset(i).into())
    }
    pub(crate) fn is_sync(&self, i: u64) -> bool {
        match (self.fragment(i), &self.sync) {
            (Some(s), _) => s.key,
            (None, None) => true,
            (None, Some(sync)) => u32::try_from(i).is_ok_and(|i| sync.binary_search(&i).is_ok()),
        }
    }
    /// The last sync sample at or before `i`.
    pub(crate) fn sync_at_or_before(&self, mut i: u64) -> Option<u64> {
        while i >= self.count.into() {
            if self.fragment(i)?.key {
                return Some(i);
            }
            i = i.checked_sub(1)?;
        }
        match &self.sync {
            None => Some(i),
            Some(sync) => {
                let n = sync.partition_point(|&s| u64::from(s) <= i);
                n.checked_sub(1).map(|n| sync[n].into())
            }
        }
    }
    /// The sync samples in `range`, in order.
    pub(crate) fn sync_samples(&self, range: std::ops::Range<u64>) -> impl Iterator<Item = u64> + '_ {
        let moov_end = range.end.min(self.count.into());
        let (all, listed) = match &self.sync {
            None => (range.start.min(moov_end)..moov_end, &[][..]),
            Some(sync) => {
                let from = sync.partition_point(|&s| u64::from(s) < range.start);
                let to = sync.partition_point(|&s| u64::from(s) < moov_end).max(from);
                (0..0, &sync[from..to])
            }
        };
        let fragments = (range.start.max(self.count.into())..range.end).filter(|&i| self.is_sync(i));
        all.chain(listed.iter().map(|&s| u64::from(s))).chain(fragments)
    }
    /// The number of samples whose decoding time is at most `dts`.
    pub(crate) fn count_up_to(&self, dts: i64) -> u64 {
        if self.fragments.first().is_some_and(|f| f.dts <= dts) {
            return u64::from(self.count) + self.fragments.partition_point(|s| s.dts <= dts) as u64;
        }
        let after = self.times.partition_point(|r| r.dts <= dts);
        let Some(r) = after.checked_sub(1).map(|r| self.times[r]) else {
            return if self.times.is_empty() && dts >= 0 { self.count.into() } else { 0 };
        };
        let next = self.times.get(after).map_or(self.count, |n| n.first);
        match (dts - r.dts).checked_div(r.delta.into()) {
            None => next.into(),
            Some(n) => (n as u64).saturating_add(1 + u64::from(r.first)).min(next.into()),
        }
    }
    /// Sample `i` of those that exist.
    pub(crate) fn get(&self, i: u64, cursor: &mut Cursor) -> Sample {
        if let Some(s) = self.fragment(i) {
            return *s;
        }
        let index = i as u32;
        let run = self.chunk_runs.partition_point(|r| r.first_sample <= index).saturating_sub(1);
        // `count` is 0 without runs, and then nobody asks.
        let run = self.chunk_runs[run];
        let chunk = run.first_chunk + (index - run.first_sample) / run.per_chunk;
        let size = self.sizes.get(index);
        let offset = match self.unit {
            Some(unit) => {
                let in_chunk = (index - run.first_sample) % run.per_chunk;
                let bytes = u64::from(in_chunk / unit.frames) * u64::from(unit.bytes);
                self.chunks[chunk as usize].saturating_add(bytes)
            }
            None if cursor.next == index && cursor.chunk == chunk && index != 0 => cursor.offset,
            None => {
                let first = run.first_sample + (index - run.first_sample) / run.per_chunk * run.per_chunk;
                self.chunks[chunk as usize].saturating_add(self.sizes.sum(first..index))
            }
        };
        *cursor = Cursor { next: index.saturating_add(1), chunk, offset: offset.saturating_add(size.into()) };
        let (dts, duration) = self.time(i);
        let composition_offset = self.composition_offset(i);
        Sample { offset, size, dts, duration, composition_offset, entry: run.entry, key: self.is_sync(i) }
    }
    /// How many samples from `i` on lie in the same chunk.
    pub(crate) fn left_in_chunk(&self, i: u64) -> u32 {
        if i >= self.count.into() {
            return 1;
        }
        let index = i as u32;
        let run = self.chunk_runs[self.chunk_runs.partition_point(|r| r.first_sample <= index).saturating_sub(1)];
        (run.per_chunk - (index - run.first_sample) % run.per_chunk).min(self.count - index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::boxes::{ctts::CttsRun, stsc::StscRun, stts::SttsRun};

    fn table() -> SampleTable {
        let stsc =
            |first_chunk, samples_per_chunk| StscRun { first_chunk, samples_per_chunk, sample_description_index: 1 };
        let stts = |sample_count, sample_delta| SttsRun { sample_count, sample_delta };
        let ctts = |sample_count, sample_offset| CttsRun { sample_count, sample_offset };
        let stbl = Stbl {
            stts: vec![stts(2, 10), stts(1, 0), stts(3, 5)],
            ctts: vec![ctts(1, 20), ctts(2, -3)],
            stsc: vec![stsc(1, 2), stsc(3, 1)],
            sizes: Some(SampleSizes::Each(vec![1, 2, 3, 4, 5, 6, 7])),
            chunks: Some(vec![100, 200, 300, 400]),
            sync: Some(vec![0, 3, 9]),
        };
        SampleTable::new(stbl, 1, &Limits::default()).unwrap()
    }

    #[test]
    fn samples_in_any_order() {
        let t = table();
        assert_eq!((t.len(), t.homeless(), t.end_dts()), (6, 1, 35), "7 sizes, 2+2+1+1 places");
        let offsets = [100, 101, 200, 203, 300, 400];
        let dts = [0, 10, 20, 20, 25, 30];
        let cts = [20, 7, 17, 20, 25, 30];
        for order in [[0, 1, 2, 3, 4, 5], [5, 3, 4, 1, 2, 0]] {
            let mut cursor = Cursor::default();
            for i in order {
                let s = t.get(i, &mut cursor);
                let k = i as usize;
                assert_eq!((s.offset, s.size), (offsets[k], k as u32 + 1), "{i}");
                assert_eq!((s.dts, s.cts(), t.cts(i)), (dts[k], cts[k], cts[k]), "{i}");
                assert_eq!(s.key, i == 0 || i == 3);
            }
        }
        assert_eq!((0..6).map(|i| t.sync_at_or_before(i).unwrap()).collect::<Vec<_>>(), [0, 0, 0, 3, 3, 3]);
        assert_eq!(t.sync_samples(1..6).collect::<Vec<_>>(), [3]);
        for dts in -1..40 {
            let expected = (0..6).filter(|&i| t.dts(i) <= dts).count() as u64;
            assert_eq!(t.count_up_to(dts), expected, "{dts}");
        }
        assert_eq!((0..6).map(|i| t.left_in_chunk(i)).collect::<Vec<_>>(), [2, 1, 2, 1, 1, 1]);
    }

    #[test]
    fn fragments_go_on_after_the_table() {
        let mut t = table();
        for i in 0..3 {
            let dts = 35 + i * 5;
            let key = i == 1;
            t.push(Sample { offset: 500, size: 9, dts, duration: 5, composition_offset: 0, entry: 0, key });
        }
        assert_eq!((t.len(), t.end_dts()), (9, 50));
        assert_eq!(t.get(7, &mut Cursor::default()).dts, 40);
        assert_eq!(t.sync_samples(0..9).collect::<Vec<_>>(), [0, 3, 7]);
        assert_eq!([t.sync_at_or_before(6), t.sync_at_or_before(8)], [Some(3), Some(7)]);
        assert_eq!([t.count_up_to(34), t.count_up_to(40), t.count_up_to(99)], [6, 8, 9]);
    }
}
