//! Ending a job from outside.

use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A switch that ends the jobs it was given to. Clones share the switch.
///
/// A job looks at it between pictures and packets and while it waits, so it ends within some tens of milliseconds,
/// removes its unfinished output and returns [`Error::Cancelled`].
///
/// ```
/// let token = transcode_pipeline::CancelToken::new();
/// let other = token.clone();
/// other.cancel();
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    own: Arc<AtomicBool>,
    /// The switch of the token that this one was derived from.
    parent: Option<Arc<AtomicBool>>,
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }
    /// A token that is cancelled when `flag` is set.
    #[cfg(feature = "cli")]
    pub(crate) fn of_flag(flag: Arc<AtomicBool>) -> Self {
        Self { own: flag, parent: None }
    }
    /// Cancels; for good, and from any thread.
    pub fn cancel(&self) {
        self.own.store(true, Ordering::Release);
    }
    /// Whether [`CancelToken::cancel`] has been called on this token or a clone of it.
    pub fn is_cancelled(&self) -> bool {
        self.own.load(Ordering::Acquire) || self.parent.as_ref().is_some_and(|p| p.load(Ordering::Acquire))
    }
    /// A token that is cancelled with this one, and that a job can cancel alone to end its own threads.
    pub(crate) fn child(&self) -> Self {
        debug_assert!(self.parent.is_none(), "one generation is enough for a job");
        Self { own: Arc::default(), parent: Some(self.own.clone()) }
    }
    /// An error once the token is cancelled.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelling_goes_down_not_up() {
        let parent = CancelToken::new();
        let (a, b) = (parent.child(), parent.child());
        a.cancel();
        assert!(a.is_cancelled() && !parent.is_cancelled() && !b.is_cancelled());
        parent.cancel();
        assert!(b.is_cancelled());
        assert!(matches!(b.check(), Err(Error::Cancelled)));
    }
}
