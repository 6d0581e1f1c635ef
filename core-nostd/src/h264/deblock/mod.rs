//! The deblocking filter, 8.7. It knows a picture by its samples, its [`MbGrid`] and its motion, which decoder and encoder both have.

mod mbaff;
mod strength;
pub(crate) mod tables;

use super::dec::picture::{Coding, PictureParts, Structure};
use super::mb_info::{MbFlags, MbGrid, MbInfo, MbMotion, Place, SliceInfo};
use crate::picture::{ChromaFormat, Stored};
use crate::unchecked::{MotionMut, PictureMut};
use strength::{Edges, strengths};
use tables::{ALPHA, BETA, TC0};
use transcode_simd::{Edge, Kernels, Sample};

/// Deblocks what has not been deblocked while the slices were decoded. Call once, after the last slice and concealment.
pub(crate) fn finish<P: Stored>(kernels: Kernels, parts: &mut PictureParts<'_, P>) {
    let rows = *parts.deblocked_rows..parts.grid.height;
    *parts.deblocked_rows = parts.grid.height;
    for mb_y in rows {
        match (parts.coding, mb_y & 1) {
            (Coding::Mbaff, 0) => pair_row(kernels, &mut parts.picture, parts.grid, &parts.motion, mb_y / 2),
            (Coding::Mbaff, _) => {}
            _ => row(kernels, &mut parts.picture, parts.structure, parts.grid, &parts.motion, mb_y),
        }
    }
}

pub(crate) use mbaff::row as pair_row;

/// Deblocks the macroblocks of row `mb_y`. The row above has been deblocked, and no macroblock of either will be predicted from.
/// Macroblocks that were never decoded are left alone.
pub(crate) fn row<P: Sample>(
    k: Kernels,
    picture: &mut PictureMut<'_, P>,
    structure: Structure,
    grid: &MbGrid,
    motion: &MotionMut<'_>,
    mb_y: usize,
) {
    for mb_x in 0..grid.width {
        macroblock(k, picture, structure.place(mb_x, mb_y), grid, motion, mb_x, mb_y);
    }
}

fn macroblock<P: Sample>(
    k: Kernels,
    picture: &mut PictureMut<'_, P>,
    place: Place,
    grid: &MbGrid,
    motion: &MotionMut<'_>,
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
    let format = picture.format();
    for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
        let qp = |mb: &MbInfo| if i == 0 { mb.qp } else { mb.qp_chroma[i - 1] };
        let inner = Thresholds::new(slice, qp(q));
        // Between macroblocks the mean of both QPs counts; mostly they are the same.
        let own = |p: Option<(&MbInfo, &MbMotion)>| {
            p.map(|(p, _)| if qp(p) == qp(q) { inner } else { Thresholds::between(slice, qp(p), qp(q)) })
        };
        let (origin, stride) = place.in_plane(plane, format.chroma.mb_size(i));
        let style = Style::of(format.chroma, i);
        let max = P::from_i32((1 << format.bit_depth(i)) - 1);
        let mut block = Block { k, style, stride, origin, data: plane.data_mut(), max };
        block.filter(Edge::Vertical, &vertical, own(left), &inner);
        if style == Style::Chroma422 && q.flags.has(MbFlags::TRANSFORM_8X8) {
            block.filter(Edge::Horizontal, &horizontal.with_odd_edges(q), own(above), &inner);
        } else {
            block.filter(Edge::Horizontal, &horizontal, own(above), &inner);
        }
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
    /// For the mean of `p` and `q`.
    fn between(slice: &SliceInfo, p: i8, q: i8) -> Self {
        Self::new(slice, ((i32::from(p) + i32::from(q) + 1) >> 1) as i8)
    }
    fn new(slice: &SliceInfo, qp: i8) -> Self {
        let index = |offset: i8| (i32::from(qp) + i32::from(offset)).clamp(0, 51) as usize;
        let (a, b) = (index(slice.filter_offset_a), index(slice.filter_offset_b));
        Self { alpha: ALPHA[a], beta: BETA[b], tc0: TC0[a] }
    }
    /// Whether any sample can be filtered with them.
    fn filters(&self) -> bool {
        self.alpha != 0 && self.beta != 0
    }
}

/// How a plane is filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Luma, and the chroma of 4:4:4 (`chromaStyleFilteringFlag` 0).
    Luma,
    /// Chroma of 8 by 8 samples a macroblock.
    Chroma420,
    /// Chroma of 8 by 16 samples a macroblock.
    Chroma422,
}

impl Style {
    fn of(chroma: ChromaFormat, plane: usize) -> Self {
        match chroma {
            ChromaFormat::Yuv420 if plane > 0 => Self::Chroma420,
            ChromaFormat::Yuv422 if plane > 0 => Self::Chroma422,
            _ => Self::Luma,
        }
    }
}

/// The samples of one plane of one macroblock.
struct Block<'a, P> {
    k: Kernels,
    style: Style,
    data: &'a mut [P],
    stride: usize,
    /// Index of the macroblock's first sample.
    origin: usize,
    /// Largest sample.
    max: P,
}

impl<P: Sample> Block<'_, P> {
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
        if self.style == Style::Luma || (self.style == Style::Chroma422 && dir == Edge::Horizontal) {
            for (e, &bs) in edges.bs.iter().enumerate().skip(1) {
                self.normal(dir, self.origin + 4 * e * across, inner, bs);
            }
        } else {
            // Where chroma has half as many samples as luma it has the edges of luma's blocks 0 and 2, whatever the transform.
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
        let (k, data, stride, max) = (self.k, &mut *self.data, self.stride, self.max);
        match (self.style, dir) {
            (Style::Luma, _) => P::deblock_luma(k, dir, data, offset, stride, t.alpha, t.beta, &tc0, max),
            (Style::Chroma422, Edge::Vertical) => {
                P::deblock_chroma_422(k, data, offset, stride, t.alpha, t.beta, &tc0, max);
            }
            _ => P::deblock_chroma(k, dir, data, offset, stride, t.alpha, t.beta, &tc0, max),
        }
    }

    /// The macroblock's own edge, bS 4.
    #[inline]
    fn strong(&mut self, dir: Edge, t: &Thresholds) {
        let (k, data, origin, stride, max) = (self.k, &mut *self.data, self.origin, self.stride, self.max);
        match (self.style, dir) {
            (Style::Luma, _) => P::deblock_luma_strong(k, dir, data, origin, stride, t.alpha, t.beta, max),
            (Style::Chroma422, Edge::Vertical) => {
                P::deblock_chroma_422_strong(k, data, origin, stride, t.alpha, t.beta, max);
            }
            _ => P::deblock_chroma_strong(k, dir, data, origin, stride, t.alpha, t.beta, max),
        }
    }
}
