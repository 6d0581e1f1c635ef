//! Pictures while and after they are decoded: samples, motion, and what later stages need of each macroblock.

use super::conceal;
use crate::error::{Error, Result};
use crate::h264::mb_info::{MbFlags, MbGrid, MbInfo, MbMotion, Place};
use crate::h264::params::Sps;
use crate::picture::{Picture, PictureFormat, Samples, Stored, with_picture};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// Which part of a frame a reference or a coded picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Structure {
    /// Both fields.
    Frame,
    /// The rows 0, 2, 4, ...
    TopField,
    /// The rows 1, 3, 5, ...
    BottomField,
}

impl Structure {
    /// The field of parity `parity`, 1 for the bottom field.
    pub(crate) const fn field(parity: usize) -> Self {
        if parity & 1 == 0 { Self::TopField } else { Self::BottomField }
    }
    /// Whether it is a field.
    pub(crate) const fn is_field(self) -> bool {
        !matches!(self, Self::Frame)
    }
    /// 1 for a bottom field, otherwise 0.
    pub(crate) const fn parity(self) -> usize {
        matches!(self, Self::BottomField) as usize
    }
    /// Where the macroblock at (`mb_x`, `mb_y`) of such a picture is.
    #[inline(always)]
    pub(crate) const fn place(self, mb_x: usize, mb_y: usize) -> Place {
        match self {
            Self::Frame => Place::frame(mb_x, mb_y),
            field => Place::field(mb_x, mb_y, field.parity()),
        }
    }
}

/// How the macroblocks of a decoded frame were coded, `PicCodingStruct` (table 8-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Coding {
    /// FRM: a frame of frame macroblocks.
    #[default]
    Frame,
    /// FLD: two fields, one after the other.
    Fields,
    /// AFRM: a frame of macroblock pairs.
    Mbaff,
}

/// A reference picture or field, to compare with others: unique in a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefId {
    /// [`DecodedPicture::pic_id`].
    pub(crate) pic_id: u32,
    /// What of it.
    pub(crate) structure: Structure,
}

/// The motion of a decoded picture, as B pictures that use it as co-located picture need it (8.4.1.2.1).
#[derive(Debug, Default)]
pub(crate) struct MotionField {
    /// How the macroblocks were coded.
    pub(crate) coding: Coding,
    /// Of [`Coding::Mbaff`]: whether the pair is one of field macroblocks, by pair in raster order.
    pub(crate) field_pairs: Vec<bool>,
    /// Width of the picture in macroblocks.
    pub(crate) width: usize,
    /// One entry a macroblock, by its place in raster order; with [`Coding::Fields`] first those of the top field, then those of the
    /// bottom field. Intra macroblocks have `ref_idx` -1 in both lists and undefined vectors.
    pub(crate) mbs: Vec<MbMotion>,
    /// The pictures and fields that [`MbMotion::ref_pic`] counts.
    pub(crate) ref_pics: Vec<RefId>,
}

impl MotionField {
    /// Takes over the motion of `from`, in the memory that is there.
    fn clone_from(&mut self, from: &Self) {
        (self.coding, self.width) = (from.coding, from.width);
        self.mbs.clone_from(&from.mbs);
        self.ref_pics.clone_from(&from.ref_pics);
        self.field_pairs.clone_from(&from.field_pairs);
    }
    /// Makes room for a picture that is coded as `coding` says.
    fn begin(&mut self, coding: Coding, mb_width: usize, mb_height: usize) {
        self.coding = coding;
        self.width = mb_width;
        self.mbs.resize(mb_width * mb_height, MbMotion::INTRA);
        self.ref_pics.clear();
        self.field_pairs.clear();
        if coding == Coding::Mbaff {
            self.field_pairs.resize(mb_width * (mb_height / 2), false);
        }
    }
    /// The macroblocks of a frame, or of one field of it.
    pub(crate) fn mbs_of(&mut self, structure: Structure) -> &mut [MbMotion] {
        let half = self.mbs.len() / 2;
        match structure {
            Structure::Frame => &mut self.mbs,
            Structure::TopField => &mut self.mbs[..half],
            Structure::BottomField => &mut self.mbs[half..],
        }
    }
    /// The number of a reference in this picture's own numbering, given one if it has none.
    pub(crate) fn number_of(&mut self, id: RefId) -> i8 {
        let n = match self.ref_pics.iter().position(|&p| p == id) {
            Some(n) => n,
            None => {
                self.ref_pics.push(id);
                self.ref_pics.len() - 1
            }
        };
        // A picture refers to 16 frames and their 32 fields at most; a broken stream that names more shares the last number.
        n.min(i8::MAX as usize) as i8
    }
}

/// A picture with everything that later pictures may ask of it.
#[derive(Debug)]
pub(crate) struct DecodedPicture {
    /// The samples.
    pub(crate) picture: Samples,
    /// The motion it was predicted with.
    pub(crate) motion: MotionField,
    /// The same of Cb and Cr where the planes are coded apart (`separate_colour_plane_flag`), otherwise empty.
    pub(crate) chroma_motion: [MotionField; 2],
    /// `TopFieldOrderCnt`, `BottomFieldOrderCnt`.
    pub(crate) field_poc: [i32; 2],
    /// `PicOrderCnt()` of the frame.
    pub(crate) poc: i32,
    /// Unique among the pictures of a decoder.
    pub(crate) pic_id: u32,
}

/// An entry of a reference picture list (8.2.4).
#[derive(Debug, Clone)]
pub(crate) struct RefPic {
    /// The frame, or the frame that holds the field.
    pub(crate) pic: Arc<DecodedPicture>,
    /// Marked "used for long-term reference".
    pub(crate) long_term: bool,
    /// What of `pic` the entry means.
    pub(crate) structure: Structure,
}

/// The reference picture lists as the macroblocks of one kind see them: as they are, or (for the field macroblocks of a frame,
/// 8.4.2.1) with both fields in place of each frame, that of the macroblock's parity first.
#[derive(Clone, Copy)]
pub(crate) struct ListView<'a> {
    lists: &'a [Vec<RefPic>; 2],
    /// What the macroblocks belong to.
    pub(crate) structure: Structure,
    split: bool,
    /// `PicOrderCnt()` of that.
    pub(crate) poc: i32,
}

impl<'a> ListView<'a> {
    /// The lists as macroblocks of a picture of structure `structure`, with `field_poc` so far, see them.
    pub(crate) fn of_picture(lists: &'a [Vec<RefPic>; 2], structure: Structure, field_poc: [i32; 2]) -> Self {
        let poc = match structure {
            Structure::Frame => field_poc[0].min(field_poc[1]),
            field => field_poc[field.parity()],
        };
        Self { lists, structure, split: false, poc }
    }
    /// The lists as the field macroblocks of parity `parity` in a frame see them.
    pub(crate) fn of_field_mbs(lists: &'a [Vec<RefPic>; 2], parity: usize, field_poc: [i32; 2]) -> Self {
        Self { lists, structure: Structure::field(parity), split: true, poc: field_poc[parity & 1] }
    }
    /// Entries of list `list`.
    pub(crate) fn len(&self, list: usize) -> usize {
        self.lists[list].len() << usize::from(self.split)
    }
    fn at(&self, list: usize, index: usize) -> Option<(&'a RefPic, Structure)> {
        if !self.split {
            return self.lists[list].get(index).map(|r| (r, r.structure));
        }
        let r = self.lists[list].get(index >> 1)?;
        Some((r, Structure::field(self.structure.parity() ^ (index & 1))))
    }
    /// Which picture entry `index` is.
    pub(crate) fn id(&self, list: usize, index: usize) -> Option<RefId> {
        self.at(list, index).map(|(r, structure)| RefId { pic_id: r.pic.pic_id, structure })
    }
    /// `PicOrderCnt()` of entry `index`, and whether it is a long-term reference.
    pub(crate) fn poc_of(&self, list: usize, index: usize) -> Option<(i32, bool)> {
        self.at(list, index).map(|(r, structure)| (r.pic.poc_of(structure), r.long_term))
    }
}

impl DecodedPicture {
    /// The motion of colour plane `plane`, or of all planes where they are not coded apart.
    pub(crate) fn motion_of(&self, plane: usize) -> &MotionField {
        match plane.checked_sub(1) {
            Some(i) if !self.chroma_motion[i & 1].mbs.is_empty() => &self.chroma_motion[i & 1],
            _ => &self.motion,
        }
    }
    /// `PicOrderCnt()` of the frame or of one of its fields, 8-1.
    pub(crate) fn poc_of(&self, structure: Structure) -> i32 {
        match structure {
            Structure::Frame => self.poc,
            field => self.field_poc[field.parity()],
        }
    }
}

/// Pictures to decode into. Those that nobody holds any more are used again, so that a running decoder does not allocate.
#[derive(Debug, Default)]
pub(crate) struct PicturePool {
    pictures: Vec<Arc<DecodedPicture>>,
    grid: MbGrid,
    chroma_grids: [MbGrid; 2],
}

impl PicturePool {
    /// Forgets all pictures: the size has changed.
    pub(crate) fn clear(&mut self) {
        self.pictures.clear();
    }

    fn take(&mut self, format: PictureFormat, mb_width: usize, mb_height: usize) -> Result<Arc<DecodedPicture>> {
        let fits = |p: &DecodedPicture| {
            p.picture.width() == 16 * mb_width && p.picture.height() == 16 * mb_height && p.picture.format() == format
        };
        self.pictures.retain(|p| fits(p));
        if let Some(i) = self.pictures.iter_mut().position(|p| Arc::get_mut(p).is_some()) {
            return Ok(self.pictures.swap_remove(i));
        }
        Ok(Arc::new(DecodedPicture {
            picture: Samples::new(format, 16 * mb_width, 16 * mb_height, 0)?,
            motion: MotionField {
                mbs: vec![MbMotion::INTRA; mb_width * mb_height],
                ref_pics: Vec::with_capacity(128),
                ..MotionField::default()
            },
            chroma_motion: Default::default(),
            field_poc: [0; 2],
            poc: 0,
            pic_id: 0,
        }))
    }
}

/// The picture being decoded.
#[derive(Debug)]
pub(crate) struct CurrentPicture {
    /// Held by nobody else until [`CurrentPicture::finish`].
    pic: Arc<DecodedPicture>,
    /// Types, QPs and slices of the macroblocks.
    pub(crate) grid: MbGrid,
    /// Those of Cb and Cr where the planes are coded apart, otherwise empty.
    chroma_grids: [MbGrid; 2],
    /// Macroblocks of Cb and Cr that are decoded.
    chroma_mbs_decoded: [usize; 2],
    /// Frame or field.
    pub(crate) structure: Structure,
    /// Macroblock rows whose deblocking is done.
    pub(crate) deblocked_rows: usize,
    mbs_decoded: usize,
}

/// The mutable parts of a [`CurrentPicture`], borrowed side by side.
pub(crate) struct PictureParts<'a> {
    /// The plane that the rest belongs to, where the planes are coded apart.
    pub(crate) colour_plane: Option<usize>,
    /// The samples.
    pub(crate) picture: &'a mut Samples,
    /// The motion.
    pub(crate) motion: &'a mut MotionField,
    /// Types, QPs and slices of the macroblocks.
    pub(crate) grid: &'a mut MbGrid,
    /// Number of macroblocks decoded.
    pub(crate) mbs_decoded: &'a mut usize,
    /// Macroblock rows whose deblocking is done.
    pub(crate) deblocked_rows: &'a mut usize,
    /// Frame or field.
    pub(crate) structure: Structure,
}

impl CurrentPicture {
    /// A picture of the sequence's coded size, with no macroblock decoded yet. Its samples are undefined.
    ///
    /// # Errors
    /// As [`Picture::new`]. The caller has checked the size against the limits.
    pub(crate) fn start(
        pool: &mut PicturePool,
        sps: &Sps,
        structure: Structure,
        pic_id: u32,
        field_poc: [i32; 2],
    ) -> Result<Self> {
        let mb_width = usize::from(sps.pic_width_in_mbs);
        let mb_height = usize::from(sps.pic_height_in_map_units) * if sps.frame_mbs_only_flag { 1 } else { 2 };
        let mut pic = pool.take(sps.decoded_format(), mb_width, mb_height)?;
        let coding = match (structure, sps.mb_adaptive_frame_field_flag) {
            (Structure::Frame, false) => Coding::Frame,
            (Structure::Frame, true) => Coding::Mbaff,
            _ => Coding::Fields,
        };
        let Some(p) = Arc::get_mut(&mut pic) else { return Err(Error::invalid("picture pool")) };
        p.pic_id = pic_id;
        p.field_poc = field_poc;
        p.poc = field_poc[0].min(field_poc[1]);
        p.motion.begin(coding, mb_width, mb_height);
        if sps.separate_colour_plane_flag {
            p.chroma_motion.iter_mut().for_each(|m| m.begin(coding, mb_width, mb_height));
        } else if !p.chroma_motion[0].mbs.is_empty() {
            p.chroma_motion = Default::default();
        }
        if sps.chroma_format_idc == 0 {
            // So that what comes after knows one format less.
            conceal::grey_planes(&mut p.picture, 1);
        }
        let mut grid = core::mem::take(&mut pool.grid);
        grid.reset(mb_width, mb_height >> u32::from(structure.is_field()));
        let mut chroma_grids = core::mem::take(&mut pool.chroma_grids);
        for chroma in &mut chroma_grids {
            let height = if sps.separate_colour_plane_flag { grid.height } else { 0 };
            chroma.reset(mb_width, height);
        }
        Ok(Self { pic, grid, chroma_grids, chroma_mbs_decoded: [0; 2], structure, deblocked_rows: 0, mbs_decoded: 0 })
    }
    /// The picture.
    pub(crate) fn picture(&self) -> &DecodedPicture {
        &self.pic
    }
    /// The picture, to be held by others once it is finished.
    pub(crate) fn shared(&self) -> &Arc<DecodedPicture> {
        &self.pic
    }
    /// The picture, to be changed.
    ///
    /// # Errors
    /// Never, as long as nobody else can reach the picture before it is finished.
    pub(crate) fn picture_mut(&mut self) -> Result<&mut DecodedPicture> {
        Arc::get_mut(&mut self.pic).ok_or(Error::invalid("picture pool"))
    }
    /// The planes that are coded apart (`colour_plane_id`), each with macroblocks of its own, or just 0.
    pub(crate) fn colour_planes(&self) -> core::ops::Range<usize> {
        if self.chroma_grids[0].info.is_empty() { 0..1 } else { 0..3 }
    }
    /// All that decoding changes, side by side, for colour plane `plane`, one of [`CurrentPicture::colour_planes`].
    ///
    /// # Errors
    /// As [`CurrentPicture::picture_mut`].
    pub(crate) fn parts_of(&mut self, plane: usize) -> Result<PictureParts<'_>> {
        let colour_plane = (self.colour_planes().len() > 1).then_some(plane);
        let pic = Arc::get_mut(&mut self.pic).ok_or(Error::invalid("picture pool"))?;
        let (motion, grid, mbs_decoded) = match plane.checked_sub(1) {
            None => (&mut pic.motion, &mut self.grid, &mut self.mbs_decoded),
            Some(i) => {
                let i = i & 1;
                (&mut pic.chroma_motion[i], &mut self.chroma_grids[i], &mut self.chroma_mbs_decoded[i])
            }
        };
        Ok(PictureParts {
            colour_plane,
            picture: &mut pic.picture,
            motion,
            grid,
            mbs_decoded,
            deblocked_rows: &mut self.deblocked_rows,
            structure: self.structure,
        })
    }
    /// Macroblocks that have not been decoded, of all colour planes if they are coded apart.
    pub(crate) fn mbs_missing(&self) -> usize {
        let all = self.grid.info.len() * self.colour_planes().len();
        all.saturating_sub(self.mbs_decoded + self.chroma_mbs_decoded[0] + self.chroma_mbs_decoded[1])
    }
    fn grid_of(&self, plane: u8) -> &MbGrid {
        match usize::from(plane).checked_sub(1) {
            Some(i) if self.colour_planes().len() > 1 => &self.chroma_grids[i & 1],
            _ => &self.grid,
        }
    }
    /// Whether the macroblock at address `mb` of colour plane `plane` has been decoded.
    pub(crate) fn is_decoded(&self, plane: u8, mb: usize) -> bool {
        self.grid_of(plane).info.get(mb).is_some_and(MbInfo::is_decoded)
    }
    /// Whether a macroblock at address `mb` or after it of colour plane `plane` has not been decoded.
    pub(crate) fn is_missing_from(&self, plane: u8, mb: usize) -> bool {
        self.grid_of(plane).info.iter().skip(mb).any(|mb| !mb.is_decoded())
    }
    /// Keeps which pairs of an MBAFF frame are of field macroblocks, for those that take the frame as co-located picture.
    ///
    /// # Errors
    /// As [`CurrentPicture::picture_mut`].
    pub(crate) fn keep_field_pairs(&mut self) -> Result<()> {
        for plane in self.colour_planes() {
            let parts = self.parts_of(plane)?;
            let width = parts.grid.width;
            for (pair, field) in parts.motion.field_pairs.iter_mut().enumerate() {
                let top = parts.grid.info.get(pair / width * 2 * width + pair % width);
                *field = top.is_some_and(|mb| mb.flags.has(MbFlags::FIELD));
            }
        }
        Ok(())
    }
    /// Goes on with the second field of the frame whose first field this was; `poc` is its order count.
    ///
    /// # Errors
    /// As [`CurrentPicture::picture_mut`].
    pub(crate) fn begin_second_field(&mut self, structure: Structure, poc: i32) -> Result<()> {
        let p = self.picture_mut()?;
        p.field_poc[structure.parity()] = poc;
        p.poc = p.field_poc[0].min(p.field_poc[1]);
        let (width, height) = (self.grid.width, self.grid.height);
        self.grid.reset(width, height);
        for chroma in &mut self.chroma_grids {
            chroma.reset(width, chroma.height);
        }
        self.chroma_mbs_decoded = [0; 2];
        self.structure = structure;
        (self.deblocked_rows, self.mbs_decoded) = (0, 0);
        Ok(())
    }
    /// The field that has been decoded, in a picture of its own: what the second field of the frame, which is decoded into this
    /// picture, can refer to.
    ///
    /// # Errors
    /// As [`Picture::new`].
    pub(crate) fn copy_of_field(&self, pool: &mut PicturePool) -> Result<Arc<DecodedPicture>> {
        let own = &*self.pic;
        let format = own.picture.format();
        let mut copy = pool.take(format, own.picture.width() / 16, own.picture.height() / 16)?;
        let Some(c) = Arc::get_mut(&mut copy) else { return Err(Error::invalid("picture pool")) };
        with_picture!(&mut c.picture, to => {
            let Some(from) = Stored::of(&own.picture) else { return Err(Error::invalid("picture pool")) };
            copy_lines(to, from, self.structure.parity());
        });
        (c.field_poc, c.poc, c.pic_id) = (own.field_poc, own.poc, own.pic_id);
        c.motion.clone_from(&own.motion);
        for (to, from) in c.chroma_motion.iter_mut().zip(&own.chroma_motion) {
            to.clone_from(from);
        }
        pool.pictures.push(Arc::clone(&copy));
        Ok(copy)
    }
    /// Shows the lines of the field that has been decoded twice: the other one never came.
    ///
    /// # Errors
    /// As [`CurrentPicture::picture_mut`].
    pub(crate) fn double_field(&mut self) -> Result<()> {
        let structure = self.structure;
        let p = self.picture_mut()?;
        with_picture!(&mut p.picture, picture => double_lines(picture, structure));
        let other = Structure::field(structure.parity() ^ 1);
        for motion in core::iter::once(&mut p.motion).chain(&mut p.chroma_motion) {
            motion.mbs_of(other).fill(MbMotion::INTRA);
        }
        Ok(())
    }
    /// Shares the picture with the world and gives the working memory back to `pool`.
    pub(crate) fn finish(self, pool: &mut PicturePool) -> Arc<DecodedPicture> {
        pool.grid = self.grid;
        pool.chroma_grids = self.chroma_grids;
        pool.pictures.push(Arc::clone(&self.pic));
        self.pic
    }
}

/// Copies the lines of one parity.
fn copy_lines<P: Stored>(to: &mut Picture<P>, from: &Picture<P>, parity: usize) {
    for (to, from) in to.planes_mut().iter_mut().zip(from.planes()) {
        for y in (parity..from.height()).step_by(2) {
            to.row_mut(y).copy_from_slice(from.row(y));
        }
    }
}

/// Copies each line of the field `structure` over the one beside it.
fn double_lines<P: Stored>(picture: &mut Picture<P>, structure: Structure) {
    for plane in picture.planes_mut() {
        let (width, stride) = (plane.width(), plane.stride());
        for y in (0..plane.height()).step_by(2) {
            let first = plane.index(0, y as isize);
            let (from, to) = match structure {
                Structure::BottomField => (first + stride, first),
                _ => (first, first + stride),
            };
            plane.data_mut().copy_within(from..from + width, to);
        }
    }
}
