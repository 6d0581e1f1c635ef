//! Mixing (8.6.4.6): two channels from the one and its decorrelated self.

use super::data::{Data, MAX_BANDS};
use super::tables::{FROM_20_TO_34, FROM_34_TO_20, MIXING, PHASES, Resolution};
use super::{Bands, ROW};
use crate::aac::math::sqrt;
use crate::aac::sbr::Complex;
use transcode_simd::Kernels;

/// Coefficients: the real parts of `h11`, `h12`, `h21`, `h22`, then their imaginary parts.
const H: usize = 8;
/// Stereo bands with phases.
const PHASE_BANDS: usize = 17;

/// The coefficients and how they go on.
#[derive(Debug)]
pub(crate) struct Mixer {
    /// At the end of the last envelope, of each stereo band. Before the first one there is silence, from which it is reached.
    last: [[f32; MAX_BANDS]; H],
    /// Of the current slot and what is added at the next one, of each hybrid band.
    now: [[f32; ROW]; H],
    step: [[f32; ROW]; H],
    /// Phases turn in this envelope.
    turning: bool,
    /// `ipd` and `opd` of the last two envelopes, the older one first.
    history: [[[Complex; PHASE_BANDS]; 2]; 2],
}

const NO_PHASES: [[[Complex; PHASE_BANDS]; 2]; 2] = [[[[1.0, 0.0]; PHASE_BANDS]; 2]; 2];

impl Mixer {
    pub(crate) fn new() -> Self {
        Self {
            last: [[0.0; MAX_BANDS]; H],
            now: [[0.0; ROW]; H],
            step: [[0.0; ROW]; H],
            turning: false,
            history: NO_PHASES,
        }
    }

    /// There are 34 (`fine`) or 20 stereo bands from now on.
    pub(crate) fn change(&mut self, fine: bool) {
        for h in &mut self.last {
            let old = *h;
            if fine {
                for (to, [a, b]) in h.iter_mut().zip(&FROM_20_TO_34) {
                    *to = 0.5 * (old[usize::from(*a)] + old[usize::from(*b)]);
                }
            } else {
                for (to, from) in h.iter_mut().zip(&FROM_34_TO_20) {
                    *to = from.iter().map(|&b| old[usize::from(b)]).sum::<f32>() / from.len() as f32;
                }
            }
        }
        self.history = NO_PHASES;
    }

    /// Goes on to the coefficients of envelope `e`, which are reached after `slots` slots.
    pub(crate) fn next(&mut self, data: &Data, e: usize, resolution: &Resolution, slots: usize) {
        let fine = resolution.bands == 34;
        let (iid, icc) = (data.iid(e, fine), data.icc(e, fine));
        let table = &MIXING[usize::from(data.second_procedure())];
        let mut goal = [[0.0; MAX_BANDS]; H];
        for b in 0..resolution.bands {
            let h = &table[iid[b].clamp(0, 45) as usize][icc[b].clamp(0, 7) as usize];
            for (goal, h) in goal.iter_mut().zip(h) {
                goal[b] = *h;
            }
        }
        let was_turning = self.last[4..].iter().flatten().any(|&v| v != 0.0);
        self.turning = data.has_phases() || was_turning;
        if data.has_phases() {
            self.turn(data, e, resolution, &mut goal);
        } else {
            self.history = NO_PHASES;
        }
        let part = 1.0 / slots.max(1) as f32;
        for (i, goal) in goal.iter().enumerate() {
            let (now, step) = (&mut self.now[i], &mut self.step[i]);
            for (k, &b) in resolution.band_of.iter().enumerate() {
                let b = usize::from(b);
                // Bands of negative frequency turn the other way.
                let sign = if i >= 4 && resolution.negative.contains(&k) { -1.0 } else { 1.0 };
                now[k] = sign * self.last[i][b];
                step[k] = sign * (goal[b] - self.last[i][b]) * part;
            }
        }
        self.last = goal;
    }

    /// Turns the coefficients by the smoothed phases (8.6.4.6.3).
    fn turn(&mut self, data: &Data, e: usize, resolution: &Resolution, goal: &mut [[f32; MAX_BANDS]; H]) {
        let phases = data.phases(e, resolution.bands == 34);
        for b in 0..resolution.phase_bands {
            let mut smooth = [[0.0; 2]; 2];
            for (i, smooth) in smooth.iter_mut().enumerate() {
                let now = PHASES[(phases[i][b] & 7) as usize];
                let (older, old) = (self.history[0][i][b], self.history[1][i][b]);
                let re = 0.25 * older[0] + 0.5 * old[0] + now[0];
                let im = 0.25 * older[1] + 0.5 * old[1] + now[1];
                // At least a quarter.
                let scale = 1.0 / sqrt(re * re + im * im);
                *smooth = [re * scale, im * scale];
                self.history[0][i][b] = old;
                self.history[1][i][b] = now;
            }
            let [ipd, opd] = smooth;
            // The right channel's phase is the left one's, less the difference.
            let right = [opd[0] * ipd[0] + opd[1] * ipd[1], opd[1] * ipd[0] - opd[0] * ipd[1]];
            for (i, phase) in [opd, right, opd, right].iter().enumerate() {
                let h = goal[i][b];
                goal[i][b] = h * phase[0];
                goal[4 + i][b] = h * phase[1];
            }
        }
    }

    /// Mixes a slot: `direct` becomes the left channel, `diffuse` the right one.
    pub(crate) fn slot(&mut self, k: Kernels, direct: &mut Bands, diffuse: &mut Bands) {
        k.ps_mix(direct, diffuse, &mut self.now, &self.step, self.turning);
    }
}
