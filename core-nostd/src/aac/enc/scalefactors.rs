//! Scalefactors by rate and distortion: the path through the bands that costs least (a trellis).

use super::bands::Bands;
use super::math::log2;
use super::quant::Quantiser;
use crate::aac::huffman::write::scalefactor_bits;
use crate::aac::syntax::ics::MAX_BANDS;

/// Scalefactors that are tried below and above the one that theory says.
const BELOW: i32 = 3;
const ABOVE: i32 = 4;
const TRIED: usize = (BELOW + ABOVE + 1) as usize;
/// Widest span of scalefactors in a channel: what one step can reach.
const SPAN: usize = 61;
/// A band that falls silent is heard more than its lost energy says, the more so if it comes and goes.
const HOLE: f32 = 16.0;
/// Bits of a band of noise, about.
pub(crate) const NOISE_BITS: f32 = 5.0;
/// In place of the state before: nothing was coded before, or the band itself is not coded.
const FIRST: u8 = 254;
const ZERO: u8 = 255;

/// What the choice of scalefactors works on: the weight of errors and, at `lambda` 1, where theory sees each scalefactor.
#[derive(Debug, Clone)]
pub(crate) struct Aims {
    /// Weight of the error's energy in each band.
    pub(crate) weight: [f32; MAX_BANDS],
    /// The scalefactor at which a bit more saves as much weighted error as it costs at `lambda` 1.
    centre: [f32; MAX_BANDS],
    /// The least scalefactor that is not too fine, and the largest that leaves anything.
    range: [(i16, i16); MAX_BANDS],
    /// What noise of its energy in place of a band costs, as a part of its weighted energy; infinite where it may not be.
    pub(crate) noise: [f32; MAX_BANDS],
    /// How each band is coded.
    pub(crate) way: [Way; MAX_BANDS],
}

/// How a band is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As lines, or as noise if that may be and is cheaper, or not at all.
    Free,
    /// As noise.
    Noise,
    /// As the band of the first channel of the pair, by an `is_position`, and with the other sign if `inverted`.
    Intensity { position: i8, inverted: bool },
}

/// What is written of a band's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// The band is zero.
    Zero,
    /// Lines with this scalefactor.
    Lines(i16),
    /// Noise with the energy of the band.
    Noise,
    /// As [`Way::Intensity`].
    Intensity { position: i8, inverted: bool },
}

impl Aims {
    pub(crate) fn new() -> Self {
        Self {
            weight: [0.0; MAX_BANDS],
            centre: [0.0; MAX_BANDS],
            range: [(0, -1); MAX_BANDS],
            noise: [f32::INFINITY; MAX_BANDS],
            way: [Way::Free; MAX_BANDS],
        }
    }

    /// From the weights, and the spectrum in `quantiser`.
    pub(crate) fn prepare(&mut self, bands: &Bands, quantiser: &Quantiser) {
        for b in 0..bands.count() {
            let (energy, form, peak) = (quantiser.energy[b], quantiser.form[b], quantiser.peak[b]);
            if self.way[b] != Way::Free || energy <= 1e-6 || self.weight[b] * energy <= 1e-12 {
                self.range[b] = (0, -1);
                continue;
            }
            // Lines that matter: all if they are level, fewer with peaks.
            let width = bands.lines(b).len() as f32;
            let lines = form / libm::sqrtf(libm::sqrtf(energy / width));
            // The error of a step is 4/27 form gain^1.5, and a bit less a line changes gain by 2^(4/3).
            let noise = 0.72 * lines / self.weight[b];
            self.centre[b] = 100.0 + 8.0 / 3.0 * log2(6.75 * noise / form);
            let finest = 100.0 + 16.0 / 3.0 * log2(peak / 8190.0);
            let coarsest = 100.0 + 16.0 / 3.0 * log2(peak / 0.6);
            self.range[b] = ((libm::ceilf(finest) as i16).clamp(0, 255), (coarsest as i16).clamp(-1, 255));
        }
    }
}

impl Aims {
    /// Perceptual entropy: about the bits that the lines take, if their errors weigh the same everywhere.
    pub(crate) fn entropy(&self, bands: &Bands, quantiser: &Quantiser, lambda: f32) -> f32 {
        let of_band = |b: usize| {
            let lines = bands.lines(b).len() as f32;
            0.5 * lines * log2(1.0 + self.weight[b] * quantiser.energy[b] / (0.72 * lambda * lines))
        };
        (0..bands.count()).filter(|&b| self.way[b] == Way::Free).map(of_band).sum()
    }
}

/// Working memory of the search.
#[derive(Debug)]
pub(crate) struct Trellis {
    cost: [f32; 256],
    from: [[u8; 256]; MAX_BANDS],
    steps: [f32; SPAN],
}

impl Trellis {
    pub(crate) fn new() -> Self {
        let steps = core::array::from_fn(|i| scalefactor_bits(i as i32 - 30) as f32);
        Self { cost: [0.0; 256], from: [[ZERO; 256]; MAX_BANDS], steps }
    }

    /// Chooses the scalefactors that have the least weighted error plus `lambda` times their bits, and the bands that are better left or noise.
    pub(crate) fn search(
        &mut self,
        bands: &Bands,
        aims: &Aims,
        quantiser: &mut Quantiser,
        lambda: f32,
        out: &mut [Scale; MAX_BANDS],
    ) {
        let count = bands.count();
        let shift = 8.0 / 3.0 * log2(lambda);
        self.cost.fill(f32::INFINITY);
        let mut first = 0.0f32;
        // States that have been reached.
        let (mut low, mut high) = (255usize, 0usize);
        let mut is_noise = [false; MAX_BANDS];
        for b in 0..count {
            self.from[b].fill(ZERO);
            if matches!(aims.way[b], Way::Intensity { .. }) {
                continue;
            }
            let weighted = aims.weight[b] * quantiser.energy[b];
            let mut zero = HOLE * weighted;
            let substituted = aims.noise[b] * weighted + NOISE_BITS * lambda;
            if aims.way[b] == Way::Noise || substituted < zero {
                (zero, is_noise[b]) = (substituted, true);
            }
            let (finest, coarsest) = aims.range[b];
            if coarsest < finest {
                continue;
            }
            let centre = libm::roundf((aims.centre[b] + shift).clamp(-1000.0, 1000.0)) as i32;
            let centre = centre.clamp(i32::from(finest), i32::from(coarsest));
            let from = (centre - BELOW).max(i32::from(finest)) as usize;
            let to = (centre + ABOVE).min(i32::from(coarsest)) as usize;
            let mut tried = [(0.0f32, 0u8); TRIED];
            for (s, tried) in (from..=to).zip(&mut tried) {
                let trial = quantiser.trial(bands, b, s as i16);
                let own = aims.weight[b] * trial.error + lambda * f32::from(trial.bits);
                let mut best = (first, FIRST);
                if low <= high {
                    for before in low.max(s.saturating_sub(30))..=high.min(s + 30) {
                        let cost = self.cost[before] + lambda * self.steps[s + 30 - before];
                        if cost < best.0 {
                            best = (cost, before as u8);
                        }
                    }
                }
                *tried = (best.0 + own, best.1);
            }
            if low <= high {
                for c in &mut self.cost[low..=high] {
                    *c += zero;
                }
            }
            first += zero;
            for (s, &(cost, way)) in (from..=to).zip(&tried) {
                if cost < self.cost[s] {
                    self.cost[s] = cost;
                    self.from[b][s] = way;
                }
            }
            (low, high) = (low.min(from), high.max(to));
        }
        let mut best = (first, FIRST);
        if low <= high {
            for s in low..=high {
                if self.cost[s] < best.0 {
                    best = (self.cost[s], s as u8);
                }
            }
        }
        let mut state = best.1;
        for b in (0..count).rev() {
            out[b] = match aims.way[b] {
                Way::Intensity { position, inverted } => Scale::Intensity { position, inverted },
                _ if is_noise[b] => Scale::Noise,
                _ => Scale::Zero,
            };
            if state != FIRST && aims.range[b].1 >= aims.range[b].0 {
                let way = self.from[b][usize::from(state)];
                if way != ZERO {
                    out[b] = Scale::Lines(i16::from(state));
                    state = way;
                }
            }
        }
    }
}
