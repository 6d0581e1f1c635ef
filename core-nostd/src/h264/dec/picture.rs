//! Pictures while and after they are decoded: samples, motion, and what later stages need of each macroblock.

use super::conceal;
use crate::error::{Error, Result};
use crate::h264::mb_info::{MbMotion, Place};
use crate::h264::params::Sps;
use crate::picture::{PictureFormat, Samples};
use crate::unchecked::{Shared, Writer};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

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

/// What is known of the motion of a decoded picture besides the vectors, for B pictures that use it as co-located picture
/// (8.4.1.2.1). The vectors are in [`Shared::motion`], one entry a macroblock, by its place in raster order; with
/// [`Coding::Fields`] first those of the top field, then those of the bottom field. Intra macroblocks have `ref_idx` -1 in both
/// lists and undefined vectors. Planes that are coded apart (`separate_colour_plane_flag`) have such entries each, one plane after the
/// other.
#[derive(Debug, Default)]
pub(crate) struct MotionHead {
    /// How the macroblocks were coded.
    pub(crate) coding: Coding,
    /// Of [`Coding::Mbaff`]: whether the pair is one of field macroblocks, by pair in raster order, one plane after the other. Known of
    /// pairs whose motion is finished.
    pub(crate) field_pairs: Vec<AtomicBool>,
    /// Width of the picture in macroblocks.
    pub(crate) width: usize,
    /// Macroblocks of the frame.
    pub(crate) len: usize,
    /// How many planes have macroblocks of their own: 3 where the planes are coded apart, otherwise 1.
    pub(crate) layers: usize,
    /// The pictures and fields that [`MbMotion::ref_pic`] counts.
    pub(crate) ref_pics: Vec<RefId>,
}

impl MotionHead {
    /// Where the macroblocks of a frame, or of one field of it, begin.
    fn first_mb(&self, structure: Structure) -> usize {
        if structure == Structure::BottomField { self.len / 2 } else { 0 }
    }
    /// The number of a reference that has one, or the last number.
    pub(crate) fn number_if_known(&self, id: RefId) -> i8 {
        let n = self.ref_pics.iter().position(|&p| p == id).unwrap_or(usize::MAX);
        n.min(i8::MAX as usize) as i8
    }
    /// Where the macroblocks of colour plane `plane` of a frame or field begin.
    pub(super) fn first_mb_of(&self, plane: usize, structure: Structure) -> usize {
        plane * self.len + self.first_mb(structure)
    }
    /// Begins a picture that is coded as `coding` says, in memory that a picture with pairs may need later if there `may_be_pairs`.
    fn begin(&mut self, coding: Coding, may_be_pairs: bool) {
        self.coding = coding;
        self.ref_pics.clear();
        self.field_pairs.clear();
        let pairs = self.layers * (self.len / 2);
        if may_be_pairs {
            self.field_pairs.reserve_exact(pairs);
        }
        if coding == Coding::Mbaff {
            self.field_pairs.resize_with(pairs, AtomicBool::default);
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
    /// The samples, and the motion that they were predicted with.
    pub(crate) shared: Shared,
    /// What belongs to the motion.
    pub(crate) motion: MotionHead,
    /// `TopFieldOrderCnt`, `BottomFieldOrderCnt`.
    pub(crate) field_poc: [i32; 2],
    /// `PicOrderCnt()` of the frame.
    pub(crate) poc: i32,
    /// Unique among the pictures of a decoder.
    pub(crate) pic_id: u32,
    /// What went wrong when it was decoded.
    pub(crate) damage: Damage,
}

/// Whether a picture is damaged, or predicted from something damaged. That is known when its macroblocks are decoded, while later
/// pictures may refer to it already.
#[derive(Debug, Default)]
pub(crate) struct Damage(AtomicBool);

impl Damage {
    /// Says that the picture is damaged.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    /// Whether it is.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
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
}

impl PicturePool {
    /// Forgets all pictures: the size has changed.
    pub(crate) fn clear(&mut self) {
        self.pictures.clear();
    }

    /// A picture whose planes are coded apart, if there are three `layers` and not one.
    fn take(
        &mut self,
        format: PictureFormat,
        (mb_width, mb_height): (usize, usize),
        layers: usize,
    ) -> Result<Arc<DecodedPicture>> {
        let shape = (format, 16 * mb_width, 16 * mb_height);
        let fits = |p: &DecodedPicture| p.shared.shape() == shape && p.motion.layers == layers;
        self.pictures.retain(|p| fits(p));
        if let Some(i) = self.pictures.iter_mut().position(|p| Arc::get_mut(p).is_some()) {
            return Ok(self.pictures.swap_remove(i));
        }
        Ok(Arc::new(DecodedPicture {
            shared: Shared::new(
                Samples::new(format, 16 * mb_width, 16 * mb_height, 0)?,
                vec![MbMotion::INTRA; layers * mb_width * mb_height],
            ),
            motion: MotionHead {
                width: mb_width,
                len: mb_width * mb_height,
                layers,
                ref_pics: Vec::with_capacity(128),
                ..MotionHead::default()
            },
            field_poc: [0; 2],
            poc: 0,
            pic_id: 0,
            damage: Damage::default(),
        }))
    }
}

/// The picture being decoded, as those see it that decide what becomes of it.
#[derive(Debug)]
pub(crate) struct CurrentPicture {
    /// Held by nobody else until [`CurrentPicture::finish`].
    pic: Arc<DecodedPicture>,
}

impl CurrentPicture {
    /// A picture of the sequence's coded size. Its samples are undefined.
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
        let layers = if sps.separate_colour_plane_flag { 3 } else { 1 };
        let mut pic = pool.take(sps.decoded_format(), (mb_width, mb_height), layers)?;
        let coding = match (structure, sps.mb_adaptive_frame_field_flag) {
            (Structure::Frame, false) => Coding::Frame,
            (Structure::Frame, true) => Coding::Mbaff,
            _ => Coding::Fields,
        };
        let Some(p) = Arc::get_mut(&mut pic) else { return Err(Error::invalid("picture pool")) };
        p.pic_id = pic_id;
        p.field_poc = field_poc;
        p.poc = field_poc[0].min(field_poc[1]);
        p.damage = Damage::default();
        p.motion.begin(coding, sps.mb_adaptive_frame_field_flag);
        if sps.chroma_format_idc == 0 {
            // So that what comes after knows one format less.
            conceal::grey_planes(p.shared.get_mut().0, 1);
        }
        Ok(Self { pic })
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
    /// Sets the order counts of the fields, and with them that of the frame.
    ///
    /// # Errors
    /// As [`CurrentPicture::picture_mut`].
    pub(crate) fn set_field_poc(&mut self, field_poc: [i32; 2]) -> Result<()> {
        let p = self.picture_mut()?;
        p.field_poc = field_poc;
        p.poc = field_poc[0].min(field_poc[1]);
        Ok(())
    }
    /// A picture to copy the decoded field to ([`DecodedPicture::copy_field`]): what the second field of the frame, which is
    /// decoded into this picture, can refer to.
    ///
    /// # Errors
    /// As [`Picture::new`].
    pub(crate) fn place_for_copy(&self, pool: &mut PicturePool) -> Result<Self> {
        let own = &*self.pic;
        let (format, width, height) = own.shared.shape();
        let mut copy = pool.take(format, (width / 16, height / 16), own.motion.layers)?;
        let Some(c) = Arc::get_mut(&mut copy) else { return Err(Error::invalid("picture pool")) };
        (c.field_poc, c.poc, c.pic_id) = (own.field_poc, own.poc, own.pic_id);
        c.damage = Damage::default();
        c.motion.begin(own.motion.coding, own.motion.field_pairs.capacity() > 0);
        c.motion.ref_pics.clone_from(&own.motion.ref_pics);
        Ok(Self { pic: copy })
    }
    /// What writes the picture when others can reach it.
    ///
    /// # Errors
    /// As [`CurrentPicture::picture_mut`], which is not possible any more afterwards.
    pub(crate) fn open(&mut self) -> Result<Writer> {
        Writer::open(&mut self.pic)
    }
    /// Shares the picture with the world.
    pub(crate) fn finish(self, pool: &mut PicturePool) -> Arc<DecodedPicture> {
        pool.pictures.push(Arc::clone(&self.pic));
        self.pic
    }
}
