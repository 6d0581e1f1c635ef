//! Scaling of transform coefficients, 8.5.9, and the quantiser parameters of chroma, 8.5.8.

use super::params::ScalingLists;
use super::scan::{ZIGZAG_4X4, ZIGZAG_8X8};
use alloc::vec::Vec;

/// `QPC` by `qPI`, table 8-15.
pub(crate) const CHROMA_QP: [u8; 52] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 29,
    30, 31, 32, 32, 33, 34, 34, 35, 35, 36, 36, 37, 37, 37, 38, 38, 38, 39, 39, 39, 39,
];

/// `normAdjust4x4`, equation 8-315: row QP % 6; for positions with both coordinates even, both odd, and the others.
pub(crate) const NORM_ADJUST_4X4: [[u8; 3]; 6] =
    [[10, 16, 13], [11, 18, 14], [13, 20, 16], [14, 23, 18], [16, 25, 20], [18, 29, 23]];

/// `normAdjust8x8`, equation 8-318: row QP % 6, columns as v in the standard (see [`norm_class_8x8`]).
pub(crate) const NORM_ADJUST_8X8: [[u8; 6]; 6] = [
    [20, 18, 32, 19, 25, 24],
    [22, 19, 35, 21, 28, 26],
    [26, 23, 42, 24, 33, 31],
    [28, 25, 45, 26, 35, 33],
    [32, 28, 51, 30, 40, 38],
    [36, 32, 58, 34, 46, 43],
];

/// Column of [`NORM_ADJUST_4X4`] for raster position `i`.
pub(crate) const fn norm_class_4x4(i: usize) -> usize {
    match (i & 1, (i >> 2) & 1) {
        (0, 0) => 0,
        (1, 1) => 1,
        _ => 2,
    }
}

/// Column of [`NORM_ADJUST_8X8`] for raster position `i`.
pub(crate) const fn norm_class_8x8(i: usize) -> usize {
    let (x, y) = (i & 7, i >> 3);
    match (x % 4, y % 4) {
        (0, 0) => 0,
        (1 | 3, 1 | 3) => 1,
        (2, 2) => 2,
        (0, 1 | 3) | (1 | 3, 0) => 3,
        (0, 2) | (2, 0) => 4,
        _ => 5,
    }
}

/// `QPC` of a chroma plane at luma QP `qp` with `chroma_qp_index_offset` `offset`; `qp_bd_offset` is `QpBdOffsetC`.
pub(crate) fn chroma_qp(qp: i8, offset: i8, qp_bd_offset: u8) -> i8 {
    let index = (i32::from(qp) + i32::from(offset)).clamp(-i32::from(qp_bd_offset), 51);
    match usize::try_from(index) {
        Ok(index) => CHROMA_QP[index] as i8,
        Err(_) => index as i8,
    }
}

/// `QpBdOffset` of samples with `bit_depth` bits, 7-3 and 7-4.
pub(crate) const fn qp_bd_offset(bit_depth: u8) -> u8 {
    6 * (bit_depth - 8)
}

/// Numbers of QPs at the largest bit depth, 14.
pub(crate) const MAX_QPS: usize = 52 + qp_bd_offset(14) as usize;

/// `LevelScale4x4` and `LevelScale8x8` for every QP (`qP` of 8.5.12, which counts from 0 at any bit depth), multiplied by 2 to the power QP / 6, in raster order:
/// a residual coefficient is `(level * scale + 8) >> 4` in 4x4 blocks and `(level * scale + 32) >> 6` in 8x8 blocks, which is what
/// 8-336 and 8-337, 8-356 and 8-357 say in two cases each.
#[derive(Debug, Default)]
pub(crate) struct LevelScale {
    /// Per list (intra Y, Cb, Cr, inter Y, Cb, Cr), per QP.
    pub(crate) scale_4x4: [Vec<[i32; 16]>; 6],
    /// Per list (intra Y, inter Y, and for 4:4:4 intra Cb, inter Cb, intra Cr, inter Cr), per QP.
    pub(crate) scale_8x8: [Vec<[i32; 64]>; 6],
    lists: Option<ScalingLists>,
}

impl LevelScale {
    /// Makes the tables for `lists`, the first `lists_8x8` of 8x8 blocks, and the QPs up to `qps`, unless they are that
    /// already.
    pub(crate) fn update(&mut self, lists: &ScalingLists, qps: usize, lists_8x8: usize) {
        let (tables, last_8x8) = (&self.scale_4x4, lists_8x8.saturating_sub(1).min(5));
        if self.lists.as_ref() == Some(lists) && tables[0].len() == qps && self.scale_8x8[last_8x8].len() == qps {
            return;
        }
        for (tables, list) in self.scale_4x4.iter_mut().zip(&lists.lists_4x4) {
            tables.resize(qps, [0; 16]);
            for (qp, table) in tables.iter_mut().enumerate() {
                for (&pos, &weight) in ZIGZAG_4X4.iter().zip(list) {
                    let pos = usize::from(pos);
                    table[pos] =
                        (i32::from(weight) * i32::from(NORM_ADJUST_4X4[qp % 6][norm_class_4x4(pos)])) << (qp / 6);
                }
            }
        }
        for (tables, list) in self.scale_8x8.iter_mut().zip(&lists.lists_8x8).take(lists_8x8) {
            tables.resize(qps, [0; 64]);
            for (qp, table) in tables.iter_mut().enumerate() {
                for (&pos, &weight) in ZIGZAG_8X8.iter().zip(list) {
                    let pos = usize::from(pos);
                    table[pos] =
                        (i32::from(weight) * i32::from(NORM_ADJUST_8X8[qp % 6][norm_class_8x8(pos)])) << (qp / 6);
                }
            }
        }
        self.lists = Some(lists.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_scale_at_qp_28() {
        let mut s = LevelScale::default();
        s.update(&ScalingLists::FLAT, MAX_QPS, 2);
        // QP 28: 16 * {16, 25, 20} << 4.
        assert_eq!(s.scale_4x4[3][28][..6], [4096, 5120, 4096, 5120, 5120, 6400]);
        assert_eq!(s.scale_8x8[1][28][..3], [16 * 32 * 16, 16 * 30 * 16, 16 * 40 * 16]);
    }

    #[test]
    fn chroma_qp_follows_luma_up_to_30() {
        let qp = |qp, offset| chroma_qp(qp, offset, 0);
        assert_eq!((qp(29, 0), qp(30, 0), qp(51, 0), qp(51, 12), qp(3, -12)), (29, 29, 39, 39, 0));
        // At 10 bits QPs go down to -12.
        let qp = |qp, offset| chroma_qp(qp, offset, qp_bd_offset(10));
        assert_eq!((qp(-12, 0), qp(-12, -12), qp(3, -12), qp(-4, 12), qp(51, 0)), (-12, -12, -9, 8, 39));
    }
}
