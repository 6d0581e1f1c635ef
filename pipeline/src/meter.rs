//! Counts what a job's threads do and makes [`Progress`] of it.

use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::progress::{OnProgress, Progress};
use crate::stats::AudioStats;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Least time between two samples.
const INTERVAL: Duration = Duration::from_millis(100);

/// Wall time before which an estimate of the time left would be a guess.
const SETTLED: Duration = Duration::from_millis(500);

/// What the threads of a job count together.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) packets: AtomicU64,
    pub(crate) decoded: AtomicU64,
    pub(crate) encoded: AtomicU64,
    pub(crate) concealed: AtomicU64,
    pub(crate) damaged_units: AtomicU64,
    pub(crate) interlaced: AtomicU64,
    /// Pictures whose samples were made 8-bit 4:2:0.
    pub(crate) reduced: AtomicU64,
    /// Pictures that are ready for the output: encoded, or copied where none is encoded.
    pub(crate) frames: AtomicU64,
    /// Media time that is done, over all segments, in microseconds.
    pub(crate) media_us: AtomicU64,
    /// Tracks of sound that have been coded anew.
    pub(crate) audio: Mutex<Option<AudioStats>>,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

/// Samples [`Counters`] for a callback.
pub(crate) struct Meter<'a> {
    callback: Option<OnProgress<'a>>,
    cancel: CancelToken,
    start: Instant,
    last: Instant,
    /// Whole media time in seconds, 0 if unknown.
    total: f64,
    /// How often the media is gone through.
    passes: f64,
    /// Largest percentage told, so that it never falls.
    told: f64,
}

impl<'a> Meter<'a> {
    /// A meter for a job of `total` media time.
    pub(crate) fn new(callback: Option<OnProgress<'a>>, cancel: CancelToken, start: Instant, total: Duration) -> Self {
        Self { callback, cancel, start, last: start, total: total.as_secs_f64(), passes: 1.0, told: 0.0 }
    }
    /// The same for a job that goes through the media so many times.
    pub(crate) fn passes(self, passes: u8) -> Self {
        Self { passes: passes.into(), ..self }
    }
    /// Calls the callback if it is time to.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the job was cancelled or the callback wants to end it.
    pub(crate) fn tick(&mut self, counters: &Counters, size: u64, written: Duration) -> Result<()> {
        self.cancel.check()?;
        if self.callback.is_none() || self.last.elapsed() < INTERVAL {
            return Ok(());
        }
        let progress = self.sample(counters, size, written);
        self.tell(&progress)
    }
    /// Tells that the output is whole, and lacks nothing but its name.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the job was cancelled or the callback wants to end it.
    pub(crate) fn done(&mut self, counters: &Counters, size: u64, written: Duration) -> Result<()> {
        let progress = Progress { percent: 100.0, eta: Some(0.0), ..self.sample(counters, size, written) };
        self.tell(&progress)
    }
    fn tell(&mut self, progress: &Progress) -> Result<()> {
        let Some(callback) = &mut self.callback else { return Ok(()) };
        let flow = callback(progress);
        self.last = Instant::now();
        if flow.is_break() { Err(Error::Cancelled) } else { self.cancel.check() }
    }
    fn sample(&mut self, counters: &Counters, size: u64, written: Duration) -> Progress {
        let elapsed = self.start.elapsed();
        let done = Counters::get(&counters.media_us) as f64 / 1e6 / self.passes;
        let speed = if elapsed.is_zero() { 0.0 } else { done / elapsed.as_secs_f64() };
        if self.total > 0.0 {
            // 100 is only for a file that is whole.
            self.told = self.told.max((done / self.total * 100.0).min(99.9));
        }
        let known = self.total > 0.0 && elapsed >= SETTLED && speed > 0.0;
        Progress {
            percent: self.told,
            frames: Counters::get(&counters.frames),
            speed,
            eta: known.then(|| (self.total - done).max(0.0) / speed),
            size,
            bitrate: bit_rate(size, written),
        }
    }
}

/// Bits per second of `size` bytes that last `time`; 0 for no time.
fn bit_rate(size: u64, time: Duration) -> u64 {
    if time.is_zero() { 0 } else { (size as f64 * 8.0 / time.as_secs_f64()) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    #[test]
    fn samples_are_rare_and_monotonic_and_end_at_100() {
        let mut seen: Vec<(Instant, Progress)> = Vec::new();
        {
            let callback: OnProgress<'_> = Box::new(|p| {
                seen.push((Instant::now(), *p));
                ControlFlow::Continue(())
            });
            let counters = Counters::default();
            let start = Instant::now();
            let total = Duration::from_secs(2);
            let mut meter = Meter::new(Some(callback), CancelToken::new(), start, total);
            for i in 0..400u64 {
                counters.media_us.store(i * 5_000, Ordering::Relaxed);
                Counters::add(&counters.frames, 1);
                meter.tick(&counters, i, Duration::from_millis(i)).unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
            meter.done(&counters, 1000, total).unwrap();
        }
        let (last, before) = seen.split_last().unwrap();
        assert!((last.1.percent - 100.0).abs() < f64::EPSILON && last.1.frames == 400);
        assert_eq!(last.1.bitrate, 4000);
        assert!((2..=10).contains(&before.len()), "{} samples", before.len());
        assert!(before.windows(2).all(|w| w[1].0 - w[0].0 >= INTERVAL && w[1].1.percent >= w[0].1.percent));
        assert!(before.iter().all(|(_, p)| p.percent < 100.0));
        assert!(before[0].1.eta.is_none(), "no estimate after a tenth of a second");
    }

    #[test]
    fn break_cancels() {
        let callback: OnProgress<'_> = Box::new(|_| ControlFlow::Break(()));
        let start = Instant::now() - Duration::from_secs(1);
        let mut meter = Meter::new(Some(callback), CancelToken::new(), start, Duration::from_secs(1));
        assert!(matches!(meter.tick(&Counters::default(), 0, Duration::ZERO), Err(Error::Cancelled)));
        assert!(matches!(meter.done(&Counters::default(), 0, Duration::ZERO), Err(Error::Cancelled)));
    }
}
