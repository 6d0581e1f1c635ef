//! Concealment: what is shown where nothing was received.

use super::picture::{DecodedPicture, PictureParts};
use crate::h264::mb_info::{MbMotion, Place};
use crate::h264::pred::intra::middle;
use crate::picture::{Lines, Plane, Samples, Stored, with_picture};
use crate::unchecked::PlaneMut;

/// Fills every macroblock that was not decoded with what `reference`, which is finished, shows there, or with grey.
pub(crate) fn picture<P: Stored>(parts: &mut PictureParts<'_, P>, reference: Option<&DecodedPicture>) {
    let (width, height, structure) = (parts.grid.width, parts.grid.height, parts.structure);
    let format = parts.picture.format();
    let reference = reference.and_then(|r| P::of(r.shared.whole()));
    let reference = reference.filter(|r| r.format() == format && parts.picture.planes()[0].is_like(r.plane(0)));
    for mb in (0..width * height).filter(|&mb| !parts.grid.info[mb].is_decoded()) {
        let (x, y) = (mb % width, mb / width);
        parts.motion[mb] = MbMotion::INTRA;
        for (i, plane) in parts.picture.planes_mut().iter_mut().enumerate() {
            let grey = grey_of(format.bit_depth(i));
            block(plane, reference.map(|r| r.plane(i)), structure.place(x, y), format.chroma.mb_size(i), grey);
        }
    }
}

/// Makes all of `pic` grey and without motion: the reference that a stream without any refers to.
pub(crate) fn grey(pic: &mut DecodedPicture) {
    let (samples, motion) = pic.shared.get_mut();
    grey_planes(samples, 0);
    motion.fill(MbMotion::INTRA);
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
fn block<P: Stored>(
    plane: &mut PlaneMut<'_, P>,
    from: Option<&Plane<P>>,
    place: Place,
    (w, h): (usize, usize),
    grey: P,
) {
    let (origin, stride) = place.in_plane(plane, (w, h));
    let from = from.map(|p| (p.data(), place.in_plane(p, (w, h))));
    for row in 0..h {
        let target = &mut plane.data_mut()[origin + row * stride..][..w];
        match from {
            Some((data, (origin, stride))) => target.copy_from_slice(&data[origin + row * stride..][..w]),
            None => target.fill(grey),
        }
    }
}
