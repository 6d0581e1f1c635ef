//! Kernels for x86-64: a folder a level, a file a family.
//!
//! Kernel files forbid unsafe code; what needs a pointer is in [`mem`]. Inside a kernel, write loops over arrays: an
//! iterator adapter around intrinsics is compiled without the kernel's features and would not inline, and a closure
//! that is called from several places may stay out of line, with its register passed through memory.

pub(crate) mod avx2;
pub(crate) mod avx512;
pub(crate) mod floats;
pub(crate) mod high;
pub(crate) mod lanes;
pub(crate) mod mem;
pub(crate) mod sse42;
pub(crate) mod words;
