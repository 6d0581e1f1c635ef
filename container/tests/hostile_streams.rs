//! Matroska, transport streams and FLV made by small writers: whole, cut off, changed and built to do harm.

mod common;

use std::collections::BTreeMap;
use std::io::Cursor;

use common::read_all;
use proptest::prelude::*;
use transcode_container::probe::{self, Format};
use transcode_container::{CodecId, Demuxer, Error, Limits, Packet, Selection, Timebase, TrackId};

fn open(bytes: &[u8]) -> Result<Box<dyn Demuxer>, Error> {
    let limits =
        Limits { max_index_bytes: 1 << 20, max_samples: 1 << 16, max_packet_bytes: 1 << 20, ..Limits::default() };
    probe::open_reader(Box::new(Cursor::new(bytes.to_vec())), &limits)
}

/// An access unit of a byte stream: a parameter set and an IDR slice, or another slice.
fn unit(i: u8) -> Vec<u8> {
    match i % 4 {
        0 => vec![0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x67, 66, 0, 10, 0x96, 0, 0, 1, 0x65, 0x80, i | 1, 0x11],
        _ => vec![0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x41, 0x80, i | 1, 0x11],
    }
}

fn adts(payload: &[u8]) -> Vec<u8> {
    let n = payload.len() + 7;
    [&[0xff, 0xf1, 0x50, 0x80 | (n >> 11) as u8, (n >> 3) as u8, (n << 5) as u8 | 0x1f, 0xfc][..], payload].concat()
}

// Matroska ------------------------------------------------------------------------------------------------------------

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u32 | 0x1000_0000).to_be_bytes();
    [id, &size, body].concat()
}

fn unknown(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &[0x01, 255, 255, 255, 255, 255, 255, 255], body].concat()
}

fn track(number: u8, kind: u8, codec: &[u8], more: &[u8]) -> Vec<u8> {
    let body = [&element(&[0xd7], &[number])[..], &element(&[0x83], &[kind]), &element(&[0x86], codec), more];
    element(&[0xae], &body.concat())
}

/// Pictures in simple blocks and groups, laced sound; clusters of known and of unknown size.
fn mkv(live: bool) -> Vec<u8> {
    let video = [element(&[0xb0], &[64]), element(&[0xba], &[48])].concat();
    // Stripped: the first three bytes of each picture.
    let stripping =
        element(&[0x50, 0x34], &[element(&[0x42, 0x54], &[3]), element(&[0x42, 0x55], &[7, 8, 9])].concat());
    let encodings = element(&[0x6d, 0x80], &element(&[0x62, 0x40], &stripping));
    let tracks = [
        track(1, 1, b"V_MPEG4/ISO/AVC", &[element(&[0xe0], &video), encodings].concat()),
        track(2, 2, b"A_AAC", &element(&[0x63, 0xa2], &[0x12, 0x10])),
        track(3, 17, b"S_TEXT/UTF8", &element(&[0x22, 0xb5, 0x9c], b"ger")),
    ];
    let mut body = [
        element(&[0xec], &[0; 5]),
        element(&[0x15, 0x49, 0xa9, 0x66], &element(&[0x2a, 0xd7, 0xb1], &1_000_000u32.to_be_bytes())),
        element(&[0x16, 0x54, 0xae, 0x6b], &tracks.concat()),
    ]
    .concat();
    for c in 0..4u8 {
        let mut cluster = element(&[0xe7], &[0, c * 40]);
        for i in 0..4u8 {
            let block = [&[0x81, 0, i * 10, if i == 0 { 0x80 } else { 0 }][..], &[c * 4 + i; 9]].concat();
            if i == 2 {
                let reference = element(&[0xfb], &[0xff]);
                let group = [element(&[0xa1], &[&block[..3], &[0], &block[4..]].concat()), reference].concat();
                cluster.extend(element(&[0xa0], &group));
            } else {
                cluster.extend(element(&[0xa3], &block));
            }
        }
        // Two frames, of 3 and 4 bytes, EBML lacing.
        cluster.extend(element(&[0xa3], &[0x82, 0, 0, 0x86, 1, 0x83, 1, 2, 3, 4, 5, 6, 7]));
        let id = [0x1f, 0x43, 0xb6, 0x75];
        body.extend(if live { unknown(&id, &cluster) } else { element(&id, &cluster) });
    }
    let header = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"matroska"));
    let id = [0x18, 0x53, 0x80, 0x67];
    [header, if live { unknown(&id, &body) } else { element(&id, &body) }].concat()
}

// Transport stream ----------------------------------------------------------------------------------------------------

fn crc(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in data {
        crc ^= u32::from(byte) << 24;
        for _ in 0..8 {
            crc = if crc & 1 << 31 != 0 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 };
        }
    }
    crc
}

fn section(table: u8, body: &[u8]) -> Vec<u8> {
    let mut s = vec![0, table, 0xb0, body.len() as u8 + 9, 0, 1, 0xc1, 0, 0];
    s.extend_from_slice(body);
    let sum = crc(&s[1..]);
    s.extend_from_slice(&sum.to_be_bytes());
    s
}

struct Ts {
    out: Vec<u8>,
    counters: BTreeMap<u16, u8>,
}

impl Ts {
    fn write(&mut self, pid: u16, unit: &[u8]) {
        for (i, piece) in unit.chunks(184).enumerate() {
            let counter = self.counters.entry(pid).or_default();
            let start = if i == 0 { 0x40 } else { 0 };
            let stuffing = 184 - piece.len();
            let control = if stuffing > 0 { 0x30 } else { 0x10 } | *counter;
            *counter = (*counter + 1) & 15;
            self.out.extend_from_slice(&[0x47, start | (pid >> 8) as u8, pid as u8, control]);
            if stuffing > 0 {
                self.out.push(stuffing as u8 - 1);
                self.out.extend(
                    std::iter::repeat_n(0xff, stuffing - 1).enumerate().map(|(i, b)| if i == 0 { 0 } else { b }),
                );
            }
            self.out.extend_from_slice(piece);
        }
    }
    fn pes(&mut self, pid: u16, stream_id: u8, bounded: bool, pts: u64, payload: &[u8]) {
        let t = |s: u32, bits: u64| ((pts >> s & bits) << 1 | 1) as u16;
        let (hi, mid, lo) = (0x20 | t(30, 7) as u8, t(15, 0x7fff).to_be_bytes(), t(0, 0x7fff).to_be_bytes());
        let length = if bounded { payload.len() as u16 + 8 } else { 0 }.to_be_bytes();
        let header = [0, 0, 1, stream_id, length[0], length[1], 0x80, 0x80, 5, hi, mid[0], mid[1], lo[0], lo[1]];
        self.write(pid, &[&header[..], payload].concat());
    }
}

/// Pictures and sound, over a wrap of the clock; the PID of the pictures changes in the middle.
fn ts() -> Vec<u8> {
    let mut ts = Ts { out: Vec::new(), counters: BTreeMap::new() };
    let start = (1u64 << 33) - 4 * 3600;
    for i in 0..16u8 {
        let pid = if i < 8 { 0x100 } else { 0x102 };
        if i % 8 == 0 {
            ts.write(0, &section(0, &[0, 1, 0xf0, 0]));
            let version = [0xe1, 0, 0xf0, 0, 0x1b, 0xe0 | (pid >> 8) as u8, pid as u8, 0xf0, 0, 0x0f, 0xe1, 1, 0xf0, 0];
            let mut map = section(2, &version);
            if i > 0 {
                map[6] = 0xc3;
                let at = map.len() - 4;
                let sum = crc(&map[1..at]);
                map[at..].copy_from_slice(&sum.to_be_bytes());
            }
            ts.write(0x1000, &map);
        }
        let pts = (start + u64::from(i) * 3600) & ((1 << 33) - 1);
        ts.pes(pid, 0xe0, false, pts, &unit(i));
        ts.pes(0x101, 0xc0, true, pts, &[adts(&[i; 200]), adts(&[i, 1])].concat());
    }
    ts.out
}

// FLV -----------------------------------------------------------------------------------------------------------------

const AVCC: [u8; 19] = [1, 66, 0, 10, 0xff, 0xe1, 0, 4, 0x67, 66, 0, 10, 1, 0, 4, 0x68, 0xce, 0x38, 0x80];

fn flv() -> Vec<u8> {
    let mut out = b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec();
    let mut tag = |kind: u8, time: u32, body: &[u8]| {
        let (size, t) = ((body.len() as u32).to_be_bytes(), time.to_be_bytes());
        out.extend_from_slice(&[kind, size[1], size[2], size[3], t[1], t[2], t[3], t[0], 0, 0, 0]);
        out.extend_from_slice(body);
        out.extend_from_slice(&(body.len() as u32 + 11).to_be_bytes());
    };
    tag(9, 0, &[&[0x17, 0, 0, 0, 0][..], &AVCC].concat());
    tag(8, 0, &[0xaf, 0, 0x12, 0x10]);
    for i in 0..12u8 {
        if i == 8 {
            let mut changed = AVCC;
            changed[18] = 0x90;
            tag(9, u32::from(i) * 40, &[&[0x17, 0, 0, 0, 0][..], &changed].concat());
        }
        let head = [if i % 4 == 0 { 0x17 } else { 0x27 }, 1, 0, 0, (i & 1) * 40];
        tag(9, u32::from(i) * 40, &[&head[..], &[0, 0, 0, 2, 0x41, i]].concat());
        tag(8, u32::from(i) * 40, &[0xaf, 1, i, i]);
    }
    out
}

fn samples() -> [(&'static str, Vec<u8>); 4] {
    [("mkv", mkv(false)), ("live mkv", mkv(true)), ("ts", ts()), ("flv", flv())]
}

// Tests ---------------------------------------------------------------------------------------------------------------

fn track_of(name: &str, bytes: &[u8], track: u32) -> Vec<Packet> {
    let (mut packets, end) = read_all(&mut *open(bytes).unwrap());
    assert!(end.is_none(), "{name}: {end:?}");
    packets.remove(&track).unwrap()
}

#[test]
fn matroska_is_read_whole() {
    for live in [false, true] {
        let file = mkv(live);
        let demuxer = open(&file).unwrap();
        let tracks = demuxer.tracks();
        assert_eq!(demuxer.info().format, Format::Matroska);
        assert_eq!(
            (tracks[0].codec, tracks[1].codec, tracks[2].language.as_str()),
            (CodecId::H264, CodecId::Aac, "deu")
        );
        let video = track_of("mkv", &file, 0);
        let facts: Vec<_> = video.iter().map(|p| (p.pts.unwrap(), p.dts, p.key, p.data.clone())).collect();
        let expected: Vec<_> = (0..16u8)
            .map(|i| (i64::from(i) * 10, i64::from(i) * 10, i % 4 == 0, [&[7, 8, 9][..], &[i; 9]].concat()))
            .collect();
        assert_eq!(facts, expected, "stripped bytes are back");
        let audio = track_of("mkv", &file, 1);
        assert_eq!(tracks[1].timebase, Timebase::per_second(44100));
        assert_eq!(audio.iter().map(|p| p.data.len()).collect::<Vec<_>>(), [3, 4].repeat(4));
        assert_eq!(audio[..2].iter().map(|p| p.pts).collect::<Vec<_>>(), [Some(0), Some(1024)]);
    }
}

#[test]
fn transport_streams_are_read_whole() {
    let file = ts();
    let demuxer = open(&file).unwrap();
    assert_eq!(demuxer.tracks().iter().map(|t| t.codec).collect::<Vec<_>>(), [CodecId::H264, CodecId::Aac]);
    assert_eq!(demuxer.tracks()[1].codec_private, [0x12, 0x10]);
    let video = track_of("ts", &file, 0);
    let expected: Vec<_> = (0..16u8).map(|i| (Some(i64::from(i) * 3600), i % 4 == 0, unit(i))).collect();
    assert_eq!(video.iter().map(|p| (p.pts, p.key, p.data.clone())).collect::<Vec<_>>(), expected);
    let audio = track_of("ts", &file, 1);
    assert_eq!(audio.len(), 32);
    assert_eq!(
        (&audio[0].data[..], &audio[1].data[..], &audio[31].data[..]),
        (&[0; 200][..], &[0, 1][..], &[15, 1][..])
    );
    // The same with time stamps before, and parity behind each packet.
    let timed: Vec<u8> = file.chunks(188).flat_map(|p| [&[9; 4][..], p].concat()).collect();
    let parity: Vec<u8> = file.chunks(188).flat_map(|p| [p, &[9; 16]].concat()).collect();
    for other in [timed, parity] {
        let got: Vec<_> = track_of("ts", &other, 0).into_iter().map(|p| (p.pts, p.key, p.data)).collect();
        assert_eq!(got, expected);
    }
}

#[test]
fn lost_transport_packets_are_counted() {
    let file = ts();
    let lost: Vec<u8> =
        file.chunks(188).enumerate().filter(|(i, _)| i % 11 != 7).flat_map(|(_, p)| p.to_vec()).collect();
    let mut demuxer = open(&lost).unwrap();
    let (packets, end) = read_all(&mut *demuxer);
    assert!(end.is_none() && demuxer.damaged_places() > 0);
    assert!(packets[&0].len() >= 10);
    let mut whole = open(&file).unwrap();
    read_all(&mut *whole);
    assert_eq!(whole.damaged_places(), 0);
}

#[test]
fn flv_is_read_whole() {
    let file = flv();
    let video = track_of("flv", &file, 0);
    assert_eq!(open(&file).unwrap().tracks()[0].codec_private, AVCC);
    let times: Vec<_> = video.iter().map(|p| (p.dts, p.pts.unwrap() - p.dts)).collect();
    assert_eq!(times, (0..12).map(|i| (i * 40, (i & 1) * 40)).collect::<Vec<_>>());
    assert_eq!(video[7].data, [0, 0, 0, 2, 0x41, 7]);
    let sets = [0, 0, 0, 4, 0x67, 66, 0, 10, 0, 0, 0, 4, 0x68, 0xce, 0x38, 0x90];
    assert_eq!(video[8].data, [&sets[..], &[0, 0, 0, 2, 0x41, 8]].concat(), "changed parameter sets");
    assert_eq!(track_of("flv", &file, 1).len(), 12);
}

#[test]
fn every_sync_point_leads_back() {
    for (name, file) in samples() {
        let mut demuxer = open(&file).unwrap();
        for track in [TrackId(0), TrackId(1)] {
            let all = track_of(name, &file, track.0);
            demuxer.select_only(track, Selection::Presentation).unwrap();
            let points = demuxer.sync_points(track).unwrap();
            assert!(points.len() >= 3, "{name}");
            for point in points {
                demuxer.seek_to(track, &point).unwrap();
                let got = read_all(&mut *demuxer).0.remove(&track.0).unwrap();
                let expected = &all[point.position as usize..];
                assert_eq!(got.len(), expected.len(), "{name}");
                assert!(
                    got.iter().zip(expected).all(|(a, b)| (a.pts, &a.data) == (b.pts, &b.data)),
                    "{name} {point:?}"
                );
            }
        }
    }
}

#[test]
fn tracks_are_read_apart() {
    for (name, file) in samples() {
        let (together, _) = read_all(&mut *open(&file).unwrap());
        let mut demuxer = open(&file).unwrap();
        // Started over while the other one is in the middle.
        for _ in 0..7 {
            demuxer.next_packet().unwrap();
        }
        demuxer.select(TrackId(1), Selection::Media).unwrap();
        let (rest, end) = read_all(&mut *demuxer);
        assert!(end.is_none() && rest[&1] == together[&1], "{name}");
        assert!(together[&0].ends_with(&rest[&0]), "{name}");
        demuxer.select(TrackId(0), Selection::Off).unwrap();
        demuxer.select(TrackId(1), Selection::Off).unwrap();
        assert!(demuxer.next_packet().unwrap().is_none());
        assert!(demuxer.sync_points(TrackId(0)).is_err() && demuxer.select(TrackId(9), Selection::Media).is_err());
    }
}

#[test]
fn cut_files_give_what_is_whole() {
    for (name, file) in samples() {
        let (all, _) = read_all(&mut *open(&file).unwrap());
        for cut in (0..file.len()).step_by(7) {
            let Ok(mut demuxer) = open(&file[..cut]) else { continue };
            let (got, end) = read_all(&mut *demuxer);
            for (track, packets) in &got {
                // Of a transport stream the last packets may be cut without that showing.
                let sure = if name == "ts" { packets.len().saturating_sub(2) } else { packets.len() };
                let same = |(a, b): (&Packet, &Packet)| (a.pts, &a.data) == (b.pts, &b.data);
                assert!(packets[..sure].iter().zip(&all[track]).all(same), "{name} {cut} {track}");
            }
            if name == "mkv" {
                assert!(matches!(end, Some(Error::UnexpectedEnd { .. })), "{cut}: {end:?}");
            }
        }
    }
}

#[test]
fn damaged_clusters_are_passed_over() {
    let mut file = mkv(false);
    let clusters: Vec<usize> =
        (0..file.len() - 4).filter(|&i| file[i..].starts_with(&[0x1f, 0x43, 0xb6, 0x75])).collect();
    // An element that is none, in the second cluster.
    file[clusters[1] + 8 + 7] = 0;
    let mut demuxer = open(&file).unwrap();
    let (packets, end) = read_all(&mut *demuxer);
    assert!(end.is_none(), "{end:?}");
    assert_eq!((packets[&0].len(), demuxer.damaged_places()), (12, 1));
}

#[test]
fn refusals_have_names() {
    let refused = |file: &[u8], word: &str| match open(file) {
        Err(Error::Unsupported { feature }) => assert!(feature.contains(word), "{feature}"),
        other => panic!("{word}: {:?}", other.map(drop)),
    };
    let header = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"other"));
    refused(&header, "\"other\"");
    let mut flv = flv();
    flv[13] |= 0x20;
    refused(&flv, "encrypted FLV");
    // zlib, which is the default of ContentCompression.
    let mkv = mkv(false);
    let at = mkv.windows(3).position(|w| w == [0x42, 0x54, 0x10]).unwrap();
    let mut zlib = mkv.clone();
    zlib[at + 6] = 0;
    let mut demuxer = open(&zlib).unwrap();
    assert!(demuxer.tracks()[0].unsupported.as_ref().unwrap().contains("zlib"));
    assert!(demuxer.select(TrackId(0), Selection::Media).is_err());
    assert!(demuxer.next_packet().unwrap().is_some_and(|p| p.track == TrackId(1)));
    let two = [mkv.clone(), mkv].concat();
    let end = read_all(&mut *open(&two).unwrap()).1;
    assert!(matches!(end, Some(Error::Unsupported { .. })) || end.is_none(), "{end:?}");
}

/// Takes everything out of a demuxer, in every way.
fn exhaust(mut demuxer: Box<dyn Demuxer>) {
    for _ in 0..2000 {
        if !matches!(demuxer.next_packet(), Ok(Some(_))) {
            break;
        }
    }
    for track in demuxer.tracks().to_vec() {
        if demuxer.select_only(track.id, Selection::Presentation).is_err() {
            continue;
        }
        for point in demuxer.sync_points(track.id).unwrap_or_default().iter().rev().take(3) {
            demuxer.seek_to(track.id, point).unwrap();
            let _ = demuxer.next_packet();
            let _ = demuxer.seek(track.id, point.position).and_then(|()| demuxer.next_packet());
        }
        assert!(demuxer.seek(track.id, u64::from(u32::MAX)).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes(
        kind in 0usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = samples()[kind].1.clone();
        for (at, value) in changes {
            let i = at.index(file.len());
            file[i] = if value & 1 == 0 { value } else { value >> 5 };
        }
        if cut.index(3) == 0 {
            file.truncate(cut.index(file.len()));
        }
        if let Ok(demuxer) = open(&file) {
            exhaust(demuxer);
        }
    }

    #[test]
    fn any_bytes(kind in 0usize..4, keep in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..900)) {
        let file = &samples()[kind].1;
        let file = [&file[..keep.index(file.len())], &bytes].concat();
        if let Ok(demuxer) = open(&file) {
            exhaust(demuxer);
        }
    }
}
