//! Damaged files, cut-off files and files that are none: typed errors, bounded time, never a panic.

mod common;

use std::io::{Cursor, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use common::{generate, have, media, read_all, select_all};
use proptest::prelude::*;
use transcode_container::mp4::{Mp4Demuxer, Mp4Muxer, Mp4Options};
use transcode_container::probe::{self, Format};
use transcode_container::{
    Demuxer, Error, Limits, Muxer, Packet, Selection, SyncPoint, Timebase, TrackId, TrackSpec, VideoTrack,
};

/// Takes everything out of a demuxer that it has, at most `max` packets a time, in every way.
fn exhaust(mut demuxer: Box<dyn Demuxer>, max: usize) {
    for selection in [Selection::Presentation, Selection::Media] {
        select_all(&mut *demuxer, selection);
        for _ in 0..max {
            match demuxer.next_packet() {
                Ok(Some(p)) => assert!(p.trim_start >= 0 && p.trim_end >= 0 && p.samples > 0),
                _ => break,
            }
        }
        let ids: Vec<TrackId> = demuxer.tracks().iter().map(|t| t.id).collect();
        for id in ids {
            let points: Vec<SyncPoint> = demuxer.sync_points(id).unwrap_or_default();
            for point in points.iter().rev().take(3) {
                let _ = demuxer.seek(id, point.position).and_then(|()| demuxer.next_packet());
            }
            let _ = demuxer.seek(id, u64::MAX);
        }
    }
}

/// Limits under which a test stays small.
fn tight() -> Limits {
    Limits { max_index_bytes: 1 << 24, max_samples: 1 << 20, max_packet_bytes: 1 << 24, ..Limits::default() }
}

fn open_bytes(bytes: Vec<u8>) -> Result<Box<dyn Demuxer>, Error> {
    probe::open_reader(Box::new(Cursor::new(bytes)), &tight())
}

#[test]
fn corrupt_files_end_in_time() {
    for path in media(&["corrupt"], &[]) {
        let start = Instant::now();
        let outcome = match probe::open(&path) {
            Ok(mut demuxer) => {
                let (packets, end) = read_all(&mut *demuxer);
                let count: usize = packets.values().map(Vec::len).sum();
                exhaust(demuxer, usize::MAX);
                format!("{count} packets, then {}", end.map_or("the end".into(), |e| e.to_string()))
            }
            Err(e) => {
                assert!(!matches!(e, Error::Io { .. }), "{}: {e}", path.display());
                e.to_string()
            }
        };
        println!("{}: {outcome}", path.file_name().unwrap().display());
        assert!(start.elapsed() < Duration::from_secs(10), "{}", path.display());
    }
}

#[test]
fn what_is_no_media_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let kind = |path: &Path| probe::open(path).map(drop).unwrap_err().io_kind();
    assert_eq!(kind(&dir.path().join("missing.mp4")), Some(ErrorKind::NotFound));
    assert_eq!(kind(dir.path()), Some(ErrorKind::IsADirectory));
    if cfg!(unix) {
        assert_eq!(kind(Path::new("/dev/null")), Some(ErrorKind::InvalidInput));
    }
    let message = probe::open(dir.path()).map(drop).unwrap_err().to_string();
    assert!(message.starts_with(&dir.path().display().to_string()), "{message}");
    let text = dir.path().join("text.mp4");
    for content in ["", "a text that calls itself a film", "RIFF\0\0\0\0WEBPVP8 "] {
        std::fs::write(&text, content).unwrap();
        assert!(matches!(probe::open(&text), Err(Error::NotMedia)), "{content:?}");
    }
}

#[test]
fn containers_to_come_are_named() {
    let expected = [
        ("avi", Format::Avi),
        ("ogg", Format::Ogg),
        ("opus", Format::Ogg),
        ("mp3", Format::MpegAudio),
        ("flac", Format::Flac),
    ];
    let extensions: Vec<_> = expected.iter().map(|e| e.0).collect();
    for path in media(&["other-codecs", "h264-interlaced-and-other-containers"], &extensions) {
        let extension = path.extension().unwrap().to_str().unwrap();
        let format = expected.iter().find(|e| e.0 == extension).unwrap().1;
        match probe::open(&path) {
            Err(Error::Unsupported { feature }) => {
                assert!(feature.contains(&format.to_string()), "{}: {feature}", path.display());
            }
            other => panic!("{}: {:?}", path.display(), other.map(drop)),
        }
    }
}

#[test]
fn encrypted_tracks_are_refused_by_name() {
    if !have("ffmpeg") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let args = "-f lavfi -i testsrc=s=64x48:r=25:d=1 -f lavfi -i sine=d=1 -c:v libx264 -c:a aac -encryption_scheme \
                cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff -encryption_kid \
                00112233445566778899aabbccddeeff";
    let Some(path) = generate(dir.path(), "encrypted.mp4", args) else { return };
    let mut demuxer = probe::open(&path).unwrap();
    assert_eq!(demuxer.tracks().len(), 2);
    for track in demuxer.tracks().to_vec() {
        assert!(TrackSpec::copy_of(&track).is_err());
        match demuxer.select(track.id, Selection::Media) {
            Err(Error::Unsupported { feature }) => assert_eq!(feature, "encrypted track (scheme cenc)"),
            other => panic!("{other:?}"),
        }
    }
    assert!(demuxer.next_packet().unwrap().is_none());
}

#[test]
fn real_y4m() {
    for path in media(&["natural-rd"], &["y4m"]) {
        let mut demuxer = probe::open(&path).unwrap();
        assert_eq!(demuxer.info().format, Format::Y4m);
        let (packets, end) = read_all(&mut *demuxer);
        assert!(end.is_none());
        assert_eq!(Some(packets[&0].len() as u64), demuxer.packet_count(TrackId(0)));
    }
}

/// A small file with two tracks, B pictures, an edit list and several chunks.
fn sample(faststart: bool) -> Vec<u8> {
    let mut muxer = Mp4Muxer::new(Cursor::new(Vec::new()), Mp4Options { faststart, creation_time: 0 });
    let avcc = vec![1, 66, 0, 10, 0xff, 0xe0, 0];
    let video = VideoTrack { width: 16, height: 16, ..VideoTrack::default() };
    for _ in 0..2 {
        muxer.add_track(TrackSpec::h264(avcc.clone(), video, Timebase::per_second(25))).unwrap();
    }
    for i in 0..40 {
        let (track, pts) = (TrackId(i % 2), i64::from((i / 2) ^ 1));
        let data = vec![i as u8; 20 + i as usize % 7];
        muxer.write_packet(&Packet::new(track, pts, i64::from(i / 2) - 1, 1, i % 8 < 2, data)).unwrap();
    }
    muxer.finish().unwrap();
    muxer.into_inner().into_inner()
}

#[test]
fn a_cut_file_gives_all_that_is_whole() {
    let whole = sample(true);
    let all = read_all(&mut *open_bytes(whole.clone()).unwrap()).0;
    let data_start = whole.windows(4).position(|w| w == b"mdat").unwrap() + 4;
    for cut in 0..whole.len() {
        match open_bytes(whole[..cut].to_vec()) {
            Ok(mut demuxer) => {
                let (got, end) = read_all(&mut *demuxer);
                assert!(
                    matches!(end, Some(Error::UnexpectedEnd { offset, .. }) if offset == cut as u64),
                    "{cut}: {end:?}"
                );
                assert!(cut >= data_start - 16);
                for (track, packets) in &all {
                    let present = packets.iter().filter(|p| p.offset.unwrap() + p.data.len() as u64 <= cut as u64);
                    let none = Vec::new();
                    let got = got.get(track).unwrap_or(&none);
                    assert!(present.eq(got), "{cut}");
                }
            }
            Err(Error::UnexpectedEnd { .. } | Error::NotMedia) => assert!(cut < data_start),
            Err(e) => panic!("{cut}: {e}"),
        }
    }
    // With the index at the end, nothing can be found of a cut file.
    let whole = sample(false);
    for cut in 32..whole.len() {
        assert!(matches!(open_bytes(whole[..cut].to_vec()), Err(Error::UnexpectedEnd { .. })), "{cut}");
    }
}

#[test]
fn limits_hold() {
    let file = sample(true);
    let open = |limits: Limits| Mp4Demuxer::new(Box::new(Cursor::new(file.clone())), &limits);
    let refused = |limits, name| {
        let mut result = open(limits).and_then(|mut d| d.next_packet().map(drop));
        assert!(matches!(&mut result, Err(Error::LimitExceeded { limit, .. }) if *limit == name), "{name}: {result:?}");
    };
    let all = Limits::default();
    refused(Limits { max_tracks: 1, ..all }, "max_tracks");
    refused(Limits { max_index_bytes: 100, ..all }, "max_index_bytes");
    refused(Limits { max_samples: 19, ..all }, "max_samples");
    refused(Limits { max_edits: 0, ..all }, "max_edits");
    refused(Limits { max_packet_bytes: 10, ..all }, "max_packet_bytes");
    refused(Limits { max_top_level: 2, ..all }, "max_top_level");
    assert!(open(Limits { max_tracks: 2, max_samples: 20, max_edits: 1, ..all }).is_ok());
}

/// Finds a box by its path of types; offset of its body.
fn body_of(file: &[u8], path: &[&[u8; 4]]) -> usize {
    path.iter().fold(0, |from, kind| from + file[from..].windows(4).position(|w| w == *kind).unwrap() + 4)
}

#[test]
fn lies_are_found_out() {
    let file = sample(true);
    let with = |path: &[&[u8; 4]], skip: usize, bytes: &[u8]| {
        let mut file = file.clone();
        let at = body_of(&file, path) + skip;
        file[at..at + bytes.len()].copy_from_slice(bytes);
        let mut opened = match open_bytes(file) {
            Ok(opened) => opened,
            Err(e) => return e.to_string(),
        };
        let end = read_all(&mut *opened).1;
        end.map_or("fine".into(), |e| e.to_string())
    };
    let huge = &[0xff; 4];
    assert!(with(&[b"mdhd"], 12, &[0; 4]).contains("timescale"));
    assert!(with(&[b"mvhd"], 12, &[0; 4]).contains("timescale"));
    for table in [b"stts", b"ctts", b"stsc", b"stco", b"stss", b"stsd", b"dref", b"elst"] {
        let got = with(&[table], 4, huge);
        assert!(got.starts_with("invalid") || table == b"dref", "{}: {got}", table.escape_ascii());
    }
    assert!(with(&[b"stsz"], 8, huge).starts_with("invalid"));
    assert!(with(&[b"stsz"], 4, huge).contains("unexpected end"), "every sample 4 GiB");
    assert!(with(&[b"stco"], 8, huge).contains("unexpected end"));
    assert!(with(&[b"stsc"], 12, huge).starts_with("fine"), "more samples to a chunk than there are");
    assert!(with(&[b"stsc"], 16, huge).starts_with("invalid"), "no such sample entry");
    assert!(with(&[b"trak"], 3, &[]).starts_with("fine"));
    let size = body_of(&file, &[b"trak"]) - 8;
    for bad in [&[0, 0, 0, 4][..], &[0x7f, 0, 0, 0], &[0, 0, 0, 1]] {
        let mut file = file.clone();
        file[size..size + 4].copy_from_slice(bad);
        assert!(matches!(open_bytes(file), Err(Error::Invalid { .. })), "{bad:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0usize..4) {
        let prefix: &[u8] = [&b""[..], b"\0\0\0\x10ftypisom\0\0\0\0", b"\0\0\0\x01\x67", b"YUV4MPEG2 W4 H4\n"][kind];
        if let Ok(demuxer) = open_bytes([prefix, &bytes].concat()) {
            exhaust(demuxer, 1000);
        }
    }

    #[test]
    fn changed_bytes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), front in any::<bool>()) {
        let mut file = sample(front);
        for (at, value) in changes {
            let i = at.index(file.len());
            // Small counts and sizes are likelier to hit a structure than arbitrary ones.
            file[i] = if value & 1 == 0 { value } else { value >> 5 };
        }
        if let Ok(demuxer) = open_bytes(file) {
            exhaust(demuxer, 5000);
        }
    }

    #[test]
    fn any_byte_stream(units in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..30)) {
        let mut file = vec![0, 0, 0, 1, 0x67, 66, 0, 10];
        for unit in units {
            file.extend_from_slice(&[0, 0, 1]);
            file.extend_from_slice(&unit);
        }
        let demuxer = transcode_container::annexb::AnnexBDemuxer::new(Box::new(Cursor::new(file.clone())), &tight());
        if let Ok(mut demuxer) = demuxer {
            let (packets, end) = read_all(&mut demuxer);
            prop_assert!(end.is_none());
            let joined: Vec<u8> = packets.values().flatten().flat_map(|p| p.data.clone()).collect();
            prop_assert!(joined == file, "nothing is lost");
        }
    }
}
