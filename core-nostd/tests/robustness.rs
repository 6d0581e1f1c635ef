//! Broken streams: no panic, no hang, no more memory than planned, whatever the bytes are.

mod media;

use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};
use transcode_core::{Kernels, Limits, Step};

/// Feeds `data` in pieces and takes all there is. Errors are no failure here; not to end would be one.
fn survive(data: &[u8], strict: bool) -> u64 {
    let limits = Limits { max_width: 2048, max_height: 2048, max_pixels: 1 << 21, ..Limits::default() };
    let mut d = Decoder::new(DecoderConfig { strict, limits, kernels: Kernels::detect(), ..DecoderConfig::new() });
    let mut frames = 0;
    let mut calls = 0u64;
    let mut take = |d: &mut Decoder| {
        loop {
            calls += 1;
            assert!(calls < 100_000 + 16 * data.len() as u64, "the decoder does not come to an end");
            match d.receive() {
                Ok(Step::Output(f)) => {
                    frames += 1;
                    assert!(f.rows(0).all(|r| r.len() == f.width()));
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
}

/// Changes a few bytes, cuts, or repeats a piece.
fn mutate(data: &mut Vec<u8>, rng: &mut Rng) {
    if data.is_empty() {
        return;
    }
    let len = data.len() as u64;
    let mut at = |range: u64| (rng.next_u64() % range.max(1)) as usize;
    match at(8) {
        0 => data.truncate(at(len)),
        1 => {
            let (from, n) = (at(len), at(200));
            let piece: Vec<u8> = data[from..(from + n).min(data.len())].to_vec();
            let to = at(len);
            data.splice(to..to, piece);
        }
        2 => {
            let (from, n) = (at(len), at(100));
            data.drain(from..(from + n).min(len as usize));
        }
        _ => {
            for _ in 0..1 + at(12) {
                // Headers are where damage does most.
                let i = if at(3) == 0 { at(len.min(400)) } else { at(len) };
                data[i] = match at(3) {
                    0 => at(256) as u8,
                    1 => data[i] ^ 1 << at(8),
                    _ => [0, 1, 3, 255][at(4)],
                };
            }
        }
    }
}

#[test]
fn mutated_streams_are_survived() {
    let Some(manifest) = media::manifest() else {
        println!("skipped: no test media at {}", media::folder().display());
        return;
    };
    // More of them than a test run has time for, on request.
    let copies: u64 = std::env::var("TRANSCODE_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    let mut rng = Rng(copies);
    for name in [
        "BA_MW_D.264",
        "MR1_BT_A.h264",
        "CVPCMNL1_SVA_C.264",
        "SVA_CL1_E.264",
        "FRExt1_Panasonic.avc",
        "FRExt_MMCO4_Sony_B.264",
        "HCAFR1_HHI.264",
        "jm_main_field_cabac_b.264",
        "jm_main_mbaff_cabac_b.264",
        "jm_main_mbaff_cavlc_b_temporal.264",
        "jm_main_paff_cabac_b.264",
        "jm_main_multislice_cabac.264",
        "jm_main_wp_explicit_pb.264",
        "jm_main_frame_cabac_b.264",
        "ff_h264.annexb",
        "BAMQ1_JVC_C.264",
    ] {
        let Some(Ok(mut data)) = manifest.iter().find(|e| e.file == name).map(|e| e.read()) else {
            println!("skipped: {name} is not there");
            continue;
        };
        data.truncate(40_000);
        let mut frames = 0;
        for round in 0..copies {
            let mut broken = data.clone();
            for _ in 0..=round % 24 / 8 {
                mutate(&mut broken, &mut rng);
            }
            if !broken.is_empty() {
                frames += survive(&broken, round % 6 == 5);
            }
        }
        println!("{name}: {frames} frames out of {copies} broken copies");
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
        let frames = survive(&data[..data.len().min(200_000)], false);
        survive(&data[..data.len().min(200_000)], true);
        if entry.is_h264_stream() {
            println!("{}: {frames} frames", entry.file);
            assert!(frames > 0, "{}", entry.file);
        }
    }
}
