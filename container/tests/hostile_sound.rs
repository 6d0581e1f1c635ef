//! WAVE and ADTS: whole, cut off, changed, and bytes that are neither.

mod common;

use std::io::Cursor;

use common::read_all;
use proptest::prelude::*;
use transcode_container::adts::{AacStreamDemuxer, AdtsDemuxer};
use transcode_container::wav::{WavDemuxer, WavMuxer, WavOptions};
use transcode_container::{AudioTrack, Demuxer, Error, Limits, Muxer, Packet, PcmFormat, PcmSample, TrackSpec, probe};

fn limits() -> Limits {
    Limits { max_index_bytes: 1 << 20, max_samples: 1 << 16, max_packet_bytes: 1 << 20, ..Limits::default() }
}

fn wave() -> Vec<u8> {
    let pcm = Some(PcmFormat::little(PcmSample::S24));
    let audio = AudioTrack { sample_rate: 8000, channels: 6, channel_mask: 0x3f, pcm, ..AudioTrack::default() };
    let mut muxer = WavMuxer::new(Cursor::new(Vec::new()), WavOptions::default());
    let track = muxer.add_track(TrackSpec::pcm(audio).unwrap()).unwrap();
    muxer.write_packet(&Packet::new(track, 0, 0, 0, true, vec![3; 18 * 5000])).unwrap();
    muxer.finish().unwrap();
    muxer.into_inner().into_inner()
}

fn adts() -> Vec<u8> {
    let frame = |n: usize| {
        let size = n + 7;
        let head = [0xff, 0xf1, 0x50, 0x80 | (size >> 11) as u8, (size >> 3) as u8, (size << 5) as u8 | 0x1f, 0xfc];
        [&head[..], &vec![n as u8; n]].concat()
    };
    [b"ID3\x04\0\0\0\0\0\x02ab".to_vec(), (1..60).flat_map(|n| frame(n * 7 % 300)).collect()].concat()
}

/// Reads all of a file with whatever opens it; how many packets there were.
fn read(bytes: &[u8]) -> Result<usize, Error> {
    let mut demuxer = probe::open_reader(Box::new(Cursor::new(bytes.to_vec())), &limits())?;
    let ids: Vec<_> = demuxer.tracks().iter().map(|t| t.id).collect();
    for id in ids {
        if let Ok(points) = demuxer.sync_points(id)
            && let Some(point) = points.last()
        {
            let _ = demuxer.seek_to(id, point);
        }
    }
    let (packets, _) = read_all(demuxer.as_mut());
    Ok(packets.values().map(Vec::len).sum())
}

#[test]
fn whole_files() {
    let mut wav = WavDemuxer::new(Box::new(Cursor::new(wave())), &limits()).unwrap();
    assert_eq!(read_all(&mut wav).0[&0].iter().map(|p| p.samples).sum::<u32>(), 5000);
    let mut aac = AdtsDemuxer::new(Box::new(Cursor::new(adts())), &limits()).unwrap();
    assert_eq!((read_all(&mut aac).0[&0].len(), aac.damaged_places()), (59, 0));
}

proptest! {
    #[test]
    fn damage(file in 0usize..2, changes in prop::collection::vec((0usize..1 << 16, any::<u8>()), 0..20), cut in 0usize..1 << 16) {
        let mut bytes = if file == 0 { wave() } else { adts() };
        let n = bytes.len();
        for (at, value) in changes {
            // Most of them where it matters: at the start.
            bytes[if at % 2 == 0 { at / 2 % 80 } else { at % n }] = value;
        }
        bytes.truncate(cut.max(1).min(n));
        let _ = read(&bytes);
    }

    #[test]
    fn anything(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        for mut demuxer in [
            WavDemuxer::new(Box::new(Cursor::new(bytes.clone())), &limits()).map(|d| Box::new(d) as Box<dyn Demuxer>).ok(),
            AdtsDemuxer::new(Box::new(Cursor::new(bytes.clone())), &limits()).map(|d| Box::new(d) as Box<dyn Demuxer>).ok(),
            AacStreamDemuxer::new(Box::new(Cursor::new([b"ADIF".to_vec(), bytes.clone()].concat())), &limits())
                .map(|d| Box::new(d) as Box<dyn Demuxer>)
                .ok(),
        ]
        .into_iter()
        .flatten()
        {
            read_all(demuxer.as_mut());
        }
    }
}
