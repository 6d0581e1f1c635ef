//! `residual_block_cavlc()`, 7.3.5.3.2 and 9.2.

use super::tables::{
    COEFF_TOKEN_CHROMA_DC_422_LOOKUP, COEFF_TOKEN_CHROMA_DC_LOOKUP, COEFF_TOKEN_LOOKUP, RUN_BEFORE_LOOKUP,
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
    let window = r.peek32();
    let entry = match token {
        Token::Count(0..=1) => COEFF_TOKEN_LOOKUP[0][lookup_index(window)],
        Token::Count(2..=3) => COEFF_TOKEN_LOOKUP[1][lookup_index(window)],
        Token::Count(4..=7) => COEFF_TOKEN_LOOKUP[2][lookup_index(window)],
        Token::Count(_) => {
            // Six bits: TotalCoeff - 1 and TrailingOnes, with one code out of line for no coefficients.
            let code = (window >> 26) as u16;
            if code == 3 { 6 } else { (code + 4) << 8 | 6 }
        }
        Token::ChromaDc => COEFF_TOKEN_CHROMA_DC_LOOKUP[lookup_index(window)],
        Token::ChromaDc422 => COEFF_TOKEN_CHROMA_DC_422_LOOKUP[lookup_index(window)],
    };
    let (total, trailing) = (usize::from(entry >> 10), usize::from(entry >> 8 & 3));
    if entry == 0 || total > count || trailing > total {
        return Err(r.invalid("coeff_token"));
    }
    r.advance(usize::from(entry & 0xff));
    if total == 0 {
        r.check()?;
        return Ok(0);
    }

    let mut levels = [0i32; 16];
    let window = r.peek32();
    for (i, level) in levels[..trailing].iter_mut().enumerate() {
        *level = 1 - 2 * (window >> (31 - i) & 1) as i32;
    }
    r.advance(trailing);
    let mut suffix_length = u32::from(total > 10 && trailing < 3);
    for i in trailing..total {
        let window = r.peek32();
        let prefix = window.leading_zeros();
        if prefix > 15 + 10 {
            return Err(r.invalid("level_prefix"));
        }
        r.advance(prefix as usize + 1);
        let suffix_size = match prefix {
            14 if suffix_length == 0 => 4,
            0..=14 => suffix_length,
            _ => prefix - 3,
        };
        let mut code = (prefix.min(15) << suffix_length) as i32;
        if suffix_size > 0 {
            code += r.peek(suffix_size) as i32;
            r.advance(suffix_size as usize);
        }
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

    let mut zeros_left = 0;
    if total < count {
        let window = r.peek32();
        let entry = match token {
            Token::ChromaDc => TOTAL_ZEROS_CHROMA_DC_LOOKUP[(total - 1).min(2)][lookup_index(window)],
            Token::ChromaDc422 => TOTAL_ZEROS_CHROMA_DC_422_LOOKUP[(total - 1).min(6)][lookup_index(window)],
            Token::Count(_) => TOTAL_ZEROS_LOOKUP[(total - 1).min(14)][lookup_index(window)],
        };
        zeros_left = usize::from(entry >> 8);
        if entry == 0 || zeros_left + total > count {
            return Err(r.invalid("total_zeros"));
        }
        r.advance(usize::from(entry & 0xff));
    }
    let mut position = zeros_left + total - 1;
    for (i, &level) in levels[..total].iter().enumerate() {
        put(position, level);
        if zeros_left > 0 && i + 1 < total {
            let entry = RUN_BEFORE_LOOKUP[(zeros_left - 1).min(6)][lookup_index(r.peek32())];
            let run = usize::from(entry >> 8);
            if entry == 0 || run > zeros_left {
                return Err(r.invalid("run_before"));
            }
            r.advance(usize::from(entry & 0xff));
            zeros_left -= run;
            position -= run;
        }
        position = position.wrapping_sub(1);
    }
    r.check()?;
    Ok(total as u8)
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
