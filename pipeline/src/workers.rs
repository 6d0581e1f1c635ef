//! Threads that decode several pictures of a video at the same time: [`Workers`] of the core on those of the system.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use transcode_core::workers::{Progress, Task, TaskMemory, Workers};

/// How often somebody who waits looks again before going to sleep. Waiting for rows of a picture that is being decoded takes
/// microseconds mostly, and putting a thread to sleep and waking it as long.
const SPINS: u32 = 200;

/// Threads for one decoder. They end when this is dropped, which has to outlive the decoder for what it decodes to be whole.
#[derive(Debug)]
pub(crate) struct FrameThreads {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    count: usize,
    queue: Mutex<Queue>,
    /// A task was queued, or the end has come.
    queued: Condvar,
    /// How many wait for progress.
    waiting: AtomicUsize,
    /// Guards nothing but the decision to sleep.
    sleep: Mutex<()>,
    progress: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    tasks: VecDeque<Task>,
    over: bool,
}

impl FrameThreads {
    /// Starts `count` threads.
    ///
    /// # Errors
    /// If the system gives none; fewer than asked for are no error.
    pub(crate) fn start(count: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            count,
            // One task more than can run is submitted at most.
            queue: Mutex::new(Queue { tasks: VecDeque::with_capacity(count + 1), over: false }),
            queued: Condvar::new(),
            waiting: AtomicUsize::new(0),
            sleep: Mutex::new(()),
            progress: Condvar::new(),
        });
        let mut threads = Vec::with_capacity(count);
        for i in 0..count {
            let shared = Arc::clone(&shared);
            match thread::Builder::new().name(format!("decode-{i}")).spawn(move || shared.work()) {
                Ok(thread) => threads.push(thread),
                Err(e) if i == 0 => return Err(e),
                Err(_) => break,
            }
        }
        Ok(Self { shared, threads })
    }
    /// What a decoder takes.
    pub(crate) fn workers(&self) -> Arc<dyn Workers> {
        self.shared.clone()
    }
}

impl Drop for FrameThreads {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.over = true;
        let never_begun = std::mem::take(&mut queue.tasks);
        drop(queue);
        // They hold what would hold them, and somebody may wait for them.
        drop(never_begun);
        self.shared.queued.notify_all();
        for thread in self.threads.drain(..) {
            // A task that panicked has been taken for a failed one.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Runs tasks, first queued first, until the end.
    fn work(&self) {
        let mut memory = TaskMemory::default();
        loop {
            let mut queue = self.lock();
            let task = loop {
                match queue.tasks.pop_front() {
                    _ if queue.over => return,
                    Some(task) => break task,
                    None => queue = self.queued.wait(queue).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(queue);
            task.run(&mut memory);
        }
    }
}

impl Workers for Shared {
    fn threads(&self) -> usize {
        self.count
    }
    fn submit(&self, task: Task) {
        let mut queue = self.lock();
        if queue.over {
            // Outside of the lock: a task that is dropped wakes those who wait for it.
            drop(queue);
            drop(task);
        } else {
            queue.tasks.push_back(task);
            drop(queue);
            self.queued.notify_one();
        }
    }
    fn wait(&self, progress: &Progress, target: u32) {
        for _ in 0..SPINS {
            if progress.has_reached(target) {
                return;
            }
            std::hint::spin_loop();
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut sleep = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // Whoever makes progress stores it, and then looks who waits; here it is the other way round. With a fence between the two
            // on either side, one of both sees the other.
            fence(Ordering::SeqCst);
            if progress.has_reached(target) {
                break;
            }
            sleep = self.progress.wait(sleep).unwrap_or_else(PoisonError::into_inner);
        }
        drop(sleep);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
    fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            // Whoever has looked and not yet gone to sleep holds this.
            drop(self.sleep.lock().unwrap_or_else(PoisonError::into_inner));
            self.progress.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use transcode_core::h264::{Decoder, DecoderConfig};

    #[test]
    fn threads_end_with_and_without_a_decoder() {
        drop(FrameThreads::start(3).unwrap());
        let threads = FrameThreads::start(2).unwrap();
        let decoder = Decoder::with_workers(DecoderConfig::new(), threads.workers());
        drop(threads);
        drop(decoder);
    }
}
