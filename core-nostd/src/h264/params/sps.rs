//! Sequence parameter set, clause 7.3.2.1.1.

use super::Vui;
use alloc::vec::Vec;

/// Scaling lists in zig-zag order as transmitted (7.3.2.1.1.1), fall-back rules already applied (table 7-2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalingLists {
    /// Intra Y, Cb, Cr, inter Y, Cb, Cr.
    pub lists_4x4: [[u8; 16]; 6],
    /// Intra Y, inter Y, intra Cb, inter Cb, intra Cr, inter Cr.
    pub lists_8x8: [[u8; 64]; 6],
}

impl ScalingLists {
    /// `Flat_4x4_16` and `Flat_8x8_16`.
    pub const FLAT: Self = Self { lists_4x4: [[16; 16]; 6], lists_8x8: [[16; 64]; 6] };
}

/// `seq_parameter_set_data()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sps {
    /// `profile_idc`.
    pub profile_idc: u8,
    /// `constraint_set0_flag` in bit 7 ... `constraint_set5_flag` in bit 2, as in the byte of the bitstream.
    pub constraint_flags: u8,
    /// `level_idc`.
    pub level_idc: u8,
    /// `seq_parameter_set_id`, 0 to 31.
    pub seq_parameter_set_id: u8,
    /// `chroma_format_idc`, 0 to 3.
    pub chroma_format_idc: u8,
    /// `separate_colour_plane_flag`.
    pub separate_colour_plane_flag: bool,
    /// `bit_depth_luma_minus8` + 8.
    pub bit_depth_luma: u8,
    /// `bit_depth_chroma_minus8` + 8.
    pub bit_depth_chroma: u8,
    /// `qpprime_y_zero_transform_bypass_flag`.
    pub qpprime_y_zero_transform_bypass_flag: bool,
    /// The sequence's scaling lists, `None` when `seq_scaling_matrix_present_flag` is 0.
    pub scaling_lists: Option<ScalingLists>,
    /// `log2_max_frame_num_minus4` + 4.
    pub log2_max_frame_num: u8,
    /// `pic_order_cnt_type`.
    pub pic_order_cnt_type: u8,
    /// `log2_max_pic_order_cnt_lsb_minus4` + 4.
    pub log2_max_pic_order_cnt_lsb: u8,
    /// `delta_pic_order_always_zero_flag`.
    pub delta_pic_order_always_zero_flag: bool,
    /// `offset_for_non_ref_pic`.
    pub offset_for_non_ref_pic: i32,
    /// `offset_for_top_to_bottom_field`.
    pub offset_for_top_to_bottom_field: i32,
    /// `offset_for_ref_frame[i]`.
    pub offset_for_ref_frame: Vec<i32>,
    /// `max_num_ref_frames`.
    pub max_num_ref_frames: u8,
    /// `gaps_in_frame_num_value_allowed_flag`.
    pub gaps_in_frame_num_value_allowed_flag: bool,
    /// `pic_width_in_mbs_minus1` + 1.
    pub pic_width_in_mbs: u16,
    /// `pic_height_in_map_units_minus1` + 1.
    pub pic_height_in_map_units: u16,
    /// `frame_mbs_only_flag`.
    pub frame_mbs_only_flag: bool,
    /// `mb_adaptive_frame_field_flag`.
    pub mb_adaptive_frame_field_flag: bool,
    /// `direct_8x8_inference_flag`.
    pub direct_8x8_inference_flag: bool,
    /// Crop offsets left, right, top, bottom in crop units, zeros without `frame_cropping_flag`.
    pub frame_crop: [u16; 4],
    /// `vui_parameters()`.
    pub vui: Option<Vui>,
}
