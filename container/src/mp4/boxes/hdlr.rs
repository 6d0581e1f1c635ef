//! `hdlr`: what kind of track (ISO/IEC 14496-12 8.4.3).

use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::{FourCc, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hdlr {
    pub(crate) handler_type: FourCc,
    pub(crate) name: String,
}

impl Hdlr {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        b.version_flags()?;
        let component_type = b.fourcc()?;
        let handler_type = b.fourcc()?;
        b.skip(12.min(b.remaining()))?;
        let mut name = b.rest();
        // QuickTime (`mhlr`, `dhlr`) writes a Pascal string; some MP4 writers do too, without saying so.
        let pascal = name.first().is_some_and(|&n| {
            n as usize == name.len() - 1 || (component_type != FourCc::default() && (n as usize) < name.len())
        });
        if let (true, Some((&n, text))) = (pascal, name.split_first()) {
            name = &text[..n as usize];
        }
        let end = name.iter().position(|&c| c == 0).unwrap_or(name.len());
        Ok(Self { handler_type, name: String::from_utf8_lossy(&name[..end]).into_owned() })
    }
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        w.full(b"hdlr", 0, 0, |w| {
            w.u32(0);
            w.bytes(&self.handler_type.0);
            w.zeros(12);
            let text = self.name.as_bytes();
            w.bytes(&text[..text.iter().position(|&c| c == 0).unwrap_or(text.len())]);
            w.u8(0);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip_and_pascal_names() {
        let hdlr = Hdlr { handler_type: FourCc(*b"vide"), name: "Vidéo".into() };
        let mut w = BoxWriter::default();
        hdlr.write(&mut w);
        assert_eq!(Hdlr::parse(&mut only_box(&w.into_bytes()).body).unwrap(), hdlr);
        let quicktime = b"\0\0\0\0mhlrsoun\0\0\0\0\0\0\0\0\0\0\0\0\x05Sound";
        assert_eq!(Hdlr::parse(&mut Bytes::new(quicktime, 0, "hdlr")).unwrap().name, "Sound");
        let empty = b"\0\0\0\0\0\0\0\0soun\0\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(Hdlr::parse(&mut Bytes::new(empty, 0, "hdlr")).unwrap().name, "");
    }
}
