//! Syntax elements by CABAC: binarisations and contexts of 9.3.2 and 9.3.3.1.

use super::syntax::{CoeffGrid, Syntax, category, scale_4x4, scale_8x8};
use crate::error::{Error, Result};
use crate::h264::cabac::decode::{CODED_BLOCK_FLAG, CabacDecoder, Engine};
use crate::h264::neighbours::GRID_STRIDE;
use crate::h264::quant::MAX_QPS;
use crate::h264::scan::{CHROMA_DC_422, FIELD_8X8, ZIGZAG_8X8, scan_4x4};
use transcode_simd::Sample;

/// First contexts of the syntax elements, table 9-34.
mod ctx {
    pub(super) const MB_TYPE_SI_PREFIX: usize = 0;
    pub(super) const MB_TYPE_I: usize = 3;
    pub(super) const MB_SKIP_FLAG_P: usize = 11;
    pub(super) const MB_TYPE_P: usize = 14;
    pub(super) const MB_TYPE_P_INTRA: usize = 17;
    pub(super) const SUB_MB_TYPE_P: usize = 21;
    pub(super) const MB_SKIP_FLAG_B: usize = 24;
    pub(super) const MB_TYPE_B: usize = 27;
    pub(super) const MB_TYPE_B_INTRA: usize = 32;
    pub(super) const SUB_MB_TYPE_B: usize = 36;
    pub(super) const MVD: [usize; 2] = [40, 47];
    pub(super) const REF_IDX: usize = 54;
    pub(super) const MB_QP_DELTA: usize = 60;
    pub(super) const INTRA_CHROMA_PRED_MODE: usize = 64;
    pub(super) const PREV_INTRA_PRED_MODE_FLAG: usize = 68;
    pub(super) const REM_INTRA_PRED_MODE: usize = 69;
    pub(super) const MB_FIELD_DECODING_FLAG: usize = 70;
    pub(super) const CODED_BLOCK_PATTERN_LUMA: usize = 73;
    pub(super) const CODED_BLOCK_PATTERN_CHROMA: usize = 77;
    pub(super) const TRANSFORM_SIZE_8X8_FLAG: usize = 399;
}

/// Set in `TotalCoeff` of the blocks of macroblocks of 4:4:4 that have 8x8 blocks, and of those that count as coded for any neighbour: where
/// `coded_block_flag` of an 8x8 block is read, only such blocks beside it count (9.3.3.1.1.9).
const OF_8X8: u8 = 64;

/// CABAC as a source of syntax elements. `INTERLACED` says that there can be field macroblocks.
pub(crate) struct Cabac<'a, const INTERLACED: bool> {
    d: CabacDecoder<'a>,
    field: bool,
}

impl<'a, const INTERLACED: bool> Cabac<'a, INTERLACED> {
    /// Slice data.
    pub(crate) fn new(d: CabacDecoder<'a>) -> Self {
        Self { d, field: false }
    }

    /// Whether the macroblock is a field macroblock.
    #[inline(always)]
    fn is_field(&self) -> bool {
        INTERLACED && self.field
    }

    /// A residual block with the contexts and the scan of frame or field macroblocks; `None` as [`CabacDecoder::residual`].
    #[inline(always)]
    fn levels<const CAT: usize, const COUNT: usize, const ROOM: usize>(
        &mut self,
        plane: usize,
        put: impl FnMut(usize, i32),
    ) -> Option<u8> {
        if self.is_field() {
            self.d.residual::<CAT, COUNT, ROOM, true>(plane, put)
        } else {
            self.d.residual::<CAT, COUNT, ROOM, false>(plane, put)
        }
    }

    #[cold]
    fn invalid(&self, field: &'static str) -> Error {
        Error::invalid(field).at_bit(self.position() as u64)
    }

    /// `mb_type` of I macroblocks after its first bin; the bins' contexts are those of the prefix in P and B slices, or (`I`) spread wider.
    fn mb_type_intra<const I: bool>(&mut self, base: usize) -> u32 {
        let d = &mut self.d;
        if d.engine.terminate() {
            return 25;
        }
        let [luma, chroma, chroma2, mode, mode2] = if I { [3, 4, 5, 6, 7] } else { [1, 2, 2, 3, 3] };
        let mut t = 1 + 12 * d.bin(base + luma);
        if d.bin(base + chroma) != 0 {
            t += 4 + 4 * d.bin(base + chroma2);
        }
        t += 2 * d.bin(base + mode);
        t + d.bin(base + mode2)
    }

    #[inline(always)]
    fn coded_block_flag(&mut self, plane: usize, cat: usize, left: bool, above: bool) -> bool {
        self.d.bin(CODED_BLOCK_FLAG[plane.min(2)][cat] + usize::from(left) + 2 * usize::from(above)) != 0
    }
}

impl<const INTERLACED: bool> Syntax for Cabac<'_, INTERLACED> {
    fn set_field(&mut self, field: bool) {
        self.field = field;
    }

    fn mb_field_decoding_flag(&mut self, inc: usize) -> Result<bool> {
        Ok(self.d.bin(ctx::MB_FIELD_DECODING_FLAG + inc) != 0)
    }

    const PCM_COEFFS: u8 = OF_8X8;

    fn unavailable_coeffs(intra: bool) -> u8 {
        if intra { OF_8X8 } else { 0 }
    }

    fn coeffs_beside_8x8(coeffs: u8) -> u8 {
        coeffs & OF_8X8
    }

    #[inline(always)]
    fn skip(&mut self, b_slice: bool, inc: usize) -> Result<bool> {
        Ok(self.d.bin(if b_slice { ctx::MB_SKIP_FLAG_B } else { ctx::MB_SKIP_FLAG_P } + inc) != 0)
    }

    fn end_of_slice(&mut self) -> Result<bool> {
        let end = self.d.engine.terminate();
        if self.d.engine.is_past_end() {
            return Err(Error::unexpected_end(self.position() as u64));
        }
        Ok(end)
    }

    fn is_si(&mut self, inc: usize) -> Result<bool> {
        Ok(self.d.bin(ctx::MB_TYPE_SI_PREFIX + inc) == 0)
    }
    fn mb_type_i(&mut self, inc: usize) -> Result<u32> {
        Ok(if self.d.bin(ctx::MB_TYPE_I + inc) == 0 { 0 } else { self.mb_type_intra::<true>(ctx::MB_TYPE_I) })
    }

    fn mb_type_p(&mut self) -> Result<u32> {
        let d = &mut self.d;
        if d.bin(ctx::MB_TYPE_P) != 0 {
            let inxn = d.bin(ctx::MB_TYPE_P_INTRA) == 0;
            return Ok(5 + if inxn { 0 } else { self.mb_type_intra::<false>(ctx::MB_TYPE_P_INTRA) });
        }
        Ok(if d.bin(ctx::MB_TYPE_P + 1) == 0 { 3 * d.bin(ctx::MB_TYPE_P + 2) } else { 2 - d.bin(ctx::MB_TYPE_P + 3) })
    }

    fn mb_type_b(&mut self, inc: usize) -> Result<u32> {
        let d = &mut self.d;
        if d.bin(ctx::MB_TYPE_B + inc) == 0 {
            return Ok(0);
        }
        if d.bin(ctx::MB_TYPE_B + 3) == 0 {
            return Ok(1 + d.bin(ctx::MB_TYPE_B + 5));
        }
        let bits = d.run(|e, states| {
            let first = e.decision(&mut states[ctx::MB_TYPE_B + 4]);
            (0..3).fold(first, |bits, _| bits << 1 | e.decision(&mut states[ctx::MB_TYPE_B + 5]))
        });
        Ok(match bits {
            0..8 => bits + 3,
            13 => {
                let inxn = d.bin(ctx::MB_TYPE_B_INTRA) == 0;
                23 + if inxn { 0 } else { self.mb_type_intra::<false>(ctx::MB_TYPE_B_INTRA) }
            }
            14 => 11,
            15 => 22,
            _ => (bits << 1 | d.bin(ctx::MB_TYPE_B + 5)) - 4,
        })
    }

    fn sub_mb_type_p(&mut self) -> Result<u32> {
        let d = &mut self.d;
        if d.bin(ctx::SUB_MB_TYPE_P) != 0 {
            return Ok(0);
        }
        if d.bin(ctx::SUB_MB_TYPE_P + 1) == 0 {
            return Ok(1);
        }
        Ok(3 - d.bin(ctx::SUB_MB_TYPE_P + 2))
    }

    fn sub_mb_type_b(&mut self) -> Result<u32> {
        let d = &mut self.d;
        if d.bin(ctx::SUB_MB_TYPE_B) == 0 {
            return Ok(0);
        }
        if d.bin(ctx::SUB_MB_TYPE_B + 1) == 0 {
            return Ok(1 + d.bin(ctx::SUB_MB_TYPE_B + 3));
        }
        let mut t = 3;
        if d.bin(ctx::SUB_MB_TYPE_B + 2) != 0 {
            if d.bin(ctx::SUB_MB_TYPE_B + 3) != 0 {
                return Ok(11 + d.bin(ctx::SUB_MB_TYPE_B + 3));
            }
            t += 4;
        }
        t += 2 * d.bin(ctx::SUB_MB_TYPE_B + 3);
        Ok(t + d.bin(ctx::SUB_MB_TYPE_B + 3))
    }

    fn ref_idx(&mut self, inc: usize, max: u32) -> Option<u32> {
        let mut value = 0;
        let mut inc = inc;
        while self.d.bin(ctx::REF_IDX + inc) != 0 {
            value += 1;
            inc = if inc < 4 { 4 } else { 5 };
            if value > max {
                return None;
            }
        }
        Some(value)
    }

    fn mvd(&mut self, sums: [u32; 2]) -> Option<[i32; 2]> {
        self.d.run(|e, states| {
            let mut mvd = [0; 2];
            for (i, mvd) in mvd.iter_mut().enumerate() {
                let (base, sum) = (ctx::MVD[i], sums[i]);
                let mut bin = |e: &mut Engine<'_>, ctx: usize| e.decision(&mut states[(base + ctx) & 1023]) != 0;
                if !bin(e, usize::from(sum > 2) + usize::from(sum > 32)) {
                    continue;
                }
                let mut magnitude = 1;
                let mut inc = 3;
                while bin(e, inc) {
                    magnitude += 1;
                    if magnitude == 9 {
                        magnitude += e.exp_golomb(3)? as i32;
                        break;
                    }
                    inc = (inc + 1).min(6);
                }
                *mvd = e.signed(magnitude);
            }
            Some(mvd)
        })
    }

    fn intra_pred_mode(&mut self) -> Result<Option<u8>> {
        self.d.run(|e, states| {
            if e.decision(&mut states[ctx::PREV_INTRA_PRED_MODE_FLAG]) != 0 {
                return Ok(None);
            }
            let state = &mut states[ctx::REM_INTRA_PRED_MODE];
            Ok(Some((0..3).fold(0, |m, i| m | (e.decision(state) as u8) << i)))
        })
    }

    fn intra_chroma_pred_mode(&mut self, inc: usize) -> Result<u8> {
        let d = &mut self.d;
        let mut mode = 0;
        let mut inc = inc;
        while mode < 3 && d.bin(ctx::INTRA_CHROMA_PRED_MODE + inc) != 0 {
            mode += 1;
            inc = 3;
        }
        Ok(mode)
    }

    fn coded_block_pattern(&mut self, _intra_nxn: bool, chroma: bool, left: u8, above: u8) -> Result<u8> {
        self.d.run(|e, states| {
            let mut bin = |ctx: usize| e.decision(&mut states[ctx & 1023]) as u8;
            let mut luma = 0u8;
            for i in 0..4 {
                let a = if i & 1 == 0 { left >> (i + 1) } else { luma >> (i - 1) };
                let b = if i < 2 { above >> (i + 2) } else { luma >> (i - 2) };
                luma |= bin(ctx::CODED_BLOCK_PATTERN_LUMA + usize::from(!a & 1 | (!b & 1) << 1)) << i;
            }
            if !chroma {
                return Ok(luma);
            }
            let (a, b) = (left >> 4, above >> 4);
            if bin(ctx::CODED_BLOCK_PATTERN_CHROMA + usize::from(a != 0) + 2 * usize::from(b != 0)) == 0 {
                return Ok(luma);
            }
            let inc = 4 + usize::from(a == 2) + 2 * usize::from(b == 2);
            Ok(luma | (1 + bin(ctx::CODED_BLOCK_PATTERN_CHROMA + inc)) << 4)
        })
    }

    fn transform_size_8x8_flag(&mut self, inc: usize) -> Result<bool> {
        Ok(self.d.bin(ctx::TRANSFORM_SIZE_8X8_FLAG + inc) != 0)
    }

    fn mb_qp_delta(&mut self, inc: usize) -> Result<i32> {
        if self.d.bin(ctx::MB_QP_DELTA + inc) == 0 {
            return Ok(0);
        }
        let value = self.d.run(|e, states| {
            let mut value = 1;
            let mut inc = 2;
            while e.decision(&mut states[ctx::MB_QP_DELTA + inc]) != 0 {
                value += 1;
                inc = 3;
                if value > 2 * MAX_QPS as i32 {
                    return None;
                }
            }
            Some(value)
        });
        let Some(value) = value else { return Err(self.invalid("mb_qp_delta")) };
        Ok(if value & 1 == 1 { (value + 1) >> 1 } else { -(value >> 1) })
    }

    fn pcm(&mut self, len: usize) -> Result<&[u8]> {
        // The last bit of codIOffset is the one before the alignment bits (9.3.1.2).
        let start = self.d.engine.position().div_ceil(8);
        let data = self.d.engine.data();
        let Some(source) = data.get(start..).and_then(|d| d.get(..len)) else {
            return Err(Error::unexpected_end(data.len() as u64 * 8));
        };
        self.d.engine = Engine::new(data, start + len);
        Ok(source)
    }

    fn luma_dc(&mut self, plane: usize, inc: usize, _coeffs: &CoeffGrid, out: &mut [i32; 16]) -> Result<bool> {
        if self.d.bin(CODED_BLOCK_FLAG[plane.min(2)][category::LUMA_DC] + inc) == 0 {
            return Ok(false);
        }
        let scan = scan_4x4(self.is_field());
        let n = self.levels::<{ category::LUMA_DC }, 16, 16>(plane, |i, v| out[usize::from(scan[i & 15])] = v);
        n.map(|_| true).ok_or_else(|| self.invalid("coeff_abs_level_minus1"))
    }

    #[inline]
    fn block_4x4<P: Sample, const CAT: usize>(
        &mut self,
        plane: usize,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 16],
        out: &mut [P::Coef; 16],
    ) -> Result<()> {
        if !self.coded_block_flag(plane, CAT, coeffs[here - 1] != 0, coeffs[here - GRID_STRIDE] != 0) {
            coeffs[here] = 0;
            return Ok(());
        }
        let scan = scan_4x4(self.is_field());
        let n = if CAT == category::LUMA_4X4 {
            self.levels::<{ category::LUMA_4X4 }, 16, 16>(plane, |i, v| {
                let p = usize::from(scan[i & 15] & 15);
                out[p] = scale_4x4::<P>(v, scale[p]);
            })
        } else {
            let put = |i: usize, v: i32| {
                let p = usize::from(scan[(i + 1) & 15] & 15);
                out[p] = scale_4x4::<P>(v, scale[p]);
            };
            if CAT == category::LUMA_AC {
                self.levels::<{ category::LUMA_AC }, 15, 16>(plane, put)
            } else {
                self.levels::<{ category::CHROMA_AC }, 15, 16>(0, put)
            }
        };
        let Some(n) = n else { return Err(self.invalid("coeff_abs_level_minus1")) };
        coeffs[here] = n;
        Ok(())
    }

    fn block_8x8<P: Sample>(
        &mut self,
        plane: usize,
        has_flag: bool,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 64],
        out: &mut [P::Coef; 64],
    ) -> Result<()> {
        if has_flag
            && !self.coded_block_flag(plane, category::LUMA_8X8, coeffs[here - 1] != 0, coeffs[here - GRID_STRIDE] != 0)
        {
            return Ok(());
        }
        let scan = if self.is_field() { &FIELD_8X8 } else { &ZIGZAG_8X8 };
        let n = self.levels::<{ category::LUMA_8X8 }, 64, 64>(plane, |i, v| {
            let p = usize::from(scan[i & 63] & 63);
            out[p] = scale_8x8::<P>(v, scale[p]);
        });
        let Some(n) = n else { return Err(self.invalid("coeff_abs_level_minus1")) };
        // Nobody asks how many there are in an 8x8 block.
        let n = if has_flag { OF_8X8 } else { n };
        for i in [0, 1, GRID_STRIDE, GRID_STRIDE + 1] {
            coeffs[here + i] = n;
        }
        Ok(())
    }

    fn chroma_dc(&mut self, inc: usize, tall: bool, out: &mut [i32; 8]) -> Result<bool> {
        if self.d.bin(CODED_BLOCK_FLAG[0][category::CHROMA_DC] + inc) == 0 {
            return Ok(false);
        }
        let n = if tall {
            self.levels::<{ category::CHROMA_DC }, 8, 8>(0, |i, v| out[usize::from(CHROMA_DC_422[i & 7])] = v)
        } else {
            self.levels::<{ category::CHROMA_DC }, 4, 4>(0, |i, v| out[i & 3] = v)
        };
        n.map(|_| true).ok_or_else(|| self.invalid("coeff_abs_level_minus1"))
    }

    #[cold]
    fn error(&self, field: &'static str) -> Error {
        if self.d.engine.is_past_end() { Error::unexpected_end(self.position() as u64) } else { self.invalid(field) }
    }

    fn position(&self) -> usize {
        self.d.engine.position()
    }
}
