//! Intra prediction, from the equations of H.264 8.3.

use crate::dispatch::Availability;
use crate::mem::RowsMut;

pub(crate) fn fill(w: usize, h: usize, dst: &mut [u8], stride: usize, value: u8) {
    let mut dst = RowsMut::new(dst, stride, w, h);
    for y in 0..h {
        dst.row(y).fill(value);
    }
}

/// Writes `N` rows of `N` samples `pred[x, y]`.
fn write<const N: usize>(dst: &mut [u8], stride: usize, pred: impl Fn(i32, i32) -> i32) {
    let mut dst = RowsMut::new(dst, stride, N, N);
    for y in 0..N {
        *dst.at(y, 0) = core::array::from_fn::<u8, N, _>(|x| pred(x as i32, y as i32) as u8);
    }
}

fn clip1(v: i32) -> i32 {
    v.clamp(0, 255)
}

pub(crate) fn intra4x4<const MODE: u8>(dst: &mut [u8], stride: usize, edge: &[u8; 13]) {
    directional::<4, MODE>(dst, stride, edge);
}

pub(crate) fn intra8x8<const MODE: u8>(dst: &mut [u8], stride: usize, edge: &[u8; 25]) {
    directional::<8, MODE>(dst, stride, edge);
}

/// The nine modes of 8.3.1.2 (`N` = 4) and 8.3.2.2 (`N` = 8), which differ by the block's size alone.
fn directional<const N: usize, const MODE: u8>(dst: &mut [u8], stride: usize, edge: &[u8]) {
    let n = N as i32;
    // p[x, y]: the edge runs up the left column, around the corner and along the top row.
    let p = |x: i32, y: i32| i32::from(edge[(if x < 0 { n - 1 - y } else { n + 1 + x }) as usize]);
    let top = |x| p(x, -1);
    let left = |y| p(-1, y);
    // The two filters that all directions are made of.
    let two = |a: i32, b: i32| (a + b + 1) >> 1;
    let three = |a: i32, b: i32, c: i32| (a + 2 * b + c + 2) >> 2;
    let last = 2 * n - 1;
    match MODE {
        // Vertical: 8.3.1.2.1, 8.3.2.2.2.
        0 => write::<N>(dst, stride, |x, _| top(x)),
        // Horizontal: 8.3.1.2.2, 8.3.2.2.3.
        1 => write::<N>(dst, stride, |_, y| left(y)),
        // DC of both edges: 8.3.1.2.3, 8.3.2.2.4.
        2 => {
            let sum: i32 = (0..n).map(|i| top(i) + left(i)).sum();
            write::<N>(dst, stride, |_, _| (sum + n) / (2 * n));
        }
        // Diagonal down left: 8.3.1.2.4, 8.3.2.2.5.
        3 => write::<N>(dst, stride, |x, y| {
            if x == n - 1 && y == n - 1 {
                three(top(last - 1), top(last), top(last))
            } else {
                three(top(x + y), top(x + y + 1), top(x + y + 2))
            }
        }),
        // Diagonal down right: 8.3.1.2.5, 8.3.2.2.6.
        4 => write::<N>(dst, stride, |x, y| {
            if x > y {
                three(top(x - y - 2), top(x - y - 1), top(x - y))
            } else if x < y {
                three(left(y - x - 2), left(y - x - 1), left(y - x))
            } else {
                three(top(0), p(-1, -1), left(0))
            }
        }),
        // Vertical right: 8.3.1.2.6, 8.3.2.2.7.
        5 => write::<N>(dst, stride, |x, y| {
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
        6 => write::<N>(dst, stride, |x, y| {
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
        7 => write::<N>(dst, stride, |x, y| {
            let i = x + (y >> 1);
            if y % 2 == 0 { two(top(i), top(i + 1)) } else { three(top(i), top(i + 1), top(i + 2)) }
        }),
        // Horizontal up: 8.3.1.2.9, 8.3.2.2.10.
        8 => write::<N>(dst, stride, |x, y| {
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

pub(crate) fn intra8x8_filter_edges(edge: &[u8; 25], available: Availability) -> [u8; 25] {
    core::array::from_fn(|i| filter_edge_sample(edge, i, available))
}

/// Sample `i` of the filtered edge. Along the edge all equations of 8.3.2.2.1 are one, in which the sample stands in
/// for a neighbour that is missing: behind both ends, and where the next part of the edge is not available.
pub(crate) fn filter_edge_sample(edge: &[u8; 25], i: usize, available: Availability) -> u8 {
    let neighbour = |j: usize| {
        let exists = match (i, j) {
            (8, 7) => available.left,
            (7 | 9, 8) => available.top_left,
            (8, 9) => available.top,
            _ => j < 25,
        };
        u16::from(edge[if exists { j } else { i }])
    };
    ((neighbour(i.wrapping_sub(1)) + 2 * u16::from(edge[i]) + neighbour(i + 1) + 2) >> 2) as u8
}

pub(crate) fn intra16x16<const MODE: u8>(dst: &mut [u8], stride: usize, top: &[u8; 16], left: &[u8; 16], top_left: u8) {
    match MODE {
        // Vertical: 8.3.3.1.
        0 => write::<16>(dst, stride, |x, _| top[x as usize].into()),
        // Horizontal: 8.3.3.2.
        1 => write::<16>(dst, stride, |_, y| left[y as usize].into()),
        // DC of both edges: 8.3.3.3.
        2 => {
            let sum: i32 = top.iter().chain(left).map(|&s| i32::from(s)).sum();
            write::<16>(dst, stride, |_, _| (sum + 16) >> 5);
        }
        // Plane: 8.3.3.4.
        3 => plane::<16>(dst, stride, top, left, top_left, 5),
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}

pub(crate) fn intra_chroma8x8<const MODE: u8>(
    dst: &mut [u8],
    stride: usize,
    top: &[u8; 8],
    left: &[u8; 8],
    top_left: u8,
    available: Availability,
) {
    match MODE {
        // DC: 8.3.4.1 to 8.3.4.3.
        0 => {
            let dc = chroma_dc(top, left, available);
            write::<8>(dst, stride, |x, y| dc[(y / 4) as usize][(x / 4) as usize].into());
        }
        // Horizontal: 8.3.4.4.
        1 => write::<8>(dst, stride, |_, y| left[y as usize].into()),
        // Vertical: 8.3.4.5.
        2 => write::<8>(dst, stride, |x, _| top[x as usize].into()),
        // Plane: 8.3.4.6; 34 for 4:2:0.
        3 => plane::<8>(dst, stride, top, left, top_left, 34),
        _ => unreachable!("the tables list modes 0 to 3"),
    }
}

/// The value of each 4x4 block, `[row][column]` (8.3.4.1 to 8.3.4.3).
pub(crate) fn chroma_dc(top: &[u8; 8], left: &[u8; 8], available: Availability) -> [[u8; 2]; 2] {
    let sum = |edge: &[u8; 8], i: usize| edge[4 * i..][..4].iter().map(|&s| u16::from(s)).sum::<u16>();
    core::array::from_fn(|y| {
        core::array::from_fn(|x| {
            let (above, beside) = (available.top.then(|| sum(top, x)), available.left.then(|| sum(left, y)));
            // Blocks on the diagonal take both edges; the others the edge that they touch, if there is a choice.
            let dc = match (above, beside) {
                (Some(above), Some(beside)) if x == y => (above + beside + 4) >> 3,
                (Some(above), beside) if x > y || beside.is_none() => (above + 2) >> 2,
                (_, Some(beside)) => (beside + 2) >> 2,
                _ => 128,
            };
            dc as u8
        })
    })
}

/// Plane prediction; `scale` is the factor of the gradients, 5 for `Intra_16x16` and 34 for 4:2:0 chroma.
fn plane<const N: usize>(dst: &mut [u8], stride: usize, top: &[u8; N], left: &[u8; N], top_left: u8, scale: i32) {
    let (a, b, c) = plane_parameters(top, left, top_left, scale);
    let centre = N as i32 / 2 - 1;
    write::<N>(dst, stride, |x, y| clip1((a + b * (x - centre) + c * (y - centre) + 16) >> 5));
}

/// `a`, `b` and `c` of plane prediction.
fn plane_parameters<const N: usize>(top: &[u8; N], left: &[u8; N], top_left: u8, scale: i32) -> (i32, i32, i32) {
    let half = N / 2;
    let gradient = |edge: &[u8; N]| -> i32 {
        let at = |i: usize| i32::from(edge[i]);
        let weighted = |i: usize| {
            let before = if i + 1 < half { at(half - 2 - i) } else { i32::from(top_left) };
            (i as i32 + 1) * (at(half + i) - before)
        };
        (0..half).map(weighted).sum()
    };
    let a = 16 * (i32::from(left[N - 1]) + i32::from(top[N - 1]));
    (a, (scale * gradient(top) + 32) >> 6, (scale * gradient(left) + 32) >> 6)
}
