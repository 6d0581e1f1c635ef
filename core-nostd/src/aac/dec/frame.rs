//! What comes out of the decoder.

use super::block::Core;
use crate::aac::syntax::fill::DynamicRange;
use crate::audio::ChannelPosition;

/// The times that came with a packet, in ticks that the decoder does not interpret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PacketTime {
    /// Presentation time of the packet's first frame.
    pub pts: Option<i64>,
    /// Duration of the packet.
    pub duration: Option<i64>,
}

/// A frame of samples, planar, full scale as 1.0, not clipped. It borrows the decoder's memory.
#[derive(Debug, Clone, Copy)]
pub struct AudioFrame<'a> {
    core: &'a Core,
    time: PacketTime,
    concealed: bool,
    checksum_failed: bool,
}

impl<'a> AudioFrame<'a> {
    pub(crate) fn new(core: &'a Core, time: PacketTime, (concealed, checksum_failed): (bool, bool)) -> Self {
        Self { core, time, concealed, checksum_failed }
    }

    /// Samples a second.
    pub fn sample_rate(&self) -> u32 {
        self.core.output_rate()
    }

    /// Number of channels. A mono stream with SBR has two unless its configuration rules out parametric stereo; if nothing was said of SBR
    /// either, from the first frame with SBR on.
    pub fn channels(&self) -> usize {
        self.core.positions().len()
    }

    /// Samples of each channel.
    #[expect(clippy::len_without_is_empty, reason = "a frame is never empty")]
    pub fn len(&self) -> usize {
        self.core.output_length()
    }

    /// Where each channel is heard. Channels come in the order of the stream, which for the configurations of the standard is centre,
    /// left and right, surrounds, low frequencies.
    pub fn positions(&self) -> &'a [ChannelPosition] {
        self.core.positions()
    }

    /// The samples of channel `i`.
    ///
    /// # Panics
    /// If there are not so many channels.
    pub fn channel(&self, i: usize) -> &'a [f32] {
        self.core.output(i)
    }

    /// The times of the packet, if this is the first frame that began in it.
    pub fn time(&self) -> PacketTime {
        self.time
    }

    /// The frame could not be read: it fades from the one before to silence, or it has no high bands where only those were damaged.
    pub fn concealed(&self) -> bool {
        self.concealed
    }

    /// The frame could be read, but its checksum (`crc_check` of ADTS) says that it is not what was sent.
    pub fn checksum_failed(&self) -> bool {
        self.checksum_failed
    }

    /// Dynamic range control that the stream suggests, with its programme reference level. It has been applied as far as
    /// [`DecoderConfig::drc`](super::DecoderConfig::drc) says.
    pub fn dynamic_range(&self) -> Option<&'a DynamicRange> {
        self.core.drc.as_ref()
    }
}
