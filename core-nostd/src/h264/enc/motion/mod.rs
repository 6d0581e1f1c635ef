//! Motion estimation: whole samples ([`search`]), then half and quarter samples ([`subpel`]).

pub(super) mod cost;
mod search;
mod subpel;

use super::analyse::lambda::Lambda;
use super::presets::Tools;
use super::reference::Reference;
use crate::h264::mb_info::Mv;
use cost::MvPrices;
use transcode_simd::{BlockSize, Kernels};

/// A block to be found in a reference.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub k: Kernels,
    pub size: BlockSize,
    /// The source from the block's first sample on.
    pub src: &'a [u8],
    pub stride: usize,
    pub reference: &'a Reference,
    /// Index of the block's place in the reference's planes.
    pub at: usize,
    /// Least and greatest vector components, in quarter samples.
    pub range: [(i32, i32); 2],
    /// Motion vector prediction, which the vector is coded against.
    pub predicted: Mv,
    pub lambda: Lambda,
    pub prices: &'a MvPrices,
    /// Of the first bins, see [`MvPrices::beside`].
    pub first: [[u32; 2]; 2],
}

/// The best vector and its cost: distortion and what the vector's bits are worth, which `rate` is alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub mv: Mv,
    pub cost: u32,
    pub rate: u32,
}

impl Target<'_> {
    #[inline]
    pub(super) fn rate(&self, x: i32, y: i32) -> u32 {
        let bits = self.prices.bits(0, self.first[0], x - i32::from(self.predicted.x))
            + self.prices.bits(1, self.first[1], y - i32::from(self.predicted.y));
        self.lambda.parts(bits)
    }
    /// `v` moved into the range.
    fn clamp(&self, v: Mv) -> Mv {
        Mv::new(
            i32::from(v.x).clamp(self.range[0].0, self.range[0].1) as i16,
            i32::from(v.y).clamp(self.range[1].0, self.range[1].1) as i16,
        )
    }

    /// Searches from the best of `candidates` (quarter samples) and refines.
    ///
    /// `bound` is the least cost at whole samples that other pictures have: this one is given up if it does much worse, and the bound
    /// lowered if it does better.
    pub(super) fn search(&self, tools: &Tools, candidates: &[Mv], bound: &mut u32) -> Option<Found> {
        let (whole, cost) = search::search(self, tools, candidates);
        if cost > bound.saturating_add(*bound / 8) {
            return None;
        }
        *bound = cost.min(*bound);
        Some(subpel::refine(self, tools, whole, cost))
    }
}
