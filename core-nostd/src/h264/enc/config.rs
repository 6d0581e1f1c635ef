//! What a caller chooses, and what the presets make of it.

use super::level::{self, Demand};
use super::presets::Tools;
use crate::error::{Error, Result};
use crate::h264::VideoInfo;
use core::fmt;
use core::str::FromStr;
use transcode_simd::Kernels;

/// How the size of the stream is governed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateControl {
    /// Constant quantiser 0 (finest) to 51 for P pictures; I pictures are coded 2.4 finer, B pictures 2 coarser.
    Cqp(u8),
    /// Constant quality, 0.0 to 51.0: the quantiser follows the content around this value.
    Crf(f32),
    /// Average bitrate in one pass.
    Abr {
        /// Target in bits per second.
        bits_per_second: u64,
    },
}

/// What a decoder's buffer takes (annex C): bits come in at `max_rate`, pictures are taken out at their times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VbvConfig {
    /// Bits per second at which it fills.
    pub max_rate: u64,
    /// Bits that it holds; at least what comes in during one picture.
    pub buffer_size: u64,
    /// How full it is when the first picture is taken out, 0.0 to 1.0.
    pub initial: f32,
}

impl VbvConfig {
    /// A buffer that is nine tenths full at first.
    pub const fn new(max_rate: u64, buffer_size: u64) -> Self {
        Self { max_rate, buffer_size, initial: 0.9 }
    }
    /// Rate and size in force: as the stream can say them (E.2.2), if it does.
    pub(super) fn signalled(&self, hrd: NalHrd) -> (u64, u64) {
        match hrd {
            NalHrd::None => (self.max_rate, self.buffer_size),
            _ => (self.max_rate & !63, self.buffer_size & !15),
        }
    }
}

macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident, $option:literal, $reason:literal, { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name on command lines.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
        impl FromStr for $name {
            type Err = Error;
            fn from_str(s: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|v| v.name() == s).ok_or(Error::config($option, $reason))
            }
        }
    };
}

named_enum!(
    /// Trade of time for size. The names are those that people know from other encoders; what each does is
    /// in the table of [`Preset::tools`].
    Preset, "preset",
    "expected ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow or placebo", {
    /// 16x16 motion only, no 4x4 intra prediction; CAVLC, one transform, no deblocking, no scene cuts, no B pictures.
    Ultrafast = "ultrafast",
    /// Adds I4x4 and I8x8.
    Superfast = "superfast",
    /// Adds partitions down to 8x8 and the lookahead.
    Veryfast = "veryfast",
    /// Two references.
    Faster = "faster",
    /// Mode decision by true rate and distortion.
    Fast = "fast",
    /// The default.
    Medium = "medium",
    /// Wider search, more references.
    Slow = "slow",
    /// More references, finer refinement.
    Slower = "slower",
    /// More references still.
    Veryslow = "veryslow",
    /// Everything there is.
    Placebo = "placebo",
});

named_enum!(
    /// What quality means.
    Tune, "tune", "expected none, film, animation, grain, psnr, ssim, fastdecode or zerolatency", {
    /// As seen: adaptive quantisation on.
    None = "none",
    /// Film: less deblocking.
    Film = "film",
    /// Drawn pictures: more deblocking, references and B pictures, weaker adaptive quantisation.
    Animation = "animation",
    /// Film grain: much less deblocking, weaker adaptive quantisation.
    Grain = "grain",
    /// Highest PSNR: adaptive quantisation off.
    Psnr = "psnr",
    /// Highest SSIM: adaptive quantisation on. At present the same as `none`.
    Ssim = "ssim",
    /// Easy to decode: CAVLC, no deblocking filter, no weighted prediction.
    FastDecode = "fastdecode",
    /// No delay: no lookahead, no B pictures.
    ZeroLatency = "zerolatency",
});

named_enum!(
    /// The tools a decoder must know (annex A.2).
    Profile, "profile", "expected baseline, main or high", {
    /// Constrained Baseline: CAVLC, no 8x8 transform.
    Baseline = "baseline",
    /// Main: CABAC allowed, no 8x8 transform.
    Main = "main",
    /// High: CABAC and 8x8 transform allowed.
    High = "high",
});

/// How NAL units are delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamFormat {
    /// Start codes (annex B); parameter sets precede every IDR picture.
    AnnexB,
    /// Four-byte lengths as in MP4; parameter sets are in [`super::Encoder::avcc`] only.
    Avcc,
}

named_enum!(
    /// How the number of B pictures in a row is chosen.
    BAdapt, "b_adapt", "expected none, fast or trellis", {
    /// Always as many as there may be.
    None = "none",
    /// As many as lower the mean cost of the pictures.
    Fast = "fast",
    /// As many as are on the cheapest way through the next pictures.
    Trellis = "trellis",
});

named_enum!(
    /// Where the motion of `B_Skip` and direct macroblocks comes from, 8.4.1.2.
    Direct, "direct", "expected spatial or temporal", {
    /// The macroblocks around.
    Spatial = "spatial",
    /// The next picture's macroblock at the same place.
    Temporal = "temporal",
});

named_enum!(
    /// Whether the stream tells of the decoder's buffer (E.1.2, D.1.2, D.1.3): some broadcast and disc systems ask for it.
    NalHrd, "nal_hrd", "expected none, vbr or cbr", {
    /// It does not.
    None = "none",
    /// It does, and bits may come later than they could.
    Vbr = "vbr",
    /// It does, and bits come without a pause: what the pictures do not need is filled up.
    Cbr = "cbr",
});

/// The configuration of an [`super::Encoder`].
///
/// ```
/// use transcode_core::h264::enc::{EncoderConfig, Preset, RateControl};
/// let mut c = EncoderConfig::new(1280, 720, (30, 1));
/// c.rate = RateControl::Crf(21.0);
/// c.preset = "fast".parse::<Preset>()?;
/// assert_eq!(c.validate()?, 31); // level 3.1
/// # Ok::<(), transcode_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct EncoderConfig {
    /// Width of the pictures in luma samples, 1 to 16384. See [`super::Encoder::coded_width`] for odd sizes.
    pub width: u32,
    /// Height of the pictures in luma samples, 1 to 16384.
    pub height: u32,
    /// Pictures per second as a fraction; both parts are at least 1.
    pub frame_rate: (u32, u32),
    /// Rate control.
    pub rate: RateControl,
    /// The decoder's buffer, which then never runs empty. Not with [`RateControl::Cqp`].
    pub vbv: Option<VbvConfig>,
    /// Whether the stream tells of that buffer.
    pub nal_hrd: NalHrd,
    /// Whether streams of the same configuration come before and after this one in the same film: the buffer then starts and ends at a
    /// level that each of them keeps to. It takes a lookahead to do so.
    pub part_of: [bool; 2],
    /// How many pictures will come, if that is known: an average bitrate is then met by their end without haste.
    pub expected_frames: Option<u64>,
    /// How much quality follows complexity, 0.0 (all pictures get the same bits) to 1.0 (the same quantiser).
    pub qcomp: f32,
    /// Quantiser step of P pictures over that of I pictures, 0.1 to 10, if not the usual one: 1.32, or 1 where a lookahead tells what is taken
    /// over of them.
    pub ip_ratio: Option<f32>,
    /// Quantiser step of B pictures over that of P pictures, 0.1 to 10, if not the usual one (1.26). Where there is a lookahead it tells
    /// what B pictures need, and this has no effect.
    pub pb_ratio: Option<f32>,
    /// Least QP of a picture, 0 to 51, before what the macroblocks' content changes of it.
    pub qp_min: u8,
    /// Largest QP of a picture, likewise. A buffer that would run empty goes beyond it.
    pub qp_max: u8,
    /// Whether the error of each picture is measured, for [`super::EncodeStats`].
    pub psnr: bool,
    /// Speed.
    pub preset: Preset,
    /// What quality means.
    pub tune: Tune,
    /// Largest distance between IDR pictures, at least 1 (every picture is an IDR picture).
    pub keyint: u32,
    /// Smallest distance from an IDR picture to one placed at a scene cut.
    pub min_keyint: u32,
    /// Whether scene cuts start a new IDR picture.
    pub scene_cut: bool,
    /// CABAC instead of CAVLC.
    pub cabac: bool,
    /// The 8x8 transform (makes the stream High profile).
    pub transform_8x8: bool,
    /// The in-loop deblocking filter.
    pub deblock: bool,
    /// Half of `FilterOffsetA` and `FilterOffsetB`, -6 to 6, if not the tune's: negative ones filter less.
    pub deblock_offsets: Option<[i8; 2]>,
    /// Reference pictures, if not the preset's number: 1 to 16.
    pub references: Option<u8>,
    /// Adaptive quantisation strength, if not the tune's: 0.0 is off.
    pub aq_strength: Option<f32>,
    /// Pictures of lookahead, if not the preset's: 0 to 250. 0 makes an encoder without delay.
    pub lookahead: Option<u8>,
    /// Most B pictures in a row, if not the preset's number: 0 to 16. 0 for an encoder that does not reorder pictures.
    pub b_frames: Option<u8>,
    /// How many B pictures there are in a row, if not the preset's choice.
    pub b_adapt: Option<BAdapt>,
    /// Whether B pictures may be references for others.
    pub b_pyramid: bool,
    /// Implicit weighted prediction of B pictures: the nearer picture counts more (8.4.2.3.1).
    pub weight_b: bool,
    /// Explicit weighted prediction of P pictures, if not the preset's: 0 none, 1 for fades, 2 also with the nearest picture a second time
    /// in the list, without its weights or a little darker.
    pub weight_p: Option<u8>,
    /// Direct prediction.
    pub direct: Direct,
    /// How the pictures are to be shown: aspect ratio, range, video format, colour and chroma location go into the stream.
    pub vui: VideoInfo,
    /// Whether the stream tells a frame rate: that of `vui` if it has one, else `frame_rate`. Players take it for the
    /// nominal rate, so the mean rate of a film whose rate varies is better left out where a container has the times.
    pub timing_info: bool,
    /// `level_idc` (10 to 62); `None` takes the lowest that the size, frame rate, average bitrate (if that is given) and references
    /// fit. Peaks of the bitrate are not bounded.
    pub level: Option<u8>,
    /// How NAL units are delimited.
    pub stream_format: StreamFormat,
    /// The kernels. The stream does not depend on them.
    pub kernels: Kernels,
    /// Whether this is the first pass of two: see [`EncoderConfig::for_first_pass`].
    pub first_pass: bool,
}

impl EncoderConfig {
    /// High profile, medium preset, CRF 23, an IDR picture at least every 250.
    pub fn new(width: u32, height: u32, frame_rate: (u32, u32)) -> Self {
        Self {
            width,
            height,
            frame_rate,
            rate: RateControl::Crf(23.0),
            vbv: None,
            nal_hrd: NalHrd::None,
            part_of: [false; 2],
            expected_frames: None,
            qcomp: 0.6,
            ip_ratio: None,
            pb_ratio: None,
            qp_min: 0,
            qp_max: 51,
            psnr: false,
            preset: Preset::Medium,
            tune: Tune::None,
            keyint: 250,
            min_keyint: 25,
            scene_cut: true,
            cabac: true,
            transform_8x8: true,
            deblock: true,
            deblock_offsets: None,
            references: None,
            aq_strength: None,
            lookahead: None,
            b_frames: None,
            b_adapt: None,
            b_pyramid: true,
            weight_b: true,
            weight_p: None,
            direct: Direct::Spatial,
            vui: VideoInfo::default(),
            timing_info: true,
            level: None,
            stream_format: StreamFormat::AnnexB,
            kernels: Kernels::detect(),
            first_pass: false,
        }
    }

    /// This configuration with the tune, and what the preset switches off, written into the other fields.
    pub(super) fn resolved(&self) -> Self {
        let mut c = self.clone();
        let tools = c.preset.tools();
        if c.preset == Preset::Ultrafast {
            (c.cabac, c.deblock, c.transform_8x8, c.scene_cut) = (false, false, false, false);
        }
        match c.tune {
            Tune::Animation => {
                c.b_frames =
                    Some(c.b_frames.unwrap_or(if tools.b_frames > 0 { tools.b_frames + 2 } else { 0 }).min(16));
            }
            Tune::FastDecode => {
                (c.cabac, c.deblock, c.weight_b, c.weight_p) = (false, false, false, c.weight_p.or(Some(0)));
            }
            Tune::ZeroLatency => (c.lookahead, c.b_frames) = (Some(0), Some(0)),
            _ => {}
        }
        let offset = match c.tune {
            Tune::Film => -1,
            Tune::Animation => 1,
            Tune::Grain => -2,
            _ => 0,
        };
        c.deblock_offsets = c.deblock_offsets.or(Some([offset; 2]));
        c
    }

    /// Takes away the tools that `profile` does not have.
    pub fn set_profile(&mut self, profile: Profile) {
        self.cabac &= profile >= Profile::Main;
        self.transform_8x8 &= profile >= Profile::High;
        if profile == Profile::Baseline {
            (self.b_frames, self.weight_p) = (Some(0), Some(0));
        }
    }

    /// The lowest profile that has the tools in use.
    pub fn profile(&self) -> Profile {
        let c = self.resolved();
        let tools = c.preset.tools();
        let main = c.cabac || c.b_frames.unwrap_or(tools.b_frames) > 0 || c.weight_p.unwrap_or(tools.weight_p) > 0;
        match (c.transform_8x8, main) {
            (true, _) => Profile::High,
            (false, true) => Profile::Main,
            (false, false) => Profile::Baseline,
        }
    }

    /// Size of the picture in macroblocks.
    pub fn size_in_mbs(&self) -> (usize, usize) {
        (self.width.div_ceil(16) as usize, self.height.div_ceil(16) as usize)
    }

    /// The preset's tools with this configuration's own choices applied.
    pub fn tools(&self) -> Tools {
        let c = self.resolved();
        let mut t = c.preset.tools();
        if c.tune == Tune::Animation && t.references > 1 {
            t.references = (2 * t.references).min(16);
        }
        let (w, h) = self.size_in_mbs();
        // The decoded picture buffer may not force a level up that size and rate alone do not need.
        let level = match self.level {
            Some(idc) => level::by_idc(idc),
            None => level::lowest(&self.demand(1)),
        };
        let room = level.map_or(16, |l| l.max_dpb_frames(w, h).max(1));
        t.references = self.references.unwrap_or(t.references.min(room));
        t.b_frames = c.b_frames.unwrap_or(t.b_frames);
        t.b_adapt = self.b_adapt.unwrap_or(t.b_adapt);
        t.weight_p = c.weight_p.unwrap_or(t.weight_p);
        if room < 2 {
            t.b_frames = 0;
        }
        // A pyramid needs two anchors, the B picture between them, and the one before, which leaves last.
        t.b_pyramid = t.b_frames > 1 && self.b_pyramid && room >= 4;
        let needed = match (t.b_frames, t.b_pyramid) {
            (_, true) => 4,
            (0, _) => 1,
            _ => 2,
        };
        t.dpb_frames = t.references.max(needed);
        if let Some(l) = c.lookahead {
            t.lookahead = l;
        }
        if matches!(self.rate, RateControl::Cqp(_)) {
            t.lookahead = 0;
        }
        if self.first_pass { t.for_first_pass() } else { t }
    }

    pub(super) fn average_bits_per_second(&self) -> u64 {
        match self.rate {
            RateControl::Abr { bits_per_second } => bits_per_second,
            _ => 0,
        }
    }

    /// What the stream asks of a level.
    fn demand(&self, references: u8) -> Demand {
        let vbv = self.vbv.unwrap_or(VbvConfig::new(0, 0));
        Demand {
            size_mbs: self.size_in_mbs(),
            frame_rate: self.frame_rate,
            references,
            bits_per_second: self.average_bits_per_second().max(vbv.max_rate),
            buffer_bits: vbv.buffer_size,
            profile: self.profile(),
        }
    }

    /// By how many pictures at most decoding order runs ahead of output order.
    pub fn reorder_depth(&self) -> u8 {
        super::write::reordered(&self.tools())
    }

    /// The configuration of a first pass of two: quick, with the same kinds of pictures as the second. Its statistics
    /// ([`super::EncodedPacket::stats`]) go to [`super::allocate`].
    #[must_use]
    pub fn for_first_pass(&self) -> Self {
        // The buffer stays, since the level may follow from it, and from that which pictures there are; the rate does not heed it.
        Self { first_pass: true, nal_hrd: NalHrd::None, part_of: [false; 2], psnr: false, ..self.clone() }
    }

    /// Sets the buffer of `level` (table A-1) if none is set: a device of that level plays no stream that needs more.
    ///
    /// # Errors
    /// `InvalidConfig` if the level is not in table A-1.
    pub fn set_level(&mut self, level_idc: u8) -> Result<()> {
        let level = level::by_idc(level_idc).ok_or(Error::config("level", "is not in table A-1"))?;
        self.level = Some(level_idc);
        if self.vbv.is_none() && !matches!(self.rate, RateControl::Cqp(_)) {
            let (rate, size) = level.buffer(self.profile());
            self.vbv = Some(VbvConfig::new(rate, size));
        }
        Ok(())
    }

    /// Adaptive quantisation strength in force.
    pub fn aq(&self) -> f32 {
        match (self.aq_strength, self.tune, self.rate) {
            (_, _, RateControl::Cqp(_)) => 0.0,
            (Some(s), _, _) => s,
            (None, Tune::Psnr, _) => 0.0,
            (None, Tune::Grain, _) => 0.5,
            (None, Tune::Animation, _) => 0.6,
            (None, _, _) => 1.0,
        }
    }

    /// Checks everything and returns the `level_idc` that the stream will have.
    ///
    /// # Errors
    /// `InvalidConfig` naming the option.
    pub fn validate(&self) -> Result<u8> {
        if !(1..=16384).contains(&self.width) || !(1..=16384).contains(&self.height) {
            return Err(Error::config("size", "width and height must be from 1 to 16384"));
        }
        if self.frame_rate.0 == 0 || self.frame_rate.1 == 0 {
            return Err(Error::config("frame_rate", "numerator and denominator must be at least 1"));
        }
        match self.rate {
            RateControl::Cqp(q) if q > 51 => return Err(Error::config("qp", "must be from 0 to 51")),
            RateControl::Crf(q) if !(0.0..=51.0).contains(&q) => {
                return Err(Error::config("crf", "must be from 0 to 51"));
            }
            RateControl::Abr { bits_per_second } if !(1000..=2_000_000_000).contains(&bits_per_second) => {
                return Err(Error::config("bitrate", "must be from 1000 to 2000000000 bits per second"));
            }
            _ => {}
        }
        if self.keyint == 0 {
            return Err(Error::config("keyint", "must be at least 1"));
        }
        if self.references.is_some_and(|r| !(1..=16).contains(&r)) {
            return Err(Error::config("references", "must be from 1 to 16"));
        }
        if self.aq_strength.is_some_and(|s| !(0.0..=3.0).contains(&s)) {
            return Err(Error::config("aq_strength", "must be from 0 to 3"));
        }
        if self.lookahead.is_some_and(|l| l > 250) {
            return Err(Error::config("lookahead", "must be from 0 to 250"));
        }
        if self.deblock_offsets.is_some_and(|o| o.iter().any(|o| !(-6..=6).contains(o))) {
            return Err(Error::config("deblock_offsets", "must be from -6 to 6"));
        }
        if self.weight_p.is_some_and(|w| w > 2) {
            return Err(Error::config("weight_p", "must be from 0 to 2"));
        }
        if self.b_frames.is_some_and(|b| b > 16) {
            return Err(Error::config("b_frames", "must be from 0 to 16"));
        }
        self.validate_rate()?;
        let demand = self.demand(self.tools().dpb_frames);
        match self.level {
            None => level::lowest(&demand)
                .map(|l| l.idc)
                .ok_or(Error::config("size", "no level allows this size, frame rate and bitrate")),
            Some(idc) => {
                let l = level::by_idc(idc).ok_or(Error::config("level", "is not in table A-1"))?;
                if !l.fits(&demand) {
                    let reason = "is too low for the size, frame rate, references, bitrate or buffer";
                    return Err(Error::config("level", reason));
                }
                Ok(idc)
            }
        }
    }

    /// The part of [`EncoderConfig::validate`] that is about rates and quantisers.
    fn validate_rate(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.qcomp) {
            return Err(Error::config("qcomp", "must be from 0 to 1"));
        }
        for (option, ratio) in [("ip_ratio", self.ip_ratio), ("pb_ratio", self.pb_ratio)] {
            if ratio.is_some_and(|r| !(0.1..=10.0).contains(&r)) {
                return Err(Error::config(option, "must be from 0.1 to 10"));
            }
        }
        if self.qp_max > 51 || self.qp_min > self.qp_max {
            return Err(Error::config("qp_min", "the least and the largest QP must be from 0 to 51 and in order"));
        }
        let Some(vbv) = self.vbv else {
            return match self.nal_hrd {
                NalHrd::None => Ok(()),
                _ => Err(Error::config("nal_hrd", "needs vbv_maxrate and vbv_bufsize")),
            };
        };
        if matches!(self.rate, RateControl::Cqp(_)) {
            return Err(Error::config("vbv_maxrate", "cannot be kept with a constant quantiser"));
        }
        if !(1000..=2_000_000_000).contains(&vbv.max_rate) {
            return Err(Error::config("vbv_maxrate", "must be from 1000 to 2000000000 bits per second"));
        }
        let one = u128::from(vbv.max_rate) * u128::from(self.frame_rate.1) / u128::from(self.frame_rate.0);
        if vbv.buffer_size > 20_000_000_000 || u128::from(vbv.buffer_size) < one.max(1000) + 15 {
            let reason = "must be from what vbv_maxrate gives for one picture to 20000000000 bits";
            return Err(Error::config("vbv_bufsize", reason));
        }
        if u128::from(vbv.buffer_size) > 3600 * u128::from(vbv.max_rate) {
            return Err(Error::config("vbv_bufsize", "must be at most an hour of vbv_maxrate"));
        }
        if !(0.0..=1.0).contains(&vbv.initial) {
            return Err(Error::config("vbv_init", "must be from 0 to 1"));
        }
        if self.average_bits_per_second() > vbv.max_rate {
            return Err(Error::config("vbv_maxrate", "must be at least the average bitrate"));
        }
        if self.nal_hrd == NalHrd::Cbr && self.average_bits_per_second() != vbv.max_rate {
            return Err(Error::config("nal_hrd", "cbr needs an average bitrate that is equal to vbv_maxrate"));
        }
        if self.nal_hrd != NalHrd::None && !super::write::says_rate(self.frame_rate) {
            return Err(Error::config("nal_hrd", "the frame rate cannot be told in 32 bits"));
        }
        Ok(())
    }
}
