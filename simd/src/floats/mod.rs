//! Kernels on 32-bit floats, written once for all widths of registers: macros over a module `w` of operations.
//!
//! | file | families |
//! |---|---|
//! | `fft` | `fft` |
//! | `mdct` | `mdct` |
//! | `qmf` | `qmf` |
//! | `sbr` | `sbr` |
//! | `ps` | `ps` |
//!
//! `w` has a register `V` of `L` floats with `add`, `sub`, `mul`, `splat`, `load`, `store`, `reverse` and so on: `f128`, `f256` and `f512` of
//! `x86/floats.rs`, `f128` of `aarch64/floats.rs`. No level contracts a product and a sum, and each sum is taken in the order of the scalar
//! kernel, so all agree to the bit. A macro's second argument is the module of the next narrower registers, for what `L` does not divide.

mod fft;
mod mdct;
mod ps;
mod qmf;
mod sbr;

pub(crate) use fft::{fft, pair};
pub(crate) use mdct::mdct;
pub(crate) use ps::ps;
pub(crate) use qmf::qmf;
pub(crate) use sbr::sbr;
