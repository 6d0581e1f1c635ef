//! Context-adaptive binary arithmetic coding, 9.3.
pub(crate) mod decode;
pub(crate) mod tables;
