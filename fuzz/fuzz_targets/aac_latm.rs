//! LOAS and LATM in the decoder: multiplexes of whatever configuration, cut anywhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_fuzz::{decode_stream, exhaust_decoder};

fuzz_target!(|bytes: &[u8]| {
    let Some((&cut, rest)) = bytes.split_first() else { return };
    // Half of the runs begin with the head of an element of any content, so that reading goes deep.
    let mut decoder = decode_stream(&[]);
    let mut stream = Vec::new();
    for piece in rest.chunks(usize::from(cut | 1)) {
        stream.extend([0x56, 0xe0, piece.len() as u8]);
        stream.extend(piece);
    }
    exhaust_decoder(&mut decoder, if cut & 1 == 0 { &stream } else { rest }, 64);
});
