//! Motion-compensated prediction of one block, 8.4.2.2: samples outside of the reference picture repeat its edges.

use crate::h264::dec::picture::Structure;
use crate::h264::mb_info::Mv;
use crate::unchecked::PlaneRef;
use transcode_simd::{BlockSize, Kernels, Sample};

/// Row length of [`EdgeBuffer`].
const STRIDE: usize = 32;
/// Rows and columns that the largest block reads: 16 and the five more of the six-tap filter.
const REACH: usize = 21;

/// What becomes of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// It is put.
    Put,
    /// The mean with what is there is put: default weighted prediction from two references, 8.4.2.3.1.
    Mean,
}

/// One plane of a reference picture: of a frame, or of one of its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefPlane<'a, P> {
    data: &'a [P],
    origin: usize,
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a, P: Sample> RefPlane<'a, P> {
    /// What `structure` names of `plane`.
    #[inline(always)]
    pub(crate) fn new(plane: PlaneRef<'a, P>, structure: Structure) -> Self {
        let PlaneRef { data, origin, stride, width, height } = plane;
        match structure {
            Structure::Frame => Self { data, origin, stride, width, height },
            field => {
                Self { data, origin: origin + field.parity() * stride, stride: 2 * stride, width, height: height / 2 }
            }
        }
    }
    #[inline(always)]
    fn index(&self, x: i32, y: i32) -> usize {
        (self.origin as isize + y as isize * self.stride as isize + x as isize) as usize
    }
    /// Whether the `w` by `h` samples at (`x`, `y`) are all inside.
    #[inline(always)]
    fn holds(&self, x: i32, y: i32, w: usize, h: usize) -> bool {
        // Blocks are smaller than any picture, so that what is left of it or above counts as far beyond the other edge.
        let fits = |at: i32, len: usize, size: usize| (at as u32 as usize) <= size.wrapping_sub(len) && len <= size;
        fits(x, w, self.width) && fits(y, h, self.height)
    }
    fn row(&self, y: usize) -> &'a [P] {
        &self.data[self.origin + y * self.stride..][..self.width]
    }
}

/// Where a block of reference samples that reaches over the picture's edge is put together.
#[derive(Debug, Clone)]
pub(crate) struct EdgeBuffer<P>([P; STRIDE * REACH]);

impl<P: Sample> EdgeBuffer<P> {
    /// An empty buffer.
    pub(crate) fn new() -> Self {
        Self([P::default(); STRIDE * REACH])
    }

    /// Copies the `w` by `h` samples at (`x`, `y`) to column `at` of the buffer, edges repeated. At most [`REACH`] rows.
    #[cold]
    fn fill(&mut self, at: usize, plane: RefPlane<'_, P>, x: i32, y: i32, w: usize, h: usize) {
        let last = plane.width as i32 - 1;
        // Columns left of the picture, inside, and right of it.
        let left = (-x).clamp(0, w as i32) as usize;
        let inside = ((last + 1 - x).clamp(0, w as i32) as usize).saturating_sub(left);
        let first = x.clamp(0, last) as usize;
        let mut before = None;
        for i in 0..h {
            let start = STRIDE * i + at;
            let source = (y + i as i32).clamp(0, plane.height as i32 - 1) as usize;
            if before == Some(source) {
                self.0.copy_within(start - STRIDE..start - STRIDE + w, start);
                continue;
            }
            before = Some(source);
            let out = &mut self.0[start..start + w];
            let row = plane.row(source);
            if left > 0 {
                out[..left].fill(row[0]);
            }
            out[left..left + inside].copy_from_slice(&row[first..first + inside]);
            if left + inside < w {
                out[left + inside..].fill(row[last as usize]);
            }
        }
    }
}

/// Luma (8.4.2.2.1): predicts the block of size `size` whose first sample is (`x`, `y`) in the current picture, displaced by `mv`
/// quarter samples in `plane`.
#[inline(always)]
pub(crate) fn luma<P: Sample>(
    k: Kernels,
    store: Store,
    dst: &mut [P],
    dst_stride: usize,
    plane: RefPlane<'_, P>,
    size: BlockSize,
    (x, y): (usize, usize),
    mv: Mv,
    buffer: &mut EdgeBuffer<P>,
    max: P,
) {
    let (w, h) = (size.width(), size.height());
    let (x, y) = (x as i32 + i32::from(mv.x >> 2), y as i32 + i32::from(mv.y >> 2));
    let (dx, dy) = ((mv.x & 3) as u8, (mv.y & 3) as u8);
    // The six-tap filter reaches two samples back and three on, in the directions in which there is something to interpolate.
    let reach = |fraction: u8| if fraction == 0 { (0, 0) } else { (2, 5) };
    let ((left, more_columns), (top, more_rows)) = (reach(dx), reach(dy));
    let (columns, rows) = (w + more_columns, h + more_rows);
    let (src, offset, stride) = if plane.holds(x - left, y - top, columns, rows) {
        (plane.data, plane.index(x, y), plane.stride)
    } else {
        buffer.fill(0, plane, x - left, y - top, columns, rows);
        (&buffer.0[..], top as usize * STRIDE + left as usize, STRIDE)
    };
    match store {
        Store::Put => P::luma_mc(k, size, dst, dst_stride, src, offset, stride, dx, dy, max),
        Store::Mean => P::luma_mc_avg(k, size, dst, dst_stride, src, offset, stride, dx, dy, max),
    }
}

/// Chroma (8.4.2.2.2): as [`luma`] for `w` by `h` blocks of Cb and Cr; `mv` counts eighths of their samples
/// horizontally and, if `full_height` (4:2:2), quarters vertically.
#[inline(always)]
pub(crate) fn chroma<P: Sample>(
    k: Kernels,
    store: Store,
    dst: [&mut [P]; 2],
    dst_stride: usize,
    planes: [RefPlane<'_, P>; 2],
    (w, h): (usize, usize),
    full_height: bool,
    (x, y): (usize, usize),
    mv: Mv,
    buffer: &mut EdgeBuffer<P>,
    max: P,
) {
    let (mv_x, mv_y) = (i32::from(mv.x), i32::from(mv.y) << u32::from(full_height));
    let (x, y) = (x as i32 + (mv_x >> 3), y as i32 + (mv_y >> 3));
    let (dx, dy) = ((mv_x & 7) as u8, (mv_y & 7) as u8);
    // Both planes are of one size.
    let [cb, cr] = planes;
    let (columns, rows) = (w + usize::from(dx != 0), h + usize::from(dy != 0));
    let (src, offset, stride) = if cb.holds(x, y, columns, rows) {
        ([cb.data, cr.data], cb.index(x, y), cb.stride)
    } else {
        buffer.fill(0, cb, x, y, columns, rows);
        buffer.fill(STRIDE / 2, cr, x, y, columns, rows);
        ([&buffer.0[..], &buffer.0[STRIDE / 2..]], 0, STRIDE)
    };
    match store {
        Store::Put => P::chroma_mc_pair(k, w, h, dst, dst_stride, src, offset, stride, dx, dy, max),
        Store::Mean => P::chroma_mc_pair_avg(k, w, h, dst, dst_stride, src, offset, stride, dx, dy, max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Plane;

    /// Wherever a vector points, the prediction is what clamped coordinates give.
    #[test]
    fn far_vectors_repeat_the_edges() {
        let mut plane = Plane::<u8>::new(32, 16, 0);
        for y in 0..16 {
            for (x, s) in plane.row_mut(y).iter_mut().enumerate() {
                *s = (x * 7 + y * 29) as u8;
            }
        }
        let mut other = plane.clone();
        for y in 0..16 {
            other.row_mut(y).iter_mut().for_each(|s| *s ^= 0x5a);
        }
        let (plane, other) = (
            RefPlane::new(PlaneRef::of(&plane), Structure::Frame),
            RefPlane::new(PlaneRef::of(&other), Structure::Frame),
        );
        let mut buffer = EdgeBuffer::new();
        for (mx, my) in
            [(-400, -300), (0, 0), (4, -8), (400, 300), (-68, 12), (32767, -32768), (-32768, 32767), (40, 40)]
        {
            let mv = Mv::new(mx, my);
            let mv = Mv::new(mv.x & !3, mv.y & !3);
            let mut dst = [0; 16 * 16];
            luma(Kernels::scalar(), Store::Put, &mut dst, 16, plane, BlockSize::B16x16, (16, 0), mv, &mut buffer, 255);
            for (i, &s) in dst.iter().enumerate() {
                let x = (16 + i as i32 % 16 + i32::from(mv.x >> 2)).clamp(0, 31) as usize;
                let y = (i as i32 / 16 + i32::from(mv.y >> 2)).clamp(0, 15) as usize;
                assert_eq!(s, plane.row(y)[x], "{mv:?} at {i}");
            }
            let (mut cb, mut cr) = ([0; 8 * 8], [0; 8 * 8]);
            let whole = Mv::new(mv.x & !7, mv.y & !7);
            let (k, dst) = (Kernels::scalar(), [&mut cb[..], &mut cr[..]]);
            chroma(k, Store::Put, dst, 8, [plane, other], (8, 8), false, (8, 8), whole, &mut buffer, 255);
            for i in 0..64 {
                let x = (8 + i as i32 % 8 + i32::from(mv.x >> 3)).clamp(0, 31) as usize;
                let y = (8 + i as i32 / 8 + i32::from(mv.y >> 3)).clamp(0, 15) as usize;
                assert_eq!((cb[i], cr[i]), (plane.row(y)[x], other.row(y)[x]), "{mv:?} at {i}");
            }
        }
    }

    /// No more is put together than the filters reach: wherever in a picture a block lies, and whatever the fraction, the prediction is
    /// that in a picture whose edges have been repeated far out.
    #[test]
    fn fractions_at_the_edges() {
        const PAD: usize = 48;
        let mut plane = Plane::<u8>::new(32, 16, 0);
        for y in 0..16 {
            for (x, s) in plane.row_mut(y).iter_mut().enumerate() {
                *s = (x * x * 5 + y * 83 + x * y) as u8;
            }
        }
        let mut wide = Plane::<u8>::new(32 + 2 * PAD, 16 + 2 * PAD, 0);
        for y in 0..16 + 2 * PAD {
            let from = plane.row(y.saturating_sub(PAD).min(15));
            for (x, s) in wide.row_mut(y).iter_mut().enumerate() {
                *s = from[x.saturating_sub(PAD).min(31)];
            }
        }
        let [small, wide] = [&plane, &wide].map(|p| RefPlane::new(PlaneRef::of(p), Structure::Frame));
        let mut buffer = EdgeBuffer::new();
        let (k, size) = (Kernels::detect(), BlockSize::B8x8);
        for mv in (-100..=140).step_by(3).flat_map(|x| (-80..=100).step_by(3).map(move |y| Mv::new(x, y))) {
            let (mut a, mut b) = ([0; 64], [0; 64]);
            luma(k, Store::Put, &mut a, 8, small, size, (8, 4), mv, &mut buffer, 255);
            luma(k, Store::Put, &mut b, 8, wide, size, (8 + PAD, 4 + PAD), mv, &mut buffer, 255);
            assert_eq!(a, b, "luma at {mv:?}");
            let [mut cb, mut cr, mut wide_cb, mut wide_cr] = [[0; 32]; 4];
            let dst = [&mut cb[..], &mut cr[..]];
            chroma(k, Store::Put, dst, 8, [small; 2], (8, 4), false, (8, 4), mv, &mut buffer, 255);
            let dst = [&mut wide_cb[..], &mut wide_cr[..]];
            chroma(k, Store::Put, dst, 8, [wide; 2], (8, 4), false, (8 + PAD, 4 + PAD), mv, &mut buffer, 255);
            assert_eq!((cb, cr), (wide_cb, wide_cr), "chroma at {mv:?}");
        }
    }
}
