//! What blocks, edges and motion of H.264 are to the kernels.

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

impl Edge {
    /// How far apart two samples are that have `n` from one to the other across the edge.
    #[inline(always)]
    pub(crate) const fn across(self, stride: usize, n: usize) -> usize {
        match self {
            Self::Vertical => n,
            Self::Horizontal => n * stride,
        }
    }
}

/// A motion vector in quarter luma samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Mv {
    /// Horizontal.
    pub x: i16,
    /// Vertical.
    pub y: i16,
}

impl Mv {
    /// The vector (`x`, `y`).
    #[inline]
    pub const fn new(x: i16, y: i16) -> Self {
        Self { x, y }
    }
}

impl core::ops::Add for Mv {
    type Output = Self;
    /// Wraps: vectors of a broken stream may leave 16 bits.
    #[inline]
    fn add(self, o: Self) -> Self {
        Self { x: self.x.wrapping_add(o.x), y: self.y.wrapping_add(o.y) }
    }
}

/// The motion of a macroblock, by list.
#[derive(Debug, Clone, Copy)]
pub struct Motion<'a> {
    /// The vector of each 4x4 block in raster order; zero where the list is not used.
    pub mv: &'a [[Mv; 16]; 2],
    /// A number of the reference picture of each 8x8 quarter; -1 where the list is not used.
    pub picture: &'a [[i8; 4]; 2],
}

/// The thresholds of the deblocking filter for the mean quantiser of an edge (8.7.2.2), those of 8 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Thresholds {
    /// alpha of table 8-16.
    pub alpha: u8,
    /// beta of table 8-16.
    pub beta: u8,
    /// tC0 of table 8-17 by bS, 0 to 25; that of bS 0 is -1.
    pub tc0: [i8; 4],
}

impl Thresholds {
    /// Whether any sample can be filtered with them.
    #[inline]
    pub const fn filters(&self) -> bool {
        self.alpha != 0 && self.beta != 0
    }
}

/// Which levels of a block matter: bit `i` stands for level `i` in scan order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LevelMasks {
    /// Those that are not 0.
    pub coded: u16,
    /// Those whose absolute value is larger than 1.
    pub large: u16,
}
