//! Temporal noise shaping (4.6.9): a filter along the frequencies, so that errors are loud where in a block the sound is.

use super::bands::Bands;
use super::quant::Quantiser;
use crate::aac::syntax::ics::{Tns, TnsFilter};
use crate::aac::tables;
use crate::aac::tns::{Way, run};

/// Most coefficients of a filter; the standard allows 12.
const ORDER: usize = 8;
/// A filter is worth its bits if it predicts this much of the spectrum: energy before over after.
const GAIN: f32 = 1.6;
/// Largest reflection coefficient.
const STEEPEST: f32 = 0.85;
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

/// Decides on one filter for all channels of an element of long windows, and filters their spectra with it. Also tells by how much the
/// decoder's filter raises the energy of errors.
pub(crate) fn decide(bands: &Bands, range: Range, quantisers: &mut [&mut Quantiser]) -> Option<(Tns, f32)> {
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
    let (filter, gain) = design(&r)?;
    let filter = TnsFilter { length: (range.all - range.first) as u8, ..filter };
    let lines = bands.lines(range.first).start..bands.lines(range.end - 1).end;
    for q in quantisers.iter_mut() {
        run(&filter, Way::Analysis, &mut q.spectrum[lines.clone()]);
    }
    let mut tns = Tns::default();
    tns.count[0] = 1;
    tns.filters[0] = filter;
    Some((tns, gain))
}

/// The filter that predicts best a spectrum of this autocorrelation (Levinson and Durbin), if it predicts enough, and by how much it does.
fn design(r: &[f32; ORDER + 1]) -> Option<(TnsFilter, f32)> {
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
    (r[0] > GAIN * rest && filter.order > 0).then_some((filter, r[0] / rest))
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
        let (filter, gain) = design(&autocorrelation(&|i| (i as f32 * 0.7).sin())).expect("a filter");
        assert!(gain > 10.0);
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
