//! `esds`: an MPEG-4 elementary stream descriptor (ISO/IEC 14496-1 7.2.6.5; 14496-14 6.7).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// What is read of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Esds {
    /// `objectTypeIndication`, ISO/IEC 14496-1 table 5.
    pub(crate) object_type: u8,
    /// `DecoderSpecificInfo`; of AAC the `AudioSpecificConfig`.
    pub(crate) specific_info: Vec<u8>,
}

/// `ES_DescrTag`, `DecoderConfigDescrTag`, `DecSpecificInfoTag`.
const TAGS: [u8; 3] = [3, 4, 5];

/// The tag and body of the next descriptor. A length that runs past the end is cut: old writers got it wrong.
fn descriptor<'a>(b: &mut Bytes<'a>) -> Result<(u8, Bytes<'a>)> {
    let tag = b.u8()?;
    let mut size = 0usize;
    for _ in 0..4 {
        let byte = b.u8()?;
        size = size << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok((tag, b.sub(size.min(b.remaining()))?))
}

impl Esds {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        b.version_flags()?;
        let (tag, mut es) = descriptor(b)?;
        // Some QuickTime files start with the decoder configuration.
        if tag == TAGS[1] {
            return Self::decoder_config(es);
        }
        if tag != TAGS[0] {
            return Err(es.invalid());
        }
        es.skip(2)?;
        let flags = es.u8()?;
        if flags & 0x80 != 0 {
            es.skip(2)?;
        }
        if flags & 0x40 != 0 {
            let n = es.u8()?;
            es.skip(n.into())?;
        }
        if flags & 0x20 != 0 {
            es.skip(2)?;
        }
        while !es.is_empty() {
            let (tag, body) = descriptor(&mut es)?;
            if tag == TAGS[1] {
                return Self::decoder_config(body);
            }
        }
        Err(es.invalid())
    }

    /// Writes the box for a track of sound.
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        // Lengths take four bytes each: no configuration is too long.
        let length = |w: &mut BoxWriter, n: usize| {
            [21, 14, 7, 0].iter().for_each(|&s| w.u8((n >> s & 0x7f) as u8 | if s > 0 { 0x80 } else { 0 }));
        };
        let info = self.specific_info.len();
        let specific = if info > 0 { 5 + info } else { 0 };
        w.full(b"esds", 0, 0, |w| {
            w.u8(TAGS[0]);
            length(w, 3 + 5 + 13 + specific + 5 + 1);
            w.u16(0); // ES_ID: 0 in a file (14496-14 3.1.2)
            w.u8(0);
            w.u8(TAGS[1]);
            length(w, 13 + specific);
            w.u8(self.object_type);
            w.u8(0x15); // streamType 5, audio; reserved bit
            w.zeros(11); // bufferSizeDB, maxBitrate, avgBitrate: not known
            if info > 0 {
                w.u8(TAGS[2]);
                length(w, info);
                w.bytes(&self.specific_info);
            }
            w.bytes(&[6, 0x80, 0x80, 0x80, 1, 2]); // SLConfigDescriptor: predefined for MP4
        });
    }

    fn decoder_config(mut b: Bytes) -> Result<Self> {
        let object_type = b.u8()?;
        b.skip(12)?;
        let mut specific_info = Vec::new();
        while !b.is_empty() {
            let (tag, body) = descriptor(&mut b)?;
            if tag == TAGS[2] {
                specific_info = body.rest().to_vec();
                break;
            }
        }
        Ok(Self { object_type, specific_info })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for specific_info in [vec![], vec![0x12, 0x10], vec![7; 300]] {
            let esds = Esds { object_type: 0x40, specific_info };
            let mut w = BoxWriter::default();
            esds.write(&mut w);
            let bytes = w.into_bytes();
            let mut body = crate::mp4::bytes::only_box(&bytes).body;
            assert_eq!(Esds::parse(&mut body).unwrap(), esds);
        }
    }

    #[test]
    fn long_and_short_lengths() {
        let short = b"\0\0\0\0\x03\x19\0\x01\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x12\x10\x06\x01\x02";
        let long = b"\0\0\0\0\x03\x80\x80\x80\x1c\0\x01\0\x04\x80\x80\x80\x14\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x80\x80\x80\x02\x12\x10";
        for bytes in [&short[..], long] {
            let esds = Esds::parse(&mut Bytes::new(bytes, 0, "esds")).unwrap();
            assert_eq!(esds, Esds { object_type: 0x40, specific_info: vec![0x12, 0x10] });
        }
        assert!(Esds::parse(&mut Bytes::new(b"\0\0\0\0\x03\x03\0\x01\0", 0, "esds")).is_err());
    }
}
