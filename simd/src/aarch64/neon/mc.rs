//! H.264 motion compensation, eight samples (or four, or two) at a time.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{load_part, store_part};
use crate::mem::{Rows, RowsMut, before};
use crate::scalar::mc::Window;
use core::arch::aarch64::*;

/// What a kernel does with the samples that it has filtered: to put them, ...
const ALONE: u8 = 0;
/// ... to put their mean with another sample that the source yields, ...
const WITH_SRC: u8 = 1;
/// ... or to put their mean with what is in the destination.
const WITH_DST: u8 = 2;

/// The 6-tap sums of 8.4.2.2.1: within -2550 and 10710.
#[inline]
#[target_feature(enable = "neon")]
fn taps([e, f, g, h, i, j]: [uint8x8_t; 6]) -> int16x8_t {
    let sum = vmlaq_n_u16(vaddl_u8(e, j), vaddl_u8(g, h), 20);
    vreinterpretq_s16_u16(vmlsq_n_u16(sum, vaddl_u8(f, i), 5))
}

/// b1 of the `N` samples two to the right of (x, y).
#[inline]
#[target_feature(enable = "neon")]
fn b1<const N: usize>(src: Rows<'_, u8>, y: usize, x: usize) -> int16x8_t {
    let s = |i| load_part::<N>(src.at(y, x + i));
    taps([s(0), s(1), s(2), s(3), s(4), s(5)])
}

/// b of b1, or h of h1.
#[inline]
#[target_feature(enable = "neon")]
fn half(sum: int16x8_t) -> uint8x8_t {
    vqrshrun_n_s16::<5>(sum)
}

/// j from the b1 of six rows: with a, b, c the sums of the outer, middle and inner two,
/// `(a - 5b + 20c + 512) >> 10` is `((((a - b) >> 2) - b + c >> 2) + c + 32) >> 6`, for what the shifts drop can not
/// carry. Only the sum before the second shift may leave 16 bits; it is then so far out that j is clipped
/// whether it saturates or not.
#[inline]
#[target_feature(enable = "neon")]
fn second_pass(r: &[int16x8_t; 6]) -> uint8x8_t {
    let (a, b, c) = (vaddq_s16(r[0], r[5]), vaddq_s16(r[1], r[4]), vaddq_s16(r[2], r[3]));
    let quarter = vshrq_n_s16::<2>(vsubq_s16(a, b));
    let v = vaddq_s16(vshrq_n_s16::<2>(vqaddq_s16(quarter, vsubq_s16(c, b))), c);
    vqrshrun_n_s16::<6>(v)
}

/// b of the rows of the window from `from`, alone or with the sample `other` columns further.
#[inline]
#[target_feature(enable = "neon")]
fn horizontal<const N: usize, const H: usize, const MIX: u8>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    x: usize,
    from: usize,
    other: usize,
) {
    for y in 0..H {
        let mut v = half(b1::<N>(src, from + y, x));
        if MIX == WITH_SRC {
            v = vrhadd_u8(v, load_part::<N>(src.at(from + y, x + other)));
        }
        store_part::<N>(dst.at(y, x), v);
    }
}

/// h of the columns of the window from `from`, alone, with the sample `other` rows further, or with the destination.
#[inline]
#[target_feature(enable = "neon")]
fn vertical<const N: usize, const H: usize, const MIX: u8>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    x: usize,
    from: usize,
    other: usize,
) {
    let row = |y| load_part::<N>(src.at(y, from + x));
    let mut r = [row(0), row(1), row(2), row(3), row(4), row(4)];
    for y in 0..H {
        r[5] = row(y + 5);
        let mut v = half(taps(r));
        let d = dst.at(y, x);
        match MIX {
            WITH_SRC => v = vrhadd_u8(v, if other == 2 { r[2] } else { r[3] }),
            WITH_DST => v = vrhadd_u8(v, load_part::<N>(d)),
            _ => {}
        }
        store_part::<N>(d, v);
        r = [r[1], r[2], r[3], r[4], r[5], r[5]];
    }
}

/// j of the whole window, alone, with the b of the row that is `other` rows further, or with the destination.
#[inline]
#[target_feature(enable = "neon")]
fn both<const N: usize, const H: usize, const MIX: u8>(
    dst: &mut RowsMut<'_, u8>,
    src: Rows<'_, u8>,
    x: usize,
    from: usize,
    other: usize,
) {
    let row = |y| b1::<N>(src, y, from + x);
    let mut r = [row(0), row(1), row(2), row(3), row(4), row(4)];
    for y in 0..H {
        r[5] = row(y + 5);
        let mut v = second_pass(&r);
        let d = dst.at(y, x);
        match MIX {
            WITH_SRC => v = vrhadd_u8(v, half(if other == 2 { r[2] } else { r[3] })),
            WITH_DST => v = vrhadd_u8(v, load_part::<N>(d)),
            _ => {}
        }
        store_part::<N>(d, v);
        r = [r[1], r[2], r[3], r[4], r[5], r[5]];
    }
}

/// Calls `$kernel::<N, H, MIX>` for each strip of the block that is as wide as a vector takes.
macro_rules! strips {
    ($kernel:ident, $mix:expr, $dst:expr, $src:expr, $from:expr, $other:expr) => {
        match W {
            16 => {
                for x in [0, 8] {
                    $kernel::<8, H, { $mix }>($dst, $src, x, $from, $other);
                }
            }
            8 => $kernel::<8, H, { $mix }>($dst, $src, 0, $from, $other),
            _ => $kernel::<4, H, { $mix }>($dst, $src, 0, $from, $other),
        }
    };
}

#[target_feature(enable = "neon")]
pub(crate) fn luma_mc<const W: usize, const H: usize>(
    dst: &mut [u8],
    dst_stride: usize,
    src: &[u8],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let dst = &mut RowsMut::new(dst, dst_stride, W, H);
    let Window { rows: src, x, y } = Window::new::<W, H>(src, src_off, src_stride, dx, dy);
    let (right, below) = (usize::from(dx == 3), usize::from(dy == 3));
    match (dx, dy) {
        (0, 0) => {
            for y in 0..H {
                *dst.at::<W>(y, 0) = *src.at(y, 0);
            }
        }
        (2, 0) => strips!(horizontal, ALONE, dst, src, 0, 0),
        (_, 0) => strips!(horizontal, WITH_SRC, dst, src, 0, 2 + right),
        (0, 2) => strips!(vertical, ALONE, dst, src, 0, 0),
        (0, _) => strips!(vertical, WITH_SRC, dst, src, 0, 2 + below),
        (2, 2) => strips!(both, ALONE, dst, src, 0, 0),
        (2, _) => strips!(both, WITH_SRC, dst, src, 0, 2 + below),
        (_, 2) => {
            strips!(vertical, ALONE, dst, src, x + right, 0);
            strips!(both, WITH_DST, dst, src, 0, 0);
        }
        _ => {
            strips!(horizontal, ALONE, dst, src, y + below, 0);
            strips!(vertical, WITH_DST, dst, src, x + right, 0);
        }
    }
}

#[target_feature(enable = "neon")]
pub(crate) fn chroma_mc<const W: usize>(
    h: usize,
    dst: &mut [u8],
    dst_stride: usize,
    src: &[u8],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let dst = &mut RowsMut::new(dst, dst_stride, W, h);
    // A neighbour of weight zero is not read: the sample itself takes its place.
    let (right, below) = (usize::from(dx != 0), usize::from(dy != 0));
    let src = Rows::new(before(src, src_off, 0), src_stride, W + right, h + below);
    let factors = [(8 - dx) * (8 - dy), dx * (8 - dy), (8 - dx) * dy, dx * dy];
    let (fa, fb, fc, fd) = (vdup_n_u8(factors[0]), vdup_n_u8(factors[1]), vdup_n_u8(factors[2]), vdup_n_u8(factors[3]));
    let row = |y| (load_part::<W>(src.at(y, 0)), load_part::<W>(src.at(y, right)));
    for y in 0..h {
        let ((a, b), (c, d)) = (row(y), row(y + below));
        let sum = vmlal_u8(vmlal_u8(vmlal_u8(vmull_u8(a, fa), b, fb), c, fc), d, fd);
        store_part::<W>(dst.at(y, 0), vrshrn_n_u16::<6>(sum));
    }
}

/// The strips of a block `W` wide: their width as `$n`, their column as `$x`.
macro_rules! each_strip {
    ($w:expr, |$n:ident, $x:ident| $body:block) => {
        match $w {
            16 => {
                const $n: usize = 8;
                for $x in [0, 8] $body
            }
            8 => {
                const $n: usize = 8;
                let $x = 0;
                $body
            }
            4 => {
                const $n: usize = 4;
                let $x = 0;
                $body
            }
            _ => {
                const $n: usize = 2;
                let $x = 0;
                $body
            }
        }
    };
}

#[target_feature(enable = "neon")]
pub(crate) fn avg<const W: usize>(h: usize, dst: &mut [u8], dst_stride: usize, src: &[u8], src_stride: usize) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let src = Rows::new(src, src_stride, W, h);
    for y in 0..h {
        each_strip!(W, |N, x| {
            let d = dst.at(y, x);
            store_part::<N>(d, vrhadd_u8(load_part::<N>(d), load_part::<N>(src.at(y, x))));
        });
    }
}

#[target_feature(enable = "neon")]
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
    avg::<W>(H, dst, dst_stride, &second, W);
}

/// Cb and Cr at once: with `AVG`, the mean of the prediction and the blocks that are there.
#[target_feature(enable = "neon")]
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
            chroma_mc::<W>(h, &mut second, W, src, src_off, src_stride, dx, dy);
            avg::<W>(h, dst, dst_stride, &second, W);
        } else {
            chroma_mc::<W>(h, dst, dst_stride, src, src_off, src_stride, dx, dy);
        }
    }
}

/// The samples as signed words.
#[inline]
#[target_feature(enable = "neon")]
fn words(samples: uint8x8_t) -> int16x8_t {
    vreinterpretq_s16_u16(vmovl_u8(samples))
}

#[target_feature(enable = "neon")]
pub(crate) fn weight<const W: usize>(
    h: usize,
    dst: &mut [u8],
    dst_stride: usize,
    log2_denom: u8,
    weight: i32,
    offset: i32,
) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let (shift, offset) = (vdupq_n_s16(-i16::from(log2_denom)), vdupq_n_s16(offset as i16));
    for y in 0..h {
        each_strip!(W, |N, x| {
            let d = dst.at(y, x);
            // Within 16 bits for every weight from -128 to 128; the shift rounds.
            let v = vrshlq_s16(vmulq_n_s16(words(load_part::<N>(d)), weight as i16), shift);
            store_part::<N>(d, vqmovun_s16(vqaddq_s16(v, offset)));
        });
    }
}

#[target_feature(enable = "neon")]
pub(crate) fn biweight<const W: usize>(
    h: usize,
    dst: &mut [u8],
    dst_stride: usize,
    src: &[u8],
    src_stride: usize,
    log2_denom: u8,
    w0: i32,
    w1: i32,
    offset: i32,
) {
    let mut dst = RowsMut::new(dst, dst_stride, W, h);
    let src = Rows::new(src, src_stride, W, h);
    let (shift, offset) = (vdupq_n_s32(-i32::from(log2_denom) - 1), vdupq_n_s16(offset as i16));
    let weigh = |p, q| {
        let sum = vmlal_n_s16(vmull_n_s16(p, w0 as i16), q, w1 as i16);
        vqmovn_s32(vrshlq_s32(sum, shift))
    };
    for y in 0..h {
        each_strip!(W, |N, x| {
            let d = dst.at(y, x);
            let (p, q) = (words(load_part::<N>(d)), words(load_part::<N>(src.at(y, x))));
            let (low, high) = (weigh(vget_low_s16(p), vget_low_s16(q)), weigh(vget_high_s16(p), vget_high_s16(q)));
            store_part::<N>(d, vqmovun_s16(vqaddq_s16(vcombine_s16(low, high), offset)));
        });
    }
}
