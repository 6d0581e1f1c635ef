//! What becomes of the audio tracks.

use crate::audio::decoder::can_decode;
use crate::audio::encoder::{AacRate, Coding, aac_format, aac_rates, aac_takes_layout, aac_takes_rate};
use crate::audio::source::SoundFormat;
use crate::audio::stream::SoundPlan;
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::format::OutputFormat;
use crate::job::JobOptions;
use crate::options::{AacProfile, AudioCodec, SampleFormat};
use std::path::Path;
use transcode_container::TrackInfo;
use transcode_core::Kernels;

/// What becomes of an audio track.
#[derive(Debug)]
pub(crate) enum Choice {
    /// Its packets are copied.
    Copy,
    /// It is coded anew.
    Code(Box<SoundPlan>),
    /// It cannot be had in the output, and nobody asked for it by name.
    Drop(String),
}

/// What a job has to do with sound.
pub(crate) struct SoundJob<'a> {
    pub(crate) options: &'a JobOptions,
    pub(crate) input: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) format: OutputFormat,
    pub(crate) kernels: Kernels,
    pub(crate) cancel: &'a CancelToken,
}

impl SoundJob<'_> {
    /// Decides about `track`, of which `copy` tells whether the output can hold a copy, or why not.
    ///
    /// # Errors
    /// What was asked for and cannot be done.
    pub(crate) fn choose(&self, track: &TrackInfo, copy: std::result::Result<(), String>) -> Result<Choice> {
        let o = self.options;
        let coding = match (o.audio_codec, &copy) {
            (Some(AudioCodec::Copy), _) => return Ok(Choice::Copy),
            (None, Ok(())) if !o.asks_for_coded_sound() => return Ok(Choice::Copy),
            (Some(AudioCodec::Aac), _) => self.aac(),
            (Some(AudioCodec::Pcm), _) => self.pcm(track),
            _ if self.format == OutputFormat::Wav => self.pcm(track),
            _ => self.aac(),
        };
        if let (None, false, Err(why), Err(cannot)) =
            (o.audio_codec, o.asks_for_coded_sound(), &copy, can_decode(track))
        {
            return Ok(Choice::Drop(format!("{why}; {cannot} is not supported either")));
        }
        self.format.check_coding(&coding, self.output)?;
        let choose = |from: SoundFormat| self.target(from, &coding);
        let plan = SoundPlan::new(self.input, self.output, track, coding, self.kernels, self.cancel, choose)?;
        Ok(Choice::Code(Box::new(plan)))
    }
    fn aac(&self) -> Coding {
        let o = self.options;
        let rate = match (o.audio_bitrate, o.audio_quality) {
            (Some(bits), _) => AacRate::Bits(u32::try_from(bits).unwrap_or(u32::MAX)),
            (_, Some(quality)) => AacRate::Quality(quality),
            _ => AacRate::Usual,
        };
        let profile = o.audio_profile.unwrap_or(AacProfile::Lc);
        Coding::Aac { profile, rate, overhead: self.format.frame_overhead() }
    }
    /// As the source has its samples if it is uncompressed, else 16 bits.
    fn pcm(&self, track: &TrackInfo) -> Coding {
        let stored = track.audio().and_then(|a| SampleFormat::of(a.pcm?.sample));
        Coding::Pcm(stored.unwrap_or(SampleFormat::S16).pcm())
    }
    /// What sound that is `from` is made to be.
    fn target(&self, from: SoundFormat, coding: &Coding) -> Result<SoundFormat> {
        let o = self.options;
        let asked = SoundFormat {
            rate: o.audio_sample_rate.unwrap_or(from.rate),
            layout: o.audio_channels.unwrap_or(from.layout),
        };
        if !matches!(coding, Coding::Aac { .. }) {
            return Ok(asked);
        }
        if let Some(rate) = o.audio_sample_rate.filter(|&r| !aac_takes_rate(r)) {
            return Err(Error::option(
                "audio_sample_rate",
                format!("{rate} is not one of {}, which AAC takes", aac_rates()),
            ));
        }
        if let Some(layout) = o.audio_channels.filter(|&l| !aac_takes_layout(l)) {
            let good = "mono, stereo, 3.0, 4.0, 5.0, 5.1, 7.1";
            return Err(Error::option("audio_channels", format!("{layout} is not one of {good}, which AAC takes")));
        }
        Ok(aac_format(asked))
    }
}
