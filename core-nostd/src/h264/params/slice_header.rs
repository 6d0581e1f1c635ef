//! Slice header, clause 7.3.3.

use super::pps::in_range;
use super::sps::at_most;
use super::{Pps, Sps};
use crate::bits::BitReader;
use crate::error::Result;
use crate::h264::dec::picture::Structure;
use crate::h264::nal::{NalHeader, nal_type};
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
    /// `slice_group_change_cycle`.
    pub slice_group_change_cycle: u32,
}

impl SliceType {
    /// Table 7-6; values 5 to 9 say that all slices of the picture have the same type.
    fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 | 5 => Self::P,
            1 | 6 => Self::B,
            2 | 7 => Self::I,
            3 | 8 => Self::SP,
            4 | 9 => Self::SI,
            _ => return None,
        })
    }
    /// Whether the slice is an I or SI slice, which refers to no other picture.
    pub fn is_intra(self) -> bool {
        matches!(self, Self::I | Self::SI)
    }
}

impl Default for SliceHeader {
    /// A header of zeros, to be parsed into.
    fn default() -> Self {
        Self {
            nal_ref_idc: 0,
            nal_unit_type: nal_type::SLICE,
            first_mb_in_slice: 0,
            slice_type: SliceType::I,
            pic_parameter_set_id: 0,
            colour_plane_id: 0,
            frame_num: 0,
            field_pic_flag: false,
            bottom_field_flag: false,
            idr_pic_id: 0,
            pic_order_cnt_lsb: 0,
            delta_pic_order_cnt_bottom: 0,
            delta_pic_order_cnt: [0; 2],
            redundant_pic_cnt: 0,
            direct_spatial_mv_pred_flag: false,
            num_ref_idx_active: [0; 2],
            ref_pic_list_modification: [Vec::new(), Vec::new()],
            pred_weight_table: None,
            dec_ref_pic_marking: None,
            cabac_init_idc: 0,
            slice_qp: 0,
            sp_for_switch_flag: false,
            slice_qs: 0,
            disable_deblocking_filter_idc: 0,
            filter_offset_a: 0,
            filter_offset_b: 0,
            slice_group_change_cycle: 0,
        }
    }
}

/// Memory of what the last slice header had and this one has not: kept for the next that has it, so that a running decoder
/// does not allocate.
#[derive(Debug, Clone, Default)]
pub struct HeaderMemory {
    ops: Vec<Vec<Mmco>>,
    weights: Vec<PredWeightTable>,
}

impl SliceHeader {
    /// Whether the picture is a frame, a top field or a bottom field.
    pub(crate) fn structure(&self) -> Structure {
        if self.field_pic_flag { Structure::field(self.bottom_field_flag.into()) } else { Structure::Frame }
    }
    /// Place of the first macroblock in raster order; in an MBAFF frame, of the top macroblock of the first pair.
    pub(crate) fn first_mb_addr(&self, sps: &Sps) -> usize {
        let first = self.first_mb_in_slice as usize;
        if !sps.mb_adaptive_frame_field_flag || self.field_pic_flag {
            return first;
        }
        let width = usize::from(sps.pic_width_in_mbs);
        2 * width * (first / width) + first % width
    }
    /// `IdrPicFlag`.
    pub fn is_idr(&self) -> bool {
        self.nal_unit_type == nal_type::IDR
    }
    /// Whether `memory_management_control_operation` 5 is in the header.
    pub fn has_mmco5(&self) -> bool {
        matches!(&self.dec_ref_pic_marking, Some(DecRefPicMarking::Adaptive(ops)) if ops.contains(&Mmco::UnmarkAll))
    }

    /// Reads the `pic_parameter_set_id` of a slice, which says which parameter sets the rest is read with.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid`.
    pub fn parse_pps_id(rbsp: &[u8]) -> Result<u8> {
        let r = &mut BitReader::new(rbsp);
        r.ue()?;
        r.ue()?;
        Ok(at_most(r, "pic_parameter_set_id", 255)? as u8)
    }

    /// Reads a slice header from the start of the NAL unit's payload; `r` then stands at the slice data.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for an element out of range. `self` is then in an unspecified state.
    pub fn parse(&mut self, r: &mut BitReader<'_>, nal: NalHeader, sps: &Sps, pps: &Pps) -> Result<()> {
        self.parse_with(r, nal, sps, pps, &mut HeaderMemory::default())
    }

    /// The same, using the memory of the vectors of `self` and of `memory` again.
    ///
    /// # Errors
    /// As [`SliceHeader::parse`].
    pub fn parse_with(
        &mut self,
        r: &mut BitReader<'_>,
        nal: NalHeader,
        sps: &Sps,
        pps: &Pps,
        memory: &mut HeaderMemory,
    ) -> Result<()> {
        self.nal_ref_idc = nal.nal_ref_idc;
        self.nal_unit_type = nal.nal_unit_type;
        let pic_height_in_map_units = sps.frame_height_in_mbs();
        let frame_size = u32::from(sps.pic_width_in_mbs) * pic_height_in_map_units;
        self.first_mb_in_slice = at_most(r, "first_mb_in_slice", frame_size - 1)?;
        self.slice_type = SliceType::from_code(r.ue()?).ok_or(r.invalid("slice_type"))?;
        self.pic_parameter_set_id = at_most(r, "pic_parameter_set_id", 255)? as u8;
        self.colour_plane_id = if sps.separate_colour_plane_flag { r.u(2)? as u8 } else { 0 };
        self.frame_num = r.u(sps.log2_max_frame_num.into())?;
        (self.field_pic_flag, self.bottom_field_flag) = (false, false);
        if !sps.frame_mbs_only_flag {
            self.field_pic_flag = r.flag()?;
            if self.field_pic_flag {
                self.bottom_field_flag = r.flag()?;
            }
        }
        // In an MBAFF frame the address counts macroblock pairs; in a field it reaches half as far (7.4.3).
        let halved = self.field_pic_flag || sps.mb_adaptive_frame_field_flag;
        if self.first_mb_in_slice >= if halved { frame_size / 2 } else { frame_size } {
            return Err(r.invalid("first_mb_in_slice"));
        }
        self.idr_pic_id = if nal.is_idr() { at_most(r, "idr_pic_id", 65535)? } else { 0 };
        if nal.is_idr() && (nal.nal_ref_idc == 0 || self.frame_num != 0) {
            return Err(r.invalid(if nal.nal_ref_idc == 0 { "nal_ref_idc" } else { "frame_num" }));
        }
        self.parse_pic_order_cnt(r, sps, pps)?;
        self.redundant_pic_cnt =
            if pps.redundant_pic_cnt_present_flag { at_most(r, "redundant_pic_cnt", 127)? } else { 0 };
        self.direct_spatial_mv_pred_flag = self.slice_type == SliceType::B && r.flag()?;
        self.parse_num_ref_idx(r, pps)?;
        let lists = usize::from(!self.slice_type.is_intra()) + usize::from(self.slice_type == SliceType::B);
        for (i, list) in self.ref_pic_list_modification.iter_mut().enumerate() {
            list.clear();
            if i < lists {
                parse_modification(r, list, self.num_ref_idx_active[i])?;
            }
        }
        let explicit = match self.slice_type {
            SliceType::P | SliceType::SP => pps.weighted_pred_flag,
            SliceType::B => pps.weighted_bipred_idc == 1,
            _ => false,
        };
        if let Some(table) = self.pred_weight_table.take() {
            memory.weights.push(table);
        }
        if explicit {
            let mut table = memory.weights.pop().unwrap_or_default();
            table.parse(r, sps.chroma_array_type() != 0, self.num_ref_idx_active)?;
            self.pred_weight_table = Some(table);
        }
        if let Some(DecRefPicMarking::Adaptive(ops)) = self.dec_ref_pic_marking.take() {
            memory.ops.push(ops);
        }
        self.parse_marking(r, nal, &mut memory.ops)?;
        self.cabac_init_idc = 0;
        if pps.entropy_coding_mode_flag && !self.slice_type.is_intra() {
            self.cabac_init_idc = at_most(r, "cabac_init_idc", 2)? as u8;
        }
        self.parse_quantisation(r, sps, pps)?;
        (self.disable_deblocking_filter_idc, self.filter_offset_a, self.filter_offset_b) = (0, 0, 0);
        if pps.deblocking_filter_control_present_flag {
            self.disable_deblocking_filter_idc = at_most(r, "disable_deblocking_filter_idc", 2)? as u8;
            if self.disable_deblocking_filter_idc != 1 {
                self.filter_offset_a = 2 * in_range(r, "slice_alpha_c0_offset_div2", -6, 6)? as i8;
                self.filter_offset_b = 2 * in_range(r, "slice_beta_offset_div2", -6, 6)? as i8;
            }
        }
        let bits = pps.slice_groups.as_ref().and_then(|groups| groups.change_cycle_bits(sps));
        self.slice_group_change_cycle = bits.map_or(Ok(0), |n| r.u(n))?;
        Ok(())
    }

    fn parse_pic_order_cnt(&mut self, r: &mut BitReader<'_>, sps: &Sps, pps: &Pps) -> Result<()> {
        let bottom = pps.bottom_field_pic_order_in_frame_present_flag && !self.field_pic_flag;
        (self.pic_order_cnt_lsb, self.delta_pic_order_cnt_bottom, self.delta_pic_order_cnt) = (0, 0, [0; 2]);
        if sps.pic_order_cnt_type == 0 {
            self.pic_order_cnt_lsb = r.u(sps.log2_max_pic_order_cnt_lsb.into())?;
            if bottom {
                self.delta_pic_order_cnt_bottom = r.se()?;
            }
        }
        if sps.pic_order_cnt_type == 1 && !sps.delta_pic_order_always_zero_flag {
            self.delta_pic_order_cnt[0] = r.se()?;
            if bottom {
                self.delta_pic_order_cnt[1] = r.se()?;
            }
        }
        Ok(())
    }

    fn parse_num_ref_idx(&mut self, r: &mut BitReader<'_>, pps: &Pps) -> Result<()> {
        self.num_ref_idx_active = [0; 2];
        if self.slice_type.is_intra() {
            return Ok(());
        }
        let lists = if self.slice_type == SliceType::B { 2 } else { 1 };
        self.num_ref_idx_active[..lists].copy_from_slice(&pps.num_ref_idx_default_active[..lists]);
        let max = if self.field_pic_flag { 32 } else { 16 };
        if r.flag()? {
            for (n, field) in self.num_ref_idx_active[..lists]
                .iter_mut()
                .zip(["num_ref_idx_l0_active_minus1", "num_ref_idx_l1_active_minus1"])
            {
                *n = 1 + at_most(r, field, max - 1)? as u8;
            }
        }
        if self.num_ref_idx_active.iter().any(|&n| u32::from(n) > max) {
            return Err(r.invalid("num_ref_idx_active_minus1"));
        }
        Ok(())
    }

    fn parse_marking(&mut self, r: &mut BitReader<'_>, nal: NalHeader, memory: &mut Vec<Vec<Mmco>>) -> Result<()> {
        if nal.nal_ref_idc == 0 {
            return Ok(());
        }
        self.dec_ref_pic_marking = Some(if nal.is_idr() {
            DecRefPicMarking::Idr { no_output_of_prior_pics_flag: r.flag()?, long_term_reference_flag: r.flag()? }
        } else if r.flag()? {
            let mut ops = memory.pop().unwrap_or_default();
            ops.clear();
            parse_mmco(r, &mut ops)?;
            DecRefPicMarking::Adaptive(ops)
        } else {
            DecRefPicMarking::SlidingWindow
        });
        Ok(())
    }

    fn parse_quantisation(&mut self, r: &mut BitReader<'_>, sps: &Sps, pps: &Pps) -> Result<()> {
        let qp_bd_offset = 6 * (i32::from(sps.bit_depth_luma) - 8);
        let in_qp_range = |r: &BitReader<'_>, field, init: i8, delta: i32, min: i32| {
            let qp = i32::from(init).checked_add(delta).filter(|qp| (min..=51).contains(qp));
            qp.map(|qp| qp as i8).ok_or(r.invalid(field))
        };
        let slice_qp_delta = r.se()?;
        self.slice_qp = in_qp_range(r, "slice_qp_delta", pps.pic_init_qp, slice_qp_delta, -qp_bd_offset)?;
        (self.sp_for_switch_flag, self.slice_qs) = (false, pps.pic_init_qs);
        if matches!(self.slice_type, SliceType::SP | SliceType::SI) {
            self.sp_for_switch_flag = self.slice_type == SliceType::SP && r.flag()?;
            let slice_qs_delta = r.se()?;
            self.slice_qs = in_qp_range(r, "slice_qs_delta", pps.pic_init_qs, slice_qs_delta, 0)?;
        }
        Ok(())
    }
}

/// `ref_pic_list_modification()` of one list, 7.3.3.1. A list of n entries takes at most n modifications: more would
/// have no effect.
fn parse_modification(r: &mut BitReader<'_>, list: &mut Vec<RefPicListModification>, active: u8) -> Result<()> {
    if !r.flag()? {
        return Ok(());
    }
    loop {
        list.push(match r.ue()? {
            0 => RefPicListModification::SubtractPicNum(plus1(r, "abs_diff_pic_num_minus1")?),
            1 => RefPicListModification::AddPicNum(plus1(r, "abs_diff_pic_num_minus1")?),
            2 => RefPicListModification::LongTermPicNum(r.ue()?),
            3 => return Ok(()),
            _ => return Err(r.invalid("modification_of_pic_nums_idc")),
        });
        if list.len() > usize::from(active) {
            return Err(r.invalid("modification_of_pic_nums_idc"));
        }
    }
}

/// `ue(v)` + 1 of an element that is bounded by `MaxPicNum`, 2^17 at most.
fn plus1(r: &mut BitReader<'_>, field: &'static str) -> Result<u32> {
    Ok(1 + at_most(r, field, (1 << 17) - 1)?)
}

/// The loop of `memory_management_control_operation`, 7.3.3.3.
fn parse_mmco(r: &mut BitReader<'_>, ops: &mut Vec<Mmco>) -> Result<()> {
    /// Every operation names another field or frame; two for each of 32 fields, and the single ones.
    const MAX_OPERATIONS: usize = 66;
    loop {
        ops.push(match r.ue()? {
            0 => return Ok(()),
            1 => Mmco::UnmarkShortTerm(plus1(r, "difference_of_pic_nums_minus1")?),
            2 => Mmco::UnmarkLongTerm(r.ue()?),
            3 => {
                Mmco::AssignLongTerm(plus1(r, "difference_of_pic_nums_minus1")?, at_most(r, "long_term_frame_idx", 15)?)
            }
            4 => Mmco::MaxLongTermFrameIdx(at_most(r, "max_long_term_frame_idx_plus1", 16)?),
            5 => Mmco::UnmarkAll,
            6 => Mmco::CurrentLongTerm(at_most(r, "long_term_frame_idx", 15)?),
            _ => return Err(r.invalid("memory_management_control_operation")),
        });
        if ops.len() > MAX_OPERATIONS {
            return Err(r.invalid("memory_management_control_operation"));
        }
    }
}

impl PredWeightTable {
    /// Reads `pred_weight_table()`, 7.3.3.2; `num_ref_idx_active` of list 1 is 0 in P slices.
    fn parse(&mut self, r: &mut BitReader<'_>, chroma: bool, num_ref_idx_active: [u8; 2]) -> Result<()> {
        self.luma_log2_weight_denom = at_most(r, "luma_log2_weight_denom", 7)? as u8;
        self.chroma_log2_weight_denom = if chroma { at_most(r, "chroma_log2_weight_denom", 7)? as u8 } else { 0 };
        let (luma, chroma_default) = (1i16 << self.luma_log2_weight_denom, 1i16 << self.chroma_log2_weight_denom);
        for (entries, n) in self.entries.iter_mut().zip(num_ref_idx_active) {
            entries.clear();
            for _ in 0..n {
                let mut e = WeightEntry { weight: [luma, chroma_default, chroma_default], offset: [0; 3] };
                if r.flag()? {
                    e.weight[0] = in_range(r, "luma_weight", -128, 127)? as i16;
                    e.offset[0] = in_range(r, "luma_offset", -128, 127)? as i16;
                }
                if chroma && r.flag()? {
                    for c in 1..3 {
                        e.weight[c] = in_range(r, "chroma_weight", -128, 127)? as i16;
                        e.offset[c] = in_range(r, "chroma_offset", -128, 127)? as i16;
                    }
                }
                entries.push(e);
            }
        }
        Ok(())
    }
}
