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

/// Configurations of all kinds: Main, LC, LTP, HE-AAC v2, error resilient ones with all their tools, LD and ELD with and without SBR; long
/// and short frames, mono, stereo, 5.1 and 7.1.
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
    for object_type in [17, 19, 23, 39] {
        for tools in [0, 1, 2, 4, 7] {
            for channels in [1, 2, 6, 7] {
                for short in [0, 1] {
                    let mut w = BitWriter::new();
                    if object_type == 39 {
                        for (v, n) in [(31, 5), (7, 6), (7, 4), (channels, 4), (short, 1), (tools, 3)] {
                            w.u(v, n);
                        }
                        let headers = [0, 1, 1, 2, 3, 3, 3, 4][channels as usize];
                        // With tools that change the spectrum alone, SBR comes too: twice the rate, no checksum.
                        if tools < 4 {
                            w.u(0b110, 3);
                            (0..headers).for_each(|_| w.u(SBR_HEADER, 16));
                        } else {
                            w.u(0, 1);
                        }
                        w.u(0, 4);
                    } else {
                        for (v, n) in
                            [(object_type, 5), (4, 4), (channels, 4), (short, 1), (0b01, 2), (tools, 3), (0, 1)]
                        {
                            w.u(v, n);
                        }
                    }
                    w.u(0, 2);
                    all.push(w.into_bytes());
                }
            }
        }
    }
    all.push(parametric());
    all
}

/// An `sbr_header()` that suits 22.05 kHz made to 44.1: from band 9 on, to the end.
const SBR_HEADER: u32 = 0b1010_1100_1000_0000;

/// HE-AAC v2, signalled explicitly: 22.05 kHz, mono.
fn parametric() -> Vec<u8> {
    let mut w = BitWriter::new();
    for (v, n) in [(29, 5), (7, 4), (1, 4), (4, 4), (2, 5), (0, 3)] {
        w.u(v, n);
    }
    w.into_bytes()
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
        which in 0usize..233,
        blocks in prop::collection::vec((0u32..8, prop::collection::vec(any::<u8>(), 0..300)), 1..6),
    ) {
        let configurations = configurations();
        let mut decoder = Decoder::new(DecoderConfig::new());
        assert_eq!(configurations.len(), 233);
        decoder.configure(&configurations[which]).unwrap();
        for (element, content) in &blocks {
            decoder.send(&block(*element, content), PacketTime::default()).unwrap();
            let (frames, _) = drain(&mut decoder);
            prop_assert_eq!(frames <= 1, true);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Silence with a valid header of SBR, and then anything: envelopes, and parametric stereo in the extension.
    #[test]
    fn any_sbr_and_parametric_stereo(
        frames in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 1..200)), 1..5),
    ) {
        let mut decoder = Decoder::new(DecoderConfig::new());
        decoder.configure(&parametric()).unwrap();
        for (stereo, content) in &frames {
            let mut w = BitWriter::new();
            // A single channel of no bands, then a fill element.
            for (v, n) in [(0, 3), (0, 4), (100, 8), (0, 1), (0, 2), (0, 1), (0, 6), (0, 1), (0, 3), (6, 3), (15, 4), (255, 8)] {
                w.u(v, n);
            }
            w.u(0b1101, 4);
            w.u(1, 1);
            w.u(SBR_HEADER, 16);
            if *stereo {
                // One envelope of zeros, and stereo data with a header.
                for (v, n) in [(0, 1), (0, 2), (0, 2), (1, 1), (0, 2), (0, 10), (10, 7), (0, 20), (5, 5), (0, 5), (0, 1), (1, 1), (15, 4), (180, 8), (2, 2), (1, 1)] {
                    w.u(v, n);
                }
            }
            for &b in content {
                w.u(b.into(), 8);
            }
            (0..300).for_each(|_| w.u(0, 8));
            decoder.send(&w.into_bytes(), PacketTime::default()).unwrap();
            let (frames, _) = drain(&mut decoder);
            prop_assert_eq!(frames, 1);
        }
    }

    #[test]
    fn any_low_delay_sbr(content in prop::collection::vec(any::<u8>(), 1..100), which in 72usize..233) {
        let mut decoder = Decoder::new(DecoderConfig::new());
        decoder.configure(&configurations()[which]).unwrap();
        let mut w = BitWriter::new();
        // A channel of AAC ELD without bands or filters.
        for (v, n) in [(100, 8), (0, 6), (0, 1)] {
            w.u(v, n);
        }
        for &b in &content {
            w.u(b.into(), 8);
        }
        decoder.send(&w.into_bytes(), PacketTime::default()).unwrap();
        // None if it asks for what is not supported.
        prop_assert!(drain(&mut decoder).0 <= 1);
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
