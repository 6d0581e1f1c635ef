//! Broken streams: no panic, no hang, no more memory than planned, whatever the bytes are.
//!
//! The committed run takes seconds. `TRANSCODE_MUTATIONS=1000` makes that many broken copies of each stream, from the seed in
//! `TRANSCODE_SEED`; each failure names the seed of its copy, and `TRANSCODE_ONLY` picks streams by name.
#![cfg(feature = "h264-dec")]

mod counting;
mod media;
mod tools;

use std::time::{Duration, Instant};
use transcode_core::h264::{Decoder, DecoderConfig, MemoryPlan, PacketTime, nal};
use transcode_core::{Kernels, Limits, Step};

/// What no stream may take, however broken: a second for a few kilobytes is a hang.
const MOST_TIME: Duration = Duration::from_secs(20);

const LIMITS: Limits =
    Limits { max_width: 2048, max_height: 2048, max_pixels: 1 << 21, max_dpb_frames: 16, max_packet_bytes: 1 << 20 };

/// Feeds `data` in pieces and takes all there is. Errors are no failure here; not to end would be one.
fn survive(data: &[u8], strict: bool) -> u64 {
    let (start, before) = (Instant::now(), counting::live());
    counting::restart_peak();
    let config = DecoderConfig { strict, limits: LIMITS, kernels: Kernels::detect(), ..DecoderConfig::new() };
    let mut d = Decoder::new(config);
    let mut frames = 0;
    let mut calls = 0u64;
    let mut take = |d: &mut Decoder| {
        loop {
            calls += 1;
            assert!(calls < 100_000 + 16 * data.len() as u64, "the decoder does not come to an end");
            match d.receive() {
                Ok(Step::Output(f)) => {
                    frames += 1;
                    assert!(f.width() > 0 && f.height() > 0);
                }
                Ok(Step::NeedInput | Step::End) => return,
                Err(_) if strict => return,
                Err(_) => {}
            }
        }
    };
    for piece in data.chunks(data.len().max(1).div_ceil(3)) {
        if d.send(piece, PacketTime::default()).is_ok() {
            take(&mut d);
        }
    }
    d.finish();
    take(&mut d);
    let (used, plan) = ((counting::peak() - before) as u64, MemoryPlan::for_decoder(&LIMITS));
    // One frame is held here, and user data belongs to frames.
    let most = plan.total() + plan.picture_bytes + 2 * data.len() as u64;
    assert!(used <= most, "{used} bytes of memory, planned {most}");
    assert!(start.elapsed() < MOST_TIME, "{:?} for {} bytes", start.elapsed(), data.len());
    frames
}

/// A small generator of reproducible numbers (SplitMix64).
struct Rng(u64);

impl Rng {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    fn below(&mut self, range: usize) -> usize {
        (self.next_u64() % range.max(1) as u64) as usize
    }
}

/// Changes a few bytes, cuts, or repeats a piece, wherever it may be.
fn mutate_bytes(data: &mut Vec<u8>, rng: &mut Rng) {
    let len = data.len();
    match rng.below(8) {
        0 => data.truncate(rng.below(len)),
        1 => {
            let (from, n) = (rng.below(len), rng.below(200));
            let piece: Vec<u8> = data[from..(from + n).min(len)].to_vec();
            let to = rng.below(len);
            data.splice(to..to, piece);
        }
        2 => {
            let (from, n) = (rng.below(len), rng.below(100));
            data.drain(from..(from + n).min(len));
        }
        _ => {
            for _ in 0..1 + rng.below(12) {
                let i = rng.below(len);
                data[i] = match rng.below(3) {
                    0 => rng.below(256) as u8,
                    1 => data[i] ^ 1 << rng.below(8),
                    _ => [0, 1, 3, 255][rng.below(4)],
                };
            }
        }
    }
}

/// Drops, repeats, moves, cuts and changes whole NAL units, and bits in their headers.
fn mutate_units(data: &mut Vec<u8>, rng: &mut Rng) {
    let mut units: Vec<Vec<u8>> = nal::annexb(data).map(|u| u.data.to_vec()).collect();
    for _ in 0..1 + rng.below(4) {
        if units.is_empty() {
            return;
        }
        let i = rng.below(units.len());
        match rng.below(9) {
            0 => drop(units.remove(i)),
            1 => units.insert(rng.below(units.len()), units[i].clone()),
            2 => {
                let j = rng.below(units.len());
                units.swap(i, j);
            }
            3 => {
                let len = rng.below(units[i].len()).max(1);
                units[i].truncate(len);
            }
            4 => units[i][0] = units[i][0] & 0xe0 | rng.below(32) as u8,
            5 => units[i][0] ^= 0x20 << rng.below(2),
            // Parameter sets are few, and decide most.
            6 => {
                let sets: Vec<usize> = (0..units.len()).filter(|&i| matches!(units[i][0] & 31, 7 | 8)).collect();
                if let Some(&i) = sets.get(rng.below(sets.len())) {
                    let at = rng.below(units[i].len());
                    units[i][at] ^= 1 << rng.below(8);
                }
            }
            _ => {
                let at = 1 + rng.below(8);
                if let Some(b) = units[i].get_mut(at) {
                    *b ^= 1 << rng.below(8);
                }
            }
        }
    }
    *data = units.iter().flat_map(|u| [&[0, 0, 1][..], u].concat()).collect();
}

/// A broken copy, the same for the same seed.
fn broken(data: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = Rng(seed);
    let mut copy = data.to_vec();
    for _ in 0..=rng.below(3) {
        if copy.is_empty() {
            break;
        }
        if rng.below(2) == 0 { mutate_units(&mut copy, &mut rng) } else { mutate_bytes(&mut copy, &mut rng) }
    }
    copy
}

/// Says which copy it was when something panics.
struct Naming<'a>(&'a str, u64);

impl Drop for Naming<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} with seed {}", self.0, self.1);
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|n| n.parse().ok())
}

/// Breaks `data` in many ways; how many frames came out.
fn check(name: &str, data: &[u8], copies: u64) {
    if std::env::var("TRANSCODE_ONLY").is_ok_and(|only| !name.contains(&only)) {
        return;
    }
    let copies = number("TRANSCODE_MUTATIONS").unwrap_or(copies);
    let first = number("TRANSCODE_SEED").unwrap_or(1);
    let mut frames = 0;
    for seed in first..first + copies {
        let naming = Naming(name, seed);
        frames += survive(&broken(data, seed), seed % 6 == 5);
        drop(naming);
    }
    println!("{name}: {frames} frames out of {copies} broken copies, seeds from {first}");
}

#[test]
fn mutated_streams_are_survived() {
    let Some(manifest) = media::manifest() else {
        println!("skipped: no test media at {}", media::folder().display());
        return;
    };
    for entry in manifest.iter().filter(|e| e.is_h264_stream()) {
        match entry.read() {
            Ok(mut data) => {
                data.truncate(16_000);
                check(&entry.file, &data, 5);
            }
            Err(e) => println!("skipped: {}: {e}", entry.file),
        }
    }
}

/// One stream of each kind that x264 writes.
#[test]
fn mutated_streams_of_x264_are_survived() {
    for options in [
        "--bframes 3 --ref 4 --slices 2",
        "--no-cabac --bframes 2 --b-pyramid none",
        "--tff --bframes 2",
        "--bff --no-cabac --slices 3 --direct temporal",
        "--intra-refresh --keyint 6 --bframes 0",
        "--open-gop --keyint 4 --bframes 2 --nal-hrd vbr --vbv-maxrate 500 --vbv-bufsize 500 --pic-struct",
        "--qp 1 --constrained-intra --slice-max-mbs 3",
        "--output-csp i400",
        "--output-csp i422 --bframes 2",
        "--output-csp i444 --tff",
        "--output-csp i444 --no-cabac",
        "--qp 0 --output-csp i420",
        "--output-depth 10 --bframes 2",
        "--output-depth 10 --output-csp i422 --tff",
    ] {
        let Some(stream) = tools::x264(80, 64, 8, options) else { continue };
        check(options, &stream, 40);
    }
}

#[test]
fn corrupt_files_are_survived() {
    let Some(manifest) = media::manifest() else {
        println!("skipped: no test media at {}", media::folder().display());
        return;
    };
    for entry in manifest.iter().filter(|e| e.folder == "corrupt") {
        let Ok(data) = entry.read() else {
            println!("skipped: {} is not there", entry.file);
            continue;
        };
        // The containers among them are just bytes here.
        let data = &data[..data.len().min(200_000)];
        let frames = survive(data, false);
        survive(data, true);
        if entry.is_h264_stream() {
            // Where ffmpeg still shows a picture, so does this decoder.
            let theirs = tools::ffmpeg(data).map_or(1, |pictures| pictures.len() as u64);
            println!("{}: {frames} frames, ffmpeg {theirs}", entry.file);
            assert!(frames >= theirs && frames > 0, "{}", entry.file);
        }
    }
}

/// The same of broken copies; on request only, for it runs ffmpeg for each. Those of which ffmpeg shows more go to the folder
/// `TRANSCODE_KEEP`.
#[test]
fn ffmpeg_does_not_show_more_of_broken_streams() {
    let Some(copies) = number("TRANSCODE_PEER_MUTATIONS") else {
        println!("skipped: TRANSCODE_PEER_MUTATIONS is not set");
        return;
    };
    let first = number("TRANSCODE_SEED").unwrap_or(1);
    let (mut ours, mut theirs, mut fewer) = (0, 0, vec![]);
    for options in ["--bframes 3 --ref 4 --slices 2", "--no-cabac --bframes 2", "--tff --bframes 2 --ref 2"] {
        let Some(stream) = tools::x264(80, 64, 20, &format!("{options} --keyint 8")) else { return };
        for seed in first..first + copies {
            let broken = broken(&stream, seed);
            let (a, Some(b)) = (survive(&broken, false), tools::ffmpeg(&broken)) else { continue };
            (ours, theirs) = (ours + a, theirs + b.len() as u64);
            if a < b.len() as u64 {
                if let Some(folder) = std::env::var_os("TRANSCODE_KEEP") {
                    std::fs::write(std::path::Path::new(&folder).join(format!("{ours}_{seed}.264")), &broken).unwrap();
                }
                fewer.push(format!("{options}, seed {seed}: {a} of {}", b.len()));
            }
        }
    }
    println!("{ours} frames, ffmpeg {theirs}; fewer than ffmpeg:\n{}", fewer.join("\n"));
    assert!(ours >= theirs && fewer.len() as u64 <= 3 * copies / 50, "{fewer:?}");
}
