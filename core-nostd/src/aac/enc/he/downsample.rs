//! To half the rate: a linear-phase half-band filter.

/// Taps to each side of the middle that are not zero.
const PAIRS: usize = 32;
/// Samples to each side of the middle that the filter sees.
pub(crate) const REACH: usize = 2 * PAIRS - 1;
/// Shape of the Kaiser window. The stop band begins at 0.276 of the input's rate and lies 92 dB down, so that up to 0.224 of it nothing
/// is heard of what folds over.
const BETA: f64 = 9.1;

/// The modified Bessel function of order 0 of twice the square root of `q`.
const fn bessel(q: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while k < 60.0 {
        term *= q / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// The taps at odd distances from the middle, the nearest first; the middle's is a half, and those at even distances are zero.
static TAPS: [f32; PAIRS] = {
    let mut taps = [0.0f64; PAIRS];
    let mut sum = 0.0;
    let mut i = 0;
    while i < PAIRS {
        let n = (2 * i + 1) as f64;
        let x = n / (REACH + 1) as f64;
        let window = bessel(BETA * BETA * (1.0 - x * x) / 4.0) / bessel(BETA * BETA / 4.0);
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        taps[i] = sign * window / (n * core::f64::consts::PI);
        sum += 2.0 * taps[i];
        i += 1;
    }
    // Unit gain for what does not change.
    let mut out = [0.0; PAIRS];
    i = 0;
    while i < PAIRS {
        out[i] = (taps[i] * 0.5 / sum) as f32;
        i += 1;
    }
    out
};

/// The sample of half the rate in the middle of `samples`, which reach [`REACH`] to each side of it.
pub(crate) fn half(samples: &[f32; 2 * REACH + 1]) -> f32 {
    // Eight sums side by side.
    let mut sums = [0.0f32; 8];
    let (before, after) = samples.split_at(REACH);
    for (i, taps) in TAPS.as_chunks::<8>().0.iter().enumerate() {
        for (k, tap) in taps.iter().enumerate() {
            let n = 8 * i + k;
            sums[k] += tap * (before[REACH - 1 - 2 * n] + after[1 + 2 * n]);
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    0.5 * after[0] + (((a + b) + (c + d)) + ((e + f) + (g + h)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_passes_and_stops() {
        let gain = |frequency: f64| {
            let omega = frequency * std::f64::consts::TAU;
            let sides: f64 =
                TAPS.iter().enumerate().map(|(i, &t)| 2.0 * f64::from(t) * (omega * (2 * i + 1) as f64).cos()).sum();
            0.5 + sides
        };
        for i in 0..=224 {
            let f = f64::from(i) / 1000.0;
            assert!((gain(f) - 1.0).abs() < 3e-5, "{f}: {}", gain(f));
            assert!(gain(0.5 - f).abs() < 3e-5, "{f}: {}", gain(0.5 - f));
        }
        let mut pulse = [0.0; 2 * REACH + 1];
        for i in 0..pulse.len() {
            pulse[i] = 1.0;
            let far = i.abs_diff(REACH);
            let want = if far == 0 {
                0.5
            } else if far % 2 == 1 {
                TAPS[far / 2]
            } else {
                0.0
            };
            assert_eq!(half(&pulse), want);
            pulse[i] = 0.0;
        }
    }
}
