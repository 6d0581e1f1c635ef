//! AAC: whatever is encoded is decoded again, strictly, with its length. The first bytes choose the configuration, the rest are samples.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_core::Step;
use transcode_core::aac::enc::{Encoder, EncoderConfig, RateControl};
use transcode_core::aac::{Decoder, DecoderConfig, PacketTime};

fuzz_target!(|bytes: &[u8]| {
    let Some((&[rate, channels, size, scale], rest)) = bytes.split_first_chunk::<4>() else { return };
    const RATES: [u32; 8] = [96000, 48000, 44100, 32000, 24000, 16000, 11025, 7350];
    const CHANNELS: [u8; 7] = [1, 2, 3, 4, 5, 6, 8];
    let channels = CHANNELS[usize::from(channels) % CHANNELS.len()];
    let mut config = EncoderConfig::new(RATES[usize::from(rate) % RATES.len()], channels);
    config.rate = match size {
        0..5 => RateControl::Vbr { quality: size + 1 },
        _ => RateControl::Cbr { bits_per_second: u32::from(size) * 2000 },
    };
    let Ok(mut encoder) = Encoder::new(config) else { return };
    // From silence to far over full scale.
    let gain = f32::from_bits(u32::from(scale.min(140)) << 23) / 128.0;
    let samples: Vec<f32> = rest.iter().map(|&b| f32::from(b as i8) * gain).collect();
    let mut decoder = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
    decoder.configure(encoder.audio_specific_config()).expect("a configuration of our own");
    let len = samples.len() as i64;
    if encoder.send(&vec![&samples[..]; channels.into()]).is_err() {
        return;
    }
    encoder.finish();
    let (mut end, mut decoded) = (0, 0);
    while let Step::Output(frame) = encoder.receive().expect("samples that are finite") {
        end = frame.pts + i64::from(frame.duration);
        decoder.send(frame.data, PacketTime::default()).expect("room");
        let Ok(Step::Output(frame)) = decoder.receive() else { panic!("a frame that does not decode") };
        decoded += frame.len() as i64;
    }
    assert_eq!(end, len);
    assert!(len == 0 || decoded >= len + i64::from(encoder.priming()));
});
