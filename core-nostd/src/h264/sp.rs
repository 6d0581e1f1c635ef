//! Decoding of the transform coefficients of SP and SI slices, 8.6: the prediction is transformed and quantised together with the
//! residual, so that a picture can be reached from different references.

use super::quant::{NORM_ADJUST_4X4, norm_class_4x4};

/// `LevelScale2` of 8.6.1: row QS % 6; columns as those of [`NORM_ADJUST_4X4`].
const LEVEL_SCALE_2: [[i32; 3]; 6] = [
    [13107, 5243, 8066],
    [11916, 4660, 7490],
    [10082, 4194, 6554],
    [9362, 3647, 5825],
    [8192, 3355, 5243],
    [7282, 2893, 4559],
];

/// `A` of 8.6.1, by the same columns.
const A: [i32; 3] = [16, 25, 20];

/// The quantisers of one colour component in a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpQuantiser {
    /// `QPY`, or `QPC` for chroma: that of the residual.
    pub(crate) qp: u8,
    /// `QSY` or `QSC`: that of the sum.
    pub(crate) qs: u8,
    /// The levels are of the sum's quantiser: SI macroblocks, and SP slices with `sp_for_switch_flag` (8.6.2).
    pub(crate) switching: bool,
}

/// The core transform of a 4x4 block of samples in raster order, 8.6.1.
pub(crate) fn forward(samples: [i32; 16]) -> [i32; 16] {
    let core = |[a, b, c, d]: [i32; 4]| {
        let (outer, inner, far, near) = (a + d, b + c, a - d, b - c);
        [outer + inner, 2 * far + near, outer - inner, far - 2 * near]
    };
    let mut rows = [[0; 4]; 4];
    for (row, from) in rows.iter_mut().zip(samples.as_chunks::<4>().0) {
        *row = core(*from);
    }
    let mut out = [0; 16];
    for x in 0..4 {
        for (y, v) in core(rows.map(|row| row[x])).into_iter().enumerate() {
            out[4 * y + x] = v;
        }
    }
    out
}

impl SpQuantiser {
    /// The level of the sum of prediction coefficient `p` and `level` of the residual. `class` is the column of the tables, and
    /// `extra` the number of bits by which `p` is larger than a coefficient of a 4x4 block.
    fn level(self, p: i32, level: i32, class: usize, extra: u32) -> i32 {
        let (qp, qs) = (u32::from(self.qp.min(51)), u32::from(self.qs.min(51)));
        let quantised = |c: i32| {
            let scale = i64::from(LEVEL_SCALE_2[(qs % 6) as usize][class]);
            let half = 1i64 << (14 + extra + qs / 6);
            let magnitude = (i64::from(c.unsigned_abs()) * scale + half) >> (15 + extra + qs / 6);
            if c < 0 { -magnitude as i32 } else { magnitude as i32 }
        };
        if self.switching {
            return level.wrapping_add(quantised(p));
        }
        let scale = i32::from(NORM_ADJUST_4X4[(qp % 6) as usize][class]) * A[class];
        let residual = level.wrapping_mul(scale << (qp / 6)) >> (6 - extra);
        quantised(p.wrapping_add(residual))
    }

    /// The coefficients (not scaled by `LevelScale`) of a block of which the prediction's coefficients are `prediction` and the residual's
    /// levels `levels`, both in raster order (8.6.1, 8.6.2). What becomes of the first one of a chroma block, [`Self::chroma_dc`] tells.
    pub(crate) fn block(self, prediction: &[i32; 16], levels: &[i32; 16]) -> [i32; 16] {
        core::array::from_fn(|i| self.level(prediction[i], levels[i], norm_class_4x4(i), 0))
    }

    /// The same of the DC coefficients of the four blocks of a chroma plane: of the coefficients `prediction` of the blocks and the levels
    /// `levels`, before the inverse transform.
    pub(crate) fn chroma_dc(self, prediction: [i32; 4], levels: [i32; 4]) -> [i32; 4] {
        let [a, b, c, d] = prediction;
        let transformed = [a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d];
        core::array::from_fn(|i| self.level(transformed[i], levels[i], 0, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_the_matrix_product() {
        const C: [[i32; 4]; 4] = [[1, 1, 1, 1], [2, 1, -1, -2], [1, -1, -1, 1], [1, -2, 2, -1]];
        let samples: [i32; 16] = core::array::from_fn(|i| (i as i32 * 91 + 7) % 256);
        let out = forward(samples);
        for y in 0..4 {
            for x in 0..4 {
                let f: i32 = (0..16).map(|i| C[y][i / 4] * samples[i] * C[x][i % 4]).sum();
                assert_eq!(out[4 * y + x], f, "at ({x}, {y})");
            }
        }
    }

    /// `LevelScale2` undoes `LevelScale`: their product is 2^21 over the norm of the transform's basis functions, which `A` holds.
    #[test]
    fn the_tables_belong_together() {
        for (up, down) in NORM_ADJUST_4X4.iter().zip(LEVEL_SCALE_2) {
            for class in 0..3 {
                let product = i32::from(up[class]) * down[class] * A[class];
                assert!((product - (1 << 21)).abs() < 1 << 12, "{product}");
            }
        }
    }

    /// By hand, at QP 28 and QS 34: of the scales 16, 20, 25 with `A` of 16, 20, 25, shifted by 4, and of 8192, 5243, 3355, shifted by 20.
    #[test]
    fn levels_of_the_sum() {
        let q = SpQuantiser { qp: 28, qs: 34, switching: false };
        let (mut prediction, mut levels) = ([0; 16], [0; 16]);
        // (0, 0): 1600 + (16 * 16 << 4 >> 6) = 1664; (1664 * 8192 + 2^19) >> 20 = 13.
        (prediction[0], levels[0]) = (1600, 1);
        // (1, 0): -300 + (-2 * 20 * 20 << 4 >> 6) = -500; (500 * 5243 + 2^19) >> 20 = 3, negative.
        (prediction[1], levels[1]) = (-300, -2);
        // (1, 1): 40 + (3 * 25 * 25 << 4 >> 6) = 508; (508 * 3355 + 2^19) >> 20 = 2.
        (prediction[5], levels[5]) = (40, 3);
        let out = q.block(&prediction, &levels);
        assert_eq!((out[0], out[1], out[5]), (13, -3, 2));
        assert_eq!(out.iter().filter(|&&c| c != 0).count(), 3);
        // In a switching picture the levels come on top of the prediction's: 13 + 1, -2 - 2, 0 + 3.
        let out = SpQuantiser { switching: true, ..q }.block(&prediction, &levels);
        assert_eq!((out[0], out[1], out[5]), (14, -4, 3));
    }

    /// By hand, at QP 28 and QS 34: DC coefficients of the blocks 400, 200, 100, 0 make 700, 300, 500, 100.
    #[test]
    fn levels_of_chroma_dc() {
        let q = SpQuantiser { qp: 28, qs: 34, switching: false };
        // 700 + (16 * 16 << 4 >> 5) = 828; (828 * 8192 + 2^20) >> 21 = 3; 300: 1; 500 - 128 = 372: 1; 100: 0.
        assert_eq!(q.chroma_dc([400, 200, 100, 0], [1, 0, -1, 0]), [3, 1, 1, 0]);
        // 700: 3; 300: 1; 500: 2; 100: 0.
        let switching = SpQuantiser { switching: true, ..q };
        assert_eq!(switching.chroma_dc([400, 200, 100, 0], [1, 0, -1, 0]), [4, 1, 1, 0]);
    }

    #[test]
    fn no_level_overflows() {
        for (qp, qs) in [(0, 51), (51, 0), (51, 51), (200, 200)] {
            for level in [i32::MIN, i32::MAX, 1 << 15] {
                for switching in [false, true] {
                    let q = SpQuantiser { qp, qs, switching };
                    q.block(&[65_535; 16], &[level; 16]);
                    q.chroma_dc([65_535; 4], [level; 4]);
                }
            }
        }
    }
}
