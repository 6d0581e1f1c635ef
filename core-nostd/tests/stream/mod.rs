//! Writes small H.264 streams by hand: pictures of one colour (I_PCM) or copied from their first reference (P_Skip), so
//! that a sample tells which picture was shown and which was referred to.
#![allow(dead_code, reason = "each test uses a part")]

use transcode_core::bits::BitWriter;
use transcode_core::h264::nal;

/// Sequence parameter set.
#[derive(Clone, Copy)]
pub(crate) struct Sps {
    pub(crate) id: u32,
    pub(crate) profile_idc: u32,
    pub(crate) bit_depth: u32,
    pub(crate) width_in_mbs: u32,
    pub(crate) height_in_mbs: u32,
    /// Pictures are fields or frames of macroblock pairs (MBAFF); `height_in_mbs` is even.
    pub(crate) interlaced: bool,
    pub(crate) poc_type: u32,
    pub(crate) num_ref_frames: u32,
    pub(crate) gaps_allowed: bool,
    /// `max_num_reorder_frames` and `max_dec_frame_buffering`, if a VUI is sent.
    pub(crate) reorder: Option<(u32, u32)>,
}

impl Default for Sps {
    fn default() -> Self {
        Self {
            id: 0,
            profile_idc: 77,
            bit_depth: 8,
            width_in_mbs: 1,
            height_in_mbs: 1,
            interlaced: false,
            poc_type: 0,
            num_ref_frames: 4,
            gaps_allowed: false,
            reorder: None,
        }
    }
}

/// What a slice shows.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Content {
    /// An I slice of I_PCM macroblocks of this value.
    Value(u8),
    /// A P slice of skipped macroblocks.
    Copy,
}

/// A slice.
#[derive(Clone)]
pub(crate) struct Slice {
    pub(crate) idr: bool,
    pub(crate) reference: bool,
    pub(crate) content: Content,
    /// `bottom_field_flag`, if the picture is a field.
    pub(crate) field: Option<bool>,
    pub(crate) frame_num: u32,
    pub(crate) poc_lsb: u32,
    pub(crate) pps: u32,
    pub(crate) idr_pic_id: u32,
    pub(crate) first_mb: u32,
    pub(crate) mbs: u32,
    /// (`modification_of_pic_nums_idc`, value) of list 0.
    pub(crate) modification: Vec<(u32, u32)>,
    /// Operations with their operands; `None` is the sliding window.
    pub(crate) mmco: Option<Vec<Vec<u32>>>,
    pub(crate) no_output_of_prior_pics: bool,
    pub(crate) long_term_reference: bool,
    /// `redundant_pic_cnt`, where the picture parameter set has it.
    pub(crate) redundant: Option<u32>,
    /// `slice_group_change_cycle` and its number of bits, where the picture parameter set has it.
    pub(crate) change_cycle: Option<(u32, u32)>,
    /// `sp_for_switch_flag` and `slice_qs_delta`, which make a P slice an SP slice.
    pub(crate) sp: Option<(bool, i32)>,
    /// `disable_deblocking_filter_idc` 1, where the picture parameter set lets slices say so.
    pub(crate) no_filter: bool,
}

impl Slice {
    /// An IDR picture of one macroblock.
    pub(crate) fn idr(value: u8) -> Self {
        Self { idr: true, ..Self::new(0, 0, Content::Value(value)) }
    }
    /// A reference picture of one macroblock.
    pub(crate) fn new(frame_num: u32, poc_lsb: u32, content: Content) -> Self {
        Self {
            idr: false,
            reference: true,
            content,
            field: None,
            frame_num,
            poc_lsb,
            pps: 0,
            idr_pic_id: 0,
            first_mb: 0,
            mbs: 1,
            modification: vec![],
            mmco: None,
            no_output_of_prior_pics: false,
            long_term_reference: false,
            redundant: None,
            change_cycle: None,
            sp: None,
            no_filter: false,
        }
    }
}

/// A stream as a list of NAL units.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    pub(crate) units: Vec<Vec<u8>>,
    sps: Sps,
    /// Picture parameter sets with `deblocking_filter_control_present_flag`.
    filter_control: Vec<u32>,
}

impl Stream {
    /// A stream that begins with `sps` and picture parameter set 0.
    pub(crate) fn new(sps: Sps) -> Self {
        let mut s = Self { units: vec![], sps, filter_control: vec![] };
        s.sps(sps);
        s.pps(0, sps.id, false);
        s
    }

    /// A stream that goes on with `sps`, which was sent before.
    pub(crate) fn without_parameter_sets(sps: Sps) -> Self {
        Self { units: vec![], sps, filter_control: vec![] }
    }

    fn unit(&mut self, nal_ref_idc: u8, nal_unit_type: u8, w: BitWriter) {
        let mut unit = vec![nal_ref_idc << 5 | nal_unit_type];
        nal::escape(&w.into_bytes(), &mut unit);
        self.units.push(unit);
    }

    pub(crate) fn sps(&mut self, sps: Sps) {
        self.sps = sps;
        let mut w = BitWriter::new();
        w.u(sps.profile_idc, 8);
        w.u(0, 8);
        w.u(10, 8);
        w.ue(sps.id);
        if sps.profile_idc >= 100 {
            w.ue(1);
            w.ue(sps.bit_depth - 8);
            w.ue(sps.bit_depth - 8);
            w.u(0, 2);
        }
        w.ue(0); // log2_max_frame_num 4
        w.ue(sps.poc_type);
        if sps.poc_type == 0 {
            w.ue(4); // log2_max_pic_order_cnt_lsb 8
        }
        w.ue(sps.num_ref_frames);
        w.flag(sps.gaps_allowed);
        w.ue(sps.width_in_mbs - 1);
        w.ue((sps.height_in_mbs >> u32::from(sps.interlaced)) - 1);
        w.flag(!sps.interlaced); // frame_mbs_only_flag
        if sps.interlaced {
            w.flag(true); // mb_adaptive_frame_field_flag
        }
        w.flag(true); // direct_8x8_inference_flag
        w.flag(false); // frame_cropping_flag
        w.flag(sps.reorder.is_some());
        if let Some((reorder, buffering)) = sps.reorder {
            w.u(0, 8);
            w.flag(true); // bitstream_restriction_flag
            w.flag(true);
            for v in [0, 0, 10, 10, reorder, buffering] {
                w.ue(v);
            }
        }
        w.rbsp_trailing_bits();
        self.unit(3, 7, w);
    }

    pub(crate) fn pps(&mut self, id: u32, sps: u32, redundant_pic_cnt_present: bool) {
        self.pps_of(id, sps, &|w| w.ue(0), false, redundant_pic_cnt_present);
    }

    /// A picture parameter set with slice groups: `groups` writes `num_slice_groups_minus1` and what follows it. `filter_control` is
    /// `deblocking_filter_control_present_flag`.
    pub(crate) fn pps_with(&mut self, id: u32, sps: u32, groups: &dyn Fn(&mut BitWriter), filter_control: bool) {
        self.pps_of(id, sps, groups, filter_control, false);
    }

    fn pps_of(&mut self, id: u32, sps: u32, groups: &dyn Fn(&mut BitWriter), filter_control: bool, redundant: bool) {
        let mut w = BitWriter::new();
        w.ue(id);
        w.ue(sps);
        w.u(0, 2); // CAVLC
        groups(&mut w);
        w.ue(0);
        w.ue(0);
        w.u(0, 3);
        for _ in 0..3 {
            w.se(0);
        }
        w.flag(filter_control);
        w.flag(false);
        w.flag(redundant);
        w.rbsp_trailing_bits();
        if filter_control {
            self.filter_control.push(id);
        }
        self.unit(3, 8, w);
    }

    pub(crate) fn recovery_point(&mut self, recovery_frame_cnt: u32) {
        let mut w = BitWriter::new();
        w.ue(recovery_frame_cnt);
        w.u(0b1000, 4);
        w.align_with(false);
        let payload = w.into_bytes();
        let mut w = BitWriter::new();
        w.u(6, 8);
        w.u(payload.len() as u32, 8);
        for b in payload {
            w.u(b.into(), 8);
        }
        w.rbsp_trailing_bits();
        self.unit(0, 6, w);
    }

    pub(crate) fn slice(&mut self, s: &Slice) {
        let pairs = self.sps.interlaced && s.field.is_none();
        let data = |w: &mut BitWriter| match s.content {
            Content::Copy => w.ue(s.mbs), // mb_skip_run
            Content::Value(v) => {
                for i in 0..s.mbs {
                    if pairs && i % 2 == 0 {
                        w.flag(i % 4 == 0); // mb_field_decoding_flag
                    }
                    w.ue(25); // I_PCM
                    w.align_with(false);
                    for _ in 0..384 {
                        w.u(v.into(), 8);
                    }
                }
            }
        };
        self.slice_with(s, if s.idr { 5 } else { 1 }, &data);
    }

    /// A data partition B or C.
    pub(crate) fn partition(&mut self, nal_unit_type: u8, data: &dyn Fn(&mut BitWriter)) {
        let mut w = BitWriter::new();
        data(&mut w);
        w.rbsp_trailing_bits();
        self.unit(1, nal_unit_type, w);
    }

    /// A slice with the header of `s` and other data.
    pub(crate) fn slice_with(&mut self, s: &Slice, nal_unit_type: u8, data: &dyn Fn(&mut BitWriter)) {
        let mut w = BitWriter::new();
        w.ue(s.first_mb);
        w.ue(match (s.content, s.sp) {
            (Content::Value(_), _) => 2,
            (Content::Copy, None) => 0,
            (Content::Copy, Some(_)) => 3,
        });
        w.ue(s.pps);
        w.u(s.frame_num, 4);
        if self.sps.interlaced {
            w.flag(s.field.is_some());
            if let Some(bottom) = s.field {
                w.flag(bottom);
            }
        }
        if s.idr {
            w.ue(s.idr_pic_id);
        }
        if self.sps.poc_type == 0 {
            w.u(s.poc_lsb, 8);
        }
        if let Some(n) = s.redundant {
            w.ue(n);
        }
        if s.content == Content::Copy {
            // num_ref_idx_active_override_flag: as many entries as are named.
            w.flag(s.modification.len() > 1);
            if s.modification.len() > 1 {
                w.ue(s.modification.len() as u32 - 1);
            }
            w.flag(!s.modification.is_empty());
            if !s.modification.is_empty() {
                for &(idc, value) in &s.modification {
                    w.ue(idc);
                    w.ue(value);
                }
                w.ue(3);
            }
        }
        if s.reference {
            if s.idr {
                w.flag(s.no_output_of_prior_pics);
                w.flag(s.long_term_reference);
            } else {
                w.flag(s.mmco.is_some());
                if let Some(ops) = &s.mmco {
                    ops.iter().flatten().for_each(|&v| w.ue(v));
                    w.ue(0);
                }
            }
        }
        w.se(0); // slice_qp_delta
        if let Some((switch, qs_delta)) = s.sp {
            w.flag(switch);
            w.se(qs_delta);
        }
        if self.filter_control.contains(&s.pps) {
            w.ue(s.no_filter.into());
            if !s.no_filter {
                w.se(0);
                w.se(0);
            }
        }
        if let Some((cycle, bits)) = s.change_cycle {
            w.u(cycle, bits);
        }
        data(&mut w);
        w.rbsp_trailing_bits();
        self.unit(s.reference.into(), nal_unit_type, w);
    }

    /// All units as one byte stream.
    pub(crate) fn annexb(&self) -> Vec<u8> {
        self.units.iter().flat_map(|u| [&[0, 0, 1][..], u].concat()).collect()
    }

    /// An `AVCDecoderConfigurationRecord` of the parameter sets, and a length-prefixed packet of each other unit.
    pub(crate) fn avcc(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
        let of = |t: u8| self.units.iter().filter(move |u| u[0] & 31 == t).collect::<Vec<_>>();
        let mut record = vec![1, 77, 0, 10, 0xfd];
        for (sets, mark) in [(of(7), 0xe0), (of(8), 0)] {
            record.push(mark | sets.len() as u8);
            for s in sets {
                record.extend_from_slice(&(s.len() as u16).to_be_bytes());
                record.extend_from_slice(s);
            }
        }
        let packet = |u: &Vec<u8>| [&(u.len() as u16).to_be_bytes()[..], u].concat();
        let packets = self.units.iter().filter(|u| ![7, 8].contains(&(u[0] & 31))).map(packet).collect();
        (record, packets)
    }
}
