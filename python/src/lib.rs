//! Python bindings of `transcode`: the native part, `transcode_py._native`, of the package `transcode_py`.
//!
//! Thin by intent: jobs, options and their validation are [`transcode_pipeline`]'s; what is here turns them into Python
//! objects and sees to threads, signals, asyncio and the interpreter's exit.
//!
//! # Where is what
//!
//! | module | holds |
//! |---|---|
//! | `module` | the list of what Python sees |
//! | `arguments` | numbers and file names from Python, with errors that name the option |
//! | `options` | `TranscodeOptions`: chaining setters, values, the way to a pipeline job |
//! | `run` | one job on its own thread: progress, cancellation, outcome; no Python in it |
//! | `transcoder` | `Transcoder`: the synchronous run (signals, callbacks) and the start of an asynchronous one |
//! | `asynchronous` | the awaitable end of a run, on the event loop |
//! | `runtime` | the tokio runtime behind `pyo3-async-runtimes`, one that can be shut down |
//! | `exit` | which runs are live; the interpreter's exit and fork |
//! | `progress`, `stats`, `simd` | the values that users get |
//! | `errors` | Rust errors to Python exceptions |
//! | `cli` | the `transcode` command for the wheel's console script |
//!
//! # Threads and the interpreter
//!
//! A job's threads never call Python. A synchronous run waits for them with the GIL released, and calls signal handlers and
//! the progress callback from the thread that asked for the run. An asynchronous run samples progress from the event loop,
//! and touches Python once from a runtime thread, to resolve the future of its end. Before the interpreter is finalised an
//! `atexit` hook cancels all runs and joins all these threads, so none of them can meet a dying interpreter.
//!
//! Everything that needs an interpreter is behind the feature `extension`, which maturin switches on: without it this crate
//! is empty, and a build of the workspace needs no Python.

#[cfg(feature = "extension")]
mod arguments;
#[cfg(feature = "extension")]
mod asynchronous;
#[cfg(feature = "extension")]
mod cli;
#[cfg(feature = "extension")]
mod errors;
#[cfg(feature = "extension")]
mod exit;
#[cfg(feature = "extension")]
mod module;
#[cfg(feature = "extension")]
mod options;
#[cfg(feature = "extension")]
mod progress;
#[cfg(feature = "extension")]
mod run;
#[cfg(feature = "extension")]
mod runtime;
#[cfg(feature = "extension")]
mod simd;
#[cfg(feature = "extension")]
mod stats;
#[cfg(feature = "extension")]
mod transcoder;
