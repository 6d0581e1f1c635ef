//! The arithmetic decoding engine, 9.3.1.2 and 9.3.3.2, and the residual blocks that it spends its time on, 7.3.5.3.3.

use super::tables::{CONTEXT_INIT, LAST_8X8, RANGE_LPS, SIGNIFICANT_8X8_FIELD, SIGNIFICANT_8X8_FRAME, TRANS_IDX_LPS};
use core::hint::select_unpredictable;

/// `codIRange` and `codIOffset` are kept left-aligned: their nine bits lie at bit 54 and up, and below those of `codIOffset` are the
/// bits of the stream that come next.
const ALIGN: u32 = 54;

/// `rangeTabLPS` (table 9-44) by context variable: one field of 16 bits for each `qCodIRangeIdx`, that of 0 uppermost. A field holds the
/// range from bit 6 up, so that it comes to lie at [`ALIGN`] when it is shifted to the top, and in its lowest bits by how much
/// renormalisation shifts such a range.
static LPS: [u64; 256] = {
    let mut t = [0; 256];
    let mut s = 0;
    while s < 256 {
        let mut i = 0;
        while i < 4 {
            let range = RANGE_LPS[s >> 1 & 63][i] as u64;
            let shift = range.leading_zeros() as u64 - 55;
            t[s] = t[s] << 16 | range << 6 | shift;
            i += 1;
        }
        s += 1;
    }
    t
};

/// The context variable after a bin: by the context variable where it was the most probable symbol, and by its complement where it was
/// the other one.
static NEXT: [u8; 256] = {
    let mut t = [0; 256];
    let mut s = 0;
    while s < 128 {
        let (state, mps) = (s >> 1, s & 1);
        let flipped = if state == 0 { mps ^ 1 } else { mps };
        t[s] = (if state < 62 { state + 1 } else { state } << 1 | mps) as u8;
        t[s ^ 0xff] = TRANS_IDX_LPS[state] << 1 | flipped as u8;
        s += 1;
    }
    t
};

/// The engine: an interval and a window on the bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Engine<'a> {
    data: &'a [u8],
    /// The byte to load next; runs past the end of `data`, where bits are 0.
    next: usize,
    /// `codIOffset`, the bits that come next, and where they end a 1.
    value: u64,
    range: u64,
}

impl<'a> Engine<'a> {
    /// An engine that starts at byte `start` (9.3.1.2).
    pub(crate) fn new(data: &'a [u8], start: usize) -> Self {
        let mut e = Self { data, next: start, value: 1 << (ALIGN + 8), range: 510 << ALIGN };
        e.refill();
        e
    }

    /// Fills up the window with 32 bits, if fewer than 22 are left: the 1 that ends them has moved up to bit 32 or beyond.
    #[inline(always)]
    fn refill(&mut self) {
        if self.value as u32 != 0 {
            return;
        }
        let word = match self.data.get(self.next..).and_then(|d| d.first_chunk()) {
            Some(b) => u32::from_be_bytes(*b),
            None => tail(self.data, self.next),
        };
        self.next += 4;
        // In the place of the 1 comes the first of the new bits.
        let end = self.value.trailing_zeros();
        self.value = (self.value & self.value.wrapping_sub(1)) | (u64::from(word) << 1 | 1) << ((end - 32) & 63);
    }

    /// Number of bits of the stream taken into `codIOffset` so far, counted from the start of the data.
    pub(crate) fn position(&self) -> usize {
        (self.next * 8).saturating_sub((ALIGN - 1).saturating_sub(self.value.trailing_zeros()) as usize)
    }

    /// Whether bits past the end of the data have been used.
    #[inline]
    pub(crate) fn is_past_end(&self) -> bool {
        // Mostly not even what has been loaded reaches there.
        self.next > self.data.len() && self.position() > self.data.len() * 8
    }

    /// The data this engine reads.
    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }

    /// RenormD, 9.3.3.2.2, by `shift` bits; what it has above its sixth bit does not count.
    #[inline(always)]
    fn renormalise(&mut self, shift: u32) {
        self.range <<= shift & 63;
        self.value <<= shift & 63;
        self.refill();
    }

    /// DecodeDecision, 9.3.3.2.1, without a branch on the bin. What the next bin waits for is short: the table is looked up by the state
    /// alone, and how far to shift is known before it is known which of the two ranges it will be.
    #[inline(always)]
    pub(crate) fn decision(&mut self, state: &mut u8) -> u32 {
        let s = *state;
        let field = LPS[usize::from(s)] << ((self.range >> 56) & 0x30);
        let lps = field & (0xff << ALIGN);
        let mps = self.range - lps;
        let (rest, below) = self.value.overflowing_sub(mps);
        self.value = select_unpredictable(below, self.value, rest);
        self.range = select_unpredictable(below, mps, lps);
        // The most probable symbol's range is at least 128: it is doubled if its ninth bit, bit 62 here, is 0.
        let shift = select_unpredictable(below, mps.rotate_left(2) as u32 ^ 1, (field >> 48) as u32);
        // The context variable, or its complement if the bin is not the most probable symbol.
        let s = s ^ u8::from(below).wrapping_sub(1);
        *state = NEXT[usize::from(s)];
        self.renormalise(shift);
        u32::from(s & 1)
    }

    /// DecodeBypass, 9.3.3.2.3.
    #[inline(always)]
    pub(crate) fn bypass(&mut self) -> u32 {
        self.value <<= 1;
        self.refill();
        let (rest, below) = self.value.overflowing_sub(self.range);
        self.value = select_unpredictable(below, self.value, rest);
        u32::from(!below)
    }

    /// `magnitude` with a sign read in bypass mode.
    #[inline(always)]
    pub(crate) fn signed(&mut self, magnitude: i32) -> i32 {
        let negative = self.bypass() as i32;
        (magnitude ^ -negative) + negative
    }

    /// DecodeTerminate, 9.3.3.2.2.3.
    #[inline]
    pub(crate) fn terminate(&mut self) -> bool {
        self.range -= 2 << ALIGN;
        if self.value >= self.range {
            return true;
        }
        self.renormalise((self.range >> 62) as u32 ^ 1);
        false
    }

    /// The suffix of UEGk binarisation, 9.3.2.3: an Exp-Golomb code of order `k` in bypass mode. `None` if it is longer than any
    /// conforming stream has.
    #[inline]
    pub(crate) fn exp_golomb(&mut self, mut k: u32) -> Option<u32> {
        let mut value = 0u32;
        while self.bypass() != 0 {
            value += 1 << k;
            k += 1;
            if k > 24 {
                return None;
            }
        }
        while k > 0 {
            k -= 1;
            value += self.bypass() << k;
        }
        Some(value)
    }
}

/// The 32 bits from byte `next` of `data`; zeros past the end.
#[cold]
#[inline(never)]
fn tail(data: &[u8], next: usize) -> u32 {
    (0..4).fold(0, |w, i| w << 8 | u32::from(data.get(next.saturating_add(i)).copied().unwrap_or(0)))
}

/// The engine with its 1024 context variables, each `pStateIdx << 1 | valMPS`.
#[derive(Debug, Clone)]
pub(crate) struct CabacDecoder<'a> {
    /// The engine.
    pub(crate) engine: Engine<'a>,
    /// The context variables by `ctxIdx`.
    pub(crate) states: [u8; 1024],
}

/// The initial context variables of a slice, 9.3.1.1. `table` is 0 for I slices, `cabac_init_idc` + 1 for the others.
pub(crate) fn initial_states(table: usize, slice_qp: i32) -> [u8; 1024] {
    let mut states = [0; 1024];
    let qp = slice_qp.clamp(0, 51);
    for (state, mn) in states.iter_mut().zip(CONTEXT_INIT[table & 3].as_chunks::<2>().0) {
        let pre = (((i32::from(mn[0]) * qp) >> 4) + i32::from(mn[1])).clamp(1, 126);
        *state = if pre <= 63 { (63 - pre) << 1 } else { (pre - 64) << 1 | 1 } as u8;
    }
    states
}

/// First contexts of a kind of residual block: `significant_coeff_flag` in frame and field macroblocks, `last_significant_coeff_flag`
/// in both, `coeff_abs_level_minus1` (tables 9-34 and 9-40).
#[derive(Debug, Clone, Copy)]
struct ResidualContexts {
    significant: [u16; 2],
    last: [u16; 2],
    level: u16,
}

/// By plane and `ctxBlockCat`, 0 to 5. Cb and Cr of 4:4:4 have the categories 6 to 8 and 9, 10 to 12 and 13 in place of luma's 0 to 2 and
/// 5; those of chroma are under plane 0.
static RESIDUAL_CONTEXTS: [[ResidualContexts; 6]; 3] = {
    const OFFSET: [[u16; 3]; 5] = [[0, 0, 0], [15, 15, 10], [29, 29, 20], [44, 44, 30], [47, 47, 39]];
    // The first contexts of significant_coeff_flag and last_significant_coeff_flag in frames and fields, and of coeff_abs_level_minus1.
    const BASE: [[u16; 5]; 3] = [[105, 277, 166, 338, 227], [484, 776, 572, 864, 952], [528, 820, 616, 908, 982]];
    const BASE_8X8: [[u16; 5]; 3] = [[402, 436, 417, 451, 426], [660, 675, 690, 699, 708], [718, 733, 748, 757, 766]];
    let mut t = [[ResidualContexts { significant: [0; 2], last: [0; 2], level: 0 }; 6]; 3];
    let mut plane = 0;
    while plane < 3 {
        let [s, field_s, l, field_l, a] = BASE_8X8[plane];
        t[plane][5] = ResidualContexts { significant: [s, field_s], last: [l, field_l], level: a };
        let base = BASE[plane];
        let mut i = 0;
        while i < 5 {
            let [s, l, a] = OFFSET[i];
            t[plane][i] = ResidualContexts {
                significant: [base[0] + s, base[1] + s],
                last: [base[2] + l, base[3] + l],
                level: base[4] + a,
            };
            i += 1;
        }
        plane += 1;
    }
    t
};

/// First context of `coded_block_flag` by plane and `ctxBlockCat`, as [`RESIDUAL_CONTEXTS`].
pub(crate) const CODED_BLOCK_FLAG: [[usize; 6]; 3] =
    [[85, 89, 93, 97, 101, 1012], [460, 464, 468, 97, 101, 1016], [472, 476, 480, 97, 101, 1020]];

impl<'a> CabacDecoder<'a> {
    /// A decoder of the slice data that starts at byte `start`.
    pub(crate) fn new(data: &'a [u8], start: usize, table: usize, slice_qp: i32) -> Self {
        Self { engine: Engine::new(data, start), states: initial_states(table, slice_qp) }
    }

    /// One bin with context `ctx`.
    #[inline(always)]
    pub(crate) fn bin(&mut self, ctx: usize) -> u32 {
        self.engine.decision(&mut self.states[ctx & 1023])
    }

    /// What `f` does with the engine and the context variables, with the engine in registers: for elements of several bins.
    #[inline(always)]
    pub(crate) fn run<R>(&mut self, f: impl FnOnce(&mut Engine<'a>, &mut [u8; 1024]) -> R) -> R {
        let mut engine = self.engine;
        let result = f(&mut engine, &mut self.states);
        self.engine = engine;
        result
    }

    /// `residual_block_cabac()` after `coded_block_flag` for a block of category `CAT` with `COUNT` coefficients, in the contexts of plane
    /// `plane` (0 for chroma that is subsampled). Calls `put` with
    /// each index in scan order and level, last first, and returns how many there were. `None` if a level is longer than any
    /// conforming stream has.
    ///
    /// `ROOM` is a power of two that is at least `COUNT`; `FIELD` selects the contexts of field macroblocks.
    #[inline(always)]
    pub(crate) fn residual<const CAT: usize, const COUNT: usize, const ROOM: usize, const FIELD: bool>(
        &mut self,
        plane: usize,
        mut put: impl FnMut(usize, i32),
    ) -> Option<u8> {
        let base = &RESIDUAL_CONTEXTS[plane.min(2)][CAT];
        let (sig, last) = (usize::from(base.significant[FIELD as usize]), usize::from(base.last[FIELD as usize]));
        let mut e = self.engine;
        const { assert!(ROOM.is_power_of_two() && ROOM >= COUNT) };
        let mut positions = [0u8; ROOM];
        let mut n = 0usize;
        let mut i = 0usize;
        loop {
            if i == COUNT - 1 {
                positions[n & (ROOM - 1)] = i as u8;
                n += 1;
                break;
            }
            let (s, l) = match CAT {
                // Min(numDecod / NumC8x8, 2)
                3 => ((i / (COUNT / 4)).min(2), (i / (COUNT / 4)).min(2)),
                5 if FIELD => (usize::from(SIGNIFICANT_8X8_FIELD[i]), usize::from(LAST_8X8[i])),
                5 => (usize::from(SIGNIFICANT_8X8_FRAME[i]), usize::from(LAST_8X8[i])),
                _ => (i, i),
            };
            if e.decision(&mut self.states[(sig + s) & 1023]) != 0 {
                positions[n & (ROOM - 1)] = i as u8;
                n += 1;
                if e.decision(&mut self.states[(last + l) & 1023]) != 0 {
                    break;
                }
            }
            i += 1;
        }
        let level = usize::from(base.level);
        // numDecodAbsLevelEq1 + 1 while no level was above 1, and 0 after; the number of levels above 1.
        let (mut ones, mut above) = (1usize, 0usize);
        let max_above = if CAT == 3 { 3 } else { 4 };
        for j in (0..n).rev() {
            let p = positions[j & (ROOM - 1)];
            if e.decision(&mut self.states[(level + ones) & 1023]) == 0 {
                put(usize::from(p), e.signed(1));
                if ones > 0 {
                    ones = (ones + 1).min(4);
                }
                continue;
            }
            let state = &mut self.states[(level + 5 + above.min(max_above)) & 1023];
            let mut magnitude = 2i32;
            while magnitude < 15 && e.decision(state) != 0 {
                magnitude += 1;
            }
            if magnitude == 15 {
                magnitude += e.exp_golomb(0)? as i32;
            }
            put(usize::from(p), e.signed(magnitude));
            ones = 0;
            above += 1;
        }
        self.engine = e;
        Some(n as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_at_the_ends_of_the_qp_range() {
        // ctxIdx 0: m 20, n -15. QP 0: preCtxState clips to 1; QP 51: (1020 >> 4) - 15 = 48.
        assert_eq!(initial_states(0, 0)[0], 62 << 1);
        assert_eq!(initial_states(0, 51)[0], (63 - 48) << 1);
        // ctxIdx 6: m -28, n 127. QP 26: -46 + 127 = 81 -> state 17, MPS 1.
        assert_eq!(initial_states(0, 26)[6], 17 << 1 | 1);
    }

    /// Any bytes decode without a panic, and the position never runs away from the bits that were used.
    #[test]
    fn any_bytes_decode() {
        let mut seed = 1u32;
        for len in 0..40 {
            let data: std::vec::Vec<u8> = (0..len)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .collect();
            let mut d = CabacDecoder::new(&data, 0, 1, 30);
            assert_eq!(d.engine.position(), 9);
            for i in 0..400 {
                let before = d.engine.position();
                match i % 4 {
                    0 => drop(d.bin(i)),
                    1 => drop(d.engine.bypass()),
                    2 => drop(d.engine.terminate()),
                    _ => drop(d.residual::<5, 64, 64, false>(i % 3, |p, _| assert!(p < 64))),
                }
                assert!(d.engine.position() >= before);
            }
            assert!(d.engine.is_past_end());
        }
    }

    /// Bypass bins of an interval of 256 are the bits themselves, eight bits behind what has been read.
    #[test]
    fn bypass_reads_the_stream() {
        let data = [0b0000_0000, 0b0101_1001, 0b1110_0001, 0, 0, 0, 0, 0xa5, 0x5a, 0xff];
        let mut e = Engine::new(&data, 0);
        e.range = 256 << ALIGN;
        for i in 9..80 {
            let bit = data[(i - 8) / 8] >> (7 - i % 8) & 1;
            assert_eq!(e.bypass(), u32::from(bit), "bit {i}");
            assert_eq!(e.position(), i + 1);
        }
    }
}
