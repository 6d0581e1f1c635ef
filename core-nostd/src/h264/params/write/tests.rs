//! Whatever is written is read back the same.

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
        h.dec_ref_pic_marking =
            Some(DecRefPicMarking::Idr { no_output_of_prior_pics_flag: d.flag(), long_term_reference_flag: d.flag() });
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
