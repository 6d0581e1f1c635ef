//! Two channels as their middle and side (4.6.8.1), where that takes fewer bits.

use super::bands::Bands;
use super::math::log2;
use super::quant::Quantiser;
use crate::aac::syntax::ics::MAX_BANDS;
use crate::bits::BitWriter;

/// What a band costs: errors by weight, and bits by `lambda`, if each line's error is where a bit more would not pay.
fn cost(energy: f32, weight: f32, width: f32, lambda: f32) -> f32 {
    // The error of the lines, weighted, that is best where there is more energy than that.
    let best = 0.72 * lambda * width;
    let ratio = energy * weight / best;
    best * if ratio > 1.0 { 1.0 + core::f32::consts::LN_2 * log2(ratio) } else { ratio }
}

/// Decides for each band, and replaces left and right by middle and side where they are better: `quantisers` are those of left and right,
/// `weights` those of their errors, `lambda` the likely weight of bits.
pub(crate) fn decide(
    bands: &Bands,
    quantisers: [&mut Quantiser; 2],
    weights: [&mut [f32; MAX_BANDS]; 2],
    lambda: f32,
    ms: &mut [bool; MAX_BANDS],
) {
    let [left, right] = quantisers;
    let mut any = false;
    for b in 0..bands.count() {
        let (mut middle, mut side) = (0.0f32, 0.0f32);
        for i in bands.lines(b) {
            let (m, s) = ((left.spectrum[i] + right.spectrum[i]) * 0.5, (left.spectrum[i] - right.spectrum[i]) * 0.5);
            middle += m * m;
            side += s * s;
        }
        let (wl, wr) = (weights[0][b], weights[1][b]);
        // Both errors end in both channels.
        let w = wl + wr;
        let width = bands.lines(b).len() as f32;
        let apart = cost(left.energy[b], wl, width, lambda) + cost(right.energy[b], wr, width, lambda);
        let together = cost(middle, w, width, lambda) + cost(side, w, width, lambda);
        ms[b] = together < apart;
        if ms[b] {
            any = true;
            for i in bands.lines(b) {
                let (l, r) = (left.spectrum[i], right.spectrum[i]);
                (left.spectrum[i], right.spectrum[i]) = ((l + r) * 0.5, (l - r) * 0.5);
            }
            (weights[0][b], weights[1][b]) = (w, w);
        }
    }
    if any {
        left.prepare(bands);
        right.prepare(bands);
    }
}

/// `ms_mask_present`: none, some or all of the bands that are written.
fn mask_present(bands: &Bands, max_sfb: usize, ms: &[bool; MAX_BANDS]) -> u32 {
    let mut written = (0..bands.groups).flat_map(|g| &ms[g * bands.per_group..g * bands.per_group + max_sfb]);
    match written.next() {
        None => 0,
        Some(&first) if written.all(|&m| m == first) => 2 * u32::from(first),
        Some(_) => 1,
    }
}

/// Bits of `ms_mask_present` and `ms_used`.
pub(crate) fn mask_bits(bands: &Bands, max_sfb: usize, ms: &[bool; MAX_BANDS]) -> u32 {
    2 + if mask_present(bands, max_sfb, ms) == 1 { (bands.groups * max_sfb) as u32 } else { 0 }
}

/// Writes `ms_mask_present` and `ms_used`.
pub(crate) fn write_mask(w: &mut BitWriter, bands: &Bands, max_sfb: usize, ms: &[bool; MAX_BANDS]) {
    let present = mask_present(bands, max_sfb, ms);
    w.u(present, 2);
    if present == 1 {
        for g in 0..bands.groups {
            for &used in &ms[g * bands.per_group..g * bands.per_group + max_sfb] {
                w.flag(used);
            }
        }
    }
}
