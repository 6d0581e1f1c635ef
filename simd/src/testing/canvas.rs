//! A block of samples inside a larger buffer.

use super::Entropy;
use crate::Sample;
use core::ops::Range;
use std::vec;
use std::vec::Vec;

/// A block between guard bands: random stride, odd ones too, and a start at any alignment.
///
/// Kernels get slices that end with the block's last sample, so one that asks for more than it needs panics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canvas<S = u8> {
    samples: Vec<S>,
    before: Vec<S>,
    start: usize,
    stride: usize,
    width: usize,
    height: usize,
}

impl Canvas {
    /// A block of random texture.
    pub fn draw(entropy: &mut Entropy<'_>, width: usize, height: usize) -> Self {
        Self::draw_depth(entropy, width, height, u8::MAX)
    }

    /// A block like those of a codec's planes: stride and start are multiples of 64. For timing.
    pub fn aligned(entropy: &mut Entropy<'_>, width: usize, height: usize) -> Self {
        Self::aligned_depth(entropy, width, height, u8::MAX)
    }
}

impl<S: Sample> Canvas<S> {
    /// A block of random texture of samples of at most `max`.
    pub fn draw_depth(entropy: &mut Entropy<'_>, width: usize, height: usize, max: S) -> Self {
        let (start, gap) = (entropy.size(32, 95), entropy.size(0, 40));
        Self::filled(start, width + gap, width, height, |s| entropy.texture(s, max))
    }

    /// As [`Canvas::aligned`], of samples of at most `max`.
    pub fn aligned_depth(entropy: &mut Entropy<'_>, width: usize, height: usize, max: S) -> Self {
        let stride = (width + 64).next_multiple_of(64);
        Self::filled(64, stride, width, height, |s| s.fill_with(|| entropy.sample(max)))
    }

    /// The same place with another texture of samples of at most `max`.
    pub fn redrawn(&self, entropy: &mut Entropy<'_>, max: S) -> Self {
        Self::filled(self.start, self.stride, self.width, self.height, |s| entropy.texture(s, max))
    }

    fn filled(start: usize, stride: usize, width: usize, height: usize, fill: impl FnOnce(&mut [S])) -> Self {
        let mut samples = vec![S::default(); start + stride * height + 64];
        fill(&mut samples);
        Self { before: samples.clone(), samples, start, stride, width, height }
    }

    fn span(&self) -> Range<usize> {
        self.start..self.start + self.stride * (self.height - 1) + self.width
    }

    /// Distance between rows in samples.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// From the block's first sample to its last.
    pub fn block(&self) -> &[S] {
        &self.samples[self.span()]
    }

    /// From the block's first sample to its last.
    pub fn block_mut(&mut self) -> &mut [S] {
        let span = self.span();
        &mut self.samples[span]
    }

    /// The block's sample at row `y`, column `x`.
    pub fn at(&self, y: usize, x: usize) -> S {
        self.block()[y * self.stride + x]
    }

    /// Panics if a sample outside the block has changed since the canvas was drawn.
    pub fn assert_guards(&self) {
        for (i, (now, before)) in self.samples.iter().zip(&self.before).enumerate() {
            let (y, x) = match i.checked_sub(self.start) {
                Some(offset) => (offset / self.stride, offset % self.stride),
                None => (usize::MAX, 0),
            };
            let inside = y < self.height && x < self.width;
            assert!(
                inside || now == before,
                "stray write at {} samples from the block's start (block {}x{}, stride {})",
                i as isize - self.start as isize,
                self.width,
                self.height,
                self.stride,
            );
        }
    }
}
