//! Motion around the macroblock, 6.4.11.7: looked at where it is stored, or gathered for macroblocks in quarters.

use super::mb::MbDecoder;
use crate::h264::mv_pred::{self, NO_NEIGHBOUR, Neighbour};
use crate::h264::neighbours::{GRID_STRIDE, at};
use transcode_simd::Sample;

impl<P: Sample> MbDecoder<'_, P> {
    /// Fills the borders of motion and of what its parsing looks at.
    pub(super) fn load_motion(&mut self) {
        for list in 0..self.list_count() {
            self.load_vectors(list);
            let mb = &mut self.scratch.mb;
            let [left, above] = &self.nb;
            let mvd = &mut mb.mvd[list];
            mvd.fill([0; 2]);
            mvd[1..5].copy_from_slice(&above.motion.mvd[list]);
            for y in 0..4 {
                mvd[GRID_STRIDE * (y + 1)] = left.motion.mvd[list][y];
            }
            let refs = &mut mb.sent_refs[list];
            refs.fill(0);
            refs[1..3].copy_from_slice(&above.motion.ref_idx[list]);
            refs[4] = left.motion.ref_idx[list][0];
            refs[8] = left.motion.ref_idx[list][1];
        }
    }

    /// Fills the border of one list's motion.
    fn load_vectors(&mut self, list: usize) {
        let cache = &mut self.scratch.mb.motion;
        if self.s.mbaff {
            self.pair_neighbours.load_motion(cache, list, &self.motion, self.grid);
        } else {
            cache.load(list, &self.motion, self.grid.width, self.mb_x, self.mb_y, self.available);
        }
    }

    /// Fills the borders of motion where frame and field macroblocks may meet; elsewhere the neighbours are looked at in place.
    pub(super) fn load_mixed_vectors(&mut self) {
        if self.s.mbaff {
            for list in 0..self.list_count() {
                self.load_vectors(list);
            }
        }
    }

    /// The block on the left of row `row`.
    #[inline]
    pub(super) fn left(&self, list: usize, row: usize) -> Neighbour {
        self.neighbour(list, at(0, row) - 1, self.available.left, 1, 4 * row + 3)
    }

    /// The block above column `column`.
    #[inline]
    pub(super) fn above(&self, list: usize, column: usize) -> Neighbour {
        self.neighbour(list, at(column, 0) - GRID_STRIDE, self.available.above, self.grid.width, 12 + column)
    }

    /// The block above and right of the macroblock.
    #[inline]
    pub(super) fn above_right(&self, list: usize) -> Neighbour {
        let there = self.available.above_right;
        self.neighbour(list, at(4, 0) - GRID_STRIDE, there, self.grid.width.wrapping_sub(1), 12)
    }

    /// The block above and left of the macroblock.
    #[inline]
    pub(super) fn above_left(&self, list: usize) -> Neighbour {
        self.neighbour(list, at(0, 0) - GRID_STRIDE - 1, self.available.above_left, self.grid.width + 1, 15)
    }

    /// The neighbouring block at position `here` of the bordered grid: block `blk` of the macroblock `back` addresses before this one, if
    /// it is `there`.
    #[inline]
    fn neighbour(&self, list: usize, here: usize, there: bool, back: usize, blk: usize) -> Neighbour {
        if self.s.mbaff {
            let cache = &self.scratch.mb.motion;
            return (cache.ref_idx[list][here], cache.mv[list][here]);
        }
        match self.motion.get(self.addr().wrapping_sub(back)) {
            Some(m) if there => (m.ref_idx[list][blk >> 3 << 1 | blk >> 1 & 1], m.mv[list][blk]),
            _ => NO_NEIGHBOUR,
        }
    }

    /// The neighbours of the whole macroblock.
    #[inline]
    pub(super) fn neighbours(&self, list: usize) -> [Neighbour; 3] {
        [self.left(list, 0), self.above(list, 0), mv_pred::or_else(self.above_right(list), || self.above_left(list))]
    }

    /// The block above and left of the first one in row 2.
    #[inline]
    pub(super) fn left_above_row_2(&self, list: usize) -> Neighbour {
        let cache = &self.scratch.mb.motion;
        if self.s.mbaff && cache.mixed_left { cache.left_corners[list][2] } else { self.left(list, 1) }
    }
}
