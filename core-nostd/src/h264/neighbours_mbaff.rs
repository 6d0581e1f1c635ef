//! Neighbours in frames of macroblock pairs (MBAFF), 6.4.12.2 with table 6-4.
//!
//! The table follows from where the lines are: a frame macroblock has 16 lines of the pair that follow each other, a field macroblock
//! every other line of it, and a neighbour is whoever has the line beside, or the line above of the same kind.

use super::mb_info::{MbFlags, MbGrid, Mv};
use super::neighbours::{Available, GRID_STRIDE, MbContext, MotionCache};
use crate::unchecked::MotionMut;

/// Where the neighbours of one macroblock of a pair are. Addresses are places in raster order; those of neighbours that are not
/// available have no meaning.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PairNeighbours {
    /// The current macroblock is a field macroblock.
    field: bool,
    /// It is the bottom one of its pair.
    bottom: usize,
    /// The left pair is one of field macroblocks.
    left_field: bool,
    /// The top macroblock of the left pair.
    left: usize,
    /// The bottom one.
    left_bottom: usize,
    above: usize,
    above_right: usize,
    /// The macroblock and the row of 4x4 blocks in it.
    above_left: (usize, usize),
    /// Which of them are there.
    pub(crate) available: Available,
}

/// The neighbouring pairs of the pair in column `mb_x` and row `pair_y`: the address of the top macroblock of those in slice `slice`, in
/// the order left, above, above right, above left.
pub(crate) fn pairs(grid: &MbGrid, mb_x: usize, pair_y: usize, slice: u32) -> [Option<usize>; 4] {
    let w = grid.width;
    let pair = |x: Option<usize>, y: Option<usize>| {
        let addr = 2 * w * y? + x.filter(|&x| x < w)?;
        grid.info.get(addr).is_some_and(|mb| mb.slice == slice).then_some(addr)
    };
    let (left, up) = (mb_x.checked_sub(1), pair_y.checked_sub(1));
    [pair(left, Some(pair_y)), pair(Some(mb_x), up), pair(Some(mb_x + 1), up), pair(left, up)]
}

impl PairNeighbours {
    /// Of macroblock `bottom` of the pair in column `mb_x` and row `pair_y`.
    pub(crate) fn of(grid: &MbGrid, mb_x: usize, pair_y: usize, bottom: usize, field: bool, slice: u32) -> Self {
        let w = grid.width;
        let [left, above, above_right, above_left] = pairs(grid, mb_x, pair_y, slice);
        let is_field = |top: usize| grid.info[top].flags.has(MbFlags::FIELD);
        let left_field = left.is_some_and(is_field);
        // Who has the line above in another pair.
        let beyond = |pair: Option<usize>| match (pair, field) {
            (Some(top), true) if bottom == 0 && is_field(top) => top,
            (Some(top), _) => top + w,
            (None, _) => 0,
        };
        let mut n = Self {
            field,
            bottom,
            left_field,
            left: left.unwrap_or(0),
            left_bottom: left.unwrap_or(0) + w,
            above: beyond(above),
            above_right: beyond(above_right),
            above_left: (beyond(above_left), 3),
            available: Available {
                left: left.is_some(),
                left_lower: left.is_some(),
                above: above.is_some(),
                above_right: above_right.is_some(),
                above_left: above_left.is_some(),
            },
        };
        if !field && bottom == 1 {
            // The line above is in the pair itself, the sixteenth.
            n.above = 2 * w * pair_y + mb_x;
            n.available.above = true;
            n.available.above_right = false;
            n.available.above_left = left.is_some();
            n.above_left = if left_field { (n.left_bottom, 1) } else { (n.left, 3) };
        }
        n
    }

    /// Whether frame macroblocks are beside field macroblocks.
    pub(crate) fn is_mixed(&self) -> bool {
        self.available.left && self.left_field != self.field
    }

    /// Which macroblock of the left pair lies beside line `y`, and which of its lines does.
    fn left_line(&self, y: usize) -> (usize, usize) {
        match (self.field, self.left_field) {
            (false, true) => {
                let line = 16 * self.bottom + y;
                (line & 1, line >> 1)
            }
            (true, false) => {
                let line = 2 * y + self.bottom;
                (line >> 4, line & 15)
            }
            _ => (self.bottom, y),
        }
    }

    /// The neighbours that are there and intra coded but not of a type in `barred`: what constrained intra prediction may use.
    pub(crate) fn available_intra(&self, grid: &MbGrid, barred: MbFlags) -> Available {
        let is = |flags: MbFlags| flags.has(MbFlags::INTRA) && !flags.has(barred);
        let intra = |addr: usize| grid.info.get(addr).is_some_and(|mb| is(mb.flags));
        let (a, pair) = (self.available, [intra(self.left), intra(self.left_bottom)]);
        let (upper, lower) = match (self.field, self.left_field) {
            (false, true) => (pair[0] && pair[1], pair[0] && pair[1]),
            (true, false) => (pair[0], pair[1]),
            _ => (pair[self.bottom & 1], pair[self.bottom & 1]),
        };
        Available {
            left: a.left && upper,
            left_lower: a.left && lower,
            above: a.above && intra(self.above),
            above_right: a.above_right && intra(self.above_right),
            above_left: a.above_left && intra(self.above_left.0),
        }
    }

    /// What parsing asks of neighbour A, from the right edges of the left pair. `tall` says that chroma has as many rows as luma.
    pub(crate) fn left_context(&self, pair: &[MbContext; 2], tall: bool) -> MbContext {
        if !self.available.left {
            return MbContext::UNAVAILABLE;
        }
        let mut c = pair[self.left_line(0).0 & 1];
        if self.is_mixed() {
            let chroma = c.cbp & 0x30;
            c.cbp = chroma;
            for i in 0..4 {
                let (mb, line) = self.left_line(4 * i);
                let from = &pair[mb & 1];
                for plane in 0..if tall { 3 } else { 1 } {
                    c.coeffs[plane][i] = from.coeffs[plane][line >> 2];
                }
                c.modes[i] = from.modes[line >> 2];
                for list in 0..2 {
                    c.motion.mvd[list][i] = from.motion.mvd[list][line >> 2];
                }
            }
            for i in 0..2 {
                let (mb, line) = self.left_line(8 * i);
                let (from, half) = (&pair[mb & 1], line >> 3);
                for plane in if tall { 3..3 } else { 1..3 } {
                    c.coeffs[plane][i] = from.coeffs[plane][half];
                }
                for list in 0..2 {
                    c.motion.ref_idx[list][i] = from.motion.ref_idx[list][half];
                }
                c.cbp |= (from.cbp >> (1 + 2 * half) & 1) << (1 + 2 * i);
            }
        }
        self.scaled(c)
    }

    /// What parsing asks of neighbour B, from the lower edges of the pair above or (where the current one's has been decoded) the
    /// current pair.
    pub(crate) fn above_context(&self, columns: [MbContext; 2], grid: &MbGrid) -> MbContext {
        if !self.available.above {
            return MbContext::UNAVAILABLE;
        }
        let bottom = (self.above / grid.width) & 1;
        self.scaled(columns[bottom])
    }

    /// Vertical differences and reference indices of a neighbour in the units of the current macroblock (9.3.3.1.1.6 and 7).
    fn scaled(&self, mut c: MbContext) -> MbContext {
        match (self.field, c.flags.has(MbFlags::FIELD)) {
            (false, true) => {
                c.motion.mvd.as_flattened_mut().iter_mut().for_each(|d| d[1] = d[1].saturating_mul(2));
                c.motion.ref_idx.as_flattened_mut().iter_mut().for_each(|r| *r >>= 1);
            }
            (true, false) => c.motion.mvd.as_flattened_mut().iter_mut().for_each(|d| d[1] >>= 1),
            _ => {}
        }
        c
    }

    /// Fills the border of list `list` in `cache`, 8.4.1.3.2.
    pub(crate) fn load_motion(&self, cache: &mut MotionCache, list: usize, mbs: &MotionMut<'_>, grid: &MbGrid) {
        let (mv, refs) = (&mut cache.mv[list], &mut cache.ref_idx[list]);
        let block = |there: bool, addr: usize, x: usize, y: usize| -> (Mv, i8) {
            let (Some(info), true) = (grid.info.get(addr), there) else {
                return (Mv::default(), MotionCache::UNAVAILABLE);
            };
            let m = &mbs[addr];
            let (v, r) = (m.mv[list][4 * (y & 3) + (x & 3)], m.ref_idx[list][y & 2 | (x >> 1 & 1)]);
            match (self.field, info.flags.has(MbFlags::FIELD)) {
                _ if r < 0 => (v, r),
                (true, false) => (Mv::new(v.x, v.y / 2), r.wrapping_mul(2)),
                (false, true) => (Mv::new(v.x, v.y.wrapping_mul(2)), r >> 1),
                _ => (v, r),
            }
        };
        let a = self.available;
        for x in 0..4 {
            (mv[1 + x], refs[1 + x]) = block(a.above, self.above, x, 3);
        }
        (mv[0], refs[0]) = block(a.above_left, self.above_left.0, 3, self.above_left.1);
        (mv[5], refs[5]) = block(a.above_right, self.above_right, 0, 3);
        let beside = |y: usize| {
            let (mb, line) = self.left_line(y);
            block(a.left, if mb == 0 { self.left } else { self.left_bottom }, 3, line >> 2)
        };
        for y in 0..4 {
            let i = GRID_STRIDE * (y + 1);
            (mv[i], refs[i]) = beside(4 * y);
        }
        cache.mixed_left = self.is_mixed();
        if cache.mixed_left {
            for (y, corner) in cache.left_corners[list].iter_mut().enumerate().skip(1) {
                let (mv, r) = beside(4 * y - 1);
                *corner = (r, mv);
            }
        }
    }
}
