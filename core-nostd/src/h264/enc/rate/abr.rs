//! Average bitrate in one pass.
//!
//! The size of a picture is about `complexity / step`, up to a factor that is learnt as the stream goes. The step is chosen so that the
//! stream, had it had this step per complexity from its start, would have its target rate; on top of that, what is over or under target
//! so far is paid back over a few seconds.

use super::super::config::EncoderConfig;
use super::super::frame::Frame;
use super::{qp_of, step};

/// Pictures differ in complexity; the step follows it by this power, so that hard pictures get more bits, but less than they ask for.
const COMPRESS: f32 = 0.4;
/// With quality shared between macroblocks the offsets follow the content already.
const COMPRESS_SHARED: f32 = 0.1;
/// Seconds over which a deviation is paid back.
const WINDOW: f64 = 2.0;
/// Most that QP changes from one P picture to the next.
const MAX_CHANGE: f32 = 4.0;
/// Smoothing of complexity.
const BLUR: f32 = 0.6;

/// State of the control.
#[derive(Debug, Clone)]
pub(in crate::h264::enc) struct Abr {
    bits_per_frame: f64,
    frames_per_second: f64,
    compress: f32,
    /// Sums over the pictures so far, decaying: bits * step / rate-complexity, and bits that were wanted.
    learnt: f64,
    wanted: f64,
    /// Bits spent and pictures coded.
    spent: f64,
    frames: u64,
    complexity: f32,
    last_p_qp: Option<f32>,
    /// Of the picture under way: step and rate-complexity.
    current: (f32, f32),
}

impl Abr {
    pub(super) fn new(config: &EncoderConfig, bits_per_second: u64, shared: bool) -> Self {
        let fps = f64::from(config.frame_rate.0) / f64::from(config.frame_rate.1);
        Self {
            bits_per_frame: bits_per_second as f64 / fps,
            frames_per_second: fps,
            compress: if shared { COMPRESS_SHARED } else { COMPRESS },
            learnt: 0.0,
            wanted: 0.0,
            spent: 0.0,
            frames: 0,
            complexity: 0.0,
            last_p_qp: None,
            current: (1.0, 1.0),
        }
    }

    pub(super) fn start(&mut self, frame: &Frame, offset: f32) -> f32 {
        let cost = frame.inter_cost.max(1) as f32;
        self.complexity = if self.frames == 0 { cost } else { BLUR * self.complexity + (1.0 - BLUR) * cost };
        let rated = libm::powf(self.complexity, self.compress);
        let qp = if self.frames == 0 {
            // A first guess from experience: at QP 26 a picture takes about a bit per 1.5 of its half-size intra cost.
            let bits = frame.intra_cost.max(1) as f64 / 1.5;
            // The first picture may take what four would.
            let qp = 26.0 + 6.0 * libm::log2(bits / (4.0 * self.bits_per_frame)) as f32;
            qp.clamp(10.0, 45.0)
        } else {
            let base = rated * (self.learnt / self.wanted) as f32;
            let planned = self.bits_per_frame * self.frames as f64;
            // Early on the window is short in pictures but the first one is large: let it settle.
            let window = WINDOW * self.bits_per_frame * self.frames_per_second;
            let over = (1.0 + (self.spent - planned) / window).clamp(0.5, 2.0);
            let mut qp = qp_of(base * over as f32);
            if let Some(last) = self.last_p_qp {
                qp = qp.clamp(last - MAX_CHANGE, last + MAX_CHANGE);
            }
            qp + offset
        };
        let p_qp = qp - offset;
        self.last_p_qp = Some(p_qp.clamp(0.0, 51.0));
        self.current = (step(qp.clamp(0.0, 51.0)), rated);
        qp
    }

    pub(super) fn end(&mut self, bits: u64) {
        self.learnt += bits as f64 * f64::from(self.current.0 / self.current.1);
        self.wanted += self.bits_per_frame;
        self.spent += bits as f64;
        self.frames += 1;
        // Forget slowly, so that a change of content is followed within some ten seconds.
        let keep = libm::exp2(-1.0 / (10.0 * self.frames_per_second));
        self.learnt *= keep;
        self.wanted *= keep;
    }
}
