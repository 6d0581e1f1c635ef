//! Parametric stereo behind SBR data that are valid.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_core::bits::BitWriter;
use transcode_fuzz::{configured, exhaust_packets, fill, silence};

/// High bands and noise bands of the header below, at 48 kHz.
const BANDS: [usize; 2] = [16, 3];

fuzz_target!(|bytes: &[u8]| {
    let [size, rest @ ..] = bytes else { return };
    // HE-AAC v2 from 24 kHz to 48 kHz.
    let mut asc = BitWriter::new();
    for (v, n) in [(29, 5), (6, 4), (1, 4), (3, 4), (2, 5), (0, 3)] {
        asc.u(v, n);
    }
    let mut decoder = configured(&asc.into_bytes());
    let packets = rest.chunks(usize::from(*size).clamp(1, 100)).map(|data| {
        let mut w = BitWriter::new();
        silence(&mut w, false);
        let mut p = BitWriter::new();
        p.u(0b1101, 4);
        p.flag(true);
        p.u(0b1010_1100_0000_0000, 16); // sbr_header()
        p.u(0, 5); // bs_data_extra, FIXFIX of one envelope
        p.u(1, 1); // bs_freq_res
        p.u(0, 2 + 2 * BANDS[1] as u32); // directions, bs_invf_mode
        p.u(40, 7);
        (1..BANDS[0]).for_each(|_| p.u(0, 2)); // no difference
        p.u(0, 5);
        (1..BANDS[1]).for_each(|_| p.u(0, 1));
        p.flag(false); // bs_add_harmonic_flag
        p.flag(true); // bs_extended_data
        p.u(15, 4);
        p.u(data.len() as u32 + 1 - 15.min(data.len() as u32 + 1), 8);
        p.u(2, 2); // EXTENSION_ID_PS
        data.iter().for_each(|&b| p.u(b.into(), 8));
        // What the count says beyond the data, where that is short.
        p.u(0, 6);
        (data.len() + 1..15).for_each(|_| p.u(0, 8));
        fill(&mut w, p);
        w.into_bytes()
    });
    exhaust_packets(&mut decoder, packets);
});
