//! Kernels of the AVX2 level.
#![forbid(unsafe_code)]

pub(crate) mod cost;
pub(crate) mod mc;
