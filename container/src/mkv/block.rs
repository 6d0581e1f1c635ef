//! `SimpleBlock` and `Block` (RFC 9559 10): header and lacing.

use super::ebml::vint;

/// How frames share a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacing {
    None,
    Xiph,
    Fixed,
    Ebml,
}

/// The start of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHeader {
    pub(super) track: u64,
    /// Time relative to the cluster's.
    pub(super) timestamp: i16,
    /// `SimpleBlock` only: keyframe.
    pub(super) key: bool,
    /// To be decoded, not shown.
    pub(super) invisible: bool,
    lacing: Lacing,
    /// Bytes before the frames, or before what tells their sizes.
    len: usize,
}

impl BlockHeader {
    /// Bytes that the header can take.
    pub(super) const SIZE: usize = 8 + 3;

    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let (track, n) = vint(data)?;
        let &[t0, t1, flags, ..] = data.get(n..)? else { return None };
        let lacing = match flags >> 1 & 3 {
            0 => Lacing::None,
            1 => Lacing::Xiph,
            2 => Lacing::Fixed,
            _ => Lacing::Ebml,
        };
        Some(Self {
            track: track?,
            timestamp: i16::from_be_bytes([t0, t1]),
            key: flags & 0x80 != 0,
            invisible: flags & 8 != 0,
            lacing,
            len: n + 3,
        })
    }
    pub(super) fn is_laced(&self) -> bool {
        self.lacing != Lacing::None
    }
    /// Offset in the block, and size, of each frame of a block of `size` bytes that starts with `data`.
    pub(super) fn frames(&self, data: &[u8], size: u64) -> Option<Vec<(u64, u64)>> {
        let rest = size.checked_sub(self.len as u64)?;
        if self.lacing == Lacing::None {
            return Some(vec![(self.len as u64, rest)]);
        }
        let mut at = self.len;
        let frames = usize::from(*data.get(at)?) + 1;
        at += 1;
        let mut sizes: Vec<u64> = Vec::with_capacity(frames);
        match self.lacing {
            Lacing::Fixed => {
                let rest = size.checked_sub(at as u64)?;
                let each = rest / frames as u64;
                if !rest.is_multiple_of(frames as u64) {
                    return None;
                }
                sizes.resize(frames, each);
            }
            Lacing::Xiph => {
                for _ in 1..frames {
                    let mut sum = 0u64;
                    loop {
                        let byte = *data.get(at)?;
                        at += 1;
                        sum += u64::from(byte);
                        if byte != 255 {
                            break;
                        }
                    }
                    sizes.push(sum);
                }
            }
            _ => {
                for i in 1..frames {
                    let (value, n) = vint(data.get(at..)?)?;
                    at += n;
                    // Differences are stored with half of their range added (RFC 9559 10.3.3).
                    let value = value?;
                    let size = match sizes.last() {
                        None => value,
                        Some(&last) => (last + value).checked_sub((1 << (7 * n - 1)) - 1)?,
                    };
                    debug_assert_eq!(sizes.len() + 1, i);
                    sizes.push(size);
                }
            }
        }
        if sizes.len() < frames {
            let taken = sizes.iter().try_fold(at as u64, |sum, &s| sum.checked_add(s))?;
            sizes.push(size.checked_sub(taken)?);
        }
        let mut offset = at as u64;
        let place = |size: u64| {
            let from = offset;
            offset += size;
            (from, size)
        };
        Some(sizes.into_iter().map(place).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(flags: u8, rest: &[u8], payload: u64) -> Option<Vec<u64>> {
        let data = [&[0x81, 0xff, 0xfe, flags][..], rest].concat();
        let header = BlockHeader::parse(&data).unwrap();
        assert_eq!((header.track, header.timestamp, header.key), (1, -2, flags & 0x80 != 0));
        let size = data.len() as u64 + payload;
        let frames = header.frames(&data, size)?;
        let mut at = data.len() as u64;
        for &(offset, size) in &frames {
            assert_eq!(offset, at);
            at += size;
        }
        assert_eq!(at, size);
        Some(frames.iter().map(|f| f.1).collect())
    }

    #[test]
    fn lacings() {
        assert_eq!(frames(0x80, &[], 9), Some(vec![9]));
        // The examples of RFC 9559 10.3: frames of 800, 500 and 1000 bytes.
        assert_eq!(frames(0x02, &[2, 255, 255, 255, 35, 255, 245], 2300), Some(vec![800, 500, 1000]));
        assert_eq!(frames(0x06, &[2, 0x43, 0x20, 0x5e, 0xd3], 2300), Some(vec![800, 500, 1000]));
        assert_eq!(frames(0x04, &[2], 2400), Some(vec![800, 800, 800]));
        assert_eq!(frames(0x04, &[2], 2401), None);
        assert_eq!(frames(0x02, &[1, 100], 99), None, "a frame longer than its block");
        assert_eq!(frames(0x06, &[2, 0x81, 0x80], 99), None, "a negative size");
        assert_eq!(frames(0x06, &[0], 5), Some(vec![5]), "a lace of one");
        assert_eq!(frames(0x02, &[3, 255], 0), None, "no end of a size");
    }
}
