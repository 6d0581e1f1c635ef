//! Average bitrate in one pass.
//!
//! All P pictures would best have one quantiser step, `R` times the picture's complexity to a small power, as with constant quality. Which
//! `R` meets the target by some seconds from now, or by the end of the stream where that is known, follows from what the pictures that the
//! lookahead knows are expected to take, and those after them, which are taken to be like those and the ones before.

use super::super::config::EncoderConfig;
use super::predict::Predictor;
use super::{Ahead, Offsets, Window, qp_of, step};

/// Seconds over which a deviation is paid back, where the end is not known.
const PAY_BACK: f32 = 4.0;
/// Seconds that are looked at beyond what the lookahead sees, at most.
const MOST: f32 = 20.0;
/// Most that QP changes from one picture to the next.
const MAX_CHANGE: f32 = 3.0;
/// Seconds after which what has been learnt counts half.
const HALF_LIFE: f32 = 10.0;
/// Smoothing of complexity.
const BLUR: f32 = 0.6;

/// State of the control.
#[derive(Debug, Clone)]
pub(super) struct Abr {
    bits_per_frame: f32,
    frames_per_second: f32,
    /// The power of complexity that the step follows.
    compress: f32,
    /// How many pictures there will be, if that is known.
    expected: Option<u64>,
    /// Sums over the pictures so far, decaying: bits * step / rated, and pictures.
    learnt: f64,
    pictures: f64,
    /// Bits spent and pictures coded.
    spent: f64,
    frames: u64,
    complexity: f32,
    rated: f32,
    last_qp: Option<f32>,
}

impl Abr {
    pub(super) fn new(config: &EncoderConfig, bits_per_second: u64, shared: bool) -> Self {
        let fps = config.frame_rate.0 as f32 / config.frame_rate.1 as f32;
        Self {
            bits_per_frame: bits_per_second as f32 / fps,
            frames_per_second: fps,
            // With quality shared between macroblocks the offsets follow the content already.
            compress: if shared { 0.0 } else { 1.0 - config.qcomp },
            expected: config.expected_frames,
            learnt: 0.0,
            pictures: 0.0,
            spent: 0.0,
            frames: 0,
            complexity: 0.0,
            rated: 1.0,
            last_qp: None,
        }
    }

    /// QP for the first picture of `window`.
    pub(super) fn start(&mut self, window: Window<'_>, predictor: &Predictor, offsets: Offsets) -> f32 {
        let Some(&picture) = window.pictures.first() else { return 26.0 };
        let cost = |p: &Ahead| p.cost.max(1.0);
        self.complexity = match self.frames {
            0 => window.pictures.iter().map(cost).sum::<f32>() / window.pictures.len() as f32,
            _ => BLUR * self.complexity + (1.0 - BLUR) * cost(&picture),
        };
        self.rated = libm::powf(self.complexity, self.compress);
        // Bits that the pictures known take at a P step of 1.
        let weigh = |p: &Ahead| predictor.weight(*p) / libm::exp2f(offsets.of(p.kind) / 6.0);
        let known = window.pictures.iter().map(weigh).sum::<f32>() / self.rated;
        let count = window.pictures.len() as f32;
        // What a picture took so far, and takes for as long as the lookahead sees.
        let mean = (self.learnt as f32 + known) / (self.pictures as f32 + count);
        // Pictures after those known over which the target is to be met.
        let second = self.frames_per_second;
        let after = match self.expected {
            _ if window.complete => 0.0,
            Some(n) => (n as f32 - self.frames as f32 - count).clamp(0.0, MOST * second),
            None => (PAY_BACK * second - count).max(0.0),
        };
        let all = known + mean * after;
        let fair = self.bits_per_frame * (count + after);
        let room = (f64::from(self.bits_per_frame) * self.frames as f64 - self.spent) as f32 + fair;
        let mut qp = qp_of((all * self.rated / room.max(0.2 * fair)).max(1e-3));
        if let Some(last) = self.last_qp {
            qp = qp.clamp(last - MAX_CHANGE, last + MAX_CHANGE);
        }
        qp.clamp(0.0, 51.0) + offsets.of(picture.kind)
    }

    /// Tells what the picture took at the P QP `qp`, itself and with all that goes with it.
    pub(super) fn end(&mut self, qp: f32, bits: u64, all: u64) {
        self.last_qp = Some(qp);
        self.learnt += bits as f64 * f64::from(step(qp) / self.rated);
        self.pictures += 1.0;
        self.spent += all as f64;
        self.frames += 1;
        // Forget slowly, so that a change of content is followed.
        let keep = f64::from(libm::exp2f(-1.0 / (HALF_LIFE * self.frames_per_second)));
        self.learnt *= keep;
        self.pictures *= keep;
    }
}
