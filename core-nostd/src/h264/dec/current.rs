//! The picture being decoded, as its headers tell it, and the frame whose first field is decoded.

use super::frame::FrameInfo;
use super::job::PictureJob;
use super::picture::{CurrentPicture, DecodedPicture, Structure};
use super::recovery::Trust;
use crate::error::{Error, Result};
use crate::h264::dpb::{Fields, FrameStore};
use crate::h264::params::{SliceHeader, Sps};
use crate::unchecked::Writer;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The picture being decoded, and what goes with it.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) picture: CurrentPicture,
    /// The slices of the frame so far.
    pub(super) job: Arc<PictureJob>,
    /// Where the job, if another thread does it, copies the first field to.
    pub(super) copy: Option<Writer>,
    /// The first slice of the frame, or of its second field, in `job`.
    pub(super) first_slice: usize,
    /// Where the slices received so far begin.
    pub(super) received: FirstMbs,
    pub(super) sps: Arc<Sps>,
    pub(super) structure: Structure,
    pub(super) info: FrameInfo,
    /// Damaged, or predicted from something damaged.
    pub(super) corrupt: bool,
    /// Which of its references are taken for undamaged.
    pub(super) trust: Trust,
    /// It is the second field of its frame.
    pub(super) second_field: bool,
}

/// The addresses in `first_mb_in_slice` of a picture's primary slices.
#[derive(Debug, Default)]
pub(super) struct FirstMbs(Vec<u64>);

impl FirstMbs {
    pub(super) fn reset(&mut self, mbs: usize) {
        self.0.clear();
        self.0.resize(mbs.div_ceil(64), 0);
    }
    /// The macroblocks of each colour plane count by themselves.
    fn number(header: &SliceHeader, sps: &Sps) -> usize {
        let mbs = sps.frame_height_in_mbs() as usize * usize::from(sps.pic_width_in_mbs);
        header.first_mb_addr(sps) + mbs * usize::from(header.colour_plane_id)
    }
    pub(super) fn contains(&self, header: &SliceHeader, sps: &Sps) -> bool {
        let mb = Self::number(header, sps);
        self.0.get(mb / 64).is_some_and(|bits| bits >> (mb % 64) & 1 != 0)
    }
    /// False if it was there already.
    pub(super) fn insert(&mut self, header: &SliceHeader, sps: &Sps) -> bool {
        let mb = Self::number(header, sps);
        let Some(bits) = self.0.get_mut(mb / 64) else { return true };
        let before = *bits;
        *bits |= 1 << (mb % 64);
        *bits != before
    }
}

/// A decoded and marked frame, or a frame of which the first field is, until the next picture shows whether the second follows.
#[derive(Debug)]
pub(super) struct HalfFrame {
    pub(super) current: Current,
    /// `frame_num` (0 after `memory_management_control_operation` 5).
    pub(super) frame_num: u32,
    /// `nal_ref_idc` is not 0.
    pub(super) reference: bool,
    /// Fields marked "used for short-term reference".
    pub(super) short: Fields,
    /// Fields marked "used for long-term reference".
    pub(super) long: Fields,
    /// `LongTermFrameIdx`.
    pub(super) long_term_frame_idx: u32,
}

/// A job that has not been submitted, to be changed.
///
/// # Errors
/// Never, as nobody else has it.
pub(super) fn job_mut(job: &mut Arc<PictureJob>) -> Result<&mut PictureJob> {
    Arc::get_mut(job).ok_or(Error::invalid("picture job"))
}

impl Current {
    /// The header of its first slice.
    pub(super) fn header(&self) -> &SliceHeader {
        &self.job.slice(self.first_slice).header
    }
}

impl HalfFrame {
    /// Whether `header` begins the second field of the frame: the fields are a complementary pair (3.30, 3.31).
    pub(super) fn is_completed_by(&self, header: &SliceHeader, sps: &Arc<Sps>) -> bool {
        let own = Fields::of(self.current.structure);
        header.field_pic_flag
            && Fields::of(header.structure()) == own.opposite()
            && header.frame_num == self.frame_num
            && !header.is_idr()
            && !header.has_mmco5()
            && (self.reference || header.nal_ref_idc == 0)
            && Arc::ptr_eq(&self.current.sps, sps)
    }

    /// What the decoded picture buffer keeps of it, with the samples in `pic`.
    pub(super) fn store(&self, pic: Arc<DecodedPicture>, output: Option<FrameInfo>) -> FrameStore {
        let current = &self.current;
        FrameStore {
            fields: if current.second_field { Fields::BOTH } else { Fields::of(current.structure) },
            field_poc: pic.field_poc,
            pic,
            frame_num: self.frame_num,
            frame_num_wrap: self.frame_num as i32,
            long_term_frame_idx: self.long_term_frame_idx,
            short: self.short,
            long: self.long,
            non_existing: false,
            tainted: false,
            output,
        }
    }
}
