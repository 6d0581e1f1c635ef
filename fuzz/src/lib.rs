//! What the fuzz targets of the demuxers and of the AAC decoder share.

use transcode_container::{Demuxer, Limits, Selection, TrackId};
use transcode_core::Step;
use transcode_core::aac::{Decoder, DecoderConfig, Drc, PacketTime};
use transcode_core::bits::BitWriter;

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

/// A decoder of a stream that frames itself and begins with `head`.
pub fn decode_stream(head: &[u8]) -> Decoder {
    let mut decoder = Decoder::new(DecoderConfig { drc: Some(Drc::FULL), ..DecoderConfig::new() });
    let _ = decoder.send(head, PacketTime::default());
    decoder
}

/// A decoder of access units.
///
/// # Panics
/// If it refuses `configuration`.
pub fn configured(configuration: &[u8]) -> Decoder {
    let mut decoder = Decoder::new(DecoderConfig { drc: Some(Drc::FULL), ..DecoderConfig::new() });
    decoder.configure(configuration).expect("a configuration that is decoded");
    decoder
}

/// Takes all frames that there are; errors that end a stream are fine, and what comes out are numbers.
fn drain(decoder: &mut Decoder) {
    for _ in 0..300 {
        match decoder.receive() {
            Ok(Step::Output(frame)) => {
                for c in 0..frame.channels() {
                    assert_eq!(frame.channel(c).len(), frame.len());
                }
            }
            Ok(Step::NeedInput | Step::End) => return,
            Err(_) => {}
        }
    }
}

/// Sends `stream` in pieces of `size` bytes, to its end.
pub fn exhaust_decoder(decoder: &mut Decoder, stream: &[u8], size: usize) {
    exhaust_packets(decoder, stream.chunks(size).map(<[u8]>::to_vec));
}

/// Sends packets, to the end.
pub fn exhaust_packets(decoder: &mut Decoder, packets: impl Iterator<Item = Vec<u8>>) {
    for packet in packets {
        let _ = decoder.send(&packet, PacketTime::default());
        drain(decoder);
    }
    decoder.finish();
    drain(decoder);
}

/// Writes an element of AAC LC in which nothing sounds: one channel, or two.
pub fn silence(w: &mut BitWriter, pair: bool) {
    w.u(u32::from(pair), 3);
    w.u(0, 4);
    if pair {
        w.flag(false); // common_window
    }
    for _ in 0..1 + usize::from(pair) {
        w.u(100, 8); // global_gain
        w.u(0, 4); // ics_reserved_bit, window_sequence, window_shape
        w.u(0, 7); // max_sfb, predictor_data_present
        w.u(0, 3); // no pulses, no TNS, no gain control
    }
}

/// Writes a fill element with `payload`, and the end of the block.
pub fn fill(w: &mut BitWriter, payload: BitWriter) {
    let bytes = payload.into_bytes();
    let bytes = &bytes[..bytes.len().min(269)];
    w.u(6, 3);
    if bytes.len() < 15 {
        w.u(bytes.len() as u32, 4);
    } else {
        w.u(15, 4);
        w.u(bytes.len() as u32 - 14, 8);
    }
    bytes.iter().for_each(|&b| w.u(b.into(), 8));
    w.u(7, 3);
    w.align_with(false);
}
