//! Direct prediction of motion in B pictures, 8.4.1.2, with `direct_8x8_inference_flag`.

use super::coder::Coder;
use super::mb::{MbState, QUARTERS, WHOLE};
use crate::h264::mb_info::Mv;
use crate::h264::pred::direct::{Spatial, still_blocks};

/// Raster position of the outer corner block of each quarter: it stands for all of the quarter in the co-located macroblock.
const CORNER: [usize; 4] = [0, 3, 12, 15];

impl Coder<'_> {
    /// Sets the motion that `B_Skip` and `B_Direct_16x16` have, and tells whether the encoder may use it: whether the vectors are within
    /// reach, and the reference pictures in the lists.
    pub(super) fn set_direct(&self, state: &mut MbState) -> bool {
        state.direct = 15;
        if self.direct_spatial { self.set_spatial(state) } else { self.set_temporal(state) }
    }

    fn set_spatial(&self, state: &mut MbState) -> bool {
        let neighbours = [0, 1].map(|list| self.nb.of_part(state, list, WHOLE));
        let col = &self.reference(1, 0).motion[self.at.1 * self.size.0 + self.at.0];
        let spatial = Spatial::from_neighbours(neighbours, || still_blocks(col, true));
        for list in 0..2 {
            let r = spatial.refs[list];
            if usize::try_from(r).is_ok_and(|r| r >= self.lists.len(list)) {
                return false;
            }
            state.ref_idx[list] = [r; 4];
            state.mv[list] = spatial.vectors(list);
        }
        self.direct_is_allowed(state)
    }

    fn set_temporal(&self, state: &mut MbState) -> bool {
        let col_pic = self.reference(1, 0);
        let col = &col_pic.motion[self.at.1 * self.size.0 + self.at.0];
        for (q, &part) in QUARTERS.iter().enumerate() {
            let list = usize::from(col.ref_idx[0][q] < 0);
            let (r0, mv_col) = match usize::try_from(col.ref_idx[list][q]) {
                // Intra: the first picture, no motion.
                Err(_) => (0, Mv::default()),
                Ok(r) => match self.lists.index_of(col_pic.list_pocs[list][r & 15]) {
                    Some(r0) => (r0, col.mv[list][CORNER[q]]),
                    None => return false,
                },
            };
            let (mv0, mv1) = match self.lists.scale(r0) {
                Some(f) => {
                    let s = |v: i16| ((f * i32::from(v) + 128) >> 8) as i16;
                    let mv0 = Mv::new(s(mv_col.x), s(mv_col.y));
                    (mv0, Mv::new(mv0.x.wrapping_sub(mv_col.x), mv0.y.wrapping_sub(mv_col.y)))
                }
                None => (mv_col, Mv::default()),
            };
            state.set_motion(0, part, r0 as i8, mv0);
            state.set_motion(1, part, 0, mv1);
        }
        self.direct_is_allowed(state)
    }

    fn direct_is_allowed(&self, state: &MbState) -> bool {
        (0..2).all(|list| {
            QUARTERS.iter().all(|&part| {
                let (r, mv) = state.motion_at(list, part.0, part.1);
                r < 0 || self.allows(mv, part)
            })
        })
    }
}
