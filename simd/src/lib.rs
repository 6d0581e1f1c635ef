//! Hand-written SIMD kernels of the transcode codecs.
#![no_std]

/// The kernels of one SIMD level.
#[derive(Debug, Clone, Copy)]
pub struct Kernels;
