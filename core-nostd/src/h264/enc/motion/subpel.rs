//! Refinement to half and quarter samples by transformed differences.

use super::{Found, Target};
use crate::h264::enc::presets::Tools;
use crate::h264::mb_info::Mv;

const AROUND: [(i32, i32); 4] = [(0, -1), (0, 1), (-1, 0), (1, 0)];

#[inline]
fn satd(t: &Target<'_>, mv: Mv) -> u32 {
    t.reference.satd(t.k, t.size, t.at, mv, (t.src, t.stride))
}

#[inline]
fn cost(t: &Target<'_>, mv: Mv) -> u32 {
    satd(t, mv) + t.rate(mv.x.into(), mv.y.into())
}

/// Refines `start`, a whole position, but begins at the predicted vector if that is better.
pub(super) fn refine(t: &Target<'_>, tools: &Tools, start: Mv) -> Found {
    let mut best = Found { mv: start, cost: cost(t, start), rate: 0 };
    let predicted = t.clamp(t.predicted);
    if predicted != start {
        let c = cost(t, predicted);
        if c < best.cost {
            best = Found { mv: predicted, cost: c, rate: 0 };
        }
    }
    for (step, rounds) in [(2, tools.half_steps), (1, tools.quarter_steps)] {
        // Where the last step came from need not be looked at again.
        let mut back = (0, 0);
        for _ in 0..rounds {
            let (x, y) = (i32::from(best.mv.x), i32::from(best.mv.y));
            let around = AROUND.map(|d| (x + step * d.0, y + step * d.1));
            let inside =
                |(x, y): (i32, i32)| x >= t.range[0].0 && x <= t.range[0].1 && y >= t.range[1].0 && y <= t.range[1].1;
            let mvs = around.map(|(x, y)| Mv::new(x as i16, y as i16));
            let costs = if inside(around[0]) && inside(around[1]) && inside(around[2]) && inside(around[3]) {
                t.reference.satd_x4(t.k, t.size, t.at, mvs, (t.src, t.stride))
            } else {
                let one = |i: usize| if inside(around[i]) { satd(t, mvs[i]) } else { u32::MAX };
                [one(0), one(1), one(2), one(3)]
            };
            let mut moved = (0, 0);
            for i in 0..4 {
                if AROUND[i] == back || costs[i] == u32::MAX {
                    continue;
                }
                let c = costs[i] + t.rate(around[i].0, around[i].1);
                if c < best.cost {
                    best = Found { mv: mvs[i], cost: c, rate: 0 };
                    moved = AROUND[i];
                }
            }
            if moved == (0, 0) {
                break;
            }
            back = (-moved.0, -moved.1);
        }
    }
    best.rate = t.rate(best.mv.x.into(), best.mv.y.into());
    best
}
