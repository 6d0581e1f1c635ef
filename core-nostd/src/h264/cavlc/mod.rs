//! Context-adaptive variable length coding, 9.2.
pub(crate) mod decode;
pub(crate) mod tables;
