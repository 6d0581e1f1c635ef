//! Headers of PES packets (2.4.3.6).

/// What is read of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PesHeader {
    /// 33 bits of 90 kHz.
    pub(super) pts: Option<u64>,
    /// 33 bits of 90 kHz.
    pub(super) dts: Option<u64>,
    /// Bytes of the header.
    pub(super) len: usize,
    /// Bytes of the payload; `None` is up to the next PES packet.
    pub(super) payload: Option<usize>,
}

/// What a PES packet's first bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed {
    /// More of it is needed.
    More,
    /// No PES packet.
    Wrong,
    Header(PesHeader),
}

impl PesHeader {
    /// Reads the header at the start of `d`.
    pub(super) fn parse(d: &[u8]) -> Parsed {
        let Some(&[p0, p1, p2, stream_id, l0, l1]) = d.first_chunk() else {
            return if d.iter().zip([0, 0, 1]).all(|(a, b)| *a == b) { Parsed::More } else { Parsed::Wrong };
        };
        if [p0, p1, p2] != [0, 0, 1] || stream_id < 0xbc {
            return Parsed::Wrong;
        }
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let header = |len: usize, pts, dts| {
            // 0 is unbounded; a length shorter than the header is a lie.
            let payload = (length != 0).then(|| length.saturating_sub(len - 6));
            Parsed::Header(Self { pts, dts, len, payload })
        };
        // Program stream map, padding, private 2, ECM, EMM, DSM-CC, H.222.1 E, directory: nothing but data.
        if matches!(stream_id, 0xbc | 0xbe | 0xbf | 0xf0 | 0xf1 | 0xf2 | 0xf8 | 0xff) {
            return header(6, None, None);
        }
        let Some(&[marker, flags, more]) = d.get(6..).and_then(<[u8]>::first_chunk) else { return Parsed::More };
        if marker >> 6 != 2 {
            return Parsed::Wrong;
        }
        let len = 9 + usize::from(more);
        let Some(fields) = d.get(9..len) else { return Parsed::More };
        let (pts, dts) = match flags >> 6 {
            2 => (timestamp(fields), None),
            3 => (timestamp(fields), fields.get(5..).and_then(timestamp)),
            _ => (None, None),
        };
        header(len, pts, dts)
    }
}

/// A time stamp; the markers of broken writers are not insisted on.
fn timestamp(d: &[u8]) -> Option<u64> {
    let &[a, b, c, d, e] = d.first_chunk()?;
    let (hi, mid, lo) = (u64::from(a >> 1 & 7), u16::from_be_bytes([b, c]) >> 1, u16::from_be_bytes([d, e]) >> 1);
    Some(hi << 30 | u64::from(mid) << 15 | u64::from(lo))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let d = [0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10, 0x31, 0, 7, 0xd8, 0x61, 0x11, 0, 7, 0xa5, 0x2f, 0xaa];
        let Parsed::Header(got) = PesHeader::parse(&d) else { panic!() };
        assert_eq!((got.len, got.payload), (19, None));
        assert_eq!((got.pts, got.dts), (Some(3 << 15 | 0x6c30), Some(3 << 15 | 0x5297)));
        for cut in 0..19 {
            assert_eq!(PesHeader::parse(&d[..cut]), Parsed::More, "{cut}");
        }
        assert_eq!(PesHeader::parse(&[0, 0, 2]), Parsed::Wrong);
        let audio = [0, 0, 1, 0xc0, 0, 20, 0x80, 0, 0, 1];
        assert_eq!(
            PesHeader::parse(&audio),
            Parsed::Header(PesHeader { pts: None, dts: None, len: 9, payload: Some(17) })
        );
        let all_ones = [0x3f, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(timestamp(&all_ones), Some((1 << 33) - 1));
    }
}
