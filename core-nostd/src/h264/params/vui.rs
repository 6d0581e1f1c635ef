//! Video usability information, annex E.1.

/// `vui_parameters()`. An `Option` is `None` when its present flag is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vui {
    /// Sample aspect ratio as (`sar_width`, `sar_height`), table E-1 already applied; (0, 0) is unspecified.
    pub sample_aspect_ratio: Option<(u16, u16)>,
    /// `overscan_appropriate_flag`.
    pub overscan_appropriate: Option<bool>,
    /// `video_format`.
    pub video_format: Option<u8>,
    /// `video_full_range_flag`, false when not sent.
    pub video_full_range_flag: bool,
    /// `colour_primaries`, `transfer_characteristics`, `matrix_coefficients`.
    pub colour_description: Option<(u8, u8, u8)>,
    /// `chroma_sample_loc_type_top_field` and `..._bottom_field`.
    pub chroma_sample_loc_type: Option<(u8, u8)>,
    /// `num_units_in_tick`, `time_scale`, `fixed_frame_rate_flag`.
    pub timing: Option<(u32, u32, bool)>,
    /// `nal_hrd_parameters()`.
    pub nal_hrd: Option<HrdParameters>,
    /// `vcl_hrd_parameters()`.
    pub vcl_hrd: Option<HrdParameters>,
    /// `low_delay_hrd_flag`.
    pub low_delay_hrd_flag: bool,
    /// `pic_struct_present_flag`.
    pub pic_struct_present_flag: bool,
    /// The fields after `bitstream_restriction_flag`.
    pub bitstream_restriction: Option<BitstreamRestriction>,
}

/// The bitstream restriction part of the VUI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitstreamRestriction {
    /// `motion_vectors_over_pic_boundaries_flag`.
    pub motion_vectors_over_pic_boundaries_flag: bool,
    /// `max_bytes_per_pic_denom`.
    pub max_bytes_per_pic_denom: u8,
    /// `max_bits_per_mb_denom`.
    pub max_bits_per_mb_denom: u8,
    /// `log2_max_mv_length_horizontal`.
    pub log2_max_mv_length_horizontal: u8,
    /// `log2_max_mv_length_vertical`.
    pub log2_max_mv_length_vertical: u8,
    /// `max_num_reorder_frames`.
    pub max_num_reorder_frames: u8,
    /// `max_dec_frame_buffering`.
    pub max_dec_frame_buffering: u8,
}

/// `hrd_parameters()`, E.1.2: what decoding and writing need of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HrdParameters {
    /// `bit_rate_scale`.
    pub bit_rate_scale: u8,
    /// `cpb_size_scale`.
    pub cpb_size_scale: u8,
    /// (`bit_rate_value_minus1`, `cpb_size_value_minus1`, `cbr_flag`) of each CPB, `cpb_cnt_minus1` + 1 of them.
    pub cpbs: alloc::vec::Vec<(u32, u32, bool)>,
    /// `initial_cpb_removal_delay_length_minus1` + 1.
    pub initial_cpb_removal_delay_length: u8,
    /// `cpb_removal_delay_length_minus1` + 1.
    pub cpb_removal_delay_length: u8,
    /// `dpb_output_delay_length_minus1` + 1.
    pub dpb_output_delay_length: u8,
    /// `time_offset_length`.
    pub time_offset_length: u8,
}
