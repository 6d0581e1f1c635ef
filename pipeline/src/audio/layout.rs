//! Which loudspeakers a sound is for.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;
use transcode_core::ChannelPosition;

/// The channels of a sound: how many, and where they are heard. Channels come in the order of a WAVE channel mask's bits: front
/// left, front right, front centre, low frequencies, back left, back right, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelLayout {
    channels: u16,
    /// As `dwChannelMask`; 0 where positions are not known.
    mask: u32,
}

/// Layouts with names, best known first.
const NAMED: &[(&str, u32)] = &[
    ("mono", 0x4),
    ("stereo", 0x3),
    ("5.1", 0x3f),
    ("7.1", 0x63f),
    ("2.1", 0xb),
    ("3.0", 0x7),
    ("3.1", 0xf),
    ("4.0", 0x107),
    ("quad", 0x33),
    ("5.0", 0x37),
    ("5.1(side)", 0x60f),
    ("6.1", 0x70f),
    ("7.1(wide)", 0xff),
];

impl ChannelLayout {
    /// One channel.
    pub const MONO: Self = Self { channels: 1, mask: 0x4 };
    /// Left and right.
    pub const STEREO: Self = Self { channels: 2, mask: 0x3 };
    /// Front, centre, low frequencies and back (ITU-R BS.775 3/2 with LFE).
    pub const SURROUND_5_1: Self = Self { channels: 6, mask: 0x3f };
    /// As 5.1, with side channels.
    pub const SURROUND_7_1: Self = Self { channels: 8, mask: 0x63f };

    /// The layout of a channel mask; `None` without channels.
    pub const fn of_mask(mask: u32) -> Option<Self> {
        if mask == 0 { None } else { Some(Self { channels: mask.count_ones() as u16, mask }) }
    }
    /// The usual layout of so many channels, or one of unknown positions where there is no usual one. `None` for 0 channels.
    pub fn of_count(channels: u16) -> Option<Self> {
        let mask = match channels {
            0 => return None,
            1 => 0x4,
            2 => 0x3,
            3 => 0x7,
            4 => 0x107,
            5 => 0x37,
            6 => 0x3f,
            7 => 0x70f,
            8 => 0x63f,
            _ => 0,
        };
        Some(Self { channels, mask })
    }
    /// The layout of `channels` channels that a container describes by `mask`, 0 if it does not.
    pub(crate) fn described(channels: u32, mask: u32) -> Option<Self> {
        match Self::of_mask(mask) {
            Some(layout) if u32::from(layout.channels) == channels => Some(layout),
            _ => Self::of_count(u16::try_from(channels).ok()?),
        }
    }
    /// A layout for channels at these positions, and for each of its channels which of them it is.
    pub(crate) fn of_positions(positions: &[ChannelPosition]) -> (Self, Vec<usize>) {
        let mut order: Vec<usize> = (0..positions.len()).collect();
        let bits: Option<Vec<u32>> = positions.iter().map(|p| p.wav_bit()).collect();
        if let Some(bits) = bits {
            order.sort_by_key(|&i| bits[i]);
            let mask = bits.iter().fold(0, |m, b| m | 1 << b);
            if let Some(layout) = Self::of_mask(mask).filter(|l| usize::from(l.channels) == positions.len()) {
                return (layout, order);
            }
        }
        // Nothing is known of where they are heard; they stay as they come.
        let channels = u16::try_from(positions.len()).unwrap_or(u16::MAX);
        (Self { channels, mask: 0 }, (0..positions.len()).collect())
    }
    /// How many channels.
    pub const fn channels(self) -> usize {
        self.channels as usize
    }
    /// The WAVE channel mask, 0 where positions are not known.
    pub const fn mask(self) -> u32 {
        self.mask
    }
    /// The bits of the mask, one a channel, in the order of the channels; empty where positions are not known.
    pub(crate) fn bits(self) -> impl Iterator<Item = u32> {
        (0..32).filter(move |b| self.mask >> b & 1 == 1)
    }
    /// The names that [`FromStr`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|n| n.0)
    }
}

impl fmt::Display for ChannelLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMED.iter().find(|n| n.1 == self.mask) {
            Some((name, _)) => f.pad(name),
            None => write!(f, "{} channels", self.channels),
        }
    }
}

impl FromStr for ChannelLayout {
    type Err = Error;

    /// Reads a name (`stereo`, `5.1`) or a number of channels, which means their usual layout.
    fn from_str(s: &str) -> Result<Self, Error> {
        let named = NAMED.iter().find(|n| n.0 == s).and_then(|n| Self::of_mask(n.1));
        let counted = || s.parse().ok().and_then(Self::of_count).filter(|l| l.mask != 0);
        named.or_else(counted).ok_or_else(|| {
            let good: Vec<_> = Self::names().collect();
            Error::option(
                "audio_channels",
                format!("{s:?} is not one of {}, nor a number from 1 to 8", good.join(", ")),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ChannelLayout::names() {
            let layout: ChannelLayout = name.parse().unwrap();
            assert_eq!(layout.to_string(), name);
            assert_eq!(layout.bits().count(), layout.channels());
        }
        assert_eq!("6".parse::<ChannelLayout>().unwrap(), ChannelLayout::SURROUND_5_1);
        assert_eq!("2".parse::<ChannelLayout>().unwrap(), ChannelLayout::STEREO);
        for bad in ["", "0", "9", "Stereo", "5.2", "-1"] {
            let error = bad.parse::<ChannelLayout>().unwrap_err().to_string();
            assert!(error.contains("mono, stereo, 5.1, 7.1"), "{error}");
        }
    }

    #[test]
    fn the_order_of_wave() {
        use ChannelPosition::*;
        let (layout, order) =
            ChannelLayout::of_positions(&[FrontCentre, FrontLeft, FrontRight, BackLeft, BackRight, Lfe]);
        assert_eq!((layout, &order[..]), (ChannelLayout::SURROUND_5_1, &[1, 2, 0, 5, 3, 4][..]));
        let (layout, order) = ChannelLayout::of_positions(&[Unknown, FrontLeft]);
        assert_eq!((layout.mask(), layout.channels(), &order[..]), (0, 2, &[0, 1][..]));
        assert_eq!(ChannelLayout::described(6, 0x60f).unwrap().to_string(), "5.1(side)");
        assert_eq!(ChannelLayout::described(2, 0x60f), Some(ChannelLayout::STEREO));
        assert_eq!(ChannelLayout::described(0, 0), None);
        assert_eq!(ChannelLayout::described(12, 0).unwrap().to_string(), "12 channels");
    }
}
