//! Kernels of the AVX2 level.
#![forbid(unsafe_code)]

pub(crate) mod cost;
pub(crate) mod deblock;
pub(crate) mod deblock_mb;
pub(crate) mod deblock_u16;
pub(crate) mod fft;
pub(crate) mod intra;
pub(crate) mod lowres;
pub(crate) mod mc;
pub(crate) mod mc_u16;
pub(crate) mod mdct;
pub(crate) mod pcm;
pub(crate) mod ps;
pub(crate) mod qmf;
pub(crate) mod residual;
pub(crate) mod sbr;
pub(crate) mod scale;
pub(crate) mod transform;
pub(crate) mod transform_u16;
