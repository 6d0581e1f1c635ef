//! Transforms of DC levels, 8.5.10 and 8.5.11: the small ones, which are no kernels.

/// The product of the matrix of 8-328 and a column.
fn butterfly(v: [i32; 4]) -> [i32; 4] {
    let (a, b) = (v[0].wrapping_add(v[1]), v[0].wrapping_sub(v[1]));
    let (d, e) = (v[2].wrapping_add(v[3]), v[2].wrapping_sub(v[3]));
    [a.wrapping_add(d), a.wrapping_sub(d), b.wrapping_sub(e), b.wrapping_add(e)]
}

/// Inverse transform of the DC levels of Intra_16x16 in raster order, and their scaling by `scale`, the first of
/// [`super::quant::LevelScale::scale_4x4`] (8.5.10).
pub(crate) fn luma_dc(c: &mut [i32; 16], scale: i32) {
    for row in c.as_chunks_mut::<4>().0 {
        *row = butterfly(*row);
    }
    for x in 0..4 {
        let column = butterfly([c[x], c[x + 4], c[x + 8], c[x + 12]]);
        for y in 0..4 {
            c[x + 4 * y] = column[y].wrapping_mul(scale).wrapping_add(32) >> 6;
        }
    }
}

/// Inverse transform of the DC levels of a chroma plane (4:2:0) in raster order, and their scaling (8.5.11).
pub(crate) fn chroma_dc(c: &mut [i32; 4], scale: i32) {
    let [a, b, d, e] = *c;
    let (s0, s1) = (a.wrapping_add(b), d.wrapping_add(e));
    let (d0, d1) = (a.wrapping_sub(b), d.wrapping_sub(e));
    *c = [s0.wrapping_add(s1), d0.wrapping_add(d1), s0.wrapping_sub(s1), d0.wrapping_sub(d1)]
        .map(|f| f.wrapping_mul(scale) >> 5);
}

/// The same for 4:2:2, two columns and four rows; `scale` is that of `QP'c,dc` (8-329).
pub(crate) fn chroma_dc_422(c: &mut [i32; 8], scale: i32) {
    let columns = [0, 1].map(|x| butterfly([c[x], c[x + 2], c[x + 4], c[x + 6]]));
    for (y, row) in c.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let (a, b) = (columns[0][y], columns[1][y]);
        *row = [a.wrapping_add(b), a.wrapping_sub(b)].map(|f| f.wrapping_mul(scale).wrapping_add(32) >> 6);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The matrix of 8-328, its rows in the standard's order.
    const H: [[i32; 4]; 4] = [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, -1, 1], [1, -1, 1, -1]];

    #[test]
    fn luma_dc_is_the_matrix_product() {
        let c: [i32; 16] = core::array::from_fn(|i| (i as i32 * 37 + 11) % 29 - 14);
        let mut out = c;
        luma_dc(&mut out, 640);
        for y in 0..4 {
            for x in 0..4 {
                let f: i32 = (0..16).map(|i| H[y][i / 4] * c[i] * H[i % 4][x]).sum();
                assert_eq!(out[4 * y + x], (f * 640 + 32) >> 6);
            }
        }
    }

    #[test]
    fn chroma_dc_is_the_matrix_product() {
        let mut c = [3, -5, 7, 11];
        chroma_dc(&mut c, 64);
        assert_eq!(c, [16 * 2, 4 * 2, -20 * 2, 12 * 2]);
    }

    #[test]
    fn tall_chroma_dc_is_the_matrix_product() {
        let c: [i32; 8] = core::array::from_fn(|i| (i as i32 * 23 + 5) % 17 - 8);
        let mut out = c;
        chroma_dc_422(&mut out, 208);
        for y in 0..4 {
            for x in 0..2 {
                let sign = |i: usize| if x == 1 && i % 2 == 1 { -1 } else { 1 };
                let f: i32 = (0..8).map(|i| H[y][i / 2] * c[i] * sign(i)).sum();
                assert_eq!(out[2 * y + x], (f * 208 + 32) >> 6);
            }
        }
    }
}
