//! The sample tables of one track while it is written.

use super::super::boxes::ctts::CttsRun;
use super::super::boxes::stsd;
use super::super::boxes::stsz::SampleSizes;
use super::super::boxes::stts::SttsRun;
use super::timeline::Presented;
use crate::{CodecId, Error, Packet, Result, Timebase, Timing, TrackKind, TrackSpec};

/// A chunk in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) offset: u64,
    pub(super) samples: u32,
    /// Sample entry, from 0.
    pub(super) entry: u32,
}

/// A run of equal composition offsets; not yet moved to where none is negative.
#[derive(Debug, Clone, Copy)]
struct Offsets {
    count: u32,
    offset: i64,
}

/// The packet before: its last sample's duration is known when the next one comes.
#[derive(Debug, Clone, Copy)]
struct Last {
    dts: i64,
    duration: i64,
    samples: u32,
}

/// `stts` while it grows.
#[derive(Debug, Clone, Default)]
struct Times {
    runs: Vec<SttsRun>,
    last: Option<Last>,
    /// Durations are those of another file's sample table: 0 is meant, not unknown.
    stored: bool,
}

impl Times {
    /// Adds the sample durations of the last packet, which ends where the next one starts, if there is one.
    fn close(&mut self, next_dts: Option<i64>) -> Result<()> {
        let bad = |reason: &'static str| Error::input("packet", reason);
        let Some(last) = self.last.take() else { return Ok(()) };
        // Samples before the last one of a packet have its nominal duration, if there is room for it.
        let each = last.duration / i64::from(last.samples);
        let before = each * i64::from(last.samples - 1);
        let rest = match next_dts {
            Some(next) => {
                let span = next.checked_sub(last.dts).ok_or(bad("its time is out of range"))?;
                if span < 0 {
                    return Err(bad("decoding time goes back"));
                }
                if last.samples > 1 && span < before {
                    return Err(bad("it starts inside the packet before"));
                }
                span - before
            }
            // Without a duration the last picture is shown as long as the one before.
            None if last.duration == 0 && !self.stored => self.last_delta(),
            None => each,
        };
        let delta = |d: i64| u32::try_from(d).map_err(|_| bad("a gap longer than MP4 can express"));
        self.add(last.samples - 1, delta(each)?);
        self.add(1, delta(rest)?);
        Ok(())
    }
    fn last_delta(&self) -> i64 {
        self.runs.last().map_or(0, |r| r.sample_delta.into())
    }
    fn add(&mut self, count: u32, delta: u32) {
        match self.runs.last_mut() {
            _ if count == 0 => {}
            Some(run) if run.sample_delta == delta => run.sample_count += count,
            _ => self.runs.push(SttsRun { sample_count: count, sample_delta: delta }),
        }
    }
}

/// One track.
pub(super) struct TrackWriter {
    pub(super) spec: TrackSpec,
    /// Ticks a second of packets' times, once they are multiplied by `scale`.
    clock: u32,
    scale: i64,
    /// [`TrackSpec::media_divisor`].
    divisor: i64,
    /// `mdhd` timescale.
    pub(super) timescale: u32,
    /// `stsd` entries.
    pub(super) entries: Vec<Vec<u8>>,
    times: Times,
    offsets: Vec<Offsets>,
    pub(super) sizes: SampleSizes,
    pub(super) chunks: Vec<Chunk>,
    sync: Vec<u32>,
    first_dts: Option<i64>,
    pub(super) presented: Presented,
    pending: Vec<u8>,
    pending_samples: u32,
    pending_entry: u32,
    pending_since: i64,
}

/// A chunk ends after half a second or this many bytes.
const CHUNK_BYTES: usize = 1 << 20;

impl TrackWriter {
    pub(super) fn new(spec: TrackSpec) -> Result<Self> {
        let mut entries: Vec<Vec<u8>> = spec.sample_entries.iter().map(|e| local(e.raw.clone())).collect();
        if entries.is_empty() {
            entries.push(match (&spec.kind, spec.codec) {
                (TrackKind::Video(v), CodecId::H264) if !spec.codec_private.is_empty() => {
                    let side =
                        |n: u32| u16::try_from(n).map_err(|_| Error::unsupported("MP4 picture wider than 65535"));
                    let size = (side(v.width)?, side(v.height)?);
                    stsd::avc1(&spec.codec_private, size, v.sample_aspect_ratio, v.colour)
                }
                (TrackKind::Audio(a), codec) => stsd::sound(codec, &spec.codec_private, a)
                    .ok_or_else(|| Error::unsupported(format!("{codec} in MP4 without a sample entry")))?,
                (_, codec) => return Err(Error::unsupported(format!("{codec} in MP4 without a sample entry"))),
            });
        }
        let divisor = spec.media_divisor.max(1);
        if !spec.timebase.den.is_multiple_of(divisor) || (divisor > 1 && spec.timing != Timing::Presentation) {
            return Err(Error::input("track", "its clock does not fit its media timeline"));
        }
        Ok(Self {
            clock: spec.timebase.den,
            timescale: spec.timebase.den / divisor,
            divisor: divisor.into(),
            scale: spec.timebase.num.into(),
            times: Times { stored: matches!(spec.timing, Timing::Media(_)), ..Times::default() },
            spec,
            entries,
            offsets: Vec::new(),
            sizes: SampleSizes::Constant { size: 0, count: 0 },
            chunks: Vec::new(),
            sync: Vec::new(),
            first_dts: None,
            presented: Presented::default(),
            pending: Vec::new(),
            pending_samples: 0,
            pending_entry: 0,
            pending_since: 0,
        })
    }
    pub(super) fn is_h264(&self) -> bool {
        self.spec.codec == CodecId::H264
    }
    /// Whether the pending chunk ends before `packet`.
    pub(super) fn must_flush_before(&self, packet: &Packet) -> bool {
        let time = packet.dts.saturating_mul(self.scale).saturating_sub(self.pending_since);
        self.pending_samples != 0
            && (packet.entry != self.pending_entry
                || self.pending.len() >= CHUNK_BYTES
                || time.saturating_mul(2) >= self.clock.into())
    }
    /// The pending chunk's data, which will be written at `offset`.
    pub(super) fn take_chunk(&mut self, offset: u64) -> Vec<u8> {
        if self.pending_samples != 0 {
            self.chunks.push(Chunk { offset, samples: self.pending_samples, entry: self.pending_entry });
        }
        self.pending_samples = 0;
        std::mem::take(&mut self.pending)
    }
    /// Gives a written chunk's memory back.
    pub(super) fn recycle(&mut self, mut chunk: Vec<u8>) {
        chunk.clear();
        self.pending = chunk;
    }
    pub(super) fn sample_count(&self) -> u32 {
        self.sizes.count()
    }

    pub(super) fn add(&mut self, packet: &Packet) -> Result<()> {
        let bad = |reason: &'static str| Error::input("packet", reason);
        let scale = self.scale;
        let scaled = |t: i64| t.checked_mul(scale).ok_or(bad("its time is out of range"));
        let pts = packet.pts.ok_or(bad("MP4 needs presentation times"))?;
        let (pts, dts, duration) = (scaled(pts)?, scaled(packet.dts)?, scaled(packet.duration)?);
        let (samples, count) = (packet.samples, self.sample_count());
        if packet.entry as usize >= self.entries.len() {
            return Err(bad("its sample entry does not exist"));
        }
        if duration < 0 || samples == 0 || (samples > 1 && duration % i64::from(samples) != 0) {
            return Err(bad("its duration does not fit"));
        }
        let total = count.checked_add(samples).ok_or(bad("too many samples for MP4"))?;
        let sample_bytes = packet.data.len() / samples as usize;
        let size = u32::try_from(sample_bytes).map_err(|_| bad("larger than 4 GiB"))?;
        let apart = dts.wrapping_sub(self.first_dts.unwrap_or(dts));
        let offset = pts.checked_sub(dts).ok_or(bad("its time is out of range"))?;
        if [apart, duration, offset].iter().any(|t| t % self.divisor != 0) {
            return Err(bad("its time is between ticks of the media timeline"));
        }
        let offset = offset / self.divisor;
        self.first_dts.get_or_insert(dts);
        let time = dts.div_euclid(self.divisor);
        self.times.close(Some(time))?;
        self.times.last = Some(Last { dts: time, duration: duration / self.divisor, samples });
        match self.offsets.last_mut() {
            Some(run) if run.offset == offset => run.count += samples,
            _ => self.offsets.push(Offsets { count: samples, offset }),
        }
        // Constant-rate sound whose frames take no whole number of bytes: QuickTime counts each as one byte.
        let fractional = samples > 1 && !packet.data.len().is_multiple_of(samples as usize);
        self.add_size(if fractional { 1 } else { size }, samples, total);
        if packet.key {
            self.sync.extend(count..total);
        }
        let (trim_start, trim_end) = (scaled(packet.trim_start)?, scaled(packet.trim_end)?);
        if packet.discard {
            self.presented.discarded.push(pts);
        } else {
            self.presented.add(pts.saturating_add(trim_start), pts.saturating_add(duration).saturating_sub(trim_end));
        }
        if self.pending_samples == 0 {
            (self.pending_since, self.pending_entry) = (dts, packet.entry);
        }
        self.pending.extend_from_slice(&packet.data);
        self.pending_samples += samples;
        Ok(())
    }

    fn add_size(&mut self, size: u32, samples: u32, total: u32) {
        match &mut self.sizes {
            SampleSizes::Constant { size: constant, count } if *count == 0 || *constant == size => {
                (*constant, *count) = (size, total);
            }
            // A constant size of 0 can't be said: there 0 means a table.
            SampleSizes::Constant { size: constant, count } => {
                let mut sizes = vec![*constant; *count as usize];
                sizes.resize(total as usize, size);
                self.sizes = SampleSizes::Each(sizes);
            }
            SampleSizes::Each(sizes) => sizes.resize(sizes.len() + samples as usize, size),
        }
    }

    /// All `stts` runs, the last packet's included.
    pub(super) fn time_runs(&self) -> Result<Vec<SttsRun>> {
        let mut times = self.times.clone();
        times.close(None)?;
        Ok(times.runs)
    }

    /// How far composition times must move so that none comes before its decoding time: offsets of `ctts` version 0,
    /// which every player reads; the edit list takes the move back.
    pub(super) fn composition_shift(&self) -> i64 {
        self.offsets.iter().map(|o| -o.offset).max().unwrap_or(0).max(0)
    }
    /// [`TrackSpec::edit_start`] in ticks of the file, if a packet is there to be shown from then on.
    pub(super) fn edit_start(&self) -> Option<i64> {
        let start = self.spec.edit_start?.saturating_mul(self.scale).max(0);
        self.presented.discarded.iter().any(|&t| t <= start).then_some(start)
    }
    /// `ctts` runs; `None` if all offsets are 0.
    pub(super) fn offset_runs(&self) -> Result<Option<Vec<CttsRun>>> {
        let shift = self.composition_shift();
        if self.offsets.iter().all(|o| o.offset + shift == 0) {
            return Ok(None);
        }
        let run = |o: &Offsets| {
            let sample_offset = i32::try_from(o.offset.saturating_add(shift))
                .map_err(|_| Error::input("packet", "presentation too far from decoding for MP4"))?;
            Ok(CttsRun { sample_count: o.count, sample_offset })
        };
        self.offsets.iter().map(run).collect::<Result<_>>().map(Some)
    }
    /// `stss`; `None` if all samples are sync samples.
    pub(super) fn sync_table(&self) -> Option<&[u32]> {
        (self.sync.len() as u32 != self.sample_count()).then_some(&self.sync)
    }
    /// Decoding time of the first sample, which becomes 0 of the media timeline, in ticks of [`TrackWriter::clock`].
    pub(super) fn first_dts(&self) -> i64 {
        self.first_dts.unwrap_or(0)
    }
    /// The clock of packets, as fine as that of the media timeline or finer.
    pub(super) fn clock(&self) -> Timebase {
        Timebase::per_second(self.clock)
    }
    /// A time of the media timeline, in ticks of [`TrackWriter::clock`].
    pub(super) fn fine(&self, media: i64) -> i64 {
        media.saturating_mul(self.divisor)
    }
    /// The reverse, to the nearest tick.
    pub(super) fn media(&self, fine: i64) -> i64 {
        fine.saturating_add(self.divisor / 2).div_euclid(self.divisor)
    }
    /// The last packet's presentation end, were it as long as the one before; for a last packet without duration.
    pub(super) fn implied_last_duration(&self) -> i64 {
        match self.times.last {
            Some(last) if last.duration == 0 => self.times.last_delta(),
            _ => 0,
        }
    }
}

/// A sample entry that refers to the only data reference there will be.
fn local(mut raw: Vec<u8>) -> Vec<u8> {
    let header = if raw.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
    if let Some(index) = raw.get_mut(header + 6..header + 8) {
        index.copy_from_slice(&[0, 1]);
    }
    raw
}
