//! Stored samples to floats and back.
//!
//! An integer of `n` bits stands for its value over 2^(n-1), so that -1.0 is the least one and 1.0 one more than the greatest. To
//! integers, samples are rounded to the nearest, halves to the even one, and what lies outside is the nearest end; a NaN is
//! silence. Nothing is added (no dither). Up to 24 bits every integer survives the way to `f32` and back.

use transcode_container::{PcmFormat, PcmSample};

/// Adds the samples of interleaved `data` to `planes`, one a channel. What is left over of a sampling instant is ignored.
pub(crate) fn deinterleave(data: &[u8], format: PcmFormat, planes: &mut [Vec<f32>]) {
    /// Reads samples of `N` bytes.
    fn each<const N: usize>(data: &[u8], planes: &mut [Vec<f32>], read: impl Fn([u8; N]) -> f32) {
        let (samples, _) = data.as_chunks::<N>();
        let channels = planes.len();
        for (c, plane) in planes.iter_mut().enumerate() {
            let whole = samples.len() / channels * channels;
            plane.extend(samples[..whole].iter().skip(c).step_by(channels).map(|&b| read(b)));
        }
    }
    /// The same, of either byte order.
    fn both<const N: usize>(data: &[u8], big: bool, planes: &mut [Vec<f32>], read: impl Fn([u8; N]) -> f32) {
        if big {
            each(data, planes, |mut b: [u8; N]| {
                b.reverse();
                read(b)
            });
        } else {
            each(data, planes, read);
        }
    }
    if planes.is_empty() {
        return;
    }
    let big = format.big_endian;
    match format.sample {
        PcmSample::U8 => each(data, planes, |[b]| (f32::from(b) - 128.0) / 128.0),
        PcmSample::S8 => each(data, planes, |[b]| f32::from(b as i8) / 128.0),
        PcmSample::S16 => both(data, big, planes, |b| f32::from(i16::from_le_bytes(b)) / 32768.0),
        PcmSample::S24 => {
            both(data, big, planes, |[a, b, c]| (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 8_388_608.0)
        }
        PcmSample::S32 => both(data, big, planes, |b| i32::from_le_bytes(b) as f32 / 2_147_483_648.0),
        PcmSample::F32 => both(data, big, planes, f32::from_le_bytes),
        PcmSample::F64 => both(data, big, planes, |b| f64::from_le_bytes(b) as f32),
        PcmSample::ALaw => each(data, planes, |[b]| f32::from(alaw(b)) / 32768.0),
        PcmSample::MuLaw => each(data, planes, |[b]| f32::from(mulaw(b)) / 32768.0),
    }
}

/// ITU-T G.711 table 1a, as 16-bit samples.
fn alaw(b: u8) -> i16 {
    let b = b ^ 0x55;
    let (segment, step) = (b >> 4 & 7, i16::from(b & 15) << 4);
    let magnitude = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
    if b & 0x80 != 0 { magnitude } else { -magnitude }
}

/// ITU-T G.711 table 2a, as 16-bit samples.
fn mulaw(b: u8) -> i16 {
    let b = !b;
    let magnitude = (((i16::from(b & 15) << 3) + 0x84) << (b >> 4 & 7)) - 0x84;
    if b & 0x80 != 0 { -magnitude } else { magnitude }
}

/// A sample as an integer of 16 bits.
fn s16(x: f32) -> i16 {
    // Adding this leaves the integer nearest in the low bits of the sum; nothing is lost below 2^22.
    const MAGIC: f32 = 12_582_912.0;
    let v = if x.is_nan() { 0.0 } else { (x * 32768.0).clamp(-32768.0, 32767.0) };
    (v + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i16
}

/// A sample as an integer of `bits` bits, 17 to 32.
fn wide(x: f32, bits: u32) -> i32 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let full = f64::from(1u32 << (bits - 1));
    let v = if x.is_nan() { 0.0 } else { (f64::from(x) * full).clamp(-full, full - 1.0) };
    (v + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i32
}

/// A sample as an integer of 8 bits.
fn s8(x: f32) -> i8 {
    let v = if x.is_nan() { 0.0 } else { (x * 128.0).clamp(-128.0, 127.0) };
    v.round_ties_even() as i8
}

/// Adds the samples of `planes`, which are of one length, to `data`, interleaved. `format` is none of G.711.
pub(crate) fn interleave(planes: &[&[f32]], format: PcmFormat, data: &mut Vec<u8>) {
    /// Writes samples of `N` bytes.
    fn each<const N: usize>(planes: &[&[f32]], big: bool, data: &mut Vec<u8>, write: impl Fn(f32) -> [u8; N]) {
        let length = planes.iter().map(|p| p.len()).min().unwrap_or(0);
        let from = data.len();
        data.resize(from + length * planes.len() * N, 0);
        let (samples, _) = data[from..].as_chunks_mut::<N>();
        for (c, plane) in planes.iter().enumerate() {
            for (out, &x) in samples.iter_mut().skip(c).step_by(planes.len()).zip(*plane) {
                *out = write(x);
                if big {
                    out.reverse();
                }
            }
        }
    }
    let big = format.big_endian;
    match format.sample {
        PcmSample::U8 => each(planes, big, data, |x| [(s8(x) as u8) ^ 0x80]),
        PcmSample::S8 | PcmSample::ALaw | PcmSample::MuLaw => each(planes, big, data, |x| [s8(x) as u8]),
        PcmSample::S16 => each(planes, big, data, |x| s16(x).to_le_bytes()),
        PcmSample::S24 => each(planes, big, data, |x| {
            let [a, b, c, _] = wide(x, 24).to_le_bytes();
            [a, b, c]
        }),
        PcmSample::S32 => each(planes, big, data, |x| wide(x, 32).to_le_bytes()),
        PcmSample::F32 => each(planes, big, data, f32::to_le_bytes),
        PcmSample::F64 => each(planes, big, data, |x| f64::from(x).to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_survive() {
        for big_endian in [false, true] {
            for (sample, step) in [
                (PcmSample::U8, 1u64),
                (PcmSample::S8, 1),
                (PcmSample::S16, 1),
                (PcmSample::S24, 997),
                (PcmSample::F32, 0x1_0001),
            ] {
                let format = PcmFormat { sample, big_endian };
                let bytes = sample.bytes() as usize;
                let values = (0..1u64 << (8 * bytes)).step_by(step as usize);
                let values = values.filter(|&v| sample != PcmSample::F32 || f32::from_bits(v as u32).is_finite());
                let mut data: Vec<u8> = Vec::new();
                for v in values {
                    let mut b = v.to_le_bytes()[..bytes].to_vec();
                    if big_endian {
                        b.reverse();
                    }
                    data.extend(b);
                }
                // Two channels: an even number of samples.
                data.truncate(data.len() / (2 * bytes) * (2 * bytes));
                let mut planes = vec![Vec::new(); 2];
                deinterleave(&data, format, &mut planes);
                let mut back = Vec::new();
                interleave(&[&planes[0], &planes[1]], format, &mut back);
                assert!(back == data, "{format:?}");
            }
        }
    }

    #[test]
    fn rounding_and_saturation() {
        let lsb = 1.0 / 32768.0;
        for (x, v) in [
            (0.5 * lsb, 0),
            (1.5 * lsb, 2),
            (-0.5 * lsb, 0),
            (-1.5 * lsb, -2),
            (0.500_001 * lsb, 1),
            (1.0, 32767),
            (-1.0, -32768),
            (7.0, 32767),
            (f32::NEG_INFINITY, -32768),
            (f32::INFINITY, 32767),
            (f32::NAN, 0),
        ] {
            assert_eq!(s16(x), v, "{x}");
            let wider = i64::from(wide(x, 32));
            let exact = (f64::from(x) * 2_147_483_648.0).round_ties_even() as i32;
            assert_eq!(wider, i64::from(exact), "{x}");
            assert_eq!(
                wide(x, 24),
                ((f64::from(x) * 8_388_608.0).round_ties_even() as i64).clamp(-8_388_608, 8_388_607) as i32
            );
        }
        assert_eq!([s8(0.5 / 128.0), s8(1.5 / 128.0), s8(2.0), s8(f32::NAN)], [0, 2, 127, 0]);
        // The whole range of 16 bits and a bit more, in steps that hit every rounding.
        for i in -140_000..140_000 {
            let x = i as f32 / 4.0 / 32768.0;
            assert_eq!(f64::from(s16(x)), (f64::from(i) / 4.0).round_ties_even().clamp(-32768.0, 32767.0));
        }
    }

    #[test]
    fn g711() {
        // G.711 tables 1a and 2a: the ends and the smallest steps, scaled from 13 and 14 bits.
        assert_eq!([alaw(0xd5), alaw(0x55), alaw(0xaa), alaw(0x2a)], [8, -8, 32256, -32256]);
        assert_eq!([mulaw(0xff), mulaw(0x7f), mulaw(0x80), mulaw(0x00)], [0, 0, 32124, -32124]);
        let mut planes = [Vec::new()];
        deinterleave(&[0x80, 0xff, 0x00], PcmFormat::little(PcmSample::MuLaw), &mut planes);
        assert_eq!(planes[0], [32124.0 / 32768.0, 0.0, -32124.0 / 32768.0]);
    }

    #[test]
    fn wide_integers_are_near() {
        let mut planes = vec![Vec::new()];
        let data = [i32::MIN, -1, 0, 1, 123_456_789, i32::MAX].map(i32::to_le_bytes).concat();
        deinterleave(&data, PcmFormat::little(PcmSample::S32), &mut planes);
        assert_eq!(planes[0][..3], [-1.0, -1.0 / 2_147_483_648.0, 0.0]);
        assert_eq!(planes[0][5], 1.0);
        let mut doubles = Vec::new();
        interleave(&[&[0.1, -2.0]], PcmFormat::big(PcmSample::F64), &mut doubles);
        assert_eq!(doubles, [f64::from(0.1f32).to_be_bytes(), (-2.0f64).to_be_bytes()].concat());
    }
}
