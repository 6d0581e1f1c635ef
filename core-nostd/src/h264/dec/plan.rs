//! How much memory a decoder can need.

use crate::h264::mb_info::{MbInfo, MbMotion};
use crate::limits::Limits;
use crate::picture::{ChromaFormat, PictureFormat};

/// The most memory that a decoder with given [`Limits`] takes, told beforehand for a format of samples.
///
/// Frames that the caller holds while decoding goes on come on top, `picture_bytes` each.
///
/// ```
/// use transcode_core::Limits;
/// use transcode_core::h264::MemoryPlan;
/// let limits = Limits { max_width: 640, max_height: 480, max_pixels: 640 * 480, max_dpb_frames: 4, max_packet_bytes: 1 << 18 };
/// assert!(MemoryPlan::for_decoder(&limits).total() < 8 << 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Bytes of one decoded picture: samples and motion.
    pub picture_bytes: u64,
    /// Pictures that exist at once: the decoded picture buffer, the current one, the copy of its first field that its second one
    /// refers to, and one on its way out.
    pub pictures: u32,
    /// Bytes of what is kept of the macroblocks of the current picture.
    pub working_bytes: u64,
    /// Bytes of the packet queue and of the NAL unit being read.
    pub packet_bytes: u64,
}

impl MemoryPlan {
    /// What an H.264 decoder needs at most for 8-bit 4:2:0 (or monochrome) video, the only one of all profiles up to High.
    pub fn for_decoder(limits: &Limits) -> Self {
        Self::for_format(limits, PictureFormat::YUV420P8)
    }
    /// What an H.264 decoder needs at most for video of format `format`.
    ///
    /// ```
    /// use transcode_core::h264::MemoryPlan;
    /// use transcode_core::{ChromaFormat, Limits, PictureFormat};
    /// let limits = Limits::default();
    /// let format = PictureFormat { chroma: ChromaFormat::Yuv422, bit_depth_luma: 10, bit_depth_chroma: 10 };
    /// let (deep, plain) = (MemoryPlan::for_format(&limits, format), MemoryPlan::for_decoder(&limits));
    /// assert!(deep.picture_bytes > 2 * plain.picture_bytes * 9 / 10);
    /// ```
    pub fn for_format(limits: &Limits, format: PictureFormat) -> Self {
        let bytes_per_sample = if format.is_8_bit() { 1 } else { 2 };
        let (sx, sy) = match format.chroma {
            // Decoded with grey chroma.
            ChromaFormat::Monochrome => ChromaFormat::Yuv420.shifts(),
            other => other.shifts(),
        };
        // The planes of 4:4:4 can be coded apart, each with motion and macroblocks of its own.
        let layers = if format.chroma == ChromaFormat::Yuv444 { 3 } else { 1 };
        let fixed = if format == PictureFormat::YUV420P8 { FIXED } else { FIXED_OF_ANY_FORMAT };
        let height = u64::from(limits.max_height);
        // Rows are padded to 64 samples: at most 48 in luma, whose width is a multiple of 16, and 56 in chroma.
        let luma = limits.max_pixels + 48 * height;
        let chroma = (limits.max_pixels >> (sx + sy)) + 56 * height.div_ceil(1 << sy);
        let mbs = limits.max_pixels.div_ceil(256);
        Self {
            picture_bytes: (luma + 2 * chroma) * bytes_per_sample + layers * mbs * (size_of::<MbMotion>() as u64 + 1),
            pictures: limits.max_dpb_frames.saturating_add(3),
            // The map of slice groups and what it was made from take two bytes.
            working_bytes: layers * mbs * (size_of::<MbInfo>() as u64 + 26) + fixed,
            packet_bytes: limits.max_packet_bytes.saturating_mul(2),
        }
    }
    /// The same for a decoder with workers that run `threads` tasks at the same time
    /// ([`Decoder::with_workers`](super::Decoder::with_workers)): one picture more is under way than that, each with its payload and, if it
    /// is coded as fields, a copy of its first field; and each thread has its working memory.
    ///
    /// ```
    /// use transcode_core::Limits;
    /// use transcode_core::h264::MemoryPlan;
    /// let limits = Limits { max_width: 640, max_height: 480, max_pixels: 640 * 480, max_dpb_frames: 4, max_packet_bytes: 1 << 18 };
    /// let (one, two) = (MemoryPlan::for_decoder(&limits), MemoryPlan::for_decoder(&limits).with_threads(2));
    /// assert_eq!(two.pictures, one.pictures + 6);
    /// ```
    pub fn with_threads(self, threads: u32) -> Self {
        let under_way = threads.max(1).saturating_add(1);
        Self {
            pictures: self.pictures.saturating_add(under_way.saturating_mul(2)),
            working_bytes: self.working_bytes.saturating_mul(under_way.into()),
            packet_bytes: self.packet_bytes.saturating_add((self.packet_bytes / 2).saturating_mul(under_way.into())),
            ..self
        }
    }
    /// All of it, in bytes.
    pub fn total(&self) -> u64 {
        self.picture_bytes
            .saturating_mul(self.pictures.into())
            .saturating_add(self.working_bytes)
            .saturating_add(self.packet_bytes)
    }
}

/// Lists, parameter sets, slice headers and the scratch memory of one macroblock.
const FIXED: u64 = 1 << 16;
/// The same with scaling tables for all planes and for the QPs of 14 bits.
const FIXED_OF_ANY_FORMAT: u64 = 1 << 18;
