//! What is kept of every macroblock of a picture: for its neighbours, for deblocking, for co-located prediction.
//! Decoder and encoder fill the same structures.

use crate::picture::Lines;
use alloc::vec::Vec;
pub(crate) use transcode_simd::Mv;

/// Where the samples of a macroblock lie in the planes of a frame (6.4.1). The rows of a field are every other row of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// Column, in macroblocks.
    pub(crate) mb_x: usize,
    /// Row of the frame, in macroblocks, that holds the first line or the one before it.
    mb_row: usize,
    /// 1 if the macroblock has the second line of that row, the fourth, ...
    line: usize,
    /// 1 if the macroblock has every other line.
    shift: u32,
}

impl Place {
    /// A frame macroblock.
    pub(crate) const fn frame(mb_x: usize, mb_y: usize) -> Self {
        Self { mb_x, mb_row: mb_y, line: 0, shift: 0 }
    }
    /// A macroblock of the field with lines `parity`, `parity` + 2, ...
    pub(crate) const fn field(mb_x: usize, mb_y: usize, parity: usize) -> Self {
        Self { mb_x, mb_row: 2 * mb_y, line: parity & 1, shift: 1 }
    }
    /// A field macroblock of an MBAFF frame: the pair's top macroblock has the lines of the top field.
    pub(crate) const fn field_of_pair(mb_x: usize, mb_y: usize) -> Self {
        Self { mb_x, mb_row: mb_y & !1, line: mb_y & 1, shift: 1 }
    }
    /// Whether the macroblock has every other line.
    pub(crate) const fn is_field(self) -> bool {
        self.shift != 0
    }
    /// Index of the first sample in a plane with `w` by `h` samples a macroblock, and the distance of the lines.
    #[inline(always)]
    pub(crate) fn in_plane<P>(self, plane: &impl Lines<P>, (w, h): (usize, usize)) -> (usize, usize) {
        let row = h * self.mb_row + self.line;
        (plane.index(w * self.mb_x, row), plane.stride() << self.shift)
    }
}

/// The motion of one macroblock. Blocks count in raster order inside the macroblock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MbMotion {
    /// Per list, per 4x4 block. Zero where the list is not used.
    pub(crate) mv: [[Mv; 16]; 2],
    /// Per list, per 8x8 block: index into the slice's list, -1 where the list is not used.
    pub(crate) ref_idx: [[i8; 4]; 2],
    /// Per list, per 8x8 block: which picture that is, numbered per picture (so that slices with different lists compare),
    /// -1 where the list is not used.
    pub(crate) ref_pic: [[i8; 4]; 2],
}

impl MbMotion {
    /// No motion.
    pub(crate) const INTRA: Self =
        Self { mv: [[Mv { x: 0, y: 0 }; 16]; 2], ref_idx: [[-1; 4]; 2], ref_pic: [[-1; 4]; 2] };
}

/// Properties of a macroblock that its neighbours, the deblocking filter and the encoder ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MbFlags(pub(crate) u16);

impl MbFlags {
    /// Any intra type.
    pub(crate) const INTRA: Self = Self(1);
    /// `I_NxN`.
    pub(crate) const INTRA_NXN: Self = Self(2);
    /// `Intra_16x16`.
    pub(crate) const INTRA_16X16: Self = Self(4);
    /// `I_PCM`.
    pub(crate) const PCM: Self = Self(8);
    /// `transform_size_8x8_flag`.
    pub(crate) const TRANSFORM_8X8: Self = Self(16);
    /// `P_Skip` or `B_Skip`.
    pub(crate) const SKIP: Self = Self(32);
    /// `B_Skip` or `B_Direct_16x16`.
    pub(crate) const DIRECT: Self = Self(64);
    /// Field macroblock (MBAFF, or any macroblock of a field).
    pub(crate) const FIELD: Self = Self(128);
    /// One motion for all of the macroblock in each list: no inner edge can differ in motion. Comes with `UNIFORM_8X8`.
    pub(crate) const ONE_PARTITION: Self = Self(256);
    /// Motion is uniform in each 8x8 quarter: inner 4x4 edges cannot differ in motion.
    pub(crate) const UNIFORM_8X8: Self = Self(512);
    /// In an SP or SI slice, where the deblocking filter takes every macroblock for an intra macroblock.
    pub(crate) const SWITCHING: Self = Self(1024);
    /// `SI`; comes with `INTRA`.
    pub(crate) const SI: Self = Self(2048);
    /// An intra macroblock whose residual, in a data partition, is missing. Known to the parsing of its slice, and concealed afterwards.
    pub(crate) const LOST: Self = Self(4096);
    /// A macroblock whose residual, in a data partition, is missing, so that nobody knows how many coefficients it has.
    pub(crate) const UNCOUNTED: Self = Self(8192);
    /// What the deblocking filter takes for intra macroblocks (8.7.2.1).
    pub(crate) const FILTERED_AS_INTRA: Self = Self(Self::INTRA.0 | Self::SWITCHING.0);

    /// The macroblock was not received and its samples have been made up.
    pub(crate) const CONCEALED: Self = Self(1 << 15);

    /// Whether any flag of `other` is set.
    #[inline]
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl core::ops::BitOr for MbFlags {
    type Output = Self;
    fn bitor(self, o: Self) -> Self {
        Self(self.0 | o.0)
    }
}

impl core::ops::BitOrAssign for MbFlags {
    fn bitor_assign(&mut self, o: Self) {
        self.0 |= o.0;
    }
}

/// What the deblocking filter needs to know of one macroblock, besides its motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MbInfo {
    /// Index into [`MbGrid::slices`]; `u32::MAX` before the macroblock is decoded.
    pub(crate) slice: u32,
    /// Type.
    pub(crate) flags: MbFlags,
    /// Bit 4 * y + x is set if luma 4x4 block (x, y), or the 8x8 block it lies in, has a coefficient that is not zero.
    pub(crate) nonzero: u16,
    /// `QPY`; 0 for `I_PCM`.
    pub(crate) qp: i8,
    /// `QPC` of Cb and Cr for `qp`.
    pub(crate) qp_chroma: [i8; 2],
}

impl MbInfo {
    /// A macroblock that has not been decoded.
    pub(crate) const EMPTY: Self = Self { slice: u32::MAX, flags: MbFlags(0), nonzero: 0, qp: 0, qp_chroma: [0; 2] };
    /// Whether the macroblock has been decoded.
    pub(crate) fn is_decoded(&self) -> bool {
        self.slice != u32::MAX
    }
}

/// What the deblocking filter needs to know of one slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SliceInfo {
    /// `disable_deblocking_filter_idc`.
    pub(crate) disable_deblocking_filter_idc: u8,
    /// `FilterOffsetA`.
    pub(crate) filter_offset_a: i8,
    /// `FilterOffsetB`.
    pub(crate) filter_offset_b: i8,
    /// Whether macroblocks of this slice can have two motion vectors a block.
    pub(crate) b_slice: bool,
}

/// The macroblocks and slices of a picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct MbGrid {
    /// Width in macroblocks.
    pub(crate) width: usize,
    /// Height in macroblocks.
    pub(crate) height: usize,
    /// One entry a macroblock, in address order.
    pub(crate) info: Vec<MbInfo>,
    /// One entry a slice, in decoding order.
    pub(crate) slices: Vec<SliceInfo>,
}

impl MbGrid {
    /// Counts the macroblocks of slice `slice` that are lost as not decoded. Returns how many they are.
    pub(crate) fn forget_lost(&mut self, slice: u32) -> usize {
        let mut lost = 0;
        for mb in self.info.iter_mut().filter(|mb| mb.slice == slice && mb.flags.has(MbFlags::LOST)) {
            *mb = MbInfo::EMPTY;
            lost += 1;
        }
        lost
    }
    /// Makes the grid `width` by `height` macroblocks, none of them decoded.
    pub(crate) fn reset(&mut self, width: usize, height: usize) {
        self.width = width;
        self.height = height;
        self.info.clear();
        self.info.resize(width * height, MbInfo::EMPTY);
        self.slices.clear();
    }
}
