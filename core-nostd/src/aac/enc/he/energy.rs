//! Energies of a frame's bands in time slots, and what an envelope over some of them costs.

use super::grid::{Cost, SEEN};
use crate::aac::enc::math::log2;
use crate::aac::sbr::header::{MAX_BANDS, Tables};
use crate::aac::sbr::qmf::Complex;

/// Energy below which nothing is heard: some 90 dB under full scale.
const SILENCE: f32 = 1024.0;
/// Of the energy of a patch, what is as even as noise.
const EVEN: f32 = 0.1;
/// Bits of a level of an envelope, and of an envelope beside its levels.
const LEVEL_BITS: f32 = 2.5;
const ENVELOPE_BITS: f32 = 3.0;

/// The energies of a channel: those of each high band in each time slot as sums from the first on, so that a mean takes one difference.
#[derive(Debug, Clone)]
pub(crate) struct Energies {
    bands: usize,
    /// Bands of high resolution that sound as a sinusoid, a bit each.
    pub(crate) sines: u64,
    /// Mean of a QMF band in a time slot.
    sound: [[f32; SEEN + 1]; MAX_BANDS],
    patch: [[f32; SEEN + 1]; MAX_BANDS],
    /// By how many powers of two the sound exceeds its patch, and the square of it.
    excess: [[f32; SEEN + 1]; MAX_BANDS],
    squares: [[f32; SEEN + 1]; MAX_BANDS],
}

impl Energies {
    pub(crate) fn new() -> Self {
        Self {
            bands: 0,
            sines: 0,
            sound: [[0.0; SEEN + 1]; MAX_BANDS],
            patch: [[0.0; SEEN + 1]; MAX_BANDS],
            excess: [[0.0; SEEN + 1]; MAX_BANDS],
            squares: [[0.0; SEEN + 1]; MAX_BANDS],
        }
    }

    /// Of a frame's `slots` and some of the next one; `sources`: which band is copied to each.
    pub(crate) fn measure(&mut self, tables: &Tables, sources: &[u8; 64], slots: &[[Complex; 64]]) {
        let fine = &tables.resolution[1];
        self.bands = fine.bands();
        let mut own = [[0.0f32; 64]; SEEN];
        for (own, slots) in own.iter_mut().zip(slots.as_chunks::<2>().0) {
            for (k, e) in own.iter_mut().enumerate() {
                let [a, b] = [slots[0][k], slots[1][k]];
                *e = 0.5 * (a[0] * a[0] + a[1] * a[1] + b[0] * b[0] + b[1] * b[1]);
            }
        }
        for b in 0..self.bands {
            let (from, to) = (fine.at(b), fine.at(b + 1));
            let scale = 1.0 / (to - from) as f32;
            let mut patch = [0.0; SEEN];
            let mut mean = 0.0;
            for (t, own) in own.iter().enumerate() {
                let e = scale * own[from..to].iter().sum::<f32>();
                patch[t] = SILENCE + scale * sources[from..to].iter().map(|&s| own[usize::from(s)]).sum::<f32>();
                self.sound[b][t + 1] = self.sound[b][t] + e;
                mean += patch[t] * (EVEN / SEEN as f32);
            }
            for t in 0..SEEN {
                let p = patch[t] + mean;
                let e = self.sound[b][t + 1] - self.sound[b][t];
                let excess = log2((e + SILENCE) / p);
                self.patch[b][t + 1] = self.patch[b][t] + p;
                self.excess[b][t + 1] = self.excess[b][t] + excess;
                self.squares[b][t + 1] = self.squares[b][t] + excess * excess;
            }
        }
    }

    /// The mean energy of a QMF band in bands `bands` of high resolution from one time slot to another.
    pub(crate) fn mean(&self, tables: &Tables, bands: core::ops::Range<usize>, from: usize, to: usize) -> f32 {
        let fine = &tables.resolution[1];
        let (mut sum, mut width) = (0.0, 0);
        for b in bands {
            let w = fine.at(b + 1) - fine.at(b);
            sum += (self.sound[b][to] - self.sound[b][from]).max(0.0) * w as f32;
            width += w;
        }
        sum / (width * (to - from)).max(1) as f32
    }

    /// The energy that an envelope says of bands `bands` of high resolution: the mean of a QMF band, but all that is in a band of a sinusoid,
    /// which takes one QMF band for itself.
    pub(crate) fn told(&self, tables: &Tables, bands: core::ops::Range<usize>, from: usize, to: usize) -> f32 {
        let fine = &tables.resolution[1];
        let mut told = self.mean(tables, bands.clone(), from, to);
        for b in bands.filter(|b| self.sines >> b & 1 != 0) {
            told = told.max(self.mean(tables, b..b + 1, from, to) * (fine.at(b + 1) - fine.at(b)) as f32);
        }
        told
    }

    /// What an envelope costs: its bits, and by `strictness` what it leaves wrong, which is the square of the distance between the sound and
    /// what the patch makes of the envelope.
    pub(crate) fn cost(&self, tables: &Tables, strictness: f32, from: usize, to: usize) -> Cost {
        let [coarse, fine] = &tables.resolution;
        let n = (to - from) as f32;
        let mut off = [0.0f32; 2];
        for c in 0..coarse.bands() {
            let bands = fine.band_of(coarse.at(c))..fine.band_of(coarse.at(c + 1) - 1) + 1;
            let of_coarse = log2(self.mean(tables, bands.clone(), from, to) + SILENCE);
            for b in bands {
                let level = log2((self.sound[b][to] - self.sound[b][from]).max(0.0) / n + SILENCE);
                let patch = log2((self.patch[b][to] - self.patch[b][from]) / n);
                let excess = self.excess[b][to] - self.excess[b][from];
                let squares = self.squares[b][to] - self.squares[b][from];
                for (off, level) in off.iter_mut().zip([of_coarse, level]) {
                    let c = level - patch;
                    *off += (squares - 2.0 * c * excess + n * c * c).max(0.0);
                }
            }
        }
        [0, 1].map(|r| strictness * off[r] + ENVELOPE_BITS + LEVEL_BITS * tables.resolution[r].bands() as f32)
    }
}
