//! Variable length codes of 9.2: written as the standard's tables, and turned at compile time into what decoding looks up.

/// A codeword: its length in bits and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    /// Length in bits; 0 where the table has no entry.
    pub(crate) len: u8,
    /// The bits, right-aligned.
    pub(crate) bits: u8,
}

const fn codes<const N: usize>(len: [u8; N], bits: [u8; N]) -> [Code; N] {
    let mut t = [Code { len: 0, bits: 0 }; N];
    let mut i = 0;
    while i < N {
        t[i] = Code { len: len[i], bits: bits[i] };
        i += 1;
    }
    t
}

const fn code_rows<const N: usize, const M: usize>(len: [[u8; M]; N], bits: [[u8; M]; N]) -> [[Code; M]; N] {
    let mut t = [[Code { len: 0, bits: 0 }; M]; N];
    let mut i = 0;
    while i < N {
        t[i] = codes(len[i], bits[i]);
        i += 1;
    }
    t
}

/// `coeff_token`, table 9-5, for 0 <= nC < 2, 2 <= nC < 4, 4 <= nC < 8 and 8 <= nC: entry 4 * `TotalCoeff` + `TrailingOnes`.
pub(crate) const COEFF_TOKEN: [[Code; 68]; 4] = code_rows(
    [
        [
            1, 0, 0, 0, 6, 2, 0, 0, 8, 6, 3, 0, 9, 8, 7, 5, 10, 9, 8, 6, 11, 10, 9, 7, 13, 11, 10, 8, 13, 13, 11, 9,
            13, 13, 13, 10, 14, 14, 13, 11, 14, 14, 14, 13, 15, 15, 14, 14, 15, 15, 15, 14, 16, 15, 15, 15, 16, 16, 16,
            15, 16, 16, 16, 16, 16, 16, 16, 16,
        ],
        [
            2, 0, 0, 0, 6, 2, 0, 0, 6, 5, 3, 0, 7, 6, 6, 4, 8, 6, 6, 4, 8, 7, 7, 5, 9, 8, 8, 6, 11, 9, 9, 6, 11, 11,
            11, 7, 12, 11, 11, 9, 12, 12, 12, 11, 12, 12, 12, 11, 13, 13, 13, 12, 13, 13, 13, 13, 13, 14, 13, 13, 14,
            14, 14, 13, 14, 14, 14, 14,
        ],
        [
            4, 0, 0, 0, 6, 4, 0, 0, 6, 5, 4, 0, 6, 5, 5, 4, 7, 5, 5, 4, 7, 5, 5, 4, 7, 6, 6, 4, 7, 6, 6, 4, 8, 7, 7, 5,
            8, 8, 7, 6, 9, 8, 8, 7, 9, 9, 8, 8, 9, 9, 9, 8, 10, 9, 9, 9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10,
            10,
        ],
        [
            6, 0, 0, 0, 6, 6, 0, 0, 6, 6, 6, 0, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
            6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
        ],
    ],
    [
        [
            1, 0, 0, 0, 5, 1, 0, 0, 7, 4, 1, 0, 7, 6, 5, 3, 7, 6, 5, 3, 7, 6, 5, 4, 15, 6, 5, 4, 11, 14, 5, 4, 8, 10,
            13, 4, 15, 14, 9, 4, 11, 10, 13, 12, 15, 14, 9, 12, 11, 10, 13, 8, 15, 1, 9, 12, 11, 14, 13, 8, 7, 10, 9,
            12, 4, 6, 5, 8,
        ],
        [
            3, 0, 0, 0, 11, 2, 0, 0, 7, 7, 3, 0, 7, 10, 9, 5, 7, 6, 5, 4, 4, 6, 5, 6, 7, 6, 5, 8, 15, 6, 5, 4, 11, 14,
            13, 4, 15, 10, 9, 4, 11, 14, 13, 12, 8, 10, 9, 8, 15, 14, 13, 12, 11, 10, 9, 12, 7, 11, 6, 8, 9, 8, 10, 1,
            7, 6, 5, 4,
        ],
        [
            15, 0, 0, 0, 15, 14, 0, 0, 11, 15, 13, 0, 8, 12, 14, 12, 15, 10, 11, 11, 11, 8, 9, 10, 9, 14, 13, 9, 8, 10,
            9, 8, 15, 14, 13, 13, 11, 14, 10, 12, 15, 10, 13, 12, 11, 14, 9, 12, 8, 10, 13, 8, 13, 7, 9, 12, 9, 12, 11,
            10, 5, 8, 7, 6, 1, 4, 3, 2,
        ],
        [
            3, 0, 0, 0, 0, 1, 0, 0, 4, 5, 6, 0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
            26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
            53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
        ],
    ],
);

/// `coeff_token` for nC = -1 (chroma DC of 4:2:0), laid out like [`COEFF_TOKEN`].
pub(crate) const COEFF_TOKEN_CHROMA_DC: [Code; 20] = codes(
    [2, 0, 0, 0, 6, 1, 0, 0, 6, 6, 3, 0, 6, 7, 7, 6, 6, 8, 8, 7],
    [1, 0, 0, 0, 7, 1, 0, 0, 4, 6, 1, 0, 3, 3, 2, 5, 2, 3, 2, 0],
);

/// `coeff_token` for nC = -2 (chroma DC of 4:2:2), laid out like [`COEFF_TOKEN`].
pub(crate) const COEFF_TOKEN_CHROMA_DC_422: [Code; 36] = codes(
    [
        1, 0, 0, 0, 7, 2, 0, 0, 7, 7, 3, 0, 9, 7, 7, 5, 9, 9, 7, 6, 10, 10, 9, 7, 11, 11, 10, 7, 12, 12, 11, 10, 13,
        12, 12, 11,
    ],
    [1, 0, 0, 0, 15, 1, 0, 0, 14, 13, 1, 0, 7, 12, 11, 1, 6, 5, 10, 1, 7, 6, 4, 9, 7, 6, 5, 8, 7, 6, 5, 4, 7, 5, 4, 4],
);

/// `total_zeros` of blocks of 15 and 16 coefficients, tables 9-7 and 9-8: row `TotalCoeff` - 1.
pub(crate) const TOTAL_ZEROS: [[Code; 16]; 15] = code_rows(
    [
        [1, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 9],
        [3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6, 6, 6, 6, 0],
        [4, 3, 3, 3, 4, 4, 3, 3, 4, 5, 5, 6, 5, 6, 0, 0],
        [5, 3, 4, 4, 3, 3, 3, 4, 3, 4, 5, 5, 5, 0, 0, 0],
        [4, 4, 4, 3, 3, 3, 3, 3, 4, 5, 4, 5, 0, 0, 0, 0],
        [6, 5, 3, 3, 3, 3, 3, 3, 4, 3, 6, 0, 0, 0, 0, 0],
        [6, 5, 3, 3, 3, 2, 3, 4, 3, 6, 0, 0, 0, 0, 0, 0],
        [6, 4, 5, 3, 2, 2, 3, 3, 6, 0, 0, 0, 0, 0, 0, 0],
        [6, 6, 4, 2, 2, 3, 2, 5, 0, 0, 0, 0, 0, 0, 0, 0],
        [5, 5, 3, 2, 2, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [4, 4, 3, 3, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [4, 4, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [3, 3, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    [
        [1, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 1],
        [7, 6, 5, 4, 3, 5, 4, 3, 2, 3, 2, 3, 2, 1, 0, 0],
        [5, 7, 6, 5, 4, 3, 4, 3, 2, 3, 2, 1, 1, 0, 0, 0],
        [3, 7, 5, 4, 6, 5, 4, 3, 3, 2, 2, 1, 0, 0, 0, 0],
        [5, 4, 3, 7, 6, 5, 4, 3, 2, 1, 1, 0, 0, 0, 0, 0],
        [1, 1, 7, 6, 5, 4, 3, 2, 1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 5, 4, 3, 3, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 3, 3, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 1, 3, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 1, 3, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
);

/// `total_zeros` of chroma DC of 4:2:0, table 9-9 (a): row `TotalCoeff` - 1.
pub(crate) const TOTAL_ZEROS_CHROMA_DC: [[Code; 4]; 3] =
    code_rows([[1, 2, 3, 3], [1, 2, 2, 0], [1, 1, 0, 0]], [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]);

/// `total_zeros` of chroma DC of 4:2:2, table 9-9 (b): row `TotalCoeff` - 1.
pub(crate) const TOTAL_ZEROS_CHROMA_DC_422: [[Code; 8]; 7] = code_rows(
    [
        [1, 3, 3, 4, 4, 4, 5, 5],
        [3, 2, 3, 3, 3, 3, 3, 0],
        [3, 3, 2, 2, 3, 3, 0, 0],
        [3, 2, 2, 2, 3, 0, 0, 0],
        [2, 2, 2, 2, 0, 0, 0, 0],
        [2, 2, 1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0],
    ],
    [
        [1, 2, 3, 2, 3, 1, 1, 0],
        [0, 1, 1, 4, 5, 6, 7, 0],
        [0, 1, 1, 2, 6, 7, 0, 0],
        [6, 0, 1, 2, 7, 0, 0, 0],
        [0, 1, 2, 3, 0, 0, 0, 0],
        [0, 1, 1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0, 0],
    ],
);

/// `run_before`, table 9-10: row min(`zerosLeft`, 7) - 1.
pub(crate) const RUN_BEFORE: [[Code; 16]; 7] = code_rows(
    [
        [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [2, 2, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [2, 2, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [2, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [3, 3, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0],
    ],
    [
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [3, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [3, 2, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [3, 0, 1, 3, 2, 5, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [7, 6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
    ],
);

/// `coded_block_pattern` by `codeNum` of me(v), table 9-4 (a): `Intra_4x4` and `Intra_8x8`.
pub(crate) const CBP_INTRA: [u8; 48] = [
    47, 31, 15, 0, 23, 27, 29, 30, 7, 11, 13, 14, 39, 43, 45, 46, 16, 3, 5, 10, 12, 19, 21, 26, 28, 35, 37, 42, 44, 1,
    2, 4, 8, 17, 18, 20, 24, 6, 9, 22, 25, 32, 33, 34, 36, 40, 38, 41,
];

/// The same for the other macroblock types that send it.
pub(crate) const CBP_INTER: [u8; 48] = [
    0, 16, 1, 2, 4, 8, 32, 3, 5, 10, 12, 15, 47, 7, 11, 13, 14, 6, 9, 31, 35, 37, 42, 44, 33, 34, 36, 40, 39, 43, 45,
    46, 17, 18, 20, 24, 19, 21, 26, 28, 23, 27, 29, 30, 22, 25, 38, 41,
];

/// `coded_block_pattern` without chroma by `codeNum` of me(v), table 9-4 (b): `Intra_4x4` and `Intra_8x8`.
pub(crate) const CBP_INTRA_LUMA: [u8; 16] = [15, 0, 7, 11, 13, 14, 3, 5, 10, 12, 1, 2, 4, 8, 6, 9];

/// The same for the other macroblock types that send it.
pub(crate) const CBP_INTER_LUMA: [u8; 16] = [0, 1, 2, 4, 8, 3, 5, 10, 12, 15, 7, 11, 13, 14, 6, 9];

/// Number of entries of a lookup by leading zeros (at most 15) and the 3 bits after the first one bit.
const LOOKUP: usize = 16 * 8;

/// Where the next codeword of a table of at most 16 bits a code and at most 4 significant bits a code is looked up:
/// `window` holds the next bits of the stream, left-aligned.
#[inline]
pub(crate) fn lookup_index(window: u32) -> usize {
    let zeros = (window | 1 << 16).leading_zeros();
    ((zeros << 3) | ((window << 1 << zeros) >> 29)) as usize & (LOOKUP - 1)
}

/// The lookup table of `codes`: entry number of the codeword in the high byte, length in the low byte; 0 for no codeword.
const fn lookup<const N: usize>(codes: &[Code; N]) -> [u16; LOOKUP] {
    let mut t = [0; LOOKUP];
    let mut i = 0;
    while i < LOOKUP {
        // The 20 bits that begin with these zeros, a one, and these three bits.
        let window = ((8 | i & 7) << 16) >> (i >> 3);
        let mut n = 0;
        while n < N {
            let Code { len, bits } = codes[n];
            if len > 0 && window >> (20 - len) == bits as usize {
                t[i] = (n << 8) as u16 | len as u16;
            }
            n += 1;
        }
        i += 1;
    }
    t
}

const fn lookup_rows<const N: usize, const M: usize>(rows: &[[Code; M]; N]) -> [[u16; LOOKUP]; N] {
    let mut t = [[0; LOOKUP]; N];
    let mut i = 0;
    while i < N {
        t[i] = lookup(&rows[i]);
        i += 1;
    }
    t
}

/// Lookup of the first three tables of [`COEFF_TOKEN`]; the fourth has fixed-length codes.
pub(crate) static COEFF_TOKEN_LOOKUP: [[u16; LOOKUP]; 3] =
    lookup_rows(&[COEFF_TOKEN[0], COEFF_TOKEN[1], COEFF_TOKEN[2]]);
/// Lookup of [`COEFF_TOKEN_CHROMA_DC`].
pub(crate) static COEFF_TOKEN_CHROMA_DC_LOOKUP: [u16; LOOKUP] = lookup(&COEFF_TOKEN_CHROMA_DC);
/// Lookup of [`COEFF_TOKEN_CHROMA_DC_422`].
pub(crate) static COEFF_TOKEN_CHROMA_DC_422_LOOKUP: [u16; LOOKUP] = lookup(&COEFF_TOKEN_CHROMA_DC_422);
/// Lookup of [`TOTAL_ZEROS`].
pub(crate) static TOTAL_ZEROS_LOOKUP: [[u16; LOOKUP]; 15] = lookup_rows(&TOTAL_ZEROS);
/// Lookup of [`TOTAL_ZEROS_CHROMA_DC`].
pub(crate) static TOTAL_ZEROS_CHROMA_DC_LOOKUP: [[u16; LOOKUP]; 3] = lookup_rows(&TOTAL_ZEROS_CHROMA_DC);
/// Lookup of [`TOTAL_ZEROS_CHROMA_DC_422`].
pub(crate) static TOTAL_ZEROS_CHROMA_DC_422_LOOKUP: [[u16; LOOKUP]; 7] = lookup_rows(&TOTAL_ZEROS_CHROMA_DC_422);
/// [`RUN_BEFORE`] by the next three bits: the run in the high half, the length of its code in the low half; 0 for longer codes.
pub(crate) static RUN_BEFORE_SHORT: [[u8; 8]; 7] = {
    let mut t = [[0; 8]; 7];
    let mut i = 0;
    while i < 7 * 8 {
        let mut run = 0;
        while run < 16 {
            let Code { len, bits } = RUN_BEFORE[i / 8][run];
            if len > 0 && len <= 3 && (i % 8) >> (3 - len) == bits as usize {
                t[i / 8][i % 8] = (run as u8) << 4 | len;
            }
            run += 1;
        }
        i += 1;
    }
    t
};

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codes: &[Code], complete: bool, look: Option<&[u16; LOOKUP]>) {
        let used: std::vec::Vec<_> = codes.iter().enumerate().filter(|(_, c)| c.len > 0).collect();
        let mut kraft = 0u32;
        for (i, a) in &used {
            kraft += 1 << (16 - a.len);
            for (j, b) in &used {
                let n = a.len.min(b.len);
                assert!(
                    i == j || a.bits as u32 >> (a.len - n) != b.bits as u32 >> (b.len - n),
                    "{a:?} is a prefix of {b:?}"
                );
            }
            if let Some(t) = look {
                for tail in [0u32, u32::MAX, 0x5a5a_5a5a] {
                    let window = (u32::from(a.bits) << 16 << (16 - a.len)) | (tail >> a.len);
                    assert_eq!(t[lookup_index(window)], (*i as u16) << 8 | u16::from(a.len), "{a:?}");
                }
            }
        }
        assert!(kraft <= 1 << 16);
        assert_eq!(kraft == 1 << 16, complete, "{kraft}");
    }

    #[test]
    fn codes_are_prefix_free_and_found() {
        for (i, t) in COEFF_TOKEN.iter().enumerate() {
            assert_eq!(t.iter().filter(|c| c.len > 0).count(), 62);
            check(t, false, COEFF_TOKEN_LOOKUP.get(i));
        }
        check(&COEFF_TOKEN_CHROMA_DC, true, Some(&COEFF_TOKEN_CHROMA_DC_LOOKUP));
        for (i, t) in TOTAL_ZEROS.iter().enumerate() {
            assert_eq!(t.iter().filter(|c| c.len > 0).count(), 16 - i);
            check(t, i != 0, Some(&TOTAL_ZEROS_LOOKUP[i]));
        }
        assert_eq!(COEFF_TOKEN_CHROMA_DC_422.iter().filter(|c| c.len > 0).count(), 30);
        check(&COEFF_TOKEN_CHROMA_DC_422, false, Some(&COEFF_TOKEN_CHROMA_DC_422_LOOKUP));
        for (i, (t, l)) in TOTAL_ZEROS_CHROMA_DC_422.iter().zip(&TOTAL_ZEROS_CHROMA_DC_422_LOOKUP).enumerate() {
            assert_eq!(t.iter().filter(|c| c.len > 0).count(), 8 - i);
            check(t, true, Some(l));
        }
        for (t, l) in TOTAL_ZEROS_CHROMA_DC.iter().zip(&TOTAL_ZEROS_CHROMA_DC_LOOKUP) {
            check(t, true, Some(l));
        }
        for (i, t) in RUN_BEFORE.iter().enumerate() {
            check(t, i != 6, None);
            let found = |c: &Code| RUN_BEFORE_SHORT[i][usize::from(c.bits) << (3 - c.len)];
            for (run, c) in t.iter().enumerate().filter(|(_, c)| c.len > 0) {
                if c.len <= 3 {
                    assert_eq!(found(c), (run as u8) << 4 | c.len);
                } else {
                    // What decoding takes for granted of the codes that are not in the table.
                    assert_eq!((i, RUN_BEFORE_SHORT[i][0], c.bits, usize::from(c.len)), (6, 0, 1, run - 3));
                }
            }
        }
    }

    #[test]
    fn cbp_tables_are_permutations() {
        for t in [&CBP_INTRA[..], &CBP_INTER, &CBP_INTRA_LUMA, &CBP_INTER_LUMA] {
            let mut t = t.to_vec();
            t.sort_unstable();
            assert!(t.iter().enumerate().all(|(i, &v)| i == usize::from(v)));
        }
    }
}
