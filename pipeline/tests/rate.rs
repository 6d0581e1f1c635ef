//! Rates of whole jobs, over the joins of their segments, and the options of the encoder.

use std::path::Path;
use transcode_container::{Selection, probe};
use transcode_pipeline::options::{NalHrd, Profile};
use transcode_pipeline::{ErrorKind, Job, JobBuilder, Preset, RunControl, Stats, Tune};

const FPS: u64 = 10;

/// A film of a texture that moves, with a calm and a busy third, as 4:2:0 in a Y4M file.
fn film(path: &Path, (width, height): (usize, usize), seconds: u64) {
    let mut out = format!("YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip C420\n").into_bytes();
    let frames = (seconds * FPS) as usize;
    let mut noise = 1u32;
    for t in 0..frames {
        out.extend(b"FRAME\n");
        let busy = if t < frames / 3 {
            2
        } else if t < 2 * frames / 3 {
            40
        } else {
            12
        };
        for (w, h) in [(width, height), (width / 2, height / 2), (width / 2, height / 2)] {
            for y in 0..h {
                for x in 0..w {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let wave = ((x + 2 * t) as f32 / 5.0).sin() * 40.0 + ((y + t) as f32 / 3.0).cos() * 30.0;
                    out.push((128.0 + wave + (noise >> 24) as f32 * busy as f32 / 256.0) as u8);
                }
            }
        }
    }
    std::fs::write(path, out).unwrap();
}

fn job(input: &Path, output: &Path) -> JobBuilder {
    // Keyframes at 4 s: segments last 8 s.
    Job::builder().input(input).output(output).preset(Preset::Veryfast).keyint(40u32).overwrite(true)
}

fn run(job: JobBuilder) -> Stats {
    job.build().unwrap().run(RunControl::default()).unwrap()
}

/// Sizes of the packets in decoding order, whose times must be in order.
fn packets(path: &Path) -> Vec<usize> {
    let mut demuxer = probe::open(path).unwrap();
    let track = demuxer.tracks()[0].clone();
    demuxer.select_only(track.id, Selection::Presentation).unwrap();
    let packets: Vec<_> = std::iter::from_fn(|| demuxer.next_packet().unwrap()).collect();
    assert!(packets.windows(2).all(|p| p[0].dts < p[1].dts));
    assert!(packets.iter().all(|p| p.dts <= p.pts.unwrap()));
    packets.iter().map(|p| p.data.len()).collect()
}

#[test]
fn two_passes_meet_the_rate_for_any_number_of_threads_and_move_bits_between_segments() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.y4m"), dir.path().join("out.mp4"));
    film(&input, (96, 64), 26);
    let mut first: Option<(Vec<u8>, Stats)> = None;
    for threads in 1..=3usize {
        let stats = run(job(&input, &output).video_bitrate(100_000u64).two_pass(true).psnr(true).threads(threads));
        let bytes = std::fs::read(&output).unwrap();
        let (want, told) = first.get_or_insert_with(|| (bytes.clone(), stats.clone()));
        assert!(*want == bytes, "{threads} threads");
        assert_eq!(told.video, stats.video, "{threads} threads");
    }
    let (_, stats) = first.unwrap();
    assert!((stats.video_bitrate / 100_000.0 - 1.0).abs() < 0.02, "{}", stats.video_bitrate);
    let total = stats.video.total();
    assert_eq!((stats.frames_encoded, total.frames, stats.frames_decoded), (260, 260, 260));
    assert!(stats.video.kinds[0].frames >= 3 && total.psnr().is_some_and(|[y, ..]| y > 25.0));
    // The busy third gets more than its share of the bits; in one pass, no segment can.
    let busy = |sizes: Vec<usize>| sizes[87..173].iter().sum::<usize>() as f64 / sizes.iter().sum::<usize>() as f64;
    let two = busy(packets(&output));
    let stats = run(job(&input, &output).video_bitrate(100_000u64));
    assert!((stats.video_bitrate / 100_000.0 - 1.0).abs() < 0.02, "{}", stats.video_bitrate);
    let one = busy(packets(&output));
    assert!(two > 1.2 * one, "{two} and {one}");
}

#[test]
fn a_buffer_never_runs_empty_over_the_joins_of_segments() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.y4m"), dir.path().join("out.mp4"));
    film(&input, (96, 64), 26);
    for two_pass in [false, true] {
        let (rate, size) = (150_000u64, 200_000u64);
        let wanted = job(&input, &output).video_bitrate(140_000u64).vbv_maxrate(rate).vbv_bufsize(size);
        run(wanted.two_pass(two_pass));
        let mut level = 0.9 * size as f64;
        for (n, bytes) in packets(&output).into_iter().enumerate() {
            level -= 8.0 * bytes as f64;
            assert!(level >= 0.0, "picture {n} lacks {} bits", -level);
            level = (level + (rate / FPS) as f64).min(size as f64);
        }
    }
}

#[test]
fn the_options_reach_the_stream() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.y4m"), dir.path().join("out.mp4"));
    film(&input, (64, 48), 2);
    let wanted = job(&input, &output).crf(23.0).tune(Tune::Ssim).two_pass(true).profile(Profile::Baseline).level(30);
    let stats = run(wanted.references(2).deblock(Some([-1, 1])).qcomp(0.7).ipratio(1.4).scenecut(false));
    assert_eq!(stats.frames_encoded, 20);
    assert_eq!(stats.video.kinds[2].frames + stats.video.kinds[3].frames, 0, "Baseline has no B pictures");
    let track = probe::open(&output).unwrap().tracks()[0].clone();
    assert_eq!(track.codec_private[1..4], [66, 0xc0, 30]);
    // Filler data of a constant rate.
    let wanted = job(&input, &output).video_bitrate(300_000u64).vbv_maxrate(300_000).vbv_bufsize(300_000);
    let stats = run(wanted.nal_hrd(NalHrd::Cbr).qpmin(20));
    assert!(stats.video.filler_bits > 0, "{:?}", stats.video);
    let refused = |b: JobBuilder| b.build().and_then(|j| j.run(RunControl::default())).unwrap_err();
    for (builder, option) in [
        (job(&input, &output).level(62).vbv_maxrate(2_000_000_000).vbv_bufsize(2_000_000_000), "level"),
        (job(&input, &output).crf(20.0).nal_hrd(NalHrd::Cbr).vbv_maxrate(500_000).vbv_bufsize(500_000), "nal_hrd"),
        (job(&input, &output).video_bitrate(500_000u64).vbv_maxrate(400_000).vbv_bufsize(400_000), "vbv_maxrate"),
        (job(&input, &output).resolution(1920, 1080).level(30), "level"),
    ] {
        let error = refused(builder);
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert!(error.to_string().starts_with(option), "{error}");
    }
}
