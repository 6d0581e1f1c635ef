//! Cases of the family `mc`.

use super::{Canvas, Case, Entropy, suffix};
use crate::{BlockSize, Kernels, Sample};
use std::format;
use std::string::String;
use std::vec::Vec;

/// The kernels of the family with their own arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Luma { size: BlockSize, dx: u8, dy: u8, avg: bool },
    Chroma { dx: u8, dy: u8 },
    ChromaPair { dx: u8, dy: u8, avg: bool },
    Avg,
    Weight { log2_denom: u8, weight: i32, offset: i32 },
    Biweight { log2_denom: u8, w0: i32, w1: i32, offset: i32 },
}

/// A block to write and one to read, of exactly the samples that the kernel may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McCase<S = u8> {
    kernel: Kernel,
    width: usize,
    height: usize,
    max: S,
    dst: Canvas<S>,
    src: Canvas<S>,
    /// The same place in the other plane, for kernels of two.
    pair: Option<(Canvas<S>, Canvas<S>)>,
}

/// A prediction weight: often one where sums are largest or overflow.
fn weight(e: &mut Entropy<'_>) -> i32 {
    if e.bool() { e.pick(&[-128, -127, -64, -1, 0, 1, 64, 127, 128]) } else { e.range(-128, 128) }
}

impl<S: Sample> McCase<S> {
    /// A case of `kernel` with canvases from `canvas`, which gets an entropy, a width, a height and `max`.
    fn new(
        e: &mut Entropy<'_>,
        kernel: Kernel,
        width: usize,
        height: usize,
        max: S,
        canvas: fn(&mut Entropy<'_>, usize, usize, S) -> Canvas<S>,
    ) -> Self {
        let (extra_x, extra_y) = match kernel {
            Kernel::Luma { dx, dy, .. } => (if dx != 0 { 5 } else { 0 }, if dy != 0 { 5 } else { 0 }),
            Kernel::Chroma { dx, dy } | Kernel::ChromaPair { dx, dy, .. } => {
                (usize::from(dx != 0), usize::from(dy != 0))
            }
            _ => (0, 0),
        };
        let dst = canvas(e, width, height, max);
        let src = canvas(e, width + extra_x, height + extra_y, max);
        let pair = matches!(kernel, Kernel::ChromaPair { .. }).then(|| (dst.redrawn(e, max), src.redrawn(e, max)));
        Self { kernel, width, height, max, dst, src, pair }
    }
}

impl<S: Sample> Case for McCase<S> {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let max = e.depth::<S>();
        // Offsets are scaled to the bit depth.
        let depth_scale = (max.into() + 1) / 256;
        // Luma has most branches: half of all cases.
        let kind = e.size(0, 8);
        if kind < 4 {
            let (size, fraction) = (e.pick(&BlockSize::ALL), e.u8());
            let kernel = Kernel::Luma { size, dx: fraction & 3, dy: fraction >> 2 & 3, avg: fraction & 16 != 0 };
            return Self::new(e, kernel, size.width(), size.height(), max, Canvas::draw_depth);
        }
        let (mut width, height) = (e.pick(&[2, 4, 8, 16]), e.pick(&[2, 4, 8, 16]));
        let kernel = match kind {
            4 | 5 => {
                width = width.min(8);
                let (dx, dy) = (e.pick(&[0, 0, 1, 2, 3, 4, 5, 6, 7]), e.pick(&[0, 0, 1, 2, 3, 4, 5, 6, 7]));
                if kind == 4 { Kernel::Chroma { dx, dy } } else { Kernel::ChromaPair { dx, dy, avg: e.bool() } }
            }
            6 => Kernel::Avg,
            7 => Kernel::Weight {
                log2_denom: e.range(0, 7) as u8,
                weight: weight(e),
                offset: e.range(-128, 127) * depth_scale,
            },
            _ => {
                let (log2_denom, w0) = (e.range(0, 7) as u8, weight(e));
                // Weights as implicit prediction has them sum up to 64.
                let w1 = if e.bool() { (64 - w0).clamp(-128, 128) } else { weight(e) };
                Kernel::Biweight { log2_denom, w0, w1, offset: e.range(-128, 127) * depth_scale }
            }
        };
        Self::new(e, kernel, width, height, max, Canvas::draw_depth)
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::new(b"mc");
        let mut all = Vec::new();
        let max = S::from_i32(S::LARGEST.into().min(1023));
        let mut add = |kernel, w, h| all.push(Self::new(e, kernel, w, h, max, Canvas::aligned_depth));
        for size in BlockSize::ALL {
            for fraction in 0..16 {
                let (dx, dy) = (fraction & 3, fraction >> 2);
                // One of each kind of position; those of the largest size one by one.
                if size == BlockSize::B16x16
                    || [(0, 0), (2, 0), (0, 2), (2, 2), (1, 1), (2, 1), (1, 2)].contains(&(dx, dy))
                {
                    for avg in [false, true] {
                        add(Kernel::Luma { size, dx, dy, avg }, size.width(), size.height());
                    }
                }
            }
        }
        for n in [2, 4, 8] {
            for (dx, dy) in [(0, 0), (3, 0), (0, 3), (3, 5)] {
                add(Kernel::Chroma { dx, dy }, n, n);
                add(Kernel::ChromaPair { dx, dy, avg: false }, n, n);
                add(Kernel::ChromaPair { dx, dy, avg: true }, n, n);
            }
        }
        for n in [2, 4, 8, 16] {
            add(Kernel::Avg, n, n);
            add(Kernel::Weight { log2_denom: 5, weight: 37, offset: -3 }, n, n);
            add(Kernel::Biweight { log2_denom: 5, w0: 21, w1: 43, offset: 2 }, n, n);
        }
        all
    }

    fn name(&self) -> String {
        let kernel = match self.kernel {
            Kernel::Luma { avg: false, .. } => "luma_mc",
            Kernel::Luma { avg: true, .. } => "luma_mc_avg",
            Kernel::Chroma { .. } => "chroma_mc",
            Kernel::ChromaPair { avg: false, .. } => "chroma_mc_pair",
            Kernel::ChromaPair { avg: true, .. } => "chroma_mc_pair_avg",
            Kernel::Avg => "avg",
            Kernel::Weight { .. } => "weight",
            Kernel::Biweight { .. } => "biweight",
        };
        let position = match self.kernel {
            Kernel::Luma { size, dx, dy, .. } => return format!("{kernel}{}_{size}_x{dx}y{dy}", suffix::<S>()),
            Kernel::Chroma { dx, dy } | Kernel::ChromaPair { dx, dy, .. } => match (dx, dy) {
                (0, 0) => "_full",
                (_, 0) => "_x",
                (0, _) => "_y",
                _ => "_xy",
            },
            _ => "",
        };
        format!("{kernel}{position}{}_{}x{}", suffix::<S>(), self.width, self.height)
    }

    fn run(&mut self, k: Kernels) {
        let (w, h, stride, src_stride) = (self.width, self.height, self.dst.stride(), self.src.stride());
        let (dst, src, max) = (self.dst.block_mut(), self.src.block(), self.max);
        match self.kernel {
            Kernel::Luma { size, dx, dy, avg } => {
                let off = if dx != 0 { 2 } else { 0 } + if dy != 0 { 2 * src_stride } else { 0 };
                let mc = if avg { S::luma_mc_avg } else { S::luma_mc };
                mc(k, size, dst, stride, src, off, src_stride, dx, dy, max);
            }
            Kernel::Chroma { dx, dy } => S::chroma_mc(k, w, h, dst, stride, src, 0, src_stride, dx, dy, max),
            Kernel::ChromaPair { dx, dy, avg } => {
                let mc = if avg { S::chroma_mc_pair_avg } else { S::chroma_mc_pair };
                if let Some((dst_cr, src_cr)) = &mut self.pair {
                    let (dst, src) = ([dst, dst_cr.block_mut()], [src, src_cr.block()]);
                    mc(k, w, h, dst, stride, src, 0, src_stride, dx, dy, max);
                }
            }
            Kernel::Avg => S::avg(k, w, h, dst, stride, src, src_stride, max),
            Kernel::Weight { log2_denom, weight, offset } => {
                S::weight(k, w, h, dst, stride, log2_denom, weight, offset, max)
            }
            Kernel::Biweight { log2_denom, w0, w1, offset } => {
                S::biweight(k, w, h, dst, stride, src, src_stride, log2_denom, w0, w1, offset, max);
            }
        }
    }

    fn assert_guards(&self) {
        self.dst.assert_guards();
        if let Some((dst, _)) = &self.pair {
            dst.assert_guards();
        }
    }
}
