//! One job on its own thread: its progress, its cancellation and its outcome. No Python in it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use std::ops::ControlFlow;

use transcode_pipeline::{CancelToken, Error, Job, Progress, RunControl, Stats};

/// Why a run gave no statistics.
pub(crate) enum Failure {
    /// The pipeline's reason.
    Job(Error),
    /// A fault of ours: what the job's thread panicked with.
    Panic(String),
}

/// What a waiting thread finds.
pub(crate) struct Event {
    /// A progress that nobody has taken yet. Whoever takes one tells so by [`Run::acknowledge`] once it is dealt with.
    pub(crate) progress: Option<Progress>,
    /// The run is over, and no progress is left.
    pub(crate) ended: bool,
}

#[derive(Default)]
struct State {
    progress: Option<Progress>,
    /// A progress was taken, and its taker has not finished with it.
    taken: bool,
    outcome: Option<Result<Stats, Failure>>,
    ended: bool,
}

impl State {
    fn take_progress(&mut self) -> Option<Progress> {
        let progress = self.progress.take();
        self.taken |= progress.is_some();
        progress
    }
}

/// A run under way, shared by the thread that works, the one that waits, and those that cancel.
pub(crate) struct Run {
    cancel: CancelToken,
    /// Somebody takes every progress; otherwise none is kept, and nothing waits for a taker.
    followed: bool,
    state: Mutex<State>,
    changed: Condvar,
}

impl Run {
    pub(crate) fn new(followed: bool) -> Arc<Self> {
        Arc::new(Self {
            cancel: CancelToken::new(),
            followed,
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        })
    }

    /// Does the job, in the thread that calls.
    pub(crate) fn work(&self, job: &Job) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let control = RunControl::with_token(self.cancel.clone());
            job.run(if self.followed { control.on_progress(|progress| self.publish(progress)) } else { control })
        }));
        let mut state = self.lock();
        state.outcome = Some(match outcome {
            Ok(result) => result.map_err(Failure::Job),
            Err(payload) => Err(Failure::Panic(panic_text(payload.as_ref()))),
        });
        state.ended = true;
        self.changed.notify_all();
    }

    /// Asks the job to end; returns at once.
    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
        self.changed.notify_all();
    }

    /// Waits for news, at most `patience`.
    pub(crate) fn wait(&self, patience: Duration) -> Event {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while state.progress.is_none() && !state.ended {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Event { ended: state.ended, progress: state.take_progress() }
    }

    /// The latest progress, if it wasn't taken yet.
    pub(crate) fn take_progress(&self) -> Option<Progress> {
        self.lock().take_progress()
    }

    /// The progress that was taken last has been dealt with.
    pub(crate) fn acknowledge(&self) {
        self.lock().taken = false;
        self.changed.notify_all();
    }

    /// Whether the job has ended.
    pub(crate) fn ended(&self) -> bool {
        self.lock().ended
    }

    /// The outcome of an ended run, once.
    pub(crate) fn take_outcome(&self) -> Option<Result<Stats, Failure>> {
        self.lock().outcome.take()
    }

    fn publish(&self, progress: &Progress) -> ControlFlow<()> {
        let mut state = self.lock();
        state.progress = Some(*progress);
        self.changed.notify_all();
        if progress.percent < 100.0 {
            return ControlFlow::Continue(());
        }
        // The last progress comes before the output gets its name. It waits for its taker, so that a callback that raises
        // at 100% still cancels the job, and leaves no file.
        while (state.taken || state.progress.is_some()) && !self.cancel.is_cancelled() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if self.cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    // A poisoned lock means that a thread panicked while it held it: the state is a few plain values, each whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("unknown").to_owned()
}
