//! The decoder.
pub(crate) mod picture;
pub(crate) mod slice;
