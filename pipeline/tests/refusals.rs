//! What jobs refuse, and that nothing is left behind.

mod common;

use common::{listing, media_file, transcode};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};
use transcode_pipeline::{CancelToken, Error, ErrorKind, Job, JobBuilder, RunControl, VideoCodec};

fn job(input: &Path, output: &Path) -> JobBuilder {
    Job::builder().input(input).output(output)
}

fn failure(builder: JobBuilder) -> Error {
    builder.build().and_then(|j| j.run(RunControl::default())).unwrap_err()
}

/// Fails the same way from Rust and from the command, and leaves the folder as it was.
fn refused(input: &Path, dir: &Path, kind: ErrorKind, word: &str) {
    let output = dir.join("out.mp4");
    let before = listing(dir);
    let error = failure(job(input, &output));
    assert_eq!(error.kind(), kind, "{error}");
    let (status, out, err) = transcode(&["convert".as_ref(), input.as_os_str(), output.as_os_str()]);
    assert_eq!((status, out.as_str()), (if kind == ErrorKind::InvalidOption { 2 } else { 1 }, ""), "{err}");
    assert!(err.contains(word) && err.lines().count() == 1, "{err}");
    assert_eq!(listing(dir), before);
}

#[test]
fn bad_inputs() {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    let text = d.join("notes.mp4");
    fs::write(&text, "this is no film\n".repeat(100)).unwrap();
    refused(&text, d, ErrorKind::InvalidData, "not a media file");
    let empty = d.join("empty.mp4");
    fs::write(&empty, "").unwrap();
    refused(&empty, d, ErrorKind::InvalidData, "empty.mp4");
    refused(&d.join("missing.mp4"), d, ErrorKind::NotFound, "no such file");
    refused(d, d, ErrorKind::Io, "directory");
}

#[test]
fn truncated_and_unsupported() {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    if let Some(whole) = media_file("real-camera/mei_uuid540.mp4") {
        let data = fs::read(whole).unwrap();
        let cut = d.join("cut.mp4");
        fs::write(&cut, &data[..data.len() * 2 / 3]).unwrap();
        refused(&cut, d, ErrorKind::InvalidData, "unexpected end");
    }
    for (name, word) in [
        ("other-codecs/ax_h265_bframes.mp4", "hevc"),
        ("other-codecs/ax_sample_av1.mp4", "av1"),
        ("other-codecs/ax_bbb_642x642_768kbps_30fps_vp9.webm", "vp9"),
        ("other-codecs/ax_bbb_2500ms.ts", "mpeg2video"),
    ] {
        if let Some(input) = media_file(name) {
            refused(&input, d, ErrorKind::Unsupported, word);
        }
    }
}

#[test]
fn existing_targets_and_the_input_itself() {
    let Some(film) = media_file("real-camera/mei_uuid540.mp4") else { return };
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    let output = d.join("out.mp4");
    fs::write(&output, "mine").unwrap();
    let copy = |i: &Path, o: &Path| job(i, o).video_codec(VideoCodec::Copy);
    assert_eq!(failure(copy(&film, &output)).kind(), ErrorKind::Exists);
    assert_eq!(fs::read(&output).unwrap(), b"mine");
    let input = d.join("in.mp4");
    fs::copy(&film, &input).unwrap();
    assert_eq!(failure(copy(&input, &input).overwrite(true)).kind(), ErrorKind::InvalidOption);
    assert_eq!(fs::read(&input).unwrap(), fs::read(&film).unwrap());
    assert_eq!(failure(copy(&input, &d.join("no/such/out.mp4"))).kind(), ErrorKind::NotFound);
    copy(&input, &output).overwrite(true).build().unwrap().run(RunControl::default()).unwrap();
    assert!(fs::metadata(&output).unwrap().len() > 1000);
    // A failed job leaves the target that it was to replace as it was.
    let text = d.join("text.mp4");
    fs::write(&text, "no film").unwrap();
    let before = fs::read(&output).unwrap();
    failure(copy(&text, &output).overwrite(true));
    assert_eq!(fs::read(&output).unwrap(), before);
}

#[test]
fn options_that_need_an_input_to_be_wrong() {
    let Some(sound) = media_file("mp4-edge/mp4p_Beethoven_-_Bagatelle_op.119_no.11_i.m4a") else { return };
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out.m4a");
    assert_eq!(failure(job(&sound, &output).crf(20.0)).kind(), ErrorKind::InvalidOption);
    assert_eq!(failure(job(&sound, &output).video_codec(VideoCodec::H264)).kind(), ErrorKind::InvalidOption);
    assert_eq!(listing(dir.path()), Vec::<String>::new());
    let stats = job(&sound, &output).build().unwrap().run(RunControl::default()).unwrap();
    assert!(stats.packets_processed > 1000 && stats.frames_encoded == 0);
}

#[test]
fn cancelling_ends_soon_and_leaves_nothing() {
    let Some(film) = media_file("real-camera/imageio_cockatoo_yuv420.mp4") else { return };
    for threads in [1, 3] {
        let dir = tempfile::tempdir().unwrap();
        let output = dir.path().join("out.mp4");
        let token = CancelToken::new();
        let control = RunControl::with_token(token.clone());
        let running = job(&film, &output).threads(threads).build().unwrap();
        std::thread::scope(|s| {
            let done = s.spawn(|| running.run(control));
            std::thread::sleep(Duration::from_millis(400));
            let cancelled = Instant::now();
            token.cancel();
            let error = done.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            assert!(cancelled.elapsed() < Duration::from_millis(500), "{:?}", cancelled.elapsed());
        });
        assert_eq!(listing(dir.path()), Vec::<String>::new());
    }
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out.mp4");
    let mut calls = 0;
    let control = RunControl::default().on_progress(|_| {
        calls += 1;
        ControlFlow::Break(())
    });
    let error = job(&film, &output).build().unwrap().run(control).unwrap_err();
    assert_eq!((error.kind(), calls), (ErrorKind::Cancelled, 1));
    assert_eq!(listing(dir.path()), Vec::<String>::new());
}

#[test]
fn progress_tells_the_truth() {
    let Some(film) = media_file("real-camera/mei_uuid540.mp4") else { return };
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out.mp4");
    let mut seen = Vec::new();
    let control = RunControl::default().on_progress(|p| {
        seen.push((Instant::now(), *p));
        ControlFlow::Continue(())
    });
    let start = Instant::now();
    let stats = job(&film, &output).build().unwrap().run(control).unwrap();
    let wall = start.elapsed().as_secs_f64();
    let (last, before) = seen.split_last().unwrap();
    assert_eq!(last.1.frames, stats.frames_encoded);
    assert_eq!(last.1.size, stats.output_size);
    assert_eq!(stats.output_size, fs::metadata(&output).unwrap().len());
    assert!((last.1.percent - 100.0).abs() < f64::EPSILON);
    assert!((last.1.speed * wall / stats.duration.as_secs_f64() - 1.0).abs() < 0.2, "{last:?} in {wall} s");
    assert!(before.iter().all(|p| p.1.percent < 100.0));
    assert!(seen.windows(2).all(|w| w[0].1.percent <= w[1].1.percent && w[0].1.frames <= w[1].1.frames));
    assert!(seen.len() as f64 <= wall * 10.0 + 2.0, "{} samples in {wall} s", seen.len());
}
