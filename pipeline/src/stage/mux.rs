//! The mux stage: joins the segments' packets in order, and puts copied packets between them by time.

use super::encode::Part;
use super::feed::{Feed, SoundReceiver};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::input;
use crate::output::OutputFile;
use crate::plan::{Action, Plan};
use crate::stats::Warning;
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use transcode_container::{
    Demuxer, Error as ContainerError, MuxSummary, Muxer, Packet, Selection, Timebase, TrackId, TrackKind, TrackSpec,
};
use transcode_core::h264::EncodedPacket;

/// A track of the input and where its packets go.
#[derive(Debug, Clone, Copy)]
struct Route {
    to: TrackId,
    timebase: Timebase,
}

/// The tracks that are copied.
struct Copies {
    demuxer: Box<dyn Demuxer>,
    /// By track of the input.
    routes: Vec<Option<Route>>,
    /// Read and not yet written.
    next: Option<(Route, Packet)>,
}

impl Copies {
    fn advance(&mut self, input: &Path) -> Result<()> {
        self.next = None;
        while self.next.is_none() {
            let Some(packet) = self.demuxer.next_packet().map_err(|e| Error::container(input, e))? else {
                return Ok(());
            };
            self.next = self.routes.get(packet.track.index()).copied().flatten().map(|r| (r, packet));
        }
        Ok(())
    }
}

/// Decoding times of segments that are joined. Each is timed on its own, and the first packets of one are early by as much as its pictures
/// are reordered, however close the pictures before are: so the track as a whole gets the times of its pictures in order, delayed by as
/// many as are reordered.
#[derive(Debug)]
struct JoinTimes {
    depth: usize,
    /// Whether there is anything to join: the times of a single segment are right.
    joined: bool,
    /// Packets so far, and the decoding time of the latest.
    count: usize,
    last: i64,
    /// Times of pictures that no packet has got yet, in order.
    waiting: VecDeque<i64>,
}

impl JoinTimes {
    fn new(depth: u8, joined: bool) -> Self {
        Self { depth: depth.into(), joined, count: 0, last: i64::MIN, waiting: VecDeque::new() }
    }
    /// The decoding time of the next packet, which its segment shows at `pts` and decodes at `dts`.
    fn next(&mut self, pts: i64, dts: i64) -> i64 {
        if !self.joined {
            return dts;
        }
        let at = self.waiting.partition_point(|&t| t <= pts);
        self.waiting.insert(at, pts);
        let n = self.count;
        self.count += 1;
        self.last = if n < self.depth {
            // As many ticks before the first picture as there are packets that must come before it is shown.
            let first = self.waiting.front().copied().unwrap_or(pts);
            let latest = first.saturating_sub((self.depth - n) as i64);
            dts.max(self.last.saturating_add(1)).min(latest)
        } else {
            self.waiting.pop_front().unwrap_or(dts)
        };
        self.last
    }
}

/// The encoded track while it is written.
struct Encoded {
    route: Route,
    avcc: Vec<u8>,
    /// Packets from the one on whose duration is not known yet.
    held: VecDeque<(EncodedPacket, Option<i64>)>,
    times: JoinTimes,
    /// Duration of the last picture as stored in the source.
    last_duration: i64,
    end_pts: Option<i64>,
    /// How inexact that is: the edit list has a clock of its own.
    end_slack: i64,
    /// Where the film's first edit starts: a picture before that is there only to be shown from then on.
    edit_start: Option<i64>,
}

/// Writes the output's packets.
pub(crate) struct Writer<'a> {
    plan: &'a Plan,
    output: &'a Path,
    muxer: Box<dyn Muxer>,
    cancel: &'a CancelToken,
    copies: Option<Copies>,
    encoded: Option<Encoded>,
    feeds: Vec<Feed>,
    /// Latest end of a packet written, in seconds.
    written: f64,
    /// Packets copied.
    pub(crate) copied: u64,
    /// Tracks that the muxer refused.
    pub(crate) warnings: Vec<Warning>,
}

impl<'a> Writer<'a> {
    /// Starts the output: all tracks are announced. `avcc` is the configuration of the encoded track, `sounds` are the
    /// packets of the tracks of sound that are coded anew.
    ///
    /// # Errors
    /// What the container cannot hold; what is wrong with the input.
    pub(crate) fn new(
        plan: &'a Plan,
        output: &'a Path,
        file: OutputFile,
        avcc: Option<Vec<u8>>,
        sounds: Vec<SoundReceiver>,
        cancel: &'a CancelToken,
    ) -> Result<Self> {
        let muxer = plan.format.muxer(file, plan.expected_bytes());
        let mut writer = Self {
            plan,
            output,
            muxer,
            cancel,
            copies: None,
            encoded: None,
            feeds: Vec::new(),
            written: 0.0,
            copied: 0,
            warnings: Vec::new(),
        };
        writer.add_tracks(avcc, sounds)?;
        Ok(writer)
    }
    fn add_tracks(&mut self, avcc: Option<Vec<u8>>, mut sounds: Vec<SoundReceiver>) -> Result<()> {
        let mut routes: Vec<(TrackId, Route)> = Vec::new();
        for track in &self.plan.tracks {
            let timebase = track.info.timebase;
            match &track.action {
                Action::Copy(spec) => {
                    if let Some(to) = self.add_copied(spec.as_ref().clone(), track.info.id)? {
                        routes.push((track.info.id, Route { to, timebase }));
                    }
                }
                Action::Sound(plan) => {
                    let spec = TrackSpec { edit_start: None, ..plan.spec.clone().described_like(&track.info) };
                    let timebase = spec.timebase;
                    let to = self.muxer.add_track(spec).map_err(|e| Error::container(self.output, e))?;
                    let found = sounds.iter().position(|(id, _)| *id == track.info.id);
                    if let Some((_, receiver)) = found.map(|i| sounds.swap_remove(i)) {
                        self.feeds.push(Feed::new(receiver, to, timebase));
                    }
                }
                Action::Encode(plan) => {
                    let avcc = avcc.clone().unwrap_or_default();
                    let spec = TrackSpec::h264(avcc.clone(), plan.video, timebase).described_like(&track.info);
                    let to = self.muxer.add_track(spec).map_err(|e| Error::container(self.output, e))?;
                    self.encoded = Some(Encoded {
                        route: Route { to, timebase },
                        avcc,
                        held: VecDeque::new(),
                        times: JoinTimes::new(plan.config.reorder_depth(), plan.segments.len() > 1),
                        last_duration: 0,
                        end_pts: plan.end_pts,
                        end_slack: track.info.edit_list.timebase.rescale(1, timebase).saturating_add(1),
                        edit_start: track.info.edit_list.start(timebase),
                    });
                }
            }
        }
        if !routes.is_empty() {
            self.copies = Some(self.open_copies(&routes)?);
        }
        Ok(())
    }
    /// Pictures and sound must not go missing; other data may, with a warning.
    fn add_copied(&mut self, spec: TrackSpec, track: TrackId) -> Result<Option<TrackId>> {
        let (other, codec) = (matches!(spec.kind, TrackKind::Other), spec.codec);
        match self.muxer.add_track(spec) {
            Ok(to) => Ok(Some(to)),
            Err(ContainerError::Unsupported { feature }) if other => {
                let reason = format!("{codec} data: {feature}");
                self.warnings.push(Warning::TrackDropped { track: track.0, reason });
                Ok(None)
            }
            Err(e) => Err(Error::container(self.output, e)),
        }
    }
    fn open_copies(&self, wanted: &[(TrackId, Route)]) -> Result<Copies> {
        let input = self.plan.input.as_path();
        let fail = |e| Error::container(input, e);
        let mut demuxer = input::open(input)?;
        let ids: Vec<TrackId> = demuxer.tracks().iter().map(|t| t.id).collect();
        let mut routes = vec![None; ids.len()];
        for id in ids {
            let route = wanted.iter().find(|(from, _)| *from == id).map(|&(_, r)| r);
            demuxer.select(id, if route.is_some() { Selection::Media } else { Selection::Off }).map_err(fail)?;
            routes[id.index()] = route;
        }
        let mut copies = Copies { demuxer, routes, next: None };
        copies.advance(input)?;
        Ok(copies)
    }
    /// Media time written so far.
    pub(crate) fn written(&self) -> Duration {
        Duration::try_from_secs_f64(self.written).unwrap_or_default()
    }
    /// Takes the next part of the encoded track.
    ///
    /// # Errors
    /// The muxer's or the input's.
    pub(crate) fn part(&mut self, part: Part) -> Result<()> {
        let Some(encoded) = &mut self.encoded else { return Ok(()) };
        match part {
            // The same options give the same parameter sets, or the joined track would not decode.
            Part::Header(avcc) if avcc == encoded.avcc => Ok(()),
            Part::Header(_) => Err(Error::InvalidData {
                path: self.output.into(),
                message: "the encoder's parameter sets differ between segments".into(),
            }),
            Part::Packet(mut packet, duration) => {
                packet.dts = encoded.times.next(packet.pts, packet.dts);
                if packet.key {
                    // All pictures before it are shown before it: the last of a segment lasts until then.
                    for (held, duration) in &mut encoded.held {
                        duration.get_or_insert(packet.pts.saturating_sub(held.pts));
                    }
                }
                encoded.held.push_back((packet, duration));
                while let Some(&(_, Some(duration))) = self.encoded.as_ref().and_then(|e| e.held.front()) {
                    self.write_held(duration)?;
                }
                Ok(())
            }
            Part::Tail(duration) => {
                encoded.last_duration = duration;
                Ok(())
            }
        }
    }
    /// Writes the first packet held back.
    fn write_held(&mut self, duration: i64) -> Result<()> {
        let Some(Encoded { route, edit_start, held, .. }) = &mut self.encoded else { return Ok(()) };
        let (route, edit_start) = (*route, *edit_start);
        let Some((packet, _)) = held.pop_front() else { return Ok(()) };
        self.copy_until(route.timebase, packet.dts)?;
        let mut packet = Packet::new(route.to, packet.pts, packet.dts, duration, packet.key, packet.data);
        packet.discard = packet.pts.zip(edit_start).is_some_and(|(pts, start)| pts < start);
        self.write(&packet, route.timebase)
    }
    fn write(&mut self, packet: &Packet, timebase: Timebase) -> Result<()> {
        self.muxer.write_packet(packet).map_err(|e| Error::container(self.output, e))?;
        let end = packet.pts.unwrap_or(packet.dts).saturating_add(packet.duration);
        self.written = self.written.max(timebase.seconds(end));
        Ok(())
    }
    /// Of the packets that wait, copied and coded ones of sound, which comes first: its clock, its time, and its place among
    /// the feeds if it is of one.
    fn first_waiting(&mut self) -> Result<Option<(Timebase, i64, Option<usize>)>> {
        let copy = self.copies.as_ref().and_then(|c| c.next.as_ref());
        let mut first = copy.map(|(route, packet)| (route.timebase, packet.dts, None));
        for (i, feed) in self.feeds.iter_mut().enumerate() {
            let Some(due) = feed.due()? else { continue };
            if first.is_none_or(|(timebase, time, _)| feed.timebase.compare(due, timebase, time).is_lt()) {
                first = Some((feed.timebase, due, Some(i)));
            }
        }
        Ok(first)
    }
    /// Writes one packet that waits, copied or coded sound, and tells whether it is video; `None` when there is none left.
    ///
    /// # Errors
    /// The muxer's or the input's; [`Error::Cancelled`].
    pub(crate) fn copy_one(&mut self) -> Result<Option<bool>> {
        self.cancel.check()?;
        if let Some((timebase, _, Some(i))) = self.first_waiting()? {
            if let Some(packet) = self.feeds[i].take() {
                self.write(&packet, timebase)?;
            }
            return Ok(Some(false));
        }
        let Some((route, mut packet)) = self.copies.as_mut().and_then(|c| c.next.take()) else { return Ok(None) };
        let from = packet.track;
        packet.track = route.to;
        self.write(&packet, route.timebase)?;
        self.copied += 1;
        if let Some(copies) = &mut self.copies {
            copies.advance(&self.plan.input)?;
        }
        Ok(Some(self.plan.tracks.iter().any(|t| t.info.id == from && t.info.video().is_some())))
    }
    /// Writes what comes before a time.
    fn copy_until(&mut self, timebase: Timebase, time: i64) -> Result<()> {
        while let Some((clock, due, _)) = self.first_waiting()? {
            if clock.compare(due, timebase, time).is_gt() {
                break;
            }
            self.copy_one()?;
        }
        Ok(())
    }
    /// Ends the encoded track: its last picture lasts until the edit list's end, or as long as it did in the source.
    ///
    /// # Errors
    /// As [`Writer::part`].
    pub(crate) fn end_encoded(&mut self) -> Result<()> {
        let Some(encoded) = &self.encoded else { return Ok(()) };
        // Where the two agree but for rounding, the track's own clock is right.
        let (stored, end, slack) = (encoded.last_duration, encoded.end_pts, encoded.end_slack.unsigned_abs());
        while let Some((packet, duration)) = self.encoded.as_ref().and_then(|e| e.held.front()) {
            let until_end = end.map(|end| end.saturating_sub(packet.pts)).filter(|&d| d > 0);
            let last = || until_end.filter(|d| d.abs_diff(stored) > slack).unwrap_or(stored);
            let duration = duration.unwrap_or_else(last);
            self.write_held(duration)?;
        }
        Ok(())
    }
    /// Completes the file.
    ///
    /// # Errors
    /// As [`Writer::part`].
    pub(crate) fn finish(mut self) -> Result<MuxSummary> {
        self.muxer.finish().map_err(|e| Error::container(self.output, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments as the encoder times them: pictures at `pts` in decoding order, delayed by two.
    #[test]
    fn pictures_a_tick_apart_are_decoded_in_time_after_a_segment_of_one() {
        let mut times = JoinTimes::new(2, true);
        let one = [(0, 0)];
        // I, P, the B picture that is a reference, two B pictures.
        let five = [(1, -1), (5, 0), (3, 1), (2, 2), (4, 3)];
        let more = [(6, 4), (9, 5), (8, 6), (7, 7)];
        let packets: Vec<_> = one.iter().chain(&five).chain(&more).copied().collect();
        let got: Vec<_> = packets.iter().map(|&(pts, dts)| times.next(pts, dts)).collect();
        assert!(got.windows(2).all(|w| w[0] < w[1]), "{got:?}");
        assert!(packets.iter().zip(&got).all(|(&(pts, _), &dts)| dts <= pts), "{got:?}");
        let mut alone = JoinTimes::new(2, false);
        assert!(five.iter().all(|&(pts, dts)| alone.next(pts, dts) == dts));
    }
}
