//! Huffman codes of scalefactors and spectrum (ISO/IEC 14496-3 4.6.3).
//!
//! Each codebook becomes a table of two levels when the crate is compiled: [`FIRST`] bits choose an entry, which is either a
//! codeword with its values or the place of a smaller table for what is longer. An entry has 16 bits: bit 15 tells the
//! two kinds apart, bits 10 to 14 are the whole codeword's length (or the bits that choose in the smaller table), and bits
//! 0 to 9 the values: four of 2 bits, two of 5 bits, or one of 10 (or the smaller table's first entry).

mod tables;
#[cfg(feature = "aac-enc")]
pub(crate) mod write;

use crate::bits::BitReader;
use crate::error::Result;
use tables::*;

/// Bits that choose an entry of the first level.
const FIRST: u32 = 8;
/// Entries of the first level.
const FIRST_LEN: usize = 1 << FIRST;
/// Marks an entry that leads to a smaller table.
const LONGER: u16 = 0x8000;

/// What the indices of a codebook stand for.
#[derive(Clone, Copy)]
enum Values {
    /// The index itself.
    Index,
    /// Four values of `modulo` steps each, kept as they are (with an offset of 1 if the codebook has signs).
    Quad,
    /// Two values of `modulo` steps each, likewise.
    Pair(usize),
}

impl Values {
    const fn pack(self, index: usize) -> u16 {
        let packed = match self {
            Values::Index => index,
            Values::Quad => ((index / 27) << 6) | ((index / 9 % 3) << 4) | ((index / 3 % 3) << 2) | (index % 3),
            Values::Pair(modulo) => ((index / modulo) << 5) | (index % modulo),
        };
        packed as u16
    }
}

/// The entries that a codebook needs in both levels.
const fn entries(bits: &[u8], codes: &[u32]) -> usize {
    let mut depth = [0u32; FIRST_LEN];
    let mut i = 0;
    while i < bits.len() {
        let len = bits[i] as u32;
        if len > FIRST {
            let prefix = (codes[i] >> (len - FIRST)) as usize;
            if len - FIRST > depth[prefix] {
                depth[prefix] = len - FIRST;
            }
        }
        i += 1;
    }
    let mut total = FIRST_LEN;
    let mut p = 0;
    while p < FIRST_LEN {
        if depth[p] > 0 {
            total += 1 << depth[p];
        }
        p += 1;
    }
    total
}

/// Builds the table of a codebook.
const fn build<const N: usize>(bits: &[u8], codes: &[u32], values: Values) -> [u16; N] {
    let mut table = [0u16; N];
    // Room for the smaller tables first.
    let mut depth = [0u32; FIRST_LEN];
    let mut i = 0;
    while i < bits.len() {
        let len = bits[i] as u32;
        if len > FIRST {
            let prefix = (codes[i] >> (len - FIRST)) as usize;
            if len - FIRST > depth[prefix] {
                depth[prefix] = len - FIRST;
            }
        }
        i += 1;
    }
    let mut next = 0;
    let mut p = 0;
    while p < FIRST_LEN {
        if depth[p] > 0 {
            assert!(next < 1024);
            table[p] = LONGER | (depth[p] as u16) << 10 | next as u16;
            next += 1 << depth[p];
        }
        p += 1;
    }
    assert!(FIRST_LEN + next == N);
    let mut i = 0;
    while i < bits.len() {
        let len = bits[i] as u32;
        let entry = (len as u16) << 10 | values.pack(i);
        let (start, free) = if len > FIRST {
            let prefix = (codes[i] >> (len - FIRST)) as usize;
            let depth = depth[prefix];
            let free = FIRST + depth - len;
            let inside = (codes[i] & ((1 << (len - FIRST)) - 1)) << free;
            (FIRST_LEN + (table[prefix] & 0x3ff) as usize + inside as usize, free)
        } else {
            ((codes[i] << (FIRST - len)) as usize, FIRST - len)
        };
        let mut k = 0;
        while k < 1 << free {
            // A codeword that meets another would be no prefix code.
            assert!(table[start + k] == 0);
            table[start + k] = entry;
            k += 1;
        }
        i += 1;
    }
    table
}

macro_rules! codebook {
    ($name:ident, $bits:ident, $codes:ident, $values:expr) => {
        static $name: [u16; entries(&$bits, &$codes)] = build(&$bits, &$codes, $values);
    };
}

codebook!(SCALEFACTOR, SCALEFACTOR_BITS, SCALEFACTOR_CODES, Values::Index);
codebook!(BOOK_1, SPECTRUM_1_BITS, SPECTRUM_1_CODES, Values::Quad);
codebook!(BOOK_2, SPECTRUM_2_BITS, SPECTRUM_2_CODES, Values::Quad);
codebook!(BOOK_3, SPECTRUM_3_BITS, SPECTRUM_3_CODES, Values::Quad);
codebook!(BOOK_4, SPECTRUM_4_BITS, SPECTRUM_4_CODES, Values::Quad);
codebook!(BOOK_5, SPECTRUM_5_BITS, SPECTRUM_5_CODES, Values::Pair(9));
codebook!(BOOK_6, SPECTRUM_6_BITS, SPECTRUM_6_CODES, Values::Pair(9));
codebook!(BOOK_7, SPECTRUM_7_BITS, SPECTRUM_7_CODES, Values::Pair(8));
codebook!(BOOK_8, SPECTRUM_8_BITS, SPECTRUM_8_CODES, Values::Pair(8));
codebook!(BOOK_9, SPECTRUM_9_BITS, SPECTRUM_9_CODES, Values::Pair(13));
codebook!(BOOK_10, SPECTRUM_10_BITS, SPECTRUM_10_CODES, Values::Pair(13));
codebook!(BOOK_11, SPECTRUM_11_BITS, SPECTRUM_11_CODES, Values::Pair(17));

/// The entry of the codeword at the head of `window`.
#[inline(always)]
fn look_up(table: &[u16], window: u32) -> u16 {
    let entry = table[(window >> (32 - FIRST)) as usize];
    if entry & LONGER == 0 {
        return entry;
    }
    let bits = u32::from(entry >> 10 & 31);
    let inside = (window << FIRST) >> (32 - bits);
    table[FIRST_LEN + usize::from(entry & 0x3ff) + inside as usize]
}

/// A codeword of the scalefactor codebook: the difference, -60 to 60.
///
/// # Errors
/// `UnexpectedEnd`.
#[inline]
pub(crate) fn scalefactor(r: &mut BitReader<'_>) -> Result<i32> {
    let entry = look_up(&SCALEFACTOR, r.peek32());
    r.skip(usize::from(entry >> 10))?;
    Ok(i32::from(entry & 0x3ff) - 60)
}

/// Reads the quantised spectrum of one scalefactor band of one window with codebook `book`, 1 to 11, or a virtual one. The length of `out` is a
/// multiple of 4.
///
/// # Errors
/// `UnexpectedEnd`, `Invalid` for an escape that is too long.
#[inline]
pub(crate) fn spectrum(r: &mut BitReader<'_>, book: u8, out: &mut [i16]) -> Result<()> {
    match book {
        1 => signed_quads(r, &BOOK_1, out),
        2 => signed_quads(r, &BOOK_2, out),
        3 => quads(r, &BOOK_3, out),
        4 => quads(r, &BOOK_4, out),
        5 => signed_pairs(r, &BOOK_5, out),
        6 => signed_pairs(r, &BOOK_6, out),
        7 => pairs(r, &BOOK_7, out),
        8 => pairs(r, &BOOK_8, out),
        9 => pairs(r, &BOOK_9, out),
        10 => pairs(r, &BOOK_10, out),
        11 | 16..=31 => escapes(r, out)?,
        _ => return Err(r.invalid("sect_cb")),
    }
    r.check()
}

/// The codeword of codebook `book`, with signs and escapes, at the head of `window`: its values and length. `None` if it is none; what
/// lies behind the bits that are there must be zeros, and shows in the length.
pub(crate) fn codeword(book: u8, window: u64) -> Option<([i16; 4], u32)> {
    let (table, kind): (&[u16], _) = match book {
        1 => (&BOOK_1, Values::Quad),
        2 => (&BOOK_2, Values::Quad),
        3 => (&BOOK_3, Values::Quad),
        4 => (&BOOK_4, Values::Quad),
        5 => (&BOOK_5, Values::Pair(9)),
        6 => (&BOOK_6, Values::Pair(9)),
        7 => (&BOOK_7, Values::Pair(8)),
        8 => (&BOOK_8, Values::Pair(8)),
        9 => (&BOOK_9, Values::Pair(13)),
        10 => (&BOOK_10, Values::Pair(13)),
        11 | 16..=31 => (&BOOK_11, Values::Pair(17)),
        _ => return None,
    };
    let entry = look_up(table, (window >> 32) as u32);
    let mut used = u32::from(entry >> 10);
    let mut values = match kind {
        Values::Quad => four(entry),
        _ => {
            let [a, b] = two(entry);
            [a, b, 0, 0]
        }
    };
    match book {
        1 | 2 => values = values.map(|v| v - 1),
        5 | 6 => values = [values[0] - 4, values[1] - 4, 0, 0],
        _ => {
            for v in values.iter_mut().filter(|v| **v != 0) {
                if window << used >> 63 != 0 {
                    *v = -*v;
                }
                used += 1;
            }
        }
    }
    if book >= 11 {
        for v in values.iter_mut().filter(|v| v.unsigned_abs() == 16) {
            let rest = window << used;
            let ones = rest.leading_ones();
            if ones > 8 {
                return None;
            }
            let bits = ones + 4;
            let low = (rest << (ones + 1) >> (64 - bits)) as i16;
            *v = ((1 << bits) + low) * v.signum();
            used += ones + 1 + bits;
        }
    }
    Some((values, used))
}

/// The four values of an entry.
#[inline(always)]
fn four(entry: u16) -> [i16; 4] {
    [entry >> 6 & 3, entry >> 4 & 3, entry >> 2 & 3, entry & 3].map(|v| v as i16)
}

/// The two values of an entry.
#[inline(always)]
fn two(entry: u16) -> [i16; 2] {
    [(entry >> 5 & 31) as i16, (entry & 31) as i16]
}

/// `value` with the sign that `window` begins with, if it is not 0, and what follows in the window.
#[inline(always)]
fn sign(value: i16, window: u32) -> (i16, u32, usize) {
    let negative = (window as i32 >> 31) as i16;
    let coded = u32::from(value != 0);
    ((value ^ negative).wrapping_sub(negative), window << coded, coded as usize)
}

#[inline]
fn signed_quads(r: &mut BitReader<'_>, table: &[u16], out: &mut [i16]) {
    for out in out.as_chunks_mut::<4>().0 {
        let entry = look_up(table, r.peek32());
        r.advance(usize::from(entry >> 10));
        *out = four(entry).map(|v| v - 1);
    }
}

#[inline]
fn quads(r: &mut BitReader<'_>, table: &[u16], out: &mut [i16]) {
    for out in out.as_chunks_mut::<4>().0 {
        // A codeword of at most 16 bits and four signs fit the window.
        let window = r.peek32();
        let entry = look_up(table, window);
        let mut len = usize::from(entry >> 10);
        let mut window = window << len;
        *out = four(entry);
        for v in out {
            let coded;
            (*v, window, coded) = sign(*v, window);
            len += coded;
        }
        r.advance(len);
    }
}

#[inline]
fn signed_pairs(r: &mut BitReader<'_>, table: &[u16], out: &mut [i16]) {
    for out in out.as_chunks_mut::<2>().0 {
        let entry = look_up(table, r.peek32());
        r.advance(usize::from(entry >> 10));
        *out = two(entry).map(|v| v - 4);
    }
}

/// A pair with its signs.
#[inline(always)]
fn pair(r: &mut BitReader<'_>, table: &[u16]) -> [i16; 2] {
    let window = r.peek32();
    let entry = look_up(table, window);
    let len = usize::from(entry >> 10);
    let [a, b] = two(entry);
    let (a, window, first) = sign(a, window << len);
    let (b, _, second) = sign(b, window);
    r.advance(len + first + second);
    [a, b]
}

#[inline]
fn pairs(r: &mut BitReader<'_>, table: &[u16], out: &mut [i16]) {
    for out in out.as_chunks_mut::<2>().0 {
        *out = pair(r, table);
    }
}

#[inline]
fn escapes(r: &mut BitReader<'_>, out: &mut [i16]) -> Result<()> {
    for out in out.as_chunks_mut::<2>().0 {
        *out = pair(r, &BOOK_11);
        for v in out {
            if v.unsigned_abs() == 16 {
                *v = escape(r)? * v.signum();
            }
        }
    }
    Ok(())
}

/// `hcod_esc_y`, 4.6.3.3: 16 to 8191.
fn escape(r: &mut BitReader<'_>) -> Result<i16> {
    let ones = r.peek32().leading_ones();
    if ones > 8 {
        return Err(r.invalid("hcod_esc_y"));
    }
    r.advance(ones as usize + 1);
    let bits = ones + 4;
    let rest = r.peek(bits);
    r.advance(bits as usize);
    Ok(((1 << bits) + rest) as i16)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::bits::BitWriter;
    use std::vec::Vec;

    /// Codebook, lengths, codes, values a codeword, steps a value, offset, whether signs follow.
    type Book = (u8, &'static [u8], &'static [u32], usize, i32, i32, bool);
    const BOOKS: [Book; 11] = [
        (1, &SPECTRUM_1_BITS, &SPECTRUM_1_CODES, 4, 3, 1, false),
        (2, &SPECTRUM_2_BITS, &SPECTRUM_2_CODES, 4, 3, 1, false),
        (3, &SPECTRUM_3_BITS, &SPECTRUM_3_CODES, 4, 3, 0, true),
        (4, &SPECTRUM_4_BITS, &SPECTRUM_4_CODES, 4, 3, 0, true),
        (5, &SPECTRUM_5_BITS, &SPECTRUM_5_CODES, 2, 9, 4, false),
        (6, &SPECTRUM_6_BITS, &SPECTRUM_6_CODES, 2, 9, 4, false),
        (7, &SPECTRUM_7_BITS, &SPECTRUM_7_CODES, 2, 8, 0, true),
        (8, &SPECTRUM_8_BITS, &SPECTRUM_8_CODES, 2, 8, 0, true),
        (9, &SPECTRUM_9_BITS, &SPECTRUM_9_CODES, 2, 13, 0, true),
        (10, &SPECTRUM_10_BITS, &SPECTRUM_10_CODES, 2, 13, 0, true),
        (11, &SPECTRUM_11_BITS, &SPECTRUM_11_CODES, 2, 17, 0, true),
    ];

    /// Writes a codeword of `book` with its signs and escapes.
    pub(crate) fn write(w: &mut BitWriter, book: u8, values: &[i16]) {
        let book = if book >= 16 { 11 } else { book };
        let &(_, bits, codes, n, modulo, offset, signs) = &BOOKS[usize::from(book) - 1];
        let size = |v: i16| if signs { i32::from(v.abs()).min(modulo - 1) } else { i32::from(v) + offset };
        let index = values[..n].iter().fold(0, |i, &v| i * modulo + size(v)) as usize;
        w.u(codes[index], bits[index].into());
        if signs {
            values[..n].iter().filter(|&&v| v != 0).for_each(|&v| w.flag(v < 0));
        }
        if book == 11 {
            for v in values[..n].iter().map(|v| v.unsigned_abs()).filter(|&v| v >= 16) {
                let bits = 15 - v.leading_zeros();
                w.u((1 << (bits - 4)) - 1, bits - 4);
                w.flag(false);
                w.u(u32::from(v) & ((1 << bits) - 1), bits);
            }
        }
    }

    #[test]
    fn codes_are_complete_prefix_codes() {
        let all = BOOKS.iter().map(|b| (b.1, b.2)).chain([(&SCALEFACTOR_BITS[..], &SCALEFACTOR_CODES[..])]);
        for (bits, codes) in all {
            assert_eq!(bits.iter().map(|&b| 1u64 << (32 - b)).sum::<u64>(), 1 << 32, "Kraft's sum is 1");
            let mut ranges: Vec<(u64, u64)> =
                bits.iter().zip(codes).map(|(&b, &c)| (u64::from(c) << (32 - b), 1u64 << (32 - b))).collect();
            ranges.sort_unstable();
            assert!(ranges.windows(2).all(|w| w[0].0 + w[0].1 == w[1].0), "no codeword begins another");
            // A property of all these codebooks: values of codewords rise with their lengths.
            assert!(ranges.windows(2).all(|w| w[0].1 >= w[1].1));
        }
    }

    #[test]
    fn lengths_hardly_depend_on_signs_and_order() {
        for &(book, bits, _, n, modulo, offset, _) in &BOOKS {
            if offset == 0 && n == 2 {
                // Unsigned pairs: changing the values' places changes the length by at most 2 bits.
                for (i, &b) in bits.iter().enumerate() {
                    let (x, y) = (i as i32 / modulo, i as i32 % modulo);
                    assert!(b.abs_diff(bits[(y * modulo + x) as usize]) <= 2, "book {book} ({x}, {y})");
                }
            }
            if offset != 0 {
                // Signed: the negated values have nearly the same length.
                for (i, &b) in bits.iter().enumerate() {
                    assert!(b.abs_diff(bits[bits.len() - 1 - i]) <= 1, "book {book} index {i}");
                }
            }
        }
    }

    #[test]
    fn every_codeword_is_read_as_written() {
        for &(book, bits, codes, n, modulo, offset, signs) in &BOOKS {
            let mut w = BitWriter::new();
            let mut expected = Vec::new();
            for pass in 0..2 {
                for (i, (&b, &c)) in bits.iter().zip(codes).enumerate() {
                    w.u(c, b.into());
                    let mut values: Vec<i32> =
                        (0..n).map(|k| i as i32 / modulo.pow((n - 1 - k) as u32) % modulo - offset).collect();
                    if signs {
                        for (k, v) in values.iter_mut().enumerate() {
                            if *v != 0 {
                                let negative = (k + pass) % 2 == 1;
                                w.flag(negative);
                                *v *= if negative { -1 } else { 1 };
                            }
                        }
                    }
                    if book == 11 {
                        for (k, v) in values.iter_mut().enumerate() {
                            if v.abs() == 16 {
                                // Escapes of all sizes.
                                let bits = 4 + (i + k) as u32 % 9;
                                w.u((1 << (bits - 4)) - 1, bits - 4);
                                w.flag(false);
                                let low = (i as u32 * 37) & ((1 << bits) - 1);
                                w.u(low, bits);
                                *v = ((1 << bits) + low as i32) * v.signum();
                            }
                        }
                    }
                    expected.extend(values.iter().map(|&v| v as i16));
                }
            }
            while expected.len() % 4 != 0 {
                expected.pop();
            }
            let bytes = w.into_bytes();
            let mut out = std::vec![99; expected.len()];
            spectrum(&mut BitReader::new(&bytes), book, &mut out).unwrap();
            assert_eq!(out, expected, "book {book}");
        }
    }

    #[test]
    fn every_scalefactor_is_read_as_written() {
        let mut w = BitWriter::new();
        for (&b, &c) in SCALEFACTOR_BITS.iter().zip(&SCALEFACTOR_CODES) {
            w.u(c, b.into());
        }
        let bytes = w.into_bytes();
        let mut r = BitReader::new(&bytes);
        for v in -60..=60 {
            assert_eq!(scalefactor(&mut r).unwrap(), v);
        }
    }

    #[test]
    fn an_escape_too_long_and_an_end_too_early_are_errors() {
        let esc = usize::from(SPECTRUM_11_BITS[16 * 17]);
        let mut w = BitWriter::new();
        w.u(SPECTRUM_11_CODES[16 * 17], esc as u32);
        w.u(0b01_1111_1111, 10);
        w.u(0, 32);
        let bytes = w.into_bytes();
        assert!(spectrum(&mut BitReader::new(&bytes), 11, &mut [0; 4]).is_err());
        assert!(spectrum(&mut BitReader::new(&[0x55]), 3, &mut [0; 32]).is_err());
    }
}
