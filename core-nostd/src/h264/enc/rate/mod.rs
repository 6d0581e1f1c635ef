//! Rate control: the quantiser of each picture.

mod abr;
mod crf;

use super::config::{EncoderConfig, RateControl};
use super::frame::{Frame, FrameKind};
use abr::Abr;

/// How much finer I pictures are than P pictures where the lookahead does not tell: everything after depends on them.
const I_OFFSET: f32 = 2.4;

/// How much coarser B pictures are than P pictures where the lookahead does not tell: nothing depends on them. Half of it for those that
/// are references.
const B_OFFSET: f32 = 2.0;

/// What is added to the QP of P pictures for one of this kind. `shared` as for [`Rate::new`].
fn offset(kind: FrameKind, shared: bool) -> f32 {
    match kind {
        // What later pictures take over of each kind is known.
        _ if shared => 0.0,
        FrameKind::Key => -I_OFFSET,
        FrameKind::P => 0.0,
        FrameKind::BRef => B_OFFSET / 2.0,
        FrameKind::B => B_OFFSET,
    }
}

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
enum Mode {
    /// Constant QP, or constant quality: the QP of P pictures.
    Constant(f32),
    /// Average bitrate.
    Abr(Abr),
}

/// The rate control of a stream.
#[derive(Debug, Clone)]
pub(super) struct Rate {
    mode: Mode,
    shared: bool,
}

impl Rate {
    /// From the configuration. `shared` says that [`super::share::share_quality`] moves quality between macroblocks.
    pub(super) fn new(config: &EncoderConfig, shared: bool) -> Self {
        let mode = match config.rate {
            RateControl::Cqp(qp) => Mode::Constant(qp.into()),
            RateControl::Crf(q) => Mode::Constant(crf::base(q, shared)),
            RateControl::Abr { bits_per_second } => Mode::Abr(Abr::new(config, bits_per_second, shared)),
        };
        Self { mode, shared }
    }
    /// QP of the picture before offsets of macroblocks.
    pub(super) fn start(&mut self, frame: &Frame) -> f32 {
        let offset = offset(frame.kind, self.shared);
        let qp = match &mut self.mode {
            Mode::Constant(qp) => *qp + offset,
            Mode::Abr(abr) => abr.start(frame, offset),
        };
        qp.clamp(0.0, 51.0)
    }
    /// Tells what the picture took.
    pub(super) fn end(&mut self, bits: u64) {
        if let Mode::Abr(abr) = &mut self.mode {
            abr.end(bits);
        }
    }
}
