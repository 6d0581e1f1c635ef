//! Kernels of the NEON level.
#![forbid(unsafe_code)]

pub(crate) mod cost;
pub(crate) mod deblock;
pub(crate) mod deblock_mb;
pub(crate) mod intra;
pub(crate) mod mc;
pub(crate) mod residual;
pub(crate) mod scale;
pub(crate) mod transform;
