//! The H.264 deblocking filter across one edge, from the equations of 8.7.2.

use crate::block::Edge;
use crate::mem::{RowsMut, before_mut};

/// The samples of line `k` across the edge, `reach` on either side.
struct Line<'a, 'b> {
    window: &'a mut RowsMut<'b, u8>,
    dir: Edge,
    reach: usize,
    k: usize,
}

impl Line<'_, '_> {
    fn at(&mut self, i: usize) -> &mut u8 {
        let [sample] = match self.dir {
            Edge::Vertical => self.window.at(self.k, i),
            Edge::Horizontal => self.window.at(i, self.k),
        };
        sample
    }
    /// The `i`-th sample from the edge on the near side.
    fn p(&mut self, i: usize) -> i32 {
        i32::from(*self.at(self.reach - 1 - i))
    }
    /// The `i`-th sample from the edge on the far side.
    fn q(&mut self, i: usize) -> i32 {
        i32::from(*self.at(self.reach + i))
    }
    fn set_p(&mut self, i: usize, v: i32) {
        *self.at(self.reach - 1 - i) = v.clamp(0, 255) as u8;
    }
    fn set_q(&mut self, i: usize, v: i32) {
        *self.at(self.reach + i) = v.clamp(0, 255) as u8;
    }

    /// filterSamplesFlag without its bS part (8.7.2.2).
    fn is_edge_artefact(&mut self, alpha: i32, beta: i32) -> bool {
        (self.p(0) - self.q(0)).abs() < alpha
            && (self.p(1) - self.p(0)).abs() < beta
            && (self.q(1) - self.q(0)).abs() < beta
    }

    /// Moves p0 and q0 towards each other by at most `tc` (8.7.2.3).
    fn filter_edge_samples(&mut self, tc: i32) {
        let (p0, p1, q0, q1) = (self.p(0), self.p(1), self.q(0), self.q(1));
        let delta = ((((q0 - p0) << 2) + (p1 - q1) + 4) >> 3).clamp(-tc, tc);
        self.set_p(0, p0 + delta);
        self.set_q(0, q0 - delta);
    }

    /// bS below 4, luma (8.7.2.3).
    fn filter_luma(&mut self, beta: i32, tc0: i32) {
        let (p0, p1, p2) = (self.p(0), self.p(1), self.p(2));
        let (q0, q1, q2) = (self.q(0), self.q(1), self.q(2));
        let ap = (p2 - p0).abs() < beta;
        let aq = (q2 - q0).abs() < beta;
        self.filter_edge_samples(tc0 + i32::from(ap) + i32::from(aq));
        if ap {
            self.set_p(1, p1 + ((p2 + ((p0 + q0 + 1) >> 1) - (p1 << 1)) >> 1).clamp(-tc0, tc0));
        }
        if aq {
            self.set_q(1, q1 + ((q2 + ((p0 + q0 + 1) >> 1) - (q1 << 1)) >> 1).clamp(-tc0, tc0));
        }
    }

    /// bS 4, luma (8.7.2.4).
    fn filter_luma_strong(&mut self, alpha: i32, beta: i32) {
        let [p0, p1, p2, p3] = [0, 1, 2, 3].map(|i| self.p(i));
        let [q0, q1, q2, q3] = [0, 1, 2, 3].map(|i| self.q(i));
        let small_gap = (p0 - q0).abs() < (alpha >> 2) + 2;
        if (p2 - p0).abs() < beta && small_gap {
            self.set_p(0, (p2 + 2 * p1 + 2 * p0 + 2 * q0 + q1 + 4) >> 3);
            self.set_p(1, (p2 + p1 + p0 + q0 + 2) >> 2);
            self.set_p(2, (2 * p3 + 3 * p2 + p1 + p0 + q0 + 4) >> 3);
        } else {
            self.set_p(0, (2 * p1 + p0 + q1 + 2) >> 2);
        }
        if (q2 - q0).abs() < beta && small_gap {
            self.set_q(0, (p1 + 2 * p0 + 2 * q0 + 2 * q1 + q2 + 4) >> 3);
            self.set_q(1, (p0 + q0 + q1 + q2 + 2) >> 2);
            self.set_q(2, (2 * q3 + 3 * q2 + q1 + q0 + p0 + 4) >> 3);
        } else {
            self.set_q(0, (2 * q1 + q0 + p1 + 2) >> 2);
        }
    }

    /// bS 4, chroma (8.7.2.4 with chromaStyleFilteringFlag).
    fn filter_chroma_strong(&mut self) {
        let (p0, p1, q0, q1) = (self.p(0), self.p(1), self.q(0), self.q(1));
        self.set_p(0, (2 * p1 + p0 + q1 + 2) >> 2);
        self.set_q(0, (2 * q1 + q0 + p1 + 2) >> 2);
    }
}

/// Calls `filter` with each of the `lines` lines across the edge that the thresholds let through.
fn for_lines(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    (lines, reach): (usize, usize),
    (alpha, beta): (u8, u8),
    mut filter: impl FnMut(usize, &mut Line<'_, '_>),
) {
    let mut window = match dir {
        Edge::Vertical => RowsMut::new(before_mut(data, off, reach), stride, 2 * reach, lines),
        Edge::Horizontal => RowsMut::new(before_mut(data, off, reach * stride), stride, lines, 2 * reach),
    };
    for k in 0..lines {
        let mut line = Line { window: &mut window, dir, reach, k };
        if line.is_edge_artefact(i32::from(alpha), i32::from(beta)) {
            filter(k, &mut line);
        }
    }
}

/// 16 lines that reach four samples to either side.
const LUMA: (usize, usize) = (16, 4);
/// 8 lines that reach two samples to either side.
const CHROMA: (usize, usize) = (8, 2);

pub(crate) fn deblock_luma(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8, tc0: &[i8; 4]) {
    for_lines(dir, data, off, stride, LUMA, (alpha, beta), |k, line| {
        if tc0[k / 4] >= 0 {
            line.filter_luma(i32::from(beta), i32::from(tc0[k / 4]));
        }
    });
}

pub(crate) fn deblock_luma_strong(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
    for_lines(dir, data, off, stride, LUMA, (alpha, beta), |_, line| {
        line.filter_luma_strong(i32::from(alpha), i32::from(beta));
    });
}

pub(crate) fn deblock_chroma(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    alpha: u8,
    beta: u8,
    tc0: &[i8; 4],
) {
    for_lines(dir, data, off, stride, CHROMA, (alpha, beta), |k, line| {
        if tc0[k / 2] >= 0 {
            // 8.7.2.3: chroma takes tC0 + 1 whatever the samples further away.
            line.filter_edge_samples(i32::from(tc0[k / 2]) + 1);
        }
    });
}

pub(crate) fn deblock_chroma_strong(dir: Edge, data: &mut [u8], off: usize, stride: usize, alpha: u8, beta: u8) {
    for_lines(dir, data, off, stride, CHROMA, (alpha, beta), |_, line| line.filter_chroma_strong());
}
