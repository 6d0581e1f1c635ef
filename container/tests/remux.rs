//! Copying all tracks of a file into another keeps every packet, every time and every description.

mod common;

use std::fs::File;
use std::path::Path;

use common::{GENERATED, complaints, generate, have, media, read_all, select_all};
use transcode_container::mp4::{Mp4Muxer, Mp4Options};
use transcode_container::{Muxer, Packet, Selection, TrackId, TrackInfo, TrackSpec, probe};

/// Copies all tracks that can be copied; which source track each output track came from.
fn remux(source: &Path, target: &Path, options: Mp4Options) -> Vec<TrackInfo> {
    let mut input = probe::open(source).unwrap();
    select_all(&mut *input, Selection::Media);
    let file = File::options().read(true).write(true).create(true).truncate(true).open(target).unwrap();
    let mut muxer = Mp4Muxer::new(file, options);
    let mut map = Vec::new();
    let mut copied = Vec::new();
    for track in input.tracks() {
        let id = TrackSpec::copy_of(track).ok().filter(|s| !s.sample_entries.is_empty());
        map.push(id.map(|spec| muxer.add_track(spec).unwrap()));
        if map.last().unwrap().is_some() {
            copied.push(track.clone());
        }
    }
    while let Ok(Some(mut packet)) = input.next_packet() {
        if let Some(id) = map[packet.track.index()] {
            packet.track = id;
            muxer.write_packet(&packet).unwrap_or_else(|e| panic!("{}: {e}", source.display()));
        }
    }
    let summary = muxer.finish().unwrap();
    assert_eq!(summary.bytes, std::fs::metadata(target).unwrap().len());
    copied
}

/// A packet reduced to what must be equal: bytes, flags and its place on the presentation timeline. Decoding times may
/// move by as much for all packets of a track, since composition offsets are written without a sign.
fn fact(p: &Packet) -> Packet {
    Packet { track: TrackId(0), dts: 0, duration: 0, offset: None, ..p.clone() }
}

fn check(source: &Path, target: &Path, options: Mp4Options) {
    let name = source.file_name().unwrap().to_str().unwrap();
    let copied = remux(source, target, options);
    let mut input = probe::open(source).unwrap();
    let mut output = probe::open(target).unwrap_or_else(|e| panic!("{name}: {e}"));
    for selection in [Selection::Presentation, Selection::Media] {
        select_all(&mut *input, selection);
        select_all(&mut *output, selection);
        let (before, _) = read_all(&mut *input);
        let (after, end) = read_all(&mut *output);
        assert!(end.is_none(), "{name}: {end:?}");
        for (i, (old, new)) in copied.iter().zip(output.tracks()).enumerate() {
            let none = Vec::new();
            let (a, b) = (before.get(&old.id.0).unwrap_or(&none), after.get(&(i as u32)).unwrap_or(&none));
            let what = format!("{name}, track {i}, {selection:?}");
            if a.iter().any(|p| p.samples > 1) {
                let bytes = |p: &[Packet]| p.iter().flat_map(|p| p.data.clone()).collect::<Vec<_>>();
                assert!(bytes(a) == bytes(b), "{what}: sound differs");
                let span = |p: &[Packet]| (p[0].pts, p[p.len() - 1].pts.unwrap() + p[p.len() - 1].duration);
                assert_eq!(span(a), span(b), "{what}");
                continue;
            }
            assert_eq!(a.len(), b.len(), "{what}");
            if selection == Selection::Presentation {
                for (k, (x, y)) in a.iter().zip(b).enumerate() {
                    assert!(fact(x) == fact(y), "{what}, packet {k}: {x:?} became {y:?}");
                }
            }
            if let (Some(x), Some(y)) = (a.first(), b.first()) {
                let (dts, pts) = (y.dts - x.dts, y.pts.unwrap() - x.pts.unwrap());
                for (x, y) in a.iter().zip(b) {
                    assert_eq!(y.dts - x.dts, dts, "{what}");
                    assert_eq!(y.pts.unwrap() - x.pts.unwrap(), pts, "{what}");
                    assert!(x.data == y.data, "{what}");
                }
                // A gap between fragments is part of the packet before it.
                for (x, y) in a.windows(2).zip(b) {
                    assert_eq!(y.duration, x[1].dts - x[0].dts, "{what}");
                }
            }
            compare_info(&what, old, new);
        }
    }
}

fn compare_info(what: &str, old: &TrackInfo, new: &TrackInfo) {
    assert_eq!((&old.kind, old.codec, &old.codec_private), (&new.kind, new.codec, &new.codec_private), "{what}");
    assert_eq!((&old.sample_entries, old.timebase), (&new.sample_entries, new.timebase), "{what}");
    assert_eq!((old.language, &old.extended_language), (new.language, &new.extended_language), "{what}");
    assert_eq!((old.handler, &old.handler_name), (new.handler, &new.handler_name), "{what}");
    assert_eq!((old.flags, old.alternate_group, old.sample_count), (new.flags, new.alternate_group, new.sample_count));
}

#[test]
fn remuxing_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let folders = ["mp4-edge", "real-camera", "natural-rd", "aac-iso", "aac-misc", "other-codecs"];
    for path in media(&folders, &["mp4", "mov", "m4a", "3gp"]) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // The end of a cut-off file is missing from its copy, and so is the rest of its edit.
        if name == "displaymatrix.mp4" {
            continue;
        }
        for faststart in [false, true] {
            check(&path, &dir.path().join("copy.mp4"), Mp4Options { faststart, ..Mp4Options::default() });
        }
        println!("{name}");
    }
}

#[test]
fn ffmpeg_reads_copies_without_a_message() {
    if !have("ffmpeg") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.mp4");
    for path in media(&["mp4-edge", "real-camera", "natural-rd", "aac-iso"], &["mp4", "mov", "m4a"]) {
        if !complaints(&path).is_empty() {
            println!("skipped: ffmpeg has something to say about {} itself", path.display());
            continue;
        }
        remux(&path, &copy, Mp4Options::default());
        assert_eq!(complaints(&copy), "", "{}", path.display());
    }
}

#[test]
fn generated_files_too() {
    if !have("ffmpeg") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, args) in GENERATED {
        let Some(path) = generate(dir.path(), name, args) else { continue };
        let copy = dir.path().join(format!("copy-{name}"));
        check(&path, &copy, Mp4Options::default());
        if complaints(&path).is_empty() {
            assert_eq!(complaints(&copy), "", "{name}");
        }
        println!("{name}");
    }
}
