//! Residuals of the encoder by quarters of a macroblock, and levels in scan order.

use super::transform::{fdct4x4, quant4x4};
use crate::block::LevelMasks;

/// The zigzag scan of frame macroblocks, table 8-2: `ZIGZAG[i]` is the raster position of level `i`.
pub(crate) const ZIGZAG: [u8; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

pub(crate) fn fdct4x4_quad(c: &mut [[i16; 16]; 4], src: &[u8], src_stride: usize, pred: &[u8], pred_stride: usize) {
    // The lengths first, so that nothing is stored if one does not do.
    let (src, pred) = (crate::mem::Rows::new(src, src_stride, 8, 8), crate::mem::Rows::new(pred, pred_stride, 8, 8));
    for (b, c) in c.iter_mut().enumerate() {
        let (x, y) = (4 * (b & 1), 4 * (b >> 1));
        let block = |rows: crate::mem::Rows<'_, u8>| -> [u8; 16] {
            core::array::from_fn(|i| {
                let [v] = *rows.at(y + i / 4, x + i % 4);
                v
            })
        };
        fdct4x4(c, &block(src), 4, &block(pred), 4);
    }
}

pub(crate) fn quant4x4_quad(c: &mut [[i16; 16]; 4], mf: &[u16; 16], bias: &[u16; 16]) -> u8 {
    let mut mask = 0;
    for (b, c) in c.iter_mut().enumerate() {
        mask |= u8::from(quant4x4(c, mf, bias)) << b;
    }
    mask
}

pub(crate) fn scan4x4(levels: &mut [i16; 16], c: &[i16; 16]) -> LevelMasks {
    let mut masks = LevelMasks::default();
    for (i, (l, &at)) in levels.iter_mut().zip(&ZIGZAG).enumerate() {
        *l = c[usize::from(at)];
        masks.coded |= u16::from(*l != 0) << i;
        masks.large |= u16::from(l.unsigned_abs() > 1) << i;
    }
    masks
}
