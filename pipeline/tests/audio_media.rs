//! Sound of real files against ffmpeg: lengths to the sample, and samples within the bounds of ISO/IEC 14496-4.

mod common;

use common::{have, media_file, transcode};
use std::process::Command;

/// Files, samples of each channel that are heard, and whether two decoders agree on each of them (where noise is substituted,
/// every decoder takes its own).
const FILES: &[(&str, usize, bool)] = &[
    ("aac-iso/al04_44.mp4", 363_520, true),
    ("aac-iso/al05_44.mp4", 327_680, true),
    ("aac-iso/al17_44.mp4", 330_752, true),
    ("aac-iso/al_sbr_cm_48_2.mp4", 1_544_192, true),
    ("aac-misc/102400samples_qt-lc-aac.mp4", 102_400, true),
    ("aac-misc/aac-2048-priming.mp4", 220_160, false),
    ("aac-misc/adts.aac", 31_744, false),
    ("aac-misc/half-a-second-1ch-44100-aac-afconvert.mp4", 22_050, true),
    ("aac-misc/id3v2.aac", 239_616, true),
    ("aac-misc/tones_afconvert_16000_stereo_aac_he.mp4", 64_000, true),
    ("aac-misc/tones_faac_16000_stereo_aac_lc.aac", 32_768, true),
    ("aac-misc/tones_faac_44100_stereo_aac_lc.mp4", 88_200, true),
    ("aac-misc/tones_nero_16000_mono_aac_lc.mp4", 32_000, true),
    ("aac-misc/tones_nero_44100_stereo_aac_he.mp4", 88_200, true),
    ("aac-misc/tones_quicktimeX_44100_stereo_aac_lc.mp4", 88_200, true),
    ("mp4-edge/ax_sample.mp4", 44_100, true),
    ("mp4-edge/ff_gizmo.mp4", 267_264, true),
    ("mp4-edge/ff_bipbop-lateaudio.mp4", 43_008, true),
    ("real-camera/ax_sample_12_5fps_720p_1s.mp4", 45_504, true),
    ("real-camera/ax_sample_with_increasing_timestamps_360p.mp4", 817_152, true),
    ("other-codecs/ax_sample.adts", 146_432, true),
    ("other-codecs/ax_sample.flv", 45_056, true),
    ("other-codecs/ax_sd-hls0000000000.ts", 116_736, false),
];

fn floats(raw: &[u8]) -> Vec<f32> {
    raw.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

#[test]
fn lengths_and_samples() {
    let dir = tempfile::tempdir().unwrap();
    let raw = dir.path().join("out.pcm");
    for &(name, expected, agree) in FILES {
        let Some(path) = media_file(name) else { continue };
        let (status, out, err) = transcode(&[
            "decode".as_ref(),
            path.as_os_str(),
            raw.as_os_str(),
            "--sample-format".as_ref(),
            "f32".as_ref(),
            "--overwrite".as_ref(),
        ]);
        assert_eq!(status, 0, "{name}: {err}");
        let ours = floats(&std::fs::read(&raw).unwrap());
        let told = out.trim_end().strip_suffix(" samples").and_then(|l| l.rsplit(' ').next()?.parse().ok());
        assert_eq!(told, Some(expected), "{name}: {out}");
        assert_eq!(ours.len() % expected, 0, "{name}");
        if !agree || !have("ffmpeg") {
            continue;
        }
        let args = ["-map", "0:a:0", "-f", "f32le", "-"];
        let out =
            Command::new("ffmpeg").args(["-nostdin", "-v", "error", "-i"]).arg(&path).args(args).output().unwrap();
        let theirs = floats(&out.stdout);
        // It plays the padding, too.
        assert!(theirs.len() >= ours.len(), "{name}");
        let errors = ours.iter().zip(&theirs).map(|(a, b)| f64::from(a - b));
        let (sum, peak) = errors.fold((0.0, 0.0f64), |(s, p), e| (s + e * e, p.max(e.abs())));
        let rms = (sum / ours.len() as f64).sqrt();
        assert!(rms < 2f64.powi(-15) / 12f64.sqrt() && peak < 2f64.powi(-14), "{name}: rms {rms:e}, peak {peak:e}");
    }
}
