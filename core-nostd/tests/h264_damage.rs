//! Damaged streams: the decoder conceals or refuses, never panics, and does the same at every SIMD level.
#![cfg(all(feature = "h264-dec", feature = "h264-enc"))]

use std::path::Path;
use transcode_core::h264::{Decoder, DecoderConfig, Encoder, EncoderConfig, PacketTime};
use transcode_core::{Kernels, Limits, Picture, PictureFormat, Step};

/// A deterministic source of numbers.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }
}

/// A textured picture that moves and changes.
fn picture(n: usize) -> Picture<u8> {
    let mut p = Picture::new(PictureFormat::YUV420P8, 96, 80, 0).unwrap();
    for (i, plane) in p.planes_mut().iter_mut().enumerate() {
        for y in 0..plane.height() {
            for (x, s) in plane.row_mut(y).iter_mut().enumerate() {
                let (u, v) = (x + 3 * n, y + n);
                *s = ((u * u / 7 + v * 5 + u * v / 11 + i * 40) % 220) as u8;
            }
        }
    }
    p
}

fn encode(cabac: bool) -> Vec<u8> {
    let mut config = EncoderConfig::new(96, 80, (25, 1));
    config.cabac = cabac;
    config.keyint = 5;
    let mut encoder = Encoder::new(config).unwrap();
    let mut stream = Vec::new();
    let mut take = |e: &mut Encoder| {
        while let Step::Output(p) = e.receive().unwrap() {
            stream.extend(p.data);
        }
    };
    for n in 0..8 {
        encoder.send(&picture(n), n as i64, false).unwrap();
        take(&mut encoder);
    }
    encoder.finish();
    take(&mut encoder);
    stream
}

/// Number of frames, a checksum of their samples, and the number of errors.
fn decode(stream: &[u8], kernels: Kernels) -> (usize, u64, usize) {
    let limits = Limits { max_pixels: 1 << 20, ..Limits::default() };
    let mut decoder = Decoder::new(DecoderConfig { kernels, limits, ..DecoderConfig::new() });
    let (mut frames, mut sum, mut errors) = (0, 0u64, 0);
    errors += usize::from(decoder.send(stream, PacketTime::default()).is_err());
    decoder.finish();
    loop {
        match decoder.receive() {
            Ok(Step::Output(f)) => {
                frames += 1;
                for s in (0..3).flat_map(|p| f.rows(p)).flatten() {
                    sum = sum.wrapping_mul(31).wrapping_add(u64::from(*s));
                }
            }
            Ok(_) => return (frames, sum, errors),
            Err(_) => errors += 1,
        }
    }
}

/// Flips bits, changes, removes and repeats bytes.
fn damage(stream: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut s = stream.to_vec();
    for _ in 0..1 + numbers.next(12) {
        let at = numbers.next(s.len());
        match numbers.next(5) {
            0 => s[at] = numbers.next(256) as u8,
            1 => s[at] ^= 1 << numbers.next(8),
            2 => s[at] = 0xff,
            3 => drop(s.drain(at..(at + numbers.next(20)).min(s.len()))),
            _ => {
                let copy = s[at..(at + numbers.next(20)).min(s.len())].to_vec();
                s.splice(at..at, copy);
            }
        }
        if s.is_empty() {
            break;
        }
    }
    s
}

fn check(name: &str, stream: &[u8], rounds: usize) {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut decoded = 0;
    for round in 0..rounds {
        let damaged = damage(stream, &mut numbers);
        let reference = decode(&damaged, Kernels::scalar());
        decoded += reference.0;
        for k in Kernels::available() {
            assert_eq!(decode(&damaged, k), reference, "{name}, round {round}, {}", k.level());
        }
    }
    assert!(decoded > 0, "{name}: nothing was decoded at all");
}

#[test]
fn damaged_streams_of_the_encoder() {
    for cabac in [false, true] {
        let stream = encode(cabac);
        assert_eq!(decode(&stream, Kernels::scalar()).0, 8);
        check(if cabac { "CABAC" } else { "CAVLC" }, &stream, 60);
    }
}

/// B pictures, 8x8 transforms, weights and several slices, which the encoder does not write.
#[test]
fn damaged_conformance_streams() {
    let media = std::env::var("TRANSCODE_MEDIA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/media").into());
    for name in [
        "jm-generated/jm_main_frame_cabac_b.264",
        "jm-generated/jm_main_wp_explicit_pb.264",
        "jm-generated/jm_main_multislice_cabac.264",
        "jvt-frext/HPCV_BRCM_A.264",
        "jvt-avc1/MR1_BT_A.h264",
    ] {
        match std::fs::read(Path::new(&media).join(name)) {
            Ok(mut stream) => {
                stream.truncate(30_000);
                check(name, &stream, 6);
            }
            Err(e) => println!("skipped {name}: {e}"),
        }
    }
}
