//! The H.264 deblocking filter for samples of 8 to 14 bits, eight lines at a time.
#![forbid(unsafe_code)]

use super::transform::transpose8;
use crate::block::Edge;
use crate::mem::{RowsMut, before_mut};
use crate::scalar::deblock::depth_shift;
use crate::x86::words::x8 as w;

crate::x86::high::deblock_u16!("sse4.2", 8);

/// p3 to q3 of eight lines across a vertical edge.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn load_columns(window: &mut RowsMut<'_, u16>, first: usize) -> [w::V; 8] {
    let mut lines = [w::zero(); 8];
    for i in 0..8 {
        lines[i] = w::load::<8>(window.at(first + i, 0));
    }
    transpose8(lines)
}

/// [`load_columns`] undone.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn store_columns(window: &mut RowsMut<'_, u16>, first: usize, columns: [w::V; 8]) {
    let lines = transpose8(columns);
    for i in 0..8 {
        w::store::<8>(window.at(first + i, 0), lines[i]);
    }
}

/// Filters one chroma edge, eight lines: bS 4 without `tc0`.
#[inline]
#[target_feature(enable = "sse4.2")]
fn chroma(dir: Edge, data: &mut [u16], off: usize, stride: usize, limits: Limits, tc0: Option<&[i8; 4]>) {
    let window = &mut match dir {
        Edge::Vertical => RowsMut::new(before_mut(data, off, 2), stride, 4, 8),
        Edge::Horizontal => RowsMut::new(before_mut(data, off, 2 * stride), stride, 8, 4),
    };
    let zero = w::zero();
    let mut s = [zero; 8];
    match dir {
        Edge::Vertical => {
            for i in 0..8 {
                s[i] = w::load::<4>(window.at(i, 0));
            }
            s = transpose8(s);
        }
        Edge::Horizontal => {
            for i in 0..4 {
                s[i] = w::load::<8>(window.at(i, 0));
            }
        }
    }
    let [p1, p0, q0, q1, ..] = s;
    let mut on = artefacts(p1, p0, q0, q1, limits);
    let (p, q) = match tc0 {
        Some(tc0) => {
            let (tc0, filtered) = spread::<2>(tc0, 0, limits);
            on = w::and(on, filtered);
            edge_samples(p1, p0, q0, q1, w::and(w::add(tc0, w::set(1)), on), limits)
        }
        None => (w::select(p0, short(p1, p0, q1), on), w::select(q0, short(q1, q0, p1), on)),
    };
    if w::none(on) {
        return;
    }
    match dir {
        Edge::Vertical => {
            let lines = transpose8([p1, p, q, q1, zero, zero, zero, zero]);
            for i in 0..8 {
                w::store::<4>(window.at(i, 0), lines[i]);
            }
        }
        Edge::Horizontal => {
            w::store::<8>(window.at(1, 0), p);
            w::store::<8>(window.at(2, 0), q);
        }
    }
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_chroma_u16(
    dir: Edge,
    data: &mut [u16],
    off: usize,
    stride: usize,
    alpha: u8,
    beta: u8,
    tc0: &[i8; 4],
    max: u16,
) {
    chroma(dir, data, off, stride, limits(alpha, beta, max), Some(tc0));
}

#[target_feature(enable = "sse4.2")]
pub(crate) fn deblock_chroma_strong_u16(
    dir: Edge,
    data: &mut [u16],
    off: usize,
    stride: usize,
    alpha: u8,
    beta: u8,
    max: u16,
) {
    chroma(dir, data, off, stride, limits(alpha, beta, max), None);
}
