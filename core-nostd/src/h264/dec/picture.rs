//! Pictures while and after they are decoded: samples, motion, and what later stages need of each macroblock.

use crate::error::{Error, Result};
use crate::h264::mb_info::{MbGrid, MbMotion};
use crate::h264::params::Sps;
use crate::picture::{ChromaFormat, Picture, PictureFormat};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// Which part of a frame a reference or a coded picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "fields come with interlaced decoding"))]
pub(crate) enum Structure {
    /// Both fields.
    Frame,
    /// The rows 0, 2, 4, ...
    TopField,
    /// The rows 1, 3, 5, ...
    BottomField,
}

/// The motion of a decoded picture, as B pictures that use it as co-located picture need it (8.4.1.2.1).
#[derive(Debug, Clone, Default)]
pub(crate) struct MotionField {
    /// One entry a macroblock, in address order. Intra macroblocks have `ref_idx` -1 in both lists and undefined vectors.
    pub(crate) mbs: Vec<MbMotion>,
    /// [`DecodedPicture::pic_id`] of the pictures that [`MbMotion::ref_pic`] counts.
    pub(crate) ref_pics: Vec<u32>,
}

impl MotionField {
    /// The number of the picture with id `pic_id` in this field's own numbering, given one if it has none.
    pub(crate) fn number_of(&mut self, pic_id: u32) -> i8 {
        let n = match self.ref_pics.iter().position(|&p| p == pic_id) {
            Some(n) => n,
            None => {
                self.ref_pics.push(pic_id);
                self.ref_pics.len() - 1
            }
        };
        // A picture refers to 16 frames at most; a broken stream that names more shares the last number.
        n.min(i8::MAX as usize) as i8
    }
}

/// A picture with everything that later pictures may ask of it.
#[derive(Debug)]
pub(crate) struct DecodedPicture {
    /// The samples.
    pub(crate) picture: Picture<u8>,
    /// The motion it was predicted with.
    pub(crate) motion: MotionField,
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
    #[allow(dead_code, reason = "fields come with interlaced decoding")]
    pub(crate) structure: Structure,
}

/// Pictures to decode into. Those that nobody holds any more are used again, so that a running decoder does not allocate.
#[derive(Debug, Default)]
pub(crate) struct PicturePool {
    pictures: Vec<Arc<DecodedPicture>>,
    grid: MbGrid,
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
            picture: Picture::new(format, 16 * mb_width, 16 * mb_height, 0)?,
            motion: MotionField { mbs: vec![MbMotion::INTRA; mb_width * mb_height], ref_pics: Vec::with_capacity(33) },
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
    /// Frame or field.
    #[allow(dead_code, reason = "fields come with interlaced decoding")]
    pub(crate) structure: Structure,
    /// Macroblock rows whose deblocking is done.
    pub(crate) deblocked_rows: usize,
    mbs_decoded: usize,
}

/// The mutable parts of a [`CurrentPicture`], borrowed side by side.
pub(crate) struct PictureParts<'a> {
    /// The samples.
    pub(crate) picture: &'a mut Picture<u8>,
    /// The motion.
    pub(crate) motion: &'a mut MotionField,
    /// Types, QPs and slices of the macroblocks.
    pub(crate) grid: &'a mut MbGrid,
    /// Number of macroblocks decoded.
    pub(crate) mbs_decoded: &'a mut usize,
    /// Macroblock rows whose deblocking is done.
    pub(crate) deblocked_rows: &'a mut usize,
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
        let chroma = match sps.chroma_format_idc {
            // Grey chroma planes beside monochrome luma, so that what comes after knows one format less.
            0 | 1 => ChromaFormat::Yuv420,
            2 => ChromaFormat::Yuv422,
            _ => ChromaFormat::Yuv444,
        };
        let format =
            PictureFormat { chroma, bit_depth_luma: sps.bit_depth_luma, bit_depth_chroma: sps.bit_depth_chroma };
        let mut pic = pool.take(format, mb_width, mb_height)?;
        let Some(p) = Arc::get_mut(&mut pic) else { return Err(Error::invalid("picture pool")) };
        p.pic_id = pic_id;
        p.field_poc = field_poc;
        p.poc = field_poc[0].min(field_poc[1]);
        p.motion.ref_pics.clear();
        if sps.chroma_format_idc == 0 {
            p.picture.planes_mut()[1..].iter_mut().for_each(|plane| plane.data_mut().fill(128));
        }
        let mut grid = core::mem::take(&mut pool.grid);
        grid.reset(mb_width, mb_height);
        Ok(Self { pic, grid, structure, deblocked_rows: 0, mbs_decoded: 0 })
    }
    /// The picture.
    pub(crate) fn picture(&self) -> &DecodedPicture {
        &self.pic
    }
    /// The picture, to be changed.
    ///
    /// # Errors
    /// Never, as long as nobody else can reach the picture before it is finished.
    pub(crate) fn picture_mut(&mut self) -> Result<&mut DecodedPicture> {
        Arc::get_mut(&mut self.pic).ok_or(Error::invalid("picture pool"))
    }
    /// All that decoding changes, side by side.
    ///
    /// # Errors
    /// As [`CurrentPicture::picture_mut`].
    pub(crate) fn parts(&mut self) -> Result<PictureParts<'_>> {
        let pic = Arc::get_mut(&mut self.pic).ok_or(Error::invalid("picture pool"))?;
        Ok(PictureParts {
            picture: &mut pic.picture,
            motion: &mut pic.motion,
            grid: &mut self.grid,
            mbs_decoded: &mut self.mbs_decoded,
            deblocked_rows: &mut self.deblocked_rows,
        })
    }
    /// Macroblocks decoded so far, none counted twice.
    pub(crate) fn mbs_decoded(&self) -> usize {
        self.mbs_decoded
    }
    /// Whether the macroblock at address `mb` has been decoded.
    pub(crate) fn is_decoded(&self, mb: usize) -> bool {
        self.grid.info[mb].is_decoded()
    }
    /// Shares the picture with the world and gives the working memory back to `pool`.
    pub(crate) fn finish(self, pool: &mut PicturePool) -> Arc<DecodedPicture> {
        pool.grid = self.grid;
        pool.pictures.push(Arc::clone(&self.pic));
        self.pic
    }
}
