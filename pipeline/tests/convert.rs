//! Whole jobs on real media: nothing but the coding of the pictures may change.

mod common;

use common::{Row, ffmpeg_complaints, ffprobe, listing, manifest, media_file};
use serde_json::Value;
use std::path::Path;
use transcode_container::{Packet, Selection, TrackKind, probe};
use transcode_pipeline::{AudioCodec, ErrorKind, Job, JobBuilder, Preset, RunControl, Stats, VideoCodec, Warning};

/// Quick, and small enough for all of the media.
fn quick(input: &Path, output: &Path) -> JobBuilder {
    Job::builder().input(input).output(output).preset(Preset::Ultrafast).qp(40)
}

fn run(job: JobBuilder) -> Stats {
    job.build().unwrap().run(RunControl::default()).unwrap()
}

/// Presentation times of the pictures that are shown, in order, and how many there are to decode in all.
fn picture_times(path: &Path) -> (Vec<i64>, (u32, u32)) {
    let mut demuxer = probe::open(path).unwrap();
    let track = demuxer.tracks().iter().find(|t| t.video().is_some()).unwrap().clone();
    demuxer.select_only(track.id, Selection::Presentation).unwrap();
    let mut times = Vec::new();
    while let Some(p) = demuxer.next_packet().unwrap() {
        if !p.discard {
            times.push(p.pts.unwrap());
        }
    }
    times.sort_unstable();
    (times, (track.timebase.num, track.timebase.den))
}

/// All stored packets of the tracks that are no video, and those tracks' edit lists and languages.
fn other_tracks(path: &Path) -> Vec<(String, Vec<Packet>)> {
    let mut demuxer = probe::open(path).unwrap();
    let tracks = demuxer.tracks().to_vec();
    let mut found = Vec::new();
    for track in tracks.iter().filter(|t| t.video().is_none() && t.unsupported.is_none()) {
        demuxer.select_only(track.id, Selection::Media).unwrap();
        let mut packets = Vec::new();
        while let Some(mut p) = demuxer.next_packet().unwrap() {
            p.offset = None;
            p.track = transcode_container::TrackId(0);
            packets.push(p);
        }
        let shift = track.timebase;
        let described = format!("{} {} {} {:?}", track.codec, track.language, track.handler, shift);
        found.push((described, packets));
    }
    found
}

fn same_film(row: &Row, output: &Path) {
    let name = row.name();
    let ((before, clock), (after, out_clock)) = (picture_times(&row.path), picture_times(output));
    assert_eq!(clock, out_clock, "{name}: timescale");
    assert_eq!(before, after, "{name}: picture times");
    let (before, after) = (other_tracks(&row.path), other_tracks(output));
    assert_eq!(before.len(), after.len(), "{name}: tracks");
    for ((a, pa), (b, pb)) in before.iter().zip(&after) {
        assert_eq!(a, b, "{name}");
        assert_eq!(pa.len(), pb.len(), "{name}: packets of {a}");
        for (i, (p, q)) in pa.iter().zip(pb).enumerate() {
            assert!(p == q, "{name}: packet {i} of {a} differs: {:?} {:?}", times(p), times(q));
        }
    }
}

fn times(p: &Packet) -> (Option<i64>, i64, i64, usize) {
    (p.pts, p.dts, p.duration, p.data.len())
}

/// What ffprobe says of the streams that must not change.
fn description(v: &Value) -> Vec<Value> {
    const KEEP: [&str; 14] = [
        "codec_type",
        "width",
        "height",
        "sample_aspect_ratio",
        "color_range",
        "color_space",
        "color_transfer",
        "color_primaries",
        "chroma_location",
        "sample_rate",
        "channels",
        "time_base",
        "side_data_list",
        "codec_tag_string",
    ];
    let stream = |s: &Value| {
        let mut kept: serde_json::Map<String, Value> =
            KEEP.iter().filter_map(|k| Some(((*k).to_owned(), s.get(*k)?.clone()))).collect();
        kept.insert("language".into(), s["tags"]["language"].clone());
        Value::Object(kept)
    };
    v["streams"].as_array().unwrap().iter().map(stream).collect()
}

fn seconds(v: &Value) -> f64 {
    v["format"]["duration"].as_str().map_or(0.0, |s| s.parse().unwrap())
}

#[test]
fn real_camera_files_stay_the_same_film() {
    let dir = tempfile::tempdir().unwrap();
    let mut done = 0;
    for row in manifest().iter().filter(|r| r.folder == "real-camera" && r.is_decodable()) {
        let output = dir.path().join(&row.file).with_extension("mp4");
        let stats = run(quick(&row.path, &output));
        let (times, (num, den)) = picture_times(&row.path);
        assert_eq!(stats.frames_encoded, times.len() as u64, "{}", row.name());
        assert!(stats.warnings.is_empty(), "{}: {:?}", row.name(), stats.warnings);
        same_film(row, &output);
        if let Some(said) = ffmpeg_complaints(&output) {
            assert_eq!(said, "", "{}: ffmpeg complains", row.name());
        }
        let args = ["-show_streams", "-show_format"];
        if let (Some(a), Some(b)) = (ffprobe(&row.path, &args), ffprobe(&output, &args)) {
            let mut described = [description(&a), description(&b)];
            if row.file.ends_with(".mkv") {
                // ffprobe tells these two of MP4 files alone.
                for stream in described.iter_mut().flatten().filter_map(Value::as_object_mut) {
                    stream.remove("codec_tag_string");
                    stream.remove("language");
                }
            }
            assert_eq!(described[0], described[1], "{}", row.name());
            let frame = f64::from(num) / f64::from(den) * (times[1] - times[0]) as f64;
            assert!((seconds(&a) - seconds(&b)).abs() <= frame, "{}: {} {}", row.name(), seconds(&a), seconds(&b));
        }
        println!("{}: {} pictures, {:.1}x", row.name(), stats.frames_encoded, stats.speed);
        std::fs::remove_file(&output).unwrap();
        done += 1;
    }
    println!("{done} files");
    assert!(done > 0 || common::media().is_none());
}

/// Edit lists of every shape, variable frame rates, rotation, missing sync tables, fragments.
#[test]
fn edge_cases_stay_the_same_film() {
    let dir = tempfile::tempdir().unwrap();
    for row in manifest().iter().filter(|r| r.folder == "mp4-edge" && r.is_decodable() && r.file.contains(".m")) {
        let output = dir.path().join(&row.file).with_extension("mp4");
        if row.file == "displaymatrix.mp4" {
            let e = quick(&row.path, &output).build().unwrap().run(RunControl::default()).unwrap_err();
            assert!(e.kind() == ErrorKind::InvalidData && e.to_string().contains("unexpected end"), "{e}");
            assert!(!output.exists());
            continue;
        }
        let stats = run(quick(&row.path, &output));
        let shown = picture_times(&row.path).0.len() as u64;
        assert_eq!(stats.frames_encoded, shown, "{}", row.name());
        same_film(row, &output);
        if let Some(said) = ffmpeg_complaints(&output) {
            println!("{}: ffmpeg says {said:?}", row.name());
        }
        std::fs::remove_file(&output).unwrap();
    }
}

#[test]
fn remuxing_keeps_every_packet() {
    let dir = tempfile::tempdir().unwrap();
    for row in manifest().iter().filter(|r| r.folder == "real-camera" && !r.file.ends_with(".mkv")) {
        let output = dir.path().join(&row.file).with_extension("mp4");
        let job = Job::builder().input(&row.path).output(&output).video_codec(VideoCodec::Copy);
        let stats = run(job);
        assert_eq!((stats.frames_decoded, stats.frames_encoded), (0, 0));
        same_film(row, &output);
        let args = ["-show_entries", "packet=stream_index,pts_time,dts_time,size,flags"];
        if let (Some(a), Some(b)) = (ffprobe(&row.path, &args), ffprobe(&output, &args)) {
            assert_eq!(sorted_packets(&a), sorted_packets(&b), "{}", row.name());
        }
        std::fs::remove_file(&output).unwrap();
    }
}

fn sorted_packets(v: &Value) -> Vec<String> {
    let mut all: Vec<_> = v["packets"].as_array().unwrap().iter().map(ToString::to_string).collect();
    all.sort();
    all
}

#[test]
fn any_number_of_threads_and_any_level_gives_the_same_bytes() {
    let Some(input) = media_file("real-camera/intel_car-detection.mp4") else { return };
    let dir = tempfile::tempdir().unwrap();
    let bytes = |name: &str, build: &dyn Fn(JobBuilder) -> JobBuilder| {
        let output = dir.path().join(format!("{name}.mp4"));
        run(build(quick(&input, &output).resolution(160, 90)));
        std::fs::read(output).unwrap()
    };
    let one = bytes("one", &|b| b.threads(1));
    for threads in [2, 3, 7] {
        assert!(one == bytes(&threads.to_string(), &|b| b.threads(threads)), "{threads} threads");
    }
    let scalar = bytes("scalar", &|b| b.threads(2).simd(transcode_pipeline::SimdLevel::Scalar));
    assert!(one == scalar, "scalar");
}

#[test]
fn scaling_keeps_times_and_shape() {
    let Some(input) = media_file("real-camera/ax_sample_no_bframes.mp4") else { return };
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("small.mp4");
    run(quick(&input, &output).resolution(320, 240).audio_codec(AudioCodec::None));
    assert_eq!(picture_times(&input), picture_times(&output));
    let demuxer = probe::open(&output).unwrap();
    assert_eq!(demuxer.tracks().len(), 1);
    let TrackKind::Video(v) = &demuxer.tracks()[0].kind else { panic!("no video") };
    assert_eq!((v.width, v.height), (320, 240));
    // 1080x720 square pixels are 3:2; 320x240 pixels of 9:8 are 3:2 again.
    assert_eq!(v.sample_aspect_ratio, Some((9, 8)));
    assert_eq!(listing(dir.path()), ["small.mp4"]);
}

#[test]
fn average_bitrate_is_met() {
    let Some(input) = media_file("real-camera/intel_car-detection.mp4") else { return };
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("abr.mp4");
    let job = Job::builder()
        .input(&input)
        .output(&output)
        .preset(Preset::Ultrafast)
        .video_bitrate(150_000)
        .audio_codec(AudioCodec::None);
    let stats = run(job.resolution(320, 180));
    let rate = stats.output_size as f64 * 8.0 / stats.duration.as_secs_f64();
    assert!((120_000.0..185_000.0).contains(&rate), "{rate}");
}

#[test]
fn interlaced_video_is_woven_with_a_warning() {
    let Some(input) = media_file("mp4-edge/interlaced_crop.mp4") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mp4");
    let stats = run(quick(&input, &output));
    let woven = stats.warnings.iter().any(|w| matches!(w, Warning::FieldsWoven { pictures } if *pictures > 0));
    assert!(woven, "{:?}", stats.warnings);
    assert_eq!(ffmpeg_complaints(&output).unwrap_or_default(), "");
}

/// What the encoder cannot hold of the samples is reduced, and said.
#[test]
fn deep_and_fine_samples_are_reduced_with_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["jm_hi10_mbaff_b_cabac.264", "jm_hi422_10b_mbaff_cavlc.264", "jm_hi444_pred_cabac.264"] {
        let Some(input) = media_file(&format!("jm-generated/{name}")) else { continue };
        let output = dir.path().join("out.mp4");
        let stats = run(quick(&input, &output).overwrite(true));
        let pictures = stats.frames_encoded;
        assert!(
            pictures > 1 && stats.warnings.contains(&Warning::SampleFormatReduced { pictures }),
            "{name}: {stats:?}"
        );
        if let Some(said) = ffmpeg_complaints(&output) {
            assert_eq!(said, "", "{name}: ffmpeg complains");
        }
    }
}
