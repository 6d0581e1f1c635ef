//! Temporal noise shaping (4.6.9): filters along the frequencies.

use crate::aac::filterbank::trig::sin_cos;
use crate::aac::syntax::ics::{Format, IcsInfo, Tns, TnsFilter, WindowSequence};
use crate::aac::tables::tns_max_bands;

/// Reflection coefficients for `coef` of 3 bits from -4 and of 4 bits from -8: sines of `coef / iqfac` (4.6.9.3).
static COARSE: [f32; 8] = reflections(4);
static FINE: [f32; 16] = reflections(8);

const fn reflections<const N: usize>(half: i32) -> [f32; N] {
    let mut table = [0.0; N];
    let mut i = 0;
    while i < N {
        let coef = i as i32 - half;
        // iqfac is (half - 0.5) / (pi / 2), with + 0.5 for negative ones: a quarter turn is `2 half -+ 1` halves.
        let (size, quarter) = if coef < 0 { (-coef, 2 * half + 1) } else { (coef, 2 * half - 1) };
        let sine = sin_cos(2 * size as u64, 4 * quarter as u64).0;
        table[i] = if coef < 0 { -sine } else { sine } as f32;
        i += 1;
    }
    table
}

/// Which way a filter is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The decoder's all-pole filter.
    Synthesis,
    /// The encoder's all-zero filter, which the former undoes.
    Analysis,
}

/// Runs all filters of a channel over its spectrum.
pub(crate) fn filter(tns: &Tns, info: &IcsInfo, format: &Format, way: Way, spectrum: &mut [f32]) {
    let short = info.sequence == WindowSequence::EightShort;
    let bands = info.bands(format);
    let limit = tns_max_bands(format.frequency_index, format.frame_length, short).min(info.max_sfb);
    let windows = if short { 8 } else { 1 };
    let window_length = spectrum.len() / windows;
    for (w, spectrum) in spectrum.chunks_exact_mut(window_length).enumerate() {
        let mut bottom = bands.count();
        for f in 0..usize::from(tns.count[w]) {
            let filter = &tns.filters[w + f];
            let top = bottom;
            bottom = top.saturating_sub(usize::from(filter.length));
            let (start, end) = (bands.start(bottom.min(limit)), bands.start(top.min(limit)));
            if filter.order > 0 && start < end {
                run(filter, way, &mut spectrum[start..end]);
            }
        }
    }
}

/// One filter over its range.
pub(crate) fn run(filter: &TnsFilter, way: Way, range: &mut [f32]) {
    let order = usize::from(filter.order);
    let mut lpc = [0.0f32; 20];
    for (m, &c) in filter.coef[..order].iter().enumerate() {
        let k = if filter.fine { FINE[(c + 8) as usize & 15] } else { COARSE[(c + 4) as usize & 7] };
        // From reflection coefficients to those of a direct filter, in place from both ends.
        for i in 0..m.div_ceil(2) {
            let j = m - 1 - i;
            let (a, b) = (lpc[i], lpc[j]);
            lpc[i] = a + k * b;
            lpc[j] = b + k * a;
        }
        lpc[m] = k;
    }
    // The newest value first.
    let mut state = [0.0f32; 20];
    let mut step = |v: &mut f32| {
        let x = *v;
        let mut y = x;
        for i in 0..order {
            match way {
                Way::Synthesis => y -= lpc[i] * state[i],
                Way::Analysis => y += lpc[i] * state[i],
            }
        }
        state.copy_within(0..order - 1, 1);
        state[0] = if way == Way::Synthesis { y } else { x };
        *v = y;
    };
    if filter.downwards {
        range.iter_mut().rev().for_each(&mut step);
    } else {
        range.iter_mut().for_each(&mut step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reflection_coefficients_are_the_standards() {
        // 4.6.9.3 with coef_res 3 and 4.
        for (i, &v) in COARSE.iter().enumerate() {
            let c = i as f64 - 4.0;
            let iqfac = (4.0 + if c < 0.0 { 0.5 } else { -0.5 }) / std::f64::consts::FRAC_PI_2;
            assert!((f64::from(v) - (c / iqfac).sin()).abs() < 1e-7);
        }
        for (i, &v) in FINE.iter().enumerate() {
            let c = i as f64 - 8.0;
            let iqfac = (8.0 + if c < 0.0 { 0.5 } else { -0.5 }) / std::f64::consts::FRAC_PI_2;
            assert!((f64::from(v) - (c / iqfac).sin()).abs() < 1e-7);
        }
    }

    #[test]
    fn synthesis_undoes_analysis() {
        let mut filter = TnsFilter { length: 10, order: 7, fine: true, ..TnsFilter::default() };
        filter.coef[..7].copy_from_slice(&[3, -2, 5, -7, 1, 0, -1]);
        for downwards in [false, true] {
            filter.downwards = downwards;
            let original: [f32; 64] = core::array::from_fn(|i| ((i * 37 + 11) % 64) as f32 - 30.0);
            let mut v = original;
            run(&filter, Way::Analysis, &mut v);
            assert_ne!(v, original);
            run(&filter, Way::Synthesis, &mut v);
            assert!(v.iter().zip(&original).all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }
}
