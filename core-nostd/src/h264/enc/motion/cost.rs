//! What vectors and reference indices cost in bits, near enough for a search.

/// Bits of a component of mvd: the length of se(v), to which CABAC comes close.
#[inline]
pub(in crate::h264::enc) fn mv_bits(d: i32) -> u32 {
    // codeNum + 1 is 2 * d or 2 * |d| + 1, which have the same length unless d is 0.
    let code = d.unsigned_abs() << 1 | 1;
    2 * code.ilog2() + 1
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
