//! Intra prediction, from the equations of H.264 8.3.

use crate::dispatch::Availability;
use crate::mem::RowsMut;
use crate::sample::Sample;

pub(crate) fn fill<T: Sample>(w: usize, h: usize, dst: &mut [T], stride: usize, value: T) {
    let mut dst = RowsMut::new(dst, stride, w, h);
    for y in 0..h {
        dst.row(y).fill(value);
    }
}

/// Writes `H` rows of `W` samples `pred[x, y]`.
fn write<T: Sample, const W: usize, const H: usize>(dst: &mut [T], stride: usize, pred: impl Fn(i32, i32) -> i32) {
    let mut dst = RowsMut::new(dst, stride, W, H);
    for y in 0..H {
        *dst.at(y, 0) = core::array::from_fn::<T, W, _>(|x| T::from_i32(pred(x as i32, y as i32)));
    }
}

pub(crate) fn intra4x4<T: Sample, const MODE: u8>(dst: &mut [T], stride: usize, edge: &[T; 13]) {
    directional::<T, 4, MODE>(dst, stride, edge);
}

pub(crate) fn intra8x8<T: Sample, const MODE: u8>(dst: &mut [T], stride: usize, edge: &[T; 25]) {
    directional::<T, 8, MODE>(dst, stride, edge);
}

/// The nine modes of 8.3.1.2 (`N` = 4) and 8.3.2.2 (`N` = 8), which differ by the block's size alone.
fn directional<T: Sample, const N: usize, const MODE: u8>(dst: &mut [T], stride: usize, edge: &[T]) {
    let n = N as i32;
    // p[x, y]: the edge runs up the left column, around the corner and along the top row.
    let p = |x: i32, y: i32| -> i32 { edge[(if x < 0 { n - 1 - y } else { n + 1 + x }) as usize].into() };
    let top = |x| p(x, -1);
    let left = |y| p(-1, y);
    // The two filters that all directions are made of.
    let two = |a: i32, b: i32| (a + b + 1) >> 1;
    let three = |a: i32, b: i32, c: i32| (a + 2 * b + c + 2) >> 2;
    let last = 2 * n - 1;
    match MODE {
        // Vertical: 8.3.1.2.1, 8.3.2.2.2.
        0 => write::<T, N, N>(dst, stride, |x, _| top(x)),
        // Horizontal: 8.3.1.2.2, 8.3.2.2.3.
        1 => write::<T, N, N>(dst, stride, |_, y| left(y)),
        // DC of both edges: 8.3.1.2.3, 8.3.2.2.4.
        2 => {
            let sum: i32 = (0..n).map(|i| top(i) + left(i)).sum();
            write::<T, N, N>(dst, stride, |_, _| (sum + n) / (2 * n));
        }
        // Diagonal down left: 8.3.1.2.4, 8.3.2.2.5.
        3 => write::<T, N, N>(dst, stride, |x, y| {
            if x == n - 1 && y == n - 1 {
                three(top(last - 1), top(last), top(last))
            } else {
                three(top(x + y), top(x + y + 1), top(x + y + 2))
            }
        }),
        // Diagonal down right: 8.3.1.2.5, 8.3.2.2.6.
        4 => write::<T, N, N>(dst, stride, |x, y| {
            if x > y {
                three(top(x - y - 2), top(x - y - 1), top(x - y))
            } else if x < y {
                three(left(y - x - 2), left(y - x - 1), left(y - x))
            } else {
                three(top(0), p(-1, -1), left(0))
            }
        }),
        // Vertical right: 8.3.1.2.6, 8.3.2.2.7.
        5 => write::<T, N, N>(dst, stride, |x, y| {
            let z = 2 * x - y;
            let i = x - (y >> 1);
            if z >= 0 && z % 2 == 0 {
                two(top(i - 1), top(i))
            } else if z >= 0 {
                three(top(i - 2), top(i - 1), top(i))
            } else if z == -1 {
                three(left(0), left(-1), top(0))
            } else {
                three(left(y - 2 * x - 1), left(y - 2 * x - 2), left(y - 2 * x - 3))
            }
        }),
        // Horizontal down: 8.3.1.2.7, 8.3.2.2.8.
        6 => write::<T, N, N>(dst, stride, |x, y| {
            let z = 2 * y - x;
            let i = y - (x >> 1);
            if z >= 0 && z % 2 == 0 {
                two(left(i - 1), left(i))
            } else if z >= 0 {
                three(left(i - 2), left(i - 1), left(i))
            } else if z == -1 {
                three(left(0), left(-1), top(0))
            } else {
                three(top(x - 2 * y - 1), top(x - 2 * y - 2), top(x - 2 * y - 3))
            }
        }),
        // Vertical left: 8.3.1.2.8, 8.3.2.2.9.
        7 => write::<T, N, N>(dst, stride, |x, y| {
            let i = x + (y >> 1);
            if y % 2 == 0 { two(top(i), top(i + 1)) } else { three(top(i), top(i + 1), top(i + 2)) }
        }),
        // Horizontal up: 8.3.1.2.9, 8.3.2.2.10.
        8 => write::<T, N, N>(dst, stride, |x, y| {
            let z = x + 2 * y;
            let i = y + (x >> 1);
            if z > 2 * n - 3 {
                left(n - 1)
            } else if z == 2 * n - 3 {
                three(left(n - 2), left(n - 1), left(n - 1))
            } else if z % 2 == 0 {
                two(left(i), left(i + 1))
            } else {
                three(left(i), left(i + 1), left(i + 2))
            }
        }),
        _ => unreachable!("the tables list modes 0 to 8"),
    }
}

pub(crate) fn intra8x8_filter_edges<T: Sample>(edge: &[T; 25], available: Availability) -> [T; 25] {
    core::array::from_fn(|i| filter_edge_sample(edge, i, available))
}

/// Sample `i` of the filtered edge. Along the edge all equations of 8.3.2.2.1 are one, in which the sample stands in
/// for a neighbour that is missing: behind both ends, and where the next part of the edge is not available.
pub(crate) fn filter_edge_sample<T: Sample>(edge: &[T; 25], i: usize, available: Availability) -> T {
    let neighbour = |j: usize| -> i32 {
        let exists = match (i, j) {
            (8, 7) => available.left,
            (7 | 9, 8) => available.top_left,
            (8, 9) => available.top,
            _ => j < 25,
        };
        edge[if exists { j } else { i }].into()
    };
    T::from_i32((neighbour(i.wrapping_sub(1)) + 2 * edge[i].into() + neighbour(i + 1) + 2) >> 2)
}

fn luma16x16<T: Sample, const MODE: u8>(
    dst: &mut [T],
    stride: usize,
    top: &[T; 16],
    left: &[T; 16],
    top_left: T,
    max: T,
) {
    match MODE {
        // Vertical: 8.3.3.1.
        0 => write::<T, 16, 16>(dst, stride, |x, _| top[x as usize].into()),
        // Horizontal: 8.3.3.2.
        1 => write::<T, 16, 16>(dst, stride, |_, y| left[y as usize].into()),
        // DC of both edges: 8.3.3.3.
        2 => {
            let sum: i32 = top.iter().chain(left).map(|&s| s.into()).sum();
            write::<T, 16, 16>(dst, stride, |_, _| (sum + 16) >> 5);
        }
        // Plane: 8.3.3.4.
        3 => plane(dst, stride, top, left, top_left, max, [5, 5]),
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}

/// Blocks `W` = 8 wide and `H` = 8 (4:2:0) or 16 (4:2:2) high, which is `ROWS` blocks of 4x4.
fn chroma<T: Sample, const MODE: u8, const W: usize, const H: usize, const ROWS: usize>(
    dst: &mut [T],
    stride: usize,
    top: &[T; W],
    left: &[T; H],
    top_left: T,
    available: Availability,
    max: T,
) {
    match MODE {
        // DC: 8.3.4.1 to 8.3.4.3.
        0 => {
            let dc = chroma_dc::<T, ROWS>(top, left, available, max);
            write::<T, W, H>(dst, stride, |x, y| dc[(y / 4) as usize][(x / 4) as usize].into());
        }
        // Horizontal: 8.3.4.4.
        1 => write::<T, W, H>(dst, stride, |_, y| left[y as usize].into()),
        // Vertical: 8.3.4.5.
        2 => write::<T, W, H>(dst, stride, |x, _| top[x as usize].into()),
        // Plane: 8.3.4.6; 34 for a side of 8, 5 for one of 16.
        3 => plane(dst, stride, top, left, top_left, max, [34, if H == 8 { 34 } else { 5 }]),
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}

/// The value of each 4x4 block, `[row][column]` (8.3.4.1 to 8.3.4.3).
pub(crate) fn chroma_dc<T: Sample, const ROWS: usize>(
    top: &[T],
    left: &[T],
    available: Availability,
    max: T,
) -> [[T; 2]; ROWS] {
    let sum = |edge: &[T], i: usize| edge[4 * i..][..4].iter().map(|&s| s.into()).sum::<i32>();
    core::array::from_fn(|y| {
        core::array::from_fn(|x| {
            let (above, beside) = (available.top.then(|| sum(top, x)), available.left.then(|| sum(left, y)));
            // The block in the corner and those that touch no edge take both; the others the edge that they touch,
            // if there is a choice.
            let dc = match (above, beside) {
                (Some(above), Some(beside)) if (x == 0) == (y == 0) => (above + beside + 4) >> 3,
                (Some(above), beside) if (x != 0 && y == 0) || beside.is_none() => (above + 2) >> 2,
                (_, Some(beside)) => (beside + 2) >> 2,
                // 1 << (bitDepth - 1)
                _ => (max.into() + 1) >> 1,
            };
            T::from_i32(dc)
        })
    })
}

/// Plane prediction; `scale` are the factors of the horizontal and the vertical gradient: 5 for a side of 16 samples
/// and 34 for one of 8.
fn plane<T: Sample, const W: usize, const H: usize>(
    dst: &mut [T],
    stride: usize,
    top: &[T; W],
    left: &[T; H],
    top_left: T,
    max: T,
    scale: [i32; 2],
) {
    let a = 16 * (left[H - 1].into() + top[W - 1].into());
    let b = (scale[0] * gradient(top, top_left) + 32) >> 6;
    let c = (scale[1] * gradient(left, top_left) + 32) >> 6;
    let (centre_x, centre_y) = (W as i32 / 2 - 1, H as i32 / 2 - 1);
    write::<T, W, H>(dst, stride, |x, y| {
        ((a + b * (x - centre_x) + c * (y - centre_y) + 16) >> 5).clamp(0, max.into())
    });
}

/// `H` or `V` of plane prediction.
fn gradient<T: Sample, const N: usize>(edge: &[T; N], top_left: T) -> i32 {
    let half = N / 2;
    let weighted = |i: usize| {
        let before = if i + 1 < half { edge[half - 2 - i] } else { top_left };
        (i as i32 + 1) * (edge[half + i].into() - before.into())
    };
    (0..half).map(weighted).sum()
}

/// The entries of a table for `$t`: with the largest value as last argument, or as a constant.
macro_rules! entries {
    ($t:ty, $intra16x16:ident, $chroma8x8:ident, $chroma8x16:ident, ($($max:ident: $max_t:ty)?), $largest:expr) => {
        pub(crate) fn $intra16x16<const MODE: u8>(
            dst: &mut [$t],
            stride: usize,
            top: &[$t; 16],
            left: &[$t; 16],
            top_left: $t,
            $($max: $max_t)?
        ) {
            luma16x16::<$t, MODE>(dst, stride, top, left, top_left, $largest);
        }

        pub(crate) fn $chroma8x8<const MODE: u8>(
            dst: &mut [$t],
            stride: usize,
            top: &[$t; 8],
            left: &[$t; 8],
            top_left: $t,
            available: Availability,
            $($max: $max_t)?
        ) {
            chroma::<$t, MODE, 8, 8, 2>(dst, stride, top, left, top_left, available, $largest);
        }

        pub(crate) fn $chroma8x16<const MODE: u8>(
            dst: &mut [$t],
            stride: usize,
            top: &[$t; 8],
            left: &[$t; 16],
            top_left: $t,
            available: Availability,
            $($max: $max_t)?
        ) {
            chroma::<$t, MODE, 8, 16, 4>(dst, stride, top, left, top_left, available, $largest);
        }
    };
}

entries!(u8, intra16x16, intra_chroma8x8, intra_chroma8x16, (), 255);
entries!(u16, intra16x16_u16, intra_chroma8x8_u16, intra_chroma8x16_u16, (max: u16), max);
