//! `I_PCM` with both entropy coders: the samples come out as they were sent, and CABAC starts again after them (9.3.1.2).
#![cfg(feature = "h264-dec")]

use transcode_core::Step;
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};

/// Sample `i` of macroblock `mb`, in the order of transmission.
fn sample(mb: usize, i: usize) -> u8 {
    (16 + (i * 7 + mb * 50) % 200) as u8
}

/// A picture of two macroblocks: slice header and first `mb_type`, what stands between the macroblocks, and the end.
fn stream(pps: &[u8], parts: [&[u8]; 3]) -> Vec<u8> {
    const SPS: [u8; 11] = [0, 0, 0, 1, 0x67, 0x4d, 0, 0x1e, 0xda, 0x2e, 0x40];
    let mut s = SPS.to_vec();
    s.extend([0, 0, 0, 1, 0x68]);
    s.extend(pps);
    s.extend([0, 0, 0, 1, 0x65]);
    for (mb, part) in parts.into_iter().enumerate() {
        s.extend(part);
        if mb < 2 {
            s.extend((0..384).map(|i| sample(mb, i)));
        }
    }
    s
}

fn check(stream: &[u8]) {
    let mut d = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
    d.send(stream, PacketTime::default()).unwrap();
    d.finish();
    let Step::Output(frame) = d.receive().unwrap() else { panic!("no frame") };
    assert_eq!((frame.width(), frame.height(), frame.corrupt), (32, 16, false));
    for (plane, first, n) in [(0, 0, 16), (1, 256, 8), (2, 320, 8)] {
        for (y, row) in frame.rows(plane).enumerate() {
            for (x, &s) in row.iter().enumerate() {
                assert_eq!(s, sample(x / n, first + n * y + x % n), "plane {plane} at ({x}, {y})");
            }
        }
    }
}

#[test]
fn cavlc() {
    check(&stream(&[0xce, 0x38, 0x80], [&[0x88, 0x84, 0x86, 0x80], &[0x0d, 0], &[0x80]]));
}

#[test]
fn cabac() {
    check(&stream(&[0xee, 0x38, 0x80], [&[0x88, 0x84, 0xff, 0xfe, 0xf8], &[0xfd, 0xc0], &[0xfe, 0x80]]));
}
