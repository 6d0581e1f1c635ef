//! Context-adaptive variable length coding, 9.2.
pub(crate) mod decode;
#[cfg(feature = "h264-enc")]
pub(crate) mod encode;
pub(crate) mod tables;
