//! Numbers of parametric stereo (ISO/IEC 14496-3 8.6.4 and 8.B).
#![allow(clippy::excessive_precision, reason = "the digits of the standard")]
#![allow(long_running_const_eval, reason = "a few thousand sines")]

use crate::aac::filterbank::trig::{atan2, cos_sin, exp, sin_cos, sqrt};
use crate::aac::sbr::Complex;

/// A binary tree of codewords, as those of SBR: entry `i` has the next entry for a bit 0 and 1, or, if negative, the value minus 64.
const fn tree<const N: usize>(bits: &[u8], codes: &[u32], first: i8) -> [[i8; 2]; N] {
    assert!(bits.len() == N + 1 && codes.len() == N + 1);
    let mut tree = [[0i8; 2]; N];
    let (mut used, mut i) = (1, 0);
    while i < bits.len() {
        let (mut node, mut left) = (0, bits[i]);
        while left > 1 {
            left -= 1;
            let next = &mut tree[node][(codes[i] >> left & 1) as usize];
            // A codeword that goes on behind another would be no prefix code.
            assert!(*next >= 0);
            if *next == 0 {
                *next = used;
                used += 1;
            }
            node = *next as usize;
        }
        let leaf = &mut tree[node][(codes[i] & 1) as usize];
        assert!(*leaf == 0);
        *leaf = i as i8 + first - 64;
        i += 1;
    }
    assert!(used as usize == N);
    tree
}

macro_rules! code {
    ($name:ident, $n:literal, $first:literal, $bits:expr, $codes:expr) => {
        pub(crate) static $name: [[i8; 2]; $n - 1] = tree(&$bits, &$codes, $first);
    };
}

#[rustfmt::skip]
code!(IID_DF_FINE, 61, -30, [
    18, 18, 18, 18, 18, 18, 18, 18, 18, 17, 18, 17, 17, 16, 16, 15, 14, 14, 13, 12, 12, 11, 10, 10, 8, 7, 6, 5, 4, 3, 1, 3,
    4, 5, 6, 7, 8, 9, 10, 11, 11, 12, 13, 14, 14, 15, 16, 16, 17, 17, 18, 17, 18, 18, 18, 18, 18, 18, 18, 18, 18,
], [
    0x1feb4, 0x1feb5, 0x1fd76, 0x1fd77, 0x1fd74, 0x1fd75, 0x1fe8a, 0x1fe8b, 0x1fe88, 0x0fe80, 0x1feb6, 0x0fe82,
    0x0feb8, 0x07f42, 0x07fae, 0x03faf, 0x01fd1, 0x01fe9, 0x00fe9, 0x007ea, 0x007fb, 0x003fb, 0x001fb, 0x001ff,
    0x0007c, 0x0003c, 0x0001c, 0x0000c, 0x00000, 0x00001, 0x00001, 0x00002, 0x00001, 0x0000d, 0x0001d, 0x0003d,
    0x0007d, 0x000fc, 0x001fc, 0x003fc, 0x003f4, 0x007eb, 0x00fea, 0x01fea, 0x01fd6, 0x03fd0, 0x07faf, 0x07f43,
    0x0feb9, 0x0fe83, 0x1feb7, 0x0fe81, 0x1fe89, 0x1fe8e, 0x1fe8f, 0x1fe8c, 0x1fe8d, 0x1feb2, 0x1feb3, 0x1feb0,
    0x1feb1,
]);
#[rustfmt::skip]
code!(IID_DT_FINE, 61, -30, [
    16, 16, 16, 16, 16, 16, 16, 16, 16, 15, 15, 15, 15, 15, 15, 14, 14, 13, 13, 13, 12, 12, 11, 10, 9, 9, 7, 6, 5, 3, 1, 2,
    5, 6, 7, 8, 9, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
], [
    0x4ed4, 0x4ed5, 0x4ece, 0x4ecf, 0x4ecc, 0x4ed6, 0x4ed8, 0x4f46, 0x4f60, 0x2718, 0x2719, 0x2764, 0x2765, 0x276d,
    0x27b1, 0x13b7, 0x13d6, 0x09c7, 0x09e9, 0x09ed, 0x04ee, 0x04f7, 0x0278, 0x0139, 0x009a, 0x009f, 0x0020, 0x0011,
    0x000a, 0x0003, 0x0001, 0x0000, 0x000b, 0x0012, 0x0021, 0x004c, 0x009b, 0x013a, 0x0279, 0x0270, 0x04ef, 0x04e2,
    0x09ea, 0x09d8, 0x13d7, 0x13d0, 0x27b2, 0x27a2, 0x271a, 0x271b, 0x4f66, 0x4f67, 0x4f61, 0x4f47, 0x4ed9, 0x4ed7,
    0x4ecd, 0x4ed2, 0x4ed3, 0x4ed0, 0x4ed1,
]);
#[rustfmt::skip]
code!(IID_DF, 29, -14, [
    17, 17, 17, 17, 16, 15, 13, 10, 9, 7, 6, 5, 4, 3, 1, 3, 4, 5, 6, 6, 8, 11, 13, 14, 14, 15, 17, 18, 18,
], [
    0x1fffb, 0x1fffc, 0x1fffd, 0x1fffa, 0x0fffc, 0x07ffc, 0x01ffd, 0x003fe, 0x001fe, 0x0007e, 0x0003c, 0x0001d,
    0x0000d, 0x00005, 0x00000, 0x00004, 0x0000c, 0x0001c, 0x0003d, 0x0003e, 0x000fe, 0x007fe, 0x01ffc, 0x03ffc,
    0x03ffd, 0x07ffd, 0x1fffe, 0x3fffe, 0x3ffff,
]);
#[rustfmt::skip]
code!(IID_DT, 29, -14, [
    19, 19, 19, 20, 20, 20, 17, 15, 12, 10, 8, 6, 4, 2, 1, 3, 5, 7, 9, 11, 13, 14, 17, 19, 20, 20, 20, 20, 20,
], [
    0x7fff9, 0x7fffa, 0x7fffb, 0xffff8, 0xffff9, 0xffffa, 0x1fffd, 0x07ffe, 0x00ffe, 0x003fe, 0x000fe, 0x0003e,
    0x0000e, 0x00002, 0x00000, 0x00006, 0x0001e, 0x0007e, 0x001fe, 0x007fe, 0x01ffe, 0x03ffe, 0x1fffc, 0x7fff8,
    0xffffb, 0xffffc, 0xffffd, 0xffffe, 0xfffff,
]);
#[rustfmt::skip]
code!(ICC_DF, 15, -7, [14, 14, 12, 10, 7, 5, 3, 1, 2, 4, 6, 8, 9, 11, 13], [
    0x3fff, 0x3ffe, 0x0ffe, 0x03fe, 0x007e, 0x001e, 0x0006, 0x0000, 0x0002, 0x000e, 0x003e, 0x00fe, 0x01fe, 0x07fe,
    0x1ffe,
]);
#[rustfmt::skip]
code!(ICC_DT, 15, -7, [14, 13, 11, 9, 7, 5, 3, 1, 2, 4, 6, 8, 10, 12, 14], [
    0x3ffe, 0x1ffe, 0x07fe, 0x01fe, 0x007e, 0x001e, 0x0006, 0x0000, 0x0002, 0x000e, 0x003e, 0x00fe, 0x03fe, 0x0ffe,
    0x3fff,
]);
code!(IPD_DF, 8, 0, [1, 3, 4, 4, 4, 4, 4, 4], [1, 0, 6, 4, 2, 3, 5, 7]);
code!(IPD_DT, 8, 0, [1, 3, 4, 5, 5, 4, 4, 3], [1, 2, 2, 3, 2, 0, 3, 3]);
code!(OPD_DF, 8, 0, [1, 3, 4, 4, 5, 5, 4, 3], [1, 1, 6, 4, 15, 14, 5, 0]);
code!(OPD_DT, 8, 0, [1, 3, 4, 5, 5, 4, 4, 3], [1, 2, 1, 7, 6, 0, 2, 3]);

/// A resolution in frequency: that of 20 or of 34 stereo bands.
#[derive(Debug)]
pub(crate) struct Resolution {
    /// Stereo bands.
    pub(crate) bands: usize,
    /// Stereo bands that can have phases.
    pub(crate) phase_bands: usize,
    /// Bands of the hybrid filterbank, those of it that come from QMF bands that are split, and how many QMF bands those are.
    pub(crate) hybrid: usize,
    pub(crate) split: usize,
    pub(crate) split_qmf: usize,
    /// Stereo band of each hybrid band (tables 8.48, 8.49).
    pub(crate) band_of: &'static [u8],
    /// Hybrid bands of negative frequency: their phases are turned the other way.
    pub(crate) negative: core::ops::Range<usize>,
    /// Hybrid bands with all-pass filters; then those with the long delay; the rest have the short one.
    pub(crate) all_pass: usize,
    pub(crate) long_delay: usize,
    /// `phi_fract` of those with all-pass filters: real and imaginary parts.
    pub(crate) phi: &'static [[f32; 64]; 2],
    /// `Q_fract_allpass` of each link.
    pub(crate) links: &'static [[[f32; 64]; 2]; 3],
    /// `a(m) * g_DecaySlope` of each link.
    pub(crate) decay: &'static [[f32; 64]; 3],
}

/// The resolution of 20 stereo bands.
pub(crate) static BANDS_20: Resolution = Resolution {
    bands: 20,
    phase_bands: 11,
    hybrid: 71,
    split: 10,
    split_qmf: 3,
    band_of: &BAND_OF_20,
    negative: 0..2,
    all_pass: 30,
    long_delay: 42,
    phi: &PHI_20,
    links: &LINKS_20,
    decay: &decay(10),
};
/// The resolution of 34 stereo bands.
pub(crate) static BANDS_34: Resolution = Resolution {
    bands: 34,
    phase_bands: 17,
    hybrid: 91,
    split: 32,
    split_qmf: 5,
    band_of: &BAND_OF_34,
    negative: 9..14,
    all_pass: 50,
    long_delay: 62,
    phi: &PHI_34,
    links: &LINKS_34,
    decay: &decay(32),
};

#[rustfmt::skip]
static BAND_OF_20: [u8; 71] = [
    1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 14, 15, 15, 15, 16, 16, 16, 16, 17, 17, 17, 17, 17,
    18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19,
    19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19,
];
#[rustfmt::skip]
static BAND_OF_34: [u8; 91] = [
    0, 1, 2, 3, 4, 5, 6, 6, 7, 2, 1, 0, 10, 10, 4, 5, 6, 7, 8, 9, 10, 11, 12, 9, 14, 11, 12, 13, 14, 15, 16, 13,
    16, 17, 18, 19, 20, 21, 22, 22, 23, 23, 24, 24, 25, 25, 26, 26, 27, 27, 27, 28, 28, 28, 29, 29, 29, 30, 30, 30,
    31, 31, 31, 31, 32, 32, 32, 32, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33,
];

/// Twice the stereo band of 20 that each of 34 is made of: the mean of two.
#[rustfmt::skip]
pub(crate) static FROM_20_TO_34: [[u8; 2]; 34] = [
    [0, 0], [0, 1], [1, 1], [2, 2], [2, 3], [3, 3], [4, 4], [4, 4], [5, 5], [5, 5], [6, 6], [7, 7], [8, 8], [8, 8],
    [9, 9], [9, 9], [10, 10], [11, 11], [12, 12], [13, 13], [14, 14], [14, 14], [15, 15], [15, 15], [16, 16], [16, 16],
    [17, 17], [17, 17], [18, 18], [18, 18], [18, 18], [18, 18], [19, 19], [19, 19],
];
/// The stereo bands of 34 that each of 20 is the mean of.
#[rustfmt::skip]
pub(crate) static FROM_34_TO_20: [&[u8]; 20] = [
    &[0, 0, 1], &[1, 2, 2], &[3, 3, 4], &[4, 5, 5], &[6, 7], &[8, 9], &[10], &[11], &[12, 13], &[14, 15], &[16], &[17],
    &[18], &[19], &[20, 21], &[22, 23], &[24, 25], &[26, 27], &[28, 29, 30, 31], &[32, 33],
];

/// `f_center` of hybrid bands, in eighths (20 bands) or in 24ths (34 bands).
static CENTRES_20: [i32; 10] = [-3, -1, 1, 3, 5, 7, 10, 14, 18, 22];
#[rustfmt::skip]
static CENTRES_34: [i32; 32] = [
    2, 6, 10, 14, 18, 22, 26, 30, 34, -10, -6, -2, 51, 57, 15, 21, 27, 33, 39, 45, 54, 66, 78, 42, 102, 66, 78, 90,
    102, 114, 126, 90,
];

/// `exp(-i pi q f_center)` of the first hybrid bands; `q` in thousandths.
const fn turned(q: i64, centres: &[i32], unit: i64) -> [[f32; 64]; 2] {
    let mut table = [[0.0; 64]; 2];
    let mut k = 0;
    while k < 50 {
        // Behind the split bands there is one band a QMF band.
        let centre = if k < centres.len() {
            centres[k] as i64
        } else {
            let split_qmf = if unit == 8 { 3 } else { 5 };
            ((k - centres.len()) as i64 + split_qmf) * unit + unit / 2
        };
        let (numerator, whole) = (q * centre, 2000 * unit);
        let (s, c) = sin_cos(numerator.rem_euclid(whole) as u64, whole as u64);
        table[0][k] = c as f32;
        table[1][k] = -s as f32;
        k += 1;
    }
    table
}

static PHI_20: [[f32; 64]; 2] = turned(390, &CENTRES_20, 8);
static PHI_34: [[f32; 64]; 2] = turned(390, &CENTRES_34, 24);
static LINKS_20: [[[f32; 64]; 2]; 3] =
    [turned(430, &CENTRES_20, 8), turned(750, &CENTRES_20, 8), turned(347, &CENTRES_20, 8)];
static LINKS_34: [[[f32; 64]; 2]; 3] =
    [turned(430, &CENTRES_34, 24), turned(750, &CENTRES_34, 24), turned(347, &CENTRES_34, 24)];

/// The links' coefficients; from hybrid band `cutoff` on they fall by a 20th a band.
const fn decay(cutoff: usize) -> [[f32; 64]; 3] {
    const A: [f64; 3] = [0.65143905753106, 0.56471812200776, 0.48954165955695];
    let mut table = [[0.0; 64]; 3];
    let mut m = 0;
    while m < 3 {
        let mut k = 0;
        while k < 50 {
            let slope = if k <= cutoff { 1.0 } else { 1.0 - 0.05 * (k - cutoff) as f64 };
            table[m][k] = (A[m] * if slope > 0.0 { slope } else { 0.0 }) as f32;
            k += 1;
        }
        m += 1;
    }
    table
}

/// Coefficients of the filters that split a QMF band into `Q` bands of complex numbers (8.6.4.3), those of the oldest slot first:
/// `p[n] exp(-i pi (2 q + 1) (n - 6) / Q)`. Real parts, then imaginary parts, as [`transcode_simd::Kernels::ps_split`] takes them.
const fn split<const Q: usize>(p: [f64; 7]) -> [[[f32; Q]; 13]; 2] {
    let mut table = [[[0.0; Q]; 13]; 2];
    let mut q = 0;
    while q < Q {
        let mut n = 0;
        while n < 13 {
            let whole = 2 * Q as i64;
            let (s, c) = sin_cos(((2 * q as i64 + 1) * (n as i64 - 6)).rem_euclid(whole) as u64, whole as u64);
            let v = if n < 7 { p[n] } else { p[12 - n] };
            (table[0][n][q], table[1][n][q]) = ((v * c) as f32, (-v * s) as f32);
            n += 1;
        }
        q += 1;
    }
    table
}

pub(crate) static SPLIT_8_OF_20: [[[f32; 8]; 13]; 2] = split([
    0.00746082949812,
    0.02270420949825,
    0.04546865930473,
    0.07266113929591,
    0.09885108575264,
    0.11793710567217,
    0.125,
]);
pub(crate) static SPLIT_12: [[[f32; 12]; 13]; 2] = split([
    0.04081179924692,
    0.03812810994926,
    0.05144908135699,
    0.06399831151592,
    0.07428313801106,
    0.08100347892914,
    0.08333333333333,
]);
pub(crate) static SPLIT_8: [[[f32; 8]; 13]; 2] = split([
    0.01565675600122,
    0.03752716391991,
    0.05417891378782,
    0.08417044116767,
    0.10307344158036,
    0.12222452249753,
    0.125,
]);
pub(crate) static SPLIT_4: [[[f32; 4]; 13]; 2] =
    split([-0.05908211155639, -0.04871498374946, 0.0, 0.07778723915851, 0.16486303567403, 0.23279856662996, 0.25]);
/// The filter of real coefficients that splits a QMF band in two: those at odd distances of its middle, which alone have values
/// beside the middle's half.
pub(crate) static SPLIT_2: [f32; 3] = [0.01899487526049, -0.07293139167538, 0.30596630545168];

/// `exp(i pi k / 4)`
pub(crate) static PHASES: [Complex; 8] = {
    let mut table = [[0.0; 2]; 8];
    let mut k = 0;
    while k < 8 {
        let (s, c) = sin_cos(k as u64, 8);
        table[k] = [c as f32, s as f32];
        k += 1;
    }
    table
};

/// Intensity differences in dB (tables 8.25, 8.26): the positive ones.
const IID: [u8; 8] = [0, 2, 4, 7, 10, 14, 18, 25];
const IID_FINE: [u8; 16] = [0, 2, 4, 6, 8, 10, 13, 16, 19, 22, 25, 30, 35, 40, 45, 50];
/// Coherences (table 8.28).
const ICC: [f64; 8] = [1.0, 0.937, 0.84118, 0.60092, 0.36764, 0.0, -0.589, -1.0];

/// `h11`, `h12`, `h21` and `h22`, by mixing procedure (`Ra`, `Rb`), difference (coarse ones from 0, fine ones from 15) and
/// coherence (8.6.4.6.2).
pub(crate) static MIXING: [[[[f32; 4]; 8]; 46]; 2] = {
    let mut table = [[[[0.0; 4]; 8]; 46]; 2];
    let mut i = 0;
    while i < 46 {
        let (index, fine) = if i < 15 { (i as i32 - 7, false) } else { (i as i32 - 30, true) };
        let size = index.unsigned_abs() as usize;
        let db = if fine { IID_FINE[size] } else { IID[size] } as f64;
        let db = if index < 0 { -db } else { db };
        let c = exp(db * core::f64::consts::LN_10 / 20.0);
        let c1 = sqrt(2.0) / sqrt(1.0 + c * c);
        let c2 = c * c1;
        let mut k = 0;
        while k < 8 {
            let rho = ICC[k];
            let alpha = 0.5 * atan2(sqrt(1.0 - rho * rho), rho);
            let beta = alpha * (c1 - c2) / sqrt(2.0);
            let (sum, difference) = (cos_sin(beta + alpha), cos_sin(beta - alpha));
            table[0][i][k] =
                [(c2 * sum.0) as f32, (c1 * difference.0) as f32, (c2 * sum.1) as f32, (c1 * difference.1) as f32];
            let rho = if rho < 0.05 { 0.05 } else { rho };
            let mut alpha = 0.5 * atan2(2.0 * c * rho, c * c - 1.0);
            if alpha < 0.0 {
                alpha += core::f64::consts::FRAC_PI_2;
            }
            let mu = c + 1.0 / c;
            let mu = sqrt(1.0 + (4.0 * rho * rho - 4.0) / (mu * mu));
            let gamma = atan2(sqrt((1.0 - mu) / (1.0 + mu)), 1.0);
            let (a, g) = (cos_sin(alpha), cos_sin(gamma));
            let r = sqrt(2.0);
            table[1][i][k] =
                [(r * a.0 * g.0) as f32, (r * a.1 * g.0) as f32, (-r * a.1 * g.1) as f32, (r * a.0 * g.1) as f32];
            k += 1;
        }
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_all_there() {
        for r in [&BANDS_20, &BANDS_34] {
            assert_eq!(r.band_of.len(), r.hybrid);
            assert_eq!(r.hybrid - r.split, 64 - r.split_qmf);
            assert!((0..r.bands).all(|b| r.band_of.contains(&(b as u8))));
            assert!(r.hybrid <= super::super::ROW);
        }
    }

    /// The sum of all filters of a bank passes the signal: its middle alone is left.
    #[test]
    fn filters_of_a_bank_add_up() {
        for n in 0..13 {
            let want = if n == 6 { 1.0 } else { 0.0 };
            for bank in [&SPLIT_8_OF_20[0][n][..], &SPLIT_12[0][n], &SPLIT_8[0][n], &SPLIT_4[0][n]] {
                let sum: f32 = bank.iter().sum();
                assert!((sum - want).abs() < 1e-6, "{} {n}: {sum}", bank.len());
            }
        }
    }

    /// Mixing keeps the energy of what is mixed, and has the level difference and (Ra) the coherence that is asked for.
    #[test]
    fn mixing_has_the_levels_and_the_coherence() {
        for procedure in &MIXING {
            for (i, row) in procedure.iter().enumerate() {
                for (k, h) in row.iter().enumerate() {
                    let [h11, h12, h21, h22] = h.map(f64::from);
                    let (left, right) = (h11 * h11 + h21 * h21, h12 * h12 + h22 * h22);
                    assert!((left + right - 2.0).abs() < 1e-5, "{i} {k}: {left} {right}");
                    let db = 10.0 * (left / right).log10();
                    let index = if i < 15 { i as i32 - 7 } else { i as i32 - 30 };
                    let want = f64::from(if i < 15 {
                        IID[index.unsigned_abs() as usize]
                    } else {
                        IID_FINE[index.unsigned_abs() as usize]
                    });
                    assert!(
                        (db.abs() - want).abs() < 1e-2 && (index == 0 || db.signum() == f64::from(index.signum())),
                        "{i} {k}: {db}"
                    );
                    let coherence = (h11 * h12 + h21 * h22) / (left * right).sqrt();
                    let rho = if core::ptr::eq(procedure, &raw const MIXING[0]) { ICC[k] } else { ICC[k].max(0.05) };
                    assert!((coherence - rho).abs() < 1e-4, "{i} {k}: {coherence} {rho}");
                }
            }
        }
    }
}
