//! The residual of macroblocks that are coded without transform and quantisation (`TransformBypassModeFlag`, 8.5.15).

use transcode_simd::Sample;

/// Which way the residual of an intra macroblock is accumulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Each sample's is the difference to the sample above.
    Vertical,
    /// To the sample on the left.
    Horizontal,
}

impl Direction {
    /// By `Intra4x4PredMode`, `Intra8x8PredMode` or `Intra16x16PredMode`.
    pub(super) fn of_luma_mode(mode: u8) -> Option<Self> {
        match mode {
            0 => Some(Self::Vertical),
            1 => Some(Self::Horizontal),
            _ => None,
        }
    }
    /// By `intra_chroma_pred_mode`.
    pub(super) fn of_chroma_mode(mode: u8) -> Option<Self> {
        match mode {
            1 => Some(Self::Horizontal),
            2 => Some(Self::Vertical),
            _ => None,
        }
    }
}

/// A residual of up to 16 by 16 samples, `W` of them a row.
pub(super) struct Residual<const W: usize>([i32; 256]);

impl<const W: usize> Residual<W> {
    /// No difference anywhere.
    pub(super) fn new() -> Self {
        Self([0; 256])
    }

    /// Moves the `n` by `n` levels of a block to (`x`, `y`), and clears them.
    pub(super) fn take_block<P: Sample>(&mut self, levels: &mut [P::Coef], n: usize, x: usize, y: usize) {
        for (to, from) in self.0[W * y + x..].chunks_mut(W).zip(levels.chunks_exact_mut(n)) {
            for (to, from) in to.iter_mut().zip(from) {
                *to = core::mem::take(from).into();
            }
        }
    }

    /// Adds the first `h` rows to the prediction, 8.5.15 and 8.5.14. Sums wrap in streams that no encoder makes.
    pub(super) fn add<P: Sample>(
        &mut self,
        dst: &mut [P],
        stride: usize,
        h: usize,
        direction: Option<Direction>,
        max: P,
    ) {
        let back = match direction {
            Some(Direction::Vertical) => W,
            _ => 1,
        };
        if let Some(direction) = direction {
            for i in back..W * h {
                if direction == Direction::Vertical || i % W != 0 {
                    self.0[i] = self.0[i].wrapping_add(self.0[i - back]);
                }
            }
        }
        for (row, residual) in dst.chunks_mut(stride).zip(self.0.as_chunks::<W>().0).take(h) {
            for (sample, &r) in row.iter_mut().zip(residual) {
                *sample = P::clip1((*sample).into().wrapping_add(r), max);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_add_up_along_the_prediction() {
        let levels: [i16; 16] = core::array::from_fn(|i| i as i16 - 4);
        for (direction, expected) in [
            (None, core::array::from_fn(|i| 100 + i as u8 - 4)),
            (
                Some(Direction::Vertical),
                core::array::from_fn::<u8, 16, _>(|i| (0..=i / 4).fold(100, |s, y| s + (4 * y + i % 4) as u8 - 4)),
            ),
            (
                Some(Direction::Horizontal),
                core::array::from_fn(|i| (0..=i % 4).fold(100, |s, x| s + (i / 4 * 4 + x) as u8 - 4)),
            ),
        ] {
            let (mut c, mut r, mut dst) = (levels, Residual::<4>::new(), [100u8; 16]);
            r.take_block::<u8>(&mut c, 4, 0, 0);
            r.add(&mut dst, 4, 4, direction, 255);
            assert_eq!((dst, c), (expected, [0; 16]), "{direction:?}");
        }
    }
}
