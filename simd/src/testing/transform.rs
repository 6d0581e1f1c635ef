//! Cases of the family `transform`.

use super::{Canvas, Case, Entropy};
use crate::Kernels;
use core::array::from_fn;
use std::string::String;
use std::vec::Vec;

/// The kernels of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Idct4x4Add,
    Idct8x8Add,
    Idct4x4DcAdd,
    Idct8x8DcAdd,
    Fdct4x4,
    Fdct8x8,
    Quant4x4,
    Quant8x8,
    Dequant4x4,
    Dequant8x8,
}

const KERNELS: [Kernel; 10] = [
    Kernel::Idct4x4Add,
    Kernel::Idct8x8Add,
    Kernel::Idct4x4DcAdd,
    Kernel::Idct8x8DcAdd,
    Kernel::Fdct4x4,
    Kernel::Fdct8x8,
    Kernel::Quant4x4,
    Kernel::Quant8x8,
    Kernel::Dequant4x4,
    Kernel::Dequant8x8,
];

/// Coefficients, their factors, and blocks of samples; a 4x4 kernel uses the first 16 of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformCase {
    kernel: Kernel,
    coefs: [i16; 64],
    mf: [u16; 64],
    bias: [u16; 64],
    scale: [i32; 64],
    qp_per: u8,
    dst: Canvas,
    pred: Canvas,
    any: bool,
}

/// Coefficients of a kind that streams have, or that make sums wrap.
fn coefs(e: &mut Entropy<'_>) -> [i16; 64] {
    let kind = e.size(0, 4);
    let low = e.size(0, 63);
    from_fn(|i| match kind {
        0 => 0,
        1 => i16::from(e.u8() as i8),
        2 if i <= low => e.range(-2048, 2047) as i16,
        2 => 0,
        3 => e.pick(&[i16::MIN, i16::MIN + 1, -1, 0, 1, i16::MAX - 31, i16::MAX]),
        _ => e.i16(),
    })
}

/// One of the extremes, or any.
fn factor(e: &mut Entropy<'_>) -> u16 {
    match e.u8() % 4 {
        0 => e.pick(&[0, 1, 0x7fff, 0x8000, 0xffff]),
        _ => e.i16() as u16,
    }
}

impl TransformCase {
    fn size(kernel: Kernel) -> usize {
        match kernel {
            Kernel::Idct4x4Add | Kernel::Idct4x4DcAdd | Kernel::Fdct4x4 => 4,
            Kernel::Quant4x4 | Kernel::Dequant4x4 => 4,
            _ => 8,
        }
    }
}

impl Case for TransformCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let kernel = e.pick(&KERNELS);
        let n = Self::size(kernel);
        let (dst, pred) = (Canvas::draw(e, n, n), Canvas::draw(e, n, n));
        let (coefs, qp_per) = (coefs(e), e.range(0, 15) as u8);
        // LevelScale is at most 255 * 29, but nothing may depend on that.
        let wild = e.u8().is_multiple_of(4);
        let scale = from_fn(|_| if wild { e.u32() as i32 } else { e.range(1, 7395) });
        Self {
            kernel,
            coefs,
            mf: from_fn(|_| factor(e)),
            bias: from_fn(|_| factor(e)),
            scale,
            qp_per,
            dst,
            pred,
            any: false,
        }
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::new(b"transform");
        let mut all = Vec::new();
        for kernel in KERNELS {
            let n = Self::size(kernel);
            all.push(Self {
                kernel,
                coefs: from_fn(|_| i16::from(e.u8() as i8)),
                mf: [13107; 64],
                bias: [10; 64],
                scale: [160; 64],
                qp_per: 4,
                dst: Canvas::aligned(e, n, n),
                pred: Canvas::aligned(e, n, n),
                any: false,
            });
        }
        all
    }

    fn name(&self) -> String {
        String::from(match self.kernel {
            Kernel::Idct4x4Add => "idct4x4_add",
            Kernel::Idct8x8Add => "idct8x8_add",
            Kernel::Idct4x4DcAdd => "idct4x4_dc_add",
            Kernel::Idct8x8DcAdd => "idct8x8_dc_add",
            Kernel::Fdct4x4 => "fdct4x4",
            Kernel::Fdct8x8 => "fdct8x8",
            Kernel::Quant4x4 => "quant4x4",
            Kernel::Quant8x8 => "quant8x8",
            Kernel::Dequant4x4 => "dequant4x4",
            Kernel::Dequant8x8 => "dequant8x8",
        })
    }

    fn run(&mut self, k: Kernels) {
        /// The first 16 of 64.
        fn head<T>(all: &[T; 64]) -> &[T; 16] {
            all.first_chunk().expect("64 are more than 16")
        }
        let (stride, pred_stride) = (self.dst.stride(), self.pred.stride());
        let c = &mut self.coefs;
        let dc = c[0];
        match self.kernel {
            Kernel::Idct8x8Add => k.idct8x8_add(self.dst.block_mut(), stride, c),
            Kernel::Idct4x4DcAdd => k.idct4x4_dc_add(self.dst.block_mut(), stride, dc),
            Kernel::Idct8x8DcAdd => k.idct8x8_dc_add(self.dst.block_mut(), stride, dc),
            Kernel::Fdct8x8 => k.fdct8x8(c, self.dst.block(), stride, self.pred.block(), pred_stride),
            Kernel::Quant8x8 => self.any = k.quant8x8(c, &self.mf, &self.bias),
            Kernel::Dequant8x8 => k.dequant8x8(c, &self.scale, self.qp_per),
            of_16 => {
                let c = c.first_chunk_mut().expect("64 are more than 16");
                match of_16 {
                    Kernel::Idct4x4Add => k.idct4x4_add(self.dst.block_mut(), stride, c),
                    Kernel::Fdct4x4 => k.fdct4x4(c, self.dst.block(), stride, self.pred.block(), pred_stride),
                    Kernel::Quant4x4 => self.any = k.quant4x4(c, head(&self.mf), head(&self.bias)),
                    _ => k.dequant4x4(c, head(&self.scale), self.qp_per),
                }
            }
        }
    }

    fn assert_guards(&self) {
        self.dst.assert_guards();
        self.pred.assert_guards();
    }
}

/// An inverse transform for samples of 8 to 14 bits; a 4x4 kernel uses the first 16 coefficients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HighDepthCase {
    kernel: Kernel,
    coefs: [i32; 64],
    max: u16,
    dst: Canvas<u16>,
}

const HIGH_DEPTH: [Kernel; 4] = [Kernel::Idct4x4Add, Kernel::Idct8x8Add, Kernel::Idct4x4DcAdd, Kernel::Idct8x8DcAdd];

impl Case for HighDepthCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let (kernel, max) = (e.pick(&HIGH_DEPTH), e.depth());
        let n = TransformCase::size(kernel);
        let dst = Canvas::draw_depth(e, n, n, max);
        let (kind, low) = (e.size(0, 4), e.size(0, 63));
        let coefs = from_fn(|i| match kind {
            0 => 0,
            1 => i32::from(e.u8() as i8),
            2 if i <= low => e.range(-32768, 32767) * 32,
            2 => 0,
            3 => e.pick(&[i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 31, i32::MAX]),
            _ => e.u32() as i32,
        });
        Self { kernel, coefs, max, dst }
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::new(b"high depth");
        let case = |kernel| {
            let n = TransformCase::size(kernel);
            let coefs = from_fn(|_| i32::from(e.u8() as i8) * 4);
            Self { kernel, coefs, max: 1023, dst: Canvas::aligned_depth(e, n, n, 1023) }
        };
        HIGH_DEPTH.into_iter().map(case).collect()
    }

    fn name(&self) -> String {
        String::from(match self.kernel {
            Kernel::Idct4x4Add => "idct4x4_add_u16",
            Kernel::Idct8x8Add => "idct8x8_add_u16",
            Kernel::Idct4x4DcAdd => "idct4x4_dc_add_u16",
            _ => "idct8x8_dc_add_u16",
        })
    }

    fn run(&mut self, k: Kernels) {
        let (stride, max, c) = (self.dst.stride(), self.max, &mut self.coefs);
        let (dst, dc) = (self.dst.block_mut(), c[0]);
        match self.kernel {
            Kernel::Idct4x4Add => {
                k.idct4x4_add_u16(dst, stride, c.first_chunk_mut().expect("64 are more than 16"), max);
            }
            Kernel::Idct8x8Add => k.idct8x8_add_u16(dst, stride, c, max),
            Kernel::Idct4x4DcAdd => k.idct4x4_dc_add_u16(dst, stride, dc, max),
            _ => k.idct8x8_dc_add_u16(dst, stride, dc, max),
        }
    }

    fn assert_guards(&self) {
        self.dst.assert_guards();
    }
}
