//! Parsing of parameter sets and slice headers, from bit strings written element by element.

use super::*;
use crate::bits::{BitReader, BitWriter};
use crate::error::{Error, ErrorKind};
use crate::h264::nal::{NalHeader, nal_type};
use crate::picture::Rect;
use std::vec;
use std::vec::Vec;

/// Bits and Exp-Golomb codes in a readable row.
enum E {
    U(u32, u32),
    Ue(u32),
    Se(i32),
}
use E::{Se, U, Ue};

fn bits(elements: &[E]) -> Vec<u8> {
    let mut w = BitWriter::new();
    for e in elements {
        match *e {
            U(v, n) => w.u(v, n),
            Ue(v) => w.ue(v),
            Se(v) => w.se(v),
        }
    }
    w.rbsp_trailing_bits();
    w.into_bytes()
}

/// High profile, level 4.0, 1920x1080 in fields or frames, order count type 1, VUI with everything.
fn high_sps(frame_mbs_only: bool) -> Vec<u8> {
    let mut e = vec![U(100, 8), U(0, 8), U(40, 8), Ue(2), Ue(1), Ue(0), Ue(0), U(0, 1), U(0, 1)];
    e.extend([Ue(5), Ue(1), U(0, 1), Se(-3), Se(2), Ue(2), Se(4), Se(-6)]);
    e.extend([Ue(3), U(1, 1), Ue(119)]);
    e.extend(if frame_mbs_only { vec![Ue(67), U(1, 1)] } else { vec![Ue(33), U(0, 1), U(1, 1)] });
    e.extend([U(1, 1), U(1, 1), Ue(0), Ue(0), Ue(0), Ue(if frame_mbs_only { 4 } else { 2 })]);
    // VUI: extended ratio, overscan, video signal, chroma location, timing, one HRD, picture structure, restriction.
    e.extend([U(1, 1), U(1, 1), U(255, 8), U(64, 16), U(45, 16), U(1, 1), U(1, 1)]);
    e.extend([U(1, 1), U(5, 3), U(1, 1), U(1, 1), U(9, 8), U(16, 8), U(9, 8)]);
    e.extend([U(1, 1), Ue(2), Ue(3), U(1, 1), U(1001, 32), U(60000, 32), U(1, 1)]);
    e.extend([U(1, 1), Ue(1), U(3, 4), U(4, 4), Ue(100), Ue(200), U(1, 1), Ue(300), Ue(400), U(0, 1)]);
    e.extend([U(23, 5), U(22, 5), U(21, 5), U(20, 5), U(0, 1), U(1, 1), U(1, 1)]);
    e.extend([U(1, 1), U(1, 1), Ue(2), Ue(1), Ue(10), Ue(9), Ue(2), Ue(4)]);
    bits(&e)
}

#[test]
fn a_sequence_parameter_set_with_everything() {
    let sps = Sps::parse(&high_sps(true)).unwrap();
    assert_eq!((sps.profile_idc, sps.level_idc, sps.seq_parameter_set_id), (100, 40, 2));
    assert_eq!((sps.log2_max_frame_num, sps.max_frame_num(), sps.pic_order_cnt_type), (9, 512, 1));
    assert_eq!((sps.offset_for_non_ref_pic, sps.offset_for_top_to_bottom_field), (-3, 2));
    assert_eq!(sps.offset_for_ref_frame, [4, -6]);
    assert_eq!((sps.max_num_ref_frames, sps.gaps_in_frame_num_value_allowed_flag), (3, true));
    assert_eq!((sps.width(), sps.height()), (1920, 1088));
    assert_eq!(sps.crop_rect(), Some(Rect { x: 0, y: 0, width: 1920, height: 1080 }));
    let vui = sps.vui.as_ref().unwrap();
    assert_eq!(vui.sample_aspect_ratio, Some((64, 45)));
    assert_eq!((vui.overscan_appropriate, vui.video_format, vui.video_full_range_flag), (Some(true), Some(5), true));
    assert_eq!((vui.colour_description, vui.chroma_sample_loc_type), (Some((9, 16, 9)), Some((2, 3))));
    assert_eq!(vui.timing, Some((1001, 60000, true)));
    let hrd = vui.nal_hrd.as_ref().unwrap();
    assert_eq!((hrd.bit_rate_scale, hrd.cpb_size_scale), (3, 4));
    assert_eq!(hrd.cpbs, [(100, 200, true), (300, 400, false)]);
    let lengths = [
        hrd.initial_cpb_removal_delay_length,
        hrd.cpb_removal_delay_length,
        hrd.dpb_output_delay_length,
        hrd.time_offset_length,
    ];
    assert_eq!(lengths, [24, 23, 22, 20]);
    assert!(vui.vcl_hrd.is_none() && vui.low_delay_hrd_flag && vui.pic_struct_present_flag);
    assert_eq!((sps.num_reorder_frames(), sps.dpb_frames()), (2, 4));
}

#[test]
fn the_crop_unit_of_fields_is_twice_as_high() {
    let sps = Sps::parse(&high_sps(false)).unwrap();
    assert!(sps.mb_adaptive_frame_field_flag && !sps.frame_mbs_only_flag);
    assert_eq!(sps.frame_height_in_mbs(), 68);
    assert_eq!(sps.crop_rect(), Some(Rect { x: 0, y: 0, width: 1920, height: 1080 }));
}

#[test]
fn of_a_vui_that_breaks_off_the_beginning_is_kept() {
    let whole = high_sps(true);
    let sps = Sps::parse(&whole[..whole.len() - 8]).unwrap();
    let vui = sps.vui.as_ref().unwrap();
    assert_eq!((vui.sample_aspect_ratio, vui.bitstream_restriction, sps.width()), (Some((64, 45)), None, 1920));
    assert_eq!(Sps::parse(&whole[..8]).unwrap_err().kind, ErrorKind::UnexpectedEnd);
}

/// Table A-1: frames of the largest picture of each level, and of QCIF.
#[test]
fn the_buffer_size_follows_the_level() {
    let mut sps = Sps::parse(&high_sps(true)).unwrap();
    sps.vui = None;
    for (level, width, height, frames) in [
        (10, 11, 9, 4),
        (11, 22, 18, 2),
        (12, 22, 18, 6),
        (13, 22, 18, 6),
        (20, 22, 18, 6),
        (21, 22, 36, 6),
        (22, 45, 36, 5),
        (30, 45, 36, 5),
        (31, 80, 45, 5),
        (32, 80, 64, 4),
        (40, 120, 68, 4),
        (41, 128, 64, 4),
        (42, 128, 64, 4),
        (50, 120, 68, 13),
        (51, 256, 135, 5),
        (52, 256, 135, 5),
        (62, 512, 270, 5),
        (51, 11, 9, 16),
    ] {
        (sps.level_idc, sps.pic_width_in_mbs, sps.pic_height_in_map_units) = (level, width, height);
        assert_eq!(sps.max_dpb_frames(), frames, "level {level}");
    }
    // Level 1b has half the buffer of 1.1, and is marked by a flag in the old profiles.
    (sps.level_idc, sps.pic_width_in_mbs, sps.pic_height_in_map_units) = (11, 11, 9);
    assert_eq!(sps.max_dpb_frames(), 9);
    (sps.profile_idc, sps.constraint_flags) = (66, 0x10);
    assert_eq!(sps.max_dpb_frames(), 4);
    // An intra profile keeps nothing; more references than the level allows are kept all the same.
    (sps.profile_idc, sps.max_num_ref_frames) = (110, 0);
    assert_eq!((sps.dpb_frames(), sps.num_reorder_frames()), (0, 0));
    sps.max_num_ref_frames = 16;
    assert_eq!(sps.dpb_frames(), 16);
}

#[test]
fn bad_values_name_their_element() {
    let invalid = |bytes: &[u8]| match Sps::parse(bytes).unwrap_err().kind {
        ErrorKind::Invalid { field } => field,
        other => panic!("{other:?}"),
    };
    let start = || vec![U(66, 8), U(0, 8), U(10, 8)];
    let with = |rest: Vec<E>| bits(&start().into_iter().chain(rest).collect::<Vec<_>>());
    assert_eq!(invalid(&with(vec![Ue(32)])), "seq_parameter_set_id");
    assert_eq!(invalid(&with(vec![Ue(0), Ue(13)])), "log2_max_frame_num_minus4");
    assert_eq!(invalid(&with(vec![Ue(0), Ue(0), Ue(3)])), "pic_order_cnt_type");
    let cropped = vec![Ue(0), Ue(0), Ue(2), Ue(1), U(0, 1), Ue(0), Ue(0), U(7, 3), Ue(4), Ue(4), Ue(0), Ue(0), U(0, 1)];
    assert_eq!(invalid(&with(cropped)), "frame_crop_offset");
}

#[test]
fn a_picture_parameter_set_and_what_it_inherits() {
    let mut sps = Sps::parse(&high_sps(true)).unwrap();
    let short = [Ue(3), Ue(2), U(0b10, 2), Ue(0), Ue(1), Ue(2), U(1, 1), U(2, 2), Se(-4), Se(1), Se(-2), U(0b101, 3)];
    let pps = Pps::parse(&bits(&short), &sps).unwrap();
    assert_eq!((pps.pic_parameter_set_id, pps.seq_parameter_set_id), (3, 2));
    assert!(pps.entropy_coding_mode_flag && !pps.bottom_field_pic_order_in_frame_present_flag);
    assert_eq!((pps.num_ref_idx_default_active, pps.weighted_bipred_idc), ([2, 3], 2));
    assert_eq!((pps.pic_init_qp, pps.pic_init_qs, pps.chroma_qp_index_offset), (22, 27, [-2, -2]));
    assert!(pps.deblocking_filter_control_present_flag && pps.redundant_pic_cnt_present_flag);
    assert!(!pps.constrained_intra_pred_flag && !pps.transform_8x8_mode_flag);
    assert_eq!(pps.scaling_lists, ScalingLists::FLAT);
    // With the sequence's lists and an own second list, which is the first to be sent.
    let sent = ScalingLists { lists_4x4: [[9; 16]; 6], lists_8x8: [[7; 64]; 6] };
    sps.scaling_lists = Some(sent.clone());
    assert_eq!(Pps::parse(&bits(&short), &sps).unwrap().scaling_lists, sent);
    let long = short.into_iter().chain([U(1, 1), U(1, 1), U(0b01, 2), Se(-8), U(0, 6), Se(5)]).collect::<Vec<_>>();
    let pps = Pps::parse(&bits(&long), &sps).unwrap();
    assert_eq!((pps.transform_8x8_mode_flag, pps.chroma_qp_index_offset), (true, [-2, 5]));
    let [first, second, third, fourth, ..] = pps.scaling_lists.lists_4x4;
    assert_eq!((first, fourth), ([9; 16], [9; 16]));
    assert_eq!((second, third), (scaling::DEFAULT_4X4[0], scaling::DEFAULT_4X4[0]));
    // Without the sequence's lists the first list falls back to the default (rule set A).
    sps.scaling_lists = None;
    assert_eq!(Pps::parse(&bits(&long), &sps).unwrap().scaling_lists.lists_4x4[0], scaling::DEFAULT_4X4[0]);
    // Two slice groups, of a type that only one pair of them can have.
    let groups =
        |count: u32| [Ue(0), Ue(2), U(0, 2), Ue(count - 1), Ue(3), U(1, 1), Ue(9), Ue(0), Ue(0), U(0, 3), Se(0), Se(0)];
    let groups = |count| bits(&groups(count).into_iter().chain([Se(0), U(0, 3)]).collect::<Vec<_>>());
    let map = SliceGroupMapType::Changing { shape: ChangingShape::BoxOut, direction: true, rate: 10 };
    assert_eq!(Pps::parse(&groups(2), &sps).unwrap().slice_groups, Some(SliceGroups { count: 2, map }));
    let error = Pps::parse(&groups(3), &sps).unwrap_err().kind;
    assert_eq!(error, ErrorKind::Invalid { field: "num_slice_groups_minus1" });
}

/// The header of a B slice with everything that a frame's slice can have.
#[test]
fn a_slice_header_with_everything() {
    let sps = Sps::parse(&high_sps(true)).unwrap();
    let pps = [Ue(3), Ue(2), U(0b11, 2), Ue(0), Ue(1), Ue(2), U(1, 1), U(1, 2), Se(0), Se(0), Se(0), U(0b101, 3)];
    let pps = Pps::parse(&bits(&pps), &sps).unwrap();
    let mut e = vec![Ue(17), Ue(6), Ue(3), U(300, 9), Se(7), Se(-7), Ue(0), U(1, 1), U(1, 1), Ue(1), Ue(0)];
    e.extend([U(1, 1), Ue(0), Ue(4), Ue(1), Ue(5), Ue(2), Ue(6), Ue(3), U(0, 1)]);
    e.extend([Ue(5), Ue(3), U(1, 1), Se(31), Se(-8), U(0, 1), U(0, 1), U(1, 1), Se(1), Se(2), Se(3), Se(4)]);
    e.extend([U(0, 1), U(0, 1)]);
    let marking = [Ue(1), Ue(2), Ue(2), Ue(1), Ue(3), Ue(0), Ue(4), Ue(4), Ue(3), Ue(5), Ue(6), Ue(2), Ue(0)];
    e.push(U(1, 1));
    e.extend(marking);
    e.extend([Ue(2), Se(-6), Ue(2), Se(-3), Se(6)]);
    let bytes = bits(&e);
    let nal = NalHeader { nal_ref_idc: 2, nal_unit_type: nal_type::SLICE };
    let mut h = SliceHeader::default();
    // Twice, to see that nothing of the first time stays.
    for _ in 0..2 {
        let mut r = BitReader::new(&bytes);
        // Ue(1), Ue(0): two entries in list 0, one in list 1; three modifications are too many for two entries...
        assert_eq!(SliceHeader::parse_pps_id(&bytes), Ok(3));
        h.parse(&mut r, nal, &sps, &pps).unwrap_err();
    }
    // ... so the list gets four.
    e[9] = Ue(3);
    let more = [U(0, 1), U(0, 1), U(0, 1), U(0, 1)];
    let at = e.len() - 5 - 1 - 13 - 2;
    e.splice(at..at, more);
    let bytes = bits(&e);
    for _ in 0..2 {
        let mut r = BitReader::new(&bytes);
        h.parse(&mut r, nal, &sps, &pps).unwrap();
        assert!(!r.more_rbsp_data());
        assert_eq!((h.first_mb_in_slice, h.slice_type, h.frame_num), (17, SliceType::B, 300));
        assert_eq!((h.delta_pic_order_cnt, h.redundant_pic_cnt), ([7, -7], 0));
        assert_eq!((h.direct_spatial_mv_pred_flag, h.num_ref_idx_active), (true, [4, 1]));
        let [l0, l1] = &h.ref_pic_list_modification;
        use RefPicListModification::{AddPicNum, LongTermPicNum, SubtractPicNum};
        assert_eq!(l0[..], [SubtractPicNum(5), AddPicNum(6), LongTermPicNum(6)]);
        assert!(l1.is_empty());
        let w = h.pred_weight_table.as_ref().unwrap();
        assert_eq!((w.luma_log2_weight_denom, w.chroma_log2_weight_denom), (5, 3));
        assert_eq!(w.entries[0].len(), 4);
        assert_eq!(w.entries[0][0], WeightEntry { weight: [31, 8, 8], offset: [-8, 0, 0] });
        assert_eq!(w.entries[0][1], WeightEntry { weight: [32, 1, 3], offset: [0, 2, 4] });
        assert_eq!(w.entries[1], [WeightEntry { weight: [32, 8, 8], offset: [0; 3] }]);
        let ops = vec![
            Mmco::UnmarkShortTerm(3),
            Mmco::UnmarkLongTerm(1),
            Mmco::AssignLongTerm(1, 4),
            Mmco::MaxLongTermFrameIdx(3),
            Mmco::UnmarkAll,
            Mmco::CurrentLongTerm(2),
        ];
        assert_eq!(h.dec_ref_pic_marking, Some(DecRefPicMarking::Adaptive(ops)));
        assert!(h.has_mmco5());
        assert_eq!((h.cabac_init_idc, h.slice_qp), (2, 20));
        assert_eq!((h.disable_deblocking_filter_idc, h.filter_offset_a, h.filter_offset_b), (2, -6, 12));
    }
    for len in 0..bytes.len() - 1 {
        let e = h.parse(&mut BitReader::new(&bytes[..len]), nal, &sps, &pps).unwrap_err();
        assert_eq!(e.kind, ErrorKind::UnexpectedEnd, "{len} bytes");
    }
}

#[test]
fn an_idr_slice_needs_what_makes_it_one() {
    let sps = Sps::parse(&high_sps(true)).unwrap();
    let pps = [Ue(0), Ue(2), U(0, 2), Ue(0), Ue(0), Ue(0), U(0, 3), Se(0), Se(0), Se(0), U(0, 3)];
    let pps = Pps::parse(&bits(&pps), &sps).unwrap();
    let header = |frame_num, nal_ref_idc| {
        let bytes = bits(&[Ue(0), Ue(7), Ue(0), U(frame_num, 9), Ue(9), Se(0), U(0b01, 2), Se(25)]);
        let mut h = SliceHeader::default();
        let nal = NalHeader { nal_ref_idc, nal_unit_type: nal_type::IDR };
        h.parse(&mut BitReader::new(&bytes), nal, &sps, &pps).map(|()| h)
    };
    let h = header(0, 1).unwrap();
    let idr = DecRefPicMarking::Idr { no_output_of_prior_pics_flag: false, long_term_reference_flag: true };
    assert_eq!((h.idr_pic_id, h.slice_qp, h.dec_ref_pic_marking), (9, 51, Some(idr)));
    let kind = |r: Result<SliceHeader, Error>| r.unwrap_err().kind;
    assert_eq!(kind(header(1, 1)), ErrorKind::Invalid { field: "frame_num" });
    assert_eq!(kind(header(0, 0)), ErrorKind::Invalid { field: "nal_ref_idc" });
}
