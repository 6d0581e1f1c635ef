//! `udta` and `meta`: free-form metadata of iTunes (`ilst`) and QuickTime (`©xyz`, `mdta` keys).
//!
//! Nothing here is needed to play the file, and writers disagree about all of it: what can't be read is left out.

use std::collections::BTreeMap;

use crate::FourCc;
use crate::mp4::bytes::Bytes;

/// Adds what `udta` (or a `meta` beside it) says to `out`. Keys are four-character codes (`©nam`), the names of
/// iTunes' free-form items (`iTunSMPB`), or QuickTime's reverse-domain keys. The first value of a key stays.
pub(crate) fn parse_udta(mut b: Bytes, out: &mut BTreeMap<String, String>) {
    while let Ok(Some(child)) = b.next_box() {
        match &child.kind.0 {
            b"meta" => parse_meta(child.body, out),
            [0xa9, ..] => {
                let mut b = child.body;
                let (Ok(size), Ok(_language)) = (b.u16(), b.u16()) else { continue };
                if let Ok(text) = b.take(usize::from(size).min(b.remaining())) {
                    insert(out, key(child.kind), text);
                }
            }
            _ => {}
        }
    }
}

/// As [`parse_udta`], for `meta`.
pub(crate) fn parse_meta(mut b: Bytes, out: &mut BTreeMap<String, String>) {
    // ISO's `meta` is a full box, QuickTime's is not: there, a box type stands where ISO has the first box's size.
    if b.rest().get(4..8) != Some(b"hdlr") && b.skip(4).is_err() {
        return;
    }
    let mut keys = Vec::new();
    while let Ok(Some(child)) = b.next_box() {
        match &child.kind.0 {
            b"keys" => keys = parse_keys(child.body),
            b"ilst" => parse_ilst(child.body, &keys, out),
            _ => {}
        }
    }
}

fn parse_keys(mut b: Bytes) -> Vec<String> {
    let mut keys = Vec::new();
    if b.skip(8).is_ok() {
        while let Ok(Some(child)) = b.next_box() {
            keys.push(String::from_utf8_lossy(child.body.rest()).into_owned());
        }
    }
    keys
}

fn parse_ilst(mut b: Bytes, keys: &[String], out: &mut BTreeMap<String, String>) {
    while let Ok(Some(item)) = b.next_box() {
        let index = u32::from_be_bytes(item.kind.0) as usize;
        let mut name = keys.get(index.wrapping_sub(1)).cloned().unwrap_or_else(|| key(item.kind));
        let mut fields = item.body;
        while let Ok(Some(field)) = fields.next_box() {
            let mut b = field.body;
            match &field.kind.0 {
                b"name" if b.skip(4).is_ok() => name = String::from_utf8_lossy(b.rest()).into_owned(),
                b"data" => {
                    let (Ok(kind), Ok(_locale)) = (b.u32(), b.u32()) else { continue };
                    // Well-known type 1: UTF-8. Numbers and pictures are not text, but free-form items without a type are.
                    let kind = kind & 0x00ff_ffff;
                    if kind == 1 || (kind == 0 && item.kind.0 == *b"----") {
                        insert(out, std::mem::take(&mut name), b.rest());
                        break;
                    }
                }
                _ => {}
            }
        }
    }
}

fn key(kind: FourCc) -> String {
    kind.0.iter().map(|&b| char::from(b)).collect()
}

fn insert(out: &mut BTreeMap<String, String>, key: String, text: &[u8]) {
    let text = String::from_utf8_lossy(text).trim_end_matches('\0').to_owned();
    out.entry(key).or_insert(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::BoxWriter;

    fn data(w: &mut BoxWriter, text: &[u8]) {
        w.boxed(b"data", |w| {
            w.u32(1);
            w.u32(0);
            w.bytes(text);
        });
    }

    #[test]
    fn itunes_and_quicktime() {
        let mut w = BoxWriter::default();
        w.full(b"meta", 0, 0, |w| {
            w.full(b"hdlr", 0, 0, |w| w.zeros(20));
            w.boxed(b"ilst", |w| {
                w.boxed(b"\xa9nam", |w| data(w, b"Title"));
                w.boxed(b"----", |w| {
                    w.full(b"mean", 0, 0, |w| w.bytes(b"com.apple.iTunes"));
                    w.full(b"name", 0, 0, |w| w.bytes(b"iTunSMPB"));
                    data(w, b" 00000000 00000840");
                });
                w.boxed(b"----", |w| {
                    w.full(b"name", 0, 0, |w| w.bytes(b"untyped"));
                    w.full(b"mean", 0, 0, |w| w.bytes(b"com.apple.iTunes"));
                    w.full(b"data", 0, 0, |w| w.bytes(b"\0\0\0\0text"));
                });
            });
        });
        w.boxed(b"\xa9xyz", |w| {
            w.u16(4);
            w.u16(0);
            w.bytes(b"+1-2");
        });
        let bytes = w.into_bytes();
        let mut out = BTreeMap::new();
        parse_udta(Bytes::new(&bytes, 0, "udta"), &mut out);
        assert_eq!(out["©nam"], "Title");
        assert_eq!(out["iTunSMPB"], " 00000000 00000840");
        assert_eq!(out["untyped"], "text");
        assert_eq!(out["©xyz"], "+1-2");
    }
}
