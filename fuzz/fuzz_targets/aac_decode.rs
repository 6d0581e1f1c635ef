//! AAC: no bytes make the decoder panic. The first byte chooses a transport or a configuration.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_core::Step;
use transcode_core::aac::{Decoder, DecoderConfig, PacketTime};

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, rest)) = bytes.split_first() else { return };
    let mut decoder = Decoder::new(DecoderConfig::new());
    // AAC LC, Main, LTP, HE-AAC, LC of 960 samples, HE-AAC v2, ER AAC LC with all tools, LD, ELD, ELD with SBR; anything else is a stream
    // that frames itself.
    let configurations: [&[u8]; 10] = [
        &[0x12, 0x10],
        &[0x0a, 0x10],
        &[0x22, 0x10],
        &[0x2b, 0x11, 0x88],
        &[0x12, 0x14],
        &[0xeb, 0x8a, 0x08, 0x00],
        &[0x8a, 0x11, 0xe0],
        &[0xba, 0x10, 0x00],
        &[0xf8, 0xe8, 0x40, 0x00],
        &[0xf8, 0xe6, 0x21, 0x28, 0x80, 0xbc, 0x00],
    ];
    if let Some(configuration) = configurations.get(usize::from(choice)) {
        let _ = decoder.configure(configuration);
    }
    for packet in rest.chunks(256) {
        let _ = decoder.send(packet, PacketTime::default());
        for _ in 0..300 {
            if matches!(decoder.receive(), Ok(Step::NeedInput | Step::End)) {
                break;
            }
        }
    }
    decoder.finish();
    for _ in 0..300 {
        if matches!(decoder.receive(), Ok(Step::NeedInput | Step::End)) {
            break;
        }
    }
});
