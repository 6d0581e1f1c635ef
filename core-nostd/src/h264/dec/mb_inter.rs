//! Motion of inter macroblocks: `mb_pred()` and `sub_mb_pred()`, 7.3.5.1 and 7.3.5.2, with the inference of 8.4.1.

use super::mb::{MbData, MbDecoder, Prediction, Shape, SubShape};
use super::slice_context::SliceKind;
use super::syntax::Syntax;
use crate::error::Result;
use crate::h264::mb_info::{MbFlags, MbMotion, Mv};
use crate::h264::mv_pred;
use crate::h264::neighbours::{GRID_STRIDE, at, set_blocks};
use crate::h264::pred::direct::{self, Spatial};
use transcode_simd::Sample;

/// Shapes of macroblocks with up to two partitions, as constants: 16x16,
const WHOLE: u8 = 0;
/// 16x8,
const ROWS: u8 = 1;
/// 8x16.
const COLUMNS: u8 = 2;

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
    pub(super) fn list_count(&self) -> usize {
        if self.s.kind == SliceKind::B { 2 } else { 1 }
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
        self.load_mixed_vectors();
        let mv = mv_pred::predict_p_skip(self.neighbours(0));
        let mb = &mut self.scratch.mb;
        mb.shape = Shape::P16x16;
        mb.flags |= MbFlags::ONE_PARTITION | MbFlags::UNIFORM_8X8;
        let addr = self.addr();
        self.motion[addr] = MbMotion {
            mv: [[mv; 16], [Mv::default(); 16]],
            ref_idx: [[0; 4], [-1; 4]],
            ref_pic: [[self.s.ref_pic[self.variant()][0][0]; 4], [-1; 4]],
        };
    }

    /// Waits until the motion of the co-located macroblock is there.
    #[inline]
    fn wait_for_co_located(&mut self) {
        let of_field = self.s.structure.is_field();
        if let Some(mbs) = self.s.col.as_ref().and_then(|col| col.missing(self.mb_y, of_field)) {
            self.wait_for_motion(mbs);
        }
    }

    /// `B_Skip` and `B_Direct_16x16`.
    pub(crate) fn direct_macroblock(&mut self) {
        if !self.scratch.direct.spatial {
            return self.temporal_macroblock();
        }
        self.load_mixed_vectors();
        self.wait_for_co_located();
        let Some(col) = &self.s.col else { return };
        let neighbours = [self.neighbours(0), self.neighbours(1)];
        let here = (self.mb_x, self.mb_y, self.field_mb);
        let m = Spatial::predict(&self.scratch.direct, neighbours, col, here);
        let numbers = &self.s.ref_pic[self.variant()];
        let addr = self.addr();
        let to = &mut self.motion[addr];
        for list in 0..2 {
            to.mv[list] = m.vectors(list);
            to.ref_idx[list] = [m.refs[list]; 4];
            to.ref_pic[list] = [number_of(&numbers[list], m.refs[list]); 4];
        }
        let mb = &mut self.scratch.mb;
        if m.still == 0 || m.still == u16::MAX {
            mb.shape = Shape::P16x16;
            mb.flags |= MbFlags::ONE_PARTITION | MbFlags::UNIFORM_8X8;
        } else {
            mb.cut(m.uniform());
        }
    }

    /// The same with temporal prediction.
    fn temporal_macroblock(&mut self) {
        let uniform = self.predict_direct(15);
        let mb = &mut self.scratch.mb;
        mb.cut(uniform);
        let m = &mb.motion;
        let same = |list: usize| {
            let (mv, r) = (&m.mv[list], &m.ref_idx[list]);
            let first = at(0, 0);
            [at(2, 0), at(0, 2), at(2, 2)].iter().all(|&i| mv[i] == mv[first] && r[i] == r[first])
        };
        if uniform == 15 && same(0) && same(1) {
            mb.shape = Shape::P16x16;
            mb.flags |= MbFlags::ONE_PARTITION;
        }
        self.store_motion();
    }

    /// Direct prediction of some quarters into the cache of motion, whose border is filled. Returns those whose motion is one vector a
    /// list.
    fn predict_direct(&mut self, quarters: u8) -> u8 {
        self.wait_for_co_located();
        let Some(col) = &self.s.col else { return 15 };
        let (direct, cache) = (&self.scratch.direct, &mut self.scratch.mb.motion);
        let here = (self.mb_x, self.mb_y, self.field_mb);
        if direct.spatial {
            let neighbours = [0, 1].map(|list| mv_pred::neighbours(cache, list, 0, 0, 4));
            let m = Spatial::predict(direct, neighbours, col, here);
            m.write(cache, quarters);
            m.uniform()
        } else {
            direct::temporal(direct, cache, col, here, quarters)
        }
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
        match mb_type {
            0 => self.partitions::<S, WHOLE>(syntax, [1, 1]),
            1 => self.partitions::<S, ROWS>(syntax, [1, 1]),
            2 => self.partitions::<S, COLUMNS>(syntax, [1, 1]),
            _ => {
                self.load_motion();
                let mut subs = [SubShape::S8x8; 4];
                for sub in &mut subs {
                    *sub = P_SUB[syntax.sub_mb_type_p()? as usize & 3];
                }
                self.quarters(syntax, subs, [1; 4], mb_type == 4)
            }
        }
    }

    /// B macroblock types 0 to 22 (table 7-14).
    pub(crate) fn inter_b<S: Syntax>(&mut self, syntax: &mut S, mb_type: u32) -> Result<()> {
        self.scratch.mb.prediction = Prediction::Inter;
        match mb_type {
            0 => {
                self.scratch.mb.flags |= MbFlags::DIRECT;
                self.direct_macroblock();
                Ok(())
            }
            1..=3 => self.partitions::<S, WHOLE>(syntax, [mb_type as u8; 2]),
            4..=21 => {
                let lists = B_LISTS[(mb_type as usize - 4) / 2];
                if mb_type & 1 == 0 {
                    self.partitions::<S, ROWS>(syntax, lists)
                } else {
                    self.partitions::<S, COLUMNS>(syntax, lists)
                }
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
                self.quarters(syntax, subs, lists, false)
            }
        }
    }

    /// `ref_idx_lX`; `left` and `above` are what neighbours A and B sent.
    fn read_ref<S: Syntax>(&self, syntax: &mut S, list: usize, left: u8, above: u8) -> Result<u32> {
        let count = self.s.lists[list].len() << usize::from(self.field_mb.is_some());
        let inc = usize::from(left > 0) + 2 * usize::from(above > 0);
        let value = match count {
            0 => None,
            1 => Some(0),
            _ => syntax.ref_idx(inc, count as u32 - 1),
        };
        value.ok_or_else(|| syntax.error("ref_idx"))
    }

    /// One or two partitions.
    fn partitions<S: Syntax, const SHAPE: u8>(&mut self, syntax: &mut S, lists: [Lists; 2]) -> Result<()> {
        let mb = &mut self.scratch.mb;
        mb.flags |= MbFlags::UNIFORM_8X8;
        mb.shape = match SHAPE {
            WHOLE => {
                mb.flags |= MbFlags::ONE_PARTITION;
                Shape::P16x16
            }
            ROWS => Shape::P16x8,
            _ => Shape::P8x16,
        };
        let (addr, variant, count) = (self.addr(), self.variant(), self.list_count());
        self.load_mixed_vectors();
        let mut refs = [[-1i8; 2]; 2];
        for list in 0..count {
            let [left, above] = [&self.nb[0], &self.nb[1]].map(|n| n.motion.ref_idx[list]);
            let mut sent = [0u8; 2];
            for part in (0..parts(SHAPE)).filter(|&part| lists[part] >> list & 1 != 0) {
                let (a, b) = match (SHAPE, part) {
                    (ROWS, 1) => (left[1], sent[0]),
                    (COLUMNS, 1) => (sent[0], above[1]),
                    _ => (left[0], above[0]),
                };
                let value = self.read_ref(syntax, list, a, b)?;
                refs[list][part] = value as i8;
                sent[part] = value.min(2) as u8;
            }
            let [last_row, last_column] = &mut self.scratch.mb.sent;
            last_row.ref_idx[list] = last::<COLUMNS, SHAPE, _>(sent);
            last_column.ref_idx[list] = last::<ROWS, SHAPE, _>(sent);
        }
        for list in 0..count {
            let [left, above] = [&self.nb[0], &self.nb[1]].map(|n| n.motion.mvd[list]);
            let refs = refs[list];
            let mut sent = [[0u8; 2]; 2];
            let mut mvs = [Mv::default(); 2];
            for part in (0..parts(SHAPE)).filter(|&part| lists[part] >> list & 1 != 0) {
                let r = refs[part];
                let (a, b, predicted) = match (SHAPE, part) {
                    (ROWS, 0) => (left[0], above[0], mv_pred::predict_16x8(self.neighbours(list), 0, r)),
                    (ROWS, _) => {
                        let n = [self.left(list, 2), (refs[0], mvs[0]), self.left_above_row_2(list)];
                        (left[2], sent[0], mv_pred::predict_16x8(n, 1, r))
                    }
                    (COLUMNS, 0) => {
                        let c = mv_pred::or_else(self.above(list, 2), || self.above_left(list));
                        let n = [self.left(list, 0), self.above(list, 0), c];
                        (left[0], above[0], mv_pred::predict_8x16(n, 0, r))
                    }
                    (COLUMNS, _) => {
                        let c = mv_pred::or_else(self.above_right(list), || self.above(list, 1));
                        let n = [(refs[0], mvs[0]), self.above(list, 2), c];
                        (sent[0], above[2], mv_pred::predict_8x16(n, 1, r))
                    }
                    _ => (left[0], above[0], mv_pred::median_of(self.neighbours(list), r)),
                };
                (mvs[part], sent[part]) = read_vector(syntax, a, b, predicted)?;
            }
            let [last_row, last_column] = &mut self.scratch.mb.sent;
            last_row.mvd[list] = twice(last::<COLUMNS, SHAPE, _>(sent));
            last_column.mvd[list] = twice(last::<ROWS, SHAPE, _>(sent));
            let numbers = &self.s.ref_pic[variant][list];
            let to = &mut self.motion[addr];
            to.ref_idx[list] = spread::<SHAPE, _, 4>(refs);
            to.ref_pic[list] = spread::<SHAPE, _, 4>(refs.map(|r| number_of(numbers, r)));
            to.mv[list] = spread::<SHAPE, _, 16>(mvs);
        }
        if count == 1 {
            let to = &mut self.motion[addr];
            (to.mv[1], to.ref_idx[1], to.ref_pic[1]) =
                (MbMotion::INTRA.mv[1], MbMotion::INTRA.ref_idx[1], MbMotion::INTRA.ref_pic[1]);
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
                let mut value = 0;
                if lists & 1 << list != 0 {
                    if !ref0 {
                        let grid = &self.scratch.mb.sent_refs[list];
                        let here = 4 * (y + 1) + x + 1;
                        let read = self.read_ref(syntax, list, grid[here - 1], grid[here - 4])?;
                        self.scratch.mb.sent_refs[list][here] = read.min(2) as u8;
                        value = read as i8;
                    }
                } else if *lists != 0 {
                    value = -1;
                    set_blocks(&mut self.scratch.mb.motion.mv[list], 2 * x, 2 * y, 2, 2, Mv::default());
                } else {
                    // Predicted already.
                    continue;
                }
                set_blocks(&mut self.scratch.mb.motion.ref_idx[list], 2 * x, 2 * y, 2, 2, value);
            }
        }
        for list in 0..self.list_count() {
            for (i, (lists, sub)) in lists.iter().zip(subs).enumerate() {
                if lists & 1 << list == 0 {
                    continue;
                }
                let (x, y) = (2 * (i & 1), i & 2);
                let (w, h) = sub.size();
                for y in (y..y + 2).step_by(h) {
                    for x in (x..x + 2).step_by(w) {
                        let mb = &mut self.scratch.mb;
                        let here = at(x, y);
                        let r = mb.motion.ref_idx[list][here];
                        let predicted = mv_pred::predict(&mb.motion, list, x, y, w, r);
                        let grid = &mut mb.mvd[list];
                        let (mv, sent) = read_vector(syntax, grid[here - 1], grid[here - GRID_STRIDE], predicted)?;
                        set_blocks(grid, x, y, w, h, sent);
                        set_blocks(&mut mb.motion.mv[list], x, y, w, h, mv);
                    }
                }
            }
            let mb = &mut self.scratch.mb;
            let (mvd, refs) = (&mb.mvd[list], &mb.sent_refs[list]);
            let [last_row, last_column] = &mut mb.sent;
            last_row.mvd[list] = core::array::from_fn(|x| mvd[at(x, 3)]);
            last_column.mvd[list] = core::array::from_fn(|y| mvd[at(3, y)]);
            last_row.ref_idx[list] = [refs[9], refs[10]];
            last_column.ref_idx[list] = [refs[6], refs[10]];
        }
        self.store_motion();
        Ok(())
    }
}

impl<P: Sample> MbData<P> {
    /// Cuts the macroblock into quarters, and those that are not in `uniform` into blocks.
    fn cut(&mut self, uniform: u8) {
        self.shape = Shape::P8x8;
        for (i, sub) in self.sub_shapes.iter_mut().enumerate() {
            *sub = if uniform & 1 << i != 0 { SubShape::S8x8 } else { SubShape::S4x4 };
        }
        if uniform == 15 {
            self.flags |= MbFlags::UNIFORM_8X8;
        }
    }
}

/// The vector whose `mvd_lX` is read, and the absolute values of that; `left` and `above` are those of neighbours A and B.
#[inline]
fn read_vector<S: Syntax>(syntax: &mut S, left: [u8; 2], above: [u8; 2], predicted: Mv) -> Result<(Mv, [u8; 2])> {
    let sums = [0, 1].map(|i| u32::from(left[i]) + u32::from(above[i]));
    let Some([dx, dy]) = syntax.mvd(sums) else { return Err(syntax.error("mvd")) };
    // Vectors that leave 16 bits wrap: they are out of range in any stream (A.3.1).
    Ok((predicted + Mv::new(dx as i16, dy as i16), [dx, dy].map(|d| d.unsigned_abs().min(255) as u8)))
}

/// The number of the picture that index `ref_idx` means, or -1.
#[inline]
fn number_of(numbers: &[i8; 32], ref_idx: i8) -> i8 {
    if ref_idx < 0 { -1 } else { numbers[ref_idx as usize & 31] }
}

/// Partitions of a shape.
const fn parts(shape: u8) -> usize {
    if shape == WHOLE { 1 } else { 2 }
}

/// What partitions have, by block: `N` is 4 for quarters, 16 for 4x4 blocks.
#[inline]
fn spread<const SHAPE: u8, T: Copy, const N: usize>([a, b]: [T; 2]) -> [T; N] {
    let column_bit = if N == 4 { 1 } else { 2 };
    core::array::from_fn(|i| {
        let second = match SHAPE {
            WHOLE => false,
            ROWS => i >= N / 2,
            _ => i & column_bit != 0,
        };
        if second { b } else { a }
    })
}

/// What the partitions have along the last row (`ALONG` is [`COLUMNS`]) or the last column ([`ROWS`]) of the macroblock.
#[inline]
fn last<const ALONG: u8, const SHAPE: u8, T: Copy>([a, b]: [T; 2]) -> [T; 2] {
    match SHAPE {
        WHOLE => [a, a],
        along if along == ALONG => [a, b],
        _ => [b, b],
    }
}

/// Each value for two blocks.
#[inline]
fn twice<T: Copy>([a, b]: [T; 2]) -> [T; 4] {
    [a, a, b, b]
}
