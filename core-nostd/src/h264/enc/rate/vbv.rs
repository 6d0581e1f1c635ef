//! The decoder's buffer (annex C): bits come in at a constant rate, each picture is taken out at its time, whole, and must be there by then.
//!
//! The fullness is counted exactly, in units of a bit over the numerator of the frame rate, so that a stream of any length stays within it.

use super::super::config::{EncoderConfig, NalHrd, VbvConfig};
use super::super::frame::FrameKind;
use super::predict::Predictor;
use super::{Offsets, Window};

/// Clock of `initial_cpb_removal_delay`, in ticks a second.
const CLOCK: i128 = 90_000;
/// Start code, header and trailing bits of a NAL unit of filler data that holds none.
const FILLER_LEAST: usize = 6;

/// State of the buffer.
#[derive(Debug, Clone)]
pub(in crate::h264::enc) struct Vbv {
    /// The numerator of the frame rate: units in a bit.
    units: i128,
    /// What comes in from one picture to the next.
    income: i128,
    size: i128,
    /// What is in it, of pictures that are not taken out, just before the next is.
    level: i128,
    /// What must be in it for the picture that follows the last one.
    at_end: i128,
    /// Bits per second.
    rate: i128,
    /// What is not delivered is filled up.
    constant: bool,
    /// Bits that are wanted and those that may come are the same, so that none are to be left.
    tight: bool,
}

impl Vbv {
    pub(super) fn new(config: &EncoderConfig, v: VbvConfig) -> Self {
        let (num, den) = (i128::from(config.frame_rate.0), i128::from(config.frame_rate.1));
        let (rate, size) = v.signalled(config.nal_hrd);
        let size = i128::from(size) * num;
        let income = i128::from(rate) * den;
        let start = (f64::from(v.initial.clamp(0.0, 1.0)) * size as f64) as i128;
        let join = start.min(income * 7 * i128::from(config.resolved().tools().lookahead) / 10);
        let [before, after] = config.part_of;
        Self {
            units: num,
            income,
            size,
            level: if before { join } else { start },
            at_end: if after { join } else { 0 },
            rate: i128::from(rate),
            constant: config.nal_hrd == NalHrd::Cbr,
            tight: config.average_bits_per_second() >= v.max_rate,
        }
    }
    /// Most bits that the next picture may have, with all that goes out with it. `left` are the pictures that come after it, if all of
    /// them are known.
    pub(super) fn room(&self, left: Option<usize>) -> u64 {
        let mut room = self.level;
        if let Some(left) = left {
            // Those left can be made to take a quarter of what comes in meanwhile.
            let gained = self.income + self.income * 3 * left as i128 / 4;
            room = room.min(self.level + gained - self.at_end);
        }
        (room.max(0) / self.units) as u64
    }
    /// Bytes of filler data, its framing included, that a picture of `bits` needs so that the buffer does not run over.
    pub(super) fn filler(&self, bits: u64) -> usize {
        let over = self.level - i128::from(bits) * self.units + self.income - self.size;
        if !self.constant || over <= 0 {
            return 0;
        }
        ((over + 8 * self.units - 1) / (8 * self.units)).max(FILLER_LEAST as i128) as usize
    }
    /// Takes the next picture out and waits for the one after.
    pub(super) fn take(&mut self, bits: u64) {
        self.level = (self.level - i128::from(bits) * self.units + self.income).min(self.size);
    }
    /// `initial_cpb_removal_delay` and its offset for the next picture, which starts a buffering period.
    pub(in crate::h264::enc) fn delays(&self) -> [u32; 2] {
        let ticks = |level: i128| (CLOCK * level / (self.rate * self.units)) as u32;
        [ticks(self.level).max(1), ticks(self.size) - ticks(self.level).max(1).min(ticks(self.size))]
    }
    /// Starts a buffering period as `delays` says: bits that would have come before are not waited for.
    pub(in crate::h264::enc) fn restart(&mut self) {
        if !self.constant {
            self.level = self.level.min(i128::from(self.delays()[0]) * self.rate * self.units / CLOCK);
        }
    }

    /// The P QP, `qp` or coarser, at which the pictures of `window` are expected to fit; also finer where bits would be lost that are
    /// meant to be used.
    pub(super) fn constrain(&self, qp: f32, window: Window<'_>, predictor: &Predictor, offsets: Offsets) -> f32 {
        let (units, size) = (self.units as f32, self.size as f32 / self.units as f32);
        let (level, income) = (self.level as f32 / units, self.income as f32 / units);
        // What is kept back for what is not foreseen; less where the buffer is low already.
        let reserve = (0.1 * size).min(0.3 * level);
        let at_end = self.at_end as f32 / units;
        // How the buffer fares: whether it would run low, or over.
        let try_out = |qp: f32| {
            let (mut level, mut low, mut lost) = (level, false, 0.0f32);
            for (i, &p) in window.pictures.iter().enumerate() {
                let own = if p.kind == FrameKind::Key { 1.15 } else { 1.05 };
                let bits = predictor.bits(p, qp + offsets.of(p.kind));
                low |= level - bits * own < if i == 0 { reserve.max(0.1 * level) } else { reserve };
                level += income - bits;
                lost += (level - size).max(0.0);
                level = level.min(size);
            }
            low |= window.complete && level < at_end;
            (low, lost > 0.0)
        };
        let (low, over) = try_out(qp);
        if low {
            let (mut good, mut bad) = (51.0f32, qp);
            for _ in 0..8 {
                let middle = (good + bad) / 2.0;
                if try_out(middle).0 { bad = middle } else { good = middle }
            }
            return good.max(qp);
        }
        if over && self.tight && !window.complete {
            let (mut good, mut bad) = ((qp - 12.0).max(0.0), qp);
            for _ in 0..8 {
                let middle = (good + bad) / 2.0;
                match try_out(middle) {
                    (false, true) => bad = middle,
                    _ => good = middle,
                }
            }
            return bad;
        }
        qp
    }
}
