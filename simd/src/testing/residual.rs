//! Cases of the family `residual`.

use super::{Canvas, Case, Entropy};
use crate::{Kernels, LevelMasks};
use core::array::from_fn;
use std::string::String;
use std::vec::Vec;

/// The kernels of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Fdct4x4Quad,
    Quant4x4Quad,
    Scan4x4,
}

const KERNELS: [Kernel; 3] = [Kernel::Fdct4x4Quad, Kernel::Quant4x4Quad, Kernel::Scan4x4];

/// A quad's coefficients and factors, and blocks of samples; `scan4x4` reads the first block and writes the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResidualCase {
    kernel: Kernel,
    coefs: [[i16; 16]; 4],
    mf: [u16; 16],
    bias: [u16; 16],
    src: Canvas,
    pred: Canvas,
    mask: u8,
    masks: LevelMasks,
}

/// Coefficients: none, a few small ones, any, extremes.
fn block(e: &mut Entropy<'_>) -> [i16; 16] {
    let kind = e.size(0, 3);
    from_fn(|_| match kind {
        0 => 0,
        1 => e.pick(&[-2, -1, -1, 0, 0, 0, 0, 1, 1, 2]),
        2 => e.pick(&[i16::MIN, i16::MIN + 1, -129, -128, -1, 0, 1, 127, 128, 256, i16::MAX]),
        _ => e.i16(),
    })
}

impl Case for ResidualCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let factor = |e: &mut Entropy<'_>| match e.u8() % 4 {
            0 => e.pick(&[0, 1, 0x7fff, 0x8000, 0xffff]),
            _ => e.i16() as u16,
        };
        Self {
            kernel: e.pick(&KERNELS),
            coefs: from_fn(|_| block(e)),
            mf: from_fn(|_| factor(e)),
            bias: from_fn(|_| factor(e)),
            src: Canvas::draw(e, 8, 8),
            pred: Canvas::draw(e, 8, 8),
            mask: 0,
            masks: LevelMasks::default(),
        }
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::new(b"residual");
        let case = |kernel| Self {
            kernel,
            coefs: from_fn(|_| from_fn(|_| i16::from(e.u8() as i8))),
            mf: [13107; 16],
            bias: [10; 16],
            src: Canvas::aligned(e, 8, 8),
            pred: Canvas::aligned(e, 8, 8),
            mask: 0,
            masks: LevelMasks::default(),
        };
        KERNELS.into_iter().map(case).collect()
    }

    fn name(&self) -> String {
        String::from(match self.kernel {
            Kernel::Fdct4x4Quad => "fdct4x4_quad",
            Kernel::Quant4x4Quad => "quant4x4_quad",
            Kernel::Scan4x4 => "scan4x4",
        })
    }

    fn run(&mut self, k: Kernels) {
        let [first, .., last] = &mut self.coefs;
        match self.kernel {
            Kernel::Scan4x4 => self.masks = k.scan4x4(last, first),
            Kernel::Quant4x4Quad => self.mask = k.quant4x4_quad(&mut self.coefs, &self.mf, &self.bias),
            Kernel::Fdct4x4Quad => {
                let (src, pred) = (&self.src, &self.pred);
                k.fdct4x4_quad(&mut self.coefs, src.block(), src.stride(), pred.block(), pred.stride());
            }
        }
    }

    fn assert_guards(&self) {
        self.src.assert_guards();
        self.pred.assert_guards();
    }
}
