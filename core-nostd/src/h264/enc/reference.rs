//! Reference pictures with their half-sample planes.

use super::weight::{PlaneStats, Weight};
use crate::error::Result;
use crate::h264::mb_info::{MbMotion, Mv};
use crate::picture::{Picture, PictureFormat, Plane};
use alloc::vec;
use alloc::vec::Vec;
use transcode_simd::{BlockSize, Kernels, copy_block};

/// Border of every picture, in samples.
pub(super) const PAD: usize = 48;
/// How far outside the picture a block may start or end: half-sample planes are filled as far, and the six-tap filter needs
/// three samples more than that.
const REACH: usize = 32;

/// A coded picture, deblocked, with borders, and the three planes of half samples of 8.4.2.2.1.
#[derive(Debug)]
pub(super) struct Reference {
    /// The samples.
    pub picture: Picture<u8>,
    /// b (right of G), h (below G), j (between), each at the index of G.
    half: [Plane<u8>; 3],
    /// Of the planes of its source.
    pub stats: [PlaneStats; 3],
    /// `PicOrderCnt`.
    pub poc: i32,
    /// `frame_num`.
    pub frame_num: u32,
    /// Motion of its macroblocks, and the order counts of the pictures in its lists.
    pub motion: Vec<MbMotion>,
    pub list_pocs: [[i32; 16]; 2],
}

/// For each quarter position `4 * (y & 3) + (x & 3)`: two planes (0 full, 1 b, 2 h, 3 j) and whether the plane's sample is the one to
/// the right or below; the prediction is their mean (equal if the first alone is it). 8.4.2.2.1, equations 8-243 to 8-261.
const SOURCES: [[(usize, bool, bool); 2]; 16] = {
    const G: (usize, bool, bool) = (0, false, false);
    const G_RIGHT: (usize, bool, bool) = (0, true, false);
    const G_BELOW: (usize, bool, bool) = (0, false, true);
    const B: (usize, bool, bool) = (1, false, false);
    const S: (usize, bool, bool) = (1, false, true);
    const H: (usize, bool, bool) = (2, false, false);
    const M: (usize, bool, bool) = (2, true, false);
    const J: (usize, bool, bool) = (3, false, false);
    [
        [G, G],
        [G, B],
        [B, B],
        [G_RIGHT, B],
        [G, H],
        [B, H],
        [B, J],
        [B, M],
        [H, H],
        [H, J],
        [J, J],
        [J, M],
        [G_BELOW, H],
        [H, S],
        [J, S],
        [S, M],
    ]
};

impl Reference {
    /// An empty picture of `width` by `height` samples, multiples of 16.
    pub(super) fn new(width: usize, height: usize) -> Result<Self> {
        let plane = || Plane::new(width, height, PAD);
        Ok(Self {
            picture: Picture::new(PictureFormat::YUV420P8, width, height, PAD)?,
            half: [plane(), plane(), plane()],
            stats: Default::default(),
            poc: 0,
            frame_num: 0,
            motion: vec![MbMotion::INTRA; (width / 16) * (height / 16)],
            list_pocs: [[0; 16]; 2],
        })
    }

    /// Fills borders and half samples once the picture is final.
    pub(super) fn finish(&mut self, k: Kernels) {
        for p in self.picture.planes_mut() {
            p.extend_edges();
        }
        let full = self.picture.plane(0);
        let (w, h, stride) = (full.width(), full.height(), full.stride());
        let reach = REACH as isize;
        for (plane, (dx, dy)) in self.half.iter_mut().zip([(2, 0), (0, 2), (2, 2)]) {
            for y in (-reach..(h + REACH) as isize).step_by(16) {
                for x in (-reach..(w + REACH) as isize).step_by(16) {
                    let at = full.index(x, y);
                    k.luma_mc(BlockSize::B16x16, &mut plane.data_mut()[at..], stride, full.data(), at, stride, dx, dy);
                }
            }
        }
    }

    /// Makes the planes those of `from` with weights, for a search.
    pub(super) fn weighted_from(&mut self, k: Kernels, from: &Self, weights: [Option<Weight>; 3]) {
        let one = |w: Option<Weight>, from: &Plane<u8>, to: &mut Plane<u8>| match w {
            Some(w) => w.apply_to_plane(k, from, to),
            None => to.data_mut().copy_from_slice(from.data()),
        };
        for (i, w) in weights.into_iter().enumerate() {
            one(w, from.picture.plane(i), self.picture.plane_mut(i));
        }
        for (from, to) in from.half.iter().zip(&mut self.half) {
            one(weights[0], from, to);
        }
    }

    /// Stride of luma and half planes.
    pub(super) fn stride(&self) -> usize {
        self.picture.plane(0).stride()
    }

    /// Index of luma sample (`x`, `y`).
    pub(super) fn index(&self, x: isize, y: isize) -> usize {
        self.picture.plane(0).index(x, y)
    }

    /// All luma samples.
    pub(super) fn luma(&self) -> &[u8] {
        self.picture.plane(0).data()
    }

    fn samples(&self, (plane, right, below): (usize, bool, bool), at: usize) -> &[u8] {
        let p = if plane == 0 { self.picture.plane(0) } else { &self.half[plane - 1] };
        &p.data()[at + usize::from(right) + if below { p.stride() } else { 0 }..]
    }

    /// The samples whose mean is the luma prediction of the block whose integer position is at `at` (see [`Reference::index`]) moved by
    /// the vector `mv`; where one plane has it, both are the same.
    #[inline]
    fn sources(&self, at: usize, mv: Mv) -> [&[u8]; 2] {
        let at = (at as isize + isize::from(mv.y >> 2) * self.stride() as isize + isize::from(mv.x >> 2)) as usize;
        SOURCES[((mv.y & 3) * 4 + (mv.x & 3)) as usize].map(|s| self.samples(s, at))
    }

    /// Lends `f` the luma prediction of the block whose integer position is at `at` (see [`Reference::index`]) moved by the vector
    /// `mv`: either a plane of this picture or, where two are to be averaged, `buffer` (stride 16).
    #[inline]
    pub(super) fn with_luma<R>(
        &self,
        k: Kernels,
        bs: BlockSize,
        at: usize,
        mv: Mv,
        buffer: &mut [u8; 256],
        f: impl FnOnce(&[u8], usize) -> R,
    ) -> R {
        let stride = self.stride();
        let at = (at as isize + isize::from(mv.y >> 2) * stride as isize + isize::from(mv.x >> 2)) as usize;
        let [a, b] = SOURCES[((mv.y & 3) * 4 + (mv.x & 3)) as usize];
        let first = self.samples(a, at);
        if a == b {
            return f(first, stride);
        }
        copy_block(bs, buffer, 16, first, stride);
        k.avg(bs.width(), bs.height(), buffer, 16, self.samples(b, at), stride);
        f(buffer, 16)
    }

    /// Transformed difference of `src` and the luma prediction of [`Reference::with_luma`].
    #[inline]
    pub(super) fn satd(&self, k: Kernels, bs: BlockSize, at: usize, mv: Mv, (src, src_stride): (&[u8], usize)) -> u32 {
        let stride = self.stride();
        let at = (at as isize + isize::from(mv.y >> 2) * stride as isize + isize::from(mv.x >> 2)) as usize;
        let [a, b] = SOURCES[((mv.y & 3) * 4 + (mv.x & 3)) as usize];
        let first = self.samples(a, at);
        if a == b {
            k.satd(bs, src, src_stride, first, stride)
        } else {
            k.satd_mean(bs, src, src_stride, [first, self.samples(b, at)], stride)
        }
    }

    /// The same for four vectors.
    #[inline]
    pub(super) fn satd_x4(
        &self,
        k: Kernels,
        bs: BlockSize,
        at: usize,
        mvs: [Mv; 4],
        (src, src_stride): (&[u8], usize),
    ) -> [u32; 4] {
        k.satd_mean_x4(bs, src, src_stride, mvs.map(|mv| self.sources(at, mv)), self.stride())
    }

    /// Absolute differences, likewise.
    pub(super) fn sad_x4(
        &self,
        k: Kernels,
        bs: BlockSize,
        at: usize,
        mvs: [Mv; 4],
        (src, src_stride): (&[u8], usize),
    ) -> [u32; 4] {
        if mvs.iter().all(|mv| (mv.x | mv.y) & 1 == 0) {
            // Whole and half positions have a plane.
            let refs = mvs.map(|mv| self.sources(at, mv)[0]);
            return k.sad_x4(bs, src, src_stride, refs, self.stride());
        }
        mvs.map(|mv| self.with_luma(k, bs, at, mv, &mut [0; 256], |p, stride| k.sad(bs, src, src_stride, p, stride)))
    }

    /// The luma prediction of [`Reference::with_luma`] put to `dst`.
    #[inline]
    pub(super) fn luma_to(&self, k: Kernels, bs: BlockSize, at: usize, mv: Mv, dst: &mut [u8], dst_stride: usize) {
        let stride = self.stride();
        let at = (at as isize + isize::from(mv.y >> 2) * stride as isize + isize::from(mv.x >> 2)) as usize;
        let [a, b] = SOURCES[((mv.y & 3) * 4 + (mv.x & 3)) as usize];
        copy_block(bs, dst, dst_stride, self.samples(a, at), stride);
        if a != b {
            k.avg(bs.width(), bs.height(), dst, dst_stride, self.samples(b, at), stride);
        }
    }

    /// Chroma prediction (8.4.2.2.2) of a block of `w` by `h` chroma samples at (`x`, `y`), into `dst` with stride 8.
    pub(super) fn chroma(
        &self,
        k: Kernels,
        plane: usize,
        (w, h): (usize, usize),
        (x, y): (usize, usize),
        mv: Mv,
        dst: &mut [u8],
    ) {
        let p = self.picture.plane(plane);
        let at = p.index(x as isize + isize::from(mv.x >> 3), y as isize + isize::from(mv.y >> 3));
        k.chroma_mc(w, h, dst, 8, p.data(), at, p.stride(), (mv.x & 7) as u8, (mv.y & 7) as u8);
    }
}

/// The least and the greatest vector, in quarter samples, that keeps a block of `size` samples at `at` in a picture of `length`
/// samples within reach of the border.
pub(super) fn mv_range(at: usize, size: usize, length: usize) -> (i32, i32) {
    // Two samples are left over for refinement and for the neighbours that averages take.
    let reach = REACH as i32 - 4;
    (-4 * (at as i32 + reach), 4 * (length as i32 - (at + size) as i32 + reach))
}
