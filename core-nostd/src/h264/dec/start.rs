//! What begins a picture: the sequence that it belongs to, frames that were lost before it, and its memory.

use super::conceal;
use super::current::{Current, job_mut};
use super::frame::FrameInfo;
use super::picture::{CurrentPicture, PicturePool, RefPic, Structure};
use super::recovery::Start;
use super::state::State;
use super::timing::Display;
use crate::error::{Error, Result};
use crate::h264::dpb::poc::PocState;
use crate::h264::params::Sps;
use crate::h264::video_info::VideoInfo;
use crate::picture::Rect;
use alloc::sync::Arc;

impl State {
    /// Begins the picture whose first slice has the header `self.header`.
    pub(super) fn start_picture(&mut self, sps: Arc<Sps>) -> Result<()> {
        let (frame_num, idr) = (self.header.frame_num, self.header.is_idr());
        let time = self.packet_time.take().unwrap_or_default();
        let sei = self.sei.take(&sps, idr);
        let ended = core::mem::take(&mut self.sequence_ended) && !idr && sei.recovery_point.is_some();
        match &self.active_sps {
            Some(active) if !ended && **active == *sps => {}
            // What is said anew in the middle of a sequence can only be about how to show it.
            Some(active) if !ended && !idr && active.decodes_like(&sps) => self.active_sps = Some(Arc::clone(&sps)),
            _ => self.begin_sequence(&sps),
        }
        let first = self.prev_ref_frame_num.is_none();
        if let (Some(prev), false) = (self.prev_ref_frame_num, idr) {
            self.close_gap(&sps, prev, frame_num)?;
        }
        let structure = self.header.structure();
        let field_poc = self.poc.decode(&sps, &self.header, structure)?;
        self.dpb.update_frame_num_wrap(frame_num);
        let mbs = 3 * (sps.frame_height_in_mbs() as usize) * usize::from(sps.pic_width_in_mbs);
        if let Some(half) = self.half_frame.take() {
            let mut current = Current { structure, second_field: true, ..half.current };
            current.info.sei.add_second_field(sei);
            let mut both = current.picture.picture().field_poc;
            both[structure.parity()] = field_poc[structure.parity()];
            current.picture.set_field_poc(both)?;
            match &self.flight {
                Some(_) => current.first_slice = current.job.len(),
                None => {
                    job_mut(&mut current.job)?.truncate(0);
                    self.bench.progress.begin(current.picture.picture(), structure);
                }
            }
            current.received.reset(mbs);
            self.current = Some(current);
            return Ok(());
        }
        let pic_id = self.next_pic_id;
        let picture = CurrentPicture::start(&mut self.pool, &sps, structure, pic_id, field_poc)?;
        self.next_pic_id = self.next_pic_id.wrapping_add(1);
        let full = Rect { x: 0, y: 0, width: sps.width(), height: sps.height() };
        let slice_type = self.header.slice_type;
        let recovers_here = sei.recovery_point.is_some_and(|m| m.recovery_frame_cnt == 0);
        let trust = self.recovery.begin(Start {
            idr,
            first,
            intra: slice_type.is_intra(),
            reference: self.header.nal_ref_idc != 0,
            frame_num,
            max_frame_num: sps.max_frame_num(),
            poc: picture.picture().poc,
            pic_id,
            recovery_point: sei.recovery_point,
        });
        let info = FrameInfo {
            crop: sps.crop_rect().unwrap_or(full),
            time,
            display: Display::default(),
            key: idr || recovers_here && slice_type.is_intra(),
            slice_type,
            video: VideoInfo::from_sps(&sps),
            sei,
        };
        let (job, mut received) = core::mem::take(&mut self.spare);
        received.reset(mbs);
        let job = match &mut self.flight {
            Some(flight) => flight.spare_job(),
            None => {
                self.bench.progress.begin(picture.picture(), structure);
                job.unwrap_or_default()
            }
        };
        self.current = Some(Current {
            picture,
            job,
            copy: None,
            first_slice: 0,
            received,
            sps,
            structure,
            info,
            corrupt: trust.corrupt,
            trust,
            second_field: false,
        });
        Ok(())
    }

    /// Another sequence parameter set becomes active: what was before is output and forgotten. (C.4.4 would let a decoder
    /// drop it where the size changes, but "should not".)
    fn begin_sequence(&mut self, sps: &Arc<Sps>) {
        self.dpb.end_sequence();
        self.pool.clear();
        self.stand_in = None;
        self.poc = PocState::default();
        self.prev_ref_frame_num = None;
        self.dpb.configure(sps, self.config.low_delay);
        self.active_sps = Some(Arc::clone(sps));
    }

    /// Infers the frames between the last reference and the current picture (7.4.3, 8.2.5.2).
    fn close_gap(&mut self, sps: &Sps, prev: u32, frame_num: u32) -> Result<()> {
        let mask = sps.max_frame_num() - 1;
        if frame_num == prev || frame_num == (prev + 1) & mask {
            return Ok(());
        }
        let lost = !sps.gaps_in_frame_num_value_allowed_flag;
        if lost {
            if self.config.strict {
                return Err(Error::invalid("frame_num"));
            }
            self.stats.lost_frames += u64::from(frame_num.wrapping_sub(prev).wrapping_sub(1) & mask);
        }
        self.dpb.fill_gap(sps, &mut self.poc, prev, frame_num, lost)?;
        self.prev_ref_frame_num = Some(frame_num.wrapping_sub(1) & mask);
        Ok(())
    }
}

/// A grey picture that was never sent.
pub(super) fn grey_reference(pool: &mut PicturePool, sps: &Sps, next_pic_id: &mut u32) -> Result<RefPic> {
    let mut picture = CurrentPicture::start(pool, sps, Structure::Frame, *next_pic_id, [0; 2])?;
    *next_pic_id = next_pic_id.wrapping_add(1);
    conceal::grey(picture.picture_mut()?);
    Ok(RefPic { pic: picture.finish(pool), long_term: false, structure: Structure::Frame })
}
