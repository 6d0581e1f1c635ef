//! Kernels of the AVX-512 level.
#![forbid(unsafe_code)]

pub(crate) mod cost;
pub(crate) mod fft;
pub(crate) mod mdct;
pub(crate) mod pcm;
pub(crate) mod ps;
pub(crate) mod qmf;
pub(crate) mod sbr;
