//! Transforms of sound: every SIMD level that this machine has does what the scalar level does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_simd::testing::audio::AudioCase;
use transcode_simd::testing::check;

fuzz_target!(|bytes: &[u8]| check::<AudioCase>(bytes));
