//! The stages that pictures pass through inside a segment.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod feed;
pub(crate) mod first_pass;
pub(crate) mod mux;
pub(crate) mod pump;
pub(crate) mod reduce;
pub(crate) mod scale;
