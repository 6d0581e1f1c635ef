//! The H.264 deblocking filter across one edge, from the equations of 8.7.2.

use crate::block::Edge;
use crate::mem::{RowsMut, before_mut};
use crate::sample::Sample;

/// The thresholds for an edge, as 8.7.2.2 scales those of the tables to the bit depth.
#[derive(Clone, Copy)]
struct Limits<T> {
    alpha: i32,
    beta: i32,
    /// tC0 is scaled by this power of 2.
    depth_shift: u32,
    max: T,
}

impl<T: Sample> Limits<T> {
    fn new(alpha: u8, beta: u8, max: T) -> Self {
        let depth_shift = depth_shift(max.into() as u32);
        Self { alpha: i32::from(alpha) << depth_shift, beta: i32::from(beta) << depth_shift, depth_shift, max }
    }

    /// tC0 from table 8-17's.
    fn tc0(&self, table: i8) -> i32 {
        i32::from(table) << self.depth_shift
    }
}

/// By how many bits samples of at most `max` are longer than 8.
pub(crate) fn depth_shift(max: u32) -> u32 {
    max.count_ones() - 8
}

/// The samples of line `k` across the edge, `reach` on either side.
struct Line<'a, 'b, T> {
    window: &'a mut RowsMut<'b, T>,
    limits: Limits<T>,
    dir: Edge,
    reach: usize,
    k: usize,
}

impl<T: Sample> Line<'_, '_, T> {
    fn at(&mut self, i: usize) -> &mut T {
        let [sample] = match self.dir {
            Edge::Vertical => self.window.at(self.k, i),
            Edge::Horizontal => self.window.at(i, self.k),
        };
        sample
    }
    /// The `i`-th sample from the edge on the near side.
    fn p(&mut self, i: usize) -> i32 {
        (*self.at(self.reach - 1 - i)).into()
    }
    /// The `i`-th sample from the edge on the far side.
    fn q(&mut self, i: usize) -> i32 {
        (*self.at(self.reach + i)).into()
    }
    fn set_p(&mut self, i: usize, v: i32) {
        *self.at(self.reach - 1 - i) = T::clip1(v, self.limits.max);
    }
    fn set_q(&mut self, i: usize, v: i32) {
        *self.at(self.reach + i) = T::clip1(v, self.limits.max);
    }

    /// filterSamplesFlag without its bS part (8.7.2.2).
    fn is_edge_artefact(&mut self) -> bool {
        let Limits { alpha, beta, .. } = self.limits;
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
    fn filter_luma(&mut self, tc0: i32) {
        let beta = self.limits.beta;
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
    fn filter_luma_strong(&mut self) {
        let Limits { alpha, beta, .. } = self.limits;
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
fn for_lines<T: Sample>(
    dir: Edge,
    data: &mut [T],
    off: usize,
    stride: usize,
    (lines, reach): (usize, usize),
    limits: Limits<T>,
    mut filter: impl FnMut(usize, &mut Line<'_, '_, T>),
) {
    let mut window = match dir {
        Edge::Vertical => RowsMut::new(before_mut(data, off, reach), stride, 2 * reach, lines),
        Edge::Horizontal => RowsMut::new(before_mut(data, off, reach * stride), stride, lines, 2 * reach),
    };
    for k in 0..lines {
        let mut line = Line { window: &mut window, limits, dir, reach, k };
        if line.is_edge_artefact() {
            filter(k, &mut line);
        }
    }
}

/// 16 lines that reach four samples to either side.
const LUMA: (usize, usize) = (16, 4);
/// 8 lines that reach two samples to either side.
const CHROMA: (usize, usize) = (8, 2);

fn luma<T: Sample>(dir: Edge, data: &mut [T], off: usize, stride: usize, limits: Limits<T>, tc0: &[i8; 4]) {
    for_lines(dir, data, off, stride, LUMA, limits, |k, line| {
        if tc0[k / 4] >= 0 {
            line.filter_luma(limits.tc0(tc0[k / 4]));
        }
    });
}

fn luma_strong<T: Sample>(dir: Edge, data: &mut [T], off: usize, stride: usize, limits: Limits<T>) {
    for_lines(dir, data, off, stride, LUMA, limits, |_, line| line.filter_luma_strong());
}

fn chroma<T: Sample>(dir: Edge, data: &mut [T], off: usize, stride: usize, limits: Limits<T>, tc0: &[i8; 4]) {
    for_lines(dir, data, off, stride, CHROMA, limits, |k, line| {
        if tc0[k / 2] >= 0 {
            // 8.7.2.3: chroma takes tC0 + 1 whatever the samples further away.
            line.filter_edge_samples(limits.tc0(tc0[k / 2]) + 1);
        }
    });
}

fn chroma_strong<T: Sample>(dir: Edge, data: &mut [T], off: usize, stride: usize, limits: Limits<T>) {
    for_lines(dir, data, off, stride, CHROMA, limits, |_, line| line.filter_chroma_strong());
}

/// The entries of a table: `$entry` and `$entry_u16` call `$filter` with limits for 8 bits, and for those of `max`.
macro_rules! entries {
    ($($filter:ident: $entry:ident, $entry_u16:ident ($($tc0:ident: $t:ty)?);)*) => {
        $(pub(crate) fn $entry(
            dir: Edge,
            data: &mut [u8],
            off: usize,
            stride: usize,
            alpha: u8,
            beta: u8,
            $($tc0: $t)?
        ) {
            $filter(dir, data, off, stride, Limits::new(alpha, beta, 255), $($tc0)?);
        }

        pub(crate) fn $entry_u16(
            dir: Edge,
            data: &mut [u16],
            off: usize,
            stride: usize,
            alpha: u8,
            beta: u8,
            $($tc0: $t,)?
            max: u16,
        ) {
            $filter(dir, data, off, stride, Limits::new(alpha, beta, max), $($tc0)?);
        })*
    };
}

entries! {
    luma: deblock_luma, deblock_luma_u16 (tc0: &[i8; 4]);
    luma_strong: deblock_luma_strong, deblock_luma_strong_u16 ();
    chroma: deblock_chroma, deblock_chroma_u16 (tc0: &[i8; 4]);
    chroma_strong: deblock_chroma_strong, deblock_chroma_strong_u16 ();
}
