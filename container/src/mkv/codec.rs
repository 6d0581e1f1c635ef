//! Codec mappings (draft-ietf-cellar-codec): `CodecID` and `CodecPrivate`.

use crate::aac;
use crate::{CodecId, FourCc, PcmFormat, PcmSample};

/// The codec named by `id`, and its configuration in the form that MP4 has it in.
pub(super) fn codec_of(id: &str, private: &[u8], rate: u32, channels: u32) -> (CodecId, Vec<u8>) {
    let verbatim = |codec| (codec, private.to_vec());
    match id {
        "V_MPEG4/ISO/AVC" => verbatim(CodecId::H264),
        "V_MPEGH/ISO/HEVC" => verbatim(CodecId::Hevc),
        "V_AV1" => verbatim(CodecId::Av1),
        "V_VP8" => verbatim(CodecId::Vp8),
        "V_VP9" => verbatim(CodecId::Vp9),
        "V_MPEG4/ISO/SP" | "V_MPEG4/ISO/ASP" | "V_MPEG4/ISO/AP" => verbatim(CodecId::Mpeg4Visual),
        "V_MPEG1" | "V_MPEG2" => verbatim(CodecId::Mpeg2Video),
        "V_MJPEG" => verbatim(CodecId::Mjpeg),
        "V_MS/VFW/FOURCC" => vfw(private),
        "A_MS/ACM" => acm(private),
        "A_MPEG/L1" | "A_MPEG/L2" | "A_MPEG/L3" => verbatim(CodecId::Mp3),
        "A_EAC3" => verbatim(CodecId::Eac3),
        "A_OPUS" => (CodecId::Opus, opus_config(private).unwrap_or_default()),
        // Behind the marker come the metadata blocks, which the full box has too.
        "A_FLAC" => (CodecId::Flac, private.strip_prefix(b"fLaC").map(full_box).unwrap_or_default()),
        "A_ALAC" => (CodecId::Alac, if private.is_empty() { Vec::new() } else { full_box(private) }),
        "A_PCM/INT/LIT" => verbatim(CodecId::Pcm(FourCc(*b"sowt"))),
        "A_PCM/INT/BIG" => verbatim(CodecId::Pcm(FourCc(*b"twos"))),
        "A_PCM/FLOAT/IEEE" => verbatim(CodecId::Pcm(FourCc(*b"fl32"))),
        _ if id.starts_with("A_AC3") => verbatim(CodecId::Ac3),
        _ if id.starts_with("A_AAC") => (CodecId::Aac, aac_config(id, private, rate, channels)),
        "A_VORBIS" => verbatim(CodecId::Vorbis),
        "A_DTS" | "A_DTS/EXPRESS" | "A_DTS/LOSSLESS" => verbatim(CodecId::Other(FourCc(*b"dts "))),
        "A_TRUEHD" => verbatim(CodecId::Other(FourCc(*b"mlpa"))),
        "V_THEORA" => verbatim(CodecId::Other(FourCc(*b"theo"))),
        "V_UNCOMPRESSED" => verbatim(CodecId::Other(FourCc(*b"raw "))),
        "S_TEXT/UTF8" | "S_TEXT/ASCII" => verbatim(CodecId::Other(FourCc(*b"srt "))),
        "S_TEXT/ASS" | "S_ASS" => verbatim(CodecId::Other(FourCc(*b"ass "))),
        "S_TEXT/SSA" | "S_SSA" => verbatim(CodecId::Other(FourCc(*b"ssa "))),
        "S_TEXT/WEBVTT" => verbatim(CodecId::Other(FourCc(*b"wvtt"))),
        "S_HDMV/PGS" => verbatim(CodecId::Other(FourCc(*b"pgs "))),
        "S_VOBSUB" => verbatim(CodecId::Other(FourCc(*b"vobs"))),
        _ => {
            // The last letters tell most.
            let letters: Vec<u8> = id.bytes().filter(u8::is_ascii_alphanumeric).collect();
            let mut code = *b"    ";
            let tail = &letters[letters.len().saturating_sub(4)..];
            code[..tail.len()].copy_from_slice(tail);
            verbatim(CodecId::Other(FourCc(code)))
        }
    }
}

/// How the samples of uncompressed sound are stored; `None` for sound that is not.
pub(super) fn pcm_of(id: &str, private: &[u8], bits: u32) -> Option<PcmFormat> {
    let bytes = bits.div_ceil(8);
    let integer = || if bytes == 1 { Some(PcmSample::U8) } else { PcmSample::signed(bytes) };
    let (sample, big_endian) = match id {
        "A_PCM/INT/LIT" => (integer(), false),
        "A_PCM/INT/BIG" => (integer(), true),
        "A_PCM/FLOAT/IEEE" => (PcmSample::float(bytes), false),
        "A_MS/ACM" => {
            let field = |i: usize| private.get(i..i + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
            let bytes = u32::from(field(14)).div_ceil(8);
            match field(0) {
                1 if bytes == 1 => (Some(PcmSample::U8), false),
                1 => (PcmSample::signed(bytes), false),
                3 => (PcmSample::float(bytes), false),
                6 => (Some(PcmSample::ALaw), false),
                7 => (Some(PcmSample::MuLaw), false),
                _ => return None,
            }
        }
        _ => return None,
    };
    sample.map(|sample| PcmFormat { sample, big_endian })
}

/// The body of a full box of version 0 around `payload`.
fn full_box(payload: &[u8]) -> Vec<u8> {
    [&[0; 4], payload].concat()
}

/// An identification header (RFC 7845 5.1) as `OpusSpecificBox`: the same fields, in network order.
fn opus_config(head: &[u8]) -> Option<Vec<u8>> {
    let rest = head.strip_prefix(b"OpusHead")?;
    let &[_version, channels, s0, s1, r0, r1, r2, r3, g0, g1, ref mapping @ ..] = rest else { return None };
    let mut body = vec![0, channels, s1, s0, r3, r2, r1, r0, g1, g0];
    body.extend_from_slice(mapping);
    Some(body)
}

/// Old names say profile and SBR themselves and have no configuration: A_AAC/MPEG4/LC/SBR.
fn aac_config(id: &str, private: &[u8], rate: u32, channels: u32) -> Vec<u8> {
    if !private.is_empty() {
        return private.to_vec();
    }
    let object_type = match id {
        _ if id.contains("/MAIN") => 1,
        _ if id.contains("/SSR") => 3,
        _ if id.contains("/LTP") => 4,
        _ => 2,
    };
    let channels = u8::try_from(channels).unwrap_or(0);
    aac::config_of(object_type, rate, channels).map(Vec::from).unwrap_or_default()
}

/// Video for Windows: a `BITMAPINFOHEADER`, of which the compression is the codec, and what follows it.
fn vfw(private: &[u8]) -> (CodecId, Vec<u8>) {
    let code: [u8; 4] = private.get(16..20).and_then(|c| c.try_into().ok()).unwrap_or_default();
    let more = private.get(40..).unwrap_or(&[]);
    match &code.map(|b| b.to_ascii_uppercase()) {
        b"H264" | b"AVC1" | b"X264" | b"DAVC" | b"VSSH" => {
            // A byte stream, unless a configuration record follows.
            let record = more.first() == Some(&1);
            (CodecId::H264, if record { more.to_vec() } else { Vec::new() })
        }
        b"HEVC" | b"HVC1" | b"H265" => (CodecId::Hevc, more.to_vec()),
        b"XVID" | b"DIVX" | b"DX50" | b"MP4V" | b"FMP4" => (CodecId::Mpeg4Visual, more.to_vec()),
        b"MJPG" => (CodecId::Mjpeg, more.to_vec()),
        b"VP80" => (CodecId::Vp8, Vec::new()),
        b"VP90" => (CodecId::Vp9, Vec::new()),
        _ => (CodecId::Other(FourCc(code)), more.to_vec()),
    }
}

/// Audio Compression Manager: a `WAVEFORMATEX`, of which `wFormatTag` is the codec, and what follows it.
fn acm(private: &[u8]) -> (CodecId, Vec<u8>) {
    let tag = private.first_chunk().map_or(0, |&t| u16::from_le_bytes(t));
    let more = private.get(18..).unwrap_or(&[]).to_vec();
    match tag {
        0x01 => (CodecId::Pcm(FourCc(*b"sowt")), Vec::new()),
        0x03 => (CodecId::Pcm(FourCc(*b"fl32")), Vec::new()),
        0x06 => (CodecId::Pcm(FourCc(*b"alaw")), Vec::new()),
        0x07 => (CodecId::Pcm(FourCc(*b"ulaw")), Vec::new()),
        0x50 | 0x55 => (CodecId::Mp3, Vec::new()),
        0xff => (CodecId::Aac, more),
        0x2000 => (CodecId::Ac3, Vec::new()),
        n => {
            let [a, b] = n.to_be_bytes();
            (CodecId::Other(FourCc([b'm', b's', a, b])), more)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let codec = |id: &str| codec_of(id, &[1, 2], 48000, 2).0.to_string();
        assert_eq!(codec("V_MPEG4/ISO/AVC"), "h264");
        assert_eq!(codec("A_AC3/BSID9"), "ac3");
        assert_eq!(codec("S_TEXT/USF"), "TUSF");
        assert_eq!(codec_of("A_AAC/MPEG4/LC", &[], 44100, 2), (CodecId::Aac, vec![0x12, 0x10]));
        let mut bitmap = vec![0; 40];
        bitmap[16..20].copy_from_slice(b"H264");
        assert_eq!(codec_of("V_MS/VFW/FOURCC", &bitmap, 0, 0), (CodecId::H264, Vec::new()));
        let opus = codec_of("A_OPUS", b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0", 48000, 2).1;
        assert_eq!(opus, b"\0\x02\x01\x38\0\0\xbb\x80\0\0\0");
        assert_eq!(codec_of("A_FLAC", b"fLaC\x80abc", 0, 0).1, b"\0\0\0\0\x80abc");
        assert_eq!(codec_of("A_MS/ACM", &[0x55, 0], 0, 0).0, CodecId::Mp3);
        assert_eq!(codec_of("V_MS/VFW/FOURCC", &[], 0, 0).0, CodecId::Other(FourCc::default()));
    }
}
