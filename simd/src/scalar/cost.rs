//! Sums of differences between blocks.

use crate::mem::Rows;

/// The difference `a - b` of each pair of samples, row by row.
fn differences<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> [[i32; W]; H] {
    let a = Rows::new(a, a_stride, W, H);
    let b = Rows::new(b, b_stride, W, H);
    core::array::from_fn(|y| {
        let (a, b): (&[u8; W], &[u8; W]) = (a.at(y, 0), b.at(y, 0));
        core::array::from_fn(|x| i32::from(a[x]) - i32::from(b[x]))
    })
}

pub(crate) fn sad<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    differences::<W, H>(a, a_stride, b, b_stride).as_flattened().iter().map(|d| d.unsigned_abs()).sum()
}

pub(crate) fn sad_each<const W: usize, const H: usize, const N: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; N],
    ref_stride: usize,
) -> [u32; N] {
    refs.map(|r| sad::<W, H>(src, src_stride, r, ref_stride))
}

pub(crate) fn ssd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    differences::<W, H>(a, a_stride, b, b_stride).as_flattened().iter().map(|d| d.unsigned_abs().pow(2)).sum()
}

pub(crate) fn satd<const W: usize, const H: usize>(a: &[u8], a_stride: usize, b: &[u8], b_stride: usize) -> u32 {
    const { assert!(W.is_multiple_of(4) && H.is_multiple_of(4)) };
    let d = differences::<W, H>(a, a_stride, b, b_stride);
    let mut sum = 0;
    for y in (0..H).step_by(4) {
        for x in (0..W).step_by(4) {
            let rows: [[i32; 4]; 4] = core::array::from_fn(|i| hadamard(core::array::from_fn(|j| d[y + i][x + j])));
            for j in 0..4 {
                let column = hadamard(core::array::from_fn(|i| rows[i][j]));
                sum += column.iter().map(|c| c.unsigned_abs()).sum::<u32>();
            }
        }
    }
    sum / 2
}

pub(crate) fn satd_mean<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [&[u8]; 2],
    ref_stride: usize,
) -> u32 {
    let [a, b] = refs.map(|r| Rows::new(r, ref_stride, W, H));
    let mut both = [[0; W]; H];
    for (y, row) in both.iter_mut().enumerate() {
        let (a, b): (&[u8; W], &[u8; W]) = (a.at(y, 0), b.at(y, 0));
        *row = core::array::from_fn(|x| (u16::from(a[x]) + u16::from(b[x])).div_ceil(2) as u8);
    }
    satd::<W, H>(src, src_stride, both.as_flattened(), W)
}

pub(crate) fn satd_mean_x4<const W: usize, const H: usize>(
    src: &[u8],
    src_stride: usize,
    refs: [[&[u8]; 2]; 4],
    ref_stride: usize,
) -> [u32; 4] {
    refs.map(|r| satd_mean::<W, H>(src, src_stride, r, ref_stride))
}

pub(crate) fn satd4x4_nine(src: &[u8], src_stride: usize, blocks: &[[u8; 16]; 9]) -> [u32; 9] {
    blocks.each_ref().map(|b| satd::<4, 4>(src, src_stride, b, 4))
}

fn hadamard([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    [a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d]
}
