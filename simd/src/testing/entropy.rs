//! The source of random choices.

use crate::Sample;

/// Choices drawn from a fuzzer's bytes, and from a generator that those bytes seed when they run out.
///
/// The leading bytes decide the leading choices (kernel, size, pattern), so a fuzzer and proptest's shrinking can
/// work on them; a few bytes still fill a whole case.
#[derive(Debug, Clone)]
pub struct Entropy<'a> {
    bytes: &'a [u8],
    state: u64,
}

impl<'a> Entropy<'a> {
    /// Draws from `bytes` first.
    pub fn new(bytes: &'a [u8]) -> Self {
        // FNV-1a, so that each byte matters for what follows them.
        let state = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, &b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        Self { bytes, state }
    }

    /// Draws from a generator.
    pub fn seeded(seed: u64) -> Self {
        Self { bytes: &[], state: seed }
    }

    /// A byte.
    pub fn u8(&mut self) -> u8 {
        if let Some((&first, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            return first;
        }
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z >> 56) as u8
    }

    /// A number of all 32 bits.
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(core::array::from_fn(|_| self.u8()))
    }

    /// A number of all 16 bits.
    pub fn i16(&mut self) -> i16 {
        i16::from_le_bytes([self.u8(), self.u8()])
    }

    /// A number in `low..=high`, which spans at most 2^16. One byte decides where that is enough.
    pub fn range(&mut self, low: i32, high: i32) -> i32 {
        let count = (high - low) as u32 + 1;
        let draw = if count <= 256 { u32::from(self.u8()) } else { self.u32() };
        low + (draw % count) as i32
    }

    /// A size in `low..=high`.
    pub fn size(&mut self, low: usize, high: usize) -> usize {
        self.range(low as i32, high as i32) as usize
    }

    /// One of `choices`.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.size(0, choices.len() - 1)]
    }

    /// Heads or tails.
    pub fn bool(&mut self) -> bool {
        self.u8() & 1 != 0
    }

    /// The largest sample of a bit depth that `S` is for: often that of 10 bits, where kernels part ways.
    pub fn depth<S: Sample>(&mut self) -> S {
        if size_of::<S>() == 1 {
            S::LARGEST
        } else {
            S::from_i32(self.pick(&[1023, 1023, 255, 511, 2047, 4095, 16383]))
        }
    }

    /// A sample of at most `max`, which is a power of 2 less 1.
    pub fn sample<S: Sample>(&mut self, max: S) -> S {
        let bits = i32::from(self.u8());
        S::from_i32(if max.into() > 255 { (bits << 8 | i32::from(self.u8())) & max.into() } else { bits })
    }

    /// Fills `samples` with one of the textures that kernels meet: noise, flat areas, black and white (the sums'
    /// extremes), ramps, and small changes around a level (what filters with thresholds look for).
    pub fn texture<S: Sample>(&mut self, samples: &mut [S], max: S) {
        let kind = self.size(0, 4);
        let (level, step): (S, S) = (self.sample(max), self.sample(max));
        for (i, s) in samples.iter_mut().enumerate() {
            *s = match kind {
                0 => self.sample(max),
                1 => level,
                2 => {
                    if self.bool() {
                        max
                    } else {
                        S::default()
                    }
                }
                3 => S::from_i32((level.into() + i as i32 * step.into()) & max.into()),
                _ => S::clip1(level.into() + i32::from(self.u8() % 8) - 4, max),
            };
        }
    }
}
