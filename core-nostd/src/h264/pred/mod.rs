//! Prediction of samples and motion, 8.3 and 8.4.
pub(crate) mod direct;
pub(crate) mod inter;
pub(crate) mod intra;
pub(crate) mod weighted;
