//! Every packet of every track, against what ffprobe sees.

mod common;

use std::path::Path;

use common::{GENERATED, Probed, ffprobe, generate, have, media, read_all};
use transcode_container::{Error, Packet, TrackInfo, probe};

/// ffmpeg also calls a sample a key frame that belongs to a `rap ` sample group (an open group of pictures).
const RAP_GROUPS: &[&str] = &["ax_sample_with_increasing_timestamps_360p.mp4"];

/// Compares one track. Documented differences of ffprobe:
/// - samples that an edit list leaves out may be listed beyond those that decoding needs: only presented ones count;
/// - decoding times are renumbered where there are several edits;
/// - durations are estimates in places (the last packet, fragments, rounded frame rates): the distance of decoding
///   times is what counts;
/// - of sound that `iTunSMPB` trims, packets that are not heard are listed, and times are those of the media: `shift` later.
fn compare(name: &str, track: &TrackInfo, ours: &[Packet], theirs: &[Probed], shift: i64) {
    let at = |i: usize| format!("{name}, track {}, packet {i}", track.id.0);
    let edits = track.edit_list.edits.iter().filter(|e| e.media_time >= 0).count();
    let presented: Vec<_> = ours.iter().filter(|p| !p.discard || shift != 0).collect();
    let theirs: Vec<_> = theirs.iter().filter(|p| !p.discard).collect();
    assert_eq!(presented.len(), theirs.len(), "{}", at(0));
    for (i, (a, b)) in presented.iter().zip(&theirs).enumerate() {
        assert_eq!((a.pts.map(|t| t + shift), a.offset, a.data.len()), (b.pts, b.pos, b.size), "{}", at(i));
        if !RAP_GROUPS.contains(&name) {
            assert_eq!(a.key, b.key, "{}", at(i));
        }
        if edits <= 1 {
            assert_eq!(Some(a.dts + shift), b.dts, "{}", at(i));
        }
    }
    if edits <= 1 && track.audio().is_none_or(|_| ours.iter().all(|p| p.samples == 1)) {
        for (i, pair) in ours.windows(2).enumerate() {
            assert_eq!(pair[0].duration, pair[1].dts - pair[0].dts, "{}", at(i));
        }
    }
}

fn check(path: &Path) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut demuxer = probe::open(path).unwrap_or_else(|e| panic!("{name}: {e}"));
    let (ours, end) = read_all(&mut *demuxer);
    let theirs = ffprobe(path, &[]);
    match end {
        None => {}
        Some(Error::UnexpectedEnd { .. }) => assert_eq!(name, "displaymatrix.mp4", "the only one that is cut off"),
        Some(e) => panic!("{name}: {e}"),
    }
    let mut checked = 0;
    for track in demuxer.tracks() {
        let (ours, theirs) = (ours.get(&track.id.0), theirs.get(&track.id.0));
        let (ours, theirs) = (ours.map_or(&[][..], |v| v), theirs.map_or(&[][..], |v| v));
        // Of the packet in which a file is cut off, ffmpeg gives what is there.
        let whole = if name == "displaymatrix.mp4" { ours.len() } else { theirs.len() };
        let trimmed = track.audio().is_some() && demuxer.info().metadata.contains_key("iTunSMPB");
        let shift = track.edit_list.edits.first().filter(|_| trimmed).map_or(0, |e| e.media_time);
        compare(name, track, ours, &theirs[..whole], shift);
        checked += ours.len();
    }
    println!("{name}: {checked} packets");
}

#[test]
fn mp4_packets_are_those_of_ffprobe() {
    if !have("ffprobe") {
        return;
    }
    let folders = ["mp4-edge", "real-camera", "natural-rd", "aac-iso", "aac-misc", "other-codecs"];
    for path in media(&folders, &["mp4", "mov", "m4a", "3gp"]) {
        check(&path);
    }
}

#[test]
fn generated_packets_are_those_of_ffprobe() {
    if !have("ffprobe") || !have("ffmpeg") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, args) in GENERATED {
        if let Some(path) = generate(dir.path(), name, args) {
            check(&path);
        }
    }
}

#[test]
fn access_units_are_those_of_ffprobe() {
    if !have("ffprobe") {
        return;
    }
    let folders = ["jvt-avc1", "jvt-frext", "jm-generated", "natural-rd", "mp4-edge", "corrupt"];
    for path in media(&folders, &["264", "h264", "jsv", "avc", "annexb"]) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut demuxer = probe::open(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (ours, end) = read_all(&mut *demuxer);
        assert!(end.is_none(), "{name}");
        let ours = &ours[&0];
        let file = std::fs::read(&path).unwrap();
        let joined: Vec<u8> = ours.iter().flat_map(|p| p.data.iter().copied()).collect();
        assert!(file.ends_with(&joined) && file.len() - joined.len() < 2, "{name}: packets together are the file");
        let starts: Vec<_> = ours.iter().map(|p| p.offset).collect();
        let theirs = ffprobe(&path, &["-f", "h264"]).remove(&0).unwrap_or_default();
        let their_starts: Vec<_> = theirs.iter().map(|p| p.pos).collect();
        if starts.len() == theirs.len() {
            assert_eq!(starts, their_starts, "{name}");
            // ffmpeg calls pictures at recovery points key frames too.
            assert!(ours.iter().zip(&theirs).all(|(a, b)| b.key || !a.key), "{name}");
        } else {
            // Of a frame in two fields, ffprobe makes two packets.
            assert!(starts.iter().all(|s| their_starts.contains(s)), "{name}");
            assert!(["field", "paff", "HCAFF1", "HPCVFL", "freh6"].iter().any(|f| name.contains(f)), "{name}");
        }
        println!("{name}: {} access units", ours.len());
    }
}
