//! Spectral band replication (ISO/IEC 14496-3 4.6.18), high quality: the upper half of the spectrum is made from the lower one.
//!
//! | file | holds |
//! |---|---|
//! | `element` | [`Sbr`]: an element's way from payload to samples of twice the rate |
//! | `header` | `sbr_header()`, and the bands that follow from it |
//! | `data` | `sbr_data()`: grids, envelopes, noise, sinusoids |
//! | `adjust` | generation and adjustment of the high bands |
//! | `qmf` | filterbanks |
//! | `low_delay` | the window of AAC ELD |
//! | `tables` | codes, window, noise |
pub(crate) mod adjust;
pub(crate) mod data;
#[cfg(feature = "aac-dec")]
mod element;
pub(crate) mod header;
mod low_delay;
pub(crate) mod qmf;
pub(crate) mod tables;

#[cfg(feature = "aac-dec")]
pub(crate) use data::code;
#[cfg(feature = "aac-dec")]
pub(crate) use element::{Kind, Sbr};
#[cfg(feature = "aac-dec")]
pub(crate) use header::Header;
#[cfg(feature = "aac-dec")]
pub(crate) use qmf::{Bands, Complex, Synthesis};
