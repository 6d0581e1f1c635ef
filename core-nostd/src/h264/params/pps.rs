//! Picture parameter set, clause 7.3.2.2.

use super::sps::at_most;
use super::{ScalingLists, SliceGroups, Sps};
use crate::bits::BitReader;
use crate::error::{Error, Result};

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
    /// The slice groups, `None` if there is but one.
    pub slice_groups: Option<SliceGroups>,
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

/// The two ids at the start of a picture parameter set: what can be read before its sequence parameter set is known.
///
/// # Errors
/// `UnexpectedEnd`, or `Invalid` for an id out of range.
pub fn parse_ids(rbsp: &[u8]) -> Result<(u8, u8)> {
    let r = &mut BitReader::new(rbsp);
    Ok((at_most(r, "pic_parameter_set_id", 255)? as u8, at_most(r, "seq_parameter_set_id", 31)? as u8))
}

impl Pps {
    /// Reads `pic_parameter_set_rbsp()` (the payload without the NAL header, emulation prevention removed), which
    /// refers to `sps`.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for an element out of range.
    pub fn parse(rbsp: &[u8], sps: &Sps) -> Result<Self> {
        let r = &mut BitReader::new(rbsp);
        let (pic_parameter_set_id, seq_parameter_set_id) = parse_ids(rbsp)?;
        r.ue()?;
        r.ue()?;
        let entropy_coding_mode_flag = r.flag()?;
        let bottom_field_pic_order_in_frame_present_flag = r.flag()?;
        let slice_groups = SliceGroups::parse(r, sps)?;
        let num_ref_idx_default_active = [
            1 + at_most(r, "num_ref_idx_l0_default_active_minus1", 31)? as u8,
            1 + at_most(r, "num_ref_idx_l1_default_active_minus1", 31)? as u8,
        ];
        let weighted_pred_flag = r.flag()?;
        let weighted_bipred_idc = r.u(2)? as u8;
        if weighted_bipred_idc > 2 {
            return Err(r.invalid("weighted_bipred_idc"));
        }
        let qp_bd_offset = 6 * (i32::from(sps.bit_depth_luma) - 8);
        let pic_init_qp = 26 + in_range(r, "pic_init_qp_minus26", -26 - qp_bd_offset, 25)? as i8;
        let pic_init_qs = 26 + in_range(r, "pic_init_qs_minus26", -26, 25)? as i8;
        let first_offset = in_range(r, "chroma_qp_index_offset", -12, 12)? as i8;
        let mut pps = Self {
            pic_parameter_set_id,
            seq_parameter_set_id,
            entropy_coding_mode_flag,
            bottom_field_pic_order_in_frame_present_flag,
            slice_groups,
            num_ref_idx_default_active,
            weighted_pred_flag,
            weighted_bipred_idc,
            pic_init_qp,
            pic_init_qs,
            chroma_qp_index_offset: [first_offset; 2],
            deblocking_filter_control_present_flag: r.flag()?,
            constrained_intra_pred_flag: r.flag()?,
            redundant_pic_cnt_present_flag: r.flag()?,
            transform_8x8_mode_flag: false,
            scaling_lists: sps.scaling_lists.clone().unwrap_or(ScalingLists::FLAT),
        };
        if r.more_rbsp_data() {
            pps.transform_8x8_mode_flag = r.flag()?;
            if r.flag()? {
                let lists_8x8 = match (pps.transform_8x8_mode_flag, sps.chroma_format_idc) {
                    (false, _) => 0,
                    (true, 3) => 6,
                    (true, _) => 2,
                };
                let fall_back = sps.scaling_lists.as_ref().unwrap_or(&ScalingLists::DEFAULT);
                pps.scaling_lists = ScalingLists::parse(r, lists_8x8, fall_back)?;
            }
            pps.chroma_qp_index_offset[1] = in_range(r, "second_chroma_qp_index_offset", -12, 12)? as i8;
        }
        Ok(pps)
    }
}

/// `se(v)` from `min` to `max`.
pub(super) fn in_range(r: &mut BitReader<'_>, field: &'static str, min: i32, max: i32) -> Result<i32> {
    let start = r.position();
    match r.se()? {
        v if (min..=max).contains(&v) => Ok(v),
        _ => Err(Error::invalid(field).at_bit(start as u64)),
    }
}
