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
mod tests;
