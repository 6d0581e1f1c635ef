//! From NAL unit to stored picture, clause 8: what begins and ends a picture, and what lies between pictures.
//!
//! All of this follows from NAL units and headers alone. Macroblocks are the business of [`super::job`], and what is found damaged in
//! them reaches [`DecodedPicture::damage`] and the counters when a picture's job is done.

use super::flight::Flight;
use super::frame::{Frame, FrameInfo, PacketTime};
use super::frame_sei::SeiCollector;
use super::job::{PictureJob, Workbench};
use super::parameter_sets::{ParameterSets, check_sps};
use super::partition::PartitionQueue;
use super::parts::PictureAccess;
use super::picture::{CurrentPicture, DecodedPicture, PicturePool, RefPic, Structure};
use super::recovery::{Recovery, Start, Trust};
use super::slice::{self, Payload, SliceOptions};
use super::timing::{Display, Shape};
use super::{DecodeStats, DecoderConfig, conceal};
use crate::bits::BitReader;
use crate::error::{Error, ErrorKind, Result};
use crate::h264::dpb::marking::CurrentMark;
use crate::h264::dpb::poc::{PocState, after_mmco5};
use crate::h264::dpb::{Dpb, Fields, FrameStore};
use crate::h264::nal::{NalHeader, nal_type};
use crate::h264::params::{DecRefPicMarking, HeaderMemory, Pps, SliceHeader, SliceType, Sps};
use crate::h264::video_info::VideoInfo;
use crate::picture::Rect;
use crate::unchecked::Writer;
use crate::workers::Workers;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The picture being decoded, and what goes with it.
#[derive(Debug)]
struct Current {
    picture: CurrentPicture,
    /// The slices of the frame so far.
    job: Arc<PictureJob>,
    /// Where the job, if another thread does it, copies the first field to.
    copy: Option<Writer>,
    /// The first slice of the frame, or of its second field, in `job`.
    first_slice: usize,
    /// Where the slices received so far begin.
    received: FirstMbs,
    sps: Arc<Sps>,
    structure: Structure,
    info: FrameInfo,
    /// Damaged, or predicted from something damaged.
    corrupt: bool,
    /// Which of its references are taken for undamaged.
    trust: Trust,
    /// It is the second field of its frame.
    second_field: bool,
}

/// The addresses in `first_mb_in_slice` of a picture's primary slices.
#[derive(Debug, Default)]
struct FirstMbs(Vec<u64>);

impl FirstMbs {
    fn reset(&mut self, mbs: usize) {
        self.0.clear();
        self.0.resize(mbs.div_ceil(64), 0);
    }
    /// The macroblocks of each colour plane count by themselves.
    fn number(header: &SliceHeader, sps: &Sps) -> usize {
        let mbs = sps.frame_height_in_mbs() as usize * usize::from(sps.pic_width_in_mbs);
        header.first_mb_addr(sps) + mbs * usize::from(header.colour_plane_id)
    }
    fn contains(&self, header: &SliceHeader, sps: &Sps) -> bool {
        let mb = Self::number(header, sps);
        self.0.get(mb / 64).is_some_and(|bits| bits >> (mb % 64) & 1 != 0)
    }
    /// False if it was there already.
    fn insert(&mut self, header: &SliceHeader, sps: &Sps) -> bool {
        let mb = Self::number(header, sps);
        let Some(bits) = self.0.get_mut(mb / 64) else { return true };
        let before = *bits;
        *bits |= 1 << (mb % 64);
        *bits != before
    }
}

/// A decoded and marked frame, or a frame of which the first field is, until the next picture shows whether the second follows.
#[derive(Debug)]
struct HalfFrame {
    current: Current,
    /// `frame_num` (0 after `memory_management_control_operation` 5).
    frame_num: u32,
    /// `nal_ref_idc` is not 0.
    reference: bool,
    /// Fields marked "used for short-term reference".
    short: Fields,
    /// Fields marked "used for long-term reference".
    long: Fields,
    /// `LongTermFrameIdx`.
    long_term_frame_idx: u32,
}

/// The state of decoding.
#[derive(Debug)]
pub(super) struct State {
    config: DecoderConfig,
    pub(super) params: ParameterSets,
    /// Counters.
    pub(super) stats: DecodeStats,
    /// Times of the packet being read, until a picture takes them.
    pub(super) packet_time: Option<PacketTime>,
    active_sps: Option<Arc<Sps>>,
    pool: PicturePool,
    dpb: Dpb,
    poc: PocState,
    bench: Workbench,
    /// Slices in data partitions that wait for the end of the picture.
    partitions: PartitionQueue,
    /// The header of the one being decoded.
    partition_header: SliceHeader,
    /// The header of the slice being read.
    header: SliceHeader,
    header_memory: HeaderMemory,
    /// Jobs that other threads do, if there are such threads.
    flight: Option<Flight>,
    /// Memory of the picture before, for the next one.
    spare: (Option<Arc<PictureJob>>, FirstMbs),
    current: Option<Current>,
    half_frame: Option<HalfFrame>,
    /// `PrevRefFrameNum`, or `None` before the first picture.
    prev_ref_frame_num: Option<u32>,
    recovery: Recovery,
    /// An end of sequence NAL unit came; an IDR picture should be next.
    sequence_ended: bool,
    /// Messages for the next picture.
    sei: SeiCollector,
    /// The reference that a stream without any refers to.
    stand_in: Option<RefPic>,
    next_pic_id: u32,
    draining: bool,
}

impl State {
    pub(super) fn new(config: DecoderConfig, workers: Option<Arc<dyn Workers>>) -> Self {
        Self {
            config,
            params: ParameterSets::default(),
            stats: DecodeStats::default(),
            packet_time: None,
            active_sps: None,
            pool: PicturePool::default(),
            dpb: Dpb::default(),
            poc: PocState::default(),
            bench: Workbench::new(),
            partitions: PartitionQueue::default(),
            partition_header: SliceHeader::default(),
            header: SliceHeader::default(),
            header_memory: HeaderMemory::default(),
            // Who stops at the first error must know it before going on.
            flight: workers.filter(|_| !config.strict).map(Flight::new),
            spare: Default::default(),
            current: None,
            half_frame: None,
            prev_ref_frame_num: None,
            recovery: Recovery::default(),
            sequence_ended: false,
            sei: SeiCollector::default(),
            stand_in: None,
            next_pic_id: 0,
            draining: false,
        }
    }

    /// Forgets everything but the parameter sets and the counters.
    pub(super) fn reset(&mut self) {
        if let Some(flight) = &mut self.flight {
            flight.land_all(&mut self.stats);
        }
        let half = self.half_frame.take().map(|half| half.current);
        for current in [self.current.take(), half].into_iter().flatten() {
            self.recycle(current);
        }
        self.partitions.clear();
        self.dpb.clear();
        self.poc = PocState::default();
        self.packet_time = None;
        self.prev_ref_frame_num = None;
        self.recovery = Recovery::default();
        self.sequence_ended = false;
        self.sei = SeiCollector::default();
        self.draining = false;
    }

    /// The next frame that has left the decoded picture buffer.
    pub(super) fn take_frame(&mut self) -> Option<Frame> {
        if !self.has_frame() {
            return None;
        }
        let ready = self.dpb.take_ready()?;
        let FrameInfo { crop, time, key, display, slice_type, video, sei } = ready.info;
        let Display { field_order, repeat_fields, ticks } = display;
        let corrupt = ready.pic.damage.is_set();
        Some(Frame {
            pic: ready.pic,
            crop,
            time,
            key,
            corrupt,
            field_order,
            repeat_fields,
            ticks,
            slice_type,
            video,
            sei,
        })
    }

    /// Whether a frame has left the decoded picture buffer and is decoded.
    fn has_frame(&mut self) -> bool {
        let Some(first) = self.dpb.first_ready() else { return false };
        match &mut self.flight {
            None => true,
            Some(flight) => {
                flight.land(&mut self.stats);
                !flight.holds(first)
            }
        }
    }

    /// Whether [`State::drain`] has been called.
    pub(super) fn is_draining(&self) -> bool {
        self.draining
    }

    /// Ends the stream: the last picture is finished and everything is output.
    pub(super) fn drain(&mut self) -> Result<()> {
        self.draining = true;
        let result = self.finish_picture().and(self.finish_half_frame());
        self.dpb.end_sequence();
        if let Some(flight) = &mut self.flight {
            flight.land_all(&mut self.stats);
        }
        result
    }

    /// Reads one NAL unit. False if frames have to be taken first; the same unit is then given again.
    pub(super) fn unit(&mut self, nal: NalHeader, rbsp: &[u8]) -> Result<bool> {
        match nal.nal_unit_type {
            nal_type::SLICE | nal_type::IDR | nal_type::PARTITION_A => return self.slice_unit(nal, rbsp),
            nal_type::PARTITION_B | nal_type::PARTITION_C => {
                self.partitions.attach(nal, rbsp, self.config.limits.max_packet_bytes)?;
            }
            nal_type::SEI => self.sei.unit(rbsp, &self.params, self.config.strict)?,
            nal_type::SPS => drop(self.params.set_sps(rbsp)?),
            nal_type::PPS => self.params.set_pps(rbsp)?,
            // All of these come after the last slice of a picture (7.4.1.2.3).
            nal_type::AUD => self.finish_picture()?,
            nal_type::END_OF_SEQUENCE | nal_type::END_OF_STREAM => {
                self.sequence_ended = true;
                self.finish_picture().and(self.finish_half_frame())?;
            }
            // Filler, auxiliary pictures, and the extensions for scalable, multiview and 3D video, without which
            // the base view is complete.
            _ => {}
        }
        Ok(true)
    }

    fn slice_unit(&mut self, nal: NalHeader, rbsp: &[u8]) -> Result<bool> {
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
    fn decode_partitions(&mut self) -> Result<()> {
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

    /// Begins the picture whose first slice has the header `self.header`.
    fn start_picture(&mut self, sps: Arc<Sps>) -> Result<()> {
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
    fn finish_half_frame(&mut self) -> Result<()> {
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
    fn recycle(&mut self, current: Current) {
        let Current { picture, mut job, received, .. } = current;
        picture.finish(&mut self.pool);
        if let Some(job) = Arc::get_mut(&mut job) {
            job.clear();
        }
        self.spare = (Some(job), received);
    }
}

/// A job that has not been submitted, to be changed.
///
/// # Errors
/// Never, as nobody else has it.
fn job_mut(job: &mut Arc<PictureJob>) -> Result<&mut PictureJob> {
    Arc::get_mut(job).ok_or(Error::invalid("picture job"))
}

impl Current {
    /// The header of its first slice.
    fn header(&self) -> &SliceHeader {
        &self.job.slice(self.first_slice).header
    }
}

impl HalfFrame {
    /// Whether `header` begins the second field of the frame: the fields are a complementary pair (3.30, 3.31).
    fn is_completed_by(&self, header: &SliceHeader, sps: &Arc<Sps>) -> bool {
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
    fn store(&self, pic: Arc<DecodedPicture>, output: Option<FrameInfo>) -> FrameStore {
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

/// B before P before I: a picture has the type of its most general slice.
fn later_type(a: SliceType, b: SliceType) -> SliceType {
    let rank = |t| match t {
        SliceType::I | SliceType::SI => 0,
        SliceType::P | SliceType::SP => 1,
        SliceType::B => 2,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// A grey picture that was never sent.
fn grey_reference(pool: &mut PicturePool, sps: &Sps, next_pic_id: &mut u32) -> Result<RefPic> {
    let mut picture = CurrentPicture::start(pool, sps, Structure::Frame, *next_pic_id, [0; 2])?;
    *next_pic_id = next_pic_id.wrapping_add(1);
    conceal::grey(picture.picture_mut()?);
    Ok(RefPic { pic: picture.finish(pool), long_term: false, structure: Structure::Frame })
}
