//! Explicit weighted prediction of P pictures, 8.4.2.3: what fades, or changes its light, is predicted from pictures with scaled and
//! shifted samples.

use super::lists::Lists;
use super::reference::Reference;
use crate::h264::params::{PredWeightTable, WeightEntry};
use crate::picture::Plane;
use alloc::vec::Vec;
use transcode_simd::Kernels;

/// Most entries of list 0.
const MAX: usize = 16;
/// Most entries of list 0 that are weighted.
pub(super) const MAX_WEIGHTED: usize = 3;

/// Mean and variance of the samples of a plane.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct PlaneStats {
    mean: f32,
    variance: f32,
}

impl PlaneStats {
    /// Of all samples of `plane`.
    pub(super) fn of(plane: &Plane<u8>) -> Self {
        let (mut sum, mut squares) = (0u64, 0u64);
        for row in plane.rows() {
            // 32 bits hold a row of at most 16384 samples.
            let (s, q) =
                row.iter().fold((0u32, 0u32), |(s, q), &v| (s + u32::from(v), q + u32::from(v) * u32::from(v)));
            (sum, squares) = (sum + u64::from(s), squares + u64::from(q));
        }
        let n = (plane.width() * plane.height()).max(1) as f64;
        let mean = sum as f64 / n;
        Self { mean: mean as f32, variance: (squares as f64 / n - mean * mean).max(0.0) as f32 }
    }
}

/// How the samples of a plane are changed: `((p * scale + 2^(log2_denom - 1)) >> log2_denom) + offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weight {
    pub log2_denom: u8,
    pub scale: i16,
    pub offset: i16,
}

impl Weight {
    /// What makes a plane like `from` one like `to`, with a denominator of at most `2^log2_denom`; `None` if they are alike, or so
    /// different that it cannot be said.
    pub(super) fn between(to: PlaneStats, from: PlaneStats, log2_denom: u8) -> Option<Self> {
        // Without contrast only the mean can follow.
        let scale =
            if from.variance < 1.0 || to.variance < 1.0 { 1.0 } else { libm::sqrtf(to.variance / from.variance) };
        if (to.mean - from.mean).abs() < 0.5 && (scale - 1.0).abs() < 1.0 / 64.0 {
            return None;
        }
        // The sent weight is at most 127.
        let log2_denom = (0..=log2_denom).rev().find(|&d| scale * ((1 << d) as f32) < 127.0)?;
        let unit = (1 << log2_denom) as f32;
        let scale = libm::roundf(scale * unit);
        let offset = libm::roundf(to.mean - from.mean * scale / unit);
        if scale < 1.0 || !(-128.0..=127.0).contains(&offset) || (scale == unit && offset == 0.0) {
            return None;
        }
        Some(Self { log2_denom, scale: scale as i16, offset: offset as i16 })
    }
    /// Changes a block in place; its width is 2, 4, 8 or 16.
    #[inline]
    pub(super) fn apply(self, k: Kernels, (w, h): (usize, usize), dst: &mut [u8], stride: usize) {
        k.weight(w, h, dst, stride, self.log2_denom, self.scale.into(), self.offset.into());
    }
    /// Makes `to` the plane `from` so changed, borders too.
    pub(super) fn apply_to_plane(self, k: Kernels, from: &Plane<u8>, to: &mut Plane<u8>) {
        to.data_mut().copy_from_slice(from.data());
        let (stride, rows) = (to.stride(), to.data().len() / to.stride());
        // Strides are multiples of 64.
        for x in (0..stride).step_by(16) {
            self.apply(k, (16, rows & !1), &mut to.data_mut()[x..], stride);
        }
    }
}

/// Weights of an entry of list 0 by plane.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    weights: [Option<Weight>; 3],
    /// Place of the weighted planes.
    place: usize,
}

/// The weights of a P picture.
#[derive(Debug)]
pub(super) struct Weights {
    entries: [Entry; MAX],
    /// Entries with weights so far, each with its planes.
    used: usize,
    planes: Vec<Reference>,
    /// Memory for the table of the slice header.
    table: Option<PredWeightTable>,
}

impl Weights {
    /// For pictures of `width` by `height` samples; `level` as `weight_p` of the configuration.
    pub(super) fn new(width: usize, height: usize, level: u8) -> crate::error::Result<Self> {
        let n = if level > 0 { MAX_WEIGHTED } else { 0 };
        Ok(Self {
            entries: [Entry::default(); MAX],
            used: 0,
            planes: (0..n).map(|_| Reference::new(width, height)).collect::<crate::error::Result<_>>()?,
            table: (level > 0)
                .then(|| PredWeightTable { entries: [Vec::with_capacity(MAX), Vec::new()], ..Default::default() }),
        })
    }

    /// No entry has weights.
    pub(super) fn clear(&mut self) {
        self.entries = [Entry::default(); MAX];
        self.used = 0;
    }

    /// Weights of plane `plane` of an entry.
    #[inline]
    pub(super) fn get(&self, index: usize, plane: usize) -> Option<Weight> {
        self.entries[index & (MAX - 1)].weights[plane]
    }
    /// The picture of an entry with its weights, near enough for a search: the standard weighs what it has interpolated, this one
    /// interpolates what has been weighed.
    #[inline]
    pub(super) fn searched(&self, index: usize) -> Option<&Reference> {
        let e = &self.entries[index & (MAX - 1)];
        e.weights.iter().any(Option::is_some).then(|| &self.planes[e.place])
    }

    /// Chooses the weights of a P picture whose planes have `stats`, and makes the weighted pictures. `fade` is the lookahead's weight of
    /// luma and the order count of the picture that it is for. With `twice`, the nearest picture goes into list 0 a second time:
    /// without weights if it has some, a little darker if not, which takes the bias of rounding out of still parts.
    pub(super) fn choose(
        &mut self,
        k: Kernels,
        lists: &mut Lists,
        pool: &[Reference],
        stats: [PlaneStats; 3],
        fade: Option<(Weight, i32)>,
        twice: bool,
    ) {
        self.clear();
        // The sent weight is at most 127: where one is sent that changes nothing, the denominator is at most 64.
        let mut denoms = [6, 6];
        if let Some((luma, poc)) = fade {
            denoms[0] = luma.log2_denom;
            for i in 0..lists.len(0).min(MAX_WEIGHTED - 1) {
                let from = &pool[lists.place(0, i)];
                let estimate = |plane: usize, denom: u8| {
                    Weight::between(stats[plane], from.stats[plane], denom).filter(|w| i == 0 || w.log2_denom == denom)
                };
                let weight = if lists.pocs[0][i] == poc { Some(luma) } else { estimate(0, denoms[0]) };
                let Some(weight) = weight.filter(|w| w.log2_denom == denoms[0]) else { continue };
                let mut weights = [Some(weight), estimate(1, denoms[1]), estimate(2, denoms[1])];
                // Both chroma planes have one denominator.
                let least = weights[1..].iter().flatten().map(|w| w.log2_denom).min();
                if let (0, Some(d)) = (i, least) {
                    denoms[1] = d;
                    for c in 1..3 {
                        weights[c] = estimate(c, d);
                    }
                }
                self.entries[i].weights = weights;
            }
        }
        if twice && lists.len(0) > 0 && lists.len(0) < MAX {
            lists.repeat_first();
            self.entries.copy_within(1..MAX - 1, 2);
            self.entries[1] = Entry::default();
            if self.entries[0].weights[0].is_none() && denoms[0] < 7 {
                self.entries[1].weights[0] = Some(Weight { log2_denom: denoms[0], scale: 1 << denoms[0], offset: -1 });
            }
        }
        for (i, e) in self.entries.iter_mut().enumerate().take(lists.len(0)) {
            if e.weights.iter().all(Option::is_none) {
                continue;
            }
            let Some(planes) = self.planes.get_mut(self.used) else {
                e.weights = [None; 3];
                continue;
            };
            planes.weighted_from(k, &pool[lists.place(0, i)], e.weights);
            e.place = self.used;
            self.used += 1;
        }
        if let Some(table) = &mut self.table {
            [table.luma_log2_weight_denom, table.chroma_log2_weight_denom] = denoms;
            let entries = &mut table.entries[0];
            entries.clear();
            entries.extend(self.entries[..lists.len(0)].iter().map(|e| {
                let one = |plane: usize| {
                    let unit = 1 << denoms[plane.min(1)];
                    e.weights[plane].map_or((unit, 0), |w| (w.scale, w.offset))
                };
                let w = [one(0), one(1), one(2)];
                WeightEntry { weight: w.map(|w| w.0), offset: w.map(|w| w.1) }
            }));
        }
    }

    /// Takes the table back from a slice header.
    pub(super) fn take_back(&mut self, header: &mut Option<PredWeightTable>) {
        if let Some(table) = header.take() {
            self.table = Some(table);
        }
    }
    /// Lends the table to the slice header of a P picture.
    pub(super) fn lend(&mut self, header: &mut Option<PredWeightTable>) {
        *header = self.table.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_make_one_plane_like_the_other() {
        let plane = |f: &dyn Fn(usize, usize) -> f32| {
            let mut p = Plane::<u8>::new(32, 16, 0);
            for y in 0..16 {
                for (x, v) in p.row_mut(y).iter_mut().enumerate().take(32) {
                    *v = f(x, y) as u8;
                }
            }
            p
        };
        let content = |x: usize, y: usize| (5 * x + 3 * y) as f32;
        let from = plane(&content);
        for (scale, offset) in [(0.5, 10.0), (0.9, 0.0), (1.0, 7.0), (1.2, -3.0), (0.03, 100.0)] {
            let to = plane(&|x, y| scale * content(x, y) + offset);
            let w = Weight::between(PlaneStats::of(&to), PlaneStats::of(&from), 7).expect("they differ");
            let mut weighted = Plane::new(32, 16, 0);
            w.apply_to_plane(Kernels::scalar(), &from, &mut weighted);
            for y in 0..16 {
                for (a, b) in weighted.row(y).iter().zip(to.row(y)) {
                    assert!(a.abs_diff(*b) <= 2, "{scale} {offset}: {a} for {b}");
                }
            }
        }
        let same = PlaneStats::of(&from);
        assert_eq!(Weight::between(same, same, 7), None);
        let black = PlaneStats::default();
        assert_eq!(Weight::between(black, PlaneStats { mean: 200.0, variance: 0.0 }, 7), None);
    }
}
