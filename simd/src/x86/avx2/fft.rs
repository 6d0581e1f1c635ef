//! Passes of a Fourier transform, eight butterflies at a time.
#![forbid(unsafe_code)]

use crate::butterfly::butterflies;
use crate::floats::{fft, pair};
use crate::scalar::fft::check;
use crate::x86::floats::f256 as w;

fft!("avx2", crate::x86::sse42::fft);
pair!("avx2");
