//! Sound through the command: from samples to AAC and back, the sample that a click sits on, channels, rates, refusals. Needs
//! no media.

mod common;

use common::{ffmpeg_complaints, have, transcode};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use transcode_container::wav::{WavMuxer, WavOptions};
use transcode_container::{AudioTrack, Muxer, Packet, PcmFormat, PcmSample, Selection, TrackInfo, TrackSpec, probe};

const RATE: u32 = 48_000;

/// The WAVE channel mask of so many channels.
fn mask(channels: usize) -> u32 {
    match channels {
        1 => 0x4,
        2 => 0x3,
        6 => 0x3f,
        _ => 0x63f,
    }
}

/// Writes planes as WAVE of 32-bit floats.
fn wave(path: &Path, planes: &[Vec<f32>], rate: u32) {
    let pcm = Some(PcmFormat::little(PcmSample::F32));
    let channels = planes.len() as u32;
    let audio =
        AudioTrack { sample_rate: rate, channels, channel_mask: mask(planes.len()), pcm, ..AudioTrack::default() };
    let mut muxer = WavMuxer::new(File::create(path).unwrap(), WavOptions { expected_bytes: Some(0) });
    let track = muxer.add_track(TrackSpec::pcm(audio).unwrap()).unwrap();
    let data = (0..planes[0].len()).flat_map(|i| planes.iter().flat_map(move |p| p[i].to_le_bytes())).collect();
    muxer.write_packet(&Packet::new(track, 0, 0, 0, true, data)).unwrap();
    muxer.finish().unwrap();
}

/// A quiet tone of its own in each channel, and a loud click at a place of its own. In an LFE channel, which holds no more than 281 Hz in
/// AAC, a swell of 10 ms instead.
fn clicks(channels: usize, length: usize) -> Vec<Vec<f32>> {
    let plane = |c: usize| {
        if is_lfe(c, channels) {
            let swell = |d: f32| if d < 240.0 { 0.45 + 0.45 * (d / 240.0 * std::f32::consts::PI).cos() } else { 0.0 };
            return (0..length).map(|i| swell(i.abs_diff(click(c)) as f32)).collect();
        }
        let mut plane: Vec<f32> = (0..length).map(|i| 0.04 * (i as f32 * (0.03 + 0.011 * c as f32)).sin()).collect();
        plane[click(c)] = 0.9;
        plane
    };
    (0..channels).map(plane).collect()
}

fn is_lfe(channel: usize, channels: usize) -> bool {
    channels >= 6 && channel == 3
}

/// Where the click of a channel is.
fn click(channel: usize) -> usize {
    10_240 + 2_333 * channel
}

fn loudest(plane: &[f32]) -> usize {
    (0..plane.len()).max_by(|&a, &b| plane[a].abs().total_cmp(&plane[b].abs())).unwrap()
}

fn ok(args: &[&str]) {
    let (status, out, err) = transcode(&[args, &["--quiet", "--overwrite"]].concat());
    assert_eq!((status, err.as_str()), (0, ""), "{args:?}: {out}");
}

fn fails(args: &[&str], words: &[&str]) {
    let (status, out, err) = transcode(args);
    assert!(status != 0 && out.is_empty(), "{args:?}: {out}");
    assert!(words.iter().all(|w| err.contains(w)), "{args:?}: {err}");
}

/// The samples of the first audio track, as the command decodes them.
fn samples(path: &Path, channels: usize) -> Vec<Vec<f32>> {
    let raw = path.with_extension("pcm");
    ok(&["decode", path.to_str().unwrap(), raw.to_str().unwrap(), "--sample-format", "f32"]);
    planes(&std::fs::read(raw).unwrap(), channels)
}

fn planes(raw: &[u8], channels: usize) -> Vec<Vec<f32>> {
    let all: Vec<f32> = raw.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
    assert_eq!(all.len() % channels, 0);
    (0..channels).map(|c| all.iter().skip(c).step_by(channels).copied().collect()).collect()
}

/// The same by ffmpeg; `None` where there is none.
fn ffmpeg_samples(path: &Path, channels: usize) -> Option<Vec<Vec<f32>>> {
    if !have("ffmpeg") {
        return None;
    }
    let out = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:a:0", "-f", "f32le", "-"])
        .output()
        .unwrap();
    Some(planes(&out.stdout, channels))
}

/// The audio track and where its first sample is heard.
fn audio_start(path: &Path) -> (TrackInfo, i64) {
    let mut demuxer = probe::open(path).unwrap();
    let track = demuxer.tracks().iter().find(|t| t.audio().is_some()).unwrap().clone();
    demuxer.select_only(track.id, Selection::Presentation).unwrap();
    let first = std::iter::from_fn(|| demuxer.next_packet().unwrap()).find(|p| !p.discard).unwrap();
    (track, first.pts.unwrap() + first.trim_start)
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }
}

#[test]
fn a_click_stays_on_its_sample_in_every_channel() {
    let dir = Folder::new();
    for channels in [1, 2, 6, 8] {
        let length = 30_000;
        let source = clicks(channels, length);
        wave(&dir.at("in.wav"), &source, RATE);
        for name in ["out.m4a", "out.aac"] {
            let bitrate = (96_000 * channels).to_string();
            ok(&["encode", &dir.text("in.wav"), &dir.text(name), "--audio-bitrate", &bitrate]);
            let mut decoded = vec![("decode", samples(&dir.at(name), channels))];
            decoded.extend(ffmpeg_samples(&dir.at(name), channels).map(|s| ("ffmpeg", s)));
            for (who, planes) in decoded {
                // ADTS has no place for what of its frames is heard: a frame of priming, and the last frame whole.
                let early = if name == "out.aac" { 1024 } else { 0 };
                for (c, plane) in planes.iter().enumerate() {
                    let off = loudest(plane).abs_diff(click(c) + early);
                    // The top of a swell is flat: a quarter of a millisecond off it has lost 0.6 %.
                    let most = if is_lfe(c, channels) { 12 } else { 0 };
                    assert!(off <= most, "{channels} channels, {name}, {who}: channel {c} is {off} samples off");
                }
                if early == 0 && who == "decode" {
                    assert_eq!(planes[0].len(), length, "{channels} channels");
                }
            }
            // It says of every ADTS file that it has to guess how long it is.
            let said = ffmpeg_complaints(&dir.at(name)).unwrap_or_default();
            let said: Vec<&str> = said.lines().filter(|l| !l.contains("Estimating duration from bitrate")).collect();
            assert!(said.is_empty(), "{channels} channels, {name}: {said:?}");
        }
    }
}

#[test]
fn he_aac_in_mp4_starts_on_time() {
    let dir = Folder::new();
    for (channels, length) in [(1, 30_000), (2, 30_001)] {
        wave(&dir.at("in.wav"), &clicks(channels, length), RATE);
        ok(&["encode", &dir.text("in.wav"), &dir.text("out.m4a"), "--profile", "he", "--audio-bitrate", "64k"]);
        let own = samples(&dir.at("out.m4a"), channels);
        // The media timeline counts samples of the core coder.
        assert_eq!(own[0].len(), length.next_multiple_of(2));
        for planes in [Some(own), ffmpeg_samples(&dir.at("out.m4a"), channels)].into_iter().flatten() {
            for (c, plane) in planes.iter().enumerate() {
                // Half of the click is made anew out of the other half, in slots of 64 samples: nearly there.
                assert!(loudest(plane).abs_diff(click(c)) <= 4, "channel {c}: {} for {}", loudest(plane), click(c));
            }
        }
        let said = ffmpeg_complaints(&dir.at("out.m4a")).unwrap_or_default();
        assert!(said.is_empty(), "{said}");
    }
}

#[test]
fn uncompressed_sound_is_what_it_was() {
    let dir = Folder::new();
    let source = clicks(6, 25_000);
    wave(&dir.at("in.wav"), &source, 44_100);
    assert_eq!(samples(&dir.at("in.wav"), 6), source);
    let input = dir.text("in.wav");
    for format in ["u8", "s16", "s24", "s32", "f32", "f64"] {
        ok(&["decode", &input, &dir.text("a.wav"), "--sample-format", format]);
        // Through QuickTime and back, with its layout.
        ok(&["convert", &dir.text("a.wav"), &dir.text("b.mov"), "--audio-codec", "pcm"]);
        ok(&["convert", &dir.text("b.mov"), &dir.text("c.wav"), "--audio-codec", "copy"]);
        ok(&["convert", &dir.text("a.wav"), &dir.text("d.mp4")]);
        ok(&["decode", &dir.text("d.mp4"), &dir.text("e.wav")]);
        let bytes = std::fs::read(dir.at("a.wav")).unwrap();
        let tail = |name: &str| {
            let bytes = std::fs::read(dir.at(name)).unwrap();
            let at = bytes.windows(4).position(|w| w == b"data").unwrap();
            bytes[at..].to_vec()
        };
        for name in ["c.wav", "e.wav"] {
            assert!(tail("a.wav") == tail(name), "{format}: {name}");
        }
        let mask = transcode_container::wav::WavDemuxer::open(dir.at("c.wav"), &Default::default()).unwrap();
        let mask = transcode_container::Demuxer::tracks(&mask)[0].audio().unwrap().channel_mask;
        assert_eq!(mask, 0x3f, "{format}: {} bytes", bytes.len());
        for name in ["b.mov", "d.mp4"] {
            assert_eq!(ffmpeg_complaints(&dir.at(name)).unwrap_or_default(), "", "{format}: {name}");
        }
    }
}

#[test]
fn other_rates_and_channels() {
    let dir = Folder::new();
    wave(&dir.at("in.wav"), &clicks(6, 30_000), RATE);
    let input = dir.text("in.wav");
    ok(&["convert", &input, &dir.text("a.wav"), "--audio-sample-rate", "44100", "--audio-channels", "stereo"]);
    let planes = samples(&dir.at("a.wav"), 2);
    assert_eq!(planes[0].len(), (30_000 * 441usize).div_ceil(480));
    // Left keeps its own click, which is the loudest there.
    assert_eq!(loudest(&planes[0]), click(0) * 441 / 480);
    ok(&[
        "convert",
        &input,
        &dir.text("b.m4a"),
        "--audio-channels",
        "1",
        "--audio-sample-rate",
        "24000",
        "--audio-quality",
        "3",
    ]);
    let (track, start) = audio_start(&dir.at("b.m4a"));
    assert_eq!((track.audio().unwrap().sample_rate, track.audio().unwrap().channels, start), (24_000, 1, 0));
    assert_eq!(samples(&dir.at("b.m4a"), 1)[0].len(), 15_000);
}

#[test]
fn a_film_with_its_sound_coded_anew() {
    let dir = Folder::new();
    ok(&["make-clip", &dir.text("clip.mov"), "--seconds", "1"]);
    let clip = dir.text("clip.mov");
    let quick = ["--preset", "ultrafast", "--qp", "40", "--audio-codec", "aac", "--audio-bitrate", "128k"];
    for threads in ["1", "4"] {
        ok(&[&["convert", &clip, &dir.text(&format!("{threads}.mp4")), "--threads", threads][..], &quick].concat());
    }
    assert!(std::fs::read(dir.at("1.mp4")).unwrap() == std::fs::read(dir.at("4.mp4")).unwrap(), "threads change bytes");
    let (before, after) = (samples(&dir.at("clip.mov"), 2), samples(&dir.at("1.mp4"), 2));
    let (track, start) = audio_start(&dir.at("1.mp4"));
    assert_eq!((after[0].len(), start, track.duration), (48_000, 0, Some(48_000)));
    for (a, b) in before.iter().zip(&after) {
        let noise: f32 = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum();
        let power: f32 = a.iter().map(|x| x * x).sum();
        assert!(noise < power / 100.0, "20 dB at least: {noise} of {power}");
    }
    assert_eq!(ffmpeg_complaints(&dir.at("1.mp4")).unwrap_or_default(), "");
    // Sound alone, out of the film.
    let (status, _, err) = transcode(&["convert", &clip, &dir.text("only.aac")]);
    assert!(status == 0 && err.contains("track 0 left out"), "{err}");
    ok(&["convert", &dir.text("1.mp4"), &dir.text("copy.mp4"), "--video-codec", "none"]);
    assert_eq!(samples(&dir.at("copy.mp4"), 2), after, "a copy keeps priming and length");
}

#[test]
fn sound_that_starts_late_stays_late() {
    let dir = Folder::new();
    // A film of which the sound starts half a second, and a bit, in.
    let late = 24_007;
    let mut muxer = transcode_container::mp4::Mp4Muxer::new(
        File::create(dir.at("late.mov")).unwrap(),
        transcode_container::mp4::Mp4Options::default(),
    );
    let pcm = Some(PcmFormat::little(PcmSample::S16));
    let audio = AudioTrack { sample_rate: RATE, channels: 1, pcm, ..AudioTrack::default() };
    let track = muxer.add_track(TrackSpec::pcm(audio).unwrap()).unwrap();
    let mut packet = Packet::new(track, late, late, 20_000, true, vec![1; 40_000]);
    packet.samples = 20_000;
    muxer.write_packet(&packet).unwrap();
    muxer.finish().unwrap();
    drop(muxer);
    for (rate, expected) in [("48000", late), ("24000", (late + 1) / 2)] {
        ok(&["convert", &dir.text("late.mov"), &dir.text("out.mp4"), "--audio-sample-rate", rate]);
        let (track, start) = audio_start(&dir.at("out.mp4"));
        assert_eq!(start, expected);
        let heard = 20_000 * i64::from(track.timebase.den) / i64::from(RATE);
        assert_eq!(track.duration, Some(expected + heard));
        assert_eq!(samples(&dir.at("out.mp4"), 1)[0].len() as i64, heard);
    }
}

#[test]
fn refusals_name_what_would_be_right() {
    let dir = Folder::new();
    wave(&dir.at("in.wav"), &clicks(2, 20_000), RATE);
    let input = dir.text("in.wav");
    let out = dir.text("out.m4a");
    fails(&["convert", &input, &out, "--audio-codec", "mp3"], &["aac", "pcm", "copy", "none"]);
    fails(&["convert", &input, &out, "--audio-channels", "5.2"], &["mono, stereo, 5.1, 7.1"]);
    fails(&["convert", &input, &out, "--audio-channels", "quad"], &["audio_channels", "mono, stereo, 3.0"]);
    fails(&["convert", &input, &out, "--audio-sample-rate", "44000"], &["audio_sample_rate", "44100, 48000"]);
    fails(
        &["convert", &input, &out, "--audio-codec", "copy", "--audio-bitrate", "96k"],
        &["audio_bitrate: has no effect"],
    );
    fails(&["convert", &input, &out, "--audio-quality", "9"], &["1 to 5"]);
    fails(&["convert", &input, &dir.text("out.wav"), "--audio-codec", "aac"], &["audio_codec", ".m4a"]);
    fails(&["convert", &input, &dir.text("out.aac"), "--audio-codec", "pcm"], &["audio_codec", ".wav"]);
    fails(&["convert", &input, &dir.text("out.wav"), "--crf", "20"], &["crf: has no effect"]);
    fails(&["encode", &input, &out, "--crf", "20"], &["crf: has no effect"]);
    fails(&["encode", &input, &out, "--profile", "main"], &["lc", "he"]);
    fails(&["decode", &input, &dir.text("out.y4m"), "--sample-format", "s16"], &[".wav, .pcm, .raw"]);
    fails(&["decode", &input, &dir.text("out.mp3"), "--stream", "audio"], &[".wav, .pcm, .raw"]);
    assert!(!dir.at("out.m4a").exists() && !dir.at("out.wav").exists());
    // A sample that is not a number is no sound.
    wave(&dir.at("nan.wav"), &[vec![f32::NAN; 5000]], RATE);
    fails(&["encode", &dir.text("nan.wav"), &out], &["nan.wav", "not a number"]);
}
