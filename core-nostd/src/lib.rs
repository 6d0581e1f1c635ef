//! The codecs of `transcode` as pure state machines: bytes in, pictures or samples out.
//!
//! This crate is `no_std` (it needs `alloc`), knows no files, threads or clocks, and gives the same
//! output bit for bit on every target and at every SIMD level.
//!
//! # Where is what
//!
//! | module | holds |
//! |---|---|
//! | [`error`] | [`Error`]: what went wrong and where in the input |
//! | [`limits`] | [`Limits`]: what a stream may ask for before memory is taken |
//! | [`picture`] | [`Plane`], [`Picture`]: sample arrays |
//! | [`workers`] | [`Workers`](workers::Workers): threads, if there are any |
//! | [`codec`] | [`Step`]: the push/pull protocol that all codecs speak |
//! | [`bits`] | bit reader and writer, Exp-Golomb codes (H.264 9.1) |
//! | [`audio`] | [`ChannelPosition`]: what audio codecs share |
//! | [`aac`] | ISO/IEC 14496-3: AAC decoder and encoder |
//! | [`h264`] | ITU-T H.264: parameter sets, decoder, encoder |
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(any(feature = "aac-dec", feature = "aac-enc"))]
pub mod aac;
pub mod audio;
pub mod bits;
pub mod codec;
pub mod error;
pub mod h264;
pub mod limits;
pub mod picture;
mod unchecked;
pub mod workers;

pub use audio::ChannelPosition;
pub use codec::Step;
pub use error::{Error, ErrorKind, Position};
pub use limits::Limits;
pub use picture::{ChromaFormat, Picture, PictureFormat, Plane, Rect, Samples};
pub use transcode_simd::Kernels;
