//! The encoder: samples in, frames out.
//!
//! | file | holds |
//! |---|---|
//! | here | [`Encoder`]: samples queue up, frames leave |
//! | `config` | [`EncoderConfig`], and what follows from it |
//! | `frame` | the order of things in a frame |
//! | `he` | HE-AAC: spectral band replication, and half the rate |
//! | `bands` | scalefactor bands of window groups |
//! | `block_switch` | attacks, and the windows that suit them |
//! | `psy` | what is heard: the weight of errors |
//! | `tns` | filters that shape errors in time |
//! | `tonality` | how predictable bands are |
//! | `noise` | where noise may stand for a band |
//! | `stereo` | M/S, intensity |
//! | `quant` | quantisation of a band: error and bits |
//! | `scalefactors` | the trellis that chooses scalefactors by rate and distortion |
//! | `section` | codebooks |
//! | `rate` | the bit reservoir |
//! | `coded`, `write` | what is written, and its syntax |
mod bands;
mod block_switch;
mod coded;
mod config;
mod frame;
mod he;
mod math;
mod noise;
mod psy;
mod quant;
mod rate;
mod scalefactors;
mod section;
mod stereo;
mod tns;
mod tonality;
mod write;

pub use config::{EncoderConfig, Profile, RateControl};

use crate::codec::Step;
use crate::error::{Error, Result};
use alloc::vec::Vec;
use bands::LINES;
use config::Plan;
use frame::Coder;
use he::Replicator;

/// Beyond this samples are clipped: 18 dB over full scale.
const LOUDEST: f32 = 8.0;

/// An access unit of the stream: a `raw_data_block()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedFrame<'a> {
    /// The access unit.
    pub data: &'a [u8],
    /// Its first sample in the time of the input, in samples: that of the first frame is minus [`Encoder::priming`].
    pub pts: i64,
    /// Samples of it that belong to the stream: [`Encoder::frame_length`], or fewer in the last frame, so that the stream ends where the
    /// input does.
    pub duration: u32,
}

/// An AAC encoder.
///
/// An LFE channel (of 5.1 and 7.1) comes out low-passed, since the standard lets it have no more than 12 spectral lines: see
/// [`EncoderConfig::channels`].
///
/// ```
/// use transcode_core::Step;
/// use transcode_core::aac::enc::{Encoder, EncoderConfig};
/// # fn main() -> Result<(), transcode_core::Error> {
/// let mut encoder = Encoder::new(EncoderConfig::new(44100, 2))?;
/// let silence = [0.0; 1500];
/// encoder.send(&[&silence, &silence])?;
/// encoder.finish();
/// let mut end = 0;
/// while let Step::Output(frame) = encoder.receive()? {
///     end = frame.pts + i64::from(frame.duration);
/// }
/// assert_eq!(end, 1500);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Encoder {
    planes: [usize; 8],
    asc: Vec<u8>,
    coder: Coder,
    /// Of HE-AAC.
    replicator: Option<Replicator>,
    /// Samples of each plane, at the core coder's rate, from one block before the next frame's first.
    queue: Vec<Vec<f32>>,
    /// Samples at the head of the queues that are not needed any more.
    passed: usize,
    /// Samples that were sent.
    sent: u64,
    /// The next frame.
    frame: u64,
    finished: bool,
    packet: Vec<u8>,
}

impl Encoder {
    /// An encoder.
    ///
    /// # Errors
    /// `InvalidConfig` for what is out of range.
    pub fn new(config: EncoderConfig) -> Result<Self> {
        let plan = Plan::new(&config)?;
        let mut queue = Vec::new();
        let replicator = plan.replicates.then(|| Replicator::new(config.kernels, &plan)).transpose()?;
        for _ in 0..config.channels {
            let mut plane = Vec::with_capacity(8 * LINES);
            if replicator.is_none() {
                // Before the first sample there is silence.
                plane.resize(LINES, 0.0);
            }
            queue.push(plane);
        }
        Ok(Self {
            planes: plan.planes,
            asc: plan.asc.to_bytes(),
            coder: Coder::new(config.kernels, &plan),
            replicator,
            queue,
            passed: 0,
            sent: 0,
            frame: 0,
            finished: false,
            packet: Vec::with_capacity(768 * usize::from(config.channels) + 8),
        })
    }

    /// `AudioSpecificConfig()`, for MP4 and Matroska.
    pub fn audio_specific_config(&self) -> &[u8] {
        &self.asc
    }

    /// Samples of each channel in a frame.
    pub fn frame_length(&self) -> u32 {
        if self.replicator.is_some() { 2 * LINES as u32 } else { LINES as u32 }
    }

    /// Samples at the start of what a decoder makes of the stream that are not of the input.
    pub fn priming(&self) -> u32 {
        if self.replicator.is_some() { he::PRIMING } else { LINES as u32 }
    }

    /// Takes samples of full scale 1: `planes` in the order of WAV (that of [`crate::ChannelPosition::wav_bit`]), all of one
    /// length. What exceeds 8 times full scale is clipped.
    ///
    /// # Errors
    /// `InvalidConfig`, and nothing is taken, if there are not as many planes as channels, if their lengths differ, or if a sample is
    /// infinite or not a number; also after [`Encoder::finish`].
    pub fn send(&mut self, planes: &[&[f32]]) -> Result<()> {
        if self.finished {
            return Err(Error::config("planes", "samples after the end"));
        }
        if planes.len() != self.queue.len() {
            return Err(Error::config("planes", "expected one of each channel"));
        }
        let len = planes.first().map_or(0, |p| p.len());
        if planes.iter().any(|p| p.len() != len) {
            return Err(Error::config("planes", "expected one length"));
        }
        if planes.iter().any(|p| !p.iter().all(|s| s.is_finite())) {
            return Err(Error::config("planes", "samples that are infinite or not a number"));
        }
        for (p, (queue, plane)) in self.queue.iter_mut().zip(planes).enumerate() {
            queue.drain(..self.passed);
            let samples = plane.iter().map(|s| s.clamp(-LOUDEST, LOUDEST));
            match &mut self.replicator {
                Some(replicator) => replicator.push(p, samples, queue),
                None => queue.extend(samples),
            }
        }
        self.passed = 0;
        self.sent += len as u64;
        Ok(())
    }

    /// Says that no more samples come.
    pub fn finish(&mut self) {
        if !self.finished {
            self.finished = true;
            for (p, queue) in self.queue.iter_mut().enumerate() {
                queue.drain(..self.passed);
                // What the windows of the last frame see behind the end.
                match &mut self.replicator {
                    Some(replicator) => replicator.push(p, core::iter::repeat_n(0.0, 8 * LINES), queue),
                    None => queue.resize(queue.len() + 3 * LINES, 0.0),
                }
            }
            self.passed = 0;
        }
    }

    /// The next frame. Its bytes lie in the encoder until the next call.
    ///
    /// # Errors
    /// None so far; an encoder that failed would tell here.
    pub fn receive(&mut self) -> Result<Step<EncodedFrame<'_>>> {
        let length = i64::from(self.frame_length());
        let start = self.frame as i64 * length - i64::from(self.priming());
        if self.finished && start >= self.sent as i64 {
            return Ok(Step::End);
        }
        let queued = self.queue.first().map_or(0, Vec::len) - self.passed;
        // The frame's two blocks, and one to look ahead.
        if queued < 3 * LINES {
            return Ok(if self.finished { Step::End } else { Step::NeedInput });
        }
        let place = self.passed..self.passed + 3 * LINES;
        let (queue, planes) = (&self.queue, &self.planes);
        let packet = core::mem::take(&mut self.packet);
        let extensions = self.replicator.as_mut().map_or(&[][..], Replicator::next_frame);
        self.packet = self.coder.code(|c| &queue[planes[c]][place.clone()], extensions, packet);
        self.passed += LINES;
        self.frame += 1;
        let left = self.sent as i64 - start;
        let duration = if self.finished { left.min(length) } else { length } as u32;
        Ok(Step::Output(EncodedFrame { data: &self.packet, pts: start, duration }))
    }
}
