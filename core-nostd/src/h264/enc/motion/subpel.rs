//! Refinement to half and quarter samples by transformed differences, or to half samples by absolute ones.

use super::{Found, Target};
use crate::h264::enc::presets::Tools;
use crate::h264::mb_info::Mv;

const AROUND: [(i32, i32); 4] = [(0, -1), (0, 1), (-1, 0), (1, 0)];

#[inline]
fn satd(t: &Target<'_>, mv: Mv) -> u32 {
    t.reference.satd(t.k, t.size, t.at, mv, (t.src, t.stride))
}

#[inline]
fn sad(t: &Target<'_>, mv: Mv) -> u32 {
    t.reference.with_luma(t.k, t.size, t.at, mv, &mut [0; 256], |p, stride| t.k.sad(t.size, t.src, t.stride, p, stride))
}

/// The measure of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Absolute,
    Transformed,
}

/// The differences of four places around one; `u32::MAX` for those outside the range.
#[inline]
fn differences(t: &Target<'_>, measure: Measure, mvs: [Mv; 4]) -> [u32; 4] {
    let inside = |v: Mv| {
        let (x, y) = (i32::from(v.x), i32::from(v.y));
        x >= t.range[0].0 && x <= t.range[0].1 && y >= t.range[1].0 && y <= t.range[1].1
    };
    if !mvs.iter().all(|&v| inside(v)) {
        return mvs.map(|v| match measure {
            _ if !inside(v) => u32::MAX,
            Measure::Absolute => sad(t, v),
            Measure::Transformed => satd(t, v),
        });
    }
    match measure {
        Measure::Transformed => t.reference.satd_x4(t.k, t.size, t.at, mvs, (t.src, t.stride)),
        Measure::Absolute => t.reference.sad_x4(t.k, t.size, t.at, mvs, (t.src, t.stride)),
    }
}

/// Moves `best` by `step` as often as that makes it better, at most `rounds` times.
fn descend(t: &Target<'_>, measure: Measure, step: i32, rounds: u8, best: &mut Found) {
    // Where the last step came from need not be looked at again.
    let mut back = (0, 0);
    for _ in 0..rounds {
        let (x, y) = (i32::from(best.mv.x), i32::from(best.mv.y));
        let mvs = AROUND.map(|d| Mv::new((x + step * d.0) as i16, (y + step * d.1) as i16));
        let costs = differences(t, measure, mvs);
        let mut moved = (0, 0);
        for i in 0..4 {
            if AROUND[i] == back || costs[i] == u32::MAX {
                continue;
            }
            let c = costs[i] + t.rate(mvs[i].x.into(), mvs[i].y.into());
            if c < best.cost {
                *best = Found { mv: mvs[i], cost: c, rate: 0 };
                moved = AROUND[i];
            }
        }
        if moved == (0, 0) {
            break;
        }
        back = (-moved.0, -moved.1);
    }
}

/// Refines `start`, a whole position of cost `absolute`, but begins at the predicted vector if that is better.
pub(super) fn refine(t: &Target<'_>, tools: &Tools, start: Mv, absolute: u32) -> Found {
    let measure = if tools.half_by_sad { Measure::Absolute } else { Measure::Transformed };
    let cost_of = |mv: Mv, measure: Measure| {
        let difference = if measure == Measure::Absolute { sad(t, mv) } else { satd(t, mv) };
        difference + t.rate(mv.x.into(), mv.y.into())
    };
    let first = if measure == Measure::Absolute { absolute } else { cost_of(start, measure) };
    let mut best = Found { mv: start, cost: first, rate: 0 };
    let predicted = t.clamp(t.predicted);
    if predicted != start {
        let c = cost_of(predicted, measure);
        if c < best.cost {
            best = Found { mv: predicted, cost: c, rate: 0 };
        }
    }
    descend(t, measure, 2, tools.half_steps, &mut best);
    if measure == Measure::Absolute {
        best.cost = cost_of(best.mv, Measure::Transformed);
    }
    descend(t, Measure::Transformed, 1, tools.quarter_steps, &mut best);
    best.rate = t.rate(best.mv.x.into(), best.mv.y.into());
    best
}
