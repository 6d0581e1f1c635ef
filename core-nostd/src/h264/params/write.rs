//! Writing of parameter sets and slice headers: the mirror of the parsers beside this file.

use super::pps::Pps;
use super::vui::{EXTENDED_SAR, SAMPLE_ASPECT_RATIOS};
use super::{
    DecRefPicMarking, HrdParameters, Mmco, PredWeightTable, RefPicListModification, ScalingLists, SliceGroups,
    SliceHeader, SliceType, Sps, Vui,
};
use crate::bits::BitWriter;

/// `scaling_list()`, 7.3.2.1.1.1: each entry as the difference to the one before.
fn scaling_list(w: &mut BitWriter, list: &[u8]) {
    let mut last = 8u8;
    for &v in list {
        w.se(i32::from(v.wrapping_sub(last) as i8));
        last = v;
    }
}

fn scaling_matrix(w: &mut BitWriter, lists: &ScalingLists, count_8x8: usize) {
    for l in &lists.lists_4x4 {
        w.flag(true);
        scaling_list(w, l);
    }
    for l in &lists.lists_8x8[..count_8x8] {
        w.flag(true);
        scaling_list(w, l);
    }
}

impl Sps {
    /// `seq_parameter_set_rbsp()`, 7.3.2.1, trailing bits included.
    pub fn write(&self, w: &mut BitWriter) {
        w.u(self.profile_idc.into(), 8);
        w.u(self.constraint_flags.into(), 8);
        w.u(self.level_idc.into(), 8);
        w.ue(self.seq_parameter_set_id.into());
        if self.has_chroma_info() {
            w.ue(self.chroma_format_idc.into());
            if self.chroma_format_idc == 3 {
                w.flag(self.separate_colour_plane_flag);
            }
            w.ue(u32::from(self.bit_depth_luma) - 8);
            w.ue(u32::from(self.bit_depth_chroma) - 8);
            w.flag(self.qpprime_y_zero_transform_bypass_flag);
            w.flag(self.scaling_lists.is_some());
            if let Some(lists) = &self.scaling_lists {
                scaling_matrix(w, lists, if self.chroma_format_idc == 3 { 6 } else { 2 });
            }
        }
        w.ue(u32::from(self.log2_max_frame_num) - 4);
        w.ue(self.pic_order_cnt_type.into());
        match self.pic_order_cnt_type {
            0 => w.ue(u32::from(self.log2_max_pic_order_cnt_lsb) - 4),
            1 => {
                w.flag(self.delta_pic_order_always_zero_flag);
                w.se(self.offset_for_non_ref_pic);
                w.se(self.offset_for_top_to_bottom_field);
                w.ue(self.offset_for_ref_frame.len() as u32);
                for &o in &self.offset_for_ref_frame {
                    w.se(o);
                }
            }
            _ => {}
        }
        w.ue(self.max_num_ref_frames.into());
        w.flag(self.gaps_in_frame_num_value_allowed_flag);
        w.ue(u32::from(self.pic_width_in_mbs) - 1);
        w.ue(u32::from(self.pic_height_in_map_units) - 1);
        w.flag(self.frame_mbs_only_flag);
        if !self.frame_mbs_only_flag {
            w.flag(self.mb_adaptive_frame_field_flag);
        }
        w.flag(self.direct_8x8_inference_flag);
        let crop = self.frame_crop != [0; 4];
        w.flag(crop);
        if crop {
            for &c in &self.frame_crop {
                w.ue(c.into());
            }
        }
        w.flag(self.vui.is_some());
        if let Some(vui) = &self.vui {
            vui.write(w);
        }
        w.rbsp_trailing_bits();
    }
}

impl Vui {
    /// `vui_parameters()`, E.1.1.
    fn write(&self, w: &mut BitWriter) {
        w.flag(self.sample_aspect_ratio.is_some());
        if let Some(sar) = self.sample_aspect_ratio {
            if let Some(i) = SAMPLE_ASPECT_RATIOS.iter().position(|&s| s == sar) {
                w.u(i as u32, 8);
            } else {
                w.u(EXTENDED_SAR.into(), 8);
                w.u(sar.0.into(), 16);
                w.u(sar.1.into(), 16);
            }
        }
        w.flag(self.overscan_appropriate.is_some());
        if let Some(v) = self.overscan_appropriate {
            w.flag(v);
        }
        let signal = self.video_format.is_some() || self.video_full_range_flag || self.colour_description.is_some();
        w.flag(signal);
        if signal {
            // 5 is "unspecified", the value inferred when the field is absent.
            w.u(self.video_format.unwrap_or(5).into(), 3);
            w.flag(self.video_full_range_flag);
            w.flag(self.colour_description.is_some());
            if let Some((primaries, transfer, matrix)) = self.colour_description {
                w.u(primaries.into(), 8);
                w.u(transfer.into(), 8);
                w.u(matrix.into(), 8);
            }
        }
        w.flag(self.chroma_sample_loc_type.is_some());
        if let Some((top, bottom)) = self.chroma_sample_loc_type {
            w.ue(top.into());
            w.ue(bottom.into());
        }
        w.flag(self.timing.is_some());
        if let Some((units, scale, fixed)) = self.timing {
            w.u(units, 32);
            w.u(scale, 32);
            w.flag(fixed);
        }
        for hrd in [&self.nal_hrd, &self.vcl_hrd] {
            w.flag(hrd.is_some());
            if let Some(hrd) = hrd {
                hrd.write(w);
            }
        }
        if self.nal_hrd.is_some() || self.vcl_hrd.is_some() {
            w.flag(self.low_delay_hrd_flag);
        }
        w.flag(self.pic_struct_present_flag);
        w.flag(self.bitstream_restriction.is_some());
        if let Some(b) = &self.bitstream_restriction {
            w.flag(b.motion_vectors_over_pic_boundaries_flag);
            w.ue(b.max_bytes_per_pic_denom.into());
            w.ue(b.max_bits_per_mb_denom.into());
            w.ue(b.log2_max_mv_length_horizontal.into());
            w.ue(b.log2_max_mv_length_vertical.into());
            w.ue(b.max_num_reorder_frames.into());
            w.ue(b.max_dec_frame_buffering.into());
        }
    }
}

impl HrdParameters {
    /// `hrd_parameters()`, E.1.2.
    fn write(&self, w: &mut BitWriter) {
        w.ue(self.cpbs.len().max(1) as u32 - 1);
        w.u(self.bit_rate_scale.into(), 4);
        w.u(self.cpb_size_scale.into(), 4);
        for &(rate, size, cbr) in &self.cpbs {
            w.ue(rate);
            w.ue(size);
            w.flag(cbr);
        }
        w.u(u32::from(self.initial_cpb_removal_delay_length) - 1, 5);
        w.u(u32::from(self.cpb_removal_delay_length) - 1, 5);
        w.u(u32::from(self.dpb_output_delay_length) - 1, 5);
        w.u(self.time_offset_length.into(), 5);
    }
}

impl Pps {
    /// `pic_parameter_set_rbsp()`, 7.3.2.2, trailing bits included.
    pub fn write(&self, w: &mut BitWriter, sps: &Sps) {
        w.ue(self.pic_parameter_set_id.into());
        w.ue(self.seq_parameter_set_id.into());
        w.flag(self.entropy_coding_mode_flag);
        w.flag(self.bottom_field_pic_order_in_frame_present_flag);
        SliceGroups::write(self.slice_groups.as_ref(), w);
        w.ue(u32::from(self.num_ref_idx_default_active[0]) - 1);
        w.ue(u32::from(self.num_ref_idx_default_active[1]) - 1);
        w.flag(self.weighted_pred_flag);
        w.u(self.weighted_bipred_idc.into(), 2);
        w.se(i32::from(self.pic_init_qp) - 26);
        w.se(i32::from(self.pic_init_qs) - 26);
        w.se(self.chroma_qp_index_offset[0].into());
        w.flag(self.deblocking_filter_control_present_flag);
        w.flag(self.constrained_intra_pred_flag);
        w.flag(self.redundant_pic_cnt_present_flag);
        let own_lists = self.scaling_lists != *sps.scaling_lists.as_ref().unwrap_or(&ScalingLists::FLAT);
        let second_offset = self.chroma_qp_index_offset[0] != self.chroma_qp_index_offset[1];
        if self.transform_8x8_mode_flag || own_lists || second_offset {
            w.flag(self.transform_8x8_mode_flag);
            w.flag(own_lists);
            if own_lists {
                let count = match (self.transform_8x8_mode_flag, sps.chroma_format_idc) {
                    (false, _) => 0,
                    (true, 3) => 6,
                    (true, _) => 2,
                };
                scaling_matrix(w, &self.scaling_lists, count);
            }
            w.se(self.chroma_qp_index_offset[1].into());
        }
        w.rbsp_trailing_bits();
    }
}

impl SliceHeader {
    /// `slice_header()`, 7.3.3. `pps` and `sps` are those that the slice refers to.
    pub fn write(&self, w: &mut BitWriter, sps: &Sps, pps: &Pps) {
        w.ue(self.first_mb_in_slice);
        w.ue(match self.slice_type {
            SliceType::P => 0,
            SliceType::B => 1,
            SliceType::I => 2,
            SliceType::SP => 3,
            SliceType::SI => 4,
        });
        w.ue(self.pic_parameter_set_id.into());
        if sps.separate_colour_plane_flag {
            w.u(self.colour_plane_id.into(), 2);
        }
        w.u(self.frame_num, sps.log2_max_frame_num.into());
        if !sps.frame_mbs_only_flag {
            w.flag(self.field_pic_flag);
            if self.field_pic_flag {
                w.flag(self.bottom_field_flag);
            }
        }
        if self.nal_unit_type == 5 {
            w.ue(self.idr_pic_id);
        }
        let both_fields = pps.bottom_field_pic_order_in_frame_present_flag && !self.field_pic_flag;
        if sps.pic_order_cnt_type == 0 {
            w.u(self.pic_order_cnt_lsb, sps.log2_max_pic_order_cnt_lsb.into());
            if both_fields {
                w.se(self.delta_pic_order_cnt_bottom);
            }
        }
        if sps.pic_order_cnt_type == 1 && !sps.delta_pic_order_always_zero_flag {
            w.se(self.delta_pic_order_cnt[0]);
            if both_fields {
                w.se(self.delta_pic_order_cnt[1]);
            }
        }
        if pps.redundant_pic_cnt_present_flag {
            w.ue(self.redundant_pic_cnt);
        }
        let b = self.slice_type == SliceType::B;
        let inter = b || matches!(self.slice_type, SliceType::P | SliceType::SP);
        if b {
            w.flag(self.direct_spatial_mv_pred_flag);
        }
        if inter {
            let lists = if b { 2 } else { 1 };
            let replace = self.num_ref_idx_active[..lists] != pps.num_ref_idx_default_active[..lists];
            w.flag(replace);
            if replace {
                for &n in &self.num_ref_idx_active[..lists] {
                    w.ue(u32::from(n) - 1);
                }
            }
            for list in &self.ref_pic_list_modification[..lists] {
                ref_pic_list_modification(w, list);
            }
        }
        if let Some(table) = &self.pred_weight_table {
            table.write(w, sps.chroma_format_idc != 0, if b { 2 } else { 1 });
        }
        if let Some(marking) = &self.dec_ref_pic_marking {
            marking.write(w);
        }
        if pps.entropy_coding_mode_flag && inter {
            w.ue(self.cabac_init_idc.into());
        }
        w.se(i32::from(self.slice_qp) - i32::from(pps.pic_init_qp));
        if matches!(self.slice_type, SliceType::SP | SliceType::SI) {
            if self.slice_type == SliceType::SP {
                w.flag(self.sp_for_switch_flag);
            }
            w.se(i32::from(self.slice_qs) - i32::from(pps.pic_init_qs));
        }
        if pps.deblocking_filter_control_present_flag {
            w.ue(self.disable_deblocking_filter_idc.into());
            if self.disable_deblocking_filter_idc != 1 {
                w.se(i32::from(self.filter_offset_a) / 2);
                w.se(i32::from(self.filter_offset_b) / 2);
            }
        }
        if let Some(bits) = pps.slice_groups.as_ref().and_then(|groups| groups.change_cycle_bits(sps)) {
            w.u(self.slice_group_change_cycle, bits);
        }
    }
}

/// `ref_pic_list_modification()`, 7.3.3.1, of one list.
fn ref_pic_list_modification(w: &mut BitWriter, list: &[RefPicListModification]) {
    w.flag(!list.is_empty());
    for m in list {
        let (idc, value) = match *m {
            RefPicListModification::SubtractPicNum(n) => (0, n - 1),
            RefPicListModification::AddPicNum(n) => (1, n - 1),
            RefPicListModification::LongTermPicNum(n) => (2, n),
        };
        w.ue(idc);
        w.ue(value);
    }
    if !list.is_empty() {
        w.ue(3);
    }
}

impl PredWeightTable {
    /// `pred_weight_table()`, 7.3.3.2, for the first `lists` lists.
    fn write(&self, w: &mut BitWriter, chroma: bool, lists: usize) {
        w.ue(self.luma_log2_weight_denom.into());
        if chroma {
            w.ue(self.chroma_log2_weight_denom.into());
        }
        for e in self.entries[..lists].iter().flatten() {
            let luma = (e.weight[0], e.offset[0]) != (1 << self.luma_log2_weight_denom, 0);
            w.flag(luma);
            if luma {
                w.se(e.weight[0].into());
                w.se(e.offset[0].into());
            }
            if chroma {
                let unit = 1 << self.chroma_log2_weight_denom;
                let sent = (1..3).any(|i| (e.weight[i], e.offset[i]) != (unit, 0));
                w.flag(sent);
                if sent {
                    for i in 1..3 {
                        w.se(e.weight[i].into());
                        w.se(e.offset[i].into());
                    }
                }
            }
        }
    }
}

impl DecRefPicMarking {
    /// `dec_ref_pic_marking()`, 7.3.3.3.
    fn write(&self, w: &mut BitWriter) {
        match self {
            Self::Idr { no_output_of_prior_pics_flag, long_term_reference_flag } => {
                w.flag(*no_output_of_prior_pics_flag);
                w.flag(*long_term_reference_flag);
            }
            Self::SlidingWindow => w.flag(false),
            Self::Adaptive(ops) => {
                w.flag(true);
                for op in ops {
                    match *op {
                        Mmco::UnmarkShortTerm(n) => write_pair(w, 1, Some(n - 1), None),
                        Mmco::UnmarkLongTerm(n) => write_pair(w, 2, Some(n), None),
                        Mmco::AssignLongTerm(n, idx) => write_pair(w, 3, Some(n - 1), Some(idx)),
                        Mmco::MaxLongTermFrameIdx(n) => write_pair(w, 4, Some(n), None),
                        Mmco::UnmarkAll => write_pair(w, 5, None, None),
                        Mmco::CurrentLongTerm(idx) => write_pair(w, 6, Some(idx), None),
                    }
                }
                w.ue(0);
            }
        }
    }
}

/// One `memory_management_control_operation` with its operands.
fn write_pair(w: &mut BitWriter, op: u32, first: Option<u32>, second: Option<u32>) {
    w.ue(op);
    for v in [first, second].into_iter().flatten() {
        w.ue(v);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitReader;
    use crate::h264::nal::NalHeader;
    use crate::h264::params::WeightEntry;
    use crate::h264::params::vui::BitstreamRestriction;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// Values in range, drawn from proptest's numbers so that failures shrink.
    struct Draw<'a>(&'a [u32], usize);

    impl Draw<'_> {
        fn to(&mut self, max: u32) -> u32 {
            self.1 += 1;
            let v = self.0.get(self.1 - 1).copied().unwrap_or(0);
            if max == u32::MAX { v } else { v % (max + 1) }
        }
        fn u8(&mut self, max: u8) -> u8 {
            self.to(max.into()) as u8
        }
        fn range(&mut self, min: i32, max: i32) -> i32 {
            min + self.to((max - min) as u32) as i32
        }
        fn flag(&mut self) -> bool {
            self.to(1) == 1
        }
        fn some<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
            self.flag().then(|| f(self))
        }
    }

    fn lists(d: &mut Draw<'_>) -> ScalingLists {
        let mut l = ScalingLists::FLAT;
        l.lists_4x4.iter_mut().flatten().for_each(|v| *v = 1 + d.u8(254));
        l.lists_8x8.iter_mut().flatten().for_each(|v| *v = 1 + d.u8(254));
        // In 4:2:0 the chroma lists are not sent and follow those of luma (table 7-2).
        for i in 2..6 {
            l.lists_8x8[i] = l.lists_8x8[i - 2];
        }
        l
    }

    fn hrd(d: &mut Draw<'_>) -> HrdParameters {
        HrdParameters {
            bit_rate_scale: d.u8(15),
            cpb_size_scale: d.u8(15),
            cpbs: (0..=d.to(3)).map(|_| (d.to(u32::MAX - 1), d.to(u32::MAX - 1), d.flag())).collect(),
            initial_cpb_removal_delay_length: 1 + d.u8(31),
            cpb_removal_delay_length: 1 + d.u8(31),
            dpb_output_delay_length: 1 + d.u8(31),
            time_offset_length: d.u8(31),
        }
    }

    fn vui(d: &mut Draw<'_>) -> Vui {
        let mut v = Vui {
            sample_aspect_ratio: d.some(|d| match d.to(2) {
                0 => SAMPLE_ASPECT_RATIOS[d.to(16) as usize],
                _ => (1 + d.to(65_534) as u16, 1 + d.to(65_534) as u16),
            }),
            overscan_appropriate: d.some(Draw::flag),
            chroma_sample_loc_type: d.some(|d| (d.u8(5), d.u8(5))),
            timing: d.some(|d| (d.to(u32::MAX), d.to(u32::MAX), d.flag())),
            nal_hrd: d.some(hrd),
            vcl_hrd: d.some(hrd),
            pic_struct_present_flag: d.flag(),
            bitstream_restriction: d.some(|d| BitstreamRestriction {
                motion_vectors_over_pic_boundaries_flag: d.flag(),
                max_bytes_per_pic_denom: d.u8(16),
                max_bits_per_mb_denom: d.u8(16),
                log2_max_mv_length_horizontal: d.u8(16),
                log2_max_mv_length_vertical: d.u8(16),
                max_num_reorder_frames: d.u8(16),
                max_dec_frame_buffering: d.u8(16),
            }),
            ..Vui::default()
        };
        if d.flag() {
            v.video_format = Some(d.u8(7));
            v.video_full_range_flag = d.flag();
            v.colour_description = d.some(|d| (d.u8(255), d.u8(255), d.u8(255)));
        }
        v.low_delay_hrd_flag = (v.nal_hrd.is_some() || v.vcl_hrd.is_some()) && d.flag();
        v
    }

    fn sps(d: &mut Draw<'_>) -> Sps {
        let profile_idc = [66, 77, 88, 100, 110, 122][d.to(5) as usize];
        let high = profile_idc >= 100;
        let poc_type = d.u8(2);
        let frame_mbs_only_flag = d.flag();
        let mut s = Sps {
            profile_idc,
            constraint_flags: d.u8(255),
            level_idc: d.u8(62),
            seq_parameter_set_id: d.u8(31),
            chroma_format_idc: if high { d.u8(2) } else { 1 },
            separate_colour_plane_flag: false,
            bit_depth_luma: if high { 8 + d.u8(6) } else { 8 },
            bit_depth_chroma: if high { 8 + d.u8(6) } else { 8 },
            qpprime_y_zero_transform_bypass_flag: high && d.flag(),
            scaling_lists: if high { d.some(lists) } else { None },
            log2_max_frame_num: 4 + d.u8(12),
            pic_order_cnt_type: poc_type,
            log2_max_pic_order_cnt_lsb: if poc_type == 0 { 4 + d.u8(12) } else { 4 },
            delta_pic_order_always_zero_flag: poc_type == 1 && d.flag(),
            offset_for_non_ref_pic: 0,
            offset_for_top_to_bottom_field: 0,
            offset_for_ref_frame: Vec::new(),
            max_num_ref_frames: d.u8(16),
            gaps_in_frame_num_value_allowed_flag: d.flag(),
            pic_width_in_mbs: 2 + d.to(100) as u16,
            pic_height_in_map_units: 2 + d.to(100) as u16,
            frame_mbs_only_flag,
            mb_adaptive_frame_field_flag: !frame_mbs_only_flag && d.flag(),
            direct_8x8_inference_flag: !frame_mbs_only_flag || d.flag(),
            frame_crop: [d.u8(3).into(), d.u8(3).into(), d.u8(3).into(), d.u8(3).into()],
            vui: d.some(vui),
        };
        if poc_type == 1 {
            s.offset_for_non_ref_pic = d.range(-1_000_000, 1_000_000);
            s.offset_for_top_to_bottom_field = d.range(-1_000_000, 1_000_000);
            s.offset_for_ref_frame = (0..d.to(5)).map(|_| d.range(-99, 99)).collect();
        }
        s
    }

    fn pps(d: &mut Draw<'_>, sps: &Sps) -> Pps {
        let of_sps = sps.scaling_lists.clone().unwrap_or(ScalingLists::FLAT);
        let transform_8x8_mode_flag = d.flag();
        Pps {
            pic_parameter_set_id: d.u8(255),
            seq_parameter_set_id: sps.seq_parameter_set_id,
            entropy_coding_mode_flag: d.flag(),
            bottom_field_pic_order_in_frame_present_flag: d.flag(),
            slice_groups: None,
            num_ref_idx_default_active: [1 + d.u8(15), 1 + d.u8(15)],
            weighted_pred_flag: d.flag(),
            weighted_bipred_idc: d.u8(2),
            pic_init_qp: d.range(0, 51) as i8,
            pic_init_qs: d.range(0, 51) as i8,
            chroma_qp_index_offset: [d.range(-12, 12) as i8, d.range(-12, 12) as i8],
            deblocking_filter_control_present_flag: d.flag(),
            constrained_intra_pred_flag: d.flag(),
            redundant_pic_cnt_present_flag: d.flag(),
            transform_8x8_mode_flag,
            scaling_lists: if transform_8x8_mode_flag && d.flag() { lists(d) } else { of_sps },
        }
    }

    fn modifications(d: &mut Draw<'_>, max: u32) -> Vec<RefPicListModification> {
        let count = d.to(max);
        let one = |d: &mut Draw<'_>| match d.to(2) {
            0 => RefPicListModification::SubtractPicNum(1 + d.to(1000)),
            1 => RefPicListModification::AddPicNum(1 + d.to(1000)),
            _ => RefPicListModification::LongTermPicNum(d.to(31)),
        };
        (0..count).map(|_| one(d)).collect()
    }

    fn slice_header(d: &mut Draw<'_>, sps: &Sps, pps: &Pps) -> SliceHeader {
        let slice_type = [SliceType::P, SliceType::B, SliceType::I][d.to(2) as usize];
        let idr = slice_type == SliceType::I && d.flag();
        let nal_ref_idc = if idr { 1 + d.u8(2) } else { d.u8(3) };
        let lists = match slice_type {
            SliceType::P => 1,
            SliceType::B => 2,
            _ => 0,
        };
        let field_pic_flag = !sps.frame_mbs_only_flag && d.flag();
        let mut h = SliceHeader {
            nal_ref_idc,
            nal_unit_type: if idr { 5 } else { 1 },
            first_mb_in_slice: d.to(1),
            slice_type,
            pic_parameter_set_id: pps.pic_parameter_set_id,
            frame_num: if idr { 0 } else { d.to((1 << sps.log2_max_frame_num) - 1) },
            field_pic_flag,
            bottom_field_flag: field_pic_flag && d.flag(),
            idr_pic_id: if idr { d.to(65_535) } else { 0 },
            redundant_pic_cnt: if pps.redundant_pic_cnt_present_flag { d.to(127) } else { 0 },
            direct_spatial_mv_pred_flag: slice_type == SliceType::B && d.flag(),
            slice_qp: d.range(0, 51) as i8,
            slice_qs: pps.pic_init_qs,
            ..SliceHeader::default()
        };
        let bottom = pps.bottom_field_pic_order_in_frame_present_flag && !field_pic_flag;
        if sps.pic_order_cnt_type == 0 {
            h.pic_order_cnt_lsb = d.to((1 << sps.log2_max_pic_order_cnt_lsb) - 1);
            h.delta_pic_order_cnt_bottom = if bottom { d.range(-500, 500) } else { 0 };
        }
        if sps.pic_order_cnt_type == 1 && !sps.delta_pic_order_always_zero_flag {
            h.delta_pic_order_cnt = [d.range(-500, 500), if bottom { d.range(-500, 500) } else { 0 }];
        }
        for i in 0..lists {
            h.num_ref_idx_active[i] = if d.flag() { pps.num_ref_idx_default_active[i] } else { 1 + d.u8(15) };
            let max = h.num_ref_idx_active[i].into();
            h.ref_pic_list_modification[i] = modifications(d, max);
        }
        let explicit = if lists == 1 { pps.weighted_pred_flag } else { lists == 2 && pps.weighted_bipred_idc == 1 };
        if explicit {
            let mut t = PredWeightTable {
                luma_log2_weight_denom: d.u8(6),
                chroma_log2_weight_denom: if sps.chroma_format_idc == 0 { 0 } else { d.u8(6) },
                entries: [Vec::new(), Vec::new()],
            };
            for i in 0..lists {
                for _ in 0..h.num_ref_idx_active[i] {
                    let unit = |d: u8| 1i16 << d;
                    let mut e = WeightEntry {
                        weight: [
                            unit(t.luma_log2_weight_denom),
                            unit(t.chroma_log2_weight_denom),
                            unit(t.chroma_log2_weight_denom),
                        ],
                        offset: [0; 3],
                    };
                    let planes = if sps.chroma_format_idc == 0 { 1 } else { 3 };
                    for p in 0..planes {
                        if d.flag() {
                            (e.weight[p], e.offset[p]) = (d.range(-128, 127) as i16, d.range(-128, 127) as i16);
                        }
                    }
                    t.entries[i].push(e);
                }
            }
            h.pred_weight_table = Some(t);
        }
        if idr {
            h.dec_ref_pic_marking = Some(DecRefPicMarking::Idr {
                no_output_of_prior_pics_flag: d.flag(),
                long_term_reference_flag: d.flag(),
            });
        } else if nal_ref_idc > 0 {
            h.dec_ref_pic_marking = Some(match d.to(1) {
                0 => DecRefPicMarking::SlidingWindow,
                _ => DecRefPicMarking::Adaptive(alloc::vec![
                    Mmco::UnmarkShortTerm(1 + d.to(500)),
                    Mmco::UnmarkLongTerm(d.to(15)),
                    Mmco::AssignLongTerm(1 + d.to(500), d.to(15)),
                    Mmco::MaxLongTermFrameIdx(d.to(16)),
                    Mmco::CurrentLongTerm(d.to(15)),
                ]),
            });
        }
        if pps.entropy_coding_mode_flag && lists > 0 {
            h.cabac_init_idc = d.u8(2);
        }
        if pps.deblocking_filter_control_present_flag {
            h.disable_deblocking_filter_idc = d.u8(2);
            if h.disable_deblocking_filter_idc != 1 {
                h.filter_offset_a = 2 * d.range(-6, 6) as i8;
                h.filter_offset_b = 2 * d.range(-6, 6) as i8;
            }
        }
        h
    }

    proptest! {
        #[test]
        fn what_is_written_is_parsed(numbers in prop::collection::vec(any::<u32>(), 900)) {
            let d = &mut Draw(&numbers, 0);
            let sps = sps(d);
            let mut w = BitWriter::new();
            sps.write(&mut w);
            prop_assert_eq!(&Sps::parse(&w.into_bytes()).unwrap(), &sps);
            let pps = pps(d, &sps);
            let mut w = BitWriter::new();
            pps.write(&mut w, &sps);
            prop_assert_eq!(&Pps::parse(&w.into_bytes(), &sps).unwrap(), &pps);
            let header = slice_header(d, &sps, &pps);
            let mut w = BitWriter::new();
            header.write(&mut w, &sps, &pps);
            let bits = w.len_bits();
            let bytes = w.into_bytes();
            let mut r = BitReader::new(&bytes);
            let nal = NalHeader { nal_ref_idc: header.nal_ref_idc, nal_unit_type: header.nal_unit_type };
            let mut parsed = SliceHeader::default();
            parsed.parse(&mut r, nal, &sps, &pps).unwrap();
            prop_assert_eq!(r.position(), bits);
            prop_assert_eq!(parsed, header);
        }
    }
}
