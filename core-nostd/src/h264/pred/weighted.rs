//! Weights of inter prediction, 8.4.2.3 and 8.4.3.

use crate::h264::dec::picture::ListView;
use crate::h264::params::{Pps, SliceHeader, SliceType, WeightEntry};
use alloc::vec::Vec;

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
                let w1 = factor.map_or(32, |f| f >> 2);
                self.w1.push(if (-64..=128).contains(&w1) { w1 as i16 } else { 32 });
            }
        }
    }
    /// w1 of reference indices `r0` and `r1`.
    pub(crate) fn get(&self, r0: usize, r1: usize) -> i32 {
        self.w1.get(r0 * self.columns + r1).map_or(32, |&w| i32::from(w))
    }
}

/// Whether an explicit entry leaves plane `plane` as it is.
pub(crate) fn is_plain(entry: &WeightEntry, plane: usize, log2_denom: u8) -> bool {
    entry.weight[plane] == 1 << log2_denom && entry.offset[plane] == 0
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
