//! Bands of sound, and samples to integers: every SIMD level that this machine has does what the scalar level does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_simd::testing::bands::BandsCase;
use transcode_simd::testing::check;

fuzz_target!(|bytes: &[u8]| check::<BandsCase>(bytes));
