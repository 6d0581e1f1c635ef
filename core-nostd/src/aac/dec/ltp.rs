//! Long-term prediction (4.6.6): the spectrum is predicted from samples that were put out before.

use crate::aac::filterbank::{FilterBank, MAX_FRAME, Shape};
use crate::aac::syntax::ics::{Format, Ics, WindowSequence};
use crate::aac::tns::{self, Way};
use alloc::vec;
use alloc::vec::Vec;

/// `ltp_coef` (table 4.98).
const COEFFICIENTS: [f32; 8] = [0.570829, 0.696616, 0.813004, 0.911304, 0.984900, 1.067894, 1.194601, 1.369533];

/// The samples that prediction can look back to: two frames that are finished, and one that waits for its other half.
#[derive(Debug)]
pub(crate) struct History {
    samples: Vec<f32>,
    /// The last lag.
    lag: usize,
}

impl History {
    pub(crate) fn new(frame_length: usize) -> Self {
        Self { samples: vec![0.0; 3 * frame_length], lag: 0 }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.samples.fill(0.0);
        self.lag = 0;
    }

    /// Takes what a frame's synthesis gave.
    pub(crate) fn push(&mut self, out: &[f32], overlap: &[f32]) {
        let len = out.len();
        self.samples.copy_within(len..2 * len, 0);
        self.samples[len..2 * len].copy_from_slice(out);
        self.samples[2 * len..].copy_from_slice(overlap);
    }

    /// Adds the prediction to the bands that use it.
    pub(crate) fn predict(
        &mut self,
        bank: &mut FilterBank,
        ics: &Ics,
        format: &Format,
        shape: Shape,
        spectrum: &mut [f32],
    ) {
        let Some(ltp) = ics.info.ltp else { return };
        self.lag = ltp.lag.unwrap_or(self.lag);
        if ics.info.sequence == WindowSequence::EightShort {
            return;
        }
        let len = spectrum.len();
        let mut block = [0.0; 2 * MAX_FRAME];
        let mut predicted = [0.0; MAX_FRAME];
        let (block, predicted) = (&mut block[..2 * len], &mut predicted[..len]);
        // What lies behind the last sample that is known counts as zero.
        let from = (2 * len).saturating_sub(self.lag);
        let gain = COEFFICIENTS[usize::from(ltp.coef & 7)];
        for (b, s) in block.iter_mut().zip(&self.samples[from..]) {
            *b = s * gain;
        }
        bank.analyse(block, shape, predicted);
        if let Some(tns) = &ics.tns {
            tns::filter(tns, &ics.info, format, Way::Analysis, predicted);
        }
        let bands = ics.info.bands(format);
        for sfb in (0..ics.info.max_sfb).filter(|sfb| ltp.used >> sfb & 1 != 0) {
            let place = bands.start(sfb)..bands.start(sfb + 1);
            for (s, p) in spectrum[place.clone()].iter_mut().zip(&predicted[place]) {
                *s += p;
            }
        }
    }
}
