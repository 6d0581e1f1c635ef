//! Scalefactors in reversible codes (ISO/IEC 14496-3 4.6.16.2): of error resilient types.
//!
//! They are read forwards; what reading them backwards could save of damaged ones, concealment makes up for.

use super::ics::{INTENSITY_HCB, INTENSITY_HCB2, IcsInfo, NOISE_HCB, WindowSequence, ZERO_HCB};
use crate::bits::BitReader;
use crate::error::Result;

/// Differences of this size are followed by an escape.
const ESCAPE: i32 = 7;

/// Codewords of differences: length, value, difference. All of them read the same backwards.
const CODES: [(u8, u16, i8); 15] = [
    (1, 0b0, 0),
    (3, 0b101, -1),
    (3, 0b111, 1),
    (4, 0b1001, -2),
    (5, 0b10001, -3),
    (5, 0b11011, 2),
    (6, 0b10_0001, -4),
    (6, 0b11_0011, 3),
    (7, 0b100_0001, -7),
    (7, 0b110_0011, 7),
    (7, 0b110_1011, 4),
    (8, 0b1000_0001, -5),
    (8, 0b1100_0011, 5),
    (9, 0b1_0000_0001, -6),
    (9, 0b1_1010_1011, 6),
];

/// Codewords of escapes: length, value, size, in the order of the codes.
#[rustfmt::skip]
const ESCAPES: [(u8, u32, u8); 54] = [
    (2, 0, 1), (2, 2, 0), (3, 2, 3), (3, 6, 2), (4, 14, 4), (5, 13, 7), (5, 15, 6), (5, 31, 5), (6, 24, 11), (6, 25, 10),
    (6, 29, 9), (6, 61, 8), (7, 56, 13), (7, 120, 12), (8, 114, 15), (8, 242, 14), (9, 230, 17), (9, 486, 16),
    (10, 463, 19), (10, 974, 18), (11, 925, 22), (11, 1950, 20), (11, 1951, 21), (12, 1848, 23), (13, 3698, 25),
    (14, 7399, 24), (15, 14797, 26), (19, 236736, 49), (19, 236737, 50), (19, 236738, 51), (19, 236739, 52),
    (19, 236740, 53), (20, 473482, 27), (20, 473483, 28), (20, 473484, 29), (20, 473485, 30), (20, 473486, 31),
    (20, 473487, 32), (20, 473488, 33), (20, 473489, 34), (20, 473490, 35), (20, 473491, 36), (20, 473492, 37),
    (20, 473493, 38), (20, 473494, 39), (20, 473495, 40), (20, 473496, 41), (20, 473497, 42), (20, 473498, 43),
    (20, 473499, 44), (20, 473500, 45), (20, 473501, 46), (20, 473502, 47), (20, 473503, 48),
];

/// What is said before the codewords come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rvlc {
    /// `length_of_rvlc_sf` without the first noise energy.
    length: usize,
    /// `length_of_rvlc_escapes`, if there are any.
    escapes: Option<usize>,
    /// `dpcm_noise_nrg`: the first noise energy.
    noise: i32,
}

impl Rvlc {
    /// Reads what `scale_factor_data()` has with `aacScalefactorDataResilienceFlag`.
    pub(crate) fn read(r: &mut BitReader<'_>, info: &IcsInfo, books: &[u8]) -> Result<Self> {
        r.u(1)?; // sf_concealment
        r.u(8)?; // rev_global_gain
        let short = info.sequence == WindowSequence::EightShort;
        let mut length = r.u(if short { 11 } else { 9 })? as usize;
        let has_noise = books[..info.groups() * info.max_sfb].contains(&NOISE_HCB);
        let mut noise = 0;
        if has_noise {
            noise = r.u(9)? as i32;
            length = length.checked_sub(9).ok_or_else(|| r.invalid("length_of_rvlc_sf"))?;
        }
        let escapes = if r.flag()? { Some(r.u(8)? as usize) } else { None };
        if has_noise {
            r.u(9)?; // dpcm_noise_last_position
        }
        Ok(Self { length, escapes, noise })
    }

    /// Reads the codewords: scalefactors, intensity positions and noise energies of bands with `books`.
    pub(crate) fn decode(&self, r: &mut BitReader<'_>, global_gain: i32, books: &[u8], out: &mut [i16]) -> Result<()> {
        let mut escapes = BitReader::at(r.data(), r.position() + self.length);
        let mut codes = *r;
        let ends = [r.position() + self.length, r.position() + self.length + self.escapes.unwrap_or(0)];
        r.skip(self.length + self.escapes.unwrap_or(0))?;
        let mut difference = || -> Result<i32> {
            let value = code(&mut codes)?;
            if value.abs() < ESCAPE || self.escapes.is_none() {
                return Ok(value);
            }
            Ok(value + value.signum() * escape(&mut escapes)?)
        };
        let (mut gain, mut position, mut noise) = (global_gain, 0i32, global_gain - 90);
        let mut first_noise = true;
        for (book, out) in books.iter().zip(out) {
            *out = match *book {
                ZERO_HCB => 0,
                INTENSITY_HCB | INTENSITY_HCB2 => {
                    position += difference()?;
                    position.clamp(-155, 100) as i16
                }
                NOISE_HCB => {
                    noise += if first_noise { self.noise - 256 } else { difference()? };
                    first_noise = false;
                    noise.clamp(-100, 155) as i16
                }
                _ => {
                    gain += difference()?;
                    if !(0..=255).contains(&gain) {
                        return Err(r.invalid("scalefactor"));
                    }
                    gain as i16
                }
            };
        }
        if codes.position() > ends[0] || escapes.position() > ends[1] {
            return Err(r.invalid("length_of_rvlc_sf"));
        }
        Ok(())
    }
}

/// `rvlc_cod_sf`
fn code(r: &mut BitReader<'_>) -> Result<i32> {
    let window = r.peek(16);
    match CODES.iter().find(|&&(bits, code, _)| window >> (16 - bits) == u32::from(code)) {
        Some(&(bits, _, value)) => {
            r.skip(bits.into())?;
            Ok(value.into())
        }
        None => Err(r.invalid("rvlc_cod_sf")),
    }
}

/// `rvlc_esc_sf`
fn escape(r: &mut BitReader<'_>) -> Result<i32> {
    let window = r.peek32();
    match ESCAPES.iter().find(|&&(bits, code, _)| window >> (32 - bits) == code) {
        Some(&(bits, _, value)) => {
            r.skip(bits.into())?;
            Ok(value.into())
        }
        None => Err(r.invalid("rvlc_esc_sf")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::bits::BitWriter;
    use std::vec::Vec;

    /// Writes a difference: its codeword, and an escape where it needs one.
    pub(crate) fn write(codes: &mut BitWriter, escapes: &mut BitWriter, difference: i32) {
        let near = difference.clamp(-ESCAPE, ESCAPE);
        let &(bits, code, _) = CODES.iter().find(|c| i32::from(c.2) == near).unwrap();
        codes.u(code.into(), bits.into());
        if near.abs() == ESCAPE {
            let size = (difference.abs() - ESCAPE) as u8;
            let &(bits, code, _) = ESCAPES.iter().find(|e| e.2 == size).unwrap();
            escapes.u(code, bits.into());
        }
    }

    #[test]
    fn codes_read_the_same_backwards() {
        for &(bits, code, _) in &CODES {
            assert_eq!(code.reverse_bits() >> (16 - bits), code);
        }
        // Nothing begins another codeword; escapes are a complete code.
        for (i, a) in CODES.iter().enumerate() {
            assert!(CODES[..i].iter().all(|b| a.1 >> (a.0 - b.0) != b.1));
        }
        assert_eq!(ESCAPES.iter().map(|e| 1u64 << (32 - e.0)).sum::<u64>(), 1 << 32);
        for (i, a) in ESCAPES.iter().enumerate() {
            assert!(ESCAPES[..i].iter().all(|b| a.1 >> (a.0 - b.0) != b.1));
        }
    }

    #[test]
    fn scalefactors_are_read_as_written() {
        let differences: Vec<i32> = (-60..=60).map(|d| if d % 2 == 0 { d } else { -d }).collect();
        let (mut codes, mut escapes) = (BitWriter::new(), BitWriter::new());
        let (mut gain, mut expected) = (100, Vec::new());
        for &d in &differences {
            write(&mut codes, &mut escapes, d);
            gain += d;
            expected.push(gain as i16);
        }
        let (length, escape_length) = (codes.len_bits(), escapes.len_bits());
        let mut w = BitWriter::new();
        for (mut part, bits) in [(codes, length), (escapes, escape_length)] {
            part.u(0, 7);
            let bytes = part.into_bytes();
            let mut r = BitReader::new(&bytes);
            (0..bits).for_each(|_| w.u(r.u(1).unwrap(), 1));
        }
        w.u(0b101, 3);
        let bytes = w.into_bytes();
        let rvlc = Rvlc { length, escapes: Some(escape_length), noise: 0 };
        let mut r = BitReader::new(&bytes);
        let mut out = std::vec![0; expected.len()];
        rvlc.decode(&mut r, 100, &std::vec![11; expected.len()], &mut out).unwrap();
        assert_eq!(out, expected);
        assert_eq!(r.position(), length + escape_length);
        // A length that the codewords outgrow is told.
        let short = Rvlc { length: length - 1, ..rvlc };
        assert!(short.decode(&mut BitReader::new(&bytes), 100, &std::vec![11; expected.len()], &mut out).is_err());
    }
}
