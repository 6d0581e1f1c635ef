//! What all audio codecs share: the names of loudspeakers.

use core::fmt;

/// Where a channel is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChannelPosition {
    /// Front left.
    FrontLeft,
    /// Front right.
    FrontRight,
    /// Front centre; the channel of mono sound.
    FrontCentre,
    /// Low-frequency effects.
    Lfe,
    /// Back left, also the left surround channel of 5.1.
    BackLeft,
    /// Back right, also the right surround channel of 5.1.
    BackRight,
    /// Between front left and front centre.
    FrontLeftOfCentre,
    /// Between front right and front centre.
    FrontRightOfCentre,
    /// Back centre.
    BackCentre,
    /// Side left.
    SideLeft,
    /// Side right.
    SideRight,
    /// Front left, above the listener.
    TopFrontLeft,
    /// Front right, above the listener.
    TopFrontRight,
    /// A second low-frequency channel.
    Lfe2,
    /// Front centre, above the listener.
    TopFrontCentre,
    /// Left, above the listener.
    TopSideLeft,
    /// Right, above the listener.
    TopSideRight,
    /// Right above the listener.
    TopCentre,
    /// Back left, above the listener.
    TopBackLeft,
    /// Back right, above the listener.
    TopBackRight,
    /// Back centre, above the listener.
    TopBackCentre,
    /// Front centre, below the listener.
    BottomFrontCentre,
    /// Front left, below the listener.
    BottomFrontLeft,
    /// Front right, below the listener.
    BottomFrontRight,
    /// Not said: one of several independent channels.
    Unknown,
}

impl ChannelPosition {
    /// The usual abbreviation: `FL`, `FR`, `FC`, `LFE`, `BL`, `BR`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::FrontLeft => "FL",
            Self::FrontRight => "FR",
            Self::FrontCentre => "FC",
            Self::Lfe => "LFE",
            Self::BackLeft => "BL",
            Self::BackRight => "BR",
            Self::FrontLeftOfCentre => "FLC",
            Self::FrontRightOfCentre => "FRC",
            Self::BackCentre => "BC",
            Self::SideLeft => "SL",
            Self::SideRight => "SR",
            Self::TopFrontLeft => "TFL",
            Self::TopFrontRight => "TFR",
            Self::Lfe2 => "LFE2",
            Self::TopFrontCentre => "TFC",
            Self::TopSideLeft => "TSL",
            Self::TopSideRight => "TSR",
            Self::TopCentre => "TC",
            Self::TopBackLeft => "TBL",
            Self::TopBackRight => "TBR",
            Self::TopBackCentre => "TBC",
            Self::BottomFrontCentre => "BFC",
            Self::BottomFrontLeft => "BFL",
            Self::BottomFrontRight => "BFR",
            Self::Unknown => "?",
        }
    }

    /// The bit in a `WAVEFORMATEXTENSIBLE` channel mask, which also is the channel's place in the order of WAV; `None` where it
    /// has none.
    pub const fn wav_bit(self) -> Option<u32> {
        Some(match self {
            Self::FrontLeft => 0,
            Self::FrontRight => 1,
            Self::FrontCentre => 2,
            Self::Lfe => 3,
            Self::BackLeft => 4,
            Self::BackRight => 5,
            Self::FrontLeftOfCentre => 6,
            Self::FrontRightOfCentre => 7,
            Self::BackCentre => 8,
            Self::SideLeft => 9,
            Self::SideRight => 10,
            Self::TopFrontLeft => 12,
            Self::TopFrontRight => 14,
            Self::TopFrontCentre => 13,
            Self::TopCentre => 11,
            Self::TopBackLeft => 15,
            Self::TopBackRight => 17,
            Self::TopBackCentre => 16,
            Self::Lfe2
            | Self::TopSideLeft
            | Self::TopSideRight
            | Self::BottomFrontCentre
            | Self::BottomFrontLeft
            | Self::BottomFrontRight
            | Self::Unknown => return None,
        })
    }
}

impl fmt::Display for ChannelPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
