//! What decoding changes of a frame or field, borrowed side by side, and how far it is.

use super::picture::{Coding, DecodedPicture, MotionHead, Structure};
use crate::h264::mb_info::{MbFlags, MbGrid, MbMotion};
use crate::picture::{Lines, Stored};
use crate::unchecked::{MotionMut, PictureMut, Writer};
use crate::workers::Workers;
use core::sync::atomic::Ordering;

/// How far the macroblocks of a frame or field are decoded.
#[derive(Debug)]
pub(crate) struct MbProgress {
    /// Types, QPs and slices of the macroblocks.
    pub(crate) grid: MbGrid,
    /// Those of Cb and Cr where the planes are coded apart, otherwise empty.
    chroma_grids: [MbGrid; 2],
    /// Frame or field.
    pub(crate) structure: Structure,
    /// Macroblock rows whose deblocking is done.
    pub(crate) deblocked_rows: usize,
    /// Macroblocks decoded so far, none counted twice, of all colour planes if they are coded apart.
    pub(crate) mbs_decoded: usize,
}

impl MbProgress {
    /// Nothing allocated yet.
    pub(crate) fn new() -> Self {
        Self {
            grid: MbGrid::default(),
            chroma_grids: Default::default(),
            structure: Structure::Frame,
            deblocked_rows: 0,
            mbs_decoded: 0,
        }
    }
    /// Begins a frame, or a field of it, of which nothing is decoded.
    pub(crate) fn begin(&mut self, frame: &DecodedPicture, structure: Structure) {
        let MotionHead { width, len, layers, .. } = frame.motion;
        let height = len.checked_div(width).unwrap_or(0) >> u32::from(structure.is_field());
        self.grid.reset(width, height);
        for chroma in &mut self.chroma_grids {
            chroma.reset(width, if layers > 1 { height } else { 0 });
        }
        self.structure = structure;
        (self.deblocked_rows, self.mbs_decoded) = (0, 0);
    }
    /// The planes that are coded apart (`colour_plane_id`), each with macroblocks of its own, or just 0.
    pub(crate) fn colour_planes(&self) -> core::ops::Range<usize> {
        if self.chroma_grids[0].info.is_empty() { 0..1 } else { 0..3 }
    }
    fn grid_of(&self, plane: u8) -> &MbGrid {
        match usize::from(plane).checked_sub(1) {
            Some(i) if self.colour_planes().len() > 1 => &self.chroma_grids[i & 1],
            _ => &self.grid,
        }
    }
    /// Whether a macroblock at address `mb` or after it of colour plane `plane` has not been decoded.
    pub(crate) fn is_missing_from(&self, plane: u8, mb: usize) -> bool {
        self.grid_of(plane).info.iter().skip(mb).any(|mb| !mb.is_decoded())
    }
    /// How many macroblocks have not been decoded, of all colour planes if they are coded apart.
    pub(crate) fn missing(&self) -> usize {
        (self.grid.info.len() * self.colour_planes().len()).saturating_sub(self.mbs_decoded)
    }
    /// All that decoding changes, side by side, for colour plane `plane`, one of [`MbProgress::colour_planes`]; if the samples of
    /// `picture` are of this type.
    pub(crate) fn parts<'a, P: Stored>(
        &'a mut self,
        picture: &'a mut PictureAccess<'_>,
        plane: usize,
        sharing: Option<Sharing<'a>>,
    ) -> Option<PictureParts<'a, P>> {
        let colour_plane = (self.colour_planes().len() > 1).then_some(plane);
        let structure = self.structure;
        let (picture, motion, head) = picture.parts(structure, colour_plane.unwrap_or(0))?;
        let grid = match colour_plane.and_then(|plane| plane.checked_sub(1)) {
            Some(i) => &mut self.chroma_grids[i & 1],
            None => &mut self.grid,
        };
        Some(PictureParts {
            colour_plane,
            picture,
            motion,
            head,
            coding: head.coding,
            grid,
            mbs_decoded: &mut self.mbs_decoded,
            deblocked_rows: &mut self.deblocked_rows,
            structure,
            sharing,
        })
    }
    /// Keeps which pairs of an MBAFF frame are of field macroblocks, for those that take the frame as co-located picture.
    pub(crate) fn keep_field_pairs(&self, head: &MotionHead) {
        for plane in self.colour_planes() {
            let grid = self.grid_of(plane as u8);
            for pair_y in 0..grid.height / 2 {
                keep_field_pairs(grid, head, plane, pair_y);
            }
        }
    }
}

/// [`MbProgress::keep_field_pairs`] for the pairs of row `pair_y` of colour plane `plane`. Nothing happens in pictures without pairs.
pub(crate) fn keep_field_pairs(grid: &MbGrid, head: &MotionHead, plane: usize, pair_y: usize) {
    let width = grid.width;
    let of_row = head.field_pairs.iter().skip(plane * (head.len / 2) + pair_y * width).take(width);
    for (kept, top) in of_row.zip(grid.info.iter().skip(2 * pair_y * width)) {
        kept.store(top.flags.has(MbFlags::FIELD), Ordering::Relaxed);
    }
}

/// How others take part in what a thread decodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sharing<'a> {
    /// Who is to be told of progress, and asked to wait.
    pub(crate) workers: &'a dyn Workers,
    /// Rows of macroblocks that no later slice begins in, nor above them.
    pub(crate) rows: usize,
    /// Samples of finished rows are samples of finished rows of the frame: it is no first field.
    pub(crate) whole_lines: bool,
}

/// What decoding changes, borrowed side by side.
pub(crate) struct PictureParts<'a, P> {
    /// The plane that the rest belongs to, where the planes are coded apart.
    pub(crate) colour_plane: Option<usize>,
    /// The samples.
    pub(crate) picture: PictureMut<'a, P>,
    /// The motion.
    pub(crate) motion: MotionMut<'a>,
    /// What belongs to it.
    pub(crate) head: &'a MotionHead,
    /// How the macroblocks of the frame are coded.
    pub(crate) coding: Coding,
    /// Types, QPs and slices of the macroblocks.
    pub(crate) grid: &'a mut MbGrid,
    /// Number of macroblocks decoded.
    pub(crate) mbs_decoded: &'a mut usize,
    /// Macroblock rows whose deblocking is done.
    pub(crate) deblocked_rows: &'a mut usize,
    /// Frame or field.
    pub(crate) structure: Structure,
    /// How others take part.
    pub(crate) sharing: Option<Sharing<'a>>,
}

/// A picture to decode into.
#[derive(Debug)]
pub(crate) enum PictureAccess<'a> {
    /// Nobody else has it.
    Alone(&'a mut DecodedPicture),
    /// Others may read what is finished.
    Shared(&'a mut Writer),
}

impl PictureAccess<'_> {
    /// The picture.
    pub(crate) fn picture(&self) -> &DecodedPicture {
        match self {
            Self::Alone(p) => p,
            Self::Shared(w) => w.picture(),
        }
    }
    /// The samples, the motion of colour plane `plane` of the frame or field `structure`, and what belongs to it.
    fn parts<P: Stored>(
        &mut self,
        structure: Structure,
        plane: usize,
    ) -> Option<(PictureMut<'_, P>, MotionMut<'_>, &MotionHead)> {
        match self {
            Self::Alone(p) => {
                let first = p.motion.first_mb_of(plane, structure);
                let (samples, mbs) = p.shared.get_mut();
                let picture = PictureMut::of(P::of_mut(samples)?).ok()?;
                Some((picture, MotionMut::of(mbs, first), &p.motion))
            }
            Self::Shared(w) => {
                let first = w.picture().motion.first_mb_of(plane, structure);
                let (picture, motion, whole) = w.parts(first)?;
                Some((picture, motion, &whole.motion))
            }
        }
    }
    fn is_8_bit(&self) -> bool {
        self.picture().shared.shape().0.is_8_bit()
    }
    /// Takes over the samples and the motion of the field `structure` of `from`, a picture of the same size of which
    /// nothing is published.
    pub(crate) fn copy_field(&mut self, from: &mut PictureAccess<'_>, structure: Structure) {
        if self.is_8_bit() {
            self.copy_field_as::<u8>(from, structure);
        } else {
            self.copy_field_as::<u16>(from, structure);
        }
    }
    fn copy_field_as<P: Stored>(&mut self, from: &mut PictureAccess<'_>, structure: Structure) {
        let (Some((mut to, mut to_motion, head)), Some((from, from_motion, _))) =
            (self.parts::<P>(structure, 0), from.parts::<P>(structure, 0))
        else {
            return;
        };
        for (to, from) in to.planes_mut().iter_mut().zip(from.planes()) {
            let (width, stride) = (from.width(), from.stride());
            for y in (structure.parity()..from.height()).step_by(2) {
                let (a, b) = (to.index(0, y), from.index(0, y));
                debug_assert_eq!(stride, to.stride());
                to.data_mut()[a..a + width].copy_from_slice(&from.data()[b..b + width]);
            }
        }
        for mb in mbs_of_field(head) {
            to_motion[mb] = from_motion[mb];
        }
    }
    /// Shows the lines of the field `structure` twice: the other one never came.
    pub(crate) fn double_field(&mut self, structure: Structure) {
        if self.is_8_bit() {
            self.double_field_as::<u8>(structure);
        } else {
            self.double_field_as::<u16>(structure);
        }
    }
    fn double_field_as<P: Stored>(&mut self, structure: Structure) {
        let other = Structure::field(structure.parity() ^ 1);
        let Some((mut picture, mut motion, head)) = self.parts::<P>(other, 0) else { return };
        for plane in picture.planes_mut() {
            let (width, stride) = (plane.width(), plane.stride());
            for y in (0..plane.height()).step_by(2) {
                let first = plane.index(0, y);
                let (from, to) = match structure {
                    Structure::BottomField => (first + stride, first),
                    _ => (first, first + stride),
                };
                plane.data_mut().copy_within(from..from + width, to);
            }
        }
        // What another field was predicted with has been published; of this one nothing has.
        for mb in mbs_of_field(head) {
            motion[mb] = MbMotion::INTRA;
        }
    }
}

/// The addresses of the macroblocks of a field, of all colour planes, as seen from where those of the field in the first plane begin.
fn mbs_of_field(head: &MotionHead) -> impl Iterator<Item = usize> {
    let len = head.len;
    (0..head.layers).flat_map(move |plane| plane * len..plane * len + len / 2)
}
