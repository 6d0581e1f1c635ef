//! Refinement to half and quarter samples by transformed differences.

use super::{Found, Target};
use crate::h264::enc::presets::Tools;
use crate::h264::mb_info::Mv;

#[inline]
fn cost(t: &Target<'_>, mv: Mv) -> u32 {
    t.reference.satd(t.k, t.size, t.at, mv, (t.src, t.stride)) + t.rate(mv.x.into(), mv.y.into())
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
            let centre = best.mv;
            let mut moved = (0, 0);
            for d in [(0, -step), (0, step), (-step, 0), (step, 0)] {
                let (x, y) = (i32::from(centre.x) + d.0, i32::from(centre.y) + d.1);
                let outside = x < t.range[0].0 || x > t.range[0].1 || y < t.range[1].0 || y > t.range[1].1;
                if d == back || outside {
                    continue;
                }
                let mv = Mv::new(x as i16, y as i16);
                let c = cost(t, mv);
                if c < best.cost {
                    best = Found { mv, cost: c, rate: 0 };
                    moved = d;
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
