//! Decoding of the transform coefficients of SP and SI slices, 8.6: the prediction is transformed and quantised together with the
//! residual, so that a picture can be reached from different references.

use super::quant::{NORM_ADJUST_4X4, norm_class_4x4};

/// `LevelScale2`, 8-? of 8.6.1: row QS % 6; columns as those of [`NORM_ADJUST_4X4`].
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

/// The core transform of a 4x4 block of samples in raster order, 8-? of 8.6.1.
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
