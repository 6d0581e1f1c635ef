//! Edges of intra prediction, 8.3: the samples around a block, and which of them exist.

use crate::h264::mb_info::Place;
use crate::h264::neighbours::Available;
use crate::picture::Lines;
use crate::unchecked::{PictureMut, PlaneMut};
use alloc::vec;
use alloc::vec::Vec;
use transcode_simd::Sample;

/// The last row of samples of the macroblocks above, before deblocking, one line a plane. Intra prediction reads them here, so that
/// the rows above may already be deblocked in the picture.
#[derive(Debug, Clone)]
pub(crate) struct TopLines<P> {
    lines: [Vec<P>; 3],
}

impl<P: Sample> TopLines<P> {
    /// Nothing allocated yet.
    pub(crate) const fn new() -> Self {
        Self { lines: [Vec::new(), Vec::new(), Vec::new()] }
    }

    /// Makes room for pictures like `picture`.
    pub(crate) fn reset(&mut self, picture: &PictureMut<'_, P>) {
        for (line, plane) in self.lines.iter_mut().zip(picture.planes()) {
            if line.len() != plane.width() {
                *line = vec![P::default(); plane.width()];
            }
        }
    }

    /// Keeps the last line of the row of macroblocks that begins at `row`, to be called when they are reconstructed and not
    /// deblocked yet.
    pub(crate) fn save(&mut self, picture: &PictureMut<'_, P>, row: Place) {
        let chroma = picture.format().chroma;
        for (i, (line, plane)) in self.lines.iter_mut().zip(picture.planes()).enumerate() {
            let (w, h) = chroma.mb_size(i);
            let (origin, stride) = row.in_plane(plane, (w, h));
            line.copy_from_slice(&plane.data()[origin + (h - 1) * stride..][..plane.width()]);
        }
    }

    /// Takes the line above the macroblock at `place` from the picture, where nothing is deblocked yet.
    pub(crate) fn load(&mut self, picture: &PictureMut<'_, P>, place: Place) {
        let chroma = picture.format().chroma;
        for (i, (line, plane)) in self.lines.iter_mut().zip(picture.planes()).enumerate() {
            let (w, h) = chroma.mb_size(i);
            let (origin, stride) = place.in_plane(plane, (w, h));
            // With the corner and, for luma, what is above and right.
            let (first, end) = ((w * place.mb_x).saturating_sub(1), (w * place.mb_x + w + 8).min(line.len()));
            let Some(above) = (origin + first).checked_sub(stride + w * place.mb_x) else { continue };
            line[first..end].copy_from_slice(&plane.data()[above..][..end - first]);
        }
    }

    /// Line of plane `plane`.
    pub(crate) fn line(&self, plane: usize) -> &[P] {
        &self.lines[plane]
    }
}

/// The samples around a macroblock's block of `W` by `H` samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MbEdges<P, const W: usize, const H: usize> {
    /// p\[0, -1\] to p\[W - 1, -1\].
    pub(crate) top: [P; W],
    /// p\[-1, 0\] to p\[-1, H - 1\].
    pub(crate) left: [P; H],
    /// p\[-1, -1\].
    pub(crate) top_left: P,
}

impl<P: Sample, const W: usize, const H: usize> MbEdges<P, W, H> {
    /// The edges of plane `index` of the macroblock at `place`; what does not exist is 0.
    pub(crate) fn gather(
        plane: &PlaneMut<'_, P>,
        lines: &TopLines<P>,
        index: usize,
        place: Place,
        available: Available,
    ) -> Self {
        let mb_x = place.mb_x;
        let mut e = Self { top: [P::default(); W], left: [P::default(); H], top_left: P::default() };
        if available.above {
            e.top.copy_from_slice(&lines.line(index)[W * mb_x..W * (mb_x + 1)]);
        }
        if available.left {
            let (origin, stride) = place.in_plane(plane, (W, H));
            for (to, from) in e.left.iter_mut().zip(plane.data()[origin - 1..].iter().step_by(stride)) {
                *to = *from;
            }
        }
        if available.above_left {
            e.top_left = lines.line(index)[W * mb_x - 1];
        }
        e
    }
}

/// The edge of a 4x4 or 8x8 block of a plane that is coded as luma is, and which parts of it exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockEdge<P, const LEN: usize> {
    /// From the bottom of the left column up, around the corner, and to the right; see `Kernels::intra4x4`. The right half of the top
    /// row repeats the last sample before it where it does not exist (8.3.1.2, 8.3.2.2).
    pub(crate) samples: [P; LEN],
    /// The left column exists.
    pub(crate) left: bool,
    /// The top row exists.
    pub(crate) top: bool,
    /// The corner exists.
    pub(crate) top_left: bool,
}

impl<P: Sample, const LEN: usize> BlockEdge<P, LEN> {
    /// The edge of the block at (`x`, `y`) in the macroblock, in samples, of plane `index`. `LEN` is 13 for 4x4 blocks and 25 for 8x8 blocks.
    /// `later` says that the block above and right in the macroblock comes later in decoding order.
    #[inline]
    pub(crate) fn gather(
        plane: &PlaneMut<'_, P>,
        lines: &TopLines<P>,
        index: usize,
        place: Place,
        x: usize,
        y: usize,
        later: bool,
        available: Available,
    ) -> Self {
        let n = (LEN - 1) / 3;
        let mut e = Self {
            samples: [P::default(); LEN],
            left: x > 0 || if y < 8 { available.left } else { available.left_lower },
            top: y > 0 || available.above,
            top_left: match (x > 0, y > 0) {
                (true, true) => true,
                (true, false) => available.above,
                // The line above is in the upper half for y up to 8.
                (false, true) => {
                    if y <= 8 {
                        available.left
                    } else {
                        available.left_lower
                    }
                }
                (false, false) => available.above_left,
            },
        };
        let px = 16 * place.mb_x + x;
        let data = plane.data();
        let (origin, stride) = place.in_plane(plane, (16, 16));
        let here = origin + y * stride + x;
        if e.left {
            let column = data[here - 1..].iter().step_by(stride);
            for (to, from) in e.samples[..n].iter_mut().rev().zip(column) {
                *to = *from;
            }
        }
        if e.top {
            let right = if y == 0 { if x + n == 16 { available.above_right } else { available.above } } else { !later };
            let have = if right { 2 * n } else { n };
            let row = if y == 0 { &lines.line(index)[px..] } else { &data[here - stride..] };
            e.samples[n + 1..n + 1 + have].copy_from_slice(&row[..have]);
            if !right {
                let last = e.samples[2 * n];
                e.samples[2 * n + 1..].fill(last);
            }
        }
        if e.top_left {
            e.samples[n] = if y == 0 { lines.line(index)[px - 1] } else { data[here - stride - 1] };
        }
        e
    }

    /// Whether the samples that mode `mode` reads exist (table 8-2 and the clauses of the modes). DC always works.
    pub(crate) fn allows(&self, mode: u8) -> bool {
        match mode {
            0 | 3 | 7 => self.top,
            1 | 8 => self.left,
            2 => true,
            _ => self.top && self.left && self.top_left,
        }
    }
}

/// The mean of the existing edges of a block of `1 << log2` samples a side, or the middle of the range of samples up to `max`
/// (8.3.1.2.3, 8.3.3.3).
pub(crate) fn dc<P: Sample>(top: Option<&[P]>, left: Option<&[P]>, log2: u32, max: P) -> P {
    let sum = |e: &[P]| e.iter().map(|&s| s.into()).sum::<i32>();
    let half = 1 << (log2 - 1);
    P::from_i32(match (top, left) {
        (Some(t), Some(l)) => (sum(t) + sum(l) + 2 * half) >> (log2 + 1),
        (Some(e), None) | (None, Some(e)) => (sum(e) + half) >> log2,
        (None, None) => middle(max).into(),
    })
}

/// The middle of the range of samples up to `max`, `1 << (bitDepth - 1)`.
pub(crate) fn middle<P: Sample>(max: P) -> P {
    P::from_i32((max.into() + 1) >> 1)
}
