//! Lagrangian multipliers: what a bit is worth at each QP.

/// In sums of absolute (transformed) differences, times 16: 2^(QP / 6 - 2).
const ABSOLUTE: [u16; 52] = [
    4, 4, 5, 6, 6, 7, 8, 9, 10, 11, 13, 14, 16, 18, 20, 23, 25, 29, 32, 36, 40, 45, 51, 57, 64, 72, 81, 91, 102, 114,
    128, 144, 161, 181, 203, 228, 256, 287, 323, 362, 406, 456, 512, 575, 645, 724, 813, 912, 1024, 1149, 1290, 1448,
];

/// In squared error, times 256: 0.85 * 2^((QP - 12) / 3), the multiplier at which the slope of rate and distortion of an
/// H.264 quantiser lies for usual content.
const SQUARED: [u32; 52] = [
    14, 17, 22, 27, 34, 43, 54, 69, 86, 109, 137, 173, 218, 274, 345, 435, 548, 691, 870, 1097, 1382, 1741, 2193, 2763,
    3482, 4387, 5527, 6963, 8773, 11053, 13926, 17546, 22107, 27853, 35092, 44214, 55706, 70185, 88427, 111411, 140369,
    176854, 222822, 280739, 353709, 445645, 561477, 707417, 891290, 1122955, 1414834, 1782579,
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
        // The squared one is 0.85 times the square of the other.
        let l = Lambda::of(24);
        assert_eq!((l.bits(16), l.rd(0, 256)), (64, 14));
    }
}
