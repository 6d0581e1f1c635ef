//! Passes of a Fourier transform, four butterflies at a time.
#![forbid(unsafe_code)]

use crate::aarch64::floats::f128 as w;
use crate::butterfly::butterflies;
use crate::floats::{fft, pair};
use crate::scalar::fft::check;

fft!("neon", crate::scalar::fft);
pair!("neon");
