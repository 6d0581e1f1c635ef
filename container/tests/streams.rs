//! Matroska, MPEG-TS and FLV: every packet against what ffprobe sees, and ways back into the middle of a file.

mod common;

use std::path::Path;

use common::{Probed, ffprobe, generate, have, media, read_all, select_all};
use transcode_container::{CodecId, Demuxer, Packet, Selection, Timebase, TrackInfo, probe};

/// Compares one track. What differs by design:
/// - the first decoding times of reordered pictures, which the file does not store (ffprobe has none there);
/// - times of AAC, which are counted in samples and not rounded as the file has them;
/// - AAC in transport streams comes without its ADTS headers; the start of a transport stream is 0;
/// - streams of other codecs in transport streams are not taken apart further than into PES packets;
/// - ffmpeg also calls pictures at recovery points key frames.
fn compare(name: &str, track: &TrackInfo, clock: Timebase, ours: &[Packet], theirs: &[Probed], start: i64) {
    let at = |i: usize| format!("{name}, track {} ({}), packet {i}", track.id.0, track.codec);
    if name.ends_with(".ts") && !matches!(track.codec, CodecId::H264 | CodecId::Aac) {
        let bytes = |sizes: &mut dyn Iterator<Item = usize>| sizes.sum::<usize>();
        let sums = (bytes(&mut ours.iter().map(|p| p.data.len())), bytes(&mut theirs.iter().map(|p| p.size)));
        assert_eq!(sums.0, sums.1, "{}", at(0));
        return;
    }
    assert_eq!(ours.len(), theirs.len(), "{}", at(0));
    let exact = track.timebase == clock;
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let near = |ours: i64, theirs: i64| {
            let ours = track.timebase.rescale(ours, clock) + start;
            // Of frames that share a block ffmpeg rounds each distance, not each time.
            let off =
                if exact && track.video().is_some() { 0 } else { Timebase::per_second(1000).rescale(1, clock) + 1 };
            (ours - theirs).abs() <= off
        };
        if let (Some(x), Some(y)) = (a.pts, b.pts) {
            assert!(near(x, y), "{}: pts {x}, not {y}", at(i));
        }
        if let Some(y) = b.dts {
            assert!(near(a.dts, y) || i < 16 && a.dts < y, "{}: dts {}, not {y}", at(i), a.dts);
        }
        let header = if name.ends_with(".ts") && track.codec == CodecId::Aac { 7 } else { 0 };
        assert_eq!(a.data.len() + header, b.size, "{}", at(i));
        assert!(b.key || !a.key, "{}", at(i));
    }
    let keys = |p: usize, q: usize| if track.video().is_some() { p > 0 && p <= q } else { p == q };
    let count = |k: usize| (ours.iter().filter(|p| p.key).count(), k);
    let (p, q) = count(theirs.iter().filter(|p| p.key).count());
    assert!(keys(p, q), "{}: {p} keys of {q}", at(0));
    assert!(ours.windows(2).all(|w| w[0].dts <= w[1].dts), "{}", at(0));
}

/// Each track, entered at some of its sync points, goes on as it does from the start.
fn check_seeking(name: &str, demuxer: &mut dyn Demuxer, all: &std::collections::BTreeMap<u32, Vec<Packet>>) {
    for track in demuxer.tracks().to_vec() {
        let Some(packets) = all.get(&track.id.0) else { continue };
        demuxer.select_only(track.id, Selection::Presentation).unwrap();
        let points = demuxer.sync_points(track.id).unwrap();
        let keys: Vec<u64> = (0..).zip(packets).filter(|(_, p)| p.key).map(|(i, _)| i).collect();
        let told: Vec<u64> = points.iter().map(|p| p.position).collect();
        if track.video().is_some() {
            assert_eq!(told, keys, "{name}");
        } else {
            // Frames that share a block are entered at the first.
            assert!(!told.is_empty() && told.iter().all(|p| keys.contains(p)), "{name}");
        }
        let some = points.iter().step_by(points.len().div_ceil(5).max(1)).chain(points.last());
        for point in some {
            for by_place in [true, false] {
                match by_place {
                    true => demuxer.seek_to(track.id, point).unwrap(),
                    false => demuxer.seek(track.id, point.position).unwrap(),
                }
                for (k, expected) in packets[point.position as usize..].iter().take(12).enumerate() {
                    let got = demuxer.next_packet().unwrap().unwrap();
                    let what = format!("{name}, {}, from {} by {by_place}: {k}", track.codec, point.position);
                    assert_eq!((got.pts, got.key, got.offset), (expected.pts, expected.key, expected.offset), "{what}");
                    assert!(got.data == expected.data, "{what}");
                }
            }
        }
        assert!(demuxer.seek(track.id, packets.len() as u64).is_err());
    }
}

fn check(path: &Path, cut: bool) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut demuxer = probe::open(path).unwrap_or_else(|e| panic!("{name}: {e}"));
    select_all(&mut *demuxer, Selection::Presentation);
    let (ours, end) = read_all(&mut *demuxer);
    assert_eq!(end.is_some(), cut, "{name}: {end:?}");
    let theirs = ffprobe(path, &[]);
    let clock = demuxer.info().timebase;
    let start = match clock.den {
        90000 => theirs.values().flatten().filter_map(|p| p.pts).min().unwrap_or(0),
        _ => 0,
    };
    for track in demuxer.tracks().to_vec() {
        // In FLV ffprobe numbers streams as they come, pictures or sound first.
        let index = match ours.get(&track.id.0).zip(theirs.get(&track.id.0)) {
            Some((a, b)) if name.ends_with(".flv") && a.len() != b.len() => 1 - track.id.0,
            _ => track.id.0,
        };
        let (ours, theirs) = (ours.get(&track.id.0), theirs.get(&index));
        let (ours, theirs) = (ours.map_or(&[][..], |v| v), theirs.map_or(&[][..], |v| v));
        // Of the packet in which a file is cut off, ffmpeg gives what is there.
        let theirs = if cut { &theirs[..ours.len()] } else { theirs };
        compare(name, &track, clock, ours, theirs, start);
    }
    check_seeking(name, &mut *demuxer, &ours);
    println!("{name}: {:?} packets", ours.values().map(Vec::len).collect::<Vec<_>>());
}

#[test]
fn packets_are_those_of_ffprobe() {
    if !have("ffprobe") {
        return;
    }
    let folders = ["other-codecs", "h264-interlaced-and-other-containers", "real-camera", "corrupt"];
    for path in media(&folders, &["mkv", "webm", "ts", "flv"]) {
        check(&path, path.ends_with("direct-bff.mkv"));
    }
}

const SOURCE: &str = "-f lavfi -i testsrc=s=64x48:r=30000/1001:d=3 -f lavfi -i sine=r=44100:d=3";

#[test]
fn generated_packets_are_those_of_ffprobe() {
    if !have("ffprobe") || !have("ffmpeg") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let generated = [
        ("plain.mkv", "-c:v libx264 -g 20 -bf 3 -c:a aac"),
        ("pyramid.mkv", "-c:v libx264 -g 40 -bf 4 -x264-params b-pyramid=normal:scenecut=0 -c:a libopus"),
        ("clusters.mkv", "-c:v libx264 -g 20 -bf 2 -c:a libmp3lame -cluster_time_limit 300"),
        ("live.mkv", "-c:v libx264 -g 20 -bf 2 -c:a aac -live 1 -cluster_time_limit 300"),
        ("late.mkv", "-c:v libx264 -g 20 -bf 2 -c:a ac3 -output_ts_offset 12.5"),
        ("fine.webm", "-c:v libvpx -g 20 -c:a libvorbis"),
        ("mpeg4.mkv", "-c:v mpeg4 -g 20 -bf 2 -c:a flac"),
        ("plain.ts", "-c:v libx264 -g 20 -bf 3 -c:a aac"),
        ("late.ts", "-c:v libx264 -g 20 -bf 3 -c:a aac -output_ts_offset 95443"),
        ("others.ts", "-c:v mpeg2video -g 20 -bf 2 -c:a ac3"),
        ("mp2.ts", "-c:v libx264 -g 20 -bf 0 -c:a mp2"),
        ("m2ts.ts", "-c:v libx264 -g 20 -bf 3 -c:a ac3 -mpegts_m2ts_mode 1"),
        ("plain.flv", "-c:v libx264 -g 20 -bf 3 -c:a aac"),
        ("old.flv", "-c:v flv1 -g 20 -c:a libmp3lame"),
    ];
    for (name, args) in generated {
        if let Some(path) = generate(dir.path(), name, &format!("{SOURCE} {args} -pix_fmt yuv420p")) {
            check(&path, false);
        }
    }
}
