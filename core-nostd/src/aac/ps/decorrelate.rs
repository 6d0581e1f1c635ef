//! Decorrelation (8.6.4.5): all-pass filters and delays, quieter where the sound begins suddenly.

use super::data::MAX_BANDS;
use super::tables::Resolution;
use super::{Bands, ROW};
use transcode_simd::Kernels;

/// Places for hybrid bands with all-pass filters: there are at most 50.
const ALL_PASS: usize = 64;
/// Slots of the long delay.
const LONG: usize = 14;

/// The states of the filters.
#[derive(Debug)]
pub(crate) struct Decorrelator {
    /// The last slots, around and around.
    slots: [Bands; 16],
    /// What each link of the all-pass filters put into its delay, likewise.
    links: [[[[f32; ALL_PASS]; 2]; 8]; 3],
    /// Slots so far.
    count: usize,
    /// `P_PeakDecayNrg`, `P_SmoothNrg`, and the smoothed difference of both.
    peak: [f32; MAX_BANDS],
    smooth: [f32; MAX_BANDS],
    difference: [f32; MAX_BANDS],
}

impl Decorrelator {
    pub(crate) fn new() -> Self {
        Self {
            slots: [[[0.0; ROW]; 2]; 16],
            links: [[[[0.0; ALL_PASS]; 2]; 8]; 3],
            count: 0,
            peak: [0.0; MAX_BANDS],
            smooth: [0.0; MAX_BANDS],
            difference: [0.0; MAX_BANDS],
        }
    }

    /// Takes the hybrid bands of a slot and gives those that are not correlated with them.
    pub(crate) fn slot(&mut self, k: Kernels, resolution: &Resolution, x: &Bands, out: &mut Bands) {
        self.count = self.count.wrapping_add(1);
        let now = self.count;
        self.slots[now & 15] = *x;
        let gains = self.gains(resolution, x);

        let [before_re, before_im] = &self.slots[now.wrapping_sub(2) & 15];
        let mut v = [[0.0f32; ALL_PASS]; 2];
        let ([re, im], [c, s]) = (&mut v, resolution.phi);
        k.rotate([re, im], [&before_re[..ALL_PASS], &before_im[..ALL_PASS]], [c, s, c, s]);
        for (m, link) in self.links.iter_mut().enumerate() {
            let delayed = link[now.wrapping_sub(3 + m) & 7];
            k.ps_link(&mut v, &delayed, &mut link[now & 7], &resolution.links[m], &resolution.decay[m]);
        }
        let (all_pass, long) = (resolution.all_pass, resolution.long_delay);
        for (c, out) in out.iter_mut().enumerate() {
            out[..all_pass].copy_from_slice(&v[c][..all_pass]);
            let delayed = &self.slots[now.wrapping_sub(LONG) & 15][c];
            out[all_pass..long].copy_from_slice(&delayed[all_pass..long]);
            out[long..].copy_from_slice(&self.slots[now.wrapping_sub(1) & 15][c][long..]);
            for (o, g) in out.iter_mut().zip(&gains) {
                *o *= g;
            }
        }
    }

    /// How much transients damp each hybrid band (8.6.4.5.3).
    fn gains(&mut self, resolution: &Resolution, x: &Bands) -> [f32; ROW] {
        /// How fast peaks decay.
        const DECAY: f32 = 0.765_928_3;
        const SMOOTH: f32 = 0.25;
        /// From which relation on a band counts as transient.
        const IMPACT: f32 = 1.5;
        let mut power = [0.0f32; MAX_BANDS];
        for (k, &b) in resolution.band_of.iter().enumerate() {
            power[usize::from(b)] += x[0][k] * x[0][k] + x[1][k] * x[1][k];
        }
        let mut of_band = [0.0f32; MAX_BANDS];
        for b in 0..MAX_BANDS {
            let p = power[b];
            let decayed = DECAY * self.peak[b];
            self.peak[b] = if decayed > p { decayed } else { p };
            self.smooth[b] += SMOOTH * (p - self.smooth[b]);
            self.difference[b] += SMOOTH * (self.peak[b] - p - self.difference[b]);
            let impact = IMPACT * self.difference[b];
            of_band[b] = if impact > self.smooth[b] { self.smooth[b] / impact } else { 1.0 };
        }
        let mut gains = [0.0; ROW];
        for (g, &b) in gains.iter_mut().zip(resolution.band_of) {
            *g = of_band[usize::from(b)];
        }
        gains
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::{BANDS_20, BANDS_34};
    use super::*;

    /// All-pass filters and delays keep the energy of what goes through.
    #[test]
    fn energy_passes() {
        for resolution in [&BANDS_20, &BANDS_34] {
            let mut d = Decorrelator::new();
            // A steady turn of each band: after the transient of its begin it comes out as loud as it went in.
            for n in 0..400usize {
                let x: Bands = core::array::from_fn(|c| {
                    core::array::from_fn(|k| {
                        let angle = 0.1 * n as f32 * (1.0 + k as f32 * 0.01);
                        if k >= resolution.hybrid {
                            0.0
                        } else if c == 0 {
                            angle.cos()
                        } else {
                            angle.sin()
                        }
                    })
                });
                let mut out = [[0.0; ROW]; 2];
                d.slot(Kernels::scalar(), resolution, &x, &mut out);
                if n == 399 {
                    for k in 0..resolution.hybrid {
                        let energy = out[0][k] * out[0][k] + out[1][k] * out[1][k];
                        assert!((energy - 1.0).abs() < 1e-3, "{k}: {energy}");
                    }
                }
            }
        }
    }
}
