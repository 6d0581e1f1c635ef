//! The hybrid filterbank (8.6.4.3): the lowest QMF bands are split again, for the ear's resolution there.

use super::Bands;
use super::tables::{Resolution, SPLIT_2, SPLIT_4, SPLIT_8, SPLIT_8_OF_20, SPLIT_12};
use crate::aac::sbr::Complex;

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
    pub(crate) fn take(&mut self, input: &[[Complex; 64]]) {
        let slots = input.len() - AHEAD;
        for (band, near) in self.near.iter_mut().enumerate() {
            near.copy_within(slots..slots + AHEAD, 0);
            for (to, from) in near[AHEAD..].iter_mut().zip(input) {
                *to = from[band];
            }
        }
    }

    /// The hybrid bands of slot `n`, whose QMF bands are `x`.
    pub(crate) fn analyse(&self, resolution: &Resolution, n: usize, x: &[Complex; 64], out: &mut Bands) {
        let slots = |band: usize| -> &[Complex; 13] { self.near[band][n..].first_chunk().unwrap_or(&[[0.0; 2]; 13]) };
        let mut put = |k: usize, v: Complex| (out[0][k], out[1][k]) = (v[0], v[1]);
        if resolution.split == 32 {
            for (q, f) in SPLIT_12.iter().enumerate() {
                put(q, filter(f, slots(0)));
            }
            for (q, f) in SPLIT_8.iter().enumerate() {
                put(12 + q, filter(f, slots(1)));
            }
            for band in 2..5 {
                for (q, f) in SPLIT_4.iter().enumerate() {
                    put(12 + 4 * band + q, filter(f, slots(band)));
                }
            }
        } else {
            let eight = SPLIT_8_OF_20.each_ref().map(|f| filter(f, slots(0)));
            put(0, eight[6]);
            put(1, eight[7]);
            put(2, eight[0]);
            put(3, eight[1]);
            put(4, [eight[2][0] + eight[5][0], eight[2][1] + eight[5][1]]);
            put(5, [eight[3][0] + eight[4][0], eight[3][1] + eight[4][1]]);
            // Odd QMF bands have their frequencies reversed.
            let [low, high] = halves(slots(1));
            put(6, high);
            put(7, low);
            let [low, high] = halves(slots(2));
            put(8, low);
            put(9, high);
        }
        for (k, v) in (resolution.split..resolution.hybrid).zip(&x[resolution.split_qmf..]) {
            put(k, *v);
        }
    }
}

/// The sum of products with the 13 slots around one.
fn filter(coefficients: &[Complex; 13], slots: &[Complex; 13]) -> Complex {
    let (mut re, mut im) = (0.0, 0.0);
    for (c, x) in coefficients.iter().zip(slots) {
        re += c[0] * x[0] - c[1] * x[1];
        im += c[0] * x[1] + c[1] * x[0];
    }
    [re, im]
}

/// The lower and upper half of a band.
fn halves(x: &[Complex; 13]) -> [Complex; 2] {
    let part = |c: usize| {
        let odd =
            SPLIT_2[0] * (x[1][c] + x[11][c]) + SPLIT_2[1] * (x[3][c] + x[9][c]) + SPLIT_2[2] * (x[5][c] + x[7][c]);
        (0.5 * x[6][c] + odd, 0.5 * x[6][c] - odd)
    };
    let (re, im) = (part(0), part(1));
    [[re.0, im.0], [re.1, im.1]]
}

/// The QMF bands that hybrid bands make up.
pub(crate) fn join(resolution: &Resolution, bands: &Bands) -> [Complex; 64] {
    let mut out = [[0.0; 2]; 64];
    let counts: &[usize] = if resolution.split == 32 { &[12, 8, 4, 4, 4] } else { &[6, 2, 2] };
    let mut k = 0;
    for (o, &count) in out.iter_mut().zip(counts) {
        for i in k..k + count {
            o[0] += bands[0][i];
            o[1] += bands[1][i];
        }
        k += count;
    }
    for (i, o) in out[resolution.split_qmf..].iter_mut().enumerate() {
        *o = [bands[0][k + i], bands[1][k + i]];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tables::{BANDS_20, BANDS_34, MAX_HYBRID};
    use super::*;
    use std::vec::Vec;

    #[test]
    fn what_is_split_joins_again() {
        let mut s = 1u32;
        let mut noise = || {
            s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            s as i32 as f32 / 2147483648.0
        };
        let frames: Vec<[Complex; 64]> = (0..96).map(|_| core::array::from_fn(|_| [noise(), noise()])).collect();
        for resolution in [&BANDS_20, &BANDS_34] {
            for slots in [32, 30] {
                let mut hybrid = Hybrid::new();
                for frame in 0..2 {
                    let input = &frames[frame * slots..(frame + 1) * slots + AHEAD];
                    hybrid.take(input);
                    for n in 0..slots {
                        let mut bands = [[0.0; MAX_HYBRID]; 2];
                        hybrid.analyse(resolution, n, &input[n], &mut bands);
                        let got = join(resolution, &bands);
                        for (g, x) in got.iter().zip(&input[n]) {
                            assert!((g[0] - x[0]).abs() < 2e-6 && (g[1] - x[1]).abs() < 2e-6, "{g:?} {x:?}");
                        }
                    }
                }
            }
        }
    }
}
