//! What is written of a channel.

use super::bands::LINES;
use crate::aac::syntax::ics::{MAX_BANDS, Tns};

/// A channel of a frame as it is coded. Bands are numbered as in [`super::bands::Bands`].
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    /// Bands of each group that are written.
    pub(crate) max_sfb: usize,
    /// `sfb_cb`
    pub(crate) books: [u8; MAX_BANDS],
    /// Scalefactors, noise energies, intensity positions: what `books` makes of them.
    pub(crate) scalefactors: [i16; MAX_BANDS],
    pub(crate) quantised: [i16; LINES],
    /// The largest magnitude in each band.
    pub(crate) largest: [u16; MAX_BANDS],
    pub(crate) tns: Option<Tns>,
    /// `window_shape`
    pub(crate) shape: usize,
}

impl Coded {
    pub(crate) fn new() -> Self {
        Self {
            max_sfb: 0,
            books: [0; MAX_BANDS],
            scalefactors: [0; MAX_BANDS],
            quantised: [0; LINES],
            largest: [0; MAX_BANDS],
            tns: None,
            shape: 0,
        }
    }
}
