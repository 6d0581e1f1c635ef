//! Ctrl-C and its kin.

use crate::cancel::CancelToken;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit status of a process that a second Ctrl-C kills: what shells report of one that SIGINT ended.
const KILLED: i32 = 130;

/// A token that SIGINT and SIGTERM cancel; the second of them ends the process at once. SIGHUP is left as it is, so
/// that `nohup` works.
pub(super) fn token() -> CancelToken {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let signalled = FLAG.get_or_init(|| {
        let signalled = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: a signal that finds the flag set by an earlier one kills, before it sets the flag
            // itself. Where no handler can be had, the signal just kills; that is no reason not to work.
            let _ = flag::register_conditional_shutdown(signal, KILLED, signalled.clone());
            let _ = flag::register(signal, signalled.clone());
        }
        signalled
    });
    // A command that ran before in this process may have been ended by a signal.
    signalled.store(false, Ordering::SeqCst);
    CancelToken::of_flag(signalled.clone())
}
