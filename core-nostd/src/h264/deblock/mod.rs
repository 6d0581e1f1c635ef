//! The deblocking filter, 8.7. It knows a picture by its samples, its [`MbGrid`] and its motion, which decoder and encoder both have.

mod strength;
pub(crate) mod tables;

use super::dec::picture::CurrentPicture;
use super::mb_info::{MbGrid, MbInfo, MbMotion, SliceInfo};
use crate::error::Result;
use crate::picture::{Picture, Plane};
use strength::{Masks, Strength, strengths};
use tables::{ALPHA, BETA, TC0};
use transcode_simd::{Edge, Kernels};

/// Deblocks what has not been deblocked while the slices were decoded. Call once, after the last slice and concealment.
///
/// # Errors
/// As [`CurrentPicture::parts`].
pub(crate) fn finish(kernels: Kernels, cur: &mut CurrentPicture) -> Result<()> {
    let parts = cur.parts()?;
    while *parts.deblocked_rows < parts.grid.height {
        row(kernels, parts.picture, parts.grid, &parts.motion.mbs, *parts.deblocked_rows);
        *parts.deblocked_rows += 1;
    }
    Ok(())
}

/// Deblocks the macroblocks of row `mb_y`. The row above has been deblocked, and no macroblock of either will be predicted from.
/// Macroblocks that were never decoded are left alone.
pub(crate) fn row(k: Kernels, picture: &mut Picture<u8>, grid: &MbGrid, motion: &[MbMotion], mb_y: usize) {
    for mb_x in 0..grid.width {
        macroblock(k, picture, grid, motion, mb_x, mb_y);
    }
}

fn macroblock(k: Kernels, picture: &mut Picture<u8>, grid: &MbGrid, motion: &[MbMotion], mb_x: usize, mb_y: usize) {
    let addr = mb_y * grid.width + mb_x;
    let q = &grid.info[addr];
    let Some(slice) = grid.slices.get(q.slice as usize) else { return };
    if slice.disable_deblocking_filter_idc == 1 {
        return;
    }
    // filterLeftMbEdgeFlag and filterTopMbEdgeFlag.
    let neighbour = |exists: bool, step: usize| {
        let at = if exists { addr - step } else { return None };
        let p = &grid.info[at];
        let wanted = p.is_decoded() && (slice.disable_deblocking_filter_idc != 2 || p.slice == q.slice);
        wanted.then_some((p, &motion[at]))
    };
    let (left, above) = (neighbour(mb_x > 0, 1), neighbour(mb_y > 0, grid.width));
    let qm = &motion[addr];
    let uses_list_1 = |p: Option<(&MbInfo, &MbMotion)>| {
        slice.b_slice || p.is_some_and(|(p, _)| grid.slices.get(p.slice as usize).is_some_and(|s| s.b_slice))
    };
    let vertical =
        if uses_list_1(left) { strengths::<1, true>(q, qm, left) } else { strengths::<1, false>(q, qm, left) };
    let horizontal =
        if uses_list_1(above) { strengths::<4, true>(q, qm, above) } else { strengths::<4, false>(q, qm, above) };

    for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
        let mut filter = PlaneFilter { k, slice, plane, index: i, mb_x, mb_y };
        filter.edges(Edge::Vertical, &vertical, q, left.map(|l| l.0));
        filter.edges(Edge::Horizontal, &horizontal, q, above.map(|a| a.0));
    }
}

/// Filtering of one plane of one macroblock.
struct PlaneFilter<'a> {
    k: Kernels,
    slice: &'a SliceInfo,
    plane: &'a mut Plane<u8>,
    /// 0 luma, 1 Cb, 2 Cr.
    index: usize,
    mb_x: usize,
    mb_y: usize,
}

impl PlaneFilter<'_> {
    fn qp(&self, mb: &MbInfo) -> u8 {
        if self.index == 0 { mb.qp } else { mb.qp_chroma[self.index - 1] }
    }

    /// The edges in one direction, the macroblock's own first, which is filtered if `p` lies behind it.
    fn edges(&mut self, dir: Edge, strength: &Strength, q: &MbInfo, p: Option<&MbInfo>) {
        let masks = match *strength {
            Strength::Inter(Masks { two: 0, one: 0 }) => return,
            Strength::Inter(m) => m,
            Strength::BesideIntra(m) => m,
            Strength::Intra => Masks::default(),
        };
        let inner_qp = self.qp(q);
        if let Some(p) = p {
            let qp = (self.qp(p) + inner_qp).div_ceil(2);
            match strength {
                Strength::Inter(_) => self.normal(dir, 0, qp, self.edge_of(dir, masks, 0)),
                _ => self.strong(dir, qp),
            }
        }
        let t8x8 = q.flags.has(crate::h264::mb_info::MbFlags::TRANSFORM_8X8);
        // Chroma (4:2:0) has the edges of luma's block columns 0 and 2, whatever the transform.
        let step = if self.index > 0 || t8x8 { 2 } else { 1 };
        for e in (step..4).step_by(step) {
            let bs = if *strength == Strength::Intra { [3; 4] } else { self.edge_of(dir, masks, e) };
            self.normal(dir, e, inner_qp, bs);
        }
    }

    fn edge_of(&self, dir: Edge, masks: Masks, e: usize) -> [u8; 4] {
        match dir {
            Edge::Vertical => masks.edge(e as u32, 4),
            Edge::Horizontal => masks.edge(4 * e as u32, 1),
        }
    }

    /// Index of the first sample q0 of the edge before block column (or row) `e`.
    fn offset(&self, dir: Edge, e: usize) -> usize {
        let (n, at) = if self.index == 0 { (16, 4 * e) } else { (8, 2 * e) };
        let (x, y) = (n * self.mb_x, n * self.mb_y);
        let (x, y) = if dir == Edge::Vertical { (x + at, y) } else { (x, y + at) };
        self.plane.index(x as isize, y as isize)
    }

    /// indexA, alpha and beta for an edge's mean QP.
    #[inline]
    fn thresholds(&self, qp: u8) -> (usize, u8, u8) {
        let index = |offset: i8| (i32::from(qp) + i32::from(offset)).clamp(0, 51) as usize;
        let (a, b) = (index(self.slice.filter_offset_a), index(self.slice.filter_offset_b));
        (a, ALPHA[a], BETA[b])
    }

    /// bS 0 to 3.
    #[inline]
    fn normal(&mut self, dir: Edge, e: usize, qp: u8, bs: [u8; 4]) {
        if bs == [0; 4] {
            return;
        }
        let (index_a, alpha, beta) = self.thresholds(qp);
        if alpha == 0 || beta == 0 {
            return;
        }
        let tc0 = bs.map(|s| TC0[index_a][usize::from(s & 3)]);
        let (offset, stride) = (self.offset(dir, e), self.plane.stride());
        let data = self.plane.data_mut();
        if self.index == 0 {
            self.k.deblock_luma(dir, data, offset, stride, alpha, beta, &tc0);
        } else {
            self.k.deblock_chroma(dir, data, offset, stride, alpha, beta, &tc0);
        }
    }

    /// bS 4, on the macroblock's own edge.
    fn strong(&mut self, dir: Edge, qp: u8) {
        let (_, alpha, beta) = self.thresholds(qp);
        if alpha == 0 || beta == 0 {
            return;
        }
        let (offset, stride) = (self.offset(dir, 0), self.plane.stride());
        let data = self.plane.data_mut();
        if self.index == 0 {
            self.k.deblock_luma_strong(dir, data, offset, stride, alpha, beta);
        } else {
            self.k.deblock_chroma_strong(dir, data, offset, stride, alpha, beta);
        }
    }
}
