//! The H.264 encoder: I, P and B pictures in Constrained Baseline, Main and High profile, 8-bit 4:2:0, progressive.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | what a caller chooses, and what presets make of it |
//! | `level` | table A-1 |
//! | `presets` | the tools of each preset |
//! | `frame`, `aq` | a waiting picture: its costs and variance |
//! | `lookahead`, `frame_type`, `share` | waiting pictures: kinds and order, scene cuts, reuse |
//! | `rate` | the quantiser of each picture |
//! | `analyse`, `motion` | how each macroblock is coded |
//! | `quant`, `residual` | levels and reconstruction |
//! | `mb`, `mb_cabac`, `mb_cavlc` | macroblocks and their syntax |
//! | `coder`, `picture` | one picture |
//! | `write` | parameter sets, slice headers, NAL units |
//! | `reference`, `lists` | coded pictures with borders and half samples, and who refers to them |
//! | `direct` | direct motion of B pictures |
//!
//! Each picture is one slice. Pictures come out in decoding order. The limit on the number of vectors of two macroblocks
//! (`MaxMvsPer2Mb`) cannot be exceeded, since no block smaller than 8x8 has a vector of its own. `cabac_zero_words` (7.4.2.10) are never
//! needed: a macroblock of more than 3200 bits becomes `I_PCM`, and below that the bins of a picture stay within its allowance.

mod analyse;
mod aq;
mod coder;
pub mod config;
mod direct;
mod frame;
mod frame_type;
mod level;
mod lists;
mod lookahead;
mod low;
mod mb;
mod mb_cabac;
mod mb_cavlc;
mod motion;
mod picture;
mod presets;
mod quant;
mod rate;
mod reference;
mod residual;
mod share;
mod stats;
mod write;

pub use config::{BAdapt, Direct, EncoderConfig, Preset, Profile, RateControl, StreamFormat, Tune};
pub use presets::{Search, Tools};
pub use stats::EncodeStats;

use crate::codec::Step;
use crate::error::{Error, Result};
use crate::h264::params::SliceType;
use crate::picture::{Picture, PictureFormat};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use frame::FrameKind;
use lookahead::Lookahead;
use picture::PictureEncoder;
use rate::Rate;
use write::Headers;

/// A coded picture.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedPacket {
    /// One access unit, delimited as [`StreamFormat`] says.
    pub data: Vec<u8>,
    /// The time that was given with the picture.
    pub pts: i64,
    /// Decoding time: never after `pts`, and later than that of the packet before. Equal to `pts` without B pictures; with them, the
    /// times of the pictures, delayed by as many pictures as are reordered.
    pub dts: i64,
    /// Whether decoding can start here (an IDR picture).
    pub key: bool,
    /// I, P or B.
    pub frame_type: SliceType,
    /// Mean QP of the macroblocks.
    pub qp: f32,
}

/// The encoder. See the [module](self).
///
/// ```
/// use transcode_core::h264::enc::{Encoder, EncoderConfig};
/// use transcode_core::{Picture, PictureFormat, Step};
///
/// let mut encoder = Encoder::new(EncoderConfig::new(64, 48, (25, 1)))?;
/// let picture = Picture::new(PictureFormat::YUV420P8, 64, 48, 0)?;
/// for pts in 0..3 {
///     encoder.send(&picture, pts, false)?;
/// }
/// encoder.finish();
/// let mut packets = Vec::new();
/// while let Step::Output(packet) = encoder.receive()? {
///     packets.push(packet);
/// }
/// // In decoding order: the middle picture is a B picture.
/// assert_eq!(packets.iter().map(|p| (p.pts, p.key)).collect::<Vec<_>>(), [(0, true), (2, false), (1, false)]);
/// # Ok::<(), transcode_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Encoder {
    config: EncoderConfig,
    headers: Headers,
    rate: Rate,
    lookahead: Lookahead,
    times: Times,
    encoder: PictureEncoder,
    stats: EncodeStats,
    finished: bool,
}

/// Decoding times: the pictures' times in order, delayed.
#[derive(Debug)]
struct Times {
    /// Of pictures whose time is not used yet.
    waiting: VecDeque<i64>,
    /// By how many pictures the times are delayed, and how long that is, once it is known.
    delay: usize,
    lasts: Option<i64>,
    /// Packets that have got a time of before the first picture.
    early: usize,
}

impl Times {
    fn new(delay: u8) -> Self {
        Self { waiting: VecDeque::new(), delay: delay.into(), lasts: None, early: 0 }
    }
    fn push(&mut self, pts: i64) {
        self.waiting.push_back(pts);
    }
    /// Whether the first packet can have its time.
    fn known(&self) -> bool {
        self.lasts.is_some() || self.waiting.len() > self.delay
    }
    /// The next packet's time.
    fn next(&mut self) -> i64 {
        if self.early >= self.delay {
            return self.waiting.pop_front().unwrap_or_default();
        }
        let at = |i: usize| self.waiting.get(i).copied().unwrap_or_default();
        // A stream of fewer pictures goes on at its last pace.
        let known = self.delay.min(self.waiting.len().saturating_sub(1));
        let lasts = self.lasts.unwrap_or_else(|| match known {
            0 => 0,
            n => at(n).saturating_sub(at(0)).saturating_mul(self.delay as i64) / n as i64,
        });
        self.lasts = Some(lasts);
        let time = at(self.early).saturating_sub(lasts);
        self.early += 1;
        time
    }
}

impl Encoder {
    /// An encoder for `config`.
    ///
    /// # Errors
    /// As [`EncoderConfig::validate`].
    pub fn new(config: EncoderConfig) -> Result<Self> {
        let level_idc = config.validate()?;
        let config = config.resolved();
        let tools = config.tools();
        let headers = Headers::new(&config, level_idc, &tools);
        let rate = Rate::new(&config, tools.lookahead > 0);
        let encoder = PictureEncoder::new(&config, tools, level_idc, &headers)?;
        let lookahead = Lookahead::new(&config, tools);
        Ok(Self {
            config,
            headers,
            rate,
            lookahead,
            times: Times::new(write::reordered(&tools)),
            encoder,
            stats: EncodeStats::default(),
            finished: false,
        })
    }

    /// The configuration, with the tune's choices in its fields.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// `AVCDecoderConfigurationRecord` for the `avcC` box of an MP4 file (ISO/IEC 14496-15), with four-byte lengths.
    pub fn avcc(&self) -> Vec<u8> {
        self.headers.avcc()
    }

    /// Sequence and picture parameter set, each a NAL unit without start code.
    pub fn parameter_sets(&self) -> [&[u8]; 2] {
        [&self.headers.sps_unit, &self.headers.pps_unit]
    }

    /// `level_idc` of the stream.
    pub fn level_idc(&self) -> u8 {
        self.headers.sps.level_idc
    }

    /// Width that the stream says: the configured one, or one more if that is odd, because 4:2:0 streams can only be cropped to even
    /// sizes. The column added repeats the last one; a container may crop it off.
    pub fn coded_width(&self) -> u32 {
        self.config.width.next_multiple_of(2)
    }

    /// Height that the stream says; see [`Encoder::coded_width`].
    pub fn coded_height(&self) -> u32 {
        self.config.height.next_multiple_of(2)
    }

    /// Takes a picture. Its planes are copied; `pts` comes back with its packet. `force_key` makes it an IDR picture.
    ///
    /// Up to [`Tools::lookahead`] and twice [`Tools::b_frames`] pictures wait inside before the first packet comes out; take packets with [`Encoder::receive`]
    /// after each picture, or more will.
    ///
    /// # Errors
    /// `InvalidConfig` if the picture has another size or format than configured, or after [`Encoder::finish`].
    pub fn send(&mut self, picture: &Picture<u8>, pts: i64, force_key: bool) -> Result<()> {
        if self.finished {
            return Err(Error::config("picture", "sent after finish"));
        }
        if picture.format() != PictureFormat::YUV420P8 {
            return Err(Error::config("picture", "the format is not 8-bit 4:2:0"));
        }
        if (picture.width(), picture.height()) != (self.config.width as usize, self.config.height as usize) {
            return Err(Error::config("picture", "the size is not the configured one"));
        }
        self.lookahead.push(&self.config, picture, pts, force_key)?;
        self.times.push(pts);
        Ok(())
    }

    /// No more pictures come: what waits is given out.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next packet. Each call codes at most one picture.
    ///
    /// # Errors
    /// None at present.
    pub fn receive(&mut self) -> Result<Step<EncodedPacket>> {
        if !self.times.known() && !self.finished {
            return Ok(Step::NeedInput);
        }
        let Some(frame) = self.lookahead.next(self.finished) else {
            return Ok(if self.finished { Step::End } else { Step::NeedInput });
        };
        let qp = self.rate.start(frame);
        let coded = self.encoder.encode(&self.config, &self.headers, frame, qp)?;
        self.rate.end(coded.bits);
        self.stats.frames += 1;
        self.stats.key_frames += u64::from(frame.kind == FrameKind::Key);
        self.stats.bits += 8 * coded.data.len() as u64;
        self.stats.qp_sum += f64::from(coded.qp);
        for (sum, n) in self.stats.macroblocks.iter_mut().zip(coded.macroblocks) {
            *sum += n;
        }
        let packet = EncodedPacket {
            data: coded.data,
            pts: frame.pts,
            dts: self.times.next(),
            key: frame.kind == FrameKind::Key,
            frame_type: match frame.kind {
                FrameKind::Key => SliceType::I,
                FrameKind::P => SliceType::P,
                FrameKind::BRef | FrameKind::B => SliceType::B,
            },
            qp: coded.qp,
        };
        Ok(Step::Output(packet))
    }

    /// What a decoder has for the packet received last, in whole macroblocks: crop it to the picture's size, at the top left.
    pub fn reconstruction(&self) -> Option<&Picture<u8>> {
        self.encoder.reconstruction()
    }

    /// Counts so far.
    pub fn stats(&self) -> EncodeStats {
        self.stats
    }
}
