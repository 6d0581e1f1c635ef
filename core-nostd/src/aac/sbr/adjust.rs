//! Generation and adjustment of high frequencies (4.6.18.6, 4.6.18.7) for one channel.

use super::data::{ChannelData, MAX_ENVELOPES};
use super::header::{Header, MAX_BANDS, Tables};
use super::qmf::Complex;
use super::tables::NOISE;
use crate::aac::math::sqrt;

/// `tHFAdj`: low bands are two slots behind.
pub(crate) const ADJUST: usize = 2;

/// Dequantised scalefactors of a channel.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    /// `E_orig` of each band of each envelope.
    pub(crate) envelopes: [[f32; MAX_BANDS]; MAX_ENVELOPES],
    /// `Q_orig`.
    pub(crate) noises: [[f32; 5]; 2],
}

impl Levels {
    pub(crate) const ZERO: Self = Self { envelopes: [[0.0; MAX_BANDS]; MAX_ENVELOPES], noises: [[0.0; 5]; 2] };
}

/// What adjustment keeps from frame to frame.
#[derive(Debug)]
pub(crate) struct Adjuster {
    /// Chirp factors.
    bandwidths: [f32; 5],
    last_invf: [u8; 5],
    /// `S_indexMapped` of the last envelope, a bit a QMF band.
    last_sines: u64,
    /// The last envelope began with a transient right at its end.
    transient_carried: bool,
    noise_index: usize,
    sine_index: usize,
    /// Gains and noise levels of the last four slots, for smoothing; the oldest first.
    history: [[Complex; 64]; 4],
    /// No history: the next slot fills it.
    fresh: bool,
}

impl Adjuster {
    pub(crate) fn new() -> Self {
        Self {
            bandwidths: [0.0; 5],
            last_invf: [0; 5],
            last_sines: 0,
            transient_carried: false,
            noise_index: 0,
            sine_index: 0,
            history: [[[0.0; 2]; 64]; 4],
            fresh: true,
        }
    }

    /// The bands are other ones.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Fills the replicated bands of `y` in the slots of the frame's envelopes. `rate`: slots in a time slot.
    pub(crate) fn run(
        &mut self,
        header: &Header,
        tables: &Tables,
        data: &ChannelData,
        levels: &Levels,
        low: &[[Complex; 32]],
        y: &mut [[Complex; 64]],
        rate: usize,
    ) {
        let grid = &data.grid;
        let first = rate * grid.borders[0];
        let end = (rate * grid.borders[grid.envelopes]).min(y.len());
        self.chirp(tables, &data.invf);
        self.generate(tables, low, &mut y[first..end], first);
        let transient = grid.transient;
        let carried = self.transient_carried.then_some(0);
        let mut sines_before = self.last_sines;
        for l in 0..grid.envelopes {
            let (start, stop) = (rate * grid.borders[l], (rate * grid.borders[l + 1]).min(y.len()));
            // Noise gives way to a transient.
            let quiet = transient == Some(l) || carried == Some(l);
            let noise = usize::from(grid.noises > 1 && grid.borders[l] >= grid.noise_borders[1]);
            let after_transient = transient.is_none_or(|t| l >= t);
            let sines = sines(tables, data.harmonics, after_transient, self.last_sines);
            sines_before = sines;
            let energies = energies(header, tables, grid.resolution[l], &y[start..stop]);
            let place = Place { tables, resolution: grid.resolution[l], sines, quiet };
            let gains = gains(header, &place, &levels.envelopes[l], &levels.noises[noise], &energies);
            for slot in &mut y[start..stop] {
                self.assemble(header.smooth && !quiet, &place, &gains, slot);
            }
        }
        self.last_sines = sines_before;
        self.transient_carried = transient == Some(grid.envelopes);
    }

    /// Chirp factors (4.6.18.6.2).
    fn chirp(&mut self, tables: &Tables, invf: &[u8; 5]) {
        for k in 0..tables.noise.bands() {
            let new = match (self.last_invf[k], invf[k]) {
                (0, 1) | (1, 0) => 0.6,
                (_, 0) => 0.0,
                (_, 1) => 0.75,
                (_, 2) => 0.9,
                _ => 0.98,
            };
            let old = self.bandwidths[k];
            let smooth: f32 = if new < old { 0.75 * new + 0.25 * old } else { 0.90625 * new + 0.09375 * old };
            self.bandwidths[k] = if smooth < 0.015625 { 0.0 } else { smooth.min(0.99609375) };
            self.last_invf[k] = invf[k];
        }
    }

    /// High bands from low ones by patches and inverse filters (4.6.18.6.3); `y` begins at slot `first`.
    fn generate(&self, tables: &Tables, low: &[[Complex; 32]], y: &mut [[Complex; 64]], first: usize) {
        let mut filters = [[[0.0; 2]; 2]; 32];
        for (p, filter) in filters.iter_mut().enumerate().take(tables.k0.min(32)) {
            *filter = predictor(low, p);
        }
        let mut k = tables.kx;
        let end = tables.kx + tables.m;
        for patch in tables.patches() {
            for p in patch.start..patch.start + patch.bands {
                if k >= end || p >= 32 {
                    break;
                }
                let noise_band = tables.noise.as_slice()[1..].iter().take_while(|&&b| usize::from(b) <= k).count();
                let bw = self.bandwidths[noise_band.min(4)];
                let [a0, a1] = filters[p];
                let (a0, a1) = ([a0[0] * bw, a0[1] * bw], [a1[0] * bw * bw, a1[1] * bw * bw]);
                for (i, slot) in y.iter_mut().enumerate() {
                    let l = first + i + ADJUST;
                    let (x0, x1, x2) = (low[l][p], low[l - 1][p], low[l - 2][p]);
                    slot[k] = [
                        x0[0] + (a0[0] * x1[0] - a0[1] * x1[1]) + (a1[0] * x2[0] - a1[1] * x2[1]),
                        x0[1] + (a0[0] * x1[1] + a0[1] * x1[0]) + (a1[0] * x2[1] + a1[1] * x2[0]),
                    ];
                }
                k += 1;
            }
        }
        for slot in y {
            slot[k.min(end)..end].fill([0.0; 2]);
        }
    }

    /// Gains, noise and sinusoids of one slot (4.6.18.7.6).
    fn assemble(&mut self, smooth: bool, place: &Place<'_>, gains: &[Gain; 64], slot: &mut [Complex; 64]) {
        const SMOOTHING: [f32; 5] = [0.333_333_34, 0.301_502_84, 0.218_169_5, 0.115_163_83, 0.031_830_5];
        const RE: [f32; 4] = [1.0, 0.0, -1.0, 0.0];
        const IM: [f32; 4] = [0.0, 1.0, 0.0, -1.0];
        let mut now = [[0.0; 2]; 64];
        for (n, g) in now.iter_mut().zip(gains) {
            *n = [g.gain, g.noise];
        }
        if self.fresh {
            self.history = [now; 4];
            self.fresh = false;
        }
        let kx = place.tables.kx;
        for m in 0..place.tables.m {
            let [mut gain, mut noise] = now[m];
            if smooth {
                gain *= SMOOTHING[0];
                noise *= SMOOTHING[0];
                for (h, s) in self.history.iter().rev().zip(&SMOOTHING[1..]) {
                    gain += h[m][0] * s;
                    noise += h[m][1] * s;
                }
            }
            self.noise_index = (self.noise_index + 1) & 511;
            let x = &mut slot[kx + m];
            *x = [x[0] * gain, x[1] * gain];
            let sine = gains[m].sine;
            if sine != 0.0 {
                let sign = if (m + kx) % 2 == 1 { -1.0 } else { 1.0 };
                x[0] += sine * RE[self.sine_index];
                x[1] += sine * sign * IM[self.sine_index];
            } else if !place.quiet {
                let v = NOISE[self.noise_index];
                x[0] += noise * v[0];
                x[1] += noise * v[1];
            }
        }
        self.sine_index = (self.sine_index + 1) & 3;
        self.history.copy_within(1.., 0);
        self.history[3] = now;
    }
}

/// The linear predictor of order 2 of a low band (4.6.18.6.2), from its covariance over the frame.
fn predictor(low: &[[Complex; 32]], band: usize) -> [Complex; 2] {
    // phi(i, j): the sum over n of X(n - i) times the conjugate of X(n - j).
    let phi = |i: usize, j: usize| {
        let (mut re, mut im) = (0.0f32, 0.0f32);
        for n in ADJUST..low.len() {
            let (a, b) = (low[n - i][band], low[n - j][band]);
            re += a[0] * b[0] + a[1] * b[1];
            im += a[1] * b[0] - a[0] * b[1];
        }
        [re, im]
    };
    let (p11, p22) = (phi(1, 1)[0], phi(2, 2)[0]);
    let (p01, p02, p12) = (phi(0, 1), phi(0, 2), phi(1, 2));
    let d = p22 * p11 - (p12[0] * p12[0] + p12[1] * p12[1]) / (1.0 + 1e-6);
    let mut a1 = [0.0; 2];
    if d != 0.0 {
        a1 = [
            (p01[0] * p12[0] - p01[1] * p12[1] - p02[0] * p11) / d,
            (p01[0] * p12[1] + p01[1] * p12[0] - p02[1] * p11) / d,
        ];
    }
    let mut a0 = [0.0; 2];
    if p11 != 0.0 {
        a0 = [-(p01[0] + a1[0] * p12[0] + a1[1] * p12[1]) / p11, -(p01[1] + a1[1] * p12[0] - a1[0] * p12[1]) / p11];
    }
    let square = |a: Complex| a[0] * a[0] + a[1] * a[1];
    // Not a number counts as unstable too.
    if square(a0) < 16.0 && square(a1) < 16.0 { [a0, a1] } else { [[0.0; 2]; 2] }
}

/// An envelope's surroundings.
struct Place<'a> {
    tables: &'a Tables,
    resolution: usize,
    sines: u64,
    quiet: bool,
}

/// What one band's samples are multiplied by, and what is added to them.
#[derive(Debug, Clone, Copy, Default)]
struct Gain {
    gain: f32,
    noise: f32,
    sine: f32,
}

/// `S_indexMapped`, a bit a QMF band (4.6.18.7.2): sinusoids sit in the middle of their band, from the transient on or if they sounded
/// before.
fn sines(tables: &Tables, harmonics: u64, from_now: bool, before: u64) -> u64 {
    let borders = tables.resolution[1].as_slice();
    let mut mask = 0;
    for (_, b) in borders.windows(2).enumerate().filter(|(k, _)| harmonics >> k & 1 != 0) {
        let bit = 1 << ((usize::from(b[0]) + usize::from(b[1])) / 2);
        if from_now || before & bit != 0 {
            mask |= bit;
        }
    }
    mask
}

/// `E_curr` (4.6.18.7.3) of each replicated band.
fn energies(header: &Header, tables: &Tables, resolution: usize, slots: &[[Complex; 64]]) -> [f32; 64] {
    let mut energies = [0.0f32; 64];
    for slot in slots {
        for (e, x) in energies.iter_mut().zip(&slot[tables.kx..tables.kx + tables.m]) {
            *e += x[0] * x[0] + x[1] * x[1];
        }
    }
    let scale = 1.0 / slots.len().max(1) as f32;
    energies.iter_mut().for_each(|e| *e *= scale);
    if !header.interpolate {
        for b in tables.resolution[resolution].as_slice().windows(2) {
            let band = &mut energies[usize::from(b[0]) - tables.kx..usize::from(b[1]) - tables.kx];
            let mean = band.iter().sum::<f32>() / band.len().max(1) as f32;
            band.fill(mean);
        }
    }
    energies
}

/// Gains, noise levels and sinusoids (4.6.18.7.4, 4.6.18.7.5), limited and compensated.
fn gains(
    header: &Header,
    place: &Place<'_>,
    envelope: &[f32; MAX_BANDS],
    noise: &[f32; 5],
    energies: &[f32; 64],
) -> [Gain; 64] {
    let tables = place.tables;
    let kx = tables.kx;
    let mut wanted = [0.0f32; 64];
    let mut gains = [Gain::default(); 64];
    for (k, b) in tables.resolution[place.resolution].as_slice().windows(2).enumerate() {
        let (from, to) = (usize::from(b[0]), usize::from(b[1]));
        let band_mask = (u64::MAX >> (64 - (to - from))) << from;
        let has_sine = place.sines & band_mask != 0;
        for k_qmf in from..to {
            let m = k_qmf - kx;
            let noise_band = tables.noise.as_slice()[1..].iter().take_while(|&&b| usize::from(b) <= k_qmf).count();
            let q = noise[noise_band.min(4)];
            let e = envelope[k];
            wanted[m] = e;
            let share = e / (1.0 + q);
            let current = 1.0 + energies[m];
            gains[m] = Gain {
                gain: sqrt(if has_sine {
                    share * q / current
                } else if place.quiet {
                    e / current
                } else {
                    share / current
                }),
                noise: sqrt(share * q),
                sine: if place.sines >> k_qmf & 1 != 0 { sqrt(share) } else { 0.0 },
            };
        }
    }
    // The limit of amplification, by bs_limiter_gains.
    let limit = [0.70795, 1.0, 1.41254, 1e10][usize::from(header.limiter_gains & 3)];
    for b in tables.limiter.as_slice().windows(2) {
        let range = usize::from(b[0]) - kx..usize::from(b[1]) - kx;
        let sum_wanted: f32 = 1e-12 + wanted[range.clone()].iter().sum::<f32>();
        let sum_current: f32 = 1e-12 + energies[range.clone()].iter().sum::<f32>();
        let most = (sqrt(sum_wanted / sum_current) * limit).min(1e5);
        let mut got = 1e-12f32;
        for m in range.clone() {
            let g = &mut gains[m];
            if g.gain > most {
                g.noise *= most / g.gain;
                g.gain = most;
            }
            got += energies[m] * g.gain * g.gain + g.sine * g.sine;
            if g.sine == 0.0 && !place.quiet {
                got += g.noise * g.noise;
            }
        }
        let boost = sqrt(sum_wanted / got).min(1.584_893_2);
        for g in &mut gains[range] {
            *g = Gain { gain: g.gain * boost, noise: g.noise * boost, sine: g.sine * boost };
        }
    }
    gains
}
