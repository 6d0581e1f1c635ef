//! Ctrl-C.

use crate::cancel::CancelToken;
use std::sync::{Mutex, Once, PoisonError};

/// The token of the command that is running. A signal has no other way to find it.
static CURRENT: Mutex<Option<CancelToken>> = Mutex::new(None);

/// Exit status of a process that a second Ctrl-C kills: what shells report of one that SIGINT ended.
const KILLED: i32 = 130;

/// A token that Ctrl-C (on Unix also SIGTERM and SIGHUP) cancels; a second time the process ends at once.
pub(super) fn token() -> CancelToken {
    static INSTALL: Once = Once::new();
    let token = CancelToken::new();
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    INSTALL.call_once(|| {
        // Where another handler is in place already, the process has its own way to end.
        let _ = ctrlc::try_set_handler(|| {
            let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
            match current.as_ref() {
                Some(token) if !token.is_cancelled() => token.cancel(),
                _ => std::process::exit(KILLED),
            }
        });
    });
    token
}
