//! Rate control: the quantiser of each picture.
//!
//! | module | holds |
//! |---|---|
//! | `crf` | constant quality |
//! | `abr` | an average bitrate in one pass |
//! | `two_pass` | an average bitrate from the figures of a first pass |
//! | `predict` | how many bits a picture will take |
//! | `vbv` | the decoder's buffer, which may never run empty (annex C) |
//!
//! The first three say what the picture shall have; the last one raises that where the buffer could not deliver it. A picture that still
//! turns out too large is coded again, coarser ([`Rate::verdict`]).

mod abr;
mod crf;
mod predict;
pub(super) mod two_pass;
pub(super) mod vbv;

use super::config::{EncoderConfig, RateControl};
use super::frame::{Frame, FrameKind};
use super::presets::Tools;
use crate::error::Result;
use abr::Abr;
use predict::Predictor;
use two_pass::{Budget, Follow};
use vbv::Vbv;

/// How much finer I pictures are than P pictures where the lookahead does not tell: everything after depends on them.
const I_OFFSET: f32 = 2.4;

/// How much coarser B pictures are than P pictures where the lookahead does not tell: nothing depends on them. Half of it for those that
/// are references.
const B_OFFSET: f32 = 2.0;

/// What is added to the QP of P pictures for other kinds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offsets {
    key: f32,
    b: f32,
}

impl Offsets {
    /// From the configuration. `shared` says that [`super::share::share_quality`] moves quality between macroblocks.
    fn new(config: &EncoderConfig, shared: bool) -> Self {
        let of = |ratio: Option<f32>, otherwise| ratio.map_or(otherwise, |r| 6.0 * libm::log2f(r));
        Self {
            // Where quality is shared, what later pictures take over of each kind is known.
            key: -of(config.ip_ratio, if shared { 0.0 } else { I_OFFSET }),
            b: if shared { 0.0 } else { of(config.pb_ratio, B_OFFSET) },
        }
    }
    pub(super) fn of(self, kind: FrameKind) -> f32 {
        match kind {
            FrameKind::Key => self.key,
            FrameKind::P => 0.0,
            FrameKind::BRef => self.b / 2.0,
            FrameKind::B => self.b,
        }
    }
}

/// The quantiser step that belongs to a QP, up to a factor.
pub(super) fn step(qp: f32) -> f32 {
    libm::exp2f((qp - 12.0) / 6.0)
}

/// The inverse of [`step`].
fn qp_of(step: f32) -> f32 {
    12.0 + 6.0 * libm::log2f(step)
}

/// A picture that is to be coded, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    pub kind: FrameKind,
    /// See [`Frame::cost`].
    pub cost: f32,
}

impl Ahead {
    pub(super) fn of(frame: &Frame) -> Self {
        Self { kind: frame.kind, cost: frame.cost }
    }
}

/// What is known of the pictures to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    /// In decoding order; the first is the picture to be coded now.
    pub pictures: &'a [Ahead],
    /// Whether no more come after these.
    pub complete: bool,
}

/// The rate control in force.
#[derive(Debug, Clone)]
enum Mode {
    /// Constant QP, or constant quality: the QP of P pictures.
    Constant(f32),
    /// Average bitrate.
    Abr(Abr),
    /// Average bitrate by what a first pass has found.
    Follow(Follow),
}

/// The rate control of a stream.
#[derive(Debug, Clone)]
pub(super) struct Rate {
    mode: Mode,
    offsets: Offsets,
    predictor: Predictor,
    vbv: Option<Vbv>,
    limits: [f32; 2],
    /// The picture under way, its QP, and how often it has been coded.
    current: (Ahead, f32, u32),
}

/// What becomes of a picture that has been coded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// It is kept, and so many bytes of filler data go after it.
    Keep(usize),
    /// It is coded again with this QP.
    Again(f32),
    /// No QP makes it small enough: it is coded as something that takes next to nothing.
    Give,
}

impl Rate {
    /// From the configuration, whose tools are `tools`.
    pub(super) fn new(config: &EncoderConfig, tools: &Tools) -> Self {
        let shared = tools.lookahead > 0;
        let offsets = Offsets::new(config, shared);
        let mode = match config.rate {
            RateControl::Cqp(qp) => Mode::Constant(qp.into()),
            RateControl::Crf(q) => Mode::Constant(crf::base(q, shared)),
            RateControl::Abr { bits_per_second } => Mode::Abr(Abr::new(config, bits_per_second, shared)),
        };
        Self {
            mode,
            offsets,
            predictor: Predictor::new(shared),
            vbv: config.vbv.filter(|_| !config.first_pass).map(|v| Vbv::new(config, v)),
            limits: [config.qp_min.into(), config.qp_max.into()],
            current: (Ahead { kind: FrameKind::Key, cost: 0.0 }, 0.0, 0),
        }
    }
    /// The same, spending what `budget` says.
    pub(super) fn follow(config: &EncoderConfig, tools: &Tools, budget: Budget) -> Self {
        Self { mode: Mode::Follow(Follow::new(config, budget)), ..Self::new(config, tools) }
    }
    /// Whether the pictures to come are of interest.
    pub(super) fn looks_ahead(&self) -> bool {
        self.vbv.is_some() || matches!(self.mode, Mode::Abr(_))
    }
    /// The decoder's buffer before the picture is taken out of it.
    pub(super) fn vbv_mut(&mut self) -> Option<&mut Vbv> {
        self.vbv.as_mut()
    }
    /// QP of the picture under way.
    pub(super) fn qp(&self) -> f32 {
        self.current.1
    }
    /// QP of the picture, which is the first of `window`, before offsets of macroblocks.
    ///
    /// # Errors
    /// If the picture is not the one that the budget has at this place.
    pub(super) fn start(&mut self, picture: Ahead, window: Window<'_>) -> Result<f32> {
        let offset = self.offsets.of(picture.kind);
        let qp = match &mut self.mode {
            Mode::Constant(qp) => *qp + offset,
            Mode::Abr(abr) => abr.start(window, &self.predictor, self.offsets),
            Mode::Follow(follow) => follow.start(picture.kind)?,
        };
        let mut qp = qp.clamp(self.limits[0], self.limits[1]);
        if let Some(vbv) = &self.vbv {
            qp = vbv.constrain(qp - offset, window, &self.predictor, self.offsets) + offset;
        }
        let qp = qp.clamp(self.limits[0], self.limits[1].max(if self.vbv.is_some() { 51.0 } else { 0.0 }));
        self.current = (picture, qp, 0);
        Ok(qp)
    }
    /// Whether the picture, which took `bits` in all, can stay as it is. `left` are the pictures after it, if all of them are known.
    pub(super) fn verdict(&mut self, bits: u64, left: Option<usize>) -> Verdict {
        let Some(vbv) = &self.vbv else { return Verdict::Keep(0) };
        let (_, qp, attempts) = &mut self.current;
        let room = vbv.room(left);
        if bits <= room {
            return Verdict::Keep(vbv.filler(bits));
        }
        *attempts += 1;
        if *qp >= 51.0 || *attempts > 6 {
            return Verdict::Give;
        }
        // Bits fall by less than the step grows where little is left of them, and rounding takes its share.
        let excess = bits as f32 / (0.95 * room.max(1) as f32);
        *qp = (*qp + (7.0 * libm::log2f(excess)).clamp(1.0, 16.0)).min(51.0);
        Verdict::Again(*qp)
    }
    /// Tells what the picture took: bits of the slice, and of all that goes out with it.
    pub(super) fn end(&mut self, bits: u64, all: u64) {
        let (picture, qp, _) = self.current;
        self.predictor.learn(picture, qp, bits);
        match &mut self.mode {
            Mode::Constant(_) => {}
            Mode::Abr(abr) => abr.end(qp - self.offsets.of(picture.kind), bits, all),
            Mode::Follow(follow) => follow.end(qp, bits, all),
        }
        if let Some(vbv) = &mut self.vbv {
            vbv.take(all);
        }
    }
}
