//! No bytes make the AAC decoder panic, and damage is told.

use proptest::prelude::*;
use transcode_core::aac::{AudioSpecificConfig, Decoder, DecoderConfig, PacketTime};
use transcode_core::bits::BitWriter;
use transcode_core::{ErrorKind, Step};

/// Takes all frames; errors that end the stream are fine. Gives their number and how many were concealed.
fn drain(decoder: &mut Decoder) -> (usize, usize) {
    let (mut frames, mut concealed) = (0, 0);
    for _ in 0..10_000 {
        match decoder.receive() {
            Ok(Step::Output(frame)) => {
                frames += 1;
                concealed += usize::from(frame.concealed());
                for c in 0..frame.channels() {
                    assert_eq!(frame.channel(c).len(), frame.len());
                }
            }
            Ok(Step::NeedInput | Step::End) => return (frames, concealed),
            Err(_) => {}
        }
    }
    panic!("the decoder does not come to an end");
}

/// Configurations of all kinds: Main, LC and LTP, 1024 and 960, mono, stereo, 5.1 and 7.1.
fn configurations() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for object_type in [1, 2, 4] {
        for index in [0, 4, 11] {
            for channels in [1, 2, 6, 7] {
                for short in [0, 1] {
                    let mut w = BitWriter::new();
                    for (v, n) in [(object_type, 5), (index, 4), (channels, 4), (short, 1), (0, 2)] {
                        w.u(v, n);
                    }
                    all.push(w.into_bytes());
                }
            }
        }
    }
    all
}

/// A block with an element of random content: what comes first is valid, so that parsing goes deep.
fn block(element: u32, content: &[u8]) -> Vec<u8> {
    let mut w = BitWriter::new();
    w.u(element, 3);
    w.u(0, 4);
    for &b in content {
        w.u(b.into(), 8);
    }
    w.into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_configuration(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = AudioSpecificConfig::parse(&bytes);
        let _ = Decoder::new(DecoderConfig::new()).configure(&bytes);
    }

    #[test]
    fn any_stream(bytes in prop::collection::vec(any::<u8>(), 0..2000), head in 0usize..4) {
        let heads: [&[u8]; 4] = [&[], &[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc], &[0x56, 0xe1, 0x70, 0x20], b"ADIF"];
        let mut decoder = Decoder::new(DecoderConfig::new());
        let _ = decoder.send(heads[head], PacketTime::default());
        for piece in bytes.chunks(300) {
            let _ = decoder.send(piece, PacketTime::default());
            drain(&mut decoder);
        }
        decoder.finish();
        drain(&mut decoder);
    }

    #[test]
    fn any_access_units(
        which in 0usize..72,
        blocks in prop::collection::vec((0u32..8, prop::collection::vec(any::<u8>(), 0..300)), 1..6),
    ) {
        let configurations = configurations();
        let mut decoder = Decoder::new(DecoderConfig::new());
        decoder.configure(&configurations[which % configurations.len()]).unwrap();
        for (element, content) in &blocks {
            decoder.send(&block(*element, content), PacketTime::default()).unwrap();
            let (frames, _) = drain(&mut decoder);
            prop_assert_eq!(frames <= 1, true);
        }
    }
}

/// A stereo block of silence, as encoders write it.
const SILENCE: [u8; 9] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80];

#[test]
fn a_broken_frame_is_concealed_and_flagged() {
    let mut decoder = Decoder::new(DecoderConfig::new());
    decoder.configure(&[0x12, 0x10]).unwrap();
    for (packet, concealed) in [(&SILENCE[..], 0), (&SILENCE[..5], 1), (&[0; 3], 1), (&SILENCE, 0)] {
        decoder.send(packet, PacketTime::default()).unwrap();
        assert_eq!(drain(&mut decoder), (1, concealed), "{packet:?}");
    }
    assert_eq!(decoder.stats().concealed, 2);
}

#[test]
fn strict_decoding_stops_with_a_place() {
    let mut decoder = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
    decoder.configure(&[0x12, 0x10]).unwrap();
    decoder.send(&SILENCE[..5], PacketTime::default()).unwrap();
    let error = decoder.receive().unwrap_err();
    assert_eq!(error.kind, ErrorKind::UnexpectedEnd);
    assert!(error.position.is_some_and(|p| p.byte >= 4));
    assert_eq!(decoder.receive().unwrap_err(), error);
}

#[test]
fn limits_and_what_is_not_supported_are_told() {
    let mut decoder = Decoder::new(DecoderConfig { max_channels: 2, ..DecoderConfig::new() });
    assert!(matches!(
        decoder.configure(&[0x12, 0x30]).unwrap_err().kind,
        ErrorKind::LimitExceeded { limit: "max_channels", requested: 6, allowed: 2 }
    ));
    // AAC SSR.
    assert!(matches!(
        decoder.configure(&[0x1a, 0x10]).unwrap_err().kind,
        ErrorKind::Unsupported { feature: "AAC SSR" }
    ));
}
