//! Neighbouring macroblocks and blocks, 6.4: who they are, and what of them parsing and prediction look at.
//!
//! All grids of 4x4 blocks of a macroblock have a border of one block on the left, above, and above right. Field and frame macroblocks
//! in one picture (MBAFF) change only how that border is filled.

use super::mb_info::{MbFlags, MbGrid, MbMotion, Mv};
use crate::unchecked::MotionMut;

/// Blocks in a row of a bordered grid.
pub(crate) const GRID_STRIDE: usize = 8;
/// Blocks in a bordered grid: a row above, and four rows.
pub(crate) const GRID_LEN: usize = 5 * GRID_STRIDE;
/// Position of block (0, 0) in a bordered grid.
pub(crate) const GRID_ORIGIN: usize = GRID_STRIDE + 1;

/// Position of 4x4 block (`x`, `y`) in a bordered grid.
#[inline(always)]
pub(crate) const fn at(x: usize, y: usize) -> usize {
    GRID_ORIGIN + GRID_STRIDE * y + x
}

/// Sets the `w` by `h` blocks at (`x`, `y`) of a bordered grid. Partitions of quarters are 1 or 2 blocks each way.
#[inline]
pub(crate) fn set_blocks<T: Copy>(grid: &mut [T; GRID_LEN], x: usize, y: usize, w: usize, h: usize, value: T) {
    let here = at(x, y);
    grid[here] = value;
    if w > 1 {
        grid[here + 1] = value;
    }
    if h > 1 {
        grid[here + GRID_STRIDE] = value;
        if w > 1 {
            grid[here + GRID_STRIDE + 1] = value;
        }
    }
}

/// Which of the four neighbouring macroblocks may be used: they exist and belong to the same slice (6.4.8, 6.4.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Available {
    /// mbAddrA.
    pub(crate) left: bool,
    /// The macroblock beside the lower half, which is another one only where a field macroblock is beside frame macroblocks.
    pub(crate) left_lower: bool,
    /// mbAddrB.
    pub(crate) above: bool,
    /// mbAddrC.
    pub(crate) above_right: bool,
    /// mbAddrD.
    pub(crate) above_left: bool,
}

impl Available {
    /// The neighbours of the macroblock at (`mb_x`, `mb_y`) that are decoded and in slice `slice`.
    pub(crate) fn of(grid: &MbGrid, mb_x: usize, mb_y: usize, slice: u32) -> Self {
        Self::that(grid, mb_x, mb_y, |_, s| s == slice)
    }
    /// The same in a slice whose macroblocks follow each other in raster order, `before` of them before this one.
    #[inline]
    pub(crate) fn in_order(width: usize, mb_x: usize, before: usize) -> Self {
        let left = mb_x > 0 && before > 0;
        Self {
            left,
            left_lower: left,
            above: before >= width,
            above_right: mb_x + 1 < width && before + 1 >= width,
            above_left: mb_x > 0 && before > width,
        }
    }
    /// As [`Available::of`], and intra coded but not of a type in `barred`: what constrained intra prediction may use.
    pub(crate) fn of_intra(grid: &MbGrid, mb_x: usize, mb_y: usize, slice: u32, barred: MbFlags) -> Self {
        Self::that(grid, mb_x, mb_y, |flags, s| s == slice && flags.has(MbFlags::INTRA) && !flags.has(barred))
    }
    /// With a left neighbour only where both halves have it.
    pub(crate) fn with_whole_left(self) -> Self {
        let left = self.left && self.left_lower;
        Self { left, left_lower: left, ..self }
    }
    fn that(grid: &MbGrid, mb_x: usize, mb_y: usize, test: impl Fn(MbFlags, u32) -> bool) -> Self {
        let addr = mb_y * grid.width + mb_x;
        let ok = |a: usize| test(grid.info[a].flags, grid.info[a].slice);
        let (w, up) = (grid.width, mb_y > 0);
        let left = mb_x > 0 && ok(addr - 1);
        Self {
            left,
            left_lower: left,
            above: up && ok(addr - w),
            above_right: up && mb_x + 1 < w && ok(addr - w + 1),
            above_left: up && mb_x > 0 && ok(addr - w - 1),
        }
    }
}

/// What parsing asks of a neighbouring macroblock: its last column if it lies on the left, its last row if it lies above.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MbContext {
    /// Type.
    pub(crate) flags: MbFlags,
    /// `coded_block_pattern`: luma in bits 0 to 3, chroma in bits 4 and 5.
    pub(crate) cbp: u8,
    /// `intra_chroma_pred_mode`.
    pub(crate) intra_chroma_pred_mode: u8,
    /// `coded_block_flag` of the DC blocks of Y (Intra_16x16), Cb and Cr in bits 0 to 2.
    pub(crate) dc_flags: u8,
    /// `TotalCoeff` of the blocks, per plane.
    pub(crate) coeffs: [[u8; 4]; 3],
    /// Intra prediction modes of the blocks: 2 where the macroblock is not I_NxN, -1 where it counts as not available.
    pub(crate) modes: [i8; 4],
    /// What was sent of its motion.
    pub(crate) motion: MotionContext,
}

/// What the contexts of motion look at in the blocks along an edge of a macroblock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MotionContext {
    /// Absolute values of `mvd`, per list and block, x and y, at most 255.
    pub(crate) mvd: [[[u8; 2]; 4]; 2],
    /// `ref_idx` if it was sent, or 0, per list and 8x8 block; at most 2.
    pub(crate) ref_idx: [[u8; 2]; 2],
}

impl MotionContext {
    /// Nothing was sent.
    pub(crate) const NONE: Self = Self { mvd: [[[0; 2]; 4]; 2], ref_idx: [[0; 2]; 2] };
}

impl MbContext {
    /// What a macroblock that is not available counts as: all luma coded, no chroma coded (9.3.3.1.1.4).
    pub(crate) const UNAVAILABLE: Self = Self {
        flags: MbFlags(0),
        cbp: 0x0f,
        intra_chroma_pred_mode: 0,
        dc_flags: 0,
        coeffs: [[0; 4]; 3],
        modes: [-1; 4],
        motion: MotionContext::NONE,
    };
}

/// Motion vectors and reference indices of a macroblock and its border.
#[derive(Debug, Clone)]
pub(crate) struct MotionCache {
    /// Per list. Zero where the list is not used.
    pub(crate) mv: [[Mv; GRID_LEN]; 2],
    /// Per list: -1 where the list is not used, [`MotionCache::UNAVAILABLE`] where there is no block.
    pub(crate) ref_idx: [[i8; GRID_LEN]; 2],
    /// Frame macroblocks are beside field macroblocks (MBAFF): the neighbour above and left of a block at the left edge is not the one
    /// above its left neighbour.
    pub(crate) mixed_left: bool,
    /// Then, per list, those of the blocks in rows 1 to 3.
    pub(crate) left_corners: [[(i8, Mv); 4]; 2],
}

impl MotionCache {
    /// `ref_idx` of a block that is not available.
    pub(crate) const UNAVAILABLE: i8 = -2;

    /// An empty cache.
    pub(crate) const fn new() -> Self {
        Self {
            mv: [[Mv::new(0, 0); GRID_LEN]; 2],
            ref_idx: [[Self::UNAVAILABLE; GRID_LEN]; 2],
            mixed_left: false,
            left_corners: [[(Self::UNAVAILABLE, Mv::new(0, 0)); 4]; 2],
        }
    }

    /// Fills the border of list `list` for the macroblock at (`mb_x`, `mb_y`) of a picture `width` macroblocks wide.
    pub(crate) fn load(
        &mut self,
        list: usize,
        mbs: &MotionMut<'_>,
        width: usize,
        mb_x: usize,
        mb_y: usize,
        available: Available,
    ) {
        self.mixed_left = false;
        let addr = mb_y * width + mb_x;
        let (mv, refs) = (&mut self.mv[list], &mut self.ref_idx[list]);
        if available.above {
            let m = &mbs[addr - width];
            mv[1..5].copy_from_slice(&m.mv[list][12..]);
            let r = &m.ref_idx[list];
            refs[1..5].copy_from_slice(&[r[2], r[2], r[3], r[3]]);
        } else {
            mv[1..5].fill(Mv::default());
            refs[1..5].fill(Self::UNAVAILABLE);
        }
        (mv[0], refs[0]) = match available.above_left {
            true => (mbs[addr - width - 1].mv[list][15], mbs[addr - width - 1].ref_idx[list][3]),
            false => (Mv::default(), Self::UNAVAILABLE),
        };
        (mv[5], refs[5]) = match available.above_right {
            true => (mbs[addr - width + 1].mv[list][12], mbs[addr - width + 1].ref_idx[list][2]),
            false => (Mv::default(), Self::UNAVAILABLE),
        };
        if available.left {
            let m = &mbs[addr - 1];
            for y in 0..4 {
                mv[GRID_STRIDE * (y + 1)] = m.mv[list][4 * y + 3];
                refs[GRID_STRIDE * (y + 1)] = m.ref_idx[list][y & 2 | 1];
            }
        } else {
            for y in 1..5 {
                mv[GRID_STRIDE * y] = Mv::default();
                refs[GRID_STRIDE * y] = Self::UNAVAILABLE;
            }
        }
    }

    /// The macroblock's own motion in list `list`; `ref_pic` maps reference indices to picture numbers.
    pub(crate) fn store(&self, list: usize, ref_pic: &[i8; 32], to: &mut MbMotion) {
        let (rows, _) = to.mv[list].as_chunks_mut::<4>();
        for (y, row) in rows.iter_mut().enumerate() {
            row.copy_from_slice(&self.mv[list][at(0, y)..][..4]);
        }
        for i in 0..4 {
            let r = self.ref_idx[list][at(2 * (i & 1), 2 * (i >> 1))];
            to.ref_idx[list][i] = r;
            to.ref_pic[list][i] = if r < 0 { -1 } else { ref_pic[r as usize & 31] };
        }
    }
}
