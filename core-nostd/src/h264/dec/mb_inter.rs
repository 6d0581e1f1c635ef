//! Motion of inter macroblocks: `mb_pred()` and `sub_mb_pred()`, 7.3.5.1 and 7.3.5.2, with the inference of 8.4.1.

use super::mb::{MbDecoder, Prediction, Shape, SliceKind, SubShape};
use super::syntax::Syntax;
use crate::error::{Error, Result};
use crate::h264::mb_info::{MbFlags, MbMotion, Mv};
use crate::h264::mv_pred;
use crate::h264::neighbours::{GRID_STRIDE, at};
use crate::h264::pred::direct;
use transcode_simd::Sample;

/// A partition's use of the lists: bit 0 for list 0, bit 1 for list 1; 0 is direct prediction.
type Lists = u8;

/// Shape and lists of the B macroblock types 4 to 21 (table 7-14): 16x8 for even types, 8x16 for odd ones.
const B_LISTS: [[Lists; 2]; 9] = [[1, 1], [2, 2], [1, 2], [2, 1], [1, 3], [2, 3], [3, 1], [3, 2], [3, 3]];

/// Cut and lists of the B sub-macroblock types (table 7-18).
const B_SUB: [(SubShape, Lists); 13] = [
    (SubShape::S4x4, 0),
    (SubShape::S8x8, 1),
    (SubShape::S8x8, 2),
    (SubShape::S8x8, 3),
    (SubShape::S8x4, 1),
    (SubShape::S4x8, 1),
    (SubShape::S8x4, 2),
    (SubShape::S4x8, 2),
    (SubShape::S8x4, 3),
    (SubShape::S4x8, 3),
    (SubShape::S4x4, 1),
    (SubShape::S4x4, 2),
    (SubShape::S4x4, 3),
];

const P_SUB: [SubShape; 4] = [SubShape::S8x8, SubShape::S8x4, SubShape::S4x8, SubShape::S4x4];

impl SubShape {
    /// Width and height of a partition in 4x4 blocks.
    pub(crate) const fn size(self) -> (usize, usize) {
        match self {
            Self::S8x8 => (2, 2),
            Self::S8x4 => (2, 1),
            Self::S4x8 => (1, 2),
            Self::S4x4 => (1, 1),
        }
    }
}

impl<P: Sample> MbDecoder<'_, P> {
    /// Which of three variants of slice-wide tables the macroblock uses: 0 those of the picture, 1 and 2 those of top and bottom field
    /// macroblocks of a frame.
    pub(crate) fn variant(&self) -> usize {
        self.field_mb.map_or(0, |parity| 1 + parity)
    }

    /// Lists that the slice has.
    fn list_count(&self) -> usize {
        if self.s.kind == SliceKind::B { 2 } else { 1 }
    }

    /// Fills the borders of motion and of what its parsing looks at.
    fn load_motion(&mut self) {
        for list in 0..self.list_count() {
            self.load_vectors(list);
            let mb = &mut self.scratch.mb;
            let [left, above] = &self.nb;
            let mvd = &mut mb.mvd[list];
            mvd.fill([0; 2]);
            mvd[1..5].copy_from_slice(&above.mvd[list]);
            for y in 0..4 {
                mvd[GRID_STRIDE * (y + 1)] = left.mvd[list][y];
            }
            let refs = &mut mb.sent_refs[list];
            refs.fill(0);
            refs[1..3].copy_from_slice(&above.ref_idx[list]);
            refs[4] = left.ref_idx[list][0];
            refs[8] = left.ref_idx[list][1];
        }
    }

    /// Fills the border of one list's motion.
    fn load_vectors(&mut self, list: usize) {
        let cache = &mut self.scratch.mb.motion;
        if self.s.mbaff {
            self.pair_neighbours.load_motion(cache, list, self.motion, self.grid);
        } else {
            cache.load(list, self.motion, self.grid.width, self.mb_x, self.mb_y, self.available);
        }
    }

    /// Writes the macroblock's motion to the picture's.
    fn store_motion(&mut self) {
        let addr = self.addr();
        let variant = self.variant();
        let to = &mut self.motion[addr];
        for list in 0..2 {
            if list == 1 && self.s.kind != SliceKind::B {
                to.mv[1] = MbMotion::INTRA.mv[1];
                to.ref_idx[1] = [-1; 4];
                to.ref_pic[1] = [-1; 4];
            } else {
                self.scratch.mb.motion.store(list, &self.s.ref_pic[variant][list], to);
            }
        }
    }

    /// `P_Skip`, 8.4.1.1.
    pub(crate) fn p_skip(&mut self) {
        self.load_vectors(0);
        let mb = &mut self.scratch.mb;
        let mv = mv_pred::predict_p_skip(&mb.motion);
        mb.shape = Shape::P16x16;
        mb.flags |= MbFlags::ONE_PARTITION | MbFlags::UNIFORM_8X8;
        let addr = self.addr();
        self.motion[addr] = MbMotion {
            mv: [[mv; 16], [Mv::default(); 16]],
            ref_idx: [[0; 4], [-1; 4]],
            ref_pic: [[self.s.ref_pic[self.variant()][0][0]; 4], [-1; 4]],
        };
    }

    /// `B_Skip` and `B_Direct_16x16`.
    pub(crate) fn direct_macroblock(&mut self) {
        self.load_motion();
        let uniform = self.predict_direct(15);
        let mb = &mut self.scratch.mb;
        mb.shape = Shape::P8x8;
        for (i, sub) in mb.sub_shapes.iter_mut().enumerate() {
            *sub = if uniform & 1 << i != 0 { SubShape::S8x8 } else { SubShape::S4x4 };
        }
        let m = &mb.motion;
        let same = |list: usize| {
            let (mv, r) = (&m.mv[list], &m.ref_idx[list]);
            let first = at(0, 0);
            [at(2, 0), at(0, 2), at(2, 2)].iter().all(|&i| mv[i] == mv[first] && r[i] == r[first])
        };
        if uniform == 15 {
            mb.flags |= MbFlags::UNIFORM_8X8;
            if same(0) && same(1) {
                mb.shape = Shape::P16x16;
                mb.flags |= MbFlags::ONE_PARTITION;
            }
        }
        self.store_motion();
    }

    fn predict_direct(&mut self, quarters: u8) -> u8 {
        let Some(col) = self.s.lists[1].first() else { return 15 };
        let motion = &mut self.scratch.mb.motion;
        let here = (self.mb_x, self.mb_y, self.field_mb);
        direct::predict(&self.scratch.direct, motion, &col.pic.motion, here, quarters)
    }

    /// Whether `transform_size_8x8_flag` is sent for an inter macroblock (7.3.5).
    pub(crate) fn may_transform_8x8(&self) -> bool {
        let mb = &self.scratch.mb;
        if mb.flags.has(MbFlags::DIRECT) {
            return self.scratch.direct.inference;
        }
        mb.shape != Shape::P8x8 || mb.sub_shapes.iter().all(|&s| s == SubShape::S8x8)
    }

    /// P macroblock types 0 to 4 (table 7-13).
    pub(crate) fn inter_p<S: Syntax>(&mut self, syntax: &mut S, mb_type: u32) -> Result<()> {
        self.scratch.mb.prediction = Prediction::Inter;
        self.load_motion();
        match mb_type {
            0 => self.partitions(syntax, Shape::P16x16, [1, 1])?,
            1 => self.partitions(syntax, Shape::P16x8, [1, 1])?,
            2 => self.partitions(syntax, Shape::P8x16, [1, 1])?,
            _ => {
                let mut subs = [SubShape::S8x8; 4];
                for sub in &mut subs {
                    *sub = P_SUB[syntax.sub_mb_type_p()? as usize & 3];
                }
                self.quarters(syntax, subs, [1; 4], mb_type == 4)?;
            }
        }
        self.store_motion();
        Ok(())
    }

    /// B macroblock types 0 to 22 (table 7-14).
    pub(crate) fn inter_b<S: Syntax>(&mut self, syntax: &mut S, mb_type: u32) -> Result<()> {
        self.scratch.mb.prediction = Prediction::Inter;
        match mb_type {
            0 => {
                self.scratch.mb.flags |= MbFlags::DIRECT;
                self.direct_macroblock();
                return Ok(());
            }
            1..=3 => {
                self.load_motion();
                self.partitions(syntax, Shape::P16x16, [mb_type as u8; 2])?;
            }
            4..=21 => {
                self.load_motion();
                let shape = if mb_type & 1 == 0 { Shape::P16x8 } else { Shape::P8x16 };
                self.partitions(syntax, shape, B_LISTS[(mb_type as usize - 4) / 2])?;
            }
            _ => {
                self.load_motion();
                let mut subs = [SubShape::S8x8; 4];
                let mut lists = [0; 4];
                for (sub, lists) in subs.iter_mut().zip(&mut lists) {
                    (*sub, *lists) = B_SUB[(syntax.sub_mb_type_b()? as usize).min(12)];
                }
                let mut quarters = 0;
                for (i, &l) in lists.iter().enumerate() {
                    quarters |= u8::from(l == 0) << i;
                }
                if quarters != 0 {
                    let uniform = self.predict_direct(quarters);
                    for (i, sub) in subs.iter_mut().enumerate() {
                        // With direct_8x8_inference_flag 0 such a quarter counts as four partitions, whatever its motion.
                        if uniform & quarters & 1 << i != 0 && self.scratch.direct.inference {
                            *sub = SubShape::S8x8;
                        }
                    }
                }
                self.quarters(syntax, subs, lists, false)?;
            }
        }
        self.store_motion();
        Ok(())
    }

    /// `ref_idx_lX` of the partition whose first 8x8 block is (`x`, `y`), which covers `w` by `h` of them.
    fn ref_idx<S: Syntax>(
        &mut self,
        syntax: &mut S,
        list: usize,
        x: usize,
        y: usize,
        w: usize,
        h: usize,
    ) -> Result<()> {
        let count = self.s.lists[list].len() << usize::from(self.field_mb.is_some());
        let mb = &mut self.scratch.mb;
        let mut value = 0;
        if count > 1 {
            let grid = &mut mb.sent_refs[list];
            let here = 4 * (y + 1) + x + 1;
            let inc = usize::from(grid[here - 1] > 0) + 2 * usize::from(grid[here - 4] > 0);
            value = syntax.ref_idx(inc, count as u32 - 1)?;
            for row in 0..h {
                grid[here + 4 * row..][..w].fill(value.min(2) as u8);
            }
        } else if count == 0 {
            return Err(Error::invalid("ref_idx"));
        }
        mb.motion.set_ref(list, 2 * x, 2 * y, 2 * w, 2 * h, value as i8);
        Ok(())
    }

    /// `mvd_lX` of the partition at block (`x`, `y`), and with `predicted` its vector.
    fn mvd<S: Syntax>(
        &mut self,
        syntax: &mut S,
        list: usize,
        (x, y, w, h): (usize, usize, usize, usize),
        predicted: Mv,
    ) -> Result<()> {
        let mb = &mut self.scratch.mb;
        let grid = &mut mb.mvd[list];
        let here = at(x, y);
        let (a, b) = (grid[here - 1], grid[here - GRID_STRIDE]);
        let dx = syntax.mvd(0, u32::from(a[0]) + u32::from(b[0]))?;
        let dy = syntax.mvd(1, u32::from(a[1]) + u32::from(b[1]))?;
        let size = [dx, dy].map(|d| d.unsigned_abs().min(255) as u8);
        for row in 0..h {
            grid[here + GRID_STRIDE * row..][..w].fill(size);
        }
        // Vectors that leave 16 bits wrap: they are out of range in any stream (A.3.1).
        mb.motion.set_mv(list, x, y, w, h, predicted + Mv::new(dx as i16, dy as i16));
        Ok(())
    }

    /// Reference index and vector of a partition that does not use list `list`.
    fn unused(&mut self, list: usize, x: usize, y: usize, w: usize, h: usize) {
        self.scratch.mb.motion.set_ref(list, x, y, w, h, -1);
        self.scratch.mb.motion.set_mv(list, x, y, w, h, Mv::default());
    }

    /// One or two partitions.
    fn partitions<S: Syntax>(&mut self, syntax: &mut S, shape: Shape, lists: [Lists; 2]) -> Result<()> {
        let mb = &mut self.scratch.mb;
        mb.shape = shape;
        mb.flags |= MbFlags::UNIFORM_8X8;
        // Position and size of each partition in 8x8 blocks.
        let parts: &[(usize, usize, usize, usize)] = match shape {
            Shape::P16x16 => &[(0, 0, 2, 2)],
            Shape::P16x8 => &[(0, 0, 2, 1), (0, 1, 2, 1)],
            _ => &[(0, 0, 1, 2), (1, 0, 1, 2)],
        };
        if shape == Shape::P16x16 {
            mb.flags |= MbFlags::ONE_PARTITION;
        }
        for list in 0..self.list_count() {
            for (&(x, y, w, h), lists) in parts.iter().zip(lists) {
                if lists & 1 << list != 0 {
                    self.ref_idx(syntax, list, x, y, w, h)?;
                } else {
                    self.unused(list, 2 * x, 2 * y, 2 * w, 2 * h);
                }
            }
        }
        for list in 0..self.list_count() {
            for (i, (&(x, y, w, h), lists)) in parts.iter().zip(lists).enumerate() {
                if lists & 1 << list == 0 {
                    continue;
                }
                let cache = &self.scratch.mb.motion;
                let r = cache.ref_idx[list][at(2 * x, 2 * y)];
                let predicted = match shape {
                    Shape::P16x16 => mv_pred::predict(cache, list, 0, 0, 4, r),
                    Shape::P16x8 => mv_pred::predict_16x8(cache, list, i, r),
                    _ => mv_pred::predict_8x16(cache, list, i, r),
                };
                self.mvd(syntax, list, (2 * x, 2 * y, 2 * w, 2 * h), predicted)?;
            }
        }
        Ok(())
    }

    /// Four quarters, `P_8x8ref0` with all `ref_idx` 0.
    fn quarters<S: Syntax>(
        &mut self,
        syntax: &mut S,
        subs: [SubShape; 4],
        lists: [Lists; 4],
        ref0: bool,
    ) -> Result<()> {
        let mb = &mut self.scratch.mb;
        mb.shape = Shape::P8x8;
        mb.sub_shapes = subs;
        if subs == [SubShape::S8x8; 4] {
            mb.flags |= MbFlags::UNIFORM_8X8;
        }
        for list in 0..self.list_count() {
            for (i, lists) in lists.iter().enumerate() {
                let (x, y) = (i & 1, i >> 1);
                if lists & 1 << list != 0 {
                    if ref0 {
                        self.scratch.mb.motion.set_ref(list, 2 * x, 2 * y, 2, 2, 0);
                    } else {
                        self.ref_idx(syntax, list, x, y, 1, 1)?;
                    }
                } else if *lists != 0 {
                    self.unused(list, 2 * x, 2 * y, 2, 2);
                }
            }
        }
        for list in 0..self.list_count() {
            for (i, (lists, sub)) in lists.iter().zip(subs).enumerate() {
                if lists & 1 << list == 0 {
                    continue;
                }
                let (x, y) = (2 * (i & 1), i & 2);
                let (w, h) = sub.size();
                for dy in (0..2).step_by(h) {
                    for dx in (0..2).step_by(w) {
                        let cache = &self.scratch.mb.motion;
                        let r = cache.ref_idx[list][at(x, y)];
                        let predicted = mv_pred::predict(cache, list, x + dx, y + dy, w, r);
                        self.mvd(syntax, list, (x + dx, y + dy, w, h), predicted)?;
                    }
                }
            }
        }
        Ok(())
    }
}
