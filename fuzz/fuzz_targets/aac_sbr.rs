//! SBR data behind silence of one channel or two, with 1024 and 960 samples, down-sampled too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_core::bits::BitWriter;
use transcode_fuzz::{configured, exhaust_packets, fill, silence};

fuzz_target!(|bytes: &[u8]| {
    let [choice, size, rest @ ..] = bytes else { return };
    let pair = choice & 1 != 0;
    // AAC LC with SBR from 24 kHz to 48 kHz, or to 24 kHz.
    let mut asc = BitWriter::new();
    let output = if choice & 2 != 0 { 6 } else { 3 };
    for (v, n) in
        [(5, 5), (6, 4), (1 + u32::from(pair), 4), (output, 4), (2, 5), (u32::from(choice & 4 != 0), 1), (0, 2)]
    {
        asc.u(v, n);
    }
    let mut decoder = configured(&asc.into_bytes());
    let packets = rest.chunks(usize::from(*size).clamp(1, 200)).map(|data| {
        let mut w = BitWriter::new();
        silence(&mut w, pair);
        let mut payload = BitWriter::new();
        payload.u(if choice & 8 != 0 { 0b1110 } else { 0b1101 }, 4);
        data.iter().for_each(|&b| payload.u(b.into(), 8));
        fill(&mut w, payload);
        w.into_bytes()
    });
    exhaust_packets(&mut decoder, packets);
});
