//! Perceptual noise substitution (4.6.13): of bands that sound like noise only the energy is coded.

use super::bands::Bands;
use super::config::Plan;
use super::math::{exp2, sqrt};
use super::quant::Quantiser;
use super::scalefactors::Aims;
use crate::aac::tables;

/// Bits a second of a channel from which the noise itself can be coded.
const ENOUGH: u32 = 60_000;
/// Bits a second of a channel that are few.
const FEW: u32 = 36_000;
/// Below these frequencies, with few bits and with more, the ear tells one noise from another.
const FROM_HZ: [u64; 2] = [4000, 5500];
/// What other noise costs, as a part of the weighted energy of the noise it stands for.
const COST: [f32; 2] = [0.25, 0.5];
/// Lines that tell noise from tones, at least.
const LEAST_WIDTH: usize = 8;
/// Noise that is this much louder in a part of a block than in the whole would be spread over the block.
const STEADY: f32 = 3.0;
/// Above this predictability, and below this flatness, the cost of a band begins to double.
const PREDICTABLE: f32 = 0.5;
const FLAT: f32 = 0.8;
/// How often it doubles up to what is wholly predictable, and for a flatness of 0.
const DOUBLED: [f32; 2] = [8.0, 20.0];

/// Where noise may be substituted in a stream: long windows only, since its energies would take more bits than they save in short ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Substitution {
    /// The first band of a long window.
    pub(crate) first: usize,
    cost: f32,
}

impl Substitution {
    pub(crate) fn new(plan: &Plan) -> Self {
        let more = usize::from(plan.bits_per_channel >= FEW);
        let offsets = tables::long_bands(plan.asc.sampling_frequency_index, 1024);
        let line = (FROM_HZ[more] * 2048 / u64::from(plan.asc.sampling_frequency)).min(1024) as u16;
        let first = offsets.iter().take_while(|&&o| o < line).count();
        // What is replicated is to come from lines, not from noise.
        let may = plan.bits_per_channel < ENOUGH && !plan.replicates;
        Self { first: if may { first } else { usize::MAX }, cost: COST[more] }
    }

    /// Writes into `aims` what noise in place of each band costs. `predictable` is of each band, 0 to 1; `stands_out`: by how much the
    /// loudest part of the block exceeds its mean.
    pub(crate) fn price(
        &self,
        bands: &Bands,
        quantiser: &Quantiser,
        predictable: &[f32; 64],
        stands_out: f32,
        aims: &mut Aims,
    ) {
        aims.noise.fill(f32::INFINITY);
        if bands.is_short() || stands_out > STEADY {
            return;
        }
        for b in self.first..bands.count() {
            let width = bands.lines(b).len();
            if width < LEAST_WIDTH || quantiser.energy[b] < 1.0 {
                continue;
            }
            // 0.82 for noise of a normal distribution, less with peaks.
            let level = sqrt(sqrt(quantiser.energy[b] / width as f32));
            let flatness = quantiser.form[b] / (width as f32 * level);
            let tonal = DOUBLED[0] * (predictable[b] - PREDICTABLE).max(0.0) + DOUBLED[1] * (FLAT - flatness).max(0.0);
            aims.noise[b] = self.cost * exp2(tonal);
        }
    }
}
