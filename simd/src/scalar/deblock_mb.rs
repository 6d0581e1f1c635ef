//! The H.264 deblocking filter across the edges of a macroblock, from 8.7.

use super::deblock::{deblock_chroma, deblock_chroma_strong, deblock_luma, deblock_luma_strong};
use crate::block::{Edge, Motion, Thresholds};

/// Calls `filter` for each edge of a macroblock in one direction that is filtered: with the edge's offset, thresholds
/// and tC0, or none where bS is 4. `EVERY` counts the bS rows between two edges that exist, and `samples` the samples.
#[inline(always)]
pub(crate) fn edges<const EVERY: usize>(
    (off, samples): (usize, usize),
    bs: &[[u8; 4]; 4],
    own: &Thresholds,
    inner: &Thresholds,
    mut filter: impl FnMut(usize, &Thresholds, Option<&[i8; 4]>),
) {
    for e in (0..4).step_by(EVERY) {
        let t = if e == 0 { own } else { inner };
        if bs[e] == [0; 4] || !t.filters() {
            continue;
        }
        let tc0 = bs[e].map(|bs| t.tc0[usize::from(bs & 3)]);
        filter(off + e / EVERY * samples, t, if bs[e] == [4; 4] { None } else { Some(&tc0) });
    }
}

pub(crate) fn deblock_luma_mb(
    dir: Edge,
    data: &mut [u8],
    off: usize,
    stride: usize,
    bs: &[[u8; 4]; 4],
    own: &Thresholds,
    inner: &Thresholds,
) {
    edges::<1>((off, dir.across(stride, 4)), bs, own, inner, |at, t, tc0| match tc0 {
        Some(tc0) => deblock_luma(dir, data, at, stride, t.alpha, t.beta, tc0),
        None => deblock_luma_strong(dir, data, at, stride, t.alpha, t.beta),
    });
}

pub(crate) fn deblock_chroma_mb(
    dir: Edge,
    planes: [&mut [u8]; 2],
    off: usize,
    stride: usize,
    bs: &[[u8; 4]; 4],
    own: &[Thresholds; 2],
    inner: &[Thresholds; 2],
) {
    for (i, data) in planes.into_iter().enumerate() {
        edges::<2>((off, dir.across(stride, 4)), bs, &own[i], &inner[i], |at, t, tc0| match tc0 {
            Some(tc0) => deblock_chroma(dir, data, at, stride, t.alpha, t.beta, tc0),
            None => deblock_chroma_strong(dir, data, at, stride, t.alpha, t.beta),
        });
    }
}

/// Block `b` of a macroblock.
struct Block<'a> {
    motion: &'a Motion<'a>,
    b: usize,
}

impl Block<'_> {
    fn picture(&self, list: usize) -> i8 {
        self.motion.picture[list][self.b / 8 * 2 + self.b / 2 % 2]
    }

    /// Whether the vector of `list` and that of `other_list` of `other` are less than four quarter samples apart.
    fn is_near(&self, list: usize, other: &Self, other_list: usize, far_y: u8) -> bool {
        let (a, b) = (self.motion.mv[list][self.b], other.motion.mv[other_list][other.b]);
        let distance = |a: i16, b: i16| (i32::from(a) - i32::from(b)).abs();
        distance(a.x, b.x) < 4 && distance(a.y, b.y) < i32::from(far_y)
    }

    /// Whether bS is 0 where neither block has coefficients: the same pictures, and vectors that differ little, by
    /// some pairing of the two. An unused list counts as a picture of its own with a vector of zero.
    fn moves_with(&self, other: &Self, far_y: u8, two_lists: bool) -> bool {
        let pairs = |swap: usize| {
            let lists = if two_lists { 2 } else { 1 };
            (0..lists).all(|list| {
                let other_list = list ^ swap;
                self.picture(list) == other.picture(other_list) && self.is_near(list, other, other_list, far_y)
            })
        };
        pairs(0) || two_lists && pairs(1)
    }
}

pub(crate) fn deblock_strength(
    [q, left, above]: &[Motion<'_>; 3],
    nonzero: [u16; 3],
    far_y: u8,
    two_lists: bool,
    bs: &mut [[[u8; 4]; 4]; 2],
) {
    for (dir, edges) in bs.iter_mut().enumerate() {
        for (e, bs) in edges.iter_mut().enumerate() {
            for (i, bs) in bs.iter_mut().enumerate() {
                // The block behind the edge, and the one before it, which may be the neighbour's.
                let (x, y) = if dir == 0 { (e, i) } else { (i, e) };
                let here = Block { motion: q, b: 4 * y + x };
                let (motion, b, coefficients) = match (dir, e) {
                    (0, 0) => (left, 4 * y + 3, nonzero[1]),
                    (0, _) => (q, 4 * y + x - 1, nonzero[0]),
                    (_, 0) => (above, 12 + x, nonzero[2]),
                    _ => (q, 4 * y + x - 4, nonzero[0]),
                };
                let there = Block { motion, b };
                // 8.7.2.1
                *bs = if nonzero[0] >> here.b & 1 != 0 || coefficients >> there.b & 1 != 0 {
                    2
                } else {
                    u8::from(!here.moves_with(&there, far_y, two_lists))
                };
            }
        }
    }
}
