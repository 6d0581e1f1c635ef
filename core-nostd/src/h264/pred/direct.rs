//! Direct prediction of motion in B slices, 8.4.1.2.

use super::weighted::dist_scale_factor;
use crate::h264::dec::picture::{Coding, DecodedPicture, ListView, MotionHead, RefId, RefPic, Structure};
use crate::h264::mb_info::{MbMotion, Mv};
use crate::h264::mv_pred::{Neighbour, median_of};
use crate::h264::neighbours::{MotionCache, at, set_blocks};
use crate::unchecked::Shared;
use crate::workers::Progress;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

/// What direct prediction needs to know of a B slice.
#[derive(Debug, Default)]
pub(crate) struct DirectContext {
    /// `direct_spatial_mv_pred_flag`.
    pub(crate) spatial: bool,
    /// `direct_8x8_inference_flag`.
    pub(crate) inference: bool,
    /// RefPicList1\[0\] is a short-term reference.
    short_term: bool,
    /// If the picture is a field, its parity.
    field: Option<usize>,
    /// Parity of the field of RefPicList1\[0\] that is co-located: of the field that it is, or of that of a complementary pair that is
    /// nearer to a frame (table 8-6).
    col_parity: usize,
    /// Temporal prediction of the macroblocks of the picture, and of the top and bottom field macroblocks of an MBAFF frame.
    temporal: [Temporal; 3],
}

/// What temporal prediction needs to know of the lists.
#[derive(Debug, Default)]
struct Temporal {
    /// By number of a picture in the co-located picture's motion, the first index in RefPicList0 that is it.
    map: Vec<Option<u8>>,
    /// `DistScaleFactor` by index in RefPicList0; `None` copies the vector.
    scale: Vec<Option<i32>>,
}

impl Temporal {
    /// MapColToList0() of 8.4.1.2.3: a frame that fields refer to is its field of their parity, and a field that frame
    /// macroblocks refer to is its frame.
    fn update(&mut self, lists: ListView<'_>, ref_pics: &[RefId]) {
        let index_of = |id: &RefId| {
            let structure = if lists.structure == Structure::Frame || id.structure == Structure::Frame {
                lists.structure
            } else {
                id.structure
            };
            let id = RefId { structure, ..*id };
            (0..lists.len(0)).find(|&i| lists.id(0, i) == Some(id)).map(|i| i as u8)
        };
        self.map.clear();
        self.map.extend(ref_pics.iter().map(index_of));
        self.scale.clear();
        let Some((poc1, _)) = lists.poc_of(1, 0) else { return };
        let scale_of = |i| lists.poc_of(0, i).and_then(|(poc0, long)| dist_scale_factor(lists.poc, poc0, poc1, long));
        self.scale.extend((0..lists.len(0)).map(scale_of));
    }
}

impl DirectContext {
    /// Prepares for a slice of a picture whose macroblocks see the lists as `views` say: first those of the picture, then (MBAFF)
    /// field macroblocks of either parity.
    pub(crate) fn update(&mut self, spatial: bool, inference: bool, col: Option<&RefPic>, views: &[ListView<'_>]) {
        self.spatial = spatial;
        self.inference = inference;
        let (Some(col), Some(own)) = (col, views.first()) else { return };
        self.short_term = !col.long_term;
        self.field = own.structure.is_field().then_some(own.structure.parity());
        self.col_parity = if self.field.is_some() {
            col.structure.parity()
        } else {
            let [top, bottom] = col.pic.field_poc.map(|p| p.abs_diff(own.poc));
            usize::from(top >= bottom)
        };
        if !spatial {
            for (temporal, view) in self.temporal.iter_mut().zip(views) {
                temporal.update(*view, &col.pic.motion.ref_pics);
            }
        }
    }

    /// The co-located macroblock of the one at (`x`, `y`), 8.4.1.2.1 with table 8-8. Where frame and field macroblocks meet it is put
    /// together in `mixed`: of each quarter, the corner block counts.
    fn co_located<'a>(
        &self,
        col: &ColMotion<'a>,
        (x, y, field_mb): (usize, usize, Option<usize>),
        mixed: &'a mut MbMotion,
    ) -> (&'a MbMotion, VertMvScale) {
        let mb = |row: usize| col.mbs.get(row * col.width + x).unwrap_or(&MbMotion::INTRA);
        let pair_row = if self.field.is_some() { y } else { y >> 1 };
        let col_is_field = match col.coding {
            Coding::Frame => false,
            Coding::Fields => true,
            Coding::Mbaff => col.is_field_pair(pair_row * col.width + x),
        };
        let rows = col.len.checked_div(2 * col.width).unwrap_or(0);
        let row_of_field = |parity: usize| match col.coding {
            Coding::Fields => parity * rows + pair_row,
            _ => 2 * pair_row + parity,
        };
        match (field_mb.or(self.field), col_is_field) {
            (None, false) => (mb(y), VertMvScale::OneToOne),
            (Some(parity), true) => {
                // Of fields, RefPicList1[0] itself; of frames, the macroblock of the current parity.
                let of_pair = field_mb.is_some() || col.coding == Coding::Mbaff;
                (mb(row_of_field(if of_pair { parity } else { self.col_parity })), VertMvScale::OneToOne)
            }
            (Some(_), false) => {
                for q in 0..4 {
                    copy_corner(mixed, q, mb(2 * pair_row + (q >> 1)), 2 * (q >> 1));
                }
                (mixed, VertMvScale::FrameToField)
            }
            (None, true) => {
                let from = mb(row_of_field(self.col_parity));
                for q in 0..4 {
                    copy_corner(mixed, q, from, 2 * (y & 1) + (q >> 1));
                }
                (mixed, VertMvScale::FieldToFrame)
            }
        }
    }
}

/// How the vertical components of a co-located block's vectors are scaled, `vertMvScale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VertMvScale {
    OneToOne,
    FrameToField,
    FieldToFrame,
}

impl VertMvScale {
    fn apply(self, mv: Mv) -> Mv {
        match self {
            Self::OneToOne => mv,
            Self::FrameToField => Mv::new(mv.x, mv.y / 2),
            Self::FieldToFrame => Mv::new(mv.x, mv.y.wrapping_mul(2)),
        }
    }
}

/// Makes the outer block of block row `row` of `from`, on the side of quarter `q`, the corner of that quarter of `to`.
fn copy_corner(to: &mut MbMotion, q: usize, from: &MbMotion, row: usize) {
    let x = q & 1;
    for list in 0..2 {
        to.mv[list][12 * (q >> 1) + 3 * x] = from.mv[list][4 * (row & 3) + 3 * x];
        to.ref_idx[list][q] = from.ref_idx[list][row & 2 | x];
        to.ref_pic[list][q] = from.ref_pic[list][row & 2 | x];
    }
}

/// Raster position of the block of the co-located macroblock that stands for block `blk`: itself, or the corner of its quarter
/// (8.4.1.2.1, `direct_8x8_inference_flag`).
#[inline]
fn corner(blk: usize, inference: bool) -> usize {
    if inference {
        let (x, y) = (blk & 3, blk >> 2);
        4 * (3 * (y >> 1)) + 3 * (x >> 1)
    } else {
        blk
    }
}

/// `mvCol` and `refIdxCol` with the number of the picture referred to, or `None` for intra blocks.
#[inline]
fn motion_col(col: &MbMotion, blk: usize) -> Option<(Mv, i8, i8)> {
    let quarter = (blk >> 3) * 2 + ((blk >> 1) & 1);
    let list = usize::from(col.ref_idx[0][quarter] < 0);
    let r = col.ref_idx[list][quarter];
    (r >= 0).then(|| (col.mv[list][blk], r, col.ref_pic[list][quarter]))
}

/// The motion of a co-located picture, as far as it is finished.
#[derive(Clone, Copy)]
pub(crate) struct ColMotion<'a> {
    shared: &'a Shared,
    field_pairs: &'a [AtomicBool],
    coding: Coding,
    /// Width of the picture in macroblocks.
    width: usize,
    /// Macroblocks of the frame.
    len: usize,
    /// The first one of the colour plane.
    first: usize,
    /// Those that are finished.
    mbs: &'a [MbMotion],
}

impl<'a> ColMotion<'a> {
    /// That of colour plane `plane` of `pic` by now, or of all planes where they are not coded apart.
    pub(crate) fn of(pic: &'a DecodedPicture, plane: usize) -> Self {
        let MotionHead { coding, ref field_pairs, width, len, layers, .. } = pic.motion;
        let plane = if plane < layers { plane } else { 0 };
        let mut motion = Self {
            shared: &pic.shared,
            field_pairs: field_pairs.get(plane * (len / 2)..).unwrap_or_default(),
            coding,
            width,
            len,
            first: plane * len,
            mbs: &[],
        };
        motion.update();
        motion
    }
    /// Takes in what has been finished since.
    pub(crate) fn update(&mut self) {
        let mbs = self.shared.motion().get(self.first..).unwrap_or_default();
        self.mbs = &mbs[..mbs.len().min(self.len)];
    }
    /// Where finished macroblocks are counted, with those of the planes before where the planes are coded apart.
    pub(crate) fn progress(&self) -> &'a Progress {
        self.shared.mbs()
    }
    /// The count that must be reached for the macroblock in row `mb_y` of a frame or field, where the count is behind it.
    #[inline]
    pub(crate) fn missing(&self, mb_y: usize, of_field: bool) -> Option<u32> {
        if self.mbs.len() == self.len {
            return None;
        }
        let pair_row = if of_field { mb_y } else { mb_y / 2 };
        let needed = match self.coding {
            Coding::Frame if !of_field => (mb_y + 1) * self.width,
            Coding::Frame | Coding::Mbaff => 2 * (pair_row + 1) * self.width,
            // The fields follow each other.
            Coding::Fields => self.len / 2 + (pair_row + 1) * self.width,
        };
        let needed = needed.min(self.len);
        (self.mbs.len() < needed).then_some((self.first + needed) as u32)
    }
    /// The motion of the macroblock with index `mb` in a frame or field, if the picture was coded as that.
    pub(crate) fn at(&self, structure: Structure, mb: usize) -> Option<&'a MbMotion> {
        match structure {
            Structure::Frame => (self.coding != Coding::Fields).then(|| self.mbs.get(mb))?,
            field if self.coding == Coding::Fields && mb < self.len / 2 => {
                self.mbs.get(field.parity() * (self.len / 2) + mb)
            }
            _ => None,
        }
    }
    fn is_field_pair(&self, pair: usize) -> bool {
        self.field_pairs.get(pair).is_some_and(|f| f.load(Ordering::Relaxed))
    }
}

impl DirectContext {
    /// Calls `f` with the co-located macroblock of the one at `here` (its column, its row, and its parity if it is a field macroblock
    /// of a frame) in the motion field of RefPicList1\[0\], how its vectors are scaled, and which of the temporal tables counts.
    #[inline]
    fn with_co_located<R>(
        &self,
        col: &ColMotion<'_>,
        here: (usize, usize, Option<usize>),
        f: impl FnOnce(&MbMotion, VertMvScale, usize) -> R,
    ) -> R {
        if col.coding == Coding::Frame && self.field.is_none() && here.2.is_none() {
            let mb = col.mbs.get(here.1 * col.width + here.0).unwrap_or(&MbMotion::INTRA);
            return f(mb, VertMvScale::OneToOne, 0);
        }
        let mut mixed = MbMotion::INTRA;
        let (mb, scale) = self.co_located(col, here, &mut mixed);
        f(mb, scale, here.2.map_or(0, |parity| 1 + (parity & 1)))
    }
}

/// The 4x4 blocks of each quarter, as bits of a mask by raster position.
const QUARTER: [u16; 4] = [0x0033, 0x00cc, 0x3300, 0xcc00];

/// Motion by spatial direct prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spatial {
    /// Reference indices; -1 for a list that is not used.
    pub(crate) refs: [i8; 2],
    /// Vectors, but of the blocks in `still`.
    pub(crate) mvs: [Mv; 2],
    /// Blocks (by raster position) whose vectors into pictures with index 0 are zero: `colZeroFlag`, where it changes anything.
    pub(crate) still: u16,
}

impl Spatial {
    /// Prediction of a macroblock (8.4.1.2.2) from the neighbours of the whole of it in both lists, whatever block is asked for. `col`
    /// and `here` as in [`temporal`].
    pub(crate) fn predict(
        ctx: &DirectContext,
        neighbours: [[Neighbour; 3]; 2],
        col: &ColMotion<'_>,
        here: (usize, usize, Option<usize>),
    ) -> Self {
        Self::from_neighbours(neighbours, || match ctx.short_term {
            true => ctx.with_co_located(col, here, |col, _, _| still_blocks(col, ctx.inference)),
            false => 0,
        })
    }

    /// The same where `still` tells the co-located blocks that do not move; it is asked only if that matters.
    #[inline]
    pub(crate) fn from_neighbours(neighbours: [[Neighbour; 3]; 2], still: impl FnOnce() -> u16) -> Self {
        let mut refs = [-1i8; 2];
        let mut mvs = [Mv::default(); 2];
        for list in 0..2 {
            let n = neighbours[list];
            // MinPositive: as unsigned numbers, the negative ones are the largest.
            refs[list] = (n[0].0 as u8).min(n[1].0 as u8).min(n[2].0 as u8) as i8;
            if refs[list] < 0 {
                refs[list] = -1;
            } else {
                mvs[list] = median_of(n, refs[list]);
            }
        }
        if refs == [-1; 2] {
            return Self { refs: [0; 2], mvs, still: 0 };
        }
        // Only where an index is 0 and the vector is not can a still co-located block change anything.
        let matters = |l: usize| refs[l] == 0 && mvs[l] != Mv::default();
        let still = if matters(0) || matters(1) { still() } else { 0 };
        Self { refs, mvs, still }
    }

    /// The vectors of list `list` by raster position.
    pub(crate) fn vectors(&self, list: usize) -> [Mv; 16] {
        let mut mvs = [self.mvs[list]; 16];
        if self.still != 0 && self.refs[list] == 0 {
            for (blk, mv) in mvs.iter_mut().enumerate() {
                if self.still >> blk & 1 != 0 {
                    *mv = Mv::default();
                }
            }
        }
        mvs
    }

    /// The quarters whose motion is one vector a list (bit i for 8x8 block i).
    pub(crate) fn uniform(&self) -> u8 {
        QUARTER.iter().enumerate().fold(0, |u, (q, blocks)| {
            let still = self.still & blocks;
            u | u8::from(still == 0 || still == *blocks) << q
        })
    }

    /// Writes the motion of the quarters in `quarters` into `cache`.
    pub(crate) fn write(&self, cache: &mut MotionCache, quarters: u8) {
        for list in 0..2 {
            let mvs = self.vectors(list);
            for q in (0..4).filter(|q| quarters & 1 << q != 0) {
                let (x, y) = (2 * (q & 1), 2 * (q >> 1));
                set_blocks(&mut cache.ref_idx[list], x, y, 2, 2, self.refs[list]);
                for row in y..y + 2 {
                    cache.mv[list][at(x, row)..][..2].copy_from_slice(&mvs[4 * row + x..][..2]);
                }
            }
        }
    }
}

/// The blocks of `col` that do not move: they refer to the first picture of their list with vectors of at most a quarter sample.
pub(crate) fn still_blocks(col: &MbMotion, inference: bool) -> u16 {
    let mut still = 0;
    for (q, &blocks) in QUARTER.iter().enumerate() {
        let list = usize::from(col.ref_idx[0][q] < 0);
        if col.ref_idx[list][q] != 0 {
            continue;
        }
        let is_still = |blk: usize| {
            let mv = col.mv[list][blk];
            (mv.x.wrapping_add(1) as u16) < 3 && (mv.y.wrapping_add(1) as u16) < 3
        };
        let first = 8 * (q >> 1) + 2 * (q & 1);
        if inference {
            if is_still(corner(first, true)) {
                still |= blocks;
            }
        } else {
            for blk in [first, first + 1, first + 4, first + 5] {
                still |= u16::from(is_still(blk)) << blk;
            }
        }
    }
    still
}

/// Predicts the motion of the quarters in `quarters` (bit i for 8x8 block i) into `cache`, 8.4.1.2.3. `col` is the motion field of
/// RefPicList1\[0\]; `here` is the macroblock's column, its row, and its parity if it is a field macroblock of a frame. Returns the
/// quarters whose motion is one vector a list.
pub(crate) fn temporal(
    ctx: &DirectContext,
    cache: &mut MotionCache,
    col: &ColMotion<'_>,
    here: (usize, usize, Option<usize>),
    quarters: u8,
) -> u8 {
    ctx.with_co_located(col, here, |col, vertical, variant| {
        temporal_from(ctx.inference, &ctx.temporal[variant], cache, col, vertical, quarters)
    })
}

/// The same from the co-located macroblock.
fn temporal_from(
    inference: bool,
    tables: &Temporal,
    cache: &mut MotionCache,
    col: &MbMotion,
    vertical: VertMvScale,
    quarters: u8,
) -> u8 {
    let mut uniform = 0;
    for q in (0..4).filter(|q| quarters & 1 << q != 0) {
        let (x, y) = (2 * (q & 1), 2 * (q >> 1));
        let ref0 = motion_col(col, corner(4 * y + x, inference))
            .map_or(0, |(_, _, pic)| tables.map.get(pic as usize).copied().flatten().unwrap_or(0) as usize);
        let scale = tables.scale.get(ref0).copied().flatten();
        set_blocks(&mut cache.ref_idx[0], x, y, 2, 2, ref0 as i8);
        set_blocks(&mut cache.ref_idx[1], x, y, 2, 2, 0);
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let mv_col = motion_col(col, corner(4 * (y + dy) + x + dx, inference))
                .map_or(Mv::default(), |m| vertical.apply(m.0));
            let (mv0, mv1) = match scale {
                Some(f) => {
                    let s = |v: i16| ((f * i32::from(v) + 128) >> 8) as i16;
                    let mv0 = Mv::new(s(mv_col.x), s(mv_col.y));
                    (mv0, Mv::new(mv0.x.wrapping_sub(mv_col.x), mv0.y.wrapping_sub(mv_col.y)))
                }
                None => (mv_col, Mv::default()),
            };
            cache.mv[0][at(x + dx, y + dy)] = mv0;
            cache.mv[1][at(x + dx, y + dy)] = mv1;
        }
        let same = inference
            || (0..2).all(|l| {
                let first = cache.mv[l][at(x, y)];
                [(1, 0), (0, 1), (1, 1)].iter().all(|(dx, dy)| cache.mv[l][at(x + dx, y + dy)] == first)
            });
        uniform |= u8::from(same) << q;
    }
    uniform
}
