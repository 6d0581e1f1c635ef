//! `AudioSpecificConfig()`: no bytes make it panic, and what is read starts a decoder or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_core::aac::{AudioSpecificConfig, Decoder, DecoderConfig};

fuzz_target!(|bytes: &[u8]| {
    let read = AudioSpecificConfig::parse(bytes);
    let started = Decoder::new(DecoderConfig::new()).configure(bytes);
    assert!(read.is_ok() || started.is_err());
});
