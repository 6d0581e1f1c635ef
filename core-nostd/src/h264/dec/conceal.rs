//! Concealment: what is shown where nothing was received.

use super::picture::{CurrentPicture, DecodedPicture, PictureParts};
use crate::error::{Error, Result};
use crate::h264::mb_info::{MbMotion, Place};
use crate::h264::pred::intra::middle;
use crate::picture::{Plane, Samples, Stored, with_picture};

/// Fills every macroblock of `cur` that was not decoded with what `reference` shows there, or with grey.
///
/// # Errors
/// As [`CurrentPicture::parts`].
pub(crate) fn picture(cur: &mut CurrentPicture, reference: Option<&DecodedPicture>) -> Result<()> {
    let parts = cur.parts()?;
    let reference = reference.map(|r| &r.picture).filter(|r| r.is_like(parts.picture));
    match parts.picture {
        Samples::U8(_) => picture_as::<u8>(parts, reference),
        Samples::U16(_) => picture_as::<u16>(parts, reference),
    }
}

fn picture_as<P: Stored>(parts: PictureParts<'_>, reference: Option<&Samples>) -> Result<()> {
    let (width, height, structure) = (parts.grid.width, parts.grid.height, parts.structure);
    let Some(picture) = P::of_mut(parts.picture) else { return Err(Error::invalid("picture format")) };
    let (format, reference) = (picture.format(), reference.and_then(P::of));
    for mb in (0..width * height).filter(|&mb| !parts.grid.info[mb].is_decoded()) {
        let (x, y) = (mb % width, mb / width);
        parts.motion.mbs_of(structure)[mb] = MbMotion::INTRA;
        for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
            let grey = grey_of(format.bit_depth(i));
            block(plane, reference.map(|r| r.plane(i)), structure.place(x, y), format.chroma.mb_size(i), grey);
        }
    }
    Ok(())
}

/// Makes all of `pic` grey and without motion: the reference that a stream without any refers to.
pub(crate) fn grey(pic: &mut DecodedPicture) {
    grey_planes(&mut pic.picture, 0);
    pic.motion.mbs.fill(MbMotion::INTRA);
}

/// Makes the planes from `first` on grey.
pub(crate) fn grey_planes(samples: &mut Samples, first: usize) {
    with_picture!(samples, picture => {
        let format = picture.format();
        for (i, plane) in picture.planes_mut().iter_mut().enumerate().skip(first) {
            plane.data_mut().fill(grey_of(format.bit_depth(i)));
        }
    });
}

/// Mid-grey, for want of anything better.
fn grey_of<P: Stored>(bit_depth: u8) -> P {
    middle(P::from_i32((1 << bit_depth) - 1))
}

/// Copies or greys the `w` by `h` samples of the macroblock at `place`.
fn block<P: Stored>(plane: &mut Plane<P>, from: Option<&Plane<P>>, place: Place, (w, h): (usize, usize), grey: P) {
    let (origin, stride) = place.in_plane(plane, (w, h));
    for row in 0..h {
        let range = origin + row * stride..origin + row * stride + w;
        let target = &mut plane.data_mut()[range.clone()];
        match from {
            Some(p) => target.copy_from_slice(&p.data()[range]),
            None => target.fill(grey),
        }
    }
}
