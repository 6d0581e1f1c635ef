//! `slice_data()`, 7.3.4: what a slice's macroblocks are decoded with.

use super::DecoderConfig;
use super::job::SliceJob;
use super::job::wait;
use super::mb::{MbDecoder, Scratch};
use super::partition::{Part, Partitioned};
use super::parts::{MbProgress, PictureAccess, Sharing};
use super::picture::{ListView, MotionHead, RefPic, Structure};
use super::slice_context::{SliceContext, SliceFormat, SliceKind};
use super::slice_groups::SliceGroupMap;
use super::slice_walk::{Progress, interlaced, macroblocks};
use super::sp::SpSlice;
use super::syntax::Syntax;
use super::syntax_cabac::Cabac;
use super::syntax_cavlc::Cavlc;
use crate::error::{Error, Result};
use crate::h264::cabac::decode::CabacDecoder;
use crate::h264::mb_info::{Place, SliceInfo};
use crate::h264::neighbours::{Available, MbContext};
use crate::h264::neighbours_mbaff::PairNeighbours;
use crate::h264::params::{Pps, PredWeightTable, SliceHeader, SliceType, Sps};
use crate::h264::pred::direct::ColMotion;
use crate::h264::pred::weighted::{self, Mode};
use crate::h264::quant::qp_bd_offset;
use crate::picture::Stored;
use crate::unchecked::Shared;
use alloc::boxed::Box;
use alloc::vec::Vec;
use transcode_simd::{Kernels, Sample};

/// Working memory of slice decoding, used again from slice to slice.
#[derive(Debug)]
pub(crate) struct SliceDecoder {
    /// Made when the first slice of its kind comes.
    scratch: Option<Box<Scratch<u8>>>,
    #[cfg(feature = "h264-high-depth")]
    deep_scratch: Option<Box<Scratch<u16>>>,
    groups: SliceGroupMap,
}

impl SliceDecoder {
    /// Nothing allocated yet.
    pub(crate) fn new() -> Self {
        Self {
            scratch: None,
            #[cfg(feature = "h264-high-depth")]
            deep_scratch: None,
            groups: SliceGroupMap::default(),
        }
    }
}

/// What the slices of a stream are decoded with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SliceOptions {
    /// The kernels.
    pub(crate) kernels: Kernels,
    /// Data after the last macroblock of the picture is an error; otherwise it is overlooked.
    pub(crate) strict: bool,
}

impl SliceOptions {
    /// What the caller of the decoder wants.
    pub(crate) fn of(config: &DecoderConfig) -> Self {
        Self { kernels: config.kernels, strict: config.strict }
    }
}

/// The NAL unit's payload after its header, emulation prevention removed; if the slice is in data partitions, that of partition A, with
/// partitions B and C.
pub(crate) type Payload<'a> = (&'a [u8], Option<[Option<Part<'a>>; 2]>);

/// Decodes the macroblocks of one slice.
/// [`check_supported`] has let the slice through.
///
/// Rows of macroblocks that are complete may be deblocked on the way; [`crate::h264::deblock::finish`] does the rest.
///
/// # Errors
/// Anything wrong in the slice's data, with its bit position in `rbsp`. The macroblocks decoded before stay decoded.
pub(crate) fn decode(
    ctx: &mut SliceDecoder,
    options: SliceOptions,
    target: Target<'_, '_>,
    sps: &Sps,
    job: &SliceJob,
    (rbsp, residuals): Payload<'_>,
) -> Result<()> {
    if target.1.picture().shared.shape().0.is_8_bit() {
        let scratch = ctx.scratch.get_or_insert_with(|| Box::new(Scratch::new()));
        return decode_as::<u8>(scratch, &mut ctx.groups, options, target, sps, job, (rbsp, residuals));
    }
    #[cfg(feature = "h264-high-depth")]
    {
        let scratch = ctx.deep_scratch.get_or_insert_with(|| Box::new(Scratch::new()));
        decode_as::<u16>(scratch, &mut ctx.groups, options, target, sps, job, (rbsp, residuals))
    }
    #[cfg(not(feature = "h264-high-depth"))]
    Err(Error::unsupported("bit depths above 8 (built without h264-high-depth)"))
}

/// What a slice is decoded into, how far that is, and who else takes part.
pub(crate) type Target<'a, 'b> = (&'a mut MbProgress, &'a mut PictureAccess<'b>, Option<Sharing<'a>>);

/// [`decode`] with the type of the picture's samples known.
fn decode_as<P: Stored>(
    scratch: &mut Scratch<P>,
    groups: &mut SliceGroupMap,
    options: SliceOptions,
    (progress, picture, sharing): Target<'_, '_>,
    sps: &Sps,
    job: &SliceJob,
    (rbsp, residuals): Payload<'_>,
) -> Result<()> {
    let SliceJob { header, pps, lists, ref_pic, field_poc, bit_pos, .. } = job;
    let plane = usize::from(header.colour_plane_id);
    let Some(parts) = progress.parts::<P>(picture, plane, sharing) else {
        return Err(Error::invalid("picture format"));
    };
    let (structure, field_poc, bit_pos) = (parts.structure, *field_poc, *bit_pos);
    let mbaff = sps.mb_adaptive_frame_field_flag && !header.field_pic_flag;
    let format = SliceFormat::new(sps, header.colour_plane_id);
    let first = header.first_mb_addr(sps);
    if first >= parts.grid.info.len() {
        return Err(Error::invalid("first_mb_in_slice"));
    }
    let kind = match header.slice_type {
        SliceType::P | SliceType::SP => SliceKind::P,
        SliceType::B => SliceKind::B,
        SliceType::I | SliceType::SI => SliceKind::I,
    };

    let views = views(lists, structure, field_poc);
    let views = if mbaff { &views[..] } else { &views[..1] };
    let mut samples = [[None; 32]; 2];
    for (samples, list) in samples.iter_mut().zip(lists) {
        for (s, r) in samples.iter_mut().zip(list) {
            *s = r.pic.shared.finished().map(|p| (p, r.structure));
        }
    }
    let weighting = weighted::mode(pps, header);
    if weighting == Mode::Implicit {
        for (weights, view) in scratch.implicit.iter_mut().zip(views) {
            weights.update(*view);
        }
    }
    if kind == SliceKind::B {
        let (spatial, inference) = (header.direct_spatial_mv_pred_flag, sps.direct_8x8_inference_flag);
        scratch.direct.update(spatial, inference, lists[1].first(), views);
    }
    if let Some(of_pps) = &pps.slice_groups {
        groups.update(of_pps, sps, header);
    }
    let groups = pps.slice_groups.as_ref().map(|_| &*groups);
    let qps = 52 + usize::from(qp_bd_offset(sps.bit_depth_luma.max(sps.bit_depth_chroma)));
    scratch.scale.update(&pps.scaling_lists, qps, if sps.chroma_format_idc == 3 { 6 } else { 2 });
    scratch.above.resize(parts.grid.width << usize::from(mbaff), MbContext::UNAVAILABLE);
    scratch.lines.reset(&parts.picture);
    // A slice that ended in an error may have left coefficients behind.
    scratch.mb.levels = [[P::Coef::default(); 256]; 3];

    let info = SliceInfo {
        disable_deblocking_filter_idc: header.disable_deblocking_filter_idc,
        filter_offset_a: header.filter_offset_a,
        filter_offset_b: header.filter_offset_b,
        b_slice: kind == SliceKind::B,
    };
    let slice = parts.grid.slices.len() as u32;
    parts.grid.slices.push(info);

    let mut decoder = MbDecoder {
        s: SliceContext {
            k: options.kernels,
            kind,
            slice,
            structure,
            mbaff,
            ordered: !mbaff && groups.is_none(),
            first,
            format,
            pps,
            lists,
            samples,
            ref_pic: *ref_pic,
            sp: SpSlice::of(header),
            weighting,
            weights: header.pred_weight_table.as_ref(),
            col: lists[1].first().map(|r| ColMotion::of(&r.pic, format.first_plane)),
            sharing: parts.sharing,
            plain_weights: header.pred_weight_table.as_ref().map_or([0; 2], PredWeightTable::plain),
        },
        scratch,
        picture: parts.picture,
        motion: parts.motion,
        head: parts.head,
        grid: parts.grid,
        qp: header.slice_qp.clamp(-format.luma_qp_offset(), 51),
        qp_chroma: [0; 2],
        qp_changed: false,
        mb_x: 0,
        mb_y: 0,
        place: Place::default(),
        field_mb: None,
        available: Available::default(),
        last: MbContext::UNAVAILABLE,
        pairs: [[MbContext::UNAVAILABLE; 2]; 2],
        pair_neighbours: PairNeighbours::default(),
        nb: [MbContext::UNAVAILABLE; 2],
    };
    decoder.qp_chroma = decoder.s.chroma_qps(decoder.qp);
    // Cameras are known that fill up the NAL units of CAVLC slices with remains of others. With CABAC, data after the last
    // macroblock means that the arithmetic decoder has lost its way.
    let data_may_follow = !options.strict && !pps.entropy_coding_mode_flag;
    let mut progress = Progress {
        data_may_follow,
        first,
        groups,
        // A redundant slice may decode macroblocks once more, and those of a lost partition are concealed.
        final_rows: groups.is_none()
            && !pps.redundant_pic_cnt_present_flag
            && !sps.separate_colour_plane_flag
            && residuals.is_none(),
        mbs_decoded: parts.mbs_decoded,
        deblocked_rows: parts.deblocked_rows,
    };
    if let Some(residuals) = residuals {
        let mut syntax = Partitioned::new((rbsp, bit_pos), residuals);
        syntax.set_field(structure.is_field());
        let result = interlaced(&mut decoder, &mut syntax, &mut progress);
        *progress.mbs_decoded = progress.mbs_decoded.saturating_sub(decoder.grid.forget_lost(slice));
        result.and(syntax.check())
    } else if pps.entropy_coding_mode_flag {
        let start = bit_pos.div_ceil(8);
        let table = if kind == SliceKind::I { 0 } else { usize::from(header.cabac_init_idc.min(2)) + 1 };
        let engine = CabacDecoder::new(rbsp, start, table, i32::from(header.slice_qp));
        match (structure, mbaff) {
            (Structure::Frame, false) => macroblocks(&mut decoder, &mut Cabac::<false>::new(engine), &mut progress),
            _ => {
                let mut syntax = Cabac::<true>::new(engine);
                syntax.set_field(structure.is_field());
                interlaced(&mut decoder, &mut syntax, &mut progress)
            }
        }
    } else {
        match (structure, mbaff) {
            (Structure::Frame, false) => {
                macroblocks(&mut decoder, &mut Cavlc::<false>::new(rbsp, bit_pos), &mut progress)
            }
            _ => {
                let mut syntax = Cavlc::<true>::new(rbsp, bit_pos);
                syntax.set_field(structure.is_field());
                interlaced(&mut decoder, &mut syntax, &mut progress)
            }
        }
    }
}

/// The lists as the macroblocks of a picture see them: those of the picture, and the field macroblocks of either parity.
fn views(lists: &[Vec<RefPic>; 2], structure: Structure, field_poc: [i32; 2]) -> [ListView<'_>; 3] {
    [
        ListView::of_picture(lists, structure, field_poc),
        ListView::of_field_mbs(lists, 0, field_poc),
        ListView::of_field_mbs(lists, 1, field_poc),
    ]
}

/// Numbers the pictures in the lists of a slice in the picture's motion field, for each of the [`views`].
pub(crate) fn number_references(
    lists: &[Vec<RefPic>; 2],
    (structure, mbaff): (Structure, bool),
    field_poc: [i32; 2],
    motion: &mut MotionHead,
) -> [[[i8; 32]; 2]; 3] {
    let mut ref_pic = [[[-1i8; 32]; 2]; 3];
    let views = views(lists, structure, field_poc);
    for (numbers, view) in ref_pic.iter_mut().zip(if mbaff { &views[..] } else { &views[..1] }) {
        for (list, numbers) in numbers.iter_mut().enumerate() {
            for (i, n) in numbers.iter_mut().enumerate() {
                *n = view.id(list, i).map_or(-1, |id| motion.number_of(id));
            }
        }
    }
    ref_pic
}

/// What this version of the macroblock layer cannot do, and what would let it index out of its tables. `lists` holds the
/// reference picture lists with as many entries as are active.
///
/// # Errors
/// `Unsupported`; `Invalid` if the slice does not fit the pictures.
pub(crate) fn check_supported(
    sps: &Sps,
    pps: &Pps,
    header: &SliceHeader,
    lists: &[Vec<RefPic>; 2],
    picture: &Shared,
) -> Result<()> {
    if header.slice_type == SliceType::B && !sps.frame_mbs_only_flag && !sps.direct_8x8_inference_flag {
        return Err(Error::invalid("direct_8x8_inference_flag"));
    }
    if header.colour_plane_id > 2 {
        return Err(Error::invalid("colour_plane_id"));
    }
    if picture.shape().0 != sps.decoded_format() {
        return Err(Error::invalid("chroma_format_idc"));
    }
    if matches!(header.slice_type, SliceType::SP | SliceType::SI)
        && (!sps.is_version_1() || pps.transform_8x8_mode_flag)
    {
        // No profile has them and anything that the High profiles brought.
        return Err(Error::invalid("slice_type"));
    }
    let needed = match header.slice_type {
        SliceType::P | SliceType::SP => 1,
        SliceType::B => 2,
        SliceType::I | SliceType::SI => 0,
    };
    if lists[..needed].iter().any(|l| l.is_empty() || l.len() > 32) {
        return Err(Error::invalid("reference picture list"));
    }
    // Prediction copies from references at the current picture's coordinates.
    if !lists.iter().flatten().all(|r| r.pic.shared.shape() == picture.shape()) {
        return Err(Error::invalid("reference picture size"));
    }
    Ok(())
}

impl<P: Sample> MbDecoder<'_, P> {
    /// Waits until reference `index` of list `list` has `lines` lines of luma.
    #[cold]
    #[inline(never)]
    pub(crate) fn wait_for_lines(&mut self, list: usize, index: usize, lines: u32) {
        let Some((reference, _)) = &mut self.s.samples[list & 1][index & 31] else { return };
        if let Some(sharing) = self.s.sharing {
            wait(sharing.workers, reference.progress(), lines);
        }
        reference.update();
    }
    /// Waits until the co-located picture has the motion of `mbs` macroblocks.
    #[cold]
    #[inline(never)]
    pub(crate) fn wait_for_motion(&mut self, mbs: u32) {
        let Some(col) = &mut self.s.col else { return };
        if let Some(sharing) = self.s.sharing {
            wait(sharing.workers, col.progress(), mbs);
        }
        col.update();
    }
}
