//! The decoder's buffer never runs empty: a verifier of annex C that knows nothing but the stream, over random settings and contents.
//! Without HRD parameters in the stream it takes the buffer from the configuration.

mod content;

use content::{CONTENTS, Content, picture};
use proptest::prelude::*;
use transcode_core::Step;
use transcode_core::h264::enc::{NalHrd, PictureKind, VbvConfig, allocate};
use transcode_core::h264::nal::{self, nal_type};
use transcode_core::h264::params::Sps;
use transcode_core::h264::sei::{SeiMessage, messages};
use transcode_core::h264::{EncodedPacket, Encoder, EncoderConfig, Preset, Profile, RateControl, StreamFormat};

/// An access unit as the stream has it.
struct Unit {
    bits: f64,
    /// `initial_cpb_removal_delay` and its offset, if a buffering period starts here.
    period: Option<(u32, u32)>,
    /// `cpb_removal_delay` and `dpb_output_delay`.
    delays: (u32, u32),
}

/// What the NAL units of a stream of start codes say.
fn units(packets: &[EncodedPacket]) -> (Sps, Vec<Unit>) {
    let mut sps = None;
    let units = packets.iter().map(|p| {
        let mut unit = Unit { bits: 8.0 * p.data.len() as f64, period: None, delays: (0, 0) };
        let mut slices = 0;
        for n in nal::annexb(&p.data) {
            let mut rbsp = Vec::new();
            nal::unescape(&n.data[1..], &mut rbsp);
            match n.data[0] & 31 {
                nal_type::SPS => sps = Some(Sps::parse(&rbsp).expect("a sequence parameter set")),
                nal_type::SEI => {
                    assert_eq!(slices, 0, "SEI comes before the slice");
                    for (i, m) in messages(&rbsp, sps.as_ref()).enumerate() {
                        match m.expect("a message") {
                            SeiMessage::BufferingPeriod(b) => {
                                assert_eq!(i, 0, "the buffering period comes first (7.4.1.2.3)");
                                unit.period = Some((b.nal[0].delay, b.nal[0].offset));
                            }
                            SeiMessage::PicTiming(t) => unit.delays = t.delays.expect("delays"),
                            other => panic!("{other:?}"),
                        }
                    }
                }
                nal_type::SLICE | nal_type::IDR => slices += 1,
                nal_type::FILLER => {
                    assert_eq!(slices, 1, "filler data comes after the slice");
                    let (last, filler) = rbsp.split_last().expect("trailing bits");
                    assert!(*last == 0x80 && filler.iter().all(|&b| b == 0xff));
                }
                _ => {}
            }
        }
        assert!(p.key || unit.period.is_none());
        unit
    });
    let units: Vec<_> = units.collect();
    (sps.expect("a sequence parameter set"), units)
}

/// C.1 and C.3: when bits arrive and pictures are removed, from what the stream says of itself.
fn check_hrd(packets: &[EncodedPacket]) {
    let (sps, units) = units(packets);
    let vui = sps.vui.expect("a VUI");
    let (ticks, scale, _) = vui.timing.expect("timing");
    let hrd = vui.nal_hrd.expect("HRD parameters");
    let (rate, size, cbr) = hrd.cpbs[0];
    let rate = (f64::from(rate) + 1.0) * f64::from(1u32 << (6 + hrd.bit_rate_scale));
    let size = (f64::from(size) + 1.0) * f64::from(1u32 << (4 + hrd.cpb_size_scale));
    let tick = f64::from(ticks) / f64::from(scale);
    // One part in a million of a second is far below what 90 kHz can tell.
    let slack = 1e-6;
    let (mut base, mut arrived, mut sum) = (0.0, 0.0f64, None);
    let mut outputs = Vec::new();
    // (arrival starts, arrival ends, removal, bits)
    let mut plan: Vec<[f64; 4]> = Vec::new();
    let mut delays = (0, 0);
    for (n, u) in units.iter().enumerate() {
        assert!(n > 0 || u.period.is_some(), "the first access unit starts a period");
        let removal = match n {
            0 => f64::from(u.period.expect("a period").0) / 90_000.0,
            _ => base + tick * f64::from(u.delays.0),
        };
        if let Some((delay, offset)) = u.period {
            assert!(delay > 0 && f64::from(delay) <= 90_000.0 * size / rate, "E.2.2");
            assert_eq!(*sum.get_or_insert(delay + offset), delay + offset, "the sum stays the same (D.2.1)");
            if n > 0 {
                // C-15 and C-16.
                let waited = 90_000.0 * (removal - arrived);
                assert!(f64::from(delay) <= (waited + slack).ceil(), "period at {n}: {delay} of {waited}");
                assert!(!cbr || f64::from(delay) >= (waited - slack).floor(), "period at {n}: {delay} of {waited}");
            }
            (base, delays) = (removal, (delay, offset));
        }
        let early = if u.period.is_some() { delays.0 } else { delays.0 + delays.1 };
        let earliest = removal - f64::from(early) / 90_000.0;
        let start = if n == 0 {
            0.0
        } else if cbr {
            arrived
        } else {
            arrived.max(earliest)
        };
        arrived = start + u.bits / rate;
        assert!(arrived <= removal + slack, "picture {n} is whole {} s late", arrived - removal);
        plan.push([start, arrived, removal, u.bits]);
        outputs.push((removal + tick * f64::from(u.delays.1), packets[n].pts));
    }
    // Just before each removal the buffer is at its fullest.
    for (n, &[_, _, removal, _]) in plan.iter().enumerate() {
        let arrived = |&[start, end, _, bits]: &[f64; 4]| match removal {
            t if t >= end => bits,
            t if t > start => rate * (t - start),
            _ => 0.0,
        };
        let inside: f64 = plan[n..].iter().map(arrived).sum();
        assert!(inside <= size + rate * slack + 8.0, "{inside} bits in a buffer of {size} at picture {n}");
    }
    // Pictures are shown in their order, and a frame apart.
    outputs.sort_by_key(|&(_, pts)| pts);
    for pair in outputs.windows(2) {
        assert!((pair[1].0 - pair[0].0 - 2.0 * tick).abs() < slack, "output {pair:?}");
    }
}

/// The same without the stream's word: a bucket of `vbv` that is drained by `packets` in turn.
fn check_bucket(config: &EncoderConfig, vbv: VbvConfig, start: f64, packets: &[EncodedPacket]) -> f64 {
    let income = vbv.max_rate as f64 * f64::from(config.frame_rate.1) / f64::from(config.frame_rate.0);
    let mut level = start;
    for (n, p) in packets.iter().enumerate() {
        level -= 8.0 * p.data.len() as f64;
        assert!(level >= -1e-3, "picture {n} of {} bytes lacks {} bits", p.data.len(), -level);
        level = (level + income).min(vbv.buffer_size as f64);
    }
    level
}

fn run(mut encoder: Encoder, content: Content, frames: u32, seed: u32) -> Vec<EncodedPacket> {
    let (width, height) = (encoder.config().width, encoder.config().height);
    let mut packets = Vec::new();
    for t in 0..=frames {
        match t {
            t if t == frames => encoder.finish(),
            // What the stream shows changes on its way.
            t => {
                let content = if t > frames / 2 && seed.is_multiple_of(3) { Content::Noise } else { content };
                encoder.send(&picture(content, width, height, t, seed), t.into(), false).expect("taken");
            }
        }
        while let Step::Output(packet) = encoder.receive().expect("a packet") {
            packets.push(packet);
        }
    }
    packets
}

fn config() -> impl Strategy<Value = EncoderConfig> {
    let size = (16u32..=96, 16u32..=80);
    let rate = (prop::option::of(0.0f32..=40.0), 60_000u64..1_500_000, 1.0f64..4.0, 0.05f64..2.0, 0.0f32..=1.0);
    let tools = (0..Preset::ALL.len(), 0..Profile::ALL.len(), 0..NalHrd::ALL.len(), prop::option::of(0u8..20));
    let fps = prop_oneof![Just((25, 1)), Just((30_000, 1001)), Just((12, 1)), Just((60, 1))];
    (size, rate, tools, fps, 1u32..40).prop_map(
        |((w, h), (crf, bitrate, peak, seconds, initial), (preset, profile, hrd, lookahead), fps, keyint)| {
            let mut c = EncoderConfig::new(w, h, fps);
            c.preset = Preset::ALL[preset];
            c.set_profile(Profile::ALL[profile]);
            c.nal_hrd = NalHrd::ALL[hrd];
            (c.lookahead, c.keyint, c.min_keyint) = (lookahead, keyint, 2);
            c.rate = match crf {
                Some(q) if c.nal_hrd != NalHrd::Cbr => RateControl::Crf(q),
                _ => RateControl::Abr { bits_per_second: bitrate },
            };
            let max_rate = if c.nal_hrd == NalHrd::Cbr { bitrate } else { (bitrate as f64 * peak) as u64 };
            // No less than a picture's share, nor than a few bits a macroblock.
            let least = (2 * max_rate * u64::from(fps.1) / u64::from(fps.0)).max(16_000);
            let buffer_size = ((max_rate as f64 * seconds) as u64).max(least);
            c.vbv = Some(VbvConfig { max_rate, buffer_size, initial: initial.max(16_000.0 / buffer_size as f32) });
            c
        },
    )
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|v| v.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_buffer_never_runs_empty(
        config in config(), content in 0..CONTENTS.len(), frames in 1u32..70, seed in any::<u32>(),
    ) {
        let vbv = config.vbv.expect("a buffer");
        let packets = run(Encoder::new(config.clone()).expect("an encoder"), CONTENTS[content], frames, seed);
        if config.nal_hrd == NalHrd::None {
            check_bucket(&config, vbv, f64::from(vbv.initial) * vbv.buffer_size as f64, &packets);
        } else {
            check_hrd(&packets);
        }
        // What a container of lengths makes of it counts the same.
        let avcc = EncoderConfig { stream_format: StreamFormat::Avcc, ..config };
        let sets: usize = Encoder::new(avcc.clone()).expect("an encoder").parameter_sets().iter().map(|s| s.len() + 4).sum();
        let other = run(Encoder::new(avcc).expect("an encoder"), CONTENTS[content], frames, seed);
        for (a, b) in packets.iter().zip(&other) {
            // A three-byte start code after parameter sets is the one difference.
            let whole = b.data.len() + if a.key { sets } else { 0 };
            let same = a.data.len() == whole || a.key && a.data.len() + 1 == whole;
            prop_assert!(same, "{} and {}", a.data.len(), whole);
        }
    }
}

/// The verifier finds what is wrong: a stream that says a smaller rate than it was made for.
#[test]
fn the_verifier_can_fail() {
    let mut c = EncoderConfig::new(64, 64, (25, 1));
    c.preset = Preset::Veryfast;
    c.rate = RateControl::Abr { bits_per_second: 400_000 };
    c.vbv = Some(VbvConfig::new(400_000, 200_000));
    c.nal_hrd = NalHrd::Vbr;
    let mut packets = run(Encoder::new(c).expect("an encoder"), Content::Noise, 30, 1);
    check_hrd(&packets);
    let large = packets[5].data.clone();
    packets[6].data.extend(large.repeat(8));
    assert!(std::panic::catch_unwind(|| check_hrd(&packets)).is_err());
}

/// Parts of a film that are coded apart keep to one buffer when they are joined.
#[test]
fn parts_that_are_joined_keep_to_one_buffer() {
    let mut c = EncoderConfig::new(96, 80, (25, 1));
    c.preset = Preset::Veryfast;
    c.rate = RateControl::Crf(18.0);
    let vbv = VbvConfig::new(600_000, 900_000);
    c.vbv = Some(vbv);
    c.stream_format = StreamFormat::AnnexB;
    let mut film = Vec::new();
    for part in 0..4u32 {
        c.part_of = [part > 0, part < 3];
        let content = [Content::Motion, Content::Noise, Content::Text, Content::Cuts][part as usize];
        film.extend(run(Encoder::new(c.clone()).expect("an encoder"), content, 60, part));
    }
    check_bucket(&c, vbv, 0.9 * 900_000.0, &film);
}

#[test]
fn a_bitrate_is_met_within_two_percent_in_one_pass_and_two() {
    for (preset, kbps) in [(Preset::Veryfast, 300u64), (Preset::Superfast, 300)] {
        let mut c = EncoderConfig::new(128, 96, (25, 1));
        (c.preset, c.rate) = (preset, RateControl::Abr { bits_per_second: kbps * 1000 });
        let met = |packets: &[EncodedPacket], what| {
            let bits: usize = packets.iter().map(|p| 8 * p.data.len()).sum();
            let ratio = bits as f64 / (kbps as f64 * 10_000.0);
            assert!((ratio - 1.0).abs() < 0.02, "{what} {preset} {kbps}: {ratio}");
        };
        met(&run(Encoder::new(c.clone()).expect("an encoder"), Content::Motion, 250, 7), "one pass");
        c.expected_frames = Some(250);
        met(&run(Encoder::new(c.clone()).expect("an encoder"), Content::Motion, 250, 7), "one pass of known length");
        let first = run(Encoder::new(c.for_first_pass()).expect("an encoder"), Content::Motion, 250, 7);
        let first: Vec<_> = first.iter().map(|p| p.stats).collect();
        assert!(first.iter().any(|p| p.kind == PictureKind::P));
        let budget = allocate(&c, &[first]).expect("a budget").remove(0);
        met(&run(Encoder::second_pass(c, budget).expect("an encoder"), Content::Motion, 250, 7), "two passes");
    }
}

#[test]
fn both_passes_have_the_same_kinds_of_pictures() {
    for (i, preset) in [Preset::Ultrafast, Preset::Medium, Preset::Slow].into_iter().enumerate() {
        for content in [Content::Motion, Content::Fade] {
            // At this rate level 1.1 would do, which has no room for a pyramid; the buffer asks for more.
            let mut c = EncoderConfig::new(352, 288, (5, 1));
            (c.preset, c.rate) = (preset, RateControl::Abr { bits_per_second: 100_000 });
            c.vbv = (i > 0).then(|| VbvConfig::new(3_000_000, 6_000_000));
            let kinds = |packets: &[EncodedPacket]| packets.iter().map(|p| (p.pts, p.frame_type)).collect::<Vec<_>>();
            let first = run(Encoder::new(c.for_first_pass()).expect("an encoder"), content, 24, 7);
            let budget = allocate(&c, &[first.iter().map(|p| p.stats).collect()]).expect("a budget").remove(0);
            let second = run(Encoder::second_pass(c, budget).expect("an encoder"), content, 24, 7);
            assert_eq!(kinds(&first), kinds(&second), "{preset} {content:?}");
        }
    }
}

#[test]
fn a_second_pass_over_other_pictures_is_an_error() {
    let mut c = EncoderConfig::new(64, 48, (25, 1));
    c.rate = RateControl::Abr { bits_per_second: 200_000 };
    let first = run(Encoder::new(c.for_first_pass()).expect("an encoder"), Content::Motion, 5, 7);
    let first: Vec<_> = first.iter().map(|p| p.stats).collect();
    let budget = allocate(&c, &[first]).expect("a budget").remove(0);
    let mut encoder = Encoder::second_pass(c, budget).expect("an encoder");
    for t in 0..6 {
        encoder.send(&picture(Content::Motion, 64, 48, t, 7), t.into(), false).expect("taken");
    }
    encoder.finish();
    let mut last = Ok(());
    for _ in 0..6 {
        last = last.and(encoder.receive().map(drop));
    }
    assert!(last.expect_err("too many pictures").to_string().contains("two_pass"));
}

#[test]
fn impossible_buffers_are_errors() {
    let good = || {
        let mut c = EncoderConfig::new(320, 240, (25, 1));
        c.rate = RateControl::Abr { bits_per_second: 500_000 };
        c.vbv = Some(VbvConfig::new(500_000, 500_000));
        c
    };
    assert!(good().validate().is_ok());
    type Change = (&'static str, fn(&mut EncoderConfig));
    let bad: [Change; 10] = [
        ("nal_hrd", |c| (c.vbv, c.nal_hrd) = (None, NalHrd::Vbr)),
        ("nal_hrd", |c| (c.vbv, c.nal_hrd) = (Some(VbvConfig::new(600_000, 600_000)), NalHrd::Cbr)),
        ("vbv_bufsize", |c| c.vbv = Some(VbvConfig::new(500_000, 19_000))),
        ("vbv_maxrate", |c| c.vbv = Some(VbvConfig::new(400_000, 400_000))),
        ("vbv_maxrate", |c| c.rate = RateControl::Cqp(20)),
        ("vbv_init", |c| c.vbv = Some(VbvConfig { initial: f32::NAN, ..VbvConfig::new(500_000, 500_000) })),
        ("level", |c| c.level = Some(11)),
        ("qcomp", |c| c.qcomp = 1.5),
        ("ip_ratio", |c| c.ip_ratio = Some(0.0)),
        ("qp_min", |c| (c.qp_min, c.qp_max) = (30, 20)),
    ];
    for (option, change) in bad {
        let mut c = good();
        change(&mut c);
        assert!(c.validate().expect_err(option).to_string().contains(option), "{option}");
    }
}

#[test]
fn a_level_brings_its_buffer_and_a_buffer_its_level() {
    let mut c = EncoderConfig::new(352, 288, (25, 1));
    c.set_level(13).expect("a level");
    assert_eq!(c.vbv, Some(VbvConfig::new(960_000, 2_500_000)));
    assert_eq!(c.validate(), Ok(13));
    let mut c = EncoderConfig::new(352, 288, (25, 1));
    c.vbv = Some(VbvConfig::new(20_000_000, 20_000_000));
    assert_eq!(c.validate(), Ok(32), "MaxBR of High profile at level 3.1 is 17.5 Mbit/s");
    c.set_profile(Profile::Baseline);
    assert_eq!(c.validate(), Ok(32));
}
