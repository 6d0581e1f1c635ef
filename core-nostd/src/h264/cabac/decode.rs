//! The arithmetic decoding engine, 9.3.1.2 and 9.3.3.2, and the residual blocks that it spends its time on, 7.3.5.3.3.

use super::tables::{CONTEXT_INIT, LAST_8X8, RANGE_LPS, SIGNIFICANT_8X8_FIELD, SIGNIFICANT_8X8_FRAME, TRANS_IDX_LPS};

/// `RANGE_LPS` indexed by `qCodIRangeIdx << 7 | pStateIdx << 1`, with room for the MPS in the low bit.
static LPS: [u8; 512] = {
    let mut t = [0; 512];
    let mut i = 0;
    while i < 512 {
        t[i] = RANGE_LPS[(i >> 1) & 63][i >> 7];
        i += 1;
    }
    t
};

/// The state after a bin, by `is_lps << 7 | pStateIdx << 1 | valMPS`.
static NEXT: [u8; 256] = {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 128 {
        let (state, mps) = (i >> 1, i & 1);
        t[i] = ((if state < 62 { state + 1 } else { state }) << 1 | mps) as u8;
        let flipped = if state == 0 { mps ^ 1 } else { mps };
        t[128 + i] = TRANS_IDX_LPS[state] << 1 | flipped as u8;
        i += 1;
    }
    t
};

/// `codIOffset` is kept left-aligned: its nine bits lie at bit 54 and up, and below them the bits of the stream that come next.
const ALIGN: u32 = 54;

/// The engine: an interval and a window on the bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Engine<'a> {
    data: &'a [u8],
    /// The byte to load next; runs past the end of `data`, where bits are 0.
    next: usize,
    value: u64,
    /// Bits of the stream that `value` holds below `codIOffset`; never negative between calls.
    spare: i32,
    range: u32,
}

impl<'a> Engine<'a> {
    /// An engine that starts at byte `start` (9.3.1.2).
    pub(crate) fn new(data: &'a [u8], start: usize) -> Self {
        let mut e = Self { data, next: start, value: 0, spare: -9, range: 510 };
        e.refill();
        e
    }

    /// Fills up the window with 48 bits. `spare` is from -9 to -1.
    #[inline(always)]
    fn refill(&mut self) {
        let word = match self.data.get(self.next..).and_then(|d| d.first_chunk::<8>()) {
            Some(b) => u64::from_be_bytes(*b) >> 16,
            None => self.tail(),
        };
        self.next += 6;
        self.value |= word << ((ALIGN as i32 - 48 - self.spare) & 63);
        self.spare += 48;
    }

    #[cold]
    #[inline(never)]
    fn tail(&self) -> u64 {
        (0..6).fold(0, |w, i| w << 8 | u64::from(self.data.get(self.next.saturating_add(i)).copied().unwrap_or(0)))
    }

    /// Number of bits of the stream taken into `codIOffset` so far, counted from the start of the data.
    pub(crate) fn position(&self) -> usize {
        (self.next * 8).saturating_sub(self.spare.max(0) as usize)
    }

    /// Whether bits past the end of the data have been used.
    #[inline]
    pub(crate) fn is_past_end(&self) -> bool {
        self.position() > self.data.len() * 8
    }

    /// The data this engine reads.
    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }

    /// DecodeDecision, 9.3.3.2.1, without a branch on the bin.
    #[inline(always)]
    pub(crate) fn decision(&mut self, state: &mut u8) -> u32 {
        let s = u32::from(*state & 127);
        let lps = u32::from(LPS[((self.range << 1 & 0x180) | s) as usize & 511]);
        let mps_range = self.range - lps;
        let scaled = u64::from(mps_range) << ALIGN;
        let is_lps = u32::from(self.value >= scaled);
        let mask = u64::from(is_lps).wrapping_neg();
        self.value -= scaled & mask;
        let range = if is_lps != 0 { lps } else { mps_range };
        *state = NEXT[(is_lps << 7 | s) as usize & 255];
        let shift = range.leading_zeros() - 23;
        self.range = range << shift;
        self.value <<= shift;
        self.spare -= shift as i32;
        if self.spare < 0 {
            self.refill();
        }
        (s & 1) ^ is_lps
    }

    /// DecodeBypass, 9.3.3.2.3.
    #[inline(always)]
    pub(crate) fn bypass(&mut self) -> u32 {
        self.value <<= 1;
        self.spare -= 1;
        if self.spare < 0 {
            self.refill();
        }
        let scaled = u64::from(self.range) << ALIGN;
        let bin = self.value >= scaled;
        self.value -= scaled & u64::from(bin).wrapping_neg();
        u32::from(bin)
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
        self.range -= 2;
        if self.value >= u64::from(self.range) << ALIGN {
            return true;
        }
        let shift = self.range.leading_zeros() - 23;
        self.range <<= shift;
        self.value <<= shift;
        self.spare -= shift as i32;
        if self.spare < 0 {
            self.refill();
        }
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

/// By `ctxBlockCat`, 0 to 5. Cb and Cr of 4:4:4 follow with that format.
const RESIDUAL_CONTEXTS: [ResidualContexts; 6] = {
    const OFFSET: [[u16; 3]; 5] = [[0, 0, 0], [15, 15, 10], [29, 29, 20], [44, 44, 30], [47, 47, 39]];
    let mut t = [ResidualContexts { significant: [402, 436], last: [417, 451], level: 426 }; 6];
    let mut i = 0;
    while i < 5 {
        let [s, l, a] = OFFSET[i];
        t[i] = ResidualContexts { significant: [105 + s, 277 + s], last: [166 + l, 338 + l], level: 227 + a };
        i += 1;
    }
    t
};

/// First context of `coded_block_flag` by `ctxBlockCat`.
pub(crate) const CODED_BLOCK_FLAG: [usize; 5] = [85, 89, 93, 97, 101];

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

    /// `residual_block_cabac()` after `coded_block_flag` for a block of category `CAT` with `COUNT` coefficients. Calls `put` with
    /// each index in scan order and level, last first, and returns how many there were. `None` if a level is longer than any
    /// conforming stream has.
    ///
    /// `ROOM` is a power of two that is at least `COUNT`; `FIELD` selects the contexts of field macroblocks.
    #[inline(always)]
    pub(crate) fn residual<const CAT: usize, const COUNT: usize, const ROOM: usize, const FIELD: bool>(
        &mut self,
        mut put: impl FnMut(usize, i32),
    ) -> Option<u8> {
        let base = const { &RESIDUAL_CONTEXTS[CAT] };
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
                3 => (i.min(2), i.min(2)),
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
                    _ => drop(d.residual::<5, 64, 64, false>(|p, _| assert!(p < 64))),
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
        e.range = 256;
        for i in 9..80 {
            let bit = data[(i - 8) / 8] >> (7 - i % 8) & 1;
            assert_eq!(e.bypass(), u32::from(bit), "bit {i}");
            assert_eq!(e.position(), i + 1);
        }
    }
}
