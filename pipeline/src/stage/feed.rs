//! Packets of sound on their way from the thread that codes them to the writer.

use crate::error::Result;
use crate::queue::Receiver;
use transcode_container::{Packet, Timebase, TrackId};

/// Bytes of sound that its thread may be ahead of the writer.
pub(crate) const SOUND_AHEAD: usize = 1 << 20;

/// Where the packets of a track come from: the track of the input, and what its thread puts them into.
pub(crate) type SoundReceiver = (TrackId, Receiver<Result<Packet>>);

/// A track of sound that is coded anew, as the writer sees it.
pub(crate) struct Feed {
    receiver: Receiver<Result<Packet>>,
    /// The track of the output, and the clock of its packets.
    pub(crate) to: TrackId,
    pub(crate) timebase: Timebase,
    /// Received and not yet written.
    next: Option<Packet>,
    ended: bool,
}

impl Feed {
    pub(crate) fn new(receiver: Receiver<Result<Packet>>, to: TrackId, timebase: Timebase) -> Self {
        Self { receiver, to, timebase, next: None, ended: false }
    }
    /// Decoding time of the next packet, for which its thread is waited for; `None` at the end.
    ///
    /// # Errors
    /// What its thread failed with; [`crate::Error::Cancelled`].
    pub(crate) fn due(&mut self) -> Result<Option<i64>> {
        if self.next.is_none() && !self.ended {
            self.next = self.receiver.receive()?.transpose()?;
            self.ended = self.next.is_none();
        }
        Ok(self.next.as_ref().map(|p| p.dts))
    }
    /// The next packet, for the output's track.
    pub(crate) fn take(&mut self) -> Option<Packet> {
        let mut packet = self.next.take()?;
        packet.track = self.to;
        Some(packet)
    }
}
