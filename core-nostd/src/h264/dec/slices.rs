//! From a slice's NAL unit to its place in the current picture.

use super::current::{Current, job_mut};
use super::parameter_sets::check_sps;
use super::parts::PictureAccess;
use super::slice::{self, Payload, SliceOptions};
use super::start::grey_reference;
use super::state::State;
use crate::bits::BitReader;
use crate::error::{Error, Result};
use crate::h264::nal::{NalHeader, nal_type};
use crate::h264::params::{Pps, SliceHeader, SliceType};
use alloc::sync::Arc;

impl State {
    pub(super) fn slice_unit(&mut self, nal: NalHeader, rbsp: &[u8]) -> Result<bool> {
        let (sps, pps) = self.params.get(SliceHeader::parse_pps_id(rbsp)?)?;
        check_sps(&sps, &self.config.limits)?;
        let mut r = BitReader::new(rbsp);
        self.header.parse_with(&mut r, nal, &sps, &pps, &mut self.header_memory)?;
        let begins = match &self.current {
            None => true,
            Some(current) => self.begins_picture(current),
        };
        if begins {
            let mut result = self.finish_picture();
            if !self.half_frame.as_ref().is_some_and(|half| half.is_completed_by(&self.header, &sps)) {
                result = result.and(self.finish_half_frame());
            }
            if self.has_frame() || result.is_err() {
                return result.map(|()| false);
            }
            self.start_picture(sps.clone())?;
        }
        let Some(current) = &mut self.current else { return Ok(true) };
        if !Arc::ptr_eq(&current.sps, &sps) {
            return Err(Error::invalid("seq_parameter_set_id"));
        }
        if nal.nal_unit_type == nal_type::PARTITION_A {
            // Decoded when the others are there, which need not follow at once.
            let max_bytes = self.config.limits.max_packet_bytes;
            let result = self.partitions.push(nal, (&sps, &pps), &self.header, r, max_bytes);
            if begins {
                // The picture is known by the header of its first slice.
                job_mut(&mut current.job)?.push(&mut self.header, pps);
            }
            return result.map(|()| true);
        }
        if self.header.redundant_pic_cnt > 0 && !self.partitions.slices().is_empty() {
            // What is missing of the primary slices must be known.
            self.decode_partitions()?;
        }
        self.slice(pps, (rbsp, None), r.position()).map(|()| true)
    }

    /// Decodes the current picture's slices in data partitions. The error is the first of them.
    pub(super) fn decode_partitions(&mut self) -> Result<()> {
        let mut result = Ok(());
        let mut queue = core::mem::take(&mut self.partitions);
        // The header of the slice that ends the picture is still wanted.
        core::mem::swap(&mut self.header, &mut self.partition_header);
        for slice in queue.slices() {
            let (rbsp, bit_pos) = slice.a();
            let mut r = BitReader::new(rbsp);
            let decoded = self
                .header
                .parse_with(&mut r, slice.nal, &slice.sps, &slice.pps, &mut self.header_memory)
                .and_then(|()| self.slice(Arc::clone(&slice.pps), (rbsp, Some(slice.residuals())), bit_pos));
            if decoded.is_err() && !self.config.strict {
                self.stats.damaged_units += 1;
            }
            result = result.and(decoded);
        }
        queue.clear();
        self.partitions = queue;
        core::mem::swap(&mut self.header, &mut self.partition_header);
        if self.config.strict { result } else { Ok(()) }
    }

    /// Takes a slice with the header `self.header` into the current picture's job, and decodes it unless others do.
    fn slice(&mut self, pps: Arc<Pps>, payload: Payload<'_>, bit_pos: usize) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let job = job_mut(&mut current.job)?;
        let index = job.push(&mut self.header, pps);
        let header = &job.slice(index).header;
        // One that was sent before says nothing new.
        let again = header.redundant_pic_cnt == 0 && !current.received.insert(header, &current.sps);
        let result = if again { Ok(()) } else { self.pushed_slice(index, payload, bit_pos) };
        if let (Some(current), None) = (&mut self.current, &self.flight) {
            let first = current.first_slice + 1;
            job_mut(&mut current.job)?.truncate(index.max(first));
        }
        result
    }

    /// The same for slice `index` of the job, of which nothing is known but the header.
    fn pushed_slice(&mut self, index: usize, payload: Payload<'_>, bit_pos: usize) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let job = job_mut(&mut current.job)?;
        let slice = job.slice_mut(index);
        let sps = &current.sps;
        let intra = slice.header.slice_type.is_intra();
        if !intra && !self.dpb.has_reference() && self.stand_in.is_none() {
            self.stand_in = Some(grey_reference(&mut self.pool, sps, &mut self.next_pic_id)?);
        }
        let picture = current.picture.picture_mut()?;
        let poc = picture.poc_of(current.structure);
        let (lists, header) = (&mut slice.lists, &slice.header);
        let trust_from = current.trust.from;
        let (poc_type, stand_in) = (sps.pic_order_cnt_type, self.stand_in.as_ref());
        let report = self.dpb.build_lists(header, poc, poc_type, trust_from, lists, stand_in);
        slice.trust_from = trust_from;
        (slice.missing, slice.tainted) = (report.missing, report.tainted);
        if report.missing && self.config.strict {
            return Err(Error::invalid("ref_pic_list_modification"));
        }
        slice::check_supported(sps, &slice.pps, header, lists, &picture.shared)?;
        let mbaff = sps.mb_adaptive_frame_field_flag && !header.field_pic_flag;
        slice.ref_pic =
            slice::number_references(lists, (current.structure, mbaff), picture.field_poc, &mut picture.motion);
        slice.field_poc = picture.field_poc;
        slice.bit_pos = bit_pos;
        if header.redundant_pic_cnt == 0 {
            current.info.slice_type = later_type(current.info.slice_type, header.slice_type);
        }
        if self.flight.is_some() {
            job.keep_payload(index, payload);
            return Ok(());
        }
        if !self.bench.needs(slice, sps) {
            return Ok(());
        }
        self.stats.missing_references += u64::from(slice.missing);
        current.corrupt |= slice.shows_damage();
        let options = SliceOptions::of(&self.config);
        let result = self.bench.slice(options, &mut PictureAccess::Alone(picture), None, sps, slice, payload);
        current.corrupt |= result.is_err();
        result
    }

    /// Whether `self.header` begins another picture than `current`, 7.4.1.2.4. Two things are kinder than there: another
    /// `pic_parameter_set_id` alone does not, since no two pictures that follow each other differ in nothing else;
    /// and neither does a redundant slice.
    fn begins_picture(&self, current: &Current) -> bool {
        let (a, b) = (current.header(), &self.header);
        let differs = a.frame_num != b.frame_num
            || a.field_pic_flag != b.field_pic_flag
            || a.bottom_field_flag != b.bottom_field_flag
            || (a.nal_ref_idc == 0) != (b.nal_ref_idc == 0)
            || a.pic_order_cnt_lsb != b.pic_order_cnt_lsb
            || a.delta_pic_order_cnt_bottom != b.delta_pic_order_cnt_bottom
            || a.delta_pic_order_cnt != b.delta_pic_order_cnt
            || a.is_idr() != b.is_idr()
            || a.idr_pic_id != b.idr_pic_id;
        let sent_again = a.pic_parameter_set_id != b.pic_parameter_set_id
            && b.redundant_pic_cnt == 0
            && current.received.contains(b, &current.sps);
        differs || sent_again
    }
}

/// B before P before I: a picture has the type of its most general slice.
fn later_type(a: SliceType, b: SliceType) -> SliceType {
    let rank = |t| match t {
        SliceType::I | SliceType::SI => 0,
        SliceType::P | SliceType::SP => 1,
        SliceType::B => 2,
    };
    if rank(b) > rank(a) { b } else { a }
}
