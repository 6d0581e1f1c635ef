//! The command, mostly on a clip that it makes itself.

mod common;

use common::{ffmpeg_complaints, ffprobe, have, listing, media_file, transcode};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Makes a clip of `seconds` in `dir`.
fn clip(dir: &Path, seconds: u32) -> PathBuf {
    let path = dir.join("clip.mov");
    ok(&["make-clip", path.to_str().unwrap(), "--seconds", &seconds.to_string()]);
    path
}

fn ok(args: &[&str]) -> String {
    let (status, out, err) = transcode(args);
    // What decoding tells of itself: that nothing was wrong.
    let fine = |line: &&str| line.ends_with(" frames, 0 concealed, 0 corrupt, 0 lost, 0 damaged units");
    let complaints: Vec<&str> = err.lines().filter(|l| !fine(l)).collect();
    assert_eq!((status, complaints), (0, Vec::new()), "{args:?}: {out}");
    out
}

fn fails(args: &[&str], expected: i32, word: &str) {
    let (status, out, err) = transcode(args);
    assert_eq!((status, out.as_str()), (expected, ""), "{args:?}: {err}");
    assert!(err.contains(word), "{args:?}: {err}");
}

fn probe(path: &Path) -> Value {
    serde_json::from_str(&ok(&["probe", path.to_str().unwrap(), "--json"])).unwrap()
}

#[test]
fn decode_encode_and_convert_agree() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let source = clip(dir.path(), 1);
    let source = source.to_str().unwrap();
    ok(&["decode", source, &at("a.y4m")]);
    ok(&["decode", source, &at("a.yuv"), "--threads", "1", "--quiet"]);
    let planes = std::fs::read(at("a.yuv")).unwrap();
    assert_eq!(planes.len(), 30 * 640 * 360 * 3 / 2);
    let md5 = ok(&["decode", source, "--md5"]);
    assert_eq!(md5, ok(&["decode", &at("a.y4m"), "--md5"]), "the same pictures from either container");
    // The same pictures and options make the same stream, from Y4M or MOV, into a byte stream or MP4.
    let options = ["--preset", "ultrafast", "--qp", "30", "--quiet"];
    let run = |head: &[&str]| ok(&[head, &options].concat());
    run(&["encode", &at("a.y4m"), &at("b.264")]);
    run(&["encode", &at("a.y4m"), &at("b.mp4"), "--threads", "3"]);
    run(&["convert", source, &at("c.mp4")]);
    let pictures = ok(&["decode", &at("b.264"), "--md5"]);
    for other in ["b.mp4", "c.mp4"] {
        assert_eq!(pictures, ok(&["decode", &at(other), "--md5", "--simd", "scalar"]), "{other}");
    }
    let v = probe(Path::new(&at("c.mp4")));
    assert_eq!(v["tracks"][0]["packets"], 30);
    assert_eq!((&v["tracks"][1]["codec"], &v["tracks"][1]["packets"]), (&"pcm (sowt)".into(), &48_000.into()));
    for name in ["clip.mov", "b.264", "b.mp4", "c.mp4"] {
        if let Some(said) = ffmpeg_complaints(Path::new(&at(name))) {
            // That QuickTime's sound does not name its channels is ffmpeg's to say.
            let said: Vec<_> = said.lines().filter(|l| !l.contains("Guessed Channel Layout")).collect();
            assert!(said.is_empty(), "{name}: {said:?}");
        }
    }
    if let Some(v) = ffprobe(Path::new(&at("c.mp4")), &["-show_streams"]) {
        assert_eq!((&v["streams"][0]["nb_frames"], &v["streams"][0]["duration"]), (&"30".into(), &"1.000000".into()));
    }
}

#[test]
fn wrong_usage_is_2_and_failure_is_1() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let source = clip(dir.path(), 1);
    let source = source.to_str().unwrap();
    fails(&["convert", source], 2, "Usage");
    fails(&["decode", source], 2, "Usage");
    fails(&["decode", source, &at("x.avi")], 2, ".y4m");
    fails(&["convert", source, &at("x.mkv")], 2, ".mp4");
    fails(&["convert", source, &at("x.mp4"), "--crf", "20", "--video-codec", "copy"], 2, "no effect");
    fails(&["convert", source, &at("x.mp4"), "--resolution", "321x240"], 2, "even");
    fails(&["convert", source, &at("x.mp4"), "--threads", "0"], 2, "threads");
    fails(&["convert", source, source, "--overwrite"], 2, "is the input");
    fails(&["convert", source, &at("x.264")], 1, "audio_codec none");
    fails(&["encode", source, &at("x.264")], 1, "Y4M");
    fails(&["probe", &at("none.mp4")], 1, "no such file");
    std::fs::write(at("there.yuv"), "mine").unwrap();
    fails(&["decode", source, &at("there.yuv")], 1, "exists");
    assert_eq!(std::fs::read(at("there.yuv")).unwrap(), b"mine");
    assert_eq!(listing(dir.path()), ["clip.mov", "there.yuv"]);
}

#[test]
fn the_environment_caps_the_level_and_the_option_goes_before_it() {
    let run = |env: &str, args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_transcode")).args(args).env("TRANSCODE_SIMD", env).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let (status, text) = run("scalar", &["simd"]);
    assert!(status == Some(0) && text.contains("in use:   scalar"), "{text}");
    let best = transcode_core::Kernels::detect().level();
    let (_, text) = run("scalar", &["simd", "--simd", &best.to_string()]);
    assert!(text.contains(&format!("in use:   {best}")), "{text}");
    assert_eq!(run("quick", &["simd"]).0, Some(2));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_command_and_leaves_nothing() {
    for signal in ["-INT", "-TERM"] {
        let dir = tempfile::tempdir().unwrap();
        let source = clip(dir.path(), 4);
        let output = dir.path().join("out.mp4");
        let mut child = Command::new(env!("CARGO_BIN_EXE_transcode"))
            .args(["convert".as_ref(), source.as_os_str(), output.as_os_str()])
            .args(["--preset", "placebo", "--resolution", "1280x720"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Once the temporary file is there, the handlers are too.
        let start = Instant::now();
        while listing(dir.path()).len() < 2 && start.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{signal}");
        assert_eq!(listing(dir.path()), ["clip.mov"]);
    }
}

#[test]
fn y4m_tells_the_order_of_the_fields() {
    let dir = tempfile::tempdir().unwrap();
    let tag = |input: &Path| {
        let out = input.with_extension("fields.y4m");
        let out = dir.path().join(out.file_name().unwrap());
        ok(&["decode", input.to_str().unwrap(), out.to_str().unwrap(), "--quiet"]);
        let bytes = std::fs::read(&out).unwrap();
        let line = bytes.split(|&b| b == b'\n').next().unwrap().to_vec();
        String::from_utf8(line).unwrap().split(' ').find(|t| t.starts_with('I')).map(str::to_owned)
    };
    for (name, expected) in [("mp4-edge/interlaced_crop.mp4", "It"), ("jvt-avc1/BA1_FT_C.264", "Ip")] {
        let Some(input) = media_file(name) else { continue };
        assert_eq!(tag(&input).as_deref(), Some(expected), "{name}");
    }
    if !have("ffmpeg") {
        return;
    }
    for (order, expected) in [("bff", "Ib"), ("tff", "It")] {
        let input = dir.path().join(format!("{order}.264"));
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "testsrc=size=128x96:rate=25:duration=0.4", "-c:v", "libx264"])
            .args(["-pix_fmt", "yuv420p", "-flags", "+ildct+ilme", "-x264-params", &format!("{order}=1")])
            .arg(&input)
            .status();
        assert!(made.unwrap().success());
        assert_eq!(tag(&input).as_deref(), Some(expected), "{order}");
    }
}
