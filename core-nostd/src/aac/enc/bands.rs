//! The bands of a channel in one frame: scalefactor bands of window groups, one after the other as they are coded.

use crate::aac::syntax::ics::{MAX_BANDS, WindowSequence};
use crate::aac::tables;

/// Lines of a frame.
pub(crate) const LINES: usize = 1024;

/// Where bands begin in a spectrum that is ordered by group, band, window.
#[derive(Debug, Clone)]
pub(crate) struct Bands {
    pub(crate) sequence: WindowSequence,
    /// Windows of each group; the groups are `groups`.
    pub(crate) group_lengths: [u8; 8],
    pub(crate) groups: usize,
    /// Bands of each group.
    pub(crate) per_group: usize,
    /// First line of each band, and the end of the last.
    starts: [u16; MAX_BANDS + 1],
}

impl Bands {
    /// Bands of long windows, `per_group` of them.
    pub(crate) fn long(sequence: WindowSequence, frequency_index: u8, per_group: usize) -> Self {
        let mut bands = Self {
            sequence,
            group_lengths: [1, 0, 0, 0, 0, 0, 0, 0],
            groups: 1,
            per_group,
            starts: [0; MAX_BANDS + 1],
        };
        bands.starts[..=per_group].copy_from_slice(&tables::long_bands(frequency_index, LINES as u16)[..=per_group]);
        bands
    }

    /// Bands of short windows in groups, `per_group` of each.
    pub(crate) fn short(group_lengths: [u8; 8], frequency_index: u8, per_group: usize) -> Self {
        let groups = group_lengths.iter().take_while(|&&l| l > 0).count();
        let mut bands =
            Self { sequence: WindowSequence::EightShort, group_lengths, groups, per_group, starts: [0; MAX_BANDS + 1] };
        let offsets = tables::short_bands(frequency_index);
        let mut first = 0;
        for g in 0..groups {
            let windows = u16::from(group_lengths[g]);
            for sfb in 0..per_group {
                bands.starts[g * per_group + sfb] = first + offsets[sfb] * windows;
            }
            first += offsets[per_group] * windows;
        }
        bands.starts[groups * per_group] = first;
        bands
    }

    pub(crate) fn is_short(&self) -> bool {
        self.sequence == WindowSequence::EightShort
    }
    /// Bands of all groups.
    pub(crate) fn count(&self) -> usize {
        self.groups * self.per_group
    }
    /// The lines of band `b`.
    #[inline]
    pub(crate) fn lines(&self, b: usize) -> core::ops::Range<usize> {
        usize::from(self.starts[b])..usize::from(self.starts[b + 1])
    }
    /// Windows of the group that band `b` is in.
    pub(crate) fn windows(&self, b: usize) -> usize {
        usize::from(self.group_lengths[b / self.per_group])
    }

    /// Brings the spectra of eight short windows into the order of the bands.
    pub(crate) fn reorder(&self, frequency_index: u8, spectrum: &mut [f32; LINES]) {
        let source = *spectrum;
        let offsets = tables::short_bands(frequency_index);
        let (mut window, mut to) = (0, 0);
        for g in 0..self.groups {
            let windows = usize::from(self.group_lengths[g]);
            for sfb in 0..self.per_group {
                let (start, end) = (usize::from(offsets[sfb]), usize::from(offsets[sfb + 1]));
                for w in window..window + windows {
                    let band = &source[128 * w + start..128 * w + end];
                    spectrum[to..to + band.len()].copy_from_slice(band);
                    to += band.len();
                }
            }
            window += windows;
        }
        spectrum[to..].fill(0.0);
    }
}
