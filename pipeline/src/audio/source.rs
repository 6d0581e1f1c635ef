//! A track's samples, each at its time.

use super::decoder::{self, Decoded, SoundDecoder, SoundOptions};
use super::layout::ChannelLayout;
use super::mix::Mixer;
use super::resample::{Quality, Resampler};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::input;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use transcode_container::{Demuxer, Packet, Selection, Timebase, TrackInfo};

/// Samples on the presentation timeline.
#[derive(Debug)]
pub(crate) struct Block {
    /// Time of the first one, in samples.
    pub(crate) start: i64,
    /// One plane a channel, of one length.
    pub(crate) planes: Vec<Vec<f32>>,
}

impl Block {
    pub(crate) fn len(&self) -> usize {
        self.planes.first().map_or(0, Vec::len)
    }
}

/// What a track's sound is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SoundFormat {
    /// Samples a second.
    pub(crate) rate: u32,
    pub(crate) layout: ChannelLayout,
}

/// What a source has counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SoundCounts {
    pub(crate) packets: u64,
    /// Bytes of those packets.
    pub(crate) bytes: u64,
    /// Samples given out.
    pub(crate) samples: u64,
    /// Frames that stand for something that could not be read.
    pub(crate) concealed: u64,
}

/// Longest hole that is filled with silence, in hours.
const LONGEST_HOLE: i64 = 24;

/// Samples of silence made at once.
const SILENCE: usize = 1 << 14;

/// Gives the samples of a track: priming and padding removed as the container tells, edit list applied.
///
/// Holes in the track's time are filled with silence and overlaps cut, so that sample `n` after the first one is heard exactly
/// `n` samples later; unless `gaps` says to put what there is one behind the other.
pub(crate) struct SoundSource {
    path: PathBuf,
    demuxer: Box<dyn Demuxer>,
    decoder: Box<dyn SoundDecoder>,
    clock: Timebase,
    /// End of the presentation in ticks, where the container says it.
    end: Option<i64>,
    cancel: CancelToken,
    fill: bool,
    /// The packet after the one in work: only with it is known whether that is the last.
    ahead: Option<Packet>,
    state: State,
    ended: bool,
}

/// What decoding goes on to change.
#[derive(Default)]
struct State {
    format: Option<SoundFormat>,
    /// Time of the next sample.
    next: Option<i64>,
    ready: VecDeque<Block>,
    counts: SoundCounts,
    /// Stored durations are not what packets decode to: times that go with them are no better.
    irregular: bool,
    /// While the sound is of another format than at first.
    converter: Option<Converter>,
}

/// What of a packet's samples is heard.
#[derive(Clone, Copy)]
struct Window {
    /// Presentation time of the first sample, before trimming, in ticks.
    pts: Option<i64>,
    trim_start: i64,
    trim_end: i64,
    /// Samples that the stream itself says are priming.
    priming: u32,
    duration: i64,
    discard: bool,
    /// It is the last one, and so far after its stored end the edit list goes on, in ticks.
    last: Option<i64>,
}

impl SoundSource {
    /// Opens `track` of the file at `path`.
    ///
    /// # Errors
    /// What cannot be read or decoded.
    pub(crate) fn open(
        path: &Path,
        track: &TrackInfo,
        options: SoundOptions,
        fill: bool,
        cancel: &CancelToken,
    ) -> Result<Self> {
        let fail = |e| Error::container(path, e);
        let mut demuxer = input::open(path)?;
        demuxer.select_only(track.id, Selection::Presentation).map_err(fail)?;
        let decoder = decoder::decoder(path, track, options)?;
        let ahead = demuxer.next_packet().map_err(fail)?;
        Ok(Self {
            path: path.into(),
            demuxer,
            decoder,
            clock: track.timebase,
            end: track.duration,
            cancel: cancel.clone(),
            fill,
            ahead,
            state: State::default(),
            ended: false,
        })
    }
    /// What the sound is, once a first block was given.
    pub(crate) fn format(&self) -> Option<SoundFormat> {
        self.state.format
    }
    pub(crate) fn counts(&self) -> SoundCounts {
        self.state.counts
    }
    /// The next samples; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with the file; what cannot be decoded; [`Error::Cancelled`].
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>> {
        loop {
            if let Some(block) = self.state.ready.pop_front() {
                self.state.counts.samples += block.len() as u64;
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            self.cancel.check()?;
            self.advance()?;
        }
    }
    fn advance(&mut self) -> Result<()> {
        let (clock, fill, path) = (self.clock, self.fill, self.path.as_path());
        let state = &mut self.state;
        let Some(packet) = self.ahead.take() else {
            self.ended = true;
            let window =
                Window { pts: None, trim_start: 0, trim_end: 0, priming: 0, duration: 0, discard: false, last: None };
            let mut gathered = Gathered::default();
            self.decoder.finish(&mut |d| gathered.add(d, path))?;
            state.present(gathered, window, clock, fill, path)?;
            state.end_conversion();
            return Ok(());
        };
        self.ahead = self.demuxer.next_packet().map_err(|e| Error::container(path, e))?;
        let first = state.counts.packets == 0;
        state.counts.packets += 1;
        state.counts.bytes += packet.data.len() as u64;
        let window = Window {
            pts: packet.pts,
            trim_start: packet.trim_start,
            trim_end: packet.trim_end,
            priming: if first { self.decoder.told_priming(&packet) } else { 0 },
            duration: packet.duration,
            discard: packet.discard,
            last: self.ahead.is_none().then(|| {
                let stored = packet.pts.map(|pts| pts.saturating_add(packet.duration));
                self.end.zip(stored).map_or(0, |(end, stored)| end.saturating_sub(stored).max(0))
            }),
        };
        let mut gathered = Gathered::default();
        self.decoder.decode(&packet, &mut |d| gathered.add(d, path))?;
        state.present(gathered, window, clock, fill, path)
    }
}

/// What one packet was decoded to.
#[derive(Default)]
struct Gathered {
    /// One after the other: a packet is of several formats where its stream changes inside it.
    runs: Vec<(SoundFormat, Vec<Vec<f32>>)>,
    concealed: u64,
}

impl Gathered {
    fn add(&mut self, decoded: Decoded<'_>, path: &Path) -> Result<()> {
        let length = decoded.len();
        let format = SoundFormat { rate: decoded.rate, layout: decoded.layout };
        if format.rate == 0 {
            return Err(Error::InvalidData { path: path.into(), message: "sound of no sampling frequency".into() });
        }
        if self.runs.last().is_none_or(|r| r.0 != format) {
            self.runs.push((format, vec![Vec::new(); decoded.planes.len()]));
        }
        if let Some((_, planes)) = self.runs.last_mut() {
            for (plane, samples) in planes.iter_mut().zip(decoded.planes) {
                plane.extend_from_slice(&samples[..length]);
            }
        }
        self.concealed += u64::from(decoded.concealed);
        Ok(())
    }
}

/// Makes sound that has changed its sampling frequency or its channels go on as what it was at first.
struct Converter {
    from: SoundFormat,
    mixer: Option<Mixer>,
    resampler: Option<Resampler>,
}

impl Converter {
    fn new(from: SoundFormat, to: SoundFormat, path: &Path) -> Result<Self> {
        let mixer = Mixer::new(from.layout, to.layout).map_err(|what| Error::Unsupported {
            path: path.into(),
            feature: format!("sound that changes its channels, which takes {what}"),
        })?;
        let resampler = Resampler::new(from.rate, to.rate, to.layout.channels(), Quality::HIGH);
        Ok(Self { from, mixer, resampler })
    }
    fn push(&mut self, planes: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let planes = match &self.mixer {
            Some(mixer) => mixer.mix(&planes),
            None => planes,
        };
        match &mut self.resampler {
            Some(resampler) => resampler.push(&planes),
            None => planes,
        }
    }
}

impl State {
    /// Puts what a packet was decoded to in its place.
    fn present(&mut self, got: Gathered, window: Window, clock: Timebase, fill: bool, path: &Path) -> Result<()> {
        self.counts.concealed += got.concealed;
        let several = got.runs.len() > 1;
        for (format, planes) in got.runs {
            let first = *self.format.get_or_insert(format);
            if format == first && !several {
                self.end_conversion();
                self.place(planes, window, clock, format, fill, path)?;
                continue;
            }
            // Whether its times are as good as they were nobody knows: what comes follows what was.
            if window.discard {
                continue;
            }
            if format == first {
                self.end_conversion();
                self.push(planes);
                continue;
            }
            if self.converter.as_ref().is_none_or(|c| c.from != format) {
                self.end_conversion();
                self.converter = Some(Converter::new(format, first, path)?);
            }
            self.irregular = true;
            if let Some(converter) = &mut self.converter {
                let planes = converter.push(planes);
                self.push(planes);
            }
        }
        Ok(())
    }
    /// Gives what the converter still holds.
    fn end_conversion(&mut self) {
        if let Some(mut resampler) = self.converter.take().and_then(|c| c.resampler) {
            let planes = resampler.finish();
            self.push(planes);
        }
    }
    /// Puts a packet's samples, which are of the first format, in their place.
    fn place(
        &mut self,
        mut planes: Vec<Vec<f32>>,
        window: Window,
        clock: Timebase,
        format: SoundFormat,
        fill: bool,
        path: &Path,
    ) -> Result<()> {
        let samples = Timebase::per_second(format.rate);
        let in_samples = |ticks: i64| clock.rescale(ticks, samples);
        let length = planes.first().map_or(0, Vec::len) as i64;
        let stored = in_samples(window.duration);
        if window.last.is_none() && window.duration > 0 && stored != length {
            self.irregular = true;
        }
        if window.discard || length == 0 {
            return Ok(());
        }
        let head = in_samples(window.trim_start).max(window.priming.into()).clamp(0, length);
        // A last packet that is stored as shorter than it decodes to ends with padding, unless an edit list wants that heard.
        let padding = match window.last {
            Some(wanted) if !self.irregular && stored > 0 => {
                length.saturating_sub(stored).saturating_sub(in_samples(wanted)).max(0)
            }
            _ => 0,
        };
        let tail = in_samples(window.trim_end).saturating_add(padding).clamp(0, length - head);
        let mut from = head;
        let said = window.pts.map(|pts| in_samples(pts).saturating_add(head));
        let next = *self.next.get_or_insert(said.unwrap_or(0));
        if let Some(said) = said.filter(|_| fill) {
            // Times are as fine as the container's clock, or as good as its durations.
            let slack = if self.irregular { length } else { in_samples(1).saturating_add(1) };
            let hole = said.saturating_sub(next);
            if hole > slack {
                self.silence(hole, format, path)?;
            } else if hole < -slack {
                from = head.saturating_sub(hole).min(length - tail);
            }
        }
        let kept = from as usize..(length - tail) as usize;
        if kept.is_empty() {
            return Ok(());
        }
        for plane in &mut planes {
            plane.truncate(kept.end);
            plane.drain(..kept.start);
        }
        self.push(planes);
        Ok(())
    }
    fn push(&mut self, planes: Vec<Vec<f32>>) {
        if planes.first().is_none_or(Vec::is_empty) {
            return;
        }
        let start = self.next.unwrap_or(0);
        let block = Block { start, planes };
        self.next = Some(start.saturating_add(block.len() as i64));
        self.ready.push_back(block);
    }
    fn silence(&mut self, samples: i64, format: SoundFormat, path: &Path) -> Result<()> {
        if samples > LONGEST_HOLE * 3600 * i64::from(format.rate) {
            let message = format!("a hole of {} hours in the sound", samples / 3600 / i64::from(format.rate));
            return Err(Error::Limit { path: path.into(), message });
        }
        let mut left = samples as usize;
        while left > 0 {
            let n = left.min(SILENCE);
            self.push(vec![vec![0.0; n]; format.layout.channels()]);
            left -= n;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(windows: &[(Window, usize)], clock: u32, fill: bool) -> Vec<(i64, Vec<f32>)> {
        let mut state = State::default();
        for (i, &(window, length)) in windows.iter().enumerate() {
            let format = SoundFormat { rate: 1000, layout: ChannelLayout::MONO };
            // Each packet's samples count from its number times 100.
            let plane = (0..length).map(|k| (i * 100 + k) as f32).collect();
            let got = Gathered { runs: vec![(format, vec![plane])], concealed: 0 };
            state.present(got, window, Timebase::per_second(clock), fill, Path::new("x")).unwrap();
        }
        state.ready.into_iter().map(|b| (b.start, b.planes[0].clone())).collect()
    }

    fn window(pts: i64, duration: i64) -> Window {
        Window { pts: Some(pts), trim_start: 0, trim_end: 0, priming: 0, duration, discard: false, last: None }
    }

    fn ends(blocks: &[(i64, Vec<f32>)]) -> Vec<(i64, f32, f32)> {
        blocks.iter().map(|(t, s)| (*t, s[0], s[s.len() - 1])).collect()
    }

    #[test]
    fn priming_and_padding() {
        let blocks = state(
            &[
                (Window { discard: true, ..window(-20, 10) }, 10),
                (Window { trim_start: 4, ..window(-4, 10) }, 10),
                (Window { trim_end: 3, ..window(6, 10) }, 10),
            ],
            1000,
            true,
        );
        assert_eq!(ends(&blocks), [(0, 104.0, 109.0), (6, 200.0, 206.0)]);
        let faac = state(&[(Window { priming: 7, ..window(5, 10) }, 10)], 1000, true);
        assert_eq!(ends(&faac), [(12, 7.0, 9.0)]);
    }

    #[test]
    fn a_short_last_packet() {
        let last = |duration| Window { last: Some(0), ..window(10, duration) };
        assert_eq!(ends(&state(&[(window(0, 10), 10), (last(3), 10)], 1000, true))[1], (10, 100.0, 102.0));
        assert_eq!(ends(&state(&[(window(0, 10), 10), (last(0), 10)], 1000, true))[1], (10, 100.0, 109.0));
        let wanted = Window { last: Some(2), ..window(10, 3) };
        assert_eq!(ends(&state(&[(window(0, 10), 10), (wanted, 10)], 1000, true))[1], (10, 100.0, 104.0));
        // Durations that were wrong before are no better at the end.
        assert_eq!(ends(&state(&[(window(0, 9), 10), (last(3), 10)], 1000, true))[1], (10, 100.0, 109.0));
        // Half the rate in the container: SBR.
        let sbr = state(&[(window(0, 5), 10), (Window { last: Some(0), trim_end: 1, ..window(5, 4) }, 10)], 500, true);
        assert_eq!(ends(&sbr)[1], (10, 100.0, 105.0));
    }

    #[test]
    fn holes_and_overlaps() {
        let packets = [(window(0, 10), 10), (window(15, 10), 10), (window(22, 10), 10)];
        let filled = state(&packets, 1000, true);
        assert_eq!(ends(&filled), [(0, 0.0, 9.0), (10, 0.0, 0.0), (15, 100.0, 109.0), (25, 203.0, 209.0)]);
        assert_eq!(filled[1].1.len(), 5);
        let joined = state(&packets, 1000, false);
        assert_eq!(ends(&joined), [(0, 0.0, 9.0), (10, 100.0, 109.0), (20, 200.0, 209.0)]);
        // Rounding of a coarse clock is no hole: 100 a second against 1000.
        let coarse = state(&[(window(0, 1), 10), (window(2, 1), 10), (window(2, 1), 10)], 100, true);
        assert_eq!(coarse.len(), 3);
    }

    /// A stream that becomes stereo of twice the rate and mono again goes on as it began, as long as it is.
    #[test]
    fn a_change_of_format() {
        let mono = SoundFormat { rate: 1000, layout: ChannelLayout::MONO };
        let stereo = SoundFormat { rate: 2000, layout: ChannelLayout::STEREO };
        let mut state = State::default();
        let clock = Timebase::per_second(1000);
        for (i, format) in [mono, stereo, stereo, mono, mono].into_iter().enumerate() {
            let length = if format == mono { 500 } else { 1000 };
            let got =
                Gathered { runs: vec![(format, vec![vec![0.5; length]; format.layout.channels()])], concealed: 0 };
            state.present(got, window(500 * i as i64, 500), clock, true, Path::new("x")).unwrap();
        }
        assert_eq!(state.format, Some(mono));
        let mut next = 0;
        for block in &state.ready {
            assert_eq!((block.start, block.planes.len()), (next, 1));
            next += block.len() as i64;
            // Away from the ends of what was resampled.
            for (i, v) in (block.start..).zip(&block.planes[0]) {
                let near = [500, 1500].iter().any(|edge| (i - edge).abs() < 100);
                assert!(near || (v - 0.5).abs() < 1e-3, "{i}: {v}");
            }
        }
        assert_eq!(next, 2500);
        // Inside a packet, too.
        let run = |f: SoundFormat, n| (f, vec![vec![0.5; n]; f.layout.channels()]);
        let mut state = State::default();
        let got = Gathered { runs: vec![run(mono, 300), run(stereo, 400)], concealed: 0 };
        state.present(got, window(0, 500), clock, true, Path::new("x")).unwrap();
        state.end_conversion();
        assert_eq!(state.ready.iter().map(Block::len).sum::<usize>(), 500);
    }

    #[test]
    fn a_hole_beyond_all_measure() {
        let format = SoundFormat { rate: 1000, layout: ChannelLayout::MONO };
        let got = || Gathered { runs: vec![(format, vec![vec![0.0; 10]])], concealed: 0 };
        let mut state = State::default();
        let clock = Timebase::per_second(1000);
        state.present(got(), window(0, 10), clock, true, Path::new("x")).unwrap();
        let error = state.present(got(), window(i64::MAX / 2, 10), clock, true, Path::new("x")).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Limit);
    }
}
