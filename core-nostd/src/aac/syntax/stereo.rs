//! What `channel_pair_element()` says of both channels (4.4.2.1).

use super::ics::{Format, IcsInfo, Ltp};
use crate::bits::BitReader;
use crate::error::Result;

/// The common part of a channel pair.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pair {
    /// `common_window`: the windows of both channels.
    pub(crate) common: Option<IcsInfo>,
    /// Long-term prediction of the second channel, with a common window.
    pub(crate) second_ltp: Option<Ltp>,
    /// `ms_mask_present` is not 0.
    pub(crate) has_mask: bool,
    /// `ms_used`, a bit a band in the order of the bands.
    pub(crate) ms_used: u128,
}

impl Pair {
    pub(crate) fn read(r: &mut BitReader<'_>, format: &Format) -> Result<Self> {
        let mut pair = Self::default();
        // common_window, which is implied by AAC ELD.
        if !format.is_eld() && !r.flag()? {
            return Ok(pair);
        }
        let info = IcsInfo::read(r, format, Some(&mut pair.second_ltp))?;
        pair.common = Some(info);
        let bands = info.groups() * info.max_sfb;
        match r.u(2)? {
            0 => {}
            1 => {
                pair.has_mask = true;
                for i in 0..bands {
                    pair.ms_used |= u128::from(r.u(1)?) << i;
                }
            }
            2 => {
                pair.has_mask = true;
                pair.ms_used = u128::MAX;
            }
            _ => return Err(r.invalid("ms_mask_present")),
        }
        Ok(pair)
    }

    /// `ms_used` of a band.
    pub(crate) fn ms(&self, band: usize) -> bool {
        self.has_mask && self.ms_used >> band & 1 != 0
    }
}
