//! [`WavDemuxer`].

use super::format;
use crate::io::Source;
use crate::pcm_file::{Layout, PcmFileDemuxer};
use crate::{Error, Limits, Result};

/// Reads WAVE files, RF64 and BW64 too.
///
/// Data whose length was not known to the writer (0, or all ones, as written to a pipe) go to the end of the file.
pub type WavDemuxer = PcmFileDemuxer<false>;

/// Reads the chunks before the data.
pub(crate) fn layout(source: &mut Source, limits: &Limits) -> Result<Layout> {
    let mut head = [0; 12];
    source.read_at(0, &mut head, "RIFF header")?;
    let long = match &head[..4] {
        b"RIFF" => false,
        b"RF64" | b"BW64" => true,
        _ => return Err(Error::invalid("RIFF header", 0)),
    };
    let (mut track, mut size64) = (None, None);
    let mut at = 12u64;
    for count in 1.. {
        Error::check_limit("max_top_level", count, limits.max_top_level)?;
        let mut header = [0; 8];
        source.read_at(at, &mut header, "WAVE chunk header")?;
        let [id @ .., s0, s1, s2, s3] = header;
        let size = u32::from_le_bytes([s0, s1, s2, s3]);
        let body = at + 8;
        match &id {
            b"fmt " if track.is_none() => {
                let payload = source.read_vec(body, u64::from(size).min(64), "fmt chunk")?;
                track = Some(format::parse(&payload, body)?);
            }
            b"ds64" if long => {
                let mut sizes = [0; 16];
                source.read_at(body, &mut sizes, "ds64 chunk")?;
                let [.., d0, d1, d2, d3, d4, d5, d6, d7] = sizes;
                size64 = Some(u64::from_le_bytes([d0, d1, d2, d3, d4, d5, d6, d7]));
            }
            b"data" => {
                let track = track.ok_or_else(|| Error::invalid("data chunk (before fmt)", at))?;
                let size = match size {
                    u32::MAX => size64.filter(|&n| n != u64::MAX && n != 0),
                    // Written to a pipe, by those who write 0.
                    0 if source.len() > body => None,
                    n => Some(n.into()),
                };
                return Ok(Layout { track, start: body, size });
            }
            _ => {}
        }
        // Chunks begin at even offsets.
        at = body + u64::from(size) + u64::from(size & 1);
    }
    Err(Error::invalid("WAVE without data", at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Demuxer, TrackId};
    use std::io::Cursor;

    fn wav(head: &[u8], chunks: &[(&[u8; 4], u32, &[u8])]) -> Result<WavDemuxer> {
        let mut file = [head, b"\0\0\0\0WAVE"].concat();
        for (id, size, payload) in chunks {
            file.extend_from_slice(*id);
            file.extend(size.to_le_bytes());
            file.extend_from_slice(payload);
        }
        WavDemuxer::new(Box::new(Cursor::new(file)), &Limits::default())
    }

    const FMT: (&[u8; 4], u32, &[u8]) = (b"fmt ", 16, &[1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]);

    #[test]
    fn chunks_are_padded_to_even_sizes() {
        let mut w =
            wav(b"RIFF", &[(b"LIST", 3, b"abc\0"), FMT, (b"data", 4, &[1, 2, 3, 4]), (b"junk", 9, b"")]).unwrap();
        let p = w.next_packet().unwrap().unwrap();
        assert_eq!((&p.data[..], p.pts, p.duration, p.samples), (&[1, 2, 3, 4][..], Some(0), 2, 2));
        assert!(w.next_packet().unwrap().is_none());
        w.seek(TrackId(0), 0).unwrap();
        assert!(w.next_packet().unwrap().is_some());
        assert!(w.seek(TrackId(0), 1).is_err());
    }

    #[test]
    fn lengths() {
        let frames = |w: Result<WavDemuxer>| w.map(|w| (w.frames, w.cut)).unwrap();
        let data = &[0; 6][..];
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 6, data)])), (3, false));
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 0, data)])), (3, false), "a pipe");
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", u32::MAX, data)])), (3, false), "a pipe");
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 8, data)])), (3, true), "cut short");
        assert_eq!(frames(wav(b"RIFF", &[FMT, (b"data", 5, data)])), (2, false), "half a sample");
        let mut ds64 = [0; 28];
        ds64[8] = 4;
        let ds64 = (b"ds64", 28, &ds64[..]);
        assert_eq!(frames(wav(b"RF64", &[ds64, FMT, (b"data", u32::MAX, data)])), (2, false));
    }

    #[test]
    fn damage() {
        let mut w = wav(b"RIFF", &[FMT, (b"data", 8, &[0; 6])]).unwrap();
        assert!(w.next_packet().unwrap().is_some());
        assert!(matches!(w.next_packet(), Err(Error::UnexpectedEnd { .. })));
        assert!(matches!(wav(b"RIFF", &[FMT]), Err(Error::UnexpectedEnd { .. })));
        assert!(matches!(wav(b"RIFF", &[(b"data", 2, &[0; 2])]), Err(Error::Invalid { .. })));
        assert!(matches!(wav(b"RIFX", &[FMT]), Err(Error::Invalid { .. })));
    }
}
