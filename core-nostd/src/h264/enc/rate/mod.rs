//! Rate control: the quantiser of each picture.

mod abr;
mod cqp;
mod crf;

use super::config::{EncoderConfig, RateControl};
use super::lookahead::Frame;
use abr::Abr;

/// How much finer I pictures are than P pictures: everything after depends on them.
const I_OFFSET: f32 = 3.0;

/// The quantiser step that belongs to a QP, up to a factor.
fn step(qp: f32) -> f32 {
    libm::exp2f((qp - 12.0) / 6.0)
}

/// The inverse of [`step`].
fn qp_of(step: f32) -> f32 {
    12.0 + 6.0 * libm::log2f(step)
}

/// The rate control in force.
#[derive(Debug, Clone)]
pub(super) enum Rate {
    /// Constant QP.
    Cqp(u8),
    /// Constant quality.
    Crf(f32),
    /// Average bitrate.
    Abr(Abr),
}

impl Rate {
    /// From the configuration. `shared` says that [`super::lookahead::share_quality`] moves quality between macroblocks.
    pub(super) fn new(config: &EncoderConfig, shared: bool) -> Self {
        match config.rate {
            RateControl::Cqp(qp) => Self::Cqp(qp),
            RateControl::Crf(q) => Self::Crf(crf::base(q, shared)),
            RateControl::Abr { bits_per_second } => Self::Abr(Abr::new(config, bits_per_second, shared)),
        }
    }
    /// QP of the picture before offsets of macroblocks.
    pub(super) fn start(&mut self, frame: &Frame) -> f32 {
        let qp = match self {
            Self::Cqp(qp) => cqp::qp(*qp, frame.key),
            Self::Crf(base) => crf::qp(*base, frame.key),
            Self::Abr(abr) => abr.start(frame),
        };
        qp.clamp(0.0, 51.0)
    }
    /// Tells what the picture took.
    pub(super) fn end(&mut self, bits: u64) {
        if let Self::Abr(abr) = self {
            abr.end(bits);
        }
    }
}
