//! The first pass of two over a segment: what each picture takes, and nothing written.

use super::decode::SourceFrame;
use super::encode::{Fit, source_picture};
use crate::error::{Error, Result};
use crate::meter::Counters;
use std::path::Path;
use transcode_container::Timebase;
use transcode_core::Step;
use transcode_core::h264::enc::PictureStats;
use transcode_core::h264::{Encoder, EncoderConfig};

/// Codes a segment quickly and keeps what is told of its pictures: 24 bytes each.
pub(crate) struct FirstPass<'a> {
    path: &'a Path,
    encoder: Encoder,
    fit: Fit,
    counters: &'a Counters,
    timebase: Timebase,
    start: i64,
    counted_us: u64,
    found: Vec<PictureStats>,
}

impl<'a> FirstPass<'a> {
    /// For a segment that starts at `start` ticks and whose second pass has `config`.
    ///
    /// # Errors
    /// If the encoder refuses its configuration.
    pub(crate) fn new(
        path: &'a Path,
        config: &EncoderConfig,
        timebase: Timebase,
        start: i64,
        counters: &'a Counters,
    ) -> Result<Self> {
        let config = config.for_first_pass();
        let fit = Fit::new(&config);
        let encoder = Encoder::new(config).map_err(|e| Error::codec(path, "encoder", e))?;
        Ok(Self { path, encoder, fit, counters, timebase, start, counted_us: 0, found: Vec::new() })
    }
    /// Takes the next picture.
    ///
    /// # Errors
    /// The encoder's.
    pub(crate) fn push(&mut self, frame: &SourceFrame) -> Result<()> {
        let picture = self.fit.apply(source_picture(self.path, frame)?, frame.crop())?;
        self.encoder.send(picture, frame.pts, false).map_err(|e| Error::codec(self.path, "encoder", e))?;
        let us = (self.timebase.seconds(frame.pts.saturating_sub(self.start)) * 1e6).max(0.0) as u64;
        Counters::add(&self.counters.media_us, us.saturating_sub(self.counted_us));
        self.counted_us = self.counted_us.max(us);
        self.drain()
    }
    /// What has been found out, in decoding order.
    ///
    /// # Errors
    /// As [`FirstPass::push`].
    pub(crate) fn finish(mut self) -> Result<Vec<PictureStats>> {
        self.encoder.finish();
        self.drain()?;
        Ok(self.found)
    }
    fn drain(&mut self) -> Result<()> {
        while let Step::Output(packet) = self.encoder.receive().map_err(|e| Error::codec(self.path, "encoder", e))? {
            self.found.push(packet.stats);
        }
        Ok(())
    }
}
