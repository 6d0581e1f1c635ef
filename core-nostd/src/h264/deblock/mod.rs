//! The deblocking filter, 8.7. It knows a picture by its samples, its [`MbGrid`] and its motion, which decoder and encoder both have.

mod mbaff;
mod strength;
pub(crate) mod tables;

use super::dec::parts::PictureParts;
use super::dec::picture::{Coding, Structure};
use super::mb_info::{MbFlags, MbGrid, MbInfo, Place, SliceInfo};
use crate::picture::{ChromaFormat, Stored};
use crate::unchecked::{MotionMut, PictureMut};
use strength::{Edges, Mb, NONE, strengths, weaken, with_odd_edges};
use tables::{ALPHA, BETA, TC0};
use transcode_simd::{Edge, Kernels, Sample, Thresholds};

/// Deblocks what has not been deblocked while the slices were decoded. Call once, after the last slice and concealment.
pub(crate) fn finish<P: Stored>(kernels: Kernels, parts: &mut PictureParts<'_, P>) {
    let own = parts.colour_plane;
    // Rows are deblocked early only where the planes are coded together.
    let first = if own.is_some() { 0 } else { *parts.deblocked_rows };
    *parts.deblocked_rows = parts.grid.height;
    for mb_y in first..parts.grid.height {
        match (parts.coding, mb_y & 1) {
            (Coding::Mbaff, 0) => pair_row(kernels, &mut parts.picture, parts.grid, &parts.motion, mb_y / 2, own),
            (Coding::Mbaff, _) => {}
            _ => row_of(kernels, &mut parts.picture, parts.structure, parts.grid, &parts.motion, mb_y, own),
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
    row_of(k, picture, structure, grid, motion, mb_y, None);
}

/// [`row`], of plane `own` alone if the planes are coded apart.
fn row_of<P: Sample>(
    k: Kernels,
    picture: &mut PictureMut<'_, P>,
    structure: Structure,
    grid: &MbGrid,
    motion: &MotionMut<'_>,
    mb_y: usize,
    own: Option<usize>,
) {
    let mut inner = InnerThresholds::default();
    for mb_x in 0..grid.width {
        macroblock(k, picture, structure.place(mb_x, mb_y), grid, motion, (mb_x, mb_y), own, &mut inner);
    }
}

/// `QPY` or `QPC` of `mb` that counts for plane `plane`; `own` is the plane that `mb` is of, where the planes are coded apart.
#[inline(always)]
fn qp_of(mb: &MbInfo, plane: usize, own: Option<usize>) -> i8 {
    match plane.checked_sub(1) {
        Some(i) if own.is_none() => mb.qp_chroma[i & 1],
        _ => mb.qp,
    }
}

/// [`qp_of`] for all planes.
#[inline(always)]
fn qps_of(mb: &MbInfo, own: Option<usize>) -> [i8; 3] {
    [0, 1, 2].map(|plane| qp_of(mb, plane, own))
}

/// The thresholds inside of a macroblock, by plane: mostly those of the macroblock before it.
#[derive(Default)]
struct InnerThresholds {
    slice: u32,
    qps: [i8; 3],
    thresholds: Option<[Thresholds; 3]>,
}

impl InnerThresholds {
    /// Those for `qps` in slice `slice`, whose number is `number`.
    #[inline]
    fn of(&mut self, (number, slice): (u32, &SliceInfo), qps: [i8; 3]) -> &[Thresholds; 3] {
        if (self.slice, self.qps) != (number, qps) {
            (self.slice, self.qps, self.thresholds) = (number, qps, None);
        }
        self.thresholds.get_or_insert_with(|| qps.map(|qp| thresholds(slice, qp)))
    }
}

fn macroblock<P: Sample>(
    k: Kernels,
    picture: &mut PictureMut<'_, P>,
    place: Place,
    grid: &MbGrid,
    motion: &MotionMut<'_>,
    (mb_x, mb_y): (usize, usize),
    own_plane: Option<usize>,
    inner: &mut InnerThresholds,
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
    if !may_filter(slice, [Some(q), left.map(|p| p.0), above.map(|p| p.0)]) {
        return;
    }
    let [vertical, horizontal] = edges_of(k, grid, slice, (q, &motion[addr]), [left, above], place.is_field());
    if vertical == NONE && horizontal == NONE {
        return;
    }
    let format = picture.format();
    let qps = qps_of(q, own_plane);
    let inner = inner.of((q.slice, slice), qps);
    // Between macroblocks the mean of both QPs counts; mostly they are the same. Where there is no neighbour bS is 0.
    let [on_left, on_top] = [left, above].map(|p| {
        let of_p = qps_of(p?.0, own_plane);
        (of_p != qps).then(|| [0, 1, 2].map(|i: usize| between(slice, of_p[i], qps[i])))
    });
    let (on_left, on_top) = (on_left.as_ref().unwrap_or(inner), on_top.as_ref().unwrap_or(inner));
    if let (ChromaFormat::Yuv420, [luma, cb, cr]) = (format.chroma, picture.planes_mut()) {
        let max = |i| P::from_i32((1 << format.bit_depth(i)) - 1);
        let ([on_left, left_chroma @ ..], [on_top, top_chroma @ ..]) = (on_left, on_top);
        let [inner, inner_chroma @ ..] = inner;
        let (origin, stride) = place.in_plane(luma, (16, 16));
        let data = luma.data_mut();
        if vertical != NONE {
            P::deblock_luma_mb(k, Edge::Vertical, data, origin, stride, &vertical, on_left, inner, max(0));
        }
        if horizontal != NONE {
            P::deblock_luma_mb(k, Edge::Horizontal, data, origin, stride, &horizontal, on_top, inner, max(0));
        }

        let (origin, stride) = place.in_plane(cb, (8, 8));
        let (cb, cr) = (cb.data_mut(), cr.data_mut());
        // Edges 1 and 3 are none of chroma.
        let any = |edges: &Edges| edges[0] != [0; 4] || edges[2] != [0; 4];
        if any(&vertical) {
            let (dir, planes) = (Edge::Vertical, [&mut *cb, &mut *cr]);
            P::deblock_chroma_mb(k, dir, planes, origin, stride, &vertical, left_chroma, inner_chroma, max(1));
        }
        if any(&horizontal) {
            let (dir, planes) = (Edge::Horizontal, [cb, cr]);
            P::deblock_chroma_mb(k, dir, planes, origin, stride, &horizontal, top_chroma, inner_chroma, max(1));
        }
        return;
    }
    for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
        if own_plane.is_some_and(|own| own != i) {
            continue;
        }
        let (inner, on_left, on_top) = (&inner[i % 3], &on_left[i % 3], &on_top[i % 3]);
        let (origin, stride) = place.in_plane(plane, format.chroma.mb_size(i));
        let style = Style::of(format.chroma, i);
        let max = P::from_i32((1 << format.bit_depth(i)) - 1);
        let mut block = Block { k, style, stride, origin, data: plane.data_mut(), max };
        block.filter(Edge::Vertical, &vertical, on_left, inner);
        if style == Style::Chroma422 && q.flags.has(MbFlags::TRANSFORM_8X8) {
            block.filter(Edge::Horizontal, &with_odd_edges(horizontal, q), on_top, inner);
        } else {
            block.filter(Edge::Horizontal, &horizontal, on_top, inner);
        }
    }
}

/// Whether the quantisers of a macroblock and its neighbours are large enough for any sample to be filtered: alpha and beta are
/// 0 below index 16.
#[inline]
fn may_filter(slice: &SliceInfo, mbs: [Option<&MbInfo>; 3]) -> bool {
    let largest = |mb: &MbInfo| mb.qp.max(mb.qp_chroma[0]).max(mb.qp_chroma[1]);
    let [q, left, above] = mbs.map(|mb| mb.map_or(i8::MIN, largest));
    let offset = slice.filter_offset_a.min(slice.filter_offset_b);
    i32::from(q.max(left).max(above)) + i32::from(offset) >= 16
}

/// bS of the vertical and of the horizontal edges of `q`, those to its neighbours included.
fn edges_of(
    k: Kernels,
    grid: &MbGrid,
    slice: &SliceInfo,
    q: Mb<'_>,
    neighbours: [Option<Mb<'_>>; 2],
    field: bool,
) -> [Edges; 2] {
    let is_b = |p: &MbInfo| p.slice != q.0.slice && grid.slices.get(p.slice as usize).is_some_and(|s| s.b_slice);
    let two_lists = slice.b_slice || neighbours.iter().flatten().any(|(p, _)| is_b(p));
    // Vertical distances count in frame samples.
    let mut edges = strengths(k, q, neighbours, if field { 2 } else { 4 }, two_lists);
    if field {
        weaken(&mut edges[1]);
    }
    edges
}

/// The thresholds for a QP.
fn thresholds(slice: &SliceInfo, qp: i8) -> Thresholds {
    let index = |offset: i8| (i32::from(qp) + i32::from(offset)).clamp(0, 51) as usize;
    let (a, b) = (index(slice.filter_offset_a), index(slice.filter_offset_b));
    Thresholds { alpha: ALPHA[a], beta: BETA[b], tc0: TC0[a] }
}

/// The thresholds for the mean of the QPs `p` and `q`.
fn between(slice: &SliceInfo, p: i8, q: i8) -> Thresholds {
    thresholds(slice, ((i32::from(p) + i32::from(q) + 1) >> 1) as i8)
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
    /// Filters the edges in one direction: the macroblock's own with `own`, the inner ones with `inner`.
    fn filter(&mut self, dir: Edge, edges: &Edges, own: &Thresholds, inner: &Thresholds) {
        if self.style == Style::Luma {
            P::deblock_luma_mb(self.k, dir, self.data, self.origin, self.stride, edges, own, inner, self.max);
            return;
        }
        let across = if dir == Edge::Vertical { 1 } else { self.stride };
        if own.filters() {
            if edges[0] == [4; 4] {
                self.strong(dir, own);
            } else {
                self.normal(dir, self.origin, own, edges[0]);
            }
        }
        if !inner.filters() {
            return;
        }
        if self.style == Style::Chroma422 && dir == Edge::Horizontal {
            for (e, &bs) in edges.iter().enumerate().skip(1) {
                self.normal(dir, self.origin + 4 * e * across, inner, bs);
            }
        } else {
            // Where chroma has half as many samples as luma it has the edges of luma's blocks 0 and 2, whatever the transform.
            self.normal(dir, self.origin + 4 * across, inner, edges[2]);
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
