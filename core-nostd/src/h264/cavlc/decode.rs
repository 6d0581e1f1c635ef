//! Decoding of CAVLC.
