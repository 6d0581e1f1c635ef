//! Scans, 6.4.3 and 8.5.6: where things lie that are numbered.

/// Raster position (4 * y + x) of each coefficient of a 4x4 block in zig-zag order, figure 8-8 (a).
pub(crate) const ZIGZAG_4X4: [u8; 16] = zigzag::<4, 16>();

/// Raster position (8 * y + x) of each coefficient of an 8x8 block in zig-zag order, figure 8-9 (a).
pub(crate) const ZIGZAG_8X8: [u8; 64] = zigzag::<8, 64>();

/// The four scans of an 8x8 block as CAVLC interleaves it (7.3.5.3.3): coefficient k of 4x4 block i is 4 * k + i.
pub(crate) const ZIGZAG_8X8_CAVLC: [[u8; 16]; 4] = interleaved(&ZIGZAG_8X8);

/// Raster position of each coefficient of a 4x4 block in field scan order, figure 8-8 (b).
pub(crate) const FIELD_4X4: [u8; 16] = [0, 4, 1, 8, 12, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];

/// Raster position of each coefficient of an 8x8 block in field scan order, figure 8-9 (b).
pub(crate) const FIELD_8X8: [u8; 64] = [
    0, 8, 16, 1, 9, 24, 32, 17, 2, 25, 40, 48, 56, 33, 10, 3, 18, 41, 49, 57, 26, 11, 4, 19, 34, 42, 50, 58, 27, 12, 5,
    20, 35, 43, 51, 59, 28, 13, 6, 21, 36, 44, 52, 60, 29, 14, 22, 37, 45, 53, 61, 30, 7, 15, 38, 46, 54, 62, 23, 31,
    39, 47, 55, 63,
];

/// Raster position (2 * y + x) of each chroma DC level of 4:2:2, equation 8-330.
pub(crate) const CHROMA_DC_422: [u8; 8] = [0, 2, 1, 4, 6, 3, 5, 7];

/// [`FIELD_8X8`] as CAVLC interleaves it.
pub(crate) const FIELD_8X8_CAVLC: [[u8; 16]; 4] = interleaved(&FIELD_8X8);

/// The scan of 4x4 blocks in frame or in field macroblocks.
#[inline(always)]
pub(crate) fn scan_4x4(field: bool) -> &'static [u8; 16] {
    if field { &FIELD_4X4 } else { &ZIGZAG_4X4 }
}

const fn interleaved(scan: &[u8; 64]) -> [[u8; 16]; 4] {
    let mut t = [[0; 16]; 4];
    let mut i = 0;
    while i < 64 {
        t[i & 3][i >> 2] = scan[i];
        i += 1;
    }
    t
}

/// Raster position (4 * y + x, in blocks) of 4x4 luma block `luma4x4BlkIdx`, figure 6-10.
pub(crate) const BLOCK_RASTER: [u8; 16] = [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15];

/// `luma4x4BlkIdx` of the block at raster position 4 * y + x. The map is its own inverse.
pub(crate) const BLOCK_INDEX: [u8; 16] = BLOCK_RASTER;

/// Walks the anti-diagonals, up and down in turns.
const fn zigzag<const N: usize, const M: usize>() -> [u8; M] {
    let mut t = [0; M];
    let (mut x, mut y, mut i) = (0, 0, 0);
    while i < M {
        t[i] = (N * y + x) as u8;
        let up = (x + y) % 2 == 0;
        if up {
            if x == N - 1 {
                y += 1;
            } else {
                x += 1;
                y = y.saturating_sub(1);
            }
        } else if y == N - 1 {
            x += 1;
        } else {
            y += 1;
            x = x.saturating_sub(1);
        }
        i += 1;
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zigzag_is_the_figures() {
        assert_eq!(ZIGZAG_4X4, [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15]);
        assert_eq!(ZIGZAG_8X8[..12], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25]);
        assert_eq!(ZIGZAG_8X8[58..], [61, 54, 47, 55, 62, 63]);
    }

    #[test]
    fn field_scans_visit_every_position_once_and_go_down_first() {
        let mut seen = FIELD_4X4;
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, &p)| i == usize::from(p)));
        let mut seen = FIELD_8X8;
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, &p)| i == usize::from(p)));
        // Each column from top to bottom.
        for x in 0..8 {
            let rows: std::vec::Vec<u8> = FIELD_8X8.iter().filter(|&&p| p % 8 == x).map(|p| p / 8).collect();
            assert_eq!(rows, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
    }

    #[test]
    fn blocks_nest_in_quarters() {
        for i in 0..16usize {
            let (x, y) = ((i & 1) + 2 * ((i >> 2) & 1), ((i >> 1) & 1) + 2 * (i >> 3));
            assert_eq!(usize::from(BLOCK_RASTER[i]), 4 * y + x);
            assert_eq!(usize::from(BLOCK_INDEX[usize::from(BLOCK_RASTER[i])]), i);
        }
    }
}
