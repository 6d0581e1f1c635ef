//! Luma motion vector prediction, 8.4.1.1 and 8.4.1.3.

use super::mb_info::Mv;
use super::neighbours::{GRID_STRIDE, MotionCache, at};
use super::scan::BLOCK_INDEX;

/// Reference index and vector of a neighbouring block: -1 where the list is not used, [`MotionCache::UNAVAILABLE`] where there is none.
pub(crate) type Neighbour = (i8, Mv);

/// A block that is not available.
pub(crate) const NO_NEIGHBOUR: Neighbour = (MotionCache::UNAVAILABLE, Mv::new(0, 0));

/// C, or D where there is no C.
#[inline]
pub(crate) fn or_else(c: Neighbour, d: impl FnOnce() -> Neighbour) -> Neighbour {
    if c.0 == MotionCache::UNAVAILABLE { d() } else { c }
}

/// Whether the block above and right of the `w` blocks wide partition at (`x`, `y`) lies in the macroblock and comes before it in
/// decoding order, or lies in the row above the macroblock (6.4.11.7).
#[inline]
fn above_right_is_decoded(x: usize, y: usize, w: usize) -> bool {
    y == 0 || (x + w < 4 && BLOCK_INDEX[4 * (y - 1) + x + w] < BLOCK_INDEX[4 * y + x])
}

#[inline]
fn median(a: i16, b: i16, c: i16) -> i16 {
    a.min(b).max(a.max(b).min(c))
}

/// Reference index and vector of the neighbours A, B, and C (or D where there is no C) of the partition at (`x`, `y`) that is `w`
/// blocks wide, 8.4.1.3.2.
#[inline]
pub(crate) fn neighbours(cache: &MotionCache, list: usize, x: usize, y: usize, w: usize) -> [Neighbour; 3] {
    let (refs, mvs) = (&cache.ref_idx[list], &cache.mv[list]);
    let here = at(x, y);
    let get = |i: usize| (refs[i], mvs[i]);
    let mut c = here - GRID_STRIDE + w;
    if !above_right_is_decoded(x, y, w) || refs[c] == MotionCache::UNAVAILABLE {
        if cache.mixed_left && x == 0 && y > 0 {
            return [get(here - 1), get(here - GRID_STRIDE), cache.left_corners[list][y & 3]];
        }
        c = here - GRID_STRIDE - 1;
    }
    [get(here - 1), get(here - GRID_STRIDE), get(c)]
}

/// Median prediction of the partition at (`x`, `y`), `w` blocks wide, that refers to `ref_idx`, 8.4.1.3.1.
pub(crate) fn predict(cache: &MotionCache, list: usize, x: usize, y: usize, w: usize, ref_idx: i8) -> Mv {
    median_of(neighbours(cache, list, x, y, w), ref_idx)
}

/// The prediction from three neighbours, 8.4.1.3.1.
pub(crate) fn median_of([a, b, c]: [Neighbour; 3], ref_idx: i8) -> Mv {
    const NONE: i8 = MotionCache::UNAVAILABLE;
    match (a.0 == ref_idx, b.0 == ref_idx, c.0 == ref_idx) {
        (true, false, false) => a.1,
        (false, true, false) => b.1,
        (false, false, true) => c.1,
        _ if b.0 == NONE && c.0 == NONE && a.0 != NONE => a.1,
        _ => Mv::new(median(a.1.x, b.1.x, c.1.x), median(a.1.y, b.1.y, c.1.y)),
    }
}

/// Prediction of 16x8 partition `part` from its neighbours, 8.4.1.3.
pub(crate) fn predict_16x8(n: [Neighbour; 3], part: usize, ref_idx: i8) -> Mv {
    let preferred = if part == 0 { n[1] } else { n[0] };
    if preferred.0 == ref_idx { preferred.1 } else { median_of(n, ref_idx) }
}

/// Prediction of 8x16 partition `part` from its neighbours, 8.4.1.3.
pub(crate) fn predict_8x16(n: [Neighbour; 3], part: usize, ref_idx: i8) -> Mv {
    let preferred = if part == 0 { n[0] } else { n[2] };
    if preferred.0 == ref_idx { preferred.1 } else { median_of(n, ref_idx) }
}

/// The vector of `P_Skip` from the neighbours of the macroblock, 8.4.1.1.
pub(crate) fn predict_p_skip(n: [Neighbour; 3]) -> Mv {
    let still = |(ref_idx, mv): Neighbour| ref_idx == MotionCache::UNAVAILABLE || (ref_idx == 0 && mv == Mv::default());
    if still(n[0]) || still(n[1]) { Mv::default() } else { median_of(n, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_above_right_that_come_later() {
        // 4x4 blocks by raster position; 3, 7, 11, 13, 5 and 15 in decoding order have none but row 0.
        let none: std::vec::Vec<usize> =
            (0..16).filter(|i| !above_right_is_decoded(i % 4, i / 4, 1)).map(|i| usize::from(BLOCK_INDEX[i])).collect();
        assert_eq!(none, [3, 7, 13, 11, 15]);
        assert!(
            above_right_is_decoded(0, 2, 2) && !above_right_is_decoded(2, 2, 2) && !above_right_is_decoded(0, 2, 4)
        );
        assert!(!above_right_is_decoded(0, 1, 2) && !above_right_is_decoded(0, 3, 2));
    }

    #[test]
    fn one_matching_neighbour_wins() {
        let mut c = MotionCache::new();
        c.ref_idx[0][at(0, 0) - 1] = 1;
        c.mv[0][at(0, 0) - 1] = Mv::new(4, -8);
        c.ref_idx[0][1] = 0;
        c.mv[0][1] = Mv::new(2, 2);
        c.ref_idx[0][5] = 0;
        c.mv[0][5] = Mv::new(10, 0);
        assert_eq!(predict(&c, 0, 0, 0, 4, 1), Mv::new(4, -8));
        assert_eq!(predict(&c, 0, 0, 0, 4, 0), Mv::new(4, 0));
        let n = neighbours(&c, 0, 0, 0, 4);
        assert_eq!(predict_16x8(n, 0, 0), Mv::new(2, 2));
        assert_eq!(predict_8x16(n, 0, 1), Mv::new(4, -8));
        assert_eq!(predict_p_skip(n), Mv::new(4, 0));
        c.mv[0][1] = Mv::default();
        assert_eq!(predict_p_skip(neighbours(&c, 0, 0, 0, 4)), Mv::default());
    }
}
