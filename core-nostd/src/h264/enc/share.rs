//! Quality by reuse: what later pictures take over of a macroblock tells how much better it should be coded.

use super::frame::Frame;
use crate::h264::mb_info::Mv;

/// How strongly reuse lowers QP: offset per doubling of what depends on a macroblock.
const REUSE_STRENGTH: f32 = 2.0;

/// Sets the QP offsets of `frames[from..]`, whose kinds and references are known, from how much of each macroblock the pictures after it
/// in coding order take over. `frames[..from]` are coded.
///
/// Going back from the last picture, each macroblock hands the information that it did not need itself (1 - inter / intra of its own
/// and of what is taken from it) to the macroblocks that its vectors point at. What in the end depends on a macroblock, relative to its
/// own cost, tells how much better it should be coded.
pub(super) fn share_quality(frames: &mut [Frame], from: usize, size: (usize, usize)) {
    frames.iter_mut().for_each(|f| f.taken.fill(0.0));
    // Anchors from the last to the first, and before each the B pictures that come before it in output order.
    let mut end = frames.len();
    while end > from {
        let anchor = end - 1;
        let start = (from..anchor).rev().find(|&i| frames[i].kind.is_anchor()).map_or(from, |i| i + 1);
        for pass in [super::frame::FrameKind::B, super::frame::FrameKind::BRef] {
            for i in start..anchor {
                if frames[i].kind == pass {
                    hand_down(frames, i, size);
                }
            }
        }
        hand_down(frames, anchor, size);
        end = start;
    }
    for f in &mut frames[from..] {
        for i in 0..f.aq.len() {
            let own = f32::from(f.intra[i]).max(1.0) * inverse_scale(f.aq[i]);
            let gain = libm::log2f((own + f.taken[i]) / own);
            f.offsets[i] = f.aq[i] - REUSE_STRENGTH * gain;
        }
    }
}

/// Weight of a macroblock whose QP is offset by `offset`: finer ones carry more information.
fn inverse_scale(offset: f32) -> f32 {
    libm::exp2f(-offset / 6.0)
}

/// Hands what picture `i` takes over to those that it refers to.
fn hand_down(frames: &mut [Frame], i: usize, size: (usize, usize)) {
    let distances = frames[i].distances;
    for list in 0..2 {
        let (to, from) = match (list, distances[list]) {
            (_, 0) => continue,
            (0, d) if d <= i => {
                let (head, tail) = frames.split_at_mut(i);
                (&mut head[i - d], &tail[0])
            }
            (1, d) if i + d < frames.len() => {
                let (head, tail) = frames.split_at_mut(i + d);
                (&mut tail[0], &head[i])
            }
            _ => continue,
        };
        hand_to(from, list, &mut to.taken, size);
    }
}

fn hand_to(from: &Frame, list: usize, taken: &mut [f32], (w, h): (usize, usize)) {
    let Some(field) = from.field(list) else { return };
    for y in 0..h {
        for x in 0..w {
            let i = y * w + x;
            let share = match from.used[i] {
                3 => 0.5,
                used if used >> list & 1 != 0 => 1.0,
                _ => continue,
            };
            let (intra, inter) = (f32::from(from.intra[i]), f32::from(from.inter[i]));
            let amount = share * (intra * inverse_scale(from.aq[i]) + from.taken[i]) * (1.0 - inter / intra);
            spread(taken, (w, h), (x, y), field.mv[i], amount);
        }
    }
}

/// Adds `amount` to the macroblocks that the one at (`x`, `y`) moved by `mv` lies over, by area.
fn spread(taken: &mut [f32], (w, h): (usize, usize), (x, y): (usize, usize), mv: Mv, amount: f32) {
    // Half-size quarter samples; a macroblock is 32 of them.
    let (mx, my) = (i32::from(mv.x) + 32 * x as i32, i32::from(mv.y) + 32 * y as i32);
    let (bx, by, fx, fy) = (mx >> 5, my >> 5, (mx & 31) as f32, (my & 31) as f32);
    for (dx, dy, weight) in
        [(0, 0, (32.0 - fx) * (32.0 - fy)), (1, 0, fx * (32.0 - fy)), (0, 1, (32.0 - fx) * fy), (1, 1, fx * fy)]
    {
        let (tx, ty) = (bx + dx, by + dy);
        if weight > 0.0 && tx >= 0 && ty >= 0 && (tx as usize) < w && (ty as usize) < h {
            taken[ty as usize * w + tx as usize] += amount * weight / 1024.0;
        }
    }
}
