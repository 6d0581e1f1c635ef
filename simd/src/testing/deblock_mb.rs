//! Cases of the family `deblock_mb`.

use super::{Canvas, Case, Entropy, suffix};
use crate::{Edge, Kernels, Motion, Mv, Sample, Thresholds};
use std::boxed::Box;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// The kernels of the family with their own arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kernel<S> {
    Luma { window: Canvas<S>, own: Thresholds, inner: Thresholds },
    Chroma { windows: [Canvas<S>; 2], own: [Thresholds; 2], inner: [Thresholds; 2] },
    Strength { motion: Box<[Mb; 3]>, nonzero: [u16; 3], far_y: u8, two_lists: bool },
}

/// What [`Motion`] borrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mb {
    mv: [[Mv; 16]; 2],
    picture: [[i8; 4]; 2],
}

/// A macroblock of one or two planes, or the motion of three. Samples are those of the macroblock and of the part of its
/// neighbour that its own edge needs, if that is filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeblockMbCase<S = u8> {
    kernel: Kernel<S>,
    dir: Edge,
    max: S,
    bs: [[[u8; 4]; 4]; 2],
}

fn thresholds(e: &mut Entropy<'_>) -> Thresholds {
    let alpha = if e.bool() { e.u8() } else { e.pick(&[0, 4, 40, 255]) };
    let beta = if e.bool() { e.u8() % 19 } else { e.pick(&[0, 2, 18, 255]) };
    let mut tc0 = [0; 3].map(|_: i8| e.range(0, 25) as i8);
    tc0.sort_unstable();
    Thresholds { alpha, beta, tc0: [-1, tc0[0], tc0[1], tc0[2]] }
}

/// bS of four edges: often none, all alike, or 4 at the first.
fn strengths(e: &mut Entropy<'_>) -> [[u8; 4]; 4] {
    let mut bs = [[0; 4]; 4].map(|_| match e.u8() % 4 {
        0 => [0; 4],
        1 => [e.u8() & 3; 4],
        _ => [0; 4].map(|_: u8| e.u8() & 3),
    });
    if e.u8().is_multiple_of(4) {
        bs[0] = [4; 4];
    }
    bs
}

impl<S: Sample> DeblockMbCase<S> {
    /// How many samples before the macroblock there are.
    fn reach(&self) -> usize {
        let on = |own: &[Thresholds]| self.bs[0][0] != [0; 4] && own.iter().any(Thresholds::filters);
        match &self.kernel {
            Kernel::Luma { own, .. } if on(&[*own]) => 4,
            Kernel::Chroma { own, .. } if on(own) => 2,
            _ => 0,
        }
    }

    /// Draws the samples: textures whose steps are often small enough to be filtered, the same place for both planes.
    fn draw_samples(&mut self, e: &mut Entropy<'_>, canvas: fn(&mut Entropy<'_>, usize, usize, S) -> Canvas<S>) {
        let (reach, max) = (self.reach(), self.max);
        let size = |n: usize| match self.dir {
            Edge::Vertical => (n + reach, n),
            Edge::Horizontal => (n, n + reach),
        };
        match &mut self.kernel {
            Kernel::Luma { window, .. } => *window = canvas(e, size(16).0, size(16).1, max),
            Kernel::Chroma { windows, .. } => {
                let first = canvas(e, size(8).0, size(8).1, max);
                *windows = [first.clone(), first.redrawn(e, max)];
            }
            Kernel::Strength { .. } => {}
        }
    }

    fn luma(e: &mut Entropy<'_>, own: Thresholds, inner: Thresholds) -> Kernel<S> {
        Kernel::Luma { window: Canvas::draw_depth(e, 1, 1, S::LARGEST), own, inner }
    }

    fn chroma(e: &mut Entropy<'_>, own: [Thresholds; 2], inner: [Thresholds; 2]) -> Kernel<S> {
        let empty = Canvas::draw_depth(e, 1, 1, S::LARGEST);
        Kernel::Chroma { windows: [empty.clone(), empty], own, inner }
    }

    /// Motion of which about half of the neighbours differ: few pictures, and vectors near each other and near the ends
    /// of their range.
    fn strength(e: &mut Entropy<'_>) -> Kernel<S> {
        let (bases, spread) = (e.pick(&[0, -32768, 32760]), e.pick(&[1, 5, 9]));
        let two_lists = e.bool();
        let uniform = e.bool();
        let motion = Box::new(core::array::from_fn(|_| {
            let mut component = || {
                let base = if e.u8().is_multiple_of(16) { -bases.clamp(-32767, 32767) } else { bases };
                (base + e.range(0, spread)).clamp(-32768, 32767) as i16
            };
            let mv = core::array::from_fn(|_| {
                let first = Mv::new(component(), component());
                core::array::from_fn(|_| if uniform { first } else { Mv::new(component(), component()) })
            });
            let picture = core::array::from_fn(|_| core::array::from_fn(|_| e.range(-1, 1) as i8));
            Mb { mv, picture }
        }));
        let nonzero = core::array::from_fn(|_| if e.bool() { 0 } else { e.i16() as u16 });
        Kernel::Strength { motion, nonzero, far_y: e.pick(&[4, 2, 1]), two_lists }
    }
}

impl<S: Sample> Case for DeblockMbCase<S> {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let (kind, dir) = (e.u8() % 3, e.pick(&[Edge::Vertical, Edge::Horizontal]));
        let (bs, max) = ([strengths(e), [[0; 4]; 4]], e.depth());
        let kernel = match kind {
            0 => {
                let (own, inner) = (thresholds(e), thresholds(e));
                Self::luma(e, own, inner)
            }
            1 => {
                let (own, inner) = ([thresholds(e), thresholds(e)], [thresholds(e), thresholds(e)]);
                Self::chroma(e, own, inner)
            }
            _ => Self::strength(e),
        };
        let mut case = Self { kernel, dir, max, bs };
        case.draw_samples(e, Canvas::draw_depth);
        case
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::new(b"deblock_mb");
        let t = Thresholds { alpha: 40, beta: 10, tc0: [-1, 1, 2, 3] };
        let mut all = Vec::new();
        for dir in [Edge::Vertical, Edge::Horizontal] {
            for kernel in [Self::luma(e, t, t), Self::chroma(e, [t; 2], [t; 2])] {
                let max = S::from_i32(S::LARGEST.into().min(1023));
                let bs = [[[2, 1, 1, 2], [2; 4], [0, 0, 1, 2], [1; 4]], [[0; 4]; 4]];
                let mut case = Self { kernel, dir, max, bs };
                case.draw_samples(e, Canvas::aligned_depth);
                all.push(case);
            }
        }
        for two in [false, true] {
            let mut kernel = Self::strength(e);
            if let Kernel::Strength { two_lists, .. } = &mut kernel {
                *two_lists = two;
            }
            all.push(Self { kernel, dir: Edge::Vertical, max: S::LARGEST, bs: [[[0; 4]; 4]; 2] });
        }
        all
    }

    fn name(&self) -> String {
        let dir = match self.dir {
            Edge::Vertical => "vertical",
            Edge::Horizontal => "horizontal",
        };
        match self.kernel {
            Kernel::Luma { .. } => format!("deblock_luma_mb{}_{dir}", suffix::<S>()),
            Kernel::Chroma { .. } => format!("deblock_chroma_mb{}_{dir}", suffix::<S>()),
            Kernel::Strength { two_lists: false, .. } => "deblock_strength_p".to_string(),
            Kernel::Strength { two_lists: true, .. } => "deblock_strength_b".to_string(),
        }
    }

    fn run(&mut self, k: Kernels) {
        let (dir, max, reach) = (self.dir, self.max, self.reach());
        match &mut self.kernel {
            Kernel::Luma { window, own, inner } => {
                let stride = window.stride();
                let off = dir.across(stride, reach);
                S::deblock_luma_mb(k, dir, window.block_mut(), off, stride, &self.bs[0], own, inner, max);
            }
            Kernel::Chroma { windows, own, inner } => {
                let stride = windows[0].stride();
                let off = dir.across(stride, reach);
                let planes = windows.each_mut().map(Canvas::block_mut);
                S::deblock_chroma_mb(k, dir, planes, off, stride, &self.bs[0], own, inner, max);
            }
            Kernel::Strength { motion, nonzero, far_y, two_lists } => {
                let motion = motion.each_ref().map(|m| Motion { mv: &m.mv, picture: &m.picture });
                self.bs = k.deblock_strength(&motion, *nonzero, *far_y, *two_lists);
            }
        }
    }

    fn assert_guards(&self) {
        match &self.kernel {
            Kernel::Luma { window, .. } => window.assert_guards(),
            Kernel::Chroma { windows, .. } => windows.iter().for_each(Canvas::assert_guards),
            Kernel::Strength { .. } => {}
        }
    }
}
