//! Runs a job: workers encode segments, this thread joins them and writes.

use crate::audio::stream::SoundPlan;
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::meter::{Counters, Meter};
use crate::output::{self, AtomicOutput, OutputFile};
use crate::plan::{EncodePlan, Plan};
use crate::progress::RunControl;
use crate::queue::{self, Received, Receiver, Sender};
use crate::segment::Segment;
use crate::stage::decode::{FrameSource, SourceOptions};
use crate::stage::encode::{Part, SegmentEncoder};
use crate::stage::feed::{SOUND_AHEAD, SoundReceiver};
use crate::stage::first_pass::FirstPass;
use crate::stage::mux::Writer;
use crate::stage::pump::pump;
use crate::stats::{Stats, Warning};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use transcode_container::TrackInfo;
use transcode_core::h264::EncodeStats;
use transcode_core::h264::enc::{Budget, PictureStats, allocate};

/// Bytes of encoded video that a segment may be ahead of the writer.
const PARTS_AHEAD: usize = 32 << 20;

/// Segments that may be finished or in work for each worker, counted from the one that is being written.
const SEGMENTS_AHEAD: usize = 2;

/// How often a waiting thread looks around.
const NAP: Duration = Duration::from_millis(20);

/// Runs `job` to its end.
pub(crate) fn run(job: &Job, control: RunControl<'_>) -> Result<Stats> {
    let start = Instant::now();
    control.cancel.check()?;
    let overwrite = job.options().overwrite;
    output::check(job.input(), job.output(), overwrite)?;
    // The job's own token: it ends the workers when the writer fails, and leaves the caller's alone.
    let cancel = control.cancel.child();
    let plan = Plan::new(job, &cancel)?;
    let (output, file) = AtomicOutput::create(job.output(), overwrite)?;
    let counters = Counters::default();
    let passes = if plan.encode_plan().is_some_and(|(_, e)| e.two_pass) { 2 } else { 1 };
    let mut meter = Meter::new(control.on_progress, control.cancel, start, plan.duration).passes(passes);
    let video = Mutex::default();
    let run = Run { job, plan: &plan, cancel: &cancel, counters: &counters, output: &output, video: &video };
    let written = run.all(&mut meter, file)?;
    // Before the file gets its name: a callback that refuses even the last sample leaves nothing behind.
    meter.done(&counters, output.written(), written.media)?;
    let output_size = output.commit()?;
    let duration = if plan.duration.is_zero() { written.media } else { plan.duration };
    let elapsed = start.elapsed();
    // In the order of the segments, so that sums are the same for any number of threads.
    let mut told = video.into_inner().unwrap_or_else(PoisonError::into_inner);
    told.sort_by_key(|&(i, _)| i);
    let mut video = EncodeStats::default();
    told.iter().for_each(|(_, s)| video.add(s));
    let concealed = Counters::get(&counters.concealed);
    let mut warnings = plan.warnings;
    warnings.extend(written.warnings);
    warnings.extend(Warning::of_damage(concealed, Counters::get(&counters.damaged_units)));
    let pictures = Counters::get(&counters.interlaced);
    warnings.extend((pictures > 0).then_some(Warning::FieldsWoven { pictures }));
    let pictures = Counters::get(&counters.reduced);
    warnings.extend((pictures > 0).then_some(Warning::SampleFormatReduced { pictures }));
    Ok(Stats {
        packets_processed: Counters::get(&counters.packets) + written.copied,
        frames_decoded: Counters::get(&counters.decoded),
        frames_encoded: Counters::get(&counters.encoded),
        concealed,
        audio: *counters.audio.lock().unwrap_or_else(PoisonError::into_inner),
        input_size: plan.input_size,
        output_size,
        duration,
        elapsed,
        speed: duration.as_secs_f64() / elapsed.as_secs_f64().max(1e-9),
        video_bitrate: if duration.is_zero() { 0.0 } else { video.bits as f64 / duration.as_secs_f64() },
        video,
        warnings,
    })
}

/// What the writer tells at its end.
struct Written {
    media: Duration,
    copied: u64,
    warnings: Vec<Warning>,
}

/// A running job, as all its threads see it.
struct Run<'a> {
    job: &'a Job,
    plan: &'a Plan,
    cancel: &'a CancelToken,
    counters: &'a Counters,
    output: &'a AtomicOutput,
    /// What the encoder of each segment tells.
    video: &'a Mutex<Vec<(usize, EncodeStats)>>,
}

type PartSender = Sender<Result<Part>>;
type PartReceiver = Receiver<Result<Part>>;

/// Cancels when dropped, so that no worker outlives a writer that fails or panics.
struct CancelOnDrop<'a>(&'a CancelToken);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Counts a worker off when it ends, however it ends.
struct CountDown<'a>(&'a AtomicUsize);

impl Drop for CountDown<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Hands out segments in order, and not too far ahead of the writer.
struct Pool {
    senders: Vec<Mutex<Option<PartSender>>>,
    next: AtomicUsize,
    /// The segment that is being written.
    front: Mutex<usize>,
    moved: Condvar,
    window: usize,
}

impl Pool {
    /// The number of the next segment and where its parts go; `None` if there is none left or the job is over.
    fn take(&self, cancel: &CancelToken) -> Option<(usize, PartSender)> {
        let i = self.next.fetch_add(1, Ordering::Relaxed);
        let sender = self.senders.get(i)?.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let mut front = self.front.lock().unwrap_or_else(PoisonError::into_inner);
        while i >= *front + self.window {
            if cancel.is_cancelled() {
                return None;
            }
            front = self.moved.wait_timeout(front, NAP).unwrap_or_else(PoisonError::into_inner).0;
        }
        Some((i, sender))
    }
    fn advance(&self) {
        *self.front.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.moved.notify_all();
    }
}

impl Run<'_> {
    fn all(&self, meter: &mut Meter<'_>, file: OutputFile) -> Result<Written> {
        let Some((info, encode)) = self.plan.encode_plan() else {
            return thread::scope(|scope| {
                let _guard = CancelOnDrop(self.cancel);
                let sounds = self.start_sounds(scope);
                let writer = Writer::new(self.plan, self.job.output(), file, None, sounds, self.cancel)?;
                self.copy_rest(writer, meter)
            });
        };
        let threads = self.job.threads();
        let workers = threads.min(encode.segments.len()).max(1);
        let budgets = self.budgets(meter, info, encode)?;
        let budgets = &budgets;
        let (senders, receivers): (Vec<_>, Vec<_>) = encode
            .segments
            .iter()
            .map(|_| queue::bounded(PARTS_AHEAD, self.cancel))
            .map(|(s, r)| (Mutex::new(Some(s)), r))
            .unzip();
        let pool = Pool {
            senders,
            next: AtomicUsize::new(0),
            front: Mutex::new(0),
            moved: Condvar::new(),
            window: workers * SEGMENTS_AHEAD,
        };
        let pool = &pool;
        thread::scope(|scope| {
            let _guard = CancelOnDrop(self.cancel);
            for w in 0..workers {
                // Threads that are more than the segments let a worker's stages run side by side, and decode several pictures at the
                // same time.
                let more = (threads - workers + w) / workers;
                scope.spawn(move || self.work(pool, info, encode, budgets, more));
            }
            let sounds = self.start_sounds(scope);
            self.join(pool, receivers, sounds, meter, file)
        })
    }
    /// Starts a thread for each track of sound that is coded anew. It does the whole track in a row, so that the result does not
    /// depend on how many threads there are.
    fn start_sounds<'scope>(&'scope self, scope: &'scope thread::Scope<'scope, '_>) -> Vec<SoundReceiver> {
        let start = |(info, plan): (&'scope TrackInfo, &'scope SoundPlan)| {
            let (sender, receiver) = queue::bounded(SOUND_AHEAD, self.cancel);
            scope.spawn(move || match plan.run(&self.plan.input, self.job.output(), info, self.cancel, &sender) {
                Ok(stats) => {
                    Counters::add(&self.counters.packets, stats.packets_decoded);
                    let mut audio = self.counters.audio.lock().unwrap_or_else(PoisonError::into_inner);
                    audio.get_or_insert_default().add(&stats);
                }
                // If nobody takes it the job is over already, for a reason that somebody knows.
                Err(e) => drop(sender.send(Err(e), 0)),
            });
            (info.id, receiver)
        };
        self.plan.sound_plans().map(start).collect()
    }
    /// What each segment's pictures shall get, if the job has two passes: the first is made here.
    fn budgets(&self, meter: &mut Meter<'_>, info: &TrackInfo, encode: &EncodePlan) -> Result<Vec<Budget>> {
        if !encode.two_pass {
            return Ok(Vec::new());
        }
        let (threads, count) = (self.job.threads(), encode.segments.len());
        let workers = threads.min(count).max(1);
        let (next, working) = (AtomicUsize::new(0), AtomicUsize::new(workers));
        let found: Vec<Mutex<Option<Result<Vec<PictureStats>>>>> = (0..count).map(|_| Mutex::new(None)).collect();
        let work = |more: usize| {
            let _done = CountDown(&working);
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(place) = found.get(i) else { return };
                let result = self.first_pass(info, encode, i, more);
                let failed = result.is_err();
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                if failed {
                    // The others need not go on.
                    next.store(count, Ordering::Relaxed);
                }
            }
        };
        thread::scope(|scope| {
            let work = &work;
            for w in 0..workers {
                let more = (threads - workers + w) / workers;
                scope.spawn(move || work(more));
            }
            while working.load(Ordering::Acquire) > 0 {
                thread::sleep(NAP);
                if let Err(e) = self.tick(meter, None) {
                    self.cancel.cancel();
                    return Err(e);
                }
            }
            Ok(())
        })?;
        let mut parts = Vec::with_capacity(count);
        for place in found {
            match place.into_inner().unwrap_or_else(PoisonError::into_inner) {
                Some(result) => parts.push(result?),
                // A segment after one that failed, whose error comes first, or a worker that panicked.
                None => return Err(Error::Cancelled),
            }
        }
        allocate(&encode.config, &parts).map_err(Error::of_config)
    }
    fn first_pass(&self, info: &TrackInfo, encode: &EncodePlan, i: usize, more: usize) -> Result<Vec<PictureStats>> {
        let (segment, output) = (encode.segments[i], self.job.output());
        let mut source = self.source(info, segment, more)?;
        let start = segment.start_pts.unwrap_or(0);
        let mut pass = FirstPass::new(output, &encode.config_of(i), info.timebase, start, self.counters)?;
        pump(&mut source, more > 0, self.cancel, |frame| pass.push(frame))?;
        pass.finish()
    }
    fn source(&self, info: &TrackInfo, segment: Segment, more: usize) -> Result<FrameSource> {
        let options = SourceOptions {
            kernels: self.plan.kernels,
            low_delay: false,
            reduce: true,
            strict: false,
            take_cut: false,
            lead_in: true,
            threads: more.max(1),
        };
        FrameSource::open(&self.plan.input, info, segment, options, self.cancel)
    }
    /// Takes segments and encodes them until there is none left.
    fn work(&self, pool: &Pool, info: &TrackInfo, encode: &EncodePlan, budgets: &[Budget], more: usize) {
        while let Some((i, sender)) = pool.take(self.cancel) {
            if let Err(e) = self.segment(info, encode, (i, budgets.get(i)), more, &sender) {
                // If nobody takes it the job is over already, for a reason that somebody knows.
                let _ = sender.send(Err(e), 0);
                return;
            }
        }
    }
    fn segment(
        &self,
        info: &TrackInfo,
        encode: &EncodePlan,
        (i, budget): (usize, Option<&Budget>),
        more: usize,
        parts: &PartSender,
    ) -> Result<()> {
        let segment = encode.segments[i];
        let config = (encode.config_of(i), budget.cloned());
        let mut source = self.source(info, segment, more)?;
        let mut encoder = SegmentEncoder::new(self.job.output(), config, info.timebase, segment, parts, self.counters)?;
        pump(&mut source, more > 0, self.cancel, |frame| encoder.push(frame))?;
        let told = encoder.finish()?;
        self.video.lock().unwrap_or_else(PoisonError::into_inner).push((i, told));
        let counts = source.counts();
        Counters::add(&self.counters.packets, counts.packets);
        Counters::add(&self.counters.decoded, counts.decoded);
        Counters::add(&self.counters.concealed, counts.concealed);
        Counters::add(&self.counters.damaged_units, counts.damaged_units);
        Counters::add(&self.counters.interlaced, counts.interlaced);
        Counters::add(&self.counters.reduced, counts.reduced);
        Ok(())
    }
    /// Writes the segments' parts in order, with the copied packets between them.
    fn join(
        &self,
        pool: &Pool,
        receivers: Vec<PartReceiver>,
        sounds: Vec<SoundReceiver>,
        meter: &mut Meter<'_>,
        file: OutputFile,
    ) -> Result<Written> {
        let mut start = Some((file, sounds));
        let mut writer: Option<Writer<'_>> = None;
        for receiver in receivers {
            loop {
                let part = match receiver.receive_timeout(NAP)? {
                    Received::Item(part) => Some(part?),
                    Received::Nothing => None,
                    Received::Closed => break,
                };
                match (part, &mut writer, start.take()) {
                    (Some(Part::Header(avcc)), None, Some((file, sounds))) => {
                        let output = self.job.output();
                        writer = Some(Writer::new(self.plan, output, file, Some(avcc), sounds, self.cancel)?);
                    }
                    (Some(part), Some(writer), _) => writer.part(part)?,
                    (_, _, unused) => start = unused,
                }
                self.tick(meter, writer.as_ref())?;
            }
            pool.advance();
        }
        let Some(mut writer) = writer else { return Err(Error::Cancelled) };
        writer.end_encoded()?;
        self.copy_rest(writer, meter)
    }
    /// Copies the packets that are left and completes the file.
    fn copy_rest(&self, mut writer: Writer<'_>, meter: &mut Meter<'_>) -> Result<Written> {
        let copy_only = self.plan.encode_plan().is_none();
        while let Some(video) = writer.copy_one()? {
            if copy_only {
                Counters::add(&self.counters.frames, u64::from(video));
                self.counters.media_us.store(writer.written().as_micros() as u64, Ordering::Relaxed);
            }
            self.tick(meter, Some(&writer))?;
        }
        let (media, copied) = (writer.written(), writer.copied);
        let warnings = std::mem::take(&mut writer.warnings);
        writer.finish()?;
        // The last moment at which a cancelled job still leaves nothing.
        self.cancel.check()?;
        Ok(Written { media, copied, warnings })
    }
    fn tick(&self, meter: &mut Meter<'_>, writer: Option<&Writer<'_>>) -> Result<()> {
        meter.tick(self.counters, self.output.written(), writer.map_or(Duration::ZERO, Writer::written))
    }
}
