//! From NAL unit to stored picture, clause 8: what begins and ends a picture, and what lies between pictures.

use super::frame::{Frame, FrameInfo, PacketTime};
use super::frame_sei::SeiCollector;
use super::parameter_sets::{ParameterSets, check_sps};
use super::partition::{Part, PartitionQueue};
use super::picture::{CurrentPicture, DecodedPicture, PicturePool, RefPic, Structure};
use super::recovery::{Recovery, Start, Trust};
use super::slice::{self, Slice, SliceDecoder};
use super::timing::{Display, Shape};
use super::{DecodeStats, DecoderConfig, conceal};
use crate::bits::BitReader;
use crate::error::{Error, ErrorKind, Result};
use crate::h264::deblock;
use crate::h264::dpb::marking::CurrentMark;
use crate::h264::dpb::poc::{PocState, after_mmco5};
use crate::h264::dpb::{Dpb, Fields, FrameStore};
use crate::h264::nal::{NalHeader, nal_type};
use crate::h264::params::{DecRefPicMarking, HeaderMemory, Pps, SliceHeader, SliceType, Sps};
use crate::h264::video_info::VideoInfo;
use crate::picture::Rect;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The picture being decoded, and what goes with it.
#[derive(Debug)]
struct Current {
    picture: CurrentPicture,
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
    slice: SliceDecoder,
    lists: [Vec<RefPic>; 2],
    /// Slices in data partitions that wait for the end of the picture.
    partitions: PartitionQueue,
    /// The header of the one being decoded.
    partition_header: SliceHeader,
    /// The header of the slice being read.
    header: SliceHeader,
    header_memory: HeaderMemory,
    /// The header of the first slice of `current`.
    picture_header: SliceHeader,
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
    pub(super) fn new(config: DecoderConfig) -> Self {
        Self {
            config,
            params: ParameterSets::default(),
            stats: DecodeStats::default(),
            packet_time: None,
            active_sps: None,
            pool: PicturePool::default(),
            dpb: Dpb::default(),
            poc: PocState::default(),
            slice: SliceDecoder::new(config.kernels, config.strict),
            lists: [Vec::with_capacity(32), Vec::with_capacity(32)],
            partitions: PartitionQueue::default(),
            partition_header: SliceHeader::default(),
            header: SliceHeader::default(),
            header_memory: HeaderMemory::default(),
            picture_header: SliceHeader::default(),
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
        if let Some(current) = self.current.take() {
            current.picture.finish(&mut self.pool);
        }
        if let Some(half) = self.half_frame.take() {
            half.current.picture.finish(&mut self.pool);
        }
        self.lists.iter_mut().for_each(Vec::clear);
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
        let ready = self.dpb.take_ready()?;
        let FrameInfo { crop, time, key, display, slice_type, video, sei } = ready.info;
        let Display { field_order, repeat_fields, ticks } = display;
        Some(Frame {
            pic: ready.pic,
            crop,
            time,
            key,
            corrupt: ready.corrupt,
            field_order,
            repeat_fields,
            ticks,
            slice_type,
            video,
            sei,
        })
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
            if self.dpb.has_ready() || result.is_err() {
                return result.map(|()| false);
            }
            core::mem::swap(&mut self.header, &mut self.picture_header);
            self.start_picture(sps.clone())?;
        }
        let header = if begins { &self.picture_header } else { &self.header };
        let Some(current) = &self.current else { return Ok(true) };
        if !Arc::ptr_eq(&current.sps, &sps) {
            return Err(Error::invalid("seq_parameter_set_id"));
        }
        if nal.nal_unit_type == nal_type::PARTITION_A {
            // Decoded when the others are there, which need not follow at once.
            let max_bytes = self.config.limits.max_packet_bytes;
            self.partitions.push(nal, (&sps, &pps), header, r, max_bytes)?;
            return Ok(true);
        }
        let part = (rbsp, r.position());
        if header.redundant_pic_cnt > 0 && !begins && !self.partitions.slices().is_empty() {
            // What is missing of the primary slices must be known.
            self.decode_partitions()?;
        }
        self.slice(begins, &sps, &pps, part, None).map(|()| true)
    }

    /// Decodes the slice with the header `self.picture_header` (if it `begins` the picture) or `self.header`.
    fn slice(
        &mut self,
        begins: bool,
        sps: &Arc<Sps>,
        pps: &Pps,
        part: Part<'_>,
        residuals: Option<[Option<Part<'_>>; 2]>,
    ) -> Result<()> {
        let header = if begins { &self.picture_header } else { &self.header };
        let Some(current) = &mut self.current else { return Ok(()) };
        if header.redundant_pic_cnt > 0 {
            // Only of use where the primary slices are not whole (7.4.3). What it shows may differ from what they would have.
            if !current.picture.is_missing_from(header.colour_plane_id, header.first_mb_addr(sps)) {
                return Ok(());
            }
            current.corrupt = true;
        } else if current.picture.is_decoded(header.colour_plane_id, header.first_mb_addr(sps)) {
            // Sent twice.
            return Ok(());
        }
        if !header.slice_type.is_intra() && !self.dpb.has_reference() && self.stand_in.is_none() {
            self.stand_in = Some(grey_reference(&mut self.pool, sps, &mut self.next_pic_id)?);
        }
        let poc = current.picture.picture().poc_of(current.structure);
        let report = self.dpb.build_lists(
            header,
            poc,
            sps.pic_order_cnt_type,
            current.trust.from,
            &mut self.lists,
            self.stand_in.as_ref(),
        );
        current.corrupt |= report.missing || report.corrupt;
        if report.missing {
            self.stats.missing_references += 1;
            if self.config.strict {
                return Err(Error::invalid("ref_pic_list_modification"));
            }
        }
        current.info.slice_type = later_type(current.info.slice_type, header.slice_type);
        let slice = Slice { sps, pps, header, lists: &self.lists, part, residuals };
        let result = slice::decode(&mut self.slice, &mut current.picture, slice);
        current.corrupt |= result.is_err();
        result
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
                .and_then(|()| self.slice(false, &slice.sps, &slice.pps, (rbsp, bit_pos), Some(slice.residuals())));
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

    /// Whether `self.header` begins another picture than `current`, 7.4.1.2.4. Two things are kinder than there: another
    /// `pic_parameter_set_id` alone does not, since no two pictures that follow each other differ in nothing else;
    /// and neither does a redundant slice.
    fn begins_picture(&self, current: &Current) -> bool {
        let (a, b) = (&self.picture_header, &self.header);
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
            && current.picture.is_decoded(b.colour_plane_id, b.first_mb_addr(&current.sps));
        differs || sent_again
    }

    /// Begins the picture whose first slice has the header `self.picture_header`.
    fn start_picture(&mut self, sps: Arc<Sps>) -> Result<()> {
        let (frame_num, idr) = (self.picture_header.frame_num, self.picture_header.is_idr());
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
        let structure = self.picture_header.structure();
        let field_poc = self.poc.decode(&sps, &self.picture_header, structure)?;
        self.dpb.update_frame_num_wrap(frame_num);
        if let Some(half) = self.half_frame.take() {
            let mut current = Current { structure, second_field: true, ..half.current };
            current.info.sei.add_second_field(sei);
            current.picture.begin_second_field(structure, field_poc[structure.parity()])?;
            self.current = Some(current);
            return Ok(());
        }
        let pic_id = self.next_pic_id;
        let picture = CurrentPicture::start(&mut self.pool, &sps, structure, pic_id, field_poc)?;
        self.next_pic_id = self.next_pic_id.wrapping_add(1);
        let full = Rect { x: 0, y: 0, width: sps.width(), height: sps.height() };
        let slice_type = self.picture_header.slice_type;
        let recovers_here = sei.recovery_point.is_some_and(|m| m.recovery_frame_cnt == 0);
        let trust = self.recovery.begin(Start {
            idr,
            first,
            intra: slice_type.is_intra(),
            reference: self.picture_header.nal_ref_idc != 0,
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
        self.current =
            Some(Current { picture, sps, structure, info, corrupt: trust.corrupt, trust, second_field: false });
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
        // The lists hold pictures that the pool may want to use again.
        self.lists.iter_mut().for_each(Vec::clear);
        let missing = current.picture.mbs_missing();
        if missing > 0 {
            let poc = current.picture.picture().poc_of(current.structure);
            self.dpb.concealment_references(current.structure, poc, &mut self.lists[0]);
            for plane in current.picture.colour_planes() {
                conceal::picture(current.picture.parts_of(plane)?, &self.lists[0])?;
            }
            self.lists[0].clear();
            self.stats.concealed += 1;
            self.stats.concealed_mbs += missing as u64;
            current.corrupt = true;
            if self.config.strict {
                result = result.and(Err(Error { kind: ErrorKind::UnexpectedEnd, position: None }));
            }
        }
        deblock::finish(self.config.kernels, &mut current.picture)?;
        current.picture.keep_field_pairs()?;
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
        let header = &self.picture_header;
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
        let header = &self.picture_header;
        let reference = header.nal_ref_idc != 0;
        let mut after = None;
        if mark.mmco5 {
            self.recovery.restart_order();
            let picture = current.picture.picture_mut()?;
            picture.field_poc = after_mmco5(picture.field_poc, current.structure);
            picture.poc = picture.field_poc[0].min(picture.field_poc[1]);
            after = Some(picture.field_poc);
        }
        self.poc.finish(header, current.structure, after);
        // After operation 5 the picture counts as one with frame_num 0 (7.4.3).
        let frame_num = if mark.mmco5 { 0 } else { header.frame_num };
        if reference || self.prev_ref_frame_num.is_none() {
            self.prev_ref_frame_num = Some(frame_num);
        }
        let fields = Fields::of(current.structure);
        let (short, long) = match (reference, mark.long_term_frame_idx) {
            (false, _) => (Fields::NONE, Fields::NONE),
            (true, None) => (fields, Fields::NONE),
            (true, Some(_)) => (Fields::NONE, fields),
        };
        let (field, second) = (current.structure.is_field(), current.second_field);
        let long_term_frame_idx = mark.long_term_frame_idx.unwrap_or(0);
        let half = HalfFrame { current, frame_num, reference, short, long, long_term_frame_idx };
        if !field || second {
            return self.store_frame(half);
        }
        if reference {
            let copy = half.current.picture.copy_of_field(&mut self.pool)?;
            self.dpb.store_first_field(half.store(copy, None));
        }
        self.half_frame = Some(half);
        Ok(())
    }

    /// Stores a frame of which the second field did not come, if there is one.
    fn finish_half_frame(&mut self) -> Result<()> {
        let Some(mut half) = self.half_frame.take() else { return Ok(()) };
        half.current.picture.double_field()?;
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
        let store = frame.store(Arc::clone(frame.current.picture.shared()), Some(info));
        frame.current.picture.finish(&mut self.pool);
        self.dpb.store(store);
        Ok(())
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
            corrupt: current.corrupt,
            tainted: current.corrupt,
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
