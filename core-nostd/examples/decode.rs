//! Decodes an H.264 byte stream and says how fast, or with `--md5` what: the MD5 of the raw planar frames.
//!
//! `decode FILE.264 [--simd LEVEL] [--repeat N] [--md5]`

use md5::{Digest, Md5};
use std::error::Error;
use std::time::Instant;
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};
use transcode_core::{Kernels, Step};

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: decode FILE.264 [--simd LEVEL] [--repeat N] [--md5]";
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or(usage)?;
    let (mut kernels, mut repeat, mut md5) = (Kernels::detect(), 1, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--simd" => kernels = Kernels::at_most(args.next().ok_or(usage)?.parse()?),
            "--repeat" => repeat = args.next().ok_or(usage)?.parse()?,
            "--md5" => md5 = true,
            _ => return Err(usage.into()),
        }
    }
    let data = std::fs::read(path)?;
    for _ in 0..repeat {
        let start = Instant::now();
        let mut decoder = Decoder::new(DecoderConfig { kernels, ..DecoderConfig::new() });
        decoder.send(&data, PacketTime::default())?;
        decoder.finish();
        let (mut frames, mut corrupt) = (0u32, 0u32);
        let mut hash = Md5::new();
        while let Step::Output(frame) = decoder.receive()? {
            frames += 1;
            corrupt += u32::from(frame.corrupt);
            if md5 {
                (0..3).flat_map(|plane| frame.rows(plane)).for_each(|row| hash.update(row));
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        if md5 {
            let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
            println!("{hex} {frames} frames, {corrupt} corrupt");
        } else {
            let fps = f64::from(frames) / seconds;
            println!("{frames} frames in {seconds:.3} s: {fps:.1} fps at {}; {:?}", kernels.level(), decoder.stats());
        }
    }
    Ok(())
}
