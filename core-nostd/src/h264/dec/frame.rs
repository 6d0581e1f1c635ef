//! What the decoder gives out.

use super::picture::{DecodedPicture, Structure};
use crate::h264::params::{SliceType, Sps};
use crate::h264::sei::{FramePacking, PicTiming, RecoveryPoint};
use crate::h264::video_info::VideoInfo;
use crate::picture::{Picture, Plane, Rect};
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

/// The SEI messages of a frame's access unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrameSei {
    /// Recovery point.
    pub recovery_point: Option<RecoveryPoint>,
    /// Picture timing.
    pub pic_timing: Option<PicTiming>,
    /// Frame packing arrangement.
    pub frame_packing: Option<FramePacking>,
    /// Registered user data (closed captions): country code and payload of each message.
    pub user_data: Vec<(u16, Vec<u8>)>,
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

impl FieldOrder {
    /// From `pic_struct` (table D-1) if it was sent, or else from the order counts of the fields.
    pub(crate) fn of(pic_struct: Option<u8>, field_poc: [i32; 2], sps: &Sps, structure: Structure) -> Self {
        match pic_struct {
            Some(0 | 7 | 8) => Self::Progressive,
            Some(3 | 5) => Self::TopFirst,
            Some(4 | 6) => Self::BottomFirst,
            _ if sps.frame_mbs_only_flag => Self::Progressive,
            _ if field_poc[0] < field_poc[1] => Self::TopFirst,
            _ if field_poc[0] > field_poc[1] => Self::BottomFirst,
            _ if structure.is_field() => Self::TopFirst,
            _ => Self::Progressive,
        }
    }
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
    /// Order of the fields.
    pub(crate) field_order: FieldOrder,
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
            field_order: FieldOrder::Progressive,
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
    /// Type of the first slice.
    pub slice_type: SliceType,
    /// How to show it.
    pub video: VideoInfo,
    /// Its SEI messages.
    pub sei: FrameSei,
}

impl Frame {
    /// The whole coded picture; [`Frame::crop`] says what of it is shown.
    pub fn picture(&self) -> &Picture<u8> {
        &self.pic.picture
    }
    /// Width that is shown, in luma samples.
    pub fn width(&self) -> usize {
        self.crop.width as usize
    }
    /// Height that is shown, in luma samples.
    pub fn height(&self) -> usize {
        self.crop.height as usize
    }
    /// `PicOrderCnt()`: orders the frames between two IDR pictures.
    pub fn pic_order_cnt(&self) -> i32 {
        self.pic.poc
    }
    /// The rows of plane `plane` (0 luma, 1 Cb, 2 Cr) that are shown, cropped, from top to bottom.
    ///
    /// # Panics
    /// If the picture has no such plane.
    pub fn rows(&self, plane: usize) -> impl Iterator<Item = &[u8]> {
        let picture = self.picture();
        let (sx, sy) = if plane == 0 { (0, 0) } else { picture.format().chroma.shifts() };
        let (x, y) = ((self.crop.x >> sx) as usize, (self.crop.y >> sy) as usize);
        let width = (self.crop.width as usize).div_ceil(1 << sx);
        let height = (self.crop.height as usize).div_ceil(1 << sy);
        let plane: &Plane<u8> = picture.plane(plane);
        (y..y + height).map(move |row| &plane.row(row)[x..x + width])
    }
}
