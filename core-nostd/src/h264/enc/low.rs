//! Luma at half resolution, where the lookahead looks for motion.

use super::weight::{PlaneStats, Weight};
use crate::h264::mb_info::Mv;
use crate::picture::Plane;
use transcode_simd::{BlockSize, Kernels, copy_block};

/// Border.
const PAD: usize = 24;
/// How far outside the picture a block may start or end.
const REACH: i32 = 12;

/// Half-size luma with borders, as it is and moved by half a sample: to the right, down, both. All four are means of four samples of
/// the whole picture, so that motion by one of those is exact.
#[derive(Debug)]
pub(super) struct Low([Plane<u8>; 4]);

impl Low {
    /// For a picture of `w` by `h` macroblocks.
    pub(super) fn new(w: usize, h: usize) -> Self {
        Self([0; 4].map(|_| Plane::new(8 * w, 8 * h, PAD)))
    }

    /// Takes the luma of a picture.
    pub(super) fn fill(&mut self, k: Kernels, full: &Plane<u8>) {
        let [plain, right, below, both] = &mut self.0;
        for y in 0..plain.height() {
            let row = |i: usize| full.row((2 * y + i).min(full.height() - 1));
            k.halve(plain.row_mut(y), right.row_mut(y), row(0), row(1));
            k.halve(below.row_mut(y), both.row_mut(y), row(1), row(2));
        }
        self.0.iter_mut().for_each(Plane::extend_edges);
    }

    /// Makes this `from` with a weight.
    pub(super) fn weigh(&mut self, k: Kernels, from: &Self, weight: Weight) {
        for (to, from) in self.0.iter_mut().zip(&from.0) {
            weight.apply_to_plane(k, from, to);
        }
    }
    /// Mean and variance.
    pub(super) fn stats(&self) -> PlaneStats {
        PlaneStats::of(&self.0[0])
    }

    /// Size in macroblocks.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.0[0].width() / 8, self.0[0].height() / 8)
    }
    /// Stride of all planes.
    pub(super) fn stride(&self) -> usize {
        self.0[0].stride()
    }
    /// Index of the first sample of a macroblock in all planes.
    pub(super) fn index(&self, x: usize, y: usize) -> usize {
        self.0[0].index(8 * x as isize, 8 * y as isize)
    }
    /// The plane that is not moved.
    pub(super) fn data(&self) -> &[u8] {
        self.0[0].data()
    }
    /// Least and greatest motion of a macroblock, in whole samples of this plane.
    pub(super) fn range(&self, x: usize, y: usize) -> [(i32, i32); 2] {
        [(x, self.0[0].width()), (y, self.0[0].height())].map(|(at, length)| {
            let at = 8 * at as i32;
            (-REACH - at, length as i32 + REACH - 8 - at)
        })
    }

    /// The samples moved by whole and half samples (`hx`, `hy`, in half samples) from index `at` on.
    #[inline]
    fn half(&self, at: usize, hx: i32, hy: i32) -> &[u8] {
        let p = &self.0[((hx & 1) + 2 * (hy & 1)) as usize];
        let from = at as isize + (hy >> 1) as isize * p.stride() as isize + (hx >> 1) as isize;
        &p.data()[from as usize..]
    }
    /// The samples moved by whole samples.
    #[inline]
    pub(super) fn whole(&self, at: usize, x: i32, y: i32) -> &[u8] {
        self.half(at, 2 * x, 2 * y)
    }

    /// The samples whose mean is the 8x8 block at index `at` moved by `mv`; where one plane has it, both are the same.
    #[inline]
    fn sources(&self, at: usize, mv: Mv) -> [&[u8]; 2] {
        let (x, y) = (i32::from(mv.x), i32::from(mv.y));
        [self.half(at, x >> 1, y >> 1), self.half(at, (x + 1) >> 1, (y + 1) >> 1)]
    }

    /// Transformed difference of the block at index `at` to that of `other` moved by `mv` and weighted.
    pub(super) fn weighted_difference(&self, k: Kernels, other: &Self, at: usize, mv: Mv, weight: Weight) -> u32 {
        let (src, stride) = (&self.data()[at..], self.stride());
        let [first, second] = other.sources(at, mv);
        let mut moved = [0; 64];
        copy_block(BlockSize::B8x8, &mut moved, 8, first, stride);
        k.avg(8, 8, &mut moved, 8, second, stride);
        weight.apply(k, (8, 8), &mut moved, 8);
        k.satd(BlockSize::B8x8, src, stride, &moved, 8)
    }

    /// Transformed difference of the block at index `at` to that of `other` moved by `mv`.
    #[inline]
    pub(super) fn difference(&self, k: Kernels, other: &Self, at: usize, mv: Mv) -> u32 {
        let (src, stride) = (&self.data()[at..], self.stride());
        if (mv.x | mv.y) & 1 == 0 {
            return k.satd(BlockSize::B8x8, src, stride, other.sources(at, mv)[0], stride);
        }
        k.satd_mean(BlockSize::B8x8, src, stride, other.sources(at, mv), stride)
    }

    /// Transformed difference of the block at index `at` to the mean of those of `others` moved by `mvs`.
    pub(super) fn difference_to_both(&self, k: Kernels, others: [&Self; 2], at: usize, mvs: [Mv; 2]) -> u32 {
        let (src, stride) = (&self.data()[at..], self.stride());
        let [a, b] = [0, 1].map(|i| others[i].sources(at, mvs[i]));
        if (mvs[0].x | mvs[0].y | mvs[1].x | mvs[1].y) & 1 == 0 {
            return k.satd_mean(BlockSize::B8x8, src, stride, [a[0], b[0]], stride);
        }
        let [a, b] = [a, b].map(|[first, second]| {
            let mut block = [0; 64];
            copy_block(BlockSize::B8x8, &mut block, 8, first, stride);
            if !core::ptr::eq(first, second) {
                k.avg(8, 8, &mut block, 8, second, stride);
            }
            block
        });
        k.satd_mean(BlockSize::B8x8, src, stride, [&a, &b], 8)
    }

    /// The same as [`Low::difference`] for four vectors.
    #[inline]
    pub(super) fn differences(&self, k: Kernels, other: &Self, at: usize, mvs: [Mv; 4]) -> [u32; 4] {
        let (src, stride) = (&self.data()[at..], self.stride());
        k.satd_mean_x4(BlockSize::B8x8, src, stride, mvs.map(|mv| other.sources(at, mv)), stride)
    }
}
