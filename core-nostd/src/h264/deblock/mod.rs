//! The deblocking filter, 8.7. It knows a picture by its samples, its [`MbGrid`] and its motion, which decoder and encoder both have.

mod mbaff;
mod strength;
pub(crate) mod tables;

use super::dec::picture::{Coding, CurrentPicture, Structure};
use super::mb_info::{MbFlags, MbGrid, MbInfo, MbMotion, Place, SliceInfo};
use crate::error::Result;
use crate::picture::Picture;
use strength::{Edges, strengths};
use tables::{ALPHA, BETA, TC0};
use transcode_simd::{Edge, Kernels};

/// Deblocks what has not been deblocked while the slices were decoded. Call once, after the last slice and concealment.
///
/// # Errors
/// As [`CurrentPicture::parts`].
pub(crate) fn finish(kernels: Kernels, cur: &mut CurrentPicture) -> Result<()> {
    let parts = cur.parts()?;
    if parts.motion.coding == Coding::Mbaff {
        for pair_y in 0..parts.grid.height / 2 {
            mbaff::row(kernels, parts.picture, parts.grid, &parts.motion.mbs, pair_y);
        }
        *parts.deblocked_rows = parts.grid.height;
    }
    while *parts.deblocked_rows < parts.grid.height {
        let motion = parts.motion.mbs_of(parts.structure);
        row(kernels, parts.picture, parts.structure, parts.grid, motion, *parts.deblocked_rows);
        *parts.deblocked_rows += 1;
    }
    Ok(())
}

/// Deblocks the macroblocks of row `mb_y`. The row above has been deblocked, and no macroblock of either will be predicted from.
/// Macroblocks that were never decoded are left alone.
pub(crate) fn row(
    k: Kernels,
    picture: &mut Picture<u8>,
    structure: Structure,
    grid: &MbGrid,
    motion: &[MbMotion],
    mb_y: usize,
) {
    for mb_x in 0..grid.width {
        macroblock(k, picture, structure.place(mb_x, mb_y), grid, motion, mb_x, mb_y);
    }
}

fn macroblock(
    k: Kernels,
    picture: &mut Picture<u8>,
    place: Place,
    grid: &MbGrid,
    motion: &[MbMotion],
    mb_x: usize,
    mb_y: usize,
) {
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
    // Vertical distances count in frame samples.
    let far_y = if place.is_field() { 2 } else { 4 };
    let vertical = edges_of::<1>(grid, slice, q, qm, left, far_y);
    let mut horizontal = edges_of::<4>(grid, slice, q, qm, above, far_y);
    if place.is_field() {
        horizontal.weaken();
    }
    if vertical == Edges::NONE && horizontal == Edges::NONE {
        return;
    }
    for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
        let n = if i == 0 { 16 } else { 8 };
        let qp = |mb: &MbInfo| if i == 0 { mb.qp } else { mb.qp_chroma[i - 1] };
        let inner = Thresholds::new(slice, qp(q));
        // Between macroblocks the mean of both QPs counts; mostly they are the same.
        let own = |p: Option<(&MbInfo, &MbMotion)>| {
            p.map(|(p, _)| if qp(p) == qp(q) { inner } else { Thresholds::new(slice, (qp(p) + qp(q)).div_ceil(2)) })
        };
        let (origin, stride) = place.in_plane(plane, n);
        let mut block = Block { k, luma: i == 0, stride, origin, data: plane.data_mut() };
        block.filter(Edge::Vertical, &vertical, own(left), &inner);
        block.filter(Edge::Horizontal, &horizontal, own(above), &inner);
    }
}

/// bS of the vertical (`STEP` 1) or horizontal (`STEP` 4) edges of `q`, that to its neighbour `p` included.
#[inline]
fn edges_of<const STEP: u32>(
    grid: &MbGrid,
    slice: &SliceInfo,
    q: &MbInfo,
    qm: &MbMotion,
    p: Option<(&MbInfo, &MbMotion)>,
    far_y: u32,
) -> Edges {
    let uses_list_1 =
        slice.b_slice || p.is_some_and(|(p, _)| grid.slices.get(p.slice as usize).is_some_and(|s| s.b_slice));
    let strength =
        if uses_list_1 { strengths::<STEP, true>(q, qm, p, far_y) } else { strengths::<STEP, false>(q, qm, p, far_y) };
    Edges::of::<STEP>(strength, q.flags.has(MbFlags::TRANSFORM_8X8))
}

/// Thresholds for the mean QP of an edge.
#[derive(Clone, Copy)]
struct Thresholds {
    alpha: u8,
    beta: u8,
    /// tC0 by bS.
    tc0: [i8; 4],
}

impl Thresholds {
    fn new(slice: &SliceInfo, qp: u8) -> Self {
        let index = |offset: i8| (i32::from(qp) + i32::from(offset)).clamp(0, 51) as usize;
        let (a, b) = (index(slice.filter_offset_a), index(slice.filter_offset_b));
        Self { alpha: ALPHA[a], beta: BETA[b], tc0: TC0[a] }
    }
    /// Whether any sample can be filtered with them.
    fn filters(&self) -> bool {
        self.alpha != 0 && self.beta != 0
    }
}

/// The samples of one plane of one macroblock.
struct Block<'a> {
    k: Kernels,
    luma: bool,
    data: &'a mut [u8],
    stride: usize,
    /// Index of the macroblock's first sample.
    origin: usize,
}

impl Block<'_> {
    /// Filters the edges in one direction: the macroblock's own with `own`, if it has a neighbour there, the inner ones with `inner`.
    fn filter(&mut self, dir: Edge, edges: &Edges, own: Option<Thresholds>, inner: &Thresholds) {
        let across = if dir == Edge::Vertical { 1 } else { self.stride };
        if let Some(t) = own.filter(Thresholds::filters) {
            if edges.strong {
                self.strong(dir, &t);
            } else {
                self.normal(dir, self.origin, &t, edges.bs[0]);
            }
        }
        if !inner.filters() {
            return;
        }
        if self.luma {
            for (e, &bs) in edges.bs.iter().enumerate().skip(1) {
                self.normal(dir, self.origin + 4 * e * across, inner, bs);
            }
        } else {
            // Chroma (4:2:0) has the edges of luma's block columns 0 and 2, whatever the transform.
            self.normal(dir, self.origin + 4 * across, inner, edges.bs[2]);
        }
    }

    /// The edge before sample `offset`, bS 0 to 3.
    #[inline]
    fn normal(&mut self, dir: Edge, offset: usize, t: &Thresholds, bs: [u8; 4]) {
        if bs == [0; 4] {
            return;
        }
        let tc0 = bs.map(|s| t.tc0[usize::from(s & 3)]);
        if self.luma {
            self.k.deblock_luma(dir, self.data, offset, self.stride, t.alpha, t.beta, &tc0);
        } else {
            self.k.deblock_chroma(dir, self.data, offset, self.stride, t.alpha, t.beta, &tc0);
        }
    }

    /// The macroblock's own edge, bS 4.
    #[inline]
    fn strong(&mut self, dir: Edge, t: &Thresholds) {
        if self.luma {
            self.k.deblock_luma_strong(dir, self.data, self.origin, self.stride, t.alpha, t.beta);
        } else {
            self.k.deblock_chroma_strong(dir, self.data, self.origin, self.stride, t.alpha, t.beta);
        }
    }
}
