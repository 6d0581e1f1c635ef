//! `transcode decode` of sound.

use super::args::Decode;
use super::decode::{Target, is_special};
use super::{Common, print};
use crate::audio::decoder::{SoundOptions, can_decode};
use crate::audio::sample;
use crate::audio::source::{SoundFormat, SoundSource};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::input;
use crate::options::SampleFormat;
use crate::output::{self, AtomicOutput};
use md5::{Digest, Md5};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use transcode_container::wav::{WavMuxer, WavOptions};
use transcode_container::{AudioTrack, Muxer, Packet, PcmFormat, TrackId, TrackInfo, TrackSpec};

/// Endings of files of bare samples.
const RAW: &[&str] = &["pcm", "raw"];

/// Whether `path` names a file of sound.
pub(super) fn is_sound(path: &Path) -> bool {
    path.extension().is_some_and(|e| {
        let e = e.to_string_lossy().to_ascii_lowercase();
        e == "wav" || RAW.contains(&e.as_str())
    })
}

/// Whether to write WAVE to `path`, or bare samples.
fn is_wave(path: &Path) -> Result<bool> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("wav") => Ok(true),
        Some(e) if RAW.contains(&e) => Ok(false),
        // Devices and pipes have no ending to go by; samples fit them all.
        None if is_special(path) => Ok(false),
        _ => Err(Error::option("output", format!("{} ends in none of .wav, .pcm, .raw", path.display()))),
    }
}

/// Takes interleaved samples, of which it is told first what they are.
trait Sink {
    fn begin(&mut self, audio: AudioTrack) -> Result<()>;
    fn samples(&mut self, data: Vec<u8>) -> Result<()>;
    fn end(&mut self) -> Result<()>;
}

/// Bare samples.
struct Bare<'a, W>(W, &'a Path);

impl<W: Write> Sink for Bare<'_, W> {
    fn begin(&mut self, _audio: AudioTrack) -> Result<()> {
        Ok(())
    }
    fn samples(&mut self, data: Vec<u8>) -> Result<()> {
        self.0.write_all(&data).map_err(|e| Error::io(self.1, e))
    }
    fn end(&mut self) -> Result<()> {
        self.0.flush().map_err(|e| Error::io(self.1, e))
    }
}

/// WAVE.
struct Wave<'a, W> {
    path: &'a Path,
    file: Option<W>,
    /// Makes the muxer, of which so many bytes are expected.
    make: fn(W, Option<u64>) -> Box<dyn Muxer>,
    muxer: Option<Box<dyn Muxer>>,
    /// Length of the sound, where the container tells it.
    seconds: Option<f64>,
    /// Bytes of the input.
    size: u64,
}

impl<W> Sink for Wave<'_, W> {
    fn begin(&mut self, audio: AudioTrack) -> Result<()> {
        let fail = |e| Error::container(self.path, e);
        let (Some(spec), Some(file)) = (TrackSpec::pcm(audio), self.file.take()) else { return Ok(()) };
        let second = f64::from(audio.sample_rate) * f64::from(audio.channels * audio.bits_per_sample / 8);
        // No frame of 2,048 samples takes less than 8 bytes.
        let most = (self.size as f64 / 8.0 * 2048.0 / f64::from(audio.sample_rate) * second) as u64;
        // A little more, for tracks that tell their length in coarse ticks.
        let expected = self.seconds.map_or_else(|| most, |s| ((s + 10.0) * second) as u64);
        let muxer = self.muxer.insert((self.make)(file, Some(expected)));
        muxer.add_track(spec).map(|_| ()).map_err(fail)
    }
    fn samples(&mut self, data: Vec<u8>) -> Result<()> {
        let Some(muxer) = &mut self.muxer else { return Ok(()) };
        let packet = Packet::new(TrackId(0), 0, 0, 0, true, data);
        muxer.write_packet(&packet).map_err(|e| Error::container(self.path, e))
    }
    fn end(&mut self) -> Result<()> {
        let Some(muxer) = &mut self.muxer else { return Ok(()) };
        muxer.finish().map(|_| ()).map_err(|e| Error::container(self.path, e))
    }
}

/// Their sum.
struct Sum(Md5);

impl Sink for Sum {
    fn begin(&mut self, _audio: AudioTrack) -> Result<()> {
        Ok(())
    }
    fn samples(&mut self, data: Vec<u8>) -> Result<()> {
        self.0.update(&data);
        Ok(())
    }
    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Nothing.
struct Nowhere;

impl Sink for Nowhere {
    fn begin(&mut self, _audio: AudioTrack) -> Result<()> {
        Ok(())
    }
    fn samples(&mut self, _data: Vec<u8>) -> Result<()> {
        Ok(())
    }
    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Runs `transcode decode` of the first audio track.
pub(super) fn decode(a: &Decode, common: Common, cancel: &CancelToken) -> Result<()> {
    let reader = Reader { args: a, common, cancel };
    match a.target() {
        Target::Md5 => {
            let mut sum = Sum(Md5::new());
            reader.all(&mut sum)?;
            let digest: String = sum.0.finalize().iter().map(|b| format!("{b:02x}")).collect();
            print(&format!("{digest}\n"))
        }
        Target::Null => {
            let samples = reader.all(&mut Nowhere)?;
            if common.quiet { Ok(()) } else { print(&format!("{samples} samples\n")) }
        }
        Target::File(path) => {
            let wave = is_wave(path)?;
            let track = reader.track()?;
            let size = std::fs::metadata(&a.input).map_err(|e| Error::io(&a.input, e))?.len();
            let seconds = track.duration.map(|d| track.timebase.seconds(d));
            let samples = if is_special(path) {
                let file = File::options().write(true).open(path).map_err(|e| Error::io(path, e))?;
                let file = BufWriter::new(file);
                if wave {
                    let make = |file, _| Box::new(WavMuxer::streaming(file)) as Box<dyn Muxer>;
                    reader.all(&mut Wave { path, file: Some(file), make, muxer: None, seconds, size })?
                } else {
                    reader.all(&mut Bare(file, path))?
                }
            } else {
                output::check(&a.input, path, a.overwrite)?;
                let (output, file) = AtomicOutput::create(path, a.overwrite)?;
                let samples = if wave {
                    let make = |file, expected_bytes| {
                        Box::new(WavMuxer::new(file, WavOptions { expected_bytes })) as Box<dyn Muxer>
                    };
                    reader.all(&mut Wave { path, file: Some(file), make, muxer: None, seconds, size })?
                } else {
                    reader.all(&mut Bare(file, path))?
                };
                output.commit()?;
                samples
            };
            if common.quiet { Ok(()) } else { print(&format!("{}: {samples} samples\n", path.display())) }
        }
    }
}

struct Reader<'a> {
    args: &'a Decode,
    common: Common,
    cancel: &'a CancelToken,
}

impl Reader<'_> {
    fn track(&self) -> Result<TrackInfo> {
        let path = self.args.input.as_path();
        let demuxer = input::open(path)?;
        demuxer.tracks().iter().find(|t| t.audio().is_some()).cloned().ok_or_else(|| Error::Unsupported {
            path: path.into(),
            feature: "decoding the sound of an input that has none".into(),
        })
    }
    /// Gives all samples to `sink`, and tells how many there are of each channel.
    fn all(&self, sink: &mut dyn Sink) -> Result<u64> {
        let path = self.args.input.as_path();
        let track = self.track()?;
        can_decode(&track).map_err(|feature| Error::Unsupported { path: path.into(), feature })?;
        let options = SoundOptions { kernels: self.common.kernels(), strict: self.args.strict };
        let mut source = SoundSource::open(path, &track, options, false, self.cancel)?;
        let pcm = self.pcm(&track);
        let mut begun = false;
        while let Some(block) = source.next_block()? {
            if !begun {
                let format = source.format().unwrap_or(SoundFormat { rate: 0, layout: crate::ChannelLayout::MONO });
                sink.begin(describe(format, pcm))?;
                begun = true;
            }
            let planes: Vec<&[f32]> = block.planes.iter().map(Vec::as_slice).collect();
            let mut data = Vec::new();
            sample::interleave(&planes, pcm, &mut data);
            sink.samples(data)?;
        }
        let counts = source.counts();
        if !begun {
            let message = "the audio track has no samples that are heard".into();
            return Err(Error::InvalidData { path: path.into(), message });
        }
        sink.end()?;
        if !self.common.quiet {
            let (samples, packets, concealed) = (counts.samples, counts.packets, counts.concealed);
            let line = format!("transcode: {samples} samples of {packets} packets, {concealed} frames concealed");
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        Ok(counts.samples)
    }
    /// How samples are written: as asked for, or as the source has them, or in 16 bits.
    fn pcm(&self, track: &TrackInfo) -> PcmFormat {
        let of_source = || track.audio().and_then(|a| SampleFormat::of(a.pcm?.sample));
        self.args.sample_format.or_else(of_source).unwrap_or(SampleFormat::S16).pcm()
    }
}

/// What the samples are, for a container.
fn describe(format: SoundFormat, pcm: PcmFormat) -> AudioTrack {
    AudioTrack {
        sample_rate: format.rate,
        channels: format.layout.channels() as u32,
        bits_per_sample: 8 * pcm.sample.bytes(),
        channel_mask: format.layout.mask(),
        pcm: Some(pcm),
        ..AudioTrack::default()
    }
}
