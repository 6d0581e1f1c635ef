//! One channel: what was read of it, and what it keeps from frame to frame.

use super::ltp::History;
use super::prediction::{MAX_PREDICTORS, Predictor};
use crate::aac::config::AudioObjectType;
use crate::aac::filterbank::{FilterBank, Shape};
use crate::aac::syntax::ics::{Format, Ics, IcsInfo};
use alloc::vec;
use alloc::vec::Vec;

/// A channel of the core coder.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) ics: Ics,
    pub(crate) spectrum: Vec<f32>,
    /// The half of the last block that waits for the next one.
    overlap: Vec<f32>,
    /// `window_shape` of the last block.
    last_shape: usize,
    /// AAC Main.
    pub(crate) predictors: Vec<Predictor>,
    /// AAC LTP.
    pub(crate) history: Option<History>,
    /// The finished frame.
    pub(crate) samples: Vec<f32>,
}

impl Channel {
    pub(crate) fn new(format: &Format) -> Self {
        let len = usize::from(format.frame_length);
        let ltp = matches!(format.object_type, AudioObjectType::LTP | AudioObjectType::ER_LTP | AudioObjectType::ER_LD);
        let main = format.object_type == AudioObjectType::MAIN;
        Self {
            ics: Ics::new(),
            spectrum: vec![0.0; len],
            // The windows of AAC ELD are four frames long.
            overlap: vec![0.0; if format.is_eld() { 3 * len } else { len }],
            last_shape: 0,
            predictors: vec![Predictor::RESET; if main { MAX_PREDICTORS } else { 0 }],
            history: ltp.then(|| History::new(len)),
            samples: vec![0.0; len],
        }
    }

    /// Bytes of memory behind a channel.
    pub(crate) const fn bytes(frame_length: u64) -> u64 {
        4 * 6 * frame_length + (MAX_PREDICTORS * size_of::<Predictor>()) as u64 + size_of::<Self>() as u64
    }

    /// What the windows of the block that was read need to know.
    pub(crate) fn shape(&self) -> Shape {
        Shape { sequence: self.ics.info.sequence, before: self.last_shape, now: self.ics.info.shape }
    }

    /// Long-term prediction, before TNS.
    pub(crate) fn predict_long_term(&mut self, bank: &mut FilterBank, format: &Format) {
        let shape = self.shape();
        if let Some(history) = &mut self.history {
            history.predict(bank, &self.ics, format, shape, &mut self.spectrum);
        }
    }

    /// From the spectrum to samples.
    pub(crate) fn synthesise(&mut self, bank: &mut FilterBank) {
        let shape = self.shape();
        if self.overlap.len() > self.samples.len() {
            bank.synthesise_low_delay(&self.spectrum, &mut self.overlap, &mut self.samples);
        } else {
            bank.synthesise(&self.spectrum, shape, &mut self.overlap, &mut self.samples);
        }
        self.last_shape = self.ics.info.shape;
        if let Some(history) = &mut self.history {
            history.push(&self.samples, &self.overlap);
        }
    }

    /// Nothing was received: the sound of the last frame fades with its window.
    pub(crate) fn silence(&mut self) {
        self.ics.info = IcsInfo::silent(self.last_shape);
        self.ics.tns = None;
        self.spectrum.fill(0.0);
        self.predictors.fill(Predictor::RESET);
    }

    /// Forgets what was before.
    pub(crate) fn reset(&mut self) {
        self.silence();
        self.overlap.fill(0.0);
        self.last_shape = 0;
        if let Some(history) = &mut self.history {
            history.clear();
        }
    }
}
