//! Builds `moov`.

use super::super::boxes::hdlr::Hdlr;
use super::super::boxes::mdhd::Mdhd;
use super::super::boxes::mvhd::Mvhd;
use super::super::boxes::stsc::StscRun;
use super::super::boxes::stsz::SampleSizes;
use super::super::boxes::tkhd::Tkhd;
use super::super::boxes::{ctts, dref, elst, stco, stsc, stsd, stss, stts};
use super::super::bytes::BoxWriter;
use super::Mp4Options;
use super::timeline::{self, ExactEdit};
use super::track::{Chunk, TrackWriter};
use crate::track::Matrix;
use crate::{CodecId, Error, Result, Timebase, TrackKind};

/// One track's tables, complete.
struct Ready<'a> {
    track: &'a TrackWriter,
    stts: Vec<stts::SttsRun>,
    ctts: Option<Vec<ctts::CttsRun>>,
    edits: Vec<ExactEdit>,
    media_duration: i64,
}

/// The box for `tracks`, whose chunks will be found `moved` bytes after where they were written.
pub(super) fn build(tracks: &[TrackWriter], options: &Mp4Options, moved: u64) -> Result<Vec<u8>> {
    let mut ready = Vec::new();
    for track in tracks {
        let stts = track.time_runs()?;
        let media_duration = stts.iter().map(|r| i64::from(r.sample_count) * i64::from(r.sample_delta)).sum();
        let edits = timeline::edits(track, media_duration)?;
        ready.push(Ready { track, stts, ctts: track.offset_runs()?, edits, media_duration });
    }
    let clocks: Vec<_> =
        ready.iter().map(|r| (r.edits.clone(), r.media_duration, Timebase::per_second(r.track.timescale))).collect();
    let movie = timeline::movie_clock(&clocks);
    // The film is as long as its pictures and sound: cameras write metadata that goes on for a while longer.
    let longest =
        |of: fn(&TrackKind) -> bool| ready.iter().filter(|r| of(&r.track.spec.kind)).map(|r| r.duration(movie)).max();
    let duration = longest(|k| !matches!(k, TrackKind::Other)).or_else(|| longest(|_| true)).unwrap_or(0);
    let mvhd = Mvhd {
        creation_time: options.creation_time,
        timescale: movie.den,
        duration: Some(duration),
        next_track_id: tracks.len() as u32 + 1,
    };
    let mut w = BoxWriter::default();
    w.boxed(b"moov", |w| {
        mvhd.write(w);
        (1..).zip(&ready).for_each(|(id, r)| r.write(id, options, movie, moved, w));
    });
    let bytes = w.into_bytes();
    if u32::try_from(bytes.len()).is_err() {
        return Err(Error::unsupported("an MP4 index of more than 4 GiB"));
    }
    Ok(bytes)
}

impl Ready<'_> {
    /// Of the presentation, in the movie's clock.
    fn duration(&self, movie: Timebase) -> u64 {
        if self.edits.is_empty() {
            let clock = Timebase::per_second(self.track.timescale);
            return clock.rescale(self.media_duration, movie).max(0) as u64;
        }
        self.edits.iter().map(|e| e.in_clock(movie).duration).sum()
    }

    fn write(&self, id: u32, options: &Mp4Options, movie: Timebase, moved: u64, w: &mut BoxWriter) {
        let spec = &self.track.spec;
        let (volume, matrix, (width, height)) = match &spec.kind {
            TrackKind::Video(v) => (0, v.matrix, v.display_size.unwrap_or_else(|| shown_size(v))),
            TrackKind::Audio(a) => (a.volume, Matrix::IDENTITY, (0, 0)),
            TrackKind::Other => (0, Matrix::IDENTITY, (0, 0)),
        };
        let tkhd = Tkhd {
            flags: spec.flags,
            creation_time: options.creation_time,
            track_id: id,
            duration: Some(self.duration(movie)),
            layer: 0,
            alternate_group: spec.alternate_group,
            volume,
            matrix,
            width,
            height,
        };
        let mdhd = Mdhd {
            creation_time: options.creation_time,
            timescale: self.track.timescale,
            duration: Some(self.media_duration.max(0) as u64),
            language: spec.language,
        };
        w.boxed(b"trak", |w| {
            tkhd.write(w);
            if !self.edits.is_empty() {
                let edits: Vec<_> = self.edits.iter().map(|e| e.in_clock(movie)).collect();
                w.boxed(b"edts", |w| elst::write(&edits, w));
            }
            w.boxed(b"mdia", |w| {
                mdhd.write(w);
                Hdlr { handler_type: spec.handler, name: spec.handler_name.clone() }.write(w);
                if let Some(tag) = &spec.extended_language {
                    w.full(b"elng", 0, 0, |w| {
                        w.bytes(tag.as_bytes());
                        w.u8(0);
                    });
                }
                w.boxed(b"minf", |w| {
                    match (&spec.kind, spec.media_header.is_empty()) {
                        (_, false) => w.bytes(&spec.media_header),
                        (TrackKind::Video(_), _) => w.full(b"vmhd", 0, 1, |w| w.zeros(8)),
                        (TrackKind::Audio(_), _) => w.full(b"smhd", 0, 0, |w| w.zeros(4)),
                        (TrackKind::Other, _) => w.full(b"nmhd", 0, 0, |_| {}),
                    }
                    w.boxed(b"dinf", dref::write);
                    w.boxed(b"stbl", |w| self.write_stbl(moved, w));
                });
            });
        });
    }

    fn write_stbl(&self, moved: u64, w: &mut BoxWriter) {
        let track = self.track;
        stsd::write(&track.entries, w);
        stts::write(&self.stts, w);
        if let Some(ctts) = &self.ctts {
            ctts::write(ctts, w);
        }
        if let Some(sync) = track.sync_table() {
            stss::write(sync, w);
        }
        if track.spec.codec == CodecId::Aac {
            // A frame overlaps the one before: a decoder that starts anywhere is right from the second one on (ISO/IEC 14496-12
            // 10.1.1). Players that cut priming off look for this.
            w.full(b"sgpd", 1, 0, |w| {
                w.bytes(b"roll");
                w.u32(2); // default_length
                w.u32(1); // entry_count
                w.u16(0xffff); // roll_distance -1
            });
            w.full(b"sbgp", 0, 0, |w| {
                w.bytes(b"roll");
                [1, track.sample_count(), 1].iter().for_each(|&v| w.u32(v));
            });
        }
        stsc::write(&chunk_runs(&track.chunks), w);
        match track.sizes {
            // In `stsz` a constant size of 0 would announce a table.
            SampleSizes::Constant { size: 0, count } => SampleSizes::Each(vec![0; count as usize]).write(w),
            _ => track.sizes.write(w),
        }
        let long = track.chunks.iter().any(|c| c.offset + moved > u32::MAX.into());
        stco::write(track.chunks.iter().map(|c| c.offset + moved), long, w);
    }
}

/// The size at which a picture is shown before its matrix, in 16.16: square pixels, height kept.
fn shown_size(v: &crate::VideoTrack) -> (u32, u32) {
    let (h, s) = v.sample_aspect_ratio.filter(|&(h, s)| h != 0 && s != 0).unwrap_or((1, 1));
    let width = ((u128::from(v.width) << 16) * u128::from(h) + u128::from(s / 2)) / u128::from(s);
    (u32::try_from(width).unwrap_or(u32::MAX), v.height.saturating_mul(1 << 16))
}

fn chunk_runs(chunks: &[Chunk]) -> Vec<StscRun> {
    let mut runs: Vec<StscRun> = Vec::new();
    for (first_chunk, chunk) in (1..).zip(chunks) {
        let (samples_per_chunk, sample_description_index) = (chunk.samples, chunk.entry + 1);
        let same = |r: &StscRun| {
            (r.samples_per_chunk, r.sample_description_index) == (samples_per_chunk, sample_description_index)
        };
        if !runs.last().is_some_and(same) {
            runs.push(StscRun { first_chunk, samples_per_chunk, sample_description_index });
        }
    }
    runs
}
