//! Slice header, clause 7.3.3.

use alloc::vec::Vec;

/// `slice_type` modulo 5, table 7-6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SliceType {
    /// P slice.
    P,
    /// B slice.
    B,
    /// I slice.
    I,
    /// SP slice.
    SP,
    /// SI slice.
    SI,
}

/// One entry of `ref_pic_list_modification()`, 7.3.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefPicListModification {
    /// `modification_of_pic_nums_idc` 0: subtract `abs_diff_pic_num_minus1` + 1.
    SubtractPicNum(u32),
    /// `modification_of_pic_nums_idc` 1: add `abs_diff_pic_num_minus1` + 1.
    AddPicNum(u32),
    /// `modification_of_pic_nums_idc` 2: `long_term_pic_num`.
    LongTermPicNum(u32),
}

/// Explicit weights of one reference, 7.3.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightEntry {
    /// `luma_weight`, `chroma_weight[0]`, `chroma_weight[1]`; `1 << log2_weight_denom` when not sent.
    pub weight: [i16; 3],
    /// `luma_offset`, `chroma_offset[0]`, `chroma_offset[1]`.
    pub offset: [i16; 3],
}

/// `pred_weight_table()`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PredWeightTable {
    /// `luma_log2_weight_denom`.
    pub luma_log2_weight_denom: u8,
    /// `chroma_log2_weight_denom`.
    pub chroma_log2_weight_denom: u8,
    /// Per list, per `refIdx`.
    pub entries: [Vec<WeightEntry>; 2],
}

/// `memory_management_control_operation`, 7.4.3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mmco {
    /// 1: `difference_of_pic_nums_minus1` + 1.
    UnmarkShortTerm(u32),
    /// 2: `long_term_pic_num`.
    UnmarkLongTerm(u32),
    /// 3: `difference_of_pic_nums_minus1` + 1, `long_term_frame_idx`.
    AssignLongTerm(u32, u32),
    /// 4: `max_long_term_frame_idx_plus1`.
    MaxLongTermFrameIdx(u32),
    /// 5.
    UnmarkAll,
    /// 6: `long_term_frame_idx`.
    CurrentLongTerm(u32),
}

/// `dec_ref_pic_marking()`, 7.3.3.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecRefPicMarking {
    /// IDR: `no_output_of_prior_pics_flag`, `long_term_reference_flag`.
    Idr {
        /// `no_output_of_prior_pics_flag`.
        no_output_of_prior_pics_flag: bool,
        /// `long_term_reference_flag`.
        long_term_reference_flag: bool,
    },
    /// `adaptive_ref_pic_marking_mode_flag` 0.
    SlidingWindow,
    /// `adaptive_ref_pic_marking_mode_flag` 1.
    Adaptive(Vec<Mmco>),
}

/// `slice_header()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceHeader {
    /// `nal_ref_idc` of the NAL unit.
    pub nal_ref_idc: u8,
    /// `nal_unit_type` of the NAL unit (5 is IDR).
    pub nal_unit_type: u8,
    /// `first_mb_in_slice`.
    pub first_mb_in_slice: u32,
    /// `slice_type` modulo 5.
    pub slice_type: SliceType,
    /// `pic_parameter_set_id`.
    pub pic_parameter_set_id: u8,
    /// `colour_plane_id`.
    pub colour_plane_id: u8,
    /// `frame_num`.
    pub frame_num: u32,
    /// `field_pic_flag`.
    pub field_pic_flag: bool,
    /// `bottom_field_flag`.
    pub bottom_field_flag: bool,
    /// `idr_pic_id`.
    pub idr_pic_id: u32,
    /// `pic_order_cnt_lsb`.
    pub pic_order_cnt_lsb: u32,
    /// `delta_pic_order_cnt_bottom`.
    pub delta_pic_order_cnt_bottom: i32,
    /// `delta_pic_order_cnt[2]`.
    pub delta_pic_order_cnt: [i32; 2],
    /// `redundant_pic_cnt`.
    pub redundant_pic_cnt: u32,
    /// `direct_spatial_mv_pred_flag`.
    pub direct_spatial_mv_pred_flag: bool,
    /// `num_ref_idx_l0_active_minus1` + 1 and the same of l1, override applied; 0 where the list is not used.
    pub num_ref_idx_active: [u8; 2],
    /// `ref_pic_list_modification()` of each list, empty without its flag.
    pub ref_pic_list_modification: [Vec<RefPicListModification>; 2],
    /// `pred_weight_table()`, if sent.
    pub pred_weight_table: Option<PredWeightTable>,
    /// `dec_ref_pic_marking()`, if `nal_ref_idc` is not 0.
    pub dec_ref_pic_marking: Option<DecRefPicMarking>,
    /// `cabac_init_idc`.
    pub cabac_init_idc: u8,
    /// `SliceQPY`: 26 + `pic_init_qp_minus26` + `slice_qp_delta`.
    pub slice_qp: i8,
    /// `sp_for_switch_flag`.
    pub sp_for_switch_flag: bool,
    /// `QSY`: 26 + `pic_init_qs_minus26` + `slice_qs_delta`.
    pub slice_qs: i8,
    /// `disable_deblocking_filter_idc`.
    pub disable_deblocking_filter_idc: u8,
    /// `slice_alpha_c0_offset_div2` * 2 (FilterOffsetA).
    pub filter_offset_a: i8,
    /// `slice_beta_offset_div2` * 2 (FilterOffsetB).
    pub filter_offset_b: i8,
}
