//! Kernels of the NEON level.
#![forbid(unsafe_code)]

pub(crate) mod cost;
