//! H.264 motion compensation, from the equations of 8.4.2.2 and 8.4.2.3.
//!
//! Functions without a suffix and those with `_u16` are entries of the tables; what they do is written once, for both
//! types of samples.

use crate::mem::{Rows, RowsMut, before};
use crate::sample::Sample;

/// The 6-tap filter of 8.4.2.2.1 on samples in a line, such as E F G H I J.
fn tap6(s: [i32; 6]) -> i32 {
    let [e, f, g, h, i, j] = s;
    e - 5 * f + 20 * g + 20 * h - 5 * i + j
}

/// The samples that a block needs: a fraction makes them reach two before the block and three behind it in its
/// direction.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a, T> {
    /// All of them.
    pub(crate) rows: Rows<'a, T>,
    /// Column of the block's first sample G in `rows`.
    pub(crate) x: usize,
    /// Row of the block's first sample G in `rows`.
    pub(crate) y: usize,
}

impl<'a, T> Window<'a, T> {
    /// The window of the block of `W`x`H` samples whose sample G is `src[off]`.
    #[inline]
    #[track_caller]
    pub(crate) fn new<const W: usize, const H: usize>(src: &'a [T], off: usize, stride: usize, dx: u8, dy: u8) -> Self {
        let (x, width) = if dx != 0 { (2, W + 5) } else { (0, W) };
        let (y, height) = if dy != 0 { (2, H + 5) } else { (0, H) };
        Self { rows: Rows::new(before(src, off, y * stride + x), stride, width, height), x, y }
    }
}

/// The samples of a window: positions are relative to sample G of the block's first sample.
#[derive(Clone, Copy)]
struct Source<'a, T> {
    window: Window<'a, T>,
    max: T,
}

impl<T: Sample> Source<'_, T> {
    /// G: the integer sample.
    fn g(self, x: isize, y: isize) -> i32 {
        let [g] = *self.window.rows.at((y + self.window.y as isize) as usize, (x + self.window.x as isize) as usize);
        g.into()
    }
    /// b1: the horizontal intermediate.
    fn b1(self, x: isize, y: isize) -> i32 {
        tap6([-2, -1, 0, 1, 2, 3].map(|i| self.g(x + i, y)))
    }
    /// h1: the vertical intermediate.
    fn h1(self, x: isize, y: isize) -> i32 {
        tap6([-2, -1, 0, 1, 2, 3].map(|i| self.g(x, y + i)))
    }
    /// b: half a sample to the right. One row below it is s.
    fn b(self, x: isize, y: isize) -> T {
        T::clip1((self.b1(x, y) + 16) >> 5, self.max)
    }
    /// h: half a sample down. One column to the right it is m.
    fn h(self, x: isize, y: isize) -> T {
        T::clip1((self.h1(x, y) + 16) >> 5, self.max)
    }
    /// j: half a sample in both directions.
    fn j(self, x: isize, y: isize) -> T {
        let j1 = tap6([-2, -1, 0, 1, 2, 3].map(|i| self.b1(x, y + i)));
        T::clip1((j1 + 512) >> 10, self.max)
    }
}

/// Quarter positions are the mean of two neighbours, rounded up.
fn mean<T: Sample>(a: T, b: T) -> T {
    let [a, b] = [a, b].map(|s| s.into() as u32);
    T::from_i32(((a + b + 1) >> 1) as i32)
}

fn luma<T: Sample, const W: usize, const H: usize>(
    dst: &mut [T],
    dst_stride: usize,
    src: &[T],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
    max: T,
) {
    let mut dst = RowsMut::new(dst, dst_stride, W, H);
    let s = Source { window: Window::new::<W, H>(src, src_off, src_stride, dx, dy), max };
    let full = |x, y| T::from_i32(s.g(x, y));
    let mut put = |sample: &dyn Fn(isize, isize) -> T| {
        for y in 0..H {
            *dst.at::<W>(y, 0) = core::array::from_fn(|x| sample(x as isize, y as isize));
        }
    };
    // Table 8-12, by (xFrac, yFrac); the letter is the position of figure 8-4.
    match (dx, dy) {
        (0, 0) => put(&full),                                      // G
        (0, 1) => put(&|x, y| mean(full(x, y), s.h(x, y))),        // d
        (0, 2) => put(&|x, y| s.h(x, y)),                          // h
        (0, 3) => put(&|x, y| mean(s.h(x, y), full(x, y + 1))),    // n
        (1, 0) => put(&|x, y| mean(full(x, y), s.b(x, y))),        // a
        (1, 1) => put(&|x, y| mean(s.b(x, y), s.h(x, y))),         // e
        (1, 2) => put(&|x, y| mean(s.h(x, y), s.j(x, y))),         // i
        (1, 3) => put(&|x, y| mean(s.h(x, y), s.b(x, y + 1))),     // p
        (2, 0) => put(&|x, y| s.b(x, y)),                          // b
        (2, 1) => put(&|x, y| mean(s.b(x, y), s.j(x, y))),         // f
        (2, 2) => put(&|x, y| s.j(x, y)),                          // j
        (2, 3) => put(&|x, y| mean(s.j(x, y), s.b(x, y + 1))),     // q
        (3, 0) => put(&|x, y| mean(s.b(x, y), full(x + 1, y))),    // c
        (3, 1) => put(&|x, y| mean(s.b(x, y), s.h(x + 1, y))),     // g
        (3, 2) => put(&|x, y| mean(s.j(x, y), s.h(x + 1, y))),     // k
        (3, 3) => put(&|x, y| mean(s.h(x + 1, y), s.b(x, y + 1))), // r
        _ => unreachable!("the dispatch checks that fractions are quarters"),
    }
}

pub(crate) fn chroma_mc<T: Sample, const W: usize>(
    h: usize,
    dst: &mut [T],
    dst_stride: usize,
    src: &[T],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    // A neighbour of weight zero is not read: it may lie outside of the plane.
    let (right, below) = (usize::from(dx != 0), usize::from(dy != 0));
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let src = Rows::new(before(src, src_off, 0), src_stride, W + right, h + below);
    let (xf, yf) = (i32::from(dx), i32::from(dy));
    for y in 0..h {
        *dst.at::<W>(y, 0) = core::array::from_fn(|x| {
            let sample = |y, x| -> i32 { src.at::<1>(y, x)[0].into() };
            let (a, b) = (sample(y, x), sample(y, x + right));
            let (c, d) = (sample(y + below, x), sample(y + below, x + right));
            // 8.4.2.2.2
            let v = (8 - xf) * (8 - yf) * a + xf * (8 - yf) * b + (8 - xf) * yf * c + xf * yf * d;
            T::from_i32((v + 32) >> 6)
        });
    }
}

pub(crate) fn avg<T: Sample, const W: usize>(h: usize, dst: &mut [T], dst_stride: usize, src: &[T], src_stride: usize) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let src = Rows::new(src, src_stride, W, h);
    for y in 0..h {
        for (d, &s) in dst.at::<W>(y, 0).iter_mut().zip(src.at::<W>(y, 0)) {
            // 8.4.2.3.1
            *d = mean(*d, s);
        }
    }
}

pub(crate) fn luma_mc_avg<const W: usize, const H: usize>(
    dst: &mut [u8],
    dst_stride: usize,
    src: &[u8],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let mut second = [0; 256];
    luma_mc::<W, H>(&mut second, W, src, src_off, src_stride, dx, dy);
    avg::<u8, W>(H, dst, dst_stride, &second, W);
}

/// Cb and Cr at once: with `AVG`, the mean of the prediction and the blocks that are there.
pub(crate) fn chroma_mc_pair<const W: usize, const AVG: bool>(
    h: usize,
    dst: [&mut [u8]; 2],
    dst_stride: usize,
    src: [&[u8]; 2],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    for (dst, src) in dst.into_iter().zip(src) {
        if AVG {
            let mut second = [0; 128];
            chroma_mc::<u8, W>(h, &mut second, W, src, src_off, src_stride, dx, dy);
            avg::<u8, W>(h, dst, dst_stride, &second, W);
        } else {
            chroma_mc::<u8, W>(h, dst, dst_stride, src, src_off, src_stride, dx, dy);
        }
    }
}

fn weigh<T: Sample, const W: usize>(
    h: usize,
    dst: &mut [T],
    dst_stride: usize,
    log2_denom: u8,
    weight: i32,
    offset: i32,
    max: T,
) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    for y in 0..h {
        for d in dst.at::<W>(y, 0) {
            // 8.4.2.3.2, one prediction (8-298 and 8-299)
            let product = (*d).into() * weight;
            let scaled = if log2_denom >= 1 { (product + (1 << (log2_denom - 1))) >> log2_denom } else { product };
            *d = T::clip1(scaled + offset, max);
        }
    }
}

fn biweigh<T: Sample, const W: usize>(
    h: usize,
    dst: &mut [T],
    dst_stride: usize,
    src: &[T],
    src_stride: usize,
    log2_denom: u8,
    w0: i32,
    w1: i32,
    offset: i32,
    max: T,
) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let src = Rows::new(src, src_stride, W, h);
    for y in 0..h {
        for (d, &s) in dst.at::<W>(y, 0).iter_mut().zip(src.at::<W>(y, 0)) {
            // 8.4.2.3.2, both predictions
            let sum = (*d).into() * w0 + s.into() * w1 + (1 << log2_denom);
            *d = T::clip1((sum >> (log2_denom + 1)) + offset, max);
        }
    }
}

/// The entries of a table for `$t`: with the largest value as last argument, or as a constant.
macro_rules! entries {
    ($t:ty, $luma_mc:ident, $weight:ident, $biweight:ident, ($($max:ident: $max_t:ty)?), $largest:expr) => {
        pub(crate) fn $luma_mc<const W: usize, const H: usize>(
            dst: &mut [$t],
            dst_stride: usize,
            src: &[$t],
            src_off: usize,
            src_stride: usize,
            dx: u8,
            dy: u8,
            $($max: $max_t)?
        ) {
            luma::<$t, W, H>(dst, dst_stride, src, src_off, src_stride, dx, dy, $largest);
        }

        pub(crate) fn $weight<const W: usize>(
            h: usize,
            dst: &mut [$t],
            dst_stride: usize,
            log2_denom: u8,
            weight: i32,
            offset: i32,
            $($max: $max_t)?
        ) {
            weigh::<$t, W>(h, dst, dst_stride, log2_denom, weight, offset, $largest);
        }

        pub(crate) fn $biweight<const W: usize>(
            h: usize,
            dst: &mut [$t],
            dst_stride: usize,
            src: &[$t],
            src_stride: usize,
            log2_denom: u8,
            w0: i32,
            w1: i32,
            offset: i32,
            $($max: $max_t)?
        ) {
            biweigh::<$t, W>(h, dst, dst_stride, src, src_stride, log2_denom, w0, w1, offset, $largest);
        }
    };
}

entries!(u8, luma_mc, weight, biweight, (), 255);
entries!(u16, luma_mc_u16, weight_u16, biweight_u16, (max: u16), max);
