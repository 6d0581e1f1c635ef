//! Cases of the family `cost`.

use super::{Canvas, Case, Entropy};
use crate::{BlockSize, Kernels};
use std::format;
use std::string::String;
use std::vec::Vec;

/// The kernels of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Sad,
    SadX3,
    SadX4,
    Ssd,
    Satd,
    SatdMean,
    SatdMeanX4,
    Satd4x4Nine,
}

const KERNELS: [Kernel; 8] = [
    Kernel::Sad,
    Kernel::SadX3,
    Kernel::SadX4,
    Kernel::Ssd,
    Kernel::Satd,
    Kernel::SatdMean,
    Kernel::SatdMeanX4,
    Kernel::Satd4x4Nine,
];

/// A block and four others to compare it with, of which each kernel takes as many as it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostCase {
    kernel: Kernel,
    size: BlockSize,
    src: Canvas,
    refs: [Canvas; 4],
    nine: [[u8; 16]; 9],
    result: [u32; 9],
}

impl Case for CostCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let (kernel, size) = (e.pick(&KERNELS), e.pick(&BlockSize::ALL));
        let (w, h) = (size.width(), size.height());
        let src = Canvas::draw(e, w, h);
        let first = Canvas::draw(e, w, h);
        // The four share a stride.
        let refs = core::array::from_fn(|_| first.redrawn(e, 255));
        let nine = core::array::from_fn(|_| core::array::from_fn(|_| e.u8()));
        Self { kernel, size, src, refs, nine, result: [0; 9] }
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::seeded(0);
        let mut all = Vec::new();
        for kernel in KERNELS {
            for size in BlockSize::ALL {
                let (w, h) = (size.width(), size.height());
                let src = Canvas::aligned(e, w, h);
                let refs = core::array::from_fn(|_| Canvas::aligned(e, w, h));
                if kernel != Kernel::Satd4x4Nine || size == BlockSize::B4x4 {
                    all.push(Self { kernel, size, src, refs, nine: [[7; 16]; 9], result: [0; 9] });
                }
            }
        }
        all
    }

    fn name(&self) -> String {
        let kernel = match self.kernel {
            Kernel::Sad => "sad",
            Kernel::SadX3 => "sad_x3",
            Kernel::SadX4 => "sad_x4",
            Kernel::Ssd => "ssd",
            Kernel::Satd => "satd",
            Kernel::SatdMean => "satd_mean",
            Kernel::SatdMeanX4 => "satd_mean_x4",
            Kernel::Satd4x4Nine => "satd4x4_nine",
        };
        if self.kernel == Kernel::Satd4x4Nine { String::from(kernel) } else { format!("{kernel}_{}", self.size) }
    }

    fn run(&mut self, k: Kernels) {
        let (src, stride) = (self.src.block(), self.src.stride());
        let (first, ref_stride) = (self.refs[0].block(), self.refs[0].stride());
        let refs = self.refs.each_ref().map(Canvas::block);
        let [a, b, c, d] = refs;
        let one = |v| [v, 0, 0, 0];
        let first = match self.kernel {
            Kernel::Sad => one(k.sad(self.size, src, stride, first, ref_stride)),
            Kernel::SadX3 => {
                let [x, y, z] = k.sad_x3(self.size, src, stride, [a, b, c], ref_stride);
                [x, y, z, 0]
            }
            Kernel::SadX4 => k.sad_x4(self.size, src, stride, refs, ref_stride),
            Kernel::Ssd => one(k.ssd(self.size, src, stride, first, ref_stride)),
            Kernel::Satd => one(k.satd(self.size, src, stride, first, ref_stride)),
            Kernel::SatdMean => one(k.satd_mean(self.size, src, stride, [a, b], ref_stride)),
            Kernel::SatdMeanX4 => k.satd_mean_x4(self.size, src, stride, [[a, a], [a, b], [b, c], [d, c]], ref_stride),
            Kernel::Satd4x4Nine => {
                self.result = k.satd4x4_nine(src, stride, &self.nine);
                return;
            }
        };
        self.result[..4].copy_from_slice(&first);
    }
}
