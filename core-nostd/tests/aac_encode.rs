//! The AAC encoder: what it makes decodes, here and with FFmpeg, and keeps length, place and rate.

mod aac_stream;

use aac_stream::{decode, encode, ffmpeg, hard, in_adts, signal};
use proptest::prelude::*;
use transcode_core::aac::enc::{Encoder, EncoderConfig, RateControl};
use transcode_core::{ErrorKind, Kernels, Step};

#[test]
fn every_layout_and_rate_decodes_as_ffmpeg_decodes_it() {
    let mut cases: Vec<(u32, u8)> = [96000, 88200, 64000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
        .into_iter()
        .map(|rate| (rate, 2))
        .collect();
    cases.extend([1, 2, 3, 4, 5, 6, 8].map(|channels| (48000, channels)));
    for (rate, channels) in cases {
        let planes = signal(channels.into(), rate, 0.7);
        let stream = encode(EncoderConfig::new(rate, channels), &planes, 1000);
        assert_eq!(stream.times, (-1024, planes[0].len() as i64));
        let ours = decode(&stream);
        assert_eq!((ours.len(), ours[0].len()), (channels.into(), 1024 * stream.frames.len()));
        let Some(theirs) = ffmpeg(&in_adts(&stream)) else { return };
        // 7350 Hz is not a rate that FFmpeg resamples to by itself: it gives what it decodes.
        assert_eq!(theirs.len(), usize::from(channels) * ours[0].len(), "{rate} {channels}");
        let energy = |v: &[f32]| v.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
        let of_ours = ours.iter().map(|p| energy(p)).sum::<f64>();
        // What the signal has in an LFE channel, the fourth of WAV, is above what that may hold.
        let full = planes.iter().enumerate().filter(|p| channels < 6 || p.0 != 3);
        let of_input = full.map(|p| energy(p.1)).sum::<f64>();
        assert!((energy(&theirs) / of_ours - 1.0).abs() < 1e-3, "{rate} {channels}: FFmpeg hears something else");
        assert!((of_ours / of_input - 1.0).abs() < 0.2, "{rate} {channels}: {of_ours} of {of_input}");
    }
}

#[test]
fn channels_keep_their_places() {
    // The order of WAV to that of the stream.
    for (channels, order) in [(6usize, &[2usize, 0, 1, 4, 5, 3][..]), (8, &[2, 0, 1, 6, 7, 4, 5, 3])] {
        let tone = |c: usize| {
            // That of the LFE channel, 115 Hz, is in the little that it may hold.
            let step = if c == 3 { 0.015 } else { (c + 1) as f32 * 0.011 };
            (0..20000).map(|n| (n as f32 * step).sin() * 0.4).collect::<Vec<f32>>()
        };
        let planes: Vec<Vec<f32>> = (0..channels).map(tone).collect();
        let stream = encode(EncoderConfig::new(48000, channels as u8), &planes, 4096);
        let decoded = decode(&stream);
        for (c, &plane) in order.iter().enumerate() {
            let (mut error, mut energy) = (0.0, 0.0);
            for (a, b) in decoded[c][1024 + 2000..].iter().zip(&planes[plane][2000..18000]) {
                error += f64::from(a - b).powi(2);
                energy += f64::from(*b).powi(2);
            }
            assert!(error < 0.05 * energy, "channel {c} is not plane {plane}: {error} of {energy}");
        }
    }
}

#[test]
fn a_click_stays_on_its_sample() {
    for place in [0usize, 1, 700, 1023, 1024, 5000, 9999] {
        let mut plane = vec![0.0f32; 10000];
        plane[place] = 0.9;
        let stream = encode(EncoderConfig::new(44100, 1), std::slice::from_ref(&plane), 333);
        let decoded = &decode(&stream)[0][1024..];
        assert!(decoded.len() >= plane.len());
        let loudest = (0..decoded.len()).max_by(|&a, &b| decoded[a].abs().total_cmp(&decoded[b].abs())).unwrap();
        assert_eq!(loudest, place);
    }
}

/// Energy of a signal over that of the difference, in dB; the decoded one is a frame late.
fn signal_to_noise(original: &[f32], decoded: impl Iterator<Item = f32>) -> f64 {
    let (mut energy, mut error) = (0.0, 0.0);
    for (&a, b) in original.iter().zip(decoded.skip(1024)) {
        energy += f64::from(a).powi(2);
        error += f64::from(a - b).powi(2);
    }
    10.0 * (energy / error).log10()
}

/// A voice-like train of pulses with a spectrum that falls steeply: what asks for temporal noise shaping and where a filter that is not the
/// decoder's, or that answers through all of the spectrum, would be loud.
fn pulses(channels: usize, len: usize) -> Vec<Vec<f32>> {
    let of_channel = |c: usize| {
        let mut low = [0.0f32; 3];
        (0..len)
            .map(|n| {
                let x = if n % (311 - 20 * c) == 17 { 0.9 } else { 0.0 } + if n % 4001 == 77 * c { 0.7 } else { 0.0 };
                low[0] += 0.5 * (x - low[0]);
                low[1] += 0.3 * (low[0] - low[1]);
                low[2] += 0.7 * (low[1] - low[2]);
                low[2]
            })
            .collect()
    };
    (0..channels).map(of_channel).collect()
}

#[test]
fn shaped_noise_is_as_ffmpeg_hears_it() {
    for (channels, bits_per_second, least) in [(1usize, 64_000u32, 8.0), (1, 160_000, 25.0), (2, 320_000, 25.0)] {
        let planes = pulses(channels, 60_000);
        let config =
            EncoderConfig { rate: RateControl::Cbr { bits_per_second }, ..EncoderConfig::new(44100, channels as u8) };
        let stream = encode(config, &planes, 4096);
        let ours = decode(&stream);
        let Some(theirs) = ffmpeg(&in_adts(&stream)) else { return };
        for c in 0..channels {
            let own = signal_to_noise(&planes[c], ours[c].iter().copied());
            let of_ffmpeg = signal_to_noise(&planes[c], theirs[c..].iter().copied().step_by(channels));
            assert!(own > least && (own - of_ffmpeg).abs() < 0.01, "{bits_per_second}: {own} and {of_ffmpeg} dB");
        }
    }
}

#[test]
fn a_sound_between_the_channels_stays_there() {
    let source: Vec<f32> = signal(1, 44100, 1.0).remove(0);
    for (left, right) in [(0.9f32, 0.3f32), (0.4, 0.8), (0.8, -0.5), (0.9, 0.0)] {
        let planes = [left, right].map(|gain| source.iter().map(|s| s * gain).collect::<Vec<f32>>());
        for bits_per_second in [48_000, 96_000, 192_000] {
            let config = EncoderConfig { rate: RateControl::Cbr { bits_per_second }, ..EncoderConfig::new(44100, 2) };
            let stream = encode(config, &planes, 4096);
            let Some(theirs) = ffmpeg(&in_adts(&stream)) else { return };
            // What is heard of each source on each side.
            let on = |c: usize| {
                let (mut product, mut energy) = (0.0, 0.0);
                for (&s, &d) in source.iter().zip(theirs[c..].iter().step_by(2).skip(1024)) {
                    product += f64::from(s) * f64::from(d);
                    energy += f64::from(s) * f64::from(s);
                }
                (product / energy) as f32
            };
            for (c, gain) in [left, right].into_iter().enumerate() {
                assert!((on(c) - gain).abs() < 0.05, "{bits_per_second}: {} for {gain}", on(c));
            }
        }
    }
}

#[test]
fn the_rate_is_kept() {
    for (rate, channels, bits_per_second) in [
        (44100, 2, 48000),
        (44100, 2, 64000),
        (48000, 2, 128_000),
        (48000, 2, 256_000),
        (48000, 6, 320_000),
        (16000, 1, 16000),
    ] {
        let planes = signal(channels.into(), rate, if rate < 32000 { 16.0 } else { 8.0 });
        let config = EncoderConfig { rate: RateControl::Cbr { bits_per_second }, ..EncoderConfig::new(rate, channels) };
        let stream = encode(config, &planes, 4096);
        let with_headers = encode(EncoderConfig { overhead: 56, ..config }, &planes, 4096);
        let bits = 8.0 * in_adts(&with_headers).len() as f64;
        let seconds = with_headers.frames.len() as f64 * 1024.0 / f64::from(rate);
        let off = bits / seconds / f64::from(bits_per_second) - 1.0;
        assert!(off.abs() < 0.02, "{bits_per_second} with headers: {:.2}% off", 100.0 * off);
        let bits = 8.0 * stream.frames.iter().map(Vec::len).sum::<usize>() as f64;
        let seconds = stream.frames.len() as f64 * 1024.0 / f64::from(rate);
        let off = bits / seconds / f64::from(bits_per_second) - 1.0;
        assert!(off.abs() < 0.02, "{bits_per_second}: {:.2}% off", 100.0 * off);
        let most = stream.frames.iter().map(Vec::len).max().unwrap();
        assert!(8 * most <= 6144 * usize::from(channels), "a frame of {most} bytes");
    }
}

#[test]
fn quality_costs_bits() {
    let planes = signal(2, 44100, 3.0);
    let size = |quality| {
        let config = EncoderConfig { rate: RateControl::Vbr { quality }, ..EncoderConfig::new(44100, 2) };
        encode(config, &planes, 4096).frames.iter().map(Vec::len).sum::<usize>()
    };
    let sizes: Vec<usize> = (1..=5).map(size).collect();
    assert!(sizes.windows(2).all(|s| s[0] < s[1]), "{sizes:?}");
}

#[test]
fn what_cannot_be_coded_is_refused() {
    let mut encoder = Encoder::new(EncoderConfig::new(44100, 2)).unwrap();
    let good = [0.0f32; 10];
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let plane = [0.0, bad];
        assert!(matches!(encoder.send(&[&plane, &plane]).unwrap_err().kind, ErrorKind::InvalidConfig { .. }));
    }
    assert!(encoder.send(&[&good]).is_err());
    assert!(encoder.send(&[&good, &good[1..]]).is_err());
    encoder.send(&[&good, &good]).unwrap();
    encoder.finish();
    assert!(encoder.send(&[&good, &good]).is_err());
    let mut end = 0;
    while let Step::Output(frame) = encoder.receive().unwrap() {
        end = frame.pts + i64::from(frame.duration);
    }
    assert_eq!(end, 10);
}

#[test]
fn levels_agree() {
    let planes = signal(2, 44100, 1.0);
    let best = encode(EncoderConfig::new(44100, 2), &planes, 4096).frames;
    let scalar = EncoderConfig { kernels: Kernels::scalar(), ..EncoderConfig::new(44100, 2) };
    assert!(encode(scalar, &planes, 4096).frames == best);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_samples_decode_to_their_length(
        kinds in prop::collection::vec((0u8..8, prop::sample::select(vec![1e-30f32, 1e-4, 0.1, 1.0, 7.0, 1e30])), 1..6),
        len in 0usize..6000,
        rate in prop::sample::select(vec![7350u32, 8000, 16000, 22050, 37000, 44100, 48000, 96000]),
        size in prop::sample::select(vec![None, Some(12000u32), Some(24000), Some(64000), Some(250_000)]),
        piece in 1usize..5000,
        seed: u32,
    ) {
        let channels = kinds.len() as u8;
        let mut config = EncoderConfig::new(rate, channels);
        config.rate = match size {
            Some(bits) => RateControl::Cbr { bits_per_second: bits * u32::from(channels) },
            None => RateControl::Vbr { quality: (seed % 5) as u8 + 1 },
        };
        prop_assume!(Encoder::new(config).is_ok());
        let planes: Vec<Vec<f32>> =
            kinds.iter().enumerate().map(|(c, &(kind, level))| hard(kind, level, len, seed ^ c as u32)).collect();
        let stream = encode(config, &planes, piece);
        if len == 0 {
            prop_assert!(stream.frames.is_empty());
            return Ok(());
        }
        prop_assert_eq!(stream.times, (-1024, len as i64));
        let decoded = decode(&stream);
        // ADTS has no word for 37000 Hz, and FFmpeg says of 7350 Hz and of very short streams that it had to guess.
        if ![7350, 37000].contains(&rate) && len > 2048 && let Some(theirs) = ffmpeg(&in_adts(&stream)) {
            prop_assert_eq!(theirs.len(), decoded.len() * decoded[0].len());
        }
        prop_assert!(decoded.iter().flatten().all(|s| s.is_finite() && s.abs() < 1000.0));
        prop_assert!(decoded[0].len() >= len + 1024);
    }
}
