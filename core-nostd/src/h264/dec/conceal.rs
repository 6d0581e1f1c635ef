//! Concealment: what is shown where nothing was received.

use super::picture::{CurrentPicture, DecodedPicture};
use crate::error::Result;
use crate::h264::mb_info::{MbMotion, Place};
use crate::picture::{Picture, Plane};

/// Mid-grey, for want of anything better.
const GREY: u8 = 128;

/// Fills every macroblock of `cur` that was not decoded with what `reference` shows there, or with grey.
///
/// # Errors
/// As [`CurrentPicture::parts`].
pub(crate) fn picture(cur: &mut CurrentPicture, reference: Option<&DecodedPicture>) -> Result<()> {
    let parts = cur.parts()?;
    let (width, height, structure) = (parts.grid.width, parts.grid.height, parts.structure);
    let reference = reference.map(|r| &r.picture).filter(|r| same_size(r, parts.picture));
    for mb in (0..width * height).filter(|&mb| !parts.grid.info[mb].is_decoded()) {
        let (x, y) = (mb % width, mb / width);
        parts.motion.mbs_of(structure)[mb] = MbMotion::INTRA;
        for (i, plane) in parts.picture.planes_mut().iter_mut().enumerate() {
            let n = if i == 0 { 16 } else { 8 };
            block(plane, reference.map(|r| r.plane(i)), structure.place(x, y), n);
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

/// Copies or greys the `side` by `side` samples of the macroblock at `place`.
fn block(plane: &mut Plane<u8>, from: Option<&Plane<u8>>, place: Place, side: usize) {
    let (origin, stride) = place.in_plane(plane, side);
    for row in 0..side {
        let range = origin + row * stride..origin + row * stride + side;
        let target = &mut plane.data_mut()[range.clone()];
        match from {
            Some(p) => target.copy_from_slice(&p.data()[range]),
            None => target.fill(GREY),
        }
    }
}
