//! Program specific information (2.4.4): sections, the PAT and PMTs.

use crate::{CodecId, FourCc, Language};

/// A section is at most this long (2.4.4.3, 2.4.4.9; private ones 4096).
const LONGEST: usize = 4096;

/// Puts the sections of one PID together.
#[derive(Debug, Clone, Default)]
pub(super) struct Sections {
    buf: Vec<u8>,
    open: bool,
}

impl Sections {
    /// Takes in the payload of a packet and hands out each section that it completes and whose CRC is right; how many
    /// were wrong.
    pub(super) fn push(&mut self, starts: bool, payload: &[u8], mut found: impl FnMut(&[u8])) -> u64 {
        let mut wrong = 0;
        let mut rest = payload;
        if starts {
            let pointer = usize::from(*payload.first().unwrap_or(&0));
            let Some(after) = payload.get(1 + pointer..) else {
                self.open = false;
                return 1;
            };
            if self.open {
                self.buf.extend_from_slice(&payload[1..1 + pointer]);
                wrong += self.take(&mut found);
            }
            (self.open, rest) = (true, after);
            self.buf.clear();
        }
        if self.open {
            self.buf.extend_from_slice(rest);
            wrong += self.take(&mut found);
        }
        wrong
    }
    fn take(&mut self, found: &mut impl FnMut(&[u8])) -> u64 {
        let mut wrong = 0;
        while let [id, l0, l1, ..] = self.buf[..] {
            // Stuffing follows the last section of a packet.
            if id == 0xff {
                (self.open, self.buf) = (false, Vec::new());
                break;
            }
            let len = 3 + (usize::from(l0 & 15) << 8 | usize::from(l1));
            if len > LONGEST {
                (self.open, self.buf) = (false, Vec::new());
                return wrong + 1;
            }
            if self.buf.len() < len {
                break;
            }
            match crc(&self.buf[..len]) {
                0 => found(&self.buf[..len]),
                _ => wrong += 1,
            }
            self.buf.drain(..len);
        }
        wrong
    }
}

/// CRC of annex A: 0 over a section with its CRC.
pub(super) fn crc(data: &[u8]) -> u32 {
    data.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |c, _| if c >> 31 != 0 { c << 1 ^ 0x04c1_1db7 } else { c << 1 })
    })
}

/// The part of a section between its long header and its CRC, if it is a current one of table `id`;
/// `table_id_extension` and `version_number` with it.
fn body(section: &[u8], id: u8) -> Option<(&[u8], u16, u8)> {
    let &[table, _, _, e0, e1, version, _, _, ref rest @ ..] = section else { return None };
    let current = version & 1 == 1;
    let body = rest.get(..rest.len().checked_sub(4)?)?;
    (table == id && current).then_some((body, u16::from_be_bytes([e0, e1]), version >> 1 & 31))
}

fn pid(hi: u8, lo: u8) -> u16 {
    u16::from_be_bytes([hi & 0x1f, lo])
}

/// Programs of a program association section: number and PID of the map.
pub(super) fn association(section: &[u8]) -> Vec<(u16, u16)> {
    let Some((body, ..)) = body(section, 0) else { return Vec::new() };
    let entries = body.as_chunks::<4>().0.iter();
    entries.map(|&[n0, n1, p0, p1]| (u16::from_be_bytes([n0, n1]), pid(p0, p1))).filter(|p| p.0 != 0).collect()
}

/// An elementary stream of a program map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Elementary {
    pub(super) pid: u16,
    pub(super) stream_type: u8,
    pub(super) codec: CodecId,
    pub(super) video: bool,
    pub(super) audio: bool,
    pub(super) language: Language,
}

/// A program map section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProgramMap {
    pub(super) program: u16,
    pub(super) version: u8,
    pub(super) streams: Vec<Elementary>,
}

/// Tags and bodies of a descriptor loop.
fn descriptors(mut data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let &[tag, len, ref rest @ ..] = data else { return None };
        let (head, tail) = rest.split_at_checked(len.into())?;
        data = tail;
        Some((tag, head))
    })
}

/// Reads a program map section.
pub(super) fn program_map(section: &[u8]) -> Option<ProgramMap> {
    let (body, program, version) = body(section, 2)?;
    let &[_, _, i0, i1, ref rest @ ..] = body else { return None };
    let mut rest = rest.get(usize::from(u16::from_be_bytes([i0 & 15, i1]))..)?;
    let mut streams = Vec::new();
    while let &[stream_type, p0, p1, l0, l1, ref more @ ..] = rest {
        let (info, next) = more.split_at_checked(usize::from(u16::from_be_bytes([l0 & 15, l1])))?;
        rest = next;
        let (codec, video, audio) = codec_of(stream_type, info);
        // ISO_639_language_descriptor.
        let language = descriptors(info).find(|d| d.0 == 0x0a).and_then(|d| d.1.get(..3));
        let language = Language::of_iso639_2(language.unwrap_or(&[]));
        streams.push(Elementary { pid: pid(p0, p1), stream_type, codec, video, audio, language });
    }
    Some(ProgramMap { program, version, streams })
}

/// Table 2-34 and the registrations of ATSC, DVB and SMPTE: the codec, and whether it is of pictures or of sound.
fn codec_of(stream_type: u8, info: &[u8]) -> (CodecId, bool, bool) {
    let video = |codec| (codec, true, false);
    let audio = |codec| (codec, false, true);
    // registration_descriptor.
    let registered = |name: &[u8; 4]| descriptors(info).any(|d| d.0 == 5 && d.1.starts_with(name));
    match stream_type {
        0x01 | 0x02 => video(CodecId::Mpeg2Video),
        0x03 | 0x04 => audio(CodecId::Mp3),
        0x0f => audio(CodecId::Aac),
        0x10 => video(CodecId::Mpeg4Visual),
        0x11 => audio(CodecId::AacLatm),
        0x1b => video(CodecId::H264),
        0x24 => video(CodecId::Hevc),
        0x81 => audio(CodecId::Ac3),
        0x87 => audio(CodecId::Eac3),
        0x06 if registered(b"AC-3") || descriptors(info).any(|d| d.0 == 0x6a) => audio(CodecId::Ac3),
        0x06 if registered(b"EAC3") || descriptors(info).any(|d| d.0 == 0x7a) => audio(CodecId::Eac3),
        0x06 if registered(b"Opus") => audio(CodecId::Opus),
        0x06 if registered(b"HEVC") => video(CodecId::Hevc),
        n => {
            let digit = |d: u8| b"0123456789abcdef"[usize::from(d & 15)];
            let codec = CodecId::Other(FourCc([b't', b's', digit(n >> 4), digit(n)]));
            // Pictures and sound of codecs without a name here: VVC, EVC, JPEG 2000 and XS; DTS, Dolby TrueHD, MPEG-H.
            (codec, matches!(n, 0x21 | 0x32..=0x35 | 0xd1 | 0xea), matches!(n, 0x1c | 0x2d | 0x2e | 0x82..=0x86 | 0x8a))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(table: u8, extension: u16, version: u8, body: &[u8]) -> Vec<u8> {
        let len = body.len() + 9;
        let mut s = vec![table, 0xb0 | (len >> 8) as u8, len as u8];
        s.extend_from_slice(&extension.to_be_bytes());
        s.extend_from_slice(&[0xc1 | version << 1, 0, 0]);
        s.extend_from_slice(body);
        s.extend_from_slice(&crc(&s).to_be_bytes());
        s
    }

    #[test]
    fn crc_of_the_annex() {
        // CRC-32/MPEG-2 of the check string.
        assert_eq!(crc(b"123456789"), 0x0376_e6e7);
    }

    #[test]
    fn tables() {
        let pat = section(0, 1, 3, &[0, 0, 0xe0, 0x10, 0, 1, 0xf0, 0]);
        assert_eq!(association(&pat), [(1, 0x1000)]);
        let body = [
            &[0xe1, 0, 0xf0, 2, 9, 0][..],
            &[0x1b, 0xe1, 0, 0xf0, 0],
            &[0x0f, 0xe1, 1, 0xf0, 6, 0x0a, 4, b'g', b'e', b'r', 0],
            &[0x06, 0xe1, 2, 0xf0, 6, 5, 4, b'A', b'C', b'-', b'3'],
            &[0x86, 0xe1, 3, 0xf0, 0],
        ]
        .concat();
        let map = program_map(&section(2, 1, 5, &body)).unwrap();
        assert_eq!((map.program, map.version), (1, 5));
        let got: Vec<_> = map.streams.iter().map(|s| (s.pid, s.codec.to_string(), s.language.to_string())).collect();
        let expected = [(0x100, "h264", "und"), (0x101, "aac", "deu"), (0x102, "ac3", "und"), (0x103, "ts86", "und")];
        assert_eq!(got.iter().map(|(p, c, l)| (*p, &c[..], &l[..])).collect::<Vec<_>>(), expected);
        assert!(program_map(&section(2, 1, 5, &[0xe1, 0, 0xff, 0xff])).is_none());
    }

    #[test]
    fn sections_over_packets() {
        let long = section(2, 7, 0, &[0xab; 400]);
        let short = section(0, 1, 0, &[0, 1, 0xe1, 0]);
        let mut payloads = vec![[&[0][..], &long[..183]].concat(), long[183..367].to_vec()];
        let tail = &long[367..];
        payloads.push([&[tail.len() as u8][..], tail, &short, &[0xff; 20]].concat());
        let (mut sections, mut found) = (Sections::default(), Vec::new());
        for (i, payload) in payloads.iter().enumerate() {
            assert_eq!(sections.push(i != 1, payload, |s| found.push(s.to_vec())), 0);
        }
        assert_eq!(found, [long.clone(), short.clone()]);
        let mut bad = short;
        bad[8] ^= 1;
        assert_eq!(Sections::default().push(true, &[&[0][..], &bad].concat(), |_| panic!()), 1);
    }
}
