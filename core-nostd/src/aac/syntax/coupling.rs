//! `coupling_channel_element()` (4.4.2.2): a channel that is added to others.

use super::ics::{Format, Ics, MAX_BANDS, ZERO_HCB};
use crate::aac::huffman;
use crate::bits::BitReader;
use crate::error::Result;

/// When a coupling channel is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CouplingPoint {
    /// To spectra, before the targets' TNS.
    #[default]
    BeforeTns,
    /// To spectra, after the targets' TNS.
    AfterTns,
    /// To samples.
    Samples,
}

/// A target of a coupling channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Target {
    pub(crate) is_cpe: bool,
    pub(crate) tag: u8,
    /// For each channel of the target: the list of gains that it takes.
    pub(crate) lists: [Option<u8>; 2],
}

/// The element but for its channel stream.
#[derive(Debug, Clone)]
pub(crate) struct Coupling {
    pub(crate) point: CouplingPoint,
    targets: [Target; 8],
    num_targets: usize,
    /// For each list the gain of each band; the first one alone for [`CouplingPoint::Samples`].
    pub(crate) gains: [[f32; MAX_BANDS]; 16],
}

impl Coupling {
    pub(crate) fn new() -> Self {
        Self {
            point: CouplingPoint::default(),
            targets: Default::default(),
            num_targets: 0,
            gains: [[0.0; MAX_BANDS]; 16],
        }
    }

    /// The targets.
    pub(crate) fn targets(&self) -> &[Target] {
        &self.targets[..self.num_targets]
    }

    /// Forgets the targets: the element was not received.
    pub(crate) fn clear(&mut self) {
        self.num_targets = 0;
    }

    /// Reads the element after its tag, with its channel stream into `ics` and `quantised`.
    pub(crate) fn read(
        &mut self,
        r: &mut BitReader<'_>,
        format: &Format,
        ics: &mut Ics,
        quantised: &mut [i16],
    ) -> Result<()> {
        self.num_targets = 0;
        let independent = r.flag()?;
        let count = r.u(3)? as usize + 1;
        let mut lists = 0u8;
        for target in &mut self.targets[..count] {
            *target = Target { is_cpe: r.flag()?, tag: r.u(4)? as u8, lists: [Some(lists), None] };
            if target.is_cpe {
                // cc_l, cc_r; neither means that both take the same gains.
                target.lists = match r.u(2)? {
                    0 => [Some(lists), Some(lists)],
                    1 => [None, Some(lists)],
                    2 => [Some(lists), None],
                    _ => {
                        lists += 1;
                        [Some(lists - 1), Some(lists)]
                    }
                };
            }
            lists += 1;
        }
        self.point = match (independent, r.flag()?) {
            (true, _) => CouplingPoint::Samples,
            (false, false) => CouplingPoint::BeforeTns,
            (false, true) => CouplingPoint::AfterTns,
        };
        let signed = r.flag()?;
        let scale = r.u(2)?;
        ics.read(r, format, None, quantised)?;
        for list in 0..usize::from(lists) {
            let gains = &mut self.gains[list];
            let (mut common, mut gain) = (true, 0);
            if list > 0 {
                common = independent || r.flag()?;
                gain = if common { huffman::scalefactor(r)? } else { 0 };
            }
            if common {
                gains.fill(power(scale, gain));
                continue;
            }
            let bands = ics.info.groups() * ics.info.max_sfb;
            for (out, &book) in gains[..bands].iter_mut().zip(&ics.books) {
                *out = 0.0;
                if book == ZERO_HCB {
                    continue;
                }
                gain += huffman::scalefactor(r)?;
                // With signs, the lowest bit of the gain is that.
                let (exponent, sign) = if signed { (gain >> 1, 1.0 - 2.0 * (gain & 1) as f32) } else { (gain, 1.0) };
                *out = sign * power(scale, exponent);
            }
        }
        self.num_targets = count;
        Ok(())
    }
}

/// `cc_scale ^ -gain`, where `cc_scale` is 2 to the power of 1/8, 1/4, 1/2 or 1.
fn power(scale: u32, gain: i32) -> f32 {
    crate::aac::math::exp2_eighths(-(gain << scale))
}
