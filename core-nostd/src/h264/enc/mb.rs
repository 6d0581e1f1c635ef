//! A macroblock on its way into the stream, and what its neighbours need to know of it.

use crate::h264::mb_info::{MbFlags, MbInfo, MbMotion, Mv};
use crate::h264::mv_pred::median_of;
use crate::h264::neighbours::MotionCache;
use crate::h264::scan;

/// Macroblock types that the encoder makes (tables 7-11 and 7-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MbKind {
    /// `I_NxN` with 4x4 prediction.
    I4x4,
    /// `I_NxN` with 8x8 prediction and transform.
    I8x8,
    /// `I_16x16_*`.
    I16x16,
    /// `I_PCM`.
    IPcm,
    /// `P_Skip`.
    PSkip,
    /// `P_L0_16x16`.
    P16x16,
    /// `P_L0_L0_16x8`.
    P16x8,
    /// `P_L0_L0_8x16`.
    P8x16,
    /// `P_8x8` with `P_L0_8x8` in each quarter.
    P8x8,
}

impl MbKind {
    /// Any intra type.
    pub(super) const fn is_intra(self) -> bool {
        matches!(self, Self::I4x4 | Self::I8x8 | Self::I16x16 | Self::IPcm)
    }
    /// The partitions as (x, y, width, height) in 4x4 blocks; empty for intra types.
    pub(super) const fn partitions(self) -> &'static [(usize, usize, usize, usize)] {
        match self {
            Self::PSkip | Self::P16x16 => &[(0, 0, 4, 4)],
            Self::P16x8 => &[(0, 0, 4, 2), (0, 2, 4, 2)],
            Self::P8x16 => &[(0, 0, 2, 4), (2, 0, 2, 4)],
            Self::P8x8 => &[(0, 0, 2, 2), (2, 0, 2, 2), (0, 2, 2, 2), (2, 2, 2, 2)],
            _ => &[],
        }
    }
}

/// Intra prediction mode DC of 4x4 and 8x8 blocks, which also stands for "not `I_NxN`" in 8.3.1.1.
pub(super) const MODE_DC: u8 = 2;

/// What stays of a macroblock after it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct MbState {
    /// Type.
    pub kind: MbKind,
    /// `QPY`.
    pub qp: u8,
    /// `transform_size_8x8_flag`.
    pub transform_8x8: bool,
    /// `coded_block_pattern`: luma in bits 0 to 3, chroma (0 to 2) above.
    pub cbp: u8,
    /// `Intra16x16PredMode`.
    pub i16_mode: u8,
    /// `intra_chroma_pred_mode`.
    pub chroma_mode: u8,
    /// Bits 0 to 2: the DC block of `Intra_16x16` luma, Cb, Cr has a coefficient.
    pub dc_coded: u8,
    /// `RefPicList0` index of each quarter, -1 for intra.
    pub ref_idx: [i8; 4],
    /// Intra prediction mode of each 4x4 block in raster order; [`MODE_DC`] unless `I_NxN`.
    pub intra_modes: [u8; 16],
    /// Coefficients in each 4x4 block: 16 luma in raster order, 4 Cb, 4 Cr.
    pub nnz: [u8; 24],
    /// Motion vector of each 4x4 block in raster order.
    pub mv: [Mv; 16],
    /// Absolute values of mvd of each 4x4 block, at most 255.
    pub mvd: [[u8; 2]; 16],
}

impl MbState {
    /// An intra macroblock without coefficients.
    pub(super) const fn new(kind: MbKind, qp: u8) -> Self {
        Self {
            kind,
            qp,
            transform_8x8: false,
            cbp: 0,
            i16_mode: 0,
            chroma_mode: 0,
            dc_coded: 0,
            ref_idx: [-1; 4],
            intra_modes: [MODE_DC; 16],
            nnz: [0; 24],
            mv: [Mv { x: 0, y: 0 }; 16],
            mvd: [[0; 2]; 16],
        }
    }
    /// Sets motion of a partition (in 4x4 blocks).
    pub(super) fn set_motion(&mut self, (x, y, w, h): (usize, usize, usize, usize), ref_idx: i8, mv: Mv) {
        for by in y..y + h {
            self.mv[4 * by + x..4 * by + x + w].fill(mv);
        }
        for by in y / 2..(y + h).div_ceil(2) {
            self.ref_idx[2 * by + x / 2..2 * by + (x + w).div_ceil(2)].fill(ref_idx);
        }
    }
    /// Bit 4 * y + x: block (x, y), or the 8x8 block around it, has coefficients (for deblocking, 8.7.2.1).
    fn nonzero_mask(&self) -> u16 {
        if self.transform_8x8 {
            return (0..4).filter(|b| self.cbp >> b & 1 != 0).fold(0, |m, b| m | 0x33 << (8 * (b / 2) + 2 * (b % 2)));
        }
        let ac = (0..16).filter(|&b| self.nnz[b] != 0).fold(0, |m, b| m | 1 << b);
        // Filtering of intra macroblocks does not ask for coefficients, so that a DC block of its own need not be spread.
        if self.kind == MbKind::IPcm { 0xffff } else { ac }
    }
    /// What the deblocking filter asks for.
    pub(super) fn info(&self, qp_chroma: [i8; 2]) -> MbInfo {
        let mut flags = match self.kind {
            MbKind::I4x4 | MbKind::I8x8 => MbFlags::INTRA | MbFlags::INTRA_NXN,
            MbKind::I16x16 => MbFlags::INTRA | MbFlags::INTRA_16X16,
            MbKind::IPcm => MbFlags::INTRA | MbFlags::PCM,
            MbKind::PSkip => MbFlags::SKIP | MbFlags::ONE_PARTITION | MbFlags::UNIFORM_8X8,
            MbKind::P16x16 => MbFlags::ONE_PARTITION | MbFlags::UNIFORM_8X8,
            MbKind::P16x8 | MbKind::P8x16 | MbKind::P8x8 => MbFlags::UNIFORM_8X8,
        };
        if self.transform_8x8 {
            flags |= MbFlags::TRANSFORM_8X8;
        }
        MbInfo { slice: 0, flags, nonzero: self.nonzero_mask(), qp: self.qp as i8, qp_chroma }
    }
    /// The motion, for the deblocking filter.
    pub(super) fn motion(&self) -> MbMotion {
        let mut m = MbMotion::INTRA;
        if !self.kind.is_intra() {
            m.mv[0] = self.mv;
            m.ref_idx[0] = self.ref_idx;
            // One slice a picture, so that the index tells the picture.
            m.ref_pic[0] = self.ref_idx;
        }
        m
    }
}

/// The macroblocks around the current one (6.4.9): `None` where not available.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Neighbours {
    pub left: Option<MbState>,
    pub top: Option<MbState>,
    pub top_right: Option<MbState>,
    pub top_left: Option<MbState>,
}

impl Neighbours {
    /// Those of macroblock (`x`, `y`) in a picture of one slice, `width` macroblocks wide.
    pub(super) fn of(states: &[MbState], width: usize, x: usize, y: usize) -> Self {
        let at = |ok: bool, back: usize| ok.then(|| states[y * width + x - back]);
        Self {
            left: at(x > 0, 1),
            top: at(y > 0, width),
            top_right: at(y > 0 && x + 1 < width, width.wrapping_sub(1)),
            top_left: at(x > 0 && y > 0, width + 1),
        }
    }
    /// The macroblock and its 4x4 block (raster) at block (`x`, `y`) of the current one, -1 to 4 and -1 to 3.
    #[inline]
    pub(super) fn block<'a>(&'a self, cur: &'a MbState, x: i32, y: i32) -> Option<(&'a MbState, usize)> {
        let mb = match (x, y) {
            (0..=3, 0..) => cur,
            (0..=3, _) => self.top.as_ref()?,
            (4.., 0..) => return None,
            (4.., _) => self.top_right.as_ref()?,
            (_, 0..) => self.left.as_ref()?,
            _ => self.top_left.as_ref()?,
        };
        Some((mb, ((y & 3) * 4 + (x & 3)) as usize))
    }
    /// Reference and vector there; -1 for intra, `None` where not available.
    #[inline]
    pub(super) fn motion(&self, cur: &MbState, x: i32, y: i32) -> Option<(i8, Mv)> {
        let (mb, b) = self.block(cur, x, y)?;
        Some((mb.ref_idx[(b >> 3) * 2 + (b & 3) / 2], mb.mv[b]))
    }

    /// Motion vector prediction, 8.4.1.3, for partition (x, y, width, height) in 4x4 blocks with `ref_idx`.
    /// Partitions of 8x8 and above only: then a C that lies inside the macroblock is always coded before.
    pub(super) fn predict_mv(&self, cur: &MbState, (x, y, w, h): (usize, usize, usize, usize), ref_idx: i8) -> Mv {
        let (xi, yi, wi) = (x as i32, y as i32, w as i32);
        let a = self.motion(cur, xi - 1, yi);
        let b = self.motion(cur, xi, yi - 1);
        let c = self.motion(cur, xi + wi, yi - 1).or_else(|| self.motion(cur, xi - 1, yi - 1));
        let n = [a, b, c].map(|n| n.unwrap_or((MotionCache::UNAVAILABLE, Mv::default())));
        let preferred = match (w, h) {
            (4, 2) => Some(if y == 0 { n[1] } else { n[0] }),
            (2, 4) => Some(if x == 0 { n[0] } else { n[2] }),
            _ => None,
        };
        match preferred {
            Some((r, mv)) if r == ref_idx => mv,
            _ => median_of(n, ref_idx),
        }
    }

    /// The motion vector of `P_Skip`, 8.4.1.1.
    pub(super) fn skip_mv(&self, cur: &MbState) -> Mv {
        let (Some(a), Some(b)) = (self.motion(cur, -1, 0), self.motion(cur, 0, -1)) else { return Mv::default() };
        let still = |n: (i8, Mv)| n == (0, Mv::default());
        if still(a) || still(b) { Mv::default() } else { self.predict_mv(cur, (0, 0, 4, 4), 0) }
    }

    /// `predIntra4x4PredMode`, 8.3.1.1 (and its 8x8 twin, 8.3.2.1), of block (`x`, `y`) in 4x4 blocks.
    pub(super) fn predict_intra_mode(&self, cur: &MbState, x: usize, y: usize) -> u8 {
        let mode = |dx, dy| self.block(cur, x as i32 - dx, y as i32 - dy).map(|(mb, b)| mb.intra_modes[b]);
        match (mode(1, 0), mode(0, 1)) {
            (Some(a), Some(b)) => a.min(b),
            _ => MODE_DC,
        }
    }
}

/// Quantised levels in scan order.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    /// `Intra16x16DCLevel`.
    pub luma_dc: [i16; 16],
    /// Block `luma4x4BlkIdx` at 16 times its index (entry 0 unused in `Intra_16x16`), or `luma8x8BlkIdx` at 64 times.
    pub luma: [i16; 256],
    /// `ChromaDCLevel` of Cb, Cr.
    pub chroma_dc: [[i16; 4]; 2],
    /// AC of the four Cb and four Cr blocks; entry 0 of each is unused.
    pub chroma_ac: [[i16; 16]; 8],
}

/// A macroblock with all that is written of it.
#[derive(Debug, Clone)]
pub(super) struct Mb {
    pub state: MbState,
    pub levels: Levels,
}

impl Mb {
    /// A macroblock without coefficients.
    pub(super) const fn new(kind: MbKind, qp: u8) -> Self {
        Self {
            state: MbState::new(kind, qp),
            levels: Levels { luma_dc: [0; 16], luma: [0; 256], chroma_dc: [[0; 4]; 2], chroma_ac: [[0; 16]; 8] },
        }
    }
}

/// What macroblock syntax asks of the slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct SliceSyntax {
    /// P, not I.
    pub p_slice: bool,
    /// `num_ref_idx_l0_active_minus1` + 1.
    pub references: u8,
    /// `transform_8x8_mode_flag`.
    pub transform_8x8: bool,
}

/// The quantiser as `mb_qp_delta` counts it.
#[derive(Debug, Clone, Copy)]
pub(super) struct QpState {
    /// `QPY,PRED`.
    pub qp: u8,
    /// Whether the last macroblock had an `mb_qp_delta` that was not 0.
    pub changed: bool,
}

impl QpState {
    /// `mb_qp_delta` that makes `qp` out of the last one (7-37), and remembers it.
    pub(super) fn delta_to(&mut self, qp: u8) -> i32 {
        let mut d = i32::from(qp) - i32::from(self.qp);
        if d > 25 {
            d -= 52;
        } else if d < -26 {
            d += 52;
        }
        self.qp = qp;
        self.changed = d != 0;
        d
    }
}

/// [`scan::BLOCK_RASTER`] as indices.
pub(super) const BLOCK_RASTER: [usize; 16] = {
    let mut t = [0; 16];
    let mut i = 0;
    while i < 16 {
        t[i] = scan::BLOCK_RASTER[i] as usize;
        i += 1;
    }
    t
};
