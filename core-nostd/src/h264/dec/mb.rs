//! `macroblock_layer()`, 7.3.5: parsing of one macroblock.

use super::picture::{MotionHead, Structure};
use super::slice_context::{SliceContext, SliceKind};
use super::syntax::{CoeffGrid, Syntax};
use crate::bits::BitReader;
use crate::error::{Error, Result};
use crate::h264::mb_info::{MbFlags, MbGrid, MbInfo, MbMotion, Place};
use crate::h264::neighbours::{Available, GRID_LEN, GRID_STRIDE, MbContext, MotionCache, MotionContext, at};
use crate::h264::neighbours_mbaff::PairNeighbours;
use crate::h264::pred::direct::DirectContext;
use crate::h264::pred::inter::EdgeBuffer;
use crate::h264::pred::intra::TopLines;
use crate::h264::pred::weighted::ImplicitWeights;
use crate::h264::quant::{LevelScale, chroma_qp};
use crate::h264::scan::BLOCK_RASTER;
use crate::picture::ChromaFormat;
use crate::unchecked::{Finished, MotionMut, PictureMut};
use alloc::vec::Vec;
use transcode_simd::Sample;

/// How a macroblock is cut into partitions (tables 7-13 and 7-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One partition.
    P16x16,
    /// Two, one above the other.
    P16x8,
    /// Two, side by side.
    P8x16,
    /// Four, each cut further.
    P8x8,
}

/// How a quarter of a macroblock is cut (tables 7-17 and 7-18), in the order of `sub_mb_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubShape {
    /// One partition.
    S8x8,
    /// Two, one above the other.
    S8x4,
    /// Two, side by side.
    S4x8,
    /// Four.
    S4x4,
}

/// What a macroblock is predicted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prediction {
    /// `I_PCM`: not at all.
    Pcm,
    /// `I_NxN` with 4x4 transform.
    Intra4x4,
    /// `I_NxN` with 8x8 transform.
    Intra8x8,
    /// `Intra16x16PredMode`.
    Intra16x16(u8),
    /// Other pictures.
    Inter,
}

/// Working memory of slice decoding that lives longer than a slice.
#[derive(Debug)]
pub(crate) struct Scratch<P: Sample> {
    /// What parsing needs of the macroblock above, by column; in MBAFF frames, of the pair's two.
    pub(crate) above: Vec<MbContext>,
    /// Unfiltered samples above.
    pub(crate) lines: TopLines<P>,
    /// Scaling tables of the active picture parameter set.
    pub(crate) scale: LevelScale,
    /// Direct prediction of the slice.
    pub(crate) direct: DirectContext,
    /// Implicit weights of the slice: for its pictures, and for the top and bottom field macroblocks of an MBAFF frame.
    pub(crate) implicit: [ImplicitWeights; 3],
    /// Where references beyond the edges are put together.
    pub(crate) edges: EdgeBuffer<P>,
    /// The prediction from the second reference.
    pub(crate) second: [P; 256],
    /// The macroblock.
    pub(crate) mb: MbData<P>,
}

/// The macroblock being decoded: parsed, not yet reconstructed.
#[derive(Debug)]
pub(crate) struct MbData<P: Sample> {
    /// `TotalCoeff` per plane, with border.
    pub(crate) coeffs: [CoeffGrid; 3],
    /// Intra prediction modes, with border.
    pub(crate) modes: [i8; GRID_LEN],
    /// Absolute values of `mvd`, per list, with border.
    pub(crate) mvd: [[[u8; 2]; GRID_LEN]; 2],
    /// `ref_idx` if it was sent, or 0, per list and 8x8 block, at most 2; with border: position 4 * (y + 1) + x + 1.
    pub(crate) sent_refs: [[u8; 12]; 2],
    /// Motion, with border.
    pub(crate) motion: MotionCache,
    /// What was sent of the motion of its last row and its last column, unless it is intra, skipped or direct.
    pub(crate) sent: [MotionContext; 2],
    /// Scaled coefficients per plane, 16 for each 4x4 block in decoding order (or 64 for each 8x8 block).
    pub(crate) levels: [[P::Coef; 256]; 3],
    /// Samples of `I_PCM`, plane after plane.
    pub(crate) pcm: [P; 768],
    /// `TransformBypassModeFlag`.
    pub(crate) bypass: bool,
    /// Kind of prediction.
    pub(crate) prediction: Prediction,
    /// Partitions, if inter.
    pub(crate) shape: Shape,
    /// Cuts of the quarters of [`Shape::P8x8`].
    pub(crate) sub_shapes: [SubShape; 4],
    /// `intra_chroma_pred_mode`.
    pub(crate) chroma_mode: u8,
    /// `coded_block_pattern`.
    pub(crate) cbp: u8,
    /// `coded_block_flag` of the DC blocks of Y, Cb and Cr in bits 0 to 2.
    pub(crate) dc_flags: u8,
    /// Type.
    pub(crate) flags: MbFlags,
}

impl<P: Sample> Scratch<P> {
    /// Nothing allocated yet.
    pub(crate) fn new() -> Self {
        Self {
            above: Vec::new(),
            lines: TopLines::new(),
            scale: LevelScale::default(),
            direct: DirectContext::default(),
            implicit: Default::default(),
            edges: EdgeBuffer::new(),
            second: [P::default(); 256],
            mb: MbData {
                coeffs: [[0; GRID_LEN]; 3],
                modes: [0; GRID_LEN],
                mvd: [[[0; 2]; GRID_LEN]; 2],
                sent_refs: [[0; 12]; 2],
                motion: MotionCache::new(),
                sent: [MotionContext::NONE; 2],
                levels: [[P::Coef::default(); 256]; 3],
                pcm: [P::default(); 768],
                bypass: false,
                prediction: Prediction::Inter,
                shape: Shape::P16x16,
                sub_shapes: [SubShape::S8x8; 4],
                chroma_mode: 0,
                cbp: 0,
                dc_flags: 0,
                flags: MbFlags(0),
            },
        }
    }
}

/// Decodes the macroblocks of a slice one after the other.
pub(crate) struct MbDecoder<'a, P: Sample> {
    /// The slice.
    pub(crate) s: SliceContext<'a, P>,
    /// Working memory.
    pub(crate) scratch: &'a mut Scratch<P>,
    /// Samples of the current picture.
    pub(crate) picture: PictureMut<'a, P>,
    /// Motion of the current picture.
    pub(crate) motion: MotionMut<'a>,
    /// What belongs to it.
    pub(crate) head: &'a MotionHead,
    /// Macroblocks of the current picture.
    pub(crate) grid: &'a mut MbGrid,
    /// `QPY` of the last macroblock.
    pub(crate) qp: i8,
    /// `QPC` of Cb and Cr for it.
    pub(crate) qp_chroma: [i8; 2],
    /// Whether the last macroblock had a `mb_qp_delta` that is not 0.
    pub(crate) qp_changed: bool,
    /// Column of the current macroblock.
    pub(crate) mb_x: usize,
    /// Row of the current macroblock.
    pub(crate) mb_y: usize,
    /// Where its samples are.
    pub(crate) place: Place,
    /// In an MBAFF frame, if the current macroblock is a field macroblock: its parity, 1 for the bottom field.
    pub(crate) field_mb: Option<usize>,
    /// Neighbours of the current macroblock.
    pub(crate) available: Available,
    /// What parsing needs of the last macroblock.
    pub(crate) last: MbContext,
    /// In MBAFF frames: the same of the left pair and of the current pair.
    pub(crate) pairs: [[MbContext; 2]; 2],
    /// In MBAFF frames: the neighbours of the current macroblock.
    pub(crate) pair_neighbours: PairNeighbours,
    /// The same of the current macroblock's neighbours A and B.
    pub(crate) nb: [MbContext; 2],
}

impl<'a, P: Sample> SliceContext<'a, P> {
    /// `QPC` of Cb and Cr for `QPY`.
    pub(crate) fn chroma_qps(&self, qp: i8) -> [i8; 2] {
        self.pps.chroma_qp_index_offset.map(|o| chroma_qp(qp, o, self.format.chroma_qp_offset()))
    }

    /// The reference picture that `index` selects from list `list`, 8.4.2.1. For field macroblocks of a frame (`field_mb`) the
    /// frames of the list stand for both of their fields, that of the same parity first.
    #[inline]
    pub(crate) fn reference(
        &self,
        list: usize,
        index: usize,
        field_mb: Option<usize>,
    ) -> Option<(&Finished<'a, P>, Structure)> {
        match field_mb {
            None => self.samples[list][index & 31].as_ref().map(|(picture, structure)| (picture, *structure)),
            Some(parity) => {
                let (picture, _) = self.samples[list][(index >> 1) & 31].as_ref()?;
                Some((picture, Structure::field(parity ^ (index & 1))))
            }
        }
    }
}

impl<P: Sample> MbDecoder<'_, P> {
    /// Parity of the field that the current macroblock belongs to; 0 for frame macroblocks.
    pub(crate) fn parity(&self) -> usize {
        self.field_mb.unwrap_or(self.s.structure.parity())
    }

    /// Address of the current macroblock.
    pub(crate) fn addr(&self) -> usize {
        self.mb_y * self.grid.width + self.mb_x
    }

    /// Looks at the neighbours of the macroblock at (`mb_x`, `mb_y`).
    pub(crate) fn begin(&mut self, mb_x: usize, mb_y: usize) {
        self.mb_x = mb_x;
        self.mb_y = mb_y;
        self.place = self.s.structure.place(mb_x, mb_y);
        self.available = if self.s.ordered {
            Available::in_order(self.grid.width, mb_x, self.addr().saturating_sub(self.s.first))
        } else {
            Available::of(self.grid, mb_x, mb_y, self.s.slice)
        };
        self.nb = [
            if self.available.left { self.last } else { MbContext::UNAVAILABLE },
            if self.available.above { self.scratch.above[mb_x] } else { MbContext::UNAVAILABLE },
        ];
        self.clear();
    }

    /// Looks at the neighbours of macroblock `bottom` of the pair in column `mb_x` and row `pair_y` of an MBAFF frame.
    pub(crate) fn begin_in_pair(&mut self, mb_x: usize, pair_y: usize, bottom: usize, field: bool) {
        self.mb_x = mb_x;
        self.mb_y = 2 * pair_y + bottom;
        self.field_mb = field.then_some(bottom);
        self.place = if field { Place::field_of_pair(mb_x, self.mb_y) } else { Place::frame(mb_x, self.mb_y) };
        let n = PairNeighbours::of(self.grid, mb_x, pair_y, bottom, field, self.s.slice);
        self.available = n.available;
        let columns = [self.scratch.above[2 * mb_x], self.scratch.above[2 * mb_x + 1]];
        let tall = self.s.format.array != ChromaFormat::Yuv420;
        self.nb = [n.left_context(&self.pairs[0], tall), n.above_context(columns, self.grid)];
        self.pair_neighbours = n;
        self.clear();
    }

    fn clear(&mut self) {
        let mb = &mut self.scratch.mb;
        mb.flags = MbFlags(0);
        mb.cbp = 0;
        mb.dc_flags = 0;
        mb.chroma_mode = 0;
        mb.bypass = false;
    }

    /// `ctxIdxInc` from a condition on the neighbours A and B; one that is not available never meets it.
    #[inline]
    fn inc(&self, test: impl Fn(&MbContext) -> bool) -> usize {
        usize::from(self.available.left && test(&self.nb[0])) + usize::from(self.available.above && test(&self.nb[1]))
    }

    /// Reads `mb_skip_flag`. Not for I slices.
    pub(crate) fn read_skip<S: Syntax>(&mut self, syntax: &mut S) -> Result<bool> {
        let inc = self.inc(|n| !n.flags.has(MbFlags::SKIP));
        syntax.skip(self.s.kind == SliceKind::B, inc)
    }

    /// Reads `mb_skip_flag` of the bottom macroblock, which has been begun, while the top one, which is skipped, is not decoded.
    pub(crate) fn read_bottom_skip<S: Syntax>(&mut self, syntax: &mut S) -> Result<bool> {
        if self.field_mb.is_none() {
            self.nb[1].flags = MbFlags::SKIP;
        }
        self.read_skip(syntax)
    }

    /// Decodes a skipped macroblock.
    pub(crate) fn skip(&mut self) -> Result<()> {
        let b_slice = self.s.kind == SliceKind::B;
        self.scratch.mb.flags = MbFlags::SKIP;
        self.scratch.mb.prediction = Prediction::Inter;
        if b_slice {
            self.scratch.mb.flags |= MbFlags::DIRECT;
            self.direct_macroblock();
        } else {
            self.p_skip();
        }
        self.qp_changed = false;
        self.reconstruct()?;
        self.finish();
        Ok(())
    }

    /// Reads and decodes a macroblock that is not skipped.
    pub(crate) fn macroblock<S: Syntax>(&mut self, syntax: &mut S) -> Result<()> {
        let inc_i = |s: &Self| s.inc(|n| !n.flags.has(MbFlags::INTRA_NXN));
        if self.s.kind == SliceKind::I && self.s.sp.is_some() && self.read_si(syntax)? {
            return self.si(syntax);
        }
        let intra = match self.s.kind {
            SliceKind::I => Some(syntax.mb_type_i(inc_i(self))?),
            SliceKind::P => {
                let t = syntax.mb_type_p()?;
                if t < 5 {
                    self.inter_p(syntax, t)?;
                }
                t.checked_sub(5)
            }
            SliceKind::B => {
                let t = syntax.mb_type_b(self.inc(|n| !n.flags.has(MbFlags::DIRECT)))?;
                if t < 23 {
                    self.inter_b(syntax, t)?;
                }
                t.checked_sub(23)
            }
        };
        match intra {
            Some(25) => return self.pcm(syntax),
            Some(t) => self.intra(syntax, t)?,
            None => {
                let cbp = syntax.coded_block_pattern(false, self.s.format.chroma, self.nb[0].cbp, self.nb[1].cbp)?;
                self.scratch.mb.cbp = cbp;
                if cbp & 15 != 0 && self.s.pps.transform_8x8_mode_flag && self.may_transform_8x8() {
                    self.read_transform_size(syntax)?;
                }
            }
        }
        self.end_macroblock(syntax)
    }

    /// From `mb_qp_delta` on.
    fn end_macroblock<S: Syntax>(&mut self, syntax: &mut S) -> Result<()> {
        let mb = &self.scratch.mb;
        let is_16x16 = matches!(mb.prediction, Prediction::Intra16x16(_));
        if mb.cbp != 0 || is_16x16 {
            let delta = syntax.mb_qp_delta(usize::from(self.qp_changed))?;
            let offset = i32::from(self.s.format.luma_qp_offset());
            if !(-(26 + offset / 2)..=25 + offset / 2).contains(&delta) {
                return Err(Error::invalid("mb_qp_delta"));
            }
            self.qp_changed = delta != 0;
            if delta != 0 {
                self.qp = ((i32::from(self.qp) + delta + 52 + 2 * offset).rem_euclid(52 + offset) - offset) as i8;
                self.qp_chroma = self.s.chroma_qps(self.qp);
            }
            self.scratch.mb.bypass = self.s.format.may_bypass && i32::from(self.qp) + offset == 0;
            if S::PARTITIONED {
                self.partitioned_residual(syntax)?;
            } else {
                self.residual(syntax)?;
            }
        } else {
            self.qp_changed = false;
            // Nobody looks at those of an inter macroblock without any.
            if mb.flags.has(MbFlags::INTRA) {
                self.clear_coeffs();
            }
        }
        if S::PARTITIONED {
            self.mark_lost(syntax);
        }
        self.reconstruct()?;
        self.finish();
        Ok(())
    }

    fn read_transform_size<S: Syntax>(&mut self, syntax: &mut S) -> Result<bool> {
        let inc = self.inc(|n| n.flags.has(MbFlags::TRANSFORM_8X8));
        let t8x8 = syntax.transform_size_8x8_flag(inc)?;
        if t8x8 {
            self.scratch.mb.flags |= MbFlags::TRANSFORM_8X8;
        }
        Ok(t8x8)
    }

    /// Whether the macroblock of an SI slice is of type SI: the prefix of `mb_type`.
    fn read_si<S: Syntax>(&mut self, syntax: &mut S) -> Result<bool> {
        let inc = self.inc(|n| !n.flags.has(MbFlags::SI));
        syntax.is_si(inc)
    }

    /// `SI` (table 7-12): Intra_4x4 prediction, and a residual of its own kind.
    fn si<S: Syntax>(&mut self, syntax: &mut S) -> Result<()> {
        self.intra(syntax, 0)?;
        let flags = &mut self.scratch.mb.flags;
        *flags = MbFlags(flags.0 & !MbFlags::INTRA_NXN.0) | MbFlags::SI;
        self.end_macroblock(syntax)
    }

    /// `I_PCM`.
    fn pcm<S: Syntax>(&mut self, syntax: &mut S) -> Result<()> {
        let mb = &mut self.scratch.mb;
        let format = &self.s.format;
        let samples = |plane: usize| {
            let (w, h) = format.array.mb_size(plane);
            if plane < format.array.planes() { w * h } else { 0 }
        };
        let [luma, chroma] = format.bit_depth.map(usize::from);
        let bits = samples(0) * luma + (samples(1) + samples(2)) * chroma;
        // In data partitions the one with the samples may not be there.
        if syntax.begin_residual(true, false) {
            let mut r = BitReader::new(syntax.pcm(bits / 8)?);
            let mut to = mb.pcm.iter_mut();
            for plane in 0..3 {
                for to in to.by_ref().take(samples(plane)) {
                    *to = P::from_i32(r.u(format.bit_depth[plane.min(1)].into())? as i32);
                }
            }
        }
        mb.prediction = Prediction::Pcm;
        mb.flags = MbFlags::INTRA | MbFlags::PCM;
        mb.cbp = 0x2f;
        mb.dc_flags = 7;
        mb.coeffs = [[S::PCM_COEFFS; GRID_LEN]; 3];
        self.no_motion();
        self.qp_changed = false;
        self.mark_lost(syntax);
        self.reconstruct()?;
        self.finish();
        Ok(())
    }

    /// The intra types but `I_PCM`, up to `coded_block_pattern`.
    fn intra<S: Syntax>(&mut self, syntax: &mut S, mb_type: u32) -> Result<()> {
        self.no_motion();
        if mb_type == 0 {
            self.scratch.mb.flags = MbFlags::INTRA | MbFlags::INTRA_NXN;
            let t8x8 = self.s.pps.transform_8x8_mode_flag && self.read_transform_size(syntax)?;
            self.scratch.mb.prediction = if t8x8 { Prediction::Intra8x8 } else { Prediction::Intra4x4 };
            self.intra_modes(syntax, t8x8)?;
        } else {
            // Table 7-11: prediction mode, chroma and luma pattern counted through.
            let t = mb_type as u8 - 1;
            let mb = &mut self.scratch.mb;
            mb.flags = MbFlags::INTRA | MbFlags::INTRA_16X16;
            mb.prediction = Prediction::Intra16x16(t & 3);
            mb.cbp = if t >= 12 { 15 } else { 0 } | ((t >> 2) % 3) << 4;
        }
        if self.s.format.chroma {
            let inc = self.inc(|n| n.intra_chroma_pred_mode != 0);
            self.scratch.mb.chroma_mode = syntax.intra_chroma_pred_mode(inc)?;
        }
        if mb_type == 0 {
            self.scratch.mb.cbp =
                syntax.coded_block_pattern(true, self.s.format.chroma, self.nb[0].cbp, self.nb[1].cbp)?;
        }
        Ok(())
    }

    /// Prediction modes of I_NxN, 8.3.1.1 and 8.3.2.1.
    fn intra_modes<S: Syntax>(&mut self, syntax: &mut S, t8x8: bool) -> Result<()> {
        let modes = &mut self.scratch.mb.modes;
        modes[1..5].copy_from_slice(&self.nb[1].modes);
        for y in 0..4 {
            modes[GRID_STRIDE * (y + 1)] = self.nb[0].modes[y];
        }
        let step = if t8x8 { 4 } else { 1 };
        for blk in (0..16).step_by(step) {
            let raster = usize::from(BLOCK_RASTER[blk]);
            let here = at(raster & 3, raster >> 2);
            let predicted = modes[here - 1].min(modes[here - GRID_STRIDE]);
            let predicted = if predicted < 0 { 2 } else { predicted };
            let mode = match syntax.intra_pred_mode()? {
                None => predicted,
                Some(rem) => rem as i8 + i8::from(rem as i8 >= predicted),
            };
            modes[here] = mode;
            if t8x8 {
                modes[here + 1] = mode;
                modes[here + GRID_STRIDE] = mode;
                modes[here + GRID_STRIDE + 1] = mode;
            }
        }
        Ok(())
    }

    /// Marks the macroblock as intra in the motion field.
    fn no_motion(&mut self) {
        let addr = self.addr();
        let m = &mut self.motion[addr];
        if self.s.kind == SliceKind::I {
            // No neighbour in this slice will look at the vectors.
            m.ref_idx = MbMotion::INTRA.ref_idx;
            m.ref_pic = MbMotion::INTRA.ref_pic;
        } else {
            *m = MbMotion::INTRA;
        }
    }

    /// Keeps what the neighbours and the deblocking filter need of the macroblock, and marks it as decoded.
    fn finish(&mut self) {
        let addr = self.addr();
        let mb = &mut self.scratch.mb;
        if self.field_mb.is_some() {
            mb.flags |= MbFlags::FIELD;
        }
        if self.s.sp.is_some() {
            mb.flags |= MbFlags::SWITCHING;
        }
        let (qp, qp_chroma) =
            if mb.flags.has(MbFlags::PCM) { (0, self.s.chroma_qps(0)) } else { (self.qp, self.qp_chroma) };
        self.grid.info[addr] = MbInfo {
            slice: self.s.slice,
            flags: mb.flags,
            nonzero: if mb.cbp & 15 != 0 { mb.nonzero() } else { 0 },
            qp,
            qp_chroma,
        };
        let unpredictable = self.s.pps.constrained_intra_pred_flag && !mb.flags.has(MbFlags::INTRA);
        let mut right = MbContext {
            flags: mb.flags,
            cbp: mb.cbp,
            intra_chroma_pred_mode: mb.chroma_mode,
            dc_flags: mb.dc_flags,
            modes: [if unpredictable { -1 } else { 2 }; 4],
            ..MbContext::UNAVAILABLE
        };
        let mut below = right;
        if mb.cbp != 0 {
            for (plane, grid) in mb.coeffs.iter().enumerate() {
                let (last_x, last_y) = self.s.format.last_block(plane);
                below.coeffs[plane] = core::array::from_fn(|x| grid[at(x, last_y)]);
                right.coeffs[plane] = core::array::from_fn(|y| grid[at(last_x, y)]);
            }
        }
        if mb.flags.has(MbFlags::INTRA_NXN | MbFlags::SI) {
            below.modes = core::array::from_fn(|x| mb.modes[at(x, 3)]);
            right.modes = core::array::from_fn(|y| mb.modes[at(3, y)]);
        } else if !mb.flags.has(MbFlags::INTRA | MbFlags::SKIP | MbFlags::DIRECT) {
            [below.motion, right.motion] = mb.sent;
        }
        if self.s.mbaff {
            self.scratch.above[2 * self.mb_x + (self.mb_y & 1)] = below;
            self.pairs[1][self.mb_y & 1] = right;
        } else {
            self.scratch.above[self.mb_x] = below;
            self.last = right;
        }
    }
}
