//! ADTS in the decoder: frames of whatever headers, checksums and numbers of blocks, cut anywhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_fuzz::{decode_stream, exhaust_decoder};

fuzz_target!(|bytes: &[u8]| {
    let Some((&cut, rest)) = bytes.split_first() else { return };
    // A first frame that is whole: silence of AAC LC.
    let mut decoder = decode_stream(&[0xff, 0xf1, 0x50, 0x40, 0x01, 0xbf, 0xfc, 0x01, 0x40, 0x20, 0x07, 0x00, 0x00]);
    exhaust_decoder(&mut decoder, rest, usize::from(cut).max(1));
});
