//! Dynamic range control (ISO/IEC 14496-3 4.5.2.7): loud passages softer and soft ones louder, as the stream suggests.

use crate::aac::math::exp2;
use crate::aac::sbr::Bands;
use crate::aac::syntax::fill::DynamicRange;
use crate::aac::syntax::ics::WindowSequence;

/// How much of a stream's dynamic range control is applied: 0 is none, 1 all of it. Gains change with each frame.
///
/// The programme's reference level is not applied: [`DynamicRange::program_reference_level`] tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drc {
    /// Of gains that make the sound softer, from 0 to 1.
    pub cut: f32,
    /// Of gains that make it louder, from 0 to 1.
    pub boost: f32,
}

impl Drc {
    /// All that the stream suggests.
    pub const FULL: Self = Self { cut: 1.0, boost: 1.0 };
}

/// The gains of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gains {
    /// Where each band ends, in units of 4 coefficients of a long window, and its factor.
    bands: [(usize, f32); 16],
    count: usize,
    excluded: u64,
}

impl Gains {
    /// Everything as it is.
    pub(crate) const NONE: Self = Self { bands: [(0, 1.0); 16], count: 0, excluded: 0 };

    /// Those of `drc`, of which as much is applied as `apply` says.
    pub(crate) fn new(apply: Drc, drc: &DynamicRange) -> Self {
        let mut gains = Self { excluded: drc.excluded_channels, ..Self::NONE };
        for (band, (&gain, &top)) in gains.bands.iter_mut().zip(drc.gains().iter().zip(drc.band_tops())) {
            let part = if gain < 0 { apply.cut } else { apply.boost };
            let part = if part.is_nan() { 0.0 } else { f64::from(part.clamp(0.0, 1.0)) };
            // Quarters of a decibel, as the standard rounds them: 24 to a power of two.
            *band = (usize::from(top) + 1, exp2(part * f64::from(gain) / 24.0) as f32);
            gains.count += 1;
        }
        gains
    }

    /// Whether channel `i` of the stream takes part.
    pub(crate) fn concern(&self, i: usize) -> bool {
        self.count > 0 && (i >= 64 || self.excluded >> i & 1 == 0)
    }

    /// Scales the coefficients of a block. Above the last band they stay as they are.
    pub(crate) fn scale_spectrum(&self, spectrum: &mut [f32], sequence: WindowSequence) {
        // Each of eight short windows has an eighth of a long one's coefficients.
        let windows = if sequence == WindowSequence::EightShort { 8 } else { 1 };
        let length = spectrum.len() / windows;
        for window in spectrum.chunks_exact_mut(length.max(1)) {
            let mut from = 0;
            for &(top, factor) in &self.bands[..self.count] {
                let to = (4 * top / windows).clamp(from, length);
                window[from..to].iter_mut().for_each(|v| *v *= factor);
                from = to;
            }
        }
    }

    /// Scales QMF bands, of which 32 are those of the core coder's `length` coefficients. What SBR adds takes the gain of the last band.
    pub(crate) fn scale_bands(&self, bands: &mut Bands, length: usize) {
        let mut from = 0;
        for (i, &(top, factor)) in self.bands[..self.count].iter().enumerate() {
            let to = if i + 1 == self.count { 64 } else { (4 * top * 32 / length).clamp(from, 64) };
            for part in bands.iter_mut() {
                part[from..to].iter_mut().for_each(|v| *v *= factor);
            }
            from = to;
        }
    }
}
