//! How much memory a decoder can need.

use super::block::Core;
use super::channel::Channel;
use crate::aac::sbr::Sbr;
use crate::limits::Limits;

/// The most memory that a decoder takes, told beforehand.
///
/// ```
/// use transcode_core::Limits;
/// use transcode_core::aac::MemoryPlan;
/// let limits = Limits { max_packet_bytes: 8192, ..Limits::default() };
/// assert!(MemoryPlan::for_decoder(&limits, 2).total() < 512 << 10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Bytes of each channel: spectrum, overlap, samples, predictors, the history of long-term prediction,
    /// the bands of SBR.
    pub channel_bytes: u64,
    /// Channels that a stream may have; coupling channels, at most 16, come on top where a stream has them.
    pub channels: u32,
    /// Bytes of the transforms and of what all channels share.
    pub working_bytes: u64,
    /// Bytes of the packet queue and of the frame being read.
    pub packet_bytes: u64,
}

impl MemoryPlan {
    /// What an AAC decoder of at most `channels` channels needs.
    pub fn for_decoder(limits: &Limits, channels: u8) -> Self {
        Self {
            channel_bytes: Channel::bytes(1024) + Sbr::bytes(),
            channels: channels.into(),
            working_bytes: size_of::<Core>() as u64 + 4096,
            packet_bytes: limits.max_packet_bytes.saturating_mul(3),
        }
    }
    /// All of it, in bytes.
    pub fn total(&self) -> u64 {
        self.channel_bytes
            .saturating_mul(self.channels.into())
            .saturating_add(self.working_bytes)
            .saturating_add(self.packet_bytes)
    }
}
