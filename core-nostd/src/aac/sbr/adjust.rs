//! Generation and adjustment of high frequencies (4.6.18.6, 4.6.18.7) for one channel.

use super::data::{ChannelData, MAX_ENVELOPES};
use super::header::{Header, MAX_BANDS, Tables};
use super::qmf::{Bands, Complex, LowBands};
use super::tables::NOISE_ROWS;
use crate::aac::math::sqrt;
use transcode_simd::Kernels;

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
    /// Gains and noise levels of the last four slots, for smoothing, around and around.
    history: [[[f32; 64]; 2]; 4],
    newest: usize,
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
            history: [[[0.0; 64]; 2]; 4],
            newest: 0,
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
        k: Kernels,
        header: &Header,
        tables: &Tables,
        data: &ChannelData,
        levels: &Levels,
        low: &[LowBands],
        y: &mut [Bands],
        rate: usize,
    ) {
        let grid = &data.grid;
        let first = rate * grid.borders[0];
        let end = (rate * grid.borders[grid.envelopes]).min(y.len());
        self.chirp(tables, &data.invf);
        self.generate(k, tables, low, &mut y[first..end], first);
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
            let energies = energies(k, header, tables, grid.resolution[l], &y[start..stop]);
            let place = Place { tables, resolution: grid.resolution[l], sines, quiet };
            let gains = gains(header, &place, &levels.envelopes[l], &levels.noises[noise], &energies);
            self.assemble(k, header.smooth && !quiet, &place, &gains, &mut y[start..stop]);
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
    fn generate(&self, k: Kernels, tables: &Tables, low: &[LowBands], y: &mut [Bands], first: usize) {
        let mut sums = [[0.0; 32]; 8];
        k.sbr_covariance(&mut sums, low);
        let mut filters = [[[0.0; 2]; 2]; 32];
        for (p, filter) in filters.iter_mut().enumerate().take(tables.k0.min(32)) {
            *filter = predictor(sums.each_ref().map(|s| s[p]));
        }
        let end = tables.kx + tables.m;
        let mut factors = [[0.0; 80]; 4];
        let (mut patches, mut count, mut at) = ([(0, 0); 6], 0, tables.kx);
        for (patch, from) in patches.iter_mut().zip(tables.patches()) {
            let bands = from.bands.min(end - at).min(32usize.saturating_sub(from.start));
            for p in from.start..from.start + bands {
                let noise_band = tables.noise.as_slice()[1..].iter().take_while(|&&b| usize::from(b) <= at).count();
                let bw = self.bandwidths[noise_band.min(4)];
                let [a0, a1] = filters[p];
                for (f, v) in factors.iter_mut().zip([a0[0] * bw, a0[1] * bw, a1[0] * bw * bw, a1[1] * bw * bw]) {
                    f[at] = v;
                }
                at += 1;
            }
            *patch = (from.start.min(32), bands);
            count += 1;
        }
        k.sbr_generate(y, &low[first..], tables.kx, &patches[..count], &factors);
        for part in y.as_flattened_mut() {
            part[at..end].fill(0.0);
        }
    }

    /// Gains, noise and sinusoids of an envelope's slots (4.6.18.7.6).
    fn assemble(&mut self, k: Kernels, smooth: bool, place: &Place<'_>, gains: &Gains, slots: &mut [Bands]) {
        const SMOOTHING: [f32; 5] = [0.333_333_34, 0.301_502_84, 0.218_169_5, 0.115_163_83, 0.031_830_5];
        const RE: [f32; 4] = [1.0, 0.0, -1.0, 0.0];
        const IM: [f32; 4] = [0.0, 1.0, 0.0, -1.0];
        let now = [gains.gain, gains.noise];
        if self.fresh {
            self.history = [now; 4];
            self.fresh = false;
        }
        let Tables { kx, m, .. } = *place.tables;
        // Where there is a sinusoid, or a transient, there is no noise.
        let noisy: [bool; 64] = core::array::from_fn(|k| !place.quiet && gains.sine[k] == 0.0);
        let [gain, mut noise] = now;
        for (v, noisy) in noise.iter_mut().zip(noisy) {
            *v = if noisy { *v } else { 0.0 };
        }
        for slot in slots {
            // Band `kx` takes the number behind the last one that was used.
            let start = (self.noise_index + 512 + 1 - kx) & 511;
            let random = NOISE_ROWS.each_ref().map(|row| row[start..].first_chunk().unwrap_or(&[0.0; 64]));
            if smooth {
                let mut smoothed = now;
                for (part, out) in smoothed.iter_mut().enumerate() {
                    for (k, out) in out.iter_mut().enumerate() {
                        *out *= SMOOTHING[0];
                        for (age, s) in SMOOTHING[1..].iter().enumerate() {
                            *out += self.history[(self.newest + 4 - age) & 3][part][k] * s;
                        }
                        *out = if part == 0 || noisy[k] { *out } else { 0.0 };
                    }
                }
                k.sbr_assemble(slot, &smoothed[0], &smoothed[1], random);
            } else {
                k.sbr_assemble(slot, &gain, &noise, random);
            }
            let mut sines = place.sines;
            while sines != 0 {
                let k = sines.trailing_zeros() as usize;
                sines &= sines - 1;
                let sign = if k % 2 == 1 { -1.0 } else { 1.0 };
                slot[0][k] += gains.sine[k] * RE[self.sine_index];
                slot[1][k] += gains.sine[k] * sign * IM[self.sine_index];
            }
            self.noise_index = (self.noise_index + m) & 511;
            self.sine_index = (self.sine_index + 1) & 3;
            self.newest = (self.newest + 1) & 3;
            self.history[self.newest] = now;
        }
    }
}

/// The linear predictor of order 2 of a low band (4.6.18.6.2), from the sums of [`Kernels::sbr_covariance`].
fn predictor([p11, p22, p01_re, p01_im, p02_re, p02_im, p12_re, p12_im]: [f32; 8]) -> [Complex; 2] {
    let (p01, p02, p12) = ([p01_re, p01_im], [p02_re, p02_im], [p12_re, p12_im]);
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

/// What each band's samples are multiplied by, and what is added to them, by QMF band.
struct Gains {
    gain: [f32; 64],
    noise: [f32; 64],
    sine: [f32; 64],
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

/// `E_curr` (4.6.18.7.3) of each QMF band; of those that are not replicated, anything.
fn energies(k: Kernels, header: &Header, tables: &Tables, resolution: usize, slots: &[Bands]) -> [f32; 64] {
    let mut energies = [0.0f32; 64];
    k.sbr_energy(&mut energies, slots);
    let scale = 1.0 / slots.len().max(1) as f32;
    energies.iter_mut().for_each(|e| *e *= scale);
    if !header.interpolate {
        for b in tables.resolution[resolution].as_slice().windows(2) {
            let band = &mut energies[usize::from(b[0])..usize::from(b[1])];
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
) -> Gains {
    let tables = place.tables;
    let mut wanted = [0.0f32; 64];
    let mut gains = Gains { gain: [0.0; 64], noise: [0.0; 64], sine: [0.0; 64] };
    for (&e, b) in envelope.iter().zip(tables.resolution[place.resolution].as_slice().windows(2)) {
        let (from, to) = (usize::from(b[0]), usize::from(b[1]));
        let band_mask = (u64::MAX >> (64 - (to - from))) << from;
        let has_sine = place.sines & band_mask != 0;
        for k in from..to {
            let noise_band = tables.noise.as_slice()[1..].iter().take_while(|&&b| usize::from(b) <= k).count();
            let q = noise[noise_band.min(4)];
            wanted[k] = e;
            let share = e / (1.0 + q);
            let current = 1.0 + energies[k];
            gains.gain[k] = sqrt(if has_sine {
                share * q / current
            } else if place.quiet {
                e / current
            } else {
                share / current
            });
            gains.noise[k] = sqrt(share * q);
            if place.sines >> k & 1 != 0 {
                gains.sine[k] = sqrt(share);
            }
        }
    }
    // The limit of amplification, by bs_limiter_gains.
    let limit = [0.70795, 1.0, 1.41254, 1e10][usize::from(header.limiter_gains & 3)];
    for b in tables.limiter.as_slice().windows(2) {
        let range = usize::from(b[0])..usize::from(b[1]);
        let sum_wanted: f32 = 1e-12 + wanted[range.clone()].iter().sum::<f32>();
        let sum_current: f32 = 1e-12 + energies[range.clone()].iter().sum::<f32>();
        let most = (sqrt(sum_wanted / sum_current) * limit).min(1e5);
        let mut got = 1e-12f32;
        for k in range.clone() {
            let (gain, noise, sine) = (&mut gains.gain[k], &mut gains.noise[k], gains.sine[k]);
            if *gain > most {
                *noise *= most / *gain;
                *gain = most;
            }
            got += energies[k] * *gain * *gain + sine * sine;
            if sine == 0.0 && !place.quiet {
                got += *noise * *noise;
            }
        }
        let boost = sqrt(sum_wanted / got).min(1.584_893_2);
        for part in [&mut gains.gain, &mut gains.noise, &mut gains.sine] {
            part[range.clone()].iter_mut().for_each(|v| *v *= boost);
        }
    }
    gains
}
