//! AMF 0 (Adobe's Action Message Format), as far as `onMetaData` goes: names with numbers, truth values and text.

use std::collections::BTreeMap;

/// Deeper objects than this are not read.
const DEEPEST: u32 = 8;

/// A cursor over a script tag.
struct Reader<'a> {
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.data.split_at_checked(n)?;
        self.data = tail;
        Some(head)
    }
    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }
    fn length(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |n, &b| n << 8 | usize::from(b)))
    }
    fn text(&mut self, length_bytes: usize) -> Option<String> {
        let n = self.length(length_bytes)?;
        Some(String::from_utf8_lossy(self.take(n)?).into_owned())
    }
    /// A value; plain ones at `depth` 1 go into `out` under `name`.
    fn value(&mut self, name: &str, depth: u32, out: &mut BTreeMap<String, String>) -> Option<()> {
        let mut keep = |text: String| {
            if depth == 1 {
                out.insert(name.to_owned(), text);
            }
        };
        match self.u8()? {
            0 => keep(f64::from_be_bytes(self.take(8)?.try_into().ok()?).to_string()),
            1 => keep((self.u8()? != 0).to_string()),
            2 => keep(self.text(2)?),
            12 => keep(self.text(4)?),
            3 => self.properties(depth, out)?,
            8 => {
                self.take(4)?;
                self.properties(depth, out)?;
            }
            10 if depth < DEEPEST => {
                for _ in 0..self.length(4)? {
                    self.value("", depth.max(1) + 1, out)?;
                }
            }
            11 => drop(self.take(10)?),
            7 => drop(self.take(2)?),
            5 | 6 | 13 => {}
            _ => return None,
        }
        Some(())
    }
    /// Names and values up to the end marker.
    fn properties(&mut self, depth: u32, out: &mut BTreeMap<String, String>) -> Option<()> {
        if depth >= DEEPEST {
            return None;
        }
        loop {
            let name = self.text(2)?;
            if name.is_empty() && self.data.first() == Some(&9) {
                self.u8();
                return Some(());
            }
            self.value(&name, depth + 1, out)?;
        }
    }
}

/// What the script tag `data` says, if it is `onMetaData`; of a damaged one, what comes before the damage.
pub(super) fn metadata(data: &[u8]) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut reader = Reader { data };
    if reader.u8() == Some(2) && reader.text(2).as_deref() == Some("onMetaData") {
        let _ = reader.value("", 0, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_meta_data() {
        let mut tag = b"\x02\0\x0aonMetaData\x08\0\0\0\x03\0\x08duration\0".to_vec();
        tag.extend_from_slice(&2.5f64.to_be_bytes());
        tag.extend_from_slice(
            b"\0\x05title\x02\0\x02ab\0\x06stereo\x01\x01\0\x01k\x03\0\x01x\x02\0\x01y\0\0\x09\0\0\x09",
        );
        let got = metadata(&tag);
        let expected = [("duration", "2.5"), ("stereo", "true"), ("title", "ab")];
        assert_eq!(got.iter().map(|(k, v)| (&k[..], &v[..])).collect::<Vec<_>>(), expected);
        for cut in 0..tag.len() {
            metadata(&tag[..cut]);
        }
        let deep = [&tag[..14], &[0, 0, 0, 0], &b"\0\x01a\x03".repeat(5000)].concat();
        assert!(metadata(&deep).is_empty());
    }
}
