//! AIFF: no file makes the demuxer panic, hang or take more memory than its limits allow.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use transcode_container::aiff::AiffDemuxer;
use transcode_fuzz::{exhaust, tight};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut demuxer) = AiffDemuxer::new(Box::new(Cursor::new(bytes.to_vec())), &tight()) else { return };
    exhaust(&mut demuxer);
});
