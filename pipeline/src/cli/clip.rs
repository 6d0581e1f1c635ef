//! `transcode make-clip`: a film of our own, for demonstrations where no other is at hand.

use super::args::MakeClip;
use super::{Common, print, signal};
use crate::error::{Error, Result};
use crate::format::OutputFormat;
use crate::output::AtomicOutput;
use std::f64::consts::TAU;
use std::path::Path;
use transcode_container::{
    AudioTrack, Language, Muxer, Packet, PcmFormat, PcmSample, Timebase, TrackId, TrackSpec, VideoTrack,
};
use transcode_core::h264::{ColourDescription, Encoder, EncoderConfig, Preset, StreamFormat};
use transcode_core::{Picture, PictureFormat, Step};

const WIDTH: usize = 640;
const HEIGHT: usize = 360;
/// Pictures a second.
const FPS: u32 = 30;
/// Audio frames a second.
const SAMPLE_RATE: u32 = 48_000;
/// Audio frames of a packet.
const CHUNK: u32 = SAMPLE_RATE / FPS;
/// Y, Cb, Cr of the eight bars at 75%, ITU-R BT.709.
const BARS: [[u8; 3]; 8] = [
    [180, 128, 128],
    [168, 44, 136],
    [145, 147, 44],
    [133, 63, 52],
    [63, 193, 204],
    [51, 109, 212],
    [28, 212, 120],
    [16, 128, 128],
];

/// Writes a clip of colour bars, a moving ramp and a ball, with a tone that beeps at every full second.
pub(super) fn make_clip(a: &MakeClip, common: Common) -> Result<()> {
    let path = a.output.as_path();
    let format = OutputFormat::of(path)?;
    if format != OutputFormat::Mp4 {
        return Err(Error::option("output", "it holds no picture with sound; .mp4 and .mov do"));
    }
    if path.exists() && !a.overwrite {
        return Err(Error::Exists { path: path.into() });
    }
    let cancel = signal::token();
    let (output, file) = AtomicOutput::create(path, a.overwrite)?;
    let mut clip = Clip::new(path, format.muxer(file, None), common)?;
    for n in 0..a.seconds * FPS {
        cancel.check()?;
        clip.picture(n)?;
        clip.sound(n)?;
    }
    clip.finish()?;
    let size = output.commit()?;
    if common.quiet { Ok(()) } else { print(&format!("{}: {} s, {size} bytes\n", path.display(), a.seconds)) }
}

struct Clip<'a> {
    path: &'a Path,
    muxer: Box<dyn Muxer>,
    encoder: Encoder,
    canvas: Picture<u8>,
    video: TrackId,
    audio: TrackId,
}

impl<'a> Clip<'a> {
    fn new(path: &'a Path, mut muxer: Box<dyn Muxer>, common: Common) -> Result<Self> {
        let codec = |e| Error::codec(path, "encoder", e);
        let mut config = EncoderConfig::new(WIDTH as u32, HEIGHT as u32, (FPS, 1));
        config.preset = Preset::Fast;
        config.keyint = 2 * FPS;
        config.stream_format = StreamFormat::Avcc;
        config.kernels = common.kernels();
        config.vui.colour = Some(ColourDescription { primaries: 1, transfer: 1, matrix: 1 });
        let encoder = Encoder::new(config).map_err(codec)?;
        let track = VideoTrack { width: WIDTH as u32, height: HEIGHT as u32, ..VideoTrack::default() };
        let mut add = |spec| muxer.add_track(spec).map_err(|e| Error::container(path, e));
        let video = add(TrackSpec::h264(encoder.avcc(), track, Timebase::per_second(FPS)))?;
        let sound = pcm_track().ok_or_else(|| Error::option("output", "cannot hold sound"))?;
        let audio = add(sound)?;
        let canvas = Picture::new(PictureFormat::YUV420P8, WIDTH, HEIGHT, 0).map_err(codec)?;
        Ok(Self { path, muxer, encoder, canvas, video, audio })
    }
    fn picture(&mut self, n: u32) -> Result<()> {
        draw(&mut self.canvas, n as usize);
        self.encoder.send(&self.canvas, i64::from(n), false).map_err(|e| Error::codec(self.path, "encoder", e))?;
        self.drain()
    }
    fn drain(&mut self) -> Result<()> {
        while let Step::Output(p) = self.encoder.receive().map_err(|e| Error::codec(self.path, "encoder", e))? {
            let packet = Packet::new(self.video, p.pts, p.dts, 1, p.key, p.data);
            self.muxer.write_packet(&packet).map_err(|e| Error::container(self.path, e))?;
        }
        Ok(())
    }
    fn sound(&mut self, n: u32) -> Result<()> {
        let first = n * CHUNK;
        let data = (first..first + CHUNK).flat_map(|t| [tone(t, 440.0), tone(t, 660.0)]).flat_map(i16::to_le_bytes);
        let mut packet = Packet::new(self.audio, first.into(), first.into(), CHUNK.into(), true, data.collect());
        packet.samples = CHUNK;
        self.muxer.write_packet(&packet).map_err(|e| Error::container(self.path, e))
    }
    fn finish(mut self) -> Result<()> {
        self.encoder.finish();
        self.drain()?;
        self.muxer.finish().map(|_| ()).map_err(|e| Error::container(self.path, e))
    }
}

/// A tone that is loud for the first tenth of every second.
fn tone(t: u32, frequency: f64) -> i16 {
    let seconds = f64::from(t) / f64::from(SAMPLE_RATE);
    let amplitude = if seconds.fract() < 0.1 { 12_000.0 } else { 1_500.0 };
    (amplitude * (TAU * frequency * seconds).sin()) as i16
}

fn draw(canvas: &mut Picture<u8>, n: usize) {
    let bars_end = HEIGHT * 2 / 3;
    // The ball runs along the bars once in four seconds and bounces once in one.
    let phase = n as f64 / f64::from(FPS);
    let (bx, by) =
        (phase / 4.0 * WIDTH as f64 % WIDTH as f64, bars_end as f64 * (1.0 - (phase * TAU / 2.0).sin().abs()));
    for i in 0..3 {
        let shift = usize::from(i > 0);
        let plane = canvas.plane_mut(i);
        for row in 0..plane.height() {
            let y = row << shift;
            for (column, sample) in plane.row_mut(row).iter_mut().enumerate() {
                let x = column << shift;
                let near = (x as f64 - bx).hypot(y as f64 - by) < 24.0;
                *sample = match (near, y < bars_end, i) {
                    (true, _, 0) => 235,
                    (true, ..) => 128,
                    (_, true, _) => BARS[x * BARS.len() / WIDTH][i],
                    (_, _, 0) => (16 + (x + y + 4 * n) % 220) as u8,
                    (_, _, 1) => (64 + (x + 2 * n) % 128) as u8,
                    _ => (64 + (y * 3 + n) % 128) as u8,
                };
            }
        }
    }
}

/// 16-bit little-endian stereo.
fn pcm_track() -> Option<TrackSpec> {
    let pcm = Some(PcmFormat::little(PcmSample::S16));
    let audio = AudioTrack { sample_rate: SAMPLE_RATE, channels: 2, bits_per_sample: 16, pcm, ..AudioTrack::default() };
    let spec = TrackSpec::pcm(audio)?;
    Some(TrackSpec { language: Language::new("eng").unwrap_or(Language::UNDETERMINED), ..spec })
}
