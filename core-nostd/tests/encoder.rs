//! The encoder's promises: its reconstruction is what a decoder makes of the stream, to the bit, whatever the options, sizes and
//! contents; the stream is the same at every SIMD level; rates and key frames are as asked for.

mod content;

use content::{CONTENTS, Content, picture};
use proptest::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};
use transcode_core::h264::enc::{BAdapt, Direct};
use transcode_core::h264::nal;
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};
use transcode_core::h264::{EncodedPacket, Encoder, EncoderConfig, Preset, Profile, RateControl, StreamFormat, Tune};
use transcode_core::{Kernels, Step};

/// Takes what the encoder has, with the time and reconstruction of each packet as planar bytes in the size that the stream says.
fn drain(encoder: &mut Encoder, packets: &mut Vec<EncodedPacket>, pictures: &mut Vec<(i64, Vec<u8>)>) {
    while let Step::Output(packet) = encoder.receive().expect("a packet") {
        let rec = encoder.reconstruction().expect("a reconstruction");
        let mut planar = Vec::new();
        for (i, plane) in rec.planes().iter().enumerate() {
            let shift = u32::from(i > 0);
            let (w, h) = (encoder.coded_width() >> shift, encoder.coded_height() >> shift);
            plane.rows().take(h as usize).for_each(|r| planar.extend_from_slice(&r[..w as usize]));
        }
        pictures.push((packet.pts, planar));
        packets.push(packet);
    }
}

/// Packets in decoding order and the reconstruction in output order.
fn encode(config: &EncoderConfig, content: Content, frames: u32, seed: u32) -> (Vec<EncodedPacket>, Vec<u8>) {
    let mut encoder = Encoder::new(config.clone()).expect("a valid configuration");
    let (mut packets, mut pictures) = (Vec::new(), Vec::new());
    for t in 0..frames {
        let p = picture(content, config.width, config.height, t, seed);
        encoder.send(&p, i64::from(t) * 10, false).expect("taken");
        drain(&mut encoder, &mut packets, &mut pictures);
    }
    encoder.finish();
    drain(&mut encoder, &mut packets, &mut pictures);
    assert_eq!(packets.len(), frames as usize);
    assert!(packets.iter().all(|p| p.dts <= p.pts), "decoded in time");
    assert!(packets.windows(2).all(|p| p[0].dts < p[1].dts), "one after the other");
    pictures.sort_by_key(|&(pts, _)| pts);
    (packets, pictures.into_iter().flat_map(|(_, p)| p).collect())
}

fn stream(packets: &[EncodedPacket]) -> Vec<u8> {
    packets.iter().flat_map(|p| p.data.iter().copied()).collect()
}

/// Planar pictures as this crate's decoder makes them.
fn decode(packets: &[EncodedPacket]) -> Vec<u8> {
    let mut decoder = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
    let mut planar = Vec::new();
    let mut take = |decoder: &mut Decoder| {
        while let Step::Output(frame) = decoder.receive().expect("a frame") {
            assert!(!frame.corrupt);
            for plane in 0..3 {
                frame.rows(plane).for_each(|r| planar.extend_from_slice(r));
            }
        }
    };
    for p in packets {
        decoder.send(&p.data, PacketTime { pts: Some(p.pts), dts: Some(p.dts), duration: None }).expect("taken");
        take(&mut decoder);
    }
    decoder.finish();
    take(&mut decoder);
    planar
}

/// Planar pictures as ffmpeg decodes them and what it has to say; `None` where it is not installed.
fn ffmpeg(stream: &[u8]) -> Option<(Vec<u8>, String)> {
    let child = Command::new("ffmpeg")
        .args(["-v", "warning", "-threads", "1", "-f", "h264", "-i", "-", "-fps_mode", "passthrough"])
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: ffmpeg not found");
        return None;
    };
    let mut stdin = child.stdin.take().expect("stdin");
    let bytes = stream.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let out = child.wait_with_output().expect("ffmpeg's output");
    let written = writer.join().expect("the writer");
    assert!(written.is_ok() || !out.stderr.is_empty());
    Some((out.stdout, String::from_utf8_lossy(&out.stderr).into_owned()))
}

fn config() -> impl Strategy<Value = EncoderConfig> {
    let size = prop_oneof![3 => (16u32..=80, 16u32..=80), 1 => (1u32..=15, 1u32..=40), 1 => Just((16, 16)), 1 => Just((33, 47))];
    let rate = prop_oneof![
        (0u8..=51).prop_map(RateControl::Cqp),
        (0.0f32..=51.0).prop_map(RateControl::Crf),
        (10_000u64..2_000_000).prop_map(|bits_per_second| RateControl::Abr { bits_per_second }),
    ];
    let tools = (
        0..Preset::ALL.len(),
        0..Tune::ALL.len(),
        0..Profile::ALL.len(),
        any::<bool>(),
        0u8..12,
        prop::option::of(0u8..=2),
    );
    let structure = (1u32..12, 1u32..6, any::<bool>(), prop::option::of(1u8..=5), prop::option::of(0.0f32..3.0));
    let offsets = prop::option::of([-6i8..=6, -6i8..=6]);
    let b =
        (prop::option::of(0u8..=16), 0..BAdapt::ALL.len(), any::<bool>(), any::<bool>(), 0..Direct::ALL.len(), offsets);
    (size, rate, tools, structure, b).prop_map(
        |((w, h), rate, (preset, tune, profile, deblock, lookahead, weight_p), structure, b)| {
            let mut c = EncoderConfig::new(w, h, (30, 1));
            c.rate = rate;
            c.preset = Preset::ALL[preset];
            c.tune = Tune::ALL[tune];
            (c.b_frames, c.b_adapt, c.b_pyramid) = (b.0, Some(BAdapt::ALL[b.1]), b.2);
            (c.weight_b, c.direct) = (b.3, Direct::ALL[b.4]);
            c.deblock_offsets = b.5;
            c.weight_p = weight_p;
            c.set_profile(Profile::ALL[profile]);
            c.deblock = deblock;
            c.lookahead = Some(lookahead);
            (c.keyint, c.min_keyint, c.scene_cut, c.references, c.aq_strength) = structure;
            c
        },
    )
}

/// Each case encodes and decodes a clip: fewer than proptest's default, unless `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|v| v.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reconstruction_is_what_a_decoder_makes(
        config in config(), content in 0..CONTENTS.len(), frames in 1u32..10, seed in any::<u32>(),
    ) {
        let (packets, planar) = encode(&config, CONTENTS[content], frames, seed);
        prop_assert!(decode(&packets) == planar);
        if let Some((decoded, messages)) = ffmpeg(&stream(&packets)) {
            prop_assert_eq!(messages, "");
            prop_assert_eq!(decoded.len(), planar.len());
            let differs = decoded.iter().zip(&planar).position(|(a, b)| a != b);
            prop_assert_eq!(differs, None);
        }
    }

    #[test]
    fn every_simd_level_makes_the_same_stream(
        config in config(), content in 0..CONTENTS.len(), frames in 1u32..5, seed in any::<u32>(),
    ) {
        let mut first = None;
        for kernels in Kernels::available() {
            let (packets, _) = encode(&EncoderConfig { kernels, ..config.clone() }, CONTENTS[content], frames, seed);
            let (level, want) = first.get_or_insert_with(|| (kernels.level(), packets.clone()));
            prop_assert!(*want == packets, "{} and {} differ", level, kernels.level());
        }
    }

    #[test]
    fn length_prefixed_packets_hold_the_same_units(config in config(), seed in any::<u32>()) {
        let (annexb, _) = encode(&config, Content::Motion, 4, seed);
        let avcc = EncoderConfig { stream_format: StreamFormat::Avcc, ..config };
        let (prefixed, _) = encode(&avcc, Content::Motion, 4, seed);
        let record = Encoder::new(avcc).expect("an encoder").avcc();
        let record = nal::AvcConfig::parse(&record).expect("a record");
        let sets: Vec<&[u8]> = record.parameter_sets.iter().map(|u| u.data).collect();
        for (a, p) in annexb.iter().zip(&prefixed) {
            prop_assert_eq!((a.pts, a.key), (p.pts, p.key));
            let units: Vec<&[u8]> = nal::annexb(&a.data).map(|u| u.data).collect();
            let mut wanted = if a.key { sets.clone() } else { Vec::new() };
            wanted.extend(nal::length_prefixed(&p.data, record.length_size).map(|u| u.expect("a unit").data));
            prop_assert_eq!(units, wanted);
        }
    }
}

#[test]
fn large_and_narrow_pictures() {
    for (w, h) in [(4096, 16), (16, 2304), (1280, 720)] {
        let mut c = EncoderConfig::new(w, h, (30, 1));
        c.preset = Preset::Veryfast;
        let (packets, planar) = encode(&c, Content::Motion, 3, 7);
        if let Some((decoded, messages)) = ffmpeg(&stream(&packets)) {
            assert_eq!(messages, "");
            assert!(decoded == planar, "{w}x{h}");
        }
    }
}

/// Noise at the finest quantiser has macroblocks over 3200 bits, which must become I_PCM.
#[test]
fn noise_at_qp_0_falls_back_to_pcm() {
    for profile in [Profile::Baseline, Profile::Main, Profile::High] {
        let mut c = EncoderConfig::new(64, 64, (30, 1));
        c.rate = RateControl::Cqp(0);
        c.set_profile(profile);
        let (packets, planar) = encode(&c, Content::Noise, 3, 99);
        for p in &packets {
            // 384 bytes a macroblock, and little more than that.
            assert!(p.data.len() < 16 * 400 + 200, "{} bytes", p.data.len());
        }
        if let Some((decoded, messages)) = ffmpeg(&stream(&packets)) {
            assert_eq!(messages, "");
            assert!(decoded == planar, "{profile}");
        }
    }
}

#[test]
fn key_frames_come_at_the_interval_at_cuts_and_when_forced() {
    let mut c = EncoderConfig::new(96, 80, (25, 1));
    (c.keyint, c.min_keyint) = (10, 2);
    c.preset = Preset::Veryfast;
    let mut encoder = Encoder::new(c).expect("an encoder");
    let (mut packets, mut pictures) = (Vec::new(), Vec::new());
    for t in 0..30u32 {
        // A cut at 14: another texture.
        let p = picture(Content::Motion, 96, 80, t, if t < 14 { 1 } else { 77_777 });
        encoder.send(&p, i64::from(t), t == 26).expect("taken");
        drain(&mut encoder, &mut packets, &mut pictures);
    }
    encoder.finish();
    drain(&mut encoder, &mut packets, &mut pictures);
    let keys: Vec<i64> = packets.iter().filter(|p| p.key).map(|p| p.pts).collect();
    assert_eq!(keys, [0, 10, 14, 24, 26]);
}

#[test]
fn average_bitrate_is_met() {
    for kbps in [600u64, 1500] {
        let mut c = EncoderConfig::new(176, 144, (25, 1));
        c.preset = Preset::Veryfast;
        c.rate = RateControl::Abr { bits_per_second: kbps * 1000 };
        let (packets, _) = encode(&c, Content::Motion, 250, 5);
        let bits = 8 * stream(&packets).len();
        let got = bits as f64 / 10.0 / 1000.0;
        assert!((got / kbps as f64 - 1.0).abs() < 0.1, "{got} kbit/s for {kbps}");
    }
}

#[test]
fn weighted_prediction_pays_where_a_picture_fades() {
    let size = |weight_p: u8, b_frames: u8| {
        let mut c = EncoderConfig::new(176, 144, (25, 1));
        (c.rate, c.weight_p, c.b_frames) = (RateControl::Cqp(28), Some(weight_p), Some(b_frames));
        encode(&c, Content::Fade, 12, 5).0.iter().map(|p| p.data.len()).sum::<usize>()
    };
    for b_frames in [0, 2] {
        let plain = size(0, b_frames);
        for weight_p in [1, 2] {
            let weighted = size(weight_p, b_frames);
            assert!(
                weighted * 10 < plain * 9,
                "{weighted} bytes with weights {weight_p}, {plain} without, {b_frames} B"
            );
        }
    }
}

#[test]
fn quality_follows_crf_and_speed_follows_the_preset() {
    let size = |crf: f32, preset: Preset| {
        let mut c = EncoderConfig::new(176, 144, (25, 1));
        (c.rate, c.preset) = (RateControl::Crf(crf), preset);
        stream(&encode(&c, Content::Motion, 20, 3).0).len()
    };
    assert!(size(20.0, Preset::Fast) > size(28.0, Preset::Fast));
    assert!(size(28.0, Preset::Fast) > size(36.0, Preset::Fast));
}

#[test]
fn bad_options_and_pictures_are_errors() {
    let good = || EncoderConfig::new(64, 48, (25, 1));
    type Change = (&'static str, fn(&mut EncoderConfig));
    let bad: [Change; 10] = [
        ("size", |c| c.width = 0),
        ("size", |c| c.height = 20_000),
        ("frame_rate", |c| c.frame_rate = (25, 0)),
        ("qp", |c| c.rate = RateControl::Cqp(52)),
        ("crf", |c| c.rate = RateControl::Crf(f32::NAN)),
        ("bitrate", |c| c.rate = RateControl::Abr { bits_per_second: 0 }),
        ("keyint", |c| c.keyint = 0),
        ("references", |c| c.references = Some(17)),
        ("level", |c| c.level = Some(14)),
        ("level", |c| (c.width, c.height, c.level) = (1920, 1080, Some(30))),
    ];
    for (option, change) in bad {
        let mut c = good();
        change(&mut c);
        let e = Encoder::new(c).expect_err(option);
        assert!(e.to_string().contains(option), "{e}");
    }
    let mut encoder = Encoder::new(good()).expect("an encoder");
    assert!(encoder.send(&picture(Content::Flat, 62, 48, 0, 0), 0, false).is_err());
    encoder.finish();
    assert!(encoder.send(&picture(Content::Flat, 64, 48, 0, 0), 0, false).is_err());
    assert!("fastest".parse::<Preset>().is_err());
    assert_eq!("veryslow".parse::<Preset>(), Ok(Preset::Veryslow));
}
