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
    SadX4,
    Ssd,
    Satd,
    SatdMean,
}

const KERNELS: [Kernel; 5] = [Kernel::Sad, Kernel::SadX4, Kernel::Ssd, Kernel::Satd, Kernel::SatdMean];

/// A block and four others to compare it with (`satd_mean` uses two, all but `sad_x4` the first).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostCase {
    kernel: Kernel,
    size: BlockSize,
    src: Canvas,
    refs: [Canvas; 4],
    result: [u32; 4],
}

impl Case for CostCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let (kernel, size) = (e.pick(&KERNELS), e.pick(&BlockSize::ALL));
        let (w, h) = (size.width(), size.height());
        let src = Canvas::draw(e, w, h);
        let first = Canvas::draw(e, w, h);
        // The four share a stride.
        let refs = core::array::from_fn(|_| first.redrawn(e, 255));
        Self { kernel, size, src, refs, result: [0; 4] }
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::seeded(0);
        let mut all = Vec::new();
        for kernel in KERNELS {
            for size in BlockSize::ALL {
                let (w, h) = (size.width(), size.height());
                let src = Canvas::aligned(e, w, h);
                let refs = core::array::from_fn(|_| Canvas::aligned(e, w, h));
                all.push(Self { kernel, size, src, refs, result: [0; 4] });
            }
        }
        all
    }

    fn name(&self) -> String {
        let kernel = match self.kernel {
            Kernel::Sad => "sad",
            Kernel::SadX4 => "sad_x4",
            Kernel::Ssd => "ssd",
            Kernel::Satd => "satd",
            Kernel::SatdMean => "satd_mean",
        };
        format!("{kernel}_{}", self.size)
    }

    fn run(&mut self, k: Kernels) {
        let (src, stride) = (self.src.block(), self.src.stride());
        let (first, ref_stride) = (self.refs[0].block(), self.refs[0].stride());
        self.result = match self.kernel {
            Kernel::Sad => [k.sad(self.size, src, stride, first, ref_stride); 4],
            Kernel::SadX4 => k.sad_x4(self.size, src, stride, self.refs.each_ref().map(Canvas::block), ref_stride),
            Kernel::Ssd => [k.ssd(self.size, src, stride, first, ref_stride); 4],
            Kernel::Satd => [k.satd(self.size, src, stride, first, ref_stride); 4],
            Kernel::SatdMean => [k.satd_mean(self.size, src, stride, [first, self.refs[1].block()], ref_stride); 4],
        };
    }
}
