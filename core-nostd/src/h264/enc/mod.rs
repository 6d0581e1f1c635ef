//! The H.264 encoder: I, P and B pictures in Constrained Baseline, Main and High profile, 8-bit 4:2:0, progressive.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | what a caller chooses, and what presets make of it |
//! | `level` | table A-1 |
//! | `presets` | the tools of each preset |
//! | `frame`, `low`, `aq` | a waiting picture: its costs and variance |
//! | `lookahead`, `frame_type`, `share` | waiting pictures: kinds and order, scene cuts, reuse |
//! | `rate` | the quantiser of each picture, from one pass or two, and the decoder's buffer |
//! | `hrd` | what the stream says of that buffer |
//! | [`PictureStats`], [`EncodeStats`] | what is told of what was coded |
//! | `analyse`, `motion` | how each macroblock is coded |
//! | `quant`, `residual` | levels and reconstruction |
//! | `mb`, `mb_cabac`, `mb_cavlc` | macroblocks and their syntax |
//! | `coder`, `picture` | one picture |
//! | `write` | parameter sets, slice headers, NAL units |
//! | `reference`, `lists` | coded pictures with borders and half samples, and who refers to them |
//! | `direct` | direct motion of B pictures |
//! | `weight` | weighted prediction of P pictures |
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
mod hrd;
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
mod weight;
mod write;

pub use config::{BAdapt, Direct, EncoderConfig, NalHrd, Preset, Profile, RateControl, StreamFormat, Tune, VbvConfig};
pub use presets::{Search, Tools, Trellis};
pub use rate::two_pass::{Budget, allocate};
pub use stats::{EncodeStats, KindStats, PictureKind, PictureStats};

use crate::codec::Step;
use crate::error::{Error, Result};
use crate::h264::params::SliceType;
use crate::picture::{Picture, PictureFormat};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use frame::FrameKind;
use hrd::Hrd;
use lookahead::Lookahead;
use picture::{Coded, PictureEncoder};
use rate::{Ahead, Rate, Window};
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
    /// More about it; of a first pass, what [`allocate`] takes.
    pub stats: PictureStats,
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
    hrd: Option<Hrd>,
    /// The pictures known, as rate control sees them.
    ahead: Vec<Ahead>,
    finished: bool,
    /// What coding has failed of: the pictures after it have nothing to refer to.
    failed: Option<Error>,
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
        let rate = Rate::new(&config, &tools);
        let hrd = Hrd::new(&config, write::reordered(&tools));
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
            hrd,
            ahead: Vec::new(),
            finished: false,
            failed: None,
        })
    }

    /// An encoder for the second pass of two, which gives the pictures what `budget` says. They must be the same as in the first pass.
    ///
    /// ```
    /// use transcode_core::h264::enc::{Encoder, EncoderConfig, RateControl, allocate};
    /// use transcode_core::{Picture, PictureFormat, Step};
    ///
    /// let mut config = EncoderConfig::new(64, 48, (25, 1));
    /// config.rate = RateControl::Abr { bits_per_second: 100_000 };
    /// let picture = Picture::new(PictureFormat::YUV420P8, 64, 48, 0)?;
    /// let run = |mut encoder: Encoder| {
    ///     let mut packets = Vec::new();
    ///     for pts in 0..25 {
    ///         encoder.send(&picture, pts, false)?;
    ///     }
    ///     encoder.finish();
    ///     while let Step::Output(packet) = encoder.receive()? {
    ///         packets.push(packet);
    ///     }
    ///     Ok::<_, transcode_core::Error>(packets)
    /// };
    /// let first = run(Encoder::new(config.for_first_pass())?)?;
    /// let film = [first.iter().map(|packet| packet.stats).collect()];
    /// let [budget] = <[_; 1]>::try_from(allocate(&config, &film)?).expect("one part");
    /// assert_eq!(run(Encoder::second_pass(config, budget)?)?.len(), 25);
    /// # Ok::<(), transcode_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`EncoderConfig::validate`].
    pub fn second_pass(config: EncoderConfig, budget: Budget) -> Result<Self> {
        let mut encoder = Self::new(config)?;
        encoder.rate = Rate::follow(&encoder.config, &encoder.config.tools(), budget);
        Ok(encoder)
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
    /// Up to [`Tools::lookahead`] and three times [`Tools::b_frames`] pictures wait inside before the first packet comes out; take packets with [`Encoder::receive`]
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
    /// `InvalidConfig` if a picture does not fit the decoder's buffer even if nothing of it is coded, or in a second pass if the pictures
    /// are not those of the first. The same error from then on.
    pub fn receive(&mut self) -> Result<Step<EncodedPacket>> {
        if let Some(e) = self.failed {
            return Err(e);
        }
        let step = self.code_next();
        self.failed = step.as_ref().err().copied();
        step
    }

    /// Codes the next picture.
    fn code_next(&mut self) -> Result<Step<EncodedPacket>> {
        if !self.times.known() && !self.finished {
            return Ok(Step::NeedInput);
        }
        let Some(place) = self.lookahead.next(self.finished) else {
            return Ok(if self.finished { Step::End } else { Step::NeedInput });
        };
        let frame = self.lookahead.frame(place);
        let rate = &mut self.rate;
        if rate.looks_ahead() {
            self.lookahead.ahead(place, &mut self.ahead);
        }
        let complete = self.finished && self.lookahead.all_decided();
        let window = Window { pictures: &self.ahead, complete };
        let left = complete.then(|| self.ahead.len().saturating_sub(1));
        let kind = frame.kind;
        let sei = match (&mut self.hrd, rate.vbv_mut()) {
            (Some(hrd), Some(vbv)) => {
                let sei = hrd.sei(kind, frame.number, vbv);
                if kind == FrameKind::Key {
                    vbv.restart();
                }
                sei
            }
            _ => Vec::new(),
        };
        let qp = rate.start(Ahead::of(frame), window)?;
        let judge = |bits| rate.verdict(bits, left);
        let coded = self.encoder.encode(&self.config, &self.headers, frame, qp, &sei, judge)?;
        let stats = PictureStats { kind: kind.into(), rate_qp: rate.qp(), mean_qp: coded.qp, bits: coded.bits };
        rate.end(coded.bits, coded.all_bits);
        let packet = EncodedPacket {
            pts: frame.pts,
            dts: self.times.next(),
            key: kind == FrameKind::Key,
            frame_type: match kind {
                FrameKind::Key => SliceType::I,
                FrameKind::P => SliceType::P,
                FrameKind::BRef | FrameKind::B => SliceType::B,
            },
            qp: coded.qp,
            stats,
            data: Vec::new(),
        };
        self.count(&packet, &coded);
        Ok(Step::Output(EncodedPacket { data: coded.data, ..packet }))
    }

    fn count(&mut self, packet: &EncodedPacket, coded: &Coded) {
        let s = &mut self.stats;
        let bits = 8 * coded.data.len() as u64;
        s.frames += 1;
        s.key_frames += u64::from(packet.key);
        s.bits += bits;
        s.qp_sum += f64::from(coded.qp);
        s.recoded += u64::from(coded.attempts > 1);
        s.filler_bits += coded.filler_bits;
        for (sum, n) in s.macroblocks.iter_mut().zip(coded.macroblocks) {
            *sum += n;
        }
        let (w, h) = (u64::from(self.config.width), u64::from(self.config.height));
        let samples = if self.config.psnr { [w * h, w.div_ceil(2) * h.div_ceil(2)] } else { [0; 2] };
        s.kinds[packet.stats.kind as usize].add(&KindStats {
            frames: 1,
            bits,
            qp_sum: coded.qp.into(),
            squared_error: coded.squared_error,
            samples,
        });
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
