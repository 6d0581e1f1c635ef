//! Streams that the AAC encoder makes, what decoders make of them, and signals to code.

use std::io::Write;
use std::process::{Command, Stdio};
use transcode_core::Step;
use transcode_core::aac::enc::{Encoder, EncoderConfig};
use transcode_core::aac::{AudioSpecificConfig, Decoder, DecoderConfig, PacketTime, adts};

/// What an encoder made.
pub(crate) struct Stream {
    pub(crate) config: Vec<u8>,
    pub(crate) frames: Vec<Vec<u8>>,
    /// Of the first frame, and end of the last.
    pub(crate) times: (i64, i64),
}

/// Encodes planes, sent in pieces.
pub(crate) fn encode(config: EncoderConfig, planes: &[Vec<f32>], piece: usize) -> Stream {
    let mut encoder = Encoder::new(config).unwrap();
    let mut stream =
        Stream { config: encoder.audio_specific_config().to_vec(), frames: Vec::new(), times: (i64::MAX, i64::MIN) };
    let len = planes[0].len();
    let mut at = 0;
    let mut end = None;
    loop {
        match encoder.receive().unwrap() {
            Step::Output(frame) => {
                assert!(end.is_none_or(|e| e == frame.pts), "frames follow each other");
                assert!((1..=encoder_frame(&config)).contains(&frame.duration));
                stream.times.0 = stream.times.0.min(frame.pts);
                end = Some(frame.pts + i64::from(frame.duration));
                stream.frames.push(frame.data.to_vec());
            }
            Step::NeedInput => {
                let to = (at + piece).min(len);
                encoder.send(&planes.iter().map(|p| &p[at..to]).collect::<Vec<_>>()).unwrap();
                at = to;
                if at == len {
                    encoder.finish();
                }
            }
            Step::End => break,
        }
    }
    stream.times.1 = end.unwrap_or(0);
    stream
}

pub(crate) fn encoder_frame(config: &EncoderConfig) -> u32 {
    Encoder::new(*config).unwrap().frame_length()
}

/// Decodes with our decoder, strictly: planes in the order of the stream.
pub(crate) fn decode(stream: &Stream) -> Vec<Vec<f32>> {
    let mut decoder = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
    decoder.configure(&stream.config).unwrap();
    let mut planes: Vec<Vec<f32>> = Vec::new();
    for frame in &stream.frames {
        decoder.send(frame, PacketTime::default()).unwrap();
        let Step::Output(frame) = decoder.receive().unwrap() else { panic!("no frame") };
        planes.resize(frame.channels(), Vec::new());
        for (c, plane) in planes.iter_mut().enumerate() {
            plane.extend_from_slice(frame.channel(c));
        }
    }
    planes
}

pub(crate) fn in_adts(stream: &Stream) -> Vec<u8> {
    let config = AudioSpecificConfig::parse(&stream.config).unwrap();
    let mut out = Vec::new();
    for frame in &stream.frames {
        adts::write_header(&config, frame.len(), &mut out).unwrap();
        out.extend_from_slice(frame);
    }
    out
}

/// What FFmpeg makes of a stream in ADTS, interleaved, which must not be worth a word.
pub(crate) fn ffmpeg(stream: &[u8]) -> Option<Vec<f32>> {
    let run = Command::new("ffmpeg")
        .args(["-v", "warning", "-nostdin", "-f", "aac", "-i", "pipe:0", "-f", "f32le", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = run else {
        eprintln!("skipped: ffmpeg not found");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let bytes = stream.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said: Vec<String> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|l| !l.contains("Estimating duration from bitrate"))
        .map(str::to_owned)
        .collect();
    assert!(output.status.success() && said.is_empty(), "{said:?}");
    Some(output.stdout.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

/// Tones, noise and clicks, every channel another.
pub(crate) fn signal(channels: usize, rate: u32, seconds: f64) -> Vec<Vec<f32>> {
    let mut noise = 1u32;
    let len = (f64::from(rate) * seconds) as usize;
    let mut planes = vec![Vec::with_capacity(len); channels];
    for n in 0..len {
        for (c, plane) in planes.iter_mut().enumerate() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let t = n as f64 / f64::from(rate);
            let tone = (t * (200.0 + 130.0 * c as f64 + 300.0 * t) * std::f64::consts::TAU).sin() * 0.3;
            let click = if n % 9001 < 30 { 0.4 } else { 0.0 };
            plane.push((tone + (click + 0.0003) * f64::from(noise as i32) / 2_147_483_648.0) as f32);
        }
    }
    planes
}

/// Kinds of signals that are hard in one way or another.
pub(crate) fn hard(kind: u8, level: f32, len: usize, seed: u32) -> Vec<f32> {
    let mut noise = seed;
    (0..len)
        .map(|n| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let random = noise as i32 as f32 / 2_147_483_648.0;
            level
                * match kind {
                    0 => 0.0,
                    1 => 1.0,
                    2 => random,
                    3 => f32::from(n % 1500 == 700),
                    4 => (n as f32 * 0.3).sin().signum(),
                    5 => (n as f32 * 1.1).sin(),
                    6 if n < len / 2 => 0.0,
                    6 => random,
                    _ => f32::from_bits(1 + noise % 8_388_607),
                }
        })
        .collect()
}
