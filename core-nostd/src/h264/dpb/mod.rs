//! The decoded picture buffer, C.4: frame stores with their reference marks (8.2.5) and what waits for output.
//!
//! A store holds a frame or its two fields. The marks are kept per field, since fields are marked one by one; a frame
//! is a reference when both of its fields are.
//!
//! | file | holds |
//! |---|---|
//! | [`poc`] | picture order count, 8.2.1 |
//! | [`lists`] | reference picture lists, 8.2.4 |
//! | [`marking`] | reference marking and gaps in `frame_num`, 8.2.5 |
//! | [`output`] | bumping, C.4.5.3 |
pub(crate) mod lists;
pub(crate) mod marking;
pub(crate) mod output;
pub(crate) mod poc;

use super::dec::frame::FrameInfo;
use super::dec::picture::{DecodedPicture, RefPic, Structure};
use super::params::Sps;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A set of the two fields of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fields(u8);

impl Fields {
    /// No field.
    pub(crate) const NONE: Self = Self(0);
    /// The top field.
    pub(crate) const TOP: Self = Self(1);
    /// The bottom field.
    pub(crate) const BOTTOM: Self = Self(2);
    /// Both fields: a frame.
    pub(crate) const BOTH: Self = Self(3);

    /// What a picture of this structure consists of.
    pub(crate) const fn of(structure: Structure) -> Self {
        match structure {
            Structure::Frame => Self::BOTH,
            Structure::TopField => Self::TOP,
            Structure::BottomField => Self::BOTTOM,
        }
    }
    /// Whether all fields of `other` are in the set.
    pub(crate) const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Whether no field is in the set.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The set without the fields of `other`.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    /// The set and the fields of `other`.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// The fields that are not in the set.
    pub(crate) const fn opposite(self) -> Self {
        Self::BOTH.without(self)
    }
}

/// A frame buffer of the decoded picture buffer.
#[derive(Debug)]
pub(crate) struct FrameStore {
    /// The frame. A "non-existing" frame shares the picture of the reference before it, so that a damaged stream that
    /// refers to it finds something.
    pub(crate) pic: Arc<DecodedPicture>,
    /// Fields that have been decoded.
    pub(crate) fields: Fields,
    /// `TopFieldOrderCnt`, `BottomFieldOrderCnt`.
    pub(crate) field_poc: [i32; 2],
    /// `frame_num`.
    pub(crate) frame_num: u32,
    /// `FrameNumWrap`, 8-27, relative to the picture being decoded.
    pub(crate) frame_num_wrap: i32,
    /// `LongTermFrameIdx`, if `long` is not empty.
    pub(crate) long_term_frame_idx: u32,
    /// Fields marked "used for short-term reference".
    pub(crate) short: Fields,
    /// Fields marked "used for long-term reference".
    pub(crate) long: Fields,
    /// Inferred by the gap process of 8.2.5.2.
    pub(crate) non_existing: bool,
    /// Damaged, or predicted from something damaged.
    pub(crate) corrupt: bool,
    /// What is predicted from it is damaged, too.
    pub(crate) tainted: bool,
    /// What goes out with the frame, as long as it is "needed for output".
    pub(crate) output: Option<FrameInfo>,
}

impl FrameStore {
    /// Whether any field is marked as a reference.
    pub(crate) fn is_reference(&self) -> bool {
        !self.short.with(self.long).is_empty()
    }
    /// `PicOrderCnt()` of the frame or of the field that is there, 8-1.
    pub(crate) fn poc(&self) -> i32 {
        match self.fields {
            Fields::TOP => self.field_poc[0],
            Fields::BOTTOM => self.field_poc[1],
            _ => self.field_poc[0].min(self.field_poc[1]),
        }
    }
    /// The entry of a list that means `fields` of the frame.
    fn as_ref_pic(&self, fields: Fields) -> RefPic {
        let structure = match fields {
            Fields::TOP => Structure::TopField,
            Fields::BOTTOM => Structure::BottomField,
            _ => Structure::Frame,
        };
        RefPic { pic: Arc::clone(&self.pic), long_term: self.long.contains(fields), structure }
    }
}

/// A frame on its way out.
#[derive(Debug)]
pub(crate) struct ReadyFrame {
    /// The frame.
    pub(crate) pic: Arc<DecodedPicture>,
    /// What goes with it.
    pub(crate) info: FrameInfo,
    /// See [`FrameStore::corrupt`].
    pub(crate) corrupt: bool,
}

/// The decoded picture buffer.
#[derive(Debug, Default)]
pub(crate) struct Dpb {
    stores: Vec<FrameStore>,
    /// Frames in output order that left the buffer.
    ready: VecDeque<ReadyFrame>,
    /// Size in frames, at least 1.
    capacity: usize,
    /// `max_num_reorder_frames`.
    num_reorder_frames: usize,
    /// Max(`max_num_ref_frames`, 1).
    max_num_ref_frames: usize,
    /// `MaxFrameNum`.
    max_frame_num: u32,
    /// The frame whose first field is stored, while its second field is decoded.
    first_field: Option<u32>,
    /// `MaxLongTermFrameIdx` + 1; 0 is "no long-term frame indices".
    max_long_term_frame_idx_plus1: u32,
}

impl Dpb {
    /// Prepares the empty buffer for a sequence. With `low_delay`, a sequence that says nothing about reordering is taken
    /// to be sent in output order.
    pub(crate) fn configure(&mut self, sps: &Sps, low_delay: bool) {
        debug_assert!(self.stores.is_empty());
        self.capacity = sps.dpb_frames().max(1) as usize;
        let said = sps.vui.as_ref().is_some_and(|v| v.bitstream_restriction.is_some());
        self.num_reorder_frames = if low_delay && !said { 0 } else { sps.num_reorder_frames() as usize };
        self.max_num_ref_frames = usize::from(sps.max_num_ref_frames.max(1));
        self.max_frame_num = sps.max_frame_num();
        self.max_long_term_frame_idx_plus1 = 0;
        // One more than the capacity passes through while a frame is stored.
        self.stores.reserve(self.capacity + 1);
        self.ready.reserve(self.capacity + 1);
    }
    /// Forgets everything, output included.
    pub(crate) fn clear(&mut self) {
        self.stores.clear();
        self.first_field = None;
        self.ready.clear();
        self.max_long_term_frame_idx_plus1 = 0;
    }
    /// Takes the next frame in output order that has left the buffer.
    pub(crate) fn take_ready(&mut self) -> Option<ReadyFrame> {
        self.ready.pop_front()
    }
    /// Whether a frame has left the buffer and has not been taken.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }
    /// The reference frame that is nearest to the current picture in decoding order: what concealment copies from.
    pub(crate) fn nearest_frame(&self) -> Option<&FrameStore> {
        let whole = || self.stores.iter().filter(|s| s.fields == Fields::BOTH);
        let short = whole().filter(|s| !s.short.is_empty()).max_by_key(|s| s.frame_num_wrap);
        short.or_else(|| whole().rev().find(|s| !s.long.is_empty()))
    }
    /// The same among frames and single fields: its store.
    fn nearest_reference(&self) -> Option<usize> {
        let stores = || self.stores.iter().enumerate();
        let short = stores().filter(|(_, s)| !s.short.is_empty()).max_by_key(|(_, s)| s.frame_num_wrap);
        short.or_else(|| stores().rev().find(|(_, s)| !s.long.is_empty())).map(|(i, _)| i)
    }
    /// Whether there is any reference.
    pub(crate) fn has_reference(&self) -> bool {
        self.stores.iter().any(FrameStore::is_reference)
    }
    fn remove_unused(&mut self) {
        self.stores.retain(|s| s.output.is_some() || s.is_reference());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::h264::dec::picture::MotionField;
    use crate::picture::{PictureFormat, Samples};

    /// A sequence parameter set for unit tests: one macroblock, `refs` reference frames.
    pub(crate) fn sps(refs: u8, log2_max_frame_num: u8) -> Sps {
        let mut w = crate::bits::BitWriter::new();
        w.u(66, 8);
        w.u(0, 8);
        w.u(10, 8);
        w.ue(0);
        w.ue(u32::from(log2_max_frame_num) - 4);
        w.ue(0);
        w.ue(0);
        w.ue(refs.into());
        w.flag(true);
        w.ue(0);
        w.ue(0);
        w.u(0b1100, 4);
        w.rbsp_trailing_bits();
        Sps::parse(&w.into_bytes()).unwrap()
    }

    /// A buffer for [`sps`].
    pub(crate) fn dpb(refs: u8, log2_max_frame_num: u8) -> Dpb {
        let mut dpb = Dpb::default();
        dpb.configure(&sps(refs, log2_max_frame_num), false);
        dpb
    }

    /// A short-term reference frame with its `frame_num` also as the id of its picture.
    pub(crate) fn frame(frame_num: u32, poc: i32) -> FrameStore {
        let picture = Samples::new(PictureFormat::YUV420P8, 16, 16, 0).unwrap();
        let pic = DecodedPicture {
            picture,
            motion: MotionField::default(),
            chroma_motion: Default::default(),
            field_poc: [poc; 2],
            poc,
            pic_id: frame_num,
        };
        FrameStore {
            pic: Arc::new(pic),
            fields: Fields::BOTH,
            field_poc: [poc; 2],
            frame_num,
            frame_num_wrap: 0,
            long_term_frame_idx: 0,
            short: Fields::BOTH,
            long: Fields::NONE,
            non_existing: false,
            corrupt: false,
            tainted: false,
            output: None,
        }
    }

    /// The same as a long-term reference.
    pub(crate) fn long_frame(frame_num: u32, idx: u32) -> FrameStore {
        FrameStore { short: Fields::NONE, long: Fields::BOTH, long_term_frame_idx: idx, ..frame(frame_num, 0) }
    }

    /// (`frame_num`, long-term index or none) of the references, in decoding order.
    pub(crate) fn references(dpb: &Dpb) -> Vec<(u32, Option<u32>)> {
        let refs = dpb.stores.iter().filter(|s| s.is_reference());
        refs.map(|s| (s.frame_num, (!s.long.is_empty()).then_some(s.long_term_frame_idx))).collect()
    }

    #[test]
    fn field_sets() {
        assert_eq!(Fields::of(Structure::Frame), Fields::TOP.with(Fields::BOTTOM));
        assert_eq!(Fields::of(Structure::TopField).opposite(), Fields::of(Structure::BottomField));
        assert!(Fields::BOTH.contains(Fields::TOP) && !Fields::TOP.contains(Fields::BOTH));
        assert!(Fields::TOP.without(Fields::BOTH).is_empty());
    }

    #[test]
    fn the_poc_of_a_frame_is_its_earlier_field() {
        let mut f = frame(0, 0);
        f.field_poc = [5, 4];
        assert_eq!(f.poc(), 4);
        f.fields = Fields::TOP;
        assert_eq!(f.poc(), 5);
    }
}
