//! Cases of the family `scale`.

use super::{Case, Entropy};
use crate::Kernels;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// Width of the rows that are timed.
const BENCH_WIDTH: usize = 1280;

/// A call of `scale_h` or `scale_v`, between guard bands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScaleCase {
    /// `scale_h`
    Horizontal {
        /// Output, with [`GUARD`] words at both ends.
        dst: Vec<i16>,
        /// Source row.
        src: Vec<u8>,
        /// First sample of each window.
        pos: Vec<u32>,
        /// Coefficients.
        coefs: Vec<i16>,
        /// Coefficients of each output.
        taps: usize,
    },
    /// `scale_v`
    Vertical {
        /// Output, with [`GUARD`] samples at both ends.
        dst: Vec<u8>,
        /// Source rows.
        rows: Vec<Vec<i16>>,
        /// Coefficient of each row.
        coefs: Vec<i16>,
    },
}

/// Length of a guard band, and what is in it.
const GUARD: usize = 32;
const GUARD_SAMPLE: u8 = 0xa5;
const GUARD_WORD: i16 = 0x5aa5;

/// Coefficients of one output: those of a real filter, or of anything.
fn draw_coefs(e: &mut Entropy<'_>, taps: usize) -> Vec<i16> {
    let extreme = e.size(0, 3);
    let mut coefs: Vec<i16> = (0..taps)
        .map(|_| match extreme {
            0 => e.i16(),
            1 => e.pick(&[i16::MIN, i16::MAX]),
            _ => e.range(-2000, 2000) as i16,
        })
        .collect();
    if extreme > 1 {
        // Like a filter: small lobes, and one tap that brings the sum to 1.
        let sum = coefs.iter().fold(0, |sum: i16, &c| sum.wrapping_add(c));
        coefs[taps / 2] = coefs[taps / 2].wrapping_add(Kernels::SCALE_ONE.wrapping_sub(sum));
    }
    coefs
}

impl ScaleCase {
    fn horizontal(e: &mut Entropy<'_>, width: usize, src_width: usize, taps: usize) -> Self {
        let mut src = vec![0; src_width];
        e.texture(&mut src, 255);
        let last = src_width - taps;
        // Spread as a scaler does, with a jitter, so that the last window ends with the row.
        let pos = (0..width).map(|i| ((i + 1) * last / width + e.size(0, 1)).min(last) as u32).collect();
        let coefs = (0..width).flat_map(|_| draw_coefs(e, taps)).collect();
        Self::Horizontal { dst: vec![GUARD_WORD; width + 2 * GUARD], src, pos, coefs, taps }
    }

    fn vertical(e: &mut Entropy<'_>, width: usize, taps: usize) -> Self {
        let extreme = e.size(0, 2);
        let row = |e: &mut Entropy<'_>| {
            let length = width + e.size(0, 3);
            let word = |e: &mut Entropy<'_>| if extreme == 0 { e.i16() } else { e.range(-4096, 20480) as i16 };
            (0..length).map(|_| word(e)).collect()
        };
        let rows = (0..taps).map(|_| row(e)).collect();
        Self::Vertical { dst: vec![GUARD_SAMPLE; width + 2 * GUARD], rows, coefs: draw_coefs(e, taps) }
    }
}

impl Case for ScaleCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        let horizontal = e.bool();
        let taps = if e.bool() { e.pick(&[4, 8, 12, 16]) } else { e.size(1, 33) };
        let width = e.size(0, 80);
        if horizontal {
            let src_width = taps + e.size(0, 200);
            Self::horizontal(e, width, src_width, taps)
        } else {
            Self::vertical(e, width, taps)
        }
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::seeded(0);
        let mut all = Vec::new();
        for taps in [4, 8, 12] {
            all.push(Self::horizontal(e, BENCH_WIDTH, BENCH_WIDTH * taps / 4, taps));
            all.push(Self::vertical(e, BENCH_WIDTH, taps));
        }
        all
    }

    fn name(&self) -> String {
        match self {
            Self::Horizontal { taps, .. } => format!("scale_h_{taps}"),
            Self::Vertical { rows, .. } => format!("scale_v_{}", rows.len()),
        }
    }

    fn run(&mut self, k: Kernels) {
        match self {
            Self::Horizontal { dst, src, pos, coefs, taps } => {
                let end = dst.len() - GUARD;
                k.scale_h(&mut dst[GUARD..end], src, pos, coefs, *taps);
            }
            Self::Vertical { dst, rows, coefs } => {
                let end = dst.len() - GUARD;
                // On the stack, so that timing does not measure an allocation.
                let mut slices: [&[i16]; 64] = [&[]; 64];
                for (slice, row) in slices.iter_mut().zip(rows.iter()) {
                    *slice = row;
                }
                k.scale_v(&mut dst[GUARD..end], &slices[..rows.len()], coefs);
            }
        }
    }

    fn assert_guards(&self) {
        match self {
            Self::Horizontal { dst, .. } => {
                let (left, right) = (&dst[..GUARD], &dst[dst.len() - GUARD..]);
                assert!(left.iter().chain(right).all(|&s| s == GUARD_WORD), "stray write: {left:?} {right:?}");
            }
            Self::Vertical { dst, .. } => {
                let (left, right) = (&dst[..GUARD], &dst[dst.len() - GUARD..]);
                assert!(left.iter().chain(right).all(|&s| s == GUARD_SAMPLE), "stray write: {left:?} {right:?}");
            }
        }
    }
}
