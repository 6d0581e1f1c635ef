//! `transcode convert` and `transcode encode`.

use super::args::{AnyProfile, Convert, Encode};
use super::{Common, print, signal};
use crate::error::{Error, Result};
use crate::input;
use crate::job::{Job, JobOptions};
use crate::options::{AudioCodec, VideoCodec};
use crate::progress::{Progress, RunControl};
use crate::stats::Stats;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use transcode_container::CodecId;
use transcode_container::probe::Format;
use transcode_core::h264::enc::KindStats;

/// Runs `transcode convert`.
pub(super) fn convert(a: &Convert, common: Common) -> Result<()> {
    let options = JobOptions {
        input: Some(a.input.clone()),
        output: Some(a.output.clone()),
        video_codec: a.video_codec,
        audio_codec: a.audio_codec,
        audio_bitrate: a.audio_bitrate,
        audio_quality: a.audio_quality,
        audio_profile: a.audio_profile,
        audio_sample_rate: a.audio_sample_rate,
        audio_channels: a.audio_channels,
        crf: a.crf,
        qp: a.qp,
        video_bitrate: a.video_bitrate,
        preset: a.preset,
        tune: a.tune,
        keyint: a.keyint,
        video: a.video.options(a.profile),
        resolution: a.resolution,
        overwrite: a.overwrite,
        threads: a.threads,
        simd: common.simd,
    };
    run(&Job::new(options)?, common)
}

/// Runs `transcode encode`: a job whose input must be uncompressed.
pub(super) fn encode(a: &Encode, common: Common) -> Result<()> {
    let demuxer = input::open(&a.input)?;
    let sound = demuxer.tracks().iter().any(|t| matches!(t.codec, CodecId::Pcm(_)));
    let format = demuxer.info().format;
    if format != Format::Y4m && !(sound && demuxer.tracks().len() == 1) {
        let feature =
            format!("encoding {format} input; transcode encode reads Y4M and WAVE, transcode convert reads this");
        return Err(Error::Unsupported { path: a.input.clone(), feature });
    }
    let (picture_profile, sound_profile) = match a.profile {
        Some(AnyProfile::Video(p)) if sound => {
            return Err(Error::option("profile", format!("{p} is one of pictures; those of sound are lc and he")));
        }
        Some(AnyProfile::Sound(p)) if !sound => {
            let reason = format!("{p} is one of sound; those of pictures are baseline, main and high");
            return Err(Error::option("profile", reason));
        }
        Some(AnyProfile::Video(p)) => (Some(p), None),
        Some(AnyProfile::Sound(p)) => (None, Some(p)),
        None => (None, None),
    };
    let options = JobOptions {
        input: Some(a.input.clone()),
        output: Some(a.output.clone()),
        video_codec: sound.then_some(VideoCodec::None),
        audio_codec: Some(if sound { AudioCodec::Aac } else { AudioCodec::None }),
        audio_bitrate: a.audio_bitrate,
        audio_quality: a.vbr,
        audio_profile: sound_profile,
        crf: a.crf,
        qp: a.qp,
        video_bitrate: a.bitrate,
        preset: a.preset,
        tune: a.tune,
        keyint: a.keyint,
        video: a.video.options(picture_profile),
        overwrite: a.overwrite,
        threads: a.threads,
        simd: common.simd,
        ..JobOptions::default()
    };
    run(&Job::new(options)?, common)
}

fn run(job: &Job, common: Common) -> Result<()> {
    let control = RunControl::with_token(signal::token());
    if common.quiet {
        return job.run(control).map(|_| ());
    }
    let bar = progress_bar();
    let shown = bar.clone();
    let done = job.run(control.on_progress(move |p| {
        show(&shown, p);
        ControlFlow::Continue(())
    }));
    bar.finish_and_clear();
    let stats = done?;
    for warning in &stats.warnings {
        let _ = writeln!(std::io::stderr(), "transcode: warning: {warning}");
    }
    print(&summary(job.output(), &stats))
}

/// A bar on standard error, which draws itself only where that is a terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, p: &Progress) {
    bar.set_position((p.percent * 10.0) as u64);
    let eta = p.eta.map_or_else(|| "--".into(), |s| format!("{s:.0} s"));
    bar.set_message(format!(
        "{:5.1}%  {} frames  {:.2}x  {:.2} MB  {} kb/s  {eta} left",
        p.percent,
        p.frames,
        p.speed,
        p.size as f64 / 1e6,
        p.bitrate / 1000
    ));
}

fn summary(output: &Path, s: &Stats) -> String {
    let audio = s.audio.map_or_else(String::new, |a| {
        format!(
            "audio: {} packets of {} samples decoded ({} kb/s), {} of {} encoded ({} kb/s), {} concealed\n",
            a.packets_decoded,
            a.samples_decoded,
            a.bitrate_decoded / 1000,
            a.packets_encoded,
            a.samples_encoded,
            a.bitrate_encoded / 1000,
            a.concealed
        )
    });
    let mut text = format!(
        "{}: {} pictures decoded, {} encoded, {} packets, {:.3} s; {} to {} bytes (ratio {:.2}) in {:.2} s ({:.2}x)\n",
        output.display(),
        s.frames_decoded,
        s.frames_encoded,
        s.packets_processed,
        s.duration.as_secs_f64(),
        s.input_size,
        s.output_size,
        s.compression_ratio(),
        s.elapsed.as_secs_f64(),
        s.speed
    );
    text.push_str(&video_summary(s));
    text.push_str(&audio);
    text
}

/// A line for each kind of picture, and one for all.
fn video_summary(s: &Stats) -> String {
    let error = |k: &KindStats| {
        k.psnr().map_or_else(String::new, |[y, u, v]| format!("  PSNR Y {y:.2}  U {u:.2}  V {v:.2} dB"))
    };
    let line = |name: &str, k: &KindStats| {
        let bytes = k.bits as f64 / 8.0 / k.frames as f64;
        format!("  {name:<6} {:>6}  mean QP {:5.2}  mean size {bytes:.0} bytes{}\n", k.frames, k.mean_qp(), error(k))
    };
    let names = ["I", "P", "B ref", "B"];
    let mut text: String =
        names.iter().zip(&s.video.kinds).filter(|(_, k)| k.frames > 0).map(|(n, k)| line(n, k)).collect();
    if s.video.frames > 0 {
        let macroblocks = s.video.macroblocks;
        let part = |i: usize| 100.0 * macroblocks[i] as f64 / macroblocks.iter().sum::<u64>().max(1) as f64;
        let total = s.video.total();
        text.push_str(&format!(
            "  {:.2} kb/s  intra {:.1}%  inter {:.1}%  skipped {:.1}%{}\n",
            s.video_bitrate / 1000.0,
            part(0),
            part(1),
            part(2),
            error(&total)
        ));
    }
    text
}
