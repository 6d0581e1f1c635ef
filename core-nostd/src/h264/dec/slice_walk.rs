//! The macroblocks of a slice one after the other, 7.3.4: those of a picture or of a field, or the pairs of an MBAFF frame.

use super::mb::MbDecoder;
use super::parts::keep_field_pairs;
use super::picture::Structure;
use super::slice_context::SliceKind;
use super::slice_groups::SliceGroupMap;
use super::syntax::Syntax;
use crate::error::{Error, Result};
use crate::h264::deblock;
use crate::h264::mb_info::{MbFlags, MbInfo};
use crate::h264::neighbours_mbaff::pairs;
use transcode_simd::Sample;

/// How far the picture has come.
pub(super) struct Progress<'a> {
    /// `first_mb_in_slice`.
    pub(super) first: usize,
    /// Data after the last macroblock of the picture is no error.
    pub(super) data_may_follow: bool,
    /// The map of slice groups, if there are several.
    pub(super) groups: Option<&'a SliceGroupMap>,
    /// Rows whose macroblocks are all decoded will not change any more.
    pub(super) final_rows: bool,
    /// Of the picture.
    pub(super) mbs_decoded: &'a mut usize,
    /// Macroblock rows from the top.
    pub(super) deblocked_rows: &'a mut usize,
}

/// Macroblocks that follow each other one by one.
pub(super) fn macroblocks<P: Sample, S: Syntax>(
    d: &mut MbDecoder<'_, P>,
    syntax: &mut S,
    progress: &mut Progress<'_>,
) -> Result<()> {
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
                d.scratch.lines.save(&d.picture, d.s.structure.place(0, y));
                // In a picture that is decoded in order, a finished row needs nothing but the row above to be deblocked, and it
                // is still in the cache.
                let row = &d.grid.info[y * width..(y + 1) * width];
                if progress.final_rows && *progress.deblocked_rows == y && row.iter().all(MbInfo::is_decoded) {
                    deblock::row(d.s.k, &mut d.picture, d.s.structure, d.grid, &d.motion, y);
                    *progress.deblocked_rows += 1;
                    publish(d, y + 1);
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
pub(super) fn interlaced<P: Sample, S: Syntax>(
    d: &mut MbDecoder<'_, P>,
    syntax: &mut S,
    progress: &mut Progress<'_>,
) -> Result<()> {
    if d.s.mbaff { macroblock_pairs(d, syntax, progress) } else { macroblocks(d, syntax, progress) }
}

fn macroblock_pairs<P: Sample, S: Syntax>(
    d: &mut MbDecoder<'_, P>,
    syntax: &mut S,
    progress: &mut Progress<'_>,
) -> Result<()> {
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
                // Nothing is predicted any more from the row above, and this one needs nothing of it but what is filtered last.
                let rows = &d.grid.info[2 * y.saturating_sub(1) * width..2 * (y + 1) * width];
                if progress.final_rows
                    && y > 0
                    && *progress.deblocked_rows == 2 * (y - 1)
                    && rows.iter().all(MbInfo::is_decoded)
                {
                    deblock::pair_row(d.s.k, &mut d.picture, d.grid, &d.motion, y - 1, None);
                    *progress.deblocked_rows += 2;
                    keep_field_pairs(d.grid, d.head, 0, y - 1);
                    publish(d, 2 * y);
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

/// The two macroblocks of pair (`x`, `y`) with the `mb_field_decoding_flag` that they share.
fn macroblock_pair<P: Sample, S: Syntax>(
    d: &mut MbDecoder<'_, P>,
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

/// Says what will not change any more, now that the macroblocks in the rows before `rows` are deblocked.
fn publish<P: Sample>(d: &mut MbDecoder<'_, P>, rows: usize) {
    // Of a first field nothing is published: the second one is decoded into the lines between, and its copy needs all of it.
    let Some(sharing) = d.s.sharing.filter(|s| s.whole_lines) else { return };
    let rows = rows.min(sharing.rows);
    // The filter of the next row changes three lines of this one, in pairs of field macroblocks three of either field, and looks
    // at its motion.
    let (lines, last) = match (d.s.structure, d.s.mbaff) {
        (Structure::Frame, false) => ((16 * rows).saturating_sub(4), 1),
        (Structure::Frame, true) => ((16 * rows).saturating_sub(8), 2),
        _ => (2 * (16 * rows).saturating_sub(4), 1),
    };
    let motion = d.motion.publish(rows.saturating_sub(last) * d.grid.width);
    if d.picture.publish(lines) || motion {
        sharing.workers.wake();
    }
}

/// The error with the place where parsing stands, if it has none.
#[cold]
fn locate<S: Syntax>(e: Error, syntax: &S) -> Error {
    if e.position.is_some() { e } else { e.at_bit(syntax.position() as u64) }
}
