//! Cases of the family `intra`.

use super::{Canvas, Case, Entropy, suffix};
use crate::{Availability, Kernels, Sample};
use std::format;
use std::string::String;
use std::vec::Vec;

/// The kernels of the family, with the mode where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Fill(usize, usize),
    Intra4x4(u8),
    Intra8x8(u8),
    FilterEdges,
    Intra16x16(u8),
    Chroma8x8(u8),
    Chroma8x16(u8),
}

impl Kernel {
    fn draw(e: &mut Entropy<'_>) -> Self {
        match e.size(0, 6) {
            0 if e.bool() => Self::Fill(e.pick(&[4, 8, 16]), e.pick(&[4, 8, 16])),
            0 => Self::Fill(e.size(1, 40), e.size(1, 20)),
            1 => Self::Intra4x4(e.size(0, 8) as u8),
            2 => Self::Intra8x8(e.size(0, 8) as u8),
            3 => Self::FilterEdges,
            4 => Self::Intra16x16(e.size(0, 3) as u8),
            5 => Self::Chroma8x8(e.size(0, 3) as u8),
            _ => Self::Chroma8x16(e.size(0, 3) as u8),
        }
    }

    /// Size of the block that is written.
    fn size(self) -> (usize, usize) {
        match self {
            Self::Fill(w, h) => (w, h),
            Self::Intra4x4(_) => (4, 4),
            Self::Intra8x8(_) | Self::FilterEdges | Self::Chroma8x8(_) => (8, 8),
            Self::Chroma8x16(_) => (8, 16),
            Self::Intra16x16(_) => (16, 16),
        }
    }
}

/// A block to predict and its edges; each kernel takes of `edge` and `left` what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntraCase<S = u8> {
    kernel: Kernel,
    max: S,
    dst: Canvas<S>,
    edge: [S; 25],
    left: [S; 16],
    value: S,
    available: Availability,
}

impl<S: Sample> IntraCase<S> {
    fn new(kernel: Kernel, max: S, dst: Canvas<S>, e: &mut Entropy<'_>) -> Self {
        let available = Availability { left: e.bool(), top: e.bool(), top_left: e.bool() };
        let (mut edge, mut left) = ([S::default(); 25], [S::default(); 16]);
        e.texture(&mut edge, max);
        e.texture(&mut left, max);
        Self { kernel, max, dst, edge, left, value: e.sample(max), available }
    }
}

/// The first `N` samples.
fn head<S, const N: usize>(samples: &[S]) -> &[S; N] {
    samples.first_chunk().expect("edges are long enough for every kernel")
}

impl<S: Sample> Case for IntraCase<S> {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let kernel = Kernel::draw(e);
        let (w, h) = kernel.size();
        let max = e.depth();
        let dst = Canvas::draw_depth(e, w, h, max);
        Self::new(kernel, max, dst, e)
    }

    fn bench() -> Vec<Self> {
        let mut kernels = Vec::from([Kernel::FilterEdges]);
        kernels.extend([4, 8, 16].map(|n| Kernel::Fill(n, n)));
        kernels.extend((0..9).map(Kernel::Intra4x4));
        kernels.extend((0..9).map(Kernel::Intra8x8));
        kernels.extend((0..4).map(Kernel::Intra16x16));
        kernels.extend((0..4).map(Kernel::Chroma8x8));
        kernels.extend((0..4).map(Kernel::Chroma8x16));
        let e = &mut Entropy::seeded(0);
        let case = |kernel: Kernel| {
            let (w, h) = kernel.size();
            let max = S::from_i32(S::LARGEST.into().min(1023));
            let dst = Canvas::aligned_depth(e, w, h, max);
            let available = Availability { left: true, top: true, top_left: true };
            Self { available, ..Self::new(kernel, max, dst, e) }
        };
        kernels.into_iter().map(case).collect()
    }

    fn name(&self) -> String {
        let s = suffix::<S>();
        match self.kernel {
            Kernel::Fill(w, h) => format!("fill{s}_{w}x{h}"),
            Kernel::Intra4x4(mode) => format!("intra4x4{s}_{mode}"),
            Kernel::Intra8x8(mode) => format!("intra8x8{s}_{mode}"),
            Kernel::FilterEdges => format!("intra8x8_filter_edges{s}"),
            Kernel::Intra16x16(mode) => format!("intra16x16{s}_{mode}"),
            Kernel::Chroma8x8(mode) => format!("intra_chroma8x8{s}_{mode}"),
            Kernel::Chroma8x16(mode) => format!("intra_chroma8x16{s}_{mode}"),
        }
    }

    fn run(&mut self, k: Kernels) {
        let (stride, max, available) = (self.dst.stride(), self.max, self.available);
        let (dst, edge, left, corner) = (self.dst.block_mut(), &self.edge, &self.left, self.value);
        match self.kernel {
            Kernel::Fill(w, h) => S::fill(k, w, h, dst, stride, corner, max),
            Kernel::Intra4x4(mode) => S::intra4x4(k, mode, dst, stride, head(edge), max),
            Kernel::Intra8x8(mode) => S::intra8x8(k, mode, dst, stride, edge, max),
            Kernel::FilterEdges => self.edge = S::intra8x8_filter_edges(k, edge, available, max),
            Kernel::Intra16x16(mode) => S::intra16x16(k, mode, dst, stride, head(edge), left, corner, max),
            Kernel::Chroma8x8(mode) => {
                S::intra_chroma8x8(k, mode, dst, stride, head(edge), head(left), corner, available, max);
            }
            Kernel::Chroma8x16(mode) => {
                S::intra_chroma8x16(k, mode, dst, stride, head(edge), left, corner, available, max);
            }
        }
    }

    fn assert_guards(&self) {
        self.dst.assert_guards();
    }
}
