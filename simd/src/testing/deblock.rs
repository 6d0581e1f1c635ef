//! Cases of the family `deblock`.

use super::{Canvas, Case, Entropy, suffix};
use crate::{Edge, Kernels, Sample};
use std::collections::BTreeSet;
use std::format;
use std::string::String;
use std::vec::Vec;

/// The kernels of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Luma,
    LumaStrong,
    Chroma,
    ChromaStrong,
    Chroma422,
    Chroma422Strong,
}

const KERNELS: [Kernel; 6] = [
    Kernel::Luma,
    Kernel::LumaStrong,
    Kernel::Chroma,
    Kernel::ChromaStrong,
    Kernel::Chroma422,
    Kernel::Chroma422Strong,
];

impl Kernel {
    /// The lines of the edge, and how far they reach to either side.
    fn lines_and_reach(self) -> (usize, usize) {
        match self {
            Self::Luma | Self::LumaStrong => (16, 4),
            Self::Chroma | Self::ChromaStrong => (8, 2),
            Self::Chroma422 | Self::Chroma422Strong => (16, 2),
        }
    }

    /// `dir`, or the only direction that the kernel has.
    fn direction(self, dir: Edge) -> Edge {
        if matches!(self, Self::Chroma422 | Self::Chroma422Strong) { Edge::Vertical } else { dir }
    }
}

/// The samples around one edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeblockCase<S = u8> {
    kernel: Kernel,
    dir: Edge,
    alpha: u8,
    beta: u8,
    tc0: [i8; 4],
    max: S,
    window: Canvas<S>,
}

/// A sample whose distance from `from` is around `limit`: below it, at it, or above it.
fn around<S: Sample>(e: &mut Entropy<'_>, from: S, limit: i32, max: S) -> S {
    let distance = match e.u8() % 8 {
        0 => limit,
        1 => limit + e.sample(max).into(),
        2 => (limit - 1).max(0),
        _ if limit > 0 => e.sample(max).into() % limit,
        _ => 0,
    };
    let (distance, from) = (distance.min(max.into()), from.into());
    // To the side where there is room, so that the distance is what it was meant to be.
    let up = if e.bool() { from <= max.into() - distance } else { from < distance };
    S::clip1(if up { from + distance } else { from - distance }, max)
}

impl<S: Sample> DeblockCase<S> {
    /// A window of texture in which the lines across the edge are near the thresholds.
    fn new(e: &mut Entropy<'_>, kernel: Kernel, dir: Edge, (alpha, beta): (u8, u8), tc0: [i8; 4], max: S) -> Self {
        let dir = kernel.direction(dir);
        let (lines, reach) = kernel.lines_and_reach();
        let (width, height) = match dir {
            Edge::Vertical => (2 * reach, lines),
            Edge::Horizontal => (lines, 2 * reach),
        };
        let mut case = Self { kernel, dir, alpha, beta, tc0, max, window: Canvas::draw_depth(e, width, height, max) };
        let (alpha, beta) = case.thresholds();
        // Kernels have a short way where no line is filtered.
        let all_far = e.u8().is_multiple_of(8);
        for k in 0..lines {
            let p0 = e.sample(max);
            // The gap that tells the two strong forms apart is as interesting as alpha.
            let gap = if e.bool() { alpha } else { (alpha >> 2) + 2 };
            let q0 = if all_far { S::from_i32(p0.into() ^ ((max.into() + 1) / 2)) } else { around(e, p0, gap, max) };
            case.set(k, reach - 1, p0);
            case.set(k, reach, q0);
            for i in 1..reach {
                let (p, q) = (around(e, p0, beta, max), around(e, q0, beta, max));
                case.set(k, reach - 1 - i, p);
                case.set(k, reach + i, q);
            }
        }
        case
    }

    /// alpha and beta, scaled to the bit depth (8.7.2.2).
    fn thresholds(&self) -> (i32, i32) {
        let scale = (self.max.into() + 1) / 256;
        (i32::from(self.alpha) * scale, i32::from(self.beta) * scale)
    }

    fn position(&self, k: usize, i: usize) -> usize {
        match self.dir {
            Edge::Vertical => k * self.window.stride() + i,
            Edge::Horizontal => i * self.window.stride() + k,
        }
    }
    fn set(&mut self, k: usize, i: usize, v: S) {
        let at = self.position(k, i);
        self.window.block_mut()[at] = v;
    }
    fn get(&self, k: usize, i: usize) -> S {
        self.window.block()[self.position(k, i)]
    }

    /// Every name that [`DeblockCase::branches`] can give.
    pub const BRANCHES: [&'static str; 16] = [
        "luma: unfiltered",
        "luma: p0 q0",
        "luma: p0 q0 q1",
        "luma: p1 p0 q0",
        "luma: p1 p0 q0 q1",
        "luma: bS 0",
        "luma strong: unfiltered",
        "luma strong: short short",
        "luma strong: short long",
        "luma strong: long short",
        "luma strong: long long",
        "chroma: unfiltered",
        "chroma: p0 q0",
        "chroma: bS 0",
        "chroma strong: unfiltered",
        "chroma strong: p0 q0",
    ];

    /// The branches of 8.7.2 that the lines of this case take.
    pub fn branches(&self) -> BTreeSet<&'static str> {
        let (lines, reach) = self.kernel.lines_and_reach();
        let mut taken = BTreeSet::new();
        for k in 0..lines {
            let p = |i| -> i32 { self.get(k, reach - 1 - i).into() };
            let q = |i| -> i32 { self.get(k, reach + i).into() };
            let (alpha, beta) = self.thresholds();
            let (alpha, beta) = (alpha as u32, beta as u32);
            let gap = p(0).abs_diff(q(0));
            let on = gap < alpha && p(1).abs_diff(p(0)) < beta && q(1).abs_diff(q(0)) < beta;
            let bs0 = self.tc0[k * 4 / lines] < 0;
            let ap = reach > 2 && p(2).abs_diff(p(0)) < beta;
            let aq = reach > 2 && q(2).abs_diff(q(0)) < beta;
            let small = gap < (alpha >> 2) + 2;
            taken.insert(match self.kernel {
                Kernel::Luma if bs0 => "luma: bS 0",
                Kernel::Luma if !on => "luma: unfiltered",
                Kernel::Luma => match (ap, aq) {
                    (false, false) => "luma: p0 q0",
                    (false, true) => "luma: p0 q0 q1",
                    (true, false) => "luma: p1 p0 q0",
                    (true, true) => "luma: p1 p0 q0 q1",
                },
                Kernel::LumaStrong if !on => "luma strong: unfiltered",
                Kernel::LumaStrong => match (ap && small, aq && small) {
                    (false, false) => "luma strong: short short",
                    (false, true) => "luma strong: short long",
                    (true, false) => "luma strong: long short",
                    (true, true) => "luma strong: long long",
                },
                Kernel::Chroma | Kernel::Chroma422 if bs0 => "chroma: bS 0",
                Kernel::Chroma | Kernel::Chroma422 if !on => "chroma: unfiltered",
                Kernel::Chroma | Kernel::Chroma422 => "chroma: p0 q0",
                Kernel::ChromaStrong | Kernel::Chroma422Strong if !on => "chroma strong: unfiltered",
                Kernel::ChromaStrong | Kernel::Chroma422Strong => "chroma strong: p0 q0",
            });
        }
        taken
    }
}

impl<S: Sample> Case for DeblockCase<S> {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let (kernel, dir) = (e.pick(&KERNELS), e.pick(&[Edge::Vertical, Edge::Horizontal]));
        // Table 8-16 ends at 255 and 18, but nothing may depend on that.
        let alpha = if e.bool() { e.u8() } else { e.pick(&[0, 1, 4, 15, 255]) };
        let beta = if e.bool() { e.u8() % 19 } else { e.pick(&[0, 1, 18, 128, 255]) };
        let tc0 = core::array::from_fn(|_| if e.bool() { e.range(-1, 25) as i8 } else { e.pick(&[-1, 0, 1, 25]) });
        let max = e.depth();
        Self::new(e, kernel, dir, (alpha, beta), tc0, max)
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::new(b"deblock");
        let mut all = Vec::new();
        for kernel in KERNELS {
            for dir in [Edge::Vertical, Edge::Horizontal] {
                if dir != kernel.direction(dir) {
                    continue;
                }
                let max = S::from_i32(S::LARGEST.into().min(1023));
                all.push(Self::new(e, kernel, dir, (40, 10), [0, 1, 2, 3], max));
            }
        }
        all
    }

    fn name(&self) -> String {
        let kernel = match self.kernel {
            Kernel::Luma => "deblock_luma",
            Kernel::LumaStrong => "deblock_luma_strong",
            Kernel::Chroma => "deblock_chroma",
            Kernel::ChromaStrong => "deblock_chroma_strong",
            Kernel::Chroma422 => "deblock_chroma_422",
            Kernel::Chroma422Strong => "deblock_chroma_422_strong",
        };
        let dir = match self.dir {
            Edge::Vertical => "vertical",
            Edge::Horizontal => "horizontal",
        };
        format!("{kernel}{}_{dir}", suffix::<S>())
    }

    fn run(&mut self, k: Kernels) {
        let (_, reach) = self.kernel.lines_and_reach();
        let (stride, off) = (self.window.stride(), self.position(0, reach));
        let (dir, alpha, beta, tc0, max) = (self.dir, self.alpha, self.beta, &self.tc0, self.max);
        let data = self.window.block_mut();
        match self.kernel {
            Kernel::Luma => S::deblock_luma(k, dir, data, off, stride, alpha, beta, tc0, max),
            Kernel::LumaStrong => S::deblock_luma_strong(k, dir, data, off, stride, alpha, beta, max),
            Kernel::Chroma => S::deblock_chroma(k, dir, data, off, stride, alpha, beta, tc0, max),
            Kernel::ChromaStrong => S::deblock_chroma_strong(k, dir, data, off, stride, alpha, beta, max),
            Kernel::Chroma422 => S::deblock_chroma_422(k, data, off, stride, alpha, beta, tc0, max),
            Kernel::Chroma422Strong => S::deblock_chroma_422_strong(k, data, off, stride, alpha, beta, max),
        }
    }

    fn assert_guards(&self) {
        self.window.assert_guards();
    }
}
