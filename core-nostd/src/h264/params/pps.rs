//! Picture parameter set, clause 7.3.2.2.

use super::ScalingLists;

/// `pic_parameter_set_rbsp()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pps {
    /// `pic_parameter_set_id`.
    pub pic_parameter_set_id: u8,
    /// `seq_parameter_set_id`.
    pub seq_parameter_set_id: u8,
    /// `entropy_coding_mode_flag`: true for CABAC.
    pub entropy_coding_mode_flag: bool,
    /// `bottom_field_pic_order_in_frame_present_flag`.
    pub bottom_field_pic_order_in_frame_present_flag: bool,
    /// `num_slice_groups_minus1` + 1. FMO (over 1) is parsed by a later version.
    pub num_slice_groups: u8,
    /// `num_ref_idx_l0_default_active_minus1` + 1 and the same of l1.
    pub num_ref_idx_default_active: [u8; 2],
    /// `weighted_pred_flag`.
    pub weighted_pred_flag: bool,
    /// `weighted_bipred_idc`.
    pub weighted_bipred_idc: u8,
    /// `pic_init_qp_minus26` + 26; may be negative at high bit depths.
    pub pic_init_qp: i8,
    /// `pic_init_qs_minus26` + 26.
    pub pic_init_qs: i8,
    /// `chroma_qp_index_offset`, `second_chroma_qp_index_offset`.
    pub chroma_qp_index_offset: [i8; 2],
    /// `deblocking_filter_control_present_flag`.
    pub deblocking_filter_control_present_flag: bool,
    /// `constrained_intra_pred_flag`.
    pub constrained_intra_pred_flag: bool,
    /// `redundant_pic_cnt_present_flag`.
    pub redundant_pic_cnt_present_flag: bool,
    /// `transform_8x8_mode_flag`.
    pub transform_8x8_mode_flag: bool,
    /// The lists in force: the picture's own, the sequence's (fall-back rule set B), or flat.
    pub scaling_lists: ScalingLists,
}
