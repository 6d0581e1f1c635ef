//! Another sampling frequency.
//!
//! A polyphase filter: the ideal low-pass, a sinc, under a Kaiser window of fixed shape, so that the result is the same to the bit
//! on every machine and at every SIMD level. Output sample `n` stands for time `n / to` of an input whose first sample is at 0: the
//! filter has no delay, and a sound of `n` samples becomes one of `n * to / from`, rounded up.

use std::f64::consts::PI;

/// How good the filter is, against the work it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quality {
    /// Zero crossings of the sinc on either side.
    crossings: usize,
    /// Shape of the Kaiser window.
    beta: f64,
    /// Where the transition is half done, over the lower of both Nyquist frequencies.
    cutoff: f64,
}

impl Quality {
    /// Flat to 91% of the lower Nyquist frequency (20 kHz of 44.1), aliases and images below -120 dB.
    pub(crate) const HIGH: Self = Self { crossings: 84, beta: 12.27, cutoff: 0.955 };
}

/// Phases of the filter that are tabulated; between them, where a ratio has more, it is interpolated linearly.
const MOST_PHASES: u64 = 4096;

/// Sums that a scalar product is made of, so that compilers may vectorise it without changing it.
const LANES: usize = 8;

/// Changes the sampling frequency of planes.
pub(crate) struct Resampler {
    /// Input samples a period, and output samples, in lowest terms.
    from: u64,
    to: u64,
    phases: u64,
    taps: usize,
    /// `taps` coefficients a phase; one phase more than there are, for interpolation.
    table: Vec<f32>,
    /// Input that is still needed; its first sample is number `base` counted from `-taps / 2`.
    history: Vec<Vec<f32>>,
    base: u64,
    /// Number of the next output sample.
    next: u64,
    /// Samples taken in.
    taken: u64,
}

/// The zeroth-order modified Bessel function of the first kind.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..64 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Resampler {
    /// A resampler of `channels` planes; `None` where the frequencies are the same. Neither is 0.
    pub(crate) fn new(from: u32, to: u32, channels: usize, quality: Quality) -> Option<Self> {
        if from == to || from == 0 || to == 0 {
            return None;
        }
        let common = gcd(from.into(), to.into());
        let (from, to) = (u64::from(from) / common, u64::from(to) / common);
        let phases = to.min(MOST_PHASES);
        // The filter is cut at the lower Nyquist frequency; with it, it grows longer.
        let scale = quality.cutoff * (to as f64 / from as f64).min(1.0);
        let half = (quality.crossings as f64 / scale).ceil() as usize;
        let taps = (2 * half).next_multiple_of(LANES);
        let reach = (taps / 2) as f64;
        let mut table = Vec::with_capacity((phases as usize + 1) * taps);
        for phase in 0..=phases {
            let at = phase as f64 / phases as f64;
            let row: Vec<f64> = (0..taps)
                .map(|k| {
                    // Distance of the output sample from input sample k.
                    let t = at + reach - 1.0 - k as f64;
                    let inside = 1.0 - (t / reach).powi(2);
                    if inside <= 0.0 {
                        return 0.0;
                    }
                    let x = PI * t * scale;
                    let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
                    sinc * bessel(quality.beta * inside.sqrt())
                })
                .collect();
            // A constant stays what it is, whatever the phase.
            let sum: f64 = row.iter().sum();
            table.extend(row.iter().map(|c| (c / sum) as f32));
        }
        // As if silence came before: then the first output sample needs nothing from before the first input sample.
        let history = vec![vec![0.0; taps / 2 - 1]; channels];
        Some(Self { from, to, phases, taps, table, history, base: 0, next: 0, taken: 0 })
    }
    /// Takes samples and gives what can be computed now.
    pub(crate) fn push(&mut self, planes: &[Vec<f32>]) -> Vec<Vec<f32>> {
        self.taken += planes.first().map_or(0, Vec::len) as u64;
        for (history, plane) in self.history.iter_mut().zip(planes) {
            history.extend_from_slice(plane);
        }
        self.drain(u64::MAX)
    }
    /// Gives what is left, once all samples were taken.
    pub(crate) fn finish(&mut self) -> Vec<Vec<f32>> {
        for history in &mut self.history {
            history.resize(history.len() + self.taps, 0.0);
        }
        let whole = u128::from(self.taken) * u128::from(self.to);
        self.drain(whole.div_ceil(u128::from(self.from)) as u64)
    }
    /// Output samples up to number `end` that the history suffices for.
    fn drain(&mut self, end: u64) -> Vec<Vec<f32>> {
        let first = self.next;
        let there = self.base + self.history.first().map_or(0, Vec::len) as u64;
        // Output n lies behind input floor(n * from / to), and needs the `taps` samples that begin so far before it.
        let place = |n: u64| {
            let at = u128::from(n) * u128::from(self.from);
            ((at / u128::from(self.to)) as u64, (at % u128::from(self.to)) as u64)
        };
        let mut last = first;
        while last < end && place(last).0 + self.taps as u64 <= there {
            last += 1;
        }
        let output = |history: &Vec<f32>| {
            let one = |n: u64| {
                let (whole, rest) = place(n);
                let start = (whole - self.base) as usize;
                let input = &history[start..start + self.taps];
                if self.to == self.phases {
                    return dot(input, self.row(rest));
                }
                let scaled = u128::from(rest) * u128::from(self.phases);
                let (phase, between) = (scaled / u128::from(self.to), scaled % u128::from(self.to));
                let (a, b) = (dot(input, self.row(phase as u64)), dot(input, self.row(phase as u64 + 1)));
                a + (b - a) * (between as f64 / self.to as f64) as f32
            };
            (first..last).map(one).collect()
        };
        let planes = self.history.iter().map(output).collect();
        self.next = last;
        let done = (place(last).0.min(there) - self.base) as usize;
        for history in &mut self.history {
            history.drain(..done);
        }
        self.base += done as u64;
        planes
    }
    fn row(&self, phase: u64) -> &[f32] {
        let at = phase as usize * self.taps;
        &self.table[at..at + self.taps]
    }
}

/// A scalar product, in an order that does not depend on the machine.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a, _) = a.as_chunks::<LANES>();
    let (b, _) = b.as_chunks::<LANES>();
    for (x, y) in a.iter().zip(b) {
        for i in 0..LANES {
            sums[i] += x[i] * y[i];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

/// Time of the first output sample for an input that begins at `start`: the nearest sample.
pub(crate) fn start_at(start: i64, from: u32, to: u32) -> i64 {
    use transcode_container::Timebase;
    Timebase::per_second(from).rescale(start, Timebase::per_second(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resamples in pieces of odd sizes.
    fn resample(input: &[f32], from: u32, to: u32) -> Vec<f32> {
        let mut r = Resampler::new(from, to, 1, Quality::HIGH).unwrap();
        let mut out = Vec::new();
        for (i, piece) in input.chunks(701).enumerate() {
            let (a, b) = piece.split_at((i * 37) % (piece.len() + 1));
            out.extend(r.push(&[a.to_vec()]).remove(0));
            out.extend(r.push(&[b.to_vec()]).remove(0));
        }
        out.extend(r.finish().remove(0));
        out
    }

    fn tone(n: usize, frequency: f64, rate: u32) -> Vec<f32> {
        (0..n).map(|i| (2.0 * PI * frequency * i as f64 / f64::from(rate)).sin() as f32 * 0.5).collect()
    }

    /// Error of a resampled tone in dB, against the tone itself, away from the ends.
    fn error_db(from: u32, to: u32, frequency: f64) -> f64 {
        let out = resample(&tone(from as usize / 4, frequency, from), from, to);
        assert_eq!(out.len(), (from as usize / 4 * to as usize).div_ceil(from as usize));
        let ideal = tone(out.len(), frequency, to);
        let inner = 600..out.len() - 600;
        let power = |f: &dyn Fn(usize) -> f64| inner.clone().map(|i| f(i).powi(2)).sum::<f64>();
        let noise = power(&|i| f64::from(out[i]) - f64::from(ideal[i]));
        10.0 * (noise / power(&|i| f64::from(ideal[i]))).log10()
    }

    #[test]
    fn tones_pass() {
        for (from, to) in
            [(44100, 48000), (48000, 44100), (96000, 44100), (16000, 48000), (44100, 22050), (44100, 47999)]
        {
            let nyquist = f64::from(from.min(to)) / 2.0;
            for part in [0.02, 0.5, 0.9] {
                let db = error_db(from, to, nyquist * part);
                assert!(db < -115.0, "{from} to {to} at {part}: {db:.1} dB");
            }
        }
    }

    #[test]
    fn what_lies_beyond_is_stopped() {
        // 23 kHz does not exist at 44.1 kHz.
        let out = resample(&tone(48000, 23_000.0, 48000), 48000, 44100);
        let loudest = out[600..out.len() - 600].iter().fold(0.0f32, |m, x| m.max(x.abs()));
        assert!(20.0 * f64::from(loudest / 0.5).log10() < -115.0, "{loudest}");
    }

    #[test]
    fn a_click_stays_where_it_is() {
        let mut input = vec![0.0; 9000];
        input[4410] = 1.0;
        for (to, at) in [(48000, 4800), (88200, 8820), (22050, 2205)] {
            let out = resample(&input, 44100, to);
            let loudest = (0..out.len()).max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs())).unwrap();
            assert_eq!(loudest, at, "{to}");
        }
    }

    #[test]
    fn constants_stay_and_ends_are_exact() {
        let out = resample(&[0.25; 5000], 48000, 44100);
        assert_eq!(out.len(), 4594);
        assert!(out[200..4300].iter().all(|x| (x - 0.25).abs() < 1e-6));
        assert!(resample(&[], 8000, 48000).is_empty());
        assert_eq!(resample(&[1.0], 8000, 48000).len(), 6);
        assert!(Resampler::new(8000, 8000, 1, Quality::HIGH).is_none());
        assert_eq!(start_at(441, 44100, 48000), 480);
    }
}
