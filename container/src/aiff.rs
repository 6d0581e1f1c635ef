//! AIFF and AIFF-C: uncompressed sound of Apple and SGI (Apple, "Audio Interchange File Format", 1989 and 1991).

use crate::io::Source;
use crate::pcm_file::{Layout, PcmFileDemuxer};
use crate::{AudioTrack, Error, Limits, PcmFormat, PcmSample, Result};

/// Reads AIFF files, and those of AIFF-C whose samples are not compressed: linear of 8 to 32 bits in either byte order, floating-point, and
/// G.711.
pub type AiffDemuxer = PcmFileDemuxer<true>;

/// Reads all chunks: those of the format may stand behind the data.
pub(crate) fn layout(source: &mut Source, limits: &Limits) -> Result<Layout> {
    let mut head = [0; 12];
    source.read_at(0, &mut head, "FORM header")?;
    let compressed = match (&head[..4], &head[8..]) {
        (b"FORM", b"AIFF") => false,
        (b"FORM", b"AIFC") => true,
        _ => return Err(Error::invalid("FORM header", 0)),
    };
    let (mut common, mut data) = (None, None);
    let mut at = 12u64;
    for count in 1.. {
        if (common.is_some() && data.is_some()) || at >= source.len() {
            break;
        }
        Error::check_limit("max_top_level", count, limits.max_top_level)?;
        let mut header = [0; 8];
        source.read_at(at, &mut header, "AIFF chunk header")?;
        let [id @ .., s0, s1, s2, s3] = header;
        let size = u64::from(u32::from_be_bytes([s0, s1, s2, s3]));
        let body = at + 8;
        match &id {
            b"COMM" if common.is_none() => {
                let payload = source.read_vec(body, size.min(64), "COMM chunk")?;
                common = Some(parse(&payload, compressed, body)?);
            }
            b"SSND" if data.is_none() => {
                let mut place = [0; 8];
                source.read_at(body, &mut place, "SSND chunk")?;
                // offset, then blockSize: how data may be aligned.
                let [o0, o1, o2, o3, ..] = place;
                let skipped = 8 + u64::from(u32::from_be_bytes([o0, o1, o2, o3]));
                let Some(bytes) = size.checked_sub(skipped).filter(|_| body + skipped <= source.len()) else {
                    return Err(Error::invalid("SSND chunk (offset)", body));
                };
                data = Some((body + skipped, bytes));
            }
            _ => {}
        }
        // Chunks begin at even offsets.
        at = body + size + (size & 1);
    }
    match (common, data) {
        (Some((track, frames)), Some((start, bytes))) => {
            let block = u64::from(track.pcm.map_or(1, |p| p.sample.bytes())) * u64::from(track.channels);
            Ok(Layout { track, start, size: Some(bytes.min(frames.saturating_mul(block))) })
        }
        (None, _) => Err(Error::invalid("AIFF without a COMM chunk", at)),
        // What has no samples needs no data.
        (Some((track, 0)), None) => Ok(Layout { track, start: source.len(), size: Some(0) }),
        (_, None) => Err(Error::invalid("AIFF without sound data", at)),
    }
}

/// The track and the sampling instants that a `COMM` chunk tells of, whose payload `d` lies at `offset` of the file.
fn parse(d: &[u8], compressed: bool, offset: u64) -> Result<(AudioTrack, u64)> {
    let bad = |what| Error::invalid(what, offset);
    let Some((head, more)) = d.split_first_chunk::<18>() else { return Err(bad("COMM chunk (too short)")) };
    let channels = u16::from_be_bytes([head[0], head[1]]);
    let frames = u32::from_be_bytes([head[2], head[3], head[4], head[5]]);
    let bits = u16::from_be_bytes([head[6], head[7]]);
    let rate: &[u8; 10] = head.last_chunk().ok_or_else(|| bad("COMM chunk"))?;
    let sample_rate = extended(rate).ok_or_else(|| bad("COMM chunk (sampleRate)"))?;
    let kind = match more.first_chunk::<4>() {
        Some(kind) if compressed => *kind,
        None if compressed => return Err(bad("COMM chunk (too short)")),
        _ => *b"NONE",
    };
    // Samples of other sizes fill the upper bits of the next larger one.
    let integer = PcmSample::signed(u32::from(bits).div_ceil(8));
    let pcm = match &kind {
        b"NONE" | b"twos" => integer.map(PcmFormat::big),
        b"sowt" => integer.map(PcmFormat::little),
        b"raw " => Some(PcmFormat::big(PcmSample::U8)),
        b"in24" => Some(PcmFormat::big(PcmSample::S24)),
        b"in32" => Some(PcmFormat::big(PcmSample::S32)),
        b"42ni" => Some(PcmFormat::little(PcmSample::S24)),
        b"23ni" => Some(PcmFormat::little(PcmSample::S32)),
        b"fl32" | b"FL32" => Some(PcmFormat::big(PcmSample::F32)),
        b"fl64" | b"FL64" => Some(PcmFormat::big(PcmSample::F64)),
        b"alaw" | b"ALAW" => Some(PcmFormat::big(PcmSample::ALaw)),
        b"ulaw" | b"ULAW" => Some(PcmFormat::big(PcmSample::MuLaw)),
        other => {
            let name: String = other.iter().map(|&b| char::from(b)).flat_map(char::escape_default).collect();
            return Err(Error::unsupported(format!("AIFF-C with compression {name}")));
        }
    };
    let Some(pcm) = pcm else { return Err(Error::unsupported(format!("AIFF samples of {bits} bits"))) };
    if channels == 0 {
        return Err(bad("COMM chunk (numChannels)"));
    }
    let track = AudioTrack {
        sample_rate,
        channels: channels.into(),
        bits_per_sample: 8 * pcm.sample.bytes(),
        pcm: Some(pcm),
        ..AudioTrack::default()
    };
    Ok((track, frames.into()))
}

/// A frequency as an 80-bit floating-point number of IEEE 754, rounded; `None` for what is none.
fn extended(b: &[u8; 10]) -> Option<u32> {
    let exponent = i32::from(u16::from_be_bytes([b[0], b[1]])) - 16383;
    let mantissa = u64::from_be_bytes(*b.last_chunk()?);
    // A sign makes the exponent too large.
    if !(0..32).contains(&exponent) || mantissa >> 63 == 0 {
        return None;
    }
    let shift = 63 - exponent as u32;
    u32::try_from((mantissa >> (shift - 1)).div_ceil(2)).ok().filter(|&rate| rate > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Demuxer, TrackId};
    use std::io::Cursor;

    const RATE_44100: [u8; 10] = [0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0];

    fn comm(channels: u16, frames: u32, bits: u16, kind: Option<&[u8; 4]>) -> Vec<u8> {
        let mut c = channels.to_be_bytes().to_vec();
        c.extend(frames.to_be_bytes());
        c.extend(bits.to_be_bytes());
        c.extend(RATE_44100);
        if let Some(kind) = kind {
            c.extend(kind);
            c.extend([0, 0]);
        }
        c
    }

    fn ssnd(offset: u32, data: &[u8]) -> Vec<u8> {
        let mut s = offset.to_be_bytes().to_vec();
        s.extend([0; 4]);
        s.extend(data);
        s
    }

    fn file(form: &[u8; 4], chunks: &[(&[u8; 4], &[u8])]) -> Result<AiffDemuxer> {
        let mut f = [b"FORM\0\0\0\0", &form[..]].concat();
        for (id, payload) in chunks {
            f.extend_from_slice(*id);
            f.extend((payload.len() as u32).to_be_bytes());
            f.extend_from_slice(payload);
            f.resize(f.len().next_multiple_of(2), 0);
        }
        AiffDemuxer::new(Box::new(Cursor::new(f)), &Limits::default())
    }

    #[test]
    fn samples_of_all_kinds() {
        use PcmSample::*;
        for (form, bits, kind, pcm) in [
            (b"AIFF", 8, None, PcmFormat::big(S8)),
            (b"AIFF", 16, None, PcmFormat::big(S16)),
            (b"AIFF", 20, None, PcmFormat::big(S24)),
            (b"AIFC", 24, Some(b"NONE"), PcmFormat::big(S24)),
            (b"AIFC", 16, Some(b"sowt"), PcmFormat::little(S16)),
            (b"AIFC", 32, Some(b"fl32"), PcmFormat::big(F32)),
            (b"AIFC", 64, Some(b"FL64"), PcmFormat::big(F64)),
            (b"AIFC", 8, Some(b"raw "), PcmFormat::big(U8)),
            (b"AIFC", 16, Some(b"ulaw"), PcmFormat::big(MuLaw)),
            (b"AIFC", 32, Some(b"23ni"), PcmFormat::little(S32)),
        ] {
            let size = 2 * pcm.sample.bytes() as usize;
            let data: Vec<u8> = (0..3 * size as u8).collect();
            // The format behind the data, an odd chunk in front.
            let mut f =
                file(form, &[(b"NAME", b"abc"), (b"SSND", &ssnd(0, &data)), (b"COMM", &comm(2, 3, bits, kind))])
                    .unwrap();
            let audio = *f.tracks()[0].audio().unwrap();
            assert_eq!((audio.sample_rate, audio.channels, audio.pcm), (44100, 2, Some(pcm)));
            assert_eq!(f.next_packet().unwrap().unwrap().data, data);
            assert!(f.next_packet().unwrap().is_none());
            f.seek(TrackId(0), 0).unwrap();
            assert_eq!(f.next_packet().unwrap().unwrap().duration, 3);
        }
    }

    #[test]
    fn offsets_and_lengths() {
        let mut f =
            file(b"AIFF", &[(b"COMM", &comm(1, 2, 16, None)), (b"SSND", &ssnd(3, &[9, 9, 9, 1, 2, 3, 4, 5, 6]))])
                .unwrap();
        assert_eq!(f.next_packet().unwrap().unwrap().data, [1, 2, 3, 4], "as many as COMM says");
        let mut empty = file(b"AIFF", &[(b"COMM", &comm(1, 0, 16, None))]).unwrap();
        assert!(empty.next_packet().unwrap().is_none());
    }

    #[test]
    fn damage() {
        let invalid = |f: Result<AiffDemuxer>| matches!(f, Err(Error::Invalid { .. }));
        assert!(invalid(file(b"AIFX", &[])));
        assert!(invalid(file(b"AIFF", &[(b"SSND", &ssnd(0, &[0; 4]))])));
        assert!(invalid(file(b"AIFF", &[(b"COMM", &comm(1, 2, 16, None))])));
        assert!(invalid(file(b"AIFF", &[(b"COMM", &comm(0, 2, 16, None)), (b"SSND", &ssnd(0, &[0; 4]))])));
        assert!(invalid(file(b"AIFF", &[(b"COMM", &comm(1, 2, 16, None)), (b"SSND", &ssnd(50, &[0; 4]))])));
        assert!(matches!(file(b"AIFC", &[(b"COMM", &comm(1, 2, 16, Some(b"ima4")))]), Err(Error::Unsupported { .. })));
        assert!(matches!(file(b"AIFF", &[(b"COMM", &comm(1, 2, 40, None))]), Err(Error::Unsupported { .. })));
        let mut odd = comm(1, 2, 16, None);
        odd[8] = 0xc0;
        assert!(invalid(file(b"AIFF", &[(b"COMM", &odd)])), "a negative frequency");
    }

    #[test]
    fn frequencies() {
        assert_eq!(extended(&RATE_44100), Some(44100));
        assert_eq!(extended(&[0x3f, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), Some(1));
        assert_eq!(extended(&[0x40, 0x0b, 0xfa, 0x01, 0, 0, 0, 0, 0, 0]), Some(8000), "and an eighth");
        assert_eq!(extended(&[0; 10]), None);
        assert_eq!(extended(&[0xff; 10]), None);
        assert_eq!(
            extended(&[0x40, 0x1e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            None,
            "rounded beyond 32 bits"
        );
    }
}
