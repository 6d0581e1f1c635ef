//! Adaptive quantisation: flat macroblocks finer, busy ones coarser, since the eye (and SSIM) sees errors relative to contrast.

use super::frame::Frame;
use crate::picture::Plane;

/// Sum of squared deviations from the mean of an `n` by `n` block.
fn energy(p: &Plane<u8>, x: usize, y: usize, n: usize) -> u32 {
    let (mut sum, mut squares) = (0u32, 0u32);
    for row in y..y + n {
        for &v in &p.row(row)[x..x + n] {
            sum += u32::from(v);
            squares += u32::from(v) * u32::from(v);
        }
    }
    squares - ((u64::from(sum) * u64::from(sum)) / (n * n) as u64) as u32
}

/// Offset 0 belongs to this binary logarithm of the energy: about that of a usual picture's mean.
const NEUTRAL: f32 = 14.4;
/// QP per doubling of the energy at strength 1.
const SLOPE: f32 = 1.0;

/// Sets the frame's offsets by variance; all 0 at strength 0.
pub(super) fn set_offsets(frame: &mut Frame, width_mbs: usize, strength: f32) {
    if strength == 0.0 {
        frame.aq.fill(0.0);
        return;
    }
    for i in 0..frame.aq.len() {
        let (x, y) = (i % width_mbs, i / width_mbs);
        let e = energy(frame.source.plane(0), 16 * x, 16 * y, 16)
            + energy(frame.source.plane(1), 8 * x, 8 * y, 8)
            + energy(frame.source.plane(2), 8 * x, 8 * y, 8);
        frame.aq[i] = strength * SLOPE * (libm::log2f(e.max(1) as f32) - NEUTRAL);
    }
}
