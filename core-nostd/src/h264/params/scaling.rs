//! Scaling lists, clause 7.3.2.1.1.1 and tables 7-2 to 7-4.

use super::ScalingLists;
use crate::bits::BitReader;
use crate::error::Result;

/// `Default_4x4_Intra` and `Default_4x4_Inter`, table 7-3, in zig-zag order.
pub const DEFAULT_4X4: [[u8; 16]; 2] = [
    [6, 13, 13, 20, 20, 20, 28, 28, 28, 28, 32, 32, 32, 37, 37, 42],
    [10, 14, 14, 20, 20, 20, 24, 24, 24, 24, 27, 27, 27, 30, 30, 34],
];

/// `Default_8x8_Intra` and `Default_8x8_Inter`, table 7-4, in zig-zag order.
#[rustfmt::skip]
pub const DEFAULT_8X8: [[u8; 64]; 2] = [
    [
        6, 10, 10, 13, 11, 13, 16, 16, 16, 16, 18, 18, 18, 18, 18, 23,
        23, 23, 23, 23, 23, 25, 25, 25, 25, 25, 25, 25, 27, 27, 27, 27,
        27, 27, 27, 27, 29, 29, 29, 29, 29, 29, 29, 31, 31, 31, 31, 31,
        31, 33, 33, 33, 33, 33, 36, 36, 36, 36, 38, 38, 38, 40, 40, 42,
    ],
    [
        9, 13, 13, 15, 13, 15, 17, 17, 17, 17, 19, 19, 19, 19, 19, 21,
        21, 21, 21, 21, 21, 22, 22, 22, 22, 22, 22, 22, 24, 24, 24, 24,
        24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 27, 27, 27, 27, 27,
        27, 28, 28, 28, 28, 28, 30, 30, 30, 30, 32, 32, 32, 33, 33, 35,
    ],
];

impl ScalingLists {
    /// The `Default` lists: what fall-back rule set A (table 7-2) starts from.
    pub const DEFAULT: Self = {
        let ([a, b], [c, d]) = (DEFAULT_4X4, DEFAULT_8X8);
        Self { lists_4x4: [a, a, a, b, b, b], lists_8x8: [c, d, c, d, c, d] }
    };

    /// Reads a scaling matrix: the loop over `seq_scaling_list_present_flag` or `pic_scaling_list_present_flag`,
    /// with `lists_8x8` lists of 8x8 (0, 2 or 6). A first list that is not sent is taken from `fall_back`
    /// (table 7-2: the defaults in rule set A, the sequence's lists in rule set B), a later one from its predecessor.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for `delta_scale`.
    pub fn parse(r: &mut BitReader<'_>, lists_8x8: usize, fall_back: &Self) -> Result<Self> {
        let mut lists = fall_back.clone();
        for i in 0..6 {
            let inherited = if i % 3 == 0 { fall_back.lists_4x4[i] } else { lists.lists_4x4[i - 1] };
            lists.lists_4x4[i] = parse_list(r, &inherited, &DEFAULT_4X4[i / 3])?;
        }
        for i in 0..6 {
            let inherited = if i < 2 { fall_back.lists_8x8[i] } else { lists.lists_8x8[i - 2] };
            lists.lists_8x8[i] =
                if i < lists_8x8 { parse_list(r, &inherited, &DEFAULT_8X8[i % 2])? } else { inherited };
        }
        Ok(lists)
    }
}

/// The present flag and `scaling_list()`.
fn parse_list<const N: usize>(r: &mut BitReader<'_>, inherited: &[u8; N], default: &[u8; N]) -> Result<[u8; N]> {
    if !r.flag()? {
        return Ok(*inherited);
    }
    let mut list = [0; N];
    let (mut last, mut next) = (8i32, 8i32);
    for (j, entry) in list.iter_mut().enumerate() {
        if next != 0 {
            let delta_scale = r.se()?;
            if !(-128..=127).contains(&delta_scale) {
                return Err(r.invalid("delta_scale"));
            }
            next = (last + delta_scale + 256) % 256;
            if j == 0 && next == 0 {
                return Ok(*default);
            }
        }
        if next != 0 {
            last = next;
        }
        *entry = last as u8;
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;

    #[test]
    fn default_tables_have_their_sums_and_rise() {
        assert_eq!(DEFAULT_4X4.map(|l| l.iter().map(|&v| u32::from(v)).sum::<u32>()), [416, 369]);
        assert_eq!(DEFAULT_8X8.map(|l| l.iter().map(|&v| u32::from(v)).sum::<u32>()), [1680, 1507]);
        assert!(DEFAULT_4X4.iter().all(|l| l.is_sorted()));
        // One step of the 8x8 tables goes down: the fourth to the fifth entry.
        for l in DEFAULT_8X8 {
            assert_eq!(l.windows(2).filter(|w| w[1] < w[0]).count(), 1);
            assert!(l[4] < l[3]);
        }
        // Each table is symmetric about the main diagonal, so that equal anti-diagonal places of the zig-zag mirror.
        for l in DEFAULT_8X8 {
            let mut at = 0;
            for d in 0..15usize {
                let n = d.min(14 - d) + 1;
                assert!((0..n).all(|k| l[at + k] == l[at + n - 1 - k]), "anti-diagonal {d}");
                at += n;
            }
            assert_eq!(at, 64);
        }
    }

    /// Table 7-2: list 0 sent, 1 and 2 inherit it; 3 not sent; list 4 asks for the default; 8x8 as rule set says.
    #[test]
    fn fall_back_rules() {
        let mut w = BitWriter::new();
        w.flag(true);
        for j in 0..16 {
            w.se(if j == 0 { 9 } else { 1 });
        }
        w.u(0, 3);
        w.flag(true);
        w.se(-8);
        w.flag(false);
        w.flag(false);
        w.flag(true);
        w.se(12);
        w.se(-20);
        w.rbsp_trailing_bits();
        let bytes = w.into_bytes();
        let rising: [u8; 16] = core::array::from_fn(|j| 17 + j as u8);
        for fall_back in [ScalingLists::DEFAULT, ScalingLists::FLAT] {
            let l = ScalingLists::parse(&mut BitReader::new(&bytes), 2, &fall_back).unwrap();
            assert_eq!(l.lists_4x4[..3], [rising; 3]);
            assert_eq!(l.lists_4x4[3], fall_back.lists_4x4[3]);
            assert_eq!(l.lists_4x4[4..], [DEFAULT_4X4[1]; 2]);
            assert_eq!([0, 2, 4].map(|i| l.lists_8x8[i]), [fall_back.lists_8x8[0]; 3]);
            // A list that ends early repeats its last entry.
            assert_eq!([1, 3, 5].map(|i| l.lists_8x8[i]), [[20; 64]; 3]);
        }
    }
}
