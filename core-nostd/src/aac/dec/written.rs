//! Blocks that no encoder at hand writes, written here: coupling channels, every channel configuration, frames of 960 samples, SBR of any
//! kind, dynamic range control, checksums.

use super::{Decoder, DecoderConfig, Drc, PacketTime};
use crate::aac::AudioSpecificConfig;
use crate::aac::huffman::write::{write_scalefactor, write_spectrum};
use crate::aac::layout::{Kind, Layout};
use crate::aac::sbr::tables::{F_ENV_1_5, F_ENV_3_0};
use crate::aac::syntax::id;
use crate::aac::tables;
use crate::audio::ChannelPosition;
use crate::bits::BitWriter;
use crate::codec::Step;
use crate::error::{ErrorKind, Result};
use alloc::vec;
use alloc::vec::Vec;
use std::f64::consts::PI;

/// A configuration of AAC LC: `samplingFrequencyIndex`, `channelConfiguration`, `frameLengthFlag`, and for SBR the index of the output.
fn config(index: u32, channels: u32, short: bool, sbr: Option<u32>) -> Vec<u8> {
    let mut w = BitWriter::new();
    w.u(if sbr.is_some() { 5 } else { 2 }, 5);
    w.u(index, 4);
    w.u(channels, 4);
    if let Some(output) = sbr {
        w.u(output, 4);
        w.u(2, 5);
    }
    w.flag(short);
    w.u(0, 2);
    w.into_bytes()
}

/// A spectrum in which few coefficients sound.
#[derive(Clone)]
struct Spectrum {
    gain: u32,
    lines: Vec<(usize, i16)>,
    /// A filter of order 1 over all bands: its coefficient of 3 bits.
    tns: Option<u32>,
}

impl Spectrum {
    fn of(lines: &[(usize, i16)]) -> Self {
        Self { gain: 164, lines: lines.to_vec(), tns: None }
    }
}

/// `ics_info()` of a long block of `max_sfb` bands.
fn ics_info(w: &mut BitWriter, max_sfb: usize) {
    w.u(0, 1); // ics_reserved_bit
    w.u(0, 2); // ONLY_LONG_SEQUENCE
    w.u(0, 1); // window_shape
    w.u(max_sfb as u32, 6);
    w.u(0, 1); // predictor_data_present
}

/// Bands of a long block that a spectrum reaches.
fn used(index: u8, length: u16, s: &Spectrum) -> usize {
    let bands = tables::long_bands(index, length);
    let end = s.lines.iter().map(|l| l.0 + 1).max().unwrap_or(0);
    bands.iter().take_while(|&&b| usize::from(b) < end).count()
}

/// `individual_channel_stream()` of a long block for `index` and frames of `length` samples. Bands that sound have codebook 11.
fn channel(w: &mut BitWriter, index: u8, length: u16, s: &Spectrum) {
    let bands = tables::long_bands(index, length);
    let used = used(index, length, s);
    w.u(s.gain, 8);
    ics_info(w, MAX_SFB);
    for (book, count) in [(11, used), (0, MAX_SFB - used)] {
        if count > 0 {
            w.u(book, 4);
            w.u(count as u32, 5);
        }
    }
    (0..used).for_each(|_| write_scalefactor(w, 0));
    w.flag(false); // pulse_data_present
    w.flag(s.tns.is_some());
    if let Some(coefficient) = s.tns {
        w.u(1, 2); // n_filt
        w.flag(false); // coef_res
        w.u(63, 6); // length
        w.u(1, 5); // order
        w.flag(false); // direction
        w.flag(false); // coef_compress
        w.u(coefficient, 3);
    }
    w.flag(false); // gain_control_data_present
    let mut q = vec![0i16; usize::from(bands[used])];
    for &(line, value) in &s.lines {
        q[line] = value;
    }
    write_spectrum(w, 11, &q);
}

/// `max_sfb` of all that is written: the lower part of any spectrum.
const MAX_SFB: usize = 20;

fn single(w: &mut BitWriter, index: u8, length: u16, tag: u32, s: &Spectrum) {
    w.u(id::SCE, 3);
    w.u(tag, 4);
    channel(w, index, length, s);
}

fn pair(w: &mut BitWriter, index: u8, length: u16, tag: u32, [left, right]: [&Spectrum; 2]) {
    w.u(id::CPE, 3);
    w.u(tag, 4);
    w.flag(false); // common_window
    channel(w, index, length, left);
    channel(w, index, length, right);
}

fn end(mut w: BitWriter) -> Vec<u8> {
    w.u(7, 3); // ID_END
    w.align_with(false);
    w.into_bytes()
}

/// A decoded stream: its channels, and what was said of the frames.
struct Sound {
    planes: Vec<Vec<f32>>,
    positions: Vec<ChannelPosition>,
    rate: u32,
    concealed: usize,
    checksums: usize,
}

fn decode_with(decoder: DecoderConfig, config: Option<&[u8]>, blocks: &[Vec<u8>]) -> Result<Sound> {
    let mut d = Decoder::new(decoder);
    if let Some(config) = config {
        d.configure(config)?;
    }
    let mut sound = Sound { planes: Vec::new(), positions: Vec::new(), rate: 0, concealed: 0, checksums: 0 };
    for block in blocks {
        d.send(block, PacketTime::default())?;
        take(&mut d, &mut sound)?;
    }
    d.finish();
    take(&mut d, &mut sound)?;
    assert_eq!(d.stats().checksum_failures, sound.checksums as u64);
    Ok(sound)
}

fn take(d: &mut Decoder, sound: &mut Sound) -> Result<()> {
    while let Step::Output(frame) = d.receive()? {
        sound.planes.resize(frame.channels(), Vec::new());
        for (c, plane) in sound.planes.iter_mut().enumerate() {
            plane.extend_from_slice(frame.channel(c));
        }
        sound.positions = frame.positions().to_vec();
        sound.rate = frame.sample_rate();
        sound.concealed += usize::from(frame.concealed());
        sound.checksums += usize::from(frame.checksum_failed());
    }
    Ok(())
}

/// The sound of one block again and again.
fn decode(config: &[u8], block: &[u8]) -> Sound {
    let sound = decode_with(DecoderConfig::new(), Some(config), &vec![block.to_vec(); 6]).unwrap();
    assert_eq!((sound.concealed, sound.checksums), (0, 0));
    sound
}

fn same(got: &[f32], want: impl Iterator<Item = f32>) {
    let mut loudest = 0f32;
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!((g - w).abs() < 4e-6, "sample {i}: {g} {w}");
        loudest = loudest.max(g.abs());
    }
    assert!(loudest > 1e-3, "{loudest}");
}

/// The power of a tone of `cycles` in a window over the last `2 * length` samples.
fn tone(samples: &[f32], length: usize, cycles: f64) -> f64 {
    let last = &samples[samples.len() - 2 * length..];
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &x) in last.iter().enumerate() {
        let window = 0.5 - 0.5 * (PI * n as f64 / length as f64).cos();
        let angle = 2.0 * PI * cycles * n as f64 / (2 * length) as f64;
        re += f64::from(x) * window * angle.cos();
        im += f64::from(x) * window * angle.sin();
    }
    re * re + im * im
}

/// A coupling channel of `s` for pair 0: the gains of the left channel are 1, those of the right one `right` says.
fn coupling(w: &mut BitWriter, independent: bool, after_tns: bool, s: &Spectrum, right: impl FnOnce(&mut BitWriter)) {
    w.u(id::CCE, 3);
    w.u(3, 4);
    w.flag(independent);
    w.u(0, 3); // one target
    w.u(1, 1);
    w.u(0, 4);
    w.u(3, 2); // cc_l, cc_r: a list for each
    w.flag(after_tns);
    w.u(1, 1); // gain_element_sign
    w.u(3, 2); // gain_element_scale: powers of two
    channel(w, 4, 1024, s);
    right(w);
}

#[test]
fn coupling_channels_are_added_where_they_say() {
    let stereo = config(4, 2, false, None);
    let mono = config(4, 1, false, None);
    let (left, right) = (Spectrum { tns: Some(2), ..Spectrum::of(&[(12, 9), (40, -7)]) }, Spectrum::of(&[(30, 8)]));
    let source = Spectrum::of(&[(20, 9), (55, 8)]);
    let alone = |s: &Spectrum| {
        let mut w = BitWriter::new();
        single(&mut w, 4, 1024, 0, s);
        decode(&mono, &end(w)).planes[0].clone()
    };
    let (plain, shaped) = (alone(&source), alone(&Spectrum { tns: left.tns, ..source.clone() }));
    let (l, r) = (alone(&left), alone(&right));
    assert!(plain.iter().zip(&shaped).any(|(a, b)| (a - b).abs() > 1e-3), "TNS changes the source");

    let coupled = |independent, after_tns, gains: &dyn Fn(&mut BitWriter)| {
        let mut w = BitWriter::new();
        pair(&mut w, 4, 1024, 0, [&left, &right]);
        coupling(&mut w, independent, after_tns, &source, gains);
        decode(&stereo, &end(w)).planes
    };
    let sum = |a: &[f32], b: &[f32], gain: f32| a.iter().zip(b).map(move |(a, b)| a + gain * b).collect::<Vec<_>>();
    // One gain for all bands: half.
    let common = |w: &mut BitWriter| {
        w.flag(true); // common_gain_element_present
        write_scalefactor(w, 1);
    };
    // A gain for each: the lowest bit is the sign, so that 3 and no change is -1/2 everywhere.
    let each = |w: &mut BitWriter| {
        w.flag(false);
        (0..used(4, 1024, &source)).for_each(|band| write_scalefactor(w, if band == 0 { 3 } else { 0 }));
    };
    let planes = coupled(true, true, &|w| write_scalefactor(w, 2));
    same(&planes[0], sum(&l, &plain, 1.0).into_iter());
    same(&planes[1], sum(&r, &plain, 0.25).into_iter());
    for (gains, gain) in [(&common as &dyn Fn(&mut BitWriter), 0.5), (&each, -0.5)] {
        let planes = coupled(false, false, gains);
        same(&planes[0], sum(&l, &shaped, 1.0).into_iter());
        same(&planes[1], sum(&r, &plain, gain).into_iter());
        let planes = coupled(false, true, gains);
        same(&planes[0], sum(&l, &plain, 1.0).into_iter());
        same(&planes[1], sum(&r, &plain, gain).into_iter());
    }
}

#[test]
fn every_channel_configuration_and_frequency() {
    for configuration in [1u32, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14] {
        let asc = config(3, configuration, false, None);
        let layout = Layout::new(&AudioSpecificConfig::parse(&asc).unwrap()).unwrap().unwrap();
        let mut w = BitWriter::new();
        let line = |c: usize| 5 + 5 * c;
        let mut tags = [0; 3];
        for slot in &layout.slots {
            let s = |c: usize| Spectrum::of(&[(line(slot.first + c), 12)]);
            let (kind, tag) = match slot.kind {
                Kind::Single => (id::SCE, &mut tags[0]),
                Kind::Pair => (id::CPE, &mut tags[1]),
                Kind::Lfe => (id::LFE, &mut tags[2]),
            };
            if slot.kind == Kind::Pair {
                pair(&mut w, 3, 1024, *tag, [&s(0), &s(1)]);
            } else {
                w.u(kind, 3);
                w.u(*tag, 4);
                channel(&mut w, 3, 1024, &s(0));
            }
            *tag += 1;
        }
        let sound = decode(&asc, &end(w));
        assert_eq!(sound.positions, layout.positions);
        for (c, plane) in sound.planes.iter().enumerate() {
            // The line is between two cycles of the window.
            let at = |c: usize| tone(plane, 1024, line(c) as f64 + 0.5);
            let loudest = (0..sound.planes.len()).max_by(|&a, &b| at(a).total_cmp(&at(b)));
            assert_eq!(loudest, Some(c), "{configuration}");
        }
    }
    for (index, &frequency) in tables::SAMPLING_FREQUENCIES.iter().enumerate() {
        for (short, length) in [(false, 1024u16), (true, 960)] {
            let mut w = BitWriter::new();
            single(&mut w, index as u8, length, 0, &Spectrum::of(&[(33, 12), (60, 3)]));
            let sound = decode(&config(index as u32, 1, short, None), &end(w));
            assert_eq!((sound.rate, sound.planes[0].len()), (frequency, 6 * usize::from(length)));
            let at = |line: usize| tone(&sound.planes[0], length.into(), line as f64 + 0.5);
            assert!(at(33) > 4.0 * at(60) && at(60) > 100.0 * at(45), "{index} {length}");
        }
    }
}

/// The code of a value, by search.
fn code(tree: &[[i8; 2]], value: i8) -> (u32, u32) {
    fn find(tree: &[[i8; 2]], node: usize, value: i8, bits: u32, len: u32) -> Option<(u32, u32)> {
        (0..2u32).find_map(|bit| {
            let next = tree[node][bit as usize];
            let (bits, len) = (bits << 1 | bit, len + 1);
            if next < 0 {
                (next + 64 == value).then_some((bits, len))
            } else {
                find(tree, next as usize, value, bits, len)
            }
        })
    }
    find(tree, 0, value, 0, 0).unwrap()
}

/// A fill element with `extension_payload()` of `kind`, whose bits after its type `bits` has.
fn fill(w: &mut BitWriter, kind: u32, bits: BitWriter) {
    let count = 4 + bits.len_bits();
    let bytes = bits.into_bytes();
    w.u(id::FIL, 3);
    assert!(count <= 14 * 8);
    w.u(count.div_ceil(8) as u32, 4);
    w.u(kind, 4);
    let mut left = count.div_ceil(8) * 8 - 4;
    for b in bytes.into_iter().chain([0]) {
        let n = left.min(8);
        w.u(u32::from(b) >> (8 - n), n as u32);
        left -= n;
    }
    assert_eq!(left, 0);
}

/// SBR of one channel: an envelope of the same level, in steps of 1.5 dB, in all bands, and noise of the level `noise`.
fn sbr(bands: usize, noise_bands: usize, level: u32, noise: u32) -> BitWriter {
    let mut w = BitWriter::new();
    w.flag(true); // bs_header_flag
    w.u(0b1010_1100_0000_0000, 16); // amp_res, start_freq 5, stop_freq 8, xover 0, no more
    w.flag(false); // bs_data_extra
    w.u(0, 2); // FIXFIX
    w.u(0, 2); // one envelope
    w.u(1, 1); // bs_freq_res
    w.u(0, 2); // bs_df_env, bs_df_noise
    w.u(0, 2 * noise_bands as u32); // bs_invf_mode
    w.u(level, 7);
    for _ in 1..bands {
        let (bits, len) = code(&F_ENV_1_5, 0);
        w.u(bits, len);
    }
    w.u(noise, 5);
    for _ in 1..noise_bands {
        let (bits, len) = code(&F_ENV_3_0, 0);
        w.u(bits, len);
    }
    w.u(0, 2); // bs_add_harmonic_flag, bs_extended_data
    w
}

/// Number of high bands and of noise bands of [`sbr`]'s header for an output of 48 kHz.
fn sbr_bands() -> (usize, usize) {
    use crate::aac::sbr::header::{Header, Tables};
    let data = sbr(1, 1, 0, 0).into_bytes();
    let mut r = crate::bits::BitReader::at(&data, 1);
    let tables = Tables::new(&Header::read(&mut r).unwrap(), 48000).unwrap();
    (tables.resolution[1].bands(), tables.noise.bands())
}

/// Mean power of what lies above a quarter of the rate, by a filter that takes differences away.
fn high_power(samples: &[f32]) -> f64 {
    let high: Vec<f64> = samples
        .windows(5)
        .map(|w| {
            let w: Vec<f64> = w.iter().map(|&v| f64::from(v)).collect();
            (w[0] - 4.0 * w[1] + 6.0 * w[2] - 4.0 * w[3] + w[4]) / 16.0
        })
        .collect();
    high[high.len() / 2..].iter().map(|v| v * v).sum::<f64>() / (high.len() / 2) as f64
}

fn he_block(length: u16, kind: u32, payload: BitWriter) -> Vec<u8> {
    let mut w = BitWriter::new();
    let lines: Vec<(usize, i16)> = (0..90).map(|i| (4 + 4 * i, if i % 3 == 1 { -6 } else { 6 })).collect();
    let lines: Vec<_> = lines.into_iter().filter(|l| l.0 < 110).collect();
    single(&mut w, 6, length, 0, &Spectrum::of(&lines));
    fill(&mut w, kind, payload);
    end(w)
}

#[test]
fn sbr_of_960_samples_and_down_sampled() {
    let (bands, noise_bands) = sbr_bands();
    let power = |short: bool, output: u32, level: u32| {
        let length: u16 = if short { 960 } else { 1024 };
        let block = he_block(length, 0b1101, sbr(bands, noise_bands, level, 0));
        let sound = decode(&config(6, 1, short, Some(output)), &block);
        let ratio = if output == 3 { 2 } else { 1 };
        assert_eq!((sound.rate, sound.planes[0].len()), (24000 * ratio, 6 * usize::from(length) * ratio as usize));
        high_power(&sound.planes[0])
    };
    // 24 steps of 1.5 dB are 2 to the power of 12.
    let (soft, loud) = (power(false, 3, 20), power(false, 3, 44));
    assert!((loud / soft / 4096.0).log2().abs() < 0.3, "{soft} {loud}");
    for level in [20, 44] {
        let (long, short) = (power(false, 3, level), power(true, 3, level));
        assert!((long / short).log2().abs() < 0.3, "{long} {short}");
    }
    // Down-sampled, half of the high bands lie above what is left; the lower ones still follow their envelope.
    for short in [false, true] {
        let (soft, loud) = (power(short, 6, 20), power(short, 6, 44));
        assert!(loud > 100.0 * soft, "{soft} {loud}");
    }
}

#[test]
fn a_checksum_of_sbr_that_does_not_fit_costs_the_high_bands() {
    let (bands, noise_bands) = sbr_bands();
    let asc = config(6, 1, false, Some(3));
    let plain = decode(&asc, &he_block(1024, 0b1101, sbr(bands, noise_bands, 44, 0)));
    // The checksum goes over all that follows it to the end of the last byte, as the division of polynomials says.
    let data = sbr(bands, noise_bands, 44, 0);
    let len = data.len_bits();
    let padded = (14 + len).div_ceil(8) * 8 - 14;
    let bytes = data.into_bytes();
    let bit = |i: usize| if i < len { u32::from(bytes[i / 8]) >> (7 - i % 8) & 1 } else { 0 };
    let mut rest = 0u32;
    for b in (0..padded).map(bit).chain([0; 10]) {
        rest = rest << 1 | b;
        if rest & 0x400 != 0 {
            rest ^= 0x633;
        }
    }
    for flip in [0, 1] {
        let mut w = BitWriter::new();
        w.u(rest ^ flip, 10);
        (0..len).for_each(|i| w.u(bit(i), 1));
        let block = he_block(1024, 0b1110, w);
        let sound = decode_with(DecoderConfig::new(), Some(&asc), &vec![block; 6]).unwrap();
        assert_eq!(sound.concealed, 6 * flip as usize);
        if flip == 0 {
            same(&sound.planes[0], plain.planes[0].iter().copied());
        } else {
            assert!(high_power(&sound.planes[0]) < 0.01 * high_power(&plain.planes[0]));
        }
    }
}

#[test]
fn dynamic_range_control_is_applied_as_far_as_asked() {
    // -6 dB below coefficient 64, +12 dB above; the second channel takes no part.
    let drc = || {
        let mut w = BitWriter::new();
        w.flag(false); // pce_tag_present
        w.flag(true); // excluded_chns_present
        w.u(0b010_0000, 7);
        w.flag(false);
        w.flag(true); // drc_bands_present
        w.u(1, 4);
        w.u(0, 4);
        w.u(15, 8);
        w.u(255, 8);
        w.flag(true); // prog_ref_level_present
        w.u(80, 7);
        w.u(0, 1);
        w.u(0x80 | 24, 8);
        w.u(48, 8);
        w
    };
    let stereo = config(4, 2, false, None);
    let block = |low: i16, high: i16, drc: Option<BitWriter>| {
        let mut w = BitWriter::new();
        let s = Spectrum::of(&[(20, low), (80, high)]);
        pair(&mut w, 4, 1024, 0, [&s, &s]);
        if let Some(drc) = drc {
            fill(&mut w, 0b1011, drc);
        }
        vec![end(w); 4]
    };
    let sound = |apply, block: &[Vec<u8>]| {
        decode_with(DecoderConfig { drc: apply, ..DecoderConfig::new() }, Some(&stereo), block).unwrap().planes
    };
    let (low, high) = (sound(None, &block(8, 0, None)), sound(None, &block(0, 8, None)));
    let mixed = |a: f32, b: f32| low[0].iter().zip(&high[0]).map(move |(l, h)| a * l + b * h).collect::<Vec<_>>();
    for (apply, below, above) in [
        (None, 1.0, 1.0),
        (Some(Drc::FULL), 0.5, 4.0),
        (Some(Drc { cut: 1.0, boost: 0.0 }), 0.5, 1.0),
        (Some(Drc { cut: 0.5, boost: 0.5 }), 0.5f32.sqrt(), 2.0),
        (Some(Drc { cut: f32::NAN, boost: 9.0 }), 1.0, 4.0),
    ] {
        let planes = sound(apply, &block(8, 8, Some(drc())));
        let rest = &mut planes[0].iter().zip(mixed(below, above)).map(|(g, w)| (g - w).abs()).fold(0f32, f32::max);
        assert!(*rest < 1e-5, "{apply:?}: {rest}");
        same(&planes[1], mixed(1.0, 1.0).into_iter());
    }
    // What the stream says is told whether it is applied or not.
    let mut d = Decoder::new(DecoderConfig::new());
    d.configure(&stereo).unwrap();
    d.send(&block(8, 8, Some(drc()))[0], PacketTime::default()).unwrap();
    let Step::Output(frame) = d.receive().unwrap() else { panic!("a frame") };
    let told = frame.dynamic_range().unwrap();
    assert_eq!(
        (told.program_reference_level, told.gains(), told.band_tops()),
        (Some(80), &[-24, 48][..], &[15, 255][..])
    );
}

#[test]
fn dynamic_range_control_of_sbr_scales_all_bands() {
    let (bands, noise_bands) = sbr_bands();
    let asc = config(6, 1, false, Some(3));
    let mut drc = BitWriter::new();
    drc.u(0, 4);
    drc.u(0x80 | 48, 8);
    let mut w = BitWriter::new();
    single(&mut w, 6, 1024, 0, &Spectrum::of(&[(20, 9), (90, 9), (105, 9)]));
    fill(&mut w, 0b1101, sbr(bands, noise_bands, 40, 0));
    fill(&mut w, 0b1011, drc);
    let blocks = vec![end(w); 6];
    let sound = |drc| decode_with(DecoderConfig { drc, ..DecoderConfig::new() }, Some(&asc), &blocks).unwrap();
    let (plain, cut) = (sound(None), sound(Some(Drc::FULL)));
    same(&cut.planes[0], plain.planes[0].iter().map(|v| 0.25 * v));
}

/// A checksum of ADTS by division of polynomials.
fn adts_checksum(bits: impl Iterator<Item = u32>) -> u32 {
    bits.fold(0xffff, |crc, bit| {
        let out = crc >> 15 ^ bit;
        (crc << 1 & 0xffff) ^ (0x8005 * (out & 1))
    })
}

fn bits(bytes: &[u8], range: core::ops::Range<usize>) -> impl Iterator<Item = u32> {
    range.map(|i| bytes.get(i / 8).map_or(0, |b| u32::from(*b) >> (7 - i % 8) & 1)).collect::<Vec<_>>().into_iter()
}

/// A frame of ADTS with checksums, of one block or of several of them.
fn adts(blocks: &[(Vec<u8>, usize)], flip: u32) -> Vec<u8> {
    let several = blocks.len() > 1;
    let head = 7 + if several { 2 * (blocks.len() - 1) } else { 0 } + 2;
    let length = head + blocks.iter().map(|b| b.0.len() + if several { 2 } else { 0 }).sum::<usize>();
    let mut w = BitWriter::new();
    w.u(0xfff, 12);
    w.u(0b0000, 4); // protection_absent is 0
    w.u(1, 2);
    w.u(4, 4);
    w.u(1, 4); // private_bit, channel_configuration
    w.u(0, 4);
    w.u(length as u32, 13);
    w.u(0x7ff, 11);
    w.u(blocks.len() as u32 - 1, 2);
    let mut at = 0;
    for (block, _) in &blocks[..blocks.len() - 1] {
        at += block.len() + 2;
        w.u(at as u32, 16);
    }
    let mut out = w.into_bytes();
    let header: Vec<u32> = bits(&out, 0..8 * out.len()).collect();
    // Of an element 192 bits after its name; what is not there counts as zeros.
    let element = |(block, len): &(Vec<u8>, usize)| {
        let there = (*len).min(192);
        bits(block, 3..3 + there).chain(core::iter::repeat_n(0, 192 - there)).collect::<Vec<_>>()
    };
    let checksum = if several {
        adts_checksum(header.into_iter())
    } else {
        adts_checksum(header.into_iter().chain(element(&blocks[0])))
    };
    out.extend(((checksum ^ flip) as u16).to_be_bytes());
    for block in blocks {
        out.extend(&block.0);
        if several {
            out.extend(((adts_checksum(element(block).into_iter()) ^ flip >> 1) as u16).to_be_bytes());
        }
    }
    out
}

#[test]
fn checksums_of_adts() {
    // A short element, and a longer one than is protected.
    let block = |lines: &[(usize, i16)]| {
        let mut w = BitWriter::new();
        single(&mut w, 4, 1024, 0, &Spectrum::of(lines));
        let len = w.len_bits() - 3;
        (end(w), len)
    };
    let short = block(&[(4, 9)]);
    let long = block(&(0..60).map(|i| (i, 9)).collect::<Vec<_>>());
    assert!(short.1 < 192 && long.1 > 400);
    let three = [short.clone(), long.clone(), short.clone()];
    for blocks in [&three[..1], &three[1..2], &three] {
        for flip in [0, 1, 2, 4] {
            let stream = vec![adts(blocks, flip); 3];
            let sound = decode_with(DecoderConfig::new(), None, &stream).unwrap();
            assert_eq!(sound.planes[0].len(), 3 * 1024 * blocks.len(), "it is played all the same");
            // Of several blocks the header's checksum counts for the first one.
            let failed = match (blocks.len(), flip) {
                (_, 0) => 0,
                (1, _) => 1,
                (_, 1) => 1,
                (n, _) => n,
            };
            assert_eq!((sound.checksums, sound.concealed), (3 * failed, 0), "{} {flip}", blocks.len());
            let strict = decode_with(DecoderConfig { strict: true, ..DecoderConfig::new() }, None, &stream);
            match strict {
                Ok(_) => assert_eq!(failed, 0),
                Err(e) => {
                    assert_eq!(e.kind, ErrorKind::Invalid { field: "crc_check" });
                    assert!(failed > 0 && e.position.is_some());
                }
            }
        }
    }
}
