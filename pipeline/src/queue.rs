//! Bounded queues between the stages of a job. They are what bounds its memory.

use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a waiting thread sleeps at most before it looks at the cancel token.
const NAP: Duration = Duration::from_millis(20);

struct State<T> {
    items: VecDeque<(usize, T)>,
    /// Sum of the weights of `items`.
    weight: usize,
    /// Set when the sender is done or gone.
    closed: bool,
    /// Set when the receiver is gone: nobody will ever take what is sent.
    abandoned: bool,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    capacity: usize,
    cancel: CancelToken,
}

impl<T> Shared<T> {
    /// A panic in another stage must not become a second one here; the data is a plain list and always whole.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn wait<'a>(&self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        self.changed.wait_timeout(state, NAP).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The end of a queue that puts in. Dropping it closes the queue.
pub(crate) struct Sender<T>(Arc<Shared<T>>);

/// The end of a queue that takes out. Dropping it makes every later send fail.
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

/// A queue that holds items up to a weight of `capacity` together (and always at least one item).
pub(crate) fn bounded<T>(capacity: usize, cancel: &CancelToken) -> (Sender<T>, Receiver<T>) {
    let state = State { items: VecDeque::new(), weight: 0, closed: false, abandoned: false };
    let shared =
        Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), capacity, cancel: cancel.clone() });
    (Sender(shared.clone()), Receiver(shared))
}

impl<T> Sender<T> {
    /// Puts `item` in, waiting until there is room.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the job is cancelled or the receiver is gone.
    pub(crate) fn send(&self, item: T, weight: usize) -> Result<()> {
        let mut state = self.0.lock();
        loop {
            if state.abandoned || self.0.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if state.items.is_empty() || state.weight + weight <= self.0.capacity {
                state.weight += weight;
                state.items.push_back((weight, item));
                self.0.changed.notify_all();
                return Ok(());
            }
            state = self.0.wait(state);
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

/// What [`Receiver::receive_timeout`] found.
pub(crate) enum Received<T> {
    /// An item.
    Item(T),
    /// Nothing came in the time given.
    Nothing,
    /// The sender is gone and the queue empty.
    Closed,
}

impl<T> Receiver<T> {
    /// The next item, or `None` once the sender is gone and the queue empty.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn receive(&self) -> Result<Option<T>> {
        loop {
            match self.receive_timeout(NAP)? {
                Received::Item(item) => return Ok(Some(item)),
                Received::Closed => return Ok(None),
                Received::Nothing => {}
            }
        }
    }
    /// The next item, if there is one within about `timeout`.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn receive_timeout(&self, timeout: Duration) -> Result<Received<T>> {
        let mut state = self.0.lock();
        let mut slept = Duration::ZERO;
        loop {
            self.0.cancel.check()?;
            if let Some((weight, item)) = state.items.pop_front() {
                state.weight -= weight;
                self.0.changed.notify_all();
                return Ok(Received::Item(item));
            }
            if state.closed {
                return Ok(Received::Closed);
            }
            if slept >= timeout {
                return Ok(Received::Nothing);
            }
            state = self.0.wait(state);
            slept += NAP;
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.abandoned = true;
        // What is left may be large, and other queues may hang on it.
        state.items.clear();
        state.weight = 0;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn keeps_order_and_never_holds_more_than_its_capacity() {
        let cancel = CancelToken::new();
        let (tx, rx) = bounded::<usize>(10, &cancel);
        let sent = AtomicUsize::new(0);
        std::thread::scope(|s| {
            s.spawn(|| {
                let tx = tx;
                for i in 0..1000 {
                    tx.send(i, 3).unwrap();
                    sent.fetch_add(1, Ordering::SeqCst);
                }
            });
            for i in 0..1000 {
                // Three fit; one more may be counted between being taken out and this check.
                assert!(sent.load(Ordering::SeqCst) <= i + 4);
                assert_eq!(rx.receive().unwrap(), Some(i));
            }
            assert_eq!(rx.receive().unwrap(), None);
        });
    }

    #[test]
    fn an_item_heavier_than_the_capacity_passes_alone() {
        let (tx, rx) = bounded(4, &CancelToken::new());
        tx.send(1, 100).unwrap();
        assert_eq!(rx.receive().unwrap(), Some(1));
        tx.send(2, 100).unwrap();
        assert_eq!(rx.receive().unwrap(), Some(2));
    }

    #[test]
    fn a_gone_receiver_stops_the_sender() {
        let (tx, rx) = bounded(1, &CancelToken::new());
        tx.send(1, 1).unwrap();
        std::thread::scope(|s| {
            let waiting = s.spawn(|| tx.send(2, 1));
            std::thread::sleep(Duration::from_millis(5));
            drop(rx);
            assert!(matches!(waiting.join().unwrap(), Err(Error::Cancelled)));
        });
    }

    #[test]
    fn cancelling_wakes_both_ends() {
        let cancel = CancelToken::new();
        let (tx, rx) = bounded(1, &cancel);
        let (_tx2, rx2) = bounded::<u8>(1, &cancel);
        tx.send(1, 1).unwrap();
        std::thread::scope(|s| {
            let a = s.spawn(|| tx.send(2, 1));
            let b = s.spawn(|| rx2.receive());
            std::thread::sleep(Duration::from_millis(5));
            cancel.cancel();
            assert!(matches!(a.join().unwrap(), Err(Error::Cancelled)));
            assert!(matches!(b.join().unwrap(), Err(Error::Cancelled)));
        });
        drop(rx);
    }
}
