//! The `fmt ` chunk: `WAVEFORMAT`, `WAVEFORMATEX`, `WAVEFORMATEXTENSIBLE`.

use crate::{AudioTrack, CodecId, Error, PcmFormat, PcmSample, Result, TrackKind, TrackSpec};

/// `wFormatTag`.
const PCM: u16 = 1;
const IEEE_FLOAT: u16 = 3;
const ALAW: u16 = 6;
const MULAW: u16 = 7;
const EXTENSIBLE: u16 = 0xfffe;

/// What follows the tag in a `SubFormat` that stands for one: 00000010-8000-00aa-00389b71.
const GUID_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/// Reads the chunk, whose payload `d` lies at `offset` of the file.
///
/// # Errors
/// `Invalid`; `Unsupported` for formats that are no linear or G.711 samples.
pub(super) fn parse(d: &[u8], offset: u64) -> Result<AudioTrack> {
    let bad = |what| Error::invalid(what, offset);
    let u16_at = |i: usize| d.get(i..i + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let u32_at = |i: usize| d.get(i..i + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let (Some(mut tag), Some(channels), Some(sample_rate), Some(block)) = (u16_at(0), u16_at(2), u32_at(4), u16_at(12))
    else {
        return Err(bad("fmt chunk (too short)"));
    };
    let mut bits = u16_at(14).unwrap_or(0);
    let mut channel_mask = 0;
    if tag == EXTENSIBLE {
        let (Some(valid), Some(mask), Some(sub)) = (u16_at(18), u32_at(20), d.get(24..40)) else {
            return Err(bad("fmt chunk (WAVEFORMATEXTENSIBLE too short)"));
        };
        tag = u16::from_le_bytes([sub[0], sub[1]]);
        if sub[2..] != GUID_TAIL {
            return Err(Error::unsupported("WAVE of a SubFormat that is no format tag"));
        }
        // Valid bits are the upper ones of the container's.
        if valid != 0 && valid <= bits {
            bits = bits.max(valid);
        }
        // A mask with more or fewer bits than channels says nothing about some of them.
        if mask.count_ones() == u32::from(channels) {
            channel_mask = mask;
        }
    }
    if channels == 0 || sample_rate == 0 || block == 0 || block % channels != 0 {
        return Err(bad("fmt chunk"));
    }
    let bytes = u32::from(block / channels);
    let sample = match tag {
        PCM if bytes == 1 => Some(PcmSample::U8),
        PCM => PcmSample::signed(bytes),
        IEEE_FLOAT => PcmSample::float(bytes),
        ALAW if bytes == 1 => Some(PcmSample::ALaw),
        MULAW if bytes == 1 => Some(PcmSample::MuLaw),
        _ => return Err(Error::unsupported(format!("WAVE of format tag {tag:#06x}"))),
    };
    let Some(sample) = sample else {
        return Err(Error::unsupported(format!("WAVE samples of {bytes} bytes, format tag {tag}")));
    };
    let (channels, bits_per_sample) = (channels.into(), bits.into());
    let pcm = Some(PcmFormat::little(sample));
    Ok(AudioTrack { sample_rate, channels, bits_per_sample, channel_mask, pcm, ..AudioTrack::default() })
}

/// Checks whether a track can be written as WAVE.
///
/// # Errors
/// `Unsupported` for what is no uncompressed little-endian sound.
pub fn check_track(track: &TrackSpec) -> Result<()> {
    match &track.kind {
        TrackKind::Audio(audio) if matches!(track.codec, CodecId::Pcm(_)) => write(audio).map(drop),
        _ => Err(Error::unsupported(format!("{} in WAVE", track.codec))),
    }
}

/// The payload of the chunk for `track`: extensible where there are more than two channels, more than 16 bits, or a mask other
/// than the usual one, as the format's specification wants it.
///
/// # Errors
/// `Unsupported` for what the chunk cannot say.
pub(super) fn write(track: &AudioTrack) -> Result<Vec<u8>> {
    let unsupported = |what: &str| Error::unsupported(format!("{what} in WAVE"));
    let pcm = track.pcm.ok_or_else(|| unsupported("sound that is not uncompressed"))?;
    let tag = match pcm.sample {
        PcmSample::S8 => return Err(unsupported("signed samples of 8 bits")),
        _ if pcm.big_endian && pcm.sample.bytes() > 1 => return Err(unsupported("big-endian samples")),
        PcmSample::F32 | PcmSample::F64 => IEEE_FLOAT,
        PcmSample::ALaw => ALAW,
        PcmSample::MuLaw => MULAW,
        _ => PCM,
    };
    let bytes = pcm.sample.bytes();
    let too_many = || unsupported(&format!("{} channels", track.channels));
    let channels = u16::try_from(track.channels).ok().filter(|&n| n != 0).ok_or_else(too_many)?;
    let block = u16::try_from(bytes * track.channels).map_err(|_| too_many())?;
    let usual = match track.channels {
        1 => 4,
        2 => 3,
        _ => 0,
    };
    let mask = if track.channel_mask.count_ones() == track.channels { track.channel_mask } else { 0 };
    let linear_wide = tag == PCM && bytes > 2;
    let extensible = matches!(tag, PCM | IEEE_FLOAT) && (channels > 2 || linear_wide || (mask != 0 && mask != usual));
    let mut w = Vec::with_capacity(40);
    w.extend(if extensible { EXTENSIBLE } else { tag }.to_le_bytes());
    w.extend(channels.to_le_bytes());
    w.extend(track.sample_rate.to_le_bytes());
    w.extend(track.sample_rate.saturating_mul(block.into()).to_le_bytes());
    w.extend(block.to_le_bytes());
    let bits = (bytes * 8) as u16;
    w.extend(bits.to_le_bytes());
    if extensible {
        w.extend(22u16.to_le_bytes());
        w.extend(bits.to_le_bytes());
        w.extend(if mask == 0 && channels <= 2 { usual } else { mask }.to_le_bytes());
        w.extend(tag.to_le_bytes());
        w.extend(GUID_TAIL);
    } else if tag != PCM {
        w.extend(0u16.to_le_bytes());
    }
    Ok(w)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        use PcmSample::*;
        for sample in [U8, S16, S24, S32, F32, F64, ALaw, MuLaw] {
            for (channels, channel_mask) in [(1, 4), (2, 3), (2, 0x30), (6, 0x3f), (6, 0), (8, 0x63f)] {
                if sample.bytes() == 1 && sample != U8 && (channels > 2 || channel_mask == 0x30) {
                    continue; // G.711 has no extensible form.
                }
                let track = AudioTrack {
                    sample_rate: 96000,
                    channels,
                    bits_per_sample: 8 * sample.bytes(),
                    channel_mask,
                    pcm: Some(PcmFormat::little(sample)),
                    ..AudioTrack::default()
                };
                let bytes = write(&track).unwrap();
                let mut read = parse(&bytes, 0).unwrap();
                // Without an extension there is no mask; the usual one is meant.
                if bytes.len() < 40 {
                    read.channel_mask = channel_mask;
                }
                assert_eq!(read, track, "{sample:?} {channels} {channel_mask:#x}");
            }
        }
    }

    #[test]
    fn what_cannot_be_said() {
        let track = |pcm| AudioTrack { sample_rate: 1, channels: 1, pcm, ..AudioTrack::default() };
        for pcm in [None, Some(PcmFormat::big(PcmSample::S16)), Some(PcmFormat::little(PcmSample::S8))] {
            assert!(matches!(write(&track(pcm)), Err(Error::Unsupported { .. })));
        }
        let mp3 = [0x55, 0, 2, 0, 0x44, 0xac, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
        assert!(matches!(parse(&mp3, 0), Err(Error::Unsupported { .. })));
        assert!(matches!(parse(&mp3[..13], 7), Err(Error::Invalid { offset: 7, .. })));
        let no_channels = [1, 0, 0, 0, 0x44, 0xac, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0];
        assert!(matches!(parse(&no_channels, 0), Err(Error::Invalid { .. })));
    }
}
