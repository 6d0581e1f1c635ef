//! Inter prediction of a parsed macroblock, 8.4.2: its partitions, and what each takes from which reference.

use super::mb::{MbDecoder, Scratch, Shape, SliceFormat};
use super::picture::Structure;
use crate::h264::mb_info::{Mv, Place};
use crate::h264::pred::inter::{self, EdgeBuffer, RefPlane, Store};
use crate::h264::pred::weighted::Weighting;
use crate::picture::ChromaFormat;
use crate::unchecked::Finished;
use transcode_simd::{BlockSize, Kernels, Sample};

/// What one list contributes to the prediction of a partition.
#[derive(Clone, Copy)]
struct Reference<'a, P> {
    index: usize,
    mv: Mv,
    chroma_mv: Mv,
    picture: Finished<'a, P>,
    structure: Structure,
}

/// A partition: where it is in the planes coded as luma is, and in those of subsampled chroma.
struct Partition<'a, P> {
    k: Kernels,
    format: &'a SliceFormat<P>,
    size: BlockSize,
    /// Column and row of its first luma sample in the frame or field.
    at: (usize, usize),
}

impl<P: Sample> Partition<'_, P> {
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
        let from = RefPlane::new(r.picture.plane(index), r.structure);
        inter::luma(self.k, store, dst, stride, from, self.size, self.at, r.mv, edges, self.format.max[index]);
    }
    /// Predicts subsampled chroma from `r`.
    #[inline(always)]
    fn chroma(&self, store: Store, dst: [&mut [P]; 2], stride: usize, r: &Reference<'_, P>, edges: &mut EdgeBuffer<P>) {
        let from = [1, 2].map(|i| RefPlane::new(r.picture.plane(i), r.structure));
        let (sx, sy) = self.format.chroma_shifts;
        let at = (self.at.0 >> sx, self.at.1 >> sy);
        let max = self.format.max[1];
        inter::chroma(self.k, store, dst, stride, from, self.chroma_size(), sy == 0, at, r.chroma_mv, edges, max);
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
        let (place, field_mb, variant) = match INTERLACED {
            true => (self.place, self.field_mb, self.variant()),
            false => (Place::frame(self.mb_x, self.mb_y), None, 0),
        };
        let mb_row = if field_mb.is_some() { self.mb_y >> 1 } else { self.mb_y };
        let at = (16 * self.mb_x + 4 * bx, 16 * mb_row + 4 * by);
        if self.s.sharing.is_some() {
            self.wait_for_references(at.1 + size.height(), bx, by);
        }
        let motion = &self.motion[self.addr()];
        let quarter = (by & 2) | bx >> 1;
        // Indices were checked against the list when they were read, so that there is a picture.
        let format = &self.s.format;
        let refs: [Option<Reference<'_, P>>; 2] = core::array::from_fn(|list| {
            let index = usize::try_from(motion.ref_idx[list][quarter & 3]).ok()?;
            let (picture, structure) = self.s.reference(list, index, field_mb)?;
            let structure = if INTERLACED { structure } else { Structure::Frame };
            // Table 8-9: 4:2:0 chroma of the two fields lies a quarter of a sample apart.
            let shift = if structure.is_field() && format.array == ChromaFormat::Yuv420 {
                2 * (self.parity() as i16 - structure.parity() as i16)
            } else {
                0
            };
            let mv = motion.mv[list][(4 * by + bx) & 15];
            Some(Reference { index, mv, chroma_mv: mv + Mv::new(0, shift), picture, structure })
        });
        let Scratch { edges, second, implicit, .. } = &mut *self.scratch;
        // Explicit weights are those of the frames (8.4.2.3): refIdxL0WP.
        let weighting = Weighting { s: &self.s, implicit: &implicit[variant], shift: u32::from(field_mb.is_some()) };
        let indices = [0, 1].map(|list: usize| refs[list].as_ref().map(|r| r.index));
        let part = Partition { k: self.s.k, format, size, at };
        // All that follows goes by two offsets into the planes.
        let (first, chroma) = (format.first_plane, format.chroma);
        let luma_at = |(origin, stride): (usize, usize)| (origin + 4 * bx + 4 * by * stride, stride);
        let chroma_at = |(origin, stride): (usize, usize)| {
            let (sx, sy) = format.chroma_shifts;
            (origin + ((4 * bx) >> sx) + ((4 * by) >> sy) * stride, stride)
        };
        let mb_size = format.array.mb_size(1);

        if weighting.is_default(indices) {
            let mut store = Store::Put;
            for r in refs.iter().flatten() {
                for index in first..first + format.luma_planes {
                    let plane = self.picture.plane_mut(index);
                    let (offset, stride) = luma_at(place.in_plane(plane, (16, 16)));
                    part.luma(store, &mut plane.data_mut()[offset..], stride, r, index, edges);
                }
                if let (true, [_, cb, cr]) = (chroma, self.picture.planes_mut()) {
                    let (offset, stride) = chroma_at(place.in_plane(cb, mb_size));
                    let dst = [&mut cb.data_mut()[offset..], &mut cr.data_mut()[offset..]];
                    part.chroma(store, dst, stride, r, edges);
                }
                store = Store::Mean;
            }
            return;
        }
        let (a, b) = match &refs {
            [Some(a), b] => (a, b.as_ref()),
            [None, Some(a)] => (a, None),
            [None, None] => return,
        };
        let (w, h) = (size.width(), size.height());
        for i in 0..format.luma_planes {
            let index = first + i;
            let max = format.max[index];
            let plane = self.picture.plane_mut(index);
            let (offset, stride) = luma_at(place.in_plane(plane, (16, 16)));
            let dst = &mut plane.data_mut()[offset..];
            part.luma(Store::Put, dst, stride, a, index, edges);
            match (b, weighting.of(indices, i)) {
                (None, None) => {}
                (Some(b), None) => part.luma(Store::Mean, dst, stride, b, index, edges),
                (None, Some(weights)) => weights.apply_one(part.k, (w, h), dst, stride, max),
                (Some(b), Some(weights)) => {
                    part.luma(Store::Put, second, 16, b, index, edges);
                    weights.apply_two(part.k, (w, h), dst, stride, (second, 16), max);
                }
            }
        }
        if let (true, [_, cb, cr]) = (chroma, self.picture.planes_mut()) {
            let (size, max) = (part.chroma_size(), format.max[1]);
            let (offset, stride) = chroma_at(place.in_plane(cb, mb_size));
            let (cb, cr) = (&mut cb.data_mut()[offset..], &mut cr.data_mut()[offset..]);
            part.chroma(Store::Put, [&mut *cb, &mut *cr], stride, a, edges);
            let weights = [1, 2].map(|i| weighting.of(indices, i));
            let Some(b) = b else {
                for (weights, dst) in weights.into_iter().zip([cb, cr]) {
                    if let Some(weights) = weights {
                        weights.apply_one(part.k, size, dst, stride, max);
                    }
                }
                return;
            };
            let (second_cb, second_cr) = second.split_at_mut(128);
            part.chroma(Store::Put, [&mut *second_cb, &mut *second_cr], 8, b, edges);
            for (weights, (dst, second)) in weights.into_iter().zip([(cb, second_cb), (cr, second_cr)]) {
                match weights {
                    Some(weights) => weights.apply_two(part.k, size, dst, stride, (second, 8), max),
                    None => P::avg(part.k, size.0, size.1, dst, stride, second, 8, max),
                }
            }
        }
    }
}
