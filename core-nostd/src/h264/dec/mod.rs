//! The decoder: access units in, frames in output order out.
//!
//! | file | holds |
//! |---|---|
//! | here | [`Decoder`]: the order of things, from NAL unit to stored picture |
//! | `input` | packets, cut into NAL units |
//! | `parameter_sets` | sequence and picture parameter sets, and what is refused |
//! | `state`, with `start`, `slices`, `finish`, `current` | what NAL units and headers decide: pictures, lists, marks, output order |
//! | `job` | what is left to do then: the macroblocks |
//! | `flight` | jobs that other threads do |
//! | `picture` | a picture while and after it is decoded |
//! | `parts` | what decoding changes of it, and how far it is |
//! | `slice`, with `slice_context`, `slice_walk` | `slice_data()`: what holds for a slice, the loop over its macroblocks |
//! | `partition` | slices in data partitions |
//! | `slice_groups` | the order of macroblocks where it is flexible |
//! | `mb`, `mb_around`, `mb_inter` | `macroblock_layer()`: parsing, with the inference of motion |
//! | `syntax`, `syntax_cabac`, `syntax_cavlc` | its syntax elements from either entropy coder |
//! | `residual` | its coefficients |
//! | `recon`, `sp` | prediction and residual; what is different in SP and SI slices |
//! | `bypass` | the residual of lossless macroblocks |
//! | `conceal` | what is shown where nothing was received |
//! | `recovery` | which pictures are right after a start in the middle |
//! | `frame` | [`Frame`]: what comes out |
//! | `frame_sei`, `timing` | its SEI messages; how long it is shown |
//! | `plan` | [`MemoryPlan`] |
mod bypass;
pub(crate) mod conceal;
mod current;
mod finish;
mod flight;
pub(crate) mod frame;
mod frame_sei;
pub(crate) mod input;
pub(crate) mod job;
pub(crate) mod mb;
mod mb_around;
mod mb_inter;
pub(crate) mod parameter_sets;
mod partition;
pub(crate) mod parts;
pub(crate) mod picture;
pub(crate) mod plan;
mod recon;
mod recon_inter;
mod recovery;
mod residual;
pub(crate) mod slice;
pub(crate) mod slice_context;
mod slice_groups;
mod slice_walk;
mod slices;
mod sp;
mod start;
mod state;
mod syntax;
mod syntax_cabac;
mod syntax_cavlc;
mod timing;

pub use frame::{FieldOrder, Frame, PacketTime};
pub use frame_sei::{FrameSei, SkippedSei};
pub use plan::MemoryPlan;

use crate::codec::Step;
use crate::error::{Error, ErrorKind, Result};
use crate::h264::nal::{self, AvcConfig, NalHeader, nal_type};
use crate::limits::Limits;
use crate::workers::Workers;
use alloc::sync::Arc;
use alloc::vec::Vec;
use input::Input;
use state::State;
use transcode_simd::Kernels;

/// How to decode.
#[derive(Debug, Clone, Copy)]
pub struct DecoderConfig {
    /// The kernels to compute with. The output does not depend on them.
    pub kernels: Kernels,
    /// What a stream may ask for.
    pub limits: Limits,
    /// Stop at the first error instead of concealing it.
    pub strict: bool,
    /// Give out frames as early as their order allows: each packet is taken as one whole access unit, and a sequence that
    /// says nothing about reordering as sent in output order.
    pub low_delay: bool,
    /// Drop the frames that wait for output where an IDR picture asks for it with `no_output_of_prior_pics_flag`. The
    /// flag serves players that switch streams; a transcoder that obeyed it would lose frames, so it is off by default.
    pub honour_no_output_of_prior_pics: bool,
}

impl DecoderConfig {
    /// The best kernels of this machine and the default limits; errors are concealed.
    pub fn new() -> Self {
        Self {
            kernels: Kernels::detect(),
            limits: Limits::default(),
            strict: false,
            low_delay: false,
            honour_no_output_of_prior_pics: false,
        }
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
    /// Pictures decoded.
    pub pictures: u64,
    /// Pictures of which some macroblocks were missing and have been concealed.
    pub concealed: u64,
    /// Macroblocks that have been concealed.
    pub concealed_mbs: u64,
    /// Slices that referred to pictures which are not there.
    pub missing_references: u64,
    /// Reference frames that were lost: gaps in `frame_num` where the sequence allows none.
    pub lost_frames: u64,
    /// NAL units that could not be read, or not to their end.
    pub damaged_units: u64,
}

/// An H.264 decoder for all of the Baseline, Extended, Main and High profiles, High 10, High 4:2:2, High 4:4:4 Predictive, their
/// Intra profiles and CAVLC 4:4:4 Intra: 4:0:0 to 4:4:4 at 8 to 14 bits, lossless coding and planes that are coded apart included.
/// (Bit depths above 8 are a feature of this crate, `h264-high-depth`.)
///
/// ```
/// use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};
/// use transcode_core::Step;
/// # fn main() -> Result<(), transcode_core::Error> {
/// let mut decoder = Decoder::new(DecoderConfig::new());
/// decoder.send(&[], PacketTime::default())?; // the bytes of an access unit
/// decoder.finish();
/// while let Step::Output(frame) = decoder.receive()? {
///     println!("{}x{}", frame.width(), frame.height());
/// }
/// # Ok(())
/// # }
/// ```
///
/// Damage in the stream is concealed, flagged ([`Frame::corrupt`]) and counted ([`Decoder::stats`]), unless
/// [`DecoderConfig::strict`] is set. What the decoder does not do, and what [`Limits`] forbid, is an error
/// in either case; the decoder then goes on with the next NAL unit if it is asked to.
#[derive(Debug)]
pub struct Decoder {
    config: DecoderConfig,
    input: Input,
    /// Packets are length-prefixed.
    length_size: Option<u8>,
    state: State,
    /// The payload of the current NAL unit, emulation prevention removed.
    rbsp: Vec<u8>,
    /// Input has ended.
    finished: bool,
    /// In strict mode: what ended decoding.
    failed: Option<Error>,
    /// The first error that was concealed, told at the end if nothing could be decoded at all.
    first_error: Option<Error>,
}

impl Decoder {
    /// A decoder that takes byte streams (annex B) unless [`Decoder::configure_avcc`] is called.
    pub fn new(config: DecoderConfig) -> Self {
        Self::with(config, None)
    }

    /// A decoder that has `workers` decode macroblocks, several pictures at the same time, while it reads headers itself. What comes
    /// out is the same as without; it comes later: [`Decoder::receive`] wants input before it waits for a picture, as long as
    /// there are fewer pictures under way than [`Workers::threads`] and one. Each of them takes the memory of a picture more
    /// ([`MemoryPlan::with_threads`]).
    ///
    /// [`crate::workers`] shows how to supply threads. They have to outlive the decoder, which waits for its tasks when it is dropped.
    ///
    /// A strict decoder does without them, as it has to know of an error in one picture before it begins with the next.
    pub fn with_workers(config: DecoderConfig, workers: Arc<dyn Workers>) -> Self {
        Self::with(config, Some(workers))
    }

    fn with(config: DecoderConfig, workers: Option<Arc<dyn Workers>>) -> Self {
        Self {
            config,
            input: Input::default(),
            length_size: None,
            state: State::new(config, workers),
            rbsp: Vec::new(),
            finished: false,
            failed: None,
            first_error: None,
        }
    }

    /// Takes the parameter sets of an `AVCDecoderConfigurationRecord` (the payload of an `avcC` box). From then on
    /// packets are length-prefixed NAL units, each packet one access unit.
    ///
    /// # Errors
    /// As [`AvcConfig::parse`]; as for the parameter sets; `Unsupported` and `LimitExceeded` if a sequence parameter set asks
    /// for what this decoder does not do or may not do.
    pub fn configure_avcc(&mut self, avcc: &[u8]) -> Result<()> {
        let record = AvcConfig::parse(avcc)?;
        self.length_size = Some(record.length_size);
        for unit in &record.parameter_sets {
            let place = |e: Error| e.offset_by(unit.offset as u64 + 1);
            nal::unescape(&unit.data[1..], &mut self.rbsp);
            match NalHeader::parse(unit.data[0])?.nal_unit_type {
                nal_type::SPS => {
                    let sps = self.state.params.set_sps(&self.rbsp).map_err(place)?;
                    parameter_sets::check_sps(&sps, &self.config.limits)?;
                }
                nal_type::PPS => self.state.params.set_pps(&self.rbsp).map_err(place)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes one access unit, or any run of whole NAL units (one access unit if packets are length-prefixed). `time`
    /// goes to the first picture that begins in the packet. Call [`Decoder::receive`] until it wants input before sending more;
    /// what is sent earlier is queued.
    ///
    /// # Errors
    /// `LimitExceeded` if the queue would outgrow [`Limits::max_packet_bytes`]; in strict mode `UnexpectedEnd` if a length prefix
    /// reaches past the packet.
    pub fn send(&mut self, packet: &[u8], time: PacketTime) -> Result<()> {
        let limit = self.config.limits.max_packet_bytes;
        match self.input.push(packet, time, self.length_size, limit)? {
            Some(e) => self.damaged(e),
            None => Ok(()),
        }
    }

    /// The next frame in output order. An error concerns the stream up to here; unless the decoder is strict, calling
    /// again goes on behind it.
    ///
    /// # Errors
    /// `Unsupported`, `LimitExceeded`; in strict mode anything wrong in the stream, with its place in the packet, and
    /// then again at every call. At the end of a stream of which nothing could be decoded, the first error in it.
    pub fn receive(&mut self) -> Result<Step<Frame>> {
        loop {
            if let Some(e) = self.failed {
                return Err(e);
            }
            if let Some(f) = self.state.take_frame() {
                return Ok(Step::Output(f));
            }
            if self.input.peek().is_some() {
                self.next_unit()?;
            } else if !self.finished {
                return Ok(Step::NeedInput);
            } else if self.state.is_draining() {
                if let (0, Some(e)) = (self.stats().pictures, self.first_error.take()) {
                    return Err(e);
                }
                return Ok(Step::End);
            } else if let Err(e) = self.state.drain() {
                self.damaged(e)?;
            }
        }
    }

    /// Says that no more input comes: [`Decoder::receive`] then gives out what is left, and ends.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Forgets the stream but not the parameter sets, to go on somewhere else in it.
    pub fn reset(&mut self) {
        self.input.clear();
        self.state.reset();
        self.finished = false;
        self.failed = None;
        self.first_error = None;
    }

    /// What has been met since the decoder was made.
    pub fn stats(&self) -> DecodeStats {
        self.state.stats
    }

    /// Counts an error that can be concealed, or stops at it.
    fn damaged(&mut self, error: Error) -> Result<()> {
        self.state.stats.damaged_units += 1;
        self.first_error.get_or_insert(error);
        if self.config.strict {
            self.failed = Some(error);
            return Err(error);
        }
        Ok(())
    }

    /// Reads the next NAL unit, unless frames must be taken first.
    fn next_unit(&mut self) -> Result<()> {
        let Some((unit, data)) = self.input.peek() else { return Ok(()) };
        if let Some(time) = unit.time {
            self.state.packet_time = Some(time);
        }
        let mut rbsp = core::mem::take(&mut self.rbsp);
        let result = NalHeader::parse(data[0]).and_then(|header| {
            nal::unescape(&data[1..], &mut rbsp);
            self.state.unit(header, &rbsp).map_err(|mut e| {
                if let Some(p) = &mut e.position {
                    p.byte = 1 + nal::escaped_offset(&data[1..], p.byte);
                }
                e
            })
        });
        self.rbsp = rbsp;
        if let Ok(false) = result {
            return Ok(());
        }
        self.input.pop();
        let mut result = result.map(|_| ()).map_err(|e| match e.position {
            Some(_) => e.offset_by(unit.offset as u64),
            None => e.at_bit(8 * unit.offset as u64),
        });
        if unit.last_of_packet && (self.length_size.is_some() || self.config.low_delay) {
            result = result.and(self.state.finish_picture());
        }
        match result {
            Err(e) if matches!(e.kind, ErrorKind::UnexpectedEnd | ErrorKind::Invalid { .. }) => self.damaged(e),
            other => other,
        }
    }
}
