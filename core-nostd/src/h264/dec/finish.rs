//! What ends a picture: it is marked (8.2.5), stored (C.4), and its macroblocks are handed to whoever decodes them.

use super::conceal;
use super::current::{Current, HalfFrame, job_mut};
use super::parts::PictureAccess;
use super::slice::SliceOptions;
use super::state::State;
use super::timing::{Display, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::h264::dpb::Fields;
use crate::h264::dpb::marking::CurrentMark;
use crate::h264::dpb::poc::after_mmco5;
use crate::h264::params::DecRefPicMarking;
use alloc::sync::Arc;

impl State {
    /// Finishes the current picture, if there is one: conceals, deblocks, marks (8.2.5) and stores it (C.4).
    pub(super) fn finish_picture(&mut self) -> Result<()> {
        let mut result = self.decode_partitions();
        let Some(mut current) = self.current.take() else { return result };
        let picture = current.picture.picture_mut()?;
        let poc = picture.poc_of(current.structure);
        let job = job_mut(&mut current.job)?;
        let references = job.end_part(current.structure, current.first_slice);
        if self.flight.is_some() || self.bench.progress.missing() > 0 {
            self.dpb.concealment_references(current.structure, poc, references);
            conceal::number_references(references, current.structure, &mut picture.motion);
        }
        if self.flight.is_none() {
            let options = SliceOptions::of(&self.config);
            let missing = self.bench.finish(options, &mut PictureAccess::Alone(picture), references);
            references.clear();
            if missing > 0 {
                self.stats.concealed += 1;
                self.stats.concealed_mbs += missing as u64;
                current.corrupt = true;
                if self.config.strict {
                    result = result.and(Err(Error { kind: ErrorKind::UnexpectedEnd, position: None }));
                }
            }
            if current.corrupt {
                current.picture.picture().damage.set();
            }
        }
        self.stats.pictures += 1;
        let mark = self.mark(&current);
        if let (Some(e), true) = (mark.error, self.config.strict) {
            result = result.and(Err(e));
        }
        self.store(current, mark)?;
        result
    }

    /// Marks the references for the finished picture, and puts out what an IDR picture or `memory_management_control_operation`
    /// 5 ends (C.4.4).
    fn mark(&mut self, current: &Current) -> CurrentMark {
        let header = current.header();
        let Some(marking) = &header.dec_ref_pic_marking else { return CurrentMark::default() };
        let mark = self.dpb.mark(marking, header.frame_num, current.structure);
        match marking {
            DecRefPicMarking::Idr { no_output_of_prior_pics_flag: true, .. }
                if self.config.honour_no_output_of_prior_pics =>
            {
                self.dpb.drop_waiting();
            }
            DecRefPicMarking::Idr { .. } => self.dpb.flush(),
            _ if mark.mmco5 => self.dpb.flush(),
            _ => {}
        }
        mark
    }

    fn store(&mut self, mut current: Current, mark: CurrentMark) -> Result<()> {
        let header = current.header();
        let reference = header.nal_ref_idc != 0;
        let mut after = None;
        if mark.mmco5 {
            self.recovery.restart_order();
            after = Some(after_mmco5(current.picture.picture().field_poc, current.structure));
        }
        self.poc.finish(header, current.structure, after);
        // After operation 5 the picture counts as one with frame_num 0 (7.4.3).
        let frame_num = if mark.mmco5 { 0 } else { header.frame_num };
        if reference || self.prev_ref_frame_num.is_none() {
            self.prev_ref_frame_num = Some(frame_num);
        }
        if self.flight.is_none() {
            // The lists hold pictures that the pool may want to use again.
            job_mut(&mut current.job)?.truncate(0);
        }
        if let Some(field_poc) = after {
            current.picture.set_field_poc(field_poc)?;
        }
        let fields = Fields::of(current.structure);
        let (short, long) = match (reference, mark.long_term_frame_idx) {
            (false, _) => (Fields::NONE, Fields::NONE),
            (true, None) => (fields, Fields::NONE),
            (true, Some(_)) => (Fields::NONE, fields),
        };
        let (field, second) = (current.structure.is_field(), current.second_field);
        let long_term_frame_idx = mark.long_term_frame_idx.unwrap_or(0);
        let mut half = HalfFrame { current, frame_num, reference, short, long, long_term_frame_idx };
        if !field || second {
            return self.store_frame(half);
        }
        if reference {
            let mut copy = half.current.picture.place_for_copy(&mut self.pool)?;
            match &self.flight {
                Some(_) => half.current.copy = Some(copy.open()?),
                None => {
                    let structure = half.current.structure;
                    let from = &mut PictureAccess::Alone(half.current.picture.picture_mut()?);
                    PictureAccess::Alone(copy.picture_mut()?).copy_field(from, structure);
                }
            }
            self.dpb.store_first_field(half.store(copy.finish(&mut self.pool), None));
        }
        self.half_frame = Some(half);
        Ok(())
    }

    /// Stores a frame of which the second field did not come, if there is one.
    pub(super) fn finish_half_frame(&mut self) -> Result<()> {
        let Some(mut half) = self.half_frame.take() else { return Ok(()) };
        let structure = half.current.structure;
        match &self.flight {
            Some(_) => job_mut(&mut half.current.job)?.double_field(structure),
            None => PictureAccess::Alone(half.current.picture.picture_mut()?).double_field(structure),
        }
        self.store_frame(half)
    }

    /// Stores a frame, or what there is of it.
    fn store_frame(&mut self, mut frame: HalfFrame) -> Result<()> {
        let picture = frame.current.picture.picture();
        let (field_poc, pic_id) = (picture.field_poc, picture.pic_id);
        if frame.current.structure.is_field()
            && let Some(first) = self.dpb.take_first_field(pic_id)
        {
            (frame.short, frame.long) = (frame.short.with(first.short), frame.long.with(first.long));
            if !first.long.is_empty() {
                frame.long_term_frame_idx = first.long_term_frame_idx;
            }
        }
        let info = &mut frame.current.info;
        info.display = Display::of(Shape {
            pic_struct: info.sei.pic_timing.as_ref().and_then(|t| t.pic_struct),
            field_poc,
            frame_mbs_only: frame.current.sps.frame_mbs_only_flag,
            structure: frame.current.structure,
            single_field: frame.current.structure.is_field() && !frame.current.second_field,
        });
        let info = core::mem::take(info);
        let options = SliceOptions::of(&self.config);
        let writer = self.flight.as_ref().map(|_| frame.current.picture.open()).transpose()?;
        let picture = Arc::clone(frame.current.picture.shared());
        let store = frame.store(Arc::clone(&picture), Some(info));
        let Current { picture: current, job, copy, received, sps, corrupt, .. } = frame.current;
        current.finish(&mut self.pool);
        match (&mut self.flight, writer) {
            (Some(flight), Some(writer)) => {
                self.spare = (None, received);
                flight.submit((job, sps, options), (picture, writer), copy, corrupt, &mut self.stats);
            }
            _ => self.spare = (Some(job), received),
        }
        self.dpb.store(store);
        Ok(())
    }

    /// Keeps the memory of a picture that is dropped for later ones.
    pub(super) fn recycle(&mut self, current: Current) {
        let Current { picture, mut job, received, .. } = current;
        picture.finish(&mut self.pool);
        if let Some(job) = Arc::get_mut(&mut job) {
            job.clear();
        }
        self.spare = (Some(job), received);
    }
}
