//! Runs a source of pictures and what takes them, on one thread or two.

use super::decode::{FrameSource, SourceFrame};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::queue;
use std::thread;

/// Decoded pictures between the two stages.
const FRAMES_AHEAD: usize = 4;

/// Gives all pictures of `source` to `take`, in order. With `staged` they are decoded on a thread of their own.
///
/// # Errors
/// The first of either stage.
pub(crate) fn pump(
    source: &mut FrameSource,
    staged: bool,
    cancel: &CancelToken,
    mut take: impl FnMut(&SourceFrame) -> Result<()>,
) -> Result<()> {
    if !staged {
        while let Some(frame) = source.next_frame()? {
            take(&frame)?;
        }
        return Ok(());
    }
    thread::scope(|scope| {
        let (sender, receiver) = queue::bounded(FRAMES_AHEAD, cancel);
        let decoding = scope.spawn(move || {
            while let Some(frame) = source.next_frame()? {
                sender.send(frame, 1)?;
            }
            Ok(())
        });
        let taken = (|| {
            while let Some(frame) = receiver.receive()? {
                take(&frame)?;
            }
            Ok(())
        })();
        // Where taking has failed, decoding must not wait for it.
        drop(receiver);
        let decoded: Result<()> = decoding.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match (taken, decoded) {
            // One stage only sees that the other is gone; the cause is the other's error.
            (Err(Error::Cancelled) | Ok(()), Err(e)) | (Err(e), _) => Err(e),
            (Ok(()), Ok(())) => Ok(()),
        }
    })
}
