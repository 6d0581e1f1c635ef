//! Sequence parameter set, clause 7.3.2.1.1.

use super::Vui;
use crate::bits::BitReader;
use crate::error::{Error, Result};
use crate::picture::{ChromaFormat, PictureFormat, Rect};
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

impl Sps {
    /// Reads `seq_parameter_set_rbsp()` (the payload without the NAL header, emulation prevention removed).
    /// What this crate cannot decode is still parsed: see [`crate::h264::Decoder`] for what it refuses.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for an element out of range. Of a VUI that is cut off
    /// or broken what stands before that place is kept, for there are writers that break it and nothing in it is
    /// needed to decode.
    pub fn parse(rbsp: &[u8]) -> Result<Self> {
        let r = &mut BitReader::new(rbsp);
        let (profile_idc, constraint_flags, level_idc) = (r.u(8)? as u8, r.u(8)? as u8, r.u(8)? as u8);
        let mut sps = Self {
            profile_idc,
            constraint_flags,
            level_idc,
            seq_parameter_set_id: at_most(r, "seq_parameter_set_id", 31)? as u8,
            chroma_format_idc: 1,
            separate_colour_plane_flag: false,
            bit_depth_luma: 8,
            bit_depth_chroma: 8,
            qpprime_y_zero_transform_bypass_flag: false,
            scaling_lists: None,
            log2_max_frame_num: 0,
            pic_order_cnt_type: 0,
            log2_max_pic_order_cnt_lsb: 4,
            delta_pic_order_always_zero_flag: false,
            offset_for_non_ref_pic: 0,
            offset_for_top_to_bottom_field: 0,
            offset_for_ref_frame: Vec::new(),
            max_num_ref_frames: 0,
            gaps_in_frame_num_value_allowed_flag: false,
            pic_width_in_mbs: 0,
            pic_height_in_map_units: 0,
            frame_mbs_only_flag: true,
            mb_adaptive_frame_field_flag: false,
            direct_8x8_inference_flag: false,
            frame_crop: [0; 4],
            vui: None,
        };
        if sps.has_chroma_info() {
            sps.chroma_format_idc = at_most(r, "chroma_format_idc", 3)? as u8;
            if sps.chroma_format_idc == 3 {
                sps.separate_colour_plane_flag = r.flag()?;
            }
            sps.bit_depth_luma = 8 + at_most(r, "bit_depth_luma_minus8", 6)? as u8;
            sps.bit_depth_chroma = 8 + at_most(r, "bit_depth_chroma_minus8", 6)? as u8;
            sps.qpprime_y_zero_transform_bypass_flag = r.flag()?;
            if r.flag()? {
                let lists_8x8 = if sps.chroma_format_idc == 3 { 6 } else { 2 };
                sps.scaling_lists = Some(ScalingLists::parse(r, lists_8x8, &ScalingLists::DEFAULT)?);
            }
        }
        sps.log2_max_frame_num = 4 + at_most(r, "log2_max_frame_num_minus4", 12)? as u8;
        sps.pic_order_cnt_type = at_most(r, "pic_order_cnt_type", 2)? as u8;
        match sps.pic_order_cnt_type {
            0 => sps.log2_max_pic_order_cnt_lsb = 4 + at_most(r, "log2_max_pic_order_cnt_lsb_minus4", 12)? as u8,
            1 => {
                sps.delta_pic_order_always_zero_flag = r.flag()?;
                sps.offset_for_non_ref_pic = r.se()?;
                sps.offset_for_top_to_bottom_field = r.se()?;
                let cycle = at_most(r, "num_ref_frames_in_pic_order_cnt_cycle", 255)?;
                for _ in 0..cycle {
                    sps.offset_for_ref_frame.push(r.se()?);
                }
            }
            _ => {}
        }
        sps.max_num_ref_frames = at_most(r, "max_num_ref_frames", 16)? as u8;
        sps.gaps_in_frame_num_value_allowed_flag = r.flag()?;
        sps.pic_width_in_mbs = 1 + at_most(r, "pic_width_in_mbs_minus1", MAX_SIDE_IN_MBS - 1)? as u16;
        sps.pic_height_in_map_units = 1 + at_most(r, "pic_height_in_map_units_minus1", MAX_SIDE_IN_MBS - 1)? as u16;
        sps.frame_mbs_only_flag = r.flag()?;
        if !sps.frame_mbs_only_flag {
            sps.mb_adaptive_frame_field_flag = r.flag()?;
        }
        sps.direct_8x8_inference_flag = r.flag()?;
        if !sps.frame_mbs_only_flag && !sps.direct_8x8_inference_flag {
            return Err(r.invalid("direct_8x8_inference_flag"));
        }
        if r.flag()? {
            for offset in &mut sps.frame_crop {
                *offset = at_most(r, "frame_crop_offset", u32::from(u16::MAX))? as u16;
            }
            if sps.crop_rect().is_none() {
                return Err(r.invalid("frame_crop_offset"));
            }
        }
        if r.flag()? {
            sps.vui = Some(Vui::parse_lenient(r));
        }
        Ok(sps)
    }

    /// Whether `chroma_format_idc` and what follows it is in the bitstream for this `profile_idc`.
    pub fn has_chroma_info(&self) -> bool {
        matches!(self.profile_idc, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135)
    }
    /// Whether pictures of one decode as pictures of the other: they differ in nothing but what is said about profile, level
    /// and how to show them.
    pub(crate) fn decodes_like(&self, other: &Self) -> bool {
        let bare = |sps: &Self| Self { vui: None, profile_idc: 0, constraint_flags: 0, level_idc: 0, ..sps.clone() };
        bare(self) == bare(other)
    }
    /// `constraint_set3_flag`.
    pub fn constraint_set3_flag(&self) -> bool {
        self.constraint_flags & 0x10 != 0
    }
    /// Whether pictures are in the format of the first version of the standard: 8 bits, 4:2:0 or (not there either) monochrome, and
    /// never without a transform.
    pub(crate) fn is_version_1(&self) -> bool {
        self.chroma_format_idc <= 1
            && (self.bit_depth_luma, self.bit_depth_chroma) == (8, 8)
            && !self.qpprime_y_zero_transform_bypass_flag
    }
    /// `ChromaArrayType`.
    pub fn chroma_array_type(&self) -> u8 {
        if self.separate_colour_plane_flag { 0 } else { self.chroma_format_idc }
    }
    /// `MaxFrameNum`.
    pub fn max_frame_num(&self) -> u32 {
        1 << self.log2_max_frame_num
    }
    /// `FrameHeightInMbs`, 7-18.
    pub fn frame_height_in_mbs(&self) -> u32 {
        (2 - u32::from(self.frame_mbs_only_flag)) * u32::from(self.pic_height_in_map_units)
    }
    /// Coded width in luma samples.
    pub fn width(&self) -> u32 {
        u32::from(self.pic_width_in_mbs) * 16
    }
    /// Coded height of a frame in luma samples.
    pub fn height(&self) -> u32 {
        self.frame_height_in_mbs() * 16
    }
    /// What the samples are.
    pub fn format(&self) -> PictureFormat {
        let chroma = match self.chroma_format_idc {
            0 => ChromaFormat::Monochrome,
            1 => ChromaFormat::Yuv420,
            2 => ChromaFormat::Yuv422,
            _ => ChromaFormat::Yuv444,
        };
        PictureFormat { chroma, bit_depth_luma: self.bit_depth_luma, bit_depth_chroma: self.bit_depth_chroma }
    }
    /// The format that pictures are decoded to: monochrome comes out with grey 4:2:0 chroma of the same depth, and
    /// planes that are coded apart all have the depth of luma (7.4.2.1.1).
    pub(crate) fn decoded_format(&self) -> PictureFormat {
        let mut format = self.format();
        if format.chroma == ChromaFormat::Monochrome {
            format.chroma = ChromaFormat::Yuv420;
        }
        if self.chroma_array_type() == 0 {
            format.bit_depth_chroma = format.bit_depth_luma;
        }
        format
    }
    /// The frame cropping rectangle in luma samples (7-19 to 7-22), or `None` if it is empty.
    pub fn crop_rect(&self) -> Option<Rect> {
        let (sx, sy) = if self.chroma_array_type() == 0 { (0, 0) } else { self.format().chroma.shifts() };
        let unit_x = 1u32 << sx;
        let unit_y = (1u32 << sy) * (2 - u32::from(self.frame_mbs_only_flag));
        let [left, right, top, bottom] = self.frame_crop.map(u32::from);
        let width = self.width().checked_sub((left + right) * unit_x)?;
        let height = self.height().checked_sub((top + bottom) * unit_y)?;
        (width > 0 && height > 0).then_some(Rect { x: left * unit_x, y: top * unit_y, width, height })
    }
    /// `MaxDpbFrames`, A.3.1 and A.3.2, from the level and the frame size.
    pub fn max_dpb_frames(&self) -> u32 {
        let frame_size_in_mbs = u32::from(self.pic_width_in_mbs) * self.frame_height_in_mbs();
        (max_dpb_mbs(self.level_idc, self.is_level_1b()) / frame_size_in_mbs).min(16)
    }
    /// Level 1b is signalled as level 1.1 with `constraint_set3_flag` in the profiles of version 1, A.3.4.1.
    pub fn is_level_1b(&self) -> bool {
        self.level_idc == 9
            || self.level_idc == 11 && matches!(self.profile_idc, 66 | 77 | 88) && self.constraint_set3_flag()
    }
    /// Whether all pictures are intra by profile, so that nothing is reordered or kept (E.2.1, inference of
    /// `max_num_reorder_frames` and `max_dec_frame_buffering`).
    fn is_intra_profile(&self) -> bool {
        matches!(self.profile_idc, 44 | 86 | 100 | 110 | 122 | 244) && self.constraint_set3_flag()
    }
    /// Size of the decoded picture buffer in frames: `max_dec_frame_buffering`, or what the level allows without
    /// it; never below what the references need.
    pub fn dpb_frames(&self) -> u32 {
        let restriction = self.vui.as_ref().and_then(|v| v.bitstream_restriction);
        let frames = match restriction {
            Some(b) => u32::from(b.max_dec_frame_buffering),
            None if self.is_intra_profile() => 0,
            None => self.max_dpb_frames(),
        };
        frames.max(u32::from(self.max_num_ref_frames))
    }
    /// `max_num_reorder_frames`: how many frames may precede a frame in decoding order and follow it in output
    /// order. Bounded by [`Sps::dpb_frames`].
    pub fn num_reorder_frames(&self) -> u32 {
        let restriction = self.vui.as_ref().and_then(|v| v.bitstream_restriction);
        let frames = match restriction {
            _ if self.pic_order_cnt_type == 2 => 0,
            Some(b) => u32::from(b.max_num_reorder_frames),
            None => self.dpb_frames(),
        };
        frames.min(self.dpb_frames())
    }
}

/// Sides above this (65536 samples) are in no level.
const MAX_SIDE_IN_MBS: u32 = 4096;

/// `ue(v)` of at most `max`.
pub(super) fn at_most(r: &mut BitReader<'_>, field: &'static str, max: u32) -> Result<u32> {
    let start = r.position();
    match r.ue()? {
        v if v <= max => Ok(v),
        _ => Err(Error::invalid(field).at_bit(start as u64)),
    }
}

/// `MaxDpbMbs` of table A-1. An unknown level counts as the next one above that is known.
fn max_dpb_mbs(level_idc: u8, level_1b: bool) -> u32 {
    if level_1b {
        return 396;
    }
    match level_idc {
        0..=10 => 396,
        11 => 900,
        12..=20 => 2376,
        21 => 4752,
        22..=30 => 8100,
        31 => 18000,
        32 => 20480,
        33..=41 => 32768,
        42 => 34816,
        43..=50 => 110_400,
        51..=52 => 184_320,
        _ => 696_320,
    }
}
