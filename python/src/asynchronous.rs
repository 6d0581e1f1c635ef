//! A run under way, as the package's asyncio driver (`transcode_py._aio`) sees it.

use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::future_into_py_with_locals;
use transcode_pipeline::Job;

use crate::errors::failure_to_py;
use crate::exit::Caller;
use crate::progress::Progress;
use crate::run::Run;
use crate::runtime::{self, Stoppable};
use crate::stats::TranscodeStats;

/// A run under way, as the package's asyncio driver sees it; not part of the public interface.
#[pyclass(frozen, module = "transcode_py._native")]
pub(crate) struct AsyncRun {
    run: Arc<Run>,
    ended: Py<PyAny>,
}

impl AsyncRun {
    /// Sets `run` to work on `job`, on a thread of the runtime. The calling thread must have a running event loop.
    pub(crate) fn start(py: Python<'_>, run: Arc<Run>, job: Job) -> PyResult<Self> {
        let handle = runtime::start()?;
        let locals = TaskLocals::with_running_loop(py)?;
        let event_loop = locals.event_loop(py).unbind();
        let worker = Arc::clone(&run);
        let ended = future_into_py_with_locals::<Stoppable, _, ()>(py, locals, async move {
            let deaf = handle.spawn_blocking(move || {
                worker.work(&job);
                Python::attach(|py| is_closed(event_loop.bind(py)))
            });
            match deaf.await {
                Ok(false) => Ok(()),
                // Nobody can be told of the end any more, and trying to would print a traceback.
                Ok(true) => std::future::pending().await,
                Err(error) => Err(PyRuntimeError::new_err(error.to_string())),
            }
        })?;
        Ok(Self { run, ended: ended.unbind() })
    }
}

/// Whether an event loop was closed; one that can't tell is as good as closed.
fn is_closed(event_loop: &Bound<'_, PyAny>) -> bool {
    event_loop.call_method0("is_closed").and_then(|closed| closed.is_truthy()).unwrap_or(true)
}

#[pymethods]
impl AsyncRun {
    /// Done when the job has ended, well or not.
    #[getter]
    fn ended(&self, py: Python<'_>) -> Py<PyAny> {
        self.ended.clone_ref(py)
    }

    fn take_progress(&self) -> Option<Progress> {
        self.run.take_progress().as_ref().map(Into::into)
    }

    fn acknowledge(&self) {
        self.run.acknowledge();
    }

    fn cancel(&self) {
        self.run.cancel();
    }

    /// The statistics of an ended run, once; raises what it failed with.
    fn result(&self, py: Python<'_>) -> PyResult<TranscodeStats> {
        let _caller = Caller::enter(py)?;
        match self.run.take_outcome() {
            Some(Ok(stats)) => Ok(stats.into()),
            Some(Err(failure)) => Err(failure_to_py(py, failure)),
            None => Err(PyRuntimeError::new_err("the run has no result to give")),
        }
    }
}
