//! Decodes a file of ADTS, LOAS or ADIF and says how far it is from a reference in interleaved little-endian 32-bit floats:
//! `cargo run --release --example aac_compare -- FILE [REFERENCE [OUTPUT]]`.

use std::env::args;
use std::time::Instant;
use transcode_core::Step;
use transcode_core::aac::{Decoder, DecoderConfig, PacketTime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = args().skip(1);
    let data = std::fs::read(args.next().ok_or("no file")?)?;
    let reference: Vec<f32> = match args.next() {
        Some(name) => std::fs::read(name)?.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        None => Vec::new(),
    };
    let start = Instant::now();
    let mut decoder = Decoder::new(DecoderConfig::new());
    let mut out: Vec<f32> = Vec::new();
    let (mut channels, mut rate) = (0, 0);
    for packet in data.chunks(4096) {
        decoder.send(packet, PacketTime::default())?;
        take(&mut decoder, &mut out, &mut channels, &mut rate)?;
    }
    decoder.finish();
    take(&mut decoder, &mut out, &mut channels, &mut rate)?;
    println!(
        "{} samples of {channels} channels at {rate} Hz in {:?}: {:?}",
        out.len() / channels.max(1),
        start.elapsed(),
        decoder.stats()
    );
    if let Some(name) = args.next() {
        std::fs::write(name, out.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    let n = out.len().min(reference.len());
    if n > 0 {
        let errors = out.iter().zip(&reference).map(|(a, b)| f64::from(a - b));
        let (mut peak, mut sum) = (0f64, 0f64);
        for e in errors {
            peak = peak.max(e.abs());
            sum += e * e;
        }
        println!(
            "lengths {} and {}, peak 2^{:.1}, rms 2^{:.1}",
            out.len(),
            reference.len(),
            peak.log2(),
            (sum / n as f64).sqrt().log2()
        );
    }
    Ok(())
}

fn take(
    decoder: &mut Decoder,
    out: &mut Vec<f32>,
    channels: &mut usize,
    rate: &mut u32,
) -> Result<(), transcode_core::Error> {
    while let Step::Output(frame) = decoder.receive()? {
        (*channels, *rate) = (frame.channels(), frame.sample_rate());
        for i in 0..frame.len() {
            out.extend((0..*channels).map(|c| frame.channel(c)[i]));
        }
    }
    Ok(())
}
