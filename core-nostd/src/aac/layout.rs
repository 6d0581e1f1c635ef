//! Which elements a frame has and where their channels are heard (table 1.19, 4.5.1.2).

use super::config::AudioSpecificConfig;
use super::pce::{PceList, ProgramConfig};
use crate::audio::ChannelPosition;
use crate::error::{Error, Result};
use alloc::vec::Vec;

/// Kinds of elements that have output channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Single,
    Pair,
    Lfe,
}

/// An element of the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    /// `element_instance_tag`, where the program configuration says it.
    pub(crate) tag: Option<u8>,
    /// The first of its channels.
    pub(crate) first: usize,
}

impl Slot {
    pub(crate) fn channels(&self) -> usize {
        if self.kind == Kind::Pair { 2 } else { 1 }
    }
}

/// The elements of a program in the order of the stream, and their channels' positions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) slots: Vec<Slot>,
    pub(crate) positions: Vec<ChannelPosition>,
}

impl Layout {
    /// The layout that a configuration says, or `None` if the stream has to say it.
    pub(crate) fn new(config: &AudioSpecificConfig) -> Result<Option<Self>> {
        use ChannelPosition::*;
        use Kind::{Lfe as LfeElement, Pair, Single};
        let elements: &[(Kind, &[ChannelPosition])] = match config.channel_configuration {
            0 => return Ok(config.program_config.as_ref().map(Self::from_program)),
            1 => &[(Single, &[FrontCentre])],
            2 => &[(Pair, &[FrontLeft, FrontRight])],
            3 => &[(Single, &[FrontCentre]), (Pair, &[FrontLeft, FrontRight])],
            4 => &[(Single, &[FrontCentre]), (Pair, &[FrontLeft, FrontRight]), (Single, &[BackCentre])],
            5 => &[(Single, &[FrontCentre]), (Pair, &[FrontLeft, FrontRight]), (Pair, &[BackLeft, BackRight])],
            6 => &[
                (Single, &[FrontCentre]),
                (Pair, &[FrontLeft, FrontRight]),
                (Pair, &[BackLeft, BackRight]),
                (LfeElement, &[Lfe]),
            ],
            7 => &[
                (Single, &[FrontCentre]),
                (Pair, &[FrontLeftOfCentre, FrontRightOfCentre]),
                (Pair, &[FrontLeft, FrontRight]),
                (Pair, &[BackLeft, BackRight]),
                (LfeElement, &[Lfe]),
            ],
            11 => &[
                (Single, &[FrontCentre]),
                (Pair, &[FrontLeft, FrontRight]),
                (Pair, &[BackLeft, BackRight]),
                (Single, &[BackCentre]),
                (LfeElement, &[Lfe]),
            ],
            12 => &[
                (Single, &[FrontCentre]),
                (Pair, &[FrontLeft, FrontRight]),
                (Pair, &[SideLeft, SideRight]),
                (Pair, &[BackLeft, BackRight]),
                (LfeElement, &[Lfe]),
            ],
            14 => &[
                (Single, &[FrontCentre]),
                (Pair, &[FrontLeft, FrontRight]),
                (Pair, &[BackLeft, BackRight]),
                (LfeElement, &[Lfe]),
                (Pair, &[TopFrontLeft, TopFrontRight]),
            ],
            13 => &[
                (Single, &[FrontCentre]),
                (Pair, &[FrontLeftOfCentre, FrontRightOfCentre]),
                (Pair, &[FrontLeft, FrontRight]),
                (Pair, &[SideLeft, SideRight]),
                (Pair, &[BackLeft, BackRight]),
                (Single, &[BackCentre]),
                (LfeElement, &[Lfe]),
                (LfeElement, &[Lfe2]),
                (Single, &[TopFrontCentre]),
                (Pair, &[TopFrontLeft, TopFrontRight]),
                (Pair, &[TopSideLeft, TopSideRight]),
                (Single, &[TopCentre]),
                (Pair, &[TopBackLeft, TopBackRight]),
                (Single, &[TopBackCentre]),
                (Single, &[BottomFrontCentre]),
                (Pair, &[BottomFrontLeft, BottomFrontRight]),
            ],
            _ => return Err(Error::invalid("channelConfiguration")),
        };
        let mut layout = Self::default();
        for &(kind, positions) in elements {
            layout.push(kind, None, positions);
        }
        Ok(Some(layout))
    }

    fn push(&mut self, kind: Kind, tag: Option<u8>, positions: &[ChannelPosition]) {
        self.slots.push(Slot { kind, tag, first: self.positions.len() });
        self.positions.extend_from_slice(positions);
    }

    /// The layout of a program configuration: 4.5.1.2.1 orders front channels from the centre outwards, and side and back channels
    /// towards the back. What cannot be told apart is [`ChannelPosition::Unknown`].
    pub(crate) fn from_program(pce: &ProgramConfig) -> Self {
        use ChannelPosition::*;
        let mut layout = Self::default();
        let pairs = |list: &PceList| list.as_slice().iter().filter(|e| e.is_cpe).count();
        // Two single channels that stand for a pair, as some encoders write it, get no names.
        let front_pairs: &[[ChannelPosition; 2]] = match pairs(&pce.front) {
            0 | 1 => &[[FrontLeft, FrontRight]],
            _ => &[[FrontLeftOfCentre, FrontRightOfCentre], [FrontLeft, FrontRight]],
        };
        let side_pairs: &[[ChannelPosition; 2]] = &[[SideLeft, SideRight]];
        let back_pairs: &[[ChannelPosition; 2]] = &[[BackLeft, BackRight]];
        for (list, names, single) in [
            (&pce.front, front_pairs, FrontCentre),
            (&pce.side, side_pairs, Unknown),
            (&pce.back, back_pairs, BackCentre),
        ] {
            let mut pair = names.iter();
            let mut single = Some(single);
            for e in list.as_slice() {
                if e.is_cpe {
                    layout.push(Kind::Pair, Some(e.tag), pair.next().unwrap_or(&[Unknown; 2]));
                } else {
                    layout.push(Kind::Single, Some(e.tag), &[single.take().unwrap_or(Unknown)]);
                }
            }
        }
        let mut names = [Lfe, Lfe2].iter();
        for e in pce.lfe.as_slice() {
            layout.push(Kind::Lfe, Some(e.tag), &[*names.next().unwrap_or(&Unknown)]);
        }
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aac::config::AudioObjectType;

    #[test]
    fn every_configuration_has_its_channels() {
        for (configuration, channels) in
            [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 8), (11, 7), (12, 8), (13, 24), (14, 8)]
        {
            let config = AudioSpecificConfig::from_adts(AudioObjectType::LC, 4, configuration).unwrap();
            let layout = Layout::new(&config).unwrap().unwrap();
            assert_eq!(layout.positions.len(), channels);
            assert_eq!(layout.slots.iter().map(Slot::channels).sum::<usize>(), channels);
            let mut sorted = layout.positions.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), channels, "no position twice");
        }
    }
}
