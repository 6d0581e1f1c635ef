//! Whole codecs: ids are `<codec>/<level>`, and `<codec>/<peer>` for other people's.

use criterion::{Criterion, Throughput};
use std::hint::black_box;
use std::io::Cursor;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use transcode_core::aac::enc::{Encoder, EncoderConfig};
use transcode_core::aac::{AudioSpecificConfig, Decoder, DecoderConfig, PacketTime, adts};
use transcode_core::{Kernels, Step};
use transcode_simd::testing::levels;

const RATE: u32 = 44100;
const SECONDS: u32 = 10;

/// Sweeping tones, noise and clicks, as ADTS of AAC LC: what the repository's own encoder makes of it.
fn stream() -> Vec<u8> {
    let mut noise = 1u32;
    let mut planes = [Vec::new(), Vec::new()];
    for n in 0..RATE * SECONDS {
        let t = n as f32 / RATE as f32;
        for (c, plane) in planes.iter_mut().enumerate() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let tone = (t * (300.0 + 170.0 * c as f32 + 90.0 * t) * std::f32::consts::TAU).sin() * 0.3;
            let click = if n % 20_011 < 40 { 0.5 } else { 0.0 };
            plane.push(tone + (click + 0.02) * (noise as i32 as f32 / 2_147_483_648.0));
        }
    }
    let mut encoder = Encoder::new(EncoderConfig::new(RATE, 2)).expect("a usual configuration");
    let config = AudioSpecificConfig::parse(encoder.audio_specific_config()).expect("the encoder's own");
    encoder.send(&[&planes[0], &planes[1]]).expect("sound");
    encoder.finish();
    let mut out = Vec::new();
    while let Step::Output(frame) = encoder.receive().expect("a frame") {
        adts::write_header(&config, frame.data.len(), &mut out).expect("a short frame");
        out.extend_from_slice(frame.data);
    }
    out
}

fn decode(kernels: Kernels, data: &[u8]) -> usize {
    let mut decoder = Decoder::new(DecoderConfig { kernels, ..DecoderConfig::new() });
    let mut samples = 0;
    let mut drain = |decoder: &mut Decoder| {
        while let Step::Output(frame) = decoder.receive().expect("a frame") {
            samples += frame.len();
            black_box(frame.channel(0));
        }
    };
    for piece in data.chunks(4096) {
        decoder.send(piece, PacketTime::default()).expect("a short queue");
        drain(&mut decoder);
    }
    decoder.finish();
    drain(&mut decoder);
    samples
}

fn decode_with_symphonia(data: &[u8]) -> usize {
    let source = MediaSourceStream::new(Box::new(Cursor::new(data.to_vec())), Default::default());
    let mut hint = Hint::new();
    hint.with_extension("aac");
    let mut format = symphonia::default::get_probe()
        .probe(&hint, source, FormatOptions::default(), Default::default())
        .expect("ADTS");
    let track = format.default_track(TrackType::Audio).expect("a track");
    let parameters = track.codec_params.as_ref().and_then(|p| p.audio()).expect("sound");
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default()).expect("AAC");
    let mut samples = 0;
    while let Ok(Some(packet)) = format.next_packet() {
        samples += decoder.decode(&packet).map_or(0, |frame| frame.frames());
    }
    samples
}

fn decode_with_syom(data: &[u8]) -> usize {
    let sound = syom::decode_with(data, &syom::DecodeOptions::audio()).expect("ADTS");
    sound.channels[0].len()
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let data = stream();
    let mut group = criterion.benchmark_group("aac_decode");
    group.throughput(Throughput::Elements(u64::from(RATE * SECONDS)));
    for kernels in [Kernels::scalar()].into_iter().chain(levels()) {
        group.bench_function(kernels.level().name(), |b| b.iter(|| decode(kernels, &data)));
    }
    group.bench_function("symphonia", |b| b.iter(|| decode_with_symphonia(&data)));
    group.bench_function("syom", |b| b.iter(|| decode_with_syom(&data)));
    group.finish();
    criterion.final_summary();
}
