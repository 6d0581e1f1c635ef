//! The block sizes of H.264 inter prediction (table 7-13, 7-17).

use core::fmt;

/// A partition or sub-macroblock partition size, width first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockSize {
    /// 16 wide, 16 high: a macroblock.
    B16x16,
    /// 16 wide, 8 high.
    B16x8,
    /// 8 wide, 16 high.
    B8x16,
    /// 8 wide, 8 high: a sub-macroblock.
    B8x8,
    /// 8 wide, 4 high.
    B8x4,
    /// 4 wide, 8 high.
    B4x8,
    /// 4 wide, 4 high.
    B4x4,
}

impl BlockSize {
    /// Every size, largest first; `ALL[bs as usize] == bs`.
    pub const ALL: [Self; 7] = [Self::B16x16, Self::B16x8, Self::B8x16, Self::B8x8, Self::B8x4, Self::B4x8, Self::B4x4];

    /// Width in samples.
    pub const fn width(self) -> usize {
        match self {
            Self::B16x16 | Self::B16x8 => 16,
            Self::B8x16 | Self::B8x8 | Self::B8x4 => 8,
            Self::B4x8 | Self::B4x4 => 4,
        }
    }

    /// Height in samples.
    pub const fn height(self) -> usize {
        match self {
            Self::B16x16 | Self::B8x16 => 16,
            Self::B16x8 | Self::B8x8 | Self::B4x8 => 8,
            Self::B8x4 | Self::B4x4 => 4,
        }
    }
}

impl fmt::Display for BlockSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width(), self.height())
    }
}

/// The direction of a block edge (8.7: verticalEdge or horizontal edge).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// The left edge of a block: filtering runs along rows.
    Vertical,
    /// The top edge of a block: filtering runs along columns.
    Horizontal,
}
