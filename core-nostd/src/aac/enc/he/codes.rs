//! Codewords of envelopes and noise, from the trees that are read by.

use crate::aac::sbr::tables::*;
use crate::bits::BitWriter;

/// A codeword and its length.
type Code = (u32, u8);

/// The codewords of a tree's values, the lowest first.
const fn codes<const N: usize, const VALUES: usize>(tree: &[[i8; 2]; N]) -> [Code; VALUES] {
    let mut nodes = [(0u32, 0u8); N];
    let mut values = [(0u32, 0u8); VALUES];
    let mut i = 0;
    while i < N {
        let mut bit = 0;
        while bit < 2 {
            let next = tree[i][bit];
            let code = (nodes[i].0 << 1 | bit as u32, nodes[i].1 + 1);
            if next < 0 {
                // The value plus 64 is over 0, and their middle is 0.
                values[(next as i32 + 64 + (VALUES / 2) as i32) as usize] = code;
            } else {
                nodes[next as usize] = code;
            }
            bit += 1;
        }
        i += 1;
    }
    values
}

static T_ENV_1_5_CODES: [Code; 121] = codes(&T_ENV_1_5);
static F_ENV_1_5_CODES: [Code; 121] = codes(&F_ENV_1_5);
static T_ENV_3_0_CODES: [Code; 63] = codes(&T_ENV_3_0);
static F_ENV_3_0_CODES: [Code; 63] = codes(&F_ENV_3_0);
static T_BAL_1_5_CODES: [Code; 49] = codes(&T_BAL_1_5);
static F_BAL_1_5_CODES: [Code; 49] = codes(&F_BAL_1_5);
static T_BAL_3_0_CODES: [Code; 25] = codes(&T_BAL_3_0);
static F_BAL_3_0_CODES: [Code; 25] = codes(&F_BAL_3_0);
static T_NOISE_CODES: [Code; 63] = codes(&T_NOISE);
static T_NOISE_BAL_CODES: [Code; 25] = codes(&T_NOISE_BAL);

/// How a row of values is written: its first value in full or all of them by their differences.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Book {
    /// Differences to the row before.
    time: &'static [Code],
    /// Differences to the band below.
    frequency: &'static [Code],
    /// Bits of a first value.
    first: u32,
}

impl Book {
    /// Of envelopes: `balance`: of the second channel of a coupled pair; `coarse`: in steps of 3 dB.
    pub(crate) fn envelope(balance: bool, coarse: bool) -> Self {
        match (balance, coarse) {
            (false, false) => Self { time: &T_ENV_1_5_CODES, frequency: &F_ENV_1_5_CODES, first: 7 },
            (false, true) => Self { time: &T_ENV_3_0_CODES, frequency: &F_ENV_3_0_CODES, first: 6 },
            (true, false) => Self { time: &T_BAL_1_5_CODES, frequency: &F_BAL_1_5_CODES, first: 6 },
            (true, true) => Self { time: &T_BAL_3_0_CODES, frequency: &F_BAL_3_0_CODES, first: 5 },
        }
    }

    /// Of noise floors.
    pub(crate) fn noise(balance: bool) -> Self {
        if balance {
            Self { time: &T_NOISE_BAL_CODES, frequency: &F_BAL_3_0_CODES, first: 5 }
        } else {
            Self { time: &T_NOISE_CODES, frequency: &F_ENV_3_0_CODES, first: 5 }
        }
    }

    /// The largest difference between neighbours.
    pub(crate) fn steepest(&self) -> i16 {
        (self.frequency.len() / 2) as i16
    }

    /// The code of a difference, if there is one.
    fn code(codes: &[Code], difference: i16) -> Option<Code> {
        let i = i32::from(difference) + (codes.len() / 2) as i32;
        codes.get(usize::try_from(i).ok()?).copied()
    }

    /// Bits of `values` by their differences to `before`, if they can be written so.
    pub(crate) fn time_bits(&self, values: &[i16], before: &[i16]) -> Option<u32> {
        values.iter().zip(before).map(|(v, b)| Self::code(self.time, v - b).map(|c| u32::from(c.1))).sum()
    }

    /// Bits of `values` by their differences to each other, if they can be written so.
    pub(crate) fn frequency_bits(&self, values: &[i16]) -> Option<u32> {
        let steps = values.windows(2).map(|v| Self::code(self.frequency, v[1] - v[0]).map(|c| u32::from(c.1)));
        steps.sum::<Option<u32>>().map(|bits| bits + self.first)
    }

    /// Writes `values`: by their differences to `before` if there is such.
    pub(crate) fn write(&self, w: &mut BitWriter, values: &[i16], before: Option<&[i16]>) {
        let put = |w: &mut BitWriter, codes, difference| {
            let (code, length) = Self::code(codes, difference).unwrap_or_default();
            w.u(code, length.into());
        };
        match before {
            Some(before) => values.iter().zip(before).for_each(|(v, b)| put(w, self.time, v - b)),
            None => {
                let first = values.first().copied().unwrap_or(0);
                w.u(first.clamp(0, (1 << self.first) - 1) as u32, self.first);
                values.windows(2).for_each(|v| put(w, self.frequency, v[1] - v[0]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fill_their_trees() {
        let full = |codes: &[Code]| {
            // Kraft's sum, of codes of at most 20 bits.
            assert_eq!(codes.iter().map(|c| 1u64 << (24 - c.1)).sum::<u64>(), 1 << 24);
        };
        for book in [
            Book::envelope(false, false),
            Book::envelope(false, true),
            Book::envelope(true, false),
            Book::envelope(true, true),
            Book::noise(false),
            Book::noise(true),
        ] {
            full(book.time);
            full(book.frequency);
        }
    }

    #[cfg(feature = "aac-dec")]
    #[test]
    fn what_is_written_is_read() {
        use crate::aac::sbr::data::code;
        use crate::bits::BitReader;
        let mut w = BitWriter::new();
        let values: std::vec::Vec<i16> = (-60..=60).collect();
        Book::envelope(false, false).write(&mut w, &values, Some(&[0; 121]));
        Book::envelope(false, true).write(&mut w, &[40, 9, 40, 39, 39], None);
        let bytes = w.into_bytes();
        let mut r = BitReader::new(&bytes);
        for v in values {
            assert_eq!(code(&mut r, &T_ENV_1_5).unwrap(), v);
        }
        assert_eq!(r.u(6).unwrap(), 40);
        for step in [-31, 31, -1, 0] {
            assert_eq!(code(&mut r, &F_ENV_3_0).unwrap(), step);
        }
    }
}
