//! Cases of the family `intra`.

use super::{Canvas, Case, Entropy};
use crate::{Availability, Kernels};
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
}

impl Kernel {
    fn draw(e: &mut Entropy<'_>) -> Self {
        match e.size(0, 5) {
            0 if e.bool() => Self::Fill(e.pick(&[4, 8, 16]), e.pick(&[4, 8, 16])),
            0 => Self::Fill(e.size(1, 40), e.size(1, 20)),
            1 => Self::Intra4x4(e.size(0, 8) as u8),
            2 => Self::Intra8x8(e.size(0, 8) as u8),
            3 => Self::FilterEdges,
            4 => Self::Intra16x16(e.size(0, 3) as u8),
            _ => Self::Chroma8x8(e.size(0, 3) as u8),
        }
    }

    /// Size of the block that is written.
    fn size(self) -> (usize, usize) {
        match self {
            Self::Fill(w, h) => (w, h),
            Self::Intra4x4(_) => (4, 4),
            Self::Intra8x8(_) | Self::FilterEdges | Self::Chroma8x8(_) => (8, 8),
            Self::Intra16x16(_) => (16, 16),
        }
    }
}

/// A block to predict and its edges; each kernel takes of `edge` and `left` what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntraCase {
    kernel: Kernel,
    dst: Canvas,
    edge: [u8; 25],
    left: [u8; 16],
    value: u8,
    available: Availability,
}

impl IntraCase {
    fn new(kernel: Kernel, dst: Canvas, e: &mut Entropy<'_>) -> Self {
        let available = Availability { left: e.bool(), top: e.bool(), top_left: e.bool() };
        let (mut edge, mut left) = ([0; 25], [0; 16]);
        e.texture(&mut edge);
        e.texture(&mut left);
        Self { kernel, dst, edge, left, value: e.u8(), available }
    }
}

/// The first `N` samples.
fn head<const N: usize>(samples: &[u8]) -> &[u8; N] {
    samples.first_chunk().expect("edges are long enough for every kernel")
}

impl Case for IntraCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let kernel = Kernel::draw(e);
        let (w, h) = kernel.size();
        let dst = Canvas::draw(e, w, h);
        Self::new(kernel, dst, e)
    }

    fn bench() -> Vec<Self> {
        let mut kernels = Vec::from([Kernel::FilterEdges]);
        kernels.extend([4, 8, 16].map(|n| Kernel::Fill(n, n)));
        kernels.extend((0..9).map(Kernel::Intra4x4));
        kernels.extend((0..9).map(Kernel::Intra8x8));
        kernels.extend((0..4).map(Kernel::Intra16x16));
        kernels.extend((0..4).map(Kernel::Chroma8x8));
        let e = &mut Entropy::seeded(0);
        let case = |kernel: Kernel| {
            let (w, h) = kernel.size();
            let dst = Canvas::aligned(e, w, h);
            let available = Availability { left: true, top: true, top_left: true };
            Self { available, ..Self::new(kernel, dst, e) }
        };
        kernels.into_iter().map(case).collect()
    }

    fn name(&self) -> String {
        match self.kernel {
            Kernel::Fill(w, h) => format!("fill_{w}x{h}"),
            Kernel::Intra4x4(mode) => format!("intra4x4_{mode}"),
            Kernel::Intra8x8(mode) => format!("intra8x8_{mode}"),
            Kernel::FilterEdges => "intra8x8_filter_edges".into(),
            Kernel::Intra16x16(mode) => format!("intra16x16_{mode}"),
            Kernel::Chroma8x8(mode) => format!("intra_chroma8x8_{mode}"),
        }
    }

    fn run(&mut self, k: Kernels) {
        let stride = self.dst.stride();
        let (dst, edge, left, corner) = (self.dst.block_mut(), &self.edge, &self.left, self.value);
        match self.kernel {
            Kernel::Fill(w, h) => k.fill(w, h, dst, stride, self.value),
            Kernel::Intra4x4(mode) => k.intra4x4(mode, dst, stride, head(edge)),
            Kernel::Intra8x8(mode) => k.intra8x8(mode, dst, stride, edge),
            Kernel::FilterEdges => self.edge = k.intra8x8_filter_edges(edge, self.available),
            Kernel::Intra16x16(mode) => k.intra16x16(mode, dst, stride, head(edge), left, corner),
            Kernel::Chroma8x8(mode) => {
                k.intra_chroma8x8(mode, dst, stride, head(edge), head(left), corner, self.available);
            }
        }
    }

    fn assert_guards(&self) {
        self.dst.assert_guards();
    }
}
