//! Tone and noise: how strong the inverse filters should be, and how much noise is to be added, so that a patch has the texture of what it
//! stands for.

use crate::aac::enc::math::log2;
use crate::aac::sbr::header::Tables;
use crate::aac::sbr::qmf::Complex;

/// How predictable each QMF band is: the energy of what can be predicted over that of what can't.
pub(crate) type Tonality = [f32; 64];

/// The tonality of the bands of `slots`, of which the first two only predict (4.6.18.6.2).
pub(crate) fn tonality(slots: &[[Complex; 64]]) -> Tonality {
    // phi(0, 0), phi(1, 1), phi(2, 2), and the real and imaginary parts of phi(0, 1), phi(0, 2), phi(1, 2).
    let mut phi = [[0.0f32; 64]; 9];
    let dot = |a: Complex, b: Complex| [a[0] * b[0] + a[1] * b[1], a[1] * b[0] - a[0] * b[1]];
    for s in slots.windows(3) {
        for k in 0..64 {
            let (x0, x1, x2) = (s[2][k], s[1][k], s[0][k]);
            for (i, x) in [x0, x1, x2].into_iter().enumerate() {
                phi[i][k] += x[0] * x[0] + x[1] * x[1];
            }
            for (i, (a, b)) in [(x0, x1), (x0, x2), (x1, x2)].into_iter().enumerate() {
                let d = dot(a, b);
                phi[3 + 2 * i][k] += d[0];
                phi[4 + 2 * i][k] += d[1];
            }
        }
    }
    core::array::from_fn(|k| {
        let [p00, p11, p22, r01, i01, r02, i02, r12, i12] = core::array::from_fn(|i| phi[i][k]);
        // The energy that the best two coefficients leave, by elimination; a little noise keeps it over zero.
        let least = 1e-4 * p00 + 64.0;
        let (p11, p22) = (p11 + least, p22 + least);
        let d = (p22 - (r12 * r12 + i12 * i12) / p11).max(least);
        let (re, im) = (r02 - (r01 * r12 - i01 * i12) / p11, i02 - (r01 * i12 + i01 * r12) / p11);
        let predicted = (r01 * r01 + i01 * i01) / p11 + (re * re + im * im) / d;
        let rest = (p00 - predicted).max(least);
        (p00 / rest - 1.0).max(0.0)
    })
}

/// What is said of a channel's texture in a frame.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Texture {
    /// `bs_invf_mode` of each noise band.
    pub(crate) filters: [u8; 5],
    /// `Q` of each noise band, in steps of 3 dB below 64 times the energy of the patch.
    pub(crate) noise: [i16; 5],
}

/// Most noise beside a patch of energy 1.
const MOST_NOISE: f32 = 0.7;
/// And least, that is said at all.
const LEAST_NOISE: f32 = 1.0 / 4096.0;

/// A sinusoid is so much more predictable than noise,
const TONAL: f32 = 300.0;
/// is so much of the energy of its band,
const DOMINANT: f32 = 0.7;
/// and so much more predictable than the patch.
const MISSING: f32 = 4.0;

/// The bands of high resolution that sound as a sinusoid where their patch does not, a bit each (`bs_add_harmonic`). `slots` are those that
/// the tonality is of.
pub(crate) fn sinusoids(tables: &Tables, sources: &[u8; 64], tonality: &Tonality, slots: &[[Complex; 64]]) -> u64 {
    let mut mask = 0;
    for (b, borders) in tables.resolution[1].as_slice().windows(2).enumerate() {
        let bands = usize::from(borders[0])..usize::from(borders[1]);
        let patch = bands.clone().map(|k| tonality[usize::from(sources[k])]).fold(0.0, f32::max);
        if bands.clone().all(|k| tonality[k] < TONAL.max(MISSING * patch)) {
            continue;
        }
        let energy = |k: usize| slots.iter().map(|s| s[k][0] * s[k][0] + s[k][1] * s[k][1]).sum::<f32>();
        let (mut all, mut largest) = (0.0f32, (0.0f32, 0));
        for k in bands {
            let e = energy(k);
            all += e;
            largest = if e > largest.0 { (e, k) } else { largest };
        }
        // Beside others that nothing is heard of there is no need of it.
        let heard = largest.0 > 4096.0 * slots.len() as f32;
        if heard && largest.0 > DOMINANT * all && tonality[largest.1] > TONAL.max(MISSING * patch) {
            mask |= 1 << b;
        }
    }
    mask
}

/// The texture that makes bands from patches sound like `tonality` says they do.
pub(crate) fn choose(tables: &Tables, sources: &[u8; 64], tonality: &Tonality) -> Texture {
    let mut texture = Texture::default();
    for (i, b) in tables.noise.as_slice().windows(2).enumerate() {
        let bands = usize::from(b[0])..usize::from(b[1]);
        let n = bands.len().max(1) as f32;
        let (mut noise_own, mut logs) = (0.0f32, [0.0f32; 2]);
        for k in bands.clone() {
            let (o, p) = (tonality[k], tonality[usize::from(sources[k])]);
            noise_own += 1.0 / (1.0 + o) / n;
            logs = [logs[0] + log2(1.0 + o) / n, logs[1] + log2(1.0 + p) / n];
        }
        // Powers of two that the patch is more predictable by.
        let (mode, left) = match logs[1] - logs[0] {
            d if d < 1.0 => (0, 1.0),
            d if d < 2.0 => (1, 0.5),
            d if d < 3.5 => (2, 0.25),
            _ => (3, 0.1),
        };
        texture.filters[i] = mode;
        let noise_patch = bands.map(|k| 1.0 / (1.0 + left * tonality[usize::from(sources[k])])).sum::<f32>() / n;
        let noise = (noise_own - noise_patch) / (1.0 - noise_own).max(0.01);
        let q = 6.0 - log2(noise.clamp(LEAST_NOISE, MOST_NOISE));
        texture.noise[i] = libm::roundf(q) as i16;
    }
    texture
}
