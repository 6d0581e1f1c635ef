//! Which runs are live, and what becomes of them when the interpreter exits or forks.
//!
//! CPython ends a thread that comes back to a finalised interpreter, and with Rust frames on its stack that aborts the
//! process. So before finalisation starts, when `atexit` hooks run, all runs are cancelled, the runtime's threads are
//! joined and callers in daemon threads get a moment to leave; from then on no run can be started.
//!
//! Every function of ours that runs Python code, and may lose the GIL there with its own frame on the stack, holds a
//! [`Caller`] meanwhile. Functions that only make objects and read them can't lose it, and need none.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::exiting;
use crate::run::Run;
use crate::runtime;

/// How long the exit waits for callers in daemon threads, which may be stuck in a callback of the user's.
const PATIENCE: Duration = Duration::from_secs(2);

struct Live {
    exiting: bool,
    runs: Vec<Weak<Run>>,
    /// Functions of ours that are under way in some thread.
    callers: usize,
}

// Locked for moments only, and never while Python is called or the GIL is waited for.
static LIVE: Mutex<Live> = Mutex::new(Live { exiting: false, runs: Vec::new(), callers: 0 });
static LEFT: Condvar = Condvar::new();

fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds the hooks.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(at_exit, module)?,))?;
    let hooks = PyDict::new(py);
    hooks.set_item("after_in_child", wrap_pyfunction!(after_fork, module)?)?;
    let os = py.import("os")?;
    if os.hasattr("register_at_fork")? {
        os.call_method("register_at_fork", (), Some(&hooks))?;
    }
    Ok(())
}

/// Makes a run known, so that the exit can cancel it. The caller proves that the exit has not begun.
pub(crate) fn enlist(run: &Arc<Run>, _caller: &Caller) {
    let mut live = live();
    if live.exiting {
        // It has begun since: this run missed the cancellation of all others.
        run.cancel();
    }
    live.runs.retain(|known| known.strong_count() > 0);
    live.runs.push(Arc::downgrade(run));
}

/// A function of ours is under way as long as this lives, and the exit waits for it.
pub(crate) struct Caller(());

impl Caller {
    /// Refused once the exit has begun.
    pub(crate) fn enter(py: Python<'_>) -> PyResult<Self> {
        {
            let mut live = live();
            if !live.exiting {
                live.callers += 1;
                return Ok(Self(()));
            }
        }
        Err(exiting(py))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let mut live = live();
        live.callers = live.callers.saturating_sub(1);
        LEFT.notify_all();
    }
}

#[pyfunction]
fn at_exit(py: Python<'_>) {
    let runs = {
        let mut live = live();
        live.exiting = true;
        std::mem::take(&mut live.runs)
    };
    for run in runs.iter().filter_map(Weak::upgrade) {
        run.cancel();
    }
    // Others need the GIL to leave.
    py.detach(|| {
        runtime::shut_down();
        let deadline = Instant::now() + PATIENCE;
        let mut live = live();
        while live.callers > 0 {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            live = LEFT.wait_timeout(live, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    });
}

/// In a forked child the parent's threads don't exist: forget them and start afresh.
#[pyfunction]
fn after_fork() {
    *live() = Live { exiting: false, runs: Vec::new(), callers: 0 };
    runtime::forget();
}
