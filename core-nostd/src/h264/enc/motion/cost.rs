//! What vectors and reference indices cost in bits, near enough for a search.

use crate::h264::cabac::encode::Contexts;

/// Bits of a component of mvd: the length of se(v), to which CABAC comes close.
#[inline]
pub(in crate::h264::enc) fn mv_bits(d: i32) -> u32 {
    // codeNum + 1 is 2 * d or 2 * |d| + 1, which have the same length unless d is 0.
    let code = d.unsigned_abs() << 1 | 1;
    2 * code.ilog2() + 1
}

/// Components up to this have their bits in a table.
const NEAR: usize = 64;

/// What the components of mvd cost in 1/256 bits, by the state of the entropy coder.
#[derive(Debug, Clone)]
pub(in crate::h264::enc) struct MvPrices {
    /// By component and context of the first bin: a component of 0, and what any other costs on top of the tables below.
    first: [[[u32; 2]; 3]; 2],
    /// By component: bits of an absolute value, but the first bin.
    near: [[u32; NEAR]; 2],
    /// The same for larger values: this, and 2 bits for each doubling of the value less `less`.
    far: [u32; 2],
    less: u32,
}

impl MvPrices {
    /// Those of se(v).
    pub(in crate::h264::enc) fn cavlc() -> Self {
        let near = core::array::from_fn(|d| 256 * mv_bits(d as i32));
        Self { first: [[[256, 0]; 3]; 2], near: [near; 2], far: [3 * 256; 2], less: 0 }
    }
    /// Those of UEG3 with the given contexts, 9.3.2.3 and 9.3.3.1.1.7.
    pub(in crate::h264::enc) fn cabac(contexts: &Contexts) -> Self {
        let mut prices = Self { first: [[[0; 2]; 3]; 2], near: [[0; NEAR]; 2], far: [0; 2], less: 1 };
        for c in 0..2 {
            let base = 40 + 7 * c;
            for inc in 0..3 {
                prices.first[c][inc] = [false, true].map(|b| contexts.cost(base + inc, b));
            }
            let bin = |d: usize, more: bool| contexts.cost(base + (2 + d).min(6), more);
            // The sign.
            let mut ones = 256;
            for d in 1..9 {
                prices.near[c][d] = ones + bin(d, false);
                ones += bin(d, true);
            }
            // The suffix of `d` has 2 * ilog2(d - 1) - 2 bits.
            prices.far[c] = ones.saturating_sub(512);
            for d in 9..NEAR {
                prices.near[c][d] = prices.far(c, d as u32);
            }
        }
        prices
    }
    fn far(&self, c: usize, d: u32) -> u32 {
        self.far[c] + 512 * (d - self.less).max(1).ilog2()
    }
    /// The part that depends on the absolute values of mvd of the blocks to the left and above, summed for each component.
    pub(in crate::h264::enc) fn beside(&self, sums: [u32; 2]) -> [[u32; 2]; 2] {
        let inc = |sum: u32| usize::from(sum > 2) + usize::from(sum > 32);
        core::array::from_fn(|c| self.first[c][inc(sums[c])])
    }
    /// Bits of component `c` of mvd.
    #[inline]
    pub(in crate::h264::enc) fn bits(&self, c: usize, first: [u32; 2], d: i32) -> u32 {
        let d = d.unsigned_abs();
        match self.near[c].get(d as usize) {
            _ if d == 0 => first[0],
            Some(&bits) => first[1] + bits,
            None => first[1] + self.far(c, d),
        }
    }
}

/// Bits of `ref_idx` among `count` references, as te(v).
#[inline]
pub(in crate::h264::enc) fn ref_bits(ref_idx: usize, count: usize) -> u32 {
    match count {
        0 | 1 => 0,
        2 => 1,
        _ => 2 * (ref_idx as u32 + 1).ilog2() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;

    #[test]
    fn prices_are_what_the_entropy_coder_counts() {
        let contexts = Contexts::new(1, 30);
        let (cabac, cavlc) = (MvPrices::cabac(&contexts), MvPrices::cavlc());
        let first = cabac.beside([0, 40]);
        // Worked out from 9.3.2.3 by hand: prefix bins, suffix, sign.
        let bin = |ctx, b| contexts.cost(ctx, b);
        assert_eq!(cabac.bits(0, first[0], 0), bin(40, false));
        assert_eq!(cabac.bits(0, first[0], -1), bin(40, true) + bin(43, false) + 256);
        assert_eq!(cabac.bits(1, first[1], 0), bin(49, false));
        let nine = bin(49, true) + bin(50, true) + bin(51, true) + bin(52, true) + 5 * bin(53, true);
        assert_eq!(cabac.bits(1, first[1], 9), nine + 256 * (4 + 1));
        assert_eq!(cabac.bits(1, first[1], -16), nine + 256 * (4 + 1));
        assert_eq!(cabac.bits(1, first[1], 17), nine + 256 * (6 + 1));
        for d in -3000..3000 {
            assert_eq!(cavlc.bits(0, cavlc.beside([0, 0])[0], d), 256 * mv_bits(d), "{d}");
        }
    }

    #[test]
    fn bits_are_those_of_the_codes() {
        for d in -300..300 {
            let mut w = BitWriter::new();
            w.se(d);
            assert_eq!(mv_bits(d) as usize, w.len_bits(), "{d}");
        }
        for count in 2..17usize {
            for i in 0..count {
                let mut w = BitWriter::new();
                w.te(i as u32, count as u32 - 1);
                assert_eq!(ref_bits(i, count) as usize, w.len_bits());
            }
        }
    }
}
