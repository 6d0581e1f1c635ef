//! Quantisation: tables, dead zones, and the choice of levels by rate and distortion.

use super::mb_cabac::{BlockCat, level_contexts, map_contexts};
use crate::h264::cabac::encode::Contexts;
use crate::h264::params::ScalingLists;
use crate::h264::quant::{LevelScale, NORM_ADJUST_4X4, NORM_ADJUST_8X8, norm_class_4x4, norm_class_8x8};
use alloc::vec::Vec;

/// Multipliers and dead zones of one quantiser, flat scaling lists.
#[derive(Debug, Clone)]
pub(super) struct QuantTable {
    /// 2^16 over the step of each 4x4 coefficient.
    pub mf4: [u16; 16],
    /// What is added before: inter, intra.
    pub bias4: [[u16; 16]; 2],
    /// 2^16 over the step of each 8x8 coefficient.
    pub mf8: [u16; 64],
    /// What is added before: inter, intra.
    pub bias8: [[u16; 64]; 2],
    /// For scaling back, 8.5.9.
    pub scale4: [i32; 16],
    /// For scaling back, 8.5.9.
    pub scale8: [i32; 64],
}

/// Rounding offsets in 1/64 of a step: inter, intra. Half a step would be nearest; less saves more bits than it costs
/// because small levels are rarer than a flat distribution would have them.
const ROUNDING: [u32; 2] = [11, 21];

/// Squared norms of the rows of the forward transforms over that of the first: what the steps of 8.5.9 leave out.
const NORM_4X4: [f64; 3] = [1.0, 1.5625, 1.25];
const NORM_8X8: [f64; 6] = [1.0, 1.12890625 * 1.12890625, 0.625 * 0.625, 1.12890625, 0.625, 1.12890625 * 0.625];

fn bias(mf: u16, kind: usize) -> u16 {
    (ROUNDING[kind] * 1024 / u32::from(mf)).min(u16::MAX.into()) as u16
}

/// A table for each QP.
pub(super) fn tables() -> Vec<QuantTable> {
    let mut scale = LevelScale::default();
    scale.update(&ScalingLists::FLAT, 52, 2);
    (0..52)
        .map(|qp| {
            // A 4x4 coefficient of the forward transform is 2^18 / 2^16 = 4 times one of the inverse at QP 0, and so is, by chance of
            // the norms, an 8x8 one.
            let step = f64::from(1u32 << (qp / 6));
            let mf = |norm: u8, class: f64| (262_144.0 / (f64::from(norm) * class * step) + 0.5) as u16;
            let mf4: [u16; 16] = core::array::from_fn(|i| {
                let c = norm_class_4x4(i);
                mf(NORM_ADJUST_4X4[qp % 6][c], NORM_4X4[c])
            });
            let mf8: [u16; 64] = core::array::from_fn(|i| {
                let c = norm_class_8x8(i);
                mf(NORM_ADJUST_8X8[qp % 6][c], NORM_8X8[c])
            });
            QuantTable {
                mf4,
                bias4: core::array::from_fn(|k| mf4.map(|m| bias(m, k))),
                mf8,
                bias8: core::array::from_fn(|k| mf8.map(|m| bias(m, k))),
                scale4: scale.scale_4x4[3][qp],
                scale8: scale.scale_8x8[1][qp],
            }
        })
        .collect()
}

/// Largest level that is ever made: coefficients times it stay in 16 bits.
const MAX_LEVEL: u32 = 2047;

/// Quantises a DC block, whose multiplier is half of `mf` because its transform doubles the coefficients.
pub(super) fn quant_dc(c: &mut [i32], mf: u16, intra: bool, max: i32) {
    let round = ROUNDING[usize::from(intra)] << 11;
    for c in c {
        let level = (c.unsigned_abs() * u32::from(mf) + round) >> 17;
        *c = (level as i32).min(max) * c.signum();
    }
}

/// What a 1/256 bit is worth in the level choice, in squared error of 1/256 of a step: inter, intra.
///
/// The step grows with QP just as the square root of the multiplier of mode decision does, so their ratio is one number, which would be
/// 37. Intra blocks are predicted from, so that their errors weigh more.
const LAMBDA: [i64; 2] = [36, 24];

/// States of the level choice: how many levels of 1 (three or more in the last) were met from the highest frequency on, while none was
/// greater, and then how many greater ones (four or more in the last). They tell the contexts of `coeff_abs_level_minus1`, 9.3.3.1.3.
const STATES: usize = 8;
/// State after a level of 1, and after a greater one.
const AFTER_ONE: [u8; STATES] = [1, 2, 3, 3, 4, 5, 6, 7];
const AFTER_MORE: [u8; STATES] = [4, 4, 4, 4, 5, 6, 7, 7];
/// Levels of 1 and greater ones that a state stands for.
const MET: [(usize, usize); STATES] = [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (0, 2), (0, 3), (0, 4)];
/// The cost of what cannot be.
const NEVER: i64 = i64::MAX / 2;
/// A step on the way: the state before it, and whether the level is the nearest or the one below; zero if neither.
const STATE: u8 = 7;
const NEAREST: u8 = 8;
const BELOW: u8 = 16;

/// Bits of the parts of a level in one state.
#[derive(Clone, Copy, Default)]
struct LevelBits {
    /// A level of 1, and the first bin of a greater one, with the sign.
    one: i64,
    greater: i64,
    /// Each further bin, and the last.
    more: i64,
    stop: i64,
}

impl LevelBits {
    fn of(self, level: u32) -> i64 {
        if level == 1 {
            return self.one;
        }
        let n = level - 1;
        let tail = if n < 14 { self.stop } else { 256 * (2 * i64::from((n - 13).ilog2()) + 1) };
        self.greater + self.more * i64::from(n.min(14) - 1) + tail
    }
}

/// Chooses the levels of a block by squared error and CABAC bits: the cheapest way through all states of the contexts, from the highest
/// frequency down.
///
/// `value(i)` is the transform coefficient of level `i` in 1/256 of its step. `flag` is the context of what tells that there is a level,
/// if that is known. Returns the number of levels that are not 0.
pub(super) fn choose_levels<const N: usize>(
    contexts: &Contexts,
    cat: BlockCat,
    intra: bool,
    flag: Option<usize>,
    levels: &mut [i16; N],
    value: impl Fn(usize) -> i32,
    first: usize,
) -> usize {
    let mut size = [0i32; N];
    let mut last = None;
    for i in first..N {
        size[i] = value(i);
        levels[i] = 0;
        if size[i].unsigned_abs() >= 128 {
            last = Some(i);
        }
    }
    let Some(last) = last else { return 0 };
    let lambda = LAMBDA[usize::from(intra)];
    let bin = |ctx: usize, b: bool| i64::from(contexts.cost(ctx, b));
    let bits: [LevelBits; STATES] = core::array::from_fn(|s| {
        let (first, more) = level_contexts(cat, MET[s].0, MET[s].1);
        LevelBits {
            one: 256 + bin(first, false),
            greater: 256 + bin(first, true),
            more: bin(more, true),
            stop: bin(more, false),
        }
    });
    // Costs relative to a block of zeros without its flag.
    let mut cost = [NEVER; STATES];
    cost[0] = 0;
    // By place and state: the state before, and what was chosen there: see [`STATE`]. Places that round to zero
    // leave the state as it is.
    let mut way = [[0u8; STATES]; N];
    for i in (first..=last).rev() {
        let at_end = i == N - 1;
        // Bits that tell of a zero, and of a level that is the last or is not. The block's end needs none.
        let (zero, one) = if at_end {
            (0, [0; 2])
        } else {
            let (sig, stop) = map_contexts(cat, i - first);
            (bin(sig, false), [bin(sig, true) + bin(stop, true), bin(sig, true) + bin(stop, false)])
        };
        let mut next = cost;
        next[1..].iter_mut().for_each(|n| *n += lambda * zero);
        let magnitude = size[i].unsigned_abs().min(MAX_LEVEL * 256);
        let nearest = (magnitude + 128) >> 8;
        if nearest > 0 {
            way[i] = core::array::from_fn(|s| s as u8);
            let square = |v: i64| v * v;
            let none = square(magnitude.into());
            for (l, choice) in [(nearest, NEAREST), (nearest - 1, BELOW)].into_iter().filter(|&(l, _)| l > 0) {
                let error = square(i64::from(magnitude) - i64::from(l << 8)) - none;
                let after = if l == 1 { &AFTER_ONE } else { &AFTER_MORE };
                for s in 0..STATES {
                    if cost[s] >= NEVER {
                        continue;
                    }
                    let j = cost[s] + error + lambda * (one[usize::from(s > 0)] + bits[s].of(l));
                    let to = usize::from(after[s]);
                    if j < next[to] {
                        next[to] = j;
                        way[i][to] = s as u8 | choice;
                    }
                }
            }
        }
        cost = next;
    }
    let (none, some) = flag.map_or((0, 0), |f| (lambda * bin(f, false), lambda * bin(f, true)));
    let mut best = (none, 0);
    for (s, &c) in cost.iter().enumerate().skip(1) {
        if c + some < best.0 {
            best = (c + some, s);
        }
    }
    let mut state = best.1;
    let mut count = 0;
    if state == 0 {
        return 0;
    }
    for i in first..=last {
        let nearest = (size[i].unsigned_abs().min(MAX_LEVEL * 256) + 128) >> 8;
        if nearest == 0 {
            continue;
        }
        let step = way[i][state];
        let level = match step & !STATE {
            NEAREST => nearest as i16,
            BELOW => nearest as i16 - 1,
            _ => 0,
        };
        if level != 0 {
            levels[i] = if size[i] < 0 { -level } else { level };
            count += 1;
        }
        state = usize::from(step & STATE);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multipliers_are_the_usual_ones() {
        let t = tables();
        // 2^15 over the step: 13107, 8066, 5243 for 4x4, and 2^16: 13107, 12222, 16777, ... for 8x8.
        assert_eq!(t[0].mf4[..2], [26214, 16132]);
        assert_eq!(t[0].mf4[5], 10486);
        assert_eq!(t[6].mf4[0], 13107);
        assert_eq!(t[0].mf8[..3], [13107, 12222, 16777]);
        assert_eq!((t[0].mf8[9], t[0].mf8[18], t[0].mf8[10]), (11428, 20972, 15481));
    }

    #[test]
    fn quantising_and_scaling_back_is_within_a_step() {
        for (qp, t) in tables().iter().enumerate() {
            for i in 0..16 {
                let level = 3i32;
                // A coefficient of exactly that level.
                let c = level * 65536 / i32::from(t.mf4[i]);
                let (mf, b) = (u32::from(t.mf4[i]), u32::from(t.bias4[1][i]));
                assert_eq!(((c as u32 + b + 1) * mf) >> 16, level as u32, "qp {qp} position {i}");
            }
        }
    }

    #[test]
    fn a_strong_block_keeps_its_levels_and_noise_goes() {
        let contexts = Contexts::new(1, 28);
        let mut levels = [0i16; 16];
        let strong = |i: usize| 256 * [20, -9, 4, 3, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0][i];
        let n = choose_levels(&contexts, BlockCat::Luma4x4, false, Some(93), &mut levels, strong, 0);
        assert_eq!((n, levels[0], levels[1]), (5, 20, -9));
        let noise = |i: usize| if i == 13 { 256 * 6 / 10 } else { 0 };
        assert_eq!(choose_levels(&contexts, BlockCat::Luma4x4, false, Some(93), &mut levels, noise, 0), 0);
        assert_eq!(levels, [0; 16]);
    }
}
