//! Direct prediction of motion in B slices, 8.4.1.2.

use super::weighted::dist_scale_factor;
use crate::h264::dec::picture::{MotionField, RefPic};
use crate::h264::mb_info::{MbMotion, Mv};
use crate::h264::mv_pred::{median_of, neighbours};
use crate::h264::neighbours::{MotionCache, at};
use alloc::vec::Vec;

/// What direct prediction needs to know of a B slice.
#[derive(Debug, Default)]
pub(crate) struct DirectContext {
    /// `direct_spatial_mv_pred_flag`.
    pub(crate) spatial: bool,
    /// `direct_8x8_inference_flag`.
    pub(crate) inference: bool,
    /// RefPicList1\[0\] is a short-term reference.
    short_term: bool,
    /// Temporal: by number of a picture in the co-located picture's motion, the first index in RefPicList0 that is it.
    map: Vec<Option<u8>>,
    /// Temporal: `DistScaleFactor` by index in RefPicList0; `None` copies the vector.
    scale: Vec<Option<i32>>,
}

impl DirectContext {
    /// Prepares for a slice of a picture with order count `poc`.
    pub(crate) fn update(&mut self, spatial: bool, inference: bool, poc: i32, lists: &[Vec<RefPic>; 2]) {
        self.spatial = spatial;
        self.inference = inference;
        self.map.clear();
        self.scale.clear();
        let Some(col) = lists[1].first() else { return };
        self.short_term = !col.long_term;
        if spatial {
            return;
        }
        let index_of = |id: &u32| lists[0].iter().position(|r| r.pic.pic_id == *id).map(|i| i as u8);
        self.map.extend(col.pic.motion.ref_pics.iter().map(index_of));
        self.scale.extend(lists[0].iter().map(|r| dist_scale_factor(poc, r.pic.poc, col.pic.poc, r.long_term)));
    }
}

/// Raster position of the block of the co-located macroblock that stands for block `blk`: itself, or the corner of its quarter
/// (8.4.1.2.1, `direct_8x8_inference_flag`).
#[inline]
fn co_located(blk: usize, inference: bool) -> usize {
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

/// Predicts the motion of the quarters in `quarters` (bit i for 8x8 block i) into `cache`, whose border is filled. `col` is the
/// motion field of RefPicList1\[0\]. Returns the quarters whose motion is one vector a list.
pub(crate) fn predict(
    ctx: &DirectContext,
    cache: &mut MotionCache,
    col: &MotionField,
    addr: usize,
    quarters: u8,
) -> u8 {
    let intra = MbMotion::INTRA;
    let col = col.mbs.get(addr).unwrap_or(&intra);
    if ctx.spatial { spatial(ctx, cache, col, quarters) } else { temporal(ctx, cache, col, quarters) }
}

/// 8.4.1.2.2. The reference indices and vectors come from the neighbours of the whole macroblock, whatever the quarter.
fn spatial(ctx: &DirectContext, cache: &mut MotionCache, col: &MbMotion, quarters: u8) -> u8 {
    let mut refs = [-1i8; 2];
    let mut mvs = [Mv::default(); 2];
    for list in 0..2 {
        let n = neighbours(cache, list, 0, 0, 4);
        // MinPositive: as unsigned numbers, the negative ones are the largest.
        refs[list] = n.iter().map(|n| n.0 as u8).min().unwrap_or(0xff) as i8;
        if refs[list] < 0 {
            refs[list] = -1;
        } else {
            mvs[list] = median_of(n, refs[list]);
        }
    }
    let zero = refs[0] < 0 && refs[1] < 0;
    if zero {
        refs = [0; 2];
    }
    // Only where an index is 0 and the vector is not can a still co-located block change anything.
    let matters = !zero && ctx.short_term && (0..2).any(|l| refs[l] == 0 && mvs[l] != Mv::default());
    let mut uniform = 0;
    for q in (0..4).filter(|q| quarters & 1 << q != 0) {
        let (x, y) = (2 * (q & 1), 2 * (q >> 1));
        for list in 0..2 {
            cache.set_ref(list, x, y, 2, 2, refs[list]);
            cache.set_mv(list, x, y, 2, 2, mvs[list]);
        }
        uniform |= 1 << q;
        if !matters {
            continue;
        }
        let still = |blk: usize| {
            motion_col(col, co_located(blk, ctx.inference))
                .is_some_and(|(mv, r, _)| r == 0 && (-1..=1).contains(&mv.x) && (-1..=1).contains(&mv.y))
        };
        let mut count = 0;
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            if still(4 * (y + dy) + x + dx) {
                count += 1;
                for list in (0..2).filter(|&l| refs[l] == 0) {
                    cache.mv[list][at(x + dx, y + dy)] = Mv::default();
                }
            }
        }
        if count != 0 && count != 4 {
            uniform &= !(1 << q);
        }
    }
    uniform
}

/// 8.4.1.2.3.
fn temporal(ctx: &DirectContext, cache: &mut MotionCache, col: &MbMotion, quarters: u8) -> u8 {
    let mut uniform = 0;
    for q in (0..4).filter(|q| quarters & 1 << q != 0) {
        let (x, y) = (2 * (q & 1), 2 * (q >> 1));
        let corner = co_located(4 * y + x, ctx.inference);
        let ref0 = motion_col(col, corner)
            .map_or(0, |(_, _, pic)| ctx.map.get(pic as usize).copied().flatten().unwrap_or(0) as usize);
        let scale = ctx.scale.get(ref0).copied().flatten();
        cache.set_ref(0, x, y, 2, 2, ref0 as i8);
        cache.set_ref(1, x, y, 2, 2, 0);
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let mv_col =
                motion_col(col, co_located(4 * (y + dy) + x + dx, ctx.inference)).map_or(Mv::default(), |m| m.0);
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
        let same = ctx.inference
            || (0..2).all(|l| {
                let first = cache.mv[l][at(x, y)];
                [(1, 0), (0, 1), (1, 1)].iter().all(|(dx, dy)| cache.mv[l][at(x + dx, y + dy)] == first)
            });
        uniform |= u8::from(same) << q;
    }
    uniform
}
