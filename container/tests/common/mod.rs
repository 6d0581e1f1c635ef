//! Where the test media is, and the tools that the demuxers are compared with.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use transcode_container::{Demuxer, Error, Packet, Selection, TrackId};

/// Files of the test media whose names end in one of `extensions`; says so when there are none.
pub(crate) fn media(folders: &[&str], extensions: &[&str]) -> Vec<PathBuf> {
    let root = std::env::var_os("TRANSCODE_MEDIA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/media")), PathBuf::from);
    let mut files = Vec::new();
    for folder in folders {
        let Ok(dir) = std::fs::read_dir(root.join(folder)) else {
            println!("skipped: no {folder} in {} (set TRANSCODE_MEDIA)", root.display());
            continue;
        };
        files.extend(dir.flatten().map(|e| e.path()).filter(|p| {
            let extension = p.extension().and_then(|e| e.to_str()).unwrap_or("");
            extensions.is_empty() || extensions.contains(&extension)
        }));
    }
    files.sort();
    files
}

/// Whether a program can be run; says so when not.
pub(crate) fn have(tool: &str) -> bool {
    let found = Command::new(tool).arg("-version").output().is_ok_and(|o| o.status.success());
    if !found {
        println!("skipped: {tool} not found");
    }
    found
}

/// What ffprobe says of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probed {
    pub(crate) pts: Option<i64>,
    pub(crate) dts: Option<i64>,
    pub(crate) duration: Option<i64>,
    pub(crate) size: usize,
    pub(crate) pos: Option<u64>,
    pub(crate) key: bool,
    pub(crate) discard: bool,
}

/// All packets of a file, by stream.
pub(crate) fn ffprobe(path: &Path, more: &[&str]) -> BTreeMap<u32, Vec<Probed>> {
    let entries = "packet=stream_index,pts,dts,duration,size,pos,flags";
    let output = Command::new("ffprobe")
        .args(["-v", "quiet", "-show_entries", entries, "-of", "compact=p=0"])
        .args(more)
        .arg(path)
        .output()
        .expect("ffprobe runs");
    let mut streams = BTreeMap::<u32, Vec<Probed>>::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: BTreeMap<_, _> = line.split('|').filter_map(|f| f.split_once('=')).collect();
        let Some(stream) = fields.get("stream_index").and_then(|s| s.parse().ok()) else { continue };
        let number = |name: &str| fields.get(name).and_then(|v| v.parse::<i64>().ok());
        let flags = fields.get("flags").copied().unwrap_or("");
        streams.entry(stream).or_default().push(Probed {
            pts: number("pts"),
            dts: number("dts"),
            duration: number("duration"),
            size: number("size").unwrap_or(0) as usize,
            pos: number("pos").map(|p| p as u64),
            key: flags.starts_with('K'),
            discard: flags.contains('D'),
        });
    }
    streams
}

/// What a run of ffmpeg over all packets of a file complains about.
pub(crate) fn complaints(path: &Path) -> String {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "warning", "-i"])
        .arg(path)
        .args(["-map", "0", "-c", "copy", "-f", "framecrc", "-"])
        .output()
        .expect("ffmpeg runs");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Makes a file with ffmpeg; `None` (and says so) where this build of it can't.
pub(crate) fn generate(dir: &Path, name: &str, args: &str) -> Option<PathBuf> {
    let path = dir.join(name);
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(args.split_whitespace())
        .arg(&path)
        .output()
        .expect("ffmpeg runs");
    if !output.status.success() {
        println!("skipped: ffmpeg can't make {name}: {}", String::from_utf8_lossy(&output.stderr).trim());
        return None;
    }
    Some(path)
}

/// Selects every track that can be read.
pub(crate) fn select_all(demuxer: &mut dyn Demuxer, selection: Selection) {
    let tracks: Vec<TrackId> = demuxer.tracks().iter().filter(|t| t.unsupported.is_none()).map(|t| t.id).collect();
    for track in tracks {
        demuxer.select(track, selection).unwrap();
    }
}

/// All packets, by track, and the error that came after them.
pub(crate) fn read_all(demuxer: &mut dyn Demuxer) -> (BTreeMap<u32, Vec<Packet>>, Option<Error>) {
    let mut tracks = BTreeMap::<u32, Vec<Packet>>::new();
    loop {
        match demuxer.next_packet() {
            Ok(Some(p)) => tracks.entry(p.track.0).or_default().push(p),
            Ok(None) => return (tracks, None),
            Err(e) => return (tracks, Some(e)),
        }
    }
}

/// Files that this ffmpeg makes: what the test media has no example of.
pub(crate) const GENERATED: &[(&str, &str)] = &[
    ("pcm.mov", "-f lavfi -i sine=r=48000:d=0.7 -f lavfi -i testsrc=s=64x48:r=30:d=0.7 -c:a pcm_s16be -c:v mjpeg"),
    ("pcm24.mov", "-f lavfi -i anoisesrc=r=44100:d=0.4:a=0.1 -ac 2 -c:a pcm_s24le"),
    ("ulaw.mov", "-f lavfi -i sine=r=8000:d=0.5 -c:a pcm_mulaw"),
    ("ima4.mov", "-f lavfi -i sine=r=44100:d=0.5 -ac 2 -c:a adpcm_ima_qt"),
    ("timecode.mov", "-f lavfi -i testsrc=s=64x48:r=25:d=1 -timecode 01:02:03:04 -c:v libx264 -bf 2"),
    ("negative_offsets.mp4", "-f lavfi -i testsrc=s=64x48:r=24:d=2 -c:v libx264 -bf 3 -movflags +negative_cts_offsets"),
    (
        "late.mp4",
        "-itsoffset 1.3 -f lavfi -i testsrc=s=64x48:r=24000/1001:d=1 -f lavfi -i sine=d=2 -c:v libx264 -c:a aac",
    ),
    (
        "fragments.mp4",
        "-f lavfi -i testsrc=s=64x48:r=25:d=3 -f lavfi -i sine=d=3 -c:v libx264 -g 10 -bf 2 -c:a aac -movflags +frag_keyframe+empty_moov",
    ),
    (
        "fragments_base.mp4",
        "-f lavfi -i testsrc=s=64x48:r=25:d=2 -f lavfi -i sine=d=2 -c:v libx264 -g 10 -c:a aac -movflags +frag_keyframe+default_base_moof+separate_moof",
    ),
    ("half_fragmented.mp4", "-f lavfi -i testsrc=s=64x48:r=25:d=2 -c:v libx264 -g 10 -movflags +frag_keyframe"),
    (
        "faststart.mp4",
        "-f lavfi -i testsrc=s=64x48:r=30:d=2 -f lavfi -i sine=d=2 -c:v libx264 -c:a aac -movflags +faststart -metadata:s:a:0 language=deu",
    ),
    (
        "aspect.mp4",
        "-f lavfi -i testsrc=s=64x48:r=30:d=1 -vf setsar=4/3 -c:v libx264 -color_primaries bt709 -color_trc bt709 -colorspace bt709 -movflags +write_colr",
    ),
    (
        "two_sounds.mp4",
        "-f lavfi -i sine=d=1 -f lavfi -i sine=f=900:d=1 -map 0 -map 1 -c:a aac -metadata:s:a:1 language=fra",
    ),
];
