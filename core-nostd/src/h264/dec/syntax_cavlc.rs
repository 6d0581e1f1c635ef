//! Syntax elements by Exp-Golomb codes and CAVLC, 9.1 and 9.2.

use super::syntax::{CoeffGrid, Syntax, category, scale_4x4, scale_8x8};
use crate::bits::BitReader;
use crate::error::{Error, ErrorKind, Result};
use crate::h264::cavlc::decode::{Token, residual};
use crate::h264::cavlc::tables::{CBP_INTER, CBP_INTER_LUMA, CBP_INTRA, CBP_INTRA_LUMA};
use crate::h264::neighbours::{GRID_ORIGIN, GRID_STRIDE};
use crate::h264::scan::{CHROMA_DC_422, FIELD_8X8_CAVLC, ZIGZAG_8X8_CAVLC, scan_4x4};
use transcode_simd::Sample;

/// `TotalCoeff` of blocks that are not available.
const UNAVAILABLE: u8 = 64;

/// CAVLC as a source of syntax elements. `INTERLACED` says that there can be field macroblocks.
pub(crate) struct Cavlc<'a, const INTERLACED: bool> {
    field: bool,
    reader: BitReader<'a>,
    /// Where `rbsp_slice_trailing_bits()` begins.
    end: usize,
    /// What is left of `mb_skip_run`, if one has been read since the last macroblock that is not skipped.
    run: Option<u32>,
    /// In SI slices: the `mb_type` that was read with the prefix.
    after_prefix: Option<u32>,
}

impl<'a, const INTERLACED: bool> Cavlc<'a, INTERLACED> {
    /// The slice data from bit `pos` of `data`.
    pub(crate) fn new(data: &'a [u8], pos: usize) -> Self {
        let end = match data.iter().rposition(|&b| b != 0) {
            Some(last) => last * 8 + 7 - data[last].trailing_zeros() as usize,
            None => 0,
        };
        Self { field: false, reader: BitReader::at(data, pos), end, run: None, after_prefix: None }
    }

    /// Whether the macroblock is a field macroblock.
    #[inline(always)]
    fn is_field(&self) -> bool {
        INTERLACED && self.field
    }

    #[inline]
    fn ue_at_most(&mut self, max: u32, field: &'static str) -> Result<u32> {
        let at = self.reader.position();
        let v = self.reader.ue()?;
        if v > max { Err(Error::invalid(field).at_bit(at as u64)) } else { Ok(v) }
    }
}

/// nC of the block at `here`, 9.2.1.
#[inline]
fn count(coeffs: &CoeffGrid, here: usize) -> u8 {
    let (a, b) = (coeffs[here - 1], coeffs[here - GRID_STRIDE]);
    let sum = a + b;
    // At most 32 if both are available.
    if sum < UNAVAILABLE { (sum + 1) >> 1 } else { sum & (UNAVAILABLE - 1) }
}

impl<const INTERLACED: bool> Syntax for Cavlc<'_, INTERLACED> {
    fn set_field(&mut self, field: bool) {
        self.field = field;
    }

    fn mb_field_decoding_flag(&mut self, _inc: usize) -> Result<bool> {
        self.reader.flag()
    }

    fn unavailable_coeffs(_intra: bool) -> u8 {
        UNAVAILABLE
    }

    fn skip(&mut self, _b_slice: bool, _inc: usize) -> Result<bool> {
        let run = match self.run {
            Some(run) => run,
            None => self.ue_at_most(1 << 24, "mb_skip_run")?,
        };
        self.run = run.checked_sub(1);
        Ok(run > 0)
    }

    fn end_of_slice(&mut self) -> Result<bool> {
        Ok(self.run.is_none_or(|r| r == 0) && self.reader.position() >= self.end)
    }

    fn is_si(&mut self, _inc: usize) -> Result<bool> {
        // Table 7-12: SI is 0, and the types of I slices count from 1.
        let v = self.ue_at_most(26, "mb_type")?;
        self.after_prefix = v.checked_sub(1);
        Ok(v == 0)
    }
    fn mb_type_i(&mut self, _inc: usize) -> Result<u32> {
        match self.after_prefix.take() {
            Some(v) => Ok(v),
            None => self.ue_at_most(25, "mb_type"),
        }
    }
    fn mb_type_p(&mut self) -> Result<u32> {
        self.ue_at_most(5 + 25, "mb_type")
    }
    fn mb_type_b(&mut self, _inc: usize) -> Result<u32> {
        self.ue_at_most(23 + 25, "mb_type")
    }
    fn sub_mb_type_p(&mut self) -> Result<u32> {
        self.ue_at_most(3, "sub_mb_type")
    }
    fn sub_mb_type_b(&mut self) -> Result<u32> {
        self.ue_at_most(12, "sub_mb_type")
    }

    fn ref_idx(&mut self, _inc: usize, max: u32) -> Option<u32> {
        self.reader.te(max).ok().filter(|&v| v <= max)
    }

    fn mvd(&mut self, _sums: [u32; 2]) -> Option<[i32; 2]> {
        Some([self.reader.se().ok()?, self.reader.se().ok()?])
    }

    fn intra_pred_mode(&mut self) -> Result<Option<u8>> {
        let bits = self.reader.peek(4);
        if bits & 8 != 0 {
            self.reader.skip(1)?;
            return Ok(None);
        }
        self.reader.skip(4)?;
        Ok(Some(bits as u8 & 7))
    }

    fn intra_chroma_pred_mode(&mut self, _inc: usize) -> Result<u8> {
        Ok(self.ue_at_most(3, "intra_chroma_pred_mode")? as u8)
    }

    fn coded_block_pattern(&mut self, intra_nxn: bool, chroma: bool, _left: u8, _above: u8) -> Result<u8> {
        if !chroma {
            let code = self.ue_at_most(15, "coded_block_pattern")? as usize;
            return Ok(if intra_nxn { CBP_INTRA_LUMA[code] } else { CBP_INTER_LUMA[code] });
        }
        let code = self.ue_at_most(47, "coded_block_pattern")? as usize;
        Ok(if intra_nxn { CBP_INTRA[code] } else { CBP_INTER[code] })
    }

    fn transform_size_8x8_flag(&mut self, _inc: usize) -> Result<bool> {
        self.reader.flag()
    }

    fn mb_qp_delta(&mut self, _inc: usize) -> Result<i32> {
        self.reader.se()
    }

    fn pcm(&mut self, len: usize) -> Result<&[u8]> {
        self.reader.align();
        let start = self.reader.position() / 8;
        let data = self.reader.data();
        let Some(source) = data.get(start..).and_then(|d| d.get(..len)) else {
            return Err(Error::unexpected_end(data.len() as u64 * 8));
        };
        self.reader.skip(len * 8)?;
        Ok(source)
    }

    fn luma_dc(&mut self, _plane: usize, _inc: usize, coeffs: &CoeffGrid, out: &mut [i32; 16]) -> Result<bool> {
        let token = Token::Count(count(coeffs, GRID_ORIGIN));
        let scan = scan_4x4(self.is_field());
        let n = residual(&mut self.reader, token, 16, |i, v| out[usize::from(scan[i & 15])] = v)?;
        Ok(n > 0)
    }

    fn block_4x4<P: Sample, const CAT: usize>(
        &mut self,
        _plane: usize,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 16],
        out: &mut [P::Coef; 16],
    ) -> Result<()> {
        let first = usize::from(CAT != category::LUMA_4X4);
        let token = Token::Count(count(coeffs, here));
        let scan = scan_4x4(self.is_field());
        coeffs[here] = residual(&mut self.reader, token, 16 - first, |i, v| {
            let p = usize::from(scan[(i + first) & 15] & 15);
            out[p] = scale_4x4::<P>(v, scale[p]);
        })?;
        Ok(())
    }

    fn block_8x8<P: Sample>(
        &mut self,
        _plane: usize,
        _has_flag: bool,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 64],
        out: &mut [P::Coef; 64],
    ) -> Result<()> {
        let scans = if self.is_field() { &FIELD_8X8_CAVLC } else { &ZIGZAG_8X8_CAVLC };
        for (scan, i) in scans.iter().zip([0, 1, GRID_STRIDE, GRID_STRIDE + 1]) {
            let token = Token::Count(count(coeffs, here + i));
            coeffs[here + i] = residual(&mut self.reader, token, 16, |i, v| {
                let p = usize::from(scan[i & 15] & 63);
                out[p] = scale_8x8::<P>(v, scale[p]);
            })?;
        }
        Ok(())
    }

    fn chroma_dc(&mut self, _inc: usize, tall: bool, out: &mut [i32; 8]) -> Result<bool> {
        let n = if tall {
            let put = |i: usize, v| out[usize::from(CHROMA_DC_422[i & 7])] = v;
            residual(&mut self.reader, Token::ChromaDc422, 8, put)?
        } else {
            residual(&mut self.reader, Token::ChromaDc, 4, |i, v| out[i & 3] = v)?
        };
        Ok(n > 0)
    }

    #[cold]
    fn error(&self, field: &'static str) -> Error {
        match self.reader.clone().ue() {
            Err(e) if e.kind == ErrorKind::UnexpectedEnd => e,
            _ => self.reader.invalid(field),
        }
    }

    fn position(&self) -> usize {
        self.reader.position()
    }
}
