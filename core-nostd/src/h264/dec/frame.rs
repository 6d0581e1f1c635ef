//! What the decoder gives out.

use super::frame_sei::FrameSei;
use super::picture::DecodedPicture;
use super::timing::Display;
use crate::h264::params::SliceType;
use crate::h264::video_info::VideoInfo;
use crate::picture::{Picture, PictureFormat, Plane, Rect, Samples};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The times that came with a packet, in ticks that the decoder does not interpret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PacketTime {
    /// Presentation time.
    pub pts: Option<i64>,
    /// Decoding time.
    pub dts: Option<i64>,
    /// Duration.
    pub duration: Option<i64>,
}

/// How the two fields of a frame follow each other in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FieldOrder {
    /// They are of one time.
    #[default]
    Progressive,
    /// The top field (rows 0, 2, ...) is the earlier.
    TopFirst,
    /// The bottom field (rows 1, 3, ...) is the earlier.
    BottomFirst,
}

/// What goes with a frame through the decoded picture buffer.
#[derive(Debug, Clone)]
pub(crate) struct FrameInfo {
    /// Part of the picture that is shown.
    pub(crate) crop: Rect,
    /// Times of the packet that the frame began in.
    pub(crate) time: PacketTime,
    /// Decoding can start here.
    pub(crate) key: bool,
    /// How long to show it, and in which order the fields.
    pub(crate) display: Display,
    /// Type of the first slice.
    pub(crate) slice_type: SliceType,
    /// How to show it.
    pub(crate) video: VideoInfo,
    /// Its SEI messages.
    pub(crate) sei: FrameSei,
}

impl Default for FrameInfo {
    fn default() -> Self {
        Self {
            crop: Rect { x: 0, y: 0, width: 16, height: 16 },
            time: PacketTime::default(),
            key: false,
            display: Display::default(),
            slice_type: SliceType::I,
            video: VideoInfo::default(),
            sei: FrameSei::default(),
        }
    }
}

/// A decoded frame, in output order.
///
/// It shares the decoder's memory: dropping it lets the decoder use that again.
#[derive(Debug, Clone)]
pub struct Frame {
    pub(crate) pic: Arc<DecodedPicture>,
    /// The part of the picture that is shown, in luma samples.
    pub crop: Rect,
    /// Times of the packet that the frame began in.
    pub time: PacketTime,
    /// Decoding can start here: an IDR picture, or an intra picture that recovers at once.
    pub key: bool,
    /// Macroblocks were concealed, references were missing, or the frame may be predicted from such a one.
    pub corrupt: bool,
    /// Order of its fields in time. A complementary pair of fields is one frame; a field without a partner is shown with its lines
    /// doubled.
    pub field_order: FieldOrder,
    /// Fields of the frame that are shown once more (`pic_struct`, table D-1): 1 for a frame of three fields, 2 for a frame shown
    /// twice, 4 for one shown three times.
    pub repeat_fields: u8,
    /// How long the frame is shown, in ticks of the VUI's clock (`DeltaTfiDivisor`, table E-6): 2 for a frame, 1 for a field
    /// without a partner, more with [`Frame::repeat_fields`].
    pub ticks: u8,
    /// Type of its most general slice: B before P before I.
    pub slice_type: SliceType,
    /// How to show it.
    pub video: VideoInfo,
    /// Its SEI messages.
    pub sei: FrameSei,
}

impl Frame {
    /// The whole coded picture; [`Frame::crop`] says what of it is shown. Monochrome pictures have grey 4:2:0 chroma.
    pub fn samples(&self) -> &Samples {
        self.pic.shared.whole()
    }
    /// The whole coded picture, if its samples are of 8 bits.
    pub fn picture(&self) -> Option<&Picture<u8>> {
        if let Samples::U8(p) = self.samples() { Some(p) } else { None }
    }
    /// What the samples are.
    pub fn format(&self) -> PictureFormat {
        self.samples().format()
    }
    /// Width that is shown, in luma samples.
    pub fn width(&self) -> usize {
        self.crop.width as usize
    }
    /// Height that is shown, in luma samples.
    pub fn height(&self) -> usize {
        self.crop.height as usize
    }
    /// How long the frame is shown, in seconds as a fraction (numerator, denominator), by the VUI's clock. `None` if there is
    /// none. With `fixed_frame_rate_flag` this is exact (E.2.1); without it, it is what the stream's author
    /// meant, and the times of packets come first.
    pub fn duration(&self) -> Option<(u64, u64)> {
        let (rate, scale) = self.video.frame_rate?;
        Some((u64::from(self.ticks) * u64::from(scale), 2 * u64::from(rate)))
    }
    /// `PicOrderCnt()`: orders the frames between two IDR pictures.
    pub fn pic_order_cnt(&self) -> i32 {
        self.pic.poc
    }
    /// The rows of plane `plane` (0 luma, 1 Cb, 2 Cr) that are shown, cropped, from top to bottom. Of a picture whose
    /// samples are deeper than 8 bits there are none: see [`Frame::samples`] and [`Frame::for_each_row`].
    ///
    /// # Panics
    /// If the picture has no such plane.
    pub fn rows(&self, plane: usize) -> impl Iterator<Item = &[u8]> {
        self.picture().into_iter().flat_map(move |p| shown(p, self.crop, plane))
    }
    /// Calls `row` with the bytes of each row of plane `plane` that is shown, cropped, from top to bottom: a byte a sample, or
    /// two, the lower first, if the picture has samples deeper than 8 bits. This is how raw video files are laid out.
    ///
    /// # Panics
    /// If the picture has no such plane.
    pub fn for_each_row(&self, plane: usize, mut row: impl FnMut(&[u8])) {
        match self.samples() {
            Samples::U8(p) => shown(p, self.crop, plane).for_each(row),
            Samples::U16(p) => {
                let mut bytes = Vec::new();
                for samples in shown(p, self.crop, plane) {
                    bytes.clear();
                    bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
                    row(&bytes);
                }
            }
        }
    }
}

/// The rows of plane `plane` that `crop` shows.
fn shown<P: Copy + Default>(picture: &Picture<P>, crop: Rect, plane: usize) -> impl Iterator<Item = &[P]> {
    let (sx, sy) = if plane == 0 { (0, 0) } else { picture.format().chroma.shifts() };
    let (x, y) = ((crop.x >> sx) as usize, (crop.y >> sy) as usize);
    let width = (crop.width as usize).div_ceil(1 << sx);
    let height = (crop.height as usize).div_ceil(1 << sy);
    let plane: &Plane<P> = picture.plane(plane);
    (y..y + height).map(move |row| &plane.row(row)[x..x + width])
}
