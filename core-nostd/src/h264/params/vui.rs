//! Video usability information, annex E.1.

use crate::bits::BitReader;
use crate::error::Result;

/// Table E-1: the sample aspect ratios of `aspect_ratio_idc` 0 (unspecified) to 16.
pub const SAMPLE_ASPECT_RATIOS: [(u16, u16); 17] = [
    (0, 0),
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];

/// `aspect_ratio_idc` of a ratio that is sent as two numbers.
pub const EXTENDED_SAR: u8 = 255;

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

impl Vui {
    /// Reads `vui_parameters()`, E.1.1.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for an element out of range.
    pub fn parse(r: &mut BitReader<'_>) -> Result<Self> {
        let mut vui = Self::default();
        vui.read(r)?;
        Ok(vui)
    }

    /// The same, with what stands before the first error.
    pub(super) fn parse_lenient(r: &mut BitReader<'_>) -> Self {
        let mut vui = Self::default();
        // What is wrong concerns nothing but hints; those that could be read are as good as any.
        let _ = vui.read(r);
        vui
    }

    fn read(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        let vui = self;
        if r.flag()? {
            let aspect_ratio_idc = r.u(8)? as u8;
            vui.sample_aspect_ratio = Some(if aspect_ratio_idc == EXTENDED_SAR {
                (r.u(16)? as u16, r.u(16)? as u16)
            } else {
                // Reserved values say as much as "unspecified".
                SAMPLE_ASPECT_RATIOS.get(usize::from(aspect_ratio_idc)).copied().unwrap_or((0, 0))
            });
        }
        if r.flag()? {
            vui.overscan_appropriate = Some(r.flag()?);
        }
        if r.flag()? {
            vui.video_format = Some(r.u(3)? as u8);
            vui.video_full_range_flag = r.flag()?;
            if r.flag()? {
                vui.colour_description = Some((r.u(8)? as u8, r.u(8)? as u8, r.u(8)? as u8));
            }
        }
        if r.flag()? {
            vui.chroma_sample_loc_type = Some((chroma_loc(r)?, chroma_loc(r)?));
        }
        if r.flag()? {
            vui.timing = Some((r.u(32)?, r.u(32)?, r.flag()?));
        }
        if r.flag()? {
            vui.nal_hrd = Some(HrdParameters::parse(r)?);
        }
        if r.flag()? {
            vui.vcl_hrd = Some(HrdParameters::parse(r)?);
        }
        if vui.nal_hrd.is_some() || vui.vcl_hrd.is_some() {
            vui.low_delay_hrd_flag = r.flag()?;
        }
        vui.pic_struct_present_flag = r.flag()?;
        if r.flag()? {
            vui.bitstream_restriction = Some(BitstreamRestriction::parse(r)?);
        }
        Ok(())
    }
}

fn chroma_loc(r: &mut BitReader<'_>) -> Result<u8> {
    match r.ue()? {
        v @ 0..=5 => Ok(v as u8),
        _ => Err(r.invalid("chroma_sample_loc_type")),
    }
}

impl BitstreamRestriction {
    fn parse(r: &mut BitReader<'_>) -> Result<Self> {
        let motion_vectors_over_pic_boundaries_flag = r.flag()?;
        let mut at_most = |field, max: u32| match r.ue()? {
            v if v <= max => Ok(v as u8),
            _ => Err(r.invalid(field)),
        };
        Ok(Self {
            motion_vectors_over_pic_boundaries_flag,
            max_bytes_per_pic_denom: at_most("max_bytes_per_pic_denom", 16)?,
            max_bits_per_mb_denom: at_most("max_bits_per_mb_denom", 16)?,
            log2_max_mv_length_horizontal: at_most("log2_max_mv_length_horizontal", 16)?,
            log2_max_mv_length_vertical: at_most("log2_max_mv_length_vertical", 16)?,
            max_num_reorder_frames: at_most("max_num_reorder_frames", 16)?,
            max_dec_frame_buffering: at_most("max_dec_frame_buffering", 16)?,
        })
    }
}

impl HrdParameters {
    /// Reads `hrd_parameters()`, E.1.2.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for `cpb_cnt_minus1`.
    pub fn parse(r: &mut BitReader<'_>) -> Result<Self> {
        let cpb_cnt_minus1 = r.ue()?;
        if cpb_cnt_minus1 > 31 {
            return Err(r.invalid("cpb_cnt_minus1"));
        }
        let mut hrd = Self { bit_rate_scale: r.u(4)? as u8, cpb_size_scale: r.u(4)? as u8, ..Self::default() };
        for _ in 0..=cpb_cnt_minus1 {
            hrd.cpbs.push((r.ue()?, r.ue()?, r.flag()?));
        }
        hrd.initial_cpb_removal_delay_length = r.u(5)? as u8 + 1;
        hrd.cpb_removal_delay_length = r.u(5)? as u8 + 1;
        hrd.dpb_output_delay_length = r.u(5)? as u8 + 1;
        hrd.time_offset_length = r.u(5)? as u8;
        Ok(hrd)
    }
}
