//! Inter prediction of a parsed macroblock, 8.4.2: its partitions, and what each takes from which reference.

use super::mb::{MbDecoder, Scratch, Shape};
use super::picture::Structure;
use super::slice_context::{SliceContext, SliceFormat};
use crate::h264::mb_info::{MbMotion, Mv, Place};
use crate::h264::pred::inter::{self, EdgeBuffer, RefPlane, Store};
use crate::h264::pred::weighted::Weighting;
use crate::picture::ChromaFormat;
use crate::unchecked::{Finished, PictureMut, PlaneMut};
use transcode_simd::{BlockSize, Kernels, Sample};

/// What one list contributes to the prediction of a partition.
#[derive(Clone, Copy)]
struct Reference<'a, P> {
    index: usize,
    mv: Mv,
    chroma_mv: Mv,
    picture: &'a Finished<'a, P>,
    structure: Structure,
}

/// What the lists contribute.
type References<'a, P> = [Option<Reference<'a, P>>; 2];

impl<P: Sample> SliceContext<'_, P> {
    /// What list `list` contributes to a partition with the motion of 4x4 block `blk` of `motion`. `field` is the macroblock's parity if it
    /// is a field macroblock of a frame, `parity` that of the field it belongs to. Without `INTERLACED` all is of frames.
    #[inline(always)]
    fn contribution<const INTERLACED: bool>(
        &self,
        list: usize,
        motion: &MbMotion,
        blk: usize,
        (field_mb, parity): (Option<usize>, usize),
    ) -> Option<Reference<'_, P>> {
        let index = motion.ref_idx[list][(blk >> 3 << 1 | blk >> 1 & 1) & 3];
        if index < 0 {
            return None;
        }
        let index = index as usize;
        // Indices were checked against the list when they were read, so that there is a picture.
        let (picture, structure) = self.reference(list, index, field_mb)?;
        let structure = if INTERLACED { structure } else { Structure::Frame };
        // Table 8-9: 4:2:0 chroma of the two fields lies a quarter of a sample apart.
        let shift = if structure.is_field() && self.format.array == ChromaFormat::Yuv420 {
            2 * (parity as i16 - structure.parity() as i16)
        } else {
            0
        };
        let mv = motion.mv[list][blk & 15];
        Some(Reference { index, mv, chroma_mv: mv + Mv::new(0, shift), picture, structure })
    }
}

/// A partition: where it is in the planes coded as luma is, and in those of subsampled chroma. Without `INTERLACED` all is of frames.
struct Partition<'a, P, const INTERLACED: bool> {
    k: Kernels,
    format: &'a SliceFormat<P>,
    size: BlockSize,
    /// The macroblock.
    place: Place,
    /// Column and row of its first 4x4 block in the macroblock.
    block: (usize, usize),
    /// Column and row of its first luma sample in the frame or field.
    at: (usize, usize),
}

impl<P: Sample, const INTERLACED: bool> Partition<'_, P, INTERLACED> {
    /// What `r` names of plane `index` of its picture.
    #[inline(always)]
    fn plane_of<'r>(&self, r: &Reference<'r, P>, index: usize) -> RefPlane<'r, P> {
        RefPlane::new(r.picture.plane(index), if INTERLACED { r.structure } else { Structure::Frame })
    }
    /// Index of its first sample in `plane`, coded as luma is, and the distance of the lines.
    #[inline(always)]
    fn in_luma(&self, plane: &PlaneMut<'_, P>) -> (usize, usize) {
        let (origin, stride) = self.place.in_plane(plane, (16, 16));
        (origin + 4 * self.block.0 + 4 * self.block.1 * stride, stride)
    }
    /// The same in a plane of subsampled chroma.
    #[inline(always)]
    fn in_chroma(&self, plane: &PlaneMut<'_, P>) -> (usize, usize) {
        let (sx, sy) = self.format.chroma_shifts;
        let (origin, stride) = self.place.in_plane(plane, (16 >> sx, 16 >> sy));
        (origin + ((4 * self.block.0) >> sx) + ((4 * self.block.1) >> sy) * stride, stride)
    }
    /// Its width and height in chroma.
    #[inline(always)]
    fn chroma_size(&self) -> (usize, usize) {
        let (sx, sy) = self.format.chroma_shifts;
        (self.size.width() >> sx, self.size.height() >> sy)
    }
    /// Predicts plane `index`, coded as luma is, from `r`.
    #[inline(always)]
    fn luma(
        &self,
        store: Store,
        dst: &mut [P],
        stride: usize,
        r: &Reference<'_, P>,
        index: usize,
        edges: &mut EdgeBuffer<P>,
    ) {
        let from = self.plane_of(r, index);
        inter::luma(self.k, store, dst, stride, from, self.size, self.at, r.mv, edges, self.format.max[index]);
    }
    /// Asks for what the macroblocks that come next will be predicted from, if they move as this one does: a part of the lines, so that
    /// four macroblocks, whose samples lie in one cache line, ask for all of them.
    #[inline(always)]
    fn prefetch(&self, r: &Reference<'_, P>) {
        const AHEAD: i32 = 64 + 8;
        let (x, y) = (self.at.0 as i32 + i32::from(r.mv.x >> 2), self.at.1 as i32 + i32::from(r.mv.y >> 2));
        let quarter = self.at.0 as i32 >> 4 & 3;
        self.plane_of(r, self.format.first_plane).prefetch(x + AHEAD, y + 4 * quarter, 4);
        if self.format.chroma {
            let (sx, sy) = self.format.chroma_shifts;
            let (x, y) = ((x >> sx) + AHEAD, (y + 4 * quarter) >> sy);
            self.plane_of(r, 1).prefetch(x, y, 4 >> sy);
            self.plane_of(r, 2).prefetch(x, y, 4 >> sy);
        }
    }
    /// Predicts subsampled chroma from `r`.
    #[inline(always)]
    fn chroma(&self, store: Store, dst: [&mut [P]; 2], stride: usize, r: &Reference<'_, P>, edges: &mut EdgeBuffer<P>) {
        let from = [self.plane_of(r, 1), self.plane_of(r, 2)];
        let (sx, sy) = self.format.chroma_shifts;
        let at = (self.at.0 >> sx, self.at.1 >> sy);
        let max = self.format.max[1];
        inter::chroma(self.k, store, dst, stride, from, self.chroma_size(), sy == 0, at, r.chroma_mv, edges, max);
    }

    /// Default weighted prediction, 8.4.2.3.1: from one reference, or the mean of two.
    #[inline(always)]
    fn predict(&self, refs: &References<'_, P>, picture: &mut PictureMut<'_, P>, edges: &mut EdgeBuffer<P>) {
        let first = self.format.first_plane;
        let mut store = Store::Put;
        for r in refs.iter().flatten() {
            if self.block == (0, 0) {
                self.prefetch(r);
            }
            for index in first..first + self.format.luma_planes {
                let plane = picture.plane_mut(index);
                let (offset, stride) = self.in_luma(plane);
                self.luma(store, &mut plane.data_mut()[offset..], stride, r, index, edges);
            }
            if self.format.chroma {
                let [_, cb, cr] = picture.planes_mut();
                let (offset, stride) = self.in_chroma(cb);
                let dst = [&mut cb.data_mut()[offset..], &mut cr.data_mut()[offset..]];
                self.chroma(store, dst, stride, r, edges);
            }
            store = Store::Mean;
        }
    }

    /// Weighted prediction, 8.4.2.3.2, of at least one plane. `second` is where the second of two predictions waits.
    #[inline(never)]
    fn predict_weighted(
        &self,
        refs: &References<'_, P>,
        weighting: &Weighting<'_, P>,
        picture: &mut PictureMut<'_, P>,
        edges: &mut EdgeBuffer<P>,
        second: &mut [P; 256],
    ) {
        let (k, format) = (self.k, self.format);
        let indices = [0, 1].map(|list: usize| refs[list].as_ref().map(|r| r.index));
        let (a, b) = match refs {
            [Some(a), b] => (a, b.as_ref()),
            [None, Some(a)] => (a, None),
            [None, None] => return,
        };
        let (w, h) = (self.size.width(), self.size.height());
        for i in 0..format.luma_planes {
            let index = format.first_plane + i;
            let max = format.max[index];
            let plane = picture.plane_mut(index);
            let (offset, stride) = self.in_luma(plane);
            let dst = &mut plane.data_mut()[offset..];
            self.luma(Store::Put, dst, stride, a, index, edges);
            match (b, weighting.of(indices, i)) {
                (None, None) => {}
                (Some(b), None) => self.luma(Store::Mean, dst, stride, b, index, edges),
                (None, Some(weights)) => weights.apply_one(k, (w, h), dst, stride, max),
                (Some(b), Some(weights)) => {
                    self.luma(Store::Put, second, 16, b, index, edges);
                    weights.apply_two(k, (w, h), dst, stride, (second, 16), max);
                }
            }
        }
        if !format.chroma {
            return;
        }
        let [_, cb, cr] = picture.planes_mut();
        let (size, max) = (self.chroma_size(), format.max[1]);
        let (offset, stride) = self.in_chroma(cb);
        let (cb, cr) = (&mut cb.data_mut()[offset..], &mut cr.data_mut()[offset..]);
        self.chroma(Store::Put, [&mut *cb, &mut *cr], stride, a, edges);
        let weights = [1, 2].map(|i| weighting.of(indices, i));
        let Some(b) = b else {
            for (weights, dst) in weights.into_iter().zip([cb, cr]) {
                if let Some(weights) = weights {
                    weights.apply_one(k, size, dst, stride, max);
                }
            }
            return;
        };
        let (second_cb, second_cr) = second.split_at_mut(128);
        self.chroma(Store::Put, [&mut *second_cb, &mut *second_cr], 8, b, edges);
        for (weights, (dst, second)) in weights.into_iter().zip([(cb, second_cb), (cr, second_cr)]) {
            match weights {
                Some(weights) => weights.apply_two(k, size, dst, stride, (second, 8), max),
                None => P::avg(k, size.0, size.1, dst, stride, second, 8, max),
            }
        }
    }
}

impl<P: Sample> MbDecoder<'_, P> {
    /// Inter prediction of the macroblock, 8.4.2.
    pub(super) fn predict_inter(&mut self) {
        if self.s.structure.is_field() || self.s.mbaff {
            self.predict_inter_as::<true>();
        } else {
            self.predict_inter_as::<false>();
        }
    }

    fn predict_inter_as<const INTERLACED: bool>(&mut self) {
        match self.scratch.mb.shape {
            Shape::P16x16 => self.predict_partition::<INTERLACED>(BlockSize::B16x16, 0, 0),
            Shape::P16x8 => {
                self.predict_partition::<INTERLACED>(BlockSize::B16x8, 0, 0);
                self.predict_partition::<INTERLACED>(BlockSize::B16x8, 0, 2);
            }
            Shape::P8x16 => {
                self.predict_partition::<INTERLACED>(BlockSize::B8x16, 0, 0);
                self.predict_partition::<INTERLACED>(BlockSize::B8x16, 2, 0);
            }
            Shape::P8x8 => {
                for q in 0..4 {
                    let (x, y) = (2 * (q & 1), q & 2);
                    let (w, h) = self.scratch.mb.sub_shapes[q].size();
                    let size = match (w, h) {
                        (2, 2) => BlockSize::B8x8,
                        (2, 1) => BlockSize::B8x4,
                        (1, 2) => BlockSize::B4x8,
                        _ => BlockSize::B4x4,
                    };
                    for dy in (0..2).step_by(h) {
                        for dx in (0..2).step_by(w) {
                            self.predict_partition::<INTERLACED>(size, x + dx, y + dy);
                        }
                    }
                }
            }
        }
    }

    /// Waits until there are the lines that the partition at 4x4 block (`bx`, `by`), whose last line is before line `end` of the
    /// frame or field, is predicted from.
    #[inline(never)]
    fn wait_for_references(&mut self, end: usize, bx: usize, by: usize) {
        let addr = self.addr();
        let quarter = (by & 2) | bx >> 1;
        for list in 0..2 {
            let motion = &self.motion[addr];
            let Ok(index) = usize::try_from(motion.ref_idx[list][quarter]) else { continue };
            let index = if self.field_mb.is_some() { index >> 1 } else { index } & 31;
            let Some((reference, structure)) = &self.s.samples[list][index] else { continue };
            if reference.is_all() {
                continue;
            }
            let end = end as i32 + i32::from(motion.mv[list][4 * by + bx].y >> 2);
            // The six-tap filter reaches three lines further; chroma of a field of the other parity may lie another one below.
            let lines = if self.field_mb.is_some() || structure.is_field() { 2 * (end + 5) } else { end + 3 };
            let lines = lines.clamp(2, reference.height() as i32) as u32;
            if reference.rows() < lines {
                self.wait_for_lines(list, index, lines);
            }
        }
    }

    /// Inter prediction of the partition at 4x4 block (`bx`, `by`), 8.4.2. Without `INTERLACED` all is of frames.
    fn predict_partition<const INTERLACED: bool>(&mut self, size: BlockSize, bx: usize, by: usize) {
        let (place, field_mb, variant, parity) = match INTERLACED {
            true => (self.place, self.field_mb, self.variant(), self.parity()),
            false => (Place::frame(self.mb_x, self.mb_y), None, 0, 0),
        };
        let mb_row = if field_mb.is_some() { self.mb_y >> 1 } else { self.mb_y };
        let at = (16 * self.mb_x + 4 * bx, 16 * mb_row + 4 * by);
        if self.s.sharing.is_some() {
            self.wait_for_references(at.1 + size.height(), bx, by);
        }
        let (motion, blk) = (&self.motion[self.addr()], 4 * by + bx);
        let a = self.s.contribution::<INTERLACED>(0, motion, blk, (field_mb, parity));
        let b = self.s.contribution::<INTERLACED>(1, motion, blk, (field_mb, parity));
        let indices = [a.as_ref().map(|r| r.index), b.as_ref().map(|r| r.index)];
        let refs = [a, b];
        let Scratch { edges, second, implicit, .. } = &mut *self.scratch;
        // Explicit weights are those of the frames (8.4.2.3): refIdxL0WP.
        let weighting = Weighting { s: &self.s, implicit: &implicit[variant], shift: u32::from(field_mb.is_some()) };
        let part = Partition::<P, INTERLACED> { k: self.s.k, format: &self.s.format, size, place, block: (bx, by), at };
        if weighting.is_default(indices) {
            part.predict(&refs, &mut self.picture, edges);
        } else {
            part.predict_weighted(&refs, &weighting, &mut self.picture, edges, second);
        }
    }
}
