//! Two channels as their middle and side (4.6.8.1), as one channel and its place (intensity, 4.6.8.2), or as noise, where that takes
//! fewer bits.

use super::bands::Bands;
use super::math::{exp2, log2, sqrt};
use super::quant::Quantiser;
use super::scalefactors::{Aims, NOISE_BITS, Way};
use crate::aac::syntax::ics::MAX_BANDS;
use crate::bits::BitWriter;

/// What a band costs: errors by weight, and bits by `lambda`, if each line's error is where a bit more would not pay.
pub(crate) fn cost(energy: f32, weight: f32, width: f32, lambda: f32) -> f32 {
    // The error of the lines, weighted, that is best where there is more energy than that.
    let best = 0.72 * lambda * width;
    let ratio = energy * weight / best;
    best * if ratio > 1.0 { 1.0 + core::f32::consts::LN_2 * log2(ratio) } else { ratio }
}

/// Intensity takes the phases of one channel for both, which is heard below this frequency.
pub(crate) const PHASES_TO_HZ: f32 = 2700.0;
/// What the error of intensity weighs beside others: below that frequency, and above it at low, middle and high rates.
const PHASES: f32 = 1.0;
const INTENSITY: [f32; 3] = [0.5, 1.0, 2.0];
/// Bits a second of a channel from which a rate is a middle and a high one.
const RATES: [u32; 2] = [60_000, 80_000];
/// Bits of a band's position.
const POSITION_BITS: f32 = 4.0;
/// Positions beyond are of channels that have little to do with each other.
const FARTHEST: f32 = 29.0;
/// Noise of both channels is taken for one from this correlation on.
const ONE_NOISE: f32 = 0.5;

/// How much of a distance in the ear the errors of intensity are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stereo {
    intensity: f32,
}

/// The ways to code a band of a pair.
enum Choice {
    Apart,
    Together,
    /// The same noise in both, or two.
    Noise {
        one: bool,
    },
    Intensity(Intensity),
}

/// A band of the second channel as that of the first.
struct Intensity {
    cost: f32,
    position: f32,
    inverted: bool,
    /// Weight of errors in the first channel, which end in both.
    weight: f32,
    /// What the first channel becomes is a multiple of itself and of the second.
    mix: [f32; 2],
}

impl Stereo {
    pub(crate) fn new(bits_per_channel: u32) -> Self {
        Self { intensity: INTENSITY[RATES.iter().filter(|&&r| bits_per_channel >= r).count()] }
    }

    /// What intensity would cost in a band with the energies `el` and `er`, the weights `wl` and `wr` and the sum of products `across`.
    fn intensity(&self, [el, er]: [f32; 2], [wl, wr]: [f32; 2], across: f32, is_low: bool) -> Option<Intensity> {
        if el < 1.0 || er < 1.0 {
            return None;
        }
        // The second is the first times 2^(-position / 4).
        let position = libm::roundf(-2.0 * log2(er / el));
        if position.abs() > FARTHEST {
            return None;
        }
        let gain = exp2(-0.5 * position);
        let inverted = across < 0.0;
        let root = sqrt(el / er);
        // Both, as loud as the first: the sum is normed to its energy, and so keeps what is not alike in them, too.
        let alike = (across.abs() * root / el).min(1.0);
        let angle = sqrt((1.0 + alike) * 0.5);
        let second = gain * root * root;
        let errors = [2.0 * el * (1.0 - angle), er * (1.0 + second - 2.0 * sqrt(second) * angle)];
        let factor = if is_low { PHASES.max(self.intensity) } else { self.intensity };
        let mix = 0.5 / angle;
        Some(Intensity {
            cost: factor * (wl * errors[0] + wr * errors[1]),
            position,
            inverted,
            weight: wl + wr * gain,
            mix: [mix, if inverted { -mix * root } else { mix * root }],
        })
    }

    /// Decides for each band, and replaces left and right by what is coded: `quantisers` are those of left and right, `aims` what the
    /// choice of scalefactors works on, `lambda` the likely weight of bits. `is_low` tells of a band whether its phases are heard.
    pub(crate) fn decide(
        &self,
        bands: &Bands,
        quantisers: [&mut Quantiser; 2],
        aims: [&mut Aims; 2],
        lambda: f32,
        is_low: impl Fn(usize) -> bool,
        ms: &mut [bool; MAX_BANDS],
    ) {
        let ([left, right], [al, ar]) = (quantisers, aims);
        let mut any = false;
        for b in 0..bands.count() {
            let lines = bands.lines(b);
            let width = lines.len() as f32;
            let (mut middle, mut side) = (0.0f32, 0.0f32);
            for (l, r) in left.spectrum[lines.clone()].iter().zip(&right.spectrum[lines.clone()]) {
                let (m, s) = ((l + r) * 0.5, (l - r) * 0.5);
                middle += m * m;
                side += s * s;
            }
            let (el, er, wl, wr) = (left.energy[b], right.energy[b], al.weight[b], ar.weight[b]);
            // Middle and side: both errors end in both channels.
            let w = wl + wr;
            let together = cost(middle, w, width, lambda) + cost(side, w, width, lambda);
            let lines_apart = [cost(el, wl, width, lambda), cost(er, wr, width, lambda)];
            let noise = [al.noise[b] * wl * el, ar.noise[b] * wr * er].map(|n| n + NOISE_BITS * lambda);
            let apart = lines_apart[0].min(noise[0]) + lines_apart[1].min(noise[1]);
            let (both_lines, both_noise) = (lines_apart[0] + lines_apart[1], noise[0] + noise[1]);
            // The products of left and right are a quarter of the difference of the squares of sum and difference.
            let across = middle - side;
            let intensity = self.intensity([el, er], [wl, wr], across, is_low(b)).filter(|i| {
                let cost = i.cost + cost(el, i.weight, width, lambda) + POSITION_BITS * lambda;
                cost < together.min(apart).min(both_noise)
            });
            let choice = if let Some(intensity) = intensity {
                Choice::Intensity(intensity)
            } else if both_noise < together && both_noise <= both_lines {
                // There is no third between one noise and two.
                Choice::Noise { one: across > ONE_NOISE * el.min(er) }
            } else if together < apart {
                Choice::Together
            } else {
                Choice::Apart
            };
            ms[b] = matches!(choice, Choice::Together | Choice::Noise { one: true });
            let pairs = left.spectrum[lines.clone()].iter_mut().zip(&mut right.spectrum[lines]);
            match choice {
                Choice::Apart => {}
                Choice::Noise { .. } => (al.way[b], ar.way[b]) = (Way::Noise, Way::Noise),
                Choice::Together => {
                    pairs.for_each(|(l, r)| (*l, *r) = ((*l + *r) * 0.5, (*l - *r) * 0.5));
                    (al.weight[b], ar.weight[b]) = (w, w);
                    // Noise in one alone would leave the other without its counterpart.
                    (al.noise[b], ar.noise[b]) = (f32::INFINITY, f32::INFINITY);
                    any = true;
                }
                Choice::Intensity(i) => {
                    pairs.for_each(|(l, r)| *l = *l * i.mix[0] + *r * i.mix[1]);
                    al.weight[b] = i.weight;
                    al.noise[b] = f32::INFINITY;
                    ar.way[b] = Way::Intensity { position: i.position as i8, inverted: i.inverted };
                    any = true;
                }
            }
        }
        if any {
            left.prepare(bands);
            right.prepare(bands);
        }
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
