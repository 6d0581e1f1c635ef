//! Lagrangian multipliers: what a bit is worth at each QP.

/// In sums of absolute (transformed) differences, times 16: 2^(QP / 6 - 2).
const ABSOLUTE: [u16; 52] = [
    4, 4, 5, 6, 6, 7, 8, 9, 10, 11, 13, 14, 16, 18, 20, 23, 25, 29, 32, 36, 40, 45, 51, 57, 64, 72, 81, 91, 102, 114,
    128, 144, 161, 181, 203, 228, 256, 287, 323, 362, 406, 456, 512, 575, 645, 724, 813, 912, 1024, 1149, 1290, 1448,
];

/// In squared error, times 256: 0.935 * 2^((QP - 12) / 3), the multiplier at which the slope of rate and distortion of an
/// H.264 quantiser lies for usual content.
const SQUARED: [u32; 52] = [
    15, 19, 24, 30, 38, 47, 60, 75, 95, 120, 151, 190, 239, 302, 380, 479, 603, 760, 957, 1206, 1520, 1915, 2413, 3040,
    3830, 4825, 6079, 7660, 9650, 12159, 15319, 19301, 24317, 30638, 38602, 48635, 61276, 77203, 97270, 122552, 154406,
    194540, 245105, 308812, 389079, 490209, 617625, 778159, 980419, 1235250, 1556317, 1960837,
];

/// The multipliers of one QP.
#[derive(Debug, Clone, Copy)]
pub(in crate::h264::enc) struct Lambda {
    absolute: u32,
    squared: u64,
}

impl Lambda {
    /// Those of `qp`.
    pub(in crate::h264::enc) fn of(qp: u8) -> Self {
        let q = usize::from(qp.min(51));
        Self { absolute: ABSOLUTE[q].into(), squared: SQUARED[q].into() }
    }
    /// What `bits` are worth in absolute differences.
    #[inline]
    pub(in crate::h264::enc) fn bits(self, bits: u32) -> u32 {
        (self.absolute * bits + 8) >> 4
    }
    /// What `bits` in 1/256 are worth in absolute differences.
    #[inline]
    pub(in crate::h264::enc) fn parts(self, bits: u32) -> u32 {
        (self.absolute * bits + 2048) >> 12
    }
    /// Cost of squared error `ssd` and `bits` in 1/256 bit.
    #[inline]
    pub(in crate::h264::enc) fn rd(self, ssd: u32, bits: u32) -> u64 {
        u64::from(ssd) + ((self.squared * u64::from(bits) + (1 << 15)) >> 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multipliers_double_as_they_should() {
        for q in 18..46 {
            assert!((ABSOLUTE[q + 6].abs_diff(2 * ABSOLUTE[q])) <= 2);
            assert!(SQUARED[q + 3].abs_diff(2 * SQUARED[q]) <= 2);
        }
        let l = Lambda::of(24);
        assert_eq!((l.bits(16), l.parts(4096), l.rd(0, 256)), (64, 64, 15));
    }
}
