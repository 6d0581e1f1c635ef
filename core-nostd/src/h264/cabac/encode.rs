//! Arithmetic encoding, 9.3.4.2 to 9.3.4.5, and a counter of the bits that it would take.

use super::tables::{CONTEXT_INIT, RANGE_LPS, TRANS_IDX_LPS};
use alloc::vec::Vec;

/// The context variables of a slice: `pStateIdx` * 2 + `valMPS` of each `ctxIdx`.
#[derive(Clone)]
pub(crate) struct Contexts([u8; 1024]);

impl Contexts {
    /// 9.3.1.1. `init` is 0 for I slices and `cabac_init_idc` + 1 for others.
    pub(crate) fn new(init: usize, slice_qp: u8) -> Self {
        let mut states = [0; 1024];
        for (i, s) in states.iter_mut().enumerate() {
            let (m, n) = (i32::from(CONTEXT_INIT[init][2 * i]), i32::from(CONTEXT_INIT[init][2 * i + 1]));
            let pre = (((m * i32::from(slice_qp)) >> 4) + n).clamp(1, 126);
            *s = if pre <= 63 { (63 - pre) * 2 } else { (pre - 64) * 2 + 1 } as u8;
        }
        Self(states)
    }

    /// Takes over the contexts that frame macroblocks of 4:2:0 pictures can use.
    #[inline]
    pub(crate) fn copy_used_from(&mut self, other: &Self) {
        self.0[..460].copy_from_slice(&other.0[..460]);
        self.0[1012..1024].copy_from_slice(&other.0[1012..1024]);
    }

    /// Updates context `ctx` by `bin` and returns its state before.
    #[inline]
    fn update(&mut self, ctx: usize, bin: bool) -> usize {
        let s = &mut self.0[ctx & 1023];
        let before = usize::from(*s & 127);
        *s = NEXT_STATE[before * 2 + usize::from(bin)];
        before
    }
}

/// The state after coding a bin: index is state * 2 + bin.
static NEXT_STATE: [u8; 256] = {
    let mut t = [0; 256];
    let mut s = 0;
    while s < 128 {
        let (idx, mps) = (s / 2, s % 2);
        let mps_next = if idx < 62 { idx + 1 } else { idx };
        t[s * 2 + mps] = (mps_next * 2 + mps) as u8;
        let lps_mps = if idx == 0 { 1 - mps } else { mps };
        t[s * 2 + 1 - mps] = TRANS_IDX_LPS[idx] * 2 + lps_mps as u8;
        s += 1;
    }
    t
};

/// Bits, in 1/256, of a bin: index is state * 2 + bin.
static BIN_COST: [u16; 256] = {
    let mut t = [0; 256];
    let mut s = 0;
    while s < 128 {
        let (idx, mps) = (s / 2, s % 2);
        t[s * 2 + mps] = STATE_COST[2 * idx];
        t[s * 2 + 1 - mps] = STATE_COST[2 * idx + 1];
        s += 1;
    }
    t
};

/// Bits, in 1/256, of the more and the less probable symbol in each `pStateIdx`: the probability of the latter is
/// 0.5 * 0.0375^(pStateIdx / 63), the model that table 9-45 was made from.
const STATE_COST: [u16; 128] = [
    256, 256, 238, 275, 221, 294, 206, 314, 192, 333, 180, 352, 168, 371, 157, 391, 148, 410, 139, 429, 130, 448, 122,
    468, 115, 487, 108, 506, 102, 525, 96, 545, 90, 564, 85, 583, 80, 602, 76, 622, 72, 641, 68, 660, 64, 679, 60, 699,
    57, 718, 54, 737, 51, 756, 48, 776, 46, 795, 43, 814, 41, 833, 39, 853, 37, 872, 35, 891, 33, 910, 31, 930, 29,
    949, 28, 968, 26, 987, 25, 1007, 24, 1026, 22, 1045, 21, 1064, 20, 1084, 19, 1103, 18, 1122, 17, 1141, 16, 1161,
    15, 1180, 15, 1199, 14, 1218, 13, 1238, 12, 1257, 12, 1276, 11, 1295, 11, 1315, 10, 1334, 10, 1353, 9, 1372, 9,
    1392, 8, 1411, 8, 1430, 7, 1449, 7, 1469,
];

/// Where bins go: to the stream or to a counter.
pub(crate) trait BinSink {
    /// A bin with context `ctx` (9.3.4.2).
    fn bin(&mut self, ctx: usize, bin: bool);
    /// A bin of probability one half (9.3.4.4).
    fn bypass(&mut self, bin: bool);
    /// `count` bypass bins, the highest first.
    fn bypass_bits(&mut self, value: u32, count: u32) {
        for i in (0..count).rev() {
            self.bypass(value >> i & 1 != 0);
        }
    }
    /// A bin before termination (9.3.4.5) that does not terminate.
    fn not_last(&mut self);
}

/// Codes bins into bytes.
pub(crate) struct CabacEncoder {
    contexts: Contexts,
    bytes: Vec<u8>,
    /// `codILow`, with `pending` more bits on top that are not yet in `bytes`, and above those one for the carry.
    low: u32,
    /// `codIRange`.
    range: u32,
    pending: u32,
}

impl CabacEncoder {
    /// An encoder that appends to `bytes`, which end at a byte boundary of the slice data (9.3.1.2).
    pub(crate) fn new(bytes: Vec<u8>, contexts: Contexts) -> Self {
        Self { contexts, bytes, low: 0, range: 510, pending: 0 }
    }
    /// The state of the contexts.
    pub(crate) fn contexts(&self) -> &Contexts {
        &self.contexts
    }
    /// Bits written so far, within two bytes.
    #[cfg(test)]
    pub(crate) fn len_bits(&self) -> usize {
        self.bytes.len() * 8 + self.pending as usize
    }

    /// Appends eight bits; a ninth, the carry, goes up through the bytes before.
    ///
    /// The interval never reaches past the first bit's position, so a carry always finds a byte below 255.
    #[inline]
    fn push(&mut self, value: u32) {
        if value > 0xff {
            for b in self.bytes.iter_mut().rev() {
                *b = b.wrapping_add(1);
                if *b != 0 {
                    break;
                }
            }
        }
        self.bytes.push(value as u8);
    }
    #[inline]
    fn shift(&mut self, n: u32) {
        self.low <<= n;
        self.pending += n;
        if self.pending >= 8 {
            let keep = self.pending + 1;
            self.push(self.low >> keep);
            self.low &= (1 << keep) - 1;
            self.pending -= 8;
        }
    }
    /// A bin that ends the slice or precedes PCM samples, and the flush that follows it (9.3.4.5). The last bit written is 1:
    /// at the end of a slice it is `rbsp_stop_one_bit`. Fills the byte up with zeros.
    fn terminate(&mut self) {
        self.low += self.range - 2;
        self.range = 2;
        self.shift(7);
        // Bits 9 and 8 of codILow and a one are left to write.
        let mut bits = self.pending + 2;
        let mut value = self.low >> 7 | 1;
        let fill = bits.next_multiple_of(8) - bits;
        value <<= fill;
        bits += fill;
        while bits > 0 {
            bits -= 8;
            self.push(value >> bits);
            value &= (1 << bits) - 1;
        }
    }
    /// `pcm_flag` bin, alignment, samples, and a fresh start of the engine (9.3.1.2).
    pub(crate) fn pcm(&mut self, samples: impl Iterator<Item = u8>) {
        self.terminate();
        self.bytes.extend(samples);
        self.low = 0;
        self.range = 510;
        self.pending = 0;
    }
    /// `end_of_slice_flag` 1 and the trailing bits; returns the bytes.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.terminate();
        self.bytes
    }
}

impl BinSink for CabacEncoder {
    #[inline]
    fn bin(&mut self, ctx: usize, bin: bool) {
        let s = self.contexts.update(ctx, bin);
        let lps = u32::from(RANGE_LPS[s >> 1][(self.range >> 6 & 3) as usize]);
        self.range -= lps;
        if bin != (s & 1 != 0) {
            self.low += self.range;
            self.range = lps;
        }
        let n = self.range.leading_zeros() - 23;
        self.range <<= n;
        self.shift(n);
    }
    #[inline]
    fn bypass(&mut self, bin: bool) {
        self.low <<= 1;
        if bin {
            self.low += self.range;
        }
        // The shift has been made.
        self.pending += 1;
        if self.pending >= 8 {
            let keep = self.pending + 1;
            self.push(self.low >> keep);
            self.low &= (1 << keep) - 1;
            self.pending -= 8;
        }
    }
    #[inline]
    fn not_last(&mut self) {
        self.range -= 2;
        if self.range < 256 {
            self.range <<= 1;
            self.shift(1);
        }
    }
}

/// Counts bits without writing them; its contexts adapt as the encoder's do.
pub(crate) struct CabacCounter<'a> {
    contexts: &'a mut Contexts,
    /// In 1/256 bit.
    cost: u32,
}

impl<'a> CabacCounter<'a> {
    /// A counter at zero that changes `contexts`.
    pub(crate) fn new(contexts: &'a mut Contexts) -> Self {
        Self { contexts, cost: 0 }
    }
    /// Bits so far, in 1/256.
    pub(crate) fn cost(&self) -> u32 {
        self.cost
    }
}

impl BinSink for CabacCounter<'_> {
    #[inline]
    fn bin(&mut self, ctx: usize, bin: bool) {
        let s = self.contexts.update(ctx, bin);
        self.cost += u32::from(BIN_COST[s * 2 + usize::from(bin)]);
    }
    #[inline]
    fn bypass(&mut self, _bin: bool) {
        self.cost += 256;
    }
    #[inline]
    fn bypass_bits(&mut self, _value: u32, count: u32) {
        self.cost += 256 * count;
    }
    #[inline]
    fn not_last(&mut self) {
        self.cost += 2;
    }
}

impl Contexts {
    /// Bits, in 1/256, that `bin` would take in context `ctx` now.
    #[inline]
    pub(crate) fn cost(&self, ctx: usize, bin: bool) -> u32 {
        u32::from(BIN_COST[usize::from(self.0[ctx & 1023] & 127) * 2 + usize::from(bin)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The decoding engine exactly as 9.3.3.2 words it, bit by bit.
    struct Reference<'a> {
        data: &'a [u8],
        pos: usize,
        range: u32,
        offset: u32,
        contexts: Contexts,
    }
    impl<'a> Reference<'a> {
        fn new(data: &'a [u8], contexts: Contexts) -> Self {
            let mut r = Self { data, pos: 0, range: 510, offset: 0, contexts };
            r.start();
            r
        }
        fn start(&mut self) {
            self.range = 510;
            self.offset = (0..9).fold(0, |o, _| o << 1 | self.bit());
        }
        fn bit(&mut self) -> u32 {
            let b = self.data.get(self.pos / 8).map_or(0, |b| b >> (7 - self.pos % 8) & 1);
            self.pos += 1;
            b.into()
        }
        fn renorm(&mut self) {
            while self.range < 256 {
                self.range <<= 1;
                self.offset = self.offset << 1 | self.bit();
            }
        }
        fn bin(&mut self, ctx: usize) -> bool {
            let s = usize::from(self.contexts.0[ctx]);
            let lps = u32::from(RANGE_LPS[s >> 1][(self.range >> 6 & 3) as usize]);
            self.range -= lps;
            let mut bin = s & 1 != 0;
            if self.offset >= self.range {
                self.offset -= self.range;
                self.range = lps;
                bin = !bin;
            }
            self.contexts.update(ctx, bin);
            self.renorm();
            bin
        }
        fn bypass(&mut self) -> bool {
            self.offset = self.offset << 1 | self.bit();
            let bin = self.offset >= self.range;
            if bin {
                self.offset -= self.range;
            }
            bin
        }
        fn terminate(&mut self) -> bool {
            self.range -= 2;
            if self.offset >= self.range {
                return true;
            }
            self.renorm();
            false
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            qp in 0u8..52,
            bins in prop::collection::vec((0u8..8, 0usize..460, any::<bool>()), 0..2000),
            skew in 0u8..4,
        ) {
            let contexts = Contexts::new(1, qp);
            let mut e = CabacEncoder::new(Vec::new(), contexts.clone());
            // A skewed run drives states and the range to their ends and makes long carries.
            let value = |b: bool, i: usize| if skew == 0 { b } else { b && i.is_multiple_of(1 << (2 * skew)) };
            for (i, &(kind, ctx, b)) in bins.iter().enumerate() {
                match kind {
                    0 => e.bypass(value(b, i)),
                    1 => e.not_last(),
                    2 if i.is_multiple_of(50) => e.pcm([0xff, ctx as u8].into_iter()),
                    _ => e.bin(ctx / (1 + usize::from(skew) * 20), value(b, i)),
                }
            }
            let bytes = e.finish();
            let mut d = Reference::new(&bytes, contexts);
            for (i, &(kind, ctx, b)) in bins.iter().enumerate() {
                match kind {
                    0 => prop_assert_eq!(d.bypass(), value(b, i)),
                    1 => prop_assert!(!d.terminate()),
                    2 if i.is_multiple_of(50) => {
                        prop_assert!(d.terminate());
                        // The last bit read is the one that the flush inserted.
                        d.pos = d.pos.next_multiple_of(8);
                        prop_assert_eq!(d.data[d.pos / 8], 0xff);
                        prop_assert_eq!(d.data[d.pos / 8 + 1], ctx as u8);
                        d.pos += 16;
                        d.start();
                    }
                    _ => prop_assert_eq!(d.bin(ctx / (1 + usize::from(skew) * 20)), value(b, i)),
                }
            }
            prop_assert!(d.terminate());
        }
    }

    #[test]
    fn the_counter_agrees_with_the_encoder() {
        let contexts = Contexts::new(0, 30);
        let mut e = CabacEncoder::new(Vec::new(), contexts.clone());
        let mut states = contexts;
        let mut c = CabacCounter::new(&mut states);
        let mut x = 1u32;
        for i in 0..20_000usize {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bin = x >> 24 < 40 + (i % 7) as u32 * 20;
            e.bin(60 + i % 7, bin);
            c.bin(60 + i % 7, bin);
        }
        let (real, counted) = (e.len_bits() as f64, f64::from(c.cost()) / 256.0);
        assert!((real / counted - 1.0).abs() < 0.02, "{real} {counted}");
    }
}
