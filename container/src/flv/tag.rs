//! The bodies of audio and video tags: which codec, which role, and where the coded bytes begin.

use crate::{CodecId, FourCc};

/// What a tag's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The codec's configuration.
    Configuration,
    /// A coded unit.
    Frame,
    /// Nothing that a packet is made of.
    Nothing,
    /// Something that is not read.
    Unsupported(&'static str),
}

/// The start of an audio or video tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TagBody {
    pub(super) codec: CodecId,
    pub(super) role: Role,
    pub(super) key: bool,
    /// Presentation minus decoding time in milliseconds.
    pub(super) composition: i32,
    /// Bytes before the coded ones.
    pub(super) len: usize,
    /// Sound: samples a second, channels, bits, as the tag says them.
    pub(super) sound: (u32, u32, u32),
}

/// Bytes that the start of a tag can take.
pub(super) const START: usize = 8;

fn other(kind: u8, code: u8) -> CodecId {
    CodecId::Other(FourCc([b'f', b'l', kind, b'a' + code.min(25)]))
}

fn of_fourcc(code: [u8; 4]) -> CodecId {
    match &code {
        b"avc1" => CodecId::H264,
        b"hvc1" => CodecId::Hevc,
        b"av01" => CodecId::Av1,
        b"vp08" => CodecId::Vp8,
        b"vp09" => CodecId::Vp9,
        b"mp4a" => CodecId::Aac,
        b"Opus" => CodecId::Opus,
        b"ac-3" => CodecId::Ac3,
        b"ec-3" => CodecId::Eac3,
        b"fLaC" => CodecId::Flac,
        b".mp3" => CodecId::Mp3,
        _ => CodecId::Other(FourCc(code)),
    }
}

fn signed24(b: [u8; 3]) -> i32 {
    i32::from_be_bytes([b[0], b[1], b[2], 0]) >> 8
}

/// Reads the start of a video tag (E.4.3.1; Enhanced RTMP "ExVideoTagHeader").
pub(super) fn video(d: &[u8]) -> Option<TagBody> {
    let &first = d.first()?;
    let key = first >> 4 & 7 == 1;
    let body = |codec, role, composition, len| TagBody { codec, role, key, composition, len, sound: (0, 0, 0) };
    if first & 0x80 != 0 {
        let kind = first & 15;
        let codec = of_fourcc(*d.get(1..)?.first_chunk()?);
        let offset = matches!(codec, CodecId::H264 | CodecId::Hevc);
        return Some(match kind {
            0 => body(codec, Role::Configuration, 0, 5),
            1 if offset => body(codec, Role::Frame, signed24(*d.get(5..)?.first_chunk()?), 8),
            1 | 3 => body(codec, Role::Frame, 0, 5),
            2 | 4 => body(codec, Role::Nothing, 0, 5),
            6 => body(codec, Role::Unsupported("several tracks in an FLV tag"), 0, 5),
            _ => body(codec, Role::Unsupported("Enhanced RTMP packets of another type"), 0, 5),
        });
    }
    // Frame type 5 is a command to the player.
    let role = if first >> 4 == 5 { Role::Nothing } else { Role::Frame };
    Some(match first & 15 {
        7 => {
            let [kind, c0, c1, c2] = *d.get(1..)?.first_chunk()?;
            let role = match kind {
                0 => Role::Configuration,
                1 => role,
                _ => Role::Nothing,
            };
            body(CodecId::H264, role, signed24([c0, c1, c2]), 5)
        }
        2 => body(CodecId::H263, role, 0, 1),
        // Not of the specification, but of many servers.
        12 => body(CodecId::Hevc, role, 0, 5.min(d.len())),
        code => body(other(b'v', code), role, 0, 1),
    })
}

/// Reads the start of an audio tag (E.4.2.1; Enhanced RTMP "ExAudioTagHeader").
pub(super) fn audio(d: &[u8]) -> Option<TagBody> {
    let &first = d.first()?;
    let rate = [5512, 11025, 22050, 44100][usize::from(first >> 2 & 3)];
    let bits = if first & 2 != 0 { 16 } else { 8 };
    let channels = if first & 1 != 0 { 2 } else { 1 };
    let body =
        |codec, role, len, rate| TagBody { codec, role, key: true, composition: 0, len, sound: (rate, channels, bits) };
    Some(match first >> 4 {
        9 => {
            let codec = of_fourcc(*d.get(1..)?.first_chunk()?);
            let role = match first & 15 {
                0 => Role::Configuration,
                1 => Role::Frame,
                2 | 4 => Role::Nothing,
                5 => Role::Unsupported("several tracks in an FLV tag"),
                _ => Role::Unsupported("Enhanced RTMP packets of another type"),
            };
            body(codec, role, 5, 0)
        }
        10 => {
            let role = if *d.get(1)? == 0 { Role::Configuration } else { Role::Frame };
            body(CodecId::Aac, role, 2, rate)
        }
        2 => body(CodecId::Mp3, Role::Frame, 1, rate),
        14 => body(CodecId::Mp3, Role::Frame, 1, 8000),
        0 | 3 => body(CodecId::Pcm(FourCc(*b"sowt")), Role::Frame, 1, rate),
        7 => body(CodecId::Pcm(FourCc(*b"alaw")), Role::Frame, 1, 8000),
        8 => body(CodecId::Pcm(FourCc(*b"ulaw")), Role::Frame, 1, 8000),
        code => body(other(b'a', code), Role::Frame, 1, rate),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn video_tags() {
        let avc = video(&[0x17, 1, 0xff, 0xff, 0xfe, 9]).unwrap();
        assert_eq!((avc.codec, avc.role, avc.key, avc.composition, avc.len), (CodecId::H264, Role::Frame, true, -2, 5));
        assert_eq!(video(&[0x27, 0, 0, 0, 0]).map(|t| (t.role, t.key)), Some((Role::Configuration, false)));
        assert_eq!(video(&[0x17, 2, 0, 0, 0]).unwrap().role, Role::Nothing);
        assert_eq!(video(&[0x17, 1, 0]), None);
        let enhanced = video(&[0x91, b'a', b'v', b'c', b'1', 0, 0, 80]).unwrap();
        assert_eq!((enhanced.codec, enhanced.composition, enhanced.len), (CodecId::H264, 80, 8));
        let without = video(&[0xa3, b'h', b'v', b'c', b'1']).unwrap();
        assert_eq!((without.codec, without.key, without.len), (CodecId::Hevc, false, 5));
        assert_eq!(video(&[0x22]).unwrap().codec, CodecId::H263);
        assert_eq!(video(&[0x57, 1, 0, 0, 0]).unwrap().role, Role::Nothing);
    }

    #[test]
    fn audio_tags() {
        assert_eq!(audio(&[0xaf, 0]).map(|t| (t.codec, t.role)), Some((CodecId::Aac, Role::Configuration)));
        assert_eq!(audio(&[0xaf, 1]).map(|t| (t.role, t.sound)), Some((Role::Frame, (44100, 2, 16))));
        assert_eq!(audio(&[0x2e]).map(|t| (t.codec, t.sound.1)), Some((CodecId::Mp3, 1)));
        assert_eq!(audio(&[0x91, b'O', b'p', b'u', b's']).map(|t| (t.codec, t.len)), Some((CodecId::Opus, 5)));
        assert_eq!(audio(&[0xaf]), None);
    }
}
