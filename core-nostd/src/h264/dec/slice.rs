//! `slice_data()`, 7.3.4: the loop over the macroblocks of a slice.

use super::mb::{MbDecoder, Scratch, SliceContext, SliceKind};
use super::partition::{Part, Partitioned};
use super::picture::{CurrentPicture, ListView, RefPic, Structure};
use super::slice_groups::SliceGroupMap;
use super::sp::SpSlice;
use super::syntax::Syntax;
use super::syntax_cabac::Cabac;
use super::syntax_cavlc::Cavlc;
use crate::error::{Error, Result};
use crate::h264::cabac::decode::CabacDecoder;
use crate::h264::deblock;
use crate::h264::mb_info::{MbFlags, MbInfo, Place, SliceInfo};
use crate::h264::neighbours::{Available, MbContext};
use crate::h264::neighbours_mbaff::{PairNeighbours, pairs};
use crate::h264::params::{Pps, SliceHeader, SliceType, Sps};
use crate::h264::pred::weighted::{self, Mode};
use alloc::boxed::Box;
use alloc::vec::Vec;
use transcode_simd::Kernels;

/// Working memory of slice decoding, used again from slice to slice.
#[derive(Debug)]
pub(crate) struct SliceDecoder {
    kernels: Kernels,
    /// Data after the last macroblock of the picture is an error.
    strict: bool,
    scratch: Box<Scratch>,
    groups: SliceGroupMap,
}

impl SliceDecoder {
    /// A decoder that computes with `kernels` and, unless `strict`, overlooks what takes nothing from the picture.
    pub(crate) fn new(kernels: Kernels, strict: bool) -> Self {
        Self { kernels, strict, scratch: Box::new(Scratch::new()), groups: SliceGroupMap::default() }
    }
}

/// Decodes the macroblocks of one slice into `cur`. `rbsp` is the NAL unit's payload after its header, emulation
/// prevention removed, and `bit_pos` the first bit of `slice_data()` in it; if the slice is in data partitions, that is partition A, and
/// `residuals` are B and C. `lists` holds the reference picture lists with as many
/// entries as are active; an entry that no picture could be found for has been filled by the caller.
///
/// Rows of macroblocks that are complete may be deblocked on the way; [`crate::h264::deblock::finish`] does the rest.
///
/// # Errors
/// Anything wrong in the slice's data, with its bit position in `rbsp`. The macroblocks decoded before stay decoded.
pub(crate) fn decode(
    ctx: &mut SliceDecoder,
    cur: &mut CurrentPicture,
    sps: &Sps,
    pps: &Pps,
    header: &SliceHeader,
    lists: &[Vec<RefPic>; 2],
    (rbsp, bit_pos): Part<'_>,
    residuals: Option<[Option<Part<'_>>; 2]>,
) -> Result<()> {
    let (structure, field_poc) = (cur.structure, cur.picture().field_poc);
    let mbaff = sps.mb_adaptive_frame_field_flag && !header.field_pic_flag;
    let scratch = &mut *ctx.scratch;
    let parts = cur.parts()?;
    check_supported(sps, pps, header, lists, parts.picture)?;
    let total = parts.grid.info.len();
    let first = header.first_mb_addr(sps);
    if first >= total {
        return Err(Error::invalid("first_mb_in_slice"));
    }
    let kind = match header.slice_type {
        SliceType::P | SliceType::SP => SliceKind::P,
        SliceType::B => SliceKind::B,
        SliceType::I | SliceType::SI => SliceKind::I,
    };

    let views = [
        ListView::of_picture(lists, structure, field_poc),
        ListView::of_field_mbs(lists, 0, field_poc),
        ListView::of_field_mbs(lists, 1, field_poc),
    ];
    let views = if mbaff { &views[..] } else { &views[..1] };
    let mut ref_pic = [[[-1i8; 32]; 2]; 3];
    for (numbers, view) in ref_pic.iter_mut().zip(views) {
        for (list, numbers) in numbers.iter_mut().enumerate() {
            for (i, n) in numbers.iter_mut().enumerate() {
                *n = view.id(list, i).map_or(-1, |id| parts.motion.number_of(id));
            }
        }
    }
    let mut samples = [[None; 32]; 2];
    for (samples, list) in samples.iter_mut().zip(lists) {
        for (s, r) in samples.iter_mut().zip(list) {
            *s = Some((&r.pic.picture, r.structure));
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
    if let Some(groups) = &pps.slice_groups {
        ctx.groups.update(groups, sps, header);
    }
    let groups = pps.slice_groups.as_ref().map(|_| &ctx.groups);
    scratch.scale.update(&pps.scaling_lists);
    scratch.above.resize(parts.grid.width << usize::from(mbaff), MbContext::UNAVAILABLE);
    scratch.lines.reset(parts.picture);
    // A slice that ended in an error may have left coefficients behind.
    scratch.mb.luma = [0; 256];
    scratch.mb.chroma = [[0; 64]; 2];

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
            k: ctx.kernels,
            kind,
            slice,
            structure,
            mbaff,
            ordered: !mbaff && groups.is_none(),
            chroma: sps.chroma_format_idc != 0,
            pps,
            lists,
            samples,
            ref_pic,
            sp: SpSlice::of(header),
            weighting,
            weights: header.pred_weight_table.as_ref(),
        },
        scratch,
        picture: parts.picture,
        motion: parts.motion.mbs_of(structure),
        grid: parts.grid,
        qp: header.slice_qp.clamp(0, 51) as u8,
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
    // Cameras are known that fill up the NAL units of CAVLC slices with remains of others. With CABAC, data after the last
    // macroblock means that the arithmetic decoder has lost its way.
    let data_may_follow = !ctx.strict && !pps.entropy_coding_mode_flag;
    let mut progress = Progress {
        data_may_follow,
        first,
        groups,
        // A redundant slice may decode macroblocks once more, and those of a lost partition are concealed.
        final_rows: groups.is_none() && !pps.redundant_pic_cnt_present_flag && residuals.is_none(),
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

/// What this version of the macroblock layer cannot do, and what would let it index out of its tables.
fn check_supported(
    sps: &Sps,
    pps: &Pps,
    header: &SliceHeader,
    lists: &[Vec<RefPic>; 2],
    picture: &crate::picture::Picture<u8>,
) -> Result<()> {
    if header.slice_type == SliceType::B && !sps.frame_mbs_only_flag && !sps.direct_8x8_inference_flag {
        return Err(Error::invalid("direct_8x8_inference_flag"));
    }
    if sps.chroma_format_idc > 1 || sps.bit_depth_luma != 8 || sps.bit_depth_chroma != 8 {
        return Err(Error::unsupported("chroma formats above 4:2:0 and bit depths above 8"));
    }
    if matches!(header.slice_type, SliceType::SP | SliceType::SI) && pps.transform_8x8_mode_flag {
        // No profile has both.
        return Err(Error::invalid("transform_8x8_mode_flag"));
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
    let fits = |r: &RefPic| {
        let p = &r.pic.picture;
        p.width() == picture.width() && p.height() == picture.height() && p.format() == picture.format()
    };
    if !lists.iter().flatten().all(fits) {
        return Err(Error::invalid("reference picture size"));
    }
    Ok(())
}

/// How far the picture has come.
struct Progress<'a> {
    /// `first_mb_in_slice`.
    first: usize,
    /// Data after the last macroblock of the picture is no error.
    data_may_follow: bool,
    /// The map of slice groups, if there are several.
    groups: Option<&'a SliceGroupMap>,
    /// Rows whose macroblocks are all decoded will not change any more.
    final_rows: bool,
    mbs_decoded: &'a mut usize,
    deblocked_rows: &'a mut usize,
}

fn macroblocks<S: Syntax>(d: &mut MbDecoder<'_>, syntax: &mut S, progress: &mut Progress<'_>) -> Result<()> {
    let (width, total) = (d.grid.width, d.grid.info.len());
    let (mut x, mut y) = (progress.first % width, progress.first / width);
    loop {
        if y * width + x >= total {
            if progress.data_may_follow {
                return Ok(());
            }
            return Err(
                Error::invalid("slice_data (more macroblocks than the picture has)").at_bit(syntax.position() as u64)
            );
        }
        let fresh = !d.grid.info[y * width + x].is_decoded();
        d.begin(x, y);
        let result = match d.s.kind != SliceKind::I && d.read_skip(syntax).map_err(|e| locate(e, syntax))? {
            true => d.skip(),
            false => d.macroblock(syntax),
        };
        result.map_err(|e| locate(e, syntax))?;
        *progress.mbs_decoded += usize::from(fresh);
        if let Some(groups) = progress.groups {
            let next = groups.next(y * width + x);
            (x, y) = (next % width, next / width);
        } else {
            x += 1;
            if x == width {
                d.scratch.lines.save(d.picture, d.s.structure.place(0, y));
                // In a picture that is decoded in order, a finished row needs nothing but the row above to be deblocked, and it
                // is still in the cache.
                let row = &d.grid.info[y * width..(y + 1) * width];
                if progress.final_rows && *progress.deblocked_rows == y && row.iter().all(MbInfo::is_decoded) {
                    deblock::row(d.s.k, d.picture, d.s.structure, d.grid, d.motion, y);
                    *progress.deblocked_rows += 1;
                }
                x = 0;
                y += 1;
            }
        }
        if syntax.end_of_slice()? {
            return Ok(());
        }
    }
}

/// The macroblocks of a field or the pairs of an MBAFF frame.
fn interlaced<S: Syntax>(d: &mut MbDecoder<'_>, syntax: &mut S, progress: &mut Progress<'_>) -> Result<()> {
    if d.s.mbaff { macroblock_pairs(d, syntax, progress) } else { macroblocks(d, syntax, progress) }
}

fn macroblock_pairs<S: Syntax>(d: &mut MbDecoder<'_>, syntax: &mut S, progress: &mut Progress<'_>) -> Result<()> {
    let (width, height) = (d.grid.width, d.grid.height / 2);
    let (mut x, mut y) = (progress.first % width, progress.first / (2 * width));
    loop {
        if y >= height {
            if progress.data_may_follow {
                return Ok(());
            }
            return Err(
                Error::invalid("slice_data (more macroblocks than the picture has)").at_bit(syntax.position() as u64)
            );
        }
        macroblock_pair(d, syntax, x, y, progress.mbs_decoded).map_err(|e| locate(e, syntax))?;
        if let Some(groups) = progress.groups {
            let next = groups.next(y * width + x);
            (x, y) = (next % width, next / width);
        } else {
            x += 1;
            if x == width {
                x = 0;
                y += 1;
            }
        }
        if syntax.end_of_slice()? {
            return Ok(());
        }
    }
}

/// The two macroblocks of pair (`x`, `y`) with the `mb_field_decoding_flag` that they share.
fn macroblock_pair<S: Syntax>(
    d: &mut MbDecoder<'_>,
    syntax: &mut S,
    x: usize,
    y: usize,
    mbs_decoded: &mut usize,
) -> Result<()> {
    d.pairs[0] = d.pairs[1];
    let [left, above, ..] = pairs(d.grid, x, y, d.s.slice);
    let [left, above] = [left, above].map(|top| top.map(|top| d.grid.info[top].flags.has(MbFlags::FIELD)));
    // Inferred from the neighbours as long as it has not been read, 7.4.4; its ctxIdxInc, 9.3.3.1.1.1.
    let mut field = left.or(above).unwrap_or(false);
    let inc = usize::from(left == Some(true)) + usize::from(above == Some(true));
    let mut is_read = false;
    let mut bottom_skipped = None;
    for bottom in 0..2 {
        let fresh = !d.grid.info[(2 * y + bottom) * d.grid.width + x].is_decoded();
        d.begin_in_pair(x, y, bottom, field);
        let mut skipped = false;
        if d.s.kind != SliceKind::I {
            skipped = match bottom_skipped {
                Some(skipped) => skipped,
                None => d.read_skip(syntax)?,
            };
        }
        if skipped && bottom == 0 {
            // A skipped top macroblock is of the kind of the bottom one, if that is not skipped.
            d.begin_in_pair(x, y, 1, field);
            let skipped = d.read_bottom_skip(syntax)?;
            bottom_skipped = Some(skipped);
            if !skipped {
                field = syntax.mb_field_decoding_flag(inc)?;
                is_read = true;
            }
            d.begin_in_pair(x, y, 0, field);
        }
        if !skipped && !is_read {
            field = syntax.mb_field_decoding_flag(inc)?;
            is_read = true;
            d.begin_in_pair(x, y, bottom, field);
        }
        syntax.set_field(field);
        if skipped {
            d.skip()?;
        } else {
            d.macroblock(syntax)?;
        }
        *mbs_decoded += usize::from(fresh);
    }
    Ok(())
}

/// The error with the place where parsing stands, if it has none.
#[cold]
fn locate<S: Syntax>(e: Error, syntax: &S) -> Error {
    if e.position.is_some() { e } else { e.at_bit(syntax.position() as u64) }
}
