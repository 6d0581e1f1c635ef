//! The hybrid filterbank (8.6.4.3): the lowest QMF bands are split again, for the ear's resolution there.

use super::Bands;
use super::tables::{Resolution, SPLIT_2, SPLIT_4, SPLIT_8, SPLIT_8_OF_20, SPLIT_12};
use crate::aac::sbr::{self, Complex};
use transcode_simd::Kernels;

/// Slots that a filter looks ahead, and as many back.
pub(crate) const AHEAD: usize = 6;
/// QMF bands that can be split.
const SPLIT_QMF: usize = 5;
/// Most slots of a frame.
const MAX_SLOTS: usize = 32;

/// The QMF bands that are split: 6 slots of the frame before, the frame's, 6 of the next one.
#[derive(Debug)]
pub(crate) struct Hybrid {
    near: [[Complex; MAX_SLOTS + 2 * AHEAD]; SPLIT_QMF],
}

impl Hybrid {
    pub(crate) fn new() -> Self {
        Self { near: [[[0.0; 2]; MAX_SLOTS + 2 * AHEAD]; SPLIT_QMF] }
    }

    /// Takes a frame's slots, and 6 more.
    pub(crate) fn take(&mut self, input: &[sbr::Bands]) {
        let slots = input.len() - AHEAD;
        for (band, near) in self.near.iter_mut().enumerate() {
            near.copy_within(slots..slots + AHEAD, 0);
            for (to, from) in near[AHEAD..].iter_mut().zip(input) {
                *to = [from[0][band], from[1][band]];
            }
        }
    }

    /// The hybrid bands of slot `n`, whose QMF bands are `x`.
    pub(crate) fn analyse(&self, k: Kernels, resolution: &Resolution, n: usize, x: &sbr::Bands, out: &mut Bands) {
        let slots = |band: usize| -> &[Complex; 13] { self.near[band][n..].first_chunk().unwrap_or(&[[0.0; 2]; 13]) };
        let [re, im] = out;
        if resolution.split == 32 {
            k.ps_split([&mut re[..12], &mut im[..12]], SPLIT_12.each_ref().map(|f| f.as_flattened()), slots(0));
            k.ps_split([&mut re[12..20], &mut im[12..20]], SPLIT_8.each_ref().map(|f| f.as_flattened()), slots(1));
            for band in 2..5 {
                let place = 12 + 4 * band..16 + 4 * band;
                let filters = SPLIT_4.each_ref().map(|f| f.as_flattened());
                k.ps_split([&mut re[place.clone()], &mut im[place]], filters, slots(band));
            }
        } else {
            let mut eight = [[0.0; 8]; 2];
            let [a, b] = &mut eight;
            k.ps_split([a, b], SPLIT_8_OF_20.each_ref().map(|f| f.as_flattened()), slots(0));
            for (c, (out, eight)) in [re, im].into_iter().zip(&eight).enumerate() {
                let sums = [eight[2] + eight[5], eight[3] + eight[4]];
                // Odd QMF bands have their frequencies reversed.
                let ([low1, high1], [low2, high2]) = (halves(slots(1), c), halves(slots(2), c));
                let split = [eight[6], eight[7], eight[0], eight[1], sums[0], sums[1], high1, low1, low2, high2];
                out[..10].copy_from_slice(&split);
            }
        }
        for (out, x) in out.iter_mut().zip(x) {
            out[resolution.split..resolution.hybrid].copy_from_slice(&x[resolution.split_qmf..]);
        }
    }
}

/// The real (`c` is 0) or imaginary parts of the lower and upper half of a band.
fn halves(x: &[Complex; 13], c: usize) -> [f32; 2] {
    let odd = SPLIT_2[0] * (x[1][c] + x[11][c]) + SPLIT_2[1] * (x[3][c] + x[9][c]) + SPLIT_2[2] * (x[5][c] + x[7][c]);
    [0.5 * x[6][c] + odd, 0.5 * x[6][c] - odd]
}

/// The QMF bands that hybrid bands make up.
pub(crate) fn join(resolution: &Resolution, bands: &Bands) -> sbr::Bands {
    let mut out = [[0.0; 64]; 2];
    let counts: &[usize] = if resolution.split == 32 { &[12, 8, 4, 4, 4] } else { &[6, 2, 2] };
    for (out, bands) in out.iter_mut().zip(bands) {
        let mut k = 0;
        for (o, &count) in out.iter_mut().zip(counts) {
            *o = bands[k..k + count].iter().sum();
            k += count;
        }
        out[resolution.split_qmf..].copy_from_slice(&bands[k..resolution.hybrid]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::ROW;
    use super::super::tables::{BANDS_20, BANDS_34};
    use super::*;
    use std::vec::Vec;

    #[test]
    fn what_is_split_joins_again() {
        let mut s = 1u32;
        let mut noise = || {
            s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            s as i32 as f32 / 2147483648.0
        };
        let frames: Vec<sbr::Bands> =
            (0..96).map(|_| core::array::from_fn(|_| core::array::from_fn(|_| noise()))).collect();
        for resolution in [&BANDS_20, &BANDS_34] {
            for slots in [32, 30] {
                let mut hybrid = Hybrid::new();
                for frame in 0..2 {
                    let input = &frames[frame * slots..(frame + 1) * slots + AHEAD];
                    hybrid.take(input);
                    for n in 0..slots {
                        let mut bands = [[0.0; ROW]; 2];
                        hybrid.analyse(Kernels::scalar(), resolution, n, &input[n], &mut bands);
                        let got = join(resolution, &bands);
                        for (g, x) in got.as_flattened().iter().zip(input[n].as_flattened()) {
                            assert!((g - x).abs() < 2e-6, "{g} {x}");
                        }
                    }
                }
            }
        }
    }
}
