//! The tokio runtime behind `pyo3-async-runtimes`.
//!
//! That crate's own runtime lives in a static and can't be stopped: its threads outlive the interpreter, and abort the
//! process when they come back to it. Its `generic` half takes any runtime, so it gets this one, which can be shut down.

use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::{ContextExt, JoinError, Runtime as GenericRuntime};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

// Locked for moments only, and never while Python is called or the GIL is waited for.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

fn slot() -> MutexGuard<'static, Option<Runtime>> {
    RUNTIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runtime's handle; starts it if need be. Jobs work on its blocking threads, so one thread is enough for the rest.
pub(crate) fn start() -> io::Result<Handle> {
    let mut slot = slot();
    if let Some(runtime) = &*slot {
        return Ok(runtime.handle().clone());
    }
    let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("transcode-async").build()?;
    let handle = runtime.handle().clone();
    *slot = Some(runtime);
    Ok(handle)
}

/// Drops all tasks and joins all threads. The caller must have cancelled the jobs, and must not hold the GIL.
pub(crate) fn shut_down() {
    let runtime = slot().take();
    drop(runtime);
}

/// Lets go of a runtime whose threads are in another process.
pub(crate) fn forget() {
    mem::forget(slot().take());
}

/// The runtime as `pyo3-async-runtimes` sees it.
pub(crate) struct Stoppable;

/// Why a task has no result.
pub(crate) struct TaskError(tokio::task::JoinError);

impl JoinError for TaskError {
    fn is_panic(&self) -> bool {
        self.0.is_panic()
    }

    fn into_panic(self) -> Box<dyn std::any::Any + Send + 'static> {
        self.0.into_panic()
    }
}

/// A task's end.
pub(crate) struct Task(JoinHandle<()>);

impl Future for Task {
    type Output = Result<(), TaskError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(TaskError)
    }
}

/// The runtime of the task that calls, or else the one that [`start`] has started. A handle stays good after the
/// shutdown: what is spawned then is dropped.
fn handle() -> Handle {
    Handle::try_current().unwrap_or_else(|_| start().expect("the runtime was started before the first task"))
}

impl GenericRuntime for Stoppable {
    type JoinError = TaskError;
    type JoinHandle = Task;

    fn spawn<F>(future: F) -> Task
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Task(handle().spawn(future))
    }

    fn spawn_blocking<F>(work: F) -> Task
    where
        F: FnOnce() + Send + 'static,
    {
        Task(handle().spawn_blocking(work))
    }
}

impl ContextExt for Stoppable {
    // No task of ours calls Python code that would look for its event loop.
    fn scope<F, R>(_locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(future)
    }

    fn get_task_locals() -> Option<TaskLocals> {
        None
    }
}
