//! The convert and encode stage: a segment's pictures to its packets.

use super::decode::SourceFrame;
use super::scale::{ChromaSite, Scaler, crop_row, crop_rows};
use crate::error::{Error, Result};
use crate::meter::Counters;
use crate::queue::Sender;
use crate::segment::Segment;
use std::collections::VecDeque;
use std::path::Path;
use transcode_container::Timebase;
use transcode_core::h264::enc::Budget;
use transcode_core::h264::{EncodeStats, EncodedPacket, Encoder, EncoderConfig};
use transcode_core::{Kernels, Picture, PictureFormat, Rect, Step};

/// What an encoded segment consists of.
#[derive(Debug)]
pub(crate) enum Part {
    /// The parameter sets, as an `AVCDecoderConfigurationRecord`; first, and once.
    Header(Vec<u8>),
    /// A coded picture, in decoding order, and how long it is shown: not known of the segment's last picture.
    Packet(EncodedPacket, Option<i64>),
    /// How long the segment's last picture lasts as stored in the source, 0 if unknown; last, and once.
    Tail(i64),
}

/// Makes pictures the size that the encoder takes.
pub(super) struct Fit {
    kernels: Kernels,
    size: (usize, usize),
    site: ChromaSite,
    /// The scaler in use and the size it scales from.
    scaler: Option<((usize, usize), Scaler)>,
    /// A picture cut down to what is shown of it.
    cropped: Option<Picture<u8>>,
}

impl Fit {
    pub(super) fn new(config: &EncoderConfig) -> Self {
        Self {
            kernels: config.kernels,
            size: (config.width as usize, config.height as usize),
            site: ChromaSite::from_h264(config.vui.chroma_location),
            scaler: None,
            cropped: None,
        }
    }
    pub(super) fn apply<'a>(&'a mut self, picture: &'a Picture<u8>, crop: Rect) -> Result<&'a Picture<u8>> {
        let shown = (crop.width as usize, crop.height as usize);
        if shown != self.size {
            let scaler = match self.scaler.take() {
                Some((from, scaler)) if from == shown => scaler,
                _ => Scaler::new(self.kernels, shown, self.size, self.site)
                    .map_err(|e| Error::option("resolution", e.to_string()))?,
            };
            let (_, scaler) = self.scaler.insert((shown, scaler));
            return Ok(scaler.scale(picture, crop));
        }
        if (picture.width(), picture.height()) == self.size {
            return Ok(picture);
        }
        let cropped = match self.cropped.take() {
            Some(p) => p,
            None => Picture::new(PictureFormat::YUV420P8, self.size.0, self.size.1, 0)
                .map_err(|e| Error::option("resolution", e.to_string()))?,
        };
        let cropped = self.cropped.insert(cropped);
        for i in 0..3 {
            for y in 0..crop_rows(crop, i) {
                cropped.plane_mut(i).row_mut(y).copy_from_slice(crop_row(picture, crop, i, y));
            }
        }
        Ok(cropped)
    }
}

/// The picture of a frame in 8-bit samples.
pub(super) fn source_picture<'a>(path: &Path, frame: &'a SourceFrame) -> Result<&'a Picture<u8>> {
    frame
        .picture()
        .ok_or_else(|| Error::Unsupported { path: path.into(), feature: "encoding samples of more than 8 bits".into() })
}

/// Encodes one segment.
pub(crate) struct SegmentEncoder<'a> {
    /// The output, for error messages.
    path: &'a Path,
    encoder: Encoder,
    fit: Fit,
    parts: &'a Sender<Result<Part>>,
    counters: &'a Counters,
    timebase: Timebase,
    segment: Segment,
    /// Media time of the segment that has been counted, in microseconds.
    counted_us: u64,
    /// Stored duration of the last picture.
    last_duration: i64,
    /// Times of the pictures sent, in order, as far as packets to come may need them.
    times: VecDeque<i64>,
    /// Packets that wait for the time of the picture shown after the first of them.
    waiting: VecDeque<EncodedPacket>,
}

impl<'a> SegmentEncoder<'a> {
    /// An encoder of this configuration, in a second pass with a budget, that puts the segment's packets into `parts`.
    ///
    /// # Errors
    /// If the encoder refuses its configuration, or the job was cancelled.
    pub(crate) fn new(
        path: &'a Path,
        (config, budget): (EncoderConfig, Option<Budget>),
        timebase: Timebase,
        segment: Segment,
        parts: &'a Sender<Result<Part>>,
        counters: &'a Counters,
    ) -> Result<Self> {
        let fit = Fit::new(&config);
        let encoder = match budget {
            Some(budget) => Encoder::second_pass(config, budget),
            None => Encoder::new(config),
        };
        let encoder = encoder.map_err(|e| Error::codec(path, "encoder", e))?;
        let avcc = encoder.avcc();
        let weight = avcc.len();
        parts.send(Ok(Part::Header(avcc)), weight)?;
        Ok(Self {
            path,
            encoder,
            fit,
            parts,
            counters,
            timebase,
            segment,
            counted_us: 0,
            last_duration: 0,
            times: VecDeque::new(),
            waiting: VecDeque::new(),
        })
    }
    /// Encodes the next picture.
    ///
    /// # Errors
    /// The encoder's; [`Error::Cancelled`].
    pub(crate) fn push(&mut self, frame: &SourceFrame) -> Result<()> {
        let path = self.path;
        let picture = self.fit.apply(source_picture(path, frame)?, frame.crop())?;
        self.encoder.send(picture, frame.pts, false).map_err(|e| Error::codec(path, "encoder", e))?;
        self.last_duration = frame.duration;
        self.times.push_back(frame.pts);
        self.drain()
    }
    /// Encodes what the encoder holds back.
    ///
    /// # Errors
    /// As [`SegmentEncoder::push`].
    pub(crate) fn finish(mut self) -> Result<EncodeStats> {
        self.encoder.finish();
        self.drain()?;
        while let Some(packet) = self.waiting.pop_front() {
            let next = self.shown_after(&packet);
            self.hand_on(packet, next)?;
        }
        self.parts.send(Ok(Part::Tail(self.last_duration)), 0)?;
        if let Some(end) = self.segment.end_pts {
            self.count_time(end);
        }
        Ok(self.encoder.stats())
    }
    fn drain(&mut self) -> Result<()> {
        while let Step::Output(packet) = self.encoder.receive().map_err(|e| Error::codec(self.path, "encoder", e))? {
            // What the encoder still holds back is not done.
            self.count_time(packet.dts);
            Counters::add(&self.counters.encoded, 1);
            Counters::add(&self.counters.frames, 1);
            self.waiting.push_back(packet);
        }
        while let Some(next) = self.waiting.front().and_then(|p| self.shown_after(p)) {
            let Some(packet) = self.waiting.pop_front() else { break };
            // No packet to come is shown before it is decoded.
            while self.times.front().is_some_and(|&t| t < packet.dts) {
                self.times.pop_front();
            }
            self.hand_on(packet, Some(next))?;
        }
        Ok(())
    }
    /// Time of the picture that is shown after the packet's, if that has been sent.
    fn shown_after(&self, packet: &EncodedPacket) -> Option<i64> {
        self.times.get(self.times.partition_point(|&t| t <= packet.pts)).copied()
    }
    fn hand_on(&self, packet: EncodedPacket, next: Option<i64>) -> Result<()> {
        let (weight, pts) = (packet.data.len(), packet.pts);
        self.parts.send(Ok(Part::Packet(packet, next.map(|n| n.saturating_sub(pts)))), weight)
    }
    /// Counts the media time up to `pts` as done.
    fn count_time(&mut self, pts: i64) {
        let ticks = pts.saturating_sub(self.segment.start_pts.unwrap_or(0));
        let us = (self.timebase.seconds(ticks) * 1e6).max(0.0) as u64;
        Counters::add(&self.counters.media_us, us.saturating_sub(self.counted_us));
        self.counted_us = self.counted_us.max(us);
    }
}
