//! Writing of residual blocks by CAVLC, 9.2, and a counter of the bits that it would take.

use super::tables::{COEFF_TOKEN, COEFF_TOKEN_CHROMA_DC, Code, RUN_BEFORE, TOTAL_ZEROS, TOTAL_ZEROS_CHROMA_DC};
use crate::bits::BitWriter;

/// Where bits go: to the stream or to a counter.
pub(crate) trait BitSink {
    /// `u(n)`.
    fn put(&mut self, value: u32, n: u32);
    /// `ue(v)`.
    fn put_ue(&mut self, value: u32);
    /// `se(v)`.
    fn put_se(&mut self, value: i32) {
        self.put_ue(if value > 0 { 2 * value as u32 - 1 } else { 2 * value.unsigned_abs() });
    }
    /// `te(v)` with the given largest value.
    fn put_te(&mut self, value: u32, max: u32) {
        if max > 1 { self.put_ue(value) } else { self.put(u32::from(value == 0), 1) }
    }
}

impl BitSink for BitWriter {
    #[inline]
    fn put(&mut self, value: u32, n: u32) {
        self.u(value, n);
    }
    #[inline]
    fn put_ue(&mut self, value: u32) {
        self.ue(value);
    }
}

/// Counts bits.
#[derive(Default)]
pub(crate) struct BitCounter(pub(crate) u32);

impl BitSink for BitCounter {
    #[inline]
    fn put(&mut self, _value: u32, n: u32) {
        self.0 += n;
    }
    #[inline]
    fn put_ue(&mut self, value: u32) {
        self.0 += 2 * (value + 1).ilog2() + 1;
    }
}

#[inline]
fn put_code(w: &mut impl BitSink, c: Code) {
    debug_assert!(c.len > 0);
    w.put(c.bits.into(), c.len.into());
}

/// What tells the `coeff_token` table of a block (9.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenContext {
    /// `nC` of luma and chroma AC blocks.
    Count(u8),
    /// Chroma DC of 4:2:0.
    ChromaDc,
}

/// `residual_block_cavlc()`, 7.3.5.3.2, of `levels` in scan order; returns `TotalCoeff(coeff_token)`.
pub(crate) fn residual_block(w: &mut impl BitSink, levels: &[i16], context: TokenContext) -> u8 {
    debug_assert!(levels.len() <= 16);
    // Levels and the zeros before each, the highest frequency first.
    let mut level = [0i32; 16];
    let mut run = [0usize; 16];
    let mut total = 0;
    let mut coded = (0..).zip(levels).fold(0u32, |m, (i, &l)| m | u32::from(l != 0) << (i & 31));
    // Zeros below the highest level.
    let zeros = (u32::BITS - coded.leading_zeros() - coded.count_ones()) as usize;
    while coded != 0 {
        let at = coded.ilog2();
        coded ^= 1 << at;
        level[total & 15] = levels[at as usize].into();
        run[total & 15] = (at - (u32::BITS - coded.leading_zeros())) as usize;
        total += 1;
    }
    let trailing = level[..total.min(3)].iter().take_while(|l| l.abs() == 1).count();
    let index = 4 * total + trailing;
    put_code(
        w,
        match context {
            TokenContext::ChromaDc => COEFF_TOKEN_CHROMA_DC[index],
            TokenContext::Count(n) => {
                COEFF_TOKEN[match n {
                    0..=1 => 0,
                    2..=3 => 1,
                    4..=7 => 2,
                    _ => 3,
                }][index]
            }
        },
    );
    if total == 0 {
        return 0;
    }
    for &l in &level[..trailing] {
        w.put(u32::from(l < 0), 1);
    }
    let mut suffix_length = u32::from(total > 10 && trailing < 3);
    for (i, &l) in level[..total].iter().enumerate().skip(trailing) {
        let mut code = if l > 0 { 2 * l - 2 } else { -2 * l - 1 } as u32;
        if i == trailing && trailing < 3 {
            code -= 2;
        }
        put_level(w, code, suffix_length);
        if suffix_length == 0 {
            suffix_length = 1;
        }
        if l.abs() > 3 << (suffix_length - 1) && suffix_length < 6 {
            suffix_length += 1;
        }
    }
    if total < levels.len() {
        put_code(
            w,
            match context {
                TokenContext::ChromaDc => TOTAL_ZEROS_CHROMA_DC[total - 1][zeros],
                TokenContext::Count(_) => TOTAL_ZEROS[total - 1][zeros],
            },
        );
    }
    let mut left = zeros;
    for &r in &run[..total - 1] {
        if left == 0 {
            break;
        }
        put_code(w, RUN_BEFORE[left.min(7) - 1][r]);
        left -= r;
    }
    total as u8
}

/// `level_prefix` and `level_suffix` of levelCode `code`, the inverse of 9.2.2.1.
fn put_level(w: &mut impl BitSink, code: u32, suffix_length: u32) {
    let unary = |w: &mut _, prefix: u32| BitSink::put(w, 1, prefix + 1);
    if suffix_length == 0 && code < 14 {
        return unary(w, code);
    }
    if suffix_length == 0 && code < 30 {
        unary(w, 14);
        return w.put(code - 14, 4);
    }
    if suffix_length > 0 && code < 15 << suffix_length {
        unary(w, code >> suffix_length);
        return w.put(code & ((1 << suffix_length) - 1), suffix_length);
    }
    // levelCode starts at 15 << suffixLength, or at 30 without a suffix; prefix 16 and above (High profiles) double the reach.
    let mut rest = code - if suffix_length == 0 { 30 } else { 15 << suffix_length };
    let mut prefix = 15;
    while rest >= 1 << (prefix - 3) {
        rest -= 1 << (prefix - 3);
        prefix += 1;
    }
    unary(w, prefix);
    w.put(rest, prefix - 3);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitReader;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn code(r: &mut BitReader<'_>, table: &[Code]) -> usize {
        let hit = |c: &Code| c.len > 0 && r.peek(c.len.into()) == u32::from(c.bits);
        let i = table.iter().position(hit).expect("a codeword");
        r.skip(table[i].len.into()).unwrap();
        i
    }

    /// 9.2.1 to 9.2.4 word by word.
    fn parse(r: &mut BitReader<'_>, len: usize, context: TokenContext) -> Vec<i16> {
        let token = match context {
            TokenContext::ChromaDc => code(r, &COEFF_TOKEN_CHROMA_DC),
            TokenContext::Count(n) => {
                let table = [0, 0, 1, 1, 2, 2, 2, 2].get(usize::from(n)).copied().unwrap_or(3);
                code(r, &COEFF_TOKEN[table])
            }
        };
        let (total, trailing) = (token / 4, token % 4);
        let mut out = vec![0; len];
        if total == 0 {
            return out;
        }
        let mut levels = Vec::new();
        let mut suffix_length = u32::from(total > 10 && trailing < 3);
        for i in 0..total {
            if i < trailing {
                levels.push(1 - 2 * r.u(1).unwrap() as i32);
                continue;
            }
            let mut prefix = 0;
            while r.u(1).unwrap() == 0 {
                prefix += 1;
            }
            let mut level_code = (prefix.min(15) << suffix_length) as i32;
            let size = if prefix == 14 && suffix_length == 0 {
                4
            } else if prefix >= 15 {
                prefix - 3
            } else {
                suffix_length
            };
            level_code += r.u(size).unwrap() as i32;
            if prefix >= 15 && suffix_length == 0 {
                level_code += 15;
            }
            if prefix >= 16 {
                level_code += (1 << (prefix - 3)) - 4096;
            }
            if i == trailing && trailing < 3 {
                level_code += 2;
            }
            let l = if level_code % 2 == 0 { (level_code + 2) >> 1 } else { (-level_code - 1) >> 1 };
            levels.push(l);
            suffix_length = suffix_length.max(1);
            if l.abs() > 3 << (suffix_length - 1) && suffix_length < 6 {
                suffix_length += 1;
            }
        }
        let mut zeros = match context {
            _ if total == len => 0,
            TokenContext::ChromaDc => code(r, &TOTAL_ZEROS_CHROMA_DC[total - 1]),
            TokenContext::Count(_) => code(r, &TOTAL_ZEROS[total - 1]),
        };
        let mut at = total + zeros;
        for (i, l) in levels.iter().enumerate() {
            at -= 1;
            out[at] = *l as i16;
            if i + 1 < total && zeros > 0 {
                let run = code(r, &RUN_BEFORE[zeros.min(7) - 1]);
                zeros -= run;
                at -= run;
            }
        }
        out
    }

    proptest! {
        #[test]
        fn what_is_written_is_parsed(
            blocks in prop::collection::vec((0u8..20, 0usize..3, prop::collection::vec((0u8..8, -7000i16..7000), 16)), 1..20)
        ) {
            let mut w = BitWriter::new();
            let mut c = BitCounter::default();
            let mut sent = Vec::new();
            for (n, shape, values) in &blocks {
                let (context, len) = match shape {
                    0 => (TokenContext::ChromaDc, 4),
                    1 => (TokenContext::Count(*n), 15),
                    _ => (TokenContext::Count(*n), 16),
                };
                let levels: Vec<i16> = values[..len]
                    .iter()
                    .map(|&(kind, v)| match kind {
                        0 => v,
                        1 | 2 => v.signum(),
                        3 => v % 40,
                        _ => 0,
                    })
                    .collect();
                let count = residual_block(&mut w, &levels, context);
                prop_assert_eq!(usize::from(count), levels.iter().filter(|&&l| l != 0).count());
                residual_block(&mut c, &levels, context);
                sent.push((levels, context));
            }
            prop_assert_eq!(c.0 as usize, w.len_bits());
            let bytes = w.into_bytes();
            let mut r = BitReader::new(&bytes);
            for (levels, context) in &sent {
                prop_assert_eq!(&parse(&mut r, levels.len(), *context), levels);
            }
        }
    }
}
