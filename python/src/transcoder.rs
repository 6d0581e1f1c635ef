//! `Transcoder`: a job that can be run, awaited, and cancelled from any thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use transcode_pipeline::Job;

use crate::asynchronous::AsyncRun;
use crate::errors::{failure_to_py, to_py};
use crate::exit::{self, Caller};
use crate::options::TranscodeOptions;
use crate::progress::Progress;
use crate::run::Run;
use crate::stats::TranscodeStats;

/// How often a synchronous run looks for signals; far below the half second in which Ctrl-C must have ended it.
const SIGNAL_PERIOD: Duration = Duration::from_millis(50);

/// A job that can be run, awaited, and cancelled from any thread. The options are copied: later changes have no effect.
#[pyclass(frozen, module = "transcode_py")]
pub(crate) struct Transcoder {
    options: TranscodeOptions,
    job: Job,
    current: Mutex<Weak<Run>>,
}

impl Transcoder {
    fn current(&self) -> MutexGuard<'_, Weak<Run>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running_now(&self) -> Option<Arc<Run>> {
        self.current().upgrade().filter(|run| !run.ended())
    }

    /// A new run of this transcoder; refused while there is one.
    fn begin(&self, followed: bool, caller: &Caller) -> PyResult<Arc<Run>> {
        let mut current = self.current();
        if current.upgrade().is_some_and(|run| !run.ended()) {
            return Err(PyRuntimeError::new_err(
                "this Transcoder is running already; use another one for a second job",
            ));
        }
        let run = Run::new(followed);
        exit::enlist(&run, caller);
        *current = Arc::downgrade(&run);
        Ok(run)
    }

    /// Waits for the run, with the GIL released, and sees to signals and callbacks meanwhile.
    fn attend(py: Python<'_>, run: &Run, callback: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        loop {
            let event = py.detach(|| run.wait(SIGNAL_PERIOD));
            py.check_signals()?;
            if let (Some(callback), Some(progress)) = (callback, &event.progress) {
                callback.call1((Progress::from(progress),))?;
                run.acknowledge();
            }
            if event.ended {
                return Ok(());
            }
        }
    }
}

#[pymethods]
impl Transcoder {
    #[new]
    fn new(py: Python<'_>, options: PyRef<'_, TranscodeOptions>) -> PyResult<Self> {
        let options = options.clone();
        let job = Job::new(options.options.clone()).map_err(|error| to_py(py, error))?;
        Ok(Self { options, job, current: Mutex::new(Weak::new()) })
    }

    /// A copy of the options.
    #[getter]
    fn options(&self) -> TranscodeOptions {
        self.options.clone()
    }

    /// Whether a run is under way.
    #[getter]
    fn running(&self) -> bool {
        self.running_now().is_some()
    }

    /// Does the job in this thread's time, with the GIL released, and returns its statistics.
    ///
    /// `progress_callback` is called in this thread; what it raises cancels the job and comes out here. Ctrl-C raises
    /// KeyboardInterrupt when the job has ended. RuntimeError if a run is under way already.
    #[pyo3(signature = (progress_callback = None))]
    fn run(&self, py: Python<'_>, progress_callback: Option<Bound<'_, PyAny>>) -> PyResult<TranscodeStats> {
        let caller = Caller::enter(py)?;
        let callback = progress_callback.as_ref();
        if let Some(callback) = callback {
            check_callable(callback)?;
            if py.import("inspect")?.call_method1("iscoroutinefunction", (callback,))?.is_truthy()? {
                return Err(PyTypeError::new_err(
                    "progress_callback: nobody awaits a coroutine function here; use run_async or transcode_async",
                ));
            }
        }
        let run = self.begin(callback.is_some(), &caller)?;
        let worker = {
            let (run, job) = (Arc::clone(&run), self.job.clone());
            thread::Builder::new().name("transcode-job".to_owned()).spawn(move || run.work(&job))?
        };
        let attended = Self::attend(py, &run, callback);
        if attended.is_err() {
            run.cancel();
        }
        // The worker catches its panics, so there is nothing to learn from the join.
        let _ = py.detach(|| worker.join());
        attended?;
        match run.take_outcome() {
            Some(Ok(stats)) => Ok(stats.into()),
            Some(Err(failure)) => Err(failure_to_py(py, failure)),
            None => Err(PyRuntimeError::new_err("the run has no result to give")),
        }
    }

    /// The same for asyncio; the run starts when it is awaited or made a task.
    ///
    /// `progress_callback` is a plain function or a coroutine function, called on the event loop's thread. Cancelling the
    /// task cancels the job and waits for its end.
    #[pyo3(signature = (progress_callback = None))]
    fn run_async<'py>(
        slf: &Bound<'py, Self>,
        progress_callback: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _caller = Caller::enter(slf.py())?;
        if let Some(callback) = &progress_callback {
            check_callable(callback)?;
        }
        slf.py().import("transcode_py._aio")?.call_method1("drive", (slf, progress_callback))
    }

    /// Ends the run that is under way, from any thread: it raises CancelledError where it was started.
    ///
    /// Returns whether there was one. It doesn't wait for the end.
    fn cancel(&self) -> bool {
        let run = self.running_now();
        if let Some(run) = &run {
            run.cancel();
        }
        run.is_some()
    }

    /// Starts a run for the asyncio driver; `followed` says that the driver takes every progress.
    fn _start(&self, py: Python<'_>, followed: bool) -> PyResult<AsyncRun> {
        let caller = Caller::enter(py)?;
        let run = self.begin(followed, &caller)?;
        AsyncRun::start(py, run, self.job.clone())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let options = Py::new(py, self.options.clone())?;
        let state = if self.running() { ", running" } else { "" };
        Ok(format!("Transcoder({}{state})", options.bind(py).repr()?))
    }
}

fn check_callable(callback: &Bound<'_, PyAny>) -> PyResult<()> {
    if callback.is_callable() {
        return Ok(());
    }
    let kind = callback.get_type();
    Err(PyTypeError::new_err(format!("progress_callback: expected a callable, got {}", kind.name()?)))
}
