//! The arguments of the command.

use crate::ChannelLayout;
use crate::options::{
    AacProfile, AudioCodec, BAdapt, Direct, NalHrd, Preset, Profile, Resolution, SampleFormat, StreamKind, Tune,
    VideoCodec, parse_bitrate,
};
use crate::video_options::{VideoOptions, parse_deblock, parse_level};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand};
use std::path::PathBuf;
use transcode_simd::SimdLevel;

/// Transcodes video: H.264 in MP4, MOV, Matroska, MPEG-TS, FLV and byte streams, without FFmpeg.
#[derive(Debug, Parser)]
#[command(name = "transcode", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Use at most this SIMD level; the result does not depend on it
    #[arg(long, global = true, value_name = "LEVEL", env = "TRANSCODE_SIMD", value_parser = simd_level())]
    pub(crate) simd: Option<SimdLevel>,
    /// Print nothing but results and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Convert(Convert),
    Probe(Probe),
    Decode(Decode),
    Encode(Encode),
    /// Show which SIMD levels this machine has and which one is in use
    Simd,
    MakeClip(MakeClip),
}

/// Transcode a file: video is encoded anew, everything else is copied
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("rate").args(["video_bitrate", "crf", "qp"]))]
pub(crate) struct Convert {
    /// File to read
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// File to write: .mp4, .m4v, .m4a, .mov, .264; of sound alone .wav, .aac
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// What becomes of the video [default: h264]
    #[arg(long, value_name = "CODEC", value_parser = choice(VideoCodec::ALL, VideoCodec::as_str))]
    pub(crate) video_codec: Option<VideoCodec>,
    /// What becomes of the audio [default: copy, or aac where the output cannot hold a copy]
    #[arg(long, value_name = "CODEC", value_parser = choice(AudioCodec::ALL, AudioCodec::as_str))]
    pub(crate) audio_codec: Option<AudioCodec>,
    /// Bits per second of the audio, like 128k [default: what suits its channels]
    #[arg(long, value_name = "RATE", value_parser = parse_bitrate)]
    pub(crate) audio_bitrate: Option<u64>,
    /// Constant quality of the audio, 1 to 5 (best)
    #[arg(long, value_name = "Q", conflicts_with = "audio_bitrate")]
    pub(crate) audio_quality: Option<u8>,
    /// Which kind of AAC to encode [default: lc]
    #[arg(long, value_name = "PROFILE", value_parser = choice(AacProfile::ALL, AacProfile::as_str))]
    pub(crate) audio_profile: Option<AacProfile>,
    /// Samples a second of the audio [default: as the source]
    #[arg(long, value_name = "HZ")]
    pub(crate) audio_sample_rate: Option<u32>,
    /// Channels of the audio: a number, or a name like mono, stereo, 5.1, 7.1 [default: as the source]
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) audio_channels: Option<ChannelLayout>,
    /// Average bits per second of the video, like 2M or 500k
    #[arg(long, value_name = "RATE", value_parser = parse_bitrate)]
    pub(crate) video_bitrate: Option<u64>,
    /// Constant quality, 0 (best) to 51 [default: 23]
    #[arg(long, value_name = "Q")]
    pub(crate) crf: Option<f32>,
    /// Constant quantiser, 0 (best) to 51
    #[arg(long, value_name = "QP")]
    pub(crate) qp: Option<u8>,
    /// Time for size [default: medium]
    #[arg(long, value_name = "PRESET", value_parser = choice(Preset::ALL, Preset::name))]
    pub(crate) preset: Option<Preset>,
    /// The measure of quality to favour
    #[arg(long, value_name = "TUNE", value_parser = choice(Tune::ALL, Tune::name))]
    pub(crate) tune: Option<Tune>,
    /// Most pictures from one keyframe to the next [default: 250]
    #[arg(long, value_name = "N")]
    pub(crate) keyint: Option<u32>,
    /// What the decoder must know [default: high]
    #[arg(long, value_name = "PROFILE", value_parser = choice(Profile::ALL, Profile::name))]
    pub(crate) profile: Option<Profile>,
    #[command(flatten)]
    pub(crate) video: Video,
    /// Size of the picture, like 1280x720
    #[arg(long, value_name = "WxH")]
    pub(crate) resolution: Option<Resolution>,
    /// Number of threads [default: as many as the machine runs at once]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// What the encoder of video is told; the names are x264's
#[derive(Debug, Args)]
#[command(next_help_heading = "Video encoder")]
pub(crate) struct Video {
    /// Two passes: find out first what each picture needs, then share the bits out over the whole film
    #[arg(long)]
    two_pass: bool,
    /// Bits per second at which the decoder's buffer fills, like 2M
    #[arg(long, value_name = "RATE", value_parser = parse_bitrate, requires = "vbv_bufsize")]
    vbv_maxrate: Option<u64>,
    /// Bits that the decoder's buffer holds, like 4M
    #[arg(long, value_name = "BITS", value_parser = parse_bitrate, requires = "vbv_maxrate")]
    vbv_bufsize: Option<u64>,
    /// How full the buffer is at first, 0 to 1 [default: 0.9]
    #[arg(long, value_name = "F", requires = "vbv_maxrate")]
    vbv_init: Option<f32>,
    /// Whether the stream tells of the buffer; cbr also fills it up [default: none]
    #[arg(long, value_name = "HRD", value_parser = choice(NalHrd::ALL, NalHrd::name))]
    nal_hrd: Option<NalHrd>,
    /// Most B pictures in a row, 0 to 16 [default: the preset's]
    #[arg(long, value_name = "N")]
    bframes: Option<u8>,
    /// How their number is chosen [default: the preset's]
    #[arg(long, value_name = "HOW", value_parser = choice(BAdapt::ALL, BAdapt::name))]
    b_adapt: Option<BAdapt>,
    /// B pictures are no references
    #[arg(long)]
    no_b_pyramid: bool,
    /// No weighted prediction of B pictures
    #[arg(long)]
    no_weightb: bool,
    /// Weighted prediction of P pictures: 0 none, 1 for fades, 2 also with a second look at the nearest picture [default: the preset's]
    #[arg(long, value_name = "N")]
    weightp: Option<u8>,
    /// Where direct motion comes from [default: spatial]
    #[arg(long, value_name = "MODE", value_parser = choice(Direct::ALL, Direct::name))]
    direct: Option<Direct>,
    /// Reference pictures, 1 to 16 [default: the preset's]
    #[arg(long = "ref", value_name = "N")]
    references: Option<u8>,
    /// Least distance of a keyframe at a scene cut from the one before [default: 25]
    #[arg(long, value_name = "N")]
    min_keyint: Option<u32>,
    /// No keyframes at scene cuts
    #[arg(long)]
    no_scenecut: bool,
    /// Pictures of lookahead, 0 to 250 [default: the preset's]
    #[arg(long, value_name = "N")]
    rc_lookahead: Option<u8>,
    /// Offsets of the deblocking filter, -6 to 6, like -1:-1 [default: the tune's]
    #[arg(long, value_name = "A:B", value_parser = parse_deblock, allow_hyphen_values = true)]
    deblock: Option<[i8; 2]>,
    /// No deblocking filter
    #[arg(long, conflicts_with = "deblock")]
    no_deblock: bool,
    /// Strength of adaptive quantisation, 0 (off) to 3 [default: the tune's]
    #[arg(long, value_name = "F")]
    aq_strength: Option<f32>,
    /// How much quality follows complexity, 0 (all pictures get the same bits) to 1 (the same quantiser) [default: 0.6]
    #[arg(long, value_name = "F")]
    qcomp: Option<f32>,
    /// Quantiser step of P pictures over that of keyframes
    #[arg(long, value_name = "F")]
    ipratio: Option<f32>,
    /// Quantiser step of B pictures over that of P pictures
    #[arg(long, value_name = "F")]
    pbratio: Option<f32>,
    /// Least quantiser of a picture [default: 0]
    #[arg(long, value_name = "QP")]
    qpmin: Option<u8>,
    /// Largest quantiser of a picture [default: 51]
    #[arg(long, value_name = "QP")]
    qpmax: Option<u8>,
    /// What the decoder must stand, like 4.1; the rate is kept to what it takes [default: the lowest that fits]
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    level: Option<u8>,
    /// Measure the error of the pictures and print it
    #[arg(long)]
    psnr: bool,
}

impl Video {
    /// As a job takes them, with the profile.
    pub(crate) fn options(&self, profile: Option<Profile>) -> VideoOptions {
        let off = |flag: bool| flag.then_some(false);
        let on = |flag: bool| flag.then_some(true);
        VideoOptions {
            two_pass: on(self.two_pass),
            vbv_maxrate: self.vbv_maxrate,
            vbv_bufsize: self.vbv_bufsize,
            vbv_init: self.vbv_init,
            nal_hrd: self.nal_hrd,
            bframes: self.bframes,
            b_adapt: self.b_adapt,
            b_pyramid: off(self.no_b_pyramid),
            weightb: off(self.no_weightb),
            weightp: self.weightp,
            direct: self.direct,
            references: self.references,
            min_keyint: self.min_keyint,
            scenecut: off(self.no_scenecut),
            rc_lookahead: self.rc_lookahead,
            deblock: if self.no_deblock { Some(None) } else { self.deblock.map(Some) },
            aq_strength: self.aq_strength,
            qcomp: self.qcomp,
            ipratio: self.ipratio,
            pbratio: self.pbratio,
            qpmin: self.qpmin,
            qpmax: self.qpmax,
            profile,
            level: self.level,
            psnr: on(self.psnr),
        }
    }
}

/// The profile of what is encoded, which is either pictures or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnyProfile {
    Video(Profile),
    Sound(AacProfile),
}

impl AnyProfile {
    const ALL: &'static [Self] = &[
        Self::Video(Profile::Baseline),
        Self::Video(Profile::Main),
        Self::Video(Profile::High),
        Self::Sound(AacProfile::Lc),
        Self::Sound(AacProfile::He),
    ];
    fn name(self) -> &'static str {
        match self {
            Self::Video(p) => p.name(),
            Self::Sound(p) => p.as_str(),
        }
    }
}

/// Show what a file contains
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// File to read
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Decode the first video track to uncompressed pictures, or the first audio track to uncompressed sound
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("target").args(["output", "md5", "null"]).required(true))]
pub(crate) struct Decode {
    /// File to read
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// File to write: .y4m or .yuv; of sound .wav, .pcm or .raw
    #[arg(value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Which track to decode: the first of its kind [default: what the output's ending says, else video if there is any]
    #[arg(long, value_name = "KIND", value_parser = choice(StreamKind::ALL, StreamKind::as_str))]
    pub(crate) stream: Option<StreamKind>,
    /// How samples of sound are written [default: as the source has them if it is uncompressed, else s16]
    #[arg(long, value_name = "FORMAT", value_parser = choice(SampleFormat::ALL, SampleFormat::as_str))]
    pub(crate) sample_format: Option<SampleFormat>,
    /// Print the MD5 of the planar pictures in output order, or of the samples, instead of writing them
    #[arg(long)]
    pub(crate) md5: bool,
    /// Throw the pictures or samples away and print how many there were
    #[arg(long)]
    pub(crate) null: bool,
    /// Stop at the first error in the stream instead of concealing it
    #[arg(long)]
    pub(crate) strict: bool,
    /// Number of threads [default: as many as the machine runs at once]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// Encode uncompressed pictures as H.264, or uncompressed sound as AAC
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("rate").args(["bitrate", "crf", "qp"]))]
pub(crate) struct Encode {
    /// Y4M or WAVE file to read
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// File to write: .264, .mp4 or .mov; of sound .aac, .m4a, .mp4 or .mov
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// Time for size [default: medium]
    #[arg(long, value_name = "PRESET", value_parser = choice(Preset::ALL, Preset::name))]
    pub(crate) preset: Option<Preset>,
    /// The measure of quality to favour
    #[arg(long, value_name = "TUNE", value_parser = choice(Tune::ALL, Tune::name))]
    pub(crate) tune: Option<Tune>,
    /// Constant quality, 0 (best) to 51 [default: 23]
    #[arg(long, value_name = "Q")]
    pub(crate) crf: Option<f32>,
    /// Constant quantiser, 0 (best) to 51
    #[arg(long, value_name = "QP")]
    pub(crate) qp: Option<u8>,
    /// Average bits per second, like 2M or 500k
    #[arg(long, value_name = "RATE", value_parser = parse_bitrate)]
    pub(crate) bitrate: Option<u64>,
    /// Bits per second of the audio, like 128k [default: what suits its channels]
    #[arg(long, value_name = "RATE", value_parser = parse_bitrate)]
    pub(crate) audio_bitrate: Option<u64>,
    /// Constant quality of the audio, 1 to 5 (best)
    #[arg(long, value_name = "Q", conflicts_with = "audio_bitrate")]
    pub(crate) vbr: Option<u8>,
    /// What the decoder must know: baseline, main or high [default: high]; of sound, lc or he [default: lc]
    #[arg(long, value_name = "PROFILE", value_parser = choice(AnyProfile::ALL, AnyProfile::name))]
    pub(crate) profile: Option<AnyProfile>,
    #[command(flatten)]
    pub(crate) video: Video,
    /// Most pictures from one IDR picture to the next [default: 250]
    #[arg(long, value_name = "N")]
    pub(crate) keyint: Option<u32>,
    /// Number of threads [default: as many as the machine runs at once]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// Make a short clip with picture and sound, to try the other commands with
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct MakeClip {
    /// File to write: .mp4 or .mov
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// Length in seconds, 1 to 60
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// A parser of one of the names of `all`; clap's message lists them.
fn choice<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let names = all.iter().map(|&c| PossibleValue::new(name(c)));
    PossibleValuesParser::new(names)
        .try_map(move |s| all.iter().copied().find(|&c| name(c) == s).ok_or("not one of the choices"))
}

fn simd_level() -> impl TypedValueParser<Value = SimdLevel> {
    const ALL: &[SimdLevel] = &SimdLevel::ALL;
    choice(ALL, SimdLevel::name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn usage_errors() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map_err(|e| e.exit_code());
        for good in [
            "transcode convert a b --video-bitrate 2M --resolution 1280x720 --threads 2 --overwrite --simd avx2",
            "transcode --quiet decode a --md5",
            "transcode decode a b.y4m",
            "transcode decode a b.wav --stream audio --sample-format f32",
            "transcode encode a.y4m b.264 --preset fast --tune psnr --qp 20 --keyint 50",
            "transcode encode a.wav b.m4a --audio-bitrate 128k --profile lc",
            "transcode encode a.wav b.aac --vbr 4",
            "transcode convert a b --audio-codec aac --audio-bitrate 96k --audio-channels 5.1 --audio-sample-rate 48000",
            "transcode encode a.y4m b.264 --bitrate 1M --two-pass --vbv-maxrate 2M --vbv-bufsize 2M --nal-hrd vbr --level 4.1",
            "transcode encode a.y4m b.264 --profile baseline --ref 2 --bframes 0 --deblock -1:-1 --psnr",
            "transcode convert a b --video-bitrate 2M --two-pass --tune film --keyint 100 --profile main --qcomp 0.7",
            "transcode simd",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "transcode convert a",
            "transcode convert a b --crf 20 --qp 20",
            "transcode convert a b --video-codec vp9",
            "transcode convert a b --audio-codec mp3",
            "transcode convert a b --audio-channels 5.2",
            "transcode encode a.wav b.aac --vbr 4 --audio-bitrate 96k",
            "transcode encode a.wav b.aac --profile extended",
            "transcode encode a.y4m b.264 --vbv-maxrate 2M",
            "transcode encode a.y4m b.264 --level 4.3",
            "transcode encode a.y4m b.264 --deblock 7:7",
            "transcode convert a b --video-bitrate fast",
            "transcode convert a b --resolution 1280",
            "transcode decode a",
            "transcode decode a b.y4m --md5",
            "transcode decode a --md5 --null",
            "transcode decode a b.wav --sample-format s12",
            "transcode decode a b.wav --stream text",
            "transcode simd --simd avx3",
            "transcode paint",
        ] {
            assert_eq!(parse(bad).unwrap_err(), 2, "{bad}");
        }
    }
}
