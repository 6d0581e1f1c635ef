//! Kernels of the AVX-512 level.
#![forbid(unsafe_code)]

pub(crate) mod cost;
