//! The reference: readable, from the standard's equations, never tuned. Every other level equals it to the bit.
#![forbid(unsafe_code)]

pub(crate) mod cost;
pub(crate) mod deblock;
pub(crate) mod deblock_mb;
pub(crate) mod fft;
pub(crate) mod intra;
pub(crate) mod lowres;
pub(crate) mod mc;
pub(crate) mod mdct;
pub(crate) mod pcm;
pub(crate) mod ps;
pub(crate) mod qmf;
pub(crate) mod residual;
pub(crate) mod sbr;
pub(crate) mod scale;
pub(crate) mod transform;
