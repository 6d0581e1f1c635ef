//! `residual_block_cavlc()`, 7.3.5.3.2 and 9.2.

use super::tables::{
    COEFF_TOKEN_CHROMA_DC_422_LOOKUP, COEFF_TOKEN_CHROMA_DC_LOOKUP, COEFF_TOKEN_LOOKUP, RUN_BEFORE_SHORT,
    TOTAL_ZEROS_CHROMA_DC_422_LOOKUP, TOTAL_ZEROS_CHROMA_DC_LOOKUP, TOTAL_ZEROS_LOOKUP, lookup_index,
};
use crate::bits::BitReader;
use crate::error::Result;

/// Which `coeff_token` table a block uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// By nC, at least 0.
    Count(u8),
    /// nC = -1: chroma DC of 4:2:0.
    ChromaDc,
    /// nC = -2: chroma DC of 4:2:2.
    ChromaDc422,
}

/// Reads the block of up to `count` coefficients, calls `put` with each index in scan order and level, last first, and returns
/// `TotalCoeff`.
///
/// # Errors
/// `Invalid` for `coeff_token`, `level_prefix`, `total_zeros` or `run_before`; `UnexpectedEnd`.
#[inline(always)]
pub(crate) fn residual(
    r: &mut BitReader<'_>,
    token: Token,
    count: usize,
    mut put: impl FnMut(usize, i32),
) -> Result<u8> {
    let mut ahead = Ahead::new(r);
    let index = lookup_index(ahead.top32());
    let entry = match token {
        Token::Count(0..=1) => COEFF_TOKEN_LOOKUP[0][index],
        Token::Count(2..=3) => COEFF_TOKEN_LOOKUP[1][index],
        Token::Count(4..=7) => COEFF_TOKEN_LOOKUP[2][index],
        Token::Count(_) => {
            // Six bits: TotalCoeff - 1 and TrailingOnes, with one code out of line for no coefficients.
            let code = (ahead.bits >> 58) as u16;
            if code == 3 { 6 } else { (code + 4) << 8 | 6 }
        }
        Token::ChromaDc => COEFF_TOKEN_CHROMA_DC_LOOKUP[index],
        Token::ChromaDc422 => COEFF_TOKEN_CHROMA_DC_422_LOOKUP[index],
    };
    let (total, trailing) = (usize::from(entry >> 10), usize::from(entry >> 8 & 3));
    if entry == 0 || total > count || trailing > total {
        return Err(r.invalid("coeff_token"));
    }
    ahead.pass(u32::from(entry & 0xff));
    if total == 0 {
        ahead.end(r);
        r.check()?;
        return Ok(0);
    }

    // Signs for three trailing ones, of which those that there are not are written over. Up to here 19 bits.
    let mut levels = [0i32; 16];
    for (i, level) in levels[..3].iter_mut().enumerate() {
        *level = 1 - (ahead.bits >> (62 - i) & 2) as i32;
    }
    ahead.pass(trailing as u32);
    let mut suffix_length = u32::from(total > 10 && trailing < 3);
    for i in trailing..total {
        // A level of up to 15 leading zeros has 28 bits at most, any other one 48.
        if ahead.used > Ahead::BITS - 28 {
            ahead.renew(r);
        }
        let mut prefix = ahead.bits.leading_zeros();
        if prefix > 15 {
            ahead.renew(r);
            prefix = ahead.bits.leading_zeros();
            if prefix > 15 + 10 {
                return Err(r.invalid("level_prefix"));
            }
        }
        ahead.pass(prefix + 1);
        let suffix_size = match prefix {
            14 if suffix_length == 0 => 4,
            0..=14 => suffix_length,
            _ => prefix - 3,
        };
        let mut code = (prefix.min(15) << suffix_length) as i32 + (ahead.bits >> 1 >> (63 - suffix_size)) as i32;
        ahead.pass(suffix_size);
        if prefix >= 15 {
            if suffix_length == 0 {
                code += 15;
            }
            if prefix >= 16 {
                code += (1 << (prefix - 3)) - 4096;
            }
        }
        if i == trailing && trailing < 3 {
            code += 2;
        }
        let magnitude = (code + 2) >> 1;
        levels[i & 15] = if code & 1 == 0 { magnitude } else { -magnitude };
        if suffix_length == 0 {
            suffix_length = 1;
        }
        if magnitude > 3 << (suffix_length - 1) && suffix_length < 6 {
            suffix_length += 1;
        }
    }

    // What follows has 9 bits for total_zeros and not more than 42 for the runs.
    if ahead.used > Ahead::BITS - 51 {
        ahead.renew(r);
    }
    let mut zeros_left = 0;
    if total < count {
        let index = lookup_index(ahead.top32());
        let entry = match token {
            Token::ChromaDc => TOTAL_ZEROS_CHROMA_DC_LOOKUP[(total - 1).min(2)][index],
            Token::ChromaDc422 => TOTAL_ZEROS_CHROMA_DC_422_LOOKUP[(total - 1).min(6)][index],
            Token::Count(_) => TOTAL_ZEROS_LOOKUP[(total - 1).min(14)][index],
        };
        zeros_left = usize::from(entry >> 8);
        if entry == 0 || zeros_left + total > count {
            return Err(r.invalid("total_zeros"));
        }
        ahead.pass(u32::from(entry & 0xff));
    }
    let mut position = zeros_left + total - 1;
    let (last, others) = levels[..total].split_last().unwrap_or((&0, &[]));
    for &level in others {
        put(position, level);
        if zeros_left > 0 {
            let entry = RUN_BEFORE_SHORT[(zeros_left - 1).min(6)][(ahead.bits >> 61) as usize];
            let (mut run, mut len) = (usize::from(entry >> 4), u32::from(entry & 15));
            if len == 0 {
                // More than six zeros left, and a run of more than six: as many leading zeros as it is longer than 4, and a one.
                len = ahead.bits.leading_zeros() + 1;
                run = len as usize + 3;
            }
            if run > zeros_left {
                return Err(r.invalid("run_before"));
            }
            ahead.pass(len);
            zeros_left -= run;
            position -= run;
        }
        position -= 1;
    }
    put(position, *last);
    ahead.end(r);
    r.check()?;
    Ok(total as u8)
}

/// Bits of a reader, looked at ahead of it.
struct Ahead {
    /// The bits that come next, left-aligned.
    bits: u64,
    /// How many have been passed since the reader was looked at.
    used: u32,
}

impl Ahead {
    /// Bits that there are at least.
    const BITS: u32 = 57;

    #[inline(always)]
    fn new(r: &BitReader<'_>) -> Self {
        Self { bits: r.peek57(), used: 0 }
    }
    #[inline(always)]
    fn top32(&self) -> u32 {
        (self.bits >> 32) as u32
    }
    /// Passes `n` bits, less than 64.
    #[inline(always)]
    fn pass(&mut self, n: u32) {
        self.bits <<= n & 63;
        self.used += n;
    }
    /// Moves the reader to where this is.
    #[inline(always)]
    fn end(&self, r: &mut BitReader<'_>) {
        r.advance(self.used as usize);
    }
    /// Moves the reader, and looks at as many bits as there can be.
    #[inline(always)]
    fn renew(&mut self, r: &mut BitReader<'_>) {
        self.end(r);
        *self = Self::new(r);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;

    fn decode(bits: &str, token: Token, count: usize) -> Result<std::vec::Vec<i32>> {
        let mut w = BitWriter::new();
        bits.bytes().filter(|b| *b != b' ').for_each(|b| w.flag(b == b'1'));
        let len = w.len_bits();
        let bytes = w.into_bytes();
        let mut r = BitReader::new(&bytes);
        let mut c = std::vec![0; count];
        residual(&mut r, token, count, |i, v| c[i] = v)?;
        assert_eq!(r.position(), len);
        Ok(c)
    }

    /// Worked by hand from tables 9-5, 9-7 and 9-10.
    #[test]
    fn blocks_worked_by_hand() {
        // TotalCoeff 5, T1s 3; signs 0 1 1; levels +1 and +3; total_zeros 3; runs 1, 0, 0, 1.
        let block = "0000100 011 1 0010 111 10 1 1 01";
        let c = decode(block, Token::Count(0), 16).unwrap();
        assert_eq!(c[..9], [0, 3, 0, 1, -1, -1, 0, 1, 0]);
        assert_eq!(decode("1", Token::Count(1), 15).unwrap(), [0; 15]);
        assert_eq!(decode("000011", Token::Count(9), 16).unwrap(), [0; 16]);
        // One coefficient, trailing one negative, three zeros before it.
        assert_eq!(decode("1 1 000", Token::ChromaDc, 4).unwrap(), [0, 0, 0, -1]);
    }

    #[test]
    fn an_escaped_level() {
        // TotalCoeff 1, T1s 0; prefix 15: code 15 + 4095 + 15 + 2 -> magnitude 2064, sign negative.
        let block = "000101 0000000000000001 111111111111 1";
        assert_eq!(decode(block, Token::Count(0), 16).unwrap()[0], -2064);
    }

    #[test]
    fn any_bytes_decode() {
        let mut seed = 7u32;
        for len in 0..400 {
            let data: std::vec::Vec<u8> = (0..len % 40)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8 & (seed >> 8) as u8
                })
                .collect();
            for token in [Token::Count(0), Token::Count(2), Token::Count(7), Token::Count(16), Token::ChromaDc] {
                let count = if token == Token::ChromaDc { 4 } else { 15 };
                let mut r = BitReader::new(&data);
                while residual(&mut r, token, count, |p, _| assert!(p < count)).is_ok() && r.remaining() > 0 {}
            }
        }
    }
}
