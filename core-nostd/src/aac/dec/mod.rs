//! The decoder: packets in, frames of samples out.
//!
//! | file | holds |
//! |---|---|
//! | here | [`Decoder`]: the order of things, from packet to frame |
//! | `input` | packets and transports, cut into raw data blocks |
//! | `block` | `raw_data_block()`: elements, coupling, synthesis |
//! | `drc` | dynamic range control |
//! | `channel` | what a channel keeps from frame to frame |
//! | `spectrum` | inverse quantisation, noise substitution, M/S and intensity stereo |
//! | `prediction`, `ltp` | predictors along time |
//! | `frame` | [`AudioFrame`]: what comes out |
//! | `plan` | [`MemoryPlan`] |
mod block;
mod channel;
pub(crate) mod drc;
mod frame;
mod input;
mod ltp;
mod plan;
mod prediction;
mod spectrum;
#[cfg(all(test, feature = "aac-enc"))]
mod written;

pub use drc::Drc;
pub use frame::{AudioFrame, PacketTime};
pub use plan::MemoryPlan;

use crate::aac::config::AudioSpecificConfig;
use crate::aac::crc::Crc;
use crate::bits::BitReader;
use crate::codec::Step;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use alloc::boxed::Box;
use block::Core;
use input::{Check, Found, Input, Transport};
use transcode_simd::Kernels;

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub struct DecoderConfig {
    /// The kernels to compute with. The output does not depend on them.
    pub kernels: Kernels,
    /// What a stream may ask for: [`Limits::max_packet_bytes`] bounds the queue.
    pub limits: Limits,
    /// The most channels that a stream may have.
    pub max_channels: u8,
    /// Stop at the first error instead of concealing it. A checksum that does not fit is an error then.
    pub strict: bool,
    /// Dynamic range control to apply. None of it by default, as FFmpeg does.
    pub drc: Option<Drc>,
}

impl DecoderConfig {
    /// The best kernels of this machine, the default limits and up to 48 channels; errors are concealed.
    pub fn new() -> Self {
        Self { kernels: Kernels::detect(), limits: Limits::default(), max_channels: 48, strict: false, drc: None }
    }
}

impl Default for DecoderConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// What a decoder has met so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeStats {
    /// Frames given out.
    pub frames: u64,
    /// Frames that could not be read and have been concealed, wholly or in the bands of SBR.
    pub concealed: u64,
    /// Bytes between frames that belonged to none.
    pub skipped_bytes: u64,
    /// Frames whose checksum (`crc_check` of ADTS) did not fit.
    pub checksum_failures: u64,
}

/// An AAC decoder: LC, Main and LTP profile, HE-AAC (SBR, explicitly or implicitly signalled, down-sampled if the configuration says
/// so), HE-AAC v2 (parametric stereo), error resilient AAC LC and LTP, AAC LD, and AAC ELD with and without its SBR. AAC SSR, scalable
/// AAC, xHE-AAC, error protection (`epConfig` other than 0) and the MPEG Surround of AAC ELD are refused.
///
/// After [`Decoder::configure`] each packet is an access unit of MP4 or Matroska. Without it packets are parts of a stream in ADTS, LOAS
/// (LATM) or ADIF, cut anywhere: the decoder finds out which, and where frames begin.
///
/// ```
/// use transcode_core::aac::{Decoder, DecoderConfig, PacketTime};
/// use transcode_core::Step;
/// # fn main() -> Result<(), transcode_core::Error> {
/// let mut decoder = Decoder::new(DecoderConfig::new());
/// decoder.configure(&[0x12, 0x10])?; // AAC LC, 44.1 kHz, stereo
/// decoder.send(&[0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80], PacketTime::default())?; // silence
/// decoder.finish();
/// while let Step::Output(frame) = decoder.receive()? {
///     assert_eq!((frame.sample_rate(), frame.channels(), frame.len()), (44100, 2, 1024));
///     assert!(frame.channel(0).iter().all(|&s| s == 0.0));
/// }
/// # Ok(())
/// # }
/// ```
///
/// Damage is concealed, flagged ([`AudioFrame::concealed`]) and counted ([`Decoder::stats`]), unless [`DecoderConfig::strict`] is set. A frame
/// of ADTS whose checksum does not fit is decoded as it is, as FFmpeg does, flagged ([`AudioFrame::checksum_failed`]) and counted. What
/// the decoder does not do is an error in either case.
#[derive(Debug)]
pub struct Decoder {
    config: DecoderConfig,
    input: Input,
    core: Option<Box<Core>>,
    stats: DecodeStats,
    /// Input has ended.
    finished: bool,
    /// In strict mode: what ended decoding.
    failed: Option<Error>,
    /// The first error that was concealed, told at the end if nothing could be decoded at all.
    first_error: Option<Error>,
    /// Of the frame that is given out.
    time: PacketTime,
    concealed: bool,
    checksum_failed: bool,
}

/// What happened to a block.
enum Event {
    Frame,
    NeedInput,
    End,
}

impl Decoder {
    /// A decoder of ADTS, LOAS or ADIF, unless [`Decoder::configure`] is called.
    pub fn new(config: DecoderConfig) -> Self {
        Self {
            config,
            input: Input::new(),
            core: None,
            stats: DecodeStats::default(),
            finished: false,
            failed: None,
            first_error: None,
            time: PacketTime::default(),
            concealed: false,
            checksum_failed: false,
        }
    }

    /// Takes an `AudioSpecificConfig()`, as MP4 and Matroska store it. From then on each packet is one access unit.
    ///
    /// # Errors
    /// As [`AudioSpecificConfig::parse`]; `Unsupported` for what this decoder does not do; `LimitExceeded` for more channels than
    /// [`DecoderConfig::max_channels`].
    pub fn configure(&mut self, audio_specific_config: &[u8]) -> Result<()> {
        let config = AudioSpecificConfig::parse(audio_specific_config)?;
        self.start(config)?;
        self.input.transport = Transport::Raw;
        Ok(())
    }

    /// Takes memory for a configuration.
    fn start(&mut self, config: AudioSpecificConfig) -> Result<()> {
        self.core = None;
        self.core =
            Some(Box::new(Core::new(self.config.kernels, config, self.config.max_channels.into(), self.config.drc)?));
        Ok(())
    }

    /// The configuration that is decoded, once it is known.
    pub fn audio_specific_config(&self) -> Option<&AudioSpecificConfig> {
        self.core.as_ref().map(|c| &c.config)
    }

    /// Takes a packet. `time` goes to the first frame that begins in it. Call [`Decoder::receive`] until it wants input before sending
    /// more; what is sent earlier is queued.
    ///
    /// # Errors
    /// `LimitExceeded` if the queue would outgrow [`Limits::max_packet_bytes`].
    pub fn send(&mut self, packet: &[u8], time: PacketTime) -> Result<()> {
        self.input.push(packet, time, self.config.limits.max_packet_bytes)
    }

    /// Says that no more input comes.
    pub fn finish(&mut self) {
        self.finished = true;
        self.input.finish();
    }

    /// Forgets the stream but not its configuration, to go on somewhere else in it.
    pub fn reset(&mut self) {
        self.input.clear();
        if let Some(core) = &mut self.core {
            core.reset();
        }
        self.finished = false;
        self.failed = None;
        self.first_error = None;
    }

    /// What has been met since the decoder was made.
    pub fn stats(&self) -> DecodeStats {
        DecodeStats { skipped_bytes: self.input.skipped, ..self.stats }
    }

    /// The next frame. Its samples lie in the decoder until the next call.
    ///
    /// # Errors
    /// `Unsupported`, `LimitExceeded`; in strict mode anything wrong in the stream, with its place in the block of the packet, and then
    /// again at every call. At the end of a stream of which nothing could be decoded, the first error in it.
    pub fn receive(&mut self) -> Result<Step<AudioFrame<'_>>> {
        match self.next_event()? {
            Event::NeedInput => Ok(Step::NeedInput),
            Event::End => Ok(Step::End),
            Event::Frame => {
                self.stats.frames += 1;
                match &self.core {
                    Some(core) => {
                        let flags = (self.concealed, self.checksum_failed);
                        Ok(Step::Output(AudioFrame::new(core, self.time, flags)))
                    }
                    None => Ok(Step::NeedInput),
                }
            }
        }
    }

    fn next_event(&mut self) -> Result<Event> {
        if let Some(e) = self.failed {
            return Err(e);
        }
        loop {
            let found = match self.input.next() {
                Ok(found) => found,
                Err(e) => {
                    self.damaged(e)?;
                    continue;
                }
            };
            match found {
                Found::Config(config) => self.start(config)?,
                Found::Nothing if !self.finished => return Ok(Event::NeedInput),
                Found::Nothing => {
                    return match (self.stats.frames, self.first_error.take()) {
                        (0, Some(e)) => Err(e),
                        _ => Ok(Event::End),
                    };
                }
                Found::Block { start, end, time, check } => {
                    self.time = time.unwrap_or_default();
                    if self.decode_block(start, end, check)? {
                        return Ok(Event::Frame);
                    }
                }
            }
        }
    }

    /// Decodes a block, or conceals it; tells whether there is a frame.
    fn decode_block(&mut self, start: usize, end: usize, check: Check) -> Result<bool> {
        self.checksum_failed = false;
        let Some(core) = &mut self.core else {
            self.input.drop_frame();
            return Ok(false);
        };
        let mut r = BitReader::at(&self.input.unit[..end], 8 * start);
        core.checksum = match check {
            Check::Absent => None,
            Check::Before(crc, _) => Some(crc),
            Check::Behind => Some(Crc::ADTS),
        };
        let result = core.decode(&mut r);
        let position = r.position();
        match result {
            Ok(()) => {
                let at = position / 8;
                let expected = match check {
                    Check::Absent => None,
                    Check::Before(_, expected) => Some(expected),
                    Check::Behind => {
                        self.input.unit.get(at..at + 2).map(|b| u32::from(u16::from_be_bytes([b[0], b[1]])))
                    }
                };
                let header_failed = core::mem::take(&mut self.input.header_failed);
                let computed = core.checksum.map(Crc::value);
                self.checksum_failed = header_failed || (check != Check::Absent && computed != expected);
                self.concealed = core.sbr_damaged;
                self.input.block_ended(at);
                if self.checksum_failed {
                    self.stats.checksum_failures += 1;
                    self.damaged(Error::invalid("crc_check").at_bit(8 * start as u64))?;
                }
                self.stats.concealed += u64::from(self.concealed);
                Ok(true)
            }
            Err(e) => {
                self.input.drop_frame();
                let e = match e.position {
                    Some(_) => e,
                    None => e.at_bit(position as u64),
                };
                self.damaged(e)?;
                let Some(core) = &mut self.core else { return Ok(false) };
                if core.layout.is_none() {
                    return Ok(false);
                }
                core.conceal();
                self.stats.concealed += 1;
                self.concealed = true;
                Ok(true)
            }
        }
    }

    /// Remembers an error that can be concealed, or stops at it.
    fn damaged(&mut self, error: Error) -> Result<()> {
        if !matches!(error.kind, ErrorKind::UnexpectedEnd | ErrorKind::Invalid { .. }) {
            return Err(error);
        }
        self.first_error.get_or_insert(error);
        if self.config.strict {
            self.failed = Some(error);
            return Err(error);
        }
        Ok(())
    }
}
