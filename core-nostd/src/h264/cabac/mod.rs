//! Context-adaptive binary arithmetic coding, 9.3.
pub(crate) mod decode;
#[cfg(feature = "h264-enc")]
pub(crate) mod encode;
pub(crate) mod tables;
