//! A macroblock on its way into the stream, and what its neighbours need to know of it.

use crate::h264::mb_info::{MbFlags, MbInfo, MbMotion, Mv};
use crate::h264::mv_pred::{NO_NEIGHBOUR, Neighbour, median_of, predict_p_skip};
use crate::h264::params::SliceType;
use crate::h264::scan;

/// A partition: (x, y, width, height) in 4x4 blocks.
pub(super) type Part = (usize, usize, usize, usize);

/// The whole macroblock as a partition.
pub(super) const WHOLE: Part = (0, 0, 4, 4);
/// Its quarters.
pub(super) const QUARTERS: [Part; 4] = [(0, 0, 2, 2), (2, 0, 2, 2), (0, 2, 2, 2), (2, 2, 2, 2)];

/// Macroblock types that the encoder makes (tables 7-11, 7-13 and 7-14). Which lists an inter partition uses is told by its reference
/// indices.
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
    /// `P_Skip` or `B_Skip`.
    Skip,
    /// `B_Direct_16x16`.
    Direct,
    /// `P_L0_16x16`, `B_*_16x16`.
    Inter16x16,
    /// `P_L0_L0_16x8`, `B_*_*_16x8`.
    Inter16x8,
    /// `P_L0_L0_8x16`, `B_*_*_8x16`.
    Inter8x16,
    /// `P_8x8` and `B_8x8`, each quarter of which is one block.
    Inter8x8,
}

impl MbKind {
    /// Any intra type.
    pub(super) const fn is_intra(self) -> bool {
        matches!(self, Self::I4x4 | Self::I8x8 | Self::I16x16 | Self::IPcm)
    }
    /// `I_NxN`.
    pub(super) const fn is_nxn(self) -> bool {
        matches!(self, Self::I4x4 | Self::I8x8)
    }
    /// The partitions whose motion is sent; empty for intra and direct types.
    pub(super) const fn partitions(self) -> &'static [Part] {
        match self {
            Self::Inter16x16 => &[WHOLE],
            Self::Inter16x8 => &[(0, 0, 4, 2), (0, 2, 4, 2)],
            Self::Inter8x16 => &[(0, 0, 2, 4), (2, 0, 2, 4)],
            Self::Inter8x8 => &QUARTERS,
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
    /// By list: index of each quarter, -1 where the list is not used.
    pub ref_idx: [[i8; 4]; 2],
    /// Bit i: quarter i has direct motion, as all of them have in `B_Skip` and `B_Direct_16x16`.
    pub direct: u8,
    /// Intra prediction mode of each 4x4 block in raster order; [`MODE_DC`] unless `I_NxN`.
    pub intra_modes: [u8; 16],
    /// Coefficients in each 4x4 block: 16 luma in raster order, 4 Cb, 4 Cr.
    pub nnz: [u8; 24],
    /// By list: motion vector of each 4x4 block in raster order, zero where the list is not used.
    pub mv: [[Mv; 16]; 2],
    /// By list: absolute values of mvd of each 4x4 block, at most 255.
    pub mvd: [[[u8; 2]; 16]; 2],
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
            ref_idx: [[-1; 4]; 2],
            direct: 0,
            intra_modes: [MODE_DC; 16],
            nnz: [0; 24],
            mv: [[Mv { x: 0, y: 0 }; 16]; 2],
            mvd: [[[0; 2]; 16]; 2],
        }
    }
    /// Sets motion of a partition in one list; `ref_idx` -1 with a vector of zero for a list that it does not use.
    pub(super) fn set_motion(&mut self, list: usize, (x, y, w, h): Part, ref_idx: i8, mv: Mv) {
        for by in y..y + h {
            self.mv[list][4 * by + x..4 * by + x + w].fill(mv);
        }
        for by in y / 2..(y + h).div_ceil(2) {
            self.ref_idx[list][2 * by + x / 2..2 * by + (x + w).div_ceil(2)].fill(ref_idx);
        }
    }
    /// Copies the motion of a partition in both lists.
    pub(super) fn copy_motion(&mut self, from: &Self, part: Part) {
        let (x, y, _, _) = part;
        for list in 0..2 {
            self.set_motion(list, part, from.ref_idx[list][y / 2 * 2 + x / 2], from.mv[list][4 * y + x]);
        }
    }
    /// Reference index (-1 for none) and vector of the block at (`x`, `y`).
    #[inline]
    pub(super) fn motion_at(&self, list: usize, x: usize, y: usize) -> (i8, Mv) {
        (self.ref_idx[list][y / 2 * 2 + x / 2], self.mv[list][4 * y + x])
    }
    /// The lists that the partition uses: 0 for list 0, 1 for list 1, 2 for both.
    pub(super) fn direction(&self, (x, y, _, _): Part) -> usize {
        let q = y / 2 * 2 + x / 2;
        match (self.ref_idx[0][q] >= 0, self.ref_idx[1][q] >= 0) {
            (true, true) => 2,
            (false, true) => 1,
            _ => 0,
        }
    }
    /// Whether the motion of the partition in the list is part of the syntax.
    pub(super) fn sends(&self, list: usize, (x, y, _, _): Part) -> bool {
        let q = y / 2 * 2 + x / 2;
        self.ref_idx[list][q] >= 0 && self.direct >> q & 1 == 0
    }
    /// Whether the whole macroblock has one motion.
    pub(super) fn is_uniform(&self) -> bool {
        (0..2).all(|l| {
            self.ref_idx[l] == [self.ref_idx[l][0]; 4]
                && [5, 10, 15].iter().all(|&b| self.mv[l][b] == self.mv[l][0])
                && self.mv[l][2] == self.mv[l][0]
                && self.mv[l][8] == self.mv[l][0]
        })
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
            MbKind::Skip => MbFlags::SKIP | MbFlags::UNIFORM_8X8,
            MbKind::Direct => MbFlags::DIRECT | MbFlags::UNIFORM_8X8,
            _ => MbFlags::UNIFORM_8X8,
        };
        if !self.kind.is_intra() && self.is_uniform() {
            flags |= MbFlags::ONE_PARTITION;
        }
        if self.transform_8x8 {
            flags |= MbFlags::TRANSFORM_8X8;
        }
        MbInfo { slice: 0, flags, nonzero: self.nonzero_mask(), qp: self.qp as i8, qp_chroma }
    }
    /// The motion, for the deblocking filter and for direct prediction. Each slice is a picture and no picture is in both lists, so that
    /// the indices tell the pictures.
    pub(super) fn motion(&self) -> MbMotion {
        let mut m = MbMotion::INTRA;
        if !self.kind.is_intra() {
            m.mv = self.mv;
            m.ref_idx = self.ref_idx;
            m.ref_pic = [self.ref_idx[0], self.ref_idx[1].map(|r| if r < 0 { r } else { r + LIST1_PICTURES })];
        }
        m
    }
}

/// Number of the first picture of list 1 in [`MbMotion::ref_pic`].
pub(super) const LIST1_PICTURES: i8 = 16;

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
    /// Reference and vector there in a list: -1 where it is not used, [`NO_NEIGHBOUR`] where there is no block.
    #[inline]
    pub(super) fn motion(&self, cur: &MbState, list: usize, x: i32, y: i32) -> Neighbour {
        match self.block(cur, x, y) {
            Some((mb, b)) => (mb.ref_idx[list][(b >> 3) * 2 + (b & 3) / 2], mb.mv[list][b]),
            None => NO_NEIGHBOUR,
        }
    }

    /// The neighbours A, B, and C or D of a partition, 8.4.1.3.2.
    /// Partitions of 8x8 and above only: then a C that lies inside the macroblock is always coded before.
    pub(super) fn of_part(&self, cur: &MbState, list: usize, (x, y, w, _): Part) -> [Neighbour; 3] {
        let (xi, yi, wi) = (x as i32, y as i32, w as i32);
        let c = match self.motion(cur, list, xi + wi, yi - 1) {
            NO_NEIGHBOUR => self.motion(cur, list, xi - 1, yi - 1),
            c => c,
        };
        [self.motion(cur, list, xi - 1, yi), self.motion(cur, list, xi, yi - 1), c]
    }

    /// Motion vector prediction, 8.4.1.3, for a partition with `ref_idx`.
    pub(super) fn predict_mv(&self, cur: &MbState, list: usize, part: Part, ref_idx: i8) -> Mv {
        let n = self.of_part(cur, list, part);
        let preferred = match part {
            (_, 0, 4, 2) => Some(n[1]),
            (_, _, 4, 2) => Some(n[0]),
            (0, _, 2, 4) => Some(n[0]),
            (_, _, 2, 4) => Some(n[2]),
            _ => None,
        };
        match preferred {
            Some((r, mv)) if r == ref_idx => mv,
            _ => median_of(n, ref_idx),
        }
    }

    /// The motion vector of `P_Skip`, 8.4.1.1.
    pub(super) fn skip_mv(&self, cur: &MbState) -> Mv {
        predict_p_skip(self.of_part(cur, 0, WHOLE))
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
    /// I, P or B.
    pub kind: SliceType,
    /// `num_ref_idx_l0_active_minus1` + 1 and its like of list 1, 0 for a list that the slice does not have.
    pub references: [u8; 2],
    /// `transform_8x8_mode_flag`.
    pub transform_8x8: bool,
}

impl SliceSyntax {
    /// P or B.
    pub(super) fn is_inter(&self) -> bool {
        self.kind != SliceType::I
    }
    /// B.
    pub(super) fn is_b(&self) -> bool {
        self.kind == SliceType::B
    }
}

/// `mb_type` of an inter macroblock of a B slice, table 7-14.
pub(super) fn b_type(mb: &MbState) -> u32 {
    // By the lists of the two partitions (list 0, list 1, both), for 16x8; one more for 8x16.
    const PAIRS: [[u32; 3]; 3] = [[4, 8, 12], [10, 6, 14], [16, 18, 20]];
    let pair = |parts: &[Part]| PAIRS[mb.direction(parts[0])][mb.direction(parts[1])];
    match mb.kind {
        MbKind::Inter16x16 => 1 + mb.direction(WHOLE) as u32,
        MbKind::Inter16x8 => pair(mb.kind.partitions()),
        MbKind::Inter8x16 => 1 + pair(mb.kind.partitions()),
        MbKind::Inter8x8 => 22,
        _ => 0,
    }
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
