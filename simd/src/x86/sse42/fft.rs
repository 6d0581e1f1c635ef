//! Passes of a Fourier transform, four butterflies at a time.
#![forbid(unsafe_code)]

use crate::butterfly::butterflies;
use crate::floats::{fft, pair};
use crate::scalar::fft::check;
use crate::x86::floats::f128 as w;

fft!("sse4.2", crate::scalar::fft);
pair!("sse4.2");
