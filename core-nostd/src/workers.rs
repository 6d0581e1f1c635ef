//! Threads, without knowing any: what a decoder asks of whoever has some.
//!
//! A decoder made with [`crate::h264::Decoder::with_workers`] hands out the macroblocks of each picture as a [`Task`] and goes on
//! with the headers of the next. Tasks refer to pictures that others are still being worked on, and wait until as much of those is
//! finished as they need. The output is the same for any number of threads.
//!
//! **No deadlock.** A task waits for pictures of tasks that were submitted before it only, and tasks are begun in the order in which
//! they were submitted. So of the tasks that have been begun and not ended, the one that was submitted first waits for nothing that
//! is not finished; it ends, and then the next one is the first. However a task ends (damage, a panic, or dropped without having
//! run), all that it has not said to be finished counts as finished then.
//!
//! # With threads of the system
//!
//! A queue that threads take tasks from, and a condition to wait on, is all there is to it. (A better one looks a few times before it
//! goes to sleep, and knows whether anybody sleeps before it wakes them.)
//!
//! ```
//! use std::sync::{Arc, Condvar, Mutex, mpsc};
//! use std::thread;
//! use transcode_core::h264::{Decoder, DecoderConfig};
//! use transcode_core::workers::{Progress, Task, TaskMemory, Workers};
//!
//! #[derive(Debug)]
//! struct Threads {
//!     count: usize,
//!     queue: mpsc::Sender<Task>,
//!     changed: Mutex<()>,
//!     wake: Condvar,
//! }
//!
//! impl Workers for Threads {
//!     fn threads(&self) -> usize {
//!         self.count
//!     }
//!     fn submit(&self, task: Task) {
//!         // If there is no thread any more the task is dropped, and its picture counts as damaged.
//!         let _ = self.queue.send(task);
//!     }
//!     fn wait(&self, progress: &Progress, target: u32) {
//!         let mut changed = self.changed.lock().unwrap();
//!         while !progress.has_reached(target) {
//!             changed = self.wake.wait(changed).unwrap();
//!         }
//!     }
//!     fn wake(&self) {
//!         // Whoever has looked in vain has let go of this when it sleeps.
//!         drop(self.changed.lock().unwrap());
//!         self.wake.notify_all();
//!     }
//! }
//!
//! let (queue, tasks) = mpsc::channel::<Task>();
//! let tasks = Arc::new(Mutex::new(tasks));
//! let workers = Arc::new(Threads { count: 2, queue, changed: Mutex::new(()), wake: Condvar::new() });
//! let threads: Vec<_> = (0..workers.count)
//!     .map(|_| {
//!         let tasks = Arc::clone(&tasks);
//!         thread::spawn(move || {
//!             let mut memory = TaskMemory::default();
//!             loop {
//!                 // Taken one after the other, so begun in the order of submission.
//!                 let Ok(task) = tasks.lock().unwrap().recv() else { return };
//!                 task.run(&mut memory);
//!             }
//!         })
//!     })
//!     .collect();
//!
//! let mut decoder = Decoder::with_workers(DecoderConfig::new(), workers);
//! # decoder.send(&[0, 0, 1, 9, 16], Default::default())?;
//! // send, receive and finish as without
//! drop(decoder);
//! // That was the last one to hold the queue, so that the threads come to their end.
//! threads.into_iter().for_each(|t| t.join().unwrap());
//! # Ok::<(), transcode_core::Error>(())
//! ```

use core::fmt::Debug;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::h264::dec::job::{Run, Workbench};

/// How far something is: a count that only rises, until it is done.
#[derive(Debug)]
pub struct Progress(AtomicU32);

impl Progress {
    /// The count that nothing exceeds.
    pub(crate) const DONE: u32 = u32::MAX;

    /// Done from the beginning.
    pub(crate) const fn done() -> Self {
        Self(AtomicU32::new(Self::DONE))
    }
    /// Whether the count is `target` or more. What was done before the count was raised so far is then visible to the caller.
    #[inline]
    pub fn has_reached(&self, target: u32) -> bool {
        self.get() >= target
    }
    /// The count.
    #[inline]
    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
    /// Begins anew; to be called when nobody waits.
    pub(crate) fn restart(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
    /// Raises the count. Only the thread that does the work calls this.
    pub(crate) fn raise(&self, to: u32) {
        self.0.store(to, Ordering::Release);
    }
}

/// Threads that run a decoder's tasks.
///
/// The simplest one runs each task where it is submitted:
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use transcode_core::h264::{Decoder, DecoderConfig};
/// use transcode_core::workers::{Progress, Task, TaskMemory, Workers};
///
/// #[derive(Debug, Default)]
/// struct Here(Mutex<TaskMemory>);
///
/// impl Workers for Here {
///     fn threads(&self) -> usize {
///         1
///     }
///     fn submit(&self, task: Task) {
///         task.run(&mut self.0.lock().unwrap());
///     }
///     fn wait(&self, progress: &Progress, target: u32) {
///         assert!(progress.has_reached(target), "all earlier tasks have ended");
///     }
///     fn wake(&self) {}
/// }
///
/// let decoder = Decoder::with_workers(DecoderConfig::new(), Arc::new(Here::default()));
/// ```
pub trait Workers: Debug + Send + Sync {
    /// How many tasks run at the same time. A decoder has one more under way, so that nobody is idle.
    fn threads(&self) -> usize;

    /// Has `task` run, now or later, by calling [`Task::run`]. Tasks must be begun in the order in which they are submitted. A task
    /// that is dropped instead counts as one that failed: its picture is flagged as corrupt.
    fn submit(&self, task: Task);

    /// Returns when [`Progress::has_reached`] says that `progress` has reached `target`. Called by tasks and by decoders; as a rule
    /// it is soon. Whoever runs tasks where they are waited for has to run them to their ends, first submitted first.
    fn wait(&self, progress: &Progress, target: u32);

    /// Some progress has been made: those who wait should look again. Called often; it should cost nothing when nobody waits.
    fn wake(&self);
}

/// Work that a decoder hands out: the macroblocks of a picture.
#[derive(Debug)]
pub struct Task(pub(crate) Run);

impl Task {
    /// Does the work. `memory` may come from any task before.
    pub fn run(self, memory: &mut TaskMemory) {
        self.0.run(&mut memory.0);
    }
}

/// Working memory of a thread that runs tasks. It grows with the size of the pictures, and is used again from task to task.
#[derive(Debug, Default)]
pub struct TaskMemory(Workbench);
