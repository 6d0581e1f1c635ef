//! Spectra whose codewords are reordered (ISO/IEC 14496-3 4.6.16.3): those that matter most begin at known places, the others fill the
//! gaps.

use super::ics::{Format, IcsInfo, MAX_BANDS, WindowSequence, is_spectral};
use crate::aac::filterbank::MAX_FRAME;
use crate::aac::huffman;
use crate::bits::BitReader;
use crate::error::Result;

/// Codewords have two values at least.
const MAX_CODEWORDS: usize = MAX_FRAME / 2;

/// The most bits of a codeword with its signs and escapes, by codebook.
const LONGEST: [u8; 32] = [
    0, 11, 9, 20, 16, 13, 11, 14, 12, 17, 14, 49, 0, 0, 0, 0, 14, 17, 21, 21, 25, 25, 29, 29, 29, 29, 33, 33, 33, 37,
    37, 41,
];

/// Which codebooks come first: those of large values. Two that differ in nothing but their statistics come together.
const ORDER: [[u8; 2]; 22] = [
    [11, 11],
    [31, 31],
    [30, 30],
    [29, 29],
    [28, 28],
    [27, 27],
    [26, 26],
    [25, 25],
    [24, 24],
    [23, 23],
    [22, 22],
    [21, 21],
    [20, 20],
    [19, 19],
    [18, 18],
    [17, 17],
    [16, 16],
    [9, 10],
    [7, 8],
    [5, 6],
    [3, 4],
    [1, 2],
];

/// What is said before the codewords come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lengths {
    /// `length_of_reordered_spectral_data`
    total: usize,
    /// `length_of_longest_codeword`
    longest: usize,
}

impl Lengths {
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let total = r.u(14)? as usize;
        Ok(Self { total, longest: (r.u(6)? as usize).min(49) })
    }
}

/// Bits that wait to be read, from their left or right end.
#[derive(Debug, Clone, Copy, Default)]
struct Segment {
    start: u16,
    end: u16,
}

/// A codeword: where its values go, and the bits of it that have been found.
#[derive(Debug, Clone, Copy, Default)]
struct Codeword {
    place: u16,
    book: u8,
    done: bool,
    bits: u64,
    count: u8,
}

/// All codewords in their order.
fn sorted(
    info: &IcsInfo,
    format: &Format,
    books: &[u8; MAX_BANDS],
    codewords: &mut [Codeword; MAX_CODEWORDS],
) -> usize {
    let short = info.sequence == WindowSequence::EightShort;
    let (windows, length) = if short { (8, format.short_length()) } else { (1, usize::from(format.frame_length)) };
    // The codebook of each unit of four coefficients: along frequency, of short windows all those of a frequency together.
    let mut units = [0u8; MAX_FRAME / 4];
    for band in info.all_bands(format) {
        let book = books[band.index];
        for w in band.window..band.window + band.windows {
            for unit in band.start / 4..(band.start + band.width) / 4 {
                units[unit * windows + w] = book;
            }
        }
    }
    let mut n = 0;
    for pair in ORDER {
        for (i, &book) in units.iter().enumerate() {
            if !pair.contains(&book) {
                continue;
            }
            let place = (i % windows) * length + 4 * (i / windows);
            let step = if book <= 4 { 4 } else { 2 };
            for k in (0..4).step_by(step) {
                codewords[n] = Codeword { place: (place + k) as u16, book, ..Codeword::default() };
                n += 1;
            }
        }
    }
    n
}

/// `reordered_spectral_data()`: the quantised spectrum.
pub(crate) fn spectrum(
    r: &mut BitReader<'_>,
    lengths: &Lengths,
    info: &IcsInfo,
    format: &Format,
    books: &[u8; MAX_BANDS],
    quantised: &mut [i16],
) -> Result<()> {
    quantised.fill(0);
    let origin = r.position();
    let data = r.data();
    r.skip(lengths.total)?;
    let mut codewords = [Codeword::default(); MAX_CODEWORDS];
    let n = sorted(info, format, books, &mut codewords);
    let codewords = &mut codewords[..n];
    debug_assert!(codewords.iter().all(|c| is_spectral(c.book)));

    // Each of the first codewords begins a segment, as long as there is room.
    let mut segments = [Segment::default(); MAX_CODEWORDS];
    let (mut count, mut at) = (0, 0);
    for c in codewords.iter() {
        let width = usize::from(LONGEST[usize::from(c.book)]).min(lengths.longest);
        if at + width > lengths.total {
            break;
        }
        segments[count] = Segment { start: at as u16, end: (at + width) as u16 };
        at += width;
        count += 1;
    }
    if n == 0 {
        return Ok(());
    }
    if count == 0 {
        return Err(r.invalid("length_of_longest_codeword"));
    }
    segments[count - 1].end = lengths.total as u16;
    let segments = &mut segments[..count];

    // Sets of as many codewords as there are segments take turns: each codeword begins in a segment of its own, and goes on in the
    // next one that has bits left. The ends from which segments are read change with the sets.
    for (set, codewords) in codewords.chunks_mut(count).enumerate() {
        let backwards = set % 2 == 1;
        let trials = if set == 0 { 1 } else { count };
        let mut left = codewords.len();
        for trial in 0..trials {
            if left == 0 {
                break;
            }
            for (i, c) in codewords.iter_mut().enumerate() {
                let s = &mut segments[(i + trial) % count];
                if c.done || s.start == s.end {
                    continue;
                }
                take(data, origin, s, backwards, c);
                if let Some((values, used)) = huffman::codeword(c.book, c.bits << (64 - u32::from(c.count)))
                    && used <= u32::from(c.count)
                {
                    give_back(s, backwards, c.count - used as u8);
                    let place = usize::from(c.place);
                    let step = if c.book <= 4 { 4 } else { 2 };
                    quantised[place..place + step].copy_from_slice(&values[..step]);
                    c.done = true;
                    left -= 1;
                }
            }
        }
        if left > 0 {
            return Err(r.invalid("reordered_spectral_data"));
        }
    }
    Ok(())
}

/// Moves bits from a segment to a codeword, as many as the longest codeword has.
fn take(data: &[u8], origin: usize, s: &mut Segment, backwards: bool, c: &mut Codeword) {
    while c.count < 49 && s.start < s.end {
        let at = if backwards {
            s.end -= 1;
            s.end
        } else {
            s.start += 1;
            s.start - 1
        };
        let place = origin + usize::from(at);
        c.bits = c.bits << 1 | u64::from(data[place / 8] >> (7 - place % 8) & 1);
        c.count += 1;
    }
}

/// Gives back the bits behind a codeword.
fn give_back(s: &mut Segment, backwards: bool, bits: u8) {
    if backwards {
        s.end += u16::from(bits);
    } else {
        s.start -= u16::from(bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aac::config::AudioSpecificConfig;
    use crate::aac::huffman::tests::write;
    use crate::bits::BitWriter;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    fn format() -> Format {
        // ER AAC LC at 44.1 kHz, with all three tools.
        let mut w = BitWriter::new();
        for (v, n) in [(17, 5), (4, 4), (1, 4), (0, 2), (1, 1), (7, 3), (0, 1), (0, 2)] {
            w.u(v, n);
        }
        Format::new(&AudioSpecificConfig::parse(&w.into_bytes()).unwrap())
    }

    fn bits_of(book: u8, values: &[i16]) -> Vec<bool> {
        let mut w = BitWriter::new();
        write(&mut w, book, values);
        let n = w.len_bits();
        let bytes = w.into_bytes();
        (0..n).map(|i| bytes[i / 8] >> (7 - i % 8) & 1 != 0).collect()
    }

    /// The encoder's side of 4.6.16.3: fills segments set by set, from changing ends.
    fn reorder(info: &IcsInfo, format: &Format, books: &[u8; MAX_BANDS], quantised: &[i16]) -> (Vec<u8>, Lengths) {
        let mut list = [Codeword::default(); MAX_CODEWORDS];
        let n = sorted(info, format, books, &mut list);
        let mut words: Vec<std::collections::VecDeque<bool>> = list[..n]
            .iter()
            .map(|c| {
                let place = usize::from(c.place);
                bits_of(c.book, &quantised[place..place + if c.book <= 4 { 4 } else { 2 }]).into()
            })
            .collect();
        let total: usize = words.iter().map(|w| w.len()).sum();
        let longest = words.iter().map(|w| w.len()).max().unwrap_or(0);
        let mut out: Vec<Option<bool>> = vec![None; total];
        let mut segments = Vec::new();
        let mut at = 0;
        for c in &list[..n] {
            let width = usize::from(LONGEST[usize::from(c.book)]).min(longest);
            if at + width > total {
                break;
            }
            segments.push((at, at + width));
            at += width;
        }
        if let Some(last) = segments.last_mut() {
            last.1 = total;
        }
        for (set, words) in words.chunks_mut(segments.len().max(1)).enumerate() {
            for trial in 0..segments.len() {
                for (i, word) in words.iter_mut().enumerate() {
                    let (start, end) = segments[(i + trial) % segments.len()];
                    let mut places: Vec<usize> = (start..end).collect();
                    if set % 2 == 1 {
                        places.reverse();
                    }
                    for p in places {
                        if out[p].is_none()
                            && let Some(bit) = word.pop_front()
                        {
                            out[p] = Some(bit);
                        }
                    }
                }
            }
            assert!(words.iter().all(|w| w.is_empty()));
        }
        let mut w = BitWriter::new();
        out.iter().for_each(|b| w.flag(b.unwrap()));
        (w.into_bytes(), Lengths { total, longest })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_was_reordered_comes_back(
            short in any::<bool>(),
            grouping in 0u32..128,
            choice in prop::collection::vec((0u8..32, any::<u32>()), 51),
        ) {
            let format = format();
            let mut w = BitWriter::new();
            w.u(0, 1);
            if short {
                for (v, n) in [(2, 2), (0, 1), (13, 4), (grouping, 7)] {
                    w.u(v, n);
                }
            } else {
                for (v, n) in [(0, 2), (0, 1), (40, 6), (0, 1)] {
                    w.u(v, n);
                }
            }
            let bytes = w.into_bytes();
            let info = IcsInfo::read(&mut BitReader::new(&bytes), &format, None).unwrap();
            let mut books = [0; MAX_BANDS];
            let mut quantised = vec![0i16; 1024];
            for band in info.all_bands(&format) {
                let (book, mut seed) = choice[band.index % choice.len()];
                books[band.index] = if is_spectral(book) { book } else { 0 };
                let largest = match book {
                    1 | 2 => 1,
                    3 | 4 => 2,
                    5 | 6 => 4,
                    7 | 8 => 7,
                    9 | 10 => 12,
                    11 => 8191,
                    16.. => {
                        [15, 31, 47, 63, 95, 127, 159, 191, 223, 255, 319, 383, 511, 767, 1023, 2047][usize::from(book) - 16]
                    }
                    _ => 0,
                };
                for w in band.window..band.window + band.windows {
                    for v in &mut quantised[w * format.short_length() + band.start..][..band.width] {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        // Mostly small values.
                        let range = if seed >> 30 == 0 { largest } else { largest.min(3) };
                        *v = if books[band.index] == 0 { 0 } else { ((seed >> 8) as i32 % (2 * range + 1) - range) as i16 };
                    }
                }
            }
            let (bytes, lengths) = reorder(&info, &format, &books, &quantised);
            let mut r = BitReader::new(&bytes);
            let mut got = vec![99; 1024];
            spectrum(&mut r, &lengths, &info, &format, &books, &mut got).unwrap();
            prop_assert_eq!(got, quantised);
            prop_assert_eq!(r.position(), lengths.total);
        }

        #[test]
        fn any_bits(bytes in prop::collection::vec(any::<u8>(), 0..300), total in 0usize..2400, longest in 0usize..50, book in 0u8..32) {
            let format = format();
            let header = [0b0000_1010, 0b0000_0000];
            let info = IcsInfo::read(&mut BitReader::new(&header), &format, None).unwrap();
            let mut got = vec![0; 1024];
            let _ = spectrum(&mut BitReader::new(&bytes), &Lengths { total, longest }, &info, &format, &[book; MAX_BANDS], &mut got);
        }
    }
}
