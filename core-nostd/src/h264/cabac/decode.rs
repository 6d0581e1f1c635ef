//! Decoding of CABAC.
