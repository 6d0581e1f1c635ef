//! H.264 byte streams: whatever the bytes, the packets put together are the stream from its first start code on.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use transcode_container::annexb::AnnexBDemuxer;
use transcode_container::{Demuxer, Limits};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut demuxer) = AnnexBDemuxer::new(Box::new(Cursor::new(bytes.to_vec())), &Limits::default()) else {
        return;
    };
    let mut joined = Vec::new();
    while let Some(packet) = demuxer.next_packet().expect("memory has no reading errors") {
        joined.extend_from_slice(&packet.data);
    }
    assert!(bytes.ends_with(&joined));
    assert!(joined.starts_with(&[0, 0, 1]) || joined.starts_with(&[0, 0, 0, 1]));
});
