//! Sample arrays: planes with stride and padding, and pictures made of them.

use crate::error::{Error, Result};
use alloc::vec;
use alloc::vec::Vec;

/// Evaluates an expression with `$p` a picture of whichever type `$samples` has.
macro_rules! with_picture {
    ($samples:expr, $p:ident => $body:expr) => {
        match $samples {
            $crate::picture::Samples::U8($p) => $body,
            $crate::picture::Samples::U16($p) => $body,
        }
    };
}
pub(crate) use with_picture;

/// Chroma subsampling (`chroma_format_idc`, H.264 table 6-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChromaFormat {
    /// 4:0:0, luma only.
    Monochrome,
    /// 4:2:0.
    Yuv420,
    /// 4:2:2.
    Yuv422,
    /// 4:4:4.
    Yuv444,
}

impl ChromaFormat {
    /// Horizontal and vertical shift from luma to chroma coordinates.
    pub const fn shifts(self) -> (u32, u32) {
        match self {
            Self::Monochrome | Self::Yuv444 => (0, 0),
            Self::Yuv420 => (1, 1),
            Self::Yuv422 => (1, 0),
        }
    }
    /// Number of planes: 1 or 3.
    pub const fn planes(self) -> usize {
        if matches!(self, Self::Monochrome) { 1 } else { 3 }
    }
    /// Width and height of a macroblock in plane `plane`.
    pub(crate) const fn mb_size(self, plane: usize) -> (usize, usize) {
        let (sx, sy) = self.shifts();
        if plane == 0 { (16, 16) } else { (16 >> sx, 16 >> sy) }
    }
}

/// What the samples of a picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureFormat {
    /// Chroma subsampling.
    pub chroma: ChromaFormat,
    /// Bits of a luma sample, 8 to 14.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample, 8 to 14.
    pub bit_depth_chroma: u8,
}

impl PictureFormat {
    /// 8-bit 4:2:0.
    pub const YUV420P8: Self = Self { chroma: ChromaFormat::Yuv420, bit_depth_luma: 8, bit_depth_chroma: 8 };

    /// Bits of a sample of plane `plane`.
    pub const fn bit_depth(self, plane: usize) -> u8 {
        if plane == 0 { self.bit_depth_luma } else { self.bit_depth_chroma }
    }
    /// Whether a byte holds every sample: both bit depths are 8.
    pub const fn is_8_bit(self) -> bool {
        self.bit_depth_luma == 8 && self.bit_depth_chroma == 8
    }
}

/// A rectangle in luma samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

/// One sample array: `height` rows of `width` samples, `stride` apart, with `pad` samples of border on
/// each side that the owner may fill (motion search reads them, output never shows them).
///
/// `P` is `u8` for 8-bit pictures and `u16` above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane<P = u8> {
    data: Vec<P>,
    stride: usize,
    width: usize,
    height: usize,
    pad: usize,
}

impl<P: Copy + Default> Plane<P> {
    /// A plane of zero samples. The stride is rounded up to 64 samples.
    pub fn new(width: usize, height: usize, pad: usize) -> Self {
        let stride = (width + 2 * pad).next_multiple_of(64);
        Self { data: vec![P::default(); stride * (height + 2 * pad)], stride, width, height, pad }
    }
    /// Width in samples, without padding.
    pub fn width(&self) -> usize {
        self.width
    }
    /// Height in rows, without padding.
    pub fn height(&self) -> usize {
        self.height
    }
    /// Distance between rows in samples.
    pub fn stride(&self) -> usize {
        self.stride
    }
    /// Border on each side in samples.
    pub fn pad(&self) -> usize {
        self.pad
    }
    /// Index of sample (0, 0) in [`Plane::data`].
    pub fn origin(&self) -> usize {
        self.pad * self.stride + self.pad
    }
    /// Index of sample (`x`, `y`) in [`Plane::data`]; both may reach `pad` outside the picture.
    pub fn index(&self, x: isize, y: isize) -> usize {
        (self.origin() as isize + y * self.stride as isize + x) as usize
    }
    /// Where the samples begin.
    pub(crate) fn as_ptr(&self) -> *const P {
        self.data.as_ptr()
    }
    /// Number of samples, padding included.
    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }
    /// All samples, padding included.
    pub fn data(&self) -> &[P] {
        &self.data
    }
    /// All samples, padding included.
    pub fn data_mut(&mut self) -> &mut [P] {
        &mut self.data
    }
    /// The samples of row `y`, without padding.
    pub fn row(&self, y: usize) -> &[P] {
        let o = self.origin() + y * self.stride;
        &self.data[o..o + self.width]
    }
    /// The samples of row `y`, without padding.
    pub fn row_mut(&mut self, y: usize) -> &mut [P] {
        let o = self.origin() + y * self.stride;
        &mut self.data[o..o + self.width]
    }
    /// The rows from top to bottom, without padding.
    pub fn rows(&self) -> impl Iterator<Item = &[P]> {
        (0..self.height).map(|y| self.row(y))
    }
    /// Repeats the edge samples into the padding.
    pub fn extend_edges(&mut self) {
        let (w, h, pad, stride) = (self.width, self.height, self.pad, self.stride);
        for y in 0..h {
            let row = &mut self.data[(y + pad) * stride..(y + pad + 1) * stride];
            let (left, right) = (row[pad], row[pad + w - 1]);
            row[..pad].fill(left);
            row[pad + w..].fill(right);
        }
        let first = pad * stride;
        let last = (pad + h - 1) * stride;
        for y in 0..pad {
            self.data.copy_within(first..first + stride, y * stride);
            self.data.copy_within(last..last + stride, (pad + h + y) * stride);
        }
    }
}

/// Rows of samples that are reached by index: a plane, or a part of one.
pub(crate) trait Lines<P> {
    /// The samples.
    fn data(&self) -> &[P];
    /// Index in [`Lines::data`] of sample (`x`, `y`) of the plane.
    fn index(&self, x: usize, y: usize) -> usize;
    /// Distance between rows in samples.
    fn stride(&self) -> usize;
    /// Width of the plane in samples.
    fn width(&self) -> usize;
    /// Height of the plane in rows.
    fn height(&self) -> usize;
    /// Whether another plane has the same size.
    fn is_like(&self, other: &impl Lines<P>) -> bool {
        self.width() == other.width() && self.height() == other.height()
    }
}

impl<P: Copy + Default> Lines<P> for Plane<P> {
    #[inline(always)]
    fn data(&self) -> &[P] {
        &self.data
    }
    #[inline(always)]
    fn index(&self, x: usize, y: usize) -> usize {
        self.origin() + y * self.stride + x
    }
    #[inline(always)]
    fn stride(&self) -> usize {
        self.stride
    }
    fn width(&self) -> usize {
        self.width
    }
    fn height(&self) -> usize {
        self.height
    }
}

/// The planes of one picture: luma, and Cb and Cr unless it is monochrome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture<P = u8> {
    format: PictureFormat,
    planes: Vec<Plane<P>>,
}

impl<P: Copy + Default> Picture<P> {
    /// A picture of zero samples; chroma sizes are rounded up. `pad` is the luma border; chroma has the same.
    ///
    /// # Errors
    /// `InvalidConfig` if a side is 0 or the size does not fit the address space.
    ///
    /// ```
    /// use transcode_core::{Picture, PictureFormat};
    /// let p = Picture::<u8>::new(PictureFormat::YUV420P8, 175, 143, 0)?;
    /// assert_eq!((p.plane(1).width(), p.plane(1).height()), (88, 72));
    /// # Ok::<(), transcode_core::Error>(())
    /// ```
    pub fn new(format: PictureFormat, width: usize, height: usize, pad: usize) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::config("picture size", "a side is 0"));
        }
        if width > 1 << 16 || height > 1 << 16 || pad > 1 << 10 {
            return Err(Error::config("picture size", "a side is over 65536"));
        }
        let (sx, sy) = format.chroma.shifts();
        let planes = (0..format.chroma.planes())
            .map(|i| {
                if i == 0 {
                    Plane::new(width, height, pad)
                } else {
                    Plane::new((width + (1 << sx) - 1) >> sx, (height + (1 << sy) - 1) >> sy, pad)
                }
            })
            .collect();
        Ok(Self { format, planes })
    }
    /// What the samples are.
    pub fn format(&self) -> PictureFormat {
        self.format
    }
    /// Width of the luma plane.
    pub fn width(&self) -> usize {
        self.planes[0].width
    }
    /// Height of the luma plane.
    pub fn height(&self) -> usize {
        self.planes[0].height
    }
    /// Plane `i`: 0 luma, 1 Cb, 2 Cr.
    pub fn plane(&self, i: usize) -> &Plane<P> {
        &self.planes[i]
    }
    /// Plane `i`: 0 luma, 1 Cb, 2 Cr.
    pub fn plane_mut(&mut self, i: usize) -> &mut Plane<P> {
        &mut self.planes[i]
    }
    /// All planes.
    pub fn planes(&self) -> &[Plane<P>] {
        &self.planes
    }
    /// All planes.
    pub fn planes_mut(&mut self) -> &mut [Plane<P>] {
        &mut self.planes
    }
}

/// The samples of a decoded picture, in the type that its bit depths ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    /// Luma and chroma of 8 bits.
    U8(Picture<u8>),
    /// Luma or chroma of 9 to 14 bits; a plane of 8 bits beside a deeper one is held in 16 bits too.
    U16(Picture<u16>),
}

impl Samples {
    /// As [`Picture::new`].
    ///
    /// # Errors
    /// As [`Picture::new`].
    pub fn new(format: PictureFormat, width: usize, height: usize, pad: usize) -> Result<Self> {
        Ok(if format.is_8_bit() {
            Self::U8(Picture::new(format, width, height, pad)?)
        } else {
            Self::U16(Picture::new(format, width, height, pad)?)
        })
    }
    /// What the samples are.
    pub fn format(&self) -> PictureFormat {
        with_picture!(self, p => p.format())
    }
    /// Width of the luma plane.
    pub fn width(&self) -> usize {
        with_picture!(self, p => p.width())
    }
    /// Height of the luma plane.
    pub fn height(&self) -> usize {
        with_picture!(self, p => p.height())
    }
}

/// Types of the samples that a decoded picture can have.
pub(crate) trait Stored: transcode_simd::Sample {
    /// The picture, if its samples are of this type.
    fn of(samples: &Samples) -> Option<&Picture<Self>>;
    /// The picture, if its samples are of this type.
    fn of_mut(samples: &mut Samples) -> Option<&mut Picture<Self>>;
}

macro_rules! stored {
    ($t:ty, $variant:ident) => {
        impl Stored for $t {
            fn of(samples: &Samples) -> Option<&Picture<Self>> {
                if let Samples::$variant(p) = samples { Some(p) } else { None }
            }
            fn of_mut(samples: &mut Samples) -> Option<&mut Picture<Self>> {
                if let Samples::$variant(p) = samples { Some(p) } else { None }
            }
        }
    };
}
stored!(u8, U8);
stored!(u16, U16);
