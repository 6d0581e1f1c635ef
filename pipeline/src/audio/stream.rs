//! What a job's audio thread does: a track's sound from its packets to the output's.

use super::decoder::SoundOptions;
use super::encoder::{Coding, SoundEncoder};
use super::mix::Mixer;
use super::resample::{self, Quality, Resampler};
use super::source::{SoundFormat, SoundSource};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::queue::Sender;
use crate::stats::AudioStats;
use std::path::Path;
use transcode_container::{Packet, TrackInfo, TrackSpec};
use transcode_core::Kernels;

/// How a track's sound is coded anew.
#[derive(Debug)]
pub(crate) struct SoundPlan {
    /// What it is coded as.
    coding: Coding,
    /// What its samples are made to be before that.
    target: SoundFormat,
    kernels: Kernels,
    /// The output's description of the track.
    pub(crate) spec: TrackSpec,
}

impl SoundPlan {
    /// A plan for the sound of `track` in the file at `input`. `choose` is told what the sound is and says what it is to be.
    ///
    /// # Errors
    /// What cannot be decoded, mixed or encoded.
    pub(crate) fn new(
        input: &Path,
        output: &Path,
        track: &TrackInfo,
        coding: Coding,
        kernels: Kernels,
        cancel: &CancelToken,
        choose: impl FnOnce(SoundFormat) -> Result<SoundFormat>,
    ) -> Result<Self> {
        let options = SoundOptions { kernels, strict: false };
        let mut source = SoundSource::open(input, track, options, true, cancel)?;
        let first = source.next_block()?;
        let (Some(_), Some(format)) = (first, source.format()) else {
            let message = "the audio track has no samples that are heard".into();
            return Err(Error::InvalidData { path: input.into(), message });
        };
        let target = choose(format)?;
        mixer(input, format, target)?;
        let encoder = SoundEncoder::new(output, coding, target, 0, kernels)?;
        Ok(Self { coding, target, kernels, spec: encoder.spec() })
    }
    /// Decodes `track` of the file at `input`, and puts the packets of the output into `packets`.
    ///
    /// # Errors
    /// What is wrong with the input; what cannot be done with it; [`Error::Cancelled`].
    pub(crate) fn run(
        &self,
        input: &Path,
        output: &Path,
        track: &TrackInfo,
        cancel: &CancelToken,
        packets: &Sender<Result<Packet>>,
    ) -> Result<AudioStats> {
        let options = SoundOptions { kernels: self.kernels, strict: false };
        let mut source = SoundSource::open(input, track, options, true, cancel)?;
        let (mut given, mut bytes) = (0, 0);
        let mut give = |packet: Packet| {
            let weight = packet.data.len();
            given += 1;
            bytes += weight as u64;
            packets.send(Ok(packet), weight)
        };
        let mut chain: Option<Chain> = None;
        while let Some(block) = source.next_block()? {
            let chain = match &mut chain {
                Some(chain) => chain,
                None => {
                    let Some(format) = source.format() else { continue };
                    chain.insert(Chain::new(self, input, output, format, block.start)?)
                }
            };
            chain.push(input, block.planes, &mut give)?;
        }
        if let Some(chain) = &mut chain {
            chain.finish(input, &mut give)?;
        }
        let counts = source.counts();
        let rate = source.format().map_or(0, |f| f.rate);
        let encoded = chain.map_or(0, |c| c.taken);
        Ok(AudioStats {
            packets_decoded: counts.packets,
            samples_decoded: counts.samples,
            concealed: counts.concealed,
            bitrate_decoded: AudioStats::bitrate(counts.bytes, counts.samples, rate),
            packets_encoded: given,
            samples_encoded: encoded,
            bitrate_encoded: AudioStats::bitrate(bytes, encoded, self.target.rate),
        })
    }
}

fn mixer(input: &Path, from: SoundFormat, to: SoundFormat) -> Result<Option<Mixer>> {
    Mixer::new(from.layout, to.layout).map_err(|feature| Error::Unsupported { path: input.into(), feature })
}

/// What samples pass through.
struct Chain {
    mixer: Option<Mixer>,
    resampler: Option<Resampler>,
    encoder: SoundEncoder,
    /// Fewer channels are less work to resample.
    mix_first: bool,
    /// Samples that the encoder was given.
    taken: u64,
}

impl Chain {
    fn new(plan: &SoundPlan, input: &Path, output: &Path, format: SoundFormat, start: i64) -> Result<Self> {
        let target = plan.target;
        let mix_first = target.layout.channels() <= format.layout.channels();
        let channels = target.layout.channels().min(format.layout.channels());
        let start = resample::start_at(start, format.rate, target.rate);
        Ok(Self {
            mixer: mixer(input, format, target)?,
            resampler: Resampler::new(format.rate, target.rate, channels, Quality::HIGH),
            encoder: SoundEncoder::new(output, plan.coding, target, start, plan.kernels)?,
            mix_first,
            taken: 0,
        })
    }
    fn push(
        &mut self,
        input: &Path,
        mut planes: Vec<Vec<f32>>,
        give: &mut dyn FnMut(Packet) -> Result<()>,
    ) -> Result<()> {
        if self.mix_first {
            planes = self.mixed(planes);
        }
        if let Some(resampler) = &mut self.resampler {
            planes = resampler.push(&planes);
        }
        self.encode(input, planes, give)
    }
    fn finish(&mut self, input: &Path, give: &mut dyn FnMut(Packet) -> Result<()>) -> Result<()> {
        if let Some(resampler) = &mut self.resampler {
            let planes = resampler.finish();
            self.encode(input, planes, give)?;
        }
        self.encoder.finish(input, give)
    }
    fn encode(
        &mut self,
        input: &Path,
        mut planes: Vec<Vec<f32>>,
        give: &mut dyn FnMut(Packet) -> Result<()>,
    ) -> Result<()> {
        if !self.mix_first {
            planes = self.mixed(planes);
        }
        self.taken += planes.first().map_or(0, Vec::len) as u64;
        self.encoder.push(input, &planes, give)
    }
    fn mixed(&self, planes: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        match &self.mixer {
            Some(mixer) => mixer.mix(&planes),
            None => planes,
        }
    }
}
