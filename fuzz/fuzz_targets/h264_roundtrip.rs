//! Whatever the options, sizes and contents: the encoder does not panic, and its reconstruction is what the decoder makes of its stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use transcode_core::h264::enc::Direct;
use transcode_core::h264::{
    Decoder, DecoderConfig, Encoder, EncoderConfig, PacketTime, Preset, Profile, RateControl, Tune,
};
use transcode_core::{Picture, PictureFormat, Step};

const OPTIONS: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let Some((&o, samples)) = bytes.split_first_chunk::<OPTIONS>() else { return };
    let (width, height) = (1 + u32::from(o[0] % 64), 1 + u32::from(o[1] % 64));
    let mut config = EncoderConfig::new(width, height, (25, 1));
    config.preset = Preset::ALL[usize::from(o[2]) % Preset::ALL.len()];
    config.tune = Tune::ALL[usize::from(o[3]) % Tune::ALL.len()];
    config.set_profile(Profile::ALL[usize::from(o[4]) % Profile::ALL.len()]);
    config.rate = match o[5] % 3 {
        0 => RateControl::Cqp(o[6] % 52),
        1 => RateControl::Crf(f32::from(o[6] % 52)),
        _ => RateControl::Abr { bits_per_second: 1000 + 5000 * u64::from(o[6]) },
    };
    config.keyint = 1 + u32::from(o[7] % 8);
    config.min_keyint = u32::from(o[8] % 8);
    config.scene_cut = o[9] & 1 != 0;
    config.deblock = o[9] & 2 != 0;
    config.lookahead = Some(o[10] % 6);
    config.b_frames = (o[9] & 4 != 0).then_some(o[10] >> 4);
    config.b_pyramid = o[9] & 8 != 0;
    config.weight_b = o[9] & 16 != 0;
    config.direct = Direct::ALL[usize::from(o[9] >> 5) % Direct::ALL.len()];
    config.references = (o[11] > 0).then_some(1 + o[11] % 4);
    config.aq_strength = (o[12] > 0).then_some(f32::from(o[12]) / 90.0);
    let frames = 1 + u32::from(o[13] % 5);
    let (step, force_key) = (usize::from(o[14]) + 1, o[15]);

    let mut encoder = Encoder::new(config).expect("options in range");
    let mut decoder = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
    // By time: packets come in decoding order.
    let mut recon = BTreeMap::new();
    let mut decoded = Vec::new();
    let mut picture =
        Picture::new(PictureFormat::YUV420P8, width as usize, height as usize, 0).expect("a small picture");
    for t in 0..=frames {
        if t < frames {
            // Each picture shows the samples from another place, so that there is motion.
            let mut source = samples.iter().cycle().skip((t as usize * step) % samples.len().max(1)).copied();
            for plane in picture.planes_mut() {
                for y in 0..plane.height() {
                    plane.row_mut(y).iter_mut().for_each(|v| *v = source.next().unwrap_or(128));
                }
            }
            encoder.send(&picture, t.into(), force_key >> t & 1 != 0).expect("a fitting picture");
        } else {
            encoder.finish();
        }
        while let Step::Output(packet) = encoder.receive().expect("a packet") {
            let rec = encoder.reconstruction().expect("a reconstruction");
            let planar: &mut Vec<u8> = recon.entry(packet.pts).or_default();
            for (i, plane) in rec.planes().iter().enumerate() {
                let shift = u32::from(i > 0);
                let (w, h) = (encoder.coded_width() >> shift, encoder.coded_height() >> shift);
                plane.rows().take(h as usize).for_each(|r| planar.extend_from_slice(&r[..w as usize]));
            }
            let time = PacketTime { pts: Some(packet.pts), dts: Some(packet.dts), duration: None };
            decoder.send(&packet.data, time).expect("a valid stream");
        }
        if t == frames {
            decoder.finish();
        }
        while let Step::Output(frame) = decoder.receive().expect("a valid stream") {
            (0..3).for_each(|i| frame.rows(i).for_each(|r| decoded.extend_from_slice(r)));
        }
    }
    assert!(recon.into_values().flatten().eq(decoded), "the decoder has other pictures than the encoder");
});
