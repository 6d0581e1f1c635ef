//! Cases of the families `fft` and `mdct`.

use super::{Case, Entropy};
use crate::Kernels;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// Length of a guard band, and what is in it.
const GUARD: usize = 16;
const GUARD_VALUE: f32 = 12345.0;

/// A call of a kernel on floats: its outputs lie between guard bands. Outputs are compared as bits.
#[derive(Debug, Clone)]
pub struct AudioCase {
    kernel: Kernel,
    /// Values that are read, and for windows what is added to.
    inputs: [Vec<f32>; 4],
    quantised: Vec<i16>,
    outputs: [Vec<f32>; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Pass { radix: usize, stride: usize },
    Dequantise,
    Dct4Pre,
    Dct4Post,
    WindowHead,
    WindowTail,
}

impl PartialEq for AudioCase {
    fn eq(&self, other: &Self) -> bool {
        let bits = |c: &Self| c.outputs.each_ref().map(|v| v.iter().map(|f| f.to_bits()).collect::<Vec<_>>());
        self.kernel == other.kernel && self.inputs == other.inputs && bits(self) == bits(other)
    }
}

fn floats(e: &mut Entropy<'_>, len: usize) -> Vec<f32> {
    // Small whole numbers, so that sums are exact or not, or anything of a sound's size.
    let fine = e.bool();
    (0..len).map(|_| if fine { e.u32() as i32 as f32 * 1e-5 } else { e.range(-100, 100) as f32 }).collect()
}

fn output(len: usize) -> Vec<f32> {
    let mut v = vec![GUARD_VALUE; len + 2 * GUARD];
    v[GUARD..GUARD + len].fill(0.0);
    v
}

impl AudioCase {
    fn new(e: &mut Entropy<'_>, kernel: Kernel, len: usize) -> Self {
        let lens = match kernel {
            Kernel::Pass { radix, stride } => {
                let m = len / (radix * stride);
                [len, len, (radix - 1) * m, (radix - 1) * m]
            }
            Kernel::Dequantise => [1, 0, 0, 0],
            Kernel::Dct4Pre => [len, len / 2, len / 2, 1],
            Kernel::Dct4Post => [len / 2; 4],
            Kernel::WindowHead | Kernel::WindowTail => [len / 2, len, len, 0],
        };
        let inputs = lens.map(|n| floats(e, n));
        let quantised = if kernel == Kernel::Dequantise {
            let large = e.bool();
            (0..len).map(|_| if large { e.i16() } else { e.range(-20, 20) as i16 }).collect()
        } else {
            Vec::new()
        };
        let second = match kernel {
            Kernel::Pass { .. } => len,
            Kernel::Dct4Pre => len / 2,
            _ => 0,
        };
        let first = if kernel == Kernel::Dct4Pre { len / 2 } else { len };
        Self { kernel, inputs, quantised, outputs: [output(first), output(second)] }
    }

    fn pass(e: &mut Entropy<'_>, radix: usize, stride: usize, m: usize) -> Self {
        Self::new(e, Kernel::Pass { radix, stride }, radix * stride * m)
    }
}

impl Case for AudioCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let kind = e.size(0, 5);
        if kind == 0 {
            let radix = e.pick(&Kernels::FFT_RADICES);
            let stride = e.pick(&[1, 2, 3, 4, 8, 12, 16, 24]);
            let m = e.pick(&[1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 20]);
            return Self::pass(e, radix, stride, m);
        }
        let kernel =
            e.pick(&[Kernel::Dequantise, Kernel::Dct4Pre, Kernel::Dct4Post, Kernel::WindowHead, Kernel::WindowTail]);
        let len = e.pick(&[0, 2, 8, 16, 24, 32, 64, 120, 128, 200]);
        Self::new(e, kernel, len)
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::seeded(0);
        let mut all: Vec<Self> = [(8, 1, 64), (8, 8, 8), (4, 8, 15), (3, 32, 5), (5, 96, 1), (2, 8, 15)]
            .map(|(r, s, m)| Self::pass(e, r, s, m))
            .into();
        for kernel in [Kernel::Dequantise, Kernel::Dct4Pre, Kernel::Dct4Post, Kernel::WindowHead, Kernel::WindowTail] {
            all.push(Self::new(e, kernel, 1024));
        }
        all
    }

    fn name(&self) -> String {
        match self.kernel {
            Kernel::Pass { radix, .. } => format!("fft_pass_{radix}"),
            Kernel::Dequantise => "dequantise".into(),
            Kernel::Dct4Pre => "dct4_pre".into(),
            Kernel::Dct4Post => "dct4_post".into(),
            Kernel::WindowHead => "window_head".into(),
            Kernel::WindowTail => "window_tail".into(),
        }
    }

    fn run(&mut self, k: Kernels) {
        let [a, b, c, d] = &self.inputs;
        let [x, y] = &mut self.outputs;
        let (x_end, y_end) = (x.len() - GUARD, y.len() - GUARD);
        let (x, y) = (&mut x[GUARD..x_end], &mut y[GUARD..y_end]);
        match self.kernel {
            Kernel::Pass { radix, stride } => k.fft_pass(radix, stride, [a, b], [x, y], [c, d]),
            Kernel::Dequantise => k.dequantise(x, &self.quantised, a[0]),
            Kernel::Dct4Pre => k.dct4_pre([x, y], a, [b, c], d[0]),
            Kernel::Dct4Post => k.dct4_post(x, [a, b], [c, d]),
            Kernel::WindowHead => {
                x.copy_from_slice(c);
                k.window_head(x, a, b);
            }
            Kernel::WindowTail => {
                x.copy_from_slice(c);
                k.window_tail(x, a, b);
            }
        }
    }

    fn assert_guards(&self) {
        for v in &self.outputs {
            let (left, right) = (&v[..GUARD], &v[v.len() - GUARD..]);
            assert!(left.iter().chain(right).all(|&f| f == GUARD_VALUE), "stray write: {left:?} {right:?}");
        }
    }
}
