//! What a job is to do, and every check of it that needs no input.

use crate::audio::ChannelLayout;
use crate::error::{Error, Result};
use crate::format::OutputFormat;
use crate::options::{
    AacProfile, AudioCodec, BAdapt, Direct, NalHrd, Preset, Profile, Rate, Resolution, Tune, VideoCodec,
};
use crate::progress::RunControl;
use crate::stats::Stats;
use crate::video_options::VideoOptions;
use std::path::{Path, PathBuf};
use transcode_simd::SimdLevel;

/// Most threads that a job takes.
pub const MAX_THREADS: usize = 256;

/// Largest side of an encoded picture in luma samples (H.264 level 6.2 allows 139,264 macroblocks, 1,055 in a row).
pub const MAX_SIDE: u32 = 16_384;

/// The options of a job as they were asked for; `None` is "not said".
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobOptions {
    /// File to read.
    pub input: Option<PathBuf>,
    /// File to write.
    pub output: Option<PathBuf>,
    /// What becomes of the first video track; H.264 if not said and there is one.
    pub video_codec: Option<VideoCodec>,
    /// What becomes of the audio tracks. If not said: copied where the output can hold them and no other option asks for more,
    /// else AAC (in WAVE, uncompressed).
    pub audio_codec: Option<AudioCodec>,
    /// Constant quality, 0 to 51.
    pub crf: Option<f32>,
    /// Constant quantiser, 0 to 51.
    pub qp: Option<u8>,
    /// Average bits per second of the video.
    pub video_bitrate: Option<u64>,
    /// Bits per second of the audio, all channels together. One of `audio_bitrate` and `audio_quality`.
    pub audio_bitrate: Option<u64>,
    /// Constant quality of the audio, 1 to 5 (best).
    pub audio_quality: Option<u8>,
    /// Which kind of AAC is encoded; AAC LC if not said.
    pub audio_profile: Option<AacProfile>,
    /// Samples a second of the audio; as in the source if not said.
    pub audio_sample_rate: Option<u32>,
    /// Channels of the audio; as in the source if not said.
    pub audio_channels: Option<ChannelLayout>,
    /// How much time the encoder takes.
    pub preset: Option<Preset>,
    /// Which measure of quality the encoder favours.
    pub tune: Option<Tune>,
    /// Most pictures from one IDR picture to the next.
    pub keyint: Option<u32>,
    /// What else the encoder of video is told.
    pub video: VideoOptions,
    /// Size of the encoded picture.
    pub resolution: Option<Resolution>,
    /// Whether an existing output may be replaced.
    pub overwrite: bool,
    /// Number of threads; as many as the machine runs at once if not said. The output does not depend on it.
    pub threads: Option<usize>,
    /// Highest SIMD level to use; the best there is if not said. The output does not depend on it.
    pub simd: Option<SimdLevel>,
}

/// Collects a job's options; every method returns the builder.
#[derive(Debug, Clone, Default)]
pub struct JobBuilder {
    options: JobOptions,
}

/// Writes one builder method per option.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: $type) -> Self {
            self.options.$name = Some(value.into());
            self
        }
    )+};
}

/// The same for [`VideoOptions`].
macro_rules! video_setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: $type) -> Self {
            self.options.video.$name = Some(value);
            self
        }
    )+};
}

impl JobBuilder {
    setters! {
        /// File to read.
        input: impl Into<PathBuf>,
        /// File to write; its ending says the container: `.mp4`, `.m4v`, `.m4a`, `.mov`, `.264`; of sound alone `.wav`, `.aac`.
        output: impl Into<PathBuf>,
        /// What becomes of the first video track.
        video_codec: VideoCodec,
        /// What becomes of the audio tracks.
        audio_codec: AudioCodec,
        /// Constant quality, 0 (best) to 51. One of `crf`, `qp` and `video_bitrate`.
        crf: f32,
        /// Constant quantiser, 0 (best) to 51. One of `crf`, `qp` and `video_bitrate`.
        qp: u8,
        /// Average bits per second of the video. One of `crf`, `qp` and `video_bitrate`.
        video_bitrate: u64,
        /// Bits per second of the audio, all channels together. One of `audio_bitrate` and `audio_quality`.
        audio_bitrate: u64,
        /// Constant quality of the audio, 1 to 5 (best). One of `audio_bitrate` and `audio_quality`.
        audio_quality: u8,
        /// Which kind of AAC is encoded.
        audio_profile: AacProfile,
        /// Samples a second of the audio.
        audio_sample_rate: u32,
        /// Channels of the audio.
        audio_channels: ChannelLayout,
        /// How much time the encoder takes to spend fewer bits.
        preset: Preset,
        /// Which measure of quality the encoder favours.
        tune: Tune,
        /// Most pictures from one IDR picture to the next.
        keyint: u32,
        /// Number of threads, at least 1. The output does not depend on it.
        threads: usize,
        /// Highest SIMD level to use. The output does not depend on it.
        simd: SimdLevel,
    }
    video_setters! {
        /// Two passes: what each picture needs is found out first, and the bits are shared out over the whole film.
        two_pass: bool,
        /// Bits per second at which the decoder's buffer fills. With `vbv_bufsize`.
        vbv_maxrate: u64,
        /// Bits that the decoder's buffer holds. With `vbv_maxrate`.
        vbv_bufsize: u64,
        /// How full the decoder's buffer is at first, 0 to 1.
        vbv_init: f32,
        /// Whether the stream tells of the decoder's buffer; `cbr` also fills it up.
        nal_hrd: NalHrd,
        /// Most B pictures in a row, 0 to 16.
        bframes: u8,
        /// How the number of B pictures in a row is chosen.
        b_adapt: BAdapt,
        /// Whether B pictures may be references.
        b_pyramid: bool,
        /// Weighted prediction of B pictures.
        weightb: bool,
        /// Weighted prediction of P pictures: 0 none, 1 for fades, 2 also with a second look at the nearest picture.
        weightp: u8,
        /// Where the motion of direct macroblocks comes from.
        direct: Direct,
        /// Reference pictures, 1 to 16.
        references: u8,
        /// Least distance of a keyframe at a scene cut from the one before.
        min_keyint: u32,
        /// Whether scene cuts become keyframes.
        scenecut: bool,
        /// Pictures of lookahead, 0 to 250.
        rc_lookahead: u8,
        /// The deblocking filter: its two offsets, -6 (less) to 6 (more), or `None` for off.
        deblock: Option<[i8; 2]>,
        /// Strength of adaptive quantisation, 0 (off) to 3.
        aq_strength: f32,
        /// How much quality follows complexity: 0 (all pictures get the same bits) to 1 (the same quantiser).
        qcomp: f32,
        /// Quantiser step of P pictures over that of keyframes, 0.1 to 10.
        ipratio: f32,
        /// Quantiser step of B pictures over that of P pictures, 0.1 to 10.
        pbratio: f32,
        /// Least quantiser of a picture, 0 to 51.
        qpmin: u8,
        /// Largest quantiser of a picture, 0 to 51.
        qpmax: u8,
        /// What the decoder must know.
        profile: Profile,
        /// What the decoder must stand, as ten times its number: 41 is level 4.1. The rate is kept to the level's.
        level: u8,
        /// Whether the error of the pictures is measured, for the statistics.
        psnr: bool,
    }
    /// Size of the encoded picture in luma samples; both sides even, as 4:2:0 chroma needs.
    #[must_use]
    pub fn resolution(mut self, width: u32, height: u32) -> Self {
        self.options.resolution = Some(Resolution { width, height });
        self
    }
    /// Whether an existing output may be replaced.
    #[must_use]
    pub fn overwrite(mut self, value: bool) -> Self {
        self.options.overwrite = value;
        self
    }
    /// The options so far.
    pub fn options(&self) -> &JobOptions {
        &self.options
    }
    /// Checks the options against each other.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if one is missing, out of range, or would have no effect.
    pub fn build(self) -> Result<Job> {
        Job::new(self.options)
    }
}

impl From<JobOptions> for JobBuilder {
    fn from(options: JobOptions) -> Self {
        Self { options }
    }
}

/// A transcoding job whose options fit together.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    options: JobOptions,
    input: PathBuf,
    output: PathBuf,
    rate: Rate,
    format: OutputFormat,
}

impl Job {
    /// A builder with no options.
    pub fn builder() -> JobBuilder {
        JobBuilder::default()
    }
    /// A job of these options.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if one is missing, out of range, or would have no effect.
    pub fn new(options: JobOptions) -> Result<Self> {
        let path = |p: &Option<PathBuf>, name| match p {
            Some(p) if !p.as_os_str().is_empty() => Ok(p.clone()),
            Some(_) => Err(Error::option(name, "is empty")),
            None => Err(Error::option(name, "is not given")),
        };
        let (input, output) = (path(&options.input, "input")?, path(&options.output, "output")?);
        let rate = check_rate(&options)?;
        check_effect(&options)?;
        check_ranges(&options)?;
        if options.video.two_pass == Some(true) && options.qp.is_some() {
            return Err(Error::option("two_pass", "has no effect with qp"));
        }
        if options.video.vbv_maxrate.is_some() && options.qp.is_some() {
            return Err(Error::option("vbv_maxrate", "cannot be kept with qp"));
        }
        let format = OutputFormat::of(&output)?;
        Ok(Self { options, input, output, rate, format })
    }
    /// The options that the job was built of.
    pub fn options(&self) -> &JobOptions {
        &self.options
    }
    /// File to read.
    pub fn input(&self) -> &Path {
        &self.input
    }
    /// File to write.
    pub fn output(&self) -> &Path {
        &self.output
    }
    /// How the encoder spends bits.
    pub fn rate(&self) -> Rate {
        self.rate
    }
    /// The output's container.
    pub(crate) fn format(&self) -> OutputFormat {
        self.format
    }
    /// Number of threads.
    pub fn threads(&self) -> usize {
        thread_count(self.options.threads)
    }
    /// Runs the job on this thread and the job's own, until the output is whole.
    ///
    /// # Errors
    /// Any kind of [`Error`]; the output then does not exist, or is what it was before.
    pub fn run(&self, control: RunControl<'_>) -> Result<Stats> {
        crate::exec::run(self, control)
    }
}

/// The number of threads asked for, or that the machine runs at once.
pub(crate) fn thread_count(asked: Option<usize>) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.unwrap_or_else(available).clamp(1, MAX_THREADS)
}

/// At most one rate option, in its range.
fn check_rate(o: &JobOptions) -> Result<Rate> {
    let given: Vec<(&'static str, Rate)> = [
        o.crf.map(|q| ("crf", Rate::Crf(q))),
        o.qp.map(|q| ("qp", Rate::Qp(q))),
        o.video_bitrate.map(|b| ("video_bitrate", Rate::Bitrate(b))),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [(first, _), (second, _), ..] = given[..] {
        return Err(Error::option(second, format!("cannot be used together with {first}")));
    }
    let Some(&(name, rate)) = given.first() else { return Ok(Rate::default()) };
    let fits = match rate {
        Rate::Crf(q) => (0.0..=51.0).contains(&q),
        Rate::Qp(q) => q <= 51,
        Rate::Bitrate(b) => (1_000..=2_000_000_000).contains(&b),
    };
    match (fits, rate) {
        (true, _) => Ok(rate),
        (_, Rate::Bitrate(b)) => {
            Err(Error::option(name, format!("{b} is not from 1000 to 2000000000 bits per second")))
        }
        (_, Rate::Crf(q)) => Err(Error::option(name, format!("{q} is not from 0 to 51"))),
        (_, Rate::Qp(q)) => Err(Error::option(name, format!("{q} is not from 0 to 51"))),
    }
}

/// No option without effect.
fn check_effect(o: &JobOptions) -> Result<()> {
    if let Some(codec @ (VideoCodec::Copy | VideoCodec::None)) = o.video_codec
        && let Some(name) = o.encoder_options().next()
    {
        return Err(Error::option(name, format!("has no effect with video_codec {codec}: nothing is encoded")));
    }
    if let (Some(codec @ (AudioCodec::Copy | AudioCodec::None)), Some(name)) = (o.audio_codec, o.sound_options().next())
    {
        return Err(Error::option(name, format!("has no effect with audio_codec {codec}: no audio is encoded")));
    }
    if let (Some(codec @ AudioCodec::Pcm), Some(name)) = (o.audio_codec, o.aac_options().next()) {
        return Err(Error::option(name, format!("has no effect with audio_codec {codec}: samples are not compressed")));
    }
    if o.audio_quality.is_some() && o.audio_bitrate.is_some() {
        return Err(Error::option("audio_quality", "cannot be used together with audio_bitrate"));
    }
    if o.video_codec == Some(VideoCodec::None) && o.audio_codec == Some(AudioCodec::None) {
        return Err(Error::option("audio_codec", "none together with video_codec none leaves nothing to write"));
    }
    Ok(())
}

/// Numbers within what can be done.
fn check_ranges(o: &JobOptions) -> Result<()> {
    if let Some(size @ Resolution { width, height }) = o.resolution {
        if width % 2 != 0 || height % 2 != 0 {
            return Err(Error::option(
                "resolution",
                format!("{size}: width and height must be even, for 4:2:0 chroma"),
            ));
        }
        if !(16..=MAX_SIDE).contains(&width) || !(16..=MAX_SIDE).contains(&height) {
            return Err(Error::option("resolution", format!("{size}: width and height must be from 16 to {MAX_SIDE}")));
        }
    }
    if let Some(threads) = o.threads
        && !(1..=MAX_THREADS).contains(&threads)
    {
        return Err(Error::option("threads", format!("{threads} is not from 1 to {MAX_THREADS}")));
    }
    if let Some(bits) = o.audio_bitrate.filter(|b| !(8_000..=2_000_000).contains(b)) {
        return Err(Error::option("audio_bitrate", format!("{bits} is not from 8000 to 2000000 bits per second")));
    }
    if let Some(quality) = o.audio_quality.filter(|q| !(1..=5).contains(q)) {
        return Err(Error::option("audio_quality", format!("{quality} is not from 1 to 5")));
    }
    if let Some(rate) = o.audio_sample_rate.filter(|r| !(1_000..=768_000).contains(r)) {
        return Err(Error::option("audio_sample_rate", format!("{rate} is not from 1000 to 768000")));
    }
    if o.keyint == Some(0) {
        return Err(Error::option("keyint", "0 is not at least 1"));
    }
    o.video.check()
}

impl JobOptions {
    /// Whether an option is given that a copy of the sound could not heed.
    pub(crate) fn asks_for_coded_sound(&self) -> bool {
        self.sound_options().next().is_some()
    }
    /// The name of an option given that has no effect on an input without sound.
    pub(crate) fn needs_sound(&self) -> Option<&'static str> {
        let codec = matches!(self.audio_codec, Some(AudioCodec::Aac | AudioCodec::Pcm)).then_some("audio_codec");
        codec.or_else(|| self.sound_options().next())
    }
    /// The names of the options given that are about sound that is coded anew.
    pub(crate) fn sound_options(&self) -> impl Iterator<Item = &'static str> {
        let samples = [
            (self.audio_sample_rate.is_some(), "audio_sample_rate"),
            (self.audio_channels.is_some(), "audio_channels"),
        ];
        self.aac_options().chain(samples.into_iter().filter_map(|(given, name)| given.then_some(name)))
    }
    /// The names of the options given that only an encoder of AAC heeds.
    pub(crate) fn aac_options(&self) -> impl Iterator<Item = &'static str> + use<> {
        [
            (self.audio_bitrate.is_some(), "audio_bitrate"),
            (self.audio_quality.is_some(), "audio_quality"),
            (self.audio_profile.is_some(), "audio_profile"),
        ]
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
    }
    /// The names of the options given that only an encoder of video heeds.
    pub(crate) fn encoder_options(&self) -> impl Iterator<Item = &'static str> {
        let usual = [
            (self.crf.is_some(), "crf"),
            (self.qp.is_some(), "qp"),
            (self.video_bitrate.is_some(), "video_bitrate"),
            (self.preset.is_some(), "preset"),
            (self.tune.is_some(), "tune"),
            (self.keyint.is_some(), "keyint"),
            (self.resolution.is_some(), "resolution"),
        ];
        usual.into_iter().filter_map(|(given, name)| given.then_some(name)).chain(self.video.given())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn base() -> JobBuilder {
        Job::builder().input("in.mp4").output("out.mp4")
    }

    fn refusal(b: JobBuilder) -> String {
        let error = b.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        error.to_string()
    }

    #[test]
    fn good_jobs() {
        assert_eq!(base().build().unwrap().rate(), Rate::Crf(23.0));
        assert_eq!(base().qp(0).build().unwrap().rate(), Rate::Qp(0));
        assert_eq!(base().video_bitrate(2_000_000).build().unwrap().rate(), Rate::Bitrate(2_000_000));
        assert!(base().video_codec(VideoCodec::Copy).audio_codec(AudioCodec::None).build().is_ok());
        assert_eq!(base().threads(3).build().unwrap().threads(), 3);
    }

    #[test]
    fn missing_paths() {
        assert_eq!(refusal(Job::builder().output("o.mp4")), "input: is not given");
        assert_eq!(refusal(Job::builder().input("i.mp4").output("")), "output: is empty");
    }

    #[test]
    fn options_without_effect() {
        for codec in [VideoCodec::Copy, VideoCodec::None] {
            let b = || base().video_codec(codec);
            for (builder, name) in [
                (b().crf(20.0), "crf"),
                (b().qp(20), "qp"),
                (b().video_bitrate(1_000_000), "video_bitrate"),
                (b().preset(Preset::Fast), "preset"),
                (b().tune(Tune::Psnr), "tune"),
                (b().keyint(30), "keyint"),
                (b().two_pass(true), "two_pass"),
                (b().level(41), "level"),
                (b().resolution(640, 360), "resolution"),
            ] {
                assert!(refusal(builder).starts_with(&format!("{name}: has no effect with video_codec {codec}")));
            }
        }
        for codec in [AudioCodec::Copy, AudioCodec::None] {
            let b = || base().audio_codec(codec);
            for (builder, name) in [
                (b().audio_bitrate(128_000), "audio_bitrate"),
                (b().audio_quality(4), "audio_quality"),
                (b().audio_profile(AacProfile::Lc), "audio_profile"),
                (b().audio_sample_rate(48_000u32), "audio_sample_rate"),
                (b().audio_channels(ChannelLayout::MONO), "audio_channels"),
            ] {
                assert!(refusal(builder).starts_with(&format!("{name}: has no effect with audio_codec {codec}")));
            }
        }
        assert!(
            refusal(base().audio_codec(AudioCodec::Pcm).audio_quality(2)).starts_with("audio_quality: has no effect")
        );
        assert!(refusal(base().audio_bitrate(96_000).audio_quality(2)).contains("together with audio_bitrate"));
        assert!(base().audio_bitrate(128_000).audio_channels(ChannelLayout::STEREO).build().is_ok());
        assert!(refusal(base().video_codec(VideoCodec::None).audio_codec(AudioCodec::None)).contains("nothing"));
    }

    #[test]
    fn rates_exclude_each_other() {
        assert!(refusal(base().crf(20.0).video_bitrate(1_000_000)).contains("together with crf"));
        assert!(refusal(base().crf(20.0).qp(20)).contains("together with crf"));
        assert!(refusal(base().qp(20).two_pass(true)).starts_with("two_pass: has no effect with qp"));
        assert!(base().crf(23.0).two_pass(true).build().is_ok());
    }

    #[test]
    fn ranges() {
        assert!(refusal(base().resolution(641, 360)).contains("must be even"));
        assert!(refusal(base().resolution(640, 0)).contains("from 16"));
        assert!(refusal(base().threads(0)).contains("from 1"));
        assert!(refusal(base().crf(f32::NAN)).contains("0 to 51"));
        assert!(refusal(base().crf(-1.0)).contains("0 to 51"));
        assert!(refusal(base().qp(52)).contains("0 to 51"));
        assert!(refusal(base().video_bitrate(10)).contains("1000"));
        assert!(refusal(base().keyint(0)).contains("at least 1"));
        assert!(refusal(base().audio_bitrate(128)).contains("8000"));
        assert!(refusal(base().audio_quality(6)).contains("1 to 5"));
        assert!(refusal(base().audio_sample_rate(0u32)).contains("1000"));
    }
}
