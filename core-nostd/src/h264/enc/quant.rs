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

/// Lagrangian factor of the level choice: squared error in steps, times 2^16, that a 1/256 bit is worth.
///
/// The step grows with QP just as the square root of the multiplier of mode decision does, so their ratio is one number.
const LAMBDA: u64 = 40;

/// Chooses the levels of a block by squared error and CABAC bits, from the highest frequency down, and then the best place to end.
///
/// `coefs` are transform coefficients, `mf(i)` the multiplier of position `i`, `scan[i]` the position of level `i`; `half` is set for
/// DC blocks (see [`quant_dc`]). `flag` is the context of `coded_block_flag` if the block has one. Returns the number of levels that
/// are not 0.
pub(super) fn choose_levels<const N: usize>(
    contexts: &Contexts,
    cat: BlockCat,
    flag: Option<usize>,
    levels: &mut [i16; N],
    value: impl Fn(usize) -> (i32, u16),
    first: usize,
) -> usize {
    // Magnitude of each coefficient in 1/256 of a step, capped so that no level exceeds MAX_LEVEL.
    let mut size = [0u32; N];
    let mut last = None;
    for i in first..N {
        let (c, mf) = value(i);
        let s = ((u64::from(c.unsigned_abs()) * u64::from(mf)) >> 8).min(u64::from(MAX_LEVEL) * 256) as u32;
        size[i] = s;
        levels[i] = 0;
        if s >= 128 {
            last = Some(i);
        }
    }
    let Some(last) = last else { return 0 };
    let square = |d: u32| u64::from(d) * u64::from(d);
    let cost = |bits: u32| u64::from(bits) * LAMBDA;
    // Costs relative to a block of zeros.
    let mut best_total = match flag {
        Some(ctx) => cost(contexts.cost(ctx, false)) as i64 - cost(contexts.cost(ctx, true)) as i64,
        None => 0,
    };
    // 8x8 blocks have no coded_block_flag of their own; the pattern's bin costs about as much as a bit.
    let mut best_last = None;
    // Sum over the positions above the one in hand, were the block to end further down, is 0 by definition; `above` is the gain that
    // those chosen so far bring over zeros.
    let (mut ones, mut greater) = (0, 0);
    let mut delta = [0i64; N];
    let mut end_gain = [0i64; N];
    for i in (first..=last).rev() {
        let at_end = i == N - 1;
        let (sig_ctx, last_ctx) = if at_end { (0, 0) } else { map_contexts(cat, i - first) };
        let (sig0, sig1, more, stop) = if at_end {
            (0, 0, 0, 0)
        } else {
            (
                contexts.cost(sig_ctx, false),
                contexts.cost(sig_ctx, true),
                contexts.cost(last_ctx, false),
                contexts.cost(last_ctx, true),
            )
        };
        let zero = square(size[i]);
        let nearest = (size[i] + 128) >> 8;
        let zero_cost = cost(sig0) as i64;
        delta[i] = zero_cost;
        end_gain[i] = i64::MAX;
        if nearest == 0 {
            continue;
        }
        let (first_ctx, more_ctx) = level_contexts(cat, ones, greater);
        let level_bits = |l: u32| {
            let mut bits = 256 + contexts.cost(first_ctx, l > 1);
            if l > 1 {
                let n = l - 1;
                bits += contexts.cost(more_ctx, true) * (n.min(14) - 1);
                bits += if n < 14 { contexts.cost(more_ctx, false) } else { 256 * (2 * (n - 13).ilog2() + 1) };
            }
            bits
        };
        let mut choice = (i64::MAX, 0);
        for l in [nearest, nearest - 1] {
            if l > 0 {
                let error = size[i].abs_diff(l << 8);
                let j = square(error) as i64 - zero as i64 + cost(level_bits(l)) as i64;
                if j < choice.0 {
                    choice = (j, l);
                }
            }
        }
        // As the last level it has `stop`, as another one `more`.
        end_gain[i] = choice.0 + cost(sig1 + stop) as i64;
        let inside = choice.0 + cost(sig1 + more) as i64;
        levels[i] = choice.1 as i16;
        // What decides between level and zero where others follow. The highest position has no others.
        if inside < zero_cost {
            delta[i] = inside;
            if choice.1 == 1 {
                ones += 1;
            } else {
                greater += 1;
            }
        } else {
            // Kept only if the block ends here.
            levels[i] = -levels[i];
        }
    }
    // Sums from the lowest frequency up give the cost of each end.
    let mut below = 0i64;
    for i in first..=last {
        if end_gain[i] != i64::MAX && below + end_gain[i] < best_total {
            best_total = below + end_gain[i];
            best_last = Some(i);
        }
        below += delta[i];
    }
    let mut count = 0;
    for i in first..N {
        let keep = match best_last {
            Some(b) if i < b => levels[i] > 0,
            Some(b) => i == b,
            None => false,
        };
        if keep {
            levels[i] = levels[i].abs() * value(i).0.signum() as i16;
            count += 1;
        } else {
            levels[i] = 0;
        }
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
        let mf = tables()[28].mf4;
        let step = |i: usize| 65536 / i32::from(mf[i]);
        let mut levels = [0i16; 16];
        let strong = |i: usize| (step(i) * [20, -9, 4, 3, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0][i], mf[i]);
        let n = choose_levels(&contexts, BlockCat::Luma4x4, Some(93), &mut levels, strong, 0);
        assert_eq!((n, levels[0], levels[1]), (5, 20, -9));
        let noise = |i: usize| (if i == 13 { step(i) * 6 / 10 } else { 0 }, mf[i]);
        assert_eq!(choose_levels(&contexts, BlockCat::Luma4x4, Some(93), &mut levels, noise, 0), 0);
        assert_eq!(levels, [0; 16]);
    }
}
