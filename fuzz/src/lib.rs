//! What the fuzz targets of the demuxers share.

use transcode_container::{Demuxer, Limits, Selection, TrackId};

/// Limits under which a run stays small.
pub fn tight() -> Limits {
    Limits { max_index_bytes: 1 << 24, max_samples: 1 << 16, max_packet_bytes: 1 << 24, ..Limits::default() }
}

/// Takes packets out of a demuxer in every way, and checks what holds of all of them.
pub fn exhaust(demuxer: &mut dyn Demuxer) {
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
                demuxer.seek_to(id, point).expect("a sync point can be sought");
                let _ = demuxer.next_packet();
                demuxer.seek(id, point.position).expect("and so can its position");
                let _ = demuxer.next_packet();
            }
        }
    }
}
