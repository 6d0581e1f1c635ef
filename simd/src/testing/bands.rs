//! Cases of the families `qmf`, `sbr`, `ps` and `pcm`, and of the pairs of transforms.

use super::{Case, Entropy};
use crate::Kernels;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// Length of a guard band, and what is in it.
const GUARD: usize = 16;
const GUARD_VALUE: f32 = 12345.0;

/// A call of a kernel on the bands of filterbanks, or on samples: its outputs lie between guard bands and are compared as bits.
#[derive(Debug, Clone)]
pub struct BandsCase {
    kernel: Kernel,
    /// The number of bands, of slots, of filters or of samples, as the kernel has them.
    size: usize,
    inputs: Vec<Vec<f32>>,
    /// What is written, and for some kernels read before. Integers are kept as floats of their bits.
    outputs: Vec<Vec<f32>>,
    /// Low bands that go to bands from `first` on.
    first: usize,
    patches: Vec<(usize, usize)>,
    turning: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Pair,
    Fold,
    Unfold,
    Window,
    Rotate,
    Covariance,
    Generate,
    Energy,
    Assemble,
    Split,
    Link,
    Mix,
    ToI16,
    ToI24,
    ToI32,
}

const ALL: [Kernel; 15] = [
    Kernel::Pair,
    Kernel::Fold,
    Kernel::Unfold,
    Kernel::Window,
    Kernel::Rotate,
    Kernel::Covariance,
    Kernel::Generate,
    Kernel::Energy,
    Kernel::Assemble,
    Kernel::Split,
    Kernel::Link,
    Kernel::Mix,
    Kernel::ToI16,
    Kernel::ToI24,
    Kernel::ToI32,
];

impl PartialEq for BandsCase {
    fn eq(&self, other: &Self) -> bool {
        let bits = |c: &Self| c.outputs.iter().flatten().map(|f| f.to_bits()).collect::<Vec<_>>();
        self.kernel == other.kernel && bits(self) == bits(other)
    }
}

fn floats(e: &mut Entropy<'_>, len: usize) -> Vec<f32> {
    let fine = e.bool();
    (0..len).map(|_| if fine { e.u32() as i32 as f32 * 1e-5 } else { e.range(-100, 100) as f32 }).collect()
}

/// Samples around the ends of the range, between two integers, and what is no sample at all.
fn samples(e: &mut Entropy<'_>, len: usize) -> Vec<f32> {
    let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0, -1.0, 0.999_999_94, -0.0, f32::MAX, 1e-40];
    (0..len)
        .map(|_| match e.size(0, 4) {
            0 => e.pick(&special),
            1 => (e.range(-65536, 65535) as f32 + 0.5) / 32768.0,
            2 => (e.u32() as i32 >> 8) as f32 / 16_777_216.0,
            _ => e.u32() as i32 as f32 / 2_147_483_648.0,
        })
        .collect()
}

/// Rows of `N` and pairs of them.
fn rows<const N: usize>(v: &[f32]) -> &[[[f32; N]; 2]] {
    v.as_chunks::<N>().0.as_chunks::<2>().0
}

fn rows_mut<const N: usize>(v: &mut [f32]) -> &mut [[[f32; N]; 2]] {
    v.as_chunks_mut::<N>().0.as_chunks_mut::<2>().0
}

impl BandsCase {
    fn new(e: &mut Entropy<'_>, kernel: Kernel, size: usize) -> Self {
        let n = size;
        let (mut first, mut patches) = (0, Vec::new());
        if kernel == Kernel::Generate {
            first = e.size(1, 32);
            let mut room = 64 - first;
            for _ in 0..e.size(0, 5) {
                let start = e.size(0, 32);
                let bands = e.size(0, room.min(32 - start));
                room -= bands;
                patches.push((start, bands));
            }
        }
        let (inputs, outputs): (&[usize], &[usize]) = match kernel {
            Kernel::Pair => (&[n, n, n / 2, n / 2, if n == 64 { 56 } else { 24 }, 1], &[n, n]),
            Kernel::Fold => (&[10 * n, 10 * n], &[n, n]),
            Kernel::Unfold => (&[n, n], &[2 * n]),
            Kernel::Window => (&[20 * n, 10 * n], &[n]),
            Kernel::Rotate => (&[n, n, n, n, n, n], &[n, n]),
            Kernel::Covariance => (&[64 * n], &[8 * 32]),
            Kernel::Generate => (&[64 * (n + 2), 4 * 80], &[128 * n]),
            Kernel::Energy => (&[128 * n], &[64]),
            Kernel::Assemble => (&[64, 64, 64, 64], &[128]),
            Kernel::Split => (&[13 * n, 13 * n, 26], &[n, n]),
            Kernel::Link => (&[128, 128, 64], &[128, 128]),
            Kernel::Mix => (&[8 * 96], &[2 * 96, 2 * 96, 8 * 96]),
            Kernel::ToI16 | Kernel::ToI24 | Kernel::ToI32 => (&[n], &[n]),
        };
        let integers = matches!(kernel, Kernel::ToI16 | Kernel::ToI24 | Kernel::ToI32);
        let inputs = inputs.iter().map(|&len| if integers { samples(e, len) } else { floats(e, len) }).collect();
        let outputs = outputs
            .iter()
            .map(|&len| {
                let mut v = vec![GUARD_VALUE; len + 2 * GUARD];
                v[GUARD..GUARD + len].copy_from_slice(&floats(e, len));
                v
            })
            .collect();
        Self { kernel, size, inputs, outputs, first, patches, turning: e.bool() }
    }
}

impl Case for BandsCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let kernel = e.pick(&ALL);
        let size = match kernel {
            Kernel::Pair => e.pick(&[32, 64]),
            Kernel::Fold | Kernel::Unfold | Kernel::Window | Kernel::Rotate => e.pick(&[16, 32, 48, 64, 0]),
            Kernel::Covariance => e.size(3, 40),
            Kernel::Generate | Kernel::Energy => e.size(0, 20),
            Kernel::Split => e.pick(&[4, 8, 12, 16, 32, 5]),
            _ => e.size(0, 70),
        };
        Self::new(e, kernel, size)
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::seeded(0);
        ALL.map(|kernel| {
            let size = match kernel {
                Kernel::Covariance => 40,
                Kernel::Generate | Kernel::Energy | Kernel::Fold => 32,
                Kernel::Split => 8,
                Kernel::ToI16 | Kernel::ToI24 | Kernel::ToI32 => 1024,
                _ => 64,
            };
            Self::new(e, kernel, size)
        })
        .into()
    }

    fn name(&self) -> String {
        match self.kernel {
            Kernel::Pair => "dct4_pair",
            Kernel::Fold => "qmf_fold",
            Kernel::Unfold => "qmf_unfold",
            Kernel::Window => "qmf_window",
            Kernel::Rotate => "rotate",
            Kernel::Covariance => "sbr_covariance",
            Kernel::Generate => "sbr_generate",
            Kernel::Energy => "sbr_energy",
            Kernel::Assemble => "sbr_assemble",
            Kernel::Split => "ps_split",
            Kernel::Link => "ps_link",
            Kernel::Mix => "ps_mix",
            Kernel::ToI16 => "to_i16",
            Kernel::ToI24 => "to_i24",
            Kernel::ToI32 => "to_i32",
        }
        .into()
    }

    fn run(&mut self, k: Kernels) {
        let n = self.size;
        let i: Vec<&[f32]> = self.inputs.iter().map(Vec::as_slice).collect();
        let mut o: Vec<&mut [f32]> = self
            .outputs
            .iter_mut()
            .map(|v| {
                let end = v.len() - GUARD;
                &mut v[GUARD..end]
            })
            .collect();
        match (self.kernel, &mut o[..]) {
            (Kernel::Pair, [x, y]) => {
                macro_rules! pair {
                    ($kernel:ident, $twiddles:literal) => {{
                        let a = |i: &[f32]| *i.first_chunk().expect("as long");
                        let rows = i[4].as_chunks::<$twiddles>().0;
                        let (factors, twiddles) = ([a(i[2]), a(i[3])], [rows[0], rows[1]]);
                        let dst = [x.first_chunk_mut().expect("as long"), y.first_chunk_mut().expect("as long")];
                        let src = [i[0].first_chunk().expect("as long"), i[1].first_chunk().expect("as long")];
                        k.$kernel(dst, src, &factors, &twiddles, i[5][0]);
                    }};
                }
                if n == 64 { pair!(dct4_pair64, 28) } else { pair!(dct4_pair32, 12) }
            }
            (Kernel::Fold, [x, y]) => k.qmf_fold([x, y], i[0], i[1]),
            (Kernel::Unfold, [x]) => k.qmf_unfold(x, i[0], i[1]),
            (Kernel::Window, [x]) => {
                let blocks = core::array::from_fn(|b| &i[0][2 * n * b..2 * n * (b + 1)]);
                k.qmf_window(x, blocks, i[1]);
            }
            (Kernel::Rotate, [x, y]) => k.rotate([x, y], [i[0], i[1]], [i[2], i[3], i[4], i[5]]),
            (Kernel::Covariance, [x]) => {
                k.sbr_covariance(x.as_chunks_mut::<32>().0.first_chunk_mut().expect("8 sums"), rows(i[0]));
            }
            (Kernel::Generate, [x]) => {
                let filters = i[1].as_chunks::<80>().0.first_chunk().expect("4 factors");
                k.sbr_generate(rows_mut(x), rows(i[0]), self.first, &self.patches, filters);
            }
            (Kernel::Energy, [x]) => k.sbr_energy(x.first_chunk_mut().expect("64 bands"), rows(i[0])),
            (Kernel::Assemble, [x]) => {
                let a = |n: usize| i[n].first_chunk().expect("64 bands");
                k.sbr_assemble(&mut rows_mut(x)[0], a(0), a(1), [a(2), a(3)]);
            }
            (Kernel::Split, [x, y]) => {
                k.ps_split([x, y], [i[0], i[1]], i[2].as_chunks::<2>().0.first_chunk().expect("13 slots"));
            }
            (Kernel::Link, [x, y]) => {
                let decay = i[2].first_chunk().expect("64 bands");
                k.ps_link(&mut rows_mut(x)[0], &rows(i[0])[0], &mut rows_mut(y)[0], &rows(i[1])[0], decay);
            }
            (Kernel::Mix, [x, y, z]) => {
                let now = z.as_chunks_mut::<96>().0.first_chunk_mut().expect("8 coefficients");
                let step = i[0].as_chunks::<96>().0.first_chunk().expect("8 coefficients");
                k.ps_mix(&mut rows_mut(x)[0], &mut rows_mut(y)[0], now, step, self.turning);
            }
            (kernel, [x]) => {
                let mut words = vec![0; n];
                let mut double_words = vec![0; n];
                match kernel {
                    Kernel::ToI16 => k.to_i16(&mut words, i[0]),
                    Kernel::ToI24 => k.to_i24(&mut double_words, i[0]),
                    _ => k.to_i32(&mut double_words, i[0]),
                }
                if kernel == Kernel::ToI16 {
                    double_words = words.into_iter().map(i32::from).collect();
                }
                for (x, v) in x.iter_mut().zip(double_words) {
                    *x = f32::from_bits(v as u32);
                }
            }
            _ => unreachable!("outputs are as many as the kernel has"),
        }
    }

    fn assert_guards(&self) {
        for v in &self.outputs {
            let (left, right) = (&v[..GUARD], &v[v.len() - GUARD..]);
            assert!(left.iter().chain(right).all(|&f| f == GUARD_VALUE), "stray write: {left:?} {right:?}");
        }
    }
}
