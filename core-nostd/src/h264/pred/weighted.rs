//! Weights of inter prediction, 8.4.2.3 and 8.4.3.

use crate::h264::dec::picture::ListView;
use crate::h264::dec::slice_context::SliceContext;
use crate::h264::params::{Pps, PredWeightTable, SliceHeader, SliceType, WeightEntry};
use alloc::vec::Vec;
use transcode_simd::{Kernels, Sample};

/// How the predictions of a slice are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Plain, or the mean of two.
    Default,
    /// `pred_weight_table()`.
    Explicit,
    /// By distance in time, where two references are used.
    Implicit,
}

/// The mode of a slice.
pub(crate) fn mode(pps: &Pps, header: &SliceHeader) -> Mode {
    match (header.slice_type, pps.weighted_bipred_idc) {
        (SliceType::P | SliceType::SP, _) if pps.weighted_pred_flag => Mode::Explicit,
        (SliceType::B, 1) => Mode::Explicit,
        (SliceType::B, 2) => Mode::Implicit,
        _ => Mode::Default,
    }
}

/// `DistScaleFactor` of two references of a picture with order count `current`, 8-197 and 8-201 to 8-202. `None` where the vectors
/// or weights are not scaled: `pic0` is a long-term reference or the pictures have the same order count.
pub(crate) fn dist_scale_factor(current: i32, pic0: i32, pic1: i32, long_term: bool) -> Option<i32> {
    let td = pic1.wrapping_sub(pic0).clamp(-128, 127);
    if long_term || td == 0 {
        return None;
    }
    let tb = current.wrapping_sub(pic0).clamp(-128, 127);
    let tx = (16384 + (td / 2).abs()) / td;
    Some(((tb * tx + 32) >> 6).clamp(-1024, 1023))
}

/// Implicit weight w1 of 64 for two pictures with this `DistScaleFactor`, 8.4.2.3.1.
pub(crate) fn implicit_w1(factor: Option<i32>) -> i16 {
    let w1 = factor.map_or(32, |f| f >> 2);
    if (-64..=128).contains(&w1) { w1 as i16 } else { 32 }
}

/// Implicit weights w1 of the second reference (w0 is 64 - w1), 8.4.2.3.1.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImplicitWeights {
    w1: Vec<i16>,
    columns: usize,
}

impl ImplicitWeights {
    /// The weights for the lists of a B slice.
    pub(crate) fn update(&mut self, lists: ListView<'_>) {
        self.columns = lists.len(1);
        self.w1.clear();
        for a in (0..lists.len(0)).filter_map(|i| lists.poc_of(0, i)) {
            for b in (0..lists.len(1)).filter_map(|i| lists.poc_of(1, i)) {
                let factor = dist_scale_factor(lists.poc, a.0, b.0, a.1 || b.1);
                self.w1.push(implicit_w1(factor));
            }
        }
    }
    /// w1 of reference indices `r0` and `r1`.
    fn get(&self, r0: usize, r1: usize) -> i32 {
        self.w1.get(r0 * self.columns + r1).map_or(32, |&w| i32::from(w))
    }
}

/// Whether an explicit entry leaves plane `plane` as it is.
fn is_plain(entry: &WeightEntry, plane: usize, log2_denom: [u8; 2]) -> bool {
    entry.weight[plane] == 1 << log2_denom[plane.min(1)] && entry.offset[plane] == 0
}

impl PredWeightTable {
    /// Binary logarithms of the denominators for luma and chroma.
    fn log2_denom(&self) -> [u8; 2] {
        [self.luma_log2_weight_denom, self.chroma_log2_weight_denom]
    }
    /// By list: the reference indices, as bits, whose entries leave all planes as they are. Encoders send tables in which most do.
    pub(crate) fn plain(&self) -> [u32; 2] {
        let log2_denom = self.log2_denom();
        [0, 1].map(|list: usize| {
            let plain = |e: &WeightEntry| (0..3).all(|plane| is_plain(e, plane, log2_denom));
            self.entries[list].iter().take(32).enumerate().fold(0, |bits, (i, e)| bits | u32::from(plain(e)) << i)
        })
    }
}

/// Where the weights of a partition come from.
pub(crate) struct Weighting<'a, P: Sample> {
    /// The slice.
    pub(crate) s: &'a SliceContext<'a, P>,
    /// The weights of implicit mode.
    pub(crate) implicit: &'a ImplicitWeights,
    /// Indices of field macroblocks are shifted down by this to those that explicit weights have.
    pub(crate) shift: u32,
}

/// What predictions are weighted with, 8.4.2.3.2.
#[derive(Clone, Copy)]
pub(crate) struct Weights {
    log2_denom: u8,
    w0: i32,
    w1: i32,
    offset: i32,
}

impl<P: Sample> Weighting<'_, P> {
    /// Whether a partition with these indices into the lists has default weighted prediction, or weights that come to the same.
    #[inline(always)]
    pub(crate) fn is_default(&self, indices: [Option<usize>; 2]) -> bool {
        match (self.s.weighting, indices) {
            (Mode::Default, _) => true,
            (Mode::Explicit, _) => {
                let plain = |list: usize| {
                    indices[list].is_none_or(|i| self.s.plain_weights[list] >> ((i >> self.shift) & 31) & 1 != 0)
                };
                plain(0) && plain(1)
            }
            (Mode::Implicit, [Some(r0), Some(r1)]) => self.implicit.get(r0, r1) == 32,
            (Mode::Implicit, _) => true,
        }
    }

    /// The weights for plane `i`, luma first, of such a partition. `None` for default weighted prediction.
    pub(crate) fn of(&self, indices: [Option<usize>; 2], i: usize) -> Option<Weights> {
        match (self.s.weighting, self.s.weights, indices) {
            (Mode::Implicit, _, [Some(r0), Some(r1)]) => {
                let w1 = self.implicit.get(r0, r1);
                (w1 != 32).then_some(Weights { log2_denom: 5, w0: 64 - w1, w1, offset: 0 })
            }
            (Mode::Explicit, Some(t), _) => {
                let log2_denom = t.log2_denom()[i.min(1)];
                let plain = |e| is_plain(e, i, t.log2_denom());
                let depth_shift = self.s.format.depth_shift(self.s.format.first_plane + i);
                let entry = |list: usize| t.entries[list].get(indices[list]? >> self.shift);
                let offset = |e: &WeightEntry| i32::from(e.offset[i]) << depth_shift;
                match [entry(0), entry(1)] {
                    [Some(a), Some(b)] if !(plain(a) && plain(b)) => Some(Weights {
                        log2_denom,
                        w0: i32::from(a.weight[i]),
                        w1: i32::from(b.weight[i]),
                        offset: (offset(a) + offset(b) + 1) >> 1,
                    }),
                    [Some(e), None] | [None, Some(e)] if indices.contains(&None) && !plain(e) => {
                        Some(Weights { log2_denom, w0: i32::from(e.weight[i]), w1: 0, offset: offset(e) })
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Weights {
    /// Weighs the prediction from one reference.
    pub(crate) fn apply_one<P: Sample>(
        &self,
        k: Kernels,
        (w, h): (usize, usize),
        dst: &mut [P],
        stride: usize,
        max: P,
    ) {
        P::weight(k, w, h, dst, stride, self.log2_denom, self.w0, self.offset, max);
    }

    /// Weighs the predictions from two references against each other.
    pub(crate) fn apply_two<P: Sample>(
        &self,
        k: Kernels,
        (w, h): (usize, usize),
        dst: &mut [P],
        stride: usize,
        (second, second_stride): (&[P], usize),
        max: P,
    ) {
        let Self { log2_denom, w0, w1, offset } = *self;
        P::biweight(k, w, h, dst, stride, second, second_stride, log2_denom, w0, w1, offset, max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_factors() {
        assert_eq!(dist_scale_factor(4, 0, 8, false), Some(128));
        assert_eq!(dist_scale_factor(2, 0, 8, false), Some(64));
        assert_eq!(dist_scale_factor(4, 0, 8, true), None);
        assert_eq!(dist_scale_factor(4, 8, 8, false), None);
        // The order counts of a broken stream may be any.
        assert_eq!(dist_scale_factor(i32::MAX, i32::MIN, 127, false).map(i32::abs).map(|f| f <= 1024), Some(true));
    }
}
