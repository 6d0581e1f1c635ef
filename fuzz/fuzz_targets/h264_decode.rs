//! The H.264 decoder: no input makes it panic, hang, or differ between the scalar and the best SIMD level.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};
use transcode_core::{Kernels, Limits, Step};

/// Sums over all frames, at most 64 of them.
fn decode(bytes: &[u8], kernels: Kernels) -> Vec<u64> {
    let limits = Limits { max_width: 512, max_height: 512, max_pixels: 1 << 17, ..Limits::default() };
    let mut d = Decoder::new(DecoderConfig { kernels, limits, ..DecoderConfig::new() });
    let mut sums = Vec::new();
    if d.send(bytes, PacketTime::default()).is_err() {
        return sums;
    }
    d.finish();
    while sums.len() < 64 {
        match d.receive() {
            Ok(Step::Output(f)) => {
                let sample = |sum: u64, &s: &u8| sum.wrapping_mul(31).wrapping_add(s.into());
                sums.push((0..3).flat_map(|p| f.rows(p)).flatten().fold(0, sample));
            }
            Ok(Step::NeedInput | Step::End) => break,
            Err(_) => {}
        }
    }
    sums
}

fuzz_target!(|bytes: &[u8]| assert_eq!(decode(bytes, Kernels::scalar()), decode(bytes, Kernels::detect())));
