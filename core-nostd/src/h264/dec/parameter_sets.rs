//! The parameter sets that have been received, and which of them this decoder can follow.

use crate::error::{Error, Result};
use crate::h264::params::{Pps, Sps, pps};
use crate::limits::Limits;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The longest picture parameter set that is kept. Scaling lists make it 3 KB at most.
const MAX_PPS_BYTES: usize = 1 << 16;

/// A picture parameter set as it was sent. It is read when a slice needs it: its meaning depends on the sequence
/// parameter set, which may come later or come again with another content (7.4.1.2.1).
#[derive(Debug, Default)]
struct PpsSlot {
    rbsp: Vec<u8>,
    seq_parameter_set_id: u8,
    parsed: Option<Arc<Pps>>,
}

/// All parameter sets by id.
#[derive(Debug, Default)]
pub(crate) struct ParameterSets {
    sps: Vec<Option<Arc<Sps>>>,
    pps: Vec<Option<PpsSlot>>,
}

/// The slot of `id`, made if need be.
fn slot<T>(slots: &mut Vec<Option<T>>, id: u8) -> &mut Option<T> {
    let i = usize::from(id);
    if slots.len() <= i {
        slots.resize_with(i + 1, || None);
    }
    &mut slots[i]
}

impl ParameterSets {
    /// Takes a sequence parameter set. One with the content of the one before changes nothing.
    ///
    /// # Errors
    /// As [`Sps::parse`].
    pub(crate) fn set_sps(&mut self, rbsp: &[u8]) -> Result<Arc<Sps>> {
        let sps = Sps::parse(rbsp)?;
        let id = sps.seq_parameter_set_id;
        let slot = slot(&mut self.sps, id);
        match slot {
            Some(old) if **old == sps => Ok(Arc::clone(old)),
            _ => {
                let sps = Arc::new(sps);
                *slot = Some(Arc::clone(&sps));
                for pps in self.pps.iter_mut().flatten().filter(|p| p.seq_parameter_set_id == id) {
                    pps.parsed = None;
                }
                Ok(sps)
            }
        }
    }

    /// Takes a picture parameter set.
    ///
    /// # Errors
    /// `UnexpectedEnd` or `Invalid` if not even its ids can be read, and what [`Pps::parse`] finds if the sequence
    /// parameter set is there.
    pub(crate) fn set_pps(&mut self, rbsp: &[u8]) -> Result<()> {
        let (id, seq_parameter_set_id) = pps::parse_ids(rbsp)?;
        if rbsp.len() > MAX_PPS_BYTES {
            return Err(Error::invalid("pic_parameter_set_rbsp"));
        }
        // A broken one does not take the place of a good one: it is more likely to be damaged than changed.
        let sps = self.sps.get(usize::from(seq_parameter_set_id)).and_then(Option::as_ref);
        let parsed = match sps {
            Some(sps) => Some(Arc::new(Pps::parse(rbsp, sps)?)),
            None => None,
        };
        let pps = slot(&mut self.pps, id).get_or_insert_default();
        if pps.rbsp != rbsp || pps.parsed.is_none() {
            pps.rbsp.clear();
            pps.rbsp.extend_from_slice(rbsp);
            pps.seq_parameter_set_id = seq_parameter_set_id;
            pps.parsed = parsed;
        }
        Ok(())
    }

    /// The sequence parameter set `id`.
    pub(crate) fn sps(&self, id: u8) -> Option<&Sps> {
        self.sps.get(usize::from(id))?.as_deref()
    }

    /// The picture parameter set `id` and the sequence parameter set it refers to.
    ///
    /// # Errors
    /// `Invalid` if either has not been received, and as [`Pps::parse`].
    pub(crate) fn get(&mut self, id: u8) -> Result<(Arc<Sps>, Arc<Pps>)> {
        let slot = self.pps.get_mut(usize::from(id)).and_then(Option::as_mut);
        let slot = slot.ok_or(Error::invalid("pic_parameter_set_id"))?;
        let sps = self.sps.get(usize::from(slot.seq_parameter_set_id)).and_then(Option::as_ref);
        let sps = sps.ok_or(Error::invalid("seq_parameter_set_id"))?;
        let pps = match &slot.parsed {
            Some(pps) => pps,
            None => slot.parsed.insert(Arc::new(Pps::parse(&slot.rbsp, sps)?)),
        };
        Ok((Arc::clone(sps), Arc::clone(pps)))
    }
}

/// Whether the sequence is within what this decoder does and may do.
///
/// # Errors
/// `Unsupported`, `LimitExceeded`.
pub(crate) fn check_sps(sps: &Sps, limits: &Limits) -> Result<()> {
    if !cfg!(feature = "h264-high-depth") && !sps.decoded_format().is_8_bit() {
        return Err(Error::unsupported("bit depths above 8 (built without h264-high-depth)"));
    }
    let (width, height) = (u64::from(sps.width()), u64::from(sps.height()));
    for (limit, requested, allowed) in [
        ("max_width", width, u64::from(limits.max_width)),
        ("max_height", height, u64::from(limits.max_height)),
        ("max_pixels", width * height, limits.max_pixels),
        ("max_dpb_frames", sps.dpb_frames().into(), limits.max_dpb_frames.into()),
    ] {
        if requested > allowed {
            return Err(Error::limit(limit, requested, allowed));
        }
    }
    Ok(())
}
