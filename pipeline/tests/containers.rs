//! Matroska, transport streams and FLV become MP4.

mod common;

use common::{ffmpeg_complaints, ffprobe, have, media_file};
use std::path::{Path, PathBuf};
use std::process::Command;
use transcode_pipeline::{AudioCodec, ErrorKind, Job, JobBuilder, Preset, RunControl, Stats, Warning};

fn job(input: &Path, output: &Path) -> JobBuilder {
    Job::builder().input(input).output(output).preset(Preset::Ultrafast)
}

fn run(builder: JobBuilder) -> Stats {
    builder.build().unwrap().run(RunControl::default()).unwrap()
}

#[test]
fn media_become_mp4() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out.mp4");
    for (name, pictures, sound) in [
        ("real-camera/intel_walk.mkv", 89, None),
        ("other-codecs/ax_sample.mkv", 30, Some(false)),
        ("other-codecs/ax_sample.flv", 30, Some(true)),
        ("other-codecs/ax_sample_h264.ts", 30, None),
        ("other-codecs/ax_sd-hls0000000000.ts", 58, Some(true)),
    ] {
        let Some(input) = media_file(name) else { continue };
        let stats = run(job(&input, &output).overwrite(true));
        assert_eq!(stats.frames_encoded, pictures, "{name}");
        let dropped = stats.warnings.iter().any(|w| matches!(w, Warning::TrackDropped { .. }));
        assert_eq!(dropped, sound == Some(false), "{name}: {:?}", stats.warnings);
        if dropped {
            let asked = job(&input, &output).overwrite(true).audio_codec(AudioCodec::Copy);
            let refused = asked.build().unwrap().run(RunControl::default()).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
        }
        if let Some(said) = ffmpeg_complaints(&output) {
            assert_eq!(said, "", "{name}");
        }
        let Some(probed) = ffprobe(&output, &["-show_streams", "-show_format"]) else { continue };
        let streams = probed["streams"].as_array().unwrap();
        assert_eq!(streams.len(), if sound == Some(true) { 2 } else { 1 }, "{name}");
        if let (Some(true), Some(source)) = (sound, ffprobe(&input, &["-count_packets", "-show_streams"])) {
            let packets = |v: &serde_json::Value, key: &str| {
                let all = v["streams"].as_array().unwrap();
                let audio = all.iter().find(|s| s["codec_type"] == "audio").unwrap();
                (audio[key].as_str().unwrap().to_owned(), audio["sample_rate"].clone(), audio["profile"].clone())
            };
            assert_eq!(packets(&probed, "nb_frames"), packets(&source, "nb_read_packets"), "{name}");
        }
    }
}

fn generate(dir: &Path, name: &str, args: &str) -> Option<PathBuf> {
    let path = dir.join(name);
    let source = "-f lavfi -i testsrc=s=64x48:r=30000/1001:d=25 -f lavfi -i sine=r=44100:d=25 -c:v libx264 -pix_fmt yuv420p -g 60 -bf 2";
    let args: Vec<&str> = source.split_whitespace().chain(args.split_whitespace()).collect();
    let out = Command::new("ffmpeg").args(["-nostdin", "-v", "error"]).args(args).arg(&path).output().unwrap();
    if !out.status.success() {
        println!("skipped: ffmpeg can't make {name}: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    out.status.success().then_some(path)
}

#[test]
fn segments_do_not_depend_on_threads() {
    if !have("ffmpeg") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, args) in [("a.mkv", "-c:a libopus"), ("b.ts", "-c:a aac"), ("c.flv", "-c:a aac"), ("d.mp4", "-c:a aac")]
    {
        let Some(input) = generate(dir.path(), name, args) else { continue };
        let made = |threads: usize| {
            let output = dir.path().join(format!("{threads}.mp4"));
            let stats = run(job(&input, &output).overwrite(true).threads(threads));
            assert_eq!(stats.frames_encoded, 750, "{name}");
            assert!(stats.warnings.is_empty(), "{name}: {:?}", stats.warnings);
            if let Some(said) = ffmpeg_complaints(&output) {
                assert_eq!(said, "", "{name}");
            }
            // Pictures are shown at the source's times, and for as long.
            if let Some(v) = ffprobe(&output, &["-show_streams", "-select_streams", "v"]) {
                let seconds: f64 = v["streams"][0]["duration"].as_str().unwrap().parse().unwrap();
                assert!((seconds - 25.025).abs() < 0.05, "{name}: {seconds} s");
            }
            std::fs::read(&output).unwrap()
        };
        assert!(made(1) == made(3), "{name}");
    }
}
