//! Encodes interleaved 32-bit little-endian floats to ADTS: `encode_aac IN.f32 RATE CHANNELS OUT.aac KBPS|vQUALITY [he]`.

use transcode_core::Step;
use transcode_core::aac::enc::{Encoder, EncoderConfig, Profile, RateControl};
use transcode_core::aac::{AudioSpecificConfig, adts};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, input, rate, channels, output, size, rest @ ..] = &args[..] else {
        return Err("usage: encode_aac IN.f32 RATE CHANNELS OUT.aac KBPS|vQUALITY [he]".into());
    };
    let channels: u8 = channels.parse()?;
    let rate_control = match size.strip_prefix('v') {
        Some(quality) => RateControl::Vbr { quality: quality.parse()? },
        None => RateControl::Cbr { bits_per_second: 1000 * size.parse::<u32>()? },
    };
    let profile = if rest.first().is_some_and(|p| p == "he") { Profile::HeV1 } else { Profile::Lc };
    // ADTS has a header of 7 bytes.
    let usual = EncoderConfig::new(rate.parse()?, channels);
    let mut encoder = Encoder::new(EncoderConfig { rate: rate_control, profile, overhead: 56, ..usual })?;
    let config = AudioSpecificConfig::parse(encoder.audio_specific_config())?;
    let bytes = std::fs::read(input)?;
    let samples: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let count = usize::from(channels);
    let mut out = Vec::new();
    let mut planes = vec![Vec::new(); count];
    let mut pieces = samples.chunks(4096 * count);
    loop {
        while let Step::Output(frame) = encoder.receive()? {
            adts::write_header(&config, frame.data.len(), &mut out)?;
            out.extend_from_slice(frame.data);
        }
        let Some(piece) = pieces.next() else { break };
        for (c, plane) in planes.iter_mut().enumerate() {
            plane.clear();
            plane.extend(piece.iter().skip(c).step_by(count));
        }
        encoder.send(&planes.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        if piece.len() < 4096 * count {
            encoder.finish();
        }
    }
    encoder.finish();
    while let Step::Output(frame) = encoder.receive()? {
        adts::write_header(&config, frame.data.len(), &mut out)?;
        out.extend_from_slice(frame.data);
    }
    std::fs::write(output, out)?;
    Ok(())
}
