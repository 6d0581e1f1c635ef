//! Movie fragments: `moof`, `traf` (ISO/IEC 14496-12 8.8.4 to 8.8.8).

use super::boxes::tfhd::{Tfhd, parse_tfdt};
use super::boxes::trex::Trex;
use super::boxes::trun::Trun;
use super::bytes::Bytes;
use super::sample_table::{Sample, SampleTable};
use crate::{Error, Limits, Result};

/// A track as fragments see it.
pub(crate) struct FragmentTrack<'a> {
    pub(crate) track_id: u32,
    pub(crate) entries: u32,
    /// Every sample is a sync sample whatever its flags say: sound.
    pub(crate) all_sync: bool,
    pub(crate) table: &'a mut SampleTable,
}

/// Adds the samples of the `moof` at `moof_offset` of a file of `file_len` bytes to their tracks.
///
/// # Errors
/// `Invalid`; `LimitExceeded`; `UnexpectedEnd` once the samples that are wholly present have been added.
pub(crate) fn read_moof(
    mut moof: Bytes,
    moof_offset: u64,
    file_len: u64,
    trex: &[Trex],
    tracks: &mut [FragmentTrack],
    limits: &Limits,
) -> Result<()> {
    let mut run_end = moof_offset;
    let mut missing = None;
    while let Some(child) = moof.next_box()? {
        if child.kind.0 != *b"traf" {
            continue;
        }
        let traf = child.body.named("traf");
        let track_id = track_id(traf)?;
        let trex = trex.iter().find(|t| t.track_id == track_id).copied();
        let Some(track) = tracks.iter_mut().find(|t| t.track_id == track_id) else { continue };
        let mut reader = TrafReader { trex, moof_offset, file_len, limits, missing: None, run_end: &mut run_end };
        reader.read(traf, track)?;
        missing = missing.or(reader.missing);
    }
    missing.map_or(Ok(()), Err)
}

fn track_id(mut traf: Bytes) -> Result<u32> {
    let at = traf;
    while let Some(child) = traf.next_box()? {
        if child.kind.0 == *b"tfhd" {
            return Tfhd::track_id(child.body.named("tfhd"));
        }
    }
    Err(at.invalid())
}

struct TrafReader<'a> {
    trex: Option<Trex>,
    moof_offset: u64,
    file_len: u64,
    limits: &'a Limits,
    missing: Option<Error>,
    /// Where the data of the last run read ended.
    run_end: &'a mut u64,
}

impl TrafReader<'_> {
    fn read(&mut self, traf: Bytes, track: &mut FragmentTrack) -> Result<()> {
        let (mut tfhd, mut time) = (None, None);
        let mut boxes = traf;
        while let Some(child) = boxes.next_box()? {
            match &child.kind.0 {
                b"tfhd" if tfhd.is_none() => {
                    let trex = self.trex.unwrap_or(Trex { default_sample_description_index: 1, ..Trex::default() });
                    tfhd = Some(Tfhd::parse(&mut child.body.named("tfhd"), trex)?);
                }
                b"tfdt" if time.is_none() => time = Some(parse_tfdt(&mut child.body.named("tfdt"))?),
                _ => {}
            }
        }
        let Some(tfhd) = tfhd else { return Err(traf.invalid()) };
        let mut dts = match time {
            Some(t) => i64::try_from(t).map_err(|_| traf.named("tfdt").invalid())?,
            None => track.table.end_dts(),
        };
        // 8.8.7.1: without either, data follows that of the track before in this fragment.
        let base = match tfhd.base_data_offset {
            Some(base) => base,
            None if tfhd.default_base_is_moof => self.moof_offset,
            None => *self.run_end,
        };
        let mut offset = base;
        let mut boxes = traf;
        while let Some(child) = boxes.next_box()? {
            if child.kind.0 == *b"trun" {
                let at = child.body.named("trun");
                let run = Trun::parse(&mut at.clone())?;
                if let Some(relative) = run.data_offset {
                    offset = base.checked_add_signed(relative.into()).ok_or_else(|| at.invalid())?;
                }
                (offset, dts) = self.read_run(run, at, tfhd.defaults, offset, dts, track)?;
            }
        }
        track.table.set_end_dts(dts);
        *self.run_end = offset;
        Ok(())
    }

    fn read_run(
        &mut self,
        run: Trun,
        at: Bytes,
        defaults: Trex,
        mut offset: u64,
        mut dts: i64,
        track: &mut FragmentTrack,
    ) -> Result<(u64, i64)> {
        // A count that neither rows nor data stand behind would take memory for nothing.
        if !run.has_table() && defaults.default_sample_size == 0 && run.sample_count > 1 {
            return Err(at.invalid());
        }
        let entry = defaults.default_sample_description_index;
        if run.sample_count != 0 && (entry == 0 || entry > track.entries) {
            return Err(at.invalid());
        }
        for sample in run.samples(defaults) {
            let sample = sample?;
            let end = offset.checked_add(sample.size.into()).ok_or_else(|| at.invalid())?;
            if end > self.file_len {
                self.missing.get_or_insert(Error::unexpected_end("sample data", self.file_len));
                return Ok((end, dts));
            }
            let held = (track.table.len() + 1) * size_of::<Sample>() as u64;
            Error::check_limit("max_samples", track.table.len() + 1, self.limits.max_samples)?;
            Error::check_limit("max_index_bytes", held, self.limits.max_index_bytes)?;
            track.table.push(Sample {
                offset,
                size: sample.size,
                dts,
                duration: sample.duration,
                composition_offset: sample.composition_offset,
                entry: entry - 1,
                key: track.all_sync || sample.is_sync(),
            });
            offset = end;
            dts = dts.checked_add(sample.duration.into()).ok_or_else(|| at.invalid())?;
        }
        Ok((offset, dts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::boxes::trak::Stbl;
    use crate::mp4::bytes::{BoxWriter, only_box};
    use crate::mp4::sample_table::Cursor;

    /// A `moof` with one run of two 10-byte samples for each of tracks 1 and 2; `base` writes the offset fields.
    fn moof(flags: u32, base: Option<u64>, data_offset: Option<u32>) -> Vec<u8> {
        let mut w = BoxWriter::default();
        w.boxed(b"moof", |w| {
            for id in [1, 2] {
                w.boxed(b"traf", |w| {
                    w.full(b"tfhd", 0, flags | 0x18 | u32::from(base.is_some()), |w| {
                        w.u32(id);
                        base.iter().for_each(|&b| w.u64(b));
                        w.u32(5); // duration
                        w.u32(10); // size
                    });
                    w.full(b"tfdt", 0, 0, |w| w.u32(100));
                    w.full(b"trun", 0, u32::from(data_offset.is_some()), |w| {
                        w.u32(2);
                        data_offset.iter().for_each(|&o| w.u32(o));
                    });
                });
            }
        });
        w.into_bytes()
    }

    fn offsets(moof: &[u8], file_len: u64) -> (Vec<[u64; 2]>, Result<()>) {
        let mut tables = [0, 1].map(|_| SampleTable::new(Stbl::default(), 1, &Limits::default()).unwrap());
        let mut tracks: Vec<_> = tables
            .iter_mut()
            .zip(1..)
            .map(|(table, track_id)| FragmentTrack { track_id, entries: 1, all_sync: false, table })
            .collect();
        let r = read_moof(only_box(moof).body, 1000, file_len, &[], &mut tracks, &Limits::default());
        let all = tables.iter().filter(|t| t.len() == 2).map(|t| {
            assert_eq!([t.dts(0), t.dts(1), t.end_dts()], [100, 105, 110]);
            [0, 1].map(|i| t.get(i, &mut Cursor::default()).offset)
        });
        (all.collect(), r)
    }

    #[test]
    fn base_data_offsets() {
        let check = |moof: Vec<u8>, expected: [[u64; 2]; 2]| {
            let (offsets, r) = offsets(&moof, 5000);
            r.unwrap();
            assert_eq!(offsets, expected);
        };
        check(moof(0, Some(2000), Some(50)), [[2050, 2060], [2050, 2060]]);
        check(moof(0, Some(2000), None), [[2000, 2010], [2000, 2010]]);
        check(moof(0x2_0000, None, Some(50)), [[1050, 1060], [1050, 1060]]);
        check(moof(0, None, Some(50)), [[1050, 1060], [1120, 1130]]);
        check(moof(0, None, None), [[1000, 1010], [1020, 1030]]);
    }

    #[test]
    fn what_is_cut_off_is_reported() {
        let (offsets, r) = offsets(&moof(0, None, Some(50)), 1125);
        assert_eq!(offsets, [[1050, 1060]]);
        assert!(matches!(r, Err(Error::UnexpectedEnd { offset: 1125, .. })));
    }
}
