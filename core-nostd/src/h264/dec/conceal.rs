//! Concealment: what is shown where nothing was received.
//!
//! The macroblocks that are missing are filled from the edges of what is there inwards. Each is copied from a reference picture, along
//! that motion which best continues the samples around it: none, the motion of one of the neighbours, or what was there in the
//! reference. Where all around is intra and no motion fits, as after a change of scene, the samples around are
//! interpolated.

use super::parts::PictureParts;
use super::picture::{Coding, DecodedPicture, MotionHead, RefId, RefPic, Structure};
use crate::h264::mb_info::{MbFlags, MbGrid, MbMotion, Mv};
use crate::h264::pred::direct::ColMotion;
use crate::h264::pred::intra::middle;
use crate::picture::{Lines as SampleLines, Picture, Samples, Stored, with_picture};
use crate::unchecked::{MotionMut, PictureMut};
use transcode_simd::Sample;

/// A mean difference of 8-bit samples across the edges from which on a reference shows something else.
const OTHER_SCENE: u32 = 16;

/// Passes over the picture in which macroblocks wait for their neighbours.
const MAX_PASSES: usize = 32;

/// What a picture can be concealed from: a reference frame or field.
pub(crate) struct Source<'a, P: Sample> {
    picture: &'a Picture<P>,
    motion: ColMotion<'a>,
    id: RefId,
}

/// The lines of a frame, or those of one of its fields.
#[derive(Debug, Clone, Copy)]
struct Lines {
    first: usize,
    shift: u32,
}

impl Lines {
    const fn of(structure: Structure) -> Self {
        Self { first: structure.parity(), shift: structure.is_field() as u32 }
    }
    /// Index of a sample; coordinates outside of the plane mean its edges.
    #[inline]
    fn index<P: Sample>(self, plane: &impl SampleLines<P>, x: i32, y: i32) -> usize {
        let last = |n: usize| n.saturating_sub(1) as i32;
        let x = x.clamp(0, last(plane.width()));
        let y = y.clamp(0, last(plane.height() >> self.shift)) as usize;
        plane.index(x as usize, self.first + (y << self.shift))
    }
    #[inline]
    fn sample<P: Sample>(self, plane: &impl SampleLines<P>, x: i32, y: i32) -> i32 {
        plane.data()[self.index(plane, x, y)].into()
    }
}

/// The sides of a macroblock; the fourth is below.
const LEFT: usize = 0;
const ABOVE: usize = 1;
const RIGHT: usize = 2;

/// Of the neighbour on each side, the 4x4 block that touches the middle of the edge.
const TOUCHING_BLOCK: [usize; 4] = [7, 13, 4, 1];

/// A missing macroblock.
#[derive(Debug, Clone, Copy)]
struct Site {
    /// Index in the grid and in the motion of the picture.
    mb: usize,
    /// Position in luma samples, in the lines of `structure`.
    x: i32,
    y: i32,
    /// What the macroblock is a part of: in a frame with field macroblocks, one that completes a pair of those belongs to a field.
    structure: Structure,
    /// The plane that is missing, where the planes are coded apart.
    colour_plane: Option<usize>,
    /// The neighbours that have been decoded or concealed.
    sides: [Option<usize>; 4],
}

impl Site {
    fn new(grid: &MbGrid, mb: usize, structure: Structure, mbaff: bool) -> Self {
        let (width, height) = (grid.width, grid.height);
        let (mb_x, mb_y) = (mb % width, mb / width);
        // The other macroblock of the pair says whether this one has every other line.
        let other = (mb_y ^ 1) * width + mb_x;
        let in_field_pair =
            mbaff && mb_y ^ 1 < height && is_known(grid, other) && grid.info[other].flags.has(MbFlags::FIELD);
        let (above, below, row, structure) = if in_field_pair {
            ((mb_y & !1).checked_sub(1), (mb_y | 1) + 1, mb_y / 2, Structure::field(mb_y & 1))
        } else {
            (mb_y.checked_sub(1), mb_y + 1, mb_y, structure)
        };
        let sides = [
            (mb_x > 0).then(|| mb - 1),
            above.map(|y| y * width + mb_x),
            (mb_x + 1 < width).then_some(mb + 1),
            (below < height).then_some(below * width + mb_x),
        ];
        Self {
            mb,
            x: 16 * mb_x as i32,
            y: 16 * row as i32,
            structure,
            colour_plane: None,
            sides: sides.map(|side| side.filter(|&mb| is_known(grid, mb))),
        }
    }
    fn known_sides(&self) -> usize {
        self.sides.iter().flatten().count()
    }
}

fn is_known(grid: &MbGrid, mb: usize) -> bool {
    grid.info.get(mb).is_some_and(|info| info.is_decoded() || info.flags.has(MbFlags::CONCEALED))
}

/// Fills every macroblock that was not decoded. `references`, which are finished, are of the picture's structure, the best first;
/// [`number_references`] has numbered them.
pub(crate) fn picture<P: Stored>(parts: &mut PictureParts<'_, P>, references: &[RefPic]) {
    let mut sources: [Option<Source<'_, P>>; MAX_SOURCES] = Default::default();
    let (format, own) = (parts.picture.format(), &parts.picture.planes()[0]);
    let fitting = references.iter().filter_map(|r| {
        let id = RefId { pic_id: r.pic.pic_id, structure: r.structure };
        let picture = P::of(r.pic.shared.whole())?;
        let source = Source { picture, motion: ColMotion::of(&r.pic, parts.colour_plane.unwrap_or(0)), id };
        (picture.format() == format && own.is_like(picture.plane(0))).then_some(source)
    });
    for (to, source) in sources.iter_mut().zip(fitting) {
        *to = Some(source);
    }
    fill(parts, &sources);
}

/// Numbers what [`picture`] may refer to in the motion of the picture. To be done before others can see it.
pub(crate) fn number_references(references: &[RefPic], structure: Structure, motion: &mut MotionHead) {
    for r in references.iter().take(MAX_SOURCES) {
        let pic_id = r.pic.pic_id;
        motion.number_of(RefId { pic_id, structure: r.structure });
        if motion.coding == Coding::Mbaff && structure == Structure::Frame {
            motion.number_of(RefId { pic_id, structure: Structure::TopField });
            motion.number_of(RefId { pic_id, structure: Structure::BottomField });
        }
    }
}

/// References that are looked at: the first, and those that neighbours were predicted from.
const MAX_SOURCES: usize = 8;

fn fill<P: Stored>(parts: &mut PictureParts<'_, P>, sources: &[Option<Source<'_, P>>; MAX_SOURCES]) {
    let PictureParts { picture, motion, head, grid, structure, colour_plane, .. } = parts;
    let (structure, colour_plane) = (*structure, *colour_plane);
    let mbaff = head.coding == Coding::Mbaff;
    let (mut least, mut passes) = (2, 0);
    loop {
        let (mut done, mut waiting) = (0, 0);
        for mb in 0..grid.info.len() {
            if is_known(grid, mb) {
                continue;
            }
            let site = Site { colour_plane, ..Site::new(grid, mb, structure, mbaff) };
            if site.known_sides() < least {
                waiting += 1;
                continue;
            }
            let motion_of_mb = match best_motion(picture, (motion, head), grid, &site, sources) {
                Some((mv, source)) => {
                    compensate(picture, &site, mv, source);
                    let structure = if site.structure.is_field() { site.structure } else { source.id.structure };
                    let n = head.number_if_known(RefId { structure, ..source.id });
                    MbMotion {
                        mv: [[mv; 16], [Mv::default(); 16]],
                        ref_idx: [[0; 4], [-1; 4]],
                        ref_pic: [[n; 4], [-1; 4]],
                    }
                }
                None => {
                    interpolate(picture, &site);
                    MbMotion::INTRA
                }
            };
            motion[mb] = motion_of_mb;
            let field = if site.structure != structure { MbFlags::FIELD } else { MbFlags(0) };
            grid.info[mb].flags |= MbFlags::CONCEALED | field;
            done += 1;
        }
        if waiting == 0 {
            return;
        }
        passes += 1;
        if passes >= MAX_PASSES {
            least = 0;
        } else if done == 0 {
            least -= 1;
        } else {
            least = 2;
        }
    }
}

/// The motion and the reference that continue best what is around `site`; none if the samples around it are better interpolated.
fn best_motion<'s, 'a, P: Sample>(
    picture: &PictureMut<'_, P>,
    (motion, head): (&MotionMut<'_>, &MotionHead),
    grid: &MbGrid,
    site: &Site,
    sources: &'s [Option<Source<'a, P>>; MAX_SOURCES],
) -> Option<(Mv, &'s Source<'a, P>)> {
    let first = sources[0].as_ref()?;
    let mut best = (mismatch(picture, site, Mv::default(), first), Mv::default(), first);
    let mut consider = |mv: Mv, source: &'s Source<'a, P>| {
        let cost = mismatch(picture, site, mv, source);
        if cost < best.0 {
            best = (cost, mv, source);
        }
    };
    if let Some(mv) = first.motion_at(site) {
        consider(mv, first);
    }
    for (side, mb) in site.sides.iter().enumerate().filter_map(|(side, mb)| Some((side, (*mb)?))) {
        let Some(m) = motion.get(mb) else { continue };
        let block = TOUCHING_BLOCK[side];
        let quarter = (block >> 3) << 1 | (block & 3) >> 1;
        for list in 0..2 {
            let number = usize::try_from(m.ref_pic[list][quarter]).ok();
            let Some(id) = number.and_then(|n| head.ref_pics.get(n)) else { continue };
            let of_picture = |s: &&Source<'_, P>| s.id.pic_id == id.pic_id && s.id.structure == id.structure;
            let of_frame = |s: &&Source<'_, P>| s.id.pic_id == id.pic_id;
            let there = || sources.iter().flatten();
            let source = there().find(of_picture).or_else(|| there().find(of_frame)).unwrap_or(first);
            let field = grid.info[mb].flags.has(MbFlags::FIELD);
            consider(site.own_units(m.mv[list][block], field), source);
        }
    }
    let sides = site.known_sides() as u32;
    let depth = u32::from(picture.format().bit_depth_luma).saturating_sub(8);
    let intra = |mb: &usize| grid.info[*mb].flags.has(MbFlags::INTRA);
    let other_scene = sides > 0
        && best.0 > 16 * sides * (OTHER_SCENE << depth)
        && site.sides.iter().flatten().all(|mb| intra(mb) || !grid.info[*mb].is_decoded())
        && site.sides.iter().flatten().any(intra);
    (!other_scene).then_some((best.1, best.2))
}

impl Site {
    /// A neighbour's vector in the lines of this macroblock.
    fn own_units(&self, mv: Mv, of_field_mb: bool) -> Mv {
        match (self.structure.is_field(), of_field_mb) {
            (false, true) => Mv::new(mv.x, mv.y.saturating_mul(2)),
            (true, false) => Mv::new(mv.x, mv.y / 2),
            _ => mv,
        }
    }
}

impl<P: Sample> Source<'_, P> {
    /// The motion of the reference at the place of `site`: what moved goes on.
    fn motion_at(&self, site: &Site) -> Option<Mv> {
        let m = self.motion.at(self.id.structure, site.mb)?;
        if site.structure != self.id.structure {
            return None;
        }
        let list = (0..2).find(|&list| m.ref_idx[list][0] >= 0)?;
        let mv = m.mv[list][5];
        Some(if list == 0 { mv } else { Mv::new(mv.x.saturating_neg(), mv.y.saturating_neg()) })
    }
    /// The lines of the reference that a macroblock of `site` is predicted from.
    fn lines(&self, site: &Site) -> Lines {
        // A field of a pair takes the field of its own parity.
        Lines::of(if self.id.structure.is_field() { self.id.structure } else { site.structure })
    }
}

/// How much the samples around `site` differ from those around the place that `mv` points at: the sum over 16 samples of each side.
fn mismatch<P: Sample>(picture: &PictureMut<'_, P>, site: &Site, mv: Mv, source: &Source<'_, P>) -> u32 {
    let (plane, reference) = (&picture.planes()[0], source.picture.plane(0));
    let (own, other) = (Lines::of(site.structure), source.lines(site));
    let whole = |v: i16| (i32::from(v) + 2) >> 2;
    let (dx, dy) = (whole(mv.x), whole(mv.y));
    let mut sum = 0;
    for (side, _) in site.sides.iter().enumerate().filter(|(_, mb)| mb.is_some()) {
        for i in 0..16 {
            let (x, y) = match side {
                LEFT => (site.x - 1, site.y + i),
                ABOVE => (site.x + i, site.y - 1),
                RIGHT => (site.x + 16, site.y + i),
                _ => (site.x + i, site.y + 16),
            };
            sum += own.sample(plane, x, y).abs_diff(other.sample(reference, x + dx, y + dy));
        }
    }
    sum
}

/// Predicts `site` from `source`, between whole samples by bilinear interpolation.
fn compensate<P: Sample>(picture: &mut PictureMut<'_, P>, site: &Site, mv: Mv, source: &Source<'_, P>) {
    let shifts = picture.format().chroma.shifts();
    let (own, other) = (Lines::of(site.structure), source.lines(site));
    for (i, (plane, reference)) in picture.planes_mut().iter_mut().zip(source.picture.planes()).enumerate() {
        if site.colour_plane.is_some_and(|own| own != i) {
            continue;
        }
        let (sx, sy) = if i == 0 { (0, 0) } else { shifts };
        let (x0, y0) = (site.x >> sx, site.y >> sy);
        // Quarter samples of luma are eighths where chroma has half as many.
        let split = |v: i16, s: u32| (i32::from(v) >> (2 + s), (i32::from(v) & ((4 << s) - 1)) << (1 - s));
        let ((dx, fx), (dy, fy)) = (split(mv.x, sx), split(mv.y, sy));
        for y in y0..y0 + (16 >> sy) {
            for x in x0..x0 + (16 >> sx) {
                let at = |h, v| other.sample(reference, x + dx + h, y + dy + v);
                let value = if fx | fy == 0 {
                    at(0, 0)
                } else {
                    let row = |v| (8 - fx) * at(0, v) + fx * at(1, v);
                    ((8 - fy) * row(0) + fy * row(1) + 32) >> 6
                };
                let to = own.index(plane, x, y);
                plane.data_mut()[to] = P::from_i32(value);
            }
        }
    }
}

/// Fills `site` from the samples on its known sides, the nearer the side the more of it; grey if there is none.
fn interpolate<P: Sample>(picture: &mut PictureMut<'_, P>, site: &Site) {
    let format = picture.format();
    let lines = Lines::of(site.structure);
    for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
        if site.colour_plane.is_some_and(|own| own != i) {
            continue;
        }
        let (sx, sy) = if i == 0 { (0, 0) } else { format.chroma.shifts() };
        let (x0, y0, w, h) = (site.x >> sx, site.y >> sy, 16 >> sx, 16 >> sy);
        let depth = format.bit_depth(i);
        for y in 0..h {
            for x in 0..w {
                let (mut sum, mut weights) = (0, 0);
                for (side, _) in site.sides.iter().enumerate().filter(|(_, mb)| mb.is_some()) {
                    let (value, weight) = match side {
                        LEFT => (lines.sample(plane, x0 - 1, y0 + y), w - x),
                        ABOVE => (lines.sample(plane, x0 + x, y0 - 1), h - y),
                        RIGHT => (lines.sample(plane, x0 + w, y0 + y), x + 1),
                        _ => (lines.sample(plane, x0 + x, y0 + h), y + 1),
                    };
                    sum += value * weight;
                    weights += weight;
                }
                let value = if weights == 0 { 1 << (depth - 1) } else { (sum + weights / 2) / weights };
                let to = lines.index(plane, x0 + x, y0 + y);
                plane.data_mut()[to] = P::from_i32(value);
            }
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
