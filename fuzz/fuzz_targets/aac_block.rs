//! Raw data blocks of all object types: LC, Main, LTP, 960 samples, error resilient ones, LD and ELD.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_fuzz::{configured, exhaust_packets};

fuzz_target!(|bytes: &[u8]| {
    let [choice, size, rest @ ..] = bytes else { return };
    let configurations: [&[u8]; 9] = [
        &[0x12, 0x10],
        &[0x0a, 0x10],
        &[0x22, 0x10],
        &[0x12, 0x14],
        &[0x12, 0x30],
        &[0x8a, 0x11, 0xe0],
        &[0xba, 0x10, 0x00],
        &[0xf8, 0xe8, 0x40, 0x00],
        &[0xf8, 0xe6, 0x21, 0x28, 0x80, 0xbc, 0x00],
    ];
    let mut decoder = configured(configurations[usize::from(*choice) % configurations.len()]);
    exhaust_packets(&mut decoder, rest.chunks(usize::from(*size).max(1)).map(<[u8]>::to_vec));
});
