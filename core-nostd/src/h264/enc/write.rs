//! Parameter sets, slice headers and NAL units of the encoder's streams.

use super::config::{Direct, EncoderConfig, Profile, StreamFormat};
use super::frame::FrameKind;
use super::hrd;
use super::presets::Tools;
use super::residual::CHROMA_QP_OFFSET;
use crate::bits::BitWriter;
use crate::h264::nal::{NalHeader, escape, nal_type};
use crate::h264::params::vui::BitstreamRestriction;
use crate::h264::params::{DecRefPicMarking, Pps, ScalingLists, SliceHeader, SliceType, Sps, Vui};
use alloc::vec::Vec;

/// The parameter sets of a stream.
#[derive(Debug, Clone)]
pub(super) struct Headers {
    pub sps: Sps,
    pub pps: Pps,
    /// Whole NAL units.
    pub sps_unit: Vec<u8>,
    pub pps_unit: Vec<u8>,
}

/// Greatest common divisor.
const fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// `num_units_in_tick` and `time_scale` (two ticks a frame), if the rate can be said in 32 bits.
fn timing((num, den): (u32, u32)) -> Option<(u32, u32, bool)> {
    let (scale, units) = (2 * u64::from(num), u64::from(den));
    let d = gcd(scale, units);
    let (scale, units) = (u32::try_from(scale / d).ok()?, u32::try_from(units / d).ok()?);
    // The times of pictures are the container's business: the rate is not promised to be fixed.
    Some((units, scale, false))
}

/// Whether the stream can tell this frame rate.
pub(super) fn says_rate(frame_rate: (u32, u32)) -> bool {
    timing(frame_rate).is_some()
}

/// By how many pictures at most decoding order runs ahead of output order.
pub(super) fn reordered(tools: &Tools) -> u8 {
    u8::from(tools.b_frames > 0) + u8::from(tools.b_pyramid)
}

impl Headers {
    /// Those of `config`, whose level is `level_idc`.
    pub(super) fn new(config: &EncoderConfig, level_idc: u8, tools: &Tools) -> Self {
        let (w, h) = config.size_in_mbs();
        let info = config.vui;
        let nal_hrd = hrd::parameters(config);
        // The buffer's times are counted in ticks of the rate that it is kept by.
        let told = match nal_hrd {
            Some(_) => Some(config.frame_rate),
            None => config.timing_info.then(|| info.frame_rate.unwrap_or(config.frame_rate)),
        };
        let vui = Vui {
            sample_aspect_ratio: info.sample_aspect_ratio,
            video_format: info.video_format,
            video_full_range_flag: info.full_range,
            colour_description: info.colour.map(|c| (c.primaries, c.transfer, c.matrix)),
            chroma_sample_loc_type: info.chroma_location.map(|l| (l, l)),
            timing: told.and_then(timing),
            nal_hrd,
            bitstream_restriction: Some(BitstreamRestriction {
                motion_vectors_over_pic_boundaries_flag: true,
                max_bytes_per_pic_denom: 0,
                max_bits_per_mb_denom: 0,
                log2_max_mv_length_horizontal: 13,
                log2_max_mv_length_vertical: 13,
                max_num_reorder_frames: reordered(tools),
                max_dec_frame_buffering: tools.dpb_frames,
            }),
            ..Vui::default()
        };
        let (profile_idc, constraint_flags) = match config.profile() {
            // constraint_set0_flag and constraint_set1_flag: Constrained Baseline.
            Profile::Baseline => (66, 0xc0),
            Profile::Main => (77, 0x40),
            Profile::High => (100, 0),
        };
        // Crop units are two samples: an odd size keeps one more.
        let crop = |size: u32, mbs: usize| (mbs as u32 * 8 - size.div_ceil(2)) as u16;
        let sps = Sps {
            profile_idc,
            constraint_flags,
            level_idc,
            seq_parameter_set_id: 0,
            chroma_format_idc: 1,
            separate_colour_plane_flag: false,
            bit_depth_luma: 8,
            bit_depth_chroma: 8,
            qpprime_y_zero_transform_bypass_flag: false,
            scaling_lists: None,
            log2_max_frame_num: 8,
            // Where output order is decoding order, no counts are sent.
            pic_order_cnt_type: if tools.b_frames > 0 { 0 } else { 2 },
            // Counts go up by two, and differ by at most twice 17 from one picture to the next.
            log2_max_pic_order_cnt_lsb: 8,
            delta_pic_order_always_zero_flag: false,
            offset_for_non_ref_pic: 0,
            offset_for_top_to_bottom_field: 0,
            offset_for_ref_frame: Vec::new(),
            max_num_ref_frames: tools.dpb_frames,
            gaps_in_frame_num_value_allowed_flag: false,
            pic_width_in_mbs: w as u16,
            pic_height_in_map_units: h as u16,
            frame_mbs_only_flag: true,
            mb_adaptive_frame_field_flag: false,
            direct_8x8_inference_flag: true,
            frame_crop: [0, crop(config.width, w), 0, crop(config.height, h)],
            vui: Some(vui),
        };
        let pps = Pps {
            pic_parameter_set_id: 0,
            seq_parameter_set_id: 0,
            entropy_coding_mode_flag: config.cabac,
            bottom_field_pic_order_in_frame_present_flag: false,
            slice_groups: None,
            num_ref_idx_default_active: [tools.references, 1],
            weighted_pred_flag: tools.weight_p > 0,
            weighted_bipred_idc: if tools.b_frames > 0 && config.weight_b { 2 } else { 0 },
            pic_init_qp: 26,
            pic_init_qs: 26,
            chroma_qp_index_offset: [CHROMA_QP_OFFSET; 2],
            deblocking_filter_control_present_flag: true,
            constrained_intra_pred_flag: false,
            redundant_pic_cnt_present_flag: false,
            transform_8x8_mode_flag: config.transform_8x8,
            scaling_lists: ScalingLists::FLAT,
        };
        let mut w = BitWriter::new();
        sps.write(&mut w);
        let sps_unit = unit(nal_type::SPS, &w.into_bytes());
        let mut w = BitWriter::new();
        pps.write(&mut w, &sps);
        let pps_unit = unit(nal_type::PPS, &w.into_bytes());
        Self { sps, pps, sps_unit, pps_unit }
    }

    /// `AVCDecoderConfigurationRecord`, ISO/IEC 14496-15 5.3.3.1, with four-byte lengths.
    pub(super) fn avcc(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.sps_unit.len() + self.pps_unit.len() + 16);
        out.extend([1, self.sps.profile_idc, self.sps.constraint_flags, self.sps.level_idc, 0xff, 0xe1]);
        let sized = |out: &mut Vec<u8>, unit: &[u8]| {
            out.extend((unit.len() as u16).to_be_bytes());
            out.extend_from_slice(unit);
        };
        sized(&mut out, &self.sps_unit);
        out.push(1);
        sized(&mut out, &self.pps_unit);
        if self.sps.profile_idc == 100 {
            // chroma_format, bit depths, no extensions; reserved bits are ones.
            out.extend([0xfc | self.sps.chroma_format_idc, 0xf8, 0xf8, 0]);
        }
        out
    }

    /// What all slice headers have in common.
    pub(super) fn slice_template(&self, config: &EncoderConfig) -> SliceHeader {
        let [offset_a, offset_b] = config.deblock_offsets.unwrap_or_default();
        SliceHeader {
            nal_ref_idc: 3,
            nal_unit_type: nal_type::IDR,
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
            direct_spatial_mv_pred_flag: config.direct == Direct::Spatial,
            num_ref_idx_active: [0; 2],
            ref_pic_list_modification: [Vec::with_capacity(16), Vec::new()],
            pred_weight_table: None,
            dec_ref_pic_marking: None,
            cabac_init_idc: 0,
            slice_qp: 26,
            sp_for_switch_flag: false,
            slice_qs: 26,
            disable_deblocking_filter_idc: u8::from(!config.deblock),
            filter_offset_a: 2 * offset_a,
            filter_offset_b: 2 * offset_b,
            slice_group_change_cycle: 0,
        }
    }

    /// Makes `h` the header of the only slice of a picture, but for its lists.
    pub(super) fn slice(
        &self,
        h: &mut SliceHeader,
        kind: FrameKind,
        [idr_pic_id, frame_num]: [u32; 2],
        poc: i32,
        qp: u8,
    ) {
        let key = kind == FrameKind::Key;
        (h.nal_ref_idc, h.slice_type) = match kind {
            FrameKind::Key => (3, SliceType::I),
            FrameKind::P => (2, SliceType::P),
            FrameKind::BRef => (1, SliceType::B),
            FrameKind::B => (0, SliceType::B),
        };
        h.nal_unit_type = if key { nal_type::IDR } else { nal_type::SLICE };
        (h.idr_pic_id, h.frame_num) = (idr_pic_id, frame_num);
        h.pic_order_cnt_lsb = poc as u32 & ((1 << self.sps.log2_max_pic_order_cnt_lsb) - 1);
        h.dec_ref_pic_marking = match kind {
            FrameKind::Key => {
                Some(DecRefPicMarking::Idr { no_output_of_prior_pics_flag: false, long_term_reference_flag: false })
            }
            FrameKind::B => None,
            _ => Some(DecRefPicMarking::SlidingWindow),
        };
        h.slice_qp = qp as i8;
    }

    /// The packet of a picture: parameter sets before IDR pictures in a byte stream, `sei` if it is not empty, and the slice.
    pub(super) fn packet(&self, format: StreamFormat, header: &SliceHeader, sei: &[u8], rbsp: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(rbsp.len() + rbsp.len() / 64 + 96 + sei.len());
        let key = header.nal_unit_type == nal_type::IDR;
        let nal = NalHeader { nal_ref_idc: header.nal_ref_idc, nal_unit_type: header.nal_unit_type };
        if format == StreamFormat::AnnexB && key {
            push(format, &mut out, &self.sps_unit);
            push(format, &mut out, &self.pps_unit);
        }
        if !sei.is_empty() {
            push(format, &mut out, sei);
        }
        // zero_byte is for parameter sets and the first unit of an access unit (B.1.2); where bytes are counted all units have it, as in
        // what becomes of units with lengths.
        let start = out.len();
        let short = format == StreamFormat::AnnexB && key && sei.is_empty();
        out.extend_from_slice(if short { &[0, 0, 1] } else { &[0, 0, 0, 1] });
        out.push(nal.to_byte());
        escape(rbsp, &mut out);
        if format == StreamFormat::Avcc {
            let len = (out.len() - start - 4) as u32;
            out[start..start + 4].copy_from_slice(&len.to_be_bytes());
        }
        out
    }

    /// Appends filler data that takes `bytes`.
    pub(super) fn fill(format: StreamFormat, out: &mut Vec<u8>, bytes: usize) {
        if bytes > 0 {
            push(format, out, &hrd::filler(bytes));
        }
    }

    /// Bits that a packet of [`Headers::packet`] has in a byte stream of four-byte start codes, whatever its format.
    pub(super) fn stream_bits(&self, format: StreamFormat, key: bool, sei: &[u8], packet: &[u8]) -> u64 {
        let more = match format {
            StreamFormat::Avcc if key => self.sps_unit.len() + self.pps_unit.len() + 8,
            StreamFormat::AnnexB if key && sei.is_empty() => 1,
            _ => 0,
        };
        8 * (more + packet.len()) as u64
    }
}

/// Appends a NAL unit with a four-byte start code or its length.
fn push(format: StreamFormat, out: &mut Vec<u8>, unit: &[u8]) {
    let code = match format {
        StreamFormat::AnnexB => 1,
        StreamFormat::Avcc => unit.len() as u32,
    };
    out.extend(code.to_be_bytes());
    out.extend_from_slice(unit);
}

/// A parameter set as a NAL unit.
fn unit(nal_unit_type: u8, rbsp: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rbsp.len() + 8);
    out.push(NalHeader { nal_ref_idc: 3, nal_unit_type }.to_byte());
    escape(rbsp, &mut out);
    out
}
