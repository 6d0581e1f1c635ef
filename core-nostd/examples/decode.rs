//! Decodes an H.264 byte stream and says how fast: `decode FILE.264 [simd level] [repetitions]`.

use std::error::Error;
use std::time::Instant;
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};
use transcode_core::{Kernels, Step};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: decode FILE.264 [simd level] [repetitions]")?;
    let kernels = match args.next() {
        Some(level) => Kernels::at_most(level.parse()?),
        None => Kernels::detect(),
    };
    let repetitions: u32 = args.next().map_or(Ok(1), |n| n.parse())?;
    let data = std::fs::read(path)?;
    for _ in 0..repetitions {
        let start = Instant::now();
        let mut decoder = Decoder::new(DecoderConfig { kernels, ..DecoderConfig::new() });
        decoder.send(&data, PacketTime::default())?;
        decoder.finish();
        let mut frames = 0u32;
        while let Step::Output(_) = decoder.receive()? {
            frames += 1;
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{frames} frames in {seconds:.3} s: {:.1} fps at {}; {:?}",
            f64::from(frames) / seconds,
            kernels.level(),
            decoder.stats()
        );
    }
    Ok(())
}
