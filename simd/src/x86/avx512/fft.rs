//! Passes of a Fourier transform, sixteen butterflies at a time.
#![forbid(unsafe_code)]

use crate::butterfly::butterflies;
use crate::floats::fft;
use crate::scalar::fft::check;
use crate::x86::floats::f512 as w;

fft!("avx512f,avx512bw,avx512vl,avx512dq", crate::x86::avx2::fft);
