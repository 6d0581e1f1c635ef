//! AAC against FFmpeg, where it is installed: real streams, and what its encoder makes.

mod media;

use std::path::{Path, PathBuf};
use std::process::Command;
use transcode_core::aac::{DecodeStats, Decoder, DecoderConfig, PacketTime};
use transcode_core::{Kernels, Step};

/// RMS of the rounding to 16 bits: the bound of ISO/IEC 14496-4 for the root mean square of the error.
const RMS: f64 = 1.0 / 32768.0 / 3.464_101_6;
/// Its bound for a single error.
const PEAK: f64 = 1.0 / 16384.0;

fn ffmpeg(args: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("ffmpeg").args(["-v", "error", "-nostdin"]).args(args).output();
    let Ok(output) = output else {
        eprintln!("skipped: ffmpeg not found");
        return None;
    };
    assert!(output.status.success(), "ffmpeg {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// Decodes a stream that is sent in pieces, to interleaved samples.
fn decode(data: &[u8], kernels: Kernels) -> (Vec<f32>, usize, DecodeStats) {
    let mut decoder = Decoder::new(DecoderConfig { kernels, ..DecoderConfig::new() });
    let (mut out, mut channels) = (Vec::new(), 0);
    let mut drain = |decoder: &mut Decoder| {
        while let Step::Output(frame) = decoder.receive().expect("a stream that decodes") {
            channels = frame.channels();
            for i in 0..frame.len() {
                out.extend((0..channels).map(|c| frame.channel(c)[i]));
            }
        }
    };
    for piece in data.chunks(1000) {
        decoder.send(piece, PacketTime::default()).unwrap();
        drain(&mut decoder);
    }
    decoder.finish();
    drain(&mut decoder);
    let stats = decoder.stats();
    (out, channels, stats)
}

/// Where channel `c` of ours is among FFmpeg's, which reorders to that of WAV.
fn wav_order(channels: usize) -> &'static [usize] {
    match channels {
        1 => &[0],
        2 => &[0, 1],
        3 => &[2, 0, 1],
        4 => &[2, 0, 1, 3],
        5 => &[2, 0, 1, 3, 4],
        6 => &[2, 0, 1, 4, 5, 3],
        // FFmpeg takes the pair of front centres for the front, and the front for the sides.
        8 => &[2, 0, 1, 6, 7, 4, 5, 3],
        _ => panic!("{channels} channels"),
    }
}

/// What is wrong with `ours`, if anything: by the bounds of AAC without SBR. SBR keeps them too, as its noise is the standard's, and noise
/// substitution, as its generator is FFmpeg's.
fn compare(ours: &[f32], theirs: &[f32], channels: usize) -> Result<(), String> {
    if ours.len() != theirs.len() || ours.is_empty() {
        return Err(format!("{} samples, expected {}", ours.len(), theirs.len()));
    }
    let order = wav_order(channels);
    let (mut sum, mut peak) = (0f64, 0f64);
    for (a, b) in ours.chunks_exact(channels).zip(theirs.chunks_exact(channels)) {
        for c in 0..channels {
            let (a, b) = (f64::from(a[c]), f64::from(b[order[c]]));
            sum += (a - b) * (a - b);
            peak = peak.max((a - b).abs());
        }
    }
    let rms = (sum / ours.len() as f64).sqrt();
    if rms < RMS && peak < PEAK { Ok(()) } else { Err(format!("rms 2^{:.1}, peak 2^{:.1}", rms.log2(), peak.log2())) }
}

/// A folder for this test's files, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("transcode-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The first audio track as ADTS.
fn adts(path: &Path) -> Option<Vec<u8>> {
    if path.extension().is_some_and(|e| e == "aac" || e == "adts") {
        return Some(std::fs::read(path).unwrap());
    }
    ffmpeg(&["-i", path.to_str().unwrap(), "-map", "0:a:0", "-c", "copy", "-f", "adts", "-"])
}

#[test]
fn low_complexity_streams_of_the_manifest_decode_as_ffmpegs() {
    let Some(entries) = media::manifest() else {
        eprintln!("skipped: no media");
        return;
    };
    let scratch = Scratch::new("aac-manifest");
    let mut failures = Vec::new();
    let mut count = 0;
    for e in entries.iter().filter(|e| e.folder.starts_with("aac-") && e.streams.starts_with("A:aac/LC")) {
        let Some(stream) = adts(&media::folder().join(&e.folder).join(&e.file)) else { return };
        let file = scratch.file("stream.aac");
        std::fs::write(&file, &stream).unwrap();
        let theirs = floats(&ffmpeg(&["-i", &file, "-f", "f32le", "-"]).unwrap());
        let (ours, channels, stats) = decode(&stream, Kernels::detect());
        assert_eq!(stats.concealed, 0, "{}", e.file);
        // FFmpeg knows faac by its name in the stream, and leaves out the frame that it primes with.
        let from = if e.file.contains("faac") { 1024 * channels } else { 0 };
        if let Err(why) = compare(&ours[from..], &theirs, channels) {
            failures.push(format!("{}: {why}", e.file));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{failures:#?}");
    eprintln!("{count} streams");
}

/// Tones that sweep, clicks that need short windows, and noise; every channel another.
fn signal(channels: usize, rate: u32) -> Vec<u8> {
    let mut noise = 1u32;
    let mut out = Vec::new();
    for n in 0..rate {
        for c in 0..channels {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let t = f64::from(n) / f64::from(rate);
            let tone = (t * (300.0 + 170.0 * c as f64 + 900.0 * t) * std::f64::consts::TAU).sin() * 0.3;
            let click = if n % 9001 < 40 { 0.5 } else { 0.0 };
            let v = tone + (click + 0.02) * f64::from(noise as i32) / 2_147_483_648.0;
            out.extend_from_slice(&(v as f32).to_le_bytes());
        }
    }
    out
}

#[test]
fn what_ffmpeg_encodes_decodes_as_with_it() {
    let scratch = Scratch::new("aac-encoded");
    let (wav, file) = (scratch.file("in.f32"), scratch.file("out.aac"));
    let mut failures = Vec::new();
    let layouts = ["mono", "stereo", "3.0", "4.0", "5.0", "5.1", "", "7.1"];
    let rates =
        ["96000", "88200", "64000", "48000", "44100", "32000", "24000", "22050", "16000", "12000", "11025", "8000"];
    let mut cases: Vec<(usize, &str, Vec<&str>)> = Vec::new();
    for rate in rates {
        cases.push((2, rate, vec!["-aac_pns", "0"]));
    }
    for channels in [1, 3, 4, 5, 6, 8] {
        cases.push((channels, "44100", vec!["-aac_pns", "0"]));
    }
    for extra in [
        &["-profile:a", "aac_main", "-aac_pns", "0"][..],
        &["-profile:a", "aac_main", "-aac_pns", "0", "-b:a", "32k"],
        &["-profile:a", "aac_ltp", "-aac_pns", "0"],
        &["-profile:a", "aac_ltp", "-aac_pns", "0", "-b:a", "48k"],
        &["-aac_coder", "fast", "-aac_pns", "0"],
        &["-aac_coder", "twoloop", "-aac_pns", "0", "-aac_is", "1", "-b:a", "48k"],
        &["-aac_tns", "1", "-aac_ms", "1", "-aac_pns", "0", "-b:a", "256k"],
        &["-aac_tns", "0", "-aac_ms", "0", "-aac_is", "0", "-aac_pns", "0"],
    ] {
        cases.push((2, "44100", extra.to_vec()));
        cases.push((1, "16000", extra.to_vec()));
    }
    for (channels, rate, extra) in cases {
        std::fs::write(&wav, signal(channels, rate.parse().unwrap())).unwrap();
        let layout = layouts[channels - 1];
        let count = channels.to_string();
        let mut args = vec!["-y", "-f", "f32le", "-ar", rate, "-ac", &count, "-channel_layout", layout, "-i", &wav];
        args.extend(["-c:a", "aac", "-strict", "-2"]);
        args.extend(extra.iter().copied());
        args.extend(["-f", "adts", &file]);
        if ffmpeg(&args).is_none() {
            return;
        }
        let Some(theirs) = ffmpeg(&["-i", &file, "-f", "f32le", "-"]) else { return };
        let theirs = floats(&theirs);
        let stream = std::fs::read(&file).unwrap();
        let (ours, decoded, stats) = decode(&stream, Kernels::detect());
        let name = format!("{channels} channels at {rate} {extra:?}");
        assert_eq!((decoded, stats.concealed), (channels, 0), "{name}");
        if let Err(why) = compare(&ours, &theirs, channels) {
            failures.push(format!("{name}: {why}"));
        }
        let (scalar, ..) = decode(&stream, Kernels::scalar());
        assert!(scalar.iter().zip(&ours).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}: levels differ");
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The same frames in LOAS, and as access units with a configuration, give the same samples as in ADTS.
#[test]
fn transports_carry_the_same() {
    let scratch = Scratch::new("aac-transports");
    let (wav, file, loas) = (scratch.file("in.f32"), scratch.file("out.aac"), scratch.file("out.loas"));
    std::fs::write(&wav, signal(2, 32000)).unwrap();
    let made =
        ffmpeg(&["-y", "-f", "f32le", "-ar", "32000", "-ac", "2", "-i", &wav, "-c:a", "aac", "-f", "adts", &file]);
    if made.is_none() {
        return;
    }
    ffmpeg(&["-y", "-i", &file, "-c", "copy", "-f", "latm", &loas]).unwrap();
    let stream = std::fs::read(&file).unwrap();
    let (in_adts, ..) = decode(&stream, Kernels::detect());
    let (in_loas, _, stats) = decode(&std::fs::read(&loas).unwrap(), Kernels::detect());
    assert_eq!(stats.skipped_bytes, 0);
    assert!(in_adts == in_loas, "LOAS differs");

    let mut decoder = Decoder::new(DecoderConfig::new());
    decoder.configure(&[0x12, 0x90]).unwrap();
    let mut rest = &stream[..];
    let mut raw = Vec::new();
    let mut n = 0;
    while let Ok(header) = transcode_core::aac::AdtsHeader::parse(rest) {
        let time = PacketTime { pts: Some(1024 * n), duration: Some(1024) };
        decoder.send(&rest[header.header_length..header.frame_length], time).unwrap();
        let Step::Output(frame) = decoder.receive().unwrap() else { panic!("no frame") };
        assert_eq!(frame.time(), time);
        for i in 0..frame.len() {
            raw.extend([frame.channel(0)[i], frame.channel(1)[i]]);
        }
        rest = &rest[header.frame_length..];
        n += 1;
    }
    assert!(raw == in_adts, "access units differ");
}

/// HE-AAC by implicit signalling (ADTS says nothing of SBR) as FFmpeg decodes it, and the same by explicit signalling.
#[test]
fn high_efficiency_streams_of_the_manifest_decode_as_ffmpegs() {
    let Some(entries) = media::manifest() else {
        eprintln!("skipped: no media");
        return;
    };
    let scratch = Scratch::new("aac-he");
    let mut failures = Vec::new();
    for e in entries.iter().filter(|e| e.folder.starts_with("aac-") && e.streams.starts_with("A:aac/HE-AAC")) {
        let Some(stream) = adts(&media::folder().join(&e.folder).join(&e.file)) else { return };
        let header = transcode_core::aac::AdtsHeader::parse(&stream).unwrap();
        let file = scratch.file("stream.aac");
        std::fs::write(&file, &stream).unwrap();
        let theirs = floats(&ffmpeg(&["-i", &file, "-f", "f32le", "-"]).unwrap());
        let (ours, channels, stats) = decode(&stream, Kernels::detect());
        assert_eq!(stats.concealed, 0, "{}", e.file);
        if let Err(why) = compare(&ours, &theirs, channels) {
            failures.push(format!("{}: {why}", e.file));
        }

        if header.channel_configuration == 0 {
            continue; // The stream's own program configuration says the channels.
        }
        // AudioSpecificConfig: SBR, the core's frequency, channels, the output's frequency, AAC LC.
        let mut w = transcode_core::bits::BitWriter::new();
        let index = u32::from(header.sampling_frequency_index);
        for (v, n) in [(5, 5), (index, 4), (header.channel_configuration.into(), 4), (index - 3, 4), (2, 5), (0, 3)] {
            w.u(v, n);
        }
        let mut decoder = Decoder::new(DecoderConfig::new());
        decoder.configure(&w.into_bytes()).unwrap();
        let mut rest = &stream[..];
        let mut explicit = Vec::new();
        while let Ok(header) = transcode_core::aac::AdtsHeader::parse(rest) {
            decoder.send(&rest[header.header_length..header.frame_length], PacketTime::default()).unwrap();
            let Step::Output(frame) = decoder.receive().unwrap() else { panic!("no frame") };
            for i in 0..frame.len() {
                explicit.extend((0..channels).map(|c| frame.channel(c)[i]));
            }
            rest = &rest[header.frame_length..];
        }
        assert!(explicit == ours, "{}: explicit signalling differs", e.file);
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
