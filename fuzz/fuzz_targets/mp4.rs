//! MP4 and QuickTime: no file makes the demuxer panic, hang or take more memory than its limits allow.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use transcode_container::mp4::Mp4Demuxer;
use transcode_container::{Demuxer, Limits, Selection, TrackId};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_index_bytes: 1 << 24, max_samples: 1 << 16, ..Limits::default() };
    let Ok(mut demuxer) = Mp4Demuxer::new(Box::new(Cursor::new(bytes.to_vec())), &limits) else { return };
    for selection in [Selection::Presentation, Selection::Media] {
        let ids: Vec<TrackId> = demuxer.tracks().iter().map(|t| t.id).collect();
        for &id in &ids {
            let _ = demuxer.select(id, selection);
        }
        for _ in 0..10_000 {
            let Ok(Some(packet)) = demuxer.next_packet() else { break };
            assert!(packet.samples > 0 && packet.trim_start >= 0 && packet.trim_end >= 0);
        }
        for &id in &ids {
            let Ok(points) = demuxer.sync_points(id) else { continue };
            for point in points.iter().rev().take(4) {
                demuxer.seek(id, point.position).expect("a sync point can be sought");
                let _ = demuxer.next_packet();
            }
        }
    }
});
