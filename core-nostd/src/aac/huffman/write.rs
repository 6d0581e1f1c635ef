//! Codewords to write, and their lengths to choose by (4.6.3).

use super::tables::*;
use crate::bits::BitWriter;

/// Bits of a step from one scalefactor to the next, -60 to 60.
#[inline]
pub(crate) fn scalefactor_bits(delta: i32) -> u32 {
    SCALEFACTOR_BITS.get((delta + 60) as usize).map_or(1000, |&b| b.into())
}

/// Writes a step from one scalefactor to the next, -60 to 60.
pub(crate) fn write_scalefactor(w: &mut BitWriter, delta: i32) {
    let i = (delta.clamp(-60, 60) + 60) as usize;
    w.u(SCALEFACTOR_CODES[i], SCALEFACTOR_BITS[i].into());
}

/// Lengths with the bits of the signs, for pairs and quads of magnitudes.
const fn with_signs<const N: usize>(bits: &[u8; N], values: usize, modulo: usize) -> [u8; N] {
    let mut out = *bits;
    let mut i = 0;
    while i < N {
        let (mut rest, mut k) = (i, 0);
        while k < values {
            out[i] += !rest.is_multiple_of(modulo) as u8;
            rest /= modulo;
            k += 1;
        }
        i += 1;
    }
    out
}

/// Two tables of lengths as one, the first in the low half.
const fn both<const N: usize>(a: [u8; N], b: [u8; N]) -> [u32; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = a[i] as u32 | (b[i] as u32) << 16;
        i += 1;
    }
    out
}

static BITS_1_2: [u32; 81] = both(SPECTRUM_1_BITS, SPECTRUM_2_BITS);
static BITS_3_4: [u32; 81] = both(with_signs(&SPECTRUM_3_BITS, 4, 3), with_signs(&SPECTRUM_4_BITS, 4, 3));
static BITS_5_6: [u32; 81] = both(SPECTRUM_5_BITS, SPECTRUM_6_BITS);
static BITS_7_8: [u32; 64] = both(with_signs(&SPECTRUM_7_BITS, 2, 8), with_signs(&SPECTRUM_8_BITS, 2, 8));
static BITS_9_10: [u32; 169] = both(with_signs(&SPECTRUM_9_BITS, 2, 13), with_signs(&SPECTRUM_10_BITS, 2, 13));
static BITS_11: [u8; 289] = with_signs(&SPECTRUM_11_BITS, 2, 17);

/// The index of signed values in a codebook of four.
#[inline]
fn signed_quad(q: &[i16; 4]) -> usize {
    (40 + 27 * i32::from(q[0]) + 9 * i32::from(q[1]) + 3 * i32::from(q[2]) + i32::from(q[3])) as usize
}

/// The index of magnitudes in a codebook of four.
#[inline]
fn quad(q: &[i16; 4]) -> usize {
    let [a, b, c, d] = q.map(|v| usize::from(v.unsigned_abs()));
    27 * a + 9 * b + 3 * c + d
}

/// The index of magnitudes in a codebook of two.
#[inline]
fn pair(q: &[i16; 2], modulo: usize) -> usize {
    usize::from(q[0].unsigned_abs()) * modulo + usize::from(q[1].unsigned_abs())
}

/// Bits of an escape beside its codeword, 0 for what needs none.
#[inline]
fn escape_bits(v: i16) -> u32 {
    let v = u32::from(v.unsigned_abs());
    if v < 16 { 0 } else { 2 * v.ilog2() - 3 }
}

/// Bits of `q` in codebooks `2 i + 1` and `2 i + 2`, for `i` in 0 to 4, in the halves of a word. The magnitudes must fit.
#[inline]
fn bits_of_two(i: usize, q: &[i16]) -> u32 {
    let quads = || q.as_chunks::<4>().0.iter();
    let pairs = || q.as_chunks::<2>().0.iter();
    match i {
        0 => quads().map(|q| BITS_1_2[signed_quad(q)]).sum(),
        1 => quads().map(|q| BITS_3_4[quad(q)]).sum(),
        2 => pairs().map(|q| BITS_5_6[(40 + 9 * i32::from(q[0]) + i32::from(q[1])) as usize]).sum(),
        3 => pairs().map(|q| BITS_7_8[pair(q, 8)]).sum(),
        _ => pairs().map(|q| BITS_9_10[pair(q, 13)]).sum(),
    }
}

/// Bits of `q` in codebook 11.
#[inline]
fn bits_of_11(q: &[i16]) -> u32 {
    let bits = |q: &[i16; 2]| {
        let [a, b] = q.map(|v| usize::from(v.unsigned_abs()).min(16));
        u32::from(BITS_11[a * 17 + b]) + escape_bits(q[0]) + escape_bits(q[1])
    };
    q.as_chunks::<2>().0.iter().map(bits).sum()
}

/// The pair of codebooks (as [`bits_of_two`] counts them, 5 for codebook 11) that holds magnitudes up to `largest`.
#[inline]
fn first_pair(largest: u16) -> usize {
    match largest {
        0 | 1 => 0,
        2 => 1,
        3 | 4 => 2,
        5..=7 => 3,
        8..=12 => 4,
        _ => 5,
    }
}

/// The least bits that `q`, whose largest magnitude is given, takes in any of the codebooks that are likely.
#[inline]
pub(crate) fn least_bits(q: &[i16], largest: u16) -> u32 {
    if largest == 0 {
        return 0;
    }
    let best = |two: u32| (two & 0xffff).min(two >> 16);
    let first = first_pair(largest);
    match first {
        5 => bits_of_11(q),
        4 => best(bits_of_two(4, q)).min(bits_of_11(q)),
        _ => best(bits_of_two(first, q)).min(best(bits_of_two(first + 1, q))),
    }
}

/// Bits of `q` in every codebook from 0 to 11, `u32::MAX` where it doesn't fit.
pub(crate) fn all_bits(q: &[i16], largest: u16) -> [u32; 12] {
    let mut bits = [u32::MAX; 12];
    if largest == 0 {
        bits[0] = 0;
    }
    for i in first_pair(largest)..5 {
        let two = bits_of_two(i, q);
        (bits[2 * i + 1], bits[2 * i + 2]) = (two & 0xffff, two >> 16);
    }
    bits[11] = bits_of_11(q);
    bits
}

/// Writes the quantised spectrum `q` with codebook `book`, 1 to 11, whose range it must keep.
pub(crate) fn write_spectrum(w: &mut BitWriter, book: u8, q: &[i16]) {
    let signs = |w: &mut BitWriter, q: &[i16]| {
        for &v in q {
            if v != 0 {
                w.flag(v < 0);
            }
        }
    };
    macro_rules! quads {
        ($index:expr, $codes:ident, $bits:ident, $signs:literal) => {
            for q in q.as_chunks::<4>().0 {
                let i = $index(q);
                w.u($codes[i], $bits[i].into());
                if $signs {
                    signs(w, q);
                }
            }
        };
    }
    macro_rules! pairs {
        ($index:expr, $codes:ident, $bits:ident, $signs:literal) => {
            for q in q.as_chunks::<2>().0 {
                let i = $index(q);
                w.u($codes[i], $bits[i].into());
                if $signs {
                    signs(w, q);
                }
            }
        };
    }
    let signed_pair = |q: &[i16; 2]| (40 + 9 * i32::from(q[0]) + i32::from(q[1])) as usize;
    match book {
        1 => quads!(signed_quad, SPECTRUM_1_CODES, SPECTRUM_1_BITS, false),
        2 => quads!(signed_quad, SPECTRUM_2_CODES, SPECTRUM_2_BITS, false),
        3 => quads!(quad, SPECTRUM_3_CODES, SPECTRUM_3_BITS, true),
        4 => quads!(quad, SPECTRUM_4_CODES, SPECTRUM_4_BITS, true),
        5 => pairs!(signed_pair, SPECTRUM_5_CODES, SPECTRUM_5_BITS, false),
        6 => pairs!(signed_pair, SPECTRUM_6_CODES, SPECTRUM_6_BITS, false),
        7 => pairs!(|q| pair(q, 8), SPECTRUM_7_CODES, SPECTRUM_7_BITS, true),
        8 => pairs!(|q| pair(q, 8), SPECTRUM_8_CODES, SPECTRUM_8_BITS, true),
        9 => pairs!(|q| pair(q, 13), SPECTRUM_9_CODES, SPECTRUM_9_BITS, true),
        10 => pairs!(|q| pair(q, 13), SPECTRUM_10_CODES, SPECTRUM_10_BITS, true),
        _ => {
            for q in q.as_chunks::<2>().0 {
                let [a, b] = q.map(|v| usize::from(v.unsigned_abs()).min(16));
                w.u(SPECTRUM_11_CODES[a * 17 + b], SPECTRUM_11_BITS[a * 17 + b].into());
                signs(w, q);
                for v in q.map(|v| u32::from(v.unsigned_abs())) {
                    if v >= 16 {
                        // `hcod_esc_y`: as many ones as the size exceeds 4, a zero, the value without its highest bit.
                        let size = v.ilog2();
                        w.u((1 << (size - 3)) - 2, size - 3);
                        w.u(v - (1 << size), size);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aac::huffman::spectrum;
    use crate::bits::BitReader;

    /// The largest magnitude that a codebook can hold: by number, 0 to 11.
    const LARGEST: [u16; 12] = [0, 1, 1, 2, 2, 4, 4, 7, 7, 12, 12, 8191];

    #[test]
    fn what_is_written_is_read_and_has_the_length_that_was_told() {
        let mut seed = 1u32;
        for largest in [0u16, 1, 2, 3, 4, 6, 7, 9, 12, 13, 16, 17, 300, 8191] {
            for _ in 0..50 {
                let mut q = [0i16; 32];
                for v in &mut q {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let range = 2 * i32::from(largest) + 1;
                    *v = ((seed >> 8) as i32 % range - i32::from(largest)) as i16;
                }
                q[7] = -(largest as i16);
                let bits = all_bits(&q, largest);
                for book in 1..=11u8 {
                    if LARGEST[usize::from(book)] < largest {
                        assert_eq!(bits[usize::from(book)], u32::MAX);
                        continue;
                    }
                    let mut w = BitWriter::new();
                    write_spectrum(&mut w, book, &q);
                    assert_eq!(w.len_bits() as u32, bits[usize::from(book)], "book {book}, up to {largest}");
                    let bytes = w.into_bytes();
                    let mut back = [99; 32];
                    spectrum(&mut BitReader::new(&bytes), book, &mut back).unwrap();
                    assert_eq!(q, back, "book {book}");
                }
                let least = least_bits(&q, largest);
                assert!(least == 0 || bits.contains(&least), "{least} of {bits:?}");
            }
        }
    }
}
