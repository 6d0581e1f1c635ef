//! Concealment: what is shown where nothing was received.

use super::picture::{CurrentPicture, DecodedPicture};
use crate::error::Result;
use crate::h264::mb_info::MbMotion;
use crate::picture::{Picture, Plane};

/// Mid-grey, for want of anything better.
const GREY: u8 = 128;

/// Fills every macroblock of `cur` that was not decoded with what `reference` shows there, or with grey.
///
/// # Errors
/// As [`CurrentPicture::parts`].
pub(crate) fn picture(cur: &mut CurrentPicture, reference: Option<&DecodedPicture>) -> Result<()> {
    let parts = cur.parts()?;
    let (width, height) = (parts.grid.width, parts.grid.height);
    let reference = reference.map(|r| &r.picture).filter(|r| same_size(r, parts.picture));
    for mb in (0..width * height).filter(|&mb| !parts.grid.info[mb].is_decoded()) {
        let (x, y) = (mb % width, mb / width);
        parts.motion.mbs[mb] = MbMotion::INTRA;
        for (i, plane) in parts.picture.planes_mut().iter_mut().enumerate() {
            block(plane, reference.map(|r| r.plane(i)), x, y, if i == 0 { 16 } else { 8 });
        }
    }
    Ok(())
}

/// Makes all of `pic` grey and without motion: the reference that a stream without any refers to.
pub(crate) fn grey(pic: &mut DecodedPicture) {
    for plane in pic.picture.planes_mut() {
        plane.data_mut().fill(GREY);
    }
    pic.motion.mbs.fill(MbMotion::INTRA);
}

fn same_size(a: &Picture<u8>, b: &Picture<u8>) -> bool {
    a.width() == b.width() && a.height() == b.height() && a.format() == b.format()
}

/// Copies or greys the `side` by `side` block (`x`, `y`) of a plane.
fn block(plane: &mut Plane<u8>, from: Option<&Plane<u8>>, x: usize, y: usize, side: usize) {
    for row in y * side..(y + 1) * side {
        let range = x * side..(x + 1) * side;
        let target = &mut plane.row_mut(row)[range.clone()];
        match from {
            Some(p) => target.copy_from_slice(&p.row(row)[range]),
            None => target.fill(GREY),
        }
    }
}
