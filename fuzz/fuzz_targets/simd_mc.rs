//! Motion compensation: every SIMD level that this machine has does what the scalar level does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_simd::testing::check;
use transcode_simd::testing::mc::McCase;

fuzz_target!(|bytes: &[u8]| {
    check::<McCase>(bytes);
    check::<McCase<u16>>(bytes);
});
