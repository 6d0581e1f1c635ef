//! HE-AAC from the encoder: what it makes decodes, here and with FFmpeg alike, and keeps length, place and rate.

mod aac_stream;

use aac_stream::{decode, encode, ffmpeg, hard, in_adts, signal};
use proptest::prelude::*;
use transcode_core::Kernels;
use transcode_core::aac::enc::{Encoder, EncoderConfig, Profile, RateControl};
use transcode_core::aac::{AudioSpecificConfig, Signalling};

/// Samples of a frame, and before the input's first.
const FRAME: usize = 2048;
const PRIMING: usize = 3010;

fn config(rate: u32, channels: u8, bits_per_second: u32) -> EncoderConfig {
    EncoderConfig {
        profile: Profile::HeV1,
        rate: RateControl::Cbr { bits_per_second },
        ..EncoderConfig::new(rate, channels)
    }
}

/// Bits a second for channels of a sampling rate: `at_44100` of a full channel at 44.1 kHz.
fn bits(rate: u32, channels: u8, at_44100: u32) -> u32 {
    let full = u32::from(if channels >= 6 { channels - 1 } else { channels });
    (u64::from(at_44100 * full) * u64::from(rate.clamp(16000, 48000)) / 44100) as u32
}

#[test]
fn every_layout_and_rate_decodes_as_ffmpeg_decodes_it() {
    let mut cases: Vec<(u32, u8, u32)> = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000]
        .into_iter()
        .flat_map(|rate| [(rate, 2, 12_000), (rate, 2, 24_000), (rate, 2, 40_000)])
        .collect();
    cases.extend([1, 3, 4, 5, 6, 8].map(|channels| (48000, channels, 24_000)));
    for (rate, channels, at_44100) in cases {
        let planes = signal(channels.into(), rate, 0.7);
        let config = config(rate, channels, bits(rate, channels, at_44100));
        let stream = encode(config, &planes, 1000);
        assert_eq!(stream.times, (-(PRIMING as i64), planes[0].len() as i64));
        let said = AudioSpecificConfig::parse(&stream.config).unwrap();
        assert_eq!((said.sbr, said.extension_sampling_frequency), (Signalling::Present, Some(rate)));
        assert_eq!(said.sampling_frequency, rate / 2);
        let ours = decode(&stream);
        assert_eq!((ours.len(), ours[0].len()), (channels.into(), FRAME * stream.frames.len()));
        let energy = |v: &[f32]| v.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
        let of_ours = ours.iter().map(|p| energy(p)).sum::<f64>();
        // What the signal has in an LFE channel, the fourth of WAV, is above what that may hold.
        let full = planes.iter().enumerate().filter(|p| channels < 6 || p.0 != 3);
        let of_input = full.map(|p| energy(p.1)).sum::<f64>();
        assert!((of_ours / of_input - 1.0).abs() < 0.25, "{rate} {channels}: {of_ours} of {of_input}");
        let Some(theirs) = ffmpeg(&in_adts(&stream)) else { return };
        if channels == 1 {
            // In ADTS nothing says that there is no parametric stereo: the one channel comes twice.
            assert_eq!(theirs.len(), 2 * ours[0].len());
            assert!((energy(&theirs) / of_ours / 2.0 - 1.0).abs() < 1e-3);
            continue;
        }
        assert_eq!(theirs.len(), usize::from(channels) * ours[0].len(), "{rate} {channels}");
        assert!((energy(&theirs) / of_ours - 1.0).abs() < 1e-3, "{rate} {channels}: FFmpeg hears something else");
        if channels == 2 {
            let off: f64 = theirs
                .as_chunks::<2>()
                .0
                .iter()
                .enumerate()
                .map(|(i, t)| (0..2).map(|c| f64::from(t[c] - ours[c][i]).powi(2)).sum::<f64>())
                .sum();
            let rms = (off / theirs.len() as f64).sqrt();
            // ISO/IEC 14496-4 has 2^-15 over the square root of 12; these clicks' predictors are solved in single precision in both.
            assert!(rms < 1.8e-5, "{rate}: FFmpeg is {rms} off");
        }
    }
}

#[test]
fn a_click_stays_on_its_sample() {
    for place in [5usize, 700, 2047, 2048, 5000, 9990] {
        let mut plane = vec![0.0f32; 10000];
        // What the core coder has of it is enough to see where it is.
        for (d, v) in [0.2, 0.5, 0.7, 0.8, 0.7, 0.5, 0.2].into_iter().enumerate() {
            plane[place + d - 3] = v;
        }
        let stream = encode(config(44100, 1, 48_000), std::slice::from_ref(&plane), 333);
        let decoded = &decode(&stream)[0][PRIMING..];
        assert!(decoded.len() >= plane.len());
        let fits = |shift: usize| -> f64 {
            let moved = decoded[shift..].iter().zip(&plane[1..plane.len() - 1]);
            moved.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let best = (0..3).max_by(|&a, &b| fits(a).total_cmp(&fits(b)));
        assert_eq!(best, Some(1), "{place}");
    }
}

#[test]
fn what_lies_high_is_there() {
    // Noise of the whole spectrum, loud for a tenth of a second in the middle.
    let mut seed = 3u32;
    let plane: Vec<f32> = (0..44100)
        .map(|n| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let loud = if (22050..26460).contains(&n) { 0.3 } else { 0.003 };
            loud * seed as i32 as f32 / 2_147_483_648.0
        })
        .collect();
    let stream = encode(config(44100, 1, 32_000), std::slice::from_ref(&plane), 4096);
    let decoded = &decode(&stream)[0][PRIMING..];
    // The third differences of noise are of the upper quarter of the spectrum above all.
    let high = |v: &[f32]| -> f64 {
        let d = v.windows(4).map(|w| w[3] - 3.0 * w[2] + 3.0 * w[1] - w[0]);
        d.map(|v| f64::from(v).powi(2)).sum::<f64>() / v.len() as f64
    };
    for (range, about) in [(3000..21500, 1e-4), (22300..26200, 1.0), (29000..43000, 1e-4)] {
        let ratio = high(&decoded[range.clone()]) / high(&plane[range.clone()]);
        // Replication ends at 17 kHz or so.
        assert!((0.1..1.2).contains(&ratio), "{range:?}: {ratio}");
        let level = high(&decoded[range]) / high(&plane[22300..26200]);
        assert!((0.05 * about..2.0 * about).contains(&level), "{level}");
    }
}

#[test]
fn the_rate_is_kept() {
    for (rate, channels, bits_per_second) in [
        (44100, 2, 24000),
        (44100, 2, 32000),
        (48000, 2, 48000),
        (44100, 2, 80000),
        (48000, 6, 160_000),
        (16000, 1, 12000),
    ] {
        let planes = signal(channels.into(), rate, if rate < 32000 { 16.0 } else { 8.0 });
        let stream = encode(config(rate, channels, bits_per_second), &planes, 4096);
        let bits = 8.0 * stream.frames.iter().map(Vec::len).sum::<usize>() as f64;
        let seconds = stream.frames.len() as f64 * FRAME as f64 / f64::from(rate);
        let off = bits / seconds / f64::from(bits_per_second) - 1.0;
        assert!(off.abs() < 0.02, "{bits_per_second}: {:.2}% off", 100.0 * off);
    }
}

#[test]
fn what_has_no_bands_is_refused() {
    for (rate, channels) in [(8000, 2), (12000, 2), (37000, 2), (44101, 1), (192_000, 2), (44100, 7)] {
        assert!(Encoder::new(config(rate, channels, 48_000)).is_err(), "{rate} {channels}");
    }
    assert!(Encoder::new(config(44100, 2, 1000)).is_err());
}

#[test]
fn levels_agree() {
    let planes = signal(2, 44100, 1.0);
    let best = encode(config(44100, 2, 48_000), &planes, 4096).frames;
    let scalar = EncoderConfig { kernels: Kernels::scalar(), ..config(44100, 2, 48_000) };
    assert!(encode(scalar, &planes, 1234).frames == best);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_samples_decode_to_their_length(
        kinds in prop::collection::vec((0u8..8, prop::sample::select(vec![1e-30f32, 1e-4, 0.1, 1.0, 7.0, 1e30])), 1..6),
        len in 0usize..9000,
        rate in prop::sample::select(vec![16000u32, 22050, 32000, 44100, 48000, 96000]),
        size in prop::sample::select(vec![None, Some(8000u32), Some(16000), Some(40_000)]),
        piece in 1usize..5000,
        seed: u32,
    ) {
        let channels = kinds.len() as u8;
        let mut config = config(rate, channels, 0);
        config.rate = match size {
            Some(bits) => RateControl::Cbr { bits_per_second: bits * u32::from(channels) },
            None => RateControl::Vbr { quality: (seed % 5) as u8 + 1 },
        };
        prop_assume!(Encoder::new(config).is_ok());
        let planes: Vec<Vec<f32>> =
            kinds.iter().enumerate().map(|(c, &(kind, level))| hard(kind, level, len, seed ^ c as u32)).collect();
        let stream = encode(config, &planes, piece);
        if len == 0 {
            prop_assert_eq!(stream.frames.len(), 2);
            return Ok(());
        }
        prop_assert_eq!(stream.times, (-(PRIMING as i64), len as i64));
        let decoded = decode(&stream);
        prop_assert!(decoded.iter().flatten().all(|s| s.is_finite() && s.abs() < 1000.0));
        prop_assert!(decoded[0].len() >= len + PRIMING);
        if seed.is_multiple_of(4) {
            ffmpeg(&in_adts(&stream));
        }
    }
}
