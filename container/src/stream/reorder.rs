//! Decoding times of pictures whose container stores presentation times alone.

/// Makes decoding times: those of the pictures in presentation order, each as many pictures earlier as the stream
/// reorders at most.
#[derive(Debug, Clone)]
pub(crate) struct Reorder {
    /// Pictures that may precede another in decoding order and follow it in presentation.
    depth: usize,
    /// Ticks that a picture lasts.
    step: i64,
    /// The latest presentation times, ascending; at most `depth` of them.
    latest: Vec<i64>,
    given: usize,
    first: i64,
    last: i64,
}

/// No stream of any codec reorders more pictures.
const DEEPEST: usize = 16;

impl Reorder {
    pub(crate) fn new(depth: usize, step: i64) -> Self {
        let depth = depth.min(DEEPEST);
        Self { depth, step, latest: Vec::with_capacity(depth + 1), given: 0, first: 0, last: i64::MIN }
    }
    /// The decoding time of the picture that is shown at `pts` and comes next.
    pub(crate) fn dts(&mut self, pts: i64) -> i64 {
        if self.given == 0 {
            self.first = pts;
        }
        let at = self.latest.partition_point(|&t| t <= pts);
        self.latest.insert(at, pts);
        let dts = if self.latest.len() > self.depth {
            self.latest.remove(0)
        } else {
            // The first ones come before anything is shown.
            let early = i64::try_from(self.depth - self.given).unwrap_or(0).saturating_mul(self.step);
            self.first.saturating_sub(early)
        };
        self.given += 1;
        // Times that jump back would else be decoded before what precedes them.
        self.last = self.last.max(dts);
        self.last
    }
    /// How deep pictures with these presentation times, in decoding order, are reordered; and the least distance.
    pub(crate) fn measure(times: &[i64]) -> (usize, i64) {
        let later = |i: usize| times[..i].iter().rev().take(DEEPEST).filter(|&&t| t > times[i]).count();
        let depth = (0..times.len()).map(later).max().unwrap_or(0);
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let step = sorted.windows(2).map(|w| w[1].saturating_sub(w[0])).filter(|&d| d > 0).min().unwrap_or(0);
        (depth, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pyramid() {
        let pts = [0, 4, 2, 1, 3, 8, 6, 5, 7];
        assert_eq!(Reorder::measure(&pts), (2, 1));
        let mut reorder = Reorder::new(2, 1);
        let dts: Vec<i64> = pts.iter().map(|&t| reorder.dts(t)).collect();
        assert_eq!(dts, [-2, -1, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(Reorder::measure(&[]), (0, 0));
    }

    proptest! {
        #[test]
        fn decoding_never_goes_back(times in prop::collection::vec(any::<i64>(), 0..60), depth in 0usize..20, step in any::<i64>()) {
            let mut reorder = Reorder::new(depth, step);
            let dts: Vec<i64> = times.iter().map(|&t| reorder.dts(t)).collect();
            prop_assert!(dts.is_sorted());
            Reorder::measure(&times);
        }
    }
}
