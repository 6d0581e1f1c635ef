//! Half resolution: every SIMD level that this machine has does what the scalar level does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_simd::testing::check;
use transcode_simd::testing::lowres::LowresCase;

fuzz_target!(|bytes: &[u8]| check::<LowresCase>(bytes));
