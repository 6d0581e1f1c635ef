//! `TranscodeStats`.

use pyo3::prelude::*;
use transcode_pipeline::Stats;

/// What a job has done.
#[pyclass(frozen, get_all, module = "transcode_py")]
pub(crate) struct TranscodeStats {
    /// The packets read from the input.
    packets_processed: u64,
    /// The pictures decoded.
    frames_decoded: u64,
    /// The pictures encoded.
    frames_encoded: u64,
    /// The decoded pictures that had errors, and were patched from their neighbours.
    frames_concealed: u64,
    /// The packets of audio decoded; 0 where audio is copied or left out.
    audio_packets_decoded: u64,
    /// The samples decoded, of each channel.
    audio_samples_decoded: u64,
    /// The bits per second of the audio that was decoded.
    audio_bitrate_decoded: u64,
    /// The packets of audio encoded.
    audio_packets_encoded: u64,
    /// The samples encoded, of each channel.
    audio_samples_encoded: u64,
    /// The bits per second of the audio that was encoded.
    audio_bitrate_encoded: u64,
    /// The input's size in bytes.
    input_size: u64,
    /// The output's size in bytes.
    output_size: u64,
    /// The input's size over the output's.
    compression_ratio: f64,
    /// The encoded video's bits per second, 0 if none was encoded.
    video_bitrate: f64,
    /// The mean quantiser of the encoded pictures, 0 if there are none.
    mean_qp: f64,
    /// The encoded pictures by kind: I (keyframes), P, B that others refer to, other B.
    picture_counts: (u64, u64, u64, u64),
    /// What they take, by the same kinds.
    picture_bytes: (u64, u64, u64, u64),
    /// Peak signal to noise ratio of Y, Cb and Cr in dB over all encoded pictures, if `TranscodeOptions.psnr` was set.
    psnr: Option<(f64, f64, f64)>,
    /// The wall time in seconds.
    elapsed: f64,
    /// Media time over wall time.
    speed: f64,
}

impl From<Stats> for TranscodeStats {
    fn from(s: Stats) -> Self {
        let audio = s.audio.unwrap_or_default();
        let [i, p, b_ref, b] = s.video.kinds.map(|k| (k.frames, k.bits / 8));
        Self {
            video_bitrate: s.video_bitrate,
            mean_qp: s.video.mean_qp(),
            picture_counts: (i.0, p.0, b_ref.0, b.0),
            picture_bytes: (i.1, p.1, b_ref.1, b.1),
            psnr: s.video.total().psnr().map(|[y, u, v]| (y, u, v)),
            packets_processed: s.packets_processed,
            frames_decoded: s.frames_decoded,
            frames_encoded: s.frames_encoded,
            frames_concealed: s.concealed,
            audio_packets_decoded: audio.packets_decoded,
            audio_samples_decoded: audio.samples_decoded,
            audio_bitrate_decoded: audio.bitrate_decoded,
            audio_packets_encoded: audio.packets_encoded,
            audio_samples_encoded: audio.samples_encoded,
            audio_bitrate_encoded: audio.bitrate_encoded,
            input_size: s.input_size,
            output_size: s.output_size,
            compression_ratio: s.compression_ratio(),
            elapsed: s.elapsed.as_secs_f64(),
            speed: s.speed,
        }
    }
}

#[pymethods]
impl TranscodeStats {
    fn __repr__(&self) -> String {
        format!(
            "TranscodeStats(packets={}, frames_decoded={}, frames_encoded={}, input_size={}, output_size={}, \
             compression={:.2}x, elapsed={:.2}s, speed={:.1}x)",
            self.packets_processed,
            self.frames_decoded,
            self.frames_encoded,
            self.input_size,
            self.output_size,
            self.compression_ratio,
            self.elapsed,
            self.speed
        )
    }
}
