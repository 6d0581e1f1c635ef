//! Kernels for AArch64: a file a family under `neon/`.
//!
//! Kernel files forbid unsafe code; what needs a pointer is in [`mem`].

pub(crate) mod floats;
pub(crate) mod mem;
pub(crate) mod neon;
