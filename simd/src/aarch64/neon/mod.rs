//! Kernels of the NEON level.
#![forbid(unsafe_code)]

pub(crate) mod cost;
pub(crate) mod intra;
pub(crate) mod scale;
