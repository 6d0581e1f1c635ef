//! How many bits a frame gets: the bit reservoir, and the weight of bits that follows from it.

use super::config::{Plan, RateControl};
use super::math::{exp2, log2};

/// What the search for a frame's `lambda` may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Where to begin.
    pub(crate) lambda: f32,
    /// Fewest bits, filled up if they are not used.
    pub(crate) least: u32,
    /// Bits that are worth a finer search.
    pub(crate) low: u32,
    /// Most bits.
    pub(crate) most: u32,
    /// Where to stop if the range cannot be met.
    pub(crate) finest: f32,
}

/// Governs the weight of bits from frame to frame.
#[derive(Debug)]
pub(crate) struct Rate {
    constant: bool,
    /// `log2` of `lambda` that comes to the rate over some time.
    level: f32,
    /// Bits a frame, in 1/65536, and what is left of them.
    mean: u64,
    rest: u64,
    /// Bits that have been saved, and how many can be.
    saved: u32,
    capacity: u32,
    frames: u32,
    most: u32,
    /// `log2` of the perceptual entropy of the frames so far.
    usual: Option<f32>,
}

/// How full the reservoir should be: enough for a transient, and room for what silence saves.
const FULLNESS: f32 = 0.7;
/// A frame that takes twice the usual bits gets this power of two as its weight of bits: at 0 all errors weigh the same wherever they are,
/// and noisy frames take what tones, which are few lines, would be heard with.
const EVEN: f32 = 1.0;
/// How fast the usual changes.
const SLOW: f32 = 0.035;
/// Less perceptual entropy than these bits is as good as silence.
const QUIET: f32 = 200.0;

/// Frames whose bits the reservoir of HE-AAC holds.
const RESERVE: u32 = 4;

impl Rate {
    pub(crate) fn new(plan: &Plan) -> Self {
        let most = 6144 * plan.full_channels as u32;
        let (constant, mean) = match plan.rate {
            RateControl::Cbr { bits_per_second } => {
                let frame = (u64::from(bits_per_second) << 16) * 1024 / u64::from(plan.asc.sampling_frequency);
                (true, frame.saturating_sub(u64::from(plan.overhead) << 16))
            }
            RateControl::Vbr { .. } => (false, 0),
        };
        // Whole bytes, as a frame has.
        let mut capacity = most.saturating_sub((mean >> 16) as u32 + 1) & !7;
        if plan.replicates {
            // At its low rates a reservoir as large as may be would take seconds to fill, and what it is begun with counts.
            capacity = capacity.min((RESERVE * (mean >> 16) as u32) & !7);
        }
        // Bits of a line halve as this doubles.
        let level = 1.0 - 2.0 * log2(plan.level as f32 / 32000.0);
        let saved = (capacity as f32 * FULLNESS) as u32;
        Self { constant, level, mean, rest: 0, saved, capacity, frames: 0, most, usual: None }
    }

    /// The weight of bits that suits what is saved.
    fn lambda(&self) -> f32 {
        let fullness = if self.capacity > 0 { self.saved as f32 / self.capacity as f32 } else { FULLNESS };
        exp2(self.level + 3.0 * (FULLNESS - fullness))
    }

    /// Of the next frame, whose perceptual entropy `entropy` tells for a weight of bits.
    pub(crate) fn budget(&mut self, entropy: impl FnOnce(f32) -> f32) -> Budget {
        if !self.constant {
            return Budget { lambda: exp2(self.level), least: 0, low: 0, most: self.most, finest: 1e-5 };
        }
        let mean = ((self.mean + self.rest) >> 16) as u32;
        let mut lambda = self.lambda();
        let entropy = log2(entropy(lambda).max(QUIET));
        let usual = *self.usual.get_or_insert(entropy);
        lambda *= exp2((EVEN * (entropy - usual)).clamp(-3.0, 3.0));
        self.usual = Some(usual + SLOW * (entropy - usual));
        let least = (mean + self.saved).saturating_sub(self.capacity);
        // A frame takes most of what is saved, not all of it.
        let most = (mean + self.saved * 7 / 8).min(self.most);
        // The start has nothing to go by: it is searched.
        let low = if self.frames < 3 { least.max(mean / 8 * 7) } else { least };
        Budget { lambda, least, low, most, finest: 1e-5 }
    }

    /// A frame took `bits`, in whole bytes, at `lambda`.
    pub(crate) fn took(&mut self, bits: u32, lambda: f32) {
        if !self.constant {
            return;
        }
        let available = self.mean + self.rest;
        let mean = (available >> 16) as u32;
        self.rest = available & 0xffff;
        self.saved = (self.saved + mean).saturating_sub(bits).min(self.capacity);
        if bits < mean / 4 {
            // Next to silence: it says nothing of what comes.
            return;
        }
        self.frames += 1;
        // Quickly at first.
        let speed = (1.0 / self.frames as f32).max(0.05);
        let off = log2(bits as f32 / mean.max(1) as f32).clamp(-2.0, 2.0);
        self.level = (self.level + speed * (log2(lambda) + off - self.level)).clamp(-16.0, 24.0);
    }
}
