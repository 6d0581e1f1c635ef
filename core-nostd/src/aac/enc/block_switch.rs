//! When to change to short windows, and which of them to code together.

use super::bands::LINES;
use crate::aac::syntax::ics::WindowSequence;

/// A part of a frame is an attack if it has this many times the energy of what was before.
const ATTACK: f32 = 9.0;
/// And this energy at least (of 128 samples of full scale 1).
const AUDIBLE: f32 = 2e-5;
/// Short windows whose energies differ by less are coded together.
const ALIKE: f32 = 3.0;

/// Finds attacks in the samples of a channel, frame by frame.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detector {
    /// The last sample, and the last of what passed the high-pass filter.
    last: [f32; 2],
    /// Energy of the parts so far, the last ones most.
    average: f32,
    /// Energies of the parts of this frame's samples and the two before, the oldest first.
    parts: [f32; 24],
}

impl Detector {
    /// Takes the next frame's samples; tells whether there is an attack.
    pub(crate) fn has_attack(&mut self, samples: &[f32]) -> bool {
        let mut found = false;
        self.parts.copy_within(8.., 0);
        for (part, place) in samples.chunks_exact(LINES / 8).zip(16..) {
            let mut energy = 0.0;
            for &x in part {
                let y = 0.7548 * (x - self.last[0]) + 0.5095 * self.last[1];
                self.last = [x, y];
                energy += y * y;
            }
            let attack = energy > AUDIBLE && energy > ATTACK * self.average;
            found |= attack;
            self.parts[place] = energy;
            self.average = 0.7 * self.average + 0.3 * energy;
        }
        found
    }

    /// By how much the loudest part of the block that is coded now exceeds its mean. What comes in is half a block ahead of it.
    pub(crate) fn stands_out(&self) -> f32 {
        let block = &self.parts[4..20];
        let mean = block.iter().sum::<f32>() / block.len() as f32;
        block.iter().fold(0.0f32, |a, &b| a.max(b)) / mean.max(1e-12)
    }
}

/// The sequence of a frame between the one before and what comes; `now` and `next`: attacks in this frame and the next.
pub(crate) fn sequence(before: WindowSequence, now: bool, next: bool) -> WindowSequence {
    use WindowSequence::{EightShort, LongStart, LongStop, OnlyLong};
    match before {
        // What has begun must go on.
        LongStart => EightShort,
        // Nothing leads from short windows to short ones over a single frame.
        EightShort if now || next => EightShort,
        EightShort => LongStop,
        // An attack in this frame was known in the one before.
        OnlyLong | LongStop if next => LongStart,
        OnlyLong | LongStop => OnlyLong,
    }
}

/// Groups of short windows with energies alike.
pub(crate) fn group(energies: &[f32; 8]) -> [u8; 8] {
    let mut lengths = [0u8; 8];
    let (mut g, mut sum) = (0, energies[0]);
    lengths[0] = 1;
    for &e in &energies[1..] {
        let mean = sum / f32::from(lengths[g]);
        if e <= ALIKE * mean && mean <= ALIKE * ALIKE * e {
            lengths[g] += 1;
            sum += e;
        } else {
            g += 1;
            lengths[g] = 1;
            sum = e;
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attack_is_found_where_it_is() {
        let mut detector = Detector::default();
        let tone = |n: usize| (n as f32 * 0.1).sin() * 0.1;
        let steady: [f32; LINES] = core::array::from_fn(tone);
        detector.has_attack(&steady);
        assert!(!detector.has_attack(&core::array::from_fn::<f32, LINES, _>(|n| tone(n + LINES))));
        let click: [f32; LINES] = core::array::from_fn(|n| tone(n + 2 * LINES) + if n == 600 { 0.8 } else { 0.0 });
        assert!(detector.has_attack(&click));
        assert!(!Detector::default().has_attack(&[0.0; LINES]));
    }

    #[test]
    fn every_sequence_may_follow_the_one_before() {
        use WindowSequence::{EightShort, LongStart, LongStop, OnlyLong};
        for attacks in 0u32..1 << 12 {
            let attack = |i: u32| attacks >> i & 1 != 0;
            let mut before = OnlyLong;
            for i in 1..11 {
                let now = sequence(before, attack(i), attack(i + 1));
                let fits = match before {
                    OnlyLong | LongStop => matches!(now, OnlyLong | LongStart),
                    LongStart | EightShort => matches!(now, EightShort | LongStop),
                };
                assert!(fits, "{before:?} {now:?}");
                assert!(!attack(i) || i == 1 || now == EightShort, "an attack is in short windows");
                before = now;
            }
        }
    }

    #[test]
    fn groups_are_whole() {
        assert_eq!(group(&[1.0; 8]), [8, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(group(&[1.0, 1.0, 1.0, 100.0, 90.0, 80.0, 5.0, 4.0]), [3, 3, 2, 0, 0, 0, 0, 0]);
        assert_eq!(group(&[0.0; 8]), [8, 0, 0, 0, 0, 0, 0, 0]);
    }
}
