//! Exact times of sound whose container rounds them.

use crate::Timebase;

/// Counts the samples of frames of constant length, for as long as the container's coarser times agree.
#[derive(Debug, Clone)]
pub(crate) struct FrameClock {
    /// Samples a second.
    pub(crate) timebase: Timebase,
    /// Samples in a frame.
    pub(crate) frame: i64,
    /// How far the container's times may be off, in samples.
    tolerance: i64,
    next: Option<i64>,
}

impl FrameClock {
    /// A clock for frames of `frame` samples at `rate`, whose container counts in ticks of `coarse`.
    pub(crate) fn new(rate: u32, frame: u32, coarse: Timebase) -> Self {
        let timebase = Timebase::per_second(rate);
        // A tick of rounding on either side; less than half a frame, or a lost one would go unnoticed.
        let tolerance = coarse.rescale(1, timebase).saturating_add(1).min(i64::from(frame) / 2);
        Self { timebase, frame: frame.into(), tolerance, next: None }
    }
    /// The next frame is known to be at `time` samples.
    pub(crate) fn enter(&mut self, time: i64) {
        self.next = Some(time);
    }
    /// Time in samples of the next frame, of which the container says `time` in samples, rounded, or nothing.
    pub(crate) fn tick(&mut self, time: Option<i64>) -> i64 {
        let exact = match (time, self.next) {
            (Some(time), Some(next)) if time.saturating_sub(next).saturating_abs() <= self.tolerance => next,
            // Gaps are kept; sound that overlaps what came before follows it.
            (Some(time), next) => time.max(next.unwrap_or(i64::MIN)),
            (None, next) => next.unwrap_or(0),
        };
        self.next = Some(exact.saturating_add(self.frame));
        exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_become_samples() {
        let ms = Timebase::per_second(1000);
        let mut clock = FrameClock::new(44100, 1024, ms);
        let mut time = |t: Option<i64>| clock.tick(t.map(|t| ms.rescale(t, Timebase::per_second(44100))));
        let got: Vec<i64> = [0, 23, 46, 70, 93].into_iter().map(|t| time(Some(t))).collect();
        assert_eq!(got, [0, 1024, 2048, 3072, 4096]);
        assert_eq!(time(None), 5120);
        assert_eq!(time(Some(200)), 8820, "a gap");
        assert_eq!(time(Some(100)), 9844, "an overlap");
    }
}
