//! Temporal noise shaping (4.6.9): a filter along the frequencies, so that errors are loud where in a block the sound is.

use super::bands::Bands;
use super::math::exp2;
use super::quant::Quantiser;
use super::stereo::cost;
use crate::aac::syntax::ics::{MAX_BANDS, Tns, TnsFilter};
use crate::aac::tables;
use crate::aac::tns::{Way, run};

/// Most coefficients of a filter; the standard allows 12.
const ORDER: usize = 8;
/// A filter is worth its bits if it predicts this much of the spectrum: energy before over after.
const GAIN: f32 = 1.2;
/// Largest reflection coefficient.
const STEEPEST: f32 = 0.98;
/// How short in frequency the answer of a filter is kept: the power of a lag in the window of the autocorrelation.
///
/// Poles next to the unit circle answer to one line through all those above it. Errors that hide at a loud line then come to where it is soft,
/// and are heard there, however well the filter predicts.
const SHORTER: f32 = 0.08;
/// The filter begins here: below, blocks are short beside the periods of the sound.
const FROM_HZ: u32 = 1400;

/// The bands of long windows that filters work on, by a stream's sampling rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    first: usize,
    end: usize,
    /// All scalefactor bands of a window, which the length of a filter counts from.
    all: usize,
}

impl Range {
    /// The bands that the filter changes.
    pub(crate) fn bands(&self) -> core::ops::Range<usize> {
        self.first..self.end
    }

    pub(crate) fn new(sampling_frequency: u32, index: u8, bands: usize) -> Self {
        let offsets = tables::long_bands(index, 1024);
        let line = (u64::from(FROM_HZ) * 2048 / u64::from(sampling_frequency)) as u16;
        let first = offsets.iter().take_while(|&&o| o < line).count();
        let end = tables::tns_max_bands(index, 1024, false).min(bands);
        Self { first, end, all: offsets.len() - 1 }
    }
}

/// Decides on one filter for all channels of an element of long windows, and filters their spectra with it, if that is worth its while:
/// with `weights` of errors in each channel, and the likely weight of bits `lambda`. Also tells how the decoder's filter answers to a line.
pub(crate) fn decide(
    bands: &Bands,
    range: Range,
    quantisers: &mut [&mut Quantiser],
    weights: &[&[f32; MAX_BANDS]],
    lambda: f32,
) -> Option<(Tns, Response)> {
    // With a few bands there is nothing to tell.
    if range.first + 6 > range.end {
        return None;
    }
    // Autocorrelation of the spectra, each line weighted by its band's energy: an envelope that falls is no prediction.
    let mut r = [0.0f32; ORDER + 1];
    for q in quantisers.iter() {
        let mut flat = [0.0f32; 1024];
        let mut len = 0;
        let mut loudest = 0.0f32;
        for b in range.first..range.end {
            loudest = loudest.max(q.energy[b] / bands.lines(b).len() as f32);
        }
        for b in range.first..range.end {
            let lines = bands.lines(b);
            // Bands that hardly sound are left small.
            let energy = (q.energy[b] / lines.len() as f32).max(1e-6 * loudest).max(1e-3);
            let weight = 1.0 / super::math::sqrt(energy);
            for i in lines {
                flat[len] = q.spectrum[i] * weight;
                len += 1;
            }
        }
        for (lag, r) in r.iter_mut().enumerate() {
            // Eight sums side by side.
            let mut sums = [0.0f32; 8];
            let (a, b) = (flat[..len - lag].as_chunks::<8>().0, flat[lag..len].as_chunks::<8>().0);
            for (a, b) in a.iter().zip(b) {
                for k in 0..8 {
                    sums[k] += a[k] * b[k];
                }
            }
            *r += sums.iter().sum::<f32>();
        }
    }
    for (lag, r) in r.iter_mut().enumerate() {
        let x = SHORTER * lag as f32;
        *r *= exp2(-core::f32::consts::LOG2_E * x * x);
    }
    let filter = design(&r)?;
    let filter = TnsFilter { length: (range.all - range.first) as u8, ..filter };
    let lines = bands.lines(range.first).start..bands.lines(range.end - 1).end;
    let response = response(&filter);
    let (mut before, mut after) = (0.0, 0.0);
    for (q, weights) in quantisers.iter_mut().zip(weights) {
        let mut filtered = q.spectrum;
        run(&filter, Way::Analysis, &mut filtered[lines.clone()]);
        let mut changed = **weights;
        reweigh(bands, range, &response, &mut changed);
        for b in range.bands() {
            let lines = bands.lines(b);
            let width = lines.len() as f32;
            let energy = filtered[lines].iter().map(|v| v * v).sum();
            before += cost(q.energy[b], weights[b], width, lambda);
            after += cost(energy, changed[b], width, lambda);
        }
    }
    if after > before {
        return None;
    }
    for q in quantisers.iter_mut() {
        run(&filter, Way::Analysis, &mut q.spectrum[lines.clone()]);
    }
    let mut tns = Tns::default();
    tns.count[0] = 1;
    tns.filters[0] = filter;
    Some((tns, response))
}

/// Energies of what the decoder's filter makes of a line, from that line upwards.
pub(crate) type Response = [f32; REACH];
const REACH: usize = 192;

fn response(filter: &TnsFilter) -> Response {
    let mut h = [0.0; REACH];
    h[0] = 1.0;
    run(filter, Way::Synthesis, &mut h);
    h.map(|v| v * v)
}

/// Makes weights of errors before the decoder's filter of those behind it: an error in a line weighs as what becomes of it in the lines
/// above.
pub(crate) fn reweigh(bands: &Bands, range: Range, response: &Response, weights: &mut [f32; MAX_BANDS]) {
    let mut sums = [0.0f32; REACH + 1];
    for (i, r) in response.iter().enumerate() {
        sums[i + 1] = sums[i] + r;
    }
    for b in range.bands() {
        let lines = bands.lines(b);
        let line = (lines.start + lines.end) / 2;
        let mut weight = 0.0;
        for above in b..range.end {
            let lines = bands.lines(above);
            let (from, to) = (lines.start.max(line) - line, (lines.end - line).min(REACH));
            if from >= to {
                break;
            }
            weight += weights[above] * (sums[to] - sums[from]);
        }
        weights[b] = weight;
    }
}

/// The filter that predicts best a spectrum of this autocorrelation (Levinson and Durbin), if it predicts enough.
fn design(r: &[f32; ORDER + 1]) -> Option<TnsFilter> {
    if r[0] <= 0.0 {
        return None;
    }
    let mut filter = TnsFilter { fine: true, ..TnsFilter::default() };
    let mut a = [0.0f32; ORDER];
    // Sharp filters are spared: errors that ring through all of the spectrum are heard beyond where they should be.
    let mut rest = r[0] * 1.01;
    for m in 0..ORDER {
        let sum = r[m + 1] + (0..m).map(|i| a[i] * r[m - i]).sum::<f32>();
        let k = (-sum / rest).clamp(-STEEPEST, STEEPEST);
        // The quantised coefficient goes on, so that the rest of the filter makes up for its error.
        let steps = if k < 0.0 { 8.5 } else { 7.5 } / core::f32::consts::FRAC_PI_2;
        let coef = libm::roundf(libm::asinf(k) * steps).clamp(-8.0, 7.0);
        let k = libm::sinf(coef / steps);
        filter.coef[m] = coef as i8;
        let before = a;
        for i in 0..m {
            a[i] = before[i] + k * before[m - 1 - i];
        }
        a[m] = k;
        rest *= 1.0 - k * k;
        if coef != 0.0 {
            filter.order = m as u8 + 1;
        }
    }
    (r[0] > GAIN * rest && filter.order > 0).then_some(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_is_predicted_and_noise_is_not() {
        // The spectrum of a pulse is a sine along the frequencies.
        let autocorrelation = |x: &dyn Fn(usize) -> f32| {
            core::array::from_fn(|lag| (0..800 - lag).map(|i| x(i) * x(i + lag)).sum::<f32>())
        };
        let filter = design(&autocorrelation(&|i| (i as f32 * 0.7).sin())).expect("a filter");
        let mut spectrum: [f32; 256] = core::array::from_fn(|i| (i as f32 * 0.7).sin());
        run(&filter, Way::Analysis, &mut spectrum);
        let rest: f32 = spectrum[16..].iter().map(|v| v * v).sum();
        assert!(rest < 24.0, "{rest} of 120");
        let noise = |i: usize| {
            let mut x = (i as u32).wrapping_mul(2_654_435_761);
            x = (x ^ x >> 15).wrapping_mul(2_246_822_519);
            x = (x ^ x >> 13).wrapping_mul(3_266_489_917);
            (x >> 8) as f32 / 8_388_608.0 - 1.0
        };
        assert!(design(&autocorrelation(&noise)).is_none());
        assert!(design(&[0.0; ORDER + 1]).is_none());
    }
}
